/*
 * Neighbours in clouds. Threads share the clouds; where there are fewer than threads, the centres or points of each, or
 * for sums by index the channels: a sum has one order, and no two threads write one number. Only farthest points, of
 * which each waits for the one before, leave threads idle.
 */
#include "exec/native/native.h"
#include "kernels/points.h"

static const float *
cloud(const exec_step *s, int i, const void *p, int64_t n)
{
	return (const float *)p + n * s->in[i].shape.dim[1] * s->in[i].shape.dim[3];
}

/* ---- farthest points ---- */

static size_t
room(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

static secant_status
prepare_farthest(exec_step *s, secant_err *err)
{
	s->scratch = room(kernel_points_best()->farthest_scratch(s->in[0].shape.dim[1])) * (size_t)s->threads;
	return SECANT_OK;
}

static secant_status
run_farthest(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_farthest_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape;
	size_t each = room(kernel_points_best()->farthest_scratch(x->dim[1]));
	int parts = exec_parts(s, x->dim[0] * x->dim[1] * 64);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t n = exec_part(x->dim[0], parts, t), end = exec_part(x->dim[0], parts, t + 1); n < end; n++)
			kernel_points_best()->farthest((int32_t *)out[0] + n * a->count, a->count, a->start, cloud(s, 0, in[0], n),
				x->dim[3], x->dim[1], (char *)scratch + (size_t)t * each);
	return SECANT_OK;
}

/* ---- ball query ---- */

static secant_status
prepare_ball(exec_step *s, secant_err *err)
{
	int64_t n = s->in[0].shape.dim[1];
	s->scratch = (room(kernel_points_best()->grid_scratch(n)) + room(kernel_points_best()->ball_scratch(n)))
		* (size_t)s->threads;
	return SECANT_OK;
}

static secant_status
run_ball(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const kernel_points_kernels *k = kernel_points_best();
	const op_ball_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape, *c = &s->in[1].shape;
	size_t grid = room(k->grid_scratch(x->dim[1])), each = grid + room(k->ball_scratch(x->dim[1]));
	int parts = exec_parts(s, x->dim[0] * (x->dim[1] + c->dim[1]) * 64);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		char *own = (char *)scratch + (size_t)t * each;
		int64_t made = -1;
		/* centres of all clouds in one row; a thread makes the grids of the clouds it meets */
		for (int64_t i = exec_part(x->dim[0] * c->dim[1], parts, t),
					 end = exec_part(x->dim[0] * c->dim[1], parts, t + 1), m;
			 i < end; i += m) {
			int64_t n = i / c->dim[1], rest = (n + 1) * c->dim[1] - i;
			m = rest < end - i ? rest : end - i;
			if (n != made)
				k->grid(cloud(s, 0, in[0], n), x->dim[3], x->dim[1], (float)a->radius, own);
			made = n;
			k->ball((int32_t *)out[0] + i * a->samples, a->samples, a->open, (const float *)in[1] + i * c->dim[3],
				c->dim[3], m, own, own + grid);
		}
	}
	return SECANT_OK;
}

/* ---- three nearest ---- */

static secant_status
prepare_nearest(exec_step *s, secant_err *err)
{
	s->scratch = (size_t)exec_out_count(s, 0) * sizeof(int32_t); /* for the output that nobody reads */
	return SECANT_OK;
}

static secant_status
run_nearest(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_nearest_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape, *o = &s->in[1].shape;
	int64_t k = s->out[0].shape.dim[2], rows = x->dim[0] * x->dim[1];
	int32_t *index = out[1] ? out[1] : scratch;
	float *w = out[0] ? out[0] : scratch; /* distances first, then weights */
	int parts = exec_parts(s, rows * o->dim[1]);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1), m; i < end; i += m) {
			int64_t n = i / x->dim[1], rest = (n + 1) * x->dim[1] - i;
			m = rest < end - i ? rest : end - i;
			kernel_points_best()->nearest(index + i * k, w + i * k, (const float *)in[0] + i * x->dim[3], x->dim[3], m,
				cloud(s, 1, in[1], n), o->dim[3], o->dim[1]);
			for (int64_t r = i; r < i + m; r++) {
				float sum = 0, eps = (float)a->eps;
				for (int64_t j = r * k; j < r * k + k; j++)
					sum += w[j] = 1 / (a->clamp ? (w[j] > eps ? w[j] : eps) : w[j] + eps);
				for (int64_t j = r * k; j < r * k + k; j++)
					w[j] /= sum;
			}
		}
	return SECANT_OK;
}

/* ---- by index ---- */

static int64_t
index_at(const exec_step *s, const void *p, int64_t i, int64_t points)
{
	int64_t v = exec_load_index(p, s->in[1].dtype, i);
	return v >= 0 && v < points ? v : -1;
}

static secant_status
run_group(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	int64_t rows = exec_rows(y), each = y->dim[1] * y->dim[2];
	size_t size = (size_t)x->dim[3] * secant_dtype_size(s->out[0].dtype);
	int parts = exec_parts(s, rows * x->dim[3]);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1); i < end; i++) {
			int64_t p = index_at(s, in[1], i, x->dim[1]);
			char *to = (char *)out[0] + (size_t)i * size;
			if (p < 0)
				memset(to, 0, size);
			else
				memcpy(to, (const char *)in[0] + (size_t)(i / each * x->dim[1] + p) * size, size);
		}
	return SECANT_OK;
}

static secant_status
run_interpolate(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	int64_t rows = y->dim[0] * y->dim[1], k = s->in[1].shape.dim[2], c = x->dim[3];
	int parts = exec_parts(s, rows * c);
	bool low = exec_low_in(s);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1); i < end; i++) {
			const void *row[3] = { NULL, NULL, NULL };
			for (int64_t j = 0; j < k && j < 3; j++) {
				int64_t p = index_at(s, in[1], i * k + j, x->dim[1]);
				row[j] = p < 0 ? NULL : kernel_at(in[0], (i / y->dim[1] * x->dim[1] + p) * c, low);
			}
			kernel_points_best()->combine(
				kernel_at_mut(out[0], i * c, low), row, (const float *)in[2] + i * k, (int)k, low, c);
		}
	return SECANT_OK;
}

static bool
supports_interpolate(const exec_step *s)
{
	return exec_native_supports(s) && s->in[1].shape.dim[2] <= 3;
}

/* Row i / per_row of dy, times w[i] or 1, is added to the row that index i names. */
static void
scatter(const exec_step *s, const void *dy, const void *index, const float *w, float *sum, int64_t per_row)
{
	const secant_shape *y = &s->out[0].shape;
	int64_t c = y->dim[3], clouds = y->dim[0], each = clouds ? exec_in_count(s, 1) / clouds : 0;
	int parts = exec_parts(s, clouds * each * c);
	bool low = exec_low_in(s), inside = clouds < parts;
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = inside ? exec_part(c, parts, t) : 0, to = inside ? exec_part(c, parts, t + 1) : c;
		int64_t n = inside ? 0 : exec_part(clouds, parts, t), end = inside ? clouds : exec_part(clouds, parts, t + 1);
		for (int64_t i = n * y->dim[1]; i < end * y->dim[1]; i++)
			memset(sum + i * c + from, 0, (size_t)(to - from) * sizeof *sum);
		for (int64_t i = n * each; i < end * each; i++) {
			int64_t p = index_at(s, index, i, y->dim[1]);
			if (p >= 0)
				kernel_points_best()->add(sum + (i / each * y->dim[1] + p) * c + from,
					kernel_at(dy, i / per_row * c + from, low), low, w ? w[i] : 1, to - from);
		}
	}
}

static secant_status
run_group_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	scatter(s, in[0], in[1], NULL, out[0], 1);
	return SECANT_OK;
}

static secant_status
run_interpolate_grad(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	scatter(s, in[0], in[1], in[2], out[0], s->in[1].shape.dim[2] ? s->in[1].shape.dim[2] : 1);
	return SECANT_OK;
}

#define POINTS(op_name, ...) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, __VA_ARGS__ \
	}
extern const exec_impl exec_impls_native_points[];
const exec_impl exec_impls_native_points[] = {
	POINTS(farthest_points, .prepare = prepare_farthest, .run = run_farthest),
	POINTS(ball_query, .prepare = prepare_ball, .run = run_ball),
	POINTS(three_nearest, .prepare = prepare_nearest, .run = run_nearest),
	POINTS(group_points, .run = run_group),
	POINTS(group_points_grad, .run = run_group_grad),
	{ .op = "interpolate_points", .name = "native", .supports = supports_interpolate, .run = run_interpolate },
	POINTS(interpolate_points_grad, .run = run_interpolate_grad),
	{ .op = NULL },
};
