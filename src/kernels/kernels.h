/*
 * Hand-written compute. Each *.k.c file is compiled once for every instruction set (cmake/kernels.cmake) and fills one
 * table of functions; secant_NAME_best() gives the table for this CPU (capped by SECANT_CPU), secant_NAME_at() that of
 * one instruction set, for tests. The base copy is the scalar C; a file may add intrinsics under #ifdef __AVX512F__
 * beside it.
 *
 * Kernels work on one thread and know no graphs: callers split rows among threads. They neither allocate nor log.
 * Matrices are rows x channels, dense. `low` says that a buffer holds bfloat16 (uint16_t) and not float. Inputs and
 * outputs may be the same buffer only where stated.
 *
 * Loops over elements say SECANT_IVDEP and load an element before they store it, so that "may be the same buffer" costs
 * nothing.
 *
 * TO ADD A KERNEL FILE: name.h with the type `secant_name_kernels` of its table and one line SECANT_KERNELS(name), and
 * name.k.c defining `const secant_name_kernels SECANT_KERNEL(name) = {...}` last.
 */
#ifndef SECANT_KERNELS_KERNELS_H
#define SECANT_KERNELS_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/cpu.h"

#define SECANT_PASTE_(a, b) a##_##b
#define SECANT_PASTE(a, b) SECANT_PASTE_(a, b)
#define SECANT_KERNEL(name) SECANT_PASTE(secant_##name##_kernels, SECANT_ISA) /* inside .k.c files */

/* The tables of one kernel file, and the choice among them. */
#if defined(__x86_64__)
#define SECANT_KERNELS(name) \
	extern const secant_##name##_kernels secant_##name##_kernels_base, secant_##name##_kernels_avx2, \
		secant_##name##_kernels_avx512; \
	static inline const secant_##name##_kernels *secant_##name##_at(secant_isa isa) \
	{ \
		return isa >= SECANT_ISA_AVX512 ? &secant_##name##_kernels_avx512 \
			: isa == SECANT_ISA_AVX2    ? &secant_##name##_kernels_avx2 \
										: &secant_##name##_kernels_base; \
	} \
	static inline const secant_##name##_kernels *secant_##name##_best(void) \
	{ \
		return secant_##name##_at(secant_cpu_isa()); \
	}
#else
#define SECANT_KERNELS(name) \
	extern const secant_##name##_kernels secant_##name##_kernels_base; \
	static inline const secant_##name##_kernels *secant_##name##_at(secant_isa isa) \
	{ \
		return &secant_##name##_kernels_base; \
	} \
	static inline const secant_##name##_kernels *secant_##name##_best(void) { return &secant_##name##_kernels_base; }
#endif

/* The next loop carries nothing from one element to the next, even where its buffers are the same one. */
#if defined(__clang__)
#define SECANT_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define SECANT_IVDEP _Pragma("GCC ivdep")
#endif

/* Loops over channels that the compiler must specialise for each combination of flags. */
#define SECANT_INLINE static inline __attribute__((always_inline))

SECANT_INLINE float
secant_from_bf16(uint16_t v)
{
	uint32_t u = (uint32_t)v << 16;
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}

/* Rounds to nearest even; a NaN stays a NaN. */
SECANT_INLINE uint16_t
secant_to_bf16(float f)
{
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
	return (uint16_t)((u & 0x7fffffff) > 0x7f800000 ? (u >> 16) | 0x40 : rounded);
}

SECANT_INLINE float
secant_load(const void *p, int64_t i, bool low)
{
	return low ? secant_from_bf16(((const uint16_t *)p)[i]) : ((const float *)p)[i];
}

SECANT_INLINE void
secant_store_real(void *p, int64_t i, bool low, float v)
{
	if (low)
		((uint16_t *)p)[i] = secant_to_bf16(v);
	else
		((float *)p)[i] = v;
}

/* The address of element i. */
SECANT_INLINE const void *
secant_at(const void *p, int64_t i, bool low)
{
	return (const char *)p + i * (low ? 2 : 4);
}

SECANT_INLINE void *
secant_at_mut(void *p, int64_t i, bool low)
{
	return (char *)p + i * (low ? 2 : 4);
}
#endif
