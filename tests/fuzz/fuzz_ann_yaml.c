/* data.yaml of YOLO: names, lists, poses. */
#include "annotations/yolo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ann_set s;
	yolo_layout l = { 0 };
	secant_err err = { 0 };
	secant_ann_init(&s);
	s.collect = size & 1;
	(void)!secant_yolo_yaml(&s, &l, (const char *)data, size, "data.yaml", &err);
	secant_yolo_layout_free(&l);
	secant_ann_free(&s);
	return 0;
}
