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
/* max_pool2d */
graph_value nn_max_pool(nn_builder *n, graph_value x, int kernel, int stride, int padding, bool ceil_mode);
#endif
