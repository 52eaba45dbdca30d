/* Polygons with holes, which the model has as masks. */
#include "annotations/find.h"
#include "annotations/rle.h"

uint32_t
ann_pixels_shape(ann_set *s, const uint8_t *pixels, int w, int h, secant_err *err)
{
	ann_rle r;
	base_str t = { 0 };
	if (ann_rle_from_pixels(&r, pixels, (uint32_t)h, (uint32_t)w, err))
		return 0;
	ann_rle_encode(&t, r.runs, r.n);
	uint32_t shape = ann_rle_text(s, h, w, &t);
	base_str_free(&t);
	ann_rle_free(&r);
	return shape;
}

uint32_t
ann_tree_holes(ann_set *s, int image, uint32_t outer, const json_t *holes, secant_err *err)
{
	int w = s->images[image].width, h = s->images[image].height, n = 0;
	size_t i;
	json_t *hole;
	if (w < 1 || h < 1 || (int64_t)w * h > ANN_MOST_PIXELS)
		return 0;
	uint8_t *pixels = secant_calloc((size_t)w * (size_t)h, 1);
	bool good = pixels && !ann_fill(s, outer, (uint32_t)h, (uint32_t)w, pixels, 1, err);
	json_array_foreach (holes, i, hole) {
		double *xy = ann_tree_points(hole, 1, 1, &n);
		uint32_t ring = xy ? ann_polygon(s, xy, n) : 0;
		good = good && ring && !ann_fill(s, ring, (uint32_t)h, (uint32_t)w, pixels, 0, err);
		secant_free(xy);
	}
	uint32_t shape = good ? ann_pixels_shape(s, pixels, w, h, err) : 0;
	secant_free(pixels);
	return shape;
}
