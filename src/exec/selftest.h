/*
 * One layer of a network under test: what secant/selftest.h walks a list of, for tests that draw their own.
 */
#ifndef EXEC_SELFTEST_H
#define EXEC_SELFTEST_H
#include <secant/selftest.h>
#include "exec/exec.h"

typedef struct exec_layer {
	int n, h, w, in, out; /* pictures, their size, channels */
	int kernel, stride, dilation, groups; /* padding keeps the size at stride 1 */
	bool quick;
} exec_layer;

/* Every product of the layer in one precision, forward ones as in training and as in inference; adds to `result`, calls
 * `row` after each. */
secant_status exec_selftest_layer(const exec_layer *l, exec_precision precision, int threads,
	bool (*row)(void *user, const secant_selftest_row *r), void *user, secant_selftest_result *result,
	secant_err *err) SECANT_NODISCARD;
#endif
