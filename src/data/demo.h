/* What the kinds of demo pictures share: a canvas of light with its labels, and things to draw on it. */
#ifndef SECANT_DATA_DEMO_H
#define SECANT_DATA_DEMO_H
#include <secant/demo.h>
#include "base/rng.h"

typedef struct secant_canvas {
	int width, height;
	float *light; /* 0..255 */
	float *tint; /* how much of a thing's own colour a pixel has, 0..1 */
	uint8_t *label; /* 0 or 255 */
	secant_rng rng;
} secant_canvas;

/* Smooth noise in -1..1 whose features are `scale` pixels wide; `salt` chooses one of many. */
float secant_demo_noise(uint32_t salt, float x, float y, float scale);
/* Distance from (x, y) to the line between two points. */
float secant_demo_distance(float x, float y, const float a[2], const float b[2]);
/* A slope of random direction and a broad bump: light that differs by about `range` over the picture. */
void secant_demo_illuminate(secant_canvas *c, float low, float range);
/* Adds a soft blob of that height and radius (standard deviation). */
void secant_demo_add_blob(secant_canvas *c, float x, float y, float rx, float ry, float angle, float light);
/* n of them anywhere, with radii and light between these. */
void secant_demo_add_blobs(secant_canvas *c, int n, double least, double most, double dim, double bright);
/* Adds a line of that width with soft edges; `label` marks it too. */
void secant_demo_add_line(secant_canvas *c, const float a[2], const float b[2], float width, float light, bool label);

/* Draws n numbers in order, number i between range[i][0] and range[i][1]. Arguments of a call are drawn in no order
 * that C promises: draw them with this. */
void secant_demo_draw_numbers(secant_canvas *c, int n, const double range[][2], float *v);

void secant_demo_draw_cells(secant_canvas *c);
void secant_demo_draw_tiles(secant_canvas *c);
#endif
