/* Pictures by whatever a file calls them: paths of other machines, addresses, bare names. */
#ifndef ANN_FIND_H
#define ANN_FIND_H
#include "annotations/format.h"
#include "base/json.h"

struct ann_finder {
	ann_set keys; /* places, and the ends of their names; number is the picture, -1: several */
};

/* All pictures of the data set, or of a folder of it, join the set and can be found. */
secant_status ann_finder_open(
	ann_finder *f, ann_set *s, const secant_dataset_reading *o, secant_err *err) SECANT_NODISCARD;
void ann_finder_close(ann_finder *f);
/* The picture of the longest end of a path that is one: its number; -1 none, ANN_SEVERAL a name of several. */
enum { ANN_SEVERAL = -2 };
int ann_finder_end(const ann_finder *f, const char *name);
/* The picture that `text` names; one that is not there is added. -1: an error, in *status. */
int ann_finder_picture(
	ann_finder *f, ann_set *s, const char *text, const char *origin, secant_status *status, secant_err *err);

/* %20 is a space: names as they stand in addresses, in place. */
void ann_unescape(char *name);
/* STEM with the i-th extension that pictures have: jpg, Jpg, JPG, png, ...; false after the last, or where STEM is too
 * long. */
enum { ANN_USUAL = 1100 };
bool ann_usual_name(char name[ANN_USUAL], const char *stem, size_t n, int i);
/* The picture of the set that has one of these names; -1: none. */
int ann_find_stem(const ann_set *s, const char *stem, size_t n);
/* The picture `name` in a folder beside folder `dir` of the set, whose name says no more than that pictures lie there:
 * images/train for labels/train, train/img for train/json. -1: none. `name` has an extension, or gets the usual ones.
 */
int ann_find_beside(const ann_set *s, const char *dir, const char *name);
/* The picture that a file beside it names: in its folder, in one beside that, or anywhere. */
int ann_finder_beside(
	ann_finder *f, ann_set *s, const char *text, const char *origin, secant_status *status, secant_err *err);

/* --- small JSON formats, as trees --- */

/* A file of at most 1 GiB. What cannot be read is a finding where findings are collected: NULL with *status OK. */
json_t *ann_tree(ann_set *s, const char *path, secant_status *status, secant_err *err);
/* Does the head of a file hold all of the words? */
bool ann_head_has(const char *path, const char *const *words);
/* A number; text that is one too. NAN: none. */
double ann_tree_number(const json_t *j, const char *key);
const char *ann_tree_text(const json_t *j, const char *key); /* "" none */
/* The size of picture `image` as a file declares it, where both numbers are sizes. */
void ann_tree_size(ann_set *s, int image, double width, double height);
/* An attribute of an object from any value. */
void ann_tree_keep(ann_set *s, uint32_t *head, const char *key, const json_t *value);
/* A project's own list of classes: FOLDER/FILE, where there is one, with a list under `list` (NULL: that is all of it)
 * of objects that have their name under `name`. */
secant_status ann_tree_classes(ann_set *s, const char *folder, const char *file, const char *list, const char *name,
	secant_err *err) SECANT_NODISCARD;
/* A new object of a class by name; -1: no memory. */
int ann_named_object(ann_set *s, int image, const char *class);
/* Pairs of a list [[x, y]], [{"x": x, "y": y}] or [x, y, ...], times a factor; fresh memory, NULL: none, or odd. */
double *ann_tree_points(const json_t *list, double by_x, double by_y, int *n);
/* Points for object `at`, which takes xy; NULL is a finding, and the object goes. */
bool ann_set_points(
	ann_set *s, int at, ann_kind kind, double *xy, int n, const char *origin, secant_status *status, secant_err *err);
/* Box x, y, w, h of object `at`; false and a finding where a number is missing or not finite. */
bool ann_set_box(ann_set *s, int at, const double xywh[4], const char *origin, secant_status *status, secant_err *err);

/* Pixels, row by row, as a shape of run lengths, and a ring less the rings of a list: 0 where there is no memory, or
 * the picture's size is not known or beyond ANN_MOST_PIXELS (holes.c). */
enum { ANN_MOST_PIXELS = 1 << 28 };
uint32_t ann_pixels_shape(ann_set *s, const uint8_t *pixels, int w, int h, secant_err *err);
uint32_t ann_tree_holes(ann_set *s, int image, uint32_t outer, const json_t *holes, secant_err *err);

/* --- formats of such files: all of a kind below a folder, or the one file itself (files.c) --- */

/* Are there files of this kind? Those of `otherwise` do not count. */
bool ann_has_files(const char *path, const ann_files *k);
/* All files of the first kind that there is. Pictures of folders train, valid, test are members of that list; those
 * that no file names leave the set unless `unlisted` says otherwise. */
secant_status ann_read_files(ann_set *s, const char *path, const secant_dataset_reading *o, const ann_files *k,
	const secant_watch *watch, secant_err *err) SECANT_NODISCARD;
/* What lies there that no format reads, in words, and what makes one of it that is read; NULL: nothing known
 * (foreign.c). */
const char *ann_foreign(const char *path, const char **way);
/* The part of a path below the root of the set, "" for the root itself; the name alone where it is not below it. */
const char *ann_below(const ann_set *s, const char *path);
/* The picture of this name with any of the usual extensions; -1: none, or several. */
int ann_finder_stem(const ann_finder *f, const char *stem);
/* Pictures that no annotation file names leave the set, with a note; `beside`: but for those that lie in a folder with
 * one that is named. */
secant_status ann_leave_unlisted(ann_set *s, bool beside, secant_err *err) SECANT_NODISCARD;
#endif
