/*
 * PNG through libspng: every colour type, 1 to 16 bits, interlaced or not, colour keys and transparent palettes.
 * Writing: grey, grey with alpha, RGB and RGBA of 8 or 16 bits, and 8-bit indices with a palette. Gamma and colour
 * profiles are not applied.
 */
#include "codec/codec.h"
#include <spng.h>
#include <string.h>
#include <zlib.h>
#include "base/hash.h"

enum { CHUNK_LIMIT = 1 << 26 };

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 8 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8);
}

/* Whether an allocation failed since it was last cleared: libspng and zlib report most of them as damage to the stream.
 */
static _Thread_local bool starved;

static void *
clear_block(size_t n, size_t size)
{
	void *p = secant_calloc(n, size);
	starved = starved || !p;
	return p;
}

static void *
alloc_block(size_t size)
{
	return clear_block(size, 1);
}

static void *
grow_block(void *p, size_t size)
{
	void *q = base_realloc(p, size, 1);
	starved = starved || !q;
	return q;
}

static spng_ctx *
new_context(int flags)
{
	struct spng_alloc alloc = { alloc_block, grow_block, clear_block, secant_free };
	starved = false;
	return spng_ctx_new2(&alloc, flags);
}

static secant_status
fail_png(int code, secant_err *err)
{
	return secant_fail(err, starved ? SECANT_ERR_NOMEM : SECANT_ERR_FORMAT, "PNG: %s",
		starved                   ? "no memory"
			: code == SPNG_IO_EOF ? "the file ends too early"
								  : spng_strerror(code));
}

/* The facts that decide how to decode. */
typedef struct header {
	struct spng_ihdr ihdr;
	struct spng_plte palette;
	bool transparent; /* a colour key or a palette with alpha */
	int orientation;
} header;

/* EXIF, whose name some writers put in front as JPEG has it; 0: it says nothing. */
static int
said_of_exif(const uint8_t *data, size_t n)
{
	bool prefixed = n > 6 && !memcmp(data, "Exif\0\0", 6);
	return prefixed ? codec_exif_said(data + 6, n - 6) : codec_exif_said(data, n);
}

/* What ImageMagick wrote before PNG had eXIf: "\nNAME\nLENGTH\n" and the bytes as hexadecimal digits. */
static int
orientation_of_profile(const uint8_t *body, size_t n, bool deflated)
{
	static const char *const keys[] = { "Raw profile type exif", "Raw profile type APP1" };
	uint8_t text[16384], *to = text; /* the first directory stands in front */
	size_t key = strlen(keys[0]) + 1 + deflated, size = 0;
	if (n <= key || (memcmp(body, keys[0], key - deflated) && memcmp(body, keys[1], key - deflated)))
		return 0;
	if (deflated) {
		z_stream z = { .next_in = (uint8_t *)(uintptr_t)body + key,
			.avail_in = (uInt)(n - key),
			.next_out = text,
			.avail_out = sizeof text };
		if (inflateInit(&z) != Z_OK)
			return 0;
		(void)inflate(&z, Z_SYNC_FLUSH);
		size = sizeof text - z.avail_out;
		inflateEnd(&z);
	} else {
		size = n - key < sizeof text ? n - key : sizeof text;
		memcpy(text, body + key, size);
	}
	size_t at = 0;
	for (int line = 0; line < 3 && at < size; at++)
		line += text[at] == '\n';
	for (int half = 0, digit; at < size; at++) { /* written over what has been read */
		uint8_t c = text[at], low = c | 0x20;
		digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
		if (digit < 0)
			continue;
		*to = half ? (uint8_t)(*to << 4 | digit) : (uint8_t)digit;
		to += half;
		half = !half;
	}
	return said_of_exif(text, (size_t)(to - text));
}

static int
orientation_of_xmp(const uint8_t *body, size_t n, bool deflated)
{
	static const char key[] = "XML:com.adobe.xmp\0\0";
	return n > sizeof key && !memcmp(body, key, sizeof key - 1) ? codec_xmp_orientation(body, n) : 0;
}

static int
orientation_of_exif(const uint8_t *body, size_t n, bool deflated)
{
	return said_of_exif(body, n);
}

/* Walks the chunks (u32 length, name, data, checksum), since eXIf may stand behind the pixels too; a profile speaks
 * where there is none, and XMP (not deflated) where there is no profile either. Damaged ones say nothing. */
static int
find_orientation(const uint8_t *data, size_t size)
{
	static const struct {
		char name[5];
		int (*says)(const uint8_t *body, size_t n, bool deflated);
		bool deflated;
		int rank;
	} chunks[] = {
		{ "eXIf", orientation_of_exif, false, 3 },
		{ "zTXt", orientation_of_profile, true, 2 },
		{ "tEXt", orientation_of_profile, false, 2 },
		{ "iTXt", orientation_of_xmp, false, 1 },
	};
	int said = 1, rank = 0;
	for (size_t at = 8; size - at >= 12;) {
		uint32_t n = base_be32(data + at);
		const uint8_t *name = data + at + 4, *body = name + 4;
		if (n > size - at - 12 || !memcmp(name, "IEND", 4))
			break;
		for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
			if (memcmp(name, chunks[i].name, 4) || chunks[i].rank <= rank
				|| base_crc32(0, name, (size_t)n + 4) != base_be32(body + n))
				continue;
			int v = chunks[i].says(body, n, chunks[i].deflated);
			said = v ? v : said;
			rank = v ? chunks[i].rank : rank;
		}
		at += 12 + (size_t)n;
	}
	return said;
}

/* Everything before the pixels. On failure *ctx is freed. */
static secant_status
open_png(spng_ctx **ctx, header *h, const uint8_t *data, size_t size, secant_err *err)
{
	struct spng_trns trns;
	*h = (header){ .orientation = 1 };
	*ctx = new_context(0);
	if (!*ctx)
		return secant_fail(err, SECANT_ERR_NOMEM, "PNG: no memory");
	int e = spng_set_image_limits(*ctx, INT32_MAX, INT32_MAX);
	e = e ? e : spng_set_chunk_limits(*ctx, CHUNK_LIMIT, CHUNK_LIMIT);
	e = e ? e : spng_set_crc_action(*ctx, SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
	e = e ? e : spng_set_png_buffer(*ctx, data, size);
	e = e ? e : spng_get_ihdr(*ctx, &h->ihdr);
	if (!e && (e = spng_get_plte(*ctx, &h->palette)) == SPNG_ECHUNKAVAIL)
		e = 0;
	if (!e && (e = spng_get_trns(*ctx, &trns)) == 0)
		h->transparent = true;
	if (e == SPNG_ECHUNKAVAIL)
		e = 0;
	if (!e) {
		h->orientation = find_orientation(data, size);
		return SECANT_OK;
	}
	spng_ctx_free(*ctx);
	*ctx = NULL;
	return fail_png(e, err);
}

/* What comes out of libspng for a header and what is wanted. */
typedef struct target {
	int format, flags, channels;
	secant_dtype dtype;
	bool indices;
} target;

static target
choose(const header *h, const secant_image_read_options *o)
{
	bool deep = h->ihdr.bit_depth == 16, alpha = h->transparent;
	secant_dtype dtype = deep ? SECANT_U16 : SECANT_U8;
	int flags = alpha ? SPNG_DECODE_TRNS : 0;
	bool indexed = h->ihdr.color_type == SPNG_COLOR_TYPE_INDEXED && o->palette_as_indices;
	if (indexed
		|| (h->ihdr.color_type == SPNG_COLOR_TYPE_GRAYSCALE && h->ihdr.bit_depth < 8 && o->as_stored
			&& o->channels < 3))
		return (target){ SPNG_FMT_PNG, 0, 1, SECANT_U8, true };
	if (!deep && o->channels == 4)
		return (target){ SPNG_FMT_RGBA8, flags, 4, SECANT_U8, false };
	if (!deep
		&& ((o->channels == 3 && !alpha && h->ihdr.color_type != SPNG_COLOR_TYPE_TRUECOLOR_ALPHA
				&& h->ihdr.color_type != SPNG_COLOR_TYPE_GRAYSCALE_ALPHA)
			|| (h->ihdr.color_type == SPNG_COLOR_TYPE_INDEXED && !alpha)))
		return (target){ SPNG_FMT_RGB8, 0, 3, SECANT_U8, false };
	switch (h->ihdr.color_type) {
	case SPNG_COLOR_TYPE_INDEXED: return (target){ SPNG_FMT_RGBA8, flags, 4, SECANT_U8, false };
	case SPNG_COLOR_TYPE_GRAYSCALE:
		if (alpha)
			return (target){ deep ? SPNG_FMT_GA16 : SPNG_FMT_GA8, flags, 2, dtype, false };
		return (target){ deep ? SPNG_FMT_PNG : SPNG_FMT_G8, 0, 1, dtype, false };
	case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA: return (target){ SPNG_FMT_PNG, 0, 2, dtype, false };
	case SPNG_COLOR_TYPE_TRUECOLOR:
		if (alpha)
			return (target){ deep ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8, flags, 4, dtype, false };
		return (target){ SPNG_FMT_PNG, 0, 3, dtype, false };
	default: return (target){ SPNG_FMT_PNG, 0, 4, dtype, false };
	}
}

static secant_status
probe(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err)
{
	header h;
	spng_ctx *ctx;
	secant_status s = open_png(&ctx, &h, data, size, err);
	if (s)
		return s;
	spng_ctx_free(ctx);
	target t = choose(&h, &(secant_image_read_options){ 0 });
	info->width = (int)h.ihdr.width;
	info->height = (int)h.ihdr.height;
	info->channels = t.channels;
	info->dtype = t.dtype;
	info->bits = h.ihdr.bit_depth;
	info->palette = h.ihdr.color_type == SPNG_COLOR_TYPE_INDEXED;
	info->alpha = t.channels % 2 == 0;
	info->orientation = h.orientation;
	return SECANT_OK;
}

/* Rows of packed indices, each starting at a byte, become one index a byte. */
static void
unpack(uint8_t *to, const uint8_t *from, int width, int height, int bits)
{
	size_t row = ((size_t)width * (size_t)bits + 7) / 8;
	int per_byte = 8 / bits;
	for (int y = 0; y < height; y++, from += row)
		for (int x = 0; x < width; x++)
			*to++ = (uint8_t)(from[x / per_byte] >> (8 - bits * (x % per_byte + 1)) & ((1 << bits) - 1));
}

/* Whether the chunks (u32 length, name, data, checksum) lead to a whole IEND: libspng stops at its name. */
static bool
has_end(const uint8_t *data, size_t size)
{
	for (size_t at = 8; size - at >= 12;) {
		uint32_t n = base_be32(data + at);
		if (n > size - at - 12)
			return false;
		if (!memcmp(data + at + 4, "IEND", 4))
			return true;
		at += 12 + (size_t)n;
	}
	return false;
}

/* Decodes into `to`, which has what libspng will write, and reads on to the end of the file. */
static secant_status
decode_to(spng_ctx *ctx, const target *t, void *to, size_t room, secant_err *err)
{
	size_t size;
	int e = spng_decoded_image_size(ctx, t->format, &size);
	if (!e && size > room)
		return secant_fail(err, SECANT_ERR_BUG, "PNG: %zu bytes come out, %zu were expected", size, room);
	e = e ? e : spng_decode_image(ctx, to, size, t->format, t->flags);
	e = e ? e : spng_decode_chunks(ctx); /* the end must be there too */
	return e ? fail_png(e, err) : SECANT_OK;
}

static secant_status
decode_packed(spng_ctx *ctx, const header *h, const target *t, secant_image *im, secant_err *err)
{
	size_t room = ((size_t)im->width * h->ihdr.bit_depth + 7) / 8 * (size_t)im->height;
	uint8_t *packed = secant_calloc(room, 1);
	secant_status s = packed ? decode_to(ctx, t, packed, room, err)
							 : secant_fail(err, SECANT_ERR_NOMEM, "PNG: no memory for %zu bytes", room);
	if (!s)
		unpack(im->data, packed, im->width, im->height, h->ihdr.bit_depth);
	secant_free(packed);
	return s;
}

static secant_status
decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err)
{
	header h;
	spng_ctx *ctx;
	secant_status s = open_png(&ctx, &h, data, size, err);
	if (s)
		return s;
	target t = choose(&h, o);
	s = has_end(data, size) ? SECANT_OK : fail_png(SPNG_IO_EOF, err);
	if (!s)
		s = secant_image_new(im, (int)h.ihdr.width, (int)h.ihdr.height, t.channels, t.dtype, err);
	if (!s && t.indices && h.ihdr.bit_depth < 8)
		s = decode_packed(ctx, &h, &t, im, err);
	else if (!s)
		s = decode_to(ctx, &t, im->data, secant_image_row_bytes(im) * (size_t)im->height, err);
	spng_ctx_free(ctx);
	if (!s && t.indices && h.ihdr.color_type == SPNG_COLOR_TYPE_INDEXED) {
		uint8_t palette[256][3];
		for (uint32_t i = 0; i < h.palette.n_entries && i < 256; i++)
			memcpy(palette[i],
				(uint8_t[3]){ h.palette.entries[i].red, h.palette.entries[i].green, h.palette.entries[i].blue }, 3);
		s = codec_image_set_palette(im, (const uint8_t(*)[3])palette, (int)h.palette.n_entries, err);
	}
	if (s)
		secant_image_free(im);
	return s;
}

/* ---- writing ---- */

static int
write_out(spng_ctx *ctx, void *user, void *data, size_t size)
{
	return codec_sink_put(user, data, size) ? 0 : SPNG_IO_ERROR;
}

/* A PNG with an index that has no colour is broken. */
static secant_status
fill_palette(struct spng_plte *p, const secant_image *im, secant_err *err)
{
	const uint8_t *v = im->data;
	size_t n = (size_t)im->width * (size_t)im->height;
	if (im->palette_count < 1 || im->palette_count > 256)
		return secant_fail(
			err, SECANT_ERR_RANGE, "PNG: a palette of %d colours, 1 to 256 are possible", im->palette_count);
	for (size_t i = 0; i < n; i++)
		if (v[i] >= im->palette_count)
			return secant_fail(err, SECANT_ERR_RANGE, "PNG: pixel (%zu, %zu) has index %d, the palette has %d colours",
				i % (size_t)im->width, i / (size_t)im->width, v[i], im->palette_count);
	p->n_entries = (uint32_t)im->palette_count;
	for (int i = 0; i < im->palette_count; i++)
		p->entries[i] = (struct spng_plte_entry){
			.red = im->palette[i][0], .green = im->palette[i][1], .blue = im->palette[i][2]
		};
	return SECANT_OK;
}

static secant_status
encode(const secant_image *im, codec_sink *out, const char *extension, const secant_image_write_options *o,
	secant_err *err)
{
	static const uint8_t types[5] = { 0, SPNG_COLOR_TYPE_GRAYSCALE, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA,
		SPNG_COLOR_TYPE_TRUECOLOR, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA };
	bool indexed = im->palette && im->channels == 1 && im->dtype == SECANT_U8;
	struct spng_plte palette = { 0 };
	if (im->channels > 4 || (im->dtype != SECANT_U8 && im->dtype != SECANT_U16))
		return codec_image_cannot(im, "PNG", "1 to 4 channels of u8 or u16", err);
	secant_status s = indexed ? fill_palette(&palette, im, err) : SECANT_OK;
	if (s)
		return s;
	struct spng_ihdr ihdr = {
		.width = (uint32_t)im->width,
		.height = (uint32_t)im->height,
		.bit_depth = im->dtype == SECANT_U16 ? 16 : 8,
		.color_type = indexed ? SPNG_COLOR_TYPE_INDEXED : types[im->channels],
	};
	spng_ctx *ctx = new_context(SPNG_CTX_ENCODER);
	if (!ctx)
		return secant_fail(err, SECANT_ERR_NOMEM, "PNG: no memory");
	int e = spng_set_png_stream(ctx, write_out, out);
	e = e ? e : spng_set_option(ctx, SPNG_IMG_COMPRESSION_LEVEL, codec_compression_level(o));
	e = e ? e : spng_set_ihdr(ctx, &ihdr);
	e = e ? e : indexed ? spng_set_plte(ctx, &palette) : 0;
	e = e ? e
		  : spng_encode_image(
			  ctx, im->data, secant_image_row_bytes(im) * (size_t)im->height, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
	spng_ctx_free(ctx);
	return e ? fail_png(e, err) : SECANT_OK;
}

const codec_format codec_png = {
	.name = "png",
	.brief = "PNG, all colour types, 1 to 16 bits",
	.extensions = "png",
	.alpha = true,
	.pixels_per_byte = 8 * 1032, /* deflate's best, at 1 bit */
	.detect = detect,
	.probe = probe,
	.decode = decode,
	.encode = encode,
};
