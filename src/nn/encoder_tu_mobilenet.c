/*
 * MobileNetV3 (Howard and others 2019) and the convolutional MobileNetV4 (Qin and others 2024) as timm builds them.
 * Those named "tf_" pad strided convolutions as TensorFlow does and have its norms.
 */
#include "nn/mobile.h"

static const nn_mobile_row v3_large[] = {
	{ NN_MOBILE_DS, 0, 1, 3, 1, 1, 16, .act = "relu" },
	{ NN_MOBILE_IR, 1, 1, 3, 2, 4, 24, .act = "relu" },
	{ NN_MOBILE_IR, 1, 1, 3, 1, 3, 24, .act = "relu" },
	{ NN_MOBILE_IR, 2, 3, 5, 2, 3, 40, .25, .act = "relu" },
	{ NN_MOBILE_IR, 3, 1, 3, 2, 6, 80 },
	{ NN_MOBILE_IR, 3, 1, 3, 1, 2.5, 80 },
	{ NN_MOBILE_IR, 3, 2, 3, 1, 2.3, 80 },
	{ NN_MOBILE_IR, 4, 2, 3, 1, 6, 112, .25 },
	{ NN_MOBILE_IR, 5, 3, 5, 2, 6, 160, .25 },
	{ NN_MOBILE_CN, 6, 1, 1, 1, 1, 960 },
	{ 0 },
};
static const nn_mobile_row v3_large_minimal[] = {
	{ NN_MOBILE_DS, 0, 1, 3, 1, 1, 16 },
	{ NN_MOBILE_IR, 1, 1, 3, 2, 4, 24 },
	{ NN_MOBILE_IR, 1, 1, 3, 1, 3, 24 },
	{ NN_MOBILE_IR, 2, 3, 3, 2, 3, 40 },
	{ NN_MOBILE_IR, 3, 1, 3, 2, 6, 80 },
	{ NN_MOBILE_IR, 3, 1, 3, 1, 2.5, 80 },
	{ NN_MOBILE_IR, 3, 2, 3, 1, 2.3, 80 },
	{ NN_MOBILE_IR, 4, 2, 3, 1, 6, 112 },
	{ NN_MOBILE_IR, 5, 3, 3, 2, 6, 160 },
	{ NN_MOBILE_CN, 6, 1, 1, 1, 1, 960 },
	{ 0 },
};
static const nn_mobile_row v3_small[] = {
	{ NN_MOBILE_DS, 0, 1, 3, 2, 1, 16, .25, .act = "relu" },
	{ NN_MOBILE_IR, 1, 1, 3, 2, 4.5, 24, .act = "relu" },
	{ NN_MOBILE_IR, 1, 1, 3, 1, 3.67, 24, .act = "relu" },
	{ NN_MOBILE_IR, 2, 1, 5, 2, 4, 40, .25 },
	{ NN_MOBILE_IR, 2, 2, 5, 1, 6, 40, .25 },
	{ NN_MOBILE_IR, 3, 2, 5, 1, 3, 48, .25 },
	{ NN_MOBILE_IR, 4, 3, 5, 2, 6, 96, .25 },
	{ NN_MOBILE_CN, 5, 1, 1, 1, 1, 576 },
	{ 0 },
};
static const nn_mobile_row v3_small_minimal[] = {
	{ NN_MOBILE_DS, 0, 1, 3, 2, 1, 16 },
	{ NN_MOBILE_IR, 1, 1, 3, 2, 4.5, 24 },
	{ NN_MOBILE_IR, 1, 1, 3, 1, 3.67, 24 },
	{ NN_MOBILE_IR, 2, 1, 3, 2, 4, 40 },
	{ NN_MOBILE_IR, 2, 2, 3, 1, 6, 40 },
	{ NN_MOBILE_IR, 3, 2, 3, 1, 3, 48 },
	{ NN_MOBILE_IR, 4, 3, 3, 2, 6, 96 },
	{ NN_MOBILE_CN, 5, 1, 1, 1, 1, 576 },
	{ 0 },
};
static const nn_mobile_row v4_small[] = {
	{ NN_MOBILE_CN, 0, 1, 3, 2, 1, 32 },
	{ NN_MOBILE_CN, 0, 1, 1, 1, 1, 32 },
	{ NN_MOBILE_CN, 1, 1, 3, 2, 1, 96 },
	{ NN_MOBILE_CN, 1, 1, 1, 1, 1, 64 },
	{ NN_MOBILE_UIR, 2, 1, 5, 2, 3, 96, .before = 5 },
	{ NN_MOBILE_UIR, 2, 4, 3, 1, 2, 96 },
	{ NN_MOBILE_UIR, 2, 1, 0, 1, 4, 96, .before = 3 },
	{ NN_MOBILE_UIR, 3, 1, 3, 2, 6, 128, .before = 3 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 4, 128, .before = 5 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 4, 128 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 3, 128 },
	{ NN_MOBILE_UIR, 3, 2, 3, 1, 4, 128 },
	{ NN_MOBILE_CN, 4, 1, 1, 1, 1, 960 },
	{ 0 },
};
static const nn_mobile_row v4_medium[] = {
	{ NN_MOBILE_ER, 0, 1, 3, 2, 4, 48 },
	{ NN_MOBILE_UIR, 1, 1, 5, 2, 4, 80, .before = 3 },
	{ NN_MOBILE_UIR, 1, 1, 3, 1, 2, 80, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 5, 2, 6, 160, .before = 3 },
	{ NN_MOBILE_UIR, 2, 2, 3, 1, 4, 160, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 5, 1, 4, 160, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 3, 1, 4, 160, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 0, 1, 4, 160, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 0, 1, 2, 160 },
	{ NN_MOBILE_UIR, 2, 1, 0, 1, 4, 160, .before = 3 },
	{ NN_MOBILE_UIR, 3, 1, 5, 2, 6, 256, .before = 5 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 4, 256, .before = 5 },
	{ NN_MOBILE_UIR, 3, 2, 5, 1, 4, 256, .before = 3 },
	{ NN_MOBILE_UIR, 3, 1, 0, 1, 4, 256 },
	{ NN_MOBILE_UIR, 3, 1, 0, 1, 4, 256, .before = 3 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 2, 256, .before = 3 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 4, 256, .before = 5 },
	{ NN_MOBILE_UIR, 3, 2, 0, 1, 4, 256 },
	{ NN_MOBILE_UIR, 3, 1, 0, 1, 2, 256, .before = 5 },
	{ NN_MOBILE_CN, 4, 1, 1, 1, 1, 960 },
	{ 0 },
};
static const nn_mobile_row v4_large[] = {
	{ NN_MOBILE_ER, 0, 1, 3, 2, 4, 48 },
	{ NN_MOBILE_UIR, 1, 1, 5, 2, 4, 96, .before = 3 },
	{ NN_MOBILE_UIR, 1, 1, 3, 1, 4, 96, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 5, 2, 4, 192, .before = 3 },
	{ NN_MOBILE_UIR, 2, 3, 3, 1, 4, 192, .before = 3 },
	{ NN_MOBILE_UIR, 2, 1, 5, 1, 4, 192, .before = 3 },
	{ NN_MOBILE_UIR, 2, 5, 3, 1, 4, 192, .before = 5 },
	{ NN_MOBILE_UIR, 2, 1, 0, 1, 4, 192, .before = 3 },
	{ NN_MOBILE_UIR, 3, 4, 5, 2, 4, 512, .before = 5 },
	{ NN_MOBILE_UIR, 3, 1, 0, 1, 4, 512, .before = 5 },
	{ NN_MOBILE_UIR, 3, 1, 3, 1, 4, 512, .before = 5 },
	{ NN_MOBILE_UIR, 3, 2, 0, 1, 4, 512, .before = 5 },
	{ NN_MOBILE_UIR, 3, 1, 3, 1, 4, 512, .before = 5 },
	{ NN_MOBILE_UIR, 3, 1, 5, 1, 4, 512, .before = 5 },
	{ NN_MOBILE_UIR, 3, 3, 0, 1, 4, 512, .before = 5 },
	{ NN_MOBILE_CN, 4, 1, 1, 1, 1, 960 },
	{ 0 },
};

#define L(...) \
	{ \
		__VA_ARGS__ \
	}
#define ROW(name, text, channels, parameters, facts, ...) \
	{ \
		"tu-" name, text, channels, parameters, nn_mobile_build, &(const nn_mobile){ __VA_ARGS__, .timm = true }, \
			NN_ENCODER_TIMM | (facts) \
	}
const nn_encoder nn_encoders_tu_mobilenet[] = {
	ROW("mobilenetv3_large_075", "MobileNetV3-Large, width 0.75", L(3, 16, 24, 32, 88, 720), 1789648, 0, v3_large, 0.75,
		1, 16, 0, L(0, 1, 2, 4, 6), "hardswish", "hardsigmoid", 1e-5, .narrow = true),
	ROW("mobilenetv3_large_100", "MobileNetV3-Large, width 1", L(3, 16, 24, 40, 112, 960), 2971952, 0, v3_large, 1, 1,
		16, 0, L(0, 1, 2, 4, 6), "hardswish", "hardsigmoid", 1e-5, .narrow = true),
	ROW("mobilenetv3_small_050", "MobileNetV3-Small, width 0.5", L(3, 16, 8, 16, 24, 288), 272288, 0, v3_small, 0.5, 1,
		16, 0, L(-1, 0, 1, 3, 5), "hardswish", "hardsigmoid", 1e-5, .narrow = true, .whole_stem = true),
	ROW("mobilenetv3_small_075", "MobileNetV3-Small, width 0.75", L(3, 16, 16, 24, 40, 432), 573480, 0, v3_small, 0.75,
		1, 16, 0, L(-1, 0, 1, 3, 5), "hardswish", "hardsigmoid", 1e-5, .narrow = true),
	ROW("mobilenetv3_small_100", "MobileNetV3-Small, width 1", L(3, 16, 16, 24, 48, 576), 927008, 0, v3_small, 1, 1, 16,
		0, L(-1, 0, 1, 3, 5), "hardswish", "hardsigmoid", 1e-5, .narrow = true),
	ROW("tf_mobilenetv3_large_075", "MobileNetV3-Large, width 0.75, TensorFlow's padding", L(3, 16, 24, 32, 88, 720),
		1789648, NN_ENCODER_EVEN, v3_large, 0.75, 1, 16, 0, L(0, 1, 2, 4, 6), "hardswish", "hardsigmoid", 1e-3,
		.same = true, .narrow = true),
	ROW("tf_mobilenetv3_large_100", "MobileNetV3-Large, width 1, TensorFlow's padding", L(3, 16, 24, 40, 112, 960),
		2971952, NN_ENCODER_EVEN, v3_large, 1, 1, 16, 0, L(0, 1, 2, 4, 6), "hardswish", "hardsigmoid", 1e-3,
		.same = true, .narrow = true),
	ROW("tf_mobilenetv3_large_minimal_100", "MobileNetV3-Large, minimal, TensorFlow's padding",
		L(3, 16, 24, 40, 112, 960), 1413208, NN_ENCODER_EVEN, v3_large_minimal, 1, 1, 16, 0, L(0, 1, 2, 4, 6), "relu",
		"hardsigmoid", 1e-3, .same = true, .narrow = true),
	ROW("tf_mobilenetv3_small_075", "MobileNetV3-Small, width 0.75, TensorFlow's padding", L(3, 16, 16, 24, 40, 432),
		573480, NN_ENCODER_EVEN, v3_small, 0.75, 1, 16, 0, L(-1, 0, 1, 3, 5), "hardswish", "hardsigmoid", 1e-3,
		.same = true, .narrow = true),
	ROW("tf_mobilenetv3_small_100", "MobileNetV3-Small, width 1, TensorFlow's padding", L(3, 16, 16, 24, 48, 576),
		927008, NN_ENCODER_EVEN, v3_small, 1, 1, 16, 0, L(-1, 0, 1, 3, 5), "hardswish", "hardsigmoid", 1e-3,
		.same = true, .narrow = true),
	ROW("tf_mobilenetv3_small_minimal_100", "MobileNetV3-Small, minimal, TensorFlow's padding",
		L(3, 16, 16, 24, 48, 576), 428888, NN_ENCODER_EVEN, v3_small_minimal, 1, 1, 16, 0, L(-1, 0, 1, 3, 5), "relu",
		"hardsigmoid", 1e-3, .same = true, .narrow = true),
	ROW("mobilenetv4_conv_small_035", "MobileNetV4-S, width 0.35", L(3, 32, 16, 24, 32, 336), 191744, 0, v4_small, 0.35,
		1, 32, 0, L(-1, 0, 1, 2, 4), "relu", "sigmoid", 1e-5, .whole_stem = true),
	ROW("mobilenetv4_conv_small_050", "MobileNetV4-S, width 0.5", L(3, 32, 16, 32, 48, 480), 340992, 0, v4_small, 0.5,
		1, 32, 0, L(-1, 0, 1, 2, 4), "relu", "sigmoid", 1e-5, .whole_stem = true),
	ROW("mobilenetv4_conv_small", "MobileNetV4-S, width 1", L(3, 32, 32, 64, 96, 960), 1261664, 0, v4_small, 1, 1, 32,
		0, L(-1, 0, 1, 2, 4), "relu", "sigmoid", 1e-5),
	ROW("mobilenetv4_conv_medium", "MobileNetV4-M", L(3, 32, 48, 80, 160, 960), 7203152, 0, v4_medium, 1, 1, 32, 0,
		L(-1, 0, 1, 2, 4), "relu", "sigmoid", 1e-5),
	ROW("mobilenetv4_conv_large", "MobileNetV4-L", L(3, 24, 48, 96, 192, 960), 30078504, 0, v4_large, 1, 1, 24, 0,
		L(-1, 0, 1, 2, 4), "relu", "sigmoid", 1e-5),
	{ 0 },
};
