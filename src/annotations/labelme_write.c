/* Writing LabelMe's JSON, a file beside each picture; see labelme.c. */
#include "annotations/labelme.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include "base/base64.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

static secant_status
put_mask(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	uint8_t *pixels;
	int b[4];
	secant_status status = ann_rle_cut(s, o->shape, &pixels, b, err);
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
	ann_put_points(t, xy, 2, false);
	base_str_add(t, "], \"shape_type\": \"mask\", \"mask\": \"");
	if (!status)
		base_base64_encode(t, png, n);
	base_str_add(t, "\"");
	secant_image_free(&im);
	secant_free(png), secant_free(pixels);
	return status;
}

static void
put_attributes(base_str *t, const ann_set *s, uint32_t head, const char *const *extra, bool native, const char *skip)
{
	bool any = false;
	const char *key, *value;
	while (ann_take_attribute(s, &head, &extra, &key, &value)) {
		char mark[160];
		snprintf(mark, sizeof mark, "|%s|", key);
		/* MIT's <attributes> stands among the attributes: their own name is taken. */
		bool own = ann_native(key, "labelme.") && strcmp(key, "labelme.attributes");
		if (own != native || strstr(skip, mark))
			continue;
		base_str_add(t, native ? ", " : any ? ", " : ", \"attributes\": {");
		any = true;
		ann_json_string(t, key + (native ? 8 : 0), strlen(key + (native ? 8 : 0)));
		base_str_add(t, ": ");
		base_str_add(t, value);
	}
	if (any && !native)
		base_str_add(t, "}");
}

/* Was the polygon a circle, and is it still? */
static bool
is_circle(const ann_set *s, const ann_object *o, double p[4])
{
	const char *json = o->attributes ? ann_get(s, o->attributes, "labelme.circle") : NULL;
	double e[4];
	if (!json || !ann_list(json, p, 4) || !ann_extent(s, o->shape, e))
		return false;
	double r = hypot(p[2] - p[0], p[3] - p[1]);
	return fabs(e[0] - p[0] + r) + fabs(e[1] - p[1] + r) + fabs(e[2] - p[0] - r) + fabs(e[3] - p[1] - r) < 1e-3;
}

/* A group number beyond those that objects bring along. */
static int
free_group(const ann_set *s, int image)
{
	int64_t most = 0, v;
	for (uint32_t k = s->first[image]; k < s->first[image + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		const char *json = o->attributes ? ann_get(s, o->attributes, "labelme.group_id") : NULL;
		if (json && ann_integer(json, json + strlen(json), &v) && v > most && v < 1 << 30)
			most = v;
	}
	return (int)most;
}

static secant_status
put_shape(base_str *t, const ann_set *s, const ann_object *o, int part, int parts, int group, secant_err *err)
{
	ann_implied extra;
	const char *label = o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "";
	const char *type = o->attributes ? ann_get(s, o->attributes, "labelme.shape_type") : NULL;
	ann_kind kind = ann_shape_kind(s, o->shape);
	double circle[4];
	secant_status status = SECANT_OK;
	base_str_add(t, "    {\"label\": ");
	ann_json_string(t, label, strlen(label));
	base_str_add(t, ", \"points\": [");
	if (kind == ANN_RLE)
		status = put_mask(t, s, o, err);
	else if (kind == ANN_POLYGONS && is_circle(s, o, circle)) {
		ann_put_points(t, circle, 2, false);
		base_str_add(t, "], \"shape_type\": \"circle\"");
	} else if (kind) {
		int all, n = 0;
		const double *xy = NULL, *p = ann_parts(s, o->shape, &all);
		for (int i = 0; i <= part && i < all; i++)
			p = ann_part(p, &xy, &n);
		ann_put_points(t, xy, n, false);
		base_str_addf(t, "], \"shape_type\": %s",
			type                     ? type
				: kind == ANN_LINE   ? "\"linestrip\""
				: kind == ANN_POINTS ? "\"points\""
				: kind == ANN_QUAD   ? "\"oriented_rectangle\""
									 : "\"polygon\"");
	} else {
		const double xy[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		ann_put_points(t, xy, 2, false);
		base_str_add(t, "], \"shape_type\": \"rectangle\"");
	}
	if (group)
		base_str_addf(t, ", \"group_id\": %d", group);
	else if (!ann_get(s, o->attributes, "labelme.group_id"))
		base_str_add(t, ", \"group_id\": null");
	if (!ann_get(s, o->attributes, "labelme.flags"))
		base_str_add(t, ", \"flags\": {}");
	put_attributes(t, s, o->attributes, NULL, true,
		group ? "|labelme.shape_type|labelme.group_id|labelme.circle|"
			  : "|labelme.shape_type|labelme.points|labelme.label|labelme.circle|");
	if (ann_find_implied(s, o, ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA | ANN_IMPLIED_DIFFICULT | ANN_IMPLIED_BOX, group,
			part, parts, &extra)
		|| o->attributes)
		put_attributes(t, s, o->attributes, extra.pair, false, "");
	base_str_add(t, "}");
	return status;
}

secant_status
ann_labelme_write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *name = ann_str(s, im->name), *base = base_path_name(name);
		int group = free_group(s, i);
		base_str_add(&t, "{\n  \"version\": \"5.4.1\"");
		if (!ann_get(s, im->attributes, "labelme.flags"))
			base_str_add(&t, ",\n  \"flags\": {}");
		put_attributes(&t, s, im->attributes, NULL, true, "|labelme.shapes|labelme.imagePath|");
		put_attributes(&t, s, im->attributes, NULL, false, "");
		base_str_add(&t, ",\n  \"shapes\": [");
		bool first = true;
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			int parts = 1;
			if (o->flags & (ANN_NO_BOX | ANN_VOID))
				continue;
			if (ann_shape_kind(s, o->shape) == ANN_POLYGONS)
				(void)ann_parts(s, o->shape, &parts);
			group += parts > 1;
			for (int p = 0; !status && p < (parts > 1 ? parts : 1); p++) {
				base_str_add(&t, first ? "\n" : ",\n");
				first = false;
				status = put_shape(&t, s, o, p, parts, parts > 1 ? group : 0, err);
			}
		}
		base_str_add(&t, first ? "],\n  \"imagePath\": " : "\n  ],\n  \"imagePath\": ");
		ann_json_string(&t, base, strlen(base));
		base_str_addf(
			&t, ",\n  \"imageData\": null,\n  \"imageHeight\": %d,\n  \"imageWidth\": %d\n}\n", im->height, im->width);
		if (!status)
			status = ann_put_pair(s, out, im, "", "json", &t, "", err);
		ann_out_lose(out, im->splits != 0, "membership of a picture in a list");
	}
	base_str_free(&t);
	return status;
}
