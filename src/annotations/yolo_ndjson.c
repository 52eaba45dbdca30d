/*
 * Ultralytics' NDJSON (docs.ultralytics.com/datasets, its converter convert_ndjson_to_yolo): a line for the set, then a
 * line a picture,
 *
 *     {"type": "dataset", "task": "detect", "class_names": {"0": "cat"}, "kpt_shape": [17, 3]}
 *     {"type": "image", "file": "a.jpg", "width": 64, "height": 48, "split": "train",
 *      "annotations": {"boxes": [[class, cx, cy, w, h], ...]}}        or segments, obb, pose, of shares of the picture
 *
 * Its lists are rows of YOLO's label files, which is what the converter makes of them, and what reads them here.
 */
#include "annotations/find.h"
#include "annotations/yolo.h"
#include <stdio.h>

enum { MOST_CLASSES = 100000 };

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"type\"", "\"dataset\"", "\"task\"", NULL };
	return ann_head_has(path, words);
}

/* --classes has named them: names of the file do not count. */
static bool
are_given(const ann_set *s)
{
	return s->n_classes && !s->classes[0].place;
}

/* Class `number` is the set's class of that number: all below it are listed too. */
static secant_status
add_class(ann_set *s, const json_t *names, int number, const char *origin, uint32_t line, secant_err *err)
{
	for (int i = 0; i <= number; i++) {
		char key[16], unnamed[24];
		snprintf(key, sizeof key, "%d", i);
		snprintf(unnamed, sizeof unnamed, names ? "class%d" : "%d", i);
		const char *name = *ann_tree_text(names, key) ? ann_tree_text(names, key) : unnamed;
		if (i >= s->n_classes && ann_class_listed(s, name, strlen(name)) < 0)
			return ann_nomem(err);
		if (i >= s->n_classes) /* the name of one before: numbers would move */
			return ann_bad(s, "class-undefined", origin, line, 0, err, "class %d is called '%s' like another", i, name);
		if (*ann_tree_text(names, key) && strcmp(ann_str(s, s->classes[i].name), name))
			return ann_bad(s, "class-undefined", origin, line, 0, err,
				"class %d is '%s' here and '%s' in another file: read one of them", i, name,
				ann_str(s, s->classes[i].name));
	}
	return SECANT_OK;
}

static secant_status
take_set(ann_set *s, const json_t *j, const char *origin, uint32_t line, secant_err *err)
{
	json_t *names = json_object_get(j, "class_names"), *name;
	const json_t *points = json_object_get(j, "kpt_shape");
	const char *key;
	int last = -1;
	json_object_foreach (names, key, name) {
		int64_t number;
		if (!ann_integer(key, key + strlen(key), &number) || number < 0 || number >= MOST_CLASSES)
			return ann_bad(s, "class-undefined", origin, line, 0, err, "class '%s' is not a whole number from 0", key);
		last = number > last ? (int)number : last;
	}
	if (points && !(s->attributes_head && ann_get(s, s->attributes_head, "yolo.kpt_shape")))
		ann_tree_keep(s, &s->attributes_head, "yolo.kpt_shape", points);
	return are_given(s) ? SECANT_OK : add_class(s, names, last, origin, line, err);
}

static secant_status
take_rows(
	ann_set *s, int image, const char *kind, const json_t *rows, const char *origin, uint32_t line, secant_err *err)
{
	base_str t = { 0 };
	const json_t *row, *v;
	size_t i, k;
	secant_status status = SECANT_OK;
	s->flags |= are_given(s) ? 1u : 0u; /* the list is closed */
	json_array_foreach (rows, i, row) {
		double class = ann_tree_number(json_array_get(row, 0), NULL);
		if (!status && !are_given(s) && class >= 0 && class < MOST_CLASSES && class >= s->n_classes)
			status = add_class(s, NULL, (int)class, origin, line, err);
		json_array_foreach (row, k, v) {
			base_str_add(&t, k ? " " : "");
			ann_put_number(&t, ann_tree_number(v, NULL));
		}
		base_str_add(&t, "\n");
	}
	if (!status && t.n)
		status = ann_yolo_rows(s, image,
			!strcmp(kind, "segments")  ? YOLO_RINGS
				: !strcmp(kind, "obb") ? YOLO_QUADS
									   : YOLO_BOXES,
			t.p, t.n, origin, err);
	status = t.failed && !status ? ann_nomem(err) : status;
	base_str_free(&t);
	return status;
}

static secant_status
take_line(ann_set *s, ann_finder *f, const json_t *j, int split, uint32_t line, const char *origin, secant_err *err)
{
	const char *file = ann_tree_text(j, "file"), *list = ann_tree_text(j, "split"), *kind;
	json_t *annotations = json_object_get(j, "annotations"), *rows;
	secant_status status = SECANT_OK;
	if (!strcmp(ann_tree_text(j, "type"), "dataset"))
		return take_set(s, j, origin, line, err);
	if (!*file)
		return ann_bad(s, "parse-error", origin, line, 0, err, "neither the set nor a picture: no type, no file");
	int image = f ? ann_finder_picture(f, s, file, origin, &status, err) : 0;
	if (image < 0)
		return status;
	split = f && *list ? ann_split(s, list, strlen(list)) : split;
	s->images[image].source = ann_intern(s, origin, strlen(origin));
	s->images[image].splits |= split >= 0 ? 1ull << split : 0;
	ann_tree_size(s, image, ann_tree_number(j, "width"), ann_tree_number(j, "height"));
	if (f && s->images[image].width <= 0)
		status = ann_probe(s, image, err);
	if (!status && json_object_size(annotations))
		status = ann_need_size(s, &s->images[image], "YOLO, whose numbers are shares of it,", err);
	json_object_foreach (annotations, kind, rows)
		if (!status && !strcmp(kind, "classification"))
			ann_leave(s, "class of a whole picture");
		else if (!status)
			status = take_rows(s, image, kind, rows, origin, line, err);
	return status;
}

static const ann_files files = {
	.extension = "ndjson",
	.because = "it has Ultralytics' NDJSON",
	.sure = 96,
	.is = is_own,
	.line = take_line,
};

const ann_format ann_format_yolo_ndjson = {
	.name = "yolo-ndjson",
	.brief = "Ultralytics NDJSON: a line of JSON a picture, boxes, polygons, turned boxes, poses",
	.prefix = "yolo.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_QUAD | ANN_HOLDS_FRACTIONS,
	.files = &files,
};
