/* Line charts and confusion matrices as PNG or SVG, for files and for pages. */
#ifndef SECANT_DRAW_CHART_H
#define SECANT_DRAW_CHART_H
#include <secant/base.h>

typedef struct secant_series {
	const char *name;
	const double *x, *y;
	int n;
	int axis;
} secant_series; /* axis 0: left, 1: right; NAN: a gap */
typedef struct secant_chart {
	const char *title, *x_label, *left_label, *right_label; /* any may be NULL */
	const secant_series *series;
	int n;
	bool log_left, log_x; /* values that are not positive are gaps */
	bool left_from_0; /* for quantities that are to be compared by their height */
	const char *mark; /* text at a dashed line at mark_x; NULL: none */
	double mark_x;
} secant_chart;
/* Charts one above the other, each as wide as the others. */
typedef struct secant_figure {
	const char *title;
	const secant_chart *chart;
	int n;
} secant_figure;
/* counts: n x n, rows are labels. Cells are coloured by their share of the row. */
typedef struct secant_matrix {
	const char *title;
	const int64_t *counts;
	const char *const *names;
	int n;
} secant_matrix;

/* By the extension of path (png, svg), atomic. */
secant_status secant_chart_write(const secant_chart *c, const char *path, secant_err *err) SECANT_NODISCARD;
secant_status secant_figure_write(const secant_figure *f, const char *path, secant_err *err) SECANT_NODISCARD;
secant_status secant_matrix_write(const secant_matrix *m, const char *path, secant_err *err) SECANT_NODISCARD;
/* An <svg> element for a page, whose ids begin with `prefix` (ids are one space in a page); secant_free. NULL and err
 * on failure. */
char *secant_figure_svg(const secant_figure *f, const char *prefix, secant_err *err);
char *secant_matrix_svg(const secant_matrix *m, const char *prefix, secant_err *err);

/* ---- canvas.c, for the files that draw ---- */
/* Draws with cairo (a cairo_t *) on a canvas of width x height, in units of which a PNG has two pixels. */
typedef struct secant_painting {
	double width, height;
	void (*draw)(void *cairo, const void *what);
	const void *what;
} secant_painting;
secant_status secant_painting_write(const secant_painting *p, const char *path, secant_err *err) SECANT_NODISCARD;
char *secant_painting_svg(const secant_painting *p, const char *prefix, secant_err *err);
/* Text at (x, y), the baseline; align 0: begins there, .5: centred, 1: ends there. */
void secant_painting_text(void *cairo, double x, double y, double align, const char *text);
double secant_painting_width(void *cairo, const char *text);
#endif
