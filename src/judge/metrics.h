/*
 * Counts over a data set and the scores that follow from them. Counts are summed, scores are computed once: never an
 * average of averages, except where a reduction "imagewise" asks for one.
 */
#ifndef JUDGE_METRICS_H
#define JUDGE_METRICS_H
#include <secant/train.h>
#include "nn/nn.h"
#include "judge/boundary.h"

/* One class in one picture, against all others. */
typedef struct judge_tally {
	int64_t tp, fp, fn, tn;
} judge_tally;

typedef struct judge_counts {
	base_mode mode;
	int classes; /* rows: 2 in binary mode, the classes otherwise */
	int scored; /* classes with a tally: 1 in binary mode, the classes otherwise */
	int64_t *confusion; /* binary, multiclass: classes x classes, rows are labels; NULL in multilabel mode */
	int64_t *own; /* the same of one picture, while it is counted */
	judge_tally *tally; /* pictures x scored, in the order of judge_counts_add */
	int capacity; /* of pictures */
	int never; /* 1 + the class that a network was not trained on (--ignore-index): nothing is of it; 0: none. Set it */
	int64_t images, pixels;
	int64_t strange; /* pixels of them, labelled or not, with outputs that are no numbers: they belong to no class */
	double loss, soft_dice, soft_iou; /* sums over pictures; the second of pictures alone (judge/soft.h) */
	judge_boundary *boundary; /* NULL: not wanted */
} judge_counts;

secant_status judge_counts_new(judge_counts *c, base_mode mode, int classes, secant_err *err) SECANT_NODISCARD;
void judge_counts_free(judge_counts *c);
/* From here on the boundary F1 is computed too, with this tolerance (judge/boundary.h); 0: it is not. */
secant_status judge_counts_boundary(judge_counts *c, double tolerance, secant_err *err) SECANT_NODISCARD;

/* The one place where a threshold of probabilities meets a network's outputs: the value from which a pixel belongs to a
 * class. */
float judge_cut_of(double threshold, bool activated);
/* The class of a pixel with outputs v: binary 0 or 1; else the largest, but for class never - 1. */
int judge_class_of(base_mode mode, int classes, const float *v, float cut, int never);

/* Adds one picture: outputs of height x stride x network classes, the target in the loader's layout. Binary and
 * multilabel: foreground where the value is >= cut; labels that are `ignore` (multiclass) or below 0 (binary) are left
 * out. A class that is ignored has no score, though to say it where another is labelled is a mistake. */
secant_status judge_counts_add(judge_counts *c, const float *v, const void *target, int height, int width, int stride,
	float cut, int ignore, secant_err *err) SECANT_NODISCARD;
/* Adds a cloud by classes: multiclass; a label below 0 is left out, a class below 0 is none and counts as a wrong one.
 */
secant_status judge_counts_add_classes(
	judge_counts *c, const int *got, const int32_t *label, int64_t n, secant_err *err) SECANT_NODISCARD;
/* The score of one picture, by which pictures are ranked: IoU of the foreground, or mean over the classes that occur; 1
 * where there is nothing to find and nothing was found. */
double judge_counts_picture(const judge_counts *c, int64_t picture);

/* How scores are taken together; all zero: usual. */
typedef struct judge_scoring {
	char *const *names; /* NULL, or a name for each class of the network */
	int n_names;
	const double *weights; /* of each scored class, for "weighted"; NULL: share of the label pixels */
	double beta; /* of fbeta; 0: 2 */
	int zero_division; /* what 0/0 is: JUDGE_ZERO_SKIP, _IS_0, _IS_1 */
} judge_scoring;
enum { JUDGE_ZERO_SKIP, JUDGE_ZERO_IS_0, JUDGE_ZERO_IS_1 };

secant_status judge_counts_scores(
	const judge_counts *c, char *const *names, int n_names, secant_scores *s, secant_err *err) SECANT_NODISCARD;
secant_status judge_counts_scores_as(
	const judge_counts *c, const judge_scoring *how, secant_scores *s, secant_err *err) SECANT_NODISCARD;

/* ---- scores.c ---- */

/* A quotient of counts; NAN for 0/0. beta is for fbeta alone. */
typedef struct judge_quotient {
	const char *name, *brief, *alias; /* alias: a list "a|b", or NULL */
	double (*of)(double tp, double fp, double fn, double tn, double beta);
} judge_quotient;
const judge_quotient *judge_quotient_at(int i); /* NULL from SECANT_METRICS on */
const judge_quotient *judge_quotient_find(const char *name); /* aliases too */
/* n pictures x classes; weights, one a class, are for "weighted" and "weighted-imagewise". */
double judge_quotient_reduce(const judge_quotient *m, int reduction, const judge_tally *t, int64_t n, int classes,
	const double *weights, double beta, int zero_division);
/* Competitions' score of pictures, 0 to 1: ceil(min(max(20 (IoU - .5), 0), 10)) / 10 of each, averaged. */
double judge_thresholded_iou(const judge_tally *t, int64_t n, int classes);
#endif
