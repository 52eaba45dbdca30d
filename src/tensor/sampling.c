/* Sizes of pictures. See sampling.h. */
#include "tensor/sampling.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"

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

static const struct {
	void (*load)(float *to, const void *from, size_t n);
	void (*store)(void *to, const float *from, size_t n);
} rows[] = {
	[SECANT_U8] = { load_u8, store_u8 },
	[SECANT_U16] = { load_u16, store_u16 },
	[SECANT_I16] = { load_i16, store_i16 },
	[SECANT_F32] = { load_f32, store_f32 },
};

void
tensor_row_load(secant_dtype d, float *to, const void *from, size_t n)
{
	rows[d].load(to, from, n);
}

void
tensor_row_store(secant_dtype d, void *to, const float *from, size_t n)
{
	rows[d].store(to, from, n);
}

/* ---- sizes ---- */

void
tensor_taps_free(tensor_taps *t)
{
	secant_free(t->start);
	secant_free(t->count);
	secant_free(t->weight);
	*t = (tensor_taps){ 0 };
}

static void
fill_linear(tensor_taps *t, int i, int in, double ratio)
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

/* Keys' cubic of a = -0.75, as OpenCV and PyTorch have it; beyond the edge stands the edge. */
static double
cubic(double d)
{
	const double a = -0.75;
	d = fabs(d);
	return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static void
fill_cubic(tensor_taps *t, int i, int in, double ratio)
{
	double at = (i + 0.5) * ratio - 0.5;
	int first = (int)floor(at) - 1, low = first < 0 ? 0 : first > in - 1 ? in - 1 : first;
	float *weight = t->weight + (size_t)i * (size_t)t->most;
	t->start[i] = low;
	for (int k = first; k < first + 4; k++) {
		int place = k < 0 ? 0 : k > in - 1 ? in - 1 : k;
		weight[place - low] += (float)cubic(at - k);
		t->count[i] = place - low + 1;
	}
}

static void
fill_area(tensor_taps *t, int i, int in, double ratio)
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

secant_status
tensor_taps_make(tensor_taps *t, int in, int out, secant_filter filter, secant_err *err)
{
	double ratio = (double)in / out;
	*t = (tensor_taps){ .most = filter == SECANT_FILTER_AREA ? (int)ceil(ratio) + 2 : 4 };
	t->start = secant_calloc((size_t)out, sizeof *t->start);
	t->count = secant_calloc((size_t)out, sizeof *t->count);
	t->weight = secant_calloc((size_t)out, (size_t)t->most * sizeof *t->weight);
	if (!t->start || !t->count || !t->weight) {
		tensor_taps_free(t);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to resize %d to %d pixels", in, out);
	}
	for (int i = 0; i < out; i++) {
		if (filter == SECANT_FILTER_BILINEAR) {
			fill_linear(t, i, in, ratio);
		} else if (filter == SECANT_FILTER_CUBIC) {
			fill_cubic(t, i, in, ratio);
		} else if (filter == SECANT_FILTER_AREA) {
			fill_area(t, i, in, ratio);
		} else {
			t->start[i] = (int)(((2 * (int64_t)i + 1) * in) / (2 * (int64_t)out));
			t->count[i] = 1;
			t->weight[(size_t)i * (size_t)t->most] = 1;
		}
	}
	return SECANT_OK;
}

/* The rows it needs are summed first, then columns. */
void
tensor_sample_row(const tensor_sampled *p, const tensor_taps *tx, const tensor_taps *ty, int y, float *work, void *to)
{
	size_t c = (size_t)p->channels, n = (size_t)p->from_width * c, size = secant_dtype_size(p->dtype);
	float *sum = work, *row = work + n, *line = work + 2 * n;
	memset(sum, 0, n * sizeof *sum);
	for (int k = 0; k < ty->count[y]; k++) {
		float w = ty->weight[(size_t)y * (size_t)ty->most + (size_t)k];
		tensor_row_load(p->dtype, row, (const uint8_t *)p->from + (size_t)(ty->start[y] + k) * n * size, n);
		for (size_t i = 0; i < n; i++)
			sum[i] += w * row[i];
	}
	for (int x = 0; x < p->to_width; x++) {
		const float *from = sum + (size_t)tx->start[x] * c, *w = tx->weight + (size_t)x * (size_t)tx->most;
		for (size_t ch = 0; ch < c; ch++) {
			float v = 0;
			for (int k = 0; k < tx->count[x]; k++)
				v += w[k] * from[(size_t)k * c + ch];
			line[(size_t)x * c + ch] = v;
		}
	}
	tensor_row_store(p->dtype, to, line, (size_t)p->to_width * c);
}
