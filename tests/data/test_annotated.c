/*
 * Annotated data sets as training sees them: every format gives the planes that its boxes, polygons or masks say;
 * classes, lists and overlaps as documented; mistakes named with what would help.
 */
#include "annotations/format.h"
#include "annotations/ann.h"
#include "scratch.h"

/* Two pictures of 12 x 8: one with a ship's triangle, a car's box inside it and a hole-free mask; one without objects.
 */
static const char coco[] = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 12, \"height\": 8}, "
						   "{\"id\": 2, \"file_name\": \"b.png\", \"width\": 12, \"height\": 8}],"
						   "\"categories\": [{\"id\": 1, \"name\": \"ship\"}, {\"id\": 2, \"name\": \"car\"}],"
						   "\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 2, \"bbox\": [1, 1, 3, 2], "
						   "\"area\": 6, \"iscrowd\": 0, \"segmentation\": []},"
						   "{\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"bbox\": [0, 0, 8, 8], \"area\": 32, "
						   "\"iscrowd\": 0, \"segmentation\": [[0, 0, 8, 0, 0, 8]]}]}";

static void
make(const char *root, const char *lists)
{
	put(root, lists ? in_root("annotations", "instances_%s.json", lists) : "annotations.json", coco);
	write_picture(in_root(root, "images/a.png"), 12, 8, 3, SECANT_U8, place_value);
	write_picture(in_root(root, "images/b.png"), 12, 8, 3, SECANT_U8, place_value);
}

/* Labels of sample i as text, a row a line: '.' ignored, else the class digit. */
static void
expect_plane(const data_samples *s, int i, const char *expected)
{
	secant_err err = { 0 };
	data_picture own = { 0 };
	const data_picture *p;
	char text[4000], *to = text;
	if (data_samples_decode(s, i, &own, &p, &err))
		fail_msg("%s", err.msg);
	for (int y = 0; y < p->height; y++) {
		for (int x = 0; x < p->width; x++) {
			uint16_t v = p->labels[(size_t)y * (size_t)p->width + (size_t)x];
			*to++ = v == DATA_LABEL_IGNORE ? '.' : (char)('0' + v);
		}
		*to++ = '\n';
	}
	*to = 0;
	assert_string_equal(text, expected);
	data_picture_free(&own);
}

static const char later[] = /* the ship stands after the car in the file */
	"111111100000\n111111000000\n111110000000\n111100000000\n111000000000\n110000000000\n100000000000\n000000000000\n";
static const char smaller[] =
	"111111100000\n122211000000\n122210000000\n111100000000\n111000000000\n110000000000\n100000000000\n000000000000\n";
static const char boxes[] =
	"111111110000\n111111110000\n111111110000\n111111110000\n111111110000\n111111110000\n111111110000\n111111110000\n";
static const char nothing[] =
	"000000000000\n000000000000\n000000000000\n000000000000\n000000000000\n000000000000\n000000000000\n000000000000\n";

static void
objects_become_classes_behind_the_background(void **state)
{
	make(*state, NULL);
	o.validation_fraction = 0;
	data_samples *s = open_expecting(*state, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(data_samples_count(s), 2);
	expect_plane(s, 0, later);
	expect_plane(s, 1, nothing);
	const char *const *names;
	assert_int_equal(data_samples_class_names(s, &names), 3);
	assert_string_equal(names[0], "background");
	assert_string_equal(names[1], "ship");
	assert_string_equal(names[2], "car");
	data_samples_free(s);
}

static void
overlaps_and_boxes_are_chosen(void **state)
{
	make(*state, NULL);
	set_option(&o, "on-top", "smaller");
	data_samples *s = open_expecting(*state, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	expect_plane(s, 0, smaller);
	data_samples_free(s);
	set_option(&o, "on-top", "class"); /* car is the later class */
	s = open_expecting(*state, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	expect_plane(s, 0, smaller);
	data_samples_free(s);
	set_option(&o, "on-top", "later");
	set_option(&o, "objects", "boxes");
	s = open_expecting(*state, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	expect_plane(s, 0, boxes);
	data_samples_free(s);
}

static void
one_class_is_objects_against_background(void **state)
{
	make(*state, NULL);
	data_samples *s = open_expecting(*state, "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	expect_plane(s, 0, later);
	const char *const *names;
	assert_int_equal(data_samples_class_names(s, &names), 2);
	assert_string_equal(names[1], "object");
	data_samples_free(s);
}

static void
several_labels_on_a_pixel_are_bits(void **state)
{
	make(*state, NULL);
	data_samples *s = open_expecting(*state, "all", &o, 3, 2, DATA_TARGET_MULTILABEL, NULL);
	expect_plane(s, 0,
		"111111100000\n133311000000\n133310000000\n111100000000\n111000000000\n110000000000\n100000000000\n000000000000"
		"\n");
	data_samples_free(s);
	open_expecting(
		*state, "all", &o, 3, 5, DATA_TARGET_MULTILABEL, "has 2 classes, --classes is 5: --classes 2 would fit");
}

static void
windows_see_their_part(void **state)
{
	make(*state, NULL);
	o.tile = (secant_ints){ 2, { 5, 7 } };
	data_samples *s = open_expecting(*state, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(data_samples_count(s), 8);
	expect_plane(s, 0, "1111111\n1111110\n1111100\n1111000\n1110000\n");
	expect_plane(s, 1, "1100000\n1000000\n0000000\n0000000\n0000000\n"); /* from column 5 */
	expect_plane(s, 3, "0000000\n0000000\n0000000\n0000000\n0000000\n");
	data_samples_free(s);
}

static void
lists_are_splits(void **state)
{
	const char *root = *state;
	make(root, "train2017");
	put(root, "annotations/instances_val2017.json",
		"{\"images\": [{\"id\": 2, \"file_name\": \"b.png\", \"width\": 12, \"height\": 8}], \"categories\": [{\"id\": "
		"1, \"name\": \"ship\"},"
		" {\"id\": 2, \"name\": \"car\"}], \"annotations\": []}");
	assert_true(data_samples_exists(root, "train", &o));
	assert_true(data_samples_exists(root, "val", &o));
	assert_false(data_samples_exists(root, "test", &o));
	data_samples *s = open_expecting(root, "val", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(data_samples_count(s), 1);
	expect_plane(s, 0, nothing);
	data_samples_free(s);
	open_expecting(root, "test", &o, 3, 3, DATA_TARGET_INDEX, "has no list 'test', only train2017, val2017");
}

static void
sets_without_lists_are_divided(void **state)
{
	make(*state, NULL);
	assert_false(data_samples_exists(*state, "train", &o));
	o.validation_fraction = .5;
	data_samples *t = open_expecting(*state, "train", &o, 3, 3, DATA_TARGET_INDEX, NULL),
				 *v = open_expecting(*state, "val", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	assert_true(data_samples_count(t) == 1 && data_samples_count(v) == 1);
	assert_string_not_equal(data_samples_image_path(t, 0), data_samples_image_path(v, 0));
	data_samples_free(t);
	data_samples_free(v);
}

/* Whatever the format, the same filled boxes come out: those of the set that it was converted from. */
static void
every_format_trains(void **state)
{
	char source[300], to[300];
	const char *name;
	bool writes;
	snprintf(source, sizeof source, "%s/source", (char *)*state);
	put(source, "annotations/instances_train.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 12, \"height\": 8}, {\"id\": 2, \"file_name\": "
		"\"b.png\", \"width\": 12, \"height\": 8}],"
		"\"categories\": [{\"id\": 1, \"name\": \"car\"}, {\"id\": 2, \"name\": \"ship\"}], \"annotations\": [{\"id\": "
		"1, \"image_id\": 1, \"category_id\": 2, \"bbox\": [1, 1, 3, 2], \"area\": 6, \"iscrowd\": 0,"
		" \"segmentation\": []}, {\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"bbox\": [6, 2, 6, 5], \"area\": "
		"30, \"iscrowd\": 0, \"segmentation\": []},"
		" {\"id\": 3, \"image_id\": 2, \"category_id\": 1, \"bbox\": [0, 0, 1, 1], \"area\": 1, \"iscrowd\": 0, "
		"\"segmentation\": []}]}");
	write_picture(in_root(source, "images/a.png"), 12, 8, 3, SECANT_U8, place_value);
	write_picture(in_root(source, "images/b.png"), 12, 8, 3, SECANT_U8, place_value);
	secant_dataset *d = open_as(source, NULL);
	for (int i = 0; secant_dataset_format(i, &name, NULL, NULL, &writes); i++) {
		if (!writes || ann_find_format(name)->only_class)
			continue;
		snprintf(to, sizeof to, "%s/%s", (char *)*state, name);
		must_write(d, name, to);
		set_option(&o, "from", name);
		data_samples *s = open_expecting(to, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
		if (data_samples_count(s) != 2)
			fail_msg("%s: %d pictures", name, data_samples_count(s));
		expect_plane(s, 0,
			"000000000000\n022200000000\n022200111111\n000000111111\n000000111111\n000000111111\n000000111111\n00000000"
			"0000\n");
		expect_plane(s, 1,
			"100000000000\n000000000000\n000000000000\n000000000000\n000000000000\n000000000000\n000000000000\n00000000"
			"0000\n");
		data_samples_free(s);
	}
	secant_dataset_free(d);
}

static void
void_pixels_are_ignored_or_refused(void **state)
{
	const char *root = *state;
	put(root, "kitti/label_2/a.txt",
		"Car 0 0 0 0 0 3 2 0 0 0 0 0 0 0\nDontCare -1 -1 -10 6 0 12 8 -1 -1 -1 -1000 -1000 -1000 -10\n");
	write_picture(in_root(root, "kitti/image_2/a.png"), 12, 8, 3, SECANT_U8, place_value);
	secant_err err = { 0 };
	secant_tensor image, target;
	set_option(&o, "from", "kitti");
	data_samples *s = open_expecting(in_root(root, "kitti"), "all", &o, 3, 2, DATA_TARGET_INDEX, NULL);
	assert_int_not_equal(data_sample_load(s, 0, &image, &target, &err), 0);
	if (!strstr(err.msg, "48 pixels are void"))
		fail_msg("%s", err.msg);
	assert_non_null(
		strstr(err.msg, "48 pixels are void or belong to no object; --ignore-index 255 would leave them out"));
	data_samples_free(s);
	set_option(&o, "ignore-index", "255");
	s = open_expecting(in_root(root, "kitti"), "all", &o, 3, 2, DATA_TARGET_INDEX, NULL);
	expect_plane(s, 0,
		"111000......\n111000......\n000000......\n000000......\n000000......\n000000......\n000000......\n000000......"
		"\n");
	data_samples_free(s);
}

static void
a_class_file_gives_the_order(void **state)
{
	const char *root = *state;
	make(root, NULL);
	write_text(in_root(root, "order.txt"), "car\nbackground\nship\n");
	set_option(&o, "class-file", in_root(root, "order.txt"));
	data_samples *s = open_expecting(root, "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	expect_plane(s, 1,
		"111111111111\n111111111111\n111111111111\n111111111111\n111111111111\n111111111111\n111111111111\n111111111111"
		"\n");
	data_samples_free(s);
	write_text(in_root(root, "order.txt"), "background\nship\n");
	open_expecting(root, "all", &o, 3, 2, DATA_TARGET_INDEX, "class 'car' is none of background, ship (rename");
}

/* A model keeps the order of its classes; another data set may have them in another. */
static void
a_model_gives_the_order(void **state)
{
	make(*state, NULL);
	char *const names[] = { (char *)"background", (char *)"car", (char *)"ship" };
	secant_err err = { 0 };
	data_samples_request r = { *state, "all", &o, 3, 3, DATA_TARGET_INDEX, 0, names, 3 };
	data_samples *s = data_samples_open(&r, &err);
	assert_non_null(s);
	expect_plane(s, 0,
		"222222200000\n222222000000\n222220000000\n222200000000\n222000000000\n220000000000\n200000000000\n000000000000"
		"\n");
	data_samples_free(s);
}

static void
mistakes_say_what_would_fit(void **state)
{
	const char *root = *state;
	make(root, NULL);
	open_expecting(root, "all", &o, 3, 7, DATA_TARGET_INDEX,
		"has 2 classes of objects, --classes is 7: --classes 3 would fit (0 is background), or 1");
	set_option(&o, "labels", "index");
	open_expecting(root, "all", &o, 3, 3, DATA_TARGET_INDEX,
		"--labels index: says how label pictures are read, but the labels of");
	set_option(&o, "labels", "auto");
	set_option(&o, "from", "vok");
	open_expecting(root, "all", &o, 3, 3, DATA_TARGET_INDEX, "there is no format 'vok'; did you mean 'voc'?");
	set_option(&o, "from", "coco");
	write_picture(in_root(root, "images/b.png"), 9, 8, 3, SECANT_U8, place_value);
	open_expecting(root, "all", &o, 3, 3, DATA_TARGET_INDEX, "'b.png' is declared 12 x 8, the picture is 9 x 8");
	unlink(in_root(root, "images/b.png"));
	open_expecting(root, "all", &o, 3, 3, DATA_TARGET_INDEX, "the picture 'b.png' was not found");
	data_samples_free(
		open_expecting(in_root(root, "images"), "all", &o, 3, 3, DATA_TARGET_INDEX, "no COCO annotations"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(objects_become_classes_behind_the_background),
		T(overlaps_and_boxes_are_chosen),
		T(one_class_is_objects_against_background),
		T(several_labels_on_a_pixel_are_bits),
		T(windows_see_their_part),
		T(lists_are_splits),
		T(sets_without_lists_are_divided),
		T(every_format_trains),
		T(void_pixels_are_ignored_or_refused),
		T(a_class_file_gives_the_order),
		T(a_model_gives_the_order),
		T(mistakes_say_what_would_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
