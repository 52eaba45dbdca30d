/*
 * The memory planner: every block has a life (first to last step) and a size; blocks whose lives overlap must not
 * overlap in the slab. Largest first, each at the lowest offset that is free during its life (Pisarchyk, Lee: Efficient
 * memory management for deep neural net inference, 2020: greedy by size).
 */
#include "exec/plan.h"
#include <stdlib.h>

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

secant_status
secant_plan_lay_out(secant_plan *p, secant_err *err)
{
	int values = secant_graph_values(p->g), n = 0;
	block *b = secant_calloc((size_t)values + (size_t)p->n_step, sizeof *b);
	const block **placed = secant_calloc((size_t)values + (size_t)p->n_step, sizeof *placed);
	if (!b || !placed) {
		secant_free(b);
		secant_free(placed);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to plan memory");
	}
	for (int v = 0; v < values; v++) {
		secant_location *l = &p->at[v];
		if (l->place == SECANT_PLACE_SLAB) {
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
	qsort(b, (size_t)n, sizeof *b, larger_first);
	for (int i = 0; i < n; i++) {
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
	return SECANT_OK;
}
