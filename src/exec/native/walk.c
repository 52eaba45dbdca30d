/* See walk.h. */
#include "exec/native/walk.h"

/* Stride of operand `x` along axis k of `y`: 0 where it is repeated. */
static int64_t
stride_in(const secant_shape *x, const secant_shape *y, int k)
{
	int axis = k - (y->rank - x->rank);
	int64_t stride = 1;
	if (axis < 0 || x->dim[axis] == 1)
		return 0;
	for (int i = axis + 1; i < x->rank; i++)
		stride *= x->dim[i];
	return stride;
}

/* True if axis `dim`, `stride` continues the last axis of w on the left side of it, for all operands. */
static bool
joins(const exec_walk *w, int64_t dim, const int64_t *stride)
{
	int last = w->rank - 1;
	for (int i = 0; i < w->n; i++)
		if (w->stride[i][last] != stride[i] * dim)
			return false;
	return true;
}

exec_walk
exec_walk_of(const exec_step *s, int n)
{
	const secant_shape *y = &s->out[0].shape;
	exec_walk w = { .n = n, .rank = 1, .dim = { 1 } };
	for (int k = 0; k < y->rank; k++) {
		int64_t stride[EXEC_WALK_OPERANDS] = { 0 };
		if (y->dim[k] == 1)
			continue;
		for (int i = 0; i < n; i++)
			stride[i] = stride_in(&s->in[i].shape, y, k);
		if (w.rank > 1 && joins(&w, y->dim[k], stride))
			w.dim[w.rank - 1] *= y->dim[k];
		else
			w.dim[w.rank++] = y->dim[k];
		for (int i = 0; i < n; i++)
			w.stride[i][w.rank - 1] = stride[i];
	}
	if (w.rank == 1) /* one number */
		w.dim[w.rank++] = 1;
	w.total = 1;
	for (int k = 0; k + 1 < w.rank; k++)
		w.total *= w.dim[k];
	w.last = w.dim[w.rank - 1];
	return w;
}

void
exec_walk_widen(exec_walk *w)
{
	int64_t n = w->dim[w->rank - 1], rows = w->dim[w->rank - 2];
	if (w->rank != 3 || w->dim[0] != 1 || n >= 256 || rows < 2 || n < 1)
		return;
	for (int i = 0; i < w->n; i++) {
		const int64_t *s = w->stride[i] + w->rank - 2;
		if (!(s[1] == 1 && (s[0] == 0 || s[0] == n)) && !(s[0] == 0 && s[1] == 0))
			return;
	}
	exec_wide wide = exec_widen(rows, n);
	for (int i = 0; i < w->n; i++) {
		int64_t *s = w->stride[i] + w->rank - 2;
		if (s[0] == n)
			s[0] = wide.width;
		else if (s[1])
			w->repeat[i] = wide.width;
	}
	w->dim[w->rank - 2] = w->total = wide.rows;
	w->dim[w->rank - 1] = wide.width;
	w->last = wide.last;
}

/* Rows [from, to), all of one innermost block of rows and all of full length. */
static void
block(const exec_walk *w, int64_t from, int64_t rows, int64_t n, exec_walker f, const void *user)
{
	int64_t at[EXEC_WALK_OPERANDS + 1] = { 0 }, rest = from;
	for (int k = w->rank - 2; k >= 0; k--) {
		for (int i = 0; i < w->n; i++)
			at[i] += rest % w->dim[k] * w->stride[i][k];
		rest /= w->dim[k];
	}
	at[w->n] = from * w->dim[w->rank - 1];
	f(user, w, at, rows, n);
}

static void
rows_of_part(const exec_walk *w, int parts, int t, exec_walker f, const void *user)
{
	int64_t inner = w->dim[w->rank - 2], n = w->dim[w->rank - 1];
	int64_t r = exec_part(w->total, parts, t), end = exec_part(w->total, parts, t + 1), full = end;
	if (end == w->total && w->last < n && end > r)
		full--;
	while (r < full) {
		int64_t m = inner - r % inner;
		m = m < full - r ? m : full - r;
		block(w, r, m, n, f, user);
		r += m;
	}
	if (full < end)
		block(w, full, 1, w->last, f, user);
}

/* A single row is split inside. */
static void
part_of_row(const exec_walk *w, int parts, int t, exec_walker f, const void *user)
{
	int64_t from = exec_part(w->last, parts, t), to = exec_part(w->last, parts, t + 1), at[EXEC_WALK_OPERANDS + 1];
	for (int i = 0; i < w->n; i++)
		at[i] = from * w->stride[i][w->rank - 1];
	at[w->n] = from;
	if (to > from)
		f(user, w, at, 1, to - from);
}

void
exec_walk_run(const exec_walk *w, int parts, exec_walker f, const void *user)
{
	if (w->total <= 0 || w->last <= 0)
		return;
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		if (w->total == 1)
			part_of_row(w, parts, t, f, user);
		else
			rows_of_part(w, parts, t, f, user);
}
