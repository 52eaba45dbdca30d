/* Rasters: any window equals that part of the whole; rows written in any portions give the same file; nothing is left
 * when it fails. */
#include "pictures.h"
#include "codec/tiff.h"

static const secant_image_write_options tiles = { .tile = 32 }, strips = { 0 };

/* Windows here and there, also along block edges and the last pixels. */
static void
check_windows(const char *path, const secant_image_read_options *o, const secant_image *whole)
{
	secant_err err = { 0 };
	secant_raster *r = secant_raster_open(path, o, &err);
	if (!r)
		fail_msg("%s", err.msg);
	const secant_raster_info *about = secant_raster_about(r);
	assert_true(about->width == whole->width && about->height == whole->height && about->channels == whole->channels
		&& about->dtype == whole->dtype);
	assert_true(about->block_width >= 1 && about->block_height >= 1);
	static const int windows[][4] = {
		{ 0, 0, 1, 1 },
		{ 31, 31, 2, 2 },
		{ 0, 0, 100, 80 },
		{ 32, 32, 32, 32 },
		{ 99, 79, 1, 1 },
		{ 5, 60, 90, 20 },
		{ 60, 5, 3, 70 },
		{ 0, 0, 50, 1 },
		{ 31, 31, 2, 2 },
	};
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
		secant_image im, want;
		const int *w = windows[i];
		if (secant_raster_read_window(r, w[0], w[1], w[2], w[3], &im, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(secant_image_crop(&want, whole, w[0], w[1], w[2], w[3], NULL), 0);
		assert_same(&im, &want);
		secant_image_free(&im);
		secant_image_free(&want);
	}
	static const int outside[][4] = { { -1, 0, 1, 1 }, { 0, 0, 101, 1 }, { 100, 0, 1, 1 }, { 0, 80, 1, 1 },
		{ 0, 0, 0, 1 }, { 50, 0, INT32_MAX, 1 } };
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
		secant_image im;
		assert_int_equal(
			secant_raster_read_window(r, outside[i][0], outside[i][1], outside[i][2], outside[i][3], &im, NULL),
			SECANT_ERR_RANGE);
		assert_null(im.data);
	}
	secant_raster_close(r);
}

static void
test_windows(void **state)
{
	static const secant_dtype dtypes[] = { SECANT_U8, SECANT_U16, SECANT_I16, SECANT_F32 };
	char *dir = scratch_dir(), path[512];
	for (int d = 0; d < 4; d++) {
		for (int c = 1; c <= 5; c += 2) {
			secant_image im = pattern(100, 80, c, dtypes[d]);
			snprintf(path, sizeof path, "%s/a.tif", dir);
			assert_int_equal(secant_image_write(&im, path, &tiles, NULL), 0);
			check_windows(path, NULL, &im);
			assert_int_equal(secant_image_write(&im, path, &strips, NULL), 0);
			check_windows(path, NULL, &im);
			secant_image_free(&im);
		}
	}
	secant_image im = pattern(100, 80, 3, SECANT_U8);
	snprintf(path, sizeof path, "%s/a.png", dir);
	assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
	check_windows(path, NULL, &im);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_windows_are_converted(void **state)
{
	static const secant_image_read_options options[] = { { .channels = 1 }, { .channels = 4 }, { .to_u8 = true },
		{ .channels = 3, .to_u8 = true } };
	char *dir = scratch_dir(), path[512];
	secant_image im = pattern(100, 80, 3, SECANT_U16);
	static const char *const names[] = { "a.tif", "a.png" };
	for (int n = 0; n < 2; n++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[n]);
		assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
		for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
			secant_image want;
			assert_int_equal(secant_image_read(&want, path, &options[i], NULL), 0);
			check_windows(path, &options[i], &want);
			secant_image_free(&want);
		}
	}
	secant_image_free(&im);
	/* indices and their colours */
	uint8_t palette[256][3];
	for (int i = 0; i < 256; i++)
		memcpy(palette[i], (uint8_t[]){ (uint8_t)i, (uint8_t)(255 - i), 7 }, 3);
	im = pattern(100, 80, 1, SECANT_U8);
	assert_int_equal(codec_image_set_palette(&im, (const uint8_t(*)[3])palette, 256, NULL), 0);
	snprintf(path, sizeof path, "%s/a.tif", dir);
	assert_int_equal(secant_image_write(&im, path, &tiles, NULL), 0);
	check_windows(path, &(secant_image_read_options){ .palette_as_indices = true }, &im);
	secant_image colour;
	assert_int_equal(secant_image_expand(&colour, &im, NULL), 0);
	check_windows(path, NULL, &colour);
	secant_image_free(&colour);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* Every window of 7 x 11, all over the picture. */
static void
check_upright(const char *path, const secant_image *whole)
{
	secant_err err = { 0 };
	secant_raster *r = secant_raster_open(path, NULL, &err);
	assert_non_null(r);
	assert_int_equal(secant_raster_about(r)->width, whole->width);
	assert_int_equal(secant_raster_about(r)->height, whole->height);
	for (int y = 0; y + 7 <= whole->height; y += 7)
		for (int x = 0; x + 11 <= whole->width; x += 11) {
			secant_image im, want;
			assert_int_equal(secant_raster_read_window(r, x, y, 11, 7, &im, &err), 0);
			assert_int_equal(secant_image_crop(&want, whole, x, y, 11, 7, NULL), 0);
			assert_same(&im, &want);
			secant_image_free(&im);
			secant_image_free(&want);
		}
	secant_raster_close(r);
}

static void
test_window_limit_and_orientation(void **state)
{
	char *dir = scratch_dir(), path[512];
	secant_image im = pattern(100, 80, 1, SECANT_U8), part;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/a.tif", dir);
	assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
	TIFF *t = TIFFOpen(path, "r+");
	TIFFSetField(t, TIFFTAG_ORIENTATION, 6);
	TIFFRewriteDirectory(t);
	TIFFClose(t);
	check_windows(path, &(secant_image_read_options){ .ignore_orientation = true }, &im);
	for (int orientation = 1; orientation <= 8; orientation++) { /* windows are windows of the upright picture */
		secant_image upright;
		t = TIFFOpen(path, "r+");
		TIFFSetField(t, TIFFTAG_ORIENTATION, orientation);
		TIFFRewriteDirectory(t);
		TIFFClose(t);
		assert_int_equal(secant_image_orient(&upright, &im, orientation, NULL), 0);
		check_upright(path, &upright);
		secant_image_free(&upright);
	}
	t = TIFFOpen(path, "r+");
	TIFFSetField(t, TIFFTAG_ORIENTATION, 1);
	TIFFRewriteDirectory(t);
	TIFFClose(t);
	secant_raster *r = secant_raster_open(path, &(secant_image_read_options){ .max_pixels = 100 }, &err);
	assert_non_null(r);
	assert_int_equal(secant_raster_read_window(r, 0, 0, 10, 10, &part, &err), 0);
	secant_image_free(&part);
	assert_int_equal(secant_raster_read_window(r, 0, 0, 10, 11, &part, &err), SECANT_ERR_RANGE);
	assert_non_null(strstr(err.msg, "a.tif: 10x11 pixels are more than the limit of 100"));
	secant_raster_close(r);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* Cutting the file after it was opened with a whole header: damage in a block names the file and leaves the raster
 * usable. */
static void
test_a_damaged_block(void **state)
{
	char *dir = scratch_dir(), path[512];
	secant_image im = pattern(100, 80, 1, SECANT_U8), part;
	secant_err err = { 0 };
	blob b = encoded(&im, "tif", &tiles);
	snprintf(path, sizeof path, "%s/a.tif", dir);
	for (size_t i = 20; i < 60; i++)
		b.p[i] ^= 0x55; /* the first tile's deflate stream */
	assert_int_equal(secant_file_write(path, b.p, b.n, NULL), 0);
	secant_raster *r = secant_raster_open(path, NULL, &err);
	assert_non_null(r);
	for (int again = 0; again < 2; again++) {
		err = (secant_err){ 0 };
		assert_int_equal(secant_raster_read_window(r, 0, 0, 8, 8, &part, &err), SECANT_ERR_FORMAT);
		assert_non_null(strstr(err.msg, "a.tif: TIFF: "));
		assert_null(part.data);
		assert_int_equal(secant_raster_read_window(r, 40, 40, 8, 8, &part, NULL), 0);
		assert_int_equal(((uint8_t *)part.data)[0], ((uint8_t *)im.data)[40 * 100 + 40]);
		secant_image_free(&part);
	}
	secant_raster_close(r);
	secant_image_free(&im);
	free(b.p);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static secant_raster_spec
spec_of(const secant_image *im)
{
	return (secant_raster_spec){
		.width = im->width,
		.height = im->height,
		.channels = im->channels,
		.dtype = im->dtype,
		.geo = secant_image_geo(im),
		.palette = (const uint8_t(*)[3])im->palette,
		.palette_count = im->palette_count,
	};
}

static void
test_rows_in_any_portions(void **state)
{
	static const char *const names[] = { "a.tif", "a.png", "a.bmp" };
	char *dir = scratch_dir(), path[512], other[512];
	for (int n = 0; n < 3; n++) {
		for (int tile = 0; tile <= 16; tile += 16) {
			secant_image im = pattern(50, 41, 3, SECANT_U8);
			secant_raster_spec spec = spec_of(&im);
			const secant_image_write_options o = { .tile = tile };
			size_t a, b;
			char *x, *y;
			snprintf(path, sizeof path, "%s/%s", dir, names[n]);
			snprintf(other, sizeof other, "%s/b%s", dir, strchr(names[n], '.'));
			for (int step = 1; step <= 41; step += 13) {
				secant_raster_writer *w = secant_raster_create(path, &spec, &o, NULL);
				assert_non_null(w);
				for (int row = 0; row < 41; row += step)
					assert_int_equal(secant_raster_write_rows(
										 w, (uint8_t *)im.data + row * 150, step < 41 - row ? step : 41 - row, NULL),
						0);
				assert_int_equal(secant_raster_finish(w, NULL), 0);
				assert_int_equal(secant_image_write(&im, other, &o, NULL), 0);
				assert_int_equal(secant_file_read(&x, &a, path, 1 << 20, NULL), 0);
				assert_int_equal(secant_file_read(&y, &b, other, 1 << 20, NULL), 0);
				assert_int_equal(a, b);
				assert_memory_equal(x, y, a);
				secant_free(x);
				secant_free(y);
			}
			secant_image_free(&im);
		}
	}
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static int
files_in(const char *dir)
{
	base_names names = { 0 };
	assert_int_equal(base_dir_list(&names, dir, BASE_DIR_ALL, NULL), 0);
	int n = names.n;
	base_names_free(&names);
	return n;
}

static void
test_unfinished_files_leave_nothing(void **state)
{
	char *dir = scratch_dir(), path[512];
	secant_image im = pattern(50, 41, 3, SECANT_U8);
	secant_raster_spec spec = spec_of(&im);
	static const char *const names[] = { "a.tif", "a.png" };
	for (int n = 0; n < 2; n++) {
		secant_err err = { 0 };
		snprintf(path, sizeof path, "%s/%s", dir, names[n]);
		secant_raster_writer *w = secant_raster_create(path, &spec, NULL, NULL);
		assert_int_equal(secant_raster_write_rows(w, im.data, 40, NULL), 0);
		assert_int_equal(secant_raster_finish(w, &err), SECANT_ERR_ARG);
		assert_non_null(strstr(err.msg, "40 rows were written, the picture has 41"));
		assert_int_equal(files_in(dir), 0);
		w = secant_raster_create(path, &spec, NULL, NULL);
		assert_int_equal(secant_raster_write_rows(w, im.data, 41, NULL), 0);
		err = (secant_err){ 0 };
		assert_int_equal(secant_raster_write_rows(w, im.data, 1, &err), SECANT_ERR_ARG);
		assert_non_null(strstr(err.msg, "1 more rows, after 41 of 41"));
		assert_int_equal(secant_raster_write_rows(w, im.data, 0, NULL), SECANT_ERR_ARG); /* sticky */
		assert_int_equal(secant_raster_finish(w, NULL), SECANT_ERR_ARG);
		assert_int_equal(files_in(dir), 0);
		w = secant_raster_create(path, &spec, NULL, NULL);
		assert_int_equal(secant_raster_write_rows(w, im.data, 7, NULL), 0);
		secant_raster_abort(w);
		assert_int_equal(files_in(dir), 0);
	}
	secant_raster_abort(NULL);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_create_refuses(void **state)
{
	static const struct {
		const char *name, *message;
		int channels;
		secant_dtype dtype;
	} cases[] = {
		{ "/no/such/folder/a.tif", "/no/such/folder/a.tif: cannot write", 1, SECANT_U8 },
		{ "a.xyz", "'xyz' is not a format", 1, SECANT_U8 },
		{ "a.png", "a.png: png: PNG holds 1 to 4 channels", 5, SECANT_U8 },
		{ "a.jpg", "JPEG holds 1 or 3 channels", 4, SECANT_U8 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_err err = { 0 };
		secant_raster_spec spec = { 10, 10, cases[i].channels, cases[i].dtype, NULL, NULL, 0 };
		assert_null(secant_raster_create(cases[i].name, &spec, NULL, &err));
		if (!strstr(err.msg, cases[i].message))
			fail_msg("expected '%s', got '%s'", cases[i].message, err.msg);
	}
	char *dir = scratch_dir(), path[512];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/a.tif", dir);
	assert_null(secant_raster_create(path, &(secant_raster_spec){ 0, 10, 1, SECANT_U8, NULL, NULL, 0 }, NULL, &err));
	assert_non_null(strstr(err.msg, "a.tif: TIFF: a picture of 0x10 with 1 bands cannot be written"));
	assert_int_equal(files_in(dir), 0);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
	assert_null(secant_raster_open("/no/such/file.tif", NULL, NULL));
}

/* From one raster to another, window by window, with the georeference. */
static void
test_raster_to_raster(void **state)
{
	static const double matrix[16] = { 2, 0, 0, 10, 0, -2, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1 };
	secant_geo geo = { .n = 2,
		.tag = { { 34264, TIFF_DOUBLE, 16, (void *)(uintptr_t)matrix },
			{ 42113, TIFF_ASCII, 2, (void *)(uintptr_t) "0" } } };
	char *dir = scratch_dir(), in[512], out[512];
	secant_image im = pattern(100, 80, 4, SECANT_U16), part, back;
	assert_int_equal(secant_image_set_geo(&im, &geo, NULL), 0);
	snprintf(in, sizeof in, "%s/a.tif", dir);
	snprintf(out, sizeof out, "%s/b.tif", dir);
	assert_int_equal(secant_image_write(&im, in, &tiles, NULL), 0);
	secant_raster *r = secant_raster_open(in, NULL, NULL);
	const secant_raster_info *about = secant_raster_about(r);
	assert_non_null(about->geo);
	secant_raster_spec spec = { about->width, about->height, about->channels, about->dtype, about->geo, NULL, 0 };
	secant_raster_writer *w = secant_raster_create(out, &spec, &tiles, NULL);
	for (int y = 0; y < 80; y += 16) {
		assert_int_equal(secant_raster_read_window(r, 0, y, 100, 16, &part, NULL), 0);
		assert_int_equal(secant_raster_write_rows(w, part.data, 16, NULL), 0);
		secant_image_free(&part);
	}
	assert_int_equal(secant_raster_finish(w, NULL), 0);
	secant_raster_close(r);
	assert_int_equal(secant_image_read(&back, out, NULL, NULL), 0);
	assert_same(&im, &back);
	double t[6], v;
	assert_true(secant_geo_transform(secant_image_geo(&back), t) && t[1] == 2 && t[3] == 20);
	assert_true(secant_geo_nodata(secant_image_geo(&back), &v) && v == 0);
	secant_image_free(&back);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_lack_of_memory(void **state)
{
	secant_image im = pattern(40, 40, 3, SECANT_U8), part;
	blob b = encoded(&im, "tif", &tiles);
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/a.tif", dir);
	bool done = false;
	for (long n = 1; !done; n++) {
		long live = base_mem_live();
		base_mem_fail_at(n);
		secant_raster *r = codec_raster_open_data(
			b.p, b.n, "file", &(secant_image_read_options){ .channels = 4 }, NULL);
		secant_status s = r ? secant_raster_read_window(r, 3, 3, 30, 30, &part, NULL) : SECANT_ERR_NOMEM;
		assert_true(!s || s == SECANT_ERR_NOMEM);
		if (!s)
			secant_image_free(&part);
		secant_raster_close(r);
		secant_raster_writer *w = s
			? NULL
			: secant_raster_create(path, &(secant_raster_spec){ 40, 40, 3, SECANT_U8, NULL, NULL, 0 }, NULL, NULL);
		if (w && !secant_raster_write_rows(w, im.data, 40, NULL))
			done = !secant_raster_finish(w, NULL);
		else
			secant_raster_abort(w);
		base_mem_fail_at(0);
		assert_int_equal(base_mem_live(), live);
		assert_int_equal(files_in(dir), done);
	}
	secant_image_free(&im);
	free(b.p);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_windows_are_converted),
		cmocka_unit_test(test_window_limit_and_orientation),
		cmocka_unit_test(test_a_damaged_block),
		cmocka_unit_test(test_rows_in_any_portions),
		cmocka_unit_test(test_unfinished_files_leave_nothing),
		cmocka_unit_test(test_create_refuses),
		cmocka_unit_test(test_raster_to_raster),
		cmocka_unit_test(test_lack_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
