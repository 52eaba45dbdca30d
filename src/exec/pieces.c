/*
 * Pictures in pieces (pieces.h).
 */
#include "exec/pieces.h"
#include <string.h>
#include "base/mem.h"

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

/* One piece out of a map of `width` columns, or into it; rows of side * channels numbers. */
static void
move(float *map, float *piece, const secant_shape *s, int64_t picture, int64_t top, int64_t left, int side, bool out)
{
	int64_t h = s->dim[1], w = s->dim[2], c = s->dim[3];
	size_t row = (size_t)side * (size_t)c * sizeof *map;
	for (int y = 0; y < side; y++) {
		float *at = map + ((picture * h + top + y) * w + left) * c, *line = piece + (picture * side + y) * side * c;
		memcpy(out ? line : at, out ? at : line, row);
	}
}

secant_status
exec_pieces_run(
	exec_pieces *p, secant_session *session, int side, const secant_tensor *in, secant_tensor *out, secant_err *err)
{
	secant_shape all = in->shape, one = all, made = all;
	if (!side || (all.dim[1] == side && all.dim[2] == side))
		return secant_session_run(session, in, out, err);
	if (all.dim[1] % side || all.dim[2] % side || in->dtype != SECANT_F32)
		return secant_fail(err, SECANT_ERR_SHAPE, "pieces of %d do not cover a picture of %lldx%lld", side,
			(long long)all.dim[1], (long long)all.dim[2]);
	one.dim[1] = one.dim[2] = side;
	secant_status status = reserve(&p->in, &p->in_room, secant_shape_count(&one), err);
	for (int64_t y = 0; y < all.dim[1] && !status; y += side)
		for (int64_t x = 0; x < all.dim[2] && !status; x += side) {
			secant_tensor piece = { SECANT_F32, one, p->in, NULL }, result = { 0 };
			for (int64_t n = 0; n < all.dim[0]; n++)
				move(in->data, p->in, &all, n, y, x, side, true);
			if ((status = secant_session_run(session, &piece, &result, err)))
				break;
			made.dim[3] = result.shape.dim[3];
			if (result.dtype != SECANT_F32 || result.shape.dim[1] != side || result.shape.dim[2] != side)
				status = secant_fail(err, SECANT_ERR_SHAPE, "a piece's result has another size than the piece");
			else if (!(status = reserve(&p->out, &p->out_room, secant_shape_count(&made), err)))
				for (int64_t n = 0; n < all.dim[0]; n++)
					move(p->out, result.data, &made, n, y, x, side, false);
		}
	*out = (secant_tensor){ SECANT_F32, made, p->out, NULL };
	return status;
}

void
exec_pieces_free(exec_pieces *p)
{
	secant_free(p->in);
	secant_free(p->out);
	*p = (exec_pieces){ 0 };
}
