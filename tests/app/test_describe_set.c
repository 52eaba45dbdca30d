/* `secant info` of annotated folders (info-of-annotated-folders): format, pictures, objects, classes, lists, as stats
 * has them. */
#include "data.h"
#include "base/mem.h"
#include <secant/codec.h>
#include <secant/files.h>
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

/* A size that is not the file's own puts every object elsewhere: the first look says so. */
static void
test_declared_sizes_that_differ_are_said(void **state)
{
	char *tmp = base_strdup(scratch_dir()), path[400], line[1400];
	secant_image im;
	secant_err err = { 0 };
	assert_int_equal(secant_image_new(&im, 20, 10, 3, SECANT_U8, &err), 0);
	memset(im.data, 0, 600);
	snprintf(path, sizeof path, "%s/a.png", tmp);
	assert_int_equal(secant_image_write(&im, path, NULL, &err), 0);
	secant_image_free(&im);
	snprintf(path, sizeof path, "%s/a.json", tmp);
	snprintf(line, sizeof line,
		"{\"version\": \"5.2.1\", \"flags\": {}, \"shapes\": [{\"label\": \"cat\", \"points\": [[1, 1], [5, 5]], "
		"\"shape_type\": \"rectangle\", \"flags\": {}}], \"imagePath\": \"a.png\", \"imageData\": null, "
		"\"imageHeight\": 20, \"imageWidth\": 40}");
	assert_int_equal(secant_file_write(path, line, strlen(line), &err), 0);
	static const char *const words[] = { "declared_sizes_differ", "'a.png' is declared 40x20, its file is 20x10",
		"--declared-size", NULL };
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
		cmocka_unit_test(test_declared_sizes_that_differ_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
