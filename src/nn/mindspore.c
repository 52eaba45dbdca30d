/* Layers as MindSpore has them. See mindspore.h. */
#include "nn/mindspore.h"

/* Weight and bias under the path. */
static void
conv_states(nn_builder *n, int in, const nn_ms_conv_spec *c, graph_value *weight, graph_value *bias)
{
	*weight = nn_state(n, "weight", &(secant_shape){ 4, { c->out, in, c->kernel, c->kernel } }, c->init);
	*bias = c->bias ? nn_state(n, "bias", &(secant_shape){ 1, { c->out } }, GRAPH_INIT_ZEROS) : -1;
}

graph_value
nn_ms_conv(nn_builder *n, const char *name, graph_value x, const nn_ms_conv_spec *c)
{
	size_t mark = nn_enter(n, name);
	op_conv_attr a = op_conv(1, c->same ? c->kernel / 2 : 0, 1, 1);
	graph_value w, b;
	conv_states(n, nn_channels(n, x), c, &w, &b);
	graph_scope(n->g, n->path);
	x = graph_apply(n->g, "conv2d", &a, 3, x, w, b);
	nn_leave(n, mark);
	return x;
}

void
nn_ms_conv_states(nn_builder *n, const char *name, int in, const nn_ms_conv_spec *c)
{
	size_t mark = nn_enter(n, name);
	graph_value w, b;
	conv_states(n, in, c, &w, &b);
	nn_leave(n, mark);
}

graph_value
nn_ms_double(nn_builder *n, const char *name, graph_value x, int out)
{
	size_t mark = nn_enter(n, name);
	op_conv_attr a = op_conv(2, 0, 1, 1);
	secant_shape shape = { 4, { nn_channels(n, x), out, 2, 2 } };
	graph_value w = nn_state(n, "weight", &shape, GRAPH_INIT_NORMAL_001);
	graph_scope(n->g, n->path);
	x = graph_apply(n->g, "conv_transpose2d", &a, 3, x, w, -1);
	nn_leave(n, mark);
	return x;
}

graph_value
nn_ms_batch_norm(nn_builder *n, const char *name, graph_value x)
{
	size_t mark = nn_enter(n, name);
	secant_shape c = { 1, { nn_channels(n, x) } };
	graph_value mean = nn_statistic(n, "moving_mean", &c, GRAPH_INIT_ZEROS),
				var = nn_statistic(n, "moving_variance", &c, GRAPH_INIT_ONES),
				gamma = nn_state(n, "gamma", &c, GRAPH_INIT_ONES), beta = nn_state(n, "beta", &c, GRAPH_INIT_ZEROS);
	x = nn_batch_norm_of(n, x, mean, var, gamma, beta, 1e-5, 0.1);
	nn_leave(n, mark);
	return x;
}

graph_value
nn_ms_halve(nn_builder *n, graph_value x)
{
	op_pool_attr pool = op_pooling(2, 2, 0);
	return graph_apply(n->g, "max_pool2d", &pool, 1, x);
}

graph_value
nn_ms_crop(nn_builder *n, graph_value x, int border)
{
	op_pad_attr a = op_pad_hw(OP_PAD_CONSTANT, -border, -border, -border, -border);
	return border ? graph_apply(n->g, "pad", &a, 1, x) : x;
}
