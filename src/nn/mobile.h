/*
 * Networks of inverted residual blocks as timm builds them: EfficientNet, MobileNetV3 and V4 and their relatives are
 * tables of rows, one or several a stage.
 */
#ifndef NN_MOBILE_H
#define NN_MOBILE_H
#include "nn/encoder.h"

typedef enum nn_mobile_kind {
	NN_MOBILE_DS = 1, /* by channel, then 1x1 */
	NN_MOBILE_IR, /* 1x1, by channel, 1x1 */
	NN_MOBILE_ER, /* k x k, 1x1 */
	NN_MOBILE_CN, /* one convolution */
	NN_MOBILE_UIR, /* MobileNetV4's: optionally by channel, 1x1, optionally by channel, 1x1 */
	NN_MOBILE_MQA /* attention of several heads that share keys and values, which may be of a smaller map */
} nn_mobile_kind;

typedef struct nn_mobile_row {
	nn_mobile_kind kind; /* 0 ends the table */
	int stage, repeats, kernel, stride; /* stage: its number from 0; stride of the first of the repeats */
	double expansion;
	int out;
	double squeeze; /* width of squeeze and excitation to the block's input; 0: none */
	const char *act; /* NULL: the network's */
	int before; /* UIR: kernel of the first convolution by channel, 0: none */
	bool skip; /* CN: adds its input where it can */
	int heads, head_width,
		reduced; /* MQA: reduced: the stride by which kernel x kernel makes keys and values; 0: none */
} nn_mobile_row;

typedef struct nn_mobile {
	const nn_mobile_row *rows;
	double width, depth; /* factors */
	int stem, head; /* channels; head 0: none */
	int taps[5]; /* stage behind which features 1 to 5 are taken; -1: the stem */
	const char *act, *gate; /* gate: of squeeze and excitation */
	double eps;
	bool fixed; /* stem, first and last stage are not scaled */
	bool narrow; /* squeeze is a part of the block's inner channels, rounded to eights, and relu stands within it */
	bool timm; /* timm's own: under "model", no stochastic depth, later stages dilate its way (NN_ENCODER_TIMM) */
	bool same; /* TensorFlow's padding of strided convolutions, for even sizes */
	bool whole_stem; /* the stem's width is not scaled */
	bool down; /* widths may be rounded down by more than a tenth */
	bool scaled; /* UIR, MQA: branches have a scale a channel */
} nn_mobile;

extern const nn_mobile_row nn_mobile_efficientnet[]; /* EfficientNet-B0's */

/* What a row of an encoder builds by: its config is an nn_mobile. */
void nn_mobile_build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f);
#endif
