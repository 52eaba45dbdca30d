/* From pictures to the numbers a network wants. See normalize.h. */
#include "codec/normalize.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static const double imagenet_mean[3] = { .485, .456, .406 }, imagenet_std[3] = { .229, .224, .225 };

/* Numbers "a,b,c" up to `end`; returns how many, -1 if it is no such list. */
static int
read_list(const char *text, const char *end, double *v)
{
	int n = 0;
	while (text < end && n < SECANT_NORMALIZE_CHANNELS) {
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
		return secant_fail(err, SECANT_ERR_ARG, "normalize: '%s' is not imagenet, unit, symmetric, none or MEAN,.../STD,...", text);
	if ((n != 1 && n != channels) || (m != 1 && m != channels))
		return secant_fail(err, SECANT_ERR_ARG, "normalize: '%s' has %d means and %d deviations, want 1 or %d (the channels)", text, n, m, channels);
	for (int c = 0; c < channels; c++) {
		mean[c] = mean[n == 1 ? 0 : c];
		std[c] = std[m == 1 ? 0 : c];
		if (std[c] <= 0)
			return secant_fail(err, SECANT_ERR_RANGE, "normalize: deviation %g of channel %d is not above 0", std[c], c);
	}
	return SECANT_OK;
}

secant_status
secant_normalize_parse(const char *text, int channels, float *scale, float *shift, secant_err *err)
{
	double mean[SECANT_NORMALIZE_CHANNELS] = { 0 }, std[SECANT_NORMALIZE_CHANNELS], unit = 255;
	if (channels < 1 || channels > SECANT_NORMALIZE_CHANNELS)
		return secant_fail(err, SECANT_ERR_RANGE, "%d channels are outside 1 to %d", channels, SECANT_NORMALIZE_CHANNELS);
	for (int c = 0; c < channels; c++)
		std[c] = 1;
	if (!text || !strcmp(text, "imagenet")) {
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
secant_normalize_image(const secant_image *im, int channels, const float *scale, const float *shift, float *out, secant_err *err)
{
	int64_t pixels = (int64_t)im->width * im->height;
	bool repeat = im->channels == 1 && channels == 3, cut = im->channels == 4 && channels == 3;
	if (im->channels != channels && !repeat && !cut)
		return secant_fail(err, SECANT_ERR_SHAPE, "the picture has %d channels, the network wants %d", im->channels, channels);
	if (im->dtype == SECANT_U8 && im->channels == channels) {
		bytes(im->data, pixels, channels, scale, shift, out);
		return SECANT_OK;
	}
	for (int64_t i = 0; i < pixels; i++)
		for (int c = 0; c < channels; c++)
			out[i * channels + c] = sample(im, i * im->channels + (repeat ? 0 : c)) * scale[c] + shift[c];
	return SECANT_OK;
}
