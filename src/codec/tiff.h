/*
 * TIFF through libtiff, as the codec (tiff.c) and the rasters (raster.c) use it: a file in memory that is read block by
 * block, where a block is a tile or a strip, and one that is written from top to bottom.
 */
#ifndef CODEC_TIFF_H
#define CODEC_TIFF_H
#include "codec/codec.h"
#include <tiffio.h>

extern const codec_format codec_tiff;

/* ---- georeference: tags kept as they are ---- */

typedef struct codec_geo_tag {
	uint16_t id, type;
	uint32_t count;
	void *data;
} codec_geo_tag;
enum { CODEC_GEO_TAGS = 12 };
struct secant_geo {
	int n;
	codec_geo_tag tag[CODEC_GEO_TAGS];
	bool colour, alpha; /* whether the file called its first three bands RGB, and the next one alpha */
	int bands; /* with a value for nodata of their own (from FILE.aux.xml), 0: the tag's is that of all */
	struct {
		bool declared;
		double value;
	} * nodata;
	char *remark; /* what could not be kept; NULL: nothing */
};
/* Sets the value for nodata, as text; NULL takes it away. */
secant_status codec_geo_set_nodata(secant_geo *geo, const double *value, secant_err *err);
/* Adds to what secant_geo_remark says; *geo is made where there is none. */
secant_status codec_geo_say(secant_geo **geo, const char *text, secant_err *err);
/* Says so where the value for nodata is text that is no number. */
secant_status codec_geo_doubt_nodata(secant_geo *geo, secant_err *err);
/* Says so where the file calls its bands red, green, blue in another order than they stand in. geo may be NULL. */
secant_status codec_geo_doubt_colours(secant_geo *geo, int bands, secant_err *err);
/* The tags of the current directory; *geo is NULL when there are none. */
secant_status codec_geo_read(secant_geo **geo, TIFF *t, secant_err *err);
/* Declares and sets them on a file being written. */
secant_status codec_geo_write(const secant_geo *geo, TIFF *t, secant_err *err);

/* Whether a later directory is a mask of the picture (GDAL's internal masks). */
bool codec_tiff_has_mask(const uint8_t *data, size_t size, int width, int height);

/* ---- handles: memory or a sink for libtiff, its messages in `err` ---- */

typedef struct codec_tiff_file {
	TIFF *t;
	const uint8_t *data; /* reading */
	uint64_t size, at;
	codec_sink *sink; /* writing */
	secant_err err; /* the first thing libtiff called an error */
} codec_tiff_file;

/* The struct must stay where it is until it is closed. */
secant_status codec_tiff_open(codec_tiff_file *f, const uint8_t *data, size_t size, secant_err *err);
secant_status codec_tiff_create(codec_tiff_file *f, codec_sink *sink, bool big, secant_err *err);
secant_status codec_tiff_fail(
	const codec_tiff_file *f, const char *what, secant_err *err); /* libtiff's message, or `what` */
void codec_tiff_close(codec_tiff_file *f);

/* ---- reading ---- */

typedef struct codec_tiff_layout {
	int width, height, channels; /* as decoded; an indexed picture has 1 here */
	secant_dtype dtype;
	int block_width, block_height, across, down;
	bool tiled, separate, invert, rgba; /* rgba: libtiff converts to colour, block by block */
	int bits, samples, orientation;
	const struct codec_tiff_sample *sample; /* how a stored sample becomes one of dtype */
	bool as_stored; /* samples of less than 8 bits are not scaled */
	double fill; /* what blocks that are not in the file have: the value for nodata, or 0 */
	int colours; /* of the palette; 0: none */
	uint8_t palette[256][3];
} codec_tiff_layout;

/* Looks at the tags and checks them; blocks of more than max_pixels are refused. */
secant_status codec_tiff_look(codec_tiff_layout *l, codec_tiff_file *f, int64_t max_pixels, secant_err *err);
/* Bytes of a block as decoded, and of the scratch memory that decoding needs. */
size_t codec_tiff_block_bytes(const codec_tiff_layout *l);
size_t codec_tiff_scratch_bytes(const codec_tiff_layout *l);
/* Decodes block (bx, by): block_height rows of block_width pixels, of which those outside the picture are unspecified.
 */
secant_status codec_tiff_block(
	codec_tiff_file *f, const codec_tiff_layout *l, int bx, int by, void *block, void *scratch, secant_err *err);

/* All of a picture as it is stored, with what lies beside its file; side: taken, may be NULL. */
secant_status codec_tiff_decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o,
	codec_sidecar *side, secant_err *err);

/* ---- writing ---- */

typedef struct codec_tiff_writer {
	codec_tiff_file file;
	int width, height, channels, block_width, block_height, row; /* row: the next one */
	size_t row_bytes, pixel;
	bool tiled;
	uint8_t *rows, *tile; /* rows of a band of blocks; one tile */
} codec_tiff_writer;

secant_status codec_tiff_write_start(codec_tiff_writer *w, codec_sink *sink, const secant_raster_spec *spec,
	const secant_image_write_options *o, secant_err *err);
secant_status codec_tiff_write_rows(codec_tiff_writer *w, const void *rows, int n, secant_err *err);
secant_status codec_tiff_write_finish(codec_tiff_writer *w, secant_err *err); /* after all rows */
void codec_tiff_write_free(codec_tiff_writer *w);
#endif
