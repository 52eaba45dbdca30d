/* The options of pictures and labels, as every verb that reads a data set shows them. */
#include <secant/samples.h>

static const secant_opt normalize_rows[] = {
	SECANT_OPT(secant_normalize, normalize, STR, "normalize", "auto", 0, 0,
		"auto (what --encoder-weights are used to, else imagenet), imagenet, unit (x/255), symmetric (x/255 * 3.2 - "
		"1.6), data (mean and deviation of the training pictures), "
		"none, or MEAN/STD of x/255 such as 0.5,0.4,0.5/0.25"),
	SECANT_OPT(secant_normalize, white, STR, "white", "auto", 0, 0,
		"the number that is white in pictures of more than 8 bits: auto (by what they hold), 10000 (reflectances), "
		"4095, 1, ..., or by type u16=4095,f32=1; bytes end at 255"),
	SECANT_OPT_END,
};
const secant_opts secant_normalize_options = { "normalize", sizeof(secant_normalize), normalize_rows };

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(secant_data_options, normalize, &secant_normalize_options),
	SECANT_OPT(secant_data_options, labels, STR, "labels", "auto", 0, 0,
		"how labels are read: auto (binary for one class; else index, or colours of the class file), binary, index, "
		"palette, colours"),
	SECANT_OPT(secant_data_options, label_threshold, INT, "label-threshold", "128", 1, 65535,
		"labels of one class, and of a band a class: foreground from this value on"),
	SECANT_OPT(secant_data_options, ignore_index, INT, "ignore-index", "-1", -1, 65535,
		"label value left out of loss and metrics, -1 for none"),
	SECANT_OPT(secant_data_options, class_file, STR, "class-file", NULL, 0, 0,
		"file of the classes, a line each: NAME [R G B], and NAME [R G B] ignore for what is left out"),
	SECANT_OPT(secant_data_options, scale_labels, BOOL, "scale-labels", "false", 0, 0,
		"scale labels of another size than their picture to it, by nearest"),
	SECANT_OPT(secant_data_options, size, SIZE, "size", NULL, 1, 65536,
		"height and width of a training sample: 256, 256x512; without it whole pictures of one size"),
	SECANT_OPT(secant_data_options, resize, BOOL, "resize", "false", 0, 0,
		"scale pictures to the size instead of cropping them at random"),
	SECANT_OPT(secant_data_options, loader_threads, INT, "loader-threads", "0", 0, 256,
		"threads that prepare batches, 0 for one less than the processors"),
	SECANT_OPT(
		secant_data_options, cache_mb, INT, "cache-mb", "512", 0, 1048576, "memory for decoded pictures, in MiB"),
	SECANT_OPT(secant_data_options, validation_fraction, REAL, "validation-fraction", "0.2", 0, 0.9,
		"share of a data set without split folders that is held out for validation"),
	SECANT_OPT(secant_data_options, folds, INT, "folds", "0", 0, 1000,
		"divide a data set without split folders into so many folds; 0: by validation-fraction"),
	SECANT_OPT(secant_data_options, fold, STR, "fold", "0", 0, 0,
		"which fold is held out for validation, from 0; train: all trains one after the other"),
	SECANT_OPT(secant_data_options, tile, SIZE, "tile", NULL, 16, 65536,
		"cut pictures larger than this into samples of this size, on the fly"),
	SECANT_OPT(secant_data_options, from, STR, "from", NULL, 0, 0,
		"format of annotations (voc, coco, yolo, ...); found out where the folders hold no label pictures"),
	SECANT_OPT(
		secant_data_options, task, STR, "task", NULL, 0, 0, "coco: which annotation files: instances, panoptic, ..."),
	SECANT_OPT_CHOICE(secant_data_options, declared_size, "declared-size", "refuse", "refuse|scale|turn|ignore",
		"pictures of another size than their annotations say: scale objects with them, turn objects as EXIF turns the "
		"picture, or ignore what is said"),
	SECANT_OPT_CHOICE(secant_data_options, objects, "objects", "shapes", "shapes|boxes",
		"annotated objects become their polygons and masks (boxes where there are none), or filled boxes"),
	SECANT_OPT_CHOICE(secant_data_options, on_top, "on-top", "later", "later|smaller|class",
		"which annotated object covers another: the later one, the smaller one, the one of the later class"),
	SECANT_OPT_END,
};
const secant_opts secant_data_options_table = { "data", sizeof(secant_data_options), rows };
