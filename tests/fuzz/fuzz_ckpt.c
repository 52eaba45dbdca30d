/* .ckpt of MindSpore: values, pieces of one tensor, checksums. */
#include "tensors.h"

static bool
starts(const uint8_t *data, size_t size)
{
	return size >= 4 && (data[0] == 10 || (data[1] == 0x5e && data[2] == 0x3a && data[3] == 0x7f));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_tensors(data, size, starts);
}
