/*
 * Contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994): the luma's histogram of each
 * of grid x grid tiles is cut at the clip limit (times the mean bin), what was cut is spread over all bins, and its
 * cumulative sum maps the values; between the tiles' centres the maps are blended. The colours follow the luma by
 * addition.
 */
#include "data/augment/augment.h"
#include "data/augment/colour.h"
#include <string.h>

typedef struct clahe {
	double p;
	secant_reals clip;
	int grid;
} clahe;
static const secant_opt rows[] = {
	SECANT_OPT(clahe, p, REAL, "p", "0.5", 0, 1, "probability"),
	SECANT_OPT(clahe, clip, REALS, "clip", "1,4", 1, 0, "limits of the clip limit, times the mean bin"),
	SECANT_OPT(clahe, grid, INT, "grid", "8", 1, 64, "tiles along each side"),
	SECANT_OPT_END,
};
static const secant_opts options = { "clahe", sizeof(clahe), rows };

static secant_status
check(const void *options_, secant_err *err)
{
	return data_limits_check(options.name, "clip", &((const clahe *)options_)->clip, 0, 1, 1000, err);
}

static int
bin_of(float luma)
{
	return luma >= 255 ? 255 : luma > 0 ? (int)(luma + 0.5f) : 0;
}

/* The map of one tile. */
static void
map_tile(const data_picture *p, int x0, int x1, int y0, int y1, double clip, float map[256])
{
	uint32_t bins[256] = { 0 }, cut = 0, n = (uint32_t)(x1 - x0) * (uint32_t)(y1 - y0);
	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++)
			bins[bin_of(data_picture_luma(p, (size_t)y * (size_t)p->width + (size_t)x))]++;
	double limit = clip * n / 256;
	uint32_t most = limit < 1 ? 1 : (uint32_t)limit;
	for (int v = 0; v < 256; v++)
		if (bins[v] > most) {
			cut += bins[v] - most;
			bins[v] = most;
		}
	double sum = 0, extra = cut / 256.;
	for (int v = 0; v < 256; v++) {
		sum += bins[v] + extra;
		map[v] = (float)(sum * 255 / n);
	}
}

/* Neighbouring tiles of place i on a side of n pixels, and the weight of the second. */
static float
between(int i, int n, int grid, int *a, int *b)
{
	float t = ((float)i + 0.5f) * (float)grid / (float)n - 0.5f;
	int k = t < 0 ? -1 : (int)t;
	*a = k < 0 ? 0 : k;
	*b = k + 1 < grid ? k + 1 : grid - 1;
	return t - (float)k;
}

static secant_status
apply(const void *options_, data_frame *f, secant_err *err)
{
	const clahe *o = options_;
	data_picture *p = f->now;
	int shorter = p->width < p->height ? p->width : p->height, grid = o->grid < shorter ? o->grid : shorter,
		colours = p->channels < 3 ? 1 : 3;
	double clip = data_limits_draw(&o->clip, 0, &f->rng);
	float *maps = data_frame_scratch(f, (size_t)grid * (size_t)grid * 256, err);
	if (!maps)
		return SECANT_ERR_NOMEM;
	for (int i = 0; i < grid * grid; i++) {
		int64_t x = i % grid, y = i / grid;
		map_tile(p, (int)(x * p->width / grid), (int)((x + 1) * p->width / grid), (int)(y * p->height / grid),
			(int)((y + 1) * p->height / grid), clip, maps + (size_t)i * 256);
	}
	for (int y = 0; y < p->height; y++) {
		int up, down, left, right;
		float fy = between(y, p->height, grid, &up, &down);
		for (int x = 0; x < p->width; x++) {
			size_t i = (size_t)y * (size_t)p->width + (size_t)x;
			float fx = between(x, p->width, grid, &left, &right), luma = data_picture_luma(p, i);
			const float *m = maps + bin_of(luma);
			float top = m[(up * grid + left) * 256] * (1 - fx) + m[(up * grid + right) * 256] * fx;
			float bottom = m[(down * grid + left) * 256] * (1 - fx) + m[(down * grid + right) * 256] * fx;
			float change = top * (1 - fy) + bottom * fy - (float)bin_of(luma);
			for (size_t k = i * (size_t)p->channels; k < i * (size_t)p->channels + (size_t)colours; k++)
				data_picture_set(p, k, data_picture_value(p, k) + change);
		}
	}
	return SECANT_OK;
}

const data_augment data_augment_clahe = {
	.name = "clahe",
	.brief = "evens out the contrast, tile by tile",
	.options = &options,
	.check = check,
	.apply = apply,
};
