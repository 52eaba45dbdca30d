/* Four tensors of a detector of TensorFlow: how many, scores, boxes, classes. */
#ifndef STREAM_POST_DETECTIONS_H
#define STREAM_POST_DETECTIONS_H
#include "stream/post/boxes.h"

enum { STREAM_MOST_DETECTIONS = 100 }; /* that are looked at, as in the original */

typedef struct stream_detections {
	stream_thresholds t;
	float overlap; /* of fasterrcnn.c */
	int kind, most;
} stream_detections;
bool stream_detections_open(stream_post *s); /* thresholds */
void stream_detections_close(stream_post *s);
/* As stream_library's run. */
int stream_detections_run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from,
	base_str *list, char *why, size_t size);
/* How many there are, by the first tensor; -1 with `why`: it has no number. */
int stream_detections_many(const stream_tensor *t, char *why, size_t size);
/* How many numbers a tensor of a real type has at least `want` of; false with `why` where it has fewer. */
bool stream_has_numbers(const stream_tensor *t, size_t want, const char *what, char *why, size_t size);
/* Adds a box of a class where it is probable enough. */
void stream_detections_add(
	const stream_detections *d, stream_founds *found, int class_id, float confidence, const float box[4]);
#endif
