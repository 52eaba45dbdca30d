/* What people keep of the well-known mask sets: Cityscapes without label ids, Mapillary of two versions, KITTI. */
#include "ann_check.h"
#include "ann_describe.h"
#include "annotations/masks.h"
#define CASE(name) "tests/annotations/cases/" name

typedef struct mask_row {
	const char *what;
	int channels;
	secant_dtype dtype;
	double v[8]; /* of 4 x 2 pixels, every channel but the last of several; in the last, where 1 */
	double alpha[8];
	const char *expected, *message; /* what is read, or why not */
} mask_row;

static void
put_mask(const char *folder, const mask_row *row, int32_t (*palette)[3])
{
	secant_image im;
	secant_err err = { 0 };
	void *data = NULL;
	size_t n = 0;
	bool png = row->channels == 2 || row->channels == 4 || palette;
	assert_int_equal(secant_image_new(&im, 4, 2, row->channels, row->dtype, &err), 0);
	for (int i = 0; i < 8 * row->channels; i++) {
		bool last = row->channels > 1 && i % row->channels == row->channels - 1;
		double v = last ? row->alpha[i / row->channels] : row->v[i / row->channels];
		if (row->dtype == SECANT_U8)
			((uint8_t *)im.data)[i] = (uint8_t)v;
		else if (row->dtype == SECANT_I16)
			((int16_t *)im.data)[i] = (int16_t)v;
		else
			((float *)im.data)[i] = (float)v;
	}
	if (palette) {
		im.palette = secant_calloc(3, sizeof *im.palette);
		im.palette_count = 3;
		for (int k = 0; k < 9; k++)
			im.palette[k / 3][k % 3] = (uint8_t)palette[k / 3][k % 3];
	}
	if (secant_image_encode(&im, png ? "png" : "tif", &data, &n, NULL, &err))
		fail_msg("%s", err.msg);
	put_bytes(folder, png ? "masks/a.png" : "masks/a.tif", data, n);
	secant_image_free(&im);
	secant_free(data);
}

/* Numbers of classes are taken from whatever holds whole numbers; nothing else is ever taken for one. */
static void
test_masks_of_any_type_hold_whole_numbers(void **state)
{
#define OPAQUE \
	{ \
		255, 255, 255, 255, 255, 255, 255, 255 \
	}
	static const mask_row rows[] = {
		{ "floats", 1, SECANT_F32, { 0, 1, 1, 2, 0, 1, 1, 2 }, { 0 }, "1 1,0 2x2 mask 4; 2 3,0 1x2 mask 2", NULL },
		{ "shorts", 1, SECANT_I16, { 0, 1, 1, 2, 0, 1, 1, 2 }, { 0 }, "1 1,0 2x2 mask 4; 2 3,0 1x2 mask 2", NULL },
		{ "255 of floats is void as that of bytes", 1, SECANT_F32, { 0, 1, 1, 255, 0, 1, 1, 255 }, { 0 },
			"1 1,0 2x2 mask 4; - 3,0 1x2 mask 2 void", NULL },
		{ "NaN is no data", 1, SECANT_F32, { 0, 1, 1, NAN, 0, 1, 1, NAN }, { 0 },
			"1 1,0 2x2 mask 4; - 3,0 1x2 mask 2 void", NULL },
		{ "black, white and no data", 1, SECANT_F32, { 0, 255, 255, NAN, 0, 255, 255, NAN }, { 0 },
			"foreground 1,0 2x2 mask 4; - 3,0 1x2 mask 2 void", NULL },
		{ "grey with alpha", 2, SECANT_U8, { 0, 1, 1, 2, 0, 1, 1, 2 }, OPAQUE, "1 1,0 2x2 mask 4; 2 3,0 1x2 mask 2",
			NULL },
		{ "fractions", 1, SECANT_F32, { 0, .5, .5, 1 }, { 0 }, NULL,
			"a.tif: value 0.5 at (1, 0) is no number of a class" },
		{ "negative numbers", 1, SECANT_I16, { 0, 1, -1, 1 }, { 0 }, NULL,
			"value -1 at (2, 0) is no number of a class: masks hold whole numbers from 0 to 65535; what the file "
			"declares" },
		{ "numbers beyond", 1, SECANT_F32, { 0, 16777216 }, { 0 }, NULL, "value 1.67772e+07 at (1, 0)" },
		{ "a band a class", 5, SECANT_U8, { 0, 1 }, { 1 }, NULL, "a mask of 5 channels: masks have one band" },
		{ "a shape in alpha", 4, SECANT_U8, { 0 }, { 0, 255, 255 }, NULL, "the alpha has a shape" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *tmp = base_strdup(scratch_dir()), text[200];
		put_picture(tmp, "images/a.png", 4, 2, 1);
		put_mask(tmp, &rows[i], NULL);
		snprintf(text, sizeof text, "a.png 4x2: %s", rows[i].expected ? rows[i].expected : "");
		if (rows[i].expected)
			assert_described(rows[i].what, tmp, "masks", text, NULL);
		else
			assert_refused(rows[i].what, tmp, "masks", rows[i].message);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* PGM says what its white is: of a mask that is the largest class, and no number is widened to it. */
static void
test_the_white_of_a_pgm_widens_no_class(void **state)
{
	static const char *const largest[] = { "5", "200", "1000" };
	for (int i = 0; i < 3; i++) {
		char *tmp = base_strdup(scratch_dir()), text[80];
		put_picture(tmp, "images/a.png", 4, 2, 1);
		snprintf(text, sizeof text, "P2\n4 2\n%s\n0 1 1 2\n0 1 1 2\n", largest[i]);
		put(tmp, "masks/a.pgm", text);
		assert_described(largest[i], tmp, "masks", "a.png 4x2: 1 1,0 2x2 mask 4; 2 3,0 1x2 mask 2", NULL);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

static void
test_palettes_that_differ_are_no_classes(void **state)
{
	static int32_t first[3][3] = { { 0 }, { 200, 0, 0 }, { 0, 100, 0 } },
				   other[3][3] = { { 0 }, { 0, 100, 0 }, { 200, 0, 0 } };
	static const mask_row row = { "indices", 1, SECANT_U8, { 0, 1, 2 }, { 0 }, NULL, NULL };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "train/images/a.png", 4, 2, 1);
	put_picture(tmp, "val/images/a.png", 4, 2, 1);
	put_mask(at(tmp, "train"), &row, first);
	put_mask(at(tmp, "val"), &row, first);
	assert_described("one palette", tmp, "masks",
		"a.png 4x2 train: 1 1,0 1x1 mask 1; 2 2,0 1x1 mask 1 | a.png 4x2 val: 1 1,0 1x1 mask 1; 2 2,0 1x1 mask 1",
		NULL);
	put_mask(at(tmp, "val"), &row, other);
	assert_refused("two", tmp, "masks", "index 1 has the colour (0, 100, 0), in ");
	remove_tree(tmp);
	secant_free(tmp);
}

/* A list by colour whose background stands last, as CVAT writes it; a palette that the list does not have is none of
 * its business. */
static void
test_colours_of_a_list_decide_over_indices(void **state)
{
	static int32_t listed[3][3] = { { 0 }, { 48, 112, 32 }, { 7, 7, 7 } },
				   foreign[3][3] = { { 9 }, { 8, 8, 8 }, { 7, 7, 7 } };
	static const mask_row row = { "indices", 1, SECANT_U8, { 0, 1, 1, 0, 0, 1, 1, 0 }, { 0 }, NULL, NULL };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/a.png", 4, 2, 1);
	put(tmp, "dataset_meta.json",
		"{\"label_map\": {\"0\": \"leaf\", \"1\": \"background\"}, \"segmentation_colors\": [[48, 112, 32], [0, 0, "
		"0]], "
		"\"background_label\": \"1\"}");
	put_mask(tmp, &row, listed);
	assert_described("colours of the list", tmp, "masks", "a.png 4x2: leaf 1,0 2x2 mask 4", "leaf|background");
	secant_dataset *d = open_as(tmp, "masks");
	uint16_t *plane;
	int w, h;
	assert_int_equal(ann_mask_plane(&d->set, 0, &plane, &w, &h, NULL), SECANT_OK);
	assert_int_equal(plane[1], 0);
	assert_int_equal(plane[0], ANN_PLANE_NONE);
	assert_int_equal(secant_dataset_notes(d), 1);
	assert_non_null(strstr(secant_dataset_note(d, 0), "the colours decide"));
	secant_free(plane);
	secant_dataset_free(d);
	put_mask(tmp, &row, foreign);
	assert_described("other colours", tmp, "masks", "a.png 4x2: leaf 0,0 4x2 mask 4", "leaf|background");
	remove_tree(tmp);
	secant_free(tmp);
}

static int
class_at(const secant_dataset *d, int picture, int k, const char **name)
{
	secant_annotation a;
	if (!secant_dataset_object(d, picture, k, &a))
		return 0;
	*name = a.class_name;
	return 1;
}

static void
test_cityscapes_only_trainids(void **state)
{
	secant_dataset *d = open_as(CASE("cityscapes-only-trainids/set"), NULL);
	assert_string_equal(secant_dataset_format_name(d), "cityscapes");
	assert_int_equal(secant_dataset_count(d), 1);
	assert_int_equal(secant_dataset_classes(d), 19);
	assert_string_equal(secant_dataset_class_name(d, 0), "road");
	assert_string_equal(secant_dataset_class_name(d, 18), "bicycle");
	bool noted = false;
	for (int i = 0; i < secant_dataset_notes(d); i++)
		noted = noted || strstr(secant_dataset_note(d, i), "labelTrainIds");
	assert_true(noted);
	secant_dataset_free(d);
}

#define PICTURE "leftImg8bit/train/ulm/ulm_000000_000019_leftImg8bit.png"
#define LABEL(kind) "gtFine/train/ulm/ulm_000000_000019_gtFine_" kind

static void
test_cityscapes_instance_ids_alone(void **state)
{
	static const int v[8] = { 26001, 26001, 26002, 7, 7, 7, 24, 0 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, PICTURE, 4, 2, 1);
	put_values(tmp, LABEL("instanceIds.png"), 4, 2, v, true);
	assert_described("ids", tmp, NULL,
		"ulm/ulm_000000_000019_leftImg8bit.png 4x2 train: car 0,0 2x1 mask 2; car 2,0 1x1 mask 1; road 0,0 4x2 mask 3; "
		"person 2,1 "
		"1x1 mask 1; unlabeled 3,1 1x1 mask 1",
		NULL);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_cityscapes_polygons_alone(void **state)
{
	static const described row[] = {
		{ "polygons",
			{ PICTURE, "@100x80", LABEL("polygons.json"),
				"{\"imgHeight\": 80, \"imgWidth\": 100, \"objects\": [{\"label\": \"road\", \"polygon\": [[0, 40], "
				"[99, 40], [99, 79]]}, {\"label\": "
				"\"cargroup\", \"polygon\": [[1, 2], [5, 2], [5, 6]]}, {\"label\": \"car\", \"deleted\": 1, "
				"\"polygon\": [[1, 2], [5, 2], [5, 6]]}]}" },
			NULL,
			"ulm/ulm_000000_000019_leftImg8bit.png 100x80 train: road 0,40 99x39 polygon (0,40)(99,40)(99,79); car 1,2 "
			"4x4 polygon "
			"(1,2)(5,2)(5,6) crowd",
			NULL },
		{ "a class that Cityscapes has not",
			{ PICTURE, "@100x80", LABEL("polygons.json"),
				"{\"imgHeight\": 80, \"imgWidth\": 100, \"objects\": [{\"label\": \"ufo\", \"polygon\": [[0, 40], [99, "
				"40], [99, 79]]}]}" },
			NULL, NULL, "polygons.json:1|ufo" },
		{ "no labels at all", { PICTURE, "@100x80", "gtFine/train/readme.txt", "x" }, "cityscapes",
			"ulm/ulm_000000_000019_leftImg8bit.png 100x80 train:", NULL },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_mapillary_config_v12(void **state)
{
	secant_dataset *d = open_as(CASE("mapillary-config-v12/set"), NULL);
	const char *name = "";
	assert_string_equal(secant_dataset_format_name(d), "mapillary");
	assert_int_equal(secant_dataset_count(d), 1);
	assert_string_equal(secant_dataset_class_name(d, 1), "v1.2 class 1");
	assert_true(class_at(d, 0, 0, &name) && !strncmp(name, "v1.2 class", 10));
	bool noted = false;
	for (int i = 0; i < secant_dataset_notes(d); i++)
		noted = noted || (strstr(secant_dataset_note(d, i), "v2.0") && strstr(secant_dataset_note(d, i), "--task"));
	assert_true(noted);
	secant_dataset_free(d);
	secant_err err = { 0 };
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "task", "v2.0", &err), 0);
	d = secant_dataset_open(CASE("mapillary-config-v12/set"), &r, NULL, &err);
	assert_non_null(d);
	assert_int_equal(secant_dataset_count(d), 1);
	assert_string_equal(secant_dataset_class_name(d, 6), "v2.0 class 6");
	secant_dataset_free(d);
	secant_opts_free(&secant_dataset_reading_options, &r);
}

static void
test_kitti_semantic(void **state)
{
	static const int v[8] = { 7, 7, 26, 26, 7, 7, 7, 7 }, ids[8] = { 0, 0, 26 * 256 + 1, 26 * 256 + 2, 0, 0, 0, 0 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "training/image_2/000000_10.png", 4, 2, 1);
	put_values(tmp, "training/semantic/000000_10.png", 4, 2, v, false);
	put_values(tmp, "training/instance/000000_10.png", 4, 2, ids, true);
	assert_described("kitti", tmp, NULL,
		"000000_10.png 4x2 train: road 0,0 4x2 mask 6; car 2,0 1x1 mask 1; car 3,0 1x1 mask 1", NULL);
	remove_tree(tmp);
	secant_free(tmp);
}

/* The numbers of label_map are the values of masks, in whatever order and with whatever gaps they stand. */
static void
test_label_map_is_of_numbers(void **state)
{
	static const int v[4] = { 5, 2, 0, 255 };
	static const struct {
		const char *what, *meta, *expected, *classes;
		int32_t colour[2]; /* of values 2 and 5 */
	} row[] = {
		{ "unsorted, sparse, the colours first, a row a number",
			"{\"segmentation_colors\": [[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4], [5, 5, 5]], "
			"\"label_map\": "
			"{\"5\": \"sky\", \"0\": \"void\", \"2\": \"road\"}, \"background_label\": \"0\"}",
			"a.png 4x1: road 1,0 1x1 mask 1; sky 0,0 1x1 mask 1; - 3,0 1x1 mask 1 void", "void|1|road|3|4|sky",
			{ 0x020202, 0x050505 } },
		{ "a colour a name",
			"{\"label_map\": {\"5\": \"sky\", \"0\": \"void\", \"2\": \"road\"}, \"segmentation_colors\": "
			"[[0, 0, 0], [2, 2, 2], [5, 5, 5]], \"background_label\": \"0\"}",
			"a.png 4x1: road 1,0 1x1 mask 1; sky 0,0 1x1 mask 1; - 3,0 1x1 mask 1 void", "void|1|road|3|4|sky",
			{ 0x020202, 0x050505 } },
		{ "0 is a class where no background is said",
			"{\"label_map\": {\"2\": \"road\", \"5\": \"sky\", \"0\": \"car\"}}",
			"a.png 4x1: car 2,0 1x1 mask 1; road 1,0 1x1 mask 1; sky 0,0 1x1 mask 1; - 3,0 1x1 mask 1 void",
			"car|1|road|3|4|sky", { -1, -1 } },
		{ "0 without a name is the background", "{\"label_map\": {\"2\": \"road\", \"5\": \"sky\"}}",
			"a.png 4x1: road 1,0 1x1 mask 1; sky 0,0 1x1 mask 1; - 3,0 1x1 mask 1 void", "background|1|road|3|4|sky",
			{ -1, -1 } },
	};
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/a.png", 4, 1, 1);
	put_values(tmp, "masks/a.png", 4, 1, v, false);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		put(tmp, "dataset_meta.json", row[i].meta);
		secant_dataset *d = open_as(tmp, "masks");
		char *names = class_list(d);
		assert_string_equal(names, row[i].classes);
		assert_int_equal(d->set.classes[2].colour, row[i].colour[0]);
		assert_int_equal(d->set.classes[5].colour, row[i].colour[1]);
		secant_free(names);
		char *got = describe(d);
		for (const char *p = row[i].expected, *end; *p; p = *end ? end + 2 : end) { /* objects in any order */
			char one[100];
			end = strstr(p, "; ") ? strstr(p, "; ") : p + strlen(p);
			const char *from = p == row[i].expected ? strchr(p, ':') + 2 : p;
			snprintf(one, sizeof one, "%.*s", (int)(end - from), from);
			if (!strstr(got, one))
				fail_msg("%s: %s has no %s", row[i].what, got, one);
		}
		secant_free(got);
		secant_dataset_free(d);
	}
	put(tmp, "dataset_meta.json", "{\"label_map\": {\"road\": \"2\"}}");
	assert_refused("names for numbers", tmp, "masks", "'road' is no number");
	put(tmp, "dataset_meta.json", "{\"label_map\": {\"2\": \"a\", \"02\": \"b\"}}");
	assert_refused("a number twice", tmp, "masks", "number 2 twice");
	remove_tree(tmp);
	secant_free(tmp);
}

static char *
described_with(const char *folder, const char *classes)
{
	secant_err err = { 0 };
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "from", "masks", &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "class-names", at(folder, classes), &err), 0);
	secant_dataset *d = secant_dataset_open(folder, &r, NULL, &err);
	secant_opts_free(&secant_dataset_reading_options, &r);
	if (!d)
		fail_msg("%s", err.msg);
	char *text = describe(d);
	secant_dataset_free(d);
	return text;
}

/* A class file of training names values from 0, unless the masks need 0 for the background. */
static void
test_named_values(void **state)
{
	static const int from_zero[4] = { 0, 1, 1, 255 }, from_one[4] = { 0, 1, 2, 2 };
	char *tmp = base_strdup(scratch_dir()), *got;
	put(tmp, "camvid.txt", "# NAME R G B\nsky 128 128 128\ntraffic light 1 2 3\n");
	put_picture(tmp, "images/a.png", 4, 1, 1);
	put_values(tmp, "masks/a.png", 4, 1, from_zero, false);
	got = described_with(tmp, "camvid.txt");
	assert_string_equal(got, "a.png 4x1: sky 0,0 1x1 mask 1; traffic light 1,0 2x1 mask 2; - 3,0 1x1 mask 1 void");
	secant_free(got);
	put_values(tmp, "masks/a.png", 4, 1, from_one, false);
	got = described_with(tmp, "camvid.txt");
	assert_string_equal(got, "a.png 4x1: sky 1,0 1x1 mask 1; traffic light 2,0 2x1 mask 2");
	secant_free(got);
	remove_tree(tmp);
	secant_free(tmp);
}

/* An unreadable picture is one finding, whose message does not name the file again. */
static void
test_unreadable_once(void **state)
{
	static const int v[4] = { 0, 1, 1, 0 };
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "images/a.png", "");
	put_values(tmp, "masks/a.png", 4, 1, v, false);
	secant_check *c = check_with(tmp, NULL, NULL);
	secant_finding f;
	int n = 0;
	for (int i = 0; secant_check_finding(c, i, &f); i++)
		if (!strcmp(f.rule, "image-unreadable")) {
			n++;
			assert_null(strstr(f.message, "a.png"));
			assert_non_null(strstr(f.file, "images/a.png"));
		}
	assert_int_equal(n, 1);
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

/* Parts that overlap count once where no file says the area; those apart, or within one another, as they are. */
static void
test_area_of_parts(void **state)
{
	static const double square[8] = { 0, 0, 10, 0, 10, 10, 0, 10 };
	static const struct {
		double xy[8], area;
	} row[] = {
		{ { 5, 5, 15, 5, 15, 15, 5, 15 }, 175 }, /* 25 in both */
		{ { 5, 5, 5, 15, 15, 15, 15, 5 }, 175 }, /* the other way round */
		{ { 0, 0, 10, 0, 10, 10, 0, 10 }, 100 }, /* the same twice */
		{ { 2, 2, 4, 2, 4, 4, 2, 4 }, 100 }, /* within */
		{ { 20, 0, 30, 0, 30, 10, 20, 10 }, 200 }, /* apart */
		{ { 10, 0, 20, 0, 20, 10, 10, 10 }, 200 }, /* side by side */
		{ { 5, -5, 15, 5, 5, 15, -5, 5 }, 200 }, /* a diamond, which holds the square */
		{ { 5, -2, 12, 5, 5, 12, -2, 5 }, 116 }, /* four triangles stick out, 2 high and 4 wide */
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		ann_set s;
		blank_set(&s);
		uint32_t shape = ann_polygon_begin(&s, 2);
		ann_polygon_part(&s, square, 4);
		ann_polygon_part(&s, row[i].xy, 4);
		double area = ann_shape_area(&s, shape);
		if (area != row[i].area)
			fail_msg("row %zu: %.17g, expected %g", i, area, row[i].area);
		ann_free(&s);
	}
}

/* Sets with equal names of pictures, as merge --prefix takes them. */
static void
test_prefix(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	put(tmp, "annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\nsub/a.jpg,10,10,cat,1,2,3,4\n");
	secant_dataset *d = open_as(tmp, "csv"), *other = open_as(tmp, "csv");
	assert_int_not_equal(secant_dataset_merge(d, other, &err), 0);
	assert_non_null(strstr(err.msg, "--prefix"));
	secant_dataset_free(d);
	d = open_as(tmp, "csv");
	assert_int_equal(secant_dataset_prefix(d, "one", &err) | secant_dataset_prefix(other, "two", &err), 0);
	assert_int_equal(secant_dataset_merge(d, other, &err), 0);
	char *got = describe(d);
	assert_string_equal(got, "?sub/one_a.jpg 10x10: cat 1,2 2x2 | ?sub/two_a.jpg 10x10: cat 1,2 2x2");
	assert_int_equal(secant_dataset_prefix(d, "../x", &err), SECANT_ERR_ARG);
	assert_int_equal(secant_dataset_prefix(d, "", &err), SECANT_ERR_ARG);
	secant_free(got);
	secant_dataset_free(d), secant_dataset_free(other);
	remove_tree(tmp);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_area_of_parts),
		cmocka_unit_test(test_unreadable_once),
		cmocka_unit_test(test_label_map_is_of_numbers),
		cmocka_unit_test(test_named_values),
		cmocka_unit_test(test_cityscapes_only_trainids),
		cmocka_unit_test(test_cityscapes_instance_ids_alone),
		cmocka_unit_test(test_cityscapes_polygons_alone),
		cmocka_unit_test(test_mapillary_config_v12),
		cmocka_unit_test(test_kitti_semantic),
		cmocka_unit_test(test_masks_of_any_type_hold_whole_numbers),
		cmocka_unit_test(test_the_white_of_a_pgm_widens_no_class),
		cmocka_unit_test(test_palettes_that_differ_are_no_classes),
		cmocka_unit_test(test_colours_of_a_list_decide_over_indices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
