/* Layouts people have: folders and files whose names say what they are. Each row is one, with the pair it must give. */
#include "scratch.h"
#include "base/file.h"
#include "base/mem.h"

static void
put(const char *root, const char *name, bool label)
{
	write_picture(in_root(root, "%s", name), 8, 6, label ? 1 : 3, SECANT_U8, label ? half_mask : place_value);
}

static void
put_text(const char *root, const char *name)
{
	secant_err err = { 0 };
	char *path = base_path_join(root, name), *dir = base_path_dir(path);
	assert_int_equal(secant_make_dirs(dir, &err), SECANT_OK);
	write_text(path, "x");
	secant_free(path), secant_free(dir);
}

/* Files of a data set, and the picture and label that its first training pair must be. */
typedef struct layout {
	const char *what, *files[8], *image, *label; /* files that are no pictures by name are texts */
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
	{ "COCO-Stuff as MMSegmentation prepares it",
		{ "images/train2017/a.jpg", "!annotations/train2017/a_labelTrainIds.png", "images/val2017/b.jpg",
			"!annotations/val2017/b_labelTrainIds.png" },
		"images/train2017/a.jpg", "annotations/train2017/a_labelTrainIds.png", 1, true },
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
	{ "words that are parts of names (MMSegmentation)",
		{ "img_dir/train/a.jpg", "!ann_dir/train/a.png", "img_dir/val/b.jpg", "!ann_dir/val/b.png" },
		"img_dir/train/a.jpg", "ann_dir/train/a.png", 1, true },
	{ "an end that all names have (iSAID)",
		{ "img_dir/train/a.png", "!ann_dir/train/a_instance_color_RGB.png", "img_dir/train/b.png",
			"!ann_dir/train/b_instance_color_RGB.png" },
		"img_dir/train/a.png", "ann_dir/train/a_instance_color_RGB.png", 2, false },
	{ "ends on both sides",
		{ "images/1_test.png", "!manual/1_manual1.png", "images/2_test.png", "!manual/2_manual1.png" },
		"images/1_test.png", "manual/1_manual1.png", 2, false },
	{ "scenes within a split (LoveDA)",
		{ "Train/Rural/images_png/1.png", "!Train/Rural/masks_png/1.png", "Train/Urban/images_png/0.png",
			"!Train/Urban/masks_png/0.png", "Val/Urban/images_png/2.png", "!Val/Urban/masks_png/2.png" },
		"Train/Rural/images_png/1.png", "Train/Rural/masks_png/1.png", 2, true },
	{ "numbers before names (Potsdam)",
		{ "2_Ortho_RGB/p_2_10_RGB.tif", "!5_Labels_all/p_2_10_label.tif", "5_Labels_all_noBoundary/readme.txt" },
		"2_Ortho_RGB/p_2_10_RGB.tif", "5_Labels_all/p_2_10_label.tif", 1, false },
	{ "the only other folder (Vaihingen)", { "top/a.tif", "!gts_for_participants/a.tif" }, "top/a.tif",
		"gts_for_participants/a.tif", 1, false },
	{ "kinds and splits in long names (ISIC)",
		{ "T1-2_Training_Input/I_1.jpg", "!T1_Training_GroundTruth/I_1_segmentation.png",
			"T1-2_Validation_Input/I_2.jpg", "!T1_Validation_GroundTruth/I_2_segmentation.png" },
		"T1-2_Training_Input/I_1.jpg", "T1_Training_GroundTruth/I_1_segmentation.png", 1, true },
	{ "a folder around all of it", { "Set/images/a.png", "!Set/masks/a.png", "__MACOSX/Set/._a.png" },
		"Set/images/a.png", "Set/masks/a.png", 1, false },
	{ "splits that number their pictures alike (CamVid, Massachusetts)",
		{ "train/0.png", "!train_labels/0_L.png", "train/1.png", "!train_labels/1_L.png", "val/0.png",
			"!val_labels/0_L.png", "val/1.png", "!val_labels/1_L.png" },
		"train/0.png", "train_labels/0_L.png", 2, true },
	{ "folders within folders (BDD100K)",
		{ "images/10k/train/a.jpg", "!labels/sem_seg/masks/train/a.png", "images/10k/val/b.jpg",
			"!labels/sem_seg/masks/val/b.png", "labels/sem_seg/colormaps/train/readme.txt" },
		"images/10k/train/a.jpg", "labels/sem_seg/masks/train/a.png", 1, true },
	{ "a channel's number behind names (nnU-Net)",
		{ "imagesTr/a_0000.png", "!labelsTr/a.png", "imagesTr/b_0000.png", "!labelsTr/b.png", "dataset.json" },
		"imagesTr/a_0000.png", "labelsTr/a.png", 2, false },
	{ "names in another case (Windows)", { "images/IMG_1.JPG", "!masks/img_1.png" }, "images/IMG_1.JPG",
		"masks/img_1.png", 1, false },
	{ "letters and their marks apart (macOS)", { "images/e\xcc\x81.jpg", "!masks/\xc3\xa9.png" },
		"images/e\xcc\x81.jpg", "masks/\xc3\xa9.png", 1, false },
	{ "labels one folder deeper (Oxford pets)",
		{ "images/a.jpg", "!annotations/trimaps/a.png", "annotations/xmls/a.xml" }, "images/a.jpg",
		"annotations/trimaps/a.png", 1, false },
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
			if (secant_image_is_path(l->files[k]))
				put(data, l->files[k] + (*l->files[k] == '!'), *l->files[k] == '!');
			else
				put_text(data, l->files[k]);
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
	/* DRIVE: a mask is the field of view, the labels are by hand */
	for (int i = 1; i < 3; i++) {
		put(root, i == 1 ? "drive/training/images/1_training.png" : "drive/training/images/2_training.png", false);
		put(root, i == 1 ? "drive/training/mask/1_training_mask.png" : "drive/training/mask/2_training_mask.png", true);
		put(root, i == 1 ? "drive/training/1st_manual/1_manual1.png" : "drive/training/1st_manual/2_manual1.png", true);
	}
	open_expecting(in_root(root, "drive"), "train", &o, 3, 1, DATA_TARGET_BINARY, "1st_manual both have a label");
	put(root, "some/x/a.jpg", false);
	put(root, "some/x/a.png", true);
	put(root, "some/y/b.jpg", false);
	open_expecting(in_root(root, "some"), "all", &o, 3, 1, DATA_TARGET_BINARY, "some/y holds pictures without masks");
	/* twice the same set: one of them has no place */
	put(root, "twice/png/images/a.png", false);
	put(root, "twice/png/labels/a.png", true);
	put(root, "twice/tiff/odd/a.tif", false);
	open_expecting(in_root(root, "twice"), "all", &o, 3, 1, DATA_TARGET_BINARY, "no pictures with labels found");
	put(root, "gif/train/a.png", false);
	put_text(root, "gif/train_masks/a_mask.gif");
	open_expecting(in_root(root, "gif"), "train", &o, 3, 1, DATA_TARGET_BINARY, "a_mask.gif");
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
