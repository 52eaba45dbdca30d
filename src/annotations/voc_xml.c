/* One XML of PASCAL VOC and its relatives: size, objects, parts, polygons, turned boxes; see voc.c. */
#include "annotations/voc.h"
#include "annotations/attributes.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>

/* `name` "000001" or "a.b": value of one element that nobody knows, as attribute voc.NAME. */
static void
keep(ann_set *s, xml_pull *x, ann_field tag, uint32_t *head)
{
	base_str json = { 0 };
	char key[128];
	snprintf(key, sizeof key, "voc.%.*s", (int)(ann_len(tag) > 100 ? 100 : ann_len(tag)), tag.p);
	ann_xml_json(x, &json);
	if (json.p && !json.failed && !x->err.code)
		ann_add_attribute(s, head, key, json.p, json.n);
	base_str_free(&json);
}

typedef struct reading {
	ann_object object;
	char class[300];
	unsigned seen; /* which of the four numbers of the box */
	bool named, boxed;
	double corner[8];
	unsigned corners; /* which of the eight */
	double turned[5];
	unsigned turns; /* which of cx, cy, w, h, angle */
	double *xy;
	int n_xy, capacity, *part, n_parts, parts_capacity; /* polygons */
} reading;

/* Numbers of an element's children by their names; others are passed over. Returns false where one stands twice. */
static bool
read_named(xml_pull *x, ann_field tag, const char *const *names, double *v, unsigned *seen)
{
	int i = 0;
	while (names[i] && !ann_is(tag, names[i]))
		i++;
	if (!names[i])
		return false;
	if (*seen >> i & 1)
		ann_xml_fail(x, "<%s> stands twice", names[i]);
	*seen |= 1u << i;
	(void)ann_xml_real(x, &v[i]);
	return true;
}

static const char *const box_names[] = { "xmin", "ymin", "xmax", "ymax", NULL };
static const char *const turned_names[] = { "cx", "cy", "w", "h", "angle", NULL };
static const char *const corner_names[][9] = { { "x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3", NULL },
	{ "x_left_top", "y_left_top", "x_right_top", "y_right_top", "x_right_bottom", "y_right_bottom", "x_left_bottom",
		"y_left_bottom", NULL } };

static void
read_box(xml_pull *x, reading *r)
{
	ann_field tag;
	while (ann_xml_child(x, &tag))
		if (!read_named(x, tag, box_names, r->object.box, &r->seen)
			&& !read_named(x, tag, turned_names, r->turned, &r->turns)
			&& !read_named(x, tag, corner_names[0], r->corner, &r->corners)
			&& !read_named(x, tag, corner_names[1], r->corner, &r->corners))
			ann_xml_skip(x);
}

/* <x1>1</x1><y1>2</y1><x2>...: one part, in the order of its numbers. */
static void
read_polygon(xml_pull *x, reading *r)
{
	ann_field tag;
	int from = r->n_xy;
	while (ann_xml_child(x, &tag)) {
		int64_t k;
		double v;
		bool point = (*tag.p == 'x' || *tag.p == 'y') && ann_integer(tag.p + 1, tag.end, &k) && k >= 0;
		if (!point) {
			ann_xml_skip(x);
			continue;
		}
		if ((*tag.p == 'y') != ((r->n_xy - from) & 1)) {
			ann_xml_fail(x, "<%.*s> where %s should stand", (int)ann_len(tag), tag.p, *tag.p == 'y' ? "an x" : "a y");
			return;
		}
		if (!ann_xml_real(x, &v))
			return;
		if (base_grow((void **)&r->xy, &r->capacity, r->n_xy, sizeof *r->xy)) {
			ann_xml_fail(x, "no memory");
			return;
		}
		r->xy[r->n_xy++] = v;
	}
	if ((r->n_xy - from) & 1)
		ann_xml_fail(x, "a polygon with x without y");
	else if (r->n_xy > from && base_grow((void **)&r->part, &r->parts_capacity, r->n_parts, sizeof *r->part))
		ann_xml_fail(x, "no memory");
	else if (r->n_xy > from)
		r->part[r->n_parts++] = (r->n_xy - from) / 2;
}

static void
read_name(xml_pull *x, reading *r)
{
	ann_field text;
	if (ann_xml_next_text(x, &text)) {
		r->named = true;
		snprintf(r->class, sizeof r->class, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	}
}

/* <points><point>x,y</point>...: four corners, the first of which may stand again at the end (FAIR1M); others are a
 * polygon. */
static void
read_points(xml_pull *x, reading *r)
{
	ann_field tag, text, f[3];
	int from = r->n_xy;
	while (ann_xml_child(x, &tag)) {
		double v[2];
		if (!ann_is(tag, "point")) {
			ann_xml_skip(x);
			continue;
		}
		if (!ann_xml_next_text(x, &text))
			return;
		if (ann_fields(text.p, ann_len(text), ',', f, 3) != 2 || !ann_real(f[0].p, f[0].end, &v[0])
			|| !ann_real(f[1].p, f[1].end, &v[1])) {
			ann_xml_fail(
				x, "'%.*s' where a point x,y should stand", (int)(ann_len(text) > 40 ? 40 : ann_len(text)), text.p);
			return;
		}
		for (int k = 0; k < 2; k++)
			if (base_grow((void **)&r->xy, &r->capacity, r->n_xy, sizeof *r->xy))
				ann_xml_fail(x, "no memory");
			else
				r->xy[r->n_xy++] = v[k];
	}
	int n = (r->n_xy - from) / 2;
	if (!n)
		return;
	const double *p = r->xy + from;
	bool closed = n == 5 && p[0] == p[8] && p[1] == p[9];
	if (!x->err.code && (n == 4 || closed)) {
		memcpy(r->corner, p, sizeof r->corner);
		r->corners = 255;
		r->n_xy = from;
	} else if (base_grow((void **)&r->part, &r->parts_capacity, r->n_parts, sizeof *r->part)) {
		ann_xml_fail(x, "no memory");
	} else {
		r->part[r->n_parts++] = n;
	}
}

static void
read_member(ann_set *s, xml_pull *x, ann_field tag, reading *r)
{
	ann_field text;
	if (ann_is(tag, "name"))
		read_name(x, r);
	else if (ann_is(tag, "possibleresult")) { /* FAIR1M: the first of them */
		while (ann_xml_child(x, &tag))
			if (ann_is(tag, "name") && !r->named)
				read_name(x, r);
			else
				ann_xml_skip(x);
	} else if (ann_is(tag, "points"))
		read_points(x, r);
	else if (ann_is(tag, "bndbox") || ann_is(tag, "robndbox") || ann_is(tag, "rotated_bndbox"))
		r->boxed = true, read_box(x, r);
	else if (ann_is(tag, "polygon"))
		read_polygon(x, r);
	else if (ann_is(tag, "type") && r->turns + r->corners == 0 && ann_xml_next_text(x, &text)) {
		/* "bndbox" or "robndbox": what follows says it */
		if (!ann_is(text, "bndbox") && !ann_is(text, "robndbox"))
			ann_attribute_text(s, &r->object.attributes, "voc.type", text.p, ann_len(text));
	} else if (ann_is(tag, "difficult")) {
		if (ann_xml_next_text(x, &text) && (ann_is(text, "1") || ann_is(text, "true")))
			r->object.flags |= ANN_DIFFICULT;
	} else if (ann_is(tag, "attributes"))
		(void)ann_attributes_read(s, x, &r->object.attributes);
	else if (ann_is(tag, "pose")) {
		if (ann_xml_next_text(x, &text) && !ann_is(text, "unspecified") && ann_len(text))
			ann_attribute_text(s, &r->object.attributes, "voc.pose", text.p, ann_len(text));
	} else if (ann_is(tag, "truncated") || ann_is(tag, "occluded")) {
		const char *key = ann_is(tag, "truncated") ? "truncated" : "occluded";
		if (ann_xml_next_text(x, &text) && !ann_is(text, "0") && ann_len(text))
			ann_attribute_text(s, &r->object.attributes, key, text.p, ann_len(text));
		if (r->object.attributes) { /* numbers as numbers */
			ann_attribute *a = &s->attributes[s->n_attributes - 1];
			double v;
			base_str plain = { 0 };
			ann_json_plain(&plain, ann_str(s, a->value));
			if (plain.p && ann_number(plain.p, plain.p + plain.n, &v) == plain.p + plain.n)
				a->value = ann_intern(s, plain.p, plain.n);
			base_str_free(&plain);
		}
	} else
		keep(s, x, tag, &r->object.attributes);
}

static uint32_t
shape_of(ann_set *s, const reading *r)
{
	if (r->turns == 31)
		return ann_turned(s, r->turned[0] - r->turned[2] / 2, r->turned[1] - r->turned[3] / 2,
			r->turned[0] + r->turned[2] / 2, r->turned[1] + r->turned[3] / 2, r->turned[4] * 180 / M_PI);
	if (r->corners == 255)
		return ann_points(s, ANN_QUAD, r->corner, 4);
	if (!r->n_parts)
		return 0;
	uint32_t shape = ann_polygon_begin(s, r->n_parts);
	const double *xy = r->xy;
	for (int i = 0; i < r->n_parts; xy += 2 * r->part[i++])
		ann_polygon_part(s, xy, r->part[i]);
	return shape;
}

static secant_status
add_object(ann_set *s, int image, const reading *r, const char *origin, uint32_t line, secant_err *err)
{
	if (!r->named || !*r->class)
		return ann_bad(s, "parse-error", origin, line, 0, err, "an object without <name>");
	bool none = r->boxed && !r->seen && !r->turns && !r->corners && !r->n_parts;
	if (none || (r->seen && r->seen != 15) || (r->turns && r->turns != 31) || (r->corners && r->corners != 255))
		return ann_bad(s, "parse-error", origin, line, 0, err, "a %s without all of %s",
			r->turns || r->corners ? "turned box" : "<bndbox>",
			r->turns         ? "cx, cy, w, h, angle"
				: r->corners ? "its four corners"
							 : "xmin, ymin, xmax, ymax");
	if (!ann_finite(r->object.box, 4) || !ann_finite(r->turned, 5) || !ann_finite(r->corner, 8)
		|| !ann_finite(r->xy, r->n_xy))
		return ann_bad(s, "value-not-finite", origin, line, 0, err, "a coordinate of '%s' is not finite", r->class);
	int class = ann_class_named(s, r->class, strlen(r->class));
	uint32_t shape = shape_of(s, r);
	ann_object *o = class >= 0 ? ann_add_object(s, image, class) : NULL;
	if (!o)
		return ann_nomem(err);
	memcpy(o->box, r->object.box, sizeof o->box);
	bool turned = r->turns || r->corners; /* a turned box has its extent for a box */
	o->flags = r->object.flags | (shape && (turned || !r->seen) ? ANN_BOX_DERIVED : r->seen ? 0u : ANN_NO_BOX);
	o->shape = shape;
	o->attributes = r->object.attributes;
	o->line = line;
	ann_absorb(s, o);
	return SECANT_OK;
}

static secant_status
read_object(ann_set *s, xml_pull *x, int image, secant_err *err)
{
	reading r = { .object = { .area = NAN } };
	ann_field tag;
	uint32_t line = ann_xml_line(x);
	while (ann_xml_child(x, &tag))
		read_member(s, x, tag, &r);
	secant_status status = SECANT_OK;
	if (!x->err.code)
		status = add_object(s, image, &r, x->origin, line, err);
	secant_free(r.xy), secant_free(r.part);
	return status;
}

static void
read_size(ann_set *s, xml_pull *x, int image)
{
	ann_field tag;
	double v;
	while (ann_xml_child(x, &tag)) {
		int32_t *to = ann_is(tag, "width") ? &s->images[image].width
			: ann_is(tag, "height")        ? &s->images[image].height
			: ann_is(tag, "depth")         ? &s->images[image].depth
										   : NULL;
		if (!to)
			ann_xml_skip(x);
		else if (ann_xml_real(x, &v)) {
			if (!(v >= 0 && v < 1e9))
				ann_xml_fail(x, "a size of %g", v);
			else
				*to = (int32_t)v;
		}
	}
}

/* Pictures are found by the name of the XML file; a <filename> that leads elsewhere is only worth a word. */
static secant_status
judge_filename(ann_set *s, xml_pull *x, const char *origin)
{
	ann_field text;
	char name[300];
	uint32_t line = ann_xml_line(x);
	if (!ann_xml_next_text(x, &text) || !ann_len(text))
		return SECANT_OK;
	snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	return base_path_is_safe(name)
		? SECANT_OK
		: ann_find(s, "path-portable", -1, origin, line, 0, "<filename> is '%s', which leads elsewhere", name);
}

secant_status
ann_voc_parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	secant_status status = SECANT_OK;
	ann_xml_init(&x, data, n, origin);
	if (ann_xml_root(&x, &tag) && !ann_is(tag, "annotation"))
		ann_xml_fail(
			&x, "the first element is <%.*s>, not <annotation>", (int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p);
	while (!status && ann_xml_child(&x, &tag)) {
		if (ann_is(tag, "object"))
			status = read_object(s, &x, image, err);
		else if (ann_is(tag, "objects")) { /* FAIR1M */
			while (!status && ann_xml_child(&x, &tag))
				if (ann_is(tag, "object"))
					status = read_object(s, &x, image, err);
				else
					ann_xml_skip(&x);
		} else if (ann_is(tag, "size"))
			read_size(s, &x, image);
		else if (ann_is(tag, "filename"))
			status = judge_filename(s, &x, origin);
		else if (ann_is(tag, "folder"))
			ann_xml_skip(&x);
		else if (ann_is(tag, "attributes"))
			(void)ann_attributes_read(s, &x, &s->images[image].attributes);
		else
			keep(s, &x, tag, &s->images[image].attributes);
	}
	if (!status)
		ann_xml_end(&x);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	ann_xml_free(&x);
	return status;
}
