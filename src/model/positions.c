/*
 * Positions of a vision transformer's patches, learnt for one size of picture, for another: the square of rows is
 * resampled as a picture, the rows of tokens before them stay. As timm does it when it loads weights (its
 * resample_abs_pos_embed), by the map of the operator resize_smooth (ops/resize_map.h): by rows, then by columns.
 */
#include "model/positions.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "ops/resize_map.h"

enum { MOST_TOKENS = 8 }; /* before the patches */

/* The side of a square of n; 0: n is none. */
static int
side_of(int64_t n)
{
	int side = (int)llround(sqrt((double)n));
	return n > 0 && (int64_t)side * side == n ? side : 0;
}

/* Along one axis: `from` is a x in x c, `to` is a x out x c. */
static void
resample(double *to, const double *from, int64_t a, int in, int out, int64_t c)
{
	for (int i = 0; i < out; i++) {
		op_smooth_window w = op_smooth_window_of(in, out, i);
		for (int64_t n = 0; n < a; n++)
			for (int64_t k = 0; k < c; k++) {
				double sum = 0;
				for (int64_t j = w.from; j < w.to; j++)
					sum += op_smooth_weight(&w, j) * from[(n * in + j) * c + k];
				to[(n * out + i) * c + k] = sum;
			}
	}
}

static secant_status
replace(secant_tensor *t, const secant_shape *shape, int tokens, int old, int now, secant_err *err)
{
	int64_t c = shape->dim[2], before = (int64_t)old * old * c, between = (int64_t)old * now * c;
	secant_tensor made;
	secant_status status = secant_tensor_new(&made, SECANT_F32, shape, err);
	if (status)
		return status;
	double *room = secant_calloc((size_t)(before + between + (int64_t)now * now * c), sizeof *room);
	if (!room) {
		secant_tensor_free(&made);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a table of positions");
	}
	double *middle = room + before, *last = middle + between;
	for (int64_t i = 0; i < before; i++)
		room[i] = secant_tensor_get(t, tokens * c + i);
	resample(middle, room, old, old, now, c);
	resample(last, middle, 1, old, now, now * c);
	for (int64_t i = 0; i < secant_shape_count(shape); i++)
		secant_tensor_set(&made, i, i < tokens * c ? secant_tensor_get(t, i) : last[i - tokens * c]);
	secant_free(room);
	secant_tensor_free(t);
	*t = made;
	return SECANT_OK;
}

secant_status
model_resample_positions(
	secant_tensors *t, const exec_store *s, const char *under, const secant_logger *log, secant_err *err)
{
	for (int i = 0; i < t->n; i++) {
		char full[512];
		const char *name = t->v[i].name, *dot = strrchr(name, '.');
		if (strcmp(dot ? dot + 1 : name, "pos_embed") != 0
			|| snprintf(full, sizeof full, "%s%s", under, name) >= (int)sizeof full)
			continue;
		const exec_slot *slot = exec_store_find(s, full);
		slot = slot ? slot : exec_store_find(s, name);
		const secant_shape *from = &t->v[i].tensor.shape, *to = slot ? &slot->type.shape : NULL;
		if (!to || to->rank != 3 || from->rank != 3 || to->dim[2] != from->dim[2] || from->dim[0] != 1
			|| to->dim[1] == from->dim[1])
			continue;
		int tokens = 0, now = 0, old = 0;
		for (; tokens <= MOST_TOKENS && !(now && old); tokens += !(now && old)) {
			now = side_of(to->dim[1] - tokens);
			old = side_of(from->dim[1] - tokens);
		}
		if (!now || !old)
			continue;
		secant_status status = replace(&t->v[i].tensor, to, tokens, old, now, err);
		if (status)
			return status;
		secant_log(log, SECANT_LOG_INFO, "weights: positions of %dx%d patches in '%s' are resampled to %dx%d", old, old,
			name, now, now);
	}
	return SECANT_OK;
}
