/*
 * Cells: wobbly outlines filled with grains, under light that changes more across the picture than a cell differs from
 * its ground. What is as bright and is no cell: ghosts (cells out of focus), fibres, and dust. So brightness alone says
 * little, texture and outline much.
 */
#include "data/demo.h"
#include <math.h>

enum { HARMONICS = 4, MOST_CELLS = 400 };

typedef struct cell {
	float x, y, radius, stretch, angle, wobble[HARMONICS], phase[HARMONICS], light;
	uint32_t salt;
} cell;

static float
draw_in(data_canvas *c, double lo, double hi)
{
	return (float)base_rng_range(&c->rng, lo, hi);
}

static cell
draw_cell(data_canvas *c)
{
	const double range[5][2] = { { 0, c->width }, { 0, c->height }, { 11, 21 }, { 1, 1.5 }, { 0, M_PI } };
	float v[5];
	data_demo_draw_numbers(c, 5, range, v);
	cell k = { .x = v[0], .y = v[1], .radius = v[2], .stretch = v[3], .angle = v[4] };
	for (int h = 0; h < HARMONICS; h++) {
		k.wobble[h] = draw_in(c, 0, 0.12 / (h + 1));
		k.phase[h] = draw_in(c, 0, 2 * M_PI);
	}
	k.light = draw_in(c, 26, 44);
	k.salt = base_rng_u32(&c->rng);
	return k;
}

/* How far inside the outline, in pixels; negative outside. */
static float
depth_at(const cell *k, float dx, float dy)
{
	float cosine = cosf(k->angle), sine = sinf(k->angle), u = (dx * cosine + dy * sine) / k->stretch,
		  v = (dy * cosine - dx * sine) * k->stretch;
	float angle = atan2f(v, u), edge = 1;
	for (int h = 0; h < HARMONICS; h++)
		edge += k->wobble[h] * cosf((float)(h + 2) * angle + k->phase[h]);
	return k->radius * edge - hypotf(u, v);
}

static void
draw(data_canvas *c, const cell *k)
{
	int reach = (int)(k->radius * 2.2f) + 2;
	for (int y = (int)k->y - reach; y <= (int)k->y + reach; y++)
		for (int x = (int)k->x - reach; x <= (int)k->x + reach; x++) {
			if (x < 0 || y < 0 || x >= c->width || y >= c->height)
				continue;
			float depth = depth_at(k, (float)x - k->x, (float)y - k->y),
				  cover = depth < -0.7f ? 0
				: depth > 0.7f          ? 1
										: (depth + 0.7f) / 1.4f;
			if (cover <= 0)
				continue;
			size_t i = (size_t)y * (size_t)c->width + (size_t)x;
			float grain = 17 * data_demo_noise(k->salt, (float)x, (float)y, 3.2f)
				+ 9 * data_demo_noise(k->salt + 1, (float)x, (float)y, 7);
			float rim = depth < 2.5f ? 7 : 0;
			c->light[i] += cover * (k->light + grain + rim);
			c->tint[i] = cover;
			if (depth > 0)
				c->label[i] = 255;
		}
}

static void
draw_fibre(data_canvas *c)
{
	const double range[2][2] = { { 0, c->width }, { 0, c->height } };
	float a[2];
	data_demo_draw_numbers(c, 2, range, a);
	float angle = draw_in(c, 0, 2 * M_PI), light = draw_in(c, 30, 55), width = draw_in(c, 2, 5);
	int parts = 3 + (int)base_rng_below(&c->rng, 6);
	for (int i = 0; i < parts; i++) {
		angle += draw_in(c, -0.5, 0.5);
		float b[2] = { a[0] + 11 * cosf(angle), a[1] + 11 * sinf(angle) };
		data_demo_add_line(c, a, b, width, light, false);
		a[0] = b[0];
		a[1] = b[1];
	}
}

void
data_demo_draw_cells(data_canvas *c)
{
	double areas = (double)c->width * c->height / 65536; /* per 256 x 256 */
	data_demo_illuminate(c, 45, 105);
	int ghosts = (int)lround(areas * base_rng_range(&c->rng, 9, 15)),
		fibres = (int)lround(areas * base_rng_range(&c->rng, 5, 9));
	int dust = (int)lround(areas * base_rng_range(&c->rng, 25, 45)),
		cells = (int)lround(areas * base_rng_range(&c->rng, 13, 21));
	data_demo_add_blobs(c, ghosts, 9, 16, 32, 55);
	data_demo_add_blobs(c, dust, 1, 2.2, 35, 75);
	for (int i = 0; i < fibres; i++)
		draw_fibre(c);
	cell all[MOST_CELLS];
	int n = 0;
	for (int i = 0; i < 6 * cells && n < cells && n < MOST_CELLS; i++) {
		cell k = draw_cell(c);
		bool free_place = true;
		for (int j = 0; j < n; j++)
			free_place &= hypotf(k.x - all[j].x, k.y - all[j].y) > 1.25f * (k.radius + all[j].radius);
		if (!free_place)
			continue;
		draw(c, &k);
		all[n++] = k;
	}
}
