/*
 * Offline models of networks of any kind: the ONNX file as it is, and in its metadata under "secant.om" what a compiler
 * was told: shapes of inputs, the sets of dynamic ones, AIPP. Tensors come and go as the network has them; an input
 * with AIPP takes bytes of pictures. (Offline models of segmentation, offline.h, end in masks and are plans already.)
 */
#ifndef DEPLOY_OFFLINE_ONNX_H
#define DEPLOY_OFFLINE_ONNX_H
#include "base/json.h"
#include "deploy/preparation.h"
#include "formats/onnx/onnx.h"

enum {
	DEPLOY_OFFLINE_INPUTS = 32,
	DEPLOY_OFFLINE_SETS = 100,
	DEPLOY_OFFLINE_NUMBERS = 12,
	DEPLOY_OFFLINE_OUTPUTS = 32
};

typedef struct deploy_offline_input {
	const char *name;
	secant_shape shape; /* as the network has it; -1: dynamic */
	bool aipp; /* bytes come, `prepared` says how they become numbers */
	int parameters; /* of dynamic AIPP: the number of the input behind the network's that brings them; -1: none */
	int64_t most_bytes; /* of a picture, with them */
	bool rows; /* the network has channels last */
	bool half; /* numbers come in 16 bits (input_fp16_nodes) */
	deploy_preparation prepared;
} deploy_offline_input;

typedef enum deploy_offline_dynamic {
	DEPLOY_OFFLINE_STATIC,
	DEPLOY_OFFLINE_BATCH,
	DEPLOY_OFFLINE_IMAGE,
	DEPLOY_OFFLINE_DIMS
} deploy_offline_dynamic;

typedef struct deploy_offline_onnx {
	int n;
	int n_parameters; /* further inputs, which AIPP's parameters come by */
	deploy_offline_input in[DEPLOY_OFFLINE_INPUTS];
	deploy_offline_dynamic dynamic;
	int n_sets, width; /* numbers in each, in place of the -1s; batches: one for all */
	int64_t set[DEPLOY_OFFLINE_SETS][DEPLOY_OFFLINE_NUMBERS];
	int n_out; /* what comes out instead of the network's outputs (out_nodes); 0: they */
	format_onnx_info out[DEPLOY_OFFLINE_OUTPUTS];
	int out_type[DEPLOY_OFFLINE_OUTPUTS]; /* of each output, chosen or not: by deploy_offline_type; 0: as it is */
	json_t *json; /* names live in it */
} deploy_offline_onnx;

bool deploy_is_offline_onnx(const format_onnx_model *m);
/* FORMAT_ONNX_... of a word of output_type: FP32, FP16, UINT8, INT8; 0: it is none. */
int deploy_offline_type(const char *word);
/* Refuses a model whose inputs are bytes of pictures (AIPP), for those who would give it the network's numbers. */
secant_status deploy_offline_onnx_refuse_aipp(const format_onnx_model *m, secant_err *err) SECANT_NODISCARD;
/* Reads what a model says; deploy_offline_onnx_free. */
secant_status deploy_offline_onnx_read(
	deploy_offline_onnx *o, const format_onnx_model *m, secant_err *err) SECANT_NODISCARD;
void deploy_offline_onnx_free(deploy_offline_onnx *o);
/* Dynamic AIPP of input i from now on, as CANN's runtime passes its parameters (formats/aipp.h). */
secant_status deploy_offline_onnx_set_aipp(
	deploy_offline_onnx *o, int i, const void *bytes, size_t size, int64_t batch, secant_err *err) SECANT_NODISCARD;
/* The shape in which bytes come to an input with AIPP; -1 where it is dynamic. */
secant_shape deploy_offline_picture(const deploy_offline_input *in);
/* The shape that the network sees of pictures of that shape. */
secant_shape deploy_offline_prepared(const deploy_offline_input *in, const secant_shape *picture);
/* Makes the outputs that were chosen those of the graph; both must live as long as it is used. */
void deploy_offline_onnx_choose(deploy_offline_onnx *o, format_onnx_model *m);
/* The value that a node's output is, by "node:0" or its own name; NULL: there is none. */
const char *deploy_offline_onnx_value(const format_onnx_graph *g, const char *name, int place);
/* May inputs of these shapes (as the network has them) run? Names what there is where not. */
secant_status deploy_offline_onnx_check(
	const deploy_offline_onnx *o, const secant_shape *shapes, secant_err *err) SECANT_NODISCARD;
/* The metadata of a model: "inputs", "dynamic", "sets", "aipp" (text), "outputs" (null,
 * or names of values), "types" (of outputs: "FP16", ...; null: as they are). Bytes of the file `m` was read from, and
 * that, to `path`. */
secant_status deploy_offline_onnx_write(
	const format_onnx_model *m, const json_t *told, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
