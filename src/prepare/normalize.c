/* From pictures to the numbers a network wants, and what stands in for no data. See normalize.h. */
#include "prepare/normalize.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "codec/codec.h"

static const double imagenet_mean[3] = { .485, .456, .406 }, imagenet_std[3] = { .229, .224, .225 };

/* Numbers "a,b,c" up to `end`; returns how many, -1 if it is no such list. */
static int
read_list(const char *text, const char *end, double *v)
{
	int n = 0;
	while (text < end && n < PREPARE_NORMALIZE_CHANNELS) {
		char *next;
		v[n] = strtod(text, &next);
		if (next == text || next > end || !isfinite(v[n]) || (next < end && *next != ','))
			return -1;
		n++;
		text = next + 1;
		if (next == end)
			return n;
	}
	return -1;
}

static secant_status
read_numbers(const char *text, int channels, double *mean, double *std, secant_err *err)
{
	const char *slash = strchr(text, '/');
	int n = slash ? read_list(text, slash, mean) : -1, m = slash ? read_list(slash + 1, text + strlen(text), std) : -1;
	if (n < 1 || m < 1)
		return secant_fail(
			err, SECANT_ERR_ARG, "normalize: '%s' is not imagenet, unit, symmetric, none or MEAN,.../STD,...", text);
	if ((n != 1 && n != channels) || (m != 1 && m != channels))
		return secant_fail(err, SECANT_ERR_ARG,
			"normalize: '%s' has %d means and %d deviations, want 1 or %d (the channels)", text, n, m, channels);
	for (int c = 0; c < channels; c++) {
		mean[c] = mean[n == 1 ? 0 : c];
		std[c] = std[m == 1 ? 0 : c];
		if (std[c] <= 0)
			return secant_fail(
				err, SECANT_ERR_RANGE, "normalize: deviation %g of channel %d is not above 0", std[c], c);
	}
	return SECANT_OK;
}

secant_status
prepare_normalize_parse(const char *text, int channels, float *scale, float *shift, secant_err *err)
{
	double mean[PREPARE_NORMALIZE_CHANNELS] = { 0 }, std[PREPARE_NORMALIZE_CHANNELS], unit = 255;
	if (channels < 1 || channels > PREPARE_NORMALIZE_CHANNELS)
		return secant_fail(
			err, SECANT_ERR_RANGE, "%d channels are outside 1 to %d", channels, PREPARE_NORMALIZE_CHANNELS);
	for (int c = 0; c < channels; c++)
		std[c] = 1;
	if (!text || !strcmp(text, "imagenet") || !strcmp(text, "auto")) {
		for (int c = 0; c < channels; c++) {
			mean[c] = channels == 3 ? imagenet_mean[c] : (imagenet_mean[0] + imagenet_mean[1] + imagenet_mean[2]) / 3;
			std[c] = channels == 3 ? imagenet_std[c] : (imagenet_std[0] + imagenet_std[1] + imagenet_std[2]) / 3;
		}
	} else if (!strcmp(text, "symmetric")) {
		for (int c = 0; c < channels; c++)
			mean[c] = 0.5, std[c] = 1 / 3.2;
	} else if (!strcmp(text, "none")) {
		unit = 1;
	} else if (strcmp(text, "unit")) {
		secant_status status = read_numbers(text, channels, mean, std, err);
		if (status)
			return status;
	}
	for (int c = 0; c < channels; c++) {
		scale[c] = (float)(1 / (unit * std[c]));
		shift[c] = (float)(-mean[c] / std[c]);
	}
	return SECANT_OK;
}

static float
sample(const secant_image *im, int64_t i)
{
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[i];
	case SECANT_U16: return (float)((const uint16_t *)im->data)[i] / 257.f;
	case SECANT_I16: return (float)((const int16_t *)im->data)[i] / 257.f;
	default: return ((const float *)im->data)[i] * 255.f;
	}
}

/* The common case: interleaved bytes, as many channels as wanted. */
static void
bytes(const uint8_t *in, int64_t pixels, int channels, const float *scale, const float *shift, float *out)
{
	for (int64_t i = 0; i < pixels; i++)
		for (int c = 0; c < channels; c++)
			out[i * channels + c] = (float)in[i * channels + c] * scale[c] + shift[c];
}

secant_status
prepare_normalize_image(
	const secant_image *im, int channels, const float *scale, const float *shift, float *out, secant_err *err)
{
	int64_t pixels = (int64_t)im->width * im->height;
	bool repeat = im->channels == 1 && channels == 3, cut = im->channels == 4 && channels == 3;
	if (im->channels != channels && !repeat && !cut)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "the picture has %d channels, the network wants %d", im->channels, channels);
	if (im->dtype == SECANT_U8 && im->channels == channels) {
		bytes(im->data, pixels, channels, scale, shift, out);
		return SECANT_OK;
	}
	for (int64_t i = 0; i < pixels; i++)
		for (int c = 0; c < channels; c++)
			out[i * channels + c] = sample(im, i * im->channels + (repeat ? 0 : c)) * scale[c] + shift[c];
	return SECANT_OK;
}

/* ---- no data ---- */

prepare_voids
prepare_voids_of(const secant_geo *geo, int bands, int channels)
{
	prepare_voids v = { .geo = geo, .heed = SECANT_VOID_VALUE | SECANT_VOID_MASK };
	v.declared = geo && secant_geo_nodata(geo, &v.value);
	if (channels < bands)
		v.heed |= SECANT_VOID_ALPHA;
	return v;
}

static bool
is_void(const prepare_voids *v, const secant_image *im, int64_t i)
{
	double value = v->value;
	bool declared = v->declared;
	if (im->dtype == SECANT_F32 && isnan(((const float *)im->data)[i]))
		return true;
	if (v->geo)
		declared = codec_geo_band_nodata(v->geo, (int)(i % im->channels), &value);
	return declared && codec_image_is_value(im, (size_t)i, value);
}

bool
prepare_voids_at(const prepare_voids *v, const secant_image *im, int64_t pixel)
{
	if (im->voids && (im->voids[pixel] & v->heed || im->dtype != SECANT_F32))
		return im->voids[pixel] & v->heed;
	for (int64_t i = pixel * im->channels, end = i + im->channels; i < end; i++)
		if (!is_void(v, im, i))
			return false;
	return true;
}

/* Of a picture of floats any band, of integers all of them: 0 is a colour's part more often than it is none. */
static bool
is_concerned(const prepare_voids *v, const secant_image *im, int64_t pixel)
{
	bool any = false;
	for (int c = 0; c < im->channels && im->dtype == SECANT_F32; c++)
		any |= is_void(v, im, pixel * im->channels + c);
	return any || (im->dtype != SECANT_F32 && prepare_voids_at(v, im, pixel));
}

int64_t
prepare_voids_find(const prepare_voids *v, const secant_image *im)
{
	int64_t pixels = (int64_t)im->width * im->height;
	if (!v->declared && !im->voids && im->dtype != SECANT_F32)
		return -1;
	for (int64_t i = 0; i < pixels; i++)
		if (is_concerned(v, im, i))
			return i;
	return -1;
}

static void
put(secant_image *im, int64_t i, double at_255)
{
	switch (im->dtype) {
	case SECANT_U8: ((uint8_t *)im->data)[i] = (uint8_t)lround(fmin(fmax(at_255, 0), 255)); break;
	case SECANT_U16: ((uint16_t *)im->data)[i] = (uint16_t)lround(fmin(fmax(at_255 * 257, 0), 65535)); break;
	case SECANT_I16: ((int16_t *)im->data)[i] = (int16_t)lround(fmin(fmax(at_255 * 257, -32768), 32767)); break;
	default: ((float *)im->data)[i] = (float)(at_255 / 255); break;
	}
}

void
prepare_voids_fill(
	const prepare_voids *v, secant_image *im, int channels, const float *scale, const float *shift, uint8_t *where)
{
	int64_t pixels = (int64_t)im->width * im->height;
	for (int64_t i = 0; i < pixels; i++) {
		bool all = prepare_voids_at(v, im, i);
		if (where)
			where[i] = all;
		if (!all && !is_concerned(v, im, i))
			continue;
		for (int c = 0; c < im->channels; c++) {
			int k = c < channels ? c : channels - 1;
			if (all || is_void(v, im, i * im->channels + c))
				put(im, i * im->channels + c, scale ? -(double)shift[k] / (double)scale[k] : (double)NAN);
		}
	}
}
