/*
 * EfficientNet (Tan, Le 2019) and EfficientNetV2 (the same, 2021) as timm builds them. Those named "tf_" pad strided
 * convolutions as TensorFlow does and have its norms. Features stand before each stride, and behind the last stage.
 */
#include "nn/mobile.h"

static const nn_mobile_row v2_b[] = {
	{ NN_MOBILE_CN, 0, 1, 3, 1, 1, 16, .skip = true },
	{ NN_MOBILE_ER, 1, 2, 3, 2, 4, 32 },
	{ NN_MOBILE_ER, 2, 2, 3, 2, 4, 48 },
	{ NN_MOBILE_IR, 3, 3, 3, 2, 4, 96, .25 },
	{ NN_MOBILE_IR, 4, 5, 3, 1, 6, 112, .25 },
	{ NN_MOBILE_IR, 5, 8, 3, 2, 6, 192, .25 },
	{ 0 },
};
static const nn_mobile_row v2_s[] = {
	{ NN_MOBILE_CN, 0, 2, 3, 1, 1, 24, .skip = true },
	{ NN_MOBILE_ER, 1, 4, 3, 2, 4, 48 },
	{ NN_MOBILE_ER, 2, 4, 3, 2, 4, 64 },
	{ NN_MOBILE_IR, 3, 6, 3, 2, 4, 128, .25 },
	{ NN_MOBILE_IR, 4, 9, 3, 1, 6, 160, .25 },
	{ NN_MOBILE_IR, 5, 15, 3, 2, 6, 256, .25 },
	{ 0 },
};
static const nn_mobile_row v2_rw_s[] = {
	{ NN_MOBILE_ER, 0, 2, 3, 1, 1, 24 },
	{ NN_MOBILE_ER, 1, 4, 3, 2, 4, 48 },
	{ NN_MOBILE_ER, 2, 4, 3, 2, 4, 64 },
	{ NN_MOBILE_IR, 3, 6, 3, 2, 4, 128, .25 },
	{ NN_MOBILE_IR, 4, 9, 3, 1, 6, 160, .25 },
	{ NN_MOBILE_IR, 5, 15, 3, 2, 6, 272, .25 },
	{ 0 },
};
static const nn_mobile_row v2_rw_m[] = {
	{ NN_MOBILE_ER, 0, 3, 3, 1, 1, 24 },
	{ NN_MOBILE_ER, 1, 5, 3, 2, 4, 48 },
	{ NN_MOBILE_ER, 2, 5, 3, 2, 4, 64 },
	{ NN_MOBILE_IR, 3, 8, 3, 2, 4, 128, .25 },
	{ NN_MOBILE_IR, 4, 15, 3, 1, 6, 160, .25 },
	{ NN_MOBILE_IR, 5, 24, 3, 2, 6, 272, .25 },
	{ 0 },
};
static const nn_mobile_row v2_m[] = {
	{ NN_MOBILE_CN, 0, 3, 3, 1, 1, 24, .skip = true },
	{ NN_MOBILE_ER, 1, 5, 3, 2, 4, 48 },
	{ NN_MOBILE_ER, 2, 5, 3, 2, 4, 80 },
	{ NN_MOBILE_IR, 3, 7, 3, 2, 4, 160, .25 },
	{ NN_MOBILE_IR, 4, 14, 3, 1, 6, 176, .25 },
	{ NN_MOBILE_IR, 5, 18, 3, 2, 6, 304, .25 },
	{ NN_MOBILE_IR, 6, 5, 3, 1, 6, 512, .25 },
	{ 0 },
};
static const nn_mobile_row v2_l[] = {
	{ NN_MOBILE_CN, 0, 4, 3, 1, 1, 32, .skip = true },
	{ NN_MOBILE_ER, 1, 7, 3, 2, 4, 64 },
	{ NN_MOBILE_ER, 2, 7, 3, 2, 4, 96 },
	{ NN_MOBILE_IR, 3, 10, 3, 2, 4, 192, .25 },
	{ NN_MOBILE_IR, 4, 19, 3, 1, 6, 224, .25 },
	{ NN_MOBILE_IR, 5, 25, 3, 2, 6, 384, .25 },
	{ NN_MOBILE_IR, 6, 7, 3, 1, 6, 640, .25 },
	{ 0 },
};
static const nn_mobile_row v2_xl[] = {
	{ NN_MOBILE_CN, 0, 4, 3, 1, 1, 32, .skip = true },
	{ NN_MOBILE_ER, 1, 8, 3, 2, 4, 64 },
	{ NN_MOBILE_ER, 2, 8, 3, 2, 4, 96 },
	{ NN_MOBILE_IR, 3, 16, 3, 2, 4, 192, .25 },
	{ NN_MOBILE_IR, 4, 24, 3, 1, 6, 256, .25 },
	{ NN_MOBILE_IR, 5, 32, 3, 2, 6, 512, .25 },
	{ NN_MOBILE_IR, 6, 8, 3, 1, 6, 640, .25 },
	{ 0 },
};

#define L(...) \
	{ \
		__VA_ARGS__ \
	}
#define ROW(name, text, channels, parameters, facts, ...) \
	{ \
		"tu-" name, text, channels, parameters, nn_mobile_build, &(const nn_mobile){ __VA_ARGS__, .timm = true }, \
			NN_ENCODER_TIMM | NN_ENCODER_EAGER | (facts) \
	}
const nn_encoder nn_encoders_tu_efficientnet[] = {
	ROW("efficientnet_b0", "EfficientNet-B0", L(3, 16, 24, 40, 112, 320), 3595388, 0, nn_mobile_efficientnet, 1, 1, 32,
		0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b1", "EfficientNet-B1", L(3, 16, 24, 40, 112, 320), 6101024, 0, nn_mobile_efficientnet, 1, 1.1,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b2", "EfficientNet-B2", L(3, 16, 24, 48, 120, 352), 7202562, 0, nn_mobile_efficientnet, 1.1, 1.2,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b3", "EfficientNet-B3", L(3, 24, 32, 48, 136, 384), 10103336, 0, nn_mobile_efficientnet, 1.2, 1.4,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b4", "EfficientNet-B4", L(3, 24, 32, 56, 160, 448), 16742216, 0, nn_mobile_efficientnet, 1.4, 1.8,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b5", "EfficientNet-B5", L(3, 24, 40, 64, 176, 512), 27288112, 0, nn_mobile_efficientnet, 1.6, 2.2,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b6", "EfficientNet-B6", L(3, 32, 40, 72, 200, 576), 39403992, 0, nn_mobile_efficientnet, 1.8, 2.6,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b7", "EfficientNet-B7", L(3, 32, 48, 80, 224, 640), 62143440, 0, nn_mobile_efficientnet, 2, 3.1,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnet_b8", "EfficientNet-B8", L(3, 32, 56, 88, 248, 704), 82608046, 0, nn_mobile_efficientnet, 2.2, 3.6,
		32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("tf_efficientnet_b0", "EfficientNet-B0, TensorFlow's padding", L(3, 16, 24, 40, 112, 320), 3595388,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1, 1, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3, .same = true),
	ROW("tf_efficientnet_b1", "EfficientNet-B1, TensorFlow's padding", L(3, 16, 24, 40, 112, 320), 6101024,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1, 1.1, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b2", "EfficientNet-B2, TensorFlow's padding", L(3, 16, 24, 48, 120, 352), 7202562,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1.1, 1.2, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b3", "EfficientNet-B3, TensorFlow's padding", L(3, 24, 32, 48, 136, 384), 10103336,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1.2, 1.4, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b4", "EfficientNet-B4, TensorFlow's padding", L(3, 24, 32, 56, 160, 448), 16742216,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1.4, 1.8, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b5", "EfficientNet-B5, TensorFlow's padding", L(3, 24, 40, 64, 176, 512), 27288112,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1.6, 2.2, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b6", "EfficientNet-B6, TensorFlow's padding", L(3, 32, 40, 72, 200, 576), 39403992,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 1.8, 2.6, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b7", "EfficientNet-B7, TensorFlow's padding", L(3, 32, 48, 80, 224, 640), 62143440,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 2, 3.1, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("tf_efficientnet_b8", "EfficientNet-B8, TensorFlow's padding", L(3, 32, 56, 88, 248, 704), 82608046,
		NN_ENCODER_EVEN, nn_mobile_efficientnet, 2.2, 3.6, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3,
		.same = true),
	ROW("efficientnetv2_rw_t", "EfficientNetV2-T, timm's", L(3, 24, 40, 48, 128, 208), 12409348, 0, v2_s, 0.8, 0.9, 24,
		0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-5),
	ROW("efficientnetv2_rw_s", "EfficientNetV2-S, timm's", L(3, 24, 48, 64, 160, 272), 21657288, 0, v2_rw_s, 1, 1, 24,
		0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-5),
	ROW("efficientnetv2_rw_m", "EfficientNetV2-M, timm's", L(3, 32, 56, 80, 192, 328), 50373282, 0, v2_rw_m, 1.2, 1, 24,
		0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-5),
	ROW("efficientnetv2_s", "EfficientNetV2-S", L(3, 24, 48, 64, 160, 256), 19847248, 0, v2_s, 1, 1, 24, 0,
		L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-5),
	ROW("efficientnetv2_m", "EfficientNetV2-M", L(3, 24, 48, 80, 176, 512), 52200436, 0, v2_m, 1, 1, 24, 0,
		L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnetv2_l", "EfficientNetV2-L", L(3, 32, 64, 96, 224, 640), 116412512, 0, v2_l, 1, 1, 32, 0,
		L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("efficientnetv2_xl", "EfficientNetV2-XL", L(3, 32, 64, 96, 256, 640), 206017048, 0, v2_xl, 1, 1, 32, 0,
		L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-5),
	ROW("tf_efficientnetv2_s", "EfficientNetV2-S, TensorFlow's padding", L(3, 24, 48, 64, 160, 256), 19847248,
		NN_ENCODER_EVEN, v2_s, 1, 1, 24, 0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-3, .same = true),
	ROW("tf_efficientnetv2_m", "EfficientNetV2-M, TensorFlow's padding", L(3, 24, 48, 80, 176, 512), 52200436,
		NN_ENCODER_EVEN, v2_m, 1, 1, 24, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3, .same = true),
	ROW("tf_efficientnetv2_l", "EfficientNetV2-L, TensorFlow's padding", L(3, 32, 64, 96, 224, 640), 116412512,
		NN_ENCODER_EVEN, v2_l, 1, 1, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3, .same = true),
	ROW("tf_efficientnetv2_xl", "EfficientNetV2-XL, TensorFlow's padding", L(3, 32, 64, 96, 256, 640), 206017048,
		NN_ENCODER_EVEN, v2_xl, 1, 1, 32, 0, L(0, 1, 2, 4, 6), "silu", "sigmoid", 1e-3, .same = true),
	ROW("tf_efficientnetv2_b0", "EfficientNetV2-B0", L(3, 16, 32, 48, 112, 192), 5610384, NN_ENCODER_EVEN, v2_b, 1, 1,
		32, 0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-3, .same = true, .down = true),
	ROW("tf_efficientnetv2_b1", "EfficientNetV2-B1", L(3, 16, 32, 48, 112, 192), 6611732, NN_ENCODER_EVEN, v2_b, 1, 1.1,
		32, 0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-3, .same = true, .down = true),
	ROW("tf_efficientnetv2_b2", "EfficientNetV2-B2", L(3, 16, 32, 56, 120, 208), 8391406, NN_ENCODER_EVEN, v2_b, 1.1,
		1.2, 32, 0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-3, .same = true, .down = true),
	ROW("tf_efficientnetv2_b3", "EfficientNetV2-B3", L(3, 16, 40, 56, 136, 232), 12461982, NN_ENCODER_EVEN, v2_b, 1.2,
		1.4, 32, 0, L(0, 1, 2, 4, 5), "silu", "sigmoid", 1e-3, .same = true, .down = true),
	{ 0 },
};
