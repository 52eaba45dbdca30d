/* Which picture goes with which label: the layouts of a data set on disk. Names only, nothing is opened. */
#ifndef SECANT_DATA_PAIRS_H
#define SECANT_DATA_PAIRS_H
#include <secant/samples.h>

typedef struct secant_pair {
	char *image, *label;
	int picture;
} secant_pair; /* label NULL: none wanted; picture: of an annotated data set */
typedef struct secant_pairs {
	secant_pair *v;
	int n, capacity;
} secant_pairs;

/* How a data set without split folders is divided: a share, or fold `fold` of `folds` (folds 0: by share). */
typedef struct secant_division {
	double fraction;
	int folds, fold;
	uint64_t seed;
} secant_division;

/* Which of n samples, in byte order of their names, are held out: val[i] is 1 or 0. */
secant_status secant_division_choose(const secant_division *how, int n, char *val, secant_err *err) SECANT_NODISCARD;

/* From the options; refuses a fold that is no number. */
secant_status secant_division_of(
	secant_division *d, const secant_data_options *o, uint64_t seed, secant_err *err) SECANT_NODISCARD;

/* The pairs of one split in byte order of their names (a list: of the order in the file). *out must be zeroed; empty on
 * failure. */
secant_status secant_pairs_find(secant_pairs *out, const char *path, const char *split, bool want_labels,
	const secant_division *how, secant_err *err) SECANT_NODISCARD;
void secant_pairs_free(secant_pairs *p);
/* Adds a pair; takes both strings, also on failure. NULL where one is wanted means that making it found no memory. */
secant_status secant_pairs_add(
	secant_pairs *p, char *image, char *label, bool want_label, secant_err *err) SECANT_NODISCARD;
/* Sorts the pairs by the names of their pictures, and keeps those that fall to "train" or "val" ("all": keeps all).
 * `path` for messages. */
secant_status secant_pairs_divide(
	secant_pairs *p, const char *path, const char *split, const secant_division *how, secant_err *err) SECANT_NODISCARD;
#endif
