/*
 * Activations that exporters write in several nodes, found at the last of them; the others are read by nobody then.
 *
 *     x * sigmoid(x)                               silu
 *     x * hardsigmoid(x), x * clip(x + 3, 0, 6) / 6   hardswish      clip(x + 3, 0, 6) / 6   hardsigmoid
 *     x * tanh(softplus(x))                        mish
 *     x * (1 + erf(x / sqrt 2)) * 0.5              gelu, the half before or behind
 *
 * As one operator they become part of the layer before them and pass over memory once.
 */
#include <math.h>
#include <string.h>
#include "formats/onnx/map.h"
#include "ops/ops.h"

/* The node of that operator which makes v; NULL. */
static const graph_node *
made_by(const graph_net *g, graph_value v, const char *op)
{
	const graph_value_info *info = v < 0 ? NULL : graph_value_at(g, v);
	const graph_node *n = info && info->kind == GRAPH_VALUE_NODE ? graph_get_node(g, info->node) : NULL;
	return n && !strcmp(n->op->name, op) ? n : NULL;
}

/* The same with a number that is `a`; its input, -1. */
static graph_value
behind(const graph_net *g, graph_value v, const char *op, double a)
{
	const graph_node *n = made_by(g, v, op);
	return n && fabs(((const op_number_attr *)n->attr)->a - a) <= 1e-6 * fabs(a) ? n->in[0] : -1;
}

static graph_value
argument(const graph_net *g, graph_value v, const char *op)
{
	const graph_node *n = made_by(g, v, op);
	return n ? n->in[0] : -1;
}

/* x of 1 + erf(x / sqrt 2) */
static graph_value
of_erf(const graph_net *g, graph_value v)
{
	graph_value e = argument(g, behind(g, v, "add_scalar", 1), "erf");
	const graph_node *d = made_by(g, e, "div");
	const double *by = d ? graph_value_at(g, d->in[1])->numbers : NULL;
	if (by && secant_shape_count(graph_shape(g, d->in[1])) == 1 && fabs(*by - M_SQRT2) < 1e-6)
		return d->in[0];
	return behind(g, e, "mul_scalar", M_SQRT1_2);
}

/* x of clip(x + 3, 0, 6) */
static graph_value
of_six(const graph_net *g, graph_value v)
{
	return behind(g, argument(g, v, "relu6"), "add_scalar", 3);
}

/* What a * b is; NULL. */
static const char *
product_of(const graph_net *g, graph_value a, graph_value b, graph_value *x)
{
	static const char *const rows[][2] = { { "sigmoid", "silu" }, { "hardsigmoid", "hardswish" } };
	*x = a;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (argument(g, b, rows[i][0]) == a)
			return rows[i][1];
	if (argument(g, argument(g, b, "tanh"), "softplus") == a)
		return "mish";
	*x = of_erf(g, b);
	return *x >= 0 && behind(g, a, "mul_scalar", 0.5) == *x ? "gelu" : NULL;
}

/* What v * number is; NULL. */
static const char *
scaled_of(const graph_net *g, graph_value v, double number, graph_value *x)
{
	const graph_node *m = made_by(g, v, "mul");
	for (int k = 0; k < 2 && m; k++) {
		*x = m->in[k];
		if (number == 0.5 && of_erf(g, m->in[!k]) == *x)
			return "gelu";
		if (fabs(number - 1.0 / 6) < 1e-7 && of_six(g, m->in[!k]) == *x)
			return "hardswish";
	}
	*x = fabs(number - 1.0 / 6) < 1e-7 ? of_six(g, v) : -1;
	return *x >= 0 ? "hardsigmoid" : NULL;
}

bool
onnx_composed(onnx_call *c, const onnx_mapped *a, const onnx_mapped *b, double number, secant_status *status)
{
	graph_net *g = onnx_graph(c);
	graph_value x = -1;
	const char *op = NULL;
	bool alike = !b || (a->rank == b->rank && !memcmp(a->perm, b->perm, sizeof *a->perm * (size_t)a->rank));
	if (!alike)
		return false;
	op = b ? product_of(g, a->v, b->v, &x) : scaled_of(g, a->v, number, &x);
	if (!op && b)
		op = product_of(g, b->v, a->v, &x);
	if (!op || !secant_shape_equal(graph_shape(g, x), graph_shape(g, a->v)))
		return false;
	*status = onnx_result(c, 0, graph_apply(g, op, NULL, 1, x), a->type, a->rank, a->perm);
	return true;
}
