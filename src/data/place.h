/* Where pixels go: cutting a window out, turning, and sampling at any places. Pictures bilinear, labels nearest, always
 * together. */
#ifndef DATA_PLACE_H
#define DATA_PLACE_H
#include "data/samples.h"

/* What lies outside a picture. REFLECT does not repeat the edge (cv2.BORDER_REFLECT_101). */
typedef enum data_border { DATA_BORDER_CONSTANT, DATA_BORDER_EDGE, DATA_BORDER_REFLECT, DATA_BORDER_WRAP } data_border;
#define DATA_BORDERS "constant|edge|reflect|wrap"

typedef struct data_outside {
	data_border border;
	const float *fill; /* CONSTANT: a number a channel */
	uint16_t label; /* CONSTANT */
	bool mark_labels; /* labels outside are `label` whatever the border */
} data_outside;

/* Index i of a line of n under a border; -1: outside a constant one. */
int data_border_index(data_border border, int i, int n);

/* to = the window of to's size whose upper left corner is (x, y) of `from`; it may stick out anywhere. */
void data_place_window(const data_picture *from, data_picture *to, int x, int y, const data_outside *outside);

/* The eight ways to lay a square: bit 0 flips left and right, bit 1 up and down, bit 2 transposes first. */
enum { DATA_TURN_FLIP_H = 1, DATA_TURN_FLIP_V = 2, DATA_TURN_TRANSPOSE = 4 };
/* The turn that does `first`, then `second`. */
int data_turn_then(int first, int second);
/* to = from turned; sizes fit already (swapped for a transposing turn). */
void data_place_turned(const data_picture *from, data_picture *to, int turn);

/* Where pixels (x .. x + n - 1, y) of the new picture come from: centres of source pixels are whole numbers. */
typedef void (*data_place_map)(const void *how, int x, int y, int n, float *from_x, float *from_y);
void data_place_mapped(
	const data_picture *from, data_picture *to, data_place_map map, const void *how, const data_outside *outside);

/* Pixel (x, y) of the new picture comes from (xx x + xy y + x0, yx x + yy y + y0); centres are whole numbers. */
typedef struct data_affine {
	double xx, xy, x, yx, yy, y;
} data_affine;
/* Where the pixels of a turned picture of width x height come from. */
data_affine data_affine_of_turn(int turn, int width, int height);
/* outer(inner(place)). */
data_affine data_affine_join(const data_affine *outer, const data_affine *inner);
/* As data_place_mapped, faster for bytes of three channels: places are rounded to 1/65536 pixel. */
void data_place_affine(const data_picture *from, data_picture *to, const data_affine *m, const data_outside *outside);

/* Scales the window (x, y, width, height) of `from`, which lies inside, to to's size: half-pixel centres, no
 * antialiasing (OpenCV's INTER_LINEAR); labels from pixel floor((i + .5) * in / out). */
void data_place_scaled(const data_picture *from, data_picture *to, double x, double y, double width, double height);
#endif
