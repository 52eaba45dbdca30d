/* OFF, and OBJ when the input begins with v: vertices, faces, points drawn on them. */
#include "clouds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_cloud(data, size, size && data[0] == 'v' ? "obj" : "off");
}
