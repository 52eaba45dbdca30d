/*
 * A network in training or on its way in and out: options, store, graphs of every phase. Built by the nn room; written
 * to model files whose graph is the evaluation graph.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H
#include "deploy/network.h"
#include "nn/nn.h"

typedef struct model_bundle {
	secant_network net; /* owned copy */
	base_mode mode;
	char *normalize, *white; /* as in secant_normalize; owned; white NULL: trained on bytes, or nobody knows */
	char **class_names; /* n_class_names strings, owned; 0: none */
	int n_class_names;
	uint8_t (*palette)[3]; /* colours of n_palette classes, owned; NULL: those of secant_palette */
	int n_palette;
	int ignored; /* 1 + the class that training leaves out (--ignore-index), whose output means nothing; 0: none */
	exec_store *store;
	const secant_strings
		*freeze; /* beginnings of the names of what does not learn, borrowed; NULL: everything learns */
	int scaled[2]; /* height and width that training scaled pictures to; 0: it took them as they are */
	int side; /* the one height and width of its pictures; 0: any */
	int multiple, least; /* heights and widths must divide by the one and be at least the other */
	deploy_onnx_source onnx; /* m not NULL: the network is this one, not one of ours (onnx.h) */
	const uint8_t *onnx_bytes; /* the file, as it came */
	size_t onnx_size;
	format_model_file onnx_file; /* the model file it came in, whose states stand for the file's */
	secant_tensors onnx_fresh; /* a last convolution that was made anew */
	int64_t onnx_fan_in; /* of it */
	json_t *clouds; /* how clouds become input, for the file's settings (deploy/clouds.h); owned; NULL: pictures */
} model_bundle;

/* One graph of the network at input shape N x H x W x C. */
typedef struct model_graph {
	graph_net *g; /* owned by whoever asked */
	nn_built built;
} model_graph;

/* "binary" (1 class), "multiclass", "multilabel"; NULL: by the classes. Refuses binary with more than one class and
 * multiclass with one. */
secant_status model_mode_choose(const char *text, int classes, base_mode *mode, secant_err *err) SECANT_NODISCARD;
/* The loss where none is asked for: of training, of evaluation, of a measured step. */
const char *model_loss_usual(base_mode mode);
/* Copies the options and says the network as a graph, at a size that it takes (out->g, the caller's): no store, so no
 * memory for weights. */
secant_status model_outline(model_bundle *m, const secant_network *net, const char *mode, const char *normalize,
	model_graph *out, secant_err *err) SECANT_NODISCARD;
/* The same with a store (zeroed) in the graph's stead. */
secant_status model_new(model_bundle *m, const secant_network *net, const char *mode, const char *normalize, bool f64,
	secant_err *err) SECANT_NODISCARD;
void model_free(model_bundle *m);
/* The network of a model file, with its weights, for going on with training, `run` and export; needs the settings'
 * network options. */
secant_status model_open(model_bundle *m, const char *path, bool f64, secant_err *err) SECANT_NODISCARD;
/* The tensors of a file of weights; what of it was taken, where it could be two things, is told. */
secant_status model_weights_read(
	secant_tensors *t, const char *weights, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
void model_initialize(model_bundle *m, uint64_t seed);
secant_status model_build(const model_bundle *m, nn_phase phase, const secant_shape *input, model_graph *out,
	secant_err *err) SECANT_NODISCARD;
/* A runner on the model's own store, with the outputs a model file has when it is opened: evaluation of weights that
 * still change (exec_runner_forget after a change). */
exec_runner *model_runner(model_bundle *m, const exec_plan_options *options, secant_err *err);
/* Writes a model file with the store's present numbers. */
secant_status model_save(const model_bundle *m, const char *path, secant_err *err) SECANT_NODISCARD;
/* Every state as tensors that borrow from the store, in a state_dict's order; secant_tensors_free. */
secant_status model_tensors(const model_bundle *m, secant_tensors *out, secant_err *err) SECANT_NODISCARD;
/* --weights: takes what fits from a model or a state_dict, adapts the first convolution; what does not fit (with both
 * shapes) and what is left over go to the log. An error when nothing fits. */
secant_status model_start_from(
	model_bundle *m, const char *weights, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
/* Strict loading: every state must be there and fit, but for what all names begin with (model_weights_unwrap); what the
 * file has beside a whole network is dropped and told. */
secant_status model_load(
	model_bundle *m, const char *weights, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
/* Takes off what the names of all that fits a store begin with, and tells it; what does not begin so is dropped and
 * told. `under` stands before the names in the store ("encoder."). FORMAT where two networks of the file fit. */
secant_status model_weights_unwrap(secant_tensors *t, const exec_store *s, const char *under, const secant_logger *log,
	secant_err *err) SECANT_NODISCARD;
/* Drops what the file has beside a network that is whole and fits, and tells it. */
void model_weights_drop_rest(secant_tensors *t, const exec_store *s, const secant_logger *log);
/* The classes of the file's head where nothing but the head of one class does not fit; else 0. The second reads a file
 * for a fresh model of one class. */
int model_weights_classes(const secant_tensors *t, const exec_store *s);
int model_head_classes(const model_bundle *m, const char *weights);
/* Of weights that do not fit: what they are, and the nearest network; fresh text. NULL: no memory. */
char *model_weights_advice(const secant_tensors *t, const char *family, const secant_network *asked);
/* Which other library's networks have such names; static, NULL: none that is known. */
const char *model_weights_family(const secant_tensors *t);
/* --encoder-weights: takes the encoder's tensors from a torchvision, timm, smp or smp-hub file, with or without the
 * prefix `encoder.`; adapts the first convolution to other channel counts as smp does; ignores a classifier. Remarks
 * (taken, left, missing) go to the log. bgr: the weights want blue, green, red; they are turned round. An error when
 * nothing fits. */
secant_status model_load_encoder(
	model_bundle *m, const char *weights, bool bgr, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
#endif
