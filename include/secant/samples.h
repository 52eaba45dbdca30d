/*
 * Pictures and labels for training, evaluation and prediction, as options: where they lie, how labels are read, how
 * pictures become numbers.
 */
#ifndef SECANT_SAMPLES_H
#define SECANT_SAMPLES_H
#include <secant/options.h>
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a picture's numbers become the network's input; stored in every model. */
typedef struct secant_normalize {
	char *normalize; /* "imagenet", "unit", "symmetric", "none", or JSON/list of numbers: MEAN/STD of x/255
						"0.5,0.5,0.5/0.2,0.2,0.2" */
	char *white; /* of pictures with more than 8 bits, the number that is white: "auto" (found out), "10000", or by type
					"u16=10000,f32=1" */
} secant_normalize;

typedef struct secant_data_options {
	secant_normalize normalize;
	char *labels; /* auto, binary, index, palette, colours */
	int label_threshold; /* binary: foreground from here */
	int ignore_index; /* label value left out of loss and metrics; -1: none */
	char *class_file; /* names (and colours) of the classes, one a line "name [r g b]"; NULL: none */
	bool scale_labels; /* labels of another size than their picture are scaled to it by nearest, not refused */
	secant_ints size; /* H x W of a training sample; n = 0: whole pictures of one size */
	bool resize; /* scale to size instead of cropping at random */
	int loader_threads; /* 0: one less than the processors, at least 1 */
	int cache_mb; /* memory for decoded pictures */
	double validation_fraction; /* of DATA/{images,labels} without split folders */
	int folds; /* the same by folds; 0 or 1: by the fraction */
	char *fold; /* the one that is "val": "0" to folds - 1; of secant_train also "all" */
	secant_ints tile; /* pictures larger than this are cut into samples of this size; n = 0: not */
	char *from, *task; /* of annotations: the format (NULL: found out), and which of COCO's files */
	int declared_size; /* of annotations, where pictures are of another: refuse, scale, turn, ignore (0 to 3) */
	int objects; /* of annotations: shapes where there are, else boxes (0); always filled boxes (1) */
	int on_top; /* where objects overlap: the later (0), the smaller (1), that of the later class (2) */
} secant_data_options;

SECANT_API extern const secant_opts secant_normalize_options;
SECANT_API extern const secant_opts secant_data_options_table;

/* Augmented samples to look at before training: a sheet with a row for each picture, as it is and as the first epochs
 * will have it. */
typedef struct secant_augment_sheet {
	char *augment; /* a pipeline as in training; NULL: none is asked for */
	int pictures, views, side, seed, classes, in_channels;
	secant_ints size, tile;
	bool resize;
	char *labels, *class_file;
	int ignore_index;
} secant_augment_sheet;
SECANT_API extern const secant_opts secant_augment_sheet_options;
/* DATA as in training; split NULL: train. The sheet is the caller's (secant_image_free); zeroed on failure. */
SECANT_API secant_status secant_augment_sheet_draw(const char *data, const char *split, const secant_augment_sheet *o,
	secant_image *sheet, secant_err *err) SECANT_NODISCARD;

/* The layout of the data set of clouds at a path (a name of `secant list cloudsets`); NULL: there is none. */
SECANT_API const char *secant_clouds_layout(const char *path);

#ifdef __cplusplus
}
#endif
#endif
