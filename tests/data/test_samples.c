/* Lists of samples: layouts on disk, division, what is missing, channels, tiles. */
#include "scratch.h"

static void
split_folders_pair_by_stem(void **state)
{
	const char *root = *state;
	write_split(root, "train", 3, 8, 6, half_mask);
	write_picture(
		in_root(root, "train/images/b.jpg"), 10, 6, 3, SECANT_U8, place_value); /* another extension, another size */
	write_picture(in_root(root, "train/labels/b.bmp"), 10, 6, 1, SECANT_U8, half_mask);
	write_text(in_root(root, "train/images/notes.txt"), "not a picture");
	write_text(in_root(root, "train/images/.hidden.png"), "nor this");
	data_samples *s = open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 4);
	int h, w;
	data_samples_size(s, 3, &h, &w);
	assert_int_equal(h, 6);
	assert_int_equal(w, 10);
	assert_string_equal(data_samples_image_path(s, 3), in_root(root, "train/images/b.jpg"));
	assert_null(data_samples_image_path(s, 4));
	assert_true(data_samples_exists(root, "train", NULL));
	assert_false(data_samples_exists(root, "val", &o));
	const char *const *names;
	assert_int_equal(data_samples_class_names(s, &names), 0);
	data_samples_free(s);
}

static void
masks_may_stand_for_labels(void **state)
{
	const char *root = *state;
	write_picture(in_root(root, "val/images/a.png"), 4, 4, 3, SECANT_U8, place_value);
	write_picture(in_root(root, "val/masks/a.png"), 4, 4, 1, SECANT_U8, half_mask);
	data_samples *s = open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 1);
	data_samples_free(s);
}

static void
missing_things_are_named(void **state)
{
	const char *root = *state;
	secant_err err = { 0 };
	open_expecting(in_root(root, "nowhere"), "train", &o, 3, 1, DATA_TARGET_BINARY, "nowhere: no such file or folder");
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "no pictures with labels found: it holds ");
	write_split(root, "train", 2, 8, 8, half_mask);
	open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, "has no folder 'val', only train");
	unlink(in_root(root, "train/labels/01.png"));
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "train/images/01.png has no label in ");
	unlink(in_root(root, "train/labels/00.png"));
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "train/images/00.png has no label in ");
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "nor have 1 more pictures");
	data_samples_free(open_expecting(root, "train", &o, 3, 1, DATA_TARGET_NONE, NULL)); /* pictures alone need none */
	assert_int_equal(rmdir(in_root(root, "train/labels")), 0);
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "train has images but neither labels nor masks");
	assert_int_equal(secant_make_dirs(in_root(root, "empty/images"), &err), SECANT_OK);
	assert_int_equal(secant_make_dirs(in_root(root, "empty/labels"), &err), SECANT_OK);
	open_expecting(root, "empty", &o, 3, 1, DATA_TARGET_BINARY, "empty/images holds no pictures");
	write_picture(in_root(root, "twice/images/a.png"), 4, 4, 3, SECANT_U8, place_value);
	write_picture(in_root(root, "twice/images/a.bmp"), 4, 4, 3, SECANT_U8, place_value);
	open_expecting(root, "twice", &o, 3, 1, DATA_TARGET_NONE, "'a.bmp' and 'a.png' have the same stem");
}

static void
sizes_and_channels_must_fit(void **state)
{
	const char *root = *state;
	write_split(root, "train", 1, 8, 6, half_mask);
	write_picture(in_root(root, "train/labels/00.png"), 8, 5, 1, SECANT_U8, half_mask);
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "train/labels/00.png: label is 5x8, its picture ");
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "is 6x8 (height x width)");
	open_expecting(
		root, "train", &o, 4, 1, DATA_TARGET_NONE, "train/images/00.png: has 3 channels, --in-channels is 4");
	open_expecting(
		root, "train", &o, 1, 1, DATA_TARGET_NONE, "train/images/00.png: has 3 channels, --in-channels is 1");
	open_expecting(root, "train", &o, 17, 1, DATA_TARGET_NONE, "--in-channels: 17 is outside 1 to 16");
	write_picture(in_root(root, "grey/images/g.png"), 4, 4, 1, SECANT_U8, place_value);
	write_picture(in_root(root, "grey/images/rgba.png"), 4, 4, 4, SECANT_U8, place_value);
	data_samples *s = open_expecting(root, "grey", &o, 3, 1, DATA_TARGET_NONE, NULL); /* repeated; alpha dropped */
	data_samples_free(s);
	write_picture(in_root(root, "alpha/images/la.png"), 4, 4, 2, SECANT_U8, place_value);
	for (int channels = 1; channels <= 3; channels++) { /* grey, grey and alpha, grey three times */
		secant_tensor image, none;
		secant_err err = { 0 };
		s = open_expecting(root, "alpha", &o, channels, 1, DATA_TARGET_NONE, NULL);
		assert_int_equal(data_sample_load(s, 0, &image, &none, &err), SECANT_OK);
		for (int c = 0; c < channels; c++)
			assert_true(((const float *)image.data)[channels + c] == (float)place_value(1, 0, channels == 2 ? c : 0));
		secant_tensor_free(&image);
		data_samples_free(s);
	}
	open_expecting(root, "alpha", &o, 4, 1, DATA_TARGET_NONE, "has 2 channels, --in-channels is 4");
	write_picture(in_root(root, "two/images/b.tif"), 4, 4, 2, SECANT_U8, place_value);
	open_expecting(root, "two", &o, 3, 1, DATA_TARGET_NONE, "has 2 channels, --in-channels is 3");
	write_picture(in_root(root, "bands/images/b.tif"), 4, 4, 4, SECANT_U8, place_value);
	open_expecting(
		root, "bands", &o, 3, 1, DATA_TARGET_NONE, "has 4 channels, --in-channels is 3"); /* a band is no alpha */
	data_samples_free(open_expecting(root, "bands", &o, 4, 1, DATA_TARGET_NONE, NULL));
}

static void
files_of_the_wrong_kind_are_named(void **state)
{
	const char *root = *state;
	write_split(root, "train", 1, 8, 6, half_mask);
	write_text(in_root(root, "train/images/00.png"), "this is no picture");
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "train/images/00.png");
	write_text(in_root(root, "train/images/00.png"), "");
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "train/images/00.png");
}

/* ---- without split folders ---- */

static void
expect_division(const char *data, const secant_data_options *options, int all, int val)
{
	data_samples *t = open_expecting(data, "train", options, 3, 1, DATA_TARGET_BINARY, NULL),
				 *v = open_expecting(data, "val", options, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(v), val);
	assert_int_equal(data_samples_count(t), all - val);
	for (int i = 0; i < data_samples_count(v); i++) {
		if (i > 0)
			assert_true(strcmp(data_samples_image_path(v, i - 1), data_samples_image_path(v, i)) < 0);
		for (int k = 0; k < data_samples_count(t); k++)
			assert_string_not_equal(data_samples_image_path(v, i), data_samples_image_path(t, k));
	}
	data_samples_free(t);
	data_samples_free(v);
}

static void
a_data_set_without_splits_is_divided(void **state)
{
	const char *root = *state;
	write_split(root, ".", 20, 4, 4, half_mask);
	expect_division(root, &o, 20, 4);
	set_option(&o, "validation-fraction", "0.5");
	expect_division(root, &o, 20, 10);
	set_option(&o, "validation-fraction", "0.01"); /* at least one */
	expect_division(root, &o, 20, 1);
	set_option(&o, "validation-fraction", "0");
	open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, "--validation-fraction is 0: nothing is left for val");
	open_expecting(root, "test", &o, 3, 1, DATA_TARGET_BINARY, "there are train, val and all, not 'test'");
	data_samples *s = open_expecting(root, "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 20);
	data_samples_free(s);
}

static void
folds_cover_everything_once(void **state)
{
	const char *root = *state;
	write_split(root, ".", 10, 4, 4, half_mask);
	int seen[10] = { 0 };
	set_option(&o, "folds", "3");
	for (int fold = 0; fold < 3; fold++) {
		set_option(&o, "fold", (const char *[]){ "0", "1", "2" }[fold]);
		expect_division(root, &o, 10, fold == 0 ? 4 : 3);
		data_samples *v = open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, NULL);
		for (int i = 0; i < data_samples_count(v); i++)
			seen[atoi(base_path_name(data_samples_image_path(v, i)))]++;
		data_samples_free(v);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(seen[i], 1);
	set_option(&o, "fold", "3");
	open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, "--fold 3: --folds 3 has folds 0 to 2");
	set_option(&o, "folds", "30");
	open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, "--folds 30: there are only ");
	write_split(root, "split/train", 1, 4, 4, half_mask);
	open_expecting(in_root(root, "split"), "train", &o, 3, 1, DATA_TARGET_BINARY, "split is divided already (");
	set_option(&o, "folds", "3");
	set_option(&o, "fold", "all");
	open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY,
		"--fold all: train makes a model of each fold; here one of them is wanted, 0 to 2");
	set_option(&o, "fold", "2nd");
	open_expecting(root, "val", &o, 3, 1, DATA_TARGET_BINARY, "--fold: '2nd' is no fold, a number from 0");
	set_option(&o, "fold", "0");
}

static void
a_folder_per_sample(void **state)
{
	const char *root = *state;
	for (int i = 0; i < 5; i++) {
		write_picture(in_root(root, "%02d/image.png", i), 4, 4, 1, SECANT_U8, place_value);
		write_picture(in_root(root, "%02d/%s.png", i, i % 2 ? "mask" : "label"), 4, 4, 1, SECANT_U8, half_mask);
	}
	expect_division(root, &o, 5, 1);
	write_picture(in_root(root, "07/image.png"), 4, 4, 1, SECANT_U8, place_value);
	open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, "07/image.png has no label: ");
}

static void
a_list_of_pairs(void **state)
{
	const char *root = *state, *list = in_root(root, "list.csv");
	char *kept = strdup(list);
	write_split(root, ".", 4, 4, 4, half_mask);
	write_text(kept,
		"image,label\r\n images/00.png , labels/01.png\r\n\r\n# a "
		"remark\n\"images/01.png\",\"labels/00.png\"\nimages/02.png,labels/02.png\n");
	data_samples *s = open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 3);
	assert_string_equal(s->v[0].label, in_root(root, "labels/01.png"));
	assert_string_equal(s->v[1].image, in_root(root, "images/01.png"));
	data_samples_free(s);
	write_text(
		kept, "images/03.png,labels/03.png,train\nimages/01.png,labels/01.png,val\nimages/00.png,labels/00.png,train");
	s = open_expecting(kept, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 2);
	assert_string_equal(base_path_name(data_samples_image_path(s, 0)), "03.png"); /* the order of the file */
	data_samples_free(s);
	open_expecting(kept, "test", &o, 3, 1, DATA_TARGET_BINARY, "list.csv names no pictures for the split 'test'");
	write_text(kept, "images/03.png\n");
	open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, "list.csv:1: 'images/03.png' has no label");
	data_samples_free(open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_NONE, NULL));
	/* tabs or spaces between; a name with a space is one name */
	write_picture(in_root(root, "images/a b.png"), 4, 4, 3, SECANT_U8, place_value);
	write_text(kept,
		"images/03.png\tlabels/03.png\ttrain\nimages/01.png   labels/01.png  val\nimages/a b.png,labels/00.png,val\n");
	s = open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 3);
	assert_string_equal(s->v[1].label, in_root(root, "labels/01.png"));
	data_samples_free(s);
	s = open_expecting(kept, "val", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 2);
	assert_string_equal(s->v[1].image, in_root(root, "images/a b.png"));
	data_samples_free(s);
	set_option(&o, "folds", "2");
	open_expecting(kept, "val", &o, 3, 1, DATA_TARGET_BINARY, "list.csv is divided already, by its third column");
	set_option(&o, "folds", "0");
	write_text(kept, "images/a b.png\n");
	data_samples_free(open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_NONE, NULL));
	write_text(kept, "a,b,train,what\n");
	open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, "list.csv:1: more than three fields");
	write_text(kept, "\n\n");
	open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, "list.csv names no pictures");
	write_text(kept, "images/99.png,labels/00.png\n");
	open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, "images/99.png");
	secant_err err = { 0 };
	assert_int_equal(secant_file_write(kept, "a\0b", 3, &err), SECANT_OK);
	open_expecting(kept, "all", &o, 3, 1, DATA_TARGET_BINARY, "a zero byte at 1");
	free(kept);
}

static void
large_pictures_become_tiles(void **state)
{
	const char *root = *state;
	write_picture(in_root(root, "train/images/a.tif"), 40, 25, 3, SECANT_U8, place_value);
	write_picture(in_root(root, "train/labels/a.tif"), 40, 25, 1, SECANT_U8, half_mask);
	set_option(&o, "tile", "16");
	data_samples *s = open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 6); /* 3 x 2: the last ones are moved back inside */
	secant_err err = { 0 };
	secant_tensor image, target;
	set_option(&o, "normalize", "none");
	data_samples_free(s);
	s = open_expecting(root, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_sample_load(s, 5, &image, &target, &err), SECANT_OK);
	assert_int_equal(image.shape.dim[0], 16);
	for (int y = 0; y < 16; y++)
		for (int x = 0; x < 16; x++) {
			assert_true(((float *)image.data)[(y * 16 + x) * 3 + 1] == (float)place_value(x + 24, y + 9, 1));
			assert_true(((float *)target.data)[y * 16 + x] == (half_mask(x + 24, y + 9, 0) > 0));
		}
	secant_tensor_free(&image);
	secant_tensor_free(&target);
	data_samples_free(s);
}

static void
memory_may_fail_anywhere(void **state)
{
	const char *root = *state;
	write_split(root, ".", 3, 4, 4, half_mask);
	for (long k = 1;; k++) {
		secant_err err = { 0 };
		long live = base_mem_live();
		data_samples_request r = { root, "train", &o, 3, 1, DATA_TARGET_BINARY, 0 };
		secant_tensor image, target;
		base_mem_fail_at(k);
		data_samples *s = data_samples_open(&r, &err);
		secant_status st = s ? data_sample_load(s, 0, &image, &target, &err) : err.code;
		bool hit = st != SECANT_OK;
		base_mem_fail_at(0);
		if (!st) {
			secant_tensor_free(&image);
			secant_tensor_free(&target);
		}
		data_samples_free(s);
		assert_int_equal(base_mem_live(), live);
		if (!hit && k > 40)
			break;
		if (hit && err.code != SECANT_ERR_NOMEM && err.code != SECANT_ERR_IO)
			fail_msg("allocation %ld: %d %s", k, err.code, err.msg);
		assert_true(k < 5000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(split_folders_pair_by_stem),
		T(masks_may_stand_for_labels),
		T(missing_things_are_named),
		T(sizes_and_channels_must_fit),
		T(files_of_the_wrong_kind_are_named),
		T(a_data_set_without_splits_is_divided),
		T(folds_cover_everything_once),
		T(a_folder_per_sample),
		T(a_list_of_pairs),
		T(large_pictures_become_tiles),
		T(memory_may_fail_anywhere),
	};
	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
