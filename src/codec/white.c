/* Which number is white, by word or by evidence. See white.h. */
#include "codec/white.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/number.h"
#include "codec/codec.h"

enum { WHY = CODEC_WHITE_WHY, TEXT = CODEC_WHITE_TEXT, FIRST_OCTAVE = -32, PARTS = 8, OCTAVES = 512 };

/* ---- by word ---- */

typedef struct kind {
	secant_dtype dtype;
	const char *name;
	double usual;
	size_t offset;
} kind;
static const kind kinds[] = {
	{ SECANT_U16, "u16", 65535, offsetof(codec_whites, u16) },
	{ SECANT_I16, "i16", 65535, offsetof(codec_whites, i16) },
	{ SECANT_F32, "f32", 1, offsetof(codec_whites, f32) },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const kind *
kind_of(secant_dtype dtype)
{
	for (int k = 0; k < KINDS; k++)
		if (kinds[k].dtype == dtype)
			return &kinds[k];
	return NULL;
}

static double *
field(codec_whites *w, const kind *k)
{
	return (double *)(void *)((char *)w + k->offset);
}

double
codec_white_of(const codec_whites *w, secant_dtype dtype)
{
	const kind *k = kind_of(dtype);
	return k ? *field((codec_whites *)(uintptr_t)w, k) : 0;
}

void
codec_white_set(codec_whites *w, secant_dtype dtype, double white)
{
	const kind *k = kind_of(dtype);
	if (k)
		*field(w, k) = white;
}

/* One part of the list: NAME=NUMBER, or a number alone. */
static bool
take_part(codec_whites *w, const char *part, size_t n)
{
	char text[64];
	double v;
	if (n >= sizeof text)
		return false;
	memcpy(text, part, n);
	text[n] = '\0';
	char *equals = strchr(text, '=');
	if (!base_real_parse(equals ? equals + 1 : text, &v) || !(v > 0) || !isfinite(v))
		return false;
	bool any = !equals;
	if (equals)
		*equals = '\0';
	for (int k = 0; k < KINDS; k++)
		if (!equals || !strcmp(kinds[k].name, text)) {
			*field(w, &kinds[k]) = v;
			any = true;
		}
	return any;
}

secant_status
codec_whites_parse(codec_whites *w, const char *text, secant_err *err)
{
	*w = (codec_whites){ 0 };
	if (!text || !strcmp(text, "auto"))
		return SECANT_OK;
	for (const char *at = text;; at++) {
		size_t n = strcspn(at, ",");
		bool alone = n == strlen(text), named = memchr(at, '=', n) != NULL;
		if ((!alone && !named) || !take_part(w, at, n))
			return secant_fail(err, SECANT_ERR_ARG,
				"white: '%s' is not auto, a number above 0 (1, 255, 4095, 10000, 65535), or one for each type as "
				"u16=4095,f32=1 (u16, i16, f32)",
				text);
		at += n;
		if (!*at)
			return SECANT_OK;
	}
}

const char *
codec_whites_text(const codec_whites *w, char *text)
{
	size_t used = 0;
	(void)snprintf(text, TEXT, "auto");
	for (int k = 0; k < KINDS; k++) {
		double v = codec_white_of(w, kinds[k].dtype);
		if (v > 0)
			used += (size_t)snprintf(text + used, TEXT - used, "%s%s=%.9g", used ? "," : "", kinds[k].name, v);
	}
	return text;
}

/* ---- by evidence ---- */

static void
count(codec_range *r, double v)
{
	if (!isfinite(v))
		return;
	r->low = r->n ? fmin(r->low, v) : v;
	r->high = r->n ? fmax(r->high, v) : v;
	r->n++;
	r->fractions += v != floor(v);
	if (!(v > 0))
		return;
	double place = floor((log2(v) - FIRST_OCTAVE) * PARTS);
	int k = place < 0 ? 0 : place >= OCTAVES ? OCTAVES - 1 : (int)place;
	r->octave[k]++;
	r->top[k] = fmax(r->top[k], v);
}

/* Numbers that are no data: marked pixels, and of floats each band that has the declared value. */
void
codec_range_picture(codec_range *r, const secant_image *im, int bits)
{
	int64_t n = (int64_t)im->width * im->height * im->channels;
	const secant_geo *geo = secant_image_geo(im);
	r->dtype = im->dtype;
	r->bits = bits > r->bits ? bits : r->bits;
	for (int64_t i = 0; i < n; i++) {
		double none, v;
		if (im->voids && im->voids[i / im->channels])
			continue;
		switch (im->dtype) {
		case SECANT_U8: v = ((const uint8_t *)im->data)[i]; break;
		case SECANT_U16: v = ((const uint16_t *)im->data)[i]; break;
		case SECANT_I16: v = ((const int16_t *)im->data)[i]; break;
		default: v = (double)((const float *)im->data)[i]; break;
		}
		if (im->dtype == SECANT_F32 && codec_geo_band_nodata(geo, (int)(i % im->channels), &none)
			&& codec_image_is_value(im, (size_t)i, none))
			continue;
		count(r, v);
	}
}

secant_status
codec_range_raster(codec_range *r, secant_raster *raster, int bits, secant_err *err)
{
	enum { ACROSS = 4, SIDE = 256 };
	const secant_raster_info *a = secant_raster_about(raster);
	int w = a->width < SIDE ? a->width : SIDE, h = a->height < SIDE ? a->height : SIDE;
	int columns = a->width > SIDE ? ACROSS : 1, rows = a->height > SIDE ? ACROSS : 1;
	for (int i = 0; i < rows * columns; i++) {
		int x = columns > 1 ? (int)((int64_t)(a->width - w) * (i % columns) / (columns - 1)) : 0;
		int y = rows > 1 ? (int)((int64_t)(a->height - h) * (i / columns) / (rows - 1)) : 0;
		secant_image window;
		secant_status s = secant_raster_read_window(raster, x, y, w, h, &window, err);
		if (!s)
			s = secant_image_set_geo(&window, a->geo, err);
		if (!s)
			codec_range_picture(r, &window, bits);
		secant_image_free(&window);
		if (s)
			return s;
	}
	return SECANT_OK;
}

secant_status
codec_range_look(codec_range *r, const char *path, secant_err *err)
{
	secant_image_info info;
	secant_status s = secant_image_probe(path, &info, err);
	secant_raster *raster = s ? NULL : secant_raster_open(path, NULL, err);
	if (!raster)
		return s ? s : err ? err->code : SECANT_ERR_IO;
	s = codec_range_raster(r, raster, info.bits, err);
	secant_raster_close(raster);
	return s;
}

/* The number that all but a thousandth stay below: a hot pixel is no white. */
static double
most_of(const codec_range *r)
{
	int64_t above = 0;
	for (int k = OCTAVES - 1; k >= 0; k--) {
		above += r->octave[k];
		if (above > r->n / 1000)
			return r->top[k];
	}
	return r->high;
}

/* Whole numbers in more bits than they need, and floats: the least of the usual whites that holds them. */
typedef struct usual {
	double most, white;
	const char *word;
} usual;
static const usual of_numbers[] = {
	{ 255, 255, "8 bits" },
	{ 65535, 65535, "16 bits" },
	{ 16777215, 16777215, "24 bits" },
	{ 4294967295., 4294967295., "32 bits" },
	{ 0 },
};
static const usual of_floats[] = {
	{ 255.5, 255, "8 bits" },
	{ 16000, 10000, "reflectances" },
	{ 65535.5, 65535, "16 bits" },
	{ 0 },
};

static const usual *
find(const usual *table, double most)
{
	while (table->most > 0 && most > table->most)
		table++;
	return table;
}

static double
guess_float(const codec_range *r, char *why)
{
	double most = r->fractions ? most_of(r) : r->high;
	if (!r->n || (r->low == 0 && r->high == 0))
		return 1;
	if (r->low < 0 && (r->low < -0.1 * most || most <= 1.5)) {
		if (most > 1.5 || r->low < -1.5)
			(void)snprintf(why, WHY,
				"numbers from %.6g to %.6g, whose white nobody knows: taken as they stand, 1 for white (--white N, in "
				"training --normalize data)",
				r->low, r->high);
		return 1;
	}
	if (most <= (r->fractions ? 1.5 : 1))
		return 1;
	const usual *u = find(r->fractions ? of_floats : of_numbers, most);
	if (!(u->most > 0)) {
		(void)snprintf(why, WHY,
			"numbers up to %.6g, whose white nobody knows: taken as they stand, 1 for white (--white N, in training "
			"--normalize data)",
			r->high);
		return 1;
	}
	(void)snprintf(why, WHY, "%s from %.6g to %.6g in %d bits: taken for %s, white %.10g (--white says otherwise)",
		r->fractions ? "numbers" : "whole numbers", r->low, r->high, r->bits, u->word, u->white);
	return u->white;
}

static double
guess_short(const codec_range *r, char *why)
{
	enum { FULL = 65535, DARK = FULL / 4, LEAST = 1 };
	bool narrow = r->bits > 8 && r->bits < 16 && r->dtype == SECANT_U16;
	double white = FULL;
	if (!r->n || r->high <= LEAST)
		return FULL;
	if (narrow) {
		white = (1 << r->bits) - 1;
		(void)snprintf(why, WHY, "samples of %d bits: white is %.10g (--white says otherwise)", r->bits, white);
	} else if (r->low >= 0 && r->high <= 255) {
		white = 255;
		(void)snprintf(why, WHY,
			"numbers from %.6g to %.6g in 16 bits: taken for 8 bits, white 255 (--white says otherwise)", r->low,
			r->high);
	} else if (r->high < DARK || r->low < 0) {
		(void)snprintf(why, WHY,
			"numbers from %.6g to %.6g in 16 bits: 65535 is taken for white, which makes them dark (--white 4095 for "
			"12 "
			"bits, 10000 for reflectances%s)",
			r->low, r->high, r->low < 0 ? "; what lies below 0 stays below" : "");
	}
	return white;
}

double
codec_white_guess(const codec_range *r, char *why)
{
	*why = '\0';
	return r->dtype == SECANT_F32 ? guess_float(r, why) : kind_of(r->dtype) ? guess_short(r, why) : 255;
}

void
codec_white_doubt(const codec_range *r, double white, char *why)
{
	double most = most_of(r);
	*why = '\0';
	if (r->n && r->high > 0 && most > 4 * white)
		(void)snprintf(why, WHY,
			"numbers up to %.6g, where white is %.10g: brighter than what the network was trained on (--white says "
			"otherwise)",
			most, white);
	else if (r->n && r->high > 0 && r->high < white / 64)
		(void)snprintf(why, WHY,
			"numbers up to %.6g, where white is %.10g: darker than what the network was trained on (--white says "
			"otherwise)",
			r->high, white);
}
