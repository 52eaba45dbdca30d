/*
 * From graphs of ONNX to graphs of ours, for inputs of one size: what is known is folded, every other node becomes
 * operators of ours, and axes move to channels-last. A value carries the order its axes have in memory, so a Transpose
 * costs nothing until somebody wants another order; most meet another Transpose and vanish.
 *
 * An axis rule is what a mapping function asks of its inputs: any one order for all (elementwise), channels last
 * (convolution, pooling, norms), or the file's own (reshapes, products).
 */
#ifndef FORMAT_ONNX_MAP_H
#define FORMAT_ONNX_MAP_H
#include "formats/onnx/eval.h"
#include "graph/graph.h"

/* A value of our graph and how it stands for one of ONNX: axis j of ours is axis perm[j] of ONNX's. */
struct onnx_mapped {
	graph_value v;
	int type; /* of ONNX */
	int rank;
	int64_t dim[SECANT_MAX_RANK]; /* in ONNX's order */
	int perm[SECANT_MAX_RANK];
	const struct onnx_places *places; /* it stands for places of maxima, which map_places.c alone takes; NULL: no */
};

/* A state of the mapped graph and its numbers, which the model holds or this does. */
typedef struct format_onnx_state {
	const char *name;
	format_onnx_tensor *tensor;
} format_onnx_state;

/* How a network is mapped that is to learn: norms take the statistics of the batch and update theirs. */
typedef struct format_onnx_learning {
	bool rests; /* inference of a network that learns otherwise: the same states, none of which learns */
	bool recalibrates; /* norms take their momentum from the input "norm_momentum" */
	bool (*is_frozen)(const void *user, const char *state);
	const void *user;
} format_onnx_learning;

typedef struct format_onnx_network {
	graph_net *g;
	const format_onnx_learning *learning; /* NULL: inference */
	bool rounds; /* weights of bytes are states of reals that the graph rounds, as learning wants them */
	bool still; /* states that are made now are statistics, which no gradient changes */
	int n_in, n_out, n_state, state_capacity;
	onnx_mapped *in; /* of each input of the model; v -1: a known one (format_onnx_size.known) */
	onnx_mapped *out; /* of each output; v -1: known */
	format_onnx_tensor **known; /* outputs that do not depend on the inputs' numbers; held */
	format_onnx_state *state; /* in the order of the graph's states */
	base_arena *arena;
	int transposes; /* that are left */
} format_onnx_network;

/* What an input is: shape in ONNX's order. `last`: its numbers come with channels last (N x H x W x C for N, C, H, W).
 */
typedef struct format_onnx_size {
	secant_shape shape;
	bool last;
	bool as_reals; /* numbers of a declared integer type come as real ones, as pictures do */
	const char *name; /* of our graph's input; NULL: the file's */
	graph_value (*before)(graph_net *g, graph_value x, const void *user); /* done to it before the network sees it;
																			 NULL: nothing */
	const void *user;
	secant_shape bytes; /* rank not 0: it comes as bytes of this shape, and `before` makes `shape` of them */
	format_onnx_tensor *known; /* its numbers, where the network is to be for them alone; borrowed; NULL: any */
} format_onnx_size;

/* learning NULL: inference. NULL and err on failure; UNSUPPORTED where nodes have no operators of ours: one error that
 * lists them all. */
format_onnx_network *format_onnx_map(const format_onnx_model *m, const format_onnx_size *sizes, int n,
	const format_onnx_learning *learning, secant_err *err);
/* The same within bounds: bytes of one known tensor, numbers that are computed of known ones. */
typedef struct format_onnx_bounds {
	int64_t bytes, work;
} format_onnx_bounds;
format_onnx_network *format_onnx_map_within(const format_onnx_model *m, const format_onnx_size *sizes, int n,
	const format_onnx_learning *learning, const format_onnx_bounds *bounds, secant_err *err);
/* Maps and keeps nothing but what became of each node of the model's own graph, of[m->graph.n_node]: nodes without
 * operators of ours are no error. bounds NULL: the usual ones. */
secant_status format_onnx_look(const format_onnx_model *m, const format_onnx_size *sizes, int n,
	format_onnx_mapping *of, const format_onnx_bounds *bounds, secant_err *err) SECANT_NODISCARD;
void format_onnx_network_free(format_onnx_network *n); /* the graph too, unless g was taken (NULL) */
/* An output with channels last (its rank's last axis is ONNX's axis 1), or in the file's own order. */
graph_value format_onnx_output(format_onnx_network *n, int i, bool last);

/* ---- for mapping functions ---- */
graph_net *onnx_graph(const onnx_call *c);
/* Input i as a value: mapped, or a known tensor as a state or constant. NULL after an error. */
const onnx_mapped *onnx_value_of(onnx_call *c, int i);
/* Another arrangement of weights: number k of it is number from[k] of theirs. `what`: a name among all of these
 * weights.
 */
typedef struct onnx_arrangement {
	int rank;
	int64_t dim[SECANT_MAX_RANK];
	const int64_t *from;
	const char *what;
} onnx_arrangement;
/* Input i as weights of bytes behind a dequantize node, where it was quantised with one scale or one for each place of
 * `axis`, which is axis 0 of the result; NULL: it was not, or it is to learn. as NULL: as they are (axis 0). */
const onnx_mapped *onnx_bytes_of(onnx_call *c, int i, int axis, const onnx_arrangement *as);
/* The scale of that name: its numbers, or where the network learns (or has learned) them times exp of the state
 * NAME.log. Less than 0 after an error. */
graph_value onnx_scale_of(onnx_call *c, const onnx_tensor *t, const char *name);
/* Is that so, and do dequantize nodes make input 0? */
bool onnx_has_bytes(const onnx_call *c, int i, int axis);
/* map_bytes.c: products of bytes as convolutions. Rows by a matrix of weights (of each output where `turned`), bias in
 * input 2; a transposed convolution, where its phases are convolutions. */
secant_status onnx_map_rows(onnx_call *c, const onnx_mapped *x, bool turned);
bool onnx_wants_phases(onnx_call *c, const onnx_mapped *x);
secant_status onnx_map_phases(onnx_call *c, const onnx_mapped *x);
/* map_composed.c: is a * b, or where b is NULL a * number, an activation that is written in several nodes? True:
 * *status is how mapping it went. */
bool onnx_composed(onnx_call *c, const onnx_mapped *a, const onnx_mapped *b, double number, secant_status *status);
/* map_places.c: places of maxima, as output 1 of a pooling of x that gave `pooled`; which nodes read such values, and
 * what these become. */
typedef struct onnx_places onnx_places;
secant_status onnx_give_places(onnx_call *c, const onnx_mapped *x, graph_value pooled);
bool onnx_takes_places(const onnx_call *c);
secant_status onnx_map_places(onnx_call *c);
/* A dequantize node makes it, perhaps moved since. */
bool onnx_is_dequantised(const onnx_call *c, const onnx_mapped *m);
/* Is it bytes in our graph too? (Bytes of pictures may have come as reals.) */
bool onnx_is_stored_bytes(const onnx_call *c, const onnx_mapped *x);
/* The same axes in another order. */
graph_value onnx_ordered(graph_net *g, const onnx_mapped *m, const int *perm);
graph_value onnx_plain(graph_net *g, const onnx_mapped *m);
graph_value onnx_channels_last(graph_net *g, const onnx_mapped *m);
bool onnx_is_last(const onnx_mapped *m); /* channels last: 0, 2, ..., 1 */
void onnx_last_perm(int rank, int *perm);
/* May the state that is this input learn? */
bool onnx_learns(const onnx_call *c, const onnx_mapped *m);
/* Output 0: value v in the given order; its shape is the graph's. */
secant_status onnx_result(onnx_call *c, int k, graph_value v, int type, int rank, const int *perm);
secant_status onnx_result_plain(onnx_call *c, graph_value v, int type);
secant_status onnx_result_last(onnx_call *c, graph_value v, int type);
secant_status onnx_pass(onnx_call *c, int k, const onnx_mapped *m, int type); /* the same value */
secant_status onnx_no_map(onnx_call *c, const char *why);
/* A real attribute as who wrote it meant it: 1e-5, not the float nearest to it. Networks meant doubles, the file holds
 * floats. */
double onnx_attr_decimal(const onnx_call *c, const char *name, double otherwise);
int onnx_axis_at(const onnx_mapped *m, int axis); /* where ONNX's axis lies in ours */
#endif
