/*
 * What atc's flags say of shapes: what command lines of others hold (zoo, courses, reports of users), and what cannot
 * be meant.
 */
#include "data.h"
#include "app/atc_shapes.h"

static void
reads(const char *text, int inputs)
{
	app_atc_input in[APP_ATC_INPUTS];
	secant_err err = { 0 };
	int n;
	if (app_atc_read_inputs(in, &n, text, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(n, inputs);
}

static void
refuses(const char *text, const char *message)
{
	app_atc_input in[APP_ATC_INPUTS];
	secant_err err = { 0 };
	int n;
	assert_int_not_equal(app_atc_read_inputs(in, &n, text, &err), 0);
	if (!strstr(err.msg, message))
		fail_msg("expected '%s', got '%s'", message, err.msg);
}

static void
test_inputs(void **state)
{
	app_atc_input in[APP_ATC_INPUTS];
	secant_err err = { 0 };
	int n;
	assert_int_equal(app_atc_read_inputs(in, &n, "x:1,3,960,960", &err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(in[0].name, "x");
	assert_int_equal(in[0].rank, 4);
	assert_int_equal(in[0].least[3], 960);
	assert_int_equal(app_atc_read_inputs(in, &n, "input:0:1,1,-1;mask:1~8,5", &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(in[0].name, "input:0");
	assert_int_equal(in[0].least[2], -1);
	assert_int_equal(in[1].least[0], 1);
	assert_int_equal(in[1].most[0], 8);
	reads("-1,1,96,1366", 1);
	assert_int_equal(app_atc_read_inputs(in, &n, " images : 1, 3, 224, 224 ; ", &err), 0);
	assert_string_equal(in[0].name, "images");
	reads("input_ids:1,-1;attention_mask:1,-1;position_ids:1,-1;past_key_values:1,-1,144,128", 4);
	reads(NULL, 0);
	reads("", 0);
}

static void
test_inputs_that_cannot_be(void **state)
{
	refuses("x:1,3,0,960", "a whole number above 0");
	refuses("x:1,3,-2,960", "a whole number above 0");
	refuses("x:1,3,a,960", "at 'a,960'");
	refuses("x:1 3 960 960", "a comma or a semicolon");
	refuses("x:1,3,", "a whole number above 0");
	refuses("x:", "a whole number above 0");
	refuses(":1,3", "a name of 0 characters");
	refuses("x:1,2;x:3", "'x' stands twice");
	refuses("1,2;3,4", "several inputs want names");
	refuses("x:8~1,3", "a range is LEAST~MOST");
	refuses("x:1,1,1,1,1,1,1", "more than 6 dimensions");
	refuses("x:99999999999999999999,1", "a whole number above 0");
}

static const char *
sets_of(secant_atc o, app_atc_sets *s, app_atc_input *in)
{
	static secant_err err;
	int n;
	err = (secant_err){ 0 };
	if (!app_atc_read_inputs(in, &n, o.input_shape, &err))
		(void)!app_atc_read_sets(s, &o, in, n, &err);
	return err.code ? err.msg : NULL;
}

#define TEXT(s) ((char *)(uintptr_t)(s))

static void
test_sets(void **state)
{
	app_atc_input in[APP_ATC_INPUTS];
	app_atc_sets s;
	assert_null(sets_of((secant_atc){ .input_shape = TEXT("x:1,3,8,8") }, &s, in));
	assert_int_equal(s.kind, APP_ATC_STATIC);
	assert_int_equal(s.n, 1);
	/* the zoo's: batches of an audio network, whose input has no name */
	assert_null(sets_of(
		(secant_atc){ .input_shape = TEXT("-1,1,96,1366"), .dynamic_batch_size = TEXT("1,2,4,8,10,12,16") }, &s, in));
	assert_int_equal(s.n, 7);
	secant_shape shape = app_atc_shape(&s, 4, in, 0);
	assert_int_equal(shape.dim[0], 10);
	assert_int_equal(shape.dim[3], 1366);
	assert_null(sets_of(
		(secant_atc){ .input_shape = TEXT("a:1,3,-1,-1;b:1,1,-1,-1"), .dynamic_image_size = TEXT("416,416; 832,608") },
		&s, in));
	shape = app_atc_shape(&s, 1, in, 1);
	assert_int_equal(shape.dim[2], 832);
	assert_int_equal(shape.dim[3], 608);
	assert_null(sets_of(
		(secant_atc){ .input_shape = TEXT("a:1,-1;b:-1,-1,144"), .dynamic_dims = TEXT("4,1,5;1025,2,6") }, &s, in));
	shape = app_atc_shape(&s, 1, in, 1);
	assert_int_equal(shape.dim[0], 2);
	assert_int_equal(shape.dim[1], 6);
	assert_int_equal(shape.dim[2], 144);
	assert_null(sets_of(
		(secant_atc){
			.input_shape = TEXT("x:1,-1,-1,3"), .input_format = TEXT("NHWC"), .dynamic_image_size = TEXT("64,96") },
		&s, in));
	shape = app_atc_shape(&s, 0, in, 0);
	assert_int_equal(shape.dim[1], 64);
	assert_int_equal(shape.dim[2], 96);
}

static void
test_sets_that_cannot_be(void **state)
{
	static const struct {
		const char *shape, *batch, *image, *dims, *message;
	} cases[] = {
		{ "x:-1,3,8,8", "1,2", "8,8", NULL, "dynamic_batch_size and dynamic_image_size exclude each other" },
		{ "x:-1,3,8,8", "1,2", NULL, "1", "dynamic_batch_size and dynamic_dims exclude each other" },
		{ "x:1,3,8,8", "1,2", NULL, NULL, "must have -1 in its first places" },
		{ "x:-1,3,-1,8", "1,2", NULL, NULL, "must have -1 in its first places" },
		{ NULL, "1,2", NULL, NULL, "dynamic_batch_size wants input_shape" },
		{ "x:-1,3,8,8", "1,0", NULL, NULL, "a whole number above 0" },
		{ "x:-1,3,8,8", "1,1", NULL, NULL, "says one set twice" },
		{ "x:-1,3,8,8", "1;2", NULL, NULL, "a comma is wanted" },
		{ "x:-1,3,8,8", "", NULL, NULL, "is empty" },
		{ "x:1,3,-1,-1", NULL, "416,416,3", NULL, "sets are HEIGHT,WIDTH" },
		{ "x:1,3,-1,8", NULL, "416,416", NULL, "-1 for height and width" },
		{ "x:1,-1,-1,3", NULL, "416,416", NULL, "input_format says which" },
		{ "x:1,-1,-1", NULL, NULL, "1,2,3", "sets of 3 numbers, input_shape 'x:1,-1,-1' has 2 times -1" },
		{ "x:1,-1,-1", NULL, NULL, "1,2;3", "sets of 2 and of 1 numbers" },
	};
	app_atc_input in[APP_ATC_INPUTS];
	app_atc_sets s;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *said = sets_of((secant_atc){ .input_shape = TEXT(cases[i].shape),
									   .dynamic_batch_size = TEXT(cases[i].batch),
									   .dynamic_image_size = TEXT(cases[i].image),
									   .dynamic_dims = TEXT(cases[i].dims) },
			&s, in);
		if (!said || !strstr(said, cases[i].message))
			fail_msg("case %zu: expected '%s', got '%s'", i, cases[i].message, said ? said : "no error");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_inputs_that_cannot_be),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_sets_that_cannot_be),
	};
	return cmocka_run_group_tests_name("shapes of atc", tests, NULL, NULL);
}
