/*
 * Products of matrices. matmul: y = op(a) op(b) over the last two axes, op(x) = x or its transpose; leading axes of
 * both are equal, or b is one matrix for all of a. linear: y = act(x wT + b) over the last axis of x, w as PyTorch
 * stores it (out x in, with axes of 1 behind for a convolution of kernel 1); the activation is what folding sets.
 */
#include "ops/act.h"
#include "ops/rules.h"

typedef struct product {
	int64_t batch, m, n, k;
	bool shared;
} product; /* shared: one b for the whole batch */

static int64_t
rows(const secant_shape *s, bool t)
{
	return s->dim[s->rank - (t ? 1 : 2)];
}
static int64_t
columns(const secant_shape *s, bool t)
{
	return s->dim[s->rank - (t ? 2 : 1)];
}

static product
product_of(const op_matmul_attr *t, const secant_shape *a, const secant_shape *b)
{
	product p = { .batch = 1,
		.m = rows(a, t->transpose_a),
		.n = columns(b, t->transpose_b),
		.k = columns(a, t->transpose_a),
		.shared = b->rank == 2 };
	for (int i = 0; i < a->rank - 2; i++)
		p.batch *= a->dim[i];
	return p;
}

static secant_status
matmul_shape(const graph_signature *s, secant_err *err)
{
	const op_matmul_attr *t = s->attr;
	const secant_shape *a = &s->in[0].shape, *b = &s->in[1].shape;
	char ta[96], tb[96];
	secant_shape_text(a, ta, sizeof ta);
	secant_shape_text(b, tb, sizeof tb);
	if (a->rank < 2 || b->rank < 2)
		return secant_fail(err, SECANT_ERR_SHAPE, "want matrices, got %s and %s", ta, tb);
	bool fits = b->rank == 2 || b->rank == a->rank;
	for (int i = 0; fits && b->rank > 2 && i < a->rank - 2; i++)
		fits = a->dim[i] == b->dim[i];
	if (!fits)
		return secant_fail(err, SECANT_ERR_SHAPE, "leading axes of %s and %s differ", ta, tb);
	if (columns(a, t->transpose_a) != rows(b, t->transpose_b))
		return secant_fail(err, SECANT_ERR_SHAPE, "inner sizes of %s%s and %s%s differ: %lld and %lld", ta,
			t->transpose_a ? " transposed" : "", tb, t->transpose_b ? " transposed" : "",
			(long long)columns(a, t->transpose_a), (long long)rows(b, t->transpose_b));
	s->out[0].shape = *a;
	s->out[0].shape.dim[a->rank - 2] = rows(a, t->transpose_a);
	s->out[0].shape.dim[a->rank - 1] = columns(b, t->transpose_b);
	return SECANT_OK;
}

static void
multiply(product p, bool ta, bool tb, const double *a, const double *b, const double *bias, double *y)
{
	OP_PARALLEL
	for (int64_t row = 0; row < p.batch * p.m; row++) {
		int64_t z = row / p.m, i = row % p.m;
		const double *az = a + z * p.m * p.k, *bz = p.shared ? b : b + z * p.k * p.n;
		for (int64_t j = 0; j < p.n; j++) {
			double sum = bias ? bias[j] : 0;
			for (int64_t l = 0; l < p.k; l++)
				sum += (ta ? az[l * p.m + i] : az[i * p.k + l]) * (tb ? bz[j * p.k + l] : bz[l * p.n + j]);
			y[row * p.n + j] = sum;
		}
	}
}

static void
matmul_reference(const graph_reference *r)
{
	const op_matmul_attr *t = r->attr;
	multiply(product_of(t, &r->in_shape[0], &r->in_shape[1]), t->transpose_a, t->transpose_b, r->in[0], r->in[1], NULL,
		r->out[0]);
}

static graph_value
matmul(graph_net *g, bool ta, bool tb, graph_value a, graph_value b)
{
	return graph_apply(g, "matmul", &(op_matmul_attr){ ta, tb }, 2, a, b);
}

/* One b for all: its gradient sums over the batch, as one product of the flattened operands where a stands straight. */
static graph_value
shared_grad(graph_net *g, const op_matmul_attr *t, graph_value a, graph_value dy)
{
	const secant_shape *sa = graph_shape(g, a), *sy = graph_shape(g, dy);
	if (sa->rank == 2 || t->transpose_a) {
		graph_value each = t->transpose_b ? matmul(g, true, t->transpose_a, dy, a)
										  : matmul(g, !t->transpose_a, false, a, dy);
		const secant_shape *e = graph_shape(g, each);
		if (e->rank <= 2)
			return each;
		return graph_apply(
			g, "sum_to", &(op_shape_attr){ { 2, { (int)e->dim[e->rank - 2], (int)e->dim[e->rank - 1] } } }, 1, each);
	}
	int k = (int)sa->dim[sa->rank - 1], n = (int)sy->dim[sy->rank - 1], m = k ? (int)(secant_shape_count(sa) / k) : 0;
	graph_value fa = graph_apply(g, "reshape", &(op_shape_attr){ { 2, { m, k } } }, 1, a);
	graph_value fy = graph_apply(g, "reshape", &(op_shape_attr){ { 2, { m, n } } }, 1, dy);
	return t->transpose_b ? matmul(g, true, false, fy, fa) : matmul(g, true, false, fa, fy);
}

static void
matmul_grad(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const op_matmul_attr *t = n->attr;
	graph_value a = n->in[0], b = n->in[1];
	bool shared = graph_shape(g, b)->rank == 2 && graph_shape(g, a)->rank > 2;
	if (wants[0] && t->transpose_a && shared) {
		/* b dyT with one b for all is (dy bT)T */
		graph_value straight = matmul(g, false, !t->transpose_b, dy[0], b);
		int rank = graph_shape(g, straight)->rank;
		secant_ints perm = { .n = rank };
		for (int i = 0; i < rank; i++)
			perm.v[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
		dx[0] = graph_apply(g, "transpose", &perm, 1, straight);
	} else if (wants[0]) {
		dx[0] = t->transpose_a ? matmul(g, t->transpose_b, true, b, dy[0])
							   : matmul(g, false, !t->transpose_b, dy[0], b);
	}
	if (wants[1])
		dx[1] = shared       ? shared_grad(g, t, a, dy[0])
			: t->transpose_b ? matmul(g, true, t->transpose_a, dy[0], a)
							 : matmul(g, !t->transpose_a, false, a, dy[0]);
}

graph_value
op_scores_again(graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out)
{
	return graph_op_again(g, n, in, out);
}

static secant_status
linear_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *w = &s->in[1].shape;
	char tx[96], tw[96];
	if (w->rank < 2 || secant_shape_count(w) != w->dim[0] * w->dim[1])
		return secant_fail(err, SECANT_ERR_SHAPE, "weights are %s, want out x in", secant_shape_text(w, tw, sizeof tw));
	if (x->rank < 1 || x->dim[x->rank - 1] != w->dim[1])
		return secant_fail(err, SECANT_ERR_SHAPE, "weights %s (out x in) do not fit an input of %s",
			secant_shape_text(w, tw, sizeof tw), secant_shape_text(x, tx, sizeof tx));
	if (s->n_in > 2 && s->in[2].shape.rank >= 0 && (s->in[2].shape.rank != 1 || s->in[2].shape.dim[0] != w->dim[0]))
		return secant_fail(err, SECANT_ERR_SHAPE, "bias is %s, want %lld",
			secant_shape_text(&s->in[2].shape, tx, sizeof tx), (long long)w->dim[0]);
	s->out[0].shape = *x;
	s->out[0].shape.dim[x->rank - 1] = w->dim[0];
	return SECANT_OK;
}

static int64_t
leading(const secant_shape *s)
{
	int64_t n = 1;
	for (int i = 0; i < s->rank - 1; i++)
		n *= s->dim[i];
	return n;
}

static void
linear_reference(const graph_reference *r)
{
	const secant_shape *w = &r->in_shape[1];
	product p = { .batch = 1, .m = leading(&r->in_shape[0]), .n = w->dim[0], .k = w->dim[1], .shared = true };
	multiply(p, false, true, r->in[0], r->in[1], r->n_in > 2 ? r->in[2] : NULL, r->out[0]);
	int act = ((const op_linear_attr *)r->attr)->act;
	for (int64_t i = 0, n = act ? secant_shape_count(&r->out_shape[0]) : 0; i < n; i++)
		r->out[0][i] = op_act_value(act, r->out[0][i]);
}

static void
linear_grad(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_shape x = *graph_shape(g, n->in[0]), w = *graph_shape(g, n->in[1]);
	graph_value back = op_act_back(g, n, ((const op_linear_attr *)n->attr)->act, &(op_linear_attr){ 0 }, dy[0]);
	graph_value matrix = wants[0] ? op_build_reshape(g, n->in[1], &(secant_shape){ 2, { w.dim[0], w.dim[1] } }) : -1;
	if (wants[0] && x.rank > 1)
		dx[0] = matmul(g, false, false, back, matrix);
	else if (wants[0]) {
		graph_value row = op_build_reshape(g, back, &(secant_shape){ 2, { 1, w.dim[0] } });
		dx[0] = op_build_reshape(g, matmul(g, false, false, row, matrix), &x);
	}
	if (wants[1])
		dx[1] = op_build_reshape(g, graph_apply(g, "linear_grad_weights", NULL, 2, n->in[0], back), &w);
	if (n->n_in > 2 && wants[2])
		dx[2] = graph_apply(g, "sum_to", &(op_shape_attr){ { 1, { (int)w.dim[0] } } }, 1, back);
}

static secant_status
linear_grad_weights_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *dy = &s->in[1].shape;
	if (x->rank < 1 || dy->rank != x->rank || leading(x) != leading(dy))
		return secant_fail(err, SECANT_ERR_SHAPE, "input and output gradient do not belong together");
	s->out[0].shape = (secant_shape){ 2, { dy->dim[dy->rank - 1], x->dim[x->rank - 1] } };
	return SECANT_OK;
}

static void
linear_grad_weights_reference(const graph_reference *r)
{
	const secant_shape *w = &r->out_shape[0];
	product p = { .batch = 1, .m = w->dim[0], .n = w->dim[1], .k = leading(&r->in_shape[0]), .shared = true };
	multiply(p, true, false, r->in[1], r->in[0], NULL, r->out[0]);
}

/* d sum(G * dyT x) = dy G towards x, x GT towards dy; where both are one, x (G + GT). */
static void
linear_grad_weights_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	if (n->in[0] == n->in[1]) {
		graph_value turned = graph_apply(g, "transpose", &(op_transpose_attr){ { 2, { 1, 0 } } }, 1, dy[0]);
		dx[0] = matmul(g, false, false, n->in[0], graph_apply(g, "add", NULL, 2, dy[0], turned));
		return;
	}
	if (wants[0])
		dx[0] = matmul(g, false, false, n->in[1], dy[0]);
	if (wants[1])
		dx[1] = matmul(g, false, true, n->in[0], dy[0]);
}

static const secant_opt matmul_rows[] = {
	SECANT_OPT(op_matmul_attr, transpose_a, BOOL, "transpose-a", "false", 0, 1, "the first matrix stands transposed"),
	SECANT_OPT(op_matmul_attr, transpose_b, BOOL, "transpose-b", "false", 0, 1, "the second matrix stands transposed"),
	SECANT_OPT_END,
};
static const secant_opts matmul_attr = { "matmul", sizeof(op_matmul_attr), matmul_rows };
static const graph_op_case matmul_cases[] = {
	{ "plain", "", "3x4 4x5" },
	{ "a transposed", "transpose-a=true", "4x3 4x5" },
	{ "b transposed", "transpose-b=true", "3x4 5x4" },
	{ "both", "transpose-a=true transpose-b=true", "4x3 5x4" },
	{ "batched", "", "2x3x4x5 2x3x5x6" },
	{ "batched, b transposed", "transpose-b=true", "2x3x4x5 2x3x6x5" },
	{ "batched, a transposed", "transpose-a=true", "6x5x4 6x5x3" },
	{ "one b for all", "", "2x3x4 4x5" },
	{ "one b for all, both transposed", "transpose-a=true transpose-b=true", "2x4x3 5x4" },
	{ "inner size 0", "", "3x0 0x5" },
	{ "no rows", "", "0x4 4x5" },
	{ 0 },
};
static const secant_opt linear_rows[] = {
	SECANT_OPT_CHOICE(op_linear_attr, act, "act", "none", OP_ACT_CHOICES, "activation of the result"),
	SECANT_OPT_END,
};
static const secant_opts linear_attr = { "linear", sizeof(op_linear_attr), linear_rows };
static const graph_op_case linear_cases[] = {
	{ "convolution of kernel 1", "", "2x7x1x8 3x8x1 3" },
#define ACTIVATED(name, ...) { #name, "act=" #name, "5x8@-0.5:0.5 3x8 3" },
	OP_ACTS(ACTIVATED)
#undef ACTIVATED
		{ "matrix", "", "5x8 3x8 3" },
	{ "without bias", "", "2x3x4x8 16x8" },
	{ "vector", "", "8 3x8 3" },
	{ "no rows", "", "0x8 3x8 3" },
	{ 0 },
};
static const graph_op_case linear_grad_cases[] = {
	{ "matrix", "", "5x8 5x3" },
	{ "with leading axes", "", "2x3x4x8 2x3x4x16" },
	{ "no rows", "", "0x8 0x3" },
	{ 0 },
};

const graph_op op_matmul = {
	.name = "matmul",
	.brief = "product of two matrices or stacks of them, either transposed",
	.attr = &matmul_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:.._x_ real:.._x_",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 3,
	.low_out = 1,
	.commutes = true,
	.shape = matmul_shape,
	.grad = matmul_grad,
	.again = op_scores_again,
	.again_larger = true,
	.reference = matmul_reference,
	.cases = matmul_cases,
};
const graph_op op_linear = {
	.name = "linear",
	.brief = "fully connected layer over the last axis",
	.attr = &linear_attr,
	.min_in = 2,
	.max_in = 3,
	.takes = "real:..I real:OxI.. real:O",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = linear_shape,
	.grad = linear_grad,
	.reference = linear_reference,
	.cases = linear_cases,
};
const graph_op op_linear_grad_weights = {
	.name = "linear_grad_weights",
	.brief = "gradient of a linear layer towards its weights",
	.min_in = 2,
	.max_in = 2,
	.takes = "real:.._ real:.._",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 3,
	.low_out = 0,
	.commutes = true,
	.shape = linear_grad_weights_shape,
	.grad = linear_grad_weights_rule,
	.reference = linear_grad_weights_reference,
	.cases = linear_grad_cases,
};
