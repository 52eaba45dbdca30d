/*
 * What is white in pictures of more than 8 bits: 12 bits in 16, bytes in 32, reflectances to 10,000, floats to 1 or
 * 255. tests/cases/pictures/white holds pictures whose left half lies at 0.16 and whose right half at 0.8 of white; the
 * network red1 takes red from half of white on for the object. Every verb goes by the same evidence and says what it
 * took.
 */
#include "../data.h"
#include "../run.h"
#include "base/file.h"
#include "base/mem.h"
#include <secant/codec.h>

static char out[60000], dir[300];

static void
must_run(const char *line)
{
	int status = run_line(out, sizeof out, "W=$PWD/tests/cases/pictures/white; cd %s && %s", dir, line);
	if (status)
		fail_msg("%s: status %d: %s", line, status, out);
}

static void
says(const char *text)
{
	if (!strstr(out, text))
		fail_msg("'%s' lacks '%s'", out, text);
}

static void
says_not(const char *text)
{
	if (strstr(out, text))
		fail_msg("'%s' has '%s'", out, text);
}

/* A mask of 16x16: `top` rows of `none`, then 0 left and `right` right. */
static void
check_mask(const char *name, int top, int none, int right)
{
	char path[600];
	secant_image im;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (secant_image_read(&im, path, NULL, &err))
		fail_msg("%s", err.msg);
	assert_true(im.width == 16 && im.height == 16 && im.channels == 1);
	for (int i = 0; i < 256; i++) {
		int want = i < 16 * top ? none : i % 16 < 8 ? 0 : right, got = ((uint8_t *)im.data)[i];
		if (got != want)
			fail_msg("%s: %d at (%d, %d), want %d", name, got, i % 16, i / 16, want);
	}
	secant_image_free(&im);
}

typedef struct row {
	const char *name, *option, *says; /* "": nothing of white */
	int right;
} row;
static const row rows[] = {
	{ "u32-bytes", "", "taken for 8 bits, white 255 (--white says otherwise)", 255 },
	{ "i32-bytes", "", "whole numbers from 40 to 200 in 32 bits: taken for 8 bits, white 255", 255 },
	{ "u64-bytes", "", "in 64 bits: taken for 8 bits, white 255", 255 },
	{ "f64-bytes", "", "numbers from 40.5 to 200.25 in 64 bits: taken for 8 bits, white 255", 255 },
	{ "f32-bytes", "", "taken for 8 bits, white 255", 255 },
	{ "u32-words", "", "taken for 16 bits, white 65535", 255 },
	{ "f32-reflectance", "", "taken for reflectances, white 10000", 255 },
	{ "u16-bytes", "", "numbers from 40 to 200 in 16 bits: taken for 8 bits, white 255", 255 },
	{ "u12", "", "samples of 12 bits: white is 4095", 255 },
	{ "u16-full", "", "", 255 },
	{ "f32-unit", "", "", 255 },
	{ "u16-reflectance", "", "65535 is taken for white, which makes them dark (--white 4095 for 12 bits, 10000", 0 },
	{ "i16-reflectance", "", "65535 is taken for white", 0 },
	{ "u16-reflectance", "--white 10000", "", 255 },
	{ "i16-reflectance", "--white u16=1,i16=10000", "", 255 },
	{ "u32-bytes", "--white 65535", "", 0 },
	{ "f32-negative", "", "numbers from -12.5 to 0.8, whose white nobody knows: taken as they stand", 255 },
};

static void
a_picture_is_predicted_by_its_white(void **state)
{
	static const char *const ways[] = { "--tile 0", "--tile 16 --overlap 4", "--resize --size 16x16" };
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
		for (int w = 0; w < 3; w++) {
			char line[300], mask[100];
			snprintf(line, sizeof line, "$SECANT predict red1.safetensors $W/%s.tif --out %zu-%d %s %s", rows[k].name,
				k, w, rows[k].option, ways[w]);
			must_run(line);
			if (*rows[k].says)
				says(rows[k].says);
			else
				says_not("white");
			snprintf(mask, sizeof mask, "%zu-%d/%s.png", k, w, rows[k].name);
			check_mask(mask, 0, 0, rows[k].right);
		}
}

/* It is compared as it is stored: -9999 of whole numbers, and a float's 1, which is also what white becomes. */
static void
no_data_is_none_whatever_is_white(void **state)
{
	must_run("$SECANT predict red1.safetensors $W/i32-nodata.tif $W/f32-nodata-one.tif --out none --format tif");
	check_mask("none/i32-nodata.tif", 4, 127, 255);
	check_mask("none/f32-nodata-one.tif", 4, 127, 255);
	must_run("$SECANT predict red1.safetensors $W/f32-nodata-one.tif --out whole.tif --resize --size 16x16");
	check_mask("whole.tif", 4, 127, 255);
}

/* Rules ask for the numbers of the file. */
static void
rules_have_the_numbers_of_the_file(void **state)
{
	must_run("$SECANT predict red1.safetensors $W/f32-reflectance.tif --out rule.png --rule '0: band(1) < 8000'");
	check_mask("rule.png", 0, 0, 0);
	must_run("$SECANT predict red1.safetensors $W/f32-reflectance.tif --out other.png --rule '0: band(1) > 8000'");
	check_mask("other.png", 0, 0, 255);
}

/* Two pictures of one run that are not alike: both are said. */
static void
another_white_in_the_next_picture_is_said(void **state)
{
	must_run("$SECANT predict red1.safetensors $W/u32-bytes.tif $W/f32-unit.tif $W/f32-reflectance.tif --out three");
	says("white 255");
	says("white 10000");
	check_mask("three/f32-unit.png", 0, 0, 255);
	check_mask("three/f32-reflectance.png", 0, 0, 255);
}

static void
make_set(const char *name, const char *picture)
{
	char line[600];
	snprintf(line, sizeof line,
		"mkdir -p %s/train/images %s/train/labels %s/val/images %s/val/labels && for s in train val; do for i in 1 2 3 "
		"4; "
		"do cp $W/%s.tif %s/$s/images/$i.tif && cp label.png %s/$s/labels/$i.png; done; done",
		name, name, name, name, picture, name, name);
	must_run(line);
}

static void
eval_goes_by_the_same_white(void **state)
{
	static const struct {
		const char *picture, *option, *says;
	} each[] = { { "i32-bytes", "", "white 255" }, { "f32-reflectance", "", "white 10000" }, { "u12", "", "4095" },
		{ "u16-reflectance", "--white 10000", "" } };
	for (size_t k = 0; k < sizeof each / sizeof *each; k++) {
		char line[300], name[20];
		snprintf(name, sizeof name, "eval%zu", k);
		make_set(name, each[k].picture);
		snprintf(line, sizeof line, "$SECANT eval red1.safetensors %s --split val --json %s", name, each[k].option);
		must_run(line);
		says("{\"iou\":1.0,");
		if (*each[k].says)
			says(each[k].says);
		else
			says_not("white");
	}
}

/* A run keeps what was white, so that its model is shown pictures as it saw them. */
static void
a_model_remembers_what_was_white(void **state)
{
	make_set("reflect", "f32-reflectance");
	must_run("$SECANT train reflect --out run --encoder resnet18 --size 32 --epochs 1 --batch 4 --augment none");
	says("training pictures: numbers from 1600.5 to 8000.25 in 32 bits: taken for reflectances, white 10000");
	must_run("grep -c 'white......f32=10000' run/best.safetensors && grep '\"white\": \"f32=10000\"' run/config.json");
	must_run("$SECANT predict run $W/f32-reflectance.tif --out quiet");
	says_not("white");
	must_run("$SECANT predict run $W/f32-unit.tif --out doubt");
	says("numbers up to 0.8, where white is 10000: darker than what the network was trained on (--white says "
		 "otherwise)");
	must_run("$SECANT predict run $W/u16-bytes.tif --out bytes");
	says("white 255");
}

static void
import_says_what_was_white(void **state)
{
	must_run("$SECANT import red1.safetensors --white u16=10000,i16=10000 --out known.safetensors &&"
			 "$SECANT predict known.safetensors $W/u16-reflectance.tif $W/i16-reflectance.tif --out known");
	says_not("white");
	check_mask("known/u16-reflectance.png", 0, 0, 255);
	check_mask("known/i16-reflectance.png", 0, 0, 255);
	int status = run_line(
		out, sizeof out, "cd %s && $SECANT import red1.safetensors --white u8=3 --out no.safetensors", dir);
	assert_int_equal(status, 2);
	says("'u8=3' is not auto, a number above 0");
	static const char *const wrong[] = { "0", "-3", "abc", "u16=", "1,2", "inf", "," };
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
		status = run_line(
			out, sizeof out, "cd %s && $SECANT predict red1.safetensors label.png --out w --white %s", dir, wrong[k]);
		assert_int_equal(status, 2);
		says("is not auto, a number above 0");
	}
}

/* Complex numbers are no picture. */
static void
complex_numbers_are_refused_by_name(void **state)
{
	int status = run_line(out, sizeof out,
		"W=$PWD/tests/cases/pictures/white; cd %s && $SECANT predict red1.safetensors $W/c64.tif --out x", dir);
	assert_int_equal(status, 1);
	says("complex numbers (of radar) are no picture");
}

static void
statistics_go_by_the_same_white(void **state)
{
	make_set("counted", "f32-reflectance");
	must_run("$SECANT data stats counted --colours");
	says("pictures: numbers from 1600.5 to 8000.25 in 32 bits: taken for reflectances, white 10000");
	says("channel 0: mean 0.4800, deviation 0.3200 (of 1)");
	must_run("$SECANT data stats counted --colours --format json");
	says("\"white\": \"f32=10000\"");
	make_set("low", "u16-reflectance");
	must_run("$SECANT data stats low --colours --white 10000");
	says("channel 0: mean 0.4800, deviation 0.3200 (of 1)");
	says_not("white");
	make_set("full", "u16-full");
	must_run("$SECANT data stats full --colours");
	says("channel 2: mean 0.4706, deviation 0.3137 (of 1)");
	says_not("white");
}

/* Drawings too. */
static void
bytes_are_made_by_the_same_white(void **state)
{
	static const struct {
		const char *name;
		int dark, light;
	} each[] = { { "u32-bytes", 40, 200 }, { "f32-unit", 41, 204 }, { "f32-reflectance", 41, 204 },
		{ "u16-bytes", 40, 200 }, { "u12", 40, 199 }, { "u16-full", 40, 200 } };
	for (size_t k = 0; k < sizeof each / sizeof *each; k++) {
		char path[200];
		secant_image im;
		secant_err err = { 0 };
		snprintf(path, sizeof path, "tests/cases/pictures/white/%s.tif", each[k].name);
		if (secant_image_read(&im, path, &(secant_image_read_options){ .to_u8 = true }, &err))
			fail_msg("%s", err.msg);
		const uint8_t *p = im.data;
		assert_in_range(p[0], each[k].dark - 1, each[k].dark + 1);
		assert_in_range(p[45], each[k].light - 1, each[k].light + 1);
		secant_image_free(&im);
		secant_raster *r = secant_raster_open(path, &(secant_image_read_options){ .to_u8 = true }, &err);
		assert_non_null(r);
		assert_int_equal(secant_raster_read_window(r, 12, 3, 2, 2, &im, &err), 0);
		assert_in_range(((uint8_t *)im.data)[0], each[k].light - 1, each[k].light + 1);
		secant_image_free(&im);
		secant_raster_close(r);
	}
}

static int
begin(void **state)
{
	char *made = scratch_dir();
	snprintf(dir, sizeof dir, "%s", made);
	must_run(
		"$SECANT import $W/../model/red1.pth --encoder resnet18 --classes 1 --normalize unit --out red1.safetensors &&"
		"$SECANT predict red1.safetensors $W/u16-full.tif --out label.png");
	return 0;
}

static int
end(void **state)
{
	return base_remove_tree(dir, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_predicted_by_its_white),
		cmocka_unit_test(no_data_is_none_whatever_is_white),
		cmocka_unit_test(rules_have_the_numbers_of_the_file),
		cmocka_unit_test(another_white_in_the_next_picture_is_said),
		cmocka_unit_test(eval_goes_by_the_same_white),
		cmocka_unit_test(a_model_remembers_what_was_white),
		cmocka_unit_test(import_says_what_was_white),
		cmocka_unit_test(complex_numbers_are_refused_by_name),
		cmocka_unit_test(statistics_go_by_the_same_white),
		cmocka_unit_test(bytes_are_made_by_the_same_white),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
