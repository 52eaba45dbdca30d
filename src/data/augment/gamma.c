/* Gamma: v becomes 255 (v / 255)^gamma, in all channels; the factor is drawn log-uniformly, so that darker and brighter
 * are as likely. */
#include "data/augment/augment.h"
#include <math.h>

typedef struct gamma_ {
	double p;
	secant_reals gamma;
} gamma_;
static const secant_opt rows[] = {
	SECANT_OPT(gamma_, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(gamma_, gamma, REALS, "gamma", "0.8,1.25", 1, 0, "limits of the exponent; above 1 darkens"),
	SECANT_OPT_END,
};
static const secant_opts options = { "gamma", sizeof(gamma_), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "gamma", &((const gamma_ *)options_)->gamma, 1, 0.05, 20, err);
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const gamma_ *o = options_;
	data_limits l = data_limits_of(&o->gamma, 1);
	double g = exp(base_rng_range(&f->rng, log(l.lo), log(l.hi)));
	float table[256];
	for (int v = 0; v < 256; v++)
		table[v] = (float)(255 * pow(v / 255., g));
	data_picture_map(f->now, f->now->channels, table);
	return SECANT_OK;
}

const data_augment data_augment_gamma = {
	.name = "gamma",
	.brief = "brightens or darkens by a power",
	.options = &options,
	.pointwise = true,
	.check = check,
	.apply = apply,
};
