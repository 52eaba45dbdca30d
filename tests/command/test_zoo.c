/*
 * Networks of the zoo as a user meets them: sizes that an architecture cannot take are said before anything is
 * computed, and pictures smaller than those are padded; scores that do not exist are not printed as numbers.
 */
#include "run.h"

static char out[200000], root[256];

static int
setup(void **state)
{
	if (!access("/dev/shm", W_OK))
		setenv("TMPDIR", "/dev/shm", 0);
	snprintf(root, sizeof root, "%s", scratch_dir());
	setenv("ROOT", root, 1);
	return run_line(out, sizeof out, "$SECANT demo $ROOT/data --pictures 8 --size 32 --quiet");
}

static int
teardown(void **state)
{
	return run_line(out, sizeof out, "rm -r $ROOT");
}

static void
says(int status, const char *part, const char *arguments)
{
	int got = run_line(out, sizeof out, "$SECANT %s", arguments);
	if (got != status || !strstr(out, part))
		fail_msg("secant %s: status %d, want %d; '%s' lacks '%s'", arguments, got, status, out, part);
}

#define TRAIN \
	"train $ROOT/data --overwrite --encoder tu-mobilenetv3_small_050 --epochs 1 --batch 2 --threads 1 --quiet "

/* PAN halves its deepest feature three times: segmentation_models.pytorch fails within it on smaller pictures. */
static void
the_smallest_picture_is_named(void **state)
{
	says(1, "secant train: pan with these options wants pictures of at least 128x128, the input is 64x64",
		TRAIN "--arch pan --size 64 --out $ROOT/pan");
	says(1, "pan with these options wants pictures of at least 256x256, the input is 128x128",
		TRAIN "--arch pan --size 128 --encoder-output-stride 32 --out $ROOT/pan");
	says(1, "pan with these options wants pictures of at least 64x64, the input is 32x32",
		TRAIN "--arch pan --size 32 --encoder-depth 3 --out $ROOT/pan");
}

/* Validation and prediction see whole pictures, here of 32x32: they are padded to what the network takes. */
static void
pictures_smaller_than_the_network_takes_are_padded(void **state)
{
	says(0, "", TRAIN "--arch pan --size 64 --encoder-depth 3 --out $ROOT/pan");
	says(0, "iou", "eval $ROOT/pan/best.safetensors $ROOT/data --split val --threads 1");
	says(0, "", "predict $ROOT/pan/best.safetensors $ROOT/data/val/images --out $ROOT/masks --threads 1 --quiet");
	says(0, "", "compile $ROOT/pan/best.safetensors --out $ROOT/pan.secant --dynamic --quiet");
	says(0, "", "predict $ROOT/pan.secant $ROOT/data/val/images --out $ROOT/again --threads 1 --quiet");
	assert_int_equal(run_line(out, sizeof out, "diff -r $ROOT/masks $ROOT/again"), 0);
}

/* An unwritten foreground has no IoU where nothing is predicted either. */
static void
scores_that_do_not_exist_are_no_numbers(void **state)
{
	assert_int_equal(run_line(out, sizeof out,
						 "cp -r $ROOT/data $ROOT/empty && for f in $ROOT/empty/*/labels/*; do printf 'P5 32 32 255 ' > "
						 "${f%%.*}.pgm; head -c 1024 /dev/zero >> ${f%%.*}.pgm; rm $f; done"),
		0);
	says(0, "iou -", "eval $ROOT/pan/last.safetensors $ROOT/empty --split val --threads 1 --threshold 0.999999");
	assert_null(strstr(out, "nan"));
}

/* What a folder of smp's says and is not known here could be another network: it is refused, not passed over. */
static void
folders_of_the_original_keep_their_meaning(void **state)
{
	says(0, "", "export $ROOT/pan/last.safetensors --out $ROOT/folder/ --quiet");
	says(0, "", "import $ROOT/folder --out $ROOT/again.safetensors --quiet");
	assert_int_equal(run_line(out, sizeof out,
						 "sed 's/\"classes\"/\"drop_path_rate\": 0.1, \"classes\"/' "
						 "$ROOT/folder/config.json > $ROOT/c && cp $ROOT/c $ROOT/folder/config.json"),
		0);
	says(0, "", "import $ROOT/folder --out $ROOT/again.safetensors --quiet");
	assert_int_equal(run_line(out, sizeof out,
						 "sed 's/\"classes\"/\"encoder_dilation\": true, \"classes\"/' $ROOT/c > "
						 "$ROOT/folder/config.json"),
		0);
	says(1, "config.json: \"encoder_dilation\" is no option here, and the network could be another without it",
		"import $ROOT/folder --out $ROOT/again.safetensors --quiet");
	assert_int_equal(run_line(out, sizeof out, "head -c 100 $ROOT/c > $ROOT/folder/config.json"), 0);
	says(1, "folder/config.json", "import $ROOT/folder --out $ROOT/again.safetensors --quiet");
	/* what is None there must not come back as 0: the head would not enlarge */
	says(0, "", TRAIN "--arch deeplabv3 --encoder-depth 3 --decoder-channels 16 --size 32 --out $ROOT/deep");
	says(0, "", "export $ROOT/deep/last.safetensors --out $ROOT/deep-folder/ --quiet");
	assert_int_equal(run_line(out, sizeof out, "grep -c upsampling $ROOT/deep-folder/config.json"), 1);
}

/* docs/zoo.md is what the command prints now: `secant zoo --page > docs/zoo.md`. */
static void
the_page_is_what_the_command_prints(void **state)
{
	int status = run_line(out, sizeof out, "$SECANT zoo --page > $ROOT/zoo.md && diff docs/zoo.md $ROOT/zoo.md");
	if (status)
		fail_msg("docs/zoo.md is not what secant zoo --page prints\n%.2000s", out);
	assert_int_equal(run_line(out, sizeof out, "grep -c '^| .unet., ' docs/zoo.md"), 0);
	assert_true(atoi(out) > 250);
	assert_int_equal(
		run_line(out, sizeof out, "grep -E 'unet., .resnet34. \\| 24.44 \\| 31.26 \\| any \\| imagenet' docs/zoo.md"),
		0);
}

static void
networks_are_measured_here(void **state)
{
	says(0, "\"parameters\": 14328209", "zoo --only resnet18 --size 32 --runs 1 --threads 1 --json --quiet");
	assert_non_null(strstr(out, "\"f32_ms\": "));
	assert_non_null(strstr(out, "\"measured\": true"));
	says(0, "unet tu-mobilenetv3_small_050 ",
		"zoo --for '32x32 under 600 s' --only tu-mobilenetv3_small_050 --runs 1 --threads 1 --quiet");
	says(0, "", "zoo --for '32x32 under 0.001 ms' --only tu-mobilenetv3_small_050 --runs 1 --threads 1 --quiet");
	assert_null(strstr(out, "mobilenet"));
	says(2, "--for 'soon': wanted is HEIGHTxWIDTH under NUMBER ms", "zoo --for soon");
	says(2, "no architecture or encoder begins so", "zoo --only resnext18");
	says(2, "--page holds what is the same on every machine", "zoo --page --for '64x64 under 1 s'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_picture_is_named),
		cmocka_unit_test(pictures_smaller_than_the_network_takes_are_padded),
		cmocka_unit_test(scores_that_do_not_exist_are_no_numbers),
		cmocka_unit_test(the_page_is_what_the_command_prints),
		cmocka_unit_test(networks_are_measured_here),
		cmocka_unit_test(folders_of_the_original_keep_their_meaning),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
