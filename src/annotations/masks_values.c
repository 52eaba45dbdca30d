/*
 * Mask pictures as one value a pixel: numbers as they are stored, or the classes of colours. What is no number of a
 * class (a fraction, a negative number, a band a class, a shape that stands in alpha) is refused; what the file says to
 * be no data, and NaN, is void. Training reads masks by the same rules (data/labels.c).
 */
#include "annotations/masks.h"
#include <math.h>
#include <secant/codec.h>
#include <stdio.h>

bool
ann_mask_zero_is_background(const ann_set *s, const mask_layout *l)
{
	return l->zero_is_background && !(s->flags & ANN_ZERO_IS_CLASS);
}

/* How many values a picture of bytes has in its first channel. */
static int
count_values(const secant_image *im)
{
	bool seen[256] = { false };
	int n = 0;
	size_t pixels = (size_t)im->width * (size_t)im->height;
	for (size_t i = 0; i < pixels && im->dtype == SECANT_U8; i++) {
		uint8_t v = ((const uint8_t *)im->data)[i * (size_t)im->channels];
		n += !seen[v];
		seen[v] = true;
	}
	return n;
}

int
ann_mask_values_of(const char *path)
{
	secant_image im;
	int n = secant_image_read(&im, path, NULL, NULL) ? 0 : count_values(&im);
	secant_image_free(&im);
	return n;
}

/* --- colours
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
look_up_colours(const secant_image *im, const ann_table *colours, ann_pixels *m)
{
	size_t n = (size_t)im->width * (size_t)im->height;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *c = (const uint8_t *)im->data + i * (size_t)im->channels;
		uint32_t value, rgb = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
		if (i && !memcmp(c, c - im->channels, 3))
			m->v[i] = m->v[i - 1];
		else if (ann_table_get(colours, rgb, &value))
			m->v[i] = (uint16_t)value;
		else if (c[0] == c[1] && c[1] == c[2] && !colours->n)
			m->v[i] = c[0];
		else if (rgb == 0xe0e0c0 || rgb == 0xffffff)
			m->v[i] = (uint16_t)m->top;
		else if (rgb && !m->bad) {
			m->bad = i + 1;
			memcpy(m->colour, c, 3);
		}
	}
}

static secant_status
read_colours(const ann_set *s, const mask_layout *l, const secant_image *im, ann_pixels *m, secant_err *err)
{
	ann_table colours = { 0 };
	int background = ann_mask_background(s);
	bool shift = background < 0 && ann_mask_zero_is_background(s, l);
	secant_status status = SECANT_OK;
	for (int i = 0; i < s->n_classes && !status; i++)
		if (s->classes[i].colour >= 0
			&& !ann_table_put(&colours, (uint64_t)s->classes[i].colour, (uint32_t)(i + shift)))
			status = ann_nomem(err);
	if (!status)
		look_up_colours(im, &colours, m);
	ann_table_free(&colours);
	return status;
}

/* --- numbers
 * ----------------------------------------------------------------------------------------------------------------
 */

static double
value_at(const secant_image *im, size_t i)
{
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[i];
	case SECANT_U16: return ((const uint16_t *)im->data)[i];
	case SECANT_I16: return ((const int16_t *)im->data)[i];
	default: return (double)((const float *)im->data)[i];
	}
}

/* The value that the file says stands for no data, unless the mask may mean a class by it: 0, where it is drawn
 * transparent, and what a closed list of classes has. */
static bool
void_value(const ann_set *s, const mask_layout *l, const secant_image *im, double *value)
{
	if (!secant_geo_nodata(secant_image_geo(im), value) || *value == 0)
		return false;
	bool shift = ann_mask_background(s) < 0 && ann_mask_zero_is_background(s, l);
	return !(s->flags & 1 && *value > 0 && *value < s->n_classes + shift && *value == floor(*value));
}

static secant_status
read_numbers(
	const ann_set *s, const mask_layout *l, const secant_image *im, const char *path, ann_pixels *m, secant_err *err)
{
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
	double nodata = 0, most = 0;
	bool voids = void_value(s, l, im, &nodata);
	m->plain = true;
	for (size_t i = 0; i < n; i++) {
		double v = value_at(im, i * c);
		bool none = isnan(v) || (voids && (v == nodata || (im->dtype == SECANT_F32 && v == (double)(float)nodata)));
		if (!none && (v < 0 || v > 65535 || v != floor(v)))
			return secant_fail(err, SECANT_ERR_FORMAT,
				"%s: value %g at (%zu, %zu) is no number of a class: masks hold whole numbers from 0 to 65535%s", path,
				v, i % (size_t)im->width, i / (size_t)im->width,
				v < 0 ? "; what the file declares to be no data (gdal_edit -a_nodata) is left out" : "");
		most = !none && v > most ? v : most;
	}
	m->top = im->dtype == SECANT_U8 || (im->dtype != SECANT_U16 && most <= 255) ? 255 : 65535;
	for (size_t i = 0; i < n; i++) {
		double v = value_at(im, i * c);
		bool none = isnan(v) || (voids && (v == nodata || (im->dtype == SECANT_F32 && v == (double)(float)nodata)));
		m->v[i] = none ? ANN_NO_VALUE : (uint16_t)v;
	}
	return SECANT_OK;
}

/* A drawing on transparent ground, whose colours are all one. */
static bool
shape_in_alpha(const secant_image *im)
{
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels, clear = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k + 1 < c; k++)
			if (value_at(im, i * c + k) != value_at(im, k))
				return false;
		clear += value_at(im, i * c + c - 1) == 0;
	}
	return clear && clear < n;
}

static const char *
unreadable(const secant_image *im, const secant_image_info *info)
{
	if (im->channels > 4 || (im->channels == 2 && !info->alpha))
		return "masks have one band, of the numbers of classes, or colours; not a band a class";
	if (im->channels > 2 && im->dtype != SECANT_U8)
		return "colours of masks have 8 bits";
	return info->alpha && im->channels % 2 == 0 && shape_in_alpha(im)
		? "all pixels have one colour, and the alpha has a shape; write it as the mask (convert MASK.png -alpha "
		  "extract "
		  "NEW.png)"
		: NULL;
}

static void
keep_palette(const secant_image *im, ann_pixels *m)
{
	m->indexed = true;
	memset(m->palette, -1, sizeof m->palette);
	for (size_t i = 0, n = (size_t)m->w * (size_t)m->h; i < n; i++)
		if (m->v[i] < im->palette_count && m->v[i] < 256) {
			const uint8_t *c = im->palette[m->v[i]];
			m->palette[m->v[i]] = c[0] << 16 | c[1] << 8 | c[2];
		}
}

secant_status
ann_mask_pixels(const ann_set *s, const char *path, const mask_layout *l, ann_pixels *m, secant_err *err)
{
	secant_image im = { 0 };
	secant_image_info info;
	secant_image_read_options read = { .palette_as_indices = true };
	*m = (ann_pixels){ .top = 255 };
	secant_status status = secant_image_probe(path, &info, err);
	read.as_stored = !status && info.bits != 1; /* numbers of classes; of one bit: black and white */
	if (!status)
		status = secant_image_read(&im, path, &read, err);
	if (status)
		return status;
	int found = info.lossy ? count_values(&im) : 0;
	const char *why = unreadable(&im, &info);
	if (found > 2)
		status = secant_fail(err, SECANT_ERR_FORMAT,
			"%s: the mask is a JPEG or another lossy picture with %d grey values: compression changed the numbers of "
			"classes; write masks as PNG (a mask of one object: black and white, thresholded at 128)",
			path, found);
	else if (why)
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: a mask of %d channels: %s", path, im.channels, why);
	m->w = im.width, m->h = im.height;
	if (!status && !(m->v = secant_calloc((size_t)im.width * (size_t)im.height, sizeof *m->v)))
		status = ann_nomem(err);
	if (!status)
		status = im.channels > 2 ? read_colours(s, l, &im, m, err) : read_numbers(s, l, &im, path, m, err);
	if (!status && im.palette)
		keep_palette(&im, m);
	secant_image_free(&im);
	if (status) {
		secant_free(m->v);
		*m = (ann_pixels){ 0 };
	}
	return status;
}

/* The value of the one class of a colour; -1: none, or several. */
static int
value_of_colour(const ann_set *s, int32_t colour, bool shift)
{
	int value = -1;
	for (int i = 0; i < s->n_classes; i++)
		if (s->classes[i].colour == colour) {
			if (value >= 0)
				return -1;
			value = i + shift;
		}
	return value;
}

void
ann_mask_follow_colours(const ann_set *s, const mask_layout *l, ann_pixels *m)
{
	if (!m->indexed || !(s->flags & 1))
		return;
	bool shift = ann_mask_background(s) < 0 && ann_mask_zero_is_background(s, l), moved = false;
	uint16_t to[256];
	for (int k = 0; k < 256; k++) {
		int value = m->palette[k] < 0 ? k : value_of_colour(s, m->palette[k], shift);
		if (value < 0 && (k == 255 || (shift && k == 0)))
			value = k; /* void, and what is no class */
		bool black = !m->palette[k] && k && value != k; /* of indices that nobody gave a colour */
		if (value < 0 || black)
			return;
		for (int i = 0; i < k; i++)
			if (m->palette[k] >= 0 && m->palette[i] >= 0 && to[i] == value)
				return;
		to[k] = (uint16_t)value;
		moved = moved || value != k;
	}
	for (size_t i = 0, n = (size_t)m->w * (size_t)m->h; i < n && moved; i++)
		if (m->v[i] < 256)
			m->v[i] = to[m->v[i]];
	m->by_colour = moved;
}
