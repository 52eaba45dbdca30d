/*
 * Annotated data sets (VOC, COCO, YOLO, ...) as training sees them: a list of pictures, and for each a plane of
 * classes, painted from boxes, polygons or masks when a sample is read.
 */
#ifndef DATA_ANNOTATED_H
#define DATA_ANNOTATED_H
#include "data/labels.h"
#include "data/pairs.h"

typedef struct data_annotated data_annotated; /* immutable once its classes are set; shared by threads */

/* Opens a data set in the format o->from; NULL: the format is found out, and *none is set where `path` is in none (no
 * error then). */
data_annotated *data_annotated_open(const char *path, const secant_data_options *o, bool *none, secant_err *err);
void data_annotated_free(data_annotated *a);
/* What lies there instead that nothing reads, in words, and the way out of it; NULL: nothing known. */
const char *data_annotated_foreign(const char *path, const char **way);

/* Is there a list of that name? train, val and test are also found under their usual other names (valid, val2017). */
bool data_annotated_has(const data_annotated *a, const char *split);
/* The pictures of a split in byte order of their names; a set without lists is divided. *out must be zeroed; empty on
 * failure. */
secant_status data_annotated_pairs(const data_annotated *a, const char *split, bool want_labels,
	const data_division *how, data_pairs *out, secant_err *err) SECANT_NODISCARD;
/*
 * Which value each class gets, and the names of all values (into `rule`, where no class file gave them). One class:
 * objects against background. n classes of objects: 0 is background, they follow; or, where `classes` is their number,
 * they start at 0 and pixels without object are an error or ignored. Several bands (multilabel): bit c is class c. A
 * class file says the order by name.
 */
secant_status data_annotated_classes(data_annotated *a, data_label_rule *rule, const secant_data_options *o,
	data_target_kind kind, secant_err *err) SECANT_NODISCARD;
const char *data_annotated_note(const data_annotated *a, int i); /* NULL behind the last */
/* May pixels be left out: of void classes and objects, of masks, or where nothing lies? After data_annotated_classes.
 */
bool data_annotated_voids(const data_annotated *a);
/* How many classes a network for this set has: 1 for one kind of object against the rest; the set's own, and a
 * background before them where it has none and pixels may be without object; 0: the set has no list of classes. */
int data_annotated_count(const data_annotated *a);
/* Is the picture of this size? The annotations may say otherwise. */
secant_status data_annotated_size(
	const data_annotated *a, const data_pair *pair, int width, int height, secant_err *err) SECANT_NODISCARD;
/* The window (x, y) of width x height of a picture's labels, as data/labels.h has planes. Thread-safe. */
secant_status data_annotated_plane(const data_annotated *a, const data_label_rule *rule, int picture, int x, int y,
	int width, int height, uint16_t *plane, secant_err *err) SECANT_NODISCARD;
#endif
