/*
 * What builders of encoders share.
 */
#ifndef SECANT_NN_ENCODER_H
#define SECANT_NN_ENCODER_H
#include "nn/nn.h"

/*
 * Between begin and end stands what leads to feature `stage`. Where nobody asks for that feature its states are made
 * and nothing of it runs; where the request's output stride is smaller than the stage's, every convolution in it keeps
 * the size and dilates (segmentation_models.pytorch's replace_strides_with_dilation: also the first block and its 1x1).
 */
void secant_encoder_stage(secant_nn *n, const secant_request *q, int stage);
void secant_encoder_end(secant_nn *n);
/* Keeps v as feature `stage` where it is asked for. */
void secant_encoder_give(secant_stage *f, const secant_request *q, int stage, secant_value v);

/* The operator of that name with its defaults; NULL: x. */
secant_value secant_nn_act(secant_nn *n, const char *act, secant_value x);
/* Squeeze and excitation (Hu and others 2018): x times gate(expand(act(reduce(mean of x)))), 1x1 with bias. */
typedef struct secant_squeeze {
	const char *reduce, *expand; /* keys */
	int width; /* between them */
	const char *act, *gate; /* operators */
	secant_init init;
} secant_squeeze;
secant_value secant_nn_squeeze(secant_nn *n, const secant_squeeze *s, secant_value x);
/* max_pool2d */
secant_value secant_nn_max_pool(secant_nn *n, secant_value x, int kernel, int stride, int padding, bool ceil_mode);
#endif
