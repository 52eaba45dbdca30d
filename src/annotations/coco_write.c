/* COCO files: one for each list, ids kept where all are there and differ, else numbered from 1. */
#include "annotations/coco.h"
#include "annotations/attributes.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include <stdio.h>

/* Extra keys of the format's own, raw; names that would stand twice are left out. */
static void
put_extra(base_str *t, const ann_set *s, uint32_t head, const char *reserved)
{
	for (; head; head = s->attributes[head].next) {
		const char *key = ann_str(s, s->attributes[head].key);
		char mark[160];
		if (!ann_native(key, "coco."))
			continue;
		snprintf(mark, sizeof mark, "|%s|", key + 5);
		if (strstr(reserved, mark))
			continue;
		base_str_add(t, ", ");
		ann_json_string(t, key + 5, strlen(key + 5));
		base_str_add(t, ": ");
		base_str_add(t, ann_str(s, s->attributes[head].value));
	}
}

static void
put_attributes(base_str *t, const ann_set *s, uint32_t head, const char *const *extra)
{
	bool any = false;
	const char *key, *value;
	while (ann_take_attribute(s, &head, &extra, &key, &value)) {
		if (ann_native(key, "coco.") || !strcmp(key, "score"))
			continue;
		base_str_add(t, any ? ", " : ", \"attributes\": {");
		any = true;
		ann_json_string(t, key, strlen(key));
		base_str_add(t, ": ");
		base_str_add(t, value);
		t->failed = t->failed || !*value;
	}
	if (any)
		base_str_add(t, "}");
}

static void
put_segmentation(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	if (kind == ANN_RLE) {
		const char *counts = ann_rle_counts(s, o->shape);
		uint32_t h = (uint32_t)s->shapes[o->shape + 1], w = (uint32_t)s->shapes[o->shape + 2];
		base_str_addf(t, "{\"size\": [%u, %u], \"counts\": ", h, w);
		ann_rle r;
		if (s->shapes[o->shape + 4] != 0 && !ann_rle_decode(&r, h, w, counts, strlen(counts), err)) {
			base_str_add(t, "[");
			for (size_t i = 0; i < r.n; i++) {
				base_str_add(t, i ? ", " : "");
				ann_put_integer(t, r.runs[i]);
			}
			base_str_add(t, "]}");
			ann_rle_free(&r);
		} else {
			ann_json_string(t, counts, strlen(counts));
			base_str_add(t, "}");
		}
		return;
	}
	base_str_add(t, "[");
	int parts = 0, n;
	const double *xy, *p = kind == ANN_POLYGONS || kind == ANN_QUAD ? ann_parts(s, o->shape, &parts) : NULL;
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		base_str_add(t, i ? ", [" : "[");
		for (int k = 0; k < 2 * n; k++) {
			if (k)
				base_str_addn(t, ", ", 2);
			ann_put_number(t, xy[k]);
		}
		base_str_add(t, "]");
	}
	base_str_add(t, "]");
}

static void
put_annotation(
	base_str *t, const ann_set *s, const ann_object *o, int64_t id, int64_t image, int64_t category, secant_err *err)
{
	ann_implied extra;
	const char *score = o->attributes ? ann_get(s, o->attributes, "score") : NULL;
	const double box[4] = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) };
	base_str_addn(t, "{\"id\": ", 7);
	ann_put_integer(t, id);
	base_str_addn(t, ", \"image_id\": ", 14);
	ann_put_integer(t, image);
	base_str_addn(t, ", \"category_id\": ", 17);
	ann_put_integer(t, category);
	if (!(o->flags & ANN_NO_BOX)) {
		for (int i = 0; i < 4; i++) {
			base_str_add(t, i ? ", " : ", \"bbox\": [");
			ann_put_number(t, box[i]);
		}
		base_str_add(t, "], \"area\": ");
		ann_put_number(t, ann_tidy(ann_area(s, o)));
		base_str_add(t, ", \"segmentation\": ");
		put_segmentation(t, s, o, err);
		base_str_add(t, o->flags & ANN_CROWD ? ", \"iscrowd\": 1" : ", \"iscrowd\": 0");
	}
	if (score) {
		base_str_add(t, ", \"score\": ");
		base_str_add(t, score);
	}
	if (o->attributes)
		put_extra(t, s, o->attributes, "|id|image_id|category_id|bbox|area|segmentation|iscrowd|score|attributes|");
	if (ann_find_implied(s, o, ANN_IMPLIED_DIFFICULT, 0, 0, 1, &extra) || o->attributes)
		put_attributes(t, s, o->attributes, extra.pair);
	base_str_addn(t, "}", 1);
}

static void
put_categories(base_str *t, const ann_set *s, bool own)
{
	base_str_add(t, "\"categories\": [");
	for (int i = 0; i < s->n_classes; i++) {
		const ann_class *c = &s->classes[i];
		base_str_addf(t, "%s\n{\"id\": %lld, \"name\": ", i ? "," : "", (long long)(own ? c->id : i + 1));
		ann_json_string(t, ann_str(s, c->name), strlen(ann_str(s, c->name)));
		put_extra(t, s, c->attributes, "|id|name|");
		base_str_add(t, "}");
	}
	base_str_add(t, "],\n");
}

/* Are the ids of these pictures (objects, classes) all there and all different? Then they are kept. */
static bool
unique(const int64_t *id, int n, bool *failed)
{
	ann_table seen = { 0 };
	bool good = true;
	for (int i = 0; i < n && good; i++) {
		uint32_t before;
		good = id[i] != ANN_NO_ID && !ann_table_get(&seen, (uint64_t)id[i], &before);
		if (good && !ann_table_put(&seen, (uint64_t)id[i], 1)) {
			*failed = true;
			good = false;
		}
	}
	ann_table_free(&seen);
	return good && n > 0;
}

static bool
listed(const ann_set *s, int image, int list)
{
	return list < 0 ? !s->images[image].splits : s->images[image].splits >> list & 1;
}

static secant_status
write_list(const ann_set *s, ann_out *out, int list, bool own_classes, int64_t *ids, secant_err *err)
{
	base_str t = { 0 };
	secant_err inner = { 0 };
	base_str_add(&t, "{");
	for (uint32_t a = s->attributes_head; a; a = s->attributes[a].next)
		if (ann_native(ann_str(s, s->attributes[a].key), "coco.")) {
			const char *key = ann_str(s, s->attributes[a].key) + 5;
			if (!strcmp(key, "images") || !strcmp(key, "annotations") || !strcmp(key, "categories"))
				continue;
			ann_json_string(&t, key, strlen(key));
			base_str_addf(&t, ": %s,\n", ann_str(s, s->attributes[a].value));
		}
	put_categories(&t, s, own_classes);
	int n = 0;
	for (int i = 0; i < s->n_images; i++)
		if (listed(s, i, list))
			ids[n++] = s->images[i].id;
	bool own_images = unique(ids, n, &t.failed);
	n = 0;
	for (int k = 0; k < s->n_objects; k++)
		if (listed(s, s->objects[k].image, list))
			ids[n++] = s->objects[k].id;
	bool own_objects = unique(ids, n, &t.failed);
	base_str_add(&t, "\"images\": [");
	bool first = true;
	for (int i = 0; i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		if (!listed(s, i, list))
			continue;
		base_str_add(&t, first ? "\n{\"id\": " : ",\n{\"id\": ");
		first = false;
		ann_put_integer(&t, own_images ? im->id : i + 1);
		base_str_add(&t, ", \"file_name\": ");
		ann_json_string(&t, ann_str(s, im->name), strlen(ann_str(s, im->name)));
		if (im->width > 0 && im->height > 0) {
			base_str_add(&t, ", \"width\": ");
			ann_put_integer(&t, im->width);
			base_str_add(&t, ", \"height\": ");
			ann_put_integer(&t, im->height);
		}
		if (im->attributes) {
			put_extra(&t, s, im->attributes, "|id|file_name|width|height|attributes|");
			put_attributes(&t, s, im->attributes, NULL);
		}
		base_str_add(&t, "}");
	}
	base_str_add(&t, "],\n\"annotations\": [");
	int64_t id = 0;
	first = true;
	for (int k = 0; k < s->n_objects; k++) {
		const ann_object *o = &s->objects[k];
		if (!listed(s, o->image, list) || o->class < 0 || o->flags & ANN_VOID)
			continue;
		base_str_add(&t, first ? "\n" : ",\n");
		first = false;
		id++;
		put_annotation(&t, s, o, own_objects ? o->id : id, own_images ? s->images[o->image].id : o->image + 1,
			own_classes ? s->classes[o->class].id : o->class + 1, &inner);
	}
	base_str_add(&t, "]}\n");
	char name[300];
	snprintf(name, sizeof name, "annotations/instances%s%s.json", list >= 0 ? "_" : "",
		list >= 0 ? ann_str(s, s->splits[list]) : "");
	secant_status status = inner.code ? secant_fail(err, inner.code, "%s", inner.msg) : ann_out_str(out, name, &t, err);
	base_str_free(&t);
	return status;
}

secant_status
ann_coco_write(ann_set *s, ann_out *out, secant_err *err)
{
	int most = s->n_objects > s->n_images ? s->n_objects : s->n_images;
	most = most > s->n_classes ? most : s->n_classes;
	int64_t *ids = secant_calloc((size_t)most + 1, sizeof *ids);
	secant_status status = ids ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_classes; i++)
		ids[i] = s->classes[i].id;
	bool lost = false, own = !status && unique(ids, s->n_classes, &lost), unlisted = !s->n_images;
	for (int i = 0; i < s->n_images; i++)
		unlisted = unlisted || !s->images[i].splits;
	if (lost)
		status = ann_nomem(err);
	if (!status && unlisted)
		status = write_list(s, out, -1, own, ids, err);
	for (int k = 0; !status && k < s->n_splits; k++)
		status = write_list(s, out, k, own, ids, err);
	for (int i = 0; !status && out->options->pictures && i < s->n_images; i++) {
		char *relative = base_format("images/%s", ann_str(s, s->images[i].name));
		status = relative ? ann_out_picture(out, s, &s->images[i], relative, err) : ann_nomem(err);
		secant_free(relative);
	}
	secant_free(ids);
	return status;
}
