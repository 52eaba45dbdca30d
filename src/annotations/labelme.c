/*
 * LabelMe. Two formats bear the name. The JSON one (wkentaro/labelme, and X-AnyLabeling, which has turned rectangles)
 * has a file beside each picture with shapes: polygon, rectangle, circle, line, linestrip, point, points, mask (a
 * base64 PNG); it is read and written. imagePath names the picture, which may also lie within the file (imageData);
 * shapes of one label and one group_id are one object, as labelme's own converters have it. The XML one (MIT
 * LabelMe 3.0) is read (labelme_xml.c).
 */
#include "annotations/labelme.h"
#include "annotations/find.h"
#include "annotations/rle.h"
#include "base/base64.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* --- JSON
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
keep(ann_set *s, json_pull *j, uint32_t *head, ann_field key, const char *prefix)
{
	ann_field raw;
	char name[160];
	ann_pull_skip(j, &raw);
	bool empty = ann_is(raw, "null") || ann_is(raw, "{}") || ann_is(raw, "\"\"");
	ann_pull_plain_key(j, key, prefix, name, sizeof name);
	if (!j->err.code && !empty)
		ann_add_attribute(s, head, name, raw.p, ann_len(raw));
}

static void
read_points(json_pull *j, labelme_shape *sh)
{
	double v;
	sh->n = 0;
	for (ann_pull_array(j); ann_pull_element(j);) {
		int n = 0;
		for (ann_pull_array(j); ann_pull_element(j) && ann_pull_number(j, &v); n++) {
			if (n > 1 || base_grow((void **)&sh->xy, &sh->capacity, sh->n, sizeof *sh->xy)) {
				ann_pull_fail(j, n > 1 ? "a point of more than two numbers" : "no memory");
				return;
			}
			sh->xy[sh->n++] = v;
		}
		if (n != 2 && !j->err.code)
			ann_pull_fail(j, "a point of %d numbers", n);
	}
}

static void
read_shape(ann_set *s, json_pull *j, labelme_shape *sh)
{
	ann_field key, text;
	sh->n = 0;
	sh->head = 0;
	sh->mask = (ann_field){ 0 };
	sh->label[0] = 0;
	snprintf(sh->type, sizeof sh->type, "polygon");
	for (ann_pull_object(j); ann_pull_key(j, &key);) {
		if (ann_is(key, "points"))
			read_points(j, sh);
		else if ((ann_is(key, "label") || ann_is(key, "shape_type")) && ann_pull_peek(j) == 's') {
			if (ann_pull_string(j, &text))
				snprintf(*key.p == 'l' ? sh->label : sh->type, *key.p == 'l' ? sizeof sh->label : sizeof sh->type,
					"%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		} else if (ann_is(key, "label")) { /* scripts leave numbers without quotes */
			char kind = ann_pull_peek(j);
			ann_pull_skip(j, &text);
			if (kind == 'n' || kind == 't' || kind == 'f')
				snprintf(sh->label, sizeof sh->label, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		} else if (ann_is(key, "attributes") && ann_pull_peek(j) == 'o') {
			for (ann_pull_object(j); ann_pull_key(j, &key);)
				keep(s, j, &sh->head, key, "");
		} else if (ann_is(key, "mask") && ann_pull_peek(j) == 's')
			ann_pull_skip(j, &sh->mask);
		else
			keep(s, j, &sh->head, key, "labelme.");
	}
}

/* A mask is a PNG of the box's size; it becomes one of the picture's size. */
static uint32_t
read_mask(ann_set *s, int image, const labelme_shape *sh, const char *origin, uint32_t line, secant_status *status,
	secant_err *err)
{
	base_str png = { 0 };
	secant_image im = { 0 };
	secant_err one = { 0 };
	uint32_t at = 0;
	const ann_image *picture = &s->images[image];
	secant_image_read_options grey = { .channels = 1, .to_u8 = true };
	bool good = base_base64_decode(&png, sh->mask.p + 1, ann_len(sh->mask) - 2) && png.n
		&& !secant_image_decode(&im, png.p, png.n, origin, &grey, &one);
	int w = picture->width, h = picture->height, x = sh->n >= 2 ? (int)fmax(-1e6, fmin(1e6, sh->xy[0])) : 0,
		y = sh->n >= 2 ? (int)fmax(-1e6, fmin(1e6, sh->xy[1])) : 0;
	if (!good || w < 1 || h < 1 || w > 1 << 15 || h > 1 << 15)
		*status = ann_bad(s, "parse-error", origin, line, 0, err, "the mask cannot be read: %s",
			one.code ? one.msg : "no base64, or no picture size");
	else {
		uint8_t *pixels = secant_calloc((size_t)w * (size_t)h, 1);
		ann_rle r;
		for (int row = 0; pixels && row < im.height; row++)
			for (int col = 0; col < im.width; col++)
				if (row + y >= 0 && row + y < h && col + x >= 0 && col + x < w)
					pixels[(size_t)(row + y) * (size_t)w + (size_t)(col + x)] =
						((const uint8_t *)im.data)[(size_t)row * (size_t)im.width + (size_t)col] != 0;
		if (pixels && !(*status = ann_rle_from_pixels(&r, pixels, (uint32_t)h, (uint32_t)w, err))) {
			base_str text = { 0 };
			ann_rle_encode(&text, r.runs, r.n);
			at = ann_rle_text(s, h, w, &text);
			base_str_free(&text);
			ann_rle_free(&r);
		}
		secant_free(pixels);
	}
	secant_image_free(&im);
	base_str_free(&png);
	return at;
}

static bool
turned_type(const char *type)
{
	static const char *const types[] = { "oriented_rectangle", "rotation", "rotated_rectangle", "quadrilateral" };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* Four corners along the axes? */
static bool
upright(const double *p)
{
	return (p[0] == p[6] && p[2] == p[4] && p[1] == p[3] && p[5] == p[7])
		|| (p[0] == p[2] && p[4] == p[6] && p[3] == p[5] && p[1] == p[7]);
}

/* A circle is a polygon here; its middle and a point of it are kept, so that it can be written as it was. */
static void
keep_circle(ann_set *s, uint32_t *head, const double p[4])
{
	base_str t = { 0 };
	for (int i = 0; i < 4; i++) {
		base_str_add(&t, i ? ", " : "[");
		ann_put_number(&t, p[i]);
	}
	base_str_add(&t, "]");
	if (t.p)
		ann_add_attribute(s, head, "labelme.circle", t.p, t.n);
	base_str_free(&t);
}

static secant_status
add_shape(ann_set *s, int image, labelme_shape *sh, const char *origin, uint32_t line, secant_err *err)
{
	int points = sh->n / 2;
	const double *p = sh->xy;
	secant_status status = SECANT_OK;
	if (!ann_finite(p, sh->n))
		return ann_bad(s, "value-not-finite", origin, line, 0, err, "a coordinate of '%s' is not finite", sh->label);
	bool rectangle = !strcmp(sh->type, "rectangle"), circle = !strcmp(sh->type, "circle"),
		 mask = !strcmp(sh->type, "mask"), polygon = !strcmp(sh->type, "polygon");
	if (rectangle || circle || mask ? points != 2 && points != 4 : points < 1)
		return ann_bad(s, "parse-error", origin, line, 0, err, "a %s of %d points", sh->type, points);
	if (!*sh->label)
		return ann_bad(s, "parse-error", origin, line, 0, err, "a %s without label", sh->type);
	int class = ann_class_named(s, sh->label, strlen(sh->label));
	ann_object o = { .area = NAN, .id = ANN_NO_ID, .line = line };
	bool turned = points == 4 && (turned_type(sh->type) || (rectangle && !upright(p)));
	if (turned) {
		o.shape = ann_points(s, ANN_QUAD, p, 4);
		o.flags |= ANN_BOX_DERIVED;
	} else if (rectangle) {
		const double *q = p + (points == 4 ? 4 : 2); /* the corner opposite to the first */
		ann_corners(&o, fmin(p[0], q[0]), fmin(p[1], q[1]), fmax(p[0], q[0]), fmax(p[1], q[1]));
	} else if (circle) {
		double r = hypot(p[2] - p[0], p[3] - p[1]);
		o.shape = ann_ellipse(s, p[0], p[1], r, r, 0);
		o.flags |= ANN_BOX_DERIVED;
		keep_circle(s, &sh->head, p);
	} else if (sh->mask.p && mask) {
		o.shape = read_mask(s, image, sh, origin, line, &status, err);
		ann_corners(&o, p[0], p[1], p[2] + 1, p[3] + 1);
	} else {
		o.shape = ann_points(s,
			polygon                             ? ANN_POLYGONS
				: !strncmp(sh->type, "line", 4) ? ANN_LINE
												: ANN_POINTS,
			p, points);
		o.flags |= ANN_BOX_DERIVED;
	}
	o.attributes = sh->head;
	if (!polygon && !rectangle && !mask && !circle && strcmp(sh->type, "oriented_rectangle"))
		ann_attribute_text(s, &o.attributes, "labelme.shape_type", sh->type, strlen(sh->type));
	ann_object *to = status || class < 0 ? NULL : ann_add_object(s, image, class);
	if (!to)
		return status ? status : ann_nomem(err);
	o.image = image, o.class = class;
	*to = o;
	ann_absorb(s, to);
	return SECANT_OK;
}

/* Makes polygons of an object that is a box or a quad. */
static uint32_t
as_polygon(ann_set *s, const ann_object *o)
{
	const double box[8] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y0(o), ann_x1(o), ann_y1(o), ann_x0(o), ann_y1(o) };
	ann_kind kind = ann_shape_kind(s, o->shape);
	if (kind == ANN_POLYGONS)
		return o->shape;
	if (!kind)
		return ann_polygon(s, box, 4);
	uint32_t shape = ann_copy_shape(s, s, o->shape);
	if (shape)
		s->shapes[shape] = ANN_POLYGONS;
	return shape;
}

static uint32_t
joined_masks(ann_set *s, int image, const ann_object *o, int n, secant_status *status, secant_err *err)
{
	uint32_t w = (uint32_t)s->images[image].width, h = (uint32_t)s->images[image].height, shape = 0;
	uint8_t *pixels = secant_calloc((size_t)w * h + 1, 1);
	ann_rle r;
	*status = pixels ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !*status && i < n; i++)
		*status = ann_fill(s, o[i].shape, h, w, pixels, 1, err);
	if (!*status && !(*status = ann_rle_from_pixels(&r, pixels, h, w, err))) {
		base_str text = { 0 };
		ann_rle_encode(&text, r.runs, r.n);
		shape = ann_rle_text(s, (int)h, (int)w, &text);
		base_str_free(&text);
		ann_rle_free(&r);
	}
	secant_free(pixels);
	return shape;
}

static bool
has_area(const ann_set *s, const ann_object *o)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	return !(o->flags & (ANN_GONE | ANN_NO_BOX)) && kind <= ANN_QUAD;
}

/* Shapes of one label and one group are one object: polygons become its parts, with a mask among them a mask. */
static secant_status
join_groups(ann_set *s, int image, int first, secant_err *err)
{
	secant_status status = SECANT_OK;
	ann_object *part = NULL;
	int capacity = 0, to = first;
	for (int i = first; !status && i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		const char *group = has_area(s, o) && o->attributes ? ann_get(s, o->attributes, "labelme.group_id") : NULL;
		int n = 0;
		bool masks = false;
		for (int k = i; group && !status && k < s->n_objects; k++) {
			const ann_object *other = &s->objects[k];
			const char *its = has_area(s, other) && other->class == o->class && other->attributes
				? ann_get(s, other->attributes, "labelme.group_id")
				: NULL;
			if (!its || strcmp(its, group))
				continue;
			if (base_grow((void **)&part, &capacity, n, sizeof *part)) {
				status = ann_nomem(err);
				break;
			}
			part[n++] = *other;
			masks = masks || ann_shape_kind(s, other->shape) == ANN_RLE;
			s->objects[k].flags |= k > i ? ANN_GONE : 0u;
		}
		if (status || n < 2)
			continue;
		for (int k = 0; k < n; k++)
			part[k].shape = ann_shape_kind(s, part[k].shape) == ANN_RLE ? part[k].shape : as_polygon(s, &part[k]);
		uint32_t shape = masks ? joined_masks(s, image, part, n, &status, err) : ann_join_shapes(s, part, n);
		o->shape = shape;
		o->flags |= ANN_BOX_DERIVED;
		for (uint32_t *link = &o->attributes; *link;) /* says of which part it is one: of none any more */
			if (!strcmp(ann_str(s, s->attributes[*link].key), "secant.part"))
				*link = s->attributes[*link].next;
			else
				link = &s->attributes[*link].next;
	}
	for (int i = first; i < s->n_objects; i++)
		if (!(s->objects[i].flags & ANN_GONE))
			s->objects[to++] = s->objects[i];
	s->n_objects = to;
	secant_free(part);
	return status;
}

/* The picture within the file: where it is, and its size where the file does not say it. */
static void
look_inside(ann_set *s, int image, ann_field data, const char *origin)
{
	ann_image *im = &s->images[image];
	im->inside = ann_intern(s, origin, strlen(origin));
	im = &s->images[image];
	if (im->width > 0 && im->height > 0)
		return;
	base_str bytes = { 0 };
	secant_image picture = { 0 };
	if (base_base64_decode(&bytes, data.p + 1, ann_len(data) - 2) && bytes.n
		&& !secant_image_decode(&picture, bytes.p, bytes.n, origin, NULL, NULL)) {
		im->width = picture.width, im->height = picture.height, im->depth = picture.channels;
		secant_image_free(&picture);
	}
	base_str_free(&bytes);
}

/* The bytes of the picture that lies within the file of a picture. */
static secant_status
inner_picture(const ann_set *s, const ann_image *im, base_str *bytes, secant_err *err)
{
	const char *path = ann_str(s, im->inside);
	char *data = NULL;
	size_t n;
	json_pull j;
	ann_field key, raw = { 0 };
	secant_status status = secant_file_read(&data, &n, path, (size_t)1 << 30, err);
	if (status)
		return status;
	ann_pull_init(&j, data, n, path);
	for (ann_pull_object(&j); ann_pull_key(&j, &key);)
		ann_pull_skip(&j, ann_is(key, "imageData") ? &raw : NULL);
	if (ann_len(raw) < 3 || !base_base64_decode(bytes, raw.p + 1, ann_len(raw) - 2) || !bytes->n)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: imageData is no picture in base64", path);
	ann_pull_free(&j);
	secant_free(data);
	return status;
}

static secant_status
parse_json(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	json_pull j;
	ann_field key;
	labelme_shape sh = { 0 };
	secant_status status = SECANT_OK;
	const char *shapes = NULL;
	int first = s->n_objects;
	int64_t v;
	ann_field inside = { 0 };
	ann_pull_init(&j, data, n, origin);
	for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
		if (ann_is(key, "shapes")) { /* after the size of the picture */
			shapes = j.p;
			ann_pull_skip(&j, NULL);
		} else if ((ann_is(key, "imageWidth") || ann_is(key, "imageHeight")) && ann_pull_peek(&j) == 'n') {
			if (ann_pull_integer(&j, &v) && v >= 0 && v < 1 << 30)
				*(ann_is(key, "imageWidth") ? &s->images[image].width : &s->images[image].height) = (int32_t)v;
		} else if (ann_is(key, "imageData")) {
			ann_pull_skip(&j, &inside);
		} else if (ann_is(key, "imagePath") || ann_is(key, "version"))
			ann_pull_skip(&j, NULL);
		else if (ann_is(key, "attributes") && ann_pull_peek(&j) == 'o') {
			for (ann_pull_object(&j); ann_pull_key(&j, &key);)
				keep(s, &j, &s->images[image].attributes, key, "");
		} else
			keep(s, &j, &s->images[image].attributes, key, "labelme.");
	}
	ann_pull_end(&j);
	if (!j.err.code && ann_len(inside) > 10 && !s->images[image].path)
		look_inside(s, image, inside, origin);
	if (shapes && !j.err.code) {
		j.p = shapes;
		j.depth = 0;
		j.line_at = NULL;
		for (ann_pull_array(&j); !status && ann_pull_element(&j);) {
			uint32_t line = ann_pull_line(&j);
			read_shape(s, &j, &sh);
			if (!j.err.code)
				status = add_shape(s, image, &sh, origin, line, err);
		}
		ann_join_parts(s, first);
		if (!status && !j.err.code)
			status = join_groups(s, image, first, err);
	}
	if (!status && j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	secant_free(sh.xy);
	ann_pull_free(&j);
	return status;
}

/* --- folders
 * ----------------------------------------------------------------------------------------------------------------
 */

static bool
has(const char *path, const char *what, const char * not )
{
	char *data = NULL;
	size_t n;
	bool good = !secant_file_read(&data, &n, path, (size_t)1 << 28, NULL) && strstr(data, what) && !strstr(data, not );
	secant_free(data);
	return good;
}

static int
detect(const char *path, const char **why)
{
	base_names files = { 0 };
	int sure = 0, tried = 0;
	*why = "it has JSON with shapes, or MIT LabelMe XML";
	if (secant_is_dir(path) && !ann_walk(&files, path, "json|xml", 8, NULL))
		for (int i = 0; i < files.n && tried < 20 && !sure; i++) {
			char *file = base_path_join(path, files.v[i]);
			tried++;
			if (file && base_ext_is(file, "json"))
				sure = has(file, "\"shapes\"", "\"annotations\"") ? 85 : 0;
			else if (file)
				sure = (has(file, "<imagesize>", "<bndbox>") || has(file, "<polygon>", "<bndbox>"))
						&& has(file, "<annotation>", "<annotations>")
					? 85
					: 0;
			secant_free(file);
		}
	base_names_free(&files);
	return sure;
}

/* The text of imagePath, with slashes; fresh memory, NULL: none. `kind` receives the extension that fits imageData. */
static char *
image_path(const char *file, const char **kind)
{
	static const struct {
		const char *begin, *ext;
	} kinds[] = { { "iVBOR", "png" }, { "/9j/", "jpg" }, { "Qk", "bmp" }, { "UklG", "webp" }, { "SUkq", "tif" },
		{ "TU0A", "tif" } };
	char *data = NULL, *path = NULL;
	size_t n;
	json_pull j;
	ann_field key, text;
	*kind = NULL;
	if (secant_file_read(&data, &n, file, (size_t)1 << 30, NULL))
		return NULL;
	ann_pull_init(&j, data, n, file);
	for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
		if (ann_is(key, "imagePath") && ann_pull_peek(&j) == 's') {
			if (ann_pull_string(&j, &text) && !path && (path = base_strndup(text.p, ann_len(text))))
				for (char *p = path; *p; p++)
					*p = *p == '\\' ? '/' : *p;
		} else if (ann_is(key, "imageData")) {
			ann_pull_skip(&j, &text);
			for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
				if (ann_len(text) > 10 && !memcmp(text.p + 1, kinds[i].begin, strlen(kinds[i].begin)))
					*kind = kinds[i].ext;
		} else
			ann_pull_skip(&j, NULL);
	}
	ann_pull_free(&j);
	secant_free(data);
	return path;
}

/* The picture of a JSON or XML file: the one that imagePath names, seen from the file, else the one of that name beside
 * it, else the one of the file's own stem. -1: it is not there. */
static int
find_picture(ann_set *s, const char *file, const char *below, bool json)
{
	const char *kind;
	int at = -1;
	char *named = json ? image_path(file, &kind) : NULL, *dir = base_path_dir(below);
	const char *folder = dir && strcmp(dir, ".") ? dir : "";
	for (const char *p = named;
		 p && *p && at < 0 && dir;) { /* "../pictures/a.jpg" from "json/a.json": pictures/a.jpg */
		size_t up = strlen(folder);
		while (!strncmp(p, "../", 3) || !strncmp(p, "./", 2)) {
			if (p[1] == '.')
				while (up && folder[--up] != '/')
					;
			p += p[1] == '.' ? 3 : 2;
		}
		char *full = base_format("%.*s%s%s", (int)up, folder, up ? "/" : "", p);
		at = full ? ann_find_image(s, full, strlen(full)) : -1;
		secant_free(full);
		p = p == base_path_name(named) ? NULL : base_path_name(named);
		if (!p)
			break;
		at = at >= 0 ? at : ann_find_image(s, p, strlen(p));
	}
	if (at < 0)
		at = ann_find_stem(s, below, strlen(below) - strlen(base_path_ext(below)) - 1);
	char *stem = at < 0 ? base_path_stem(below) : NULL; /* in folders beside each other: images and json */
	const char *name = named ? base_path_name(named) : "";
	if (at < 0 && dir && *name)
		at = ann_find_beside(s, dir, name);
	if (at < 0 && dir && stem)
		at = ann_find_beside(s, dir, stem);
	secant_free(named), secant_free(dir), secant_free(stem);
	return at;
}

/* The name of a picture that is not there: the last part of imagePath beside the file, with the extension of what
 * imageData holds. */
static char *
named_picture(const char *file, const char *below)
{
	const char *kind;
	char *named = image_path(file, &kind), *dir = base_path_dir(below), *out = NULL;
	const char *name = named ? base_path_name(named) : "";
	if (!*name || !base_path_is_safe(name))
		out = ann_with_extension(below, kind ? kind : "jpg");
	else if (dir) {
		char *full = strcmp(dir, ".") ? base_format("%s/%s", dir, name) : base_strdup(name);
		bool fits = !kind || !strncasecmp(base_path_ext(name), kind, 2);
		out = full && !fits ? ann_with_extension(full, kind) : full;
		if (out != full)
			secant_free(full);
	}
	secant_free(named), secant_free(dir);
	return out;
}

/* LabelMe's own words: __ignore__ is not to be judged, and _background_ fills the rest and comes first. */
static secant_status
settle_classes(ann_set *s, int fixed, secant_err *err)
{
	secant_status status = ann_sort_classes(s, fixed, err);
	int ignore = ann_find_class(s, "__ignore__", 10), back = ann_find_class(s, "_background_", 12), n = 0;
	int *order = secant_calloc((size_t)s->n_classes + 1, sizeof *order);
	if (!status && !order)
		status = ann_nomem(err);
	if (!status && ignore >= 0)
		s->classes[ignore].is_void = true;
	if (!status && back >= 0 && fixed == 0) {
		s->classes[back].is_background = true;
		order[n++] = back;
		for (int i = 0; i < s->n_classes; i++)
			if (i != back)
				order[n++] = i;
		status = ann_reorder_classes(s, order, err);
	}
	secant_free(order);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	base_names files = { 0 };
	secant_status status = ann_read_option_names(s, o, err);
	int fixed = s->n_classes;
	char *images = base_path_join(path, "Images");
	bool mit = images && secant_is_dir(images);
	secant_free(images);
	if (!status)
		status = ann_add_pictures(s, o->images ? o->images : mit ? "Images" : "", -1, true, err);
	if (!status)
		status = ann_walk(&files, path, "json|xml", 8, err);
	for (int i = 0; !status && i < files.n; i++) {
		bool json = base_ext_is(files.v[i], "json");
		const char *below = files.v[i] + (mit && !strncmp(files.v[i], "Annotations/", 12) ? 12 : 0);
		char *file = base_path_join(path, files.v[i]);
		int at = -1;
		if (!strcmp(files.v[i], "secant.json") || !file || (json && !has(file, "\"shapes\"", "\"annotations\""))) {
			secant_free(file);
			continue;
		}
		at = find_picture(s, file, below, json);
		if (at < 0) {
			char *name = json ? named_picture(file, below) : ann_with_extension(below, "jpg");
			at = name ? ann_add_image(s, name, strlen(name)) : -1;
			secant_free(name);
		}
		if (!status && at >= 0)
			(void)ann_probe(s, at, NULL);
		if (!status)
			status = at >= 0 ? ann_read_text(s, at, file, json ? parse_json : ann_labelme_xml, err) : ann_nomem(err);
		if (!status && at >= 0 && !s->images[at].path && !s->images[at].inside)
			status = ann_find(s, "image-missing", -1, file, 0, 0, "there is no picture beside it");
		secant_free(file);
	}
	base_names_free(&files);
	if (!status && !mit) /* what labelme_json_to_dataset leaves in a_json is no picture of the set */
		status = ann_leave_unlisted(s, true, err);
	return status ? status : settle_classes(s, fixed, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	ann_field f = ann_trim(d, d + n);
	return ann_len(f) && *f.p == '<' ? ann_labelme_xml(s, 0, d, n, o, e) : parse_json(s, 0, d, n, o, e);
}

const ann_format ann_format_labelme = {
	.name = "labelme",
	.brief = "LabelMe JSON (and, for reading, MIT LabelMe XML)",
	.prefix = "labelme.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_QUAD | ANN_HOLDS_LINES | ANN_HOLDS_FRACTIONS | ANN_HOLDS_PARTS,
	.detect = detect,
	.read = read,
	.write = ann_labelme_write,
	.parse = parse_one,
	.picture = inner_picture,
};
