/*
 * Writing TIFF from top to bottom: strips of about 256 KiB or square tiles, deflate with the predictor that fits the
 * dtype, little-endian, BigTIFF where classic could overflow. One band of blocks is held in memory, not the picture.
 */
#include "codec/tiff.h"

enum { STRIP_BYTES = 1 << 18 };

/* Three u8 bands are colour whatever the source; others follow the source, or are colour where they look like it. */
static bool
is_colour(const secant_raster_spec *spec)
{
	if (spec->channels == 3 && spec->dtype == SECANT_U8)
		return true;
	return spec->channels >= 3
		&& (spec->geo ? spec->geo->colour
					  : spec->channels <= 4 && spec->dtype != SECANT_F32 && spec->dtype != SECANT_I16);
}

static secant_status
set_palette(TIFF *t, const secant_raster_spec *spec)
{
	uint16_t c[3][256] = { 0 };
	for (int i = 0; i < spec->palette_count && i < 256; i++)
		for (int k = 0; k < 3; k++)
			c[k][i] = (uint16_t)(spec->palette[i][k] * 257);
	return TIFFSetField(t, TIFFTAG_COLORMAP, c[0], c[1], c[2]) ? SECANT_OK : SECANT_ERR_BUG;
}

static void
set_extras(TIFF *t, const secant_raster_spec *spec, bool colour)
{
	uint16_t kind[4096] = { 0 };
	int n = spec->channels - (colour ? 3 : 1);
	if (n < 1)
		return;
	if ((colour || n == 1) && (spec->geo ? spec->geo->alpha : n == 1))
		kind[0] = EXTRASAMPLE_UNASSALPHA;
	(void)TIFFSetField(t, TIFFTAG_EXTRASAMPLES, n, kind);
}

static secant_status
set_tags(codec_tiff_writer *w, const secant_raster_spec *spec, const secant_image_write_options *o, secant_err *err)
{
	TIFF *t = w->file.t;
	bool colour = is_colour(spec), indexed = spec->palette && spec->channels == 1 && spec->dtype == SECANT_U8;
	int format = spec->dtype == SECANT_F32 ? SAMPLEFORMAT_IEEEFP
		: spec->dtype == SECANT_I16        ? SAMPLEFORMAT_INT
										   : SAMPLEFORMAT_UINT;
	int level = codec_compression_level(o);
	(void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, (uint32_t)spec->width);
	(void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, (uint32_t)spec->height);
	(void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, spec->channels);
	(void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, (int)secant_dtype_size(spec->dtype) * 8);
	(void)TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, format);
	(void)TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	(void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC,
		indexed      ? PHOTOMETRIC_PALETTE
			: colour ? PHOTOMETRIC_RGB
					 : PHOTOMETRIC_MINISBLACK);
	(void)TIFFSetField(t, TIFFTAG_COMPRESSION, level ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_NONE);
	if (level) {
		(void)TIFFSetField(t, TIFFTAG_ZIPQUALITY, level);
		(void)TIFFSetField(t, TIFFTAG_PREDICTOR,
			indexed                         ? PREDICTOR_NONE
				: spec->dtype == SECANT_F32 ? PREDICTOR_FLOATINGPOINT
											: PREDICTOR_HORIZONTAL);
	}
	if (w->tiled) {
		(void)TIFFSetField(t, TIFFTAG_TILEWIDTH, (uint32_t)w->block_width);
		(void)TIFFSetField(t, TIFFTAG_TILELENGTH, (uint32_t)w->block_height);
	} else {
		(void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, (uint32_t)w->block_height);
	}
	set_extras(t, spec, colour);
	if (indexed && set_palette(t, spec))
		return codec_tiff_fail(&w->file, "the palette cannot be written", err);
	secant_status s = codec_geo_write(spec->geo, t, err);
	return s ? s : w->file.err.code ? codec_tiff_fail(&w->file, "a tag cannot be written", err) : SECANT_OK;
}

secant_status
codec_tiff_write_start(codec_tiff_writer *w, codec_sink *sink, const secant_raster_spec *spec,
	const secant_image_write_options *o, secant_err *err)
{
	*w = (codec_tiff_writer){
		.width = spec->width, .height = spec->height, .channels = spec->channels, .tiled = o->tile > 0
	};
	if (spec->width < 1 || spec->height < 1 || spec->channels < 1 || spec->channels > 4096)
		return secant_fail(err, SECANT_ERR_RANGE, "TIFF: a picture of %dx%d with %d bands cannot be written",
			spec->width, spec->height, spec->channels);
	if (spec->dtype != SECANT_U8 && spec->dtype != SECANT_U16 && spec->dtype != SECANT_I16 && spec->dtype != SECANT_F32)
		return secant_fail(
			err, SECANT_ERR_ARG, "TIFF: dtype %s is not u8, u16, i16 or f32", secant_dtype_name(spec->dtype));
	w->pixel = (size_t)spec->channels * secant_dtype_size(spec->dtype);
	w->row_bytes = (size_t)spec->width * w->pixel;
	size_t fit = STRIP_BYTES / w->row_bytes;
	w->block_width = w->tiled ? o->tile : spec->width;
	w->block_height = w->tiled ? o->tile : fit < 1 ? 1 : fit > (size_t)spec->height ? spec->height : (int)fit;
	if (w->row_bytes > INT32_MAX || (size_t)w->block_width * (size_t)w->block_height * w->pixel > INT32_MAX)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "TIFF: rows of %zu bytes, or tiles, are 2^31 bytes or more", w->row_bytes);
	bool big = (uint64_t)w->row_bytes * (uint64_t)spec->height
		> UINT32_MAX - (1u << 28); /* incompressible data grows a little */
	secant_status s = codec_tiff_create(&w->file, sink, big, err);
	if (!s)
		s = set_tags(w, spec, o, err);
	if (!s
		&& (!(w->rows = secant_calloc((size_t)w->block_height, w->row_bytes))
			|| !(w->tile = secant_calloc((size_t)w->block_width * (size_t)w->block_height, w->pixel))))
		s = secant_fail(err, SECANT_ERR_NOMEM, "TIFF: no memory for %d rows", w->block_height);
	return s;
}

/* Writes the band of blocks that `rows` rows complete; tiles at the right edge and the bottom are filled up with zeros.
 */
static secant_status
flush(codec_tiff_writer *w, int rows, secant_err *err)
{
	int by = (w->row - 1) / w->block_height, across = (w->width - 1) / w->block_width + 1;
	for (int bx = 0; bx < across; bx++) {
		tmsize_t done;
		if (w->tiled) {
			int left = w->width - bx * w->block_width, n = left < w->block_width ? left : w->block_width;
			size_t row = (size_t)w->block_width * w->pixel;
			memset(w->tile, 0, row * (size_t)w->block_height);
			for (int y = 0; y < rows; y++)
				memcpy(w->tile + (size_t)y * row, w->rows + (size_t)y * w->row_bytes + (size_t)bx * row,
					(size_t)n * w->pixel);
			done = TIFFWriteEncodedTile(
				w->file.t, (uint32_t)(by * across + bx), w->tile, (tmsize_t)(row * (size_t)w->block_height));
		} else {
			memcpy(w->tile, w->rows, (size_t)rows * w->row_bytes); /* predictors work in place */
			done = TIFFWriteEncodedStrip(w->file.t, (uint32_t)by, w->tile, (tmsize_t)((size_t)rows * w->row_bytes));
		}
		if (done < 0 || w->file.err.code)
			return codec_tiff_fail(&w->file, "a block cannot be written", err);
	}
	return SECANT_OK;
}

secant_status
codec_tiff_write_rows(codec_tiff_writer *w, const void *rows, int n, secant_err *err)
{
	if (n < 0 || n > w->height - w->row)
		return secant_fail(err, SECANT_ERR_ARG, "TIFF: %d more rows, after %d of %d", n, w->row, w->height);
	for (int i = 0; i < n; i++) {
		int y = w->row % w->block_height;
		memcpy(w->rows + (size_t)y * w->row_bytes, (const uint8_t *)rows + (size_t)i * w->row_bytes, w->row_bytes);
		w->row++;
		secant_status s = y + 1 == w->block_height || w->row == w->height ? flush(w, y + 1, err) : SECANT_OK;
		if (s)
			return s;
	}
	return SECANT_OK;
}

secant_status
codec_tiff_write_finish(codec_tiff_writer *w, secant_err *err)
{
	if (w->row < w->height)
		return secant_fail(err, SECANT_ERR_ARG, "TIFF: %d rows were written, the picture has %d", w->row, w->height);
	if (!TIFFWriteDirectory(w->file.t) || w->file.err.code)
		return codec_tiff_fail(&w->file, "the directory cannot be written", err);
	return SECANT_OK;
}

void
codec_tiff_write_free(codec_tiff_writer *w)
{
	if (w->file.t)
		TIFFCleanup(w->file.t); /* closes without writing anything more */
	secant_free(w->rows);
	secant_free(w->tile);
	*w = (codec_tiff_writer){ 0 };
}
