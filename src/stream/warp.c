/* Warping with OpenCV's arithmetic; see warp.h. Facts: OpenCV 4, modules/imgproc/src/imgwarp.cpp. */
#include "stream/warp.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"

enum { FRACTION = 5, ONE = 1 << FRACTION, AFFINE_BITS = 10, BLOCK = 32 };

static int
rounded(double v)
{
	return v >= INT32_MAX ? INT32_MAX : v <= INT32_MIN ? INT32_MIN : (int)lrint(v);
}

static int
as_short(int64_t v)
{
	return (int)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

/* The pixel at x, y in parts of a pixel. */
static void
look(uint8_t *to, const stream_plane *p, int64_t x, int64_t y)
{
	int c = p->channels, sx = as_short(x >> FRACTION), sy = as_short(y >> FRACTION);
	int a = (int)(x & (ONE - 1)), b = (int)(y & (ONE - 1));
	const int weight[4] = { (ONE - a) * (ONE - b), a * (ONE - b), (ONE - a) * b, a * b };
	int sum[4] = { 0 };
	for (int k = 0; k < 4; k++) {
		int px = sx + (k & 1), py = sy + (k >> 1);
		if (px < 0 || py < 0 || px >= p->width || py >= p->height)
			continue;
		const uint8_t *at = p->p + py * p->pitch + (int64_t)px * c;
		for (int i = 0; i < c; i++)
			sum[i] += at[i] * weight[k];
	}
	for (int i = 0; i < c; i++)
		to[i] = (uint8_t)((sum[i] * ONE + (1 << 14)) >> 15);
}

/* By the adjugate, as OpenCV inverts 3 x 3; zeros where there is no inverse. */
static void
invert(const double m[9], double out[9])
{
	double d = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6])
		+ m[2] * (m[3] * m[7] - m[4] * m[6]);
	d = d != 0 ? 1. / d : 0;
	out[0] = (m[4] * m[8] - m[5] * m[7]) * d;
	out[1] = (m[2] * m[7] - m[1] * m[8]) * d;
	out[2] = (m[1] * m[5] - m[2] * m[4]) * d;
	out[3] = (m[5] * m[6] - m[3] * m[8]) * d;
	out[4] = (m[0] * m[8] - m[2] * m[6]) * d;
	out[5] = (m[2] * m[3] - m[0] * m[5]) * d;
	out[6] = (m[3] * m[7] - m[4] * m[6]) * d;
	out[7] = (m[1] * m[6] - m[0] * m[7]) * d;
	out[8] = (m[0] * m[4] - m[1] * m[3]) * d;
}

/* Sums begin anew in each block of columns, as OpenCV's do. */
void
stream_warp_perspective(const stream_plane *to, const stream_plane *from, const double matrix[9])
{
	double m[9];
	int high = to->height < BLOCK / 2 ? to->height : BLOCK / 2;
	int wide = to->width < BLOCK * BLOCK / high ? to->width : BLOCK * BLOCK / high;
	invert(matrix, m);
	for (int y = 0; y < to->height; y++)
		for (int x0 = 0; x0 < to->width; x0 += wide) {
			double sx = m[0] * x0 + m[1] * y + m[2], sy = m[3] * x0 + m[4] * y + m[5];
			double sw = m[6] * x0 + m[7] * y + m[8];
			for (int k = 0; k < wide && x0 + k < to->width; k++) {
				double w = sw + m[6] * k;
				w = w != 0 ? ONE / w : 0;
				look(to->p + y * to->pitch + (int64_t)(x0 + k) * to->channels, from, rounded((sx + m[0] * k) * w),
					rounded((sy + m[3] * k) * w));
			}
		}
}

void
stream_warp_affine(const stream_plane *to, const stream_plane *from, const double f[6])
{
	const double scale = 1 << AFFINE_BITS;
	double d = f[0] * f[4] - f[1] * f[3];
	d = d != 0 ? 1. / d : 0;
	double m[6] = { f[4] * d, f[1] * -d, 0, f[3] * -d, f[0] * d, 0 };
	m[2] = -m[0] * f[2] - m[1] * f[5];
	m[5] = -m[3] * f[2] - m[4] * f[5];
	for (int y = 0; y < to->height; y++) {
		int64_t x0 = (int64_t)rounded((m[1] * y + m[2]) * scale) + (1 << (AFFINE_BITS - FRACTION - 1));
		int64_t y0 = (int64_t)rounded((m[4] * y + m[5]) * scale) + (1 << (AFFINE_BITS - FRACTION - 1));
		for (int x = 0; x < to->width; x++)
			look(to->p + y * to->pitch + (int64_t)x * to->channels, from,
				(x0 + rounded(m[0] * x * scale)) >> (AFFINE_BITS - FRACTION),
				(y0 + rounded(m[3] * x * scale)) >> (AFFINE_BITS - FRACTION));
	}
}

/* Eight equations by elimination with pivots. */
static bool
solve(double a[8][9], double x[8])
{
	for (int i = 0; i < 8; i++) {
		int pivot = i;
		for (int k = i + 1; k < 8; k++)
			if (fabs(a[k][i]) > fabs(a[pivot][i]))
				pivot = k;
		if (!(fabs(a[pivot][i]) > 1e-12))
			return false;
		for (int c = 0; c < 9 && pivot != i; c++) {
			double t = a[i][c];
			a[i][c] = a[pivot][c];
			a[pivot][c] = t;
		}
		for (int k = i + 1; k < 8; k++) {
			double factor = a[k][i] / a[i][i];
			for (int c = i; c < 9; c++)
				a[k][c] -= factor * a[i][c];
		}
	}
	for (int i = 7; i >= 0; i--) {
		x[i] = a[i][8];
		for (int c = i + 1; c < 8; c++)
			x[i] -= a[i][c] * x[c];
		x[i] /= a[i][i];
	}
	return true;
}

bool
stream_perspective(const float from[8], const float to[8], double m[9])
{
	double a[8][9] = { { 0 } };
	for (int i = 0; i < 4; i++) {
		double x = (double)from[2 * i], y = (double)from[2 * i + 1], u = (double)to[2 * i], v = (double)to[2 * i + 1];
		const double rows[2][9] = { { x, y, 1, 0, 0, 0, -x * u, -y * u, u }, { 0, 0, 0, x, y, 1, -x * v, -y * v, v } };
		memcpy(a[i], rows[0], sizeof rows[0]);
		memcpy(a[i + 4], rows[1], sizeof rows[1]);
	}
	m[8] = 1;
	return solve(a, m);
}

bool
stream_similarity(const float *from, const float *to, int n, double m[6])
{
	double fx = 0, fy = 0, tx = 0, ty = 0, turn = 0, cross = 0, spread = 0;
	for (int i = 0; i < n; i++) {
		fx += (double)from[2 * i] / n;
		fy += (double)from[2 * i + 1] / n;
		tx += (double)to[2 * i] / n;
		ty += (double)to[2 * i + 1] / n;
	}
	for (int i = 0; i < n; i++) {
		double x = (double)from[2 * i] - fx, y = (double)from[2 * i + 1] - fy;
		double u = (double)to[2 * i] - tx, v = (double)to[2 * i + 1] - ty;
		turn += x * u + y * v;
		cross += x * v - y * u;
		spread += x * x + y * y;
	}
	if (!(spread > 1e-12))
		return false;
	double a = turn / spread, b = cross / spread;
	const double out[6] = { a, -b, tx - a * fx + b * fy, b, a, ty - b * fx - a * fy };
	memcpy(m, out, sizeof out);
	return true;
}

bool
stream_warp_pixels(const stream_picture *p, bool bgr, stream_plane *plane, uint8_t **made)
{
	bool planes = p->format == STREAM_NV12 || p->format == STREAM_NV21;
	*made = NULL;
	if (p->f32 || p->width > STREAM_WARP_SIDE || p->height > STREAM_WARP_SIDE)
		return false;
	if (!planes)
		return stream_picture_plane(p, plane);
	/* rows and columns of alignment are turned as well, and not looked at */
	size_t pitch = 3 * (size_t)p->width_aligned;
	if (p->size < stream_picture_bytes(p->format, p->width_aligned, p->height_aligned, false)
		|| !(*made = base_alloc_raw(pitch * (size_t)p->height_aligned)))
		return false;
	stream_from_nv12(*made, p->data, p->width_aligned, p->height_aligned, bgr, p->format == STREAM_NV21);
	*plane = (stream_plane){ p->width, p->height, 3, false, (int64_t)pitch, *made };
	return true;
}
