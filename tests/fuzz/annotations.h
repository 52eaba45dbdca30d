/* What the targets of annotation formats share: one text, read into a set with one blank picture, indexed, its shapes
 * looked at. */
#ifndef FUZZ_ANNOTATIONS_H
#define FUZZ_ANNOTATIONS_H
#include "annotations/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int
fuzz_annotations(const uint8_t *data, size_t size, const char *format)
{
	ann_set s;
	secant_err err = { 0 };
	double box[4];
	ann_init(&s);
	s.collect = size & 1; /* errors that end, and findings that go on */
	if (ann_add_image(&s, "blank.jpg", 9) == 0) {
		s.images[0].width = 100;
		s.images[0].height = 80;
		if (!ann_parse_format(&s, ann_find_format(format), (const char *)data, size, "input", &err)
			&& !ann_index(&s, &err))
			for (int i = 0; i < s.n_objects; i++)
				if (s.objects[i].shape && ann_extent(&s, s.objects[i].shape, box))
					(void)ann_shape_area(&s, s.objects[i].shape);
	}
	ann_free(&s);
	return 0;
}
#endif
