/*
 * Operators that slide a window: convolutions, pooling, of any number of axes. Every place of the window has a table
 * that says which input number each output number meets there; the rest is loops over tables. See eval.h.
 */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"
#include "formats/onnx/window.h"

enum { RANK = FORMAT_ONNX_RANK };

/* ---- the window ---- */

static bool
take_ints(onnx_call *c, const char *name, int n, int64_t *to, int64_t otherwise)
{
	int64_t v[2 * RANK];
	int got = onnx_attr_ints(c, name, v, 2 * RANK);
	if (got >= 0 && got != n) {
		onnx_fail(c, SECANT_ERR_FORMAT, "%s has %d numbers for %d", name, got, n);
		return false;
	}
	for (int i = 0; i < n; i++) {
		to[i] = got < 0 ? otherwise : v[i];
		if (to[i] < -(INT64_C(1) << 31) || to[i] > INT64_C(1) << 31 || (otherwise && to[i] < 1)) {
			onnx_fail(c, SECANT_ERR_RANGE, "%s holds %lld", name, (long long)to[i]);
			return false;
		}
	}
	return !c->err->code;
}

bool
onnx_window_of(onnx_call *c, int rank, const int64_t *in, const int64_t *kernel, bool ceil_mode, onnx_window *w)
{
	int n = rank - 2;
	int64_t pads[2 * RANK];
	const char *mode = onnx_attr_text(c, "auto_pad", "NOTSET");
	*w = (onnx_window){ .n = n };
	if (n < 0 || n > ONNX_WINDOW_AXES) {
		onnx_fail(c, SECANT_ERR_UNSUPPORTED, "wants N x C x 1 to %d axes, got %d", ONNX_WINDOW_AXES, n);
		return false;
	}
	if (!kernel && !onnx_attr(c, "kernel_shape")) {
		onnx_fail(c, SECANT_ERR_FORMAT, "says no kernel_shape");
		return false;
	}
	if (!take_ints(c, "kernel_shape", n, w->kernel, 1) || !take_ints(c, "strides", n, w->stride, 1)
		|| !take_ints(c, "dilations", n, w->dilation, 1) || !take_ints(c, "pads", 2 * n, pads, 0))
		return false;
	for (int i = 0; i < n; i++) {
		if (kernel) {
			if (onnx_attr(c, "kernel_shape") && w->kernel[i] != kernel[i]) {
				onnx_fail(c, SECANT_ERR_SHAPE, "kernel_shape says %lld, the weights %lld", (long long)w->kernel[i],
					(long long)kernel[i]);
				return false;
			}
			w->kernel[i] = kernel[i];
		}
		if (w->kernel[i] < 1 || w->kernel[i] > 1 << 30 || in[i + 2] > INT64_C(1) << 40) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a window of %lld", (long long)w->kernel[i]);
			return false;
		}
		int64_t span = (w->kernel[i] - 1) * w->dilation[i] + 1, s = w->stride[i], x = in[i + 2];
		w->in[i] = x;
		if (!strncmp(mode, "SAME", 4)) {
			w->out[i] = (x + s - 1) / s;
			int64_t need = (w->out[i] - 1) * s + span - x;
			need = need < 0 ? 0 : need;
			w->before[i] = !strcmp(mode, "SAME_LOWER") ? (need + 1) / 2 : need / 2;
			w->after[i] = need - w->before[i];
			continue;
		}
		w->before[i] = !strcmp(mode, "VALID") ? 0 : pads[i];
		w->after[i] = !strcmp(mode, "VALID") ? 0 : pads[i + n];
		int64_t room = x + w->before[i] + w->after[i] - span;
		w->out[i] = room < 0 ? 0 : (room + (ceil_mode ? s - 1 : 0)) / s + 1;
		/* A window that would begin in the padding behind is left out. */
		if (ceil_mode && room >= 0 && (w->out[i] - 1) * s >= x + w->before[i])
			w->out[i]--;
		if (room < 0 && !(ceil_mode && room + s > 0)) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a window of %lld does not fit into %lld numbers", (long long)span,
				(long long)(x + w->before[i] + w->after[i]));
			return false;
		}
	}
	return true;
}

static int64_t
kernel_places(const onnx_window *w)
{
	return onnx_product(w->kernel, 0, w->n);
}

/* For place k of the window: the input number that each output number meets there, -1 in the padding. `outside`: -2
 * instead where it lies beyond the padding too. */
static void
meet(const onnx_window *w, int64_t k, int64_t *table)
{
	int64_t at[RANK], outs = onnx_product(w->out, 0, w->n);
	for (int d = w->n - 1; d >= 0; k /= w->kernel[d--])
		at[d] = k % w->kernel[d] * w->dilation[d] - w->before[d];
	for (int64_t o = 0; o < outs; o++) {
		int64_t rest = o, place = 0, stride = 1;
		bool padding = false, beyond = false;
		for (int d = w->n - 1; d >= 0; rest /= w->out[d--]) {
			int64_t i = rest % w->out[d] * w->stride[d] + at[d];
			padding |= i < 0 || i >= w->in[d];
			beyond |= i >= w->in[d] + w->after[d];
			place += i * stride;
			stride *= w->in[d];
		}
		table[o] = beyond ? -2 : padding ? -1 : place;
	}
}

/* ---- convolution ---- */

/* y = w * x + b; doubles throughout. dims of x (N, C, ...), w (M, C/groups, ...). */
static double *
convolve(onnx_call *c, const onnx_window *w, const int64_t *xd, const int64_t *wd, int64_t groups, const double *x,
	const double *k, const double *b)
{
	int64_t n = xd[0], ch = xd[1], m = wd[0], per = wd[1], outs = onnx_product(w->out, 0, w->n),
			ins = onnx_product(w->in, 0, w->n), places = kernel_places(w);
	if (groups < 1 || ch != per * groups || m % groups) {
		onnx_fail(c, SECANT_ERR_SHAPE, "%lld channels in %lld groups meet weights for %lld", (long long)ch,
			(long long)groups, (long long)per);
		return NULL;
	}
	if (onnx_spend(c, (double)n * (double)m * (double)per * (double)places * (double)outs))
		return NULL;
	double *y = onnx_temp(c, n * m * outs, sizeof *y);
	int64_t *table = onnx_temp(c, outs, sizeof *table);
	for (int64_t i = 0; i < n * m && b && y; i++)
		for (int64_t o = 0; o < outs; o++)
			y[i * outs + o] = b[i % m];
	for (int64_t p = 0; p < places && y && table; p++) {
		meet(w, p, table);
		for (int64_t i = 0; i < n * m; i++)
			for (int64_t q = 0; q < per; q++) {
				const double *from = x + (i / m * ch + i % m / (m / groups) * per + q) * ins;
				double v = k[(i % m * per + q) * places + p], *to = y + i * outs;
				for (int64_t o = 0; o < outs && v != 0; o++)
					to[o] += table[o] < 0 ? 0 : v * from[table[o]];
			}
	}
	return table ? y : NULL;
}

/* The result's shape: N, M, out. */
static void
window_dims(const onnx_window *w, int64_t n, int64_t m, int64_t *dim)
{
	dim[0] = n;
	dim[1] = m;
	memcpy(dim + 2, w->out, sizeof *dim * (size_t)w->n);
}

static bool
conv_window(onnx_call *c, const onnx_tensor *x, const onnx_tensor *k, onnx_window *w)
{
	if (!x || !k)
		return false;
	if (x->rank != k->rank || x->rank < 3) {
		onnx_fail(c, SECANT_ERR_SHAPE, "an input of %d axes and weights of %d", x->rank, k->rank);
		return false;
	}
	return onnx_window_of(c, x->rank, x->dim, k->dim + 2, false, w);
}

secant_status
onnx_eval_conv(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *k = onnx_in(c, 1);
	onnx_window w;
	int64_t dim[RANK];
	if (!conv_window(c, x, k, &w))
		return c->err->code;
	double *xs = onnx_reals(c, 0), *ks = onnx_reals(c, 1), *b = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL;
	if (!xs || !ks || (onnx_has(c, 2) && !b))
		return c->err->code;
	if (b && format_onnx_count(c->in[2]) != k->dim[0])
		return onnx_fail(c, SECANT_ERR_SHAPE, "a bias of %lld numbers for %lld outputs",
			(long long)format_onnx_count(c->in[2]), (long long)k->dim[0]);
	double *y = convolve(c, &w, x->dim, k->dim, onnx_attr_int(c, "group", 1), xs, ks, b);
	window_dims(&w, x->dim[0], k->dim[0], dim);
	return y ? onnx_give_reals(c, 0, x->type, x->rank, dim, y) : c->err->code;
}

/* v -= zero point i, which has one number or one for each `inner`th along axis 0 of `rows`. */
static bool
subtract_zero(onnx_call *c, double *v, int64_t count, int64_t rows, int i)
{
	if (!onnx_has(c, i))
		return true;
	double *zero = onnx_reals(c, i);
	if (!zero)
		return false;
	int64_t n = format_onnx_count(c->in[i]);
	if (n != 1 && n != rows) {
		onnx_fail(c, SECANT_ERR_SHAPE, "%lld zero points", (long long)n);
		return false;
	}
	for (int64_t k = 0; k < count; k++)
		v[k] -= zero[n == 1 ? 0 : k / (count / rows)];
	return true;
}

secant_status
onnx_eval_conv_integer(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *k = onnx_in(c, 1);
	onnx_window w;
	int64_t dim[RANK];
	if (!conv_window(c, x, k, &w))
		return c->err->code;
	double *xs = onnx_reals(c, 0), *ks = onnx_reals(c, 1);
	if (!xs || !ks || !subtract_zero(c, xs, format_onnx_count(x), 1, 2)
		|| !subtract_zero(c, ks, format_onnx_count(k), k->dim[0], 3))
		return c->err->code;
	double *y = convolve(c, &w, x->dim, k->dim, onnx_attr_int(c, "group", 1), xs, ks, NULL);
	window_dims(&w, x->dim[0], k->dim[0], dim);
	return y ? onnx_give_reals(c, 0, FORMAT_ONNX_INT32, x->rank, dim, y) : c->err->code;
}

/* y = saturate(round(v * scale) + zero) */
static void
requantize(double *v, int64_t n, int64_t rows, const double *scale, int64_t scales, double zero, int type)
{
	double low = type == FORMAT_ONNX_INT8 ? -128 : 0, high = type == FORMAT_ONNX_INT8 ? 127 : 255;
	for (int64_t i = 0; i < n; i++) {
		double r = nearbyint(v[i] * scale[scales == 1 ? 0 : i / (n / rows)]) + zero;
		v[i] = r < low ? low : r > high ? high : r;
	}
}

/* x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias. */
secant_status
onnx_eval_qlinear_conv(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *k = onnx_in(c, 3), *out = onnx_in(c, 7);
	onnx_window w;
	int64_t dim[RANK];
	if (!out || !conv_window(c, x, k, &w))
		return c->err->code;
	double *xs = onnx_reals(c, 0), *ks = onnx_reals(c, 3), *sx = onnx_reals(c, 1), *sw = onnx_reals(c, 4),
		   *sy = onnx_reals(c, 6), *zy = onnx_reals(c, 7), *b = onnx_has(c, 8) ? onnx_reals(c, 8) : NULL;
	if (!xs || !ks || !sx || !sw || !sy || !zy || !subtract_zero(c, xs, format_onnx_count(x), 1, 2)
		|| !subtract_zero(c, ks, format_onnx_count(k), k->dim[0], 5))
		return c->err->code;
	int64_t m = k->dim[0], n_scales = format_onnx_count(c->in[4]);
	if ((n_scales != 1 && n_scales != m) || (b && format_onnx_count(c->in[8]) != m) || format_onnx_count(c->in[1]) < 1
		|| format_onnx_count(c->in[6]) < 1 || format_onnx_count(out) < 1)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld scales for %lld outputs", (long long)n_scales, (long long)m);
	double *y = convolve(c, &w, x->dim, k->dim, onnx_attr_int(c, "group", 1), xs, ks, b),
		   *scale = onnx_temp(c, n_scales, sizeof *scale);
	if (!y || !scale)
		return c->err->code;
	for (int64_t i = 0; i < n_scales; i++)
		scale[i] = *sx * sw[i] / *sy;
	int64_t outs = onnx_product(w.out, 0, w.n);
	for (int64_t i = 0; i < x->dim[0]; i++)
		requantize(y + i * m * outs, m * outs, m, scale, n_scales, *zy, out->type);
	window_dims(&w, x->dim[0], m, dim);
	return onnx_give_reals(c, 0, out->type, x->rank, dim, y);
}

/* The window of a transposed convolution: `out` is its input, `in` its result. */
bool
onnx_transposed_window(onnx_call *c, int rank, const int64_t *in, const int64_t *kernel, onnx_window *w, int64_t *extra)
{
	int n = rank - 2;
	int64_t pads[2 * RANK], shape[RANK];
	const char *mode = onnx_attr_text(c, "auto_pad", "NOTSET");
	*w = (onnx_window){ .n = n };
	if (n < 1 || n > ONNX_WINDOW_AXES) {
		onnx_fail(c, SECANT_ERR_UNSUPPORTED, "wants N x C x 1 to %d axes", ONNX_WINDOW_AXES);
		return false;
	}
	bool given = onnx_attr(c, "output_shape");
	int64_t full[RANK];
	int m = given ? onnx_attr_ints(c, "output_shape", full, RANK) : 0;
	if (!take_ints(c, "strides", n, w->stride, 1) || !take_ints(c, "dilations", n, w->dilation, 1)
		|| !take_ints(c, "pads", 2 * n, pads, 0) || !take_ints(c, "output_padding", n, extra, 0))
		return false;
	if (given && m != n && m != n + 2) {
		onnx_fail(c, SECANT_ERR_FORMAT, "output_shape has %d numbers", m);
		return false;
	}
	for (int i = 0; i < n && given; i++)
		shape[i] = full[m - n + i];
	for (int i = 0; i < n; i++) {
		int64_t s = w->stride[i], span = (kernel[i] - 1) * w->dilation[i] + 1;
		w->kernel[i] = kernel[i];
		w->out[i] = in[i + 2];
		w->before[i] = strcmp(mode, "VALID") ? pads[i] : 0;
		w->after[i] = strcmp(mode, "VALID") ? pads[i + n] : 0;
		if (given || !strncmp(mode, "SAME", 4)) {
			int64_t want = given ? shape[i] : in[i + 2] * s, total = s * (in[i + 2] - 1) + extra[i] + span - want;
			/* As ONNX Runtime does: too little is output padding. */
			if (total < 0) {
				extra[i] -= total;
				total = 0;
			}
			w->before[i] = !strcmp(mode, "SAME_UPPER") ? total / 2 : total - total / 2;
			w->after[i] = total - w->before[i];
		}
		w->in[i] = s * (in[i + 2] - 1) + extra[i] + span - w->before[i] - w->after[i];
		if (w->in[i] < 1 || kernel[i] < 1 || extra[i] < 0) {
			onnx_fail(c, SECANT_ERR_SHAPE, "a result of %lld numbers on axis %d", (long long)w->in[i], i + 2);
			return false;
		}
	}
	return true;
}

secant_status
onnx_eval_conv_transpose(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0), *k = onnx_in(c, 1);
	onnx_window w;
	int64_t extra[RANK], dim[RANK], groups = onnx_attr_int(c, "group", 1);
	if (!x || !k)
		return c->err->code;
	if (x->rank != k->rank || !onnx_transposed_window(c, x->rank, x->dim, k->dim + 2, &w, extra))
		return onnx_fail(c, SECANT_ERR_SHAPE, "input and weights do not fit");
	double *xs = onnx_reals(c, 0), *ks = onnx_reals(c, 1), *b = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL;
	int64_t n = x->dim[0], ch = x->dim[1], per = k->dim[1], m = per * groups, places = kernel_places(&w),
			ins = onnx_product(w.out, 0, w.n), outs = onnx_product(w.in, 0, w.n);
	if (!xs || !ks || (onnx_has(c, 2) && !b))
		return c->err->code;
	if (groups < 1 || ch % groups || k->dim[0] != ch || (b && format_onnx_count(c->in[2]) != m))
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld channels in %lld groups meet weights for %lld", (long long)ch,
			(long long)groups, (long long)k->dim[0]);
	if (onnx_spend(c, (double)n * (double)ch * (double)per * (double)places * (double)ins))
		return c->err->code;
	double *y = onnx_temp(c, n * m * outs, sizeof *y);
	int64_t *table = onnx_temp(c, ins, sizeof *table);
	for (int64_t i = 0; i < n * m * outs && b && y; i++)
		y[i] = b[i / outs % m];
	for (int64_t p = 0; p < places && y && table; p++) {
		meet(&w, p, table);
		for (int64_t i = 0; i < n * ch; i++)
			for (int64_t q = 0; q < per; q++) {
				double v = ks[(i % ch * per + q) * places + p],
					   *to = y + (i / ch * m + i % ch / (ch / groups) * per + q) * outs;
				for (int64_t o = 0; o < ins; o++)
					if (table[o] >= 0)
						to[table[o]] += v * xs[i * ins + o];
			}
	}
	dim[0] = n;
	dim[1] = m;
	memcpy(dim + 2, w.in, sizeof *dim * (size_t)w.n);
	return table && y ? onnx_give_reals(c, 0, x->type, x->rank, dim, y) : c->err->code;
}

/* ---- columns ---- */

/* Each column is a window's numbers of all channels; where windows overlap they are summed. */
secant_status
onnx_eval_col2im(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int64_t size[RANK], block[RANK], pads[2 * RANK], dim[RANK];
	int n = v ? onnx_input_ints(c, 1, NULL, size, RANK) : -1, m = n < 0 ? -1 : onnx_input_ints(c, 2, NULL, block, RANK);
	onnx_window w = { .n = n };
	double all = 1, under = 1; /* numbers of a picture, and of a block */
	if (m < 0)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no sizes are given");
	if (n < 1 || n > ONNX_WINDOW_AXES || m != n || x->rank != 3)
		return onnx_fail(
			c, SECANT_ERR_SHAPE, "wants N x C x L, and %d sizes of a picture and of blocks at most", ONNX_WINDOW_AXES);
	if (!take_ints(c, "strides", n, w.stride, 1) || !take_ints(c, "dilations", n, w.dilation, 1)
		|| !take_ints(c, "pads", 2 * n, pads, 0))
		return c->err->code;
	for (int i = 0; i < n; i++) {
		w.kernel[i] = block[i];
		w.in[i] = size[i];
		w.before[i] = pads[i];
		if (size[i] < 1 || block[i] < 1 || size[i] > 1 << 24 || block[i] > 1 << 24 || w.stride[i] < 1
			|| w.dilation[i] < 1)
			return onnx_fail(
				c, SECANT_ERR_SHAPE, "a size of %lld, blocks of %lld", (long long)size[i], (long long)block[i]);
		w.out[i] = (size[i] + pads[i] + pads[i + n] - ((block[i] - 1) * w.dilation[i] + 1)) / w.stride[i] + 1;
		dim[2 + i] = size[i];
		all *= (double)(size[i] + w.out[i]);
		under *= (double)block[i];
		if (w.out[i] < 1 || all > 1e12 || under > 1e12)
			return onnx_fail(c, SECANT_ERR_SHAPE, "blocks are larger than the picture, or it beyond all bounds");
	}
	int64_t places = kernel_places(&w), outs = onnx_product(w.out, 0, n), ins = onnx_product(size, 0, n);
	if (x->dim[1] % places || x->dim[2] != outs)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld x %lld numbers are not %lld of each of %lld blocks",
			(long long)x->dim[1], (long long)x->dim[2], (long long)places, (long long)outs);
	int64_t maps = x->dim[0] * (x->dim[1] / places);
	if ((double)maps * (double)ins > 1e15)
		return onnx_fail(c, SECANT_ERR_RANGE, "%lld pictures of %lld numbers", (long long)maps, (long long)ins);
	if (onnx_spend(c, (double)maps * (double)places * (double)outs))
		return c->err->code;
	double *y = onnx_temp(c, maps * ins, sizeof *y);
	int64_t *table = onnx_temp(c, outs, sizeof *table);
	for (int64_t p = 0; p < places && y && table; p++) {
		meet(&w, p, table);
		for (int64_t i = 0; i < maps; i++)
			for (int64_t o = 0; o < outs; o++)
				if (table[o] >= 0)
					y[i * ins + table[o]] += v[(i * places + p) * outs + o];
	}
	dim[0] = x->dim[0];
	dim[1] = x->dim[1] / places;
	return y && table ? onnx_give_reals(c, 0, x->type, n + 2, dim, y) : c->err->code;
}

/* ---- pooling ---- */

secant_status
onnx_eval_max_pool(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	onnx_window w;
	int64_t dim[RANK];
	if (!v || !onnx_window_of(c, x->rank, x->dim, NULL, onnx_attr_int(c, "ceil_mode", 0), &w))
		return c->err->code;
	int64_t outs = onnx_product(w.out, 0, w.n), ins = onnx_product(w.in, 0, w.n), maps = x->dim[0] * x->dim[1];
	if (onnx_spend(c, (double)maps * (double)outs * (double)kernel_places(&w)))
		return c->err->code;
	double *y = onnx_temp(c, maps * outs, sizeof *y);
	int64_t *at = onnx_temp(c, maps * outs, sizeof *at), *table = onnx_temp(c, outs, sizeof *table);
	if (!y || !at || !table)
		return c->err->code;
	for (int64_t i = 0; i < maps * outs; i++) {
		y[i] = -INFINITY;
		at[i] = -1;
	}
	for (int64_t p = 0; p < kernel_places(&w); p++) {
		meet(&w, p, table);
		for (int64_t i = 0; i < maps * outs; i++) {
			int64_t from = table[i % outs];
			double a = from < 0 ? 0 : v[i / outs * ins + from];
			if (from >= 0 && (at[i] < 0 || a > y[i] || (isnan(a) && !isnan(y[i])))) {
				y[i] = a;
				at[i] = i / outs * ins + from;
			}
		}
	}
	window_dims(&w, x->dim[0], x->dim[1], dim);
	onnx_give_reals(c, 0, x->type, x->rank, dim, y);
	for (int64_t i = 0; i < maps * outs && onnx_attr_int(c, "storage_order", 0) && w.n == 2; i++) {
		int64_t k = at[i] % ins, map = at[i] / ins;
		at[i] = map * ins + k % w.in[1] * w.in[0] + k / w.in[1];
	}
	return onnx_give_ints(c, 1, FORMAT_ONNX_INT64, x->rank, dim, at);
}

/* AveragePool and LpPool. */
secant_status
onnx_eval_average_pool(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0), p = (double)onnx_attr_int(c, "p", 2);
	bool lp = !strcmp(c->node->op, "LpPool"), all = onnx_attr_int(c, "count_include_pad", 0);
	onnx_window w;
	int64_t dim[RANK];
	if (!v || !onnx_window_of(c, x->rank, x->dim, NULL, onnx_attr_int(c, "ceil_mode", 0), &w))
		return c->err->code;
	int64_t outs = onnx_product(w.out, 0, w.n), ins = onnx_product(w.in, 0, w.n), maps = x->dim[0] * x->dim[1];
	if (onnx_spend(c, (double)maps * (double)outs * (double)kernel_places(&w)))
		return c->err->code;
	double *y = onnx_temp(c, maps * outs, sizeof *y);
	int64_t *count = onnx_temp(c, outs, sizeof *count), *table = onnx_temp(c, outs, sizeof *table);
	if (!y || !count || !table)
		return c->err->code;
	for (int64_t k = 0; k < kernel_places(&w); k++) {
		meet(&w, k, table);
		for (int64_t o = 0; o < outs; o++)
			count[o] += table[o] >= 0 || (all && table[o] == -1);
		for (int64_t i = 0; i < maps * outs; i++) {
			int64_t from = table[i % outs];
			double a = from < 0 ? 0 : v[i / outs * ins + from];
			y[i] += lp ? pow(fabs(a), p) : a;
		}
	}
	for (int64_t i = 0; i < maps * outs; i++)
		y[i] = lp ? pow(y[i], 1 / p) : y[i] / (double)count[i % outs];
	window_dims(&w, x->dim[0], x->dim[1], dim);
	return onnx_give_reals(c, 0, x->type, x->rank, dim, y);
}

secant_status
onnx_eval_max_unpool(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	int64_t *at = onnx_ints(c, 1), dim[RANK], full[RANK];
	onnx_window w = { 0 };
	if (!at || x->rank < 3 || format_onnx_count(c->in[1]) != format_onnx_count(x))
		return onnx_fail(c, SECANT_ERR_SHAPE, "values and indices do not fit");
	int n = x->rank - 2;
	int64_t pads[2 * RANK];
	if (!take_ints(c, "kernel_shape", n, w.kernel, 1) || !take_ints(c, "strides", n, w.stride, 1)
		|| !take_ints(c, "pads", 2 * n, pads, 0))
		return c->err->code;
	dim[0] = full[0] = x->dim[0];
	dim[1] = full[1] = x->dim[1];
	for (int i = 0; i < n; i++)
		full[i + 2] = dim[i + 2] = (x->dim[i + 2] - 1) * w.stride[i] + w.kernel[i] - pads[i] - pads[i + n];
	if (onnx_has(c, 2) && onnx_input_ints(c, 2, NULL, full, RANK) != x->rank)
		return onnx_fail(c, SECANT_ERR_SHAPE, "the output's shape");
	onnx_tensor *y = onnx_out(c, 0, x->type, x->rank, full);
	/* Indices count in the shape that was pooled. */
	int64_t own[RANK], stride[RANK], ins = onnx_product(dim, 0, x->rank);
	onnx_strides(x->rank, dim, own);
	onnx_strides(x->rank, full, stride);
	for (int64_t i = 0, count = y ? format_onnx_count(x) : 0; i < count; i++) {
		int64_t to = 0;
		if (at[i] < 0 || at[i] >= ins)
			return onnx_fail(c, SECANT_ERR_RANGE, "index %lld of %lld", (long long)at[i], (long long)ins);
		for (int d = 0; d < x->rank; d++) {
			int64_t k = at[i] / own[d] % dim[d];
			if (k >= full[d])
				return onnx_fail(c, SECANT_ERR_RANGE, "index %lld lies outside", (long long)at[i]);
			to += k * stride[d];
		}
		onnx_copy(y, to, x, i);
	}
	return c->err->code;
}
