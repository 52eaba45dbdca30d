/* YOLO (yolo.c): its data.yaml (and Darknet's obj.data), which says classes and lists, and its writer. */
#ifndef ANN_YOLO_H
#define ANN_YOLO_H
#include "annotations/format.h"

typedef enum yolo_flavour { YOLO_BOXES, YOLO_RINGS, YOLO_QUADS } yolo_flavour;

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

/* What kind of lines the first label files of a folder have, and what else lies there. A file that cannot be read
 * counts as boxes, whose reader says so. */
typedef struct yolo_looks {
	int boxes, rings, quads, sevens, tracks; /* lines */
	bool tracked; /* a last column beyond 1: no share of a picture */
	int files, pictures, labels; /* label files, pictures, pictures with one */
	bool names, yaml;
} yolo_looks;
void ann_yolo_look(const char *root, yolo_looks *k);
/* How sure is it that a folder is of this kind? 0 to 100. */
int ann_yolo_sure(const char *path, yolo_flavour kind);
bool ann_yolo_label_folder(const char *relative);
/* A text of class names, not of labels. */
bool ann_yolo_is_names(const char *relative);
/* Class, four numbers or more: a line of labels. Returns how many fields it has, 0: none. */
int ann_yolo_label_line(const char *p, size_t n, ann_field f[12]);
/* A whole number from 1 without a point: what trackers write in the last column, and no share of a picture. */
bool ann_yolo_is_track(ann_field f);

/* Rows of a label file, for a picture whose size is known. */
secant_status ann_yolo_rows(ann_set *s, int image, yolo_flavour kind, const char *data, size_t n, const char *origin,
	secant_err *err) SECANT_NODISCARD;
secant_status ann_yolo_write(ann_set *s, ann_out *out, yolo_flavour kind, secant_err *err) SECANT_NODISCARD;
#endif
