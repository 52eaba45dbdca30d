/* Dice and IoU on probabilities. See soft.h. */
#include "judge/soft.h"
#include <math.h>

/* p.t, p.p, t.t */
typedef struct products {
	double both, got, wanted;
} products;

static void
add(products *s, double p, double t)
{
	s->both += p * t;
	s->got += p * p;
	s->wanted += t * t;
}

static double
sigmoid(double v)
{
	return v >= 0 ? 1 / (1 + exp(-v)) : exp(v) / (1 + exp(v));
}

static int
likeliest(const float *v, int classes)
{
	int best = 0;
	for (int c = 1; c < classes; c++)
		best = v[c] > v[best] ? c : best;
	return best;
}

/* Classes that exclude each other. */
static void
add_choice(const judge_soft *s, products *sum, const float *v, int label)
{
	int best = likeliest(v, s->classes);
	double all = 0;
	if (label == s->ignore || label < 0)
		return;
	for (int c = 0; c < s->classes && !s->hard && !s->activated; c++)
		all += exp((double)v[c] - (double)v[best]);
	for (int c = s->background ? 0 : 1; c < s->classes; c++) {
		double p = s->hard ? c == best : s->activated ? (double)v[c] : exp((double)v[c] - (double)v[best]) / all;
		add(sum, p, c == label);
	}
}

/* Classes each for itself; of one class, what is not it is the background. */
static void
add_each(const judge_soft *s, products *sum, const float *v, const float *label)
{
	for (int c = 0; c < s->classes; c++) {
		double p = s->activated ? (double)v[c] : sigmoid((double)v[c]), t = (double)label[c];
		if (t < 0)
			continue;
		p = s->hard ? p >= .5 : p;
		add(sum, p, t);
		if (s->mode == BASE_MODE_BINARY && s->background)
			add(sum, 1 - p, 1 - t);
	}
}

double
judge_soft_dice(const judge_soft *s, const float *v, const void *target, int height, int width, int stride)
{
	products sum = { 0 };
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			int64_t at = (int64_t)y * stride + x;
			if (s->mode == BASE_MODE_MULTICLASS)
				add_choice(s, &sum, v + at * s->classes, ((const int32_t *)target)[at]);
			else
				add_each(s, &sum, v + at * s->classes, (const float *)target + at * s->classes);
		}
	return 2 * sum.both / (sum.got + sum.wanted + 1e-6);
}

double
judge_soft_iou(double dice)
{
	return dice / (2 - dice);
}
