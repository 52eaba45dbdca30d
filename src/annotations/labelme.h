/* LabelMe (labelme.c): what the readers of its two formats share, and its writer. */
#ifndef ANN_LABELME_H
#define ANN_LABELME_H
#include "annotations/attributes.h"

typedef struct labelme_shape {
	double *xy;
	int n, capacity;
	char type[24], label[300];
	uint32_t head;
	ann_field mask;
	bool crowd;
} labelme_shape;

/* XML of MIT LabelMe 3.0: Annotations/FOLDER/NAME.xml. */
secant_status ann_labelme_xml(
	ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err) SECANT_NODISCARD;
secant_status ann_labelme_write(ann_set *s, ann_out *out, secant_err *err) SECANT_NODISCARD;
#endif
