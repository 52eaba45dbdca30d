/* The palette keeps its promise: distances are computed again, in OKLab, as four kinds of eyes see the colours. */
#include <math.h>
#include <secant/palette.h>
#include "data.h"

static const double vision[4][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 }, { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 }, { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 }, { 0.004733, 0.691367, 0.303900 } },
};
static const double to_lms[3][3] = {
	{ 0.4122214708, 0.5363325363, 0.0514459929 },
	{ 0.2119034982, 0.6806995451, 0.1073969566 },
	{ 0.0883024619, 0.2817188376, 0.6299787005 },
};
static const double to_lab[3][3] = {
	{ 0.2104542553, 0.7936177850, -0.0040720468 },
	{ 1.9779984951, -2.4285922050, 0.4505937099 },
	{ 0.0259040371, 0.7827717662, -0.8086757660 },
};

static void
multiply(const double m[3][3], const double v[3], double out[3])
{
	for (int r = 0; r < 3; r++)
		out[r] = m[r][0] * v[0] + m[r][1] * v[1] + m[r][2] * v[2];
}

static void
seen(int colour, int eye, double lab[3])
{
	uint8_t rgb[3];
	double linear[3], cone[3], lms[3];
	secant_palette(colour, rgb);
	for (int c = 0; c < 3; c++) {
		double s = rgb[c] / 255.0;
		linear[c] = s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
	}
	multiply(vision[eye], linear, cone);
	for (int c = 0; c < 3; c++)
		cone[c] = fmin(fmax(cone[c], 0), 1);
	multiply(to_lms, cone, lms);
	for (int c = 0; c < 3; c++)
		lms[c] = cbrt(lms[c]);
	multiply(to_lab, lms, lab);
}

static double
smallest_distance(int eye, int count)
{
	double least = 9;
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < i; j++) {
			double a[3], b[3];
			seen(i, eye, a);
			seen(j, eye, b);
			least = fmin(least,
				sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2])));
		}
	}
	return least;
}

static void
test_colours_are_apart_for_every_eye(void **state)
{
	for (int eye = 0; eye < 4; eye++) {
		assert_true(smallest_distance(eye, 12) > 0.075);
		assert_true(smallest_distance(eye, SECANT_PALETTE_COUNT) > 0.070);
	}
}

static void
test_first_is_okabe_ito_and_negative_is_grey(void **state)
{
	uint8_t rgb[3];
	secant_palette(0, rgb);
	assert_int_equal(rgb[0] << 16 | rgb[1] << 8 | rgb[2], 0xe69f00);
	secant_palette(-1, rgb);
	assert_int_equal(rgb[0] << 16 | rgb[1] << 8 | rgb[2], 0x808080);
}

static void
test_hundred_and_twenty_are_distinct(void **state)
{
	for (int i = 0; i < 120; i++) {
		for (int j = 0; j < i; j++) {
			uint8_t a[3], b[3];
			secant_palette(i, a);
			secant_palette(j, b);
			assert_int_not_equal(memcmp(a, b, 3), 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colours_are_apart_for_every_eye),
		cmocka_unit_test(test_first_is_okabe_ito_and_negative_is_grey),
		cmocka_unit_test(test_hundred_and_twenty_are_distinct),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
