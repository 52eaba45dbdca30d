/*
 * What a picture codec is, and what codecs share.
 *
 * To add one: write src/codec/x.c whose last lines are `const secant_codec secant_codec_x = { ... };` and add CODEC(x)
 * to codecs.inc. Reading by content, writing by extension, listings and the tests that walk the table follow.
 *
 * A codec decodes what the file stores: rows as they lie, the channels and dtype it has. Turning upright, wanted
 * channels and 8 bits are done in one place for all (codec.c), unless a codec gets them for free. The file lies in
 * memory and is hostile.
 */
#ifndef SECANT_CODEC_CODEC_H
#define SECANT_CODEC_CODEC_H
#include <secant/codec.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/registry.h"

/* Where an encoder's bytes go: a file that is being written, or memory that grows. Errors are sticky:
 * secant_sink_status. */
typedef struct secant_sink {
	secant_writer *w; /* NULL: memory */
	uint8_t *data; /* memory: owned by whoever takes it */
	size_t size, capacity;
	uint64_t at, end;
	secant_err first;
} secant_sink;

bool secant_sink_put(secant_sink *s, const void *data, size_t size); /* false after an error */
bool secant_sink_seek(secant_sink *s, uint64_t position); /* up to 4 KiB, of zeros, behind the end */
secant_status secant_sink_status(const secant_sink *s, secant_err *err);

typedef struct secant_codec {
	const char *name, *brief;
	const char *extensions; /* "jpg|jpeg" */
	int64_t pixels_per_byte; /* no file packs more, so a header that claims more lies; 0: no such limit */
	bool header_first; /* probe sees the same in the first part of a file as in all of it, or fails */
	bool (*detect)(const uint8_t *data, size_t size);
	/* Fills all but `format`; width and height as stored, channels and dtype as decode gives them with all-zero
	 * options. */
	secant_status (*probe)(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err);
	/* Honours palette_as_indices; may honour channels and to_u8. *im is zeroed and stays so on failure. */
	secant_status (*decode)(
		secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err);
	/* `extension` is one of `extensions` or the name, in lower case. Errors of the sink are reported by the caller. */
	secant_status (*encode)(const secant_image *im, secant_sink *out, const char *extension,
		const secant_image_write_options *o, secant_err *err);
} secant_codec;

const secant_codec *secant_codec_at(int i); /* NULL after the last */
extern const secant_kind secant_kind_codecs;

/* Reads the header of a picture in memory. */
secant_status secant_image_probe_data(
	secant_image_info *info, const void *data, size_t size, const char *origin, secant_err *err);
/* As secant_raster_open, from memory that outlives the raster. */
secant_raster *secant_raster_open_data(
	const void *data, size_t size, const char *origin, const secant_image_read_options *options, secant_err *err);

/* Brings a decoded picture to the wanted channels and dtype, in place. Indices stay as they are. */
secant_status secant_image_want(secant_image *im, const secant_image_read_options *o, secant_err *err);
/* Checks a size against max_pixels before anything is allocated. */
secant_status secant_image_check_size(int64_t width, int64_t height, int64_t max_pixels, secant_err *err);
/* Gives an image a palette of `count` colours; a copy. */
secant_status secant_image_set_palette(secant_image *im, const uint8_t (*palette)[3], int count, secant_err *err);
/* "1 or 3 channels of u8": a message about a picture that `format` cannot hold. */
secant_status secant_image_cannot(const secant_image *im, const char *format, const char *can, secant_err *err);
/* The orientation of a block of EXIF (a TIFF header and its first directory), 1 when there is none or it is not 1 to 8.
 */
int secant_exif_orientation(const uint8_t *data, size_t size);
/* The deflate level that the options ask for: 0 (none) to 9. */
int secant_compression_level(const secant_image_write_options *o);
#endif
