/*
 * Pages of a TIFF: "stack.tif#3" is its fourth picture wherever a picture's path goes, if no file is called so.
 * Decoders know the first page alone; here the header of the bytes in memory (never the file) is made to point at
 * another. TIFF 6.0, sections 2 and BigTIFF's header: order, 42 or 43, the place of the first directory; a directory
 * ends in the place of the next.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "codec/codec.h"

enum { MOST_PAGES = 65536 };

/* A TIFF's bytes as its header has them. */
typedef struct tiff {
	const uint8_t *data;
	size_t size;
	bool little, big;
} tiff;

static uint64_t
number(const tiff *t, const uint8_t *p, int n)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * (t->little ? i : n - 1 - i);
	return v;
}

static bool
open_tiff(tiff *t, const secant_bytes *b)
{
	*t = (tiff){ b->data, b->size, b->size > 1 && b->data[0] == 'I', false };
	if (b->size < 16 || (memcmp(b->data, "II", 2) && memcmp(b->data, "MM", 2)))
		return false;
	uint64_t version = number(t, b->data + 2, 2);
	t->big = version == 43;
	return version == 42 || version == 43;
}

static uint64_t
first_directory(const tiff *t)
{
	return t->big ? number(t, t->data + 8, 8) : number(t, t->data + 4, 4);
}

/* The place behind a directory; 0: there is none, or it is damaged. */
static uint64_t
next_directory(const tiff *t, uint64_t at)
{
	int count = t->big ? 8 : 2, entry = t->big ? 20 : 12, place = t->big ? 8 : 4;
	if (at > t->size || t->size - at < (uint64_t)count)
		return 0;
	uint64_t n = number(t, t->data + at, count), room = t->size - at - (uint64_t)count;
	if (n > 65535 || n * (uint64_t)entry + (uint64_t)place > room)
		return 0;
	return number(t, t->data + at + count + n * (uint64_t)entry, place);
}

/* Where page `page` has its directory; 0: it is not there. */
static uint64_t
directory_of(const tiff *t, int page)
{
	uint64_t at = first_directory(t);
	for (int i = 0; i < page && at; i++)
		at = next_directory(t, at);
	return at;
}

/* Splits "a.tif#3" where no such file is and a.tif is one: the length of the name; 0: it is none. */
static size_t
split(const char *path, int *page)
{
	const char *mark = strrchr(path, '#');
	if (!mark || mark == path || !isdigit((unsigned char)mark[1]) || strlen(mark) > 6 || secant_is_file(path))
		return 0;
	char *end;
	long n = strtol(mark + 1, &end, 10);
	*page = (int)n;
	return !*end && n < MOST_PAGES ? (size_t)(mark - path) : 0;
}

bool
codec_page_is(const char *path)
{
	int page;
	return split(path, &page) > 0;
}

/* Makes the bytes in memory begin at another directory. */
static secant_status
turn_to(secant_bytes *b, int page, const char *path, secant_err *err)
{
	tiff t;
	uint64_t at = open_tiff(&t, b) ? directory_of(&t, page) : 0;
	if (!at)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: the file has no page %d, counted from 0", path, page);
	if (b->map && mprotect(b->map, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE))
		return secant_fail(err, SECANT_ERR_IO, "%s: the mapped file cannot be changed in memory", path);
	uint8_t *to = (uint8_t *)(uintptr_t)b->data + (t.big ? 8 : 4);
	for (int i = 0, n = t.big ? 8 : 4; i < n; i++)
		to[i] = (uint8_t)(at >> 8 * (t.little ? i : n - 1 - i));
	return SECANT_OK;
}

secant_status
codec_page_map(secant_bytes *b, const char *path, secant_err *err)
{
	int page;
	size_t n = split(path, &page);
	if (!n)
		return base_file_map(b, path, err);
	char *file = base_strndup(path, n);
	secant_status s = file ? base_file_map(b, file, err) : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_free(file);
	if (!s && (s = turn_to(b, page, path, err)))
		base_file_unmap(b);
	return s;
}

int
codec_pages(const char *path)
{
	secant_bytes b;
	tiff t;
	int n = 0;
	if (base_file_map(&b, path, NULL))
		return 0;
	if (open_tiff(&t, &b))
		for (uint64_t at = first_directory(&t); at && n < MOST_PAGES; n++)
			at = next_directory(&t, at);
	base_file_unmap(&b);
	return n;
}
