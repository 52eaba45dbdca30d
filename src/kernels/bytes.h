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
typedef struct kernel_bytes_kernels {
	/* sums[r * KERNEL_BYTES_COLUMNS + j] of `rows` (1 to KERNEL_BYTES_ROWS) rows from x on. */
	void (*product)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums);
	void (*product_vnni)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums); /* NULL: none */
	/* The same in tiles of AMX (kernels/amx.h), of up to KERNEL_BYTES_MANY rows; and by their model in C, for tests. */
	void (*product_amx)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums); /* NULL: none */
	void (*product_model)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums);
	/* A pixel of a convolution in which each channel is its own group: sums[j] = sum over k of x[at[k] + j] * w[k *
	 * channels + j] for n channels from 0 on (w begins at the first of them). */
	void (*depth)(
		const uint8_t *x, const int64_t *at, int taps, const int8_t *w, int64_t channels, int n, int32_t *sums);
	/* n outputs of each of `rows` rows of a tile; of what is added and of y they begin `step` numbers apart. */
	void (*finish)(
		const kernel_bytes_end *e, const int32_t *sums, int rows, int n, const void *added, void *y, int64_t step);
	/* n real numbers as they are, or as bytes: clamped to low..high first. to: kernel_bytes_type. */
	void (*store)(const float *v, int n, float low, float high, float grain, float zero, int to, void *y);
} kernel_bytes_kernels;
KERNEL_FAMILY(bytes)
#endif
