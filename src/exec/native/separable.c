/*
 * Linear maps of pictures that are a map of rows times one of columns: resizing and means over windows, and their
 * gradients, which are the transposed maps (each pixel gathers what it contributed to). The maps are sparse lists made
 * at planning, from ops/resize_map.h or from the windows. Nearest neighbours forward copies pixels.
 */
#include "exec/native/native.h"
#include "kernels/copy.h"
#include "kernels/resize.h"
#include "ops/resize_map.h"

typedef struct axis {
	int32_t *start, *place;
	float *weight;
} axis;
typedef struct maps {
	axis h, w;
	bool copies; /* every tap list has one entry of weight 1 */
	int parts;
	size_t row; /* bytes of a blended row in scratch */
} maps;

/* Receives the taps of an operator's rule: output i of the forward map takes `weight` times input `place`. The first
 * pass counts them. */
typedef struct taps {
	const void *attr;
	int which; /* 0: rows, 1: columns */
	int64_t in, out; /* extents of the forward map */
	bool transposed, counting;
	axis a;
} taps;

static void
tap(taps *t, int64_t i, int64_t place, double weight)
{
	int64_t to = t->transposed ? place : i;
	if (t->counting) {
		t->a.start[to + 1]++;
		return;
	}
	int32_t at = t->a.start[to]++; /* shifted back when all are in */
	t->a.place[at] = (int32_t)(t->transposed ? i : place);
	t->a.weight[at] = (float)weight;
}

static void
resize_rule(taps *t)
{
	const op_resize_attr *a = t->attr;
	int64_t place[OP_RESIZE_TAPS];
	double weight[OP_RESIZE_TAPS];
	for (int64_t i = 0; i < t->out; i++) {
		op_resize_map(a, t->which, t->in, t->out, i, place, weight);
		for (int k = 0; k < op_resize_taps(a->mode); k++)
			tap(t, i, place[k], weight[k]);
	}
}

static void
smooth_rule(taps *t)
{
	for (int64_t i = 0; i < t->out; i++) {
		op_smooth_window w = op_smooth_window_of(t->in, t->out, i);
		for (int64_t k = w.from; k < w.to; k++)
			tap(t, i, k, op_smooth_weight(&w, k));
	}
}

/* A window's share is that of its rows times that of its columns: divided by its extent inside the input, or inside the
 * padding too. */
static void
avg_pool_rule(taps *t)
{
	const op_pool_attr *a = t->attr;
	int kernel = a->kernel.v[t->which], stride = a->stride.n ? a->stride.v[t->which] : kernel;
	int before = op_pad_of(&a->padding, t->which), after = op_pad_of(&a->padding, t->which + 2);
	for (int64_t i = 0; i < t->out; i++) {
		int64_t from = i * stride - before, to = from + kernel,
				padded = (to < t->in + after ? to : t->in + after) - from;
		from = from < 0 ? 0 : from;
		to = to < t->in ? to : t->in;
		for (int64_t k = from; k < to; k++)
			tap(t, i, k, 1 / (double)(a->count_include_pad ? padded : to - from));
	}
}

/* Bin i of n: floor(i * in / n) to below ceil((i + 1) * in / n). */
static void
adaptive_rule(taps *t)
{
	for (int64_t i = 0; i < t->out; i++) {
		int64_t from = i * t->in / t->out, to = ((i + 1) * t->in + t->out - 1) / t->out;
		for (int64_t k = from; k < to; k++)
			tap(t, i, k, 1 / (double)(to - from));
	}
}

static void
fill_axis(taps *t, void (*rule)(taps *t))
{
	int64_t n = t->transposed ? t->in : t->out;
	t->counting = false;
	for (int64_t i = 0; i < n; i++)
		t->a.start[i + 1] += t->a.start[i];
	rule(t);
	memmove(t->a.start + 1, t->a.start, (size_t)n * sizeof *t->a.start);
	t->a.start[0] = 0;
}

/* Makes both maps: counts first, so that one block holds them. */
static secant_status
prepare(exec_step *s, void (*rule)(taps *t), bool transposed, secant_err *err)
{
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim;
	int32_t *count = secant_calloc((size_t)(y[1] + y[2] + 2), sizeof *count), total = 0;
	taps t[2];
	for (int i = 0; i < 2 && count; i++) {
		t[i] = (taps){ s->node->attr, i, transposed ? y[1 + i] : x[1 + i], transposed ? x[1 + i] : y[1 + i], transposed,
			true, { 0 } };
		t[i].a.start = count + (i ? y[1] + 1 : 0);
		rule(&t[i]);
		for (int64_t k = 1; k <= y[1 + i]; k++)
			total += t[i].a.start[k];
	}
	maps *m = count ? secant_calloc(1, sizeof *m + (size_t)(y[1] + y[2] + 2 + 2 * (int64_t)total) * sizeof(int32_t))
					: NULL;
	if (!(s->data = m)) {
		secant_free(count);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the coordinates of '%s'", s->node->op->name);
	}
	int32_t *room = (int32_t *)(void *)(m + 1);
	memcpy(room, count, (size_t)(y[1] + y[2] + 2) * sizeof *count);
	secant_free(count);
	int32_t *place = room + y[1] + y[2] + 2;
	float *weight = (float *)(void *)(place + total);
	for (int i = 0; i < 2; i++) {
		int64_t n = y[1 + i];
		t[i].a = (axis){ room + (i ? y[1] + 1 : 0), place, weight };
		fill_axis(&t[i], rule);
		place += t[i].a.start[n];
		weight += t[i].a.start[n];
	}
	m->h = t[0].a;
	m->w = t[1].a;
	m->parts = exec_parts(s, exec_in_count(s, 0) + exec_out_count(s, 0));
	m->row = ((size_t)(x[2] * x[3]) * sizeof(float) + 63) & ~(size_t)63;
	s->scratch = m->row * (size_t)m->parts;
	return SECANT_OK;
}

static secant_status
prepare_resize(exec_step *s, secant_err *err)
{
	secant_status status = prepare(s, resize_rule, false, err);
	if (status == SECANT_OK && op_resize_taps(((const op_resize_attr *)s->node->attr)->mode) == 1) {
		((maps *)s->data)->copies = true;
		s->scratch = 0;
	}
	return status;
}

static secant_status
prepare_resize_grad(exec_step *s, secant_err *err)
{
	return prepare(s, resize_rule, true, err);
}
static secant_status
prepare_smooth(exec_step *s, secant_err *err)
{
	return prepare(s, smooth_rule, false, err);
}
static secant_status
prepare_smooth_grad(exec_step *s, secant_err *err)
{
	return prepare(s, smooth_rule, true, err);
}
static secant_status
prepare_avg_pool(exec_step *s, secant_err *err)
{
	return prepare(s, avg_pool_rule, false, err);
}
static secant_status
prepare_avg_pool_grad(exec_step *s, secant_err *err)
{
	return prepare(s, avg_pool_rule, true, err);
}

static secant_status
prepare_adaptive(exec_step *s, secant_err *err)
{
	return prepare(s, adaptive_rule, false, err);
}
static secant_status
prepare_adaptive_grad(exec_step *s, secant_err *err)
{
	return prepare(s, adaptive_rule, true, err);
}

/* Rows of the output, of all pictures, from `row` on; nearest: a row like the one before is copied from there. */
static void
copy_rows(const maps *r, const exec_step *s, const void *in, void *out, int64_t row, int64_t end)
{
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim;
	bool low = exec_low_in(s);
	int64_t pixel = y[3] * (low ? 2 : 4), width = y[2] * y[3];
	for (int64_t first = row; row < end; row++) {
		int64_t p = row % y[1], source = row / y[1] * x[1] + r->h.place[p];
		void *to = kernel_at_mut(out, row * width, low);
		if (row > first && p > 0 && r->h.place[p] == r->h.place[p - 1])
			memcpy(to, kernel_at(out, (row - 1) * width, low), (size_t)(y[2] * pixel));
		else
			kernel_copy_best()->pixels(to, kernel_at(in, source * x[2] * x[3], low), r->w.place, y[2], pixel);
	}
}

static void
map_rows(const maps *r, const exec_step *s, const void *in, void *out, float *buffer, int64_t row, int64_t end)
{
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim;
	const kernel_resize_kernels *k = kernel_resize_best();
	const kernel_taps columns = { r->w.start, r->w.place, r->w.weight };
	bool low = exec_low_in(s);
	for (; row < end; row++) {
		int64_t p = row % y[1], picture = row / y[1] * x[1] * x[2] * x[3];
		int32_t from = r->h.start[p];
		k->blend(kernel_at(in, picture, low), low, x[2] * x[3], r->h.place + from, r->h.weight + from,
			r->h.start[p + 1] - from, buffer, x[2] * x[3]);
		k->columns(buffer, &columns, kernel_at_mut(out, row * y[2] * y[3], low), low, y[2], y[3]);
	}
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const maps *r = s->data;
	int64_t rows = s->out[0].shape.dim[0] * s->out[0].shape.dim[1];
	EXEC_PARTS(r->parts)
	for (int t = 0; t < r->parts; t++) {
		int64_t from = exec_part(rows, r->parts, t), to = exec_part(rows, r->parts, t + 1);
		if (r->copies)
			copy_rows(r, s, in[0], out[0], from, to);
		else
			map_rows(r, s, in[0], out[0], (float *)(void *)((char *)scratch + r->row * (size_t)t), from, to);
	}
	return SECANT_OK;
}

#define MAP(op_name, how) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, .prepare = prepare_##how, .run = run \
	}
extern const exec_impl exec_impls_native_separable[];
const exec_impl exec_impls_native_separable[] = {
	MAP(resize, resize),
	MAP(resize_grad, resize_grad),
	MAP(resize_smooth, smooth),
	MAP(resize_smooth_grad, smooth_grad),
	MAP(avg_pool2d, avg_pool),
	MAP(avg_pool2d_grad, avg_pool_grad),
	MAP(adaptive_avg_pool2d, adaptive),
	MAP(adaptive_avg_pool2d_grad, adaptive_grad),
	{ .op = NULL },
};
