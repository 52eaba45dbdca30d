/*
 * Broadcasting, flattened: the output's axes joined to as few as the operands' repetition allows, the last of which is
 * walked by a kernel in rows. Short rows against a repeated vector become long ones (the vector is copied into
 * scratch).
 */
#ifndef SECANT_EXEC_NATIVE_WALK_H
#define SECANT_EXEC_NATIVE_WALK_H
#include "exec/native/native.h"
#include "kernels/elementwise.h"

enum { SECANT_WALK_OPERANDS = 4 };

typedef struct secant_walk {
	int n, rank; /* operands; axes, at least 2 */
	int64_t dim[SECANT_MAX_RANK + 1], stride[SECANT_WALK_OPERANDS][SECANT_MAX_RANK + 1];
	int64_t total, last; /* rows; numbers in the last row */
	int64_t
		repeat[SECANT_WALK_OPERANDS]; /* the operand's vector is repeated to this length in scratch; 0: used as it is */
} secant_walk;

/* Of the first n inputs of a step against its output 0. */
secant_walk secant_walk_of(const secant_step *s, int n);
/* Makes short rows long where that is possible; then run fills scratch by secant_walk_repeat. */
void secant_walk_widen(secant_walk *w);

/* What a kernel does with rows x n numbers: at[i] is the element where operand i starts, at[w->n] where the output
 * does. */
typedef void (*secant_walker)(const void *user, const secant_walk *w, const int64_t *at, int64_t rows, int64_t n);
void secant_walk_run(const secant_walk *w, int parts, secant_walker f, const void *user);

static inline secant_steps
secant_walk_steps(const secant_walk *w, int i)
{
	return (secant_steps){ w->stride[i][w->rank - 2], w->stride[i][w->rank - 1] };
}
#endif
