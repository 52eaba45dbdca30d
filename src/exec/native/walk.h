/*
 * Broadcasting, flattened: the output's axes joined to as few as the operands' repetition allows, the last of which is
 * walked by a kernel in rows. Short rows against a repeated vector become long ones (the vector is copied into
 * scratch).
 */
#ifndef EXEC_NATIVE_WALK_H
#define EXEC_NATIVE_WALK_H
#include "exec/native/native.h"
#include "kernels/elementwise.h"

enum { EXEC_WALK_OPERANDS = 4 };

typedef struct exec_walk {
	int n, rank; /* operands; axes, at least 2 */
	int64_t dim[SECANT_MAX_RANK + 1], stride[EXEC_WALK_OPERANDS][SECANT_MAX_RANK + 1];
	int64_t total, last; /* rows; numbers in the last row */
	int64_t
		repeat[EXEC_WALK_OPERANDS]; /* the operand's vector is repeated to this length in scratch; 0: used as it is */
} exec_walk;

/* Of the first n inputs of a step against its output 0. */
exec_walk exec_walk_of(const exec_step *s, int n);
/* Makes short rows long where that is possible; then run fills scratch by exec_walk_repeat. */
void exec_walk_widen(exec_walk *w);

/* What a kernel does with rows x n numbers: at[i] is the element where operand i starts, at[w->n] where the output
 * does. */
typedef void (*exec_walker)(const void *user, const exec_walk *w, const int64_t *at, int64_t rows, int64_t n);
void exec_walk_run(const exec_walk *w, int parts, exec_walker f, const void *user);

static inline kernel_steps
exec_walk_steps(const exec_walk *w, int i)
{
	return (kernel_steps){ w->stride[i][w->rank - 2], w->stride[i][w->rank - 1] };
}
#endif
