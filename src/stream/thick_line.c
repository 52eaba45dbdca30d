/*
 * Thick lines to OpenCV's pixel (cv2.line with lineType 4 and 8), where both ends lie within the picture; else they may
 * differ at their edges. A shape of four corners in 1/65536 of a pixel, its outline drawn point by point, its rows
 * filled between two edges that are followed downwards. Facts: OpenCV 4, modules/imgproc/src/drawing.cpp. The discs at
 * both ends are stream_draw_circle's.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "stream/drawing.h"

enum { SHIFT = 16, HALF = 1 << (SHIFT - 1), CORNERS = 4 };

typedef struct spot {
	int64_t x, y;
} spot;

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
follow(edge *e, const spot *corner, int y, int *left)
{
	int from = e->corner, to = (from + e->step) % CORNERS;
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
		to = (to + e->step) % CORNERS;
	}
}

static void
fill(const stream_plane *p, const spot *corner, const stream_pen *pen)
{
	int first = 0, left = CORNERS;
	int64_t bottom = corner[0].y;
	for (int i = 0; i < CORNERS; i++) {
		first = corner[i].y < corner[first].y ? i : first;
		bottom = corner[i].y > bottom ? corner[i].y : bottom;
		outline(p, corner[(i + CORNERS - 1) % CORNERS], corner[i], pen);
	}
	int y = (int)((corner[first].y + HALF) >> SHIFT), last = (int)((bottom + HALF) >> SHIFT);
	last = last < p->height ? last : p->height - 1;
	edge e[2] = { { first, 1, y, -(1 << SHIFT), 0 }, { first, CORNERS - 1, y, -(1 << SHIFT), 0 } };
	for (; y <= last; y++) {
		for (int i = 0; i < 2; i++)
			if (y >= e[i].end)
				follow(&e[i], corner, y, &left);
		bool swapped = e[0].x > e[1].x;
		int64_t x0 = (e[swapped].x + HALF) >> SHIFT, x1 = (e[!swapped].x + HALF) >> SHIFT;
		for (int64_t x = x0 < 0 ? 0 : x0; y >= 0 && x <= x1 && x < p->width; x++)
			put(p, x, y, pen);
		e[0].x += e[0].dx;
		e[1].x += e[1].dx;
	}
}

void
stream_draw_thick_line(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen)
{
	const double one = 1 << SHIFT;
	spot a = { (int64_t)(x0 * one), (int64_t)(y0 * one) }, b = { (int64_t)(x1 * one), (int64_t)(y1 * one) };
	double dx = (double)(a.x - b.x) / one, dy = (double)(b.y - a.y) / one, length = dx * dx + dy * dy;
	stream_pen disc = *pen;
	if (length > 2.2204460492503131e-16) {
		double far = ((double)pen->thickness * HALF + pen->thickness % 2 * one / 2) / sqrt(length);
		spot d = { llrint(dy * far), llrint(dx * far) };
		fill(p,
			(const spot[CORNERS]){ { a.x + d.x, a.y + d.y }, { a.x - d.x, a.y - d.y }, { b.x - d.x, b.y - d.y },
				{ b.x + d.x, b.y + d.y } },
			pen);
	}
	disc.thickness = -1;
	stream_draw_circle(
		p, (double)((a.x + HALF) >> SHIFT), (double)((a.y + HALF) >> SHIFT), (pen->thickness + 1) / 2, &disc);
	stream_draw_circle(
		p, (double)((b.x + HALF) >> SHIFT), (double)((b.y + HALF) >> SHIFT), (pen->thickness + 1) / 2, &disc);
}
