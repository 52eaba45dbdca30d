/*
 * Convolutions of bfloat16 in tiles: 16 pixels of the result by 16 of its channels, 32 numbers of each pixel at a time.
 * What exec/native/tiles_conv.c is made of.
 *
 * The map is laid out so that 32 numbers that one pixel of the result takes lie side by side, from a multiple of 32 on,
 * and those of the next pixel `x_step` behind them: a tile is read where it stands.
 * Weights are laid out in pairs of numbers: weight[number / 2][channel][number % 2], 32 x 16 a step.
 */
#ifndef KERNEL_TILES_CONV_H
#define KERNEL_TILES_CONV_H
#include "kernels/kernels.h"

enum {
	KERNEL_TILES_CONV_PIXELS = 16, /* of a tile */
	KERNEL_TILES_CONV_BLOCK = 16, /* channels of the result */
	KERNEL_TILES_CONV_STEP = 32, /* numbers of a pixel */
	KERNEL_TILES_CONV_WEIGHTS = KERNEL_TILES_CONV_STEP * KERNEL_TILES_CONV_BLOCK /* of a step and block */
};

/* y[pixel][o] = act(bias[o] + added[pixel][o] + sum over steps and numbers of x[...] * weights[...]). */
typedef struct kernel_tiles_conv {
	const uint16_t *x;
	int64_t x_step;
	const int64_t *tile; /* where each begins in x */
	const int32_t *pixel; /* KERNEL_TILES_CONV_PIXELS of each tile: which one of y; -1: none */
	int64_t tiles, pixels; /* pixels from this one on are left out */
	const int64_t *shift; /* of each step, from where a tile begins */
	int64_t steps;
	const uint16_t *weights; /* block by block, step by step */
	const float *bias; /* NULL: none */
	const void *added; /* like y, which it may be; NULL: nothing */
	bool relu, low; /* y and added are bfloat16 */
	void *y;
	int64_t channels;
} kernel_tiles_conv;

typedef struct kernel_tiles_conv_kernels {
	/* Buffers laid out here are aligned to 64 bytes. 32 numbers of each of n pixels stand together, the next 32 a plane
	 * further: to[k / 32 * plane + i * 32 + k % 32] = from[i * from_step + k], 0 for k from `numbers` on. */
	void (*spread)(const uint16_t *from, int64_t from_step, int64_t numbers, int64_t n, uint16_t *to, int64_t plane);
	/* A block of weights: to[k / 2][o][k % 2] of all `steps` * 32 numbers k = w[from[k] + o * step]; 0 where from[k] is
	 * negative, and for o >= channels. */
	void (*weights)(const float *w, const int64_t *from, int64_t steps, int64_t step, int64_t channels, uint16_t *to);
	void (*convolve)(const kernel_tiles_conv *c); /* by the model of tiles in C: for tests */
	void (*convolve_amx)(const kernel_tiles_conv *c); /* NULL: the copy has none */
} kernel_tiles_conv_kernels;
KERNEL_FAMILY(tiles_conv)
#endif
