/*
 * What the files of prediction share: the predictor, windows of probabilities, pictures streamed in tiles, masks by
 * rows.
 */
#ifndef DEPLOY_PREDICTOR_H
#define DEPLOY_PREDICTOR_H
#include <stdatomic.h>
#include <secant/codec.h>
#include <secant/predict.h>
#include "base/mem.h"
#include "prepare/normalize.h"
#include "codec/white.h"
#include "deploy/decide.h"
#include "deploy/prepared.h"
#include "deploy/rules.h"

/* A buffer of floats that grows. */
typedef struct deploy_floats {
	float *v;
	size_t n;
} deploy_floats;

/* A way of looking at a picture: views.c. */
typedef struct deploy_view {
	unsigned turn;
	double scale, low, high;
} deploy_view; /* scale 1: as it is; percentiles low to high stretched, high 0: not */
enum { DEPLOY_MOST_VIEWS = 32, DEPLOY_MIRROR_X = 1, DEPLOY_MIRROR_Y = 2, DEPLOY_EXCHANGE = 4 };
typedef struct deploy_views {
	deploy_view v[DEPLOY_MOST_VIEWS];
	int n;
} deploy_views; /* the first is the picture itself */

/* What predictors of several threads share: it does not change after opening, but for the count and the guarded plans.
 */
typedef struct deploy_ensemble {
	atomic_int holders;
	secant_predict options; /* owned copy */
	deploy_deployed *model; /* never moved: runners point into it */
	int n_models;
	deploy_views views;
	deploy_rules rules;
	char **class_name;
	int n_class_names;
	uint8_t (*palette)[3];
	int n_palette;
	deploy_decider decider;
	deploy_preparer *preparer; /* of each model; never moved */
	codec_whites whites; /* by option, else the first model's */
	bool told_white; /* by option */
	bool scaled; /* nobody said how sizes are to be taken, and training scaled: so do we */
} deploy_ensemble;

/* What one thread predicts with. The first members are the ensemble's, borrowed. */
struct secant_predictor {
	deploy_ensemble *of;
	secant_predict options;
	const deploy_deployed *model;
	int n_models;
	deploy_views views;
	deploy_rules rules;
	char *const *class_name;
	int n_class_names;
	uint8_t (*palette)[3];
	int n_palette;
	secant_session **session; /* probabilities of each model */
	secant_session **prepared; /* what each is given of a picture of bytes */
	secant_session *classes, *votes; /* of the decider */
	deploy_floats normal, input, window, weighted, view, scaled, allowed;
	deploy_floats turned; /* bytes of a view */
};

/* "flip-h,scale(0.75)". */
secant_status deploy_views_parse(deploy_views *views, const char *text, secant_err *err) SECANT_NODISCARD;
/* *out is im, or a picture made in *own (secant_image_free): stretched, scaled. */
secant_status deploy_view_look(const deploy_view *v, const secant_image *im, secant_image *own,
	const secant_image **out, secant_err *err) SECANT_NODISCARD;

/* Where pixel (y, x) of a turned picture lies in the picture of h x w. */
int64_t deploy_view_pixel(unsigned turn, int y, int x, int h, int w);

/* Room for n floats, contents lost. */
secant_status deploy_floats_reserve(deploy_floats *f, size_t n, secant_err *err) SECANT_NODISCARD;
/* Probabilities of a picture as it is, H x W x C into `out`: all models, all views. */
secant_status deploy_predict_window(
	secant_predictor *p, const secant_image *im, float *out, secant_err *err) SECANT_NODISCARD;

/* Where place i of `to` lies among `from`, half-pixel centres, the edge repeated: between *first and *second, the
 * result after *first. */
float deploy_place(int i, int from, int to, int *first, int *second);

/* A picture in memory, or one that is read by windows. */
typedef struct deploy_source {
	int width, height;
	const secant_image *image; /* NULL: one of the others */
	secant_raster *raster;
	int bands; /* of the file; windows may have fewer */
	const secant_borrowed_image *borrowed; /* rows apart from each other */
} deploy_source;
/* A file as such a source. Zeroed at first; deploy_picture_close in any case. Pictures that need windows are opened as
 * rasters, the others read (and turned as EXIF says). */
typedef struct deploy_opened {
	deploy_source source;
	secant_image image; /* of one that was read whole */
	double white; /* the number that was taken for white; 0: the picture is of bytes */
	char why[CODEC_WHITE_WHY]; /* by what, where that is in doubt; else "" */
	int unseen; /* bands of the picture, where the network sees fewer and none is alpha; else 0 */
} deploy_opened;
secant_status deploy_picture_open(
	deploy_opened *o, secant_predictor *p, const char *path, secant_err *err) SECANT_NODISCARD;
void deploy_picture_close(deploy_opened *o);
const secant_geo *deploy_source_geo(const deploy_source *s);
prepare_voids deploy_source_voids(const secant_predictor *p, const deploy_source *s);
/* Whether pixels may have no data; then it is worth to look at windows. */
bool deploy_source_may_lack_data(const secant_predictor *p, const deploy_source *s);
/* A window as a picture: *borrowed is the source's own picture where the window is all of it, else *window is filled
 * (secant_image_free). */
secant_status deploy_source_window(deploy_source *s, int x, int y, int width, int height, secant_image *window,
	const secant_image **view, secant_err *err) SECANT_NODISCARD;

/* Receives finished rows, top to bottom: n x width x classes. tile of tiles is for progress. */
typedef struct deploy_row_sink {
	secant_status (*rows)(void *user, int y, int n, const float *probabilities, secant_err *err);
	bool (*progress)(void *user, int tile, int tiles); /* nullable; false: cancelled */
	void *user;
} deploy_row_sink;
secant_status deploy_predict_stream(
	secant_predictor *p, deploy_source *s, const deploy_row_sink *sink, secant_err *err) SECANT_NODISCARD;
/* The same of a picture in the caller's memory. */
secant_status deploy_predict_rows(secant_predictor *p, const secant_borrowed_image *im, const deploy_row_sink *sink,
	secant_err *err) SECANT_NODISCARD;

/* Tiles along one axis: `n` starts, every tile `length` long, weights n x length that add up to 1 at every place. */
typedef struct deploy_axis {
	int n, length, *start;
	float *weight;
} deploy_axis;
secant_status deploy_axis_make(deploy_axis *a, int total, int tile, int overlap, secant_err *err) SECANT_NODISCARD;
void deploy_axis_free(deploy_axis *a);

/* Pixels without data in a picture, and what they become in its mask. */
typedef struct deploy_nodata {
	bool there;
	prepare_voids voids;
	int mask;
} deploy_nodata;
/* `told`: the mask's file can say which of its values stands for no data. */
deploy_nodata deploy_nodata_of(const secant_predictor *p, const deploy_source *s, bool told);
/* The georeference of a mask, with its value for no data where there may be some; NULL without err: none. */
secant_geo *deploy_mask_geo(const deploy_nodata *n, const secant_geo *geo, secant_err *err);

/* Masks: number type; the value that stands for no class (of one class: the background); a class's value. */
secant_dtype deploy_mask_dtype(const secant_predictor *p);
int deploy_mask_background(const secant_predictor *p);
int deploy_mask_value(const secant_predictor *p, int class);
/* The class of a mask's value, -1: background, no class, or no data. */
int deploy_mask_class(const secant_predictor *p, int value);
int deploy_mask_get(secant_dtype dtype, const void *mask, int64_t i);
/* Rows y to y + n of the mask of a source. */
secant_status deploy_mask_rows(secant_predictor *p, deploy_source *s, const deploy_nodata *none, int y, int n,
	const float *probabilities, void *mask, secant_err *err) SECANT_NODISCARD;
/* Connected areas (4 neighbours, one value) of fewer than min_area pixels become background; of classes that exclude
 * each other, where none is the background, the class of the longest common border. Background and no data are no
 * areas.
 */
secant_status deploy_mask_clean(
	const secant_predictor *p, secant_image *mask, int min_area, secant_err *err) SECANT_NODISCARD;
/* RGB of `im` with the mask over it; `above` is the row of the mask over the first one, NULL at the top. */
void deploy_overlay_rows(
	const secant_predictor *p, const secant_image *im, const void *mask, const void *above, uint8_t *rgb);
/* A strip of the width with the classes' colours and names. */
secant_status deploy_legend_draw(
	const secant_predictor *p, int width, secant_image *out, secant_err *err) SECANT_NODISCARD;
/* The areas of a mask as polygons, in a format by the extension of `path`. geo: of the picture, may be NULL. tolerance:
 * how far, in pixels, outlines may leave the edges of pixels; 0: they follow them. */
secant_status deploy_polygons_write(const secant_predictor *p, const secant_image *mask, const secant_geo *geo,
	double tolerance, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
