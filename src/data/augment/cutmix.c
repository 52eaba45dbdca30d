/* Cutmix (Yun et al., 2019): a rectangle is replaced, picture and labels, by the same place of another sample of the
 * data set. */
#include "data/augment/augment.h"
#include "data/augment/paste.h"
#include <math.h>

typedef struct cutmix {
	double p;
	secant_reals area;
} cutmix;
static const secant_opt rows[] = {
	SECANT_OPT(cutmix, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(cutmix, area, REALS, "area", "0.1,0.5", 1, 0, "limits of the rectangle's area, share of the sample's"),
	SECANT_OPT_END,
};
static const secant_opts options = { "cutmix", sizeof(cutmix), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "area", &((const cutmix *)options_)->area, 0, 0, 1, err);
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const cutmix *o = options_;
	data_picture *p = f->now;
	double side = sqrt(data_limits_draw(&o->area, 0, &f->rng));
	int height = (int)(side * p->height + 0.5), width = (int)(side * p->width + 0.5);
	int y = (int)base_rng_below(&f->rng, (uint32_t)(p->height - height) + 1),
		x = (int)base_rng_below(&f->rng, (uint32_t)(p->width - width) + 1);
	secant_status s = f->partner(f->user, f, &f->guest, err);
	if (!s)
		data_picture_paste(&f->guest, p, x, y, width, height);
	return s;
}

const data_augment data_augment_cutmix = { .name = "cutmix",
	.brief = "replaces a rectangle by another sample's",
	.options = &options,
	.mixes = true,
	.check = check,
	.apply = apply };
