/*
 * What is computed number by number, in double where it is not sums of pixels: rare functions (ops/scalar.h), the first
 * by size (ops/topk.h), pictures sampled at places (ops/sample_map.h).
 */
#include "exec/native/native.h"
#include "ops/rules.h"
#include "ops/sample_map.h"
#include "ops/scalar.h"
#include "ops/topk.h"

static secant_status
run_scalar(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	double (*f)(double x) = op_scalar_find(s->node->op->name);
	const float *x = in[0];
	float *y = out[0];
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++)
			y[i] = (float)f((double)x[i]);
	return SECANT_OK;
}

static secant_status
run_grid_sample(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim;
	const float *grid = in[1];
	int64_t c = x[3], places = y[1] * y[2], n = y[0] * places;
	int parts = exec_parts(s, n * c * OP_SAMPLE_TAPS);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			int64_t place[OP_SAMPLE_TAPS];
			double weight[OP_SAMPLE_TAPS];
			const float *picture = (const float *)in[0] + i / places * x[1] * x[2] * c;
			float *to = (float *)out[0] + i * c;
			int taps = op_sample_map(
				s->node->attr, x[1], x[2], (double)grid[2 * i], (double)grid[2 * i + 1], place, weight);
			memset(to, 0, (size_t)c * sizeof *to);
			for (int k = 0; k < taps; k++)
				for (int64_t j = 0; j < c; j++)
					to[j] += (float)weight[k] * picture[place[k] * c + j];
		}
	return SECANT_OK;
}

/* Each part sorts in room of its own. */
static secant_status
prepare_topk(exec_step *s, secant_err *err)
{
	op_lines x = op_lines_of(
		&s->in[0].shape, op_axis_of(((const op_topk_attr *)s->node->attr)->axis, s->in[0].shape.rank));
	s->scratch = (size_t)x.extent * (size_t)exec_parts(s, exec_in_count(s, 0)) * sizeof(op_ranked);
	return SECANT_OK;
}

static secant_status
run_topk(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_topk_attr *a = s->node->attr;
	op_lines x = op_lines_of(&s->in[0].shape, op_axis_of(a->axis, s->in[0].shape.rank));
	int64_t n = x.outer * x.inner;
	int parts = exec_parts(s, exec_in_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		op_ranked *r = (op_ranked *)scratch + t * x.extent;
		for (int64_t l = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); l < end; l++) {
			const float *v = (const float *)in[0] + l / x.inner * x.extent * x.inner + l % x.inner;
			int64_t to = l / x.inner * a->k * x.inner + l % x.inner;
			for (int64_t k = 0; k < x.extent; k++)
				r[k] = (op_ranked){ (double)v[k * x.inner], (int32_t)k };
			op_rank(r, x.extent, a->smallest);
			for (int64_t i = 0; i < a->k; i++) {
				if (out[0])
					((float *)out[0])[to + i * x.inner] = (float)r[i].v;
				if (out[1])
					((int32_t *)out[1])[to + i * x.inner] = r[i].at;
			}
		}
	}
	return SECANT_OK;
}

#define SCALAR(op_name) \
	{ \
		.op = #op_name, .name = "scalar", .supports = exec_native_supports, .run = run_scalar \
	}
extern const exec_impl exec_impls_native_sample[];
const exec_impl exec_impls_native_sample[] = {
	SCALAR(sin),
	SCALAR(cos),
	SCALAR(tan),
	SCALAR(atan),
	SCALAR(floor),
	SCALAR(ceil),
	SCALAR(round),
	SCALAR(sign),
	{ .op = "grid_sample", .name = "native", .supports = exec_native_supports, .run = run_grid_sample },
	{ .op = "topk", .name = "native", .supports = exec_native_supports, .prepare = prepare_topk, .run = run_topk },
	{ .op = NULL },
};
