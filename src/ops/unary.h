/*
 * The functions of one number: activations and the like, by name. Kernels are chosen by these names, and are compared
 * with these functions.
 */
#ifndef OP_UNARY_H
#define OP_UNARY_H
#include "ops/ops.h"

/* What the derivative is computed from: the input, the result (so that the input need not be kept), or nothing, as it
 * is a constant. */
typedef enum op_unary_from { OP_FROM_INPUT, OP_FROM_OUTPUT, OP_FROM_NOTHING } op_unary_from;

typedef struct op_unary {
	const char *name;
	double (*f)(double x, double a, double b); /* a, b: op_number_attr */
	double (*df)(double v, double a, double b); /* dy/dx; v is x or y, as `from` says */
	op_unary_from from;
} op_unary;

/* unary_grad: dx = dy * df(v) for inputs v, dy. */
typedef struct op_unary_grad_attr {
	int kind;
	double a, b;
} op_unary_grad_attr; /* kind: index into the table */

int op_unary_find(const char *name); /* index of an operator's name; -1: not one of these */
const op_unary *op_unary_at(int i); /* NULL after the last */
#endif
