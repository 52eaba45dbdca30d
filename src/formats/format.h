/*
 * What a format of tensor files is: one row of functions.
 *
 * To add one: write src/formats/x.c whose last lines are `const format_tensor_format format_tensor_format_x = { ... };`
 * and add FORMAT(x) to formats.inc. Reading by content, writing by extension, `secant list` and the tests that walk the
 * table follow.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H
#include <secant/tensorfile.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/registry.h"

/* What a reader is given and what it fills. Messages need no path: the caller puts it before them. */
typedef struct format_input {
	const uint8_t *data;
	size_t size;
	bool borrow; /* tensors may point into data (owner NULL) instead of copying */
	secant_tensors *set; /* empty at the start; freed by the caller on failure */
	char **metadata; /* NULL where nobody asks; else *metadata is NULL at the start; secant_free */
} format_input;

typedef struct format_tensor_format {
	const char *name, *brief;
	const char *extensions; /* "pth|pt|bin" of files it writes; NULL: it only reads */
	bool (*detect)(const uint8_t *data, size_t size);
	secant_status (*read)(format_input *in, secant_err *err);
	/* Fails only for what the format cannot hold: errors of w are sticky and reported by its commit. */
	secant_status (*write)(base_writer *w, const secant_tensors *set, const char *metadata_json, secant_err *err);
} format_tensor_format;

/* Entry i of the table, NULL after the last. */
const format_tensor_format *format_tensor_format_at(int i);
extern const base_kind base_kind_formats;

/* Adds a tensor to in->set: borrowed where that is allowed and `data` is aligned for its dtype, else copied. `bytes`
 * must be what the shape asks for. */
secant_status format_add(format_input *in, const char *name, secant_dtype dtype, const secant_shape *shape,
	const uint8_t *data, secant_err *err);
/* What a file is that no format takes, as the end of a sentence; NULL: nobody knows. */
const char *format_foreign(const uint8_t *data, size_t size, const char *name);
/* Weights in several files behind NAME.index.json. */
bool format_is_index(const char *path);
secant_status format_read_index(secant_tensors *set, const char *path, secant_err *err);
/* The bytes a shape takes; -1 when they overflow. */
int64_t format_bytes(secant_dtype dtype, const secant_shape *shape);
#endif
