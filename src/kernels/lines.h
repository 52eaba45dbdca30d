/*
 * Work along one axis: softmax and its like. A line is n numbers `step` apart; `lanes` lines lie side by side. Outputs
 * may be the same buffer as an input of the same storage type.
 */
#ifndef KERNEL_LINES_H
#define KERNEL_LINES_H
#include "kernels/kernels.h"

typedef enum kernel_line_kind {
	KERNEL_LINE_SOFTMAX,
	KERNEL_LINE_LOG_SOFTMAX,
	KERNEL_LINE_SOFTMAX_GRAD,
	KERNEL_LINE_LOG_SOFTMAX_GRAD,
	KERNEL_LINE_L2,
	KERNEL_LINE_CUMSUM,
	KERNEL_LINE_CUMSUM_GRAD,
	KERNEL_LINE_LOGSUMEXP
} kernel_line_kind;

typedef struct kernel_lines_kernels {
	/* Formulas: src/ops/op_softmax.c. a: x or y, b: dy or NULL. LOGSUMEXP writes one float a line, one behind the
	 * other, whatever `low` says. */
	void (*columns)(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t n, int64_t step,
		int64_t lanes, float eps);
	/* The same for `rows` contiguous lines behind each other. */
	void (*rows)(
		kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, float eps);
	/* The first largest number of each line (not-a-number is larger than all), and its index; either may be NULL. */
	void (*largest)(const void *x, bool low, int64_t n, int64_t step, int64_t lanes, void *y, int32_t *index);
} kernel_lines_kernels;
KERNEL_FAMILY(lines)
#endif
