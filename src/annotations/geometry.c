/* Extent and area of shapes and objects. */
#include "annotations/rle.h"

bool
secant_ann_extent(const ann_set *s, uint32_t shape, double box[4])
{
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		ann_rle r;
		double xywh[4];
		const char *counts = ann_rle_counts(s, shape);
		if (secant_ann_rle_decode(
				&r, (uint32_t)s->shapes[shape + 1], (uint32_t)s->shapes[shape + 2], counts, strlen(counts), NULL))
			return false;
		secant_ann_rle_box(&r, xywh);
		secant_ann_rle_free(&r);
		box[0] = xywh[0], box[1] = xywh[1], box[2] = xywh[0] + xywh[2], box[3] = xywh[1] + xywh[3];
		return xywh[2] > 0;
	}
	int parts, n;
	const double *xy, *p = secant_ann_parts(s, shape, &parts);
	bool any = false;
	for (; parts > 0; parts--) {
		p = secant_ann_part(p, &xy, &n);
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

double
secant_ann_shape_area(const ann_set *s, uint32_t shape)
{
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		ann_rle r;
		const char *counts = ann_rle_counts(s, shape);
		if (secant_ann_rle_decode(
				&r, (uint32_t)s->shapes[shape + 1], (uint32_t)s->shapes[shape + 2], counts, strlen(counts), NULL))
			return 0;
		double area = (double)secant_ann_rle_area(&r);
		secant_ann_rle_free(&r);
		return area;
	}
	int parts, n;
	const double *xy, *p = secant_ann_parts(s, shape, &parts);
	double sum = 0;
	for (; parts > 0; parts--) {
		double twice = 0;
		p = secant_ann_part(p, &xy, &n);
		for (int i = 0; i < n; i++) {
			const double *a = xy + 2 * i, *b = xy + 2 * ((i + 1) % n);
			twice += a[0] * b[1] - b[0] * a[1];
		}
		sum += fabs(twice) / 2;
	}
	return sum;
}

double
secant_ann_area(const ann_set *s, const ann_object *o)
{
	if (!isnan(o->area))
		return o->area;
	ann_kind kind = ann_shape_kind(s, o->shape);
	return kind && kind <= ANN_QUAD ? secant_ann_shape_area(s, o->shape) : ann_w(o) * ann_h(o);
}
