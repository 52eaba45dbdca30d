/* Augmentation pipelines from text. Whatever is accepted is written as JSON and read again: both must agree; then it
 * runs. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "data/augment/augment.h"

static void
apply(const secant_augmentation *a)
{
	secant_frame f = { 0 };
	secant_err err = { 0 };
	if (secant_frame_reserve(&f, 9, 7, 3, false, true, &err))
		return;
	memset(f.now->pixels, 99, 9 * 7 * 3);
	memset(f.now->labels, 0, 9 * 7 * 2);
	f.now->bounded = true;
	f.rng = secant_rng_make(0, SECANT_FOR_AUGMENT, 0, 0);
	(void)!secant_augmentation_apply(a, &f, &err);
	for (int i = 0; i < 9 * 7; i++)
		if (f.now->labels[i] != 0 && f.now->labels[i] != SECANT_LABEL_IGNORE)
			abort();
	secant_frame_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	char *text = secant_strndup((const char *)data, size < 4096 ? size : 4096);
	secant_augmentation *a = text ? secant_augmentation_parse(text, &err) : NULL;
	if (a) {
		char *once = secant_augmentation_to_json(a);
		secant_augmentation *again = secant_augmentation_parse(once, NULL);
		char *twice = again ? secant_augmentation_to_json(again) : NULL;
		if (!once || !twice || strcmp(once, twice))
			abort();
		apply(a);
		secant_free(once);
		secant_free(twice);
		secant_augmentation_free(again);
	}
	secant_augmentation_free(a);
	secant_free(text);
	return 0;
}
