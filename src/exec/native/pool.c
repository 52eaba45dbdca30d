/*
 * max_pool2d and adaptive_max_pool2d and their gradients. Means over windows are in separable.c.
 */
#include "exec/native/native.h"
#include "kernels/pool.h"

typedef struct pool {
	kernel_windows h, w;
	int columns, parts;
} pool;

/* Where window p of an axis begins, with padding, and ends. */
typedef struct window {
	int64_t from, to;
} window;

static window
window_of(const exec_step *s, int which, int64_t in, int64_t out, int64_t p)
{
	const op_pool_attr *a = s->node->attr;
	if (s->node->op->name[0] == 'a') /* adaptive: bins that share the axis evenly */
		return (window){ p * in / out, ((p + 1) * in + out - 1) / out };
	int64_t from = p * (a->stride.n ? a->stride.v[which] : a->kernel.v[which]) - op_pad_of(&a->padding, which);
	return (window){ from, from + a->kernel.v[which] };
}

/* Fills the five tables of one axis into `room`; returns what is left of it. */
static int32_t *
fill_windows(const exec_step *s, kernel_windows *t, int which, int64_t in, int64_t out, int32_t *room)
{
	int32_t *start = room, *end = start + out, *base = end + out, *first = base + out, *last = first + in;
	for (int64_t i = 0; i < in; i++) {
		first[i] = (int32_t)out;
		last[i] = 0;
	}
	for (int64_t p = 0; p < out; p++) {
		window w = window_of(s, which, in, out, p);
		base[p] = (int32_t)w.from;
		start[p] = (int32_t)(w.from < 0 ? 0 : w.from);
		end[p] = (int32_t)(w.to < in ? w.to : in);
		for (int64_t i = start[p]; i < end[p]; i++) {
			first[i] = first[i] < p ? first[i] : (int32_t)p;
			last[i] = (int32_t)p + 1;
		}
	}
	*t = (kernel_windows){ in, out, start, end, base, first, last };
	return last + in;
}

static secant_status
prepare_windows(exec_step *s, const int64_t *in, const int64_t *out, secant_err *err)
{
	pool *p = secant_calloc(1, sizeof *p + (size_t)(3 * (out[0] + out[1]) + 2 * (in[0] + in[1])) * sizeof(int32_t));
	if (!(s->data = p))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the windows of '%s'", s->node->op->name);
	int32_t *room = (int32_t *)(void *)(p + 1);
	room = fill_windows(s, &p->h, 0, in[0], out[0], room);
	fill_windows(s, &p->w, 1, in[1], out[1], room);
	p->columns = s->node->op->name[0] == 'a' ? 0 : ((const op_pool_attr *)s->node->attr)->kernel.v[1];
	p->parts = exec_parts(s, exec_in_count(s, 0) + exec_out_count(s, 0));
	return SECANT_OK;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	return prepare_windows(s, &s->in[0].shape.dim[1], &s->out[0].shape.dim[1], err);
}

static secant_status
prepare_grad(exec_step *s, secant_err *err)
{
	return prepare_windows(s, &s->out[0].shape.dim[1], &s->in[0].shape.dim[1], err);
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const pool *k = s->data;
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim, rows = y[0] * y[1], picture = x[1] * x[2] * x[3],
				  width = y[2] * y[3];
	bool low = exec_low_in(s), wide = s->out[1].dtype == SECANT_I32;
	const kernel_pool_kernels *kernels = kernel_pool_best();
	EXEC_PARTS(k->parts)
	for (int t = 0; t < k->parts; t++)
		for (int64_t r = exec_part(rows, k->parts, t), end = exec_part(rows, k->parts, t + 1); r < end; r++)
			kernels->max_row(&k->h, &k->w, x[3], k->columns, kernel_at(in[0], r / y[1] * picture, low), low, r % y[1],
				out[0] ? kernel_at_mut(out[0], r * width, low) : NULL,
				out[1] ? (char *)out[1] + r * width * (wide ? 4 : 1) : NULL, wide);
	return SECANT_OK;
}

static secant_status
run_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const pool *k = s->data;
	const int64_t *x = s->out[0].shape.dim, *y = s->in[0].shape.dim, rows = x[0] * x[1], picture = y[1] * y[2] * y[3],
				  width = x[2] * x[3];
	bool low = exec_low_in(s), wide = s->in[1].dtype == SECANT_I32;
	const kernel_pool_kernels *kernels = kernel_pool_best();
	EXEC_PARTS(k->parts)
	for (int t = 0; t < k->parts; t++)
		for (int64_t r = exec_part(rows, k->parts, t), end = exec_part(rows, k->parts, t + 1); r < end; r++)
			kernels->max_grad_row(&k->h, &k->w, x[3], k->columns, kernel_at(in[0], r / x[1] * picture, low),
				(const char *)in[1] + r / x[1] * picture * (wide ? 4 : 1), wide, low, r % x[1],
				kernel_at_mut(out[0], r * width, low));
	return SECANT_OK;
}

static bool
supports_grad(const exec_step *s)
{
	return exec_native_supports(s) && (s->in[1].dtype == SECANT_U8 || s->in[1].dtype == SECANT_I32);
}

/* ---- the gradient of adaptive pooling: places may be any in the picture, so they are written to; threads share the
 * pictures ---- */

static secant_status
prepare_adaptive_grad(exec_step *s, secant_err *err)
{
	const int64_t *x = s->out[0].shape.dim;
	s->scratch = (size_t)exec_parts(s, exec_out_count(s, 0))
		* (((size_t)(x[1] * x[2] * x[3]) * sizeof(float) + 63) & ~(size_t)63);
	return SECANT_OK;
}

static secant_status
run_adaptive_grad(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const int64_t *x = s->out[0].shape.dim, picture = x[1] * x[2] * x[3],
				  bins = s->in[0].shape.dim[1] * s->in[0].shape.dim[2] * x[3];
	int parts = exec_parts(s, exec_out_count(s, 0));
	bool low = exec_low_in(s);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		float *sum = (float *)(void *)((char *)scratch
			+ (size_t)t * (((size_t)picture * sizeof(float) + 63) & ~(size_t)63));
		for (int64_t n = exec_part(x[0], parts, t), end = exec_part(x[0], parts, t + 1); n < end; n++) {
			memset(sum, 0, (size_t)picture * sizeof *sum);
			for (int64_t i = 0; i < bins; i++) {
				double place = exec_load_any(in[1], s->in[1].dtype, n * bins + i);
				if (place >= 0 && place < (double)(x[1] * x[2]))
					sum[(int64_t)place * x[3] + i % x[3]] += kernel_load(in[0], n * bins + i, low);
			}
			for (int64_t i = 0; i < picture; i++)
				kernel_store_real(out[0], n * picture + i, low, sum[i]);
		}
	}
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_pool[];
const exec_impl exec_impls_native_pool[] = {
	{ .op = "max_pool2d", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = run },
	{ .op = "max_pool2d_grad", .name = "native", .supports = supports_grad, .prepare = prepare_grad, .run = run_grad },
	{ .op = "adaptive_max_pool2d", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = run },
	{ .op = "adaptive_max_pool2d_grad",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_adaptive_grad,
		.run = run_adaptive_grad },
	{ .op = NULL },
};
