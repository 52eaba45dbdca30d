/*
 * Networks that give boxes, scores and classes as they are: SSD MobileNet (TensorFlow) and Faster R-CNN as exported
 * there: how many, scores, boxes as parts of the picture (y0, x0, y1, x1), classes.
 */
#include "stream/post/detections.h"

static bool
open(stream_post *s)
{
	return stream_thresholds_read(s, &((stream_detections *)s->state)->t);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	return stream_detections_run(s, t, n, from, list, why, size);
}

const stream_library stream_library_ssd = { .names = "ssdmobilenetv1fpnpostprocess|ssdmobilenetfpnpostprocessor",
	.message = "MxpiObjectList",
	.state = sizeof(stream_detections),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = stream_detections_close };
