/*
 * Pictures in pieces (pieces.h).
 */
#include "judge/pieces.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"

enum { OVERLAP = 64 }; /* of predictions, unless --overlap says otherwise */

static secant_status
reserve(float **v, size_t *room, int64_t count, secant_err *err)
{
	if ((size_t)count <= *room)
		return SECANT_OK;
	secant_free(*v);
	*v = base_alloc_aligned((size_t)count * sizeof **v);
	*room = *v ? (size_t)count : 0;
	return *v ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a picture in pieces");
}

static secant_status
lay_out(judge_pieces *p, int height, int width, int side, secant_err *err)
{
	int overlap = OVERLAP < side / 2 ? OVERLAP : side / 2;
	if (p->height == height && p->width == width)
		return SECANT_OK;
	p->height = p->width = 0;
	deploy_axis_free(&p->y);
	deploy_axis_free(&p->x);
	secant_status status = deploy_axis_make(&p->y, height, side, overlap, err);
	if (!status && !(status = deploy_axis_make(&p->x, width, side, overlap, err)))
		p->height = height, p->width = width;
	return status;
}

/* Outputs of a pixel as probabilities, and back: within a float's reach of 0 and 1. */
static void
to_probabilities(base_mode mode, const float *v, int classes, float *to)
{
	double most = v[0], sum = 0;
	for (int k = 1; k < classes; k++)
		most = v[k] > most ? v[k] : most;
	for (int k = 0; k < classes; k++) {
		double e = mode == BASE_MODE_MULTICLASS ? exp(v[k] - most) : 1 / (1 + exp(-(double)v[k]));
		to[k] = (float)e;
		sum += e;
	}
	for (int k = 0; k < classes && mode == BASE_MODE_MULTICLASS; k++)
		to[k] = (float)(to[k] / sum);
}

static float
to_logit(base_mode mode, double p)
{
	const double least = 1e-30, rest = 1e-7;
	p = p < least ? least : p;
	return (float)(mode == BASE_MODE_MULTICLASS ? log(p) : log(p / (1 - p < rest ? rest : 1 - p)));
}

static void
take(const float *map, float *piece, const secant_shape *s, int top, int left, int side)
{
	int64_t h = s->dim[1], w = s->dim[2], c = s->dim[3];
	for (int64_t n = 0; n < s->dim[0]; n++)
		for (int y = 0; y < side; y++)
			memcpy(piece + (n * side + y) * side * c, map + ((n * h + top + y) * w + left) * c,
				(size_t)side * (size_t)c * sizeof *map);
}

/* Adds a piece's outputs with the weights of its row and column. */
static void
blend(judge_pieces *p, base_mode mode, bool activated, const secant_tensor *from, int row, int column)
{
	int side = p->y.length, classes = (int)from->shape.dim[3];
	for (int64_t n = 0; n < from->shape.dim[0]; n++)
		for (int y = 0; y < side; y++)
			for (int x = 0; x < side; x++) {
				const float *v = (const float *)from->data + ((n * side + y) * side + x) * classes;
				float *to = p->out
					+ ((n * p->height + p->y.start[row] + y) * p->width + p->x.start[column] + x) * classes;
				float weight = p->y.weight[row * side + y] * p->x.weight[column * side + x];
				if (!activated)
					to_probabilities(mode, v, classes, p->pixel);
				for (int k = 0; k < classes; k++)
					to[k] += weight * (activated ? v[k] : p->pixel[k]);
			}
}

secant_status
judge_by_session(void *session, const secant_tensor *in, secant_tensor *out, secant_err *err)
{
	return secant_session_run(session, in, out, err);
}

secant_status
judge_pieces_run(judge_pieces *p, judge_run run, void *user, base_mode mode, bool activated, int side,
	const secant_tensor *in, secant_tensor *out, secant_err *err)
{
	secant_shape all = in->shape, one = all;
	if (!side || (all.dim[1] == side && all.dim[2] == side))
		return run(user, in, out, err);
	if (all.dim[1] < side || all.dim[2] < side || in->dtype != SECANT_F32)
		return secant_fail(err, SECANT_ERR_SHAPE, "pieces of %d do not lie in a picture of %lldx%lld", side,
			(long long)all.dim[1], (long long)all.dim[2]);
	one.dim[1] = one.dim[2] = side;
	secant_status status = lay_out(p, (int)all.dim[1], (int)all.dim[2], side, err);
	if (!status)
		status = reserve(&p->in, &p->in_room, secant_shape_count(&one), err);
	for (int i = 0; i < p->y.n * p->x.n && !status; i++) {
		int row = i / p->x.n, column = i % p->x.n;
		secant_tensor piece = { SECANT_F32, one, p->in, NULL }, result = { 0 };
		take(in->data, p->in, &in->shape, p->y.start[row], p->x.start[column], side);
		if ((status = run(user, &piece, &result, err)))
			break;
		all.dim[3] = result.shape.dim[3];
		if (result.dtype != SECANT_F32 || result.shape.dim[1] != side || result.shape.dim[2] != side)
			return secant_fail(err, SECANT_ERR_SHAPE, "a piece's result has another size than the piece");
		if (!i) {
			if ((status = reserve(&p->out, &p->out_room, secant_shape_count(&all), err))
				|| (status = reserve(&p->pixel, &p->pixel_room, all.dim[3], err)))
				break;
			memset(p->out, 0, (size_t)secant_shape_count(&all) * sizeof *p->out);
		}
		blend(p, mode, activated, &result, row, column);
	}
	for (int64_t i = 0, n = status || activated ? 0 : secant_shape_count(&all); i < n; i++)
		p->out[i] = to_logit(mode, p->out[i]);
	*out = (secant_tensor){ SECANT_F32, all, p->out, NULL };
	return status;
}

void
judge_pieces_free(judge_pieces *p)
{
	secant_free(p->in);
	secant_free(p->out);
	secant_free(p->pixel);
	deploy_axis_free(&p->y);
	deploy_axis_free(&p->x);
	*p = (judge_pieces){ 0 };
}
