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
affine(secant_nn *n, const secant_shape *shape, secant_init init, secant_value *weight, secant_value *bias)
{
	*weight = secant_nn_state(n, "weight", shape, init);
	*bias = secant_nn_state(
		n, "bias", &(secant_shape){ 1, { shape->dim[0] } }, init == SECANT_INIT_DEFAULT ? init : SECANT_INIT_ZEROS);
	secant_graph_set_fan_in(n->g, *bias, shape->dim[1]);
	secant_graph_scope(n->g, n->path);
}

void
secant_nn_pointwise_states(secant_nn *n, const char *name, int in, int out, int axes)
{
	secant_value w, b;
	secant_shape shape = kernel_shape(out, in, axes);
	size_t mark = secant_nn_enter(n, name);
	affine(n, &shape, SECANT_INIT_DEFAULT, &w, &b);
	secant_nn_leave(n, mark);
}

void
secant_nn_linear_states(secant_nn *n, const char *name, int in, int out, secant_init init)
{
	secant_value w, b;
	secant_shape shape = kernel_shape(out, in, 0);
	size_t mark = secant_nn_enter(n, name);
	affine(n, &shape, init, &w, &b);
	secant_nn_leave(n, mark);
}

secant_value
secant_nn_pointwise(secant_nn *n, const char *name, secant_value x, int out, int axes)
{
	return secant_nn_pointwise_parts(n, name, 1, &x, out, axes);
}

/* W [a b] = Wa a + Wb b: a part that is one for a whole cloud is multiplied once for it. */
secant_value
secant_nn_pointwise_parts(secant_nn *n, const char *name, int parts, const secant_value *part, int out, int axes)
{
	secant_value w, b, y = -1;
	int in = 0, at = 0;
	for (int i = 0; i < parts; i++)
		in += part[i] < 0 ? 0 : secant_nn_channels(n, part[i]);
	secant_shape shape = kernel_shape(out, in, axes);
	size_t mark = secant_nn_enter(n, name);
	affine(n, &shape, SECANT_INIT_DEFAULT, &w, &b);
	for (int i = 0; i < parts; i++) {
		if (part[i] < 0)
			continue;
		int c = secant_nn_channels(n, part[i]);
		secant_slice_attr columns = { { shape.rank, { 0, at } }, { shape.rank, { -1, at + c, -1, -1 } }, { 0 } };
		secant_value own = c == in ? w : secant_apply(n->g, "slice", &columns, 1, w);
		secant_value z = secant_apply(n->g, "linear", NULL, 3, part[i], own, at ? -1 : b);
		y = y < 0 ? z : secant_apply(n->g, "add", NULL, 2, y, z);
		at += c;
	}
	secant_nn_leave(n, mark);
	return y;
}

secant_value
secant_nn_max_of_points(secant_nn *n, secant_value x)
{
	return secant_apply(n->g, "max_with_index", &(secant_index_attr){ .axis = 1, .keepdim = true }, 1, x);
}

secant_value
secant_nn_flat(secant_nn *n, secant_value x)
{
	return secant_apply(n->g, "reshape", &(secant_shape_attr){ { 2, { -2, secant_nn_channels(n, x) } } }, 1, x);
}

secant_value
secant_nn_unflat(secant_nn *n, secant_value x)
{
	return secant_apply(n->g, "reshape", &(secant_shape_attr){ { 4, { -2, 1, 1, secant_nn_channels(n, x) } } }, 1, x);
}

secant_value
secant_nn_transform_points(secant_nn *n, secant_value x, secant_value matrix)
{
	int k = secant_nn_channels(n, x);
	secant_value rows = secant_apply(n->g, "reshape", &(secant_shape_attr){ { 3, { -2, -2, k } } }, 1, x);
	secant_value y = secant_apply(n->g, "matmul", NULL, 2, rows, matrix);
	return secant_apply(n->g, "reshape", &(secant_shape_attr){ { 4, { -2, -2, 1, k } } }, 1, y);
}

secant_value
secant_nn_channels_of(secant_nn *n, secant_value x, int from, int to)
{
	if (from == 0 && to == secant_nn_channels(n, x))
		return x;
	return secant_apply(
		n->g, "slice", &(secant_slice_attr){ { 4, { 0, 0, 0, from } }, { 4, { -1, -1, -1, to } }, { 0 } }, 1, x);
}
