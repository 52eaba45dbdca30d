/* What labels can mean, by what they hold; and every mistake of a list told before it is trained on. */
#include "scratch.h"
#include "data/survey.h"

static double values[8];
static int n_values;
/* Pixels run through the values of the row under test. */
static double
by_row(int x, int y, int c)
{
	return values[(x + y * 8) % n_values];
}
static double
colours(int x, int y, int c)
{
	static const int rgb[3][3] = { { 0, 0, 0 }, { 128, 64, 128 }, { 0, 0, 142 } };
	return rgb[(x + y) % n_values][c];
}

typedef struct row {
	const char *what;
	int n;
	double v[8];
	int classes, ignore, threshold; /* classes 0: refused */
	const char *labels, *says;
} row;
static const row rows[] = {
	{ "black and white", 2, { 0, 255 }, 1, -1, 0, "binary", "label values 0, 255" },
	{ "nothing but background", 1, { 0 }, 1, -1, 0, "binary", "label value 0" },
	{ "zero and one", 2, { 0, 1 }, 1, -1, 0, "index", "label values 0, 1" },
	{ "an object by its number", 2, { 0, 38 }, 1, -1, 38, "binary", "label values 0, 38" },
	{ "zero, one and 255 is for the reader to say", 3, { 0, 1, 255 }, 1, -1, 0, "binary", "label values 0, 1, 255" },
	{ "classes from 0", 4, { 0, 1, 2, 3 }, 4, -1, 0, "index", "label values 0 to 3" },
	{ "classes from 1", 3, { 1, 2, 3 }, 4, -1, 0, "index", "label values 0 to 3" },
	{ "255 beside classes", 4, { 0, 1, 2, 255 }, 3, 255, 0, "index", "label values 0 to 2, 255 left out" },
	{ "a class that does not occur", 4, { 0, 1, 4, 7 }, 8, -1, 0, "index", "label values 0 to 7" },
	{ "spaced greys", 4, { 0, 80, 160, 255 }, 0, 0, 0, NULL, "the labels hold the values 0, 80, 160, 255" },
	{ "numbers of instances", 4, { 0, 1, 300, 4000 }, 0, 0, 0, NULL, "could be 4001 classes" },
};

static void
values_say_how_many_classes(void **state)
{
	const char *root = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const row *r = &rows[i];
		memcpy(values, r->v, sizeof values);
		n_values = r->n;
		bool wide = false;
		for (int k = 0; k < r->n; k++)
			wide |= r->v[k] > 255;
		write_picture(in_root(root, "%zu/images/a.png", i), 8, 8, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "%zu/labels/a.png", i), 8, 8, 1, wide ? SECANT_U16 : SECANT_U8, by_row);
		data_samples *s = open_expecting(in_root(root, "%zu", i), "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
		data_survey v = { 0 };
		data_meaning m;
		secant_err err = { 0 };
		assert_int_equal(data_survey_labels(s, 2, &v, &err), SECANT_OK);
		assert_int_equal(v.files, 1);
		bool refused = data_survey_meaning(&v, &m, &err);
		if (refused != !r->classes || !strstr(refused ? err.msg : m.why, r->says))
			fail_msg("%s: %s", r->what, refused ? err.msg : m.why);
		if (!refused
			&& (m.classes != r->classes || m.ignore != r->ignore || m.threshold != r->threshold
				|| strcmp(m.labels, r->labels)))
			fail_msg(
				"%s: %d classes, ignore %d, threshold %d, %s", r->what, m.classes, m.ignore, m.threshold, m.labels);
		data_survey_free(&v);
		data_samples_free(s);
	}
}

/* Black on the left, white on the right, every grey between. */
static double
ramp(int x, int y, int c)
{
	int v = (x * 64 + y) / 8 - 128;
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

static void
soft_edges_and_jpeg_are_one_object(void **state)
{
	const char *root = *state;
	for (int jpeg = 0; jpeg < 2; jpeg++) {
		write_picture(in_root(root, "%d/images/a.png", jpeg), 64, 64, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "%d/labels/a.%s", jpeg, jpeg ? "jpg" : "png"), 64, 64, 1, SECANT_U8, ramp);
		data_samples *s = open_expecting(in_root(root, "%d", jpeg), "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
		data_survey v = { 0 };
		data_meaning m;
		secant_err err = { 0 };
		assert_int_equal(data_survey_labels(s, 1, &v, &err), SECANT_OK);
		assert_int_equal(v.lossy, jpeg);
		if (data_survey_meaning(&v, &m, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(m.classes, 1);
		data_survey_free(&v);
		data_samples_free(s);
	}
}

/* Black, and two blocks of greys. */
static double greys[2];
static double
blocks(int x, int y, int c)
{
	return y < 16 || y >= 48 ? 0 : x < 24 ? greys[0] : x >= 40 ? greys[1] : 0;
}

static void
several_greys_in_jpeg_are_refused(void **state)
{
	static const struct {
		double grey[2];
		bool refused;
	} kind[] = { { { 255, 255 }, false }, { { 200, 200 }, false }, { { 100, 200 }, true }, { { 128, 255 }, true },
		{ { 60, 120 }, true } };
	const char *root = *state;
	for (int i = 0; i < 5; i++) {
		memcpy(greys, kind[i].grey, sizeof greys);
		write_picture(in_root(root, "g%d/images/a.png", i), 64, 64, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "g%d/labels/a.jpg", i), 64, 64, 1, SECANT_U8, blocks);
		data_samples *s = open_expecting(in_root(root, "g%d", i), "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
		data_survey v = { 0 };
		data_meaning m;
		secant_err err = { 0 };
		assert_int_equal(data_survey_labels(s, 1, &v, &err), SECANT_OK);
		assert_int_equal(data_survey_meaning(&v, &m, &err) != SECANT_OK, kind[i].refused);
		if (kind[i].refused)
			assert_non_null(strstr(err.msg, "several greys"));
		data_survey_free(&v);
		data_samples_free(s);
	}
}

static void
colours_want_names(void **state)
{
	const char *root = *state;
	for (n_values = 2; n_values < 4; n_values++) {
		write_picture(in_root(root, "%d/images/a.png", n_values), 9, 6, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "%d/labels/a.png", n_values), 9, 6, 3, SECANT_U8, colours);
		data_samples *s = open_expecting(in_root(root, "%d", n_values), "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
		data_survey v = { 0 };
		data_meaning m;
		secant_err err = { 0 };
		assert_int_equal(data_survey_labels(s, 1, &v, &err), SECANT_OK);
		assert_int_equal(v.coloured, 1);
		assert_int_equal(v.colours, n_values);
		bool refused = data_survey_meaning(&v, &m, &err);
		assert_int_equal(refused, n_values > 2);
		if (refused) {
			assert_non_null(
				strstr(err.msg, "labels are coloured, with 3 colours: say what they mean with --class-file"));
			assert_non_null(strstr(err.msg, "'class1 128 64 128'"));
		} else {
			assert_int_equal(m.classes, 1);
			assert_int_equal(m.threshold, 128);
		}
		data_survey_free(&v);
		data_samples_free(s);
	}
}

static int ticks;
static void
tick(void *user, int done, int all)
{
	ticks++;
	assert_int_equal(all, 3);
}
static bool
stop_at_once(void *user)
{
	return true;
}

static void
every_mistake_is_told_at_once(void **state)
{
	const char *root = *state;
	secant_err err = { 0 };
	setenv("XDG_CACHE_HOME", in_root(root, "cache"), 1);
	memcpy(values, (double[8]){ 0, 1, 2 }, sizeof values);
	n_values = 3;
	for (int i = 0; i < 3; i++) {
		write_picture(in_root(root, "images/%d.png", i), 8, 8, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "labels/%d.png", i), 8, 8, 1, SECANT_U8, by_row);
	}
	secant_data_options index = o;
	index.labels = (char *)(uintptr_t) "index";
	data_samples *s = open_expecting(root, "all", &index, 3, 3, DATA_TARGET_INDEX, NULL);
	data_labels_report r;
	ticks = 0;
	assert_int_equal(data_labels_look(s, 2, tick, NULL, NULL, &r, &err), SECANT_OK);
	assert_int_equal(ticks, 3);
	assert_int_equal(r.wrong, 0);
	assert_int_equal(r.labels, 3);
	assert_int_equal(r.classes, 3);
	assert_int_equal(r.pixels[0], 3 * 22); /* 64 pixels of a picture run 0 1 2 0 1 2 ... */
	assert_int_equal(r.pixels[1], 3 * 21);
	assert_int_equal(r.pixels[2], 3 * 21);
	assert_false(r.remembered);
	data_labels_report_free(&r);
	assert_int_equal(data_labels_look(s, 2, tick, NULL, NULL, &r, &err), SECANT_OK);
	assert_true(r.remembered);
	assert_int_equal(r.pixels[0], 3 * 22);
	assert_int_equal(ticks, 3);
	data_labels_report_free(&r);
	data_samples_free(s);

	/* the same files under two classes: all are wrong, and said in order */
	s = open_expecting(root, "all", &index, 3, 2, DATA_TARGET_INDEX, NULL);
	assert_int_equal(data_labels_look(s, 2, NULL, NULL, NULL, &r, &err), SECANT_OK);
	assert_int_equal(r.wrong, 3);
	for (int i = 0; i < 3; i++)
		assert_non_null(strstr(r.error[i], in_root(root, "labels/%d.png: label value 2 at (2, 0)", i)));
	data_labels_report_free(&r);
	assert_int_equal(data_labels_look(s, 1, NULL, stop_at_once, NULL, &r, &err), SECANT_ERR_CANCELLED);
	data_labels_report_free(&r);
	data_samples_free(s);

	/* a label that has changed is looked at again */
	memcpy(values, (double[8]){ 0, 1, 9 }, sizeof values);
	write_picture(in_root(root, "labels/1.png"), 8, 8, 1, SECANT_U8, by_row);
	s = open_expecting(root, "all", &index, 3, 3, DATA_TARGET_INDEX, NULL);
	err = (secant_err){ 0 };
	assert_int_equal(data_labels_look(s, 2, NULL, NULL, NULL, &r, &err), SECANT_OK);
	assert_false(r.remembered);
	assert_int_equal(r.wrong, 1);
	assert_non_null(strstr(r.error[0], "labels/1.png: label value 9"));
	data_labels_report_free(&r);
	data_samples_free(s);
	unsetenv("XDG_CACHE_HOME");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(values_say_how_many_classes),
		T(soft_edges_and_jpeg_are_one_object),
		T(several_greys_in_jpeg_are_refused),
		T(colours_want_names),
		T(every_mistake_is_told_at_once),
	};
	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
