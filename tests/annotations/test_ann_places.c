/* What is asked of every set when it has been read: pictures that lie elsewhere than their names say, objects without a
 * place, classes of one name, texts of an encoding that nothing names. */
#include "ann_check.h"
#include "ann_describe.h"

#define COCO(images, classes, objects) \
	"{\"images\": [" images "], \"categories\": [" classes "], \"annotations\": [" objects "]}"
#define CAR "{\"id\": 1, \"name\": \"car\"}"
#define BOX(image) "{\"id\": 1, \"image_id\": " image ", \"category_id\": 1, \"bbox\": [1, 2, 5, 4]}"
#define COCO_OF(name) COCO("{\"id\": 1, \"file_name\": \"" name "\", \"width\": 20, \"height\": 10}", CAR, BOX("1"))

static void
test_pictures_by_the_end_of_their_path(void **state)
{
	static const described row[] = {
		{ "an absolute path of another machine (keras-retinanet)",
			{ "images/a.png", "@20x10", "annotations.csv", "/home/me/set/images/a.png,1,2,6,6,car\n" }, NULL,
			"images/a.png 20x10: car 1,2 5x4", "car" },
		{ "a path of Windows", { "images/a.png", "@20x10", "i.json", COCO_OF("C:\\\\set\\\\images\\\\a.png") }, "coco",
			"images/a.png 20x10: car 1,2 5x4", "car" },
		{ "a path that leads above (Label Studio)",
			{ "images/a.png", "@20x10", "i.json", COCO_OF("../../upload/1/images/a.png") }, "coco",
			"images/a.png 20x10: car 1,2 5x4", "car" },
		{ "an absolute path whose picture is not there stays refused",
			{ "images/b.png", "@20x10", "i.json", COCO_OF("/x/a.png") }, "coco", NULL,
			"/x/a.png|leads outside the data set|beside the annotations" },
		{ "subfolders of the tool, flat pictures (CVAT without pictures)",
			{ "images/a.png", "@20x10", "annotations.xml",
				"<annotations><version>1.1</version><image id=\"0\" name=\"task/1/a.png\" width=\"20\" "
				"height=\"10\"><box label=\"car\" xtl=\"1\" ytl=\"2\" xbr=\"6\" ybr=\"6\"/></image></annotations>" },
			NULL, "task/1/a.png 20x10: car 1,2 5x4", "car" },
		{ "pictures that were converted after they were annotated",
			{ "images/a.png", "@20x10", "annotations/i.json", COCO_OF("a.jpg") }, NULL, "a.jpg 20x10: car 1,2 5x4",
			"car" },
		{ "another size is another picture", { "images/a.png", "@10x20", "annotations/i.json", COCO_OF("sub/a.png") },
			NULL, "?sub/a.png 20x10: car 1,2 5x4", "car" },
		{ "a folder with a name of its own is another list",
			{ "val/a.png", "@20x10", "annotations/i.json", COCO_OF("night/a.png") }, NULL,
			"?night/a.png 20x10: car 1,2 5x4", "car" },
		{ "two names that end alike have no claim to one picture",
			{ "images/a.png", "@20x10", "annotations/i.json",
				COCO("{\"id\": 1, \"file_name\": \"x/a.png\", \"width\": 20, \"height\": 10}, "
					 "{\"id\": 2, \"file_name\": \"y/a.png\", \"width\": 20, \"height\": 10}",
					CAR, BOX("1")) },
			NULL, "?x/a.png 20x10: car 1,2 5x4 | ?y/a.png 20x10:", "car" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static bool
noted(const secant_dataset *d, const char *words)
{
	for (int i = 0; i < secant_dataset_notes(d); i++)
		if (strstr(secant_dataset_note(d, i), words))
			return true;
	return false;
}

/* The set of one file is opened and checked: a note and a finding say the words. */
static void
assert_said(const char *file, const char *text, size_t n, const char *rule, const char *note)
{
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/a.png", 20, 10, 1);
	put_bytes(tmp, file, text, n);
	secant_dataset *d = open_as(tmp, NULL);
	if (!noted(d, note))
		fail_msg("%s: nothing says '%s'", file, note);
	secant_dataset_free(d);
	secant_check *c = check_with(tmp, NULL, NULL);
	if (!found(c, rule, W, ""))
		fail_msg("%s: no finding %s", file, rule);
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_objects_without_a_place_are_said(void **state)
{
	static const struct {
		const char *file, *text;
	} row[] = {
		{ "Annotations/a.xml", "<annotation><object><name>car</name></object></annotation>" },
		{ "Annotations/a.xml",
			"<annotation><object><name>car</name><BndBox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax>"
			"</BndBox></object></annotation>" },
		{ "annotations/i.json",
			COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}", CAR,
				"{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [], \"segmentation\": []}, "
				"{\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}") },
		{ "annotations.csv", "filename,xmin,ymin,xmax,ymax,class\na.png,,,,,car\n" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_said(
			row[i].file, row[i].text, strlen(row[i].text), "place-missing", "1 object has neither box nor shape");
}

static void
test_classes_of_one_name_are_said(void **state)
{
	static const char text[] = COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}",
		CAR ", {\"id\": 2, \"name\": \"car\"}", BOX("1"));
	assert_said("annotations/i.json", text, sizeof text - 1, "class-namesake", "two classes are called 'car'");
}

/* Two names in an encoding that nothing names (GBK, Windows-1252) have as many foreign bytes, and stay two. */
static void
test_names_in_unknown_encodings_stay_apart(void **state)
{
	static const char labelme[] =
		"{\"version\": \"5\", \"imagePath\": \"a.png\", \"imageWidth\": 20, \"imageHeight\": 10, \"shapes\": "
		"[{\"label\": \"\xc6\xfb\xb3\xb5\", \"points\": [[1, 1], [6, 1], [6, 6]], \"shape_type\": \"polygon\"}, "
		"{\"label\": \"\xd0\xd0\xc8\xcb\", \"points\": [[1, 1], [6, 1], [6, 6]], \"shape_type\": \"polygon\"}]}",
					  coco[] = COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}",
						  "{\"id\": 1, \"name\": \"\xc6\xfb\"}, {\"id\": 2, \"name\": \"\xd0\xd0\"}", BOX("1")),
					  voc[] = "<annotation><object><name>\xe4</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax>"
							  "<ymax>3</ymax></bndbox></object><object><name>\xf6</name><bndbox><xmin>1</xmin>"
							  "<ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object></annotation>";
	static const struct {
		const char *file, *text, *classes;
	} row[] = {
		{ "images/a.json", labelme, "\xc3\x86\xc3\xbb\xc2\xb3\xc2\xb5|\xc3\x90\xc3\x90\xc3\x88\xc3\x8b" },
		{ "annotations/i.json", coco, "\xc3\x86\xc3\xbb|\xc3\x90\xc3\x90" },
		{ "Annotations/a.xml", voc, "\xc3\xa4|\xc3\xb6" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_said(row[i].file, row[i].text, strlen(row[i].text), "encoding", "foreign bytes are read as Latin-1");
		char *tmp = base_strdup(scratch_dir());
		put_picture(tmp, "images/a.png", 20, 10, 1);
		put(tmp, row[i].file, row[i].text);
		secant_dataset *d = open_as(tmp, NULL);
		char *names = class_list(d);
		assert_string_equal(names, row[i].classes);
		secant_free(names);
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* COCO in UTF-16, as PowerShell redirects it, and a category that has a number only. */
static void
test_coco_texts(void **state)
{
	static const char plain[] = COCO_OF("a.png");
	char wide[2 * sizeof plain] = "\xff\xfe";
	for (size_t i = 0; i + 1 < sizeof plain; i++)
		wide[2 * i + 2] = plain[i];
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/a.png", 20, 10, 1);
	put_bytes(tmp, "annotations/i.json", wide, 2 * sizeof plain);
	assert_described("UTF-16", tmp, NULL, "a.png 20x10: car 1,2 5x4", "car");
	put(tmp, "annotations/i.json",
		COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}", "{\"id\": 1}", BOX("1")));
	assert_described("a category without name", tmp, NULL, "a.png 20x10: 1 1,2 5x4", "1");
	remove_tree(tmp);
	secant_free(tmp);
}

/* Letters and marks apart, or another case, in the names of labels alone: one picture with its objects, no second that
 * is not there beside an empty one. */
static void
test_labels_in_other_letters_belong_to_their_picture(void **state)
{
#define WHOLE "\xc3\xa9"
#define APART "e\xcc\x81"
	static const described row[] = {
		{ "KITTI",
			{ "training/image_2/" WHOLE ".png", "@64x48", "training/label_2/" APART ".txt",
				"Car 0.00 0 -1.57 9 6 29 16 2.85 2.63 12.34 0.47 1.49 69.44 -1.56\n" },
			"kitti", NULL, NULL },
		{ "VOC",
			{ "JPEGImages/" WHOLE ".jpg", "@64x48", "Annotations/" APART ".xml",
				"<annotation><filename>" APART
				".jpg</filename><size><width>64</width><height>48</height><depth>1</depth>"
				"</size><object><name>c</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
				"</object></annotation>" },
			"voc", NULL, NULL },
		{ "DOTA", { "images/" WHOLE ".png", "@64x48", "labelTxt/" APART ".txt", "1 1 5 1 5 5 1 5 ship 0\n" }, "dota",
			NULL, NULL },
		{ "ICDAR, another case", { "images/A.png", "@64x48", "gt_a.txt", "1,1,5,1,5,5,1,5,hello\n" }, "icdar", NULL,
			NULL },
		{ "VisDrone", { "images/" WHOLE ".jpg", "@64x48", "annotations/" APART ".txt", "1,2,3,4,1,1,0,0\n" },
			"visdrone", NULL, NULL },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *tmp = base_strdup(scratch_dir());
		put_picture(tmp, row[i].files[0], 64, 48, 1);
		put(tmp, row[i].files[2], row[i].files[3]);
		secant_dataset *d = open_as(tmp, row[i].from);
		const ann_set *s = &d->set;
		if (s->n_images != 1 || s->n_objects != 1 || !s->images[0].path || s->images[0].width != 64)
			fail_msg("%s: %d pictures, %d objects", row[i].what, s->n_images, s->n_objects);
		bool said = false;
		for (int k = 0; k < s->n_notes; k++)
			said = said || strstr(ann_str(s, s->notes[k]), "in other letters");
		assert_true(said);
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
#undef WHOLE
#undef APART
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures_by_the_end_of_their_path),
		cmocka_unit_test(test_objects_without_a_place_are_said),
		cmocka_unit_test(test_classes_of_one_name_are_said),
		cmocka_unit_test(test_names_in_unknown_encodings_stay_apart),
		cmocka_unit_test(test_coco_texts),
		cmocka_unit_test(test_labels_in_other_letters_belong_to_their_picture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
