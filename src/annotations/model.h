/*
 * The one internal model of annotated data sets: what every format is read into and written from.
 *
 * A box is half-open, continuous and 0-based, [x0, x1) x [y0, y1). The numbers are kept as the file has them: a format
 * that stores width and height (COCO) sets ANN_XYWH and the last two numbers are those, so that reading and writing
 * again restores every digit. Compact: an object takes 76 bytes with its place in the index, a picture 84, shapes
 * (polygons, masks) are runs of doubles in one pool, attributes are pairs of interned strings. Text (names, attribute
 * values) lives once in one pool; 0 is the empty string.
 *
 * Attributes carry what the model does not name. The key tells the home: "voc.pose", "coco.keypoints", "kitti.alpha"
 * are written natively by their own format; every other format that can hold named values carries them under the same
 * key, and formats that cannot count them as lost. The value is JSON text.
 */
#ifndef ANN_MODEL_H
#define ANN_MODEL_H
#include <math.h>
#include <string.h>
#include <secant/annotations.h>
#include "base/mem.h"

typedef uint32_t ann_text; /* offset into the text pool */
enum { ANN_SPLITS = 64, ANN_NO_CLASS = -1 };
#define ANN_NO_ID INT64_MIN
#define ANN_NO_IMAGE INT32_MIN

enum {
	ANN_XYWH = 1, /* box[2], box[3] are width and height */
	ANN_CROWD = 2,
	ANN_DIFFICULT = 4,
	ANN_NO_BOX = 8, /* an image-level label: no box at all */
	ANN_BOX_DERIVED = 16, /* the file has a shape only; the box was computed from it */
	ANN_GONE = 32, /* removed by an edit; compacted by ann_compact */
	ANN_VOID = 64, /* "do not judge": void pixels, DontCare rows */
	ANN_UNREADABLE = 128, /* a picture whose header cannot be read; a finding says so */
	ANN_UNREADABLE_MASK = 256, /* the same of its mask */
	ANN_NO_DATA = 512 /* void, since the file says that there is no data */
};

typedef struct ann_object {
	double box[4];
	double area; /* as in the file; NaN when the file has none */
	int64_t id; /* as in the file, or ANN_NO_ID */
	int32_t image, class; /* class ANN_NO_CLASS: none */
	uint32_t shape; /* place in the shape pool, 0 for none */
	uint32_t attributes; /* first attribute, 0 for none */
	uint32_t line; /* in the file it came from, 0 unknown */
	uint32_t flags;
} ann_object;

typedef struct ann_image {
	ann_text name; /* the picture's name in the data set: relative path with extension, "/" between parts */
	ann_text path; /* where it lies, 0 when it was not found */
	ann_text source; /* the annotation file it came from */
	ann_text mask; /* its mask file, 0 for none */
	ann_text inside; /* the annotation file that holds the picture itself, 0 for none */
	int64_t id;
	int32_t width, height, depth; /* as declared, or read from the header; 0 unknown */
	int32_t number; /* its number under --names number */
	uint64_t splits; /* bit set over set->splits */
	uint32_t attributes, line, flags;
	int32_t real_width, real_height, real_depth; /* from the header, 0 not probed */
	int32_t orientation; /* EXIF, 0 unknown */
} ann_image;

typedef struct ann_class {
	ann_text name, written; /* written: as the files being written have it, 0 as it is */
	int64_t id; /* its number in the file, or ANN_NO_ID */
	uint32_t attributes;
	int32_t colour; /* 0xRRGGBB, -1 none */
	int32_t place; /* in a list of classes that a file declares, from 1; 0 none */
	bool is_void, is_background; /* of masks: not to be judged; what fills the rest */
} ann_class;

typedef struct ann_attribute {
	ann_text key, value;
	uint32_t next;
} ann_attribute;

/* Shapes. A pool record is kind, then for ANN_POLYGONS: parts, and for each part n and n pairs; for ANN_RLE: height,
 * width, place of the compressed string in the text pool, uncompressed (1 when the file had a list of numbers); for
 * ANN_QUAD: 4 pairs. */
typedef enum ann_kind { ANN_POLYGONS = 1, ANN_RLE = 2, ANN_QUAD = 3, ANN_LINE = 4, ANN_POINTS = 5 } ann_kind;

typedef struct ann_table {
	uint64_t *key;
	uint32_t *value;
	size_t capacity, n;
} ann_table; /* open addressing, key 0 = empty */

/* What a reader left out since the model has no place for it, by its name: "2 skeleton, 1 cuboid". */
typedef struct ann_tally {
	char name[12][40]; /* kinds beyond those are "other" */
	int count[12], n;
} ann_tally;

typedef struct ann_set {
	char *text;
	size_t text_n, text_capacity;
	ann_table interned;
	ann_image *images;
	int n_images, images_capacity;
	ann_object *objects;
	int n_objects, objects_capacity;
	ann_class *classes;
	int n_classes, classes_capacity;
	int listed; /* classes that have a place in a list */
	ann_attribute *attributes;
	int n_attributes, attributes_capacity;
	double *shapes;
	size_t n_shapes, shapes_capacity;
	ann_text splits[ANN_SPLITS];
	int n_splits;
	ann_table image_names, class_names;
	uint32_t *order, *first; /* objects by picture: order[first[i] .. first[i + 1]) ; made by ann_index */
	uint32_t attributes_head; /* of the set itself */
	ann_text root, format; /* where it was read from, and in which format */
	int voc_origin; /* reading of VOC numbers, -1 not from VOC */
	uint32_t flags; /* 1: the class list is closed; others are the reader's own */
	bool collect; /* findings are collected, not errors (check) */
	int shortened; /* names of pictures that led elsewhere and were found by the end of their path */
	ann_text shortened_first;
	int foreign; /* texts that are no UTF-8 and do not say what they are */
	ann_text foreign_first;
	struct ann_findings *findings;
	ann_text *notes;
	int n_notes, notes_capacity; /* what a reader left out or decided, for the report */
	ann_tally left;
	char *extra_name, *extra; /* a file of its own that goes with the set when written (tiles.json); owned */
	secant_err memory; /* sticky: an allocation failed */
} ann_set;

void ann_init(ann_set *s);
void ann_free(ann_set *s);

/* Text. ann_intern finds equal text again; ann_text stores without looking (long, unique). 0 on "" and on
 * NOMEM (sticky). */
ann_text ann_intern(ann_set *s, const char *p, size_t n);
ann_text ann_store(ann_set *s, const char *p, size_t n);
extern const char *const ann_empty;
static inline const char *
ann_str(const ann_set *s, ann_text t)
{
	return s->text ? s->text + t : ann_empty;
}

/* Adding; the indices are stable until ann_compact. Negative: no memory. */
int ann_add_image(ann_set *s, const char *name, size_t n);
int ann_find_image(const ann_set *s, const char *name, size_t n); /* -1: none */
int ann_class_named(ann_set *s, const char *name, size_t n); /* finds or adds */
/* The same of a class that a file lists: its place among those keeps its number where the others take the order of
 * their names. */
int ann_class_listed(ann_set *s, const char *name, size_t n);
int ann_find_class(const ann_set *s, const char *name, size_t n);
int ann_add_class(ann_set *s, const char *name, size_t n, int64_t id); /* always adds */
ann_object *ann_add_object(ann_set *s, int image, int class); /* box zero, area NaN; NULL: no memory */
int ann_split(ann_set *s, const char *name, size_t n); /* finds or adds; -1 beyond 64 */
uint32_t ann_add_attribute(
	ann_set *s, uint32_t *head, const char *key, const char *value, size_t n); /* appends; value is JSON text */
uint32_t ann_attribute_text(
	ann_set *s, uint32_t *head, const char *key, const char *plain, size_t n); /* value as JSON string */
const char *ann_get(const ann_set *s, uint32_t head, const char *key); /* JSON text, NULL when absent */
/* Counts something that was left out under its name; all of it is one note at the end. */
void ann_leave(ann_set *s, const char *name);
void ann_note(ann_set *s, const char *fmt, ...) SECANT_PRINTF(2, 3);

/* Shapes. Coordinates are x, y pairs. Return the place, 0 on NOMEM. */
uint32_t ann_polygon_begin(ann_set *s, int parts);
void ann_polygon_part(ann_set *s, const double *xy, int n); /* n pairs, right after begin or the last part */
uint32_t ann_polygon(ann_set *s, const double *xy, int n); /* one part */
uint32_t ann_points(ann_set *s, ann_kind kind, const double *xy, int n); /* ANN_QUAD (n = 4), ANN_LINE, ANN_POINTS */
/* The same of runs that were written into a text, compressed; a text that lost something is no memory of the set. */
uint32_t ann_rle_text(ann_set *s, int height, int width, const base_str *t);
uint32_t ann_store_rle(ann_set *s, int height, int width, const char *counts, size_t n, bool uncompressed);
static inline ann_kind
ann_shape_kind(const ann_set *s, uint32_t shape)
{
	return shape ? (ann_kind)s->shapes[shape] : 0;
}
/* Parts of polygons, quads, lines, points alike: for (p = ann_parts(s, shape, &n); n; n--) p = ann_part(p, &xy, &m) */
const double *ann_parts(const ann_set *s, uint32_t shape, int *parts);
const double *ann_part(const double *p, const double **xy, int *n);
static inline const char *
ann_rle_counts(const ann_set *s, uint32_t shape)
{
	return ann_str(s, (ann_text)s->shapes[shape + 3]);
}
/* Extent of a shape; false when it has no points. */
bool ann_extent(const ann_set *s, uint32_t shape, double box[4]);
double ann_shape_area(const ann_set *s, uint32_t shape); /* shoelace, or pixels of a mask */

/* Numbers: sums of decimals give decimals (0.1 + 0.2 is 0.3), up to 6 places. */
double ann_tidy(double v);
static inline double
ann_x0(const ann_object *o)
{
	return o->box[0];
}
static inline double
ann_y0(const ann_object *o)
{
	return o->box[1];
}
static inline double
ann_x1(const ann_object *o)
{
	return o->flags & ANN_XYWH ? ann_tidy(o->box[0] + o->box[2]) : o->box[2];
}
static inline double
ann_y1(const ann_object *o)
{
	return o->flags & ANN_XYWH ? ann_tidy(o->box[1] + o->box[3]) : o->box[3];
}
static inline double
ann_w(const ann_object *o)
{
	return o->flags & ANN_XYWH ? o->box[2] : ann_tidy(o->box[2] - o->box[0]);
}
static inline double
ann_h(const ann_object *o)
{
	return o->flags & ANN_XYWH ? o->box[3] : ann_tidy(o->box[3] - o->box[1]);
}
static inline void
ann_corners(ann_object *o, double x0, double y0, double x1, double y1)
{
	o->box[0] = x0;
	o->box[1] = y0;
	o->box[2] = x1;
	o->box[3] = y1;
	o->flags &= ~(uint32_t)ANN_XYWH;
}
/* The area: the file's, or that of the shape, or of the box. */
double ann_area(const ann_set *s, const ann_object *o);

/* Makes order and first; to be called when all objects are in. */
secant_status ann_index(ann_set *s, secant_err *err) SECANT_NODISCARD;
/* Removes objects flagged ANN_GONE and pictures flagged ANN_GONE with their objects, and makes the index. */
secant_status ann_compact(ann_set *s, secant_err *err) SECANT_NODISCARD;
/* Puts class order[i] at place i; objects follow. */
secant_status ann_reorder_classes(ann_set *s, const int *order, secant_err *err) SECANT_NODISCARD;
/* Keeps the first n classes; no object may be of another. */
secant_status ann_cut_classes(ann_set *s, int n, secant_err *err) SECANT_NODISCARD;
/* NOMEM as an error if an allocation failed since the start. */
secant_status ann_sound(const ann_set *s, secant_err *err) SECANT_NODISCARD;
/* Copies of strings, shapes and attributes from one set into another. */
uint32_t ann_copy_attributes(ann_set *to, const ann_set *from, uint32_t head);
uint32_t ann_copy_shape(ann_set *to, const ann_set *from, uint32_t shape);
/* One polygon of all parts of the polygons of n objects. 0 on NOMEM. */
uint32_t ann_join_shapes(ann_set *s, const ann_object *o, int n);

/* Tables from 64-bit keys to indices; keys of value 0 are allowed. */
bool ann_table_put(ann_table *t, uint64_t key, uint32_t value); /* false: no memory */
bool ann_table_get(const ann_table *t, uint64_t key, uint32_t *value);
void ann_table_free(ann_table *t);

/* Findings (check.c): in collecting mode the finding is noted and SECANT_OK returned, so that reading goes on;
 * otherwise it is the error. `rule` is an id of the rule table. `line` and `column` 0: unknown. */
secant_status ann_bad(ann_set *s, const char *rule, const char *file, uint32_t line, uint32_t column, secant_err *err,
	const char *fmt, ...) SECANT_PRINTF(7, 8);
#endif
