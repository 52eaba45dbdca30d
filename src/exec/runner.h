/*
 * A runner: one network at whatever input shapes come. It builds a graph for each new shape (by a function it is
 * given), folds it for inference, plans it, and keeps the last few plans; all share one store.
 */
#ifndef SECANT_EXEC_RUNNER_H
#define SECANT_EXEC_RUNNER_H
#include "exec/exec.h"

enum { SECANT_RUNNER_OUTPUTS = 2, SECANT_RUNNER_PLANS = 6 };

/* Builds the evaluation graph for an input "input" of that shape; outputs[0] logits, outputs[1] label or -1. The graph
 * passes to the caller. */
typedef secant_graph *(*secant_graph_maker)(
	void *user, const secant_shape *input, secant_value outputs[SECANT_RUNNER_OUTPUTS], secant_err *err);

typedef struct secant_runner secant_runner;
/* Borrows the store. options->training false: states are constant and norms are folded. */
secant_runner *secant_runner_new(
	secant_store *store, secant_graph_maker make, void *user, const secant_plan_options *options, secant_err *err);
void secant_runner_free(secant_runner *r);
/* The store's numbers are wanted only while a shape is new: `restore` (with the maker's user) fills it before,
 * `release` may empty it after. */
void secant_runner_spare(
	secant_runner *r, secant_status (*restore)(void *user, secant_err *err), void (*release)(void *user));
/* From now on plans are exact (secant_plan_options). */
void secant_runner_be_exact(secant_runner *r);
/* From now on contexts stand on the slab of `host` where it is large enough: for evaluation between the runs of a
 * training. */
void secant_runner_stand_on(secant_runner *r, const secant_context *host);
/* Runs; logits and label point into the runner until the next run (label NULL: the network has none). Input: floats, or
 * doubles in f64. */
secant_status secant_runner_run(secant_runner *r, const secant_shape *shape, const void *input, const void **logits,
	secant_shape *logits_shape, const void **label, secant_shape *label_shape, secant_err *err) SECANT_NODISCARD;
/* The store changed: copies made from it (packed and folded weights) are made anew at the next run. */
void secant_runner_forget(secant_runner *r);
/* Plan and context at a shape, for explain and bench; owned by the runner. */
secant_status secant_runner_prepare(secant_runner *r, const secant_shape *shape, secant_plan **plan,
	secant_context **context, secant_err *err) SECANT_NODISCARD;
#endif
