/*
 * CVAT XML 1.1 ("CVAT for images", "CVAT for video"): XML with <image> elements that hold box, polygon, polyline,
 * points, ellipse, cuboid, skeleton, mask (row-major run lengths within left, top, width, height) and tag; <track>
 * elements with one shape a frame. Coordinates are 0-based floats, rotation is in degrees clockwise about the middle.
 * Images may name a subset, which is their list and, in exports of projects, their folder.
 *
 * CVAT writes every frame of a track. Tracks that hold keyframes alone are filled up as CVAT does it: linearly between
 * two keyframes, up to where a shape has left the view; frames of a video are pictures even where they show nothing.
 */
#include "annotations/attributes.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Is this CVAT's? Its files have a version or meta data before the first picture. */
static bool
is_cvat(const char *file)
{
	secant_bytes b;
	if (!base_ext_is(file, "xml") || !secant_is_file(file) || base_file_map(&b, file, NULL))
		return false;
	bool is = memmem(b.data, b.size < 4096 ? b.size : 4096, "<annotations", 12) != NULL;
	base_file_unmap(&b);
	return is;
}

/* annotations.xml, or whatever name an export was given: XML of CVAT in the folder itself or in annotations/. */
static secant_status
candidates(base_names *out, const char *root, secant_err *err)
{
	base_names all = { 0 };
	secant_status status = ann_walk(&all, root, "xml", 1, err);
	for (int i = 0; !status && i < all.n && i < 5000; i++) {
		if (strchr(all.v[i], '/') && strncasecmp(all.v[i], "annotations/", 12))
			continue;
		char *path = base_path_join(root, all.v[i]);
		if (!path || (is_cvat(path) && base_names_add(out, all.v[i])))
			status = ann_nomem(err);
		secant_free(path);
		if (i == 50 && !out->n)
			break; /* a folder of some other XML */
	}
	base_names_free(&all);
	return status;
}

static int
detect(const char *path, const char **why)
{
	base_names found = { 0 };
	*why = "it has CVAT XML";
	if (!secant_is_dir(path))
		return is_cvat(path) ? 90 : 0;
	int sure = !candidates(&found, path, NULL) && found.n ? 90 : 0;
	base_names_free(&found);
	return sure;
}

enum { IS_FRAME = 1 << 20 }; /* flag of a picture while it is read */

/* A shape of a track at a keyframe: what lies between two of them is interpolated. */
typedef struct keyframe {
	int frame, object; /* object -1: it has left the view */
	double box[4], rotation;
	bool is_box;
} keyframe;

typedef struct reader {
	ann_set *s;
	xml_pull x;
	const char *origin;
	double *xy;
	int capacity;
	int width, height, start, size; /* of a video: its frames */
	int step;
	int64_t task; /* that the tracks belong to, -1 not said */
	keyframe *key;
	int n_keys, keys_capacity;
	int filled, unfilled; /* shapes between keyframes that were interpolated, or could not be */
	double rotation; /* of the shape just read */
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
	if (ann_xml_attribute(&r->x, key, &text) && !ann_real(text.p, text.end, &v))
		ann_xml_fail(&r->x, "%s=\"%.*s\" where a number should stand", key,
			(int)(ann_len(text) > 40 ? 40 : ann_len(text)), text.p);
	return v;
}

/* "x,y;x,y" */
static int
read_points(reader *r)
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
			fail(r, ann_nomem(r->err));
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
		fail(r,
			ann_bad(r->s, "polygon-odd", r->origin, ann_xml_line(&r->x), 0, r->err, "%d coordinates: x without y", n));
	if (!ann_finite(r->xy, n))
		fail(r,
			ann_bad(r->s, "value-not-finite", r->origin, ann_xml_line(&r->x), 0, r->err, "a coordinate is not finite"));
	return n & 1 || !ann_finite(r->xy, n) ? 0 : n / 2;
}

/* Row-major runs of the cut-out to a mask of the picture. */
static uint32_t
read_mask(reader *r, int image)
{
	double left = attribute_number(r, "left", 0), top = attribute_number(r, "top", 0),
		   w = attribute_number(r, "width", 0), h = attribute_number(r, "height", 0);
	int iw = r->s->images[image].width, ih = r->s->images[image].height;
	ann_field text;
	uint32_t shape = 0, line = ann_xml_line(&r->x);
	if (!(w >= 1 && h >= 1 && left >= 0 && top >= 0 && left + w <= iw && top + h <= ih) || iw > 1 << 15 || ih > 1 << 15
		|| !ann_xml_attribute(&r->x, "rle", &text)) {
		fail(r,
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
		fail(r, ann_bad(r->s, "rle-sum", r->origin, line, 0, r->err, "the runs of a mask do not sum to %g x %g", w, h));
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

/* Attributes of the tag itself that are not geometry are kept. */
static void
keep_tag(reader *r, uint32_t *head)
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
		base_str json = { 0 };
		ann_text_value(&json, text.p, ann_len(text));
		if (json.p)
			ann_add_attribute(r->s, head, key, json.p, json.n);
		base_str_free(&json);
	}
}

static void
read_children(reader *r, uint32_t *head)
{
	ann_field tag, text;
	char key[200];
	while (ann_xml_child(&r->x, &tag)) {
		if (!ann_is(tag, "attribute") || !ann_xml_attribute(&r->x, "name", &text)) {
			ann_xml_skip(&r->x);
			continue;
		}
		snprintf(key, sizeof key, "%.*s", (int)(ann_len(text) > 190 ? 190 : ann_len(text)), text.p);
		base_str json = { 0 };
		if (ann_xml_next_text(&r->x, &text))
			ann_text_value(&json, text.p, ann_len(text));
		if (json.p)
			ann_add_attribute(r->s, head, key, json.p, json.n);
		base_str_free(&json);
	}
}

static bool
box_shape(reader *r, ann_object *o)
{
	const double b[4] = { attribute_number(r, "xtl", NAN), attribute_number(r, "ytl", NAN),
		attribute_number(r, "xbr", NAN), attribute_number(r, "ybr", NAN) };
	r->rotation = attribute_number(r, "rotation", 0);
	bool sound = ann_finite(b, 4) && isfinite(r->rotation);
	if (!sound && !r->x.err.code)
		fail(r,
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
ellipse_shape(reader *r, ann_object *o)
{
	const double v[4] = { attribute_number(r, "cx", NAN), attribute_number(r, "cy", NAN),
		attribute_number(r, "rx", NAN), attribute_number(r, "ry", NAN) };
	double turn = attribute_number(r, "rotation", 0);
	bool sound = ann_finite(v, 4) && isfinite(turn) && v[2] >= 0 && v[3] >= 0;
	if (!sound && !r->x.err.code)
		fail(r,
			ann_bad(r->s, "value-not-finite", r->origin, o->line, 0, r->err,
				"an ellipse without all of cx, cy, rx, ry, or not finite"));
	o->shape = sound ? ann_ellipse(r->s, v[0], v[1], v[2], v[3], turn) : 0;
	o->flags = ANN_BOX_DERIVED;
	return sound;
}

/* A cuboid has its extent for a box; the corners are kept as an attribute. */
static bool
cuboid_shape(reader *r, ann_object *o)
{
	static const char *const keys[] = { "xtl1", "ytl1", "xbl1", "ybl1", "xtr1", "ytr1", "xbr1", "ybr1", "xtl2", "ytl2",
		"xbl2", "ybl2", "xtr2", "ytr2", "xbr2", "ybr2" };
	double v[16], box[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	base_str t = { 0 };
	for (int i = 0; i < 16; i++) {
		v[i] = attribute_number(r, keys[i], NAN);
		box[i & 1] = fmin(box[i & 1], v[i]);
		box[2 + (i & 1)] = fmax(box[2 + (i & 1)], v[i]);
		base_str_add(&t, i ? ", " : "[");
		ann_put_number(&t, v[i]);
	}
	base_str_add(&t, "]");
	bool sound = ann_finite(v, 16);
	if (!sound && !r->x.err.code)
		fail(r,
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
skeleton_shape(reader *r, ann_object *o)
{
	ann_field tag, text;
	base_str keypoints = { 0 }, names = { 0 };
	int n = 0, seen = 0;
	double *visible = NULL;
	int capacity = 0;
	while (ann_xml_child(&r->x, &tag)) {
		if (ann_is(tag, "attribute")) {
			char key[200] = "";
			base_str json = { 0 };
			if (ann_xml_attribute(&r->x, "name", &text))
				snprintf(key, sizeof key, "%.*s", (int)(ann_len(text) > 190 ? 190 : ann_len(text)), text.p);
			if (ann_xml_next_text(&r->x, &text))
				ann_text_value(&json, text.p, ann_len(text));
			if (json.p && *key)
				ann_add_attribute(r->s, &o->attributes, key, json.p, json.n);
			base_str_free(&json);
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
				fail(r, ann_nomem(r->err));
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

static bool
is_shape(ann_field tag)
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
geometry(reader *r, ann_field tag, ann_object *o)
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
	o->shape = n ? ann_points(s, kind, r->xy, n) : 0;
	return n > 0;
}

/* One shape element, attributes still in r->x. `label` and the track's number come from the track, if any. Returns the
 * object's index, -1: none. */
static int
read_shape(reader *r, ann_field tag, int image, const char *label, const char *track)
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
		fail(r, ann_nomem(r->err));
		return -1;
	}
	o.class = class;
	*to = o;
	ann_absorb(s, to);
	return s->n_objects - 1;
}

static double
z_order(const ann_set *s, const ann_object *o)
{
	const char *json = o->attributes ? ann_get(s, o->attributes, "cvat.z_order") : NULL;
	double v = 0;
	return json && ann_real(json, json + strlen(json), &v) ? v : 0;
}

/* What lies on top comes later, as everybody else has it; objects of one height stay as they are. */
static void
by_z_order(ann_set *s, int first)
{
	for (int i = first + 1; i < s->n_objects; i++) {
		ann_object o = s->objects[i];
		double z = z_order(s, &o);
		int to = i;
		while (to > first && z_order(s, &s->objects[to - 1]) > z)
			to--;
		memmove(&s->objects[to + 1], &s->objects[to], (size_t)(i - to) * sizeof o);
		s->objects[to] = o;
	}
}

static void
read_image(reader *r)
{
	ann_set *s = r->s;
	ann_field text, tag;
	char name[1024] = "";
	uint32_t line = ann_xml_line(&r->x);
	if (!ann_xml_attribute(&r->x, "name", &text)) {
		ann_xml_fail(&r->x, "an image without name");
		return;
	}
	fail(r, ann_picture_name(s, text.p, ann_len(text), r->origin, line, name, r->err));
	int at = r->status ? -1 : ann_add_image(s, name, strlen(name));
	if (at < 0) {
		fail(r, r->status ? r->status : ann_nomem(r->err));
		return;
	}
	double w = attribute_number(r, "width", 0), h = attribute_number(r, "height", 0),
		   id = attribute_number(r, "id", -1);
	ann_image *im = &s->images[at];
	im->width = w > 0 && w < 1e9 ? (int32_t)w : 0;
	im->height = h > 0 && h < 1e9 ? (int32_t)h : 0;
	im->id = id >= 0 && id < 9e15 ? (int64_t)id : ANN_NO_ID;
	im->line = line;
	im->source = ann_intern(s, r->origin, strlen(r->origin));
	if (ann_xml_attribute(&r->x, "subset", &text) && ann_len(text)) {
		int split = ann_split(s, text.p, ann_len(text));
		s->images[at].splits = split >= 0 ? 1ull << split : 0;
	}
	int first = s->n_objects;
	while (ann_xml_child(&r->x, &tag)) {
		if (is_shape(tag))
			(void)read_shape(r, tag, at, NULL, NULL);
		else if (ann_is(tag, "attributes"))
			(void)ann_attributes_read(s, &r->x, &s->images[at].attributes);
		else {
			ann_note(s, "%s: element <%.*s> of a picture was left out", r->origin,
				(int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p);
			ann_xml_skip(&r->x);
		}
	}
	ann_join_parts(s, first);
	by_z_order(s, first);
}

/* The picture of a frame; -1: no memory. Its name is settled when pictures are looked for. */
static int
frame_image(reader *r, int frame)
{
	char name[40];
	int n = snprintf(name, sizeof name, "frame_%06d.PNG", frame), at = ann_find_image(r->s, name, (size_t)n);
	if (at >= 0)
		return at;
	at = ann_add_image(r->s, name, (size_t)n);
	if (at < 0) {
		fail(r, ann_nomem(r->err));
		return -1;
	}
	ann_image *im = &r->s->images[at];
	im->width = r->width, im->height = r->height;
	im->number = frame;
	im->flags = IS_FRAME;
	im->source = ann_intern(r->s, r->origin, strlen(r->origin));
	return at;
}

static void
note_keyframe(reader *r, int frame, int object)
{
	if (base_grow((void **)&r->key, &r->keys_capacity, r->n_keys, sizeof *r->key)) {
		fail(r, ann_nomem(r->err));
		return;
	}
	keyframe *k = &r->key[r->n_keys++];
	*k = (keyframe){ .frame = frame, .object = object, .rotation = r->rotation };
	if (object < 0)
		return;
	const ann_object *o = &r->s->objects[object];
	ann_kind kind = ann_shape_kind(r->s, o->shape);
	k->is_box = !(o->flags & ANN_NO_BOX) && (!kind || kind == ANN_QUAD);
	if (kind == ANN_QUAD) { /* the box before it was turned */
		int parts, n;
		const double *xy, *p = ann_parts(r->s, o->shape, &parts);
		(void)ann_part(p, &xy, &n);
		double cx = (xy[0] + xy[4]) / 2, cy = (xy[1] + xy[5]) / 2, w = hypot(xy[2] - xy[0], xy[3] - xy[1]),
			   h = hypot(xy[4] - xy[2], xy[5] - xy[3]);
		const double b[4] = { cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2 };
		memcpy(k->box, b, sizeof b);
	} else {
		const double b[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		memcpy(k->box, b, sizeof b);
	}
}

/* The frames between two keyframes of a box: numbers go straight, an angle the shorter way round. */
static void
fill_between(reader *r, const keyframe *a, const keyframe *b)
{
	ann_set *s = r->s;
	int last = b->object < 0 ? b->frame - 1 : b->frame - r->step;
	if (a->object < 0 || b->frame - a->frame > 1000000)
		return;
	for (int f = a->frame + r->step; f <= last && !r->status; f += r->step) {
		if (!a->is_box || (b->object >= 0 && !b->is_box)) {
			r->unfilled++;
			continue;
		}
		double t = b->object < 0 ? 0 : (double)(f - a->frame) / (b->frame - a->frame), box[4];
		double turn = b->object < 0 ? 0 : remainder(b->rotation - a->rotation, 360);
		for (int i = 0; i < 4; i++)
			box[i] = a->box[i] + (b->object < 0 ? 0 : t * (b->box[i] - a->box[i]));
		int at = frame_image(r, f);
		ann_object *o = at >= 0 ? ann_add_object(s, at, s->objects[a->object].class) : NULL;
		if (!o) {
			fail(r, ann_nomem(r->err));
			return;
		}
		uint32_t line = s->objects[a->object].line, head = ann_copy_attributes(s, s, s->objects[a->object].attributes);
		o = &s->objects[s->n_objects - 1];
		o->line = line, o->attributes = head;
		ann_corners(o, box[0], box[1], box[2], box[3]);
		turn = fmod(a->rotation + t * turn, 360);
		if (turn != 0) {
			uint32_t shape = ann_turned(s, box[0], box[1], box[2], box[3], turn);
			o->shape = shape;
			o->flags = ANN_BOX_DERIVED;
		}
		r->filled++;
	}
}

/* A track: its shapes go to the pictures of its frames; shapes that have left the view are no objects. */
static void
read_track(reader *r, int number)
{
	ann_field text, tag;
	char label[300] = "", id[24];
	bool dense = false; /* frames between keyframes are written out */
	snprintf(id, sizeof id, "%d", number);
	if (ann_xml_attribute(&r->x, "label", &text))
		snprintf(label, sizeof label, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	int64_t v;
	if (ann_xml_attribute(&r->x, "id", &text) && ann_integer(text.p, text.end, &v))
		snprintf(id, sizeof id, "%lld", (long long)v);
	if (ann_xml_attribute(&r->x, "task_id", &text) && ann_integer(text.p, text.end, &v)) {
		if (r->task >= 0 && r->task != v)
			ann_xml_fail(&r->x,
				"tracks of several tasks (%lld and %lld), whose frames have the same numbers: export each task by "
				"itself",
				(long long)r->task, (long long)v);
		r->task = v;
	}
	r->n_keys = 0;
	while (ann_xml_child(&r->x, &tag)) {
		double frame = attribute_number(r, "frame", -1);
		bool outside = attribute_number(r, "outside", 0) != 0;
		dense = dense || attribute_number(r, "keyframe", 1) == 0;
		if (!(frame >= 0 && frame < 1e9) || !is_shape(tag)) {
			ann_xml_skip(&r->x);
			continue;
		}
		r->rotation = 0;
		int at = outside ? -1 : frame_image(r, (int)frame);
		if (outside)
			ann_xml_skip(&r->x);
		int object = at >= 0 ? read_shape(r, tag, at, label, id) : -1;
		if (r->x.err.code)
			return;
		note_keyframe(r, (int)frame, object);
	}
	for (int i = 1; !dense && !r->status && i < r->n_keys; i++)
		if (r->key[i].frame > r->key[i - 1].frame)
			fill_between(r, &r->key[i - 1], &r->key[i]);
}

static int
whole_text(reader *r, int otherwise)
{
	ann_field text;
	int64_t v;
	return ann_xml_next_text(&r->x, &text) && ann_integer(text.p, text.end, &v) && v >= 0 && v < 1 << 30 ? (int)v
																										 : otherwise;
}

/* A label of <meta>; those with a <parent> are points of a skeleton and no classes. */
static void
read_label(reader *r)
{
	ann_field tag, text;
	char name[300] = "";
	bool part = false;
	unsigned rgb;
	int colour = -1;
	while (ann_xml_child(&r->x, &tag)) {
		if (!ann_is(tag, "name") && !ann_is(tag, "parent") && !ann_is(tag, "color")) {
			ann_xml_skip(&r->x);
			continue;
		}
		if (!ann_xml_next_text(&r->x, &text))
			return;
		if (ann_is(tag, "name"))
			snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		else if (ann_is(tag, "parent"))
			part = ann_len(text) > 0;
		else if (ann_len(text) == 7 && *text.p == '#') {
			char hex[8];
			snprintf(hex, sizeof hex, "%.6s", text.p + 1);
			colour = sscanf(hex, "%6x", &rgb) == 1 ? (int)rgb : -1;
		}
	}
	int at = part || !*name ? 0 : ann_class_named(r->s, name, strlen(name));
	if (at < 0)
		fail(r, ann_nomem(r->err));
	else if (!part && *name && colour >= 0)
		r->s->classes[at].colour = colour;
}

/* The label list of <meta> and what it says of a video, wherever it stands in it. */
static void
read_meta(reader *r, int depth)
{
	ann_field tag, text;
	while (ann_xml_child(&r->x, &tag)) {
		if (ann_is(tag, "label"))
			read_label(r);
		else if (ann_is(tag, "size"))
			r->size = whole_text(r, 0);
		else if (ann_is(tag, "start_frame"))
			r->start = whole_text(r, 0);
		else if (ann_is(tag, "width"))
			r->width = whole_text(r, 0);
		else if (ann_is(tag, "height"))
			r->height = whole_text(r, 0);
		else if (ann_is(tag, "frame_filter")) {
			int64_t v;
			if (ann_xml_next_text(&r->x, &text) && ann_starts(text, "step=") && ann_integer(text.p + 5, text.end, &v)
				&& v > 0 && v < 1 << 20)
				r->step = (int)v;
		} else if ((ann_is(tag, "task") || ann_is(tag, "project") || ann_is(tag, "job") || ann_is(tag, "labels")
					   || ann_is(tag, "original_size") || ann_is(tag, "tasks"))
			&& depth < 6)
			read_meta(r, depth + 1);
		else
			ann_xml_skip(&r->x);
	}
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	reader r = { .s = s, .origin = origin, .step = 1, .task = -1, .err = err };
	ann_field tag;
	int tracks = 0;
	ann_xml_init(&r.x, data, n, origin);
	if (ann_xml_root(&r.x, &tag) && !ann_is(tag, "annotations"))
		ann_xml_fail(&r.x, "the first element is not <annotations>");
	while (ann_xml_child(&r.x, &tag)) {
		if (ann_is(tag, "image"))
			read_image(&r);
		else if (ann_is(tag, "track"))
			read_track(&r, tracks++);
		else if (ann_is(tag, "meta"))
			read_meta(&r, 0);
		else
			ann_xml_skip(&r.x);
	}
	ann_xml_end(&r.x);
	secant_status status = r.status ? r.status
		: r.x.err.code              ? secant_fail(err, r.x.err.code, "%s", r.x.err.msg)
									: SECANT_OK;
	for (int f = 0; !status && tracks && f < r.size && f < 1000000; f++)
		if (frame_image(&r, r.start + f * r.step) < 0)
			status = r.status;
	if (r.filled)
		ann_note(s, "%s: %d shapes between keyframes were interpolated, as CVAT does", origin, r.filled);
	if (r.unfilled)
		ann_note(s,
			"%s: %d shapes between keyframes are missing (only boxes are interpolated): export from CVAT writes them",
			origin, r.unfilled);
	secant_free(r.xy), secant_free(r.key);
	ann_xml_free(&r.x);
	return status;
}

static int
by_frame(const void *a, const void *b, void *user)
{
	const ann_set *s = user;
	int x = s->images[*(const int *)a].number, y = s->images[*(const int *)b].number;
	return (x > y) - (x < y);
}

/* Pictures of a folder by their place, for frames: "frame_000012" in any case and with any extension, else, where there
 * are as many pictures as frames, in their order. */
static secant_status
find_frames(ann_set *s, const char *root, const secant_dataset_reading *o, int first, secant_err *err)
{
	base_names all = { 0 };
	char *folder = o->images ? base_path_join(root, o->images) : base_strdup(root);
	secant_status status = folder ? ann_walk(&all, folder, ANN_PICTURES, 8, err) : ann_nomem(err);
	int frames = 0, found = 0, *at = secant_calloc((size_t)(s->n_images - first) + 1, sizeof *at);
	status = !status && !at ? ann_nomem(err) : status;
	for (int i = first; !status && i < s->n_images; i++)
		if (s->images[i].flags & IS_FRAME)
			at[frames++] = i;
	for (int k = 0; !status && k < all.n; k++) {
		const char *name = base_path_name(all.v[k]);
		int64_t number;
		const char *dot = strrchr(name, '.');
		if (strncasecmp(name, "frame_", 6) || !ann_integer(name + 6, dot, &number))
			continue;
		char wanted[40];
		int n = snprintf(wanted, sizeof wanted, "frame_%06lld.PNG", (long long)number),
			i = ann_find_image(s, wanted, (size_t)n);
		char *path = base_path_join(folder, all.v[k]);
		if (path && i >= first && !s->images[i].path) {
			s->images[i].path = ann_store(s, path, strlen(path));
			s->images[i].name = ann_store(s, name, strlen(name));
			found++;
		}
		secant_free(path);
	}
	if (!status && !found && frames && all.n == frames) {
		qsort_r(at, (size_t)frames, sizeof *at, by_frame, s);
		for (int k = 0; k < frames; k++) {
			char *path = base_path_join(folder, all.v[k]);
			if (path)
				s->images[at[k]].path = ann_store(s, path, strlen(path));
			s->images[at[k]].name = ann_store(s, all.v[k], strlen(all.v[k]));
			found++;
			secant_free(path);
		}
		ann_note(s, "frames are the %d pictures in the order of their names", frames);
	}
	if (!status && found) { /* where there are pictures, frames that have none and show nothing are no pictures */
		status = ann_index(s, err);
		int gone = 0;
		for (int i = first; !status && i < s->n_images; i++)
			if (s->images[i].flags & IS_FRAME && !s->images[i].path && s->first[i] == s->first[i + 1]) {
				s->images[i].flags |= ANN_GONE;
				gone++;
			}
		if (gone)
			ann_note(s, "%d frames without object have no picture and were left out", gone);
	}
	secant_free(at), secant_free(folder);
	base_names_free(&all);
	return status;
}

/* images/SUBSET/NAME, or one of the usual folders. */
static void
find_picture(ann_set *s, int i, const char *root, const char *const *folders)
{
	const char *subset = s->images[i].splits ? ann_str(s, s->splits[__builtin_ctzll(s->images[i].splits)]) : "";
	char below[2][400];
	snprintf(below[0], sizeof below[0], "%.200s/%.190s", folders[0], subset);
	snprintf(below[1], sizeof below[1], "%.190s", subset);
	const char *const own[] = { below[0], below[1], NULL };
	if (!*subset || !ann_locate(s, i, root, own))
		(void)ann_locate(s, i, root, folders);
}

/* Two pictures of one name in two subsets are told apart by the subset. */
static secant_status
keep_apart(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		int first = ann_find_image(s, name, strlen(name));
		if (first >= i || first < 0 || !s->images[i].splits || s->images[i].splits == s->images[first].splits)
			continue;
		for (int k = 0; k < 2; k++) {
			ann_image *im = &s->images[k ? i : first];
			const char *subset = im->splits ? ann_str(s, s->splits[__builtin_ctzll(im->splits)]) : "";
			char *full = *subset && !strchr(ann_str(s, im->name), '/') ? base_format("%s/%s", subset, name) : NULL;
			if (full)
				im->name = ann_store(s, full, strlen(full));
			secant_free(full);
			name = ann_str(s, s->images[i].name);
		}
	}
	return ann_sound(s, err);
}

static secant_status
read_file(ann_set *s, const char *root, const char *file, const secant_dataset_reading *o, secant_err *err)
{
	int first = s->n_images;
	secant_status status = ann_read_text(s, -1, file, parse, err);
	const char *const folders[] = { o->images ? o->images : "images", "", "data", "images/default", "images/train",
		NULL };
	bool frames = false;
	for (int i = first; !status && i < s->n_images; i++) {
		frames = frames || s->images[i].flags & IS_FRAME;
		if (!(s->images[i].flags & IS_FRAME))
			find_picture(s, i, root, folders);
	}
	if (!status && frames)
		status = find_frames(s, root, o, first, err);
	for (int i = first; i < s->n_images; i++)
		s->images[i].flags &= ~(uint32_t)IS_FRAME, s->images[i].number = 0;
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	bool dir = secant_is_dir(path);
	base_names files = { 0 };
	char *root = dir ? base_strdup(path) : base_path_dir(path);
	secant_status status = root ? ann_read_option_names(s, o, err) : ann_nomem(err);
	if (!status && dir)
		status = candidates(&files, path, err);
	if (!status && dir && !files.n)
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: no XML of CVAT (annotations.xml) in it or in its folder annotations", path);
	if (!status && !dir)
		status = read_file(s, root, path, o, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *file = base_path_join(path, files.v[i]);
		status = file ? read_file(s, root, file, o, err) : ann_nomem(err);
		secant_free(file);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	base_names_free(&files);
	secant_free(root);
	if (!status)
		status = ann_compact(s, err);
	return status ? status : keep_apart(s, err);
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
put_name(base_str *t, const char *key, const char *value)
{
	base_str_addf(t, " %s=\"", key);
	ann_xml_text(t, value, strlen(value));
	base_str_add(t, "\"");
}

static void
put_number(base_str *t, const char *key, double v)
{
	base_str_addf(t, " %s=\"", key);
	ann_put_number(t, v);
	base_str_add(t, "\"");
}

static secant_status
put_mask(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	uint8_t *pixels, last = 0;
	int b[4], run = 0;
	bool first = true;
	secant_status status = ann_rle_cut(s, o->shape, &pixels, b, err);
	if (status)
		return status;
	base_str_add(t, " rle=\"");
	for (int i = 0; i < b[2] * b[3]; i++, run++) {
		if (pixels[i] == last)
			continue;
		base_str_addf(t, first ? "%d" : ", %d", run);
		first = false;
		last = pixels[i];
		run = 0;
	}
	base_str_addf(t, first ? "%d\"" : ", %d\"", run);
	put_number(t, "left", b[0]), put_number(t, "top", b[1]), put_number(t, "width", b[2]),
		put_number(t, "height", b[3]);
	secant_free(pixels);
	return SECANT_OK;
}

static void
put_points(base_str *t, const double *xy, int n)
{
	base_str_add(t, " points=\"");
	for (int i = 0; i < n; i++) {
		base_str_add(t, i ? ";" : "");
		ann_put_number(t, xy[2 * i]);
		base_str_add(t, ",");
		ann_put_number(t, xy[2 * i + 1]);
	}
	base_str_add(t, "\"");
}

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, int number, int part, int parts, secant_err *err)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	double turned[5];
	bool box = kind == ANN_QUAD && ann_rectangle(s, o->shape, turned);
	const char *tag = o->flags & ANN_NO_BOX        ? "tag"
		: box                                      ? "box"
		: kind == ANN_RLE                          ? "mask"
		: kind == ANN_POLYGONS || kind == ANN_QUAD ? "polygon"
		: kind == ANN_LINE                         ? "polyline"
		: kind == ANN_POINTS                       ? "points"
												   : "box";
	const char *occluded = o->attributes ? ann_get(s, o->attributes, "occluded") : NULL;
	ann_implied extra;
	secant_status status = SECANT_OK;
	base_str_addf(t, "    <%s", tag);
	put_name(t, "label", o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "");
	base_str_add(t, occluded ? " occluded=\"1\"" : " occluded=\"0\"");
	if (!ann_get(s, o->attributes, "cvat.source"))
		base_str_add(t, " source=\"manual\"");
	if (box) {
		static const char *const keys[] = { "xtl", "ytl", "xbr", "ybr", "rotation" };
		for (int i = 0; i < 5; i++)
			put_number(t, keys[i], turned[i]);
	} else if (kind == ANN_RLE)
		status = put_mask(t, s, o, err);
	else if (kind) {
		int all, n = 0;
		const double *xy = NULL, *p = ann_parts(s, o->shape, &all);
		for (int i = 0; i <= part && i < all; i++)
			p = ann_part(p, &xy, &n);
		put_points(t, xy, n);
	} else if (!(o->flags & ANN_NO_BOX))
		put_number(t, "xtl", ann_x0(o)), put_number(t, "ytl", ann_y0(o)), put_number(t, "xbr", ann_x1(o)),
			put_number(t, "ybr", ann_y1(o));
	for (uint32_t a = o->attributes; a; a = s->attributes[a].next) {
		const char *key = ann_str(s, s->attributes[a].key);
		if (!ann_native(key, "cvat.") || strspn(key + 5, "abcdefghijklmnopqrstuvwxyz_") != strlen(key + 5) || !key[5])
			continue;
		base_str plain = { 0 };
		ann_value_text(&plain, ann_str(s, s->attributes[a].value));
		put_name(t, key + 5, plain.p ? plain.p : "");
		base_str_free(&plain);
	}
	if (!ann_get(s, o->attributes, "cvat.z_order"))
		base_str_add(t, " z_order=\"0\"");
	base_str_add(t, ">\n");
	int implied = ann_find_implied(s, o, ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA | ANN_IMPLIED_DIFFICULT | ANN_IMPLIED_BOX,
		number, part, parts, &extra);
	for (uint32_t a = o->attributes; a || implied;) {
		const char *key = a ? ann_str(s, s->attributes[a].key) : extra.pair[2 * implied - 2],
				   *value = a ? ann_str(s, s->attributes[a].value) : extra.pair[2 * implied - 1];
		if (a)
			a = s->attributes[a].next;
		else
			implied--;
		if (ann_native(key, "cvat.") || !strcmp(key, "occluded"))
			continue;
		base_str plain = { 0 };
		ann_value_text(&plain, value);
		base_str_add(t, "      <attribute");
		put_name(t, "name", key);
		base_str_add(t, ">");
		ann_xml_text(t, plain.p ? plain.p : "", plain.n);
		base_str_add(t, "</attribute>\n");
		base_str_free(&plain);
	}
	base_str_addf(t, "    </%s>\n", tag);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	int more = 0;
	secant_status status = SECANT_OK;
	const char *what = s->n_splits ? "project" : "task"; /* a project has subsets, a task has not */
	base_str_addf(&t,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <%s>\n",
		what);
	for (int k = 0; k < s->n_splits; k++) {
		base_str_add(&t, k ? "" : "      <tasks>\n");
		base_str_add(&t, "        <task><subset>");
		ann_xml_text(&t, ann_str(s, s->splits[k]), strlen(ann_str(s, s->splits[k])));
		base_str_add(&t, k == s->n_splits - 1 ? "</subset></task>\n      </tasks>\n" : "</subset></task>\n");
	}
	base_str_add(&t, "      <labels>\n");
	for (int i = 0; i < s->n_classes; i++) {
		base_str_add(&t, "        <label><name>");
		ann_xml_text(&t, ann_str(s, s->classes[i].name), strlen(ann_str(s, s->classes[i].name)));
		base_str_add(&t, "</name><attributes></attributes></label>\n");
	}
	base_str_addf(&t, "      </labels>\n    </%s>\n  </meta>\n", what);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = ann_one_split(s, im, &more), *name = ann_str(s, im->name);
		base_str_addf(&t, "  <image id=\"%lld\"", (long long)(im->id == ANN_NO_ID ? i : im->id));
		put_name(&t, "name", name);
		if (*split)
			put_name(&t, "subset", split);
		base_str_addf(&t, " width=\"%d\" height=\"%d\">\n", im->width, im->height);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			int parts = 1;
			if (o->flags & ANN_VOID)
				continue;
			if (ann_shape_kind(s, o->shape) == ANN_POLYGONS)
				(void)ann_parts(s, o->shape, &parts);
			for (int p = 0; !status && p < (parts > 1 ? parts : 1); p++)
				status = put_object(&t, s, o, (int)(k - s->first[i]), p, parts, err);
		}
		if (im->attributes)
			ann_attributes_xml(&t, s, im->attributes, NULL, NULL, 2);
		base_str_add(&t, "  </image>\n");
		char *picture = base_format("images/%s", name);
		if (!status)
			status = picture ? ann_out_picture(out, s, im, picture, err) : ann_nomem(err);
		secant_free(picture);
	}
	base_str_add(&t, "</annotations>\n");
	if (more)
		ann_out_lose(out, more, "second list of a picture (the first is written)");
	if (!status)
		status = ann_out_str(out, "annotations.xml", &t, err);
	base_str_free(&t);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, -1, d, n, o, e);
}

const ann_format ann_format_cvat = {
	.name = "cvat",
	.brief = "CVAT XML 1.1: images, and for reading tracks of videos",
	.prefix = "cvat.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_LINES
		| ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS | ANN_HOLDS_IMAGE_ATTRIBUTES | ANN_HOLDS_PARTS | ANN_HOLDS_QUAD,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};
