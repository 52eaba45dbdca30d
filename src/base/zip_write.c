/*
 * The zip container (PKWARE's APPNOTE.TXT, sections 4.3 and 4.5): a local header before each member, a central
 * directory with the same facts and each header's place behind all of them, and an end record. Numbers that do not fit
 * in 32 bits are ~0 there and stand in a zip64 extra field.
 */
#include "base/zip_write.h"
#include "base/hash.h"
#include <string.h>

enum { ALIGN = 64, UTF8_NAMES = 0x0800, FIRST_OF_1980 = 0x21 };

static uint64_t
cut32(uint64_t v)
{
	return v < UINT32_MAX ? v : UINT32_MAX;
}

static uint64_t
cut16(uint64_t v)
{
	return v < UINT16_MAX ? v : UINT16_MAX;
}

static void
put(base_zip_writer *z, const void *data, uint64_t size)
{
	base_writer_put(z->w, data, (size_t)size, NULL);
	z->at += size;
}

/* What local header and directory share, from the version on. */
static void
add_facts(base_str *s, bool large, uint32_t crc, uint64_t size, size_t name, size_t extra)
{
	base_str_add_le(s, large ? 45 : 20, 2);
	base_str_add_le(s, UTF8_NAMES, 2);
	base_str_add_le(s, 0, 2); /* stored */
	base_str_add_le(s, 0, 2); /* time */
	base_str_add_le(s, FIRST_OF_1980, 2);
	base_str_add_le(s, crc, 4);
	base_str_add_le(s, cut32(size), 4);
	base_str_add_le(s, cut32(size), 4);
	base_str_add_le(s, name, 2);
	base_str_add_le(s, extra, 2);
}

static void
put_local(base_zip_writer *z, const char *name, uint32_t crc, uint64_t size)
{
	static const char filler[ALIGN + 1] = "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ";
	base_str s = { 0 };
	bool large = size >= UINT32_MAX;
	size_t n = strlen(name), wide = large ? 20 : 0;
	size_t pad = (size_t)(ALIGN - (z->at + 30 + n + wide + 4) % ALIGN) % ALIGN;
	base_str_addn(&s, "PK\x03\x04", 4);
	add_facts(&s, large, crc, size, n, wide + 4 + pad);
	base_str_addn(&s, name, n);
	if (large) {
		base_str_add_le(&s, 1, 2);
		base_str_add_le(&s, 16, 2);
		base_str_add_le(&s, size, 8);
		base_str_add_le(&s, size, 8);
	}
	base_str_addn(&s, "FB", 2); /* the padding field of torch's own writer */
	base_str_add_le(&s, pad, 2);
	base_str_addn(&s, filler, pad);
	if (s.failed)
		z->directory.failed = true;
	put(z, s.p, s.n);
	base_str_free(&s);
}

void
base_zip_add(base_zip_writer *z, const char *name, const void *data, uint64_t size)
{
	base_str *d = &z->directory;
	uint64_t start = z->at;
	uint32_t crc = base_crc32(0, data, (size_t)size);
	bool large = size >= UINT32_MAX, far = start >= UINT32_MAX;
	put_local(z, name, crc, size);
	put(z, data, size);
	base_str_addn(d, "PK\x01\x02", 4);
	base_str_add_le(d, 45, 2);
	add_facts(d, large || far, crc, size, strlen(name), large || far ? 4 + (large ? 16 : 0) + (far ? 8 : 0) : 0);
	base_str_add_le(d, 0, 2); /* comment */
	base_str_add_le(d, 0, 2); /* disk */
	base_str_add_le(d, 0, 2); /* attributes */
	base_str_add_le(d, 0, 4);
	base_str_add_le(d, cut32(start), 4);
	base_str_add(d, name);
	if (large || far) {
		base_str_add_le(d, 1, 2);
		base_str_add_le(d, (large ? 16 : 0) + (far ? 8 : 0), 2);
	}
	for (int i = 0; large && i < 2; i++)
		base_str_add_le(d, size, 8);
	if (far)
		base_str_add_le(d, start, 8);
	z->members++;
}

secant_status
base_zip_end(base_zip_writer *z, secant_err *err)
{
	base_str *d = &z->directory;
	uint64_t start = z->at, size = d->n, end = start + size;
	if (z->members >= UINT16_MAX || start >= UINT32_MAX || size >= UINT32_MAX) {
		base_str_addn(d, "PK\x06\x06", 4);
		base_str_add_le(d, 44, 8);
		base_str_add_le(d, 45, 2);
		base_str_add_le(d, 45, 2);
		base_str_add_le(d, 0, 8); /* two disk numbers */
		base_str_add_le(d, z->members, 8);
		base_str_add_le(d, z->members, 8);
		base_str_add_le(d, size, 8);
		base_str_add_le(d, start, 8);
		base_str_addn(d, "PK\x06\x07", 4);
		base_str_add_le(d, 0, 4);
		base_str_add_le(d, end, 8);
		base_str_add_le(d, 1, 4);
	}
	base_str_addn(d, "PK\x05\x06", 4);
	base_str_add_le(d, 0, 4);
	base_str_add_le(d, cut16(z->members), 2);
	base_str_add_le(d, cut16(z->members), 2);
	base_str_add_le(d, cut32(size), 4);
	base_str_add_le(d, cut32(start), 4);
	base_str_add_le(d, 0, 2);
	bool failed = d->failed;
	if (!failed)
		put(z, d->p, d->n);
	base_str_free(d);
	return failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for the directory of the archive") : SECANT_OK;
}
