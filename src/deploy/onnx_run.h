/* A model of ONNX on tensors, by a plan of ours where every node has operators of ours. */
#ifndef DEPLOY_ONNX_RUN_H
#define DEPLOY_ONNX_RUN_H
#include "exec/exec.h"
#include "deploy/offline_onnx.h"
#include "formats/onnx/map.h"

/* A store with the numbers of the network's states; NULL and err on failure. */
exec_store *deploy_onnx_store(const format_onnx_network *n, bool f64, secant_err *err);
/* Plans of one model for the sizes it was run with, the last few kept: mapping and planning cost far more than a run of
 * a small network. Not for two threads at once; the model is borrowed. */
typedef struct deploy_onnx_plans deploy_onnx_plans;
deploy_onnx_plans *deploy_onnx_plans_new(const format_onnx_model *m, const exec_plan_options *options, secant_err *err);
void deploy_onnx_plans_free(deploy_onnx_plans *p); /* NULL is fine */
/* What a compiler said of the model: only its shapes run, and inputs with AIPP come as bytes (UINT8) in the shape of
 * deploy_offline_picture. Before the first run; borrowed. */
void deploy_onnx_plans_offline(deploy_onnx_plans *p, const deploy_offline_onnx *o);
/* Asked between steps of a run; what it refuses ends the run. NULL: nobody asks. */
void deploy_onnx_plans_ask(deploy_onnx_plans *p, secant_status (*ask)(void *user, secant_err *err), void *user);
/* As format_onnx_run, at the speed of plans. UNSUPPORTED: some nodes have no operators of ours; all of them are named.
 */
secant_status deploy_onnx_plans_run(deploy_onnx_plans *p, format_onnx_tensor *const *in, int n_in,
	format_onnx_tensor **out, secant_err *err) SECANT_NODISCARD;
/* The same for one run. */
secant_status deploy_onnx_run_planned(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in,
	format_onnx_tensor **out, const exec_plan_options *options, secant_err *err) SECANT_NODISCARD;
/* The same where some nodes have no operators of ours: they are done by their plain meanings, and what lies before and
 * behind them by plans. UNSUPPORTED: the model does not come apart. */
secant_status deploy_onnx_run_in_parts(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in,
	format_onnx_tensor **out, const exec_plan_options *options, secant_err *err) SECANT_NODISCARD;
#endif
