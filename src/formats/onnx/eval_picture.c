/* Operators that sample pictures and boxes: Resize and Upsample, GridSample, RoiAlign, NonMaxSuppression. See eval.h.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "formats/onnx/eval.h"
#include "formats/onnx/resize.h"

enum { RANK = FORMAT_ONNX_RANK };

/* ---- Resize ---- */

static bool
is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* Sizes or scales of all axes, from inputs or attributes; axes that are not named keep theirs. */
bool
onnx_resize_of(onnx_call *c, int rank, const int64_t *in, onnx_resize *r)
{
	bool upsample = is(c->node->op, "Upsample");
	int scales_at = c->opset < 11 ? 1 : 2, n = rank, m;
	int64_t axes[RANK], sizes[RANK];
	double scale[RANK], roi[2 * RANK];
	*r = (onnx_resize){ .mode = onnx_attr_text(c, "mode", "nearest"),
		.coordinates = onnx_attr_text(c, "coordinate_transformation_mode", c->opset < 11 ? "asymmetric" : "half_pixel"),
		.nearest = onnx_attr_text(c, "nearest_mode", c->opset < 11 ? "outwards" : "round_prefer_floor"),
		.cubic = onnx_attr_real(c, "cubic_coeff_a", -0.75),
		.outside = onnx_attr_real(c, "extrapolation_value", 0),
		.exclude = onnx_attr_int(c, "exclude_outside", 0),
		.antialias = onnx_attr_int(c, "antialias", 0) };
	if ((m = onnx_attr_ints(c, "axes", axes, RANK)) >= 0)
		n = m;
	for (int i = 0; i < rank; i++) {
		r->scale[i] = 1;
		r->out[i] = in[i];
		r->roi[i] = 0;
		r->roi[rank + i] = 1;
	}
	for (int i = 0; i < n; i++)
		axes[i] = m < 0 ? i : onnx_axis(c, axes[i], rank);
	const format_onnx_attr *old = upsample && c->opset < 9 ? onnx_attr(c, "scales") : NULL;
	int given = old ? old->n_floats : -1;
	if (old && given <= RANK)
		memcpy(scale, old->floats, sizeof *scale * (size_t)given);
	if (!old && onnx_has(c, scales_at)) {
		onnx_tensor *t = onnx_in(c, scales_at);
		int64_t count = t ? format_onnx_count(t) : 0;
		if (!t || count > RANK)
			return false;
		format_onnx_get_reals(t, 0, count, scale);
		given = count ? (int)count : -1;
	}
	if (given < 0 && c->opset < 7 && onnx_attr(c, "height_scale") && rank == 4) { /* the first Upsample */
		given = 4;
		scale[0] = scale[1] = 1;
		scale[2] = onnx_attr_real(c, "height_scale", 1);
		scale[3] = onnx_attr_real(c, "width_scale", 1);
	}
	int got = c->opset >= 11 && !upsample && onnx_has(c, 3) ? onnx_input_ints(c, 3, NULL, sizes, RANK) : -1;
	if (c->err->code)
		return false;
	if ((given < 0) == (got < 0) || (given >= 0 && given != n) || (got >= 0 && got != n)) {
		onnx_fail(c, SECANT_ERR_FORMAT, "wants either scales or sizes, one for each of %d axes", n);
		return false;
	}
	if (onnx_has(c, 1) && c->opset >= 11 && is(r->coordinates, "tf_crop_and_resize")) {
		onnx_tensor *t = onnx_in(c, 1);
		if (!t || format_onnx_count(t) != 2 * n) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a region wants %d numbers", 2 * n);
			return false;
		}
		format_onnx_get_reals(t, 0, 2 * n, roi);
		for (int i = 0; i < n; i++) {
			r->roi[axes[i]] = roi[i];
			r->roi[rank + axes[i]] = roi[n + i];
		}
	}
	const char *policy = onnx_attr_text(c, "keep_aspect_ratio_policy", "stretch");
	double one = 0;
	for (int i = 0; i < n && got >= 0 && !is(policy, "stretch"); i++) {
		double f = (double)sizes[i] / (double)in[axes[i]];
		one = !i ? f : is(policy, "not_larger") ? fmin(one, f) : fmax(one, f);
	}
	for (int i = 0; i < n; i++) {
		int a = (int)axes[i];
		double f = got >= 0 ? 0 : scale[i];
		if (got < 0) {
			/* In float, as everybody computes it: 20 * 2.3 is 46. A region plays no part, whatever the text says. */
			double size = (double)floorf((float)in[a] * (float)f);
			if (!(f > 0) || !(size < 1e12)) {
				onnx_fail(c, SECANT_ERR_RANGE, "a scale of %g", f);
				return false;
			}
			r->out[a] = (int64_t)size;
			r->scale[a] = f;
		} else {
			r->out[a] = one > 0 ? (int64_t)floor((double)in[a] * one + 0.5) : sizes[i];
			r->scale[a] = one > 0 ? one : (double)sizes[i] / (double)in[a];
			r->sized = true;
		}
		if (r->out[a] < 0 || (r->out[a] > 0 && in[a] < 1)) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a size of %lld", (long long)r->out[a]);
			return false;
		}
	}
	return true;
}

enum { TAPS = 4096 };

/* Where output number i of an axis lies in the input. In float, step by step, as others compute it: which pixel is the
 * nearest hangs on how a half was rounded. align_corners spans the size as it is, as ONNX's text, PyTorch and ONNX
 * Runtime have it; ONNX's test data for scales below 1 span what was not rounded down yet. */
static double
source(const onnx_resize *r, int rank, int axis, int64_t in, int64_t i)
{
	float x = (float)i, out = (float)r->out[axis], n = (float)in, s = (float)r->scale[axis], half = 0.5f;
	if (is(r->coordinates, "align_corners"))
		return out == 1 ? 0 : (double)(x * (n - 1) / (out - 1));
	if (is(r->coordinates, "asymmetric"))
		return (double)(x / s);
	if (is(r->coordinates, "pytorch_half_pixel"))
		return r->out[axis] > 1 ? (double)((x + half) / s - half) : 0;
	if (is(r->coordinates, "tf_half_pixel_for_nn"))
		return (double)((x + half) / s);
	if (is(r->coordinates, "half_pixel_symmetric")) {
		float adjust = out / (s * n), centre = n / 2, offset = centre * (1 - adjust);
		return (double)(float)((double)offset + ((double)x + 0.5) / (double)s - 0.5);
	}
	if (is(r->coordinates, "tf_crop_and_resize")) {
		float from = (float)r->roi[axis], to = (float)r->roi[rank + axis];
		return (double)(r->out[axis] > 1 ? from * (n - 1) + x * (to - from) * (n - 1) / (out - 1)
										 : half * (from + to) * (n - 1));
	}
	return (double)((x + half) / s - half); /* half_pixel */
}

static double
cubic(double x, double a)
{
	x = fabs(x);
	return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static double
triangle(double x)
{
	x = fabs(x);
	return x < 1 ? 1 - x : 0;
}

/* A half that float arithmetic has missed by some units of its last place, as a half: 16 of 64 pixels over 26 lie at
 * 6.5, in float at 6.4999995. So does ONNX Runtime. */
static double
near_half(double x)
{
	double half = floor(x) + 0.5;
	return fabs(x - half) <= 4 * (double)FLT_EPSILON * fmax(1, fabs(x)) ? half : x;
}

/* The taps of output number i on an axis: first input number and weights; how many. Weights may lie outside the input.
 */

int
onnx_resize_taps(
	const onnx_resize *r, int rank, int axis, int64_t in, int64_t i, int64_t *first, double *weight, int most)
{
	double x = source(r, rank, axis, in, i), s = r->scale[axis];
	if (is(r->mode, "nearest")) {
		/* Before operator set 11 no text says which; ONNX Runtime goes up where a tensor shrinks, down where it grows.
		 */
		bool up = is(r->nearest, "ceil") || (is(r->nearest, "outwards") && s < 1);
		double k = up                             ? ceil(x)
			: is(r->nearest, "floor")             ? floor(x)
			: is(r->nearest, "outwards")          ? floor(x)
			: is(r->nearest, "round_prefer_ceil") ? floor(near_half(x) + 0.5)
												  : ceil(near_half(x) - 0.5);
		*first = (int64_t)k;
		weight[0] = 1;
		return 1;
	}
	bool line = is(r->mode, "linear");
	double wide = r->antialias && s < 1 ? 1 / s : 1, reach = (line ? 1 : 2) * wide;
	int64_t from = (int64_t)floor(x - reach) + 1,
			n = line && wide == 1 ? 2
		: !line && wide == 1      ? 4
								  : (int64_t)ceil(2 * reach);
	if (wide == 1)
		from = (int64_t)floor(x) - (line ? 0 : 1);
	if (n > most)
		return -1;
	double sum = 0;
	for (int64_t k = 0; k < n; k++) {
		double d = ((double)(from + k) - x) / wide, w = line ? triangle(d) : cubic(d, r->cubic);
		if (r->exclude && (from + k < 0 || from + k >= in))
			w = 0;
		weight[k] = w;
		sum += w;
	}
	for (int64_t k = 0; k < n && (r->exclude || r->antialias) && sum != 0; k++)
		weight[k] /= sum;
	*first = from;
	return (int)n;
}

secant_status
onnx_eval_resize(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	onnx_resize r;
	if (!v || !onnx_resize_of(c, x->rank, x->dim, &r))
		return c->err->code;
	bool line = is(r.mode, "linear") || is(r.mode, "bilinear");
	if (line)
		r.mode = "linear";
	if (!line && !is(r.mode, "nearest") && !is(r.mode, "cubic"))
		return onnx_fail(c, SECANT_ERR_FORMAT, "mode '%.20s'", r.mode);
	int64_t dim[RANK];
	double *weight = onnx_temp(c, TAPS, sizeof *weight);
	memcpy(dim, x->dim, sizeof dim);
	/* One axis after the other: every mode is separable. Extrapolation is per axis too. */
	for (int a = 0; a < x->rank && weight; a++) {
		int64_t outer = onnx_product(dim, 0, a), inner = onnx_product(dim, a + 1, x->rank), n = x->dim[a], m = r.out[a];
		if (m == n && r.scale[a] == 1 && !is(r.coordinates, "tf_crop_and_resize"))
			continue;
		if (onnx_spend(c, (double)outer * (double)m * (double)inner))
			return c->err->code;
		double *y = onnx_temp(c, outer * m * inner, sizeof *y);
		for (int64_t i = 0; i < m && y; i++) {
			int64_t first = 0;
			int count = onnx_resize_taps(&r, x->rank, a, n, i, &first, weight, TAPS);
			double at = source(&r, x->rank, a, n, i);
			bool outside = is(r.coordinates, "tf_crop_and_resize") && (at < 0 || at > (double)(n - 1));
			if (count < 0)
				return onnx_fail(c, SECANT_ERR_RANGE, "one number of the result is made of more than %d", TAPS);
			for (int64_t o = 0; o < outer; o++)
				for (int64_t k = 0; k < inner; k++) {
					double sum = 0;
					for (int t = 0; t < count; t++) {
						int64_t from = first + t < 0 ? 0 : first + t > n - 1 ? n - 1 : first + t;
						sum += weight[t] * v[(o * n + from) * inner + k];
					}
					y[(o * m + i) * inner + k] = outside ? r.outside : sum;
				}
		}
		if (!y)
			return c->err->code;
		dim[a] = m;
		v = y;
	}
	return weight ? onnx_give_reals(c, 0, x->type, x->rank, dim, v) : c->err->code;
}

/* ---- GridSample: N x C x H x W, or N x C x D x H x W, at places -1..1 ---- */

/* What one axis adds to a sample: numbers of the input (-1: a zero) and their weights. */
typedef struct grid_taps {
	int n;
	int64_t at[4];
	double weight[4];
} grid_taps;

static double
reflect(double x, double low, double high)
{
	double span = high - low;
	if (span <= 0)
		return low;
	x = fmod(fabs(x - low), 2 * span);
	return low + (x > span ? 2 * span - x : x);
}

/* A place among n numbers that lies inside, if the padding says so. */
static double
inside(double x, int64_t n, const char *padding, bool align)
{
	if (is(padding, "reflection"))
		x = reflect(x, align ? 0 : -0.5, (double)n - (align ? 1 : 0.5));
	return is(padding, "zeros") ? x : fmax(0, fmin(x, (double)(n - 1)));
}

static grid_taps
grid_taps_of(double place, int64_t n, const char *mode, const char *padding, bool align)
{
	bool near = is(mode, "nearest"), smooth = is(mode, "bicubic") || is(mode, "cubic");
	double x = align ? (place + 1) / 2 * (double)(n - 1) : ((place + 1) * (double)n - 1) / 2;
	grid_taps t = { near ? 1 : smooth ? 4 : 2, { 0 }, { 0 } };
	x = near ? nearbyint(x) : smooth ? x : inside(x, n, padding, align);
	double first = near ? x : floor(x) - (smooth ? 1 : 0);
	for (int k = 0; k < t.n; k++) {
		double at = near || smooth ? inside(first + k, n, padding, align) : first + k, d = x - first - k;
		t.weight[k] = near ? 1 : smooth ? cubic(d, -0.75) : triangle(d);
		t.at[k] = at >= 0 && at <= (double)(n - 1) ? (int64_t)at : -1; /* no number neither */
	}
	return t;
}

/* The sum over all taps of axes d to the last. */
static double
grid_sum(const double *v, const grid_taps *t, const int64_t *dim, int axes, int64_t at)
{
	double sum = 0;
	for (int k = 0; k < t->n; k++)
		if (t->weight[k] != 0 && t->at[k] >= 0)
			sum += t->weight[k]
				* (axes > 1 ? grid_sum(v, t + 1, dim + 1, axes - 1, (at + t->at[k]) * dim[1]) : v[at + t->at[k]]);
	return sum;
}

secant_status
onnx_eval_grid_sample(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *grid = onnx_in(c, 1);
	double *v = onnx_reals(c, 0), *g = grid ? onnx_reals(c, 1) : NULL;
	int64_t dim[RANK];
	if (!v || !g)
		return c->err->code;
	int axes = x->rank - 2;
	if (axes < 2 || axes > 3 || grid->rank != x->rank || grid->dim[axes + 1] != axes || grid->dim[0] != x->dim[0])
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants N x C x H x W and N x h x w x 2, or both with a third axis");
	const char *mode = onnx_attr_text(c, "mode", "bilinear"), *padding = onnx_attr_text(c, "padding_mode", "zeros");
	bool align = onnx_attr_int(c, "align_corners", 0);
	if (axes == 3 && (is(mode, "bicubic") || is(mode, "cubic")))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "mode cubic over three axes");
	int64_t outs = onnx_product(grid->dim, 1, axes + 1), ins = onnx_product(x->dim, 2, x->rank), ch = x->dim[1];
	memcpy(dim, grid->dim, sizeof dim);
	memmove(dim + 2, dim + 1, sizeof *dim * (size_t)axes);
	dim[1] = ch;
	if (onnx_spend(c, (double)x->dim[0] * (double)ch * (double)outs * 16))
		return c->err->code;
	double *y = onnx_temp(c, x->dim[0] * ch * outs, sizeof *y);
	for (int64_t i = 0; i < x->dim[0] * outs && y && ch > 0; i++) {
		grid_taps t[3];
		for (int k = 0; k < axes; k++) /* the last number of a place is of the last axis */
			t[k] = grid_taps_of(g[i * axes + axes - 1 - k], x->dim[2 + k], mode, padding, align);
		for (int64_t k = 0; k < ch; k++)
			y[(i / outs * ch + k) * outs + i % outs] = grid_sum(v + (i / outs * ch + k) * ins, t, x->dim + 2, axes, 0);
	}
	return y ? onnx_give_reals(c, 0, x->type, x->rank, dim, y) : c->err->code;
}

/* ---- RoiAlign ---- */

static double
bilinear(const double *v, int64_t h, int64_t w, double y, double x, bool greatest)
{
	if (y < -1 || y > (double)h || x < -1 || x > (double)w)
		return 0;
	y = fmax(y, 0);
	x = fmax(x, 0);
	int64_t y0 = (int64_t)y, x0 = (int64_t)x;
	if (y0 >= h - 1) {
		y0 = h - 1;
		y = (double)y0;
	}
	if (x0 >= w - 1) {
		x0 = w - 1;
		x = (double)x0;
	}
	int64_t y1 = y0 < h - 1 ? y0 + 1 : y0, x1 = x0 < w - 1 ? x0 + 1 : x0;
	double fy = y - (double)y0, fx = x - (double)x0, a = (1 - fy) * (1 - fx) * v[y0 * w + x0],
		   b = (1 - fy) * fx * v[y0 * w + x1], d = fy * (1 - fx) * v[y1 * w + x0], e = fy * fx * v[y1 * w + x1];
	return greatest ? fmax(fmax(a, b), fmax(d, e)) : a + b + d + e;
}

secant_status
onnx_eval_roi_align(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *rois = onnx_in(c, 1);
	double *v = onnx_reals(c, 0), *box = rois ? onnx_reals(c, 1) : NULL;
	int64_t *batch = onnx_ints(c, 2), oh = onnx_attr_int(c, "output_height", 1),
			ow = onnx_attr_int(c, "output_width", 1), ratio = onnx_attr_int(c, "sampling_ratio", 0);
	double scale = onnx_attr_real(c, "spatial_scale", 1);
	bool half = is(
		onnx_attr_text(c, "coordinate_transformation_mode", c->opset < 16 ? "output_half_pixel" : "half_pixel"),
		"half_pixel");
	bool greatest = is(onnx_attr_text(c, "mode", "avg"), "max");
	if (!v || !box || !batch)
		return c->err->code;
	if (x->rank != 4 || rois->rank != 2 || rois->dim[1] != 4 || format_onnx_count(c->in[2]) != rois->dim[0] || oh < 1
		|| ow < 1 || oh > 4096 || ow > 4096 || ratio < 0 || ratio > 1024)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants N x C x H x W, boxes of 4 numbers, and an index for each");
	int64_t n = rois->dim[0], ch = x->dim[1], h = x->dim[2], w = x->dim[3], dim[4] = { n, ch, oh, ow };
	double *y = onnx_temp(c, n * ch * oh * ow, sizeof *y);
	for (int64_t i = 0; i < n && y; i++) {
		if (batch[i] < 0 || batch[i] >= x->dim[0] || h < 1 || w < 1)
			return onnx_fail(
				c, SECANT_ERR_RANGE, "box %lld belongs to picture %lld", (long long)i, (long long)batch[i]);
		/* In float, step by step, as everybody computes it: how many samples a bin has is rounded up. */
		float edge[4];
		for (int k = 0; k < 4; k++)
			edge[k] = (float)box[4 * i + k] * (float)scale - (half ? 0.5f : 0);
		float tall = edge[3] - edge[1], broad = edge[2] - edge[0];
		double x0 = (double)edge[0], y0 = (double)edge[1];
		double bh = (double)((half ? tall : fmaxf(tall, 1)) / (float)oh),
			   bw = (double)((half ? broad : fmaxf(broad, 1)) / (float)ow);
		double gh = ratio ? (double)ratio : ceil(bh), gw = ratio ? (double)ratio : ceil(bw);
		if (!(gh <= 4096) || !(gw <= 4096) || onnx_spend(c, (double)(ch * oh * ow) * fmax(gh, 1) * fmax(gw, 1)))
			return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_RANGE, "a box of %g x %g", bh, bw);
		for (int64_t k = 0; k < ch * oh * ow; k++) {
			const double *map = v + (batch[i] * ch + k / ow / oh) * h * w;
			double sum = 0, top = 0;
			bool any = false;
			for (int64_t sy = 0; sy < (int64_t)gh; sy++)
				for (int64_t sx = 0; sx < (int64_t)gw; sx++) {
					double at = bilinear(map, h, w, y0 + (double)(k / ow % oh) * bh + ((double)sy + 0.5) * bh / gh,
						x0 + (double)(k % ow) * bw + ((double)sx + 0.5) * bw / gw, greatest);
					sum += at;
					top = any ? fmax(top, at) : at;
					any = true;
				}
			y[i * ch * oh * ow + k] = greatest ? top : sum / fmax(gh * gw, 1);
		}
	}
	return y ? onnx_give_reals(c, 0, x->type, 4, dim, y) : c->err->code;
}

/* ---- NonMaxSuppression ---- */

typedef struct scored {
	double score;
	int64_t i;
} scored;

static int
best_first(const void *a, const void *b)
{
	const scored *x = a, *y = b;
	return x->score > y->score ? -1 : x->score < y->score ? 1 : x->i < y->i ? -1 : 1;
}

/* y0 x0 y1 x1 with y0 <= y1. */
static void
corners(const double *b, bool centre, double *out)
{
	double y0 = centre ? b[1] - b[3] / 2 : b[0], x0 = centre ? b[0] - b[2] / 2 : b[1],
		   y1 = centre ? b[1] + b[3] / 2 : b[2], x1 = centre ? b[0] + b[2] / 2 : b[3];
	out[0] = fmin(y0, y1);
	out[1] = fmin(x0, x1);
	out[2] = fmax(y0, y1);
	out[3] = fmax(x0, x1);
}

static double
overlap(const double *a, const double *b)
{
	double h = fmin(a[2], b[2]) - fmax(a[0], b[0]), w = fmin(a[3], b[3]) - fmax(a[1], b[1]),
		   both = h > 0 && w > 0 ? h * w : 0;
	double all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
	return all > 0 ? both / all : 0;
}

secant_status
onnx_eval_nms(onnx_call *c)
{
	onnx_tensor *boxes = onnx_in(c, 0), *scores = onnx_in(c, 1);
	double *b = onnx_reals(c, 0), *s = scores ? onnx_reals(c, 1) : NULL, iou = 0, least = -INFINITY;
	int64_t most = 0;
	if (!b || !s)
		return c->err->code;
	if (boxes->rank != 3 || boxes->dim[2] != 4 || scores->rank != 3 || scores->dim[0] != boxes->dim[0]
		|| scores->dim[2] != boxes->dim[1])
		return onnx_fail(c, SECANT_ERR_SHAPE, "boxes and scores do not fit");
	if (onnx_has(c, 2) && onnx_input_ints(c, 2, NULL, &most, 1) < 0)
		return c->err->code;
	if (onnx_has(c, 3) && onnx_in(c, 3) && format_onnx_count(c->in[3]))
		format_onnx_get_reals(c->in[3], 0, 1, &iou);
	if (onnx_has(c, 4) && onnx_in(c, 4) && format_onnx_count(c->in[4]))
		format_onnx_get_reals(c->in[4], 0, 1, &least);
	int64_t n = boxes->dim[1], classes = scores->dim[1], found = 0, pairs = boxes->dim[0] * classes;
	most = most < 0 ? 0 : most < n ? most : n;
	scored *order = onnx_temp(c, n, sizeof *order);
	int64_t *kept = onnx_temp(c, most, sizeof *kept), *out = onnx_temp(c, pairs * most * 3, sizeof *out);
	bool centre = onnx_attr_int(c, "center_point_box", 0);
	if (!order || !kept || !out || onnx_spend(c, (double)pairs * (double)n * (double)most))
		return c->err->code;
	for (int64_t p = 0; p < pairs; p++) {
		int64_t m = 0, batch = p / classes;
		for (int64_t i = 0; i < n; i++)
			order[i] = (scored){ s[p * n + i], i };
		qsort(order, (size_t)n, sizeof *order, best_first);
		for (int64_t i = 0; i < n && m < most && order[i].score > least; i++) {
			double own[4], other[4];
			bool free = true;
			corners(b + (batch * n + order[i].i) * 4, centre, own);
			for (int64_t k = 0; k < m && free; k++) {
				corners(b + (batch * n + kept[k]) * 4, centre, other);
				free = overlap(own, other) <= iou;
			}
			if (!free)
				continue;
			kept[m++] = order[i].i;
			out[found * 3] = batch;
			out[found * 3 + 1] = p % classes;
			out[found++ * 3 + 2] = order[i].i;
		}
	}
	return onnx_give_ints(c, 0, FORMAT_ONNX_INT64, 2, (int64_t[]){ found, 3 }, out);
}
