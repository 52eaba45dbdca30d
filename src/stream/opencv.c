/*
 * Scaling with OpenCV's arithmetic; see opencv.h. For each column of the result stand the column of the source that its
 * first tap reads and its weights; a row of the source is summed once and kept while rows of the result need it. Facts:
 * OpenCV 4.11, modules/imgproc/src/resize.cpp; the golden pictures of the tests were made by it.
 */
#include "stream/opencv.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "base/mem.h"

enum { BITS = 11, ONE = 1 << BITS, MOST_TAPS = 4 };

typedef struct taps {
	int n, *at; /* taps, and where the first one stands for each place of the result */
	short *whole; /* weights * 2048 */
	float *real;
} taps;

static void
weights(float x, int n, float *w)
{
	const float a = -0.75f;
	if (n == 2) {
		w[0] = 1.f - x;
		w[1] = x;
		return;
	}
	w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
	w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
	w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
	w[3] = 1.f - w[0] - w[1] - w[2];
}

/* `clamp`: linear columns outside the picture are its edge, with the whole weight on one tap. */
static bool
taps_new(taps *t, int n, int to, int from, bool clamp)
{
	double scale = 1. / ((double)to / from);
	*t = (taps){ .n = n, .at = secant_calloc((size_t)to, sizeof(int)) };
	t->whole = secant_calloc((size_t)to * (size_t)n, sizeof(short));
	t->real = secant_calloc((size_t)to * (size_t)n, sizeof(float));
	if (!t->at || !t->whole || !t->real)
		return false;
	for (int i = 0; i < to; i++) {
		float x = (float)((i + 0.5) * scale - 0.5), *w = t->real + (size_t)i * (size_t)n;
		int at = (int)floorf(x);
		x -= (float)at;
		if (clamp && n == 2 && at < 0) {
			x = 0;
			at = 0;
		}
		if (clamp && n == 2 && at >= from - 1) {
			x = 0;
			at = from - 1;
		}
		weights(x, n, w);
		t->at[i] = at - n / 2 + 1;
		for (int k = 0; k < n; k++) {
			long v = lrintf(w[k] * ONE);
			t->whole[(size_t)i * (size_t)n + (size_t)k] = (short)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
		}
	}
	return true;
}

static void
taps_free(taps *t)
{
	secant_free(t->at);
	secant_free(t->whole);
	secant_free(t->real);
}

static int
within(int i, int n)
{
	return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* ---- a row of the source, summed along columns ---- */

static void
across_bytes(int *out, const uint8_t *row, const taps *t, const stream_plane *to, const stream_plane *from)
{
	int c = to->channels;
	for (int x = 0; x < to->width; x++) {
		const short *w = t->whole + 2 * x;
		const uint8_t *a = row + (int64_t)within(t->at[x], from->width) * c;
		const uint8_t *b = row + (int64_t)within(t->at[x] + 1, from->width) * c;
		for (int i = 0; i < c; i++)
			out[x * c + i] = a[i] * w[0] + b[i] * w[1];
	}
}

static void
across_cubic(float *out, const uint8_t *row, const taps *t, const stream_plane *to, const stream_plane *from)
{
	int c = to->channels;
	for (int x = 0; x < to->width; x++) {
		const float *w = t->real + (size_t)x * 4;
		const uint8_t *p[4];
		for (int k = 0; k < 4; k++)
			p[k] = row + (int64_t)within(t->at[x] + k, from->width) * c;
		for (int i = 0; i < c; i++)
			out[x * c + i] = p[0][i] * w[0] + p[1][i] * w[1] + p[2][i] * w[2] + p[3][i] * w[3];
	}
}

static void
across_floats(float *out, const float *row, const taps *t, const stream_plane *to, const stream_plane *from)
{
	int c = to->channels, n = t->n;
	for (int x = 0; x < to->width; x++) {
		const float *w = t->real + (size_t)x * (size_t)n, *p[MOST_TAPS];
		for (int k = 0; k < n; k++)
			p[k] = row + (int64_t)within(t->at[x] + k, from->width) * c;
		for (int i = 0; i < c; i++) {
			float sum = p[0][i] * w[0] + p[1][i] * w[1];
			out[x * c + i] = n == 2 ? sum : sum + p[2][i] * w[2] + p[3][i] * w[3];
		}
	}
}

/* ---- rows of sums to a row of the result ---- */

static void
down_bytes(uint8_t *out, int *const *row, const short *w, int n)
{
	const int *a = row[0], *b = row[1];
	int wa = w[0], wb = w[1];
	for (int i = 0; i < n; i++)
		out[i] = (uint8_t)((((wa * (a[i] >> 4)) >> 16) + ((wb * (b[i] >> 4)) >> 16) + 2) >> 2);
}

/* Fused, from the last row to the first: one pixel in a hundred thousand tells. */
static void
down_cubic(uint8_t *out, float *const *row, const float *w, int n)
{
	for (int i = 0; i < n; i++) {
		long v = lrintf(fmaf(row[0][i], w[0], fmaf(row[1][i], w[1], fmaf(row[2][i], w[2], row[3][i] * w[3]))));
		out[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

static void
down_floats(float *out, float *const *row, const float *w, int taps_n, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = taps_n == 2 ? row[0][i] * w[0] + row[1][i] * w[1]
							 : row[0][i] * w[0] + row[1][i] * w[1] + row[2][i] * w[2] + row[3][i] * w[3];
}

static bool
by_taps(const stream_plane *to, const stream_plane *from, int n)
{
	taps tx = { 0 }, ty = { 0 };
	size_t values = (size_t)to->width * (size_t)to->channels;
	int have[MOST_TAPS] = { -1, -1, -1, -1 };
	union {
		int *i;
		float *f;
		void *p;
	} kept[MOST_TAPS] = { { 0 } };
	bool fine = taps_new(&tx, n, to->width, from->width, true) && taps_new(&ty, n, to->height, from->height, false);
	for (int k = 0; fine && k < n; k++)
		fine = (kept[k].p = base_alloc_raw(values * sizeof(int))) != NULL;
	for (int y = 0; fine && y < to->height; y++) {
		int *ints[MOST_TAPS];
		float *floats[MOST_TAPS];
		uint8_t *out = to->p + y * to->pitch;
		for (int k = 0; k < n; k++) {
			int at = within(ty.at[y] + k, from->height), slot = at % n;
			const uint8_t *row = from->p + at * from->pitch;
			if (have[slot] != at) {
				have[slot] = at;
				if (to->f32)
					across_floats(kept[slot].f, (const float *)(const void *)row, &tx, to, from);
				else if (n == 4)
					across_cubic(kept[slot].f, row, &tx, to, from);
				else
					across_bytes(kept[slot].i, row, &tx, to, from);
			}
			ints[k] = kept[slot].i;
			floats[k] = kept[slot].f;
		}
		if (to->f32)
			down_floats((float *)(void *)out, floats, ty.real + (size_t)y * (size_t)n, n, (int)values);
		else if (n == 4)
			down_cubic(out, floats, ty.real + (size_t)y * (size_t)n, (int)values);
		else
			down_bytes(out, ints, ty.whole + (size_t)y * (size_t)n, (int)values);
	}
	for (int k = 0; k < n; k++)
		secant_free(kept[k].p);
	taps_free(&tx);
	taps_free(&ty);
	return fine;
}

static void
by_halves(const stream_plane *to, const stream_plane *from)
{
	int c = to->channels;
	for (int y = 0; y < to->height; y++) {
		uint8_t *out = to->p + y * to->pitch;
		const uint8_t *a = from->p + 2 * y * from->pitch, *b = a + from->pitch;
		for (int x = 0; x < to->width; x++)
			for (int i = 0; i < c; i++) {
				int at = 2 * x * c + i;
				if (to->f32) {
					const float *fa = (const float *)(const void *)a, *fb = (const float *)(const void *)b;
					((float *)(void *)out)[x * c + i] = (fa[at] + fa[at + c] + fb[at] + fb[at + c]) * 0.25f;
				} else
					out[x * c + i] = (uint8_t)((a[at] + a[at + c] + b[at] + b[at + c] + 2) >> 2);
			}
	}
}

static bool
by_nearest(const stream_plane *to, const stream_plane *from)
{
	size_t pixel = (size_t)to->channels * (to->f32 ? sizeof(float) : 1);
	double sx = 1. / ((double)to->width / from->width), sy = 1. / ((double)to->height / from->height);
	int *at = secant_calloc((size_t)to->width, sizeof *at);
	for (int x = 0; at && x < to->width; x++)
		at[x] = within((int)floor(x * sx), from->width);
	for (int y = 0; at && y < to->height; y++) {
		const uint8_t *row = from->p + within((int)floor(y * sy), from->height) * from->pitch;
		uint8_t *out = to->p + y * to->pitch;
		for (int x = 0; x < to->width; x++)
			memcpy(out + (size_t)x * pixel, row + (size_t)at[x] * pixel, pixel);
	}
	secant_free(at);
	return at != NULL;
}

bool
stream_resize(const stream_plane *to, const stream_plane *from, stream_filter filter)
{
	size_t row = (size_t)to->width * (size_t)to->channels * (to->f32 ? sizeof(float) : 1);
	if (to->width == from->width && to->height == from->height) {
		for (int y = 0; y < to->height; y++)
			memcpy(to->p + y * to->pitch, from->p + y * from->pitch, row);
		return true;
	}
	if (filter == STREAM_NEAREST)
		return by_nearest(to, from);
	if (filter == STREAM_LINEAR && 2 * to->width == from->width && 2 * to->height == from->height) {
		by_halves(to, from);
		return true;
	}
	return by_taps(to, from, filter == STREAM_CUBIC ? 4 : 2);
}
