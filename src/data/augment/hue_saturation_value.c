/*
 * Shift of hue, saturation and value. Hue is in units of two degrees, as in OpenCV's bytes (0..179); saturation and
 * value in 0..255.
 *
 * Wrap-around: `180` adds the hue modulo 180: a shift of -10 takes 5 to 175. `compat256` does what the D-LinkNet
 * family's data.py does: the whole hue shift is added modulo 256 and the sum taken modulo 180, so that -10 takes 5 to
 * 251, which is 71: only to reproduce old runs. Grey stays grey with 180; with compat256 a positive saturation shift
 * makes it reddish.
 *
 * One or two channels have no colour: the value is shifted. From the fourth channel on nothing changes.
 */
#include "data/augment/augment.h"
#include "data/augment/colour.h"

enum { CHUNK = 256 };
typedef struct hsv {
	double p;
	secant_reals hue, saturation, value;
	int wrap;
} hsv;
static const secant_opt rows[] = {
	SECANT_OPT(hsv, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(hsv, hue, REALS, "hue", "20", 1, 0, "limits of the hue shift, units of 2 degrees; one number v: -v,v"),
	SECANT_OPT(
		hsv, saturation, REALS, "saturation", "30", 1, 0, "limits of the saturation shift, of 255; one number v: -v,v"),
	SECANT_OPT(hsv, value, REALS, "value", "20", 1, 0, "limits of the value shift, of 255; one number v: -v,v"),
	SECANT_OPT_CHOICE(hsv, wrap, "hue-wrap", "180", "180|compat256", "how hues wrap around"),
	SECANT_OPT_END,
};
static const secant_opts options = { "hue-saturation-value", sizeof(hsv), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	const hsv *o = options_;
	secant_status s = data_limits_check(options.name, "hue", &o->hue, 0, -180, 180, err);
	if (!s)
		s = data_limits_check(options.name, "saturation", &o->saturation, 0, -255, 255, err);
	return s ? s : data_limits_check(options.name, "value", &o->value, 0, -255, 255, err);
}

static void
shift_value(data_picture *p, float by)
{
	float table[256];
	for (int v = 0; v < 256; v++)
		table[v] = v + by < 0 && p->bounded ? 0 : v + by > 255 && p->bounded ? 255 : (float)v + by;
	data_picture_map(p, 2, table);
}

static void
shift_reals(data_picture *p, const kernel_hsv_shift *shift)
{
	const kernel_picture_kernels *kernels = kernel_picture_best();
	float plane[3][CHUNK];
	size_t n = (size_t)p->width * (size_t)p->height, c = (size_t)p->channels;
	for (size_t i = 0; i < n; i += CHUNK) {
		size_t m = n - i < CHUNK ? n - i : CHUNK;
		float *v = (float *)p->pixels + i * c;
		for (size_t k = 0; k < 3 * m; k++)
			plane[k % 3][k / 3] = v[k / 3 * c + k % 3];
		kernels->hsv(plane[0], plane[1], plane[2], (int)m, shift);
		for (size_t k = 0; k < 3 * m; k++)
			v[k / 3 * c + k % 3] = plane[k % 3][k / 3];
	}
}

void
data_picture_shift_hsv(data_picture *p, const kernel_hsv_shift *shift)
{
	if (p->channels < 3)
		shift_value(p, shift->value);
	else if (p->real)
		shift_reals(p, shift);
	else
		kernel_picture_best()->hsv_bytes(p->pixels, p->channels, (int64_t)p->width * p->height, shift);
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const hsv *o = options_;
	bool compat = o->wrap == 1;
	kernel_hsv_shift shift = { .compat256 = compat, .bounded = f->now->bounded };
	shift.hue = (float)(compat ? data_limits_draw_whole(&o->hue, 0, &f->rng) : data_limits_draw(&o->hue, 0, &f->rng));
	shift.saturation = (float)data_limits_draw(&o->saturation, 0, &f->rng);
	shift.value = (float)data_limits_draw(&o->value, 0, &f->rng);
	data_picture_shift_hsv(f->now, &shift);
	return SECANT_OK;
}

const data_augment data_augment_hue_saturation_value = {
	.name = "hue-saturation-value",
	.brief = "shifts hue, saturation and value",
	.options = &options,
	.pointwise = true,
	.check = check,
	.apply = apply,
};
