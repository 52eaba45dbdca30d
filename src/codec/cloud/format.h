/*
 * What a cloud format is to the code around it.
 *
 * To add one: write NAME.c with its functions and, last, `const cloud_format cloud_NAME = { ... }`; add CLOUD(NAME) to
 * clouds.inc. Reading: `open` looks at what stands before the points, declares the columns (cloud_declare) and sets
 * `total` or `bound`; `next` appends at most `max` points to a cloud that has these columns and room for them. Writing:
 * `create` writes what stands before the points, `put` a chunk, `finish` what is known only at the end. The file lies
 * in memory (mapped) and is hostile: every length is checked against it.
 */
#ifndef CODEC_CLOUD_FORMAT_H
#define CODEC_CLOUD_FORMAT_H
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "tensor/columns.h"
#include <secant/cloud.h>

typedef struct cloud_format {
	const char *name, *brief, *extensions; /* extensions "a|b" */
	const char *ending; /* of names without an extension; NULL: none */
	bool (*sniff)(const uint8_t *head, size_t size); /* certain by contents; NULL: by extension only */
	secant_status (*open)(secant_cloud_reader *r, secant_err *err);
	secant_status (*next)(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err);
	void (*close)(void *state); /* frees state; NULL: secant_free */
	secant_status (*create)(secant_cloud_writer *w, secant_err *err);
	secant_status (*put)(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err);
	secant_status (*finish)(secant_cloud_writer *w, secant_err *err);
	void (*discard)(void *state); /* frees the writer's state; NULL: secant_free */
	bool entries; /* a file may hold several clouds, of which secant_cloud_reading.entry takes one */
	bool finite; /* no place for points without coordinates: they are left out, and said */
	bool doubles; /* whole numbers of 64 bits are written as doubles */
	bool wants_survey; /* writing goes better when the ranges are known first */
} cloud_format;

extern const cloud_format *const cloud_formats[]; /* NULL-terminated */

struct secant_cloud_reader {
	const cloud_format *format;
	secant_bytes file;
	uint8_t *inflated; /* of a .gz */
	const uint8_t *data;
	size_t size, at, released; /* `at`: where the next points are; everything before it may be dropped from memory */
	char *name; /* for messages */
	secant_cloud_reading opt;
	secant_cloud layout;
	int64_t total, bound, done; /* points: in the file (-1: unknown), at most (-1), handed out */
	char details[160];
	secant_cloud_view view; /* while a header is read */
	secant_cloud ready; /* all points, of formats that read at once (meshes) */
	void *state;
};

struct secant_cloud_writer {
	const cloud_format *format;
	base_writer *out;
	char *name;
	secant_cloud_writing opt;
	secant_cloud layout;
	secant_cloud_survey survey; /* columns 0: none */
	int64_t n; /* points put so far */
	double colour_range; /* of cloud_colour_factor */
	int64_t rounded_colours; /* values of 16 bits that 8 do not hold */
	int64_t moved; /* coordinates that were rounded to floats, and how far at most */
	double moved_by;
	int64_t without; /* points without coordinates that were left out */
	int64_t rounded_longs; /* values of 64 bits that doubles do not hold */
	uint8_t *buffer; /* scratch of cloud_scratch */
	size_t room;
	void *state;
};

/* Error "NAME: what": the file's name goes before the message. */
secant_status cloud_fail(const char *name, secant_err *err, secant_status code, const char *fmt, ...)
	SECANT_PRINTF(4, 5);

/* The layout with its coordinates; `stored` is the file's own type, which the option `coordinates` may overrule. */
secant_status cloud_begin(secant_cloud_reader *r, secant_number stored, secant_err *err);
/* Declares a column unless the option `select` leaves it out; *column is its index, or -1. A name that is taken gets
 * "_2", "_3". */
secant_status cloud_declare(secant_cloud_reader *r, const char *name, secant_number type, int *column, secant_err *err);
/* Which of x, y, z a name stands for (0, 1, 2), or -1. */
int cloud_axis(const char *name);
/* `count` records of `size` bytes from r->at on lie within the file: the same in one check without overflow. */
bool cloud_holds(const secant_cloud_reader *r, uint64_t count, uint64_t size);
int cloud_threads(const secant_cloud_reader *r);
/* `next` of formats that have filled r->ready. */
secant_status cloud_next_ready(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err);
/* Makes `ready` the contents of the file: the layout follows from it. */
secant_status cloud_set_ready(secant_cloud_reader *r, secant_cloud *ready, secant_err *err);

/* At least `size` bytes of scratch that live until the next call; NULL and err: no memory. */
uint8_t *cloud_scratch(secant_cloud_writer *w, size_t size, secant_err *err);
/* The type to write a column as: its own, or the narrowest of i32 (u8, u16 of labels) that the survey says holds it;
 * colours u8. */
secant_number cloud_narrow(const secant_cloud_writer *w, int column);
/* The factor from a colour column's values to 8 (or 16) bits. */
double cloud_colour_factor(secant_cloud_writer *w, const secant_cloud *chunk, double full);
bool cloud_is_colour(const char *name);
/* Counts the whole numbers of 64 bits that doubles do not hold: what a commit says of a format that writes such. */
void cloud_count_rounded_longs(secant_cloud_writer *w, const secant_cloud *chunk);

/* Refuses by name what is no cloud whatever it is called; and what no format of ours takes (foreign.c). */
secant_status cloud_foreign_contents(const secant_cloud_reader *r, secant_err *err);
secant_status cloud_foreign(const secant_cloud_reader *r, secant_err *err);

/* Where one field of a record goes: NULL data is skipped. */
typedef struct cloud_target {
	void *data; /* of row 0 */
	secant_number type;
} cloud_target;

/* Where one column's numbers stand in binary records. */
typedef struct cloud_part {
	int column; /* of the cloud; -1: nowhere */
	secant_number type;
	bool swap; /* the other byte order */
	size_t offset, stride; /* of point 0; from one point to the next */
} cloud_part;

/* Appends points first .. first + n of the records at `base`; the caller has checked that they lie within the file. */
void cloud_take_records(
	const cloud_part *part, int parts, const uint8_t *base, int64_t first, int64_t n, secant_cloud *out);

/* Names for the columns of a table without a header, guessed from some of its rows (values of row i at v[i * columns]);
 * "" is none. `leica`: a count stood before the rows. */
enum { CLOUD_NAME = 32, CLOUD_FIELDS = 256 };
void cloud_guess_names(const double *v, int rows, int columns, bool leica, char names[][CLOUD_NAME]);
/* Says what was guessed. */
void cloud_say_guess(const secant_cloud_reader *r, int fields, char names[][CLOUD_NAME]);

/* Text rows: see rows.c. */
#define CLOUD_COMMENTS "#/%!"
/* Whether a field is a word for a missing value, or for a number that the runtime of old programs prints; *v is what it
 * stands for. */
bool cloud_is_missing(const char *begin, const char *end, double *v);
typedef struct cloud_rows {
	int fields; /* numbers in a row */
	char separator; /* ' ' for blanks of any kind, else exactly this byte */
	const cloud_target *target; /* `fields` of them, row 0 at the first row to be filled */
	const bool *text; /* fields that are not numbers and are stepped over; NULL: none */
	bool comments; /* lines that start with one of CLOUD_COMMENTS are none, nor is what follows a # */
	const bool *needed; /* fields that may not be empty; NULL: none */
	int64_t *missing; /* not NULL: values that are missing ("", NA) are no errors but no numbers, and counted here */
	int64_t *announced; /* not NULL, not negative: the sum of the counts so far; a line with one whole number (Leica)
						   adds to it */
	const char *name; /* of the file, for messages */
} cloud_rows;

/* Parses whole lines from *at on, at most `max` rows, on `threads` threads; moves *at and adds to *line the lines read.
 * Returns rows through *n. */
secant_status cloud_rows_parse(const cloud_rows *rows, const uint8_t *data, size_t size, size_t *at, int64_t *line,
	int64_t max, int threads, int64_t *n, secant_err *err);
/* Marks the fields of text rows, from r->at on, that floats would shorten: a look at the first rows. */
void cloud_outgrows_floats(const secant_cloud_reader *r, int fields, bool *outgrown);
/* Says of such a field, which the file calls float, that it is taken as double. */
void cloud_say_outgrown(const secant_cloud_reader *r, const char *name);
/* Lines (or what is left of one) from `at` on. */
int64_t cloud_count_lines(const uint8_t *data, size_t at, size_t size);

/* A mesh: a cloud of vertices and triangles. */
typedef struct cloud_mesh {
	secant_cloud vertices;
	int64_t triangles, capacity;
	int32_t *corner; /* three of each */
} cloud_mesh;
void cloud_mesh_free(cloud_mesh *m);
/* Says that the faces of a mesh are left out. */
void cloud_say_faces(const secant_cloud_reader *r, int64_t n, const char *what);
/* Adds a polygon of n corners as a fan; corners are checked against the vertices when points are drawn. */
secant_status cloud_mesh_polygon(cloud_mesh *m, const int64_t *corner, int n, secant_err *err);
/* Fills the reader with points drawn on the mesh by area, with normals, or with its vertices (option mesh_points,
 * `automatic` for -1). */
secant_status cloud_mesh_ready(secant_cloud_reader *r, cloud_mesh *m, int automatic, secant_err *err);

#define CLOUD(name) extern const cloud_format cloud_##name;
#include "codec/cloud/clouds.inc"
#undef CLOUD
#endif
