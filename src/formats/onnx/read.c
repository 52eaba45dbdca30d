/*
 * ModelProto and what stands in it, by the field numbers of ONNX's published schema (onnx.proto). Tensors borrow from
 * the file where their bytes lie as memory wants them. Nesting is bounded; what is allocated follows from bytes that
 * are there.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "formats/onnx/onnx.h"
#include "formats/onnx/wire.h"
#include "formats/mindir/mindir.h"

typedef struct reader {
	format_onnx_model *m;
	base_arena *arena;
	const char *folder; /* of external data; NULL: refused */
	int depth;
	secant_err *err;
} reader;

static secant_status
broken(reader *r, const char *what)
{
	return secant_fail(r->err, SECANT_ERR_FORMAT, "damaged: the bytes of %s are no protocol buffer", what);
}

static secant_status
no_memory(reader *r)
{
	return secant_fail(r->err, SECANT_ERR_NOMEM, "no memory");
}

static const char *
text_of(reader *r, format_wire b)
{
	char *s = base_arena_alloc(r->arena, b.n + 1);
	if (!s) {
		no_memory(r);
		return "";
	}
	if (b.n)
		memcpy(s, b.p, b.n);
	return s;
}

/* How often a field stands in a message, for arrays; -1: damaged. */
static int64_t
occurrences(format_wire w, int number)
{
	format_wire_field f;
	int64_t n = 0;
	int more;
	while ((more = format_wire_next(&w, &f)) > 0)
		n += f.number == number && f.type == FORMAT_WIRE_BYTES;
	return more < 0 || n > INT32_MAX / 2 ? -1 : n;
}

static void *
room_for(reader *r, format_wire w, int number, size_t size, const char *what)
{
	int64_t n = occurrences(w, number);
	if (n < 0) {
		broken(r, what);
		return NULL;
	}
	void *p = base_arena_alloc(r->arena, (size_t)n * size + 1);
	if (!p)
		no_memory(r);
	return p;
}

/* ---- tensors ---- */

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
read_external_pair(reader *r, raw_tensor *t, format_wire w)
{
	format_wire_field f;
	const char *key = "", *value = "";
	int more;
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.type == FORMAT_WIRE_BYTES && f.number == 1)
			key = text_of(r, f.bytes);
		else if (f.type == FORMAT_WIRE_BYTES && f.number == 2)
			value = text_of(r, f.bytes);
	if (more < 0)
		return broken(r, "external data");
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
add_dim(reader *r, raw_tensor *t, uint64_t v)
{
	if (t->rank == FORMAT_ONNX_RANK)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "a tensor of more than %d axes", FORMAT_ONNX_RANK);
	t->dim[t->rank++] = (int64_t)v;
	return SECANT_OK;
}

static secant_status
read_raw_tensor(reader *r, raw_tensor *t, format_wire w)
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
				s = format_wire_varint(&f.bytes, &v) ? add_dim(r, t, v) : broken(r, "a shape");
			if (f.type == FORMAT_WIRE_VARINT)
				s = add_dim(r, t, f.value);
			break;
		case 2: t->type = f.value > 1000 ? 1000 : (int)f.value; break;
		case 3: t->segment = true; break;
		case 8: t->name = f.type == FORMAT_WIRE_BYTES ? text_of(r, f.bytes) : ""; break;
		case 9:
			t->raw = f.bytes;
			t->has_raw = f.type == FORMAT_WIRE_BYTES;
			break;
		case 13: s = f.type == FORMAT_WIRE_BYTES ? read_external_pair(r, t, f.bytes) : broken(r, "a tensor"); break;
		case 14: t->external = f.value == 1; break;
		default: break;
		}
	if (!s && more < 0)
		s = broken(r, "a tensor");
	if (!s && t->segment)
		s = secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "tensor '%s' lies in segments", t->name);
	return s;
}

/* No part of folder/location, which lies below the folder, is a link. */
static secant_status
refuse_links(reader *r, const raw_tensor *t, const char *location)
{
	for (size_t n = 1; n <= strlen(location); n++) {
		struct stat st;
		if (location[n] && location[n] != '/')
			continue;
		char *part = base_format("%s/%.*s", r->folder, (int)n, location);
		if (!part)
			return no_memory(r);
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
find_external(reader *r, raw_tensor *t)
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
			s = no_memory(r);
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
fill_raw(reader *r, const raw_tensor *raw, format_onnx_tensor **out)
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
			return no_memory(r);
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
fill_typed(reader *r, const raw_tensor *raw, format_onnx_tensor **out)
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
					return broken(r, raw->name);
				v = step == 4 ? base_le32(f.bytes.p) : base_le64(f.bytes.p);
				f.bytes.p += step;
				f.bytes.n -= step;
			} else if (packed && !format_wire_varint(&f.bytes, &v))
				return broken(r, raw->name);
			for (int half = 0; half < (nibbles ? 2 : 1); half++, got++)
				if (got < n)
					put_typed(*out, got, field, nibbles ? v >> 4 * half & 15 : v);
		} while (packed);
	}
	if (more < 0)
		return broken(r, raw->name);
	if (got != n && !(nibbles && got == n + 1))
		return secant_fail(r->err, SECANT_ERR_FORMAT, "tensor '%s' has %lld numbers, its shape asks for %lld",
			raw->name, (long long)got, (long long)n);
	return SECANT_OK;
}

/* A tensor that the model owns, or the caller where there is no model. */
static format_onnx_tensor *
read_tensor(reader *r, format_wire w, const char **name)
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
			s = no_memory(r);
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

/* ---- nodes ---- */

static secant_status read_graph(reader *r, format_onnx_graph *g, format_wire w, bool inner);

/* Counts and takes numbers of a repeated field, packed or not. */
static secant_status
read_numbers(reader *r, format_wire w, format_onnx_attr *a)
{
	format_wire copy = w;
	format_wire_field f;
	int n_floats = 0, n_ints = 0;
	uint64_t v;
	for (int pass = 0; pass < 2; pass++, copy = w) {
		int floats = 0, ints = 0;
		while (format_wire_next(&copy, &f) > 0) {
			bool packed = f.type == FORMAT_WIRE_BYTES;
			if (f.number == 7 && (packed || f.type == FORMAT_WIRE_32))
				for (size_t i = 0; i < (packed ? f.bytes.n / 4 : 1); i++, floats++)
					if (pass) {
						uint32_t bits = packed ? base_le32(f.bytes.p + i * 4) : (uint32_t)f.value;
						float x;
						memcpy(&x, &bits, 4);
						a->floats[floats] = (double)x;
					}
			if (f.number == 8 && f.type == FORMAT_WIRE_VARINT) {
				if (pass)
					a->ints[ints] = (int64_t)f.value;
				ints++;
			}
			for (; f.number == 8 && packed && f.bytes.n; ints++) {
				if (!format_wire_varint(&f.bytes, &v))
					return broken(r, "an attribute");
				if (pass)
					a->ints[ints] = (int64_t)v;
			}
		}
		n_floats = floats;
		n_ints = ints;
		if (!pass
			&& (!(a->floats = base_arena_alloc(r->arena, (size_t)n_floats * 8 + 8))
				|| !(a->ints = base_arena_alloc(r->arena, (size_t)n_ints * 8 + 8))))
			return no_memory(r);
	}
	a->n_floats = n_floats;
	a->n_ints = n_ints;
	return SECANT_OK;
}

static secant_status
read_attr(reader *r, format_onnx_attr *a, format_wire w)
{
	format_wire_field f;
	format_wire whole = w;
	secant_status s = SECANT_OK;
	uint32_t bits;
	float x;
	int more;
	*a = (format_onnx_attr){ .name = "", .s = "" };
	if (!(a->strings = room_for(r, w, 9, sizeof *a->strings, "an attribute")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0) {
		bool bytes = f.type == FORMAT_WIRE_BYTES;
		switch (f.number) {
		case 1: a->name = bytes ? text_of(r, f.bytes) : ""; break;
		case 21: a->ref = bytes ? text_of(r, f.bytes) : NULL; break;
		case 2:
			bits = (uint32_t)f.value;
			memcpy(&x, &bits, 4);
			a->f = (double)x;
			break;
		case 3: a->i = (int64_t)f.value; break;
		case 4: a->s = bytes ? text_of(r, f.bytes) : ""; break;
		case 5:
			if (!bytes || !(a->t = read_tensor(r, f.bytes, NULL)))
				s = broken(r, "an attribute");
			break;
		case 6:
			if (!bytes || !(a->g = base_arena_alloc(r->arena, sizeof *a->g)))
				return bytes ? no_memory(r) : broken(r, "an attribute");
			s = read_graph(r, a->g, f.bytes, true);
			break;
		case 9:
			if (bytes)
				a->strings[a->n_strings++] = text_of(r, f.bytes);
			break;
		case 20: a->type = f.value > 100 ? 100 : (int)f.value; break;
		default: break;
		}
	}
	if (!s && more < 0)
		s = broken(r, "an attribute");
	return s ? s : read_numbers(r, whole, a);
}

static secant_status
read_node(reader *r, format_onnx_node *n, format_wire w)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	*n = (format_onnx_node){ .op = "", .domain = "", .name = "" };
	if (!(n->in = room_for(r, w, 1, sizeof *n->in, "a node")) || !(n->out = room_for(r, w, 2, sizeof *n->out, "a node"))
		|| !(n->attr = room_for(r, w, 5, sizeof *n->attr, "a node")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0) {
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		switch (f.number) {
		case 1: n->in[n->n_in++] = text_of(r, f.bytes); break;
		case 2: n->out[n->n_out++] = text_of(r, f.bytes); break;
		case 3: n->name = text_of(r, f.bytes); break;
		case 4: n->op = text_of(r, f.bytes); break;
		case 5: s = read_attr(r, &n->attr[n->n_attr++], f.bytes); break;
		case 7: n->domain = text_of(r, f.bytes); break;
		default: break;
		}
	}
	if (!s && more < 0)
		s = broken(r, "a node");
	if (!strcmp(n->domain, "ai.onnx"))
		n->domain = "";
	return s;
}

/* ---- graphs ---- */

static secant_status
read_dim(reader *r, format_onnx_info *v, format_wire w)
{
	format_wire_field f;
	int more;
	if (v->rank == FORMAT_ONNX_RANK)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "'%s' has more than %d axes", v->name, FORMAT_ONNX_RANK);
	v->dim[v->rank] = -1;
	v->symbol[v->rank] = "";
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_VARINT)
			v->dim[v->rank] = (int64_t)f.value > 0 ? (int64_t)f.value : (int64_t)f.value == 0 ? 0 : -1;
		else if (f.number == 2 && f.type == FORMAT_WIRE_BYTES)
			v->symbol[v->rank] = text_of(r, f.bytes);
	v->rank++;
	return more < 0 ? broken(r, "a shape") : SECANT_OK;
}

static secant_status
read_tensor_type(reader *r, format_onnx_info *v, format_wire w)
{
	format_wire_field f, d;
	int more, inner = 0;
	secant_status s = SECANT_OK;
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1)
			v->type = f.value > 1000 ? 1000 : (int)f.value;
		else if (f.number == 2 && f.type == FORMAT_WIRE_BYTES) {
			v->rank = 0;
			while (!s && (inner = format_wire_next(&f.bytes, &d)) > 0)
				if (d.number == 1 && d.type == FORMAT_WIRE_BYTES)
					s = read_dim(r, v, d.bytes);
			if (!s && inner < 0)
				s = broken(r, "a shape");
		}
	return s ? s : more < 0 ? broken(r, "a type") : SECANT_OK;
}

static secant_status
read_info(reader *r, format_onnx_info *v, format_wire w)
{
	static const char *const kinds[] = {
		[1] = "tensor", [4] = "sequence", [5] = "map", [7] = "opaque", [8] = "sparse tensor", [9] = "optional"
	};
	format_wire_field f, t;
	int more, inner = 0;
	secant_status s = SECANT_OK;
	*v = (format_onnx_info){ .name = "", .rank = -1, .kind = "tensor" };
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES)
			v->name = text_of(r, f.bytes);
		else if (f.number == 2 && f.type == FORMAT_WIRE_BYTES) {
			while (!s && (inner = format_wire_next(&f.bytes, &t)) > 0) {
				if (t.type == FORMAT_WIRE_BYTES && t.number < 10 && kinds[t.number])
					v->kind = kinds[t.number];
				if (t.number == 1 && t.type == FORMAT_WIRE_BYTES)
					s = read_tensor_type(r, v, t.bytes);
			}
			if (!s && inner < 0)
				s = broken(r, "a type");
		}
	return s ? s : more < 0 ? broken(r, "a value") : SECANT_OK;
}

static secant_status
take_graph_field(reader *r, format_onnx_graph *g, const format_wire_field *f)
{
	format_onnx_initializer *init;
	switch (f->number) {
	case 1: return read_node(r, &g->node[g->n_node++], f->bytes);
	case 2: g->name = text_of(r, f->bytes); return SECANT_OK;
	case 5:
		init = &g->init[g->n_init++];
		init->tensor = read_tensor(r, f->bytes, &init->name);
		if (init->tensor)
			init->tensor->learned = true;
		return init->tensor ? SECANT_OK : broken(r, "an initialiser");
	case 11: return read_info(r, &g->in[g->n_in++], f->bytes);
	case 12: return read_info(r, &g->out[g->n_out++], f->bytes);
	case 15: return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "sparse initialisers are not read");
	default: return SECANT_OK;
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Inputs that an initialiser fills are no inputs (IR 3 lists them twice). */
static secant_status
drop_filled_inputs(reader *r, format_onnx_graph *g)
{
	int kept = 0;
	const char **names = secant_calloc((size_t)g->n_init + 1, sizeof *names);
	if (!names)
		return no_memory(r);
	for (int i = 0; i < g->n_init; i++)
		names[i] = g->init[i].name;
	qsort(names, (size_t)g->n_init, sizeof *names, by_name);
	for (int i = 0; i < g->n_in; i++)
		if (!bsearch(&g->in[i].name, names, (size_t)g->n_init, sizeof *names, by_name))
			g->in[kept++] = g->in[i];
	g->n_in = kept;
	secant_free(names);
	return SECANT_OK;
}

static secant_status
read_graph(reader *r, format_onnx_graph *g, format_wire w, bool inner)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	*g = (format_onnx_graph){ .name = "" };
	if (++r->depth > FORMAT_ONNX_DEPTH)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "graphs lie in graphs %d deep", r->depth);
	if (!(g->node = room_for(r, w, 1, sizeof *g->node, "a graph"))
		|| !(g->init = room_for(r, w, 5, sizeof *g->init, "a graph"))
		|| !(g->in = room_for(r, w, 11, sizeof *g->in, "a graph"))
		|| !(g->out = room_for(r, w, 12, sizeof *g->out, "a graph")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.type == FORMAT_WIRE_BYTES)
			s = take_graph_field(r, g, &f);
	r->depth--;
	return s ? s : more < 0 ? broken(r, "a graph") : inner ? SECANT_OK : drop_filled_inputs(r, g);
}

static secant_status
read_function(reader *r, format_onnx_function *fn, format_wire w)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	*fn = (format_onnx_function){ .name = "", .domain = "", .overload = "" };
	if (!(fn->in = room_for(r, w, 4, sizeof *fn->in, "a function"))
		|| !(fn->out = room_for(r, w, 5, sizeof *fn->out, "a function"))
		|| !(fn->attr = room_for(r, w, 11, sizeof *fn->attr, "a function"))
		|| !(fn->body.node = room_for(r, w, 7, sizeof *fn->body.node, "a function")))
		return SECANT_ERR_FORMAT;
	fn->body.name = "";
	while (!s && (more = format_wire_next(&w, &f)) > 0) {
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		switch (f.number) {
		case 1: fn->name = text_of(r, f.bytes); break;
		case 4: fn->in[fn->n_in++] = text_of(r, f.bytes); break;
		case 5: fn->out[fn->n_out++] = text_of(r, f.bytes); break;
		case 7: s = read_node(r, &fn->body.node[fn->body.n_node++], f.bytes); break;
		case 10: fn->domain = text_of(r, f.bytes); break;
		case 11: s = read_attr(r, &fn->attr[fn->n_attr++], f.bytes); break;
		case 13: fn->overload = text_of(r, f.bytes); break;
		default: break;
		}
	}
	return s ? s : more < 0 ? broken(r, "a function") : SECANT_OK;
}

static secant_status
read_opset(reader *r, format_onnx_opset *o, format_wire w)
{
	format_wire_field f;
	int more;
	*o = (format_onnx_opset){ .domain = "" };
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES)
			o->domain = text_of(r, f.bytes);
		else if (f.number == 2)
			o->version = (int64_t)f.value;
	if (!strcmp(o->domain, "ai.onnx"))
		o->domain = "";
	return more < 0 ? broken(r, "an operator set") : SECANT_OK;
}

static secant_status
read_pair(reader *r, format_onnx_pair *p, format_wire w)
{
	format_wire_field f;
	int more;
	*p = (format_onnx_pair){ "", "" };
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.type == FORMAT_WIRE_BYTES && (f.number == 1 || f.number == 2))
			*(f.number == 1 ? &p->key : &p->value) = text_of(r, f.bytes);
	return more < 0 ? broken(r, "metadata") : SECANT_OK;
}

static secant_status
take_model_field(reader *r, const format_wire_field *f, bool *has_graph)
{
	format_onnx_model *m = r->m;
	bool bytes = f->type == FORMAT_WIRE_BYTES;
	if (f->number == 1 && f->type == FORMAT_WIRE_VARINT)
		m->ir_version = (int64_t)f->value;
	if (!bytes)
		return SECANT_OK;
	switch (f->number) {
	case 2: m->producer = text_of(r, f->bytes); return SECANT_OK;
	case 3: m->producer_version = text_of(r, f->bytes); return SECANT_OK;
	case 7: *has_graph = true; return read_graph(r, &m->graph, f->bytes, false);
	case 8: return read_opset(r, &m->opsets[m->n_opset++], f->bytes);
	case 14: return read_pair(r, &m->pair[m->n_pair++], f->bytes);
	case 25: return read_function(r, &m->function[m->n_function++], f->bytes);
	default: return SECANT_OK;
	}
}

static secant_status
read_model(reader *r, format_wire w)
{
	format_onnx_model *m = r->m;
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	bool has_graph = false;
	m->producer = m->producer_version = "";
	if (!(m->opsets = room_for(r, w, 8, sizeof *m->opsets, "the model"))
		|| !(m->pair = room_for(r, w, 14, sizeof *m->pair, "the model"))
		|| !(m->function = room_for(r, w, 25, sizeof *m->function, "the model")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.number == 7 && has_graph)
			s = secant_fail(r->err, SECANT_ERR_FORMAT, "the model has two graphs");
		else
			s = take_model_field(r, &f, &has_graph);
	if (!s && more < 0)
		s = broken(r, "the model");
	if (!s && !has_graph)
		s = secant_fail(r->err, SECANT_ERR_FORMAT, "the model has no graph");
	m->opset = m->ir_version && m->ir_version < 3 ? 1 : 0;
	for (int i = 0; i < m->n_opset && !s; i++)
		if (!*m->opsets[i].domain)
			m->opset = m->opsets[i].version;
	if (!s && !m->opset && !m->n_opset)
		m->opset = 1;
	if (!s && (m->opset < FORMAT_ONNX_OPSET_OLDEST || m->opset > FORMAT_ONNX_OPSET_NEWEST))
		s = secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "operator set %lld; %d to %d are read", (long long)m->opset,
			FORMAT_ONNX_OPSET_OLDEST, FORMAT_ONNX_OPSET_NEWEST);
	return s;
}

/* ---- the face ---- */

bool
format_onnx_detect(const uint8_t *data, size_t size)
{
	/* ir_version, a small number, comes first in what every writer makes; then fields of ModelProto alone. */
	format_wire w = { data, size };
	format_wire_field f;
	if (size < 4 || data[0] != 8 || format_wire_next(&w, &f) <= 0 || f.value > 100)
		return false;
	uint64_t key;
	if (!format_wire_varint(&w, &key))
		return false;
	int number = (int)(key >> 3 & 0xffff), type = (int)(key & 7);
	return ((number == 2 || number == 3 || number == 4 || number == 6 || number == 7 || number == 8 || number == 14)
			   && type == 2)
		|| (number == 5 && type == 0);
}

static format_onnx_model *
decode(const uint8_t *data, size_t size, const char *folder, secant_err *err)
{
	secant_err own = { 0 };
	format_onnx_model *m = secant_calloc(1, sizeof *m);
	if (!m || !(m->arena = base_arena_new())) {
		secant_free(m);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
		return NULL;
	}
	reader r = { .m = m, .arena = m->arena, .folder = folder, .err = &own };
	secant_status s = read_model(&r, (format_wire){ data, size });
	if (!s && !own.code)
		return m;
	secant_fail(err, own.code ? own.code : s, "%s", own.msg);
	format_onnx_close(m);
	return NULL;
}

format_onnx_model *
format_onnx_decode(const uint8_t *data, size_t size, secant_err *err)
{
	return decode(data, size, NULL, err);
}

/* Puts the ONNX that says the same in a MindIR's place. */
static secant_status
from_mindir(secant_bytes *bytes, const char *path, secant_err *err)
{
	base_str onnx = { 0 };
	secant_err own = { 0 };
	secant_status s = format_mindir_to_onnx(bytes->data, bytes->size, &onnx, &own);
	base_file_unmap(bytes);
	if (s) {
		base_str_free(&onnx);
		return secant_fail(err, s, "%s: %s", path, own.msg);
	}
	*bytes = (secant_bytes){ .size = onnx.n };
	bytes->data = (const uint8_t *)base_str_take(&onnx);
	return SECANT_OK;
}

format_onnx_model *
format_onnx_open(const char *path, secant_err *err)
{
	secant_bytes bytes;
	if (base_file_map(&bytes, path, err))
		return NULL;
	if (format_mindir_detect(bytes.data, bytes.size) && from_mindir(&bytes, path, err))
		return NULL;
	char *folder = base_path_dir(path);
	format_onnx_model *m = folder ? decode(bytes.data, bytes.size, folder, err) : NULL;
	if (!folder)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	secant_free(folder);
	if (m)
		m->file = bytes;
	else {
		secant_err_prefix(err, "%s", path);
		base_file_unmap(&bytes);
	}
	return m;
}

void
format_onnx_close(format_onnx_model *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->n_tensor; i++)
		format_onnx_tensor_drop(m->tensor[i]);
	secant_free(m->tensor);
	for (format_onnx_external *e = m->external; e; e = e->next)
		base_file_unmap(&e->bytes);
	if (m->file.data)
		base_file_unmap(&m->file);
	base_arena_free(m->arena);
	secant_free(m);
}

format_onnx_tensor *
format_onnx_tensor_decode(const uint8_t *data, size_t size, const char **name, base_arena *names, secant_err *err)
{
	secant_err own = { 0 };
	reader r = { .arena = names, .err = &own };
	format_onnx_tensor *t = read_tensor(&r, (format_wire){ data, size }, name);
	if (!t)
		secant_fail(err, own.code ? own.code : SECANT_ERR_NOMEM, "%s", own.msg);
	return t;
}

const format_onnx_attr *
format_onnx_find_attr(const format_onnx_node *n, const char *name)
{
	for (int i = 0; i < n->n_attr; i++)
		if (!strcmp(n->attr[i].name, name))
			return &n->attr[i];
	return NULL;
}
