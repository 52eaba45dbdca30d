/*
 * Shift, scale, rotate, aspect in one warp. About the middle of the picture, pixel centres at whole numbers:
 *
 *   scale x = scale * sqrt(aspect), scale y = scale / sqrt(aspect), then rotate counter-clockwise by the angle, then
 *   shift by a share of
 *   the sides.
 *
 * `compat` makes the matrix of the D-LinkNet family's data.py instead: [[cos sx, -sin sy], [sin sx, cos sx]] about
 * (w/2, h/2), shifts rounded to whole pixels, in which sy has no effect without rotation. Only to reproduce old runs.
 */
#include "data/augment/augment.h"
#include <math.h>

typedef struct ssr {
	double p;
	secant_reals shift, scale, rotate, aspect, border_value;
	int border;
	bool compat;
} ssr;
static const secant_opt rows[] = {
	SECANT_OPT(ssr, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(ssr, shift, REALS, "shift", "0.0625", 1, 0,
		"limits of the shift, as a share of width and height; one number v: -v,v"),
	SECANT_OPT(ssr, scale, REALS, "scale", "0.1", 1, 0, "limits of the scale; one number v: 1-v,1+v"),
	SECANT_OPT(ssr, rotate, REALS, "rotate", "45", 1, 0,
		"limits of the rotation, in degrees counter-clockwise; one number v: -v,v"),
	SECANT_OPT(ssr, aspect, REALS, "aspect", "0", 1, 0, "limits of width to height; one number v: 1-v,1+v"),
	SECANT_OPT_CHOICE(ssr, border, "border", "constant", DATA_BORDERS, "what lies outside"),
	SECANT_OPT(ssr, border_value, REALS, "border-value", "", 0, 255,
		"of a constant border; none: what becomes 0 by normalisation"),
	SECANT_OPT(ssr, compat, BOOL, "compat", "false", 0, 0, "the matrix of D-LinkNet's data.py"),
	SECANT_OPT_END,
};
static const secant_opts options = { "shift-scale-rotate", sizeof(ssr), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	const ssr *o = options_;
	secant_status s = data_limits_check(options.name, "shift", &o->shift, 0, -2, 2, err);
	if (!s)
		s = data_limits_check(options.name, "scale", &o->scale, 1, 0.01, 100, err);
	if (!s)
		s = data_limits_check(options.name, "rotate", &o->rotate, 0, -360, 360, err);
	return s ? s : data_limits_check(options.name, "aspect", &o->aspect, 1, 0.01, 100, err);
}

static data_affine
invert(double a, double b, double c, double d, double mx, double my, double dx, double dy)
{
	/* target = M (source - m) + m + d, so source = M^-1 (target - m - d) + m. */
	double det = a * d - b * c;
	data_affine m = { d / det, -b / det, 0, -c / det, a / det, 0 };
	m.x = mx - m.xx * (mx + dx) - m.xy * (my + dy);
	m.y = my - m.yx * (mx + dx) - m.yy * (my + dy);
	return m;
}

static data_affine
draw(const ssr *o, base_rng *rng, int width, int height)
{
	double angle = data_limits_draw(&o->rotate, 0, rng) * (M_PI / 180), scale = data_limits_draw(&o->scale, 1, rng),
		   aspect = data_limits_draw(&o->aspect, 1, rng);
	double dx = data_limits_draw(&o->shift, 0, rng) * width, dy = data_limits_draw(&o->shift, 0, rng) * height;
	double sx = scale * sqrt(aspect), sy = scale / sqrt(aspect), cosine = cos(angle), sine = sin(angle);
	if (o->compat)
		return invert(
			cosine * sx, -sine * sy, sine * sy, cosine * sx, width / 2., height / 2., nearbyint(dx), nearbyint(dy));
	/* y points down: counter-clockwise is [[cos, sin], [-sin, cos]]. */
	return invert(cosine * sx, sine * sy, -sine * sx, cosine * sy, (width - 1) / 2., (height - 1) / 2., dx, dy);
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const ssr *o = options_;
	float fill[DATA_MOST_CHANNELS];
	data_outside outside;
	data_affine m = draw(o, &f->rng, f->now->width, f->now->height);
	secant_status s = data_frame_outside(f, o->border, &o->border_value, fill, &outside, err);
	if (s)
		return s;
	data_frame_warp(f, &m, &outside);
	return SECANT_OK;
}

const data_augment data_augment_shift_scale_rotate = {
	.name = "shift-scale-rotate",
	.brief = "shifts, scales, rotates and stretches",
	.options = &options,
	.moves = true,
	.check = check,
	.apply = apply,
};
