/*
 * ICDAR robust reading (Karatzas et al., ICDAR 2013 and 2015), text in pictures: gt_STEM.txt for STEM.jpg,
 *
 *     377,117,463,117,465,130,378,130,Genaxis Theatre        four corners (2015), clockwise
 *     38, 43, 920, 215, "Tiredness"                          left, top, right, bottom (2013), also with spaces alone
 *
 * A file is of corners where every row of it begins with eight numbers. The transcription "###" says that the text
 * cannot be read: it is not to be judged. Numbers are taken as they stand.
 */
#include "annotations/find.h"
#include "annotations/put.h"
#include "annotations/trace.h"
#include "base/file.h"
#include <stdio.h>

typedef struct row {
	double v[8];
	int numbers;
	ann_field text[9]; /* what follows i numbers */
} row;

/* Up to eight numbers with commas or spaces between, and what stands after each of them. */
static row
look_at(ann_field line)
{
	row r = { .numbers = 0 };
	const char *p = line.p;
	while (r.numbers < 8) {
		while (p < line.end && (*p == ' ' || *p == '\t'))
			p++;
		const char *q = ann_number(p, line.end, &r.v[r.numbers]);
		bool ends = q && (q == line.end || *q == ',' || *q == ' ' || *q == '\t');
		if (!ends)
			break;
		while (q < line.end && (*q == ' ' || *q == '\t'))
			q++;
		p = q < line.end && *q == ',' ? q + 1 : q;
		r.text[++r.numbers] = (ann_field){ p, line.end };
	}
	return r;
}

/* Do all rows begin with this many numbers? */
static bool
all_rows_have(const char *data, size_t n, int numbers)
{
	ann_lines l = ann_lines_of(data, n);
	bool any = false;
	while (ann_next_line(&l)) {
		ann_field line = ann_trim(l.line, l.line + l.n);
		if (!ann_len(line))
			continue;
		any = true;
		if (look_at(line).numbers < numbers)
			return false;
	}
	return any;
}

static bool
is_truth(const char *path)
{
	char *data = NULL;
	size_t n = 0;
	if (strncmp(base_path_name(path), "gt_", 3) || !base_ext_is(path, "txt")
		|| secant_file_read(&data, &n, path, 1 << 24, NULL))
		return false;
	bool is = all_rows_have(data, n, 4);
	secant_free(data);
	return is;
}

static bool
is_named(const char *path)
{
	return !strncmp(base_path_name(path), "gt_", 3);
}

/* The MLT sets (2017, 2019) have a script before the text: "Latin,Hello". */
static bool
script_of(ann_field *text, ann_field *script)
{
	static const char *const scripts[] = { "Arabic", "Bangla", "Chinese", "Hindi", "Japanese", "Korean", "Latin",
		"Symbols", "Mixed", "None" };
	const char *comma = memchr(text->p, ',', ann_len(*text));
	ann_field word = { text->p, comma ? comma : text->p };
	for (size_t i = 0; comma && i < sizeof scripts / sizeof *scripts; i++)
		if (ann_is(word, scripts[i])) {
			*script = word;
			*text = ann_trim(comma + 1, text->end);
			return true;
		}
	return false;
}

static secant_status
add_text(ann_set *s, int image, const row *r, int numbers, uint32_t line, const char *origin, secant_err *err)
{
	const double *v = r->v;
	secant_status status = SECANT_OK;
	int at = ann_named_object(s, image, "text");
	if (at < 0)
		return ann_nomem(err);
	s->objects[at].line = line;
	if (numbers == 8) {
		double *xy = ann_finite(v, 8) ? secant_calloc(8, sizeof *xy) : NULL;
		if (xy)
			memcpy(xy, v, 8 * sizeof *xy);
		if (!ann_set_points(s, at, ANN_QUAD, xy, 4, origin, &status, err))
			return status;
	} else {
		if (!ann_set_box(s, at, (const double[]){ v[0], v[1], v[2] - v[0], v[3] - v[1] }, origin, &status, err))
			return status;
		memcpy(s->objects[at].box, v, sizeof s->objects[at].box); /* right and bottom, with their own digits */
		s->objects[at].flags = 0;
	}
	ann_field t = ann_trim(r->text[numbers].p, r->text[numbers].end), script = { NULL, NULL };
	if (ann_len(t) >= 2 && *t.p == '"' && t.end[-1] == '"')
		t.p++, t.end--;
	uint32_t head = 0;
	if (script_of(&t, &script))
		ann_attribute_text(s, &head, "script", script.p, ann_len(script));
	if (ann_is(t, "###"))
		s->objects[at].flags |= ANN_VOID;
	else if (ann_len(t))
		ann_attribute_text(s, &head, "text", t.p, ann_len(t));
	s->objects[at].attributes = head;
	return SECANT_OK;
}

/* The picture of DIR/gt_STEM.txt in a folder "images" that stands anywhere in its path: DIR/images/STEM, or
 * LIST/images/REST/STEM, as this library and Datumaro write it. */
static int
in_images(const ann_finder *f, const char *dir, const char *stem)
{
	int at = -1;
	const char *below = strcmp(dir, ".") ? dir : "";
	for (size_t n = strlen(below); at < 0;) {
		char *name = base_format("%.*s%simages/%s%s%s", (int)n, below, n ? "/" : "",
			below[n] ? below + n + (n > 0) : "", below[n] ? "/" : "", stem);
		at = name ? ann_finder_stem(f, name) : -1;
		secant_free(name);
		if (!n)
			break;
		while (n && below[--n] != '/')
			;
	}
	return at;
}

/* STEM for gt_STEM.txt: beside it, in a folder "images" within its path or next to its own, in the folder that ICDAR
 * 2015 has for it, or the one of the whole set; where there is none, the name that it should have had. */
static int
picture(ann_set *s, ann_finder *f, const char *origin, secant_status *status, secant_err *err)
{
	static const char tail[] = "localization_transcription_gt";
	char *stem = base_path_stem(origin), *dir = base_path_dir(ann_below(s, origin)),
		 *up = dir ? base_path_dir(dir) : NULL, *names[4] = { NULL };
	int at = -1;
	size_t n = dir ? strlen(dir) : 0, m = strlen(tail);
	if (stem && up && strlen(stem) > 3) {
		names[0] = base_format("%s/%s", dir, stem + 3);
		names[1] = strcmp(up, ".") ? base_format("%s/images/%s", up, stem + 3) : NULL;
		names[2] = n > m && !strcmp(dir + n - m, tail) ? base_format("%.*simages/%s", (int)(n - m), dir, stem + 3)
													   : NULL;
		names[3] = base_strdup(stem + 3);
		at = names[0] ? ann_finder_stem(f, names[0]) : -1;
		at = at < 0 ? in_images(f, dir, stem + 3) : at;
	}
	for (int i = 0; i < 4; i++) {
		at = at < 0 && names[i] ? ann_finder_stem(f, names[i]) : at;
		secant_free(names[i]);
	}
	if (at < 0 && dir && stem && strlen(stem) > 3)
		at = ann_find_beside(s, dir, stem + 3);
	char *name = stem && strlen(stem) > 3 ? base_format("%s.jpg", stem + 3) : NULL;
	if (at < 0 && name)
		at = ann_finder_picture(f, s, name, origin, status, err);
	else if (at < 0)
		*status = ann_bad(s, "parse-error", origin, 0, 0, err, "gt_.txt is the truth of no picture");
	secant_free(stem), secant_free(dir), secant_free(up), secant_free(name);
	return at;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	secant_status status = SECANT_OK;
	int image = f ? picture(s, f, origin, &status, err) : 0, numbers = all_rows_have(data, n, 8) ? 8 : 4;
	if (image < 0)
		return status;
	s->images[image].source = ann_intern(s, origin, strlen(origin));
	while (!status && ann_next_line(&l)) {
		ann_field line = ann_trim(l.line, l.line + l.n);
		if (!ann_len(line))
			continue;
		row r = look_at(line);
		if (r.numbers < numbers || (numbers == 4 && r.numbers == 8))
			status = ann_bad(s, "parse-error", origin, l.number, 0, err,
				r.numbers < numbers
					? "four numbers of a box or eight of four corners should stand at the start of the row"
					: "a row of eight numbers in a file whose other rows have four");
		else
			status = add_text(s, image, &r, numbers, l.number, origin, err);
	}
	return status;
}

static secant_status
put_row(base_str *t, const ann_set *s, const ann_object *o, bool corners, secant_err *err)
{
	double v[8] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
	const char *json = o->attributes ? ann_get(s, o->attributes, "text") : NULL;
	const char *script = o->attributes && corners ? ann_get(s, o->attributes, "script") : NULL;
	base_str text = { 0 };
	secant_status status = corners ? ann_corners_of(s, o, v, err) : SECANT_OK;
	for (int k = 0; k < (corners ? 8 : 4); k++)
		ann_put_real(t, k ? "," : "", v[k]);
	if (script) {
		ann_json_plain(&text, script);
		base_str_add(&text, ",");
	}
	if (o->flags & ANN_VOID)
		base_str_add(&text, "###");
	else if (json)
		ann_json_plain(&text, json);
	for (size_t i = 0; i < text.n; i++)
		text.p[i] = text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i];
	/* the texts of boxes stand in quotes (2013), those of corners do not (2015) */
	base_str_addf(t, corners ? ",%s\r\n" : ",\"%s\"\r\n", text.p ? text.p : "");
	base_str_free(&text);
	return status;
}

/* One file a picture, LIST/gt_STEM.txt beside LIST/images (all: of no list), as Datumaro reads it: of corners where one
 * of its objects is more than an upright box. */
static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	int more = 0;
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name), *last = base_path_name(name);
		const char *list = ann_one_split(s, &s->images[i], &more);
		list = *list ? list : "all";
		char *stem = base_path_stem(last), *folder = base_format("%s/images", list),
			 *file = stem ? base_format("%s/%.*sgt_%s.txt", list, (int)(last - name), name, stem) : NULL;
		bool corners = false;
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			ann_kind kind = ann_shape_kind(s, s->objects[s->order[k]].shape);
			corners = corners || (kind && kind <= ANN_QUAD);
		}
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
			if (!(s->objects[s->order[k]].flags & ANN_NO_BOX))
				status = put_row(&t, s, &s->objects[s->order[k]], corners, err);
		if (!status)
			status = file && folder ? ann_out_str(out, file, &t, err) : ann_nomem(err);
		if (!status)
			status = ann_out_beneath(out, s, i, folder, err);
		secant_free(stem), secant_free(file), secant_free(folder);
	}
	ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	base_str_free(&t);
	return status;
}

static const ann_files files = {
	.extension = "txt",
	.because = "it has gt_*.txt of numbers",
	.sure = 92,
	.is = is_truth,
	.reads = is_named,
	.text = parse,
	.unlisted = true,
};

const ann_format ann_format_icdar = {
	.name = "icdar",
	.brief = "ICDAR text in pictures: gt_*.txt with corners or boxes",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "text|script",
	.only_class = "text",
	.hides_manifest = true,
	.files = &files,
	.write = write,
};
