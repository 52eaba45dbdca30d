/* Inputs that cannot be predicted, while others can. */
#ifndef SECANT_DEPLOY_FAILURES_H
#define SECANT_DEPLOY_FAILURES_H
#include <secant/predict.h>

typedef struct secant_failures {
	int n;
	bool stop;
	secant_err first, last;
} secant_failures;
/* Takes note of one and tells progress; false: the others cannot go on either. `why` gets the input's name in front
 * where it lacks it. */
bool secant_failures_note(secant_failures *f, secant_err *why, secant_predict_progress *now,
	bool (*progress)(void *user, const secant_predict_progress *now), void *user);
/* OK where all went well; of one input its own error. `what`: "pictures". */
secant_status secant_failures_end(const secant_failures *f, int inputs, const char *what, secant_err *err);
#endif
