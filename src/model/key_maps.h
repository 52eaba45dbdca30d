/* Names of tensors as other libraries and older versions have them (key_maps.c). */
#ifndef MODEL_KEY_MAPS_H
#define MODEL_KEY_MAPS_H
#include "model/model.h"

/* Gives tensors the names that the store has, where a table knows how; `under` stands before the file's names in the
 * store ("encoder."). What no table knows keeps its name. */
secant_status model_map_keys(secant_tensors *t, const exec_store *s, const char *under, const secant_logger *log,
	secant_err *err) SECANT_NODISCARD;
#endif
