/*
 * Data sets of point clouds: what lies on disk as a list of clouds, clouds as points with labels, samples and batches
 * of them.
 *
 * TO ADD A LAYOUT of a data set: a file NAME.c with `detect` and `find` (and `read`, where a cloud is more than one
 * file), whose last lines are its row, and CLOUDSET(NAME) in cloudsets.inc.
 */
#ifndef DATA_CLOUDS_CLOUDS_H
#define DATA_CLOUDS_CLOUDS_H
#include <stdatomic.h>
#include "prepare/points.h"
#include "data/loader.h"

typedef struct data_cloud_item {
	char *path, *labels; /* cloud; file with a label for each point, or NULL; owned */
	int entry; /* of a file with many clouds; else 0 */
	int category; /* -1: none */
} data_cloud_item;

/* What a layout finds. */
typedef struct data_cloud_list {
	data_cloud_item *v;
	int n, capacity;
	char **category; /* names, owned: the classes of a classification, the categories of parts */
	int categories, category_room;
	int *parts; /* of each category: how many classes its points have; NULL: one list of classes for all */
	char **class_name; /* of points; owned; NULL: by number */
	int classes; /* of points; 0: points have no labels */
	int first_label; /* the number of class 0 in the files */
	bool local; /* labels count from first_label in every category, not over all of them */
	char *columns; /* of text files; owned; NULL: detected */
	uint8_t *shared; /* contents that all items are part of; owned */
	size_t shared_size;
	int64_t *values; /* number in the files of each class; owned; NULL: first_label on */
	bool others; /* numbers that are none of them are left out */
	bool unlabelled; /* negative numbers are left out, unless `values` has them */
} data_cloud_list;

typedef struct data_clouds_request {
	const char *path, *split;
	const secant_cloud_options *options;
	const secant_data_options *data;
	uint64_t seed;
	bool classify; /* the category is the target: points need no labels */
	bool bare; /* just the list: nothing is read */
} data_clouds_request;

typedef struct data_clouds data_clouds;
typedef struct data_cloudset {
	const char *name, *brief;
	bool any; /* any folder may be it: what lies there says whether it is clouds */
	bool scans; /* its clouds are scans, with z upwards, not shapes */
	bool whole; /* what has a class is the cloud, not the point */
	bool (*detect)(const char *path);
	/* Fills *out (zeroed) with the clouds of request->split, in a fixed order. */
	secant_status (*find)(data_cloud_list *out, const data_clouds_request *r, secant_err *err);
	/* Reads a cloud; labels, if it knows them, to *labels (fresh memory, as numbers of the files). NULL: item->path is
	 * one cloud file. */
	secant_status (*read)(
		const data_clouds *s, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err);
	/* Is there such a split? NULL: a folder of that name. */
	bool (*has)(const char *path, const secant_cloud_options *o, const char *split);
} data_cloudset;
const data_cloudset *data_cloudset_at(int i); /* NULL after the last */
/* By name, or by what lies there; NULL and err with the names there are. */
const data_cloudset *data_cloudset_of(const char *path, const char *name, secant_err *err);

/* Whether what lies there is clouds beyond doubt: a layout of its own, or files of points that are no mere text and no
 * pictures beside them. *scans (nullable): they are scans, with z upwards, not shapes. *whole (nullable): what has a
 * class is the cloud, not the point. */
bool data_clouds_certain(const char *path, bool *scans, bool *whole);
/* Do pictures lie in a folder of a folder of `path`? Then texts there are their labels (images/train, labels/train),
 * and no clouds. */
bool data_clouds_pictured(const char *path);

/* ---- for layouts ---- */
void data_cloud_list_free(data_cloud_list *l);
/* Copies; category -1: none. */
secant_status data_cloud_list_add(data_cloud_list *l, const char *path, const char *labels, int entry, int category,
	secant_err *err) SECANT_NODISCARD;
/* Every cloud or mesh in a folder, hidden files left out. */
secant_status data_cloud_list_add_folder(
	data_cloud_list *l, const char *folder, int category, secant_err *err) SECANT_NODISCARD;
/* Index of a category, added where it is new (`add`), else -1 without an error; below -1: no memory, and err. */
int data_cloud_list_category(data_cloud_list *l, const char *name, bool add, secant_err *err);
/* Keeps `name` alone: other items go, its parts become the classes. NULL: nothing. An unknown name is an error that
 * lists the names. */
secant_status data_cloud_list_only(data_cloud_list *l, const char *name, secant_err *err) SECANT_NODISCARD;
/* The categories of the ShapeNet part benchmark in its order, and how many parts each has; 0 behind the last. */
int data_shapenet_parts(int i, const char **name);
/* Names "Airplane 1", ... for the parts of all categories. */
secant_status data_shapenet_name_parts(data_cloud_list *out, secant_err *err) SECANT_NODISCARD;
/* Names of the points' classes; copies. */
secant_status data_cloud_list_classes(
	data_cloud_list *l, const char *const *names, int n, secant_err *err) SECANT_NODISCARD;
/* The labels of an item's points, in fresh memory. */
typedef secant_status (*data_item_labels)(
	const data_cloud_item *it, const secant_cloud_options *o, double **v, int64_t *n, secant_err *err);
/* The classes of a plain list: --class-file or classes.txt, --label-values, else the numbers that occur. Negative ones
 * are of points that nobody labelled. */
secant_status data_cloud_list_settle(
	data_cloud_list *l, const data_clouds_request *r, data_item_labels labels, secant_err *err) SECANT_NODISCARD;
/* The folder of a split, by any of the names people give it; fresh memory, `split` itself where none is there. NULL: no
 * memory. */
char *data_split_folder(const char *path, const char *split);
/* Data sets of clouds that are not read: what it is and what makes one of it that is; NULL: none that is known. */
const char *data_clouds_foreign(const char *path);
/* Does a list of scenes name files of HDF5 (all_files.txt), so that nothing beside them is the set? */
bool data_clouds_are_hdf5(const char *path);
/* A text file with one whole number a line, at most `most` of them; *n of them in fresh memory. Errors name file and
 * line. */
secant_status data_label_file_read(int64_t **out, int64_t *n, const char *path, secant_err *err) SECANT_NODISCARD;
/* Lines of a text file without blanks around them, empty ones left out. */
typedef struct data_lines {
	char *text;
	char **v;
	int n, capacity;
} data_lines;
secant_status data_lines_read(data_lines *l, const char *path, secant_err *err) SECANT_NODISCARD;
void data_lines_free(data_lines *l);
/* The column that holds a cloud's labels: the one asked for, or by role. An error when there is none, or when two
 * columns could be it and their numbers differ (classes and objects, as Paris-Lille-3D has them). */
secant_status data_cloud_label_column(
	const secant_cloud *c, const char *asked, const char *path, int *column, secant_err *err);
/* "PATH:LINE" of a point (from 0) where the file is text, else "PATH: point N" (from 1). */
void data_cloud_where(const char *path, int64_t point, char *buffer, size_t size);

/* ---- samples ---- */

/* An opened list; immutable but for its cache; shared by loaders. */
struct data_clouds {
	data_cloud_list list;
	const data_cloudset *set;
	secant_cloud_options options; /* owned copy */
	prepare_features features;
	secant_cloud_reading reading;
	bool classify;
	int classes; /* of the target */
	int *first_part; /* class of part 0 of each category; NULL without parts */
	const prepare_points *_Atomic *cache;
	_Atomic size_t cache_room;
	_Atomic int64_t *nowhere; /* points without coordinates that were left out of each cloud, once it was read */
	int64_t *points; /* of each cloud; filled for scenes (block > 0), else NULL */
	int64_t total_points;
};

data_clouds *data_clouds_open(const data_clouds_request *r, secant_err *err);
void data_clouds_free(data_clouds *s);
bool data_clouds_has(const char *path, const secant_cloud_options *o, const char *split);
/* Names of the target's classes: categories, or points' classes; fresh memory in *names (n strings), 0 where there are
 * none. */
secant_status data_clouds_class_names(const data_clouds *s, char ***names, int *n, secant_err *err) SECANT_NODISCARD;
/* The points of item i: own memory in *p, or the cache's; *out is what to read. Thread-safe with a *p per thread
 * (zeroed; prepare_points_free). */
secant_status data_clouds_decode(
	const data_clouds *s, int i, prepare_points *p, const prepare_points **out, secant_err *err) SECANT_NODISCARD;
/* Says how many points without coordinates were left out of the clouds that were read so far. */
void data_clouds_say_nowhere(const data_clouds *s, const secant_logger *log);
/* One line more about an item, for messages: its path, with the entry where there are many. */
void data_clouds_name(const data_clouds *s, int i, char *buffer, size_t size);

/* Samples of an epoch: an item each, or, for scenes, a block each. */
int data_clouds_samples(const data_clouds *s);

typedef struct data_cloud_loader_options {
	int batch, threads;
	bool shuffle, drop_last, augment;
	bool category; /* one more channel: the number of the category, at every point */
	uint64_t seed;
} data_cloud_loader_options;
/* Batches of n x points x 1 x channels; target int32: class of each point (n x points x 1), or category (n x 1 x 1);
 * -1: ignored. height: points; sizes[2 i]: points that are not repeated. */
data_loader *data_cloud_loader_new(const data_clouds *s, const data_cloud_loader_options *o, secant_err *err);
#endif
