/* Writing CVAT's XML for images: one annotations.xml; see cvat.c. */
#include "annotations/cvat.h"
#include "annotations/rle.h"
#include <stdio.h>

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

secant_status
ann_cvat_write(ann_set *s, ann_out *out, secant_err *err)
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
