/* Functions, maxima and resizing of quantised numbers: tables, and loops over bytes. See ops/op_bytes_move.c. */
#include <math.h>
#include "exec/native/native.h"
#include "kernels/bytes.h"
#include "ops/resize_map.h"

enum { X_SCALE = 1, X_ZERO = 2, Y_SCALE = 3, Y_ZERO = 4 };

static bool
supports(const exec_step *s)
{
	return s->in[0].dtype == SECANT_U8 || s->in[0].dtype == SECANT_I8;
}

static double
number(const exec_step *s, const void *const *in, int i)
{
	return exec_load_any(in[i], s->in[i].dtype, 0);
}

static secant_status
run_act(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_act_bytes_attr *a = s->node->attr;
	double lo = a->to ? -128 : 0, hi = a->to ? 127 : 255, zero = number(s, in, Y_ZERO), scale = number(s, in, Y_SCALE);
	uint8_t table[256], *y = out[0];
	const uint8_t *x = in[0];
	const kernel_bytes_kernels *k = kernel_bytes_best();
	void (*look_up)(const uint8_t *, const uint8_t *, int64_t,
		uint8_t *) = k->look_up_vbmi && base_cpu_has_vbmi() ? k->look_up_vbmi : k->look_up;
	for (int i = 0; i < 256; i++) {
		double v = op_act_value(
			a->act, ((s->in[0].dtype == SECANT_I8 ? (int8_t)i : i) - number(s, in, X_ZERO)) * number(s, in, X_SCALE));
		v = v == v ? nearbyint(v / scale) + zero : zero;
		v = v < lo ? lo : v > hi ? hi : v;
		table[i] = (uint8_t)(int)v;
	}
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		look_up(table, x + exec_part(n, parts, t), exec_part(n, parts, t + 1) - exec_part(n, parts, t),
			y + exec_part(n, parts, t));
	return SECANT_OK;
}

static void
pool_pixel(const exec_step *s, const uint8_t *x, int64_t row, int64_t q, uint8_t *y)
{
	const op_pool_attr *a = s->node->attr;
	const secant_ints *stride = a->stride.n ? &a->stride : &a->kernel;
	const int64_t *in = s->in[0].shape.dim, rows = s->out[0].shape.dim[1], c = in[3];
	int64_t h0 = row % rows * stride->v[0] - op_pad_of(&a->padding, 0),
			w0 = q * stride->v[1] - op_pad_of(&a->padding, 1);
	bool any = false;
	for (int64_t h = h0 < 0 ? 0 : h0; h < h0 + a->kernel.v[0] && h < in[1]; h++)
		for (int64_t w = w0 < 0 ? 0 : w0; w < w0 + a->kernel.v[1] && w < in[2]; w++, any = true) {
			const uint8_t *from = x + ((row / rows * in[1] + h) * in[2] + w) * c;
			if (any)
				kernel_bytes_best()->larger(from, s->in[0].dtype == SECANT_I8, c, y);
			else
				memcpy(y, from, (size_t)c);
		}
}

static secant_status
run_pool(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const int64_t *y = s->out[0].shape.dim, rows = y[0] * y[1];
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t r = exec_part(rows, parts, t); r < exec_part(rows, parts, t + 1); r++)
			for (int64_t q = 0; q < y[2]; q++)
				pool_pixel(s, in[0], r, q, (uint8_t *)out[0] + (r * y[2] + q) * y[3]);
	return SECANT_OK;
}

/* Where rows and columns come from: of all rows, then of all columns. */
static secant_status
prepare_resize(exec_step *s, secant_err *err)
{
	const op_resize_attr *a = s->node->attr;
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim;
	op_resize_between *from = s->data = secant_calloc((size_t)(y[1] + y[2]) + 1, sizeof *from);
	if (!from)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for places of pixels");
	for (int64_t i = 0; i < y[1] + y[2]; i++) {
		bool row = i < y[1];
		from[i] = op_resize_pair(a, !row, x[row ? 1 : 2], y[row ? 1 : 2], row ? i : i - y[1]);
	}
	return SECANT_OK;
}

static void
resize_row(const exec_step *s, const uint8_t *x, int64_t r, uint8_t *to)
{
	const op_resize_between *from = s->data, *columns = from + s->out[0].shape.dim[1];
	const int64_t *in = s->in[0].shape.dim, *y = s->out[0].shape.dim, c = y[3];
	const op_resize_between *row = &from[r % y[1]];
	const uint8_t *line[2];
	bool chooses = op_resize_taps(((const op_resize_attr *)s->node->attr)->mode) == 1;
	for (int k = 0; k < 2; k++)
		line[k] = x + (r / y[1] * in[1] + row->place[k]) * in[2] * c;
	for (int64_t q = 0; q < y[2]; q++, to += c) {
		const op_resize_between *column = &columns[q];
		const uint8_t *corner[4];
		float weight[4];
		for (int k = 0; k < 4 && !chooses; k++) {
			corner[k] = line[k / 2] + column->place[k % 2] * c;
			weight[k] = row->weight[k / 2] * column->weight[k % 2];
		}
		if (chooses)
			memcpy(to, line[0] + column->place[0] * c, (size_t)c);
		else
			kernel_bytes_best()->between(corner, weight, s->in[0].dtype == SECANT_I8, (int)c, to);
	}
}

static secant_status
run_resize(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const int64_t *y = s->out[0].shape.dim, rows = y[0] * y[1];
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t r = exec_part(rows, parts, t); r < exec_part(rows, parts, t + 1); r++)
			resize_row(s, in[0], r, (uint8_t *)out[0] + r * y[2] * y[3]);
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_bytes_move[];
const exec_impl exec_impls_native_bytes_move[] = {
	{ .op = "act_bytes", .name = "native", .supports = supports, .run = run_act },
	{ .op = "max_pool2d_bytes", .name = "native", .supports = supports, .run = run_pool },
	{ .op = "resize_bytes", .name = "native", .supports = supports, .prepare = prepare_resize, .run = run_resize },
	{ 0 },
};
