/*
 * Picture files to pictures and back: PNG, JPEG, TIFF and GeoTIFF, WebP, BMP, PNM. On reading the format is found by
 * content, on writing by extension. Large rasters are read by windows and written by rows. Functions may be called from
 * several threads at once; one raster is used by one thread at a time.
 */
#ifndef SECANT_CODEC_H
#define SECANT_CODEC_H
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading ---- */

/* How to read; all zero is the default. */
typedef struct secant_image_read_options {
	int64_t max_pixels; /* refuse more, before memory is taken; 0: 2^30 */
	bool palette_as_indices; /* an indexed picture gives one u8 channel of indices and its palette, not colours */
	bool as_stored; /* grey samples of less than 8 bits, and PNM values, are not scaled to the full range: class indices
					 */
	bool ignore_orientation; /* leave the rows as they are stored instead of turning them as EXIF says */
	int channels; /* 0: as in the file; 1 (luma), 3 (alpha dropped, grey repeated) or 4 (opaque where the file has no
					 alpha) */
	bool to_u8; /* white becomes 255: what `white` says, else of 16 bits 65535, of floats 1, unless the numbers show
				   that it is another */
	double white; /* of more than 8 bits: f32, divided by this number, with NaN for no data; 0, or what a type's white
					 is anyway (65535 of integers, 1 of floats): as in the file */
} secant_image_read_options;

/* What the header says. Sizes, channels and dtype are those of a picture read with default options. */
typedef struct secant_image_info {
	int width, height, channels;
	secant_dtype dtype;
	const char *format; /* "png", "jpeg", "tiff", "webp", "bmp", "pnm"; static */
	int bits; /* per sample as stored, 1 to 64 */
	bool palette; /* the file stores indices into a palette */
	bool nodata; /* pixels may have no data: a value stands for it (GDAL_NODATA), or a mask says so */
	bool alpha; /* the last channel says how opaque a pixel is */
	bool lossy; /* values are near those that were written: JPEG, WebP unless it says otherwise */
	int orientation; /* EXIF, 1 to 8, 1 when the file says nothing; 5 to 8 have swapped sides, which width and height
						show */
} secant_image_info;

/*
 * Reads a picture. `options` may be NULL. *im is owned by the caller (secant_image_free) and zeroed on failure.
 *
 * Samples of less than 8 bits are scaled to 0..255, indices are not; a TIFF's of 9 to 15 bits stay as they are. Grey is
 * 1 channel, grey with alpha 2, colour 3, colour with alpha 4 (also where a PNG palette or colour key makes something
 * transparent); CMYK becomes RGB. A TIFF has as many channels as it has bands, up to 4096, its integers of 32 bits and
 * floats become f32, and its georeference goes along (secant_image_geo). Of several pages or frames the first is read.
 * Errors name the path and what is wrong; a truncated file is one.
 */
SECANT_API secant_status secant_image_read(
	secant_image *im, const char *path, const secant_image_read_options *options, secant_err *err) SECANT_NODISCARD;
/* The same from memory; `origin` names it in messages. */
SECANT_API secant_status secant_image_decode(secant_image *im, const void *data, size_t size, const char *origin,
	const secant_image_read_options *options, secant_err *err) SECANT_NODISCARD;
/* Reads the header only. */
SECANT_API secant_status secant_image_probe(
	const char *path, secant_image_info *info, secant_err *err) SECANT_NODISCARD;

/* Why a pixel of a picture that was read has no data (secant_image.voids). Values are compared as they are stored,
 * before anything is inverted, widened, coloured or converted; an alpha that is 0 everywhere says nothing. */
enum {
	SECANT_VOID_VALUE = 1, /* all its bands have the value for "no data" */
	SECANT_VOID_MASK = 2, /* a mask in the file, or FILE.msk, leaves it out */
	SECANT_VOID_ALPHA = 4 /* it is wholly transparent */
};

/* ---- writing ---- */

/* How to write; all zero is the default. */
typedef struct secant_image_write_options {
	int quality; /* JPEG and WebP, 1 to 100; 0: 90 */
	int compression; /* PNG and TIFF deflate, 1 (fast) to 9 (small); -1: none; 0: 6 */
	bool lossless; /* WebP */
	int tile; /* TIFF: side of square tiles, a multiple of 16; 0: strips */
} secant_image_write_options;

/*
 * Writes a picture, atomically: an existing file stays as it is until the new one is complete. The extension decides:
 *   png   1 to 4 channels of u8 or u16; u8 with a palette is written indexed
 *   jpg   1 or 3 channels of u8             webp  3 or 4 channels of u8 (grey is repeated)
 *   tif   any channels and dtype; georeference and palette kept; BigTIFF where 4 GiB do not suffice
 *   bmp   1 or 3 channels of u8             pgm ppm pnm  1 or 3 channels of u8 or u16; pam: any; pfm: f32; pbm: u8,
 *                                                        not zero is white
 * A picture that the format cannot hold is an error (UNSUPPORTED) that says what it can.
 */
SECANT_API secant_status secant_image_write(const secant_image *im, const char *path,
	const secant_image_write_options *options, secant_err *err) SECANT_NODISCARD;
/* The same to memory: *data is freed by the caller with secant_free. `format` is a name or an extension: "png". */
SECANT_API secant_status secant_image_encode(const secant_image *im, const char *format, void **data, size_t *size,
	const secant_image_write_options *options, secant_err *err) SECANT_NODISCARD;

/* Whether a path has an extension that secant_image_read is likely to understand, for listing folders. */
SECANT_API bool secant_image_is_path(const char *path);
/* The codecs, for listings: name, one line, extensions "jpg|jpeg"; all static, any may be NULL. False after the last.
 */
SECANT_API bool secant_image_codec(int i, const char **name, const char **brief, const char **extensions);

/* ---- georeference ---- */

/*
 * The GeoTIFF tags of a picture, kept as they were in the file, with nodata, GDAL's metadata and rational polynomials
 * (RPC); beside them, of pictures read by path, what FILE.aux.xml (GDAL) or a world file (.tfw, .jgw, .pgw, .wld, ...)
 * says. Of a picture that was turned upright, that of the upright picture.
 */
typedef struct secant_geo secant_geo;

/* Of a picture that was read; borrowed, lives as long as the picture. NULL: none. */
SECANT_API const secant_geo *secant_image_geo(const secant_image *im);
/* Gives a picture a copy of a georeference; NULL takes it away. */
SECANT_API secant_status secant_image_set_geo(
	secant_image *im, const secant_geo *geo, secant_err *err) SECANT_NODISCARD;
/* The value that stands for "no data" (GDAL_NODATA); false where there is none. */
SECANT_API bool secant_geo_nodata(const secant_geo *geo, double *value);
/* Pixel to world, x = t[0] + column * t[1] + row * t[2], y = t[3] + column * t[4] + row * t[5], columns and rows
 * counted at the upper left corner of a pixel (GDAL's convention; RasterPixelIsPoint is allowed for). False where the
 * tags say nothing. */
SECANT_API bool secant_geo_transform(const secant_geo *geo, double t[6]);
/* EPSG code of the coordinate system (projected first, else geographic); 0 when unknown or user-defined. */
SECANT_API int secant_geo_epsg(const secant_geo *geo);
/* A copy whose origin lies at pixel (x, y), for a window cut out; freed with secant_geo_free. NULL on NOMEM. */
SECANT_API secant_geo *secant_geo_window(const secant_geo *geo, int x, int y, secant_err *err);
/* What a mask of the picture may keep: everything but what is said of the picture's bands (descriptions, scales,
 * statistics, ...), with its own value for "no data", NULL: none. geo may be NULL. Freed with secant_geo_free. NULL on
 * NOMEM. */
SECANT_API secant_geo *secant_geo_of_mask(const secant_geo *geo, const double *nodata, secant_err *err);
/* Whether it places the picture only by ground control points or rational polynomials: there is no transform then. */
SECANT_API bool secant_geo_is_loose(const secant_geo *geo);
/* What beside the picture was there and could not be kept, a sentence; NULL: nothing. Lives as long as geo. */
SECANT_API const char *secant_geo_remark(const secant_geo *geo);
SECANT_API void secant_geo_free(secant_geo *geo);

/* ---- rasters that need not fit in memory ---- */

typedef struct secant_raster secant_raster;
typedef struct secant_raster_info {
	int width, height, channels; /* of the upright picture, unless orientation is ignored; as windows have them */
	secant_dtype dtype;
	int block_width, block_height; /* tiles or strips of the file: windows along them are read fastest */
	const char *format;
	const secant_geo *geo; /* borrowed from the raster; NULL: none */
	bool nodata, alpha; /* as in secant_image_info */
} secant_raster_info;

/* Opens a picture for reading by windows: TIFF blocks are decoded when a window needs them, with a cache of about a row
 * of them (at most 256 MiB, but always one block); any other format is decoded whole. `options` as for
 * secant_image_read; max_pixels then bounds what is decoded at once: a window, or the picture of another format. NULL
 * and err on failure. */
SECANT_API secant_raster *secant_raster_open(
	const char *path, const secant_image_read_options *options, secant_err *err);
SECANT_API const secant_raster_info *secant_raster_about(const secant_raster *r);
/* Reads a window of the upright picture, which must lie inside, into a new picture (secant_image_free; zeroed on
 * failure; without georeference). */
SECANT_API secant_status secant_raster_read_window(
	secant_raster *r, int x, int y, int width, int height, secant_image *im, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_raster_close(secant_raster *r); /* NULL is fine */

typedef struct secant_raster_writer secant_raster_writer;
typedef struct secant_raster_spec {
	int width, height, channels;
	secant_dtype dtype;
	const secant_geo *geo; /* copied; NULL: none */
	const uint8_t (*palette)[3]; /* of one u8 channel; copied; NULL: none */
	int palette_count;
} secant_raster_spec;

/* Starts a picture that is written from top to bottom: a TIFF goes to the file in strips or tiles as rows come, other
 * formats are collected and written at the end. Atomic as secant_image_write. NULL and err on failure. */
SECANT_API secant_raster_writer *secant_raster_create(
	const char *path, const secant_raster_spec *spec, const secant_image_write_options *options, secant_err *err);
/* The next `n` rows: n x width x channels values of the dtype. Errors are sticky. */
SECANT_API secant_status secant_raster_write_rows(secant_raster_writer *w, const void *rows, int n, secant_err *err);
/* Completes the file; fails when rows are missing. Frees w in any case. */
SECANT_API secant_status secant_raster_finish(secant_raster_writer *w, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_raster_abort(secant_raster_writer *w); /* leaves no file; NULL is fine */

/* ---- simple work on pictures: drawing, thumbnails, labels ---- */

/* All make a new picture *to (zeroed on failure), which must not be *from. What still holds goes along: the palette
 * with copy, crop, orient and resize by nearest, the georeference with copy, convert, expand and (moved) crop. Not for
 * training: these are plain loops. */
SECANT_API secant_status secant_image_copy(
	secant_image *to, const secant_image *from, secant_err *err) SECANT_NODISCARD;
/* channels as in secant_image_read_options; u8 to u16 is * 257 and back / 257 rounded, otherwise numbers are kept,
 * rounded, cut to range. */
SECANT_API secant_status secant_image_convert(
	secant_image *to, const secant_image *from, int channels, secant_dtype dtype, secant_err *err) SECANT_NODISCARD;
/* An indexed picture as RGB; an index beyond the palette is an error. */
SECANT_API secant_status secant_image_expand(
	secant_image *to, const secant_image *from, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_image_crop(
	secant_image *to, const secant_image *from, int x, int y, int width, int height, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_image_resize(secant_image *to, const secant_image *from, int width, int height,
	secant_filter filter, secant_err *err) SECANT_NODISCARD;
/* Turns and mirrors as EXIF orientation 1 to 8 asks for, so that the result is upright. */
SECANT_API secant_status secant_image_orient(
	secant_image *to, const secant_image *from, int orientation, secant_err *err) SECANT_NODISCARD;
SECANT_API size_t secant_image_row_bytes(const secant_image *im); /* width * channels * size of a value */

#ifdef __cplusplus
}
#endif
#endif
