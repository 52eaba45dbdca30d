/*
 * CVAT XML 1.1 ("CVAT for images", and tracks of "CVAT for video"): annotations.xml with <image> elements that hold
 * box, polygon, polyline, points, mask (row-major run lengths within left, top, width, height) and tag; <track>
 * elements with one shape a frame. Coordinates are 0-based floats. Images may name a subset: their list.
 */
#include "annotations/attributes.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <stdio.h>

static int
detect(const char *path, const char **why)
{
	*why = "it has CVAT XML";
	char *inner = secant_path_join(path, "annotations.xml");
	const char *file = secant_is_dir(path) ? inner : path;
	secant_bytes b;
	int sure = 0;
	bool there = file && secant_ext_is(file, "xml") && secant_is_file(file);
	if (there && secant_file_map(&b, file, NULL))
		sure = 60; /* it cannot be read: the reader says why */
	else if (there) {
		sure = memmem(b.data, b.size < 4096 ? b.size : 4096, "<annotations", 12) ? 90 : 0;
		secant_file_unmap(&b);
	}
	secant_free(inner);
	return sure;
}

typedef struct reader {
	ann_set *s;
	xml_pull x;
	const char *origin;
	double *xy;
	int capacity;
	secant_err *err;
	secant_status status;
} reader;

static void
fail(reader *r, secant_status status)
{
	if (status && !r->status) {
		r->status = status;
		if (!r->x.err.code)
			(void)secant_fail(&r->x.err, status, "stopped");
	}
}

static double
attribute_number(reader *r, const char *key, double otherwise)
{
	ann_field text;
	double v = otherwise;
	if (secant_xml_attribute(&r->x, key, &text) && !secant_ann_real(text.p, text.end, &v))
		secant_xml_fail(&r->x, "%s=\"%.*s\" where a number should stand", key,
			(int)(ann_len(text) > 40 ? 40 : ann_len(text)), text.p);
	return v;
}

/* "x,y;x,y" */
static int
read_points(reader *r)
{
	ann_field text;
	int n = 0;
	if (!secant_xml_attribute(&r->x, "points", &text))
		return 0;
	for (const char *p = text.p; p < text.end;) {
		while (p < text.end && (*p == ';' || *p == ',' || *p == ' '))
			p++;
		if (p >= text.end)
			break;
		if (secant_grow((void **)&r->xy, &r->capacity, n, sizeof *r->xy)) {
			fail(r, secant_ann_nomem(r->err));
			return 0;
		}
		p = secant_ann_number(p, text.end, &r->xy[n]);
		if (!p) {
			secant_xml_fail(&r->x, "points hold something that is no number");
			return 0;
		}
		n++;
	}
	if (n & 1)
		fail(r,
			secant_ann_bad(
				r->s, "polygon-odd", r->origin, secant_xml_line(&r->x), 0, r->err, "%d coordinates: x without y", n));
	if (!secant_ann_finite(r->xy, n))
		fail(r,
			secant_ann_bad(
				r->s, "value-not-finite", r->origin, secant_xml_line(&r->x), 0, r->err, "a coordinate is not finite"));
	return n & 1 || !secant_ann_finite(r->xy, n) ? 0 : n / 2;
}

/* Row-major runs of the cut-out to a mask of the picture. */
static uint32_t
read_mask(reader *r, int image)
{
	double left = attribute_number(r, "left", 0), top = attribute_number(r, "top", 0),
		   w = attribute_number(r, "width", 0), h = attribute_number(r, "height", 0);
	int iw = r->s->images[image].width, ih = r->s->images[image].height;
	ann_field text;
	uint32_t shape = 0, line = secant_xml_line(&r->x);
	if (!(w >= 1 && h >= 1 && left >= 0 && top >= 0 && left + w <= iw && top + h <= ih) || iw > 1 << 15 || ih > 1 << 15
		|| !secant_xml_attribute(&r->x, "rle", &text)) {
		fail(r,
			secant_ann_bad(r->s, "rle-size", r->origin, line, 0, r->err,
				"a mask of %g x %g at %g, %g on a picture of %d x %d", w, h, left, top, iw, ih));
		return 0;
	}
	uint8_t *pixels = secant_calloc((size_t)iw * (size_t)ih, 1);
	uint64_t at = 0, total = (uint64_t)w * (uint64_t)h;
	bool inside = false, good = pixels != NULL;
	for (const char *p = text.p; good && p < text.end; inside = !inside) {
		double run;
		while (p < text.end && (*p == ' ' || *p == ','))
			p++;
		if (p >= text.end)
			break;
		p = secant_ann_number(p, text.end, &run);
		good = p && run >= 0 && run <= (double)(total - at) && run == floor(run);
		for (uint64_t end = at + (good ? (uint64_t)run : 0); at < end; at++)
			if (inside)
				pixels[(size_t)(top + (double)(at / (uint64_t)w)) * (size_t)iw
					+ (size_t)(left + (double)(at % (uint64_t)w))] = 1;
	}
	ann_rle rle;
	if (!good || at != total)
		fail(r,
			secant_ann_bad(
				r->s, "rle-sum", r->origin, line, 0, r->err, "the runs of a mask do not sum to %g x %g", w, h));
	else if (!secant_ann_rle_from_pixels(&rle, pixels, (uint32_t)ih, (uint32_t)iw, r->err)) {
		secant_str t = { 0 };
		secant_ann_rle_encode(&t, rle.runs, rle.n);
		shape = secant_ann_rle(r->s, ih, iw, t.p ? t.p : "", t.n, false);
		secant_str_free(&t);
		secant_ann_rle_free(&rle);
	}
	secant_free(pixels);
	return shape;
}

/* Attributes of the tag itself that are not geometry are kept. */
static void
keep_tag(reader *r, uint32_t *head)
{
	static const char known[] = "|label|xtl|ytl|xbr|ybr|points|rle|left|top|width|height|occluded|frame|";
	for (int i = 0; i < r->x.n_attributes; i++) {
		char key[120], mark[124];
		ann_field text;
		snprintf(key, sizeof key, "cvat.%.*s", (int)(ann_len(r->x.key[i]) > 100 ? 100 : ann_len(r->x.key[i])),
			r->x.key[i].p);
		snprintf(mark, sizeof mark, "|%s|", key + 5);
		if (strstr(known, mark) || !secant_xml_attribute(&r->x, key + 5, &text))
			continue;
		if ((!strcmp(key, "cvat.source") && ann_is(text, "manual"))
			|| (!strcmp(key, "cvat.z_order") && ann_is(text, "0")))
			continue; /* the usual values say nothing */
		secant_str json = { 0 };
		secant_ann_text_value(&json, text.p, ann_len(text));
		if (json.p)
			secant_ann_attribute(r->s, head, key, json.p, json.n);
		secant_str_free(&json);
	}
}

static void
read_children(reader *r, uint32_t *head)
{
	ann_field tag, text;
	char key[200];
	while (secant_xml_child(&r->x, &tag)) {
		if (!ann_is(tag, "attribute") || !secant_xml_attribute(&r->x, "name", &text)) {
			secant_xml_skip(&r->x);
			continue;
		}
		snprintf(key, sizeof key, "%.*s", (int)(ann_len(text) > 190 ? 190 : ann_len(text)), text.p);
		secant_str json = { 0 };
		if (secant_xml_text(&r->x, &text))
			secant_ann_text_value(&json, text.p, ann_len(text));
		if (json.p)
			secant_ann_attribute(r->s, head, key, json.p, json.n);
		secant_str_free(&json);
	}
}

/* One shape element, attributes still in r->x. `label` and `more` come from the track, if any. */
static void
read_shape(reader *r, ann_field tag, int image, const char *label, uint32_t track)
{
	ann_set *s = r->s;
	ann_object o = { .area = NAN, .id = ANN_NO_ID, .line = secant_xml_line(&r->x), .image = image };
	char name[300];
	ann_field text;
	snprintf(name, sizeof name, "%s", label ? label : "");
	if (!label && secant_xml_attribute(&r->x, "label", &text))
		snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	bool polygon = ann_is(tag, "polygon"), line = ann_is(tag, "polyline"), points = ann_is(tag, "points"), sound = true;
	if (ann_is(tag, "box")) {
		const double b[4] = { attribute_number(r, "xtl", NAN), attribute_number(r, "ytl", NAN),
			attribute_number(r, "xbr", NAN), attribute_number(r, "ybr", NAN) };
		sound = secant_ann_finite(b, 4);
		if (!sound && !r->x.err.code)
			fail(r,
				secant_ann_bad(s, "value-not-finite", r->origin, o.line, 0, r->err,
					"a box without all of xtl, ytl, xbr, ybr, or not finite"));
		ann_corners(&o, b[0], b[1], b[2], b[3]);
	} else if (polygon || line || points) {
		int n = read_points(r);
		o.shape = n ? secant_ann_points(s, polygon ? ANN_POLYGONS : line ? ANN_LINE : ANN_POINTS, r->xy, n) : 0;
		o.flags = ANN_BOX_DERIVED;
		sound = n > 0;
	} else if (ann_is(tag, "mask")) {
		o.shape = read_mask(r, image);
		o.flags = ANN_BOX_DERIVED;
		sound = o.shape != 0;
	} else
		o.flags = ANN_NO_BOX;
	if (secant_xml_attribute(&r->x, "occluded", &text) && ann_is(text, "1"))
		secant_ann_attribute(s, &o.attributes, "occluded", "1", 1);
	keep_tag(r, &o.attributes);
	if (track) {
		char number[16];
		int n = snprintf(number, sizeof number, "%u", track - 1);
		secant_ann_attribute(s, &o.attributes, "track_id", number, (size_t)n);
	}
	read_children(r, &o.attributes);
	if (r->x.err.code || !sound)
		return;
	int class = secant_ann_class(s, name, strlen(name));
	ann_object *to = class >= 0 ? secant_ann_add_object(s, image, class) : NULL;
	if (!to) {
		fail(r, secant_ann_nomem(r->err));
		return;
	}
	o.class = class;
	*to = o;
	secant_ann_absorb(s, to);
}

static void
read_image(reader *r)
{
	ann_set *s = r->s;
	ann_field text, tag;
	char name[1024] = "";
	uint32_t line = secant_xml_line(&r->x);
	if (!secant_xml_attribute(&r->x, "name", &text)) {
		secant_xml_fail(&r->x, "an image without name");
		return;
	}
	fail(r, secant_ann_picture_name(s, text.p, ann_len(text), r->origin, line, name, r->err));
	int at = r->status ? -1 : secant_ann_add_image(s, name, strlen(name));
	if (at < 0) {
		fail(r, r->status ? r->status : secant_ann_nomem(r->err));
		return;
	}
	double w = attribute_number(r, "width", 0), h = attribute_number(r, "height", 0),
		   id = attribute_number(r, "id", -1);
	ann_image *im = &s->images[at];
	im->width = w > 0 && w < 1e9 ? (int32_t)w : 0;
	im->height = h > 0 && h < 1e9 ? (int32_t)h : 0;
	im->id = id >= 0 && id < 9e15 ? (int64_t)id : ANN_NO_ID;
	im->line = line;
	im->source = secant_ann_intern(s, r->origin, strlen(r->origin));
	if (secant_xml_attribute(&r->x, "subset", &text) && ann_len(text)) {
		int split = secant_ann_split(s, text.p, ann_len(text));
		s->images[at].splits = split >= 0 ? 1ull << split : 0;
	}
	int first = s->n_objects;
	while (secant_xml_child(&r->x, &tag)) {
		if (ann_is(tag, "box") || ann_is(tag, "polygon") || ann_is(tag, "polyline") || ann_is(tag, "points")
			|| ann_is(tag, "mask") || ann_is(tag, "tag"))
			read_shape(r, tag, at, NULL, 0);
		else if (ann_is(tag, "attributes"))
			(void)secant_ann_attributes_read(s, &r->x, &s->images[at].attributes);
		else {
			secant_ann_note(s, "%s: element <%.*s> of a picture was left out", r->origin,
				(int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p);
			secant_xml_skip(&r->x);
		}
	}
	secant_ann_join_parts(s, first);
}

/* A track: its shapes go to the pictures frame_NNNNNN of the video; shapes that have left the view are no objects. */
static void
read_track(reader *r, uint32_t number)
{
	ann_field text, tag;
	char label[300] = "", name[40];
	if (secant_xml_attribute(&r->x, "label", &text))
		snprintf(label, sizeof label, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	while (secant_xml_child(&r->x, &tag)) {
		double frame = attribute_number(r, "frame", -1);
		if (!(frame >= 0 && frame < 1e9) || attribute_number(r, "outside", 0) != 0) {
			secant_xml_skip(&r->x);
			continue;
		}
		int n = snprintf(name, sizeof name, "frame_%06d.png", (int)frame),
			at = secant_ann_find_image(r->s, name, (size_t)n);
		at = at >= 0 ? at : secant_ann_add_image(r->s, name, (size_t)n);
		if (at < 0) {
			fail(r, secant_ann_nomem(r->err));
			return;
		}
		read_shape(r, tag, at, label, number + 1);
	}
}

/* The label list of <meta>, wherever it stands in it. */
static void
read_meta(reader *r, int depth)
{
	ann_field tag, text;
	while (secant_xml_child(&r->x, &tag)) {
		if (ann_is(tag, "label")) {
			while (secant_xml_child(&r->x, &tag))
				if (ann_is(tag, "name") && secant_xml_text(&r->x, &text)) {
					if (secant_ann_class(r->s, text.p, ann_len(text)) < 0)
						fail(r, secant_ann_nomem(r->err));
				} else if (!ann_is(tag, "name"))
					secant_xml_skip(&r->x);
		} else if ((ann_is(tag, "task") || ann_is(tag, "project") || ann_is(tag, "job") || ann_is(tag, "labels"))
			&& depth < 6)
			read_meta(r, depth + 1);
		else
			secant_xml_skip(&r->x);
	}
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	reader r = { .s = s, .origin = origin, .err = err };
	ann_field tag;
	uint32_t tracks = 0;
	secant_xml_init(&r.x, data, n, origin);
	if (secant_xml_root(&r.x, &tag) && !ann_is(tag, "annotations"))
		secant_xml_fail(&r.x, "the first element is not <annotations>");
	while (secant_xml_child(&r.x, &tag)) {
		if (ann_is(tag, "image"))
			read_image(&r);
		else if (ann_is(tag, "track"))
			read_track(&r, tracks++);
		else if (ann_is(tag, "meta"))
			read_meta(&r, 0);
		else
			secant_xml_skip(&r.x);
	}
	secant_xml_end(&r.x);
	secant_status status = r.status ? r.status
		: r.x.err.code              ? secant_fail(err, r.x.err.code, "%s", r.x.err.msg)
									: SECANT_OK;
	secant_free(r.xy);
	secant_xml_free(&r.x);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	bool dir = secant_is_dir(path);
	char *file = dir ? secant_path_join(path, "annotations.xml") : secant_strdup(path),
		 *root = dir ? secant_strdup(path) : secant_path_dir(path);
	secant_status status = file && root ? secant_ann_read_option_names(s, o, err) : secant_ann_nomem(err);
	if (!status)
		status = secant_ann_read_text(s, -1, file, parse, err);
	const char *const folders[] = { o->images ? o->images : "images", "", "data", "images/default", "images/train",
		NULL };
	for (int i = 0; !status && i < s->n_images; i++)
		(void)secant_ann_locate(s, i, root, folders);
	secant_free(file), secant_free(root);
	return status;
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
put_name(secant_str *t, const char *key, const char *value)
{
	secant_str_addf(t, " %s=\"", key);
	secant_ann_xml_text(t, value, strlen(value));
	secant_str_add(t, "\"");
}

static void
put_number(secant_str *t, const char *key, double v)
{
	secant_str_addf(t, " %s=\"", key);
	secant_ann_put_number(t, v);
	secant_str_add(t, "\"");
}

static secant_status
put_mask(secant_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	uint8_t *pixels, last = 0;
	int b[4], run = 0;
	bool first = true;
	secant_status status = secant_ann_rle_cut(s, o->shape, &pixels, b, err);
	if (status)
		return status;
	secant_str_add(t, " rle=\"");
	for (int i = 0; i < b[2] * b[3]; i++, run++) {
		if (pixels[i] == last)
			continue;
		secant_str_addf(t, first ? "%d" : ", %d", run);
		first = false;
		last = pixels[i];
		run = 0;
	}
	secant_str_addf(t, first ? "%d\"" : ", %d\"", run);
	put_number(t, "left", b[0]), put_number(t, "top", b[1]), put_number(t, "width", b[2]),
		put_number(t, "height", b[3]);
	secant_free(pixels);
	return SECANT_OK;
}

static void
put_points(secant_str *t, const double *xy, int n)
{
	secant_str_add(t, " points=\"");
	for (int i = 0; i < n; i++) {
		secant_str_add(t, i ? ";" : "");
		secant_ann_put_number(t, xy[2 * i]);
		secant_str_add(t, ",");
		secant_ann_put_number(t, xy[2 * i + 1]);
	}
	secant_str_add(t, "\"");
}

static secant_status
put_object(secant_str *t, const ann_set *s, const ann_object *o, int number, int part, int parts, secant_err *err)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	const char *tag = o->flags & ANN_NO_BOX        ? "tag"
		: kind == ANN_RLE                          ? "mask"
		: kind == ANN_POLYGONS || kind == ANN_QUAD ? "polygon"
		: kind == ANN_LINE                         ? "polyline"
		: kind == ANN_POINTS                       ? "points"
												   : "box";
	const char *occluded = o->attributes ? secant_ann_get(s, o->attributes, "occluded") : NULL;
	ann_implied extra;
	secant_status status = SECANT_OK;
	secant_str_addf(t, "    <%s", tag);
	put_name(t, "label", o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "");
	secant_str_add(t, occluded ? " occluded=\"1\"" : " occluded=\"0\"");
	if (!secant_ann_get(s, o->attributes, "cvat.source"))
		secant_str_add(t, " source=\"manual\"");
	if (kind == ANN_RLE)
		status = put_mask(t, s, o, err);
	else if (kind) {
		int all, n = 0;
		const double *xy = NULL, *p = secant_ann_parts(s, o->shape, &all);
		for (int i = 0; i <= part && i < all; i++)
			p = secant_ann_part(p, &xy, &n);
		put_points(t, xy, n);
	} else if (!(o->flags & ANN_NO_BOX))
		put_number(t, "xtl", ann_x0(o)), put_number(t, "ytl", ann_y0(o)), put_number(t, "xbr", ann_x1(o)),
			put_number(t, "ybr", ann_y1(o));
	for (uint32_t a = o->attributes; a; a = s->attributes[a].next) {
		const char *key = ann_str(s, s->attributes[a].key);
		if (!secant_ann_native(key, "cvat.") || strspn(key + 5, "abcdefghijklmnopqrstuvwxyz_") != strlen(key + 5)
			|| !key[5])
			continue;
		secant_str plain = { 0 };
		secant_ann_value_text(&plain, ann_str(s, s->attributes[a].value));
		put_name(t, key + 5, plain.p ? plain.p : "");
		secant_str_free(&plain);
	}
	if (!secant_ann_get(s, o->attributes, "cvat.z_order"))
		secant_str_add(t, " z_order=\"0\"");
	secant_str_add(t, ">\n");
	int implied = secant_ann_implied(s, o,
		ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA | ANN_IMPLIED_DIFFICULT | ANN_IMPLIED_BOX, number, part, parts, &extra);
	for (uint32_t a = o->attributes; a || implied;) {
		const char *key = a ? ann_str(s, s->attributes[a].key) : extra.pair[2 * implied - 2],
				   *value = a ? ann_str(s, s->attributes[a].value) : extra.pair[2 * implied - 1];
		if (a)
			a = s->attributes[a].next;
		else
			implied--;
		if (secant_ann_native(key, "cvat.") || !strcmp(key, "occluded"))
			continue;
		secant_str plain = { 0 };
		secant_ann_value_text(&plain, value);
		secant_str_add(t, "      <attribute");
		put_name(t, "name", key);
		secant_str_add(t, ">");
		secant_ann_xml_text(t, plain.p ? plain.p : "", plain.n);
		secant_str_add(t, "</attribute>\n");
		secant_str_free(&plain);
	}
	secant_str_addf(t, "    </%s>\n", tag);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	secant_str t = { 0 };
	int more = 0;
	secant_status status = SECANT_OK;
	secant_str_add(&t,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n   "
		"   <labels>\n");
	for (int i = 0; i < s->n_classes; i++) {
		secant_str_add(&t, "        <label><name>");
		secant_ann_xml_text(&t, ann_str(s, s->classes[i].name), strlen(ann_str(s, s->classes[i].name)));
		secant_str_add(&t, "</name><attributes></attributes></label>\n");
	}
	secant_str_add(&t, "      </labels>\n    </task>\n  </meta>\n");
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = secant_ann_one_split(s, im, &more), *name = ann_str(s, im->name);
		secant_str_addf(&t, "  <image id=\"%lld\"", (long long)(im->id == ANN_NO_ID ? i : im->id));
		put_name(&t, "name", name);
		if (*split)
			put_name(&t, "subset", split);
		secant_str_addf(&t, " width=\"%d\" height=\"%d\">\n", im->width, im->height);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			int parts = 1;
			if (o->flags & ANN_VOID)
				continue;
			if (ann_shape_kind(s, o->shape) == ANN_POLYGONS)
				(void)secant_ann_parts(s, o->shape, &parts);
			for (int p = 0; !status && p < (parts > 1 ? parts : 1); p++)
				status = put_object(&t, s, o, (int)(k - s->first[i]), p, parts, err);
		}
		if (im->attributes)
			secant_ann_attributes_xml(&t, s, im->attributes, NULL, NULL, 2);
		secant_str_add(&t, "  </image>\n");
		char *picture = secant_format("images/%s", name);
		if (!status)
			status = picture ? secant_ann_out_picture(out, s, im, picture, err) : secant_ann_nomem(err);
		secant_free(picture);
	}
	secant_str_add(&t, "</annotations>\n");
	if (more)
		secant_ann_out_lose(out, more, "second list of a picture (the first is written)");
	if (!status)
		status = secant_ann_out_str(out, "annotations.xml", &t, err);
	secant_str_free(&t);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, -1, d, n, o, e);
}

const ann_format secant_ann_format_cvat = {
	.name = "cvat",
	.brief = "CVAT XML 1.1: images (and, for reading, tracks)",
	.prefix = "cvat.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_LINES
		| ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS | ANN_HOLDS_IMAGE_ATTRIBUTES | ANN_HOLDS_PARTS,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};
