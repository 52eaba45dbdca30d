/* mxpi_imageresize: scales and pads pictures. */
#include <math.h>
#include <stdio.h>
#include "stream/resizing.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "minDimension";
	*why = "it is larger than maxDimension";
	return stream_int(e, "minDimension") <= stream_int(e, "maxDimension");
}

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "resizeHeight", "0", 0, 4096, "rows; 0: as the model that follows"),
	STREAM_PROP_NUMBER(UINT, "resizeWidth", "0", 0, 4096, "columns; 0: as the model that follows"),
	STREAM_PROP_WORDS("resizeType", "Resizer_Stretch",
		"Resizer_Stretch|Resizer_KeepAspectRatio_FastRCNN|Resizer_KeepAspectRatio_Fit|Resizer_OnlyPadding|Resizer_"
		"KeepAspectRatio_Long|Resizer_KeepAspectRatio_Short|Resizer_Rescale|Resizer_Rescale_Double|Resizer_MS_Yolov4|"
		"Resizer_PaddleOCR",
		"how the size comes about"),
	STREAM_PROP_NUMBER(UINT, "minDimension", "224", 32, 8192, "shorter side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_NUMBER(UINT, "maxDimension", "224", 32, 8192, "longer side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_NUMBER(UINT, "scaleValue", "32", 32, 8192, "side of KeepAspectRatio_Long and Short"),
	STREAM_PROP_NUMBER(INT, "interpolation", "0", 0, 4, "of the accelerator; no other arithmetic looks at it"),
	STREAM_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	STREAM_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	STREAM_PROP_WORDS("paddingType", "Padding_NO", "Padding_NO|Padding_RightDown|Padding_Around", "where padding goes"),
	STREAM_PROP_NUMBER(UINT, "paddingHeight", "32", 32, 8192, "rows after padding"),
	STREAM_PROP_NUMBER(UINT, "paddingWidth", "32", 32, 8192, "columns after padding"),
	STREAM_PROP_NUMBER(REAL, "paddingColorB", "0", 0, 255, "colour of the padding"),
	STREAM_PROP_NUMBER(REAL, "paddingColorG", "0", 0, 255, "colour of the padding"),
	STREAM_PROP_NUMBER(REAL, "paddingColorR", "0", 0, 255, "colour of the padding"),
	STREAM_PROP_TEXT("RGBValue", "", "colour of the padding on the accelerator"),
	STREAM_PROP_NUMBER(INT, "removeParentData", "0", 0, 1, "1: drop what was read"),
	STREAM_PROP_TEXT("parentName", "", "older name of dataSource"),
	STREAM_PROP_END,
};

static void
read_rules(stream_worker *w, stream_resizing *r)
{
	stream_resizing_read(w, r);
	r->side = (int)stream_prop_int(w, "scaleValue");
	r->pad_width = (int)stream_prop_int(w, "paddingWidth");
	r->pad_height = (int)stream_prop_int(w, "paddingHeight");
	r->bgr[0] = (float)stream_prop_real(w, "paddingColorB");
	r->bgr[1] = (float)stream_prop_real(w, "paddingColorG");
	r->bgr[2] = (float)stream_prop_real(w, "paddingColorR");
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], why[400] = "";
	stream_resizing rules = { 0 };
	read_rules(w, &rules);
	stream_prop_text(w, "parentName", key, sizeof key);
	if (!*key)
		stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want_or_pass(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	if (!rules.width || !rules.height)
		stream_model_size(w, &rules.width, &rules.height);
	int code = 0;
	stream_blob *out = stream_resize_list(list, key, &rules, w->name, &code, why, sizeof why);
	stream_blob_drop(list);
	if (!out) {
		stream_cannot(w, in[0], code, "%s", why);
		return;
	}
	stream_frame_set_vision(in[0], w->name);
	stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_imageresize = {
	.name = "mxpi_imageresize",
	.brief = "scales and pads pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_RGB },
	.keys = { "dataSource" },
	.starts = starts,
	.work = &work,
};
