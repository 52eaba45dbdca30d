/* Stacks of pictures in one TIFF with their labels in another, and labels of one sample in several files. */
#include "pictures.h"
#include "base/bytes.h"
#include "codec/codec.h"
#include "data/joined.h"

enum { SIDE = 8, AREA = SIDE * SIDE, ENTRIES = 8, DIRECTORY = 2 + 12 * ENTRIES + 4 };

static void
put_entry(uint8_t *to, int tag, int type, uint32_t value)
{
	base_put_le(to, (uint64_t)tag, 2);
	base_put_le(to + 2, (uint64_t)type, 2);
	base_put_le(to + 4, 1, 4);
	base_put_le(to + 8, value, 4);
}

/* Grey pages of 8x8; page k is filled by `value`. */
static void
write_stack(const char *path, int pages, int (*value)(int page, int at))
{
	size_t page = DIRECTORY + AREA, size = 8 + (size_t)pages * page;
	uint8_t *file = calloc(1, size);
	memcpy(file, "II*\0", 4);
	base_put_le(file + 4, 8, 4);
	for (int k = 0; k < pages; k++) {
		uint8_t *d = file + 8 + (size_t)k * page, *pixels = d + DIRECTORY;
		static const struct {
			int tag, type;
			uint32_t value;
		} fixed[] = { { 256, 3, SIDE }, { 257, 3, SIDE }, { 258, 3, 8 }, { 259, 3, 1 }, { 262, 3, 1 } };
		base_put_le(d, ENTRIES, 2);
		for (int i = 0; i < 5; i++)
			put_entry(d + 2 + 12 * i, fixed[i].tag, fixed[i].type, fixed[i].value);
		put_entry(d + 2 + 12 * 5, 273, 4, (uint32_t)(pixels - file));
		put_entry(d + 2 + 12 * 6, 278, 3, SIDE);
		put_entry(d + 2 + 12 * 7, 279, 4, AREA);
		base_put_le(d + DIRECTORY - 4, k + 1 < pages ? (uint64_t)(8 + (size_t)(k + 1) * page) : 0, 4);
		for (int i = 0; i < AREA; i++)
			pixels[i] = (uint8_t)value(k, i);
	}
	assert_int_equal(secant_file_write(path, file, size, NULL), 0);
	free(file);
}

static int
picture_value(int page, int at)
{
	return page * 10 + at % SIDE;
}
static int
label_value(int page, int at)
{
	return at / SIDE == page ? 255 : 0;
}

static data_samples *
opens(const char *path, int classes, const char *split)
{
	secant_err err = { 0 };
	secant_data_options o;
	assert_int_equal(secant_opts_init(&secant_data_options_table, &o, NULL), 0);
	data_samples_request r = { .path = path,
		.split = split,
		.options = &o,
		.in_channels = 1,
		.classes = classes,
		.kind = classes == 1 ? DATA_TARGET_BINARY : DATA_TARGET_INDEX };
	data_samples *s = data_samples_open(&r, &err);
	if (!s)
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_data_options_table, &o);
	return s;
}

static void
test_pages(void **state)
{
	char *dir = scratch_dir(), path[512], page[600];
	snprintf(path, sizeof path, "%s/stack.tif", dir);
	write_stack(path, 12, picture_value);
	assert_int_equal(codec_pages(path), 12);
	for (int k = 0; k < 12; k++) {
		secant_image im;
		secant_image_info info;
		secant_err err = { 0 };
		snprintf(page, sizeof page, "%s#%d", path, k);
		assert_int_equal(secant_image_probe(page, &info, &err), 0);
		assert_int_equal(info.width, SIDE);
		if (secant_image_read(&im, page, NULL, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(((uint8_t *)im.data)[3], k * 10 + 3);
		secant_image_free(&im);
	}
	secant_err err = { 0 };
	secant_image im;
	snprintf(page, sizeof page, "%s#12", path);
	assert_int_equal(secant_image_read(&im, page, NULL, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "the file has no page 12, counted from 0"));
	/* a file that is called so is itself */
	snprintf(page, sizeof page, "%s/a#1", dir);
	assert_int_equal(secant_file_write(page, "x", 1, NULL), 0);
	assert_false(codec_page_is(page));
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_volumes_are_divided(void **state)
{
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/train-volume.tif", dir);
	write_stack(path, 8, picture_value);
	snprintf(path, sizeof path, "%s/train-labels.tif", dir);
	write_stack(path, 8, label_value);
	snprintf(path, sizeof path, "%s/test-volume.tif", dir);
	write_stack(path, 3, picture_value);
	data_samples *train = opens(dir, 1, "train"), *val = opens(dir, 1, "val");
	assert_int_equal(data_samples_count(train) + data_samples_count(val), 8);
	assert_true(data_samples_count(val) >= 1);
	for (int i = 0; i < data_samples_count(train); i++) {
		secant_tensor image, target;
		secant_err err = { 0 };
		if (data_sample_load(train, i, &image, &target, &err))
			fail_msg("%s", err.msg);
		int k = atoi(strrchr(data_samples_image_path(train, i), '#') + 1), ones = 0;
		for (int at = 0; at < AREA; at++) {
			ones += secant_tensor_get(&target, at) > .5;
			assert_int_equal(secant_tensor_get(&target, at) > .5, at / SIDE == k);
		}
		assert_int_equal(ones, SIDE);
		secant_tensor_free(&image);
		secant_tensor_free(&target);
	}
	data_samples_free(train);
	data_samples_free(val);
	/* another number of labels is no data set */
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/train-labels.tif", dir);
	write_stack(path, 7, label_value);
	secant_data_options o;
	assert_int_equal(secant_opts_init(&secant_data_options_table, &o, NULL), 0);
	data_samples_request r = {
		.path = dir, .split = "train", .options = &o, .in_channels = 1, .classes = 1, .kind = DATA_TARGET_BINARY
	};
	assert_null(data_samples_open(&r, &err));
	assert_non_null(strstr(err.msg, "train-labels.tif has 7: each picture wants a label"));
	secant_opts_free(&secant_data_options_table, &o);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* ---- joined labels ---- */

static void
write_square(const char *path, int left, int value)
{
	secant_image im;
	assert_int_equal(secant_image_new(&im, SIDE, SIDE, 1, SECANT_U8, NULL), 0);
	for (int i = 0; i < AREA; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(i % SIDE >= left && i % SIDE < left + 2 ? value : 0);
	assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
	secant_image_free(&im);
}

static void
folder_of(const char *dir, const char *sample, const char *inner, const char *name, int left, int value)
{
	char path[700];
	snprintf(path, sizeof path, "%s/%s%s%s", dir, sample, *inner ? "/" : "", inner);
	assert_int_equal(secant_make_dirs(path, NULL), 0);
	snprintf(path, sizeof path, "%s/%s%s%s/%s", dir, sample, *inner ? "/" : "", inner, name);
	write_square(path, left, value);
}

static void
test_masks_of_a_sample_are_joined(void **state)
{
	char *dir = scratch_dir();
	for (int k = 0; k < 4; k++) {
		char sample[8];
		snprintf(sample, sizeof sample, "s%d", k);
		folder_of(dir, sample, "", "image.png", 0, 90);
		if (k == 0) { /* one file, as ever */
			folder_of(dir, sample, "", "mask.png", 0, 255);
		} else if (k < 3) { /* several beside the picture; what is called label is something else */
			folder_of(dir, sample, "", "mask_0.png", 0, 255);
			folder_of(dir, sample, "", "mask_1.png", 4, 255);
			folder_of(dir, sample, "", "label.png", 6, 255);
		} else { /* a folder of them, under any names */
			folder_of(dir, sample, "masks", "a.png", 0, 255);
			folder_of(dir, sample, "masks", "b.png", 4, 255);
		}
	}
	data_samples *s = opens(dir, 1, "all");
	assert_int_equal(data_samples_count(s), 4);
	for (int i = 0; i < 4; i++) {
		secant_tensor image, target;
		secant_err err = { 0 };
		if (data_sample_load(s, i, &image, &target, &err))
			fail_msg("%s", err.msg);
		for (int x = 0; x < SIDE; x++)
			assert_int_equal(secant_tensor_get(&target, x) > .5, x < 2 || (i > 0 && x >= 4 && x < 6));
		secant_tensor_free(&image);
		secant_tensor_free(&target);
	}
	data_samples_free(s);
	/* of two sizes: refused by the name of the one that differs */
	char path[600];
	secant_image im;
	secant_image_info info;
	secant_err err = { 0 };
	assert_int_equal(secant_image_new(&im, SIDE, SIDE + 1, 1, SECANT_U8, NULL), 0);
	snprintf(path, sizeof path, "%s/s3/masks/c.png", dir);
	assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
	secant_image_free(&im);
	snprintf(path, sizeof path, "%s/s3/masks", dir);
	assert_int_equal(data_joined_probe(path, &info, &err), SECANT_ERR_SHAPE);
	assert_non_null(strstr(err.msg, "c.png: is 9x8, the sample's labels before are 8x8"));
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* The Data Science Bowl's folders as they were published: names that say nothing, a mask for each nucleus. */
static void
test_objects_of_the_bowl_are_joined(void **state)
{
	char *dir = scratch_dir();
	for (int k = 0; k < 3; k++) {
		char sample[8], picture[20];
		snprintf(sample, sizeof sample, "%c0ffee", 'a' + k);
		snprintf(picture, sizeof picture, "%s.png", sample);
		folder_of(dir, sample, "images", picture, 0, 90);
		folder_of(dir, sample, "masks", "1f.png", 0, 255);
		folder_of(dir, sample, "masks", "2e.png", 4, 255);
	}
	data_samples *s = opens(dir, 1, "all");
	assert_int_equal(data_samples_count(s), 3);
	for (int i = 0; i < 3; i++) {
		secant_tensor image, target;
		assert_int_equal(data_sample_load(s, i, &image, &target, NULL), 0);
		for (int x = 0; x < SIDE; x++)
			assert_int_equal(secant_tensor_get(&target, x) > .5, x < 2 || (x >= 4 && x < 6));
		secant_tensor_free(&image);
		secant_tensor_free(&target);
	}
	data_samples_free(s);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_of_the_bowl_are_joined),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_volumes_are_divided),
		cmocka_unit_test(test_masks_of_a_sample_are_joined),
	};
	return cmocka_run_group_tests_name("stacks and joined labels", tests, NULL, NULL);
}
