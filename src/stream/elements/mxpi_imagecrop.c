/*
 * mxpi_imagecrop: cuts boxes out of pictures. With the accelerator's arithmetic (cvProcessor ascend) what was cut out
 * is scaled to resizeWidth x resizeHeight; with OpenCV's it is not, as in the original.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "stream/resizing.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	if (stream_sinks(e) > 2)
		return false;
	*prop = "minDimension";
	*why = "it is larger than maxDimension";
	return stream_int(e, "minDimension") <= stream_int(e, "maxDimension");
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture, from port 1"),
	STREAM_PROP_NUMBER(UINT, "resizeHeight", "0", 0, 8192, "rows; 0: not scaled, nor with opencv"),
	STREAM_PROP_NUMBER(UINT, "resizeWidth", "0", 0, 8192, "columns; 0: not scaled, nor with opencv"),
	STREAM_PROP_NUMBER(REAL, "leftExpandRatio", "0", 0, 1, "widens the box to the left by this share of its width"),
	STREAM_PROP_NUMBER(REAL, "rightExpandRatio", "0", 0, 1, "widens the box to the right"),
	STREAM_PROP_NUMBER(REAL, "upExpandRatio", "0", 0, 1, "widens the box upwards"),
	STREAM_PROP_NUMBER(REAL, "downExpandRatio", "0", 0, 1, "widens the box downwards"),
	STREAM_PROP_WORDS("resizeType", "Resizer_Stretch",
		"Resizer_Stretch|Resizer_KeepAspectRatio_FastRCNN|Resizer_KeepAspectRatio_Fit|Resizer_OnlyPadding|Resizer_"
		"KeepAspectRatio_Long|Resizer_KeepAspectRatio_Short|Resizer_Rescale|Resizer_Rescale_Double|Resizer_MS_Yolov4|"
		"Resizer_PaddleOCR",
		"how the size comes about: the first three; the others are taken and not documented"),
	STREAM_PROP_NUMBER(UINT, "minDimension", "224", 32, 8192, "shorter side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_NUMBER(UINT, "maxDimension", "224", 32, 8192, "longer side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_TEXT("RGBValue", "", "colour of the padding"),
	STREAM_PROP_WORDS("paddingType", "Padding_NO", "Padding_NO|Padding_RightDown|Padding_Around", "where padding goes"),
	STREAM_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	STREAM_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	STREAM_PROP_NUMBER(INT, "autoDetectFrame", "1", 0, 1, "0: the boxes are the cropPoints"),
	STREAM_PROP_TEXT("cropPointx0", "", "left edges, a list"),
	STREAM_PROP_TEXT("cropPointx1", "", "right edges"),
	STREAM_PROP_TEXT("cropPointy0", "", "upper edges"),
	STREAM_PROP_TEXT("cropPointy1", "", "lower edges"),
	STREAM_PROP_WORDS("cropType", "cropCoordinate", "cropCoordinate", "what the points are"),
	STREAM_PROP_TEXT("parentName", "", "older name of dataSource"),
	STREAM_PROP_END,
};

enum { SIDE_MOST = 8192, MOST_BOXES = 4096 };

typedef struct part {
	int x0, y0, x1, y1, member;
} part;

/* What is cut out of a picture; false: nothing that can be. Coordinates are cut to whole numbers first. */
static bool
part_of(stream_worker *w, const double box[4], int width, int height, part *p)
{
	double v[4];
	for (int i = 0; i < 4; i++)
		v[i] = box[i] >= 1 && box[i] <= 1e9 ? (double)(uint32_t)box[i] : box[i] > 1e9 ? 1e9 : 0;
	double bw = v[2] - v[0], bh = v[3] - v[1];
	if (!(bw > 0) || !(bh > 0))
		return false;
	double left = bw * stream_prop_real(w, "leftExpandRatio"), up = bh * stream_prop_real(w, "upExpandRatio");
	double right = v[2] + bw * stream_prop_real(w, "rightExpandRatio"),
		   down = v[3] + bh * stream_prop_real(w, "downExpandRatio");
	p->x0 = v[0] > left ? (int)(v[0] - left) : 0;
	p->y0 = v[1] > up ? (int)(v[1] - up) : 0;
	p->x1 = right < width ? (int)right : width;
	p->y1 = down < height ? (int)down : height;
	return p->x1 > p->x0 && p->y1 > p->y0 && p->x1 - p->x0 <= SIDE_MOST && p->y1 - p->y0 <= SIDE_MOST;
}

/* Boxes of a message, or of the properties cropPoint..., which of them can be cut. */
static int
find_parts(stream_worker *w, const stream_blob *boxes, const stream_picture *pic, part *out)
{
	int n = 0;
	double at[4];
	if (boxes) {
		format_wire list = { boxes->p, boxes->n };
		stream_box b;
		for (int i = 0; n < MOST_BOXES && stream_box_next(&list, &b) > 0; i++) {
			at[0] = b.x0, at[1] = b.y0, at[2] = b.x1, at[3] = b.y1;
			out[n].member = i;
			if (part_of(w, at, pic->width, pic->height, &out[n]))
				n++;
			else
				stream_note(w,
					"box %d (%g,%g,%g,%g) has nothing in common with a picture of %dx%d, or is too large: left out", i,
					at[0], at[1], at[2], at[3], pic->width, pic->height);
		}
		return n;
	}
	static const char *const names[] = { "cropPointx0", "cropPointy0", "cropPointx1", "cropPointy1" };
	double list[4][256];
	int have[4];
	for (int k = 0; k < 4; k++) {
		char *text = stream_prop_copy(w, names[k]);
		have[k] = text ? stream_reals(text, strlen(text), list[k], 256) : -1;
		secant_free(text);
		if (have[k] < 1 || have[k] != have[0])
			return -1;
	}
	for (int i = 0; i < have[0]; i++) {
		for (int k = 0; k < 4; k++)
			at[k] = list[k][i];
		out[n].member = i;
		n += part_of(w, at, pic->width, pic->height, &out[n]);
	}
	return n;
}

static void
copy_part(const stream_made *m, const stream_picture *p, const part *b)
{
	int width = b->x1 - b->x0, height = b->y1 - b->y0;
	stream_plane from;
	if (stream_picture_plane(p, &from)) {
		size_t pixel = (size_t)from.channels * (from.f32 ? sizeof(float) : 1);
		for (int y = 0; y < height; y++)
			memcpy(m->to + (size_t)y * (size_t)width * pixel,
				from.p + (int64_t)(b->y0 + y) * from.pitch + (size_t)b->x0 * pixel, (size_t)width * pixel);
		return;
	}
	size_t luma = (size_t)p->width_aligned, pairs = 2 * ((luma + 1) / 2);
	const uint8_t *chroma = p->data + luma * (size_t)p->height_aligned;
	uint8_t *to = m->to;
	for (int y = 0; y < height; y++, to += width)
		memcpy(to, p->data + (size_t)(b->y0 + y) * luma + (size_t)b->x0, (size_t)width);
	for (int y = 0; y < height / 2; y++, to += width)
		memcpy(to, chroma + (size_t)(b->y0 / 2 + y) * pairs + (size_t)b->x0, (size_t)width);
}

static stream_blob *
cut(stream_worker *w, const stream_picture *p, part *parts, int n, const char *key)
{
	stream_made *made = secant_calloc((size_t)n + 1, sizeof *made);
	bool planes = !stream_picture_channels(p->format);
	for (int i = 0; made && i < n; i++) {
		part *b = &parts[i];
		if (planes) { /* chroma stands for pairs of pixels */
			b->x0 &= ~1, b->y0 &= ~1;
			b->x1 = b->x0 + ((b->x1 - b->x0 + 1) & ~1) > p->width ? b->x0 + ((b->x1 - b->x0) & ~1)
																  : b->x0 + ((b->x1 - b->x0 + 1) & ~1);
			b->y1 = b->y0 + ((b->y1 - b->y0 + 1) & ~1) > p->height ? b->y0 + ((b->y1 - b->y0) & ~1)
																   : b->y0 + ((b->y1 - b->y0 + 1) & ~1);
		}
		int width = b->x1 - b->x0, height = b->y1 - b->y0;
		stream_step step = { { p->width, p->height }, { b->x0, b->x1, b->y0, b->y1 }, { 0, width, 0, height }, 0 };
		made[i] = (stream_made){
			.format = p->format, .width = width, .height = height, .f32 = p->f32, .parent = key, .member = b->member
		};
		stream_add_step(&made[i].steps, p, &step, w->name);
	}
	stream_blob *out = made ? stream_pictures_new(made, n) : NULL;
	for (int i = 0; out && i < n; i++)
		copy_part(&made[i], p, &parts[i]);
	secant_free(made);
	return out;
}

/* What was cut out, in the size that was asked for. Takes the list. */
static stream_blob *
scale(stream_worker *w, stream_blob *cut, const part *parts, int n, const char *key, int *code, char *why, size_t size)
{
	stream_resizing rules = { 0 };
	stream_resizing_read(w, &rules);
	bool sized = rules.type == STREAM_FASTRCNN || (rules.width && rules.height);
	if (!n || !sized || !stream_is_ascend(w))
		return cut;
	int *member = secant_calloc((size_t)n, sizeof *member);
	for (int i = 0; member && i < n; i++)
		member[i] = parts[i].member;
	rules.member = member;
	*code = STREAM_NO_MEMORY;
	stream_blob *out = member ? stream_resize_list(cut, key, &rules, w->name, code, why, size) : NULL;
	secant_free(member);
	stream_blob_drop(cut);
	return out;
}

/* The picture that boxes are cut from: what came to port 1, else what the frame says is worked on. */
static bool
picture_key(stream_worker *w, stream_frame *const *in, char *key, size_t size)
{
	stream_prop_text(w, "dataSourceImage", key, size);
	if (strcmp(key, "auto") != 0)
		return true;
	if (w->n_sinks > 1)
		stream_prop_key(w, "dataSourceImage", 1, key, size);
	else
		stream_frame_vision(in[0], key, size);
	return *key != '\0';
}

static void
crop(stream_worker *w, stream_frame *const *in, const char *key, const stream_blob *boxes)
{
	char image[300], why[300] = "";
	stream_picture p;
	stream_frame *holds = in[w->n_sinks > 1 ? 1 : 0];
	if (!picture_key(w, in, image, sizeof image)) {
		stream_cannot(w, in[0], STREAM_NO_DATA, "no picture is known to cut from (dataSourceImage)");
		return;
	}
	if (w->n_sinks > 1 && !stream_frame_get(holds, image, NULL, NULL)) {
		stream_send_all(w, in[0]); /* nor without the picture that another branch has */
		return;
	}
	stream_blob *list = stream_want(w, holds, image, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	part *parts = secant_calloc(MOST_BOXES + 1, sizeof *parts);
	int got = stream_picture_next(&at, &p, why, sizeof why), n = 0;
	bool known = got > 0 && (stream_picture_channels(p.format) || p.format == STREAM_NV12 || p.format == STREAM_NV21);
	if (!parts)
		stream_cannot(w, in[0], STREAM_NO_MEMORY, "no memory for boxes");
	else if (!known)
		stream_cannot(w, in[0], STREAM_CROP, "%s",
			got > 0   ? "pictures of this format are not cut"
				: got ? why
					  : "there is no picture");
	else if ((n = find_parts(w, boxes, &p, parts)) < 0)
		stream_cannot(
			w, in[0], STREAM_INVALID, "cropPointx0, y0, x1, y1 are not lists of equal length, of at most 256 numbers");
	else {
		const char *parent = boxes ? key : image;
		int code = STREAM_NO_MEMORY;
		snprintf(why, sizeof why, "no memory for the pictures that are cut out");
		stream_blob *out = cut(w, &p, parts, n, parent);
		out = out ? scale(w, out, parts, n, parent, &code, why, sizeof why) : NULL;
		stream_frame_set_vision(in[0], w->name);
		if (out)
			stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
		else
			stream_cannot(w, in[0], code, "%s", why);
	}
	stream_blob_drop(list);
	secant_free(parts);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300];
	const stream_message *kind;
	stream_blob *boxes = NULL;
	bool by_boxes = stream_prop_int(w, "autoDetectFrame") != 0;
	stream_prop_text(w, "parentName", key, sizeof key);
	if (!*key)
		stream_prop_key(w, "dataSource", 0, key, sizeof key);
	if (by_boxes && !stream_frame_get(in[0], key, &kind, NULL)) {
		stream_send_all(w, in[0]); /* without boxes the buffer passes */
		return;
	}
	if (by_boxes && !(boxes = stream_want(w, in[0], key, "MxpiObjectList")))
		return;
	crop(w, in, key, boxes);
	stream_blob_drop(boxes);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_imagecrop = {
	.name = "mxpi_imagecrop",
	.brief = "cuts boxes out of pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_RGB },
	.more_sinks = STREAM_MEDIA_YUV | STREAM_MEDIA_RGB,
	.keys = { "dataSource", "dataSourceImage" },
	.starts = starts,
	.work = &work,
};
