/* safetensors: header and offsets. */
#include "tensors.h"

static bool
starts(const uint8_t *data, size_t size)
{
	return size >= 9 && data[0] != 0x80 && data[8] == '{';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_tensors(data, size, starts);
}
