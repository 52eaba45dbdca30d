/*
 * The folder being written: made beside its place under a temporary name, renamed at the end, removed on failure. Files
 * get their names checked (safe, not twice) before a byte is written. Counts what is lost.
 */
#ifndef ANN_OUT_H
#define ANN_OUT_H
#include "annotations/model.h"
#include "base/file.h"

typedef enum ann_link { ANN_COPY, ANN_HARDLINK, ANN_SYMLINK, ANN_REFLINK } ann_link;
typedef struct ann_loss {
	char *what;
	int64_t count;
} ann_loss;

typedef struct ann_out {
	const secant_dataset_writing *options;
	const secant_watch *watch;
	char *path, *staging; /* the folder, and the one under which it is made */
	int fd; /* of staging; -1 in a dry run */
	ann_table names;
	base_str names_text; /* files so far */
	char *last_dir; /* made last */
	base_names beneath; /* folders that were put before the names of pictures, which the manifest says */
	base_str plan; /* dry run: one line a file */
	ann_loss *losses;
	int n_losses, losses_capacity;
	int files, pictures;
	bool failed; /* a loss could not be counted: no memory */
	double *map_x;
} ann_out;

secant_status ann_out_open(
	ann_out *o, const secant_dataset_writing *options, const secant_watch *watch, secant_err *err);
secant_status ann_out_file(
	ann_out *o, const char *relative, const char *data, size_t n, secant_err *err) SECANT_NODISCARD;
secant_status ann_out_str(
	ann_out *o, const char *relative, base_str *text, secant_err *err) SECANT_NODISCARD; /* and empties it */
secant_status ann_out_picture(
	ann_out *o, const ann_set *s, const ann_image *im, const char *relative, secant_err *err) SECANT_NODISCARD;
secant_status ann_out_mask(
	ann_out *o, const secant_image *im, const char *relative, secant_err *err) SECANT_NODISCARD; /* PNG */
void ann_out_lose(ann_out *o, int64_t count, const char *fmt, ...) SECANT_PRINTF(3, 4);
/* Finishes: the folder takes its name. Frees on success and failure alike; *report as in secant_dataset_write. */
secant_status ann_out_close(ann_out *o, const ann_set *s, bool good, char **report, secant_err *err) SECANT_NODISCARD;
/* SECANT_ERR_CANCELLED when the watch says so. */
secant_status ann_call_watch(const secant_watch *w, secant_err *err);
#endif
