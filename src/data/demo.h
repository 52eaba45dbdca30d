/* What the kinds of demo pictures share: a canvas of light with its labels, and things to draw on it. */
#ifndef DATA_DEMO_H
#define DATA_DEMO_H
#include <secant/demo.h>
#include "base/rng.h"

typedef struct data_canvas {
	int width, height;
	float *light; /* 0..255 */
	float *tint; /* how much of a thing's own colour a pixel has, 0..1 */
	uint8_t *label; /* 0 or 255 */
	base_rng rng;
} data_canvas;

/* Smooth noise in -1..1 whose features are `scale` pixels wide; `salt` chooses one of many. */
float data_demo_noise(uint32_t salt, float x, float y, float scale);
/* Distance from (x, y) to the line between two points. */
float data_demo_distance(float x, float y, const float a[2], const float b[2]);
/* A slope of random direction and a broad bump: light that differs by about `range` over the picture. */
void data_demo_illuminate(data_canvas *c, float low, float range);
/* Adds a soft blob of that height and radius (standard deviation). */
void data_demo_add_blob(data_canvas *c, float x, float y, float rx, float ry, float angle, float light);
/* n of them anywhere, with radii and light between these. */
void data_demo_add_blobs(data_canvas *c, int n, double least, double most, double dim, double bright);
/* Adds a line of that width with soft edges; `label` marks it too. */
void data_demo_add_line(data_canvas *c, const float a[2], const float b[2], float width, float light, bool label);

/* Draws n numbers in order, number i between range[i][0] and range[i][1]. Arguments of a call are drawn in no order
 * that C promises: draw them with this. */
void data_demo_draw_numbers(data_canvas *c, int n, const double range[][2], float *v);

void data_demo_draw_cells(data_canvas *c);
void data_demo_draw_tiles(data_canvas *c);
#endif
