/*
 * Sums over pixels of products of bfloat16 in tiles: 16 channels of one map by 16 of another, 32 pixels at a time.
 * What the gradients of weights of convolutions are made of (exec/native/tiles.c).
 *
 * One map is laid out in rows, 32 pixels of a channel side by side: tile[channel][pixel]. The other in pairs of pixels:
 * pair[channel][0 or 1]. A tile of it may begin at any pair, so a map shifted by an even number of pixels costs
 * nothing, and one shifted by an odd number is read from a second copy, whose pairs begin one pixel later.
 */
#ifndef KERNEL_TILES_H
#define KERNEL_TILES_H
#include "kernels/kernels.h"

enum {
	KERNEL_TILES_BLOCK = 16, /* channels */
	KERNEL_TILES_PIXELS = 32,
	KERNEL_TILES_PAIR = 2 * KERNEL_TILES_BLOCK, /* numbers of a pair of pixels */
	KERNEL_TILES_ROWS = KERNEL_TILES_BLOCK * KERNEL_TILES_PIXELS, /* numbers of a tile of rows, or of pairs */
	KERNEL_TILES_SUMS = KERNEL_TILES_BLOCK * KERNEL_TILES_BLOCK,
};

/* to[r][c][i][j] (+)= sum over pixels k of rows[r][i][k] * pairs[c][k][j], for blocks r of rows and columns c. */
typedef struct kernel_tiles_product {
	const uint16_t *rows; /* of block r from r * rows_step on: `tiles` tiles */
	int64_t rows_step;
	int n_rows;
	const uint16_t *pairs;
	const int64_t *column; /* where the pairs of each column begin: a multiple of KERNEL_TILES_PAIR */
	int columns;
	int64_t tiles;
	float *to; /* sums of block r and column c at r * to_step + c * KERNEL_TILES_SUMS */
	int64_t to_step;
	bool add; /* to what is there, or instead of it */
} kernel_tiles_product;

/* Buffers laid out here are aligned to 64 bytes. Channels behind the last count as 0. */
typedef struct kernel_tiles_kernels {
	/* Tiles of rows of 32 pixels: to[b * step + c * 32 + k] = pixel[k][16 b + c]. */
	void (*rows)(const uint16_t *const *pixel, int64_t channels, uint16_t *to, int64_t step);
	/* n pairs, from n * 2 + 1 pixels: even[b * step + j * 32 + c * 2 + i] = pixel[2 j + i][16 b + c]; odd the same of
	 * pixel[2 j + 1 + i]. Either may be NULL. */
	void (*pairs)(
		const uint16_t *const *pixel, int64_t n, int64_t channels, uint16_t *even, uint16_t *odd, int64_t step);
	/* Sums of `parts` gradients, taken out of tiles: to[j * to_step + c * taps + t] = sum over parts of
	 * part[offset + t * tap_step + j * 16 + c], for `rows` j and `channels` c, up to 16 each. */
	void (*columns)(const float *const *part, int parts, int64_t offset, int64_t taps, int64_t tap_step, int rows,
		int channels, float *to, int64_t to_step);
	void (*product)(const kernel_tiles_product *p); /* by the model of tiles in C: for tests */
	void (*product_amx)(const kernel_tiles_product *p); /* NULL: the copy has none */
} kernel_tiles_kernels;
KERNEL_FAMILY(tiles)
#endif
