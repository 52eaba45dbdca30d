/* JPEG: markers, scans, EXIF. */
#include "pictures.h"

extern const secant_codec secant_codec_jpeg;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_picture(data, size, &secant_codec_jpeg);
}
