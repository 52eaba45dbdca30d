/*
 * Prediction: one model, or several whose probabilities are averaged, on pictures of any size. Needs the library
 * `secant-deploy` only.
 *
 *     secant_predictor *p = secant_predictor_open(&path, 1, NULL, &err);
 *     secant_predictor_mask(p, &picture, &mask, &err);
 *     secant_predictor_close(p);
 *
 * A picture is padded by reflection at its right and lower edge, as in training, to what the network's strides need,
 * and the result cut back. Pictures beyond SECANT_PREDICT_WHOLE pixels, or where `tile` says so, go through the network
 * in tiles: all of one size and inside the picture, spread evenly with at least `overlap` common pixels (an eighth less
 * where that saves a row of tiles), blended with weights that fall linearly from a tile's middle to its edge (their sum
 * is 1 everywhere). Memory then depends on the picture's width, not on its height.
 *
 * A predictor is used by one thread at a time; several predictors may run at once. Clones of one share its models: the
 * weights stand in memory once. Where several threads predict at once, threads = 1 of each gives the most pictures a
 * second.
 */
#ifndef SECANT_PREDICT_H
#define SECANT_PREDICT_H
#include <secant/options.h>
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SECANT_PREDICT_WHOLE = 1536 * 1024 };

/* How to predict; all have defaults: secant_opts_init(&secant_predict_options, ...). */
typedef struct secant_predict {
	char *precision; /* auto, f32, bf16, f64 */
	int threads; /* 0: all processors */
	bool allow_reference; /* let operators without a fast implementation run slowly */
	secant_ints tile; /* H x W; n = 0: as needed; 0x0: never */
	int overlap; /* of neighbouring tiles, in pixels */
	secant_ints size; /* with resize: H x W that pictures are scaled to */
	bool resize;
	char *tta; /* views beside the picture itself: flip-h, flip-v, flips, rotate90, d4, scale(F), stretch(LO,HI); NULL:
				  none */
	int tta_merge; /* of views and models: 0 mean of probabilities, 1 vote */
	double threshold; /* of one class, and of classes that do not exclude each other; below 0: the model's, else 0.5 */
	int min_area; /* connected areas of fewer pixels become background */
	char *rule; /* where classes may be: "vegetation: ndvi(4,3) > 0.2; 2: band(1) < 90"; NULL: everywhere */
	int offset; /* added to the classes in masks */
	char *white; /* the number that is white in pictures of more than 8 bits, as secant_normalize.white; auto: as the
					model has it, else what a file holds decides; a picture in memory then ends at 65535, floats at 1 */
	bool training_operators; /* take models with operators that only training needs */
} secant_predict;
SECANT_API extern const secant_opts secant_predict_options;

typedef struct secant_predictor secant_predictor;

/* Opens `n` model files; `options` NULL: defaults; it is copied. Models of one predictor must agree in task, classes
 * and input channels. NULL and err on failure. */
SECANT_API secant_predictor *secant_predictor_open(
	const char *const *models, int n, const secant_predict *options, secant_err *err);
/* Another predictor on the same opened models, for another thread; it may outlive `p`. It takes a few kilobytes, and
 * while it predicts the memory of what goes through the network, not that of the weights. Thread-safe. NULL and err on
 * failure. */
SECANT_API secant_predictor *secant_predictor_clone(const secant_predictor *p, secant_err *err);
SECANT_API void secant_predictor_close(secant_predictor *p); /* NULL is fine */
/* From now on each pass through a network may take so many seconds, then it ends with SECANT_ERR_DEADLINE; 0: any. */
SECANT_API void secant_predictor_limit(secant_predictor *p, double seconds);
/* Ends the prediction that is going on, or else the next one, with SECANT_ERR_CANCELLED. From any thread. */
SECANT_API void secant_predictor_cancel(secant_predictor *p);
SECANT_API int secant_predictor_classes(const secant_predictor *p);
SECANT_API int secant_predictor_channels(
	const secant_predictor *p); /* of the pictures it wants; grey is repeated to 3, alpha dropped */
SECANT_API const char *secant_predictor_mode(
	const secant_predictor *p); /* "binary", "multiclass", "multilabel"; static */
SECANT_API const char *secant_predictor_precision(const secant_predictor *p); /* what "auto" became; static */
SECANT_API double secant_predictor_threshold(const secant_predictor *p); /* asked for, kept with the model, or 0.5 */
SECANT_API const char *secant_predictor_class_name(
	const secant_predictor *p, int i); /* NULL: the model has none; lives as long as p */
/* The colour overlays give class `i` (0 is the only class of a binary model). */
SECANT_API void secant_predictor_colour(const secant_predictor *p, int i, uint8_t rgb[3]);

/* Probabilities of a picture, float32, classes x H x W; *out must be zeroed or freed, and is the caller's
 * (secant_tensor_free). */
SECANT_API secant_status secant_predictor_probabilities(
	secant_predictor *p, const secant_image *im, secant_tensor *out, secant_err *err) SECANT_NODISCARD;
/* The mask of a picture: one channel, of the picture's size; binary: 0 or 255; otherwise the index of the most probable
 * class that the rules allow, u16 beyond 255 classes. Of classes that do not exclude each other, 255 (65535) where none
 * reaches the threshold, and where rules leave no class. With an offset, classes are index + offset, and of one class
 * background and foreground are offset and offset + 1. Pixels without data (a value for nodata, a mask, an alpha that
 * the network does not see) get a value that is neither a class nor the background and that the mask's georeference
 * declares: the picture's own where it is free, else 127 beside 0 and 255, else 255 (65535) or the next below.
 * secant_image_free. */
SECANT_API secant_status secant_predictor_mask(
	secant_predictor *p, const secant_image *im, secant_image *mask, secant_err *err) SECANT_NODISCARD;
/* The same into memory of the caller's, of a picture of the caller's: nothing is copied that need not be. out: classes
 * x H x W floats. mask: H rows, `pitch` bytes apart (0: contiguous), of the type that secant_predictor_mask_dtype says.
 */
SECANT_API secant_status secant_predictor_probabilities_into(
	secant_predictor *p, const secant_borrowed_image *im, float *out, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_predictor_mask_into(
	secant_predictor *p, const secant_borrowed_image *im, void *mask, int64_t pitch, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_dtype secant_predictor_mask_dtype(const secant_predictor *p); /* SECANT_U8 or SECANT_U16 */
/* The picture as RGB with the mask's classes in colour over it: half transparent, opaque along their borders;
 * background and what has no class stay clear. */
SECANT_API secant_status secant_predictor_overlay(const secant_predictor *p, const secant_image *im,
	const secant_image *mask, secant_image *out, secant_err *err) SECANT_NODISCARD;

/* ---- files to files ---- */

/* Where predictions of files go. */
typedef struct secant_predict_output {
	char *out; /* folder, made where missing; with one file as input and a picture's extension: the mask itself */
	bool overlay, probabilities; /* also STEM.overlay.png, STEM.probabilities.npy (float32, classes x H x W) */
	int probabilities_format; /* npy, or tif: a band a class, with the picture's georeference */
	bool legend; /* below the overlay: the classes' colours and names */
	bool vector; /* also STEM.geojson or STEM.gpkg: the areas of the mask as polygons */
	int vector_format; /* geojson, gpkg */
	double simplify; /* of the polygons: pixels by which they may leave the edges of pixels; 0 follows every one */
	int format; /* of masks in a folder: png, tif (keeps a georeference) */
	bool palette; /* masks of several classes are indexed, in the colours of their classes, where the format can */
	bool overwrite; /* files in the folder that were there before predict ever wrote into it may be replaced */
} secant_predict_output;
SECANT_API extern const secant_opts secant_predict_output_options;

typedef struct secant_predict_progress {
	const char *input; /* path of the picture */
	int picture, pictures; /* this one, counted from 0, of how many */
	int tile, tiles; /* done of this one; tile == tiles: it is written */
	const char *mask; /* path of its mask (of a cloud's result), once written; NULL before */
	const char *verdict; /* of a cloud with one class as a whole: "cup 0.98", once known; else NULL */
	const char *note; /* what of it is not kept in its results, a sentence; else NULL */
	const char *error; /* why this one of several could not be predicted: the others go on; else NULL */
} secant_predict_progress;

/* Predicts files, and the pictures of folders in byte order. Refused before anything is computed: two pictures of one
 * stem, an output that would replace one of the inputs. A picture that cannot be predicted is told through `progress`,
 * the others go on, and the error at the end says how many of how many; only results that cannot be written stop at
 * once. Nothing is half written. TIFF is read and written in pieces: memory stays flat. `progress` may be NULL; false
 * from it: CANCELLED. */
SECANT_API secant_status secant_predictor_files(secant_predictor *p, const char *const *inputs, int n,
	const secant_predict_output *output, bool (*progress)(void *user, const secant_predict_progress *now), void *user,
	secant_err *err) SECANT_NODISCARD;

/* ---- clouds ---- */

/* How clouds are predicted, beside the precision and threads of secant_predict;
 * secant_opts_init(&secant_predict_cloud_options, ...). */
typedef struct secant_predict_cloud {
	char *category; /* what the object is, for networks that are told */
	int votes; /* predictions averaged for each point */
	double block_overlap; /* of neighbouring blocks of a scene, as a share of their side */
	int pass_points; /* most points of a whole cloud that go through the network at once; 0: as in training, at least
						8192 */
	int batch; /* passes at once */
	char *cloud_format; /* extension of results in a folder; NULL: the input's where it can be written, else las */
	bool keep_colours; /* the cloud's own instead of a colour for each class */
	bool classification_dimension; /* LAS: the class also in an extra dimension named Classification */
	int mesh_points; /* points drawn by area on a mesh; 0: its vertices; -1: 10,000 for OFF, vertices for the others */
	int entry; /* IDX: which picture; -1: the only one */
} secant_predict_cloud;
SECANT_API extern const secant_opts secant_predict_cloud_options;

/* Is this a model file of a network for clouds? */
SECANT_API bool secant_predict_takes_clouds(const char *model);

/*
 * Predicts clouds file by file: every point gets one class (the number that stands for it in the files of training), a
 * confidence (its share of the probability) and a colour of the fixed palette, beside what the cloud has. LAS holds the
 * class in its class byte and keeps the old one as the extra dimension `label`; other formats get a column
 * `prediction`. `models` of the same classes are averaged. Points whose coordinates are no numbers get confidence 0.
 * Scenes go in blocks, whole clouds that are too large in random parts that cover them. An output is a file where `out`
 * has a cloud's extension and there is one input, else STEM.EXT in the folder `out`; with `out` NULL (whole clouds with
 * one class) nothing is written. Each file is written atomically. `progress` may be NULL; false from it: CANCELLED.
 */
SECANT_API secant_status secant_predict_clouds(const char *const *models, int n_models, const secant_predict *options,
	const secant_predict_cloud *how, const char *const *inputs, int n, const char *out,
	bool (*progress)(void *user, const secant_predict_progress *now), void *user, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
