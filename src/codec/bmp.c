/*
 * Windows bitmaps: headers of 12 to 124 bytes, 1, 4, 8, 16, 24 and 32 bits, RLE4 and RLE8, bit fields, bottom-up and
 * top-down. What is written has 24 bits. Layout (little-endian):
 *
 *     "BM" | u32 size | u32 0 | u32 where the pixels start | header | bit fields | palette | rows, each padded to 4
 *     bytes
 *
 * A palette that is a ramp from black to white is grey, not a palette. Alpha counts where the header has a field for
 * it.
 */
#include "codec/codec.h"

enum { RGB, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 6, FILE_HEADER = 14 };

typedef struct header {
	int width, height, bits, compression, channels;
	bool top_down, grey;
	size_t at; /* of the pixels */
	uint8_t palette[256][3];
	int colours;
	uint32_t field[4]; /* masks of red, green, blue, alpha */
} header;

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= FILE_HEADER + 12 && data[0] == 'B' && data[1] == 'M' && base_le32(data + 14) >= 12
		&& base_le32(data + 14) <= 124;
}

static secant_status
broken(const char *what, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "BMP: %s", what);
}

/* Sizes, depth, compression; *n is the length of the header, *colours what it says of the palette. */
static secant_status
read_sizes(header *h, const uint8_t *p, size_t size, uint32_t *n, uint32_t *colours, secant_err *err)
{
	*n = base_le32(p);
	bool core = *n == 12;
	if (*n > size || (!core && *n < 40))
		return broken("the file ends in its header, or the header has a length that is not known", err);
	int64_t w = core ? base_le16(p + 4) : (int32_t)base_le32(p + 4),
			y = core ? base_le16(p + 6) : (int32_t)base_le32(p + 8);
	h->top_down = y < 0;
	h->width = (int)w;
	h->height = y < 0 ? (y == INT32_MIN ? 0 : (int)-y) : (int)y;
	h->bits = base_le16(p + (core ? 10 : 14));
	h->compression = core ? RGB : (int)(base_le32(p + 16) & 0xffff);
	*colours = core ? 0 : base_le32(p + 32);
	if (h->width < 1 || h->height < 1)
		return secant_fail(err, SECANT_ERR_FORMAT, "BMP: the header says %lldx%lld pixels", (long long)w, (long long)y);
	static const struct {
		int compression, bits;
	} known[] = {
		{ RGB, 1 },
		{ RGB, 4 },
		{ RGB, 8 },
		{ RGB, 16 },
		{ RGB, 24 },
		{ RGB, 32 },
		{ RLE8, 8 },
		{ RLE4, 4 },
		{ FIELDS, 16 },
		{ FIELDS, 32 },
		{ ALPHA_FIELDS, 16 },
		{ ALPHA_FIELDS, 32 },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].compression == h->compression && known[i].bits == h->bits)
			return (h->compression == RLE8 || h->compression == RLE4) && h->top_down
				? broken("runs of a top-down picture", err)
				: SECANT_OK;
	return secant_fail(
		err, SECANT_ERR_UNSUPPORTED, "BMP: compression %d with %d bits a pixel is not read", h->compression, h->bits);
}

/* Masks: in the header from 52 bytes on, else behind it, else the usual ones. Returns the bytes behind the header. */
static size_t
read_fields(header *h, const uint8_t *p, uint32_t n, size_t size)
{
	static const uint32_t usual[2][4] = { { 0x7c00, 0x3e0, 0x1f, 0 }, { 0xff0000, 0xff00, 0xff, 0 } };
	bool own = h->compression == FIELDS || h->compression == ALPHA_FIELDS;
	int count = h->compression == ALPHA_FIELDS || n >= 56 ? 4 : 3;
	memcpy(h->field, usual[h->bits == 32], sizeof h->field);
	if (!own || size < 40 + (size_t)count * 4)
		return 0;
	for (int i = 0; i < count; i++)
		h->field[i] = base_le32(p + 40 + i * 4);
	return n == 40 ? (size_t)count * 4 : 0;
}

static void
read_palette(header *h, const uint8_t *p, size_t size, size_t entry, uint32_t colours)
{
	int most = 1 << h->bits;
	h->colours = colours && colours < (uint32_t)most ? (int)colours : most;
	if ((size_t)h->colours > size / entry)
		h->colours = (int)(size / entry);
	h->grey = h->colours == most;
	for (int i = 0; i < h->colours; i++) {
		int ramp = i * 255 / (most - 1);
		for (int c = 0; c < 3; c++) {
			h->palette[i][c] = p[(size_t)i * entry + (size_t)(2 - c)];
			h->grey = h->grey && h->palette[i][c] == ramp;
		}
	}
}

static secant_status
read_header(header *h, const uint8_t *data, size_t size, secant_err *err)
{
	uint32_t n = 0, colours = 0;
	*h = (header){ .at = base_le32(data + 10) };
	const uint8_t *p = data + FILE_HEADER;
	secant_status s = read_sizes(h, p, size - FILE_HEADER, &n, &colours, err);
	if (s)
		return s;
	size_t used = FILE_HEADER + n + read_fields(h, p, n, size - FILE_HEADER);
	if (h->at < used || h->at > size)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"BMP: the pixels start at byte %zu, the header ends at %zu and the file at %zu", h->at, used, size);
	if (h->bits <= 8)
		read_palette(h, data + used, h->at - used, n == 12 ? 3 : 4, colours);
	h->channels = h->bits <= 8 ? (h->grey ? 1 : 3) : h->field[3] ? 4 : 3;
	return SECANT_OK;
}

static secant_status
probe(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err)
{
	header h;
	secant_status s = read_header(&h, data, size, err);
	info->width = h.width;
	info->height = h.height;
	info->channels = h.channels;
	info->dtype = SECANT_U8;
	info->bits = h.bits <= 8 ? h.bits : 8;
	info->palette = h.bits <= 8 && !h.grey;
	return s;
}

/* ---- pixels ---- */

/* Where row number y of the file belongs. */
static uint8_t *
row_of(const secant_image *im, const header *h, int y)
{
	return (uint8_t *)im->data + (size_t)(h->top_down ? y : h->height - 1 - y) * secant_image_row_bytes(im);
}

/* A field of a pixel, widened to 8 bits. */
static uint8_t
field(uint32_t v, uint32_t mask)
{
	if (!mask)
		return 0;
	int shift = __builtin_ctz(mask);
	uint64_t most = mask >> shift;
	return (uint8_t)(((v & mask) >> shift) * 255ull / most);
}

static void
colour_row(uint8_t *to, const uint8_t *from, const header *h)
{
	for (int x = 0; x < h->width; x++, to += h->channels) {
		if (h->bits == 24) {
			to[0] = from[x * 3 + 2];
			to[1] = from[x * 3 + 1];
			to[2] = from[x * 3];
			continue;
		}
		uint32_t v = h->bits == 16 ? base_le16(from + x * 2) : base_le32(from + x * 4);
		for (int c = 0; c < h->channels; c++)
			to[c] = field(v, h->field[c]);
	}
}

static void
index_row(uint8_t *to, const uint8_t *from, const header *h)
{
	int per_byte = 8 / h->bits;
	for (int x = 0; x < h->width; x++)
		to[x] = (uint8_t)(from[x / per_byte] >> (8 - h->bits * (x % per_byte + 1)) & ((1 << h->bits) - 1));
}

static secant_status
decode_plain(secant_image *im, const header *h, const uint8_t *data, size_t size, secant_err *err)
{
	size_t row = ((size_t)h->width * (size_t)h->bits + 31) / 32 * 4;
	if ((size - h->at) / row < (size_t)h->height)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"BMP: %d rows of %zu bytes are needed, the file has %zu bytes of them", h->height, row, size - h->at);
	for (int y = 0; y < h->height; y++) {
		uint8_t *to = row_of(im, h, y);
		const uint8_t *from = data + h->at + (size_t)y * row;
		if (h->bits <= 8)
			index_row(to, from, h);
		else
			colour_row(to, from, h);
	}
	return SECANT_OK;
}

/* Where a run writes. */
typedef struct cursor {
	int x, y;
} cursor;

/* Writes n pixels: one index, or in RLE4 two that take turns. */
static bool
put_run(secant_image *im, const header *h, cursor *c, int n, uint8_t value)
{
	if (c->y >= h->height || n > h->width - c->x)
		return false;
	uint8_t *to = row_of(im, h, c->y) + c->x;
	for (int i = 0; i < n; i++)
		to[i] = h->bits == 8 ? value : i % 2 ? value & 15 : value >> 4;
	c->x += n;
	return true;
}

/* Pairs: (n, value) is a run; (0, 0) ends a row, (0, 1) the picture, (0, 2) skips, (0, n) is n pixels as they are,
 * padded to 2 bytes. */
static secant_status
decode_runs(secant_image *im, const header *h, const uint8_t *data, size_t size, secant_err *err)
{
	cursor c = { 0, 0 };
	for (size_t at = h->at; size - at >= 2;) {
		int n = data[at], value = data[at + 1];
		at += 2;
		if (n > 0) {
			if (!put_run(im, h, &c, n, (uint8_t)value))
				return secant_fail(err, SECANT_ERR_FORMAT, "BMP: the run at byte %zu leaves the picture", at - 2);
		} else if (value == 0) {
			c = (cursor){ 0, c.y + 1 };
			if (c.y > h->height)
				return secant_fail(err, SECANT_ERR_FORMAT, "BMP: row %d, the picture has %d", c.y, h->height);
		} else if (value == 1) {
			return SECANT_OK;
		} else if (value == 2) {
			if (size - at < 2 || data[at] > h->width - c.x || data[at + 1] > h->height - c.y)
				return secant_fail(err, SECANT_ERR_FORMAT, "BMP: the skip at byte %zu leaves the picture", at - 2);
			c.x += data[at];
			c.y += data[at + 1];
			at += 2;
		} else {
			size_t bytes = h->bits == 8 ? (size_t)value : ((size_t)value + 1) / 2;
			if (size - at < (bytes + 1) / 2 * 2)
				break;
			for (int i = 0; i < value; i++) {
				uint8_t v = h->bits == 8 ? data[at + (size_t)i]
										 : (uint8_t)(data[at + (size_t)i / 2] >> (i % 2 ? 0 : 4) & 15);
				if (!put_run(im, h, &c, 1, h->bits == 8 ? v : (uint8_t)(v << 4)))
					return secant_fail(err, SECANT_ERR_FORMAT, "BMP: the pixels at byte %zu leave the picture", at - 2);
			}
			at += (bytes + 1) / 2 * 2;
		}
	}
	return broken("the file ends before the picture does", err);
}

/* Indices of one byte become grey values, colours, or stay with their palette. */
static secant_status
finish_indices(secant_image *im, const header *h, bool keep, secant_err *err)
{
	secant_image colour;
	uint8_t *p = im->data;
	size_t n = (size_t)im->width * (size_t)im->height;
	if (h->grey) {
		for (size_t i = 0; i < n && h->bits < 8; i++)
			p[i] = h->palette[p[i]][0];
		return SECANT_OK;
	}
	secant_status s = h->colours < 1 ? broken("there is no palette", err)
									 : codec_image_set_palette(im, (const uint8_t(*)[3])h->palette, h->colours, err);
	if (!s && !keep && !(s = secant_image_expand(&colour, im, err))) {
		secant_image_free(im);
		*im = colour;
	}
	return s;
}

static secant_status
decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err)
{
	header h;
	secant_status s = read_header(&h, data, size, err);
	if (!s)
		s = secant_image_new(im, h.width, h.height, h.bits <= 8 ? 1 : h.channels, SECANT_U8, err);
	if (s)
		return s;
	s = h.compression == RLE8 || h.compression == RLE4 ? decode_runs(im, &h, data, size, err)
													   : decode_plain(im, &h, data, size, err);
	if (!s && h.bits <= 8)
		s = finish_indices(im, &h, o->palette_as_indices, err);
	if (s)
		secant_image_free(im);
	return s;
}

/* ---- writing ---- */

static secant_status
encode(const secant_image *im, codec_sink *out, const char *extension, const secant_image_write_options *o,
	secant_err *err)
{
	uint8_t head[54] = "BM";
	uint64_t row = ((uint64_t)im->width * 3 + 3) / 4 * 4, size = sizeof head + row * (uint64_t)im->height;
	if ((im->channels != 1 && im->channels != 3) || im->dtype != SECANT_U8)
		return codec_image_cannot(im, "BMP", "1 or 3 channels of u8", err);
	if (size > UINT32_MAX)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "BMP holds at most 4 GiB, the picture needs %llu bytes",
			(unsigned long long)size);
	base_put_le(head + 2, size, 4);
	base_put_le(head + 10, sizeof head, 4);
	base_put_le(head + 14, 40, 4);
	base_put_le(head + 18, (uint64_t)im->width, 4);
	base_put_le(head + 22, (uint64_t)im->height, 4);
	base_put_le(head + 26, 1, 2);
	base_put_le(head + 28, 24, 2);
	base_put_le(head + 34, size - sizeof head, 4);
	uint8_t *line = secant_calloc(row, 1);
	if (!line)
		return secant_fail(err, SECANT_ERR_NOMEM, "BMP: no memory for a row");
	(void)codec_sink_put(out, head, sizeof head);
	for (int y = im->height - 1; y >= 0; y--) {
		const uint8_t *from = (const uint8_t *)im->data + (size_t)y * secant_image_row_bytes(im);
		for (int x = 0; x < im->width; x++)
			for (int c = 0; c < 3; c++)
				line[x * 3 + 2 - c] = from[im->channels == 3 ? x * 3 + c : x];
		(void)codec_sink_put(out, line, row);
	}
	secant_free(line);
	return SECANT_OK;
}

const codec_format codec_bmp = {
	.name = "bmp",
	.brief = "Windows bitmap, all depths, runs and bit fields",
	.extensions = "bmp|dib",
	.alpha = true,
	.pixels_per_byte = 1 << 15, /* runs can skip any area; this is beyond what pictures do */
	.detect = detect,
	.probe = probe,
	.decode = decode,
	.encode = encode,
};
