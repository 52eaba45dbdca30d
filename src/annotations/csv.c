/*
 * CSV: one object a row. With a header, in any order: filename (image, path, image_id), width, height, class (label,
 * name), xmin ymin xmax ymax (x1 y1 x2 y2, left top right bottom), or x y w h (x y width height where no other columns
 * say the box's size), or x_center y_center w h, or bbox "[x, y, w, h]", or four corners x1 y1 to x4 y4; split
 * (subset); other columns become attributes. Without a header: path,x1,y1,x2,y2,class. A picture without objects has a
 * row whose box is empty. Quotes as in RFC 4180; the separator is a comma, a semicolon or a tab, whichever the header
 * has most of.
 *
 * Pixels or shares of the picture: where all boxes of a file lie within 0 and 1 and not all numbers are whole, they are
 * shares, and a note says so.
 */
#include "annotations/attributes.h"
#include "annotations/csv_boxes.h"
#include "annotations/find.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

enum { SHARES = 4 }; /* flag of the set while it is read: boxes are shares of their pictures */

/* How sure a file makes. */
static int
look(const char *file)
{
	char *data = NULL;
	size_t n;
	int sure = 0, map[ANN_COLUMNS];
	if (!base_ext_is(file, "csv|tsv") || !secant_is_file(file))
		return 0;
	if (secant_file_read(&data, &n, file, (size_t)1 << 31, NULL))
		return !strcmp(base_path_name(file), "annotations.csv") ? 60 : 0; /* the reader says why */
	ann_lines l = ann_lines_of(data, n);
	ann_csv_row r = { .n = 0 };
	bool bad = false, sizes;
	double v;
	if (ann_csv_record(&l, ann_csv_separator(data, n), &r, &bad) && !bad)
		sure = ann_csv_header(&r, map, &sizes)                                     ? 85
			: ann_csv_plain(&r) >= 0                                               ? 70
			: r.n == 6 && (ann_real(r.f[1].p, r.f[1].end, &v) || !ann_len(r.f[1])) ? 60
																				   : 0;
	base_str_free(&r.room);
	secant_free(data);
	return sure;
}

/* CSV files of the set: in the folder itself, or one in each folder of a list. */
static secant_status
candidates(base_names *out, const char *root, int *best, secant_err *err)
{
	base_names all = { 0 };
	secant_status status = ann_walk(&all, root, "csv|tsv", 1, err);
	*best = 0;
	for (int i = 0; !status && i < all.n && i < 200; i++) {
		char *path = base_path_join(root, all.v[i]);
		int sure = path ? look(path) : 0;
		bool named = !strcmp(all.v[i], "annotations.csv");
		if (sure && (sure >= 70 || named) && base_names_add(out, all.v[i]))
			status = ann_nomem(err);
		if (sure >= 70 || named)
			*best = sure > *best ? sure : *best;
		secant_free(path);
	}
	base_names_free(&all);
	return status;
}

static int
detect(const char *path, const char **why)
{
	*why = "it is a CSV of boxes";
	base_names found = { 0 };
	int sure = 0;
	if (!secant_is_dir(path))
		return look(path);
	if (candidates(&found, path, &sure, NULL))
		sure = 0;
	base_names_free(&found);
	return sure;
}

static secant_status
take_row(ann_set *s, const ann_csv_row *r, const int *map, char *const *keys, const char *origin, uint32_t line,
	secant_err *err)
{
	ann_field v[KNOWN] = { { 0 } };
	char name[1024];
	for (int i = 0; i < r->n; i++)
		if (map[i] >= 0)
			v[map[i]] = r->f[i];
	if (!v[FILE_NAME].p || !ann_len(v[FILE_NAME]))
		return ann_bad(s, "parse-error", origin, line, 0, err, "a row without a picture");
	if (ann_picture_name(s, v[FILE_NAME].p, ann_len(v[FILE_NAME]), origin, line, name, err))
		return SECANT_ERR_FORMAT;
	int at = ann_find_image(s, name, strlen(name));
	if (at < 0)
		at = ann_add_image(s, name, strlen(name));
	if (at < 0)
		return ann_nomem(err);
	ann_image *im = &s->images[at];
	double w, h;
	im->source = im->source ? im->source : ann_intern(s, origin, strlen(origin));
	im->line = im->line ? im->line : line;
	if (v[WIDTH].p && v[HEIGHT].p && ann_real(v[WIDTH].p, v[WIDTH].end, &w) && ann_real(v[HEIGHT].p, v[HEIGHT].end, &h)
		&& w >= 0 && h >= 0 && w < 1e9 && h < 1e9)
		im->width = (int32_t)w, im->height = (int32_t)h;
	if (v[SPLIT].p && ann_len(v[SPLIT]) && !ann_is(v[SPLIT], "UNASSIGNED")) {
		const char *list = ann_is(v[SPLIT], "TRAIN") || ann_is(v[SPLIT], "TRAINING") ? "train"
			: ann_is(v[SPLIT], "VALIDATION") || ann_is(v[SPLIT], "VALIDATE")         ? "val"
			: ann_is(v[SPLIT], "TEST")                                               ? "test"
																					 : NULL; /* AutoML's words */
		int split = list ? ann_split(s, list, strlen(list)) : ann_split(s, v[SPLIT].p, ann_len(v[SPLIT]));
		if (split < 0)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s:%u: more than %d lists", origin, line, ANN_SPLITS);
		s->images[at].splits |= 1ull << split;
	}
	ann_row_place p;
	secant_status status = ann_csv_place(s, v, &p, origin, line, err);
	if (status || (!p.has && (!v[CLASS].p || !ann_len(v[CLASS]))))
		return status;
	if (v[CLASS].p && !ann_len(v[CLASS]))
		return ann_bad(s, "parse-error", origin, line, 0, err, "a box without class");
	static const char object[] = "object"; /* where no column names classes */
	int class = ann_class_named(s, v[CLASS].p ? v[CLASS].p : object, v[CLASS].p ? ann_len(v[CLASS]) : strlen(object));
	uint32_t shape = p.corners ? ann_points(s, ANN_QUAD, p.xy, 4) : p.shape;
	ann_object *o = class >= 0 ? ann_add_object(s, at, class) : NULL;
	if (!o)
		return ann_nomem(err);
	if (p.has && !p.corners)
		memcpy(o->box, p.xy, sizeof o->box);
	o->line = line;
	o->shape = shape;
	o->flags = p.has ? p.flags : ANN_NO_BOX;
	o->flags |= (v[CROWD].p && ann_is(v[CROWD], "1") ? ANN_CROWD : 0u)
		| (v[DIFFICULT].p && ann_is(v[DIFFICULT], "1") ? ANN_DIFFICULT : 0u);
	for (int i = 0; i < r->n; i++) {
		bool known = map[i] >= 0 && (map[i] != POLYGON || p.shape);
		if (known || !keys[i] || !ann_len(r->f[i]))
			continue;
		base_str json = { 0 };
		ann_text_value(&json, r->f[i].p, ann_len(r->f[i]));
		if (json.p)
			ann_add_attribute(s, &o->attributes, keys[i], json.p, json.n);
		base_str_free(&json);
	}
	ann_absorb(s, o);
	return SECANT_OK;
}

/* Do all boxes from `from` on lie within 0 and 1, not all of them on whole numbers? */
static bool
are_shares(const ann_set *s, int from)
{
	bool any = false;
	for (int i = from; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		double v[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		if (o->flags & ANN_NO_BOX || (o->shape && !ann_extent(s, o->shape, v)))
			continue;
		for (int k = 0; k < 4; k++) {
			if (v[k] < -.02 || v[k] > 1.02)
				return false;
			any = any || v[k] != floor(v[k]);
		}
	}
	return any;
}

/* Shares to pixels, now that pictures are found. */
static secant_status
to_pixels(ann_set *s, int from, secant_err *err)
{
	for (int i = from; i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		ann_image *im = &s->images[o->image];
		secant_err one = { 0 };
		if (im->width <= 0 && ann_probe(s, o->image, &one)) {
			secant_status status = ann_unreadable(s, o->image, ann_str(s, im->path), &one, err);
			if (status)
				return status;
		}
		if (im->width <= 0 || im->height <= 0) {
			secant_status status = ann_bad(s, "image-missing", ann_str(s, im->source), o->line, 0, err,
				"'%s' was not found, and shares of a picture have no place without its size", ann_str(s, im->name));
			if (status)
				return status;
			o->flags |= ANN_NO_BOX;
			continue;
		}
		const double by[2] = { im->width, im->height };
		int parts, n;
		const double *xy, *p = ann_parts(s, o->shape, &parts);
		for (int k = 0; k < 4; k++)
			o->box[k] = ann_tidy(o->box[k] * by[k & 1]);
		for (; parts; parts--) {
			p = ann_part(p, &xy, &n);
			for (int k = 0; k < 2 * n; k++)
				s->shapes[xy - s->shapes + k] = ann_tidy(xy[k] * by[k & 1]);
		}
	}
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	ann_csv_row r = { .n = 0 };
	int map[ANN_COLUMNS];
	char *keys[ANN_COLUMNS] = { 0 };
	bool bad = false, first = true, sizes;
	char separator = ann_csv_separator(data, n);
	int from = s->n_objects, headless = -1;
	secant_status status = SECANT_OK;
	for (int i = 0; i < ANN_COLUMNS; i++) /* rows may be longer than the header */
		map[i] = -1;
	while (!status && ann_csv_record(&l, separator, &r, &bad)) {
		if (bad || r.room.failed) {
			status = ann_bad(s, "parse-error", origin, l.number, 0, err,
				"a quote without its end, or more than %d columns", ANN_COLUMNS);
			break;
		}
		if (r.n == 1 && !ann_len(r.f[0]))
			continue;
		if (first && ann_csv_header(&r, map, &sizes)) {
			if (sizes)
				ann_note(s, "%s: width and height are taken for those of the boxes", origin);
			for (int i = 0; i < r.n; i++)
				keys[i] = map[i] < 0 || map[i] == POLYGON ? base_strndup(r.f[i].p, ann_len(r.f[i])) : NULL;
			first = false;
			continue;
		}
		if (first) {
			first = false;
			headless = ann_csv_plain(&r) > 0 ? ann_csv_plain(&r) : 0;
			(void)ann_csv_plain_columns(headless, map);
			ann_note(s, "%s has no header: its columns are taken for %s", origin, ann_csv_plain_words(headless));
		}
		status = take_row(s, &r, map, keys, origin, l.number, err);
	}
	for (int i = 0; i < ANN_COLUMNS; i++)
		secant_free(keys[i]);
	base_str_free(&r.room);
	for (int i = from; !status && headless >= 0 && i < s->n_objects; i++)
		if (!(s->objects[i].flags & ANN_NO_BOX) && (ann_w(&s->objects[i]) <= 0 || ann_h(&s->objects[i]) <= 0))
			status = ann_bad(s, "parse-error", origin, s->objects[i].line, 0, err,
				"the box ends before it begins, if the columns are %s: give the file a header (x,y,w,h for sizes)",
				ann_csv_plain_words(headless));
	if (!status && are_shares(s, from)) {
		s->flags |= SHARES;
		ann_note(s, "%s: all boxes lie within 0 and 1: they are taken for shares of their pictures", origin);
	}
	return status;
}

/* A name without extension (Kaggle's image_id) is that of the picture which has one. */
static void
locate(ann_set *s, int i, const char *root, const char *const *folders)
{
	char full[ANN_USUAL];
	size_t n = strlen(ann_str(s, s->images[i].name));
	bool found = ann_locate(s, i, ann_str(s, s->images[i].name), root, folders),
		 bare = !*base_path_ext(ann_str(s, s->images[i].name));
	for (int k = 0; !found && bare && ann_usual_name(full, ann_str(s, s->images[i].name), n, k); k++)
		if ((found = ann_locate(s, i, full, root, folders)))
			s->images[i].name = ann_store(s, full, strlen(full));
}

static secant_status
read_file(
	ann_set *s, const char *root, const char *relative, int files, const secant_dataset_reading *o, secant_err *err)
{
	static const char *const lists[][2] = { { "train", "train" }, { "valid", "val" }, { "val", "val" },
		{ "test", "test" } };
	int pictures = s->n_images, objects = s->n_objects, split = -1;
	char *file = relative ? base_path_join(root, relative) : NULL, *dir = base_path_dir(relative ? relative : ".");
	s->flags &= ~(uint32_t)SHARES;
	secant_status status = dir ? ann_read_text(s, -1, file ? file : root, parse, err) : ann_nomem(err);
	const char *base = relative ? root : ".", *below = dir && strcmp(dir, ".") ? dir : "";
	char *above = relative ? NULL : base_path_dir(root);
	for (size_t i = 0; relative && i < sizeof lists / sizeof *lists && split < 0; i++) {
		size_t n = strlen(lists[i][0]);
		bool folder = !strcmp(below, lists[i][0]),
			 stem = !strncmp(base_path_name(relative), lists[i][0], n) && strchr("._", base_path_name(relative)[n]);
		if (folder || (stem && files > 1))
			split = ann_split(s, lists[i][1], strlen(lists[i][1]));
	}
	const char *const folders[] = { o->images ? o->images : "images", below, "", "JPEGImages", "train", "test", "data",
		NULL };
	for (int i = pictures; !status && i < s->n_images; i++) {
		locate(s, i, above ? above : base, folders);
		if (split >= 0 && !s->images[i].splits)
			s->images[i].splits = 1ull << split;
	}
	if (!status && s->flags & SHARES)
		status = to_pixels(s, objects, err);
	secant_free(file), secant_free(dir), secant_free(above);
	return status;
}

/* classes.csv with rows NAME,NUMBER, as keras-retinanet and its heirs have it: the classes in the order of their
 * numbers. */
static secant_status
read_class_numbers(ann_set *s, const char *root, secant_err *err)
{
	enum { MOST = 4096 };
	static const char *const names[] = { "classes.csv", "class_list.csv", "classes_list.csv", "mapping.csv" };
	char *path = NULL, *data = NULL;
	size_t n = 0;
	for (size_t i = 0; !path && i < sizeof names / sizeof *names; i++) {
		path = base_path_join(root, names[i]);
		if (path && !secant_is_file(path)) {
			secant_free(path);
			path = NULL;
		}
	}
	secant_status status = path ? ann_load_text(s, path, &data, &n, err) : SECANT_OK;
	ann_lines l = ann_lines_of(data ? data : "", data ? n : 0);
	ann_csv_row r = { .n = 0 };
	ann_text *name = data ? secant_calloc(MOST, sizeof *name) : NULL;
	bool bad = false, sound = name != NULL;
	int64_t number = 0;
	while (sound && ann_csv_record(&l, ',', &r, &bad)) {
		sound = !bad && r.n == 2 && ann_len(r.f[0]) && ann_integer(r.f[1].p, r.f[1].end, &number) && number >= 0
			&& number < MOST;
		if (sound)
			name[number] = ann_intern(s, r.f[0].p, ann_len(r.f[0]));
	}
	for (int i = 0; sound && !status && i < MOST; i++) {
		char *text = name[i] ? base_strdup(ann_str(s, name[i])) : NULL; /* the pool may move */
		if (text && ann_class_named(s, text, strlen(text)) < 0)
			status = ann_nomem(err);
		secant_free(text);
	}
	base_str_free(&r.room);
	secant_free(name), secant_free(path), secant_free(data);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	base_names files = { 0 };
	secant_status status = ann_read_option_names(s, o, err);
	if (!status && !s->n_classes && secant_is_dir(path))
		status = read_class_numbers(s, path, err);
	int fixed = s->n_classes, best;
	if (!status && secant_is_dir(path))
		status = candidates(&files, path, &best, err);
	if (!status && secant_is_dir(path) && !files.n)
		status = secant_fail(err, SECANT_ERR_FORMAT,
			"%s: no CSV with columns that name pictures and boxes (filename, class, xmin, ymin, xmax, ymax)", path);
	if (!status && !secant_is_dir(path))
		status = read_file(s, path, NULL, 1, o, err);
	for (int i = 0; !status && i < files.n; i++)
		status = read_file(s, path, files.v[i], files.n, o, err);
	base_names_free(&files);
	return status ? status : ann_sort_classes(s, fixed, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, -1, d, n, o, e);
}

const ann_format ann_format_csv = {
	.name = "csv",
	.brief = "CSV of boxes, a row an object",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_CROWD | ANN_HOLDS_DIFFICULT | ANN_HOLDS_FRACTIONS
		| ANN_HOLDS_LABELS,
	.detect = detect,
	.read = read,
	.write = ann_csv_write,
	.parse = parse_one,
};
