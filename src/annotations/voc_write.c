/* VOC folders: XML in the kit's order of elements, lists in byte order of names, class lists. */
#include "annotations/voc.h"
#include "annotations/attributes.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>

/* These are most of the work of writing a set: no printf. */
static void
open_tag(base_str *t, int depth, const char *tag)
{
	static const char spaces[] = "          ";
	size_t indent = 2 * (size_t)depth;
	base_str_addn(t, spaces, indent < sizeof spaces - 1 ? indent : sizeof spaces - 1);
	base_str_addn(t, "<", 1);
	base_str_add(t, tag);
	base_str_addn(t, ">", 1);
}

static void
close_tag(base_str *t, const char *tag)
{
	base_str_addn(t, "</", 2);
	base_str_add(t, tag);
	base_str_addn(t, ">\n", 2);
}

static void
line(base_str *t, int depth, const char *tag, const char *text)
{
	open_tag(t, depth, tag);
	ann_xml_text(t, text, strlen(text));
	close_tag(t, tag);
}

/* Text, a number, text: tags that always follow each other are one text. */
static void
number(base_str *t, const char *before, double v, const char *after)
{
	base_str_add(t, before);
	ann_put_number(t, v);
	base_str_add(t, after);
}

static bool
xml_name(const char *p)
{
	if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_'))
		return false;
	for (; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("_-.", *p)))
			return false;
	return true;
}

static bool
before_size(const char *key)
{
	return !strcmp(key, "voc.source") || !strcmp(key, "voc.owner") || !strcmp(key, "voc.path");
}

static void
put_native(base_str *t, const ann_set *s, uint32_t head, int depth, int before)
{
	for (; head; head = s->attributes[head].next) {
		const char *key = ann_str(s, s->attributes[head].key);
		if (ann_native(key, "voc.") && strcmp(key, "voc.pose") && xml_name(key + 4)
			&& (before < 0 || before_size(key) == before))
			ann_xml_from_json(t, key + 4, ann_str(s, s->attributes[head].value), depth);
	}
}

static void
plain(base_str *t, int depth, const char *tag, const char *json, const char *otherwise)
{
	base_str text = { 0 };
	if (json)
		ann_json_plain(&text, json);
	line(t, depth, tag, text.p ? text.p : otherwise);
	base_str_free(&text);
}

/* One <polygon> for each part, as Roboflow, supervision and RectLabel have them. */
static void
put_polygons(base_str *t, const ann_set *s, const ann_object *o, double by)
{
	int parts, n;
	const double *xy, *p = ann_parts(s, o->shape, &parts);
	for (; parts; parts--) {
		p = ann_part(p, &xy, &n);
		base_str_add(t, "    <polygon>\n");
		for (int i = 0; i < 2 * n; i++) {
			char name = i & 1 ? 'y' : 'x';
			base_str_addf(t, "      <%c%d>", name, i / 2 + 1);
			ann_put_number(t, by != 0 ? ann_tidy(xy[i] - by) : xy[i]);
			base_str_addf(t, "</%c%d>\n", name, i / 2 + 1);
		}
		base_str_add(t, "    </polygon>\n");
	}
}

static void
put_object(base_str *t, const ann_set *s, const ann_object *o, const double by[2])
{
	ann_implied extra;
	const char *occluded = o->attributes ? ann_get(s, o->attributes, "occluded") : NULL;
	base_str_add(t, "  <object>\n");
	line(t, 2, "name", o->class >= 0 ? ann_written(s, o->class) : "");
	if (o->attributes) {
		plain(t, 2, "pose", ann_get(s, o->attributes, "voc.pose"), "unspecified");
		plain(t, 2, "truncated", ann_get(s, o->attributes, "truncated"), "0");
	} else
		base_str_add(t, "    <pose>unspecified</pose>\n    <truncated>0</truncated>\n");
	base_str_add(t, o->flags & ANN_DIFFICULT ? "    <difficult>1</difficult>\n" : "    <difficult>0</difficult>\n");
	if (occluded)
		plain(t, 2, "occluded", occluded, "0");
	if (!(o->flags & ANN_NO_BOX)) {
		number(t, "    <bndbox>\n      <xmin>", by[0] != 0 ? ann_tidy(ann_x0(o) - by[0]) : ann_x0(o), "</xmin>\n");
		number(t, "      <ymin>", by[0] != 0 ? ann_tidy(ann_y0(o) - by[0]) : ann_y0(o), "</ymin>\n");
		number(t, "      <xmax>", by[1] != 0 ? ann_tidy(ann_x1(o) - by[1]) : ann_x1(o), "</xmax>\n");
		number(t, "      <ymax>", by[1] != 0 ? ann_tidy(ann_y1(o) - by[1]) : ann_y1(o), "</ymax>\n    </bndbox>\n");
	}
	if (ann_shape_kind(s, o->shape) == ANN_POLYGONS)
		put_polygons(t, s, o, by[0]);
	if (o->attributes)
		put_native(t, s, o->attributes, 2, -1);
	if (ann_find_implied(s, o, ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA, 0, 0, 1, &extra) || o->attributes)
		ann_attributes_xml(t, s, o->attributes, "voc.", extra.pair, 2);
	base_str_add(t, "  </object>\n");
}

static void
put_annotation(
	base_str *t, const ann_set *s, int i, const secant_dataset_writing *w, const char *folder, const double by[2])
{
	const ann_image *im = &s->images[i];
	const char *name = ann_str(s, im->name);
	base_str_add(t, "<annotation>\n");
	line(t, 1, "folder", folder);
	line(t, 1, "filename", name);
	put_native(t, s, im->attributes, 1, 1);
	if (im->width > 0 && im->height > 0) {
		number(t, "  <size>\n    <width>", im->width, "</width>\n");
		number(t, "    <height>", im->height, "</height>\n");
		number(t, "    <depth>", w->recipe ? 3 : im->depth > 0 ? im->depth : 3, "</depth>\n  </size>\n");
	}
	put_native(t, s, im->attributes, 1, 0);
	for (uint32_t k = s->first[i], ahead = 8; k < s->first[i + 1]; k++) {
		if (k + ahead < (uint32_t)s->n_objects) /* objects stand in the order of the file they came from, anywhere */
			__builtin_prefetch(&s->objects[s->order[k + ahead]]);
		if (!(s->objects[s->order[k]].flags & ANN_VOID))
			put_object(t, s, &s->objects[s->order[k]], by);
	}
	if (im->attributes)
		ann_attributes_xml(t, s, im->attributes, "voc.", NULL, 1);
	base_str_add(t, "</annotation>\n");
}

static void
put_stem(base_str *t, const char *name)
{
	const char *slash = strrchr(name, '/'), *dot = strrchr(name, '.');
	base_str_addn(t, name, dot && dot > (slash ? slash + 1 : name) ? (size_t)(dot - name) : strlen(name));
	base_str_addn(t, "\n", 1);
}

static int
by_picture(const void *a, const void *b, void *user)
{
	const ann_set *s = user;
	return strcmp(ann_str(s, s->images[*(const int *)a].name), ann_str(s, s->images[*(const int *)b].name));
}

/* Lists in byte order of names; trainval is train and val, or everything when there are no lists. */
static secant_status
write_lists(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	char relative[400];
	int *order = secant_calloc((size_t)s->n_images + 1, sizeof *order);
	secant_status status = order ? SECANT_OK : ann_nomem(err);
	uint64_t both = 0;
	bool has_trainval = false;
	for (int i = 0; order && i < s->n_images; i++)
		order[i] = i;
	if (order)
		qsort_r(order, (size_t)s->n_images, sizeof *order, by_picture, s);
	for (int k = 0; k < s->n_splits && !status; k++) {
		const char *name = ann_str(s, s->splits[k]);
		has_trainval = has_trainval || !strcmp(name, "trainval");
		both |= !strcmp(name, "train") || !strcmp(name, "val") ? 1ull << k : 0;
		for (int i = 0; i < s->n_images; i++)
			if (s->images[order[i]].splits >> k & 1)
				put_stem(&t, ann_str(s, s->images[order[i]].name));
		snprintf(relative, sizeof relative, "ImageSets/Main/%s.txt", name);
		status = ann_out_str(out, relative, &t, err);
	}
	for (int i = 0; i < s->n_images && !status; i++)
		if (!s->n_splits || s->images[order[i]].splits & both)
			put_stem(&t, ann_str(s, s->images[order[i]].name));
	if (!status && (both || !s->n_splits) && !has_trainval)
		status = ann_out_str(out, "ImageSets/Main/trainval.txt", &t, err);
	base_str_free(&t);
	secant_free(order);
	return status;
}

static secant_status
write_classes(const ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	if (ann_find_format(ann_str(s, s->format))->numbers_images) {
		base_str_add(&t, "{");
		for (int i = 0; i < s->n_classes; i++) {
			base_str_add(&t, i ? ",\n  " : "\n  ");
			ann_json_string(&t, ann_str(s, s->classes[i].name), strlen(ann_str(s, s->classes[i].name)));
			base_str_addf(&t, ": %d", i + 1);
		}
		base_str_add(&t, "\n}\n");
		status = ann_out_str(out, "nwpu_classes.json", &t, err);
	}
	base_str_add(&t, "# label:color_rgb:parts:actions\n");
	for (int i = 0; i < s->n_classes; i++) {
		int32_t c = s->classes[i].colour;
		if (c >= 0)
			base_str_addf(&t, "%s:%d,%d,%d::\n", ann_written(s, i), c >> 16, c >> 8 & 255, c & 255);
		else
			base_str_addf(&t, "%s:::\n", ann_written(s, i));
	}
	if (!status)
		status = ann_out_str(out, "labelmap.txt", &t, err);
	base_str_free(&t);
	return status;
}

secant_status
ann_voc_write(ann_set *s, ann_out *out, secant_err *err)
{
	const secant_dataset_writing *w = out->options;
	int origin = w->voc_origin ? w->voc_origin : s->voc_origin > 0 ? s->voc_origin : 1;
	const char *folder = w->recipe ? "VOC2012" : w->folder ? w->folder : base_path_name(out->path);
	base_str t = { 0 };
	secant_status status = ann_name_classes(s, out, "", ' ', err);
	for (int i = 0; !status && i < s->n_images; i++) {
		char *relative = ann_with_extension(ann_str(s, s->images[i].name), "xml");
		char *xml = relative ? base_format("Annotations/%s", relative) : NULL;
		put_annotation(&t, s, i, w, folder, ann_voc_shift[origin]);
		status = xml ? ann_out_str(out, xml, &t, err) : ann_nomem(err);
		secant_free(relative);
		secant_free(xml);
		if (!status && i % 512 == 511)
			status = ann_call_watch(out->watch, err);
	}
	base_str_free(&t);
	int64_t masks = 0;
	for (int i = 0; i < s->n_objects; i++)
		masks += ann_shape_kind(s, s->objects[i].shape) == ANN_RLE;
	ann_out_lose(out, masks, "mask of an object (its box is written)");
	for (int i = 0; !status && i < s->n_images; i++) {
		char *relative = base_format("JPEGImages/%s", ann_str(s, s->images[i].name));
		status = relative ? ann_out_picture(out, s, &s->images[i], relative, err) : ann_nomem(err);
		secant_free(relative);
	}
	if (!status)
		status = write_lists(s, out, err);
	if (!status)
		status = write_classes(s, out, err);
	s->voc_origin = origin; /* for the manifest */
	return status;
}
