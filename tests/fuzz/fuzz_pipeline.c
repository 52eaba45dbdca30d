/* Augmentation pipelines from text. Whatever is accepted is written as JSON and read again: both must agree; then it
 * runs. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "data/augment/augment.h"

static void
apply(const data_augmentation *a)
{
	data_frame f = { 0 };
	secant_err err = { 0 };
	if (data_frame_reserve(&f, 9, 7, 3, false, true, &err))
		return;
	memset(f.now->pixels, 99, 9 * 7 * 3);
	memset(f.now->labels, 0, 9 * 7 * 2);
	f.now->bounded = true;
	f.rng = base_rng_make(0, BASE_FOR_AUGMENT, 0, 0);
	(void)!data_augmentation_apply(a, &f, &err);
	for (int i = 0; i < 9 * 7; i++)
		if (f.now->labels[i] != 0 && f.now->labels[i] != DATA_LABEL_IGNORE)
			abort();
	data_frame_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	char *text = base_strndup((const char *)data, size < 4096 ? size : 4096);
	data_augmentation *a = text ? data_augmentation_parse(text, &err) : NULL;
	if (a) {
		char *once = data_augmentation_to_json(a);
		data_augmentation *again = data_augmentation_parse(once, NULL);
		char *twice = again ? data_augmentation_to_json(again) : NULL;
		if (!once || !twice || strcmp(once, twice))
			abort();
		apply(a);
		secant_free(once);
		secant_free(twice);
		data_augmentation_free(again);
	}
	data_augmentation_free(a);
	secant_free(text);
	return 0;
}
