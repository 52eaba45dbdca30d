/* PASCAL VOC (voc.c): what reading and writing share. */
#ifndef ANN_VOC_H
#define ANN_VOC_H
#include "annotations/format.h"

extern const double
	ann_voc_shift[][2]; /* what reading adds to xmin, ymin and to xmax, ymax; by index of SECANT_VOC_ORIGINS */
/* One XML; `image` is its picture. */
secant_status ann_voc_parse(
	ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err) SECANT_NODISCARD;
secant_status ann_voc_write(ann_set *s, ann_out *out, secant_err *err);
#endif
