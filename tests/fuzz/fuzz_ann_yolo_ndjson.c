/* Text of yolo-ndjson. */
#include "annotations.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_annotations(data, size, "yolo-ndjson");
}
