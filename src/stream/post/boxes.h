/* Boxes of post-processing: what is found twice goes, the rest is moved to the picture as it was sent. */
#ifndef STREAM_POST_BOXES_H
#define STREAM_POST_BOXES_H
#include "stream/post/post.h"

typedef struct stream_found {
	float x0, y0, x1, y1, confidence;
	int class_id;
} stream_found;

typedef struct stream_founds {
	stream_found *v;
	int n, capacity;
	bool failed; /* no memory */
} stream_founds;

/* CLASS_NUM, SCORE_THRESH and SEPARATE_SCORE_THRESH, which all that find boxes have. */
typedef struct stream_thresholds {
	int classes;
	float score, *separate; /* of each class; freed by stream_thresholds_free */
} stream_thresholds;
bool stream_thresholds_read(stream_post *s, stream_thresholds *t);
void stream_thresholds_free(stream_thresholds *t);

void stream_founds_add(stream_founds *f, const stream_found *one);
/* Class by class: the most probable first, and what overlaps one of them more than `most` goes. */
void stream_founds_nms(stream_founds *f, float most);
/* Adds them as MxpiObjects. Coordinates are parts of the network's picture (`pixels`: its pixels), and become pixels of
 * the picture before it was scaled, or cut out. Frees the boxes; 0 or a code. */
int stream_founds_put(const stream_post *s, stream_founds *f, bool pixels, const stream_post_from *from, base_str *list,
	char *why, size_t size);
/* Intersection over union. */
float stream_found_overlap(const stream_found *a, const stream_found *b);
/* Number i of a tensor of FLOAT32, INT32, INT64 or bytes. */
double stream_number_at(const stream_tensor *t, size_t i);
bool stream_is_real(const stream_tensor *t); /* FLOAT32 */
#endif
