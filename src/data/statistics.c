/*
 * What a whole list of samples is like: mean and deviation of each channel, and how rare the classes of each sample
 * are. Every sample is decoded once, by threads; sums are taken in the order of the list, so that they do not depend on
 * who came first.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>
#include "base/mem.h"
#include "base/thread.h"
#include "data/samples.h"

typedef struct survey {
	const data_samples *s;
	double *sums; /* of each sample: sum, sum of squares and count of each channel */
	unsigned char *seen; /* of each sample and class: is it there? */
	pthread_mutex_t lock;
	int failed; /* the first sample that could not be read */
	secant_err err;
} survey;

static double
value_at(const data_picture *p, size_t i)
{
	return p->real ? (double)((const float *)p->pixels)[i] : ((const uint8_t *)p->pixels)[i];
}

static void
count_pixels(const data_picture *p, double *sums)
{
	size_t n = (size_t)p->width * (size_t)p->height, c = (size_t)p->channels;
	for (size_t k = 0; k < c; k++)
		for (size_t i = 0; i < n; i++) {
			double v = value_at(p, i * c + k);
			if (isnan(v)) /* no data */
				continue;
			sums[3 * k] += v;
			sums[3 * k + 1] += v * v;
			sums[3 * k + 2]++;
		}
}

static void
count_classes(const data_samples *s, const data_picture *p, unsigned char *seen)
{
	size_t n = (size_t)p->width * (size_t)p->height;
	int classes = s->classes > 1 ? s->classes : 2;
	for (size_t i = 0; i < n; i++) {
		int label = p->labels[i];
		if (label == DATA_LABEL_IGNORE)
			continue;
		for (int c = 0; s->rule.bands && c < classes; c++)
			seen[c] |= (unsigned char)(label >> c & 1);
		if (!s->rule.bands && label < classes)
			seen[label] = 1;
	}
}

static void
look(void *user, int64_t i)
{
	survey *v = user;
	const data_samples *s = v->s;
	data_picture own = { 0 };
	const data_picture *p = &own;
	secant_err err = { 0 };
	bool marked = v->sums && s->voids;
	if (!(marked ? data_samples_decode_marked(s, (int)i, &own, &err)
				 : data_samples_decode(s, (int)i, &own, &p, &err))) {
		if (v->sums)
			count_pixels(p, v->sums + (size_t)i * 3 * (size_t)s->in_channels);
		if (v->seen && p->labels)
			count_classes(s, p, v->seen + (size_t)i * (size_t)(s->classes > 1 ? s->classes : 2));
	} else {
		pthread_mutex_lock(&v->lock);
		if (v->failed < 0 || i < v->failed)
			v->failed = (int)i, v->err = err;
		pthread_mutex_unlock(&v->lock);
	}
	data_picture_free(&own);
}

static secant_status
look_at_all(survey *v, int threads, secant_err *err)
{
	base_pool *pool = base_pool_new(threads > 0 ? threads : 1, err);
	secant_status status = pool ? SECANT_OK : err ? err->code : SECANT_ERR_NOMEM;
	v->failed = -1;
	pthread_mutex_init(&v->lock, NULL);
	for (int i = 0; i < v->s->n && !status; i++)
		status = base_pool_submit(pool, look, v, i, err);
	if (pool)
		base_pool_wait(pool);
	base_pool_free(pool);
	pthread_mutex_destroy(&v->lock);
	return status ? status : v->failed >= 0 ? secant_fail(err, v->err.code, "%s", v->err.msg) : SECANT_OK;
}

secant_status
data_samples_moments(const data_samples *s, int threads, double *mean, double *deviation, secant_err *err)
{
	size_t c = (size_t)s->in_channels;
	survey v = { .s = s, .sums = secant_calloc((size_t)s->n, 3 * c * sizeof *v.sums) };
	if (!v.sums)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the statistics of %d pictures", s->n);
	secant_status status = look_at_all(&v, threads, err);
	for (size_t k = 0; k < c && !status; k++) {
		double sum = 0, squares = 0, n = 0;
		for (int i = 0; i < s->n; i++) {
			const double *one = v.sums + ((size_t)i * c + k) * 3;
			sum += one[0], squares += one[1], n += one[2];
		}
		double m = sum / n, d = sqrt(fmax(0, squares / n - m * m));
		mean[k] = m / 255;
		deviation[k] = d / 255;
		if (!isfinite(m) || !(d > 0))
			status = secant_fail(err, SECANT_ERR_RANGE,
				"--normalize data: channel %d has mean %g and deviation %g in the training pictures; give numbers",
				(int)k + 1, m / 255, d / 255);
	}
	secant_free(v.sums);
	return status;
}

secant_status
data_samples_rarity(const data_samples *s, int threads, double *weights, secant_err *err)
{
	size_t classes = (size_t)(s->classes > 1 ? s->classes : 2);
	survey v = { .s = s, .seen = secant_calloc((size_t)s->n, classes) };
	int *in = secant_calloc(classes, sizeof *in);
	secant_status status = v.seen && in
		? look_at_all(&v, threads, err)
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the classes of %d pictures", s->n);
	for (size_t i = 0; i < (size_t)s->n && !status; i++)
		for (size_t k = 0; k < classes; k++)
			in[k] += v.seen[i * classes + k];
	for (size_t i = 0; i < (size_t)s->n && !status; i++) {
		weights[i] = 1; /* nothing labelled: as if its class were everywhere */
		for (size_t k = 0; k < classes; k++)
			if (v.seen[i * classes + k] && (double)s->n / in[k] > weights[i])
				weights[i] = (double)s->n / in[k];
	}
	secant_free(v.seen);
	secant_free(in);
	return status;
}
