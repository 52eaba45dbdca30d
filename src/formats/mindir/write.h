/* Networks of ours as MindIR. */
#ifndef FORMAT_MINDIR_WRITE_H
#define FORMAT_MINDIR_WRITE_H
#include "base/mem.h"
#include "graph/graph.h"

/*
 * Adds to `out` the network from the graph's one input, called `x` in the file, to `logits`, as the zoo's UnetEval ends
 * it: softmax N x H x W x C and argmax N x H x W over the channels. Parameters are called `net.` and their own name, as
 * MindSpore's export calls them, with the numbers of `tensors`. Sizes are the graph's. UNSUPPORTED: one error names
 * every node that has no form there.
 */
secant_status format_mindir_write(const graph_net *g, graph_value logits, const secant_tensors *tensors, base_str *out,
	secant_err *err) SECANT_NODISCARD;
#endif
