/*
 * A plan to look at or to time, of a model file or of a new network, in evaluation or as a step of training, fed with
 * random numbers. A step is planned as trainer.c does: the loss and the gradients go to memory of the optimiser's.
 */
#ifndef SECANT_APP_PLANNED_H
#define SECANT_APP_PLANNED_H
#include <secant/model.h>
#include "train/optimizer.h"
#include "app/trial.h"

typedef struct secant_planned_run {
	const secant_plan *plan; /* borrowed from what follows */
	secant_context *context; /* its inputs are set */
	secant_deployed deployed; /* evaluation of a file */
	bool is_deployed;
	secant_model model; /* everything else */
	secant_runner *runner;
	secant_session *session;
	secant_trial trial;
	secant_optimizer_options settings; /* of the optimiser: the defaults */
	secant_optimizer optimizer; /* of a step of training; store NULL otherwise */
	void *input[3];
	double seconds; /* that making the plan took */
} secant_planned_run;

secant_status secant_planned_open(
	secant_planned_run *r, const char *model, const secant_planned *o, secant_err *err) SECANT_NODISCARD;
void secant_planned_close(secant_planned_run *r);
#endif
