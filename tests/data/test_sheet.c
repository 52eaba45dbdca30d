/* The contact sheet of augmented samples: its size, that it shows what training sees, and what it refuses. */
#include "data/pictures.h"

static char root[256];

static secant_augment_sheet
wishes(const char *augment)
{
	secant_augment_sheet o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_augment_sheet_options, &o, &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_augment_sheet_options, &o, "augment", augment, &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_augment_sheet_options, &o, "side", "64", &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_augment_sheet_options, &o, "pictures", "2", &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_augment_sheet_options, &o, "views", "3", &err), SECANT_OK);
	return o;
}

static secant_image
drawn(const secant_augment_sheet *o)
{
	secant_image im;
	secant_err err = { 0 };
	if (secant_augment_sheet_draw(root, NULL, o, &im, &err))
		fail_msg("%s", err.msg);
	return im;
}

static const uint8_t *
pixel(const secant_image *im, int x, int y)
{
	return (uint8_t *)im->data + ((size_t)y * (size_t)im->width + (size_t)x) * 3;
}

/* Cells begin at (16, 66); columns are 72 apart, rows 88. Samples are 32x32, so that a cell has 2x2 pixels for each of
 * theirs. */
static void
cells(void **state)
{
	secant_augment_sheet o = wishes("flip-h(p=1)");
	secant_image im = drawn(&o);
	assert_int_equal(im.width, 2 * 16 + 4 * 72 - 8);
	assert_int_equal(im.height, 40 + 26 + 2 * 88 + 8);
	/* the first column is the picture where the label is background, the others are mirrored */
	int background = 0;
	for (int y = 4; y < 28; y++)
		for (int x = 4; x < 28; x++) {
			const uint8_t *plain = pixel(&im, 16 + 2 * x, 66 + 2 * y),
						  *flipped = pixel(&im, 16 + 72 + 2 * (31 - x), 66 + 2 * y);
			if (half_mask(x, y, 0) || half_mask(x, y - 1, 0))
				continue;
			/* a border stands right of and below the other class */
			for (int c = 0; c < 3; c++) {
				if (!half_mask(x - 1, y, 0))
					assert_int_equal(plain[c], (int)place_value(x, y, c)), background++;
				if (!half_mask(x + 1, y, 0))
					assert_int_equal(flipped[c], (int)place_value(x, y, c)), background++;
			}
		}
	assert_true(background > 20);
	secant_image_free(&im);
	secant_opts_free(&secant_augment_sheet_options, &o);
}

/* The same seed gives the same sheet. */
static void
repeatable(void **state)
{
	secant_augment_sheet o = wishes("[{\"name\": \"shift-scale-rotate\", \"p\": 1}, \"hue-saturation-value\"]");
	secant_image a = drawn(&o), b = drawn(&o);
	assert_memory_equal(a.data, b.data, (size_t)a.width * (size_t)a.height * 3);
	secant_image_free(&b);
	o.seed = 1;
	b = drawn(&o);
	assert_true(memcmp(a.data, b.data, (size_t)a.width * (size_t)a.height * 3) != 0);
	secant_image_free(&a);
	secant_image_free(&b);
	secant_opts_free(&secant_augment_sheet_options, &o);
}

static void
refuses(const char *option, const char *value, const char *message)
{
	secant_augment_sheet o = wishes("flip-h");
	secant_image im;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_set(&secant_augment_sheet_options, &o, option, value, &err), SECANT_OK);
	assert_true(secant_augment_sheet_draw(root, NULL, &o, &im, &err) != 0);
	assert_null(im.data);
	if (!strstr(err.msg, message))
		fail_msg("'%s' lacks '%s'", err.msg, message);
	secant_opts_free(&secant_augment_sheet_options, &o);
}

static void
what_is_refused(void **state)
{
	refuses("augment", "shift-scale-rotate(rotate=30,-30)", "rotate limits are inverted, 30 is above -30");
	refuses("augment", "flipp", "did you mean 'flip-h'?");
	refuses("in-channels", "7", "channels");
	refuses("classes", "2", "label value 255");
}

static int
begin(void **state)
{
	snprintf(root, sizeof root, "%s", scratch_dir());
	write_split(root, "train", 3, 32, 32, half_mask);
	return 0;
}

static int
end(void **state)
{
	remove_root(root);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cells), cmocka_unit_test(repeatable),
		cmocka_unit_test(what_is_refused) };
	return cmocka_run_group_tests_name("sheet", tests, begin, end);
}
