/*
 * DenseNet (Huang, Liu, van der Maaten, Weinberger 2017) as torchvision builds it: each layer of a block adds `growth`
 * channels to what it has read. Taps f2 to f4 stand behind norm and relu of a transition, before its convolution; f5 is
 * the last norm without relu.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct densenet {
	int growth, first, layers[4];
} densenet;

static graph_value
conv(nn_builder *n, const char *name, graph_value x, int out, int kernel)
{
	return nn_conv(n, name, x,
		&(nn_conv_spec){ .out = out, .kernel = kernel, .padding = kernel / 2, .init = GRAPH_INIT_KAIMING_NORMAL });
}

static graph_value
norm_relu(nn_builder *n, const char *name, graph_value x)
{
	return nn_relu(n, nn_batch_norm(n, name, x, 1e-5, 0.1));
}

static graph_value
dense_layer(nn_builder *n, int k, graph_value x, int growth)
{
	char name[24];
	(void)snprintf(name, sizeof name, "denselayer%d", k + 1);
	size_t mark = nn_enter(n, name);
	graph_value y = conv(n, "conv1", norm_relu(n, "norm1", x), 4 * growth, 1);
	y = conv(n, "conv2", norm_relu(n, "norm2", y), growth, 3);
	nn_leave(n, mark);
	return nn_concat(n, 2, (graph_value[]){ x, y });
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const densenet *d = e->config;
	size_t mark = nn_enter(n, "features");
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	nn_conv_spec stem = { .out = d->first, .kernel = 7, .stride = 2, .padding = 3, .init = GRAPH_INIT_KAIMING_NORMAL };
	x = norm_relu(n, "norm0", nn_conv(n, "conv0", x, &stem));
	nn_encoder_give(f, q, 1, x);
	x = nn_max_pool(n, x, 3, 2, 1, false);
	for (int block = 0; block < 4; block++) {
		char name[24];
		nn_encoder_stage(n, q, block + 2);
		(void)snprintf(name, sizeof name, "denseblock%d", block + 1);
		size_t inner = nn_enter(n, name);
		for (int k = 0; k < d->layers[block]; k++)
			x = dense_layer(n, k, x, d->growth);
		nn_leave(n, inner);
		if (block == 3)
			break;
		(void)snprintf(name, sizeof name, "transition%d", block + 1);
		inner = nn_enter(n, name);
		x = norm_relu(n, "norm", x);
		nn_encoder_give(f, q, block + 2, x);
		nn_encoder_stage(n, q, block + 3);
		x = conv(n, "conv", x, nn_channels(n, x) / 2, 1);
		nn_leave(n, inner);
		op_pool_attr pool = op_pooling(2, 2, 0);
		x = graph_apply(n->g, "avg_pool2d", &pool, 1, x);
	}
	x = nn_batch_norm(n, "norm5", x, 1e-5, 0.1);
	nn_encoder_give(f, q, 5, x);
	nn_encoder_end(n);
	nn_leave(n, mark);
}

#define DENSENET(name, text, parameters, growth, first, a, b, c, d, c2, c3, c4, c5) \
	{ \
		name, text, { 3, first, c2, c3, c4, c5 }, parameters, build, \
			&(const densenet){ growth, first, { a, b, c, d } }, NN_ENCODER_FIXED \
	}
const nn_encoder nn_encoders_densenet[] = {
	DENSENET("densenet121", "DenseNet-121", 6953856, 32, 64, 6, 12, 24, 16, 256, 512, 1024, 1024),
	DENSENET("densenet169", "DenseNet-169", 12484480, 32, 64, 6, 12, 32, 32, 256, 512, 1280, 1664),
	DENSENET("densenet201", "DenseNet-201", 18092928, 32, 64, 6, 12, 48, 32, 256, 512, 1792, 1920),
	DENSENET("densenet161", "DenseNet-161, growth 48", 26472000, 48, 96, 6, 12, 36, 24, 384, 768, 2112, 2208),
	{ 0 },
};
