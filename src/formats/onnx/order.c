/*
 * Nodes in an order in which each follows those whose values it reads. Files promise that order and programs that edit
 * them break it; ONNX Runtime sorts, and so does this. Where the file keeps its promise nothing moves.
 */
#include <stdlib.h>
#include <string.h>
#include "formats/onnx/onnx.h"

typedef struct maker {
	const char *name;
	int node;
} maker;

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const maker *)a)->name, ((const maker *)b)->name);
}

/* What a node needs: the nodes that make what it reads, those that its graphs read too. */
typedef struct needs {
	const maker *makers;
	size_t n_makers;
	int *to; /* NULL: they are counted */
	size_t n;
} needs;

static void
add_reader(needs *s, const format_onnx_node *n)
{
	for (int i = 0; i < n->n_in; i++) {
		maker key = { .name = n->in[i] },
			  *m = s->n_makers && *n->in[i] ? bsearch(&key, s->makers, s->n_makers, sizeof key, by_name) : NULL;
		if (m && s->to)
			s->to[s->n] = m->node;
		s->n += m != NULL;
	}
	for (int k = 0; k < n->n_attr; k++) {
		const format_onnx_graph *g = n->attr[k].g;
		for (int i = 0; g && i < g->n_node; i++)
			add_reader(s, &g->node[i]);
		for (int i = 0; g && i < g->n_out; i++)
			add_reader(s, &(format_onnx_node){ .in = &g->out[i].name, .n_in = 1 });
	}
}

/* The nodes, depth first: each after what it needs. False: they need each other in a circle. */
static bool
place(int n, const size_t *from, const int *to, int *order)
{
	enum { NEW, OPEN, DONE };
	bool good = true;
	int depth, placed = 0;
	char *state = secant_calloc((size_t)n + 1, 1);
	int *stack = secant_calloc((size_t)n + 1, sizeof *stack);
	size_t *next = secant_calloc((size_t)n + 1, sizeof *next);
	good = state && stack && next;
	for (int i = 0; i < n && good; i++) {
		if (state[i] != NEW)
			continue;
		stack[0] = i;
		depth = 1;
		state[i] = OPEN;
		while (depth && good) {
			int k = stack[depth - 1];
			if (next[k] == from[k + 1] - from[k]) {
				state[k] = DONE;
				order[placed++] = k;
				depth--;
				continue;
			}
			int m = to[from[k] + next[k]++];
			good = state[m] != OPEN;
			if (state[m] == NEW) {
				state[m] = OPEN;
				stack[depth++] = m;
			}
		}
	}
	secant_free(state);
	secant_free(stack);
	secant_free(next);
	return good;
}

void
format_onnx_sort(format_onnx_graph *g)
{
	size_t outs = 0, n = (size_t)g->n_node;
	for (int i = 0; i < g->n_node; i++)
		outs += (size_t)g->node[i].n_out;
	maker *makers = secant_calloc(outs + 1, sizeof *makers);
	size_t *from = secant_calloc(n + 2, sizeof *from);
	int *order = secant_calloc(n + 1, sizeof *order);
	needs s = { .makers = makers };
	for (int i = 0; i < g->n_node && makers; i++)
		for (int k = 0; k < g->node[i].n_out; k++)
			if (*g->node[i].out[k])
				makers[s.n_makers++] = (maker){ g->node[i].out[k], i };
	if (makers)
		qsort(makers, s.n_makers, sizeof *makers, by_name);
	bool sorted = true;
	for (int pass = 0; pass < 2 && makers && from && order; pass++) {
		s.n = 0;
		for (int i = 0; i < g->n_node; i++) {
			from[i] = s.n;
			add_reader(&s, &g->node[i]);
			for (size_t k = from[i]; pass && k < s.n; k++)
				sorted &= s.to[k] < i;
		}
		from[n] = s.n;
		if (!pass && !(s.to = secant_calloc(s.n + 1, sizeof *s.to)))
			break;
	}
	format_onnx_node *nodes = !sorted && s.to && place(g->n_node, from, s.to, order)
		? secant_calloc(n + 1, sizeof *nodes)
		: NULL;
	for (int i = 0; nodes && i < g->n_node; i++)
		nodes[i] = g->node[order[i]];
	if (nodes)
		memcpy(g->node, nodes, n * sizeof *nodes);
	secant_free(nodes);
	secant_free(makers);
	secant_free(from);
	secant_free(order);
	secant_free(s.to);
}
