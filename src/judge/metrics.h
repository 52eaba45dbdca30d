/*
 * Counts over a data set and the scores that follow from them. Counts are summed, scores are computed once: never an
 * average of averages, except where a reduction "imagewise" asks for one.
 */
#ifndef SECANT_JUDGE_METRICS_H
#define SECANT_JUDGE_METRICS_H
#include <secant/train.h>
#include "nn/nn.h"
#include "judge/boundary.h"

/* One class in one picture, against all others. */
typedef struct secant_tally {
	int64_t tp, fp, fn, tn;
} secant_tally;

typedef struct secant_counts {
	secant_mode mode;
	int classes; /* rows: 2 in binary mode, the classes otherwise */
	int scored; /* classes with a tally: 1 in binary mode, the classes otherwise */
	int64_t *confusion; /* binary, multiclass: classes x classes, rows are labels; NULL in multilabel mode */
	int64_t *own; /* the same of one picture, while it is counted */
	secant_tally *tally; /* pictures x scored, in the order of secant_counts_add */
	int capacity; /* of pictures */
	int64_t images, pixels;
	double loss; /* sum over pictures */
	secant_boundary *boundary; /* NULL: not wanted */
} secant_counts;

secant_status secant_counts_new(secant_counts *c, secant_mode mode, int classes, secant_err *err) SECANT_NODISCARD;
void secant_counts_free(secant_counts *c);
/* From here on the boundary F1 is computed too, with this tolerance (judge/boundary.h); 0: it is not. */
secant_status secant_counts_boundary(secant_counts *c, double tolerance, secant_err *err) SECANT_NODISCARD;

/* The one place where a threshold of probabilities meets a network's outputs: the value from which a pixel belongs to a
 * class. */
float secant_cut_of(double threshold, bool activated);
/* The class of a pixel with outputs v: binary 0 or 1; else the largest. */
int secant_class_of(secant_mode mode, int classes, const float *v, float cut);

/* Adds one picture: outputs of height x stride x network classes, the target in the loader's layout. Binary and
 * multilabel: foreground where the value is >= cut; labels that are `ignore` (multiclass) or below 0 (binary) are left
 * out. */
secant_status secant_counts_add(secant_counts *c, const float *v, const void *target, int height, int width, int stride,
	float cut, int ignore, secant_err *err) SECANT_NODISCARD;
/* Adds a cloud by classes: multiclass; a label below 0 is left out, a class below 0 is none and counts as a wrong one.
 */
secant_status secant_counts_add_classes(
	secant_counts *c, const int *got, const int32_t *label, int64_t n, secant_err *err) SECANT_NODISCARD;
/* The score of one picture, by which pictures are ranked: IoU of the foreground, or mean over the classes that occur; 1
 * where there is nothing to find and nothing was found. */
double secant_counts_picture(const secant_counts *c, int64_t picture);

/* How scores are taken together; all zero: usual. */
typedef struct secant_scoring {
	char *const *names; /* NULL, or a name for each class of the network */
	int n_names;
	const double *weights; /* of each scored class, for "weighted"; NULL: share of the label pixels */
	double beta; /* of fbeta; 0: 2 */
	int zero_division; /* what 0/0 is: SECANT_ZERO_SKIP, _IS_0, _IS_1 */
} secant_scoring;
enum { SECANT_ZERO_SKIP, SECANT_ZERO_IS_0, SECANT_ZERO_IS_1 };

secant_status secant_counts_scores(
	const secant_counts *c, char *const *names, int n_names, secant_scores *s, secant_err *err) SECANT_NODISCARD;
secant_status secant_counts_scores_as(
	const secant_counts *c, const secant_scoring *how, secant_scores *s, secant_err *err) SECANT_NODISCARD;

/* ---- scores.c ---- */

/* A quotient of counts; NAN for 0/0. beta is for fbeta alone. */
typedef struct secant_quotient {
	const char *name, *brief, *alias; /* alias: a list "a|b", or NULL */
	double (*of)(double tp, double fp, double fn, double tn, double beta);
} secant_quotient;
const secant_quotient *secant_quotient_at(int i); /* NULL from SECANT_METRICS on */
const secant_quotient *secant_quotient_find(const char *name); /* aliases too */
/* n pictures x classes; weights, one a class, are for "weighted" and "weighted-imagewise". */
double secant_quotient_reduce(const secant_quotient *m, int reduction, const secant_tally *t, int64_t n, int classes,
	const double *weights, double beta, int zero_division);
/* Competitions' score of pictures, 0 to 1: ceil(min(max(20 (IoU - .5), 0), 10)) / 10 of each, averaged. */
double secant_thresholded_iou(const secant_tally *t, int64_t n, int classes);
#endif
