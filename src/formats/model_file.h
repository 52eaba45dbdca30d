/*
 * Model files: a safetensors container whose metadata carries the graph and the settings, so that a product needs no
 * builder of networks and other tools still see plain named tensors.
 *
 *     metadata "secant"  {"version": 1, "network": {options}, "mode": "binary", "normalize": "imagenet", "multiple":
 *                        1,
 *                         "class_names": [...], "palette": [[r,g,b], ...], "threshold": 0.5}
 *     metadata "graph"   the graph (graph_json.h), outputs "logits" and "label"
 */
#ifndef SECANT_FORMATS_MODEL_FILE_H
#define SECANT_FORMATS_MODEL_FILE_H
#include <secant/tensorfile.h>
#include "base/json.h"

typedef struct secant_model_file {
	secant_tensors tensors;
	json_t *settings, *graph; /* owned */
} secant_model_file;

/* Errors name the path and say when a file holds tensors but no model ("secant import makes a model of a state_dict").
 */
secant_status secant_model_file_read(secant_model_file *m, const char *path, secant_err *err) SECANT_NODISCARD;
secant_status secant_model_file_write(
	const secant_model_file *m, const char *path, secant_err *err) SECANT_NODISCARD; /* atomic */
void secant_model_file_free(secant_model_file *m);
#endif
