/* PNG: chunks, filters, every colour type. */
#include "pictures.h"

extern const codec_format codec_png;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_picture(data, size, &codec_png);
}
