/*
 * Points of balls as rows, each once (ops/op_rows.c, op_rows_norm.c). Threads share rows where each stands for itself,
 * and columns where several rows are added to one place: those sums have one order. Nothing is read or written from row
 * `count` on.
 */
#include "exec/native/native.h"
#include "kernels/norm.h"
#include "kernels/points.h"
#include "kernels/rows.h"
#include <math.h>

static bool
supports(const exec_step *s)
{
	for (int i = 0; i < s->n_in; i++)
		if (s->in[i].shape.rank >= 0 && s->in[i].dtype != SECANT_I32 && s->in[i].dtype != SECANT_F32
			&& s->in[i].dtype != SECANT_BF16)
			return false;
	return exec_native_supports(s);
}

static int64_t
rows_of(const void *count, int64_t most)
{
	int64_t n = *(const int32_t *)count;
	return n < 0 ? 0 : n < most ? n : most;
}

/* ---- distinct_rows ---- */

typedef struct queried {
	const int32_t *index;
	const float *centre;
	int64_t k, step;
} queried;

static bool
equal_balls(const queried *s, int64_t a, int64_t b)
{
	const float *p = s->centre + a * s->step, *q = s->centre + b * s->step;
	return p[0] == q[0] && p[1] == q[1] && p[2] == q[2]
		&& !memcmp(s->index + a * s->k, s->index + b * s->k, (size_t)s->k * sizeof *s->index);
}

static secant_status
prepare_distinct(exec_step *s, secant_err *err)
{
	exec_scratch m = { NULL, 0 };
	(void)exec_take(&m, exec_out_count(s, 0), sizeof(int32_t));
	(void)exec_take(&m, exec_out_count(s, 1), sizeof(float));
	(void)exec_take(&m, exec_out_count(s, 2), sizeof(int32_t));
	s->scratch = m.used;
	return SECANT_OK;
}

static secant_status
run_distinct(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	queried b = { in[0], in[1], x->dim[2], s->in[1].shape.dim[3] };
	int64_t all = secant_shape_count(x), m = x->dim[1], n = x->dim[0] * m;
	exec_scratch own = { scratch, 0 };
	int32_t *slot = exec_take(&own, all, sizeof *slot), rows = 0;
	float *weight = exec_take(&own, all, sizeof *weight);
	int32_t *place = exec_take(&own, 2 * n, sizeof *place);
	slot = out[0] ? out[0] : slot;
	weight = out[1] ? out[1] : weight;
	place = out[2] ? out[2] : place;
	for (int64_t i = 0, last = 0; i < n; i++) {
		int64_t first = i / m * m,
				same = i == first       ? -1
			: equal_balls(&b, i, first) ? first
			: equal_balls(&b, i, last)  ? last
										: -1;
		const int32_t *index = b.index + i * b.k;
		int32_t at = rows;
		if (same < 0) {
			last = i;
			for (int64_t k = 0; k < b.k; k++)
				if (!k || index[k] != index[0]) {
					slot[rows] = (int32_t)(i * b.k + k);
					weight[rows++] = 1;
				}
			weight[at] = (float)(b.k - (rows - at - 1));
			place[2 * i] = at;
			place[2 * i + 1] = rows;
			continue;
		}
		place[2 * i] = at = place[2 * same];
		int32_t end = place[2 * i + 1] = place[2 * same + 1];
		weight[at] += (float)(b.k - (end - at - 1));
		for (int32_t r = at + 1; r < end; r++)
			weight[r]++;
	}
	for (int64_t i = rows; i < all; i++) {
		slot[i] = -1;
		weight[i] = 0;
	}
	if (out[3])
		*(int32_t *)out[3] = rows;
	return SECANT_OK;
}

/* ---- ball_rows ---- */

/* Where the inputs of a row are: index, slot, and points and centres where those are known. */
typedef struct sources {
	const int32_t *index, *slot;
	const float *x, *centre;
	int64_t slots, k, m, points, step, centre_step;
} sources;

static sources
sources_of(const exec_step *s, const void *const *in, int at, int x)
{
	const secant_shape *i = &s->in[at].shape;
	sources f = { .index = in[at], .slot = in[at + 1], .slots = secant_shape_count(i), .k = i->dim[2], .m = i->dim[1] };
	if (x) {
		f.x = in[x], f.centre = in[x + 1];
		f.points = s->in[x].shape.dim[1], f.step = s->in[x].shape.dim[3], f.centre_step = s->in[x + 1].shape.dim[3];
	}
	return f;
}

/* The point of row r among those of all clouds, -1: none; d: where it is about its centre. */
static int64_t
point_of(const sources *f, int64_t r, float d[3])
{
	int64_t slot = f->slot[r], ball = slot >= 0 && slot < f->slots ? slot / f->k : -1,
			p = ball < 0 ? -1 : f->index[slot];
	bool there = p >= 0 && p < f->points;
	p = there ? ball / f->m * f->points + p : -1;
	for (int a = 0; a < 3 && f->x; a++)
		d[a] = there ? f->x[p * f->step + a] - f->centre[ball * f->centre_step + a] : 0;
	return p;
}

static secant_status
prepare_ball(exec_step *s, secant_err *err)
{
	exec_scratch m = { NULL, 0 };
	(void)exec_take(&m, 3 * exec_last(&s->out[0].shape), sizeof(float));
	s->scratch = m.used;
	return SECANT_OK;
}

static secant_status
run_ball(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t c = s->out[0].shape.dim[1], count = rows_of(in[2], s->out[0].shape.dim[0]);
	sources f = sources_of(s, in, 0, 3);
	const float *w = in[5];
	const void *features = exec_has(s, 6) ? in[6] : NULL;
	float *turned = scratch;
	int parts = exec_parts(s, count * c);
	bool low = s->out[0].dtype == SECANT_BF16;
	for (int64_t i = 0; i < 3 * c; i++)
		turned[i] = w[i % c * 3 + i / c];
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t r = exec_part(count, parts, t), end = exec_part(count, parts, t + 1); r < end; r++) {
			float d[3];
			int64_t p = point_of(&f, r, d);
			kernel_rows_best()->place(kernel_at_mut(out[0], r * c, low),
				features && p >= 0 ? kernel_at(features, p * c, low) : NULL, low, d, turned, c);
		}
	return SECANT_OK;
}

typedef struct outer_sums {
	float *part;
	double *sum;
	size_t size;
} outer_sums;

static outer_sums
outer_sums_of(int64_t c, int threads, void *scratch)
{
	exec_scratch m = { scratch, 0 };
	outer_sums o = { .part = exec_take(&m, 3 * c * threads, sizeof(float)) };
	o.sum = exec_take(&m, 3 * c * threads, sizeof(double));
	o.size = m.used;
	return o;
}

static secant_status
prepare_ball_grad(exec_step *s, secant_err *err)
{
	s->scratch = outer_sums_of(s->in[0].shape.dim[1], s->threads, NULL).size;
	return SECANT_OK;
}

/* 256 rows are added in float, then in double. */
static secant_status
run_ball_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t c = s->in[0].shape.dim[1], count = rows_of(in[3], s->in[0].shape.dim[0]);
	sources f = sources_of(s, in, 1, 4);
	outer_sums o = outer_sums_of(c, s->threads, scratch);
	int parts = exec_parts(s, count * c);
	bool low = exec_low_in(s);
	float *dw = out[0];
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		float *part = o.part + 3 * c * t, d[3];
		double *sum = o.sum + 3 * c * t;
		memset(sum, 0, (size_t)(3 * c) * sizeof *sum);
		for (int64_t r = exec_part(count, parts, t), end = exec_part(count, parts, t + 1), stop; r < end; r = stop) {
			memset(part, 0, (size_t)(3 * c) * sizeof *part);
			for (stop = r + 256 < end ? r + 256 : end; r < stop; r++)
				if (point_of(&f, r, d) >= 0)
					kernel_rows_best()->outer(part, kernel_at(in[0], r * c, low), low, d, c);
			for (int64_t i = 0; i < 3 * c; i++)
				sum[i] += part[i];
		}
	}
	for (int64_t i = 0; i < 3 * c; i++) {
		double all = 0;
		for (int t = 0; t < parts; t++)
			all += o.sum[3 * c * t + i];
		dw[i % c * 3 + i / c] = (float)all;
	}
	return SECANT_OK;
}

static secant_status
run_to_points(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t c = s->in[0].shape.dim[1], count = rows_of(in[3], s->in[0].shape.dim[0]), all = exec_rows(&s->out[0].shape);
	sources f = sources_of(s, in, 1, 0);
	int parts = exec_parts(s, count * c);
	bool low = exec_low_in(s);
	float *sum = out[0];
	f.points = s->out[0].shape.dim[1];
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(c, parts, t), n = exec_part(c, parts, t + 1) - from;
		for (int64_t i = 0; i < all; i++)
			memset(sum + i * c + from, 0, (size_t)n * sizeof *sum);
		for (int64_t r = 0; r < count; r++) {
			int64_t p = point_of(&f, r, NULL);
			if (p >= 0)
				kernel_points_best()->add(sum + p * c + from, kernel_at(in[0], r * c + from, low), low, 1, n);
		}
	}
	return SECANT_OK;
}

/* ---- norms ---- */

typedef struct norm {
	int64_t rows, c;
	int parts;
	bool low, relu;
	float *v[5]; /* pivot or mean, then scale and shift or a, b, c */
	double *sum; /* of each part: two times c; the whole stands in the first */
	size_t size;
} norm;

static norm
norm_of(const exec_step *s, int x, int64_t rows, void *scratch)
{
	exec_scratch m = { scratch, 0 };
	norm b = { .rows = rows, .c = s->in[x].shape.dim[1], .low = s->in[x].dtype == SECANT_BF16 };
	b.parts = exec_parts(s, rows * b.c);
	b.relu = ((const op_norm_attr *)s->node->attr)->act == OP_ACT_RELU;
	for (int i = 0; i < 5; i++)
		b.v[i] = exec_take(&m, b.c, sizeof(float));
	b.sum = exec_take(&m, 2 * b.c * s->threads, sizeof(double));
	b.size = m.used;
	return b;
}

static const void *
at(const norm *b, const void *p, int64_t row)
{
	return kernel_at(p, row * b->c, b->low);
}
static void *
at_mut(const norm *b, void *p, int64_t row)
{
	return kernel_at_mut(p, row * b->c, b->low);
}

/* Sums of x about the pivot v[0]; with dy those of its gradient. */
static void
take_sums(const norm *b, const void *dy, const void *x, const float *weight, const kernel_rows_grad *g)
{
	const kernel_rows_kernels *k = kernel_rows_best();
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		int64_t from = exec_part(b->rows, b->parts, t), n = exec_part(b->rows, b->parts, t + 1) - from;
		double *sum = b->sum + 2 * b->c * t;
		memset(sum, 0, (size_t)(2 * b->c) * sizeof *sum);
		if (dy)
			k->grad_moments(at(b, dy, from), at(b, x, from), b->low, n, b->c, b->c, g, sum, sum + b->c);
		else
			k->moments(at(b, x, from), b->low, n, b->c, b->c, b->v[0], weight + from, sum, sum + b->c);
	}
	for (int t = 1; t < b->parts; t++)
		for (int64_t i = 0; i < 2 * b->c; i++)
			b->sum[i] += b->sum[2 * b->c * t + i];
}

static double
total(const float *weight, int64_t rows)
{
	double n = 0;
	for (int64_t i = 0; i < rows; i++)
		n += weight[i];
	return n;
}

/* Outputs 1 to 4; scale and shift go to v[1] and v[2]. The offset is input i_offset, momentum the next. */
static void
statistics(const exec_step *s, const norm *b, int i_offset, const void *const *in, void *const *out)
{
	const op_norm_attr *a = s->node->attr;
	const float *running_mean = in[1], *running_var = in[2], *gamma = in[3], *beta = in[4],
				*offset = exec_has(s, i_offset) ? in[i_offset] : NULL;
	float *mean = out[1], *rstd = out[2], *new_mean = out[3], *new_var = out[4];
	double momentum = exec_has(s, i_offset + 1) ? *(const float *)in[i_offset + 1] : a->momentum,
		   n = total(in[5], b->rows);
	exec_pivot(in[0], b->low, b->rows, b->c, b->v[0]);
	take_sums(b, NULL, in[0], in[5], NULL);
	for (int64_t i = 0; i < b->c; i++) {
		double off = n > 0 ? b->sum[i] / n : 0, m = n > 0 ? b->v[0][i] + off : 0,
			   var = n > 0 ? b->sum[b->c + i] / n - off * off : 0;
		var = var < 0 ? 0 : var;
		double r = 1 / sqrt(var + a->eps);
		b->v[1][i] = (float)(r * gamma[i]);
		b->v[2][i] = (float)(beta[i] - m * b->v[1][i]);
		if (mean)
			mean[i] = (float)m;
		if (rstd)
			rstd[i] = (float)r;
		if (new_mean)
			new_mean[i] = n > 1 ? (float)((1 - momentum) * running_mean[i] + momentum * (m + (offset ? offset[i] : 0)))
								: running_mean[i];
		if (new_var)
			new_var[i] = n > 1 ? (float)((1 - momentum) * running_var[i] + momentum * var * n / (n - 1))
							   : running_var[i];
	}
}

static secant_status
prepare_norm(exec_step *s, secant_err *err)
{
	s->scratch = norm_of(s, 0, s->in[0].shape.dim[0], NULL).size;
	return SECANT_OK;
}

static void
normalise(const norm *b, const void *x, void *y, const float *scale, const float *shift)
{
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		int64_t from = exec_part(b->rows, b->parts, t), n = exec_part(b->rows, b->parts, t + 1) - from;
		kernel_norm_best()->normalise(at(b, x, from), NULL, at_mut(b, y, from), b->low, b->relu, n, b->c, scale, shift);
	}
}

static secant_status
run_norm(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, 0, rows_of(in[6], s->in[0].shape.dim[0]), scratch);
	statistics(s, &b, 7, in, out);
	for (int i = 0; i < 2; i++)
		if (out[5 + i])
			memcpy(out[5 + i], b.v[1 + i], (size_t)b.c * sizeof(float));
	if (out[0])
		normalise(&b, in[0], out[0], b.v[1], b.v[2]);
	return SECANT_OK;
}

static secant_status
run_apply(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, 0, rows_of(in[3], s->in[0].shape.dim[0]), scratch);
	normalise(&b, in[0], out[0], in[1], in[2]);
	return SECANT_OK;
}

/* From the sums: dgamma, dbeta, and the vectors of the pass that writes. x is input i, then mean, rstd, gamma. */
static kernel_rows_grad
grad_vectors(const norm *b, const void *const *in, int i, double n, void *const *out)
{
	const float *rstd = in[i + 2], *gamma = in[i + 3];
	float *dgamma = out[1], *dbeta = out[2];
	for (int64_t k = 0; k < b->c; k++) {
		double f = (double)rstd[k] * gamma[k];
		if (dgamma)
			dgamma[k] = (float)(b->sum[b->c + k] * rstd[k]);
		if (dbeta)
			dbeta[k] = (float)b->sum[k];
		b->v[1][k] = (float)f;
		b->v[2][k] = n > 0 ? (float)(-f * rstd[k] * rstd[k] * b->sum[b->c + k] / n) : 0;
		b->v[3][k] = n > 0 ? (float)(-f * b->sum[k] / n) : 0;
	}
	return (kernel_rows_grad){ .mean = in[i + 1], .a = b->v[1], .b = b->v[2], .c = b->v[3] };
}

static void
write_grad(const norm *b, const void *dy, const void *x, void *dx, const float *weight, const kernel_rows_grad *g)
{
	EXEC_PARTS(b->parts)
	for (int t = 0; t < b->parts; t++) {
		int64_t from = exec_part(b->rows, b->parts, t), n = exec_part(b->rows, b->parts, t + 1) - from;
		kernel_rows_best()->grad(
			dy ? at(b, dy, from) : NULL, at(b, x, from), at_mut(b, dx, from), b->low, n, b->c, b->c, g, weight + from);
	}
}

static secant_status
prepare_grad(exec_step *s, secant_err *err)
{
	s->scratch = norm_of(s, 1, s->in[1].shape.dim[0], NULL).size;
	return SECANT_OK;
}

static secant_status
run_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, 1, rows_of(in[8], s->in[1].shape.dim[0]), scratch);
	kernel_rows_grad g = { .mean = in[2], .scale = b.relu ? in[5] : NULL, .shift = in[6] };
	take_sums(&b, in[0], in[1], NULL, &g);
	kernel_rows_grad full = grad_vectors(&b, in, 1, total(in[7], b.rows), out);
	full.scale = g.scale, full.shift = g.shift;
	if (out[0])
		write_grad(&b, in[0], in[1], out[0], in[7], &full);
	return SECANT_OK;
}

/* ---- norm and maximum ---- */

static secant_status
prepare_max(exec_step *s, secant_err *err)
{
	exec_scratch m = { NULL, norm_of(s, 0, s->in[0].shape.dim[0], NULL).size };
	(void)exec_take(&m, s->in[0].shape.dim[1] * s->threads, sizeof(float));
	(void)exec_take(&m, s->in[0].shape.dim[1] * s->threads, sizeof(int32_t));
	s->scratch = m.used;
	return SECANT_OK;
}

/* One ball's y and row. */
static void
ball_max(const norm *b, const void *x, const int32_t *place, int64_t ball, float *best, int32_t *row, void *y,
	int32_t *which)
{
	int64_t from = place[2 * ball] < 0 ? 0 : place[2 * ball],
			to = place[2 * ball + 1] < b->rows ? place[2 * ball + 1] : b->rows;
	for (int64_t k = 0; k < b->c && from >= to; k++) {
		best[k] = 0;
		row[k] = -1;
	}
	if (from < to)
		kernel_rows_best()->largest(best, row, at(b, x, from), b->low, to - from, b->c, b->c, b->v[3], (int32_t)from);
	for (int64_t k = 0; k < b->c && from < to; k++) {
		float v = best[k] * b->v[4][k] + b->v[2][k];
		best[k] = b->relu && v < 0 ? 0 : v;
	}
	if (which)
		memcpy(which + ball * b->c, row, (size_t)b->c * sizeof *row);
	for (int64_t k = 0; k < b->c && y; k++)
		kernel_store_real(y, ball * b->c + k, b->low, best[k]);
}

/* y and row of every ball, by scale and shift in v[1] and v[2]; where `sign` is negative the smallest x gives the
 * largest y. */
static void
find_largest(const exec_step *s, const norm *b, const void *x, const int32_t *place, const float *sign, void *scratch,
	void *y, int32_t *which)
{
	int64_t balls = s->out[0].shape.dim[0] * s->out[0].shape.dim[1];
	exec_scratch m = { scratch, norm_of(s, 0, s->in[0].shape.dim[0], NULL).size };
	float *best = exec_take(&m, b->c * s->threads, sizeof *best);
	int32_t *row = exec_take(&m, b->c * s->threads, sizeof *row);
	int parts = exec_parts(s, (b->rows + balls) * b->c);
	for (int64_t k = 0; k < b->c; k++) {
		b->v[3][k] = sign[k] < 0 ? -1 : 1;
		b->v[4][k] = b->v[1][k] * b->v[3][k];
	}
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(balls, parts, t), end = exec_part(balls, parts, t + 1); i < end; i++)
			ball_max(b, x, place, i, best + b->c * t, row + b->c * t, y, which);
}

static secant_status
run_max(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, 0, rows_of(in[4], s->in[0].shape.dim[0]), scratch);
	for (int i = 0; i < 2; i++)
		memcpy(b.v[1 + i], in[1 + i], (size_t)b.c * sizeof(float));
	find_largest(s, &b, in[0], in[3], in[1], scratch, out[0], NULL);
	return SECANT_OK;
}

static secant_status
run_norm_max(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, 0, rows_of(in[6], s->in[0].shape.dim[0]), scratch);
	statistics(s, &b, 8, in, out);
	find_largest(s, &b, in[0], in[7], in[3], scratch, out[0], out[5]);
	return SECANT_OK;
}

/* Scratch behind that of the norm: the gradient of each ball, those of equal balls added to the first of them, and
 * whose it is. */
typedef struct merged {
	float *d;
	int32_t *to;
	size_t size;
} merged;

static merged
merged_of(const exec_step *s, void *scratch)
{
	int64_t balls = s->in[0].shape.dim[0] * s->in[0].shape.dim[1], c = s->in[0].shape.dim[3];
	exec_scratch m = { scratch, norm_of(s, 3, s->in[3].shape.dim[0], NULL).size };
	merged r = { .d = exec_take(&m, balls * c, sizeof(float)) };
	r.to = exec_take(&m, balls, sizeof(int32_t));
	r.size = m.used;
	return r;
}

static secant_status
prepare_max_grad(exec_step *s, secant_err *err)
{
	s->scratch = merged_of(s, NULL).size;
	return SECANT_OK;
}

/* Balls whose rows are those of the first of their cloud, or of the last that was new, are that ball. */
static void
find_equal(const exec_step *s, const int32_t *which, int32_t *to)
{
	int64_t m = s->in[0].shape.dim[1], balls = s->in[0].shape.dim[0] * m, c = s->in[0].shape.dim[3], last = 0;
	size_t size = (size_t)c * sizeof *which;
	for (int64_t i = 0; i < balls; i++) {
		int64_t first = i / m * m;
		bool as_first = i > first && !memcmp(which + i * c, which + first * c, size),
			 as_last = i > first && !as_first && !memcmp(which + i * c, which + last * c, size);
		to[i] = (int32_t)(as_first ? first : as_last ? last : i);
		last = to[i] == i ? i : last;
	}
}

/* The columns from..end of the gradient of every ball into m->d, and their sums. */
static void
merge(const exec_step *s, const norm *b, const merged *m, const void *const *in, int64_t from, int64_t end)
{
	int64_t balls = s->in[0].shape.dim[0] * s->in[0].shape.dim[1], c = b->c;
	const int32_t *which = in[1];
	const float *mean = in[4];
	for (int64_t k = from; k < end; k++)
		b->sum[k] = b->sum[c + k] = 0;
	for (int64_t i = 0; i < balls; i++) {
		float *d = m->d + m->to[i] * c;
		bool own = m->to[i] == i;
		for (int64_t k = from; k < end; k++) {
			float v = kernel_load(in[0], i * c + k, b->low);
			v = b->relu && !(kernel_load(in[2], i * c + k, b->low) > 0) ? 0 : v;
			d[k] = own ? v : d[k] + v;
		}
	}
	for (int64_t i = 0; i < balls; i++)
		for (int64_t k = from; k < end && m->to[i] == i; k++) {
			int64_t row = which[i * c + k];
			float v = row >= 0 && row < b->rows ? m->d[i * c + k] : 0;
			b->sum[k] += v;
			b->sum[c + k] += v != 0 ? (double)v * (kernel_load(in[3], row * c + k, b->low) - mean[k]) : 0;
		}
}

static secant_status
run_max_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	norm b = norm_of(s, 3, rows_of(in[8], s->in[3].shape.dim[0]), scratch);
	merged m = merged_of(s, scratch);
	int64_t balls = s->in[0].shape.dim[0] * s->in[0].shape.dim[1], c = b.c;
	const int32_t *which = in[1];
	int parts = exec_parts(s, balls * c);
	find_equal(s, which, m.to);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		merge(s, &b, &m, in, exec_part(c, parts, t), exec_part(c, parts, t + 1));
	kernel_rows_grad g = grad_vectors(&b, in, 3, total(in[7], b.rows), out);
	if (!out[0])
		return SECANT_OK;
	write_grad(&b, NULL, in[3], out[0], in[7], &g);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = 0; i < balls; i++)
			for (int64_t k = exec_part(c, parts, t), end = exec_part(c, parts, t + 1); k < end && m.to[i] == i; k++) {
				int64_t row = which[i * c + k], place = row * c + k;
				if (row >= 0 && row < b.rows)
					kernel_store_real(
						out[0], place, b.low, kernel_load(out[0], place, b.low) + g.a[k] * m.d[i * c + k]);
			}
	return SECANT_OK;
}

#define ROWS(op_name, ...) \
	{ \
		.op = #op_name, .name = "native", .supports = supports, __VA_ARGS__ \
	}
extern const exec_impl exec_impls_native_rows[];
const exec_impl exec_impls_native_rows[] = {
	ROWS(distinct_rows, .prepare = prepare_distinct, .run = run_distinct),
	ROWS(ball_rows, .prepare = prepare_ball, .run = run_ball),
	ROWS(ball_rows_grad_weights, .prepare = prepare_ball_grad, .run = run_ball_grad),
	ROWS(rows_to_points, .run = run_to_points),
	ROWS(rows_norm, .prepare = prepare_norm, .run = run_norm),
	ROWS(rows_norm_apply, .prepare = prepare_norm, .run = run_apply),
	ROWS(rows_norm_grad, .prepare = prepare_grad, .run = run_grad),
	ROWS(rows_max, .prepare = prepare_max, .run = run_max),
	ROWS(rows_norm_max, .prepare = prepare_max, .run = run_norm_max),
	ROWS(rows_norm_max_grad, .prepare = prepare_max_grad, .run = run_max_grad),
	{ .op = NULL },
};
