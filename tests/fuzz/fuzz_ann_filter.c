/* Expressions of `secant data filter` on a set of one picture and one object. */
#include "annotations/dataset.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_dataset d;
	secant_err err = { 0 };
	char *text = secant_strndup((const char *)data, size);
	secant_ann_init(&d.set);
	int image = secant_ann_add_image(&d.set, "a.jpg", 5), class = secant_ann_class(&d.set, "ship", 4);
	ann_object *o = image >= 0 && class >= 0 ? secant_ann_add_object(&d.set, image, class) : NULL;
	if (text && o) {
		ann_corners(o, 1, 2, 30, 40);
		secant_ann_attribute(&d.set, &o->attributes, "k", "7", 1);
		if (!secant_ann_index(&d.set, &err))
			(void)!secant_dataset_filter(&d, text, size & 1, &err);
	}
	secant_ann_free(&d.set);
	secant_free(text);
	return 0;
}
