/* WebP: the container, both codings. */
#include "pictures.h"

extern const codec_format codec_webp;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_picture(data, size, &codec_webp);
}
