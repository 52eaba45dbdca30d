/* How good pictures are; see quality.h. */
#include "stream/quality.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- pictures ---- */

bool
stream_shots_open(stream_shots *s, int most)
{
	*s = (stream_shots){ .most = most, .grey = secant_calloc((size_t)most, sizeof *s->grey) };
	return s->grey != NULL;
}

static void
forget(stream_shots *s)
{
	for (int i = 0; i < s->n; i++)
		secant_free(s->grey[i]);
	s->n = 0;
}

void
stream_shots_close(stream_shots *s)
{
	if (s->grey)
		forget(s);
	secant_free(s->grey);
	*s = (stream_shots){ 0 };
}

static int
within(int v)
{
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

/* cv2.cvtColor with COLOR_YUV2RGB_NV12: values of video, 16 to 235. */
static void
rgb_of_planes(const stream_picture *p, int x, int y, int rgb[3])
{
	enum { SHIFT = 20, HALF = 1 << (SHIFT - 1) };
	const uint8_t *chroma = p->data + (size_t)p->width_aligned * (size_t)p->height_aligned
		+ (size_t)(y / 2) * 2 * ((size_t)(p->width_aligned + 1) / 2) + (size_t)(x / 2) * 2;
	bool swapped = p->format == STREAM_NV21;
	int u = chroma[swapped] - 128, v = chroma[!swapped] - 128;
	int light = p->data[(size_t)y * (size_t)p->width_aligned + (size_t)x] - 16;
	light = (light < 0 ? 0 : light) * 1220542;
	rgb[0] = within((light + 1673527 * v + HALF) >> SHIFT);
	rgb[1] = within((light - 852492 * v - 409993 * u + HALF) >> SHIFT);
	rgb[2] = within((light + 2116026 * u + HALF) >> SHIFT);
}

static void
rgb_at(const stream_picture *p, int x, int y, int rgb[3])
{
	if (p->format == STREAM_NV12 || p->format == STREAM_NV21) {
		rgb_of_planes(p, x, y, rgb);
		return;
	}
	const uint8_t *at = p->data + 3 * ((size_t)y * (size_t)p->width_aligned + (size_t)x);
	for (int c = 0; c < 3; c++)
		rgb[c] = at[p->format == STREAM_BGR ? 2 - c : c];
}

/* Grey, and how far green and blue lie from the middle, in units of how far they lie apart. */
static void
look_at(const stream_picture *p, uint8_t *grey, double *cast)
{
	int64_t count[2][256] = { { 0 } };
	double n = (double)p->width * p->height, far = 0, apart = 0;
	int rgb[3];
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++) {
			rgb_at(p, x, y, rgb);
			*grey++ = (uint8_t)((rgb[0] * 9798 + rgb[1] * 19235 + rgb[2] * 3735 + (1 << 14)) >> 15);
			count[0][rgb[1]]++;
			count[1][rgb[2]]++;
		}
	for (int c = 0; c < 2; c++) {
		double sum = 0, off = 0;
		for (int v = 0; v < 256; v++)
			sum += (double)(v * count[c][v]);
		double mean = sum / n - 128;
		for (int v = 0; v < 256; v++)
			off += fabs(v - 128 - mean) * (double)count[c][v];
		far += mean * mean;
		apart += off / n * (off / n);
	}
	*cast = apart > 0 ? sqrt(far) / sqrt(apart) : far > 0 ? INFINITY : 0;
}

int
stream_shots_add(stream_shots *s, const stream_picture *p, char *why, size_t size)
{
	bool planes = p->format == STREAM_NV12 || p->format == STREAM_NV21;
	if (p->f32 || (!planes && p->format != STREAM_RGB && p->format != STREAM_BGR)) {
		snprintf(why, size, "bytes are wanted: NV12, NV21, RGB888 or BGR888; the picture has format %d%s", p->format,
			p->f32 ? " of FLOAT32" : "");
		return STREAM_INVALID;
	}
	if (s->n && (p->width != s->width || p->height != s->height))
		forget(s);
	uint8_t *grey = base_alloc_raw((size_t)p->width * (size_t)p->height);
	if (!grey) {
		snprintf(why, size, "no memory for a picture");
		return STREAM_NO_MEMORY;
	}
	if (s->n == s->most) {
		secant_free(s->grey[0]);
		memmove(s->grey, s->grey + 1, (size_t)--s->n * sizeof *s->grey);
	}
	s->width = p->width;
	s->height = p->height;
	look_at(p, grey, &s->cast);
	s->grey[s->n++] = grey;
	return 0;
}

static double
pixels(const stream_shots *s)
{
	return (double)s->width * s->height;
}

static const uint8_t *
newest(const stream_shots *s)
{
	return s->grey[s->n - 1];
}

/* The picture `interval` before; NULL: there is none. */
static const uint8_t *
before(const stream_shots *s, int interval)
{
	return interval < s->n ? s->grey[s->n - 1 - interval] : NULL;
}

/* ---- single pictures ---- */

static bool
brightness(const stream_shots *s, int interval, double threshold, double *v)
{
	double count[256] = { 0 }, sum = 0, off = 0, n = pixels(s);
	for (size_t i = 0; i < (size_t)n; i++)
		count[newest(s)[i]]++;
	for (int k = 0; k < 256; k++)
		sum += (k - 128) * count[k];
	for (int k = 0; k < 256; k++)
		off += fabs(k - 128 - sum / n) * count[k];
	*v = off > 0 ? fabs(sum / off) : sum != 0 ? INFINITY : 0;
	return true;
}

/* Where a place beside the edge lies within: 1 0 | 0 1 2 is 1 of -1 (cv2.BORDER_REFLECT_101). */
static int
mirrored(int at, int n)
{
	at = at < 0 ? -at : at >= n ? 2 * n - 2 - at : at;
	return at < 0 || at >= n ? 0 : at;
}

/* Nine pixels around one, by rows; `mirror`, or the edge repeated. */
static void
around(const stream_shots *s, int x, int y, bool mirror, int v[9])
{
	const uint8_t *p = newest(s);
	for (int k = 0; k < 9; k++) {
		int px = x + k % 3 - 1, py = y + k / 3 - 1;
		if (mirror) {
			px = mirrored(px, s->width);
			py = mirrored(py, s->height);
		} else {
			px = px < 0 ? 0 : px < s->width ? px : s->width - 1;
			py = py < 0 ? 0 : py < s->height ? py : s->height - 1;
		}
		v[k] = p[(size_t)py * (size_t)s->width + (size_t)px];
	}
}

static int
filtered(const int v[9], const int kernel[9])
{
	int sum = 0;
	for (int k = 0; k < 9; k++)
		sum += v[k] * kernel[k];
	return within(sum);
}

typedef struct spread {
	double n, sum, squares;
} spread;

static void
spread_add(spread *s, double v)
{
	s->n++;
	s->sum += v;
	s->squares += v * v;
}

static double
variance(const spread *s)
{
	double mean = s->sum / s->n, v = s->squares / s->n - mean * mean;
	return v > 0 ? v : 0;
}

/* The part of 64 blocks that are flat: nearly one grey, and no edges. */
static bool
occlusion(const stream_shots *s, int interval, double threshold, double *v)
{
	enum { BLOCKS = 8 };
	static const int edges[9] = { 0, 1, 0, 1, -4, 1, 0, 1, 0 };
	const double least_grey = 25, least_edge = 10;
	int h = s->height / BLOCKS, w = s->width / BLOCKS, flat = 0, near[9];
	for (int b = 0; b < BLOCKS * BLOCKS && h && w; b++) {
		spread grey = { 0 }, edge = { 0 };
		for (int i = 0; i < h * w; i++) {
			around(s, b % BLOCKS * w + i % w, b / BLOCKS * h + i / w, true, near);
			spread_add(&grey, near[4]);
			spread_add(&edge, filtered(near, edges));
		}
		flat += sqrt(variance(&grey)) < least_grey && sqrt(variance(&edge)) < least_edge;
	}
	*v = (double)flat / (BLOCKS * BLOCKS);
	return h && w;
}

/* The variance of cv2.Laplacian with ksize 3. */
static bool
blur(const stream_shots *s, int interval, double threshold, double *v)
{
	static const int kernel[9] = { 2, 0, 2, 0, -8, 0, 2, 0, 2 };
	spread all = { 0 };
	int near[9];
	for (int y = 0; y < s->height; y++)
		for (int x = 0; x < s->width; x++) {
			around(s, x, y, true, near);
			spread_add(&all, filtered(near, kernel));
		}
	*v = variance(&all);
	return true;
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The part of pixels that have an edge in each of four ways and lie far from the median around them. */
static bool
noise(const stream_shots *s, int interval, double threshold, double *v)
{
	enum { WAYS = 4, FAR = 20 };
	static const int kernel[WAYS][9] = { { -1, 0, 1, -2, 0, 2, -1, 0, 1 }, { -1, -2, -1, 0, 0, 0, 1, 2, 1 },
		{ 0, 1, 2, -1, 0, 1, -2, -1, 0 }, { -2, -1, 0, -1, 0, 1, 0, 1, 2 } };
	int64_t found = 0;
	int near[9];
	for (int y = 0; y < s->height; y++)
		for (int x = 0; x < s->width; x++) {
			bool edge = true;
			around(s, x, y, true, near);
			for (int k = 0; k < WAYS && edge; k++)
				edge = filtered(near, kernel[k]) > 0;
			if (!edge)
				continue;
			int own = near[4];
			around(s, x, y, false, near);
			qsort(near, 9, sizeof *near, by_number);
			found += abs(near[4] - own) > FAR;
		}
	*v = (double)found / pixels(s);
	return true;
}

static bool
colour_cast(const stream_shots *s, int interval, double threshold, double *v)
{
	*v = s->cast;
	return true;
}

static bool
dark(const stream_shots *s, int interval, double threshold, double *v)
{
	enum { DARK = 20 };
	double found = 0, n = pixels(s);
	for (size_t i = 0; i < (size_t)n; i++)
		found += newest(s)[i] < DARK;
	*v = found / n;
	return true;
}

/* ---- stripes ---- */

typedef struct wave {
	double re, im;
} wave;

/* The transform of n numbers, `step` apart, of 2, 3 and 5 as factors; `root`: the `all` roots of 1. */
static void
transform(wave *out, const wave *in, int n, int step, const wave *root, int all)
{
	enum { MOST = 5 };
	int p = n % 2 == 0 ? 2 : n % 3 == 0 ? 3 : MOST, m = n / p;
	if (n == 1) {
		*out = *in;
		return;
	}
	for (int k = 0; k < p; k++)
		transform(out + k * m, in + k * step, m, step * p, root, all);
	for (int i = 0; i < m; i++) {
		wave v[MOST];
		for (int k = 0; k < p; k++)
			v[k] = out[k * m + i];
		for (int q = 0; q < p; q++) {
			wave sum = { 0, 0 };
			for (int k = 0; k < p; k++) {
				const wave *r = &root[(int64_t)k * (i + q * m) % n * (all / n)];
				sum.re += v[k].re * r->re - v[k].im * r->im;
				sum.im += v[k].re * r->im + v[k].im * r->re;
			}
			out[q * m + i] = sum;
		}
	}
}

/* The next size whose factors are 2, 3 and 5 (cv2.getOptimalDFTSize). */
static int
good_size(int n)
{
	for (;; n++) {
		int rest = n;
		for (int p = 2; p <= 5; p++)
			while (rest % p == 0)
				rest /= p;
		if (rest == 1)
			return n;
	}
}

/* All lines of n numbers `step` apart, `many` of them that begin `next` apart. False: no memory. */
static bool
transform_lines(wave *all, int n, int step, int many, int next)
{
	wave *root = base_alloc_raw(3 * (size_t)n * sizeof *root), *line = root ? root + n : NULL;
	for (int i = 0; i < n && root; i++)
		root[i] = (wave){ cos(2 * M_PI * i / n), -sin(2 * M_PI * i / n) };
	for (int k = 0; k < many && root; k++) {
		wave *at = all + (size_t)k * (size_t)next;
		for (int i = 0; i < n; i++)
			line[i] = at[(size_t)i * (size_t)step];
		transform(line + n, line, n, 1, root, n);
		for (int i = 0; i < n; i++)
			at[(size_t)i * (size_t)step] = line[n + i];
	}
	secant_free(root);
	return root != NULL;
}

/* The part of the spectrum that stands out of it, of pictures with strong edges. The original compares bytes of its
 * floats with the threshold, so that for it every spectrum stands out; here it is the numbers. */
static bool
stripes(const stream_shots *s, int interval, double threshold, double *v)
{
	const double least_edges = 3000;
	int w = good_size(s->width), h = good_size(s->height), columns = w - w % 2, rows = h - h % 2;
	double edges, most = 0, found = 0;
	spread all = { 0 };
	*v = 0;
	if (!blur(s, interval, threshold, &edges) || edges <= least_edges)
		return true;
	wave *p = secant_calloc((size_t)w * (size_t)h, sizeof *p);
	for (int y = 0; y < s->height && p; y++)
		for (int x = 0; x < s->width; x++)
			p[(size_t)y * (size_t)w + (size_t)x].re = newest(s)[(size_t)y * (size_t)s->width + (size_t)x];
	bool fine = p && transform_lines(p, w, 1, h, w) && transform_lines(p, h, w, w, 1);
	for (int y = 0; y < rows && fine; y++)
		for (int x = 0; x < columns; x++) {
			wave *at = &p[(size_t)y * (size_t)w + (size_t)x];
			at->re = 20 * log(1 + hypot(at->re, at->im));
			spread_add(&all, at->re);
			most = fmax(most, at->re);
		}
	double limit = fine && all.n > 0 ? fmax(all.sum / all.n + 3 * sqrt(variance(&all)), most / 2) : 0;
	for (int y = 0; y < rows && fine; y++)
		for (int x = 0; x < columns; x++)
			found += p[(size_t)y * (size_t)w + (size_t)x].re > limit;
	*v = all.n > 0 ? found / all.n : 0;
	secant_free(p);
	return fine;
}

/* ---- pictures beside each other ---- */

/* The part of pixels that have changed by more than `most`. */
static bool
changed(const stream_shots *s, int interval, int most, double *v)
{
	const uint8_t *a = before(s, interval), *b = newest(s);
	double found = 0, n = pixels(s);
	for (size_t i = 0; i < (size_t)n && a; i++)
		found += abs(a[i] - b[i]) > most;
	*v = found / n;
	return a != NULL;
}

static bool
freeze(const stream_shots *s, int interval, double threshold, double *v)
{
	return changed(s, interval, 10, v);
}

static bool
mutation(const stream_shots *s, int interval, double threshold, double *v)
{
	return changed(s, interval, 50, v);
}

/* Sums of rows, or of columns, around their mean. NULL: no memory. */
static int *
profile(const stream_shots *s, const uint8_t *p, bool rows)
{
	int n = rows ? s->height : s->width;
	int64_t *sum = secant_calloc((size_t)n, sizeof *sum), all = 0;
	int *v = secant_calloc((size_t)n, sizeof *v);
	for (int y = 0; y < s->height && sum && v; y++)
		for (int x = 0; x < s->width; x++) {
			sum[rows ? y : x] += *p;
			all += *p++;
		}
	for (int i = 0; i < n && sum && v; i++)
		v[i] = (int)((double)sum[i] - (double)all / n);
	if (!sum) {
		secant_free(v);
		v = NULL;
	}
	secant_free(sum);
	return v;
}

/* By how much one profile must be moved to be most like the other. */
static bool
moved(const stream_shots *s, int interval, bool rows, int reach, int *by)
{
	int n = rows ? s->height : s->width, best = 0;
	double least = INFINITY;
	int *a = profile(s, before(s, interval), rows), *b = profile(s, newest(s), rows);
	for (int i = 0; i <= 2 * reach && a && b; i++) {
		double sum = 0;
		for (int k = 0; k < n - 2 * reach; k++)
			sum += ((double)a[i + k] - b[k + reach]) * ((double)a[i + k] - b[k + reach]);
		if (sum < least) {
			least = sum;
			best = i;
		}
	}
	*by = reach - best;
	bool fine = a && b;
	secant_free(a);
	secant_free(b);
	return fine;
}

/* The lesser of the two ways a picture was moved; below 0 it shakes, as the original has it. */
static bool
shake(const stream_shots *s, int interval, double threshold, double *v)
{
	int reach = (int)threshold, down, across;
	if (!before(s, interval) || s->height <= 2 * reach || s->width <= 2 * reach
		|| !moved(s, interval, true, reach, &down) || !moved(s, interval, false, reach, &across))
		return false;
	*v = down < across ? down : across;
	return true;
}

/* The histogram of the mean of pictures first to last, one above white added as the original does. */
static void
histogram(const stream_shots *s, int first, int last, double count[256])
{
	for (size_t i = 0; i < (size_t)pixels(s); i++) {
		float sum = 255;
		for (int k = first; k < last; k++)
			sum += s->grey[k][i];
		count[within((int)lrintf(sum / (float)(last - first)))]++;
	}
}

/* How alike the histograms of the pictures before and after the middle of the interval are: their correlation. */
static bool
movement(const stream_shots *s, int interval, double threshold, double *v)
{
	int first = s->n - 1 - interval, middle = first + interval / 2;
	double a[256] = { 0 }, b[256] = { 0 }, n = pixels(s) / 256, ab = 0, aa = 0, bb = 0;
	if (first < 0 || middle == first)
		return false;
	histogram(s, first, middle, a);
	histogram(s, middle, s->n, b);
	for (int i = 0; i < 256; i++) {
		ab += (a[i] - n) * (b[i] - n);
		aa += (a[i] - n) * (a[i] - n);
		bb += (b[i] - n) * (b[i] - n);
	}
	*v = aa * bb > 0 ? ab / sqrt(aa * bb) : 1;
	return true;
}

/* ---- all of them ---- */

static const stream_quality checks[] = {
	{ "BRIGHTNESS", "too bright or too dark", 1, brightness, STREAM_QUALITY_ABOVE },
	{ "OCCLUSION", "covered", 0.32, occlusion, STREAM_QUALITY_ABOVE },
	{ "BLUR", "blurred", 2000, blur, STREAM_QUALITY_BELOW },
	{ "NOISE", "noisy", 0.005, noise, STREAM_QUALITY_ABOVE },
	{ "COLOR_CAST", "tinted", 1.5, colour_cast, STREAM_QUALITY_FROM },
	{ "STRIPE", "striped", 0.0015, stripes, STREAM_QUALITY_ABOVE },
	{ "DARK", "black", 0.72, dark, STREAM_QUALITY_FROM },
	{ "SCENE_MUTATION", "another scene", 0.5, mutation, STREAM_QUALITY_FROM },
	{ "PTZ_MOVEMENT", "movement of the camera", 0.95, movement, STREAM_QUALITY_ABOVE },
	{ "VIEW_SHAKE", "shaking", 20, shake, STREAM_QUALITY_MINUS },
	{ "VIDEO_FREEZE", "frozen", 0.1, freeze, STREAM_QUALITY_TO },
};

const stream_quality *
stream_quality_at(int i)
{
	return i >= 0 && i < (int)(sizeof checks / sizeof *checks) ? &checks[i] : NULL;
}

bool
stream_quality_is_bad(const stream_quality *q, double v, double threshold)
{
	switch (q->bad) {
	case STREAM_QUALITY_ABOVE: return v > threshold;
	case STREAM_QUALITY_FROM: return v >= threshold;
	case STREAM_QUALITY_BELOW: return v < threshold;
	case STREAM_QUALITY_TO: return v <= threshold;
	default: return v < 0;
	}
}
