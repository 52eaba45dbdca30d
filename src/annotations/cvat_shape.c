/* Shapes of CVAT's XML: box, polygon, polyline, points, ellipse, cuboid, skeleton, mask, tag; see cvat.c. */
#include "annotations/cvat.h"
#include "annotations/rle.h"
#include <stdio.h>

void
ann_cvat_fail(cvat_reader *r, secant_status status)
{
	if (status && !r->status) {
		r->status = status;
		if (!r->x.err.code)
			(void)secant_fail(&r->x.err, status, "stopped");
	}
}

double
ann_cvat_number(cvat_reader *r, const char *key, double otherwise)
{
	ann_field text;
	double v = otherwise;
	if (ann_xml_attribute(&r->x, key, &text) && !ann_real(text.p, text.end, &v))
		ann_xml_fail(&r->x, "%s=\"%.*s\" where a number should stand", key,
			(int)(ann_len(text) > 40 ? 40 : ann_len(text)), text.p);
	return v;
}

/* "x,y;x,y" */
static int
read_points(cvat_reader *r)
{
	ann_field text;
	int n = 0;
	if (!ann_xml_attribute(&r->x, "points", &text))
		return 0;
	for (const char *p = text.p; p < text.end;) {
		while (p < text.end && (*p == ';' || *p == ',' || *p == ' '))
			p++;
		if (p >= text.end)
			break;
		if (base_grow((void **)&r->xy, &r->capacity, n, sizeof *r->xy)) {
			ann_cvat_fail(r, ann_nomem(r->err));
			return 0;
		}
		p = ann_number(p, text.end, &r->xy[n]);
		if (!p) {
			ann_xml_fail(&r->x, "points hold something that is no number");
			return 0;
		}
		n++;
	}
	if (n & 1)
		ann_cvat_fail(r,
			ann_bad(r->s, "polygon-odd", r->origin, ann_xml_line(&r->x), 0, r->err, "%d coordinates: x without y", n));
	if (!ann_finite(r->xy, n))
		ann_cvat_fail(r,
			ann_bad(r->s, "value-not-finite", r->origin, ann_xml_line(&r->x), 0, r->err, "a coordinate is not finite"));
	return n & 1 || !ann_finite(r->xy, n) ? -1 : n / 2;
}

/* Row-major runs of the cut-out to a mask of the picture. */
static uint32_t
read_mask(cvat_reader *r, int image)
{
	double left = ann_cvat_number(r, "left", 0), top = ann_cvat_number(r, "top", 0), w = ann_cvat_number(r, "width", 0),
		   h = ann_cvat_number(r, "height", 0);
	int iw = r->s->images[image].width, ih = r->s->images[image].height;
	ann_field text;
	uint32_t shape = 0, line = ann_xml_line(&r->x);
	if (!(w >= 1 && h >= 1 && left >= 0 && top >= 0 && left + w <= iw && top + h <= ih) || iw > 1 << 15 || ih > 1 << 15
		|| !ann_xml_attribute(&r->x, "rle", &text)) {
		ann_cvat_fail(r,
			ann_bad(r->s, "rle-size", r->origin, line, 0, r->err, "a mask of %g x %g at %g, %g on a picture of %d x %d",
				w, h, left, top, iw, ih));
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
		p = ann_number(p, text.end, &run);
		good = p && run >= 0 && run <= (double)(total - at) && run == floor(run);
		for (uint64_t end = at + (good ? (uint64_t)run : 0); at < end; at++)
			if (inside)
				pixels[(size_t)(top + (double)(at / (uint64_t)w)) * (size_t)iw
					+ (size_t)(left + (double)(at % (uint64_t)w))] = 1;
	}
	ann_rle rle;
	if (!good || at != total)
		ann_cvat_fail(
			r, ann_bad(r->s, "rle-sum", r->origin, line, 0, r->err, "the runs of a mask do not sum to %g x %g", w, h));
	else if (!ann_rle_from_pixels(&rle, pixels, (uint32_t)ih, (uint32_t)iw, r->err)) {
		base_str t = { 0 };
		ann_rle_encode(&t, rle.runs, rle.n);
		shape = ann_rle_text(r->s, ih, iw, &t);
		base_str_free(&t);
		ann_rle_free(&rle);
	}
	secant_free(pixels);
	return shape;
}

static void
add_text(cvat_reader *r, uint32_t *head, const char *key, ann_field text)
{
	base_str json = { 0 };
	ann_text_value(&json, text.p, ann_len(text));
	if (json.p)
		ann_add_attribute(r->s, head, key, json.p, json.n);
	base_str_free(&json);
}

/* Attributes of the tag itself that are not geometry are kept. */
static void
keep_tag(cvat_reader *r, uint32_t *head)
{
	static const char known[] =
		"|label|xtl|ytl|xbr|ybr|points|rle|left|top|width|height|occluded|frame|rotation|cx|cy|rx|ry|"
		"xtl1|ytl1|xbl1|ybl1|xtr1|ytr1|xbr1|ybr1|xtl2|ytl2|xbl2|ybl2|xtr2|ytr2|xbr2|ybr2|";
	for (int i = 0; i < r->x.n_attributes; i++) {
		char key[120], mark[124];
		ann_field text;
		snprintf(key, sizeof key, "cvat.%.*s", (int)(ann_len(r->x.key[i]) > 100 ? 100 : ann_len(r->x.key[i])),
			r->x.key[i].p);
		snprintf(mark, sizeof mark, "|%s|", key + 5);
		if (strstr(known, mark) || !ann_xml_attribute(&r->x, key + 5, &text))
			continue;
		if ((!strcmp(key, "cvat.source") && ann_is(text, "manual"))
			|| ((!strcmp(key, "cvat.z_order") || !strcmp(key, "cvat.outside")) && ann_is(text, "0"))
			|| (!strcmp(key, "cvat.keyframe") && ann_is(text, "1")))
			continue; /* the usual values say nothing */
		add_text(r, head, key, text);
	}
}

static void
read_children(cvat_reader *r, uint32_t *head)
{
	ann_field tag, text;
	char key[200];
	while (ann_xml_child(&r->x, &tag)) {
		if (!ann_is(tag, "attribute") || !ann_xml_attribute(&r->x, "name", &text)) {
			ann_xml_skip(&r->x);
			continue;
		}
		snprintf(key, sizeof key, "%.*s", (int)(ann_len(text) > 190 ? 190 : ann_len(text)), text.p);
		if (ann_xml_next_text(&r->x, &text))
			add_text(r, head, key, text);
	}
}

static bool
box_shape(cvat_reader *r, ann_object *o)
{
	const double b[4] = { ann_cvat_number(r, "xtl", NAN), ann_cvat_number(r, "ytl", NAN),
		ann_cvat_number(r, "xbr", NAN), ann_cvat_number(r, "ybr", NAN) };
	r->rotation = ann_cvat_number(r, "rotation", 0);
	bool sound = ann_finite(b, 4) && isfinite(r->rotation);
	if (!sound && !r->x.err.code)
		ann_cvat_fail(r,
			ann_bad(r->s, "value-not-finite", r->origin, o->line, 0, r->err,
				"a box without all of xtl, ytl, xbr, ybr, or not finite"));
	ann_corners(o, b[0], b[1], b[2], b[3]);
	if (sound && fmod(r->rotation, 360) != 0) {
		o->shape = ann_turned(r->s, b[0], b[1], b[2], b[3], r->rotation);
		o->flags = ANN_BOX_DERIVED;
	}
	return sound;
}

static bool
ellipse_shape(cvat_reader *r, ann_object *o)
{
	const double v[4] = { ann_cvat_number(r, "cx", NAN), ann_cvat_number(r, "cy", NAN), ann_cvat_number(r, "rx", NAN),
		ann_cvat_number(r, "ry", NAN) };
	double turn = ann_cvat_number(r, "rotation", 0);
	bool sound = ann_finite(v, 4) && isfinite(turn) && v[2] >= 0 && v[3] >= 0;
	if (!sound && !r->x.err.code)
		ann_cvat_fail(r,
			ann_bad(r->s, "value-not-finite", r->origin, o->line, 0, r->err,
				"an ellipse without all of cx, cy, rx, ry, or not finite"));
	o->shape = sound ? ann_ellipse(r->s, v[0], v[1], v[2], v[3], turn) : 0;
	o->flags = ANN_BOX_DERIVED;
	return sound;
}

/* A cuboid has its extent for a box; the corners are kept as an attribute. */
static bool
cuboid_shape(cvat_reader *r, ann_object *o)
{
	static const char *const keys[] = { "xtl1", "ytl1", "xbl1", "ybl1", "xtr1", "ytr1", "xbr1", "ybr1", "xtl2", "ytl2",
		"xbl2", "ybl2", "xtr2", "ytr2", "xbr2", "ybr2" };
	double v[16], box[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	base_str t = { 0 };
	for (int i = 0; i < 16; i++) {
		v[i] = ann_cvat_number(r, keys[i], NAN);
		box[i & 1] = fmin(box[i & 1], v[i]);
		box[2 + (i & 1)] = fmax(box[2 + (i & 1)], v[i]);
		base_str_add(&t, i ? ", " : "[");
		ann_put_number(&t, v[i]);
	}
	base_str_add(&t, "]");
	bool sound = ann_finite(v, 16);
	if (!sound && !r->x.err.code)
		ann_cvat_fail(r,
			ann_bad(r->s, "value-not-finite", r->origin, o->line, 0, r->err,
				"a cuboid without all of its eight corners, or not finite"));
	ann_corners(o, box[0], box[1], box[2], box[3]);
	if (sound && t.p)
		ann_add_attribute(r->s, &o->attributes, "cuboid", t.p, t.n);
	base_str_free(&t);
	return sound;
}

/* <skeleton> holds <points> of one point each: keypoints as COCO has them, and their names. Takes the closing tag. */
static bool
skeleton_shape(cvat_reader *r, ann_object *o)
{
	ann_field tag, text;
	base_str keypoints = { 0 }, names = { 0 };
	int n = 0, seen = 0;
	double *visible = NULL;
	int capacity = 0;
	while (ann_xml_child(&r->x, &tag)) {
		if (ann_is(tag, "attribute")) {
			char key[200] = "";
			if (ann_xml_attribute(&r->x, "name", &text))
				snprintf(key, sizeof key, "%.*s", (int)(ann_len(text) > 190 ? 190 : ann_len(text)), text.p);
			if (ann_xml_next_text(&r->x, &text) && *key)
				add_text(r, &o->attributes, key, text);
			continue;
		}
		if (!ann_is(tag, "points") || read_points(r) != 1) {
			ann_xml_skip(&r->x);
			continue;
		}
		bool outside = ann_xml_attribute(&r->x, "outside", &text) && ann_is(text, "1"),
			 hidden = ann_xml_attribute(&r->x, "occluded", &text) && ann_is(text, "1");
		base_str_add(&names, n ? ", " : "[");
		if (ann_xml_attribute(&r->x, "label", &text))
			ann_json_string(&names, text.p, ann_len(text));
		else
			base_str_add(&names, "\"\"");
		base_str_add(&keypoints, n++ ? ", " : "[");
		for (int i = 0; i < 2; i++) {
			ann_put_number(&keypoints, outside ? 0 : r->xy[i]);
			base_str_add(&keypoints, ", ");
			if (!outside && base_grow((void **)&visible, &capacity, 2 * seen + i, sizeof *visible))
				ann_cvat_fail(r, ann_nomem(r->err));
			else if (!outside)
				visible[2 * seen + i] = r->xy[i];
		}
		base_str_add(&keypoints, outside ? "0" : hidden ? "1" : "2");
		seen += !outside && !r->status;
		ann_xml_skip(&r->x);
	}
	base_str_add(&keypoints, "]"), base_str_add(&names, "]");
	if (n && keypoints.p && names.p) {
		char count[16];
		int k = snprintf(count, sizeof count, "%d", seen);
		ann_add_attribute(r->s, &o->attributes, "coco.keypoints", keypoints.p, keypoints.n);
		ann_add_attribute(r->s, &o->attributes, "coco.num_keypoints", count, (size_t)k);
		ann_add_attribute(r->s, &o->attributes, "keypoint_names", names.p, names.n);
	}
	o->shape = seen ? ann_points(r->s, ANN_POINTS, visible, seen) : 0;
	o->flags = seen ? ANN_BOX_DERIVED : ANN_NO_BOX;
	secant_free(visible);
	base_str_free(&keypoints), base_str_free(&names);
	return true;
}

bool
ann_cvat_is_shape(ann_field tag)
{
	static const char *const tags[] = { "box", "polygon", "polyline", "points", "mask", "tag", "ellipse", "cuboid",
		"skeleton", NULL };
	for (int i = 0; tags[i]; i++)
		if (ann_is(tag, tags[i]))
			return true;
	return false;
}

/* The geometry of a shape element; false: an unsound one, reported. */
static bool
geometry(cvat_reader *r, ann_field tag, ann_object *o)
{
	ann_set *s = r->s;
	r->rotation = 0;
	if (ann_is(tag, "box"))
		return box_shape(r, o);
	if (ann_is(tag, "ellipse"))
		return ellipse_shape(r, o);
	if (ann_is(tag, "cuboid"))
		return cuboid_shape(r, o);
	o->flags = ann_is(tag, "tag") ? ANN_NO_BOX : ANN_BOX_DERIVED;
	if (ann_is(tag, "tag") || ann_is(tag, "skeleton"))
		return true;
	if (ann_is(tag, "mask"))
		return (o->shape = read_mask(r, o->image)) != 0;
	int n = read_points(r);
	ann_kind kind = ann_is(tag, "polygon") ? ANN_POLYGONS : ann_is(tag, "polyline") ? ANN_LINE : ANN_POINTS;
	if (n == 0 && !r->x.err.code && !r->status)
		ann_cvat_fail(r,
			ann_bad(s, "polygon-short", r->origin, o->line, 0, r->err, "a <%.*s> without points", (int)ann_len(tag),
				tag.p));
	o->shape = n > 0 ? ann_points(s, kind, r->xy, n) : 0;
	return n > 0;
}

int
ann_cvat_shape(cvat_reader *r, ann_field tag, int image, const char *label, const char *track)
{
	ann_set *s = r->s;
	ann_object o = { .area = NAN, .id = ANN_NO_ID, .line = ann_xml_line(&r->x), .image = image };
	char name[300];
	ann_field text;
	snprintf(name, sizeof name, "%s", label ? label : "");
	if (!label && ann_xml_attribute(&r->x, "label", &text))
		snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	bool sound = geometry(r, tag, &o);
	if (ann_xml_attribute(&r->x, "occluded", &text) && ann_is(text, "1"))
		ann_add_attribute(s, &o.attributes, "occluded", "1", 1);
	keep_tag(r, &o.attributes);
	if (track)
		ann_add_attribute(s, &o.attributes, "track_id", track, strlen(track));
	if (ann_is(tag, "skeleton"))
		sound = skeleton_shape(r, &o) && sound;
	else
		read_children(r, &o.attributes);
	if (r->x.err.code || !sound)
		return -1;
	int class = ann_class_named(s, name, strlen(name));
	ann_object *to = class >= 0 ? ann_add_object(s, image, class) : NULL;
	if (!to) {
		ann_cvat_fail(r, ann_nomem(r->err));
		return -1;
	}
	o.class = class;
	*to = o;
	ann_absorb(s, to);
	return s->n_objects - 1;
}
