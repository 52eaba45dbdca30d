/*
 * Elastic distortion (after Simard, Steinkraus and Platt, 2003): every pixel is moved by a smooth random field. The
 * field is a cubic B-spline over normally distributed vectors at the knots of a grid: as smooth as a field blurred by a
 * Gaussian of about half the spacing, at a fraction of its cost.
 */
#include "data/augment/augment.h"
#include <math.h>

typedef struct elastic {
	double p;
	secant_reals strength, border_value;
	int spacing, border;
} elastic;
static const secant_opt rows[] = {
	SECANT_OPT(elastic, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(elastic, strength, REALS, "strength", "4,12", 1, 0,
		"limits of the standard deviation of the knots' shifts, in pixels"),
	SECANT_OPT(elastic, spacing, INT, "spacing", "48", 4, 4096, "distance of the knots, in pixels"),
	SECANT_OPT_CHOICE(elastic, border, "border", "reflect", DATA_BORDERS, "what lies outside"),
	SECANT_OPT(elastic, border_value, REALS, "border-value", "", 0, 255,
		"of a constant border; none: what becomes 0 by normalisation"),
	SECANT_OPT_END,
};
static const secant_opts options = { "elastic", sizeof(elastic), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "strength", &((const elastic *)options_)->strength, 0, 0, 1000, err);
}

/* Knots: rows x columns pairs (dx, dy); one more on each side than cells need. */
typedef struct field {
	const float *knots;
	int columns, spacing;
} field;

static void
weights(float t, float w[4])
{
	float u = 1 - t;
	w[0] = u * u * u / 6;
	w[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
	w[2] = (3 * u * u * u - 6 * u * u + 4) / 6;
	w[3] = t * t * t / 6;
}

static void
map(const void *how, int x, int y, int n, float *from_x, float *from_y)
{
	const field *f = how;
	float wy[4], wx[4], column[4][2];
	weights((float)(y % f->spacing) / (float)f->spacing, wy);
	const float *row = f->knots + (size_t)(y / f->spacing) * (size_t)f->columns * 2;
	for (int i = 0, cell = -1; i < n; i++) {
		if ((x + i) / f->spacing != cell) {
			cell = (x + i) / f->spacing;
			for (int k = 0; k < 4; k++)
				for (int d = 0; d < 2; d++) {
					const float *p = row + (cell + k) * 2 + d;
					column[k][d] = wy[0] * p[0] + wy[1] * p[f->columns * 2] + wy[2] * p[f->columns * 4]
						+ wy[3] * p[f->columns * 6];
				}
		}
		weights((float)((x + i) % f->spacing) / (float)f->spacing, wx);
		from_x[i] = (float)(x + i) + wx[0] * column[0][0] + wx[1] * column[1][0] + wx[2] * column[2][0]
			+ wx[3] * column[3][0];
		from_y[i] = (float)y + wx[0] * column[0][1] + wx[1] * column[1][1] + wx[2] * column[2][1]
			+ wx[3] * column[3][1];
	}
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const elastic *o = options_;
	float fill[DATA_MOST_CHANNELS];
	data_outside outside;
	int columns = (f->now->width - 1) / o->spacing + 4, lines = (f->now->height - 1) / o->spacing + 4;
	size_t n = (size_t)columns * (size_t)lines * 2;
	float *knots = data_frame_scratch(f, n, err);
	if (!knots)
		return SECANT_ERR_NOMEM;
	double strength = data_limits_draw(&o->strength, 0, &f->rng);
	for (size_t i = 0; i < n; i++)
		knots[i] = (float)(strength * base_rng_normal(&f->rng));
	secant_status s = data_frame_outside(f, o->border, &o->border_value, fill, &outside, err);
	if (s)
		return s;
	field how = { knots, columns, o->spacing };
	data_place_mapped(f->now, f->spare, map, &how, &outside);
	data_frame_swap(f);
	return SECANT_OK;
}

const data_augment data_augment_elastic = {
	.name = "elastic",
	.brief = "moves every pixel by a smooth random field",
	.options = &options,
	.check = check,
	.apply = apply,
};
