/* TensorProto: its shape, where its numbers lie, and they. See read.h. */
#include <string.h>
#include <sys/stat.h>
#include "formats/onnx/read.h"

typedef struct raw_tensor {
	int type, rank;
	int64_t dim[FORMAT_ONNX_RANK];
	bool external, segment;
	const char *name, *location;
	int64_t offset, length; /* of external data; -1: to the end */
	format_wire raw;
	bool has_raw;
	format_wire message;
} raw_tensor;

static secant_status
read_external_pair(onnx_reader *r, raw_tensor *t, format_wire w)
{
	format_wire_field f;
	const char *key = "", *value = "";
	int more;
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.type == FORMAT_WIRE_BYTES && f.number == 1)
			key = onnx_text_of(r, f.bytes);
		else if (f.type == FORMAT_WIRE_BYTES && f.number == 2)
			value = onnx_text_of(r, f.bytes);
	if (more < 0)
		return onnx_broken(r, "external data");
	int64_t *number = !strcmp(key, "offset") ? &t->offset : !strcmp(key, "length") ? &t->length : NULL;
	if (!strcmp(key, "location"))
		t->location = value;
	if (!number)
		return SECANT_OK;
	int64_t v = 0;
	for (const char *c = value; *c || c == value; c++)
		if (*c < '0' || *c > '9' || v > INT64_MAX / 10 - 1)
			return secant_fail(r->err, SECANT_ERR_FORMAT, "external data with the %s '%.40s'", key, value);
		else
			v = v * 10 + (*c - '0');
	*number = v;
	return SECANT_OK;
}

static secant_status
add_dim(onnx_reader *r, raw_tensor *t, uint64_t v)
{
	if (t->rank == FORMAT_ONNX_RANK)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "a tensor of more than %d axes", FORMAT_ONNX_RANK);
	t->dim[t->rank++] = (int64_t)v;
	return SECANT_OK;
}

static secant_status
read_raw_tensor(onnx_reader *r, raw_tensor *t, format_wire w)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	uint64_t v;
	*t = (raw_tensor){ .message = w, .length = -1, .name = "" };
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		switch (f.number) {
		case 1: /* dims: packed or one by one */
			while (f.type == FORMAT_WIRE_BYTES && f.bytes.n && !s)
				s = format_wire_varint(&f.bytes, &v) ? add_dim(r, t, v) : onnx_broken(r, "a shape");
			if (f.type == FORMAT_WIRE_VARINT)
				s = add_dim(r, t, f.value);
			break;
		case 2: t->type = f.value > 1000 ? 1000 : (int)f.value; break;
		case 3: t->segment = true; break;
		case 8: t->name = f.type == FORMAT_WIRE_BYTES ? onnx_text_of(r, f.bytes) : ""; break;
		case 9:
			t->raw = f.bytes;
			t->has_raw = f.type == FORMAT_WIRE_BYTES;
			break;
		case 13:
			s = f.type == FORMAT_WIRE_BYTES ? read_external_pair(r, t, f.bytes) : onnx_broken(r, "a tensor");
			break;
		case 14: t->external = f.value == 1; break;
		default: break;
		}
	if (!s && more < 0)
		s = onnx_broken(r, "a tensor");
	if (!s && t->segment)
		s = secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "tensor '%s' lies in segments", t->name);
	return s;
}

/* No part of folder/location, which lies below the folder, is a link. */
static secant_status
refuse_links(onnx_reader *r, const raw_tensor *t, const char *location)
{
	for (size_t n = 1; n <= strlen(location); n++) {
		struct stat st;
		if (location[n] && location[n] != '/')
			continue;
		char *part = base_format("%s/%.*s", r->folder, (int)n, location);
		if (!part)
			return onnx_no_memory(r);
		bool link = !lstat(part, &st) && S_ISLNK(st.st_mode);
		secant_free(part);
		if (link)
			return secant_fail(
				r->err, SECANT_ERR_FORMAT, "the external data of '%s' is reached by a link: '%s'", t->name, location);
	}
	return SECANT_OK;
}

/* The bytes of a tensor outside the model: a file beside it, never elsewhere. They become t->raw. */
static secant_status
find_external(onnx_reader *r, raw_tensor *t)
{
	if (!t->location || !*t->location)
		return secant_fail(r->err, SECANT_ERR_FORMAT, "the external data of '%s' has no location", t->name);
	if (!r->folder || !r->m)
		return secant_fail(
			r->err, SECANT_ERR_UNSUPPORTED, "tensor '%s' lies in another file, '%s'", t->name, t->location);
	const char *location = t->location;
	while (location[0] == '.' && location[1] == '/')
		location += 2;
	if (!base_path_is_safe(location))
		return secant_fail(r->err, SECANT_ERR_FORMAT, "the external data of '%s' lies outside the model's folder: '%s'",
			t->name, t->location);
	format_onnx_external *e = r->m->external;
	while (e && strcmp(e->name, location))
		e = e->next;
	if (!e) {
		secant_status s = refuse_links(r, t, location);
		char *path = s ? NULL : base_path_join(r->folder, location);
		e = base_arena_alloc(r->arena, sizeof *e);
		if (!s && (!path || !e))
			s = onnx_no_memory(r);
		if (!s && !(s = base_file_map(&e->bytes, path, r->err))) {
			e->name = location;
			e->next = r->m->external;
			r->m->external = e;
		}
		secant_free(path);
		if (s)
			return s;
	}
	uint64_t size = e->bytes.size, from = (uint64_t)t->offset;
	if (from > size || (t->length >= 0 && (uint64_t)t->length > size - from))
		return secant_fail(r->err, SECANT_ERR_FORMAT, "tensor '%s' lies at byte %llu of '%s', which has %llu", t->name,
			(unsigned long long)from, location, (unsigned long long)size);
	t->raw = (format_wire){ e->bytes.data + from, (size_t)(t->length >= 0 ? (uint64_t)t->length : size - from) };
	t->has_raw = true;
	return SECANT_OK;
}

/* raw_data: little-endian, 4-bit types two in a byte. */
static secant_status
fill_raw(onnx_reader *r, const raw_tensor *raw, format_onnx_tensor **out)
{
	size_t size = format_onnx_type_size(raw->type);
	bool nibbles = raw->type == FORMAT_ONNX_INT4 || raw->type == FORMAT_ONNX_UINT4;
	uint64_t n = 1;
	bool empty = false;
	for (int i = 0; i < raw->rank; i++)
		empty |= raw->dim[i] == 0;
	for (int i = 0; i < raw->rank; i++)
		if (raw->dim[i] < 0 || (!empty && __builtin_mul_overflow(n, (uint64_t)raw->dim[i], &n))
			|| n > (uint64_t)INT64_MAX / 16)
			return secant_fail(
				r->err, SECANT_ERR_FORMAT, "tensor '%s' has an axis of %lld", raw->name, (long long)raw->dim[i]);
	n = empty ? 0 : n;
	uint64_t want = nibbles ? (n + 1) / 2 : n * size;
	if (want != raw->raw.n)
		return secant_fail(r->err, SECANT_ERR_FORMAT, "tensor '%s' has %zu bytes, its shape and type ask for %llu",
			raw->name, raw->raw.n, (unsigned long long)want);
	if (!nibbles && n && (uintptr_t)raw->raw.p % size == 0 && r->m) {
		format_onnx_tensor *t = secant_calloc(1, sizeof *t);
		if (!t)
			return onnx_no_memory(r);
		*t = (format_onnx_tensor){
			.type = raw->type, .rank = raw->rank, .data = (void *)(uintptr_t)raw->raw.p, .refs = 1
		};
		memcpy(t->dim, raw->dim, sizeof t->dim);
		*out = t;
		return SECANT_OK;
	}
	if (!(*out = format_onnx_tensor_new(raw->type, raw->rank, raw->dim, 0, r->err)))
		return r->err ? r->err->code : SECANT_ERR_NOMEM;
	uint8_t *to = (*out)->data;
	if (!nibbles && n)
		memcpy(to, raw->raw.p, raw->raw.n);
	for (uint64_t i = 0; nibbles && i < n; i++) {
		int64_t v = raw->raw.p[i / 2] >> (i % 2 ? 4 : 0) & 15;
		format_onnx_put_ints(*out, (int64_t)i, 1, &v);
	}
	return SECANT_OK;
}

/* One number of a typed field as it goes into memory. */
static void
put_typed(format_onnx_tensor *t, int64_t i, int field, uint64_t v)
{
	size_t size = format_onnx_type_size(t->type);
	char *to = (char *)t->data + (size_t)i * size;
	int64_t whole = (int64_t)v;
	if (field == 4 || field == 10 || (field == 5 && format_onnx_type_is_real(t->type)))
		memcpy(to, &v, size); /* bits of a float, a double, or a half in an int32 */
	else
		format_onnx_put_ints(t, i, 1, &whole);
}

static int
typed_field(int type)
{
	switch (type) {
	case FORMAT_ONNX_FLOAT: return 4;
	case FORMAT_ONNX_DOUBLE: return 10;
	case FORMAT_ONNX_INT64: return 7;
	case FORMAT_ONNX_UINT32:
	case FORMAT_ONNX_UINT64: return 11;
	default: return 5;
	}
}

/* float_data, int32_data, int64_data, double_data, uint64_data: packed or one by one. */
static secant_status
fill_typed(onnx_reader *r, const raw_tensor *raw, format_onnx_tensor **out)
{
	int field = typed_field(raw->type), more = 0;
	format_wire w = raw->message;
	format_wire_field f;
	bool nibbles = raw->type == FORMAT_ONNX_INT4 || raw->type == FORMAT_ONNX_UINT4;
	/* A number takes a byte of the file at least, half of one where two share it. */
	int64_t limit = (int64_t)(w.n > INT64_MAX / 32 ? INT64_MAX / 32 : w.n) * 16 + 16;
	if (!(*out = format_onnx_tensor_new(raw->type, raw->rank, raw->dim, limit, r->err)))
		return r->err ? r->err->code : SECANT_ERR_NOMEM;
	int64_t n = format_onnx_count(*out), got = 0;
	while ((more = format_wire_next(&w, &f)) > 0) {
		if (f.number != field)
			continue;
		bool packed = f.type == FORMAT_WIRE_BYTES;
		size_t step = field == 4 ? 4 : field == 10 ? 8 : 0;
		do {
			uint64_t v = f.value;
			if (packed && !f.bytes.n)
				break;
			if (packed && step) {
				if (f.bytes.n < step)
					return onnx_broken(r, raw->name);
				v = step == 4 ? base_le32(f.bytes.p) : base_le64(f.bytes.p);
				f.bytes.p += step;
				f.bytes.n -= step;
			} else if (packed && !format_wire_varint(&f.bytes, &v))
				return onnx_broken(r, raw->name);
			for (int half = 0; half < (nibbles ? 2 : 1); half++, got++)
				if (got < n)
					put_typed(*out, got, field, nibbles ? v >> 4 * half & 15 : v);
		} while (packed);
	}
	if (more < 0)
		return onnx_broken(r, raw->name);
	if (got != n && !(nibbles && got == n + 1))
		return secant_fail(r->err, SECANT_ERR_FORMAT, "tensor '%s' has %lld numbers, its shape asks for %lld",
			raw->name, (long long)got, (long long)n);
	return SECANT_OK;
}

/* A tensor that the model owns, or the caller where there is no model. */
format_onnx_tensor *
onnx_read_tensor(onnx_reader *r, format_wire w, const char **name)
{
	raw_tensor raw;
	format_onnx_tensor *t = NULL;
	secant_status s = read_raw_tensor(r, &raw, w);
	if (!s
		&& !format_onnx_type_size(raw.type)) { /* strings and the like: their nodes are refused by name, not the file */
		s = secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "tensor '%s' is of %s, which is not read", raw.name,
			format_onnx_type_name(raw.type));
	}
	if (!s && raw.external)
		s = find_external(r, &raw);
	if (!s)
		s = raw.has_raw ? fill_raw(r, &raw, &t) : fill_typed(r, &raw, &t);
	if (!s && r->m) {
		format_onnx_model *m = r->m;
		if (base_grow((void **)&m->tensor, &m->tensor_capacity, m->n_tensor, sizeof *m->tensor))
			s = onnx_no_memory(r);
		else
			m->tensor[m->n_tensor++] = t;
	}
	if (s) {
		format_onnx_tensor_drop(t);
		return NULL;
	}
	if (name)
		*name = raw.name;
	return t;
}

format_onnx_tensor *
format_onnx_tensor_decode(const uint8_t *data, size_t size, const char **name, base_arena *names, secant_err *err)
{
	secant_err own = { 0 };
	onnx_reader r = { .arena = names, .err = &own };
	format_onnx_tensor *t = onnx_read_tensor(&r, (format_wire){ data, size }, name);
	if (!t)
		secant_fail(err, own.code ? own.code : SECANT_ERR_NOMEM, "%s", own.msg);
	return t;
}
