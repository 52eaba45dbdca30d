/*
 * Numbers of classes never move: random sets of masks go through random chains of `secant data` verbs, and the pixels
 * that come out are those that went in.
 */
#include "../data.h"
#include "../run.h"
#include "base/file.h"
#include <secant/codec.h>

enum { PICTURES = 3, MOST = 64 };

static char out[20000], dir[300];
static uint64_t seed;

/* 0 to n - 1. */
static int
any(int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int)(seed >> 33) % n;
}

static void
write_image(const secant_image *im, const char *folder, int i)
{
	char path[500];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/%s", dir, folder);
	assert_int_equal(secant_make_dirs(path, &err), 0);
	snprintf(path, sizeof path, "%s/%s/p%d.png", dir, folder, i);
	if (secant_image_write(im, path, NULL, &err))
		fail_msg("%s", err.msg);
}

/* Rectangles of any classes over each other; the background and some numbers may be missing altogether. */
static secant_image
random_mask(int classes)
{
	secant_image im;
	assert_int_equal(secant_image_new(&im, 33 + any(MOST - 33), 33 + any(MOST - 33), 1, SECANT_U8, NULL), 0);
	int fill = any(2) ? 0 : any(classes + 1);
	memset(im.data, fill, (size_t)im.width * (size_t)im.height);
	for (int k = 0; k < 6; k++) {
		int x = any(im.width), y = any(im.height), w = 1 + any(im.width - x), h = 1 + any(im.height - y),
			value = any(classes + 1);
		for (int row = y; row < y + h; row++)
			memset((uint8_t *)im.data + row * im.width + x, value, (size_t)w);
	}
	return im;
}

/* VOC's masks come with instances, which tiles may hold too little of: --keep 0. */
static const char *const steps[] = {
	"convert %s --to masks --out %s",
	"convert %s --to voc-seg --out %s",
	"convert %s --to coco --out %s",
	"convert %s --to camvid --out %s",
	"tile %s --size 32x32 --keep 0 --out %s-tiles && $SECANT data untile %s-tiles --out %s",
	"tile %s --size 24x40 --overlap 7 --keep 0 --out %s-tiles && $SECANT data untile %s-tiles --out %s",
};

static void
take_step(int which, const char *from, const char *to, char *chain, size_t room)
{
	char line[1200];
	if (which >= 4)
		snprintf(line, sizeof line, steps[which], from, to, to, to);
	else
		snprintf(line, sizeof line, steps[which], from, to);
	size_t used = strlen(chain);
	snprintf(chain + used, room - used, "; data %s", line);
	int status = run_line(out, sizeof out, "cd %s && $SECANT data %s", dir, line);
	if (status)
		fail_msg("%s: status %d: %s", chain, status, out);
}

static void
one_chain(int number)
{
	secant_image was[PICTURES];
	char chain[4000] = "", from[40], to[40];
	int classes = 2 + any(4);
	snprintf(from, sizeof from, "set%d", number);
	for (int i = 0; i < PICTURES; i++) {
		char folder[80];
		secant_image picture;
		was[i] = random_mask(classes);
		((uint8_t *)was[i].data)[i] = (uint8_t)classes; /* the largest number is somewhere */
		assert_int_equal(secant_image_new(&picture, was[i].width, was[i].height, 3, SECANT_U8, NULL), 0);
		snprintf(folder, sizeof folder, "%s/images", from);
		write_image(&picture, folder, i);
		snprintf(folder, sizeof folder, "%s/masks", from);
		write_image(&was[i], folder, i);
		secant_image_free(&picture);
	}
	for (int k = 0; k < 3; k++) {
		snprintf(to, sizeof to, "set%d-%d", number, k);
		take_step(any((int)(sizeof steps / sizeof *steps)), from, to, chain, sizeof chain);
		snprintf(from, sizeof from, "%s", to);
	}
	snprintf(to, sizeof to, "end%d", number);
	take_step(0, from, to, chain, sizeof chain);
	for (int i = 0; i < PICTURES; i++) {
		char path[500];
		secant_image is;
		secant_err err = { 0 };
		snprintf(path, sizeof path, "%s/%s/masks/p%d.png", dir, to, i);
		if (secant_image_read(&is, path, &(secant_image_read_options){ .palette_as_indices = true }, &err))
			fail_msg("%s: %s", chain, err.msg);
		assert_true(is.width == was[i].width && is.height == was[i].height);
		for (int at = 0; at < is.width * is.height; at++)
			if (((uint8_t *)is.data)[at] != ((uint8_t *)was[i].data)[at])
				fail_msg("set %d, classes %d%s: p%d.png has %d at (%d, %d), was %d", number, classes, chain, i,
					((uint8_t *)is.data)[at], at % is.width, at / is.width, ((uint8_t *)was[i].data)[at]);
		secant_image_free(&is);
		secant_image_free(&was[i]);
	}
}

static void
pixels_come_back(void **state)
{
	for (int number = 0; number < 12; number++) {
		seed = (uint64_t)number * 7919 + 1;
		one_chain(number);
	}
}

/* cases masks-renumbered-by-untile, tile-drops-label-pixels: tiles hold every pixel of a class, however few */
static void
tiles_and_back(void **state)
{
	static const char *const sets[] = { "masks-renumbered-by-untile", "tile-drops-label-pixels" };
	for (int k = 0; k < 2; k++) {
		secant_image was, is;
		char path[500];
		secant_err err = { 0 };
		secant_image_read_options how = { .palette_as_indices = true };
		if (run_line(out, sizeof out,
				"C=$PWD/tests/cases/pictures/%s/DATA; cd %s && $SECANT data tile $C --size 32x32 --out T%d && $SECANT "
				"data untile "
				"T%d --out B%d",
				sets[k], dir, k, k, k))
			fail_msg("%s", out);
		snprintf(path, sizeof path, "tests/cases/pictures/%s/DATA/masks/p.png", sets[k]);
		assert_int_equal(secant_image_read(&was, path, &how, &err), 0);
		snprintf(path, sizeof path, "%s/B%d/masks/p.png", dir, k);
		if (secant_image_read(&is, path, &how, &err))
			fail_msg("%s", err.msg);
		assert_true(is.width == was.width && is.height == was.height);
		assert_memory_equal(is.data, was.data, (size_t)was.width * (size_t)was.height);
		secant_image_free(&is);
		secant_image_free(&was);
	}
}

/* cases masks-jpeg, masks-of-another-size, masks-some-pictures-without */
static void
masks_that_cannot_be_meant(void **state)
{
	assert_int_not_equal(
		run_line(out, sizeof out,
			"C=$PWD/tests/cases/data; cd %s && $SECANT data convert $C/masks-jpeg/set --to coco --out j", dir),
		0);
	assert_non_null(strstr(out, "is a JPEG or another lossy picture with 36 grey values"));
	assert_int_not_equal(run_line(out, sizeof out, "$SECANT data check tests/cases/data/masks-jpeg/set"), 0);
	assert_int_not_equal(
		run_line(out, sizeof out,
			"C=$PWD/tests/cases/data; cd %s && $SECANT data convert $C/masks-of-another-size/set --to coco --out s",
			dir),
		0);
	assert_non_null(strstr(out, "the mask is 50 x 40, its picture 100 x 80; --scale-masks would scale it by nearest"));
	assert_int_equal(run_line(out, sizeof out,
						 "C=$PWD/tests/cases/data; cd %s && $SECANT data convert $C/masks-of-another-size/set "
						 "--scale-masks --to coco "
						 "--out s && cat s/annotations/*.json s/*.json 2>/dev/null",
						 dir),
		0);
	assert_non_null(strstr(out, "100"));
	assert_int_equal(
		run_line(out, sizeof out,
			"C=$PWD/tests/cases/data; $SECANT data check $C/masks-some-pictures-without/set; cd %s && $SECANT data "
			"convert $C/masks-some-pictures-without/set --to coco --out w",
			dir),
		0);
	assert_non_null(strstr(out, "a picture without a mask"));
}

static int
begin(void **state)
{
	snprintf(dir, sizeof dir, "%s", scratch_dir());
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
		cmocka_unit_test(pixels_come_back),
		cmocka_unit_test(tiles_and_back),
		cmocka_unit_test(masks_that_cannot_be_meant),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
