/*
 * The functions of one number: activations and the like, by name. Kernels are chosen by these names, and are compared
 * with these functions.
 */
#ifndef SECANT_OPS_UNARY_H
#define SECANT_OPS_UNARY_H
#include "ops/ops.h"

/* What the derivative is computed from: the input, the result (so that the input need not be kept), or nothing, as it
 * is a constant. */
typedef enum secant_unary_from { SECANT_FROM_INPUT, SECANT_FROM_OUTPUT, SECANT_FROM_NOTHING } secant_unary_from;

typedef struct secant_unary {
	const char *name;
	double (*f)(double x, double a, double b); /* a, b: secant_number_attr */
	double (*df)(double v, double a, double b); /* dy/dx; v is x or y, as `from` says */
	secant_unary_from from;
} secant_unary;

/* unary_grad: dx = dy * df(v) for inputs v, dy. */
typedef struct secant_unary_grad_attr {
	int kind;
	double a, b;
} secant_unary_grad_attr; /* kind: index into the table */

int secant_unary_find(const char *name); /* index of an operator's name; -1: not one of these */
const secant_unary *secant_unary_at(int i); /* NULL after the last */
#endif
