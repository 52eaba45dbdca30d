/*
 * YOLO, versions 3 to 5: libyolov3postprocess. One tensor for each of YOLO_TYPE scales; a cell has ANCHOR_DIM boxes of
 * x, y, w, h, objectness and CLASS_NUM scores.
 *
 *   version 3 and 4   x = (column + s(x)) / columns,          w = exp(w) * anchor / width of the network
 *   version 5         x = (column + 2 s(x) - 1/2) / columns,  w = (2 s(w))^2 * anchor / width
 *   4 of MindSpore    all numbers are as they will be
 *
 * with s the logistic function; confidence is s(objectness) * s(score) of the best class. Layouts (MODEL_TYPE): 0 N H W
 * C, 1 N C H W, 2 N A H W C.
 */
#include <math.h>
#include <stdio.h>
#include <strings.h>
#include "stream/post/boxes.h"

enum { NHWC, NCHW, NCHWC, MOST_ANCHORS = 50, STRIDE = 32, BOX = 5 };

typedef struct yolo {
	stream_thresholds t;
	float objectness, overlap, anchor[2 * MOST_ANCHORS];
	int scales, version, layout, anchors, n_biases;
	bool decoded; /* MindSpore's 4 */
} yolo;

/* The original's table of what goes together; without FRAMEWORK the layout decides. */
static bool
check_framework(stream_post *s, const yolo *y)
{
	static const struct {
		int version;
		const char *framework;
		int layout;
	} known[] = { { 3, "tensorflow", NHWC }, { 3, "caffe", NCHW }, { 4, "mindspore", NHWC }, { 4, "pytorch", NCHW },
		{ 5, "pytorch", NCHWC } };
	const char *framework = stream_post_value(s, "FRAMEWORK");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].version == y->version && known[i].layout == y->layout
			&& (!framework || !strcasecmp(framework, known[i].framework)))
			return true;
	stream_post_refuse(s,
		"YOLO_VERSION %d with MODEL_TYPE %d%s%s: versions are 3 (TensorFlow, 0; Caffe, 1), 4 (MindSpore, 0; PyTorch, "
		"1) and 5 (PyTorch, 2)",
		y->version, y->layout, framework ? " of " : "", framework ? framework : "");
	return false;
}

static bool
open(stream_post *s)
{
	static const float coco[] = { 10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326 };
	yolo *y = s->state;
	if (!stream_thresholds_read(s, &y->t))
		return false;
	y->n_biases = stream_post_int(s, "BIASES_NUM", 18, 2, 2 * MOST_ANCHORS);
	y->objectness = stream_post_real(s, "OBJECTNESS_THRESH", 0.3F, 0, 1);
	y->overlap = stream_post_real(s, "IOU_THRESH", 0.45F, 0, 1);
	y->scales = stream_post_int(s, "YOLO_TYPE", 3, 1, 16);
	y->version = stream_post_int(s, "YOLO_VERSION", 3, 0, 16);
	y->layout = stream_post_int(s, "MODEL_TYPE", y->version == 5 ? NCHWC : NHWC, 0, 2);
	y->anchors = stream_post_int(s, "ANCHOR_DIM", 3, 1, 16);
	memcpy(y->anchor, coco, sizeof coco);
	if (!stream_post_value(s, "BIASES") && y->n_biases != 18)
		stream_post_refuse(s, "BIASES is not set, and BIASES_NUM is %d", y->n_biases);
	if (s->failed || !stream_post_reals(s, "BIASES", y->anchor, y->n_biases) || !check_framework(s, y))
		return false;
	y->decoded = y->version == 4 && y->layout == NHWC;
	if (y->n_biases < 2 * y->anchors * y->scales) {
		stream_post_refuse(s, "BIASES has %d numbers; YOLO_TYPE %d and ANCHOR_DIM %d need %d", y->n_biases, y->scales,
			y->anchors, 2 * y->anchors * y->scales);
		return false;
	}
	return true;
}

static void
close(stream_post *s)
{
	if (s->state)
		stream_thresholds_free(&((yolo *)s->state)->t);
}

/* A tensor as cells: where number c of box k of cell j lies. */
typedef struct cells {
	const stream_tensor *t;
	int width, height;
	size_t cell, box, number; /* strides */
} cells;

static bool
lay_out(const yolo *y, const stream_tensor *t, cells *c, char *why, size_t size)
{
	char text[200];
	int64_t per_box = BOX + y->t.classes, channels = 1;
	int rank = t->rank;
	bool fits = stream_is_real(t) && rank >= 4 && t->dim[0] == 1;
	int first = y->layout == NHWC ? 3 : 1, last = y->layout == NHWC ? rank : rank - 2;
	for (int i = first; fits && y->layout != NCHWC && i < last; i++)
		channels *= t->dim[i];
	if (fits && y->layout == NCHWC)
		channels = rank == 5 ? t->dim[1] * t->dim[4] : 0;
	if (!fits || channels != y->anchors * per_box) {
		snprintf(why, size,
			"MODEL_TYPE %d with ANCHOR_DIM %d and CLASS_NUM %d wants FLOAT32 of batch 1 with %lld channels; the model "
			"gives %s",
			y->layout, y->anchors, y->t.classes, (long long)(y->anchors * per_box),
			stream_tensor_text(t, text, sizeof text));
		return false;
	}
	int at = y->layout == NHWC ? 1 : y->layout == NCHWC ? 2 : rank - 2;
	*c = (cells){ .t = t, .height = (int)t->dim[at], .width = (int)t->dim[at + 1] };
	size_t n = (size_t)c->width * (size_t)c->height, one = (size_t)per_box;
	c->cell = y->layout == NHWC ? one * (size_t)y->anchors : y->layout == NCHWC ? one : 1;
	c->box = y->layout == NHWC ? one : one * n;
	c->number = y->layout == NCHW ? n : 1;
	if (c->width < 1 || c->height < 1)
		snprintf(why, size, "the model gives no cells: %s", stream_tensor_text(t, text, sizeof text));
	return c->width > 0 && c->height > 0;
}

static float
logistic(float x)
{
	return 1 / (1 + expf(-x));
}

/* Box k of cell j, where it is an object of a class. */
static void
take_box(const yolo *y, const cells *c, size_t j, int k, const float *anchor, const stream_post_from *from,
	stream_founds *found)
{
	size_t at = j * c->cell + (size_t)k * c->box;
	float v[BOX], w, h, x, z, best = y->t.score;
	stream_found b = { .class_id = -1 };
	v[4] = (float)stream_number_at(c->t, at + 4 * c->number);
	float objectness = y->decoded ? v[4] : logistic(v[4]);
	if (!y->decoded && !(objectness > y->objectness))
		return;
	for (int i = 0; i < y->t.classes; i++) {
		float score = (float)stream_number_at(c->t, at + (size_t)(BOX + i) * c->number);
		score = (y->decoded ? score : logistic(score)) * objectness;
		if (score > best) {
			best = score;
			b.class_id = i;
		}
	}
	if (b.class_id < 0 || best < y->t.separate[b.class_id])
		return;
	for (size_t i = 0; i < 4; i++)
		v[i] = (float)stream_number_at(c->t, at + i * c->number);
	float column = (float)(j % (size_t)c->width), row = (float)(j / (size_t)c->width);
	float columns = (float)c->width, rows = (float)c->height, wide = (float)from->net_width,
		  high = (float)from->net_height;
	if (y->decoded) {
		x = v[0], z = v[1], w = v[2], h = v[3];
	} else if (y->version == 5) {
		float sw = 2 * logistic(v[2]), sh = 2 * logistic(v[3]);
		x = (column + 2 * logistic(v[0]) - 0.5F) / columns;
		z = (row + 2 * logistic(v[1]) - 0.5F) / rows;
		w = sw * sw * anchor[0] / wide;
		h = sh * sh * anchor[1] / high;
	} else {
		x = (column + logistic(v[0])) / columns;
		z = (row + logistic(v[1])) / rows;
		w = expf(v[2]) * anchor[0] / wide;
		h = expf(v[3]) * anchor[1] / high;
	}
	b.x0 = fmaxf(0, x - w / 2);
	b.x1 = fminf(1, x + w / 2);
	b.y0 = fmaxf(0, z - h / 2);
	b.y1 = fminf(1, z + h / 2);
	b.confidence = best;
	stream_founds_add(found, &b);
}

/* The anchors of a scale: the coarsest one has the last. */
static const float *
anchors_of(const yolo *y, const cells *c, const stream_post_from *from, char *why, size_t size)
{
	int finer = 0;
	while (finer < 16 && (int64_t)c->width * STRIDE >= (int64_t)from->net_width * (2LL << finer))
		finer++;
	int set = y->scales - 1 - finer;
	if ((int64_t)c->width * STRIDE * 2 <= from->net_width || set < 0) {
		snprintf(why, size, "%dx%d cells for a picture of %dx%d: scales of YOLO are 1/32, 1/16, 1/8 of it", c->height,
			c->width, from->net_height, from->net_width);
		return NULL;
	}
	return y->anchor + (size_t)set * 2 * (size_t)y->anchors;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const yolo *y = s->state;
	stream_founds found = { 0 };
	cells c;
	const float *anchor;
	if (n != y->scales) {
		snprintf(why, size, "YOLO_TYPE is %d, the model gives %d tensors%s", y->scales, n,
			n == 1 || n == y->scales + 1
				? ": one that joins its scales is left out where it is compiled (atc --out_nodes)"
				: "");
		return STREAM_INVALID;
	}
	for (int i = 0; i < n && from->known; i++) {
		if (!lay_out(y, &t[i], &c, why, size) || !(anchor = anchors_of(y, &c, from, why, size))) {
			secant_free(found.v);
			return STREAM_INVALID;
		}
		for (size_t j = 0; j < (size_t)c.width * (size_t)c.height; j++)
			for (int k = 0; k < y->anchors; k++)
				take_box(y, &c, j, k, anchor + 2 * k, from, &found);
	}
	stream_founds_nms(&found, y->overlap);
	return stream_founds_put(s, &found, STREAM_UNIT_PARTS, from, list, NULL, NULL, why, size);
}

const stream_library stream_library_yolo = { .names = "yolov3postprocess|MpYOLOv3PostProcessor|MpYOLOv5PostProcessor",
	.message = "MxpiObjectList",
	.state = sizeof(yolo),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = close };
