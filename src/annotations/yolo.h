/* YOLO's data.yaml (and Darknet's obj.data): which classes there are, and which pictures belong to which list. */
#ifndef ANN_YOLO_H
#define ANN_YOLO_H
#include "annotations/format.h"

typedef struct yolo_place {
	char *split, *place; /* "train", "images/train" as the file says it: a folder or a text file of pictures */
} yolo_place;

typedef struct yolo_layout {
	yolo_place *place;
	int n, capacity;
	char *path; /* what places stand below, NULL: not said */
	char *names; /* a file of names, where `names` is one */
	char *file; /* the file itself */
} yolo_layout;

void ann_yolo_layout_free(yolo_layout *l);
/* data.yaml from memory. Names become classes, kpt_shape an attribute of the set. */
secant_status ann_yolo_yaml(
	ann_set *s, yolo_layout *l, const char *data, size_t n, const char *origin, secant_err *err) SECANT_NODISCARD;
/* Darknet's "train = data/train.txt". */
secant_status ann_yolo_darknet(
	ann_set *s, yolo_layout *l, const char *data, size_t n, const char *origin, secant_err *err) SECANT_NODISCARD;
/* Does a file begin as the description of a data set: YAML with `names` or `nc`? */
bool ann_yolo_is_yaml(const char *path);
secant_status ann_yolo_write_yaml(const ann_set *s, ann_out *out, secant_err *err) SECANT_NODISCARD;

/* Lists that places make out of the pictures: `relative` are their paths below root, by picture. */
secant_status ann_yolo_lists(
	ann_set *s, const yolo_layout *l, const char *root, const char *const *relative, secant_err *err) SECANT_NODISCARD;
#endif
