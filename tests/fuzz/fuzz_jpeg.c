/* JPEG: markers, scans, EXIF. */
#include "pictures.h"

extern const codec_format codec_jpeg;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_picture(data, size, &codec_jpeg);
}
