/* The opaque data set of the public header: a model, and how it was read. */
#ifndef ANN_DATASET_H
#define ANN_DATASET_H
#include "annotations/format.h"
#include "base/registry.h"

struct secant_dataset {
	ann_set set;
};

/* Opens with findings collected instead of errors (collect), for check. */
secant_dataset *ann_open(
	const char *path, const secant_dataset_reading *o, const secant_watch *watch, bool collect, secant_err *err);
/* What comes after reading, editing or merging: index, classes of shapes without box, and so on. */
secant_status ann_finish(ann_set *s, secant_err *err);
/* The formats, for `secant list` and for names that are near (dataset_formats.c). */
extern const base_kind base_kind_datasets;
#endif
