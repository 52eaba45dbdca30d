/*
 * Ranges of quantised tensors, from histograms of what went through them. A narrow range has small steps and cuts what
 * lies beyond:
 *
 *     minmax       all that was seen
 *     percentile   all but 1 number in 10,000 at each end
 *     mse          the least mean square of what steps and cutting change (Banner et al. 2019, without their model of
 *                  the numbers)
 *     entropy      the least divergence of the numbers as stored from the numbers as they were (Migacz 2017, TensorRT)
 *
 * The last two try ranges of a half to all of what was seen.
 */
#include <math.h>
#include "app/quantize.h"

enum { STEPS = 255, TRIES = 50 };

void
app_histogram_add(app_histogram *h, const float *v, int64_t n)
{
	double scale = h->high > h->low ? APP_BINS / (h->high - h->low) : 0;
	for (int64_t i = 0; i < n; i++) {
		double at = ((double)v[i] - h->low) * scale;
		if (at == at)
			h->count[at < 0 ? 0 : at >= APP_BINS ? APP_BINS - 1 : (int)at]++;
	}
}

static double
centre(const app_histogram *h, int i)
{
	return h->low + (i + 0.5) * (h->high - h->low) / APP_BINS;
}

static double
squares(const app_histogram *h, double low, double high)
{
	double step = (high - low) / STEPS, sum = 0;
	for (int i = 0; i < APP_BINS; i++) {
		double x = centre(h, i), y = x < low ? low : x > high ? high : x;
		y = low + nearbyint((y - low) / step) * step;
		sum += (double)h->count[i] * (x - y) * (x - y);
	}
	return sum;
}

/* Sum of p log(p / q): p what was seen, with what is cut at the ends; q the bins of one step made equal. */
static double
divergence(const app_histogram *h, double low, double high)
{
	double step = (high - low) / STEPS, in[STEPS + 2] = { 0 }, total = 0, sum = 0;
	int filled[STEPS + 2] = { 0 };
	for (int i = 0; i < APP_BINS; i++) {
		double x = centre(h, i);
		int k = x < low ? 0 : x > high ? STEPS : (int)nearbyint((x - low) / step);
		bool inside = x >= low && x <= high;
		in[k] += inside ? (double)h->count[i] : 0;
		filled[k] += inside && h->count[i];
		total += (double)h->count[i];
	}
	double cut[2] = { 0, 0 };
	for (int i = 0; i < APP_BINS; i++)
		cut[centre(h, i) > high] += centre(h, i) < low || centre(h, i) > high ? (double)h->count[i] : 0;
	for (int i = 0, first = 1; i < APP_BINS; i++) {
		double x = centre(h, i), p = (double)h->count[i];
		if (x < low || x > high)
			continue;
		int k = (int)nearbyint((x - low) / step);
		double q = filled[k] && h->count[i] ? in[k] / filled[k] : 0;
		bool last = i + 1 == APP_BINS || centre(h, i + 1) > high;
		p += first ? cut[0] : 0;
		p += last ? cut[1] : 0;
		first = 0;
		sum += p > 0 ? p * log(p / fmax(q, 1e-3)) : 0;
	}
	return total > 0 ? sum / total : 0;
}

static void
percentile(const app_histogram *h, double *low, double *high)
{
	int64_t total = 0, below = 0, above = 0;
	int a = 0, b = APP_BINS - 1;
	for (int i = 0; i < APP_BINS; i++)
		total += h->count[i];
	while (a < b && (below += h->count[a]) <= total / 10000)
		a++;
	while (b > a && (above += h->count[b]) <= total / 10000)
		b--;
	*low = centre(h, a) - (h->high - h->low) / APP_BINS / 2;
	*high = centre(h, b) + (h->high - h->low) / APP_BINS / 2;
}

void
app_histogram_range(const app_histogram *h, app_range_method how, double *low, double *high)
{
	*low = h->low;
	*high = h->high;
	if (how == APP_RANGE_MINMAX || !(h->high > h->low))
		return;
	if (how == APP_RANGE_PERCENTILE) {
		percentile(h, low, high);
		return;
	}
	double best = INFINITY;
	for (int i = 0; i <= TRIES; i++) { /* the largest first: of equal ones it stays */
		double part = 1 - 0.5 * i / TRIES, a = fmin(h->low, 0) * part, b = fmax(h->high, 0) * part;
		double v = how == APP_RANGE_MSE ? squares(h, a, b) : divergence(h, a, b);
		if (v < best) {
			best = v;
			*low = a;
			*high = b;
		}
	}
}
