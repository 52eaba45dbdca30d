/*
 * Prediction from files to files: names of results, what is refused before anything is lost, georeference, pictures in
 * pieces, failures in the middle.
 */
#include "asking.h"
#include <math.h>
#include <sys/stat.h>
#include <tiffio.h>
#include "codec/tiff.h"

static char model[400];

/* A picture whose red runs over 0..255; foreground from 101 on. */
static secant_image
ramp(int height, int width)
{
	secant_image im;
	assert_int_equal(secant_image_new(&im, width, height, 3, SECANT_U8, NULL), 0);
	for (int i = 0; i < height * width; i++)
		((uint8_t *)im.data)[3 * i] = (uint8_t)(i * 7 % 256), ((uint8_t *)im.data)[3 * i + 1] = 50;
	return im;
}

static void
put_picture(const char *name, int height, int width)
{
	secant_err err = { 0 };
	secant_image im = ramp(height, width);
	if (secant_image_write(&im, in_folder(name), NULL, &err))
		fail_msg("%s", err.msg);
	secant_image_free(&im);
}

static void
check_mask(const char *name, int height, int width)
{
	secant_err err = { 0 };
	secant_image mask;
	if (secant_image_read(&mask, in_folder(name), NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(mask.height, height);
	assert_int_equal(mask.width, width);
	assert_int_equal(mask.channels, 1);
	assert_int_equal(mask.dtype, SECANT_U8);
	for (int i = 0; i < height * width; i++)
		if (((uint8_t *)mask.data)[i] != (i * 7 % 256 > 100 ? 255 : 0))
			fail_msg("%s: %d at %d, the picture has %d", name, ((uint8_t *)mask.data)[i], i, i * 7 % 256);
	secant_image_free(&mask);
}

typedef struct told {
	int calls, masks, stop_at, tiles, errors;
	char last[600], error[600], note[600];
} told;

static bool
tell(void *user, const secant_predict_progress *now)
{
	told *t = user;
	t->calls++;
	t->tiles = now->tiles;
	assert_true(now->picture < now->pictures);
	if (now->note)
		snprintf(t->note, sizeof t->note, "%s", now->note);
	if (now->error) {
		assert_null(now->mask);
		t->errors++;
		snprintf(t->error, sizeof t->error, "%s", now->error);
	}
	if (now->mask) {
		t->masks++;
		snprintf(t->last, sizeof t->last, "%s", now->mask);
		assert_true(secant_is_file(now->mask));
		assert_int_equal(now->tile, now->tiles);
	}
	return !t->stop_at || t->calls < t->stop_at;
}

/* Predicts with options as fields of `o`; returns the status. */
static secant_status
go(const char *const *inputs, int n, const char *out, const char *extra, const secant_predict *how, told *t,
	secant_err *err)
{
	secant_predict_output o = { .out = (char *)(uintptr_t)out,
		.overwrite = true,
		.overlay = strstr(extra, "overlay"),
		.probabilities = strstr(extra, "probabilities"),
		.probabilities_format = strstr(extra, "bands") ? 1 : 0,
		.format = strstr(extra, "tif") ? 1 : 0 };
	secant_predict plain;
	assert_int_equal(secant_opts_init(&secant_predict_options, &plain, NULL), 0);
	secant_predictor *p = secant_predictor_open((const char *const[]){ model }, 1, how ? how : &plain, err);
	if (!p)
		fail_msg("%s", err->msg);
	secant_status status = secant_predictor_files(p, inputs, n, &o, t ? tell : NULL, t, err);
	secant_predictor_close(p);
	secant_opts_free(&secant_predict_options, &plain);
	return status;
}

static void
goes(const char *const *inputs, int n, const char *out, const char *extra)
{
	secant_err err = { 0 };
	if (go(inputs, n, out, extra, NULL, NULL, &err))
		fail_msg("%s", err.msg);
}

static void
refused(const char *const *inputs, int n, const char *out, secant_status status, const char *expected)
{
	secant_err err = { 0 };
	if (go(inputs, n, out, "", NULL, NULL, &err) != status || !strstr(err.msg, expected))
		fail_msg("%d: '%s' lacks '%s'", err.code, err.msg, expected);
}

static int
files_in(const char *name)
{
	base_names names = { 0 };
	int n = base_dir_list(&names, in_folder(name), BASE_DIR_ALL, NULL) ? -1 : names.n;
	base_names_free(&names);
	return n;
}

static void
folders_and_stems(void **state)
{
	assert_int_equal(secant_make_dirs(in_folder("in"), NULL), 0);
	put_picture("in/b.png", 20, 30);
	put_picture("in/a.scan.bmp", 7, 9);
	put_picture("c.ppm", 8, 8);
	assert_int_equal(secant_file_write(in_folder("in/notes.txt"), "x", 1, NULL), 0);
	told t = { 0 };
	secant_err err = { 0 };
	assert_int_equal(go((const char *const[]){ in_folder("in"), in_folder("c.ppm") }, 2, in_folder("out/deep"),
						 "overlay probabilities", NULL, &t, &err),
		0);
	assert_int_equal(t.masks, 3);
	assert_string_equal(t.last, in_folder("out/deep/c.png"));
	assert_int_equal(files_in("out/deep"), 10); /* and the mark that predict made them */
	check_mask("out/deep/a.scan.png", 7, 9);
	check_mask("out/deep/b.png", 20, 30);
	check_mask("out/deep/c.png", 8, 8);
	secant_image overlay;
	assert_int_equal(secant_image_read(&overlay, in_folder("out/deep/b.overlay.png"), NULL, NULL), 0);
	assert_int_equal(overlay.channels, 3);
	assert_int_equal(overlay.width, 30);
	secant_image_free(&overlay);
	secant_tensors set = { 0 };
	if (secant_tensors_read(&set, NULL, in_folder("out/deep/a.scan.probabilities.npy"), &err))
		fail_msg("%s", err.msg);
	const secant_tensor *p = &set.v[0].tensor;
	assert_int_equal(p->dtype, SECANT_F32);
	assert_true(secant_shape_equal(&p->shape, &secant_shape_of(3, 1, 7, 9)));
	for (int i = 0; i < 63; i++)
		assert_int_equal(secant_tensor_get(p, i) > .5, i * 7 % 256 > 100);
	secant_tensors_free(&set);
}

static void
one_file(void **state)
{
	put_picture("one.png", 10, 12);
	static const char *const names[] = { "m.png", "new/m.tif", "m.pgm", "m.pnm" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		goes((const char *const[]){ in_folder("one.png") }, 1, in_folder(names[i]), "");
		check_mask(names[i], 10, 12);
	}
	goes((const char *const[]){ in_folder("one.png") }, 1, in_folder("side/m.png"), "overlay probabilities");
	assert_int_equal(files_in("side"), 3);
	assert_true(secant_is_file(in_folder("side/m.overlay.png")));
	assert_true(secant_is_file(in_folder("side/m.probabilities.npy")));
	/* probabilities as a raster: the numbers of the other format, a band a class */
	goes((const char *const[]){ in_folder("one.png") }, 1, in_folder("bands/m.png"), "probabilities bands");
	secant_tensors planes = { 0 };
	secant_image bands = { 0 };
	assert_int_equal(secant_tensors_read(&planes, NULL, in_folder("side/m.probabilities.npy"), NULL), 0);
	assert_int_equal(secant_image_read(&bands, in_folder("bands/m.probabilities.tif"), NULL, NULL), 0);
	assert_true(bands.dtype == SECANT_F32 && bands.channels == 1 && bands.width == 12 && bands.height == 10);
	assert_memory_equal(bands.data, planes.v[0].tensor.data, 120 * sizeof(float));
	secant_tensors_free(&planes);
	secant_image_free(&bands);
	/* a folder that is named like a picture is a folder */
	assert_int_equal(secant_make_dirs(in_folder("folder.png"), NULL), 0);
	goes((const char *const[]){ in_folder("one.png") }, 1, in_folder("folder.png"), "tif");
	check_mask("folder.png/one.tif", 10, 12);
}

static void
what_is_refused(void **state)
{
	secant_err err = { 0 };
	assert_int_equal(secant_make_dirs(in_folder("x"), NULL), 0);
	assert_int_equal(secant_make_dirs(in_folder("y"), NULL), 0);
	assert_int_equal(secant_make_dirs(in_folder("empty"), NULL), 0);
	put_picture("x/a.png", 4, 4);
	put_picture("y/a.bmp", 4, 4);
	const char *two[] = { in_folder("x/a.png"), in_folder("y/a.bmp") };
	char expected[2000];
	snprintf(
		expected, sizeof expected, "%s and %s would both be written to %s", two[0], two[1], in_folder("never/a.png"));
	assert_int_equal(go(two, 2, in_folder("never"), "", NULL, NULL, &err), SECANT_ERR_ARG);
	assert_true(strstr(err.msg, expected) || strstr(err.msg, "would both be written to"));
	assert_false(secant_is_dir(in_folder("never")));
	refused(two, 2, in_folder("m.png"), SECANT_ERR_ARG, "names a file, but there are 2 pictures");
	refused(two, 1, in_folder("m.jpg"), SECANT_ERR_ARG, "masks are written to png, tif, bmp or pgm");
	refused(two, 1, NULL, SECANT_ERR_ARG, "--out is missing");
	refused(two, 1, in_folder("x"), SECANT_ERR_ARG, "x/a.png would be replaced by a prediction; choose another --out");
	refused(two, 1, two[0], SECANT_ERR_ARG, "would be replaced by a prediction");
	refused((const char *const[]){ in_folder("empty") }, 1, in_folder("never"), SECANT_ERR_ARG,
		"empty: the folder holds no pictures");
	refused((const char *const[]){ in_folder("none") }, 1, in_folder("never"), SECANT_ERR_IO,
		"none: no such file or folder");
	refused(NULL, 0, in_folder("never"), SECANT_ERR_ARG, "there are no pictures");
	assert_false(secant_is_dir(in_folder("never")));
	secant_image still;
	assert_int_equal(secant_image_read(&still, in_folder("x/a.png"), NULL, NULL), 0);
	assert_int_equal(still.channels, 3); /* the picture, not its mask */
	secant_image_free(&still);
}

static void
a_broken_picture_in_the_middle(void **state)
{
	secant_err err = { 0 };
	assert_int_equal(secant_make_dirs(in_folder("mid"), NULL), 0);
	put_picture("mid/1.png", 9, 9);
	put_picture("mid/3.png", 9, 9);
	assert_int_equal(secant_file_write(in_folder("mid/2.png"), "\x89PNG\r\n\x1a\n", 8, NULL), 0);
	assert_int_equal(secant_file_write(in_folder("mid/.hidden.png"), "no picture", 10, NULL), 0);
	told t = { 0 };
	assert_int_equal(
		go((const char *const[]){ in_folder("mid") }, 1, in_folder("mid.out"), "overlay probabilities", NULL, &t, &err),
		SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "1 of 3 pictures could not be predicted: "));
	assert_non_null(strstr(err.msg, "mid/2.png: "));
	assert_true(t.errors == 1 && t.masks == 2 && strstr(t.error, "mid/2.png: "));
	check_mask("mid.out/1.png", 9, 9);
	check_mask("mid.out/3.png", 9, 9); /* the others go on */
	assert_int_equal(
		files_in("mid.out"), 7); /* with the mark; and of the broken one nothing is written, half or whole */
	/* a list is the same, broken ones last or first; more than one are counted */
	put_picture("4.png", 9, 9);
	t = (told){ 0 };
	err = (secant_err){ 0 };
	char list[3][600];
	snprintf(list[0], 600, "%s", in_folder("mid/2.png"));
	snprintf(list[1], 600, "%s", in_folder("4.png"));
	snprintf(list[2], 600, "%s", in_folder("nothing.png"));
	assert_int_equal(secant_file_write(list[2], "", 0, NULL), 0);
	assert_int_equal(
		go((const char *const[]){ list[0], list[1], list[2] }, 3, in_folder("list.out"), "", NULL, &t, &err),
		SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "2 of 3 pictures could not be predicted; the first: "));
	assert_true(t.errors == 2 && t.masks == 1);
	check_mask("list.out/4.png", 9, 9);
	/* results that have no place stop at once: the next would fare no better */
	assert_int_equal(secant_make_dirs(in_folder("taken/1.png"), NULL), 0);
	t = (told){ 0 };
	err = (secant_err){ 0 };
	put_picture("1.png", 9, 9);
	snprintf(list[0], 600, "%s", in_folder("1.png"));
	assert_int_equal(
		go((const char *const[]){ list[0], list[1] }, 2, in_folder("taken"), "", NULL, &t, &err), SECANT_ERR_IO);
	assert_true(t.errors == 0 && strstr(err.msg, "taken/1.png"));
	err = (secant_err){ 0 };
	/* wrong channels: the name is in front of what the network says */
	secant_image two;
	assert_int_equal(secant_image_new(&two, 4, 4, 5, SECANT_U8, NULL), 0);
	assert_int_equal(secant_image_write(&two, in_folder("five.tif"), NULL, NULL), 0);
	secant_image_free(&two);
	refused((const char *const[]){ in_folder("five.tif") }, 1, in_folder("five"), SECANT_ERR_SHAPE,
		"five.tif: the picture has 5 channels, the network wants 3");
	assert_int_equal(files_in("five"), 1);
}

static void
an_old_mask_survives_failure(void **state)
{
	put_picture("keep.png", 6, 6);
	goes((const char *const[]){ in_folder("keep.png") }, 1, in_folder("kept/mask.png"), "");
	assert_int_equal(secant_file_write(in_folder("bad.png"), "no picture", 10, NULL), 0);
	refused((const char *const[]){ in_folder("bad.png") }, 1, in_folder("kept/mask.png"), SECANT_ERR_FORMAT, "bad.png");
	check_mask("kept/mask.png", 6, 6);
}

static void
interrupted(void **state)
{
	secant_err err = { 0 };
	secant_predict how;
	assert_int_equal(secant_opts_init(&secant_predict_options, &how, NULL), 0);
	how.tile = (secant_ints){ 2, { 16, 16 } };
	how.overlap = 4;
	put_picture("wide.png", 20, 90);
	told t = { .stop_at = 5 };
	assert_int_equal(
		go((const char *const[]){ in_folder("wide.png") }, 1, in_folder("cut"), "probabilities", &how, &t, &err),
		SECANT_ERR_CANCELLED);
	assert_int_equal(t.calls, 5);
	assert_int_equal(t.tiles, 2 * 7);
	assert_int_equal(files_in("cut"), 1); /* the mark */
	secant_opts_free(&secant_predict_options, &how);
}

/* ---- GeoTIFF ---- */

static void
put_geotiff(const char *name, int height, int width, int tile)
{
	static const double scale[3] = { 2, 2, 0 }, tie[6] = { 0, 0, 0, 500000, 4649000, 0 };
	static const uint16_t keys[] = { 1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633 };
	secant_geo geo = { 0 };
	geo.n = 0;
	geo.tag[geo.n++] = (codec_geo_tag){ 33550, TIFF_DOUBLE, 3, (void *)(uintptr_t)scale };
	geo.tag[geo.n++] = (codec_geo_tag){ 33922, TIFF_DOUBLE, 6, (void *)(uintptr_t)tie };
	geo.tag[geo.n++] = (codec_geo_tag){ 34735, TIFF_SHORT, 12, (void *)(uintptr_t)keys };
	geo.tag[geo.n++] = (codec_geo_tag){ 42113, TIFF_ASCII, 3, (void *)(uintptr_t) "-1" };
	secant_image im = ramp(height, width);
	secant_err err = { 0 };
	assert_int_equal(secant_image_set_geo(&im, &geo, &err), 0);
	if (secant_image_write(&im, in_folder(name), &(secant_image_write_options){ .tile = tile }, &err))
		fail_msg("%s", err.msg);
	secant_image_free(&im);
}

static void
georeference_is_kept(void **state)
{
	secant_err err = { 0 };
	put_geotiff("geo.tif", 70, 50, 16);
	goes((const char *const[]){ in_folder("geo.tif") }, 1, in_folder("geo.mask.tif"), "overlay");
	check_mask("geo.mask.tif", 70, 50);
	secant_image mask;
	double t[6], nodata;
	assert_int_equal(secant_image_read(&mask, in_folder("geo.mask.tif"), NULL, &err), 0);
	const secant_geo *geo = secant_image_geo(&mask);
	assert_non_null(geo);
	assert_int_equal(secant_geo_epsg(geo), 32633);
	assert_true(secant_geo_transform(geo, t) && t[0] == 500000 && t[1] == 2 && t[3] == 4649000 && t[5] == -2);
	assert_true(secant_geo_nodata(geo, &nodata) && nodata == 127);
	secant_image_free(&mask);
	assert_true(secant_is_file(in_folder("geo.mask.overlay.png")));
}

/* -9999 and NaN are not what a network sees, and not what its neighbours suffer from; in the mask there is no class. */
static void
no_data_stays_where_it_is(void **state)
{
	for (int k = 0; k < 3; k++) {
		const char *texts[] = { "-9999", "nan", NULL };
		secant_err err = { 0 };
		secant_image im, mask;
		secant_geo geo = { .n = 1, .tag = { { 42113, TIFF_ASCII, k ? 4 : 6, (void *)(uintptr_t)texts[k] } } };
		assert_int_equal(secant_image_new(&im, 40, 30, 3, SECANT_F32, &err), 0);
		for (int i = 0; i < 40 * 30 * 3; i++)
			((float *)im.data)[i] = i / 3 % 40 >= 10 && i / 3 % 40 < 15 ? (k ? NAN : -9999) : 200.f / 255;
		assert_int_equal(secant_image_set_geo(&im, k < 2 ? &geo : NULL, &err), 0);
		assert_int_equal(secant_image_write(&im, in_folder("none.tif"), NULL, &err), 0);
		secant_image_free(&im);
		goes((const char *const[]){ in_folder("none.tif") }, 1, in_folder("none.mask.tif"), "probabilities");
		assert_int_equal(secant_image_read(&mask, in_folder("none.mask.tif"), NULL, &err), 0);
		for (int i = 0; i < 40 * 30; i++)
			assert_int_equal(((uint8_t *)mask.data)[i], i % 40 >= 10 && i % 40 < 15 ? 127 : 255);
		secant_image_free(&mask);
		secant_tensors set = { 0 };
		assert_int_equal(secant_tensors_read(&set, NULL, in_folder("none.mask.probabilities.npy"), &err), 0);
		for (int i = 0; i < 40 * 30; i++)
			assert_true(isfinite(secant_tensor_get(&set.v[0].tensor, i)));
		secant_tensors_free(&set);
	}
}

static void
pieces_equal_the_whole(void **state)
{
	secant_err err = { 0 };
	secant_predict how;
	assert_int_equal(secant_opts_init(&secant_predict_options, &how, NULL), 0);
	put_geotiff("large.tif", 200, 130, 32);
	char large[600];
	snprintf(large, sizeof large, "%s", in_folder("large.tif"));
	const char *input[] = { large };
	goes(input, 1, in_folder("whole.png"), "overlay probabilities");
	how.tile = (secant_ints){ 2, { 48, 64 } };
	how.overlap = 16;
	assert_int_equal(go(input, 1, in_folder("tiled.png"), "overlay probabilities", &how, NULL, &err), 0);
	check_mask("whole.png", 200, 130);
	check_mask("tiled.png", 200, 130);
	secant_image m, n;
	assert_int_equal(secant_image_read(&m, in_folder("whole.overlay.png"), NULL, NULL)
			| secant_image_read(&n, in_folder("tiled.overlay.png"), NULL, NULL),
		0);
	assert_memory_equal(m.data, n.data, 200 * 130 * 3);
	secant_image_free(&m);
	secant_image_free(&n);
	secant_tensors x = { 0 }, y = { 0 };
	assert_int_equal(secant_tensors_read(&x, NULL, in_folder("whole.probabilities.npy"), NULL)
			| secant_tensors_read(&y, NULL, in_folder("tiled.probabilities.npy"), NULL),
		0);
	for (int i = 0; i < 200 * 130; i++)
		assert_true(secant_tensor_get(&x.v[0].tensor, i) - secant_tensor_get(&y.v[0].tensor, i) < 1e-6);
	secant_tensors_free(&x);
	secant_tensors_free(&y);
	/* small areas: the same whether in pieces or not */
	how.min_area = 100;
	assert_int_equal(go(input, 1, in_folder("clean.tiled.png"), "overlay", &how, NULL, &err), 0);
	how.tile.n = 0;
	assert_int_equal(go(input, 1, in_folder("clean.whole.png"), "overlay", &how, NULL, &err), 0);
	assert_int_equal(secant_image_read(&m, in_folder("clean.tiled.overlay.png"), NULL, NULL)
			| secant_image_read(&n, in_folder("clean.whole.overlay.png"), NULL, NULL),
		0);
	assert_memory_equal(m.data, n.data, 200 * 130 * 3);
	secant_image_free(&m);
	secant_image_free(&n);
	secant_opts_free(&secant_predict_options, &how);
}

/* A mask has no value for what is no number: it is background, and said. */
static void
probabilities_that_are_no_numbers_are_told(void **state)
{
	char own[400];
	const float weight[] = { 1, 0, 0 }, bias[] = { NAN };
	const char *input[] = { in_folder("in/good.png") };
	told t = { 0 };
	secant_err err = { 0 };
	put_picture("in/good.png", 6, 9);
	assert_int_equal(go(input, 1, in_folder("said.png"), "", NULL, &t, &err), 0);
	assert_string_equal(t.note, "");
	snprintf(own, sizeof own, "%s", model);
	snprintf(model, sizeof model, "%s", in_folder("broken.safetensors"));
	tiny_write(&(tiny){ 3, 1, 1, 1, weight, bias, NULL, "none", NULL }, model);
	assert_int_equal(go(input, 1, in_folder("said.png"), "", NULL, &t, &err), 0);
	assert_non_null(strstr(t.note, "54 of 54 pixels have probabilities that are no numbers (NaN)"));
	assert_int_equal(t.masks, 2);
	snprintf(model, sizeof model, "%s", own);
}

static int
begin(void **state)
{
	make_folder(NULL);
	snprintf(model, sizeof model, "%s/model.safetensors", folder);
	tiny_red(model);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_and_stems),
		cmocka_unit_test(one_file),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_broken_picture_in_the_middle),
		cmocka_unit_test(an_old_mask_survives_failure),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(georeference_is_kept),
		cmocka_unit_test(no_data_stays_where_it_is),
		cmocka_unit_test(pieces_equal_the_whole),
		cmocka_unit_test(probabilities_that_are_no_numbers_are_told),
	};
	return cmocka_run_group_tests(tests, begin, drop_folder);
}
