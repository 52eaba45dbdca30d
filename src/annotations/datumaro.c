/*
 * Datumaro's own JSON: annotations/LIST.json with categories.label.labels and items, whose annotations are bbox,
 * polygon, polyline, points, label, mask (COCO's run lengths) and caption; pictures in images/LIST. Kinds it has beside
 * these are counted in a note.
 */
#include "annotations/find.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"items\"", "\"categories\"", "\"annotations\"", NULL };
	return ann_head_has(path, words);
}

static int
detect(const char *path, const char **why)
{
	*why = "it has Datumaro JSON";
	return ann_detect_trees(path, is_own, 95);
}

static secant_status
read_annotation(ann_set *s, int image, const json_t *a, const int *class, int classes, int *other, const char *origin,
	secant_err *err)
{
	const char *type = ann_tree_text(a, "type"), *key;
	secant_status status = SECANT_OK;
	double number = ann_tree_number(a, "label_id");
	int n = 0;
	json_t *value;
	bool box = !strcmp(type, "bbox"), polygon = !strcmp(type, "polygon"), line = !strcmp(type, "polyline"),
		 points = !strcmp(type, "points"), label = !strcmp(type, "label"), mask = !strcmp(type, "mask");
	if (!box && !polygon && !line && !points && !label && !mask) {
		(*other)++;
		return SECANT_OK;
	}
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
	} else {
		double *xy = ann_tree_points(json_object_get(a, "points"), 1, 1, &n);
		kept = ann_set_points(s, at,
			polygon    ? ANN_POLYGONS
				: line ? ANN_LINE
					   : ANN_POINTS,
			xy, n, origin, &status, err);
	}
	uint32_t head = 0;
	if (kept)
		json_object_foreach (json_object_get(a, "attributes"), key, value)
			ann_tree_keep(s, &head, key, value);
	if (kept)
		s->objects[at].attributes = head;
	return status;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	json_t *labels = json_object_get(json_object_get(json_object_get(top, "categories"), "label"), "labels"), *item, *a;
	int classes = (int)json_array_size(labels), *class = secant_calloc((size_t)classes + 1, sizeof *class), other = 0;
	secant_status status = class ? SECANT_OK : ann_nomem(err);
	size_t i, k;
	json_array_foreach (labels, i, item) {
		const char *name = ann_tree_text(item, "name");
		if (!status && (class[i] = ann_class_named(s, name, strlen(name))) < 0)
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
		json_array_foreach (json_object_get(item, "annotations"), k, a)
			if (!status)
				status = read_annotation(s, image, a, class, classes, &other, origin, err);
	}
	if (other)
		ann_note(s, "%s: %d annotations of other kinds (captions, cuboids, ...) were left out", origin, other);
	secant_free(stem), secant_free(class);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_read_trees(s, path, o, is_own, read_tree, watch, err);
	return status ? status : ann_leave_unlisted(s, false, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_parse_tree(s, d, n, o, read_tree, e);
}

const ann_format ann_format_datumaro = {
	.name = "datumaro",
	.brief = "Datumaro JSON: annotations/LIST.json and images",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES
		| ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read,
	.parse = parse_one,
};
