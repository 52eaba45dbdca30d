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
/* Probabilities of a normalised batch N x H x W x C (f32), valid until the next call: a judge_run (pieces.h). */
secant_status judge_by_turns(
	void *turns, const secant_tensor *batch, secant_tensor *out, secant_err *err) SECANT_NODISCARD;
#endif
