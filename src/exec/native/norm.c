/*
 * Norms over columns: batch norm, and group norm, which is the same within a sample with the columns of a group joined.
 * Two passes over memory forward (sums; normalise, add, activate) and two backward (sums; write). Sums are taken for
 * each thread's rows and added in the order of the threads, so that a fixed number of threads gives the same bits every
 * time. Formulas: src/ops/op_batch_norm.c, op_norm.c.
 */
#include "exec/native/native.h"
#include "kernels/norm.h"
#include "ops/act.h"
#include <math.h>

typedef struct norm {
	int64_t n, c; /* values a channel, channels */
	exec_wide wide;
	int parts;
	bool low, relu; /* relu is the kernels' own */
	int act; /* any other activation: run on a block of rows while it is in the cache */
	size_t size;
	float *v[4]; /* vectors of width: pivot or mean, and factors */
	double *sum; /* parts x 2 x width */
} norm;

static norm
norm_make(int64_t n, int64_t c, bool low, int parts, void *scratch)
{
	norm b = { .n = n, .c = c, .wide = exec_widen(n, c), .parts = parts, .low = low };
	exec_scratch m = { scratch, 0 };
	for (int i = 0; i < 4; i++)
		b.v[i] = exec_take(&m, b.wide.width, sizeof(float));
	b.sum = exec_take(&m, parts * 2 * b.wide.width, sizeof(double));
	b.size = m.used;
	return b;
}

static norm
norm_of(const exec_step *s, void *scratch)
{
	const secant_shape *x = &s->in[0].shape;
	int64_t n = exec_rows(x), c = exec_last(x);
	norm b = norm_make(n, c, exec_low_in(s), exec_parts(s, n * c), scratch);
	int act = ((const op_norm_attr *)s->node->attr)->act;
	b.relu = act == OP_ACT_RELU;
	b.act = b.relu ? OP_ACT_NONE : act;
	return b;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	s->scratch = norm_of(s, NULL).size;
	return SECANT_OK;
}

/* The rows of part t: `full` wide rows from `from` on, then one of `last` numbers (0: none). */
typedef struct piece {
	int64_t from, full, last;
} piece;

static piece
piece_of(const norm *b, int t)
{
	int64_t from = exec_part(b->wide.rows, b->parts, t), to = exec_part(b->wide.rows, b->parts, t + 1);
	bool ends = to == b->wide.rows && to > from && b->wide.last != b->wide.width;
	return (piece){ from, to - from - ends, ends ? b->wide.last : 0 };
}

static const void *
row(const norm *b, const void *p, int64_t r)
{
	return p ? kernel_at(p, r * b->wide.width, b->low) : NULL;
}

/* Adds what the threads and the k channels of a wide row have summed; the result stands in the first c of each half. */
static void
gather_sums(const norm *b)
{
	int64_t w = b->wide.width;
	for (int half = 0; half < 2; half++)
		for (int64_t k = 0; k < b->c; k++) {
			double v = 0;
			for (int t = 0; t < b->parts; t++)
				for (int64_t j = k; j < w; j += b->c)
					v += b->sum[(2 * t + half) * w + j];
			b->sum[half * w + k] = v;
		}
}

/* What sums are relative to, along the whole wide row. */
static void
find_pivot(const norm *b, const void *x)
{
	exec_pivot(x, b->low, b->n, b->c, b->v[0]);
	for (int64_t j = b->c; j < b->wide.width; j++)
		b->v[0][j] = b->v[0][j - b->c];
}

/* The sums of x about the pivot in v[0], or with dy of its gradient about the mean in v[0], over all rows: in the first
 * c of each half. */
static void
take_sums(const norm *b, const void *dy, const void *x, const void *y)
{
	const kernel_norm_kernels *k = kernel_norm_best();
	int64_t width = b->wide.width;
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		piece p = piece_of(b, t);
		double *sum = b->sum + 2 * t * width, *sum2 = sum + width;
		memset(sum, 0, 2 * (size_t)width * sizeof *sum);
		for (int rest = 0; rest < 2; rest++) {
			int64_t r = rest ? p.from + p.full : p.from, rows = rest ? p.last > 0 : p.full, w = rest ? p.last : width;
			if (rows <= 0)
				continue;
			if (dy)
				k->grad_moments(row(b, dy, r), row(b, x, r), row(b, y, r), b->low, rows, w, b->v[0], sum, sum2);
			else
				k->moments(row(b, x, r), b->low, rows, w, b->v[0], sum, sum2);
		}
	}
	gather_sums(b);
}

static void
repeat_vectors(const norm *b, int from, int to)
{
	for (int i = from; i < to; i++)
		for (int64_t j = b->c; j < b->wide.width; j++)
			b->v[i][j] = b->v[i][j - b->c];
}

static int64_t
rows_of_block(const norm *b)
{
	return 65536 / b->wide.width + 1;
}

/* `rows` rows of `width` numbers from wide row r on. */
static void
normalise_rows(const norm *b, const void *x, const void *residual, void *y, int64_t r, int64_t rows, int64_t width,
	const float *scale, const float *shift)
{
	void *to = (void *)row(b, y, r);
	kernel_norm_best()->normalise(row(b, x, r), row(b, residual, r), to, b->low, b->relu, rows, width, scale, shift);
	exec_native_act(b->act, to, to, b->low, rows * width);
}

static void
normalise(const norm *b, const void *x, const void *residual, void *y, const float *scale, const float *shift)
{
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		piece p = piece_of(b, t);
		int64_t end = p.from + p.full;
		if (p.last)
			normalise_rows(b, x, residual, y, end, 1, p.last, scale, shift);
		/* Backwards: what the sums read last is still in the cache. */
		for (int64_t step = rows_of_block(b), r = end; r > p.from;) {
			int64_t m = r - p.from < step ? r - p.from : step;
			r -= m;
			normalise_rows(b, x, residual, y, r, m, b->wide.width, scale, shift);
		}
	}
}

static secant_status
train(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_norm_attr *a = s->node->attr;
	norm b = norm_of(s, scratch);
	const float *w = s->n_in > 3 ? in[3] : NULL, *bias = s->n_in > 4 ? in[4] : NULL, *running_mean = in[1],
				*running_var = in[2];
	double momentum = s->n_in > 6 && in[6] ? *(const float *)in[6] : a->momentum, n = (double)b.n;
	float *mean = out[1], *rstd = out[2], *new_mean = out[3], *new_var = out[4], *pivot = b.v[0], *scale = b.v[1],
		  *shift = b.v[2];

	find_pivot(&b, in[0]);
	take_sums(&b, NULL, in[0], NULL);
	for (int64_t i = 0; i < b.c; i++) {
		double off = b.sum[i] / n, m = pivot[i] + off, var = b.sum[b.wide.width + i] / n - off * off;
		var = var < 0 ? 0 : var;
		double r = 1 / sqrt(var + a->eps), f = r * (w ? w[i] : 1);
		scale[i] = (float)f;
		shift[i] = (float)((bias ? bias[i] : 0) - m * scale[i]);
		if (mean)
			mean[i] = (float)m;
		if (rstd)
			rstd[i] = (float)r;
		if (new_mean)
			new_mean[i] = b.n ? (float)((1 - momentum) * running_mean[i] + momentum * m) : running_mean[i];
		if (new_var)
			new_var[i] = b.n ? (float)((1 - momentum) * running_var[i] + momentum * var * n / (n - 1)) : running_var[i];
	}
	for (int i = 0; i < 2; i++)
		if (out[5 + i])
			memcpy(out[5 + i], b.v[1 + i], (size_t)b.c * sizeof(float));
	repeat_vectors(&b, 1, 3);
	if (out[0])
		normalise(&b, in[0], s->n_in > 5 ? in[5] : NULL, out[0], scale, shift);
	return SECANT_OK;
}

static secant_status
evaluate(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_norm_attr *a = s->node->attr;
	norm b = norm_of(s, scratch);
	const float *mean = in[1], *var = in[2], *w = s->n_in > 3 ? in[3] : NULL, *bias = s->n_in > 4 ? in[4] : NULL;
	for (int64_t i = 0; i < b.c; i++) {
		double f = (w ? w[i] : 1) / sqrt(var[i] + a->eps);
		b.v[1][i] = (float)f;
		b.v[2][i] = (float)((bias ? bias[i] : 0) - mean[i] * (double)b.v[1][i]);
	}
	repeat_vectors(&b, 1, 3);
	if (out[0])
		normalise(&b, in[0], s->n_in > 5 ? in[5] : NULL, out[0], b.v[1], b.v[2]);
	return SECANT_OK;
}

static secant_status
apply(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, scratch);
	memcpy(b.v[1], in[1], (size_t)b.c * sizeof(float));
	memcpy(b.v[2], in[2], (size_t)b.c * sizeof(float));
	repeat_vectors(&b, 1, 3);
	if (out[0])
		normalise(&b, in[0], s->n_in > 3 ? in[3] : NULL, out[0], b.v[1], b.v[2]);
	return SECANT_OK;
}

/* The four vectors of the pass that writes: dx = a d + b (x - mean) + c. */
static void
grad_vectors(const norm *b, const float *rstd, const float *w)
{
	for (int64_t i = 0; i < b->c; i++) {
		double f = (double)rstd[i] * (w ? w[i] : 1), n = (double)b->n;
		b->v[1][i] = (float)f;
		b->v[2][i] = (float)(-f * rstd[i] * rstd[i] * b->sum[b->wide.width + i] / n);
		b->v[3][i] = (float)(-f * b->sum[i] / n);
	}
	repeat_vectors(b, 1, 4);
}

/* dx and dresidual (either may be NULL) from the four vectors; y NULL: no mask. */
static void
write_grad(const norm *b, const void *dy, const void *x, const void *y, void *dx, void *dresidual)
{
	const kernel_norm_kernels *k = kernel_norm_best();
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		piece p = piece_of(b, t);
		int64_t end = p.from + p.full;
		if (p.last)
			k->grad(row(b, dy, end), row(b, x, end), row(b, y, end), (void *)row(b, dx, end),
				(void *)row(b, dresidual, end), b->low, 1, p.last, b->v[0], b->v[1], b->v[2], b->v[3]);
		for (int64_t step = rows_of_block(b), r = end; r > p.from;) {
			int64_t m = r - p.from < step ? r - p.from : step;
			r -= m;
			k->grad(row(b, dy, r), row(b, x, r), row(b, y, r), (void *)row(b, dx, r), (void *)row(b, dresidual, r),
				b->low, m, b->wide.width, b->v[0], b->v[1], b->v[2], b->v[3]);
		}
	}
}

static size_t
block_bytes(const norm *b)
{
	return (size_t)(rows_of_block(b) * b->wide.width) * sizeof(float);
}

/* Gradients past an activation other than relu: d = dy times its slope, block by block into `d`, which may be dx (NULL:
 * only into a block of each part in `room`); and the sums of d as take_sums leaves them. y: where the result determines
 * the slope; else the argument is made again from x, residual, and scale and shift in v[1] and v[2]. */
static void
take_activated(const norm *b, const void *dy, const void *x, const void *y, const void *residual, void *d, char *room)
{
	const kernel_norm_kernels *k = kernel_norm_best();
	int64_t width = b->wide.width, step = rows_of_block(b);
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		piece p = piece_of(b, t);
		double *sum = b->sum + 2 * t * width, *sum2 = sum + width;
		memset(sum, 0, 2 * (size_t)width * sizeof *sum);
		for (int64_t r = p.from, end = p.from + p.full + (p.last > 0); r < end;) {
			bool rest = r == p.from + p.full;
			int64_t rows = rest ? 1 : p.from + p.full - r < step ? p.from + p.full - r : step;
			int64_t w = rest ? p.last : width;
			void *to = d ? (void *)row(b, d, r) : room + (size_t)t * block_bytes(b);
			if (!y)
				k->normalise(row(b, x, r), row(b, residual, r), to, b->low, false, rows, w, b->v[1], b->v[2]);
			exec_native_act_grad(b->act, y ? row(b, y, r) : to, row(b, dy, r), to, b->low, rows * w);
			k->grad_moments(to, row(b, x, r), NULL, b->low, rows, w, b->v[0], sum, sum2);
			r += rows;
		}
	}
	gather_sums(b);
}

static secant_status
prepare_train_grad(exec_step *s, secant_err *err)
{
	norm b = norm_of(s, NULL);
	s->scratch = b.size + (b.act ? (size_t)b.parts * block_bytes(&b) : 0);
	return SECANT_OK;
}

/* The sums of d, and d itself where an activation of its own made it; NULL: d is dy, masked by y. */
static const void *
sums_of_grad(const exec_step *s, const norm *b, const void *const *in, void *const *out, void *scratch)
{
	const float *mean = in[2], *rstd = in[3], *w = s->n_in > 4 ? in[4] : NULL, *bias = s->n_in > 6 ? in[6] : NULL;
	exec_repeat(b->v[0], mean, b->c, b->wide.width, 0);
	if (!b->act) {
		take_sums(b, in[0], in[1], b->relu ? in[5] : NULL);
		return NULL;
	}
	void *d = out[0] ? out[0] : out[3];
	bool by_result = op_act_at(b->act)->function->from == OP_FROM_OUTPUT;
	for (int64_t i = 0; i < b->c; i++) {
		b->v[1][i] = rstd[i] * (w ? w[i] : 1);
		b->v[2][i] = (float)((bias ? bias[i] : 0) - mean[i] * (double)b->v[1][i]);
	}
	repeat_vectors(b, 1, 3);
	take_activated(b, in[0], in[1], by_result ? in[5] : NULL, !by_result && s->n_in > 5 ? in[5] : NULL, d,
		(char *)scratch + b->size);
	return d;
}

static secant_status
train_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, scratch);
	const float *rstd = in[3], *w = s->n_in > 4 ? in[4] : NULL;
	float *dweight = out[1], *dbias = out[2];
	const void *d = sums_of_grad(s, &b, in, out, scratch); /* where dx goes: not needed if nothing does */
	for (int64_t i = 0; i < b.c; i++) {
		if (dweight)
			dweight[i] = (float)(b.sum[b.wide.width + i] * rstd[i]);
		if (dbias)
			dbias[i] = (float)b.sum[i];
	}
	if (!out[0] && !out[3])
		return SECANT_OK;
	grad_vectors(&b, rstd, w);
	write_grad(&b, d ? d : in[0], in[1], !d && b.relu ? in[5] : NULL, out[0], out[3]);
	return SECANT_OK;
}

/* ---- group norm: sample after sample; threads share the samples where there are enough, else the pixels of one ----
 */

typedef struct groups {
	int64_t samples, pixels, c, width;
	int n, outer, inner;
	size_t room;
	double *total;
} groups; /* width: channels of a group */

static groups
groups_of(const exec_step *s, void *scratch)
{
	const secant_shape *x = &s->in[0].shape;
	groups g = { .samples = x->dim[0], .c = exec_last(x), .n = ((const op_norm_attr *)s->node->attr)->groups };
	int parts = exec_parts(s, exec_in_count(s, 0));
	g.pixels = g.samples ? exec_rows(x) / g.samples : 0;
	g.width = g.c / g.n;
	g.outer = g.samples >= parts ? parts : 1;
	g.inner = g.samples >= parts ? 1 : parts;
	g.room = norm_make(g.pixels, g.c, false, g.inner, NULL).size;
	exec_scratch m = { scratch, g.room * (size_t)g.outer };
	g.total = exec_take(&m, 2 * g.c * g.samples, sizeof(double));
	return g;
}

static secant_status
prepare_group(exec_step *s, secant_err *err)
{
	groups g = groups_of(s, NULL);
	s->scratch = g.room * (size_t)g.outer + (size_t)(2 * g.c * g.samples) * sizeof(double);
	return SECANT_OK;
}

static void
group_forward(const norm *b, const groups *g, const void *x, void *y, const float *w, const float *bias, double eps,
	float *mean, float *rstd)
{
	double n = (double)(g->pixels * g->width);
	find_pivot(b, x);
	take_sums(b, NULL, x, NULL);
	for (int k = 0; k < g->n; k++) {
		int64_t from = k * g->width, to = from + g->width;
		double sum = 0, sum2 = 0;
		for (int64_t i = from; i < to; i++)
			sum += b->sum[i] + (double)g->pixels * b->v[0][i];
		double m = sum / n;
		for (int64_t i = from; i < to; i++) { /* from about each pivot to about the mean */
			double d = b->v[0][i] - m;
			sum2 += b->sum[b->wide.width + i] + 2 * d * b->sum[i] + d * d * (double)g->pixels;
		}
		double r = 1 / sqrt((sum2 > 0 ? sum2 / n : 0) + eps);
		for (int64_t i = from; i < to; i++) {
			b->v[1][i] = (float)(r * (w ? w[i] : 1));
			b->v[2][i] = (float)((bias ? bias[i] : 0) - m * b->v[1][i]);
		}
		if (mean)
			mean[k] = (float)m;
		if (rstd)
			rstd[k] = (float)r;
	}
	repeat_vectors(b, 1, 3);
	if (y)
		normalise(b, x, NULL, y, b->v[1], b->v[2]);
}

/* Part t of the samples, one after another. */
typedef void share(const exec_step *s, const groups *g, const void *const *in, void *const *out, void *scratch, int t);

/* A team inside another, even one of one, is made anew each time (libgomp): where threads share the pixels of a sample
 * there is none around them. */
static void
share_samples(
	share *samples, const exec_step *s, const groups *g, const void *const *in, void *const *out, void *scratch)
{
	if (g->outer == 1) {
		samples(s, g, in, out, scratch, 0);
		return;
	}
	EXEC_PARTS(g->outer)
	for (int t = 0; t < g->outer; t++)
		samples(s, g, in, out, scratch, t);
}

static void
group_samples(const exec_step *s, const groups *g, const void *const *in, void *const *out, void *scratch, int t)
{
	bool low = exec_low_in(s);
	const float *w = s->n_in > 1 ? in[1] : NULL, *bias = s->n_in > 2 ? in[2] : NULL;
	norm b = norm_make(g->pixels, g->c, low, g->inner, (char *)scratch + g->room * (size_t)t);
	for (int64_t i = exec_part(g->samples, g->outer, t), end = exec_part(g->samples, g->outer, t + 1); i < end; i++) {
		int64_t at = i * g->pixels * g->c;
		group_forward(&b, g, kernel_at(in[0], at, low), out[0] ? kernel_at_mut(out[0], at, low) : NULL, w, bias,
			((const op_norm_attr *)s->node->attr)->eps, out[1] ? (float *)out[1] + i * g->n : NULL,
			out[2] ? (float *)out[2] + i * g->n : NULL);
	}
}

static secant_status
group(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	groups g = groups_of(s, scratch);
	share_samples(group_samples, s, &g, in, out, scratch);
	return SECANT_OK;
}

/* Leaves the sample's sums of dy and of dy * xhat of each channel in `total`. */
static void
group_backward(const norm *b, const groups *g, const void *dy, const void *x, void *dx, const float *mean,
	const float *rstd, const float *w, double *total)
{
	double n = (double)(g->pixels * g->width);
	for (int64_t i = 0; i < g->c; i++)
		b->v[0][i] = mean[i / g->width];
	repeat_vectors(b, 0, 1);
	take_sums(b, dy, x, NULL);
	for (int k = 0; k < g->n; k++) {
		double sum = 0, sum_xhat = 0, r = rstd[k];
		for (int64_t i = k * g->width; i < (k + 1) * g->width; i++) {
			total[i] = b->sum[i];
			total[g->c + i] = b->sum[b->wide.width + i] * r;
			sum += total[i] * (w ? w[i] : 1);
			sum_xhat += total[g->c + i] * (w ? w[i] : 1);
		}
		for (int64_t i = k * g->width; i < (k + 1) * g->width; i++) {
			b->v[1][i] = (float)(r * (w ? w[i] : 1));
			b->v[2][i] = (float)(-r * r * sum_xhat / n);
			b->v[3][i] = (float)(-r * sum / n);
		}
	}
	repeat_vectors(b, 1, 4);
	if (dx)
		write_grad(b, dy, x, NULL, dx, NULL);
}

static void
group_grad_samples(const exec_step *s, const groups *g, const void *const *in, void *const *out, void *scratch, int t)
{
	bool low = exec_low_in(s);
	norm b = norm_make(g->pixels, g->c, low, g->inner, (char *)scratch + g->room * (size_t)t);
	for (int64_t i = exec_part(g->samples, g->outer, t), end = exec_part(g->samples, g->outer, t + 1); i < end; i++) {
		int64_t at = i * g->pixels * g->c;
		group_backward(&b, g, kernel_at(in[0], at, low), kernel_at(in[1], at, low),
			out[0] ? kernel_at_mut(out[0], at, low) : NULL, (const float *)in[2] + i * g->n,
			(const float *)in[3] + i * g->n, s->n_in > 4 ? in[4] : NULL, g->total + 2 * g->c * i);
	}
}

static secant_status
group_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	groups g = groups_of(s, scratch);
	float *dweight = out[1], *dbias = out[2];
	share_samples(group_grad_samples, s, &g, in, out, scratch);
	for (int64_t c = 0; c < g.c; c++) {
		double sum = 0, sum_xhat = 0;
		for (int64_t i = 0; i < g.samples; i++) {
			sum += g.total[2 * g.c * i + c];
			sum_xhat += g.total[2 * g.c * i + g.c + c];
		}
		if (dweight)
			dweight[c] = (float)sum_xhat;
		if (dbias)
			dbias[c] = (float)sum;
	}
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_norm[];
const exec_impl exec_impls_native_norm[] = {
	{ .op = "batch_norm", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = evaluate },
	{ .op = "batch_norm_apply", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = apply },
	{ .op = "batch_norm_train", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = train },
	{ .op = "batch_norm_train_grad",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_train_grad,
		.run = train_grad },
	{ .op = "group_norm", .name = "native", .supports = exec_native_supports, .prepare = prepare_group, .run = group },
	{ .op = "group_norm_grad",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_group,
		.run = group_grad },
	{ .op = NULL },
};
