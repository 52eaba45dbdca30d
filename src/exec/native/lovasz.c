/*
 * The lovasz operator: rows in parallel, each sorted by radix (three passes of eleven bits over the errors as ordered
 * integers, stable), then one pass in double.
 */
#include <string.h>
#include "exec/native/native.h"

typedef struct pair {
	uint32_t key, at;
} pair;

static secant_status
prepare(exec_step *s, secant_err *err)
{
	const secant_shape *e = &s->in[0].shape;
	if (e->dim[e->rank - 1] > UINT32_MAX)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "rows of more than 2^32 errors");
	s->scratch = (size_t)s->threads * 2 * (size_t)e->dim[e->rank - 1] * sizeof(pair) + 64;
	return SECANT_OK;
}

/* Ascending keys are descending errors. */
static uint32_t
key_of(float error)
{
	uint32_t u;
	memcpy(&u, &error, sizeof u);
	return u >> 31 ? u : ~u & 0x7fffffffu;
}

static void
sort(pair *v, pair *spare, int64_t n)
{
	for (int shift = 0; shift < 33; shift += 11) {
		uint32_t count[2049] = { 0 };
		for (int64_t i = 0; i < n; i++)
			count[(v[i].key >> shift & 2047) + 1]++;
		for (int b = 0; b < 2048; b++)
			count[b + 1] += count[b];
		for (int64_t i = 0; i < n; i++)
			spare[count[v[i].key >> shift & 2047]++] = v[i];
		pair *t = v;
		v = spare;
		spare = t;
	}
	memcpy(spare, v, (size_t)n * sizeof *v); /* after three passes the result is in the second buffer */
}

static float
row(const float *e, const float *g, float *weights, pair *v, int64_t n)
{
	double total = 0, seen = 0, before = 0, loss = 0;
	for (int64_t i = 0; i < n; i++) {
		v[i] = (pair){ key_of(e[i]), (uint32_t)i };
		total += (double)g[i];
	}
	sort(v, v + n, n);
	for (int64_t k = 0; k < n; k++) {
		uint32_t at = v[k].at;
		seen += (double)g[at];
		double jaccard = 1 - (total - seen) / (total + (double)(k + 1) - seen), w = jaccard - before;
		before = jaccard;
		bool counts = e[at] > 0;
		if (weights)
			weights[at] = counts ? (float)w : 0;
		loss += counts ? (double)e[at] * w : 0;
	}
	return (float)loss;
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *e = &s->in[0].shape;
	int64_t n = e->dim[e->rank - 1], rows = secant_shape_count(&s->out[0].shape);
#ifdef _OPENMP
#pragma omp parallel for num_threads(s->threads) schedule(static)
#endif
	for (int t = 0; t < s->threads; t++)
		for (int64_t r = rows * t / s->threads; r < rows * (t + 1) / s->threads; r++) {
			float loss = row((const float *)in[0] + r * n, (const float *)in[1] + r * n,
				out[1] ? (float *)out[1] + r * n : NULL, (pair *)scratch + (int64_t)t * 2 * n, n);
			if (out[0])
				((float *)out[0])[r] = loss;
		}
	return SECANT_OK;
}

static bool
supports(const exec_step *s)
{
	return s->in[0].dtype == SECANT_F32 && s->in[1].dtype == SECANT_F32;
}

const exec_impl exec_impls_lovasz[] = {
	{ .op = "lovasz", .name = "native", .supports = supports, .prepare = prepare, .run = run },
	{ 0 },
};
