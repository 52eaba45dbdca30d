/*
 * Labels of one sample in several files: a folder stands in the place of the label's path. In a folder called masks or
 * labels all pictures are labels (an object each, say); in any other those whose names begin with mask, else with
 * label. They are joined: what any of them says is foreground, or a class above 0, is; where two say so, the later by
 * name wins.
 */
#ifndef DATA_JOINED_H
#define DATA_JOINED_H
#include "data/labels.h"

bool data_joined_is(const char *path);
/* Are there several such files in a folder? Then they are to be joined. */
bool data_joined_wants(const char *folder);
/* Each file of a label, in byte order: of a path that is no folder, itself. Stops at the first failure. An empty folder
 * is one. */
secant_status data_joined_each(const char *path, secant_status (*visit)(void *user, const char *file, secant_err *err),
	void *user, secant_err *err) SECANT_NODISCARD;
/* What the first file's header says, once all have been found to be of one size. */
secant_status data_joined_probe(const char *path, secant_image_info *info, secant_err *err) SECANT_NODISCARD;
/* As data_labels_read, of a folder. */
secant_status data_joined_read(const data_label_rule *rule, const char *path, int width, int height, uint16_t *plane,
	secant_err *err) SECANT_NODISCARD;
#endif
