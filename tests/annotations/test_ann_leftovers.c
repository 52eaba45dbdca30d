/* What formats of labelling tools have and the model has not: counted by its name, never gone without a word; and sets
 * of formats that nobody here reads, refused by name with a way out. */
#include "ann_describe.h"

#define LS_HEAD \
	"[{\"id\": 1, \"data\": {\"image\": \"/data/upload/1/ab12cd34-a.png\"}, \"annotations\": [{\"result\": ["
#define LS_SIZE \
	"\"original_width\": 20, \"original_height\": 10, \"value\": {\"x\": 10, \"y\": 10, \"width\": 20, \"height\": 40"
#define LS_CAT "{\"id\": \"r\", \"type\": \"rectanglelabels\", " LS_SIZE ", \"rectanglelabels\": [\"cat\"]}}"

static void
test_results_of_label_studio_that_are_no_labels_are_counted(void **state)
{
	static const char *const kinds[] = { "a.png", "@20x10", "e.json",
		LS_HEAD LS_CAT ", {\"id\": \"q\", \"type\": \"textarea\", \"value\": {\"text\": [\"x\"]}}, {\"id\": \"z\", "
					   "\"type\": \"rectangle\", " LS_SIZE "}}, {\"type\": \"relation\"}, {\"id\": \"y\", "
					   "\"type\": \"rectanglelabels\", " LS_SIZE ", \"rectanglelabels\": []}}]}]}]",
		NULL };
	static const char *const turned[] = { "a.png", "@20x10", "e.json",
		LS_HEAD "{\"id\": \"r\", \"type\": \"rectanglelabels\", \"image_rotation\": 90, " LS_SIZE
				", \"rectanglelabels\": [\"cat\"]}}]}]}]",
		NULL };
	assert_noted(
		kinds, "left out, since there is no place for it: 1 textarea, 1 rectangle, 1 relation, 1 unlabelled region");
	assert_noted(turned, "1 objects were drawn in a view that was turned");
}

/* A shape and its labels are two results of one id where they are two controls: one object, and nothing is lost. */
static void
test_shape_and_labels_of_one_id_are_one_object(void **state)
{
	static const described row[] = {
		{ "rectangle and labels",
			{ "a.png", "@20x10", "e.json",
				LS_HEAD "{\"id\": \"q\", \"type\": \"rectangle\", " LS_SIZE
						"}}, {\"id\": \"q\", \"type\": \"labels\", " LS_SIZE ", \"labels\": [\"cat\"]}}]}]}]" },
			NULL, "a.png 20x10: cat 2,1 4x4", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_tables_of_label_studio(void **state)
{
#define CELL \
	"\"[{\"\"x\"\": 10, \"\"y\"\": 10, \"\"width\"\": 20, \"\"height\"\": 40, \"\"rotation\"\": 0, " \
	"\"\"rectanglelabels\"\": [\"\"cat\"\"], \"\"original_width\"\": 20, \"\"original_height\"\": 10}]\""
	static const described row[] = {
		{ "the label column is JSON, not a class",
			{ "images/a.png", "@20x10", "images/b.png", "@20x10", "export.csv",
				"annotation_id,annotator,created_at,id,image,label,lead_time\n1,1,2024-01-01,1,/data/upload/1/"
				"ab12cd34-a.png," CELL ",1.5\n2,1,2024-01-01,2,/data/upload/1/ab12cd34-b.png,,1\n" },
			NULL, "images/a.png 20x10: cat 2,1 4x4 | images/b.png 20x10:", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
	static const char *const choice[] = { "images/a.png", "@20x10", "export.csv",
		"annotation_id,annotator,image,label,weather,lead_time\n1,1,a.png," CELL ",sunny,1\n", NULL };
	assert_noted(choice, "1 weather");
}

static void
test_regions_that_leave_a_choice_say_it(void **state)
{
#define VIA(attributes) \
	"{\"a.png1\": {\"filename\": \"a.png\", \"size\": 1, \"file_attributes\": {}, \"regions\": " \
	"[{\"shape_attributes\": " \
	"{\"name\": \"rect\", \"x\": 1, \"y\": 2, \"width\": 3, \"height\": 4}, \"region_attributes\": " attributes "}]}}"
	static const char *const boxes[] = { "a.png", "@20x10", "v.json", VIA("{\"type\": {\"cat\": true, \"dog\": true}}"),
		NULL };
	static const char *const nameless[] = { "a.png", "@20x10", "v.json",
		VIA("{\"colour\": \"red\", \"size\": \"big\"}"), NULL };
	static const char *const untagged[] = { "a.png", "@20x10", "p.json",
		"{\"asset\": {\"name\": \"a.png\", \"size\": {\"width\": 20, \"height\": 10}}, \"regions\": [{\"id\": \"1\", "
		"\"type\": \"RECTANGLE\", \"tags\": [], \"boundingBox\": {\"left\": 1, \"top\": 2, \"width\": 3, \"height\": "
		"4}, "
		"\"points\": []}]}",
		NULL };
	assert_noted(boxes, "1 regions have several boxes checked");
	assert_noted(nameless, "1 regions are of class 'object': none of their attributes ('colour', ...)");
	assert_noted(untagged, "1 untagged region");
}

#define SLY(objects) \
	"{\"description\": \"\", \"tags\": [], \"size\": {\"height\": 10, \"width\": 20}, \"objects\": [" objects "]}"
#define SLY_META "{\"classes\": [{\"title\": \"cat\", \"shape\": \"any\", \"color\": \"#FF0000\"}], \"tags\": []}"
#define SLY_RECTANGLE \
	"{\"classTitle\": \"cat\", \"geometryType\": \"rectangle\", \"tags\": [], \"points\": {\"exterior\": [[1, 2], " \
	"[3, 5]], " \
	"\"interior\": []}}"
#define DATUMARO(annotations) \
	"{\"info\": {}, \"categories\": {\"label\": {\"labels\": [{\"name\": \"cat\", \"parent\": \"\"}]}}, \"items\": " \
	"[{\"id\": " \
	"\"a\", \"annotations\": [" annotations "], \"attr\": {}, \"image\": {\"path\": \"a.png\", \"size\": [10, 20]}}]}"

static void
test_geometry_that_others_have(void **state)
{
	static const described row[] = {
		{ "Supervisely: nodes of a graph are points, cuboids are counted",
			{ "meta.json", SLY_META, "ds/img/a.png", "@20x10", "ds/ann/a.png.json",
				SLY(SLY_RECTANGLE
					", {\"classTitle\": \"cat\", \"geometryType\": \"graph\", \"nodes\": {\"p\": {\"loc\": [4, "
					"5]}, \"q\": {\"loc\": [6, 7]}}}, {\"classTitle\": \"cat\", \"geometryType\": \"cuboid\", "
					"\"points\": []}") },
			NULL, "ds/img/a.png 20x10: cat 1,2 3x4; cat 4,5 2x2 points (4,5)(6,7)", "cat" },
		{ "Supervisely: a folder whose name ends in ann",
			{ "scann/meta.json", SLY_META, "scann/ds/img/a.png", "@20x10", "scann/ds/ann/a.png.json",
				SLY(SLY_RECTANGLE), "scann/dt/img/a.png", "@20x10", "scann/dt/ann/a.png.json", SLY("") },
			NULL, "scann/ds/img/a.png 20x10: cat 1,2 3x4 | scann/dt/img/a.png 20x10:", "cat" },
		{ "datumaro: an ellipse by the corners around it",
			{ "images/default/a.png", "@20x10", "annotations/default.json",
				DATUMARO(
					"{\"id\": 0, \"type\": \"ellipse\", \"attributes\": {}, \"group\": 0, \"label_id\": 0, \"points\": "
					"[2, 2, 3, 3]}") },
			NULL,
			"images/default/a.png 20x10: cat 2,2 1x1 polygon "
			"(3,2.5)(2.9619,2.6913)(2.8536,2.8536)(2.6913,2.9619)(2.5,3)(2.3087,2.9619)(2.1464,2.8536)(2.0381,2.6913).."
			". 16",
			"cat" },
		{ "CreateML as Turi Create wrote it",
			{ "a.png", "@20x10", "a.json",
				"[{\"imagefilename\": \"a.png\", \"annotation\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 2, "
				"\"y\": 3, "
				"\"width\": 2, \"height\": 4}}]}]" },
			NULL, "a.png 20x10: cat 1,1 2x4", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
	static const char *const cuboid[] = { "meta.json", SLY_META, "ds/img/a.png", "@20x10", "ds/ann/a.png.json",
		SLY(SLY_RECTANGLE ", {\"classTitle\": \"cat\", \"geometryType\": \"cuboid\", \"points\": []}"), NULL };
	static const char *const caption[] = { "images/default/a.png", "@20x10", "annotations/default.json",
		DATUMARO(
			"{\"id\": 0, \"type\": \"caption\", \"caption\": \"x\"}, {\"id\": 1, \"type\": \"caption\", \"caption\": "
			"\"y\"}"),
		NULL };
	assert_noted(cuboid, "left out, since there is no place for it: 1 cuboid");
	assert_noted(caption, "2 caption");
}

static void
put_rgb(const char *folder, const char *name, const uint8_t *pixels, int w, int h)
{
	secant_image im;
	secant_err err = { 0 };
	void *data;
	size_t n;
	assert_int_equal(secant_image_new(&im, w, h, 3, SECANT_U8, &err), 0);
	memcpy(im.data, pixels, 3 * (size_t)w * (size_t)h);
	assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
	put_bytes(folder, name, data, n);
	secant_image_free(&im);
	secant_free(data);
}

/* Parts of full ADE20K are objects on request, named by the lines of their level; else a note says they are there. */
static void
test_parts_of_ade20k_on_request(void **state)
{
	static const uint8_t seg[24] = { 0, 7, 1, 0, 7, 1, 0, 7, 1, 0, 0, 0 }, parts[24] = { 0, 9, 1, 0, 0, 0 };
	static const char *const expected[] = { "ADE_1.jpg 4x2: car 0,0 3x1 mask 3",
		"ADE_1.jpg 4x2: car 0,0 3x1 mask 3; wheel 0,0 1x1 mask 1 occluded=true part_level=1" };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "ADE_1.jpg", 4, 2, 9);
	put(tmp, "ADE_1_atr.txt", "001 # 0 # 0 # car # car # \"\"\n001 # 1 # 1 # wheel # wheel # \"\"\n");
	put_rgb(tmp, "ADE_1_seg.png", seg, 4, 2);
	put_rgb(tmp, "ADE_1_parts_1.png", parts, 4, 2);
	for (int k = 0; k < 2; k++) {
		secant_dataset_reading r;
		secant_err err = { 0 };
		assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err), 0);
		r.parts = k;
		secant_dataset *d = secant_dataset_open(tmp, &r, NULL, &err);
		if (!d)
			fail_msg("%s", err.msg);
		char *got = describe(d);
		assert_string_equal(got, expected[k]);
		assert_true(secant_dataset_notes(d) == !k);
		secant_free(got);
		secant_dataset_free(d);
		secant_opts_free(&secant_dataset_reading_options, &r);
	}
	remove_tree(tmp);
	secant_free(tmp);
}

#define COCO_ONE(picture, annotation) \
	"{\"images\": [{\"id\": 1, " picture "\"width\": 20, \"height\": 10}], \"categories\": [{\"id\": 1, \"name\": " \
	"\"cat\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, " annotation "}]}"

/* What a file says in another way than most: read as its authors meant it. */
static void
test_places_and_names_by_other_habits(void **state)
{
	static const described row[] = {
		{ "COCO: corners where sizes should stand, which the shape shows",
			{ "images/a.png", "@20x10", "c.json",
				COCO_ONE("\"file_name\": \"a.png\", ",
					"\"bbox\": [12, 5, 18, 9], \"segmentation\": [[12, 5, 18, 5, 18, 9]]") },
			NULL, "a.png 20x10: cat 12,5 6x4 polygon (12,5)(18,5)(18,9)", "cat" },
		{ "LVIS: the address of a picture ends in its name",
			{ "images/a.png", "@20x10", "c.json",
				COCO_ONE("\"coco_url\": \"http://x.org/val2017/a.png\", ", "\"bbox\": [1, 2, 3, 4]") },
			NULL, "a.png 20x10 coco.coco_url=\"http://x.org/val2017/a.png\": cat 1,2 3x4", "cat" },
		{ "CSV: decimal commas between semicolons",
			{ "a.png", "@20x10", "b.csv", "filename;xmin;ymin;xmax;ymax;class\na.png;1,5;2;4,5;6;cat\n" }, NULL,
			"a.png 20x10: cat 1.5,2 3x4", "cat" },
		{ "CSV: classes.csv numbers the classes",
			{ "a.png", "@20x10", "b.csv", "a.png,1,2,4,6,cat\n", "classes.csv", "dog,0\ncat,1\n" }, NULL,
			"a.png 20x10: cat 1,2 3x4", "dog|cat" },
		{ "Supervisely: a.json for a.png",
			{ "meta.json", SLY_META, "ds/img/a.png", "@20x10", "ds/ann/a.json", SLY(SLY_RECTANGLE) }, NULL,
			"ds/img/a.png 20x10: cat 1,2 3x4", "cat" },
		{ "ICDAR MLT: a script before the text, also before what nobody is to judge",
			{ "images/a.png", "@20x10", "gt/gt_a.txt", "1,1,4,1,4,3,1,3,Latin,Hello\n5,1,9,1,9,3,5,3,Arabic,###\n" },
			NULL,
			"images/a.png 20x10: text 1,1 3x2 quad (1,1)(4,1)(4,3)(1,3) script=\"Latin\" text=\"Hello\"; text 5,1 4x2 "
			"quad "
			"(5,1)(9,1)(9,3)(5,3) void script=\"Arabic\"",
			"text" },
		{ "YOLO: labels in capitals",
			{ "images/a.png", "@20x10", "labels/a.TXT", "0 0.5 0.5 0.1 0.2\n", "data.yaml",
				"names: [cat]\ntrain: images\n" },
			NULL, "a.png 20x10 train: cat 9,4 2x2", "cat" },
		{ "YOLO: lists that share a place, but not all",
			{ "a/images/a.png", "@20x10", "a/labels/a.txt", "", "b/images/b.png", "@20x10", "b/labels/b.txt",
				"0 0.5 0.5 0.1 0.2\n", "data.yaml", "names: [cat]\ntrain: [a/images, b/images]\nval: b/images\n" },
			NULL, "a/images/a.png 20x10 train: | b/images/b.png 20x10 train val: cat 9,4 2x2", "cat" },
		{ "KITTI tracking: frame and track before the type",
			{ "training/image_02/0000/000003.png", "@20x10", "training/label_02/0000.txt",
				"3 7 Car 0 0 -10 1 2 4 6 -1 -1 -1 -1000 -1000 -1000 -10\n3 -1 DontCare -1 -1 -10 5 2 9 6 -1 -1 -1 "
				"-1000 -1000 "
				"-1000 -10\n" },
			NULL, "0000/000003.png 20x10: Car 1,2 3x4 track_id=7; DontCare 5,2 4x4 void", "Car|DontCare" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
	static const char *const corners[] = { "images/a.png", "@20x10", "c.json",
		COCO_ONE("\"file_name\": \"a.png\", ", "\"bbox\": [12, 5, 18, 9], \"segmentation\": [[12, 5, 18, 5, 18, 9]]"),
		NULL };
	assert_noted(corners, "1 box has two corners where width and height should stand");
}

/* Cityscapes' own classes: regions (road) have the bare class in the map of instances, things (car) class * 1000 + n.
 */
static void
test_instances_of_cityscapes_as_published(void **state)
{
	char *tmp = base_strdup(scratch_dir()), path[600];
	put_picture(tmp, "s/images/a.png", 20, 10, 9);
	put(tmp, "s/c.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}], \"categories\": "
		"[{\"id\": 1, "
		"\"name\": \"road\"}, {\"id\": 2, \"name\": \"car\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, "
		"\"category_id\": "
		"1, \"bbox\": [0, 0, 2, 2]}, {\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"bbox\": [4, 0, 2, 2]}, "
		"{\"id\": 3, "
		"\"image_id\": 1, \"category_id\": 2, \"bbox\": [8, 0, 2, 2]}, {\"id\": 4, \"image_id\": 1, \"category_id\": "
		"2, "
		"\"bbox\": [12, 0, 2, 2]}]}");
	secant_dataset *d = open_as(at(tmp, "s"), NULL);
	must_write(d, "cityscapes", at(tmp, "o"));
	secant_dataset_free(d);
	secant_image im;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/gtFine/all/all/a_gtFine_instanceIds.png", at(tmp, "o"));
	if (secant_image_read(&im, path, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(im.dtype, SECANT_U16);
	const uint16_t *v = im.data;
	assert_true(v[0] == 7 && v[4] == 7 && v[8] == 26000 && v[12] == 26001 && v[19] == 0);
	secant_image_free(&im);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_formats_that_are_not_read_are_named(void **state)
{
	static const described row[] = {
		{ "KITTI raw",
			{ "2011_drive/image_02/data/0.png", "@20x10", "2011_drive/tracklet_labels.xml", "<boost_serialization/>" },
			NULL, NULL, "tracklets of KITTI|label_2" },
		{ "Labelbox", { "a.png", "@20x10", "e.ndjson", "{\"data_row\": {\"id\": \"x\"}, \"projects\": {}}\n" }, NULL,
			NULL, "Labelbox|COCO" },
		{ "SageMaker",
			{ "a.png", "@20x10", "output.manifest",
				"{\"source-ref\": \"s3://b/a.png\", \"bb\": {}, \"bb-metadata\": {}}\n" },
			NULL, NULL, "SageMaker|csv" },
		{ "BDD100K",
			{ "a.png", "@20x10", "l.json",
				"[{\"name\": \"a.png\", \"labels\": [{\"category\": \"car\", \"box2d\": {\"x1\": 1}}]}]" },
			NULL, NULL, "BDD100K|COCO" },
		{ "VoTT 1", { "a.png", "@20x10", "a.json", "{\"frames\": {}, \"inputTags\": \"cat\", \"visitedFrames\": []}" },
			NULL, NULL, "VoTT of version 1" },
		{ "SpaceNet", { "a.tif", "@20x10", "s.csv", "ImageId,PolygonWKT_Pix\na,\"POLYGON ((1 1, 2 2))\"\n" }, NULL,
			NULL, "SpaceNet" },
		{ "Total-Text", { "a.png", "@20x10", "gt/poly_gt_a.txt", "x: [[1 2 3]], y: [[1 2 3]], ornt: [u'c'], t\n" },
			NULL, NULL, "Total-Text|icdar" },
		{ "results of a detector",
			{ "a.png", "@20x10", "r.json",
				"[{\"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4], \"score\": 0.5}]" },
			NULL, NULL, "COCO results|data eval" },
		{ "Keras YOLO", { "train/a.png", "@20x10", "train/_annotations.txt", "a.png 1,2,3,4,0\n" }, NULL, NULL,
			"Keras YOLO|COCO" },
		{ "language models",
			{ "dataset/a.png", "@20x10", "dataset/_annotations.train.jsonl",
				"{\"image\":\"a.png\",\"prefix\":\"detect cat\",\"suffix\":\"<loc0100><loc0100><loc0500><loc0500> "
				"cat\"}\n" },
			NULL, NULL, "language model|COCO" },
		{ "lists with pictures beside their masks are no classes",
			{ "train/1_sat.png", "@20x10", "train/1_mask.png", "@20x10", "valid/2_sat.png", "@20x10" }, NULL, NULL,
			"none of the known formats" },
		{ "folders of classes", { "train/cat/a.png", "@20x10", "train/dog/b.png", "@20x10" }, NULL, NULL, "ImageNet" },
		{ "a folder a picture, a mask an object",
			{ "train/id1/images/id1.png", "@20x10", "train/id1/masks/m1.png", "@20x10", "train/id1/masks/m2.png",
				"@20x10" },
			NULL, NULL, "a mask for each object|one PNG" },
		{ "masks without pictures", { "labelmap.txt", "cat:1,2,3::\n", "SegmentationClass/a.png", "@20x10" }, NULL,
			NULL, "masks without pictures|CVAT" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results_of_label_studio_that_are_no_labels_are_counted),
		cmocka_unit_test(test_shape_and_labels_of_one_id_are_one_object),
		cmocka_unit_test(test_tables_of_label_studio),
		cmocka_unit_test(test_regions_that_leave_a_choice_say_it),
		cmocka_unit_test(test_geometry_that_others_have),
		cmocka_unit_test(test_parts_of_ade20k_on_request),
		cmocka_unit_test(test_instances_of_cityscapes_as_published),
		cmocka_unit_test(test_places_and_names_by_other_habits),
		cmocka_unit_test(test_formats_that_are_not_read_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
