/* Things to draw on a demo canvas: light, noise, blobs, lines. */
#include "data/demo.h"
#include <math.h>

/* A number in -1..1 for a point of the lattice. */
static float
lattice(uint32_t salt, int x, int y)
{
	uint32_t h = salt ^ (uint32_t)x * 0x9E3779B1u ^ (uint32_t)y * 0x85EBCA77u;
	h = (h ^ h >> 15) * 0x2C1B3C6Du;
	h = (h ^ h >> 12) * 0x297A2D39u;
	h ^= h >> 15;
	return (float)(h & 0xffff) / 32767.5f - 1;
}

float
data_demo_noise(uint32_t salt, float x, float y, float scale)
{
	x /= scale;
	y /= scale;
	float left = floorf(x), top = floorf(y), fx = x - left, fy = y - top;
	int i = (int)left, j = (int)top;
	fx = fx * fx * (3 - 2 * fx);
	fy = fy * fy * (3 - 2 * fy);
	float a = lattice(salt, i, j), b = lattice(salt, i + 1, j), c = lattice(salt, i, j + 1),
		  d = lattice(salt, i + 1, j + 1);
	return (a + (b - a) * fx) * (1 - fy) + (c + (d - c) * fx) * fy;
}

float
data_demo_distance(float x, float y, const float a[2], const float b[2])
{
	float dx = b[0] - a[0], dy = b[1] - a[1], squares = dx * dx + dy * dy;
	float t = squares > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / squares : 0;
	t = t < 0 ? 0 : t > 1 ? 1 : t;
	return hypotf(x - a[0] - t * dx, y - a[1] - t * dy);
}

void
data_demo_draw_numbers(data_canvas *c, int n, const double range[][2], float *v)
{
	for (int i = 0; i < n; i++)
		v[i] = (float)base_rng_range(&c->rng, range[i][0], range[i][1]);
}

void
data_demo_illuminate(data_canvas *c, float low, float range)
{
	float angle = (float)base_rng_range(&c->rng, 0, 2 * M_PI), cosine = cosf(angle), sine = sinf(angle);
	uint32_t salt = base_rng_u32(&c->rng);
	float side = (float)(c->width > c->height ? c->width : c->height);
	for (int y = 0; y < c->height; y++)
		for (int x = 0; x < c->width; x++) {
			float u = ((float)x / (float)c->width - 0.5f) * cosine + ((float)y / (float)c->height - 0.5f) * sine;
			float bump = data_demo_noise(salt, (float)x, (float)y, side * 0.45f);
			c->light[(size_t)y * (size_t)c->width + (size_t)x] = low + range * (0.5f + 0.6f * u + 0.22f * bump);
		}
}

/* The pixels that a thing of that reach around (x, y) can touch: [x0, x1) x [y0, y1). */
typedef struct box {
	int x0, y0, x1, y1;
} box;

static box
around(const data_canvas *c, float left, float top, float right, float bottom)
{
	box b = { left < 0 ? 0 : (int)left, top < 0 ? 0 : (int)top, right + 1 > (float)c->width ? c->width : (int)right + 1,
		bottom + 1 > (float)c->height ? c->height : (int)bottom + 1 };
	return b;
}

void
data_demo_add_blob(data_canvas *c, float x, float y, float rx, float ry, float angle, float light)
{
	float reach = 3 * (rx > ry ? rx : ry), cosine = cosf(angle), sine = sinf(angle);
	box b = around(c, x - reach, y - reach, x + reach, y + reach);
	for (int j = b.y0; j < b.y1; j++)
		for (int i = b.x0; i < b.x1; i++) {
			float dx = (float)i - x, dy = (float)j - y, u = (dx * cosine + dy * sine) / rx,
				  v = (dy * cosine - dx * sine) / ry;
			c->light[(size_t)j * (size_t)c->width + (size_t)i] += light * expf(-0.5f * (u * u + v * v));
		}
}

void
data_demo_add_blobs(data_canvas *c, int n, double least, double most, double dim, double bright)
{
	const double range[6][2] = { { 0, c->width }, { 0, c->height }, { least, most }, { least, most }, { 0, M_PI },
		{ dim, bright } };
	float v[6];
	for (int i = 0; i < n; i++) {
		data_demo_draw_numbers(c, 6, range, v);
		data_demo_add_blob(c, v[0], v[1], v[2], v[3], v[4], v[5]);
	}
}

void
data_demo_add_line(data_canvas *c, const float a[2], const float b[2], float width, float light, bool label)
{
	float reach = width / 2 + 2;
	box r = around(
		c, fminf(a[0], b[0]) - reach, fminf(a[1], b[1]) - reach, fmaxf(a[0], b[0]) + reach, fmaxf(a[1], b[1]) + reach);
	for (int y = r.y0; y < r.y1; y++)
		for (int x = r.x0; x < r.x1; x++) {
			float d = data_demo_distance((float)x, (float)y, a, b) - width / 2;
			size_t i = (size_t)y * (size_t)c->width + (size_t)x;
			float cover = d < -0.7f ? 1 : d > 0.7f ? 0 : (0.7f - d) / 1.4f;
			if (!label)
				c->light[i] += light * cover;
			else if (cover > c->tint[i]) {
				/* A crack that meets itself is no deeper there. */
				c->light[i] += light * (cover - c->tint[i]);
				c->tint[i] = cover;
				c->label[i] = d < 0 ? 255 : c->label[i];
			}
		}
}
