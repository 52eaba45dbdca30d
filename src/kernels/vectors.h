/*
 * Vectors of channels for kernels that write them out: as wide as the copy's instruction set has them, float in
 * registers, float or bfloat16 in memory. For .k.c files.
 */
#ifndef KERNEL_VECTORS_H
#define KERNEL_VECTORS_H
#include "kernels/kernels.h"

#if defined(__AVX512F__)
enum { WIDTH = 16 };
#elif defined(__AVX2__)
enum { WIDTH = 8 };
#else
enum { WIDTH = 4 };
#endif

typedef float vec __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef uint16_t half __attribute__((vector_size(WIDTH * 2), aligned(2), may_alias));
typedef uint32_t word __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));

KERNEL_INLINE vec
load(const void *p, int64_t i, bool low)
{
	if (low)
		return (vec)(__builtin_convertvector(*(const half *)((const uint16_t *)p + i), word) << 16);
	return *(const vec *)((const float *)p + i);
}

KERNEL_INLINE void
store(void *p, int64_t i, bool low, vec v)
{
	if (!low) {
		*(vec *)((float *)p + i) = v;
		return;
	}
	word u = (word)v, rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16, nan = (u >> 16) | 0x40;
	word is_nan = (word)((u & 0x7fffffff) > 0x7f800000);
	*(half *)((uint16_t *)p + i) = __builtin_convertvector((rounded & ~is_nan) | (nan & is_nan), half);
}
#endif
