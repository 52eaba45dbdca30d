/*
 * Declared sizes. COCO, LabelMe, VOC, CVAT, Supervisely and others say how large a picture is, and their coordinates
 * are pixels of that size. Where the picture that lies there is of another size, it was scaled, cut, turned upright by
 * its EXIF or exchanged after it was annotated, or the number is wrong: nothing in the files tells which, and a guess
 * puts every object elsewhere. So such a set is refused with the first picture and its two sizes, unless the user says
 * what happened.
 */
#include "annotations/settle.h"
#include "annotations/format.h"
#include "annotations/rle.h"
#include <stdio.h>

enum { REFUSE, SCALE, TURN, IGNORE }; /* --declared-size */

/* From a place in the declared picture to one in the real one: x' = a x + b y + e, y' = c x + d y + f. */
typedef struct affine {
	double a, b, c, d, e, f;
} affine;

/* Turns the stored picture, w x h, upright. */
static affine
upright(int orientation, double w, double h)
{
	static const affine unit[9] = { { 0 }, { 1, 0, 0, 1, 0, 0 }, { -1, 0, 0, 1, 1, 0 }, { -1, 0, 0, -1, 1, 1 },
		{ 1, 0, 0, -1, 0, 1 }, { 0, 1, 1, 0, 0, 0 }, { 0, -1, 1, 0, 1, 0 }, { 0, -1, -1, 0, 1, 1 },
		{ 0, 1, -1, 0, 0, 1 } };
	affine m = unit[orientation];
	m.e *= orientation >= 5 ? h : w;
	m.f *= orientation >= 5 ? w : h;
	return m;
}

static void
map_point(const affine *m, double *xy)
{
	double x = xy[0], y = xy[1];
	xy[0] = ann_tidy(m->a * x + m->b * y + m->e);
	xy[1] = ann_tidy(m->c * x + m->d * y + m->f);
}

/* Each pixel of the real picture takes that of the declared one under its middle. */
static uint32_t
map_mask(ann_set *s, const affine *m, const ann_image *im, uint32_t shape, secant_err *err)
{
	int h = (int)s->shapes[shape + 1], w = (int)s->shapes[shape + 2], rh = im->real_height, rw = im->real_width;
	double det = m->a * m->d - m->b * m->c;
	ann_rle r = { 0 }, to = { 0 };
	base_str text = { 0 };
	const char *counts = ann_rle_counts(s, shape);
	uint8_t *from = secant_calloc((size_t)w * (size_t)h + 1, 1),
			*pixels = secant_calloc((size_t)rw * (size_t)rh + 1, 1);
	secant_status status = from && pixels ? SECANT_OK : ann_nomem(err);
	if (!status)
		status = ann_rle_decode(&r, (uint32_t)h, (uint32_t)w, counts, strlen(counts), err);
	if (!status)
		ann_rle_paint(&r, from, 1);
	for (int y = 0; !status && y < rh; y++)
		for (int x = 0; x < rw; x++) {
			double u = x + .5 - m->e, v = y + .5 - m->f;
			int sx = (int)floor((m->d * u - m->b * v) / det), sy = (int)floor((m->a * v - m->c * u) / det);
			if (sx >= 0 && sx < w && sy >= 0 && sy < h)
				pixels[(size_t)y * (size_t)rw + (size_t)x] = from[(size_t)sy * (size_t)w + (size_t)sx];
		}
	if (!status)
		status = ann_rle_from_pixels(&to, pixels, (uint32_t)rh, (uint32_t)rw, err);
	if (!status)
		ann_rle_encode(&text, to.runs, to.n);
	uint32_t mapped = status ? 0 : ann_rle_text(s, rh, rw, &text);
	base_str_free(&text);
	ann_rle_free(&r), ann_rle_free(&to);
	secant_free(from), secant_free(pixels);
	return mapped;
}

static secant_status
map_object(ann_set *s, const affine *m, const ann_image *im, int at, secant_err *err)
{
	ann_object *o = &s->objects[at];
	if (!(o->flags & ANN_NO_BOX)) {
		double a[2] = { ann_x0(o), ann_y0(o) }, b[2] = { ann_x1(o), ann_y1(o) };
		map_point(m, a), map_point(m, b);
		ann_corners(o, fmin(a[0], b[0]), fmin(a[1], b[1]), fmax(a[0], b[0]), fmax(a[1], b[1]));
	}
	o->area *= fabs(m->a * m->d - m->b * m->c); /* NaN where there is none */
	if (ann_shape_kind(s, o->shape) == ANN_RLE) {
		uint32_t mapped = map_mask(s, m, im, o->shape, err);
		s->objects[at].shape = mapped;
		return mapped ? SECANT_OK : SECANT_ERR_NOMEM;
	}
	int parts, n;
	const double *xy, *p = ann_parts(s, o->shape, &parts);
	for (; parts > 0; parts--) {
		p = ann_part(p, &xy, &n);
		for (int i = 0; i < n; i++)
			map_point(m, s->shapes + (xy - s->shapes) + 2 * (ptrdiff_t)i);
	}
	return SECANT_OK;
}

/* Objects of pictures whose map is not that of nothing; the pictures get their real size. */
static secant_status
map_all(ann_set *s, const affine *map, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int k = 0; !status && k < s->n_objects; k++) {
		int i = s->objects[k].image;
		if (map[i].a != 0 || map[i].b != 0)
			status = map_object(s, &map[i], &s->images[i], k, err);
	}
	return status;
}

static secant_status
refuse(const ann_set *s, int first, int n, secant_err *err)
{
	const ann_image *im = &s->images[first];
	bool turned = im->orientation >= 5 && im->width == im->real_height && im->height == im->real_width;
	char others[60] = "";
	if (n > 1)
		snprintf(others, sizeof others, " (and so of %d more)", n - 1);
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s:%u: '%s' is declared %d x %d, the picture is %d x %d%s%s: objects would lie elsewhere. Say what happened "
		"with --declared-size: scale (the pictures were resized), turn (annotated before they were turned upright), or "
		"ignore (the number is wrong, coordinates are of the picture)",
		ann_str(s, im->source ? im->source : s->root), im->line, ann_str(s, im->name), im->width, im->height,
		im->real_width, im->real_height, turned ? " once its EXIF orientation turns it" : "", others);
}

secant_status
ann_sizes(ann_set *s, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	affine *map = o->probe ? secant_calloc((size_t)s->n_images + 1, sizeof *map) : NULL;
	int wrong = 0, turned = 0, first = -1;
	bool shares = o->probe && !s->collect && ann_places_are_shares(s);
	secant_status status = map || !o->probe ? SECANT_OK : ann_nomem(err);
	for (int i = 0; map && !status && i < s->n_images; i++) {
		ann_image *im = &s->images[i];
		bool declared = im->width > 0 && im->height > 0, stored = false;
		if (shares)
			map[i] = (affine){ im->width, 0, 0, im->height, 0, 0 };
		if (!im->path || !declared || shares
			|| ann_probe(s, i, NULL)) /* an unreadable picture is said where it is read */
			continue;
		if (o->declared_size == TURN && im->orientation > 1 && im->orientation <= 8) {
			bool sides = im->orientation >= 5;
			stored = im->width == (sides ? im->real_height : im->real_width)
				&& im->height == (sides ? im->real_width : im->real_height);
		}
		if (stored)
			map[i] = upright(im->orientation, im->width, im->height);
		else if (im->width == im->real_width && im->height == im->real_height)
			continue;
		else if (o->declared_size == SCALE)
			map[i] = (affine){ (double)im->real_width / im->width, 0, 0, (double)im->real_height / im->height, 0, 0 };
		else if (!wrong++)
			first = i;
		turned += stored;
		if (o->declared_size == REFUSE || (o->declared_size == TURN && !stored))
			continue;
		im->width = im->real_width;
		im->height = im->real_height;
		if (i % 256 == 255)
			status = ann_call_watch(watch, err);
	}
	if (!status && wrong && (o->declared_size == REFUSE || o->declared_size == TURN))
		status = s->collect ? SECANT_OK : refuse(s, first, wrong, err); /* check has a rule for it */
	if (!status && map)
		status = map_all(s, map, err);
	if (shares)
		ann_note(s, "all places lie within 0 and 1: they are taken for shares of their pictures, though %s has pixels",
			ann_str(s, s->format));
	if (turned)
		ann_note(s, "objects of %d pictures were turned upright with them", turned);
	secant_free(map);
	return status;
}
