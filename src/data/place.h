/* Where pixels go: cutting a window out, turning, and sampling at any places. Pictures bilinear, labels nearest, always
 * together. */
#ifndef SECANT_DATA_PLACE_H
#define SECANT_DATA_PLACE_H
#include "data/samples.h"

/* What lies outside a picture. REFLECT does not repeat the edge (cv2.BORDER_REFLECT_101). */
typedef enum secant_border {
	SECANT_BORDER_CONSTANT,
	SECANT_BORDER_EDGE,
	SECANT_BORDER_REFLECT,
	SECANT_BORDER_WRAP
} secant_border;
#define SECANT_BORDERS "constant|edge|reflect|wrap"

typedef struct secant_outside {
	secant_border border;
	const float *fill; /* CONSTANT: a number a channel */
	uint16_t label; /* CONSTANT */
	bool mark_labels; /* labels outside are `label` whatever the border */
} secant_outside;

/* Index i of a line of n under a border; -1: outside a constant one. */
int secant_border_index(secant_border border, int i, int n);

/* to = the window of to's size whose upper left corner is (x, y) of `from`; it may stick out anywhere. */
void secant_place_window(const secant_picture *from, secant_picture *to, int x, int y, const secant_outside *outside);

/* The eight ways to lay a square: bit 0 flips left and right, bit 1 up and down, bit 2 transposes first. */
enum { SECANT_TURN_FLIP_H = 1, SECANT_TURN_FLIP_V = 2, SECANT_TURN_TRANSPOSE = 4 };
/* The turn that does `first`, then `second`. */
int secant_turn_then(int first, int second);
/* to = from turned; sizes fit already (swapped for a transposing turn). */
void secant_place_turned(const secant_picture *from, secant_picture *to, int turn);

/* Where pixels (x .. x + n - 1, y) of the new picture come from: centres of source pixels are whole numbers. */
typedef void (*secant_place_map)(const void *how, int x, int y, int n, float *from_x, float *from_y);
void secant_place_mapped(const secant_picture *from, secant_picture *to, secant_place_map map, const void *how,
	const secant_outside *outside);

/* Pixel (x, y) of the new picture comes from (xx x + xy y + x0, yx x + yy y + y0); centres are whole numbers. */
typedef struct secant_affine {
	double xx, xy, x, yx, yy, y;
} secant_affine;
/* Where the pixels of a turned picture of width x height come from. */
secant_affine secant_affine_of_turn(int turn, int width, int height);
/* outer(inner(place)). */
secant_affine secant_affine_join(const secant_affine *outer, const secant_affine *inner);
/* As secant_place_mapped, faster for bytes of three channels: places are rounded to 1/65536 pixel. */
void secant_place_affine(
	const secant_picture *from, secant_picture *to, const secant_affine *m, const secant_outside *outside);

/* Scales the window (x, y, width, height) of `from`, which lies inside, to to's size: half-pixel centres, no
 * antialiasing (OpenCV's INTER_LINEAR); labels from pixel floor((i + .5) * in / out). */
void secant_place_scaled(
	const secant_picture *from, secant_picture *to, double x, double y, double width, double height);
#endif
