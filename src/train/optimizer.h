/*
 * Optimisers: one loop over the contiguous buffers of parameters, gradients and slots. The update is not part of the
 * graph: it is one call over all parameters, and in double for f64 stores.
 *
 * Parameters form groups: an encoder may learn at another rate, norms and biases may be spared the decay, parameters
 * without a gradient are left alone.
 *
 * TO ADD ONE: a row in the table at the end of optimizer.c.
 */
#ifndef SECANT_TRAIN_OPTIMIZER_H
#define SECANT_TRAIN_OPTIMIZER_H
#include <secant/train.h>
#include "base/registry.h"
#include "exec/exec.h"

extern const secant_opts secant_optimizer_options_table;
enum { SECANT_OPTIMIZER_SLOTS = 3 };

/* A range of the parameters that is updated in one call. */
typedef struct secant_optimizer_chunk {
	int64_t first, n;
	double rate;
	bool decays;
} secant_optimizer_chunk; /* rate: a factor */

typedef struct secant_optimizer {
	const struct secant_optimizer_kind *kind;
	secant_optimizer_options options; /* strings borrowed */
	secant_store *store;
	void *grad; /* laid out like store->params; owned */
	void *sum; /* of the gradients of several batches; NULL until there are some; owned */
	int summed; /* batches in it */
	void *slot[SECANT_OPTIMIZER_SLOTS]; /* the same; owned; NULL where the kind has fewer */
	int64_t step; /* updates done */
	secant_optimizer_chunk *chunk; /* n_chunks */
	int n_chunks;
	double *part; /* a number for each chunk: sums that do not depend on the number of threads */
} secant_optimizer;

secant_status secant_optimizer_new(secant_optimizer *o, const secant_optimizer_options *options, secant_store *store,
	secant_err *err) SECANT_NODISCARD;
void secant_optimizer_free(secant_optimizer *o);
int secant_optimizer_slots(const secant_optimizer *o);
/* Which slots of the store have gradients (an array of store->n; NULL, and at first: all trainable ones). The others
 * stay as they are: no decay. */
secant_status secant_optimizer_train_only(secant_optimizer *o, const bool *trained, secant_err *err) SECANT_NODISCARD;
/* Adds o->grad to the sum of a batch in parts; the next update takes the mean. */
secant_status secant_optimizer_accumulate(secant_optimizer *o, int threads, secant_err *err) SECANT_NODISCARD;
/* One update of store->params from o->grad (or the mean of what was accumulated) at that learning rate, after clipping
 * by the options; bumps the store's version. momentum: in place of the options' (beta1 of Adam, Lion); negative:
 * theirs. */
void secant_optimizer_update(secant_optimizer *o, double learning_rate, double momentum, int threads);
/* Norm over all gradients, in double. */
double secant_optimizer_grad_norm(const secant_optimizer *o, int threads);
#endif
