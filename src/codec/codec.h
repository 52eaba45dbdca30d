/*
 * What a picture codec is, and what codecs share.
 *
 * To add one: write src/codec/x.c whose last lines are `const codec_format codec_x = { ... };` and add CODEC(x)
 * to codecs.inc. Reading by content, writing by extension, listings and the tests that walk the table follow.
 *
 * A codec decodes what the file stores: rows as they lie, the channels and dtype it has. Turning upright, wanted
 * channels and 8 bits are done in one place for all (codec.c), unless a codec gets them for free. The file lies in
 * memory and is hostile.
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H
#include <secant/codec.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/registry.h"

/* Where an encoder's bytes go: a file that is being written, or memory that grows. Errors are sticky:
 * codec_sink_status. */
typedef struct codec_sink {
	base_writer *w; /* NULL: memory */
	uint8_t *data; /* memory: owned by whoever takes it */
	size_t size, capacity;
	uint64_t at, end;
	secant_err first;
} codec_sink;

bool codec_sink_put(codec_sink *s, const void *data, size_t size); /* false after an error */
bool codec_sink_seek(codec_sink *s, uint64_t position); /* up to 4 KiB, of zeros, behind the end */
secant_status codec_sink_status(const codec_sink *s, secant_err *err);

typedef struct codec_format {
	const char *name, *brief;
	const char *extensions; /* "jpg|jpeg" */
	int64_t pixels_per_byte; /* no file packs more, so a header that claims more lies; 0: no such limit */
	bool alpha; /* a second or fourth channel is alpha, not a band */
	bool lossy; /* may be: values need not be those that were written */
	bool windows; /* read in windows (raster.c), with its place on earth */
	bool header_first; /* probe sees the same in the first part of a file as in all of it, or fails */
	bool (*detect)(const uint8_t *data, size_t size);
	/* Fills all but `format`; width and height as stored, channels and dtype as decode gives them with all-zero
	 * options. */
	secant_status (*probe)(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err);
	/* Honours palette_as_indices; may honour channels and to_u8. *im is zeroed and stays so on failure. */
	secant_status (*decode)(
		secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err);
	/* `extension` is one of `extensions` or the name, in lower case. Errors of the sink are reported by the caller. */
	secant_status (*encode)(const secant_image *im, codec_sink *out, const char *extension,
		const secant_image_write_options *o, secant_err *err);
} codec_format;

const codec_format *codec_at(int i); /* NULL after the last */
const codec_format *codec_of(const secant_image_info *info); /* by its format; never NULL after a probe */
extern const base_kind base_kind_codecs;

/* Reads the header of a picture in memory. */
secant_status codec_image_probe_data(
	secant_image_info *info, const void *data, size_t size, const char *origin, secant_err *err);
/* What lies beside a picture's file, see sidecar.c. */
typedef struct codec_sidecar {
	bool placed, grid_first; /* a transform; it goes before that of the file itself */
	double t[6];
	int epsg; /* 0: none */
	bool geographic;
	int bands; /* values for "no data", NaN-able; missing ones are HUGE_VAL with `declared` false */
	struct {
		bool declared;
		double value;
	} * nodata;
	double *rpc; /* 92 numbers; NULL: none */
	double *gcp; /* 6 numbers each: column, row, 0, x, y, z */
	int gcps;
	secant_raster *mask; /* FILE.msk; NULL: none */
	char remark[400];
} codec_sidecar;
/* Never fails: what cannot be read is in the remark. */
void codec_sidecar_read(codec_sidecar *side, const char *path);
void codec_sidecar_free(codec_sidecar *side); /* NULL is fine */
/* Whether there is any. */
bool codec_sidecar_is_empty(const codec_sidecar *side);
/* Gives a picture that lies as it is stored what the sidecar says. */
secant_status codec_sidecar_apply(const codec_sidecar *side, secant_image *im, secant_err *err);

/* ---- rpc.c ---- */
/* Finds the n numbers of a key as .aux.xml calls it ("LINE_NUM_COEFF"). */
typedef bool (*codec_rpc_source)(const void *user, const char *key, int n, double *v);
/* The 92 numbers of GeoTIFF's tag (secant_free); NULL: they are not all there, or no memory. */
double *codec_rpc_make(codec_rpc_source source, const void *user);
/* Of the text of an .RPB or a _RPC.TXT. */
double *codec_rpc_text(const char *text);

/* ---- pages.c ---- */
/* A path "a.tif#3": page 3, from 0, of a TIFF with several. */
bool codec_page_is(const char *path);
/* As base_file_map, of any path of a picture: of a page the file's bytes, in memory turned to that page. */
secant_status codec_page_map(secant_bytes *b, const char *path, secant_err *err) SECANT_NODISCARD;
int codec_pages(const char *path); /* of a TIFF; 0: it is none */

/* As secant_image_decode, with what lies beside the file; side: taken, may be NULL. */
secant_status codec_image_decode_beside(secant_image *im, const void *data, size_t size, const char *origin,
	const secant_image_read_options *options, codec_sidecar *side, secant_err *err);
/* As secant_raster_open, from memory that outlives the raster. side: taken, may be NULL. */
secant_raster *codec_raster_open_beside(const void *data, size_t size, const char *origin,
	const secant_image_read_options *options, codec_sidecar *side, secant_err *err);
/* As secant_raster_open, from memory that outlives the raster. */
secant_raster *codec_raster_open_data(
	const void *data, size_t size, const char *origin, const secant_image_read_options *options, secant_err *err);

/* Brings a decoded picture to the wanted channels and dtype, in place. Indices stay as they are. */
secant_status codec_image_want(secant_image *im, const secant_image_read_options *o, secant_err *err);
/* Marks pixels whose last channel, of 2 or 4, is 0 as void; `whole`: unless all are. */
secant_status codec_image_mark_alpha(secant_image *im, bool whole, secant_err *err);
/* Brings `white` to 1, as secant_image_read_options says; whether it would do anything. geo: says which bands' numbers
 * are no data, may be NULL; the picture's own georeference, where it has one, then declares NaN. */
secant_status codec_image_white(secant_image *im, const secant_geo *geo, double white, secant_err *err);
bool codec_white_matters(secant_dtype dtype, double white);
/* A plane for voids, all zero, where there is none. */
secant_status codec_image_need_voids(secant_image *im, secant_err *err);
/* Whether sample i (of all bands, in the order of memory) is what the file declares to be no data. */
bool codec_image_is_value(const secant_image *im, size_t i, double value);
/* Marks pixels all bands of which have the value that stands for no data. geo may be NULL. */
secant_status codec_image_mark_nodata(secant_image *im, const secant_geo *geo, secant_err *err);
/* Marks pixels where a mask has zero in all its bands; the picture lies at (x, y) of the mask. */
secant_status codec_image_mark_mask(secant_image *im, secant_raster *mask, int x, int y, secant_err *err);
/* Turns a window of the upright picture into the window of the picture as it is stored: x, y, width, height. */
void codec_orient_window(int orientation, int stored_width, int stored_height, int window[4]);
/* Where point (x, y) of the upright picture lies in the stored one; edges of pixels count. */
void codec_orient_point(int orientation, int stored_width, int stored_height, double x, double y, double stored[2]);
/* A georeference of the stored picture (width x height) for the upright one; fresh. NULL on NOMEM. */
secant_geo *codec_geo_turned(const secant_geo *geo, int orientation, int width, int height, secant_err *err);
/* Whether the file gives some band a scale or a shift, and those of the first such band: numbers are taken as they are
 * stored all the same. */
bool codec_geo_scale(const secant_geo *geo, int bands, double *factor, double *shift);
/* What places a picture that secant_geo_is_loose. Static. */
const char *codec_geo_loose_by(const secant_geo *geo);
/* A georeference with what a sidecar says; `geo`, which may be NULL, is taken. NULL without err: there is none. */
secant_geo *codec_geo_beside(secant_geo *geo, const codec_sidecar *side, secant_err *err);
/* The value for "no data" of a band, of those that differ from band to band. */
bool codec_geo_band_nodata(const secant_geo *geo, int band, double *value);
/* Checks a size against max_pixels before anything is allocated. */
secant_status codec_image_check_size(int64_t width, int64_t height, int64_t max_pixels, secant_err *err);
/* Gives an image a palette of `count` colours; a copy. */
secant_status codec_image_set_palette(secant_image *im, const uint8_t (*palette)[3], int count, secant_err *err);
/* "1 or 3 channels of u8": a message about a picture that `format` cannot hold. */
secant_status codec_image_cannot(const secant_image *im, const char *format, const char *can, secant_err *err);
/* The orientation of a block of EXIF (a TIFF header and its first directory), 1 when there is none or it is not 1 to 8.
 */
int codec_exif_orientation(const uint8_t *data, size_t size);
int codec_exif_said(const uint8_t *data, size_t size); /* the same, 0 when there is none */
/* The same of a text that holds XMP with tiff:Orientation; 1: it has none. */
int codec_xmp_orientation(const uint8_t *data, size_t size);
/* The deflate level that the options ask for: 0 (none) to 9. */
int codec_compression_level(const secant_image_write_options *o);
#endif
