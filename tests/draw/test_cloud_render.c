/* Pictures of clouds: colours where they belong, depth, axes, panels, turning pictures, the page. */
#include "codec/clouds.h"
#include <secant/codec.h>
#include <secant/palette.h>
#include <secant/render.h>
#include "base/bytes.h"
#include "base/hash.h"

static secant_status
render_with(const secant_cloud *c, const char *const *pairs, double turn, secant_image *im, secant_err *err)
{
	secant_view view;
	set_options(&secant_view_options, &view, pairs);
	secant_status s = secant_render(c, &view, turn, im, err);
	secant_opts_free(&secant_view_options, &view);
	return s;
}

static secant_image
rendered(const secant_cloud *c, const char *const *pairs, double turn)
{
	secant_image im;
	secant_err err = { 0 };
	if (render_with(c, pairs, turn, &im, &err))
		fail_msg("%s", err.msg);
	return im;
}

/* The middle of all pixels that look more like `rgb` than like the background; n of them. */
static int
find_colour(const secant_image *im, const int rgb[3], double *x, double *y)
{
	int n = 0;
	const uint8_t *p = im->data;
	*x = *y = 0;
	for (int i = 0; i < im->width * im->height; i++, p += 3) {
		int far = abs(p[0] - rgb[0]) + abs(p[1] - rgb[1]) + abs(p[2] - rgb[2]);
		if (far < 60) {
			*x += i % im->width;
			*y += i / im->width;
			n++;
		}
	}
	*x /= n ? n : 1;
	*y /= n ? n : 1;
	return n;
}

static const int red[] = { 255, 0, 0 }, green[] = { 0, 255, 0 }, blue[] = { 0, 0, 255 };

#define PLAIN "legend", "false", "size", "100", "background", "black", "panels", "colour", "point-size", "10"

/* The eye at azimuth 0 looks along -x: y is to the right, z upwards. */
static void
test_axes(void **state)
{
	secant_cloud c = cloud_of("x y z r g b\n0 -1 0 1 0 0\n0 1 0 0 1 0\n0 0 1 0 0 1\n0 0 -1 0 0 0\n", "a.txt", NULL);
	double x, y;
	secant_image im = rendered(&c, WITH(PLAIN, "azimuth", "0", "elevation", "0"), 0);
	assert_int_equal(im.width, 100);
	assert_int_equal(im.height, 100);
	assert_true(find_colour(&im, red, &x, &y) > 30 && x < 30 && fabs(y - 50) < 3);
	assert_true(find_colour(&im, green, &x, &y) > 30 && x > 70 && fabs(y - 50) < 3);
	assert_true(find_colour(&im, blue, &x, &y) > 30 && fabs(x - 50) < 3 && y < 30);
	secant_image_free(&im);
	im = rendered(&c, WITH(PLAIN, "azimuth", "0", "elevation", "0"), 180);
	assert_true(find_colour(&im, red, &x, &y) > 30 && x > 70);
	secant_image_free(&im);
	im = rendered(&c, WITH(PLAIN, "azimuth", "0", "elevation", "0", "up", "y"), 0);
	assert_true(find_colour(&im, green, &x, &y) > 30 && y < 30);
	assert_true(find_colour(&im, red, &x, &y) > 30 && y > 70);
	secant_image_free(&im);
	secant_cloud_free(&c);
}

static void
test_near_points_hide_far_ones(void **state)
{
	secant_cloud c = cloud_of("x y z r g b\n1 0 0 1 0 0\n-1 0 0 0 1 0\n", "a.txt", NULL);
	double x, y;
	secant_image im = rendered(&c, WITH(PLAIN, "azimuth", "0", "elevation", "0"), 0);
	assert_true(find_colour(&im, red, &x, &y) > 30);
	assert_int_equal(find_colour(&im, green, &x, &y), 0);
	secant_image_free(&im);
	im = rendered(&c, WITH(PLAIN, "azimuth", "180", "elevation", "0"), 0);
	assert_int_equal(find_colour(&im, red, &x, &y), 0);
	secant_image_free(&im);
	secant_cloud_free(&c);
}

static void
test_panels(void **state)
{
	secant_cloud c = cloud_of("x y z label prediction\n0 -1 0 0 0\n0 1 0 1 2\n0 0 1 2 2\n", "a.txt", NULL);
	secant_image im = rendered(&c, WITH("size", "100x120"), 0);
	assert_int_equal(im.width, 3 * 120 + 2 * 8);
	assert_true(im.height > 120);
	secant_image_free(&im);
	im = rendered(&c,
		WITH(
			"size", "100", "legend", "false", "panels", "error", "point-size", "10", "azimuth", "90", "elevation", "0"),
		0);
	double x, y;
	assert_true(find_colour(&im, (const int[]){ 213, 94, 0 }, &x, &y) > 10);
	secant_image_free(&im);
	im = rendered(&c, WITH("size", "100", "legend", "false", "panels", "label,height,prediction,x"), 0);
	assert_int_equal(im.width, 424);
	secant_image_free(&im);
	secant_err err = { 0 };
	assert_int_equal(render_with(&c, WITH("panels", "colour"), 0, &im, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "render: the cloud has no columns red, green, blue");
	err.code = SECANT_OK;
	assert_int_equal(render_with(&c, WITH("panels", "what"), 0, &im, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "--panels: the cloud has nothing to show as 'what'");
	err.code = SECANT_OK;
	assert_int_equal(render_with(&c, WITH("label-column", "none"), 0, &im, &err), SECANT_ERR_ARG);
	secant_cloud_free(&c);
}

static void
test_odd_clouds(void **state)
{
	static const char *const texts[] = { "x y z\n", "5 5 5\n", "5 5 5\n5 5 5\n", "1 2 nan\n1 2 3\n4 5 6\n", "inf 0 0\n",
		"1e300 0 0\n-1e300 0 0\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		secant_cloud c = cloud_of(texts[i], "a.txt", WITH("allow-empty", "true"));
		secant_image im = rendered(&c, WITH("size", "40"), 0);
		assert_true(im.height >= 40);
		secant_image_free(&im);
		secant_cloud_free(&c);
	}
}

static void
test_join(void **state)
{
	secant_err err = { 0 };
	secant_cloud a = cloud_of("x y z label\n0 0 0 1\n1 1 1 2\n", "a.txt", NULL),
				 b = cloud_of("x y z label\n0 0 0 7\n1 1 1 8\n", "b.txt", NULL);
	assert_int_equal(secant_render_join(&a, &b, NULL, &err), SECANT_OK);
	assert_int_equal(secant_render_join(&a, &b, NULL, &err), SECANT_OK);
	EXPECT(&a, "label", 1, 2);
	EXPECT(&a, "prediction", 7, 8);
	b.n = 1;
	assert_int_equal(secant_render_join(&a, &b, NULL, &err), SECANT_ERR_SHAPE);
	assert_string_equal(err.msg, "the prediction has 1 points, the cloud 2");
	b.n = 2;
	secant_cloud_free(&a);
	secant_cloud_free(&b);
}

/* A LAS file of predictions has them in the class byte and the labels from before in `label`. */
static void
test_predictions_in_the_class_byte(void **state)
{
	secant_err err = { 0 };
	secant_cloud a = cloud_of("x y z label\n0 0 0 1\n1 1 1 2\n", "a.txt", NULL);
	secant_cloud b = cloud_of("x y z label classification confidence\n0 0 0 1 7 .5\n1 1 1 2 8 .5\n", "b.txt", NULL);
	assert_int_equal(secant_render_join(&a, &b, NULL, &err), SECANT_OK);
	EXPECT(&a, "prediction", 7, 8);
	static const struct {
		const char *text;
		int panels;
	} cases[] = {
		{ "x y z label classification confidence\n0 0 0 1 7 .5\n1 1 1 2 8 .5\n", 3 },
		{ "x y z label classification confidence\n0 0 0 0 7 .5\n1 1 1 0 8 .5\n", 1 },
		{ "x y z classification confidence\n0 0 0 7 .5\n1 1 1 8 .5\n", 1 },
		{ "x y z classification\n0 0 0 7\n1 1 1 8\n", 1 },
		{ "x y z label\n0 0 0 .5\n1 1 1 2\n", 1 },
	};
	secant_image one = rendered(&a, WITH("panels", "label", "size", "40"), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_cloud c = cloud_of(cases[i].text, "c.txt", NULL);
		secant_image im = rendered(&c, WITH("size", "40"), 0);
		if (im.width / one.width != cases[i].panels)
			fail_msg("case %zu: %d panels, want %d", i, im.width / one.width, cases[i].panels);
		secant_image_free(&im);
		secant_cloud_free(&c);
	}
	secant_image_free(&one);
	secant_cloud_free(&a);
	secant_cloud_free(&b);
}

/* ---- files ---- */

static secant_cloud
ring(void)
{
	base_str s = { 0 };
	base_str_add(&s, "x y z label\n");
	for (int i = 0; i < 400; i++)
		base_str_addf(&s, "%g %g %g %d\n", cos(i * .0157), sin(i * .0157), (i % 20) * .05, i / 100);
	char *text = base_str_take(&s);
	secant_cloud c = cloud_of(text, "ring.txt", NULL);
	secant_free(text);
	return c;
}

static char *
written(const secant_cloud *c, const char *name, const char *const *pairs, size_t *size)
{
	char *data = NULL;
	secant_view view;
	secant_err err = { 0 };
	set_options(&secant_view_options, &view, pairs);
	if (secant_render_write(c, in_folder(name), &view, &err)
		|| secant_file_read(&data, size, in_folder(name), 1 << 26, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_view_options, &view);
	return data;
}

/* Unpacks one LZW picture of a GIF by the book (GIF89a, appendix F); returns the bytes behind it. */
static const uint8_t *
unpack_gif(const uint8_t *p, uint8_t *out, size_t n)
{
	static struct {
		int prefix;
		uint8_t last, first;
		int length;
	} code[4096];
	int least = *p++, clear = 1 << least, next = clear + 2, width = least + 1, old = -1, filled = 0, block = 0;
	uint32_t bits = 0;
	size_t at = 0;
	for (int i = 0; i < clear; i++) {
		code[i].prefix = -1;
		code[i].first = code[i].last = (uint8_t)i;
		code[i].length = 1;
	}
	for (;;) {
		while (filled < width) {
			if (block == 0)
				assert_true((block = *p++) > 0);
			bits |= (uint32_t)*p++ << filled;
			filled += 8;
			block--;
		}
		int k = (int)(bits & ((1u << width) - 1));
		bits >>= width;
		filled -= width;
		if (k == clear) {
			next = clear + 2;
			width = least + 1;
			old = -1;
			continue;
		}
		if (k == clear + 1)
			break;
		assert_true(k < next || (k == next && old >= 0));
		if (old >= 0 && next < 4096) {
			code[next].prefix = old;
			code[next].first = code[old].first;
			code[next].length = code[old].length + 1;
			code[next].last = k == next ? code[old].first : code[k].first;
			next++;
			width += next == 1 << width && width < 12;
		}
		size_t end = at + (size_t)code[k].length;
		assert_true(end <= n);
		size_t back = end;
		for (int j = k; j >= 0; j = code[j].prefix)
			out[--back] = code[j].last;
		at = end;
		old = k;
	}
	assert_int_equal(at, n);
	p += block;
	assert_int_equal(*p, 0);
	return p + 1;
}

static void
test_gif(void **state)
{
	size_t size;
	secant_cloud c = ring();
	uint8_t *d = (uint8_t *)written(&c, "o.gif", WITH("size", "90x120", "frames", "5", "seconds", "2"), &size);
	assert_memory_equal(d, "GIF89a", 6);
	int width = base_le16(d + 6), height = base_le16(d + 8), frames = 0;
	assert_int_equal(width, 120);
	uint8_t *index = malloc((size_t)width * (size_t)height), *before = calloc((size_t)width, (size_t)height);
	const uint8_t *p = d + 13 + 768 + 19;
	for (; *p == 0x21; frames++) {
		assert_int_equal(base_le16(p + 4), 40);
		p += 8;
		assert_int_equal(*p, 0x2c);
		p = unpack_gif(p + 10, index, (size_t)width * (size_t)height);
		assert_int_not_equal(memcmp(index, before, (size_t)width * (size_t)height), 0);
		memcpy(before, index, (size_t)width * (size_t)height);
	}
	assert_int_equal(*p, ';');
	assert_ptr_equal(p + 1, d + size);
	assert_int_equal(frames, 5);
	/* The last frame is the picture of that turn, but for the palette. */
	secant_image im = rendered(&c, WITH("size", "90x120", "frames", "5"), 360.0 * 4 / 5);
	long far = 0;
	for (int i = 0; i < width * height * 3; i++)
		far += labs((long)((uint8_t *)im.data)[i] - d[13 + 3 * index[i / 3] + i % 3]);
	assert_true((double)far / (width * height * 3) < 4);
	secant_image_free(&im);
	free(index);
	free(before);
	secant_free(d);
	secant_cloud_free(&c);
}

static void
test_apng(void **state)
{
	size_t size;
	secant_cloud c = ring();
	uint8_t *d = (uint8_t *)written(&c, "o.apng", WITH("size", "90x120", "frames", "4"), &size);
	int controls = 0, data = 0, sequence = 0;
	for (size_t at = 8; at < size; at += 12 + base_be32(d + at)) {
		uint32_t n = base_be32(d + at);
		assert_true(at + 12 + n <= size);
		assert_int_equal(base_crc32(0, d + at + 4, n + 4), base_be32(d + at + 8 + n));
		bool control = !memcmp(d + at + 4, "fcTL", 4), more = !memcmp(d + at + 4, "fdAT", 4);
		if (control || more)
			assert_int_equal(base_be32(d + at + 8), sequence++);
		controls += control;
		data += more;
		if (!memcmp(d + at + 4, "acTL", 4))
			assert_int_equal(base_be32(d + at + 8), 4);
	}
	assert_int_equal(controls, 4);
	assert_true(data >= 3);
	/* Whoever does not know frames sees the first. */
	secant_image still, im = rendered(&c, WITH("size", "90x120"), 0);
	secant_err err = { 0 };
	assert_int_equal(secant_file_write(in_folder("o.png"), d, size, &err), SECANT_OK);
	if (secant_image_read(&still, in_folder("o.png"), NULL, &err))
		fail_msg("%s", err.msg);
	assert_memory_equal(still.data, im.data, (size_t)im.width * (size_t)im.height * 3);
	secant_image_free(&still);
	secant_image_free(&im);
	secant_free(d);
	secant_cloud_free(&c);
}

static void
test_page(void **state)
{
	size_t size;
	secant_cloud c = ring();
	char *text = written(&c, "o.html", WITH("title", "a </script><b> \"title\"", "class-names", "first,second"), &size);
	assert_non_null(strstr(text, "\"title\":\"a \\u003c/script\\u003e\\u003cb\\u003e \\u0022title\\u0022\""));
	assert_non_null(strstr(text, "\"n\":400,\"all\":400"));
	assert_non_null(strstr(text, "\"text\":\"second\""));
	assert_non_null(strstr(text, "\"indexed\":true"));
	assert_null(strstr(text, "http"));
	assert_null(strstr(text, "</b>\""));
	secant_free(text);
	text = written(&c, "o.html", WITH("page-points", "100", "panels", "height"), &size);
	assert_non_null(strstr(text, "\"n\":100,\"all\":400"));
	assert_non_null(strstr(text, "\"indexed\":false"));
	secant_free(text);
	secant_cloud_free(&c);
}

static void
test_pictures_and_complaints(void **state)
{
	size_t size;
	secant_cloud c = ring();
	char *d = written(&c, "o.png", WITH("size", "64"), &size);
	assert_memory_equal(d + 1, "PNG", 3);
	secant_free(d);
	secant_err err = { 0 };
	assert_int_not_equal(secant_render_write(&c, in_folder("o.what"), NULL, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "o.what"));
	secant_cloud_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_axes),
		cmocka_unit_test(test_near_points_hide_far_ones),
		cmocka_unit_test(test_panels),
		cmocka_unit_test(test_odd_clouds),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_predictions_in_the_class_byte),
		cmocka_unit_test(test_gif),
		cmocka_unit_test(test_apng),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_pictures_and_complaints),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
