/*
 * What builders of encoders share (encoder.h).
 */
#include "nn/encoder.h"

void
secant_encoder_stage(secant_nn *n, const secant_request *q, int stage)
{
	int stride = 1 << stage;
	if (!n->outer)
		n->outer = 1 + n->phase;
	n->phase = stage <= q->depth ? (secant_phase)(n->outer - 1) : SECANT_PHASE_EVAL;
	n->rate = stride > q->output_stride ? stride / q->output_stride : 1;
}

void
secant_encoder_end(secant_nn *n)
{
	if (n->outer)
		n->phase = (secant_phase)(n->outer - 1);
	n->outer = 0;
	n->rate = 1;
}

void
secant_encoder_give(secant_stage *f, const secant_request *q, int stage, secant_value v)
{
	if (stage <= q->depth)
		f[stage].value = v;
}

secant_value
secant_nn_act(secant_nn *n, const char *act, secant_value x)
{
	return act ? secant_apply(n->g, act, NULL, 1, x) : x;
}

secant_value
secant_nn_squeeze(secant_nn *n, const secant_squeeze *s, secant_value x)
{
	secant_conv_spec reduce = { .out = s->width, .kernel = 1, .bias = true, .init = s->init };
	secant_conv_spec expand = { .out = secant_nn_channels(n, x), .kernel = 1, .bias = true, .init = s->init };
	int rate = n->rate;
	n->rate = 1;
	secant_value y = secant_nn_conv(n, s->reduce, secant_nn_global_pool(n, x, false), &reduce);
	y = secant_nn_conv(n, s->expand, secant_nn_act(n, s->act, y), &expand);
	n->rate = rate;
	return secant_apply(n->g, "mul", NULL, 2, x, secant_nn_act(n, s->gate, y));
}

secant_value
secant_nn_max_pool(secant_nn *n, secant_value x, int kernel, int stride, int padding, bool ceil_mode)
{
	secant_pool_attr pool = secant_pooling(kernel, stride, padding);
	pool.ceil_mode = ceil_mode;
	return secant_apply(n->g, "max_pool2d", &pool, 1, x);
}
