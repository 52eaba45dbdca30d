/*
 * Moving elements. Short rows are copied by overlapping vector moves, as a call of memcpy costs more than they do; what
 * changes the order of axes goes in tiles that fit the first cache on both sides.
 */
#include "kernels/copy.h"

enum { TILE = 16, SHORT = 512 };

/* memcpy of any length, written out for short ones: the last move overlaps the one before. */
KERNEL_INLINE void
copy_bytes(char *restrict to, const char *restrict from, int64_t n)
{
	if (n > SHORT) {
		memcpy(to, from, (size_t)n);
	} else if (n >= 64) {
		for (int64_t i = 0; i + 64 <= n; i += 64)
			memcpy(to + i, from + i, 64);
		memcpy(to + n - 64, from + n - 64, 64);
	} else if (n >= 32) {
		char a[32], b[32];
		memcpy(a, from, 32);
		memcpy(b, from + n - 32, 32);
		memcpy(to, a, 32);
		memcpy(to + n - 32, b, 32);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else {
		for (int64_t i = 0; i < n; i++)
			to[i] = from[i];
	}
}

#define STRIDED(type) \
	static void strided_##type(type *restrict to, int64_t to_row, int64_t to_step, const type *restrict from, \
		int64_t from_row, int64_t from_step, int64_t rows, int64_t n) \
	{ \
		if (to_step == 1 && from_step == 0) { \
			for (int64_t r = 0; r < rows; r++) { \
				type v = from[r * from_row]; \
				for (int64_t i = 0; i < n; i++) \
					to[r * to_row + i] = v; \
			} \
			return; \
		} \
		for (int64_t r = 0; r < rows; r += TILE) \
			for (int64_t i = 0; i < n; i += TILE) { \
				int64_t r1 = rows - r < TILE ? rows : r + TILE, i1 = n - i < TILE ? n : i + TILE; \
				for (int64_t p = r; p < r1; p++) \
					for (int64_t q = i; q < i1; q++) \
						to[p * to_row + q * to_step] = from[p * from_row + q * from_step]; \
			} \
	}
STRIDED(uint8_t)
STRIDED(uint16_t)
STRIDED(uint32_t)
STRIDED(uint64_t)

static void
block(void *to, int64_t to_row, int64_t to_step, const void *from, int64_t from_row, int64_t from_step, int64_t rows,
	int64_t n, int size)
{
	if (to_step == 1 && from_step == 1) {
		for (int64_t r = 0; r < rows; r++)
			copy_bytes((char *)to + r * to_row * size, (const char *)from + r * from_row * size, n * size);
		return;
	}
	switch (size) {
	case 1: strided_uint8_t(to, to_row, to_step, from, from_row, from_step, rows, n); break;
	case 2: strided_uint16_t(to, to_row, to_step, from, from_row, from_step, rows, n); break;
	case 4: strided_uint32_t(to, to_row, to_step, from, from_row, from_step, rows, n); break;
	case 8: strided_uint64_t(to, to_row, to_step, from, from_row, from_step, rows, n); break;
	}
}

static void
pixels(void *to, const void *from, const int32_t *place, int64_t n, int64_t bytes)
{
	if (bytes == 4) { /* one channel of floats: the masks */
		const uint32_t *restrict x = from;
		uint32_t *restrict y = to;
		for (int64_t i = 0; i < n; i++)
			y[i] = x[place[i]];
		return;
	}
	for (int64_t i = 0; i < n; i++)
		copy_bytes((char *)to + i * bytes, (const char *)from + place[i] * bytes, bytes);
}

const kernel_copy_kernels KERNEL_TABLE(copy) = { .block = block, .pixels = pixels };
