/* What is kept of pictures while they are judged: their scores, the worst of them beside label, prediction and errors.
 */
#ifndef JUDGE_WORST_H
#define JUDGE_WORST_H
#include "judge/evaluate.h"
#include "judge/thresholds.h"
#include "judge/view.h"

typedef struct judge_rank {
	double score;
	int sample;
} judge_rank;

typedef struct judge_collector {
	const judge_evaluation *e; /* while it runs */
	const data_samples *samples;
	const judge_counts *counts; /* the picture that is seen is their last */
	judge_rank *list; /* of every picture; owned, as are cases, palette and thresholds */
	int n;
	judge_cases cases;
	bool background; /* the first class is */
	uint8_t (*palette)[3]; /* of n_palette classes; NULL: the usual colours */
	int n_palette;
	judge_thresholds *thresholds; /* NULL: not searched */
	secant_err err; /* of painting */
} judge_collector;

/* An evaluation's `seen`; user is the collector. */
void judge_collect(void *user, int sample, const float *outputs, const void *target, int height, int width, int stride);
/* FOLDER/worst.txt, all pictures with the worst first, and the worst ones as pictures. */
secant_status judge_collector_write(const judge_collector *c, const char *folder, secant_err *err) SECANT_NODISCARD;
void judge_collector_free(judge_collector *c);
#endif
