/*
 * What the files of prediction share: the predictor, windows of probabilities, pictures streamed in tiles, masks by rows.
 */
#ifndef SECANT_DEPLOY_PREDICTOR_H
#define SECANT_DEPLOY_PREDICTOR_H
#include <secant/codec.h>
#include <secant/predict.h>
#include "base/mem.h"
#include "deploy/network.h"

/* A buffer of floats that grows. */
typedef struct secant_floats { float *v; size_t n; } secant_floats;

struct secant_predictor {
	secant_predict options;                      /* owned copy */
	secant_deployed *model;                      /* never moved: runners point into it */
	int n_models;
	unsigned views;                              /* bit per view (predictor.c); bit 0, the picture itself, is always set */
	char **class_name;
	int n_class_names;
	uint8_t (*palette)[3];
	int n_palette;
	secant_floats normal, input, part, window, weighted;
};

/* Room for n floats, contents lost. */
secant_status secant_floats_reserve(secant_floats *f, size_t n, secant_err *err) SECANT_NODISCARD;
/* Probabilities of a picture as it is, H x W x C into `out`: all models, all views. */
secant_status secant_predict_window(secant_predictor *p, const secant_image *im, float *out, secant_err *err) SECANT_NODISCARD;

/* A picture in memory, or one that is read by windows. */
typedef struct secant_source {
	int width, height;
	const secant_image *image;                   /* NULL: the raster */
	secant_raster *raster;
} secant_source;
/* A window as a picture: *borrowed is the source's own picture where the window is all of it, else *window is filled (secant_image_free). */
secant_status secant_source_window(secant_source *s, int x, int y, int width, int height, secant_image *window, const secant_image **view, secant_err *err) SECANT_NODISCARD;

/* Receives finished rows, top to bottom: n x width x classes. tile of tiles is for progress. */
typedef struct secant_row_sink {
	secant_status (*rows)(void *user, int y, int n, const float *probabilities, secant_err *err);
	bool (*progress)(void *user, int tile, int tiles);           /* nullable; false: cancelled */
	void *user;
} secant_row_sink;
secant_status secant_predict_stream(secant_predictor *p, secant_source *s, const secant_row_sink *sink, secant_err *err) SECANT_NODISCARD;

/* Tiles along one axis: `n` starts, every tile `length` long, weights n x length that add up to 1 at every place. */
typedef struct secant_axis { int n, length, *start; float *weight; } secant_axis;
secant_status secant_axis_make(secant_axis *a, int total, int tile, int overlap, secant_err *err) SECANT_NODISCARD;
void secant_axis_free(secant_axis *a);

/* Masks: number type, value for "none of the classes" (multilabel), rows. */
secant_dtype secant_mask_dtype(const secant_predictor *p);
void secant_mask_rows(const secant_predictor *p, const float *probabilities, int64_t pixels, void *mask);
/* Removes connected areas (4 neighbours, one value) of fewer than min_area pixels: they become 0. Background is no area. */
secant_status secant_mask_clean(secant_image *mask, int min_area, secant_err *err) SECANT_NODISCARD;
/* RGB of `im` with the mask over it; `above` is the row of the mask over the first one, NULL at the top. */
void secant_overlay_rows(const secant_predictor *p, const secant_image *im, const void *mask, const void *above, uint8_t *rgb);
#endif
