/*
 * A network from ONNX as deployment sees it: pictures N x H x W x C in, logits N x H x W x classes out. What the file
 * does not say is guessed, and what was taken is said.
 */
#ifndef DEPLOY_ONNX_NETWORK_H
#define DEPLOY_ONNX_NETWORK_H
#include "base/json.h"
#include "deploy/onnx_run.h"

typedef struct deploy_onnx_source {
	format_onnx_model *m;
	int input, output;
	bool rows; /* the file's own pictures are N, H, W, C */
	bool rows_out; /* and its scores N, H, W, classes */
	bool backwards; /* its channels are blue, green, red */
	bool coarse; /* its scores are of fewer rows and columns than the picture, and are scaled up to it */
} deploy_onnx_source;

/* What a user says about a foreign network; all may be NULL. */
typedef struct deploy_onnx_wishes {
	const char *output, *channel_order, *normalize, *mode, *activation;
	bool logits; /* a sigmoid or softmax at its end is taken off: training wants what is before it */
} deploy_onnx_wishes;

/* The name of the output that is taken. */
const char *deploy_onnx_output_name(const deploy_onnx_source *s);
/* Was it written by secant export, and tells what others do not? */
bool deploy_onnx_is_ours(const deploy_onnx_source *s);
/* The batch that the file fixes; 0: any. */
int deploy_onnx_batch(const deploy_onnx_source *s);
bool deploy_is_onnx(const char *path); /* by its first bytes */
/* Fills the source (m is given), and the settings a model file has (model_file.h); `said`, nullable, receives what was
 * taken, a line each. */
secant_status deploy_onnx_understand(deploy_onnx_source *s, const deploy_onnx_wishes *w, json_t **settings,
	base_str *said, secant_err *err) SECANT_NODISCARD;
/* The graph at a shape N x H x W x C (NULL: the file's own, or 256 x 256), input "input", output "logits", for
 * inference or (learning) for training; with `store`, nullable, a store that holds its numbers. */
graph_net *deploy_onnx_graph_at(const deploy_onnx_source *s, const secant_shape *shape,
	const format_onnx_learning *learning, exec_store **store, bool f64, secant_err *err);
#endif
