/* Colours and places of bytes: what augmentation spends its time in. Results are the same on every instruction set but for hsv's rounding. */
#ifndef SECANT_KERNELS_PICTURE_H
#define SECANT_KERNELS_PICTURE_H
#include "kernels/kernels.h"

/* A change of hue, saturation and value: hue in units of two degrees, the others in 0..255. */
typedef struct secant_hsv_shift {
	float hue, saturation, value;
	bool compat256;              /* as OpenCV with bytes: hue is whole, added modulo 256, then taken modulo 180; grey gets hue 0 */
	bool bounded;                /* values are cut to 0..255; else only to 0.. */
} secant_hsv_shift;

/* A place between pixels: offset in bytes of the upper left one of four, and the weights of right and lower ones, 0 to 256. */
typedef struct secant_spots { const int32_t *offset; const uint16_t *right, *lower; } secant_spots;

typedef struct secant_picture_kernels {
	/* Planes of n numbers, in place. */
	void (*hsv)(float *r, float *g, float *b, int n, const secant_hsv_shift *shift);
	/* Interleaved bytes of `channels` (3 or more) channels, of which the first three are shifted, in place. */
	void (*hsv_bytes)(uint8_t *pixels, int channels, int64_t n, const secant_hsv_shift *shift);
	/* out = the four neighbours blended, n pixels of `channels` bytes; rows of `from` are `stride` bytes apart. All four must lie inside,
	 * and `slack` says whether 8 bytes may be read at each offset of both rows. */
	void (*blend_bytes)(const uint8_t *from, int64_t stride, int channels, bool slack, const secant_spots *spots, uint8_t *out, int n);
} secant_picture_kernels;
SECANT_KERNELS(picture)
#endif
