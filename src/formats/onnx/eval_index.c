/* Operators that choose numbers by their places, or make them of nothing: gathering, scattering, constants. They work
 * on every type. See eval.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

/* ---- indices ---- */

static int64_t
index_within(onnx_call *c, int64_t i, int64_t n)
{
	if (i >= -n && i < n)
		return i < 0 ? i + n : i;
	onnx_fail(c, SECANT_ERR_RANGE, "index %lld of an axis of %lld", (long long)i, (long long)n);
	return -1;
}

secant_status
onnx_eval_gather(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *which = onnx_in(c, 1);
	int axis = x && which ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	int64_t *at = axis < 0 ? NULL : onnx_ints(c, 1), dim[2 * RANK];
	if (!at)
		return c->err->code;
	int rank = x->rank + which->rank - 1;
	if (rank > RANK)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "a result of %d axes", rank);
	memcpy(dim, x->dim, sizeof *dim * (size_t)axis);
	memcpy(dim + axis, which->dim, sizeof *dim * (size_t)which->rank);
	memcpy(dim + axis + which->rank, x->dim + axis + 1, sizeof *dim * (size_t)(x->rank - axis - 1));
	onnx_tensor *y = onnx_out(c, 0, x->type, rank, dim);
	int64_t outer = onnx_product(x->dim, 0, axis), inner = onnx_product(x->dim, axis + 1, x->rank),
			m = format_onnx_count(which);
	size_t run = (size_t)inner * format_onnx_type_size(x->type);
	for (int64_t o = 0; o < outer && y; o++)
		for (int64_t k = 0; k < m && run; k++) {
			int64_t i = index_within(c, at[k], x->dim[axis]);
			if (i < 0)
				return c->err->code;
			memcpy((char *)y->data + (size_t)(o * m + k) * run,
				(const char *)x->data + (size_t)(o * x->dim[axis] + i) * run, run);
		}
	return c->err->code;
}

secant_status
onnx_eval_gather_elements(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *which = onnx_in(c, 1);
	int axis = x && which ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	int64_t *at = axis < 0 ? NULL : onnx_ints(c, 1), own[RANK];
	if (!at)
		return c->err->code;
	bool fits = which->rank == x->rank;
	for (int d = 0; d < x->rank && fits; d++)
		fits = d == axis || which->dim[d] <= x->dim[d];
	if (!fits)
		return onnx_fail(c, SECANT_ERR_SHAPE, "indices and data do not fit");
	onnx_strides(x->rank, x->dim, own);
	onnx_tensor *y = onnx_out(c, 0, x->type, which->rank, which->dim);
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		int64_t k = i, from = 0;
		for (int d = x->rank - 1; d >= 0; k /= which->dim[d--])
			if (d == axis) {
				int64_t v = index_within(c, at[i], x->dim[d]);
				if (v < 0)
					return c->err->code;
				from += v * own[d];
			} else
				from += k % which->dim[d] * own[d];
		onnx_copy(y, i, x, from);
	}
	return c->err->code;
}

/* Where a tuple of indices points: offset of its block; -1 after an error. */
static int64_t
tuple_place(onnx_call *c, const int64_t *tuple, int n, const int64_t *dim, const int64_t *stride)
{
	int64_t at = 0;
	for (int i = 0; i < n; i++) {
		int64_t v = index_within(c, tuple[i], dim[i]);
		if (v < 0)
			return -1;
		at += v * stride[i];
	}
	return at;
}

secant_status
onnx_eval_gather_nd(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *which = onnx_in(c, 1);
	int64_t *at = x && which ? onnx_ints(c, 1) : NULL, own[RANK], dim[2 * RANK];
	int64_t batch = onnx_attr_int(c, "batch_dims", 0);
	if (!at)
		return c->err->code;
	if (which->rank < 1 || batch < 0 || batch >= which->rank || batch > x->rank)
		return onnx_fail(
			c, SECANT_ERR_SHAPE, "indices of %d axes, %lld of them batches", which->rank, (long long)batch);
	int64_t tuple = which->dim[which->rank - 1];
	if (tuple < 1 || tuple > x->rank - batch)
		return onnx_fail(c, SECANT_ERR_SHAPE, "tuples of %lld for %d axes", (long long)tuple, x->rank);
	for (int i = 0; i < batch; i++)
		if (x->dim[i] != which->dim[i])
			return onnx_fail(c, SECANT_ERR_SHAPE, "batches do not fit");
	int rank = which->rank - 1, first = (int)(batch + tuple);
	memcpy(dim, which->dim, sizeof *dim * (size_t)rank);
	for (int i = first; i < x->rank; i++, rank++)
		dim[rank] = x->dim[i];
	onnx_strides(x->rank, x->dim, own);
	onnx_tensor *y = onnx_out(c, 0, x->type, rank, dim);
	int64_t block = onnx_product(x->dim, first, x->rank), blocks = tuple ? format_onnx_count(which) / tuple : 0,
			batches = onnx_product(x->dim, 0, (int)batch), per = batches ? blocks / batches : 0,
			base = onnx_product(x->dim, (int)batch, x->rank);
	size_t size = format_onnx_type_size(x->type);
	for (int64_t k = 0; k < blocks && y; k++) {
		int64_t from = tuple_place(c, at + k * tuple, (int)tuple, x->dim + batch, own + batch);
		if (from < 0)
			return c->err->code;
		memcpy((char *)y->data + (size_t)(k * block) * size,
			(const char *)x->data + (size_t)(from + (per ? k / per : 0) * base) * size, (size_t)block * size);
	}
	return c->err->code;
}

/* Joins a number into a place, as the attribute `reduction` says. */
static void
reduce_into(onnx_tensor *y, int64_t i, const onnx_tensor *from, int64_t j, const char *how)
{
	double a, b;
	int64_t u, v;
	if (!strcmp(how, "none")) {
		onnx_copy(y, i, from, j);
	} else if (format_onnx_type_is_real(y->type)) {
		format_onnx_get_reals(y, i, 1, &a);
		format_onnx_get_reals(from, j, 1, &b);
		a = !strcmp(how, "add") ? a + b : !strcmp(how, "mul") ? a * b : !strcmp(how, "max") ? fmax(a, b) : fmin(a, b);
		format_onnx_put_reals(y, i, 1, &a);
	} else {
		format_onnx_get_ints(y, i, 1, &u);
		format_onnx_get_ints(from, j, 1, &v);
		u = !strcmp(how, "add")   ? (int64_t)((uint64_t)u + (uint64_t)v)
			: !strcmp(how, "mul") ? (int64_t)((uint64_t)u * (uint64_t)v)
			: !strcmp(how, "max") ? (u > v ? u : v)
								  : (u < v ? u : v);
		format_onnx_put_ints(y, i, 1, &u);
	}
}

static const char *
reduction_of(onnx_call *c)
{
	const char *how = onnx_attr_text(c, "reduction", "none");
	if (strcmp(how, "none") && strcmp(how, "add") && strcmp(how, "mul") && strcmp(how, "max") && strcmp(how, "min")) {
		onnx_fail(c, SECANT_ERR_FORMAT, "reduction '%.20s'", how);
		return NULL;
	}
	return how;
}

secant_status
onnx_eval_scatter_elements(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *which = onnx_in(c, 1), *from = onnx_in(c, 2);
	int axis = x && which && from ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	int64_t *at = axis < 0 ? NULL : onnx_ints(c, 1), own[RANK];
	const char *how = at ? reduction_of(c) : NULL;
	if (!how)
		return c->err->code;
	bool fits = which->rank == x->rank && from->rank == x->rank && from->type == x->type;
	for (int d = 0; d < x->rank && fits; d++)
		fits = which->dim[d] == from->dim[d] && (d == axis || which->dim[d] <= x->dim[d]);
	if (!fits)
		return onnx_fail(c, SECANT_ERR_SHAPE, "data, indices and updates do not fit");
	onnx_strides(x->rank, x->dim, own);
	onnx_tensor *y = onnx_out_like(c, 0, x->type, x);
	if (!y)
		return c->err->code;
	memcpy(y->data, x->data, (size_t)format_onnx_count(x) * format_onnx_type_size(x->type));
	for (int64_t i = 0, n = format_onnx_count(which); i < n; i++) {
		int64_t k = i, to = 0;
		for (int d = x->rank - 1; d >= 0; k /= which->dim[d--])
			if (d == axis) {
				int64_t v = index_within(c, at[i], x->dim[d]);
				if (v < 0)
					return c->err->code;
				to += v * own[d];
			} else
				to += k % which->dim[d] * own[d];
		reduce_into(y, to, from, i, how);
	}
	return SECANT_OK;
}

secant_status
onnx_eval_scatter_nd(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *which = onnx_in(c, 1), *from = onnx_in(c, 2);
	int64_t *at = x && which && from ? onnx_ints(c, 1) : NULL, own[RANK];
	const char *how = at ? reduction_of(c) : NULL;
	if (!how)
		return c->err->code;
	int64_t tuple = which->rank ? which->dim[which->rank - 1] : 0;
	if (tuple < 1 || tuple > x->rank || from->type != x->type)
		return onnx_fail(c, SECANT_ERR_SHAPE, "tuples of %lld for %d axes", (long long)tuple, x->rank);
	int64_t block = onnx_product(x->dim, (int)tuple, x->rank), blocks = format_onnx_count(which) / tuple;
	if (format_onnx_count(from) != block * blocks)
		return onnx_fail(c, SECANT_ERR_SHAPE, "updates have %lld numbers, not %lld", (long long)format_onnx_count(from),
			(long long)(block * blocks));
	onnx_strides(x->rank, x->dim, own);
	onnx_tensor *y = onnx_out_like(c, 0, x->type, x);
	if (!y)
		return c->err->code;
	memcpy(y->data, x->data, (size_t)format_onnx_count(x) * format_onnx_type_size(x->type));
	for (int64_t k = 0; k < blocks; k++) {
		int64_t to = tuple_place(c, at + k * tuple, (int)tuple, x->dim, own);
		if (to < 0)
			return c->err->code;
		for (int64_t i = 0; i < block; i++)
			reduce_into(y, to + i, from, k * block + i, how);
	}
	return SECANT_OK;
}

secant_status
onnx_eval_compress(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *mask = onnx_in(c, 1);
	if (!x || !mask)
		return c->err->code;
	const format_onnx_attr *a = onnx_attr(c, "axis");
	int axis = a ? onnx_axis(c, a->i, x->rank) : 0;
	if (axis < 0)
		return c->err->code;
	int64_t dim[RANK], extent = a ? x->dim[axis] : format_onnx_count(x), outer = a ? onnx_product(x->dim, 0, axis) : 1,
					   inner = a ? onnx_product(x->dim, axis + 1, x->rank) : 1, m = format_onnx_count(mask), kept = 0,
					   k = 0;
	int64_t *flag = onnx_ints(c, 1);
	if (!flag)
		return c->err->code;
	m = m < extent ? m : extent;
	for (int64_t i = 0; i < m; i++)
		kept += flag[i] != 0;
	memcpy(dim, x->dim, sizeof dim);
	dim[axis] = kept;
	onnx_tensor *y = onnx_out(c, 0, x->type, a ? x->rank : 1, dim);
	for (int64_t o = 0; o < outer && y; o++)
		for (int64_t i = 0; i < m; i++)
			for (int64_t n = 0; n < inner && flag[i]; n++)
				onnx_copy(y, k++, x, (o * extent + i) * inner + n);
	return c->err->code;
}

secant_status
onnx_eval_one_hot(onnx_call *c)
{
	onnx_tensor *which = onnx_in(c, 0), *values = onnx_in(c, 2);
	int64_t depth, dim[RANK + 1];
	if (!which || !values || onnx_input_ints(c, 1, NULL, &depth, 1) != 1)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no depth is given");
	int axis = onnx_axis(c, onnx_attr_int(c, "axis", -1), which->rank + 1);
	int64_t *at = axis < 0 ? NULL : onnx_ints(c, 0);
	if (!at || which->rank >= RANK || format_onnx_count(values) != 2)
		return onnx_fail(c, SECANT_ERR_SHAPE, "indices of %d axes, values of %lld numbers", which->rank,
			(long long)format_onnx_count(values));
	memcpy(dim, which->dim, sizeof *dim * (size_t)axis);
	dim[axis] = depth;
	memcpy(dim + axis + 1, which->dim + axis, sizeof *dim * (size_t)(which->rank - axis));
	onnx_tensor *y = onnx_out(c, 0, values->type, which->rank + 1, dim);
	int64_t inner = onnx_product(which->dim, axis, which->rank);
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		int64_t k = i / inner % depth, index = at[i / inner / depth * inner + i % inner];
		onnx_copy(y, i, values, index == k || index + depth == k);
	}
	return c->err->code;
}

secant_status
onnx_eval_nonzero(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	if (!v)
		return c->err->code;
	int64_t n = format_onnx_count(x), found = 0, at = 0;
	int rank = x->rank ? x->rank : 1;
	for (int64_t i = 0; i < n; i++)
		found += v[i] != 0;
	onnx_tensor *y = onnx_out(c, 0, FORMAT_ONNX_INT64, 2, (int64_t[]){ rank, found });
	for (int64_t i = 0; i < n && y; i++) {
		int64_t k = i;
		if (v[i] == 0)
			continue;
		for (int d = x->rank - 1; d >= 0; k /= x->dim[d--])
			((int64_t *)y->data)[d * found + at] = k % x->dim[d];
		at++;
	}
	return c->err->code;
}

secant_status
onnx_eval_trilu(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t k = 0;
	if (!x || (onnx_has(c, 1) && onnx_input_ints(c, 1, NULL, &k, 1) != 1))
		return c->err->code;
	if (x->rank < 2)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants matrices");
	bool upper = onnx_attr_int(c, "upper", 1);
	onnx_tensor *y = onnx_out_like(c, 0, x->type, x);
	int64_t w = x->dim[x->rank - 1], h = x->dim[x->rank - 2];
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		double column = (double)(i % w), row = (double)(i / w % h) + (double)k;
		if (upper ? column >= row : column <= row)
			onnx_copy(y, i, x, i);
	}
	return c->err->code;
}

secant_status
onnx_eval_reverse_sequence(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *lengths = onnx_in(c, 1);
	int64_t time = onnx_attr_int(c, "time_axis", 0), batch = onnx_attr_int(c, "batch_axis", 1), own[RANK];
	int64_t *length = x && lengths ? onnx_ints(c, 1) : NULL;
	if (!length)
		return c->err->code;
	if (time < 0 || time > 1 || batch != 1 - time || x->rank < 2 || format_onnx_count(lengths) != x->dim[batch])
		return onnx_fail(c, SECANT_ERR_SHAPE, "axes of time and batch");
	onnx_strides(x->rank, x->dim, own);
	onnx_tensor *y = onnx_out_like(c, 0, x->type, x);
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		int64_t t = i / own[time] % x->dim[time], b = i / own[batch] % x->dim[batch], m = length[b];
		onnx_copy(y, i, x, t < m && m <= x->dim[time] ? i + (m - 1 - 2 * t) * own[time] : i);
	}
	return c->err->code;
}

/* ---- constants ---- */

secant_status
onnx_eval_constant(onnx_call *c)
{
	for (int i = 0; i < c->node->n_attr; i++) {
		const char *name = c->node->attr[i].name;
		const format_onnx_attr *a = onnx_attr(c, name);
		int64_t n = a ? (!strcmp(name, "value_floats") ? a->n_floats : a->n_ints) : 0;
		if (!a)
			continue;
		if (!strcmp(name, "value") && a->t)
			return onnx_give(c, 0, a->t);
		if (!strcmp(name, "value_float"))
			return onnx_give_reals(c, 0, FORMAT_ONNX_FLOAT, 0, NULL, &a->f);
		if (!strcmp(name, "value_int"))
			return onnx_give_ints(c, 0, FORMAT_ONNX_INT64, 0, NULL, &a->i);
		if (!strcmp(name, "value_floats"))
			return onnx_give_reals(c, 0, FORMAT_ONNX_FLOAT, 1, &n, a->floats);
		if (!strcmp(name, "value_ints"))
			return onnx_give_ints(c, 0, FORMAT_ONNX_INT64, 1, &n, a->ints);
	}
	return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "a constant that is no tensor of numbers");
}

secant_status
onnx_eval_constant_of_shape(onnx_call *c)
{
	int64_t dim[RANK];
	int rank = onnx_input_ints(c, 0, NULL, dim, RANK);
	if (rank < 0)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no shape is given");
	const format_onnx_attr *a = onnx_attr(c, "value");
	onnx_tensor *v = a ? a->t : NULL;
	onnx_tensor *y = onnx_out(c, 0, v ? v->type : FORMAT_ONNX_FLOAT, rank, dim);
	for (int64_t i = 0, n = y && v && format_onnx_count(v) ? format_onnx_count(y) : 0; i < n; i++)
		onnx_copy(y, i, v, 0);
	return c->err->code;
}

secant_status
onnx_eval_range(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *a = onnx_reals(c, 0), *b = onnx_reals(c, 1), *d = onnx_reals(c, 2);
	if (!a || !b || !d)
		return c->err->code;
	double n = ceil((*b - *a) / *d);
	if (!(n < 1e12))
		return onnx_fail(c, SECANT_ERR_RANGE, "from %g to %g by %g", *a, *b, *d);
	int64_t count = n > 0 ? (int64_t)n : 0;
	onnx_tensor *y = onnx_out(c, 0, x->type, 1, &count);
	for (int64_t i = 0; i < count && y; i++) {
		double v = *a + (double)i * *d;
		format_onnx_put_reals(y, i, 1, &v);
	}
	return c->err->code;
}

secant_status
onnx_eval_eye_like(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	if (!x || x->rank != 2)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants a matrix");
	int64_t k = onnx_attr_int(c, "k", 0);
	onnx_tensor *y = onnx_out_like(c, 0, (int)onnx_attr_int(c, "dtype", x->type), x);
	double one = 1;
	for (int64_t i = 0; y && i < x->dim[0]; i++)
		if (k > -(INT64_C(1) << 40) && k < INT64_C(1) << 40 && i + k >= 0 && i + k < x->dim[1])
			format_onnx_put_reals(y, i * x->dim[1] + i + k, 1, &one);
	return c->err->code;
}

/* Dropout at inference: what comes in goes out, and the mask is true everywhere. */
secant_status
onnx_eval_dropout(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t training = 0;
	double ratio = 0.5;
	if (!x || (onnx_has(c, 2) && onnx_input_ints(c, 2, NULL, &training, 1) != 1))
		return c->err->code;
	if (onnx_has(c, 1) && onnx_in(c, 1) && format_onnx_count(c->in[1]))
		format_onnx_get_reals(c->in[1], 0, 1, &ratio);
	if (training && ratio > 0)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "drops at random: it is in training mode");
	onnx_give(c, 0, x);
	if (onnx_wants(c, 1)) {
		onnx_tensor *mask = onnx_out_like(c, 1, c->opset < 10 ? x->type : FORMAT_ONNX_BOOL, x);
		double one = 1;
		for (int64_t i = 0; mask && i < format_onnx_count(mask); i++)
			format_onnx_put_reals(mask, i, 1, &one);
	}
	return c->err->code;
}
