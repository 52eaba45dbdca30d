/* Run-length text of masks, decoded, unioned with itself, traced and encoded again. The first two bytes are height and
 * width. */
#include "annotations/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ann_rle r, u;
	ann_set s;
	secant_err err = { 0 };
	base_str text = { 0 };
	if (size < 2 || ann_rle_decode(&r, data[0], data[1], (const char *)data + 2, size - 2, &err))
		return 0;
	ann_init(&s);
	ann_rle_encode(&text, r.runs, r.n);
	(void)ann_trace(&s, &r, 0, NULL, &err);
	if (!ann_rle_union(&u, &r, &r, &err))
		ann_rle_free(&u);
	ann_rle_free(&r);
	ann_free(&s);
	base_str_free(&text);
	return 0;
}
