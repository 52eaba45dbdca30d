/*
 * TIFF and GeoTIFF: strips and tiles, contiguous and separate planes, 1 to 16, 32 and 64 bits, whole and real numbers,
 * palettes, every compression that libtiff was built with, classic and BigTIFF, and GDAL's sparse files, whose missing
 * blocks have offset and size 0 and stand for the value of nodata, or 0. Colour models other than grey, RGB and palette
 * (YCbCr, CMYK, CIE L*a*b*, ...) come as RGB through libtiff's own conversion. A block, tile or strip, is the unit of
 * decoding; the first page is read.
 *
 * Whole numbers of 32 and 64 bits become f32, exact up to 2^24.
 */
#include "codec/tiff.h"

enum { SMALL_TILE = 1 << 24 };

/* ---- samples ---- */

/* Turns n stored samples into n of the dtype; both may lie at any address. */
typedef struct codec_tiff_sample {
	int bits, format;
	secant_dtype dtype;
	void (*convert)(void *to, const uint8_t *from, size_t n);
} codec_tiff_sample;

static void
from_8(void *to, const uint8_t *from, size_t n)
{
	memcpy(to, from, n);
}

static void
from_16(void *to, const uint8_t *from, size_t n)
{
	memcpy(to, from, n * 2);
}

static void
from_f32(void *to, const uint8_t *from, size_t n)
{
	memcpy(to, from, n * 4);
}

static void
from_s8(void *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((int16_t *)to)[i] = (int8_t)from[i];
}

/* Samples of less than a byte, high bits first, over the whole range of u8. */
static void
from_bits(uint8_t *to, const uint8_t *from, size_t n, int bits)
{
	unsigned most = (1u << bits) - 1, have = 0;
	int left = 0;
	for (size_t i = 0; i < n; i++) {
		if (left < bits) {
			have = have << 8 | *from++;
			left += 8;
		}
		left -= bits;
		to[i] = (uint8_t)(((have >> left & most) * 255 + most / 2) / most);
	}
}

#define FROM_BITS(name, bits) \
	static void name(void *to, const uint8_t *from, size_t n) { from_bits(to, from, n, bits); }
FROM_BITS(from_1, 1)
FROM_BITS(from_2, 2)
FROM_BITS(from_3, 3)
FROM_BITS(from_4, 4)
FROM_BITS(from_5, 5)
FROM_BITS(from_6, 6)
FROM_BITS(from_7, 7)

/* 9 to 15 bits (GDAL's NBITS, cameras), as they are: what their white is, nobody knows. */
static void
from_long_bits(uint16_t *to, const uint8_t *from, size_t n, int bits)
{
	uint32_t have = 0;
	int left = 0;
	for (size_t i = 0; i < n; i++) {
		for (; left < bits; left += 8)
			have = have << 8 | *from++;
		left -= bits;
		to[i] = (uint16_t)(have >> left & ((1u << bits) - 1));
	}
}

#define FROM_LONG_BITS(name, bits) \
	static void name(void *to, const uint8_t *from, size_t n) { from_long_bits(to, from, n, bits); }
FROM_LONG_BITS(from_9, 9)
FROM_LONG_BITS(from_10, 10)
FROM_LONG_BITS(from_11, 11)
FROM_LONG_BITS(from_12, 12)
FROM_LONG_BITS(from_13, 13)
FROM_LONG_BITS(from_14, 14)
FROM_LONG_BITS(from_15, 15)

#define TO_FLOAT(name, T) \
	static void name(void *to, const uint8_t *from, size_t n) \
	{ \
		for (size_t i = 0; i < n; i++) { \
			T v; \
			memcpy(&v, from + i * sizeof v, sizeof v); \
			((float *)to)[i] = (float)v; \
		} \
	}
TO_FLOAT(from_u32, uint32_t)
TO_FLOAT(from_s32, int32_t)
TO_FLOAT(from_u64, uint64_t)
TO_FLOAT(from_s64, int64_t)
TO_FLOAT(from_f64, double)

static void
from_f16(void *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t v;
		memcpy(&v, from + i * 2, 2);
		secant_tensor one = { .dtype = SECANT_F16, .shape = { 0 }, .data = &v };
		((float *)to)[i] = (float)secant_tensor_get(&one, 0);
	}
}

static const codec_tiff_sample samples[] = {
	{ 1, SAMPLEFORMAT_UINT, SECANT_U8, from_1 },
	{ 2, SAMPLEFORMAT_UINT, SECANT_U8, from_2 },
	{ 3, SAMPLEFORMAT_UINT, SECANT_U8, from_3 },
	{ 4, SAMPLEFORMAT_UINT, SECANT_U8, from_4 },
	{ 5, SAMPLEFORMAT_UINT, SECANT_U8, from_5 },
	{ 6, SAMPLEFORMAT_UINT, SECANT_U8, from_6 },
	{ 7, SAMPLEFORMAT_UINT, SECANT_U8, from_7 },
	{ 9, SAMPLEFORMAT_UINT, SECANT_U16, from_9 },
	{ 10, SAMPLEFORMAT_UINT, SECANT_U16, from_10 },
	{ 11, SAMPLEFORMAT_UINT, SECANT_U16, from_11 },
	{ 12, SAMPLEFORMAT_UINT, SECANT_U16, from_12 },
	{ 13, SAMPLEFORMAT_UINT, SECANT_U16, from_13 },
	{ 14, SAMPLEFORMAT_UINT, SECANT_U16, from_14 },
	{ 15, SAMPLEFORMAT_UINT, SECANT_U16, from_15 },
	{ 8, SAMPLEFORMAT_UINT, SECANT_U8, from_8 },
	{ 8, SAMPLEFORMAT_INT, SECANT_I16, from_s8 },
	{ 16, SAMPLEFORMAT_UINT, SECANT_U16, from_16 },
	{ 16, SAMPLEFORMAT_INT, SECANT_I16, from_16 },
	{ 16, SAMPLEFORMAT_IEEEFP, SECANT_F32, from_f16 },
	{ 32, SAMPLEFORMAT_UINT, SECANT_F32, from_u32 },
	{ 32, SAMPLEFORMAT_INT, SECANT_F32, from_s32 },
	{ 32, SAMPLEFORMAT_IEEEFP, SECANT_F32, from_f32 },
	{ 64, SAMPLEFORMAT_UINT, SECANT_F32, from_u64 },
	{ 64, SAMPLEFORMAT_INT, SECANT_F32, from_s64 },
	{ 64, SAMPLEFORMAT_IEEEFP, SECANT_F32, from_f64 },
};

/* ---- layout ---- */

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 8
		&& (!memcmp(data, "II*\0", 4) || !memcmp(data, "MM\0*", 4) || !memcmp(data, "II+\0", 4)
			|| !memcmp(data, "MM\0+", 4));
}

/* A tag of 16 bits with a default. */
static int
tag16(TIFF *t, uint32_t tag)
{
	uint16_t v = 0;
	return TIFFGetFieldDefaulted(t, tag, &v) ? v : 0;
}

static secant_status
look_at_samples(codec_tiff_layout *l, codec_tiff_file *f, secant_err *err)
{
	int photometric = tag16(f->t, TIFFTAG_PHOTOMETRIC), format = tag16(f->t, TIFFTAG_SAMPLEFORMAT);
	l->bits = tag16(f->t, TIFFTAG_BITSPERSAMPLE);
	l->samples = tag16(f->t, TIFFTAG_SAMPLESPERPIXEL);
	l->separate = tag16(f->t, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
	l->invert = photometric == PHOTOMETRIC_MINISWHITE;
	l->channels = l->samples;
	if (format == SAMPLEFORMAT_VOID)
		format = SAMPLEFORMAT_UINT;
	if (photometric == PHOTOMETRIC_YCBCR && tag16(f->t, TIFFTAG_COMPRESSION) == COMPRESSION_JPEG && !l->separate) {
		(void)TIFFSetField(f->t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB); /* libjpeg converts */
	} else if (photometric > PHOTOMETRIC_MASK) {
		char why[1024];
		if (!TIFFRGBAImageOK(f->t, why))
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "TIFF: %s", why);
		l->rgba = true;
		l->channels = 3;
		l->dtype = SECANT_U8;
		return SECANT_OK;
	}
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (samples[i].bits == l->bits && samples[i].format == format)
			l->sample = &samples[i];
	if (format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"TIFF: complex numbers (of radar) are no picture: `gdal_translate` of their amplitude "
			"(DERIVED_SUBDATASET:AMPLITUDE:FILE) makes one");
	if (!l->sample)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "TIFF: samples of %d bits, format %d, are not read", l->bits, format);
	l->dtype = l->sample->dtype;
	if (l->channels < 1 || l->channels > 4096)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "TIFF: %d bands, 1 to 4096 are possible", l->channels);
	return SECANT_OK;
}

/* Colours that were given after the first pixels (GDAL) stand beside a photometric that still says grey. */
static bool
has_palette(const codec_tiff_layout *l, codec_tiff_file *f)
{
	uint16_t *c[3];
	int photometric = tag16(f->t, TIFFTAG_PHOTOMETRIC);
	bool late = photometric == PHOTOMETRIC_MINISBLACK && l->samples == 1 && l->bits <= 8 && l->dtype == SECANT_U8;
	return photometric == PHOTOMETRIC_PALETTE || (late && TIFFGetField(f->t, TIFFTAG_COLORMAP, &c[0], &c[1], &c[2]));
}

/* Colours are 16 bits, but some writers left them at 8. */
static secant_status
look_at_palette(codec_tiff_layout *l, codec_tiff_file *f, secant_err *err)
{
	uint16_t *c[3];
	int n = 1 << l->bits, shift = 0;
	if (l->bits > 8 || l->samples != 1)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "TIFF: a palette with %d samples of %d bits is not read", l->samples, l->bits);
	if (!TIFFGetField(f->t, TIFFTAG_COLORMAP, &c[0], &c[1], &c[2]))
		return secant_fail(err, SECANT_ERR_FORMAT, "TIFF: the palette is missing");
	for (int i = 0; i < n * 3; i++)
		if (c[i % 3][i / 3] > 255)
			shift = 8;
	for (int i = 0; i < n * 3; i++)
		l->palette[i / 3][i % 3] = (uint8_t)(c[i % 3][i / 3] >> shift);
	l->colours = n;
	return SECANT_OK;
}

static secant_status
look_at_blocks(codec_tiff_layout *l, codec_tiff_file *f, int64_t max_pixels, secant_err *err)
{
	uint32_t w = 0, h = 0;
	l->tiled = TIFFIsTiled(f->t);
	if (l->tiled) {
		(void)TIFFGetField(f->t, TIFFTAG_TILEWIDTH, &w);
		(void)TIFFGetField(f->t, TIFFTAG_TILELENGTH, &h);
	} else {
		w = (uint32_t)l->width;
		(void)TIFFGetFieldDefaulted(f->t, TIFFTAG_ROWSPERSTRIP, &h);
		h = h > (uint32_t)l->height ? (uint32_t)l->height : h;
	}
	/* a small picture may lie in one large tile */
	secant_err e = { 0 };
	if (codec_image_check_size(w, h, max_pixels > 0 && max_pixels < SMALL_TILE ? SMALL_TILE : max_pixels, &e))
		return secant_fail(err, e.code, "TIFF: tiles or strips: %s", e.msg);
	l->block_width = (int)w;
	l->block_height = (int)h;
	l->across = (l->width - 1) / l->block_width + 1;
	l->down = (l->height - 1) / l->block_height + 1;
	if (l->across > INT32_MAX / l->down)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "TIFF: %dx%d tiles or strips", l->across, l->down);
	/* what libtiff will write must be what the layout says */
	uint64_t row = ((uint64_t)w * (uint64_t)(l->separate ? 1 : l->samples) * (uint64_t)l->bits + 7) / 8;
	uint64_t bytes = l->tiled ? TIFFTileSize64(f->t) : TIFFVStripSize64(f->t, h);
	if (bytes > INT32_MAX)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "TIFF: tiles or strips of %llu bytes, at most 2^31 are read",
			(unsigned long long)bytes);
	if (!l->rgba && row * h != bytes)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "TIFF: tiles or strips of %llu bytes where %llu were expected",
			(unsigned long long)bytes, (unsigned long long)(row * h));
	return SECANT_OK;
}

secant_status
codec_tiff_look(codec_tiff_layout *l, codec_tiff_file *f, int64_t max_pixels, secant_err *err)
{
	uint32_t w = 0, h = 0;
	*l = (codec_tiff_layout){ .orientation = tag16(f->t, TIFFTAG_ORIENTATION) };
	(void)TIFFGetField(f->t, TIFFTAG_IMAGEWIDTH, &w);
	(void)TIFFGetField(f->t, TIFFTAG_IMAGELENGTH, &h);
	secant_status s = codec_image_check_size(w, h, INT64_MAX, err);
	if (s)
		return s;
	l->width = (int)w;
	l->height = (int)h;
	if (l->orientation < 1 || l->orientation > 8)
		l->orientation = 1;
	(void)TIFFSetField(
		f->t, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT); /* in memory: libtiff's own conversion must not turn */
	s = look_at_samples(l, f, err);
	if (!s && has_palette(l, f))
		s = look_at_palette(l, f, err);
	return s ? s : look_at_blocks(l, f, max_pixels, err);
}

size_t
codec_tiff_block_bytes(const codec_tiff_layout *l)
{
	return (size_t)l->block_width * (size_t)l->block_height * (size_t)l->channels * secant_dtype_size(l->dtype);
}

size_t
codec_tiff_scratch_bytes(const codec_tiff_layout *l)
{
	size_t per_row = l->rgba
		? (size_t)l->block_width * 4
		: ((size_t)l->block_width * (size_t)(l->separate ? 1 : l->samples) * (size_t)l->bits + 7) / 8;
	return (per_row * (size_t)l->block_height + 15) / 16 * 16
		+ (size_t)l->block_width * 8; /* and a row of one plane, aligned */
}

/* ---- blocks ---- */

/* libtiff's own conversion: a u32 a pixel, red in the low byte, rows from the bottom of the block up. */
static secant_status
read_rgba(codec_tiff_file *f, const codec_tiff_layout *l, int bx, int by, uint8_t *block, uint32_t *scratch, int rows,
	secant_err *err)
{
	int ok = l->tiled
		? TIFFReadRGBATileExt(f->t, (uint32_t)(bx * l->block_width), (uint32_t)(by * l->block_height), scratch, 1)
		: TIFFReadRGBAStripExt(f->t, (uint32_t)(by * l->block_height), scratch, 1);
	if (!ok)
		return codec_tiff_fail(f, "a block cannot be converted to RGB", err);
	int stored = l->tiled ? l->block_height : rows;
	for (int y = 0; y < rows; y++) {
		const uint32_t *from = scratch + (size_t)(stored - 1 - y) * (size_t)l->block_width;
		for (int x = 0; x < l->block_width; x++, block += 3) {
			block[0] = (uint8_t)TIFFGetR(from[x]);
			block[1] = (uint8_t)TIFFGetG(from[x]);
			block[2] = (uint8_t)TIFFGetB(from[x]);
		}
	}
	return SECANT_OK;
}

static void
invert(void *data, size_t n, secant_dtype dtype, int bits)
{
	unsigned white = bits > 8 && bits < 16 ? (1u << bits) - 1 : 65535;
	for (size_t i = 0; i < n && dtype == SECANT_U8; i++)
		((uint8_t *)data)[i] = (uint8_t)(255 - ((uint8_t *)data)[i]);
	for (size_t i = 0; i < n && dtype == SECANT_U16; i++)
		((uint16_t *)data)[i] = (uint16_t)(white - ((uint16_t *)data)[i]);
}

/* What from_bits widened, as it was. */
static void
narrow(uint8_t *p, size_t n, int bits)
{
	int most = bits < 8 ? (1 << bits) - 1 : 255;
	for (size_t i = 0; i < n && bits < 8; i++)
		p[i] = (uint8_t)((p[i] * most + 127) / 255);
}

/* A block that the file does not have. */
static void
fill_block(const codec_tiff_layout *l, void *block, size_t n)
{
	int64_t most = INT64_C(1) << 62;
	secant_shape all = secant_shape_of(1, most);
	secant_tensor t = { .dtype = l->dtype, .shape = all, .data = block };
	for (size_t i = 0; i < n; i++)
		secant_tensor_set(&t, (int64_t)i, l->fill);
}

static uint32_t
block_number(const codec_tiff_file *f, const codec_tiff_layout *l, int bx, int by, int plane)
{
	return l->tiled
		? TIFFComputeTile(f->t, (uint32_t)(bx * l->block_width), (uint32_t)(by * l->block_height), 0, (uint16_t)plane)
		: TIFFComputeStrip(f->t, (uint32_t)(by * l->block_height), (uint16_t)plane);
}

/* Reads one plane, or all of a contiguous file, into scratch: `rows` rows. */
static secant_status
read_plane(codec_tiff_file *f, const codec_tiff_layout *l, int bx, int by, int plane, int rows, uint8_t *scratch,
	size_t row, secant_err *err)
{
	tmsize_t want = (tmsize_t)(row * (size_t)(l->tiled ? l->block_height : rows)), got;
	uint32_t number = block_number(f, l, bx, by, plane);
	got = l->tiled ? TIFFReadEncodedTile(f->t, number, scratch, want)
				   : TIFFReadEncodedStrip(f->t, number, scratch, want);
	if (got < want || f->err.code) {
		(void)codec_tiff_fail(f, "a tile or strip ends too early", err);
		return err ? err->code : SECANT_ERR_FORMAT;
	}
	return SECANT_OK;
}

static bool
is_missing(const codec_tiff_file *f, const codec_tiff_layout *l, int bx, int by, int plane)
{
	uint32_t number = block_number(f, l, bx, by, plane);
	return !TIFFGetStrileByteCount(f->t, number) && !TIFFGetStrileOffset(f->t, number);
}

secant_status
codec_tiff_block(
	codec_tiff_file *f, const codec_tiff_layout *l, int bx, int by, void *block, void *scratch, secant_err *err)
{
	int rows = l->block_height < l->height - by * l->block_height ? l->block_height : l->height - by * l->block_height;
	int planes = l->separate ? l->samples : 1;
	if (l->rgba)
		return read_rgba(f, l, bx, by, block, scratch, rows, err);
	size_t n = (size_t)l->block_width * (size_t)(l->separate ? 1 : l->samples), row = (n * (size_t)l->bits + 7) / 8,
		   size = secant_dtype_size(l->dtype);
	uint8_t *line = (uint8_t *)scratch + (row * (size_t)l->block_height + 15) / 16 * 16;
	size_t all = (size_t)rows * (size_t)l->block_width * (size_t)l->channels;
	bool missing = false;
	for (int p = 0; p < planes; p++)
		missing |= is_missing(f, l, bx, by, p);
	if (missing)
		fill_block(l, block, all); /* where planes lie apart, those that are there come over it */
	for (int p = 0; p < planes; p++) {
		if (missing && is_missing(f, l, bx, by, p))
			continue;
		secant_status s = read_plane(f, l, bx, by, p, rows, scratch, row, err);
		if (s)
			return s;
		for (int y = 0; y < rows; y++) {
			uint8_t *to = (uint8_t *)block + (size_t)y * (size_t)l->block_width * (size_t)l->channels * size;
			const uint8_t *from = (const uint8_t *)scratch + (size_t)y * row;
			if (planes == 1) {
				l->sample->convert(to, from, n);
				continue;
			}
			l->sample->convert(line, from, n);
			for (size_t x = 0; x < n; x++)
				memcpy(to + (x * (size_t)planes + (size_t)p) * size, line + x * size, size);
		}
	}
	if (l->invert)
		invert(block, all, l->dtype, l->bits);
	if (l->colours || l->as_stored)
		narrow(block, all, l->bits);
	return SECANT_OK;
}

/* ---- the codec ---- */

static secant_status
probe(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err)
{
	codec_tiff_file f;
	codec_tiff_layout l;
	secant_status s = codec_tiff_open(&f, data, size, err);
	if (s)
		return s;
	s = codec_tiff_look(&l, &f, INT64_MAX, err);
	secant_geo *geo = NULL;
	double value;
	if (!s)
		s = codec_geo_read(&geo, f.t, err);
	uint16_t n = 0, *extra = NULL;
	if (!s && TIFFGetField(f.t, TIFFTAG_EXTRASAMPLES, &n, &extra))
		info->alpha = n == 1 && !l.rgba && (l.channels == 2 || l.channels == 4)
			&& (*extra == EXTRASAMPLE_UNASSALPHA || *extra == EXTRASAMPLE_ASSOCALPHA);
	int compression = s ? 0 : tag16(f.t, TIFFTAG_COMPRESSION);
	info->lossy = compression == COMPRESSION_JPEG || compression == COMPRESSION_OJPEG;
	bool more = !s && !TIFFLastDirectory(f.t);
	info->nodata = (geo && secant_geo_nodata(geo, &value))
		|| (more && codec_tiff_has_mask(data, size, l.width, l.height));
	secant_geo_free(geo);
	codec_tiff_close(&f);
	info->width = l.width;
	info->height = l.height;
	info->channels = l.colours ? 3 : l.channels;
	info->dtype = l.dtype;
	info->bits = l.bits;
	info->palette = l.colours > 0;
	info->orientation = l.orientation;
	return s;
}

/* The whole is a window of a raster. Channels and 8 bits are left to the caller, who turns the picture first. */
secant_status
codec_tiff_decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o,
	codec_sidecar *side, secant_err *err)
{
	secant_image_read_options plain = { .max_pixels = o->max_pixels,
		.palette_as_indices = o->palette_as_indices,
		.as_stored = o->as_stored,
		.ignore_orientation = true }; /* white too is left to the caller, who has the georeference */
	secant_raster *r = codec_raster_open_beside(data, size, NULL, &plain, side, err);
	if (!r)
		return err->code;
	const secant_raster_info *about = secant_raster_about(r);
	secant_status s = secant_raster_read_window(r, 0, 0, about->width, about->height, im, err);
	if (!s && about->geo)
		s = secant_image_set_geo(im, about->geo, err);
	secant_raster_close(r);
	if (s)
		secant_image_free(im);
	return s;
}

static secant_status
decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err)
{
	return codec_tiff_decode(im, data, size, o, NULL, err);
}

static secant_status
encode(const secant_image *im, codec_sink *out, const char *extension, const secant_image_write_options *o,
	secant_err *err)
{
	codec_tiff_writer w;
	secant_raster_spec spec = {
		.width = im->width,
		.height = im->height,
		.channels = im->channels,
		.dtype = im->dtype,
		.geo = secant_image_geo(im),
		.palette = (const uint8_t(*)[3])im->palette,
		.palette_count = im->palette_count,
	};
	secant_status s = codec_tiff_write_start(&w, out, &spec, o, err);
	if (!s)
		s = codec_tiff_write_rows(&w, im->data, im->height, err);
	if (!s)
		s = codec_tiff_write_finish(&w, err);
	codec_tiff_write_free(&w);
	return s;
}

const codec_format codec_tiff = {
	.name = "tiff",
	.brief = "TIFF and GeoTIFF, any number of bands, whole and real numbers",
	.extensions = "tif|tiff|gtiff",
	.windows = true,
	.detect = detect,
	.probe = probe,
	.decode = decode,
	.encode = encode,
};
