/*
 * A model file made ready to run: graph, store, settings and a runner. What predict, eval, serve and streams share.
 * Nothing of it changes after opening but the runner's plans, which are guarded: any number of threads may run it, each
 * with a session of its own (exec/session.h).
 *
 * To the outputs of the file's graph, "logits" among them, opening adds "probabilities": the final activation by the
 * task (sigmoid, softmax), in f32; the logits themselves where the network ends in an activation already. Of clouds
 * with parts the input "possible" (N x classes, 0 or 1) says which classes the softmax is over.
 */
#ifndef DEPLOY_NETWORK_H
#define DEPLOY_NETWORK_H
#include "base/mode.h"
#include "exec/session.h"
#include "formats/graph_json.h"
#include "formats/model_file.h"
#include "codec/white.h"
#include "deploy/onnx_network.h"

typedef struct deploy_deployed {
	format_model_file file; /* settings and graph; tensors stand here while a plan is made of them */
	deploy_onnx_source onnx; /* m NULL: the graph is the file's */
	char *path;
	const void *memory; /* the file's bytes, the caller's; NULL: they are read from the path */
	size_t memory_size;
	char *taken; /* of an ONNX file that is opened as it is: what was taken of it, in words; else NULL */
	secant_tensors packed; /* of a compiled model: its file, mapped while packed copies of it are lent to plans */
	exec_store *store;
	exec_runner *runner;
	exec_precision precision; /* what "auto" became */
	base_mode mode;
	secant_network_kind kind;
	int in_channels, classes, multiple, least; /* height and width: multiples of this, at least that */
	int side; /* the one height and width that it takes; 0: any of these */
	int inputs, categories; /* channels of the input tensor; more than in_channels: the last one holds the category, 0
							   to categories - 1 */
	bool training_operators; /* its graph may hold them */
	bool activated; /* the network ends in an activation: its results are probabilities already */
	bool ends; /* the last output, "probabilities", is added to those of the file */
	bool parts; /* of clouds: which classes are possible is an input */
	bool whole; /* of a compiled model: from picture bytes to mask bytes (offline.h) */
	int scaled[2]; /* height and width that training scaled pictures to; 0: it took them as they are */
	float scale[16], shift[16]; /* normalisation */
	codec_whites whites; /* what is white in pictures as those of training */
} deploy_deployed;

/* The threshold of probabilities: `asked`, or where that is below 0 the one kept with the models (settings "threshold",
 * or what a compiled model was made with) if all n have the same, else 0.5. */
double deploy_threshold(const deploy_deployed *d, int n, double asked);

/* "scaled" of a model's settings; zeros where it is not there or no size. */
void deploy_scaled_read(const json_t *settings, int scaled[2]);

/* What is refused unless allowed: scalar references where there is nothing better (slow), operators of training. */
enum { DEPLOY_ALLOW_REFERENCE = 1, DEPLOY_ALLOW_TRAINING = 2, DEPLOY_WHOLE = 4 /* what a compiled model is for */ };
secant_status deploy_deployed_open(deploy_deployed *d, const char *path, const char *precision, int threads,
	unsigned allow, secant_err *err) SECANT_NODISCARD;
/* The same of a model file in memory, which stays the caller's and must outlive it; `name` stands for the path. */
secant_status deploy_deployed_open_memory(deploy_deployed *d, const void *data, size_t size, const char *name,
	const char *precision, int threads, unsigned allow, secant_err *err) SECANT_NODISCARD;
void deploy_deployed_close(deploy_deployed *d);
/* What packed weights are for: "avx2, oneDNN 2.6.3, 2 threads". In `text`. */
const char *deploy_packed_for(int threads, char *text, size_t n);
/* NULL, or for a compiled model whose packed weights are for another machine: which, to tell. In `text`. */
const char *deploy_packed_remark(const deploy_deployed *d, int threads, char *text, size_t n);
/* How a network's results become probabilities. */
typedef struct deploy_ending {
	base_mode mode;
	bool activated, parts; /* as in deploy_deployed */
} deploy_ending;
/* Adds the output "probabilities" to a graph with the output "logits", and where the ending needs it the input
 * "possible", which takes the last of the `n` shapes of `inputs` (NULL: its own). Errors are the graph's. */
void deploy_build_ending(const deploy_ending *e, graph_net *g, const secant_shape *inputs, int n);
/* How many of n inputs are the network's own: all but "possible". */
int deploy_ending_inputs(const deploy_ending *e, int n);
/* A stored graph for these inputs: the one of "others" that was made for the shape of the first, else the graph itself
 * (a network of ONNX has a graph for each size, format_graph_to_json's object with "others": [{"input", "graph"}]). */
const json_t *deploy_graph_for(const json_t *graph, const secant_shape *inputs);
/* The network alone at a size N x H x W x C, with "probabilities"; and a store that holds its numbers in f32, the
 * caller's. For what is compiled of it. NULL and err on failure. */
graph_net *deploy_graph_at(const deploy_deployed *d, const secant_shape *input, secant_err *err);
exec_store *deploy_store_of(const deploy_deployed *d, const graph_net *g, secant_err *err);
/* A session of the model that gives "probabilities". */
secant_session *deploy_deployed_session(const deploy_deployed *d, secant_err *err);
/* A model's class names (settings "class_names"); *names NULL and *n 0 where it has none. deploy_class_names_free. */
secant_status deploy_class_names_read(const json_t *settings, char ***names, int *n, secant_err *err) SECANT_NODISCARD;
void deploy_class_names_free(char **names, int n);
/* Colours of its classes (settings "palette"), n of them, of secant_calloc; NULL and 0 where it has none. */
secant_status deploy_palette_read(
	const json_t *settings, uint8_t (**palette)[3], int *n, secant_err *err) SECANT_NODISCARD;
/* Copies tensors into a store of the same names; a missing, surplus or misshapen one: one error naming the first few.
 */
secant_status deploy_store_load(exec_store *s, const secant_tensors *t, secant_err *err) SECANT_NODISCARD;
#endif
