/*
 * Names of classes that a format has no room for: blanks where blanks part fields, line breaks where a name is a line.
 * The files hold as many classes as the set, in its order, every change is counted, the manifest brings names back,
 * and two names that would become one are refused.
 */
#include "ann.h"

enum { OBJECTS = 2 }; /* one of a class, which formats of pixels have too */
static const int corner[OBJECTS][2] = { { 4, 5 }, { 30, 25 } };

static secant_dataset *
two_classes(const char *tmp, const char *first, const char *second)
{
	base_str t = { 0 };
	const char *names[] = { first, second };
	put_picture(tmp, "in/images/a.png", 64, 48, 1);
	base_str_add(&t, "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 64, \"height\": 48}], ");
	for (int i = 0; i < 2; i++) {
		base_str_addf(&t, "%s{\"id\": %d, \"name\": ", i ? ", " : "\"categories\": [", i + 1);
		ann_json_string(&t, names[i], strlen(names[i]));
		base_str_add(&t, "}");
	}
	for (int i = 0; i < OBJECTS; i++)
		base_str_addf(&t,
			"%s{\"id\": %d, \"image_id\": 1, \"category_id\": %d, \"bbox\": [%d, %d, 9, 8], \"area\": 72, \"iscrowd\": "
			"0}",
			i ? ", " : "], \"annotations\": [", i + 1, i + 1, corner[i][0], corner[i][1]);
	base_str_add(&t, "]}");
	put(tmp, "in/annotations/instances.json", t.p);
	base_str_free(&t);
	return open_as(at(tmp, "in"), "coco");
}

/* Every object is of the class that it was of, whatever that is called now; a class of the background may be before. */
static void
assert_classes(const secant_dataset *d, const char *format, const char *what)
{
	const ann_set *s = &d->set;
	int first = s->n_classes - 2;
	if (first < 0 || first > 1 || s->n_objects != OBJECTS)
		fail_msg("%s: %s: %d classes and %d objects", format, what, s->n_classes, s->n_objects);
	for (int i = 0; i < s->n_objects; i++)
		for (int k = 0; k < OBJECTS; k++)
			if (fabs(ann_x0(&s->objects[i]) - corner[k][0]) < .5 && fabs(ann_y0(&s->objects[i]) - corner[k][1]) < .5
				&& s->objects[i].class != first + k)
				fail_msg("%s: %s: the object at %d,%d is of class %d", format, what, corner[k][0], corner[k][1],
					s->objects[i].class);
}

/* Formats that say one class, or number pictures and take classes of their own, are not those meant. */
static bool
names_classes(const ann_format *f)
{
	return f->write && !f->only_class;
}

static void
test_names_keep_their_number_and_come_back(void **state)
{
	static const char *const names[][2] = { { "big dog", "cat" }, { "a\tb", "c" }, { "a\nb", "c" }, { "a\r\nb", "c" },
		{ " lead", "trail " }, { "a\xe2\x80\xa8z", "c" }, { "#a", "b # c" }, { "a:b", "c,d" }, { "\"a\"", "'b'" } };
	for (size_t n = 0; n < sizeof names / sizeof *names; n++)
		for (const ann_format *const *f = ann_formats; *f; f++) {
			if (!names_classes(*f))
				continue;
			char *tmp = base_strdup(scratch_dir()), *report = NULL;
			secant_err err = { 0 };
			secant_dataset *d = two_classes(tmp, names[n][0], names[n][1]);
			if (write_as(d, (*f)->name, at(tmp, "out"), NULL, &report, &err))
				fail_msg("%s: '%s': %s", (*f)->name, names[n][0], err.msg);
			secant_dataset_free(d);
			d = open_as(at(tmp, "out"), (*f)->name);
			assert_classes(d, (*f)->name, names[n][0]);
			for (int i = 0; i < 2; i++)
				assert_string_equal(ann_str(&d->set, d->set.classes[d->set.n_classes - 2 + i].name), names[n][i]);
			secant_dataset_free(d);
			(void)remove(at(tmp, (*f)->hides_manifest ? "out/.secant.json" : "out/secant.json"));
			d = open_as(at(tmp, "out"), (*f)->name); /* as any other tool sees it */
			assert_classes(d, (*f)->name, names[n][0]);
			bool kept = true;
			for (int i = 0; i < 2; i++)
				kept = kept && ann_find_class(&d->set, names[n][i], strlen(names[n][i])) >= 0;
			if (!kept && !strstr(report, "name of a class as it stands"))
				fail_msg("%s: '%s' is written another way, and not counted", (*f)->name, names[n][0]);
			secant_dataset_free(d);
			secant_free(report);
			remove_tree(tmp);
			secant_free(tmp);
		}
}

static void
test_two_names_that_become_one_are_refused(void **state)
{
	static const char *const formats[] = { "kitti", "camvid", "cityscapes", "kitti-seg" };
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		char *tmp = base_strdup(scratch_dir());
		secant_err err = { 0 };
		secant_dataset *d = two_classes(tmp, "big dog", "big_dog");
		assert_int_equal(write_as(d, formats[i], at(tmp, "out"), NULL, NULL, &err), SECANT_ERR_UNSUPPORTED);
		assert_non_null(strstr(err.msg, "'big dog' and 'big_dog'"));
		assert_false(secant_is_dir(at(tmp, "out")));
		must_write(d, "dota", at(tmp, "dota")); /* where a hyphen stands for a blank */
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

static void
test_objects_of_the_background_are_counted(void **state)
{
	char *tmp = base_strdup(scratch_dir()), *report = NULL;
	secant_err err = { 0 };
	secant_dataset *d = two_classes(tmp, "background", "cat");
	assert_int_equal(write_as(d, "masks", at(tmp, "out"), NULL, &report, &err), 0);
	assert_non_null(strstr(report, "object of the class of the background"));
	secant_dataset_free(d);
	secant_free(report);
	remove_tree(tmp);
	secant_free(tmp);
}

/* NAME:R,G,B:PARTS:ACTIONS, where the colour may be missing and the name may hold colons. */
static void
test_rows_of_a_labelmap(void **state)
{
	static const struct {
		const char *row, *name;
		int32_t colour;
	} row[] = { { "cat:1,2,3::", "cat", 0x010203 }, { "a:b:1,2,3::", "a:b", 0x010203 }, { "cat:::", "cat", -1 },
		{ "a:b:::", "a:b", -1 }, { "a:b:c:::", "a:b:c", -1 }, { "cat::head,tail:", "cat", -1 }, { "cat", "cat", -1 },
		{ "cat:", "cat", -1 }, { ":::", "", -1 } };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		ann_field name;
		int32_t colour;
		ann_labelmap_row((ann_field){ row[i].row, row[i].row + strlen(row[i].row) }, &name, &colour);
		if (!ann_is(name, row[i].name) || colour != row[i].colour)
			fail_msg("%s: '%.*s' of colour %d", row[i].row, (int)ann_len(name), name.p, colour);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_keep_their_number_and_come_back),
		cmocka_unit_test(test_two_names_that_become_one_are_refused),
		cmocka_unit_test(test_objects_of_the_background_are_counted),
		cmocka_unit_test(test_rows_of_a_labelmap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
