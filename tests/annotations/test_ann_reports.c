/* Situations that people report of other tools: names that differ in case or hold signs that formats use themselves,
 * turns of boxes in attributes, objects of keypoints alone, two pictures of one stem. */
#include "ann_describe.h"

#define VOC(object) \
	"<annotation><filename>a</filename><size><width>20</width><height>10</height><depth>3</depth></" \
	"size><object>" object "</object></annotation>"
#define BOX "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox>"
#define COCO(picture, annotation) \
	"{\"images\": [{\"id\": 1, \"file_name\": \"" picture \
	"\"}], \"categories\": [{\"id\": 1, \"name\": \"cat\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, " \
	"\"category_id\": 1, " annotation "}]}"
#define OPEN_IMAGES \
	"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"

static void
test_a_stem_finds_its_picture_whatever_the_case_of_the_extension(void **state)
{
	static const described row[] = {
		{ "a list of VOC",
			{ "JPEGImages/a.Jpeg", "@20x10", "Annotations/a.xml", VOC("<name>cat</name>" BOX),
				"ImageSets/Main/train.txt", "a\n" },
			NULL, "a.Jpeg 20x10 train: cat 1,2 4x4", "cat" },
		{ "DOTA", { "images/a.PNG", "@20x10", "labelTxt/a.txt", "1 2 5 2 5 6 1 6 cat 0\n" }, NULL,
			"a.PNG 20x10: cat 1,2 4x4 quad (1,2)(5,2)(5,6)(1,6)", "cat" },
		{ "KITTI",
			{ "training/image_2/a.Bmp", "@20x10", "training/label_2/a.txt",
				"cat 0 0 -10 1 2 5 6 -1 -1 -1 -1000 -1000 -1000 -10\n" },
			NULL, "a.Bmp 20x10: cat 1,2 4x4", "cat" },
		{ "KITTI's tracks",
			{ "training/image_02/0000/000001.JPG", "@20x10", "training/label_02/0000.txt",
				"1 7 cat 0 0 -10 1 2 5 6 -1 -1 -1 -1000 -1000 -1000 -10\n" },
			NULL, "0000/000001.JPG 20x10: cat 1,2 4x4 track_id=7", "cat" },
		{ "ICDAR", { "a.TIF", "@20x10", "gt_a.txt", "1,2,5,6,\"x\"\n" }, NULL, "a.TIF 20x10: text 1,2 4x4 text=\"x\"",
			"text" },
		{ "NWPU", { "positive image set/001.JPG", "@20x10", "ground truth/001.txt", "(1,2),(5,6),1\n" }, NULL,
			"positive image set/001.JPG 20x10: airplane 1,2 4x4", NULL },
		{ "Open Images",
			{ "b1.TIF", "@20x10", "train-annotations-bbox.csv", OPEN_IMAGES "b1,x,/m/1,1,0.1,0.2,0.2,0.4,0,0,0,0,0\n" },
			NULL, "b1.TIF 20x10 train: /m/1 2,2 2x2", "/m/1" },
		{ "CSV", { "a.Png", "@20x10", "l.csv", "image_id,class,xmin,ymin,xmax,ymax\na,cat,1,2,5,6\n" }, NULL,
			"a.Png 20x10: cat 1,2 4x4", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* What was made on Windows does not tell a.JPG from a.jpg; where two could be meant, none is taken. */
static void
test_names_that_differ_in_case_alone(void **state)
{
	static const described row[] = {
		{ "COCO", { "images/a.png", "@20x10", "annotations/i.json", COCO("A.PNG", "\"bbox\": [1, 2, 4, 4]") }, NULL,
			"A.PNG 20x10: cat 1,2 4x4", "cat" },
		{ "CSV", { "Pic.png", "@20x10", "l.csv", "filename,class,xmin,ymin,xmax,ymax\npic.PNG,cat,1,2,5,6\n" }, NULL,
			"pic.PNG 20x10: cat 1,2 4x4", "cat" },
		{ "two could be meant",
			{ "images/a.png", "@20x10", "images/a.PNG", "@20x10", "annotations/i.json",
				COCO("A.png", "\"bbox\": [1, 2, 4, 4]") },
			NULL, "?A.png 0x0: cat 1,2 4x4", "cat" },
		{ "a name without extension",
			{ "images/a.png", "@20x10", "annotations/i.json", COCO("a", "\"bbox\": [1, 2, 4, 4]") }, NULL,
			"a 20x10: cat 1,2 4x4", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_signs_of_formats_in_names(void **state)
{
	static const described row[] = {
		{ "pictures of labels have the same names (Kaggle's salt)",
			{ "train/images/a.png", "@20x10", "train/masks/a.png", "@20x10", "train.csv", "id,rle_mask\na,12 3\n" },
			NULL, "train/images/a.png 20x10: object 1,1 1x3 mask 3", "object" },
		{ "a question mark is no address",
			{ "what?.png", "@20x10", "what", "x", "a.json",
				"[{\"image\": \"what?.png\", \"annotations\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 3, \"y\": "
				"4, "
				"\"width\": 4, \"height\": 4}}]}]" },
			NULL, "what?.png 20x10: cat 1,2 4x4", "cat" },
		{ "a line of a list with blanks that are of the name",
			{ "JPEGImages/ a.png", "@20x10", "Annotations/ a.xml", VOC("<name>cat</name>" BOX),
				"ImageSets/Main/train.txt", " a\r\n" },
			NULL, " a.png 20x10 train: cat 1,2 4x4", "cat" },
		{ "CSV: quotes after blanks, blanks within quotes",
			{ " a.png", "@20x10", "l.csv",
				"filename, class, xmin, ymin, xmax, ymax\n\" a.png\", \"cat\" , 1, 2, \"5\", 6\n" },
			NULL, " a.png 20x10: cat 1,2 4x4", "cat" },
		{ "Open Images: quotes around cells",
			{ "a,b.jpg", "@20x10", "train-annotations-bbox.csv",
				OPEN_IMAGES "\"a,b\",x,/m/1,1,0.1,0.2,0.2,0.4,0,0,0,0,0\n", "class-descriptions.csv",
				"/m/1,\"a \"\"b\"\"\"\n" },
			NULL, "a,b.jpg 20x10 train: a \"b\" 2,2 2x2", "a \"b\"" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_rows_of_label_maps(void **state)
{
	static const struct {
		const char *row, *name;
		int32_t colour;
	} row[] = { { "cat:1,2,3::", "cat", 0x010203 }, { "a:b:1,2,3:x,y:z", "a:b", 0x010203 },
		{ "a:1,2,3", "a", 0x010203 }, { "a:9,9,9:1,2,3::", "a:9,9,9", 0x010203 }, { "a:::", "a", -1 },
		{ "a:b::", "a", -1 }, { "a", "a", -1 }, { "a:1,2,256::", "a", -1 }, { ":", "", -1 }, { "", "", -1 } };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		ann_field name = { NULL, NULL };
		int32_t colour;
		ann_labelmap_row((ann_field){ row[i].row, row[i].row + strlen(row[i].row) }, &name, &colour);
		if (!ann_is(name, row[i].name) || colour != row[i].colour)
			fail_msg("'%s': '%.*s' %06x", row[i].row, (int)ann_len(name), name.p, (unsigned)colour);
	}
}

/* CVAT writes the turn of a box into an attribute where a format has no place for it. */
static void
test_turns_of_boxes_in_attributes(void **state)
{
	static const described row[] = {
		{ "COCO",
			{ "images/a.png", "@20x10", "annotations/i.json",
				COCO("a.png", "\"bbox\": [8, 3, 4, 2], \"attributes\": {\"occluded\": false, \"rotation\": 90.0}") },
			NULL, "a.png 20x10: cat 9,2 2x4 quad (11,2)(11,6)(9,6)(9,2) occluded=false", "cat" },
		{ "VOC",
			{ "a.png", "@20x10", "a.xml",
				VOC("<name>cat</name><bndbox><xmin>8</xmin><ymin>3</ymin><xmax>12</xmax><ymax>5</ymax></bndbox>"
					"<attributes><attribute><name>rotation</name><value>90.0</value></attribute></attributes>") },
			NULL, "a.png 20x10: cat 9,2 2x4 quad (11,2)(11,6)(9,6)(9,2)", "cat" },
		{ "none, and a whole one",
			{ "images/a.png", "@20x10", "annotations/i.json",
				COCO("a.png", "\"bbox\": [8, 3, 4, 2], \"attributes\": {\"rotation\": 360}") },
			NULL, "a.png 20x10: cat 8,3 4x2 rotation=360", "cat" },
		{ "of a polygon it is something else",
			{ "images/a.png", "@20x10", "annotations/i.json",
				COCO("a.png", "\"segmentation\": [[1, 1, 5, 1, 5, 5]], \"attributes\": {\"rotation\": 30}") },
			NULL, "a.png 20x10: cat 1,1 4x4 polygon (1,1)(5,1)(5,5) rotation=30", "cat" },
		{ "in CVAT's own XML an attribute is one of the user",
			{ "images/a.png", "@20x10", "annotations.xml",
				"<annotations><version>1.1</version><image id=\"0\" name=\"a.png\" width=\"20\" height=\"10\"><box "
				"label=\"c\" "
				"xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\"><attribute name=\"rotation\">30</attribute></box></image>"
				"</annotations>" },
			NULL, "a.png 20x10: c 1,2 2x2 rotation=30", "c" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
	static const char *const turned[] = { "images/a.png", "@20x10", "annotations/i.json",
		COCO("a.png", "\"bbox\": [8, 3, 4, 2], \"attributes\": {\"rotation\": 90}"), NULL };
	assert_noted(turned, "1 box has an attribute 'rotation', as CVAT writes it");
}

static void
test_places_in_other_shapes(void **state)
{
	static const described row[] = {
		{ "COCO: keypoints alone",
			{ "images/a.png", "@20x10", "annotations/i.json",
				COCO("a.png", "\"keypoints\": [1, 2, 2, 0, 0, 0, 5, 6, 1]") },
			NULL, "a.png 20x10: cat 1,2 4x4 coco.keypoints=[1, 2, 2, 0, 0, 0, 5, 6, 1]", "cat" },
		{ "COCO: a box of texts",
			{ "images/a.png", "@20x10", "annotations/i.json", COCO("a.png", "\"bbox\": [\"1\", \"2\", \"4.0\", 4]") },
			NULL, "a.png 20x10: cat 1,2 4x4", "cat" },
		{ "COCO: a box of words",
			{ "images/a.png", "@20x10", "annotations/i.json", COCO("a.png", "\"bbox\": [\"1\", \"x\", \"4\", 4]") },
			NULL, NULL, "i.json:1|number" },
		{ "VOC: a box of none of the known elements",
			{ "a.png", "@20x10", "a.xml", VOC("<name>cat</name><bndbox><x>1</x></bndbox>") }, NULL, NULL,
			"a.xml:1|xmin" },
		{ "CVAT: a polygon without points",
			{ "images/a.png", "@20x10", "annotations.xml",
				"<annotations><version>1.1</version><image id=\"0\" name=\"a.png\" width=\"20\" "
				"height=\"10\">\n<polygon "
				"label=\"c\" points=\"\"/></image></annotations>" },
			NULL, NULL, "annotations.xml:2|<polygon> without points" },
		{ "Label Studio before version 1",
			{ "a.png", "@20x10", "x.json",
				"[{\"id\": 1, \"data\": {\"image\": \"a.png\"}, \"completions\": [{\"id\": 1, \"result\": [{\"id\": "
				"\"r\", "
				"\"type\": \"rectanglelabels\", \"original_width\": 20, \"original_height\": 10, \"value\": {\"x\": "
				"10, "
				"\"y\": 10, \"width\": 20, \"height\": 40, \"rotation\": 0, \"rectanglelabels\": [\"cat\"]}}]}]}]" },
			NULL, "a.png 20x10: cat 2,1 4x4", "cat" },
		{ "Datumaro: a turned box, and one without its angle",
			{ "images/default/a.png", "@20x10", "annotations/default.json",
				"{\"info\": {}, \"categories\": {\"label\": {\"labels\": [{\"name\": \"cat\"}]}}, \"items\": [{\"id\": "
				"\"a\", "
				"\"annotations\": [{\"type\": \"rotated_bbox\", \"label_id\": 0, \"points\": [10, 4, 4, 2, 90]}, "
				"{\"type\": "
				"\"rotated_bbox\", \"label_id\": 0, \"points\": [10, 4, 4, 2]}], \"image\": {\"path\": \"a.png\"}}]}" },
			NULL, "images/default/a.png 20x10: cat 9,2 2x4 quad (11,2)(11,6)(9,6)(9,2)", "cat" },
		{ "Supervisely's pictures of masks are no pictures of the set",
			{ "meta.json", "{\"classes\": [{\"title\": \"cat\", \"shape\": \"rectangle\"}], \"tags\": []}",
				"d/img/a.png", "@20x10", "d/masks_machine/a.png", "@20x10", "d/ann/a.png.json",
				"{\"description\": \"\", \"tags\": [], \"size\": {\"height\": 10, \"width\": 20}, \"objects\": "
				"[{\"id\": 1, "
				"\"classTitle\": \"cat\", \"geometryType\": \"rectangle\", \"tags\": [], \"points\": {\"exterior\": "
				"[[1, 2], "
				"[3, 5]], \"interior\": []}}]}" },
			NULL, "d/img/a.png 20x10: cat 1,2 3x4", "cat" },
		{ "VOC: FAIR1M's objects within <objects>, their corners closed",
			{ "images/1.tif", "@20x10", "labelXml/1.xml",
				"<annotation><source><filename>1.tif</filename></source><size><width>20</width><height>10</"
				"height><depth>3</depth>"
				"</size><objects><object><coordinate>pixel</coordinate><possibleresult><name>A220</name><probability>1"
				"</probability></possibleresult><points><point>1.0,1.0</point><point>5.0,1.0</point><point>5.0,4.0</"
				"point>"
				"<point>1.0,4.0</point><point>1.0,1.0</point></points></object></objects></annotation>" },
			NULL,
			"1.tif 20x10 voc.source={\"filename\":\"1.tif\"}: A220 1,1 4x3 quad (1,1)(5,1)(5,4)(1,4) "
			"voc.coordinate=\"pixel\"",
			"A220" },
		{ "DOTA as it is published",
			{ "train/images/P1.png", "@20x10", "train/labelTxt-v1.0/labelTxt/P1.txt", "1 1 5 1 5 4 1 4 ship 0\n",
				"train/labelTxt-v1.0/Train_Task2_gt/P1.txt", "1 1 5 1 5 4 1 4 ship 0\n" },
			NULL, "P1.png 20x10 train: ship 1,1 4x3 quad (1,1)(5,1)(5,4)(1,4)", "ship" },
		{ "DOTA as MMRotate has it",
			{ "trainval/images/P1.png", "@20x10", "trainval/annfiles/P1.txt", "1 1 5 1 5 4 1 4 ship 0\n" }, NULL,
			"P1.png 20x10 trainval: ship 1,1 4x3 quad (1,1)(5,1)(5,4)(1,4)", "ship" },
		{ "KITTI's rows in folders images and labels (TAO)",
			{ "images/0.png", "@20x10", "images/1.png", "@20x10", "labels/0.txt", "", "labels/1.txt",
				"cat 0 0 0 1 2 5 6 0 0 0 0 0 0 0\n" },
			NULL,
			"0.png 20x10: | 1.png 20x10: cat 1,2 4x4 kitti.alpha=0 kitti.dimensions=[0,0,0] kitti.location=[0,0,0] "
			"kitti.rotation_y=0",
			"cat" },
		{ "texts of no format where masks should be", { "images/0.png", "@20x10", "labels/0.txt", "one two three\n" },
			NULL, NULL, "none of the known formats" },
		{ "COCO: an annotation without image_id",
			{ "images/a.png", "@20x10", "a.json",
				"{\"images\": [], \"categories\": [], \"annotations\": [{\"bbox\": [1, 2, 3, 4]}]}" },
			"coco", NULL, "an annotation without image_id" },
		{ "YOLO: what Ultralytics leaves in runs",
			{ "data.yaml", "train: images/train\nnames: [cat]\n", "images/train/a.png", "@20x10", "labels/train/a.txt",
				"0 .5 .5 .2 .2\n", "runs/detect/predict/a.png", "@20x10", "runs/detect/predict/labels/a.txt",
				"0 .1 .1 .1 .1 .9\n", "runs/detect/train/labels/b.txt", "0 .1 .1 .1 .1 .9\n" },
			NULL, "a.png 20x10 train: cat 8,4 4x2", "cat" },
		{ "labelImg: folders of other pictures are no background",
			{ "a.png", "@20x10", "b.png", "@20x10", "a.xml", VOC("<name>cat</name>" BOX), "thumbs/a.png", "@5x5" },
			NULL, "a.png 20x10: cat 1,2 4x4 | b.png 20x10:", "cat" },
		{ "LabelMe: what json_to_dataset leaves",
			{ "a.png", "@20x10", "a.json",
				"{\"shapes\": [{\"label\": \"cat\", \"points\": [[1, 1], [5, 1], [5, 5]], \"shape_type\": "
				"\"polygon\"}], "
				"\"imagePath\": \"a.png\"}",
				"a_json/img.png", "@20x10", "a_json/label.png", "@20x10" },
			NULL, "a.png 20x10: cat 1,1 4x4 polygon (1,1)(5,1)(5,5)", "cat" },
		{ "VOC: lists of classes whose list is not there",
			{ "JPEGImages/a.png", "@20x10", "Annotations/a.xml", VOC("<name>cat</name>" BOX),
				"ImageSets/Main/cat_trainval.txt", "a 1\n" },
			NULL, "a.png 20x10: cat 1,2 4x4", "cat" },
		{ "VOC: ImageNet's Data beside Annotations",
			{ "ILSVRC/Data/DET/train/s/n1.JPEG", "@20x10", "ILSVRC/Annotations/DET/train/s/n1.xml",
				VOC("<name>cat</name>" BOX) },
			NULL, "ILSVRC/DET/train/s/n1.JPEG 20x10: cat 1,2 4x4", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* Two pictures of one stem: an id of Datumaro tells them apart, an ImageID cannot. */
static void
test_two_pictures_of_one_stem(void **state)
{
	secant_err err = { 0 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "set/a.png", 20, 10, 1);
	put_picture(tmp, "set/a.jpg", 20, 10, 2);
	put(tmp, "set/l.csv", "filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,5,6\na.jpg,cat,2,2,5,6\n");
	secant_dataset *d = open_as(at(tmp, "set"), NULL);
	must_write(d, "datumaro", at(tmp, "o"));
	char *text = get(tmp, "o/annotations/default.json");
	assert_non_null(strstr(text, "{\"id\": \"a\""));
	assert_non_null(strstr(text, "{\"id\": \"a.jpg\""));
	secant_free(text);
	assert_described("again", at(tmp, "o"), NULL, "a.jpg 20x10: cat 2,2 3x4 | a.png 20x10: cat 1,2 4x4", "cat");
	assert_int_not_equal(write_as(d, "open-images", at(tmp, "p"), NULL, NULL, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "ImageID 'a'"));
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

/* A picture that EXIF turns, and a mask that nothing turned: no scaling puts that right. */
static void
test_masks_that_lie_on_their_side(void **state)
{
	static const int v[] = { 0, 1, 1, 0, 0, 1, 1, 0 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/a.png", 2, 4, 1);
	put_values(tmp, "masks/a.png", 4, 2, v, false);
	assert_refused("masks", tmp, "masks", "a.png|the mask is 4 x 2, its picture 2 x 4|on its side|turn the mask");
	remove_tree(tmp);
	secant_free(tmp);
}

/* Of a picture of classes nothing tells that an object was there which others cover: the report does. */
static void
test_objects_under_others_are_counted(void **state)
{
	static const char *const rows[] = { "a.png,cat,1,1,9,9\na.png,dog,2,2,4,4\n",
		"a.png,dog,2,2,4,4\na.png,cat,1,1,9,9\n" };
	secant_err err = { 0 };
	char *tmp = base_strdup(scratch_dir()), *report = NULL, csv[200];
	for (int i = 0; i < 2; i++) {
		put_picture(tmp, "set/a.png", 20, 10, 1);
		snprintf(csv, sizeof csv, "filename,class,xmin,ymin,xmax,ymax\n%s", rows[i]);
		put(tmp, "set/l.csv", csv);
		secant_dataset *d = open_as(at(tmp, "set"), NULL);
		assert_int_equal(write_as(d, "masks", at(tmp, "o"), NULL, &report, &err), SECANT_OK);
		bool said = strstr(report, "class of a picture that objects which follow cover wholly");
		assert_int_equal(said, i == 1);
		secant_free(report);
		secant_dataset_free(d);
		remove_tree(tmp);
	}
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stem_finds_its_picture_whatever_the_case_of_the_extension),
		cmocka_unit_test(test_names_that_differ_in_case_alone),
		cmocka_unit_test(test_signs_of_formats_in_names),
		cmocka_unit_test(test_rows_of_label_maps),
		cmocka_unit_test(test_turns_of_boxes_in_attributes),
		cmocka_unit_test(test_places_in_other_shapes),
		cmocka_unit_test(test_two_pictures_of_one_stem),
		cmocka_unit_test(test_objects_under_others_are_counted),
		cmocka_unit_test(test_masks_that_lie_on_their_side),
	};
	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
