/*
 * pad and pad_grad. The axes behind the last padded one are a pixel; that one is walked inside a row; those before it
 * say which row of x a row of y is. The gradient gathers: a row of dx is the sum of the rows that were made from it,
 * and so is each pixel in it.
 */
#include "exec/native/native.h"
#include "kernels/copy.h"
#include "kernels/resize.h"

enum { AXES = SECANT_MAX_RANK };

typedef struct pad {
	int rank; /* axes up to the last padded one; at least 1 */
	int64_t x[AXES], y[AXES], inner; /* extents of the unpadded and of the padded tensor; numbers in a pixel */
	int32_t *from[AXES]; /* of a padded coordinate: where it comes from, -1: the constant */
	int32_t *start[AXES], *made[AXES]; /* of an unpadded coordinate: the padded ones made from it */
	float *ones;
	int64_t most; /* rows that one row may be made into */
	int parts;
} pad;

static void
fill_axis(pad *p, const op_pad_attr *a, int k)
{
	int32_t *start = p->start[k];
	for (int64_t i = 0; i < p->y[k]; i++) {
		p->from[k][i] = (int32_t)op_pad_source(a->mode, i, a->before.v[k], p->x[k]);
		if (p->from[k][i] >= 0)
			start[p->from[k][i] + 1]++;
	}
	int32_t most = 0;
	for (int64_t i = 0; i < p->x[k]; i++) {
		most = start[i + 1] > most ? start[i + 1] : most;
		start[i + 1] += start[i];
	}
	for (int64_t i = 0; i < p->y[k]; i++)
		if (p->from[k][i] >= 0)
			p->made[k][start[p->from[k][i]]++] = (int32_t)i;
	for (int64_t i = p->x[k]; i > 0; i--)
		start[i] = start[i - 1];
	start[0] = 0;
	if (k + 1 < p->rank)
		p->most *= most;
}

static secant_status
prepare_axes(exec_step *s, const secant_shape *x, const secant_shape *y, secant_err *err)
{
	const op_pad_attr *a = s->node->attr;
	int rank = x->rank;
	int64_t ints = 0, most = 1;
	while (rank > 1 && !a->before.v[rank - 1] && !a->after.v[rank - 1])
		rank--;
	for (int k = 0; k < rank; k++)
		ints += 2 * y->dim[k] + x->dim[k] + 1;
	int64_t ones = y->dim[rank - 1]; /* weights of the columns' taps, and of as many rows as one may be made into */
	for (int k = 0; k + 1 < rank; k++) {
		int64_t copies = 1 + (a->before.v[k] > 0 ? a->before.v[k] : 0) + (a->after.v[k] > 0 ? a->after.v[k] : 0);
		most *= copies < y->dim[k] ? copies : y->dim[k];
	}
	ones = ones > most ? ones : most;
	pad *p = secant_calloc(1, sizeof *p + (size_t)(ints + ones) * sizeof(int32_t));
	if (!(s->data = p))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
	int32_t *room = (int32_t *)(void *)(p + 1);
	p->rank = rank;
	p->inner = p->most = 1;
	for (int k = rank; k < x->rank; k++)
		p->inner *= x->dim[k];
	for (int k = 0; k < rank; k++) {
		p->x[k] = x->dim[k];
		p->y[k] = y->dim[k];
		p->from[k] = room;
		p->made[k] = room + y->dim[k];
		p->start[k] = p->made[k] + y->dim[k];
		room = p->start[k] + x->dim[k] + 1;
		fill_axis(p, a, k);
	}
	p->ones = (float *)(void *)room;
	for (int64_t i = 0; i < ones; i++)
		p->ones[i] = 1;
	p->parts = exec_parts(s, secant_shape_count(y));
	return SECANT_OK;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	return s->in[0].shape.rank < 1 ? SECANT_ERR_UNSUPPORTED : prepare_axes(s, &s->in[0].shape, &s->out[0].shape, err);
}

static int64_t
rows_of(const int64_t *dim, int rank)
{
	int64_t n = 1;
	for (int k = 0; k + 1 < rank; k++)
		n *= dim[k];
	return n;
}

/* The row of x that row `row` of y comes from; -1: from the constant. */
static int64_t
source_row(const pad *p, int64_t row)
{
	int64_t at = 0, step = 1;
	for (int k = p->rank - 2; k >= 0; k--) {
		int32_t from = p->from[k][row % p->y[k]];
		if (from < 0)
			return -1;
		at += from * step;
		step *= p->x[k];
		row /= p->y[k];
	}
	return at;
}

/* n copies of the constant, as stored. */
static void
fill(void *to, secant_dtype d, int64_t n, double value)
{
	secant_tensor t = { d, { 1, { n } }, to, NULL };
	if (n > 0)
		secant_tensor_set(&t, 0, value);
	if (n > 1)
		kernel_copy_best()->block(
			(char *)to + secant_dtype_size(d), 0, 1, to, 0, 0, 1, n - 1, (int)secant_dtype_size(d));
}

static void
pad_row(const exec_step *s, const pad *p, const char *x, char *y, int64_t row)
{
	const op_pad_attr *a = s->node->attr;
	secant_dtype d = s->out[0].dtype;
	int last = p->rank - 1;
	int64_t size = (int64_t)secant_dtype_size(d), pixel = p->inner * size, from = source_row(p, row), w = p->y[last],
			before = a->before.v[last];
	y += row * w * pixel;
	if (from < 0) {
		fill(y, d, w * p->inner, a->value);
		return;
	}
	x += from * p->x[last] * pixel;
	if (a->mode != OP_PAD_CONSTANT) {
		kernel_copy_best()->pixels(y, x, p->from[last], w, pixel);
		return;
	}
	int64_t lead = before > 0 ? before : 0, skip = before < 0 ? -before : 0, left = p->x[last] - skip, room = w - lead,
			n = left < room ? left : room;
	fill(y, d, lead * p->inner, a->value);
	memcpy(y + lead * pixel, x + skip * pixel, (size_t)(n * pixel));
	fill(y + (lead + n) * pixel, d, (w - lead - n) * p->inner, a->value);
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const pad *p = s->data;
	int64_t rows = exec_out_count(s, 0) ? rows_of(p->y, p->rank) : 0;
	EXEC_PARTS(p->parts)
	for (int t = 0; t < p->parts; t++)
		for (int64_t r = exec_part(rows, p->parts, t), end = exec_part(rows, p->parts, t + 1); r < end; r++)
			pad_row(s, p, in[0], out[0], r);
	return SECANT_OK;
}

/* ---- gradient: in[0] is padded, out[0] is not ---- */

static size_t
buffer_bytes(const pad *p)
{
	return (((size_t)(p->y[p->rank - 1] * p->inner) * sizeof(float) + 63) & ~(size_t)63)
		+ (((size_t)p->most * sizeof(int32_t) + 63) & ~(size_t)63);
}

static secant_status
prepare_grad(exec_step *s, secant_err *err)
{
	if (s->in[0].shape.rank < 1)
		return SECANT_ERR_UNSUPPORTED;
	secant_status status = prepare_axes(s, &s->out[0].shape, &s->in[0].shape, err);
	if (status == SECANT_OK)
		s->scratch = buffer_bytes(s->data) * (size_t)((const pad *)s->data)->parts;
	return status;
}

/* The rows of the padded tensor that were made from row `row`: all combinations of what was made of its coordinates. */
static int
rows_made(const pad *p, int64_t row, int32_t *made)
{
	int n = 1;
	int64_t step = 1;
	made[0] = 0;
	for (int k = p->rank - 2; k >= 0; k--) {
		int64_t i = row % p->x[k];
		int32_t from = p->start[k][i], count = p->start[k][i + 1] - from;
		for (int c = count - 1; c >= 0; c--) /* the copies first, the originals last, in place */
			for (int j = 0; j < n; j++)
				made[c * n + j] = made[j] + (int32_t)(p->made[k][from + c] * step);
		n *= count;
		step *= p->y[k];
		row /= p->x[k];
	}
	return n;
}

static secant_status
run_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const pad *p = s->data;
	int last = p->rank - 1;
	int64_t rows = exec_out_count(s, 0) ? rows_of(p->x, p->rank) : 0, width = p->y[last] * p->inner;
	const kernel_taps columns = { p->start[last], p->made[last], p->ones };
	bool low = exec_low_in(s);
	EXEC_PARTS(p->parts)
	for (int t = 0; t < p->parts; t++) {
		float *sum = (float *)(void *)((char *)scratch + buffer_bytes(p) * (size_t)t);
		int32_t *made = (int32_t *)(void *)((char *)sum + (((size_t)width * sizeof(float) + 63) & ~(size_t)63));
		for (int64_t r = exec_part(rows, p->parts, t), end = exec_part(rows, p->parts, t + 1); r < end; r++) {
			int n = rows_made(p, r, made);
			kernel_resize_best()->blend(in[0], low, width, made, p->ones, n, sum, width);
			kernel_resize_best()->columns(
				sum, &columns, kernel_at_mut(out[0], r * p->x[last] * p->inner, low), low, p->x[last], p->inner);
		}
	}
	return SECANT_OK;
}

static bool
supports(const exec_step *s)
{
	return s->in[0].dtype == s->out[0].dtype;
}

static bool
supports_grad(const exec_step *s)
{
	return supports(s) && (s->in[0].dtype == SECANT_F32 || s->in[0].dtype == SECANT_BF16);
}

extern const exec_impl exec_impls_native_pad[];
const exec_impl exec_impls_native_pad[] = {
	{ .op = "pad", .name = "native", .supports = supports, .prepare = prepare, .run = run },
	{ .op = "pad_grad", .name = "native", .supports = supports_grad, .prepare = prepare_grad, .run = run_grad },
	{ .op = NULL },
};
