/* LAS and LAZ: headers, variable-length records, extra bytes, chunk tables, the entropy decoder and its items. */
#include "clouds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_cloud(data, size, "las");
}
