/* Sets that were published in formats of their own: VisDrone, CrowdHuman, TT100K, HRSC2016; and what the tools of dlib
 * and SuperAnnotate write. */
#include "ann_describe.h"

static void
test_drones(void **state)
{
	static const described row[] = {
		{ "pictures: regions that are ignored, a comma at the end, what is not to be considered",
			{ "VisDrone2019-DET-train/images/a.jpg", "@100x80", "VisDrone2019-DET-train/images/b.jpg", "@100x80",
				"VisDrone2019-DET-train/annotations/a.txt", "1,2,3,4,0,0,0,0\n10,20,30,40,1,4,1,2,\n5,6,7,8,0,11,0,0\n",
				"VisDrone2019-DET-train/annotations/b.txt", "" },
			NULL,
			"VisDrone2019-DET-train/images/a.jpg 100x80 train: - 1,2 3x4 void; car 10,20 30x40 truncation=1 "
			"occlusion=2; others 5,6 7x8 void | VisDrone2019-DET-train/images/b.jpg 100x80:",
			"pedestrian|people|bicycle|car|van|truck|tricycle|awning-tricycle|bus|motor|others" },
		{ "videos: frames count from 1",
			{ "sequences/v_1/0000001.jpg", "@100x80", "sequences/v_1/0000002.jpg", "@100x80", "annotations/v_1.txt",
				"2,7,1,2,3,4,1,5,0,0\n1,7,2,2,3,4,1,5,0,0\n" },
			NULL,
			"sequences/v_1/0000001.jpg 100x80: van 2,2 3x4 track_id=7 | sequences/v_1/0000002.jpg 100x80: van 1,2 3x4 "
			"track_id=7",
			NULL },
		{ "a row cut short", { "images/a.jpg", "@100x80", "annotations/a.txt", "1,2,3,4,1,1,0,0\n1,2,3,4,1,1\n" }, NULL,
			NULL, "a.txt:2|eight numbers" },
		{ "a class that is none", { "images/a.jpg", "@100x80", "annotations/a.txt", "1,2,3,4,1,12,0,0\n" }, NULL, NULL,
			"a.txt:1|class 12" },
		{ "frames from 0", { "sequences/v/0000001.jpg", "@100x80", "annotations/v.txt", "0,1,1,2,3,4,1,5,0,0\n" }, NULL,
			NULL, "v.txt:1|count from 1" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_crowds(void **state)
{
	static const described row[] = {
		{ "whole bodies; heads and what is seen are attributes; masks and what is ignored are not judged",
			{ "Images/1,a.jpg", "@100x80", "Images/2,b.jpg", "@100x80", "annotation_train.odgt",
				"{\"ID\": \"1,a\", \"gtboxes\": [{\"tag\": \"person\", \"fbox\": [1, -2, 30, 40], \"vbox\": [1, 2, 3, "
				"4], "
				"\"hbox\": [5, 6, 7, 8], \"head_attr\": {\"ignore\": 0}, \"extra\": {\"box_id\": 0, \"occ\": 1}}, "
				"{\"tag\": "
				"\"mask\", \"fbox\": [1, 1, 2, 2], \"extra\": {\"ignore\": 1}}]}\n" },
			NULL,
			"Images/1,a.jpg 100x80 train: person 1,-2 30x40 box_id=0 occ=1 vbox=[1, 2, 3, 4] hbox=[5, 6, 7, 8]; person "
			"1,1 "
			"2x2 void",
			"person" },
		{ "a box without all of its numbers",
			{ "a.jpg", "@100x80", "x.odgt",
				"{\"ID\": \"a\", \"gtboxes\": [{\"tag\": \"person\", \"fbox\": [1, 2, 3]}]}\n" },
			NULL, NULL, "x.odgt|four numbers" },
		{ "a line that is no JSON", { "a.jpg", "@100x80", "x.odgt", "{\"ID\": \"a\", \"gtboxes\": []}\n{\"ID\"\n" },
			NULL, NULL, "x.odgt:2|no JSON" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_signs(void **state)
{
	static const described row[] = {
		{ "classes in the order of the list, outlines beside boxes, pictures of folders that are lists",
			{ "train/1.jpg", "@100x80", "test/2.jpg", "@100x80", "other/3.jpg", "@100x80", "annotations.json",
				"{\"types\": [\"pl80\", \"i1\"], \"imgs\": {\"1\": {\"id\": 1, \"path\": \"train/1.jpg\", \"objects\": "
				"[{\"category\": "
				"\"i1\", \"bbox\": {\"xmin\": 1.5, \"ymin\": 2, \"xmax\": 9, \"ymax\": 8}, \"polygon\": [[1.5, 2], [9, "
				"2], [5, "
				"8]]}, {\"category\": \"pl80\", \"bbox\": {\"xmin\": 1, \"ymin\": 2, \"xmax\": 3, \"ymax\": 4}}]}, "
				"\"2\": "
				"{\"id\": 2, \"path\": \"test/2.jpg\", \"objects\": []}}}" },
			NULL,
			"test/2.jpg 100x80 test: | train/1.jpg 100x80 train: i1 1.5,2 7.5x6 polygon (1.5,2)(9,2)(5,8); pl80 1,2 "
			"2x2",
			"pl80|i1" },
		{ "a box without a side",
			{ "train/1.jpg", "@100x80", "annotations.json",
				"{\"imgs\": {\"1\": {\"path\": \"train/1.jpg\", \"objects\": [{\"category\": \"i1\", \"bbox\": "
				"{\"xmin\": 1, "
				"\"ymin\": 2, \"xmax\": 3}}]}}}" },
			NULL, NULL, "annotations.json|four numbers" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

#define SHIP(class, rest) "<HRSC_Object><Class_ID>" class "</Class_ID><difficult>0</difficult>" rest "</HRSC_Object>"
#define SHIPS(objects) \
	"<HRSC_Image><Img_SizeWidth>100</Img_SizeWidth><Img_SizeHeight>80</Img_SizeHeight><HRSC_Objects>" objects \
	"</HRSC_Objects></HRSC_Image>"
#define TURNED(angle) \
	"<box_xmin>1</box_xmin><box_ymin>1</box_ymin><box_xmax>2</box_xmax><box_ymax>2</box_ymax><mbox_cx>20</mbox_cx>" \
	"<mbox_cy>30</mbox_cy><mbox_w>20</mbox_w><mbox_h>10</mbox_h><mbox_ang>" angle "</mbox_ang>"

static void
test_ships(void **state)
{
	static const described row[] = {
		{ "names by numbers, turned boxes in radians, lists",
			{ "FullDataSet/AllImages/100000001.bmp", "@100x80", "FullDataSet/Annotations/100000001.xml",
				SHIPS(SHIP("100000013", TURNED("0")) SHIP("100000001", TURNED("1.5707963267948966"))
						SHIP("100000099", TURNED("0"))),
				"ImageSets/train.txt", "100000001\n100000002\n" },
			NULL,
			"FullDataSet/AllImages/100000001.bmp 100x80 train: Kuznetsov 10,25 20x10 quad "
			"(10,25)(30,25)(30,35)(10,35); "
			"ship "
			"15,20 10x20 quad (25,20)(25,40)(15,40)(15,20); 100000099 10,25 20x10 quad (10,25)(30,25)(30,35)(10,35)",
			"100000099|Kuznetsov|ship" },
		{ "no ships, no box",
			{ "AllImages/1.bmp", "@100x80", "AllImages/2.bmp", "@100x80", "Annotations/1.xml", SHIPS(""),
				"Annotations/2.xml", SHIPS(SHIP("100000001", "<box_xmin>1</box_xmin>")) },
			NULL, NULL, "2.xml:1|without Class_ID" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_faces_of_imglab(void **state)
{
	static const described row[] = {
		{ "one quote or two, a label or none, parts, what is ignored",
			{ "a.png", "@100x80", "sub/b.png", "@100x80", "c.png", "@100x80", "training.xml",
				"<?xml version='1.0' encoding='ISO-8859-1'?>\n<?xml-stylesheet type='text/xsl' "
				"href='x.xsl'?>\n<dataset>"
				"<name>n</name><comment>c</comment><images><image file='a.png'><box top='4' left='2' width='8' "
				"height='3' "
				"occluded='1'><label>my face</label><part name='00' x='3' y='5'/></box><box top=\"1\" left=\"1\" "
				"width=\"2\" "
				"height=\"2\" ignore=\"1\"/></image><image file='sub\\b.png'></image></images></dataset>" },
			NULL,
			"a.png 100x80: my face 2,4 8x3 occluded=1 parts=[[\"00\", 3, 5]]; object 1,1 2x2 void | sub/b.png 100x80:",
			"my face|object" },
		{ "a box without its height",
			{ "a.png", "@100x80", "t.xml",
				"<dataset><images><image file='a.png'><box top='4' left='2' width='8'/></image></images></dataset>" },
			NULL, NULL, "t.xml|four numbers" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

#define INSTANCE(type, rest) "{\"type\": \"" type "\", \"className\": \"car\", " rest "}"
#define VECTOR(instances) \
	"{\"metadata\": {\"name\": \"a.png\", \"width\": 20, \"height\": 10}, \"tags\": [], \"instances\": [" instances "]}"

static void
test_vectors_of_superannotate(void **state)
{
	static const described row[] = {
		{ "every type; a hole makes a mask",
			{ "a.png", "@20x10", "a.png.json",
				VECTOR(INSTANCE("bbox",
					"\"points\": {\"x1\": 5, \"x2\": 1, \"y1\": 2, \"y2\": 6}, \"attributes\": [{\"groupName\": "
					"\"colour\", "
					"\"name\": \"red\"}]") ", " INSTANCE("rbbox",
					"\"points\": {\"x1\": 1, \"y1\": 1, \"x2\": 5, \"y2\": 1, \"x3\": 5, \"y3\": 4, \"x4\": 1, \"y4\": "
					"4}") ", " INSTANCE("polygon", "\"points\": [1, 1, 5, 1, 5, 5]") ", " INSTANCE("polygon",
					"\"points\": [0, 0, 8, 0, 8, 8, 0, 8], \"exclude\": [[2, 2, 6, 2, 6, 6, 2, 6]]") ", " INSTANCE("pol"
																												   "yli"
																												   "ne",
					"\"points\": [1, 1, 2, 2]") ", " INSTANCE("point", "\"x\": 3, \"y\": 4") ", " INSTANCE("tag",
					"\"attributes\": []") ", " INSTANCE("cuboid", "\"points\": {}")) },
			NULL,
			"a.png 20x10: car 1,2 4x4 colour=\"red\"; car 1,1 4x3 quad (1,1)(5,1)(5,4)(1,4); car 1,1 4x4 polygon "
			"(1,1)(5,1)(5,5); car 0,0 8x8 mask 48; car 1,1 1x1 line (1,1)(2,2); car 3,4 0x0 points (3,4); car",
			"car" },
		{ "pixel projects are refused with the way out",
			{ "a.png", "@20x10", "a.png.json",
				VECTOR("{\"className\": \"car\", \"parts\": [{\"color\": \"#000447\"}]}") },
			NULL, NULL, "pixel project|___save.png|COCO" },
		{ "no class", { "a.png", "@20x10", "a.png.json", VECTOR("{\"type\": \"point\", \"x\": 3, \"y\": 4}") }, NULL,
			NULL, "a.png.json|without className" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_two_dates_are_refused_by_name(void **state)
{
	static const described row[] = {
		{ "LEVIR-CD", { "train/A/1.png", "@20x10", "train/B/1.png", "@20x10", "train/label/1.png", "@20x10" }, NULL,
			NULL, "change detection|gdal_merge.py" },
		{ "SYSU-CD", { "train/time1/1.png", "@20x10", "train/time2/1.png", "@20x10", "train/label/1.png", "@20x10" },
			NULL, NULL, "change detection" },
		{ "one folder", { "A/1.png", "@20x10", "B/1.png", "@20x10", "label/1.png", "@20x10" }, NULL, NULL,
			"change detection" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* What a project lists first is class 0, whatever its name: numbers of other tools hold. */
static void
test_lists_of_projects_number_their_classes(void **state)
{
	static const described row[] = {
		{ "Datumaro",
			{ "images/train/a.png", "@100x80", "annotations/train.json",
				"{\"info\": {}, \"categories\": {\"label\": {\"labels\": [{\"name\": \"zebra\"}, {\"name\": "
				"\"cat\"}, {\"name\": \"ape\"}]}}, \"items\": [{\"id\": \"a\", \"annotations\": [{\"id\": 0, "
				"\"type\": "
				"\"bbox\", \"label_id\": 1, \"bbox\": [1, 2, 3, 4]}], \"image\": {\"path\": \"a.png\"}}]}" },
			NULL, "images/train/a.png 100x80 train: cat 1,2 3x4", "zebra|cat|ape" },
		{ "Supervisely",
			{ "ds/img/a.png", "@10x10", "meta.json", "{\"classes\": [{\"title\": \"zebra\"}, {\"title\": \"cat\"}]}",
				"ds/ann/a.png.json",
				"{\"tags\": [], \"size\": {\"height\": 10, \"width\": 10}, \"objects\": [{\"classTitle\": \"cat\", "
				"\"geometryType\": \"point\", \"points\": {\"exterior\": [[1, 2]], \"interior\": []}}]}" },
			NULL, "ds/img/a.png 10x10: cat 1,2 0x0 points (1,2)", "zebra|cat" },
		{ "SuperAnnotate",
			{ "a.png", "@20x10", "classes/classes.json",
				"[{\"id\": 1, \"name\": \"van\"}, {\"id\": 2, \"name\": "
				"\"car\"}]",
				"a.png.json", VECTOR(INSTANCE("point", "\"x\": 3, \"y\": 4")) },
			NULL, "a.png 20x10: car 3,4 0x0 points (3,4)", "van|car" },
		{ "VoTT",
			{ "a.png", "@100x80", "my-export.json",
				"{\"tags\": [{\"name\": \"zebra\"}, {\"name\": \"cat\"}], \"assets\": {\"1f\": {\"asset\": {\"name\": "
				"\"a.png\", \"size\": {\"width\": 100, \"height\": 80}}, \"regions\": [{\"type\": \"RECTANGLE\", "
				"\"tags\": [\"cat\"], \"boundingBox\": {\"left\": 1, \"top\": 2, \"width\": 3, \"height\": 4}}]}}}" },
			NULL, "a.png 100x80: cat 1,2 3x4", "zebra|cat" },
		{ "MOT", { "img1/000001.png", "@100x80", "gt/labels.txt", "zebra\ncat\n", "gt/gt.txt", "1,1,1,2,3,4,1,2,1\n" },
			NULL, "img1/000001.png 100x80: cat 1,2 3x4 track_id=1 visibility=1", "zebra|cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* Ultralytics' NDJSON: rows of label files in JSON. */
static void
test_lines_of_ultralytics(void **state)
{
#define SET(more) \
	"{\"type\": \"dataset\", \"task\": \"detect\", \"class_names\": {\"0\": \"zebra\", \"2\": \"cat\"}" more "}\n"
#define PICTURE(rows) \
	"{\"type\": \"image\", \"file\": \"a.png\", \"width\": 100, \"height\": 80, \"split\": \"val\", \"annotations\": " \
	"{" rows "}}\n"
	static const described row[] = {
		{ "boxes; a class that is skipped has a name of its number",
			{ "a.png", "@100x80", "s.ndjson",
				SET("") PICTURE("\"boxes\": [[2, 0.5, 0.5, 0.2, 0.1], [1, 0.1, 0.1, 0.1, 0.1]]") },
			NULL, "a.png 100x80 val: cat 40,36 20x8; class1 5,4 10x8", "zebra|class1|cat" },
		{ "polygons and turned boxes",
			{ "images/a.png", "@100x80", "s.ndjson",
				SET("") PICTURE("\"segments\": [[0, 0.1, 0.1, 0.5, 0.1, 0.5, 0.5]], \"obb\": [[2, 0.1, 0.1, 0.3, 0.1, "
								"0.3, 0.3, 0.1, 0.3]]") },
			NULL,
			"images/a.png 100x80 val: zebra 10,8 40x32 polygon (10,8)(50,8)(50,40); cat 10,8 20x16 quad "
			"(10,8)(30,8)(30,24)(10,24)",
			"zebra|class1|cat" },
		{ "poses",
			{ "a.png", "@100x80", "s.ndjson",
				SET(", \"kpt_shape\": [1, 3]") PICTURE("\"pose\": [[0, 0.5, 0.5, 0.2, 0.1, 0.5, 0.25, 2]]") },
			NULL, "a.png 100x80 val: zebra 40,36 20x8 coco.keypoints=[50, 20, 2] coco.num_keypoints=1", NULL },
		{ "classes without names",
			{ "a.png", "@100x80", "s.ndjson",
				"{\"type\": \"dataset\", \"task\": \"detect\"}\n" PICTURE("\"boxes\": [[11, 0.5, 0.5, 0.2, 0.1]]") },
			NULL, "a.png 100x80 val: 11 40,36 20x8", "0|1|2|3|4|5|6|7|8|9|10|11" },
		{ "pixels", { "a.png", "@100x80", "s.ndjson", SET("") PICTURE("\"boxes\": [[0, 50, 50, 20, 10]]") }, NULL, NULL,
			"s.ndjson|are these pixels" },
		{ "two files that number classes apart",
			{ "a.png", "@100x80", "s.ndjson", SET(""), "t.ndjson",
				"{\"type\": \"dataset\", \"task\": \"detect\", \"class_names\": {\"0\": \"cat\"}}\n" },
			NULL, NULL, "t.ndjson:1|'cat' here and 'zebra'" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
#undef SET
#undef PICTURE
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drones),
		cmocka_unit_test(test_crowds),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_ships),
		cmocka_unit_test(test_faces_of_imglab),
		cmocka_unit_test(test_vectors_of_superannotate),
		cmocka_unit_test(test_two_dates_are_refused_by_name),
		cmocka_unit_test(test_lists_of_projects_number_their_classes),
		cmocka_unit_test(test_lines_of_ultralytics),
	};
	return cmocka_run_group_tests_name("published sets", tests, NULL, NULL);
}
