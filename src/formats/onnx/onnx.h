/*
 * ONNX models as they lie in files: graphs of nodes whose values are known by name, tensors in the file's own axis
 * order and types. Reading checks lengths, types and names; what operators mean is known by eval.h (numbers) and map.h
 * (graphs of ours).
 */
#ifndef FORMAT_ONNX_ONNX_H
#define FORMAT_ONNX_ONNX_H
#include <secant/tensorfile.h>
#include "base/file.h"
#include "base/mem.h"

enum {
	FORMAT_ONNX_RANK = 10, /* axes of a tensor */
	FORMAT_ONNX_DEPTH = 32, /* graphs within graphs, functions within functions */
	FORMAT_ONNX_OPSET_OLDEST = 1,
	FORMAT_ONNX_OPSET_NEWEST = 28,
};

/* TensorProto.DataType, by its numbers. */
typedef enum format_onnx_type {
	FORMAT_ONNX_UNDEFINED = 0,
	FORMAT_ONNX_FLOAT = 1,
	FORMAT_ONNX_UINT8 = 2,
	FORMAT_ONNX_INT8 = 3,
	FORMAT_ONNX_UINT16 = 4,
	FORMAT_ONNX_INT16 = 5,
	FORMAT_ONNX_INT32 = 6,
	FORMAT_ONNX_INT64 = 7,
	FORMAT_ONNX_STRING = 8,
	FORMAT_ONNX_BOOL = 9,
	FORMAT_ONNX_FLOAT16 = 10,
	FORMAT_ONNX_DOUBLE = 11,
	FORMAT_ONNX_UINT32 = 12,
	FORMAT_ONNX_UINT64 = 13,
	FORMAT_ONNX_BFLOAT16 = 16,
	FORMAT_ONNX_FLOAT8E4M3FN = 17,
	FORMAT_ONNX_FLOAT8E5M2 = 19,
	FORMAT_ONNX_UINT4 = 21, /* a byte each in memory */
	FORMAT_ONNX_INT4 = 22
} format_onnx_type;

/* Bytes of a number in memory; 0: a type whose numbers are not read (strings, complex, ...). */
size_t format_onnx_type_size(int type);
const char *format_onnx_type_name(int type); /* "float", "int64"; as ONNX prints them */
bool format_onnx_type_is_real(int type); /* float, double, float16, bfloat16, float 8 */
bool format_onnx_type_is_unsigned(int type); /* of integers, bool included */

typedef struct format_onnx_tensor {
	int type, rank;
	int64_t dim[FORMAT_ONNX_RANK];
	void *data; /* dense, row-major */
	void *owner; /* freed with the tensor; NULL: data is lent by the file */
	int refs; /* holders */
	bool sized; /* depends on the sizes of the inputs: another size may give another tensor */
	bool learned; /* an initialiser, or made of some: what training may change */
	/* It stands for numbers of 8 bits with these scales (one, or one for each place of scale_axis) and zeros of 0:
	 * weights as quantised networks have them. Held; NULL: it does not. */
	struct format_onnx_tensor *bytes, *scale;
	int scale_axis;
} format_onnx_tensor;

/* A fresh tensor, held once, zeroed; NULL and err on negative or overflowing shapes, on more than `limit` bytes (0:
 * none) and on NOMEM. */
format_onnx_tensor *format_onnx_tensor_new(int type, int rank, const int64_t *dim, int64_t limit, secant_err *err);
format_onnx_tensor *format_onnx_tensor_hold(format_onnx_tensor *t); /* one holder more; returns t */
void format_onnx_tensor_drop(format_onnx_tensor *t); /* one fewer; the last one frees; NULL is fine */
int64_t format_onnx_count(const format_onnx_tensor *t);
/* Numbers i to i + n - 1 as doubles or integers, and back: rounded to nearest even, integers wrapped as C does. */
void format_onnx_get_reals(const format_onnx_tensor *t, int64_t i, int64_t n, double *to);
void format_onnx_put_reals(const format_onnx_tensor *t, int64_t i, int64_t n, const double *from);
void format_onnx_get_ints(const format_onnx_tensor *t, int64_t i, int64_t n, int64_t *to);
void format_onnx_put_ints(const format_onnx_tensor *t, int64_t i, int64_t n, const int64_t *from);
/* "float 1x3x8x8" */
const char *format_onnx_tensor_text(const format_onnx_tensor *t, char *buffer, size_t size);

typedef struct format_onnx_graph format_onnx_graph;

typedef struct format_onnx_attr {
	const char *name;
	const char *ref; /* within a function: the attribute of the call that it stands for; else NULL */
	int type; /* AttributeProto.AttributeType; 0: as the fields say */
	double f;
	int64_t i;
	const char *s; /* "" where absent */
	format_onnx_tensor *t;
	format_onnx_graph *g;
	int n_floats, n_ints, n_strings;
	double *floats;
	int64_t *ints;
	const char **strings;
} format_onnx_attr;

typedef struct format_onnx_node {
	const char *op, *domain, *name; /* domain "" is ai.onnx's; name "" where it has none */
	int n_in, n_out, n_attr;
	const char **in, **out; /* "": absent */
	format_onnx_attr *attr;
} format_onnx_node;

/* Input or output of a graph. */
typedef struct format_onnx_info {
	const char *name;
	int type; /* 0: no tensor, or not said */
	int rank; /* -1: not said */
	int64_t dim[FORMAT_ONNX_RANK]; /* -1: symbolic */
	const char *symbol[FORMAT_ONNX_RANK]; /* of a symbolic one; "" without name */
	const char *kind; /* "tensor", "sequence", "map", "optional", "sparse tensor", "opaque" */
} format_onnx_info;

typedef struct format_onnx_initializer {
	const char *name;
	format_onnx_tensor *tensor;
} format_onnx_initializer;

struct format_onnx_graph {
	const char *name;
	int n_node, n_init, n_in, n_out, n_info;
	format_onnx_node *node;
	format_onnx_initializer *init;
	format_onnx_info *in; /* those that no initialiser fills, if they stand in the model's own graph */
	format_onnx_info *out;
};

typedef struct format_onnx_pair {
	const char *key, *value;
} format_onnx_pair;

typedef struct format_onnx_opset {
	const char *domain;
	int64_t version;
} format_onnx_opset;

typedef struct format_onnx_function {
	const char *name, *domain, *overload;
	int n_in, n_out, n_attr;
	const char **in, **out;
	format_onnx_attr *attr; /* defaults */
	format_onnx_graph body; /* nodes only */
	int n_opset;
	format_onnx_opset *opset;
} format_onnx_function;

typedef struct format_onnx_external {
	const char *name;
	secant_bytes bytes;
	struct format_onnx_external *next;
} format_onnx_external;

typedef struct format_onnx_model {
	int64_t ir_version, opset; /* of the domain "" */
	const char *producer, *producer_version;
	format_onnx_graph graph;
	int n_function, n_opset, n_pair;
	format_onnx_function *function;
	format_onnx_opset *opsets;
	format_onnx_pair *pair; /* metadata */
	base_arena *arena;
	secant_bytes file; /* what tensors borrow from */
	format_onnx_initializer *instead; /* by name: format_onnx_instead */
	int n_instead;
	struct format_onnx_external *external; /* files of external data */
	format_onnx_tensor **tensor; /* all that were made while reading */
	int n_tensor, tensor_capacity;
} format_onnx_model;

/* Is it an ONNX file? Looks at the first fields alone. */
bool format_onnx_detect(const uint8_t *data, size_t size);
/* Reads a model, or a MindIR as the ONNX that says the same; external data lies in the folder of `path`. NULL and err
 * on failure; errors name the path. */
format_onnx_model *format_onnx_open(const char *path, secant_err *err);
/* The same from memory, which must outlive the model; external data is refused. */
format_onnx_model *format_onnx_decode(const uint8_t *data, size_t size, secant_err *err);
void format_onnx_close(format_onnx_model *m);
/* A TensorProto by itself, as test data has it. */
format_onnx_tensor *format_onnx_tensor_decode(
	const uint8_t *data, size_t size, const char **name, base_arena *names, secant_err *err);

/* Its nodes in an order in which each follows what it reads; as they are where there is none (order.c). */
void format_onnx_sort(format_onnx_graph *g);
/* Sequences that only pass tensors on become the tensors themselves (sequence.c), in graphs within it too. */
secant_status format_onnx_unroll(format_onnx_model *m, format_onnx_graph *g, secant_err *err) SECANT_NODISCARD;
/* From now on these tensors stand for states of the same names wherever an operator of ours reads them (map.h), other
 * shapes too: what a training made of a network. They are borrowed and must outlive the model. A later call's win. */
secant_status format_onnx_instead(format_onnx_model *m, const secant_tensors *set, secant_err *err) SECANT_NODISCARD;
format_onnx_tensor *format_onnx_find_instead(const format_onnx_model *m, const char *name); /* NULL: the file's own */
/* The node that makes a value of the model's own graph; NULL: none does. */
const format_onnx_node *format_onnx_maker(const format_onnx_graph *g, const char *name);
/* How often a value is read, graphs within nodes and outputs included. */
int format_onnx_readers(const format_onnx_graph *g, const char *name);

/* An attribute by name; NULL. */
const format_onnx_attr *format_onnx_find_attr(const format_onnx_node *n, const char *name);
#endif
