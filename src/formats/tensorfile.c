/*
 * Tensor files: the table of formats and what they share. A format is found by the file's first bytes when reading and
 * by the extension when writing. How a format looks stands in its own file.
 */
#include "formats/format.h"
#include <string.h>

#define FORMAT(name) extern const format_tensor_format format_tensor_format_##name;
#include "formats/formats.inc"
#undef FORMAT
static const format_tensor_format *const table[] = {
#define FORMAT(name) &format_tensor_format_##name,
#include "formats/formats.inc"
#undef FORMAT
	NULL,
};

const format_tensor_format *
format_tensor_format_at(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof table[0]) ? table[i] : NULL;
}

bool
secant_tensorfile_format(int i, const char **name, const char **brief, const char **extensions)
{
	const format_tensor_format *f = format_tensor_format_at(i);
	if (!f)
		return false;
	if (name)
		*name = f->name;
	if (brief)
		*brief = f->brief;
	if (extensions)
		*extensions = f->extensions;
	return true;
}

int64_t
format_bytes(secant_dtype dtype, const secant_shape *shape)
{
	int64_t bytes, count = secant_shape_count(shape);
	return count < 0 || __builtin_mul_overflow(count, (int64_t)secant_dtype_size(dtype), &bytes) ? -1 : bytes;
}

secant_status
format_add(format_input *in, const char *name, secant_dtype dtype, const secant_shape *shape, const uint8_t *data,
	secant_err *err)
{
	secant_tensor t = { 0 };
	int64_t bytes = format_bytes(dtype, shape);
	if (in->borrow && bytes && (uintptr_t)data % secant_dtype_size(dtype) == 0) {
		t.dtype = dtype;
		t.shape = *shape;
		t.data = (void *)(uintptr_t)
			data; /* the map is private and read-only; a tensor that borrows is not written to */
	} else {
		secant_status s = secant_tensor_new(&t, dtype, shape, err);
		if (s)
			return s;
		if (bytes)
			memcpy(t.data, data, (size_t)bytes);
	}
	secant_status s = secant_tensors_add(in->set, name, &t, err);
	if (s)
		secant_tensor_free(&t);
	return s;
}

static void
drop(secant_tensors *set, char **metadata)
{
	secant_tensors_free(set);
	if (metadata) {
		secant_free(*metadata);
		*metadata = NULL;
	}
}

/* Reads from memory; what was read so far is freed on failure. The reader's message gets the file's name in front. */
static secant_status
read_any(secant_tensors *set, char **metadata, const uint8_t *data, size_t size, bool borrow, const char *origin,
	secant_err *err)
{
	format_input in = { .data = data, .size = size, .borrow = borrow, .set = set, .metadata = metadata };
	secant_err e = { 0 };
	const format_tensor_format *const *f = table;
	memset(set, 0, sizeof *set);
	if (metadata)
		*metadata = NULL;
	while (*f && !(*f)->detect(data, size))
		f++;
	const char *foreign = *f ? NULL : format_foreign(data, size, origin);
	secant_status s = *f ? (*f)->read(&in, &e)
		: foreign        ? secant_fail(&e, SECANT_ERR_UNSUPPORTED, "%s", foreign)
						 : secant_fail(&e, SECANT_ERR_FORMAT,
							 "is neither safetensors, nor a file of PyTorch or MindSpore, nor .npy (%zu bytes)", size);
	if (!s)
		return SECANT_OK;
	drop(set, metadata);
	return secant_fail(err, s, "%s: %s", origin, e.msg);
}

secant_status
secant_tensors_decode(
	secant_tensors *set, char **metadata_json, const void *data, size_t size, const char *origin, secant_err *err)
{
	return read_any(set, metadata_json, data, size, false, origin, err);
}

secant_status
secant_tensors_read(secant_tensors *set, char **metadata_json, const char *path, secant_err *err)
{
	memset(set, 0, sizeof *set);
	if (metadata_json)
		*metadata_json = NULL;
	if (format_is_index(path))
		return format_read_index(set, path, err);
	secant_bytes *map = secant_calloc(1, sizeof *map);
	if (!map)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_status s = base_file_map(map, path, err);
	if (!s) {
		s = read_any(set, metadata_json, map->data, map->size, true, path, err);
		secant_status cut = base_file_was_cut(map, path, err);
		if (cut) {
			drop(set, metadata_json);
			s = cut;
		}
		bool borrowed = false;
		for (int i = 0; i < set->n; i++)
			borrowed |= !set->v[i].tensor.owner;
		if (borrowed) {
			set->map = map;
			return SECANT_OK;
		}
		base_file_unmap(map);
	}
	secant_free(map);
	return s;
}

secant_status
secant_tensors_write(const secant_tensors *set, const char *metadata_json, const char *path, secant_err *err)
{
	const format_tensor_format *const *f = table;
	while (*f && !((*f)->extensions && base_ext_is(path, (*f)->extensions)))
		f++;
	if (!*f)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s: the extension '%s' is none of .safetensors, .pth, .pt, .bin, .npy, .ckpt", path, base_path_ext(path));
	secant_err e = { 0 };
	base_writer *w = base_writer_open(path, &e);
	if (!w)
		return secant_fail(err, e.code, "%s", e.msg);
	secant_status s = (*f)->write(w, set, metadata_json, &e);
	if (!s)
		return base_writer_commit(w, err);
	base_writer_abort(w);
	return secant_fail(err, s, "%s: %s", path, e.msg);
}

static secant_entry
entry(int i)
{
	const format_tensor_format *f = format_tensor_format_at(i);
	return f ? (secant_entry){ f->name, f->brief, NULL } : (secant_entry){ 0 };
}

const base_kind base_kind_formats = { "formats", "Tensor files", entry };
