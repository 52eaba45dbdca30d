/*
 * Runs a step on copies of its operands, each between canaries that are no numbers, on scratch and results that begin
 * as such. A step that writes outside of an operand or scratch, or into an input that is not also its result, is an
 * error that names it; one that reads outside gives results that are no numbers. For debugging and tests: a run takes
 * two copies of every operand more, and memory for the operands of the largest step.
 *
 * SECANT_CANARIES=1 in the environment does so for every plan of the process.
 */
#ifndef SECANT_EXEC_CANARIES_H
#define SECANT_EXEC_CANARIES_H
#include "exec/plan.h"

bool secant_canaries_wanted(void); /* by the environment */

typedef struct secant_canaries secant_canaries; /* of one context */
secant_canaries *secant_canaries_new(const secant_plan *p); /* NULL: no memory */
void secant_canaries_free(secant_canaries *c);
/* The step's run, watched. Allocates nothing. */
secant_status secant_canaries_run(secant_canaries *c, const secant_step *s, void *bound, const void *const *in,
	void *const *out, secant_err *err) SECANT_NODISCARD;
#endif
