/* Operators that work number by number: one input, two with broadcasting, any number of them. See eval.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

/* ---- one input ---- */

typedef struct unary {
	const char *op;
	double (*real)(double x, const double *p);
	int64_t (*whole)(int64_t x); /* integers; NULL: there are none */
	const char *attr[2]; /* p[0], p[1] */
	double otherwise[2];
} unary;

#define REAL(NAME, EXPRESSION) \
	static double NAME(double x, const double *p) \
	{ \
		(void)p; \
		return EXPRESSION; \
	}
REAL(r_abs, fabs(x))
REAL(r_acos, acos(x))
REAL(r_acosh, acosh(x))
REAL(r_asin, asin(x))
REAL(r_asinh, asinh(x))
REAL(r_atan, atan(x))
REAL(r_atanh, atanh(x))
REAL(r_ceil, ceil(x))
REAL(r_cos, cos(x))
REAL(r_cosh, cosh(x))
REAL(r_celu, x > 0 ? x : p[0] * expm1(x / p[0]))
REAL(r_elu, x < 0 ? p[0] * expm1(x) : x)
REAL(r_erf, erf(x))
REAL(r_exp, exp(x))
REAL(r_floor, floor(x))
REAL(r_hardsigmoid, isnan(x) ? x : fmax(0, fmin(1, p[0] * x + p[1])))
REAL(r_hardswish, x *fmax(0, fmin(1, x / 6 + 0.5)))
REAL(r_leakyrelu, x < 0 ? p[0] * x : x)
REAL(r_log, log(x))
REAL(r_softplus, x > 40 ? x : log1p(exp(x)))
REAL(r_mish, x *tanh(x > 40 ? x : log1p(exp(x))))
REAL(r_neg, -x)
REAL(r_reciprocal, 1 / x)
REAL(r_relu, x < 0 ? 0 : x)
REAL(r_round, nearbyint(x))
REAL(r_selu, x > 0 ? p[1] * x : p[1] * (p[0] * exp(x) - p[0]))
REAL(r_shrink, x<-p[1] ? x + p[0] : x> p[1] ? x - p[0] : 0)
REAL(r_sigmoid, 1 / (1 + exp(-x)))
REAL(r_sign, x > 0 ? 1 : x < 0 ? -1 : x)
REAL(r_sin, sin(x))
REAL(r_sinh, sinh(x))
REAL(r_softsign, x / (1 + fabs(x)))
REAL(r_sqrt, sqrt(x))
REAL(r_tan, tan(x))
REAL(r_tanh, tanh(x))
REAL(r_thresholded, x > p[0] ? x : 0)
REAL(r_swish, x / (1 + exp(-p[0] * x)))
REAL(r_identity, x)

#define WHOLE(NAME, EXPRESSION) \
	static int64_t NAME(int64_t x) { return EXPRESSION; }
WHOLE(w_abs, x < 0 ? (int64_t)(0 - (uint64_t)x) : x)
WHOLE(w_neg, (int64_t)(0 - (uint64_t)x))
WHOLE(w_relu, x < 0 ? 0 : x)
WHOLE(w_sign, x > 0 ? 1 : x < 0 ? -1 : 0)
WHOLE(w_not, !x)
WHOLE(w_bitnot, ~x)
WHOLE(w_identity, x)

static const unary unaries[] = {
	{ "Abs", r_abs, w_abs },
	{ "Acos", r_acos },
	{ "Acosh", r_acosh },
	{ "Asin", r_asin },
	{ "Asinh", r_asinh },
	{ "Atan", r_atan },
	{ "Atanh", r_atanh },
	{ "Ceil", r_ceil, w_identity },
	{ "Cos", r_cos },
	{ "Cosh", r_cosh },
	{ "Celu", r_celu, NULL, { "alpha" }, { 1 } },
	{ "Elu", r_elu, NULL, { "alpha" }, { 1 } },
	{ "Erf", r_erf },
	{ "Exp", r_exp },
	{ "Floor", r_floor, w_identity },
	{ "HardSigmoid", r_hardsigmoid, NULL, { "alpha", "beta" }, { 0.2f, 0.5 } },
	{ "HardSwish", r_hardswish },
	{ "LeakyRelu", r_leakyrelu, NULL, { "alpha" }, { 0.01f } },
	{ "Log", r_log },
	{ "Mish", r_mish },
	{ "Neg", r_neg, w_neg },
	{ "Reciprocal", r_reciprocal },
	{ "Relu", r_relu, w_relu },
	{ "Round", r_round, w_identity },
	{ "Selu", r_selu, NULL, { "alpha", "gamma" }, { 1.67326319217681884765625, 1.05070102214813232421875 } },
	{ "Shrink", r_shrink, NULL, { "bias", "lambd" }, { 0, 0.5 } },
	{ "Sigmoid", r_sigmoid },
	{ "Sign", r_sign, w_sign },
	{ "Sin", r_sin },
	{ "Sinh", r_sinh },
	{ "Softplus", r_softplus },
	{ "Softsign", r_softsign },
	{ "Sqrt", r_sqrt },
	{ "Tan", r_tan },
	{ "Tanh", r_tanh },
	{ "ThresholdedRelu", r_thresholded, NULL, { "alpha" }, { 1 } },
	{ "Swish", r_swish, NULL, { "alpha" }, { 1 } },
	{ "Not", r_identity, w_not },
	{ "BitwiseNot", NULL, w_bitnot },
	{ NULL },
};

/* How many numbers are converted at a time. */
enum { CHUNK = 1024 };

secant_status
onnx_eval_unary(onnx_call *c)
{
	const unary *u = unaries;
	onnx_tensor *x = onnx_in(c, 0);
	while (u->op && strcmp(u->op, c->node->op))
		u++;
	onnx_tensor *y = x && u->op ? onnx_out_like(c, 0, x->type, x) : NULL;
	if (!y)
		return c->err->code;
	double p[2];
	for (int i = 0; i < 2; i++)
		p[i] = u->attr[i] ? onnx_attr_real(c, u->attr[i], u->otherwise[i]) : 0;
	bool real = format_onnx_type_is_real(x->type);
	/* alpha = 0 of Celu, and the like, give NaN as the formula does. */
	if ((real && !u->real) || (!real && !u->whole && !u->real))
		return onnx_fail(c, SECANT_ERR_FORMAT, "takes no %s", format_onnx_type_name(x->type));
	int64_t n = format_onnx_count(x);
	for (int64_t i = 0; i < n; i += CHUNK) {
		int64_t m = n - i < CHUNK ? n - i : CHUNK;
		double v[CHUNK];
		int64_t w[CHUNK];
		if (!real && u->whole) {
			format_onnx_get_ints(x, i, m, w);
			for (int64_t k = 0; k < m; k++)
				w[k] = u->whole(w[k]);
			format_onnx_put_ints(y, i, m, w);
			continue;
		}
		format_onnx_get_reals(x, i, m, v);
		for (int64_t k = 0; k < m; k++)
			v[k] = u->real(v[k], p);
		format_onnx_put_reals(y, i, m, v);
	}
	return SECANT_OK;
}

secant_status
onnx_eval_gelu(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	bool tanh_form = !strcmp(onnx_attr_text(c, "approximate", "none"), "tanh");
	for (int64_t i = 0; v && i < format_onnx_count(x); i++)
		v[i] = tanh_form ? 0.5 * v[i] * (1 + tanh(0.7978845608028654 * (v[i] + 0.044715 * v[i] * v[i] * v[i])))
						 : 0.5 * v[i] * (1 + erf(v[i] * 0.7071067811865476));
	return v ? onnx_give_reals(c, 0, x->type, x->rank, x->dim, v) : c->err->code;
}

secant_status
onnx_eval_clip(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	if (!x)
		return c->err->code;
	int64_t n = format_onnx_count(x);
	if (!format_onnx_type_is_real(x->type)) {
		int64_t *v = onnx_ints(c, 0), *lo = onnx_has(c, 1) ? onnx_ints(c, 1) : NULL,
				*hi = onnx_has(c, 2) ? onnx_ints(c, 2) : NULL;
		for (int64_t i = 0; v && i < n; i++) {
			v[i] = lo && v[i] < *lo ? *lo : v[i];
			v[i] = hi && v[i] > *hi ? *hi : v[i];
		}
		return v ? onnx_give_ints(c, 0, x->type, x->rank, x->dim, v) : c->err->code;
	}
	double low = -INFINITY, high = INFINITY;
	if (c->opset < 11) {
		low = onnx_attr_real(c, "min", low);
		high = onnx_attr_real(c, "max", high);
	} else {
		if (onnx_has(c, 1) && onnx_in(c, 1) && format_onnx_count(c->in[1]))
			format_onnx_get_reals(c->in[1], 0, 1, &low);
		if (onnx_has(c, 2) && onnx_in(c, 2) && format_onnx_count(c->in[2]))
			format_onnx_get_reals(c->in[2], 0, 1, &high);
	}
	double *v = onnx_reals(c, 0);
	for (int64_t i = 0; v && i < n; i++) {
		v[i] = v[i] < low ? low : v[i];
		v[i] = v[i] > high ? high : v[i];
	}
	return v ? onnx_give_reals(c, 0, x->type, x->rank, x->dim, v) : c->err->code;
}

secant_status
onnx_eval_is(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	bool nan = !strcmp(c->node->op, "IsNaN");
	bool plus = onnx_attr_int(c, "detect_positive", 1), minus = onnx_attr_int(c, "detect_negative", 1);
	for (int64_t i = 0; v && i < format_onnx_count(x); i++)
		v[i] = nan ? isnan(v[i]) : isinf(v[i]) && (v[i] > 0 ? plus : minus);
	return v ? onnx_give_reals(c, 0, FORMAT_ONNX_BOOL, x->rank, x->dim, v) : c->err->code;
}

/* ---- two inputs ---- */

typedef struct binary {
	const char *op;
	double (*real)(double x, double y);
	int64_t (*whole)(int64_t x, int64_t y, bool plain); /* plain: unsigned 64-bit */
	bool logical; /* gives bool */
} binary;

#define REAL2(NAME, EXPRESSION) \
	static double NAME(double x, double y) { return EXPRESSION; }
#define WHOLE2(NAME, EXPRESSION) \
	static int64_t NAME(int64_t x, int64_t y, bool plain) \
	{ \
		(void)plain; \
		return EXPRESSION; \
	}
REAL2(r_add, x + y)
REAL2(r_sub, x - y)
REAL2(r_mul, x *y)
REAL2(r_div, x / y)
REAL2(r_prelu, x < 0 ? x * y : x)
REAL2(r_equal, x == y)
REAL2(r_greater, x > y)
REAL2(r_greater_equal, x >= y)
REAL2(r_less, x < y)
REAL2(r_less_equal, x <= y)
REAL2(r_max, isnan(x) || x > y ? x : y)
REAL2(r_min, isnan(x) || x < y ? x : y)
WHOLE2(w_add, (int64_t)((uint64_t)x + (uint64_t)y))
WHOLE2(w_sub, (int64_t)((uint64_t)x - (uint64_t)y))
WHOLE2(w_mul, (int64_t)((uint64_t)x *(uint64_t)y))
WHOLE2(w_div, !y ? 0 : plain ? (int64_t)((uint64_t)x / (uint64_t)y) : y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y)
WHOLE2(w_prelu, x < 0 ? x * y : x)
WHOLE2(w_equal, x == y)
WHOLE2(w_greater, plain ? (uint64_t)x > (uint64_t)y : x > y)
WHOLE2(w_greater_equal, plain ? (uint64_t)x >= (uint64_t)y : x >= y)
WHOLE2(w_less, plain ? (uint64_t)x < (uint64_t)y : x < y)
WHOLE2(w_less_equal, plain ? (uint64_t)x <= (uint64_t)y : x <= y)
WHOLE2(w_max, (plain ? (uint64_t)x > (uint64_t)y : x > y) ? x : y)
WHOLE2(w_min, (plain ? (uint64_t)x < (uint64_t)y : x < y) ? x : y)
WHOLE2(w_and, x &&y)
WHOLE2(w_or, x || y)
WHOLE2(w_xor, !x != !y)
WHOLE2(w_bitand, x &y)
WHOLE2(w_bitor, x | y)
WHOLE2(w_bitxor, x ^ y)
WHOLE2(w_left, y<0 || y> 63 ? 0 : (int64_t)((uint64_t)x << y))
WHOLE2(w_right, y<0 || y> 63 ? 0 : (int64_t)((uint64_t)x >> y))

/* Mod: Python's sign for integers unless fmod = 1, which C's fmod is; fmod is a must for reals. */
static int64_t
w_mod(int64_t x, int64_t y, bool plain)
{
	if (!y || (y == -1 && !plain))
		return 0;
	if (plain)
		return (int64_t)((uint64_t)x % (uint64_t)y);
	int64_t r = x % y;
	return r && (r < 0) != (y < 0) ? r + y : r;
}
WHOLE2(w_fmod, !y || y == -1 ? 0 : plain ? (int64_t)((uint64_t)x % (uint64_t)y) : x % y)
REAL2(r_fmod, fmod(x, y))

static int64_t
w_pow(int64_t x, int64_t y, bool plain)
{
	uint64_t r = 1, b = (uint64_t)x;
	if (y < 0 && !plain)
		return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
	for (uint64_t e = (uint64_t)y; e; e >>= 1, b *= b)
		r *= e & 1 ? b : 1;
	return (int64_t)r;
}

static const binary binaries[] = {
	{ "Add", r_add, w_add },
	{ "Sub", r_sub, w_sub },
	{ "Mul", r_mul, w_mul },
	{ "Div", r_div, w_div },
	{ "PRelu", r_prelu, w_prelu },
	{ "Equal", r_equal, w_equal, true },
	{ "Greater", r_greater, w_greater, true },
	{ "GreaterOrEqual", r_greater_equal, w_greater_equal, true },
	{ "Less", r_less, w_less, true },
	{ "LessOrEqual", r_less_equal, w_less_equal, true },
	{ "And", NULL, w_and, true },
	{ "Or", NULL, w_or, true },
	{ "Xor", NULL, w_xor, true },
	{ "BitwiseAnd", NULL, w_bitand },
	{ "BitwiseOr", NULL, w_bitor },
	{ "BitwiseXor", NULL, w_bitxor },
	{ "Max", r_max, w_max },
	{ "Min", r_min, w_min },
	{ "Sum", r_add, w_add },
	{ "Mean", r_add, NULL },
	{ NULL },
};

/* The shape of input 1 as operator sets before 7 broadcast it: attribute `broadcast`, beginning at `axis`. */
static onnx_tensor
old_broadcast(onnx_call *c, const onnx_tensor *a, const onnx_tensor *b)
{
	onnx_tensor t = *b;
	int64_t axis = onnx_attr_int(c, "axis", a->rank - b->rank);
	if (c->opset >= 7 || !onnx_attr_int(c, "broadcast", 0))
		return t;
	if (axis < 0)
		axis += a->rank;
	if (axis < 0 || axis + b->rank > a->rank)
		return t;
	t.rank = a->rank;
	for (int i = 0; i < a->rank; i++)
		t.dim[i] = i < axis || i >= axis + b->rank ? 1 : b->dim[i - axis];
	return t;
}

/* y = f(a, b), both broadcast. `type`: of the result. */
static secant_status
combine(onnx_call *c, onnx_tensor **y, const onnx_tensor *a, const onnx_tensor *b, const binary *f, int type)
{
	int rank;
	int64_t dim[FORMAT_ONNX_RANK], sa[FORMAT_ONNX_RANK], sb[FORMAT_ONNX_RANK];
	if (!onnx_broadcast(c, a->rank, a->dim, b->rank, b->dim, &rank, dim))
		return c->err->code;
	bool real = format_onnx_type_is_real(a->type), plain = a->type == FORMAT_ONNX_UINT64;
	if (real ? !f->real : !f->whole)
		return onnx_fail(c, SECANT_ERR_FORMAT, "takes no %s", format_onnx_type_name(a->type));
	secant_err own = { 0 };
	*y = format_onnx_tensor_new(type, rank, dim, c->walk->limit, &own);
	if (!*y)
		return onnx_fail(c, own.code, "%s", own.msg);
	onnx_broadcast_strides(a, rank, dim, sa);
	onnx_broadcast_strides(b, rank, dim, sb);
	int64_t n = format_onnx_count(*y);
	if (onnx_spend(c, (double)n))
		return c->err->code;
	for (int64_t i = 0; i < n; i++) {
		int64_t ia = onnx_place(i, rank, dim, sa), ib = onnx_place(i, rank, dim, sb), u, v;
		double x, z;
		if (real) {
			format_onnx_get_reals(a, ia, 1, &x);
			format_onnx_get_reals(b, ib, 1, &z);
			x = f->real(x, z);
			format_onnx_put_reals(*y, i, 1, &x);
		} else {
			format_onnx_get_ints(a, ia, 1, &u);
			format_onnx_get_ints(b, ib, 1, &v);
			u = f->whole(u, v, plain);
			format_onnx_put_ints(*y, i, 1, &u);
		}
	}
	return SECANT_OK;
}

static secant_status
with_two(onnx_call *c, const binary *f)
{
	onnx_tensor *a = onnx_in(c, 0), *b = onnx_in(c, 1), *y = NULL;
	if (!a || !b)
		return c->err->code;
	onnx_tensor shaped = old_broadcast(c, a, b);
	/* PRelu: the slope broadcasts to x, and before operator set 7 it lies along the channels. */
	if (!strcmp(c->node->op, "PRelu") && c->opset < 7 && b->rank == 1 && a->rank > 1 && b->dim[0] == a->dim[1]) {
		shaped.rank = a->rank;
		for (int i = 0; i < a->rank; i++)
			shaped.dim[i] = i == 1 ? b->dim[0] : 1;
	}
	secant_status s = combine(c, &y, a, &shaped, f, f->logical ? FORMAT_ONNX_BOOL : a->type);
	if (!s)
		onnx_give(c, 0, y);
	format_onnx_tensor_drop(y);
	return s;
}

secant_status
onnx_eval_binary(onnx_call *c)
{
	const binary *f = binaries;
	while (f->op && strcmp(f->op, c->node->op))
		f++;
	return with_two(c, f);
}

secant_status
onnx_eval_mod(onnx_call *c)
{
	bool as_c = onnx_attr_int(c, "fmod", 0);
	return with_two(c, &(binary){ "Mod", r_fmod, as_c ? w_fmod : w_mod, false });
}

secant_status
onnx_eval_bitshift(onnx_call *c)
{
	const char *way = onnx_attr_text(c, "direction", "");
	if (strcmp(way, "LEFT") && strcmp(way, "RIGHT"))
		return onnx_fail(c, SECANT_ERR_FORMAT, "direction '%.20s'", way);
	return with_two(c, &(binary){ "BitShift", NULL, *way == 'L' ? w_left : w_right, false });
}

secant_status
onnx_eval_pow(onnx_call *c)
{
	onnx_tensor *a = onnx_in(c, 0), *b = onnx_in(c, 1);
	if (!a || !b)
		return c->err->code;
	if (!format_onnx_type_is_real(a->type) && !format_onnx_type_is_real(b->type))
		return with_two(c, &(binary){ "Pow", NULL, w_pow, false });
	int rank;
	int64_t dim[FORMAT_ONNX_RANK], sa[FORMAT_ONNX_RANK], sb[FORMAT_ONNX_RANK];
	onnx_tensor shaped = old_broadcast(c, a, b);
	double *x = onnx_reals(c, 0), *e = onnx_reals(c, 1);
	if (!x || !e || !onnx_broadcast(c, a->rank, a->dim, shaped.rank, shaped.dim, &rank, dim))
		return c->err->code;
	onnx_broadcast_strides(a, rank, dim, sa);
	onnx_broadcast_strides(&shaped, rank, dim, sb);
	onnx_tensor *y = onnx_out(c, 0, a->type, rank, dim);
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		double v = pow(x[onnx_place(i, rank, dim, sa)], e[onnx_place(i, rank, dim, sb)]);
		format_onnx_put_reals(y, i, 1, &v);
	}
	return c->err->code;
}

/* ---- any number of inputs ---- */

secant_status
onnx_eval_variadic(onnx_call *c)
{
	const binary *f = binaries;
	while (f->op && strcmp(f->op, c->node->op))
		f++;
	onnx_tensor *sum = format_onnx_tensor_hold(onnx_in(c, 0)), *next;
	if (!sum)
		return c->err->code;
	secant_status s = SECANT_OK;
	for (int i = 1; i < c->n_in && !s; i++) {
		onnx_tensor *x = onnx_in(c, i);
		next = NULL;
		s = x ? combine(c, &next, sum, x, f, sum->type) : c->err->code;
		format_onnx_tensor_drop(sum);
		sum = next;
	}
	if (!s && !strcmp(f->op, "Mean") && c->n_in > 1)
		for (int64_t i = 0; i < format_onnx_count(sum); i++) {
			double v;
			format_onnx_get_reals(sum, i, 1, &v);
			v /= c->n_in;
			format_onnx_put_reals(sum, i, 1, &v);
		}
	if (!s)
		onnx_give(c, 0, sum);
	format_onnx_tensor_drop(sum);
	return s;
}

secant_status
onnx_eval_where(onnx_call *c)
{
	onnx_tensor *p = onnx_in(c, 0), *a = onnx_in(c, 1), *b = onnx_in(c, 2);
	int rank;
	int64_t dim[FORMAT_ONNX_RANK], sp[FORMAT_ONNX_RANK], sa[FORMAT_ONNX_RANK], sb[FORMAT_ONNX_RANK];
	if (!p || !a || !b || !onnx_broadcast(c, a->rank, a->dim, b->rank, b->dim, &rank, dim)
		|| !onnx_broadcast(c, p->rank, p->dim, rank, dim, &rank, dim))
		return c->err->code;
	if (a->type != b->type)
		return onnx_fail(c, SECANT_ERR_FORMAT, "chooses between %s and %s", format_onnx_type_name(a->type),
			format_onnx_type_name(b->type));
	onnx_broadcast_strides(p, rank, dim, sp);
	onnx_broadcast_strides(a, rank, dim, sa);
	onnx_broadcast_strides(b, rank, dim, sb);
	onnx_tensor *y = onnx_out(c, 0, a->type, rank, dim);
	for (int64_t i = 0, n = y ? format_onnx_count(y) : 0; i < n; i++) {
		int64_t yes;
		format_onnx_get_ints(p, onnx_place(i, rank, dim, sp), 1, &yes);
		if (yes)
			onnx_copy(y, i, a, onnx_place(i, rank, dim, sa));
		else
			onnx_copy(y, i, b, onnx_place(i, rank, dim, sb));
	}
	return c->err->code;
}

/* ---- types ---- */

static secant_status
cast(onnx_call *c, int type)
{
	onnx_tensor *x = onnx_in(c, 0);
	onnx_tensor *y = x ? onnx_out_like(c, 0, type, x) : NULL;
	if (!y)
		return c->err->code;
	int64_t n = format_onnx_count(x);
	for (int64_t i = 0; i < n; i += CHUNK) {
		int64_t m = n - i < CHUNK ? n - i : CHUNK;
		double v[CHUNK];
		int64_t w[CHUNK];
		if (format_onnx_type_is_real(x->type)) {
			format_onnx_get_reals(x, i, m, v);
			format_onnx_put_reals(y, i, m, v);
		} else {
			format_onnx_get_ints(x, i, m, w);
			format_onnx_put_ints(y, i, m, w);
		}
	}
	return SECANT_OK;
}

secant_status
onnx_eval_cast(onnx_call *c)
{
	const format_onnx_attr *a = onnx_attr(c, "to");
	if (!a || a->i < 1 || a->i > 100)
		return onnx_fail(c, SECANT_ERR_FORMAT, "does not say to which type");
	return cast(c, (int)a->i);
}

secant_status
onnx_eval_cast_like(onnx_call *c)
{
	onnx_tensor *like = onnx_in(c, 1);
	return like ? cast(c, like->type) : c->err->code;
}
