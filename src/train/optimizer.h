/*
 * Optimisers: one loop over the contiguous buffers of parameters, gradients and slots. The update is not part of the
 * graph: it is one call over all parameters, and in double for f64 stores.
 *
 * Parameters form groups: an encoder may learn at another rate, norms and biases may be spared the decay, parameters
 * without a gradient are left alone.
 *
 * TO ADD ONE: a row in the table at the end of optimizer.c.
 */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H
#include <secant/train.h>
#include "base/registry.h"
#include "exec/exec.h"

extern const secant_opts train_optimizer_options_table;
enum { TRAIN_OPTIMIZER_SLOTS = 3 };

/* A range of the parameters that is updated in one call. */
typedef struct train_optimizer_chunk {
	int64_t first, n;
	double rate;
	bool decays;
} train_optimizer_chunk; /* rate: a factor */

typedef struct train_optimizer {
	const struct train_optimizer_kind *kind;
	secant_optimizer_options options; /* strings borrowed */
	exec_store *store;
	void *grad; /* laid out like store->params; owned */
	void *sum; /* of the gradients of several batches; NULL until there are some; owned */
	int summed; /* batches in it */
	void *slot[TRAIN_OPTIMIZER_SLOTS]; /* the same; owned; NULL where the kind has fewer */
	int64_t step; /* updates done */
	train_optimizer_chunk *chunk; /* n_chunks */
	int n_chunks;
	double *part; /* a number for each chunk: sums that do not depend on the number of threads */
} train_optimizer;

secant_status train_optimizer_new(
	train_optimizer *o, const secant_optimizer_options *options, exec_store *store, secant_err *err) SECANT_NODISCARD;
void train_optimizer_free(train_optimizer *o);
int train_optimizer_slots(const train_optimizer *o);
/* Which slots of the store have gradients (an array of store->n; NULL, and at first: all trainable ones). The others
 * stay as they are: no decay. */
secant_status train_optimizer_train_only(train_optimizer *o, const bool *trained, secant_err *err) SECANT_NODISCARD;
/* Adds o->grad to the sum of a batch in parts; the next update takes the mean. */
secant_status train_optimizer_accumulate(train_optimizer *o, int threads, secant_err *err) SECANT_NODISCARD;
/* One update of store->params from o->grad (or the mean of what was accumulated) at that learning rate, after clipping
 * by the options; bumps the store's version. momentum: in place of the options' (beta1 of Adam, Lion); negative:
 * theirs. */
void train_optimizer_update(train_optimizer *o, double learning_rate, double momentum, int threads);
/* Norm over all gradients, in double. */
double train_optimizer_grad_norm(const train_optimizer *o, int threads);
#endif
