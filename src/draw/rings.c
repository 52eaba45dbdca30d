/*
 * Outlines with fewer vertices. What the tolerance allows may still cross: a thin bay loses its mouth, a line cuts off
 * the island before it. Such lines are found in bands of rows, from left to right within each, and get back what was
 * dropped between their ends; outlines along pixels do not cross, so this comes to an end.
 */
#include "draw/rings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

uint8_t *
draw_junctions(const uint32_t *region, int w, int h)
{
	uint8_t *stays = secant_calloc((size_t)(w + 1) * (size_t)(h + 1) + 1, 1);
	for (int y = 0; stays && y <= h; y++)
		for (int x = 0; x <= w; x++) {
			uint32_t v[4]; /* around the corner; beyond the picture lies a region of its own */
			for (int k = 0; k < 4; k++) {
				int px = x - (k == 0 || k == 3), py = y - (k < 2);
				v[k] = px < 0 || py < 0 || px >= w || py >= h ? UINT32_MAX
															  : region[(size_t)py * (size_t)w + (size_t)px];
			}
			int changes = (v[0] != v[1]) + (v[1] != v[2]) + (v[2] != v[3]) + (v[3] != v[0]);
			stays[(size_t)y * (size_t)(w + 1) + (size_t)x] = changes > 2 || ((x == 0 || x == w) && (y == 0 || y == h));
		}
	return stays;
}

static bool
before(const double *a, const double *b)
{
	return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

/* The vertex between i and j (j > i, around the ring) that lies farthest from the line between them, beyond the
 * tolerance; -1: none. The line is always looked at from the same end, and of equals the first by place is taken, so
 * that a border comes out alike from both of its sides. */
static int
farthest(const draw_ring *r, int i, int j, double tolerance)
{
	const double *a = r->xy + 2 * (i % r->n), *b = r->xy + 2 * (j % r->n), *c;
	if (before(b, a))
		c = a, a = b, b = c;
	double length = hypot(b[0] - a[0], b[1] - a[1]), best = tolerance;
	int at = -1;
	for (int k = i + 1; k < j; k++) {
		c = r->xy + 2 * (k % r->n);
		double d = length > 0 ? fabs((b[0] - a[0]) * (a[1] - c[1]) - (a[0] - c[0]) * (b[1] - a[1])) / length
							  : hypot(c[0] - a[0], c[1] - a[1]);
		if (d > best || (at >= 0 && d == best && before(c, r->xy + 2 * (at % r->n))))
			best = d, at = k;
	}
	return at;
}

/* Two vertices to begin with, of a ring that has none or one that must stay. */
static void
choose_ends(const draw_ring *r, int one)
{
	if (one < 0)
		for (int i = one = 0; i < r->n; i++)
			one = before(r->xy + 2 * i, r->xy + 2 * one) ? i : one;
	int far = one;
	double most = -1;
	for (int i = 0; i < r->n; i++) {
		double d = hypot(r->xy[2 * i] - r->xy[2 * one], r->xy[2 * i + 1] - r->xy[2 * one + 1]);
		if (i != one && (d > most || (d == most && before(r->xy + 2 * i, r->xy + 2 * far))))
			most = d, far = i;
	}
	r->kept[one] = r->kept[far] = true;
}

/* An explicit stack bounds the depth. */
bool
draw_simplify(const draw_ring *r, double tolerance)
{
	int n = r->n, top = 0, fixed = 0, one = -1, first = 0, *stack = secant_calloc(4 * (size_t)n + 8, sizeof *stack);
	if (!stack)
		return false;
	for (int i = 0; i < n; i++) {
		fixed += r->kept[i];
		one = r->kept[i] ? i : one;
	}
	if (n && fixed < 2)
		choose_ends(r, one);
	while (first < n && !r->kept[first])
		first++;
	for (int i = first, j; i < first + n; i = j) {
		for (j = i + 1; !r->kept[j % n];)
			j++;
		stack[top++] = i, stack[top++] = j;
		while (top) {
			int to = stack[--top], from = stack[--top], at = farthest(r, from, to, tolerance);
			if (at < 0)
				continue;
			r->kept[at % n] = true;
			stack[top++] = from, stack[top++] = at, stack[top++] = at, stack[top++] = to;
		}
	}
	secant_free(stack);
	return true;
}

static int
next_kept(const draw_ring *r, int i)
{
	do
		i = (i + 1) % r->n;
	while (!r->kept[i]);
	return i;
}

bool
draw_encloses(const draw_ring *r)
{
	double twice = 0;
	int first = 0, count = 0;
	while (first < r->n && !r->kept[first])
		first++;
	if (first == r->n)
		return false;
	for (int i = first, j; count == 0 || i != first; i = j, count++) {
		const double *a = r->xy + 2 * i, *b = r->xy + 2 * (j = next_kept(r, i));
		twice += a[0] * b[1] - b[0] * a[1];
	}
	return count >= 3 && twice != 0;
}

/* ---- lines that cross ---- */

typedef struct line {
	const double *a, *b; /* a before b */
	int ring, from, to;
} line;

static double
side(const double *a, const double *b, const double *c)
{
	return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static bool
same(const double *a, const double *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

/* c lies on the line of a and b: between them, ends excluded? */
static bool
between(const double *a, const double *b, const double *c)
{
	return before(a, c) && before(c, b);
}

/* Coordinates are small whole numbers: nothing here is rounded. */
static bool
tangled(const line *p, const line *q)
{
	double c = side(p->a, p->b, q->a), d = side(p->a, p->b, q->b), e = side(q->a, q->b, p->a),
		   f = side(q->a, q->b, p->b);
	if (c == 0 && d == 0) { /* of one line */
		if (same(p->a, q->a) && same(p->b, q->b))
			return p->ring == q->ring;
		return between(p->a, p->b, q->a) || between(p->a, p->b, q->b) || between(q->a, q->b, p->a)
			|| between(q->a, q->b, p->b);
	}
	if (same(p->a, q->a) || same(p->a, q->b) || same(p->b, q->a) || same(p->b, q->b))
		return false;
	return !(c > 0 && d > 0) && !(c < 0 && d < 0) && !(e > 0 && f > 0) && !(e < 0 && f < 0);
}

static int
by_left(const void *a, const void *b)
{
	const line *p = *(const line *const *)a, *q = *(const line *const *)b;
	return p->a[0] != q->a[0] ? (p->a[0] < q->a[0] ? -1 : 1) : p < q ? -1 : p > q;
}

static double
top_of(const line *l)
{
	return fmin(l->a[1], l->b[1]);
}

static double
bottom_of(const line *l)
{
	return fmax(l->a[1], l->b[1]);
}

static void
restore(const draw_ring *rings, const line *l, void (*stay)(void *user, const double *xy), void *user)
{
	const draw_ring *r = &rings[l->ring];
	for (int i = (l->from + 1) % r->n; i != l->to; i = (i + 1) % r->n)
		stay(user, r->xy + 2 * i);
}

static line *
lines_of(const draw_ring *rings, int n, size_t *count)
{
	size_t most = 0;
	for (int i = 0; i < n; i++)
		most += (size_t)rings[i].n;
	line *lines = secant_calloc(most + 1, sizeof *lines);
	*count = 0;
	for (int i = 0; lines && i < n; i++) {
		const draw_ring *r = &rings[i];
		int first = 0, from;
		while (first < r->n && !r->kept[first])
			first++;
		if ((from = first) == r->n)
			continue;
		do {
			int to = next_kept(r, from);
			const double *a = r->xy + 2 * from, *b = r->xy + 2 * to;
			lines[(*count)++] = before(b, a) ? (line){ b, a, i, from, to } : (line){ a, b, i, from, to };
			from = to;
		} while (from != first);
	}
	return lines;
}

bool
draw_untangle(const draw_ring *rings, int n, void (*stay)(void *user, const double *xy), void *user)
{
	enum { BAND = 64 };
	size_t count, room = 0;
	line *lines = lines_of(rings, n, &count);
	double least = INFINITY, most = -INFINITY;
	for (size_t i = 0; lines && i < count; i++) {
		least = fmin(least, top_of(&lines[i])), most = fmax(most, bottom_of(&lines[i]));
		room += (size_t)((bottom_of(&lines[i]) - top_of(&lines[i])) / BAND) + 2;
	}
	size_t bands = count ? (size_t)((most - least) / BAND) + 1 : 0, *start = secant_calloc(bands + 2, sizeof *start);
	const line **of = secant_calloc(room + 1, sizeof *of);
	bool good = lines && start && of;
	for (int fill = 0; good && fill < 2; fill++) { /* counts, then places */
		for (size_t i = 0; i < count; i++)
			for (size_t k = (size_t)((top_of(&lines[i]) - least) / BAND),
						last = (size_t)((bottom_of(&lines[i]) - least) / BAND);
				 k <= last; k++)
				if (fill)
					of[start[k]++] = &lines[i];
				else
					start[k + 1]++;
		for (size_t k = 0; k < bands && !fill; k++)
			start[k + 1] += start[k];
	}
	for (size_t k = 0; good && k < bands; k++) {
		size_t from = k ? start[k - 1] : 0, to = start[k]; /* placing moved each start to its end */
		qsort(of + from, to - from, sizeof *of, by_left);
		for (size_t i = from; i < to; i++)
			for (size_t j = i + 1; j < to && of[j]->a[0] <= of[i]->b[0]; j++)
				if (top_of(of[j]) <= bottom_of(of[i]) && top_of(of[i]) <= bottom_of(of[j]) && tangled(of[i], of[j]))
					restore(rings, of[i], stay, user), restore(rings, of[j], stay, user);
	}
	secant_free(lines), secant_free(start), secant_free(of);
	return good;
}
