/*
 * What builders of encoders share.
 */
#ifndef NN_ENCODER_H
#define NN_ENCODER_H
#include "nn/nn.h"

/*
 * Between begin and end stands what leads to feature `stage`. Where nobody asks for that feature its states are made
 * and nothing of it runs; where the request's output stride is smaller than the stage's, every convolution in it keeps
 * the size and dilates (segmentation_models.pytorch's replace_strides_with_dilation: also the first block and its 1x1).
 */
void nn_encoder_stage(nn_builder *n, const nn_request *q, int stage);
void nn_encoder_end(nn_builder *n);
/* Keeps v as feature `stage` where it is asked for. */
void nn_encoder_give(nn_stage *f, const nn_request *q, int stage, graph_value v);

/* The operator of that name with its defaults; NULL: x. */
graph_value nn_act(nn_builder *n, const char *act, graph_value x);
/* Squeeze and excitation (Hu and others 2018): x times gate(expand(act(reduce(mean of x)))), 1x1 with bias. */
typedef struct nn_squeeze {
	const char *reduce, *expand; /* keys */
	int width; /* between them */
	const char *act, *gate; /* operators */
	graph_init init;
} nn_squeeze;
graph_value nn_squeeze_excite(nn_builder *n, const nn_squeeze *s, graph_value x);
/* timm's ConvNormAct: keys NAME.conv and NAME.bn, then the operator `act` (NULL: none). `silent`: the norm's scale
 * starts at 0. */
graph_value nn_conv_norm_act(
	nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c, const char *act, bool silent);
/*
 * timm's SelectiveKernel (Li, Wang, Hu, Yang 2019): two 3x3 convolutions, the second with twice the dilation, each on
 * half of the channels or, `whole`, on all; softmax over the two decides channel by channel how they are summed.
 * `rate`: dilation of the first.
 */
typedef struct nn_selective {
	int groups, part, least; /* the decision is made of an out/part of the channels, a multiple of `least` */
	bool whole;
} nn_selective;
graph_value nn_select_kernels(
	nn_builder *n, const char *name, const nn_selective *s, graph_value x, int out, int stride, int rate);
/*
 * How timm's networks keep an output stride: once `reached` has it, strides of later stages become dilation. Gives the
 * stage's stride; rate is the dilation within it.
 */
typedef struct nn_dilation {
	int reached, rate;
} nn_dilation;
int nn_dilation_stage(nn_dilation *d, int stride, const nn_request *q);
/* timm's residual block of stride 1 under the current path: basic, or a bottleneck of 4 * planes. */
graph_value nn_residual(nn_builder *n, graph_value x, int planes, bool bottleneck);
/* max_pool2d */
graph_value nn_max_pool(nn_builder *n, graph_value x, int kernel, int stride, int padding, bool ceil_mode);
#endif
