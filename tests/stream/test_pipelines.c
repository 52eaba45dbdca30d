/*
 * Pipelines of MindX SDK's own tests and samples: each is taken or refused as the original does. The files are read
 * from SECANT_TEST_DATA/mindx-pipelines; the table says what is expected and why.
 */
#include "../data.h"
#include "pipelines.h"
#include "base/file.h"
#include <secant/options.h>
#include <secant/stream.h>

enum { ROWS = sizeof pipeline_rows / sizeof pipeline_rows[0] };

static void
test_each_pipeline(void **state)
{
	int wrong = 0;
	skip_without(data_path("mindx-pipelines"));
	for (int i = 0; i < ROWS; i++) {
		const pipeline_row *r = &pipeline_rows[i];
		char file[400];
		secant_err err = { 0 };
		snprintf(file, sizeof file, "mindx-pipelines/%s.pipeline", r->file);
		secant_pipeline *p = secant_pipeline_read(data_path(file), true, &err);
		assert_non_null(p);
		const secant_stream_fault *f = secant_pipeline_fault(p);
		if (f->code != r->code || strcmp(f->element, r->element) != 0 || strcmp(f->property, r->property) != 0) {
			print_error("%s: %d '%s' '%s' %s, expected %d '%s' '%s' (%s)\n", r->file, f->code, f->element, f->property,
				f->message, r->code, r->element, r->property, r->why);
			wrong++;
		}
		secant_pipeline_free(p);
	}
	assert_int_equal(wrong, 0);
}

/* What parses is drawn. */
static void
test_each_drawing(void **state)
{
	skip_without(data_path("mindx-pipelines"));
	for (int i = 0; i < ROWS; i++) {
		char file[400];
		secant_err err = { 0 };
		snprintf(file, sizeof file, "mindx-pipelines/%s.pipeline", pipeline_rows[i].file);
		secant_pipeline *p = secant_pipeline_read(data_path(file), true, &err);
		char *svg = secant_pipeline_svg(p, &err);
		assert_int_equal(!svg, err.code != 0);
		if (pipeline_rows[i].code == 0)
			assert_non_null(svg);
		secant_free(svg);
		secant_pipeline_free(p);
	}
}

/* The table has every file that is there. */
static void
test_none_is_forgotten(void **state)
{
	base_names names;
	secant_err err = { 0 };
	skip_without(data_path("mindx-pipelines"));
	assert_int_equal(base_dir_list(&names, data_path("mindx-pipelines"), BASE_DIR_FILES, &err), SECANT_OK);
	for (int i = 0; i < names.n; i++) {
		size_t length = strlen(names.v[i]);
		int found = 0;
		if (length < 9 || strcmp(names.v[i] + length - 9, ".pipeline") != 0)
			continue;
		for (int k = 0; k < ROWS; k++)
			found += strlen(pipeline_rows[k].file) == length - 9
				&& !memcmp(pipeline_rows[k].file, names.v[i], length - 9);
		if (found != 1)
			print_error("%s has %d rows\n", names.v[i], found);
		assert_int_equal(found, 1);
	}
	base_names_free(&names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_pipeline), cmocka_unit_test(test_each_drawing),
		cmocka_unit_test(test_none_is_forgotten) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
