/* glTF: JSON and one file, arrays, places, what reaches outside. */
#include "clouds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_cloud(data, size, "gltf");
}
