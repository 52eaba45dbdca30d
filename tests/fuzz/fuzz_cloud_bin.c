/* Records of floats: sizes, numbers that are none of a scan. */
#include "clouds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_cloud(data, size, "bin");
}
