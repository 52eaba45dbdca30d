/* Inputs that cannot be predicted, while others can. */
#ifndef DEPLOY_FAILURES_H
#define DEPLOY_FAILURES_H
#include <secant/predict.h>

typedef struct deploy_failures {
	int n;
	bool stop;
	secant_err first, last;
} deploy_failures;
/* Takes note of one and tells progress; false: the others cannot go on either. `why` gets the input's name in front
 * where it lacks it. */
bool deploy_failures_note(deploy_failures *f, secant_err *why, secant_predict_progress *now,
	bool (*progress)(void *user, const secant_predict_progress *now), void *user);
/* OK where all went well; of one input its own error. `what`: "pictures". */
secant_status deploy_failures_end(const deploy_failures *f, int inputs, const char *what, secant_err *err);
#endif
