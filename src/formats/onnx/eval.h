/*
 * What ONNX's operators mean, in numbers: every operator on tensors in the file's own axis order and types, obvious and
 * slow. It folds what does not depend on the input (shape arithmetic, weights that are computed), is the arbiter that
 * mapped graphs are compared with, and runs what has no operator of ours.
 *
 * A walk goes through a graph's nodes in their order. A value is known (a tensor), or, where the walk maps (map.h), a
 * value of our graph. A node whose inputs are all known is evaluated; another one is mapped.
 *
 * TO ADD AN OPERATOR: a function here (eval_*.c), one for mapping (map_*.c) if networks need it fast, and a line in
 * operators.inc. Semantics: github.com/onnx/onnx/blob/main/docs/Operators.md and Changelog.md.
 */
#ifndef FORMAT_ONNX_EVAL_H
#define FORMAT_ONNX_EVAL_H
#include "formats/onnx/onnx.h"

typedef format_onnx_tensor onnx_tensor;
typedef struct onnx_walk onnx_walk;
typedef struct onnx_scope onnx_scope;
typedef struct onnx_mapped onnx_mapped; /* map.h */

/* A value while a walk knows its name. */
typedef struct onnx_value {
	const char *name;
	onnx_tensor *t; /* known; held */
	const onnx_mapped *m; /* mapped */
	bool made; /* t, m, broken, or none of them: an absent option */
	bool broken; /* behind a node that could not be mapped */
	int uses; /* readers to come */
} onnx_value;

struct onnx_scope {
	onnx_scope *parent;
	onnx_value *table; /* open addressing; capacity a power of 2 */
	int capacity, n;
	bool *dead; /* of each node of the graph, in a mapping walk: nothing that is wanted needs it */
	int64_t opset;
	const format_onnx_node *caller; /* of a function's body: whose attributes stand for references */
	const format_onnx_function *function;
	onnx_scope *caller_scope;
	int depth;
};

typedef struct onnx_call onnx_call;
typedef secant_status (*onnx_eval)(onnx_call *c);
/* Maps a node: see map.h. */
typedef secant_status (*onnx_map)(onnx_call *c);

typedef struct onnx_op {
	const char *name;
	int since; /* the oldest operator set whose meaning is known here */
	onnx_eval eval;
	onnx_map map; /* NULL: only evaluated */
	bool control; /* runs graphs: works on values, known or mapped */
} onnx_op;

/* What a mapping walk says of a node: an operator of ours stands for it; none does; it lies behind one that has none.
 */
typedef enum format_onnx_mapping { FORMAT_ONNX_MAPPED, FORMAT_ONNX_UNMAPPED, FORMAT_ONNX_BEHIND } format_onnx_mapping;

struct onnx_walk {
	const format_onnx_model *model;
	secant_err *err;
	int64_t limit; /* bytes of one tensor; 0: none */
	int64_t budget; /* numbers that may still be computed; below 0: exhausted */
	int turns; /* of all loops so far */
	void *map; /* the mapper; NULL: everything is evaluated */
	base_str problems; /* what could not be mapped, "; " between */
	int n_problems;
	format_onnx_mapping *mapping; /* of each node of the model's own graph; NULL: nobody asks */
	bool by_reference; /* some node of a mapping walk needs evaluation */
};

struct onnx_call {
	onnx_walk *walk;
	onnx_scope *scope;
	const format_onnx_node *node;
	const onnx_op *op;
	int64_t opset;
	int n_in, n_out;
	onnx_tensor **in; /* NULL: absent; in a mapping call also: mapped */
	const onnx_mapped **mapped; /* inputs of a mapping call; NULL: known or absent */
	onnx_tensor **out; /* to be filled; each held once for the walk */
	const onnx_mapped **mapped_out; /* or these */
	void *temps;
	secant_err *err;
};

/* The row of an operator of the domain ""; NULL. */
const onnx_op *onnx_op_find(const char *name);
const onnx_op *onnx_op_at(int i); /* NULL after the last */

/* Walks a graph with inputs bound: ins[n_in] in the order of g->in (a function: of its inputs). outs[n_out] receive
 * held values. */
secant_status onnx_walk_graph(onnx_walk *w, onnx_scope *parent, const format_onnx_graph *g, const onnx_value *ins,
	onnx_value *outs, int64_t opset);

/* ---- for operators ---- */
/* An attribute, references resolved; NULL: not given. */
const format_onnx_attr *onnx_attr(const onnx_call *c, const char *name);
int64_t onnx_attr_int(const onnx_call *c, const char *name, int64_t otherwise);
double onnx_attr_real(const onnx_call *c, const char *name, double otherwise);
const char *onnx_attr_text(const onnx_call *c, const char *name, const char *otherwise);
/* Integers of an attribute into to[limit]: how many; -1 where it is not given; an error where there are more. */
int onnx_attr_ints(onnx_call *c, const char *name, int64_t *to, int limit);
/* Integers of input i, or where it is absent of an attribute; as above. Mapping calls: it must be known. */
int onnx_input_ints(onnx_call *c, int i, const char *attr, int64_t *to, int limit);

secant_status onnx_fail(onnx_call *c, secant_status code, const char *fmt, ...) SECANT_PRINTF(3, 4);
bool onnx_has(const onnx_call *c, int i); /* is input i given? */
bool onnx_wants(const onnx_call *c, int i); /* is output i asked for? */
/* Input i, which must be given and known; NULL after an error. */
onnx_tensor *onnx_in(onnx_call *c, int i);
/* Memory until the call ends: n numbers of that size, zeroed; NULL after an error. */
void *onnx_temp(onnx_call *c, int64_t n, size_t size);
void onnx_drop_temps(onnx_call *c); /* of a call that ends */
double *onnx_reals(onnx_call *c, int i); /* input i as doubles, at least one place; NULL after an error */
int64_t *onnx_ints(onnx_call *c, int i);
/* Output k, fresh; NULL after an error. */
onnx_tensor *onnx_out(onnx_call *c, int k, int type, int rank, const int64_t *dim);
onnx_tensor *onnx_out_like(onnx_call *c, int k, int type, const onnx_tensor *like);
secant_status onnx_give_reals(onnx_call *c, int k, int type, int rank, const int64_t *dim, const double *v);
secant_status onnx_give_ints(onnx_call *c, int k, int type, int rank, const int64_t *dim, const int64_t *v);
secant_status onnx_give(onnx_call *c, int k, onnx_tensor *t); /* the same tensor once more */
/* The same numbers in another shape of as many. */
secant_status onnx_give_shaped(onnx_call *c, int k, onnx_tensor *t, int rank, const int64_t *dim);

int onnx_axis(onnx_call *c, int64_t axis, int rank); /* negative from the end; -1 after an error */
int64_t onnx_product(const int64_t *dim, int from, int to);
void onnx_strides(int rank, const int64_t *dim, int64_t *stride);
/* numpy's broadcasting of two shapes; false after an error. */
bool onnx_broadcast(onnx_call *c, int ra, const int64_t *a, int rb, const int64_t *b, int *rank, int64_t *dim);
/* Strides of `t` within the broadcast shape: 0 on axes it is repeated along. */
void onnx_broadcast_strides(const onnx_tensor *t, int rank, const int64_t *dim, int64_t *stride);
/* Place k of a walk through `dim`: sum of index * stride. */
int64_t onnx_place(int64_t k, int rank, const int64_t *dim, const int64_t *stride);
/* Copies one number, whatever its type. */
void onnx_copy(onnx_tensor *to, int64_t i, const onnx_tensor *from, int64_t j);
secant_status onnx_spend(onnx_call *c, double numbers); /* work that is to come */

/* ---- operators made of others (contributed.c) ---- */
secant_status onnx_call_function(onnx_call *c, const format_onnx_function *fn);
bool onnx_is_contributed(const format_onnx_node *n); /* known, though operators.inc has it not */
/* True: the node is one that others say, and *status is how that went. */
bool onnx_do_contributed(onnx_call *c, bool known, secant_status *status);

/* ---- rules that evaluation and mapping share (eval_move.c): false, or -1, after an error ---- */
bool onnx_reshape_dims(onnx_call *c, int in_rank, const int64_t *in, const int64_t *want, int n, int64_t *dim);
int onnx_axis_flags(onnx_call *c, int rank, bool *flag); /* of input 1 or `axes`: how many; -1: none are given */
bool onnx_squeeze_dims(onnx_call *c, int in_rank, const int64_t *in, int *rank, int64_t *dim);
bool onnx_unsqueeze_dims(onnx_call *c, int in_rank, const int64_t *in, int *rank, int64_t *dim);
secant_status onnx_give_shape(onnx_call *c, int rank, const int64_t *dim);
bool onnx_perm(onnx_call *c, int rank, int *perm);
bool onnx_split_sizes(onnx_call *c, int64_t extent, int64_t *size);
bool onnx_slice_rule(onnx_call *c, int rank, const int64_t *in, int64_t *start, int64_t *step, int64_t *dim);
bool onnx_pad_amounts(onnx_call *c, int rank, int64_t *before, int64_t *after);

/* ---- the functions of operators.inc ---- */
#define OP(NAME, SINCE, EVAL, MAP) secant_status onnx_eval_##EVAL(onnx_call *c);
#define CONTROL(NAME, SINCE, EVAL) secant_status onnx_control_##EVAL(onnx_call *c);
#include "formats/onnx/operators.inc"
#undef OP
#undef CONTROL
#define OP(NAME, SINCE, EVAL, MAP) secant_status onnx_map_##MAP(onnx_call *c);
#define CONTROL(NAME, SINCE, EVAL)
#include "formats/onnx/operators.inc"
#undef OP
#undef CONTROL
#define onnx_map_none NULL /* after what looks like its declaration */
#endif
