/*
 * Views of a picture for test-time augmentation. A view is one of the eight symmetries of the square (three bits:
 * mirror left and right, mirror top and bottom, exchange rows and columns, done last), a scale, or the picture with its
 * values stretched: in each band what lies between two percentiles of the window is spread over the whole range. Views
 * stand side by side, they are not multiplied.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/number.h"
#include "deploy/predictor.h"

static const struct {
	const char *name;
	unsigned turns;
	int numbers;
	double usual[2], least, most;
} words[] = {
	{ "none", 0, 0, { 0 }, 0, 0 },
	{ "flip-h", 1u << DEPLOY_MIRROR_X, 0, { 0 }, 0, 0 },
	{ "flip-v", 1u << DEPLOY_MIRROR_Y, 0, { 0 }, 0, 0 },
	{ "flips", 1u << DEPLOY_MIRROR_X | 1u << DEPLOY_MIRROR_Y | 1u << (DEPLOY_MIRROR_X | DEPLOY_MIRROR_Y), 0, { 0 }, 0,
		0 },
	{ "rotate90",
		1u << (DEPLOY_MIRROR_X | DEPLOY_MIRROR_Y) | 1u << (DEPLOY_EXCHANGE | DEPLOY_MIRROR_X)
			| 1u << (DEPLOY_EXCHANGE | DEPLOY_MIRROR_Y),
		0, { 0 }, 0, 0 },
	{ "rot90",
		1u << (DEPLOY_MIRROR_X | DEPLOY_MIRROR_Y) | 1u << (DEPLOY_EXCHANGE | DEPLOY_MIRROR_X)
			| 1u << (DEPLOY_EXCHANGE | DEPLOY_MIRROR_Y),
		0, { 0 }, 0, 0 },
	{ "d4", 0xff, 0, { 0 }, 0, 0 },
	{ "scale", 0, 1, { 0 }, 0.1, 8 },
	{ "stretch", 0, 2, { 2, 98 }, 0, 100 },
};
enum { WORDS = sizeof words / sizeof *words, SCALE = WORDS - 2, STRETCH };

/* ---- reading ---- */

static secant_status
add(deploy_views *views, deploy_view v, secant_err *err)
{
	for (int i = 0; i < views->n; i++)
		if (views->v[i].turn == v.turn && views->v[i].scale == v.scale && views->v[i].low == v.low
			&& views->v[i].high == v.high)
			return SECANT_OK;
	if (views->n == DEPLOY_MOST_VIEWS)
		return secant_fail(err, SECANT_ERR_ARG, "--tta: more than %d views", DEPLOY_MOST_VIEWS);
	views->v[views->n++] = v;
	return SECANT_OK;
}

static secant_status
read_numbers(int word, char *text, double numbers[2], secant_err *err)
{
	int n = 0;
	for (char *part; text && (part = strsep(&text, ","));)
		if (n == words[word].numbers || !base_real_parse(part, &numbers[n++]))
			return secant_fail(err, SECANT_ERR_ARG, "--tta: %s(%s) is not %s", words[word].name, part,
				word == SCALE ? "scale(0.75)" : "stretch(2,98)");
	if (n && n != words[word].numbers)
		return secant_fail(
			err, SECANT_ERR_ARG, "--tta: %s wants %d numbers, not %d", words[word].name, words[word].numbers, n);
	for (int i = 0; i < words[word].numbers; i++)
		if (!(numbers[i] >= words[word].least && numbers[i] <= words[word].most))
			return secant_fail(err, SECANT_ERR_RANGE, "--tta: %s(%g): numbers from %g to %g are wanted",
				words[word].name, numbers[i], words[word].least, words[word].most);
	if (word == STRETCH && numbers[0] >= numbers[1])
		return secant_fail(err, SECANT_ERR_RANGE, "--tta: stretch(%g,%g): limits are inverted", numbers[0], numbers[1]);
	return SECANT_OK;
}

static secant_status
unknown(const char *word, secant_err *err)
{
	const char *names[WORDS + 1] = { 0 };
	for (int i = 0; i < WORDS; i++)
		names[i] = words[i].name;
	const char *near = secant_nearest(word, names);
	return secant_fail(err, SECANT_ERR_ARG,
		"--tta: '%s' is not flip-h, flip-v, flips, rotate90, d4, scale(F), stretch(LO,HI) or none%s%s%s", word,
		near ? " (nearest: " : "", near ? near : "", near ? ")" : "");
}

/* A word, perhaps with numbers in brackets. */
static secant_status
read_view(deploy_views *views, char *text, secant_err *err)
{
	char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL;
	int word = -1;
	if (open && (!close || close[1]))
		return secant_fail(err, SECANT_ERR_ARG, "--tta: '%s' has a ( without its )", text);
	if (open)
		*open = *close = '\0';
	for (int i = 0; i < WORDS; i++)
		word = strcmp(words[i].name, text) ? word : i;
	if (word < 0)
		return unknown(text, err);
	double numbers[2] = { words[word].usual[0], words[word].usual[1] };
	if (open && !words[word].numbers)
		return secant_fail(err, SECANT_ERR_ARG, "--tta: %s has no numbers", text);
	secant_status status = words[word].numbers ? read_numbers(word, open ? open + 1 : NULL, numbers, err) : SECANT_OK;
	if (!status && word == SCALE)
		status = add(views, (deploy_view){ 0, numbers[0], 0, 0 }, err);
	if (!status && word == STRETCH)
		status = add(views, (deploy_view){ 0, 1, numbers[0], numbers[1] }, err);
	for (unsigned turn = 0; turn < 8 && !status; turn++)
		if (words[word].turns >> turn & 1)
			status = add(views, (deploy_view){ turn, 1, 0, 0 }, err);
	return status;
}

secant_status
deploy_views_parse(deploy_views *views, const char *text, secant_err *err)
{
	char *copy = base_strdup(text ? text : ""), *at = copy;
	secant_status status = copy ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for views");
	*views = (deploy_views){ .v = { { 0, 1, 0, 0 } }, .n = 1 };
	while (!status && at && *at) {
		size_t n = strcspn(at, ",(");
		if (at[n] == '(')
			n += strcspn(at + n, ")");
		n += strcspn(at + n, ",");
		bool more = at[n] == ',';
		at[n] = '\0';
		status = read_view(views, at, err);
		at += n + more;
	}
	secant_free(copy);
	return status;
}

/* ---- looking ---- */

static int
ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* Percentiles of a band from PROBES of its pixels, as the values they are. */
static bool
percentiles(const secant_image *im, int band, const deploy_view *v, double *low, double *high)
{
	enum { PROBES = 8192 };
	float probe[PROBES];
	int64_t pixels = (int64_t)im->width * im->height, step = pixels > PROBES ? pixels / PROBES : 1;
	int n = 0;
	for (int64_t i = 0; i < pixels && n < PROBES; i += step) {
		float value = (float)deploy_band_value(im, i, band);
		if (isfinite(value))
			probe[n++] = value;
	}
	if (!n)
		return false;
	qsort(probe, (size_t)n, sizeof *probe, ascending);
	*low = (double)probe[(int)(v->low / 100 * (n - 1) + .5)];
	*high = (double)probe[(int)(v->high / 100 * (n - 1) + .5)];
	return *high > *low;
}

static void
stretch_band(const secant_image *im, secant_image *to, int band, double low, double high)
{
	int64_t pixels = (int64_t)im->width * im->height;
	double top = im->dtype == SECANT_U8 ? 255 : im->dtype == SECANT_U16 ? 65535 : im->dtype == SECANT_I16 ? 32767 : 1;
	for (int64_t i = 0; i < pixels; i++) {
		int64_t at = i * im->channels + band;
		double v = (deploy_band_value(im, i, band) - low) / (high - low) * top;
		v = v > 0 ? v < top ? v : top : 0;
		switch (im->dtype) {
		case SECANT_U8: ((uint8_t *)to->data)[at] = (uint8_t)(v + .5); break;
		case SECANT_U16: ((uint16_t *)to->data)[at] = (uint16_t)(v + .5); break;
		case SECANT_I16: ((int16_t *)to->data)[at] = (int16_t)(v + .5); break;
		default: ((float *)to->data)[at] = (float)v; break;
		}
	}
}

secant_status
deploy_view_look(
	const deploy_view *v, const secant_image *im, secant_image *own, const secant_image **out, secant_err *err)
{
	secant_status status = SECANT_OK;
	*out = im;
	if (v->high > 0) {
		double low, high;
		if ((status = secant_image_copy(own, im, err)))
			return status;
		for (int band = 0; band < im->channels; band++)
			if (percentiles(im, band, v, &low, &high))
				stretch_band(im, own, band, low, high);
		*out = own;
	} else if (v->scale != 1) {
		int h = (int)fmax(1, round(im->height * v->scale)), w = (int)fmax(1, round(im->width * v->scale));
		status = secant_image_resize(own, im, w, h, SECANT_FILTER_BILINEAR, err);
		*out = own;
	}
	return status;
}

int64_t
deploy_view_pixel(unsigned turn, int y, int x, int h, int w)
{
	int row = turn & DEPLOY_EXCHANGE ? x : y, column = turn & DEPLOY_EXCHANGE ? y : x;
	row = turn & DEPLOY_MIRROR_Y ? h - 1 - row : row;
	column = turn & DEPLOY_MIRROR_X ? w - 1 - column : column;
	return (int64_t)row * w + column;
}
