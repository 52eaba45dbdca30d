/* PyTorch files: zip archives, and streams of pickles before 1.6. */
#include "tensors.h"

static bool
starts(const uint8_t *data, size_t size)
{
	return size >= 4 && (!memcmp(data, "PK\3\4", 4) || data[0] == 0x80);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_tensors(data, size, starts);
}
