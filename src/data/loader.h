/*
 * From folders to batches: lists of samples, decoding, labels, augmentation, batches prepared by threads ahead of the
 * step.
 *
 * A batch is a pure function of (list, options, seed, epoch, batch number): the number of threads changes nothing.
 */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H
#include <secant/samples.h>
#include <secant/tensor.h>
#include "prepare/normalize.h" /* prepare_normalize_parse, prepare_normalize_image */

typedef enum data_target_kind {
	DATA_TARGET_BINARY, /* float N x H x W x 1: 0, 1 (ignored pixels: -1) */
	DATA_TARGET_INDEX, /* int32 N x H x W: class, or the ignore index */
	DATA_TARGET_MULTILABEL, /* float N x H x W x C */
	DATA_TARGET_NONE /* pictures alone */
} data_target_kind;

typedef struct data_samples data_samples; /* an opened list of pictures with labels; immutable, shared by loaders */

typedef struct data_samples_request {
	const char *path,
		*split; /* DATA, "train"; a DATA without split folders is divided by validation_fraction and seed */
	const secant_data_options *options;
	int in_channels, classes;
	data_target_kind kind;
	uint64_t seed;
	char *const *class_names; /* of annotations: the order a model was trained in, NULL: the data set's own */
	int n_class_names;
} data_samples_request;

/* Opens and pairs DATA/SPLIT/{images,labels} (same stem, extensions may differ; also masks/ for labels/), reads headers
 * only. Errors name what is missing: folder, pair ("train/images/a.png has no label in train/labels"), sizes that
 * differ. Zero pictures is an error. Where there are no such folders, or options->from says so, DATA is a data set in
 * any annotation format (data/annotated.h). */
data_samples *data_samples_open(const data_samples_request *r, secant_err *err);
void data_samples_free(data_samples *s);
int data_samples_count(const data_samples *s);
int data_samples_channels(const data_samples *s); /* of the request */
const char *data_samples_image_path(const data_samples *s, int i);
void data_samples_size(const data_samples *s, int i, int *height, int *width);
/* Of a tile (secant_data_options.tile): how many of its first rows and columns tiles before it hold, too; else 0. */
void data_samples_covered(const data_samples *s, int i, int *top, int *left);
/* Does some picture or label declare a value for no data? Such pixels are left out like those of an ignore index:
 * targets -1, or that index. */
bool data_samples_have_voids(const data_samples *s);
/* The number that is white in pictures of more than 8 bits, for each type that is there ("u16=10000", 128 bytes),
 * "auto" where all are of bytes; and what was taken, where that is in doubt: a line or "" each, NULL behind the last.
 */
const char *data_samples_white(const data_samples *s, char *text);
const char *data_samples_white_note(const data_samples *s, int i);
/* What stands on further pages of pictures and labels and is not read; "": nothing. */
const char *data_samples_pages_note(const data_samples *s);
int data_samples_class_names(const data_samples *s, const char *const **names); /* 0 when there are none */
/* Colours of the classes: of a class file, else the palette of the first label where it tells them apart; how many: 0,
 * there are none. */
int data_samples_class_colours(const data_samples *s, const uint8_t (**colours)[3]);
/* The file of a sample's labels; NULL: annotations, or none. */
const char *data_samples_label_path(const data_samples *s, int i);
/* What the reader of annotations decided or left out, a line each; NULL behind the last. */
const char *data_samples_note(const data_samples *s, int i);
/* Were pictures and labels paired by the words in their names? Worth a line to whoever trains on them. */
bool data_samples_are_guessed(const data_samples *s);
/* Is there such a split: a folder, or a list of annotations (which are looked for where `o` is given)? */
bool data_samples_exists(const char *path, const char *split, const secant_data_options *o);

/* One whole sample, unaugmented, normalised: image float H x W x C, target by kind (NULL data for NONE). Caller frees
 * both. Thread-safe. */
secant_status data_sample_load(
	const data_samples *s, int i, secant_tensor *image, secant_tensor *target, secant_err *err) SECANT_NODISCARD;

/* Mean and deviation of each channel over all pictures, in units of x/255. Every sample is read once. */
secant_status data_samples_moments(
	const data_samples *s, int threads, double *mean, double *deviation, secant_err *err) SECANT_NODISCARD;
/* How often each sample should be seen so that rare classes are: the number of samples over the number of those that
 * have its rarest class. */
secant_status data_samples_rarity(
	const data_samples *s, int threads, double *weights, secant_err *err) SECANT_NODISCARD;

/* A step of an augmentation pipeline: one file each in src/data/augment (AUGMENT(name) in augment/augments.inc). */
typedef struct data_augmentation data_augmentation; /* a parsed pipeline; immutable */
/* "flip-h,flip-v,rotate90" or a JSON list [{"name": "hue-saturation-value", "p": 0.5, ...}]; NULL or "none": nothing.
 */
data_augmentation *data_augmentation_parse(const char *text, secant_err *err);
void data_augmentation_free(data_augmentation *a);

typedef struct data_loader_options {
	int batch;
	bool shuffle, drop_last; /* drop_last: an incomplete last batch is left out */
	secant_ints size; /* n = 2: every sample is cropped at random (or scaled, with `resize`) to it; n = 0: whole
						 pictures, batch 1 unless all sizes are equal */
	const double *weights; /* with shuffle: samples are drawn with these weights, some several times, some not at all;
							  copied; NULL: each once */
	bool resize;
	bool center; /* crop in the middle instead of at random */
	const data_augmentation *augmentation; /* nullable */
	uint64_t seed;
	int threads;
	int multiple, least; /* whole pictures are padded below and right (reflect picture, ignore label) to this multiple
							and at least to this; 0 and 1: not */
} data_loader_options;

typedef struct data_batch {
	int n, height, width;
	float *input; /* n x height x width x channels, normalised */
	void *target; /* by kind; NULL without */
	const int *sample; /* index of each sample in the list */
	const int *sizes; /* 2 a sample: height and width before padding */
} data_batch;

typedef struct data_loader data_loader;
data_loader *data_loader_new(const data_samples *s, const data_loader_options *o, secant_err *err);
void data_loader_free(data_loader *l);
int data_loader_batches(const data_loader *l);
/* Starts an epoch at batch `first` (0, or where a resumed run continues). Drops what was under way. */
secant_status data_loader_start(data_loader *l, uint32_t epoch, int first, secant_err *err) SECANT_NODISCARD;
/* The next batch, valid until the next call; *end is set after the last. Errors name the file. */
secant_status data_loader_next(data_loader *l, data_batch *b, bool *end, secant_err *err) SECANT_NODISCARD;

#endif
