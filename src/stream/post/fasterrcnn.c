/*
 * Faster R-CNN (libfasterrcnnpostprocess), by MODEL_TYPE:
 *
 *   0  as TensorFlow exports it: how many, scores, boxes, classes (detections.c)
 *   1  without its suppression: how many, boxes N x classes x 4, scores N x classes; no background, coordinates are
 *      pixels of the network's picture, and suppression is done here (IOU_THRESH)
 *   2  FPN of PyTorch: N x 5 (x0, y0, x1, y1, score) in pixels, and classes
 *
 * FRAMEWORK MindSpore without MODEL_TYPE, or with 1: what candidates.c does.
 */
#include <stdio.h>
#include <strings.h>
#include "stream/post/candidates.h"
#include "stream/post/detections.h"

enum { ORIGINAL, WITHOUT_NMS, FPN, MINDSPORE };

static bool
open(stream_post *s)
{
	stream_detections *d = s->state;
	const char *framework = stream_post_value(s, "FRAMEWORK");
	if (!stream_thresholds_read(s, &d->t))
		return false;
	d->overlap = stream_post_real(s, "IOU_THRESH", 1, 0, 1);
	bool mindspore = framework && !strcasecmp(framework, "mindspore");
	d->kind = stream_post_int(s, "MODEL_TYPE", mindspore ? WITHOUT_NMS : ORIGINAL, ORIGINAL, FPN);
	d->most = stream_post_int(s, "MAX_PER_IMG", 128, 0, 5000);
	if (mindspore && d->kind == WITHOUT_NMS)
		d->kind = MINDSPORE;
	return !s->failed;
}

/* N x classes x 4 in the order y0, x0, y1, x1, and the best class of each. */
static int
without_nms(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list,
	char *why, size_t size)
{
	const stream_detections *d = s->state;
	stream_founds found = { 0 };
	size_t classes = (size_t)d->t.classes - 1; /* CLASS_NUM counts the background */
	if (n < 3 || !classes) {
		snprintf(why, size, "MODEL_TYPE 1 wants three tensors and two classes; there are %d and %d", n, d->t.classes);
		return STREAM_INVALID;
	}
	int told = stream_detections_many(t, why, size);
	size_t many = (size_t)(told < 0 ? 0 : told);
	if (told < 0 || !stream_has_numbers(&t[1], many * classes * 4, "boxes", why, size)
		|| !stream_has_numbers(&t[2], many * classes, "scores", why, size))
		return STREAM_INVALID;
	for (size_t i = 0; i < many; i++) {
		size_t best = 0;
		float box[4];
		for (size_t c = 1; c < classes; c++)
			if (stream_number_at(&t[2], i * classes + c) > stream_number_at(&t[2], i * classes + best))
				best = c;
		float score = (float)stream_number_at(&t[2], i * classes + best);
		for (size_t k = 0; k < 4; k++)
			box[k ^ 1] = (float)stream_number_at(&t[1], (i * classes + best) * 4 + k);
		if (score > d->t.separate[best])
			stream_founds_add(&found, &(stream_found){ box[0], box[1], box[2], box[3], score, (int)best + 1, 0 });
	}
	stream_founds_nms(&found, d->overlap);
	return stream_founds_put(s, &found, STREAM_UNIT_PIXELS, from, list, NULL, NULL, why, size);
}

static int
fpn(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	stream_founds found = { 0 };
	char text[200];
	if (n < 2 || t[0].rank < 2 || t[0].dim[t[0].rank - 1] != 5 || !stream_is_real(&t[0])) {
		snprintf(why, size, "MODEL_TYPE 2 wants boxes N x 5 and classes; there are %d tensors%s%s", n,
			n ? ", the first is " : "", n ? stream_tensor_text(&t[0], text, sizeof text) : "");
		return STREAM_INVALID;
	}
	size_t many = t[0].size / sizeof(float) / 5;
	many = many > STREAM_MOST_DETECTIONS ? STREAM_MOST_DETECTIONS : many;
	if (!stream_has_numbers(&t[1], many, "classes", why, size))
		return STREAM_INVALID;
	for (size_t i = 0; i < many; i++) {
		float v[5];
		for (size_t k = 0; k < 5; k++)
			v[k] = (float)stream_number_at(&t[0], 5 * i + k);
		stream_detections_add(s->state, &found, (int)stream_number_at(&t[1], i), v[4], v);
	}
	return stream_founds_put(s, &found, STREAM_UNIT_PIXELS, from, list, NULL, NULL, why, size);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const stream_detections *d = s->state;
	int kind = d->kind;
	return kind == MINDSPORE  ? stream_candidates_run(s, &d->t, d->overlap, d->most, t, n, from, list, why, size)
		: kind == FPN         ? fpn(s, t, n, from, list, why, size)
		: kind == WITHOUT_NMS ? without_nms(s, t, n, from, list, why, size)
							  : stream_detections_run(s, t, n, from, list, why, size);
}

const stream_library stream_library_fasterrcnn = { .names = "fasterrcnnpostprocess|fasterrcnnpostprocessor",
	.message = "MxpiObjectList",
	.state = sizeof(stream_detections),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = stream_detections_close };
