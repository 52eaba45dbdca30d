/*
 * Supervisely: meta.json, DATASET/img/NAME.jpg and DATASET/ann/NAME.jpg.json with objects of geometryType polygon,
 * rectangle (its corners are pixels, both within), line, point, bitmap (a PNG in zlib in base64 at an origin). A
 * polygon with holes (interior) becomes a mask, for which the picture's size is needed.
 */
#include "annotations/find.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <zlib.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"objects\"", "\"size\"", "\"height\"", "\"tags\"", NULL };
	return ann_head_has(path, words);
}

static int
detect(const char *path, const char **why)
{
	*why = "it has Supervisely JSON";
	return ann_detect_trees(path, is_own, 95);
}

enum { MOST_PIXELS = 1 << 28 };

static uint32_t
store(ann_set *s, const uint8_t *pixels, int w, int h, secant_err *err)
{
	ann_rle r;
	base_str t = { 0 };
	if (ann_rle_from_pixels(&r, pixels, (uint32_t)h, (uint32_t)w, err))
		return 0;
	ann_rle_encode(&t, r.runs, r.n);
	uint32_t shape = ann_store_rle(s, h, w, t.p ? t.p : "", t.n, false);
	base_str_free(&t);
	ann_rle_free(&r);
	return shape;
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
	if (ann_base64_decode(data, strlen(data), &packed) && packed.n)
		for (; got == Z_BUF_ERROR && n <= MOST_PIXELS; n *= 4) {
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
	if (w < 1 || h < 1 || (int64_t)w * h > MOST_PIXELS || !isfinite(x0) || !isfinite(y0) || fabs(x0) > 1e6
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
	uint32_t shape = pixels ? store(s, pixels, w, h, err) : 0;
	secant_free(pixels);
	secant_image_free(&im);
	return shape;
}

/* The outer ring less the inner ones. */
static uint32_t
with_holes(ann_set *s, int image, uint32_t outer, const json_t *holes, secant_err *err)
{
	int w = s->images[image].width, h = s->images[image].height, n = 0;
	size_t i;
	json_t *hole;
	if (w < 1 || h < 1 || (int64_t)w * h > MOST_PIXELS)
		return 0;
	uint8_t *pixels = secant_calloc((size_t)w * (size_t)h, 1);
	bool good = pixels && !ann_fill(s, outer, (uint32_t)h, (uint32_t)w, pixels, 1, err);
	json_array_foreach (holes, i, hole) {
		double *xy = ann_tree_points(hole, 1, 1, &n);
		uint32_t ring = xy ? ann_polygon(s, xy, n) : 0;
		good = good && ring && !ann_fill(s, ring, (uint32_t)h, (uint32_t)w, pixels, 0, err);
		secant_free(xy);
	}
	uint32_t shape = good ? store(s, pixels, w, h, err) : 0;
	secant_free(pixels);
	return shape;
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
		uint32_t mask = kept && json_array_size(interior) ? with_holes(s, image, s->objects[at].shape, interior, err)
														  : 0;
		if (mask)
			s->objects[at].shape = mask;
		else if (kept && json_array_size(interior)) {
			s->n_objects--;
			return ann_bad(s, "parse-error", origin, 0, 0, err, "a polygon with holes that cannot be drawn");
		}
	} else {
		secant_free(xy);
		s->n_objects--;
		return ann_bad(s, "parse-error", origin, 0, 0, err, "a geometry of type '%s' is not read", type);
	}
	if (kept) {
		ann_tree_keep(s, &head, "tags", json_object_get(object, "tags"));
		s->objects[at].attributes = head;
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
	char *stem = base_path_stem(origin);
	int image = f && stem ? ann_finder_picture(f, s, stem, origin, &status, err) : f ? -1 : 0;
	secant_free(stem);
	if (image < 0)
		return status;
	const json_t *size = json_object_get(top, "size");
	ann_text source = ann_intern(s, origin, strlen(origin));
	s->images[image].source = source;
	ann_tree_size(s, image, ann_tree_number(size, "width"), ann_tree_number(size, "height"));
	uint32_t head = 0;
	ann_tree_keep(s, &head, "tags", json_object_get(top, "tags"));
	s->images[image].attributes = head;
	json_array_foreach (json_object_get(top, "objects"), i, object)
		if (!status)
			status = read_object(s, image, object, origin, err);
	return status;
}

static secant_status
read_set(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	return ann_read_trees(s, path, o, is_own, read_tree, watch, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_parse_tree(s, d, n, o, read_tree, e);
}

const ann_format ann_format_supervisely = {
	.name = "supervisely",
	.brief = "Supervisely: DATASET/img and DATASET/ann",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES
		| ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read_set,
	.parse = parse_one,
};
