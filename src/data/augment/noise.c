/*
 * Gaussian noise, added to all channels. Drawn from a table of 4096 quantiles of the normal distribution by xorshift64*
 * (Vigna, 2016), which is seeded from the sample's stream: a million draws cost a millisecond.
 */
#include "data/augment/augment.h"
#include "data/augment/colour.h"
#include <math.h>
#include <pthread.h>

enum { QUANTILES = 4096 };
typedef struct noise {
	double p;
	secant_reals deviation;
	bool per_channel;
} noise;
static const secant_opt rows[] = {
	SECANT_OPT(noise, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(noise, deviation, REALS, "deviation", "2,10", 1, 0, "limits of the standard deviation, of 255"),
	SECANT_OPT(noise, per_channel, BOOL, "per-channel", "true", 0, 0, "each channel has its own noise"),
	SECANT_OPT_END,
};
static const secant_opts options = { "noise", sizeof(noise), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "deviation", &((const noise *)options_)->deviation, 0, 0, 255, err);
}

static float quantile[QUANTILES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Quantiles at (i + .5) / 4096 by bisection of the distribution function, scaled to deviation 1. */
static void
fill_quantiles(void)
{
	double squares = 0, v[QUANTILES];
	for (int i = 0; i < QUANTILES; i++) {
		double want = (i + 0.5) / QUANTILES, lo = -6, hi = 6;
		for (int k = 0; k < 60; k++) {
			double mid = (lo + hi) / 2;
			if (0.5 * erfc(-mid / sqrt(2)) < want)
				lo = mid;
			else
				hi = mid;
		}
		v[i] = (lo + hi) / 2;
		squares += v[i] * v[i];
	}
	for (int i = 0; i < QUANTILES; i++)
		quantile[i] = (float)(v[i] / sqrt(squares / QUANTILES));
}

static uint64_t
step(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1Du;
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const noise *o = options_;
	data_picture *p = f->now;
	pthread_once(&once, fill_quantiles);
	float deviation = (float)data_limits_draw(&o->deviation, 0, &f->rng);
	uint64_t high = base_rng_u32(&f->rng), state = high << 32 | base_rng_u32(&f->rng) | 1, bits = 0;
	size_t n = (size_t)p->width * (size_t)p->height, repeat = o->per_channel ? 1 : (size_t)p->channels;
	n = n * (size_t)p->channels / repeat;
	for (size_t i = 0; i < n; i++) {
		bits = i % 4 ? bits >> 16 : step(&state);
		float v = quantile[bits & (QUANTILES - 1)] * deviation;
		for (size_t k = i * repeat; k < (i + 1) * repeat; k++)
			data_picture_set(p, k, data_picture_value(p, k) + v);
	}
	return SECANT_OK;
}

const data_augment data_augment_noise = {
	.name = "noise",
	.brief = "adds Gaussian noise",
	.options = &options,
	.pointwise = true,
	.check = check,
	.apply = apply,
};
