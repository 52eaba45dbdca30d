/*
 * What an operator's inputs must be, as its descriptor says it: `takes` has a word for each input, of a kind and a
 * shape.
 *
 *     kind    real, int (masks and places too), any
 *     =0      the shape of input 0
 *     #1      one number, of any rank
 *     :axes   axes joined by x, as in "real:NxPx1xC"; each is a number, a letter (a size: the same wherever the letter
 *             stands) or _ (any size); ".." in front or behind stands for any further axes
 *
 *     "real:..C real:C real=0"     x with channels last, a number for each channel, something like x
 *
 * A last word "..." repeats the one before for all further inputs. Absent inputs are passed over: how many there must
 * be is min_in. Types are checked first, so that a shape rule reads only what is there; what words cannot say stands in
 * it.
 */
#ifndef GRAPH_TAKES_H
#define GRAPH_TAKES_H
#include "graph/graph.h"

/* "input 3 is 4, want 16": the first input that is not what its word says. A NULL `takes` says nothing. */
secant_status graph_takes_check(const char *takes, const graph_signature *s, secant_err *err) SECANT_NODISCARD;
/* How many inputs the words speak of; -1: any number; -2: they cannot be read, or one speaks of an input behind it. */
int graph_takes_words(const char *takes);
#endif
