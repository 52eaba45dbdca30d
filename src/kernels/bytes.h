/*
 * Products of bytes: numbers 0..255 by weights -128..127 into sums of 32 bits, exactly; and what follows a sum: scale,
 * bias, something added, a clamp, and bytes again.
 *
 * Weights are packed: for each stretch of a sum, four bytes for each of `columns` outputs (16, 32, 48 or 64) together,
 * then the next four; missing ones are 0. VNNI multiplies and adds four at once. Without it bytes are widened first:
 * the shorter way (pmaddubsw) saturates at 16 bits, where 255 * 127 * 2 does not fit.
 */
#ifndef KERNEL_BYTES_H
#define KERNEL_BYTES_H
#include "kernels/kernels.h"

enum { KERNEL_BYTES_ROWS = 6, KERNEL_BYTES_MANY = 64, KERNEL_BYTES_COLUMNS = 64, KERNEL_BYTES_DEEP = 4 };

typedef enum kernel_bytes_type {
	KERNEL_BYTES_NONE,
	KERNEL_BYTES_REAL,
	KERNEL_BYTES_U8,
	KERNEL_BYTES_S8
} kernel_bytes_type;

typedef enum kernel_bytes_how { KERNEL_BYTES_SET, KERNEL_BYTES_ADD, KERNEL_BYTES_MULTIPLY } kernel_bytes_how;

/* A tile of sums: rows[r] * columns[j], rows `step` bytes apart, each the sum over stretches of 4 * quads bytes that
 * begin at[k] bytes from the row. Up to three bytes behind a stretch are read, and multiplied by weights of 0. */
typedef struct kernel_bytes_tile {
	const int64_t *at;
	int stretches, columns;
	int64_t quads, step;
	const int8_t *weights;
} kernel_bytes_tile;

/* What becomes of sums, for outputs j:
 *     v = (sum - less[j]) * scale[j] + bias[j] + (added - added_zero) * added_scale,  clamped to low..high
 *     y = v, or clamp(round(v * grain) + zero), halves to even */
typedef struct kernel_bytes_end {
	const int32_t *less;
	const float *scale, *bias;
	float added_zero, added_scale, low, high, grain, zero;
	int added, to; /* kernel_bytes_type of what is added (none: nothing) and of the result */
} kernel_bytes_end;

/* A block of KERNEL_BYTES_COLUMNS channels of such a convolution. */
typedef struct kernel_bytes_depth {
	const int64_t *at;
	int taps;
	int64_t step;
	const int8_t *weights;
} kernel_bytes_depth;

/* Where the weight of tap k and channel j of a block stands: four taps of a channel together, channels in the order in
 * which vectors of bytes interleave. */
static inline int
kernel_bytes_depth_place(int k, int j)
{
	return k / KERNEL_BYTES_DEEP * KERNEL_BYTES_DEEP * KERNEL_BYTES_COLUMNS
		+ (j % 16 / 4 * 16 + j / 16 * 4 + j % 4) * KERNEL_BYTES_DEEP + k % KERNEL_BYTES_DEEP;
}

typedef struct kernel_bytes_kernels {
	/* sums[r * KERNEL_BYTES_COLUMNS + j] of `rows` (1 to KERNEL_BYTES_ROWS) rows from x on. */
	void (*product)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums);
	void (*product_vnni)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums); /* NULL: none */
	/* The same in tiles of AMX (kernels/amx.h), of up to KERNEL_BYTES_MANY rows; and by their model in C, for tests. */
	void (*product_amx)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums); /* NULL: none */
	void (*product_model)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums);
	/* `rows` pixels, `step` bytes apart, of a convolution in which each channel is its own group: sums[r *
	 * KERNEL_BYTES_COLUMNS + j] = sum over k of x[r * step + at[k] + j] * (weight of tap k, channel j), n <=
	 * KERNEL_BYTES_COLUMNS channels. Weights are packed by kernel_bytes_depth_place; at[] is filled up to a multiple of
	 * KERNEL_BYTES_DEEP taps. */
	void (*depth)(const kernel_bytes_depth *t, const uint8_t *x, int rows, int n, int32_t *sums);
	void (*depth_vnni)(const kernel_bytes_depth *t, const uint8_t *x, int rows, int n, int32_t *sums); /* NULL: none */
	/* n outputs of each of `rows` rows of a tile; of what is added and of y they begin `step` numbers apart. */
	void (*finish)(
		const kernel_bytes_end *e, const int32_t *sums, int rows, int n, const void *added, void *y, int64_t step);
	/* n real numbers as they are, or as bytes: clamped to low..high first. to: kernel_bytes_type. */
	void (*store)(const float *v, int n, float low, float high, float grain, float zero, int to, void *y);
	/* v[j] = (x[j] - zero) * scale; or that is added to v[j], or v[j] multiplied by it. type: of x. */
	void (*reals)(const void *x, int type, int n, float zero, float scale, kernel_bytes_how how, float *v);
	/* y[i] = round(x[i] / step) + zero, halves to even, clamped to a byte; no number is `zero`. In double: exact. */
	void (*quantize)(const float *x, int64_t n, double step, double zero, bool is_signed, uint8_t *y);
	/* y[i] = the larger of x[i] and y[i], n bytes that do not overlap. */
	void (*larger)(const uint8_t *x, bool is_signed, int64_t n, uint8_t *y);
	/* y[i] = round(sum over k of w[k] * x[k][i]), halves to even (op_resize_byte; fused multiply-add where the CPU has
	 * it). */
	void (*between)(const uint8_t *const x[4], const float w[4], bool is_signed, int n, uint8_t *y);
	/* y[i] = table[x[i]], table of 256 bytes; y may be x. */
	void (*look_up)(const uint8_t *table, const uint8_t *x, int64_t n, uint8_t *y);
	void (*look_up_vbmi)(const uint8_t *table, const uint8_t *x, int64_t n, uint8_t *y); /* NULL: none */
} kernel_bytes_kernels;
KERNEL_FAMILY(bytes)
#endif
