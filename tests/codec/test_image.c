/* What is common to all codecs (found by content, limits, wanted channels, atomic writing) and the simple work on
 * pictures. */
#include "pictures.h"
#include "base/rng.h"
#include "base/thread.h"
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

static void
test_every_codec_is_complete(void **state)
{
	const char *name, *brief, *extensions;
	int n = 0;
	for (; secant_image_codec(n, &name, &brief, &extensions); n++) {
		const codec_format *c = codec_at(n);
		assert_true(name[0] && brief[0] && extensions[0] && c->detect && c->probe && c->decode && c->encode);
		assert_string_equal(base_kind_codecs.entry(n).name, name);
		for (int i = 0; i < n; i++)
			assert_string_not_equal(codec_at(i)->name, name);
	}
	assert_int_equal(n, 6);
	assert_null(base_kind_codecs.entry(n).name);
	assert_false(secant_image_codec(-1, NULL, NULL, NULL));
	assert_true(secant_image_is_path("a/b.JPeG") && secant_image_is_path("x.tif"));
	assert_false(secant_image_is_path("x.txt") || secant_image_is_path("png"));
}

static void
test_read_write_probe(void **state)
{
	char *dir = scratch_dir(), path[512], moved[512];
	secant_image im = pattern(5, 4, 3, SECANT_U8), back;
	secant_image_info info;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/a.png", dir);
	snprintf(moved, sizeof moved, "%s/a.jpg", dir);
	assert_int_equal(secant_image_write(&im, path, NULL, &err), 0);
	assert_int_equal(rename(path, moved), 0); /* contents count, not the name */
	assert_int_equal(secant_image_read(&back, moved, NULL, &err), 0);
	assert_same(&im, &back);
	secant_image_free(&back);
	assert_int_equal(secant_image_probe(moved, &info, &err), 0);
	assert_string_equal(info.format, "png");
	assert_true(info.width == 5 && info.height == 4 && info.channels == 3 && info.dtype == SECANT_U8 && info.bits == 8
		&& !info.palette && info.orientation == 1);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_messages_name_the_file(void **state)
{
	char *dir = scratch_dir(), path[512];
	secant_image im;
	secant_image_info info;
	secant_err err = { 0 };
	assert_int_equal(secant_image_read(&im, "/no/such/picture.png", NULL, &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "/no/such/picture.png: cannot open"));
	snprintf(path, sizeof path, "%s/a.png", dir);
	assert_int_equal(secant_file_write(path, "hello", 5, NULL), 0);
	err = (secant_err){ 0 };
	assert_int_equal(secant_image_read(&im, path, NULL, &err), SECANT_ERR_FORMAT);
	assert_non_null(
		strstr(err.msg, "a.png: is no picture that secant reads: png, jpeg, tiff, webp, bmp or pnm (5 bytes)"));
	static const struct {
		size_t n;
		const char *bytes, *says;
	} strangers[] = {
		{ 0, "", "a.png: is empty, no picture that secant reads" },
		{ 13, "GIF89a\1\0\1\0\0\0\0", "a.png: is a GIF (write it as PNG), no picture that secant reads" },
		{ 44, "version https://git-lfs.github.com/spec/v1\no",
			"is a pointer of Git LFS, not the picture (git lfs pull)" },
		{ 12, "\0\0\0\x0cjP  \r\n\x87\n", "is JPEG 2000 (gdal_translate" },
		{ 12,
			"\0\0\0\x1c"
			"ftypavif",
			"is AVIF" },
		{ 12,
			"\0\0\0\x1c"
			"ftypheic",
			"is HEIF, as phones take pictures" },
		{ 8, "\x93NUMPY\1\0", "is an array of numpy" },
	};
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		assert_int_equal(secant_file_write(path, strangers[i].bytes, strangers[i].n, NULL), 0);
		err = (secant_err){ 0 };
		assert_int_equal(secant_image_read(&im, path, NULL, &err), SECANT_ERR_FORMAT);
		if (!strstr(err.msg, strangers[i].says))
			fail_msg("%s", err.msg);
	}
	assert_int_equal(secant_file_write(path, "hello", 5, NULL), 0);
	assert_int_equal(secant_image_probe(path, &info, NULL), SECANT_ERR_FORMAT);
	assert_int_equal(info.width, 0);
	refuses("", 0, SECANT_ERR_FORMAT, "(0 bytes)");
	refuses_with("P2 1 1 1 1", 10, &(secant_image_read_options){ .channels = 2 }, SECANT_ERR_ARG,
		"2 channels are wanted, can be 1, 3, 4 or 0");
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
refuses_write(const secant_image *im, const char *path, const secant_image_write_options *o, secant_status code,
	const char *message)
{
	secant_err err = { 0 };
	secant_status s = secant_image_write(im, path, o, &err);
	if (s != code || !strstr(err.msg, message))
		fail_msg("expected %d '%s', got %d '%s'", code, message, s, err.msg);
}

static void
test_failed_writes_leave_the_old_file(void **state)
{
	char *dir = scratch_dir(), path[512];
	secant_image im = pattern(5, 4, 4, SECANT_U8);
	base_names names;
	char *data;
	size_t size;
	snprintf(path, sizeof path, "%s/a.jpg", dir);
	assert_int_equal(secant_file_write(path, "old", 3, NULL), 0);
	refuses_write(&im, path, NULL, SECANT_ERR_UNSUPPORTED, "a.jpg: JPEG holds 1 or 3 channels of u8");
	refuses_write(&im, path, &(secant_image_write_options){ .quality = 101 }, SECANT_ERR_RANGE,
		"quality 101 is outside 1 to 100");
	refuses_write(&im, path, &(secant_image_write_options){ .compression = 10 }, SECANT_ERR_RANGE,
		"compression 10 is outside -1 to 9");
	refuses_write(&im, path, &(secant_image_write_options){ .tile = 100 }, SECANT_ERR_RANGE, "tiles of 100 pixels");
	refuses_write(&im, "a.xyz", NULL, SECANT_ERR_ARG, "a.xyz: the extension 'xyz' is not one of a picture");
	refuses_write(&im, "jpg", NULL, SECANT_ERR_ARG, "the extension ''");
	refuses_write(&im, "/no/such/folder/a.png", NULL, SECANT_ERR_IO, "/no/such/folder/a.png: cannot write");
	assert_int_equal(secant_file_read(&data, &size, path, 100, NULL), 0);
	assert_string_equal(data, "old");
	secant_free(data);
	memset(&names, 0, sizeof names);
	assert_int_equal(base_dir_list(&names, dir, BASE_DIR_ALL, NULL), 0);
	assert_int_equal(names.n, 1); /* and nothing temporary */
	base_names_free(&names);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_encode_by_name_or_extension(void **state)
{
	secant_image im = pattern(3, 3, 3, SECANT_U8);
	static const char *const names[] = { "png", "PNG", "jpeg", "jpg", "tiff", "tif", "webp", "bmp", "ppm" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		blob b = encoded(&im, names[i], NULL);
		assert_true(b.n > 10);
		free(b.p);
	}
	void *data;
	size_t size;
	secant_err err = { 0 };
	assert_int_equal(secant_image_encode(&im, "gif", &data, &size, NULL, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg,
		"'gif' is not a format that secant writes: png, jpg, jpeg, jpe, jfif, tif, tiff, gtiff, webp, bmp, dib, pnm, "
		"pgm, ppm, pbm, pam, pfm");
	assert_int_equal(secant_image_encode(&im, "", &data, &size, NULL, NULL), SECANT_ERR_ARG);
	secant_image_free(&im);
}

/* A disk that is full after 4 KiB: the message of the system, the old file whole, nothing temporary. */
static void
test_full_disk(void **state)
{
	static const char *const names[] = { "a.png", "a.tif", "a.jpg", "a.webp", "a.bmp", "a.ppm" };
	char *dir = scratch_dir(), path[512];
	secant_image im = pattern(200, 200, 3, SECANT_U8);
	base_rng noise = base_rng_make(0, BASE_FOR_TEST, 0, 0); /* nothing compresses it */
	base_names files = { 0 };
	struct rlimit old, small;
	for (size_t i = 0; i < image_bytes(&im); i++)
		((uint8_t *)im.data)[i] = (uint8_t)base_rng_u32(&noise);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *data;
		size_t size;
		secant_err err = { 0 }, errr = { 0 };
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		assert_int_equal(secant_file_write(path, "old", 3, NULL), 0);
		setrlimit(RLIMIT_FSIZE, &small);
		secant_status s = secant_image_write(&im, path, NULL, &err), rows = SECANT_OK;
		secant_raster_spec spec = { 200, 200, 3, SECANT_U8, NULL, NULL, 0 };
		secant_raster_writer *w = secant_raster_create(path, &spec, NULL, &errr);
		for (int y = 0; w && y < 200; y += 10)
			(void)secant_raster_write_rows(w, (uint8_t *)im.data + y * 600, 10, NULL);
		rows = w ? secant_raster_finish(w, &errr) : errr.code;
		setrlimit(RLIMIT_FSIZE, &old);
		if (s != SECANT_ERR_IO || rows != SECANT_ERR_IO || !strstr(err.msg, "cannot write: File too large")
			|| !strstr(errr.msg, "cannot write: File too large"))
			fail_msg("%s: %d '%s', rows %d '%s'", names[i], s, err.msg, rows, errr.msg);
		assert_int_equal(secant_file_read(&data, &size, path, 100, NULL), 0);
		assert_string_equal(data, "old");
		secant_free(data);
	}
	assert_int_equal(base_dir_list(&files, dir, BASE_DIR_ALL, NULL), 0);
	assert_int_equal(files.n, 6);
	base_names_free(&files);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

typedef struct crowd {
	blob files[12];
	secant_image want[12];
	char messages[12][200];
	int wrong;
} crowd;

/* Every file decodes to what it decoded to alone, or fails with the same message. */
static void
decode_one(void *user, int64_t index)
{
	crowd *c = user;
	int i = (int)(index % 12);
	secant_image im;
	secant_err err = { 0 };
	bool same;
	if (secant_image_decode(&im, c->files[i].p, c->files[i].n, "file", NULL, &err))
		same = !strcmp(err.msg, c->messages[i]);
	else
		same = c->want[i].data && !memcmp(im.data, c->want[i].data, image_bytes(&im));
	secant_image_free(&im);
	if (!same)
		__atomic_fetch_add(&c->wrong, 1, __ATOMIC_RELAXED);
}

static void
test_many_threads(void **state)
{
	static const char *const formats[] = { "png", "jpg", "tif", "webp", "bmp", "ppm" };
	crowd c = { .wrong = 0 };
	secant_image im = pattern(40, 30, 3, SECANT_U8);
	for (int i = 0; i < 12; i++) {
		secant_err err = { 0 };
		c.files[i] = encoded(&im, formats[i % 6], NULL);
		if (i >= 6)
			c.files[i].n -= 20; /* the same, cut */
		secant_status s = secant_image_decode(&c.want[i], c.files[i].p, c.files[i].n, "file", NULL, &err);
		memcpy(c.messages[i], err.msg, sizeof c.messages[i] - 1);
		assert_true((i < 6) == (s == SECANT_OK));
	}
	base_pool *pool = base_pool_new(4, NULL);
	for (int i = 0; i < 1200; i++)
		assert_int_equal(base_pool_submit(pool, decode_one, &c, i, NULL), 0);
	base_pool_wait(pool);
	base_pool_free(pool);
	assert_int_equal(c.wrong, 0);
	for (int i = 0; i < 12; i++) {
		secant_image_free(&c.want[i]);
		free(c.files[i].p);
	}
	secant_image_free(&im);
}

/* ---- work on pictures ---- */

static secant_image
of_u8(int width, int height, int channels, const uint8_t *v)
{
	secant_image im;
	assert_int_equal(secant_image_new(&im, width, height, channels, SECANT_U8, NULL), 0);
	memcpy(im.data, v, image_bytes(&im));
	return im;
}

static void
converts(int from_channels, const uint8_t *from, int to_channels, const uint8_t *to)
{
	secant_image im = of_u8(1, 1, from_channels, from), out;
	assert_int_equal(secant_image_convert(&out, &im, to_channels, SECANT_U8, NULL), 0);
	assert_memory_equal(out.data, to, (size_t)to_channels);
	secant_image_free(&out);
	secant_image_free(&im);
}

static void
test_convert_channels(void **state)
{
	converts(1, (uint8_t[]){ 7 }, 3, (uint8_t[]){ 7, 7, 7 });
	converts(1, (uint8_t[]){ 7 }, 4, (uint8_t[]){ 7, 7, 7, 255 });
	converts(2, (uint8_t[]){ 7, 9 }, 1, (uint8_t[]){ 7 });
	converts(2, (uint8_t[]){ 7, 9 }, 3, (uint8_t[]){ 7, 7, 7 });
	converts(2, (uint8_t[]){ 7, 9 }, 4, (uint8_t[]){ 7, 7, 7, 9 });
	converts(3, (uint8_t[]){ 1, 2, 3 }, 4, (uint8_t[]){ 1, 2, 3, 255 });
	converts(4, (uint8_t[]){ 1, 2, 3, 4 }, 3, (uint8_t[]){ 1, 2, 3 });
	/* (R * 19595 + G * 38470 + B * 7471 + 32768) >> 16 */
	converts(3, (uint8_t[]){ 255, 0, 0 }, 1, (uint8_t[]){ 76 });
	converts(3, (uint8_t[]){ 0, 255, 0 }, 1, (uint8_t[]){ 150 });
	converts(4, (uint8_t[]){ 0, 0, 255, 9 }, 1, (uint8_t[]){ 29 });
	converts(3, (uint8_t[]){ 255, 255, 255 }, 1, (uint8_t[]){ 255 });
	secant_image im = pattern(2, 2, 5, SECANT_U16), out;
	secant_err err = { 0 };
	assert_int_equal(secant_image_convert(&out, &im, 3, SECANT_U16, &err), SECANT_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "5 channels cannot become 3");
	assert_int_equal(secant_image_convert(&out, &im, 5, SECANT_U8, NULL), 0);
	secant_image_free(&out);
	secant_image_free(&im);
}

static void
test_convert_dtypes(void **state)
{
	secant_image u16, u8, i16, f32;
	assert_int_equal(secant_image_new(&u16, 65536, 1, 1, SECANT_U16, NULL), 0);
	for (int i = 0; i < 65536; i++)
		((uint16_t *)u16.data)[i] = (uint16_t)i;
	assert_int_equal(secant_image_convert(&u8, &u16, 0, SECANT_U8, NULL), 0);
	for (int i = 0; i < 65536; i++)
		assert_int_equal(((uint8_t *)u8.data)[i], (i * 2 + 257) / 514); /* i / 257, rounded */
	secant_image_free(&u16);
	assert_int_equal(secant_image_convert(&u16, &u8, 0, SECANT_U16, NULL), 0);
	assert_int_equal(((uint16_t *)u16.data)[65535], 65535);
	assert_int_equal(((uint16_t *)u16.data)[128], 0);
	assert_int_equal(((uint16_t *)u16.data)[129], 257);
	assert_int_equal(secant_image_convert(&f32, &u16, 0, SECANT_F32, NULL), 0);
	assert_float_equal(((float *)f32.data)[65535], 65535, 0);
	((float *)f32.data)[0] = NAN;
	((float *)f32.data)[1] = -1e30f;
	((float *)f32.data)[2] = 254.5f;
	((float *)f32.data)[3] = INFINITY;
	((float *)f32.data)[4] = -0.6f;
	secant_image_free(&u8);
	assert_int_equal(secant_image_convert(&u8, &f32, 0, SECANT_U8, NULL), 0);
	assert_memory_equal(u8.data, ((uint8_t[]){ 0, 0, 255, 255, 0 }), 5);
	assert_int_equal(secant_image_convert(&i16, &f32, 0, SECANT_I16, NULL), 0);
	assert_memory_equal(i16.data, ((int16_t[]){ -32768, -32768, 255, 32767, -1 }), 10);
	secant_image_free(&i16);
	secant_image_free(&u8);
	secant_image_free(&u16);
	secant_image_free(&f32);
}

static void
test_crop_keeps_what_holds(void **state)
{
	secant_image im = pattern(7, 5, 2, SECANT_U16), out;
	static const uint8_t palette[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
	secant_err err = { 0 };
	assert_int_equal(codec_image_set_palette(&im, palette, 2, NULL), 0);
	assert_int_equal(secant_image_crop(&out, &im, 2, 1, 3, 4, NULL), 0);
	for (int y = 0; y < 4; y++)
		assert_memory_equal((uint16_t *)out.data + y * 6, (uint16_t *)im.data + ((y + 1) * 7 + 2) * 2, 12);
	assert_int_equal(out.palette_count, 2);
	secant_image_free(&out);
	static const int wrong[][4] = { { -1, 0, 1, 1 }, { 0, -1, 1, 1 }, { 0, 0, 8, 1 }, { 0, 0, 1, 6 }, { 7, 0, 1, 1 },
		{ 0, 0, 0, 1 }, { 6, 4, INT32_MAX, INT32_MAX } };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(
			secant_image_crop(&out, &im, wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "a window of 1x1 at (-1, 0) does not lie in a picture of 7x5");
	secant_image_free(&im);
}

static void
test_orient(void **state)
{
	static const uint8_t in[6] = { 1, 2, 3, 4, 5, 6 }; /* 3 wide, 2 high */
	static const uint8_t want[9][6] = {
		{ 0 },
		{ 1, 2, 3, 4, 5, 6 },
		{ 3, 2, 1, 6, 5, 4 },
		{ 6, 5, 4, 3, 2, 1 },
		{ 4, 5, 6, 1, 2, 3 },
		{ 1, 4, 2, 5, 3, 6 },
		{ 4, 1, 5, 2, 6, 3 },
		{ 6, 3, 5, 2, 4, 1 },
		{ 3, 6, 2, 5, 1, 4 },
	};
	secant_image im = of_u8(3, 2, 1, in), out;
	for (int o = 1; o <= 8; o++) {
		assert_int_equal(secant_image_orient(&out, &im, o, NULL), 0);
		assert_int_equal(out.width, o < 5 ? 3 : 2);
		assert_memory_equal(out.data, want[o], 6);
		secant_image_free(&out);
	}
	assert_int_equal(secant_image_orient(&out, &im, 0, NULL), SECANT_ERR_RANGE);
	assert_int_equal(secant_image_orient(&out, &im, 9, NULL), SECANT_ERR_RANGE);
	secant_image_free(&im);
}

static void
resizes(const uint8_t *in, int w, int h, secant_filter f, const uint8_t *want, int ow, int oh)
{
	secant_image im = of_u8(w, h, 1, in), out;
	assert_int_equal(secant_image_resize(&out, &im, ow, oh, f, NULL), 0);
	assert_memory_equal(out.data, want, (size_t)ow * (size_t)oh);
	secant_image_free(&out);
	secant_image_free(&im);
}

static void
test_resize(void **state)
{
	static const uint8_t row[4] = { 10, 20, 30, 40 }, square[4] = { 0, 100, 200, 100 };
	resizes(row, 4, 1, SECANT_FILTER_NEAREST, (uint8_t[]){ 20, 40 }, 2, 1); /* centres .5 and 1.5 of 2 lie at 1 and 3 */
	resizes(row, 4, 1, SECANT_FILTER_NEAREST, (uint8_t[]){ 10, 10, 20, 20, 30, 30, 40, 40 }, 8, 1);
	resizes(row, 4, 1, SECANT_FILTER_BILINEAR, (uint8_t[]){ 15, 35 }, 2, 1);
	resizes(row, 4, 1, SECANT_FILTER_BILINEAR, (uint8_t[]){ 10, 13, 18, 23, 28, 33, 38, 40 }, 8, 1);
	resizes(row, 4, 1, SECANT_FILTER_AREA, (uint8_t[]){ 15, 35 }, 2, 1);
	resizes(row, 4, 1, SECANT_FILTER_AREA, (uint8_t[]){ 13, 25, 38 }, 3, 1); /* (10 + 20/3) / (4/3) = 12.5 */
	resizes(row, 4, 1, SECANT_FILTER_AREA, (uint8_t[]){ 25 }, 1, 1);
	resizes(square, 2, 2, SECANT_FILTER_AREA, (uint8_t[]){ 100 }, 1, 1);
	resizes(square, 2, 2, SECANT_FILTER_BILINEAR, (uint8_t[]){ 0, 50, 100, 100, 100, 100, 200, 150, 100 }, 3, 3);
	resizes(row, 1, 4, SECANT_FILTER_AREA, (uint8_t[]){ 15, 35 }, 1, 2);
	/* the same size is the same picture, whatever the dtype */
	static const secant_dtype dtypes[] = { SECANT_U8, SECANT_U16, SECANT_I16, SECANT_F32 };
	for (int d = 0; d < 4; d++) {
		for (int f = 0; f < 3; f++) {
			secant_image im = pattern(9, 7, 3, dtypes[d]), out;
			assert_int_equal(secant_image_resize(&out, &im, 9, 7, (secant_filter)f, NULL), 0);
			assert_same(&im, &out);
			secant_image_free(&out);
			assert_int_equal(secant_image_resize(&out, &im, 40, 1, (secant_filter)f, NULL), 0);
			secant_image_free(&out);
			assert_int_equal(secant_image_resize(&out, &im, 0, 1, (secant_filter)f, NULL), SECANT_ERR_SHAPE);
			secant_image_free(&im);
		}
	}
}

/* Constant pictures stay constant: the weights of every output sum to 1. */
static void
test_resize_weights(void **state)
{
	for (int in = 1; in < 40; in += 3) {
		secant_image im, out;
		assert_int_equal(secant_image_new(&im, in, 3, 1, SECANT_U8, NULL), 0);
		memset(im.data, 201, image_bytes(&im));
		for (int to = 1; to < 40; to++) {
			for (int f = 0; f < 3; f++) {
				assert_int_equal(secant_image_resize(&out, &im, to, 2, (secant_filter)f, NULL), 0);
				for (size_t i = 0; i < image_bytes(&out); i++)
					assert_int_equal(((uint8_t *)out.data)[i], 201);
				secant_image_free(&out);
			}
		}
		secant_image_free(&im);
	}
}

static void
test_expand(void **state)
{
	static const uint8_t palette[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
	secant_image im = of_u8(2, 1, 1, (uint8_t[]){ 1, 0 }), out;
	secant_err err = { 0 };
	assert_int_equal(secant_image_expand(&out, &im, NULL), SECANT_ERR_ARG);
	assert_int_equal(codec_image_set_palette(&im, palette, 2, NULL), 0);
	assert_int_equal(secant_image_expand(&out, &im, NULL), 0);
	assert_memory_equal(out.data, ((uint8_t[]){ 4, 5, 6, 1, 2, 3 }), 6);
	secant_image_free(&out);
	((uint8_t *)im.data)[1] = 2;
	assert_int_equal(secant_image_expand(&out, &im, &err), SECANT_ERR_FORMAT);
	assert_string_equal(err.msg, "pixel (1, 0) has index 2, the palette has 2 colours");
	secant_image_free(&im);
}

/* Every operation, each allocation failing once. */
static void
test_lack_of_memory(void **state)
{
	static const uint8_t palette[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
	secant_image im = pattern(6, 4, 1, SECANT_U8), out;
	for (int i = 0; i < 24; i++)
		((uint8_t *)im.data)[i] &= 1;
	assert_int_equal(codec_image_set_palette(&im, palette, 2, NULL), 0);
	for (int op = 0; op < 8; op++) {
		for (long n = 1;; n++) {
			long live = base_mem_live();
			base_mem_fail_at(n);
			secant_status s = op == 0 ? secant_image_copy(&out, &im, NULL)
				: op == 1             ? secant_image_convert(&out, &im, 3, SECANT_U16, NULL)
				: op == 2             ? secant_image_crop(&out, &im, 1, 1, 2, 2, NULL)
				: op == 3             ? secant_image_orient(&out, &im, 6, NULL)
				: op == 4             ? secant_image_expand(&out, &im, NULL)
									  : secant_image_resize(&out, &im, 3, 9, (secant_filter)(op - 5), NULL);
			base_mem_fail_at(0);
			assert_true(s == SECANT_OK || s == SECANT_ERR_NOMEM);
			if (s)
				assert_null(out.data);
			secant_image_free(&out);
			assert_int_equal(base_mem_live(), live);
			if (!s)
				break;
		}
	}
	secant_image_free(&im);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_codec_is_complete),
		cmocka_unit_test(test_read_write_probe),
		cmocka_unit_test(test_messages_name_the_file),
		cmocka_unit_test(test_failed_writes_leave_the_old_file),
		cmocka_unit_test(test_encode_by_name_or_extension),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_convert_channels),
		cmocka_unit_test(test_convert_dtypes),
		cmocka_unit_test(test_crop_keeps_what_holds),
		cmocka_unit_test(test_orient),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_resize_weights),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_lack_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
