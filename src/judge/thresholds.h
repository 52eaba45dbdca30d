/* Which threshold of probabilities judges best: one class, or several that do not exclude each other. */
#ifndef JUDGE_THRESHOLDS_H
#define JUDGE_THRESHOLDS_H
#include <secant/base.h>

enum { JUDGE_THRESHOLDS = 1000 }; /* steps of a thousandth */

/* Pixels by their probability, k: from k to k + 1 thousandths; [0] of background, [1] of foreground. */
typedef struct judge_thresholds {
	int64_t pixels[2][JUDGE_THRESHOLDS];
} judge_thresholds;

/* What a threshold of k thousandths gives; NAN is 0/0. */
typedef struct judge_threshold_point {
	double threshold, precision, recall, f1, iou;
} judge_threshold_point;

/* Adds a picture: outputs of height x stride x classes, probabilities or logits, and targets beside them; targets below
 * 0 are left out. */
void judge_thresholds_add(judge_thresholds *t, int classes, const float *v, bool probabilities, const float *target,
	int height, int width, int stride);
judge_threshold_point judge_thresholds_point(const judge_thresholds *t, int k);
/* The threshold of the best IoU, which is that of the best F1: of several alike the one in their middle. threshold NAN:
 * nothing is foreground. */
judge_threshold_point judge_thresholds_best(const judge_thresholds *t);
/* Precision, recall, F1 and IoU by threshold: as a picture (.png, .svg) or a table (.csv). */
secant_status judge_thresholds_write(const judge_thresholds *t, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
