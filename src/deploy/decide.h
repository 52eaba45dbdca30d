/*
 * From probabilities to decisions, as a graph: a class for every row, and votes for ensembles.
 *
 *     classes   the most probable class where it is probable enough, else -1; the first of equal ones
 *     votes     1 for what is chosen, else 0, and a thousandth of the probability mixed in, so that it decides between
 *               equals
 *
 * Shared by threads as a runner is; each has a session.
 */
#ifndef DEPLOY_DECIDE_H
#define DEPLOY_DECIDE_H
#include "deploy/network.h"

typedef struct deploy_decider {
	base_mode mode;
	int classes;
	double least; /* of a probability; of classes that exclude each other the largest wins, whatever it is */
	double vote; /* the same for votes */
	exec_store *store;
	exec_runner *runner;
} deploy_decider;

/* The class of each row of probabilities `p` (the last axis), i32; `none` where none is at least `least`, and where
 * they are no numbers. */
graph_value deploy_build_classes(graph_net *g, graph_value p, base_mode mode, double least, double none);

secant_status deploy_decider_make(deploy_decider *d, base_mode mode, int classes, double least, double vote,
	int threads, secant_err *err) SECANT_NODISCARD; /* d must stay where it is: the runner points to it */
void deploy_decider_free(deploy_decider *d);
/* A session that gives "classes" or "votes" of `rows` x classes numbers. */
secant_session *deploy_decider_session(const deploy_decider *d, const char *output, secant_err *err);
/* How many of `rows` pixels have a value among their `classes` that is no number. */
int64_t deploy_count_strange(const float *values, int64_t rows, int classes);
/* *out: rows int32 classes, or rows x classes float votes; the session's until its next run. */
secant_status deploy_decide(secant_session *s, const float *probabilities, int64_t rows, int classes, const void **out,
	secant_err *err) SECANT_NODISCARD;
#endif
