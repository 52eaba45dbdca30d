/* What the fuzz targets of picture files share: what is read is what the header promised, what is not has a message. */
#ifndef TESTS_FUZZ_PICTURES_H
#define TESTS_FUZZ_PICTURES_H
#include "codec/codec.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_PIXELS = 1 << 18 };

/* The last byte, which no format needs, chooses how to read. */
static inline secant_image_read_options
fuzz_options(const uint8_t *data, size_t size)
{
	static const int channels[4] = { 0, 1, 3, 4 };
	uint8_t how = size ? data[size - 1] : 0;
	return (secant_image_read_options){
		.max_pixels = FUZZ_PIXELS,
		.palette_as_indices = how & 1,
		.ignore_orientation = how >> 1 & 1,
		.channels = channels[how >> 2 & 3],
		.to_u8 = how >> 4 & 1,
	};
}

static inline int
fuzz_picture(const uint8_t *data, size_t size, const codec_format *codec)
{
	secant_image_read_options o = fuzz_options(data, size);
	secant_image im;
	secant_image_info info;
	secant_err err = { 0 };
	volatile uint8_t last = 0;
	if (!codec->detect(data, size))
		return 0;
	if (secant_image_decode(&im, data, size, "fuzz", &o, &err)) {
		if (!err.code || !err.msg[0] || strchr(err.msg, '\n') || im.data)
			abort();
		return 0;
	}
	if (codec_image_probe_data(&info, data, size, "fuzz", NULL)
		|| (!o.ignore_orientation && (info.width != im.width || info.height != im.height)))
		abort();
	if (!o.channels && !o.to_u8 && !im.palette && (info.channels != im.channels || info.dtype != im.dtype))
		abort();
	last = ((uint8_t *)im.data)[secant_image_row_bytes(&im) * (size_t)im.height - 1];
	(void)last;
	secant_image_free(&im);
	return 0;
}
#endif
