/* `secant info` of annotated folders (info-of-annotated-folders): format, pictures, objects, classes, lists, as stats
 * has them. */
#include "data.h"
#include "base/mem.h"
#include <secant/model.h>
#define CASE(name) "tests/annotations/cases/" name

static void
assert_says(const char *path, bool json, const char *const *words)
{
	secant_err err = { 0 };
	char *text = secant_describe(path, json, &err);
	if (!text)
		fail_msg("%s: %s", path, err.msg);
	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("%s: '%s' is not in\n%s", path, *words, text);
	secant_free(text);
}

static void
test_annotated_folders_are_named(void **state)
{
	static const char *const voc[] = { "\"format\": \"voc\"", "\"pictures\": 1", "\"objects\": 1", "\"person\": 1",
		NULL };
	static const char *const coco[] = { "\"format\": \"coco\"", "\"pictures\": 2", "\"objects\": 2", "\"classes\": 2",
		"\"cat\": 1", "\"dog\": 1", "\"train\": 2", NULL };
	static const char *const yolo[] = { "data set", "yolo", "YOLO", "plate", NULL };
	static const char *const city[] = { "cityscapes", "bicycle", "labelTrainIds", NULL };
	assert_says(CASE("info-of-annotated-folders/voc"), true, voc);
	assert_says(CASE("info-of-annotated-folders/coco"), true, coco);
	assert_says(CASE("yolo-pose-is-no-polygon/set"), false, yolo);
	assert_says(CASE("cityscapes-only-trainids/set"), false, city);
}

static void
test_a_set_that_cannot_be_read_says_why(void **state)
{
	char *tmp = base_strdup(scratch_dir()), path[400], line[1400];
	snprintf(path, sizeof path, "%s/annotations", tmp);
	snprintf(line, sizeof line,
		"mkdir -p '%s' && echo '{\"images\": [], \"annotations\": [}' > '%s/instances_train.json'", path, path);
	assert_int_equal(system(line), 0);
	static const char *const words[] = { "coco", "problem", "instances_train.json:1:", NULL };
	assert_says(tmp, false, words);
	snprintf(line, sizeof line, "rm -r '%s'", tmp);
	assert_int_equal(system(line), 0);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annotated_folders_are_named),
		cmocka_unit_test(test_a_set_that_cannot_be_read_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
