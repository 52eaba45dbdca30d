/*
 * Pictures of clouds: one picture, a turning one, or a page with a viewer. Points are depth-shaded splats.
 */
#ifndef SECANT_RENDER_H
#define SECANT_RENDER_H
#include <secant/cloud.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a cloud is looked at. Set by secant_opts_init(&secant_view_options, ...). */
typedef struct secant_view {
	secant_ints size; /* of one panel: height, width */
	char *panels; /* what is shown, side by side: label prediction error colour height intensity confidence or a
				   * column's name, comma-separated; NULL: label, prediction and error where there are two, else the
				   * first that the cloud has */
	char *label, *prediction; /* names of columns; NULL: by role; of predictions also `classification` beside a
								 confidence (LAS) */
	char *classes; /* names of the classes from 0 on, comma-separated, for the legend */
	double azimuth, elevation; /* where the eye is, degrees: around the up axis, above the ground */
	int up; /* auto x y z */
	double zoom; /* 1: all points are in the picture */
	double point_size; /* diameter in pixels; 0: by the number of points */
	int background; /* white black */
	bool legend;
	int frames; /* of one turn */
	double seconds; /* that a turn takes */
	int page_points; /* most points that a page holds; more are thinned evenly */
	char *title; /* of a page */
} secant_view;
extern SECANT_API const secant_opts secant_view_options;

/* Draws the panels side by side as an 8-bit RGB picture, the eye turned on by `turn` degrees. `view` NULL: defaults.
 * *out is owned by the caller (secant_image_free). Points without finite coordinates are left out; an empty cloud gives
 * an empty picture. Errors: a panel that the cloud has no column for (ARG). Thread-safe. */
SECANT_API secant_status secant_render(
	const secant_cloud *c, const secant_view *view, double turn, secant_image *out, secant_err *err) SECANT_NODISCARD;

/* Writes what the extension says, atomically: .gif and .apng turn once around (for ever), .html is a page with a viewer
 * that needs no network, any other extension a picture (png, jpg, ...). */
SECANT_API secant_status secant_render_write(
	const secant_cloud *c, const char *path, const secant_view *view, secant_err *err) SECANT_NODISCARD;

/* The columns of `other` named like predictions join `c` as "prediction" (for a label file and a prediction file of the
 * same points): the clouds must have the same number of points. `column` NULL: its prediction, else its label. */
SECANT_API secant_status secant_render_join(
	secant_cloud *c, const secant_cloud *other, const char *column, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
