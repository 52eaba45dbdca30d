/*
 * A graph written anew: what every pass does. A pass walks the nodes of `from` in their order, copies most of them to
 * `to` and writes others in the stead of the rest; a node that it leaves out has nobody who reads it in the end.
 *
 *     graph_rewrite w;
 *     bool ok = graph_rewrite_begin(&w, g, keep, n, err);
 *     for (int i = 0; ok && i < graph_nodes(g); i++) graph_rewrite_node(&w, i);      // or something better
 *     return graph_rewrite_end(&w, keep, n, ok, err);
 *
 * Errors while nodes are written stay with the graph (graph_fail) and come out of graph_rewrite_end.
 */
#ifndef GRAPH_REWRITE_H
#define GRAPH_REWRITE_H

#include "graph/graph.h"

typedef struct graph_readers {
	int count, node;
} graph_readers; /* node: one of those that read */

typedef struct graph_rewrite {
	const graph_net *from;
	graph_net *to;
	graph_value *map; /* of each value of `from`: the value of `to`; -1: not there yet */
	graph_readers *readers; /* of each value of `from`; kept ones count two more: nobody is their only reader */
	bool *left_out; /* of each node of `from`: graph_rewrite_leave_out was asked */
} graph_rewrite;

/* keep[n]: values of `from` that must come out. false: no memory; graph_rewrite_end is due all the same. */
bool graph_rewrite_begin(graph_rewrite *w, const graph_net *from, const graph_value *keep, int n, secant_err *err);
/* Puts the values of `to` into keep[n] and returns `to`; NULL after an error or where `ok` is false. */
graph_net *graph_rewrite_end(graph_rewrite *w, graph_value *keep, int n, bool ok, secant_err *err);

/* The value of `to` for one of `from`; inputs, states and constants come over when first asked for. -1 stays -1. */
graph_value graph_rewrite_value(graph_rewrite *w, graph_value v);
/* Input k of node n of `from`, as a value of `to`; -1 where n is NULL or has none. */
graph_value graph_rewrite_input(graph_rewrite *w, const graph_node *n, int k);
/* Room for the inputs of n in the arena of `to`; NULL: no memory, which the graph remembers. */
graph_value *graph_rewrite_room(graph_rewrite *w, const graph_node *n);
/* Node n with inputs of `to`, in the stead of n: all that read n's results read its. */
const graph_node *graph_rewrite_with(graph_rewrite *w, const graph_node *n, const graph_value *in);
/* A first walk says which nodes another stands for, a second one looks at left_out and writes none of them. NULL is
 * fine. */
void graph_rewrite_leave_out(graph_rewrite *w, const graph_node *n);
/* Node i of `from` as it is. */
const graph_node *graph_rewrite_node(graph_rewrite *w, int i);

/* The node of `from` whose output 0 is v, if it is `op` (NULL: any); else NULL. */
const graph_node *graph_rewrite_maker(const graph_rewrite *w, graph_value v, const char *op);
/* The same where it has one reader. */
const graph_node *graph_rewrite_own(const graph_rewrite *w, graph_value v, const char *op);
/* Is v a state of `from`? */
bool graph_rewrite_is_state(const graph_rewrite *w, graph_value v);
/* The number of the node of `from` that makes n's output 0, which is n. */
int graph_rewrite_index(const graph_rewrite *w, const graph_node *n);

#endif
