/* SSD VGG16 of Caffe: how many, and eight numbers for each: batch, class, score, x0, y0, x1, y1, nothing. */
#include <stdio.h>
#include "stream/post/detections.h"

enum { NUMBERS = 8 };

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	stream_founds found = { 0 };
	char text[200];
	if (n < 2 || t[1].rank != 3 || t[1].dim[2] != NUMBERS) {
		snprintf(why, size, "two tensors are wanted, the second 1 x boxes x 8; there are %d%s%s", n,
			n > 1 ? ", the second is " : "", n > 1 ? stream_tensor_text(&t[1], text, sizeof text) : "");
		return STREAM_INVALID;
	}
	int many = stream_detections_many(t, why, size);
	if (many < 0 || !stream_has_numbers(&t[1], (size_t)many * NUMBERS, "boxes", why, size))
		return STREAM_INVALID;
	for (size_t i = 0; i < (size_t)many; i++) {
		float v[NUMBERS];
		for (size_t k = 0; k < NUMBERS; k++)
			v[k] = (float)stream_number_at(&t[1], i * NUMBERS + k);
		stream_detections_add(s->state, &found, (int)v[1], v[2], v + 3);
	}
	return stream_founds_put(s, &found, STREAM_UNIT_PARTS, from, list, NULL, NULL, why, size);
}

const stream_library stream_library_ssd_vgg = { .names = "ssdvgg16postprocess|ssdvggpostprocessor",
	.message = "MxpiObjectList",
	.state = sizeof(stream_detections),
	.empty_is_nothing = true,
	.open = stream_detections_open,
	.run = run,
	.close = stream_detections_close };
