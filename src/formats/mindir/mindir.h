/*
 * MindIR, MindSpore's exported networks (mindspore.export(..., file_format="MINDIR")): protocol buffers of
 * mind_ir.proto. They are read by turning them into ONNX, which everything behind already knows (formats/onnx): nodes
 * become ONNX's, weights become initialisers, tuples and the order of effects disappear.
 *
 *     Model      1 ir_version (text) | 2 producer | 5 version | 7 graph | 8 functions | 10 little_endian | 12
 * primitives Graph      1 nodes | 2 name | 3 parameters | 5 inputs | 6 outputs Node       1 inputs | 2 outputs | 4 op:
 * "REF::Conv2D:4" names a primitive, "Constant" holds an attribute | 5 attributes Primitive  1 name | 2 operator | 3
 * attributes Attribute  1 name | 2 f | 3 i | 5 s | 8 floats | 10 ints | 12 tensors | 16 type | 17 values (of tuples and
 * lists) Tensor     1 dims | 2 type (ONNX's numbers) | 7 name | 9 raw | 12 external data | 13 ref_key: the parameter's
 * own name
 *
 * Source: mind_ir.proto of MindSpore 2.7 and files it wrote. A name "<graph>:rest" is written without its graph.
 */
#ifndef FORMAT_MINDIR_MINDIR_H
#define FORMAT_MINDIR_MINDIR_H
#include <secant/tensor.h>
#include "base/by_name.h"
#include "base/mem.h"
#include "formats/onnx/wire.h"

/* By the first fields. Encrypted ones are no different from encrypted checkpoints: formats/ckpt.c refuses both. */
bool format_mindir_detect(const uint8_t *data, size_t size);
/* Adds the network as an ONNX ModelProto to `out`. UNSUPPORTED: one error names every operator that is not known. */
secant_status format_mindir_to_onnx(const uint8_t *data, size_t size, base_str *out, secant_err *err) SECANT_NODISCARD;

/* ---- within this folder ---- */

typedef struct format_mindir_attr {
	const char *name;
	format_wire message;
} format_mindir_attr;

typedef struct format_mindir_attrs {
	int n;
	format_mindir_attr *v;
} format_mindir_attrs;

typedef struct format_mindir_node {
	const char *op; /* of a primitive: its operator; "Constant" */
	format_mindir_attrs own; /* the node's: "shape", of constants "value" */
	const format_mindir_attrs *primitive; /* NULL: none */
	int n_in;
	const char **in, *out;
	int uses, user; /* by other nodes; the last of them */
} format_mindir_node;

typedef struct format_mindir_tensor {
	const char *name, *key; /* as nodes know it; as the network knows it */
	int rank;
	int64_t dim[SECANT_MAX_RANK];
	int type;
	format_wire raw;
	bool external;
} format_mindir_tensor;

typedef struct format_mindir_model {
	base_arena *arena;
	secant_err *err;
	const char *version, *graph; /* MindSpore's; the graph's name */
	int n_node, n_parameter, n_input, n_output;
	format_mindir_node *node; /* in the file's order: what is used stands before who uses it */
	format_mindir_tensor *parameter, *input;
	const char **output;
	base_by_name by_out, by_parameter, by_input; /* places of nodes by their output, of parameters, of inputs */
} format_mindir_model;

/* Freed with format_mindir_free, also after a failure. */
secant_status format_mindir_read(
	format_mindir_model *m, const uint8_t *data, size_t size, secant_err *err) SECANT_NODISCARD;
void format_mindir_free(format_mindir_model *m);

/* Numbers of an attribute, however it holds them (one, a list, a tuple): how many, at most `most`; -1: none there, or
 * more. */
int format_mindir_ints(const format_mindir_attr *a, int64_t *v, int most);
bool format_mindir_real(const format_mindir_attr *a, double *v);
const char *format_mindir_text(const format_mindir_attr *a, char *buffer, size_t size); /* NULL: it is none */
const format_mindir_attr *format_mindir_find(const format_mindir_attrs *a, const char *name);
/* The shape that a node says its output has: rank; -1: not said, or a tuple. */
int format_mindir_shape(const format_mindir_node *n, int64_t dim[SECANT_MAX_RANK]);
#endif
