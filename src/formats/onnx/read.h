/*
 * What reads a model (read.c, read_tensor.c): where texts and arrays go, and the first error.
 */
#ifndef FORMAT_ONNX_READ_H
#define FORMAT_ONNX_READ_H
#include "formats/onnx/onnx.h"
#include "formats/onnx/wire.h"

typedef struct onnx_reader {
	format_onnx_model *m; /* NULL: a tensor by itself */
	base_arena *arena;
	const char *folder; /* of external data; NULL: refused */
	int depth;
	secant_err *err;
} onnx_reader;

secant_status onnx_broken(onnx_reader *r, const char *what);
secant_status onnx_no_memory(onnx_reader *r);
const char *onnx_text_of(onnx_reader *r, format_wire b);
/* An array with a place for each time that a field stands in a message; NULL after an error. */
void *onnx_room_for(onnx_reader *r, format_wire w, int number, size_t size, const char *what);
/* A tensor that the model owns, or the caller where there is no model; NULL after an error. */
format_onnx_tensor *onnx_read_tensor(onnx_reader *r, format_wire w, const char **name);
#endif
