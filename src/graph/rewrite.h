/*
 * A graph written anew: what every pass does. A pass walks the nodes of `from` in their order, copies most of them to
 * `to` and writes others in the stead of the rest; a node that it leaves out has nobody who reads it in the end.
 *
 *     secant_rewrite w;
 *     bool ok = secant_rewrite_begin(&w, g, keep, n, err);
 *     for (int i = 0; ok && i < secant_graph_nodes(g); i++) secant_rewrite_node(&w, i);      // or something better
 *     return secant_rewrite_end(&w, keep, n, ok, err);
 *
 * Errors while nodes are written stay with the graph (secant_graph_fail) and come out of secant_rewrite_end.
 */
#ifndef SECANT_GRAPH_REWRITE_H
#define SECANT_GRAPH_REWRITE_H

#include "graph/graph.h"

typedef struct secant_readers {
	int count, node;
} secant_readers; /* node: one of those that read */

typedef struct secant_rewrite {
	const secant_graph *from;
	secant_graph *to;
	secant_value *map; /* of each value of `from`: the value of `to`; -1: not there yet */
	secant_readers *readers; /* of each value of `from`; kept ones count two more: nobody is their only reader */
} secant_rewrite;

/* keep[n]: values of `from` that must come out. false: no memory; secant_rewrite_end is due all the same. */
bool secant_rewrite_begin(
	secant_rewrite *w, const secant_graph *from, const secant_value *keep, int n, secant_err *err);
/* Puts the values of `to` into keep[n] and returns `to`; NULL after an error or where `ok` is false. */
secant_graph *secant_rewrite_end(secant_rewrite *w, secant_value *keep, int n, bool ok, secant_err *err);

/* The value of `to` for one of `from`; inputs, states and constants come over when first asked for. -1 stays -1. */
secant_value secant_rewrite_value(secant_rewrite *w, secant_value v);
/* Input k of node n of `from`, as a value of `to`; -1 where n is NULL or has none. */
secant_value secant_rewrite_input(secant_rewrite *w, const secant_node *n, int k);
/* Room for the inputs of n in the arena of `to`; NULL: no memory, which the graph remembers. */
secant_value *secant_rewrite_room(secant_rewrite *w, const secant_node *n);
/* Node n with inputs of `to`, in the stead of n: all that read n's results read its. */
const secant_node *secant_rewrite_with(secant_rewrite *w, const secant_node *n, const secant_value *in);
/* Node i of `from` as it is. */
const secant_node *secant_rewrite_node(secant_rewrite *w, int i);

/* The node of `from` whose output 0 is v, if it is `op` (NULL: any); else NULL. */
const secant_node *secant_rewrite_maker(const secant_rewrite *w, secant_value v, const char *op);
/* The same where it has one reader. */
const secant_node *secant_rewrite_own(const secant_rewrite *w, secant_value v, const char *op);
/* Is v a state of `from`? */
bool secant_rewrite_is_state(const secant_rewrite *w, secant_value v);
/* The number of the node of `from` that makes n's output 0, which is n. */
int secant_rewrite_index(const secant_rewrite *w, const secant_node *n);

#endif
