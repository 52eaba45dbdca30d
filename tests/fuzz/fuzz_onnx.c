/* Models of ONNX: read, described, and run on zeros within small bounds. */
#include <stddef.h>
#include "formats/onnx/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 8 };
	secant_err err = { 0 };
	format_onnx_model *m = format_onnx_decode(data, size, &err);
	if (!m)
		return 0;
	secant_free(format_onnx_refused(m));
	format_onnx_tensor *in[MOST] = { 0 }, *out[MOST] = { 0 };
	const format_onnx_graph *g = &m->graph;
	if (g->n_in <= MOST && g->n_out <= MOST) {
		for (int i = 0; i < g->n_in; i++) {
			int64_t dim[FORMAT_ONNX_RANK];
			for (int d = 0; d < g->in[i].rank; d++)
				dim[d] = g->in[i].dim[d] < 0 ? 2 : g->in[i].dim[d];
			in[i] = format_onnx_tensor_new(g->in[i].type, g->in[i].rank < 0 ? 1 : g->in[i].rank,
				g->in[i].rank < 0 ? (int64_t[]){ 2 } : dim, 1 << 16, NULL);
		}
		(void)!format_onnx_run_within(m, in, g->n_in, out, 1 << 20, 1 << 20, &err);
		for (int i = 0; i < MOST; i++) {
			format_onnx_tensor_drop(in[i]);
			format_onnx_tensor_drop(out[i]);
		}
	}
	format_onnx_close(m);
	return 0;
}
