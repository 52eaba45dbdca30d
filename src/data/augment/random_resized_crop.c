/*
 * Random resized crop (Szegedy et al., 2015, as torchvision does it): a window of a random share of the picture's area
 * and a random aspect (log-uniform), scaled to the sample. Ten tries; then the largest window in the middle whose
 * aspect is allowed. It takes the place of the crop at random, so it sees the whole picture.
 */
#include "data/augment/augment.h"
#include <math.h>

typedef struct resized_crop {
	double p;
	secant_reals scale, ratio;
} resized_crop;
static const secant_opt rows[] = {
	SECANT_OPT(resized_crop, p, REAL, "p", "1", 0, 1, "probability"),
	SECANT_OPT(resized_crop, scale, REALS, "scale", "0.25,1", 1, 0, "limits of the share of the picture's area"),
	SECANT_OPT(
		resized_crop, ratio, REALS, "ratio", "0.75,1.3333", 1, 0, "limits of width to height, times the sample's own"),
	SECANT_OPT_END,
};
static const secant_opts options = { "random-resized-crop", sizeof(resized_crop), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	const resized_crop *o = options_;
	secant_status s = data_limits_check(options.name, "scale", &o->scale, 1, 1e-4, 1, err);
	return s ? s : data_limits_check(options.name, "ratio", &o->ratio, 1, 0.01, 100, err);
}

static data_window
window(const void *options_, base_rng *rng, int height, int width, int to_height, int to_width)
{
	const resized_crop *o = options_;
	data_limits ratio = data_limits_of(&o->ratio, 1);
	double own = (double)to_width / to_height;
	for (int i = 0; i < 10; i++) {
		double area = data_limits_draw(&o->scale, 1, rng) * width * height,
			   aspect = own * exp(base_rng_range(rng, log(ratio.lo), log(ratio.hi)));
		double w = floor(sqrt(area * aspect) + 0.5), h = floor(sqrt(area / aspect) + 0.5);
		if (w < 1 || h < 1 || w > width || h > height)
			continue;
		double x = base_rng_below(rng, (uint32_t)(width - (int)w) + 1),
			   y = base_rng_below(rng, (uint32_t)(height - (int)h) + 1);
		return (data_window){ x, y, w, h };
	}
	double have = (double)width / height,
		   want = have < own * ratio.lo ? own * ratio.lo
		: have > own * ratio.hi         ? own * ratio.hi
										: have;
	double w = have > want ? floor(height * want + 0.5) : width, h = have < want ? floor(width / want + 0.5) : height;
	w = w < 1 ? 1 : w;
	h = h < 1 ? 1 : h;
	return (data_window){ floor((width - w) / 2), floor((height - h) / 2), w, h };
}

const data_augment data_augment_random_resized_crop = {
	.name = "random-resized-crop",
	.brief = "a window of random area and aspect, scaled to the sample, instead of a crop",
	.options = &options,
	.check = check,
	.window = window,
};
