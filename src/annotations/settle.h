/* What is asked of every set when all of it has been read. */
#ifndef ANN_SETTLE_H
#define ANN_SETTLE_H
#include "annotations/model.h"

/* Finds pictures by the end of their names, and says what no format can tell: objects without a place, classes of one
 * name. */
secant_status ann_settle(ann_set *s, const secant_dataset_reading *o, secant_err *err) SECANT_NODISCARD;
/* Pictures of another size than is declared: refused, or their objects mapped, as --declared-size says (sizes.c). */
secant_status ann_sizes(
	ann_set *s, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err) SECANT_NODISCARD;
/* What numbers say about themselves (evidence.c). */
bool ann_places_are_shares(const ann_set *s);
secant_status ann_evidence(ann_set *s, secant_err *err) SECANT_NODISCARD;
#endif
