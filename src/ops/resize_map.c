/* Source coordinates of resizing; see resize_map.h. */
#include "ops/resize_map.h"
#include <math.h>

int
op_resize_taps(int mode)
{
	return mode == OP_RESIZE_BILINEAR ? 2 : mode == OP_RESIZE_BICUBIC ? 4 : 1;
}

static int64_t
clamp(int64_t v, int64_t most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

/* Keys' kernel at distance t. */
static double
cubic(double t, double A)
{
	t = fabs(t);
	return t <= 1 ? ((A + 2) * t - (A + 3)) * t * t + 1 : t < 2 ? ((A * t - 5 * A) * t + 8 * A) * t - 4 * A : 0;
}

void
op_resize_map(const op_resize_attr *a, int axis, int64_t in, int64_t out, int64_t i, int64_t place[OP_RESIZE_TAPS],
	double weight[OP_RESIZE_TAPS])
{
	double given = axis ? a->scale_w : a->scale_h;
	if (op_resize_taps(a->mode) == 1) {
		float step = given > 0 ? (float)given : (float)in / (float)out;
		float at = a->mode == OP_RESIZE_NEAREST ? (float)i * step : (float)(((double)i + 0.5) * (double)step);
		place[0] = clamp((int64_t)floorf(at), in - 1);
		weight[0] = 1;
		return;
	}
	double step = a->align_corners ? (out > 1 ? (double)(in - 1) / (double)(out - 1) : 0)
		: given > 0                ? given
								   : (double)in / (double)out;
	double at = a->align_corners || a->from_corner ? (double)i * step : ((double)i + 0.5) * step - 0.5;
	if (a->mode == OP_RESIZE_BILINEAR) {
		if (at < 0)
			at = 0;
		place[0] = clamp((int64_t)at, in - 1);
		place[1] = clamp(place[0] + 1, in - 1);
		weight[1] = fmin(at - (double)place[0], 1);
		weight[0] = 1 - weight[1];
		return;
	}
	int64_t base = (int64_t)floor(at);
	for (int k = 0; k < 4; k++) {
		place[k] = clamp(base - 1 + k, in - 1);
		weight[k] = cubic(at - (double)(base - 1 + k), -0.75);
	}
}

op_resize_between
op_resize_pair(const op_resize_attr *a, int axis, int64_t in, int64_t out, int64_t i)
{
	int64_t place[OP_RESIZE_TAPS];
	double weight[OP_RESIZE_TAPS];
	op_resize_map(a, axis, in, out, i, place, weight);
	bool one = op_resize_taps(a->mode) == 1;
	return (op_resize_between){ { place[0], place[one ? 0 : 1] }, { (float)weight[0], one ? 0 : (float)weight[1] } };
}

static double
smooth(const op_smooth_window *w, int64_t j)
{
	return cubic(((double)j + 0.5 - w->centre) / w->wide, -0.5);
}

op_smooth_window
op_smooth_window_of(int64_t in, int64_t out, int64_t i)
{
	double step = (double)in / (double)out, wide = step > 1 ? step : 1, centre = ((double)i + 0.5) * step;
	op_smooth_window w = { (int64_t)fmax(centre - 2 * wide + 0.5, 0),
		(int64_t)fmin(centre + 2 * wide + 0.5, (double)in), centre, wide, 0 };
	for (int64_t j = w.from; j < w.to; j++)
		w.sum += smooth(&w, j);
	return w;
}

double
op_smooth_weight(const op_smooth_window *w, int64_t j)
{
	return smooth(w, j) / w->sum;
}
