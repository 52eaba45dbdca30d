/* Evaluation of a network over a list of samples, shared by `train` and `eval`. */
#ifndef JUDGE_EVALUATE_H
#define JUDGE_EVALUATE_H
#include "data/loader.h"
#include "judge/metrics.h"
#include "judge/pieces.h"
#include "judge/turns.h"

typedef struct judge_evaluation {
	secant_session *session; /* gives "logits" */
	judge_turns
		*turns; /* asked in the session's place; NULL: none. Then outputs are probabilities: activated, and no loss */
	base_mode mode;
	int classes, multiple, least, batch, threads, loader_threads;
	int side; /* the one size that the session takes; 0: any */
	judge_pieces pieces; /* used where pictures are larger */
	const char *loss; /* NULL: none is computed */
	bool activated; /* outputs are probabilities */
	float threshold; /* of a probability; binary and multilabel */
	int ignore, never; /* never: judge_counts' */
	secant_ints size; /* n = 2: pictures are scaled to it; n = 0: whole */
	exec_precision precision;
	/* Called after each picture with its logits (height x stride x classes); may be NULL. Of a tile this is all of it,
	 * also what another one has too (judge_own_part). */
	void (*seen)(void *user, int sample, const float *logits, const void *target, int height, int width, int stride);
	bool (*cancelled)(void *user);
	void *user;
} judge_evaluation;

/* What is judged of a sample: of a tile what none before it holds, so that no pixel counts twice. Moves `*v` and
 * `*target` (rows of stride, `channels` numbers and `label` bytes a pixel) to it and makes height and width its own. */
void judge_own_part(const data_samples *s, int sample, int channels, size_t label, int stride, const float **v,
	const void **target, int *height, int *width);

secant_status judge_evaluate_samples(
	judge_evaluation *e, const data_samples *s, judge_counts *counts, secant_err *err) SECANT_NODISCARD;
data_target_kind judge_target_of(base_mode mode);
#endif
