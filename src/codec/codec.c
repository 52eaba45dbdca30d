/*
 * Pictures in and out: the table of codecs and what is the same for all of them. Reading maps the file, finds the codec
 * by the first bytes, looks at the header alone, refuses sizes beyond the limit before memory is taken, decodes, and
 * then turns and converts.
 */
#include "codec/codec.h"
#include "codec/white.h"
#include "codec/tiff.h"
#include <ctype.h>
#include <string.h>

#define CODEC(name) extern const codec_format codec_##name;
#include "codec/codecs.inc"
#undef CODEC
static const codec_format *const table[] = {
#define CODEC(name) &codec_##name,
#include "codec/codecs.inc"
#undef CODEC
	NULL,
};

static const secant_image_read_options read_defaults;
static const secant_image_write_options write_defaults;
enum { MOST_PIXELS = 1 << 30, GAP = 4096 };

const codec_format *
codec_at(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof table[0]) ? table[i] : NULL;
}

bool
secant_image_codec(int i, const char **name, const char **brief, const char **extensions)
{
	const codec_format *c = codec_at(i);
	if (!c)
		return false;
	if (name)
		*name = c->name;
	if (brief)
		*brief = c->brief;
	if (extensions)
		*extensions = c->extensions;
	return true;
}

bool
secant_image_is_path(const char *path)
{
	for (const codec_format *const *c = table; *c; c++)
		if (base_ext_is(path, (*c)->extensions))
			return true;
	return false;
}

const codec_format *
codec_of(const secant_image_info *info)
{
	for (const codec_format *const *c = table; *c; c++)
		if (info->format && !strcmp((*c)->name, info->format))
			return *c;
	return NULL;
}

static secant_entry
entry(int i)
{
	const codec_format *c = codec_at(i);
	return c ? (secant_entry){ c->name, c->brief, NULL } : (secant_entry){ 0 };
}

const base_kind base_kind_codecs = { "codecs", "Picture files", entry };

/* ---- reading ---- */

/* What else people keep beside pictures or under their names, by its first bytes: what it is, and a way out. */
static const struct {
	size_t at, n;
	const char *bytes, *what;
} strangers[] = {
	{ 0, 23, "version https://git-lfs", "a pointer of Git LFS, not the picture (git lfs pull)" },
	{ 0, 4, "GIF8", "a GIF (write it as PNG)" },
	{ 4, 8, "jP  \r\n\x87\n", "JPEG 2000 (gdal_translate writes it as GeoTIFF)" },
	{ 0, 4, "\xff\x4f\xff\x51", "JPEG 2000 (gdal_translate writes it as GeoTIFF)" },
	{ 4, 8, "JXL \r\n\x87\n", "JPEG XL (djxl writes it as PNG)" },
	{ 0, 2, "\xff\x0a", "JPEG XL (djxl writes it as PNG)" },
	{ 4, 8, "ftypavif", "AVIF (write it as PNG)" },
	{ 4, 7, "ftyphei", "HEIF, as phones take pictures (heif-convert writes it as PNG)" },
	{ 4, 8, "ftypmif1", "HEIF, as phones take pictures (heif-convert writes it as PNG)" },
	{ 128, 4, "DICM", "DICOM (dcmj2pnm writes it as PNG)" },
	{ 0, 6, "\x93NUMPY", "an array of numpy (write it as TIFF)" },
	{ 0, 8, "\x89HDF\r\n\x1a\n", "HDF5 (gdal_translate writes its pictures as GeoTIFF)" },
	{ 0, 4, "v/1\x01", "OpenEXR (write it as TIFF of floats)" },
	{ 0, 4, "8BPS", "a Photoshop document (write it as PNG)" },
	{ 0, 4, "DDS ", "a DDS texture (write it as PNG)" },
	{ 0, 5, "%PDF-", "a PDF" },
	{ 0, 4, "PK\x03\x04", "a zip archive" },
	{ 0, 2, "\x1f\x8b", "compressed by gzip" },
	{ 0, 11, "<VRTDataset",
		"a VRT of GDAL, which only names other files (gdal_translate F out.tif puts them together)" },
	{ 0, 5, "<?xml", "XML" },
	{ 0, 14, "<!DOCTYPE html", "a page of the web, as servers send instead of a file" },
};

static const codec_format *
find_by_content(const uint8_t *data, size_t size, secant_err *err)
{
	for (const codec_format *const *c = table; *c; c++)
		if ((*c)->detect(data, size))
			return *c;
	char all[200];
	const char *what = size ? NULL : "empty";
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers && !what; i++)
		if (size >= strangers[i].at + strangers[i].n
			&& !memcmp(data + strangers[i].at, strangers[i].bytes, strangers[i].n))
			what = strangers[i].what;
	secant_fail(err, SECANT_ERR_FORMAT, "is %s%sno picture that secant reads: %s (%zu bytes)", what ? what : "",
		what ? ", " : "", base_kind_list(&base_kind_codecs, " or ", all, sizeof all), size);
	return NULL;
}

secant_status
codec_image_check_size(int64_t width, int64_t height, int64_t max_pixels, secant_err *err)
{
	int64_t limit = max_pixels > 0 ? max_pixels : MOST_PIXELS;
	if (width < 1 || height < 1)
		return secant_fail(
			err, SECANT_ERR_FORMAT, "the header says %lldx%lld pixels", (long long)width, (long long)height);
	if (width > INT32_MAX || height > INT32_MAX || width > limit / height)
		return secant_fail(err, SECANT_ERR_RANGE, "%lldx%lld pixels are more than the limit of %lld", (long long)width,
			(long long)height, (long long)limit);
	return SECANT_OK;
}

/* Header and size of a picture of which `size` bytes of `whole` lie in memory; *codec is what reads it. */
static secant_status
look(const codec_format **codec, secant_image_info *info, const uint8_t *data, size_t size, uint64_t whole,
	int64_t max_pixels, secant_err *err)
{
	const codec_format *c = *codec = find_by_content(data, size, err);
	*info = (secant_image_info){ .orientation = 1 };
	if (!c)
		return err->code;
	info->format = c->name;
	secant_status s = c->probe(info, data, size, err);
	if (s)
		return s;
	s = codec_image_check_size(info->width, info->height, max_pixels, err);
	int64_t pixels = (int64_t)info->width * info->height;
	if (!s && c->pixels_per_byte && (uint64_t)(pixels / c->pixels_per_byte) > whole)
		s = secant_fail(err, SECANT_ERR_FORMAT, "the header says %dx%d pixels, which %llu bytes of %s cannot hold",
			info->width, info->height, (unsigned long long)whole, c->name);
	return s;
}

static void
swap_sides(secant_image_info *info)
{
	int w = info->width;
	if (info->orientation < 5)
		return;
	info->width = info->height;
	info->height = w;
}

static secant_status
turn_upright(secant_image *im, int orientation, secant_err *err)
{
	secant_image turned;
	secant_status s = secant_image_orient(&turned, im, orientation, err);
	secant_image_free(im);
	if (!s)
		*im = turned;
	return s;
}

/* What a picture that is no TIFF says of pixels without data; one that was asked for without alpha has none left. */
static secant_status
look_for_voids(secant_image *im, const secant_image_info *info, const codec_sidecar *side, secant_err *err)
{
	secant_status s = info->alpha && im->channels == info->channels ? codec_image_mark_alpha(im, true, err) : SECANT_OK;
	return s || !side ? s : codec_sidecar_apply(side, im, err);
}

static secant_status
read_any(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, codec_sidecar *side,
	secant_err *err)
{
	secant_image_info info;
	const codec_format *codec;
	if (o->channels != 0 && o->channels != 1 && o->channels != 3 && o->channels != 4)
		return secant_fail(
			err, SECANT_ERR_ARG, "%d channels are wanted, can be 1, 3, 4 or 0 for as in the file", o->channels);
	secant_status s = look(&codec, &info, data, size, size, o->max_pixels, err);
	if (!s && codec == &codec_tiff)
		s = codec_tiff_decode(im, data, size, o, side, err);
	else if (!s && !(s = codec->decode(im, data, size, o, err)))
		s = look_for_voids(im, &info, side, err);
	if (!s && info.orientation != 1 && !o->ignore_orientation)
		s = turn_upright(im, info.orientation, err);
	secant_image_read_options how = *o;
	if (!s && o->to_u8 && im->dtype != SECANT_U8 && !(o->white > 0)) {
		char why[CODEC_WHITE_WHY];
		codec_range r = { 0 };
		codec_range_picture(&r, im, info.bits);
		how.white = codec_white_guess(&r, why);
	}
	if (!s)
		s = codec_image_want(im, &how, err);
	return s ? s : codec_image_white(im, secant_image_geo(im), o->white, err);
}

secant_status
secant_image_decode(secant_image *im, const void *data, size_t size, const char *origin,
	const secant_image_read_options *options, secant_err *err)
{
	return codec_image_decode_beside(im, data, size, origin, options, NULL, err);
}

secant_status
codec_image_decode_beside(secant_image *im, const void *data, size_t size, const char *origin,
	const secant_image_read_options *options, codec_sidecar *side, secant_err *err)
{
	secant_err e = { 0 };
	*im = (secant_image){ 0 };
	secant_status s = read_any(im, data, size, options ? options : &read_defaults, side, &e);
	codec_sidecar_free(side);
	if (s)
		secant_image_free(im);
	return s ? secant_fail(err, s, "%s: %s", origin, e.msg) : SECANT_OK;
}

secant_status
secant_image_read(secant_image *im, const char *path, const secant_image_read_options *options, secant_err *err)
{
	secant_bytes map;
	*im = (secant_image){ 0 };
	secant_err e = { 0 };
	secant_status s = codec_page_map(&map, path, &e);
	if (s)
		return secant_fail(err, s, "%s", e.msg);
	codec_sidecar side;
	codec_sidecar_read(&side, path);
	s = codec_image_decode_beside(im, map.data, map.size, path, options, &side, err);
	secant_status cut = base_file_was_cut(&map, path, err);
	if (cut)
		secant_image_free(im);
	base_file_unmap(&map);
	return cut ? cut : s;
}

secant_status
codec_image_probe_data(secant_image_info *info, const void *data, size_t size, const char *origin, secant_err *err)
{
	secant_err e = { 0 };
	const codec_format *codec;
	secant_status s = look(&codec, info, data, size, size, INT64_MAX, &e);
	if (s) {
		*info = (secant_image_info){ 0 };
		return secant_fail(err, s, "%s: %s", origin, e.msg);
	}
	swap_sides(info);
	return SECANT_OK;
}

/* Most headers stand in the first page or two; what does not, or stands there only in part, is looked at as a whole. */
static secant_status
probe_file(const char *path, secant_image_info *info, secant_err *err)
{
	uint8_t first[8192];
	size_t got = 0;
	uint64_t whole = 0;
	secant_bytes map;
	secant_err e = { 0 }, ignored = { 0 };
	const codec_format *codec;
	*info = (secant_image_info){ 0 };
	bool page = codec_page_is(path);
	secant_status s = page ? SECANT_OK : base_file_head(path, first, sizeof first, &got, &whole, &e);
	if (!s && !page && got == whole)
		return codec_image_probe_data(info, first, got, path, err);
	if (!s && !page && got && !look(&codec, info, first, got, whole, INT64_MAX, &ignored) && codec->header_first) {
		swap_sides(info);
		return SECANT_OK;
	}
	if (!s)
		s = codec_page_map(&map, path, &e);
	if (s)
		return secant_fail(err, s, "%s", e.msg);
	s = codec_image_probe_data(info, map.data, map.size, path, err);
	secant_status cut = base_file_was_cut(&map, path, err);
	base_file_unmap(&map);
	return cut ? cut : s;
}

secant_status
secant_image_probe(const char *path, secant_image_info *info, secant_err *err)
{
	codec_sidecar side;
	secant_status s = probe_file(path, info, err);
	if (s)
		return s;
	codec_sidecar_read(&side, path);
	info->nodata |= side.bands || side.mask;
	codec_sidecar_free(&side);
	return SECANT_OK;
}

/* ---- writing ---- */

static secant_status
grow_memory(codec_sink *s, uint64_t size)
{
	size_t capacity = s->capacity * 2 > size ? s->capacity * 2 : (size_t)size + 4096;
	uint8_t *p = base_realloc(s->data, capacity, 1);
	if (!p)
		return secant_fail(&s->first, SECANT_ERR_NOMEM, "no memory for %llu bytes", (unsigned long long)size);
	s->data = p;
	s->capacity = capacity;
	return SECANT_OK;
}

bool
codec_sink_put(codec_sink *s, const void *data, size_t size)
{
	if (s->first.code || size == 0)
		return !s->first.code;
	if (s->w && base_writer_put(s->w, data, size, &s->first))
		return false;
	if (!s->w) {
		if (s->at + size > s->capacity && grow_memory(s, s->at + size))
			return false;
		memcpy(s->data + s->at, data, size);
	}
	s->at += size;
	if (s->at > s->end)
		s->end = s->at;
	s->size = (size_t)s->end;
	return true;
}

bool
codec_sink_seek(codec_sink *s, uint64_t position)
{
	static const uint8_t zeros[GAP] = { 0 };
	if (s->first.code || position == s->at)
		return !s->first.code;
	if (position > s->end && position - s->end > GAP) {
		(void)secant_fail(&s->first, SECANT_ERR_BUG, "an encoder leaves a gap of %llu bytes",
			(unsigned long long)(position - s->end));
		return false;
	}
	uint64_t to = position < s->end ? position : s->end;
	if (to != s->at && s->w && base_writer_seek(s->w, to, &s->first))
		return false;
	s->at = to;
	return codec_sink_put(s, zeros, (size_t)(position - to));
}

secant_status
codec_sink_status(const codec_sink *s, secant_err *err)
{
	return s->first.code ? secant_fail(err, s->first.code, "%s", s->first.msg) : SECANT_OK;
}

int
codec_compression_level(const secant_image_write_options *o)
{
	return o->compression == 0 ? 6 : o->compression < 0 ? 0 : o->compression;
}

secant_status
codec_image_cannot(const secant_image *im, const char *format, const char *can, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s holds %s; the picture has %d channels of %s", format, can,
		im->channels, secant_dtype_name(im->dtype));
}

/* The codec that writes an extension or has a name; `lower` (16 bytes) receives it in lower case. */
static const codec_format *
find_by_name(const char *name, char lower[16])
{
	size_t n = 0;
	for (; name[n] && n < 15; n++)
		lower[n] = (char)tolower((unsigned char)name[n]);
	lower[n] = '\0';
	for (const codec_format *const *c = table; *c; c++) {
		if (!strcmp((*c)->name, lower))
			return *c;
		for (const char *e = (*c)->extensions; e; e = strchr(e, '|') ? strchr(e, '|') + 1 : NULL)
			if (!strncmp(e, lower, n) && n && (e[n] == '|' || !e[n]))
				return *c;
	}
	return NULL;
}

/* Every extension that a codec writes: "png, jpg, jpeg". */
static const char *
written(char *text, size_t size)
{
	text[0] = '\0';
	for (const codec_format *const *c = table; *c; c++)
		for (const char *e = (*c)->encode ? (*c)->extensions : ""; *e; e += strspn(e, "|")) {
			size_t used = strlen(text), n = strcspn(e, "|");
			(void)snprintf(text + used, size - used, "%s%.*s", used ? ", " : "", (int)n, e);
			e += n;
		}
	return text;
}

static secant_status
check_options(const secant_image_write_options *o, secant_err *err)
{
	if (o->quality < 0 || o->quality > 100)
		return secant_fail(err, SECANT_ERR_RANGE, "quality %d is outside 1 to 100", o->quality);
	if (o->compression < -1 || o->compression > 9)
		return secant_fail(err, SECANT_ERR_RANGE, "compression %d is outside -1 to 9", o->compression);
	if (o->tile < 0 || o->tile % 16 || o->tile > 1 << 14)
		return secant_fail(
			err, SECANT_ERR_RANGE, "tiles of %d pixels: the side is a multiple of 16, at most 16384", o->tile);
	return SECANT_OK;
}

static secant_status
encode_any(const codec_format *codec, const secant_image *im, codec_sink *sink, const char *extension,
	const secant_image_write_options *o, secant_err *err)
{
	secant_status s = check_options(o, err);
	if (!s)
		s = codec->encode(im, sink, extension, o, err);
	return sink->first.code ? SECANT_OK : s; /* a failure of the sink is its own to report */
}

secant_status
secant_image_write(const secant_image *im, const char *path, const secant_image_write_options *options, secant_err *err)
{
	char extension[16], all[200];
	secant_err e = { 0 };
	const codec_format *codec = find_by_name(base_path_ext(path), extension);
	if (!codec)
		return secant_fail(err, SECANT_ERR_ARG, "%s: the extension '%s' is not one of a picture that secant writes: %s",
			path, base_path_ext(path), written(all, sizeof all));
	codec_sink sink = { .w = base_writer_open(path, &e) };
	if (!sink.w)
		return secant_fail(err, e.code, "%s", e.msg);
	secant_status s = encode_any(codec, im, &sink, extension, options ? options : &write_defaults, &e);
	if (!s)
		return base_writer_commit(sink.w, err);
	base_writer_abort(sink.w);
	return secant_fail(err, s, "%s: %s", path, e.msg);
}

secant_status
secant_image_encode(const secant_image *im, const char *format, void **data, size_t *size,
	const secant_image_write_options *options, secant_err *err)
{
	char extension[16], all[200];
	codec_sink sink = { 0 };
	secant_err e = { 0 };
	const codec_format *codec = find_by_name(format, extension);
	*data = NULL;
	*size = 0;
	if (!codec)
		return secant_fail(
			err, SECANT_ERR_ARG, "'%s' is not a format that secant writes: %s", format, written(all, sizeof all));
	secant_status s = encode_any(codec, im, &sink, extension, options ? options : &write_defaults, &e);
	if (!s)
		s = codec_sink_status(&sink, &e);
	if (s) {
		secant_free(sink.data);
		return secant_fail(err, s, "%s: %s", codec->name, e.msg);
	}
	*data = sink.data;
	*size = sink.size;
	return SECANT_OK;
}
