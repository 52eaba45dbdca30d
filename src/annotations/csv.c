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
#include "annotations/csv.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

enum {
	FILE_NAME,
	WIDTH,
	HEIGHT,
	CLASS,
	X0,
	Y0,
	X1,
	Y1,
	BOX_W,
	BOX_H,
	SPLIT,
	CROWD,
	DIFFICULT,
	CX,
	CY,
	BBOX,
	X3,
	Y3,
	X4,
	Y4,
	KNOWN
};
enum { SHARES = 4 }; /* flag of the set while it is read: boxes are shares of their pictures */
static const char *const spelling[KNOWN] = {
	"filename|image|file|file_name|path|image_path|img|image_id|image_name|img_path|frame",
	"width|image_width|img_width",
	"height|image_height|img_height",
	"class|label|name|class_name|category|label_name|category_name|object",
	"xmin|x1|left|x0|x_min|x|bbox_x|box_x|bb_x|bbox_left|bb_left|x_left|bbox_xmin",
	"ymin|y1|top|y0|y_min|y|bbox_y|box_y|bb_y|bbox_top|bb_top|y_top|bbox_ymin",
	"xmax|x2|right|x_max|bbox_xmax|x_right|bbox_right",
	"ymax|y2|bottom|y_max|bbox_ymax|y_bottom|bbox_bottom",
	"w|box_width|bbox_width|bb_width|bbox_w|bw",
	"h|box_height|bbox_height|bb_height|bbox_h|bh",
	"split|subset|set",
	"iscrowd|crowd",
	"difficult",
	"x_center|xcenter|cx|center_x|x_centre",
	"y_center|ycenter|cy|center_y|y_centre",
	"bbox|box|bounding_box",
	"x3",
	"y3",
	"x4",
	"y4",
};
static int
column(ann_field f)
{
	for (int k = 0; k < KNOWN; k++)
		for (const char *p = spelling[k]; *p;) {
			size_t n = strcspn(p, "|");
			if (ann_len(f) == n && !strncasecmp(f.p, p, n))
				return k;
			p += n + (p[n] == '|');
		}
	return -1;
}

/* What the columns are; the first of a kind counts. `sizes`: width and height are those of the box. */
static bool
is_header(const ann_csv_row *r, int map[ANN_COLUMNS], bool *sizes)
{
	int known = 0;
	int at[KNOWN];
	for (int k = 0; k < KNOWN; k++)
		at[k] = -1;
	for (int i = 0; i < r->n; i++) {
		int k = column(r->f[i]);
		map[i] = k >= 0 && at[k] < 0 ? k : -1;
		if (map[i] < 0)
			continue;
		at[k] = i;
		known++;
	}
	*sizes = (at[X0] >= 0 || at[CX] >= 0) && at[X1] < 0 && at[BOX_W] < 0 && at[BBOX] < 0 && at[WIDTH] >= 0
		&& at[HEIGHT] >= 0;
	if (*sizes) {
		map[at[WIDTH]] = BOX_W;
		map[at[HEIGHT]] = BOX_H;
	}
	return at[FILE_NAME] >= 0 && known >= 2;
}

/* Files without a header, by what stands in their first row: F a picture's name, # a number, ? what may be empty,
 * T text, S a list of AutoML. The columns in words are for the note. */
static const struct {
	const char *row, *words;
	int map[11];
} plain[] = {
	{ "F????*", "filename,xmin,ymin,xmax,ymax,class", { FILE_NAME, X0, Y0, X1, Y1, CLASS } },
	{ "FT####", "filename,class,xmin,ymin,xmax,ymax", { FILE_NAME, CLASS, X0, Y0, X1, Y1 } },
	{ "TF####", "class,filename,xmin,ymin,xmax,ymax", { CLASS, FILE_NAME, X0, Y0, X1, Y1 } },
	{ "F##T####", "filename,width,height,class,xmin,ymin,xmax,ymax",
		{ FILE_NAME, WIDTH, HEIGHT, CLASS, X0, Y0, X1, Y1 } },
	{ "SFT##--##--", "list,filename,class,xmin,ymin,,,xmax,ymax,,",
		{ SPLIT, FILE_NAME, CLASS, X0, Y0, -1, -1, X1, Y1, -1, -1 } },
};
enum { PLAIN = sizeof plain / sizeof *plain };

static bool
is_picture(ann_field f)
{
	char *name = base_strndup(f.p, ann_len(f));
	bool is = name && base_ext_is(name, ANN_PICTURES);
	secant_free(name);
	return is;
}

static bool
fits(char kind, ann_field f)
{
	double v;
	bool number = ann_real(f.p, f.end, &v);
	switch (kind) {
	case 'F': return is_picture(f);
	case '#': return number;
	case '?': return number || !ann_len(f);
	case 'T': return ann_len(f) && !number;
	case 'S':
		return ann_is(f, "TRAIN") || ann_is(f, "TRAINING") || ann_is(f, "VALIDATE") || ann_is(f, "VALIDATION")
			|| ann_is(f, "TEST") || ann_is(f, "UNASSIGNED") || !ann_len(f);
	default: return true;
	}
}

/* The layout of a first row that is no header; -1: none of those. */
static int
plain_layout(const ann_csv_row *r)
{
	for (int i = 0; i < PLAIN; i++) {
		int n = (int)strlen(plain[i].row), k = 0;
		while (r->n == n && k < n && fits(plain[i].row[k], r->f[k]))
			k++;
		if (k == n)
			return i;
	}
	return -1;
}

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
		sure = is_header(&r, map, &sizes)                                          ? 85
			: plain_layout(&r) >= 0                                                ? 70
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

/* The four numbers of a "bbox" column: [x, y, w, h], with or without brackets. */
static bool
bbox_numbers(ann_field f, double box[4])
{
	int n = 0;
	const char *p = f.p;
	while (p < f.end) {
		if (strchr("[](), ;", *p)) {
			p++;
			continue;
		}
		double v;
		p = ann_number(p, f.end, &v);
		if (!p || n == 4)
			return false;
		box[n++] = v;
	}
	return n == 4;
}

/* A number with a decimal comma, as tables have it where fields are parted by semicolons. */
static bool
comma_number(ann_field f, double *v)
{
	char text[64];
	size_t n = ann_len(f);
	char *comma;
	if (n >= sizeof text)
		return false;
	memcpy(text, f.p, n);
	text[n] = 0;
	if (!(comma = strchr(text, ',')))
		return false;
	*comma = '.';
	return ann_real(text, text + n, v);
}

/* The box of a row. `status`: what was wrong; false: it has none. */
static bool
row_box(ann_set *s, const ann_field *v, double xy[8], uint32_t *flags, int *points, const char *origin, uint32_t line,
	secant_status *status, secant_err *err)
{
	*points = 0;
	*flags = 0;
	*status = SECANT_OK;
	if (v[BBOX].p && ann_len(v[BBOX])) {
		if (!bbox_numbers(v[BBOX], xy))
			*status = ann_bad(s, "parse-error", origin, line, 0, err, "'%.*s' is no box of four numbers",
				(int)(ann_len(v[BBOX]) > 60 ? 60 : ann_len(v[BBOX])), v[BBOX].p);
		else
			*flags = ANN_XYWH;
		return *flags != 0;
	}
	bool centre = v[CX].p && ann_len(v[CX]), corner = v[X1].p && ann_len(v[X1]),
		 quad = corner && v[X3].p && ann_len(v[X3]) && v[X4].p && ann_len(v[X4]);
	if (!centre && (!v[X0].p || !ann_len(v[X0])))
		return false;
	const int box[4] = { centre ? CX : X0, centre ? CY : Y0, corner && !centre ? X1 : BOX_W,
		corner && !centre ? Y1 : BOX_H },
			  corners[8] = { X0, Y0, X1, Y1, X3, Y3, X4, Y4 };
	for (int i = 0; i < (quad ? 8 : 4); i++) {
		ann_field f = v[quad ? corners[i] : box[i]];
		if (!f.p || !(ann_real(f.p, f.end, &xy[i]) || comma_number(f, &xy[i]))) {
			*status = ann_bad(s, "parse-error", origin, line, 0, err, "coordinate %d of the box is no number", i + 1);
			return false;
		}
	}
	if (centre)
		xy[0] -= xy[2] / 2, xy[1] -= xy[3] / 2;
	*points = quad ? 4 : 0;
	*flags = quad ? ANN_BOX_DERIVED : corner && !centre ? 0u : ANN_XYWH;
	if (!ann_finite(xy, quad ? 8 : 4)) {
		*status = ann_bad(s, "value-not-finite", origin, line, 0, err, "a coordinate is not finite");
		return false;
	}
	return true;
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
	double w, h, box[8];
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
	int points;
	uint32_t flags;
	secant_status status;
	bool has = row_box(s, v, box, &flags, &points, origin, line, &status, err);
	if (status || (!has && (!v[CLASS].p || !ann_len(v[CLASS]))))
		return status;
	if (v[CLASS].p && !ann_len(v[CLASS]))
		return ann_bad(s, "parse-error", origin, line, 0, err, "a box without class");
	static const char object[] = "object"; /* where no column names classes */
	int class = ann_class_named(s, v[CLASS].p ? v[CLASS].p : object, v[CLASS].p ? ann_len(v[CLASS]) : strlen(object));
	uint32_t shape = has && points ? ann_points(s, ANN_QUAD, box, points) : 0;
	ann_object *o = class >= 0 ? ann_add_object(s, at, class) : NULL;
	if (!o)
		return ann_nomem(err);
	if (has && !points)
		memcpy(o->box, box, sizeof o->box);
	o->line = line;
	o->shape = shape;
	o->flags = has ? flags : ANN_NO_BOX;
	o->flags |= (v[CROWD].p && ann_is(v[CROWD], "1") ? ANN_CROWD : 0u)
		| (v[DIFFICULT].p && ann_is(v[DIFFICULT], "1") ? ANN_DIFFICULT : 0u);
	for (int i = 0; i < r->n; i++) {
		if (map[i] >= 0 || !keys[i] || !ann_len(r->f[i]))
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
		if (parts) {
			(void)ann_part(p, &xy, &n);
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
		if (first && is_header(&r, map, &sizes)) {
			if (sizes)
				ann_note(s, "%s: width and height are taken for those of the boxes", origin);
			for (int i = 0; i < r.n; i++)
				keys[i] = map[i] < 0 ? base_strndup(r.f[i].p, ann_len(r.f[i])) : NULL;
			first = false;
			continue;
		}
		if (first) {
			first = false;
			headless = plain_layout(&r) > 0 ? plain_layout(&r) : 0;
			int columns = (int)strlen(plain[headless].row);
			for (int i = 0; i < ANN_COLUMNS; i++)
				map[i] = i < columns ? plain[headless].map[i] : -1;
			ann_note(s, "%s has no header: its columns are taken for %s", origin, plain[headless].words);
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
				plain[headless].words);
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
	static const char *const ext[] = { "jpg", "png", "jpeg", "tif", "bmp", "JPG", "webp", NULL };
	if (ann_locate(s, i, root, folders))
		return;
	ann_text name = s->images[i].name;
	for (int k = 0; ext[k] && !*base_path_ext(ann_str(s, name)); k++) {
		char *full = base_format("%s.%s", ann_str(s, name), ext[k]);
		if (!full)
			return;
		s->images[i].name = ann_store(s, full, strlen(full));
		secant_free(full);
		if (ann_locate(s, i, root, folders))
			return;
	}
	s->images[i].name = name;
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

/* Keys of all attributes of objects, in order of appearance; those for which there is no column are counted as lost. */
static int
attribute_keys(const ann_set *s, ann_text *keys, int most, ann_out *out)
{
	int n = 0;
	for (int i = 0; i < s->n_objects; i++)
		for (uint32_t a = s->objects[i].attributes; a; a = s->attributes[a].next) {
			int k = 0;
			while (k < n && keys[k] != s->attributes[a].key)
				k++;
			if (k == n && n < most)
				keys[n++] = s->attributes[a].key;
			else if (k == n)
				ann_out_lose(out, 1, "attribute of objects beyond %d kinds, which have columns", most);
		}
	return n;
}

static void
put_row(
	base_str *t, const ann_set *s, const ann_image *im, const ann_object *o, const ann_text *keys, int n, bool areas)
{
	ann_implied extra;
	const char *name = ann_str(s, im->name), *class = o && o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "";
	bool box = o && !(o->flags & ANN_NO_BOX);
	const double v[4] = { box ? ann_x0(o) : 0, box ? ann_y0(o) : 0, box ? ann_x1(o) : 0, box ? ann_y1(o) : 0 };
	int more = 0;
	const char *split = ann_one_split(s, im, &more);
	ann_csv_cell(t, name, strlen(name));
	base_str_addf(t, ",%d,%d,", im->width, im->height);
	ann_csv_cell(t, class, strlen(class));
	for (int i = 0; i < 4; i++) {
		base_str_add(t, ",");
		if (box)
			ann_put_number(t, v[i]);
	}
	base_str_add(t, ",");
	ann_csv_cell(t, split, strlen(split));
	base_str_add(t, o && o->flags & ANN_CROWD ? ",1," : o ? ",0," : ",,");
	base_str_add(t, o && o->flags & ANN_DIFFICULT ? "1" : o ? "0" : "");
	for (int i = 0; i < n; i++) {
		base_str value = { 0 };
		const char *json = o ? ann_get(s, o->attributes, ann_str(s, keys[i])) : NULL;
		base_str_add(t, ",");
		if (json)
			ann_value_text(&value, json);
		ann_csv_cell(t, value.p ? value.p : "", value.n);
		base_str_free(&value);
	}
	if (areas) {
		base_str_add(t, ",");
		if (o && ann_find_implied(s, o, ANN_IMPLIED_AREA, 0, 0, 1, &extra))
			base_str_add(t, extra.pair[1]);
	}
	base_str_add(t, "\n");
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	ann_text keys[ANN_COLUMNS - KNOWN];
	int n = attribute_keys(s, keys, ANN_COLUMNS - KNOWN, out), more = 0;
	bool areas = false;
	ann_implied extra;
	for (int i = 0; i < s->n_objects && !areas; i++)
		areas = ann_find_implied(s, &s->objects[i], ANN_IMPLIED_AREA, 0, 0, 1, &extra) > 0;
	base_str_add(&t, "filename,width,height,class,xmin,ymin,xmax,ymax,split,iscrowd,difficult");
	for (int i = 0; i < n; i++) {
		base_str_add(&t, ",");
		ann_csv_cell(&t, ann_str(s, keys[i]), strlen(ann_str(s, keys[i])));
	}
	base_str_add(&t, areas ? ",coco.area\n" : "\n");
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		(void)ann_one_split(s, im, &more);
		bool any = false;
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
			if (!(s->objects[s->order[k]].flags & ANN_VOID)) {
				put_row(&t, s, im, &s->objects[s->order[k]], keys, n, areas);
				any = true;
			}
		if (!any)
			put_row(&t, s, im, NULL, keys, n, areas);
		char *picture = base_format("images/%s", ann_str(s, im->name));
		status = picture ? ann_out_picture(out, s, im, picture, err) : ann_nomem(err);
		secant_free(picture);
	}
	if (more)
		ann_out_lose(out, more, "second list of a picture (the first is written)");
	if (!status)
		status = ann_out_str(out, "annotations.csv", &t, err);
	base_str_free(&t);
	return status;
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
	.write = write,
	.parse = parse_one,
};
