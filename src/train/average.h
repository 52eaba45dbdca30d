/*
 * Averages of a model over its training: exponential over updates (EMA), or plain over the ends of epochs (SWA;
 * Izmailov et al. 2018). Parameters only: the statistics of norms are computed anew for the average.
 */
#ifndef SECANT_TRAIN_AVERAGE_H
#define SECANT_TRAIN_AVERAGE_H
#include "exec/exec.h"

typedef struct secant_average {
	secant_store *store;
	void *mean; /* laid out like store->params; owned; NULL before the first model */
	int64_t n; /* models in it */
} secant_average;

/* Takes the store's parameters in. decay > 0: mean = decay mean + (1 - decay) p; 0: mean += (p - mean) / (n + 1). The
 * first is copied. */
secant_status secant_average_add(secant_average *a, double decay, int threads, secant_err *err) SECANT_NODISCARD;
/* Exchanges parameters and average, where there is one; a second call exchanges them back, to the bit. */
void secant_average_swap(secant_average *a);
void secant_average_free(secant_average *a);
#endif
