/*
 * Counts over a data set and the scores that follow from them. Counts are summed, scores are computed once: never an average of averages.
 */
#ifndef SECANT_TRAIN_METRICS_H
#define SECANT_TRAIN_METRICS_H
#include <secant/train.h>
#include "nn/nn.h"

typedef struct secant_counts {
	secant_mode mode;
	int classes;                                 /* rows: 2 in binary mode, the classes otherwise */
	int64_t *confusion;                          /* binary, multiclass: classes x classes, rows are labels */
	int64_t *tp, *fp, *fn, *tn;                  /* multilabel: of each class */
	int64_t images, pixels;
	double loss;                                 /* sum over pictures */
} secant_counts;

secant_status secant_counts_new(secant_counts *c, secant_mode mode, int classes, secant_err *err) SECANT_NODISCARD;
void secant_counts_free(secant_counts *c);
/* Adds one picture: logits or probabilities of `pixels` x network classes, the target in the loader's layout. Binary and multilabel:
 * foreground where the value is >= cut; labels that are `ignore` (multiclass) or below 0 (binary) are left out. `row`, `target_row`: pixels
 * of a row in the padded map and its width without padding. */
void secant_counts_add(secant_counts *c, const float *v, const void *target, int height, int width, int stride, float cut, int ignore);
/* names: NULL or a name for each class of the network. */
secant_status secant_counts_scores(const secant_counts *c, char *const *names, int n_names, secant_scores *s, secant_err *err) SECANT_NODISCARD;
#endif
