/*
 * The table of activations (act.h), looked at by number, by node and by operator.
 */
#include "ops/act.h"
#include <stddef.h>
#include <string.h>

_Static_assert(SECANT_ACT_RELU == 1, "options that know relu alone count on its place");

#define EXTERN(name, ...) extern const secant_unary secant_unary_##name;
SECANT_ACTS(EXTERN)
#undef EXTERN

static const secant_act table[] = { { 0 },
#define ROW(name, a, b, monotone, ...) { &secant_unary_##name, { a, b }, monotone },
	SECANT_ACTS(ROW)
#undef ROW
};

const secant_act *
secant_act_at(int act)
{
	return act > SECANT_ACT_NONE && act < SECANT_ACT_COUNT ? &table[act] : NULL;
}

int
secant_act_of(const secant_node *n)
{
	const secant_number_attr *t = n->attr;
	for (int i = 1; i < SECANT_ACT_COUNT; i++)
		if (!strcmp(n->op->name, table[i].function->name))
			return t->a == table[i].numbers.a && t->b == table[i].numbers.b ? i : SECANT_ACT_NONE;
	return SECANT_ACT_NONE;
}

bool
secant_act_ends(const char *op, int act)
{
	const secant_op *o = secant_op_find(op);
	for (const secant_opt *row = o && o->attr ? o->attr->rows : NULL; row && row->name; row++)
		if (!strcmp(row->name, "act")) {
			int choices = 1;
			for (const char *c = row->values; *c; c++)
				choices += *c == '|';
			return act < choices;
		}
	return act == SECANT_ACT_NONE;
}

double
secant_act_value(int act, double x)
{
	const secant_act *t = &table[act];
	return act ? t->function->f(x, t->numbers.a, t->numbers.b) : x;
}

double
secant_act_slope(int act, double v)
{
	const secant_act *t = &table[act];
	return act ? t->function->df(v, t->numbers.a, t->numbers.b) : 1;
}

secant_value
secant_act_build(secant_graph *g, int act, secant_value x)
{
	const secant_act *t = secant_act_at(act);
	return t ? secant_apply(g, t->function->name, &t->numbers, 1, x) : x;
}

secant_value
secant_act_back(secant_graph *g, const secant_node *n, int act, const void *plain, secant_value dy)
{
	const secant_act *t = secant_act_at(act);
	if (!t)
		return dy;
	secant_value v = n->out[0];
	if (t->function->from == SECANT_FROM_INPUT) {
		const secant_node *argument = secant_graph_node(g, n->op->name, plain, n->n_in, n->in);
		v = argument ? argument->out[0] : -1;
	}
	secant_unary_grad_attr a = { secant_unary_find(t->function->name), t->numbers.a, t->numbers.b };
	return secant_apply(g, "unary_grad", &a, 2, v, dy);
}
