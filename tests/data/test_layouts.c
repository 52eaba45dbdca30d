/* Layouts people have: folders and files whose names say what they are. Each row is one, with the pair it must give. */
#include "scratch.h"

static void
put(const char *root, const char *name, bool label)
{
	write_picture(in_root(root, "%s", name), 8, 6, label ? 1 : 3, SECANT_U8, label ? half_mask : place_value);
}

/* Files of a data set, and the picture and label that its first training pair must be. */
typedef struct layout {
	const char *what, *files[8], *image, *label;
	int n; /* training pairs */
	bool val; /* is there a validation set of its own? */
} layout;
/* A file is a label where a '!' stands before it. */
static const layout layouts[] = {
	{ "names in capitals", { "Images/a.png", "!Masks/a.png" }, "Images/a.png", "Masks/a.png", 1, false },
	{ "image and label", { "image/a.png", "!label/a.png" }, "image/a.png", "label/a.png", 1, false },
	{ "imgs and gt", { "imgs/a.jpg", "!gt/a.png" }, "imgs/a.jpg", "gt/a.png", 1, false },
	{ "suffix in a folder of its own", { "images/a.png", "!masks/a_mask.png" }, "images/a.png", "masks/a_mask.png", 1,
		false },
	{ "words on both sides", { "images/x_sat.jpg", "!masks/x_mask.png" }, "images/x_sat.jpg", "masks/x_mask.png", 1,
		false },
	{ "numbers behind words", { "images/image_7.png", "!masks/mask_7.png" }, "images/image_7.png", "masks/mask_7.png",
		1, false },
	{ "beside each other, with a suffix", { "a.png", "!a_mask.png", "b.png", "!b_mask.png" }, "a.png", "a_mask.png", 2,
		false },
	{ "beside each other, JPEG and PNG", { "a.jpg", "!a.png" }, "a.jpg", "a.png", 1, false },
	{ "several folders of such", { "x/a.jpg", "!x/a.png", "y/a.jpg", "!y/a.png" }, "x/a.jpg", "x/a.png", 2, false },
	{ "splits below kinds", { "images/train/a.png", "!masks/train/a.png", "images/val/b.png", "!masks/val/b.png" },
		"images/train/a.png", "masks/train/a.png", 1, true },
	{ "splits with other words",
		{ "Training/Images/a.png", "!Training/GT/a.png", "Testing/Images/b.png", "!Testing/GT/b.png" },
		"Training/Images/a.png", "Training/GT/a.png", 1, false },
	{ "splits in names", { "train_images/a.png", "!train_masks/a.png", "val_images/b.png", "!val_masks/b.png" },
		"train_images/a.png", "train_masks/a.png", 1, true },
	{ "labels of a split beside it", { "train/a.png", "!train_labels/a.png", "val/b.png", "!val_labels/b.png" },
		"train/a.png", "train_labels/a.png", 1, true },
	{ "a split with pictures beside masks", { "train/a.jpg", "!train/a.png", "valid/b.jpg", "!valid/b.png" },
		"train/a.jpg", "train/a.png", 1, true },
};

static void
layouts_by_their_names(void **state)
{
	const char *root = *state;
	secant_data_options all = o;
	all.validation_fraction = 0;
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		const layout *l = &layouts[i];
		char data[1024];
		snprintf(data, sizeof data, "%s/%zu", root, i);
		for (int k = 0; k < 8 && l->files[k]; k++)
			put(data, l->files[k] + (*l->files[k] == '!'), *l->files[k] == '!');
		data_samples *s = open_expecting(data, "train", &all, 3, 1, DATA_TARGET_BINARY, NULL);
		if (data_samples_count(s) != l->n || strcmp(data_samples_image_path(s, 0), in_root(data, "%s", l->image))
			|| strcmp(data_samples_label_path(s, 0), in_root(data, "%s", l->label)))
			fail_msg("%s: %d pairs, first %s with %s", l->what, data_samples_count(s), data_samples_image_path(s, 0),
				data_samples_label_path(s, 0));
		assert_true(data_samples_are_guessed(s));
		if (data_samples_exists(data, "val", &all) != l->val)
			fail_msg("%s: a validation set is there, or not, against what its folders say", l->what);
		data_samples_free(s);
	}
}

static void
a_guess_is_never_half_right(void **state)
{
	const char *root = *state;
	put(root, "half/images/a.png", false);
	put(root, "half/images/b.png", false);
	put(root, "half/masks/a_mask.png", true);
	open_expecting(in_root(root, "half"), "train", &o, 3, 1, DATA_TARGET_BINARY, "has no label in ");
	put(root, "lone/a.jpg", false);
	put(root, "lone/a.png", true);
	put(root, "lone/b.jpg", false);
	open_expecting(in_root(root, "lone"), "all", &o, 3, 1, DATA_TARGET_BINARY, "lone/b.jpg has no mask beside it");
	put(root, "two/a.png", false);
	put(root, "two/a_mask.png", true);
	put(root, "two/a_gt.png", true);
	open_expecting(in_root(root, "two"), "all", &o, 3, 1, DATA_TARGET_BINARY, "two/a.png has several masks beside it");
}

/* Plain layouts are plain: nothing is guessed, and files that look like masks of others are pictures. */
static void
plain_layouts_come_first(void **state)
{
	const char *root = *state;
	put(root, "images/a.png", false);
	put(root, "labels/a.png", true);
	put(root, "images/a_mask.png", false);
	put(root, "labels/a_mask.png", true);
	data_samples *s = open_expecting(root, "all", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(data_samples_count(s), 2);
	assert_false(data_samples_are_guessed(s));
	data_samples_free(s);
}

static void
where_nothing_fits_it_is_said_what_is_there(void **state)
{
	const char *root = *state;
	put(root, "pile/one.png", false);
	put(root, "pile/two.png", false);
	write_text(in_root(root, "pile/notes.txt"), "x");
	open_expecting(in_root(root, "pile"), "train", &o, 3, 1, DATA_TARGET_BINARY,
		"it holds 3 files (notes.txt, one.png, two.png); expected ");
	assert_int_equal(secant_make_dirs(in_root(root, "empty"), &(secant_err){ 0 }), SECANT_OK);
	open_expecting(in_root(root, "empty"), "train", &o, 3, 1, DATA_TARGET_BINARY, "it holds nothing; expected ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(layouts_by_their_names),
		T(a_guess_is_never_half_right),
		T(plain_layouts_come_first),
		T(where_nothing_fits_it_is_said_what_is_there),
	};
	return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}
