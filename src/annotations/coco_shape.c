/*
 * What stands under "segmentation" in COCO files, as their many writers leave it: parts [[x, y, x, y, ...], ...], one
 * flat part [x, y, ...], points as pairs [[x, y], ...] or [[[x, y], ...], ...] or as {"x": x, "y": y}, numbers as text,
 * run lengths as text or as a list of numbers, alone or within a list, and as Python prints bytes: b'...'.
 *
 * A list of pairs is told from a list of parts by its parts all having two numbers: no polygon has one point.
 */
#include "annotations/coco.h"
#include "annotations/rle.h"

void
ann_coco_segmentation_free(ann_segmentation *c)
{
	secant_free(c->xy), secant_free(c->part), base_str_free(&c->counts);
	*c = (ann_segmentation){ 0 };
}

static bool
push(json_pull *j, ann_segmentation *c, double v)
{
	if (base_grow((void **)&c->xy, &c->xy_capacity, c->n_xy, sizeof *c->xy)) {
		ann_pull_fail(j, "no memory for its numbers");
		return false;
	}
	c->xy[c->n_xy++] = v;
	return true;
}

static bool
end_part(json_pull *j, ann_segmentation *c, int from)
{
	if (base_grow((void **)&c->part, &c->part_capacity, c->n_parts, sizeof *c->part)) {
		ann_pull_fail(j, "no memory for its parts");
		return false;
	}
	c->part[c->n_parts++] = c->n_xy - from;
	return true;
}

static bool
read_number(json_pull *j, ann_segmentation *c)
{
	double v;
	return ann_pull_number_text(j, &v) && push(j, c, v);
}

/* A point of its own: [x, y]. */
static bool
read_pair(json_pull *j, ann_segmentation *c)
{
	int from = c->n_xy;
	for (ann_pull_array(j); ann_pull_element(j);)
		if (!read_number(j, c))
			return false;
	if (!j->err.code && c->n_xy - from != 2)
		ann_pull_fail(j, "a point of %d numbers", c->n_xy - from);
	return !j->err.code;
}

static bool read_object(json_pull *j, ann_segmentation *c);

static void
read_part(json_pull *j, ann_segmentation *c)
{
	int from = c->n_xy;
	for (ann_pull_array(j); ann_pull_element(j);) {
		char kind = ann_pull_peek(j);
		if (!(kind == 'a' ? read_pair(j, c) : kind == 'o' ? read_object(j, c) : read_number(j, c)))
			return;
	}
	(void)end_part(j, c, from);
}

/* Text as Python prints bytes, b'...': the quotes go, and one of two backslashes. */
static void
take_text(ann_segmentation *c, ann_field text)
{
	bool printed = ann_len(text) >= 3 && text.p[0] == 'b' && (text.p[1] == '\'' || text.p[1] == '"')
		&& text.end[-1] == text.p[1];
	if (!printed) {
		base_str_addn(&c->counts, text.p, ann_len(text));
		return;
	}
	for (const char *p = text.p + 2; p < text.end - 1; p++) {
		p += *p == '\\' && p + 1 < text.end - 1;
		base_str_addn(&c->counts, p, 1);
	}
}

static void
read_counts(json_pull *j, ann_segmentation *c)
{
	ann_field text;
	double v;
	c->counts.n = 0;
	c->n_xy = 0;
	if (ann_pull_peek(j) == 's') {
		if (ann_pull_string(j, &text))
			take_text(c, text);
		return;
	}
	c->rle_list = true;
	for (ann_pull_array(j); ann_pull_element(j) && ann_pull_number(j, &v);) {
		if (!(v >= 0 && v <= UINT32_MAX) || v != floor(v)) {
			ann_pull_fail(j, "a run of %g", v);
			return;
		}
		if (!push(j, c, v))
			return;
	}
	uint32_t *runs = secant_calloc((size_t)c->n_xy + 1, sizeof *runs);
	for (int i = 0; runs && i < c->n_xy; i++)
		runs[i] = (uint32_t)c->xy[i];
	if (runs)
		ann_rle_encode(&c->counts, runs, (size_t)c->n_xy);
	else
		ann_pull_fail(j, "no memory for run lengths");
	secant_free(runs);
}

/* Run lengths {"size": [h, w], "counts": ...}, or a point {"x": x, "y": y}. */
static bool
read_object(json_pull *j, ann_segmentation *c)
{
	ann_field key;
	double v, point[2] = { NAN, NAN };
	bool runs = false, again = c->has_rle || c->n_xy;
	for (ann_pull_object(j); ann_pull_key(j, &key);) {
		int n = 0;
		if (ann_is(key, "counts") && !again) {
			read_counts(j, c);
			runs = true;
		} else if (ann_is(key, "counts"))
			ann_pull_fail(j, "several run lengths, or run lengths beside polygons, for one object");
		else if (ann_is(key, "size"))
			for (ann_pull_array(j); ann_pull_element(j) && ann_pull_number(j, &v); n++)
				c->size[n & 1] = v;
		else if (ann_is(key, "x") || ann_is(key, "y"))
			(void)ann_pull_number(j, &point[*key.p == 'y']);
		else
			ann_pull_skip(j, NULL);
	}
	c->has_rle = c->has_rle || runs;
	return !j->err.code && (runs || (push(j, c, point[0]) && push(j, c, point[1])));
}

/* Parts of one point each are the points of one part; parts without any go. */
static void
settle_parts(ann_segmentation *c)
{
	int pairs = 0, kept = 0;
	for (int i = 0; i < c->n_parts; i++) {
		pairs += c->part[i] == 2;
		if (c->part[i])
			c->part[kept++] = c->part[i];
	}
	c->n_parts = kept;
	if (kept > 1 && pairs == kept) {
		c->part[0] = 2 * kept;
		c->n_parts = 1;
	}
}

void
ann_coco_segmentation(json_pull *j, ann_segmentation *c)
{
	c->n_xy = c->n_parts = 0;
	c->has_rle = c->rle_list = false;
	c->size[0] = c->size[1] = -1;
	char kind = ann_pull_peek(j);
	if (kind == 'o')
		(void)read_object(j, c);
	else if (kind != 'a')
		ann_pull_skip(j, NULL);
	if (kind != 'a')
		return;
	bool flat = false;
	for (ann_pull_array(j); ann_pull_element(j);) {
		int from = c->n_xy;
		kind = ann_pull_peek(j);
		if (kind == 'a')
			read_part(j, c);
		else if (kind == 'o') {
			if (read_object(j, c) && !c->has_rle)
				(void)end_part(j, c, from);
		} else
			flat = read_number(j, c);
	}
	if (flat && !c->n_parts)
		(void)end_part(j, c, 0);
	else if (flat && !j->err.code)
		ann_pull_fail(j, "numbers beside lists of numbers");
	settle_parts(c);
}

uint32_t
ann_coco_shape(
	ann_set *s, const ann_segmentation *c, const char *path, uint32_t line, secant_status *status, secant_err *err)
{
	if (c->has_rle) {
		secant_err one = { 0 };
		ann_rle rle;
		const char *counts = c->counts.p ? c->counts.p : "";
		double h = c->size[0], w = c->size[1];
		if (!(h >= 0 && h <= 1 << 24) || !(w >= 0 && w <= 1 << 24) || h * w > UINT32_MAX || h != floor(h)
			|| w != floor(w)) {
			*status = ann_bad(s, "rle-size", path, line, 0, err, "a mask of %g x %g pixels", h, w);
			return 0;
		}
		if (ann_rle_decode(&rle, (uint32_t)h, (uint32_t)w, counts, c->counts.n, &one)) {
			*status = ann_bad(s, "rle-sum", path, line, 0, err, "%s", one.msg);
			return 0;
		}
		ann_rle_free(&rle);
		return ann_store_rle(s, (int)h, (int)w, counts, c->counts.n, c->rle_list);
	}
	if (!c->n_parts)
		return 0;
	if (!ann_finite(c->xy, c->n_xy)) {
		*status = ann_bad(s, "value-not-finite", path, line, 0, err, "a coordinate of a polygon is not finite");
		return 0;
	}
	for (int i = 0; i < c->n_parts; i++)
		if (c->part[i] & 1) {
			*status = ann_bad(s, "polygon-odd", path, line, 0, err, "a polygon of %d numbers: x without y", c->part[i]);
			return 0;
		}
	uint32_t shape = ann_polygon_begin(s, c->n_parts);
	for (int i = 0, from = 0; i < c->n_parts; from += c->part[i++])
		ann_polygon_part(s, c->xy + from, c->part[i] / 2);
	return shape;
}
