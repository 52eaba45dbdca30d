/*
 * F(4x4, 3x3) and its weight gradient. See winograd.h. Long because the transforms are written out; vectors run along
 * channels.
 *
 * An output tile of 4 by a filter of 3 is a product of polynomials of degree 5, known by its values at six points: 0,
 * 1, -1, 2, -2 and infinity (the highest coefficient). G evaluates the filter there, Bt the input, At interpolates:
 *
 *          | 4  0 -5  0  1  0 |        | 1/4    0     0  |
 *          | 0 -4 -4  1  1  0 |        |-1/6  -1/6  -1/6 |         | 1  1  1  1  1  0 |
 *     Bt = | 0  4 -4 -1  1  0 |    G = |-1/6   1/6  -1/6 |    At = | 0  1 -1  2 -2  0 |
 *          | 0 -2 -1  2  1  0 |        | 1/24  1/12  1/6 |         | 0  1  1  4  4  0 |
 *          | 0  2 -1 -2  1  0 |        | 1/24 -1/12  1/6 |         | 0  1 -1  8 -8  1 |
 *          | 0  4  0 -5  0  1 |        |  0     0     1  |
 *
 * For the weight gradient the roles change: a tile of 4 gradients is the filter and 3 weights are the output, at the
 * same points, so Bt stays; G' has the cube as a fourth column, and A't has three rows:
 *
 *          | 1/4    0     0     0  |
 *          |-1/6  -1/6  -1/6  -1/6 |          | 1  1  1  1  1  0 |
 *     G' = |-1/6   1/6  -1/6   1/6 |    A't = | 0  1 -1  2 -2  0 |
 *          | 1/24  1/12  1/6   1/3 |          | 0  1  1  4  4  1 |
 *          | 1/24 -1/12  1/6  -1/3 |
 *          |  0     0     0     1  |
 *
 * The functions below are these matrices with common terms taken once: bt, g3, g4, a4, a3.
 */
#include "kernels/winograd.h"
#include "kernels/vectors.h"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { ROWS = 14 };
#else
enum { ROWS = 6 };
#endif
enum { POINTS = KERNEL_WINOGRAD_POINTS, BLOCK = KERNEL_WINOGRAD_BLOCK };

/* ---- the transforms along one axis; in and out may be one array ---- */

KERNEL_INLINE void
bt(const vec *i, int64_t s, vec *o, int64_t t) /* 6 -> 6 */
{
	vec i0 = i[0], i1 = i[s], i2 = i[2 * s], i3 = i[3 * s], i4 = i[4 * s], i5 = i[5 * s];
	vec a = i4 - 4 * i2, b = i3 - 4 * i1, c = i4 - i2, d = 2 * (i3 - i1);
	o[0] = 4 * (i0 - i2) + (i4 - i2);
	o[t] = a + b;
	o[2 * t] = a - b;
	o[3 * t] = c + d;
	o[4 * t] = c - d;
	o[5 * t] = 4 * (i1 - i3) + (i5 - i3);
}

KERNEL_INLINE void
g3(const vec *i, int64_t s, vec *o, int64_t t) /* 3 -> 6 */
{
	vec i0 = i[0], i1 = i[s], i2 = i[2 * s], e = (i0 + i2) * (1 / 6.f), f = i1 * (1 / 6.f),
		g = i0 * (1 / 24.f) + i2 * (1 / 6.f), h = i1 * (1 / 12.f);
	o[0] = i0 * 0.25f;
	o[t] = -e - f;
	o[2 * t] = f - e;
	o[3 * t] = g + h;
	o[4 * t] = g - h;
	o[5 * t] = i2;
}

KERNEL_INLINE void
g4(const vec *i, int64_t s, vec *o, int64_t t) /* 4 -> 6 */
{
	vec i0 = i[0], i1 = i[s], i2 = i[2 * s], i3 = i[3 * s];
	vec e = (i0 + i2) * (1 / 6.f), f = (i1 + i3) * (1 / 6.f), g = i0 * (1 / 24.f) + i2 * (1 / 6.f),
		h = i1 * (1 / 12.f) + i3 * (1 / 3.f);
	o[0] = i0 * 0.25f;
	o[t] = -e - f;
	o[2 * t] = f - e;
	o[3 * t] = g + h;
	o[4 * t] = g - h;
	o[5 * t] = i3;
}

KERNEL_INLINE void
a4(const vec *i, int64_t s, vec *o, int64_t t) /* 6 -> 4 */
{
	vec p = i[s] + i[2 * s], q = i[s] - i[2 * s], v = i[3 * s] + i[4 * s], w = i[3 * s] - i[4 * s], i0 = i[0],
		i5 = i[5 * s];
	o[0] = i0 + p + v;
	o[t] = q + 2 * w;
	o[2 * t] = p + 4 * v;
	o[3 * t] = q + 8 * w + i5;
}

KERNEL_INLINE void
a3(const vec *i, int64_t s, vec *o, int64_t t) /* 6 -> 3 */
{
	vec p = i[s] + i[2 * s], q = i[s] - i[2 * s], v = i[3 * s] + i[4 * s], w = i[3 * s] - i[4 * s], i0 = i[0],
		i5 = i[5 * s];
	o[0] = i0 + p + v;
	o[t] = q + 2 * w;
	o[2 * t] = p + 4 * v + i5;
}

/* ---- pictures to spectra ---- */

/* Where channel c of point p, tile t stands among spectra. */
KERNEL_INLINE int64_t
spectrum(int64_t channels, int64_t n, int64_t p, int64_t t, int64_t c)
{
	int64_t blocks = (channels + BLOCK - 1) / BLOCK;
	return ((p * blocks + c / BLOCK) * n + t) * BLOCK + c % BLOCK;
}

/* Spectra of one tile for channels c..c+WIDTH-1: `size` values an axis from (y0, x0), zero outside the picture. */
KERNEL_INLINE void
tile_in(const void *x, const kernel_winograd_map *m, bool low, bool grad, bool inside, int64_t picture, int64_t y0,
	int64_t x0, int64_t c, float *v, int64_t step)
{
	enum { MOST = 6 };
	const int size = grad ? 4 : 6;
	vec d[MOST * MOST], e[MOST * MOST];
#pragma GCC unroll 6
	for (int i = 0; i < size; i++)
#pragma GCC unroll 6
		for (int j = 0; j < size; j++) {
			int64_t r = y0 + i, k = x0 + j;
			bool there = inside || (r >= 0 && r < m->height && k >= 0 && k < m->width);
			d[i * MOST + j] = there ? load(x, ((picture * m->height + r) * m->width + k) * m->channels + c, low)
									: (vec){ 0 };
		}
#pragma GCC unroll 6
	for (int j = 0; j < size; j++)
		if (grad)
			g4(d + j, MOST, e + j, MOST);
		else
			bt(d + j, MOST, e + j, MOST);
#pragma GCC unroll 6
	for (int i = 0; i < 6; i++) {
		vec o[6];
		if (grad)
			g4(e + i * MOST, 1, o, 1);
		else
			bt(e + i * MOST, 1, o, 1);
#pragma GCC unroll 6
		for (int j = 0; j < 6; j++)
			*(vec *)(v + (i * 6 + j) * step) = o[j];
	}
}

KERNEL_INLINE void
tiles_in(const void *x, const kernel_winograd_map *m, int64_t first, int64_t n, int64_t from, int64_t to, float *v,
	bool low, bool grad)
{
	const int64_t size = grad ? 4 : 6, step = (m->channels + BLOCK - 1) / BLOCK * n * BLOCK;
	for (int64_t t = from; t < to; t++) {
		int64_t at = first + t, picture = at / (m->rows * m->columns), i = at / m->columns % m->rows,
				j = at % m->columns;
		int64_t y0 = i * KERNEL_WINOGRAD_TILE - m->top, x0 = j * KERNEL_WINOGRAD_TILE - m->left;
		bool inside = y0 >= 0 && x0 >= 0 && y0 + size <= m->height && x0 + size <= m->width;
		for (int64_t c = 0; c < m->channels; c += WIDTH) {
			float *place = v + spectrum(m->channels, n, 0, t, c);
			if (inside)
				tile_in(x, m, low, grad, true, picture, y0, x0, c, place, step);
			else
				tile_in(x, m, low, grad, false, picture, y0, x0, c, place, step);
		}
	}
}

static void
input(const void *x, const kernel_winograd_map *m, int64_t first, int64_t n, int64_t from, int64_t to, float *v)
{
	if (m->low)
		tiles_in(x, m, first, n, from, to, v, true, false);
	else
		tiles_in(x, m, first, n, from, to, v, false, false);
}

static void
grad(const void *dy, const kernel_winograd_map *m, int64_t first, int64_t n, int64_t from, int64_t to, float *v)
{
	if (m->low)
		tiles_in(dy, m, first, n, from, to, v, true, true);
	else
		tiles_in(dy, m, first, n, from, to, v, false, true);
}

/* ---- weights to spectra ---- */

#if defined(__AVX512F__)
/* Rows and columns change places. */
KERNEL_INLINE void
transpose(vec v[16])
{
	__m512 a[16], b[16];
#pragma GCC unroll 8
	for (int i = 0; i < 16; i += 2)
		a[i] = _mm512_unpacklo_ps((__m512)v[i], (__m512)v[i + 1]),
		a[i + 1] = _mm512_unpackhi_ps((__m512)v[i], (__m512)v[i + 1]);
#pragma GCC unroll 4
	for (int i = 0; i < 16; i += 4)
#pragma GCC unroll 2
		for (int k = 0; k < 2; k++) {
			b[i + 2 * k] = _mm512_shuffle_ps(a[i + k], a[i + k + 2], 0x44);
			b[i + 2 * k + 1] = _mm512_shuffle_ps(a[i + k], a[i + k + 2], 0xee);
		}
#pragma GCC unroll 4
	for (int k = 0; k < 4; k++) { /* 4x4 blocks stand in the lanes of b[k], b[k + 4], ... */
		__m512 low0 = _mm512_shuffle_f32x4(b[k], b[k + 4], 0x88), high0 = _mm512_shuffle_f32x4(b[k], b[k + 4], 0xdd);
		__m512 low1 = _mm512_shuffle_f32x4(b[k + 8], b[k + 12], 0x88),
			   high1 = _mm512_shuffle_f32x4(b[k + 8], b[k + 12], 0xdd);
		v[k] = (vec)_mm512_shuffle_f32x4(low0, low1, 0x88);
		v[k + 8] = (vec)_mm512_shuffle_f32x4(low0, low1, 0xdd);
		v[k + 4] = (vec)_mm512_shuffle_f32x4(high0, high1, 0x88);
		v[k + 12] = (vec)_mm512_shuffle_f32x4(high0, high1, 0xdd);
	}
}

/* `n` numbers of each of 16 outputs, `stride` apart, to n rows of w from `at` on; `flip`: the last one first. */
KERNEL_INLINE void
turn(const float *from, int64_t stride, int n, bool flip, bool low, void *w, int64_t at, int64_t wide)
{
	vec v[16];
#pragma GCC unroll 16
	for (int lane = 0; lane < 16; lane++)
		v[lane] = (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), from + lane * stride);
	transpose(v);
#pragma GCC unroll 16
	for (int i = 0; i < 16; i++)
		if (i < n)
			store(w, at + (flip ? n - 1 - i : i) * wide, low, v[i]);
}
#endif

static void
panel(const float *oihw, int64_t out, int64_t in, bool flip, int64_t from, int64_t wide, bool low, void *w)
{
	/* Of the convolution that is computed: `ins` inputs a sum. */
	int64_t ins = flip ? out : in, by_out = flip ? 9 : in * 9, by_in = flip ? in * 9 : 9;
#if defined(__AVX512F__)
	for (int64_t lane = 0; lane < wide; lane += 16)
		if (flip)
			for (int64_t i = 0; i < ins; i++)
				turn(oihw + (from + lane) * by_out + i * by_in, by_out, 9, true, low, w, i * 9 * wide + lane, wide);
		else
			for (int64_t i = 0; i < ins * 9; i += 16) /* inputs are a multiple of 16 */
				turn(oihw + (from + lane) * by_out + i, by_out, 16, false, low, w, i * wide + lane, wide);
#else
	for (int64_t i = 0; i < ins; i++)
		for (int64_t lane = 0; lane < wide; lane++)
			for (int k = 0; k < 9; k++)
				kernel_store_real(
					w, (i * 9 + (flip ? 8 - k : k)) * wide + lane, low, oihw[(from + lane) * by_out + i * by_in + k]);
#endif
}

KERNEL_INLINE void
spectra_of(const void *w, int64_t in, int64_t wide, int row, bool low, float *u, int64_t step)
{
	static const float g[6][3] = { { 0.25f, 0, 0 }, { -1 / 6.f, -1 / 6.f, -1 / 6.f }, { -1 / 6.f, 1 / 6.f, -1 / 6.f },
		{ 1 / 24.f, 1 / 12.f, 1 / 6.f }, { 1 / 24.f, -1 / 12.f, 1 / 6.f }, { 0, 0, 1 } };
	const float a = g[row][0], b = g[row][1], c = g[row][2];
	for (int64_t i = 0; i < in; i++, u += wide)
		for (int64_t o = 0; o < wide; o += WIDTH) {
			int64_t at = i * 9 * wide + o;
			vec e[3], z[6];
			for (int j = 0; j < 3; j++)
				e[j] = a * load(w, at + j * wide, low) + b * load(w, at + (3 + j) * wide, low)
					+ c * load(w, at + (6 + j) * wide, low);
			g3(e, 1, z, 1);
			for (int j = 0; j < 6; j++)
				*(vec *)(u + j * step + o) = z[j];
		}
}

static void
spectra(const void *w, int64_t in, int64_t wide, int row, bool low, float *u, int64_t step)
{
	if (low)
		spectra_of(w, in, wide, row, true, u, step);
	else
		spectra_of(w, in, wide, row, false, u, step);
}

/* ---- products ---- */

/* rows x (nv WIDTH) of v u: v strides BLOCK along rows and jumps `jump` from one block of channels to the next. */
KERNEL_INLINE void
block_product(
	const int rows, const int nv, const float *v, int64_t jump, const float *u, int64_t in, float *m, int64_t stride)
{
	vec acc[ROWS][2];
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++)
		acc[i][0] = acc[i][1] = (vec){ 0 };
	for (int64_t b = 0; b < in; b += BLOCK, v += jump) {
		int64_t n = in - b < BLOCK ? in - b : BLOCK;
		for (int64_t k = 0; k < n; k++, u += nv * WIDTH) {
			vec u0 = *(const vec *)u, u1 = nv > 1 ? *(const vec *)(u + WIDTH) : u0;
#pragma GCC unroll 16
			for (int i = 0; i < rows; i++) {
				float a = v[i * BLOCK + k];
				acc[i][0] += a * u0;
				if (nv > 1)
					acc[i][1] += a * u1;
			}
		}
	}
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++) {
		*(vec *)(m + i * stride) = acc[i][0];
		if (nv > 1)
			*(vec *)(m + i * stride + WIDTH) = acc[i][1];
	}
}

/* rows (in-channels) x (nv WIDTH) of vt e, added to sum; both stride BLOCK from tile to tile. */
KERNEL_INLINE void
block_correlation(const int rows, const int nv, const float *v, const float *e, int64_t n, float *sum, int64_t stride)
{
	vec acc[ROWS][2];
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++) {
		acc[i][0] = *(const vec *)(sum + i * stride);
		acc[i][1] = nv > 1 ? *(const vec *)(sum + i * stride + WIDTH) : acc[i][0];
	}
	for (int64_t t = 0; t < n; t++, v += BLOCK, e += BLOCK) {
		vec e0 = *(const vec *)e, e1 = nv > 1 ? *(const vec *)(e + WIDTH) : e0;
#pragma GCC unroll 16
		for (int i = 0; i < rows; i++) {
			acc[i][0] += v[i] * e0;
			if (nv > 1)
				acc[i][1] += v[i] * e1;
		}
	}
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++) {
		*(vec *)(sum + i * stride) = acc[i][0];
		if (nv > 1)
			*(vec *)(sum + i * stride + WIDTH) = acc[i][1];
	}
}

/* The compiler needs the number of rows as a constant to keep the sums in registers. */
#if defined(__AVX512F__)
#define EACH_ROWS(CASE) \
	CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#else
#define EACH_ROWS(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#endif

static void
product_rows(int rows, bool two, const float *v, int64_t jump, const float *u, int64_t in, float *m, int64_t stride)
{
#define CASE(r) \
	case r: \
		if (two) \
			block_product(r, 2, v, jump, u, in, m, stride); \
		else \
			block_product(r, 1, v, jump, u, in, m, stride); \
		break;
	switch (rows) {
		EACH_ROWS(CASE)
	}
#undef CASE
}

static void
correlation_rows(int rows, bool two, const float *v, const float *e, int64_t n, float *sum, int64_t stride)
{
#define CASE(r) \
	case r: \
		if (two) \
			block_correlation(r, 2, v, e, n, sum, stride); \
		else \
			block_correlation(r, 1, v, e, n, sum, stride); \
		break;
	switch (rows) {
		EACH_ROWS(CASE)
	}
#undef CASE
}

static void
multiply(const float *v, const float *u, int points, int64_t n, int64_t in, int64_t out, float *m)
{
	int64_t blocks = (in + BLOCK - 1) / BLOCK, groups = (n + ROWS - 1) / ROWS;
	for (int64_t p = 0; p < points; p++)
		for (int64_t o = 0; o < out; o += 2 * WIDTH) {
			bool two = out - o >= 2 * WIDTH;
			for (int64_t g = 0; g < groups; g++) {
				int64_t t = n * g / groups, rows = n * (g + 1) / groups - t;
				product_rows((int)rows, two, v + (p * blocks * n + t) * BLOCK, n * BLOCK, u + (p * out + o) * in, in,
					m + (p * n + t) * out + o, out);
			}
		}
}

static void
correlate(const float *v, const float *e, int64_t n, int64_t in, int64_t out, int64_t c0, int64_t c1, int64_t o0,
	int64_t o1, float *sum)
{
	int64_t wide = o1 - o0, groups = (c1 - c0 + ROWS - 1) / ROWS;
	for (int64_t p = 0; p < POINTS; p++)
		for (int64_t g = 0; g < groups; g++) {
			int64_t c = c0 + (c1 - c0) * g / groups, rows = c0 + (c1 - c0) * (g + 1) / groups - c;
			for (int64_t o = o0; o < o1; o += 2 * WIDTH)
				correlation_rows((int)rows, o1 - o >= 2 * WIDTH, v + spectrum(in, n, p, 0, c),
					e + spectrum(out, n, p, 0, o), n, sum + (p * (c1 - c0) + c - c0) * wide + o - o0, wide);
		}
}

/* ---- spectra to pictures and filters ---- */

KERNEL_INLINE void
tiles_out(const float *m, const kernel_winograd_map *map, const kernel_winograd_post *post, int64_t first, int64_t n,
	int64_t from, int64_t to, void *y, bool low)
{
	int64_t out = map->channels, across = to - from;
	for (int64_t t = 0; t < n; t++) {
		int64_t at = first + t, picture = at / (map->rows * map->columns), i = at / map->columns % map->rows,
				j = at % map->columns;
		int64_t y0 = i * KERNEL_WINOGRAD_TILE, x0 = j * KERNEL_WINOGRAD_TILE;
		int64_t high = map->height - y0 < 4 ? map->height - y0 : 4, wide = map->width - x0 < 4 ? map->width - x0 : 4;
		for (int64_t c = from; c < to; c += WIDTH) {
			vec d[24], o[4], bias = post->bias ? load(post->bias, c, false) : (vec){ 0 };
#pragma GCC unroll 6
			for (int k = 0; k < 6; k++) {
				vec s[6];
#pragma GCC unroll 6
				for (int r = 0; r < 6; r++)
					s[r] = *(const vec *)(m + ((r * 6 + k) * n + t) * across + c - from);
				a4(s, 1, d + k, 6);
			}
#pragma GCC unroll 4
			for (int r = 0; r < 4; r++) {
				if (r >= high)
					break;
				a4(d + r * 6, 1, o, 1);
				int64_t place = ((picture * map->height + y0 + r) * map->width + x0) * out + c;
#pragma GCC unroll 4
				for (int k = 0; k < 4; k++) {
					if (k >= wide)
						break;
					vec v = o[k] + bias;
					if (post->residual)
						v += load(post->residual, place + k * out, low);
					if (post->relu)
						v = (vec)((word)v & (word)(v > 0));
					store(y, place + k * out, low, v);
				}
			}
		}
	}
}

static void
output(const float *m, const kernel_winograd_map *map, const kernel_winograd_post *post, int64_t first, int64_t n,
	int64_t from, int64_t to, void *y)
{
	if (map->low)
		tiles_out(m, map, post, first, n, from, to, y, true);
	else
		tiles_out(m, map, post, first, n, from, to, y, false);
}

static void
filters(const float *sum, int64_t in, int64_t c0, int64_t c1, int64_t o0, int64_t o1, float *oihw)
{
	for (int64_t i = c0; i < c1; i++)
		for (int64_t o = o0; o < o1; o += WIDTH) {
			vec s[6], d[18], w[9];
			for (int k = 0; k < 6; k++) {
				for (int r = 0; r < 6; r++)
					s[r] = *(const vec *)(sum + ((r * 6 + k) * (c1 - c0) + i - c0) * (o1 - o0) + o - o0);
				a3(s, 1, d + k, 6);
			}
			for (int r = 0; r < 3; r++)
				a3(d + r * 6, 1, w + r * 3, 1);
			float lanes[9][WIDTH];
			memcpy(lanes, w, sizeof lanes);
			for (int lane = 0; lane < WIDTH; lane++)
				for (int k = 0; k < 9; k++)
					oihw[((o + lane) * in + i) * 9 + k] = lanes[k][lane];
		}
}

const kernel_winograd_kernels KERNEL_TABLE(winograd) = {
	.width = WIDTH,
	.panel = panel,
	.spectra = spectra,
	.input = input,
	.grad = grad,
	.multiply = multiply,
	.correlate = correlate,
	.output = output,
	.filters = filters,
};
