/* Attributes as XML and text, and those that mirror fields of the model. */
#include "annotations/attributes.h"
#include <stdio.h>

/* The largest whole number that every reader of JSON keeps. */
#define MOST_WHOLE 9007199254740992.0

/* Is a text a value of JSON? Numbers that would not come back as they stand (0003, 1., 1e999, NaN, more digits than a
 * double has) are text. */
static bool
is_json(const char *p, size_t n)
{
	json_pull j;
	double v;
	if (n && (strchr("+-.0123456789NIni", *p)) && !(n == 4 && !memcmp(p, "null", 4)))
		return ann_is_json_number(p, n) && ann_real(p, p + n, &v)
			&& (memchr(p, '.', n) || memchr(p, 'e', n) || memchr(p, 'E', n) ? isfinite(v) : fabs(v) < MOST_WHOLE);
	ann_pull_init(&j, p, n, "value");
	char kind = ann_pull_peek(&j);
	ann_pull_skip(&j, NULL);
	ann_pull_end(&j);
	bool good = !j.err.code && kind && p[0] != ' ' && n && p[n - 1] != ' ';
	ann_pull_free(&j);
	return good;
}

void
ann_value_text(base_str *out, const char *json)
{
	base_str plain = { 0 };
	if (*json == '"') {
		ann_json_plain(&plain, json);
		if (plain.p && is_json(plain.p, plain.n))
			base_str_add(out, json);
		else
			base_str_addn(out, plain.p ? plain.p : "", plain.n);
	} else
		base_str_add(out, json);
	out->failed = out->failed || plain.failed;
	base_str_free(&plain);
}

void
ann_text_value(base_str *json, const char *p, size_t n)
{
	if (n && is_json(p, n))
		base_str_addn(json, p, n);
	else
		ann_json_string(json, p, n);
}

static void
indent(base_str *out, int depth)
{
	for (int i = 0; i < depth; i++)
		base_str_addn(out, "  ", 2);
}

static void
put_one(base_str *out, const char *key, const char *json, int depth)
{
	base_str value = { 0 };
	ann_value_text(&value, json);
	indent(out, depth), base_str_add(out, "<attribute>\n");
	indent(out, depth + 1), base_str_add(out, "<name>");
	ann_xml_text(out, key, strlen(key));
	base_str_add(out, "</name>\n");
	indent(out, depth + 1), base_str_add(out, "<value>");
	ann_xml_text(out, value.p ? value.p : "", value.n);
	base_str_add(out, "</value>\n");
	indent(out, depth), base_str_add(out, "</attribute>\n");
	out->failed = out->failed || value.failed || !*json;
	base_str_free(&value);
}

void
ann_attributes_xml(
	base_str *out, const ann_set *s, uint32_t head, const char *prefix, const char *const *extra, int depth)
{
	bool any = false;
	for (; head; head = s->attributes[head].next) {
		const char *key = ann_str(s, s->attributes[head].key);
		if (ann_native(key, prefix) || !strcmp(key, "truncated") || !strcmp(key, "occluded"))
			continue;
		if (!any)
			indent(out, depth), base_str_add(out, "<attributes>\n");
		any = true;
		put_one(out, key, ann_str(s, s->attributes[head].value), depth + 1);
	}
	for (; extra && *extra; extra += 2) {
		if (!any)
			indent(out, depth), base_str_add(out, "<attributes>\n");
		any = true;
		put_one(out, extra[0], extra[1], depth + 1);
	}
	if (any)
		indent(out, depth), base_str_add(out, "</attributes>\n");
}

secant_status
ann_attributes_read(ann_set *s, xml_pull *x, uint32_t *head)
{
	ann_field tag, text;
	base_str key = { 0 }, value = { 0 };
	while (ann_xml_child(x, &tag)) {
		if (!ann_is(tag, "attribute")) {
			ann_xml_skip(x);
			continue;
		}
		key.n = value.n = 0;
		while (ann_xml_child(x, &tag)) {
			if (!ann_xml_next_text(x, &text))
				break;
			if (ann_is(tag, "name"))
				base_str_addn(&key, text.p, ann_len(text));
			else if (ann_is(tag, "value"))
				ann_text_value(&value, text.p, ann_len(text));
		}
		if (key.n && !x->err.code)
			ann_add_attribute(s, head, key.p, value.n ? value.p : "\"\"", value.n ? value.n : 2);
	}
	secant_status status = key.failed || value.failed ? SECANT_ERR_NOMEM : SECANT_OK;
	base_str_free(&key);
	base_str_free(&value);
	return status;
}

bool
ann_box_apart(const ann_set *s, const ann_object *o)
{
	double e[4];
	if (o->flags & (ANN_BOX_DERIVED | ANN_NO_BOX) || !ann_extent(s, o->shape, e))
		return false;
	return fabs(e[0] - ann_x0(o)) > .01 || fabs(e[1] - ann_y0(o)) > .01 || fabs(e[2] - ann_x1(o)) > .01
		|| fabs(e[3] - ann_y1(o)) > .01;
}

/* "[1, 2.5]" into room, which is always large enough: a number takes at most 25 bytes. */
static const char *
numbers(char *room, size_t size, const double *v, int n)
{
	base_str t = { 0 };
	for (int i = 0; i < n; i++) {
		base_str_add(&t, i ? ", " : "[");
		ann_put_number(&t, v[i]);
	}
	base_str_add(&t, "]");
	snprintf(room, size, "%s", t.p && !t.failed ? t.p : ""); /* "" is no JSON: it was lost, and its writer says so */
	base_str_free(&t);
	return room;
}

int
ann_find_implied(
	const ann_set *s, const ann_object *o, unsigned what, int object, int part, int parts, ann_implied *out)
{
	int n = 0;
	if (what & ANN_IMPLIED_CROWD && o->flags & ANN_CROWD)
		out->pair[n++] = "coco.iscrowd", out->pair[n++] = "1";
	if (what & ANN_IMPLIED_DIFFICULT && o->flags & ANN_DIFFICULT)
		out->pair[n++] = "difficult", out->pair[n++] = "1";
	if (what & ANN_IMPLIED_AREA && !isnan(o->area) && (o->shape || ann_tidy(ann_w(o) * ann_h(o)) != o->area)) {
		base_str t = { 0 };
		ann_put_number(&t, o->area);
		snprintf(out->area, sizeof out->area, "%s", t.p && !t.failed ? t.p : "");
		base_str_free(&t);
		out->pair[n++] = "coco.area", out->pair[n++] = out->area;
	}
	if (what & ANN_IMPLIED_BOX && ann_box_apart(s, o)) {
		const double v[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		out->pair[n++] = "secant.box", out->pair[n++] = numbers(out->box, sizeof out->box, v, 4);
	}
	if (parts > 1) {
		const double v[3] = { object, part, parts };
		out->pair[n++] = "secant.part", out->pair[n++] = numbers(out->part, sizeof out->part, v, 3);
	}
	out->pair[n] = NULL;
	return n / 2;
}

bool
ann_list(const char *json, double *v, int n)
{
	json_pull j;
	int i = 0;
	ann_pull_init(&j, json, strlen(json), "attribute");
	for (ann_pull_array(&j); i <= n && ann_pull_element(&j); i++)
		if (i == n || !ann_pull_number(&j, &v[i]))
			break;
	ann_pull_end(&j);
	bool good = !j.err.code && i == n && ann_finite(v, n);
	ann_pull_free(&j);
	return good;
}

void
ann_absorb(ann_set *s, ann_object *o)
{
	for (uint32_t *link = &o->attributes; *link;) {
		const ann_attribute *a = &s->attributes[*link];
		const char *key = ann_str(s, a->key), *value = ann_str(s, a->value);
		bool truth = !strcmp(value, "1") || !strcmp(value, "true") || !strcmp(value, "\"1\"")
			|| !strcmp(value, "\"true\"");
		bool taken = true;
		double v, box[4];
		if (!strcmp(key, "coco.iscrowd"))
			o->flags |= truth ? ANN_CROWD : 0u;
		else if (!strcmp(key, "difficult"))
			o->flags |= truth ? ANN_DIFFICULT : 0u;
		else if (!strcmp(key, "coco.area") && ann_real(value, value + strlen(value), &v))
			o->area = v;
		else if (!strcmp(key, "secant.box") && ann_list(value, box, 4)) {
			ann_corners(o, box[0], box[1], box[2], box[3]);
			o->flags &= ~(uint32_t)(ANN_BOX_DERIVED | ANN_NO_BOX);
		} else
			taken = false;
		if (taken)
			*link = a->next;
		else
			link = &s->attributes[*link].next;
	}
}

/* --- parts
 * ----------------------------------------------------------------------------------------------------------------
 */

static bool
part_of(const ann_set *s, const ann_object *o, double v[3])
{
	const char *value = o->attributes && ann_shape_kind(s, o->shape) == ANN_POLYGONS
		? ann_get(s, o->attributes, "secant.part")
		: NULL;
	return value && ann_list(value, v, 3);
}

/* How many objects from o on are all the parts of one; 0: none. */
static int
whole(const ann_set *s, const ann_object *o, int left)
{
	double first[3], v[3];
	if (!part_of(s, o, first) || first[1] != 0 || !(first[2] > 1 && first[2] <= left))
		return 0;
	int n = (int)first[2];
	for (int i = 1; i < n; i++)
		if (o[i].image != o->image || o[i].class != o->class || !part_of(s, &o[i], v) || v[0] != first[0] || v[1] != i
			|| v[2] != n)
			return 0;
	return n;
}

void
ann_join_parts(ann_set *s, int from)
{
	int to = from, n;
	for (int i = from; i < s->n_objects; i += n) {
		n = whole(s, &s->objects[i], s->n_objects - i);
		uint32_t shape = n ? ann_join_shapes(s, &s->objects[i], n) : 0;
		ann_object *o = &s->objects[to++];
		*o = s->objects[i];
		if (!n) {
			n = 1;
			continue;
		}
		o->shape = shape;
		for (uint32_t *link = &o->attributes; *link;) {
			const ann_attribute *a = &s->attributes[*link];
			if (!strcmp(ann_str(s, a->key), "secant.part") || !strcmp(ann_str(s, a->key), "labelme.group_id"))
				*link = a->next;
			else
				link = &s->attributes[*link].next;
		}
	}
	s->n_objects = to;
}
