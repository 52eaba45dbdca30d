/*
 * Evaluation of a network over clouds, shared by `train` and `eval`, by a protocol of a name.
 *
 *   class      clouds: share of them with the right class, and the mean over classes of the share of each
 *   category   points of shapes of one category: IoU of each part of each shape, 1 where a part is neither there nor
 *              predicted; mean over
 *              parts, then over shapes (pointnet.pytorch)
 *   paper      the same for many categories, each shape among the parts of its own: mean over all shapes
 *              ("instance"), and over categories
 *              of their means (Qi et al. 2017)
 *   scene      points of all clouds counted together: IoU of each class, mean over classes
 *
 * Every protocol also gives the confusion matrix and IoU of each class from counts over the whole split. Every point
 * of a cloud is predicted; in blocks, from the mean over the blocks it lies in.
 */
#ifndef JUDGE_EVALUATE_CLOUDS_H
#define JUDGE_EVALUATE_CLOUDS_H
#include "data/clouds/clouds.h"
#include "deploy/clouds.h"
#include "judge/metrics.h"

typedef enum judge_protocol {
	JUDGE_PROTOCOL_CLASS,
	JUDGE_PROTOCOL_CATEGORY,
	JUDGE_PROTOCOL_PAPER,
	JUDGE_PROTOCOL_SCENE,
	JUDGE_PROTOCOLS
} judge_protocol;

typedef struct judge_cloud_evaluation {
	const deploy_deployed *d;
	secant_session *session; /* of it: "probabilities" */
	const deploy_cloud_model *m;
	const secant_cloud_judging *judging;
	int batch;
	uint64_t seed;
	bool (*cancelled)(void *user);
	/* Called after each cloud; nullable. `best`: class of each row, -1: none. */
	void (*seen)(void *user, int item, const deploy_verdict *v, const int *best);
	void *user;
} judge_cloud_evaluation;

secant_status judge_evaluate_clouds(const judge_cloud_evaluation *e, const data_clouds *s, char *const *names,
	int n_names, secant_scores *scores, secant_err *err) SECANT_NODISCARD;

/* A data set on disk, for a model file; `names` of its classes. */
secant_status judge_evaluate_cloud_set(const deploy_deployed *d, const char *data, const secant_eval_options *o,
	char *const *names, int n_names, const secant_logger *log, secant_scores *scores, secant_err *err) SECANT_NODISCARD;

/* ---- the arithmetic, by itself ---- */

typedef struct judge_cloud_counts {
	judge_counts counts;
	int categories;
	double *sum; /* of shapes' mean IoU, by category */
	int64_t *shapes;
	double nll; /* sum of -log p of the label, over rows that have one */
	int64_t rows;
} judge_cloud_counts;
secant_status judge_cloud_counts_new(
	judge_cloud_counts *c, int classes, int categories, secant_err *err) SECANT_NODISCARD;
void judge_cloud_counts_free(judge_cloud_counts *c);
/* Adds a cloud: label and prediction of each row (label -1: left out; prediction -1: none, counted as wrong), the
 * classes [first, first + count) of its category. */
secant_status judge_cloud_counts_add(judge_cloud_counts *c, const int32_t *label, const int *best, int64_t rows,
	int category, int first, int count, secant_err *err) SECANT_NODISCARD;
/* `names`: of classes; `categories`: names. */
secant_status judge_cloud_counts_scores(const judge_cloud_counts *c, judge_protocol protocol, int64_t least,
	char *const *names, int n_names, char *const *categories, secant_scores *s, secant_err *err) SECANT_NODISCARD;
/* By name; NULL: what suits. */
secant_status judge_protocol_choose(const char *name, const deploy_deployed *d, const deploy_cloud_model *m,
	judge_protocol *p, secant_err *err) SECANT_NODISCARD;
#endif
