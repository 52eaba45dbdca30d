/* Networks from ONNX that learn: what model_bundle does where its network is not one of ours. */
#ifndef MODEL_ONNX_H
#define MODEL_ONNX_H
#include "model/model.h"

/* Is it an ONNX file, or a model file that holds one? */
bool model_is_onnx(const char *path);
/* What a user says of a network to start from. */
typedef struct model_onnx_wishes {
	int classes; /* 0: the file's own; another number: its last convolution is made anew */
	const char *mode, *normalize; /* NULL: what the file says, or what is usual */
	bool logits; /* for training: a sigmoid or softmax at the end is taken off */
} model_onnx_wishes;
/* Makes m of it; `said`, nullable, receives what was taken, a line each. */
secant_status model_onnx_open(model_bundle *m, const char *path, const model_onnx_wishes *w, bool f64, base_str *said,
	secant_err *err) SECANT_NODISCARD;
secant_status model_onnx_build(const model_bundle *m, nn_phase phase, const secant_shape *input, model_graph *out,
	secant_err *err) SECANT_NODISCARD;
/* The store's numbers are the file's; those of a new last convolution are drawn. */
void model_onnx_initialize(model_bundle *m, uint64_t seed);
/* Adds what a model file holds of it beside the states. */
secant_status model_onnx_file(const model_bundle *m, format_model_file *file, secant_err *err) SECANT_NODISCARD;
void model_onnx_free(model_bundle *m);
#endif
