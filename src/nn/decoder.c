/*
 * What decoders for pictures share (decoder.h).
 */
#include "nn/decoder.h"
#include <string.h>

secant_value
secant_nn_unet_block(
	secant_nn *n, const secant_unet_block *u, secant_value x, secant_value skip, secant_value like, int out)
{
	x = like >= 0 ? secant_nn_resize_like(n, x, like, u->mode, false) : secant_nn_enlarge(n, x, 2, u->mode, false);
	x = secant_nn_concat(n, 2, (secant_value[]){ x, skip });
	int in = secant_nn_channels(n, x);
	if (u->scse) {
		/* A state_dict lists conv1 before attention1, though attention1 comes first in the data's way. */
		secant_value w, b;
		size_t mark = secant_nn_enter(n, "conv1");
		secant_nn_conv_states(n, "0", in,
			&(secant_conv_spec){ .out = out,
				.kernel = 3,
				.bias = u->norm.kind == SECANT_NORM_NONE,
				.init = SECANT_INIT_KAIMING_UNIFORM },
			&w, &b);
		secant_nn_norm_states(n, "1", out, &u->norm);
		secant_nn_leave(n, mark);
		secant_value attended = secant_nn_scse(n, "attention1", skip >= 0 ? x : -1, in);
		x = skip >= 0 ? attended : x;
	}
	x = secant_nn_conv_relu(n, "conv1", x, out, 3, 1, &u->norm);
	x = secant_nn_conv_relu(n, "conv2", x, out, 3, 1, &u->norm);
	return u->scse ? secant_nn_scse(n, "attention2", x, out) : x;
}

secant_status
secant_nn_check_attention(const char *attention, secant_err *err)
{
	return attention && strcmp(attention, "scse")
		? secant_fail(err, SECANT_ERR_ARG, "decoder-attention-type: '%s' is not scse", attention)
		: SECANT_OK;
}

secant_value
secant_nn_enlarge(secant_nn *n, secant_value x, double factor, int mode, bool align_corners)
{
	secant_resize_attr r = {
		.mode = mode, .align_corners = align_corners, .scale_h = 1 / factor, .scale_w = 1 / factor
	};
	return secant_apply(n->g, "resize", &r, 1, x);
}

secant_value
secant_nn_bins(secant_nn *n, secant_value x, int size)
{
	return secant_apply(n->g, "adaptive_avg_pool2d", &(secant_size_attr){ { 2, { size, size } } }, 1, x);
}

secant_value
secant_nn_conv_bn_relu(
	secant_nn *n, const char *first, const char *second, secant_value x, const secant_conv_spec *spec)
{
	return secant_nn_relu(n, secant_nn_batch_norm(n, second, secant_nn_conv(n, first, x, spec), 1e-5, 0.1));
}

secant_value
secant_nn_conv_transpose(secant_nn *n, const char *name, secant_value x, int out, int kernel, int stride, int padding)
{
	size_t mark = secant_nn_enter(n, name);
	secant_conv_attr a = secant_conv(stride, padding, 1, 1);
	secant_value w = secant_nn_state(n, "weight",
					 &(secant_shape){ 4, { secant_nn_channels(n, x), out, kernel, kernel } }, SECANT_INIT_DEFAULT),
				 b = secant_nn_state(n, "bias", &(secant_shape){ 1, { out } }, SECANT_INIT_DEFAULT);
	secant_graph_set_fan_in(n->g, b, (int64_t)out * kernel * kernel);
	secant_graph_scope(n->g, n->path);
	x = secant_apply(n->g, "conv_transpose2d", &a, 3, x, w, b);
	secant_nn_leave(n, mark);
	return x;
}
