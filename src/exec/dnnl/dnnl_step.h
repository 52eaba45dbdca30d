/*
 * Steps made of oneDNN primitives. What differs between oneDNN's versions stands in onednn.h.
 *
 * A step is a short list of calls (reorder, convolution, reorder); each argument of a call names where its memory is:
 * an input or output of the step, the packed copy of a weight, or a place in the step's scratch. Memory objects belong
 * to a context, primitives to the plan.
 */
#ifndef EXEC_DNNL_DNNL_STEP_H
#define EXEC_DNNL_DNNL_STEP_H
#include "exec/dnnl/onednn.h"
#include "exec/exec.h"

typedef enum dnnl_where { WHERE_IN, WHERE_OUT, WHERE_PACKED, WHERE_SCRATCH } dnnl_where;
typedef struct dnnl_argument {
	int arg;
	onednn_md md;
	dnnl_where where;
	int index;
	size_t offset;
} dnnl_argument;

enum { MAX_ARGS = 8, MAX_CALLS = 4 };
typedef struct dnnl_call {
	dnnl_primitive_t primitive;
	int n;
	dnnl_argument arg[MAX_ARGS];
} dnnl_call;

typedef struct dnnl_data {
	dnnl_call call[MAX_CALLS]; /* run in this order */
	int n;
	dnnl_call pack; /* state -> packed; primitive NULL: nothing is packed */
	void *packed; /* the weights as the primitive wants them */
	onednn_mds mds; /* owns every descriptor of this step */
	int act_after; /* a row of src/ops/act.h that our kernel does to output 0 after the calls */
	int copy_in; /* i + 1: input i is copied to output 0 before the calls (residual sum) */
} dnnl_data;

dnnl_engine_t exec_dnnl_engine(void);
dnnl_data_type_t exec_dnnl_type(secant_dtype d);
/* A fresh s->data, before anything else; NULL and err: no memory. */
dnnl_data *exec_dnnl_new(exec_step *s, secant_err *err);
onednn_md exec_dnnl_md(exec_step *s, int n, const int64_t *dims, dnnl_data_type_t type, dnnl_format_tag_t tag);
/* N x H x W x C as oneDNN sees it: logical NCHW in nhwc memory. */
onednn_md exec_dnnl_nhwc(exec_step *s, const exec_operand *o);
/* Adds a call for primitive descriptor `pd`; takes pd, reserves its scratchpad in the step's scratch. `main` calls give
 * the step its detail. NULL and err on failure. */
dnnl_call *exec_dnnl_add(exec_step *s, dnnl_primitive_desc_t pd, bool main, secant_err *err);
void exec_dnnl_arg(dnnl_call *c, int arg, onednn_md md, dnnl_where where, int index, size_t offset);
/* Room in the step's scratch; returns its offset. */
size_t exec_dnnl_scratch(exec_step *s, onednn_md_ref md);
/* Makes weights available in layout `wanted`: the argument to use in the call. A state is packed once (by pack), in
 * training and anything else in every run, into scratch; in the right layout already: used as it is. Must come before
 * the call that uses it. */
secant_status exec_dnnl_weights(
	exec_step *s, int input, onednn_md user, onednn_md wanted, dnnl_argument *arg, secant_err *err);
/* The main call of a step with weights: makes input `input` (in layout `user`) available as `pd` wants it, adds the
 * call and its weights argument. Takes pd. */
secant_status exec_dnnl_weighted(
	exec_step *s, dnnl_primitive_desc_t pd, int input, onednn_md user, dnnl_call **call, secant_err *err);
/* A step that multiplies blocks: calls for y (rows x out, of type `to`) = x (input 0: rows x in) times input 1, floats
 * that stand as `tag` says for in x out. The last call is the product, those before lay the weights out. Starts
 * s->data; s->scratch is what the caller wants before it. */
secant_status exec_dnnl_block_product(
	exec_step *s, int64_t rows, int64_t in, int64_t out, secant_dtype to, dnnl_format_tag_t tag, secant_err *err);
/* Where a result in layout `made` goes so that output 0 gets it in layout `user`: the argument, and after the main call
 * exec_dnnl_deliver adds the reorder if one is needed. */
void exec_dnnl_result(exec_step *s, onednn_md user, onednn_md_ref made, int arg, dnnl_argument *out);
secant_status exec_dnnl_deliver(exec_step *s, onednn_md user, const dnnl_argument *made, secant_err *err);

/* act: a row of src/ops/act.h; where oneDNN has none of that kind, exec_dnnl_finish makes our kernel follow. */
dnnl_primitive_attr_t exec_dnnl_attr(bool sum, int act);
void exec_dnnl_finish(exec_step *s, int act);
secant_status exec_dnnl_pack(exec_step *s, const void *const *in, secant_err *err);
void *exec_dnnl_bind(const exec_step *s);
void exec_dnnl_unbind(const exec_step *s, void *bound);
secant_status exec_dnnl_run(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err);
/* One call alone, on the addresses given: for steps that run a primitive block by block. */
secant_status exec_dnnl_run_call(
	const exec_step *s, void *bound, int call, const void *const *in, void *const *out, void *scratch, secant_err *err);
void exec_dnnl_release(exec_step *s);
bool exec_dnnl_types_ok(const exec_step *s); /* all operands F32 or BF16, and bf16 only where the CPU has it */

/* The rest of an implementation whose prepare is PREPARE. */
#define DNNL_IMPL(OP, PREPARE, INPLACE) \
	{ \
		.op = OP, .name = "onednn", .supports = exec_dnnl_types_ok, .prepare = PREPARE, .pack = exec_dnnl_pack, \
		.bind = exec_dnnl_bind, .unbind = exec_dnnl_unbind, .run = exec_dnnl_run, .release = exec_dnnl_release, \
		.inplace = INPLACE \
	}
#endif
