/*
 * YOLO 7 as the SDK's sample has it (libyolov7postprocess): one tensor 1 x boxes x (5 + CLASS_NUM), decoded by the
 * network: centre, width and height in pixels of its picture, objectness, scores. A score counts as its product with
 * the objectness. (Ascend, mindxsdk-referenceapps, mxVision/YOLOv7Detection.) PADDING_TYPE there says how the picture
 * was padded; here the picture itself does.
 */
#include <stdio.h>
#include "stream/post/boxes.h"

enum { CENTRE_X, CENTRE_Y, WIDTH, HEIGHT, OBJECTNESS, SCORES };

typedef struct yolo7 {
	stream_thresholds t;
	float objectness, overlap;
} yolo7;

static bool
open(stream_post *s)
{
	yolo7 *y = s->state;
	if (!stream_thresholds_read(s, &y->t))
		return false;
	y->objectness = stream_post_real(s, "OBJECTNESS_THRESH", 0.3F, 0, 1);
	y->overlap = stream_post_real(s, "IOU_THRESH", 0.45F, 0, 1);
	(void)stream_post_int(s, "PADDING_TYPE", 0, 0, 1);
	return !s->failed;
}

static void
close(stream_post *s)
{
	if (s->state)
		stream_thresholds_free(&((yolo7 *)s->state)->t);
}

/* The box at number `at`, where it is an object of a class. */
static void
take_box(const yolo7 *y, const stream_tensor *t, size_t at, stream_founds *found)
{
	float v[SCORES], best = y->t.score;
	stream_found b = { .class_id = -1 };
	for (size_t i = 0; i < SCORES; i++)
		v[i] = (float)stream_number_at(t, at + i);
	if (!(v[OBJECTNESS] > y->objectness))
		return;
	for (int i = 0; i < y->t.classes; i++) {
		float score = (float)stream_number_at(t, at + SCORES + (size_t)i) * v[OBJECTNESS];
		if (score > best) {
			best = score;
			b.class_id = i;
		}
	}
	if (b.class_id < 0 || best < y->t.separate[b.class_id])
		return;
	b.x0 = v[CENTRE_X] - v[WIDTH] / 2;
	b.x1 = v[CENTRE_X] + v[WIDTH] / 2;
	b.y0 = v[CENTRE_Y] - v[HEIGHT] / 2;
	b.y1 = v[CENTRE_Y] + v[HEIGHT] / 2;
	b.confidence = best;
	stream_founds_add(found, &b);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const yolo7 *y = s->state;
	stream_founds found = { 0 };
	char text[200];
	/* An export with its maps beside the joined boxes has these first. */
	if (n < 1 || !stream_is_real(t) || t->rank != 3 || t->dim[0] != 1 || t->dim[2] != SCORES + y->t.classes) {
		snprintf(why, size, "CLASS_NUM %d wants a first tensor FLOAT32 of 1 x boxes x %d; the model gives %s",
			y->t.classes, SCORES + y->t.classes, n < 1 ? "none" : stream_tensor_text(t, text, sizeof text));
		return STREAM_INVALID;
	}
	for (size_t i = 0; i < (size_t)t->dim[1] && from->known; i++)
		take_box(y, t, i * (size_t)t->dim[2], &found);
	stream_founds_nms(&found, y->overlap);
	return stream_founds_put(s, &found, STREAM_UNIT_PIXELS, from, list, NULL, NULL, why, size);
}

const stream_library stream_library_yolo7 = { .names = "yolov7postprocess",
	.message = "MxpiObjectList",
	.state = sizeof(yolo7),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = close };
