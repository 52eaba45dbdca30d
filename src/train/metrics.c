/*
 * Scores from counts: with confusion C (rows labels, columns predictions), for class k
 *
 *     tp = C[k][k]   fn = row sum - tp   fp = column sum - tp
 *     iou = tp/(tp+fp+fn)   f1 = 2 tp/(2 tp+fp+fn)   precision = tp/(tp+fp)   recall = tp/(tp+fn)   accuracy = trace / all
 *
 * A class that neither occurs nor was predicted has no score (NAN) and is left out of means.
 */
#include "train/metrics.h"
#include <math.h>
#include <stdio.h>

secant_status
secant_counts_new(secant_counts *c, secant_mode mode, int classes, secant_err *err)
{
	*c = (secant_counts){ .mode = mode, .classes = mode == SECANT_MODE_BINARY ? 2 : classes };
	size_t n = (size_t)c->classes;
	if (mode == SECANT_MODE_MULTILABEL) {
		if ((c->tp = secant_calloc(4 * n, sizeof *c->tp)))
			c->fp = c->tp + n, c->fn = c->fp + n, c->tn = c->fn + n;
	} else {
		c->confusion = secant_calloc(n * n, sizeof *c->confusion);
	}
	return c->tp || c->confusion ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a confusion matrix of %d classes", classes);
}

void
secant_counts_free(secant_counts *c)
{
	secant_free(c->confusion);
	secant_free(c->tp);
	*c = (secant_counts){ 0 };
}

static void
add_pixel(secant_counts *c, const float *v, const void *target, int64_t at, float cut, int ignore)
{
	if (c->mode == SECANT_MODE_BINARY) {
		float label = ((const float *)target)[at];
		if (label >= 0)
			c->confusion[(label >= 0.5f) * 2 + (v[0] >= cut)]++, c->pixels++;
		return;
	}
	if (c->mode == SECANT_MODE_MULTILABEL) {
		const float *label = (const float *)target + at * c->classes;
		for (int k = 0; k < c->classes; k++)
			(*(v[k] >= cut ? label[k] >= 0.5f ? &c->tp[k] : &c->fp[k] : label[k] >= 0.5f ? &c->fn[k] : &c->tn[k]))++;
		c->pixels++;
		return;
	}
	int label = ((const int32_t *)target)[at], best = 0;
	if (label == ignore || label < 0 || label >= c->classes)
		return;
	for (int k = 1; k < c->classes; k++)
		if (v[k] > v[best])
			best = k;
	c->confusion[(int64_t)label * c->classes + best]++;
	c->pixels++;
}

void
secant_counts_add(secant_counts *c, const float *v, const void *target, int height, int width, int stride, float cut, int ignore)
{
	int channels = c->mode == SECANT_MODE_BINARY ? 1 : c->classes;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			int64_t at = (int64_t)y * stride + x;
			add_pixel(c, v + at * channels, target, at, cut, ignore);
		}
	c->images++;
}

static double ratio(int64_t a, int64_t b) { return b ? (double)a / (double)b : NAN; }

static void
mean_into(double *mean, int *n, double v)
{
	if (isnan(v))
		return;
	*mean += v;
	(*n)++;
}

static void
class_counts(const secant_counts *c, int k, int64_t *tp, int64_t *fp, int64_t *fn)
{
	if (c->tp) {
		*tp = c->tp[k], *fp = c->fp[k], *fn = c->fn[k];
		return;
	}
	*tp = c->confusion[(int64_t)k * c->classes + k];
	*fp = *fn = -*tp;
	for (int i = 0; i < c->classes; i++) {
		*fn += c->confusion[(int64_t)k * c->classes + i];
		*fp += c->confusion[(int64_t)i * c->classes + k];
	}
}

secant_status
secant_counts_scores(const secant_counts *c, char *const *names, int n_names, secant_scores *s, secant_err *err)
{
	int present_iou = 0, present_f1 = 0;
	double miou = 0, mf1 = 0;
	int64_t right = 0, all = 0;
	*s = (secant_scores){ .images = c->images, .pixels = c->pixels, .loss = c->images ? c->loss / (double)c->images : NAN, .classes = c->classes };
	s->per_class = secant_calloc((size_t)c->classes, sizeof *s->per_class);
	s->confusion = c->confusion ? secant_calloc((size_t)c->classes * (size_t)c->classes, sizeof *s->confusion) : NULL;
	if (!s->per_class || (c->confusion && !s->confusion)) {
		secant_scores_free(s);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for scores");
	}
	for (int k = 0; k < c->classes; k++) {
		secant_class_score *p = &s->per_class[k];
		int64_t tp, fp, fn;
		class_counts(c, k, &tp, &fp, &fn);
		p->iou = ratio(tp, tp + fp + fn);
		p->f1 = ratio(2 * tp, 2 * tp + fp + fn);
		p->precision = ratio(tp, tp + fp);
		p->recall = ratio(tp, tp + fn);
		p->pixels = tp + fn;
		mean_into(&miou, &present_iou, p->iou);
		mean_into(&mf1, &present_f1, p->f1);
		right += tp + (c->tn ? c->tn[k] : 0);
		all += tp + fn + (c->tn ? c->tn[k] + fp : 0);
		int named = c->mode == SECANT_MODE_BINARY ? k - 1 : k;
		if (named >= 0 && named < n_names)
			(void)snprintf(p->name, sizeof p->name, "%s", names[named]);
		else if (c->mode == SECANT_MODE_BINARY)
			(void)snprintf(p->name, sizeof p->name, "%s", k ? "foreground" : "background");
		else
			(void)snprintf(p->name, sizeof p->name, "class %d", k);
	}
	for (int64_t i = 0; c->confusion && i < (int64_t)c->classes * c->classes; i++)
		s->confusion[i] = c->confusion[i];
	s->accuracy = ratio(right, all);
	s->miou = present_iou ? miou / present_iou : NAN;
	s->iou = c->mode == SECANT_MODE_BINARY ? s->per_class[1].iou : s->miou;
	s->f1 = c->mode == SECANT_MODE_BINARY ? s->per_class[1].f1 : present_f1 ? mf1 / present_f1 : NAN;
	return SECANT_OK;
}

void
secant_scores_free(secant_scores *s)
{
	secant_free(s->per_class);
	secant_free(s->confusion);
	*s = (secant_scores){ 0 };
}
