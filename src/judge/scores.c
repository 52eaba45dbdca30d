/*
 * The scores that are quotients of counts, and the ways of taking classes and pictures together. Names and formulas
 * are those of segmentation_models.pytorch (metrics/functional.py); three of its slips are not: a 0/0 of "micro"
 * counts like any other, the weights of "weighted-imagewise" are divided by their sum once, and a class that neither
 * occurs nor was predicted is left out of means unless zero division says what it counts as.
 *
 *     micro                counts summed over pictures and classes, one quotient
 *     macro, weighted      counts of each class summed over pictures, a quotient a class, their (weighted) mean
 *     micro-imagewise      counts of each picture summed over classes, a quotient a picture, their mean
 *     macro-, weighted-imagewise   a quotient for each picture and class, the mean over pictures, the (weighted)
 *                                  mean over classes
 */
#include <math.h>
#include <string.h>
#include "base/registry.h"
#include "judge/metrics.h"

static double
iou(double tp, double fp, double fn, double tn, double beta)
{
	return tp / (tp + fp + fn);
}
static double
f1(double tp, double fp, double fn, double tn, double beta)
{
	return 2 * tp / (2 * tp + fn + fp);
}
static double
accuracy(double tp, double fp, double fn, double tn, double beta)
{
	return (tp + tn) / (tp + fp + fn + tn);
}
static double
precision(double tp, double fp, double fn, double tn, double beta)
{
	return tp / (tp + fp);
}
static double
recall(double tp, double fp, double fn, double tn, double beta)
{
	return tp / (tp + fn);
}
static double
specificity(double tp, double fp, double fn, double tn, double beta)
{
	return tn / (tn + fp);
}
static double
npv(double tp, double fp, double fn, double tn, double beta)
{
	return tn / (tn + fn);
}

static double
fbeta(double tp, double fp, double fn, double tn, double beta)
{
	double b = beta * beta;
	return (1 + b) * tp / ((1 + b) * tp + b * fn + fp);
}

static double
balanced(double tp, double fp, double fn, double tn, double beta)
{
	return (recall(tp, fp, fn, tn, 0) + specificity(tp, fp, fn, tn, 0)) / 2;
}

static double
fnr(double tp, double fp, double fn, double tn, double beta)
{
	return 1 - recall(tp, fp, fn, tn, 0);
}
static double
fpr(double tp, double fp, double fn, double tn, double beta)
{
	return 1 - specificity(tp, fp, fn, tn, 0);
}
static double
fdr(double tp, double fp, double fn, double tn, double beta)
{
	return 1 - precision(tp, fp, fn, tn, 0);
}
static double
omitted(double tp, double fp, double fn, double tn, double beta)
{
	return 1 - npv(tp, fp, fn, tn, 0);
}
static double
likelier(double tp, double fp, double fn, double tn, double beta)
{
	return recall(tp, fp, fn, tn, 0) / fpr(tp, fp, fn, tn, 0);
}
static double
unlikelier(double tp, double fp, double fn, double tn, double beta)
{
	return fnr(tp, fp, fn, tn, 0) / specificity(tp, fp, fn, tn, 0);
}

static const judge_quotient metrics[SECANT_METRICS] = {
	{ "iou", "tp / (tp + fp + fn)", "iou-score|jaccard", iou },
	{ "f1", "2 tp / (2 tp + fp + fn)", "f1-score|dice", f1 },
	{ "fbeta", "(1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp)", "fbeta-score", fbeta },
	{ "accuracy", "(tp + tn) / all", NULL, accuracy },
	{ "precision", "tp / (tp + fp)", "positive-predictive-value", precision },
	{ "recall", "tp / (tp + fn)", "sensitivity", recall },
	{ "specificity", "tn / (tn + fp)", NULL, specificity },
	{ "balanced-accuracy", "(recall + specificity) / 2", NULL, balanced },
	{ "negative-predictive-value", "tn / (tn + fn)", NULL, npv },
	{ "false-negative-rate", "1 - recall", NULL, fnr },
	{ "false-positive-rate", "1 - specificity", NULL, fpr },
	{ "false-discovery-rate", "1 - precision", NULL, fdr },
	{ "false-omission-rate", "1 - negative predictive value", NULL, omitted },
	{ "positive-likelihood-ratio", "recall / false positive rate; may be infinite", NULL, likelier },
	{ "negative-likelihood-ratio", "false negative rate / specificity; may be infinite", NULL, unlikelier },
};

static const char *const reductions[SECANT_REDUCTIONS] = { "micro", "macro", "weighted", "micro-imagewise",
	"macro-imagewise", "weighted-imagewise" };
enum { MICRO, MACRO, WEIGHTED, MICRO_IMAGEWISE, MACRO_IMAGEWISE, WEIGHTED_IMAGEWISE };

const judge_quotient *
judge_quotient_at(int i)
{
	return i >= 0 && i < SECANT_METRICS ? &metrics[i] : NULL;
}

const char *
secant_metric_name(int i)
{
	return i >= 0 && i < SECANT_METRICS ? metrics[i].name : NULL;
}

const char *
secant_reduction_name(int i)
{
	return i >= 0 && i < SECANT_REDUCTIONS ? reductions[i] : NULL;
}

static bool
listed(const char *list, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = list; at && *at; at += strcspn(at, "|"), at += *at == '|')
		if (strcspn(at, "|") == n && !strncmp(at, name, n))
			return true;
	return false;
}

const judge_quotient *
judge_quotient_find(const char *name)
{
	for (int i = 0; i < SECANT_METRICS; i++)
		if (!strcmp(metrics[i].name, name) || listed(metrics[i].alias, name))
			return &metrics[i];
	return NULL;
}

/* ---- means ---- */

typedef struct mean {
	double sum, weight;
} mean;

static void
take(mean *m, double v, double weight, int zero_division)
{
	if (isnan(v) && zero_division == JUDGE_ZERO_SKIP)
		return;
	m->sum += (isnan(v) ? zero_division == JUDGE_ZERO_IS_1 : v) * weight;
	m->weight += weight;
}

static double
mean_of(mean m)
{
	return m.weight > 0 ? m.sum / m.weight : NAN;
}

static void
add(judge_tally *to, const judge_tally *t)
{
	to->tp += t->tp, to->fp += t->fp, to->fn += t->fn, to->tn += t->tn;
}

static double
quotient(const judge_quotient *m, const judge_tally *t, double beta)
{
	return m->of((double)t->tp, (double)t->fp, (double)t->fn, (double)t->tn, beta);
}

double
judge_quotient_reduce(const judge_quotient *m, int reduction, const judge_tally *t, int64_t n, int classes,
	const double *weights, double beta, int zero_division)
{
	mean all = { 0 };
	judge_tally sum = { 0 };
	if (reduction == MICRO || reduction == MICRO_IMAGEWISE) {
		for (int64_t i = 0; i < n; i++) {
			for (int k = 0; k < classes; k++)
				add(&sum, &t[i * classes + k]);
			if (reduction == MICRO_IMAGEWISE) {
				take(&all, quotient(m, &sum, beta), 1, zero_division);
				sum = (judge_tally){ 0 };
			}
		}
		if (reduction == MICRO)
			take(&all, quotient(m, &sum, beta), 1, zero_division);
		return mean_of(all);
	}
	bool weighted = weights && (reduction == WEIGHTED || reduction == WEIGHTED_IMAGEWISE),
		 imagewise = reduction == MACRO_IMAGEWISE || reduction == WEIGHTED_IMAGEWISE;
	for (int k = 0; k < classes; k++) {
		mean one = { 0 };
		sum = (judge_tally){ 0 };
		for (int64_t i = 0; i < n; i++)
			if (imagewise)
				take(&one, quotient(m, &t[i * classes + k], beta), 1, zero_division);
			else
				add(&sum, &t[i * classes + k]);
		take(&all, imagewise ? mean_of(one) : quotient(m, &sum, beta), weighted ? weights[k] : 1, zero_division);
	}
	return mean_of(all);
}

/* In whole numbers: 20 (IoU - .5) is (20 tp - 10 u) / u for u = tp + fp + fn, and no rounding of 0.55 moves the result.
 */
double
judge_thresholded_iou(const judge_tally *t, int64_t n, int classes)
{
	mean all = { 0 };
	for (int64_t i = 0; i < n * classes; i++) {
		int64_t u = t[i].tp + t[i].fp + t[i].fn, over = 20 * t[i].tp - 10 * u;
		if (!u) {
			if (classes == 1)
				take(&all, 1, 1, JUDGE_ZERO_SKIP); /* nothing to find, nothing found */
			continue;
		}
		take(&all, over <= 0 ? 0 : (double)((over + u - 1) / u) / 10, 1, JUDGE_ZERO_SKIP);
	}
	return mean_of(all);
}

static secant_entry
entry(int i)
{
	return i < SECANT_METRICS ? (secant_entry){ metrics[i].name, metrics[i].brief, NULL } : (secant_entry){ 0 };
}

const base_kind base_kind_metrics = { "metrics", "Metrics", entry };
