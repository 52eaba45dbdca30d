/* Boxes of post-processing: what is found twice goes, the rest is moved to the picture as it was sent. */
#ifndef STREAM_POST_BOXES_H
#define STREAM_POST_BOXES_H
#include "stream/post/post.h"

typedef struct stream_found {
	float x0, y0, x1, y1, confidence;
	int class_id, place; /* place: where it stands among the model's, for those who ask */
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
/* The same with the overlap as part of the larger of two. */
void stream_founds_nms_larger(stream_founds *f, float most);
/* The same with another measure. */
typedef float stream_overlap(const stream_found *a, const stream_found *b);
void stream_founds_nms_by(stream_founds *f, float most, stream_overlap *overlap);
/* The most probable ones are kept, in that order. */
void stream_founds_top(stream_founds *f, int most);
/* What the numbers of a box are. */
typedef enum stream_unit {
	STREAM_UNIT_PARTS, /* of the network's picture */
	STREAM_UNIT_PIXELS, /* of it */
	STREAM_UNIT_DONE, /* pixels of the picture before it was scaled, already */
	STREAM_UNIT_PLACED /* the same, and within it */
} stream_unit;
/* Adds them as MxpiObjects: pixels of the picture before it was scaled, or cut out. Frees the boxes; 0 or a code.
 * `more`, nullable, adds fields to the object of a box. */
typedef void (*stream_found_more)(const void *user, const stream_found *box, base_str *object);
int stream_founds_put(const stream_post *s, stream_founds *f, stream_unit unit, const stream_post_from *from,
	base_str *list, stream_found_more more, const void *user, char *why, size_t size);
/* The picture before it was scaled, or what was cut out: its size. */
void stream_post_size(const stream_post_from *from, float *width, float *height);
/* Is anything known of it? false: `why`. */
bool stream_post_is_known(const stream_post_from *from, char *why, size_t size);
/* Points as parts of the network's picture become pixels of that one; false: they lie in what was padded. Types that
 * keep the aspect are divided by their scale, as the original does it; its padding around is taken off first, which it
 * forgets. */
bool stream_points_back(float (*p)[2], int n, const stream_post_from *from, float width, float height);
/* Adds a place of text, an MxpiTextObject: corners as parts of the network's picture, the upper left one first, then
 * clockwise. What lies in padding is left out. */
void stream_corners_put(float (*p)[2], float score, const stream_post_from *from, base_str *list);
/* Intersection over union. */
float stream_found_overlap(const stream_found *a, const stream_found *b);
/* Number i of a tensor of FLOAT32, FLOAT16, INT32, INT64 or bytes. */
double stream_number_at(const stream_tensor *t, size_t i);
bool stream_is_real(const stream_tensor *t); /* FLOAT32 */
#endif
