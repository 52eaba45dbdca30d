/*
 * The acceptance examples, one test each, named by their numbers: 1 to 3 and 6 to 9 and 15 here; 4 in test_ann_nwpu.c,
 * 5 in test_ann_formats.c, 10 and 11 in test_ann_eval.c, 16 in test_ann_rules.c; 12 to 14 are about augmentation.
 */
#include "ann_check.h"
#include "ann_nwpu.h"
#include "base/hash.h"
#include "codec/tiff.h"
#include <locale.h>

static char *tmp; /* of all examples */
static bool have_nwpu;

static int
set_up(void **state)
{
	tmp = base_strdup(scratch_dir());
	have_nwpu = load_nwpu();
	if (have_nwpu)
		rebuild_nwpu(at(tmp, "NWPU VHR-10 dataset"));
	return 0;
}

static int
tear_down(void **state)
{
	remove_tree(tmp);
	secant_free(tmp);
	return 0;
}

static void
need_nwpu(void)
{
	if (!have_nwpu)
		skip_without(data_path("nwpu-vhr-10/annotations.json"));
}

static void
write_linked(secant_dataset *d, const char *to, const char *out)
{
	static const char *const link[] = { "link", "hardlink", "voc-folder", "VOC", NULL };
	secant_err err = { 0 };
	if (write_as(d, to, out, link, NULL, &err))
		fail_msg("%s", err.msg);
}

static int
count_lines(const char *text)
{
	int n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void
assert_recipe(const char *voc)
{
	char *first = get(voc, "Annotations/000001.xml"), *negative = get(voc, "Annotations/000651.xml"),
		 *train = get(voc, "ImageSets/Main/train.txt"), *val = get(voc, "ImageSets/Main/val.txt"),
		 *all = get(voc, "ImageSets/Main/trainval.txt"), *classes = get(voc, "nwpu_classes.json");
	assert_string_equal(first,
		"<annotation>\n  <folder>VOC</folder>\n  <filename>000001.jpg</filename>\n  <size>\n    <width>958</width>\n   "
		" <height>808</height>\n"
		"    <depth>1</depth>\n  </size>\n  <object>\n    <name>airplane</name>\n    <pose>unspecified</pose>\n    "
		"<truncated>0</truncated>\n    <difficult>0</difficult>\n"
		"    <bndbox>\n      <xmin>563</xmin>\n      <ymin>485</ymin>\n      <xmax>629</xmax>\n      "
		"<ymax>571</ymax>\n    </bndbox>\n  </object>\n</annotation>\n");
	assert_string_equal(negative,
		"<annotation>\n  <folder>VOC</folder>\n  <filename>000651.jpg</filename>\n  <size>\n    <width>40</width>\n    "
		"<height>30</height>\n"
		"    <depth>1</depth>\n  </size>\n</annotation>\n");
	assert_int_equal(count_lines(train), 640);
	assert_int_equal(count_lines(val), 160);
	assert_int_equal(count_lines(all), 800);
	assert_non_null(strstr(classes, "\"airplane\": 1,"));
	assert_non_null(strstr(classes, "\"vehicle\": 10\n"));
	/* the same lists on every machine: their first names are fixed here */
	assert_true(!strncmp(train, "000001\n", 7) || !strncmp(val, "000001\n", 7));
	secant_free(first), secant_free(negative), secant_free(train), secant_free(val), secant_free(all),
		secant_free(classes);
}

/* 800 in, 800 out; 650 XML with objects, 150 without; every box, vehicle 604. The counts of the text files are a
 * profile with a name. */
static void
example_1_nwpu_to_voc(void **state)
{
	need_nwpu();
	secant_dataset *d = open_as(at(tmp, "NWPU VHR-10 dataset"), NULL);
	assert_string_equal(secant_dataset_format_name(d), "nwpu");
	write_linked(d, "voc", at(tmp, "VOC"));
	secant_dataset_free(d);
	assert_recipe(at(tmp, "VOC"));
	d = open_as(at(tmp, "VOC"), NULL);
	assert_nwpu_boxes(d, "%06d");
	int vehicles = 0, empty = 0;
	secant_annotation a;
	secant_dataset_item p;
	for (int i = 0; secant_dataset_picture(d, i, &p); i++) {
		empty += !p.objects;
		for (int k = 0; secant_dataset_object(d, i, k, &a); k++)
			vehicles += !strcmp(a.class_name, "vehicle");
	}
	assert_int_equal(vehicles, 604);
	assert_int_equal(empty, NEGATIVES);
	secant_dataset_free(d);
	secant_check *c = check_with(at(tmp, "VOC"), "profile", "nwpu-text");
	assert_true(found(c, "count-profile", I, "'vehicle': 604 objects, profile nwpu-text has 598"));
	assert_false(found(c, "count-profile", I, "'airplane'"));
	assert_int_equal(secant_check_count(c, SECANT_FINDING_ERROR), 0);
	secant_check_free(c);
}

/* 640 and 160, the same on every machine: the bytes of the lists are fixed here, and no locale changes them. */
static void
example_2_split(void **state)
{
	need_nwpu();
	secant_dataset *d = open_as(at(tmp, "NWPU VHR-10 dataset"), NULL);
	for (int turn = 0; turn < 2; turn++) {
		char *out = at(tmp, turn ? "split-c" : "split-other");
		(void)setlocale(LC_ALL, turn ? "C" : "");
		const char *const set[] = { "pictures", "false", NULL };
		secant_err err = { 0 };
		assert_int_equal(write_as(d, "voc", out, set, NULL, &err), 0);
		(void)setlocale(LC_ALL, "C");
		char *train = get(out, "ImageSets/Main/train.txt"), *val = get(out, "ImageSets/Main/val.txt"),
			 *manifest = get(out, "secant.json");
		assert_int_equal(count_lines(train), 640);
		assert_int_equal(count_lines(val), 160);
		assert_int_equal(base_fnv1a(val, strlen(val)), 0xf05942aa338de53bu);
		assert_non_null(strstr(manifest, "Fisher-Yates, Philox4x32-10\", \"train_ratio\": 0.8, \"seed\": 0}"));
		secant_free(train), secant_free(val), secant_free(manifest);
	}
	secant_dataset_free(d);
}

/* There and back through VOC, COCO, YOLO and more: every picture, every box, not a digit moved. */
static void
example_3_round_trips(void **state)
{
	need_nwpu();
	static const char *const chain[] = { "nwpu", "voc", "coco", "yolo", "csv", "kitti", "cvat", "voc" };
	char from[300], to[300];
	snprintf(from, sizeof from, "%s/NWPU VHR-10 dataset", tmp);
	for (size_t i = 1; i <= sizeof chain / sizeof *chain; i++) {
		secant_dataset *d = open_as(from, NULL);
		assert_string_equal(secant_dataset_format_name(d), chain[i - 1]);
		assert_nwpu_boxes(d, i > 1 ? "%06d" : "%03d");
		if (i < sizeof chain / sizeof *chain) {
			snprintf(to, sizeof to, "%s/step%zu", tmp, i);
			write_linked(d, chain[i], to);
			memcpy(from, to, sizeof from);
		}
		secant_dataset_free(d);
	}
}

static void
example_6_the_published_coco_file(void **state)
{
	need_nwpu();
	static const int expected[] = { 757, 298, 662, 391, 524, 159, 163, 239, 124, 604 };
	int count[10] = { 0 };
	for (int i = 0; i < BOXES; i++)
		count[boxes[i].class]++;
	assert_memory_equal(count, expected, sizeof count);
	secant_err err = { 0 };
	secant_check *c = secant_dataset_check(data_path("nwpu-vhr-10/annotations.json"), NULL, NULL, NULL, &err);
	assert_non_null(c);
	assert_int_equal(secant_check_count(c, SECANT_FINDING_ERROR), 0);
	char *report = secant_check_report(c, NULL);
	assert_non_null(strstr(report, "counts are those of profile nwpu-coco"));
	secant_free(report);
	secant_check_free(c);
}

/* A small set for what follows: two pictures with objects, one without; fractions; a class that no object has. */
static secant_dataset *
small_set(void)
{
	if (!secant_is_dir(at(tmp, "small"))) {
		put(at(tmp, "small"), "annotations/instances_train.json",
			"{\"images\": [{\"id\": 5, \"file_name\": \"b.png\", \"width\": 40, \"height\": 30}, {\"id\": 9, "
			"\"file_name\": \"a.png\", "
			"\"width\": 40, \"height\": 30}], \"categories\": [{\"id\": 3, \"name\": \"zebra\"}, {\"id\": 1, \"name\": "
			"\"ant\"}, {\"id\": 7, \"name\": \"never\"}], \"annotations\": [{\"id\": 1, "
			"\"image_id\": 5, \"category_id\": 3, \"bbox\": [1.25, 2.5, 10.25, 11], \"area\": 112.75, \"iscrowd\": 0, "
			"\"segmentation\": []}, {\"id\": 2, \"image_id\": 9, \"category_id\": 1, "
			"\"bbox\": [3, 4, 5, 6], \"area\": 30, \"iscrowd\": 0, \"segmentation\": []}]}");
		put(at(tmp, "small"), "annotations/instances_val.json",
			"{\"images\": [{\"id\": 2, \"file_name\": \"none.png\", \"width\": 40, \"height\": 30}], \"categories\": "
			"[{\"id\": 3, \"name\": "
			"\"zebra\"}, {\"id\": 1, \"name\": \"ant\"}, {\"id\": 7, \"name\": \"never\"}], \"annotations\": []}");
		put_picture(at(tmp, "small"), "images/a.png", 40, 30, 1);
		put_picture(at(tmp, "small"), "images/b.png", 40, 30, 2);
		put_picture(at(tmp, "small"), "images/none.png", 40, 30, 3);
	}
	return open_as(at(tmp, "small"), NULL);
}

static void
example_7_twice_gives_the_same_bytes(void **state)
{
	const char *name;
	bool writes;
	secant_dataset *d = small_set();
	for (int i = 0; secant_dataset_format(i, &name, NULL, NULL, &writes); i++) {
		if (!writes)
			continue;
		char one[300], two[300];
		snprintf(one, sizeof one, "%s/once-%s", tmp, name);
		snprintf(two, sizeof two, "%s/twice-%s", tmp, name);
		write_linked(d, name, one);
		write_linked(d, name, two);
		assert_same_tree(one, two);
	}
	secant_dataset_free(d);
}

/* Numbers of classes survive every format, whatever comes first and whether a class has objects. */
static void
example_8_class_ids(void **state)
{
	static const char *const formats[] = { "voc", "coco", "yolo", "csv", "dota", "kitti", "cvat", "labelme" };
	secant_dataset *d = small_set();
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		char out[300];
		snprintf(out, sizeof out, "%s/ids-%s", tmp, formats[i]);
		write_linked(d, formats[i], out);
		secant_dataset *back = open_as(out, NULL);
		assert_int_equal(secant_dataset_classes(back), 3);
		static const struct {
			const char *name;
			int id;
		} truth[] = { { "zebra", 3 }, { "ant", 1 }, { "never", 7 } };
		for (int k = 0; k < 3; k++) {
			assert_string_equal(secant_dataset_class_name(back, k), truth[k].name);
			assert_int_equal(secant_dataset_class_id(back, k), truth[k].id);
		}
		secant_dataset_free(back);
	}
	secant_dataset_free(d);
}

static void
example_9_pictures_without_objects(void **state)
{
	const char *name;
	bool writes;
	secant_dataset *d = small_set();
	secant_dataset_item p;
	for (int i = 0; secant_dataset_format(i, &name, NULL, NULL, &writes); i++) {
		if (!writes)
			continue;
		char out[300];
		snprintf(out, sizeof out, "%s/empty-%s", tmp, name);
		write_linked(d, name, out);
		secant_dataset *back = open_as(out, NULL);
		int n = 0;
		for (int k = 0; secant_dataset_picture(back, k, &p); k++)
			n += p.objects == 0;
		if (n != 1 || secant_dataset_count(back) != 3)
			fail_msg("%s: %d pictures, %d without objects", name, secant_dataset_count(back), n);
		secant_dataset_free(back);
	}
	secant_err err = { 0 };
	assert_int_equal(secant_dataset_select(d, "val", &err), 0);
	assert_true(secant_dataset_count(d) == 1 && secant_dataset_picture(d, 0, &p) && p.objects == 0);
	secant_dataset_free(d);
}

/* A GeoTIFF of 1024 squared, windows of 512 with overlap 64: every pixel is covered, tiles and whole lie where they lay
 * on earth. */
static void
example_15_tile_and_untile_a_geotiff(void **state)
{
	static const double matrix[16] = { 2, 0, 0, 500000, 0, -2, 0, 4000000, 0, 0, 0, 0, 0, 0, 0, 1 };
	enum { DOUBLE = 12 }; /* TIFF's number of the type */
	secant_geo geo = { .n = 1, .tag = { { 34264, DOUBLE, 16, (void *)(uintptr_t)matrix } } };
	secant_err err = { 0 };
	secant_image im, back;
	void *data;
	size_t n;
	double t[6];
	assert_int_equal(secant_image_new(&im, 1024, 1024, 4, SECANT_U16, &err), 0);
	for (int i = 0; i < 1024 * 1024 * 4; i++)
		((uint16_t *)im.data)[i] = (uint16_t)(i / 4096 * 31 + i % 4096 * 17);
	assert_int_equal(secant_image_set_geo(&im, &geo, &err), 0);
	assert_int_equal(secant_image_encode(&im, "tif", &data, &n, NULL, &err), 0);
	put_bytes(at(tmp, "geo"), "images/big.tif", data, n);
	secant_free(data);
	put(at(tmp, "geo"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\nbig.tif,1024,1024,c,430,300,530,340\nbig.tif,1024,1024,c,900,"
		"900,1024,1024\n");
	secant_dataset *d = open_as(at(tmp, "geo"), NULL);
	secant_dataset_tiling tiling;
	secant_dataset_writing writing;
	assert_int_equal(secant_opts_init(&secant_dataset_tiling_options, &tiling, &err)
			| secant_opts_init(&secant_dataset_writing_options, &writing, &err),
		0);
	assert_int_equal(secant_opts_set(&secant_dataset_tiling_options, &tiling, "size", "512", &err)
			| secant_opts_set(&secant_dataset_tiling_options, &tiling, "overlap", "64", &err)
			| secant_opts_set(&secant_dataset_tiling_options, &tiling, "keep", "0", &err)
			| secant_opts_set(&secant_dataset_writing_options, &writing, "to", "csv", &err)
			| secant_opts_set(&secant_dataset_writing_options, &writing, "out", at(tmp, "tiles"), &err),
		0);
	if (secant_dataset_tile(d, &tiling, &writing, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	secant_dataset_free(d);
	d = open_as(at(tmp, "tiles"), NULL);
	assert_int_equal(secant_dataset_count(d), 9);
	secant_dataset_item p;
	int last = secant_dataset_find(d, "big_512_512");
	assert_true(secant_dataset_picture(d, last, &p) && p.width == 512);
	assert_int_equal(secant_image_read(&back, p.path, NULL, &err), 0);
	assert_true(secant_image_geo(&back) && secant_geo_transform(secant_image_geo(&back), t) && t[0] == 500000 + 1024
		&& t[3] == 4000000 - 1024 && t[1] == 2);
	secant_image_free(&back);
	secant_dataset_free(d);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &writing, "out", at(tmp, "whole"), &err), 0);
	if (secant_dataset_untile(at(tmp, "tiles"), NULL, &writing, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(secant_image_read(&back, at(tmp, "whole/images/big.tif"), NULL, &err), 0);
	assert_true(back.channels == 4 && back.dtype == SECANT_U16);
	assert_memory_equal(back.data, im.data, 1024 * 1024 * 8);
	assert_true(secant_image_geo(&back) && secant_geo_transform(secant_image_geo(&back), t) && t[0] == 500000
		&& t[3] == 4000000 && t[1] == 2 && t[5] == -2);
	secant_image_free(&back);
	secant_image_free(&im);
	d = open_as(at(tmp, "whole"), NULL);
	assert_int_equal(secant_dataset_object_count(d), 2);
	secant_dataset_free(d);
	secant_opts_free(&secant_dataset_tiling_options, &tiling);
	secant_opts_free(&secant_dataset_writing_options, &writing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_1_nwpu_to_voc),
		cmocka_unit_test(example_2_split),
		cmocka_unit_test(example_3_round_trips),
		cmocka_unit_test(example_6_the_published_coco_file),
		cmocka_unit_test(example_7_twice_gives_the_same_bytes),
		cmocka_unit_test(example_8_class_ids),
		cmocka_unit_test(example_9_pictures_without_objects),
		cmocka_unit_test(example_15_tile_and_untile_a_geotiff),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
