/*
 * Runs a step on copies of its operands, each between canaries that are no numbers, on scratch and results that begin
 * as such. A step that writes outside of an operand or scratch, or into an input that is not also its result, is an
 * error that names it; one that reads outside gives results that are no numbers. For debugging and tests: a run takes
 * two copies of every operand more, and memory for the operands of the largest step.
 *
 * SECANT_CANARIES=1 in the environment does so for every plan of the process.
 */
#ifndef EXEC_CANARIES_H
#define EXEC_CANARIES_H
#include "exec/plan.h"

bool exec_canaries_wanted(void); /* by the environment */

typedef struct exec_canaries exec_canaries; /* of one context */
exec_canaries *exec_canaries_new(const exec_plan *p); /* NULL: no memory */
void exec_canaries_free(exec_canaries *c);
/* The step's run, watched. Allocates nothing. */
secant_status exec_canaries_run(exec_canaries *c, const exec_step *s, void *bound, const void *const *in,
	void *const *out, secant_err *err) SECANT_NODISCARD;
#endif
