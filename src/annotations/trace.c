/*
 * Masks to polygons: directed edges between inside and outside pixels are followed with the inside on the right, so
 * that outer borders turn clockwise on the screen and holes the other way; at a vertex where two regions touch, the
 * sharper turn keeps them apart.
 */
#include "annotations/trace.h"
#include "annotations/format.h"
#include "draw/rings.h"
#include <stdlib.h>

static bool
push(ann_ring *r, double x, double y)
{
	if (r->n >= r->capacity) {
		int next = r->capacity ? r->capacity * 2 : 32;
		double *p = base_realloc(r->xy, (size_t)next * 2, sizeof *p);
		if (!p)
			return false;
		r->xy = p;
		r->capacity = next;
	}
	r->xy[2 * r->n] = x;
	r->xy[2 * r->n++ + 1] = y;
	return true;
}

/* Joins ring b into a by a seam between their nearest points. */
static bool
join(ann_ring *a, const double *b, int n)
{
	int bi = 0, bj = 0;
	double best = INFINITY;
	int step = (int64_t)a->n * n > 4000000 ? (int)((int64_t)a->n * n / 4000000) + 1 : 1;
	for (int i = 0; i < a->n; i += step)
		for (int j = 0; j < n; j++) {
			double dx = a->xy[2 * i] - b[2 * j], dy = a->xy[2 * i + 1] - b[2 * j + 1], d = dx * dx + dy * dy;
			if (d < best)
				best = d, bi = i, bj = j;
		}
	ann_ring all = { 0 };
	bool good = true;
	for (int i = 0; i <= bi && good; i++)
		good = push(&all, a->xy[2 * i], a->xy[2 * i + 1]);
	for (int j = 0; j <= n && good; j++)
		good = push(&all, b[2 * ((bj + j) % n)], b[2 * ((bj + j) % n) + 1]);
	for (int i = bi; i < a->n && good; i++)
		good = push(&all, a->xy[2 * i], a->xy[2 * i + 1]);
	if (good) {
		secant_free(a->xy);
		*a = all;
	} else
		secant_free(all.xy);
	return good;
}

static double
signed_area(const double *xy, int n)
{
	double twice = 0;
	for (int i = 0; i < n; i++) {
		const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n);
		twice += a[0] * b[1] - b[0] * a[1];
	}
	return twice / 2;
}

typedef struct field {
	uint8_t *inside, *used;
	int w, h;
	uint8_t *stays; /* corners of pixels of the picture that no simplification may drop; NULL: none */
	size_t corners; /* how many; the byte behind them says that some were added */
	int x, y, across; /* where the field begins in the picture, corners in a row of it */
} field; /* with a border of one pixel: (w + 2) x (h + 2) */

static bool
must_stay(const field *f, double x, double y)
{
	return f->stays && f->stays[(size_t)(y + f->y) * (size_t)f->across + (size_t)(x + f->x)];
}

static void
let_stay(void *user, const double *xy)
{
	field *f = user;
	f->stays[(size_t)(xy[1] + f->y) * (size_t)f->across + (size_t)(xy[0] + f->x)] = 1;
	f->stays[f->corners] = 1;
}

/* Rings of which no area would be left, or whose lines would cross, stay as they are, and so must their corners in
 * other rings: those are traced anew. */
static bool
simplify(field *f, ann_ring *rings, int n, double tolerance)
{
	draw_ring *simple = tolerance > 0 ? secant_calloc((size_t)n + 1, sizeof *simple) : NULL;
	bool good = simple || !(tolerance > 0);
	for (int i = 0; simple && good && i < n; i++) {
		draw_ring *r = &simple[i];
		*r = (draw_ring){ rings[i].xy, rings[i].n, secant_calloc((size_t)rings[i].n + 1, sizeof *r->kept) };
		for (int k = 0; r->kept && k < r->n; k++)
			r->kept[k] = must_stay(f, r->xy[2 * k], r->xy[2 * k + 1]);
		good = r->kept && draw_simplify(r, tolerance);
		for (int k = 0, whole = good && !draw_encloses(r); whole && k < r->n; k++)
			if (!r->kept[k] && f->stays)
				let_stay(f, r->xy + 2 * k);
			else
				r->kept[k] = true;
	}
	if (simple && good && f->stays)
		good = draw_untangle(simple, n, let_stay, f);
	for (int i = 0; simple && i < n; i++) {
		int left = 0;
		for (int k = 0; good && k < rings[i].n; k++)
			if (simple[i].kept[k]) {
				memmove(rings[i].xy + 2 * left, rings[i].xy + 2 * k, 2 * sizeof *rings[i].xy);
				left++;
			}
		rings[i].n = good ? left : rings[i].n;
		secant_free(simple[i].kept);
	}
	secant_free(simple);
	return good;
}

static bool
in(const field *f, int x, int y)
{
	return f->inside[(size_t)(y + 1) * (size_t)(f->w + 2) + (size_t)(x + 1)];
}

/* Direction 0 right, 1 down, 2 left, 3 up, from vertex (x, y): is there a border edge with the inside on its right? */
static bool
edge(const field *f, int x, int y, int d)
{
	static const int right[4][2] = { { 0, 0 }, { -1, 0 }, { -1, -1 }, { 0, -1 } },
					 left[4][2] = { { 0, -1 }, { 0, 0 }, { -1, 0 }, { -1, -1 } };
	return in(f, x + right[d][0], y + right[d][1]) && !in(f, x + left[d][0], y + left[d][1]);
}

static bool
follow(field *f, int x, int y, int d, ann_ring *ring)
{
	static const int dx[] = { 1, 0, -1, 0 }, dy[] = { 0, 1, 0, -1 };
	int sx = x, sy = y, sd = d, last = -1;
	do {
		if ((d != last || must_stay(f, x, y)) && !push(ring, x, y))
			return false;
		last = d;
		f->used[(size_t)y * (size_t)(f->w + 1) + (size_t)x] |= (uint8_t)(1 << d);
		x += dx[d];
		y += dy[d];
		/* right first: 4-connected regions that touch at a corner stay apart */
		int turn[3] = { (d + 1) & 3, d, (d + 3) & 3 };
		for (int k = 0; k < 3; k++)
			if (edge(f, x, y, turn[k])) {
				d = turn[k];
				break;
			}
	} while (x != sx || y != sy || d != sd);
	if (ring->n > 1 && last == sd && !must_stay(f, sx, sy)) { /* the start lies on a straight side */
		memmove(ring->xy, ring->xy + 2, (size_t)(ring->n - 1) * 2 * sizeof *ring->xy);
		ring->n--;
	}
	return true;
}

static bool
contains(const ann_ring *r, double x, double y)
{
	bool inside = false;
	for (int i = 0, j = r->n - 1; i < r->n; j = i++) {
		const double *a = r->xy + 2 * i, *b = r->xy + 2 * j;
		if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0])
			inside = !inside;
	}
	return inside;
}

static bool
collect(field *f, ann_ring **rings, int *n, int *capacity)
{
	for (int y = 0; y <= f->h; y++)
		for (int x = 0; x <= f->w; x++)
			for (int d = 0; d < 4; d++) {
				if (f->used[(size_t)y * (size_t)(f->w + 1) + (size_t)x] >> d & 1 || !edge(f, x, y, d))
					continue;
				if (base_grow((void **)rings, capacity, *n, sizeof **rings))
					return false;
				(*rings)[*n] = (ann_ring){ 0 };
				if (!follow(f, x, y, d, &(*rings)[(*n)++]))
					return false;
			}
	return true;
}

uint32_t
ann_trace(ann_set *s, const ann_rle *r, double tolerance, uint8_t *stays, secant_err *err)
{
	double box[4];
	ann_rle_box(r, box);
	if (box[0] + box[2] > r->w || box[1] + box[3] > r->h) {
		secant_fail(
			err, SECANT_ERR_FORMAT, "run lengths reach beyond the picture of %ux%u", (unsigned)r->w, (unsigned)r->h);
		return 0;
	}
	int bx = (int)box[0], by = (int)box[1];
	field f = { .w = (int)box[2], .h = (int)box[3], .stays = stays, .x = bx, .y = by, .across = (int)r->w + 1 };
	f.corners = ((size_t)r->w + 1) * ((size_t)r->h + 1);
	if (f.w < 1 || f.h < 1)
		return 0;
	f.inside = secant_calloc((size_t)(f.w + 2) * (size_t)(f.h + 2), 1);
	f.used = secant_calloc((size_t)(f.w + 1) * (size_t)(f.h + 1), 1);
	ann_ring *rings = NULL;
	int n = 0, capacity = 0, parts = 0;
	bool good = f.inside && f.used;
	uint64_t at = 0;
	for (size_t i = 0; good && i < r->n; at += r->runs[i++])
		for (uint64_t t = at; i & 1 && t < at + r->runs[i]; t++)
			f.inside[(t % r->h - (uint64_t)by + 1) * (uint64_t)(f.w + 2) + t / r->h - (uint64_t)bx + 1] = 1;
	good = good && collect(&f, &rings, &n, &capacity);
	good = good && simplify(&f, rings, n, tolerance);
	for (int i = 0; good && i < n; i++) { /* holes go into the ring around them */
		if (signed_area(rings[i].xy, rings[i].n) > 0)
			continue;
		int owner = -1;
		double smallest = INFINITY;
		for (int k = 0; k < n; k++) {
			double area = rings[k].n ? signed_area(rings[k].xy, rings[k].n) : 0;
			if (area > 0 && area < smallest && contains(&rings[k], rings[i].xy[0] + 1e-3, rings[i].xy[1] - 1e-3))
				owner = k, smallest = area;
		}
		if (owner >= 0)
			good = join(&rings[owner], rings[i].xy, rings[i].n);
		rings[i].n = 0;
	}
	for (int i = 0; i < n; i++) {
		parts += rings[i].n > 0;
		for (int k = 0; k < rings[i].n; k++) {
			rings[i].xy[2 * k] += bx;
			rings[i].xy[2 * k + 1] += by;
		}
	}
	uint32_t shape = good && parts ? ann_polygon_begin(s, parts) : 0;
	for (int i = 0; i < n; i++) {
		if (shape && rings[i].n)
			ann_polygon_part(s, rings[i].xy, rings[i].n);
		secant_free(rings[i].xy);
	}
	secant_free(rings), secant_free(f.inside), secant_free(f.used);
	if (!good || s->memory.code)
		(void)ann_nomem(err);
	return good && !s->memory.code ? shape : 0;
}

/* --- parts that overlap
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct part {
	const double *xy;
	int n;
	double box[4];
} part;

static double
side(const double *a, const double *b, const double *p)
{
	return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/* Is a place within a ring, and not on its border? */
static bool
within(const part *r, const double *p)
{
	bool in = false;
	for (int i = 0; i < r->n; i++) {
		const double *a = r->xy + 2 * i, *b = r->xy + 2 * ((i + 1) % r->n);
		double s = side(a, b, p), length = hypot(b[0] - a[0], b[1] - a[1]);
		if (fabs(s) <= 1e-6 * length && p[0] >= fmin(a[0], b[0]) - 1e-6 && p[0] <= fmax(a[0], b[0]) + 1e-6
			&& p[1] >= fmin(a[1], b[1]) - 1e-6 && p[1] <= fmax(a[1], b[1]) + 1e-6)
			return false;
		if ((a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0])
			in = !in;
	}
	return in;
}

/* A place inside of a ring: halfway between its first two borders on a line between two heights. */
static bool
some_place(const part *r, double p[2])
{
	double top = r->box[1], next = r->box[3];
	for (int i = 0; i < r->n; i++)
		if (r->xy[2 * i + 1] > top && r->xy[2 * i + 1] < next)
			next = r->xy[2 * i + 1];
	double first = INFINITY, second = INFINITY;
	p[1] = (top + next) / 2;
	for (int i = 0; i < r->n; i++) {
		const double *a = r->xy + 2 * i, *b = r->xy + 2 * ((i + 1) % r->n);
		if ((a[1] > p[1]) == (b[1] > p[1]))
			continue;
		double x = (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0];
		second = fmin(second, fmax(first, x));
		first = fmin(first, x);
	}
	p[0] = (first + second) / 2;
	return isfinite(p[0]);
}

static bool
overlap(const part *a, const part *b)
{
	enum { LONG = 40000000 }; /* beyond, pixels decide */
	double p[2];
	if (!(a->box[0] < b->box[2] && b->box[0] < a->box[2] && a->box[1] < b->box[3] && b->box[1] < a->box[3]))
		return false;
	if ((int64_t)a->n * b->n > LONG)
		return true;
	if ((some_place(a, p) && within(b, p)) || (some_place(b, p) && within(a, p)))
		return true;
	for (int i = 0; i < a->n; i++) {
		const double *u = a->xy + 2 * i, *v = a->xy + 2 * ((i + 1) % a->n);
		if (within(b, (const double[]){ (u[0] + v[0]) / 2, (u[1] + v[1]) / 2 }))
			return true;
		for (int k = 0; k < b->n; k++) {
			const double *s = b->xy + 2 * k, *t = b->xy + 2 * ((k + 1) % b->n);
			double least = 1e-6 * (hypot(v[0] - u[0], v[1] - u[1]) + hypot(t[0] - s[0], t[1] - s[1]));
			double c = side(u, v, s), d = side(u, v, t), e = side(s, t, u), f = side(s, t, v);
			if (fmin(fmin(fabs(c), fabs(d)), fmin(fabs(e), fabs(f))) > least && (c > 0) != (d > 0)
				&& (e > 0) != (f > 0))
				return true;
		}
	}
	return false;
}

/* Do parts of a shape lie over each other? Their union is meant, but one ring around both counts what it runs around
 * twice as a hole. */
static bool
parts_overlap(const ann_set *s, uint32_t shape, double extent[4])
{
	int parts;
	const double *p = ann_parts(s, shape, &parts);
	part *v = parts > 1 && ann_extent(s, shape, extent) ? secant_calloc((size_t)parts, sizeof *v) : NULL;
	bool any = false;
	for (int i = 0; v && i < parts; i++) {
		p = ann_part(p, &v[i].xy, &v[i].n);
		double *b = v[i].box;
		b[0] = b[1] = INFINITY, b[2] = b[3] = -INFINITY;
		for (int k = 0; k < v[i].n; k++) {
			const double *at = v[i].xy + 2 * k;
			b[0] = fmin(b[0], at[0]), b[1] = fmin(b[1], at[1]), b[2] = fmax(b[2], at[0]), b[3] = fmax(b[3], at[1]);
		}
		for (int k = 0; k < i && !any; k++)
			any = v[i].n > 2 && v[k].n > 2 && overlap(&v[i], &v[k]);
	}
	secant_free(v);
	return any;
}

secant_status
ann_one_ring(const ann_set *s, const ann_object *o, ann_ring *ring, secant_err *err)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	double far[4];
	ring->n = 0;
	bool good = true,
		 over = kind == ANN_POLYGONS && parts_overlap(s, o->shape, far) && far[2] < 30000 && far[3] < 30000;
	if (kind == ANN_RLE || over) {
		ann_rle r;
		ann_set own;
		ann_init(&own);
		uint32_t h = over ? (uint32_t)ceil(fmax(far[3], 0)) + 1 : (uint32_t)s->shapes[o->shape + 1],
				 w = over ? (uint32_t)ceil(fmax(far[2], 0)) + 1 : (uint32_t)s->shapes[o->shape + 2];
		secant_status status = ann_rle_shape(&r, s, o->shape, h, w, err);
		ann_object traced = *o;
		if (!status) {
			traced.shape = ann_trace(&own, &r, 0, NULL, err);
			status = err ? err->code : own.memory.code;
		}
		ann_rle_free(&r);
		if (!status)
			status = ann_one_ring(&own, &traced, ring, err);
		ann_free(&own);
		return status;
	}
	if (!kind || kind > ANN_QUAD) {
		const double x[] = { ann_x0(o), ann_x1(o), ann_x1(o), ann_x0(o) },
					 y[] = { ann_y0(o), ann_y0(o), ann_y1(o), ann_y1(o) };
		for (int i = 0; i < 4 && good; i++)
			good = push(ring, x[i], y[i]);
		return good ? SECANT_OK : ann_nomem(err);
	}
	int parts, n;
	const double *xy, *p = ann_parts(s, o->shape, &parts);
	for (int i = 0; i < parts && good; i++) {
		p = ann_part(p, &xy, &n);
		if (n < 1)
			continue;
		if (ring->n)
			good = join(ring, xy, n);
		else
			for (int k = 0; k < n && good; k++)
				good = push(ring, xy[2 * k], xy[2 * k + 1]);
	}
	return good ? SECANT_OK : ann_nomem(err);
}

static int
by_place(const void *a, const void *b)
{
	const double *p = a, *q = b;
	return p[0] != q[0] ? p[0] > q[0] ? 1 : -1 : p[1] != q[1] ? p[1] > q[1] ? 1 : -1 : 0;
}

/* Convex hull (Andrew's monotone chain) in place; returns the number of points. */
static int
hull(double *xy, int n, double *out)
{
	qsort(xy, (size_t)n, 2 * sizeof *xy, by_place);
	int k = 0;
	for (int pass = 0; pass < 2; pass++) {
		int base = k + 1;
		for (int j = 0; j < n; j++) {
			const double *c = xy + 2 * (pass ? n - 1 - j : j);
			if (pass && j == 0)
				continue;
			while (k >= (pass ? base : 2)) {
				const double *a = out + 2 * (k - 2), *b = out + 2 * (k - 1);
				if ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0)
					break;
				k--;
			}
			out[2 * k] = c[0];
			out[2 * k++ + 1] = c[1];
		}
	}
	return k > 1 ? k - 1 : k;
}

secant_status
ann_corners_of(const ann_set *s, const ann_object *o, double xy[8], secant_err *err)
{
	ann_ring r = { 0 };
	secant_status status = ann_one_ring(s, o, &r, err);
	if (status || r.n == 4) {
		if (!status)
			memcpy(xy, r.xy, 8 * sizeof *xy);
		secant_free(r.xy);
		return status;
	}
	double *h = secant_calloc(4 * (size_t)r.n + 4, sizeof *h), least = INFINITY;
	if (!h) {
		secant_free(r.xy);
		return ann_nomem(err);
	}
	int n = hull(r.xy, r.n, h);
	memset(xy, 0, 8 * sizeof *xy);
	for (int i = 0; i < n; i++) { /* one side of the smallest rectangle lies on the hull */
		const double *a = h + 2 * i, *b = h + 2 * ((i + 1) % n);
		double length = hypot(b[0] - a[0], b[1] - a[1]);
		double ux = length > 0 ? (b[0] - a[0]) / length : 1, uy = length > 0 ? (b[1] - a[1]) / length : 0;
		double lo[2] = { INFINITY, INFINITY }, hi[2] = { -INFINITY, -INFINITY };
		for (int k = 0; k < n; k++) {
			double u = h[2 * k] * ux + h[2 * k + 1] * uy, v = -h[2 * k] * uy + h[2 * k + 1] * ux;
			lo[0] = fmin(lo[0], u), hi[0] = fmax(hi[0], u), lo[1] = fmin(lo[1], v), hi[1] = fmax(hi[1], v);
		}
		if ((hi[0] - lo[0]) * (hi[1] - lo[1]) >= least)
			continue;
		least = (hi[0] - lo[0]) * (hi[1] - lo[1]);
		const double u[] = { lo[0], hi[0], hi[0], lo[0] }, v[] = { lo[1], lo[1], hi[1], hi[1] };
		for (int k = 0; k < 4; k++) {
			xy[2 * k] = ann_tidy(u[k] * ux - v[k] * uy);
			xy[2 * k + 1] = ann_tidy(u[k] * uy + v[k] * ux);
		}
	}
	secant_free(h);
	secant_free(r.xy);
	return SECANT_OK;
}
