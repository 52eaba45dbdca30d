/* What finding layers to quantise and writing their file share; for quantize*.c alone. */
#ifndef FORMAT_ONNX_QUANTIZING_H
#define FORMAT_ONNX_QUANTIZING_H
#include "formats/onnx/quantize.h"

/* What a node is to quantising: nothing; a layer with weights; a sum or product of two; maxima or resizing; a
 * concatenation; a function of each number, or a mean. */
typedef enum onnx_part_kind {
	ONNX_PART_NOTHING,
	ONNX_PART_PRODUCT,
	ONNX_PART_PAIR,
	ONNX_PART_CHOICE,
	ONNX_PART_JOIN,
	ONNX_PART_FUNCTION
} onnx_part_kind;

/* The same with the quantities that it reads. */
typedef struct onnx_part {
	onnx_part_kind kind;
	int product; /* its number among products */
	int n, *in; /* quantity of each input; -1: none */
	int out; /* of output 0, or of the relu that becomes part of it; -1 */
} onnx_part;

/* An initialiser of 32-bit floats; NULL: there is none of that name. */
const format_onnx_tensor *onnx_quantizing_floats(const format_onnx_model *m, const char *name);
bool onnx_quantizing_is(const format_onnx_node *n, const char *op); /* an operator of ai.onnx */
int64_t onnx_quantizing_int(const format_onnx_node *n, const char *name, int64_t otherwise); /* an attribute */
/* The axis of its outputs among those of the weights of a product; -1: it is none that bytes are for. */
int onnx_quantizing_axis(const format_onnx_model *m, const format_onnx_node *n);
int onnx_quantizing_find(const format_onnx_quantizing *q, const char *name); /* a quantity; -1: none */
int onnx_quantizing_root(const format_onnx_quantizing *q, int i); /* the quantity whose scale quantity i has */
#endif
