/*
 * One annotation format. To add one: write its file (csv.c is the shortest), whose last lines are its descriptor, and
 * add one line to annotations.inc. Detection, conversion, check, docs, fuzzing and the round-trip test follow from the
 * table.
 */
#ifndef ANN_FORMAT_H
#define ANN_FORMAT_H
#include "annotations/check.h"
#include "annotations/out.h"
#include "annotations/text.h"

enum { /* what a format can hold; the rest is counted as lost by ann_lose_common */
	ANN_HOLDS_BOX = 1,
	ANN_HOLDS_POLYGON = 2,
	ANN_HOLDS_PARTS = 4,
	ANN_HOLDS_RLE = 8,
	ANN_HOLDS_ATTRIBUTES = 16,
	ANN_HOLDS_QUAD = 32,
	ANN_HOLDS_CROWD = 64,
	ANN_HOLDS_DIFFICULT = 128,
	ANN_HOLDS_AREA = 256,
	ANN_HOLDS_IMAGE_ATTRIBUTES = 512,
	ANN_HOLDS_LABELS = 1024,
	ANN_HOLDS_SET_ATTRIBUTES = 2048,
	ANN_HOLDS_FRACTIONS = 4096,
	ANN_HOLDS_LINES = 8192,
	ANN_HOLDS_MASK = 16384,
	ANN_HOLDS_VOID = 32768,
	ANN_HOLDS_BOTH = 65536 /* a box beside the shape, which need not be its extent */
};

struct json_t;
typedef struct ann_finder ann_finder; /* find.h */

/* Formats of small files below a folder, or of one file alone: which files these are, and how one is read. Reading gets
 * picture 0 alone where the finder is NULL. `split` is the list that the file's name says, -1 none. */
typedef struct ann_files {
	const char *extension, *because; /* why it is the format, in words */
	int sure;
	bool (*is)(const char *path); /* looks at names before it opens anything */
	bool (*reads)(const char *path); /* NULL: as `is`; more files are read than are sure to be the format's */
	/* One of the three: a tree of JSON, a text whole, a text line by line as trees. */
	secant_status (*tree)(ann_set *s, ann_finder *f, const struct json_t *top, const char *origin, secant_err *err);
	secant_status (*text)(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err);
	secant_status (*line)(ann_set *s, ann_finder *f, const struct json_t *one, int split, uint32_t number,
		const char *origin, secant_err *err);
	bool unlisted; /* pictures that no file names stay in the set */
	const struct ann_files *otherwise; /* where there are none of these: the same as tables, say */
} ann_files;

typedef struct ann_format {
	const char *name, *brief;
	unsigned holds;
	const char *prefix; /* of attribute keys it writes natively: "voc." */
	const char *attributes; /* the keys of objects that it can write, "a|b"; NULL: any, if it holds attributes at all */
	const char *only_class; /* all its objects are of this class; NULL: of any */
	bool own_sizes; /* its reader asks pictures and manifest itself, since its numbers depend on them */
	bool plain; /* folders of pictures and masks: training reads them without a format */
	bool keeps_ids; /* its own files hold the numbers of classes as they were, from 1 as a rule */
	bool cvat_turns; /* CVAT exports it with the turn of a box as an attribute "rotation" */
	bool palette_masks; /* its masks are indexed pictures */
	bool swaps_images; /* its readers put "labels" for the last folder "images" of a picture's path */
	bool hides_manifest; /* its readers elsewhere take every file of the folder for theirs: .secant.json */
	bool numbers_images; /* its pictures are numbers: other formats get names 000001, ... and lists of their own */
	const ann_files *files; /* detect, read and parse follow from it where they are NULL */
	/* How sure: 0 no, 100 certain; *why is a static reason. `path` is a folder or file. */
	int (*detect)(const char *path, const char **why);
	secant_status (*read)(
		ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err);
	secant_status (*write)(ann_set *s, ann_out *out, secant_err *err); /* NULL: reads only */
	/* One annotation file from memory, for picture 0 of the set where the format has a file a picture; what the fuzzer
	 * calls. */
	secant_status (*parse)(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err);
	/* The bytes of a picture that lies within its annotation file (image->inside); NULL: this never happens. */
	secant_status (*picture)(const ann_set *s, const ann_image *im, base_str *bytes, secant_err *err);
} ann_format;

extern const ann_format *const ann_formats[];
const ann_format *ann_find_format(const char *name); /* NULL: none */
int ann_detect_format(const ann_format *f, const char *path, const char **why);
secant_status ann_read_format(ann_set *s, const ann_format *f, const char *path, const secant_dataset_reading *o,
	const secant_watch *watch, secant_err *err);
secant_status ann_parse_format(
	ann_set *s, const ann_format *f, const char *data, size_t n, const char *origin, secant_err *err);
/* Counts what `holds` and `prefix` say the format cannot have: polygons, masks, attributes, ... Common to all writers.
 */
void ann_lose_common(const ann_set *s, ann_out *out, const ann_format *f);
/* Is the attribute one that a format with this prefix (NULL: none) keeps to itself? "voc.pose" for "voc." */
bool ann_native(const char *key, const char *prefix);

/* --- what several formats share (shared.c) --- */

/* Every file below a folder whose extension is in `list` ("png|jpg"), as relative paths in byte order; links to folders
 * not followed. */
struct base_names;
secant_status ann_walk(struct base_names *out, const char *folder, const char *list, int depth, secant_err *err);
#define ANN_PICTURES "jpg|jpeg|png|bmp|tif|tiff|webp|ppm|pgm|pnm"
/* Pictures below `folder` (relative to root) join the set, under their path relative to it; those known already get
 * their path only. */
secant_status ann_add_pictures(ann_set *s, const char *folder, int split, bool add, secant_err *err);
/* Is there a folder OUTER/INNER of these names (NULL ends; OUTER "": the root itself)? */
bool ann_has_folder(const char *root, const char *const *outer, const char *const *inner);
/* Gives picture i its path if one of the folders (relative to root, "" is the root, NULL ends) has a file of this name.
 * Returns true when found. */
bool ann_locate(ann_set *s, int i, const char *name, const char *root, const char *const *folders);
/* Reads the header of picture i where the size is unknown (or always): sets real_*, and width, height, depth where they
 * are 0. */
secant_status ann_probe(ann_set *s, int i, secant_err *err);
secant_status ann_probe_all(ann_set *s, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err);
/* A picture that cannot be read: finding or error at `file`, whose name is not said twice; check passes over it then.
 */
secant_status ann_unreadable(
	ann_set *s, int image, const char *file, const secant_err *why, secant_err *err) SECANT_NODISCARD;
/* Size known? otherwise an error that says why it is needed. */
secant_status ann_need_size(const ann_set *s, const ann_image *im, const char *format, secant_err *err);
/* Reads a whole text file and calls parse; adds findings on encoding. `per` user. */
typedef secant_status (*ann_parse)(
	ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err);
secant_status ann_read_text(ann_set *s, int image, const char *path, ann_parse parse, secant_err *err);
/* The two halves of it. An unreadable file is a finding where findings are collected: *data is NULL then. *data is
 * freed by the caller. */
secant_status ann_load_text(ann_set *s, const char *path, char **data, size_t *n, secant_err *err);
secant_status ann_parse_text(
	ann_set *s, int image, const char *path, const char *data, size_t n, ann_parse parse, secant_err *err);
/* What a pull parser could not read, "path:line:column: message": the error; where findings are collected, one in its
 * three parts. */
secant_status ann_unparsable(ann_set *s, const char *path, const secant_err *why, secant_err *err);
/* Class names from a file, one a line; adds them in order. */
secant_status ann_read_names(ann_set *s, const char *path, secant_err *err);
/* A row of labelmap.txt, NAME:R,G,B:PARTS:ACTIONS; the name may hold colons itself. colour -1: the row has none. */
void ann_labelmap_row(ann_field row, ann_field *name, int32_t *colour);
secant_status ann_read_option_names(ann_set *s, const secant_dataset_reading *o, secant_err *err);
/* A list of stems or paths (one a line, # comments, a second column ignored) marks pictures as members of split `name`.
 */
secant_status ann_read_list(
	ann_set *s, const char *path, const char *name, bool add, const char *extension, secant_err *err);
/* Relative path with another extension: "a/b.jpg", "txt" -> "a/b.txt" in fresh memory. */
char *ann_with_extension(const char *name, const char *extension);
/* The manifest secant.json of a folder that this library wrote: class numbers, ids, VOC origin. Absent: OK. */
const ann_format *ann_manifest_format(const char *root); /* in which it was written; NULL: nothing says so */
secant_status ann_read_manifest(ann_set *s, const char *root, secant_err *err);
secant_status ann_write_manifest(
	const ann_set *s, ann_out *out, const char *to, int voc_origin, const ann_text *renamed, secant_err *err);
/* The name of the one split of a picture for formats with split folders; "" none. Counts memberships beyond the first
 * in `more`. */
const char *ann_one_split(const ann_set *s, const ann_image *im, int *more);
/* Classes from `from` on take the order of the list that the files have, and where there is none that of the bytes of
 * their names, which no picture decides. */
secant_status ann_sort_classes(ann_set *s, int from, secant_err *err);
static inline bool
ann_void_class(const ann_set *s, int class)
{
	return class >= 0 && s->classes[class].is_void;
}
/* finite box? otherwise a finding value-not-finite */
bool ann_finite(const double *v, int n);

/* The box x0, y0, x1, y1 turned about its middle, in degrees clockwise on the screen: a quad. */
uint32_t ann_turned(ann_set *s, double x0, double y0, double x1, double y1, double degrees);
/* Is a quad a rectangle? Then x0, y0, x1, y1 before it was turned, and the degrees (0 to 360) go to `out`. */
bool ann_rectangle(const ann_set *s, uint32_t quad, double out[5]);
/* A polygon for an ellipse, turned about its middle: nowhere further than a twentieth of a pixel from it. */
uint32_t ann_ellipse(ann_set *s, double cx, double cy, double rx, double ry, double degrees);

/* Pictures that links place outside of the set and of its folder of pictures are said, or refused (links.c). */
secant_status ann_links(ann_set *s, const secant_dataset_reading *o, secant_err *err) SECANT_NODISCARD;

/* A picture name as a file gives it: backslashes become slashes (noted), a leading "./" goes, absolute names and ".."
 * are refused (in collecting mode: noted, and only the last part is used). `out` has room for 1024 bytes. SECANT_OK:
 * out holds the name. */
secant_status ann_picture_name(
	ann_set *s, const char *p, size_t n, const char *file, uint32_t line, char out[1024], secant_err *err);
#define ANN_PATH(...) base_format(__VA_ARGS__)
secant_status ann_nomem(secant_err *err);
#endif
