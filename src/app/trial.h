/*
 * One pass through a network with a loss, for comparison and measurement: `run`, `explain --train`, `bench --train`.
 * Training itself is trainer.c.
 */
#ifndef SECANT_APP_TRIAL_H
#define SECANT_APP_TRIAL_H
#include "train/step.h"

typedef struct secant_trial_spec {
	secant_phase phase;
	const char *loss; /* NULL: none */
	secant_mode mode;
	bool label; /* the classification head's loss is added; input "label_target" */
	bool gradients;
	secant_optimizer *optimizer; /* as in training: the gradients go where it reads them, and logits are not kept; NULL:
								  * all are outputs */
} secant_trial_spec;

/* Inputs "input", "target", "label_target". */
typedef struct secant_trial {
	train_step step;
	secant_shape target, label_target; /* of the inputs, rank -1 where there are none */
	secant_shape logits, label; /* of the outputs; label rank -1: none */
	int at_logits, at_label; /* outputs of the context; -1: none. The loss is output 0 */
} secant_trial;

secant_status secant_trial_make(secant_trial *t, secant_model *m, const secant_shape *input,
	const secant_trial_spec *spec, const secant_plan_options *options, secant_err *err) SECANT_NODISCARD;
void secant_trial_free(secant_trial *t);
/* Two paths to one file; false where one of them does not exist. */
bool secant_same_file(const char *a, const char *b);
#endif
