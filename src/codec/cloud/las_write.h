/*
 * Writing LAS and LAZ: what the parts share. Choices, header and records are in las_write.c, extra bytes in
 * las_extra.c, points in las_points.c.
 */
#ifndef CODEC_CLOUD_LAS_WRITE_H
#define CODEC_CLOUD_LAS_WRITE_H
#include "codec/cloud/las.h"

enum { CLASS_EXTRA = -2 }; /* as a column: the class once more */

/* Values that a place cannot hold as they are. */
typedef struct las_loss {
	int64_t cut, rounded, strange; /* outside the range; not whole; no number at all */
	int64_t first; /* the first point that was cut */
	double value;
} las_loss;

/* A column that becomes a field of the point format. */
typedef struct las_use {
	int column; /* -1: nothing to write there */
	double factor, shift; /* from the column's numbers to the field's */
	int bit; /* 1 + the bit of the column's whole number that is the field; 0: all of it */
	las_loss loss;
} las_use;

/* One number of the extra bytes. */
typedef struct las_element {
	int column;
	secant_number type;
	double scale, shift; /* stored number times scale plus shift is the column's */
	bool scaled;
	las_loss loss;
} las_element;

/* One description of extra bytes: a number, or an array as the source had it. */
typedef struct las_dimension {
	int first, count; /* elements */
	const uint8_t *kept; /* the source's description, or NULL */
} las_dimension;

typedef struct laz_writer laz_writer;

typedef struct las_writer {
	int minor, format, record, header;
	las_field field[LAS_FIELDS];
	las_use use[LAS_FIELDS];
	int fields;
	las_element *element;
	las_dimension *dimension;
	int elements, dimensions;
	bool grid; /* scale and offset are settled */
	double scale[3], offset[3], lo[3], hi[3];
	int64_t moved[3]; /* coordinates that the grid does not hold as they are */
	int64_t by_return[16]; /* [15]: nowhere */
	int label, returns; /* columns; -1: none */
	bool factors; /* those of las_use are settled */
	uint32_t points_at;
	laz_writer *laz; /* NULL: plain */
} las_writer;

/* Which columns become extra bytes: arrays and scaled numbers as the source describes them, the others as they are. */
secant_status las_place_extras(secant_cloud_writer *w, las_writer *p, const bool *placed, secant_err *err);
secant_status las_put_extra_record(secant_cloud_writer *w, const las_writer *p, secant_err *err);
void las_put_extras(
	const secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, int64_t first, int64_t n, uint8_t *to);

/* Counts and cuts what lies outside lo to hi; rounds with a count when `whole`. */
void las_fit(las_loss *l, double *v, int64_t n, int64_t at, double lo, double hi, bool whole);
/* Says what was lost, by name. */
void las_say_losses(const secant_cloud_writer *w, const las_writer *p);
secant_status las_put_points(secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, secant_err *err);

/* The coordinate system is in GeoTIFF keys alone. */
bool las_geotiff(const secant_cloud *c);

/* LAZ (laz_write.c): the record that describes the compression, the points, and what stands behind them, whose end goes
 * to *end. */
secant_status laz_create(secant_cloud_writer *w, las_writer *p, secant_err *err);
uint64_t laz_record_size(const laz_writer *z);
secant_status laz_put_record(secant_cloud_writer *w, const las_writer *p, secant_err *err);
secant_status laz_put(secant_cloud_writer *w, las_writer *p, const uint8_t *records, size_t n, secant_err *err);
secant_status laz_finish(secant_cloud_writer *w, las_writer *p, uint64_t *end, secant_err *err);
void laz_discard(laz_writer *z);

/* Head of a variable-length record. */
secant_status las_put_record_head(secant_cloud_writer *w, const char *user, uint16_t id, const char *description,
	uint64_t size, bool extended, secant_err *err);
#endif
