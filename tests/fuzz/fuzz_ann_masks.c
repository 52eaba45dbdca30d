/* Class lists of the formats whose annotations are pictures, each under its own file name: the length of the input says
 * which. The pictures themselves are the codecs' targets. */
#include "annotations.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *format, *file;
	} of[] = {
		{ "masks", "dataset_meta.json" },
		{ "voc-seg", "labelmap.txt" },
		{ "cityscapes", "label_colors.txt" },
		{ "camvid", "label_colors.txt" },
		{ "ade20k", "objectInfo150.txt" },
		{ "mapillary", "config.json" },
	};
	ann_set s;
	secant_err err = { 0 };
	size_t which = size / 2 % 6;
	ann_init(&s);
	s.collect = size & 1;
	(void)ann_parse_format(&s, ann_find_format(of[which].format), (const char *)data, size, of[which].file, &err);
	ann_free(&s);
	return 0;
}
