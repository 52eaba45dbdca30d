/*
 * Mixup (Zhang et al., 2017): the sample and another one of the data set are blended, w a + (1 - w) b with w from
 * Beta(alpha, alpha), turned so that w is at least a half. Labels are classes, which cannot be blended: they stay those
 * of the heavier sample, or are left out where the two differ.
 */
#include "data/augment/augment.h"
#include "data/augment/colour.h"
#include <math.h>

typedef struct mixup {
	double p, alpha;
	int differ;
} mixup;
static const secant_opt rows[] = {
	SECANT_OPT(mixup, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(mixup, alpha, REAL, "alpha", "0.4", 0.1, 4, "both parameters of the Beta distribution of the weight"),
	SECANT_OPT_CHOICE(mixup, differ, "differ", "heavier", "heavier|ignore",
		"labels where the two samples differ: the heavier one's, or left out"),
	SECANT_OPT_END,
};
static const secant_opts options = { "mixup", sizeof(mixup), rows };

/* Johnk's method. */
static double
draw_beta(base_rng *rng, double a)
{
	for (int i = 0; i < 1000; i++) {
		double x = pow(base_rng_uniform(rng), 1 / a), y = pow(base_rng_uniform(rng), 1 / a);
		if (x + y > 0 && x + y <= 1)
			return x / (x + y);
	}
	return 0.5;
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const mixup *o = options_;
	data_picture *p = f->now, *other = &f->guest;
	double w = draw_beta(&f->rng, o->alpha);
	float weight = (float)(w < 0.5 ? 1 - w : w);
	secant_status s = f->partner(f->user, f, other, err);
	if (s)
		return s;
	size_t n = (size_t)p->width * (size_t)p->height;
	for (size_t i = 0; i < n * (size_t)p->channels; i++) {
		float b = data_picture_value(other, i);
		data_picture_set(p, i, b + (data_picture_value(p, i) - b) * weight);
	}
	for (size_t i = 0; p->labels && o->differ == 1 && i < n; i++)
		if (p->labels[i] != other->labels[i])
			p->labels[i] = DATA_LABEL_IGNORE;
	return SECANT_OK;
}

const data_augment data_augment_mixup = {
	.name = "mixup", .brief = "blends in another sample", .options = &options, .mixes = true, .apply = apply
};
