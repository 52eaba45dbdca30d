/*
 * Loaded before the C library (LD_PRELOAD): the FAIL_NTH-th allocation that the command's own code or jansson asks for
 * is refused, all others are not. With FAIL_COUNT it appends how many there were to that file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static uintptr_t from[8], to[8];
static int ranges;
static long nth;
static atomic_long calls;

__attribute__((constructor)) static void
find_ranges(void)
{
	char line[512], exe[256] = "";
	const char *text = getenv("FAIL_NTH");
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	FILE *f = fopen("/proc/self/maps", "re");
	while (f && n > 0 && fgets(line, sizeof line, f)) {
		unsigned long a, b;
		char mode[8];
		if (sscanf(line, "%lx-%lx %7s", &a, &b, mode) == 3 && mode[2] == 'x' && ranges < 8
			&& (strstr(line, exe) || strstr(line, "libjansson"))) {
			from[ranges] = a;
			to[ranges++] = b;
		}
	}
	if (f)
		fclose(f);
	nth = text && strstr(exe, "secant") ? atol(text) : 0;
	atomic_store(&calls, 0);
}

__attribute__((destructor)) static void
tell(void)
{
	const char *path = getenv("FAIL_COUNT");
	FILE *f = path && ranges ? fopen(path, "w") : NULL;
	if (f) {
		fprintf(f, "%ld\n", atomic_load(&calls));
		fclose(f);
	}
}

static int
fails(const void *caller)
{
	for (int i = 0; i < ranges; i++)
		if ((uintptr_t)caller >= from[i] && (uintptr_t)caller < to[i])
			return atomic_fetch_add(&calls, 1) + 1 == nth;
	return 0;
}

void *
malloc(size_t n)
{
	if (!fails(__builtin_return_address(0)))
		return __libc_malloc(n);
	errno = ENOMEM;
	return NULL;
}

void *
calloc(size_t n, size_t size)
{
	if (!fails(__builtin_return_address(0)))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *
realloc(void *p, size_t n)
{
	if (!fails(__builtin_return_address(0)))
		return __libc_realloc(p, n);
	errno = ENOMEM;
	return NULL;
}
