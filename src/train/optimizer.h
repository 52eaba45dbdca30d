/*
 * Optimisers: one loop over the contiguous buffers of parameters, gradients and slots. The update is not part of the graph: it is one call
 * over all parameters, and in double for f64 stores.
 *
 * TO ADD ONE: a row in the table at the end of optimizer.c.
 */
#ifndef SECANT_TRAIN_OPTIMIZER_H
#define SECANT_TRAIN_OPTIMIZER_H
#include <secant/train.h>
#include "base/registry.h"
#include "exec/exec.h"

extern const secant_opts secant_optimizer_options_table;
enum { SECANT_OPTIMIZER_SLOTS = 2 };

typedef struct secant_optimizer {
	const struct secant_optimizer_kind *kind;
	secant_optimizer_options options;            /* strings borrowed */
	secant_store *store;
	void *grad;                                  /* laid out like store->params; owned */
	void *slot[SECANT_OPTIMIZER_SLOTS];          /* the same; owned; NULL where the kind has fewer */
	int64_t step;                                /* updates done */
} secant_optimizer;

secant_status secant_optimizer_new(secant_optimizer *o, const secant_optimizer_options *options, secant_store *store, secant_err *err) SECANT_NODISCARD;
void secant_optimizer_free(secant_optimizer *o);
int secant_optimizer_slots(const secant_optimizer *o);
/* One update of store->params from o->grad at that learning rate; bumps the store's version. */
void secant_optimizer_update(secant_optimizer *o, double learning_rate, int threads);
/* Norm over all gradients, in double. */
double secant_optimizer_grad_norm(const secant_optimizer *o);
#endif
