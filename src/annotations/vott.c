/*
 * VoTT (Microsoft), version 2: an export {"assets": {ID: {"asset": {...}, "regions": [...]}}, "tags": [...]}, or one
 * ID-asset.json a picture. A region has tags, a type (RECTANGLE, POLYGON, POLYLINE, POINT), boundingBox and points.
 * Each tag of a region is an object.
 */
#include "annotations/find.h"
#include "annotations/masks.h"
#include "annotations/put.h"
#include "annotations/trace.h"
#include "base/file.h"
#include "base/hash.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"asset\"", "\"regions\"", NULL };
	return ann_head_has(path, words);
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
	if (!json_array_size(json_object_get(region, "tags")))
		ann_leave(s, "untagged region");
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
		if (ann_class_listed(s, ann_tree_text(tag, "name"), strlen(ann_tree_text(tag, "name"))) < 0)
			return ann_nomem(err);
	if (json_object_get(top, "asset"))
		status = read_asset(s, f, top, origin, err);
	json_object_foreach (assets, id, entry)
		if (!status)
			status = read_asset(s, f, entry, origin, err);
	return status;
}

static void
put_object_points(base_str *t, const double *xy, int n)
{
	base_str_add(t, ", \"points\": [");
	for (int i = 0; i < n; i++) {
		ann_put_real(t, i ? ", {\"x\": " : "{\"x\": ", xy[2 * i]);
		ann_put_real(t, ", \"y\": ", xy[2 * i + 1]);
		base_str_add(t, "}");
	}
	base_str_add(t, "]}");
}

static secant_status
put_region(base_str *t, const ann_set *s, const ann_object *o, int id, secant_err *err)
{
	static const char *const types[] = { "RECTANGLE", "POLYGON", "POLYGON", "POLYGON", "POLYLINE", "POINT" };
	ann_kind kind = ann_shape_kind(s, o->shape);
	const double box[4] = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) };
	const double corners[8] = { box[0], box[1], ann_x1(o), box[1], ann_x1(o), ann_y1(o), box[0], ann_y1(o) };
	ann_ring ring = { 0 };
	int parts, n = 4;
	const double *xy = corners;
	secant_status status = SECANT_OK;
	if (kind == ANN_LINE || kind == ANN_POINTS)
		(void)ann_part(ann_parts(s, o->shape, &parts), &xy, &n);
	else if (kind) {
		status = ann_one_ring(s, o, &ring, err);
		xy = ring.xy, n = ring.n;
	}
	base_str_addf(
		t, "{\"id\": \"region%d\", \"type\": \"%s\"", id, kind == ANN_POINTS && n > 1 ? "POLYLINE" : types[kind]);
	ann_put_text(t, ", \"tags\": [", ann_class_of(s, o));
	static const char *const keys[] = {
		"], \"boundingBox\": {\"left\": ", ", \"top\": ", ", \"width\": ", ", \"height\": "
	};
	for (int k = 0; k < 4; k++)
		ann_put_real(t, keys[k], box[k]);
	base_str_add(t, "}");
	put_object_points(t, xy, n);
	secant_free(ring.xy);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	ann_lose_point_sets(s, out);
	base_str_add(&t, "{\"name\": \"secant\", \"version\": \"2.2.0\", \"tags\": [");
	for (int i = 0; i < s->n_classes; i++) {
		ann_put_text(&t, i ? ", {\"name\": " : "{\"name\": ", ann_str(s, s->classes[i].name));
		base_str_addf(&t, ", \"color\": \"#%06x\"}", (unsigned)ann_mask_colour(s, i, true, i + 1) & 0xffffff);
	}
	base_str_add(&t, "],\n\"assets\": {");
	for (int i = 0, id = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *name = ann_str(s, im->name);
		bool first = true;
		base_str_addf(&t, "%s\"%016llx\": {\"asset\": {\"format\": \"%s\", \"id\": \"%016llx\"", i ? ",\n" : "\n",
			(unsigned long long)base_fnv1a(name, strlen(name)), base_path_ext(name),
			(unsigned long long)base_fnv1a(name, strlen(name)));
		ann_put_text(&t, ", \"name\": ", name);
		char *place = base_format("file:%s", name);
		ann_put_text(&t, ", \"path\": ", place ? place : name);
		secant_free(place);
		base_str_addf(&t, ", \"size\": {\"width\": %d, \"height\": %d}, \"state\": 2, \"type\": 1}, \"regions\": [",
			im->width, im->height);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (!ann_is_thing(s, o))
				continue;
			base_str_add(&t, first ? "" : ",\n\t");
			first = false;
			status = put_region(&t, s, o, ++id, err);
		}
		base_str_add(&t, "], \"version\": \"2.2.0\"}");
		if (!status)
			status = ann_out_picture(out, s, im, name, err);
		ann_out_lose(out, im->splits != 0, "membership of a picture in a list");
	}
	base_str_add(&t, "\n}}\n");
	if (!status)
		status = ann_out_str(out, "secant-export.json", &t, err);
	base_str_free(&t);
	return status;
}

static const ann_files files = {
	.extension = "json",
	.because = "it has VoTT JSON",
	.sure = 95,
	.is = is_own,
	.tree = read_tree,
};

const ann_format ann_format_vott = {
	.name = "vott",
	.brief = "VoTT JSON: exports and assets",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_LINES | ANN_HOLDS_FRACTIONS,
	.files = &files,
	.write = write,
};
