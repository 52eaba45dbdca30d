/* A model on tensors in the file's own shapes and types, by the operators' plain meanings. */
#ifndef FORMAT_ONNX_RUN_H
#define FORMAT_ONNX_RUN_H
#include "formats/onnx/onnx.h"

/* in[i], n_in of them: for m->graph.in[i]; NULL only where an option is left out. out[m->graph.n_out] receives held
 * tensors (NULL: an absent option). Refused: a tensor whose type or fixed shape is not what the graph declares. */
secant_status format_onnx_run(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in,
	format_onnx_tensor **out, secant_err *err) SECANT_NODISCARD;

/* The same within bounds: bytes of one tensor, and numbers computed in all. For those who try what nobody vouches for.
 */
secant_status format_onnx_run_within(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in,
	format_onnx_tensor **out, int64_t bytes, int64_t work, secant_err *err) SECANT_NODISCARD;

/* Every kind of node that format_onnx_run cannot do, and why, "; " between; "" when there is none. Caller frees; NULL:
 * no memory. */
char *format_onnx_refused(const format_onnx_model *m);
#endif
