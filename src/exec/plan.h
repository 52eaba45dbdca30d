/*
 * What plan.c, slab.c, context.c and explain.c share: the inside of a plan.
 */
#ifndef SECANT_EXEC_PLAN_H
#define SECANT_EXEC_PLAN_H
#include "exec/exec.h"

typedef enum secant_place {
	SECANT_PLACE_NONE, /* nobody reads it: no memory */
	SECANT_PLACE_INPUT, /* the caller's; index: which input */
	SECANT_PLACE_STATE, /* the store's; pointer fixed */
	SECANT_PLACE_CONST, /* the plan's; pointer fixed */
	SECANT_PLACE_SLAB, /* offset in the context's slab */
	SECANT_PLACE_OUTPUT /* the caller's; index: which output */
} secant_place;

typedef struct secant_location {
	secant_place place;
	int index; /* input, output or slot of the store; of a view after resolution: that of its root */
	void *pointer;
	size_t offset, bytes;
	secant_value root; /* the value whose memory this one shares; itself for most */
	int first, last; /* first and last step that touches it */
	int reads; /* operands of steps that are this value */
} secant_location;

struct secant_plan {
	secant_graph *lowered; /* the graph that runs: pruned, and lowered to the precision; owned */
	const secant_graph *g; /* the same, to read */
	secant_store *store;
	secant_plan_options options;
	secant_arena *arena;
	secant_value *output; /* values of g, dtype as delivered */
	int n_output;
	secant_location *at; /* of every value of g */
	secant_step *step;
	int n_step;
	secant_value *input; /* input values that are read */
	int n_input;
	size_t slab, sum;
	size_t *scratch_at; /* offset of each step's scratch in the slab */
};

/* Lays out slab values and scratch; fills offsets and plan->slab, plan->sum. */
secant_status secant_plan_lay_out(secant_plan *p, secant_err *err) SECANT_NODISCARD;
/* How many threads the OpenMP loops of this thread use from now on (0: all processors), and so many it is. */
int secant_use_threads(int n);
/* What takes most of the slab, for messages: "broadcast_to of 3x4". In the plan. */
const char *secant_plan_largest(const secant_plan *p, char *text, size_t n);
size_t secant_operand_bytes(const secant_operand *o);

struct secant_context {
	const secant_plan *plan;
	char *slab;
	bool borrowed; /* the slab is another context's */
	void **pointer; /* of every value; resolved by set_input and set_output */
	const void **input;
	void **output; /* given by the caller, or NULL */
	void **bound; /* of every step */
	const void ***in; /* arguments of every step */
	void ***out;
	struct secant_canaries *canaries; /* NULL: steps run on the slab itself */
	bool dirty; /* inputs or outputs changed since the arguments were resolved */
	double *seconds; /* of every step in the last timed run; NULL before one */
	secant_status (*ask)(void *user, secant_err *err); /* before every step; NULL: nobody */
	void *asked;
};
#endif
