/*
 * Cracked tiles: a speckled glaze under uneven light with cracks, branching random walks. What is as dark and is no
 * crack: joints (straight and square to the picture), shadows and stains.
 */
#include "data/demo.h"
#include <math.h>

enum { MOST_STEPS = 200 };

static float
draw_in(data_canvas *c, double lo, double hi)
{
	return (float)base_rng_range(&c->rng, lo, hi);
}

/* A crack grows from a point in steps; it thins out, turns, and sometimes forks. */
static void
draw_crack(data_canvas *c, float x, float y, float angle, float width, float light, int forks)
{
	float a[2] = { x, y };
	int steps = 12 + (int)base_rng_below(&c->rng, 14);
	for (int i = 0; i < steps && i < MOST_STEPS; i++) {
		float length = draw_in(c, 6, 13);
		angle += draw_in(c, -0.55, 0.55);
		float b[2] = { a[0] + length * cosf(angle), a[1] + length * sinf(angle) };
		data_demo_add_line(c, a, b, width * (1 - 0.4f * (float)i / (float)steps), light, true);
		a[0] = b[0];
		a[1] = b[1];
		if (forks > 0 && base_rng_below(&c->rng, 9) == 0)
			draw_crack(
				c, a[0], a[1], angle + (base_rng_below(&c->rng, 2) ? 0.9f : -0.9f), width * 0.8f, light, --forks);
	}
}

static void
draw_joints(data_canvas *c)
{
	float pitch = draw_in(c, 70, 120), width = draw_in(c, 5, 8), light = draw_in(c, -62, -45),
		  first_x = draw_in(c, 0, pitch), first_y = draw_in(c, 0, pitch);
	for (float x = first_x; x < (float)c->width; x += pitch)
		data_demo_add_line(c, (float[2]){ x, -9 }, (float[2]){ x, (float)c->height + 9 }, width, light, false);
	for (float y = first_y; y < (float)c->height; y += pitch)
		data_demo_add_line(c, (float[2]){ -9, y }, (float[2]){ (float)c->width + 9, y }, width, light, false);
}

void
data_demo_draw_tiles(data_canvas *c)
{
	double areas = (double)c->width * c->height / 65536;
	data_demo_illuminate(c, 95, 100);
	uint32_t salt = base_rng_u32(&c->rng);
	for (int y = 0; y < c->height; y++)
		for (int x = 0; x < c->width; x++)
			c->light[(size_t)y * (size_t)c->width + (size_t)x] += 7 * data_demo_noise(salt, (float)x, (float)y, 4)
				+ 6 * data_demo_noise(salt + 1, (float)x, (float)y, 17);
	int stains = (int)lround(areas * base_rng_range(&c->rng, 8, 14)),
		cracks = (int)lround(areas * base_rng_range(&c->rng, 3, 5.5));
	data_demo_add_blobs(c, stains, 5, 20, -60, -30);
	draw_joints(c);
	const double range[5][2] = { { 0, c->width }, { 0, c->height }, { 0, 2 * M_PI }, { 5, 9 }, { -65, -45 } };
	for (int i = 0; i < cracks || i == 0; i++) {
		float v[5];
		data_demo_draw_numbers(c, 5, range, v);
		draw_crack(c, v[0], v[1], v[2], v[3], v[4], 2);
	}
}
