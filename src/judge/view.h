/* Evaluated pictures made visible: cells with the picture, its label, the prediction, and where the two differ. */
#ifndef JUDGE_VIEW_H
#define JUDGE_VIEW_H
#include <secant/tensor.h>
#include "data/loader.h"
#include "nn/nn.h"

/* One evaluated picture, as judge_evaluation's `seen` gets it. */
typedef struct judge_view {
	const data_samples *samples;
	int sample;
	base_mode mode;
	int classes, ignore, never; /* never: judge_counts' */
	bool background; /* of several classes the first means nothing: judge_first_is_background */
	float cut;
	const uint8_t (*palette)[3]; /* of the first n_palette classes; others take those of secant_palette */
	int n_palette;
	const float *outputs;
	const void *target;
	int height, width, stride;
} judge_view;

/* By the names of classes: without any it is, as usual; else where its name says so. */
bool judge_first_is_background(char *const *name, int n);

enum { JUDGE_CELL_PICTURE, JUDGE_CELL_LABEL, JUDGE_CELL_PREDICTION, JUDGE_CELL_ERRORS, JUDGE_CELLS };
/* Colours of JUDGE_CELL_ERRORS: found that is not there, missed, taken for another class; what is right is the dimmed
 * picture. */
extern const uint8_t judge_error_colours[3][3];

/* Paints cells `first` to `last` from left to right into the RGB sheet, each in a square of `cell` pixels, `gap` apart,
 * the first at (x, y). */
secant_status judge_view_paint(const judge_view *v, int first, int last, secant_image *sheet, int x, int y, int cell,
	int gap, secant_err *err) SECANT_NODISCARD;

/* Titles of the cells, and what colours mean: classes of several by `name` (n of them; others by number), errors.
 * Strips for a sheet of cells that begin at x and stand `step` apart. */
secant_status judge_view_titles(int x, int step, int width, secant_image *out, secant_err *err) SECANT_NODISCARD;
secant_status judge_view_legend(
	const judge_view *v, char *const *name, int n, int width, secant_image *out, secant_err *err) SECANT_NODISCARD;

/* ---- the worst of many ---- */

enum { JUDGE_WORST = 16 };
typedef struct judge_case {
	double score;
	int sample;
	secant_image sheet;
} judge_case;
/* Keeps the pictures of least score, worst first, with their cells painted. */
typedef struct judge_cases {
	judge_case v[JUDGE_WORST];
	int n;
} judge_cases;
secant_status judge_cases_take(judge_cases *c, const judge_view *v, double score, secant_err *err) SECANT_NODISCARD;
void judge_cases_free(judge_cases *c);
#endif
