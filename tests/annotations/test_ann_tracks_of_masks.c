/* Formats of masks and characters that no tool of detection writes: MOTS, Open Images' segmentations, CTW. */
#include "ann_describe.h"

#define PIXELS ";2k5" /* of 20 x 10: (1, 1) and below */

static void
test_mots_as_text(void **state)
{
	static const described row[] = {
		{ "KITTI's: a car, a pedestrian, what is not to be judged",
			{ "training/image_02/0000/000000.png", "@20x10", "training/image_02/0000/000001.png", "@20x10",
				"instances_txt/0000.txt",
				"0 1001 1 10 20 " PIXELS "\n0 2005 2 10 20 " PIXELS "\n0 10000 10 10 20 " PIXELS "\n" },
			NULL,
			"training/image_02/0000/000000.png 20x10: car 1,1 1x2 mask 2 track_id=1001; pedestrian 1,1 1x2 mask 2 "
			"track_id=2005; - 1,1 1x2 mask 2 void | training/image_02/0000/000001.png 20x10:",
			"car|pedestrian" },
		{ "MOTChallenge's, two sequences",
			{ "train/S-02/img1/000001.jpg", "@20x10", "train/S-02/gt/gt.txt", "1 2001 2 10 20 " PIXELS "\n",
				"train/S-05/img1/000001.jpg", "@20x10", "train/S-05/gt/gt.txt", "1 2001 2 10 20 " PIXELS "\n" },
			NULL,
			"train/S-02/img1/000001.jpg 20x10 train: pedestrian 1,1 1x2 mask 2 track_id=2001 | "
			"train/S-05/img1/000001.jpg 20x10 train: pedestrian 1,1 1x2 mask 2 track_id=2001",
			"pedestrian" },
		{ "a picture that is not there", { "img/0001/000000.png", "@20x10", "0000.txt", "7 1001 1 10 20 " PIXELS "\n" },
			NULL, "img/0001/000000.png 20x10: | ?0000/000007.jpg 20x10: car 1,1 1x2 mask 2 track_id=1001", "car" },
		{ "classes of their own",
			{ "a/000001.png", "@20x10", "gt/gt.txt", "1 3 3 10 20 " PIXELS "\n", "gt/labels.txt", "x\ny\nz\n" }, NULL,
			"a/000001.png 20x10: z 1,1 1x2 mask 2 track_id=3", "x|y|z" },
		{ "a class that is none",
			{ "a/000001.png", "@20x10", "0000.txt", "1 3 1 10 20 " PIXELS "\n1 3 3 10 20 " PIXELS "\n" }, NULL, NULL,
			"0000.txt:2|class 3" },
		{ "runs of another size",
			{ "a/000001.png", "@20x10", "0000.txt", "1 1 1 10 20 " PIXELS "\n1 1 1 10 21 " PIXELS "\n" }, NULL, NULL,
			"0000.txt:2" },
		{ "a row cut short", { "a/000001.png", "@20x10", "0000.txt", "1 1 1 10 20 " PIXELS "\n1 1 1 10\n" }, NULL, NULL,
			"0000.txt:2|frame, track, class" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_mots_as_pictures(void **state)
{
	static const int v[] = { 0, 1001, 1001, 10000, 2002, 0, 0, 0 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "image_02/0000/000003.png", 4, 2, 1);
	put_values(tmp, "instances/0000/000003.png", 4, 2, v, true);
	assert_described("KITTI's", tmp, NULL,
		"image_02/0000/000003.png 4x2: car 1,0 2x1 mask 2 track_id=1001; pedestrian 0,1 1x1 mask 1 track_id=2002; - "
		"3,0 1x1 "
		"mask 1 void",
		"car|pedestrian");
	remove_tree(tmp);

	static const int own[] = { 0, 3001, 3001, 0, 0, 0, 0, 0 };
	put_picture(tmp, "train/images/a.jpg", 4, 2, 1);
	put_values(tmp, "train/instances/a.png", 4, 2, own, true);
	put(tmp, "train/instances/labels.txt", "x\ny\nz\n");
	assert_described("Datumaro's", tmp, NULL, "train/images/a.jpg 4x2: z 1,0 2x1 mask 2 track_id=3001", "x|y|z");
	put_values(tmp, "train/instances/b.png", 4, 2, own, true);
	assert_refused("a mask without its picture", tmp, NULL, "instances/b.png|no picture");
	remove_tree(tmp);
	secant_free(tmp);
}

#define MASKS "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n"
#define BOXES \
	"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"

/* A mask of half the picture's size; it joins the box that is its own, and is no picture of the set. */
static void
test_masks_of_open_images(void **state)
{
	static const int left[] = { 255, 0, 255, 0 };
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/a.jpg", 4, 4, 1);
	put_values(tmp, "train-masks-0/a_m01_1.png", 2, 2, left, false);
	put(tmp, "train-annotations-object-segmentation.csv", MASKS "a_m01_1.png,a,/m/01,1,0,0.5,0,1,0.8,\n");
	put(tmp, "class-descriptions.csv", "/m/01,Cat\n/m/02,Dog\n");
	assert_described("masks alone", tmp, NULL, "images/a.jpg 4x4 train: Cat 0,0 2x4 mask 8", "Cat");
	put(tmp, "train-annotations-bbox.csv", BOXES "a,x,/m/01,1,0,0.5,0,1,1,0,0,0,0\na,x,/m/02,1,0,0.5,0,1,0,0,0,0,0\n");
	assert_described(
		"with boxes", tmp, NULL, "images/a.jpg 4x4 train: Cat 0,0 2x4 mask 8 occluded=true; Dog 0,0 2x4", "Cat|Dog");
	put(tmp, "train-annotations-object-segmentation.csv", MASKS "a_m01_2.png,a,/m/01,1,0,0.5,0,1,0.8,\n");
	assert_refused("a mask that is not there", tmp, NULL, "segmentation.csv:2|a_m01_2.png");
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_characters_of_ctw(void **state)
{
	static const described row[] = {
		{ "two lines of text, what is not to be judged",
			{ "images/trainval/1.jpg", "@20x10", "images/trainval/2.jpg", "@20x10", "train.jsonl",
				"{\"file_name\": \"1.jpg\", \"width\": 20, \"height\": 10, \"annotations\": [[{\"text\": \"x\", "
				"\"is_chinese\": "
				"false, \"polygon\": [[1, 1], [3, 1], [3, 4], [1, 4]], \"adjusted_bbox\": [1, 1, 2, 3], "
				"\"attributes\": []}], "
				"[{\"text\": \"y\", \"adjusted_bbox\": [5, 5, 2, 3], \"attributes\": [\"bgcomplex\"]}]], \"ignore\": "
				"[{\"bbox\": "
				"[8, 1, 2, 2]}]}\n\n" },
			NULL,
			"images/trainval/1.jpg 20x10 train: text 1,1 2x3 quad (1,1)(3,1)(3,4)(1,4) text=\"x\" line=0 "
			"is_chinese=false; "
			"text 5,5 2x3 text=\"y\" line=1 attributes=[\"bgcomplex\"]; text 8,1 2x2 void",
			"text" },
		{ "a line that is no JSON",
			{ "1.jpg", "@20x10", "train.jsonl",
				"{\"file_name\": \"1.jpg\", \"annotations\": [[{\"text\": \"x\", \"adjusted_bbox\": [1, 1, 2, "
				"3]}]]}\n{\n" },
			NULL, NULL, "train.jsonl:2|no JSON" },
		{ "a box without all of its numbers",
			{ "1.jpg", "@20x10", "train.jsonl",
				"{\"file_name\": \"1.jpg\", \"annotations\": [[{\"text\": \"x\", \"adjusted_bbox\": [1, 1, 2]}]]}\n" },
			NULL, NULL, "train.jsonl|four numbers" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mots_as_text),
		cmocka_unit_test(test_mots_as_pictures),
		cmocka_unit_test(test_masks_of_open_images),
		cmocka_unit_test(test_characters_of_ctw),
	};
	return cmocka_run_group_tests_name("tracks of masks", tests, NULL, NULL);
}
