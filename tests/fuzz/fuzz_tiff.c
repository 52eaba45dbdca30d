/* TIFF: whole, by windows, and what is read written again. */
#include "codec/tiff.h"
#include "pictures.h"

/* Two windows that overlap, so that the cache is asked, too. */
static void
windows(const uint8_t *data, size_t size)
{
	secant_image_read_options o = fuzz_options(data, size);
	secant_err err = { 0 };
	secant_raster *r = codec_raster_open_data(data, size, "fuzz", &o, &err);
	if (!r) {
		if (!err.code || !err.msg[0])
			abort();
		return;
	}
	const secant_raster_info *about = secant_raster_about(r);
	for (int i = 0; i < 2; i++) {
		secant_image im;
		int x = about->width / 3 * i, y = about->height / 3 * i;
		int w = about->width - x < 100 ? about->width - x : 100, h = about->height - y < 100 ? about->height - y : 100;
		if (!secant_raster_read_window(r, x, y, w, h, &im, NULL)
			&& (im.width != w || im.height != h || (!im.palette && im.channels != about->channels)))
			abort();
		secant_image_free(&im);
	}
	secant_raster_close(r);
}

/* A picture that was read can be written, with its georeference. */
static void
again(const uint8_t *data, size_t size)
{
	secant_image im;
	void *out = NULL;
	size_t n;
	if (secant_image_decode(&im, data, size, "fuzz", &(secant_image_read_options){ .max_pixels = 1 << 12 }, NULL))
		return;
	(void)!secant_image_encode(&im, "tif", &out, &n, NULL, NULL);
	secant_free(out);
	secant_image_free(&im);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!codec_tiff.detect(data, size))
		return 0;
	windows(data, size);
	again(data, size);
	return fuzz_picture(data, size, &codec_tiff);
}
