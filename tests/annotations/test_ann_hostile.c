/*
 * Data sets that a program was not made for: folders of masks without a mask, and annotation files that are damaged or
 * cannot be read. Nothing ends by a signal, and nothing is left out without a word. The inputs under
 * tests/cases/hostile/coco-damaged-split and empty-mask-folder are among them.
 */
#include "ann_check.h"
#include "annotations/masks.h"
#include "run.h"

static char *tmp;

static int
set_up(void **state)
{
	tmp = base_strdup(scratch_dir());
	return 0;
}

static int
tear_down(void **state)
{
	remove_tree(tmp);
	secant_free(tmp);
	return 0;
}

static char *
fresh(const char *name)
{
	char *path = at(tmp, name);
	if (secant_is_dir(path))
		remove_tree(path);
	return path;
}

/* --- no mask at all --- */

/* Every place of every layout, its folder of masks empty: each picture is said to have no mask. */
static void
folders_without_a_mask_are_read(void **state)
{
	for (const mask_layout *l = ann_layouts; l->name; l++)
		for (int k = 0; k < 8 && l->place[k].images; k++) {
			secant_err err = { 0 };
			char picture[256], *root = fresh("set");
			snprintf(picture, sizeof picture, "%s/a%s.png", l->place[k].images, l->image_end);
			put_picture(root, picture, 8, 8, 40);
			assert_int_equal(secant_make_dirs(at(root, l->place[k].masks), &err), 0);
			secant_dataset *d = open_as(root, l->name);
			assert_int_equal(secant_dataset_count(d), 1);
			assert_int_equal(secant_dataset_object_count(d), 0);
			secant_dataset_free(d);
			secant_check *c = check_with(root, NULL, NULL);
			assert_true(found(c, "annotation-missing", I, "a picture without a mask"));
			secant_check_free(c);
		}
}

/* A mask without a picture is said; beside one that has none, a mask that has its picture is not. */
static void
a_picture_without_mask_takes_no_other_mask(void **state)
{
	char *root = fresh("set");
	put_picture(root, "train/images/a.png", 8, 8, 40);
	put_picture(root, "train/images/b.png", 8, 8, 40);
	put_picture(root, "train/labels/a.png", 8, 8, 1);
	put_picture(root, "train/labels/c.png", 8, 8, 1);
	secant_check *c = check_with(root, NULL, NULL);
	assert_true(found(c, "annotation-missing", I, "images/b.png"));
	assert_true(found(c, "image-missing", E, "c.png"));
	assert_false(found(c, "image-missing", E, "a.png"));
	secant_check_free(c);
}

static void
verbs_end_without_a_signal_where_no_mask_is(void **state)
{
	static const char *const verbs[] = { "data check %s", "data stats %s", "data convert %s --to coco --out %s/o",
		"data masks %s --out %s/o", "data tile %s --size 4 --out %s/o", "train %s --out %s/o" };
	char out[4000], line[1200], *root = fresh("n");
	secant_err err = { 0 };
	assert_int_equal(run_line(out, sizeof out, "cp -r tests/cases/hostile/empty-mask-folder/n '%s'", root), 0);
	assert_int_equal(secant_make_dirs(at(root, "train/labels"), &err), 0); /* which an archive may drop */
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		fresh("o");
		snprintf(line, sizeof line, verbs[i], root, tmp);
		int status = run_line(out, sizeof out, "\"$SECANT\" %s", line);
		if (status > 2)
			fail_msg("%s: status %d: %s", line, status, out);
	}
}

/* --- COCO, one of whose files is no COCO --- */

static const char sound[] =
	"{\"images\": [{\"id\": 1, \"file_name\": \"b.png\", \"width\": 8, \"height\": 8}], "
	"\"categories\": [{\"id\": 1, \"name\": \"shapes\"}], "
	"\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4], \"area\": 12}]}";

static const struct {
	const char *name, *data;
	size_t n; /* 0: the length of the text */
} damage[] = {
	{ "empty", "", 0 },
	{ "no JSON", "xyz", 0 },
	{ "cut before images", "{\"info\": {\"year\": 20", 0 },
	{ "cut in images", "{\"images\": [{\"id\": 1, \"file_na", 0 },
	{ "UTF-16", "\xff\xfe{\0\"\0i\0m\0a\0g\0e\0s\0\"\0:\0[\0]\0}\0", 26 },
	{ "zeros", "\0\0\0\0\0\0\0\0", 8 },
	{ "blank", "  \n", 0 },
	{ "two values", "{} {}", 0 },
	{ "random", "\x8e\x01\xfa{\"images\"", 12 },
	{ "a list", "[1, 2]", 0 },
	{ "another object", "{\"items\": []}", 0 },
	{ "LabelMe's", "{\"version\": \"5\", \"shapes\": []}", 0 },
};

static void
make_coco(char *root, const char *data, size_t n)
{
	put_picture(root, "images/train/a.png", 8, 8, 1);
	put_picture(root, "images/val/b.png", 8, 8, 2);
	put(root, "annotations/instances_val.json", sound);
	if (data)
		put_bytes(root, "annotations/instances_train.json", data, n);
	else
		assert_int_equal(symlink("nowhere", at(root, "annotations/instances_train.json")), 0);
}

static void
must_be_said(char *root, const char *what, const char *rule, const char *file)
{
	secant_err err = { 0 };
	assert_null(secant_dataset_open(root, NULL, NULL, &err));
	if (!strstr(err.msg, file))
		fail_msg("%s: the message does not name %s: %s", what, file, err.msg);
	secant_check *c = check_with(root, NULL, NULL);
	if (!found(c, rule, E, file))
		fail_msg("%s: check says nothing about %s", what, file);
	secant_check_free(c);
}

static void
a_damaged_file_of_coco_is_an_error(void **state)
{
	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		char *root = fresh("coco");
		make_coco(root, damage[i].data, damage[i].n ? damage[i].n : strlen(damage[i].data));
		must_be_said(root, damage[i].name, "parse-error", "instances_train.json");
	}
	char *root = fresh("coco");
	make_coco(root, NULL, 0);
	must_be_said(root, "a link to nowhere", "parse-error", "instances_train.json");
}

/* The set of the case, through the command: check ends with 1 and names the file, convert writes nothing. */
static void
the_case_of_a_damaged_split(void **state)
{
	char out[4000];
	const char *root = "tests/cases/hostile/coco-damaged-split/coco";
	assert_int_equal(run_line(out, sizeof out, "\"$SECANT\" data check %s", root), 1);
	assert_non_null(strstr(out, "instances_train.json:1:1: found 'x'"));
	fresh("o");
	assert_int_equal(
		run_line(out, sizeof out, "\"$SECANT\" data convert %s --to voc --out '%s'", root, at(tmp, "o")), 1);
	assert_non_null(strstr(out, "instances_train.json:1:1: found 'x'"));
	assert_false(secant_is_dir(at(tmp, "o")));
}

/* "shapes" as the name of a class is no sign of LabelMe. */
static void
a_class_may_be_named_shapes(void **state)
{
	char *root = fresh("coco");
	make_coco(root, sound, strlen(sound));
	secant_dataset *d = open_as(root, NULL);
	assert_string_equal(secant_dataset_format_name(d), "coco");
	assert_int_equal(secant_dataset_object_count(d), 2);
	assert_string_equal(secant_dataset_class_name(d, 0), "shapes");
	secant_dataset_free(d);
}

/* JSON beside COCO's that is something else is left out, and that is said. */
static void
other_json_is_left_out_with_a_note(void **state)
{
	char *root = fresh("coco");
	put_picture(root, "images/b.png", 8, 8, 2);
	put(root, "annotations/instances_val.json", sound);
	put(root, "annotations/colours.json", "{\"shapes\": [], \"k\": 1}");
	secant_dataset *d = open_as(root, NULL);
	assert_int_equal(secant_dataset_count(d), 1);
	bool said = false;
	for (int i = 0; i < secant_dataset_notes(d); i++)
		said = said || strstr(secant_dataset_note(d, i), "annotations/colours.json");
	assert_true(said);
	secant_dataset_free(d);
}

/* --- other formats --- */

/* The one XML is damaged: that is VOC with an error, not masks without objects. */
static void
damaged_xml_of_voc_is_an_error(void **state)
{
	static const char *const xml[] = { "", "rubbish", "<anno", "<annotation><object>" };
	for (int i = 0; i < 5; i++) {
		char *root = fresh("voc");
		put_picture(root, "JPEGImages/a.png", 8, 8, 1);
		put_picture(root, "SegmentationClass/a.png", 8, 8, 1);
		if (i < 4)
			put(root, "Annotations/a.xml", xml[i]);
		else {
			put(root, "Annotations/x.txt", "");
			assert_int_equal(symlink("nowhere", at(root, "Annotations/a.xml")), 0);
		}
		must_be_said(root, i < 4 ? xml[i] : "a link to nowhere", "parse-error", "a.xml");
	}
}

static void
unreadable_labels_of_yolo_are_an_error(void **state)
{
	char *root = fresh("yolo");
	put_picture(root, "images/a.png", 8, 8, 1);
	put(root, "labels/b.txt", "0 0.5 0.5 0.25 0.25\n");
	assert_int_equal(symlink("nowhere", at(root, "labels/a.txt")), 0);
	must_be_said(root, "a link to nowhere", "image-missing", "a.txt");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_without_a_mask_are_read),
		cmocka_unit_test(a_picture_without_mask_takes_no_other_mask),
		cmocka_unit_test(verbs_end_without_a_signal_where_no_mask_is),
		cmocka_unit_test(a_damaged_file_of_coco_is_an_error),
		cmocka_unit_test(the_case_of_a_damaged_split),
		cmocka_unit_test(a_class_may_be_named_shapes),
		cmocka_unit_test(other_json_is_left_out_with_a_note),
		cmocka_unit_test(damaged_xml_of_voc_is_an_error),
		cmocka_unit_test(unreadable_labels_of_yolo_are_an_error),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
