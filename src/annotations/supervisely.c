/*
 * Supervisely: meta.json, DATASET/img/NAME.jpg and DATASET/ann/NAME.jpg.json with objects of geometryType polygon,
 * rectangle (its corners are pixels, both within), line, point, bitmap (a PNG in zlib in base64 at an origin). A
 * polygon with holes (interior) becomes a mask, for which the picture's size is needed.
 */
#include "annotations/attributes.h"
#include "annotations/find.h"
#include "annotations/masks.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include "annotations/trace.h"
#include "base/base64.h"
#include "base/file.h"
#include <secant/codec.h>
#include <zlib.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"objects\"", "\"size\"", "\"height\"", "\"tags\"", NULL };
	return ann_head_has(path, words);
}

/* The PNG of a bitmap: alpha where it has one, else anything that is not 0. */
static bool
read_bitmap(const char *data, secant_image *im)
{
	base_str packed = { 0 };
	uLongf n = 1 << 16;
	uint8_t *png = NULL;
	bool good = false;
	int got = Z_BUF_ERROR;
	if (base_base64_decode(&packed, data, strlen(data)) && packed.n)
		for (; got == Z_BUF_ERROR && n <= ANN_MOST_PIXELS; n *= 4) {
			secant_free(png);
			uLongf room = n;
			png = secant_calloc(n, 1);
			got = png ? uncompress(png, &room, (const Bytef *)packed.p, packed.n) : Z_MEM_ERROR;
			if (got == Z_OK)
				good = !secant_image_decode(
					im, png, room, "bitmap", &(secant_image_read_options){ .to_u8 = true }, NULL);
		}
	secant_free(png);
	base_str_free(&packed);
	return good;
}

static uint32_t
bitmap(ann_set *s, int image, const json_t *object, secant_err *err)
{
	const json_t *b = json_object_get(object, "bitmap"), *origin = json_object_get(b, "origin");
	double x0 = ann_tree_number(json_array_get(origin, 0), NULL), y0 = ann_tree_number(json_array_get(origin, 1), NULL);
	int w = s->images[image].width, h = s->images[image].height;
	secant_image im = { 0 };
	if (w < 1 || h < 1 || (int64_t)w * h > ANN_MOST_PIXELS || !isfinite(x0) || !isfinite(y0) || fabs(x0) > 1e6
		|| fabs(y0) > 1e6 || !read_bitmap(ann_tree_text(b, "data"), &im))
		return 0;
	uint8_t *pixels = secant_calloc((size_t)w * (size_t)h, 1);
	for (int y = 0; pixels && y < im.height; y++)
		for (int x = 0; x < im.width; x++) {
			int px = x + (int)x0, py = y + (int)y0;
			const uint8_t *c = (const uint8_t *)im.data
				+ ((size_t)y * (size_t)im.width + (size_t)x) * (size_t)im.channels;
			if (px >= 0 && px < w && py >= 0 && py < h)
				pixels[(size_t)py * (size_t)w + (size_t)px] =
					c[im.channels == 2 || im.channels == 4 ? im.channels - 1 : 0] != 0;
		}
	uint32_t shape = pixels ? ann_pixels_shape(s, pixels, w, h, err) : 0;
	secant_free(pixels);
	secant_image_free(&im);
	return shape;
}

/* A tag is an attribute; one without a value is true. */
static void
keep_tags(ann_set *s, uint32_t *head, const json_t *tags)
{
	size_t i;
	json_t *tag;
	json_array_foreach (tags, i, tag) {
		const json_t *value = json_object_get(tag, "value");
		const char *name = json_is_string(tag) ? json_string_value(tag) : ann_tree_text(tag, "name");
		if (!value || json_is_null(value))
			ann_add_attribute(s, head, name, "true", 4);
		else
			ann_tree_keep(s, head, name, value);
	}
}

/* The nodes of a graph that are not switched off. */
static double *
nodes_of(const json_t *object, int *n)
{
	json_t *nodes = json_object_get(object, "nodes"), *node;
	double *xy = secant_calloc(2 * json_object_size(nodes) + 1, sizeof *xy);
	const char *key;
	*n = 0;
	json_object_foreach (nodes, key, node) {
		const json_t *at = json_object_get(node, "loc");
		if (!xy || json_is_true(json_object_get(node, "disabled")))
			continue;
		for (size_t k = 0; k < 2; k++)
			xy[2 * *n + (int)k] = ann_tree_number(json_array_get(at, k), NULL);
		(*n)++;
	}
	if (*n)
		return xy;
	secant_free(xy);
	return NULL;
}

static secant_status
read_object(ann_set *s, int image, const json_t *object, const char *origin, secant_err *err)
{
	const char *type = ann_tree_text(object, "geometryType");
	const json_t *points = json_object_get(object, "points"), *interior = json_object_get(points, "interior");
	int at = ann_named_object(s, image, ann_tree_text(object, "classTitle")), n = 0;
	secant_status status = SECANT_OK;
	if (at < 0)
		return ann_nomem(err);
	double *xy = ann_tree_points(json_object_get(points, "exterior"), 1, 1, &n);
	bool kept = true;
	uint32_t head = 0;
	if (!strcmp(type, "rectangle") && xy && n == 2) {
		const double box[4] = { fmin(xy[0], xy[2]), fmin(xy[1], xy[3]), fabs(xy[2] - xy[0]) + 1,
			fabs(xy[3] - xy[1]) + 1 };
		secant_free(xy);
		kept = ann_set_box(s, at, box, origin, &status, err);
	} else if (!strcmp(type, "bitmap")) {
		secant_free(xy);
		uint32_t shape = bitmap(s, image, object, err);
		kept = shape != 0;
		if (kept)
			s->objects[at].shape = shape, s->objects[at].flags = ANN_BOX_DERIVED;
		else {
			s->n_objects--;
			status = ann_bad(s, "parse-error", origin, 0, 0, err, "a bitmap of '%s' cannot be read",
				ann_tree_text(object, "classTitle"));
		}
	} else if (!strcmp(type, "polygon") || !strcmp(type, "line") || !strcmp(type, "point")) {
		kept = ann_set_points(s, at,
			*type == 'l'         ? ANN_LINE
				: type[2] == 'l' ? ANN_POLYGONS
								 : ANN_POINTS,
			xy, n, origin, &status, err);
		uint32_t mask = kept && json_array_size(interior)
			? ann_tree_holes(s, image, s->objects[at].shape, interior, err)
			: 0;
		if (mask)
			s->objects[at].shape = mask;
		else if (kept && json_array_size(interior)) {
			s->n_objects--;
			return ann_bad(s, "parse-error", origin, 0, 0, err, "a polygon with holes that cannot be drawn");
		}
	} else if (!strcmp(type, "graph")) {
		secant_free(xy);
		xy = nodes_of(object, &n);
		kept = ann_set_points(s, at, ANN_POINTS, xy, n, origin, &status, err);
	} else {
		secant_free(xy);
		s->n_objects--;
		ann_leave(s, type);
		return SECANT_OK;
	}
	if (kept) {
		keep_tags(s, &head, json_object_get(object, "tags"));
		s->objects[at].attributes = head;
		ann_absorb(s, &s->objects[at]);
	}
	return status;
}

/* "a.jpg.json" is that of a.jpg. */
static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	secant_status status = SECANT_OK;
	size_t i;
	json_t *object;
	if (!json_object_get(top, "objects"))
		return SECANT_OK; /* meta.json */
	char *stem = base_path_stem(origin), *inner = base_strdup(f ? ann_below(s, origin) : "");
	char *ann = NULL;
	int image = f ? -1 : 0;
	for (char *p = inner; p && (p = strstr(p, "ann/")); p++) /* the last folder of this name */
		ann = p == inner || p[-1] == '/' ? p : ann;
	if (f && ann) { /* DATASET/img/x/a.jpg for DATASET/ann/x/a.jpg.json */
		memcpy(ann, "img", 3);
		inner[strlen(inner) - strlen(".json")] = 0;
		image = ann_find_image(s, inner, strlen(inner));
		if (image < 0 && !*base_path_ext(inner)) /* a.json for a.jpg, as it once was */
			image = ann_finder_stem(f, inner);
	}
	if (f && image < 0 && stem && !*base_path_ext(stem))
		image = ann_finder_stem(f, stem);
	if (f && image < 0 && stem)
		image = ann_finder_picture(f, s, stem, origin, &status, err);
	secant_free(stem), secant_free(inner);
	if (image < 0)
		return status;
	const json_t *size = json_object_get(top, "size");
	ann_text source = ann_intern(s, origin, strlen(origin));
	s->images[image].source = source;
	ann_tree_size(s, image, ann_tree_number(size, "width"), ann_tree_number(size, "height"));
	uint32_t head = 0;
	keep_tags(s, &head, json_object_get(top, "tags"));
	s->images[image].attributes = head;
	json_array_foreach (json_object_get(top, "objects"), i, object)
		if (!status)
			status = read_object(s, image, object, origin, err);
	return status;
}

static const ann_files files = {
	.extension = "json",
	.because = "it has Supervisely JSON",
	.sure = 95,
	.is = is_own,
	.tree = read_tree,
	.unlisted = true, /* `read` tells them apart */
};

static secant_status
read_set(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = o->classes ? SECANT_OK : ann_tree_classes(s, path, "meta.json", "classes", "title", err);
	if (!status)
		status = ann_read_files(s, path, o, &files, watch, err);
	return status ? status : ann_leave_unlisted(s, true, err); /* masks_machine and masks_human are no pictures */
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

/* A mask: a PNG of its extent, in zlib, in base64. */
static secant_status
put_bitmap(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	uint8_t *pixels = NULL;
	int b[4];
	secant_image im = { 0 };
	void *png = NULL;
	size_t n = 0;
	secant_status status = ann_rle_cut(s, o->shape, &pixels, b, err);
	int w = b[2] > 0 ? b[2] : 1, h = b[3] > 0 ? b[3] : 1;
	if (!status)
		status = secant_image_new(&im, w, h, 1, SECANT_U8, err);
	for (int i = 0; !status && i < b[2] * b[3]; i++)
		((uint8_t *)im.data)[i] = pixels[i] ? 255 : 0;
	if (!status)
		status = secant_image_encode(&im, "png", &png, &n, NULL, err);
	uLongf room = compressBound(n);
	uint8_t *packed = status ? NULL : secant_calloc(room, 1);
	if (!status && (!packed || compress(packed, &room, png, n) != Z_OK))
		status = ann_nomem(err);
	base_str_add(t, "\"points\": {\"exterior\": [], \"interior\": []}, \"bitmap\": {\"data\": \"");
	if (!status)
		base_base64_encode(t, packed, room);
	base_str_addf(t, "\", \"origin\": [%d, %d]}", b[0], b[1]);
	secant_image_free(&im);
	secant_free(png), secant_free(packed), secant_free(pixels);
	return status;
}

static void
put_tags(base_str *t, const ann_set *s, const ann_object *o, uint32_t head)
{
	ann_implied extra = { .pair = { NULL } };
	bool any = false;
	if (o)
		(void)ann_find_implied(
			s, o, ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA | ANN_IMPLIED_DIFFICULT | ANN_IMPLIED_BOX, 0, 0, 1, &extra);
	base_str_add(t, "\"tags\": [");
	for (; head; head = s->attributes[head].next, any = true) {
		ann_put_text(t, any ? ", {\"name\": " : "{\"name\": ", ann_str(s, s->attributes[head].key));
		base_str_addf(t, ", \"value\": %s}", ann_str(s, s->attributes[head].value));
	}
	for (const char *const *p = extra.pair; *p; p += 2, any = true) {
		ann_put_text(t, any ? ", {\"name\": " : "{\"name\": ", p[0]);
		base_str_addf(t, ", \"value\": %s}", p[1]);
	}
	base_str_add(t, "]");
}

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	static const char *const types[] = { "rectangle", "polygon", "bitmap", "polygon", "line", "point" };
	ann_kind kind = ann_shape_kind(s, o->shape);
	const double corners[4] = { ann_x0(o), ann_y0(o), ann_x1(o) - 1, ann_y1(o) - 1 }, *xy = corners;
	ann_ring ring = { 0 };
	int parts, n = 2;
	secant_status status = SECANT_OK;
	ann_put_text(t, "{\"classTitle\": ", ann_class_of(s, o));
	base_str_addf(t, ", \"description\": \"\", \"geometryType\": \"%s\", ",
		types[kind == ANN_POINTS && s->shapes[o->shape + 2] > 1 ? ANN_LINE : kind]);
	put_tags(t, s, o, o->attributes);
	base_str_add(t, ", ");
	if (kind == ANN_RLE)
		status = put_bitmap(t, s, o, err);
	else {
		if (kind == ANN_LINE || kind == ANN_POINTS)
			(void)ann_part(ann_parts(s, o->shape, &parts), &xy, &n);
		else if (kind) {
			status = ann_one_ring(s, o, &ring, err);
			xy = ring.xy, n = ring.n;
		}
		base_str_add(t, "\"points\": {\"exterior\": [");
		ann_put_points(t, xy, n, false);
		base_str_add(t, "], \"interior\": []}");
	}
	base_str_add(t, "}");
	secant_free(ring.xy);
	return status;
}

static secant_status
put_meta(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	base_str_add(&t, "{\"classes\": [");
	for (int i = 0; i < s->n_classes; i++) {
		ann_put_text(&t, i ? ", {\"title\": " : "{\"title\": ", ann_str(s, s->classes[i].name));
		base_str_addf(&t, ", \"shape\": \"any\", \"color\": \"#%06X\", \"id\": %d}",
			(unsigned)ann_mask_colour(s, i, true, i + 1) & 0xffffff, i + 1);
	}
	base_str_add(&t, "], \"tags\": []}\n");
	secant_status status = ann_out_str(out, "meta.json", &t, err);
	base_str_free(&t);
	return status;
}

static secant_status
write_list(ann_set *s, ann_out *out, int list, secant_err *err)
{
	base_str t = { 0 };
	const char *name = list < 0 ? "ds" : ann_str(s, s->splits[list]);
	char *folder = base_format("%s/img", name);
	secant_status status = folder ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		bool first = true;
		if (!ann_in_list(s, i, list))
			continue;
		base_str_add(&t, "{\"description\": \"\", ");
		put_tags(&t, s, NULL, im->attributes);
		base_str_addf(&t, ", \"size\": {\"height\": %d, \"width\": %d}, \"objects\": [", im->height, im->width);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (!ann_is_thing(s, o))
				continue;
			base_str_add(&t, first ? "\n" : ",\n");
			first = false;
			status = put_object(&t, s, o, err);
		}
		base_str_add(&t, "]}\n");
		char *file = base_format("%s/ann/%s.json", name, ann_str(s, im->name));
		if (!status)
			status = file ? ann_out_str(out, file, &t, err) : ann_nomem(err);
		if (!status)
			status = ann_out_beneath(out, s, i, folder, err);
		secant_free(file);
	}
	base_str_free(&t);
	secant_free(folder);
	return status;
}

static secant_status
write_set(ann_set *s, ann_out *out, secant_err *err)
{
	secant_status status = put_meta(s, out, err);
	ann_lose_point_sets(s, out);
	return status ? status : ann_write_lists(s, out, write_list, err);
}

const ann_format ann_format_supervisely = {
	.name = "supervisely",
	.brief = "Supervisely: DATASET/img and DATASET/ann",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES
		| ANN_HOLDS_IMAGE_ATTRIBUTES | ANN_HOLDS_FRACTIONS,
	.files = &files,
	.read = read_set,
	.write = write_set,
};
