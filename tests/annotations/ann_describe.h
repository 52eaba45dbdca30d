/* A data set as one text, so that a test says in one line all that must come out. */
#ifndef TESTS_ANN_DESCRIBE_H
#define TESTS_ANN_DESCRIBE_H
#include "ann.h"

static inline void
describe_attributes(base_str *t, const ann_set *s, uint32_t head)
{
	for (; head; head = s->attributes[head].next)
		base_str_addf(t, " %s=%s", ann_str(s, s->attributes[head].key), ann_str(s, s->attributes[head].value));
}

static inline void
describe_shape(base_str *t, const ann_set *s, uint32_t shape)
{
	static const char *const kinds[] = { "", "polygon", "mask", "quad", "line", "points" };
	int parts, n;
	ann_kind kind = ann_shape_kind(s, shape);
	if (!kind)
		return;
	base_str_addf(t, " %s", kinds[kind]);
	if (kind == ANN_RLE)
		base_str_addf(t, " %g", ann_shape_area(s, shape));
	const double *xy, *p = ann_parts(s, shape, &parts);
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		base_str_add(t, i ? " + " : " ");
		for (int k = 0; k < n && k < 8; k++)
			base_str_addf(t, "(%.5g,%.5g)", xy[2 * k], xy[2 * k + 1]);
		if (n > 8)
			base_str_addf(t, "... %d", n);
	}
}

/* "a.jpg 100x80 train: cat 40,32 20x16 polygon (..)..; dog ... | b.jpg ..."; notes follow after " # ". Fresh memory. */
static inline char *
describe(const secant_dataset *d)
{
	const ann_set *s = &d->set;
	base_str t = { 0 };
	for (int i = 0; i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		base_str_addf(
			&t, "%s%s%s %dx%d", i ? " | " : "", im->path ? "" : "?", ann_str(s, im->name), im->width, im->height);
		for (int k = 0; k < s->n_splits; k++)
			if (im->splits >> k & 1)
				base_str_addf(&t, " %s", ann_str(s, s->splits[k]));
		describe_attributes(&t, s, im->attributes);
		base_str_add(&t, ":");
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			base_str_addf(
				&t, "%s %s", k > s->first[i] ? ";" : "", o->class < 0 ? "-" : ann_str(s, s->classes[o->class].name));
			if (!(o->flags & ANN_NO_BOX))
				base_str_addf(&t, " %.5g,%.5g %.5gx%.5g", ann_x0(o), ann_y0(o), ann_w(o), ann_h(o));
			describe_shape(&t, s, o->shape);
			base_str_addf(&t, "%s%s%s", o->flags & ANN_CROWD ? " crowd" : "",
				o->flags & ANN_DIFFICULT ? " difficult" : "", o->flags & ANN_VOID ? " void" : "");
			describe_attributes(&t, s, o->attributes);
		}
	}
	if (!t.p)
		base_str_add(&t, "");
	return t.p;
}

static inline char *
class_list(const secant_dataset *d)
{
	base_str t = { 0 };
	for (int i = 0; i < secant_dataset_classes(d); i++)
		base_str_addf(&t, "%s%s", i ? "|" : "", secant_dataset_class_name(d, i));
	if (!t.p)
		base_str_add(&t, "");
	return t.p;
}

/* The set at `path` is `expected`; `classes` (nullable) joined by "|". */
static inline void
assert_described(const char *what, const char *path, const char *from, const char *expected, const char *classes)
{
	secant_err err = { 0 };
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err), 0);
	if (from)
		assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "from", from, &err), 0);
	secant_dataset *d = secant_dataset_open(path, &r, NULL, &err);
	secant_opts_free(&secant_dataset_reading_options, &r);
	if (!d)
		fail_msg("%s: %s", what, err.msg);
	char *got = describe(d), *names = class_list(d);
	if (strcmp(got, expected))
		fail_msg("%s:\n  got      %s\n  expected %s", what, got, expected);
	if (classes && strcmp(names, classes))
		fail_msg("%s: classes\n  got      %s\n  expected %s", what, names, classes);
	secant_free(got), secant_free(names);
	secant_dataset_free(d);
}

/* Opening fails, and the message holds each of the words ("|" between them). */
static inline void
assert_refused(const char *what, const char *path, const char *from, const char *words)
{
	secant_err err = { 0 };
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err), 0);
	if (from)
		assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "from", from, &err), 0);
	secant_dataset *d = secant_dataset_open(path, &r, NULL, &err);
	secant_opts_free(&secant_dataset_reading_options, &r);
	if (d) {
		char *got = describe(d);
		fail_msg("%s: was read as %s", what, got);
	}
	char copy[300], *rest = copy, *word;
	snprintf(copy, sizeof copy, "%s", words);
	while ((word = strsep(&rest, "|")))
		if (!strstr(err.msg, word))
			fail_msg("%s: '%s' should name '%s'", what, err.msg, word);
}

/* A set of small texts and blank pictures: name, text pairs; the text "@100x80" is a picture. NULL ends. */
static inline void
lay_out(const char *folder, const char *const *files)
{
	for (; *files; files += 2) {
		int w, h;
		if (sscanf(files[1], "@%dx%d", &w, &h) == 2)
			put_picture(folder, files[0], w, h, 90);
		else
			put(folder, files[0], files[1]);
	}
}

/* One of the notes holds the words. */
static inline void
assert_noted(const char *const *files, const char *words)
{
	char *tmp = base_strdup(scratch_dir());
	bool found = false;
	lay_out(tmp, files);
	secant_dataset *d = open_as(tmp, NULL);
	for (int i = 0; i < secant_dataset_notes(d); i++)
		found = found || strstr(secant_dataset_note(d, i), words);
	if (!found)
		fail_msg("no note says '%s'", words);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

typedef struct described {
	const char *what; /* kind: what is special here */
	const char *files[17];
	const char *from, *expected, *classes; /* expected NULL: refused, with the words of `classes` */
} described;

static inline void
assert_all_described(const described *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *tmp = base_strdup(scratch_dir());
		lay_out(tmp, row[i].files);
		if (row[i].expected)
			assert_described(row[i].what, tmp, row[i].from, row[i].expected, row[i].classes);
		else
			assert_refused(row[i].what, tmp, row[i].from, row[i].classes);
		remove_tree(tmp);
		secant_free(tmp);
	}
}
#endif
