/*
 * 3x3 convolutions of stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin, Gray 2015, arXiv 1509.09308;
 * points 0, 1, -1, 2, -2 and infinity): 36 products where the direct way takes 144. All arithmetic is float, whatever
 * the pictures are stored as.
 *
 *     y = At [ (G g Gt) . (Bt d B) ] A          d: 6x6 of the input, y: 4x4 of the output, . summed over input
 *                                               channels: 36 matrix products
 *     dg = A't [ (Bt d B) . (G' e G't) ] A'     e: 4x4 of the output's gradient; F(3x3, 4x4), summed over tiles
 *
 * Transformed values ("spectra") of T tiles stand as 36 x blocks of 64 channels x T x 64, so that the products walk
 * memory with fixed strides; products of the first kind as 36 x T x channels. Channels are multiples of `width`. Tile
 * t of N x rows x columns is row-major.
 */
#ifndef KERNEL_WINOGRAD_H
#define KERNEL_WINOGRAD_H
#include "kernels/kernels.h"

enum { KERNEL_WINOGRAD_TILE = 4, KERNEL_WINOGRAD_POINTS = 36, KERNEL_WINOGRAD_BLOCK = 64 };

/* Pictures N x height x width x channels seen as tiles of 4x4 outputs; a tile reads from row 4 i - top and column 4 j -
 * left on. */
typedef struct kernel_winograd_map {
	int64_t height, width, channels, rows, columns, top, left;
	bool low;
} kernel_winograd_map;

/* What is done to outputs: y = act(y + bias + residual); residual has the output's layout and may be the output. */
typedef struct kernel_winograd_post {
	const float *bias;
	const void *residual;
	bool relu;
} kernel_winograd_post;

typedef struct kernel_winograd_kernels {
	int width;
	/* Weights OIHW of `wide` outputs from `from` on (2 `width`, or `width`: a panel) as in x 9 x wide. `flip`: of the
	 * convolution that carries gradients back: out and in change places, filters turn by 180 degrees. `low`: w is
	 * bfloat16. */
	void (*panel)(const float *oihw, int64_t out, int64_t in, bool flip, int64_t from, int64_t wide, bool low, void *w);
	/* Spectra of a panel: points 6 row .. 6 row + 5, each in x wide, `step` floats apart. */
	void (*spectra)(const void *w, int64_t in, int64_t wide, int row, bool low, float *u, int64_t step);
	/* Spectra of tiles from..to-1 of the `n` from `first` on: of 6x6 inputs; of 4x4 gradients of outputs (top and left
	 * 0). */
	void (*input)(
		const void *x, const kernel_winograd_map *map, int64_t first, int64_t n, int64_t from, int64_t to, float *v);
	void (*grad)(
		const void *dy, const kernel_winograd_map *map, int64_t first, int64_t n, int64_t from, int64_t to, float *v);
	/* m[p] = v[p] u[p] for `points` points: products of n x in by in x out; u: points x panels of outputs x in x panel.
	 */
	void (*multiply)(const float *v, const float *u, int points, int64_t n, int64_t in, int64_t out, float *m);
	/* sum[p] += v[p]t e[p] for in-channels c0..c1-1 (of one block) and outputs o0..o1-1. sum: 36 x (c1 - c0) x (o1 -
	 * o0). */
	void (*correlate)(const float *v, const float *e, int64_t n, int64_t in, int64_t out, int64_t c0, int64_t c1,
		int64_t o0, int64_t o1, float *sum);
	/* Outputs of `n` tiles from `first` on, channels from..to-1, from products 36 x n x (to - from). */
	void (*output)(const float *m, const kernel_winograd_map *map, const kernel_winograd_post *post, int64_t first,
		int64_t n, int64_t from, int64_t to, void *y);
	/* Weight gradients OIHW of in-channels c0..c1-1 and outputs o0..o1-1 from their sums. */
	void (*filters)(const float *sum, int64_t in, int64_t c0, int64_t c1, int64_t o0, int64_t o1, float *oihw);
} kernel_winograd_kernels;
KERNEL_FAMILY(winograd)
#endif
