/* Layouts of pictures and labels that people have, beside the plain ones of pairs.c. Names only, nothing is opened. */
#ifndef DATA_LAYOUTS_H
#define DATA_LAYOUTS_H
#include "data/pairs.h"

/* Like data_pairs_find. *found: a layout is there, whatever came of it; false: nothing here looks like pictures and
 * labels, no error is recorded. *out must be zeroed. */
secant_status data_layout_find(data_pairs *out, const char *path, const char *split, bool want_labels,
	const data_division *how, bool *found, secant_err *err) SECANT_NODISCARD;
/* DATA/train-volume.tif and train-labels.tif, stacks of pictures (volumes.c); all pages are found, undivided. */
bool data_volume_is(const char *path);
secant_status data_volume_find(data_pairs *out, const char *path, bool want_labels, secant_err *err) SECANT_NODISCARD;
/* Has the layout at a path a folder for this split? */
bool data_layout_has(const char *path, const char *split);
/* "It holds 4 folders (a, b, c, ...) and 12 files (x.jpg, ...)": for the message where nothing fits. */
void data_layout_describe(const char *path, char *buffer, size_t size);
#endif
