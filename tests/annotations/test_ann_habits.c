/* What scripts, shells and machines do to sets: names from addresses, pictures listed for each object, boxes of zeros,
 * names that begin with '#', names that macOS took apart, sets without objects, sets of tools that are refused by
 * name. */
#include "ann_describe.h"

#define OF(images, annotations) \
	"{\"images\": [" images "], \"categories\": [{\"id\": 1, \"name\": \"cat\"}], \"annotations\": [" annotations "]}"
#define IMAGE(id, key, name) "{\"id\": " id ", \"" key "\": \"" name "\", \"width\": 20, \"height\": 10}"
#define BOX(id, image, box, more) \
	"{\"id\": " id ", \"image_id\": " image ", \"category_id\": 1, \"bbox\": [" box "]" more "}"

static void
test_names_that_lead_to_pictures(void **state)
{
	static const described row[] = {
		{ "as they stand in addresses",
			{ "images/38 (HD).png", "@20x10", "c.json",
				OF(IMAGE("1", "file_name", "38%20(HD).png"), BOX("1", "1", "1, 1, 4, 4", "")) },
			NULL, "38%20(HD).png 20x10: cat 1,1 4x4", NULL },
		{ "under another key",
			{ "images/a.png", "@20x10", "c.json",
				OF(IMAGE("1", "filename", "a.png"), BOX("1", "1", "1, 1, 4, 4", "")) },
			NULL, "a.png 20x10: cat 1,1 4x4", NULL },
		{ "letters and marks apart on disk",
			{ "images/e\xcc\x81.png", "@20x10", "c.json",
				OF(IMAGE("1", "file_name", "\xc3\xa9.png"), BOX("1", "1", "1, 1, 4, 4", "")) },
			NULL, "\xc3\xa9.png 20x10: cat 1,1 4x4", NULL },
		{ "letters and marks apart in the file",
			{ "\xea\xb0\x80.png", "@20x10", "labels.csv",
				"filename,xmin,ymin,xmax,ymax,class\n\xe1\x84\x80\xe1\x85\xa1.png,1,1,5,5,cat\n" },
			NULL, "\xe1\x84\x80\xe1\x85\xa1.png 20x10: cat 1,1 4x4", NULL },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_pictures_that_a_file_lists_for_each_object(void **state)
{
	static const described one = { "one picture of two numbers",
		{ "images/a.png", "@20x10", "c.json",
			OF(IMAGE("1", "file_name", "a.png") ", " IMAGE("2", "file_name", "a.png"),
				BOX("1", "1", "1, 1, 4, 4", "") ", " BOX("2", "2", "2, 2, 3, 3", "")) },
		NULL, "a.png 20x10: cat 1,1 4x4; cat 2,2 3x3", NULL };
	assert_all_described(&one, 1);
	static const char *const said[] = { "images/a.png", "@20x10", "c.json",
		OF(IMAGE("1", "file_name", "a.png") ", " IMAGE("2", "file_name", "a.png"), ""), NULL };
	assert_noted(said, "lists 1 picture more than once, the first is 'a.png'");
}

static void
test_boxes_of_zeros_beside_polygons(void **state)
{
	static const described row[] = {
		{ "the polygon's extent is taken",
			{ "images/a.png", "@20x10", "c.json",
				OF(IMAGE("1", "file_name", "a.png"),
					BOX("1", "1", "0, 0, 0, 0", ", \"segmentation\": [[1, 1, 5, 1, 5, 5]]")) },
			NULL, "a.png 20x10: cat 1,1 4x4 polygon (1,1)(5,1)(5,5)", NULL },
		{ "no list of categories",
			{ "images/a.png", "@20x10", "c.json",
				"{\"images\": [" IMAGE("1", "file_name", "a.png") "], \"annotations\": [" BOX(
					"1", "1", "1, 1, 4, 4", "") "]}" },
			NULL, NULL, "category 1|no \"categories\"" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_names_that_begin_with_a_hash(void **state)
{
	static const described row[] = {
		{ "classes.txt of YOLO",
			{ "images/a.png", "@20x10", "labels/a.txt", "1 0.5 0.5 0.5 0.5\n", "classes.txt", "#1\n#2\n" }, NULL,
			"a.png 20x10: #2 5,2.5 10x5", "#1|#2" },
		{ "classes.txt of DOTA, behind a comment",
			{ "images/a.png", "@20x10", "labelTxt/a.txt", "1 1 5 1 5 5 1 5 #2 0\n", "classes.txt", "#1\n#2\n" }, NULL,
			"a.png 20x10: #2 1,1 4x4 quad (1,1)(5,1)(5,5)(1,5)", "#1|#2" },
		{ "a picture of a list",
			{ "images/#a.png", "@20x10", "images/b.png", "@20x10", "labels/#a.txt", "0 0.5 0.5 0.5 0.5\n", "train.txt",
				"images/#a.png\n#images/b.png\n", "data.yaml", "train: train.txt\nval: val.txt\nnames: [cat]\n",
				"val.txt", "images/b.png\n" },
			NULL, "#a.png 20x10 train: cat 5,2.5 10x5 | b.png 20x10 val:", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
	static const int values[] = { 0, 1, 2, 255 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "JPEGImages/a.png", 2, 2, 1);
	put_values(tmp, "SegmentationClass/a.png", 2, 2, values, false);
	put(tmp, "labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\n#1:1,1,1::\n#2:2,2,2::\n");
	assert_described("labelmap.txt", tmp, NULL,
		"a.png 2x2: #1 1,0 1x1 mask 1; #2 0,1 1x1 mask 1; - 1,1 1x1 mask 1 void", "background|#1|#2");
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_masks_of_labelme2voc_have_their_own_names(void **state)
{
	static const int values[] = { 0, 1, 2, 2 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "JPEGImages/a.png", 2, 2, 1);
	put_values(tmp, "SegmentationClass/a.png", 2, 2, values, false);
	put_picture(tmp, "SegmentationClassVisualization/a.jpg", 2, 2, 1);
	put(tmp, "class_names.txt", "_background_\nzebra\ncat\n");
	assert_described(
		"class_names.txt", tmp, NULL, "a.png 2x2: zebra 1,0 1x1 mask 1; cat 0,1 2x1 mask 2", "_background_|zebra|cat");
	remove_tree(tmp);
	secant_free(tmp);
}

/* Whatever secant writes, it reads back: also where no object says which format it is. */
static void
test_sets_without_objects_come_back(void **state)
{
	const char *name;
	bool writes;
	for (int i = 0; secant_dataset_format(i, &name, NULL, NULL, &writes); i++) {
		secant_err err = { 0 };
		secant_dataset_writing w;
		char *tmp = base_strdup(scratch_dir()), *out = base_path_join(tmp, "out");
		put_picture(tmp, "in/images/a.jpg", 20, 10, 1);
		put(tmp, "in/c.json", OF(IMAGE("1", "file_name", "a.jpg"), ""));
		char *in = base_path_join(tmp, "in");
		secant_dataset *d = writes ? open_as(in, "coco") : NULL;
		if (d) {
			assert_int_equal(secant_opts_init(&secant_dataset_writing_options, &w, &err), 0);
			assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, "to", name, &err), 0);
			assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, "out", out, &err), 0);
			if (secant_dataset_write(d, &w, NULL, NULL, &err))
				fail_msg("%s: %s", name, err.msg);
			secant_opts_free(&secant_dataset_writing_options, &w);
			secant_dataset_free(d);
			d = open_as(out, NULL);
			if (secant_dataset_count(d) != 1)
				fail_msg("%s: %d pictures came back", name, secant_dataset_count(d));
		}
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(in), secant_free(out), secant_free(tmp);
	}
}

/* Datumaro looks for LIST/gt_NAME.txt and LIST/images/NAME: lists may number their pictures alike. */
static void
test_icdar_as_datumaro_has_it(void **state)
{
	static const described one = { "two lists, folders within one",
		{ "train/images/1.png", "@20x10", "train/gt_1.txt", "1,1,5,5,\"a\"\n", "test/images/1.png", "@30x10",
			"test/gt_1.txt", "2,2,5,5,\"b\"\n", "train/images/x/2.png", "@20x10", "train/x/gt_2.txt",
			"3,3,5,5,\"c\"\n" },
		NULL,
		"test/images/1.png 30x10 test: text 2,2 3x3 text=\"b\" | train/images/1.png 20x10 train: text 1,1 4x4 "
		"text=\"a\" | "
		"train/images/x/2.png 20x10 train: text 3,3 2x2 text=\"c\"",
		"text" };
	secant_err err = { 0 };
	secant_dataset_writing w;
	assert_all_described(&one, 1);
	char *tmp = base_strdup(scratch_dir()), *in = base_path_join(tmp, "in"), *out = base_path_join(tmp, "out");
	lay_out(in, one.files);
	secant_dataset *d = open_as(in, NULL);
	assert_int_equal(secant_opts_init(&secant_dataset_writing_options, &w, &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, "to", "icdar", &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, "out", out, &err), 0);
	assert_int_equal(secant_dataset_write(d, &w, NULL, NULL, &err), 0);
	secant_opts_free(&secant_dataset_writing_options, &w);
	secant_dataset_free(d);
	char *text = get(out, "train/train/images/x/gt_2.txt");
	assert_string_equal(text, "3,3,5,5,\"c\"\r\n");
	secant_free(text);
	d = open_as(out, NULL);
	char *again = describe(d);
	assert_string_equal(again, one.expected);
	secant_free(again);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(in), secant_free(out), secant_free(tmp);
}

static void
test_lists_of_any_name(void **state)
{
	static const described one = { "folders of DOTA",
		{ "part1/images/a.png", "@20x10", "part1/labelTxt/a.txt", "1 1 5 1 5 5 1 5 cat 0\n" }, NULL,
		"a.png 20x10 part1: cat 1,1 4x4 quad (1,1)(5,1)(5,5)(1,5)", "cat" };
	assert_all_described(&one, 1);
}

static void
test_sets_of_tools_that_are_refused_by_name(void **state)
{
	static const described row[] = {
		{ "detectron2",
			{ "a.jpg", "@20x10", "d.json",
				"[{\"file_name\": \"a.jpg\", \"annotations\": [{\"bbox\": [1, 2, 3, 4], \"bbox_mode\": 0}]}]" },
			NULL, NULL, "detectron2|COCO" },
		{ "Hugging Face",
			{ "train/a.jpg", "@20x10", "train/metadata.jsonl",
				"{\"file_name\": \"a.jpg\", \"objects\": {\"bbox\": [[1, 2, 3, 4]], \"categories\": [0]}}\n" },
			NULL, NULL, "Hugging Face|csv" },
		{ "fiftyone",
			{ "data/a.jpg", "@20x10", "labels.json",
				"{\"classes\": [\"cat\"], \"labels\": {\"a\": [{\"label\": 0, \"bounding_box\": [0, 0, 1, 1]}]}}" },
			NULL, NULL, "fiftyone|COCODetectionDataset" },
		{ "Penn-Fudan", { "PNGImages/a.png", "@20x10", "PedMasks/a_mask.png", "@20x10" }, NULL, NULL,
			"Penn-Fudan|--label-threshold 1" },
		{ "brushes of Label Studio", { "task-1-annotation-2-by-3-tag-cat-0.png", "@20x10" }, NULL, NULL,
			"Label Studio|JSON" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_that_lead_to_pictures),
		cmocka_unit_test(test_pictures_that_a_file_lists_for_each_object),
		cmocka_unit_test(test_boxes_of_zeros_beside_polygons),
		cmocka_unit_test(test_names_that_begin_with_a_hash),
		cmocka_unit_test(test_masks_of_labelme2voc_have_their_own_names),
		cmocka_unit_test(test_sets_without_objects_come_back),
		cmocka_unit_test(test_icdar_as_datumaro_has_it),
		cmocka_unit_test(test_lists_of_any_name),
		cmocka_unit_test(test_sets_of_tools_that_are_refused_by_name),
	};
	return cmocka_run_group_tests_name("habits", tests, NULL, NULL);
}
