/* PNG: chunks, filters, every colour type. */
#include "pictures.h"

extern const secant_codec secant_codec_png;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_picture(data, size, &secant_codec_png);
}
