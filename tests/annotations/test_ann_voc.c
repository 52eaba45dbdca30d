/* VOC's XML wherever and however tools leave it: names with blanks, <filename>, flat folders, polygons, turned boxes,
 * encodings. */
#include "ann_describe.h"
#define CASE(name) "tests/annotations/cases/" name

static void
test_cases(void **state)
{
	assert_described("voc-filename-names-the-picture", CASE("voc-filename-names-the-picture/set"), NULL,
		"cat_001.jpg 100x80: cat 10,20 20x20", "cat");
	assert_described("voc-flat-roboflow", CASE("voc-flat-roboflow/set"), NULL,
		"train_a.jpg 100x80 train: cat 10,20 20x20 | valid_a.jpg 100x80 val: cat 10,20 20x20", "cat");
	assert_described("voc-names-with-blanks", CASE("voc-names-with-blanks/set"), NULL,
		"image (1).jpg 101x80 train: cat 10,20 20x20 | image.jpg 100x80 val: cat 10,20 20x20", "cat");
	assert_described("voc-rolabelimg", CASE("voc-rolabelimg/set"), NULL,
		"a.jpg 100x80: ship 32.322,22.322 35.355x35.355 quad "
		"(39.393,22.322)(67.678,50.607)(60.607,57.678)(32.322,29.393)",
		"ship");
	assert_described("voc-with-polygon", CASE("voc-with-polygon/set"), NULL,
		"a.jpg 100x80: cat 10,20 20x20 polygon (10,20)(30,20)(30,40)", "cat");
}

#define XML(rest) "<annotation><size><width>100</width><height>80</height><depth>3</depth></size>" rest "</annotation>"
#define BOX "<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>"
#define CAT "<object><name>cat</name>" BOX "</object>"

static void
test_kinds(void **state)
{
	static const described row[] = {
		{ "labelImg: XML beside pictures", { "a.png", "@100x80", "a.xml", XML(CAT), "b.png", "@100x80" }, NULL,
			"a.png 100x80: cat 10,20 20x20 | b.png 100x80:", "cat" },
		{ "folders images and annotations", { "images/a.png", "@100x80", "annotations/a.xml", XML(CAT) }, NULL,
			"a.png 100x80: cat 10,20 20x20", "cat" },
		{ "lists with folders of their own",
			{ "train/JPEGImages/a.png", "@100x80", "train/Annotations/a.xml", XML(CAT), "test/JPEGImages/b.png",
				"@100x80", "test/Annotations/b.xml", XML(CAT) },
			NULL, "b.png 100x80 test: cat 10,20 20x20 | a.png 100x80 train: cat 10,20 20x20", "cat" },
		{ "a list line with a class column, and a name that ends in a number",
			{ "JPEGImages/a.png", "@100x80", "JPEGImages/scan 1.png", "@100x80", "Annotations/a.xml", XML(CAT),
				"Annotations/scan 1.xml", XML(CAT), "ImageSets/Main/train.txt", "a  -1\nscan 1\n" },
			NULL, "a.png 100x80 train: cat 10,20 20x20 | scan 1.png 100x80 train: cat 10,20 20x20", "cat" },
		{ "polygons in parts",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				XML("<object><name>cat</name><polygon><x1>1</x1><y1>2</y1><x2>5</x2><y2>2</y2><x3>5</x3><y3>6</y3></"
					"polygon><polygon><x1>7</x1><y1>2</y1>"
					"<x2>9</x2><y2>2</y2><x3>9</x3><y3>6</y3></polygon></object>") },
			NULL, "a.png 100x80: cat 1,2 8x4 polygon (1,2)(5,2)(5,6) + (7,2)(9,2)(9,6)", "cat" },
		{ "four corners in bndbox",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				XML("<object><name>cat</name><bndbox><x0>10</x0><y0>0</y0><x1>20</x1><y1>10</y1><x2>10</x2><y2>20</"
					"y2><x3>0</x3><y3>10</y3></bndbox></object>") },
			NULL, "a.png 100x80: cat 0,0 20x20 quad (10,0)(20,10)(10,20)(0,10)", "cat" },
		{ "DIOR-R",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				XML("<object><name>cat</name><robndbox><x_left_top>10</x_left_top><y_left_top>0</"
					"y_left_top><x_right_top>20</x_right_top><y_right_top>10</y_right_top>"
					"<x_right_bottom>10</x_right_bottom><y_right_bottom>20</y_right_bottom><x_left_bottom>0</"
					"x_left_bottom><y_left_bottom>10</y_left_bottom></robndbox></object>") },
			NULL, "a.png 100x80: cat 0,0 20x20 quad (10,0)(20,10)(10,20)(0,10)", "cat" },
		{ "parts are kept as they are",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				XML("<object><name>cat</name>" BOX "<part><name>head</name>" BOX "</part></object>") },
			NULL,
			"a.png 100x80: cat 10,20 20x20 "
			"voc.part={\"name\":\"head\",\"bndbox\":{\"xmin\":\"10\",\"ymin\":\"20\",\"xmax\":\"30\",\"ymax\":\"40\"}}",
			"cat" },
		{ "Latin-1, as the declaration says",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" XML("<object><name>caf\xe9</name>" BOX "</object>") },
			NULL, "a.png 100x80: caf\xc3\xa9 10,20 20x20", "caf\xc3\xa9" },
		{ "declared GB2312, but UTF-8 all the same",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				"<?xml version=\"1.0\" encoding=\"gb2312\"?>" XML(
					"<object><name>\xe7\x8c\xab</name>" BOX "</object>") },
			NULL, "a.png 100x80: \xe7\x8c\xab 10,20 20x20", "\xe7\x8c\xab" },
		{ "an encoding nobody knows",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				"<?xml version=\"1.0\" encoding=\"x-mine\"?>" XML("<object><name>caf\xe9</name>" BOX "</object>") },
			NULL, NULL, "a.xml:1|x-mine|UTF-8" },
		{ "a turned box without angle",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				XML("<object><name>cat</name><robndbox><cx>5</cx><cy>5</cy><w>3</w><h>2</h></robndbox></object>") },
			NULL, NULL, "a.xml:1|angle" },
		{ "a polygon without its last y",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml",
				XML("<object><name>cat</name><polygon><x1>1</x1><y1>2</y1><x2>5</x2></polygon></object>") },
			NULL, NULL, "a.xml:1|x without y" },
		{ "a name of nothing",
			{ "JPEGImages/a.png", "@100x80", "Annotations/a.xml", XML("<object><name></name>" BOX "</object>") }, NULL,
			NULL, "without <name>" },
		{ "<filename> that leads outside is not followed",
			{ "JPEGImages/a.png", "@100x80", "Annotations/1.xml",
				"<annotation><filename>../../a.png</filename>" CAT "</annotation>" },
			NULL, "a.png 100x80: cat 10,20 20x20", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_polygons_come_back(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_dataset *d = open_as(CASE("voc-with-polygon/set"), NULL);
	must_write(d, "voc", at(tmp, "out"));
	secant_dataset_free(d);
	assert_described("out", at(tmp, "out"), NULL, "a.jpg 100x80: cat 10,20 20x20 polygon (10,20)(30,20)(30,40)", "cat");
	remove_tree(tmp);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_polygons_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
