/* A model of ONNX on tensors, by a plan of ours where every node has operators of ours. */
#ifndef DEPLOY_ONNX_RUN_H
#define DEPLOY_ONNX_RUN_H
#include "exec/exec.h"
#include "formats/onnx/map.h"

/* A store with the numbers of the network's states; NULL and err on failure. */
exec_store *deploy_onnx_store(const format_onnx_network *n, bool f64, secant_err *err);
/* As format_onnx_run, at the speed of plans. UNSUPPORTED: some nodes have no operators of ours; all of them are named.
 */
secant_status deploy_onnx_run_planned(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in,
	format_onnx_tensor **out, const exec_plan_options *options, secant_err *err) SECANT_NODISCARD;
#endif
