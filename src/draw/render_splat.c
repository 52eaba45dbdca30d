/*
 * Splats: every point is a small disc that faces the eye, with the depth of a ball, so that neighbours cut each other
 * as balls would. The picture is drawn at twice its size and averaged. Depth shows twice: far points are paler, and
 * edges are darkened by eye-dome lighting (Boucheny 2009): a pixel whose neighbours stand nearer lies in their shade.
 * Perspective is mild: the eye is four radii away.
 */
#include "draw/render.h"
#include <math.h>
#include <string.h>

enum { TWICE = 2, MAX_RADIUS = 64 };
static const double eye = 4.0, strength = 90.0;

render_camera
render_camera_at(double azimuth, double elevation, double zoom)
{
	double a = azimuth * M_PI / 180, e = elevation * M_PI / 180;
	return (render_camera){ .right = { -sin(a), cos(a), 0 },
		.up = { -sin(e) * cos(a), -sin(e) * sin(a), cos(e) },
		.forward = { -cos(e) * cos(a), -cos(e) * sin(a), -sin(e) },
		.zoom = zoom };
}

typedef struct canvas {
	int width, height; /* of the doubled picture */
	float *depth; /* distance from the eye; INFINITY: nothing there */
	uint8_t (*rgb)[3];
} canvas;

static double
dot(const double a[3], const float b[3])
{
	return a[0] * (double)b[0] + a[1] * (double)b[1] + a[2] * (double)b[2];
}

/* One ball: centre and radius in pixels, depth of the centre, radius in the scene. */
static void
draw_ball(canvas *c, double cx, double cy, double radius, double depth, double thickness, const uint8_t rgb[3])
{
	int x0 = (int)floor(cx - radius), x1 = (int)ceil(cx + radius), y0 = (int)floor(cy - radius),
		y1 = (int)ceil(cy + radius);
	x0 = x0 < 0 ? 0 : x0;
	y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > c->width - 1 ? c->width - 1 : x1;
	y1 = y1 > c->height - 1 ? c->height - 1 : y1;
	double limit = radius * radius;
	for (int y = y0; y <= y1; y++) {
		for (int x = x0; x <= x1; x++) {
			double dx = x - cx, dy = y - cy, d = dx * dx + dy * dy;
			if (d > limit)
				continue;
			float z = (float)(depth - thickness * sqrt(1 - d / limit));
			size_t at = (size_t)y * (size_t)c->width + (size_t)x;
			if (z < c->depth[at]) {
				c->depth[at] = z;
				memcpy(c->rgb[at], rgb, 3);
			}
		}
	}
}

/* How much light reaches a pixel: 1 unless its neighbours stand nearer to the eye. */
static double
light(const canvas *c, int x, int y)
{
	static const int around[8][2] = { { -1, 0 }, { 1, 0 }, { 0, -1 }, { 0, 1 }, { -2, -2 }, { 2, 2 }, { -2, 2 },
		{ 2, -2 } };
	double z = (double)c->depth[(size_t)y * (size_t)c->width + (size_t)x], sum = 0;
	for (int i = 0; i < 8; i++) {
		int nx = x + around[i][0] * TWICE, ny = y + around[i][1] * TWICE;
		if (nx < 0 || ny < 0 || nx >= c->width || ny >= c->height)
			continue;
		double other = (double)c->depth[(size_t)ny * (size_t)c->width + (size_t)nx];
		if (other < z)
			sum += log(z / other) < 0.03 ? log(z / other) : 0.03;
	}
	return exp(-strength * sum / 8);
}

/* The doubled canvas, shaded, averaged into the picture. */
static void
put_pixel(const canvas *c, int x, int y, const uint8_t background[3], uint8_t *to)
{
	double sum[3] = { 0 };
	for (int i = 0; i < TWICE * TWICE; i++) {
		int px = x * TWICE + i % TWICE, py = y * TWICE + i / TWICE;
		size_t at = (size_t)py * (size_t)c->width + (size_t)px;
		if (!isfinite(c->depth[at])) {
			for (int k = 0; k < 3; k++)
				sum[k] += background[k];
			continue;
		}
		double shade = 0.35 + 0.65 * light(c, px, py), far = ((double)c->depth[at] - (eye - 1)) / 2;
		far = far < 0 ? 0 : far > 1 ? 1 : far;
		for (int k = 0; k < 3; k++)
			sum[k] += (c->rgb[at][k] * (1 - 0.35 * far) + background[k] * 0.35 * far) * shade;
	}
	for (int k = 0; k < 3; k++)
		to[k] = (uint8_t)(sum[k] / (TWICE * TWICE) + 0.5);
}

secant_status
render_splats(const render_scene *s, const render_panel *p, const render_camera *camera, double diameter,
	const uint8_t background[3], uint8_t *to, int width, int height, size_t stride, secant_err *err)
{
	canvas c = { .width = width * TWICE, .height = height * TWICE };
	size_t pixels = (size_t)c.width * (size_t)c.height;
	c.depth = secant_calloc(pixels, sizeof *c.depth);
	c.rgb = secant_calloc(pixels, sizeof *c.rgb);
	if (!c.depth || !c.rgb) {
		secant_free(c.depth);
		secant_free(c.rgb);
		return secant_fail(err, SECANT_ERR_NOMEM, "render: no memory for %dx%d pixels", c.height, c.width);
	}
	for (size_t i = 0; i < pixels; i++)
		c.depth[i] = INFINITY;
	/* A ball of radius 1 around the middle just fits. */
	double half = (c.width < c.height ? c.width : c.height) / 2.0,
		   scale = half * 0.97 * sqrt(eye * eye - 1) * camera->zoom;
	double radius = diameter / 2 * TWICE;
	for (int64_t i = 0; i < s->n; i++) {
		const float *v = s->xyz + 3 * i;
		double depth = eye + dot(camera->forward, v);
		if (depth < 0.05)
			continue;
		double x = c.width / 2.0 + dot(camera->right, v) * scale / depth,
			   y = c.height / 2.0 - dot(camera->up, v) * scale / depth;
		double r = radius * eye / depth;
		r = r < 0.6 ? 0.6 : r > MAX_RADIUS ? MAX_RADIUS : r;
		if (x > -r && y > -r && x < c.width + r && y < c.height + r)
			draw_ball(&c, x, y, r, depth, r * depth / scale, p->rgb + 3 * i);
	}
#pragma omp parallel for schedule(static)
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			put_pixel(&c, x, y, background, to + (size_t)y * stride + 3 * (size_t)x);
	secant_free(c.depth);
	secant_free(c.rgb);
	return SECANT_OK;
}
