/* What cutting into tiles and putting together have in common (tile.c). */
#ifndef ANN_TILE_H
#define ANN_TILE_H
#include "annotations/dataset.h"

/* Classes, lists, format and root of another set. */
secant_status ann_tiles_heads(ann_set *to, const ann_set *s, secant_err *err) SECANT_NODISCARD;
/* A folder for pictures on the way, beside the output (hard links need one file system); NULL: err says why. */
char *ann_tiles_scratch(const secant_dataset_writing *w, secant_err *err);
/* Writes the set, if all went well so far, and removes that folder. */
secant_status ann_tiles_write(secant_dataset *d, const secant_dataset_writing *writing, const char *folder,
	secant_status status, const secant_watch *watch, char **report, secant_err *err) SECANT_NODISCARD;
#endif
