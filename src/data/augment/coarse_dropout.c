/* Coarse dropout (cutout; DeVries and Taylor, 2017): rectangles are filled. Labels stay, or are left out of loss and
 * metrics there. */
#include "data/augment/augment.h"
#include "data/augment/colour.h"

typedef struct dropout {
	double p;
	secant_reals holes, height, width, fill;
	int labels;
} dropout;
static const secant_opt rows[] = {
	SECANT_OPT(dropout, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(dropout, holes, REALS, "holes", "1,8", 1, 0, "limits of their number"),
	SECANT_OPT(dropout, height, REALS, "height", "0.05,0.2", 1, 0, "limits of their height, share of the sample's"),
	SECANT_OPT(dropout, width, REALS, "width", "0.05,0.2", 1, 0, "limits of their width, share of the sample's"),
	SECANT_OPT(dropout, fill, REALS, "fill", "", 0, 255, "a number a channel; none: what becomes 0 by normalisation"),
	SECANT_OPT_CHOICE(
		dropout, labels, "labels", "keep", "keep|ignore", "what becomes of the labels: they stay, or do not count"),
	SECANT_OPT_END,
};
static const secant_opts options = { "coarse-dropout", sizeof(dropout), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	const dropout *o = options_;
	secant_status s = data_limits_check(options.name, "holes", &o->holes, 0, 0, 10000, err);
	if (!s)
		s = data_limits_check(options.name, "height", &o->height, 0, 0, 1, err);
	return s ? s : data_limits_check(options.name, "width", &o->width, 0, 0, 1, err);
}

static void
fill_hole(data_picture *p, int x, int y, int width, int height, const float *fill, bool ignore)
{
	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++) {
			size_t i = (size_t)row * (size_t)p->width + (size_t)column;
			for (int c = 0; c < p->channels; c++)
				data_picture_set(p, i * (size_t)p->channels + (size_t)c, fill[c]);
			if (ignore && p->labels)
				p->labels[i] = DATA_LABEL_IGNORE;
		}
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const dropout *o = options_;
	data_picture *p = f->now;
	float fill[DATA_MOST_CHANNELS];
	data_outside unused;
	secant_status s = data_frame_outside(f, DATA_BORDER_CONSTANT, &o->fill, fill, &unused, err);
	int n = s ? 0 : data_limits_draw_whole(&o->holes, 0, &f->rng);
	for (int i = 0; i < n; i++) {
		int height = (int)(data_limits_draw(&o->height, 0, &f->rng) * p->height + 0.5),
			width = (int)(data_limits_draw(&o->width, 0, &f->rng) * p->width + 0.5);
		int y = (int)base_rng_below(&f->rng, (uint32_t)(p->height - height) + 1),
			x = (int)base_rng_below(&f->rng, (uint32_t)(p->width - width) + 1);
		fill_hole(p, x, y, width, height, fill, o->labels == 1);
	}
	return s;
}

const data_augment data_augment_coarse_dropout = {
	.name = "coarse-dropout",
	.brief = "fills rectangles",
	.options = &options,
	.check = check,
	.apply = apply,
};
