/*
 * A layer on each point, batch norm of the batch, perhaps relu, and a maximum over points, without the N x P x out numbers in between. With
 * xc = x - mean(x) over all points of the batch, z = W xc + W mean(x) + b and the norm's factors gamma, beta:
 *
 *     max over p of (z - mean(z)) rstd gamma + beta = zs rstd gamma + beta,    zs = largest W xc where gamma >= 0, else the smallest
 *     mean(z) = W mean(x) + b,    var(z) = diag(W G WT),    G = xcT xc / n      (C x C numbers)
 *
 * and relu commutes with the maximum. The graph is written in these terms, out of operators that have gradients: forward, the statistics cost
 * C instead of `out` products a point; backward, both gradients of the layer do. b moves nothing but the running mean (its gradient is 0).
 */
#include "ops/fuse_max.h"
#include <string.h>

typedef struct match { const secant_node *linear, *norm, *max; } match;
typedef struct pass { const secant_graph *g; secant_graph *to; int *readers; secant_value *map; } pass;

static const secant_node *
maker(const pass *p, secant_value v, const char *op)
{
	const secant_value_info *info = v < 0 ? NULL : secant_graph_value(p->g, v);
	if (!info || info->kind != SECANT_VALUE_NODE || info->slot || p->readers[v] != 1)
		return NULL;
	const secant_node *n = secant_graph_get_node(p->g, info->node);
	return strcmp(n->op->name, op) ? NULL : n;
}

static bool
is_state(const pass *p, secant_value v)
{
	return v >= 0 && secant_graph_value(p->g, v)->kind == SECANT_VALUE_STATE;
}

/* Does max node n end such a chain? */
static bool
matches(const pass *p, const secant_node *n, match *m)
{
	*m = (match){ .max = n };
	if (strcmp(n->op->name, "max_with_index") || p->readers[n->out[1]])
		return false;
	const secant_shape *z = secant_graph_shape(p->g, n->in[0]);
	const secant_index_attr *a = n->attr;
	if (z->rank != 4 || z->dim[2] != 1 || secant_axis_of(a->axis, 4) != 1 || !a->keepdim || z->dim[0] * z->dim[1] < 2)
		return false;
	m->norm = maker(p, n->in[0], "batch_norm_train");
	if (!m->norm || m->norm->n_in < 5 || m->norm->in[3] < 0 || m->norm->in[4] < 0 || (m->norm->n_in > 5 && m->norm->in[5] >= 0))
		return false;
	for (int k = 1; k < m->norm->n_out; k++)
		if (p->readers[m->norm->out[k]])
			return false;
	m->linear = maker(p, m->norm->in[0], "linear");
	if (!m->linear || !is_state(p, m->linear->in[1]) || ((const secant_linear_attr *)m->linear->attr)->act)
		return false;
	/* it pays where the layer is wider than what it reads */
	const secant_shape *w = secant_graph_shape(p->g, m->linear->in[1]);
	return w->dim[0] >= 2 * w->dim[1];
}

static secant_value
in_new(const pass *p, const secant_node *n, int i)
{
	return i < n->n_in ? secant_pass_copy_value(p->to, p->g, n->in[i], p->map) : -1;
}

static secant_value two(secant_graph *g, const char *op, secant_value a, secant_value b) { return secant_apply(g, op, NULL, 2, a, b); }

static void
emit(const pass *p, const match *m)
{
	secant_graph *g = p->to;
	const secant_norm_attr *norm = m->norm->attr;
	secant_value x = in_new(p, m->linear, 0), w = in_new(p, m->linear, 1), b = in_new(p, m->linear, 2);
	secant_value running_mean = in_new(p, m->norm, 1), running_var = in_new(p, m->norm, 2), gamma = in_new(p, m->norm, 3), beta = in_new(p, m->norm, 4);
	secant_value given = in_new(p, m->norm, 6);
	if (x < 0 || w < 0)
		return;
	const secant_shape in = *secant_graph_shape(g, x), ws = *secant_graph_shape(g, w);
	double n = (double)(in.dim[0] * in.dim[1]);
	secant_graph_scope(g, m->linear->name);
	const secant_node *centre = secant_graph_node(g, "centre", NULL, 1, &x);
	secant_value xc = centre ? centre->out[0] : -1, mean = centre ? centre->out[1] : -1;
	secant_value zs = secant_apply(g, "linear_max", NULL, 3, xc, w, gamma);
	secant_value matrix = secant_build_reshape(g, w, &(secant_shape){ 2, { ws.dim[0], ws.dim[1] } });
	secant_value gram = secant_build_number(g, "mul_scalar", 1 / n, secant_apply(g, "linear_grad_weights", NULL, 2, xc, xc));
	secant_value spread = secant_apply(g, "upcast", NULL, 1, two(g, "matmul", matrix, gram));
	secant_value var = secant_apply(g, "sum", &(secant_axes_attr){ { 1, { 1 } }, false }, 1, two(g, "mul", spread, matrix));
	var = secant_apply(g, "maximum", NULL, 2, var, secant_graph_scalar(g, 0));
	secant_graph_scope(g, m->norm->name);
	secant_value rstd = secant_apply(g, "rsqrt", NULL, 1, secant_build_number(g, "add_scalar", norm->eps, var));
	if (b >= 0)                                      /* it has a gradient, and that is zero */
		beta = two(g, "add", beta, secant_build_number(g, "mul_scalar", 0, b));
	secant_value y = two(g, "add", two(g, "mul", zs, two(g, "mul", rstd, gamma)), beta);
	p->map[m->max->out[0]] = norm->act == SECANT_ACT_RELU ? secant_apply(g, "relu", NULL, 1, y) : y;
	secant_value whole = secant_apply(g, "linear", NULL, 3, mean, w, b);
	secant_running_attr of_mean = { norm->momentum, 1 }, of_var = { norm->momentum, n / (n - 1) };
	secant_apply(g, "running", &of_mean, 3, running_mean, whole, given);
	secant_apply(g, "running", &of_var, 3, running_var, var, given);
}

secant_graph *
secant_pass_fuse_max(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	size_t values = (size_t)secant_graph_values(g) + 1, nodes = (size_t)secant_graph_nodes(g) + 1;
	pass p = { g, secant_graph_new(), secant_pass_readers(g, keep, n), secant_calloc(values, sizeof(secant_value)) };
	bool *gone = secant_calloc(nodes, sizeof *gone), ok = p.to && p.readers && p.map && gone;
	match m;
	if (!ok)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
	for (size_t v = 0; ok && v < values; v++)
		p.map[v] = -1;
	for (int i = 0; ok && i < secant_graph_nodes(g); i++)
		if (matches(&p, secant_graph_get_node(g, i), &m))
			gone[secant_graph_value(g, m.norm->out[0])->node] = gone[secant_graph_value(g, m.linear->out[0])->node] = true;
	for (int i = 0; ok && i < secant_graph_nodes(g); i++) {
		if (gone[i])
			continue;
		if (matches(&p, secant_graph_get_node(g, i), &m))
			emit(&p, &m);
		else
			secant_pass_copy_node(p.to, g, i, p.map);
	}
	for (int i = 0; ok && i < n; i++)
		keep[i] = secant_pass_copy_value(p.to, g, keep[i], p.map);
	ok = ok && !secant_graph_check(p.to, err);
	secant_free(p.readers);
	secant_free(p.map);
	secant_free(gone);
	if (!ok)
		secant_graph_free(p.to);
	return ok ? p.to : NULL;
}
