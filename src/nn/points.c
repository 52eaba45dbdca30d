/*
 * Layers of networks for clouds. A cloud is N x P x 1 x C, its points in no order: convolutions of kernel 1 treat each
 * by itself, a maximum over all of them sees the whole. Attributes hold no size of the input, so that a stored graph
 * fits clouds of any size.
 */
#include "nn/nn.h"

static secant_shape
kernel_shape(int out, int in, int axes)
{
	return (secant_shape){ 2 + axes, { out, in, 1, 1 } };
}

/* States of the module on the path. */
static void
affine(nn_builder *n, const secant_shape *shape, graph_init init, graph_value *weight, graph_value *bias)
{
	*weight = nn_state(n, "weight", shape, init);
	*bias = nn_state(
		n, "bias", &(secant_shape){ 1, { shape->dim[0] } }, init == GRAPH_INIT_DEFAULT ? init : GRAPH_INIT_ZEROS);
	graph_set_fan_in(n->g, *bias, shape->dim[1]);
	graph_scope(n->g, n->path);
}

void
nn_pointwise_states(nn_builder *n, const char *name, int in, int out, int axes)
{
	graph_value w, b;
	secant_shape shape = kernel_shape(out, in, axes);
	size_t mark = nn_enter(n, name);
	affine(n, &shape, GRAPH_INIT_DEFAULT, &w, &b);
	nn_leave(n, mark);
}

void
nn_linear_states(nn_builder *n, const char *name, int in, int out, graph_init init)
{
	graph_value w, b;
	secant_shape shape = kernel_shape(out, in, 0);
	size_t mark = nn_enter(n, name);
	affine(n, &shape, init, &w, &b);
	nn_leave(n, mark);
}

graph_value
nn_pointwise(nn_builder *n, const char *name, graph_value x, int out, int axes)
{
	return nn_pointwise_parts(n, name, 1, &x, out, axes);
}

/* W [a b] = Wa a + Wb b: a part that is one for a whole cloud is multiplied once for it. */
graph_value
nn_pointwise_parts(nn_builder *n, const char *name, int parts, const graph_value *part, int out, int axes)
{
	graph_value w, b, y = -1;
	int in = 0, at = 0;
	for (int i = 0; i < parts; i++)
		in += part[i] < 0 ? 0 : nn_channels(n, part[i]);
	secant_shape shape = kernel_shape(out, in, axes);
	size_t mark = nn_enter(n, name);
	affine(n, &shape, GRAPH_INIT_DEFAULT, &w, &b);
	for (int i = 0; i < parts; i++) {
		if (part[i] < 0)
			continue;
		int c = nn_channels(n, part[i]);
		op_slice_attr columns = { { shape.rank, { 0, at } }, { shape.rank, { -1, at + c, -1, -1 } }, { 0 } };
		graph_value own = c == in ? w : graph_apply(n->g, "slice", &columns, 1, w);
		graph_value z = graph_apply(n->g, "linear", NULL, 3, part[i], own, at ? -1 : b);
		y = y < 0 ? z : graph_apply(n->g, "add", NULL, 2, y, z);
		at += c;
	}
	nn_leave(n, mark);
	return y;
}

graph_value
nn_max_of_points(nn_builder *n, graph_value x)
{
	return graph_apply(n->g, "max_with_index", &(op_index_attr){ .axis = 1, .keepdim = true }, 1, x);
}

graph_value
nn_flat(nn_builder *n, graph_value x)
{
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 2, { -2, nn_channels(n, x) } } }, 1, x);
}

graph_value
nn_unflat(nn_builder *n, graph_value x)
{
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { -2, 1, 1, nn_channels(n, x) } } }, 1, x);
}

graph_value
nn_transform_points(nn_builder *n, graph_value x, graph_value matrix)
{
	int k = nn_channels(n, x);
	graph_value rows = graph_apply(n->g, "reshape", &(op_shape_attr){ { 3, { -2, -2, k } } }, 1, x);
	graph_value y = graph_apply(n->g, "matmul", NULL, 2, rows, matrix);
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { -2, -2, 1, k } } }, 1, y);
}

graph_value
nn_channels_of(nn_builder *n, graph_value x, int from, int to)
{
	if (from == 0 && to == nn_channels(n, x))
		return x;
	return graph_apply(
		n->g, "slice", &(op_slice_attr){ { 4, { 0, 0, 0, from } }, { 4, { -1, -1, -1, to } }, { 0 } }, 1, x);
}
