/*
 * Annotated data sets: open in any known format, look at, check, count, split, change, and write in any other.
 *
 * Boxes are half-open, continuous and 0-based: [x0, x1) x [y0, y1), so that width is x1 - x0. Pictures without objects
 * are kept everywhere. What a target format cannot hold is counted in the report of the writing, never dropped in
 * silence.
 *
 * A data set is not thread-safe while it is changed; any number of threads may read one that nobody changes. Text
 * returned is UTF-8 and belongs to the data set unless said otherwise.
 *
 * To add a format: copy src/annotations/csv.c, and add one line to src/annotations/annotations.inc.
 */
#ifndef SECANT_ANNOTATIONS_H
#define SECANT_ANNOTATIONS_H
#include <secant/options.h>
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_dataset secant_dataset;

/* Called now and then during long work; returning true ends it with SECANT_ERR_CANCELLED and leaves nothing behind. */
typedef struct secant_watch {
	secant_logger logger;
	bool (*stop)(void *user);
	void *user;
} secant_watch;

/* ---- opening
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_reading {
	char *from; /* format; NULL: found out */
	char *images; /* folder of the pictures, when they do not lie where the format has them */
	char *classes; /* file of class names, one a line */
	char *task; /* coco: which annotation files, "instances", "panoptic", ... */
	int voc_origin; /* index into SECANT_VOC_ORIGINS */
	bool masks; /* decode mask files into objects (default); off: pictures and classes only */
	bool probe; /* read picture headers where sizes are not declared (default) */
	bool scale_masks; /* masks of another size than their picture are scaled by nearest; else they are errors */
	int declared_size; /* pictures of another size than declared: 0 refuse, 1 scale, 2 turn (EXIF), 3 ignore */
	int run_order; /* run lengths of CSV: 0 by evidence, 1 down columns, 2 along rows */
	bool parts; /* parts of objects (full ADE20K) are objects, too */
	int links; /* 0, follow: pictures to which links lead out of the set are noted; 1, refuse: they are errors */
} secant_dataset_reading;
#define SECANT_VOC_ORIGINS "auto|0-exclusive|1-inclusive|0-inclusive|1-all-minus-one"
SECANT_API extern const secant_opts secant_dataset_reading_options;

/* Opens a folder, an annotation file, or a list (VOC/ImageSets/Main/train.txt: that split only). `options` NULL:
 * defaults. NULL and err on failure; freed with secant_dataset_free. */
SECANT_API secant_dataset *secant_dataset_open(
	const char *path, const secant_dataset_reading *options, const secant_watch *watch, secant_err *err);
SECANT_API void secant_dataset_free(secant_dataset *d);
/* Name of the format that `path` is in, NULL and err when none or several fit. `why` (nullable) receives a static
 * reason. */
SECANT_API const char *secant_dataset_detect(const char *path, const char **why, secant_err *err);
/* The formats: name, one line, what they can ("reads", "writes"); false after the last. */
/* The page of all formats in Markdown: what each keeps, and what is counted as lost. secant_free; NULL: no memory. */
SECANT_API char *secant_dataset_formats_page(void);
SECANT_API bool secant_dataset_format(int i, const char **name, const char **brief, bool *reads, bool *writes);

/* ---- looking at it
 * -------------------------------------------------------------------------------------------------------------- */

SECANT_API const char *secant_dataset_format_name(const secant_dataset *d); /* it was opened in */
SECANT_API int secant_dataset_count(const secant_dataset *d); /* pictures */
SECANT_API int secant_dataset_object_count(const secant_dataset *d); /* in all pictures */
SECANT_API size_t secant_dataset_bytes(const secant_dataset *d); /* memory taken */
SECANT_API int secant_dataset_classes(const secant_dataset *d);
SECANT_API const char *secant_dataset_class_name(const secant_dataset *d, int i);
SECANT_API int64_t secant_dataset_class_id(
	const secant_dataset *d, int i); /* the number in the file; i when it had none */
SECANT_API int secant_dataset_splits(const secant_dataset *d);
SECANT_API const char *secant_dataset_split_name(const secant_dataset *d, int i);
SECANT_API int secant_dataset_notes(const secant_dataset *d); /* what the reader decided or left aside */
SECANT_API const char *secant_dataset_note(const secant_dataset *d, int i);
/* Keeps only the pictures of a split; unknown: error that names those there are. */
SECANT_API secant_status secant_dataset_select(secant_dataset *d, const char *split, secant_err *err) SECANT_NODISCARD;

typedef struct secant_dataset_item {
	const char *name; /* in the data set */
	const char *path; /* on disk, "" when it is not there */
	int width, height, depth; /* declared, or from the header; 0 unknown */
	int64_t id; /* the file's number, or the index */
	int first, objects; /* its objects are 0 .. objects - 1 */
	uint64_t splits; /* bit i: belongs to split i */
} secant_dataset_item;

typedef struct secant_annotation {
	double box[4]; /* x0, y0, x1, y1, half-open pixels */
	double area; /* the file's, else of the shape, else of the box */
	int label; /* class index, -1 none */
	const char *class_name; /* "" none */
	int64_t id; /* the file's number, or the place in the data set */
	bool crowd; /* COCO's iscrowd, or VOC's difficult: not to be judged */
	bool difficult, has_box, has_shape;
} secant_annotation;

/* Index from 0; false (and *p zeroed) outside. Neither touches the picture file. */
SECANT_API bool secant_dataset_picture(const secant_dataset *d, int i, secant_dataset_item *p);
SECANT_API bool secant_dataset_object(const secant_dataset *d, int picture, int k, secant_annotation *o);
SECANT_API int secant_dataset_find(
	const secant_dataset *d, const char *name); /* index of a picture by name or stem, -1 */

/* A sample as detection training wants it. Arrays have n elements (n may be 0: a picture without objects) and belong to
 * the sample. */
typedef struct secant_annotated_sample {
	secant_image image; /* the picture, u8, as secant_image_read gives it */
	int n;
	double (*boxes)[4];
	int *labels;
	double *areas;
	bool *crowd;
	int64_t id;
} secant_annotated_sample;
SECANT_API secant_status secant_dataset_sample(
	const secant_dataset *d, int i, secant_annotated_sample *s, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_annotated_sample_free(secant_annotated_sample *s);

/* Class mask of a picture: u8, one channel, `background` where nothing is, class index + `first` inside objects
 * (polygons and masks where they exist and `boxes` is false, else boxes), 255 for void. Later objects lie on top. More
 * than 254 values: u16, void 65535. */
SECANT_API secant_status secant_dataset_mask(const secant_dataset *d, int i, bool boxes, int background, int first,
	secant_image *mask, secant_err *err) SECANT_NODISCARD;

/* ---- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_writing {
	char *to; /* format; NULL: the one it was read in */
	char *out; /* the folder to make; must not exist */
	int names; /* auto, keep, number */
	int link; /* copy, hardlink, symlink, reflink */
	bool pictures; /* write the pictures too (default) */
	bool dry_run; /* only say what would be written */
	int voc_origin; /* numbers written; auto: as they were read, else as they are */
	char *folder; /* voc: text of <folder>; NULL: the output folder's name */
	bool recipe; /* voc: <folder> VOC2012 and <depth> 3, as the well-known script for NWPU VHR-10 writes them */
	double train_ratio; /* share of the list train, the rest is val; -1: 0.8 for nwpu, lists as they are otherwise */
	int seed;
} secant_dataset_writing;
SECANT_API extern const secant_opts secant_dataset_writing_options;

/* Writes a new folder, all or nothing: files are made in a folder beside it that takes the name at the end. The same
 * data set and options give the same bytes. *report (nullable) receives a JSON object as text: pictures, objects,
 * files, lost, notes, and with dry_run the list of files; freed by the caller with secant_free. */
SECANT_API secant_status secant_dataset_write(secant_dataset *d, const secant_dataset_writing *options,
	const secant_watch *watch, char **report, secant_err *err) SECANT_NODISCARD;

/* ---- checking
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_checking {
	bool deep; /* decode every picture: unreadable data, equal and near-equal pictures */
	int format; /* text, json, sarif, html */
	int limit; /* findings shown of each rule in text; all in the others */
	int few; /* class-few below so many objects */
	double imbalance; /* class-imbalance above this ratio */
	double tiny; /* box-tiny below this side, pixels */
	double outlier; /* box-outlier beyond so many deviations of log side */
	int near; /* near-duplicate-image up to this distance of 64-bit hashes */
	char *profile; /* count-profile: nwpu-text, nwpu-paper, nwpu-coco */
	secant_strings ignore; /* rules not to report */
} secant_dataset_checking;
SECANT_API extern const secant_opts secant_dataset_checking_options;

typedef enum secant_finding_level {
	SECANT_FINDING_INFO,
	SECANT_FINDING_WARNING,
	SECANT_FINDING_ERROR
} secant_finding_level;
typedef struct secant_check secant_check;
typedef struct secant_finding {
	const char *rule; /* stable id */
	secant_finding_level level;
	const char *file; /* "" when it concerns the whole set */
	int line, column; /* 0 unknown */
	const char *message;
} secant_finding;

/* Reads a data set as far as it can be read and applies every rule. Fails only where nothing can be checked (no such
 * folder, unknown format). Freed with secant_check_free. */
SECANT_API secant_check *secant_dataset_check(const char *path, const secant_dataset_reading *reading,
	const secant_dataset_checking *options, const secant_watch *watch, secant_err *err);
SECANT_API void secant_check_free(secant_check *c);
SECANT_API int secant_check_count(const secant_check *c, secant_finding_level level);
SECANT_API int secant_check_findings(const secant_check *c);
SECANT_API bool secant_check_finding(const secant_check *c, int i, secant_finding *f);
/* The report in options->format; freed by the caller with secant_free. NULL: no memory. */
SECANT_API char *secant_check_report(const secant_check *c, const secant_dataset_checking *options);
/* The data set as it was read, with what has one right answer put right: boxes clipped, exact duplicates removed, sizes
 * from headers. Borrowed from the check. *fixed receives the number of changes. */
SECANT_API secant_dataset *secant_check_fix(secant_check *c, int *fixed, secant_err *err);
/* The rules: id, level, one line; false after the last. */
SECANT_API bool secant_check_rule(int i, const char **id, secant_finding_level *level, const char **brief);

/* ---- counting
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_counting {
	int format; /* text, json, html */
	bool colours; /* decode the pictures for mean and deviation of their colours */
	bool pixels; /* count pixels of classes from shapes and masks */
	int thumbnails; /* in html */
	char *white; /* of colours, in pictures of more than 8 bits: as secant_normalize.white in samples.h */
} secant_dataset_counting;
SECANT_API extern const secant_opts secant_dataset_counting_options;
/* A report as text; freed by the caller with secant_free. NULL and err on failure. */
SECANT_API char *secant_dataset_stats(
	const secant_dataset *d, const secant_dataset_counting *options, const secant_watch *watch, secant_err *err);

/* ---- changing
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_splitting {
	int method; /* random, stratified, group, folds */
	secant_reals ratios; /* of train, val, test: 0.8,0.2 */
	secant_strings names; /* of the lists */
	int folds;
	int group; /* prefix, folder, regex, block */
	char *pattern; /* of the regular expression: the first bracket is the group */
	int prefix; /* characters of the prefix */
	int block; /* names end in _X_Y: squares of so many units belong together */
	bool stratify; /* folds: stratified */
	int seed;
} secant_dataset_splitting;
SECANT_API extern const secant_opts secant_dataset_splitting_options;
/* Replaces the lists of a data set. Byte order of names, Philox4x32-10, Fisher-Yates: the same on every machine. */
SECANT_API secant_status secant_dataset_split(
	secant_dataset *d, const secant_dataset_splitting *options, secant_err *err) SECANT_NODISCARD;
/* Equal pictures (bytes) in two lists, as text lines; NULL when there are none or on failure (err tells). */
SECANT_API char *secant_dataset_leaks(const secant_dataset *d, int *n, secant_err *err);
/* Puts "PREFIX_" before the file name of every picture (sub/a.jpg becomes sub/PREFIX_a.jpg), so that sets with equal
 * names can be merged. A prefix that is no part of a file name: error. */
SECANT_API secant_status secant_dataset_prefix(secant_dataset *d, const char *prefix, secant_err *err) SECANT_NODISCARD;
/* Adds the pictures, classes and objects of another set. Classes are joined by name. Equal picture names: error naming
 * both. */
SECANT_API secant_status secant_dataset_merge(
	secant_dataset *d, const secant_dataset *other, secant_err *err) SECANT_NODISCARD;
/* Keeps objects for which the expression is true: class = ship and area > 400. `empty` false: pictures that lose all
 * objects go too. Fields: class width height area x0 y0 x1 y1 aspect crowd difficult split name image_width
 * image_height objects, and attributes as attr.NAME; operators = != < <= > >= ~ (pattern with *) and or not ( ) in (a,
 * b). An expression about picture fields only (split, name, image_width, image_height, objects) keeps pictures. */
SECANT_API secant_status secant_dataset_filter(
	secant_dataset *d, const char *expression, bool empty, secant_err *err) SECANT_NODISCARD;
/* Renames, joins and drops classes by a mapping file: lines "old = new", "old =" drops, "*" for all others; # comments.
 */
SECANT_API secant_status secant_dataset_remap(
	secant_dataset *d, const char *mapping_file, secant_err *err) SECANT_NODISCARD;
/* Keeps `n` pictures (n >= 1) or that share of them (below 1). */
SECANT_API secant_status secant_dataset_sample_down(
	secant_dataset *d, double n, int seed, secant_err *err) SECANT_NODISCARD;
/* Boxes or polygons become masks; masks become polygons and boxes. Every object has then the wanted kind of shape. */
SECANT_API secant_status secant_dataset_to_masks(secant_dataset *d, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_dataset_to_polygons(
	secant_dataset *d, double tolerance, secant_err *err) SECANT_NODISCARD;

/* ---- tiles
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_tiling {
	secant_ints size; /* HxW */
	int overlap; /* pixels */
	double keep; /* objects with less than this share of their area in a tile are dropped from it (and counted) */
	bool empty; /* write tiles without objects too (default) */
	char *extension; /* of tiles; NULL: tif for TIFF, png otherwise */
} secant_dataset_tiling;
SECANT_API extern const secant_opts secant_dataset_tiling_options;
/* Cuts every picture into tiles with their boxes, polygons and masks and writes a new data set. The last tile of a row
 * is moved back inside. Names are STEM_Y_X.ext; tiles.json tells untile what to put together. GeoTIFF tiles keep their
 * place on earth. */
SECANT_API secant_status secant_dataset_tile(secant_dataset *d, const secant_dataset_tiling *tiling,
	const secant_dataset_writing *writing, const secant_watch *watch, char **report, secant_err *err) SECANT_NODISCARD;
/* Puts tiles together again into a new folder: pictures, and annotations with objects cut by tile borders joined where
 * they touch. */
SECANT_API secant_status secant_dataset_untile(const char *path, const secant_dataset_reading *reading,
	const secant_dataset_writing *writing, const secant_watch *watch, char **report, secant_err *err) SECANT_NODISCARD;

/* ---- drawing
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct secant_dataset_drawing {
	bool boxes, shapes, labels, legend;
	double opacity; /* of filled shapes */
	int columns, cell; /* of a contact sheet; cell in pixels */
	int count, seed; /* pictures on a contact sheet, drawn by chance from the set */
	double line; /* width in pixels; 0: by the size of the picture */
	char *white; /* of pictures of more than 8 bits: a number, or one by type; NULL or "auto": by what they hold */
} secant_dataset_drawing;
SECANT_API extern const secant_opts secant_dataset_drawing_options;
/* One picture with its objects, as RGB u8. */
SECANT_API secant_status secant_dataset_draw(const secant_dataset *d, int i, const secant_dataset_drawing *options,
	secant_image *im, secant_err *err) SECANT_NODISCARD;
/* A contact sheet. */
SECANT_API secant_status secant_dataset_sheet(const secant_dataset *d, const secant_dataset_drawing *options,
	const secant_watch *watch, secant_image *im, secant_err *err) SECANT_NODISCARD;

/* ---- judging results
 * ------------------------------------------------------------------------------------------------------------ */

typedef struct secant_dataset_judging {
	int metric; /* coco, voc07, voc10 */
	int kind; /* bbox, segm */
	double iou; /* voc: overlap above this matches */
	bool voc_plus_one; /* voc: widths count both border pixels */
	bool compat_id0; /* coco: a match with id 0 counts as none, as in pycocotools (default) */
	char *curves; /* file for the picture of the precision-recall curves */
	int format; /* text, json */
} secant_dataset_judging;
SECANT_API extern const secant_opts secant_dataset_judging_options;

/* Evaluates a result file (COCO JSON list, or a folder of VOC comp4_det_test_CLASS.txt) against the set. numbers[12]
 * (nullable): the COCO numbers AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl; for voc numbers[0] is
 * the mean AP. *report (nullable) is freed by the caller. */
SECANT_API secant_status secant_dataset_eval(const secant_dataset *d, const char *results,
	const secant_dataset_judging *options, double numbers[12], char **report, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
