/*
 * What writes a graph of ours (write.c, write_node.c, write_op.c): fields of a GraphProto, and how each value is called
 * and laid out there.
 */
#ifndef FORMAT_ONNX_WRITER_H
#define FORMAT_ONNX_WRITER_H
#include "formats/onnx/onnx.h"
#include "formats/onnx/wire.h"
#include "formats/onnx/write.h"

typedef struct onnx_writer {
	const graph_net *g;
	const format_onnx_written *how;
	base_str graph; /* fields of GraphProto */
	base_str problems;
	const char **name; /* of every value: as it is written */
	bool *first; /* of every value: channels first */
	base_arena *arena;
	const graph_node *node;
	int serial, n_problems;
	bool beyond_half; /* a number was too large for 16 bits */
} onnx_writer;

typedef struct onnx_attrs {
	base_str s;
} onnx_attrs;

const secant_shape *onnx_written_shape(const onnx_writer *w, graph_value v);
const char *onnx_fresh(onnx_writer *w, const char *what); /* a name that no other value has */
/* An initialiser of integers or floats; its name. */
const char *onnx_write_constant(onnx_writer *w, int type, int rank, const int64_t *dim, const void *data, size_t bytes);
const char *onnx_write_integers(onnx_writer *w, int n, const int64_t *v);
int onnx_written_type(const onnx_writer *w); /* that the network computes in */
/* Floats as initialiser `name` (NULL: a fresh name), in the network's type. */
const char *onnx_write_reals(onnx_writer *w, const char *name, int rank, const int64_t *dim, const float *v, int64_t n);
const char *onnx_write_number(onnx_writer *w, double v);
void onnx_set_int(onnx_attrs *to, const char *name, int64_t v);
void onnx_set_float(onnx_attrs *to, const char *name, double v);
void onnx_set_text(onnx_attrs *to, const char *name, const char *v);
void onnx_set_ints(onnx_attrs *to, const char *name, int n, const int64_t *v);
/* A node of one output; takes the attributes (NULL: none). An input "" is absent. */
void onnx_write_node(onnx_writer *w, const char *op, const char *out, int n, const char *const *in, onnx_attrs *a);
/* Nodes of one and two inputs; the name of what they make. */
const char *onnx_write_one(onnx_writer *w, const char *op, const char *a, onnx_attrs *with);
const char *onnx_write_two(onnx_writer *w, const char *op, const char *a, const char *b, onnx_attrs *with);
const char *onnx_write_turned(onnx_writer *w, const char *name, const int64_t *perm); /* four axes */
void onnx_write_problem(onnx_writer *w, const char *why); /* of the node that is being written */
void onnx_write_operator(onnx_writer *w, const graph_node *n);
#endif
