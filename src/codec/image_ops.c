/*
 * Simple work on decoded pictures: copies, cuts, turns, channels, dtypes, sizes. Convert and resize work on rows of
 * floats, which hold every u8, u16 and i16 exactly, so that each rule is written once for all dtypes. Not for training:
 * augmentation has its own kernels.
 */
#include "codec/codec.h"
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
static bool
is_value(const secant_image *im, size_t i, double value)
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
			is = !there[k] || is_value(im, i * c + k, value[k]);
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

/* ---- rows of floats ---- */

static void
load_u8(float *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = ((const uint8_t *)from)[i];
}

static void
load_u16(float *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = ((const uint16_t *)from)[i];
}

static void
load_i16(float *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = ((const int16_t *)from)[i];
}

static void
load_f32(float *to, const void *from, size_t n)
{
	memcpy(to, from, n * sizeof *to);
}

/* Halves go up; what is no number becomes the lower limit. */
static float
rounded(float v, float low, float high)
{
	v = floorf(v + 0.5f);
	return v > high ? high : v > low ? v : low;
}

static void
store_u8(void *to, const float *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)rounded(from[i], 0, 255);
}

static void
store_u16(void *to, const float *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint16_t *)to)[i] = (uint16_t)rounded(from[i], 0, 65535);
}

static void
store_i16(void *to, const float *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((int16_t *)to)[i] = (int16_t)rounded(from[i], -32768, 32767);
}

static void
store_f32(void *to, const float *from, size_t n)
{
	memcpy(to, from, n * sizeof *from);
}

static const struct rows {
	void (*load)(float *to, const void *from, size_t n);
	void (*store)(void *to, const float *from, size_t n);
	float opaque; /* alpha of what is not transparent */
} rows[] = {
	[SECANT_U8] = { load_u8, store_u8, 255 },
	[SECANT_U16] = { load_u16, store_u16, 65535 },
	[SECANT_I16] = { load_i16, store_i16, 32767 },
	[SECANT_F32] = { load_f32, store_f32, 1 },
};

/* ---- channels and dtypes ---- */

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
		rows[from->dtype].load(a, (const uint8_t *)from->data + (size_t)y * in, n);
		if (c != from->channels)
			map_channels(b, c, a, from->channels, from->width, rows[from->dtype].opaque);
		else
			memcpy(b, a, n * sizeof *a);
		for (size_t i = 0; scale != 1.0f && i < m; i++)
			b[i] *= scale;
		rows[dtype].store((uint8_t *)to->data + (size_t)y * out, b, m);
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

secant_status
codec_image_want(secant_image *im, const secant_image_read_options *o, secant_err *err)
{
	secant_image converted;
	int channels = o->channels ? o->channels : im->channels;
	secant_dtype dtype = o->to_u8 ? SECANT_U8 : im->dtype;
	if (im->palette || (channels == im->channels && dtype == im->dtype))
		return SECANT_OK;
	secant_status s = secant_image_convert(&converted, im, channels, dtype, err);
	secant_image_free(im);
	if (!s)
		*im = converted;
	return s;
}

/* ---- sizes ---- */

/* Output element i is the sum of weight[i * most + k] * input element start[i] + k, for k below count[i]. */
typedef struct taps {
	int *start, *count;
	float *weight;
	int most;
} taps;

static void
taps_free(taps *t)
{
	secant_free(t->start);
	secant_free(t->count);
	secant_free(t->weight);
	*t = (taps){ 0 };
}

static void
fill_linear(taps *t, int i, int in, double ratio)
{
	double at = (i + 0.5) * ratio - 0.5;
	int first = (int)floor(at);
	float part = (float)(at - first);
	if (first < 0 || first >= in - 1) { /* before the first centre or behind the last: the edge alone */
		t->start[i] = first < 0 ? 0 : in - 1;
		t->count[i] = 1;
		t->weight[(size_t)i * (size_t)t->most] = 1;
		return;
	}
	t->start[i] = first;
	t->count[i] = 2;
	t->weight[(size_t)i * (size_t)t->most] = 1 - part;
	t->weight[(size_t)i * (size_t)t->most + 1] = part;
}

static void
fill_area(taps *t, int i, int in, double ratio)
{
	double from = i * ratio, to = (i + 1) * ratio;
	int first = (int)floor(from), last = (int)ceil(to - 1e-9);
	first = first > in - 1 ? in - 1 : first;
	last = last > in ? in : last <= first ? first + 1 : last;
	t->start[i] = first;
	t->count[i] = last - first < t->most ? last - first : t->most;
	for (int k = 0; k < t->count[i]; k++) {
		double low = first + k > from ? first + k : from, high = first + k + 1 < to ? first + k + 1 : to;
		t->weight[(size_t)i * (size_t)t->most + (size_t)k] = (float)((high - low) / ratio);
	}
}

static secant_status
taps_make(taps *t, int in, int out, secant_filter filter, secant_err *err)
{
	double ratio = (double)in / out;
	*t = (taps){ .most = filter == SECANT_FILTER_AREA ? (int)ceil(ratio) + 2 : 2 };
	t->start = secant_calloc((size_t)out, sizeof *t->start);
	t->count = secant_calloc((size_t)out, sizeof *t->count);
	t->weight = secant_calloc((size_t)out, (size_t)t->most * sizeof *t->weight);
	if (!t->start || !t->count || !t->weight) {
		taps_free(t);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to resize %d to %d pixels", in, out);
	}
	for (int i = 0; i < out; i++) {
		if (filter == SECANT_FILTER_BILINEAR) {
			fill_linear(t, i, in, ratio);
		} else if (filter == SECANT_FILTER_AREA) {
			fill_area(t, i, in, ratio);
		} else {
			t->start[i] = (int)(((2 * (int64_t)i + 1) * in) / (2 * (int64_t)out));
			t->count[i] = 1;
			t->weight[(size_t)i * 2] = 1;
		}
	}
	return SECANT_OK;
}

/* One output row: the rows it needs are summed first, then columns. `sum` and `row` hold a row of the input each,
 * `line` one of the output. */
static void
resize_row(secant_image *to, const secant_image *from, const taps *tx, const taps *ty, int y, float *sum, float *row,
	float *line)
{
	int c = from->channels;
	size_t n = (size_t)from->width * (size_t)c, in = secant_image_row_bytes(from);
	memset(sum, 0, n * sizeof *sum);
	for (int k = 0; k < ty->count[y]; k++) {
		float w = ty->weight[(size_t)y * (size_t)ty->most + (size_t)k];
		rows[from->dtype].load(row, (const uint8_t *)from->data + (size_t)(ty->start[y] + k) * in, n);
		for (size_t i = 0; i < n; i++)
			sum[i] += w * row[i];
	}
	for (int x = 0; x < to->width; x++) {
		const float *p = sum + (size_t)tx->start[x] * (size_t)c, *w = tx->weight + (size_t)x * (size_t)tx->most;
		for (int ch = 0; ch < c; ch++) {
			float v = 0;
			for (int k = 0; k < tx->count[x]; k++)
				v += w[k] * p[(size_t)k * (size_t)c + (size_t)ch];
			line[(size_t)x * (size_t)c + (size_t)ch] = v;
		}
	}
	rows[to->dtype].store(
		(uint8_t *)to->data + (size_t)y * secant_image_row_bytes(to), line, (size_t)to->width * (size_t)c);
}

secant_status
secant_image_resize(
	secant_image *to, const secant_image *from, int width, int height, secant_filter filter, secant_err *err)
{
	taps tx = { 0 }, ty = { 0 };
	secant_status s = secant_image_new(to, width, height, from->channels, from->dtype, err);
	if (s)
		return s;
	size_t n = (size_t)from->width * (size_t)from->channels, m = (size_t)width * (size_t)from->channels;
	float *work = secant_calloc(2 * n + m, sizeof *work);
	s = work ? taps_make(&tx, from->width, width, filter, err)
			 : secant_fail(err, SECANT_ERR_NOMEM, "no memory for rows of %d pixels", from->width);
	if (!s)
		s = taps_make(&ty, from->height, height, filter, err);
	for (int y = 0; y < height && !s; y++)
		resize_row(to, from, &tx, &ty, y, work, work + n, work + 2 * n);
	if (!s && filter == SECANT_FILTER_NEAREST)
		s = carry(to, from, NULL, err);
	if (!s && from->voids && !(s = codec_image_need_voids(to, err)))
		for (int64_t i = 0; i < (int64_t)width * height; i++)
			to->voids[i] = from->voids[(2 * (i / width) + 1) * from->height / (2 * height) * from->width
				+ (2 * (i % width) + 1) * from->width / (2 * width)];
	taps_free(&ty);
	taps_free(&tx);
	secant_free(work);
	if (s)
		secant_image_free(to);
	return s;
}
