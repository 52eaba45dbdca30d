/*
 * Flips and quarter turns. Flipping left and right, up and down and a quarter turn, each with p 0.5, give the eight
 * ways to lay a square with equal probability. They are noted and made at once, later, together with a warp before or
 * after them (frame.c). A quarter turn is counter-clockwise; a picture that is not square makes a half turn instead,
 * since its batch has one size.
 */
#include "data/augment/augment.h"

typedef struct turn {
	double p;
} turn;
static const secant_opt rows[] = {
	SECANT_OPT(turn, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT_END,
};
static const secant_opts options = { "turn", sizeof(turn), rows };

static secant_status
flip_h(const void *o, data_frame *f, secant_err *err)
{
	f->turn = data_turn_then(f->turn, DATA_TURN_FLIP_H);
	return SECANT_OK;
}

static secant_status
flip_v(const void *o, data_frame *f, secant_err *err)
{
	f->turn = data_turn_then(f->turn, DATA_TURN_FLIP_V);
	return SECANT_OK;
}

static secant_status
rotate90(const void *o, data_frame *f, secant_err *err)
{
	bool square = f->now->width == f->now->height;
	f->turn = data_turn_then(
		f->turn, square ? DATA_TURN_TRANSPOSE | DATA_TURN_FLIP_V : DATA_TURN_FLIP_H | DATA_TURN_FLIP_V);
	return SECANT_OK;
}

static secant_status
transpose(const void *o, data_frame *f, secant_err *err)
{
	if (f->now->width == f->now->height)
		f->turn = data_turn_then(f->turn, DATA_TURN_TRANSPOSE);
	return SECANT_OK;
}

const data_augment data_augment_flip_h = {
	.name = "flip-h", .brief = "flips left and right", .options = &options, .moves = true, .apply = flip_h
};
const data_augment data_augment_flip_v = {
	.name = "flip-v", .brief = "flips up and down", .options = &options, .moves = true, .apply = flip_v
};
const data_augment data_augment_rotate90 = {
	.name = "rotate90",
	.brief = "a quarter turn counter-clockwise (a half turn where the sample is not square)",
	.options = &options,
	.moves = true,
	.apply = rotate90,
};
const data_augment data_augment_transpose = {
	.name = "transpose",
	.brief = "mirrors at the main diagonal (square samples only)",
	.options = &options,
	.moves = true,
	.apply = transpose,
};
