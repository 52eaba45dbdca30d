/*
 * Plans and contexts: how a graph runs.
 *
 *     graph + store + precision + threads  ->  plan (immutable, shared)  ->  context (one per concurrent run)
 *
 * A plan chooses an implementation for every node, lets it prepare (oneDNN primitives, packed weights), and lays all
 * values that live only within a run into one slab by their lifetimes. A context owns a slab. Running allocates nothing
 * of our own.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H
#include "base/by_name.h"
#include "graph/graph.h"

typedef enum exec_precision { EXEC_PRECISION_F64, EXEC_PRECISION_F32, EXEC_PRECISION_BF16 } exec_precision;
const char *exec_precision_name(exec_precision p); /* "f32" */
/* "auto", "f32", "bf16", "f64" to a precision; auto: bf16 with AMX, else f32. bf16 without AVX-512 is an error naming
 * f32. */
secant_status exec_precision_choose(const char *name, exec_precision *p, secant_err *err) SECANT_NODISCARD;

/* ---- the store: states of one network, shared by all its plans ---- */

typedef struct exec_slot {
	const char *name;
	graph_type type; /* f32 here even where the store is double */
	bool trainable;
	graph_init init;
	int64_t fan_in; /* of initialisation; 0: from the shape */
	int64_t count;
	int64_t offset; /* of a trainable slot: its place in `params`, and in any buffer laid out like it */
	void *data; /* of the slot's type; double, whatever the type, in a double store */
	bool mapped; /* the numbers are lent pages of a file: those that were read may be dropped, they come back */
} exec_slot;

typedef struct exec_store {
	exec_slot *slot; /* in the order of the graph: a state_dict's order */
	int n;
	bool f64; /* every number is a double: what `f64` plans use */
	void *params; /* every trainable slot in one buffer; gaps between slots are zero and stay zero */
	int64_t params_count; /* elements, gaps included */
	void *others; /* all other states */
	size_t others_bytes;
	void *params_block, *others_block; /* where these two were allocated */
	base_arena *arena;
	base_by_name names; /* of the slots */
} exec_store;

/* Storage, zeroed, for every state of `g`. NULL and err on failure. */
exec_store *exec_store_new(const graph_net *g, bool f64, secant_err *err);
void exec_store_free(exec_store *s);
/* Gives back the memory of all numbers; slots stay and may be filled again. */
void exec_store_forget(exec_store *s);
/* The slot reads its numbers at `data`, in its own type and shape, until exec_store_forget: then they need no copy.
 * For stores that are only read; `data` is the caller's, `mapped` if it lies in a mapped file. */
void exec_slot_lend(exec_slot *slot, const void *data, bool mapped);
exec_slot *exec_store_find(const exec_store *s, const char *name);
/* A buffer laid out like `params` (gradients, optimiser slots): zeroed; secant_free. NULL: no memory. */
void *exec_store_buffer(const exec_store *s);
double exec_slot_get(const exec_store *s, const exec_slot *slot, int64_t i);
void exec_slot_set(const exec_store *s, exec_slot *slot, int64_t i, double v);

/* ---- plans ---- */

/* What a training plan computes again for the gradients instead of keeping it (graph/recompute.c): the same bits in
 * less memory, later. Auto: all in f32, where memory is what runs out first; in bf16, where steps are short, results of
 * norms. */
typedef enum exec_recompute {
	EXEC_RECOMPUTE_AUTO,
	EXEC_RECOMPUTE_NONE,
	EXEC_RECOMPUTE_NORMS,
	EXEC_RECOMPUTE_ALL
} exec_recompute;

typedef struct exec_plan_options {
	exec_precision precision;
	exec_recompute recompute;
	int threads; /* 0: all processors */
	bool training; /* states change between runs: no step keeps a packed copy of one */
	bool allow_reference; /* let a step run a scalar reference where there is nothing better */
	bool exact; /* no algorithm that rounds more than direct sums do: for comparisons with other programs */
	/* The store is this plan's alone and empty: fill(filler, slot, to) makes the numbers of a slot while the plan is
	 * made. Those of states that are only packed never stand in the store. NULL: the store is full. */
	void (*fill)(const void *filler, int slot, void *to);
	const void *filler;
	/* The copy of a state that a step would pack, made earlier (exec_plan_packed): `bytes` of memory that outlives the
	 * plan, or NULL: it is packed as ever. NULL: nobody lends. */
	const void *(*lend)(const void *lender, const char *key, size_t bytes);
	const void *lender;
	bool canaries; /* debugging: every step runs on copies of its operands between canaries (canaries.h) */
	bool external; /* every output goes to memory of the caller's (exec_context_set_output), none to the slab */
} exec_plan_options;

typedef struct exec_plan exec_plan;
typedef struct exec_context exec_context;

/* A plan that computes `outputs` (values of g, which must outlive the plan). Real outputs are delivered as f32 (double
 * in an f64 plan), others in their own type (double in an f64 plan). The store must hold every state of g and outlive
 * the plan. */
exec_plan *exec_plan_new(const graph_net *g, exec_store *store, const graph_value *outputs, int n,
	const exec_plan_options *options, secant_err *err);
void exec_plan_free(exec_plan *p);
size_t exec_plan_slab_bytes(const exec_plan *p);
size_t exec_plan_sum_bytes(const exec_plan *p); /* what all tensors would take side by side */
int exec_plan_inputs(const exec_plan *p); /* inputs the plan reads, in the graph's order */
const char *exec_plan_input_name(const exec_plan *p, int i);
/* Packed copies, for others to lend: that of step i, by a key that says whose copy it is and what its layout depends on
 * (implementation, shapes, threads, instruction set, oneDNN). False: the step has none. */
enum { EXEC_PACKED_KEY = 160 };
bool exec_plan_packed(const exec_plan *p, int i, char key[EXEC_PACKED_KEY], const void **data, size_t *bytes);
int exec_plan_steps(const exec_plan *p);
int exec_plan_lent(const exec_plan *p); /* how many of them were lent */
/* One line a step: operator, name, shapes, implementation, bytes, work. With a context: times of its last timed run. */
char *exec_plan_explain(const exec_plan *p, const exec_context *timed, bool json);

exec_context *exec_context_new(const exec_plan *p, secant_err *err);
/* The same on the slab of another context, where that is large enough: for two plans that never run at the same time.
 * The host must outlive it. */
exec_context *exec_context_new_in(const exec_plan *p, const exec_context *host, secant_err *err);
void exec_context_free(exec_context *c);
/* Where an input comes from: memory of the caller's, read during runs, dense, of the input's type (reals float, or
 * double in an f64 plan with everything else double too). Must be set for each input before the first run; stays set.
 */
secant_status exec_context_set_input(
	exec_context *c, const char *name, const void *data, secant_err *err) SECANT_NODISCARD;
/* Where output i goes: memory of the caller's; NULL: the context's own (exec_context_output). */
secant_status exec_context_set_output(exec_context *c, int i, void *data, secant_err *err) SECANT_NODISCARD;
const void *exec_context_output(const exec_context *c, int i); /* valid until the next run */
/* `ask(user, ...)` is called before every step of a run from now on; what it returns, other than OK, ends the run.
 * NULL: nobody is asked. */
void exec_context_ask(exec_context *c, secant_status (*ask)(void *user, secant_err *err), void *user);
secant_status exec_context_run(exec_context *c, secant_err *err) SECANT_NODISCARD;
/* Like run, and keeps the time of every step (for explain). */
secant_status exec_context_run_timed(exec_context *c, secant_err *err) SECANT_NODISCARD;

/* ---- implementations ---- */

typedef struct exec_step exec_step;

/* An operand as it is stored in this plan: dtype F32, BF16, F64 or an integer type; absent ones have rank -1. */
typedef struct exec_operand {
	secant_dtype dtype;
	secant_shape shape;
	bool state, used;
} exec_operand; /* used: of outputs, somebody reads it */

typedef struct exec_impl {
	const char *op; /* operator it implements */
	const char *name; /* shown by explain: "native", "dnnl" */
	/* Can it run this step? Looks at dtypes, shapes, attributes. */
	bool (*supports)(const exec_step *s);
	/* Makes what the step needs (s->data, s->scratch bytes, s->detail). May be NULL. SECANT_ERR_UNSUPPORTED: try the
	 * next implementation. */
	secant_status (*prepare)(exec_step *s, secant_err *err);
	/* Copies states into the layout it wants; called once, at the end of planning. in[]: addresses of state inputs,
	 * NULL for others. May be NULL. */
	secant_status (*pack)(exec_step *s, const void *const *in, secant_err *err);
	/* What one context needs (oneDNN memory objects); freed by unbind. May be NULL. */
	void *(*bind)(const exec_step *s);
	void (*unbind)(const exec_step *s, void *bound);
	/* Runs. in[i] NULL: absent; out[i] NULL: nobody reads it. Allocates nothing. */
	secant_status (*run)(
		const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err);
	void (*release)(exec_step *s); /* frees s->data; NULL: secant_free */
	int inplace; /* i + 1: out[0] may be the memory of in[i] where both have one type and shape */
} exec_impl;

struct exec_step {
	const graph_node *node;
	const exec_impl *impl;
	int n_in, n_out;
	exec_operand *in, *out;
	int threads;
	bool training; /* states change between runs: copies of them are good for one run */
	bool exact; /* as the plan's */
	int packs; /* i + 1: input i is a state that only `pack` reads */
	void **packed; /* where the copy stands that pack makes; NULL: it makes none that others could use */
	size_t packed_bytes;
	uint64_t layout; /* a hash of what the copy's layout depends on beside shapes and types; 0: not known */
	bool lent; /* the copy stands in memory of others: pack is not called, release leaves it */
	size_t scratch; /* bytes wanted during run, 64-byte-aligned */
	void *data; /* the implementation's own */
	char detail[32]; /* which kernel, for explain: "brgconv:avx512_core_bf16" */
	double flops; /* 0: memory-bound */
	int reorders; /* operands that every run lays out anew for it */
};

/* Tables of implementations, in order of preference, ended by an entry without op; exec/impls.inc names the tables. */
const exec_impl *const *exec_impl_tables(void); /* NULL-terminated */
/* The operator's scalar reference, on doubles or with conversion: the last resort, and what f64 plans run. */
extern const exec_impl exec_impl_reference;
#endif
