/*
 * Run lengths in CSV, as Kaggle's competitions have them: columns ImageId and EncodedPixels, and where there are
 * classes ClassId, or ImageId_ClassId with both in one. EncodedPixels is "start length start length ...", pixels
 * counted from 1 down the columns; empty (or -1) where there is nothing. A row is an object, and a picture may have
 * several.
 *
 * Some competitions (Sartorius, UW-Madison) count along rows. Runs of one object begin about a column, or a row, apart:
 * where width and height differ that tells, and a note says what was taken; --run-order says it otherwise.
 *
 * Pictures that no row names are part of the set where they lie beside pictures that are named (they have no object);
 * those of other folders (test_images) are left out.
 */
#include "annotations/put.h"
#include "annotations/csv.h"
#include "annotations/find.h"
#include "annotations/paint.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

enum { ID, RUNS, CLASS, BOTH, WIDTH, HEIGHT, KNOWN };
enum { ORDER_AUTO, ORDER_COLUMNS, ORDER_ROWS };
enum { ROWS = 16 }; /* flag of the set while it is read: --run-order rows; the next one: columns */
static const char *const spelling[KNOWN] = {
	"ImageId|image_id|id|img_id|image|img|filename|file_name|fname",
	"EncodedPixels|encoded_pixels|rle_mask|rle|annotation|segmentation|encoding|rle_encoding|predicted",
	"ClassId|class_id|class|label|category|cell_type|class_name",
	"ImageId_ClassId|Image_Label|image_label|image_id_class_id",
	"width|image_width|img_width",
	"height|image_height|img_height",
};

static bool
header(const ann_csv_row *r, int at[KNOWN])
{
	for (int k = 0; k < KNOWN; k++) {
		at[k] = -1;
		for (int i = 0; i < r->n; i++)
			for (const char *p = spelling[k]; *p && at[k] < 0;) {
				size_t n = strcspn(p, "|");
				at[k] = ann_len(r->f[i]) == n && !strncasecmp(r->f[i].p, p, n) ? i : -1;
				p += n + (p[n] == '|');
			}
	}
	return at[RUNS] >= 0 && (at[ID] >= 0 || at[BOTH] >= 0);
}

/* Does a file have the columns, and runs in one of its first rows? Submissions are no truth. */
static bool
is_runs(const char *path)
{
	secant_bytes b;
	int at[KNOWN];
	if (strcasestr(base_path_name(path), "submission") || !secant_is_file(path) || base_file_map(&b, path, NULL))
		return false;
	ann_lines l = ann_lines_of((const char *)b.data, b.size < 1 << 16 ? b.size : 1 << 16);
	char separator = ann_csv_separator((const char *)b.data, b.size < 4096 ? b.size : 4096);
	ann_csv_row r = { .n = 0 };
	bool bad = false, is = ann_csv_record(&l, separator, &r, &bad) && !bad && header(&r, at);
	for (int i = 0; is && i < 1000 && ann_csv_record(&l, separator, &r, &bad) && !bad; i++) {
		ann_field v = at[RUNS] < r.n ? r.f[at[RUNS]] : (ann_field){ "", "" };
		double number;
		const char *p = ann_len(v) ? ann_number(v.p, v.end, &number) : NULL;
		is = !ann_len(v) || p || ann_is(v, "nan");
		if (p && p < v.end)
			break; /* two numbers at least: these are runs */
	}
	base_str_free(&r.room);
	base_file_unmap(&b);
	return is;
}

/* --- runs
 * ---------------------------------------------------------------------------------------------------------------- */

typedef struct runs {
	double *v; /* start, length, ... */
	int n, capacity;
} runs;

/* Numbers of a cell; 0 of them: nothing is there. */
static bool
read_runs(runs *r, ann_field f)
{
	r->n = 0;
	if (ann_is(f, "-1") || ann_is(f, "nan") || ann_is(f, "NaN"))
		return true;
	for (const char *p = f.p; p < f.end;) {
		double v;
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
			p++;
			continue;
		}
		const char *next = ann_number(p, f.end, &v);
		if (!next || v != floor(v) || base_grow((void **)&r->v, &r->capacity, r->n, sizeof *r->v))
			return false;
		r->v[r->n++] = v;
		p = next;
	}
	return !(r->n & 1);
}

/* How many runs begin about a column, and how many about a row, after the one before. */
static void
vote(const runs *r, int w, int h, int votes[2])
{
	for (int i = 2; i < r->n; i += 2) {
		double d = r->v[i] - r->v[i - 2];
		votes[0] += fabs(d - h) <= h / 16. + 1;
		votes[1] += fabs(d - w) <= w / 16. + 1;
	}
}

/* The shape of a row; 0 with *what where it is none. */
static uint32_t
make_shape(ann_set *s, const runs *r, int w, int h, bool rows, const char **what, secant_err *err)
{
	double pixels = (double)w * h, last = 0;
	uint32_t *run = secant_calloc((size_t)r->n + 1, sizeof *run), shape = 0;
	uint8_t *plane = rows ? secant_calloc((size_t)w * (size_t)h + 1, 1) : NULL;
	ann_rle made = { 0 };
	base_str text = { 0 };
	if (!run || (rows && !plane)) {
		(void)ann_nomem(err);
		secant_free(run), secant_free(plane);
		return 0;
	}
	for (int i = 0; i < r->n && !*what; i += 2) {
		double start = r->v[i] - 1, length = r->v[i + 1];
		*what = start < 0             ? "counts from 1, but a run begins at 0"
			: length < 1              ? "has a run without length"
			: start < last            ? "has runs that overlap or do not ascend (are they relative to the one before?)"
			: start + length > pixels ? "has a run beyond the picture's last pixel"
									  : NULL;
		if (*what)
			break;
		run[i] = (uint32_t)(start - last);
		run[i + 1] = (uint32_t)length;
		if (rows)
			memset(plane + (size_t)start, 1, (size_t)length);
		last = start + length;
	}
	if (!*what && rows && !ann_rle_from_pixels(&made, plane, (uint32_t)h, (uint32_t)w, err)) {
		ann_rle_encode(&text, made.runs, made.n);
		shape = ann_rle_text(s, h, w, &text);
	} else if (!*what && !rows) {
		run[r->n] = (uint32_t)(pixels - last);
		ann_rle_encode(&text, run, (size_t)r->n + (last < pixels));
		shape = ann_rle_text(s, h, w, &text);
	}
	ann_rle_free(&made);
	base_str_free(&text);
	secant_free(run), secant_free(plane);
	return shape;
}

/* --- rows
 * ---------------------------------------------------------------------------------------------------------------- */

typedef struct table {
	ann_set *s;
	ann_finder *f;
	const char *origin;
	int at[KNOWN], absent, taken, votes[2];
	runs r;
	secant_err *err;
} table;

static ann_field
cell(const table *t, const ann_csv_row *r, int column)
{
	int at = t->at[column];
	return at >= 0 && at < r->n ? r->f[at] : (ann_field){ "", "" };
}

/* Picture and class of a row: "a.jpg_3" is class 3 of a.jpg. */
static void
names_of(const table *t, const ann_csv_row *r, char picture[512], char class[300])
{
	ann_field id = cell(t, r, t->at[ID] >= 0 ? ID : BOTH), name = cell(t, r, CLASS);
	if (t->at[ID] < 0) {
		const char *cut = id.end;
		while (cut > id.p && cut[-1] != '_')
			cut--;
		if (cut > id.p) {
			name = (ann_field){ cut, id.end };
			id.end = cut - 1;
		}
	}
	snprintf(picture, 512, "%.*s", (int)(ann_len(id) < 511 ? ann_len(id) : 511), id.p);
	snprintf(class, 300, "%.*s", (int)(ann_len(name) < 299 ? ann_len(name) : 299), name.p);
	if (!*class)
		snprintf(class, 300, "object"); /* where no column names classes */
}

/* The picture of a row, its size known; -1: it is not there, or an error. */
static int
picture_of(table *t, const ann_csv_row *r, const char *name, uint32_t line, secant_status *status)
{
	ann_set *s = t->s;
	secant_err one = { 0 };
	if (!t->f)
		return 0;
	int image = ann_finder_end(t->f, name);
	if (image == ANN_SEVERAL) {
		*status = ann_bad(
			s, "stem-collision", t->origin, line, 0, t->err, "'%s' is the name of several pictures", name);
		return -1;
	}
	image = image < 0 ? ann_finder_stem(t->f, name) : image;
	if (image < 0)
		return -1;
	ann_field w = cell(t, r, WIDTH), h = cell(t, r, HEIGHT);
	double size[2];
	if (ann_real(w.p, w.end, &size[0]) && ann_real(h.p, h.end, &size[1]))
		ann_tree_size(s, image, size[0], size[1]);
	if (s->images[image].width <= 0 && ann_probe(s, image, &one)) {
		*status = ann_unreadable(s, image, ann_str(s, s->images[image].path), &one, t->err);
		return -1;
	}
	return image;
}

static secant_status
take_row(table *t, const ann_csv_row *r, uint32_t line, bool rows, bool only_votes)
{
	ann_set *s = t->s;
	char name[512], class[300];
	const char *what = NULL;
	secant_status status = SECANT_OK;
	if (!read_runs(&t->r, cell(t, r, RUNS)))
		return only_votes ? SECANT_OK
						  : ann_bad(s, "parse-error", t->origin, line, 0, t->err,
							  "run lengths are pairs of whole numbers: start length start length ...");
	names_of(t, r, name, class);
	int image = picture_of(t, r, name, line, &status);
	if (image < 0 || status)
		return t->absent += !only_votes && !status, only_votes ? SECANT_OK : status;
	int w = s->images[image].width, h = s->images[image].height;
	if (only_votes) {
		vote(&t->r, w, h, t->votes);
		return SECANT_OK;
	}
	t->taken++;
	ann_text source = ann_intern(s, t->origin, strlen(t->origin));
	s->images[image].source = source;
	bool named = ann_len(cell(t, r, CLASS)) || t->at[ID] < 0;
	if (!t->r.n) /* a class that the table has, though not in this picture */
		return named && ann_class_named(s, class, strlen(class)) < 0 ? ann_nomem(t->err) : SECANT_OK;
	int at = ann_named_object(s, image, class);
	if (at < 0)
		return ann_nomem(t->err);
	uint32_t shape = make_shape(s, &t->r, w, h, rows, &what, t->err);
	if (what) {
		s->n_objects--;
		return ann_bad(
			s, "rle-sum", t->origin, line, 0, t->err, "the row of '%s' %s; it has %d x %d pixels", name, what, w, h);
	}
	s->objects[at].shape = shape;
	s->objects[at].line = line;
	s->objects[at].flags = ANN_BOX_DERIVED;
	return shape ? SECANT_OK : ann_nomem(t->err);
}

static secant_status
all_rows(table *t, const char *data, size_t n, bool rows, bool only_votes)
{
	ann_lines l = ann_lines_of(data, n);
	char separator = ann_csv_separator(data, n);
	ann_csv_row r = { .n = 0 };
	bool bad = false;
	secant_status status = SECANT_OK;
	if (!ann_csv_record(&l, separator, &r, &bad) || bad || !header(&r, t->at))
		status = ann_bad(
			t->s, "parse-error", t->origin, 1, 0, t->err, "the columns ImageId and EncodedPixels are needed");
	else
		while (!status && ann_csv_record(&l, separator, &r, &bad)) {
			if (bad || r.room.failed)
				status = ann_bad(t->s, "parse-error", t->origin, l.number, 0, t->err,
					"a quote without its end, or more than %d columns", ANN_COLUMNS);
			else if (r.n > 1 || ann_len(r.f[0]))
				status = take_row(t, &r, l.number, rows, only_votes);
			if (bad)
				break;
		}
	base_str_free(&r.room);
	return status;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	table t = { .s = s, .f = f, .origin = origin, .err = err };
	bool rows = s->flags & ROWS, told = s->flags & (ROWS | 2 * ROWS);
	secant_status status = told ? SECANT_OK : all_rows(&t, data, n, false, true);
	if (!status && !told)
		rows = t.votes[1] >= 3 && t.votes[1] > 4 * t.votes[0];
	if (!status)
		status = all_rows(&t, data, n, rows, false);
	if (!status && t.absent && !t.taken)
		status = ann_bad(s, "image-missing", origin, 0, 0, err,
			"none of its pictures is there, and run lengths have no place without a picture's size");
	else if (!status && t.absent)
		ann_note(s, "%s: %d rows are of pictures that are not there: left out", origin, t.absent);
	if (!status && !told)
		ann_note(s, "%s: pixels are counted from 1 %s; --run-order %s reads them otherwise", origin,
			rows ? "along rows, since runs begin a row apart" : "down columns, as Kaggle has them",
			rows ? "columns" : "rows");
	secant_free(t.r.v);
	return status;
}

static const ann_files files = {
	.extension = "csv",
	.because = "it has a CSV of run lengths",
	.sure = 94,
	.is = is_runs,
	.text = parse,
	.unlisted = true,
};

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	s->flags |= o->run_order == ORDER_ROWS ? ROWS : o->run_order == ORDER_COLUMNS ? 2u * ROWS : 0u;
	secant_status status = ann_read_files(s, path, o, &files, watch, err);
	if (!status)
		status = ann_leave_unlisted(s, true, err);
	if (!status && s->n_splits == 1) { /* the folder "train" of a competition is all there is: no list to divide by */
		for (int i = 0; i < s->n_images; i++)
			s->images[i].splits = 0;
		s->n_splits = 0;
	}
	return status;
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	const ann_image *im = &s->images[o->image];
	size_t pixels = (size_t)im->width * (size_t)im->height;
	uint8_t *layer = secant_calloc(pixels + 1, 1);
	ann_rle r = { 0 };
	secant_status status = layer ? ann_paint(s, o, false, im, layer, err) : ann_nomem(err);
	if (!status)
		status = ann_rle_from_pixels(&r, layer, (uint32_t)im->height, (uint32_t)im->width, err);
	uint64_t at = 0;
	for (size_t i = 0; !status && i < r.n; at += r.runs[i++])
		if (i & 1 && r.runs[i])
			base_str_addf(t, "%s%llu %u", i > 1 ? " " : "", (unsigned long long)at + 1, r.runs[i]);
	ann_rle_free(&r);
	secant_free(layer);
	return status;
}

static secant_status
put_picture(base_str *t, const ann_set *s, int i, ann_out *out, secant_err *err)
{
	const ann_image *im = &s->images[i];
	const char *name = ann_str(s, im->name);
	bool any = false;
	secant_status status = SECANT_OK;
	for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		if (o->flags & (ANN_NO_BOX | ANN_VOID) || o->class < 0)
			continue;
		const char *class = ann_str(s, s->classes[o->class].name);
		any = true;
		ann_csv_cell(t, name, strlen(name));
		base_str_add(t, ",");
		ann_csv_cell(t, class, strlen(class));
		base_str_add(t, ",");
		status = ann_need_size(s, im, "run lengths", err);
		if (!status)
			status = put_object(t, s, o, err);
		base_str_add(t, "\n");
	}
	if (!any) {
		ann_csv_cell(t, name, strlen(name));
		base_str_add(t, ",,\n");
	}
	return status ? status : ann_out_beneath(out, s, i, "images", err);
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	base_str_add(&t, "ImageId,ClassId,EncodedPixels\n");
	for (int i = 0; !status && i < s->n_images; i++) {
		status = put_picture(&t, s, i, out, err);
		ann_out_lose(out, s->images[i].splits != 0, "membership of a picture in a list");
	}
	if (!status)
		status = ann_out_str(out, "masks.csv", &t, err);
	base_str_free(&t);
	return status;
}

const ann_format ann_format_rle_csv = {
	.name = "rle-csv",
	.brief = "CSV of run lengths, as Kaggle has them: ImageId, ClassId, EncodedPixels",
	.holds = ANN_HOLDS_MASK | ANN_HOLDS_RLE | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_QUAD,
	.files = &files,
	.read = read,
	.write = write,
};
