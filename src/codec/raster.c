/*
 * Rasters: windows of pictures that need not fit in memory, and pictures written row by row. A TIFF is decoded block by
 * block with a cache in which block i has place i modulo the number of places: with a row of blocks in it, windows that
 * go along a row decode nothing twice. Pictures of other formats are decoded whole, and written when complete.
 */
#include "codec/codec.h"
#include "codec/tiff.h"
#include "codec/white.h"
#include <math.h>

enum { CACHE_BYTES = 1 << 28 };

struct secant_raster {
	secant_raster_info about;
	secant_image_read_options options;
	secant_bytes map; /* of a file opened by path */
	char *name; /* NULL: messages get no name */
	secant_image whole; /* not a TIFF */
	codec_tiff_file file;
	codec_tiff_layout layout;
	secant_geo *geo; /* of the stored picture where `about` has that of the upright one */
	secant_geo *upright;
	int orientation;
	secant_raster *mask; /* which stored pixels have data; NULL: no mask */
	bool alpha; /* the last band is one */
	size_t block_bytes;
	int places;
	int *in_place; /* which block a place holds; -1: none */
	uint8_t *cache, *scratch;
};

/* ---- opening ---- */

/* GDAL's mask is a later directory of the picture's size that says so; false: there is none, or what comes is damaged,
 * which concerns the first picture not. */
static bool
go_to_mask(codec_tiff_file *f, int width, int height)
{
	enum { MOST = 64, KIND_MASK = 4, KIND_REDUCED = 1 };
	for (int i = 1; i < MOST && TIFFReadDirectory(f->t); i++) {
		uint32_t kind = 0, w = 0, h = 0;
		(void)TIFFGetField(f->t, TIFFTAG_SUBFILETYPE, &kind);
		(void)TIFFGetField(f->t, TIFFTAG_IMAGEWIDTH, &w);
		(void)TIFFGetField(f->t, TIFFTAG_IMAGELENGTH, &h);
		if (kind & KIND_MASK && !(kind & KIND_REDUCED) && w == (uint32_t)width && h == (uint32_t)height)
			return true;
	}
	return false;
}

bool
codec_tiff_has_mask(const uint8_t *data, size_t size, int width, int height)
{
	codec_tiff_file f;
	bool found = !codec_tiff_open(&f, data, size, NULL) && go_to_mask(&f, width, height);
	codec_tiff_close(&f);
	return found;
}

/* Whether a directory, and where it has such, those below it, hold a larger picture than w x h. */
static bool
is_larger_below(codec_tiff_file *f, int width, int height, uint32_t *w, uint32_t *h)
{
	uint16_t n = 0;
	toff_t *list = NULL, at[16];
	if (!TIFFGetField(f->t, TIFFTAG_SUBIFD, &n, &list) || !list)
		return false;
	n = n < sizeof at / sizeof *at ? n : sizeof at / sizeof *at;
	memcpy(at, list, n * sizeof *at);
	for (int i = 0; i < n; i++) {
		*w = *h = 0;
		if (!TIFFSetSubDirectory(f->t, at[i]))
			return false;
		(void)TIFFGetField(f->t, TIFFTAG_IMAGEWIDTH, w);
		(void)TIFFGetField(f->t, TIFFTAG_IMAGELENGTH, h);
		if (*w > (uint32_t)width && *h > (uint32_t)height)
			return true;
	}
	return false;
}

/* What stands in the file beside its first directory: a preview in front of the picture is refused, more pictures of
 * the same size are said. Damage there concerns the first picture not. */
static secant_status
look_at_pages(secant_raster *r, const uint8_t *data, size_t size, secant_err *err)
{
	enum { MOST = 1000, KIND_REDUCED = 1, KIND_MASK = 4 };
	codec_tiff_file f;
	const codec_tiff_layout *l = &r->layout;
	uint32_t first = 0, w = 0, h = 0;
	int alike = 0, larger = 0;
	(void)TIFFGetField(r->file.t, TIFFTAG_SUBFILETYPE, &first);
	bool preview = first & KIND_REDUCED && !(first & KIND_MASK), below = false;
	if (TIFFLastDirectory(r->file.t) && !preview)
		return SECANT_OK;
	bool open = !codec_tiff_open(&f, data, size, NULL);
	for (int page = 1; open && page < MOST && !larger && TIFFReadDirectory(f.t); page++) {
		uint32_t kind = 0;
		w = h = 0;
		(void)TIFFGetField(f.t, TIFFTAG_SUBFILETYPE, &kind);
		(void)TIFFGetField(f.t, TIFFTAG_IMAGEWIDTH, &w);
		(void)TIFFGetField(f.t, TIFFTAG_IMAGELENGTH, &h);
		bool whole = !(kind & (KIND_REDUCED | KIND_MASK));
		alike += whole && w == (uint32_t)l->width && h == (uint32_t)l->height;
		larger = preview && whole && w > (uint32_t)l->width && h > (uint32_t)l->height ? page : 0;
	}
	if (preview && open && !larger) {
		below = is_larger_below(&r->file, l->width, l->height, &w, &h);
		(void)TIFFSetDirectory(r->file.t, 0);
	}
	codec_tiff_close(&f);
	r->file.err = (secant_err){ 0 };
	if (larger)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"TIFF: the first page is a preview of %dx%d; the picture of %ux%u is on another page, which its name and "
			"#%d "
			"behind it read",
			l->width, l->height, (unsigned)w, (unsigned)h, larger);
	if (below)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"TIFF: the first page is a preview of %dx%d; the picture of %ux%u lies below it (SubIFD, as in DNG and "
			"other "
			"raw files of cameras), which is not read: write it as TIFF or PNG first",
			l->width, l->height, (unsigned)w, (unsigned)h);
	char text[200];
	(void)snprintf(text, sizeof text,
		"%d%s more pages of this size stand behind this one and are not read (#1 behind the "
		"name is the second); bands on pages of their own are not put together",
		alike, alike >= MOST - 1 ? " or" : "");
	return alike ? codec_geo_say(&r->geo, text, err) : SECANT_OK;
}

static secant_status
open_mask(secant_raster *r, const uint8_t *data, size_t size, secant_err *err)
{
	secant_raster *m;
	if (TIFFLastDirectory(r->file.t) || !codec_tiff_has_mask(data, size, r->layout.width, r->layout.height))
		return SECANT_OK;
	if (!(m = r->mask = secant_calloc(1, sizeof *m)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a mask");
	m->orientation = 1;
	m->options.as_stored = true;
	secant_status s = codec_tiff_open(&m->file, data, size, err);
	if (!s && !go_to_mask(&m->file, r->layout.width, r->layout.height))
		s = codec_tiff_fail(&m->file, "the mask is damaged", err);
	m->file.err = (secant_err){ 0 };
	if (!s)
		s = codec_tiff_look(&m->layout, &m->file, r->options.max_pixels, err);
	m->layout.as_stored = true;
	m->about.width = m->layout.width;
	m->about.height = m->layout.height;
	return s;
}

/* The value for "no data" speaks of stored samples; windows have those inverted and widened. */
static secant_status
deliver_nodata(secant_raster *r, secant_err *err)
{
	const codec_tiff_layout *l = &r->layout;
	double v, most = l->bits < 8 && !l->as_stored && !l->colours ? (1 << l->bits) - 1 : 0;
	if (!secant_geo_nodata(r->geo, &v) || r->geo->bands || (!most && !l->invert) || !(v >= 0) || l->rgba
		|| (most && (v > most || v != (int)v)))
		return SECANT_OK;
	if (most)
		v = (int)((v * 255 + (double)((int)most / 2)) / most);
	if (l->invert && (l->dtype == SECANT_U8 || l->dtype == SECANT_U16))
		v = (l->dtype == SECANT_U8                ? l->as_stored && l->bits < 8 ? (1 << l->bits) - 1 : 255
					: l->bits > 8 && l->bits < 16 ? (1 << l->bits) - 1
												  : 65535)
			- v;
	return codec_geo_set_nodata(r->geo, &v, err);
}

/* Sizes and georeference become those of the upright picture. */
static secant_status
stand_upright(secant_raster *r, int orientation, secant_err *err)
{
	secant_raster_info *a = &r->about, was = *a;
	r->orientation = orientation;
	if (orientation >= 5) {
		a->width = was.height;
		a->height = was.width;
		a->block_width = was.block_height;
		a->block_height = was.block_width;
	}
	if (orientation == 1 || !r->geo)
		return SECANT_OK;
	a->geo = r->upright = codec_geo_turned(r->geo, orientation, was.width, was.height, err);
	return r->upright ? SECANT_OK : SECANT_ERR_NOMEM;
}

/* Numbers brought to a white of 1 have NaN for no data, which stored ones have as their file says. */
static secant_status
declare_nan(secant_raster *r, secant_err *err)
{
	double value, nan = NAN;
	bool told = r->geo && (r->geo->bands || secant_geo_nodata(r->geo, &value));
	if (!told || !codec_white_matters(r->layout.dtype, r->options.white))
		return SECANT_OK;
	if (!r->upright && !(r->upright = codec_geo_turned(r->geo, 1, r->layout.width, r->layout.height, err)))
		return SECANT_ERR_NOMEM;
	r->about.geo = r->upright;
	return codec_geo_set_nodata(r->upright, &nan, err);
}

static secant_status
open_tiff(secant_raster *r, const uint8_t *data, size_t size, codec_sidecar *side, secant_err *err)
{
	secant_status s = codec_tiff_open(&r->file, data, size, err);
	if (!s)
		s = codec_tiff_look(&r->layout, &r->file, r->options.max_pixels, err);
	if (!s)
		s = codec_geo_read(&r->geo, r->file.t, err);
	if (s)
		return s;
	codec_tiff_layout *l = &r->layout;
	l->as_stored = r->options.as_stored;
	secant_err own = { 0 };
	if (side)
		r->geo = codec_geo_beside(r->geo, side, &own);
	if (own.code)
		return secant_fail(err, own.code, "%s", own.msg);
	if (r->geo && !secant_geo_nodata(r->geo, &l->fill))
		l->fill = 0;
	if ((s = codec_geo_doubt_nodata(r->geo, err)) || (s = look_at_pages(r, data, size, err)))
		return s;
	if ((s = deliver_nodata(r, err)) || (s = open_mask(r, data, size, err)))
		return s;
	uint16_t n = 0, *extra = NULL;
	(void)TIFFGetField(r->file.t, TIFFTAG_EXTRASAMPLES, &n, &extra);
	bool alpha = n > 0 && (extra[0] == EXTRASAMPLE_UNASSALPHA || extra[0] == EXTRASAMPLE_ASSOCALPHA);
	r->alpha = alpha && n == 1 && !l->rgba && (l->channels == 2 || l->channels == 4);
	bool last = n > 0 && (extra[n - 1] == EXTRASAMPLE_UNASSALPHA || extra[n - 1] == EXTRASAMPLE_ASSOCALPHA);
	s = codec_geo_doubt_colours(r->geo, l->channels, err);
	if (!s && last && !r->alpha && !l->rgba)
		s = codec_geo_say(&r->geo, "the last band is called alpha and is taken as a number like the others", err);
	if (s)
		return s;
	if (r->geo) {
		uint16_t photometric = 0;
		(void)TIFFGetField(r->file.t, TIFFTAG_PHOTOMETRIC, &photometric);
		r->geo->colour = photometric == PHOTOMETRIC_RGB || l->rgba || l->colours;
		r->geo->alpha = alpha;
	}
	r->about = (secant_raster_info){
		.width = l->width,
		.height = l->height,
		.channels = l->channels,
		.dtype = l->dtype,
		.block_width = l->block_width,
		.block_height = l->block_height,
		.format = "tiff",
		.geo = r->geo,
	};
	if (!r->options.ignore_orientation && (s = stand_upright(r, l->orientation, err)))
		return s;
	if ((s = declare_nan(r, err)))
		return s;
	if (l->colours && !r->options.palette_as_indices)
		r->about.channels = 3;
	return SECANT_OK;
}

static secant_status
open_whole(secant_raster *r, const uint8_t *data, size_t size, const char *origin, codec_sidecar *side, secant_err *err)
{
	secant_image_info info;
	secant_status s = codec_image_probe_data(&info, data, size, origin, err);
	if (!s)
		s = codec_image_decode_beside(&r->whole, data, size, origin, &r->options, side, err);
	if (!s)
		r->about = (secant_raster_info){
			.width = r->whole.width,
			.height = r->whole.height,
			.channels = r->whole.channels,
			.dtype = r->whole.dtype,
			.block_width = r->whole.width,
			.block_height = r->whole.height,
			.format = info.format,
			.geo = secant_image_geo(&r->whole),
			.alpha = info.alpha,
		};
	return s;
}

/* Channels and dtype of windows after conversion: those of a picture of one pixel. */
static secant_status
predict_conversion(secant_raster *r, secant_err *err)
{
	secant_image one;
	bool indices = r->layout.colours && r->options.palette_as_indices;
	secant_status s = secant_image_new(&one, 1, 1, r->about.channels, r->about.dtype, err);
	if (!s && !indices)
		s = codec_image_want(&one, &r->options, err);
	if (!s) {
		r->about.channels = one.channels;
		r->about.dtype = codec_white_matters(one.dtype, r->options.white) ? SECANT_F32 : one.dtype;
	}
	secant_image_free(&one);
	return s;
}

/* Windows of bytes have one white between them. */
static secant_status
find_white(secant_raster *r, secant_err *err)
{
	char why[CODEC_WHITE_WHY];
	codec_range range = { 0 };
	r->options.to_u8 = false;
	secant_status s = codec_range_raster(&range, r, r->layout.bits, err);
	r->options.to_u8 = true;
	r->options.white = codec_white_guess(&range, why);
	return s;
}

secant_raster *
codec_raster_open_data(
	const void *data, size_t size, const char *origin, const secant_image_read_options *options, secant_err *err)
{
	return codec_raster_open_beside(data, size, origin, options, NULL, err);
}

secant_raster *
codec_raster_open_beside(const void *data, size_t size, const char *origin, const secant_image_read_options *options,
	codec_sidecar *side, secant_err *err)
{
	secant_err e = { 0 };
	secant_raster *r = secant_calloc(1, sizeof *r);
	if (!r) {
		codec_sidecar_free(side);
		secant_fail(err, SECANT_ERR_NOMEM, "%s%sno memory", origin ? origin : "", origin ? ": " : "");
		return NULL;
	}
	if (options)
		r->options = *options;
	bool tiff = codec_tiff.detect(data, size);
	r->orientation = 1;
	secant_status s = tiff ? open_tiff(r, data, size, side, &e)
						   : open_whole(r, data, size, origin ? origin : "picture", side, &e);
	if (!s && tiff && side && side->mask && !r->mask) {
		const secant_raster_info *m = secant_raster_about(side->mask);
		if (m->width == r->layout.width && m->height == r->layout.height) {
			r->mask = side->mask;
			side->mask = NULL;
		}
	}
	codec_sidecar_free(side);
	double value;
	r->about.alpha = tiff ? r->alpha : r->about.alpha;
	r->about.nodata = r->mask || (r->whole.voids && !r->about.alpha) || secant_geo_nodata(r->geo, &value)
		|| (r->geo && r->geo->bands);
	if (!s && tiff)
		s = predict_conversion(r, &e);
	if (!s && tiff && r->options.to_u8 && r->layout.dtype != SECANT_U8 && !(r->options.white > 0))
		s = find_white(r, &e);
	if (!s && origin && !(r->name = base_strdup(origin)))
		s = secant_fail(&e, SECANT_ERR_NOMEM, "no memory");
	if (!s)
		return r;
	secant_fail(err, s, origin && tiff ? "%s: %s" : "%s%s", origin && tiff ? origin : "", e.msg);
	secant_raster_close(r);
	return NULL;
}

secant_raster *
secant_raster_open(const char *path, const secant_image_read_options *options, secant_err *err)
{
	secant_bytes map;
	codec_sidecar side;
	if (codec_page_map(&map, path, err))
		return NULL;
	codec_sidecar_read(&side, path);
	secant_raster *r = codec_raster_open_beside(map.data, map.size, path, options, &side, err);
	if (base_file_was_cut(&map, path, err)) {
		secant_raster_close(r);
		r = NULL;
	}
	if (r)
		r->map = map;
	else
		base_file_unmap(&map);
	return r;
}

void
secant_raster_close(secant_raster *r)
{
	if (!r)
		return;
	codec_tiff_close(&r->file);
	secant_image_free(&r->whole);
	secant_geo_free(r->geo);
	secant_geo_free(r->upright);
	secant_raster_close(r->mask);
	secant_free(r->in_place);
	secant_free(r->cache);
	secant_free(r->scratch);
	secant_free(r->name);
	if (r->map.data)
		base_file_unmap(&r->map);
	secant_free(r);
}

const secant_raster_info *
secant_raster_about(const secant_raster *r)
{
	return &r->about;
}

/* ---- windows ---- */

/* Memory for the cache, taken at the first window; when that is all of the picture, nothing will be asked for twice. */
static secant_status
make_cache(secant_raster *r, bool all, secant_err *err)
{
	if (r->cache)
		return SECANT_OK;
	r->block_bytes = codec_tiff_block_bytes(&r->layout);
	size_t fit = CACHE_BYTES / r->block_bytes, blocks = (size_t)r->layout.across * (size_t)r->layout.down;
	size_t wanted = (size_t)r->layout.across * 2; /* windows seldom start where blocks do */
	if (!r->layout.tiled && wanted < 1024)
		wanted = 1024; /* strips may be single rows */
	if (r->orientation >= 5)
		wanted = blocks; /* rows of the upright picture are columns here */
	size_t places = fit < 1 || all ? 1 : fit < wanted ? fit : wanted;
	r->places = (int)(places < blocks ? places : blocks);
	r->cache = secant_calloc((size_t)r->places, r->block_bytes);
	r->in_place = secant_calloc((size_t)r->places, sizeof *r->in_place);
	r->scratch = secant_calloc(codec_tiff_scratch_bytes(&r->layout), 1);
	for (int i = 0; r->in_place && i < r->places; i++)
		r->in_place[i] = -1;
	if (r->cache && r->in_place && r->scratch)
		return SECANT_OK;
	secant_free(r->cache);
	secant_free(r->in_place);
	secant_free(r->scratch);
	r->cache = r->scratch = NULL;
	r->in_place = NULL;
	return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d blocks of %zu bytes", r->places, r->block_bytes);
}

static const uint8_t *
get_block(secant_raster *r, int bx, int by, secant_err *err)
{
	int number = by * r->layout.across + bx, place = number % r->places;
	uint8_t *block = r->cache + (size_t)place * r->block_bytes;
	if (r->in_place[place] == number)
		return block;
	r->in_place[place] = -1;
	if (codec_tiff_block(&r->file, &r->layout, bx, by, block, r->scratch, err))
		return NULL;
	r->in_place[place] = number;
	return block;
}

/* Copies what a block and the window have in common. */
static void
copy_common(secant_image *im, const codec_tiff_layout *l, int bx, int by, const uint8_t *block, int x, int y)
{
	size_t pixel = (size_t)l->channels * secant_dtype_size(l->dtype);
	int64_t left = (int64_t)bx * l->block_width, top = (int64_t)by * l->block_height, right = left + l->block_width,
			bottom = top + l->block_height;
	int64_t x0 = left > x ? left : x, x1 = right < (int64_t)x + im->width ? right : (int64_t)x + im->width;
	int64_t y0 = top > y ? top : y, y1 = bottom < (int64_t)y + im->height ? bottom : (int64_t)y + im->height;
	for (int64_t row = y0; row < y1; row++)
		memcpy((uint8_t *)im->data + ((size_t)(row - y) * (size_t)im->width + (size_t)(x0 - x)) * pixel,
			block + ((size_t)(row - top) * (size_t)l->block_width + (size_t)(x0 - left)) * pixel,
			(size_t)(x1 - x0) * pixel);
}

static secant_status
read_tiff(secant_raster *r, int x, int y, int width, int height, secant_image *im, secant_err *err)
{
	const codec_tiff_layout *l = &r->layout;
	secant_status s = make_cache(r, width == l->width && height == l->height, err);
	if (!s)
		s = secant_image_new(im, width, height, l->channels, l->dtype, err);
	r->file.err = (secant_err){ 0 };
	for (int by = y / l->block_height; by <= (y + height - 1) / l->block_height && !s; by++) {
		for (int bx = x / l->block_width; bx <= (x + width - 1) / l->block_width && !s; bx++) {
			const uint8_t *block = get_block(r, bx, by, err);
			if (block)
				copy_common(im, l, bx, by, block, x, y);
			else
				s = err->code;
		}
	}
	if (!s && r->geo)
		s = codec_image_mark_nodata(im, r->geo, err);
	if (!s && r->mask)
		s = codec_image_mark_mask(im, r->mask, x, y, err);
	if (!s && r->alpha)
		s = codec_image_mark_alpha(im, false, err);
	if (!s && !l->colours && !(s = codec_image_want(im, &r->options, err)))
		s = codec_image_white(im, r->geo, r->options.white, err);
	if (s || !l->colours)
		return s;
	s = codec_image_set_palette(im, (const uint8_t(*)[3])l->palette, l->colours, err);
	if (s || r->options.palette_as_indices)
		return s;
	secant_image colour;
	s = secant_image_expand(&colour, im, err);
	secant_image_free(im);
	if (!s)
		*im = colour;
	return s ? s : codec_image_want(im, &r->options, err);
}

/* Windows have no georeference. */
static secant_status
crop_whole(secant_raster *r, int x, int y, int width, int height, secant_image *im, secant_err *err)
{
	secant_status s = secant_image_crop(im, &r->whole, x, y, width, height, err);
	return s ? s : secant_image_set_geo(im, NULL, err);
}

secant_status
secant_raster_read_window(secant_raster *r, int x, int y, int width, int height, secant_image *im, secant_err *err)
{
	secant_err e = { 0 };
	secant_status s;
	*im = (secant_image){ 0 };
	if (x < 0 || y < 0 || width < 1 || height < 1 || width > r->about.width - x || height > r->about.height - y)
		s = secant_fail(&e, SECANT_ERR_RANGE, "a window of %dx%d at (%d, %d) does not lie in a picture of %dx%d", width,
			height, x, y, r->about.width, r->about.height);
	else
		s = codec_image_check_size(width, height, r->options.max_pixels, &e);
	int at[4] = { x, y, width, height };
	if (!s && !r->whole.data)
		codec_orient_window(r->orientation, r->layout.width, r->layout.height, at);
	if (!s)
		s = r->whole.data ? crop_whole(r, x, y, width, height, im, &e)
						  : read_tiff(r, at[0], at[1], at[2], at[3], im, &e);
	if (!s && !r->whole.data && r->orientation != 1) {
		secant_image turned;
		s = secant_image_orient(&turned, im, r->orientation, &e);
		secant_image_free(im);
		if (!s)
			*im = turned;
	}
	secant_status cut = base_file_was_cut(&r->map, r->name ? r->name : "a picture", err);
	if (!s && !cut)
		return SECANT_OK;
	secant_image_free(im);
	return cut ? cut : secant_fail(err, s, r->name ? "%s: %s" : "%s%s", r->name ? r->name : "", e.msg);
}

/* ---- writing ---- */

struct secant_raster_writer {
	char *path;
	secant_image_write_options options;
	codec_sink sink; /* a TIFF */
	codec_tiff_writer tiff;
	secant_image whole; /* any other format */
	int row;
	secant_err first;
};

/* A picture that will be written whole; an empty one now finds out whether the format can hold it. */
static secant_status
start_whole(secant_raster_writer *w, const secant_raster_spec *spec, secant_err *err)
{
	secant_status s = secant_image_new(&w->whole, spec->width, spec->height, spec->channels, spec->dtype, err);
	if (!s)
		s = codec_image_set_palette(&w->whole, spec->palette, spec->palette_count, err);
	secant_image one = {
		.width = 1,
		.height = 1,
		.channels = spec->channels,
		.dtype = spec->dtype,
		.data = w->whole.data,
		.palette = w->whole.palette,
		.palette_count = w->whole.palette_count,
	};
	void *data = NULL;
	size_t size;
	secant_err e = { 0 };
	if (!s && (s = secant_image_encode(&one, base_path_ext(w->path), &data, &size, &w->options, &e)))
		(void)secant_fail(err, s, "%s: %s", w->path, e.msg);
	secant_free(data);
	return s;
}

static secant_status
start(secant_raster_writer *w, const secant_raster_spec *spec, secant_err *err)
{
	secant_err e = { 0 };
	if (!base_ext_is(w->path, codec_tiff.extensions))
		return start_whole(w, spec, err);
	if (!(w->sink.w = base_writer_open(w->path, err)))
		return err->code;
	secant_status s = codec_tiff_write_start(&w->tiff, &w->sink, spec, &w->options, &e);
	return s ? secant_fail(err, s, "%s: %s", w->path, e.msg) : SECANT_OK;
}

secant_raster_writer *
secant_raster_create(
	const char *path, const secant_raster_spec *spec, const secant_image_write_options *options, secant_err *err)
{
	secant_err e = { 0 };
	secant_raster_writer *w = secant_calloc(1, sizeof *w);
	if (w && options)
		w->options = *options;
	secant_status s = w && (w->path = base_strdup(path)) ? start(w, spec, &e)
														 : secant_fail(&e, SECANT_ERR_NOMEM, "%s: no memory", path);
	if (!s)
		return w;
	secant_raster_abort(w);
	secant_fail(err, s, "%s", e.msg);
	return NULL;
}

secant_status
secant_raster_write_rows(secant_raster_writer *w, const void *rows, int n, secant_err *err)
{
	secant_err e = { 0 };
	secant_status s = w->first.code;
	if (!s && w->whole.data) {
		size_t row = secant_image_row_bytes(&w->whole);
		if (n < 0 || n > w->whole.height - w->row)
			s = secant_fail(&e, SECANT_ERR_ARG, "%d more rows, after %d of %d", n, w->row, w->whole.height);
		else if (n)
			memcpy((uint8_t *)w->whole.data + (size_t)w->row * row, rows, (size_t)n * row);
		w->row += s ? 0 : n;
	} else if (!s) {
		s = codec_tiff_write_rows(&w->tiff, rows, n, &e);
		if (w->sink.first.code) /* a full disk is the cause, libtiff's complaint the consequence */
			s = secant_fail(&w->first, w->sink.first.code, "%s", w->sink.first.msg);
	}
	if (s)
		(void)secant_fail(&w->first, s, "%s: %s", w->path, e.msg);
	return s ? secant_fail(err, s, "%s", w->first.msg) : SECANT_OK;
}

secant_status
secant_raster_finish(secant_raster_writer *w, secant_err *err)
{
	secant_err e = { 0 };
	secant_status s = w->first.code;
	if (!s && w->whole.data) {
		s = w->row < w->whole.height ? secant_fail(&w->first, SECANT_ERR_ARG,
				"%s: %d rows were written, the picture has %d", w->path, w->row, w->whole.height)
									 : secant_image_write(&w->whole, w->path, &w->options, &w->first);
	} else if (!s) {
		s = codec_tiff_write_finish(&w->tiff, &e);
		if (s && !w->sink.first.code)
			(void)secant_fail(&w->first, s, "%s: %s", w->path, e.msg);
		if (!w->first.code) {
			codec_tiff_write_free(&w->tiff);
			s = base_writer_commit(w->sink.w, &w->first);
			w->sink.w = NULL;
		}
	}
	if (s)
		(void)secant_fail(err, s, "%s", w->first.msg);
	secant_raster_abort(w);
	return s;
}

void
secant_raster_abort(secant_raster_writer *w)
{
	if (!w)
		return;
	codec_tiff_write_free(&w->tiff);
	base_writer_abort(w->sink.w);
	secant_image_free(&w->whole);
	secant_free(w->path);
	secant_free(w);
}
