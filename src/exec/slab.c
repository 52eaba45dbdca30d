/*
 * The memory planner: every block has a life (first to last step) and a size; blocks whose lives overlap must not
 * overlap in the slab. Largest first, each at the lowest offset that is free during its life (Pisarchyk, Lee: Efficient
 * memory management for deep neural net inference, 2020: greedy by size).
 *
 * That compares every block with every other. Graphs of so many values that this would take long (a file may hold a
 * million) are laid out in the order of steps instead, each block at the lowest gap of its size: a little more memory,
 * in time that grows with the number of values.
 */
#include "exec/plan.h"
#include <stdlib.h>
#include <string.h>

typedef struct block {
	size_t bytes, offset;
	int first, last;
	size_t *where;
} block;

static int
larger_first(const void *a, const void *b)
{
	const block *x = a, *y = b;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->first != y->first ? (x->first < y->first ? -1 : 1) : 0;
}

static size_t
rounded(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* `placed` is sorted by offset. */
static size_t
lowest_gap(const block *const *placed, int n, const block *b)
{
	size_t at = 0;
	for (int i = 0; i < n; i++) {
		const block *o = placed[i];
		if (o->last < b->first || b->last < o->first)
			continue;
		if (o->offset >= at + b->bytes)
			break;
		if (o->offset + o->bytes > at)
			at = o->offset + o->bytes;
	}
	return at;
}

enum { MANY = 4096 }; /* blocks from which on they are laid out in the order of steps */

static int
sooner_first(const void *a, const void *b)
{
	const block *x = a, *y = b;
	return x->first != y->first ? (x->first < y->first ? -1 : 1) : larger_first(a, b);
}

typedef struct gap {
	size_t at, bytes;
} gap;

/* Gives a range back; gaps are in order of place and never touch. */
static void
give_back(gap *gaps, int *n, size_t at, size_t bytes)
{
	int k = *n;
	while (k > 0 && gaps[k - 1].at > at)
		k--;
	bool joins_before = k > 0 && gaps[k - 1].at + gaps[k - 1].bytes == at,
		 joins_behind = k < *n && at + bytes == gaps[k].at;
	if (joins_before && joins_behind) {
		gaps[k - 1].bytes += bytes + gaps[k].bytes;
		memmove(gaps + k, gaps + k + 1, (size_t)(*n - k - 1) * sizeof *gaps);
		(*n)--;
	} else if (joins_before)
		gaps[k - 1].bytes += bytes;
	else if (joins_behind)
		gaps[k] = (gap){ at, bytes + gaps[k].bytes };
	else {
		memmove(gaps + k + 1, gaps + k, (size_t)(*n - k) * sizeof *gaps);
		gaps[k] = (gap){ at, bytes };
		(*n)++;
	}
}

/* The lowest place for `bytes`; the slab grows where no gap is large enough. */
static size_t
take_gap(gap *gaps, int *n, size_t bytes, size_t *slab)
{
	for (int k = 0; k < *n; k++)
		if (gaps[k].bytes >= bytes) {
			size_t at = gaps[k].at;
			gaps[k].at += bytes;
			gaps[k].bytes -= bytes;
			if (!gaps[k].bytes) {
				memmove(gaps + k, gaps + k + 1, (size_t)(*n - k - 1) * sizeof *gaps);
				(*n)--;
			}
			return at;
		}
	size_t at = *slab;
	if (*n && gaps[*n - 1].at + gaps[*n - 1].bytes == *slab)
		at = gaps[--*n].at;
	*slab = at + bytes;
	return at;
}

static secant_status
lay_out_in_order(exec_plan *p, block *b, int n, secant_err *err)
{
	int steps = p->n_step + 2, n_gaps = 0;
	int *ends = secant_calloc((size_t)steps, sizeof *ends), *next = secant_calloc((size_t)n + 1, sizeof *next);
	gap *gaps = secant_calloc((size_t)n + 2, sizeof *gaps);
	bool good = ends && next && gaps;
	qsort(b, (size_t)n, sizeof *b, sooner_first);
	for (int i = 0, step = 0; good && i < n; i++) {
		for (; step < b[i].first; step++) /* what ended before this step is free */
			for (int k = ends[step]; k; k = next[k])
				give_back(gaps, &n_gaps, b[k - 1].offset, b[k - 1].bytes);
		b[i].offset = *b[i].where = b[i].bytes ? take_gap(gaps, &n_gaps, b[i].bytes, &p->slab) : 0;
		int end = b[i].last < b[i].first ? b[i].first : b[i].last;
		end = end < 0 ? 0 : end < steps ? end : steps - 1;
		if (b[i].bytes) {
			next[i + 1] = ends[end];
			ends[end] = i + 1;
		}
	}
	secant_free(ends);
	secant_free(next);
	secant_free(gaps);
	return good ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory to plan memory");
}

secant_status
exec_plan_lay_out(exec_plan *p, secant_err *err)
{
	int values = graph_values(p->g), n = 0;
	block *b = secant_calloc((size_t)values + (size_t)p->n_step, sizeof *b);
	const block **placed = secant_calloc((size_t)values + (size_t)p->n_step, sizeof *placed);
	if (!b || !placed) {
		secant_free(b);
		secant_free(placed);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to plan memory");
	}
	for (int v = 0; v < values; v++) {
		exec_location *l = &p->at[v];
		if (l->place == EXEC_PLACE_SLAB) {
			p->sum += rounded(l->bytes);
			if (l->root == v)
				b[n++] = (block){ rounded(l->bytes), 0, l->first, l->last, &l->offset };
		}
	}
	for (int i = 0; i < p->n_step; i++)
		if (p->step[i].scratch) {
			p->sum += rounded(p->step[i].scratch);
			b[n++] = (block){ rounded(p->step[i].scratch), 0, i, i, &p->scratch_at[i] };
		}
	secant_status status = n > MANY ? lay_out_in_order(p, b, n, err) : SECANT_OK;
	if (n <= MANY)
		qsort(b, (size_t)n, sizeof *b, larger_first);
	for (int i = 0; i < n && n <= MANY; i++) {
		b[i].offset = *b[i].where = lowest_gap(placed, i, &b[i]);
		int k = i;
		for (; k > 0 && placed[k - 1]->offset > b[i].offset; k--)
			placed[k] = placed[k - 1];
		placed[k] = &b[i];
		if (b[i].offset + b[i].bytes > p->slab)
			p->slab = b[i].offset + b[i].bytes;
	}
	secant_free(b);
	secant_free(placed);
	return status;
}
