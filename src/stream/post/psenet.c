/*
 * Places of text (libpsenetpostprocess): PSENet gives KERNEL_NUM maps, the text itself and the same shrunk more and
 * more. Pieces of the smallest one grow into the next larger maps, pixel by pixel and all at once, so that lines that
 * touch in the large map stay apart; around each there is the smallest box. Wang and others 2019, and MindX SDK's
 * PSENetPostProcess, which knows 704x1216 alone and leaves the confidence 0; here maps may have any size, and the
 * confidence is the mean score of the text.
 */
#include <math.h>
#include <stdio.h>
#include "stream/post/boxes.h"

enum { CORNERS = 4, WAYS = 4 };

typedef struct psenet {
	int maps;
	float least_piece, scale, least_score, least_area;
} psenet;

static bool
open(stream_post *s)
{
	psenet *c = s->state;
	c->maps = stream_post_int(s, "KERNEL_NUM", 7, 1, 100);
	c->least_piece = stream_post_real(s, "MIN_KERNEL_AREA", 5, 0, 1e9F);
	c->scale = stream_post_real(s, "PSE_SCALE", 1, 0, 1e3F);
	c->least_score = stream_post_real(s, "MIN_SCORE", 0.9F, 0, 1);
	c->least_area = stream_post_real(s, "MIN_AREA", 600, 0, 1e9F);
	if (!s->failed && !(c->scale > 0))
		stream_post_refuse(s, "PSE_SCALE is 0");
	return !s->failed;
}

/* The maps of one picture, and which piece each pixel belongs to. */
typedef struct ground {
	const stream_tensor *t;
	int height, width, *label; /* 0: none */
	int *queue, *next; /* pixels, room for all of them */
	int n; /* pieces */
} ground;

/* A pixel is text in a map where that and the first one are above 1. */
static bool
is_text(const ground *g, int map, int at)
{
	size_t pixels = (size_t)g->height * (size_t)g->width;
	return stream_number_at(g->t, (size_t)at) > 1 && stream_number_at(g->t, (size_t)map * pixels + (size_t)at) > 1;
}

/* The neighbour of a pixel in one of four ways; -1: there is none. */
static int
beside(const ground *g, int at, int way)
{
	int x = at % g->width;
	switch (way) {
	case 0: return at - g->width;
	case 1: return at + g->width < g->height * g->width ? at + g->width : -1;
	case 2: return x ? at - 1 : -1;
	default: return x + 1 < g->width ? at + 1 : -1;
	}
}

/* The connected pixels of the last map, in the order of their first pixels; small pieces are let go. */
static void
find_pieces(ground *g, float least)
{
	int last = (int)g->t->dim[1] - 1, pixels = g->height * g->width;
	for (int i = 0; i < pixels; i++) {
		int n = 0;
		if (g->label[i] || !is_text(g, last, i))
			continue;
		g->queue[n++] = i;
		g->label[i] = g->n + 1;
		for (int k = 0; k < n; k++)
			for (int way = 0; way < WAYS; way++) {
				int to = beside(g, g->queue[k], way);
				if (to < 0 || g->label[to] || !is_text(g, last, to))
					continue;
				g->label[to] = g->n + 1;
				g->queue[n++] = to;
			}
		bool kept = !((float)n < least);
		for (int k = 0; k < n && !kept; k++)
			g->label[g->queue[k]] = -1;
		g->n += kept;
	}
	for (int i = 0; i < pixels; i++)
		g->label[i] = g->label[i] < 0 ? 0 : g->label[i];
}

/* Pieces grow into the larger maps, each pixel to whoever comes first. */
static void
grow(ground *g)
{
	int n = 0, pixels = g->height * g->width;
	for (int i = 0; i < pixels; i++)
		if (g->label[i])
			g->queue[n++] = i;
	for (int map = (int)g->t->dim[1] - 2; map >= 0; map--) {
		int edges = 0;
		for (int k = 0; k < n; k++) {
			bool edge = true;
			for (int way = 0; way < WAYS; way++) {
				int to = beside(g, g->queue[k], way);
				if (to < 0 || g->label[to] || !is_text(g, map, to))
					continue;
				g->label[to] = g->label[g->queue[k]];
				g->queue[n++] = to;
				edge = false;
			}
			if (edge)
				g->next[edges++] = g->queue[k];
		}
		int *other = g->queue;
		g->queue = g->next;
		g->next = other;
		n = edges;
	}
}

typedef struct spot {
	int x, y;
} spot;

static int64_t
turn(const spot *a, const spot *b, const spot *c)
{
	return (int64_t)(b->x - a->x) * (c->y - a->y) - (int64_t)(b->y - a->y) * (c->x - a->x);
}

/* The convex hull of sorted points, into `hull` (room for one more than twice of them): how many corners. */
static int
hull_of(const spot *p, int n, spot *hull)
{
	int k = 0;
	for (int i = 0; i < n; i++) {
		while (k > 1 && turn(&hull[k - 2], &hull[k - 1], &p[i]) <= 0)
			k--;
		hull[k++] = p[i];
	}
	for (int i = n - 2, lower = k + 1; i >= 0; i--) {
		while (k >= lower && turn(&hull[k - 2], &hull[k - 1], &p[i]) <= 0)
			k--;
		hull[k++] = p[i];
	}
	return k > 1 ? k - 1 : k;
}

/* The smallest box around a hull: one of its sides lies on a side of the hull. */
static void
box_around(const spot *hull, int n, double box[CORNERS][2])
{
	double best = INFINITY;
	for (int i = 0; i < n; i++) {
		const spot *a = &hull[i], *b = &hull[(i + 1) % n];
		double length = hypot(b->x - a->x, b->y - a->y), ux = length > 0 ? (b->x - a->x) / length : 1;
		double uy = length > 0 ? (b->y - a->y) / length : 0, u0 = INFINITY, u1 = -INFINITY, v0 = u0, v1 = u1;
		for (int k = 0; k < n; k++) {
			double u = hull[k].x * ux + hull[k].y * uy, v = hull[k].y * ux - hull[k].x * uy;
			u0 = fmin(u0, u);
			u1 = fmax(u1, u);
			v0 = fmin(v0, v);
			v1 = fmax(v1, v);
		}
		if (!((u1 - u0) * (v1 - v0) < best))
			continue;
		best = (u1 - u0) * (v1 - v0);
		const double corner[CORNERS][2] = { { u0, v0 }, { u1, v0 }, { u1, v1 }, { u0, v1 } };
		for (int k = 0; k < CORNERS; k++) {
			box[k][0] = corner[k][0] * ux - corner[k][1] * uy;
			box[k][1] = corner[k][0] * uy + corner[k][1] * ux;
		}
	}
}

/* Corners clockwise from the one that is nearest to the upper left, of two the upper one, as parts of the maps. */
static void
put_box(const ground *g, double box[CORNERS][2], float score, const stream_post_from *from, base_str *list)
{
	float p[CORNERS][2];
	int first = 0;
	for (int k = 1; k < CORNERS; k++) {
		double further = box[k][0] + box[k][1] - box[first][0] - box[first][1];
		if (further < -1e-6 || (further < 1e-6 && box[k][1] < box[first][1]))
			first = k;
	}
	for (int k = 0; k < CORNERS; k++) {
		p[k][0] = (float)(box[(first + k) % CORNERS][0] / g->width);
		p[k][1] = (float)(box[(first + k) % CORNERS][1] / g->height);
	}
	stream_corners_put(p, score, from, list);
}

/* The boxes of pieces that are large and sure enough. False: no memory. */
static bool
put_all(const psenet *c, const ground *g, const stream_post_from *from, base_str *list)
{
	int pixels = g->height * g->width, *many = secant_calloc((size_t)g->n + 2, sizeof *many);
	double *scores = secant_calloc((size_t)g->n + 1, sizeof *scores);
	spot *all = base_alloc_raw((size_t)pixels * sizeof *all), *hull = NULL;
	int *end = secant_calloc((size_t)g->n + 2, sizeof *end), most = 0;
	bool fine = many && scores && all && end;
	for (int i = 0; i < pixels && fine; i++) {
		many[g->label[i]]++;
		scores[g->label[i]] += 1 / (1 + exp(-stream_number_at(g->t, (size_t)i)));
	}
	for (int k = 1; k <= g->n && fine; k++) {
		end[k + 1] = end[k] + many[k];
		most = many[k] > most ? many[k] : most;
	}
	for (int x = 0; x < g->width && fine; x++) /* by columns: sorted as the hull wants them */
		for (int y = 0; y < g->height; y++) {
			int k = g->label[y * g->width + x];
			if (k)
				all[end[k]++] = (spot){ x, y };
		}
	fine = fine && (hull = base_alloc_raw((2 * (size_t)most + 2) * sizeof *hull));
	for (int k = 1; k <= g->n && fine; k++) {
		double box[CORNERS][2], score = scores[k] / many[k];
		if ((float)many[k] < c->least_area || score < (double)c->least_score)
			continue;
		box_around(hull, hull_of(all + end[k] - many[k], many[k], hull), box);
		put_box(g, box, (float)score, from, list);
	}
	secant_free(many);
	secant_free(scores);
	secant_free(all);
	secant_free(hull);
	secant_free(end);
	return fine;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const psenet *c = s->state;
	char text[200] = "no tensor";
	if (!stream_post_is_known(from, why, size))
		return STREAM_FAILURE;
	if (n < 1 || (t->type != STREAM_T_F32 && t->type != STREAM_T_F16) || t->rank != 4 || t->dim[0] != 1
		|| t->dim[1] != c->maps || t->dim[2] < 1 || t->dim[3] < 1 || t->dim[2] * t->dim[3] > INT32_MAX / 4) {
		snprintf(why, size, "KERNEL_NUM %d wants a tensor FLOAT32 1x%dxHxW; there is %s", c->maps, c->maps,
			n ? stream_tensor_text(t, text, sizeof text) : text);
		return STREAM_INVALID;
	}
	size_t pixels = (size_t)t->dim[2] * (size_t)t->dim[3];
	ground g = { .t = t, .height = (int)t->dim[2], .width = (int)t->dim[3] };
	g.label = secant_calloc(pixels, sizeof *g.label);
	g.queue = base_alloc_raw(pixels * sizeof *g.queue);
	g.next = base_alloc_raw(pixels * sizeof *g.next);
	bool fine = g.label && g.queue && g.next;
	if (fine) {
		find_pieces(&g, c->least_piece / (c->scale * c->scale));
		grow(&g);
		fine = put_all(c, &g, from, list);
	}
	secant_free(g.label);
	secant_free(g.queue);
	secant_free(g.next);
	snprintf(why, size, "no memory for places of text");
	return fine ? 0 : STREAM_NO_MEMORY;
}

const stream_library stream_library_psenet = { .names = "psenetpostprocess",
	.message = "MxpiTextObjectList",
	.state = sizeof(psenet),
	.empty_is_nothing = true,
	.open = open,
	.run = run };
