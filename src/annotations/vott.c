/*
 * VoTT (Microsoft), version 2: an export {"assets": {ID: {"asset": {...}, "regions": [...]}}, "tags": [...]}, or one
 * ID-asset.json a picture. A region has tags, a type (RECTANGLE, POLYGON, POLYLINE, POINT), boundingBox and points.
 * Each tag of a region is an object.
 */
#include "annotations/find.h"

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"asset\"", "\"regions\"", "\"boundingBox\"", NULL };
	return ann_head_has(path, words);
}

static int
detect(const char *path, const char **why)
{
	*why = "it has VoTT JSON";
	return ann_detect_trees(path, is_own, 95);
}

static secant_status
read_region(ann_set *s, int image, const json_t *region, const char *origin, secant_err *err)
{
	const char *type = ann_tree_text(region, "type");
	const json_t *b = json_object_get(region, "boundingBox");
	const double box[4] = { ann_tree_number(b, "left"), ann_tree_number(b, "top"), ann_tree_number(b, "width"),
		ann_tree_number(b, "height") };
	secant_status status = SECANT_OK;
	size_t i;
	json_t *tag;
	json_array_foreach (json_object_get(region, "tags"), i, tag) {
		int at = ann_named_object(s, image, json_is_string(tag) ? json_string_value(tag) : ""), n = 0;
		if (at < 0)
			return ann_nomem(err);
		bool line = !strcmp(type, "POLYLINE"), point = !strcmp(type, "POINT");
		if (!strcmp(type, "POLYGON") || line || point) {
			double *xy = ann_tree_points(json_object_get(region, "points"), 1, 1, &n);
			(void)ann_set_points(s, at,
				line        ? ANN_LINE
					: point ? ANN_POINTS
							: ANN_POLYGONS,
				xy, n, origin, &status, err);
		} else
			(void)ann_set_box(s, at, box, origin, &status, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read_asset(ann_set *s, ann_finder *f, const json_t *entry, const char *origin, secant_err *err)
{
	const json_t *asset = json_object_get(entry, "asset");
	const char *name = ann_tree_text(asset, "name");
	secant_status status = SECANT_OK;
	size_t i;
	json_t *region;
	int image = f ? ann_finder_picture(f, s, *name ? name : ann_tree_text(asset, "path"), origin, &status, err) : 0;
	const json_t *size = json_object_get(asset, "size");
	if (image >= 0) {
		ann_text source = ann_intern(s, origin, strlen(origin));
		s->images[image].source = source;
		ann_tree_size(s, image, ann_tree_number(size, "width"), ann_tree_number(size, "height"));
	}
	json_array_foreach (json_object_get(entry, "regions"), i, region)
		if (!status && image >= 0)
			status = read_region(s, image, region, origin, err);
	return status;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	json_t *assets = json_object_get(top, "assets"), *entry, *tag;
	const char *id;
	size_t i;
	secant_status status = SECANT_OK;
	json_array_foreach (json_object_get(top, "tags"), i, tag)
		if (ann_class_named(s, ann_tree_text(tag, "name"), strlen(ann_tree_text(tag, "name"))) < 0)
			return ann_nomem(err);
	if (json_object_get(top, "asset"))
		return read_asset(s, f, top, origin, err);
	json_object_foreach (assets, id, entry)
		if (!status)
			status = read_asset(s, f, entry, origin, err);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_read_trees(s, path, o, is_own, read_tree, watch, err);
	return status ? status : ann_leave_unlisted(s, false, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_parse_tree(s, d, n, o, read_tree, e);
}

const ann_format ann_format_vott = {
	.name = "vott",
	.brief = "VoTT JSON: exports and assets",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read,
	.parse = parse_one,
};
