/* What is asked of every set when all of it has been read. */
#ifndef ANN_SETTLE_H
#define ANN_SETTLE_H
#include "annotations/model.h"

/* Finds pictures by the end of their names, and says what no format can tell: objects without a place, classes of one
 * name. */
secant_status ann_settle(ann_set *s, const secant_dataset_reading *o, secant_err *err) SECANT_NODISCARD;
#endif
