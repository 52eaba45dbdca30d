/*
 * Allocation: every block of secant's own comes from here, so that tests can count blocks and make the n-th one fail.
 * Arenas hold what lives and dies with one object: configuration, graphs, names. Nothing else in the tree calls malloc.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <secant/base.h>

/* n * size bytes, zeroed; NULL when there is no memory or the product overflows. n or size 0 gives a valid, empty
 * block. */
void *secant_calloc(size_t n, size_t size);
/* Grows or shrinks a block of secant_calloc to n * size bytes; new bytes are not zeroed. NULL leaves the old block
 * alone. */
void *base_realloc(void *p, size_t n, size_t size);
/* 64-byte-aligned, zeroed; freed with secant_free like the others. */
void *base_alloc_aligned(size_t bytes);
/* The same with whatever the memory held before: for what is written before it is read. Pages that are never touched
 * cost nothing. */
void *base_alloc_raw(size_t bytes);
/* The contents will never be read again: whole pages go back to the system, the block itself stays until it is freed.
 */
void base_mem_drop(void *p, size_t bytes);
char *base_strdup(const char *s);
char *base_strndup(const char *s, size_t n);
/* Frees (declared in secant/options.h, repeated here for those who need no options). */
SECANT_API void secant_free(void *p);

/* A formatted string in fresh memory; NULL when there is none. */
char *base_format(const char *fmt, ...) SECANT_PRINTF(1, 2);

/* Grows an array for one more element: if (base_grow((void **)&v, &capacity, n, sizeof *v)) -> no memory. */
int base_grow(void **v, int *capacity, int n, size_t size);

/* For tests: the allocation of that number (1 is the next one) fails, once; 0 switches off. Counts are per process. */
void base_mem_fail_at(long number);
long base_mem_count(void); /* allocations since the start */
long base_mem_live(void); /* blocks not freed */

typedef struct base_arena base_arena;
base_arena *base_arena_new(void);
void base_arena_free(base_arena *a);
void *base_arena_alloc(
	base_arena *a, size_t bytes); /* zeroed, 16-byte-aligned, lives as long as the arena; NULL: no memory */
char *base_arena_strdup(base_arena *a, const char *s);
char *base_arena_format(base_arena *a, const char *fmt, ...) SECANT_PRINTF(2, 3);

/* A string that grows. Sticky: after an allocation failure it stays `failed` and drops what comes. */
typedef struct base_str {
	char *p;
	size_t n, capacity;
	bool failed;
} base_str;
void base_str_add(base_str *s, const char *text);
void base_str_add_markup(base_str *s, const char *text); /* as text of HTML and SVG: < > & " as entities */
void base_str_add_le(base_str *s, uint64_t v, int bytes); /* a number of 1 to 8 bytes, little endian */
void base_str_addn(base_str *s, const char *text, size_t n);
void base_str_addf(base_str *s, const char *fmt, ...) SECANT_PRINTF(2, 3);
char *base_str_take(base_str *s); /* the text, caller frees; NULL after a failure; the string is empty again */
void base_str_free(base_str *s);

/* Is a line of a list of names a comment? "# words", "#" and "##" are; "#1" is a name. */
static inline bool
base_is_comment(const char *p, size_t n)
{
	return n && *p == '#' && (n == 1 || p[1] == ' ' || p[1] == '\t' || p[1] == '#' || p[1] == '!');
}

/* Edit distance, and the nearest entry of a list (declared in secant/options.h, repeated here). */
int base_edit_distance(const char *a, const char *b);
SECANT_API const char *secant_nearest(const char *name, const char *const *list);
/* malloc and free themselves, for a library that is told which functions to use and gives what it made to others. */
void *base_plain_malloc(size_t n);
void base_plain_free(void *p);
#endif
