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

typedef enum flavour { BOXES, RINGS, QUADS } flavour;
enum { CLOSED = 1, TRACKS = 2 }; /* flags of the set: all classes are named; last columns are tracks */

static double
snap(double v)
{
	double t = nearbyint(v * 1000) / 1000;
	return fabs(v - t) < 1e-7 ? t : v;
}

/* --- finding out
 * ----------------------------------------------------------------------------------------------------------------- */

static bool
label_folder(const char *relative)
{
	static const char *const names[] = { "labels/", "Labels/", "Annotations/", "annotations/", "obj_", NULL };
	for (int i = 0; names[i]; i++) {
		const char *at = strstr(relative, names[i]);
		if (at && (at == relative || at[-1] == '/' || names[i][0] == 'o'))
			return true;
	}
	return false;
}

/* A text of class names, not of labels. */
static bool
is_names(const char *relative)
{
	const char *name = base_path_name(relative);
	return base_ext_is(name, "names|labels") || !strcmp(name, "classes.txt") || !strcmp(name, "predefined_classes.txt");
}

/* `name` has a dot less than the rest of `all` knows: is there a picture of that stem beside it? */
static bool
has_picture(const base_names *all, const char *relative)
{
	size_t n = strlen(relative) - 3;
	int low = 0, high = all->n;
	while (low < high) { /* the first name that is not before "a/b." */
		int middle = (low + high) / 2;
		if (strncmp(all->v[middle], relative, n) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < all->n && !strncmp(all->v[low], relative, n); low++)
		if (base_ext_is(all->v[low], ANN_PICTURES) && !strchr(all->v[low] + n, '.'))
			return true;
	return false;
}

/* Class, four numbers or more: a line of labels. Returns how many fields it has, 0: none. */
static int
label_line(const char *p, size_t n, ann_field f[12])
{
	double v;
	int m = ann_fields(p, n, 0, f, 12);
	bool good = m >= 5 && ann_real(f[0].p, f[0].end, &v) && v == floor(v) && v >= 0;
	for (int i = 1; good && i < 5; i++)
		good = ann_real(f[i].p, f[i].end, &v);
	return good ? m : 0;
}

/* A whole number from 1 without a point: what trackers write in the last column, and no share of a picture. */
static bool
is_track(ann_field f)
{
	int64_t v;
	return ann_integer(f.p, f.end, &v) && v >= 1;
}

typedef struct looks {
	int boxes, rings, quads, sevens, tracks; /* lines */
	bool tracked; /* a last column beyond 1: no share of a picture */
	int files, pictures, labels; /* label files, pictures, pictures with one */
	bool names, yaml;
} looks;

/* What kind of lines the first label files have, and what else lies there. A file that cannot be read counts as boxes,
 * whose reader says so. */
static void
look(const char *root, looks *k)
{
	base_names all = { 0 };
	secant_err ignored = { 0 };
	*k = (looks){ 0 };
	if (ann_walk(&all, root, ANN_PICTURES "|txt|names|labels|yaml|yml|data", 8, &ignored)) {
		base_names_free(&all);
		return;
	}
	for (int i = 0; i < all.n; i++) {
		char *path = base_path_join(root, all.v[i]), *data = NULL;
		size_t n;
		bool yaml = base_ext_is(all.v[i], "yaml|yml") && path && ann_yolo_is_yaml(path);
		k->names = k->names || is_names(all.v[i]) || yaml;
		k->yaml = k->yaml || yaml;
		k->pictures += base_ext_is(all.v[i], ANN_PICTURES);
		bool label = base_ext_is(all.v[i], "txt") && !is_names(all.v[i]) && k->files < 200
			&& (label_folder(all.v[i]) || has_picture(&all, all.v[i]));
		k->labels += label;
		if (label && path && secant_file_read(&data, &n, path, 1 << 24, &ignored)) {
			k->files++;
			k->boxes++;
		} else if (label && path) {
			ann_lines l = ann_lines_of(data, n);
			ann_field f[12];
			k->files++;
			for (int at = 0; at < 50 && ann_next_line(&l); at++) {
				int m = label_line(l.line, l.n, f);
				ann_field whole = ann_trim(l.line, l.line + l.n), last = whole;
				while (last.p < last.end && memchr(last.p, ' ', ann_len(last)))
					last.p = (const char *)memchr(last.p, ' ', ann_len(last)) + 1;
				k->tracked = k->tracked || (m >= 7 && m != 9 && is_track(last) && !ann_is(last, "1"));
				k->boxes += m == 5 || m == 6;
				k->sevens += m == 7;
				k->tracks += m == 7 && is_track(f[6]);
				k->quads += m >= 9 && m <= 11 && (m == 9 || m == 10 || is_track(f[10]));
				k->rings += m > 11 || m == 8;
				k->rings += m == 11 && !is_track(f[10]);
			}
			secant_free(data);
		}
		secant_free(path);
	}
	if (k->sevens && (k->tracks < k->sevens || k->rings))
		k->rings += k->sevens;
	else
		k->boxes += k->sevens;
	base_names_free(&all);
}

/* Does a YAML of the folder describe poses? Then lines of many numbers are no rings. */
static bool
poses(const char *root)
{
	base_names all = { 0 };
	bool found = false;
	if (!ann_walk(&all, root, "yaml|yml", 2, NULL))
		for (int i = 0; i < all.n && !found; i++) {
			char *path = base_path_join(root, all.v[i]), *data = NULL;
			size_t n;
			if (path && !secant_file_read(&data, &n, path, 1 << 24, NULL)) {
				ann_lines l = ann_lines_of(data, n);
				while (!found && ann_next_line(&l))
					found = ann_starts((ann_field){ l.line, l.line + l.n }, "kpt_shape:");
				secant_free(data);
			}
			secant_free(path);
		}
	base_names_free(&all);
	return found;
}

static int
sure(const char *path, flavour kind)
{
	looks k;
	if (!secant_is_dir(path))
		return 0;
	look(path, &k);
	bool any = k.boxes || k.rings || k.quads;
	flavour is = poses(path) ? BOXES : k.rings ? RINGS : k.quads && !k.boxes ? QUADS : k.quads ? RINGS : BOXES;
	char *manifest = base_path_join(path, "secant.json"), *data = NULL; /* what this library wrote says what it is */
	size_t n;
	if (manifest && secant_is_file(manifest) && !secant_file_read(&data, &n, manifest, (size_t)1 << 31, NULL)) {
		is = strstr(data, "\"format\": \"yolo-seg\"") ? RINGS : strstr(data, "\"format\": \"yolo-obb\"") ? QUADS : is;
		any = any || strstr(data, "\"format\": \"yolo");
		secant_free(data);
	}
	secant_free(manifest);
	if (is != kind)
		return 0;
	if (any)
		return k.names ? 80 : 40;
	return k.yaml && k.pictures && k.labels ? 70 : 0; /* background alone: label files without a line */
}

static int
detect_boxes(const char *path, const char **why)
{
	*why = "it has labels of class and box a line";
	return sure(path, BOXES);
}
static int
detect_rings(const char *path, const char **why)
{
	*why = "it has labels with rings of points";
	return sure(path, RINGS);
}
static int
detect_quads(const char *path, const char **why)
{
	*why = "it has labels of nine numbers a line";
	return sure(path, QUADS);
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
		if (wanted ? strcmp(base_path_name(all->v[i]), base_path_name(wanted)) != 0 : !is_names(all->v[i]))
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
read_classes(ann_set *s, const char *root, const base_names *all, yolo_layout *l, const secant_dataset_reading *o,
	secant_err *err)
{
	secant_status status = ann_read_option_names(s, o, err);
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
parse_line(ann_set *s, int image, flavour kind, const numbers *a, const char *origin, secant_err *err)
{
	const double w = s->images[image].width, h = s->images[image].height, *v = a->v;
	int class, points = 0, dims = 0, n = a->n;
	bool good;
	bool pose = kind != QUADS && pose_shape(s, &points, &dims) && n >= 5 + points * dims;
	/* How many numbers are place: what follows is score and track. */
	int place = pose                             ? 5 + points * dims
		: kind == BOXES                          ? 5
		: kind == QUADS                          ? 9
		: a->track && s->flags & TRACKS && n > 7 ? n - 2
												 : n;
	if (n < place || n < 5 || n - place > 2 || (n - place == 2 && !a->track))
		return ann_bad(s, "parse-error", origin, a->line, 0, err,
			kind == BOXES       ? "%d numbers; class, cx, cy, w, h (and a score, a track) are needed"
				: kind == QUADS ? "%d numbers; class and four points are needed"
								: "%d numbers; class and at least three points are needed",
			n);
	if (kind == RINGS && !pose && !(place & 1))
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
		shape = xy ? ann_points(s, kind == QUADS ? ANN_QUAD : ANN_POLYGONS, xy, (place - 1) / 2) : 0;
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
		a->track = is_track((ann_field){ p, q });
		p = q;
	}
}

static secant_status
parse(ann_set *s, int image, flavour kind, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	numbers a = { 0 };
	secant_status status = SECANT_OK;
	while (!status && ann_next_line(&l)) {
		status = read_numbers(s, &l, &a, origin, err);
		if (!status && a.n) /* sets of boxes and rings mix: five numbers are a box, many are a ring */
			status = parse_line(s, image,
				kind == BOXES && a.n > (a.track ? 7 : 6) ? RINGS
					: kind == RINGS && a.n == 5          ? BOXES
														 : kind,
				&a, origin, err);
	}
	secant_free(a.v);
	return status;
}

static secant_status
parse_boxes(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, image, BOXES, d, n, o, e);
}
static secant_status
parse_rings(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, image, RINGS, d, n, o, e);
}
static secant_status
parse_quads(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, image, QUADS, d, n, o, e);
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
label_of(const char *root, const char *relative)
{
	static const char *const to[] = { "labels", "Labels", "Annotations", "annotations", NULL };
	char *text = ann_with_extension(relative, "txt"), *path = NULL;
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
	path = text && !is_names(text) ? base_path_join(root, text) : NULL;
	secant_free(text);
	if (path && secant_is_file(path))
		return path;
	secant_free(path);
	return NULL;
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
			is = label_line(l.line, l.n, f) > 0;
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
		if (!base_ext_is(all->v[i], "txt") || is_names(all->v[i]))
			continue;
		char *path = base_path_join(root, all->v[i]);
		secant_status status = SECANT_OK;
		if (path && !ann_table_get(used, key_of(path), &dummy) && (label_folder(all->v[i]) || holds_labels(path)))
			status = ann_bad(s, "image-missing", path, 0, 0, err,
				"there is no picture for these labels, and without its size they have no place");
		secant_free(path);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read_picture(ann_set *s, int i, const char *label, flavour kind, secant_err *err)
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
read_labels(ann_set *s, const char *root, const base_names *all, const yolo_layout *l, flavour kind,
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

static secant_status
read(ann_set *s, const char *root, flavour kind, const secant_dataset_reading *o, const secant_watch *watch,
	secant_err *err)
{
	base_names all = { 0 };
	yolo_layout layout = { 0 };
	looks seen;
	secant_status status = ann_walk(&all, root, ANN_PICTURES "|txt|names|labels|yaml|yml|data", 8, err);
	if (!status)
		status = read_classes(s, root, &all, &layout, o, err);
	look(root, &seen);
	s->flags |= (s->n_classes > 0 ? CLOSED : 0u) | (seen.tracked ? TRACKS : 0u);
	if (!status)
		status = add_pictures(s, root, &all, err);
	if (!status)
		status = read_labels(s, root, &all, &layout, kind, watch, err);
	ann_yolo_layout_free(&layout);
	base_names_free(&all);
	return status;
}

static secant_status
read_boxes(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, BOXES, o, w, e);
}
static secant_status
read_rings(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, RINGS, o, w, e);
}
static secant_status
read_quads(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, QUADS, o, w, e);
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
put_share(base_str *t, double v, double of)
{
	base_str_addn(t, " ", 1);
	ann_put_decimals(t, v / of, 6, 12);
}

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, flavour kind, double w, double h, ann_ring *ring,
	secant_err *err)
{
	double corner[8];
	const double *xy = corner;
	int n = 4;
	secant_status status = SECANT_OK;
	base_str_addf(t, "%d", o->class);
	if (kind == BOXES) {
		put_share(t, ann_x0(o) + ann_w(o) / 2, w);
		put_share(t, ann_y0(o) + ann_h(o) / 2, h);
		put_share(t, ann_w(o), w);
		put_share(t, ann_h(o), h);
	} else {
		if (kind == QUADS)
			status = ann_corners_of(s, o, corner, err);
		else {
			status = ann_one_ring(s, o, ring, err);
			xy = ring->xy;
			n = ring->n;
		}
		for (int i = 0; !status && i < 2 * n; i++)
			put_share(t, xy[i], i & 1 ? h : w);
	}
	base_str_addn(t, "\n", 1);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, flavour kind, secant_err *err)
{
	base_str t = { 0 };
	ann_ring ring = { 0 };
	int more = 0;
	secant_status status = ann_yolo_write_yaml(s, out, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = ann_one_split(s, im, &more), *name = ann_str(s, im->name);
		bool any = s->first[i] < s->first[i + 1];
		if (any)
			status = ann_need_size(s, im, "YOLO, whose numbers are shares of it,", err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->class >= 0 && !(o->flags & (ANN_NO_BOX | ANN_VOID)))
				status = put_object(&t, s, o, kind, im->width, im->height, &ring, err);
		}
		char *text = ann_with_extension(name, "txt");
		char *label = text ? base_format("labels/%s%s%s", split, *split ? "/" : "", text) : NULL;
		char *picture = base_format("images/%s%s%s", split, *split ? "/" : "", name);
		if (!status)
			status = label && picture ? ann_out_str(out, label, &t, err) : ann_nomem(err);
		if (!status)
			status = ann_out_picture(out, s, im, picture, err);
		secant_free(text), secant_free(label), secant_free(picture);
		if (!status && i % 512 == 511)
			status = ann_call_watch(out->watch, err);
	}
	if (more)
		ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	base_str_free(&t);
	secant_free(ring.xy);
	return status;
}

static secant_status
write_boxes(ann_set *s, ann_out *o, secant_err *e)
{
	return write(s, o, BOXES, e);
}
static secant_status
write_rings(ann_set *s, ann_out *o, secant_err *e)
{
	return write(s, o, RINGS, e);
}
static secant_status
write_quads(ann_set *s, ann_out *o, secant_err *e)
{
	return write(s, o, QUADS, e);
}
static secant_status
one_box(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, BOXES, d, n, o, e);
}
static secant_status
one_ring(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, RINGS, d, n, o, e);
}
static secant_status
one_quad(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, QUADS, d, n, o, e);
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
