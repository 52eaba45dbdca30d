/*
 * What plan.c, slab.c, context.c and explain.c share: the inside of a plan.
 */
#ifndef EXEC_PLAN_H
#define EXEC_PLAN_H
#include "exec/exec.h"

typedef enum exec_place {
	EXEC_PLACE_NONE, /* nobody reads it: no memory */
	EXEC_PLACE_INPUT, /* the caller's; index: which input */
	EXEC_PLACE_STATE, /* the store's; pointer fixed */
	EXEC_PLACE_CONST, /* the plan's; pointer fixed */
	EXEC_PLACE_SLAB, /* offset in the context's slab */
	EXEC_PLACE_OUTPUT /* the caller's; index: which output */
} exec_place;

typedef struct exec_location {
	exec_place place;
	int index; /* input, output or slot of the store; of a view after resolution: that of its root */
	void *pointer;
	size_t offset, bytes;
	graph_value root; /* the value whose memory this one shares; itself for most */
	int first, last; /* first and last step that touches it */
	int reads; /* operands of steps that are this value */
} exec_location;

struct exec_plan {
	graph_net *lowered; /* the graph that runs: pruned, and lowered to the precision; owned */
	const graph_net *g; /* the same, to read */
	exec_store *store;
	exec_plan_options options;
	base_arena *arena;
	graph_value *output; /* values of g, dtype as delivered */
	int n_output;
	exec_location *at; /* of every value of g */
	exec_step *step;
	int n_step;
	graph_value *input; /* input values that are read */
	int n_input;
	size_t slab, sum;
	size_t states; /* bytes of the weights that are read */
	size_t *scratch_at; /* offset of each step's scratch in the slab */
};

/* Lays out slab values and scratch; fills offsets and plan->slab, plan->sum. */
secant_status exec_plan_lay_out(exec_plan *p, secant_err *err) SECANT_NODISCARD;
/* How many threads the OpenMP loops of this thread use from now on (0: all processors), and so many it is. */
int exec_use_threads(int n);
/* Weights (of a training: with what belongs to each) and `more` bytes beside them against what this machine has. */
secant_status exec_plan_weigh(const exec_plan *p, size_t more, secant_err *err) SECANT_NODISCARD;
size_t exec_operand_bytes(const exec_operand *o);

struct exec_context {
	const exec_plan *plan;
	char *slab;
	bool borrowed; /* the slab is another context's */
	void **pointer; /* of every value; resolved by set_input and set_output */
	const void **input;
	void **output; /* given by the caller, or NULL */
	void **bound; /* of every step */
	const void ***in; /* arguments of every step */
	void ***out;
	struct exec_canaries *canaries; /* NULL: steps run on the slab itself */
	bool dirty; /* inputs or outputs changed since the arguments were resolved */
	double *seconds; /* of every step in the last timed run; NULL before one */
	secant_status (*ask)(void *user, secant_err *err); /* before every step; NULL: nobody */
	void *asked;
};
#endif
