/* Products of matrices and what quantises numbers. See eval.h. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

/* ---- products ---- */

/* numpy's matmul: shapes, then y[...] = a[...] b[...]. The result's shape goes to dim. */
static double *
multiply(
	onnx_call *c, const onnx_tensor *a, const onnx_tensor *b, const double *x, const double *y, int *rank, int64_t *dim)
{
	onnx_tensor pa = *a, pb = *b;
	int64_t sa[RANK], sb[RANK], batch[RANK];
	int outer;
	if (a->rank < 1 || b->rank < 1 || a->rank > RANK - 1 || b->rank > RANK - 1) {
		onnx_fail(c, SECANT_ERR_SHAPE, "a product of %d and %d axes", a->rank, b->rank);
		return NULL;
	}
	if (a->rank == 1) {
		pa.rank = 2;
		pa.dim[1] = a->dim[0];
		pa.dim[0] = 1;
	}
	if (b->rank == 1) {
		pb.rank = 2;
		pb.dim[1] = 1;
	}
	int64_t m = pa.dim[pa.rank - 2], k = pa.dim[pa.rank - 1], n = pb.dim[pb.rank - 1];
	if (pb.dim[pb.rank - 2] != k) {
		onnx_fail(c, SECANT_ERR_SHAPE, "%lld columns meet %lld rows", (long long)k, (long long)pb.dim[pb.rank - 2]);
		return NULL;
	}
	pa.rank -= 2;
	pb.rank -= 2;
	if (!onnx_broadcast(c, pa.rank, pa.dim, pb.rank, pb.dim, &outer, batch))
		return NULL;
	onnx_broadcast_strides(&pa, outer, batch, sa);
	onnx_broadcast_strides(&pb, outer, batch, sb);
	int64_t many = onnx_product(batch, 0, outer);
	if (onnx_spend(c, (double)many * (double)m * (double)n * (double)k))
		return NULL;
	double *out = onnx_temp(c, many * m * n, sizeof *out);
	for (int64_t i = 0; i < many && out; i++) {
		const double *p = x + onnx_place(i, outer, batch, sa) * m * k, *q = y + onnx_place(i, outer, batch, sb) * k * n;
		for (int64_t r = 0; r < m; r++)
			for (int64_t j = 0; j < k; j++)
				for (int64_t s = 0; s < n; s++)
					out[(i * m + r) * n + s] += p[r * k + j] * q[j * n + s];
	}
	memcpy(dim, batch, sizeof *dim * (size_t)outer);
	*rank = outer;
	if (a->rank > 1)
		dim[(*rank)++] = m;
	if (b->rank > 1)
		dim[(*rank)++] = n;
	return out;
}

secant_status
onnx_eval_matmul(onnx_call *c)
{
	onnx_tensor *a = onnx_in(c, 0), *b = onnx_in(c, 1);
	double *x = onnx_reals(c, 0), *y = x && b ? onnx_reals(c, 1) : NULL;
	int rank;
	int64_t dim[RANK];
	double *out = y ? multiply(c, a, b, x, y, &rank, dim) : NULL;
	return out ? onnx_give_reals(c, 0, a->type, rank, dim, out) : c->err->code;
}

/* v -= zero point: one number, one a row (by_row) or one a column. */
static bool
shift_matrix(onnx_call *c, const onnx_tensor *t, double *v, int i, bool by_row)
{
	double *zero = onnx_has(c, i) ? onnx_reals(c, i) : NULL;
	if (!onnx_has(c, i))
		return true;
	if (!zero)
		return false;
	int64_t n = format_onnx_count(c->in[i]), columns = t->rank ? t->dim[t->rank - 1] : 1,
			rows = t->rank > 1 ? t->dim[t->rank - 2] : 1, of = by_row ? rows : columns;
	if (n != 1 && n != of) {
		onnx_fail(c, SECANT_ERR_SHAPE, "%lld zero points for %lld", (long long)n, (long long)of);
		return false;
	}
	for (int64_t k = 0, count = format_onnx_count(t); k < count; k++)
		v[k] -= zero[n == 1 ? 0 : by_row ? k / columns % rows : k % columns];
	return true;
}

secant_status
onnx_eval_matmul_integer(onnx_call *c)
{
	onnx_tensor *a = onnx_in(c, 0), *b = onnx_in(c, 1);
	double *x = onnx_reals(c, 0), *y = x && b ? onnx_reals(c, 1) : NULL;
	int rank;
	int64_t dim[RANK];
	if (!y || !shift_matrix(c, a, x, 2, true) || !shift_matrix(c, b, y, 3, false))
		return c->err->code;
	double *out = multiply(c, a, b, x, y, &rank, dim);
	return out ? onnx_give_reals(c, 0, FORMAT_ONNX_INT32, rank, dim, out) : c->err->code;
}

static double
saturated(double v, int type)
{
	static const struct {
		int type;
		double low, high;
	} ranges[] = { { FORMAT_ONNX_UINT8, 0, 255 }, { FORMAT_ONNX_INT8, -128, 127 }, { FORMAT_ONNX_UINT16, 0, 65535 },
		{ FORMAT_ONNX_INT16, -32768, 32767 }, { FORMAT_ONNX_UINT4, 0, 15 }, { FORMAT_ONNX_INT4, -8, 7 },
		{ FORMAT_ONNX_INT32, -2147483648.0, 2147483647 } };
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (ranges[i].type == type)
			return v < ranges[i].low ? ranges[i].low : v > ranges[i].high ? ranges[i].high : v;
	return v;
}

/* a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero. */
secant_status
onnx_eval_qlinear_matmul(onnx_call *c)
{
	onnx_tensor *a = onnx_in(c, 0), *b = onnx_in(c, 3), *out = onnx_in(c, 7);
	double *x = a ? onnx_reals(c, 0) : NULL, *y = b ? onnx_reals(c, 3) : NULL, *sa = onnx_reals(c, 1),
		   *sb = onnx_reals(c, 4), *sy = onnx_reals(c, 6), *zy = onnx_reals(c, 7);
	int rank;
	int64_t dim[RANK];
	if (!x || !y || !sa || !sb || !sy || !zy || !shift_matrix(c, a, x, 2, true) || !shift_matrix(c, b, y, 5, false))
		return c->err->code;
	int64_t scales = format_onnx_count(c->in[4]); /* one, or one for each column */
	bool columns = b->rank > 1 && scales == b->dim[b->rank - 1] && c->in[4]->rank == 1;
	if (format_onnx_count(c->in[1]) != 1 || (scales != 1 && !columns) || format_onnx_count(c->in[6]) != 1
		|| format_onnx_count(c->in[7]) != 1)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "more than one scale for a product");
	double *v = multiply(c, a, b, x, y, &rank, dim);
	for (int64_t i = 0, n = v ? onnx_product(dim, 0, rank) : 0; i < n; i++)
		v[i] = saturated(nearbyint(v[i] * *sa * sb[scales > 1 ? i % scales : 0] / *sy) + *zy, out->type);
	return v ? onnx_give_reals(c, 0, out->type, rank, dim, v) : c->err->code;
}

secant_status
onnx_eval_gemm(onnx_call *c)
{
	onnx_tensor *a = onnx_in(c, 0), *b = onnx_in(c, 1);
	bool ta = onnx_attr_int(c, "transA", 0), tb = onnx_attr_int(c, "transB", 0);
	double alpha = onnx_attr_real(c, "alpha", 1), beta = onnx_attr_real(c, "beta", 1);
	if (!a || !b)
		return c->err->code;
	if (a->rank != 2 || b->rank != 2)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants matrices");
	int64_t m = a->dim[ta], k = a->dim[!ta], n = b->dim[!tb], dim[2] = { m, n }, stride[RANK];
	if (b->dim[tb] != k)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld columns meet %lld rows", (long long)k, (long long)b->dim[tb]);
	if (onnx_spend(c, (double)m * (double)n * (double)k))
		return c->err->code;
	double *x = onnx_reals(c, 0), *y = onnx_reals(c, 1), *z = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL,
		   *out = onnx_temp(c, m * n, sizeof *out);
	if (!x || !y || !out || (onnx_has(c, 2) && !z))
		return c->err->code;
	for (int64_t i = 0; i < m; i++)
		for (int64_t j = 0; j < n; j++) {
			double sum = 0;
			for (int64_t l = 0; l < k; l++)
				sum += x[ta ? l * m + i : i * k + l] * y[tb ? j * k + l : l * n + j];
			out[i * n + j] = alpha * sum;
		}
	if (z) {
		int rank;
		int64_t full[RANK];
		if (!onnx_broadcast(c, c->in[2]->rank, c->in[2]->dim, 2, dim, &rank, full) || rank != 2 || full[0] != m
			|| full[1] != n)
			return onnx_fail(c, SECANT_ERR_SHAPE, "C does not fit the product");
		onnx_broadcast_strides(c->in[2], 2, dim, stride);
		for (int64_t i = 0; i < m * n; i++)
			out[i] += beta * z[onnx_place(i, 2, dim, stride)];
	}
	return onnx_give_reals(c, 0, a->type, 2, dim, out);
}

/* ---- Einsum ---- */

enum { LETTERS = 52 + 8 }; /* letters, then axes of an ellipsis */

typedef struct term {
	int n;
	int axis[RANK];
} term;

static int
letter(char ch)
{
	return ch >= 'a' && ch <= 'z' ? ch - 'a' : ch >= 'A' && ch <= 'Z' ? 26 + ch - 'A' : -1;
}

/* Reads one term up to , - or the end; an ellipsis stands for `more` axes. */
static bool
read_term(const char **text, int more, term *t)
{
	t->n = 0;
	for (; **text && **text != ',' && **text != '-'; (*text)++) {
		if (**text == ' ')
			continue;
		if (!strncmp(*text, "...", 3)) {
			*text += 2;
			for (int i = 0; i < more; i++) {
				if (t->n == RANK)
					return false;
				t->axis[t->n++] = 52 + 8 - more + i;
			}
			continue;
		}
		if (t->n == RANK || letter(**text) < 0)
			return false;
		t->axis[t->n++] = letter(**text);
	}
	return true;
}

static int
letters_of(const char *text)
{
	int n = 0;
	for (; *text && *text != ',' && *text != '-'; text++)
		n += letter(*text) >= 0;
	return n;
}

secant_status
onnx_eval_einsum(onnx_call *c)
{
	const char *text = onnx_attr_text(c, "equation", "");
	int64_t extent[LETTERS], dim[RANK], axes[LETTERS], total = 1;
	int count[LETTERS] = { 0 }, n_axes = 0, more = 0;
	term in[8], out = { 0 };
	double *v[8];
	onnx_tensor *first = onnx_in(c, 0);
	if (!first || c->n_in > 8)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "%d inputs", c->n_in);
	for (int i = 0; i < LETTERS; i++)
		extent[i] = -1;
	for (int i = 0; i < c->n_in; i++) {
		onnx_tensor *x = onnx_in(c, i);
		if (!x || !(v[i] = onnx_reals(c, i)))
			return c->err->code;
		int hidden = strstr(text, "...") ? x->rank - letters_of(text) : 0;
		if (hidden < 0 || hidden > 8 || !read_term(&text, hidden, &in[i]) || in[i].n != x->rank)
			return onnx_fail(c, SECANT_ERR_FORMAT, "the equation does not fit input %d", i);
		more = hidden > more ? hidden : more;
		text += *text == ',';
		for (int d = 0; d < in[i].n; d++) {
			int64_t *e = &extent[in[i].axis[d]];
			if (*e > 1 && x->dim[d] > 1 && *e != x->dim[d])
				return onnx_fail(
					c, SECANT_ERR_SHAPE, "an axis of %lld and of %lld", (long long)*e, (long long)x->dim[d]);
			*e = *e > 1 ? *e : x->dim[d];
			count[in[i].axis[d]]++;
		}
	}
	if (text[0] == '-' && text[1] == '>') {
		text += 2;
		if (!read_term(&text, more, &out))
			return onnx_fail(c, SECANT_ERR_FORMAT, "the equation's result");
	} else {
		for (int i = 0; i < more; i++)
			out.axis[out.n++] = 52 + 8 - more + i;
		for (int pass = 0; pass < 2; pass++) /* letters that stand once, in the alphabet's order, capitals first */
			for (int i = 0; i < 26; i++)
				if (count[i + 26 * !pass] == 1 && out.n < RANK)
					out.axis[out.n++] = i + 26 * !pass;
	}
	for (int i = 0; i < out.n; i++) {
		if (extent[out.axis[i]] < 0)
			return onnx_fail(c, SECANT_ERR_FORMAT, "the result has an axis that no input has");
		dim[i] = extent[out.axis[i]];
		axes[n_axes++] = out.axis[i];
	}
	for (int i = 0; i < LETTERS; i++) {
		bool shown = false;
		for (int k = 0; k < out.n; k++)
			shown |= out.axis[k] == i;
		if (extent[i] >= 0 && !shown)
			axes[n_axes++] = i;
	}
	for (int i = 0; i < n_axes; i++)
		if (__builtin_mul_overflow(total, extent[axes[i]], &total))
			return onnx_fail(c, SECANT_ERR_RANGE, "more products than can be counted");
	if (onnx_spend(c, (double)total * c->n_in))
		return c->err->code;
	int64_t outs = onnx_product(dim, 0, out.n), inner = outs ? total / outs : 0;
	double *y = onnx_temp(c, outs, sizeof *y);
	for (int64_t i = 0; i < total && y; i++) {
		int64_t at[LETTERS], rest = i;
		double product = 1;
		for (int k = n_axes - 1; k >= 0; rest /= extent[axes[k--]])
			at[axes[k]] = rest % extent[axes[k]];
		for (int k = 0; k < c->n_in; k++) {
			int64_t place = 0;
			for (int d = 0; d < in[k].n; d++)
				place = place * c->in[k]->dim[d] + (c->in[k]->dim[d] == 1 ? 0 : at[in[k].axis[d]]);
			product *= v[k][place];
		}
		y[inner ? i / inner : 0] += product;
	}
	return y ? onnx_give_reals(c, 0, first->type, out.n, dim, y) : c->err->code;
}

/* ---- quantisation ---- */

/* Which of the scales number i of x has: one for all, one along an axis, or one a block along it; -1 where scales do
 * not fit. */
typedef struct scaling {
	int64_t count, inner, extent, block, blocks;
	bool blocked;
} scaling;

static bool
scaling_of(onnx_call *c, const onnx_tensor *x, const onnx_tensor *scale, scaling *s)
{
	int64_t n = format_onnx_count(scale), block = onnx_attr_int(c, "block_size", 0);
	*s = (scaling){ .count = n, .inner = 1, .extent = 1, .block = 1 };
	if (n == 1)
		return true;
	int axis = onnx_axis(c, onnx_attr_int(c, "axis", 1), x->rank);
	if (axis < 0)
		return false;
	s->inner = onnx_product(x->dim, axis + 1, x->rank);
	s->extent = x->dim[axis];
	if (block > 0 && scale->rank == x->rank && scale->dim[axis] == (x->dim[axis] + block - 1) / block) {
		s->blocked = true;
		s->block = block;
		s->blocks = scale->dim[axis];
		return n == s->blocks * s->inner * onnx_product(x->dim, 0, axis);
	}
	if (n != s->extent)
		onnx_fail(c, SECANT_ERR_SHAPE, "%lld scales for %lld channels", (long long)n, (long long)s->extent);
	return n == s->extent;
}

static int64_t
scale_index(const scaling *s, int64_t i)
{
	int64_t k = i / s->inner % s->extent;
	return s->count == 1 ? 0
		: !s->blocked    ? k
						 : (i / s->inner / s->extent * s->blocks + k / s->block) * s->inner + i % s->inner;
}

secant_status
onnx_eval_quantize(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *scale = onnx_in(c, 1);
	double *v = onnx_reals(c, 0), *f = onnx_reals(c, 1), *z = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL;
	scaling s;
	if (!v || !f || !scaling_of(c, x, scale, &s))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_SHAPE, "scales do not fit");
	if (z && format_onnx_count(c->in[2]) != s.count)
		return onnx_fail(c, SECANT_ERR_SHAPE, "as many zero points as scales are wanted");
	int type = onnx_has(c, 2) ? c->in[2]->type : (int)onnx_attr_int(c, "output_dtype", FORMAT_ONNX_UINT8);
	type = type ? type : FORMAT_ONNX_UINT8;
	for (int64_t i = 0, n = format_onnx_count(x); i < n; i++) {
		int64_t k = scale_index(&s, i);
		/* ONNX divides in the type of x, which decides ties. */
		double q = x->type == FORMAT_ONNX_DOUBLE ? v[i] / f[k] : (double)((float)v[i] / (float)f[k]);
		v[i] = format_onnx_type_is_real(type) ? q : saturated(nearbyint(q) + (z ? z[k] : 0), type);
	}
	return onnx_give_reals(c, 0, type, x->rank, x->dim, v);
}

/* Weights: the result remembers the bytes that it is made of, if those are signed and their zeros 0. */
static void
remember_bytes(onnx_call *c, onnx_tensor *x, onnx_tensor *scale, const double *zero, const scaling *s)
{
	bool is_unsigned = x->type == FORMAT_ONNX_UINT8; /* around 128: the same, 128 lower */
	bool plain = (x->type == FORMAT_ONNX_INT8 || (is_unsigned && zero)) && x->rank > 1 && scale->rank < 2 && !x->sized
		&& !s->blocked;
	for (int64_t k = 0; plain && zero && k < s->count; k++)
		plain = zero[k] == (is_unsigned ? 128 : 0);
	if (!plain || !c->out[0])
		return;
	if (is_unsigned) {
		onnx_tensor *moved = format_onnx_tensor_new(FORMAT_ONNX_INT8, x->rank, x->dim, 0, c->err);
		for (int64_t i = 0, n = moved ? format_onnx_count(x) : 0; i < n; i++)
			((uint8_t *)moved->data)[i] = ((const uint8_t *)x->data)[i] ^ 0x80;
		c->out[0]->bytes = moved;
	} else
		c->out[0]->bytes = format_onnx_tensor_hold(x);
	c->out[0]->scale = format_onnx_tensor_hold(scale);
	c->out[0]->scale_axis = s->count > 1 ? onnx_axis(c, onnx_attr_int(c, "axis", 1), x->rank) : 0;
}

secant_status
onnx_eval_dequantize(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *scale = onnx_in(c, 1);
	double *v = onnx_reals(c, 0), *f = onnx_reals(c, 1), *z = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL;
	scaling s;
	if (!v || !f || !scaling_of(c, x, scale, &s))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_SHAPE, "scales do not fit");
	if (z && format_onnx_count(c->in[2]) != s.count)
		return onnx_fail(c, SECANT_ERR_SHAPE, "as many zero points as scales are wanted");
	for (int64_t i = 0, n = format_onnx_count(x); i < n; i++) {
		int64_t k = scale_index(&s, i);
		v[i] = (v[i] - (z ? z[k] : 0)) * f[k];
	}
	secant_status status = onnx_give_reals(c, 0, scale->type, x->rank, x->dim, v);
	if (!status && format_onnx_count(x) > 0)
		remember_bytes(c, x, scale, z, &s);
	return status;
}

secant_status
onnx_eval_dynamic_quantize(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	if (!v)
		return c->err->code;
	double low = 0, high = 0;
	int64_t n = format_onnx_count(x);
	for (int64_t i = 0; i < n; i++) {
		low = v[i] < low ? v[i] : low;
		high = v[i] > high ? v[i] : high;
	}
	double scale = high > low ? (double)((float)(high - low) / 255)
							  : 1, /* nothing but zeros: 1, as ONNX Runtime has it */
		zero = saturated(nearbyint((double)((float)(0 - low) / (float)scale)), FORMAT_ONNX_UINT8);
	for (int64_t i = 0; i < n; i++)
		v[i] = saturated(nearbyint((double)((float)v[i] / (float)scale)) + zero, FORMAT_ONNX_UINT8);
	onnx_give_reals(c, 1, FORMAT_ONNX_FLOAT, 0, NULL, &scale);
	onnx_give_reals(c, 2, FORMAT_ONNX_UINT8, 0, NULL, &zero);
	return onnx_give_reals(c, 0, FORMAT_ONNX_UINT8, x->rank, x->dim, v);
}
