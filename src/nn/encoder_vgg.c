/*
 * VGG (Simonyan, Zisserman 2014) as torchvision builds it: 3x3 convolutions with bias, optional batch norm, relu, 2x2
 * pools. Keys count relu and pools, too. Taps stand before each pool and behind the last, so that feature 0 has the
 * picture's size and channels of its own.
 */
#include "nn/encoder.h"

typedef struct vgg {
	bool norm;
	int convs[5];
} vgg;

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	static const int widths[] = { 64, 128, 256, 512, 512 };
	const vgg *v = e->config;
	int at = 0;
	char key[2][16];
	size_t mark = nn_enter(n, "features");
	for (int stage = 0; stage < 5; stage++) {
		nn_encoder_stage(n, q, stage);
		for (int i = 0; i < v->convs[stage]; i++) {
			nn_conv_spec c = {
				.out = widths[stage], .kernel = 3, .padding = 1, .bias = true, .init = GRAPH_INIT_KAIMING_NORMAL_OUT
			};
			x = nn_conv(n, nn_number(key[0], at), x, &c);
			if (v->norm)
				x = nn_batch_norm(n, nn_number(key[1], at + 1), x, 1e-5, 0.1);
			x = nn_relu(n, x);
			at += v->norm ? 3 : 2;
		}
		nn_encoder_give(f, q, stage, x);
		x = nn_max_pool(n, x, 2, 2, 0, false);
		at++;
	}
	nn_encoder_give(f, q, 5, x);
	nn_encoder_end(n);
	nn_leave(n, mark);
}

#define VGG(name, text, parameters, norm, a, b, c, d) \
	{ \
		name, text, { 64, 128, 256, 512, 512, 512 }, parameters, build, &(const vgg){ norm, { a, b, c, d, d } }, \
			NN_ENCODER_FIXED | NN_ENCODER_CENTRE \
	}
const nn_encoder nn_encoders_vgg[] = {
	VGG("vgg11", "VGG-11", 9220480, false, 1, 1, 2, 2),
	VGG("vgg11_bn", "VGG-11 with batch norm", 9225984, true, 1, 1, 2, 2),
	VGG("vgg13", "VGG-13", 9404992, false, 2, 2, 2, 2),
	VGG("vgg13_bn", "VGG-13 with batch norm", 9410880, true, 2, 2, 2, 2),
	VGG("vgg16", "VGG-16", 14714688, false, 2, 2, 3, 3),
	VGG("vgg16_bn", "VGG-16 with batch norm", 14723136, true, 2, 2, 3, 3),
	VGG("vgg19", "VGG-19", 20024384, false, 2, 2, 4, 4),
	VGG("vgg19_bn", "VGG-19 with batch norm", 20035392, true, 2, 2, 4, 4),
	{ 0 },
};
