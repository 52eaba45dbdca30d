/*
 * EfficientNet, and EfficientNet-Lite without squeeze and excitation and with relu6, as timm builds them for
 * segmentation_models.pytorch.
 */
#include "nn/mobile.h"

static const nn_mobile_row lite_rows[] = {
	{ NN_MOBILE_DS, 0, 1, 3, 1, 1, 16 },
	{ NN_MOBILE_IR, 1, 2, 3, 2, 6, 24 },
	{ NN_MOBILE_IR, 2, 2, 5, 2, 6, 40 },
	{ NN_MOBILE_IR, 3, 3, 3, 2, 6, 80 },
	{ NN_MOBILE_IR, 4, 3, 5, 1, 6, 112 },
	{ NN_MOBILE_IR, 5, 4, 5, 2, 6, 192 },
	{ NN_MOBILE_IR, 6, 1, 3, 1, 6, 320 },
	{ 0 },
};

#define B(k, parameters, w, d, head, ...) \
	{ \
		"timm-efficientnet-" k, "EfficientNet-" k ", timm's", { 3, __VA_ARGS__ }, parameters, nn_mobile_build, \
			&(const nn_mobile) \
		{ \
			nn_mobile_efficientnet, w, d, 32, head, { -1, 1, 2, 4, 6 }, "silu", "sigmoid", 1e-5 \
		} \
	}
#define LITE(k, parameters, w, d, ...) \
	{ \
		"timm-tf_efficientnet_lite" #k, "EfficientNet-Lite" #k, { 3, __VA_ARGS__ }, parameters, nn_mobile_build, \
			&(const nn_mobile) \
		{ \
			lite_rows, w, d, 32, 1280, { -1, 1, 2, 4, 6 }, "relu6", "sigmoid", 1e-5, true \
		} \
	}
const nn_encoder nn_encoders_timm_efficientnet[] = {
	B("b0", 4007548, 1, 1, 1280, 32, 24, 40, 112, 320),
	B("b1", 6513184, 1, 1.1, 1280, 32, 24, 40, 112, 320),
	B("b2", 7700994, 1.1, 1.2, 1408, 32, 24, 48, 120, 352),
	B("b3", 10696232, 1.2, 1.4, 1536, 40, 32, 48, 136, 384),
	B("b4", 17548616, 1.4, 1.8, 1792, 48, 32, 56, 160, 448),
	B("b5", 28340784, 1.6, 2.2, 2048, 48, 40, 64, 176, 512),
	B("b6", 40735704, 1.8, 2.6, 2304, 56, 40, 72, 200, 576),
	B("b7", 63786960, 2, 3.1, 2560, 64, 48, 80, 224, 640),
	B("b8", 84596142, 2.2, 3.6, 2816, 72, 56, 88, 248, 704),
	B("l2", 474804308, 4.3, 5.3, 5504, 136, 104, 176, 480, 1376),
	LITE(0, 3371008, 1, 1, 32, 24, 40, 112, 320),
	LITE(1, 4135680, 1, 1.1, 32, 24, 40, 112, 320),
	LITE(2, 4811072, 1.1, 1.2, 32, 24, 48, 120, 352),
	LITE(3, 6916096, 1.2, 1.4, 32, 32, 48, 136, 384),
	LITE(4, 11725568, 1.4, 1.8, 32, 32, 56, 160, 448),
	{ 0 },
};
