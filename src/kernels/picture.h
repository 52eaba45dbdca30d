/*
 * Pictures of bytes: colours, places, numbers. What augmentation and the loader spend their time in. Places come out
 * the same on every instruction set; a shifted colour may differ by one where it lies between two bytes, a number in
 * its last bit.
 */
#ifndef KERNEL_PICTURE_H
#define KERNEL_PICTURE_H
#include "kernels/kernels.h"

/* A change of hue, saturation and value: hue in units of two degrees, the others in 0..255. */
typedef struct kernel_hsv_shift {
	float hue, saturation, value;
	bool compat256; /* as OpenCV with bytes: hue is whole, added modulo 256, then taken modulo 180; grey gets hue 0 */
	bool bounded; /* values are cut to 0..255; else only to 0.. */
} kernel_hsv_shift;

typedef struct kernel_picture_kernels {
	/* Planes of n numbers, in place. */
	void (*hsv)(float *r, float *g, float *b, int n, const kernel_hsv_shift *shift);
	/* Interleaved bytes of `channels` (3 or more) channels, of which the first three are shifted, in place. */
	void (*hsv_bytes)(uint8_t *pixels, int channels, int64_t n, const kernel_hsv_shift *shift);
	/* n pixels of out: `from` (width x height, interleaved, followed by two bytes that may be read) at the places (x,
	 * y), bilinear, in whole numbers with weights of 1/256. Sets outside[i] and leaves pixel i undefined where not all
	 * four neighbours lie inside: to 2 where none does, else to 1; 0 inside. */
	void (*sample)(const uint8_t *from, int width, int height, int channels, const float *x, const float *y, int n,
		uint8_t *out, uint8_t *outside);
	/* The same for planes of labels, nearest: pixel floor(x + .5); outside[i] is 0 or 1, and there out[i] undefined. */
	void (*pick)(const uint16_t *from, int width, int height, const float *x, const float *y, int n, uint16_t *out,
		uint8_t *outside);
	/* n pixels of three bytes, and of labels, along a straight line through a picture: start and step are 32.32, pixel
	 * i lies at (start + block * step) / 2^16 + (i - block) * (step / 2^16), in 16.16, with block the multiple of 16
	 * below i. All of them lie at least 1/256 pixel within 0 .. width - 1 and 0 .. height - 1; the picture is followed
	 * by two bytes that may be read. */
	void (*warp3)(const uint8_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint8_t *out);
	void (*warp_labels)(
		const uint16_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint16_t *out);
	/* A block of 16 x 16 pixels of three bytes, or of labels, with rows and columns exchanged. Rows are in_row and
	 * out_row bytes apart, which may be negative. */
	void (*transpose3)(const uint8_t *in, ptrdiff_t in_row, uint8_t *out, ptrdiff_t out_row);
	void (*transpose2)(const uint8_t *in, ptrdiff_t in_row, uint8_t *out, ptrdiff_t out_row);
	/* n pixels of three bytes in reverse order. The two must not overlap. */
	void (*reverse3)(const uint8_t *from, uint8_t *to, int n);
	void (*reverse2)(const uint16_t *from, uint16_t *to, int n); /* the same for labels */
	/* to[i] = from[i] * scale[i % period] + shift[i % period]; period a multiple of 16. */
	void (*normalise)(const uint8_t *from, float *to, int64_t n, int period, const float *scale, const float *shift);
} kernel_picture_kernels;
KERNEL_FAMILY(picture)
#endif
