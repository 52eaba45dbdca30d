/* Single values of pictures, and their luma (BT.601), for steps that work on colours. */
#ifndef SECANT_DATA_AUGMENT_COLOUR_H
#define SECANT_DATA_AUGMENT_COLOUR_H
#include "data/samples.h"
#include "kernels/picture.h"

/* In hue_saturation_value.c. */
void secant_picture_shift_hsv(secant_picture *p, const secant_hsv_shift *shift);

static inline float
secant_picture_value(const secant_picture *p, size_t i)
{
	return p->real ? ((const float *)p->pixels)[i] : ((const uint8_t *)p->pixels)[i];
}

/* Cut to 0..255 where the picture is bounded. */
static inline void
secant_picture_set(secant_picture *p, size_t i, float v)
{
	if (p->bounded)
		v = v < 0 ? 0 : v > 255 ? 255 : v;
	if (p->real)
		((float *)p->pixels)[i] = v;
	else
		((uint8_t *)p->pixels)[i] = (uint8_t)(v + 0.5f);
}

/* Of pixel i; of one or two channels the first value. */
static inline float
secant_picture_luma(const secant_picture *p, size_t i)
{
	size_t k = i * (size_t)p->channels;
	if (p->channels < 3)
		return secant_picture_value(p, k);
	return 0.299f * secant_picture_value(p, k) + 0.587f * secant_picture_value(p, k + 1)
		+ 0.114f * secant_picture_value(p, k + 2);
}

static inline float
secant_picture_mean_luma(const secant_picture *p)
{
	size_t n = (size_t)p->width * (size_t)p->height;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)secant_picture_luma(p, i);
	return (float)(sum / (double)n);
}
#endif
