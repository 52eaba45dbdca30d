/* STL: text, binary, corners that are one vertex. */
#include "clouds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_cloud(data, size, "stl");
}
