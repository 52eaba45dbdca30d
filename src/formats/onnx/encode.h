/*
 * Models of ONNX as they were read (onnx.h), as bytes again: for programs that change some nodes of a file and leave
 * the rest. Numbers of tensors are written raw; documentation, inferred shapes and training information are not kept.
 */
#ifndef FORMAT_ONNX_ENCODE_H
#define FORMAT_ONNX_ENCODE_H
#include "formats/onnx/onnx.h"

/* Fields of a GraphProto. UNSUPPORTED: numbers or attributes that are not written, by name. */
void format_onnx_put_node(base_str *graph, const format_onnx_node *n);
void format_onnx_put_initializer(base_str *graph, const char *name, const format_onnx_tensor *t);
void format_onnx_put_info(base_str *graph, int field, const format_onnx_info *v); /* field 11: input, 12: output */
/* A ModelProto around a graph: everything of m but its graph. The graph is freed. */
void format_onnx_put_model(base_str *out, const format_onnx_model *m, base_str *graph);
/* What of m cannot be written; nothing: OK. */
secant_status format_onnx_writable(const format_onnx_model *m, secant_err *err) SECANT_NODISCARD;
#endif
