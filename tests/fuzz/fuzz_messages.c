/*
 * Messages of streams: the first byte says of which kind the rest is. What is taken for a message prints as JSON that
 * is read back as a message; and elements that are given it answer or say why not, whatever is in it.
 */
#include <stdlib.h>
#include <string.h>
#include "stream/osd.h"
#include "stream/post/post.h"

static const struct {
	const char *element, *property[4]; /* name, value, ... */
} elements[] = {
	{ "mxpi_imageresize", { "resizeWidth", "40", "resizeHeight", "36" } },
	{ "mxpi_imagecrop", { "cvProcessor", "opencv", "dataSourceImage", "before" } },
	{ "mxpi_imagenormalize", { "alpha", "1,2,3", "beta", "1,2,3" } },
	{ "mxpi_imageencoder", { NULL } },
	{ "mxpi_opencvcentercrop", { "cropWidth", "4", "cropHeight", "4" } },
	{ "mxpi_datatransfer", { NULL } },
	{ "mxpi_roigenerator", { NULL } },
	{ "mxpi_dataserialize", { NULL } },
	{ "mxpi_dumpdata", { NULL } },
	{ "mxpi_objectselector",
		{ "FirstDetectionFilter",
			"{\"Type\":\"Area\",\"TopN\":2,\"BottomN\":0,\"MinArea\":0,\"MaxArea\":0,\"ConfThresh\":0}" } },
	{ "mxpi_nmsoverlapedroiV2", { NULL } },
	{ "mxpi_object2osdinstances", { "fontScale", "0.5", NULL, NULL } },
	{ "mxpi_class2osdinstances", { "dataSourceImage", "before", NULL, NULL } },
	{ "mxpi_distributor", { "classIds", "0|1", "distributeAll", "yes" } },
	{ "mxpi_osdinstancemerger", { NULL } },
	{ "mxpi_opencvosd", { "dataSourceOsd", "drawn", NULL, NULL } },
	{ "mxpi_motsimplesort", { "dataSourceDetection", "before", "dataSourceFeature", "before" } },
	{ "mxpi_motsimplesortV2", { NULL } },
	{ "mxpi_rotation", { "rotCondition", "LE", "criticalValue", "3" } },
	{ "mxpi_channelimagesstitcher", { "outputWidth", "64", "outputHeight", "48" } },
	{ "mxpi_channelosdcoordsconverter", { "dataSourceOsds", "drawn", NULL, NULL } },
	{ "mxpi_bufferstablizer", { NULL } },
	{ "mxpi_objectpostprocessor",
		{ "postProcessLibPath", "libyolov3postprocess.so", "postProcessConfigContent",
			"{\"CLASS_NUM\":\"2\",\"YOLO_TYPE\":\"1\",\"ANCHOR_DIM\":\"1\"}" } },
	{ "mxpi_objectpostprocessor",
		{ "postProcessLibPath", "libfasterrcnnpostprocess.so", "postProcessConfigContent", "{\"CLASS_NUM\":\"2\"}" } },
	{ "mxpi_semanticsegpostprocessor",
		{ "postProcessLibPath", "libunetmindsporepostprocess.so", "postProcessConfigContent",
			"{\"CLASS_NUM\":\"2\"}" } },
	{ "mxpi_classpostprocessor",
		{ "postProcessLibPath", "libresnet50postprocess.so", "postProcessConfigContent", "{\"CLASS_NUM\":\"2\"}" } },
	{ "mxpi_textobjectpostprocessor",
		{ "postProcessLibPath", "libpsenetpostprocess.so", "postProcessConfigContent",
			"{\"KERNEL_NUM\":\"2\",\"MIN_AREA\":\"1\"}" } },
	{ "mxpi_qualitydetection",
		{ "qualityDetectionConfigContent",
			"{\"FRAME_LIST_LEN\":\"2\",\"NOISE_SWITCH\":\"true\",\"NOISE_FRAME_INTERVAL\":\"1\"}", NULL, NULL } },
	{ "mxpi_textgenerationpostprocessor",
		{ "postProcessLibPath", "libcrnnpostprocess.so", "postProcessConfigContent",
			"{\"CLASS_NUM\":\"2\",\"OBJECT_NUM\":\"3\"}" } },
};

typedef struct host {
	stream_worker w;
	int which, sent;
} host;

static void
keep(void *h_, int port, stream_frame *f)
{
	((host *)h_)->sent++;
}

static char *
value(void *h_, const char *prop)
{
	host *h = h_;
	const stream_prop *p = stream_element_find_prop(h->w.kind, prop);
	for (int i = 0; i < 4 && elements[h->which].property[i]; i += 2)
		if (!strcmp(elements[h->which].property[i], prop))
			return base_strdup(elements[h->which].property[i + 1]);
	return base_strdup(p && p->def ? p->def : "");
}

static char *
upstream(void *h, int port)
{
	return base_strdup("before");
}

static bool
size_behind(void *h, int *height, int *width)
{
	return false;
}

static void
note(void *h, const char *text)
{
}

static void
give(int which, const stream_message *kind, const uint8_t *data, size_t size)
{
	char *keys[] = { base_strdup("auto") }, why[600];
	host h = { .which = which };
	h.w = (stream_worker){ .kind = stream_element_find(elements[which].element),
		.name = "x",
		.n_sinks = !strcmp(elements[which].element, "mxpi_nmsoverlapedroiV2")
				|| !strcmp(elements[which].element, "mxpi_opencvosd")
				|| !strcmp(elements[which].element, "mxpi_channelosdcoordsconverter")
			? 2
			: 1,
		.n_sources = 1,
		.keys = keys,
		.n_keys = 1,
		.host = &h,
		.send = keep,
		.value = value,
		.upstream = upstream,
		.size = size_behind,
		.note = note };
	const stream_work *work = h.w.kind->work;
	stream_frame *f = stream_frame_new(), *in[2] = { f, f };
	h.w.state = secant_calloc(1, work->state + 1);
	/* a picture that drawings are put on; drawings for what is a picture */
	const stream_message *pictures = stream_message_find("MxpiVisionList"),
						 *osd = stream_message_find("MxpiOsdInstancesList");
	stream_made made = { .format = STREAM_BGR, .width = 8, .height = 8 };
	const stream_picture nothing = { .info = { NULL, 0 } };
	if (kind == osd)
		stream_add_step(&made.steps, &nothing, &(stream_step){ { 4, 4 }, { 0, 4, 0, 4 }, { 1, 8, 1, 8 }, 0 }, "before");
	stream_blob *canvas = kind == osd ? stream_pictures_new(&made, 1) : NULL;
	if (canvas) {
		memset(made.to, 0, 8 * 8 * 3);
		(void)stream_frame_put(f, "before", pictures, canvas);
		(void)stream_frame_put(f, "drawn", osd, stream_blob_of(data, size));
	} else if (kind == pictures) {
		base_str drawing = { 0 }, list = { 0 };
		const stream_osd_style style = { .scale = 1, .thickness = 1 };
		stream_osd_box(&drawing, &style, (int[]){ 1, 2, 3, 4 }, 0, 1, false);
		stream_put_message(&list, 1, &drawing);
		base_str_free(&drawing);
		(void)stream_frame_put(f, "drawn", osd, stream_blob_take(&list));
		base_str_free(&list);
		if (stream_frame_put(f, "before", kind, stream_blob_of(data, size)))
			abort();
	} else if (stream_frame_put(f, "before", kind, stream_blob_of(data, size)))
		abort();
	if (!f || !h.w.state || !keys[0])
		abort();
	if (!work->open || !work->open(&h.w, why, sizeof why)) {
		work->run(&h.w, in);
		if (!h.sent)
			abort(); /* a frame that came in leaves */
	}
	if (work->close)
		work->close(&h.w);
	secant_free(h.w.state);
	secant_free(keys[0]);
	stream_frame_drop(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const stream_message *kind = size ? stream_message_at(*data) : NULL;
	secant_err err = { 0 };
	if (!kind || size > 1 << 16 || !stream_message_is(kind, data + 1, size - 1))
		return 0;
	base_str json = { 0 }, back = { 0 };
	stream_message_print(&json, kind, data + 1, size - 1, NULL);
	json_t *j = json.p ? json_loads(json.p, 0, NULL) : NULL;
	if (j && !stream_message_parse(&back, kind, j, &err) && !stream_message_is(kind, back.p ? back.p : "", back.n))
		abort();
	json_decref(j);
	base_str_free(&json);
	base_str_free(&back);
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		give((int)i, kind, data + 1, size - 1);
	return 0;
}
