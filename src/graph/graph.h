/*
 * Graphs: values and nodes as data. Knows operators by their descriptors (below), never a backend, never a file.
 *
 * A graph only grows: nodes are appended in an order in which they can run, a value never changes after it was made,
 * and a pass reads one graph and writes another. Shapes are inferred when a node is made, so a wrong graph cannot be
 * built. Builders are sticky: after the first error they do nothing and return -1, -1 may be passed on, and
 * graph_check reports the error once at the end.
 *
 * Real numbers are SECANT_F32 in a graph whatever they are stored as: how (f64, f32, bf16) is the precision of a plan,
 * see lower.c. Activations are N x H x W x C; weights keep PyTorch's shapes (O x I/g x kH x kW), so that a
 * state_dict key names the same array.
 *
 * TO ADD AN OPERATOR: write src/ops/op_NAME.c (attributes, shape rule, gradient rule, reference, cases; descriptor
 * last), add OP(NAME) to src/ops/ops.inc, and give it an implementation in src/exec (docs/adding.md shows one from
 * start to end).
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H
#include <secant/options.h>
#include <secant/tensor.h>
#include "base/mem.h"

enum { GRAPH_MOST_OUTPUTS = 8 }; /* of a node; tests hold every descriptor to it */

typedef int graph_value; /* index into its graph; -1: absent, or an error happened */
typedef struct graph_net graph_net;
typedef struct graph_node graph_node;
typedef struct graph_op graph_op;

typedef enum graph_value_kind {
	GRAPH_VALUE_INPUT, /* given by the caller at every run */
	GRAPH_VALUE_STATE, /* named storage that outlives a run: parameters, running statistics, counters */
	GRAPH_VALUE_CONST, /* numbers stored in the graph */
	GRAPH_VALUE_NODE /* output of a node */
} graph_value_kind;

/* How a new parameter is filled; see src/nn/init.c. */
typedef enum graph_init {
	GRAPH_INIT_ZEROS,
	GRAPH_INIT_ONES,
	GRAPH_INIT_DEFAULT /* PyTorch's: uniform in +-1/sqrt(fan_in) */,
	GRAPH_INIT_KAIMING_UNIFORM,
	GRAPH_INIT_KAIMING_NORMAL_OUT,
	GRAPH_INIT_XAVIER_UNIFORM,
	GRAPH_INIT_TRUNC_NORMAL,
	GRAPH_INIT_NORMAL_OUT,
	GRAPH_INIT_KAIMING_NORMAL,
	GRAPH_INIT_FAINT, /* 1e-6: the scale of a branch that begins nearly silent */
	GRAPH_INIT_SOFT, /* 1e-5: one that is ten times as loud */
	GRAPH_INIT_NORMAL_001, /* normal, deviation 0.01: MindSpore's "normal" */
	GRAPH_INIT_NORMAL_006 /* its TruncatedNormal(0.06), which cuts nothing */
} graph_init;

/* How stored whole numbers stand for real ones: real = (stored - zero) * scale, with one pair for all or one for each
 * place along an axis. The numbers are the graph's. */
typedef struct graph_scale {
	int n; /* 0: numbers stand for nothing but themselves; 1: one pair; else the axis' extent */
	int axis; /* where n is not 1 */
	const double *scale; /* NULL: known only when it runs (a scale that is learned) */
	const double *zero; /* NULL: zeros */
} graph_scale;

typedef struct graph_type {
	secant_dtype dtype;
	secant_shape shape;
	graph_scale scale; /* of whole numbers: gradients flow through those that have one */
} graph_type;

/* Does a gradient flow through values of this type? It is that of the real numbers that it stands for. */
static inline bool
graph_type_flows(const graph_type *t)
{
	return t->dtype == SECANT_F32 || t->scale.n > 0;
}

typedef struct graph_value_info {
	graph_value_kind kind;
	graph_type type;
	const char *name; /* of inputs and states: unique in the graph; NULL for others */
	int node, slot; /* producer of a GRAPH_VALUE_NODE */
	bool trainable; /* a state that gradients are wanted for */
	bool leads; /* depends on a trainable state or on an input marked so: gradients flow through it */
	graph_init init; /* of a state */
	int64_t fan_in; /* of a state: inputs that feed one output, for its initialisation; 0: from its shape */
	const double *numbers; /* of a constant: as many as its shape says */
} graph_value_info;

struct graph_node {
	const graph_op *op;
	const void *attr; /* NULL when the operator has none */
	const char *name; /* for messages: the scope it was made in, such as "decoder.blocks.0.conv1" */
	int n_in, n_out;
	graph_value *in, *out;
};

/* What a shape rule sees and fills. Absent inputs have rank -1. */
typedef struct graph_signature {
	const void *attr;
	int n_in, n_out;
	const graph_type *in;
	const double *const *numbers; /* of inputs that are constants; NULL for all others */
	graph_type *out; /* dtype is SECANT_F32 unless the rule says otherwise */
} graph_signature;

/* What a reference sees. Every number is a double here, indices and masks too. Absent inputs are NULL. Outputs hold
 * garbage. */
typedef struct graph_reference {
	const void *attr;
	int n_in, n_out;
	const secant_shape *in_shape, *out_shape;
	const double *const *in;
	double *const *out;
} graph_reference;

/* A shape to test an operator at. `attr` is "stride=2 padding=1"; `in` has a word an input: "2x7x9x5" random in [-1, 1)
 * away from 0, "2x3@0.1:2" random in that range, "5#7" integers 0..6, "5#256" bytes, "-" absent, "scalar", "0x3" empty.
 */
typedef struct graph_op_case {
	const char *label, *attr, *in;
} graph_op_case;

/* How an operator takes part in bf16 plans. */
typedef enum graph_low {
	GRAPH_LOW_NEVER, /* always real in f32: losses, statistics */
	GRAPH_LOW_FOLLOWS, /* bf16 when its first input is: elementwise, pooling, resizing, norms */
	GRAPH_LOW_DRIVES /* bf16 always: convolutions and products */
} graph_low;

struct graph_op {
	const char *name, *brief;
	const secant_opts *attr; /* attributes: INT, REAL, BOOL, CHOICE, SIZE, INTS, REALS rows only; NULL: none */
	int min_in, max_in; /* inputs; max_in -1: any number */
	const char *takes; /* what each input must be: takes.h */
	bool training; /* only training needs it: refused in a model that is to be deployed, unless asked for */
	int n_out;
	graph_low low;
	uint32_t low_in, low_out; /* bit i: that slot (31: and all later ones) is bf16 when the node is */
	uint32_t shape_in; /* bit i: only the shape of that slot is read, so it stays as it is stored */
	uint8_t alias[GRAPH_MOST_OUTPUTS]; /* alias[o] = i + 1: output o is stored in the state that is input i */
	bool view; /* output 0 is the memory of input 0: a plan runs nothing */
	bool commutes; /* writes nothing but what it returns; false for random or state-updating ones */
	bool moves; /* numbers keep their meaning: one scale for all of an input is the output's */
	bool straight; /* its gradient is that of what it stands for, not its derivative: rounding counts as nothing */
	secant_status (*shape)(const graph_signature *s, secant_err *err);
	/* Builds d(loss)/d(in[i]) out of operators into dx[i] (left at -1: none). dy[o] is -1 where nothing flows back.
	 * wants[i] says which are asked for. NULL: not differentiable. */
	void (*grad)(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx);
	void (*reference)(const graph_reference *r);
	/* Builds output 0 anew from the same inputs and the node's outputs: what is cheaper computed again for the gradient
	 * than kept until then (one pass over memory). NULL: it is kept. */
	graph_value (*again)(graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out);
	bool again_larger; /* `again` only where output 0 is larger than input 0: scores of attention, not what comes of
						  them */
	const graph_op_case *cases; /* ends at a case without label */
};

/* Whether a mask of slots has that one. */
static inline bool
graph_slot_in(uint32_t mask, int slot)
{
	return mask >> (slot < 31 ? slot : 31) & 1;
}

/* ---- construction ---- */
graph_net *graph_new(void); /* NULL: no memory */
void graph_free(graph_net *g);
/* SECANT_OK, or the first error, which goes to `err`. */
secant_status graph_check(const graph_net *g, secant_err *err) SECANT_NODISCARD;
/* Records an error in the graph; returns -1. */
graph_value graph_fail(graph_net *g, secant_status code, const char *fmt, ...) SECANT_PRINTF(3, 4);
base_arena *graph_arena(graph_net *g);

graph_value graph_input(graph_net *g, const char *name, secant_dtype dtype, const secant_shape *shape);
/* A state; asking again for a name gives the same value, or an error if the shapes differ. */
graph_value graph_state(
	graph_net *g, const char *name, secant_dtype dtype, const secant_shape *shape, bool trainable, graph_init init);
void graph_set_fan_in(graph_net *g, graph_value state, int64_t fan_in);
/* Says what the whole numbers of an input or state stand for; copies. Refuses scales that are not above 0 and zeros
 * that the type does not hold. */
void graph_set_scale(graph_net *g, graph_value v, const graph_scale *scale);
graph_value graph_constant(
	graph_net *g, secant_dtype dtype, const secant_shape *shape, const double *numbers); /* copies */
graph_value graph_scalar(graph_net *g, double v);
/* A node; `attr` (the operator's struct, copied) may be NULL: defaults. Returns the node, NULL after an error. */
const graph_node *graph_make_node(graph_net *g, const char *op, const void *attr, int n, const graph_value *in);
/* The same for a few inputs as arguments; returns output 0. */
graph_value graph_apply(graph_net *g, const char *op, const void *attr, int n, ...);
/* Scope: the name that nodes made from now on carry in messages; restored by passing what the call returned. */
const char *graph_scope(graph_net *g, const char *name);
/* The next of what a graph is for, by name; -1 is left out, a name used twice is an error. Passes do not carry outputs
 * over: what they keep is named by whoever asked for it. */
void graph_output(graph_net *g, const char *name, graph_value v);
/* Makes gradients flow to an input (the harness does; networks do not). */
void graph_track(graph_net *g, graph_value v);

/* ---- reading ---- */
int graph_values(const graph_net *g);
int graph_nodes(const graph_net *g);
const graph_value_info *graph_value_at(const graph_net *g, graph_value v);
const graph_node *graph_get_node(const graph_net *g, int i);
const secant_shape *graph_shape(const graph_net *g, graph_value v); /* of a valid value; a scalar's shape for -1 */
graph_value graph_find(const graph_net *g, const char *name); /* an input or state; -1 */
int graph_outputs(const graph_net *g);
graph_value graph_output_at(const graph_net *g, int i, const char **name); /* name: the graph's; nullable */
graph_value graph_find_output(const graph_net *g, const char *name); /* -1: none of that name */

/* ---- differentiation (grad.c) ---- */
/* Appends the gradient of the scalar `loss`: out[i] = d(loss)/d(of[i]), -1 where loss does not depend on it. Operators
 * without rule on the way are an error naming them. */
secant_status graph_gradients(
	graph_net *g, graph_value loss, const graph_value *of, int n, graph_value *out, secant_err *err) SECANT_NODISCARD;

/* The first node that graph_gradients appended; as many as there are nodes when it never did. */
int graph_backward(const graph_net *g);
void graph_mark_backward(graph_net *g); /* for grad.c */

/* ---- passes: each returns a new graph and rewrites `keep` (values of the old graph) in place; NULL and err on failure
 * ---- */
graph_net *graph_pass_prune(const graph_net *g, graph_value *keep, int n, secant_err *err);
/* Storage of a bf16 plan: values that may be bf16 become SECANT_BF16, `cast` nodes stand between the two kinds, kept
 * values are f32. */
graph_net *graph_pass_lower(const graph_net *g, graph_value *keep, int n, secant_err *err);
/* Of a graph with gradients: what operators compute `again` is not kept for them (recompute.c). norms: only what is not
 * the same node once more but less, the result of a norm without its statistics: that saves most for a byte moved. */
graph_net *graph_pass_recompute(const graph_net *g, bool norms, graph_value *keep, int n, secant_err *err);
graph_value graph_op_again(
	graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out); /* the same node once more */
/* Says how a value is stored; for passes. */
void graph_store_as(graph_net *g, graph_value v, secant_dtype dtype);
/* An input, state or constant of another graph in this one; for passes (rewrite.h). */
graph_value graph_leaf(graph_net *g, const graph_value_info *leaf);

/* ---- operators ---- */
const graph_op *graph_op_find(const char *name);
const graph_op *graph_op_at(int i); /* NULL after the last */
#endif
