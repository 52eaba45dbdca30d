/*
 * Batch normalisation over all axes but the last (Ioffe, Szegedy 2015), as PyTorch's: the batch's biased variance
 * normalises, the unbiased one enters the running variance; running = (1 - momentum) running + momentum batch.
 *
 *     y = act((x - mean) * rstd * weight + bias + residual),   rstd = 1 / sqrt(var + eps)
 *
 * The activation (act.h) and the residual are there so that one pass over memory does what stood in three nodes: the
 * fuse pass sets them. With `momentum` given as an input, that number replaces the attribute: how statistics are
 * recalibrated (1/k for batch k gives the plain mean).
 *
 * The gradient. Let h = (x - mean) rstd, s the activation's slope, d = s dy, n values a channel. Every x moves mean and
 * rstd: dmean/dx = 1/n, drstd/dx = -rstd^2 h / n. Put into dL/dx = sum d weight dh/dx, two sums remain:
 *
 *     dbias = sum d     dweight = sum d h     dx = weight rstd (d - dbias / n - h dweight / n)     dresidual = d
 *
 * dx is orthogonal to 1 and to h: norms take those directions out. Kernels compute it as a d + b (x - mean) + c with
 * a = weight rstd, b = -a rstd dweight / n, c = -a dbias / n. The slope s comes from y where the result determines it,
 * else from the argument, h weight + bias + residual made once more.
 */
#include "ops/act.h"
#include <math.h>

static secant_status
check(const graph_signature *s, int first_vector, int residual, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	char text[96], other[96];
	if (x->rank < 2)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input is %s, want at least 2 axes", secant_shape_text(x, text, sizeof text));
	for (int i = first_vector; i < s->n_in && i < residual; i++) {
		const secant_shape *v = &s->in[i].shape;
		if (v->rank >= 0 && (v->rank != 1 || v->dim[0] != x->dim[x->rank - 1]))
			return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want one number for each of %lld channels (%s)",
				i, secant_shape_text(v, other, sizeof other), (long long)x->dim[x->rank - 1],
				secant_shape_text(x, text, sizeof text));
	}
	return s->n_in > residual && s->in[residual].shape.rank >= 0 ? op_want_equal(s, 0, residual, err) : SECANT_OK;
}

static int64_t
channels(const secant_shape *x)
{
	return x->dim[x->rank - 1];
}
static int64_t
per_channel(const secant_shape *x)
{
	return channels(x) ? secant_shape_count(x) / channels(x) : 0;
}
static const double *
input(const graph_reference *r, int i)
{
	return i < r->n_in ? r->in[i] : NULL;
}

/* ---- evaluation: x, mean, var, weight, bias, residual ---- */

static secant_status
batch_norm_shape(const graph_signature *s, secant_err *err)
{
	s->out[0].shape = s->in[0].shape;
	return check(s, 1, 5, err);
}

static void
batch_norm_reference(const graph_reference *r)
{
	const op_norm_attr *a = r->attr;
	const double *x = r->in[0], *mean = r->in[1], *var = r->in[2], *w = input(r, 3), *b = input(r, 4),
				 *res = input(r, 5);
	int64_t c = channels(&r->in_shape[0]), n = secant_shape_count(&r->in_shape[0]);
	for (int64_t i = 0; i < n; i++) {
		double v = (x[i] - mean[i % c]) / sqrt(var[i % c] + a->eps) * (w ? w[i % c] : 1) + (b ? b[i % c] : 0)
			+ (res ? res[i] : 0);
		r->out[0][i] = op_act_value(a->act, v);
	}
}

/* Built of plain operators: this is used where an encoder's norms are frozen. */
static void
batch_norm_grad(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const op_norm_attr *a = n->attr;
	op_norm_attr plain = *a;
	plain.act = OP_ACT_NONE;
	graph_value back = op_act_back(g, n, a->act, &plain, dy[0]);
	int c = (int)channels(graph_shape(g, n->in[0]));
	op_shape_attr per = { { 1, { c } } };
	graph_value weight = n->n_in > 3 ? n->in[3] : -1;
	graph_value rstd = graph_apply(
		g, "rsqrt", NULL, 1, graph_apply(g, "add_scalar", &(op_number_attr){ a->eps, 0 }, 1, n->in[2]));
	if (wants[0])
		dx[0] = graph_apply(g, "mul", NULL, 2, back, weight < 0 ? rstd : graph_apply(g, "mul", NULL, 2, rstd, weight));
	if (weight >= 0 && wants[3]) {
		graph_value centred = graph_apply(g, "sub", NULL, 2, n->in[0], n->in[1]);
		graph_value xhat = graph_apply(g, "mul", NULL, 2, centred, rstd);
		dx[3] = graph_apply(g, "sum_to", &per, 1, graph_apply(g, "mul", NULL, 2, back, xhat));
	}
	if (n->n_in > 4 && n->in[4] >= 0 && wants[4])
		dx[4] = graph_apply(g, "sum_to", &per, 1, back);
	if (n->n_in > 5 && wants[5])
		dx[5] = back;
}

/* ---- training: x, running_mean, running_var, weight, bias, residual, momentum -> y, mean, rstd, new running mean and
 * variance, scale, shift (y = act(scale x + shift + residual)) ---- */

static secant_status
batch_norm_train_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	if (check(s, 1, 5, err))
		return SECANT_ERR_SHAPE;
	if (per_channel(x) == 1)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"in training, batch norm over one value for each channel (a batch of 1 on a 1x1 map) has no variance; a "
			"batch of 2 or more is wanted (--batch 2)");
	for (int i = 0; i < 7; i++)
		s->out[i].shape = i ? (secant_shape){ 1, { channels(x) } } : *x;
	return SECANT_OK;
}

static void
batch_norm_train_reference(const graph_reference *r)
{
	const op_norm_attr *a = r->attr;
	const double *x = r->in[0], *w = input(r, 3), *b = input(r, 4), *res = input(r, 5), *given = input(r, 6);
	int64_t c = channels(&r->in_shape[0]), n = per_channel(&r->in_shape[0]);
	double momentum = given ? given[0] : a->momentum;
	OP_PARALLEL
	for (int64_t k = 0; k < c; k++) {
		double mean = 0, var = 0;
		for (int64_t i = 0; i < n; i++)
			mean += x[i * c + k];
		mean /= (double)n;
		for (int64_t i = 0; i < n; i++)
			var += (x[i * c + k] - mean) * (x[i * c + k] - mean);
		double rstd = 1 / sqrt(var / (double)n + a->eps);
		for (int64_t i = 0; i < n; i++) {
			double v = (x[i * c + k] - mean) * rstd * (w ? w[k] : 1) + (b ? b[k] : 0) + (res ? res[i * c + k] : 0);
			r->out[0][i * c + k] = op_act_value(a->act, v);
		}
		r->out[1][k] = mean;
		r->out[2][k] = rstd;
		r->out[5][k] = rstd * (w ? w[k] : 1);
		r->out[6][k] = (b ? b[k] : 0) - mean * r->out[5][k];
		if (!n) { /* no value: the statistics stay */
			r->out[3][k] = r->in[1][k];
			r->out[4][k] = r->in[2][k];
			continue;
		}
		r->out[3][k] = (1 - momentum) * r->in[1][k] + momentum * mean;
		r->out[4][k] = (1 - momentum) * r->in[2][k] + momentum * var / (double)(n - 1);
	}
}

static void
batch_norm_train_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const op_norm_attr *a = n->attr;
	const op_act *act = op_act_at(a->act);
	bool by_result = act && act->function->from == OP_FROM_OUTPUT, by_argument = act && !by_result;
	bool residual = n->n_in > 5 && n->in[5] >= 0;
	graph_value in[7] = { dy[0], n->in[0], n->out[1], n->out[2], n->n_in > 3 ? n->in[3] : -1,
		by_result                     ? n->out[0]
			: by_argument && residual ? n->in[5]
									  : -1,
		by_argument && n->n_in > 4 ? n->in[4] : -1 };
	if (dy[0] < 0)
		return;
	const graph_node *grad = graph_make_node(g, "batch_norm_train_grad", a, by_argument ? 7 : 6, in);
	if (!grad)
		return;
	graph_value out[4] = { grad->out[0], grad->out[1], grad->out[2], grad->out[3] };
	dx[0] = out[0];
	if (n->n_in > 3 && n->in[3] >= 0)
		dx[3] = out[1];
	if (n->n_in > 4 && n->in[4] >= 0)
		dx[4] = out[2];
	if (residual)
		dx[5] = a->act ? out[3] : dy[0];
}

/* ---- the result once more: x, scale, shift, residual ---- */

static void
batch_norm_apply_reference(const graph_reference *r)
{
	const op_norm_attr *a = r->attr;
	const double *x = r->in[0], *scale = r->in[1], *shift = r->in[2], *res = input(r, 3);
	int64_t c = channels(&r->in_shape[0]), n = secant_shape_count(&r->in_shape[0]);
	for (int64_t i = 0; i < n; i++) {
		double v = x[i] * scale[i % c] + shift[i % c] + (res ? res[i] : 0);
		r->out[0][i] = op_act_value(a->act, v);
	}
}

static secant_status
batch_norm_apply_shape(const graph_signature *s, secant_err *err)
{
	s->out[0].shape = s->in[0].shape;
	return check(s, 1, 3, err);
}

static graph_value
batch_norm_train_again(graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out)
{
	return graph_apply(g, "batch_norm_apply", n->attr, 4, in[0], out[5], out[6], n->n_in > 5 ? in[5] : -1);
}

/* ---- its gradient: dy, x, mean, rstd, weight, then y, or residual and bias -> dx, dweight, dbias, dresidual ---- */

static bool
slope_by_result(int act)
{
	return act && op_act_at(act)->function->from == OP_FROM_OUTPUT;
}

static secant_status
batch_norm_train_grad_shape(const graph_signature *s, secant_err *err)
{
	const op_norm_attr *a = s->attr;
	if (op_want_equal(s, 0, 1, err))
		return SECANT_ERR_SHAPE;
	if (slope_by_result(a->act) && (s->n_in < 6 || s->in[5].shape.rank < 0))
		return secant_fail(err, SECANT_ERR_ARG, "the gradient of norm and activation wants the result y");
	if (s->n_in > 5 && s->in[5].shape.rank >= 0 && op_want_equal(s, 0, 5, err))
		return SECANT_ERR_SHAPE;
	for (int i = 0; i < 4; i++)
		s->out[i].shape = i == 1 || i == 2 ? (secant_shape){ 1, { channels(&s->in[0].shape) } } : s->in[0].shape;
	return SECANT_OK;
}

static void
batch_norm_train_grad_reference(const graph_reference *r)
{
	const op_norm_attr *a = r->attr;
	const double *dy = r->in[0], *x = r->in[1], *mean = r->in[2], *rstd = r->in[3], *w = input(r, 4), *y = input(r, 5),
				 *b = input(r, 6);
	bool by_result = slope_by_result(a->act);
	int64_t c = channels(&r->in_shape[0]), n = per_channel(&r->in_shape[0]);
	OP_PARALLEL
	for (int64_t k = 0; k < c; k++) {
		double sum = 0, sum_xhat = 0;
		for (int64_t i = 0; i < n; i++) {
			double xhat = (x[i * c + k] - mean[k]) * rstd[k], v = y ? y[i * c + k] : 0;
			if (!by_result)
				v += xhat * (w ? w[k] : 1) + (b ? b[k] : 0);
			double d = dy[i * c + k] * op_act_slope(a->act, v);
			r->out[3][i * c + k] = d;
			sum += d;
			sum_xhat += d * xhat;
		}
		for (int64_t i = 0; i < n; i++) {
			double xhat = (x[i * c + k] - mean[k]) * rstd[k];
			r->out[0][i * c + k] = (w ? w[k] : 1) * rstd[k]
				* (r->out[3][i * c + k] - (sum + xhat * sum_xhat) / (double)n);
		}
		r->out[1][k] = sum_xhat;
		r->out[2][k] = sum;
	}
}

static const secant_opt norm_rows[] = {
	SECANT_OPT(op_norm_attr, eps, REAL, "eps", "1e-5", 0, 1, "added to the variance"),
	SECANT_OPT(op_norm_attr, momentum, REAL, "momentum", "0.1", 0, 1, "share of the batch in the running statistics"),
	SECANT_OPT(op_norm_attr, groups, INT, "groups", "1", 1, 1 << 20, "groups of channels (group norm)"),
	SECANT_OPT_CHOICE(op_norm_attr, act, "act", "none", OP_ACT_CHOICES, "activation of the result"),
	SECANT_OPT_END,
};
const secant_opts op_norm_options = { "norm", sizeof(op_norm_attr), norm_rows };

static const graph_op_case eval_cases[] = {
	{ "map", "", "2x3x4x5 5 5@0.5:2 5 5" },
	{ "without weights", "eps=1e-3", "6x5 5 5@0.5:2" },
	{ "wide", "", "1x2x3x40 40 40@0.5:2 40 40" },
#define ACTIVATED(name, ...) { #name, "act=" #name, "2x3x4x5@-3:3 5 5@0.5:2 5 5" },
	OP_ACTS(ACTIVATED)
#undef ACTIVATED
		{ "silu and residual", "act=silu", "2x3x4x5@-3:3 5 5@0.5:2 5 5 2x3x4x5" },
	{ 0 },
};
static const graph_op_case train_cases[] = {
	{ "map", "", "2x3x4x5 5 5@0.5:2 5@0.5:2 5" },
	{ "wide", "", "2x4x4x64 64 64@0.5:2 64@0.5:2 64" },
	{ "without weights", "eps=1e-3 momentum=0.01", "6x5 5 5@0.5:2" },
#define ACTIVATED(name, ...) { #name, "act=" #name, "2x3x4x5 5 5@0.5:2 5@0.5:2 5" },
	OP_ACTS(ACTIVATED)
#undef ACTIVATED
		{ "silu without weights", "act=silu", "6x5 5 5@0.5:2" },
	{ "silu and residual", "act=silu", "2x3x4x16 16 16@0.5:2 16@0.5:2 16 2x3x4x16" },
	{ "residual and relu", "act=relu", "2x3x4x16 16 16@0.5:2 16@0.5:2 16 2x3x4x16" },
	{ "residual alone", "", "2x3x4x16 16 16@0.5:2 16@0.5:2 16 2x3x4x16" },
	{ "given momentum", "", "2x3x4x5 5 5@0.5:2 5@0.5:2 5 - scalar" },
	{ "empty", "", "0x3x4x5 5 5@0.5:2 5 5" },
	{ 0 },
};
static const graph_op_case apply_cases[] = {
	{ "map", "", "2x3x4x5 5 5" },
	{ "relu", "act=relu", "6x5 5 5" },
	{ "hardswish", "act=hardswish", "6x5@-4:4 5 5" },
	{ "residual and relu", "act=relu", "2x3x4x16 16 16 2x3x4x16" },
	{ "empty", "", "0x3x4x5 5 5" },
	{ 0 },
};
static const graph_op_case grad_cases[] = {
	{ "map", "", "2x3x4x5 2x3x4x5 5 5@0.5:2 5" },
	{ "relu", "act=relu", "2x3x4x16 2x3x4x16 16 16@0.5:2 16 2x3x4x16" },
	{ "sigmoid", "act=sigmoid", "2x3x4x16 2x3x4x16 16 16@0.5:2 16 2x3x4x16@0.1:0.9" },
	{ "gelu", "act=gelu", "2x3x4x16 2x3x4x16 16 16@0.5:2 16 - 16" },
	{ "silu and residual", "act=silu", "2x3x4x5 2x3x4x5 5 5@0.5:2 5 2x3x4x5 5" },
	{ "hardswish without weights", "act=hardswish", "7x5 7x5 5 5@0.5:2" },
	{ "without weights", "", "7x5 7x5 5 5@0.5:2" },
	{ 0 },
};

const graph_op op_batch_norm = {
	.name = "batch_norm",
	.brief = "batch norm by stored statistics, with optional sum and activation",
	.attr = &op_norm_options,
	.min_in = 3,
	.max_in = 6,
	.takes = "real:..C real:C real:C real:C real:C real=0",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1 | 32,
	.low_out = 1,
	.commutes = true,
	.shape = batch_norm_shape,
	.grad = batch_norm_grad,
	.reference = batch_norm_reference,
	.cases = eval_cases,
};
const graph_op op_batch_norm_train = {
	.name = "batch_norm_train",
	.brief = "batch norm by the batch's statistics, with optional sum and activation",
	.attr = &op_norm_options,
	.min_in = 3,
	.max_in = 7,
	.takes = "real:..C real:C real:C real:C real:C real=0 real#1",
	.training = true,
	.n_out = 7,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1 | 32,
	.low_out = 1,
	.alias = { 0, 0, 0, 2, 3 },
	.shape = batch_norm_train_shape,
	.grad = batch_norm_train_rule,
	.reference = batch_norm_train_reference,
	.again = batch_norm_train_again,
	.cases = train_cases,
};
const graph_op op_batch_norm_apply = {
	.name = "batch_norm_apply",
	.brief = "the result of batch_norm_train once more, by the scale and shift it found",
	.attr = &op_norm_options,
	.min_in = 3,
	.max_in = 4,
	.takes = "real:..C real:C real:C real=0",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1 | 8,
	.low_out = 1,
	.commutes = true,
	.shape = batch_norm_apply_shape,
	.reference = batch_norm_apply_reference,
	.cases = apply_cases,
};
const graph_op op_batch_norm_train_grad = {
	.name = "batch_norm_train_grad",
	.brief = "gradient of batch_norm_train",
	.attr = &op_norm_options,
	.min_in = 4,
	.max_in = 7,
	.takes = "real:..C real=0 real:C real:C real:C real=0 real:C",
	.training = true,
	.n_out = 4,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1 | 2 | 32,
	.low_out = 1 | 8,
	.commutes = true,
	.shape = batch_norm_train_grad_shape,
	.reference = batch_norm_train_grad_reference,
	.cases = grad_cases,
};
