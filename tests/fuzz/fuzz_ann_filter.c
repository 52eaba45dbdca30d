/* Expressions of `secant data filter` on a set of one picture and one object. */
#include "annotations/dataset.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_dataset d;
	secant_err err = { 0 };
	char *text = base_strndup((const char *)data, size);
	ann_init(&d.set);
	int image = ann_add_image(&d.set, "a.jpg", 5), class = ann_class_named(&d.set, "ship", 4);
	ann_object *o = image >= 0 && class >= 0 ? ann_add_object(&d.set, image, class) : NULL;
	if (text && o) {
		ann_corners(o, 1, 2, 30, 40);
		ann_add_attribute(&d.set, &o->attributes, "k", "7", 1);
		if (!ann_index(&d.set, &err))
			(void)!secant_dataset_filter(&d, text, size & 1, &err);
	}
	ann_free(&d.set);
	secant_free(text);
	return 0;
}
