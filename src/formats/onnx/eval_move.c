/* Operators that move numbers and compute none: shapes and pieces. They work on every type. Indices and constants are
 * eval_index.c's. See eval.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

secant_status
onnx_eval_identity(onnx_call *c)
{
	return onnx_give(c, 0, onnx_in(c, 0));
}

/* ---- shapes ---- */

/* Reshape's rule: 0 is the input's axis (unless allowzero), -1 what fits. */
bool
onnx_reshape_dims(onnx_call *c, int in_rank, const int64_t *in, const int64_t *want, int n, int64_t *dim)
{
	bool allow_zero = onnx_attr_int(c, "allowzero", 0);
	int64_t count = onnx_product(in, 0, in_rank), rest = 1;
	int open = -1;
	for (int i = 0; i < n; i++) {
		dim[i] = want[i];
		if (want[i] == 0 && !allow_zero) {
			if (i >= in_rank) {
				onnx_fail(c, SECANT_ERR_SHAPE, "copies axis %d of an input with %d axes", i, in_rank);
				return false;
			}
			dim[i] = in[i];
		}
		if (want[i] < -1 || (want[i] == -1 && open >= 0)) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a shape with %lld on axis %d", (long long)want[i], i);
			return false;
		}
		if (want[i] == -1)
			open = i;
		else if (__builtin_mul_overflow(rest, dim[i], &rest)) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a shape beyond all bounds");
			return false;
		}
	}
	if (open >= 0)
		dim[open] = rest ? count / rest : 0;
	if (onnx_product(dim, 0, n) != count) {
		onnx_fail(
			c, SECANT_ERR_SHAPE, "%lld numbers do not fit the wanted shape (%lld)", (long long)count, (long long)rest);
		return false;
	}
	return true;
}

secant_status
onnx_eval_reshape(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t want[RANK], dim[RANK];
	int n = x ? onnx_input_ints(c, 1, "shape", want, RANK) : -1;
	if (n < 0)
		return onnx_fail(c, SECANT_ERR_FORMAT, "no shape is given");
	return onnx_reshape_dims(c, x->rank, x->dim, want, n, dim) ? onnx_give_shaped(c, 0, x, n, dim) : c->err->code;
}

secant_status
onnx_eval_flatten(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	if (!x)
		return c->err->code;
	int64_t axis = onnx_attr_int(c, "axis", 1);
	if (axis < 0)
		axis += x->rank;
	if (axis < 0 || axis > x->rank)
		return onnx_fail(c, SECANT_ERR_SHAPE, "axis %lld of %d", (long long)axis, x->rank);
	int64_t dim[2] = { onnx_product(x->dim, 0, (int)axis), onnx_product(x->dim, (int)axis, x->rank) };
	return onnx_give_shaped(c, 0, x, 2, dim);
}

/* Flags of the axes named by input 1 or an attribute; how many, -1 after an error or where none are given. */
int
onnx_axis_flags(onnx_call *c, int rank, bool *flag)
{
	int64_t axes[RANK];
	int n = onnx_input_ints(c, 1, "axes", axes, RANK);
	for (int i = 0; i < rank; i++)
		flag[i] = false;
	for (int i = 0; i < n; i++) {
		int a = onnx_axis(c, axes[i], rank);
		if (a < 0)
			return -1;
		if (flag[a]) {
			onnx_fail(c, SECANT_ERR_SHAPE, "axis %d is named twice", a);
			return -1;
		}
		flag[a] = true;
	}
	return n;
}

bool
onnx_squeeze_dims(onnx_call *c, int in_rank, const int64_t *in, int *rank, int64_t *dim)
{
	bool flag[RANK];
	int n = onnx_axis_flags(c, in_rank, flag);
	*rank = 0;
	if (c->err->code)
		return false;
	for (int i = 0; i < in_rank; i++) {
		if (n < 0 ? in[i] == 1 : flag[i]) {
			if (in[i] != 1) {
				onnx_fail(c, SECANT_ERR_SHAPE, "axis %d has %lld numbers, 1 can be squeezed", i, (long long)in[i]);
				return false;
			}
			continue;
		}
		dim[(*rank)++] = in[i];
	}
	return true;
}

bool
onnx_unsqueeze_dims(onnx_call *c, int in_rank, const int64_t *in, int *rank, int64_t *dim)
{
	int64_t axes[RANK];
	bool flag[RANK];
	int n = onnx_input_ints(c, 1, "axes", axes, RANK);
	*rank = in_rank + n;
	if (n < 0 || *rank > RANK) {
		onnx_fail(c, SECANT_ERR_FORMAT, "no axes are given, or too many");
		return false;
	}
	int64_t put[RANK];
	memcpy(put, axes, sizeof put);
	for (int i = 0; i < *rank; i++)
		flag[i] = false;
	for (int i = 0; i < n; i++) {
		int a = onnx_axis(c, put[i], *rank);
		if (a < 0 || flag[a]) {
			onnx_fail(c, SECANT_ERR_SHAPE, "axis %d is named twice", a);
			return false;
		}
		flag[a] = true;
	}
	for (int i = 0, k = 0; i < *rank; i++)
		dim[i] = flag[i] ? 1 : in[k++];
	return true;
}

secant_status
onnx_eval_squeeze(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int rank;
	int64_t dim[RANK];
	return x && onnx_squeeze_dims(c, x->rank, x->dim, &rank, dim) ? onnx_give_shaped(c, 0, x, rank, dim) : c->err->code;
}

secant_status
onnx_eval_unsqueeze(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int rank;
	int64_t dim[RANK];
	return x && onnx_unsqueeze_dims(c, x->rank, x->dim, &rank, dim) ? onnx_give_shaped(c, 0, x, rank, dim)
																	: c->err->code;
}

/* Shape and Size of `rank` axes; the mapper asks too. */
secant_status
onnx_give_shape(onnx_call *c, int rank, const int64_t *dim)
{
	int64_t start = onnx_attr_int(c, "start", 0), end = onnx_attr_int(c, "end", rank), n = onnx_product(dim, 0, rank);
	if (!strcmp(c->node->op, "Size"))
		return onnx_give_ints(c, 0, FORMAT_ONNX_INT64, 0, NULL, &n);
	start += start < 0 ? rank : 0;
	end += end < 0 ? rank : 0;
	start = start < 0 ? 0 : start > rank ? rank : start;
	end = end > rank ? rank : end < start ? start : end;
	int64_t length = end - start;
	return onnx_give_ints(c, 0, FORMAT_ONNX_INT64, 1, &length, dim + start);
}

secant_status
onnx_eval_shape(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	return x ? onnx_give_shape(c, x->rank, x->dim) : c->err->code;
}

/* Fills perm[rank]; false after an error. */
bool
onnx_perm(onnx_call *c, int rank, int *perm)
{
	int64_t given[RANK];
	bool seen[RANK] = { false };
	int n = onnx_attr_ints(c, "perm", given, RANK);
	if (n >= 0 && n != rank) {
		onnx_fail(c, SECANT_ERR_SHAPE, "perm has %d axes, the input %d", n, rank);
		return false;
	}
	for (int i = 0; i < rank; i++) {
		perm[i] = n < 0 ? rank - 1 - i : onnx_axis(c, given[i], rank);
		if (perm[i] < 0 || seen[perm[i]]) {
			onnx_fail(c, SECANT_ERR_SHAPE, "perm names an axis twice");
			return false;
		}
		seen[perm[i]] = true;
	}
	return true;
}

/* out axis i is in axis perm[i]; the bytes of weights turn with them. */
static secant_status
transpose(onnx_call *c, onnx_tensor *x, const int *perm)
{
	int64_t own[RANK], dim[RANK], stride[RANK];
	onnx_strides(x->rank, x->dim, own);
	for (int i = 0; i < x->rank; i++) {
		dim[i] = x->dim[perm[i]];
		stride[i] = own[perm[i]];
	}
	onnx_tensor *y = onnx_out(c, 0, x->type, x->rank, dim),
				*bytes = y && x->bytes ? format_onnx_tensor_new(x->bytes->type, x->rank, dim, 0, c->err) : NULL;
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		int64_t from = onnx_place(i, x->rank, dim, stride);
		onnx_copy(y, i, x, from);
		if (bytes)
			onnx_copy(bytes, i, x->bytes, from);
	}
	if (bytes) {
		y->bytes = bytes;
		y->scale = format_onnx_tensor_hold(x->scale);
		for (int i = 0; i < x->rank; i++)
			if (perm[i] == x->scale_axis)
				y->scale_axis = i;
	}
	return c->err->code;
}

secant_status
onnx_eval_transpose(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int perm[RANK];
	return x && onnx_perm(c, x->rank, perm) ? transpose(c, x, perm) : c->err->code;
}

secant_status
onnx_eval_expand(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t want[RANK], dim[RANK], stride[RANK];
	int rank, n = x ? onnx_input_ints(c, 1, NULL, want, RANK) : -1;
	if (n < 0 || !onnx_broadcast(c, x->rank, x->dim, n, want, &rank, dim))
		return c->err->code;
	onnx_broadcast_strides(x, rank, dim, stride);
	onnx_tensor *y = onnx_out(c, 0, x->type, rank, dim);
	for (int64_t i = 0, count = y ? format_onnx_count(y) : 0; i < count; i++)
		onnx_copy(y, i, x, onnx_place(i, rank, dim, stride));
	return c->err->code;
}

secant_status
onnx_eval_tile(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t times[RANK], dim[RANK], own[RANK];
	int n = x ? onnx_input_ints(c, 1, NULL, times, RANK) : -1;
	if (n < 0)
		return c->err->code;
	if (c->opset < 6 && c->n_in == 3) { /* tiles, axis */
		int64_t axis;
		if (onnx_input_ints(c, 2, NULL, &axis, 1) != 1 || (axis = onnx_axis(c, axis, x->rank)) < 0)
			return c->err->code;
		int64_t t = times[0];
		for (int i = 0; i < x->rank; i++)
			times[i] = i == axis ? t : 1;
		n = x->rank;
	}
	if (n != x->rank)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%d repeats for %d axes", n, x->rank);
	for (int i = 0; i < n; i++)
		if (times[i] < 0 || __builtin_mul_overflow(x->dim[i], times[i], &dim[i]))
			return onnx_fail(c, SECANT_ERR_SHAPE, "%lld repeats", (long long)times[i]);
	onnx_strides(x->rank, x->dim, own);
	onnx_tensor *y = onnx_out(c, 0, x->type, n, dim);
	for (int64_t i = 0, count = y ? format_onnx_count(y) : 0; i < count; i++) {
		int64_t k = i, at = 0;
		for (int d = n - 1; d >= 0; d--) {
			at += k % dim[d] % x->dim[d] * own[d];
			k /= dim[d];
		}
		onnx_copy(y, i, x, at);
	}
	return c->err->code;
}

/* ---- pieces ---- */

secant_status
onnx_eval_concat(onnx_call *c)
{
	onnx_tensor *first = onnx_in(c, 0);
	int64_t dim[RANK], at = 0;
	int axis = first ? onnx_axis(c, onnx_attr_int(c, "axis", 1), first->rank) : -1;
	if (axis < 0)
		return c->err->code;
	memcpy(dim, first->dim, sizeof dim);
	dim[axis] = 0;
	for (int i = 0; i < c->n_in; i++) {
		onnx_tensor *x = onnx_in(c, i);
		if (!x)
			return c->err->code;
		bool fits = x->rank == first->rank && x->type == first->type;
		for (int d = 0; d < first->rank && fits; d++)
			fits = d == axis || x->dim[d] == dim[d];
		if (!fits || __builtin_add_overflow(dim[axis], x->dim[axis], &dim[axis]))
			return onnx_fail(c, SECANT_ERR_SHAPE, "input %d does not fit the first", i);
	}
	onnx_tensor *y = onnx_out(c, 0, first->type, first->rank, dim);
	if (!y)
		return c->err->code;
	size_t size = format_onnx_type_size(y->type);
	int64_t outer = onnx_product(dim, 0, axis), inner = onnx_product(dim, axis + 1, y->rank);
	for (int i = 0; i < c->n_in; at += c->in[i]->dim[axis] * inner, i++) {
		size_t run = (size_t)(c->in[i]->dim[axis] * inner) * size;
		for (int64_t o = 0; o < outer && run; o++)
			memcpy((char *)y->data + (size_t)(o * dim[axis] * inner + at) * size,
				(const char *)c->in[i]->data + (size_t)o * run, run);
	}
	return SECANT_OK;
}

/* How Split divides an axis into c->n_out pieces. */
bool
onnx_split_sizes(onnx_call *c, int64_t extent, int64_t *size)
{
	int64_t sum = 0;
	int n = onnx_input_ints(c, 1, "split", size, c->n_out);
	if (c->err->code)
		return false;
	if (n < 0) {
		int64_t each = (extent + c->n_out - 1) / (c->n_out ? c->n_out : 1);
		if (onnx_attr_int(c, "num_outputs", 0) == 0 && extent % (c->n_out ? c->n_out : 1)) {
			onnx_fail(c, SECANT_ERR_SHAPE, "%lld numbers do not divide into %d", (long long)extent, c->n_out);
			return false;
		}
		for (int i = 0; i < c->n_out; i++, sum += each)
			size[i] = extent - sum < each ? extent - sum : each;
		n = c->n_out;
		for (int i = 0; i < n; i++)
			size[i] = size[i] < 0 ? 0 : size[i];
	}
	sum = 0;
	for (int i = 0; i < n; i++)
		sum = size[i] < 0 || size[i] > extent ? extent + 1 : sum + size[i];
	if (sum != extent || n != c->n_out)
		onnx_fail(c, SECANT_ERR_SHAPE, "%lld numbers divided into pieces of another sum", (long long)extent);
	return sum == extent && n == c->n_out;
}

secant_status
onnx_eval_split(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int axis = x ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	int64_t *piece = axis < 0 ? NULL : onnx_temp(c, c->n_out, sizeof *piece), dim[RANK], at = 0;
	if (!piece || !onnx_split_sizes(c, x->dim[axis], piece))
		return c->err->code;
	size_t size = format_onnx_type_size(x->type);
	int64_t outer = onnx_product(x->dim, 0, axis), inner = onnx_product(x->dim, axis + 1, x->rank);
	memcpy(dim, x->dim, sizeof dim);
	for (int k = 0; k < c->n_out; at += piece[k++]) {
		dim[axis] = piece[k];
		onnx_tensor *y = onnx_out(c, k, x->type, x->rank, dim);
		size_t run = (size_t)(piece[k] * inner) * size;
		for (int64_t o = 0; o < outer && y && run; o++)
			memcpy((char *)y->data + (size_t)o * run,
				(const char *)x->data + (size_t)((o * x->dim[axis] + at) * inner) * size, run);
	}
	return c->err->code;
}

/* Slice's rule: start, step and length of every axis of `in`. */
bool
onnx_slice_rule(onnx_call *c, int rank, const int64_t *in, int64_t *start, int64_t *step, int64_t *dim)
{
	int64_t from[RANK], to[RANK], axes[RANK], by[RANK];
	bool named[RANK] = { false };
	int n = onnx_input_ints(c, 1, "starts", from, RANK), m = onnx_input_ints(c, 2, "ends", to, RANK),
		k = onnx_input_ints(c, 3, "axes", axes, RANK), j = onnx_input_ints(c, 4, NULL, by, RANK);
	if (n < 0 || m != n || (k >= 0 && k != n) || (j >= 0 && j != n)) {
		onnx_fail(c, SECANT_ERR_FORMAT, "starts, ends, axes and steps are not of one length");
		return false;
	}
	for (int i = 0; i < rank; i++) {
		start[i] = 0;
		step[i] = 1;
		dim[i] = in[i];
	}
	for (int i = 0; i < n; i++) {
		int a = onnx_axis(c, k < 0 ? i : axes[i], rank);
		int64_t s = from[i], e = to[i], d = j < 0 ? 1 : by[i], extent;
		if (a < 0 || d == 0 || d == INT64_MIN || named[a]) {
			onnx_fail(c, SECANT_ERR_FORMAT, "a step of 0, or an axis named twice");
			return false;
		}
		named[a] = true;
		extent = in[a];
		s += s < 0 ? extent : 0;
		e += e < 0 ? extent : 0;
		if (d > 0) {
			s = s < 0 ? 0 : s > extent ? extent : s;
			e = e < 0 ? 0 : e > extent ? extent : e;
		} else {
			s = s < 0 ? 0 : s > extent - 1 ? extent - 1 : s;
			e = e < -1 ? -1 : e > extent - 1 ? extent - 1 : e;
		}
		int64_t span = d > 0 ? e - s : s - e, width = d > 0 ? d : -d;
		dim[a] = span <= 0 || extent == 0 ? 0 : (span - 1) / width + 1;
		start[a] = s;
		step[a] = d;
	}
	return true;
}

secant_status
onnx_eval_slice(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t start[RANK], step[RANK], dim[RANK], own[RANK], stride[RANK], base = 0;
	if (!x || !onnx_slice_rule(c, x->rank, x->dim, start, step, dim))
		return c->err->code;
	onnx_strides(x->rank, x->dim, own);
	for (int i = 0; i < x->rank; i++) {
		base += start[i] * own[i];
		stride[i] = dim[i] > 1 ? step[i] * own[i] : 0;
	}
	onnx_tensor *y = onnx_out(c, 0, x->type, x->rank, dim);
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++)
		onnx_copy(y, i, x, base + onnx_place(i, x->rank, dim, stride));
	return c->err->code;
}

/* Pad: numbers before and after every axis, of input 1 (and input 3, axes) or attributes. */
bool
onnx_pad_amounts(onnx_call *c, int rank, int64_t *before, int64_t *after)
{
	int64_t pads[2 * RANK], axes[RANK];
	int n = c->opset < 11 ? onnx_attr_ints(c, c->opset < 2 ? "paddings" : "pads", pads, 2 * RANK)
						  : onnx_input_ints(c, 1, NULL, pads, 2 * RANK);
	int m = onnx_has(c, 3) ? onnx_input_ints(c, 3, NULL, axes, RANK) : -1;
	for (int i = 0; i < rank; i++)
		before[i] = after[i] = 0;
	if (c->err->code || n < 0 || n != 2 * (m < 0 ? rank : m)) {
		onnx_fail(c, SECANT_ERR_FORMAT, "%d pads for %d axes", n, m < 0 ? rank : m);
		return false;
	}
	for (int i = 0; i < n / 2; i++) {
		int a = m < 0 ? i : onnx_axis(c, axes[i], rank);
		if (a < 0)
			return false;
		if (pads[i] < -(INT64_C(1) << 40) || pads[i] > INT64_C(1) << 40 || pads[i + n / 2] < -(INT64_C(1) << 40)
			|| pads[i + n / 2] > INT64_C(1) << 40) {
			onnx_fail(c, SECANT_ERR_RANGE, "pads beyond all bounds");
			return false;
		}
		before[a] = pads[i];
		after[a] = pads[i + n / 2];
	}
	return true;
}

/* Where number i of the result of an axis of n numbers comes from; -1: the constant. What negative amounts cut off is
 * gone before anything is repeated: ONNX's text does not say, ONNX Runtime and PyTorch's circular padding do it so. */
static int64_t
padded_from(const char *mode, int64_t i, int64_t n, int64_t before, int64_t after)
{
	int64_t first = before < 0 ? -before : 0;
	n -= first + (after < 0 ? -after : 0);
	i -= before > 0 ? before : 0;
	if (i >= 0 && i < n)
		return first + i;
	if (*mode == 'c' || n < 1)
		return -1;
	if (*mode == 'e')
		return first + (i < 0 ? 0 : n - 1);
	if (*mode == 'w')
		return first + ((i % n) + n) % n;
	int64_t period = n > 1 ? 2 * (n - 1) : 1;
	i = ((i % period) + period) % period;
	return first + (i < n ? i : period - i);
}

secant_status
onnx_eval_pad(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t before[RANK], after[RANK], dim[RANK], own[RANK];
	const char *mode = onnx_attr_text(c, "mode", "constant");
	if (!x || !onnx_pad_amounts(c, x->rank, before, after))
		return c->err->code;
	if (strcmp(mode, "constant") && strcmp(mode, "edge") && strcmp(mode, "reflect") && strcmp(mode, "wrap"))
		return onnx_fail(c, SECANT_ERR_FORMAT, "mode '%.20s'", mode);
	for (int i = 0; i < x->rank; i++) {
		dim[i] = x->dim[i] + before[i] + after[i];
		int64_t left = x->dim[i] + (before[i] < 0 ? before[i] : 0) + (after[i] < 0 ? after[i] : 0);
		if (left < 0 || (*mode != 'c' && left < 1 && dim[i] > 0))
			return onnx_fail(c, SECANT_ERR_SHAPE,
				left < 0 ? "axis %d: pads cut more than there is" : "axis %d is empty, there is nothing to pad with",
				i);
	}
	onnx_tensor *y = onnx_out(c, 0, x->type, x->rank, dim);
	if (!y)
		return c->err->code;
	onnx_strides(x->rank, x->dim, own);
	double value = onnx_attr_real(c, "value", 0);
	onnx_tensor *fill = c->opset >= 11 && onnx_has(c, 2) ? onnx_in(c, 2) : NULL;
	if (fill && (fill->type != x->type || format_onnx_count(fill) < 1))
		return onnx_fail(
			c, SECANT_ERR_FORMAT, "pads %s with %s", format_onnx_type_name(x->type), format_onnx_type_name(fill->type));
	for (int64_t i = 0, n = format_onnx_count(y); i < n; i++) {
		int64_t k = i, at = 0;
		for (int d = x->rank - 1; d >= 0 && at >= 0; d--) {
			int64_t from = padded_from(mode, k % dim[d], x->dim[d], before[d], after[d]);
			at = from < 0 ? -1 : at + from * own[d];
			k /= dim[d];
		}
		if (at >= 0)
			onnx_copy(y, i, x, at);
		else if (fill)
			onnx_copy(y, i, fill, 0);
		else
			format_onnx_put_reals(y, i, 1, &value);
	}
	return SECANT_OK;
}

secant_status
onnx_eval_depth_to_space(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t b = onnx_attr_int(c, "blocksize", 0);
	if (!x || x->rank != 4 || b < 1 || b > 1 << 20)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants 4 axes and a block");
	bool to_space = !strcmp(c->node->op, "DepthToSpace"), crd = !strcmp(onnx_attr_text(c, "mode", "DCR"), "CRD");
	int64_t n = x->dim[0], ch = x->dim[1], h = x->dim[2], w = x->dim[3];
	if (to_space ? ch % (b * b) : h % b || w % b)
		return onnx_fail(c, SECANT_ERR_SHAPE, "blocks of %lld do not divide it", (long long)b);
	int64_t dim[4] = { n, to_space ? ch / (b * b) : ch * b * b, to_space ? h * b : h / b, to_space ? w * b : w / b };
	onnx_tensor *y = onnx_out(c, 0, x->type, 4, dim);
	for (int64_t i = 0, count = y ? format_onnx_count(y) : 0; i < count; i++) {
		int64_t xx = i % dim[3], yy = i / dim[3] % dim[2], cc = i / dim[3] / dim[2] % dim[1],
				nn = i / dim[3] / dim[2] / dim[1];
		int64_t sc, sy, sx;
		if (to_space) {
			int64_t oy = yy % b, ox = xx % b;
			sc = crd ? (cc * b + oy) * b + ox : (oy * b + ox) * dim[1] + cc;
			sy = yy / b;
			sx = xx / b;
		} else {
			sc = cc % ch;
			sy = yy * b + cc / ch / b;
			sx = xx * b + cc / ch % b;
		}
		onnx_copy(y, i, x, ((nn * ch + sc) * h + sy) * w + sx);
	}
	return c->err->code;
}
