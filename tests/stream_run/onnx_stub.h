/* A model of ONNX as small as can be: y = x + the sum over the first axis, so that each row tells which rows ran with
 * it. */
#ifndef TESTS_STREAM_RUN_ONNX_STUB_H
#define TESTS_STREAM_RUN_ONNX_STUB_H
#include <stdio.h>
#include "stream/tensors.h"

static inline void
stub_value_info(base_str *graph, int number, const char *name, const int64_t *dim, int rank)
{
	base_str dims = { 0 }, tensor = { 0 }, type = { 0 }, info = { 0 };
	for (int i = 0; i < rank; i++) {
		base_str one = { 0 };
		char symbol[16];
		snprintf(symbol, sizeof symbol, "n%d", i);
		if (dim[i] > 0)
			format_wire_put_varint(&one, 1, (uint64_t)dim[i]);
		else
			format_wire_put_text(&one, 2, symbol);
		format_wire_put_message(&dims, 1, &one);
	}
	format_wire_put_varint(&tensor, 1, 1); /* FLOAT */
	format_wire_put_message(&tensor, 2, &dims);
	format_wire_put_message(&type, 1, &tensor);
	format_wire_put_text(&info, 1, name);
	format_wire_put_message(&info, 2, &type);
	format_wire_put_message(graph, number, &info);
}

static inline void
stub_node(base_str *graph, const char *op, const char *a, const char *b, const char *to)
{
	base_str node = { 0 };
	format_wire_put_text(&node, 1, a);
	if (b)
		format_wire_put_text(&node, 1, b);
	format_wire_put_text(&node, 2, to);
	format_wire_put_text(&node, 4, op);
	if (!b) { /* axes [0] */
		base_str attribute = { 0 };
		format_wire_put_text(&attribute, 1, "axes");
		format_wire_put_varint(&attribute, 8, 0);
		format_wire_put_varint(&attribute, 20, 7);
		format_wire_put_message(&node, 5, &attribute);
	}
	format_wire_put_message(graph, 1, &node);
}

/* Sizes that are 0 are open. */
static inline void
stub_model_of(const char *path, const int64_t *dim, int rank)
{
	base_str graph = { 0 }, model = { 0 }, opset = { 0 };
	stub_node(&graph, "ReduceSum", "x", NULL, "sum");
	stub_node(&graph, "Add", "x", "sum", "y");
	format_wire_put_text(&graph, 2, "g");
	stub_value_info(&graph, 11, "x", dim, rank);
	stub_value_info(&graph, 12, "y", dim, rank);
	format_wire_put_varint(&model, 1, 6);
	format_wire_put_message(&model, 7, &graph);
	format_wire_put_varint(&opset, 2, 11);
	format_wire_put_message(&model, 8, &opset);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(model.p, 1, model.n, f), model.n);
	assert_int_equal(fclose(f), 0);
	base_str_free(&model);
}

static inline void
stub_model(const char *path, int rows, int columns)
{
	stub_model_of(path, (int64_t[]){ rows, columns }, 2);
}
#endif
