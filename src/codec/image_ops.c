/*
 * Simple work on decoded pictures: copies, cuts, turns, channels, dtypes, sizes. Convert and resize work on rows of
 * floats, which hold every u8, u16 and i16 exactly, so that each rule is written once for all dtypes. Not for training:
 * augmentation has its own kernels.
 */
#include "codec/codec.h"
#include "codec/tiff.h"
#include "tensor/sampling.h"
#include <math.h>
#include <string.h>

size_t
secant_image_row_bytes(const secant_image *im)
{
	return (size_t)im->width * (size_t)im->channels * secant_dtype_size(im->dtype);
}

secant_status
codec_image_set_palette(secant_image *im, const uint8_t (*palette)[3], int count, secant_err *err)
{
	uint8_t(*copy)[3] = NULL;
	if (palette && count > 0) {
		copy = secant_calloc((size_t)count, sizeof *copy);
		if (!copy)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a palette of %d colours", count);
		memcpy(copy, palette, (size_t)count * sizeof *copy);
	}
	secant_free(im->palette);
	im->palette = copy;
	im->palette_count = copy ? count : 0;
	return SECANT_OK;
}

secant_status
codec_image_need_voids(secant_image *im, secant_err *err)
{
	size_t n = (size_t)im->width * (size_t)im->height;
	return im->voids || (im->voids = secant_calloc(n, 1))
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for %dx%d pixels without data", im->height, im->width);
}

/* Which pixels have no data, of a picture of the same size. */
static secant_status
carry_voids(secant_image *to, const secant_image *from, secant_err *err)
{
	secant_status s = from->voids ? codec_image_need_voids(to, err) : SECANT_OK;
	if (!s && from->voids)
		memcpy(to->voids, from->voids, (size_t)from->width * (size_t)from->height);
	return s;
}

secant_status
codec_image_mark_alpha(secant_image *im, bool whole, secant_err *err)
{
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels, clear = 0;
	if ((c != 2 && c != 4) || (im->dtype != SECANT_U8 && im->dtype != SECANT_U16))
		return SECANT_OK;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			size_t at = i * c + c - 1;
			bool is = im->dtype == SECANT_U8 ? !((const uint8_t *)im->data)[at] : !((const uint16_t *)im->data)[at];
			clear += is;
			if (pass && is)
				im->voids[i] |= SECANT_VOID_ALPHA;
		}
		if (!pass && (!clear || (whole && clear == n)))
			return SECANT_OK;
		if (!pass && codec_image_need_voids(im, err))
			return SECANT_ERR_NOMEM;
	}
	return SECANT_OK;
}

/* As GDAL compares: whole numbers exactly, those of f32 within four parts in ten million, since files tell them by text
 * of any length. */
bool
codec_image_is_value(const secant_image *im, size_t i, double value)
{
	double x;
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[i] == value;
	case SECANT_U16: return ((const uint16_t *)im->data)[i] == value;
	case SECANT_I16: return ((const int16_t *)im->data)[i] == value;
	default: x = (double)((const float *)im->data)[i];
	}
	if (isnan(x) || isnan(value))
		return isnan(x) && isnan(value);
	return x == value || (float)x == (float)value || fabs(x - value) < 1.1920929e-7 * fabs(x + value) * 2;
}

secant_status
codec_image_mark_nodata(secant_image *im, const secant_geo *geo, secant_err *err)
{
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
	double one, *value = secant_calloc(c, sizeof *value);
	bool *there = secant_calloc(c, sizeof *there), any = false;
	for (size_t k = 0; value && there && k < c; k++)
		any |= there[k] = codec_geo_band_nodata(geo, (int)k, &value[k]);
	secant_status s = !value || !there        ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu bands", c)
		: any || secant_geo_nodata(geo, &one) ? codec_image_need_voids(im, err)
											  : SECANT_OK;
	for (size_t i = 0; !s && any && i < n; i++) {
		bool is = true;
		for (size_t k = 0; k < c && is; k++)
			is = !there[k] || codec_image_is_value(im, i * c + k, value[k]);
		if (is)
			im->voids[i] |= SECANT_VOID_VALUE;
	}
	secant_free(value);
	secant_free(there);
	return s;
}

secant_status
codec_image_mark_mask(secant_image *im, secant_raster *mask, int x, int y, secant_err *err)
{
	secant_image part;
	secant_status s = codec_image_need_voids(im, err);
	if (!s)
		s = secant_raster_read_window(mask, x, y, im->width, im->height, &part, err);
	if (s)
		return s;
	size_t pixel = secant_image_row_bytes(&part) / (size_t)part.width, n = (size_t)im->width * (size_t)im->height;
	for (size_t i = 0; i < n; i++) {
		uint8_t any = 0;
		for (size_t k = 0; k < pixel; k++)
			any |= ((const uint8_t *)part.data)[i * pixel + k];
		im->voids[i] |= any ? 0 : SECANT_VOID_MASK;
	}
	secant_image_free(&part);
	return SECANT_OK;
}

/* Palette of `from` and, unless geo is NULL, georeference; frees `to` on failure. */
static secant_status
carry(secant_image *to, const secant_image *from, const secant_geo *geo, secant_err *err)
{
	secant_status s = codec_image_set_palette(to, (const uint8_t(*)[3])from->palette, from->palette_count, err);
	if (!s && geo)
		s = secant_image_set_geo(to, geo, err);
	if (s)
		secant_image_free(to);
	return s;
}

static secant_status
keep_or_free(secant_image *to, secant_status s)
{
	if (s)
		secant_image_free(to);
	return s;
}

secant_status
secant_image_copy(secant_image *to, const secant_image *from, secant_err *err)
{
	secant_status s = secant_image_new(to, from->width, from->height, from->channels, from->dtype, err);
	if (s)
		return s;
	memcpy(to->data, from->data, secant_image_row_bytes(from) * (size_t)from->height);
	s = carry(to, from, secant_image_geo(from), err);
	return s ? s : keep_or_free(to, carry_voids(to, from, err));
}

secant_status
secant_image_crop(secant_image *to, const secant_image *from, int x, int y, int width, int height, secant_err *err)
{
	*to = (secant_image){ 0 };
	if (x < 0 || y < 0 || width < 1 || height < 1 || width > from->width - x || height > from->height - y)
		return secant_fail(err, SECANT_ERR_RANGE, "a window of %dx%d at (%d, %d) does not lie in a picture of %dx%d",
			width, height, x, y, from->width, from->height);
	secant_status s = secant_image_new(to, width, height, from->channels, from->dtype, err);
	if (s)
		return s;
	size_t pixel = (size_t)from->channels * secant_dtype_size(from->dtype), in = secant_image_row_bytes(from),
		   out = secant_image_row_bytes(to);
	const uint8_t *p = (const uint8_t *)from->data + (size_t)y * in + (size_t)x * pixel;
	for (int i = 0; i < height; i++)
		memcpy((uint8_t *)to->data + (size_t)i * out, p + (size_t)i * in, out);
	if (from->voids && (s = codec_image_need_voids(to, err)))
		return keep_or_free(to, s);
	for (int i = 0; i < height && from->voids; i++)
		memcpy(to->voids + (size_t)i * (size_t)width, from->voids + (size_t)(y + i) * (size_t)from->width + (size_t)x,
			(size_t)width);
	const secant_geo *geo = secant_image_geo(from);
	secant_geo *moved = geo ? secant_geo_window(geo, x, y, err) : NULL;
	if (geo && !moved) {
		secant_image_free(to);
		return SECANT_ERR_NOMEM;
	}
	s = carry(to, from, moved, err);
	secant_geo_free(moved);
	return s;
}

/* For each orientation: where output column and row come from. swap: columns of the output run along rows of the input.
 */
static const struct {
	bool swap, flip_x, flip_y;
} turns[9] = {
	[1] = { false, false, false },
	[2] = { false, true, false },
	[3] = { false, true, true },
	[4] = { false, false, true },
	[5] = { true, false, false },
	[6] = { true, false, true },
	[7] = { true, true, true },
	[8] = { true, true, false },
};

secant_status
secant_image_orient(secant_image *to, const secant_image *from, int orientation, secant_err *err)
{
	*to = (secant_image){ 0 };
	if (orientation < 1 || orientation > 8)
		return secant_fail(err, SECANT_ERR_RANGE, "orientation %d is outside 1 to 8", orientation);
	bool swap = turns[orientation].swap;
	secant_status s = secant_image_new(
		to, swap ? from->height : from->width, swap ? from->width : from->height, from->channels, from->dtype, err);
	if (s)
		return s;
	size_t pixel = (size_t)from->channels * secant_dtype_size(from->dtype), row = secant_image_row_bytes(from);
	uint8_t *out = to->data;
	if (from->voids && (s = codec_image_need_voids(to, err)))
		return keep_or_free(to, s);
	for (int y = 0; y < to->height; y++) {
		for (int x = 0; x < to->width; x++, out += pixel) {
			int sx = swap ? y : x, sy = swap ? x : y;
			sx = turns[orientation].flip_x ? from->width - 1 - sx : sx;
			sy = turns[orientation].flip_y ? from->height - 1 - sy : sy;
			memcpy(out, (const uint8_t *)from->data + (size_t)sy * row + (size_t)sx * pixel, pixel);
			if (from->voids)
				to->voids[(size_t)y * (size_t)to->width + (size_t)x] =
					from->voids[(size_t)sy * (size_t)from->width + (size_t)sx];
		}
	}
	const secant_geo *geo = secant_image_geo(from);
	secant_geo *turned = geo ? codec_geo_turned(geo, orientation, from->width, from->height, err) : NULL;
	if (geo && !turned)
		return keep_or_free(to, SECANT_ERR_NOMEM);
	s = carry(to, from, turned, err);
	secant_geo_free(turned);
	return s;
}

void
codec_orient_window(int orientation, int stored_width, int stored_height, int window[4])
{
	int x = window[0], y = window[1], w = window[2], h = window[3];
	bool swap = turns[orientation].swap;
	int sx = swap ? y : x, sy = swap ? x : y, sw = swap ? h : w, sh = swap ? w : h;
	window[0] = turns[orientation].flip_x ? stored_width - sx - sw : sx;
	window[1] = turns[orientation].flip_y ? stored_height - sy - sh : sy;
	window[2] = sw;
	window[3] = sh;
}

/* Where upright (x, y) lies in the stored picture, as edges of pixels count. */
void
codec_orient_point(int orientation, int stored_width, int stored_height, double x, double y, double stored[2])
{
	bool swap = turns[orientation].swap;
	double sx = swap ? y : x, sy = swap ? x : y;
	stored[0] = turns[orientation].flip_x ? stored_width - sx : sx;
	stored[1] = turns[orientation].flip_y ? stored_height - sy : sy;
}

secant_status
secant_image_expand(secant_image *to, const secant_image *from, secant_err *err)
{
	*to = (secant_image){ 0 };
	if (!from->palette || from->channels != 1 || from->dtype != SECANT_U8)
		return secant_fail(err, SECANT_ERR_ARG, "the picture has no palette");
	secant_status s = secant_image_new(to, from->width, from->height, 3, SECANT_U8, err);
	if (s)
		return s;
	size_t n = (size_t)from->width * (size_t)from->height;
	const uint8_t *in = from->data;
	uint8_t *out = to->data;
	for (size_t i = 0; i < n; i++, out += 3) {
		if (in[i] >= from->palette_count) {
			s = secant_fail(err, SECANT_ERR_FORMAT, "pixel (%zu, %zu) has index %d, the palette has %d colours",
				i % (size_t)from->width, i / (size_t)from->width, in[i], from->palette_count);
			secant_image_free(to);
			return s;
		}
		memcpy(out, from->palette[in[i]], 3);
	}
	s = secant_image_set_geo(to, secant_image_geo(from), err);
	return keep_or_free(to, s ? s : carry_voids(to, from, err));
}

/* ---- channels and dtypes ---- */

/* Alpha of what is not transparent. */
static float
opaque_of(secant_dtype d)
{
	return d == SECANT_U8 ? 255 : d == SECANT_U16 ? 65535 : d == SECANT_I16 ? 32767 : 1;
}

/* Luma by ITU-R BT.601 with weights of 16 bits, which is what Pillow computes. */
static float
luma(const float *p)
{
	return (p[0] * 19595 + p[1] * 38470 + p[2] * 7471) * (1.0f / 65536);
}

static void
map_channels(float *to, int to_c, const float *from, int from_c, int width, float opaque)
{
	bool alpha = from_c == 2 || from_c == 4;
	int colours = from_c - alpha;
	for (int x = 0; x < width; x++, to += to_c, from += from_c) {
		if (to_c == 1)
			to[0] = colours == 3 ? luma(from) : from[0];
		for (int c = 0; c < 3 && to_c >= 3; c++)
			to[c] = from[colours == 3 ? c : 0];
		if (to_c == 4)
			to[3] = alpha ? from[colours] : opaque;
	}
}

secant_status
secant_image_convert(secant_image *to, const secant_image *from, int channels, secant_dtype dtype, secant_err *err)
{
	*to = (secant_image){ 0 };
	int c = channels ? channels : from->channels;
	if (c != from->channels && (from->channels > 4 || (c != 1 && c != 3 && c != 4)))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d channels cannot become %d", from->channels, c);
	secant_status s = secant_image_new(to, from->width, from->height, c, dtype, err);
	if (s)
		return s;
	size_t n = (size_t)from->width * (size_t)from->channels, m = (size_t)from->width * (size_t)c,
		   in = secant_image_row_bytes(from), out = secant_image_row_bytes(to);
	float scale = from->dtype == SECANT_U8 && dtype == SECANT_U16 ? 257.0f
		: from->dtype == SECANT_U16 && dtype == SECANT_U8         ? 1.0f / 257
																  : 1.0f;
	float *a = secant_calloc(n + m, sizeof *a), *b = a ? a + n : NULL;
	if (!a) {
		secant_image_free(to);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a row of %d pixels", from->width);
	}
	for (int y = 0; y < from->height; y++) {
		tensor_row_load(from->dtype, a, (const uint8_t *)from->data + (size_t)y * in, n);
		if (c != from->channels)
			map_channels(b, c, a, from->channels, from->width, opaque_of(from->dtype));
		else
			memcpy(b, a, n * sizeof *a);
		for (size_t i = 0; scale != 1.0f && i < m; i++)
			b[i] *= scale;
		tensor_row_store(dtype, (uint8_t *)to->data + (size_t)y * out, b, m);
	}
	secant_free(a);
	if ((s = carry_voids(to, from, err)))
		return keep_or_free(to, s);
	if (c == from->channels && dtype == from->dtype)
		return carry(to, from, secant_image_geo(from), err);
	s = secant_image_set_geo(to, secant_image_geo(from), err);
	if (s)
		secant_image_free(to);
	return s;
}

bool
codec_white_matters(secant_dtype dtype, double white)
{
	return white > 0 && dtype != SECANT_U8 && white != (dtype == SECANT_F32 ? 1 : 65535);
}

secant_status
codec_image_white(secant_image *im, const secant_geo *geo, double white, secant_err *err)
{
	secant_image to;
	double nan = NAN, value;
	if (im->palette || !codec_white_matters(im->dtype, white))
		return SECANT_OK;
	secant_status s = secant_image_convert(&to, im, im->channels, SECANT_F32, err);
	if (s)
		return s;
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
	float *x = to.data;
	for (size_t i = 0; i < n * c; i++) {
		bool none = im->voids && im->voids[i / c] & SECANT_VOID_VALUE;
		if (im->dtype == SECANT_F32 && codec_geo_band_nodata(geo, (int)(i % c), &value))
			none |= codec_image_is_value(im, i, value);
		x[i] = none ? NAN : (float)((double)x[i] / white);
	}
	if (to.meta && (((secant_geo *)to.meta)->bands || secant_geo_nodata(to.meta, &value)))
		s = codec_geo_set_nodata(to.meta, &nan, err);
	secant_image_free(im);
	*im = to;
	if (s)
		secant_image_free(im);
	return s;
}

/* Numbers of more than 8 bits as bytes: white becomes 255; 0: what a type's white is. */
static secant_status
make_bytes(secant_image *im, int channels, double white, secant_err *err)
{
	secant_image wide, to;
	white = white > 0 ? white : im->dtype == SECANT_F32 ? 1 : 65535;
	bool usual = im->dtype == SECANT_U16 && white == 65535;
	secant_status s = secant_image_convert(&wide, im, channels, usual ? im->dtype : SECANT_F32, err);
	if (s)
		return s;
	for (size_t i = 0, n = (size_t)wide.width * (size_t)wide.height * (size_t)channels; !usual && i < n; i++)
		((float *)wide.data)[i] = (float)((double)((float *)wide.data)[i] * 255 / white);
	s = secant_image_convert(&to, &wide, channels, SECANT_U8, err);
	secant_image_free(&wide);
	if (s)
		return s;
	secant_image_free(im);
	*im = to;
	return SECANT_OK;
}

secant_status
codec_image_want(secant_image *im, const secant_image_read_options *o, secant_err *err)
{
	secant_image converted;
	int channels = o->channels ? o->channels : im->channels;
	secant_dtype dtype = o->to_u8 ? SECANT_U8 : im->dtype;
	if (im->palette || (channels == im->channels && dtype == im->dtype))
		return SECANT_OK;
	if (o->to_u8 && im->dtype != SECANT_U8) {
		secant_status s = make_bytes(im, channels, o->white, err);
		if (s)
			secant_image_free(im);
		return s;
	}
	secant_status s = secant_image_convert(&converted, im, channels, dtype, err);
	secant_image_free(im);
	if (!s)
		*im = converted;
	return s;
}

/* ---- sizes ---- */

secant_status
secant_image_resize(
	secant_image *to, const secant_image *from, int width, int height, secant_filter filter, secant_err *err)
{
	tensor_taps tx = { 0 }, ty = { 0 };
	secant_status s = secant_image_new(to, width, height, from->channels, from->dtype, err);
	if (s)
		return s;
	size_t n = (size_t)from->width * (size_t)from->channels, m = (size_t)width * (size_t)from->channels;
	float *work = secant_calloc(2 * n + m, sizeof *work);
	s = work ? tensor_taps_make(&tx, from->width, width, filter, err)
			 : secant_fail(err, SECANT_ERR_NOMEM, "no memory for rows of %d pixels", from->width);
	if (!s)
		s = tensor_taps_make(&ty, from->height, height, filter, err);
	tensor_sampled p = { from->data, from->dtype, from->channels, from->width, width };
	for (int y = 0; y < height && !s; y++)
		tensor_sample_row(&p, &tx, &ty, y, work, (uint8_t *)to->data + (size_t)y * secant_image_row_bytes(to));
	if (!s && filter == SECANT_FILTER_NEAREST)
		s = carry(to, from, NULL, err);
	if (!s && from->voids && !(s = codec_image_need_voids(to, err)))
		for (int64_t i = 0; i < (int64_t)width * height; i++)
			to->voids[i] = from->voids[(2 * (i / width) + 1) * from->height / (2 * height) * from->width
				+ (2 * (i % width) + 1) * from->width / (2 * width)];
	tensor_taps_free(&ty);
	tensor_taps_free(&tx);
	secant_free(work);
	if (s)
		secant_image_free(to);
	return s;
}
