/*
 * Counts of pixels: a confusion matrix C (rows labels, columns predictions) over all pictures, and of each picture for
 * class k
 *
 *     tp = C[k][k]   fn = row sum - tp   fp = column sum - tp   tn = the rest
 *
 * What follows from the matrix: accuracy = trace / all, class accuracy = mean recall, frequency-weighted accuracy = sum
 * of the share of labels times the IoU, Cohen's kappa = (accuracy - chance) / (1 - chance) with chance = sum of row sum
 * * column sum / all^2. A class that neither occurs nor was predicted has no score (NAN) and is left out of means.
 */
#include "judge/metrics.h"
#include "deploy/decide.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

secant_status
judge_counts_new(judge_counts *c, base_mode mode, int classes, secant_err *err)
{
	bool binary = mode == BASE_MODE_BINARY;
	*c = (judge_counts){ .mode = mode, .classes = binary ? 2 : classes, .scored = binary ? 1 : classes };
	size_t n = (size_t)c->classes;
	if (mode != BASE_MODE_MULTILABEL
		&& (!(c->confusion = secant_calloc(n * n, sizeof *c->confusion))
			|| !(c->own = secant_calloc(n * n, sizeof *c->own)))) {
		judge_counts_free(c);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a confusion matrix of %d classes", classes);
	}
	return SECANT_OK;
}

secant_status
judge_counts_boundary(judge_counts *c, double tolerance, secant_err *err)
{
	if (tolerance > 0 && !(c->boundary = judge_boundary_new(c->scored, tolerance, err)))
		return SECANT_ERR_NOMEM;
	return SECANT_OK;
}

void
judge_counts_free(judge_counts *c)
{
	secant_free(c->confusion);
	secant_free(c->own);
	secant_free(c->tally);
	judge_boundary_free(c->boundary);
	*c = (judge_counts){ 0 };
}

float
judge_cut_of(double threshold, bool activated)
{
	return (float)(activated ? threshold : log(threshold / (1 - threshold)));
}

int
judge_class_of(base_mode mode, int classes, const float *v, float cut, int never)
{
	int best = never == 1 && classes > 1 ? 1 : 0;
	if (mode == BASE_MODE_BINARY)
		return v[0] >= cut;
	for (int k = best + 1; k < classes; k++)
		if (v[k] > v[best] && k != never - 1)
			best = k;
	return best;
}

/* Label of pixel `at`, -1: ignored. Binary and multiclass. */
static int
label_at(const judge_counts *c, const void *target, int64_t at, int ignore)
{
	if (c->mode == BASE_MODE_BINARY) {
		float label = ((const float *)target)[at];
		return label >= 0 ? label >= 0.5f : -1;
	}
	int label = ((const int32_t *)target)[at];
	return label == ignore || label < 0 || label >= c->classes ? -1 : label;
}

static void
count_matrix(judge_counts *c, const float *v, const void *target, int height, int width, int stride, float cut,
	int ignore, judge_tally *tally)
{
	int64_t n = c->classes, all = 0;
	memset(c->own, 0, (size_t)(n * n) * sizeof *c->own);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			int64_t at = (int64_t)y * stride + x;
			int label = label_at(c, target, at, ignore);
			if (label < 0)
				continue;
			c->own[label * n + judge_class_of(c->mode, c->classes, v + at * c->scored, cut, c->never)]++;
			all++;
		}
	for (int64_t i = 0; i < n * n; i++)
		c->confusion[i] += c->own[i];
	for (int64_t k = n - c->scored; k < n; k++) {
		judge_tally t = { .tp = c->own[k * n + k] };
		for (int64_t i = 0; i < n; i++)
			t.fn += c->own[k * n + i], t.fp += c->own[i * n + k];
		t.fn -= t.tp, t.fp -= t.tp, t.tn = all - t.tp - t.fn - t.fp;
		if (c->mode == BASE_MODE_MULTICLASS && (k == ignore || k == c->never - 1))
			t = (judge_tally){ 0 };
		tally[k - (n - c->scored)] = t;
	}
	c->pixels += all;
}

static void
count_labels(judge_counts *c, const float *v, const float *target, int height, int width, int stride, float cut,
	judge_tally *tally)
{
	memset(tally, 0, (size_t)c->scored * sizeof *tally);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const float *value = v + ((int64_t)y * stride + x) * c->classes,
						*label = target + ((int64_t)y * stride + x) * c->classes;
			c->pixels += label[0] >= 0; /* a pixel is left out for all classes or for none */
			for (int k = 0; k < c->classes && label[0] >= 0; k++)
				(*(value[k] >= cut         ? label[k] >= 0.5f ? &tally[k].tp : &tally[k].fp
						: label[k] >= 0.5f ? &tally[k].fn
										   : &tally[k].tn))++;
		}
}

/* The planes of class k as the boundary score wants them. */
static void
fill_planes(const judge_counts *c, const float *v, const void *target, int height, int width, int stride, float cut,
	int ignore, int k, uint8_t *predicted, uint8_t *labelled)
{
	bool binary = c->mode == BASE_MODE_BINARY, overlap = c->mode == BASE_MODE_MULTILABEL;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			int64_t at = (int64_t)y * stride + x, i = (int64_t)y * width + x;
			if (overlap) {
				float label = ((const float *)target)[at * c->classes + k];
				predicted[i] = label < 0 ? JUDGE_UNSEEN : v[at * c->classes + k] >= cut ? JUDGE_WITHIN : JUDGE_BEYOND;
				labelled[i] = label < 0 ? JUDGE_UNSEEN : label >= 0.5f ? JUDGE_WITHIN : JUDGE_BEYOND;
				continue;
			}
			int label = label_at(c, target, at, ignore),
				got = judge_class_of(c->mode, c->classes, v + at * c->scored, cut, c->never), want = binary ? 1 : k;
			predicted[i] = label < 0 ? JUDGE_UNSEEN : got == want ? JUDGE_WITHIN : JUDGE_BEYOND;
			labelled[i] = label < 0 ? JUDGE_UNSEEN : label == want ? JUDGE_WITHIN : JUDGE_BEYOND;
		}
}

static secant_status
count_boundaries(judge_counts *c, const float *v, const void *target, int height, int width, int stride, float cut,
	int ignore, const judge_tally *tally, secant_err *err)
{
	uint8_t *predicted, *labelled;
	secant_status status = judge_boundary_planes(c->boundary, height, width, &predicted, &labelled, err);
	for (int k = 0; k < c->scored && !status; k++) {
		if (!(tally[k].tp + tally[k].fp + tally[k].fn))
			continue;
		fill_planes(c, v, target, height, width, stride, cut, ignore, k, predicted, labelled);
		judge_boundary_add(c->boundary, k);
	}
	return status;
}

secant_status
judge_counts_add(judge_counts *c, const float *v, const void *target, int height, int width, int stride, float cut,
	int ignore, secant_err *err)
{
	if (c->images >= INT32_MAX
		|| base_grow((void **)&c->tally, &c->capacity, (int)c->images, (size_t)c->scored * sizeof *c->tally))
		return secant_fail(
			err, SECANT_ERR_NOMEM, "no memory for the counts of %lld pictures", (long long)c->images + 1);
	judge_tally *tally = c->tally + c->images * c->scored;
	for (int y = 0; y < height; y++)
		c->strange += deploy_count_strange(v + (int64_t)y * stride * c->scored, width, c->scored);
	if (c->mode == BASE_MODE_MULTILABEL)
		count_labels(c, v, target, height, width, stride, cut, tally);
	else
		count_matrix(c, v, target, height, width, stride, cut, ignore, tally);
	c->images++;
	return c->boundary ? count_boundaries(c, v, target, height, width, stride, cut, ignore, tally, err) : SECANT_OK;
}

secant_status
judge_counts_add_classes(judge_counts *c, const int *got, const int32_t *label, int64_t n, secant_err *err)
{
	if (c->images >= INT32_MAX
		|| base_grow((void **)&c->tally, &c->capacity, (int)c->images, (size_t)c->scored * sizeof *c->tally))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the counts of %lld clouds", (long long)c->images + 1);
	judge_tally *tally = c->tally + c->images * c->scored;
	int64_t seen = 0;
	memset(tally, 0, (size_t)c->scored * sizeof *tally);
	for (int64_t i = 0; i < n; i++) {
		if (label[i] < 0 || label[i] >= c->classes)
			continue;
		int k = got[i] >= 0 && got[i] < c->classes ? got[i] : (label[i] + 1) % c->classes;
		c->confusion[(int64_t)label[i] * c->classes + k]++;
		seen++;
		if (k == label[i])
			tally[k].tp++;
		else
			tally[k].fp++, tally[label[i]].fn++;
	}
	for (int k = 0; k < c->scored; k++)
		tally[k].tn = seen - tally[k].tp - tally[k].fp - tally[k].fn;
	c->pixels += seen;
	c->images++;
	return SECANT_OK;
}

double
judge_counts_picture(const judge_counts *c, int64_t picture)
{
	double score = judge_quotient_reduce(
		judge_quotient_at(0), 1, c->tally + picture * c->scored, 1, c->scored, NULL, 0, JUDGE_ZERO_SKIP);
	return isnan(score) ? 1 : score;
}

/* ---- scores ---- */

static void
mean_into(double *mean, int *n, double v)
{
	if (isnan(v))
		return;
	*mean += v;
	(*n)++;
}

/* Class k of the table, which in binary mode has the background first, over all pictures. */
static judge_tally
class_tally(const judge_counts *c, int k)
{
	judge_tally sum = { 0 };
	int own = k - (c->classes - c->scored);
	for (int64_t i = 0; i < c->images; i++) {
		const judge_tally *t = &c->tally[i * c->scored + (own < 0 ? 0 : own)];
		sum.tp += t->tp, sum.fp += t->fp, sum.fn += t->fn, sum.tn += t->tn;
	}
	return own < 0 ? (judge_tally){ sum.tn, sum.fn, sum.fp, sum.tp } : sum;
}

static void
name_class(const judge_counts *c, const judge_scoring *how, int k, secant_class_score *p)
{
	int named = k - (c->classes - c->scored);
	if (named >= 0 && named < how->n_names)
		(void)snprintf(p->name, sizeof p->name, "%s", how->names[named]);
	else if (c->mode == BASE_MODE_BINARY)
		(void)snprintf(p->name, sizeof p->name, "%s", k ? "foreground" : "background");
	else
		(void)snprintf(p->name, sizeof p->name, "class %d", k);
}

static void
score_class(const judge_counts *c, int k, secant_class_score *p)
{
	judge_tally t = class_tally(c, k);
	double tp = (double)t.tp, fp = (double)t.fp, fn = (double)t.fn, tn = (double)t.tn;
	double *const to[] = { &p->iou, &p->f1, &p->precision, &p->recall, &p->specificity, &p->accuracy };
	static const char *const names[] = { "iou", "f1", "precision", "recall", "specificity", "accuracy" };
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		*to[i] = judge_quotient_find(names[i])->of(tp, fp, fn, tn, 1);
	p->pixels = t.tp + t.fn;
	p->predicted = t.tp + t.fp;
	int own = k - (c->classes - c->scored);
	p->boundary_f1 = c->boundary && own >= 0 ? judge_boundary_f1(c->boundary, own) : NAN;
}

/* What needs all classes at once. */
static void
score_all(const judge_counts *c, secant_scores *s)
{
	double sum[5] = { 0 }, all = 0, right = 0, chance = 0, weighted = 0;
	int n[5] = { 0 };
	for (int k = 0; k < c->classes; k++) {
		const secant_class_score *p = &s->per_class[k];
		const double each[5] = { p->iou, p->f1, p->recall, p->precision, p->boundary_f1 };
		judge_tally t = class_tally(c, k);
		for (int i = 0; i < 5; i++)
			mean_into(&sum[i], &n[i], each[i]);
		right += (double)(t.tp + (c->confusion ? 0 : t.tn));
		all += (double)(t.tp + t.fn + (c->confusion ? 0 : t.tn + t.fp));
		chance += (double)p->pixels * (double)p->predicted;
		weighted += p->pixels ? (double)p->pixels * p->iou : 0;
		s->labelled += p->pixels;
	}
	bool binary = c->mode == BASE_MODE_BINARY;
	const secant_class_score *front = &s->per_class[c->classes - 1];
	s->accuracy = all > 0 ? right / all : NAN;
	s->miou = n[0] ? sum[0] / n[0] : NAN;
	s->class_accuracy = n[2] ? sum[2] / n[2] : NAN;
	s->frequency_weighted_accuracy = s->labelled ? weighted / (double)s->labelled : NAN;
	chance /= all * all;
	s->kappa = c->confusion && all > 0 && chance < 1 ? (s->accuracy - chance) / (1 - chance) : NAN;
	s->iou = binary ? front->iou : s->miou;
	s->f1 = binary ? front->f1 : n[1] ? sum[1] / n[1] : NAN;
	s->recall = binary ? front->recall : s->class_accuracy;
	s->precision = binary ? front->precision : n[3] ? sum[3] / n[3] : NAN;
	s->boundary_f1 = n[4] ? sum[4] / n[4] : NAN;
	s->thresholded_iou = judge_thresholded_iou(c->tally, c->images, c->scored);
}

secant_status
judge_counts_scores(const judge_counts *c, char *const *names, int n_names, secant_scores *s, secant_err *err)
{
	return judge_counts_scores_as(c, &(judge_scoring){ .names = names, .n_names = n_names }, s, err);
}

secant_status
judge_counts_scores_as(const judge_counts *c, const judge_scoring *how, secant_scores *s, secant_err *err)
{
	*s = (secant_scores){ .images = c->images,
		.pixels = c->pixels,
		.loss = c->images ? c->loss / (double)c->images : NAN,
		.soft_dice = c->images && c->soft_dice > 0 ? c->soft_dice / (double)c->images : NAN,
		.soft_iou = c->images && c->soft_dice > 0 ? c->soft_iou / (double)c->images : NAN,
		.classes = c->classes,
		.instance_iou = NAN,
		.category_iou = NAN };
	size_t cells = (size_t)c->classes * (size_t)c->classes;
	double *shares = secant_calloc((size_t)c->scored, sizeof *shares);
	s->per_class = secant_calloc((size_t)c->classes, sizeof *s->per_class);
	s->confusion = c->confusion ? secant_calloc(cells, sizeof *s->confusion) : NULL;
	if (!shares || !s->per_class || (c->confusion && !s->confusion)) {
		secant_free(shares);
		secant_scores_free(s);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for scores");
	}
	for (int k = 0; k < c->classes; k++) {
		name_class(c, how, k, &s->per_class[k]);
		score_class(c, k, &s->per_class[k]);
	}
	if (c->confusion)
		memcpy(s->confusion, c->confusion, cells * sizeof *s->confusion);
	score_all(c, s);
	for (int k = 0; k < c->scored; k++)
		shares[k] = (double)s->per_class[k + c->classes - c->scored].pixels;
	for (int i = 0; i < SECANT_METRICS; i++)
		for (int r = 0; r < SECANT_REDUCTIONS; r++)
			s->reduced[i][r] = judge_quotient_reduce(judge_quotient_at(i), r, c->tally, c->images, c->scored,
				how->weights ? how->weights : shares, how->beta > 0 ? how->beta : 2, how->zero_division);
	secant_free(shares);
	return SECANT_OK;
}

void
secant_scores_free(secant_scores *s)
{
	secant_free(s->per_class);
	secant_free(s->confusion);
	secant_free(s->per_category);
	*s = (secant_scores){ 0 };
}
