/*
 * Pictures larger than the one size that a network takes, as predictions see them (deploy/tiles.c): in pieces of that
 * size that lie within the picture and overlap, whose probabilities are blended, so that a score is that of the masks
 * one gets.
 */
#ifndef JUDGE_PIECES_H
#define JUDGE_PIECES_H
#include "base/mode.h"
#include "deploy/predictor.h"
#include "exec/session.h"

typedef struct judge_pieces {
	float *in, *out, *pixel;
	size_t in_room, out_room, pixel_room;
	deploy_axis y, x;
	int height, width; /* that the axes are for */
} judge_pieces; /* all zero at first; reused from run to run */

/* What gives the output of a batch, f32 N x H x W x C: `user` is a session (judge_by_session), or views (turns.h).
 * `out` is valid until its next run. */
typedef secant_status (*judge_run)(void *user, const secant_tensor *in, secant_tensor *out, secant_err *err);
secant_status judge_by_session(
	void *session, const secant_tensor *in, secant_tensor *out, secant_err *err) SECANT_NODISCARD;

/*
 * Runs `in` (f32, N x H x W x C, H and W at least side) through what gives one output, f32 of the same H x W: logits,
 * or with `activated` probabilities, which `out` is then, too. Where several pieces meet, logits are those that the
 * blended probabilities have. `out` is valid until the next run of either. side 0, or a picture of that size: `run`
 * alone.
 */
secant_status judge_pieces_run(judge_pieces *p, judge_run run, void *user, base_mode mode, bool activated, int side,
	const secant_tensor *in, secant_tensor *out, secant_err *err) SECANT_NODISCARD;
void judge_pieces_free(judge_pieces *p);
#endif
