/* The first numbers of an axis by size (op_topk.c). */
#ifndef OP_TOPK_H
#define OP_TOPK_H
#include "ops/ops.h"

typedef struct op_topk_attr {
	int axis, k;
	bool smallest;
} op_topk_attr;

/* A number and its place along the axis. */
typedef struct op_ranked {
	double v;
	int32_t at;
} op_ranked;

/* Sorts n numbers: the first by size come first, of equal ones that with the lower place, what is no number last. */
void op_rank(op_ranked *r, int64_t n, bool smallest);
#endif
