/* A model of ONNX on tensors, by a plan of ours where every node has operators of ours. */
#ifndef SECANT_DEPLOY_ONNX_RUN_H
#define SECANT_DEPLOY_ONNX_RUN_H
#include "exec/exec.h"
#include "formats/onnx/map.h"

/* A store with the numbers of the network's states; NULL and err on failure. */
secant_store *secant_onnx_store(const secant_onnx_network *n, bool f64, secant_err *err);
/* As secant_onnx_run, at the speed of plans. UNSUPPORTED: some nodes have no operators of ours; all of them are named.
 */
secant_status secant_onnx_run_planned(const secant_onnx_model *m, secant_onnx_tensor *const *in, int n_in,
	secant_onnx_tensor **out, const secant_plan_options *options, secant_err *err) SECANT_NODISCARD;
#endif
