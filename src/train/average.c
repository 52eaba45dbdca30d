/* Averages of a model. See average.h. */
#include "train/average.h"
#include <string.h>

enum { CHUNK = 1 << 16 };

static void
mix_floats(float *mean, const float *p, int64_t n, double keep, double take)
{
	float k = (float)keep, t = (float)take;
	for (int64_t i = 0; i < n; i++)
		mean[i] = k * mean[i] + t * p[i];
}

static void
mix_doubles(double *mean, const double *p, int64_t n, double keep, double take)
{
	for (int64_t i = 0; i < n; i++)
		mean[i] = keep * mean[i] + take * p[i];
}

secant_status
train_average_add(train_average *a, double decay, int threads, secant_err *err)
{
	const exec_store *s = a->store;
	int64_t n = s->params_count, chunks = (n + CHUNK - 1) / CHUNK;
	if (!a->mean && !(a->mean = exec_store_buffer(s)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the average of %lld parameters", (long long)n);
	double take = a->n == 0 ? 1
		: decay > 0         ? 1 - decay
							: 1. / (double)(a->n + 1),
		   keep = a->n == 0 ? 0
		: decay > 0         ? decay
							: 1 - take;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads)
#endif
	for (int64_t c = 0; c < chunks; c++) {
		int64_t first = c * CHUNK, count = n - first < CHUNK ? n - first : CHUNK;
		if (s->f64)
			mix_doubles((double *)a->mean + first, (const double *)s->params + first, count, keep, take);
		else
			mix_floats((float *)a->mean + first, (const float *)s->params + first, count, keep, take);
	}
	a->n++;
	return SECANT_OK;
}

void
train_average_swap(train_average *a)
{
	if (!a->n)
		return;
	char block[4096], *p = a->store->params, *q = a->mean;
	size_t left = (size_t)a->store->params_count * (a->store->f64 ? sizeof(double) : sizeof(float));
	for (size_t n; left; left -= n, p += n, q += n) {
		n = left < sizeof block ? left : sizeof block;
		memcpy(block, p, n);
		memcpy(p, q, n);
		memcpy(q, block, n);
	}
}

void
train_average_free(train_average *a)
{
	secant_free(a->mean);
	*a = (train_average){ 0 };
}
