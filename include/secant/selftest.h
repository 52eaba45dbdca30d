/*
 * Is this machine's arithmetic right? Convolutions, their gradients and products of matrices at the shapes of real
 * networks, run by the implementations that a plan takes here, between canaries (docs: SECANT_CANARIES), and compared
 * with the scalar references. One call at a time: it uses all the threads it was given.
 */
#ifndef SECANT_SELFTEST_H
#define SECANT_SELFTEST_H
#include <secant/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_selftest {
	int threads; /* 0: all processors */
	bool quick; /* small shapes only: seconds */
	double seconds; /* no further shape is begun after so long */
} secant_selftest;
extern SECANT_API const secant_opts secant_selftest_options;

/* What one run found. Texts live until the callback returns. */
typedef struct secant_selftest_row {
	const char *operator_name, *precision, *shape; /* "conv2d_grad_weights", "bf16", "1x96x256, 16 to 16, 3x3" */
	const char *implementation; /* "onednn jit:avx512_core_bf16" */
	double milliseconds; /* of the run, copies around it included */
	bool right;
	const char *why; /* what is wrong; "" where nothing is */
} secant_selftest_row;

typedef struct secant_selftest_result {
	int runs, faults, left_out; /* left out: no time was left */
} secant_selftest_result;

/* Calls `row` after each run; false from it: CANCELLED. Faults are no error of this function: see the result. */
SECANT_API secant_status secant_selftest_run(const secant_selftest *options,
	bool (*row)(void *user, const secant_selftest_row *r), void *user, secant_selftest_result *result,
	secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
