/*
 * Graphs as JSON: how a model file carries its network. Values in order; a reader may give other shapes for the inputs,
 * and shapes are inferred anew, so one stored graph serves every picture size its operators allow.
 *
 *     {"values": [{"input": "input", "dtype": "f32", "shape": [1,64,64,3]},
 *                 {"state": "encoder.conv1.weight", "shape": [64,3,7,7], "trainable": true},
 *                 {"constant": [0.5], "shape": []},
 *                 {"op": "conv2d", "in": [0,1,-1], "attr": {...}, "scope": "encoder.conv1"}, ...],
 *      "outputs": {"logits": 57}}
 *
 * A node with k outputs takes k places; the places after the first are null.
 */
#ifndef SECANT_FORMATS_GRAPH_JSON_H
#define SECANT_FORMATS_GRAPH_JSON_H
#include "base/json.h"
#include "graph/graph.h"

/* NULL: no memory. `names` and `outputs`: n entries; absent outputs (-1) are left out. */
json_t *secant_graph_to_json(const secant_graph *g, const char *const *names, const secant_value *outputs, int n);
/* Builds the graph again. Input "input" takes `shape` when that is given. outputs[i]: the value named names[i], -1 if
 * absent. The JSON is hostile: everything is checked. Operators that only training needs are refused unless `training`.
 * NULL and err on failure. */
secant_graph *secant_graph_from_json(const json_t *j, const secant_shape *shape, bool training,
	const char *const *names, secant_value *outputs, int n, secant_err *err);
#endif
