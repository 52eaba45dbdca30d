/* What every task validates with: a runner on the weights that change, and a session that stands on the training's
 * slab. */
#ifndef TRAIN_VALIDATION_H
#define TRAIN_VALIDATION_H
#include "exec/session.h"

struct train_trainer;

typedef struct train_validation {
	exec_runner *runner; /* NULL: not made yet */
	secant_session *session;
} train_validation;

/* Makes what is not there for an output of the model, and forgets what older weights left. */
secant_status train_validation_begin(
	train_validation *v, struct train_trainer *s, const char *output, secant_err *err) SECANT_NODISCARD;
void train_validation_end(train_validation *v); /* its slab is not needed while training */
void train_validation_free(train_validation *v);
#endif
