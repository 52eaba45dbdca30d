/*
 * A layer on each point, batch norm of the batch, perhaps relu, and a maximum over points, without the N x P x out
 * numbers in between. With xc = x - mean(x) over all points of the batch, z = W xc + W mean(x) + b and the norm's
 * factors gamma, beta:
 *
 *     max over p of (z - mean(z)) rstd gamma + beta = zs rstd gamma + beta,    zs = largest W xc where gamma >= 0,
 *     else the smallest
 *     mean(z) = W mean(x) + b,    var(z) = diag(W G WT),    G = xcT xc / n      (C x C numbers)
 *
 * and relu commutes with the maximum. The graph is written in these terms, out of operators that have gradients:
 * forward, the statistics cost C instead of `out` products a point; backward, both gradients of the layer do. b moves
 * nothing but the running mean (its gradient is 0).
 */
#include "ops/fuse_max.h"
#include "graph/rewrite.h"
#include "ops/act.h"
#include "ops/known.h"
#include <string.h>

typedef struct match {
	const graph_node *linear, *norm, *max;
} match;

/* Does max node n end such a chain? */
static bool
matches(const graph_rewrite *w, const graph_node *n, match *m)
{
	*m = (match){ .max = n };
	if (n->op != &op_max_with_index || w->readers[n->out[1]].count)
		return false;
	const secant_shape *z = graph_shape(w->from, n->in[0]);
	const op_index_attr *a = n->attr;
	if (z->rank != 4 || z->dim[2] != 1 || op_axis_of(a->axis, 4) != 1 || !a->keepdim || z->dim[0] * z->dim[1] < 2)
		return false;
	m->norm = graph_rewrite_own(w, n->in[0], "batch_norm_train");
	if (!m->norm || m->norm->n_in < 5 || m->norm->in[3] < 0 || m->norm->in[4] < 0
		|| (m->norm->n_in > 5 && m->norm->in[5] >= 0))
		return false;
	const op_act *act = op_act_at(((const op_norm_attr *)m->norm->attr)->act);
	if (act && !act->monotone)
		return false;
	for (int k = 1; k < m->norm->n_out; k++)
		if (w->readers[m->norm->out[k]].count)
			return false;
	m->linear = graph_rewrite_own(w, m->norm->in[0], "linear");
	if (!m->linear || !graph_rewrite_is_state(w, m->linear->in[1]) || ((const op_linear_attr *)m->linear->attr)->act)
		return false;
	/* it pays where the layer is wider than what it reads */
	const secant_shape *s = graph_shape(w->from, m->linear->in[1]);
	return s->dim[0] >= 2 * s->dim[1];
}

static graph_value
two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}

static void
emit(graph_rewrite *w, const match *m)
{
	graph_net *g = w->to;
	const op_norm_attr *norm = m->norm->attr;
	graph_value x = graph_rewrite_input(w, m->linear, 0), weight = graph_rewrite_input(w, m->linear, 1),
				b = graph_rewrite_input(w, m->linear, 2);
	graph_value running_mean = graph_rewrite_input(w, m->norm, 1), running_var = graph_rewrite_input(w, m->norm, 2);
	graph_value gamma = graph_rewrite_input(w, m->norm, 3), beta = graph_rewrite_input(w, m->norm, 4),
				given = graph_rewrite_input(w, m->norm, 6);
	if (x < 0 || weight < 0)
		return;
	const secant_shape in = *graph_shape(g, x), ws = *graph_shape(g, weight);
	double n = (double)(in.dim[0] * in.dim[1]);
	graph_scope(g, m->linear->name);
	const graph_node *centre = graph_make_node(g, "centre", NULL, 1, &x);
	graph_value xc = centre ? centre->out[0] : -1, mean = centre ? centre->out[1] : -1;
	graph_value zs = graph_apply(g, "linear_max", NULL, 3, xc, weight, gamma);
	graph_value matrix = op_build_reshape(g, weight, &(secant_shape){ 2, { ws.dim[0], ws.dim[1] } });
	graph_value gram = op_build_number(g, "mul_scalar", 1 / n, graph_apply(g, "linear_grad_weights", NULL, 2, xc, xc));
	graph_value spread = graph_apply(g, "upcast", NULL, 1, two(g, "matmul", matrix, gram));
	graph_value var = graph_apply(g, "sum", &(op_axes_attr){ { 1, { 1 } }, false }, 1, two(g, "mul", spread, matrix));
	var = graph_apply(g, "maximum", NULL, 2, var, graph_scalar(g, 0));
	graph_scope(g, m->norm->name);
	graph_value rstd = graph_apply(g, "rsqrt", NULL, 1, op_build_number(g, "add_scalar", norm->eps, var));
	if (b >= 0) /* it has a gradient, and that is zero */
		beta = two(g, "add", beta, op_build_number(g, "mul_scalar", 0, b));
	graph_value y = two(g, "add", two(g, "mul", zs, two(g, "mul", rstd, gamma)), beta);
	w->map[m->max->out[0]] = op_act_build(g, norm->act, y);
	graph_value whole = graph_apply(g, "linear", NULL, 3, mean, weight, b);
	op_running_attr of_mean = { norm->momentum, 1 }, of_var = { norm->momentum, n / (n - 1) };
	graph_apply(g, "running", &of_mean, 3, running_mean, whole, given);
	graph_apply(g, "running", &of_var, 3, running_var, var, given);
}

graph_net *
op_pass_fuse_max(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	graph_rewrite w;
	bool *gone = secant_calloc((size_t)graph_nodes(g) + 1, sizeof *gone), ok = graph_rewrite_begin(&w, g, keep, n, err);
	match m;
	if (!gone) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
		ok = false;
	}
	for (int i = 0; ok && i < graph_nodes(g); i++)
		if (matches(&w, graph_get_node(g, i), &m))
			gone[graph_rewrite_index(&w, m.norm)] = gone[graph_rewrite_index(&w, m.linear)] = true;
	for (int i = 0; ok && i < graph_nodes(g); i++) {
		if (gone[i])
			continue;
		if (matches(&w, graph_get_node(g, i), &m))
			emit(&w, &m);
		else
			graph_rewrite_node(&w, i);
	}
	secant_free(gone);
	return graph_rewrite_end(&w, keep, n, ok, err);
}
