/*
 * What builders of encoders share (encoder.h).
 */
#include "nn/encoder.h"

void
nn_encoder_stage(nn_builder *n, const nn_request *q, int stage)
{
	int stride = 1 << stage;
	if (!n->outer)
		n->outer = 1 + n->phase;
	n->phase = stage <= q->depth + q->beyond ? (nn_phase)(n->outer - 1) : NN_PHASE_EVAL;
	n->rate = stride > q->output_stride ? stride / q->output_stride : 1;
}

void
nn_encoder_end(nn_builder *n)
{
	if (n->outer)
		n->phase = (nn_phase)(n->outer - 1);
	n->outer = 0;
	n->rate = 1;
}

void
nn_encoder_give(nn_stage *f, const nn_request *q, int stage, graph_value v)
{
	if (stage <= q->depth)
		f[stage].value = v;
}

graph_value
nn_act(nn_builder *n, const char *act, graph_value x)
{
	return act ? graph_apply(n->g, act, NULL, 1, x) : x;
}

graph_value
nn_squeeze_excite(nn_builder *n, const nn_squeeze *s, graph_value x)
{
	nn_conv_spec reduce = { .out = s->width, .kernel = 1, .bias = true, .init = s->init };
	nn_conv_spec expand = { .out = nn_channels(n, x), .kernel = 1, .bias = true, .init = s->init };
	int rate = n->rate;
	n->rate = 1;
	graph_value y = nn_conv(n, s->reduce, nn_global_pool(n, x, false), &reduce);
	y = nn_conv(n, s->expand, nn_act(n, s->act, y), &expand);
	n->rate = rate;
	return graph_apply(n->g, "mul", NULL, 2, x, nn_act(n, s->gate, y));
}

graph_value
nn_conv_norm_act(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c, const char *act, bool silent)
{
	size_t mark = nn_enter(n, name);
	x = nn_conv(n, "conv", x, c);
	x = silent ? nn_batch_norm_silent(n, "bn", x, 1e-5, 0.1) : nn_batch_norm(n, "bn", x, 1e-5, 0.1);
	nn_leave(n, mark);
	return nn_act(n, act, x);
}

int
nn_dilation_stage(nn_dilation *d, int stride, const nn_request *q)
{
	if (d->reached >= q->output_stride) {
		d->rate *= stride;
		return 1;
	}
	d->reached *= stride;
	return stride;
}

graph_value
nn_max_pool(nn_builder *n, graph_value x, int kernel, int stride, int padding, bool ceil_mode)
{
	op_pool_attr pool = op_pooling(kernel, stride, padding);
	pool.ceil_mode = ceil_mode;
	return graph_apply(n->g, "max_pool2d", &pool, 1, x);
}
