/* Tensors as messages; see tensors.h. */
#include "stream/tensors.h"
#include <stdio.h>

static const struct {
	const char *name;
	size_t size;
} types[] = { { "FLOAT32", 4 }, { "FLOAT16", 2 }, { "INT8", 1 }, { "INT32", 4 }, { "UINT8", 1 }, { NULL, 0 },
	{ "INT16", 2 }, { "UINT16", 2 }, { "UINT32", 4 }, { "INT64", 8 }, { "UINT64", 8 }, { "DOUBLE64", 8 },
	{ "BOOL", 1 } };
enum { TYPES = sizeof types / sizeof types[0] };

size_t
stream_type_size(int type)
{
	return type >= 0 && type < TYPES ? types[type].size : 0;
}

const char *
stream_type_name(int type)
{
	return type >= 0 && type < TYPES && types[type].name ? types[type].name : "UNDEFINED";
}

int
stream_package_next(format_wire *list, format_wire *package, char *from, size_t size)
{
	format_wire_field f;
	int got = format_wire_next_bytes(list, 1, package);
	if (got <= 0)
		return got;
	if (!from)
		return 1;
	*from = '\0';
	format_wire w = *package;
	while (format_wire_next(&w, &f) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES) {
			format_wire h = f.bytes;
			while (format_wire_next(&h, &f) > 0) /* dataSource, or its older name parentName */
				if (f.type == FORMAT_WIRE_BYTES && f.bytes.n && (f.number == 3 || (f.number == 1 && !*from)))
					snprintf(from, size, "%.*s", (int)f.bytes.n, (const char *)f.bytes.p);
			break;
		}
	return 1;
}

/* As many bytes as the shape has numbers? */
static bool
bytes_each(const stream_tensor *t)
{
	size_t n = 1;
	for (int i = 0; i < t->rank; i++) {
		if (t->dim[i] < 1 || t->dim[i] > INT32_MAX || n > (size_t)INT32_MAX / (size_t)t->dim[i])
			return false;
		n *= (size_t)t->dim[i];
	}
	return t->rank && n == t->size;
}

int
stream_tensor_next(format_wire *package, stream_tensor *t, char *why, size_t size)
{
	format_wire_field item, f;
	int got, n = 0;
	while ((got = format_wire_next(package, &item)) > 0)
		if (item.number == 2 && item.type == FORMAT_WIRE_BYTES)
			break;
	*t = (stream_tensor){ 0 };
	if (got <= 0)
		return got;
	format_wire w = item.bytes;
	bool fine = true;
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 6)
			fine = fine && stream_take_ints(&f, t->dim, &n, STREAM_RANK);
		else if (f.number == 7 && f.type == FORMAT_WIRE_BYTES) {
			t->data = f.bytes.p;
			t->size = f.bytes.n;
		} else if (f.number == 8 && f.type == FORMAT_WIRE_VARINT)
			t->type = (int)(int32_t)(uint32_t)f.value;
	}
	t->rank = n;
	/* Who leaves the type unset, which is FLOAT32's number, and sends a byte for each number means bytes. */
	if (fine && t->type == STREAM_T_F32 && bytes_each(t))
		t->type = STREAM_T_U8;
	size_t all = stream_type_size(t->type);
	for (int i = 0; fine && i < n; i++) {
		t->dim[i] = (int32_t)t->dim[i];
		fine = t->dim[i] >= 0 && t->dim[i] <= INT32_MAX && (!t->dim[i] || all <= (size_t)INT32_MAX / (size_t)t->dim[i]);
		all *= (size_t)t->dim[i];
	}
	if (!fine)
		snprintf(why, size, "a tensor with a shape that cannot be, or with more than %d axes", (int)STREAM_RANK);
	else if (n && all != t->size) {
		char text[200];
		snprintf(why, size, "a tensor %s, which is not what its shape needs: %zu bytes",
			stream_tensor_text(t, text, sizeof text), all);
		fine = false;
	}
	return fine ? 1 : -1;
}

const char *
stream_tensor_text(const stream_tensor *t, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "%s ", stream_type_name(t->type));
	for (int i = 0; i < t->rank && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, i ? "x%lld" : "%lld", (long long)t->dim[i]);
	if (n < size)
		snprintf(text + n, size - n, " (%zu bytes)", t->size);
	return text;
}

/* The fields of a tensor before its bytes; dataStr comes last. */
static void
head_of(base_str *out, const stream_tensor *t)
{
	stream_put_int(out, 2, (int64_t)t->size);
	stream_put_int(out, 4, 3); /* MXPI_MEMORY_HOST_MALLOC */
	stream_put_packed(out, 6, t->dim, t->rank);
	stream_put_int(out, 8, t->type);
	format_wire_put_head(out, 7, t->size);
}

/* A part of a message: what is written first, and what is copied behind it. */
typedef struct part {
	base_str head;
	const uint8_t *data;
	size_t size;
} part;

static void
add_behind(base_str *to, base_str *from)
{
	base_str_addn(to, from->p ? from->p : "", from->n);
	to->failed |= from->failed;
	base_str_free(from);
}

/* The parts of a package: its own fields, then each tensor's. Returns how many bytes they have. */
static size_t
parts_of(part *to, const stream_package *v)
{
	base_str own = { 0 };
	for (int k = 0; k < v->n_parents; k++)
		stream_put_header(&own, v->parents[k], v->member);
	size_t total = own.n;
	for (int k = 0; k < v->n; k++) {
		part *p = &to[k + 1];
		base_str inner = { 0 };
		head_of(&inner, &v->v[k]);
		p->data = v->v[k].data;
		p->size = v->v[k].size;
		format_wire_put_head(&p->head, 2, inner.n + p->size);
		add_behind(&p->head, &inner);
		total += p->head.n + p->size;
	}
	format_wire_put_head(&to->head, 1, total);
	total += to->head.n;
	add_behind(&to->head, &own);
	return total;
}

stream_blob *
stream_packages_new(const stream_package *v, int n)
{
	size_t many = 0, total = 0, at = 0;
	for (int i = 0; i < n; i++)
		many += (size_t)v[i].n + 1;
	part *parts = secant_calloc(many + 1, sizeof *parts);
	for (int i = 0; i < n && parts && total <= INT32_MAX; i++) {
		total += parts_of(parts + at, &v[i]);
		at += (size_t)v[i].n + 1;
	}
	bool fine = parts && total <= INT32_MAX;
	for (size_t i = 0; i < many && fine; i++)
		fine = !parts[i].head.failed;
	stream_blob *b = fine ? stream_blob_new(total) : NULL;
	uint8_t *to = b ? b->p : NULL;
	for (size_t i = 0; i < many && parts; i++) {
		part *p = &parts[i];
		if (to && p->head.n)
			to = (uint8_t *)memcpy(to, p->head.p, p->head.n) + p->head.n;
		if (to && p->size)
			to = (uint8_t *)memcpy(to, p->data, p->size) + p->size;
		base_str_free(&p->head);
	}
	secant_free(parts);
	return b;
}
