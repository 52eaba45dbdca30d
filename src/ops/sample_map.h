/*
 * Where sampled pictures take their numbers from (op_grid_sample.c): places and weights of one sample, for the
 * reference and for every implementation.
 */
#ifndef OP_SAMPLE_MAP_H
#define OP_SAMPLE_MAP_H
#include "ops/ops.h"

enum { OP_SAMPLE_TAPS = 16 };

typedef enum op_sample_mode { OP_SAMPLE_NEAREST, OP_SAMPLE_BILINEAR, OP_SAMPLE_BICUBIC } op_sample_mode;
typedef enum op_sample_padding { OP_SAMPLE_ZEROS, OP_SAMPLE_BORDER, OP_SAMPLE_REFLECTION } op_sample_padding;

typedef struct op_sample_attr {
	int mode, padding;
	bool align_corners;
} op_sample_attr;

/* The sample of a picture of h x w pixels at (x, y), -1..1 from edge to edge (align_corners: from the first pixel's
 * centre to the last one's): pixels, row-major, and their weights; how many. Those that count nothing are left out. */
int op_sample_map(const op_sample_attr *a, int64_t h, int64_t w, double x, double y, int64_t place[OP_SAMPLE_TAPS],
	double weight[OP_SAMPLE_TAPS]);
#endif
