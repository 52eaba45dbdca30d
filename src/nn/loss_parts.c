/* What losses have in common. See loss_parts.h. */
#include "nn/loss_parts.h"

graph_value
nn_loss_scaled(graph_net *g, graph_value v, double factor)
{
	return factor == 1 ? v : graph_apply(g, "mul_scalar", &(op_number_attr){ factor, 0 }, 1, v);
}

graph_value
nn_loss_plus(graph_net *g, graph_value v, double what)
{
	return what == 0 ? v : graph_apply(g, "add_scalar", &(op_number_attr){ what, 0 }, 1, v);
}

graph_value
nn_loss_two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}
graph_value
nn_loss_one(graph_net *g, const char *op, graph_value a)
{
	return graph_apply(g, op, NULL, 1, a);
}

graph_value
nn_loss_limited(graph_net *g, graph_value v, double lo, double hi)
{
	return graph_apply(g, "clamp", &(op_number_attr){ lo, hi }, 1, v);
}

graph_value
nn_loss_over(graph_net *g, const char *op, graph_value v, bool pixels)
{
	op_axes_attr a = { .axes = { .n = graph_shape(g, v)->rank - (pixels ? 1 : 0) } };
	for (int i = 0; i < a.axes.n; i++)
		a.axes.v[i] = i;
	return a.axes.n > 0 ? graph_apply(g, op, &a, 1, v) : v;
}

static graph_value
all_but(graph_net *g, graph_value target, double value)
{
	graph_value same = nn_loss_two(
		g, "equal", target, graph_constant(g, graph_value_at(g, target)->type.dtype, &(secant_shape){ 0 }, &value));
	return nn_loss_plus(g, nn_loss_scaled(g, nn_loss_one(g, "upcast", same), -1), 1);
}

graph_value
nn_loss_mask(graph_net *g, const nn_loss_input *in, const secant_ints *own)
{
	bool mine = own && own->n, both = mine && in->has_ignore && own->v[0] != in->ignore;
	if (!mine && !in->has_ignore)
		return -1;
	graph_value mask = all_but(g, in->target, mine ? own->v[0] : in->ignore);
	return both ? nn_loss_two(g, "mul", mask, all_but(g, in->target, in->ignore)) : mask;
}

graph_value
nn_loss_mask_channels(graph_net *g, const nn_loss_input *in, graph_value mask)
{
	if (mask < 0 || in->mode != BASE_MODE_MULTICLASS)
		return mask;
	const secant_shape *s = graph_shape(g, mask);
	op_shape_attr a = { .shape = { .n = s->rank + 1 } };
	for (int i = 0; i < s->rank; i++)
		a.shape.v[i] = (int)s->dim[i];
	a.shape.v[s->rank] = 1;
	return graph_apply(g, "reshape", &a, 1, mask);
}

graph_value
nn_loss_vector(graph_net *g, const secant_reals *v)
{
	return graph_constant(g, SECANT_F32, &(secant_shape){ 1, { v->n } }, v->v);
}
