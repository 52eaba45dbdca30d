/*
 * Pictures within graphs: bytes, N x H x W x C, as they come from a decoder or a camera, and what stands between them
 * and the numbers of a network. The attributes, and the arithmetic that references and implementations share.
 *
 * The results are those of preparing pictures outside of graphs (prepare/normalize.h, tensor/sampling.h) to the bit:
 * sums are in float, in that order, in the references too.
 */
#ifndef OP_PICTURE_H
#define OP_PICTURE_H
#include "ops/ops.h"

/* crop: a window; height or width 0: all there is from there on. centre: left and top say nothing. */
typedef struct op_crop_attr {
	int top, left, height, width;
	bool centre;
} op_crop_attr;
typedef struct op_window {
	int64_t top, left, height, width;
} op_window;
/* The window of a picture of h x w; it may leave it. */
op_window op_crop_window(const op_crop_attr *a, int64_t h, int64_t w);

typedef enum op_fit {
	OP_FIT_STRETCH, /* height and width on their own */
	OP_FIT_LETTERBOX, /* as large as fits, the rest filled, in the middle */
	OP_FIT_COVER /* as small as covers, the middle of it */
} op_fit;
typedef struct op_picture_resize_attr {
	secant_ints size; /* H, W; n = 0: as it is */
	int filter; /* secant_filter */
	int fit; /* op_fit */
	int fill; /* a byte */
} op_picture_resize_attr;
/* Where the scaled picture lies in the result: its size, and its corner, which may lie outside. */
op_window op_fit_window(const op_picture_resize_attr *a, int64_t h, int64_t w);
/* The same of a picture that was fitted with a border, by the two shapes. */
op_window op_unfit_window(const secant_shape *fitted, const secant_shape *picture);

typedef enum op_yuv_layout {
	OP_YUV_NV12, /* pairs U V */
	OP_YUV_NV21, /* pairs V U */
	OP_YUV_I420, /* a plane U, a plane V */
	OP_YUV_YV12 /* a plane V, a plane U */
} op_yuv_layout;
typedef struct op_yuv_attr {
	int layout;
} op_yuv_attr;
/* Where U (channel 1) or V (2) of pixel (y, x) lies among the bytes of one picture of h x w. */
static inline int64_t
op_yuv_place(int layout, int channel, int64_t h, int64_t w, int64_t y, int64_t x)
{
	bool second = (channel == 2) != (layout == OP_YUV_NV21 || layout == OP_YUV_YV12);
	if (layout == OP_YUV_NV12 || layout == OP_YUV_NV21)
		return h * w + y / 2 * w + x / 2 * 2 + second;
	return h * w + second * (h / 2 * (w / 2)) + y / 2 * (w / 2) + x / 2;
}

typedef struct op_colour_matrix_attr { /* 3 x 3, rows of the result, parts of 256 */
	secant_ints matrix, before, after; /* before is taken from the input, after added to the result */
} op_colour_matrix_attr;
/* Channel c of the result, cut to a byte. */
static inline int
op_colour_of(const op_colour_matrix_attr *a, const int in[3], int c)
{
	int64_t sum = 0;
	for (int k = 0; k < 3; k++)
		sum += (int64_t)a->matrix.v[3 * c + k] * (in[k] - (a->before.n ? a->before.v[k] : 0));
	sum = (sum >= 0 ? sum / 256 : -((-sum + 255) / 256)) + (a->after.n ? a->after.v[c] : 0); /* >> 8, arithmetic */
	return sum < 0 ? 0 : sum > 255 ? 255 : (int)sum;
}

typedef struct op_channels_attr {
	secant_ints order;
} op_channels_attr; /* channel i of the result is channel order[i] of the input */

/* normalize_picture: ((x - mean) - low) * scale + shift; lists hold one number, one a channel, or none. */
typedef struct op_normalize_attr {
	int channels; /* of the result: one is repeated, those too many are dropped; 0: as many as there are */
	secant_reals mean, low, scale, shift;
} op_normalize_attr;
static inline double
op_real_at(const secant_reals *v, int i, double otherwise)
{
	return v->n == 0 ? otherwise : v->v[v->n == 1 ? 0 : i];
}

typedef struct op_multiple_attr {
	secant_ints multiple, least;
} op_multiple_attr; /* pad_to: H, W */
/* Reflection without repeating the edge, of any length: ... 2 1 [0 1 2 3] 2 1 0 1 ... */
static inline int64_t
op_reflected(int64_t i, int64_t n)
{
	int64_t period = 2 * (n - 1);
	if (!period)
		return 0;
	i %= period;
	return i < n ? i : period - i;
}

/* scale_like: where place i of `to` lies among `from`, half-pixel centres, the edge repeated: between *first and
 * *second, the result after *first. */
static inline float
op_between(int64_t i, int64_t from, int64_t to, int64_t *first, int64_t *second)
{
	float at = ((float)i + 0.5f) * (float)from / (float)to - 0.5f;
	at = at < 0 ? 0 : at;
	*first = (int64_t)at < from - 1 ? (int64_t)at : from - 1;
	*second = *first + 1 < from ? *first + 1 : *first;
	return at - (float)*first;
}
#endif
