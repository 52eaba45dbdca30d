/*
 * Annotated data sets (VOC, COCO, YOLO, ...) as training sees them: a list of pictures, and for each a plane of
 * classes, painted from boxes, polygons or masks when a sample is read.
 */
#ifndef SECANT_DATA_ANNOTATED_H
#define SECANT_DATA_ANNOTATED_H
#include "data/labels.h"
#include "data/pairs.h"

typedef struct secant_annotated secant_annotated; /* immutable once its classes are set; shared by threads */

/* Opens a data set in the format o->from; NULL: the format is found out, and *none is set where `path` is in none (no
 * error then). */
secant_annotated *secant_annotated_open(const char *path, const secant_data_options *o, bool *none, secant_err *err);
void secant_annotated_free(secant_annotated *a);

/* Is there a list of that name? train, val and test are also found under their usual other names (valid, val2017). */
bool secant_annotated_has(const secant_annotated *a, const char *split);
/* The pictures of a split in byte order of their names; a set without lists is divided. *out must be zeroed; empty on
 * failure. */
secant_status secant_annotated_pairs(const secant_annotated *a, const char *split, bool want_labels,
	const secant_division *how, secant_pairs *out, secant_err *err) SECANT_NODISCARD;
/*
 * Which value each class gets, and the names of all values (into `rule`, where no class file gave them). One class:
 * objects against background. n classes of objects: 0 is background, they follow; or, where `classes` is their number,
 * they start at 0 and pixels without object are an error or ignored. Several bands (multilabel): bit c is class c. A
 * class file says the order by name.
 */
secant_status secant_annotated_classes(secant_annotated *a, secant_label_rule *rule, const secant_data_options *o,
	secant_target_kind kind, secant_err *err) SECANT_NODISCARD;
/* How many classes a network for this set has: 1 for one kind of object against the rest; the set's own, and a
 * background before them where it has none and pixels may be without object; 0: the set has no list of classes. */
int secant_annotated_count(const secant_annotated *a);
/* Is the picture of this size? The annotations may say otherwise. */
secant_status secant_annotated_size(
	const secant_annotated *a, const secant_pair *pair, int width, int height, secant_err *err) SECANT_NODISCARD;
/* The window (x, y) of width x height of a picture's labels, as data/labels.h has planes. Thread-safe. */
secant_status secant_annotated_plane(const secant_annotated *a, const secant_label_rule *rule, int picture, int x,
	int y, int width, int height, uint16_t *plane, secant_err *err) SECANT_NODISCARD;
#endif
