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
	secant_str text = { 0 };
	if (size < 2 || secant_ann_rle_decode(&r, data[0], data[1], (const char *)data + 2, size - 2, &err))
		return 0;
	secant_ann_init(&s);
	secant_ann_rle_encode(&text, r.runs, r.n);
	(void)secant_ann_trace(&s, &r, 0, &err);
	if (!secant_ann_rle_union(&u, &r, &r, &err))
		secant_ann_rle_free(&u);
	secant_ann_rle_free(&r);
	secant_ann_free(&s);
	secant_str_free(&text);
	return 0;
}
