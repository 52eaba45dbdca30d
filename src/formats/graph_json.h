/*
 * Graphs as JSON: how a model file carries its network. Values in order; a reader may give other shapes for the inputs,
 * and shapes are inferred anew, so one stored graph serves every picture size its operators allow.
 *
 *     {"values": [{"input": "input", "dtype": "f32", "shape": [1,64,64,3]},
 *                 {"state": "encoder.conv1.weight", "shape": [64,3,7,7], "trainable": true},
 *                 {"constant": [0.5], "shape": []},
 *                 {"op": "conv2d", "in": [0,1,-1], "attr": {...}, "scope": "encoder.conv1"}, ...],
 *      "outputs": {"logits": 57}}     in order
 *
 * An input or state of whole numbers that stand for real ones says how: "scale": {"axis": 0, "scale": [...], "zero":
 * [...]}, one pair for all or one for each place along the axis. A node with k outputs takes k places; the places after
 * the first are null.
 */
#ifndef FORMAT_GRAPH_JSON_H
#define FORMAT_GRAPH_JSON_H
#include "base/json.h"
#include "graph/graph.h"

/* The graph with its named outputs. NULL: no memory. */
json_t *format_graph_to_json(const graph_net *g);
/* Builds the graph again, with its outputs. Its inputs, in order, take the `n` shapes of `inputs` (NULL: the shapes
 * they were stored with). The JSON is hostile: everything is checked. Operators that only training needs are refused
 * unless `training`. NULL and err on failure. */
graph_net *format_graph_from_json(const json_t *j, const secant_shape *inputs, int n, bool training, secant_err *err);
#endif
