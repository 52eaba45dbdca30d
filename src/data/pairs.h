/* Which picture goes with which label: the layouts of a data set on disk. Names only, nothing is opened. */
#ifndef DATA_PAIRS_H
#define DATA_PAIRS_H
#include <secant/samples.h>

typedef struct data_pair {
	char *image, *label;
	int picture;
} data_pair; /* label NULL: none wanted; picture: of an annotated data set */
typedef struct data_pairs {
	data_pair *v;
	int n, capacity;
} data_pairs;

/* How a data set without split folders is divided: a share, or fold `fold` of `folds` (folds 0: by share). */
typedef struct data_division {
	double fraction;
	int folds, fold;
	uint64_t seed;
} data_division;

/* Which of n samples, in byte order of their names, are held out: val[i] is 1 or 0. */
secant_status data_division_choose(const data_division *how, int n, char *val, secant_err *err) SECANT_NODISCARD;

/* From the options; refuses a fold that is no number. */
secant_status data_division_of(
	data_division *d, const secant_data_options *o, uint64_t seed, secant_err *err) SECANT_NODISCARD;

/* The pairs of one split in byte order of their names (a list: of the order in the file). *out must be zeroed; empty on
 * failure. */
secant_status data_pairs_find(data_pairs *out, const char *path, const char *split, bool want_labels,
	const data_division *how, secant_err *err) SECANT_NODISCARD;
void data_pairs_free(data_pairs *p);
/* Adds a pair; takes both strings, also on failure. NULL where one is wanted means that making it found no memory. */
secant_status data_pairs_add(
	data_pairs *p, char *image, char *label, bool want_label, secant_err *err) SECANT_NODISCARD;
/* Sorts the pairs by the names of their pictures, and keeps those that fall to "train" or "val" ("all": keeps all).
 * `path` for messages. */
secant_status data_pairs_divide(
	data_pairs *p, const char *path, const char *split, const data_division *how, secant_err *err) SECANT_NODISCARD;
#endif
