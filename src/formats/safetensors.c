/*
 * safetensors (Hugging Face), reading and writing. Everything is little-endian:
 *
 *     u64 n | n bytes of JSON | data
 *     JSON: { "__metadata__": { string: string }, NAME: { "dtype": "F32", "shape": [2, 3], "data_offsets": [begin,
 *     end] }, ... }
 *
 * Offsets count from the end of the header; tensors are dense, row-major, lie one after another without gaps or
 * overlap and fill the file to its end. The header may end in spaces; ours does, so that the data starts at a
 * multiple of 8.
 */
#include "formats/format.h"
#include "base/bytes.h"
#define BASE_JSON_ITSELF /* names that are no UTF-8 and failures are looked after here */
#include "base/json.h"
#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 100000000 }; /* as in the original implementation */

static const char *const dtype_names[] = {
	[SECANT_F32] = "F32",
	[SECANT_F64] = "F64",
	[SECANT_BF16] = "BF16",
	[SECANT_F16] = "F16",
	[SECANT_U8] = "U8",
	[SECANT_I8] = "I8",
	[SECANT_U16] = "U16",
	[SECANT_I16] = "I16",
	[SECANT_I32] = "I32",
	[SECANT_I64] = "I64",
	[SECANT_BOOL] = "BOOL",
};
enum { DTYPES = sizeof dtype_names / sizeof *dtype_names };

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 9 && base_le64(data) <= size - 8 && data[8] == '{';
}

/* One tensor of the header, checked for itself; offsets are checked against each other later. */
typedef struct slot {
	const char *name;
	secant_dtype dtype;
	secant_shape shape;
	uint64_t begin, end;
} slot;

static secant_status
read_shape(slot *t, const json_t *array, secant_err *err)
{
	if (!json_is_array(array))
		return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s': 'shape' is not an array", t->name);
	if (json_array_size(array) > SECANT_MAX_RANK)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensor '%s': rank %zu, at most %d", t->name,
			json_array_size(array), SECANT_MAX_RANK);
	t->shape.rank = (int)json_array_size(array);
	for (int i = 0; i < t->shape.rank; i++) {
		const json_t *d = json_array_get(array, (size_t)i);
		if (!json_is_integer(d) || json_integer_value(d) < 0)
			return secant_fail(
				err, SECANT_ERR_FORMAT, "tensor '%s': dimension %d is not a whole number of 0 or more", t->name, i);
		t->shape.dim[i] = json_integer_value(d);
	}
	return SECANT_OK;
}

static secant_status
read_dtype(slot *t, const json_t *name, secant_err *err)
{
	if (!json_is_string(name))
		return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s': 'dtype' is not a string", t->name);
	for (int d = 0; d < DTYPES; d++) {
		if (!strcmp(json_string_value(name), dtype_names[d])) {
			t->dtype = (secant_dtype)d;
			return SECANT_OK;
		}
	}
	return secant_fail(
		err, SECANT_ERR_UNSUPPORTED, "tensor '%s': dtype %s is not one secant has", t->name, json_string_value(name));
}

static secant_status
read_slot(slot *t, const char *name, const json_t *j, secant_err *err)
{
	*t = (slot){ .name = name };
	secant_status s = read_dtype(t, json_object_get(j, "dtype"), err);
	if (!s)
		s = read_shape(t, json_object_get(j, "shape"), err);
	if (s)
		return s;
	const json_t *offsets = json_object_get(j, "data_offsets"), *begin = json_array_get(offsets, 0),
				 *end = json_array_get(offsets, 1);
	if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end)
		|| json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
		return secant_fail(
			err, SECANT_ERR_FORMAT, "tensor '%s': 'data_offsets' are not two whole numbers in order", name);
	t->begin = (uint64_t)json_integer_value(begin);
	t->end = (uint64_t)json_integer_value(end);
	int64_t bytes = format_bytes(t->dtype, &t->shape);
	char text[96];
	if (bytes < 0 || (uint64_t)bytes != t->end - t->begin)
		return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s': %s %s takes %lld bytes, its offsets span %llu", name,
			dtype_names[t->dtype], secant_shape_text(&t->shape, text, sizeof text), (long long)bytes,
			(unsigned long long)(t->end - t->begin));
	return SECANT_OK;
}

static int
by_offset(const void *a, const void *b)
{
	const slot *x = *(slot *const *)a, *y = *(slot *const *)b;
	return x->begin != y->begin ? (x->begin < y->begin ? -1 : 1) : x->end != y->end ? (x->end < y->end ? -1 : 1) : 0;
}

/* In the order of their offsets, tensors start where the one before ends, and the last ends with the file. */
static secant_status
check_offsets(slot *t, int n, uint64_t data_bytes, secant_err *err)
{
	slot **order = secant_calloc((size_t)n, sizeof *order);
	uint64_t at = 0;
	secant_status s = SECANT_OK;
	if (!order)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d tensors", n);
	for (int i = 0; i < n; i++)
		order[i] = &t[i];
	qsort(order, (size_t)n, sizeof *order, by_offset);
	for (int i = 0; i < n && !s; i++) {
		if (order[i]->begin != at)
			s = secant_fail(err, SECANT_ERR_FORMAT,
				"tensor '%s' starts at byte %llu of the data, the one before ends at %llu", order[i]->name,
				(unsigned long long)order[i]->begin, (unsigned long long)at);
		at = order[i]->end;
		if (!s && at > data_bytes)
			s = secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s' ends at byte %llu of the data, the file has %llu",
				order[i]->name, (unsigned long long)at, (unsigned long long)data_bytes);
	}
	secant_free(order);
	if (!s && at != data_bytes)
		s = secant_fail(err, SECANT_ERR_FORMAT, "the tensors end at byte %llu of the data, the file has %llu",
			(unsigned long long)at, (unsigned long long)data_bytes);
	return s;
}

/* Checks that metadata maps strings to strings and hands it out as text. */
static secant_status
read_metadata(format_input *in, const json_t *j, secant_err *err)
{
	const char *key;
	const json_t *value;
	if (!j)
		return SECANT_OK;
	if (!json_is_object(j))
		return secant_fail(err, SECANT_ERR_FORMAT, "'__metadata__' is not an object");
	json_object_foreach ((json_t *)(uintptr_t)j, key, value)
		if (!json_is_string(value))
			return secant_fail(err, SECANT_ERR_FORMAT, "'__metadata__': the value of '%s' is not a string", key);
	if (in->metadata && !(*in->metadata = base_json_text(j, 0)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the metadata");
	return SECANT_OK;
}

static secant_status
read_header(format_input *in, const json_t *header, const uint8_t *data, uint64_t bytes, secant_err *err)
{
	const char *key;
	const json_t *value;
	int n = 0;
	if (!json_is_object(header))
		return secant_fail(err, SECANT_ERR_FORMAT, "the header is not a JSON object");
	secant_status s = read_metadata(in, json_object_get(header, "__metadata__"), err);
	slot *slots = secant_calloc(json_object_size(header), sizeof *slots);
	if (!slots && !s)
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu tensors", json_object_size(header));
	json_object_foreach ((json_t *)(uintptr_t)header, key, value)
		if (!s && strcmp(key, "__metadata__"))
			s = read_slot(&slots[n++], key, value, err);
	if (!s)
		s = check_offsets(slots, n, bytes, err);
	for (int i = 0; i < n && !s; i++)
		s = format_add(in, slots[i].name, slots[i].dtype, &slots[i].shape, data + slots[i].begin, err);
	secant_free(slots);
	return s;
}

static secant_status
read_file(format_input *in, secant_err *err)
{
	uint64_t n = base_le64(in->data);
	if (n > HEADER_LIMIT)
		return secant_fail(err, SECANT_ERR_FORMAT, "the header has %llu bytes, at most %d are allowed",
			(unsigned long long)n, HEADER_LIMIT);
	json_t *header = base_json_parse((const char *)in->data + 8, (size_t)n, "header", err);
	if (!header)
		return err->code;
	secant_status s = read_header(in, header, in->data + 8 + n, in->size - 8 - n, err);
	json_decref(header);
	return s;
}

/* { "dtype": ..., "shape": [...], "data_offsets": [...] }; NULL: no memory. */
static json_t *
describe(const secant_tensor *t, uint64_t begin, uint64_t end)
{
	json_t *shape = json_array();
	for (int i = 0; i < t->shape.rank; i++)
		if (json_array_append_new(shape, json_integer(t->shape.dim[i]))) {
			json_decref(shape);
			return NULL;
		}
	return json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype_names[t->dtype], "shape", shape, "data_offsets",
		(json_int_t)begin, (json_int_t)end);
}

static secant_status
make_header(json_t *header, const secant_tensors *set, const char *metadata_json, secant_err *err)
{
	uint64_t at = 0;
	if (metadata_json) {
		json_t *m = base_json_parse(metadata_json, strlen(metadata_json), "metadata", err);
		format_input nothing = { 0 };
		secant_status s = m ? read_metadata(&nothing, m, err) : err->code;
		if (json_object_set_new(header, "__metadata__", m) && !s)
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the header");
		if (s)
			return s;
	}
	for (int i = 0; i < set->n; i++) {
		const secant_tensor *t = &set->v[i].tensor;
		if (!strcmp(set->v[i].name, "__metadata__"))
			return secant_fail(err, SECANT_ERR_ARG, "a tensor cannot be named '__metadata__'");
		uint64_t end = at + secant_tensor_bytes(t);
		if (json_object_set_new(header, set->v[i].name, describe(t, at, end)))
			return secant_fail(err, SECANT_ERR_ARG, "tensor %d: the name is not UTF-8, or there is no memory", i);
		at = end;
	}
	return SECANT_OK;
}

static secant_status
write_file(base_writer *w, const secant_tensors *set, const char *metadata_json, secant_err *err)
{
	json_t *header = json_object();
	secant_status s = header ? make_header(header, set, metadata_json, err)
							 : secant_fail(err, SECANT_ERR_NOMEM, "no memory for the header");
	char *text = s ? NULL : base_json_text(header, 0);
	json_decref(header);
	if (!text)
		return s ? s : secant_fail(err, SECANT_ERR_NOMEM, "no memory for the header");
	/* The first tensor stands at a multiple of 64, where files are mapped. */
	enum { LINE = 64 };
	static const char blanks[] = "                                                                ";
	size_t n = strlen(text), padded = (n + 8 + LINE - 1) / LINE * LINE - 8;
	uint8_t length[8];
	base_put_le(length, padded, 8);
	base_writer_put(w, length, 8, NULL);
	base_writer_put(w, text, n, NULL);
	base_writer_put(w, blanks, padded - n, NULL);
	secant_free(text);
	for (int i = 0; i < set->n; i++)
		base_writer_put(w, set->v[i].tensor.data, secant_tensor_bytes(&set->v[i].tensor), NULL);
	return SECANT_OK;
}

const format_tensor_format format_tensor_format_safetensors = {
	.name = "safetensors",
	.brief = "named tensors behind a JSON header, read in place",
	.extensions = "safetensors|secant|om",
	.detect = detect,
	.read = read_file,
	.write = write_file,
};
