/* data.yaml of YOLO: names, lists, poses. */
#include "annotations/yolo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ann_set s;
	yolo_layout l = { 0 };
	secant_err err = { 0 };
	ann_init(&s);
	s.collect = size & 1;
	(void)!ann_yolo_yaml(&s, &l, (const char *)data, size, "data.yaml", &err);
	ann_yolo_layout_free(&l);
	ann_free(&s);
	return 0;
}
