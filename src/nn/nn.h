/*
 * Builders of networks: layers, encoders, decoders, heads, losses. They build graphs and name states by their PyTorch
 * state_dict keys, in a state_dict's order; they know no files and no devices.
 *
 * TO ADD AN ENCODER: a row in its family's table (encoder_resnet.c), or a new file encoder_FAMILY.c whose last lines
 * are its table, and a line ENCODERS(FAMILY) in encoders.inc. TO ADD AN ARCHITECTURE: arch_NAME.c with
 * its own options, and ARCHITECTURE(NAME) in architectures.inc (for pictures arch_unet.c, for clouds arch_pointnet.c is
 * the example). TO ADD
 * A LOSS: loss_NAME.c and LOSS(NAME) in losses.inc.
 */
#ifndef SECANT_NN_NN_H
#define SECANT_NN_NN_H
#include <secant/network.h>
#include "ops/ops.h"

typedef enum secant_phase {
	SECANT_PHASE_EVAL, /* stored statistics, no dropout */
	SECANT_PHASE_TRAIN, /* the batch's statistics, dropout */
	SECANT_PHASE_TRAIN_SURE, /* the same without dropout: comparisons with other programs */
	SECANT_PHASE_RECALIBRATE /* forward only, statistics updated with the momentum given as input "norm_momentum" */
} secant_phase;

/* What a builder carries along. `path` is the key of the module under construction. */
typedef struct secant_nn {
	secant_graph *g;
	secant_phase phase;
	bool frozen; /* states made now are not trained and norms use stored statistics */
	const secant_strings *freeze; /* paths of modules that are frozen with all below them; NULL: none */
	secant_value momentum, counter, seed; /* scalar inputs, -1 until wanted */
	int dropouts; /* made so far: their ids */
	int rate; /* above 1: convolutions made now keep the size and dilate so much (encoder.h) */
	int outer; /* encoder.h's: the phase around an encoder's stages, plus 1 */
	char path[256];
} secant_nn;

/* Is `name` the module `path` or something below it? */
bool secant_nn_is_below(const char *name, const char *path);
/* Enters module `name` ("layer1", "0"); leave with what it returned. */
size_t secant_nn_enter(secant_nn *n, const char *name);
size_t secant_nn_enter_index(secant_nn *n, int index);
void secant_nn_leave(secant_nn *n, size_t mark);
/*
 * Modules whose states stand in a state_dict in another order than data meets them are built once for their states
 * alone: between begin and end nothing that is made is used, so that nothing of it runs, and statistics stay. Its input
 * is a stand-in of so many channels.
 */
secant_value secant_nn_declare_begin(secant_nn *n, int channels, secant_phase *phase);
void secant_nn_declare_end(secant_nn *n, secant_phase phase);
/* The state path.name. */
secant_value secant_nn_state(secant_nn *n, const char *name, const secant_shape *shape, secant_init init);

/* ---- layers; `name` is the module's key below the path, NULL: the path itself ---- */

typedef struct secant_conv_spec {
	int out, kernel, stride, padding, dilation, groups;
	bool bias;
	secant_init init;
	int kernel_w, padding_w; /* kernel_w 0: square; else these for the width */
	int more; /* zeros below and on the right beyond those above and on the left */
} secant_conv_spec;
/* A convolution that reads an input of the graph with other than 3 channels starts as PyTorch's do, whatever `init`
 * says: segmentation_models.pytorch makes it anew (patch_first_conv). */
secant_value secant_nn_conv(secant_nn *n, const char *name, secant_value x, const secant_conv_spec *spec);
/* The states a convolution of `in` channels would have, without using them: state_dicts hold modules that forward never
 * calls. */
void secant_nn_conv_states(
	secant_nn *n, const char *name, int in, const secant_conv_spec *spec, secant_value *weight, secant_value *bias);
secant_value secant_nn_batch_norm(secant_nn *n, const char *name, secant_value x, double eps, double momentum);
typedef struct secant_norm_states {
	secant_value weight, bias, mean, var, batches;
} secant_norm_states;
secant_norm_states secant_nn_batch_norm_states(secant_nn *n, int channels); /* under the current path */
secant_value secant_nn_layer_norm(secant_nn *n, const char *name, secant_value x, double eps);
secant_value secant_nn_group_norm(secant_nn *n, const char *name, secant_value x, int groups, double eps);
secant_value secant_nn_linear(secant_nn *n, const char *name, secant_value x, int out, secant_init init);
secant_value secant_nn_relu(secant_nn *n, secant_value x);
secant_value secant_nn_dropout(secant_nn *n, secant_value x, double p, bool channels);
/* Whole samples (stochastic depth, Huang and others 2016): for the branch of a residual block. */
secant_value secant_nn_drop_path(secant_nn *n, secant_value x, double p);
/* Up or down to height and width of `like`. */
secant_value secant_nn_resize_like(secant_nn *n, secant_value x, secant_value like, int mode, bool align_corners);
secant_value secant_nn_concat(
	secant_nn *n, int count, const secant_value *v); /* along channels; absent ones are skipped */
secant_value secant_nn_global_pool(secant_nn *n, secant_value x, bool max); /* N x 1 x 1 x C */
/* Attention of `heads` heads, N x H x W x C: queries q, keys k and values v of a map that may be smaller; bias (-1:
 * none) is added to the products before softmax. */
secant_value secant_nn_attention(
	secant_nn *n, int heads, secant_value q, secant_value k, secant_value v, secant_value bias);
/* A stage that is not there: half of x's height and width, no channels. */
secant_value secant_nn_nothing(secant_nn *n, secant_value x);
/* The multiple of `by` that is nearest to v, at least `by`, and not below `least` times v: how widths are rounded. */
int secant_nn_divisible(double v, int by, double least);
/* k as a key, in `text`. */
const char *secant_nn_number(char text[16], int k);
int secant_nn_channels(const secant_nn *n, secant_value x);

/* smp's `use_norm`: which norm a Conv2dReLU has. */
typedef struct secant_norm_choice {
	enum { SECANT_NORM_BATCH, SECANT_NORM_NONE, SECANT_NORM_INSTANCE, SECANT_NORM_INPLACE } kind;
	double eps, momentum;
	bool affine;
} secant_norm_choice;
/* From "batchnorm", "identity", ... or {"type": ..., ...}. */
secant_status secant_norm_parse(secant_norm_choice *c, const char *text, secant_err *err) SECANT_NODISCARD;
/* The states of such a norm, without using them. */
void secant_nn_norm_states(secant_nn *n, const char *name, int channels, const secant_norm_choice *norm);
#define SECANT_NORM_HELP "batchnorm, identity, instancenorm, inplace, or a JSON object with \"type\""
/* decoder-channels of U-Nets: as many as the depth says; n = 0: 256,128,64,32,16. */
secant_status secant_nn_decoder_channels(
	int channels[6], const secant_ints *given, int depth, secant_err *err) SECANT_NODISCARD;
/* What U-Nets put before their first block where the encoder wants it: two convolutions, keys center.0 and center.1. */
secant_value secant_nn_centre(secant_nn *n, secant_value x, const secant_norm_choice *norm);
/* The norm that was chosen; x itself for none. */
secant_value secant_nn_norm(secant_nn *n, const char *name, secant_value x, const secant_norm_choice *norm);
/* smp's Conv2dReLU: keys NAME.0 (convolution, bias without norm), NAME.1 (norm), relu. */
secant_value secant_nn_conv_relu(
	secant_nn *n, const char *name, secant_value x, int out, int kernel, int padding, const secant_norm_choice *norm);
/* smp's scSE attention, keys NAME.attention.{cSE,sSE}; `channels` of its input. With x -1 only its states are made. */
secant_value secant_nn_scse(secant_nn *n, const char *name, secant_value x, int channels);
/* smp's activation by name; NULL: x itself. */
secant_value secant_nn_activation(secant_nn *n, secant_value x, const char *activation, secant_err *err);
/* smp's SegmentationHead under the current path: convolution, optional x factor upsampling, activation. */
secant_value secant_nn_segmentation_head(
	secant_nn *n, secant_value x, int classes, int kernel, int upsampling, const char *activation, secant_err *err);
/* The same with another start of its convolution. */
secant_value secant_nn_head_from(secant_nn *n, secant_value x, int classes, int kernel, int upsampling,
	secant_init init, const char *activation, secant_err *err);

/* ---- layers of networks for clouds, N x P x 1 x C (points.c) ---- */

/* Conv1d (axes 1) or Conv2d (axes 2) of kernel 1 with bias, on the last axis. */
secant_value secant_nn_pointwise(secant_nn *n, const char *name, secant_value x, int out, int axes);
/* The same on the concatenation of `parts` along channels, which is never made: a part of N x 1 x 1 x C counts for
 * every point of its cloud. */
secant_value secant_nn_pointwise_parts(
	secant_nn *n, const char *name, int parts, const secant_value *part, int out, int axes);
/* Only its states, for a state_dict's order. */
void secant_nn_pointwise_states(secant_nn *n, const char *name, int in, int out, int axes);
void secant_nn_linear_states(secant_nn *n, const char *name, int in, int out, secant_init init);
/* The largest of all points, N x 1 x 1 x C; the gradient goes to one of them. */
secant_value secant_nn_max_of_points(secant_nn *n, secant_value x);
/* N x 1 x 1 x C to N x C and back. */
secant_value secant_nn_flat(secant_nn *n, secant_value x);
secant_value secant_nn_unflat(secant_nn *n, secant_value x);
/* Each row of N x P x 1 x k times the k x k matrix of its cloud (N x k x k). */
secant_value secant_nn_transform_points(secant_nn *n, secant_value x, secant_value matrix);
/* Channels [from, to). */
secant_value secant_nn_channels_of(secant_nn *n, secant_value x, int from, int to);

/* ---- encoders ---- */

enum { SECANT_FEATURES = 6 };

/* What a decoder asks of an encoder. */
typedef struct secant_request {
	int depth; /* features 0..depth are wanted */
	int output_stride; /* 32; or 8, 16: later stages keep their size and dilate (segmentation_models.pytorch's way) */
	int in_channels;
	int size; /* of pictures, where an encoder is made for one: a vision transformer's table of positions; 0: any */
} secant_request;
/* What it gives. A stage that an encoder does not have has 0 channels; its value then only says height and width. */
typedef struct secant_stage {
	secant_value value;
	int channels, stride;
	secant_value prefix; /* vision transformers: N x 1 x 1 x C, the class token at this stage; -1: none */
} secant_stage;

enum { /* facts of an encoder */
	SECANT_ENCODER_FIXED = 1, /* has no dilated mode: output stride 32 alone */
	SECANT_ENCODER_CENTRE = 2, /* U-Nets put a centre block before their first (the VGGs end in a pool) */
	SECANT_ENCODER_TOKENS = 4, /* a plain vision transformer: all features of one stride, for DPT alone */
	SECANT_ENCODER_MIX = 8 /* a mix transformer: decoders that want half the size refuse it */
};
typedef struct secant_encoder secant_encoder;
struct secant_encoder {
	const char *name, *brief;
	int channels[SECANT_FEATURES]; /* of features 0..5; [0] is replaced by the input's */
	int64_t parameters; /* trainable numbers at 3 input channels and full depth: what the tests compare */
	/* Fills f[0..depth]; also makes the states of layers deeper than depth, which state_dicts hold. */
	void (*build)(secant_nn *n, const secant_encoder *e, secant_value x, const secant_request *r, secant_stage *f);
	const void *config; /* of the family */
	unsigned facts;
	int least_depth; /* 0: 1 */
};
const secant_encoder *secant_encoder_find(const char *name);
const secant_encoder *secant_encoder_at(int i); /* NULL after the last */

/* ---- architectures ---- */

typedef struct secant_built {
	secant_value logits, label, decoder; /* label -1: no classification head */
	secant_stage feature[SECANT_FEATURES];
	secant_value penalty; /* a scalar to add to the loss, in phases of training; -1: none */
} secant_built;
typedef struct secant_cloud_input {
	secant_value points, category;
} secant_cloud_input; /* N x P x 1 x C; one-hot N x 1 x 1 x categories or -1 */
typedef struct secant_architecture secant_architecture;
/* What an architecture builds on. */
typedef struct secant_blueprint {
	const secant_network *net;
	const secant_architecture *arch;
	const void *options; /* the architecture's own, filled */
	const secant_encoder *encoder; /* NULL: networks for clouds */
	int depth, classes; /* classes: at least 1 */
	const secant_stage *f; /* features 0..depth */
	secant_cloud_input cloud;
} secant_blueprint;
struct secant_architecture {
	const char *name, *brief;
	const secant_opts *options; /* its own; what is common is in secant_network_options */
	int default_depth, least_depth; /* stages of the encoder; least_depth 0: 1 */
	/* Builds decoder and segmentation head into `out`. */
	void (*build)(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err);
	/* Of options that do not fit each other, the depth or the encoder; may be NULL. */
	secant_status (*check)(const secant_blueprint *b, secant_err *err);
	int (*output_stride)(const void *options); /* what it asks of the encoder; NULL: 32 */
	void (*request)(const void *options, secant_request *q); /* what else it asks; NULL: nothing */
	bool tokens; /* takes plain vision transformers, and nothing else */
	bool any_size; /* accepts sizes that the encoder's stride does not divide */
	int least_side; /* smaller pictures are refused; 0: none */
	secant_network_kind kind; /* networks for clouds have no encoder */
	bool category; /* is told the category of the object */
	const void *config; /* of the family */
};
const secant_architecture *secant_architecture_find(const char *name);
const secant_architecture *secant_architecture_at(int i);

/* Builds the whole network on input x (N x H x W x in_channels). Errors: unknown names (nearest offered), smp's own
 * messages for depths and sizes. */
secant_status secant_network_build(
	secant_nn *n, const secant_network *net, secant_value x, secant_built *out, secant_err *err) SECANT_NODISCARD;
/* The multiple that height and width must have: 1 where any size goes. */
int secant_network_multiple(const secant_network *net);

/* ---- losses ---- */

typedef enum secant_mode { SECANT_MODE_BINARY, SECANT_MODE_MULTICLASS, SECANT_MODE_MULTILABEL } secant_mode;
/* What a loss is built on. logits: N x ... x C in f32. target: binary and multilabel reals in the logits' shape,
 * multiclass integers without the channel axis. */
typedef struct secant_loss_input {
	secant_value logits, target;
	secant_mode mode;
	int classes;
	bool has_ignore; /* targets with the value `ignore` are left out, beside those of the loss's own setting */
	double ignore;
} secant_loss_input;
typedef struct secant_loss {
	const char *name, *brief;
	const secant_opts *settings;
	unsigned modes; /* bit of each secant_mode it is defined for */
	secant_value (*build)(secant_graph *g, const void *settings, const secant_loss_input *in); /* a scalar */
} secant_loss;
const secant_loss *secant_loss_find(const char *name);
const secant_loss *secant_loss_at(int i);
/* Builds a sum written "1.0*lovasz+0.5*soft-ce(smooth=0.1)". */
secant_value secant_loss_build(secant_graph *g, const char *spec, const secant_loss_input *in, secant_err *err);
/* Checks a sum without building it. `activation`: of the network, "identity" where there is none; NULL: not compared
 * with what the losses want. */
secant_status secant_loss_check(
	const char *spec, secant_mode mode, const char *activation, secant_err *err) SECANT_NODISCARD;
#endif
