/*
 * Numbers by index: pick, one_hot, gather, take and their gradients. Where several indices may name one place, threads
 * share the places that no index moves between (the other axes), so that sums have one order and no two threads write
 * one number.
 */
#include "exec/native/native.h"
#include "ops/rules.h"

/* The index at i if it lies in 0..extent-1, else -1. */
static int64_t
index_at(const void *p, secant_dtype d, int64_t i, int64_t extent)
{
	int64_t v = exec_load_index(p, d, i);
	return v >= 0 && v < extent ? v : -1;
}

/* ---- rows of classes ---- */

static secant_status
run_pick(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t n = exec_in_count(s, 1), c = exec_last(&s->in[0].shape);
	const float *x = in[0];
	float *y = out[0];
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			int64_t k = index_at(in[1], s->in[1].dtype, i, c);
			y[i] = k < 0 ? 0 : x[i * c + k];
		}
	return SECANT_OK;
}

/* y[i, index[i]] = value[i], or 1; all else 0. */
static void
set_classes(const exec_step *s, const float *value, const void *index, secant_dtype d, float *y)
{
	int64_t c = exec_last(&s->out[0].shape), n = exec_rows(&s->out[0].shape);
	int parts = exec_parts(s, n * c);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), end = exec_part(n, parts, t + 1);
		memset(y + from * c, 0, (size_t)((end - from) * c) * sizeof *y);
		for (int64_t i = from; i < end; i++) {
			int64_t k = index_at(index, d, i, c);
			if (k >= 0)
				y[i * c + k] = value ? value[i] : 1;
		}
	}
}

static secant_status
run_pick_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	set_classes(s, in[0], in[1], s->in[1].dtype, out[0]);
	return SECANT_OK;
}

static secant_status
run_one_hot(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	set_classes(s, NULL, in[0], s->in[0].dtype, out[0]);
	return SECANT_OK;
}

/* ---- gather, scatter_add ---- */

/* Place of the first number of line (outer, inner) of `index` in `x`, which is as large or larger off the axis. */
static int64_t
line_in(const secant_shape *x, const secant_shape *index, int axis, int64_t outer, int64_t inner)
{
	int64_t stride[SECANT_MAX_RANK] = { 0 }, at = 0;
	op_strides(x, stride);
	for (int k = x->rank - 1; k > axis; k--) {
		at += inner % index->dim[k] * stride[k];
		inner /= index->dim[k];
	}
	for (int k = axis - 1; k >= 0; k--) {
		at += outer % index->dim[k] * stride[k];
		outer /= index->dim[k];
	}
	return at;
}

/* Copies an element of any type, or clears it where `from` is outside. */
static void
copy_element(void *to, int64_t i, const void *from, int64_t k, size_t size)
{
	if (k < 0)
		memset((char *)to + (size_t)i * size, 0, size);
	else if (size == 4)
		((uint32_t *)to)[i] = ((const uint32_t *)from)[k];
	else if (size == 2)
		((uint16_t *)to)[i] = ((const uint16_t *)from)[k];
	else
		memcpy((char *)to + (size_t)i * size, (const char *)from + (size_t)k * size, size);
}

static secant_status
run_gather(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *index = &s->in[1].shape;
	int axis = op_axis_of(((const op_axis_attr *)s->node->attr)->axis, x->rank);
	op_lines l = op_lines_of(index, axis), lx = op_lines_of(x, axis);
	size_t size = secant_dtype_size(s->out[0].dtype);
	int64_t n = l.outer * l.inner;
	int parts = exec_parts(s, n * l.extent);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			int64_t at = i / l.inner * l.extent * l.inner + i % l.inner,
					from = line_in(x, index, axis, i / l.inner, i % l.inner);
			for (int64_t j = 0; j < l.extent; j++) {
				int64_t k = index_at(in[1], s->in[1].dtype, at + j * l.inner, x->dim[axis]);
				copy_element(out[0], at + j * l.inner, in[0], k < 0 ? -1 : from + k * lx.inner, size);
			}
		}
	return SECANT_OK;
}

/* Zeros the whole result first. */
static void
clear(const exec_step *s, float *y, int parts)
{
	int64_t n = exec_out_count(s, 0);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t);
		memset(y + from, 0, (size_t)(exec_part(n, parts, t + 1) - from) * sizeof *y);
	}
}

static secant_status
run_scatter_add(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *y = &s->out[0].shape, *index = &s->in[1].shape;
	int axis = op_axis_of(((const op_scatter_attr *)s->node->attr)->axis, y->rank);
	op_lines l = op_lines_of(index, axis), ly = op_lines_of(y, axis);
	int64_t n = l.outer * l.inner;
	int parts = exec_parts(s, n * l.extent);
	bool low = exec_low_in(s);
	float *sum = out[0];
	clear(s, sum, parts);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			int64_t at = i / l.inner * l.extent * l.inner + i % l.inner,
					to = line_in(y, index, axis, i / l.inner, i % l.inner);
			for (int64_t j = 0; j < l.extent; j++) {
				int64_t k = index_at(in[1], s->in[1].dtype, at + j * l.inner, y->dim[axis]);
				if (k >= 0)
					sum[to + k * ly.inner] += kernel_load(in[0], at + j * l.inner, low);
			}
		}
	return SECANT_OK;
}

/* ---- take ---- */

static secant_status
run_take(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	op_lines x = op_lines_of(
		&s->in[0].shape, op_axis_of(((const op_axis_attr *)s->node->attr)->axis, s->in[0].shape.rank));
	int64_t m = exec_in_count(s, 1), n = x.outer * m;
	size_t slab = (size_t)x.inner * secant_dtype_size(s->out[0].dtype);
	int parts = exec_parts(s, n * x.inner);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			int64_t k = index_at(in[1], s->in[1].dtype, i % m, x.extent);
			char *to = (char *)out[0] + (size_t)i * slab;
			if (k < 0)
				memset(to, 0, slab);
			else
				memcpy(to, (const char *)in[0] + (size_t)(i / m * x.extent + k) * slab, slab);
		}
	return SECANT_OK;
}

/* Threads share the numbers of a slab where there is one slab of slabs, else the outer ones. */
static secant_status
run_take_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	op_lines x = op_lines_of(
		&s->out[0].shape, op_axis_of(((const op_scatter_attr *)s->node->attr)->axis, s->out[0].shape.rank));
	int64_t m = exec_in_count(s, 1);
	int parts = exec_parts(s, exec_in_count(s, 0));
	bool low = exec_low_in(s), inside = x.outer < parts;
	float *sum = out[0];
	clear(s, sum, parts);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = inside ? exec_part(x.inner, parts, t) : 0,
				to = inside ? exec_part(x.inner, parts, t + 1) : x.inner;
		int64_t o = inside ? 0 : exec_part(x.outer, parts, t),
				end = inside ? x.outer : exec_part(x.outer, parts, t + 1);
		for (int64_t i = o * m; i < end * m; i++) {
			int64_t k = index_at(in[1], s->in[1].dtype, i % m, x.extent);
			for (int64_t j = from; k >= 0 && j < to; j++)
				sum[(i / m * x.extent + k) * x.inner + j] += kernel_load(in[0], i * x.inner + j, low);
		}
	}
	return SECANT_OK;
}

#define INDEX(op_name) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, .run = run_##op_name \
	}
extern const exec_impl exec_impls_native_index[];
const exec_impl exec_impls_native_index[] = {
	INDEX(pick),
	INDEX(pick_grad),
	INDEX(one_hot),
	INDEX(gather),
	INDEX(scatter_add),
	INDEX(take),
	INDEX(take_grad),
	{ .op = NULL },
};
