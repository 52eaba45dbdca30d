/*
 * What decoders for pictures share (decoder.h).
 */
#include "nn/decoder.h"
#include <string.h>

graph_value
nn_add_unet_block(nn_builder *n, const nn_unet_block *u, graph_value x, graph_value skip, graph_value like, int out)
{
	x = like >= 0 ? nn_resize_like(n, x, like, u->mode, false) : nn_enlarge(n, x, 2, u->mode, false);
	x = nn_concat(n, 2, (graph_value[]){ x, skip });
	int in = nn_channels(n, x);
	if (u->scse) {
		/* A state_dict lists conv1 before attention1, though attention1 comes first in the data's way. */
		graph_value w, b;
		size_t mark = nn_enter(n, "conv1");
		nn_conv_states(n, "0", in,
			&(nn_conv_spec){
				.out = out, .kernel = 3, .bias = u->norm.kind == NN_NORM_NONE, .init = GRAPH_INIT_KAIMING_UNIFORM },
			&w, &b);
		nn_add_norm_states(n, "1", out, &u->norm);
		nn_leave(n, mark);
		graph_value attended = nn_scse(n, "attention1", skip >= 0 ? x : -1, in);
		x = skip >= 0 ? attended : x;
	}
	x = nn_conv_relu(n, "conv1", x, out, 3, 1, &u->norm);
	x = nn_conv_relu(n, "conv2", x, out, 3, 1, &u->norm);
	return u->scse ? nn_scse(n, "attention2", x, out) : x;
}

secant_status
nn_check_attention(const char *attention, const int *channels, int blocks, secant_err *err)
{
	if (attention && strcmp(attention, "scse"))
		return secant_fail(err, SECANT_ERR_ARG, "decoder-attention-type: '%s' is not scse", attention);
	for (int i = 0; attention && i < blocks; i++)
		if (channels[i] < 16)
			return secant_fail(err, SECANT_ERR_ARG,
				"decoder-attention-type: scse squeezes channels to a sixteenth, a block of decoder-channels has %d; at "
				"least 16 are wanted",
				channels[i]);
	return SECANT_OK;
}

graph_value
nn_enlarge(nn_builder *n, graph_value x, double factor, int mode, bool align_corners)
{
	op_resize_attr r = { .mode = mode, .align_corners = align_corners, .scale_h = 1 / factor, .scale_w = 1 / factor };
	return graph_apply(n->g, "resize", &r, 1, x);
}

graph_value
nn_bins(nn_builder *n, graph_value x, int size)
{
	return graph_apply(n->g, "adaptive_avg_pool2d", &(op_size_attr){ { 2, { size, size } } }, 1, x);
}

graph_value
nn_conv_bn_relu(nn_builder *n, const char *first, const char *second, graph_value x, const nn_conv_spec *spec)
{
	return nn_relu(n, nn_batch_norm(n, second, nn_conv(n, first, x, spec), 1e-5, 0.1));
}

graph_value
nn_conv_transpose(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, int padding)
{
	size_t mark = nn_enter(n, name);
	op_conv_attr a = op_conv(stride, padding, 1, 1);
	graph_value w = nn_state(
					n, "weight", &(secant_shape){ 4, { nn_channels(n, x), out, kernel, kernel } }, GRAPH_INIT_DEFAULT),
				b = nn_state(n, "bias", &(secant_shape){ 1, { out } }, GRAPH_INIT_DEFAULT);
	graph_set_fan_in(n->g, b, (int64_t)out * kernel * kernel);
	graph_scope(n->g, n->path);
	x = graph_apply(n->g, "conv_transpose2d", &a, 3, x, w, b);
	nn_leave(n, mark);
	return x;
}
