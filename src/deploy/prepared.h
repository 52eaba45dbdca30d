/*
 * Pictures of bytes prepared for a network by operators (preparation.h), in a plan of its own: what predict does to
 * each window before the network sees it. Pictures of other types go through prepare/normalize.h, with the same
 * numbers.
 */
#ifndef DEPLOY_PREPARED_H
#define DEPLOY_PREPARED_H
#include "deploy/network.h"

typedef struct deploy_preparer {
	const deploy_deployed *of;
	exec_store *store; /* of no states */
	exec_runner *runner;
} deploy_preparer;

/* p must stay where it is: the runner points to it. The model must outlive it. */
secant_status deploy_preparer_make(
	deploy_preparer *p, const deploy_deployed *d, int threads, secant_err *err) SECANT_NODISCARD;
void deploy_preparer_free(deploy_preparer *p);
secant_session *deploy_preparer_session(const deploy_preparer *p, secant_err *err);
/* Bytes, h x w x channels, as the network takes them: normalised, and reflected at the right and lower edge up to its
 * multiple. *out is the session's until its next run. */
secant_status deploy_prepare(secant_session *s, const uint8_t *bytes, int h, int w, int channels, secant_tensor *out,
	secant_err *err) SECANT_NODISCARD;
#endif
