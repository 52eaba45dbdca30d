/*
 * LAS: the layout of point records, shared by reading (las.c), writing (las_write.c) and LAZ (laz.c). ASPRS LAS 1.4
 * R16, 2025.
 */
#ifndef CODEC_CLOUD_LAS_H
#define CODEC_CLOUD_LAS_H
#include "codec/cloud/format.h"

enum { LAS_FORMATS = 11, LAS_FIELDS = 40, LAS_EXTRA = 192, LAS_VLR = 54, LAS_EVLR = 60, LAS_MAX_RECORD = 65535 };

/* One attribute within a record: a number of its own, or bits of a byte. */
typedef struct las_field {
	const char *name;
	secant_number type;
	int offset; /* bytes from the record's start */
	uint8_t shift, mask; /* mask 0: a whole number of `type` */
} las_field;

/* The size of a record without extra bytes; 0 for a format that is none. */
int las_record_size(int format);
/* The attributes of a point format (beside x, y, z); returns their number. */
int las_fields(int format, las_field out[LAS_FIELDS]);
/* Whether a format has such a group: 't' gps time, 'c' colour, 'n' near infrared, 'w' wave packets. */
bool las_has(int format, char group);
/* The column of a cloud that goes into a field: by its own name, by what other programs call it, by its role; or -1. */
int las_column_for(const secant_cloud *c, const char *field);
/* The name of the wanted type in an extra-bytes description: 1 to 10; 0 for none. */
int las_extra_type(secant_number type);

/* What a header says, as far as reading points needs it. */
typedef struct las_header {
	int major, minor, format, record;
	uint64_t points_at, points, evlr_at;
	uint32_t vlrs, evlrs;
	bool compressed;
	double scale[3], offset[3];
} las_header;

/* Extra bytes: what a column needs beside a las_field. */
typedef struct las_extra {
	secant_number stored;
	int offset;
	bool scaled;
	double scale, shift;
	int column;
} las_extra;

typedef struct laz_reader laz_reader;
typedef struct las_state {
	las_header head;
	las_field field[LAS_FIELDS];
	int fields, column[LAS_FIELDS];
	las_extra *extra;
	int extras;
	laz_reader *laz; /* NULL: plain */
	const uint8_t *laz_vlr; /* within the file */
	size_t laz_vlr_size;
} las_state;

/* Spreads `n` raw records to points at.. at + n of the columns. */
void las_unpack(const las_state *t, const uint8_t *raw, secant_cloud *out, int64_t at, int64_t n);

/* LAZ (laz.c). */
secant_status laz_begin(secant_cloud_reader *r, las_state *t, secant_err *err);
secant_status laz_next(secant_cloud_reader *r, las_state *t, secant_cloud *out, int64_t max, secant_err *err);
void laz_end(laz_reader *z);

secant_status las_create(secant_cloud_writer *w, secant_err *err);
secant_status las_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err);
secant_status las_finish(secant_cloud_writer *w, secant_err *err);
void las_discard(void *state);

secant_status las_open(secant_cloud_reader *r, secant_err *err);
secant_status las_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err);
void las_close(void *state);
#endif
