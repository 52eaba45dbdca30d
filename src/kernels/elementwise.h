/*
 * Element by element: functions of one number and their gradients, functions of two, casts. Outputs may be the same
 * buffer as an input of the same storage type.
 */
#ifndef KERNEL_ELEMENTWISE_H
#define KERNEL_ELEMENTWISE_H
#include "kernels/kernels.h"

typedef enum kernel_pair {
	KERNEL_PAIR_ADD,
	KERNEL_PAIR_SUB,
	KERNEL_PAIR_MUL,
	KERNEL_PAIR_DIV,
	KERNEL_PAIR_MAXIMUM,
	KERNEL_PAIR_MINIMUM,
	KERNEL_PAIR_GREATER,
	KERNEL_PAIR_EQUAL
} kernel_pair;

/* An operand of a walk over rows: from one row to the next, and from one element to the next (0 or 1), in elements. */
typedef struct kernel_steps {
	int64_t row, element;
} kernel_steps;

typedef struct kernel_elementwise_kernels {
	const char *const *unary_names; /* of the kinds; NULL-terminated; the operators' names */
	void (*unary)(int kind, const void *x, void *y, bool low, int64_t n, float a, float b);
	/* dx = dy * f'(v); v is the function's input or output, as src/ops/unary.h says. */
	void (*unary_grad)(int kind, const void *v, const void *dy, void *dx, bool low, int64_t n, float a, float b);
	/* Results are dense, rows x n. Of comparisons they are uint8_t. */
	void (*pair)(kernel_pair kind, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n,
		kernel_steps sa, kernel_steps sb);
	void (*where)(const uint8_t *mask, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n,
		kernel_steps sm, kernel_steps sa, kernel_steps sb);
	void (*widen)(const uint16_t *x, float *y, int64_t n); /* bf16 to float */
	void (*narrow)(const float *x, uint16_t *y, int64_t n);
	/* y = x above 0, slope[i] * x below, in rows of n. */
	void (*prelu)(const void *x, void *y, bool low, int64_t rows, int64_t n, const float *slope);
	/* Smooth absolute difference; its gradient where dy is not NULL. */
	void (*smooth_l1)(const float *x, const float *t, const float *dy, float *y, int64_t n, float beta);
	/* Binary cross entropy of logits, weight (nullable) multiplying the positive part; all of one shape but weight with
	 * its own steps. */
	void (*bce)(const float *x, const float *t, const float *weight, int64_t weight_step, float *y, int64_t n);
	void (*bce_grad)(const float *x, const float *t, const float *weight, int64_t weight_step, const float *dy,
		float *dx, int64_t n);
} kernel_elementwise_kernels;
KERNEL_FAMILY(elementwise)
#endif
