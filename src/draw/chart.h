/* Line charts and confusion matrices as PNG or SVG, for files and for pages. */
#ifndef DRAW_CHART_H
#define DRAW_CHART_H
#include <secant/base.h>

typedef struct draw_series {
	const char *name;
	const double *x, *y;
	int n;
	int axis;
} draw_series; /* axis 0: left, 1: right; NAN: a gap */
typedef struct draw_chart {
	const char *title, *x_label, *left_label, *right_label; /* any may be NULL */
	const draw_series *series;
	int n;
	bool log_left, log_x; /* values that are not positive are gaps */
	bool left_from_0; /* for quantities that are to be compared by their height */
	const char *mark; /* text at a dashed line at mark_x; NULL: none */
	double mark_x;
} draw_chart;
/* Charts one above the other, each as wide as the others. */
typedef struct draw_figure {
	const char *title;
	const draw_chart *chart;
	int n;
} draw_figure;
/* counts: n x n, rows are labels. Cells are coloured by their share of the row. */
typedef struct draw_matrix {
	const char *title;
	const int64_t *counts;
	const char *const *names;
	int n;
} draw_matrix;

/* By the extension of path (png, svg), atomic. */
secant_status draw_chart_write(const draw_chart *c, const char *path, secant_err *err) SECANT_NODISCARD;
secant_status draw_figure_write(const draw_figure *f, const char *path, secant_err *err) SECANT_NODISCARD;
secant_status draw_matrix_write(const draw_matrix *m, const char *path, secant_err *err) SECANT_NODISCARD;
/* An <svg> element for a page, whose ids begin with `prefix` (ids are one space in a page); secant_free. NULL and err
 * on failure. */
char *draw_figure_svg(const draw_figure *f, const char *prefix, secant_err *err);
char *draw_matrix_svg(const draw_matrix *m, const char *prefix, secant_err *err);

/* ---- canvas.c, for the files that draw ---- */
/* Draws with cairo (a cairo_t *) on a canvas of width x height, in units of which a PNG has two pixels. */
typedef struct draw_painting {
	double width, height;
	void (*draw)(void *cairo, const void *what);
	const void *what;
} draw_painting;
secant_status draw_painting_write(const draw_painting *p, const char *path, secant_err *err) SECANT_NODISCARD;
char *draw_painting_svg(const draw_painting *p, const char *prefix, secant_err *err);
/* Text at (x, y), the baseline; align 0: begins there, .5: centred, 1: ends there. */
void draw_painting_text(void *cairo, double x, double y, double align, const char *text);
double draw_painting_width(void *cairo, const char *text);
#endif
