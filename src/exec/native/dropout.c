/*
 * Dropout: the reference's draws (ops/dropout.h), by the vector. Whole channels and samples: the factors are drawn,
 * then multiplied in as a vector along the pixels of each sample.
 */
#include "exec/native/native.h"
#include "kernels/norm.h"
#include "kernels/random.h"
#include "ops/dropout.h"

static kernel_draws
draws_of(const exec_step *s, const void *const *in)
{
	const op_dropout_attr *a = s->node->attr;
	uint64_t seed = (uint64_t)exec_load_index(in[1], s->in[1].dtype, 0),
			 step = (uint64_t)exec_load_index(in[2], s->in[2].dtype, 0);
	return (kernel_draws){
		{ (uint32_t)seed, (uint32_t)(seed >> 32) },
		(uint32_t)BASE_FOR_DROPOUT | (uint32_t)a->id << 8,
		(uint32_t)step,
		op_dropout_limit(a->p),
		(float)op_dropout_scale(a->p),
	};
}

static void
run_channels(const exec_step *s, const void *x, void *y, const kernel_draws *d, float *scratch, bool low)
{
	const secant_shape *shape = &s->in[0].shape;
	int64_t c = exec_last(shape), n = shape->dim[0], pixels = n && c ? exec_in_count(s, 0) / n / c : 0;
	int parts = exec_parts(s, exec_in_count(s, 0));
	if (((const op_dropout_attr *)s->node->attr)->what == OP_DROP_CHANNELS)
		kernel_random_best()->factors(scratch, 0, n * c, d);
	else {
		kernel_random_best()->factors(scratch + n * c - n, 0, n, d);
		for (int64_t i = 0; i < n * c; i++) /* in place: factor i / c stands at or behind i */
			scratch[i] = scratch[n * c - n + i / c];
	}
	for (int64_t i = n * c; i < (n + 1) * c; i++)
		scratch[i] = 0; /* what normalise adds */
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t r = exec_part(n * pixels, parts, t), end = exec_part(n * pixels, parts, t + 1); r < end;) {
			int64_t m = pixels - r % pixels < end - r ? pixels - r % pixels : end - r;
			kernel_norm_best()->normalise(kernel_at(x, r * c, low), NULL, kernel_at_mut(y, r * c, low), low, false, m,
				c, scratch + r / pixels * c, scratch + n * c);
			r += m;
		}
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_dropout_attr *a = s->node->attr;
	kernel_draws d = draws_of(s, in);
	int64_t n = exec_in_count(s, 0);
	int parts = exec_parts(s, n);
	bool low = exec_low_in(s);
	if (a->what) {
		run_channels(s, in[0], out[0], &d, scratch, low);
		return SECANT_OK;
	}
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		kernel_random_best()->dropout(
			kernel_at(in[0], from, low), kernel_at_mut(out[0], from, low), low, (uint64_t)from, to - from, &d);
	}
	return SECANT_OK;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	if (((const op_dropout_attr *)s->node->attr)->what)
		s->scratch = (size_t)((s->in[0].shape.dim[0] + 1) * exec_last(&s->in[0].shape)) * sizeof(float);
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_dropout[];
const exec_impl exec_impls_native_dropout[] = {
	{ .op = "dropout", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = run },
	{ .op = NULL },
};
