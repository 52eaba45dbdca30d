/* COCO's JSON (coco.c): what the files of the format share. */
#ifndef ANN_COCO_H
#define ANN_COCO_H
#include "annotations/format.h"

/* Reads one JSON file from memory (coco_read.c). split -1: none; mapped: pages behind the reader are given back. */
secant_status ann_coco_parse(
	ann_set *s, const char *data, size_t n, const char *origin, int split, bool mapped, secant_err *err);
/* Writes annotations/instances_LIST.json and pictures (coco_write.c). */
secant_status ann_coco_write(ann_set *s, ann_out *out, secant_err *err);
#endif
