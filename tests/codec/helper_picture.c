/*
 * codec_helper_picture A B [indices|rows]: reads picture A and writes B, for tests from outside
 * (tests/peers/test_pictures.py). B with the extension raw is a line "width height channels dtype" and the values.
 * `indices` keeps a palette; `rows` goes through rasters, 7 rows at a time, so that nothing is in memory whole.
 */
#include <secant/codec.h>
#include <stdio.h>
#include <string.h>

static int
write_raw(const secant_image *im, const char *path)
{
	FILE *f = fopen(path, "wb");
	if (!f)
		return 1;
	size_t size = secant_image_row_bytes(im) * (size_t)im->height;
	fprintf(f, "%d %d %d %s\n", im->width, im->height, im->channels, secant_dtype_name(im->dtype));
	int bad = fwrite(im->data, 1, size, f) != size;
	return fclose(f) || bad;
}

static secant_status
by_rows(const char *from, const char *to, secant_err *err)
{
	secant_raster *r = secant_raster_open(from, NULL, err);
	if (!r)
		return err->code;
	const secant_raster_info *a = secant_raster_about(r);
	secant_raster_spec spec = {
		.width = a->width, .height = a->height, .channels = a->channels, .dtype = a->dtype, .geo = a->geo
	};
	secant_image_write_options o = { .tile = 64 };
	secant_raster_writer *w = secant_raster_create(to, &spec, &o, err);
	secant_status s = w ? SECANT_OK : err->code;
	for (int y = 0; y < a->height && !s; y += 7) {
		secant_image im;
		int n = a->height - y < 7 ? a->height - y : 7;
		s = secant_raster_read_window(r, 0, y, a->width, n, &im, err);
		if (!s)
			s = secant_raster_write_rows(w, im.data, n, err);
		secant_image_free(&im);
	}
	if (w && s)
		secant_raster_abort(w);
	else if (w)
		s = secant_raster_finish(w, err);
	secant_raster_close(r);
	return s;
}

int
main(int argc, char **argv)
{
	secant_err err = { 0 };
	secant_image im = { 0 };
	const char *how = argc == 4 ? argv[3] : "";
	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: %s A B [indices|rows]\n", argv[0]);
		return 2;
	}
	secant_status s;
	if (!strcmp(how, "rows")) {
		s = by_rows(argv[1], argv[2], &err);
	} else {
		secant_image_read_options o = { .palette_as_indices = !strcmp(how, "indices") };
		const char *dot = strrchr(argv[2], '.');
		s = secant_image_read(&im, argv[1], &o, &err);
		if (!s && dot && !strcmp(dot, ".raw"))
			s = write_raw(&im, argv[2]) ? SECANT_ERR_IO : SECANT_OK;
		else if (!s)
			s = secant_image_write(&im, argv[2], NULL, &err);
		secant_image_free(&im);
	}
	if (s)
		fprintf(stderr, "%s\n", err.msg);
	return s ? 1 : 0;
}
