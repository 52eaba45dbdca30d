/*
 * Functions of one number, each an operator of its own, all made from one list; and unary_grad, dx = dy * df(v), which
 * serves them all. Formulas are PyTorch's: elu, selu (Klambauer 2017), gelu (Hendrycks 2016; exact and tanh form),
 * silu, mish (Misra 2019), hardswish and hardsigmoid (MobileNetV3), softplus with its threshold.
 *
 * A derivative is taken from the result where the result determines it, so that the input's memory is free after the
 * forward pass.
 */
#include "ops/unary.h"
#include "ops/rules.h"
#include <math.h>
#include <string.h>

#define SELU_SCALE 1.0507009873554804934193349852946
#define SELU_ALPHA 1.6732632423543772848170429916717

static double
sigmoid(double x)
{
	double e = exp(-fabs(x));
	return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static double
relu6(double x)
{
	return x < 0 ? 0 : x > 6 ? 6 : x;
}
static double
normal_cdf(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}
static double
normal_pdf(double x)
{
	return exp(-0.5 * x * x) * 0.5 * M_2_SQRTPI * M_SQRT1_2;
}
static double
gelu_inner(double x)
{
	return M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x);
}

static double
gelu_tanh_slope(double x)
{
	double t = tanh(gelu_inner(x));
	return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * M_2_SQRTPI * M_SQRT1_2 * (1 + 3 * 0.044715 * x * x);
}

static double
silu_slope(double x)
{
	double s = sigmoid(x);
	return s * (1 + x * (1 - s));
}

static double
softplus(double x)
{
	return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double
mish_slope(double x)
{
	double t = tanh(softplus(x));
	return t + x * sigmoid(x) * (1 - t * t);
}

/* U(name, attributes, cases, what the derivative comes from, f(x, a, b), df(v, a, b), brief) */
/* clang-format off */
#define UNARIES(U) \
	U(relu, none, any, OUTPUT, x < 0 ? 0 : x, v > 0, "max(x, 0)") \
	U(relu6, none, wide, OUTPUT, relu6(x), v > 0 && v < 6, "x clamped to 0..6") \
	U(leaky_relu, slope, any, OUTPUT, x > 0 ? x : a * x, v > 0 ? 1 : a, "x above 0, slope * x below") \
	U(elu, alpha, any, OUTPUT, x > 0 ? x : a * expm1(x), v > 0 ? 1 : v + a, "x above 0, alpha (exp(x) - 1) below") \
	U(gelu, none, wide, INPUT, x * normal_cdf(x), normal_cdf(v) + v * normal_pdf(v), \
	  "x times the normal distribution at x") \
	U(gelu_tanh, none, wide, INPUT, 0.5 * x * (1 + tanh(gelu_inner(x))), gelu_tanh_slope(v), \
	  "gelu, approximated by tanh") \
	U(silu, none, wide, INPUT, x * sigmoid(x), silu_slope(v), "x sigmoid(x); also called swish") \
	U(hardswish, none, wide, INPUT, x * relu6(x + 3) / 6, v <= -3 ? 0 : v < 3 ? (2 * v + 3) / 6 : 1, \
	  "x hardsigmoid(x)") \
	U(hardsigmoid, none, wide, OUTPUT, relu6(x + 3) / 6, v > 0 && v < 1 ? 1. / 6 : 0, "(x + 3) / 6 clamped to 0..1") \
	U(sigmoid, none, wide, OUTPUT, sigmoid(x), v * (1 - v), "1 / (1 + exp(-x))") \
	U(tanh, none, any, OUTPUT, tanh(x), 1 - v * v, "hyperbolic tangent") \
	U(softplus, softplus, wide, INPUT, a * x > b ? x : softplus(a * x) / a, a * v > b ? 1 : sigmoid(a * v), \
	  "log(1 + exp(beta x)) / beta") \
	U(logsigmoid, none, wide, OUTPUT, -softplus(-x), -expm1(v), "log(sigmoid(x))") \
	U(mish, none, wide, INPUT, x * tanh(softplus(x)), mish_slope(v), "x tanh(softplus(x))") \
	U(selu, none, any, OUTPUT, SELU_SCALE * (x > 0 ? x : SELU_ALPHA * expm1(x)), \
	  v > 0 ? SELU_SCALE : v + SELU_SCALE * SELU_ALPHA, \
		"self-normalising elu") \
	U(exp, none, any, OUTPUT, exp(x), v, "exponential") \
	U(log, none, positive, INPUT, log(x), 1 / v, "natural logarithm") \
	U(sqrt, none, positive, OUTPUT, sqrt(x), 0.5 / v, "square root") \
	U(rsqrt, none, positive, OUTPUT, 1 / sqrt(x), -0.5 * v * v * v, "1 / sqrt(x)") \
	U(pow, power, power, INPUT, pow(x, a), a == 0 ? 0 : a * pow(v, a - 1), "x to a fixed power") \
	U(square, none, any, INPUT, x * x, 2 * v, "x squared") \
	U(abs, none, any, INPUT, fabs(x), (v > 0) - (v < 0), "absolute value") \
	U(erf, none, any, INPUT, erf(x), M_2_SQRTPI * exp(-v * v), "error function") \
	U(clamp, clamp, clamp, INPUT, x < a ? a : x > b ? b : x, v >= a && v <= b, "x limited to min..max") \
	U(neg, none, any, NOTHING, -x, -1, "-x") \
	U(reciprocal, none, positive, OUTPUT, 1 / x, -v * v, "1 / x") \
	U(add_scalar, addend, number, NOTHING, x + a, 1, "x plus a fixed number") \
	U(mul_scalar, factor, number, NOTHING, x * a, a, "x times a fixed number")
/* clang-format on */

#define U(nam, ...) UNARY_##nam,
enum { UNARIES(U) UNARY_COUNT };
#undef U

#define U(nam, attr, cases, from, fx, dfx, text) \
	static double nam##_f(double x, double a, double b) \
	{ \
		(void)a, (void)b; \
		return fx; \
	} \
	static double nam##_df(double v, double a, double b) \
	{ \
		(void)v, (void)a, (void)b; \
		return dfx; \
	}
UNARIES(U)
#undef U

#define U(nam, attr, cases, from, fx, dfx, text) \
	extern const op_unary op_unary_##nam; \
	const op_unary op_unary_##nam = { #nam, nam##_f, nam##_df, OP_FROM_##from };
UNARIES(U)
#undef U

static const op_unary *const table[] = {
#define U(nam, ...) &op_unary_##nam,
	UNARIES(U)
#undef U
};

const op_unary *
op_unary_at(int i)
{
	return i >= 0 && i < UNARY_COUNT ? table[i] : NULL;
}

int
op_unary_find(const char *name)
{
	for (int i = 0; i < UNARY_COUNT; i++)
		if (!strcmp(table[i]->name, name))
			return i;
	return -1;
}

static void
unary_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const op_number_attr *t = n->attr;
	int kind = op_unary_find(n->op->name);
	const op_unary *u = op_unary_at(kind);
	if (!wants[0])
		return;
	if (u->from == OP_FROM_NOTHING) {
		double slope = u->df(0, t->a, t->b);
		dx[0] = slope == 1 ? dy[0] : op_build_number(g, "mul_scalar", slope, dy[0]);
		return;
	}
	op_unary_grad_attr attr = { kind, t->a, t->b };
	dx[0] = graph_apply(g, "unary_grad", &attr, 2, u->from == OP_FROM_OUTPUT ? n->out[0] : n->in[0], dy[0]);
}

static void
apply_unary(const graph_reference *r, int kind)
{
	const op_number_attr *t = r->attr;
	int64_t n = secant_shape_count(&r->out_shape[0]);
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = table[kind]->f(r->in[0][i], t->a, t->b);
}

static void
unary_grad_reference(const graph_reference *r)
{
	const op_unary_grad_attr *t = r->attr;
	int64_t n = secant_shape_count(&r->out_shape[0]);
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = r->in[1][i] * table[t->kind]->df(r->in[0][i], t->a, t->b);
}

/* ---- attributes: all are op_number_attr, whatever they are called ---- */

#define NUMBER(field, name, def, lo, hi, help) SECANT_OPT(op_number_attr, field, REAL, name, def, lo, hi, help)
static const secant_opt none_rows[] = { SECANT_OPT_END };
static const secant_opt slope_rows[] = { NUMBER(a, "slope", "0.01", 0, 1e6, "slope below 0"), SECANT_OPT_END };
static const secant_opt alpha_rows[] = { NUMBER(a, "alpha", "1", 0, 1e6, "limit far below 0, negated"),
	SECANT_OPT_END };
static const secant_opt power_rows[] = { NUMBER(a, "exponent", "2", 1, 0, "the power"), SECANT_OPT_END };
static const secant_opt addend_rows[] = { NUMBER(a, "value", "0", 1, 0, "what is added"), SECANT_OPT_END };
static const secant_opt factor_rows[] = { NUMBER(a, "value", "1", 1, 0, "what x is multiplied with"), SECANT_OPT_END };
static const secant_opt softplus_rows[] = {
	NUMBER(a, "beta", "1", 1e-6, 1e6, "sharpness"),
	NUMBER(b, "threshold", "20", 0, 1e6, "beta x above this: y = x"),
	SECANT_OPT_END,
};
static const secant_opt clamp_rows[] = {
	NUMBER(a, "min", "0", 1, 0, "lower limit"),
	NUMBER(b, "max", "1", 1, 0, "upper limit"),
	SECANT_OPT_END,
};
#define ATTR(nam) static const secant_opts nam##_attr = { #nam, sizeof(op_number_attr), nam##_rows };
/* clang-format off */
ATTR(none) ATTR(slope) ATTR(alpha) ATTR(power) ATTR(addend) ATTR(factor) ATTR(softplus) ATTR(clamp)
/* clang-format on */

#define U(nam, ...) "|" #nam
	static const secant_opt unary_grad_rows[] = {
		SECANT_OPT_CHOICE(
			op_unary_grad_attr, kind, "kind", "relu", &UNARIES(U)[1], "the function this is the derivative of"),
		SECANT_OPT(op_unary_grad_attr, a, REAL, "a", "0", 1, 0, "its first number"),
		SECANT_OPT(op_unary_grad_attr, b, REAL, "b", "0", 1, 0, "its second number"),
		SECANT_OPT_END,
	};
#undef U
static const secant_opts unary_grad_attr = { "unary_grad", sizeof(op_unary_grad_attr), unary_grad_rows };

static const graph_op_case any_cases[] = {
	{ "map", "", "2x3x4x5" },
	{ "37 numbers", "", "37" },
	{ "one", "", "scalar" },
	{ "empty", "", "0x3" },
	{ 0 },
};
static const graph_op_case wide_cases[] = {
	{ "map", "", "2x3x4x5@-8:8" },
	{ "37 numbers", "", "37@-8:8" },
	{ "empty", "", "0x3" },
	{ 0 },
};
static const graph_op_case positive_cases[] = {
	{ "map", "", "2x3x4x5@0.2:2" },
	{ "37 numbers", "", "37@0.2:2" },
	{ "empty", "", "0x3" },
	{ 0 },
};
static const graph_op_case power_cases[] = {
	{ "cube", "exponent=3", "2x3x4x5" },
	{ "root", "exponent=0.75", "37@0.2:2" },
	{ "zero", "exponent=0", "5" },
	{ 0 },
};
static const graph_op_case clamp_cases[] = { { "map", "min=-0.3 max=0.5", "2x3x4x5" },
	{ "37 numbers", "min=-0.3 max=0.5", "37" }, { 0 } };
static const graph_op_case number_cases[] = { { "map", "value=-1.5", "2x3x4x5" }, { "37 numbers", "value=0.25", "37" },
	{ 0 } };
static const graph_op_case unary_grad_cases[] = {
	{ "relu", "kind=relu", "2x3x4x5 2x3x4x5" },
	{ "sigmoid", "kind=sigmoid", "37@0.1:0.9 37" },
	{ "silu", "kind=silu", "2x3x4x5@-8:8 2x3x4x5" },
	{ "gelu", "kind=gelu", "2x3x4x5@-8:8 2x3x4x5" },
	{ "hardswish", "kind=hardswish", "37@-8:8 37" },
	{ "relu6", "kind=relu6", "37@-8:8 37" },
	{ "leaky relu", "kind=leaky_relu a=0.2", "37 37" },
	{ "pow", "kind=pow a=3", "37 37" },
	{ "empty", "", "0x3 0x3" },
	{ 0 },
};

const graph_op op_unary_grad = {
	.name = "unary_grad",
	.brief = "derivative of a function of one number, times dy",
	.attr = &unary_grad_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real real=0",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 3,
	.low_out = 1,
	.commutes = true,
	.shape = op_shape_like_pair,
	.reference = unary_grad_reference,
	.cases = unary_grad_cases,
};

#define U(nam, at, cas, from, fx, dfx, text) \
	static void nam##_reference(const graph_reference *r) { apply_unary(r, UNARY_##nam); } \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.attr = &at##_attr, \
		.min_in = 1, \
		.max_in = 1, \
		.takes = "real", \
		.n_out = 1, \
		.low = GRAPH_LOW_FOLLOWS, \
		.low_in = 1, \
		.low_out = 1, \
		.commutes = true, \
		.shape = op_shape_like, \
		.grad = unary_rule, \
		.reference = nam##_reference, \
		.again = graph_op_again, \
		.cases = cas##_cases, \
	};
UNARIES(U)
