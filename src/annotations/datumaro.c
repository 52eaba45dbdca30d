/*
 * Datumaro's own JSON: annotations/LIST.json with categories.label.labels and items, whose annotations are bbox,
 * polygon, polyline, points, label, mask (COCO's run lengths) and caption; pictures in images/LIST. Kinds it has beside
 * these are counted in a note.
 */
#include "annotations/attributes.h"
#include "annotations/find.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"items\"", "\"categories\"", "\"annotations\"", NULL };
	return ann_head_has(path, words);
}

static const json_t *
turned_of(const json_t *a)
{
	const json_t *own = json_object_get(a, "rotated_bbox");
	return own ? own : json_object_get(a, "points");
}

static secant_status
read_annotation(
	ann_set *s, int image, const json_t *a, const int *class, int classes, const char *origin, secant_err *err)
{
	const char *type = ann_tree_text(a, "type"), *key;
	secant_status status = SECANT_OK;
	double number = ann_tree_number(a, "label_id");
	int n = 0;
	json_t *value;
	bool box = !strcmp(type, "bbox"), polygon = !strcmp(type, "polygon"), line = !strcmp(type, "polyline"),
		 points = !strcmp(type, "points"), label = !strcmp(type, "label"), mask = !strcmp(type, "mask"),
		 ellipse = !strcmp(type, "ellipse"),
		 turned = !strcmp(type, "rotated_bbox") && json_array_size(turned_of(a)) == 5;
	if (!box && !polygon && !line && !points && !label && !mask && !ellipse && !turned) {
		ann_leave(s, type);
		return SECANT_OK;
	}
	if (!isfinite(number))
		return ann_bad(s, "class-undefined", origin, 0, 0, err, "a %s without a class (label_id)", type);
	if (!(number >= 0 && number < classes))
		return ann_bad(
			s, "class-undefined", origin, 0, 0, err, "a %s of class %g, but there are %d", type, number, classes);
	ann_object *o = ann_add_object(s, image, class[(int)number]);
	int at = s->n_objects - 1;
	if (!o)
		return ann_nomem(err);
	const json_t *b = json_object_get(a, "bbox"), *rle = json_object_get(a, "rle"),
				 *size = json_object_get(rle, "size");
	bool kept = true;
	if (label)
		o->flags = ANN_NO_BOX;
	else if (box) {
		double v[4];
		for (size_t i = 0; i < 4; i++)
			v[i] = ann_tree_number(json_array_get(b, i), NULL);
		kept = ann_set_box(s, at, v, origin, &status, err);
	} else if (mask) {
		double h = ann_tree_number(json_array_get(size, 0), NULL), w = ann_tree_number(json_array_get(size, 1), NULL);
		const char *counts = ann_tree_text(rle, "counts");
		ann_rle r;
		kept = h >= 1 && w >= 1 && h <= 1 << 16 && w <= 1 << 16 && h * w < UINT32_MAX
			&& !ann_rle_decode(&r, (uint32_t)h, (uint32_t)w, counts, strlen(counts), NULL);
		if (kept) {
			ann_rle_free(&r);
			uint32_t shape = ann_store_rle(s, (int)h, (int)w, counts, strlen(counts), false);
			s->objects[at].shape = shape;
			s->objects[at].flags = ANN_BOX_DERIVED;
		} else {
			s->n_objects--;
			status = ann_bad(s, "rle-sum", origin, 0, 0, err, "the run lengths of a mask of '%s' cannot be read",
				ann_str(s, s->images[image].name));
		}
	} else if (turned) { /* middle, size, degrees clockwise */
		double v[5];
		for (size_t i = 0; i < 5; i++)
			v[i] = ann_tree_number(json_array_get(turned_of(a), i), NULL);
		const double around[4] = { v[0] - v[2] / 2, v[1] - v[3] / 2, v[2], isfinite(v[4]) ? v[3] : NAN };
		kept = ann_set_box(s, at, around, origin, &status, err);
		uint32_t shape = kept ? ann_turned(s, around[0], around[1], around[0] + v[2], around[1] + v[3], v[4]) : 0;
		if (kept)
			s->objects[at].shape = shape, s->objects[at].flags = ANN_BOX_DERIVED;
	} else if (ellipse) { /* the corners around it */
		double v[4];
		const json_t *p = json_object_get(a, "points");
		for (size_t i = 0; i < 4; i++)
			v[i] = ann_tree_number(json_array_get(p, i), NULL);
		kept = ann_set_box(s, at, (double[]){ v[0], v[1], v[2] - v[0], v[3] - v[1] }, origin, &status, err);
		uint32_t shape = kept
			? ann_ellipse(s, (v[0] + v[2]) / 2, (v[1] + v[3]) / 2, fabs(v[2] - v[0]) / 2, fabs(v[3] - v[1]) / 2, 0)
			: 0;
		if (kept)
			s->objects[at].shape = shape, s->objects[at].flags = ANN_BOX_DERIVED;
	} else {
		double *xy = ann_tree_points(json_object_get(a, "points"), 1, 1, &n);
		kept = ann_set_points(s, at,
			polygon    ? ANN_POLYGONS
				: line ? ANN_LINE
					   : ANN_POINTS,
			xy, n, origin, &status, err);
	}
	uint32_t head = 0;
	if (!kept)
		return status;
	json_object_foreach (json_object_get(a, "attributes"), key, value)
		if (strcmp(key, "is_crowd"))
			ann_tree_keep(s, &head, key, value);
		else
			s->objects[at].flags |= json_is_true(value) || json_integer_value(value) ? ANN_CROWD : 0u;
	s->objects[at].attributes = head;
	ann_absorb(s, &s->objects[at]);
	return status;
}

/* Polygons of one group (0: none) and class are the parts of one object: as many as stand one after the other. */
static void
join_groups(ann_set *s, int first, const double *group)
{
	int to = first, n;
	for (int i = first; i < s->n_objects; i += n) {
		const ann_object *o = &s->objects[i];
		for (n = 1; group[i - first] > 0 && ann_shape_kind(s, o->shape) == ANN_POLYGONS && i + n < s->n_objects; n++) {
			const ann_object *next = &s->objects[i + n];
			if (group[i + n - first] != group[i - first]
				|| next->class != o->class || ann_shape_kind(s, next->shape) != ANN_POLYGONS)
				break;
		}
		ann_object one = *o;
		uint32_t shape = n > 1 ? ann_join_shapes(s, o, n) : one.shape;
		one.shape = shape ? shape : one.shape;
		s->objects[to++] = one;
	}
	s->n_objects = to;
}

static secant_status
read_item(ann_set *s, int image, const json_t *item, const int *class, int classes, const char *origin, secant_err *err)
{
	json_t *list = json_object_get(item, "annotations"), *a;
	double *group = secant_calloc(json_array_size(list) + 1, sizeof *group);
	secant_status status = group ? SECANT_OK : ann_nomem(err);
	int first = s->n_objects;
	size_t i;
	json_array_foreach (list, i, a) {
		int before = s->n_objects;
		if (!status)
			status = read_annotation(s, image, a, class, classes, origin, err);
		if (!status && s->n_objects > before)
			group[before - first] = ann_tree_number(a, "group");
	}
	if (!status)
		join_groups(s, first, group);
	secant_free(group);
	return status;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	json_t *labels = json_object_get(json_object_get(json_object_get(top, "categories"), "label"), "labels"), *item;
	int classes = (int)json_array_size(labels), *class = secant_calloc((size_t)classes + 1, sizeof *class);
	secant_status status = class ? SECANT_OK : ann_nomem(err);
	size_t i;
	const char *key;
	json_t *value;
	json_array_foreach (labels, i, item) {
		const char *name = ann_tree_text(item, "name");
		if (!status && (class[i] = ann_class_listed(s, name, strlen(name))) < 0)
			status = ann_nomem(err);
	}
	char *stem = base_path_stem(origin);
	int split = stem && strcmp(stem, "default") && f ? ann_split(s, stem, strlen(stem)) : -1;
	json_array_foreach (json_object_get(top, "items"), i, item) {
		json_t *picture = json_object_get(item, "image");
		const char *path = ann_tree_text(picture, "path"), *id = ann_tree_text(item, "id");
		char own[512];
		snprintf(own, sizeof own, "images/%s/%s", stem ? stem : "", *path ? path : id);
		bool listed = f && ann_find_image(&f->keys, own, strlen(own)) >= 0;
		int image = status ? -1
			: f            ? ann_finder_picture(f, s,
                  listed      ? own
								 : *path ? path
										 : id,
							 origin, &status, err)
						   : 0;
		if (image < 0)
			continue;
		const json_t *size = json_object_get(picture, "size");
		ann_tree_size(
			s, image, ann_tree_number(json_array_get(size, 1), NULL), ann_tree_number(json_array_get(size, 0), NULL));
		ann_text source = ann_intern(s, origin, strlen(origin));
		s->images[image].source = source;
		s->images[image].splits |= split >= 0 ? 1ull << split : 0;
		uint32_t head = 0;
		json_object_foreach (json_object_get(item, "attr"), key, value)
			if (strcmp(key, "id")) /* of the file that it came from */
				ann_tree_keep(s, &head, key, value);
		s->images[image].attributes = head;
		status = read_item(s, image, item, class, classes, origin, err);
	}
	secant_free(stem), secant_free(class);
	return status;
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

typedef struct writer {
	base_str t;
	int id, group;
	bool any; /* an annotation of the picture has been written */
} writer;

static void
begin(writer *w, const ann_set *s, const ann_object *o, const char *type, int group)
{
	base_str_addf(&w->t, "%s{\"id\": %d, \"type\": \"%s\", \"attributes\": {", w->any ? ",\n\t" : "", w->id++, type);
	w->any = true;
	ann_put_object_pairs(&w->t, s, o, "", false);
	base_str_addf(&w->t, "}, \"group\": %d, \"label_id\": %d", group, o->class);
}

static void
put_object(writer *w, const ann_set *s, const ann_object *o)
{
	static const char *const types[] = { "bbox", "polygon", "mask", "polygon", "polyline", "points" };
	ann_kind kind = o->flags & ANN_NO_BOX && !o->shape ? 0 : ann_shape_kind(s, o->shape);
	int parts = 0, n;
	if (o->flags & ANN_NO_BOX && !o->shape) {
		begin(w, s, o, "label", 0);
		base_str_add(&w->t, "}");
	} else if (!kind) {
		const double v[4] = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) };
		begin(w, s, o, types[0], 0);
		base_str_add(&w->t, ", \"z_order\": 0, \"bbox\": [");
		ann_put_points(&w->t, v, 2, true);
		base_str_add(&w->t, "]}");
	} else if (kind == ANN_RLE) {
		begin(w, s, o, types[kind], 0);
		ann_put_text(&w->t, ", \"z_order\": 0, \"rle\": {\"counts\": ", ann_rle_counts(s, o->shape));
		base_str_addf(&w->t, ", \"size\": [%d, %d]}}", (int)s->shapes[o->shape + 1], (int)s->shapes[o->shape + 2]);
	} else {
		const double *xy, *p = ann_parts(s, o->shape, &parts);
		int group = parts > 1 ? ++w->group : 0;
		for (int i = 0; i < parts; i++) {
			p = ann_part(p, &xy, &n);
			begin(w, s, o, types[kind], group);
			base_str_add(&w->t, ", \"z_order\": 0, \"points\": [");
			ann_put_points(&w->t, xy, n, true);
			base_str_add(&w->t, kind == ANN_POINTS ? "], \"visibility\": [" : "]}");
			for (int k = 0; kind == ANN_POINTS && k < n; k++)
				base_str_add(&w->t, k ? ", 2" : "2");
			base_str_add(&w->t, kind == ANN_POINTS ? "]}" : "");
		}
	}
}

/* The name without its extension, as Datumaro has it; the whole of it where a picture before has that already: of two
 * items of one id, Datumaro keeps one. */
static char *
item_id(ann_set *ids, const char *name, secant_status *status, secant_err *err)
{
	char *id = ann_with_extension(name, "");
	if (id)
		id[strlen(id) - 1] = 0; /* the dot */
	if (id && ann_find_image(ids, id, strlen(id)) >= 0) {
		secant_free(id);
		id = base_strdup(name);
	}
	if (!id || ann_add_image(ids, id, strlen(id)) < 0)
		*status = ann_nomem(err);
	return id;
}

static secant_status
write_list(ann_set *s, ann_out *out, int list, secant_err *err)
{
	writer w = { .id = 0 };
	const char *name = list < 0 ? "default" : ann_str(s, s->splits[list]);
	char *file = base_format("annotations/%s.json", name), *folder = base_format("images/%s", name);
	secant_status status = file && folder ? SECANT_OK : ann_nomem(err);
	bool first = true;
	ann_set ids;
	ann_init(&ids);
	base_str_add(&w.t, "{\"info\": {}, \"categories\": {\"label\": {\"labels\": [");
	for (int i = 0; i < s->n_classes; i++) {
		ann_put_text(&w.t, i ? ", {\"name\": " : "{\"name\": ", ann_str(s, s->classes[i].name));
		base_str_add(&w.t, ", \"parent\": \"\", \"attributes\": []}");
	}
	base_str_add(&w.t, "], \"attributes\": []}},\n\"items\": [");
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *path = ann_str(s, im->name);
		if (!ann_in_list(s, i, list))
			continue;
		char *id = item_id(&ids, path, &status, err);
		ann_put_text(&w.t, first ? "\n{\"id\": " : ",\n{\"id\": ", id ? id : path);
		first = false;
		w.any = false;
		base_str_add(&w.t, ", \"annotations\": [");
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->class >= 0 && !(o->flags & ANN_VOID))
				put_object(&w, s, o);
		}
		base_str_add(&w.t, "], \"attr\": {");
		ann_put_pairs(&w.t, s, im->attributes, "", false);
		ann_put_text(&w.t, "}, \"image\": {\"path\": ", path);
		if (im->width > 0)
			base_str_addf(&w.t, ", \"size\": [%d, %d]", im->height, im->width);
		base_str_add(&w.t, "}}");
		if (!status)
			status = ann_out_beneath(out, s, i, folder, err);
		secant_free(id);
	}
	ann_free(&ids);
	base_str_add(&w.t, "\n]}\n");
	if (!status)
		status = ann_out_str(out, file, &w.t, err);
	secant_free(file), secant_free(folder);
	base_str_free(&w.t);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	return ann_write_lists(s, out, write_list, err);
}

static const ann_files files = {
	.extension = "json",
	.because = "it has Datumaro JSON",
	.sure = 95,
	.is = is_own,
	.tree = read_tree,
};

const ann_format ann_format_datumaro = {
	.name = "datumaro",
	.brief = "Datumaro JSON: annotations/LIST.json and images",
	.cvat_turns = true,
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_RLE | ANN_HOLDS_LINES
		| ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_IMAGE_ATTRIBUTES | ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS,
	.files = &files,
	.write = write,
};
