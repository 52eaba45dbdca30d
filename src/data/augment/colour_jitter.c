/*
 * Colour jitter: brightness (times a factor), contrast (about the mean luma), saturation (away from or towards the
 * luma), hue (a share of the circle), in this order. Channels from the fourth on are left alone; saturation and hue
 * need three.
 */
#include "data/augment/augment.h"
#include "data/augment/colour.h"

typedef struct jitter {
	double p;
	secant_reals brightness, contrast, saturation, hue;
} jitter;
static const secant_opt rows[] = {
	SECANT_OPT(jitter, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(jitter, brightness, REALS, "brightness", "0.2", 1, 0, "limits of the factor; one number v: 1-v,1+v"),
	SECANT_OPT(jitter, contrast, REALS, "contrast", "0.2", 1, 0, "limits of the factor; one number v: 1-v,1+v"),
	SECANT_OPT(jitter, saturation, REALS, "saturation", "0.2", 1, 0, "limits of the factor; one number v: 1-v,1+v"),
	SECANT_OPT(jitter, hue, REALS, "hue", "0.03", 1, 0,
		"limits of the turn of the hue, share of the circle; one number v: -v,v"),
	SECANT_OPT_END,
};
static const secant_opts options = { "colour-jitter", sizeof(jitter), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	const jitter *o = options_;
	secant_status s = data_limits_check(options.name, "brightness", &o->brightness, 1, 0, 10, err);
	if (!s)
		s = data_limits_check(options.name, "contrast", &o->contrast, 1, 0, 10, err);
	if (!s)
		s = data_limits_check(options.name, "saturation", &o->saturation, 1, 0, 10, err);
	return s ? s : data_limits_check(options.name, "hue", &o->hue, 0, -0.5, 0.5, err);
}

/* Towards (factor below 1) or away from the luma. */
static void
saturate(data_picture *p, float factor)
{
	size_t n = (size_t)p->width * (size_t)p->height, c = (size_t)p->channels;
	for (size_t i = 0; i < n; i++) {
		float luma = data_picture_luma(p, i);
		for (size_t k = i * c; k < i * c + 3; k++) {
			float v = luma + (data_picture_value(p, k) - luma) * factor;
			data_picture_set(p, k, v);
		}
	}
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const jitter *o = options_;
	data_picture *p = f->now;
	float brightness = (float)data_limits_draw(&o->brightness, 1, &f->rng),
		  contrast = (float)data_limits_draw(&o->contrast, 1, &f->rng);
	float saturation = (float)data_limits_draw(&o->saturation, 1, &f->rng),
		  hue = (float)data_limits_draw(&o->hue, 0, &f->rng);
	float middle = data_picture_mean_luma(p) * brightness, table[256];
	for (int v = 0; v < 256; v++)
		table[v] = middle + ((float)v * brightness - middle) * contrast;
	if (p->bounded)
		for (int v = 0; v < 256; v++)
			table[v] = table[v] < 0 ? 0 : table[v] > 255 ? 255 : table[v];
	data_picture_map(p, 3, table);
	if (p->channels < 3)
		return SECANT_OK;
	if (saturation != 1)
		saturate(p, saturation);
	if (hue != 0)
		data_picture_shift_hsv(p, &(kernel_hsv_shift){ .hue = hue * 180, .bounded = p->bounded });
	return SECANT_OK;
}

const data_augment data_augment_colour_jitter = {
	.name = "colour-jitter",
	.brief = "changes brightness, contrast, saturation and hue",
	.options = &options,
	.pointwise = true,
	.check = check,
	.apply = apply,
};
