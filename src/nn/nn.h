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
#ifndef NN_NN_H
#define NN_NN_H
#include <secant/network.h>
#include "base/mode.h"
#include "ops/ops.h"

typedef enum nn_phase {
	NN_PHASE_EVAL, /* stored statistics, no dropout */
	NN_PHASE_TRAIN, /* the batch's statistics, dropout */
	NN_PHASE_TRAIN_SURE, /* the same without dropout: comparisons with other programs */
	NN_PHASE_RECALIBRATE /* forward only, statistics updated with the momentum given as input "norm_momentum" */
} nn_phase;

/* What a builder carries along. `path` is the key of the module under construction. */
typedef struct nn_builder {
	graph_net *g;
	nn_phase phase;
	bool frozen; /* states made now are not trained and norms use stored statistics */
	const secant_strings *freeze; /* paths of modules that are frozen with all below them; NULL: none */
	graph_value momentum, counter, seed; /* scalar inputs, -1 until wanted */
	int dropouts; /* made so far: their ids */
	int rate; /* above 1: convolutions made now keep the size and dilate so much (encoder.h) */
	int outer; /* encoder.h's: the phase around an encoder's stages, plus 1 */
	char path[256];
} nn_builder;

/* Is `name` the module `path` or something below it? */
bool nn_is_below(const char *name, const char *path);
/* Enters module `name` ("layer1", "0"); leave with what it returned. */
size_t nn_enter(nn_builder *n, const char *name);
size_t nn_enter_index(nn_builder *n, int index);
void nn_leave(nn_builder *n, size_t mark);
/*
 * Modules whose states stand in a state_dict in another order than data meets them are built once for their states
 * alone: between begin and end nothing that is made is used, so that nothing of it runs, and statistics stay. Its input
 * is a stand-in of so many channels.
 */
graph_value nn_declare_begin(nn_builder *n, int channels, nn_phase *phase);
void nn_declare_end(nn_builder *n, nn_phase phase);
/* The state path.name. */
graph_value nn_state(nn_builder *n, const char *name, const secant_shape *shape, graph_init init);

/* ---- layers; `name` is the module's key below the path, NULL: the path itself ---- */

typedef struct nn_conv_spec {
	int out, kernel, stride, padding, dilation, groups;
	bool bias;
	graph_init init; /* 0: PyTorch's default */
	int kernel_w, padding_w; /* kernel_w 0: square; else these for the width */
	int more; /* zeros below and on the right beyond those above and on the left */
	bool keeps_start; /* starts by `init` whatever the channels of the picture */
} nn_conv_spec;
/* A convolution that reads an input of the graph with other than 3 channels starts as PyTorch's do, whatever `init`
 * says: segmentation_models.pytorch makes it anew (patch_first_conv). timm does not (keeps_start). */
graph_value nn_conv(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *spec);
/* The states a convolution of `in` channels would have, without using them: state_dicts hold modules that forward never
 * calls. */
void nn_conv_states(
	nn_builder *n, const char *name, int in, const nn_conv_spec *spec, graph_value *weight, graph_value *bias);
graph_value nn_batch_norm(nn_builder *n, const char *name, graph_value x, double eps, double momentum);
/* The same with a scale of 0 at the start: a residual block that begins as its input. */
graph_value nn_batch_norm_silent(nn_builder *n, const char *name, graph_value x, double eps, double momentum);
typedef struct nn_norm_states {
	graph_value weight, bias, mean, var, batches;
} nn_norm_states;
nn_norm_states nn_batch_norm_states(nn_builder *n, int channels); /* under the current path */
/* The parts of it, for families with other names: a state that does not learn; the norm on given states. */
graph_value nn_statistic(nn_builder *n, const char *name, const secant_shape *shape, graph_init init);
graph_value nn_batch_norm_of(nn_builder *n, graph_value x, graph_value mean, graph_value var, graph_value weight,
	graph_value bias, double eps, double momentum);
graph_value nn_layer_norm(nn_builder *n, const char *name, graph_value x, double eps);
graph_value nn_group_norm(nn_builder *n, const char *name, graph_value x, int groups, double eps);
graph_value nn_linear(nn_builder *n, const char *name, graph_value x, int out, graph_init init);
graph_value nn_relu(nn_builder *n, graph_value x);
graph_value nn_dropout(nn_builder *n, graph_value x, double p, bool channels);
/* Whole samples (stochastic depth, Huang and others 2016): for the branch of a residual block. */
graph_value nn_drop_path(nn_builder *n, graph_value x, double p);
/* Up or down to height and width of `like`. */
graph_value nn_resize_like(nn_builder *n, graph_value x, graph_value like, int mode, bool align_corners);
graph_value nn_concat(nn_builder *n, int count, const graph_value *v); /* along channels; absent ones are skipped */
graph_value nn_global_pool(nn_builder *n, graph_value x, bool max); /* N x 1 x 1 x C */
/* Attention of `heads` heads, N x H x W x C: queries q, keys k and values v of a map that may be smaller; bias (-1:
 * none) is added to the products before softmax, and mask (-1: none), M x 1 x HW x HW, where the maps are M in turn. */
graph_value nn_attention(
	nn_builder *n, int heads, graph_value q, graph_value k, graph_value v, graph_value bias, graph_value mask);
/* A stage that is not there: half of x's height and width, no channels. */
graph_value nn_nothing(nn_builder *n, graph_value x);
/* The multiple of `by` that is nearest to v, at least `by`, and not below `least` times v: how widths are rounded. */
int nn_divisible(double v, int by, double least);
/* k as a key, in `text`. */
const char *nn_number(char text[16], int k);
int nn_channels(const nn_builder *n, graph_value x);

/* smp's `use_norm`: which norm a Conv2dReLU has. */
typedef struct nn_norm_choice {
	enum { NN_NORM_BATCH, NN_NORM_NONE, NN_NORM_INSTANCE, NN_NORM_INPLACE } kind;
	double eps, momentum;
	bool affine;
	bool identity; /* INPLACE: nothing follows it */
	double slope; /* INPLACE: of the leaky relu that is its activation; 0: relu */
} nn_norm_choice;
/* From "batchnorm", "identity", ... or {"type": ..., ...}. */
secant_status nn_norm_parse(nn_norm_choice *c, const char *text, secant_err *err) SECANT_NODISCARD;
/* The states of such a norm, without using them. */
void nn_add_norm_states(nn_builder *n, const char *name, int channels, const nn_norm_choice *norm);
#define NN_NORM_HELP "batchnorm, identity, instancenorm, inplace, or a JSON object with \"type\""
/* decoder-channels of U-Nets: as many as the depth says; n = 0: 256,128,64,32,16. */
secant_status nn_decoder_channels(
	int channels[6], const secant_ints *given, int depth, secant_err *err) SECANT_NODISCARD;
/* What U-Nets put before their first block where the encoder wants it: two convolutions, keys center.0 and center.1. */
graph_value nn_centre(nn_builder *n, graph_value x, const nn_norm_choice *norm);
/* The norm that was chosen; x itself for none. */
graph_value nn_norm(nn_builder *n, const char *name, graph_value x, const nn_norm_choice *norm);
/* smp's Conv2dReLU: keys NAME.0 (convolution, bias without norm), NAME.1 (norm), relu. */
graph_value nn_conv_relu(
	nn_builder *n, const char *name, graph_value x, int out, int kernel, int padding, const nn_norm_choice *norm);
/* smp's scSE attention, keys NAME.attention.{cSE,sSE}; `channels` of its input. With x -1 only its states are made. */
graph_value nn_scse(nn_builder *n, const char *name, graph_value x, int channels);
/* smp's activation by name; NULL: x itself. */
graph_value nn_activation(nn_builder *n, graph_value x, const char *activation, secant_err *err);
/* smp's SegmentationHead under the current path: convolution, optional x factor upsampling, activation. */
graph_value nn_segmentation_head(
	nn_builder *n, graph_value x, int classes, int kernel, int upsampling, const char *activation, secant_err *err);
/* The same with another start of its convolution. */
graph_value nn_head_from(nn_builder *n, graph_value x, int classes, int kernel, int upsampling, graph_init init,
	const char *activation, secant_err *err);

/* ---- layers of networks for clouds, N x P x 1 x C (points.c) ---- */

/* Conv1d (axes 1) or Conv2d (axes 2) of kernel 1 with bias, on the last axis. */
graph_value nn_pointwise(nn_builder *n, const char *name, graph_value x, int out, int axes);
/* The same on the concatenation of `parts` along channels, which is never made: a part of N x 1 x 1 x C counts for
 * every point of its cloud. */
graph_value nn_pointwise_parts(nn_builder *n, const char *name, int parts, const graph_value *part, int out, int axes);
/* Only its states, for a state_dict's order. */
void nn_pointwise_states(nn_builder *n, const char *name, int in, int out, int axes);
void nn_linear_states(nn_builder *n, const char *name, int in, int out, graph_init init);
/* The largest of all points, N x 1 x 1 x C; the gradient goes to one of them. */
graph_value nn_max_of_points(nn_builder *n, graph_value x);
/* N x 1 x 1 x C to N x C and back. */
graph_value nn_flat(nn_builder *n, graph_value x);
graph_value nn_unflat(nn_builder *n, graph_value x);
/* Each row of N x P x 1 x k times the k x k matrix of its cloud (N x k x k). */
graph_value nn_transform_points(nn_builder *n, graph_value x, graph_value matrix);
/* Channels [from, to). */
graph_value nn_channels_of(nn_builder *n, graph_value x, int from, int to);

/* ---- encoders ---- */

enum { NN_FEATURES = 6 };

/* What a decoder asks of an encoder. */
typedef struct nn_request {
	int depth; /* features 0..depth are wanted */
	int output_stride; /* 32; or 8, 16: later stages keep their size and dilate (segmentation_models.pytorch's way) */
	int in_channels;
	int size; /* of pictures, where an encoder is made for one: a vision transformer's table of positions; 0: any */
	bool dynamic; /* pictures of other sizes than `size` are taken, too: the table is resampled for them */
	secant_ints taps; /* of a vision transformer: the blocks whose results are the features; n 0: evenly spread */
	int beyond; /* stages behind depth that run all the same, unread: statistics as smp leaves them (NN_ENCODER_EAGER)
				 */
} nn_request;
/* What it gives. A stage that an encoder does not have has 0 channels; its value then only says height and width. */
typedef struct nn_stage {
	graph_value value;
	int channels, stride;
	graph_value prefix; /* vision transformers: N x T x 1 x C, the tokens before the patches at this stage; -1: none */
} nn_stage;

enum { /* facts of an encoder */
	NN_ENCODER_FIXED = 1, /* has no dilated mode: output stride 32 alone */
	NN_ENCODER_CENTRE = 2, /* U-Nets put a centre block before their first (the VGGs end in a pool) */
	NN_ENCODER_TOKENS = 4, /* a plain vision transformer: all features of one stride, for DPT alone */
	NN_ENCODER_MIX = 8, /* a mix transformer: decoders that want half the size refuse it */
	NN_ENCODER_TIMM = 16, /* timm's own: ends at the depth asked for, dilates its own way, and its first convolution
								 starts as the others do */
	NN_ENCODER_EVEN = 32, /* pads as TensorFlow does: sizes must divide by its stride wherever it stands */
	NN_ENCODER_BARE = 64, /* its files hold no classifier, whatever it was trained on */
	NN_ENCODER_EAGER = 128 /* smp's runs the stage behind the deepest one that is asked for, for nobody; timm's own all
							  that follow */
};
typedef struct nn_encoder nn_encoder;
struct nn_encoder {
	const char *name, *brief;
	int channels[NN_FEATURES]; /* of features 0..5; [0] is replaced by the input's */
	int64_t parameters; /* trainable numbers at 3 input channels and full depth: what the tests compare */
	/* Fills f[0..depth]; also makes the states of layers deeper than depth, which state_dicts hold. */
	void (*build)(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *r, nn_stage *f);
	const void *config; /* of the family */
	unsigned facts;
	int least_depth; /* 0: 1 */
	int side; /* height and width of the pictures it is made for, unless img-size says others; 0: any */
	int patch; /* of a plain vision transformer: the stride of its maps */
};
const nn_encoder *nn_encoder_find(const char *name);
const nn_encoder *nn_encoder_at(int i); /* NULL after the last */

/* ---- architectures ---- */

typedef struct nn_built {
	graph_value logits, label, decoder; /* label -1: no classification head */
	nn_stage feature[NN_FEATURES];
	graph_value penalty; /* a scalar to add to the loss, in phases of training; -1: none */
	int heads; /* further logits that training judges beside `logits`: deep supervision */
	graph_value head[NN_FEATURES];
} nn_built;
typedef struct nn_cloud_input {
	graph_value points, category;
} nn_cloud_input; /* N x P x 1 x C; one-hot N x 1 x 1 x categories or -1 */
typedef struct nn_architecture nn_architecture;
/* What an architecture builds on. */
typedef struct nn_blueprint {
	const secant_network *net;
	const nn_architecture *arch;
	const void *options; /* the architecture's own, filled */
	const nn_encoder *encoder; /* NULL: networks for clouds */
	int depth, classes; /* classes: at least 1 */
	const nn_stage *f; /* features 0..depth */
	nn_cloud_input cloud;
	graph_value picture; /* what a whole network reads */
} nn_blueprint;
struct nn_architecture {
	const char *name, *brief;
	const secant_opts *options; /* its own; what is common is in secant_network_options */
	int default_depth, least_depth; /* stages of the encoder; least_depth 0: 1 */
	/* Builds decoder and segmentation head into `out`. */
	void (*build)(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err);
	/* Of options that do not fit each other, the depth or the encoder; may be NULL. */
	secant_status (*check)(const nn_blueprint *b, secant_err *err);
	int (*output_stride)(const void *options); /* what it asks of the encoder; NULL: 32 */
	void (*request)(const void *options, nn_request *q); /* what else it asks; NULL: nothing */
	bool whole; /* brings its own encoder: reads the picture, and no encoder is chosen */
	bool tokens; /* takes plain vision transformers, and nothing else */
	bool any_size; /* accepts sizes that the encoder's stride does not divide */
	int (*least_side)(const nn_blueprint *b); /* smaller pictures are refused; NULL: any goes */
	secant_network_kind kind; /* networks for clouds have no encoder */
	bool category; /* is told the category of the object */
	const void *config; /* of the family */
};
const nn_architecture *nn_architecture_find(const char *name);
const nn_architecture *nn_architecture_at(int i);

/* Builds the whole network on input x (N x H x W x in_channels). Errors: unknown names (nearest offered), smp's own
 * messages for depths and sizes. */
secant_status nn_network_build(
	nn_builder *n, const secant_network *net, graph_value x, nn_built *out, secant_err *err) SECANT_NODISCARD;
/* The pictures that a network takes. */
typedef struct nn_sizes {
	int side; /* the one height and width, where it is made for one; 0: any that divides */
	int multiple, least; /* height and width divide by the one and are the other at least; 1 where any goes */
} nn_sizes;
secant_status nn_network_sizes(const secant_network *net, nn_sizes *out, secant_err *err) SECANT_NODISCARD;

/* ---- losses ---- */

/* What a loss is built on. logits: N x ... x C in f32. target: binary and multilabel reals in the logits' shape,
 * multiclass integers without the channel axis. */
typedef struct nn_loss_input {
	graph_value logits, target;
	base_mode mode;
	int classes;
	bool has_ignore; /* targets with the value `ignore` are left out, beside those of the loss's own setting */
	double ignore;
} nn_loss_input;
typedef struct nn_loss {
	const char *name, *brief;
	const secant_opts *settings;
	unsigned modes; /* bit of each base_mode it is defined for */
	bool takes_logs; /* of probabilities, in place of logits */
	graph_value (*build)(graph_net *g, const void *settings, const nn_loss_input *in); /* a scalar */
} nn_loss;
const nn_loss *nn_loss_find(const char *name);
const nn_loss *nn_loss_at(int i);
/* Builds a sum written "1.0*lovasz+0.5*soft-ce(smooth=0.1)". */
graph_value nn_loss_build(graph_net *g, const char *spec, const nn_loss_input *in, secant_err *err);
/* The same on every head of a network, summed, with its penalty: what training goes down. Sets in->logits. */
graph_value nn_loss_build_heads(
	graph_net *g, const char *spec, nn_loss_input *in, const nn_built *built, secant_err *err);
/* Checks a sum without building it. `activation`: of the network, "identity" where there is none; NULL: not compared
 * with what the losses want. */
secant_status nn_loss_check(const char *spec, base_mode mode, const char *activation, secant_err *err) SECANT_NODISCARD;
#endif
