/* WebP: the container, both codings. */
#include "pictures.h"

extern const secant_codec secant_codec_webp;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_picture(data, size, &secant_codec_webp);
}
