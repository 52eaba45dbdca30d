/* What atc's flags say of a network's values: which come out, in which types, and which come in in 16 bits. */
#ifndef APP_ATC_OUTPUTS_H
#define APP_ATC_OUTPUTS_H
#include <secant/atc.h>
#include "deploy/offline_onnx.h"

/* Adds to what an offline model is told: "outputs", "types", and "half" of its "inputs". */
secant_status app_atc_choose(
	const secant_atc *o, const format_onnx_graph *g, json_t *told, secant_err *err) SECANT_NODISCARD;
#endif
