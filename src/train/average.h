/*
 * Averages of a model over its training: exponential over updates (EMA), or plain over the ends of epochs (SWA;
 * Izmailov et al. 2018). Parameters only: the statistics of norms are computed anew for the average.
 */
#ifndef TRAIN_AVERAGE_H
#define TRAIN_AVERAGE_H
#include "exec/exec.h"

typedef struct train_average {
	exec_store *store;
	void *mean; /* laid out like store->params; owned; NULL before the first model */
	int64_t n; /* models in it */
} train_average;

/* Takes the store's parameters in. decay > 0: mean = decay mean + (1 - decay) p; 0: mean += (p - mean) / (n + 1). The
 * first is copied. */
secant_status train_average_add(train_average *a, double decay, int threads, secant_err *err) SECANT_NODISCARD;
/* Exchanges parameters and average, where there is one; a second call exchanges them back, to the bit. */
void train_average_swap(train_average *a);
void train_average_free(train_average *a);
#endif
