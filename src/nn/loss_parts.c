/* What losses have in common. See loss_parts.h. */
#include "nn/loss_parts.h"

secant_value
secant_loss_scaled(secant_graph *g, secant_value v, double factor)
{
	return factor == 1 ? v : secant_apply(g, "mul_scalar", &(secant_number_attr){ factor, 0 }, 1, v);
}

secant_value
secant_loss_plus(secant_graph *g, secant_value v, double what)
{
	return what == 0 ? v : secant_apply(g, "add_scalar", &(secant_number_attr){ what, 0 }, 1, v);
}

secant_value
secant_loss_two(secant_graph *g, const char *op, secant_value a, secant_value b)
{
	return secant_apply(g, op, NULL, 2, a, b);
}
secant_value
secant_loss_one(secant_graph *g, const char *op, secant_value a)
{
	return secant_apply(g, op, NULL, 1, a);
}

secant_value
secant_loss_limited(secant_graph *g, secant_value v, double lo, double hi)
{
	return secant_apply(g, "clamp", &(secant_number_attr){ lo, hi }, 1, v);
}

secant_value
secant_loss_over(secant_graph *g, const char *op, secant_value v, bool pixels)
{
	secant_axes_attr a = { .axes = { .n = secant_graph_shape(g, v)->rank - (pixels ? 1 : 0) } };
	for (int i = 0; i < a.axes.n; i++)
		a.axes.v[i] = i;
	return a.axes.n > 0 ? secant_apply(g, op, &a, 1, v) : v;
}

static secant_value
all_but(secant_graph *g, secant_value target, double value)
{
	secant_value same = secant_loss_two(g, "equal", target,
		secant_graph_constant(g, secant_graph_value(g, target)->type.dtype, &(secant_shape){ 0 }, &value));
	return secant_loss_plus(g, secant_loss_scaled(g, secant_loss_one(g, "upcast", same), -1), 1);
}

secant_value
secant_loss_mask(secant_graph *g, const secant_loss_input *in, const secant_ints *own)
{
	bool mine = own && own->n, both = mine && in->has_ignore && own->v[0] != in->ignore;
	if (!mine && !in->has_ignore)
		return -1;
	secant_value mask = all_but(g, in->target, mine ? own->v[0] : in->ignore);
	return both ? secant_loss_two(g, "mul", mask, all_but(g, in->target, in->ignore)) : mask;
}

secant_value
secant_loss_mask_channels(secant_graph *g, const secant_loss_input *in, secant_value mask)
{
	if (mask < 0 || in->mode != SECANT_MODE_MULTICLASS)
		return mask;
	const secant_shape *s = secant_graph_shape(g, mask);
	secant_shape_attr a = { .shape = { .n = s->rank + 1 } };
	for (int i = 0; i < s->rank; i++)
		a.shape.v[i] = (int)s->dim[i];
	a.shape.v[s->rank] = 1;
	return secant_apply(g, "reshape", &a, 1, mask);
}

secant_value
secant_loss_vector(secant_graph *g, const secant_reals *v)
{
	return secant_graph_constant(g, SECANT_F32, &(secant_shape){ 1, { v->n } }, v->v);
}
