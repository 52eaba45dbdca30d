/*
 * The table of activations (act.h), looked at by number, by node and by operator.
 */
#include "ops/act.h"
#include <stddef.h>
#include <string.h>

_Static_assert(OP_ACT_RELU == 1, "options that know relu alone count on its place");

#define EXTERN(name, ...) extern const op_unary op_unary_##name;
OP_ACTS(EXTERN)
#undef EXTERN

static const op_act table[] = { { 0 },
#define ROW(name, a, b, monotone, ...) { &op_unary_##name, { a, b }, monotone },
	OP_ACTS(ROW)
#undef ROW
};

const op_act *
op_act_at(int act)
{
	return act > OP_ACT_NONE && act < OP_ACT_COUNT ? &table[act] : NULL;
}

int
op_act_of(const graph_node *n)
{
	const op_number_attr *t = n->attr;
	for (int i = 1; i < OP_ACT_COUNT; i++)
		if (!strcmp(n->op->name, table[i].function->name))
			return t->a == table[i].numbers.a && t->b == table[i].numbers.b ? i : OP_ACT_NONE;
	return OP_ACT_NONE;
}

bool
op_act_ends(const char *op, int act)
{
	const graph_op *o = graph_op_find(op);
	for (const secant_opt *row = o && o->attr ? o->attr->rows : NULL; row && row->name; row++)
		if (!strcmp(row->name, "act")) {
			int choices = 1;
			for (const char *c = row->values; *c; c++)
				choices += *c == '|';
			return act < choices;
		}
	return act == OP_ACT_NONE;
}

double
op_act_value(int act, double x)
{
	const op_act *t = &table[act];
	return act ? t->function->f(x, t->numbers.a, t->numbers.b) : x;
}

double
op_act_slope(int act, double v)
{
	const op_act *t = &table[act];
	return act ? t->function->df(v, t->numbers.a, t->numbers.b) : 1;
}

graph_value
op_act_build(graph_net *g, int act, graph_value x)
{
	const op_act *t = op_act_at(act);
	return t ? graph_apply(g, t->function->name, &t->numbers, 1, x) : x;
}

graph_value
op_act_back(graph_net *g, const graph_node *n, int act, const void *plain, graph_value dy)
{
	const op_act *t = op_act_at(act);
	if (!t)
		return dy;
	graph_value v = n->out[0];
	if (t->function->from == OP_FROM_INPUT) {
		const graph_node *argument = graph_make_node(g, n->op->name, plain, n->n_in, n->in);
		v = argument ? argument->out[0] : -1;
	}
	op_unary_grad_attr a = { op_unary_find(t->function->name), t->numbers.a, t->numbers.b };
	return graph_apply(g, "unary_grad", &a, 2, v, dy);
}
