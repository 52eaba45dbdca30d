/*
 * The augmentation of MindSpore's U-Nets (official/cv/Unet, its multi-class data path): a picture is stretched to a
 * random height and width, each 1 to 1.5 times the sample's, and a sample is cut out of it at random; then with
 * probability 0.5 it is flipped, one way, the other, or both, each as likely. Here the window that is cut is scaled at
 * once, which is the same but for one rounding.
 */
#include "data/augment/augment.h"

typedef struct stretch_crop {
	double p, most;
} stretch_crop;
static const secant_opt crop_rows[] = {
	SECANT_OPT(stretch_crop, p, REAL, "p", "1", 0, 1, "probability"),
	SECANT_OPT(stretch_crop, most, REAL, "most", "1.5", 1, 16, "how many times as high and wide, at most"),
	SECANT_OPT_END,
};
static const secant_opts crop_options = { "stretch-crop", sizeof(stretch_crop), crop_rows };

/* Where `to` numbers lie in `all`, after these were stretched to between `to` and most times `to`. */
static void
draw(base_rng *rng, double most, int all, int to, double *at, double *length)
{
	uint32_t range = (uint32_t)((most - 1) * to);
	int stretched = to + (int)(range ? base_rng_below(rng, range) : 0);
	int first = (int)base_rng_below(rng, (uint32_t)(stretched - to) + 1);
	*at = (double)first * all / stretched;
	*length = (double)to * all / stretched;
}

static data_window
window(const void *own, base_rng *rng, int height, int width, int to_height, int to_width)
{
	const stretch_crop *o = own;
	data_window w;
	draw(rng, o->most, width, to_width, &w.x, &w.width);
	draw(rng, o->most, height, to_height, &w.y, &w.height);
	return w;
}

const data_augment data_augment_stretch_crop = {
	.name = "stretch-crop",
	.brief = "stretches each side at random and cuts a sample out (MindSpore's U-Nets)",
	.options = &crop_options,
	.window = window,
};

typedef struct flip {
	double p;
} flip;
static const secant_opt flip_rows[] = {
	SECANT_OPT(flip, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT_END,
};
static const secant_opts flip_options = { "flip-any", sizeof(flip), flip_rows };

static secant_status
flip_any(const void *o, data_frame *f, secant_err *err)
{
	static const int turns[] = { DATA_TURN_FLIP_H, DATA_TURN_FLIP_V, DATA_TURN_FLIP_H | DATA_TURN_FLIP_V };
	f->turn = data_turn_then(f->turn, turns[base_rng_below(&f->rng, 3)]);
	return SECANT_OK;
}

const data_augment data_augment_flip_any = {
	.name = "flip-any",
	.brief = "flips left and right, up and down, or both, each as likely",
	.options = &flip_options,
	.moves = true,
	.apply = flip_any,
};
