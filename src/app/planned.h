/*
 * A plan to look at or to time, of a model file or of a new network, in evaluation or as a step of training, fed with
 * random numbers. A step is planned as trainer.c does: the loss and the gradients go to memory of the optimiser's.
 */
#ifndef APP_PLANNED_H
#define APP_PLANNED_H
#include <secant/model.h>
#include "train/optimizer.h"
#include "app/trial.h"

typedef struct app_planned_run {
	const exec_plan *plan; /* borrowed from what follows */
	exec_context *context; /* its inputs are set */
	deploy_deployed deployed; /* evaluation of a file */
	bool is_deployed;
	model_bundle model; /* everything else */
	exec_runner *runner;
	secant_session *session;
	app_trial trial;
	secant_optimizer_options settings; /* of the optimiser: the defaults */
	train_optimizer optimizer; /* of a step of training; store NULL otherwise */
	void *input[3];
	double seconds; /* that making the plan took */
} app_planned_run;

secant_status app_planned_open(
	app_planned_run *r, const char *model, const secant_planned *o, secant_err *err) SECANT_NODISCARD;
void app_planned_close(app_planned_run *r);
#endif
