/*
 * Objects as pixels: each object of a picture is drawn alone on one layer, in the order asked for, and handed to
 * whoever puts it into a mask. Only the rows and columns an object reaches are touched, so a picture costs what its
 * objects cover and not objects times pixels.
 */
#include "annotations/paint.h"
#include "annotations/rle.h"
#include <stdlib.h>

typedef struct ordered {
	double key;
	uint32_t at;
} ordered;

static int
by_key(const void *a, const void *b)
{
	const ordered *p = a, *q = b;
	return p->key != q->key ? p->key > q->key ? 1 : -1 : p->at > q->at ? 1 : p->at < q->at ? -1 : 0;
}

/* Polygons, masks and quads; lines and points have a box at best. */
static bool
has_area(const ann_set *s, const ann_object *o)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	return kind && kind <= ANN_QUAD;
}

/* What the object covers at most, cut to the picture; false: nothing. */
static bool
reach(const ann_set *s, const ann_object *o, bool shape, const ann_image *im, ann_rect *r)
{
	double box[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
	if (shape && !ann_extent(s, o->shape, box))
		return false;
	box[0] = fmax(0, floor(box[0]) - 1), box[1] = fmax(0, floor(box[1]) - 1);
	box[2] = fmin(im->width, ceil(box[2]) + 1), box[3] = fmin(im->height, ceil(box[3]) + 1);
	if (!(box[0] < box[2] && box[1] < box[3]))
		return false;
	*r = (ann_rect){ (int)box[0], (int)box[1], (int)box[2], (int)box[3] };
	return true;
}

secant_status
ann_paint(const ann_set *s, const ann_object *o, bool boxes, const ann_image *im, uint8_t *layer, secant_err *err)
{
	if (!boxes && has_area(s, o))
		return ann_fill(s, o->shape, (uint32_t)im->height, (uint32_t)im->width, layer, 1, err);
	double x0 = fmax(0, ceil(ann_x0(o) - .5)),
		   x1 = fmin(im->width, ceil(ann_x1(o) - .5)); /* pixels whose centre is inside */
	double y0 = fmax(0, ceil(ann_y0(o) - .5)), y1 = fmin(im->height, ceil(ann_y1(o) - .5));
	for (double y = y0; y < y1 && x1 > x0; y++)
		memset(layer + (size_t)y * (size_t)im->width + (size_t)x0, 1, (size_t)(x1 - x0));
	return SECANT_OK;
}

static bool
drawn(const ann_set *s, const ann_object *o)
{
	return !(o->flags & ANN_NO_BOX) && (o->class >= 0 || ann_is_void(s, o));
}

static int
put_in_order(const ann_set *s, int image, ann_on_top on_top, ordered *list)
{
	int n = 0;
	for (uint32_t k = s->first[image]; k < s->first[image + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		if (drawn(s, o))
			list[n++] = (ordered){ on_top == ANN_SMALLER_ON_TOP ? -ann_area(s, o)
					: on_top == ANN_CLASS_ON_TOP                ? o->class
																: 0,
				k };
	}
	qsort(list, (size_t)n, sizeof *list, by_key);
	return n;
}

secant_status
ann_paint_objects(
	const ann_set *s, int image, bool boxes, ann_on_top on_top, ann_stamp stamp, void *user, secant_err *err)
{
	const ann_image *im = &s->images[image];
	size_t width = (size_t)im->width;
	ordered *list = secant_calloc(s->first[image + 1] - s->first[image] + (size_t)1, sizeof *list);
	uint8_t *layer = secant_calloc(width * (size_t)im->height + 1, 1);
	secant_status status = list && layer ? SECANT_OK : ann_nomem(err);
	int n = status ? 0 : put_in_order(s, image, on_top, list);
	for (int i = 0; !status && i < n; i++) {
		const ann_object *o = &s->objects[s->order[list[i].at]];
		ann_rect r;
		if (!reach(s, o, !boxes && has_area(s, o), im, &r))
			continue;
		secant_err one = { 0 };
		if (ann_paint(s, o, boxes, im, layer, &one))
			status = secant_fail(err, one.code, "%s:%u: '%s': %s", ann_str(s, im->source ? im->source : s->root),
				o->line, ann_str(s, im->name), one.msg);
		if (!status)
			stamp(user, o, layer, r);
		for (int y = r.y0; y < r.y1; y++)
			memset(layer + (size_t)y * width + (size_t)r.x0, 0, (size_t)(r.x1 - r.x0));
	}
	secant_free(list);
	secant_free(layer);
	return status;
}
