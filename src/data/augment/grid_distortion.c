/*
 * Grid distortion: the picture is cut into steps x steps cells whose sides are stretched by random factors 1 + limit
 * and scaled back to the whole; within a cell places go linearly. Lines of the grid stay straight.
 */
#include "data/augment/augment.h"

enum { MOST_STEPS = 64 };
typedef struct grid {
	double p;
	int steps, border;
	secant_reals limit, border_value;
} grid;
static const secant_opt rows[] = {
	SECANT_OPT(grid, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(grid, steps, INT, "steps", "5", 1, MOST_STEPS, "cells along each side"),
	SECANT_OPT(grid, limit, REALS, "limit", "0.3", 1, 0, "limits of the stretching; one number v: -v,v"),
	SECANT_OPT_CHOICE(grid, border, "border", "reflect", DATA_BORDERS, "what lies outside"),
	SECANT_OPT(grid, border_value, REALS, "border-value", "", 0, 255,
		"of a constant border; none: what becomes 0 by normalisation"),
	SECANT_OPT_END,
};
static const secant_opts options = { "grid-distortion", sizeof(grid), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "limit", &((const grid *)options_)->limit, 0, -0.9, 10, err);
}

/* Lines of the grid along one side: where they are drawn, and where they come from. */
typedef struct lines {
	int n;
	double to[MOST_STEPS + 1], from[MOST_STEPS + 1];
} lines;
typedef struct both {
	lines x, y;
} both;

static void
draw(lines *l, const grid *o, base_rng *rng, int side)
{
	double sum = 0, step[MOST_STEPS];
	l->n = o->steps;
	for (int i = 0; i < l->n; i++)
		sum += step[i] = 1 + data_limits_draw(&o->limit, 0, rng);
	l->to[0] = l->from[0] = 0;
	for (int i = 0; i < l->n; i++) {
		l->to[i + 1] = (double)side * (i + 1) / l->n;
		l->from[i + 1] = l->from[i] + side * step[i] / sum;
	}
}

static double
look_up(const lines *l, int i)
{
	double at = i + 0.5;
	int k = (int)(at * l->n / l->to[l->n]);
	k = k < l->n ? k : l->n - 1;
	return l->from[k] + (at - l->to[k]) * (l->from[k + 1] - l->from[k]) / (l->to[k + 1] - l->to[k]) - 0.5;
}

static void
map(const void *how, int x, int y, int n, float *from_x, float *from_y)
{
	const both *b = how;
	float v = (float)look_up(&b->y, y);
	for (int i = 0; i < n; i++) {
		from_x[i] = (float)look_up(&b->x, x + i);
		from_y[i] = v;
	}
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const grid *o = options_;
	float fill[DATA_MOST_CHANNELS];
	data_outside outside;
	both b;
	draw(&b.x, o, &f->rng, f->now->width);
	draw(&b.y, o, &f->rng, f->now->height);
	secant_status s = data_frame_outside(f, o->border, &o->border_value, fill, &outside, err);
	if (s)
		return s;
	data_place_mapped(f->now, f->spare, map, &b, &outside);
	data_frame_swap(f);
	return SECANT_OK;
}

const data_augment data_augment_grid_distortion = {
	.name = "grid-distortion",
	.brief = "stretches the cells of a grid",
	.options = &options,
	.check = check,
	.apply = apply,
};
