/* Attributes as XML and text, and those that mirror fields of the model. */
#include "data/annotations/attributes.h"
#include <stdio.h>

static bool
is_json(const char *p, size_t n)
{
	json_pull j;
	secant_pull_init(&j, p, n, "value");
	char kind = secant_pull_peek(&j);
	secant_pull_skip(&j, NULL);
	secant_pull_end(&j);
	bool good = !j.err.code && kind && p[0] != ' ' && n && p[n - 1] != ' ';
	secant_pull_free(&j);
	return good;
}

void
secant_ann_value_text(secant_str *out, const char *json)
{
	secant_str plain = { 0 };
	if (*json == '"') {
		secant_ann_json_plain(&plain, json);
		if (plain.p && is_json(plain.p, plain.n))
			secant_str_add(out, json);
		else
			secant_str_addn(out, plain.p ? plain.p : "", plain.n);
	} else
		secant_str_add(out, json);
	secant_str_free(&plain);
}

void
secant_ann_text_value(secant_str *json, const char *p, size_t n)
{
	if (n && is_json(p, n))
		secant_str_addn(json, p, n);
	else
		secant_ann_json_string(json, p, n);
}

static void
indent(secant_str *out, int depth)
{
	for (int i = 0; i < depth; i++)
		secant_str_addn(out, "  ", 2);
}

static void
put_one(secant_str *out, const char *key, const char *json, int depth)
{
	secant_str value = { 0 };
	secant_ann_value_text(&value, json);
	indent(out, depth), secant_str_add(out, "<attribute>\n");
	indent(out, depth + 1), secant_str_add(out, "<name>");
	secant_ann_xml_text(out, key, strlen(key));
	secant_str_add(out, "</name>\n");
	indent(out, depth + 1), secant_str_add(out, "<value>");
	secant_ann_xml_text(out, value.p ? value.p : "", value.n);
	secant_str_add(out, "</value>\n");
	indent(out, depth), secant_str_add(out, "</attribute>\n");
	secant_str_free(&value);
}

void
secant_ann_attributes_xml(secant_str *out, const ann_set *s, uint32_t head, const char *prefix, const char *const *extra, int depth)
{
	bool any = false;
	for (; head; head = s->attributes[head].next) {
		const char *key = ann_str(s, s->attributes[head].key);
		if (secant_ann_native(key, prefix) || !strcmp(key, "truncated") || !strcmp(key, "occluded"))
			continue;
		if (!any)
			indent(out, depth), secant_str_add(out, "<attributes>\n");
		any = true;
		put_one(out, key, ann_str(s, s->attributes[head].value), depth + 1);
	}
	for (; extra && *extra; extra += 2) {
		if (!any)
			indent(out, depth), secant_str_add(out, "<attributes>\n");
		any = true;
		put_one(out, extra[0], extra[1], depth + 1);
	}
	if (any)
		indent(out, depth), secant_str_add(out, "</attributes>\n");
}

secant_status
secant_ann_attributes_read(ann_set *s, xml_pull *x, uint32_t *head)
{
	ann_field tag, text;
	secant_str key = { 0 }, value = { 0 };
	while (secant_xml_child(x, &tag)) {
		if (!ann_is(tag, "attribute")) {
			secant_xml_skip(x);
			continue;
		}
		key.n = value.n = 0;
		while (secant_xml_child(x, &tag)) {
			if (!secant_xml_text(x, &text))
				break;
			if (ann_is(tag, "name"))
				secant_str_addn(&key, text.p, ann_len(text));
			else if (ann_is(tag, "value"))
				secant_ann_text_value(&value, text.p, ann_len(text));
		}
		if (key.n && !x->err.code)
			secant_ann_attribute(s, head, key.p, value.n ? value.p : "\"\"", value.n ? value.n : 2);
	}
	secant_status status = key.failed || value.failed ? SECANT_ERR_NOMEM : SECANT_OK;
	secant_str_free(&key);
	secant_str_free(&value);
	return status;
}

int
secant_ann_implied(const ann_set *s, const ann_object *o, bool crowd, bool area, bool difficult, const char *pairs[8], char room[64])
{
	int n = 0;
	if (crowd && o->flags & ANN_CROWD)
		pairs[n++] = "coco.iscrowd", pairs[n++] = "1";
	if (difficult && o->flags & ANN_DIFFICULT)
		pairs[n++] = "difficult", pairs[n++] = "1";
	if (area && !isnan(o->area) && (o->shape || secant_ann_tidy(ann_w(o) * ann_h(o)) != o->area)) {
		secant_str t = { 0 };
		secant_ann_put_number(&t, o->area);
		size_t k = t.p && t.n < 64 ? t.n : 0;
		memcpy(room, k ? t.p : "0", k + !k);
		room[k + !k] = 0;
		secant_str_free(&t);
		pairs[n++] = "coco.area", pairs[n++] = room;
	}
	pairs[n] = NULL;
	return n / 2;
}

void
secant_ann_absorb(ann_set *s, ann_object *o)
{
	for (uint32_t *link = &o->attributes; *link;) {
		const ann_attribute *a = &s->attributes[*link];
		const char *key = ann_str(s, a->key), *value = ann_str(s, a->value);
		bool truth = !strcmp(value, "1") || !strcmp(value, "true") || !strcmp(value, "\"1\"") || !strcmp(value, "\"true\"");
		bool taken = true;
		double v;
		if (!strcmp(key, "coco.iscrowd"))
			o->flags |= truth ? ANN_CROWD : 0u;
		else if (!strcmp(key, "difficult"))
			o->flags |= truth ? ANN_DIFFICULT : 0u;
		else if (!strcmp(key, "coco.area") && secant_ann_real(value, value + strlen(value), &v))
			o->area = v;
		else
			taken = false;
		if (taken)
			*link = a->next;
		else
			link = &s->attributes[*link].next;
	}
}
