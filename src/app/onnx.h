/* ONNX files as verbs see them: `run` and `info`. */
#ifndef APP_ONNX_H
#define APP_ONNX_H
#include <secant/model.h>
#include "base/json.h"
#include "base/mem.h"
#include "deploy/onnx_network.h"

/* Tensors named like the graph's inputs (a single one may be called `input`) through the network, into `out` under the
 * names of its outputs, in the file's own axis order and types. */
secant_status app_onnx_run_file(
	const char *model, const char *in, const secant_run *o, secant_tensors *out, secant_err *err) SECANT_NODISCARD;
/* Makes a model file of it; `said` receives what was taken, a line each. */
secant_status app_onnx_import(
	const char *path, const secant_import *o, const char *out, base_str *said, secant_err *err) SECANT_NODISCARD;
/* What `info` says; NULL and err on failure. */
json_t *app_onnx_describe(const char *path, secant_err *err);
#endif
