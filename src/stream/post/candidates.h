/*
 * Detectors of MindSpore's zoo (Faster R-CNN, Mask R-CNN) give every candidate: boxes N x 5 (x0, y0, x1, y1, score) in
 * pixels of the picture as it was before it was scaled, classes, and a flag for those that count.
 */
#ifndef STREAM_POST_CANDIDATES_H
#define STREAM_POST_CANDIDATES_H
#include "stream/post/boxes.h"

/* The candidates that count and are probable enough, the `most` best of them, without those that overlap (as part of
 * the larger box). 0 or a code; the caller frees f->v. */
int stream_candidates_find(const stream_thresholds *limits, float overlap, int most, const stream_tensor *t, int n,
	stream_founds *f, char *why, size_t size);
/* These as MxpiObjects. */
int stream_candidates_run(const stream_post *s, const stream_thresholds *limits, float overlap, int most,
	const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why, size_t size);
#endif
