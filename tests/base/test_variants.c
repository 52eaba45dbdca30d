/*
 * Options whose table another option chooses (src/base/opt_variant.c).
 */
#include <secant/options.h>
#include "data.h"
#include "base/mem.h"
#include <string.h>

typedef struct circle {
	int radius;
	bool filled;
} circle;
typedef struct polygon {
	secant_ints radius;
	char *name;
} polygon;

static const secant_opt circle_rows[] = {
	SECANT_OPT(circle, radius, INT, "radius", "3", 1, 9, "in pixels"),
	SECANT_OPT(circle, filled, BOOL, "filled", "false", 0, 1, "with its inner part"),
	SECANT_OPT_END,
};
static const secant_opts circle_options = { "circle", sizeof(circle), circle_rows };
static const secant_opt polygon_rows[] = {
	SECANT_OPT(polygon, radius, INTS, "radius", "5,6", 1, 99, "of each corner, in pixels"),
	SECANT_OPT(polygon, name, STR, "outline-name", NULL, 0, 0, "what it is called"),
	SECANT_OPT_END,
};
static const secant_opts polygon_options = { "polygon", sizeof(polygon), polygon_rows };

static const secant_opts *
shapes(int i)
{
	return i == 0 ? &circle_options : i == 1 ? &polygon_options : NULL;
}

typedef struct drawing {
	char *shape, *own;
} drawing;
static const secant_opt drawing_rows[] = {
	SECANT_OPT(drawing, shape, STR, "shape", "circle", 0, 0, "circle or polygon"),
	SECANT_OPT_VARIANT(drawing, own, shapes),
	SECANT_OPT_END,
};
static const secant_opts drawing_options = { "drawing", sizeof(drawing), drawing_rows };

static drawing
parsed(const char *const *words)
{
	secant_err err = { 0 };
	drawing d;
	const char *operands[16];
	int n = 0, argc = 0;
	while (words[argc])
		argc++;
	if (secant_opts_init(&drawing_options, &d, &err)
		|| secant_opts_parse(&drawing_options, &d, argc, words, operands, &n, &err))
		fail_msg("%s", err.msg);
	return d;
}

static void
each_table_reads_what_is_its_own_whatever_the_order(void **state)
{
	secant_err err = { 0 };
	drawing d = parsed((const char *[]){ "--filled", "--radius", "7", "--shape", "circle", NULL });
	circle c;
	assert_int_equal(secant_opts_resolve(&circle_options, shapes, d.own, &c, &err), SECANT_OK);
	assert_int_equal(c.radius, 7);
	assert_true(c.filled);
	secant_opts_free(&drawing_options, &d);

	/* one name, two types: 12,30 is no number of a circle, but a list of a polygon */
	d = parsed((const char *[]){ "--radius", "12,30", "--outline-name=x", NULL });
	polygon p;
	assert_int_equal(secant_opts_resolve(&polygon_options, shapes, d.own, &p, &err), SECANT_OK);
	assert_true(p.radius.n == 2 && p.radius.v[0] == 12 && p.radius.v[1] == 30);
	assert_string_equal(p.name, "x");
	secant_opts_free(&polygon_options, &p);
	secant_opts_free(&drawing_options, &d);
}

static void
an_option_of_another_table_is_refused_unless_it_says_nothing(void **state)
{
	secant_err err = { 0 };
	polygon p;
	drawing d = parsed((const char *[]){ "--filled", NULL });
	assert_int_equal(secant_opts_resolve(&polygon_options, shapes, d.own, &p, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "--filled: polygon has no such option (circle has)");
	secant_opts_free(&drawing_options, &d);
	d = parsed((const char *[]){ "--no-filled", NULL }); /* what it is anyway: files of old hold such things */
	assert_int_equal(secant_opts_resolve(&polygon_options, shapes, d.own, &p, &err), SECANT_OK);
	assert_true(p.radius.n == 2 && p.radius.v[1] == 6);
	secant_opts_free(&polygon_options, &p);
	secant_opts_free(&drawing_options, &d);
}

static void
values_no_table_takes_are_refused_where_they_stand(void **state)
{
	secant_err err = { 0 };
	drawing d = parsed((const char *[]){ NULL });
	assert_int_equal(secant_opts_set(&drawing_options, &d, "radius", "100", &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "--radius: 100 is outside 1 to 9");
	err = (secant_err){ 0 };
	assert_int_equal(secant_opts_set(&drawing_options, &d, "radios", "1", &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "--radios: no such option (nearest: --radius)");
	assert_null(d.own);
	secant_opts_free(&drawing_options, &d);
}

static void
json_keeps_types_and_reads_back(void **state)
{
	secant_err err = { 0 };
	drawing d = parsed((const char *[]){ NULL }), again = parsed((const char *[]){ NULL });
	assert_int_equal(secant_opts_set_json(&drawing_options, &d,
						 "{\"radius\": [12, 30], \"filled\": true, \"outline_name\": null}", "x", &err),
		SECANT_OK);
	char *text = secant_opts_to_json(&drawing_options, &d);
	assert_non_null(strstr(text, "\"filled\": true"));
	assert_non_null(strstr(text, "\"radius\": ["));
	assert_int_equal(secant_opts_set_json(&drawing_options, &again, text, "x", &err), SECANT_OK);
	assert_string_equal(d.own, again.own);
	secant_free(text);
	text = secant_opts_get(&drawing_options, &d, "radius");
	assert_string_equal(text, "12,30");
	secant_free(text);
	drawing copy;
	assert_int_equal(secant_opts_copy(&drawing_options, &copy, &d, &err), SECANT_OK);
	assert_ptr_not_equal(copy.own, d.own);
	secant_opts_free(&drawing_options, &copy);
	secant_opts_free(&drawing_options, &d);
	secant_opts_free(&drawing_options, &again);
}

static void
all_of_a_table_as_text(void **state)
{
	secant_err err = { 0 };
	circle c, back;
	assert_int_equal(secant_opts_resolve(&circle_options, shapes, "{\"radius\": \"8\"}", &c, &err), SECANT_OK);
	char *text = secant_opts_variant_text(&circle_options, &c);
	assert_non_null(strstr(text, "filled"));
	assert_int_equal(secant_opts_resolve(&circle_options, shapes, text, &back, &err), SECANT_OK);
	assert_true(back.radius == 8 && !back.filled);
	secant_free(text);
}

static void
help_shows_each_table_under_its_name(void **state)
{
	char *help = secant_opts_help(&drawing_options, NULL, 0), *page = secant_opts_markdown(&drawing_options, "--");
	assert_non_null(strstr(help, "Options of circle:\n  --radius N"));
	assert_non_null(strstr(help, "Options of polygon:\n  --radius N,N,..."));
	assert_non_null(strstr(page, "### Options of polygon"));
	secant_free(help);
	secant_free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_table_reads_what_is_its_own_whatever_the_order),
		cmocka_unit_test(an_option_of_another_table_is_refused_unless_it_says_nothing),
		cmocka_unit_test(values_no_table_takes_are_refused_where_they_stand),
		cmocka_unit_test(json_keeps_types_and_reads_back),
		cmocka_unit_test(all_of_a_table_as_text),
		cmocka_unit_test(help_shows_each_table_under_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
