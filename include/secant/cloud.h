/*
 * Point clouds: points with named, typed attributes, in memory and in files.
 *
 * A cloud is a table of columns. The first three are always x, y, z, of one type (f64 or f32); every other column is an
 * attribute under the name its file gives it: "red", "intensity", "classification", "scalar_Label". What a column means
 * is found by role (secant_cloud_role), which knows the names that programs use for it.
 *
 * Files are read whole (secant_cloud_read) or piece by piece in bounded memory (secant_cloud_open, _next, _close), by
 * the same code; the same for writing. `secant list clouds` names the formats.
 */
#ifndef SECANT_CLOUD_H
#define SECANT_CLOUD_H
#include <secant/base.h>
#include <secant/options.h>
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Number types of columns: those that cloud files have. */
typedef enum secant_number {
	SECANT_N_I8,
	SECANT_N_U8,
	SECANT_N_I16,
	SECANT_N_U16,
	SECANT_N_I32,
	SECANT_N_U32,
	SECANT_N_I64,
	SECANT_N_U64,
	SECANT_N_F32,
	SECANT_N_F64,
	SECANT_N_COUNT
} secant_number;

SECANT_API size_t secant_number_size(secant_number t);
SECANT_API const char *secant_number_name(secant_number t); /* "i8" ... "f64" */

typedef struct secant_column {
	char *name; /* unique within the cloud */
	secant_number type;
	void *data; /* `capacity` values, `n` of them valid */
} secant_column;

/* What a LAS file carries beside its points and passes on when it is written again: variable-length records. */
typedef struct secant_cloud_record {
	char user[17], description[33];
	uint16_t id;
	bool extended; /* after the points (LAS 1.4) */
	uint64_t size;
	uint8_t *data; /* owned */
} secant_cloud_record;

/* What a LAS header says beside its points, passed on when it is written again. */
typedef struct secant_cloud_las {
	bool known; /* the cloud comes from LAS or LAZ */
	int minor, format; /* LAS 1.minor; point format */
	bool made_returns; /* return numbers were made up (bit 3 of the global encoding) */
	uint16_t source, day, year; /* file source id; when the file was made */
	uint8_t guid[16];
	char system[33]; /* system identifier */
} secant_cloud_las;

/* What a PCD header says beside its points: a depth camera's grid, row by row, and where it was seen from. */
typedef struct secant_cloud_view {
	int64_t width, height; /* height below 2, or another number of points: no grid */
	bool known;
	double viewpoint[7]; /* translation, quaternion w x y z; where `known` */
} secant_cloud_view;

typedef struct secant_cloud {
	int64_t n, capacity; /* points; room for points */
	int columns; /* at least 3 once made */
	secant_column *column;
	double scale[3], offset[3]; /* grid of a file that stores integers (LAS); scale 0: none */
	bool wkt; /* LAS: the coordinate system is a WKT record */
	bool gps_standard; /* LAS: gps_time is adjusted standard time, not seconds of the week */
	int records;
	secant_cloud_record *record; /* owned; LASF_Spec 4 describes extra bytes: it is written for those columns that are
									still there under their names */
	secant_cloud_las las;
	secant_cloud_view view;
} secant_cloud;

/* An empty cloud with the columns x, y, z. `coordinates` is SECANT_N_F64 or SECANT_N_F32. */
SECANT_API secant_status secant_cloud_new(secant_cloud *c, secant_number coordinates, secant_err *err) SECANT_NODISCARD;
/* Frees what it owns and zeroes it. */
SECANT_API void secant_cloud_free(secant_cloud *c);
/* Room for at least `capacity` points in every column. On failure the cloud is unchanged. */
SECANT_API secant_status secant_cloud_reserve(secant_cloud *c, int64_t capacity, secant_err *err) SECANT_NODISCARD;
/* Adds a column, zero in all points; returns its index, or a negative status (a name that is taken, empty or over 255
 * bytes: ARG). */
SECANT_API int secant_cloud_add(secant_cloud *c, const char *name, secant_number type, secant_err *err);
/* Removes column `i` (not x, y, z). */
SECANT_API void secant_cloud_remove(secant_cloud *c, int i);
/* The column of exactly this name, or -1. */
SECANT_API int secant_cloud_find(const secant_cloud *c, const char *name);
/* Value of column `i` at point `p`; slow, for single values. Integers beyond 2^53 are rounded. */
SECANT_API double secant_cloud_get(const secant_cloud *c, int i, int64_t p);
/* Sets a value: integers are rounded to the nearest and saturated, NaN becomes 0 in them. */
SECANT_API void secant_cloud_set(const secant_cloud *c, int i, int64_t p, double v);
/* Column `i`, points [first, first + count), as doubles. The range must lie within the cloud. */
SECANT_API void secant_cloud_doubles(const secant_cloud *c, int i, int64_t first, int64_t count, double *out);
/* The coordinates as n x 3 floats, minus `origin` (subtracted in double; NULL: nothing). */
SECANT_API void secant_cloud_positions(const secant_cloud *c, const double *origin, float *out);
/* A column as integers. A value that is no integer, or does not fit, is an error that names point and value. */
SECANT_API secant_status secant_cloud_integers(
	const secant_cloud *c, int i, int32_t *out, secant_err *err) SECANT_NODISCARD;
/* A cloud with the same columns, grid and records, and no points. */
SECANT_API secant_status secant_cloud_like(
	secant_cloud *to, const secant_cloud *from, secant_err *err) SECANT_NODISCARD;
/* Copies points index[0..count) of `from` (repeats allowed) to `to`, which must be uninitialised. An index outside is
 * an error. */
SECANT_API secant_status secant_cloud_take(
	secant_cloud *to, const secant_cloud *from, const int64_t *index, int64_t count, secant_err *err) SECANT_NODISCARD;
/* Smallest and largest of a column, NaN left out; false when there is no number. */
SECANT_API bool secant_cloud_range(const secant_cloud *c, int i, double *lo, double *hi);

/* The name of a class in a cloud from LAS: by the file's own lookup record (LASF_Spec 0), else the standard's; false
 * when there is none. *listed (nullable): the file has such a record, so that a number without a name is no class. */
SECANT_API bool secant_cloud_class_name(const secant_cloud *c, int64_t value, char *out, size_t size, bool *listed);
/* The standard's name of a class, such as 2: "ground"; NULL: none. Static. */
SECANT_API const char *secant_las_class(int64_t value);
/* Replaces that record; names are cut to 15 letters, numbers outside 0 to 255 left out. */
SECANT_API secant_status secant_cloud_name_classes(
	secant_cloud *c, const int64_t *value, const char *const *name, int n, secant_err *err) SECANT_NODISCARD;
/* The coordinate system of a cloud from LAS in a few words: the name in its WKT, or the EPSG code or text of its
 * GeoTIFF keys; false when there is none. */
SECANT_API bool secant_cloud_system(const secant_cloud *c, char *out, size_t size);

typedef enum secant_cloud_role_name {
	SECANT_ROLE_X,
	SECANT_ROLE_Y,
	SECANT_ROLE_Z,
	SECANT_ROLE_NX,
	SECANT_ROLE_NY,
	SECANT_ROLE_NZ,
	SECANT_ROLE_RED,
	SECANT_ROLE_GREEN,
	SECANT_ROLE_BLUE,
	SECANT_ROLE_ALPHA,
	SECANT_ROLE_INTENSITY,
	SECANT_ROLE_LABEL,
	SECANT_ROLE_PREDICTION,
	SECANT_ROLE_CONFIDENCE,
	SECANT_ROLE_TIME,
	SECANT_ROLE_COUNT
} secant_cloud_role_name;

/* The column that plays a role, or -1: by exact name first, then by the names that programs use
 * ("scalar_Classification", "R", "class"), whatever the case. */
SECANT_API int secant_cloud_role(const secant_cloud *c, secant_cloud_role_name role);
/* The role that a name stands for, or SECANT_ROLE_COUNT. */
SECANT_API secant_cloud_role_name secant_role_of(const char *name);
/* What full colour is in the red, green, blue columns: 255 or 65535 for integers (by the largest value), 1 for floats
 * of which none is larger; 0 without such columns. */
SECANT_API double secant_cloud_colour_range(const secant_cloud *c);
/* The colours of all points as 8 bits, n x 3, for a range from above (not 0). */
SECANT_API void secant_cloud_colours(const secant_cloud *c, double range, uint8_t *rgb);

/* How a file is read. All have defaults: a zeroed or NULL structure is not meant; use
 * secant_opts_init(&secant_cloud_read_options, ...). */
typedef struct secant_cloud_reading {
	char *format; /* by name; NULL: from contents and extension */
	char *columns; /* text: names of the columns, comma-separated, "-" skips one */
	char *select; /* names of the attributes wanted, comma-separated; x, y, z always are. NULL: all. "" : none */
	int separator; /* text: auto space tab comma semicolon pipe */
	int decimal; /* text: auto point comma: the mark within numbers */
	int header; /* text: auto yes no */
	int coordinates; /* auto f32 f64: auto keeps f32 where the file has it */
	int mesh_points; /* points drawn by area on a mesh; 0: its vertices; -1: 10,000 for OFF, vertices for the others */
	int seed; /* of that drawing */
	int entry; /* idx: which picture */
	int threshold; /* idx: pixels above this are points */
	int threads; /* 0: as many as the machine has */
	bool allow_empty; /* a cloud without points is no error: of whole files, and of converting */
	secant_logger logger; /* what was taken where a file leaves it open; no option */
} secant_cloud_reading;
extern SECANT_API const secant_opts secant_cloud_read_options;

/* How a file is written. */
typedef struct secant_cloud_writing {
	char *format; /* by name; NULL: from the extension */
	int encoding; /* auto ascii binary big-endian compressed: of PLY (auto: binary) and PCD (auto: binary) */
	int separator; /* text: auto space tab comma semicolon */
	int header; /* text: auto (csv: yes; txt with more than x, y, z: yes as a // line; else no) yes no */
	int las_version; /* auto (the source's, else 1.4) 1.4 1.3 1.2 */
	int las_format; /* point format 0 to 10; -1: the source's with what its columns need, else the smallest */
	double las_scale; /* 0: the source's, else as fine as the extent allows */
	int intensity_range; /* auto keep unit byte signed: what intensities run over, for LAS's 16 bits */
	int colour_range; /* auto unit byte word: what colours run over */
	bool classification_dimension; /* LAS: also an extra dimension named Classification */
	secant_logger logger; /* what was scaled, cut, rounded or left behind, with counts; no option */
} secant_cloud_writing;
extern SECANT_API const secant_opts secant_cloud_write_options;

/* Reads a whole file. `opt` NULL: defaults. *c must be uninitialised or freed; it is empty after an error. A cloud
 * without points is an error (FORMAT) unless allowed. Errors name path and line or byte. Thread-safe. */
SECANT_API secant_status secant_cloud_read(
	secant_cloud *c, const char *path, const secant_cloud_reading *opt, secant_err *err) SECANT_NODISCARD;
/* Writes a whole cloud, atomically: an existing file stays as it was unless all went well. Thread-safe for different
 * paths. */
SECANT_API secant_status secant_cloud_write(
	const secant_cloud *c, const char *path, const secant_cloud_writing *opt, secant_err *err) SECANT_NODISCARD;

/* Reading piece by piece. */
typedef struct secant_cloud_reader secant_cloud_reader;
/* Opens and reads what stands before the points. NULL and err on failure. Keeps copies of the options. */
SECANT_API secant_cloud_reader *secant_cloud_open(const char *path, const secant_cloud_reading *opt, secant_err *err);
/* The same from memory, which must outlive the reader; `name` stands in for the path (its extension helps to find the
 * format). */
SECANT_API secant_cloud_reader *secant_cloud_open_memory(
	const void *data, size_t size, const char *name, const secant_cloud_reading *opt, secant_err *err);
/* The columns, grid and records: a cloud without points, owned by the reader. */
SECANT_API const secant_cloud *secant_cloud_layout(const secant_cloud_reader *r);
SECANT_API const char *secant_cloud_format_name(const secant_cloud_reader *r); /* "ply"; static */
/* One line more about the file: "binary_little_endian 1.0", "LAS 1.4, point format 6"; owned by the reader. */
SECANT_API const char *secant_cloud_details(const secant_cloud_reader *r);
SECANT_API int64_t secant_cloud_total(
	const secant_cloud_reader *r); /* points in the file; -1: not known before the end */
/* Replaces the points of `chunk` by the next ones, at most `max`. *chunk must be zeroed before the first call, and is
 * reused: its columns keep their place. chunk->n is 0 at the end. Caller frees it with secant_cloud_free. */
SECANT_API secant_status secant_cloud_next(
	secant_cloud_reader *r, secant_cloud *chunk, int64_t max, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_cloud_close(secant_cloud_reader *r); /* NULL is fine */

/* What a writer would like to know of all points before the first: ranges (for the grid of LAS, for narrow number
 * types) and count. */
typedef struct secant_cloud_survey {
	int64_t n; /* points; -1: not known */
	int columns; /* as many as the layout has; 0: ranges are not known */
	struct secant_cloud_span {
		double lo, hi;
		bool integral;
		int64_t bad;
	} * span; /* lo > hi: no number; bad: how many NaN or infinite */
} secant_cloud_survey;
/* Adds a cloud's points to a survey (zeroed at first). */
SECANT_API secant_status secant_cloud_survey_add(
	secant_cloud_survey *s, const secant_cloud *c, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_cloud_survey_free(secant_cloud_survey *s);

/* Writing piece by piece. */
typedef struct secant_cloud_writer secant_cloud_writer;
/* `layout` says columns, grid and records (its points are not looked at); every chunk must have the same columns.
 * `survey` may be NULL: then the grid of LAS comes from the layout or the first chunk, and a later point outside it is
 * an error. NULL and err on failure. */
SECANT_API secant_cloud_writer *secant_cloud_create(const char *path, const secant_cloud *layout,
	const secant_cloud_survey *survey, const secant_cloud_writing *opt, secant_err *err);
SECANT_API secant_status secant_cloud_put(
	secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_cloud_commit(
	secant_cloud_writer *w, secant_err *err) SECANT_NODISCARD; /* frees w in any case */
SECANT_API void secant_cloud_abort(secant_cloud_writer *w); /* NULL is fine */

/* File to file in bounded memory: any readable format to any writable one; reads twice where the target needs a survey.
 * A source without points is an error (FORMAT) unless `reading` allows it, and then nothing is written. `points`
 * (nullable) receives the count. `progress` (nullable) is called now and then with the points done so far; false from
 * it: CANCELLED. */
SECANT_API secant_status secant_cloud_convert(const char *from, const secant_cloud_reading *reading, const char *to,
	const secant_cloud_writing *writing, int64_t *points, bool (*progress)(void *user, int64_t done), void *user,
	secant_err *err) SECANT_NODISCARD;

/* True if a file of this name is one that secant_cloud_open would take by its extension; the second for
 * secant_cloud_create. */
SECANT_API bool secant_cloud_is_readable(const char *path);
SECANT_API bool secant_cloud_is_writable(const char *path);
/* The i-th format: name, one line about it; NULL after the last. For `secant list`. */
SECANT_API const char *secant_cloud_format_at(
	int i, const char **brief, const char **extensions, bool *reads, bool *writes);

#ifdef __cplusplus
}
#endif
#endif
