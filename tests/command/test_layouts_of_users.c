/* Folders of users as `train`, `info` and `data` see them: one answer from all, no set taken for another kind, tables
 * of classes that lie beside labels. */
#include "says.h"
#include "data/pictures.h"

/* images/train and labels/train of YOLO look like ModelNet's CLASS/train: pictures there say that they are not. */
static void
texts_beside_pictures_are_no_clouds(void **state)
{
	char *dir = scratch_dir(), line[2000];
	for (int i = 0; i < 2; i++) {
		write_picture(in_root(dir, "set/images/%s/a.png", i ? "val" : "train"), 32, 32, 3, SECANT_U8, place_value);
		write_picture(in_root(dir, "set/labels/%s/x.png", i ? "val" : "train"), 1, 1, 1, SECANT_U8, four);
		write_text(in_root(dir, "set/labels/%s/a.txt", i ? "val" : "train"), "0 0.5 0.5 0.5 0.5\n");
	}
	snprintf(line, sizeof line,
		"cd %s && rm set/labels/*/x.png && printf 'train: images/train\nval: images/val\nnames: "
		"[cat, dog]\n' > set/data.yaml && export XDG_CACHE_HOME=$PWD/cache && $SECANT train set --check",
		dir);
	says(0, "class 1 cat: 256 pixels, 25.00 %", line);
	assert_null(strstr(out, "clouds"));

	/* and what is wrong with them is said by the reader of the format */
	write_text(in_root(dir, "set/labels/train/a.txt"), "cat 0.5 0.5 0.5 0.5\n");
	static const char *const verbs[] = { "train set --check", "data stats set", "data convert set --to coco --out o",
		"data draw set --out p" };
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		snprintf(line, sizeof line, "cd %s && $SECANT %s", dir, verbs[i]);
		says(1, "labels/train/a.txt:1:1: a number is needed here", line);
	}
	snprintf(line, sizeof line, "cd %s && rm -r *", dir);
	says(0, "", line);
}

static double
two_colours(int x, int y, int c)
{
	return y < 16 ? (c == 0) * 255 : (c == 1) * 255;
}

static void
info_and_train_see_the_same_layout(void **state)
{
	char *dir = scratch_dir(), line[2000];
	for (int i = 0; i < 4; i++) {
		write_picture(in_root(dir, "set/train/%d_sat.png", i), 32, 32, 3, SECANT_U8, place_value);
		write_picture(in_root(dir, "set/train/%d_mask.png", i), 32, 32, 3, SECANT_U8, two_colours);
	}
	snprintf(line, sizeof line, "cd %s && export XDG_CACHE_HOME=$PWD/cache && $SECANT info set", dir);
	says(0, "pictures and labels, paired by their names", line);
	assert_non_null(strstr(out, "train:\n      images             4\n      labels             4"));
	snprintf(line, sizeof line, "cd %s && export XDG_CACHE_HOME=$PWD/cache && $SECANT train set --check", dir);
	says(1, "labels are coloured, with 2 colours: say what they mean with --class-file", line);

	/* the table that lies beside many such sets says it */
	write_text(in_root(dir, "set/class_dict.csv"), "name,r,g,b\r\nwater,255,0,0\r\nland,0,255,0\r\n");
	says(0, "set/class_dict.csv says what the labels mean", line);
	assert_non_null(strstr(out, "class 1 land: 2048 pixels, 50.00 %"));

	/* and so it is for values: Roboflow's table */
	for (int i = 0; i < 4; i++)
		write_picture(in_root(dir, "set/train/%d_mask.png", i), 32, 32, 1, SECANT_U8, four);
	write_text(in_root(dir, "set/train/_classes.csv"), "Pixel Value, Class\n0, background\n1, a b\n2, c\n3, d\n");
	snprintf(line, sizeof line,
		"cd %s && rm -f set/class_dict.csv && export XDG_CACHE_HOME=$PWD/cache && $SECANT train set --check", dir);
	says(0, "set/train/_classes.csv says what the labels mean", line);
	assert_non_null(strstr(out, "class 1 a b: 1024 pixels, 25.00 %"));
	write_text(in_root(dir, "set/train/_classes.csv"), "Pixel Value, Class\n0, background\n2, c\n");
	says(1, "_classes.csv:3: the row of pixel value 1 should stand here", line);

	/* folders of pictures and labels are no folders of classes */
	snprintf(line, sizeof line,
		"cd %s && mkdir -p w/train && mkdir w/train/image w/train/label && cp set/train/0_sat.png "
		"w/train/image/0.png && cp set/train/0_mask.png w/train/label/0.png && $SECANT info w",
		dir);
	says(0, "pictures and labels, paired by their names", line);
	snprintf(line, sizeof line, "cd %s && rm -r *", dir);
	says(0, "", line);
}

/* Bands on pages of their own: the first page alone is read, which training says as `info` does. */
static void
pages_that_are_not_read_are_said(void **state)
{
	says(0, "3 more pages of this size", "cd tests/cases/data/bands-on-pages && $SECANT train set --check");
	says(0, "can be trained on", "cd tests/cases/data/bands-on-pages && $SECANT train set --check");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_that_are_not_read_are_said),
		cmocka_unit_test(texts_beside_pictures_are_no_clouds),
		cmocka_unit_test(info_and_train_see_the_same_layout),
	};
	return cmocka_run_group_tests_name("layouts of users", tests, NULL, NULL);
}
