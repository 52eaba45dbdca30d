/*
 * LabelMe. Two formats bear the name. The JSON one (wkentaro/labelme) has a file beside each picture with shapes:
 * polygon, rectangle, circle, line, linestrip, point, points, mask (a base64 PNG); it is read and written. The XML one
 * (MIT LabelMe 3.0: Annotations, Images, Masks) is read: polygons, bounding boxes, masks.
 */
#include "annotations/attributes.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

/* --- base64
 * ----------------------------------------------------------------------------------------------------------------
 */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
base64_decode(const char *p, size_t n, secant_str *out)
{
	uint32_t bits = 0;
	int have = 0;
	for (size_t i = 0; i < n; i++) {
		const char *at = p[i] ? strchr(digits, p[i]) : NULL;
		if (p[i] == '=' || p[i] == '\n' || p[i] == '\r')
			continue;
		if (!at)
			return false;
		bits = bits << 6 | (uint32_t)(at - digits);
		if ((have += 6) >= 8) {
			char byte = (char)(bits >> (have -= 8) & 255);
			secant_str_addn(out, &byte, 1);
		}
	}
	return !out->failed;
}

static void
base64_encode(const uint8_t *p, size_t n, secant_str *out)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
		char q[4] = { digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=',
			i + 2 < n ? digits[v & 63] : '=' };
		secant_str_addn(out, q, 4);
	}
}

/* --- JSON
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct shape {
	double *xy;
	int n, capacity;
	char type[24], label[300];
	uint32_t head;
	ann_field mask;
	bool crowd;
} shape;

static void
keep(ann_set *s, json_pull *j, uint32_t *head, ann_field key, const char *prefix)
{
	ann_field raw;
	char name[160];
	secant_pull_skip(j, &raw);
	bool empty = ann_is(raw, "null") || ann_is(raw, "{}") || ann_is(raw, "\"\"");
	snprintf(name, sizeof name, "%s%.*s", prefix, (int)(ann_len(key) > 100 ? 100 : ann_len(key)), key.p);
	if (!j->err.code && !empty)
		secant_ann_attribute(s, head, name, raw.p, ann_len(raw));
}

static void
read_points(json_pull *j, shape *sh)
{
	double v;
	sh->n = 0;
	for (secant_pull_array(j); secant_pull_element(j);) {
		int n = 0;
		for (secant_pull_array(j); secant_pull_element(j) && secant_pull_number(j, &v); n++) {
			if (n > 1 || secant_grow((void **)&sh->xy, &sh->capacity, sh->n, sizeof *sh->xy)) {
				secant_pull_fail(j, n > 1 ? "a point of more than two numbers" : "no memory");
				return;
			}
			sh->xy[sh->n++] = v;
		}
		if (n != 2 && !j->err.code)
			secant_pull_fail(j, "a point of %d numbers", n);
	}
}

static void
read_shape(ann_set *s, json_pull *j, shape *sh)
{
	ann_field key, text;
	sh->n = 0;
	sh->head = 0;
	sh->mask = (ann_field){ 0 };
	sh->label[0] = 0;
	snprintf(sh->type, sizeof sh->type, "polygon");
	for (secant_pull_object(j); secant_pull_key(j, &key);) {
		if (ann_is(key, "points"))
			read_points(j, sh);
		else if ((ann_is(key, "label") || ann_is(key, "shape_type")) && secant_pull_peek(j) == 's') {
			if (secant_pull_string(j, &text))
				snprintf(*key.p == 'l' ? sh->label : sh->type, *key.p == 'l' ? sizeof sh->label : sizeof sh->type,
					"%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		} else if (ann_is(key, "attributes") && secant_pull_peek(j) == 'o') {
			for (secant_pull_object(j); secant_pull_key(j, &key);)
				keep(s, j, &sh->head, key, "");
		} else if (ann_is(key, "mask") && secant_pull_peek(j) == 's')
			secant_pull_skip(j, &sh->mask);
		else
			keep(s, j, &sh->head, key, "labelme.");
	}
}

/* A mask is a PNG of the box's size; it becomes one of the picture's size. */
static uint32_t
read_mask(
	ann_set *s, int image, const shape *sh, const char *origin, uint32_t line, secant_status *status, secant_err *err)
{
	secant_str png = { 0 };
	secant_image im = { 0 };
	secant_err one = { 0 };
	uint32_t at = 0;
	const ann_image *picture = &s->images[image];
	secant_image_read_options grey = { .channels = 1, .to_u8 = true };
	bool good = base64_decode(sh->mask.p + 1, ann_len(sh->mask) - 2, &png) && png.n
		&& !secant_image_decode(&im, png.p, png.n, origin, &grey, &one);
	int w = picture->width, h = picture->height, x = sh->n >= 2 ? (int)fmax(-1e6, fmin(1e6, sh->xy[0])) : 0,
		y = sh->n >= 2 ? (int)fmax(-1e6, fmin(1e6, sh->xy[1])) : 0;
	if (!good || w < 1 || h < 1 || w > 1 << 15 || h > 1 << 15)
		*status = secant_ann_bad(s, "parse-error", origin, line, 0, err, "the mask cannot be read: %s",
			one.code ? one.msg : "no base64, or no picture size");
	else {
		uint8_t *pixels = secant_calloc((size_t)w * (size_t)h, 1);
		ann_rle r;
		for (int row = 0; pixels && row < im.height; row++)
			for (int col = 0; col < im.width; col++)
				if (row + y >= 0 && row + y < h && col + x >= 0 && col + x < w)
					pixels[(size_t)(row + y) * (size_t)w + (size_t)(col + x)] =
						((const uint8_t *)im.data)[(size_t)row * (size_t)im.width + (size_t)col] != 0;
		if (pixels && !(*status = secant_ann_rle_from_pixels(&r, pixels, (uint32_t)h, (uint32_t)w, err))) {
			secant_str text = { 0 };
			secant_ann_rle_encode(&text, r.runs, r.n);
			at = secant_ann_rle(s, h, w, text.p ? text.p : "", text.n, false);
			secant_str_free(&text);
			secant_ann_rle_free(&r);
		}
		secant_free(pixels);
	}
	secant_image_free(&im);
	secant_str_free(&png);
	return at;
}

static secant_status
add_shape(ann_set *s, int image, shape *sh, const char *origin, uint32_t line, secant_err *err)
{
	int points = sh->n / 2;
	const double *p = sh->xy;
	secant_status status = SECANT_OK;
	if (!secant_ann_finite(p, sh->n))
		return secant_ann_bad(
			s, "value-not-finite", origin, line, 0, err, "a coordinate of '%s' is not finite", sh->label);
	bool two = !strcmp(sh->type, "rectangle") || !strcmp(sh->type, "circle") || !strcmp(sh->type, "mask");
	if (two ? points != 2 && points != 4 : points < 1)
		return secant_ann_bad(s, "parse-error", origin, line, 0, err, "a %s of %d points", sh->type, points);
	int class = secant_ann_class(s, sh->label, strlen(sh->label));
	ann_object o = { .area = NAN, .id = ANN_NO_ID, .line = line };
	bool polygon = !strcmp(sh->type, "polygon");
	if (!strcmp(sh->type, "rectangle"))
		ann_corners(&o, fmin(p[0], p[2 * points - 2 - (points == 4 ? 2 : 0)]), fmin(p[1], p[points == 4 ? 5 : 3]),
			fmax(p[0], p[points == 4 ? 4 : 2]), fmax(p[1], p[points == 4 ? 5 : 3]));
	else if (!strcmp(sh->type, "circle")) {
		double r = hypot(p[2] - p[0], p[3] - p[1]);
		ann_corners(&o, p[0] - r, p[1] - r, p[0] + r, p[1] + r);
		o.shape = secant_ann_points(s, ANN_POINTS, p, 2);
	} else if (sh->mask.p && !strcmp(sh->type, "mask")) {
		o.shape = read_mask(s, image, sh, origin, line, &status, err);
		ann_corners(&o, p[0], p[1], p[2] + 1, p[3] + 1);
	} else {
		o.shape = secant_ann_points(s,
			polygon                                                      ? ANN_POLYGONS
				: !strcmp(sh->type, "oriented_rectangle") && points == 4 ? ANN_QUAD
				: !strncmp(sh->type, "line", 4)                          ? ANN_LINE
																		 : ANN_POINTS,
			p, points);
		o.flags |= ANN_BOX_DERIVED;
	}
	o.attributes = sh->head;
	if (!polygon && strcmp(sh->type, "rectangle") && strcmp(sh->type, "mask"))
		secant_ann_attribute_text(s, &o.attributes, "labelme.shape_type", sh->type, strlen(sh->type));
	ann_object *to = status || class < 0 ? NULL : secant_ann_add_object(s, image, class);
	if (!to)
		return status ? status : secant_ann_nomem(err);
	o.image = image, o.class = class;
	*to = o;
	secant_ann_absorb(s, to);
	return SECANT_OK;
}

static secant_status
parse_json(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	json_pull j;
	ann_field key;
	shape sh = { 0 };
	secant_status status = SECANT_OK;
	const char *shapes = NULL;
	int first = s->n_objects;
	int64_t v;
	secant_pull_init(&j, data, n, origin);
	for (secant_pull_object(&j); secant_pull_key(&j, &key);) {
		if (ann_is(key, "shapes")) { /* after the size of the picture */
			shapes = j.p;
			secant_pull_skip(&j, NULL);
		} else if ((ann_is(key, "imageWidth") || ann_is(key, "imageHeight")) && secant_pull_peek(&j) == 'n') {
			if (secant_pull_integer(&j, &v) && v >= 0 && v < 1 << 30)
				*(ann_is(key, "imageWidth") ? &s->images[image].width : &s->images[image].height) = (int32_t)v;
		} else if (ann_is(key, "imageData") || ann_is(key, "imagePath") || ann_is(key, "version"))
			secant_pull_skip(&j, NULL);
		else if (ann_is(key, "attributes") && secant_pull_peek(&j) == 'o') {
			for (secant_pull_object(&j); secant_pull_key(&j, &key);)
				keep(s, &j, &s->images[image].attributes, key, "");
		} else
			keep(s, &j, &s->images[image].attributes, key, "labelme.");
	}
	secant_pull_end(&j);
	if (shapes && !j.err.code) {
		j.p = shapes;
		j.depth = 0;
		j.line_at = NULL;
		for (secant_pull_array(&j); !status && secant_pull_element(&j);) {
			uint32_t line = secant_pull_line(&j);
			read_shape(s, &j, &sh);
			if (!j.err.code)
				status = add_shape(s, image, &sh, origin, line, err);
		}
		secant_ann_join_parts(s, first);
	}
	if (!status && j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	secant_free(sh.xy);
	secant_pull_free(&j);
	return status;
}

/* --- XML of MIT LabelMe 3.0
 * ------------------------------------------------------------------------------------------------------ */

static void
read_pt(xml_pull *x, shape *sh)
{
	ann_field tag;
	double v[2] = { 0, 0 };
	while (secant_xml_child(x, &tag)) {
		if (ann_is(tag, "x"))
			(void)secant_xml_real(x, &v[0]);
		else if (ann_is(tag, "y"))
			(void)secant_xml_real(x, &v[1]);
		else
			secant_xml_skip(x);
	}
	for (int i = 0; i < 2; i++) {
		if (secant_grow((void **)&sh->xy, &sh->capacity, sh->n, sizeof *sh->xy)) {
			secant_xml_fail(x, "no memory");
			return;
		}
		sh->xy[sh->n++] = v[i];
	}
}

typedef struct xml_object {
	shape sh;
	bool box, deleted, masked;
	double rect[4];
	char mask[300];
} xml_object;

static void
read_part(ann_set *s, xml_pull *x, ann_field tag, xml_object *o)
{
	ann_field text;
	secant_str json = { 0 };
	if (ann_is(tag, "name")) {
		if (secant_xml_text(x, &text))
			snprintf(o->sh.label, sizeof o->sh.label, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	} else if (ann_is(tag, "deleted"))
		o->deleted = secant_xml_text(x, &text) && ann_is(text, "1");
	else if (ann_is(tag, "type"))
		o->box = secant_xml_text(x, &text) && ann_is(text, "bounding_box");
	else if (ann_is(tag, "polygon") || ann_is(tag, "segm")) {
		while (secant_xml_child(x, &tag)) {
			if (ann_is(tag, "pt"))
				read_pt(x, &o->sh);
			else if (ann_is(tag, "mask") && secant_xml_text(x, &text)) {
				o->masked = true;
				snprintf(o->mask, sizeof o->mask, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
			} else if (ann_is(tag, "box")) {
				static const char *const names[] = { "xmin", "ymin", "xmax", "ymax" };
				while (secant_xml_child(x, &tag)) {
					int i = 0;
					while (i < 4 && !ann_is(tag, names[i]))
						i++;
					if (i < 4)
						(void)secant_xml_real(x, &o->rect[i]);
					else
						secant_xml_skip(x);
				}
			} else if (!ann_is(tag, "mask"))
				secant_xml_skip(x);
		}
	} else {
		char key[120];
		snprintf(key, sizeof key, "labelme.%.*s", (int)(ann_len(tag) > 100 ? 100 : ann_len(tag)), tag.p);
		secant_xml_json(x, &json);
		if (json.p && strcmp(json.p, "\"\""))
			secant_ann_attribute(s, &o->sh.head, key, json.p, json.n);
	}
	secant_str_free(&json);
}

/* Masks/FOLDER/NAME.png beside Annotations/FOLDER. */
static uint32_t
xml_mask(ann_set *s, const char *origin, const char *name, secant_status *status, secant_err *err)
{
	const char *at = strstr(origin, "Annotations/");
	char *dir = at ? secant_path_dir(at + 12) : NULL;
	char *path = dir && secant_path_is_safe(name)
		? secant_format("%.*sMasks/%s/%s", (int)(at - origin), origin, dir, name)
		: NULL;
	secant_image im = { 0 };
	secant_err one = { 0 };
	secant_image_read_options grey = { .channels = 1, .to_u8 = true };
	uint32_t shape_at = 0;
	ann_rle r;
	if (!path || secant_image_read(&im, path, &grey, &one))
		*status = secant_ann_bad(
			s, "image-missing", origin, 0, 0, err, "the mask '%s' cannot be read: %s", name, one.msg);
	else if (!(*status = secant_ann_rle_from_pixels(&r, im.data, (uint32_t)im.height, (uint32_t)im.width, err))) {
		secant_str text = { 0 };
		secant_ann_rle_encode(&text, r.runs, r.n);
		shape_at = secant_ann_rle(s, im.height, im.width, text.p ? text.p : "", text.n, false);
		secant_str_free(&text);
		secant_ann_rle_free(&r);
	}
	secant_image_free(&im);
	secant_free(dir), secant_free(path);
	return shape_at;
}

static secant_status
parse_xml(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	xml_object o = { .sh = { 0 } };
	secant_status status = SECANT_OK;
	int deleted = 0;
	secant_xml_init(&x, data, n, origin);
	(void)secant_xml_root(&x, &tag);
	while (!status && secant_xml_child(&x, &tag)) {
		if (!ann_is(tag, "object")) {
			if (ann_is(tag, "imagesize"))
				while (secant_xml_child(&x, &tag)) {
					double v = 0;
					if (!ann_is(tag, "nrows") && !ann_is(tag, "ncols"))
						secant_xml_skip(&x);
					else if (secant_xml_real(&x, &v) && v >= 0 && v < 1e9)
						*(ann_is(tag, "nrows") ? &s->images[image].height : &s->images[image].width) = (int32_t)v;
				}
			else
				secant_xml_skip(&x);
			continue;
		}
		uint32_t line = secant_xml_line(&x);
		o.sh.n = 0, o.sh.head = 0, o.sh.label[0] = 0, o.box = o.deleted = o.masked = false;
		while (secant_xml_child(&x, &tag))
			read_part(s, &x, tag, &o);
		if (x.err.code)
			break;
		if (o.deleted) {
			deleted++;
			continue;
		}
		uint32_t mask = o.masked ? xml_mask(s, origin, o.mask, &status, err) : 0;
		if (status)
			break;
		if (o.sh.n < 2 && !o.masked) {
			status = secant_ann_bad(
				s, "parse-error", origin, line, 0, err, "object '%s' has neither points nor mask", o.sh.label);
			continue;
		}
		if (!secant_ann_finite(o.sh.xy, o.sh.n) || !secant_ann_finite(o.rect, 4)) {
			status = secant_ann_bad(
				s, "value-not-finite", origin, line, 0, err, "a coordinate of '%s' is not finite", o.sh.label);
			continue;
		}
		int class = secant_ann_class(s, o.sh.label, strlen(o.sh.label));
		uint32_t polygon = o.masked ? mask : secant_ann_polygon(s, o.sh.xy, o.sh.n / 2);
		ann_object *to = class >= 0 ? secant_ann_add_object(s, image, class) : NULL;
		if (!to) {
			status = secant_ann_nomem(err);
			break;
		}
		to->line = line;
		to->attributes = o.sh.head;
		double box[4];
		if (o.masked)
			ann_corners(to, o.rect[0], o.rect[1], o.rect[2], o.rect[3]), to->shape = polygon;
		else if (o.box && secant_ann_extent(s, polygon, box))
			ann_corners(to, box[0], box[1], box[2], box[3]);
		else
			to->shape = polygon, to->flags |= ANN_BOX_DERIVED;
	}
	if (deleted)
		secant_ann_note(s, "%s: %d deleted objects were left out", origin, deleted);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	secant_free(o.sh.xy);
	secant_xml_free(&x);
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
	secant_names files = { 0 };
	int sure = 0, tried = 0;
	*why = "it has JSON with shapes, or MIT LabelMe XML";
	if (secant_is_dir(path) && !secant_ann_walk(&files, path, "json|xml", 3, NULL))
		for (int i = 0; i < files.n && tried < 20 && !sure; i++) {
			char *file = secant_path_join(path, files.v[i]);
			tried++;
			if (file && secant_ext_is(file, "json"))
				sure = has(file, "\"shapes\"", "\"annotations\"") ? 85 : 0;
			else if (file)
				sure = (has(file, "<imagesize>", "<bndbox>") || has(file, "<polygon>", "<bndbox>"))
						&& has(file, "<annotation>", "<annotations>")
					? 85
					: 0;
			secant_free(file);
		}
	secant_names_free(&files);
	return sure;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_names files = { 0 };
	secant_status status = secant_ann_read_option_names(s, o, err);
	int fixed = s->n_classes;
	char *images = secant_path_join(path, "Images");
	bool mit = images && secant_is_dir(images);
	secant_free(images);
	if (!status)
		status = secant_ann_add_pictures(s, o->images ? o->images : mit ? "Images" : "", -1, true, err);
	if (!status)
		status = secant_ann_walk(&files, path, "json|xml", 8, err);
	for (int i = 0; !status && i < files.n; i++) {
		bool json = secant_ext_is(files.v[i], "json");
		const char *below = files.v[i] + (mit && !strncmp(files.v[i], "Annotations/", 12) ? 12 : 0);
		char *file = secant_path_join(path, files.v[i]);
		int at = -1;
		if (!strcmp(files.v[i], "secant.json") || !file || (json && !has(file, "\"shapes\"", "\"annotations\""))) {
			secant_free(file);
			continue;
		}
		static const char *const ext[] = { "jpg", "png", "jpeg", "JPG", "tif", "bmp", "tiff", "webp", "PNG", NULL };
		for (int k = 0; ext[k] && at < 0; k++) {
			char *alias = secant_ann_with_extension(below, ext[k]);
			at = alias ? secant_ann_find_image(s, alias, strlen(alias)) : -1;
			secant_free(alias);
		}
		if (at < 0) {
			char *name = secant_ann_with_extension(below, "jpg");
			at = name ? secant_ann_add_image(s, name, strlen(name)) : -1;
			if (at >= 0)
				status = secant_ann_find(s, "image-missing", -1, file, 0, 0, "there is no picture beside it");
			secant_free(name);
		}
		if (!status && at >= 0)
			(void)secant_ann_probe(s, at, NULL);
		if (!status)
			status = at >= 0 ? secant_ann_read_text(s, at, file, json ? parse_json : parse_xml, err)
							 : secant_ann_nomem(err);
		secant_free(file);
	}
	secant_names_free(&files);
	return status ? status : secant_ann_sort_classes(s, fixed, err);
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
put_points(secant_str *t, const double *xy, int n)
{
	for (int i = 0; i < n; i++) {
		secant_str_add(t, i ? ", [" : "[");
		secant_ann_put_number(t, xy[2 * i]);
		secant_str_add(t, ", ");
		secant_ann_put_number(t, xy[2 * i + 1]);
		secant_str_add(t, "]");
	}
}

static secant_status
put_mask(secant_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	uint8_t *pixels;
	int b[4];
	secant_status status = secant_ann_rle_cut(s, o->shape, &pixels, b, err);
	if (status)
		return status;
	int w = b[2] > 0 ? b[2] : 1, h = b[3] > 0 ? b[3] : 1;
	const double xy[4] = { b[0], b[1], b[0] + w - 1, b[1] + h - 1 };
	secant_image im = { 0 };
	void *png = NULL;
	size_t n = 0;
	status = secant_image_new(&im, w, h, 1, SECANT_U8, err);
	for (int i = 0; !status && i < b[2] * b[3]; i++)
		((uint8_t *)im.data)[i] = pixels[i] ? 255 : 0;
	if (!status)
		status = secant_image_encode(&im, "png", &png, &n, NULL, err);
	put_points(t, xy, 2);
	secant_str_add(t, "], \"shape_type\": \"mask\", \"mask\": \"");
	if (!status)
		base64_encode(png, n, t);
	secant_str_add(t, "\"");
	secant_image_free(&im);
	secant_free(png), secant_free(pixels);
	return status;
}

static void
put_attributes(secant_str *t, const ann_set *s, uint32_t head, const char *const *extra, bool native, const char *skip)
{
	bool any = false;
	for (; head || (extra && *extra);) {
		const char *key = head ? ann_str(s, s->attributes[head].key) : extra[0],
				   *value = head ? ann_str(s, s->attributes[head].value) : extra[1];
		if (head)
			head = s->attributes[head].next;
		else
			extra += 2;
		char mark[160];
		snprintf(mark, sizeof mark, "|%s|", key);
		/* MIT's <attributes> stands among the attributes: their own name is taken. */
		bool own = secant_ann_native(key, "labelme.") && strcmp(key, "labelme.attributes");
		if (own != native || strstr(skip, mark))
			continue;
		secant_str_add(t, native ? ", " : any ? ", " : ", \"attributes\": {");
		any = true;
		secant_ann_json_string(t, key + (native ? 8 : 0), strlen(key + (native ? 8 : 0)));
		secant_str_add(t, ": ");
		secant_str_add(t, value);
	}
	if (any && !native)
		secant_str_add(t, "}");
}

static secant_status
put_shape(secant_str *t, const ann_set *s, const ann_object *o, int part, int parts, int group, secant_err *err)
{
	ann_implied extra;
	const char *label = o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "";
	const char *type = o->attributes ? secant_ann_get(s, o->attributes, "labelme.shape_type") : NULL;
	ann_kind kind = ann_shape_kind(s, o->shape);
	secant_status status = SECANT_OK;
	secant_str_add(t, "    {\"label\": ");
	secant_ann_json_string(t, label, strlen(label));
	secant_str_add(t, ", \"points\": [");
	if (kind == ANN_RLE)
		status = put_mask(t, s, o, err);
	else if (kind) {
		int all, n = 0;
		const double *xy = NULL, *p = secant_ann_parts(s, o->shape, &all);
		for (int i = 0; i <= part && i < all; i++)
			p = secant_ann_part(p, &xy, &n);
		put_points(t, xy, n);
		secant_str_addf(t, "], \"shape_type\": %s",
			type                     ? type
				: kind == ANN_LINE   ? "\"linestrip\""
				: kind == ANN_POINTS ? "\"points\""
				: kind == ANN_QUAD   ? "\"oriented_rectangle\""
									 : "\"polygon\"");
	} else {
		const double xy[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		put_points(t, xy, 2);
		secant_str_add(t, "], \"shape_type\": \"rectangle\"");
	}
	if (group)
		secant_str_addf(t, ", \"group_id\": %d", group);
	else if (!secant_ann_get(s, o->attributes, "labelme.group_id"))
		secant_str_add(t, ", \"group_id\": null");
	if (!secant_ann_get(s, o->attributes, "labelme.flags"))
		secant_str_add(t, ", \"flags\": {}");
	put_attributes(t, s, o->attributes, NULL, true,
		group ? "|labelme.shape_type|labelme.group_id|" : "|labelme.shape_type|labelme.points|labelme.label|");
	if (secant_ann_implied(s, o, ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA | ANN_IMPLIED_DIFFICULT | ANN_IMPLIED_BOX, group,
			part, parts, &extra)
		|| o->attributes)
		put_attributes(t, s, o->attributes, extra.pair, false, "");
	secant_str_add(t, "}");
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	secant_str t = { 0 };
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *name = ann_str(s, im->name), *base = secant_path_name(name);
		int group = 0;
		secant_str_add(&t, "{\n  \"version\": \"5.4.1\"");
		if (!secant_ann_get(s, im->attributes, "labelme.flags"))
			secant_str_add(&t, ",\n  \"flags\": {}");
		put_attributes(&t, s, im->attributes, NULL, true, "|labelme.shapes|labelme.imagePath|");
		put_attributes(&t, s, im->attributes, NULL, false, "");
		secant_str_add(&t, ",\n  \"shapes\": [");
		bool first = true;
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			int parts = 1;
			if (o->flags & (ANN_NO_BOX | ANN_VOID))
				continue;
			if (ann_shape_kind(s, o->shape) == ANN_POLYGONS)
				(void)secant_ann_parts(s, o->shape, &parts);
			group += parts > 1;
			for (int p = 0; !status && p < (parts > 1 ? parts : 1); p++) {
				secant_str_add(&t, first ? "\n" : ",\n");
				first = false;
				status = put_shape(&t, s, o, p, parts, parts > 1 ? group : 0, err);
			}
		}
		secant_str_add(&t, first ? "],\n  \"imagePath\": " : "\n  ],\n  \"imagePath\": ");
		secant_ann_json_string(&t, base, strlen(base));
		secant_str_addf(
			&t, ",\n  \"imageData\": null,\n  \"imageHeight\": %d,\n  \"imageWidth\": %d\n}\n", im->height, im->width);
		char *json = secant_ann_with_extension(name, "json");
		if (!status)
			status = json ? secant_ann_out_str(out, json, &t, err) : secant_ann_nomem(err);
		if (!status)
			status = secant_ann_out_picture(out, s, im, name, err);
		secant_free(json);
		secant_ann_out_lose(out, im->splits != 0, "membership of a picture in a list");
	}
	secant_str_free(&t);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	ann_field f = secant_ann_trim(d, d + n);
	return ann_len(f) && *f.p == '<' ? parse_xml(s, 0, d, n, o, e) : parse_json(s, 0, d, n, o, e);
}

const ann_format secant_ann_format_labelme = {
	.name = "labelme",
	.brief = "LabelMe JSON (and, for reading, MIT LabelMe XML)",
	.prefix = "labelme.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_QUAD | ANN_HOLDS_LINES | ANN_HOLDS_FRACTIONS | ANN_HOLDS_PARTS,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};
