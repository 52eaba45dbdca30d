/*
 * A runner: one network at whatever input shapes come, for any number of threads. It builds a graph for each new shape
 * (by a function it is given), folds it for inference, plans it, and keeps the last few plans with their packed
 * weights; all share one store. Nothing else of it changes once it is made, and that is guarded: what runs is a session
 * (session.h), one a thread.
 *
 * Plans are counted: one that a session still has a context of stays, so that no two plans of one shape (and with them
 * two copies of the weights) exist at once.
 */
#ifndef EXEC_RUNNER_H
#define EXEC_RUNNER_H
#include <secant/session.h>
#include "exec/exec.h"

enum { EXEC_RUNNER_PLANS = 6 }; /* that are kept when no session has a context of them */

/* Builds the evaluation graph, with its named outputs, for inputs of these shapes, in the graph's order. The graph
 * passes to the caller. Never called twice at once. */
typedef graph_net *(*exec_graph_maker)(void *user, const secant_shape *inputs, int n, secant_err *err);

typedef struct exec_runner exec_runner;
/* Borrows the store and reads the ports off `nominal`. options->training false: states are constant and norms are
 * folded. */
exec_runner *exec_runner_new(exec_store *store, const graph_net *nominal, exec_graph_maker make, void *user,
	const exec_plan_options *options, secant_err *err);
/* No session may be left. */
void exec_runner_free(exec_runner *r);
/* The store's numbers are wanted only while a shape is new: `restore` (with the maker's user) fills it before,
 * `release` may empty it after. */
void exec_runner_spare(
	exec_runner *r, secant_status (*restore)(void *user, secant_err *err), void (*release)(void *user));
/* From now on plans are exact (exec_plan_options); before the first session. */
void exec_runner_be_exact(exec_runner *r);
/* The store changed: copies made from it (packed and folded weights) are made anew at the next run. No session may be
 * running. */
void exec_runner_forget(exec_runner *r);

int exec_runner_inputs(const exec_runner *r);
const secant_port *exec_runner_input(const exec_runner *r, int i);
int exec_runner_outputs(const exec_runner *r);
const secant_port *exec_runner_output(const exec_runner *r, int i);
/* Place of an output; -1: none has that name. */
int exec_runner_find_output(const exec_runner *r, const char *name);
/* The type of real numbers on both sides: F32, or F64 where the precision is f64 (integers too, then). */
secant_dtype exec_runner_reals(const exec_runner *r);

/* ---- for sessions ---- */

/* A plan for one set of input shapes and wanted outputs. Immutable. */
typedef struct exec_runner_plan {
	exec_plan *plan;
	const secant_shape *output_shape; /* of each wanted output */
	const secant_dtype *output_dtype;
} exec_runner_plan;
/* Counted: give it back by exec_runner_give. NULL and err on failure. Thread-safe, as exec_runner_give is. */
const exec_runner_plan *exec_runner_take(
	exec_runner *r, const secant_shape *inputs, const int *outputs, int n, secant_err *err);
void exec_runner_give(exec_runner *r, const exec_runner_plan *p);
/* The store has changed since that plan was made. */
bool exec_runner_is_stale(const exec_runner_plan *p);
#endif
