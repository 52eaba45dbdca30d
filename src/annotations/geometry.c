/* Extent and area of shapes and objects; turned boxes and ellipses. */
#include <stdlib.h>
#include "annotations/format.h"
#include "annotations/rle.h"

bool
ann_extent(const ann_set *s, uint32_t shape, double box[4])
{
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		ann_rle r;
		double xywh[4];
		const char *counts = ann_rle_counts(s, shape);
		if (ann_rle_decode(
				&r, (uint32_t)s->shapes[shape + 1], (uint32_t)s->shapes[shape + 2], counts, strlen(counts), NULL))
			return false;
		ann_rle_box(&r, xywh);
		ann_rle_free(&r);
		box[0] = xywh[0], box[1] = xywh[1], box[2] = xywh[0] + xywh[2], box[3] = xywh[1] + xywh[3];
		return xywh[2] > 0;
	}
	int parts, n;
	const double *xy, *p = ann_parts(s, shape, &parts);
	bool any = false;
	for (; parts > 0; parts--) {
		p = ann_part(p, &xy, &n);
		for (int i = 0; i < n; i++, xy += 2) {
			box[0] = any ? fmin(box[0], xy[0]) : xy[0];
			box[1] = any ? fmin(box[1], xy[1]) : xy[1];
			box[2] = any ? fmax(box[2], xy[0]) : xy[0];
			box[3] = any ? fmax(box[3], xy[1]) : xy[1];
			any = true;
		}
	}
	return any;
}

enum { EDGES = 1024, STOPS = 4096 }; /* beyond, parts are added up as if they lay apart */

typedef struct edge {
	double x0, y0, x1, y1; /* y0 < y1 */
	int part;
} edge;
typedef struct crossing {
	double x;
	int part;
} crossing;

static double
edge_x(const edge *e, double y)
{
	return e->x0 + (e->x1 - e->x0) * (y - e->y0) / (e->y1 - e->y0);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b; /* of a crossing: its first member */
	return (x > y) - (x < y);
}

/* The ys between which no two edges cross and none ends; -1: too many. */
static int
stops(const edge *e, int n, double y[STOPS])
{
	int m = 0;
	for (int i = 0; i < n; i++) {
		if (m + 2 > STOPS)
			return -1;
		y[m++] = e[i].y0, y[m++] = e[i].y1;
		for (int k = 0; k < i; k++) {
			double a = fmax(e[i].y0, e[k].y0), b = fmin(e[i].y1, e[k].y1);
			if (!(a < b))
				continue;
			double da = edge_x(&e[i], a) - edge_x(&e[k], a), db = edge_x(&e[i], b) - edge_x(&e[k], b);
			if (!(da * db < 0))
				continue;
			if (m == STOPS)
				return -1;
			y[m++] = a + (b - a) * da / (da - db);
		}
	}
	qsort(y, (size_t)m, sizeof *y, by_value);
	return m;
}

/* How much of a line is covered by any part: a part covers between its odd and even crossings. */
static double
covered(const edge *e, int n, double y)
{
	crossing c[EDGES];
	uint64_t within[EDGES / 3 / 64 + 1] = { 0 };
	int m = 0, open = 0;
	double sum = 0;
	for (int i = 0; i < n; i++)
		if (e[i].y0 < y && y < e[i].y1)
			c[m++] = (crossing){ edge_x(&e[i], y), e[i].part };
	qsort(c, (size_t)m, sizeof *c, by_value);
	for (int i = 0; i < m; i++) {
		uint64_t *w = &within[c[i].part / 64], bit = 1ull << c[i].part % 64;
		if (i && open)
			sum += c[i].x - c[i - 1].x;
		*w ^= bit;
		open += *w & bit ? 1 : -1;
	}
	return sum;
}

/* The area that parts cover together, exactly: between two stops it is a trapezium. -1: too many edges. */
static double
union_area(const ann_set *s, uint32_t shape)
{
	edge e[EDGES];
	double y[STOPS], sum = 0;
	int parts, n, m = 0;
	const double *xy, *p = ann_parts(s, shape, &parts);
	if (parts > EDGES / 3)
		return -1;
	for (int k = 0; k < parts; k++) {
		p = ann_part(p, &xy, &n);
		for (int i = 0; i < n; i++) {
			const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n);
			if (a[1] == b[1])
				continue;
			if (m == EDGES)
				return -1;
			e[m++] = a[1] < b[1] ? (edge){ a[0], a[1], b[0], b[1], k } : (edge){ b[0], b[1], a[0], a[1], k };
		}
	}
	int count = stops(e, m, y);
	for (int i = 1; i < count; i++)
		if (y[i] > y[i - 1])
			sum += (y[i] - y[i - 1]) * covered(e, m, (y[i] + y[i - 1]) / 2);
	return count < 0 ? -1 : sum;
}

/* Do the extents of any two parts overlap? */
static bool
parts_meet(const ann_set *s, uint32_t shape)
{
	double box[64][4];
	int parts, n;
	const double *xy, *p = ann_parts(s, shape, &parts);
	if (parts > 64)
		return true;
	for (int k = 0; k < parts; k++) {
		p = ann_part(p, &xy, &n);
		for (int i = 0; i < n; i++)
			for (int d = 0; d < 2; d++) {
				box[k][d] = !i || xy[2 * i + d] < box[k][d] ? xy[2 * i + d] : box[k][d];
				box[k][2 + d] = !i || xy[2 * i + d] > box[k][2 + d] ? xy[2 * i + d] : box[k][2 + d];
			}
		for (int i = 0; i < k && n; i++)
			if (fmax(box[i][0], box[k][0]) < fmin(box[i][2], box[k][2])
				&& fmax(box[i][1], box[k][1]) < fmin(box[i][3], box[k][3]))
				return true;
	}
	return false;
}

double
ann_shape_area(const ann_set *s, uint32_t shape)
{
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		ann_rle r;
		const char *counts = ann_rle_counts(s, shape);
		if (ann_rle_decode(
				&r, (uint32_t)s->shapes[shape + 1], (uint32_t)s->shapes[shape + 2], counts, strlen(counts), NULL))
			return 0;
		double area = (double)ann_rle_area(&r);
		ann_rle_free(&r);
		return area;
	}
	int parts, n;
	const double *xy, *p = ann_parts(s, shape, &parts);
	double sum = parts > 1 && parts_meet(s, shape) ? ann_tidy(union_area(s, shape)) : -1;
	if (sum >= 0)
		return sum;
	for (sum = 0; parts > 0; parts--) {
		double twice = 0;
		p = ann_part(p, &xy, &n);
		for (int i = 0; i < n; i++) {
			const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n);
			twice += a[0] * b[1] - b[0] * a[1];
		}
		sum += fabs(twice) / 2;
	}
	return sum;
}

double
ann_area(const ann_set *s, const ann_object *o)
{
	if (!isnan(o->area))
		return o->area;
	ann_kind kind = ann_shape_kind(s, o->shape);
	return kind && kind <= ANN_QUAD ? ann_shape_area(s, o->shape) : ann_w(o) * ann_h(o);
}

/* Right angles keep their digits. */
static void
direction(double degrees, double *c, double *s)
{
	double quarter = degrees / 90;
	if (quarter == nearbyint(quarter)) {
		static const double turn[] = { 1, 0, -1, 0 };
		int k = (int)(fmod(quarter, 4) + 4) & 3;
		*c = turn[k];
		*s = turn[(k + 3) & 3];
	} else {
		*c = cos(degrees * M_PI / 180);
		*s = sin(degrees * M_PI / 180);
	}
}

uint32_t
ann_turned(ann_set *s, double x0, double y0, double x1, double y1, double degrees)
{
	const double cx = (x0 + x1) / 2, cy = (y0 + y1) / 2, dx[] = { x0 - cx, x1 - cx, x1 - cx, x0 - cx },
				 dy[] = { y0 - cy, y0 - cy, y1 - cy, y1 - cy };
	double xy[8], c, n;
	direction(degrees, &c, &n);
	for (int i = 0; i < 4; i++) {
		xy[2 * i] = cx + c * dx[i] - n * dy[i];
		xy[2 * i + 1] = cy + n * dx[i] + c * dy[i];
	}
	return ann_points(s, ANN_QUAD, xy, 4);
}

bool
ann_rectangle(const ann_set *s, uint32_t quad, double out[5])
{
	int parts, n;
	const double *xy, *p = ann_parts(s, quad, &parts);
	if (parts != 1)
		return false;
	(void)ann_part(p, &xy, &n);
	double ux = xy[2] - xy[0], uy = xy[3] - xy[1], vx = xy[4] - xy[2], vy = xy[5] - xy[3], w = hypot(ux, uy),
		   h = hypot(vx, vy);
	bool closed = fabs(xy[0] + ux + vx - xy[4]) + fabs(xy[0] + vx - xy[6]) + fabs(xy[1] + vy - xy[7]) < 1e-3;
	if (n != 4 || !closed || !(w > 0 && h > 0) || fabs(ux * vx + uy * vy) > 1e-3 * w * h || ux * vy - uy * vx < 0)
		return false; /* corners run clockwise on the screen, or it is no turned box */
	double cx = (xy[0] + xy[4]) / 2, cy = (xy[1] + xy[5]) / 2, degrees = atan2(uy, ux) * 180 / M_PI;
	const double v[5] = { cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, degrees < 0 ? degrees + 360 : degrees };
	for (int i = 0; i < 5; i++)
		out[i] = ann_tidy(v[i]);
	return true;
}

uint32_t
ann_ellipse(ann_set *s, double cx, double cy, double rx, double ry, double degrees)
{
	double most = fmax(rx, ry), xy[2 * 360], c, n;
	int points = most > .1 ? (int)ceil(M_PI / acos(1 - fmin(.05 / most, .5))) : 16;
	points = ((points < 16 ? 16 : points > 357 ? 357 : points) + 3) & ~3; /* with the four ends */
	direction(degrees, &c, &n);
	for (int i = 0; i < points; i++) {
		double a, b;
		direction(360.0 * i / points, &a, &b);
		xy[2 * i] = ann_tidy(cx + c * rx * a - n * ry * b);
		xy[2 * i + 1] = ann_tidy(cy + n * rx * a + c * ry * b);
	}
	return ann_polygon(s, xy, points);
}
