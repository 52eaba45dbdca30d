/*
 * The areas of a mask: one for each connected area (4 neighbours) of a class, its outer ring counter-clockwise where y
 * points up, its holes clockwise, along the edges of pixels, so that the polygons cover exactly the pixels; or with
 * fewer corners, and borders shared all the same.
 *
 * Every area gets a number (two passes with union-find). A ring is walked with the area on its right. Where two pixels
 * of one area touch at a corner, the walk turns left and crosses to the other: what lies between them is then in two
 * rings that share the corner, and no ring meets itself, which would make the polygon invalid. Of an area only its
 * outer ring encloses a positive area on this walk.
 */
#include "deploy/polygons.h"
#include <math.h>
#include <string.h>
#include <secant/codec.h>
#include "base/file.h"
#include "draw/rings.h"

typedef deploy_areas shapes;
typedef deploy_area_ring ring;

/* ---- areas ---- */

static uint32_t
root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static secant_status
number_areas(shapes *s, secant_err *err)
{
	size_t w = (size_t)s->width, pixels = w * (size_t)s->height, room = 1024;
	uint32_t *parent = secant_calloc(room, sizeof *parent), n = 0;
	secant_dtype dtype = s->mask->dtype;
	for (size_t i = 0; i < pixels && parent; i++) {
		int value = deploy_mask_get(dtype, s->mask->data, (int64_t)i);
		if (deploy_mask_class(s->p, value) < 0)
			continue;
		uint32_t left = i % w && deploy_mask_get(dtype, s->mask->data, (int64_t)i - 1) == value
			? root_of(parent, s->label[i - 1])
			: 0;
		uint32_t up = i >= w && deploy_mask_get(dtype, s->mask->data, (int64_t)(i - w)) == value
			? root_of(parent, s->label[i - w])
			: 0;
		if (left && up && left != up)
			parent[left > up ? left : up] = left > up ? up : left;
		s->label[i] = left && up ? (left < up ? left : up) : left ? left : up ? up : ++n;
		if (n + 1 == room) {
			uint32_t *more = base_realloc(parent, room * 2, sizeof *parent);
			if (!more) {
				secant_free(parent);
				parent = NULL;
				break;
			}
			parent = more;
			room *= 2;
		}
		parent[n] = left || up ? parent[n] : n;
	}
	/* Numbers without gaps, in the order of first pixels. */
	uint32_t *final = parent ? secant_calloc((size_t)n + 1, sizeof *final) : NULL;
	for (size_t i = 0; i < pixels && final; i++)
		if (s->label[i]) {
			uint32_t top = root_of(parent, s->label[i]);
			s->label[i] = final[top] ? final[top] : (final[top] = ++s->areas);
		}
	s->pixels = final ? secant_calloc((size_t)s->areas + 1, sizeof *s->pixels) : NULL;
	for (size_t i = 0; i < pixels && s->pixels; i++)
		s->pixels[s->label[i]]++;
	secant_free(parent);
	secant_free(final);
	return s->pixels
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the areas of %dx%d pixels", s->height, s->width);
}

/* ---- rings ---- */

static bool
inside(const shapes *s, int x, int y, uint32_t area)
{
	return x >= 0 && y >= 0 && x < s->width && y < s->height
		&& s->label[(size_t)y * (size_t)s->width + (size_t)x] == area;
}

static bool
must_stay(const shapes *s, int x, int y)
{
	return s->stays && s->stays[(size_t)y * (size_t)(s->width + 1) + (size_t)x];
}

static int
push_corner(shapes *s, int x, int y)
{
	if (s->n_corners == s->corner_room) {
		size_t room = s->corner_room ? s->corner_room * 2 : 1024;
		deploy_corner *more = base_realloc(s->corners, room, sizeof *more);
		if (!more)
			return -1;
		s->corners = more;
		s->corner_room = room;
	}
	s->corners[s->n_corners++] = (deploy_corner){ x, y };
	return 0;
}

/* Walks the ring that begins with the upper edge of pixel (x, y). */
static int
walk(shapes *s, int x, int y, uint32_t area, ring *r)
{
	static const int step_x[] = { 1, 0, -1, 0 }, step_y[] = { 0, 1, 0, -1 }; /* east, south, west, north */
	/* the pixels ahead of a vertex, right and left of the way */
	static const int right_x[] = { 0, -1, -1, 0 }, right_y[] = { 0, 0, -1, -1 }, left_x[] = { 0, 0, -1, -1 },
					 left_y[] = { -1, 0, 0, -1 };
	int way = 0, vx = x, vy = y;
	double twice = 0;
	*r = (ring){ .area = area, .start = s->n_corners };
	if (push_corner(s, x, y))
		return -1;
	do {
		if (way == 0)
			s->walked[(size_t)vy * (size_t)s->width + (size_t)vx] = 1;
		twice += (double)vx * (vy + step_y[way]) - (double)(vx + step_x[way]) * vy;
		vx += step_x[way];
		vy += step_y[way];
		int before = way;
		if (inside(s, vx + left_x[way], vy + left_y[way], area))
			way = (way + 3) % 4;
		else if (!inside(s, vx + right_x[way], vy + right_y[way], area))
			way = (way + 1) % 4;
		if ((way != before || must_stay(s, vx, vy)) && !(vx == x && vy == y && way == 0) && push_corner(s, vx, vy))
			return -1;
	} while (!(vx == x && vy == y && way == 0));
	r->n = s->n_corners - r->start;
	r->hole = twice < 0;
	return 0;
}

static int
push_ring(shapes *s, ring r)
{
	if (s->n_rings == s->ring_room) {
		size_t room = s->ring_room ? s->ring_room * 2 : 256;
		ring *more = base_realloc(s->rings, room, sizeof *more);
		if (!more)
			return -1;
		s->rings = more;
		s->ring_room = room;
	}
	s->rings[s->n_rings++] = r;
	return 0;
}

static secant_status
find_rings(shapes *s, secant_err *err)
{
	for (int y = 0; y < s->height; y++)
		for (int x = 0; x < s->width; x++) {
			size_t i = (size_t)y * (size_t)s->width + (size_t)x;
			uint32_t area = s->label[i];
			ring r;
			if (!area || s->walked[i] || inside(s, x, y - 1, area))
				continue;
			if (walk(s, x, y, area, &r) || push_ring(s, r))
				return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the outlines of %u areas", (unsigned)s->areas);
		}
	return SECANT_OK;
}

static int
by_area(const void *a, const void *b)
{
	const ring *x = a, *y = b;
	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	if (x->hole != y->hole)
		return x->hole ? 1 : -1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* ---- fewer corners ---- */

static void
let_stay(void *user, const double *xy)
{
	shapes *s = user;
	size_t corners = (size_t)(s->width + 1) * (size_t)(s->height + 1);
	s->stays[(size_t)xy[1] * (size_t)(s->width + 1) + (size_t)xy[0]] = 1;
	s->stays[corners] = 1;
}

/* One round over all rings; true in the byte behind the corners: some have to stay that did not, and it is to be done
 * again. */
static bool
choose_corners(shapes *s, draw_ring *rings, double tolerance)
{
	for (size_t i = 0; i < s->n_rings; i++) {
		draw_ring *r = &rings[i];
		for (int k = 0; k < r->n; k++)
			r->kept[k] = must_stay(s, (int)r->xy[2 * k], (int)r->xy[2 * k + 1]);
		if (!draw_simplify(r, tolerance))
			return false;
		for (int k = 0, whole = !draw_encloses(r); whole && k < r->n; k++)
			if (!r->kept[k])
				let_stay(s, r->xy + 2 * k);
	}
	return draw_untangle(rings, (int)s->n_rings, let_stay, s);
}

static void
drop_corners(shapes *s, const draw_ring *rings)
{
	size_t left = 0;
	for (size_t i = 0; i < s->n_rings; i++) {
		ring *r = &s->rings[i];
		size_t from = left;
		for (size_t k = 0; k < r->n; k++)
			if (rings[i].kept[k])
				s->corners[left++] = s->corners[r->start + k];
		r->start = from;
		r->n = left - from;
	}
	s->n_corners = left;
}

static secant_status
simplify(shapes *s, double tolerance, secant_err *err)
{
	size_t corners = (size_t)(s->width + 1) * (size_t)(s->height + 1);
	double *xy = secant_calloc(s->n_corners * 2 + 1, sizeof *xy);
	bool *kept = secant_calloc(s->n_corners + 1, sizeof *kept);
	draw_ring *rings = secant_calloc(s->n_rings + 1, sizeof *rings);
	bool good = xy && kept && rings && s->n_rings < INT32_MAX;
	for (size_t i = 0; good && i < s->n_corners; i++)
		xy[2 * i] = s->corners[i].x, xy[2 * i + 1] = s->corners[i].y;
	for (size_t i = 0; good && i < s->n_rings; i++) {
		good = s->rings[i].n < INT32_MAX;
		rings[i] = (draw_ring){ xy + 2 * s->rings[i].start, (int)s->rings[i].n, kept + s->rings[i].start };
	}
	if (good)
		do {
			s->stays[corners] = 0;
			good = choose_corners(s, rings, tolerance);
		} while (good && s->stays[corners]);
	if (good)
		drop_corners(s, rings);
	secant_free(xy);
	secant_free(kept);
	secant_free(rings);
	return good
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory to simplify the outlines of %u areas", (unsigned)s->areas);
}

/* ---- for writers ---- */

void
deploy_area_place(const deploy_areas *a, const deploy_area_ring *r, size_t k, double xy[2])
{
	size_t at = k % r->n;
	const deploy_corner *c = &a->corners[r->start + (a->flips ? (r->n - at) % r->n : at)];
	xy[0] = a->t[0] + c->x * a->t[1] + c->y * a->t[2];
	xy[1] = a->t[3] + c->x * a->t[4] + c->y * a->t[5];
}

deploy_area
deploy_area_at(const deploy_areas *a, size_t i)
{
	const deploy_area_ring *r = &a->rings[i];
	const deploy_corner *c = &a->corners[r->start];
	int value = deploy_mask_get(a->mask->dtype, a->mask->data, (int64_t)c->y * a->width + c->x);
	deploy_area area = { .rings = r, .n = 1, .value = value, .class = deploy_mask_class(a->p, value) };
	while (i + area.n < a->n_rings && r[area.n].area == r->area)
		area.n++;
	area.name = secant_predictor_class_name(a->p, area.class);
	area.pixels = a->pixels[r->area];
	return area;
}

secant_status
deploy_polygons_write(const secant_predictor *p, const secant_image *mask, const secant_geo *geo, double tolerance,
	const char *path, secant_err *err)
{
	size_t pixels = (size_t)mask->width * (size_t)mask->height;
	shapes s = { .p = p,
		.mask = mask,
		.width = mask->width,
		.height = mask->height,
		.label = secant_calloc(pixels, sizeof(uint32_t)),
		.walked = secant_calloc(pixels, 1),
		.t = { 0, 1, 0, 0, 0, 1 } };
	s.placed = geo && secant_geo_transform(geo, s.t);
	s.epsg = s.placed ? secant_geo_epsg(geo) : 0;
	s.flips = s.t[1] * s.t[5] - s.t[2] * s.t[4] < 0;
	secant_status status = s.label && s.walked
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the areas of %dx%d pixels", mask->height, mask->width);
	if (!status && pixels > UINT32_MAX)
		status = secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "--vector: a picture of %dx%d is too large", mask->height, mask->width);
	if (!status)
		status = number_areas(&s, err);
	if (!status && tolerance > 0 && !(s.stays = draw_junctions(s.label, s.width, s.height)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the corners of %dx%d", mask->height, mask->width);
	if (!status)
		status = find_rings(&s, err);
	if (!status && s.n_rings)
		qsort(s.rings, s.n_rings, sizeof *s.rings, by_area);
	if (!status && tolerance > 0)
		status = simplify(&s, tolerance, err);
	if (!status)
		status = deploy_vector_of(path)->write(&s, path, err);
	secant_free(s.label);
	secant_free(s.pixels);
	secant_free(s.walked);
	secant_free(s.stays);
	secant_free(s.corners);
	secant_free(s.rings);
	return status;
}
