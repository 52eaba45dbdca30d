/* Labels of pictures before a training: what they decide, and whether all of them can be read. */
#ifndef TRAIN_LABELS_H
#define TRAIN_LABELS_H
#include <secant/train.h>
#include "data/samples.h"

/* Threads that read pictures. */
int train_loader_threads(const secant_train_options *o);
/* Where --classes is not given: from the class file, the annotations or the values of all labels, and says so. */
secant_status train_settle_classes(
	secant_train_options *o, const char *data, const secant_train_events *events, secant_err *err) SECANT_NODISCARD;
/* Reads all labels by their rule. Mistakes go to the log and are one error; so do the pixels of each class, where a
 * class has none, with --check the weights that would make up for it too. `validation` may be NULL. */
secant_status train_check_labels(const secant_train_options *o, const data_samples *train,
	const data_samples *validation, const secant_train_events *events, secant_err *err) SECANT_NODISCARD;
#endif
