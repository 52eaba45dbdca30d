/*
 * Reductions over axes, sum_to, and global_norm. Neighbouring axes of one kind are joined; the innermost one is reduced
 * (runs) or kept (columns). Threads share the kept entries where there are enough of them, else the reduced ones, with
 * partial results added in the order of the threads.
 */
#include "exec/native/native.h"
#include "kernels/reduce.h"
#include "ops/known.h"
#include "ops/rules.h"
#include <math.h>

typedef struct axes {
	int n;
	int64_t extent[SECANT_MAX_RANK], stride[SECANT_MAX_RANK], count;
} axes;

typedef struct reduce {
	axes kept, reduced; /* outer ones; the innermost axis of the input is apart: */
	int64_t width, outputs, inputs; /* numbers in a run or in a row of columns; results; numbers that make one */
	bool columns, split_reduced;
	int parts;
	double correction;
} reduce;

static void
add_axis(axes *a, int64_t extent, int64_t stride)
{
	int last = a->n - 1;
	if (a->n && a->stride[last] == stride * extent) {
		a->extent[last] *= extent;
		a->stride[last] = stride;
	} else {
		a->extent[a->n] = extent;
		a->stride[a->n++] = stride;
	}
	a->count *= extent;
}

static int64_t
place(const axes *a, int64_t i)
{
	int64_t at = 0;
	for (int k = a->n - 1; k >= 0; k--) {
		at += i % a->extent[k] * a->stride[k];
		i /= a->extent[k];
	}
	return at;
}

static void
plan(reduce *r, const exec_step *s, const bool *flag)
{
	const secant_shape *x = &s->in[0].shape;
	int64_t stride[SECANT_MAX_RANK] = { 0 };
	int last = x->rank;
	op_strides(x, stride);
	*r = (reduce){ .kept.count = 1, .reduced.count = 1, .width = 1 };
	while (last > 0 && x->dim[last - 1] == 1)
		last--;
	r->columns = last > 0 && !flag[last - 1];
	while (last > 0 && (x->dim[last - 1] == 1 || flag[last - 1] != r->columns))
		r->width *= x->dim[--last];
	for (int k = 0; k < last; k++)
		if (x->dim[k] != 1)
			add_axis(flag[k] ? &r->reduced : &r->kept, x->dim[k], stride[k]);
	r->outputs = r->kept.count * (r->columns ? r->width : 1);
	r->inputs = r->reduced.count * (r->columns ? 1 : r->width);
	r->parts = exec_parts(s, exec_in_count(s, 0));
	r->split_reduced = r->kept.count < r->parts;
}

static bool
flags_of(const exec_step *s, bool *flag)
{
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	const void *attr = s->node->attr;
	const graph_op *op = s->node->op;
	if (op != &op_sum_to)
		return !op_axes_flags(
			op == &op_var ? &((const op_var_attr *)attr)->axes : &((const op_axes_attr *)attr)->axes, x, flag, NULL);
	for (int i = 0; i < x->rank; i++) {
		int axis = i - (x->rank - y->rank);
		flag[i] = axis < 0 || y->dim[axis] != x->dim[i];
	}
	return true;
}

static size_t
round_up(int64_t n, size_t size)
{
	return ((size_t)n * size + 63) & ~(size_t)63;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	bool flag[SECANT_MAX_RANK] = { false };
	reduce *r = secant_calloc(1, sizeof *r);
	if (!(s->data = r))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
	if (!flags_of(s, flag))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "axes of '%s'", s->node->op->name);
	plan(r, s, flag);
	s->scratch = round_up(r->outputs, sizeof(float))
		+ round_up(r->outputs, sizeof(double)) * (size_t)(r->split_reduced ? r->parts : 1);
	return SECANT_OK;
}

static double
neutral(kernel_reduction kind)
{
	return kind == KERNEL_REDUCE_MAX ? -INFINITY : kind == KERNEL_REDUCE_MIN ? INFINITY : 0;
}

static double
merge(kernel_reduction kind, double a, double b)
{
	if (kind == KERNEL_REDUCE_MAX)
		return b > a || isnan(b) ? b : a;
	return kind == KERNEL_REDUCE_MIN ? (b < a || isnan(b) ? b : a) : a + b;
}

/* Kept entry i, reduced entries [from, to): into acc (a number, or a row of columns). */
static void
one(const reduce *r, kernel_reduction kind, const void *x, bool low, int64_t i, int64_t from, int64_t to, double *acc,
	const float *pivot)
{
	const kernel_reduce_kernels *k = kernel_reduce_best();
	int64_t base = place(&r->kept, i);
	if (!r->columns) {
		for (int64_t j = from; j < to; j++)
			*acc = k->row(
				kind, *acc, kernel_at(x, base + place(&r->reduced, j), low), low, r->width, pivot ? *pivot : 0);
		return;
	}
	int last = r->reduced.n - 1;
	int64_t inner = last >= 0 ? r->reduced.extent[last] : 1, stride = last >= 0 ? r->reduced.stride[last] : 0;
	while (from < to) {
		int64_t m = inner - from % inner < to - from ? inner - from % inner : to - from;
		k->columns(kind, acc, kernel_at(x, base + place(&r->reduced, from), low), low, m, stride, r->width, pivot);
		from += m;
	}
}

/* acc[outputs] = the reduction of x; parts > 1 partial rows behind it are used in between. */
static void
reduce_all(const reduce *r, kernel_reduction kind, const void *x, bool low, double *acc, const float *pivot)
{
	int64_t step = r->columns ? r->width : 1,
			runs = r->columns  ? r->reduced.count
		: r->reduced.count > 1 ? r->reduced.count
							   : 0;
	int64_t stride = (int64_t)(round_up(r->outputs, sizeof(double)) / sizeof(double));
	EXEC_PARTS(r->parts)
	for (int t = 0; t < r->parts; t++) {
		int64_t a = r->split_reduced ? 0 : exec_part(r->kept.count, r->parts, t),
				b = r->split_reduced ? r->kept.count : exec_part(r->kept.count, r->parts, t + 1);
		double *mine = acc + (r->split_reduced ? t * stride : 0);
		for (int64_t i = a * step; i < b * step; i++)
			mine[i] = neutral(kind);
		for (int64_t i = a; i < b; i++) {
			const float *p = pivot ? pivot + i * step : NULL;
			if (!r->split_reduced) {
				one(r, kind, x, low, i, 0, r->reduced.count, mine + i * step, p);
			} else if (runs) {
				one(r, kind, x, low, i, exec_part(runs, r->parts, t), exec_part(runs, r->parts, t + 1), mine + i * step,
					p);
			} else if (r->reduced.count) { /* one run: split inside */
				int64_t from = exec_part(r->width, r->parts, t), to = exec_part(r->width, r->parts, t + 1);
				mine[i] = kernel_reduce_best()->row(
					kind, mine[i], kernel_at(x, place(&r->kept, i) + from, low), low, to - from, p ? *p : 0);
			}
		}
	}
	for (int t = 1; r->split_reduced && t < r->parts; t++)
		for (int64_t i = 0; i < r->outputs; i++)
			acc[i] = merge(kind, acc[i], acc[t * stride + i]);
}

static void
put(const exec_step *s, void *out, const double *acc, int64_t n, double factor, bool root)
{
	for (int64_t i = 0; i < n; i++)
		kernel_store_real(out, i, s->out[0].dtype == SECANT_BF16, (float)(root ? sqrt(acc[i]) : acc[i] * factor));
}

static double *
sums_in(const reduce *r, void *scratch)
{
	return (double *)(void *)((char *)scratch + round_up(r->outputs, sizeof(float)));
}

static secant_status
run_kind(const exec_step *s, kernel_reduction kind, const void *x, void *y, void *scratch, double factor, bool root)
{
	const reduce *r = s->data;
	reduce_all(r, kind, x, exec_low_in(s), sums_in(r, scratch), NULL);
	put(s, y, sums_in(r, scratch), r->outputs, factor, root);
	return SECANT_OK;
}

#define RUN(nam, kind, factor, root) \
	static secant_status run_##nam( \
		const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err) \
	{ \
		return run_kind(s, KERNEL_REDUCE_##kind, in[0], out[0], scratch, factor, root); \
	}
RUN(sum, SUM, 1, false)
RUN(mean, SUM, 1 / (double)((const reduce *)s->data)->inputs, false)
RUN(amax, MAX, 1, false)
RUN(amin, MIN, 1, false)
RUN(norm2, SQUARES, 1, true)

/* Squares are summed about the means rounded to float; what the rounding adds is taken off. */
static secant_status
run_var(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const reduce *r = s->data;
	double *acc = sums_in(r, scratch), n = (double)r->inputs;
	float *mean = scratch;
	reduce_all(r, KERNEL_REDUCE_SUM, in[0], exec_low_in(s), acc, NULL);
	for (int64_t i = 0; i < r->outputs; i++)
		mean[i] = (float)(acc[i] / n);
	reduce_all(r, KERNEL_REDUCE_SQUARES, in[0], exec_low_in(s), acc, mean);
	for (int64_t i = 0; i < r->outputs; i++)
		((float *)out[0])[i] = (float)(acc[i] / (n - ((const op_var_attr *)s->node->attr)->correction));
	return SECANT_OK;
}

/* ---- global_norm ---- */

static secant_status
run_global_norm(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	double *part = scratch, sum = 0;
	EXEC_PARTS(s->threads)
	for (int t = 0; t < s->threads; t++) {
		part[t * 8] = 0;
		for (int i = 0; i < s->n_in; i++) {
			int64_t n = in[i] ? exec_in_count(s, i) : 0, from = exec_part(n, s->threads, t),
					to = exec_part(n, s->threads, t + 1);
			if (to > from)
				part[t * 8] = kernel_reduce_best()->row(
					KERNEL_REDUCE_SQUARES, part[t * 8], (const float *)in[i] + from, false, to - from, 0);
		}
	}
	for (int t = 0; t < s->threads; t++)
		sum += part[t * 8];
	*(float *)out[0] = (float)sqrt(sum);
	return SECANT_OK;
}

static secant_status
prepare_global_norm(exec_step *s, secant_err *err)
{
	s->scratch = (size_t)s->threads * 64;
	return SECANT_OK;
}

#define REDUCE(op_name, how) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = run_##how \
	}
extern const exec_impl exec_impls_native_reduce[];
const exec_impl exec_impls_native_reduce[] = {
	REDUCE(sum, sum),
	REDUCE(mean, mean),
	REDUCE(amax, amax),
	REDUCE(amin, amin),
	REDUCE(var, var),
	REDUCE(norm2, norm2),
	REDUCE(sum_to, sum),
	{ .op = "global_norm",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_global_norm,
		.run = run_global_norm },
	{ .op = NULL },
};
