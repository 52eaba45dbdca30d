/*
 * Text tables: XYZ, TXT, PTS and CSV are one format here, with four names. A row is a point. Separators are blanks,
 * commas or semicolons; the columns are named by the option, by a header line ("x y z label"), by a comment ("//X Y Z R
 * G B", "# x,y,z"), or guessed from the values (guess.c). A line with one number before the rows is the count of
 * Leica's PTS; another scan with its own count may follow, and the sum must be right. What other countries and programs
 * write otherwise is made plain first (text_dialect.c).
 */
#include "codec/cloud/text.h"
#include "base/bytes.h"
#include "codec/cloud/decimal.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SAMPLE = 100, LINE_ROOM = 16384 };

typedef char field[CLOUD_NAME];

typedef struct text_state {
	cloud_rows rows;
	cloud_target target[CLOUD_FIELDS];
	bool text[CLOUD_FIELDS], needed[CLOUD_FIELDS];
	int column[CLOUD_FIELDS]; /* of the layout, -1: not wanted */
	int64_t line, announced; /* lines behind us; points that a count line promised, -1: none */
	int64_t missing; /* values */
	secant_bytes labels; /* of Semantic3D: NAME.labels beside NAME.txt, a line for each point */
	size_t labels_at;
	int64_t labels_line;
	int label; /* its column, -1: none */
	/* Only while opening: */
	char one[LINE_ROOM], comment[LINE_ROOM];
	field name[CLOUD_FIELDS], first[CLOUD_FIELDS];
	int names, fields; /* names known; columns of the first row */
	bool open_end; /* which ends in a separator */
} text_state;

/* The line at *at as a string, cut to LINE_ROOM; moves *at behind it. False at the end. */
static bool
take_line(const secant_cloud_reader *r, size_t *at, char *line)
{
	if (*at >= r->size)
		return false;
	const uint8_t *feed = memchr(r->data + *at, '\n', r->size - *at);
	size_t end = feed ? (size_t)(feed - r->data) : r->size, n = end - *at;
	n = n < LINE_ROOM - 1 ? n : LINE_ROOM - 1;
	memcpy(line, r->data + *at, n);
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	line[n] = '\0';
	*at = feed ? end + 1 : r->size;
	return true;
}

static char
separator_of(const secant_cloud_reader *r, const char *line)
{
	static const char chosen[] = { 0, ' ', ' ', ',', ';', '|' }; /* a tab is a blank: columns have numbers in them */
	if (r->opt.separator)
		return chosen[r->opt.separator];
	return strchr(line, ';') ? ';' : strchr(line, ',') ? ',' : strchr(line, '|') ? '|' : ' ';
}

/* The next field of a line, without quotes and blanks around it; false when there is none. */
static bool
take_field(const char **p, char separator, field out)
{
	const char stops[] = { separator, separator == ' ' ? '\t' : '\0', '\0' };
	const char *s = *p + strspn(*p, " \t"), *end = s, *stop;
	if (!*s && (separator == ' ' || (*p)[0] == '\0'))
		return false;
	if (*s == '"') {
		s++;
		end = s + strcspn(s, "\"");
		stop = end + strcspn(end, stops);
	} else {
		end = stop = s + strcspn(s, stops);
		while (end > s && isspace((unsigned char)end[-1]))
			end--;
	}
	snprintf(out, CLOUD_NAME, "%.*s", (int)(end - s < CLOUD_NAME ? end - s : CLOUD_NAME), s);
	*p = *stop ? stop + 1 : stop;
	return true;
}

/* The fields of a line; counts also those beyond CLOUD_FIELDS. */
static int
split(const char *line, char separator, field *fields)
{
	field overflow;
	int n = 0;
	while (take_field(&line, separator, n < CLOUD_FIELDS ? fields[n] : overflow))
		n++;
	return n;
}

static bool
is_number(const char *text, double *v)
{
	field copy;
	const char *end = decimal_parse(text, v);
	if (end && (*end == 'd' || *end == 'D')) { /* Fortran's exponent */
		snprintf(copy, sizeof copy, "%.*se%s", (int)(end - text), text, end + 1);
		end = decimal_parse(copy, v);
	}
	return end && !*end;
}

/* A number, or a word for a missing one. */
static bool
is_value(const char *text)
{
	double v;
	return is_number(text, &v) || cloud_is_missing(text, text + strlen(text), &v);
}

/* A header names an axis, or has no number at all. */
static bool
is_header(const secant_cloud_reader *r, field *fields, int n)
{
	double v;
	int numbers = 0, axes = 0;
	for (int i = 0; i < n; i++) {
		numbers += is_number(fields[i], &v);
		axes += cloud_axis(fields[i]) >= 0;
	}
	return r->opt.header == 1 || (r->opt.header == 0 && (axes > 0 || numbers == 0));
}

/* A remark behind numbers: "1 2 3 # a tree". */
static void
cut_remark(char *line)
{
	char *mark = isdigit((unsigned char)line[strspn(line, " \t+-.")]) ? strchr(line, '#') : NULL;
	if (mark && mark > line && isspace((unsigned char)mark[-1]))
		*mark = '\0';
}

/* Reads up to the first row: a count, names, comments. r->at stays at the first row. */
static secant_status
read_opening(secant_cloud_reader *r, text_state *t, secant_err *err)
{
	double v;
	size_t next = base_text_mark(r->data, r->size);
	for (r->at = next; take_line(r, &next, t->one); r->at = next, t->line++) {
		const char *p = t->one + strspn(t->one, " \t");
		if (!*p)
			continue;
		if (!strncasecmp(p, "sep=", 4)) /* Excel's */
			continue;
		if (strchr(CLOUD_COMMENTS, *p)) {
			snprintf(t->comment, sizeof t->comment, "%s", p + strspn(p, "#/ \t"));
			continue;
		}
		t->rows.separator = separator_of(r, p);
		cut_remark(t->one);
		int n = split(p, t->rows.separator, t->first);
		if (n > CLOUD_FIELDS)
			return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "line %lld has %d columns, at most %d can be read",
				(long long)t->line + 1, n, CLOUD_FIELDS);
		if (n == 1 && !t->names && t->announced < 0 && is_number(t->first[0], &v) && v >= 0 && v < 1e15
			&& v == nearbyint(v)) {
			t->announced = (int64_t)v;
		} else if (!t->names && is_header(r, t->first, n)) {
			memcpy(t->name, t->first, sizeof t->name);
			t->names = n;
			snprintf(t->comment, sizeof t->comment, "%s", p); /* as a whole: names between tabs may have blanks */
		} else {
			t->fields = n;
			t->open_end = t->rows.separator != ' ' && p[strlen(p) - 1] == t->rows.separator;
			return SECANT_OK;
		}
	}
	return SECANT_OK;
}

/* Names from a comment above the rows, when it has one for each column and begins with an axis. */
static void
names_from_comment(text_state *t)
{
	char separator = strchr(t->comment, t->rows.separator) ? t->rows.separator : strchr(t->comment, ',') ? ',' : ' ';
	if (split(t->comment, separator, t->name) == t->fields && cloud_axis(t->name[0]) >= 0)
		t->names = t->fields;
}

/* Guesses names from the values of the first rows. */
static secant_status
names_from_values(secant_cloud_reader *r, text_state *t, secant_err *err)
{
	double *v = secant_calloc((size_t)SAMPLE * (size_t)t->fields, sizeof *v);
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	cloud_rows rows = t->rows;
	int64_t announced = t->announced;
	rows.announced = &announced;
	rows.missing = NULL;
	cloud_target target[CLOUD_FIELDS];
	double row[CLOUD_FIELDS];
	size_t at = r->at;
	int rows_read = 0;
	rows.target = target;
	for (int f = 0; f < t->fields; f++)
		target[f] = (cloud_target){ row + f, SECANT_N_F64 };
	/* One row at a time; a damaged one is reported when it is read in earnest. */
	for (int i = 0; i < SAMPLE && at < r->size; i++) {
		int64_t n = 0, line = 0;
		if (cloud_rows_parse(&rows, r->data, r->size, &at, &line, 1, 1, &n, NULL))
			break;
		if (n)
			memcpy(v + (size_t)rows_read++ * (size_t)t->fields, row, (size_t)t->fields * sizeof *v);
	}
	cloud_guess_names(
		v, rows_read, t->fields, t->announced >= 0 || (t->fields > 6 && base_ext_is(r->name, "pts")), t->name);
	t->names = t->fields;
	secant_free(v);
	cloud_say_guess(r, t->fields, t->name);
	return SECANT_OK;
}

/* Names that the file's ending gives. */
static void
names_from_ending(const secant_cloud_reader *r, text_state *t)
{
	static const struct {
		const char *ending, *names;
	} endings[] = {
		{ "xyzrgb", "x,y,z,red,green,blue" },
		{ "xyzn", "x,y,z,nx,ny,nz" },
		{ "xyzi", "x,y,z,intensity" },
		{ "xyzirgb", "x,y,z,intensity,red,green,blue" },
	};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (base_ext_is(r->name, endings[i].ending) && split(endings[i].names, ',', t->name) == t->fields)
			t->names = t->fields;
}

/* Names that are axes only where nothing better is: maps' letters, degrees, VeloView's and ParaView's arrays. */
static void
name_axes_loosely(const secant_cloud_reader *r, text_state *t)
{
	static const char *const loose[3] = {
		"e|east|eastings|rechtswert|lon|long|longitude|px|xm|points:0|pointsmxyz:0",
		"n|north|northings|hochwert|lat|latitude|py|ym|points:1|pointsmxyz:1",
		"h|u|up|height|hgt|elev|hae|rl|hoehe|alt|pz|zm|points:2|pointsmxyz:2",
	};
	int at[3] = { -1, -1, -1 };
	for (int f = 0; f < t->fields; f++)
		if (cloud_axis(t->name[f]) >= 0)
			at[cloud_axis(t->name[f])] = f;
	bool degrees = false;
	for (int axis = 0; axis < 3; axis++) {
		if (at[axis] >= 0)
			continue;
		for (int f = t->fields - 1; f >= 0; f--) {
			char plain[TENSOR_PLAIN_NAME];
			if (tensor_name_listed(loose[axis], tensor_name_plain(t->name[f], plain, sizeof plain)))
				at[axis] = f;
		}
		if (at[axis] < 0)
			return;
		degrees |= !strncmp(t->name[at[axis]], "l", 1) || !strncmp(t->name[at[axis]], "L", 1);
	}
	for (int axis = 0; axis < 3; axis++) {
		if (cloud_axis(t->name[at[axis]]) == axis)
			continue;
		secant_log(&r->opt.logger, degrees ? SECANT_LOG_WARNING : SECANT_LOG_INFO,
			"%s: the column '%s' is taken as %c%s (--columns)", r->name, t->name[at[axis]], 'x' + axis,
			degrees && axis < 2 ? ", in degrees: distances are no metres" : "");
		snprintf(t->name[at[axis]], CLOUD_NAME, "%c", 'x' + axis);
	}
}

static secant_status
name_columns(secant_cloud_reader *r, text_state *t, secant_err *err)
{
	if (r->opt.columns)
		t->names = split(r->opt.columns, ',', t->name);
	else if (!t->names)
		names_from_comment(t);
	if (!t->names)
		names_from_ending(r, t);
	if (!t->names)
		return names_from_values(r, t, err);
	if (t->names == t->fields + 1 && t->open_end) /* the last value of the first row is missing */
		*t->first[t->fields++] = '\0';
	if (t->names != t->fields && !r->opt.columns && strchr(t->comment, '\t'))
		t->names = split(t->comment, '\t', t->name);
	if (t->names != t->fields)
		return cloud_fail(r->name, err, r->opt.columns ? SECANT_ERR_ARG : SECANT_ERR_FORMAT,
			"line %lld has %d columns, but %d names are given%s", (long long)t->line + 1, t->fields, t->names,
			r->opt.columns ? " by --columns" : " above it");
	name_axes_loosely(r, t);
	for (int f = 0; f < t->fields; f++) {
		bool skipped = !strcmp(t->name[f], "-");
		t->text[f] = skipped || (!is_value(t->first[f]) && cloud_axis(t->name[f]) < 0 && *t->first[f]);
		if (t->text[f] && !skipped)
			secant_log(&r->opt.logger, SECANT_LOG_WARNING,
				"%s: column '%s' holds words ('%.40s'), not numbers: left out", r->name, t->name[f], t->first[f]);
	}
	return SECANT_OK;
}

/* Columns of the layout: x, y, z wherever they stand, the others in order. */
static secant_status
declare_columns(secant_cloud_reader *r, text_state *t, secant_err *err)
{
	bool seen[3] = { false };
	secant_status s = cloud_begin(r, SECANT_N_F64, err);
	for (int f = 0; !s && f < t->fields; f++) {
		int axis = cloud_axis(t->name[f]);
		t->column[f] = -1;
		if (t->text[f])
			continue;
		if (axis >= 0 && !seen[axis])
			seen[t->column[f] = axis] = t->needed[f] = true;
		else
			s = cloud_declare(r, t->name[f], SECANT_N_F64, &t->column[f], err);
	}
	for (int axis = 0; !s && axis < 3; axis++)
		if (!seen[axis])
			s = cloud_fail(r->name, err, SECANT_ERR_FORMAT,
				"there is no column %c among the %d; name them with --columns x,y,z,...", 'x' + axis, t->fields);
	return s;
}

/* A header that names x, y and z and has no rows under it is a cloud without points; words alone are none. */
static secant_status
open_without_rows(secant_cloud_reader *r, text_state *t, secant_err *err)
{
	bool axis[3] = { false };
	for (int f = 0; f < t->names; f++)
		if (cloud_axis(t->name[f]) >= 0)
			axis[cloud_axis(t->name[f])] = true;
	bool header = axis[0] && axis[1] && axis[2];
	if (r->size && t->names && !header)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"there is no row of numbers, and the first line ('%.40s%s') names no columns x, y, z", t->name[0],
			t->names > 1 ? " ..." : "");
	if (r->size && !header && t->announced != 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "there is no row of numbers");
	t->fields = header ? t->names : 0;
	r->total = 0;
	snprintf(r->details, sizeof r->details, "%s",
		header        ? "a header without rows"
			: r->size ? "a count of 0"
					  : "empty");
	return header ? declare_columns(r, t, err) : cloud_begin(r, SECANT_N_F64, err);
}

void
cloud_text_close(void *state)
{
	text_state *t = state;
	if (t && t->labels.data)
		base_file_unmap(&t->labels);
	secant_free(t);
}

/* NAME.labels beside NAME.txt, when nothing within says what the points are. */
static secant_status
open_labels(secant_cloud_reader *r, text_state *t, secant_err *err)
{
	size_t stem = strlen(r->name) - strlen(base_path_ext(r->name));
	char *path = r->file.data && stem ? base_format("%.*slabels", (int)stem, r->name) : NULL;
	secant_status s = SECANT_OK;
	if (path && secant_is_file(path) && secant_cloud_role(&r->layout, SECANT_ROLE_LABEL) < 0) {
		s = base_file_map(&t->labels, path, err);
		if (!s)
			s = cloud_declare(r, "label", SECANT_N_I32, &t->label, err);
		if (!s && t->label >= 0)
			secant_log(&r->opt.logger, SECANT_LOG_INFO, "%s: labels are those of %s", r->name, path);
	}
	secant_free(path);
	return s;
}

/* The labels of the n points behind out->n; at the end none may be left. */
static secant_status
take_labels(secant_cloud_reader *r, text_state *t, secant_cloud *out, int64_t n, bool last, secant_err *err)
{
	int64_t got = 0, more = 0;
	cloud_target target = { NULL, SECANT_N_I32 };
	cloud_rows rows = { .fields = 1, .separator = ' ', .target = &target, .name = r->name };
	secant_err own = { 0 };
	while (!own.code && (got < n || last) && t->labels_at < t->labels.size) {
		int64_t took = 0;
		double spare = 0;
		target = got < n ? (cloud_target){ tensor_column_at(&out->column[t->label], out->n + got), SECANT_N_I32 }
						 : (cloud_target){ &spare, SECANT_N_F64 };
		(void)cloud_rows_parse(&rows, t->labels.data, t->labels.size, &t->labels_at, &t->labels_line,
			got < n ? n - got : 1, cloud_threads(r), &took, &own);
		if (got >= n && took) {
			more = 1;
			break;
		}
		got += took;
	}
	if (own.code)
		return secant_fail(err, own.code, "%s (in the .labels beside it)", own.msg);
	return got == n && !more ? SECANT_OK
							 : cloud_fail(r->name, err, SECANT_ERR_FORMAT,
								 "has %s points than the .labels beside it has lines", more ? "fewer" : "more");
}

secant_status
cloud_text_open(secant_cloud_reader *r, secant_err *err)
{
	text_state *t = r->state = secant_calloc(1, sizeof *t);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	t->announced = t->label = -1;
	t->rows = (cloud_rows){ .target = t->target,
		.text = t->text,
		.comments = true,
		.announced = &t->announced,
		.missing = &t->missing,
		.needed = t->needed,
		.name = r->name,
		.separator = ' ' };
	secant_status s = cloud_text_plain(r, err);
	if (s)
		return s;
	if (r->size > 6 && !strncasecmp((const char *)r->data, "ncols ", 6))
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
			"is a grid of heights (ESRI ASCII raster: ncols, nrows, cellsize), not a list of points");
	s = read_opening(r, t, err);
	if (s)
		return s;
	r->bound = 0;
	if (t->fields == 0)
		return open_without_rows(r, t, err);
	int numbers = 0;
	for (int f = 0; f < t->fields; f++)
		numbers += is_value(t->first[f]);
	if (!numbers && t->names && !r->opt.columns && cloud_axis(t->name[0]) < 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"there are words, but no numbers in line %lld ('%.40s%s'); expected rows of x y z", (long long)t->line + 1,
			t->first[0], t->fields > 1 ? " ..." : "");
	if (t->fields < 3)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld has %d column%s, expected at least 3: x y z",
			(long long)t->line + 1, t->fields, t->fields == 1 ? "" : "s");
	t->rows.fields = t->fields;
	s = name_columns(r, t, err);
	t->rows.fields = t->fields;
	if (!s)
		s = declare_columns(r, t, err);
	if (!s)
		s = open_labels(r, t, err);
	/* A row takes two bytes a column at least. */
	r->bound = (int64_t)((r->size - r->at) / (2 * (size_t)t->fields) + 1);
	int64_t lines = cloud_count_lines(r->data, r->at, r->size);
	r->bound = lines < r->bound ? lines : r->bound;
	static const char *const words[] = { "blanks", "commas", "semicolons" };
	snprintf(r->details, sizeof r->details, "%d columns between %s%s", t->fields,
		words[t->rows.separator == ','     ? 1
				: t->rows.separator == ';' ? 2
										   : 0],
		t->announced >= 0 ? ", with a count" : "");
	return s;
}

secant_status
cloud_text_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	text_state *t = r->state;
	int64_t n = 0;
	for (int f = 0; f < t->fields; f++) {
		secant_column *c = t->column[f] < 0 ? NULL : &out->column[t->column[f]];
		t->target[f] = c ? (cloud_target){ tensor_column_at(c, out->n), c->type }
						 : (cloud_target){ NULL, SECANT_N_F64 };
	}
	/* Lines without points may fill a block: go on until there is a point, or the end. */
	while (n == 0 && t->fields && r->at < r->size) {
		secant_status s = cloud_rows_parse(
			&t->rows, r->data, r->size, &r->at, &t->line, max, cloud_threads(r), &n, err);
		if (s)
			return s;
	}
	if (t->label >= 0 && t->fields) {
		secant_status s = take_labels(r, t, out, n, r->at >= r->size, err);
		if (s)
			return s;
	}
	out->n += n;
	if (r->at >= r->size && t->missing)
		secant_log(&r->opt.logger, SECANT_LOG_WARNING, "%s: %lld values are missing (empty, NA, null, ...): no numbers",
			r->name, (long long)t->missing);
	t->missing = r->at >= r->size ? 0 : t->missing;
	if (t->announced >= 0 && r->at >= r->size && r->done + n != t->announced)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "%lld points are announced, but there are %lld",
			(long long)t->announced, (long long)(r->done + n));
	return SECANT_OK;
}
