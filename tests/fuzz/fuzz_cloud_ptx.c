/* PTX: heads of scans, rows. */
#include "clouds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_cloud(data, size, "ptx");
}
