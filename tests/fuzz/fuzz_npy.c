/* .npy: the header and both orders. */
#include "tensors.h"

static bool
starts(const uint8_t *data, size_t size)
{
	return size >= 6 && !memcmp(data, "\x93NUMPY", 6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_tensors(data, size, starts);
}
