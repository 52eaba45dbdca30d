/*
 * Model files: a safetensors container whose metadata carries the graph and the settings, so that a product needs no
 * builder of networks and other tools still see plain named tensors.
 *
 *     metadata "secant"  {"version": 1, "network": {options}, "mode": "binary", "normalize": "imagenet", "multiple":
 *                        1,
 *                         "class_names": [...], "palette": [[r,g,b], ...], "threshold": 0.5}
 *     metadata "graph"   the graph (graph_json.h), outputs "logits" and "label"
 *
 * A compiled model has two members more, and in its settings "compiled":
 *
 *     metadata "offline" the graph from the input "picture" to "probabilities", "classes" and "mask"
 *     metadata "sums"    {"NAME": "16 hexadecimal digits", ...} of every tensor (type, shape, bytes) and of
 * "metadata:secant", "metadata:graph" and "metadata:offline": a file that was changed is refused
 */
#ifndef FORMAT_MODEL_FILE_H
#define FORMAT_MODEL_FILE_H
#include <secant/tensorfile.h>
#include "base/json.h"

typedef struct format_model_file {
	secant_tensors tensors;
	json_t *settings, *graph; /* owned */
	json_t *offline; /* owned; of compiled models: from the bytes of a picture to those of a mask; else NULL */
} format_model_file;

/* Errors name the path and say when a file holds tensors but no model ("secant import makes a model of a state_dict").
 */
secant_status format_model_file_read(format_model_file *m, const char *path, secant_err *err) SECANT_NODISCARD;
/* The same of bytes in memory, which may be freed afterwards; `name` stands for the path. */
secant_status format_model_file_decode(
	format_model_file *m, const void *data, size_t size, const char *name, secant_err *err) SECANT_NODISCARD;
secant_status format_model_file_write(
	const format_model_file *m, const char *path, secant_err *err) SECANT_NODISCARD; /* atomic */
void format_model_file_free(format_model_file *m);
#endif
