/*
 * Hand-written compute. Each *.k.c file is compiled once for every instruction set (cmake/kernels.cmake) and fills one
 * table of functions; kernel_NAME_best() gives the table for this CPU (capped by SECANT_CPU), kernel_NAME_at() that of
 * one instruction set, for tests. The base copy is the scalar C; a file may add intrinsics under #ifdef __AVX512F__
 * beside it.
 *
 * Kernels work on one thread and know no graphs: callers split rows among threads. They neither allocate nor log.
 * Matrices are rows x channels, dense. `low` says that a buffer holds bfloat16 (uint16_t) and not float. Inputs and
 * outputs may be the same buffer only where stated.
 *
 * Loops over elements say KERNEL_IVDEP and load an element before they store it, so that "may be the same buffer" costs
 * nothing.
 *
 * TO ADD A KERNEL FILE: name.h with the type `kernel_name_kernels` of its table and one line KERNEL_FAMILY(name), and
 * name.k.c defining `const kernel_name_kernels KERNEL_TABLE(name) = {...}` last.
 */
#ifndef KERNEL_KERNELS_H
#define KERNEL_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/cpu.h"

#define KERNEL_PASTE_(a, b) a##_##b
#define KERNEL_PASTE(a, b) KERNEL_PASTE_(a, b)
#define KERNEL_TABLE(name) KERNEL_PASTE(kernel_##name##_kernels, SECANT_ISA) /* inside .k.c files */

/* The tables of one kernel file, and the choice among them. */
#if defined(__x86_64__)
#define KERNEL_FAMILY(name) \
	extern const kernel_##name##_kernels kernel_##name##_kernels_base, kernel_##name##_kernels_avx2, \
		kernel_##name##_kernels_avx512; \
	static inline const kernel_##name##_kernels *kernel_##name##_at(base_isa isa) \
	{ \
		return isa >= BASE_ISA_AVX512 ? &kernel_##name##_kernels_avx512 \
			: isa == BASE_ISA_AVX2    ? &kernel_##name##_kernels_avx2 \
									  : &kernel_##name##_kernels_base; \
	} \
	static inline const kernel_##name##_kernels *kernel_##name##_best(void) \
	{ \
		return kernel_##name##_at(base_cpu_isa()); \
	}
#else
#define KERNEL_FAMILY(name) \
	extern const kernel_##name##_kernels kernel_##name##_kernels_base; \
	static inline const kernel_##name##_kernels *kernel_##name##_at(base_isa isa) \
	{ \
		return &kernel_##name##_kernels_base; \
	} \
	static inline const kernel_##name##_kernels *kernel_##name##_best(void) { return &kernel_##name##_kernels_base; }
#endif

/* The next loop carries nothing from one element to the next, even where its buffers are the same one. */
#if defined(__clang__)
#define KERNEL_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define KERNEL_IVDEP _Pragma("GCC ivdep")
#endif

/* Loops over channels that the compiler must specialise for each combination of flags. */
#define KERNEL_INLINE static inline __attribute__((always_inline))

KERNEL_INLINE float
kernel_from_bf16(uint16_t v)
{
	uint32_t u = (uint32_t)v << 16;
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}

/* Rounds to nearest even; a NaN stays a NaN. */
KERNEL_INLINE uint16_t
kernel_to_bf16(float f)
{
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
	return (uint16_t)((u & 0x7fffffff) > 0x7f800000 ? (u >> 16) | 0x40 : rounded);
}

KERNEL_INLINE float
kernel_load(const void *p, int64_t i, bool low)
{
	return low ? kernel_from_bf16(((const uint16_t *)p)[i]) : ((const float *)p)[i];
}

KERNEL_INLINE void
kernel_store_real(void *p, int64_t i, bool low, float v)
{
	if (low)
		((uint16_t *)p)[i] = kernel_to_bf16(v);
	else
		((float *)p)[i] = v;
}

/* The address of element i. */
KERNEL_INLINE const void *
kernel_at(const void *p, int64_t i, bool low)
{
	return (const char *)p + i * (low ? 2 : 4);
}

KERNEL_INLINE void *
kernel_at_mut(void *p, int64_t i, bool low)
{
	return (char *)p + i * (low ? 2 : 4);
}
#endif
