/* Mosaic (Bochkovskiy et al., 2020): the sample keeps one quarter around a random centre; three others of the data set
 * fill the rest. */
#include "data/augment/augment.h"
#include "data/augment/paste.h"

typedef struct mosaic {
	double p;
	secant_reals centre;
} mosaic;
static const secant_opt rows[] = {
	SECANT_OPT(mosaic, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(mosaic, centre, REALS, "centre", "0.3,0.7", 1, 0, "limits of where the four meet, share of the sides"),
	SECANT_OPT_END,
};
static const secant_opts options = { "mosaic", sizeof(mosaic), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "centre", &((const mosaic *)options_)->centre, 0, 0, 1, err);
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const mosaic *o = options_;
	data_picture *p = f->now;
	int x = (int)(data_limits_draw(&o->centre, 0, &f->rng) * p->width + 0.5),
		y = (int)(data_limits_draw(&o->centre, 0, &f->rng) * p->height + 0.5);
	int own = (int)base_rng_below(&f->rng, 4);
	for (int q = 0; q < 4; q++) {
		if (q == own)
			continue;
		secant_status s = f->partner(f->user, f, &f->guest, err);
		if (s)
			return s;
		data_picture_paste(
			&f->guest, p, q & 1 ? x : 0, q & 2 ? y : 0, q & 1 ? p->width - x : x, q & 2 ? p->height - y : y);
	}
	return SECANT_OK;
}

const data_augment data_augment_mosaic = { .name = "mosaic",
	.brief = "puts four samples together",
	.options = &options,
	.mixes = true,
	.check = check,
	.apply = apply };
