/*
 * YOLO: one text file a picture, one object a line, numbers as shares of the picture's width and height, classes from
 * 0.
 *
 *     yolo       class cx cy w h [score] [track], or, where kpt_shape says so, class cx cy w h and points
 *     yolo-seg   class x1 y1 x2 y2 ... (one ring, at least three points)
 *     yolo-obb   class x1 y1 x2 y2 x3 y3 x4 y4 [score] [track]
 *
 * Layouts: images/[LIST/] with labels/[LIST/] and data.yaml (Ultralytics: the last folder called images is the one that
 * labels replaces); obj.data, obj.names and obj_train_data (Darknet); Images with Annotations and obj.names; text files
 * beside pictures with classes.txt (labelImg). Pixel numbers within a ten-millionth of a thousandth of a pixel are
 * taken as that thousandth, so that files with enough decimals give back what was written.
 */
#include "annotations/trace.h"
#include "annotations/yolo.h"
#include "base/file.h"
#include "base/hash.h"
#include <stdio.h>
#include <strings.h>

enum { CLOSED = 1, TRACKS = 2 }; /* flags of the set: all classes are named; last columns are tracks */

static double
snap(double v)
{
	double t = nearbyint(v * 1000) / 1000;
	return fabs(v - t) < 1e-7 ? t : v;
}

static int
detect_boxes(const char *path, const char **why)
{
	*why = "it has labels of class and box a line";
	return ann_yolo_sure(path, YOLO_BOXES);
}
static int
detect_rings(const char *path, const char **why)
{
	*why = "it has labels with rings of points";
	return ann_yolo_sure(path, YOLO_RINGS);
}
static int
detect_quads(const char *path, const char **why)
{
	*why = "it has labels of nine numbers a line";
	return ann_yolo_sure(path, YOLO_QUADS);
}

/* --- names
 * ----------------------------------------------------------------------------------------------------------------
 */

static secant_status
read_yaml(ann_set *s, yolo_layout *l, const char *path, bool darknet, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	secant_err one = { 0 };
	secant_status status = ann_load_text(s, path, &data, &n, err);
	if (status || !data)
		return status;
	status = darknet ? ann_yolo_darknet(s, l, data, n, path, &one) : ann_yolo_yaml(s, l, data, n, path, &one);
	if (status)
		status = ann_unparsable(s, path, &one, err);
	secant_free(data);
	if (!status && !l->file && !(l->file = base_strdup(path)))
		status = ann_nomem(err);
	return status;
}

/* The file that describes the set: data.yaml in the folder itself before others, the nearest to it first. */
static int
description(const char *root, const base_names *all, const char *extensions, int *others)
{
	int best = -1, best_rank = 0;
	*others = 0;
	for (int i = 0; i < all->n; i++) {
		char *path = base_ext_is(all->v[i], extensions) ? base_path_join(root, all->v[i]) : NULL;
		if (path && (base_ext_is(all->v[i], "data") || ann_yolo_is_yaml(path))) {
			int depth = 0;
			for (const char *p = all->v[i]; *p; p++)
				depth += *p == '/';
			int rank = 100 - 2 * depth + !strncmp(base_path_name(all->v[i]), "data.", 5);
			*others += best >= 0;
			if (rank > best_rank) {
				best = i;
				best_rank = rank;
			}
		}
		secant_free(path);
	}
	return best;
}

static secant_status
read_names_file(ann_set *s, const char *root, const base_names *all, const char *wanted, secant_err *err)
{
	for (int i = 0; i < all->n && !s->n_classes; i++) {
		if (wanted ? strcmp(base_path_name(all->v[i]), base_path_name(wanted)) != 0 : !ann_yolo_is_names(all->v[i]))
			continue;
		char *path = base_path_join(root, all->v[i]);
		secant_status status = path ? ann_read_names(s, path, err) : ann_nomem(err);
		secant_free(path);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read_classes(ann_set *s, const char *root, const base_names *all, yolo_layout *l, const char *file,
	const secant_dataset_reading *o, secant_err *err)
{
	secant_status status = ann_read_option_names(s, o, err);
	if (!status && file)
		status = read_yaml(s, l, file, false, err);
	for (int darknet = 0; darknet < 2 && !status && !l->file; darknet++) {
		int others, at = description(root, all, darknet ? "data" : "yaml|yml", &others);
		char *path = at >= 0 ? base_path_join(root, all->v[at]) : NULL;
		if (path)
			status = read_yaml(s, l, path, darknet, err);
		if (others)
			ann_note(s, "%s describes the set; %d more files like it were not read", path, others);
		secant_free(path);
	}
	if (!status && !s->n_classes && l->names)
		status = read_names_file(s, root, all, l->names, err);
	return !status && !s->n_classes ? read_names_file(s, root, all, NULL, err) : status;
}

/* --- labels
 * ----------------------------------------------------------------------------------------------------------------
 */

static secant_status
take_class(ann_set *s, double number, const char *origin, uint32_t line, int *class, secant_err *err)
{
	*class = -1;
	if (!(number >= 0 && number < 100000) || number != floor(number))
		return ann_bad(s, "class-undefined", origin, line, 0, err, "class %g is not a whole number from 0", number);
	if (number >= s->n_classes && s->flags & CLOSED)
		return ann_bad(
			s, "class-undefined", origin, line, 0, err, "class %g, but there are %d names", number, s->n_classes);
	while (s->n_classes <= (int)number) {
		char name[16];
		int k = snprintf(name, sizeof name, "%d", s->n_classes);
		if (ann_add_class(s, name, (size_t)k, ANN_NO_ID) < 0)
			return ann_nomem(err);
	}
	*class = (int)number;
	return SECANT_OK;
}

typedef struct numbers {
	double *v;
	int n, capacity;
	bool track; /* the last number is a track's */
	uint32_t line;
} numbers;

static void
put_value(ann_set *s, ann_object *o, const char *key, double v)
{
	base_str t = { 0 };
	ann_put_number(&t, v);
	if (t.p)
		ann_add_attribute(s, &o->attributes, key, t.p, t.n);
	base_str_free(&t);
}

/* Points of a pose as COCO has them: x, y, visibility. */
static void
put_pose(ann_set *s, ann_object *o, const double *v, int points, int dims, double w, double h)
{
	base_str t = { 0 };
	int seen = 0;
	for (int i = 0; i < points; i++, v += dims) {
		double visible = dims == 3 ? v[2] : v[0] != 0 || v[1] != 0 ? 2 : 0;
		seen += visible > 0;
		base_str_add(&t, i ? ", " : "[");
		ann_put_number(&t, snap(v[0] * w));
		base_str_add(&t, ", ");
		ann_put_number(&t, snap(v[1] * h));
		base_str_add(&t, ", ");
		ann_put_number(&t, visible);
	}
	base_str_add(&t, "]");
	if (t.p)
		ann_add_attribute(s, &o->attributes, "coco.keypoints", t.p, t.n);
	base_str_free(&t);
	put_value(s, o, "coco.num_keypoints", seen);
}

static bool
pose_shape(const ann_set *s, int *points, int *dims)
{
	const char *json = s->attributes_head ? ann_get(s, s->attributes_head, "yolo.kpt_shape") : NULL;
	return json && sscanf(json, "[%d, %d]", points, dims) == 2;
}

/* What follows the shape: a score from 0 to 1, a track, or both. `v` are `n` numbers. */
static void
put_rest(ann_set *s, ann_object *o, const double *v, int n, bool track)
{
	if (n > (track ? 1 : 0))
		put_value(s, o, "score", v[0]);
	if (track)
		put_value(s, o, "track_id", v[n - 1]);
}

static secant_status
judge_numbers(ann_set *s, const double *v, int n, const char *origin, uint32_t line, bool *good, secant_err *err)
{
	*good = false;
	if (!ann_finite(v, n))
		return ann_bad(s, "value-not-finite", origin, line, 0, err, "a number is not finite");
	for (int i = 1; i < n; i++)
		if (fabs(v[i]) > 2)
			return ann_bad(s, "parse-error", origin, line, 0, err,
				"%g is no share of the picture (0 to 1): are these pixels?", v[i]);
	*good = true;
	return SECANT_OK;
}

static secant_status
parse_line(ann_set *s, int image, yolo_flavour kind, const numbers *a, const char *origin, secant_err *err)
{
	const double w = s->images[image].width, h = s->images[image].height, *v = a->v;
	int class, points = 0, dims = 0, n = a->n;
	bool good;
	bool pose = kind != YOLO_QUADS && pose_shape(s, &points, &dims) && n >= 5 + points * dims;
	/* How many numbers are place: what follows is score and track. */
	int place = pose                             ? 5 + points * dims
		: kind == YOLO_BOXES                     ? 5
		: kind == YOLO_QUADS                     ? 9
		: a->track && s->flags & TRACKS && n > 7 ? n - 2
												 : n;
	if (n < place || n < 5 || n - place > 2 || (n - place == 2 && !a->track))
		return ann_bad(s, "parse-error", origin, a->line, 0, err,
			kind == YOLO_BOXES       ? "%d numbers; class, cx, cy, w, h (and a score, a track) are needed"
				: kind == YOLO_QUADS ? "%d numbers; class and four points are needed"
									 : "%d numbers; class and at least three points are needed",
			n);
	if (kind == YOLO_RINGS && !pose && !(place & 1))
		return ann_bad(s, "polygon-odd", origin, a->line, 0, err, "%d coordinates: x without y", place - 1);
	secant_status status = judge_numbers(s, v, pose ? 5 : place, origin, a->line, &good, err);
	if (status || !good)
		return status;
	status = take_class(s, v[0], origin, a->line, &class, err);
	if (status || class < 0)
		return status;
	uint32_t shape = 0;
	if (!pose && place > 5) {
		double *xy = secant_calloc((size_t)place, sizeof *xy);
		for (int i = 1; xy && i < place; i++)
			xy[i - 1] = snap(v[i] * (i & 1 ? w : h));
		shape = xy ? ann_points(s, kind == YOLO_QUADS ? ANN_QUAD : ANN_POLYGONS, xy, (place - 1) / 2) : 0;
		secant_free(xy);
	}
	ann_object *o = ann_add_object(s, image, class);
	if (!o)
		return ann_nomem(err);
	o->line = a->line;
	o->shape = shape;
	if (shape)
		o->flags = ANN_BOX_DERIVED;
	else {
		const double box[4] = { snap((v[1] - v[3] / 2) * w), snap((v[2] - v[4] / 2) * h), snap(v[3] * w),
			snap(v[4] * h) };
		memcpy(o->box, box, sizeof box);
		o->flags = ANN_XYWH;
	}
	if (pose)
		put_pose(s, o, v + 5, points, dims, w, h);
	put_rest(s, o, v + place, n - place, n > place && a->track);
	return SECANT_OK;
}

/* The numbers of a line; n is 0 where one of them is none. */
static secant_status
read_numbers(ann_set *s, const ann_lines *l, numbers *a, const char *origin, secant_err *err)
{
	const char *p = l->line, *end = l->line + l->n;
	*a = (numbers){ a->v, 0, a->capacity, false, l->number };
	for (;;) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p >= end)
			return SECANT_OK;
		if (base_grow((void **)&a->v, &a->capacity, a->n, sizeof *a->v))
			return ann_nomem(err);
		const char *q = ann_number(p, end, &a->v[a->n++]);
		if (!q || (q < end && *q != ' ' && *q != '\t')) {
			a->n = 0;
			return ann_bad(
				s, "parse-error", origin, l->number, (uint32_t)(p - l->line) + 1, err, "a number is needed here");
		}
		a->track = ann_yolo_is_track((ann_field){ p, q });
		p = q;
	}
}

secant_status
ann_yolo_rows(ann_set *s, int image, yolo_flavour kind, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	numbers a = { 0 };
	secant_status status = SECANT_OK;
	while (!status && ann_next_line(&l)) {
		status = read_numbers(s, &l, &a, origin, err);
		if (!status && a.n) /* sets of boxes and rings mix: five numbers are a box, many are a ring */
			status = parse_line(s, image,
				kind == YOLO_BOXES && a.n > (a.track ? 7 : 6) ? YOLO_RINGS
					: kind == YOLO_RINGS && a.n == 5          ? YOLO_BOXES
															  : kind,
				&a, origin, err);
	}
	secant_free(a.v);
	return status;
}

static secant_status
parse_boxes(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_yolo_rows(s, image, YOLO_BOXES, d, n, o, e);
}
static secant_status
parse_rings(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_yolo_rows(s, image, YOLO_RINGS, d, n, o, e);
}
static secant_status
parse_quads(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_yolo_rows(s, image, YOLO_QUADS, d, n, o, e);
}
static const ann_parse parsers[] = { parse_boxes, parse_rings, parse_quads };

/* "images/train/a/b.jpg": the list, and what follows it. */
static const char *const lists[] = { "train", "val", "valid", "test", "obj_train_data", "obj_valid_data",
	"obj_test_data", NULL };
static const char *const list_names[] = { "train", "val", "val", "test", "train", "val", "test" };

static const char *
after_images(const char *relative, int *list)
{
	static const char *const parts[] = { "images/", "Images/", "JPEGImages/", NULL };
	const char *p = relative;
	*list = -1;
	for (int again = 0; again < 2; again++) {
		for (int i = 0; parts[i]; i++)
			if (!strncmp(p, parts[i], strlen(parts[i])))
				p += strlen(parts[i]);
		for (int i = 0; lists[i]; i++) {
			size_t n = strlen(lists[i]);
			if (*list < 0 && !strncmp(p, lists[i], n) && p[n] == '/') {
				*list = i;
				p += n + 1;
			}
		}
	}
	return p;
}

static bool
is_part(const char *at, size_t n, const char *word)
{
	return n == strlen(word) && !strncasecmp(at, word, n);
}

/* The label file of a picture: the last folder called images becomes labels (Ultralytics) or Annotations, or it lies
 * beside the picture. Fresh memory, NULL when there is none. */
static char *
label_called(const char *root, const char *relative, const char *extension)
{
	static const char *const to[] = { "labels", "Labels", "Annotations", "annotations", NULL };
	char *text = ann_with_extension(relative, extension), *path = NULL;
	const char *last = NULL;
	size_t n = 0;
	for (const char *p = text; p && (path = strchr(p, '/')); p = path + 1)
		if (is_part(p, (size_t)(path - p), "images") || is_part(p, (size_t)(path - p), "JPEGImages"))
			last = p, n = (size_t)(path - p);
	for (int i = 0; last && to[i]; i++) {
		path = base_format("%s/%.*s%s%s", root, (int)(last - text), text, to[i], last + n);
		if (path && secant_is_file(path)) {
			secant_free(text);
			return path;
		}
		secant_free(path);
	}
	path = text && !ann_yolo_is_names(text) ? base_path_join(root, text) : NULL;
	secant_free(text);
	if (path && secant_is_file(path))
		return path;
	secant_free(path);
	return NULL;
}

static char *
label_of(const char *root, const char *relative)
{
	char *path = label_called(root, relative, "txt");
	return path ? path : label_called(root, relative, "TXT");
}

static secant_status
add_pictures(ann_set *s, const char *root, const base_names *all, secant_err *err)
{
	ann_table seen = { 0 };
	bool unique = true;
	for (int i = 0; i < all->n; i++) { /* are names unique without the folder of their list? */
		int list;
		uint32_t before;
		if (!base_ext_is(all->v[i], ANN_PICTURES))
			continue;
		const char *p = after_images(all->v[i], &list);
		uint64_t key = 5381;
		for (; *p; p++)
			key = key * 0x100000001b3u + (uint8_t)*p;
		unique = unique && !ann_table_get(&seen, key, &before);
		if (!ann_table_put(&seen, key, 1)) {
			ann_table_free(&seen);
			return ann_nomem(err);
		}
	}
	ann_table_free(&seen);
	for (int i = 0; i < all->n; i++) {
		int list;
		if (!base_ext_is(all->v[i], ANN_PICTURES))
			continue;
		const char *name = after_images(all->v[i], &list);
		const char *full = strncasecmp(all->v[i], "images/", 7) ? all->v[i] : all->v[i] + 7;
		name = unique ? name : full;
		char *path = base_path_join(root, all->v[i]);
		int at = path ? ann_add_image(s, name, strlen(name)) : -1;
		if (at < 0) {
			secant_free(path);
			return ann_nomem(err);
		}
		s->images[at].path = ann_store(s, path, strlen(path));
		s->images[at].line = (uint32_t)i; /* its place in `all`, until labels are read */
		int split = list >= 0 ? ann_split(s, list_names[list], strlen(list_names[list])) : -1;
		if (split >= 0)
			s->images[at].splits = 1ull << split;
		secant_free(path);
	}
	return SECANT_OK;
}

static uint64_t
key_of(const char *path)
{
	return base_fnv1a(path, strlen(path));
}

/* Does the first line hold class and numbers? */
static bool
holds_labels(const char *path)
{
	char *data = NULL;
	size_t n;
	ann_field f[12];
	bool is = false;
	if (!secant_file_read(&data, &n, path, 1 << 24, NULL)) {
		ann_lines l = ann_lines_of(data, n);
		while (!is && ann_next_line(&l) && l.number < 20)
			is = ann_yolo_label_line(l.line, l.n, f) > 0;
		secant_free(data);
	}
	return is;
}

/* Label files without a picture: their numbers are shares of a size that nobody knows. */
static secant_status
orphans(ann_set *s, const char *root, const base_names *all, ann_table *used, secant_err *err)
{
	for (int i = 0; i < all->n; i++) {
		uint32_t dummy;
		if (!base_ext_is(all->v[i], "txt") || ann_yolo_is_names(all->v[i]))
			continue;
		char *path = base_path_join(root, all->v[i]);
		secant_status status = SECANT_OK;
		if (path && !ann_table_get(used, key_of(path), &dummy)
			&& (ann_yolo_label_folder(all->v[i]) || holds_labels(path)))
			status = ann_bad(s, "image-missing", path, 0, 0, err,
				"there is no picture for these labels, and without its size they have no place");
		secant_free(path);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read_picture(ann_set *s, int i, const char *label, yolo_flavour kind, secant_err *err)
{
	secant_err one = { 0 };
	secant_status status = SECANT_OK;
	if (!label)
		return ann_find(s, "annotation-missing", -1, ann_str(s, s->images[i].path), 0, 0,
			"a picture without a label file: background");
	if (ann_probe(s, i, &one))
		status = ann_unreadable(s, i, ann_str(s, s->images[i].path), &one, err);
	return !status && s->images[i].width > 0 ? ann_read_text(s, i, label, parsers[kind], err) : status;
}

static secant_status
read_labels(ann_set *s, const char *root, const base_names *all, const yolo_layout *l, yolo_flavour kind,
	const secant_watch *watch, secant_err *err)
{
	ann_table used = { 0 };
	const char **relative = secant_calloc((size_t)s->n_images + 1, sizeof *relative);
	secant_status status = relative ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		relative[i] = all->v[s->images[i].line];
		char *label = label_of(root, relative[i]);
		s->images[i].line = 0;
		if (label && !ann_table_put(&used, key_of(label), 1))
			status = ann_nomem(err);
		else
			status = read_picture(s, i, label, kind, err);
		secant_free(label);
		if (!status && i % 512 == 511)
			status = ann_call_watch(watch, err);
	}
	for (int i = 0; i < l->n; i++) { /* lists of pictures are no labels */
		char *path = base_path_join(root, l->place[i].place);
		if (path && !ann_table_put(&used, key_of(path), 1) && !status)
			status = ann_nomem(err);
		secant_free(path);
	}
	if (!status)
		status = orphans(s, root, all, &used, err);
	if (!status)
		status = ann_yolo_lists(s, l, root, relative, err);
	ann_table_free(&used);
	secant_free(relative);
	return status;
}

/* What Ultralytics leaves of trainings and predictions in runs/ is no part of the set around it. */
static void
leave_runs(ann_set *s, base_names *all)
{
	static const char runs[] = "runs/";
	int kept = 0, pictures = 0;
	for (int i = 0; i < all->n; i++)
		pictures += strncmp(all->v[i], runs, strlen(runs)) && base_ext_is(all->v[i], ANN_PICTURES);
	for (int i = 0; pictures && i < all->n; i++)
		if (strncmp(all->v[i], runs, strlen(runs)))
			all->v[kept++] = all->v[i];
		else
			secant_free(all->v[i]);
	if (pictures && kept < all->n) {
		ann_note(s, "%d files in runs are those of trainings and predictions: left out", all->n - kept);
		all->n = kept;
	}
}

static secant_status
read(ann_set *s, const char *root, yolo_flavour kind, const secant_dataset_reading *o, const secant_watch *watch,
	secant_err *err)
{
	base_names all = { 0 };
	yolo_layout layout = { 0 };
	yolo_looks seen;
	const char *file = secant_is_dir(root) ? NULL : root; /* data.yaml itself */
	char *dir = file ? base_path_dir(file) : NULL;
	secant_status status = file && !dir ? ann_nomem(err) : SECANT_OK;
	if (dir) {
		root = dir;
		s->root = ann_intern(s, dir, strlen(dir));
	}
	if (!status)
		status = ann_walk(&all, root, ANN_PICTURES "|txt|names|labels|yaml|yml|data", 8, err);
	leave_runs(s, &all);
	if (!status)
		status = read_classes(s, root, &all, &layout, file, o, err);
	const bool named = s->n_classes > 0;
	ann_yolo_look(root, &seen);
	s->flags |= (s->n_classes > 0 ? CLOSED : 0u) | (seen.tracked ? TRACKS : 0u);
	if (!status)
		status = add_pictures(s, root, &all, err);
	if (!status)
		status = read_labels(s, root, &all, &layout, kind, watch, err);
	if (!status && !named && s->n_classes)
		ann_note(s,
			"no data.yaml, classes.txt or other file names the classes: they are called by their numbers "
			"(--classes FILE has names, one a line)");
	ann_yolo_layout_free(&layout);
	base_names_free(&all);
	secant_free(dir);
	return status;
}

static secant_status
read_boxes(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, YOLO_BOXES, o, w, e);
}
static secant_status
read_rings(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, YOLO_RINGS, o, w, e);
}
static secant_status
read_quads(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, YOLO_QUADS, o, w, e);
}

static secant_status
write_boxes(ann_set *s, ann_out *o, secant_err *e)
{
	return ann_yolo_write(s, o, YOLO_BOXES, e);
}
static secant_status
write_rings(ann_set *s, ann_out *o, secant_err *e)
{
	return ann_yolo_write(s, o, YOLO_RINGS, e);
}
static secant_status
write_quads(ann_set *s, ann_out *o, secant_err *e)
{
	return ann_yolo_write(s, o, YOLO_QUADS, e);
}
static secant_status
one_box(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_yolo_rows(s, 0, YOLO_BOXES, d, n, o, e);
}
static secant_status
one_ring(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_yolo_rows(s, 0, YOLO_RINGS, d, n, o, e);
}
static secant_status
one_quad(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_yolo_rows(s, 0, YOLO_QUADS, d, n, o, e);
}

const ann_format ann_format_yolo = {
	.name = "yolo",
	.brief = "YOLO detection: class cx cy w h",
	.swaps_images = true,
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS,
	.detect = detect_boxes,
	.read = read_boxes,
	.write = write_boxes,
	.parse = one_box,
};
const ann_format ann_format_yolo_seg = {
	.name = "yolo-seg",
	.brief = "YOLO segmentation: class and a ring of points",
	.swaps_images = true,
	.holds = ANN_HOLDS_POLYGON | ANN_HOLDS_FRACTIONS,
	.detect = detect_rings,
	.read = read_rings,
	.write = write_rings,
	.parse = one_ring,
};
const ann_format ann_format_yolo_obb = {
	.name = "yolo-obb",
	.brief = "YOLO oriented boxes: class and four corners",
	.swaps_images = true,
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_FRACTIONS,
	.detect = detect_quads,
	.read = read_quads,
	.write = write_quads,
	.parse = one_quad,
};
