/*
 * One pass through a network with a loss, for comparison and measurement: `run`, `explain --train`, `bench --train`.
 * Training itself is trainer.c.
 */
#ifndef APP_TRIAL_H
#define APP_TRIAL_H
#include "train/step.h"

typedef struct app_trial_spec {
	nn_phase phase;
	const char *loss; /* NULL: none */
	base_mode mode;
	bool label; /* the classification head's loss is added; input "label_target" */
	bool gradients;
	train_optimizer *optimizer; /* as in training: the gradients go where it reads them, and logits are not kept; NULL:
								 * all are outputs */
} app_trial_spec;

/* Inputs "input", "target", "label_target". */
typedef struct app_trial {
	train_step step;
	secant_shape target, label_target; /* of the inputs, rank -1 where there are none */
	secant_shape logits, label; /* of the outputs; label rank -1: none */
	int at_logits, at_label; /* outputs of the context; -1: none. The loss is output 0 */
} app_trial;

secant_status app_trial_make(app_trial *t, model_bundle *m, const secant_shape *input, const app_trial_spec *spec,
	const exec_plan_options *options, secant_err *err) SECANT_NODISCARD;
void app_trial_free(app_trial *t);
/* Two paths to one file; false where one of them does not exist. */
bool app_same_file(const char *a, const char *b);
#endif
