/*
 * Where a resized picture takes its numbers from: source places and weights along one axis. Used by the reference and
 * by every implementation, so that all of them agree on coordinates. PyTorch's semantics
 * (torch.nn.functional.interpolate):
 *
 *     nearest            floor(i * step)            } in float32, as PyTorch computes it; at most in - 1
 *     nearest-exact      floor((i + 1/2) * step)    }
 *     bilinear, bicubic  (i + 1/2) * step - 1/2, or i * (in - 1) / (out - 1) with align_corners; bilinear not below
 *                        0, bicubic with the
 *                        cubic convolution of Keys (1981), A = -0.75, and places clamped to the border
 *
 * where step = in / out, or what the attribute gives (1/f for a scale factor f).
 */
#ifndef OP_RESIZE_MAP_H
#define OP_RESIZE_MAP_H
#include <string.h>
#include "ops/ops.h"

enum { OP_RESIZE_TAPS = 4 };

/* How many places one output coordinate reads: 1, 2 or 4. */
int op_resize_taps(int mode);
/* Fills as many entries for output coordinate i along `axis` (0: h, 1: w); the weights sum to 1. */
void op_resize_map(const op_resize_attr *a, int axis, int64_t in, int64_t out, int64_t i, int64_t place[OP_RESIZE_TAPS],
	double weight[OP_RESIZE_TAPS]);
/* The same of what chooses a pixel or lies between two, in float: for bytes. */
typedef struct op_resize_between {
	int64_t place[2];
	float weight[2];
} op_resize_between;
op_resize_between op_resize_pair(const op_resize_attr *a, int axis, int64_t in, int64_t out, int64_t i);
/* A byte between four, rounded, halves to even: in float, in that order, wherever it is computed. */
static inline int32_t
op_resize_byte(const float weight[4], float x0, float x1, float x2, float x3)
{
	const float magic = 12582912; /* beside it floats are whole numbers */
	float sum = weight[0] * x0 + weight[1] * x1 + weight[2] * x2 + weight[3] * x3 + magic;
	uint32_t bits; /* of no byte, as a hostile graph may have it, anything but an overflow */
	memcpy(&bits, &sum, sizeof bits);
	return (int32_t)(bits - 0x4b400000u);
}

/*
 * Of resize_smooth: bicubic with a window that widens where the picture shrinks (antialias=True), so that no place is
 * passed over. Output i of `out` is
 *
 *     sum_j w((j + 1/2 - c) / z) x[j] / sum_j w(...)    c = (i + 1/2) in / out,  z = max(1, in / out)
 *
 * with Keys' w for A = -1/2, over the places from <= j < to.
 */
typedef struct op_smooth_window {
	int64_t from, to;
	double centre, wide, sum;
} op_smooth_window;
op_smooth_window op_smooth_window_of(int64_t in, int64_t out, int64_t i);
double op_smooth_weight(const op_smooth_window *w, int64_t j);
#endif
