/*
 * A session: what one thread runs a network with (runner.h). It holds contexts, a slab and scratch for each input shape
 * it has met lately; weights and plans are the runner's. A new one takes less than a kilobyte; a context takes its
 * plan's slab (secant_plan_slab_bytes) and some hundred bytes a step.
 */
#ifndef SECANT_EXEC_SESSION_H
#define SECANT_EXEC_SESSION_H
#include "exec/runner.h"

typedef struct secant_session secant_session;

/* A session that computes these outputs, by name, in this order; names NULL: all that the network has. The runner must
 * outlive it. Refuses a name that the network does not have, naming those it has. */
secant_session *secant_session_new(secant_runner *r, const char *const *names, int n, secant_err *err);
void secant_session_free(secant_session *s);
/* The outputs of the session, in order. */
int secant_session_outputs(const secant_session *s);
const secant_port *secant_session_output(const secant_session *s, int i);

/*
 * Runs. in: a tensor for each input of the runner, in order, borrowed; dense, of the port's rank; its numbers may be of
 * any type, those of the port's (secant_runner_reals for reals) are read where they stand. An input that none of the
 * outputs depends on may have data NULL.
 *
 * out: a tensor for each output of the session. Where data is NULL it becomes a view into the session, valid until its
 * next run. Where data is set, shape and type say what memory is there: numbers are written to it (converted where the
 * type is another); a shape other than the result's is an error that names both.
 */
secant_status secant_session_run(
	secant_session *s, const secant_tensor *in, secant_tensor *out, secant_err *err) SECANT_NODISCARD;

/* Every run from now on ends with DEADLINE before the first step that would begin later than so many seconds after it
 * started; 0: whenever it is done. */
void secant_session_limit(secant_session *s, double seconds);
/* Ends the run that is going on, or else the next one, with CANCELLED, before its next step. From any thread. */
void secant_session_cancel(secant_session *s);

/* Contexts stand on the slab of `host` where it is large enough: for evaluation between the runs of a training. */
void secant_session_stand_on(secant_session *s, const secant_context *host);
/* Gives back all contexts. */
void secant_session_forget(secant_session *s);
/* Plan and context at these shapes, for explain and bench; the session's. */
secant_status secant_session_prepare(secant_session *s, const secant_shape *inputs, const secant_plan **plan,
	secant_context **context, secant_err *err) SECANT_NODISCARD;
#endif
