/* COCO's JSON (coco.c): what the files of the format share. */
#ifndef ANN_COCO_H
#define ANN_COCO_H
#include "annotations/format.h"
#include "annotations/json_pull.h"

/* What stands under "segmentation" (coco_shape.c); reused from one object to the next. */
typedef struct ann_segmentation {
	double *xy;
	int n_xy, xy_capacity;
	int *part; /* numbers in each part */
	int n_parts, part_capacity;
	base_str counts;
	double size[2];
	bool has_rle, rle_list;
} ann_segmentation;
/* Errors are those of the text: j->err. */
void ann_coco_segmentation(json_pull *j, ann_segmentation *c);
void ann_coco_segmentation_free(ann_segmentation *c);
/* Puts it into the model: the place of the shape, 0 none; what is wrong goes to *status. */
uint32_t ann_coco_shape(
	ann_set *s, const ann_segmentation *c, const char *path, uint32_t line, secant_status *status, secant_err *err);

/* Reads one JSON file from memory (coco_read.c). split -1: none; mapped: pages behind the reader are given back. */
secant_status ann_coco_parse(
	ann_set *s, const char *data, size_t n, const char *origin, int split, bool mapped, secant_err *err);
/* Writes annotations/instances_LIST.json and pictures (coco_write.c). */
secant_status ann_coco_write(ann_set *s, ann_out *out, secant_err *err);
#endif
