/*
 * Arenas: memory that is freed all at once, with the object it belongs to. A chain of blocks; small requests are cut
 * from the newest, a large one gets a block of its own. Not thread-safe: one owner.
 */
#include "base/mem.h"
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 4000, ALIGN = 16 };

typedef struct block {
	struct block *next;
	size_t used, size;
	alignas(ALIGN) char bytes[];
} block;

struct base_arena {
	block *first;
};

base_arena *
base_arena_new(void)
{
	return secant_calloc(1, sizeof(base_arena));
}

void
base_arena_free(base_arena *a)
{
	if (!a)
		return;
	for (block *b = a->first, *next; b; b = next) {
		next = b->next;
		secant_free(b);
	}
	secant_free(a);
}

static block *
block_new(size_t size)
{
	if (size > PTRDIFF_MAX - sizeof(block))
		return NULL;
	block *b = secant_calloc(1, sizeof(block) + size);
	if (b)
		b->size = size;
	return b;
}

void *
base_arena_alloc(base_arena *a, size_t bytes)
{
	if (bytes > PTRDIFF_MAX - ALIGN)
		return NULL;
	size_t need = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	block *b = a->first;
	if (!b || b->size - b->used < need) {
		block *fresh = block_new(need > BLOCK / 4 ? need : BLOCK);
		if (!fresh)
			return NULL;
		/* A large request must not retire a block that still has room: it goes behind it. */
		if (b && need > BLOCK / 4) {
			fresh->next = b->next;
			b->next = fresh;
		} else {
			fresh->next = b;
			a->first = fresh;
		}
		b = fresh;
	}
	void *p = b->bytes + b->used;
	b->used += need;
	return p;
}

char *
base_arena_strdup(base_arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = base_arena_alloc(a, n);
	if (p)
		memcpy(p, s, n);
	return p;
}

char *
base_arena_format(base_arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = n >= 0 ? base_arena_alloc(a, (size_t)n + 1) : NULL;
	if (p)
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}
