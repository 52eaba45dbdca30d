/* Gaussian blur, rows then columns, in float; the border reflects. All channels; labels stay. */
#include "data/augment/augment.h"
#include "data/augment/colour.h"
#include <math.h>

enum { MOST_RADIUS = 48 };
typedef struct blur {
	double p;
	secant_reals sigma;
} blur;
static const secant_opt rows[] = {
	SECANT_OPT(blur, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(blur, sigma, REALS, "sigma", "0.3,1.5", 1, 0, "limits of the standard deviation, in pixels"),
	SECANT_OPT_END,
};
static const secant_opts options = { "blur", sizeof(blur), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "sigma", &((const blur *)options_)->sigma, 0, 0, 16, err);
}

static int
make_kernel(double sigma, float w[2 * MOST_RADIUS + 1])
{
	int r = (int)ceil(3 * sigma);
	double sum = 0;
	r = r > MOST_RADIUS ? MOST_RADIUS : r;
	for (int i = -r; i <= r; i++)
		sum += exp(-i * i / (2 * sigma * sigma));
	for (int i = -r; i <= r; i++)
		w[i + r] = (float)(exp(-i * i / (2 * sigma * sigma)) / sum);
	return r;
}

/* to[i] = the sum of w[k] * rows[k][i]. */
static void
weigh(const float *const *rows_, const float *w, int taps, float *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = rows_[0][i] * w[0];
	for (int k = 1; k < taps; k++)
		for (size_t i = 0; i < n; i++)
			to[i] += rows_[k][i] * w[k];
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const blur *o = options_;
	data_picture *p = f->now;
	float w[2 * MOST_RADIUS + 1];
	const float *taps[2 * MOST_RADIUS + 1];
	double sigma = data_limits_draw(&o->sigma, 0, &f->rng);
	if (sigma < 0.05)
		return SECANT_OK;
	int r = make_kernel(sigma, w);
	size_t c = (size_t)p->channels, n = (size_t)p->width * c, wide = n + 2 * (size_t)r * c;
	float *rows_ = data_frame_scratch(f, (size_t)p->height * n + wide + n, err),
		  *line = rows_ ? rows_ + (size_t)p->height * n : NULL, *sum = rows_ ? line + wide : NULL;
	if (!rows_)
		return SECANT_ERR_NOMEM;
	for (int y = 0; y < p->height; y++) {
		for (int x = -r; x < p->width + r; x++) {
			size_t from = (size_t)y * n + (size_t)data_border_index(DATA_BORDER_REFLECT, x, p->width) * c,
				   to = (size_t)(x + r) * c;
			for (size_t k = 0; k < c; k++)
				line[to + k] = data_picture_value(p, from + k);
		}
		for (int k = 0; k <= 2 * r; k++)
			taps[k] = line + (size_t)k * c;
		weigh(taps, w, 2 * r + 1, rows_ + (size_t)y * n, n);
	}
	for (int y = 0; y < p->height; y++) {
		for (int k = 0; k <= 2 * r; k++)
			taps[k] = rows_ + (size_t)data_border_index(DATA_BORDER_REFLECT, y + k - r, p->height) * n;
		weigh(taps, w, 2 * r + 1, sum, n);
		for (size_t i = 0; i < n; i++)
			data_picture_set(p, (size_t)y * n + i, sum[i]);
	}
	return SECANT_OK;
}

const data_augment data_augment_blur = {
	.name = "blur",
	.brief = "blurs by a Gaussian",
	.options = &options,
	.pointwise = true,
	.check = check,
	.apply = apply,
};
