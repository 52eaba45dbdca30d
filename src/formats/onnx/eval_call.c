/* What operators' functions share: attributes, inputs and outputs of a call, shapes and places. See eval.h. */
#include "formats/onnx/eval.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- attributes ---- */

static const format_onnx_attr *
resolve(const onnx_scope *s, const format_onnx_attr *a)
{
	while (a && a->ref) {
		const format_onnx_attr *found = NULL;
		while (s && !s->function)
			s = s->parent;
		if (!s)
			return NULL;
		found = format_onnx_find_attr(s->caller, a->ref);
		const onnx_scope *outer = s->caller_scope;
		for (int i = 0; !found && i < s->function->n_attr; i++)
			if (!strcmp(s->function->attr[i].name, a->ref))
				found = &s->function->attr[i];
		s = outer;
		a = found;
	}
	return a;
}

const format_onnx_attr *
onnx_attr(const onnx_call *c, const char *name)
{
	return resolve(c->scope, format_onnx_find_attr(c->node, name));
}

int64_t
onnx_attr_int(const onnx_call *c, const char *name, int64_t otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	return a ? a->i : otherwise;
}

double
onnx_attr_real(const onnx_call *c, const char *name, double otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	return a ? a->f : otherwise;
}

const char *
onnx_attr_text(const onnx_call *c, const char *name, const char *otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	return a ? a->s : otherwise;
}

int
onnx_attr_ints(onnx_call *c, const char *name, int64_t *to, int limit)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	if (!a)
		return -1;
	if (a->n_ints > limit) {
		onnx_fail(c, SECANT_ERR_FORMAT, "%s has %d numbers, at most %d make sense", name, a->n_ints, limit);
		return -1;
	}
	for (int i = 0; i < a->n_ints; i++)
		to[i] = a->ints[i];
	return a->n_ints;
}

int
onnx_input_ints(onnx_call *c, int i, const char *attr, int64_t *to, int limit)
{
	if (!onnx_has(c, i))
		return attr ? onnx_attr_ints(c, attr, to, limit) : -1;
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return -1;
	int64_t n = format_onnx_count(t);
	if (n > limit) {
		onnx_fail(c, SECANT_ERR_FORMAT, "input %d has %lld numbers, at most %d make sense", i, (long long)n, limit);
		return -1;
	}
	format_onnx_get_ints(t, 0, n, to);
	return (int)n;
}

/* ---- calls ---- */

secant_status
onnx_fail(onnx_call *c, secant_status code, const char *fmt, ...)
{
	char text[300];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	const char *name = *c->node->name ? c->node->name : c->node->n_out ? c->node->out[0] : "";
	return secant_fail(c->err, code, "%.40s '%.80s': %s", c->node->op, name, text);
}

bool
onnx_has(const onnx_call *c, int i)
{
	return i < c->n_in && (c->in[i] || (c->mapped && c->mapped[i]));
}

bool
onnx_wants(const onnx_call *c, int i)
{
	return i < c->n_out && *c->node->out[i];
}

onnx_tensor *
onnx_in(onnx_call *c, int i)
{
	if (i < c->n_in && c->in[i])
		return c->in[i];
	if (i < c->n_in && c->mapped && c->mapped[i])
		onnx_fail(c, SECANT_ERR_UNSUPPORTED, "input %d, '%s', depends on what the network is given", i, c->node->in[i]);
	else
		onnx_fail(c, SECANT_ERR_FORMAT, "input %d is missing", i);
	return NULL;
}

typedef struct temp {
	struct temp *next;
	int64_t align;
} temp;

void *
onnx_temp(onnx_call *c, int64_t n, size_t size)
{
	if (n < 0 || (uint64_t)n > SIZE_MAX / 4 / (size + 1) || (c->walk->limit && n > c->walk->limit / 2)) {
		onnx_fail(c, SECANT_ERR_RANGE, "%lld numbers are more than is computed", (long long)n);
		return NULL;
	}
	temp *t = secant_calloc((size_t)n * size + sizeof *t + size, 1);
	if (!t) {
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory for %lld numbers", (long long)n);
		return NULL;
	}
	t->next = c->temps;
	c->temps = t;
	return t + 1;
}

void
onnx_drop_temps(onnx_call *c)
{
	for (temp *t = c->temps, *next; t; t = next) {
		next = t->next;
		secant_free(t);
	}
	c->temps = NULL;
}

double *
onnx_reals(onnx_call *c, int i)
{
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return NULL;
	int64_t n = format_onnx_count(t);
	double *v = onnx_temp(c, n, sizeof *v);
	if (v)
		format_onnx_get_reals(t, 0, n, v);
	return v;
}

int64_t *
onnx_ints(onnx_call *c, int i)
{
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return NULL;
	int64_t n = format_onnx_count(t);
	int64_t *v = onnx_temp(c, n, sizeof *v);
	if (v)
		format_onnx_get_ints(t, 0, n, v);
	return v;
}

secant_status
onnx_spend(onnx_call *c, double numbers)
{
	if (c->err->code)
		return c->err->code;
	double left = (double)c->walk->budget - numbers;
	c->walk->budget = left < -1 ? -1 : (int64_t)left;
	return c->walk->budget < 0 ? onnx_fail(c, SECANT_ERR_RANGE, "more work than is done by reference") : SECANT_OK;
}

onnx_tensor *
onnx_out(onnx_call *c, int k, int type, int rank, const int64_t *dim)
{
	if (k >= c->n_out) {
		onnx_fail(c, SECANT_ERR_FORMAT, "output %d is not there", k);
		return NULL;
	}
	secant_err own = { 0 };
	format_onnx_tensor_drop(c->out[k]);
	c->out[k] = format_onnx_tensor_new(type, rank, dim, c->walk->limit, &own);
	if (!c->out[k])
		onnx_fail(c, own.code, "%s", own.msg);
	else if (onnx_spend(c, (double)format_onnx_count(c->out[k])))
		return NULL;
	return c->out[k];
}

onnx_tensor *
onnx_out_like(onnx_call *c, int k, int type, const onnx_tensor *like)
{
	return onnx_out(c, k, type, like->rank, like->dim);
}

secant_status
onnx_give_reals(onnx_call *c, int k, int type, int rank, const int64_t *dim, const double *v)
{
	if (!onnx_wants(c, k))
		return c->err->code;
	onnx_tensor *t = onnx_out(c, k, type, rank, dim);
	if (t)
		format_onnx_put_reals(t, 0, format_onnx_count(t), v);
	return c->err->code;
}

secant_status
onnx_give_ints(onnx_call *c, int k, int type, int rank, const int64_t *dim, const int64_t *v)
{
	if (!onnx_wants(c, k))
		return c->err->code;
	onnx_tensor *t = onnx_out(c, k, type, rank, dim);
	if (t)
		format_onnx_put_ints(t, 0, format_onnx_count(t), v);
	return c->err->code;
}

secant_status
onnx_give(onnx_call *c, int k, onnx_tensor *t)
{
	if (t && k < c->n_out && *c->node->out[k])
		c->out[k] = format_onnx_tensor_hold(t);
	return c->err->code;
}

secant_status
onnx_give_shaped(onnx_call *c, int k, onnx_tensor *t, int rank, const int64_t *dim)
{
	onnx_tensor *o = onnx_out(c, k, t->type, rank, dim);
	if (!o)
		return c->err->code;
	if (format_onnx_count(o) != format_onnx_count(t))
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld numbers cannot become %lld", (long long)format_onnx_count(t),
			(long long)format_onnx_count(o));
	memcpy(o->data, t->data, (size_t)format_onnx_count(t) * format_onnx_type_size(t->type));
	return SECANT_OK;
}

int
onnx_axis(onnx_call *c, int64_t axis, int rank)
{
	if (axis >= -rank && axis < rank)
		return (int)(axis < 0 ? axis + rank : axis);
	onnx_fail(c, SECANT_ERR_SHAPE, "axis %lld of a tensor with %d axes", (long long)axis, rank);
	return -1;
}

int64_t
onnx_product(const int64_t *dim, int from, int to)
{
	int64_t n = 1;
	for (int i = from; i < to; i++)
		n *= dim[i];
	return n;
}

void
onnx_strides(int rank, const int64_t *dim, int64_t *stride)
{
	int64_t n = 1;
	for (int i = rank - 1; i >= 0; i--) {
		stride[i] = n;
		n *= dim[i];
	}
}

bool
onnx_broadcast(onnx_call *c, int ra, const int64_t *a, int rb, const int64_t *b, int *rank, int64_t *dim)
{
	int64_t result[FORMAT_ONNX_RANK];
	int r = ra > rb ? ra : rb;
	for (int i = 0; i < r; i++) {
		int64_t x = i < r - ra ? 1 : a[i - (r - ra)], y = i < r - rb ? 1 : b[i - (r - rb)];
		if (x != y && x != 1 && y != 1) {
			onnx_fail(c, SECANT_ERR_SHAPE, "axis %d has %lld numbers in one input and %lld in another", i, (long long)x,
				(long long)y);
			return false;
		}
		result[i] = x == 1 ? y : x;
	}
	*rank = r;
	memcpy(dim, result, sizeof result);
	return true;
}

void
onnx_broadcast_strides(const onnx_tensor *t, int rank, const int64_t *dim, int64_t *stride)
{
	int64_t own[FORMAT_ONNX_RANK];
	onnx_strides(t->rank, t->dim, own);
	for (int i = 0; i < rank; i++) {
		int k = i - (rank - t->rank);
		stride[i] = k < 0 || t->dim[k] == 1 ? 0 : own[k];
	}
}

int64_t
onnx_place(int64_t k, int rank, const int64_t *dim, const int64_t *stride)
{
	int64_t at = 0;
	for (int i = rank - 1; i >= 0; i--) {
		at += k % dim[i] * stride[i];
		k /= dim[i];
	}
	return at;
}

void
onnx_copy(onnx_tensor *to, int64_t i, const onnx_tensor *from, int64_t j)
{
	size_t size = format_onnx_type_size(to->type);
	memcpy((char *)to->data + (size_t)i * size, (const char *)from->data + (size_t)j * size, size);
}
