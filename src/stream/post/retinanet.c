/*
 * RetinaNet of TensorFlow (libretinanetpostprocess): boxes (x0, y0, x1, y1 in pixels of the network's picture), scores
 * and classes in 16 bits, and how many there are.
 */
#include <stdio.h>
#include "stream/post/detections.h"

static bool
open(stream_post *s)
{
	(void)stream_post_int(s, "MODEL_TYPE", 0, 0, 0);
	return stream_detections_open(s);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	stream_founds found = { 0 };
	if (n != 4) {
		snprintf(why, size, "four tensors are wanted (boxes, scores, classes, how many), the model gives %d", n);
		return STREAM_INVALID;
	}
	int many = stream_detections_many(&t[3], why, size);
	if (many < 0 || !stream_has_numbers(&t[0], (size_t)many * 4, "boxes", why, size)
		|| !stream_has_numbers(&t[1], (size_t)many, "scores", why, size)
		|| !stream_has_numbers(&t[2], (size_t)many, "classes", why, size))
		return STREAM_INVALID;
	for (size_t i = 0; i < (size_t)many; i++) {
		float box[4];
		for (size_t k = 0; k < 4; k++)
			box[k] = (float)stream_number_at(&t[0], 4 * i + k);
		stream_detections_add(
			s->state, &found, (int)stream_number_at(&t[2], i), (float)stream_number_at(&t[1], i), box);
	}
	return stream_founds_put(s, &found, STREAM_UNIT_PIXELS, from, list, NULL, NULL, why, size);
}

const stream_library stream_library_retinanet = { .names = "retinanetpostprocess",
	.message = "MxpiObjectList",
	.state = sizeof(stream_detections),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = stream_detections_close };
