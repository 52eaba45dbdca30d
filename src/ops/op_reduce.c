/*
 * Reductions over axes (all when none is named): sum, mean, amax, amin, var, norm2 (root of the sum of squares);
 * sum_to, which undoes broadcasting; and global_norm, the norm of any number of tensors together. Sums are f32 in every
 * plan, means and extrema follow their input.
 *
 * The gradient of an extremum goes in equal shares to all numbers that attain it, as PyTorch's amax. That of norm2 is 0
 * at 0. The mean of nothing is not a number.
 */
#include "ops/rules.h"
#include <math.h>

/* The kept axes and the reduced ones, neighbours of one kind joined, each with its strides. */
typedef struct axes {
	int n;
	int64_t extent[SECANT_MAX_RANK], stride[SECANT_MAX_RANK], count;
} axes;
typedef struct walk {
	axes kept, reduced;
} walk;

static walk
walk_of(const secant_shape *x, const bool flag[SECANT_MAX_RANK])
{
	walk w = { .kept.count = 1, .reduced.count = 1 };
	int64_t stride[SECANT_MAX_RANK] = { 0 };
	op_strides(x, stride);
	for (int i = 0; i < x->rank; i++) {
		axes *a = flag[i] ? &w.reduced : &w.kept;
		bool joins = i && flag[i] == flag[i - 1];
		if (!joins)
			a->extent[a->n++] = 1;
		a->extent[a->n - 1] *= x->dim[i];
		a->stride[a->n - 1] = stride[i];
		a->count *= x->dim[i];
	}
	return w;
}

static int64_t
place(const axes *a, int64_t i)
{
	int64_t at = 0;
	for (int k = a->n - 1; k > 0; k--) {
		at += i % a->extent[k] * a->stride[k];
		i /= a->extent[k];
	}
	return a->n ? at + i * a->stride[0] : 0;
}

/* f makes one number of the numbers at x[place(reduced, 0..count-1)]. */
typedef double (*reducer)(const double *x, const axes *reduced, const void *attr);

static void
reduce(const graph_reference *r, const bool flag[SECANT_MAX_RANK], reducer f)
{
	walk w = walk_of(&r->in_shape[0], flag);
	OP_PARALLEL
	for (int64_t i = 0; i < w.kept.count; i++)
		r->out[0][i] = f(r->in[0] + place(&w.kept, i), &w.reduced, r->attr);
}

static double
add_up(const double *x, const axes *a, const void *attr)
{
	double sum = 0;
	for (int64_t i = 0; i < a->count; i++)
		sum += x[place(a, i)];
	return sum;
}

static double
average(const double *x, const axes *a, const void *attr)
{
	return add_up(x, a, attr) / (double)a->count;
}

static double
largest(const double *x, const axes *a, const void *attr)
{
	double best = -INFINITY;
	for (int64_t i = 0; i < a->count && !isnan(best); i++)
		best = x[place(a, i)] <= best ? best : x[place(a, i)];
	return best;
}

static double
smallest(const double *x, const axes *a, const void *attr)
{
	double best = INFINITY;
	for (int64_t i = 0; i < a->count && !isnan(best); i++)
		best = x[place(a, i)] >= best ? best : x[place(a, i)];
	return best;
}

static double
variance(const double *x, const axes *a, const void *attr)
{
	double mean = average(x, a, attr), sum = 0;
	for (int64_t i = 0; i < a->count; i++)
		sum += (x[place(a, i)] - mean) * (x[place(a, i)] - mean);
	return sum / (double)(a->count - ((const op_var_attr *)attr)->correction);
}

static double
norm(const double *x, const axes *a, const void *attr)
{
	double sum = 0;
	for (int64_t i = 0; i < a->count; i++)
		sum += x[place(a, i)] * x[place(a, i)];
	return sqrt(sum);
}

/* op_var_attr starts like op_axes_attr: the rules below read axes and keepdim of both through here. */
static op_axes_attr
axes_of(const graph_node *n)
{
	const op_var_attr *v = n->attr;
	const op_axes_attr *a = n->attr;
	return n->op->attr->size == sizeof *v ? (op_axes_attr){ v->axes, v->keepdim } : *a;
}

static secant_status
reduced_shape(const graph_signature *s, const secant_ints *named, bool keepdim, secant_err *err)
{
	bool flag[SECANT_MAX_RANK];
	if (op_want_real(s, 0, err) || op_axes_flags(named, &s->in[0].shape, flag, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = op_shape_reduced(&s->in[0].shape, flag, keepdim);
	return SECANT_OK;
}

static secant_status
reduce_shape(const graph_signature *s, secant_err *err)
{
	const op_axes_attr *a = s->attr;
	return reduced_shape(s, &a->axes, a->keepdim, err);
}

/* An extremum wants at least one number. */
static secant_status
extremum_shape(const graph_signature *s, secant_err *err)
{
	char text[96];
	if (reduce_shape(s, err))
		return SECANT_ERR_SHAPE;
	if (secant_shape_count(&s->in[0].shape) == 0 && secant_shape_count(&s->out[0].shape) > 0)
		return secant_fail(err, SECANT_ERR_SHAPE, "no number to choose from in %s",
			secant_shape_text(&s->in[0].shape, text, sizeof text));
	return SECANT_OK;
}

static secant_status
var_shape(const graph_signature *s, secant_err *err)
{
	const op_var_attr *a = s->attr;
	return reduced_shape(s, &a->axes, a->keepdim, err);
}

#define REDUCTION(nam, attributes, f) \
	static void nam##_reference(const graph_reference *r) \
	{ \
		bool flag[SECANT_MAX_RANK]; \
		if (!op_axes_flags(&((const attributes *)r->attr)->axes, &r->in_shape[0], flag, NULL)) \
			reduce(r, flag, f); \
	}
REDUCTION(sum, op_axes_attr, add_up)
REDUCTION(mean, op_axes_attr, average)
REDUCTION(amax, op_axes_attr, largest)
REDUCTION(amin, op_axes_attr, smallest)
REDUCTION(var, op_var_attr, variance)
REDUCTION(norm2, op_axes_attr, norm)

/* ---- gradients ---- */

typedef struct reduction {
	secant_shape x, kept;
	double count;
} reduction; /* kept: the output's shape with every axis */

static reduction
reduction_of(const graph_net *g, const graph_node *n)
{
	bool flag[SECANT_MAX_RANK];
	op_axes_attr a = axes_of(n);
	reduction d = { .x = *graph_shape(g, n->in[0]) };
	if (op_axes_flags(&a.axes, &d.x, flag, NULL) == SECANT_OK)
		d.kept = op_shape_reduced(&d.x, flag, true);
	int64_t out = secant_shape_count(&d.kept);
	d.count = out ? (double)(secant_shape_count(&d.x) / out) : 0;
	return d;
}

static graph_value
two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}

static void
sum_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	reduction d = reduction_of(g, n);
	dx[0] = op_build_broadcast(g, op_build_reshape(g, dy[0], &d.kept), &d.x);
}

static void
mean_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	reduction d = reduction_of(g, n);
	graph_value share = op_build_number(
		g, "mul_scalar", d.count > 0 ? 1 / d.count : 0, op_build_reshape(g, dy[0], &d.kept));
	dx[0] = op_build_broadcast(g, share, &d.x);
}

static void
extremum_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	reduction d = reduction_of(g, n);
	op_axes_attr again = axes_of(n);
	graph_value attains = two(g, "equal", n->in[0], op_build_reshape(g, n->out[0], &d.kept));
	graph_value zero = graph_scalar(g, 0);
	again.keepdim = true;
	graph_value winners = graph_apply(g, "sum", &again, 1, graph_apply(g, "upcast", NULL, 1, attains));
	graph_value share = two(g, "div", op_build_reshape(g, dy[0], &d.kept), winners);
	dx[0] = graph_apply(g, "where", NULL, 3, attains, share, zero);
}

/* d var / dx = 2 (x - mean) / (n - correction) */
static void
var_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	reduction d = reduction_of(g, n);
	op_axes_attr again = axes_of(n);
	again.keepdim = true;
	graph_value centred = two(g, "sub", n->in[0], graph_apply(g, "mean", &again, 1, n->in[0]));
	double scale = 2 / (d.count - ((const op_var_attr *)n->attr)->correction);
	dx[0] = two(g, "mul", centred, op_build_number(g, "mul_scalar", scale, op_build_reshape(g, dy[0], &d.kept)));
}

/* d |x| / dx = x / |x| */
static void
norm2_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	reduction d = reduction_of(g, n);
	graph_value y = op_build_reshape(g, n->out[0], &d.kept), zero = graph_scalar(g, 0), one = graph_scalar(g, 1);
	graph_value safe = graph_apply(g, "where", NULL, 3, two(g, "equal", y, zero), one, y);
	dx[0] = two(g, "mul", n->in[0], two(g, "div", op_build_reshape(g, dy[0], &d.kept), safe));
}

/* ---- sum_to ---- */

static secant_status
sum_to_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	secant_shape to = op_shape_from(&((const op_shape_attr *)s->attr)->shape), both;
	char tx[96], ty[96];
	if (op_want_real(s, 0, err))
		return SECANT_ERR_SHAPE;
	if (op_broadcast(x, &to, &both, NULL) || !secant_shape_equal(&both, x))
		return secant_fail(err, SECANT_ERR_SHAPE, "%s is not what %s broadcasts to",
			secant_shape_text(x, tx, sizeof tx), secant_shape_text(&to, ty, sizeof ty));
	s->out[0].shape = to;
	return SECANT_OK;
}

static void
sum_to_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	secant_shape x = *graph_shape(g, n->in[0]);
	dx[0] = op_build_broadcast(g, dy[0], &x);
}

static void
sum_to_reference(const graph_reference *r)
{
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	bool flag[SECANT_MAX_RANK] = { false };
	for (int i = 0; i < x->rank; i++) {
		int axis = i - (x->rank - y->rank);
		flag[i] = axis < 0 || y->dim[axis] != x->dim[i];
	}
	reduce(r, flag, add_up);
}

/* ---- global_norm ---- */

static secant_status
global_norm_shape(const graph_signature *s, secant_err *err)
{
	for (int i = 0; i < s->n_in; i++)
		if (op_want_real(s, i, err))
			return SECANT_ERR_SHAPE;
	return SECANT_OK;
}

static void
global_norm_reference(const graph_reference *r)
{
	double sum = 0;
	for (int i = 0; i < r->n_in; i++) {
		int64_t n = r->in[i] ? secant_shape_count(&r->in_shape[i]) : 0;
		for (int64_t k = 0; k < n; k++)
			sum += r->in[i][k] * r->in[i][k];
	}
	r->out[0][0] = sqrt(sum);
}

static const secant_opt axes_rows[] = {
	SECANT_OPT(op_axes_attr, axes, INTS, "axes", NULL, -6, 5, "axes that are reduced; all if none is named"),
	SECANT_OPT(op_axes_attr, keepdim, BOOL, "keepdim", "false", 0, 1, "they stay, with one entry"),
	SECANT_OPT_END,
};
static const secant_opts axes_attr = { "reduction", sizeof(op_axes_attr), axes_rows };
static const secant_opt var_rows[] = {
	SECANT_OPT(op_var_attr, axes, INTS, "axes", NULL, -6, 5, "axes that are reduced; all if none is named"),
	SECANT_OPT(op_var_attr, keepdim, BOOL, "keepdim", "false", 0, 1, "they stay, with one entry"),
	SECANT_OPT(op_var_attr, correction, INT, "correction", "1", 0, 1 << 20,
		"what is taken off the count: 0 biased, 1 unbiased"),
	SECANT_OPT_END,
};
static const secant_opts var_attr = { "var", sizeof(op_var_attr), var_rows };
static const secant_opt sum_to_rows[] = {
	SECANT_OPT(op_shape_attr, shape, INTS, "shape", NULL, 0, 1 << 30, "shape of the result"),
	SECANT_OPT_END,
};
static const secant_opts sum_to_attr = { "sum_to", sizeof(op_shape_attr), sum_to_rows };

#define AXES_CASES \
	{ "all", "", "2x3x4x5" }, { "spatial", "axes=1,2 keepdim=true", "2x3x4x5" }, \
		{ "channel", "axes=-1 keepdim=true", "2x3x4x16" }, { "batch and map", "axes=0,1,2", "2x3x4x16" }, \
		{ "middle", "axes=1", "3x33x5" }, \
	{ \
		"ends", "axes=0,3", "2x3x4x5" \
	}
static const graph_op_case sum_cases[] = { AXES_CASES, { "number", "", "scalar" }, { "nothing", "axes=0", "0x3" },
	{ 0 } };
static const graph_op_case some_cases[] = { AXES_CASES, { "number", "", "scalar" }, { "empty", "axes=1", "0x3" },
	{ 0 } };
static const graph_op_case var_cases[] = { AXES_CASES, { "biased", "axes=0,1,2 correction=0", "2x3x4x5" }, { 0 } };
static const graph_op_case sum_to_cases[] = {
	{ "channel", "shape=5", "2x3x4x5" },
	{ "sample and channel", "shape=2,1,1,5", "2x3x4x5" },
	{ "map", "shape=2,3,4,1", "2x3x4x5" },
	{ "number", "", "37" },
	{ "wide", "shape=64", "4x4x64" },
	{ "nothing to do", "shape=2,3", "2x3" },
	{ "empty", "shape=3", "0x3" },
	{ 0 },
};
static const graph_op_case norm_cases[] = { { "three", "", "2x3x4 7 scalar" }, { "one", "", "37" },
	{ "empty", "", "0x3" }, { 0 } };

#define REDUCE(nam, text, at, how, out, sh, rule, table) \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.attr = &at##_attr, \
		.min_in = 1, \
		.max_in = 1, \
		.takes = "real", \
		.n_out = 1, \
		.low = GRAPH_LOW_##how, \
		.low_in = 1, \
		.low_out = out, \
		.commutes = true, \
		.shape = sh, \
		.grad = rule, \
		.reference = nam##_reference, \
		.cases = table, \
	};
REDUCE(sum, "sum over axes", axes, FOLLOWS, 0, reduce_shape, sum_rule, sum_cases)
REDUCE(mean, "mean over axes", axes, FOLLOWS, 1, reduce_shape, mean_rule, some_cases)
REDUCE(amax, "largest number along axes", axes, FOLLOWS, 1, extremum_shape, extremum_rule, some_cases)
REDUCE(amin, "smallest number along axes", axes, FOLLOWS, 1, extremum_shape, extremum_rule, some_cases)
REDUCE(var, "variance over axes", var, FOLLOWS, 0, var_shape, var_rule, var_cases)
REDUCE(norm2, "root of the sum of squares over axes", axes, FOLLOWS, 0, reduce_shape, norm2_rule, some_cases)
REDUCE(sum_to, "sum over the axes that broadcasting added", sum_to, FOLLOWS, 0, sum_to_shape, sum_to_rule, sum_to_cases)
const graph_op op_global_norm = {
	.name = "global_norm",
	.brief = "norm of any number of tensors together",
	.min_in = 1,
	.max_in = -1,
	.takes = "real ...",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = global_norm_shape,
	.reference = global_norm_reference,
	.cases = norm_cases,
};
