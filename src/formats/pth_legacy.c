/*
 * PyTorch's files before 1.6 (and _use_new_zipfile_serialization=False), reading only: pickles one after another
 *
 *     the number 0x1950a86a20f9469cfc6c | protocol 1001 | system facts | the object | list of storage keys
 *
 * and then for each key an i64 with the number of elements and the elements, little-endian. How large an element is
 * stands only in the persistent ids of the object's pickle, which therefore are gone through first.
 */
#include "base/bytes.h"
#include "formats/state_dict.h"
#include <stdlib.h>
#include <string.h>

enum { PROTOCOL = 1001 };

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5;
}

typedef struct part {
	const char *key;
	size_t n;
	size_t element;
	format_storage storage;
} part;
typedef struct parts {
	part *v;
	int n;
} parts;

static int
by_key(const void *a, const void *b)
{
	const part *x = a, *y = b;
	int c = memcmp(x->key, y->key, x->n < y->n ? x->n : y->n);
	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static part *
find_part(const parts *p, const format_pickle *key)
{
	part wanted = { .key = key->text.p, .n = key->text.n };
	return p->n ? bsearch(&wanted, p->v, (size_t)p->n, sizeof wanted, by_key) : NULL;
}

/* Collects key and element size of every storage from the persistent ids, sorted, each once. */
static secant_status
collect_parts(parts *p, const format_pickle *ids, secant_err *err)
{
	int n = ids ? ids->items.n : 0;
	if (!(p->v = secant_calloc((size_t)n, sizeof *p->v)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d storages", n);
	int kept = 0;
	for (int i = 0; i < n; i++) {
		const format_pickle *id = ids->items.v[i]->items.v[0], *class = format_pickle_item(id, 1),
							*key = format_pickle_item(id, 2);
		if (format_pickle_is_str(format_pickle_item(id, 0), "module"))
			continue; /* a module's class, with its source */
		if (!class || class->kind != FORMAT_PICKLE_GLOBAL || class->global->role != FORMAT_PICKLE_TYPED || !key
			|| key->kind != FORMAT_PICKLE_STR)
			return secant_fail(
				err, SECANT_ERR_FORMAT, "storage %d is not (\"storage\", class, key, device, elements)", i);
		int dtype = class->global->dtype;
		p->v[kept++] = (part){ .key = key->text.p,
			.n = key->text.n,
			.element = dtype < 0 ? (size_t)-dtype : secant_dtype_size((secant_dtype)dtype) };
	}
	n = kept;
	qsort(p->v, (size_t)n, sizeof *p->v, by_key);
	for (int i = 0; i < n; i++) {
		part *last = p->n ? &p->v[p->n - 1] : NULL;
		if (!last || by_key(last, &p->v[i]))
			p->v[p->n++] = p->v[i];
		else if (last->element != p->v[i].element)
			return secant_fail(err, SECANT_ERR_FORMAT, "storage '%.*s' has two types", (int)last->n, last->key);
	}
	return SECANT_OK;
}

/* Finds the bytes of every storage behind the pickles. */
static secant_status
place_parts(parts *p, const format_pickle *keys, const uint8_t *data, size_t size, size_t at, secant_err *err)
{
	for (int i = 0; i < keys->items.n; i++) {
		const format_pickle *key = keys->items.v[i];
		part *it = key->kind == FORMAT_PICKLE_STR ? find_part(p, key) : NULL;
		if (!it)
			return secant_fail(err, SECANT_ERR_FORMAT, "storage %d belongs to no tensor", i);
		if (size - at < 8)
			return secant_fail(err, SECANT_ERR_FORMAT, "the file ends at byte %zu, before storage %d of %d", size,
				i + 1, keys->items.n);
		uint64_t n = base_le64(data + at), bytes;
		at += 8;
		if (__builtin_mul_overflow(n, (uint64_t)it->element, &bytes) || bytes > size - at)
			return secant_fail(err, SECANT_ERR_FORMAT,
				"storage %d of %d has %llu elements of %zu bytes at byte %zu, the file ends at %zu", i + 1,
				keys->items.n, (unsigned long long)n, it->element, at, size);
		it->storage.data = (uint8_t *)(uintptr_t)data + at; /* read only: nobody owns it */
		it->storage.size = (size_t)bytes;
		at += (size_t)bytes;
	}
	return at == size ? SECANT_OK
					  : secant_fail(err, SECANT_ERR_FORMAT, "the storages end at byte %zu, the file at %zu", at, size);
}

static format_storage *
find_storage(void *user, const format_pickle *key, uint64_t bytes, size_t size, secant_err *err)
{
	part *it = find_part(user, key);
	if (!it || !it->storage.data)
		return secant_fail(err, SECANT_ERR_FORMAT, "storage '%.*s' is missing", (int)key->text.n, key->text.p), NULL;
	if (it->storage.size < bytes)
		return secant_fail(err, SECANT_ERR_FORMAT, "storage '%.*s' has %zu bytes, its tensors need %llu",
				   (int)key->text.n, key->text.p, it->storage.size, (unsigned long long)bytes),
			   NULL;
	return &it->storage;
}

/* The pickles before the object: who wrote the file, and how. */
static secant_status
read_preface(format_pickle_reader *r, secant_err *err)
{
	static const uint8_t magic[10] = { 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
	const format_pickle *v = format_pickle_read(r, err);
	if (!v)
		return err->code;
	if (v->kind != FORMAT_PICKLE_BIG || v->text.n != sizeof magic || memcmp(v->text.p, magic, sizeof magic))
		return secant_fail(err, SECANT_ERR_FORMAT, "is a pickle, but not one of PyTorch");
	if (!(v = format_pickle_read(r, err)))
		return err->code;
	if (v->kind != FORMAT_PICKLE_INT || v->integer != PROTOCOL)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "PyTorch's file protocol is not %d", PROTOCOL);
	return format_pickle_read(r, err) ? SECANT_OK : err->code;
}

static secant_status
read_stream(format_input *in, format_pickle_reader *r, parts *p, secant_err *err)
{
	secant_status s = read_preface(r, err);
	if (s)
		return s;
	format_pickle *root = format_pickle_read(r, err);
	const format_pickle *keys = root ? format_pickle_read(r, err) : NULL;
	if (!keys)
		return err->code;
	if (keys->kind != FORMAT_PICKLE_LIST)
		return secant_fail(err, SECANT_ERR_FORMAT, "the object is not followed by a list of storages");
	s = collect_parts(p, r->persistent, err);
	if (!s)
		s = place_parts(p, keys, r->data, r->size, r->at, err);
	return s ? s : format_state_dict_read(in, root, &(format_storages){ find_storage, p }, r, err);
}

static secant_status
read_file(format_input *in, secant_err *err)
{
	parts p = { 0 };
	format_pickle_reader r = { .data = in->data, .size = in->size, .arena = base_arena_new() };
	secant_status s = r.arena ? read_stream(in, &r, &p, err)
							  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for the pickle");
	base_arena_free(r.arena);
	secant_free(p.v);
	return s;
}

const format_tensor_format format_tensor_format_pth_legacy = {
	.name = "pth-legacy",
	.brief = "PyTorch state_dict or checkpoint (stream, before 1.6), read only",
	.detect = detect,
	.read = read_file,
};
