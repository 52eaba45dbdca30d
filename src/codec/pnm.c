/*
 * The netpbm family: P1 to P6 (bitmap, grey and colour, as text or raw, up to 16 bits), PAM (P7: any number of
 * channels) and PFM (Pf and PF, float32). Values are scaled to the full range of their dtype, as their maximum says; a
 * bitmap becomes 0 and 255. Of several pictures in a file the first is read.
 */
#include "codec/codec.h"
#include <math.h>
#include <stdio.h>
#include "base/number.h"

typedef struct header {
	char kind; /* '1' to '7', 'f', 'F' */
	int width, height, channels;
	int max; /* 1 to 65535; PFM: 0 */
	bool as_stored; /* values are not scaled */
	double scale; /* PFM: negative means little-endian */
	size_t at; /* where the pixels start */
} header;

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 3 && data[0] == 'P' && data[1] && strchr("1234567fF", data[1])
		&& (is_blank(data[2]) || data[2] == '#');
}

static void
skip(const uint8_t *data, size_t size, size_t *at)
{
	while (*at < size && (is_blank(data[*at]) || data[*at] == '#')) {
		if (data[*at] == '#')
			while (*at < size && data[*at] != '\n')
				++*at;
		else
			++*at;
	}
}

/* The next decimal number, at most `limit`; -1 when there is none. */
static int64_t
number(const uint8_t *data, size_t size, size_t *at, int64_t limit)
{
	int64_t v = 0;
	skip(data, size, at);
	size_t start = *at;
	for (; *at < size && data[*at] >= '0' && data[*at] <= '9' && v <= limit; ++*at)
		v = v * 10 + (data[*at] - '0');
	return *at == start || v > limit ? -1 : v;
}

/* The number after the size in a PFM. */
static bool
read_scale(header *h, const uint8_t *data, size_t size)
{
	char text[40];
	size_t n = 0;
	skip(data, size, &h->at);
	while (h->at < size && n < sizeof text - 1 && !is_blank(data[h->at]))
		text[n++] = (char)data[h->at++];
	text[n] = '\0';
	return base_real_parse(text, &h->scale) && h->scale != 0;
}

/* The lines of a PAM's header: a word and its number each, in any order, up to ENDHDR. Names of a tuple type are
 * descriptions. */
static secant_status
read_pam(header *h, const uint8_t *data, size_t size, secant_err *err)
{
	static const char *const words[] = { "WIDTH", "HEIGHT", "DEPTH", "MAXVAL" };
	int64_t value[4] = { -1, -1, -1, -1 };
	for (;;) {
		skip(data, size, &h->at);
		size_t start = h->at, n;
		while (h->at < size && !is_blank(data[h->at]))
			h->at++;
		n = h->at - start;
		if (n == 6 && !memcmp(data + start, "ENDHDR", 6))
			break;
		if (!n)
			return secant_fail(err, SECANT_ERR_FORMAT, "PNM: the header has no ENDHDR");
		if (n == 8 && !memcmp(data + start, "TUPLTYPE", 8))
			while (h->at < size && data[h->at] != '\n')
				h->at++;
		else
			for (int i = 0; i < 4; i++)
				if (n == strlen(words[i]) && !memcmp(data + start, words[i], n))
					value[i] = number(data, size, &h->at, i == 3 ? 65535 : i == 2 ? 4096 : INT32_MAX);
	}
	if (h->at >= size || data[h->at++] != '\n')
		return secant_fail(err, SECANT_ERR_FORMAT, "PNM: the header does not end");
	if (value[0] < 1 || value[1] < 1 || value[2] < 1 || value[3] < 1)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"PNM: a PAM has WIDTH and HEIGHT of 1 or more, DEPTH 1 to 4096 and MAXVAL 1 to 65535; this one has %lld, "
			"%lld, %lld and %lld",
			(long long)value[0], (long long)value[1], (long long)value[2], (long long)value[3]);
	h->width = (int)value[0];
	h->height = (int)value[1];
	h->channels = (int)value[2];
	h->max = (int)value[3];
	return SECANT_OK;
}

static secant_status
read_header(header *h, const uint8_t *data, size_t size, secant_err *err)
{
	*h = (header){ .kind = (char)data[1], .at = 2 };
	bool real = h->kind == 'f' || h->kind == 'F', bitmap = h->kind == '1' || h->kind == '4';
	if (h->kind == '7')
		return read_pam(h, data, size, err);
	h->channels = h->kind == '3' || h->kind == '6' || h->kind == 'F' ? 3 : 1;
	h->width = (int)number(data, size, &h->at, INT32_MAX);
	h->height = (int)number(data, size, &h->at, INT32_MAX);
	if (h->width < 1 || h->height < 1)
		return secant_fail(err, SECANT_ERR_FORMAT, "PNM: the header has no width and height of 1 or more");
	if (real ? !read_scale(h, data, size) : !bitmap && (h->max = (int)number(data, size, &h->at, 65535)) < 1)
		return secant_fail(err, SECANT_ERR_FORMAT,
			real ? "PNM: the header has no scale" : "PNM: the header has no maximum from 1 to 65535");
	if (bitmap)
		h->max = 1;
	/* one blank, no more, before raw data */
	if (h->kind > '3' && (h->at >= size || !is_blank(data[h->at++])))
		return secant_fail(err, SECANT_ERR_FORMAT, "PNM: the header does not end");
	return SECANT_OK;
}

static secant_dtype
dtype_of(const header *h)
{
	return h->max == 0 ? SECANT_F32 : h->max > 255 ? SECANT_U16 : SECANT_U8;
}

static secant_status
probe(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err)
{
	header h;
	secant_status s = read_header(&h, data, size, err);
	info->width = h.width;
	info->height = h.height;
	info->channels = h.channels;
	info->dtype = dtype_of(&h);
	info->bits = h.max == 0 ? 32 : h.max == 1 ? 1 : h.max > 255 ? 16 : 8;
	return s;
}

static secant_status
too_short(size_t have, uint64_t need, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "PNM: %llu bytes of pixels are needed, the file has %zu",
		(unsigned long long)need, have);
}

/* Stores value number i, which may be `max` at most, scaled. */
static bool
store(secant_image *im, const header *h, size_t i, int64_t v)
{
	if (v < 0 || v > h->max)
		return false;
	if (h->as_stored && im->dtype == SECANT_U8)
		((uint8_t *)im->data)[i] = (uint8_t)v;
	else if (h->as_stored)
		((uint16_t *)im->data)[i] = (uint16_t)v;
	else if (im->dtype == SECANT_U8)
		((uint8_t *)im->data)[i] = (uint8_t)((v * 255 + h->max / 2) / h->max);
	else
		((uint16_t *)im->data)[i] = (uint16_t)((v * 65535 + h->max / 2) / h->max);
	return true;
}

static secant_status
wrong_value(const header *h, size_t i, int64_t v, secant_err *err)
{
	if (v < 0)
		return secant_fail(err, SECANT_ERR_FORMAT, "PNM: value %zu of %zu is missing or no number from 0 to 65535",
			i + 1, (size_t)h->width * (size_t)h->height * (size_t)h->channels);
	return secant_fail(
		err, SECANT_ERR_FORMAT, "PNM: value %zu is %lld, the maximum is %d", i + 1, (long long)v, h->max);
}

static secant_status
decode_text(secant_image *im, const header *h, const uint8_t *data, size_t size, secant_err *err)
{
	size_t n = (size_t)h->width * (size_t)h->height * (size_t)h->channels, at = h->at;
	for (size_t i = 0; i < n; i++) {
		int64_t v;
		if (h->kind == '1') { /* digits of a bitmap need no blanks between; 1 is black */
			skip(data, size, &at);
			v = at < size && (data[at] == '0' || data[at] == '1') ? '1' - data[at] : -1;
			at++;
		} else {
			v = number(data, size, &at, 65535);
		}
		if (!store(im, h, i, v))
			return wrong_value(h, i, v, err);
	}
	return SECANT_OK;
}

static secant_status
decode_bits(secant_image *im, const header *h, const uint8_t *data, size_t size, secant_err *err)
{
	size_t row = ((size_t)h->width + 7) / 8;
	uint8_t *to = im->data;
	if (size - h->at < row * (size_t)h->height)
		return too_short(size - h->at, row * (size_t)h->height, err);
	for (int y = 0; y < h->height; y++)
		for (int x = 0; x < h->width; x++)
			*to++ = data[h->at + (size_t)y * row + (size_t)x / 8] >> (7 - x % 8) & 1 ? 0 : 255;
	return SECANT_OK;
}

static secant_status
decode_raw(secant_image *im, const header *h, const uint8_t *data, size_t size, secant_err *err)
{
	size_t n = (size_t)h->width * (size_t)h->height * (size_t)h->channels, width = h->max > 255 ? 2 : 1;
	const uint8_t *p = data + h->at;
	if (size - h->at < n * width)
		return too_short(size - h->at, n * width, err);
	if (h->max == 255) {
		memcpy(im->data, p, n);
		return SECANT_OK;
	}
	for (size_t i = 0; i < n; i++, p += width) {
		int64_t v = width == 2 ? base_be16(p) : *p;
		if (!store(im, h, i, v))
			return wrong_value(h, i, v, err);
	}
	return SECANT_OK;
}

/* Rows from the bottom up. The scale's size is left alone, as most readers do. */
static secant_status
decode_float(secant_image *im, const header *h, const uint8_t *data, size_t size, secant_err *err)
{
	size_t row = secant_image_row_bytes(im);
	if (size - h->at < row * (size_t)h->height)
		return too_short(size - h->at, row * (size_t)h->height, err);
	for (int y = 0; y < h->height; y++)
		memcpy((uint8_t *)im->data + (size_t)y * row, data + h->at + (size_t)(h->height - 1 - y) * row, row);
	if (h->scale > 0)
		base_swap_bytes(im->data, row / 4 * (size_t)h->height, 4);
	return SECANT_OK;
}

static secant_status
decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err)
{
	header h;
	secant_status s = read_header(&h, data, size, err);
	h.as_stored = o->as_stored && h.kind != '1' && h.kind != '4';
	/* so many channels are looked for before they get memory */
	if (!s && h.kind == '7' && (uint64_t)h.width * (uint64_t)h.height > (size - h.at) / (uint64_t)h.channels)
		s = too_short(size - h.at, (uint64_t)h.width * (uint64_t)h.height * (uint64_t)h.channels, err);
	if (!s)
		s = secant_image_new(im, h.width, h.height, h.channels, dtype_of(&h), err);
	if (s)
		return s;
	s = h.max == 0      ? decode_float(im, &h, data, size, err)
		: h.kind <= '3' ? decode_text(im, &h, data, size, err)
		: h.kind == '4' ? decode_bits(im, &h, data, size, err)
						: decode_raw(im, &h, data, size, err);
	if (s)
		secant_image_free(im);
	return s;
}

/* ---- writing ---- */

static void
put_bits(codec_sink *out, const uint8_t *row, int width)
{
	for (int x = 0; x < width; x += 8) {
		uint8_t byte = 0;
		for (int i = 0; i < 8 && x + i < width; i++)
			byte |= (uint8_t)((row[x + i] == 0) << (7 - i));
		(void)codec_sink_put(out, &byte, 1);
	}
}

static void
put_big_endian(codec_sink *out, const uint16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)codec_sink_put(out, (uint8_t[2]){ (uint8_t)(v[i] >> 8), (uint8_t)v[i] }, 2);
}

/* What each extension holds; pnm takes what the picture is. */
static const struct kind {
	const char *extension, *can;
	int channels;
	bool u8, u16, f32;
} kinds[] = {
	{ "pbm", "1 channel of u8", 1, true, false, false },
	{ "pgm", "1 channel of u8 or u16", 1, true, true, false },
	{ "ppm", "3 channels of u8 or u16", 3, true, true, false },
	{ "pfm", "1 or 3 channels of f32", 0, false, false, true },
	{ "pnm", "1 or 3 channels of u8 or u16", 0, true, true, false },
	{ "pam", "channels of u8 or u16", 0, true, true, false },
	{ NULL },
};

static secant_status
encode(const secant_image *im, codec_sink *out, const char *extension, const secant_image_write_options *o,
	secant_err *err)
{
	char head[64];
	const struct kind *k = kinds;
	while (k->extension && strcmp(k->extension, extension))
		k++;
	bool fits = im->dtype == SECANT_U8 ? k->u8 : im->dtype == SECANT_U16 ? k->u16 : im->dtype == SECANT_F32 && k->f32;
	bool any = !strcmp(extension, "pam");
	if (!fits || (im->channels != 1 && im->channels != 3 && !any) || (k->channels && k->channels != im->channels))
		return codec_image_cannot(im, extension, k->can, err);
	bool bitmap = !strcmp(extension, "pbm"), real = im->dtype == SECANT_F32;
	char kind = bitmap ? '4' : real ? (im->channels == 3 ? 'F' : 'f') : im->channels == 3 ? '6' : '5';
	int n = any ? snprintf(head, sizeof head, "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nENDHDR\n", im->width,
				im->height, im->channels, im->dtype == SECANT_U16 ? 65535 : 255)
				: snprintf(head, sizeof head, "P%c\n%d %d\n%s", kind, im->width, im->height,
					bitmap                        ? ""
						: real                    ? "-1.0\n"
						: im->dtype == SECANT_U16 ? "65535\n"
												  : "255\n");
	(void)codec_sink_put(out, head, (size_t)n);
	size_t row = secant_image_row_bytes(im);
	for (int y = 0; y < im->height; y++) {
		const uint8_t *p = (const uint8_t *)im->data + (size_t)(real ? im->height - 1 - y : y) * row;
		if (bitmap)
			put_bits(out, p, im->width);
		else if (im->dtype == SECANT_U16)
			put_big_endian(out, (const uint16_t *)(const void *)p, row / 2);
		else
			(void)codec_sink_put(out, p, row);
	}
	return SECANT_OK;
}

const codec_format codec_pnm = {
	.name = "pnm",
	.brief = "PBM, PGM, PPM, PAM and PFM",
	.extensions = "pnm|pgm|ppm|pbm|pam|pfm",
	.alpha = true,
	.pixels_per_byte = 8,
	.detect = detect,
	.probe = probe,
	.decode = decode,
	.encode = encode,
};
