/* Test-time augmentation and ensembles in evaluation: the mean of probabilities over the sides a picture may be seen
 * from, and over models that prepare pictures alike. */
#ifndef JUDGE_TURNS_H
#define JUDGE_TURNS_H
#include "deploy/network.h"

typedef struct judge_turns judge_turns;
/* `text`: "flip-h,rotate90" as --tta of predict has it, NULL: the picture alone; views that change values or scale are
 * refused. NULL and err on failure. Borrows the n models, of which d[0] says how many classes there are. */
judge_turns *judge_turns_new(const deploy_deployed *d, int n, const char *text, secant_err *err);
void judge_turns_free(judge_turns *t); /* accepts NULL */
/* Probabilities of a normalised batch N x H x W x C, valid until the next call. */
secant_status judge_turns_run(
	judge_turns *t, const secant_shape *in, const float *input, const void **out, secant_err *err) SECANT_NODISCARD;
#endif
