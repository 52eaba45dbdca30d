/*
 * ONNX models as they lie in files: graphs of nodes whose values are known by name, tensors in the file's own axis
 * order and types. Reading checks lengths, types and names; what operators mean is known by eval.h (numbers) and map.h
 * (graphs of ours).
 */
#ifndef SECANT_FORMATS_ONNX_ONNX_H
#define SECANT_FORMATS_ONNX_ONNX_H
#include <secant/tensor.h>
#include "base/file.h"
#include "base/mem.h"

enum {
	SECANT_ONNX_RANK = 10, /* axes of a tensor */
	SECANT_ONNX_DEPTH = 32, /* graphs within graphs, functions within functions */
	SECANT_ONNX_OPSET_OLDEST = 1,
	SECANT_ONNX_OPSET_NEWEST = 28,
};

/* TensorProto.DataType, by its numbers. */
typedef enum secant_onnx_type {
	SECANT_ONNX_UNDEFINED = 0,
	SECANT_ONNX_FLOAT = 1,
	SECANT_ONNX_UINT8 = 2,
	SECANT_ONNX_INT8 = 3,
	SECANT_ONNX_UINT16 = 4,
	SECANT_ONNX_INT16 = 5,
	SECANT_ONNX_INT32 = 6,
	SECANT_ONNX_INT64 = 7,
	SECANT_ONNX_STRING = 8,
	SECANT_ONNX_BOOL = 9,
	SECANT_ONNX_FLOAT16 = 10,
	SECANT_ONNX_DOUBLE = 11,
	SECANT_ONNX_UINT32 = 12,
	SECANT_ONNX_UINT64 = 13,
	SECANT_ONNX_BFLOAT16 = 16,
	SECANT_ONNX_FLOAT8E4M3FN = 17,
	SECANT_ONNX_FLOAT8E5M2 = 19,
	SECANT_ONNX_UINT4 = 21, /* a byte each in memory */
	SECANT_ONNX_INT4 = 22
} secant_onnx_type;

/* Bytes of a number in memory; 0: a type whose numbers are not read (strings, complex, ...). */
size_t secant_onnx_type_size(int type);
const char *secant_onnx_type_name(int type); /* "float", "int64"; as ONNX prints them */
bool secant_onnx_type_is_real(int type); /* float, double, float16, bfloat16, float 8 */
bool secant_onnx_type_is_unsigned(int type); /* of integers, bool included */

typedef struct secant_onnx_tensor {
	int type, rank;
	int64_t dim[SECANT_ONNX_RANK];
	void *data; /* dense, row-major */
	void *owner; /* freed with the tensor; NULL: data is lent by the file */
	int refs; /* holders */
	bool sized; /* depends on the sizes of the inputs: another size may give another tensor */
} secant_onnx_tensor;

/* A fresh tensor, held once, zeroed; NULL and err on negative or overflowing shapes, on more than `limit` bytes (0:
 * none) and on NOMEM. */
secant_onnx_tensor *secant_onnx_tensor_new(int type, int rank, const int64_t *dim, int64_t limit, secant_err *err);
secant_onnx_tensor *secant_onnx_tensor_hold(secant_onnx_tensor *t); /* one holder more; returns t */
void secant_onnx_tensor_drop(secant_onnx_tensor *t); /* one fewer; the last one frees; NULL is fine */
int64_t secant_onnx_count(const secant_onnx_tensor *t);
/* Numbers i to i + n - 1 as doubles or integers, and back: rounded to nearest even, integers wrapped as C does. */
void secant_onnx_get_reals(const secant_onnx_tensor *t, int64_t i, int64_t n, double *to);
void secant_onnx_put_reals(const secant_onnx_tensor *t, int64_t i, int64_t n, const double *from);
void secant_onnx_get_ints(const secant_onnx_tensor *t, int64_t i, int64_t n, int64_t *to);
void secant_onnx_put_ints(const secant_onnx_tensor *t, int64_t i, int64_t n, const int64_t *from);
/* "float 1x3x8x8" */
const char *secant_onnx_tensor_text(const secant_onnx_tensor *t, char *buffer, size_t size);

typedef struct secant_onnx_graph secant_onnx_graph;

typedef struct secant_onnx_attr {
	const char *name;
	const char *ref; /* within a function: the attribute of the call that it stands for; else NULL */
	int type; /* AttributeProto.AttributeType; 0: as the fields say */
	double f;
	int64_t i;
	const char *s; /* "" where absent */
	secant_onnx_tensor *t;
	secant_onnx_graph *g;
	int n_floats, n_ints, n_strings;
	double *floats;
	int64_t *ints;
	const char **strings;
} secant_onnx_attr;

typedef struct secant_onnx_node {
	const char *op, *domain, *name; /* domain "" is ai.onnx's; name "" where it has none */
	int n_in, n_out, n_attr;
	const char **in, **out; /* "": absent */
	secant_onnx_attr *attr;
} secant_onnx_node;

/* Input or output of a graph. */
typedef struct secant_onnx_info {
	const char *name;
	int type; /* 0: no tensor, or not said */
	int rank; /* -1: not said */
	int64_t dim[SECANT_ONNX_RANK]; /* -1: symbolic */
	const char *symbol[SECANT_ONNX_RANK]; /* of a symbolic one; "" without name */
	const char *kind; /* "tensor", "sequence", "map", "optional", "sparse tensor", "opaque" */
} secant_onnx_info;

typedef struct secant_onnx_initializer {
	const char *name;
	secant_onnx_tensor *tensor;
} secant_onnx_initializer;

struct secant_onnx_graph {
	const char *name;
	int n_node, n_init, n_in, n_out, n_info;
	secant_onnx_node *node;
	secant_onnx_initializer *init;
	secant_onnx_info *in; /* those that no initialiser fills, if they stand in the model's own graph */
	secant_onnx_info *out;
};

typedef struct secant_onnx_pair {
	const char *key, *value;
} secant_onnx_pair;

typedef struct secant_onnx_opset {
	const char *domain;
	int64_t version;
} secant_onnx_opset;

typedef struct secant_onnx_function {
	const char *name, *domain, *overload;
	int n_in, n_out, n_attr;
	const char **in, **out;
	secant_onnx_attr *attr; /* defaults */
	secant_onnx_graph body; /* nodes only */
	int n_opset;
	secant_onnx_opset *opset;
} secant_onnx_function;

typedef struct secant_onnx_external {
	const char *name;
	secant_bytes bytes;
	struct secant_onnx_external *next;
} secant_onnx_external;

typedef struct secant_onnx_model {
	int64_t ir_version, opset; /* of the domain "" */
	const char *producer, *producer_version;
	secant_onnx_graph graph;
	int n_function, n_opset, n_pair;
	secant_onnx_function *function;
	secant_onnx_opset *opsets;
	secant_onnx_pair *pair; /* metadata */
	secant_arena *arena;
	secant_bytes file; /* what tensors borrow from */
	struct secant_onnx_external *external; /* files of external data */
	secant_onnx_tensor **tensor; /* all that were made while reading */
	int n_tensor, tensor_capacity;
} secant_onnx_model;

/* Is it an ONNX file? Looks at the first fields alone. */
bool secant_onnx_detect(const uint8_t *data, size_t size);
/* Reads a model; external data lies in the folder of `path`. NULL and err on failure; errors name the path. */
secant_onnx_model *secant_onnx_open(const char *path, secant_err *err);
/* The same from memory, which must outlive the model; external data is refused. */
secant_onnx_model *secant_onnx_decode(const uint8_t *data, size_t size, secant_err *err);
void secant_onnx_close(secant_onnx_model *m);
/* A TensorProto by itself, as test data has it. */
secant_onnx_tensor *secant_onnx_tensor_decode(
	const uint8_t *data, size_t size, const char **name, secant_arena *names, secant_err *err);

/* An attribute by name; NULL. */
const secant_onnx_attr *secant_onnx_find_attr(const secant_onnx_node *n, const char *name);
#endif
