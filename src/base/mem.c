/*
 * Allocation: the only file of the library that calls malloc and free. Blocks are counted with atomics, without a lock,
 * and a test can make the n-th allocation from now fail (base_mem_fail_at).
 */
#include "base/mem.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_long total, live, fail_in;

/* Counts down to the allocation that is to fail; true when this is the one. */
static bool
fails_now(void)
{
	atomic_fetch_add_explicit(&total, 1, memory_order_relaxed);
	return atomic_load_explicit(&fail_in, memory_order_relaxed) > 0 && atomic_fetch_sub(&fail_in, 1) == 1;
}

static void *
counted(void *p)
{
	if (p)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

static bool
product(size_t n, size_t size, size_t *bytes)
{
	if (__builtin_mul_overflow(n, size, bytes))
		return false;
	if (*bytes == 0)
		*bytes = 1;
	return *bytes <= PTRDIFF_MAX;
}

void *
secant_calloc(size_t n, size_t size)
{
	size_t bytes;
	if (!product(n, size, &bytes) || fails_now())
		return NULL;
	return counted(calloc(1, bytes));
}

void *
base_realloc(void *p, size_t n, size_t size)
{
	size_t bytes;
	if (!product(n, size, &bytes) || fails_now())
		return NULL;
	void *q = realloc(p, bytes);
	return p ? q : counted(q);
}

void *
base_alloc_raw(size_t bytes)
{
	void *p;
	size_t size;
	if (!product(bytes, 1, &size) || fails_now())
		return NULL;
	return posix_memalign(&p, 64, size) ? NULL : counted(p);
}

void *
base_alloc_aligned(size_t bytes)
{
	void *p = base_alloc_raw(bytes);
	if (p)
		memset(p, 0, bytes);
	return p;
}

void
base_mem_drop(void *p, size_t bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)p + page - 1) / page * page,
			  to = ((uintptr_t)p + bytes) / page * page;
	if (to > from)
		(void)madvise((void *)from, to - from, MADV_DONTNEED); /* refused: the pages stay, nothing else */
}

void
secant_free(void *p)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	free(p);
}

char *
base_strndup(const char *s, size_t n)
{
	size_t m = strnlen(s, n);
	char *p = m < SIZE_MAX ? secant_calloc(m + 1, 1) : NULL;
	if (p)
		memcpy(p, s, m);
	return p;
}

char *
base_strdup(const char *s)
{
	return base_strndup(s, strlen(s));
}

int
base_grow(void **v, int *capacity, int n, size_t size)
{
	if (n < *capacity)
		return 0;
	if (*capacity > INT32_MAX / 2)
		return 1;
	int more = *capacity ? *capacity * 2 : 8;
	void *p = base_realloc(*v, (size_t)more, size);
	if (!p)
		return 1;
	*v = p;
	*capacity = more;
	return 0;
}

void
base_mem_fail_at(long number)
{
	atomic_store(&fail_in, number > 0 ? number : 0);
}

long
base_mem_count(void)
{
	return atomic_load(&total);
}

long
base_mem_live(void)
{
	return atomic_load(&live);
}

void *
base_plain_malloc(size_t n)
{
	return malloc(n);
}

void
base_plain_free(void *p)
{
	free(p);
}
