/*
 * A runner: one network at whatever input shapes come, for any number of threads. It builds a graph for each new shape
 * (by a function it is given), folds it for inference, plans it, and keeps the last few plans with their packed
 * weights; all share one store. Nothing else of it changes once it is made, and that is guarded: what runs is a session
 * (session.h), one a thread.
 *
 * Plans are counted: one that a session still has a context of stays, so that no two plans of one shape (and with them
 * two copies of the weights) exist at once.
 */
#ifndef SECANT_EXEC_RUNNER_H
#define SECANT_EXEC_RUNNER_H
#include <secant/session.h>
#include "exec/exec.h"

enum { SECANT_RUNNER_PLANS = 6 }; /* that are kept when no session has a context of them */

/* Builds the evaluation graph, with its named outputs, for inputs of these shapes, in the graph's order. The graph
 * passes to the caller. Never called twice at once. */
typedef secant_graph *(*secant_graph_maker)(void *user, const secant_shape *inputs, int n, secant_err *err);

typedef struct secant_runner secant_runner;
/* Borrows the store and reads the ports off `nominal`. options->training false: states are constant and norms are
 * folded. */
secant_runner *secant_runner_new(secant_store *store, const secant_graph *nominal, secant_graph_maker make, void *user,
	const secant_plan_options *options, secant_err *err);
/* No session may be left. */
void secant_runner_free(secant_runner *r);
/* The store's numbers are wanted only while a shape is new: `restore` (with the maker's user) fills it before,
 * `release` may empty it after. */
void secant_runner_spare(
	secant_runner *r, secant_status (*restore)(void *user, secant_err *err), void (*release)(void *user));
/* From now on plans are exact (secant_plan_options); before the first session. */
void secant_runner_be_exact(secant_runner *r);
/* The store changed: copies made from it (packed and folded weights) are made anew at the next run. No session may be
 * running. */
void secant_runner_forget(secant_runner *r);

int secant_runner_inputs(const secant_runner *r);
const secant_port *secant_runner_input(const secant_runner *r, int i);
int secant_runner_outputs(const secant_runner *r);
const secant_port *secant_runner_output(const secant_runner *r, int i);
/* Place of an output; -1: none has that name. */
int secant_runner_find_output(const secant_runner *r, const char *name);
/* The type of real numbers on both sides: F32, or F64 where the precision is f64 (integers too, then). */
secant_dtype secant_runner_reals(const secant_runner *r);

/* ---- for sessions ---- */

/* A plan for one set of input shapes and wanted outputs. Immutable. */
typedef struct secant_runner_plan {
	secant_plan *plan;
	const secant_shape *output_shape; /* of each wanted output */
	const secant_dtype *output_dtype;
} secant_runner_plan;
/* Counted: give it back by secant_runner_give. NULL and err on failure. Thread-safe, as secant_runner_give is. */
const secant_runner_plan *secant_runner_take(
	secant_runner *r, const secant_shape *inputs, const int *outputs, int n, secant_err *err);
void secant_runner_give(secant_runner *r, const secant_runner_plan *p);
/* The store has changed since that plan was made. */
bool secant_runner_is_stale(const secant_runner_plan *p);
#endif
