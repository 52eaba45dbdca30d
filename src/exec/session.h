/*
 * A session: what one thread runs a network with (runner.h). It holds contexts, a slab and scratch for each input shape
 * it has met lately; weights and plans are the runner's. A new one takes less than a kilobyte; a context takes its
 * plan's slab (exec_plan_slab_bytes) and some hundred bytes a step.
 */
#ifndef EXEC_SESSION_H
#define EXEC_SESSION_H
#include <secant/session.h>
#include "exec/runner.h"

/* A session that computes these outputs, by name, in this order; names NULL: all that the network has. The runner must
 * outlive it. Refuses a name that the network does not have, naming those it has. */
secant_session *exec_session_new(exec_runner *r, const char *const *names, int n, secant_err *err);
/* Contexts stand on the slab of `host` where it is large enough: for evaluation between the runs of a training. */
void exec_session_stand_on(secant_session *s, const exec_context *host);
/* Gives back all contexts. */
void exec_session_forget(secant_session *s);
/* Plan and context at these shapes, for explain and bench; the session's. */
secant_status exec_session_prepare(secant_session *s, const secant_shape *inputs, const exec_plan **plan,
	exec_context **context, secant_err *err) SECANT_NODISCARD;
#endif
