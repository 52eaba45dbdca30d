/*
 * Networks that give boxes, scores and classes as they are: SSD MobileNet (TensorFlow) and Faster R-CNN as exported
 * there: how many, scores, boxes as parts of the picture (y0, x0, y1, x1), classes.
 */
#include "stream/post/detections.h"

const stream_library stream_library_ssd = { .names = "ssdmobilenetv1fpnpostprocess|ssdmobilenetfpnpostprocessor",
	.message = "MxpiObjectList",
	.state = sizeof(stream_detections),
	.empty_is_nothing = true,
	.open = stream_detections_open,
	.run = stream_detections_run,
	.close = stream_detections_close };
