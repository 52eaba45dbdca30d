/*
 * Pictures larger than the one size that a network takes: they are cut into pieces of that size side by side, and the
 * results put together. Whoever wants pieces to overlap cuts them himself (deploy/tiles.c).
 */
#ifndef EXEC_PIECES_H
#define EXEC_PIECES_H
#include "exec/session.h"

typedef struct exec_pieces {
	float *in, *out;
	size_t in_room, out_room;
} exec_pieces; /* all zero at first; reused from run to run */

/*
 * Runs `in` (f32, N x H x W x C, H and W multiples of side) through a session that gives one output, f32 of the same
 * H x W. `out` is valid until the next run of either. side 0, or a picture of that size: the session alone.
 */
secant_status exec_pieces_run(exec_pieces *p, secant_session *s, int side, const secant_tensor *in, secant_tensor *out,
	secant_err *err) SECANT_NODISCARD;
void exec_pieces_free(exec_pieces *p);
#endif
