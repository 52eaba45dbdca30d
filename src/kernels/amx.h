/*
 * The tile instructions of AMX that products of bfloat16 and of bytes need, and a model of them in C: eight registers
 * of 16 rows by 64 bytes (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18). A kernel
 * is written once over KERNEL_AMX_LOAD and its like; with `real` constant each copy keeps one of the two. For .k.c
 * files.
 *
 * The instructions are written out in assembly, as intrinsics need a compiler that was told of AMX; a caller asks
 * base_cpu_has_amx() first, which also asks Linux for the registers.
 */
#ifndef KERNEL_AMX_H
#define KERNEL_AMX_H
#include "kernels/kernels.h"

enum {
	KERNEL_AMX_REGISTERS = 8,
	KERNEL_AMX_ROWS = 16,
	KERNEL_AMX_BYTES = 64,
	KERNEL_AMX_FLOATS = KERNEL_AMX_BYTES / 4
};

/* Palette 1: rows of each register, and bytes of a row. */
typedef struct kernel_amx_palette {
	uint8_t palette, start, zero[14];
	uint16_t bytes[16];
	uint8_t rows[16];
} kernel_amx_palette;

/* The registers of the model; real ones need none. */
typedef union kernel_amx_register {
	float real[KERNEL_AMX_ROWS][KERNEL_AMX_FLOATS];
	uint16_t low[KERNEL_AMX_ROWS][2 * KERNEL_AMX_FLOATS];
	int32_t whole[KERNEL_AMX_ROWS][KERNEL_AMX_FLOATS];
	uint8_t byte[KERNEL_AMX_ROWS][KERNEL_AMX_BYTES];
} kernel_amx_register;
typedef struct kernel_amx_model {
	kernel_amx_palette palette;
	kernel_amx_register t[KERNEL_AMX_REGISTERS];
} kernel_amx_model;

/* Every register 16 rows of 64 bytes. */
KERNEL_INLINE kernel_amx_palette
kernel_amx_full(void)
{
	kernel_amx_palette p = { .palette = 1 };
	for (int i = 0; i < KERNEL_AMX_REGISTERS; i++)
		p.bytes[i] = KERNEL_AMX_BYTES, p.rows[i] = KERNEL_AMX_ROWS;
	return p;
}

/* Rows from p on, `step` bytes apart; what a register's shape leaves out is 0. */
KERNEL_INLINE void
kernel_amx_model_load(kernel_amx_model *m, int t, const void *p, int64_t step)
{
	memset(&m->t[t], 0, sizeof m->t[t]);
	for (int i = 0; i < m->palette.rows[t]; i++)
		memcpy(m->t[t].byte[i], (const char *)p + i * step, m->palette.bytes[t]);
}

KERNEL_INLINE void
kernel_amx_model_store(const kernel_amx_model *m, int t, void *p, int64_t step)
{
	for (int i = 0; i < m->palette.rows[t]; i++)
		memcpy((char *)p + i * step, m->t[t].byte[i], m->palette.bytes[t]);
}

/* TDPBF16PS: c[m][n] += a[m][2k] * b[k][2n] + a[m][2k + 1] * b[k][2n + 1]. Numbers too small for a float's normal range
 * count as 0 there; the model leaves them. */
KERNEL_INLINE void
kernel_amx_model_dot(kernel_amx_register *c, const kernel_amx_register *a, const kernel_amx_register *b)
{
	for (int m = 0; m < KERNEL_AMX_ROWS; m++)
		for (int k = 0; k < KERNEL_AMX_FLOATS; k++) {
			float even = kernel_from_bf16(a->low[m][2 * k]), odd = kernel_from_bf16(a->low[m][2 * k + 1]);
			for (int n = 0; n < KERNEL_AMX_FLOATS; n++)
				c->real[m][n] += even * kernel_from_bf16(b->low[k][2 * n])
					+ odd * kernel_from_bf16(b->low[k][2 * n + 1]);
		}
}

/* TDPBUSD: c[m][n] += sum over i of a[m][4k + i] * b[k][4n + i], of numbers 0..255 by -128..127. */
KERNEL_INLINE void
kernel_amx_model_dot_bytes(kernel_amx_register *c, const kernel_amx_register *a, const kernel_amx_register *b)
{
	for (int m = 0; m < KERNEL_AMX_ROWS; m++)
		for (int k = 0; k < KERNEL_AMX_FLOATS; k++)
			for (int n = 0; n < KERNEL_AMX_FLOATS; n++)
				for (int i = 0; i < 4; i++)
					c->whole[m][n] += a->byte[m][4 * k + i] * (int8_t)b->byte[k][4 * n + i];
}

#if defined(__AVX512F__)
#define KERNEL_AMX_REAL(text, ...) __asm__ volatile(text : : __VA_ARGS__ : "memory")
#else
#define KERNEL_AMX_REAL(text, ...) ((void)0)
#endif

/* Between these two registers hold what they are given: `real_` ones of the CPU, else those of the model m. */
#define KERNEL_AMX_BEGIN(real_, m, palette_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("ldtilecfg %0", "m"(*(palette_))); \
		else \
			(m)->palette = *(palette_); \
	} while (0)
#define KERNEL_AMX_END(real_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("tilerelease", "r"(0)); \
	} while (0)
#define KERNEL_AMX_LOAD(real_, m, t_, p_, step_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("tileloadd (%0,%1,1), %%tmm" #t_, "r"(p_), "r"((int64_t)(step_))); \
		else \
			kernel_amx_model_load(m, t_, p_, step_); \
	} while (0)
#define KERNEL_AMX_STORE(real_, m, t_, p_, step_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("tilestored %%tmm" #t_ ", (%0,%1,1)", "r"(p_), "r"((int64_t)(step_))); \
		else \
			kernel_amx_model_store(m, t_, p_, step_); \
	} while (0)
#define KERNEL_AMX_ZERO(real_, m, t_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("tilezero %%tmm" #t_, "r"(0)); \
		else \
			memset(&(m)->t[t_], 0, sizeof(m)->t[t_]); \
	} while (0)
#define KERNEL_AMX_DOT(real_, m, c_, a_, b_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("tdpbf16ps %%tmm" #b_ ", %%tmm" #a_ ", %%tmm" #c_, "r"(0)); \
		else \
			kernel_amx_model_dot(&(m)->t[c_], &(m)->t[a_], &(m)->t[b_]); \
	} while (0)
#define KERNEL_AMX_DOT_BYTES(real_, m, c_, a_, b_) \
	do { \
		if (real_) \
			KERNEL_AMX_REAL("tdpbusd %%tmm" #b_ ", %%tmm" #a_ ", %%tmm" #c_, "r"(0)); \
		else \
			kernel_amx_model_dot_bytes(&(m)->t[c_], &(m)->t[a_], &(m)->t[b_]); \
	} while (0)
#endif
