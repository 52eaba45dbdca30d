/*
 * Clouds through a network: what a model file says of them, and passes of at most so many points, gathered into
 * batches, whose probabilities are summed for every point. Prediction and evaluation share it.
 */
#ifndef DEPLOY_CLOUDS_H
#define DEPLOY_CLOUDS_H
#include "prepare/points.h"
#include "deploy/network.h"

/* The part "clouds" of a model's settings. */
typedef struct deploy_cloud_model {
	secant_cloud_recipe recipe; /* owned strings */
	prepare_features features;
	char **category; /* names; owned */
	int categories;
	int *first_part; /* categories + 1: class of part 0 of each category; NULL: classes are the same for all clouds */
	int64_t *value; /* number of each class in files; NULL: the class itself */
	bool turned; /* trained on turned clouds */
} deploy_cloud_model;
/* For a model that takes clouds; an error where the settings say nothing usable. */
secant_status deploy_cloud_model_read(
	deploy_cloud_model *m, const deploy_deployed *d, secant_err *err) SECANT_NODISCARD;
void deploy_cloud_model_free(deploy_cloud_model *m);

typedef struct deploy_passing {
	secant_session *session; /* of the model's: "probabilities" */
	int batch; /* passes that run together, at most */
	int votes; /* 1 or more */
	int most; /* points of a pass of a whole cloud; 0: as many as in training, at least 8192 */
	double turn; /* degrees around the up axis, of every vote */
	double overlap; /* of blocks, as a share of their side, below 1 */
	uint64_t seed;
	bool (*tick)(void *user); /* after each batch; false: CANCELLED; nullable */
	void *user;
} deploy_passing;

/* A cloud and what was found out about it. */
typedef struct deploy_verdict {
	const prepare_points *p;
	int category; /* as the network is told; -1: it is told none */
	int first, count; /* classes that are possible: of the category, or all */
	int64_t rows; /* points, or 1 for a class of the whole cloud */
	float *sum; /* rows x count probabilities, summed over passes; owned */
	float *hits; /* passes that each row took part in; owned */
} deploy_verdict;
secant_status deploy_verdict_make(deploy_verdict *v, const deploy_deployed *d, const deploy_cloud_model *m,
	const prepare_points *p, int category, secant_err *err) SECANT_NODISCARD;
void deploy_verdict_free(deploy_verdict *v);
/* The class of a row and its share of the probability; -1 and 0 where the row was never seen (a coordinate that is no
 * number). */
int deploy_verdict_class(const deploy_verdict *v, int64_t row, float *confidence);

/* Adds the probabilities of one model for `n` clouds, all votes. Every point of a whole cloud is seen once a vote; in
 * blocks once for each block it lies in. Clouds of unequal size go together: what is short is filled by repeating
 * points. */
secant_status deploy_clouds_pass(const deploy_deployed *d, const deploy_cloud_model *m, const deploy_passing *o,
	deploy_verdict *v, int n, secant_err *err) SECANT_NODISCARD;
#endif
