/*
 * Thick lines and circles to OpenCV's pixel (cv2.line, cv2.circle with lineType 4 and 8). A line is a shape of four
 * corners in 1/65536 of a pixel, its outline drawn point by point, its rows filled between two edges that are followed
 * downwards; a circle is lines from angle to angle. Facts: OpenCV 4, modules/imgproc/src/drawing.cpp; and as cv2 4.14
 * shows, cv2.line first cuts to the picture and a thickness about it. The discs at both ends are stream_draw_circle's.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "stream/drawing.h"

enum { SHIFT = 16, HALF = 1 << (SHIFT - 1), TURN = 5, CORNERS = 360 / TURN + 1 };

typedef struct spot {
	int64_t x, y;
} spot;

typedef struct shape {
	int n;
	spot corner[CORNERS];
} shape;

static void
put(const stream_plane *p, int64_t x, int64_t y, const stream_pen *pen)
{
	if (x >= 0 && y >= 0 && x < p->width && y < p->height)
		memcpy(p->p + y * p->pitch + x * 3, pen->colour, 3);
}

/* ---- the outline ---- */

/* On which sides of the picture a point lies: left 1, right 2, above 4, below 8. */
static int
outside(const spot *a, const spot *most)
{
	return (a->x < 0) + (a->x > most->x) * 2 + (a->y < 0) * 4 + (a->y > most->y) * 8;
}

/* Moves a point along the line to another one until it is at height y, or at x. */
static void
pull_to_y(spot *a, const spot *other, int64_t y)
{
	a->x += (int64_t)((double)(y - a->y) * (double)(other->x - a->x) / (double)(other->y - a->y));
	a->y = y;
}

static void
pull_to_x(spot *a, const spot *other, int64_t x)
{
	a->y += (int64_t)((double)(x - a->x) * (double)(other->y - a->y) / (double)(other->x - a->x));
	a->x = x;
}

/* The part of a line within the picture; false: there is none. */
static bool
clip(const spot *most, spot end[2])
{
	int at[2] = { outside(&end[0], most), outside(&end[1], most) };
	if (at[0] & at[1])
		return false;
	for (int i = 0; i < 2; i++)
		if (at[i] & 12) {
			pull_to_y(&end[i], &end[1 - i], at[i] < 8 ? 0 : most->y);
			at[i] = outside(&end[i], most) & 3;
		}
	if (at[0] & at[1])
		return false;
	for (int i = 0; i < 2; i++)
		if (at[i])
			pull_to_x(&end[i], &end[1 - i], at[i] == 1 ? 0 : most->x);
	return true;
}

bool
stream_clip_line(const stream_plane *p, int about, double v[4])
{
	const spot most = { (int64_t)p->width + 2 * (int64_t)about - 1, (int64_t)p->height + 2 * (int64_t)about - 1 };
	spot end[2] = { { (int64_t)v[0] + about, (int64_t)v[1] + about },
		{ (int64_t)v[2] + about, (int64_t)v[3] + about } };
	if (!clip(&most, end))
		return false;
	for (int i = 0; i < 2; i++) {
		v[2 * i] = (double)(end[i].x - about);
		v[2 * i + 1] = (double)(end[i].y - about);
	}
	return true;
}

static void
outline(const stream_plane *p, spot from, spot to, const stream_pen *pen)
{
	const spot most = { ((int64_t)p->width << SHIFT) - 1, ((int64_t)p->height << SHIFT) - 1 };
	spot end[2] = { from, to };
	if (!clip(&most, end))
		return;
	int64_t dx = end[1].x - end[0].x, dy = end[1].y - end[0].y;
	bool flat = llabs(dx) > llabs(dy), back = (flat ? dx : dy) < 0;
	spot a = end[back], b = end[!back];
	int64_t along = flat ? llabs(dx) : llabs(dy), across = (flat ? dy : dx) * (back ? -1 : 1);
	int64_t step = across * (1 << SHIFT) / (along | 1), n = (flat ? b.x - a.x : b.y - a.y) >> SHIFT;
	put(p, (b.x + HALF) >> SHIFT, (b.y + HALF) >> SHIFT, pen);
	int64_t x = a.x + HALF, y = a.y + HALF;
	for (int64_t i = 0; i <= n; i++) {
		put(p, x >> SHIFT, y >> SHIFT, pen);
		x += flat ? 1 << SHIFT : step;
		y += flat ? step : 1 << SHIFT;
	}
}

/* ---- the rows ---- */

/* One of the two edges that bound a row: to which corner it leads, which row that is in, where it is now. */
typedef struct edge {
	int corner, step, end;
	int64_t x, dx;
} edge;

/* The next side downwards; sides that end above are left behind. `left`: sides that are still to be had. */
static void
follow(edge *e, const shape *s, int y, int *left)
{
	const spot *corner = s->corner;
	int from = e->corner, to = (from + e->step) % s->n;
	while ((*left)-- > 0) {
		int end = (int)((corner[to].y + HALF) >> SHIFT);
		if (end > y) {
			int64_t rows = (int64_t)end - y;
			e->end = end;
			e->dx = ((corner[to].x - corner[from].x) * 2 + rows) / (2 * rows);
			e->x = corner[from].x;
			e->corner = to;
			return;
		}
		from = to;
		to = (to + e->step) % s->n;
	}
}

static void
fill(const stream_plane *p, const shape *s, const stream_pen *pen)
{
	const spot *corner = s->corner;
	int first = 0, left = s->n;
	int64_t bottom = corner[0].y;
	for (int i = 0; i < s->n; i++) {
		first = corner[i].y < corner[first].y ? i : first;
		bottom = corner[i].y > bottom ? corner[i].y : bottom;
		outline(p, corner[(i + s->n - 1) % s->n], corner[i], pen);
	}
	int y = (int)((corner[first].y + HALF) >> SHIFT), last = (int)((bottom + HALF) >> SHIFT);
	last = last < p->height ? last : p->height - 1;
	edge e[2] = { { first, 1, y, -(1 << SHIFT), 0 }, { first, s->n - 1, y, -(1 << SHIFT), 0 } };
	for (; y <= last; y++) {
		for (int i = 0; i < 2; i++)
			if (y >= e[i].end)
				follow(&e[i], s, y, &left);
		if (left < 0)
			break;
		bool swapped = e[0].x > e[1].x;
		int64_t x0 = (e[swapped].x + HALF) >> SHIFT, x1 = (e[!swapped].x + HALF) >> SHIFT;
		for (int64_t x = x0 < 0 ? 0 : x0; y >= 0 && x <= x1 && x < p->width; x++)
			put(p, x, y, pen);
		e[0].x += e[0].dx;
		e[1].x += e[1].dx;
	}
}

static double
pixel(int64_t at)
{
	return (double)((at + HALF) >> SHIFT);
}

static void
disc(const stream_plane *p, const spot *at, const stream_pen *pen)
{
	stream_pen filled = *pen;
	filled.thickness = -1;
	filled.four = false;
	stream_draw_circle(p, pixel(at->x), pixel(at->y), (pen->thickness + 1) / 2, &filled);
}

/* A line and the disc at its end. */
static void
bar(const stream_plane *p, spot a, spot b, const stream_pen *pen)
{
	const double one = 1 << SHIFT;
	double dx = (double)(a.x - b.x) / one, dy = (double)(b.y - a.y) / one, length = dx * dx + dy * dy;
	if (length > 2.2204460492503131e-16) {
		double far = ((double)pen->thickness * HALF + pen->thickness % 2 * one / 2) / sqrt(length);
		spot d = { llrint(dy * far), llrint(dx * far) };
		const shape four = { 4,
			{ { a.x + d.x, a.y + d.y }, { a.x - d.x, a.y - d.y }, { b.x - d.x, b.y - d.y },
				{ b.x + d.x, b.y + d.y } } };
		fill(p, &four, pen);
	}
	disc(p, &b, pen);
}

void
stream_draw_thick_line(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen)
{
	const double one = 1 << SHIFT;
	spot a = { (int64_t)(x0 * one), (int64_t)(y0 * one) }, b = { (int64_t)(x1 * one), (int64_t)(y1 * one) };
	disc(p, &a, pen);
	bar(p, a, b, pen);
}

/* A sine of whole degrees, of seven digits as in OpenCV's table. */
static double
sine(int degrees)
{
	return (double)(float)(rint(sin(degrees * 0.017453292519943295) * 1e7) / 1e7);
}

void
stream_draw_round(const stream_plane *p, double cx, double cy, double radius, const stream_pen *pen)
{
	const double one = 1 << SHIFT, far = floor(radius + 0.5);
	int turn = far < 3 ? 90 : far < 10 ? 30 : far < 15 ? 18 : TURN;
	shape s = { 0 };
	for (int angle = 0; angle <= 360; angle += turn) {
		spot at = { llrint(cx * one + radius * one * sine(angle + 90)), llrint(cy * one + radius * one * sine(angle)) };
		if (!s.n || at.x != s.corner[s.n - 1].x || at.y != s.corner[s.n - 1].y)
			s.corner[s.n++] = at;
	}
	if (s.n == 1)
		s.corner[s.n++] = s.corner[0];
	if (pen->thickness < 0)
		fill(p, &s, pen);
	else if (pen->thickness > 1)
		disc(p, &s.corner[0], pen);
	for (int i = 1; pen->thickness >= 0 && i < s.n; i++) {
		spot a = s.corner[i - 1], b = s.corner[i];
		if (pen->thickness > 1)
			bar(p, a, b, pen);
		else
			outline(p, a, b, pen);
	}
}
