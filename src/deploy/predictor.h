/*
 * What the files of prediction share: the predictor, windows of probabilities, pictures streamed in tiles, masks by
 * rows.
 */
#ifndef SECANT_DEPLOY_PREDICTOR_H
#define SECANT_DEPLOY_PREDICTOR_H
#include <stdatomic.h>
#include <secant/codec.h>
#include <secant/predict.h>
#include "base/mem.h"
#include "prepare/normalize.h"
#include "deploy/decide.h"
#include "deploy/rules.h"

/* A buffer of floats that grows. */
typedef struct secant_floats {
	float *v;
	size_t n;
} secant_floats;

/* A way of looking at a picture: views.c. */
typedef struct secant_view {
	unsigned turn;
	double scale, low, high;
} secant_view; /* scale 1: as it is; percentiles low to high stretched, high 0: not */
enum { SECANT_MOST_VIEWS = 32, SECANT_MIRROR_X = 1, SECANT_MIRROR_Y = 2, SECANT_EXCHANGE = 4 };
typedef struct secant_views {
	secant_view v[SECANT_MOST_VIEWS];
	int n;
} secant_views; /* the first is the picture itself */

/* What predictors of several threads share: it does not change after opening, but for the count and the guarded plans.
 */
typedef struct secant_ensemble {
	atomic_int holders;
	secant_predict options; /* owned copy */
	secant_deployed *model; /* never moved: runners point into it */
	int n_models;
	secant_views views;
	secant_rules rules;
	char **class_name;
	int n_class_names;
	uint8_t (*palette)[3];
	int n_palette;
	secant_decider decider;
	bool scaled; /* nobody said how sizes are to be taken, and training scaled: so do we */
} secant_ensemble;

/* What one thread predicts with. The first members are the ensemble's, borrowed. */
struct secant_predictor {
	secant_ensemble *of;
	secant_predict options;
	const secant_deployed *model;
	int n_models;
	secant_views views;
	secant_rules rules;
	char *const *class_name;
	int n_class_names;
	uint8_t (*palette)[3];
	int n_palette;
	secant_session **session; /* probabilities of each model */
	secant_session *classes, *votes; /* of the decider */
	secant_floats normal, input, window, weighted, view, scaled, allowed;
};

/* "flip-h,scale(0.75)". */
secant_status secant_views_parse(secant_views *views, const char *text, secant_err *err) SECANT_NODISCARD;
/* *out is im, or a picture made in *own (secant_image_free): stretched, scaled. */
secant_status secant_view_look(const secant_view *v, const secant_image *im, secant_image *own,
	const secant_image **out, secant_err *err) SECANT_NODISCARD;

/* Where pixel (y, x) of a turned picture lies in the picture of h x w. */
int64_t secant_view_pixel(unsigned turn, int y, int x, int h, int w);

/* Room for n floats, contents lost. */
secant_status secant_floats_reserve(secant_floats *f, size_t n, secant_err *err) SECANT_NODISCARD;
/* Probabilities of a picture as it is, H x W x C into `out`: all models, all views. */
secant_status secant_predict_window(
	secant_predictor *p, const secant_image *im, float *out, secant_err *err) SECANT_NODISCARD;

/* Where place i of `to` lies among `from`, half-pixel centres, the edge repeated: between *first and *second, the
 * result after *first. */
float secant_place(int i, int from, int to, int *first, int *second);

/* A picture in memory, or one that is read by windows. */
typedef struct secant_source {
	int width, height;
	const secant_image *image; /* NULL: one of the others */
	secant_raster *raster;
	int bands; /* of the file; windows may have fewer */
	const secant_borrowed_image *borrowed; /* rows apart from each other */
} secant_source;
const secant_geo *secant_source_geo(const secant_source *s);
secant_voids secant_source_voids(const secant_predictor *p, const secant_source *s);
/* Whether pixels may have no data; then it is worth to look at windows. */
bool secant_source_may_lack_data(const secant_predictor *p, const secant_source *s);
/* A window as a picture: *borrowed is the source's own picture where the window is all of it, else *window is filled
 * (secant_image_free). */
secant_status secant_source_window(secant_source *s, int x, int y, int width, int height, secant_image *window,
	const secant_image **view, secant_err *err) SECANT_NODISCARD;

/* Receives finished rows, top to bottom: n x width x classes. tile of tiles is for progress. */
typedef struct secant_row_sink {
	secant_status (*rows)(void *user, int y, int n, const float *probabilities, secant_err *err);
	bool (*progress)(void *user, int tile, int tiles); /* nullable; false: cancelled */
	void *user;
} secant_row_sink;
secant_status secant_predict_stream(
	secant_predictor *p, secant_source *s, const secant_row_sink *sink, secant_err *err) SECANT_NODISCARD;

/* Tiles along one axis: `n` starts, every tile `length` long, weights n x length that add up to 1 at every place. */
typedef struct secant_axis {
	int n, length, *start;
	float *weight;
} secant_axis;
secant_status secant_axis_make(secant_axis *a, int total, int tile, int overlap, secant_err *err) SECANT_NODISCARD;
void secant_axis_free(secant_axis *a);

/* Pixels without data in a picture, and what they become in its mask. */
typedef struct secant_nodata {
	bool there;
	secant_voids voids;
	int mask;
} secant_nodata;
/* `told`: the mask's file can say which of its values stands for no data. */
secant_nodata secant_nodata_of(const secant_predictor *p, const secant_source *s, bool told);
/* The georeference of a mask, with its value for no data where there may be some; NULL without err: none. */
secant_geo *secant_mask_geo(const secant_nodata *n, const secant_geo *geo, secant_err *err);

/* Masks: number type; the value that stands for no class (of one class: the background); a class's value. */
secant_dtype secant_mask_dtype(const secant_predictor *p);
int secant_mask_background(const secant_predictor *p);
int secant_mask_value(const secant_predictor *p, int class);
/* The class of a mask's value, -1: background, no class, or no data. */
int secant_mask_class(const secant_predictor *p, int value);
int secant_mask_get(secant_dtype dtype, const void *mask, int64_t i);
/* Rows y to y + n of the mask of a source. */
secant_status secant_mask_rows(secant_predictor *p, secant_source *s, const secant_nodata *none, int y, int n,
	const float *probabilities, void *mask, secant_err *err) SECANT_NODISCARD;
/* Connected areas (4 neighbours, one value) of fewer than min_area pixels become background; of classes that exclude
 * each other, where none is the background, the class of the longest common border. Background and no data are no
 * areas.
 */
secant_status secant_mask_clean(
	const secant_predictor *p, secant_image *mask, int min_area, secant_err *err) SECANT_NODISCARD;
/* RGB of `im` with the mask over it; `above` is the row of the mask over the first one, NULL at the top. */
void secant_overlay_rows(
	const secant_predictor *p, const secant_image *im, const void *mask, const void *above, uint8_t *rgb);
/* A strip of the width with the classes' colours and names. */
secant_status secant_legend_draw(
	const secant_predictor *p, int width, secant_image *out, secant_err *err) SECANT_NODISCARD;
/* The areas of a mask as GeoJSON. geo: of the picture, may be NULL. */
secant_status secant_polygons_write(const secant_predictor *p, const secant_image *mask, const secant_geo *geo,
	const char *path, secant_err *err) SECANT_NODISCARD;
#endif
