/*
 * The areas of a mask as GeoJSON (RFC 7946): a feature for each connected area (4 neighbours) of a class, its outer
 * ring counter-clockwise, its holes clockwise, along the edges of pixels, so that the polygons cover exactly the
 * pixels.
 *
 * Every area gets a number (two passes with union-find). A ring is walked with the area on its right. Where two pixels
 * of one area touch at a corner, the walk turns left and crosses to the other: what lies between them is then in two
 * rings that share the corner, and no ring meets itself, which would make the polygon invalid. Of an area only its
 * outer ring encloses a positive area on this walk.
 *
 * Coordinates are those of the picture's georeference. RFC 7946 knows WGS 84 alone; for any other system a member "crs"
 * names it, as GeoJSON of 2008 had it and GDAL and QGIS read it. Without a georeference they are pixels, with y
 * downwards.
 */
#include <math.h>
#include <string.h>
#include <secant/codec.h>
#include "base/file.h"
#include "deploy/predictor.h"

typedef struct corner {
	int x, y;
} corner;
typedef struct ring {
	uint32_t area;
	bool hole;
	size_t start, n;
} ring;
typedef struct shapes {
	const secant_image *mask;
	int width, height;
	uint32_t *label; /* of each pixel, 0: none; areas are numbered from 1 */
	uint32_t areas;
	int64_t *pixels; /* of each area */
	uint8_t *walked; /* the upper edge of a pixel is part of a ring already */
	corner *corners;
	size_t n_corners, corner_room;
	ring *rings;
	size_t n_rings, ring_room;
} shapes;

/* ---- areas ---- */

static uint32_t
root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static secant_status
number_areas(shapes *s, const secant_predictor *p, secant_err *err)
{
	size_t w = (size_t)s->width, pixels = w * (size_t)s->height, room = 1024;
	uint32_t *parent = secant_calloc(room, sizeof *parent), n = 0;
	secant_dtype dtype = s->mask->dtype;
	for (size_t i = 0; i < pixels && parent; i++) {
		int value = deploy_mask_get(dtype, s->mask->data, (int64_t)i);
		if (deploy_mask_class(p, value) < 0)
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

static int
push_corner(shapes *s, int x, int y)
{
	if (s->n_corners == s->corner_room) {
		size_t room = s->corner_room ? s->corner_room * 2 : 1024;
		corner *more = base_realloc(s->corners, room, sizeof *more);
		if (!more)
			return -1;
		s->corners = more;
		s->corner_room = room;
	}
	s->corners[s->n_corners++] = (corner){ x, y };
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
		if (way != before && !(vx == x && vy == y && way == 0) && push_corner(s, vx, vy))
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

/* ---- writing ---- */

typedef struct writing {
	base_writer *w;
	double t[6];
	bool flips;
	secant_err *err;
} writing;

/* t: pixel to world. On the walk outer rings run clockwise as one looks at the picture, which is counter-clockwise
 * where y points down. */
static void
put_ring(const writing *o, const shapes *s, const ring *r)
{
	bool back = o->flips;
	for (size_t k = 0; k <= r->n; k++) {
		size_t at = k % r->n;
		const corner *c = &s->corners[r->start + (back ? (r->n - at) % r->n : at)];
		double x = o->t[0] + c->x * o->t[1] + c->y * o->t[2], y = o->t[3] + c->x * o->t[4] + c->y * o->t[5];
		base_writer_printf(o->w, o->err, "%s[%.15g,%.15g]", k ? "," : "[", x, y);
	}
	base_writer_printf(o->w, o->err, "]");
}

static void
put_string(const writing *o, const char *text)
{
	base_writer_printf(o->w, o->err, "\"");
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		base_writer_printf(o->w, o->err, *p == '"' || *p == '\\' ? "\\%c" : *p < 0x20 ? "\\u%04x" : "%c", *p);
	base_writer_printf(o->w, o->err, "\"");
}

static void
put_area(const writing *o, const secant_predictor *p, const shapes *s, const ring *r, size_t n)
{
	const corner *c = &s->corners[r->start];
	int value = deploy_mask_get(s->mask->dtype, s->mask->data, (int64_t)c->y * s->width + c->x),
		class = deploy_mask_class(p, value);
	const char *name = secant_predictor_class_name(p, class);
	base_writer_printf(o->w, o->err, "{\"type\":\"Feature\",\"properties\":{\"class\":%d,\"value\":%d,", class, value);
	if (name) {
		base_writer_printf(o->w, o->err, "\"name\":");
		put_string(o, name);
		base_writer_printf(o->w, o->err, ",");
	}
	base_writer_printf(o->w, o->err, "\"pixels\":%lld},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[",
		(long long)s->pixels[r->area]);
	for (size_t k = 0; k < n; k++) {
		base_writer_printf(o->w, o->err, k ? "," : "");
		put_ring(o, s, &r[k]);
	}
	base_writer_printf(o->w, o->err, "]}}");
}

static secant_status
write_shapes(const secant_predictor *p, const shapes *s, const secant_geo *geo, const char *path, secant_err *err)
{
	enum { WGS84 = 4326 };
	secant_err own = { 0 };
	writing o = { base_writer_open(path, err), { 0, 1, 0, 0, 0, 1 }, false, &own };
	if (!o.w)
		return err ? err->code : SECANT_ERR_IO;
	int epsg = geo && secant_geo_transform(geo, o.t) ? secant_geo_epsg(geo) : 0;
	o.flips = o.t[1] * o.t[5] - o.t[2] * o.t[4] < 0;
	base_writer_printf(o.w, &own, "{\"type\":\"FeatureCollection\",");
	if (epsg && epsg != WGS84)
		base_writer_printf(
			o.w, &own, "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::%d\"}},", epsg);
	base_writer_printf(o.w, &own, "\"features\":[");
	for (size_t i = 0, n; i < s->n_rings; i += n) {
		for (n = 1; i + n < s->n_rings && s->rings[i + n].area == s->rings[i].area; n++)
			;
		base_writer_printf(o.w, &own, i ? ",\n" : "\n");
		put_area(&o, p, s, &s->rings[i], n);
	}
	base_writer_printf(o.w, &own, "\n]}\n");
	return base_writer_commit(o.w, err);
}

secant_status
deploy_polygons_write(
	const secant_predictor *p, const secant_image *mask, const secant_geo *geo, const char *path, secant_err *err)
{
	size_t pixels = (size_t)mask->width * (size_t)mask->height;
	shapes s = { .mask = mask,
		.width = mask->width,
		.height = mask->height,
		.label = secant_calloc(pixels, sizeof(uint32_t)),
		.walked = secant_calloc(pixels, 1) };
	secant_status status = s.label && s.walked
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the areas of %dx%d pixels", mask->height, mask->width);
	if (!status && pixels > UINT32_MAX)
		status = secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "--vector: a picture of %dx%d is too large", mask->height, mask->width);
	if (!status)
		status = number_areas(&s, p, err);
	if (!status)
		status = find_rings(&s, err);
	if (!status) {
		if (s.n_rings)
			qsort(s.rings, s.n_rings, sizeof *s.rings, by_area);
		status = write_shapes(p, &s, geo, path, err);
	}
	secant_free(s.label);
	secant_free(s.pixels);
	secant_free(s.walked);
	secant_free(s.corners);
	secant_free(s.rings);
	return status;
}
