/*
 * MOTChallenge (Milan, Leal-Taixe, Reid, Roth, Schindler: MOT16, arXiv:1603.00831): SEQUENCE/gt/gt.txt, a box a row,
 *
 *     frame, track, left, top, width, height, considered, class, visibility
 *
 * (2015: x, y, z of the world for the last columns, and no class), pictures SEQUENCE/img1/000001.jpg, seqinfo.ini with
 * their folder and size; gt/labels.txt with a class a line where the classes are not MOT's own. Rows that are not to be
 * considered are kept as regions not to be judged. Where no sequence has truth, det/det.txt is read: the seventh column
 * is a score there. Coordinates are taken as they stand, though the paper counts pixels from 1: a note says so.
 */
#include "annotations/find.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const usual[] = { "pedestrian", "person on vehicle", "car", "bicycle", "motorbike",
	"non motorized vehicle", "static person", "distractor", "occluder", "occluder on the ground", "occluder full",
	"reflection", "crowd" };
enum { USUAL = sizeof usual / sizeof *usual, FIELDS = 10 };

typedef struct sequence {
	char below[600], extension[16]; /* where its pictures are, with a slash, relative to the root */
	int width, height;
	bool detections, zero;
	ann_text *names; /* of labels.txt */
	int n_names;
	ann_table picture; /* by number; UINT32_MAX: several */
} sequence;

static bool
is_file_of(const char *path, const char *folder)
{
	char *dir = base_path_dir(path), *name = base_format("%s.txt", folder);
	bool is = dir && name && !strcmp(base_path_name(path), name) && !strcmp(base_path_name(dir), folder);
	secant_free(dir), secant_free(name);
	char *data = NULL;
	size_t n = 0;
	if (!is || secant_file_read(&data, &n, path, (size_t)1 << 30, NULL))
		return false;
	ann_lines l = ann_lines_of(data, n);
	ann_field f[FIELDS + 1];
	double v;
	is = !ann_next_line(&l) || ann_fields(l.line, l.n, ',', f, FIELDS + 1) >= 6;
	for (int i = 0; i < 6 && is && n; i++)
		is = ann_real(f[i].p, f[i].end, &v);
	secant_free(data);
	return is;
}

static bool
is_truth(const char *path)
{
	return is_file_of(path, "gt");
}

static bool
is_detections(const char *path)
{
	return is_file_of(path, "det");
}

/* The number at the end of a stem: 1 of "000001", 7 of "frame_000007". */
static bool
number_of(const char *name, uint64_t *number)
{
	char *stem = base_path_stem(name);
	size_t n = stem ? strlen(stem) : 0, from = n;
	while (from && stem[from - 1] >= '0' && stem[from - 1] <= '9')
		from--;
	int64_t v = -1;
	bool is = from < n && ann_integer(stem + from, stem + n, &v);
	*number = (uint64_t)v;
	secant_free(stem);
	return is;
}

static int
collect(const ann_set *s, sequence *q)
{
	int n = 0;
	size_t length = strlen(q->below);
	for (int i = 0; i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		uint64_t number;
		uint32_t other;
		if (strncmp(name, q->below, length) || strchr(name + length, '/') || !number_of(name, &number))
			continue;
		bool twice = ann_table_get(&q->picture, number, &other);
		n += ann_table_put(&q->picture, number, twice ? UINT32_MAX : (uint32_t)i);
		q->zero = q->zero || !number;
	}
	return n;
}

static void
read_info(ann_set *s, const char *file, const char *inner, sequence *q)
{
	char *data = NULL;
	size_t n = 0;
	if (!secant_is_file(file) || secant_file_read(&data, &n, file, 1 << 20, NULL))
		return;
	ann_lines l = ann_lines_of(data, n);
	while (ann_next_line(&l)) {
		const char *equal = memchr(l.line, '=', l.n);
		int64_t v;
		if (!equal)
			continue;
		ann_field key = ann_trim(l.line, equal), value = ann_trim(equal + 1, l.line + l.n);
		bool whole = ann_integer(value.p, value.end, &v) && v > 0 && v < 1 << 20;
		if (ann_is(key, "imDir") && ann_len(value) && ann_len(value) < 200)
			snprintf(q->below, sizeof q->below, "%s%.*s/", inner, (int)ann_len(value), value.p);
		else if (ann_is(key, "imExt") && ann_len(value) > 1 && ann_len(value) < sizeof q->extension && *value.p == '.')
			snprintf(q->extension, sizeof q->extension, "%.*s", (int)ann_len(value) - 1, value.p + 1);
		else if (ann_is(key, "imWidth") && whole)
			q->width = (int)v;
		else if (ann_is(key, "imHeight") && whole)
			q->height = (int)v;
	}
	secant_free(data);
}

static secant_status
read_labels(ann_set *s, const char *file, sequence *q, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	if (!secant_is_file(file))
		return SECANT_OK;
	secant_status status = ann_load_text(s, file, &data, &n, err);
	ann_lines l = ann_lines_of(data ? data : "", n);
	while (!status && ann_next_line(&l)) {
		ann_field name = ann_trim(l.line, l.line + l.n);
		ann_text *more = ann_len(name) ? base_realloc(q->names, (size_t)q->n_names + 1, sizeof *more) : NULL;
		if (!ann_len(name))
			continue;
		if (!more) {
			status = ann_nomem(err);
			break;
		}
		q->names = more;
		q->names[q->n_names++] = ann_intern(s, name.p, ann_len(name));
		if (ann_class_listed(s, name.p, ann_len(name)) < 0)
			status = ann_nomem(err);
	}
	secant_free(data);
	return status;
}

/* What lies about ROOT/INNER/gt/gt.txt. */
static secant_status
open_sequence(ann_set *s, const char *origin, sequence *q, secant_err *err)
{
	static const char *const usual_folders[] = { "img1/", "images/", "img/", "" };
	char *dir = base_path_dir(origin), *home = dir ? base_path_dir(dir) : NULL;
	char *info = home ? base_path_join(home, "seqinfo.ini") : NULL;
	char *labels = dir ? base_path_join(dir, "labels.txt") : NULL, inner[300] = "";
	secant_status status = info && labels ? SECANT_OK : ann_nomem(err);
	if (!status && *ann_below(s, home))
		snprintf(inner, sizeof inner, "%s/", ann_below(s, home));
	snprintf(q->extension, sizeof q->extension, "jpg");
	snprintf(q->below, sizeof q->below, "%simg1/", inner);
	if (!status) {
		read_info(s, info, inner, q);
		status = read_labels(s, labels, q, err);
	}
	char said[600];
	snprintf(said, sizeof said, "%s", q->below);
	for (size_t i = 0; !status && !collect(s, q) && i < sizeof usual_folders / sizeof *usual_folders; i++)
		snprintf(q->below, sizeof q->below, "%s%s", inner, usual_folders[i]);
	if (!q->picture.n)
		snprintf(q->below, sizeof q->below, "%s", said);
	secant_free(dir), secant_free(home), secant_free(info), secant_free(labels);
	return status;
}

static int
frame(
	ann_set *s, sequence *q, int64_t number, const char *origin, uint32_t line, secant_status *status, secant_err *err)
{
	uint32_t at = 0;
	char text[700], name[1024];
	if (ann_table_get(&q->picture, (uint64_t)number, &at)) {
		if (at != UINT32_MAX) {
			ann_tree_size(s, (int)at, q->width, q->height);
			return (int)at;
		}
		*status = ann_bad(s, "stem-collision", origin, line, 0, err,
			"frame %lld: several pictures of '%s' have this number", (long long)number, q->below);
		return -1;
	}
	snprintf(text, sizeof text, "%s%06lld.%s", q->below, (long long)number, q->extension);
	*status = ann_picture_name(s, text, strlen(text), origin, line, name, err);
	int image = *status ? -1 : ann_add_image(s, name, strlen(name));
	if (image < 0 || !ann_table_put(&q->picture, (uint64_t)number, (uint32_t)image)) {
		*status = *status ? *status : ann_nomem(err);
		return -1;
	}
	ann_tree_size(s, image, q->width, q->height);
	*status = ann_find(s, "image-missing", -1, origin, line, 0, "there is no picture '%s'", name);
	return *status ? -1 : image;
}

/* The class of a row; NULL: its number is none. */
static const char *
class_name(const ann_set *s, const sequence *q, const double *v, int m)
{
	bool numbered = m > 7 && (m < FIELDS || q->n_names) && v[7] != -1; /* rows of ten: x, y, z of the world */
	if (q->detections || !numbered)
		return q->n_names ? ann_str(s, q->names[0]) : usual[0];
	int last = q->n_names ? q->n_names : USUAL;
	if (!(v[7] >= 1 && v[7] <= last) || v[7] != floor(v[7]))
		return NULL;
	return q->n_names ? ann_str(s, q->names[(int)v[7] - 1]) : usual[(int)v[7] - 1];
}

static void
keep(ann_set *s, uint32_t *head, const char *key, double v)
{
	base_str t = { 0 };
	ann_put_number(&t, v);
	if (t.p && isfinite(v))
		ann_add_attribute(s, head, key, t.p, t.n);
	base_str_free(&t);
}

static secant_status
take_row(ann_set *s, sequence *q, const ann_lines *l, bool one, const char *origin, secant_err *err)
{
	ann_field f[FIELDS + 1];
	double v[FIELDS + 1] = { 0 };
	int m = ann_fields(l->line, l->n, ',', f, FIELDS + 1);
	bool good = m >= 6 && m <= FIELDS;
	for (int i = 0; i < m && good; i++)
		good = ann_real(f[i].p, f[i].end, &v[i]) && isfinite(v[i]);
	if (!good || v[0] != floor(v[0]) || v[0] < 0 || v[0] > 1e9)
		return ann_bad(s, "parse-error", origin, l->number, 0, err,
			"a row is six to ten numbers: frame, track, left, top, width, height, considered, class, visibility");
	const char *class = class_name(s, q, v, m);
	if (!class)
		return ann_bad(s, "class-undefined", origin, l->number, 0, err, "class %g is not one of 1 to %d", v[7],
			q->n_names ? q->n_names : USUAL);
	char copy[300]; /* names move as text is added */
	snprintf(copy, sizeof copy, "%s", class);
	secant_status status = SECANT_OK;
	int image = one ? 0 : frame(s, q, (int64_t)v[0], origin, l->number, &status, err);
	if (image < 0)
		return status;
	s->images[image].source = ann_intern(s, origin, strlen(origin));
	int at = ann_named_object(s, image, copy);
	if (at < 0)
		return ann_nomem(err);
	s->objects[at].line = l->number;
	if (!ann_set_box(s, at, v + 2, origin, &status, err))
		return status;
	uint32_t head = 0;
	if (v[1] >= 0)
		keep(s, &head, "track_id", v[1]);
	if (q->detections && m > 6)
		keep(s, &head, "score", v[6]);
	else if (m == 9 || (m == FIELDS && q->n_names))
		keep(s, &head, "visibility", v[8]);
	s->objects[at].attributes = head;
	s->objects[at].flags |= !q->detections && m > 6 && v[6] == 0 ? ANN_VOID : 0u;
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	sequence q = { .detections = !strcmp(base_path_name(origin), "det.txt") };
	secant_status status = f ? open_sequence(s, origin, &q, err) : SECANT_OK;
	while (!status && ann_next_line(&l))
		if (ann_len(ann_trim(l.line, l.line + l.n)))
			status = take_row(s, &q, &l, !f, origin, err);
	if (f && q.zero)
		ann_note(s, "%s: pictures count from 0; frame N is taken for the picture of number N, though MOT counts from 1",
			origin);
	ann_table_free(&q.picture);
	secant_free(q.names);
	return status;
}

static const ann_files detections = {
	.extension = "txt",
	.because = "it has det/det.txt of MOTChallenge",
	.sure = 94,
	.is = is_detections,
	.text = parse,
	.unlisted = true,
};
static const ann_files files = {
	.extension = "txt",
	.because = "it has gt/gt.txt of MOTChallenge",
	.sure = 96,
	.is = is_truth,
	.text = parse,
	.unlisted = true,
	.otherwise = &detections,
};

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	ann_note(s, "MOT: coordinates are taken as they stand (the paper counts pixels from 1)");
	if (!ann_has_files(path, &files))
		ann_note(s, "MOT: no gt/gt.txt; the detections of det/det.txt are read, with their scores");
	return ann_read_files(s, path, o, &files, watch, err);
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

static double
number_attribute(const ann_set *s, const ann_object *o, const char *key, double otherwise)
{
	const char *json = o->attributes ? ann_get(s, o->attributes, key) : NULL;
	double v;
	return json && ann_real(json, json + strlen(json), &v) ? v : otherwise;
}

static void
put_row(base_str *t, const ann_set *s, const ann_object *o, int frame, int track)
{
	const double v[4] = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) };
	base_str_addf(t, "%d", frame);
	ann_put_real(t, ",", number_attribute(s, o, "track_id", track));
	for (int k = 0; k < 4; k++)
		ann_put_real(t, ",", v[k]);
	base_str_addf(t, ",%d,%d", o->flags & ANN_VOID ? 0 : 1, o->class + 1);
	ann_put_real(t, ",", number_attribute(s, o, "visibility", 1));
	base_str_add(t, "\n");
}

/* The numbers of pictures are their order; one extension and one size, where all have it, go to seqinfo.ini. */
static secant_status
put_info(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	bool one = s->n_images > 0, size = one && s->images[0].width > 0;
	for (int i = 1; i < s->n_images; i++) {
		one = one
			&& !strcmp(base_path_ext(ann_str(s, s->images[i].name)), base_path_ext(ann_str(s, s->images[0].name)));
		size = size && s->images[i].width == s->images[0].width && s->images[i].height == s->images[0].height;
	}
	base_str_addf(&t, "[Sequence]\nname=secant\nimDir=img1\nframeRate=1\nseqLength=%d\n", s->n_images);
	if (size)
		base_str_addf(&t, "imWidth=%d\nimHeight=%d\n", s->images[0].width, s->images[0].height);
	if (one)
		base_str_addf(&t, "imExt=.%s\n", base_path_ext(ann_str(s, s->images[0].name)));
	secant_status status = ann_out_str(out, "seqinfo.ini", &t, err);
	base_str_free(&t);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	int track = 0;
	for (int i = 0; i < s->n_objects; i++) { /* objects that no track holds get numbers beyond the tracks' */
		double v = number_attribute(s, &s->objects[i], "track_id", 0);
		track = v > track && v < 1 << 30 ? (int)v : track;
	}
	for (int i = 0; !status && i < s->n_images; i++) {
		char *name = base_format("img1/%06d.%s", i + 1, base_path_ext(ann_str(s, s->images[i].name)));
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (!(o->flags & ANN_NO_BOX) && o->class >= 0)
				put_row(&t, s, o, i + 1, ++track);
		}
		status = name ? ann_out_picture(out, s, &s->images[i], name, err) : ann_nomem(err);
		ann_out_lose(out, s->images[i].splits != 0, "membership of a picture in a list");
		secant_free(name);
	}
	ann_out_lose(out, s->n_images, "name of a picture (frames have numbers)");
	if (!status)
		status = ann_out_str(out, "gt/gt.txt", &t, err);
	t.n = 0;
	if (!status)
		status = ann_name_classes(s, out, "", ' ', err);
	for (int i = 0; i < s->n_classes; i++)
		base_str_addf(&t, "%s\n", ann_written(s, i));
	if (!status)
		status = ann_out_str(out, "gt/labels.txt", &t, err);
	base_str_free(&t);
	return status ? status : put_info(s, out, err);
}

const ann_format ann_format_mot = {
	.name = "mot",
	.brief = "MOTChallenge: gt/gt.txt and det/det.txt of sequences",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "track_id|visibility",
	.files = &files,
	.read = read,
	.write = write,
};
