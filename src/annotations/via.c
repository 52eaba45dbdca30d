/*
 * VGG Image Annotator (Dutta, Gupta, Zisserman), versions 1 and 2: a project {"_via_img_metadata": {KEY: picture}} or
 * the pictures alone; a picture has filename, file_attributes and regions (a list, or in version 1 a map), a region
 * shape_attributes (rect, circle, ellipse with theta in radians, polygon, polyline, point) and region_attributes. The
 * class is the attribute called label, class, name, type, category or object, else the only one there is; a region
 * without any is of class "object".
 */
#include "annotations/find.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"shape_attributes\"", "\"regions\"", "\"filename\"", NULL };
	return ann_head_has(path, words);
}

static int
detect(const char *path, const char **why)
{
	*why = "it has VIA JSON";
	return ann_detect_trees(path, is_own, 95);
}

/* The text of an attribute: itself, or of a set of check boxes the first that is set. */
static const char *
choice(const json_t *v)
{
	const char *key;
	json_t *set;
	if (json_is_string(v))
		return json_string_value(v);
	json_object_foreach ((json_t *)(uintptr_t)v, key, set)
		if (json_is_true(set))
			return key;
	return "";
}

static const char *
class_key(const json_t *attributes)
{
	static const char *const usual[] = { "label", "class", "name", "type", "category", "object", "Label", "Class",
		"Name", NULL };
	const char *key;
	json_t *v;
	for (int i = 0; usual[i]; i++)
		if (*choice(json_object_get(attributes, usual[i])))
			return usual[i];
	if (json_object_size(attributes) == 1)
		json_object_foreach ((json_t *)(uintptr_t)attributes, key, v)
			return *choice(v) ? key : NULL;
	return NULL;
}

/* all_points_x and all_points_y. */
static double *
split_points(const json_t *shape, int *n)
{
	const json_t *x = json_object_get(shape, "all_points_x"), *y = json_object_get(shape, "all_points_y");
	size_t count = json_array_size(x);
	double *xy = count && json_array_size(y) == count ? secant_calloc(2 * count, sizeof *xy) : NULL;
	for (size_t i = 0; xy && i < count; i++) {
		xy[2 * i] = ann_tree_number(json_array_get(x, i), NULL);
		xy[2 * i + 1] = ann_tree_number(json_array_get(y, i), NULL);
	}
	if (xy && !ann_finite(xy, (int)(2 * count))) {
		secant_free(xy);
		return NULL;
	}
	*n = (int)count;
	return xy;
}

static bool
geometry(ann_set *s, int at, const json_t *shape, const char *origin, secant_status *status, secant_err *err)
{
	const char *name = ann_tree_text(shape, "name");
	const double x = ann_tree_number(shape, "x"), y = ann_tree_number(shape, "y"), cx = ann_tree_number(shape, "cx"),
				 cy = ann_tree_number(shape, "cy");
	bool circle = !strcmp(name, "circle");
	int n = 0;
	if (!strcmp(name, "rect")) {
		const double box[4] = { x, y, ann_tree_number(shape, "width"), ann_tree_number(shape, "height") };
		return ann_set_box(s, at, box, origin, status, err);
	}
	if (circle || !strcmp(name, "ellipse")) {
		double rx = ann_tree_number(shape, circle ? "r" : "rx"), ry = ann_tree_number(shape, circle ? "r" : "ry"),
			   theta = ann_tree_number(shape, "theta");
		const double v[4] = { cx, cy, rx, ry };
		if (!ann_set_box(s, at, v, origin, status, err))
			return false;
		uint32_t polygon = ann_ellipse(s, cx, cy, rx, ry, isfinite(theta) ? theta * 180 / M_PI : 0);
		s->objects[at].shape = polygon;
		s->objects[at].flags = ANN_BOX_DERIVED;
		return true;
	}
	if (!strcmp(name, "point")) {
		double *xy = isfinite(cx) && isfinite(cy) ? secant_calloc(2, sizeof *xy) : NULL;
		if (xy)
			xy[0] = cx, xy[1] = cy;
		return ann_set_points(s, at, ANN_POINTS, xy, 1, origin, status, err);
	}
	bool line = !strcmp(name, "polyline");
	if (line || !strcmp(name, "polygon")) {
		double *xy = split_points(shape, &n);
		return ann_set_points(s, at, line ? ANN_LINE : ANN_POLYGONS, xy, n, origin, status, err);
	}
	s->n_objects--;
	*status = ann_bad(s, "parse-error", origin, 0, 0, err, "a region of shape '%s' is not read", name);
	return false;
}

static secant_status
read_region(ann_set *s, int image, const json_t *region, const char *origin, secant_err *err)
{
	json_t *attributes = json_object_get(region, "region_attributes"), *v;
	const char *key = class_key(attributes), *other;
	secant_status status = SECANT_OK;
	int at = ann_named_object(s, image, key ? choice(json_object_get(attributes, key)) : "object");
	if (at < 0)
		return ann_nomem(err);
	if (!geometry(s, at, json_object_get(region, "shape_attributes"), origin, &status, err))
		return status;
	uint32_t head = 0;
	json_object_foreach (attributes, other, v)
		if (!key || strcmp(other, key))
			ann_tree_keep(s, &head, other, v);
	s->objects[at].attributes = head;
	return SECANT_OK;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	json_t *pictures = json_object_get(top, "_via_img_metadata"), *entry, *region;
	const char *key, *inner;
	secant_status status = SECANT_OK;
	size_t i;
	pictures = pictures ? pictures : (json_t *)(uintptr_t)top;
	json_object_foreach (pictures, key, entry) {
		const char *name = ann_tree_text(entry, "filename");
		if (!*name)
			continue;
		int image = f ? ann_finder_picture(f, s, name, origin, &status, err) : 0;
		json_t *regions = json_object_get(entry, "regions");
		if (status)
			return status;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		json_array_foreach (regions, i, region)
			if (!status)
				status = read_region(s, image, region, origin, err);
		json_object_foreach (regions, inner, region)
			if (!status)
				status = read_region(s, image, region, origin, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	return ann_read_trees(s, path, o, is_own, read_tree, watch, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_parse_tree(s, d, n, o, read_tree, e);
}

const ann_format ann_format_via = {
	.name = "via",
	.brief = "VGG Image Annotator: projects and exports of versions 1 and 2",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read,
	.parse = parse_one,
};
