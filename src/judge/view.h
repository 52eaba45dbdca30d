/* Evaluated pictures made visible: cells with the picture, its label, the prediction, and where the two differ. */
#ifndef SECANT_JUDGE_VIEW_H
#define SECANT_JUDGE_VIEW_H
#include <secant/tensor.h>
#include "data/loader.h"
#include "nn/nn.h"

/* One evaluated picture, as secant_evaluation's `seen` gets it. */
typedef struct secant_view {
	const secant_samples *samples;
	int sample;
	secant_mode mode;
	int classes, ignore;
	float cut;
	const float *outputs;
	const void *target;
	int height, width, stride;
} secant_view;

enum { SECANT_CELL_PICTURE, SECANT_CELL_LABEL, SECANT_CELL_PREDICTION, SECANT_CELL_ERRORS, SECANT_CELLS };
/* Colours of SECANT_CELL_ERRORS: found that is not there, missed, taken for another class; what is right is the dimmed
 * picture. */
extern const uint8_t secant_error_colours[3][3];

/* Paints cells `first` to `last` from left to right into the RGB sheet, each in a square of `cell` pixels, `gap` apart,
 * the first at (x, y). */
secant_status secant_view_paint(const secant_view *v, int first, int last, secant_image *sheet, int x, int y, int cell,
	int gap, secant_err *err) SECANT_NODISCARD;

/* ---- the worst of many ---- */

enum { SECANT_WORST = 16 };
typedef struct secant_case {
	double score;
	int sample;
	secant_image sheet;
} secant_case;
/* Keeps the pictures of least score, worst first, with their cells painted. */
typedef struct secant_cases {
	secant_case v[SECANT_WORST];
	int n;
} secant_cases;
secant_status secant_cases_take(secant_cases *c, const secant_view *v, double score, secant_err *err) SECANT_NODISCARD;
void secant_cases_free(secant_cases *c);
#endif
