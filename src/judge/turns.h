/* Test-time augmentation in evaluation: the mean of a network's probabilities over the sides a picture may be seen
 * from. */
#ifndef JUDGE_TURNS_H
#define JUDGE_TURNS_H
#include "deploy/network.h"

typedef struct judge_turns judge_turns;
/* `text`: "flip-h,rotate90" as --tta of predict has it; views that change values or scale are refused. NULL and err on
 * failure. Borrows d. */
judge_turns *judge_turns_new(const deploy_deployed *d, const char *text, secant_err *err);
void judge_turns_free(judge_turns *t); /* accepts NULL */
/* Probabilities of a normalised batch N x H x W x C, valid until the next call. */
secant_status judge_turns_run(
	judge_turns *t, const secant_shape *in, const float *input, const void **out, secant_err *err) SECANT_NODISCARD;
#endif
