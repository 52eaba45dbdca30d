/* Small formats of JSON and of text: MOTChallenge, WIDER FACE, ICDAR, Open Images, CreateML, VoTT, Supervisely, VIA,
 * Label Studio, Datumaro, as their tools export them. */
#include "ann_describe.h"
#include "annotations/find.h"

static void
test_formats(void **state)
{
	static const described row[] = {
		{ "CreateML",
			{ "train/a.png", "@100x80", "train/_annotations.createml.json",
				"[{\"image\": \"a.png\", \"annotations\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 20, \"y\": "
				"35, \"width\": 20, \"height\": 30}}]}]" },
			NULL, "train/a.png 100x80 train: cat 10,20 20x30", "cat" },
		{ "CreateML without a number",
			{ "a.png", "@100x80", "a.json",
				"[{\"image\": \"a.png\", \"annotations\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 20, \"y\": "
				"35, \"width\": 20}}]}]" },
			"createml", NULL, "a.json|without all of its four numbers" },
		{ "VoTT export",
			{ "a.png", "@100x80", "my-export.json",
				"{\"name\": \"my\", \"tags\": [{\"name\": \"cat\", \"color\": \"#fff\"}, {\"name\": \"dog\"}], "
				"\"assets\": {\"1f\": {\"asset\": {\"name\": \"a.png\", "
				"\"path\": \"file:/x/a.png\", \"size\": {\"width\": 100, \"height\": 80}}, \"regions\": [{\"id\": "
				"\"r\", \"type\": \"RECTANGLE\", \"tags\": [\"cat\"], "
				"\"boundingBox\": {\"left\": 1, \"top\": 2, \"width\": 3, \"height\": 4}, \"points\": []}, {\"type\": "
				"\"POLYGON\", \"tags\": [\"cat\", \"dog\"], "
				"\"boundingBox\": {\"left\": 1, \"top\": 2, \"width\": 4, \"height\": 4}, \"points\": [{\"x\": 1, "
				"\"y\": 2}, {\"x\": 5, \"y\": 2}, {\"x\": 5, \"y\": 6}]}]}}}" },
			NULL, "a.png 100x80: cat 1,2 3x4; cat 1,2 4x4 polygon (1,2)(5,2)(5,6); dog 1,2 4x4 polygon (1,2)(5,2)(5,6)",
			"cat|dog" },
		{ "Supervisely: both corners of a rectangle are within; holes",
			{ "ds/img/a.png", "@10x10", "meta.json", "{\"classes\": []}", "ds/ann/a.png.json",
				"{\"description\": \"\", \"tags\": [], \"size\": {\"height\": 10, \"width\": 10}, \"objects\": "
				"[{\"classTitle\": \"cat\", \"geometryType\": \"rectangle\", "
				"\"points\": {\"exterior\": [[1, 2], [3, 5]], \"interior\": []}}, {\"classTitle\": \"dog\", "
				"\"geometryType\": \"polygon\", \"points\": {\"exterior\": "
				"[[0, 0], [8, 0], [8, 8], [0, 8]], \"interior\": [[[2, 2], [6, 2], [6, 6], [2, 6]]]}}]}" },
			NULL, "ds/img/a.png 10x10: cat 1,2 3x4; dog 0,0 8x8 mask 48", "cat|dog" },
		{ "VIA 2: project",
			{ "a.png", "@100x80", "via_project.json",
				"{\"_via_settings\": {}, \"_via_img_metadata\": {\"a.png123\": {\"filename\": \"a.png\", \"size\": "
				"123, \"regions\": [{\"shape_attributes\": {\"name\": "
				"\"rect\", \"x\": 1, \"y\": 2, \"width\": 3, \"height\": 4}, \"region_attributes\": {\"type\": "
				"\"cat\", \"note\": \"x\"}}, {\"shape_attributes\": "
				"{\"name\": \"polygon\", \"all_points_x\": [1, 5, 5], \"all_points_y\": [2, 2, 6]}, "
				"\"region_attributes\": {\"animal\": {\"dog\": true}}}], "
				"\"file_attributes\": {}}}}" },
			NULL, "a.png 100x80: cat 1,2 3x4 note=\"x\"; dog 1,2 4x4 polygon (1,2)(5,2)(5,6)", "cat|dog" },
		{ "VIA 1: regions are a map",
			{ "a.png", "@100x80", "via_region_data.json",
				"{\"a.png123\": {\"filename\": \"a.png\", \"size\": 123, \"regions\": {\"0\": {\"shape_attributes\": "
				"{\"name\": \"rect\", \"x\": 1, \"y\": 2, \"width\": 3, "
				"\"height\": 4}, \"region_attributes\": {}}}}}" },
			NULL, "a.png 100x80: object 1,2 3x4", "object" },
		{ "VIA: points that do not pair",
			{ "a.png", "@100x80", "v.json",
				"{\"k\": {\"filename\": \"a.png\", \"regions\": [{\"shape_attributes\": {\"name\": \"polygon\", "
				"\"all_points_x\": [1, 5, 5], \"all_points_y\": [2, 2]}, "
				"\"region_attributes\": {}}]}}" },
			"via", NULL, "v.json|no pairs" },
		{ "Label Studio: percent, a box that turns about its corner, choices, a hash before the name",
			{ "a.png", "@100x80", "project.json",
				"[{\"id\": 1, \"data\": {\"image\": \"/data/upload/1/12345678-a.png\"}, \"annotations\": "
				"[{\"was_cancelled\": false, \"result\": [{\"type\": "
				"\"rectanglelabels\", \"original_width\": 100, \"original_height\": 80, \"value\": {\"x\": 10, \"y\": "
				"25, \"width\": 20, \"height\": 50, \"rotation\": 0, "
				"\"rectanglelabels\": [\"cat\"]}}, {\"type\": \"rectanglelabels\", \"original_width\": 100, "
				"\"original_height\": 80, \"value\": {\"x\": 50, \"y\": 25, "
				"\"width\": 20, \"height\": 12.5, \"rotation\": 90, \"rectanglelabels\": [\"dog\"]}}, {\"type\": "
				"\"choices\", \"value\": {\"choices\": [\"day\"]}}]}]}]" },
			NULL, "a.png 100x80: cat 10,20 20x40; dog 40,20 10x20 quad (50,20)(50,40)(40,40)(40,20); day",
			"cat|day|dog" },
		{ "Datumaro",
			{ "images/train/a.png", "@100x80", "annotations/train.json",
				"{\"info\": {}, \"categories\": {\"label\": {\"labels\": [{\"name\": \"cat\", \"parent\": \"\"}], "
				"\"attributes\": []}}, \"items\": [{\"id\": \"a\", "
				"\"annotations\": [{\"id\": 0, \"type\": \"bbox\", \"label_id\": 0, \"attributes\": {\"is_crowd\": "
				"false}, \"group\": 0, \"bbox\": [1, 2, 3, 4]}, {\"type\": "
				"\"polygon\", \"label_id\": 0, \"points\": [1, 2, 5, 2, 5, 6]}, {\"type\": \"label\", \"label_id\": "
				"0}], \"image\": {\"path\": \"a.png\", \"size\": [80, 100]}}]}" },
			NULL, "images/train/a.png 100x80 train: cat 1,2 3x4; cat 1,2 4x4 polygon (1,2)(5,2)(5,6); cat", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* Formats of plain text: MOTChallenge, WIDER FACE, ICDAR, Open Images. */
static void
test_text_formats(void **state)
{
	static const described row[] = {
		{ "MOT: a row not to be considered, MOT's class 8, a sequence in a list",
			{ "train/S-1/img1/000001.jpg", "@100x80", "train/S-1/img1/000002.jpg", "@100x80", "train/S-1/seqinfo.ini",
				"[Sequence]\nname=S-1\nimDir=img1\nimWidth=100\nimHeight=80\nimExt=.jpg\n", "train/S-1/gt/gt.txt",
				"2,7,10,20,30,40,1,1,0.5\n1,8,1.5,2,3,4,0,8,1\n", "train/S-1/det/det.txt",
				"1,-1,1,1,9,9,0.9,-1,-1,-1\n" },
			NULL,
			"train/S-1/img1/000001.jpg 100x80 train: distractor 1.5,2 3x4 void track_id=8 visibility=1 | "
			"train/S-1/img1/000002.jpg 100x80 train: pedestrian 10,20 30x40 track_id=7 visibility=0.5",
			"distractor|pedestrian" },
		{ "MOT of CVAT: labels.txt",
			{ "img1/000001.png", "@100x80", "gt/labels.txt", "zebra\ncat\n", "gt/gt.txt", "1,1,1,2,3,4,1,2,1\n" }, NULL,
			"img1/000001.png 100x80: cat 1,2 3x4 track_id=1 visibility=1", "zebra|cat" },
		{ "MOT 2015: ten numbers, x y z of the world and no class",
			{ "img1/000001.jpg", "@100x80", "gt/gt.txt", "1,1,1,2,3,4,1,4.5,-6.3,0\n" }, NULL,
			"img1/000001.jpg 100x80: pedestrian 1,2 3x4 track_id=1", "pedestrian" },
		{ "MOT: detections where there is no truth",
			{ "img1/000001.jpg", "@100x80", "det/det.txt", "1,-1,1,2,3,4,0.25,-1,-1,-1\n" }, NULL,
			"img1/000001.jpg 100x80: pedestrian 1,2 3x4 score=0.25", "pedestrian" },
		{ "MOT: a class that is none",
			{ "img1/000001.jpg", "@100x80", "gt/labels.txt", "cat\n", "gt/gt.txt", "1,1,1,2,3,4,1,2,1\n" }, "mot", NULL,
			"gt.txt:1|class 2 is not one of 1 to 1" },
		{ "MOT: a row cut short", { "img1/000001.jpg", "@100x80", "gt/gt.txt", "1,1,1,2,3,4,1,1,1\n1,1,1,2,3\n" },
			"mot", NULL, "gt.txt:2|six to ten numbers" },
		{ "WIDER FACE: an invalid face, a picture without faces",
			{ "WIDER_train/images/0--P/a.jpg", "@100x80", "WIDER_train/images/0--P/b.jpg", "@100x80",
				"wider_face_split/wider_face_train_bbx_gt.txt",
				"0--P/a.jpg\n2\n1 2 3 4 2 0 0 0 1 0 \n5 6 7 8 0 0 0 1 0 0 \n0--P/b.jpg\n0\n0 0 0 0 0 0 0 0 0 0 \n" },
			NULL,
			"WIDER_train/images/0--P/a.jpg 100x80 train: face 1,2 3x4 blur=2 occlusion=1; face 5,6 7x8 void | "
			"WIDER_train/images/0--P/b.jpg 100x80 train:",
			"face" },
		{ "WIDER FACE: fewer rows than said",
			{ "WIDER_val/images/0--P/a.jpg", "@100x80", "wider_face_split/wider_face_val_bbx_gt.txt",
				"0--P/a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\n" },
			"wider", NULL, "1 of 2 faces" },
		{ "ICDAR 2015: four corners, commas in a text, ###, the pictures of two folders with one name",
			{ "ch4_training_images/img_1.jpg", "@100x80", "ch4_training_localization_transcription_gt/gt_img_1.txt",
				"\xef\xbb\xbf"
				"1,1,9,1,9,5,1,5,a, b\r\n11,1,19,1,19,5,11,5,###\r\n",
				"ch4_test_images/img_1.jpg", "@50x40", "ch4_test_localization_transcription_gt/gt_img_1.txt", "" },
			NULL,
			"ch4_test_images/img_1.jpg 50x40: | ch4_training_images/img_1.jpg 100x80: text 1,1 8x4 quad "
			"(1,1)(9,1)(9,5)(1,5) text=\"a, b\"; text 11,1 8x4 quad (11,1)(19,1)(19,5)(11,5) void",
			"text" },
		{ "ICDAR 2013: left, top, right, bottom; commas or spaces",
			{ "img_1.jpg", "@100x80", "img_2.jpg", "@100x80", "gt_img_1.txt", "10, 20, 30, 60, \"12\"\n",
				"gt_img_2.txt", "10 20 30 60 \"a b\"\n" },
			NULL, "img_1.jpg 100x80: text 10,20 20x40 text=\"12\" | img_2.jpg 100x80: text 10,20 20x40 text=\"a b\"",
			"text" },
		{ "Open Images: XMax before YMin, a group, a whole picture, rows of pictures that are not there",
			{ "img/b1.jpg", "@100x80", "validation-annotations-bbox.csv",
				"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,"
				"IsInside\n"
				"b1,xclick,/m/1,1,0,1,0,1,0,1,1,0,-1\n"
				"b1,xclick,/m/2,1,0.1,0.3,0.25,0.5,1,0,0,0,0\nff,xclick,/m/2,1,0,1,0,1,0,0,0,0,0\n",
				"class-descriptions-boxable.csv", "/m/1,Cat\n/m/2,\"Dog, small\"\n" },
			NULL, "img/b1.jpg 100x80 val: Cat 0,0 100x80 crowd truncated=true; Dog, small 10,20 20x20 occluded=true",
			"Cat|Dog, small" },
		{ "Open Images: no picture at all",
			{ "a.jpg", "@9x9", "train-annotations-bbox.csv",
				"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,"
				"IsInside\n"
				"b1,x,/m/1,1,0,1,0,1,0,1,1,0,0\n" },
			NULL, NULL, "none of its pictures" },
		{ "Open Images: pixels for shares",
			{ "b1.jpg", "@9x9", "train-annotations-bbox.csv",
				"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,"
				"IsInside\n"
				"b1,x,/m/1,1,0,7,0,1,0,1,1,0,0\n" },
			NULL, NULL, "bbox.csv:2|XMax is no share" },
		{ "ICDAR: boxes and corners in one file",
			{ "img_1.jpg", "@100x80", "gt_img_1.txt", "1,2,3,4,a\n1,1,9,1,9,5,1,5,b\n" }, "icdar", NULL,
			"gt_img_1.txt:2|eight numbers" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* Every cut and every other kind of value in the place of any: an error or fewer objects, never a crash. */
static void
test_hostile_trees(void **state)
{
	static const char *const names[] = { "createml", "vott", "supervisely", "via", "label-studio", "datumaro", "mot",
		"wider", "icdar", "open-images", "mots", "ctw", "crowdhuman", "yolo-ndjson" };
	static const char *const texts[] = { "[]", "{}", "null", "[[]]", "[{}]", "{\"assets\": []}",
		"{\"assets\": {\"a\": 3}}", "{\"objects\": [3, {}]}", "{\"objects\": {}, \"size\": 3}",
		"{\"regions\": 3, \"filename\": \"a\"}", "{\"a\": {\"filename\": \"a\", \"regions\": [3, {}]}}",
		"[{\"annotations\": [{\"result\": [{}, 3, {\"type\": \"rectanglelabels\"}]}]}]",
		"{\"items\": [{\"annotations\": [3, {\"type\": \"mask\"}]}]}",
		"[{\"image\": 3, \"annotations\": [3, {\"label\": 3}]}]",
		"{\"tags\": 3, \"asset\": 3, \"regions\": [{\"tags\": [3]}]}", "1,2,3,4,5,6,7\n1,1,nan,1,1,1\n1e99,1,1,1,1,1",
		"a.jpg\n-1\n", "a.jpg\n9999999999999\n1 2 3 4\n", "1,2,3,4,5,6,inf,8\n", "1,2,3\n", "1 1 1 9 9 1\n",
		"1 1 1 9 9 0a\n1 1 1 99999 99999 0a\n", "{\"file_name\": \"a\", \"annotations\": [[3, {}]], \"ignore\": 3}" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			for (int collect = 0; collect < 2; collect++) {
				ann_set s;
				secant_err err = { 0 };
				blank_set(&s);
				s.collect = collect;
				(void)!ann_parse_format(&s, ann_find_format(names[i]), texts[k], strlen(texts[k]), "x.json", &err);
				assert_int_equal(ann_index(&s, &err), 0);
				ann_free(&s);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_text_formats),
		cmocka_unit_test(test_hostile_trees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
