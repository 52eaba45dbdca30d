/*
 * Element by element: functions of one number and their gradient, functions of two with broadcasting, comparisons,
 * where, casts. Integer operands of comparisons and where take a plain loop in double.
 */
#include "exec/native/native.h"
#include "exec/native/walk.h"
#include "kernels/elementwise.h"
#include "ops/act.h"

/* ---- functions of one number ---- */

int
exec_native_unary(const char *name)
{
	const char *const *names = kernel_elementwise_best()->unary_names;
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static secant_status
prepare_kind(exec_step *s, const char *name, secant_err *err)
{
	int *kind = secant_calloc(1, sizeof *kind);
	if (!kind)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
	*kind = exec_native_unary(name);
	s->data = kind;
	return *kind < 0 ? secant_fail(err, SECANT_ERR_UNSUPPORTED, "no kernel for '%s'", name) : SECANT_OK;
}

static secant_status
prepare_unary(exec_step *s, secant_err *err)
{
	return prepare_kind(s, s->node->op->name, err);
}

static secant_status
prepare_unary_grad(exec_step *s, secant_err *err)
{
	return prepare_kind(s, op_unary_at(((const op_unary_grad_attr *)s->node->attr)->kind)->name, err);
}

static secant_status
run_unary(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_number_attr *a = s->node->attr;
	const kernel_elementwise_kernels *k = kernel_elementwise_best();
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n), kind = *(const int *)s->data;
	bool low = exec_low_in(s);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		k->unary(kind, kernel_at(in[0], from, low), kernel_at_mut(out[0], from, low), low, to - from, (float)a->a,
			(float)a->b);
	}
	return SECANT_OK;
}

static secant_status
run_unary_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_unary_grad_attr *a = s->node->attr;
	const kernel_elementwise_kernels *k = kernel_elementwise_best();
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n), kind = *(const int *)s->data;
	bool low = exec_low_in(s);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		k->unary_grad(kind, kernel_at(in[0], from, low), kernel_at(in[1], from, low), kernel_at_mut(out[0], from, low),
			low, to - from, (float)a->a, (float)a->b);
	}
	return SECANT_OK;
}

void
exec_native_act(int act, const void *x, void *y, bool low, int64_t n)
{
	const op_act *t = op_act_at(act);
	if (t)
		kernel_elementwise_best()->unary(
			exec_native_unary(t->function->name), x, y, low, n, (float)t->numbers.a, (float)t->numbers.b);
}

void
exec_native_act_grad(int act, const void *v, const void *dy, void *dx, bool low, int64_t n)
{
	const op_act *t = op_act_at(act);
	if (t)
		kernel_elementwise_best()->unary_grad(
			exec_native_unary(t->function->name), v, dy, dx, low, n, (float)t->numbers.a, (float)t->numbers.b);
}

/* ---- functions of two ---- */

typedef struct pair_step {
	exec_walk walk;
	kernel_pair kind;
	int parts;
} pair_step;

static const char *const pair_names[] = { "add", "sub", "mul", "div", "maximum", "minimum", "greater", "equal", NULL };

static bool
is_real(secant_dtype d)
{
	return d == SECANT_F32 || d == SECANT_BF16;
}

static bool
supports_pair(const exec_step *s)
{
	return exec_native_supports(s) && (is_real(s->in[0].dtype) == is_real(s->in[1].dtype));
}

static secant_status
prepare_pair(exec_step *s, secant_err *err)
{
	pair_step *p = secant_calloc(1, sizeof *p);
	if (!(s->data = p))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
	while (strcmp(pair_names[p->kind], s->node->op->name))
		p->kind++;
	p->walk = exec_walk_of(s, 2);
	p->parts = exec_parts(s, exec_out_count(s, 0));
	if (is_real(s->in[0].dtype))
		exec_walk_widen(&p->walk);
	for (int i = 0; i < 2; i++)
		s->scratch += (size_t)(p->walk.repeat[i] * 4 + 63) & ~(size_t)63;
	return SECANT_OK;
}

typedef struct pair_args {
	const exec_step *s;
	kernel_pair kind;
	const void *in[3];
	void *out;
	bool low;
} pair_args;

static void
walk_pair(const void *user, const exec_walk *w, const int64_t *at, int64_t rows, int64_t n)
{
	const pair_args *p = user;
	void *y = p->kind >= KERNEL_PAIR_GREATER ? (uint8_t *)p->out + at[2] : kernel_at_mut(p->out, at[2], p->low);
	kernel_elementwise_best()->pair(p->kind, kernel_at(p->in[0], at[0], p->low), kernel_at(p->in[1], at[1], p->low), y,
		p->low, rows, n, exec_walk_steps(w, 0), exec_walk_steps(w, 1));
}

/* Comparisons of integers. */
static void
walk_any(const void *user, const exec_walk *w, const int64_t *at, int64_t rows, int64_t n)
{
	const pair_args *p = user;
	kernel_steps sa = exec_walk_steps(w, 0), sb = exec_walk_steps(w, 1);
	for (int64_t r = 0; r < rows; r++)
		for (int64_t i = 0; i < n; i++) {
			double a = exec_load_any(p->in[0], p->s->in[0].dtype, at[0] + r * sa.row + i * sa.element);
			double b = exec_load_any(p->in[1], p->s->in[1].dtype, at[1] + r * sb.row + i * sb.element);
			((uint8_t *)p->out)[at[2] + r * n + i] = p->kind == KERNEL_PAIR_GREATER ? a > b : a == b;
		}
}

/* The operand itself, or its vector repeated at *scratch. */
static const void *
repeated(const exec_walk *w, int i, const void *p, int64_t count, bool low, char **scratch)
{
	size_t bytes = (size_t)count * (low ? 2 : 4);
	char *to = *scratch;
	if (!w->repeat[i])
		return p;
	for (int64_t k = 0; k < w->repeat[i]; k += count, to += bytes)
		memcpy(to, p, bytes);
	p = *scratch;
	*scratch += (size_t)(w->repeat[i] * 4 + 63) & ~(size_t)63;
	return p;
}

static secant_status
run_pair(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const pair_step *p = s->data;
	pair_args a = { s, p->kind, { 0 }, out[0], exec_low_in(s) };
	bool real = is_real(s->in[0].dtype);
	char *room = scratch;
	for (int i = 0; i < 2; i++)
		a.in[i] = real ? repeated(&p->walk, i, in[i], exec_in_count(s, i), a.low, &room) : in[i];
	exec_walk_run(&p->walk, p->parts, real ? walk_pair : walk_any, &a);
	return SECANT_OK;
}

/* ---- where ---- */

static secant_status
prepare_where(exec_step *s, secant_err *err)
{
	pair_step *p = secant_calloc(1, sizeof *p);
	if (!(s->data = p))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of 'where'");
	p->walk = exec_walk_of(s, 3);
	p->parts = exec_parts(s, exec_out_count(s, 0));
	return SECANT_OK;
}

static void
walk_where(const void *user, const exec_walk *w, const int64_t *at, int64_t rows, int64_t n)
{
	const pair_args *p = user;
	kernel_elementwise_best()->where((const uint8_t *)p->in[0] + at[0], kernel_at(p->in[1], at[1], p->low),
		kernel_at(p->in[2], at[2], p->low), kernel_at_mut(p->out, at[3], p->low), p->low, rows, n,
		exec_walk_steps(w, 0), exec_walk_steps(w, 1), exec_walk_steps(w, 2));
}

static void
walk_where_any(const void *user, const exec_walk *w, const int64_t *at, int64_t rows, int64_t n)
{
	const pair_args *p = user;
	kernel_steps s[3] = { exec_walk_steps(w, 0), exec_walk_steps(w, 1), exec_walk_steps(w, 2) };
	size_t size = secant_dtype_size(p->s->out[0].dtype);
	for (int64_t r = 0; r < rows; r++)
		for (int64_t i = 0; i < n; i++) {
			int chosen = exec_load_any(p->in[0], p->s->in[0].dtype, at[0] + r * s[0].row + i * s[0].element) != 0 ? 1
																												  : 2;
			int64_t from = at[chosen] + r * s[chosen].row + i * s[chosen].element;
			memcpy((char *)p->out + (size_t)(at[3] + r * n + i) * size,
				(const char *)p->in[chosen] + (size_t)from * size, size);
		}
}

static secant_status
run_where(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const pair_step *p = s->data;
	pair_args a = { s, 0, { in[0], in[1], in[2] }, out[0], s->in[1].dtype == SECANT_BF16 };
	bool fast = is_real(s->in[1].dtype) && (s->in[0].dtype == SECANT_U8 || s->in[0].dtype == SECANT_BOOL);
	exec_walk_run(&p->walk, p->parts, fast ? walk_where : walk_where_any, &a);
	return SECANT_OK;
}

/* ---- prelu ---- */

static exec_wide
prelu_rows(const exec_step *s)
{
	return exec_widen(exec_rows(&s->in[0].shape), exec_last(&s->in[0].shape));
}

static secant_status
prepare_prelu(exec_step *s, secant_err *err)
{
	s->scratch = (size_t)prelu_rows(s).width * sizeof(float);
	return SECANT_OK;
}

static secant_status
run_prelu(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const float *w = in[1];
	exec_wide wide = prelu_rows(s);
	bool low = exec_low_in(s), single = exec_in_count(s, 1) == 1;
	int parts = exec_parts(s, exec_in_count(s, 0));
	if (exec_in_count(s, 0) == 0)
		return SECANT_OK;
	exec_repeat(scratch, single ? NULL : w, exec_last(&s->in[0].shape), wide.width, w[0]);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(wide.rows, parts, t), to = exec_part(wide.rows, parts, t + 1),
				full = to == wide.rows && to > from ? to - 1 : to;
		const kernel_elementwise_kernels *k = kernel_elementwise_best();
		k->prelu(kernel_at(in[0], from * wide.width, low), kernel_at_mut(out[0], from * wide.width, low), low,
			full - from, wide.width, scratch);
		if (full < to)
			k->prelu(kernel_at(in[0], full * wide.width, low), kernel_at_mut(out[0], full * wide.width, low), low, 1,
				wide.last, scratch);
	}
	return SECANT_OK;
}

/* ---- counters ---- */

static secant_status
run_count(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t n = exec_out_count(s, 0);
	for (int64_t i = 0; i < n; i++)
		switch (s->out[0].dtype) {
		case SECANT_I64: ((int64_t *)out[0])[i] = ((const int64_t *)in[0])[i] + 1; break;
		case SECANT_I32: ((int32_t *)out[0])[i] = ((const int32_t *)in[0])[i] + 1; break;
		default: ((uint8_t *)out[0])[i] = (uint8_t)(((const uint8_t *)in[0])[i] + 1); break;
		}
	return SECANT_OK;
}

static bool
supports_count(const exec_step *s)
{
	secant_dtype d = s->out[0].dtype;
	return s->in[0].dtype == d && (d == SECANT_I64 || d == SECANT_I32 || d == SECANT_U8);
}

/* ---- casts ---- */

static bool
supports_cast(const exec_step *s)
{
	return s->in[0].dtype != SECANT_F64 && s->in[0].dtype != SECANT_F16 && is_real(s->out[0].dtype);
}

static void
cast(const exec_step *s, const void *x, void *y, int64_t from, int64_t n)
{
	const kernel_elementwise_kernels *k = kernel_elementwise_best();
	secant_dtype a = s->in[0].dtype, b = s->out[0].dtype;
	if (a == b)
		memcpy(kernel_at_mut(y, from, b == SECANT_BF16), kernel_at(x, from, a == SECANT_BF16),
			(size_t)n * secant_dtype_size(a));
	else if (a == SECANT_BF16)
		k->widen((const uint16_t *)x + from, (float *)y + from, n);
	else if (a == SECANT_F32)
		k->narrow((const float *)x + from, (uint16_t *)y + from, n);
	else
		for (int64_t i = from; i < from + n; i++)
			kernel_store_real(y, i, b == SECANT_BF16, (float)exec_load_any(x, a, i));
}

static secant_status
run_cast(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t);
		cast(s, in[0], out[0], from, exec_part(n, parts, t + 1) - from);
	}
	return SECANT_OK;
}

#define UNARY(op_name) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, .prepare = prepare_unary, .run = run_unary \
	}
#define PAIR(op_name) \
	{ \
		.op = #op_name, .name = "native", .supports = supports_pair, .prepare = prepare_pair, .run = run_pair \
	}
extern const exec_impl exec_impls_native_elementwise[];
const exec_impl exec_impls_native_elementwise[] = {
	UNARY(relu),
	UNARY(relu6),
	UNARY(leaky_relu),
	UNARY(elu),
	UNARY(gelu),
	UNARY(gelu_tanh),
	UNARY(silu),
	UNARY(hardswish),
	UNARY(hardsigmoid),
	UNARY(sigmoid),
	UNARY(tanh),
	UNARY(softplus),
	UNARY(logsigmoid),
	UNARY(mish),
	UNARY(selu),
	UNARY(exp),
	UNARY(log),
	UNARY(sqrt),
	UNARY(rsqrt),
	UNARY(pow),
	UNARY(square),
	UNARY(abs),
	UNARY(erf),
	UNARY(clamp),
	UNARY(neg),
	UNARY(reciprocal),
	UNARY(add_scalar),
	UNARY(mul_scalar),
	{ .op = "unary_grad",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_unary_grad,
		.run = run_unary_grad },
	PAIR(add),
	PAIR(sub),
	PAIR(mul),
	PAIR(div),
	PAIR(maximum),
	PAIR(minimum),
	PAIR(greater),
	PAIR(equal),
	{ .op = "where", .name = "native", .supports = exec_native_supports, .prepare = prepare_where, .run = run_where },
	{ .op = "prelu", .name = "native", .supports = exec_native_supports, .prepare = prepare_prelu, .run = run_prelu },
	{ .op = "count", .name = "native", .supports = supports_count, .run = run_count },
	{ .op = "upcast", .name = "native", .supports = supports_cast, .run = run_cast },
	{ .op = "cast", .name = "native", .supports = supports_cast, .run = run_cast },
	{ .op = NULL },
};
