/* What the fuzz targets of tensor files share: what is read has data to its last element, what is not has a message. */
#ifndef TESTS_FUZZ_TENSORS_H
#define TESTS_FUZZ_TENSORS_H
#include <secant/options.h>
#include <secant/tensorfile.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only inputs that `starts` accepts go on, so that each target stays with its format. */
static inline int
fuzz_tensors(const uint8_t *data, size_t size, bool (*starts)(const uint8_t *data, size_t size))
{
	secant_err err = { 0 };
	secant_tensors set;
	char *metadata = NULL;
	volatile double sum = 0; /* so that the elements are really read */
	if (!starts(data, size))
		return 0;
	if (secant_tensors_decode(&set, &metadata, data, size, "fuzz", &err)) {
		if (!err.code || !err.msg[0] || strchr(err.msg, '\n') || set.n || metadata)
			abort();
		return 0;
	}
	for (int i = 0; i < set.n; i++) {
		const secant_tensor *t = &set.v[i].tensor;
		int64_t n = secant_shape_count(&t->shape);
		if (n < 0 || !t->data)
			abort();
		if (n)
			sum = sum + secant_tensor_get(t, 0) + secant_tensor_get(t, n - 1);
	}
	secant_free(metadata);
	secant_tensors_free(&set);
	return 0;
}
#endif
