/*
 * Graphs: values and nodes as data. Knows operators by their descriptors (below), never a backend, never a file.
 *
 * A graph only grows: nodes are appended in an order in which they can run, a value never changes after it was made,
 * and a pass reads one graph and writes another. Shapes are inferred when a node is made, so a wrong graph cannot be
 * built. Builders are sticky: after the first error they do nothing and return -1, -1 may be passed on, and
 * secant_graph_check reports the error once at the end.
 *
 * Real numbers are SECANT_F32 in a graph whatever they are stored as: how (f64, f32, bf16) is the precision of a plan,
 * see lower.c. Activations are N x H x W x C; weights keep PyTorch's shapes (O x I/g x kH x kW), so that a
 * state_dict key names the same array.
 *
 * TO ADD AN OPERATOR: write src/ops/op_NAME.c (attributes, shape rule, gradient rule, reference, cases; descriptor
 * last), add OP(NAME) to src/ops/ops.inc, and give it an implementation in src/exec (docs/adding.md shows one from
 * start to end).
 */
#ifndef SECANT_GRAPH_GRAPH_H
#define SECANT_GRAPH_GRAPH_H
#include <secant/options.h>
#include <secant/tensor.h>
#include "base/mem.h"

enum { SECANT_MOST_OUTPUTS = 8 }; /* of a node; tests hold every descriptor to it */

typedef int secant_value; /* index into its graph; -1: absent, or an error happened */
typedef struct secant_graph secant_graph;
typedef struct secant_node secant_node;
typedef struct secant_op secant_op;

typedef enum secant_value_kind {
	SECANT_VALUE_INPUT, /* given by the caller at every run */
	SECANT_VALUE_STATE, /* named storage that outlives a run: parameters, running statistics, counters */
	SECANT_VALUE_CONST, /* numbers stored in the graph */
	SECANT_VALUE_NODE /* output of a node */
} secant_value_kind;

/* How a new parameter is filled; see src/nn/init.c. */
typedef enum secant_init {
	SECANT_INIT_ZEROS,
	SECANT_INIT_ONES,
	SECANT_INIT_DEFAULT /* PyTorch's: uniform in +-1/sqrt(fan_in) */,
	SECANT_INIT_KAIMING_UNIFORM,
	SECANT_INIT_KAIMING_NORMAL_OUT,
	SECANT_INIT_XAVIER_UNIFORM,
	SECANT_INIT_TRUNC_NORMAL,
	SECANT_INIT_NORMAL_OUT,
	SECANT_INIT_KAIMING_NORMAL
} secant_init;

typedef struct secant_type {
	secant_dtype dtype;
	secant_shape shape;
} secant_type;

typedef struct secant_value_info {
	secant_value_kind kind;
	secant_type type;
	const char *name; /* of inputs and states: unique in the graph; NULL for others */
	int node, slot; /* producer of a SECANT_VALUE_NODE */
	bool trainable; /* a state that gradients are wanted for */
	bool leads; /* depends on a trainable state or on an input marked so: gradients flow through it */
	secant_init init; /* of a state */
	int64_t fan_in; /* of a state: inputs that feed one output, for its initialisation; 0: from its shape */
	const double *numbers; /* of a constant: as many as its shape says */
} secant_value_info;

struct secant_node {
	const secant_op *op;
	const void *attr; /* NULL when the operator has none */
	const char *name; /* for messages: the scope it was made in, such as "decoder.blocks.0.conv1" */
	int n_in, n_out;
	secant_value *in, *out;
};

/* What a shape rule sees and fills. Absent inputs have rank -1. */
typedef struct secant_signature {
	const void *attr;
	int n_in, n_out;
	const secant_type *in;
	secant_type *out; /* dtype is SECANT_F32 unless the rule says otherwise */
} secant_signature;

/* What a reference sees. Every number is a double here, indices and masks too. Absent inputs are NULL. Outputs hold
 * garbage. */
typedef struct secant_reference {
	const void *attr;
	int n_in, n_out;
	const secant_shape *in_shape, *out_shape;
	const double *const *in;
	double *const *out;
} secant_reference;

/* A shape to test an operator at. `attr` is "stride=2 padding=1"; `in` has a word an input: "2x7x9x5" random in [-1, 1)
 * away from 0, "2x3@0.1:2" random in that range, "5#7" integers 0..6, "-" absent, "scalar", "0x3" empty. */
typedef struct secant_op_case {
	const char *label, *attr, *in;
} secant_op_case;

/* How an operator takes part in bf16 plans. */
typedef enum secant_low {
	SECANT_LOW_NEVER, /* always real in f32: losses, statistics */
	SECANT_LOW_FOLLOWS, /* bf16 when its first input is: elementwise, pooling, resizing, norms */
	SECANT_LOW_DRIVES /* bf16 always: convolutions and products */
} secant_low;

struct secant_op {
	const char *name, *brief;
	const secant_opts *attr; /* attributes: INT, REAL, BOOL, CHOICE, SIZE, INTS, REALS rows only; NULL: none */
	int min_in, max_in; /* inputs; max_in -1: any number */
	const char *takes; /* what each input must be: takes.h */
	bool training; /* only training needs it: refused in a model that is to be deployed, unless asked for */
	int n_out;
	secant_low low;
	uint32_t low_in, low_out; /* bit i: that slot (31: and all later ones) is bf16 when the node is */
	uint8_t alias[SECANT_MOST_OUTPUTS]; /* alias[o] = i + 1: output o is stored in the state that is input i */
	bool commutes; /* writes nothing but what it returns; false for random or state-updating ones */
	secant_status (*shape)(const secant_signature *s, secant_err *err);
	/* Builds d(loss)/d(in[i]) out of operators into dx[i] (left at -1: none). dy[o] is -1 where nothing flows back.
	 * wants[i] says which are asked for. NULL: not differentiable. */
	void (*grad)(secant_graph *g, const secant_node *n, const secant_value *dy, const bool *wants, secant_value *dx);
	void (*reference)(const secant_reference *r);
	/* Builds output 0 anew from the same inputs and the node's outputs: what is cheaper computed again for the gradient
	 * than kept until then (one pass over memory). NULL: it is kept. */
	secant_value (*again)(secant_graph *g, const secant_node *n, const secant_value *in, const secant_value *out);
	const secant_op_case *cases; /* ends at a case without label */
};

/* ---- construction ---- */
secant_graph *secant_graph_new(void); /* NULL: no memory */
void secant_graph_free(secant_graph *g);
/* SECANT_OK, or the first error, which goes to `err`. */
secant_status secant_graph_check(const secant_graph *g, secant_err *err) SECANT_NODISCARD;
/* Records an error in the graph; returns -1. */
secant_value secant_graph_fail(secant_graph *g, secant_status code, const char *fmt, ...) SECANT_PRINTF(3, 4);
secant_arena *secant_graph_arena(secant_graph *g);

secant_value secant_graph_input(secant_graph *g, const char *name, secant_dtype dtype, const secant_shape *shape);
/* A state; asking again for a name gives the same value, or an error if the shapes differ. */
secant_value secant_graph_state(
	secant_graph *g, const char *name, secant_dtype dtype, const secant_shape *shape, bool trainable, secant_init init);
void secant_graph_set_fan_in(secant_graph *g, secant_value state, int64_t fan_in);
secant_value secant_graph_constant(
	secant_graph *g, secant_dtype dtype, const secant_shape *shape, const double *numbers); /* copies */
secant_value secant_graph_scalar(secant_graph *g, double v);
/* A node; `attr` (the operator's struct, copied) may be NULL: defaults. Returns the node, NULL after an error. */
const secant_node *secant_graph_node(secant_graph *g, const char *op, const void *attr, int n, const secant_value *in);
/* The same for a few inputs as arguments; returns output 0. */
secant_value secant_apply(secant_graph *g, const char *op, const void *attr, int n, ...);
/* Scope: the name that nodes made from now on carry in messages; restored by passing what the call returned. */
const char *secant_graph_scope(secant_graph *g, const char *name);
/* The next of what a graph is for, by name; -1 is left out, a name used twice is an error. Passes do not carry outputs
 * over: what they keep is named by whoever asked for it. */
void secant_graph_output(secant_graph *g, const char *name, secant_value v);
/* Makes gradients flow to an input (the harness does; networks do not). */
void secant_graph_track(secant_graph *g, secant_value v);

/* ---- reading ---- */
int secant_graph_values(const secant_graph *g);
int secant_graph_nodes(const secant_graph *g);
const secant_value_info *secant_graph_value(const secant_graph *g, secant_value v);
const secant_node *secant_graph_get_node(const secant_graph *g, int i);
const secant_shape *secant_graph_shape(
	const secant_graph *g, secant_value v); /* of a valid value; a scalar's shape for -1 */
secant_value secant_graph_find(const secant_graph *g, const char *name); /* an input or state; -1 */
int secant_graph_outputs(const secant_graph *g);
secant_value secant_graph_output_at(const secant_graph *g, int i, const char **name); /* name: the graph's; nullable */
secant_value secant_graph_find_output(const secant_graph *g, const char *name); /* -1: none of that name */

/* ---- differentiation (grad.c) ---- */
/* Appends the gradient of the scalar `loss`: out[i] = d(loss)/d(of[i]), -1 where loss does not depend on it. Operators
 * without rule on the way are an error naming them. */
secant_status secant_graph_gradients(secant_graph *g, secant_value loss, const secant_value *of, int n,
	secant_value *out, secant_err *err) SECANT_NODISCARD;

/* The first node that secant_graph_gradients appended; as many as there are nodes when it never did. */
int secant_graph_backward(const secant_graph *g);
void secant_graph_mark_backward(secant_graph *g); /* for grad.c */

/* ---- passes: each returns a new graph and rewrites `keep` (values of the old graph) in place; NULL and err on failure
 * ---- */
secant_graph *secant_pass_prune(const secant_graph *g, secant_value *keep, int n, secant_err *err);
/* Storage of a bf16 plan: values that may be bf16 become SECANT_BF16, `cast` nodes stand between the two kinds, kept
 * values are f32. */
secant_graph *secant_pass_lower(const secant_graph *g, secant_value *keep, int n, secant_err *err);
/* Of a graph with gradients: what operators compute `again` is not kept for them (recompute.c). norms: only what is not
 * the same node once more but less, the result of a norm without its statistics: that saves most for a byte moved. */
secant_graph *secant_pass_recompute(const secant_graph *g, bool norms, secant_value *keep, int n, secant_err *err);
secant_value secant_op_again(secant_graph *g, const secant_node *n, const secant_value *in,
	const secant_value *out); /* the same node once more */
/* Says how a value is stored; for passes. */
void secant_graph_store_as(secant_graph *g, secant_value v, secant_dtype dtype);
/* An input, state or constant of another graph in this one; for passes (rewrite.h). */
secant_value secant_graph_leaf(secant_graph *g, const secant_value_info *leaf);

/* ---- operators ---- */
const secant_op *secant_op_find(const char *name);
const secant_op *secant_op_at(int i); /* NULL after the last */
#endif
