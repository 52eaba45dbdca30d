/* Single values of pictures, and their luma (BT.601), for steps that work on colours. */
#ifndef DATA_AUGMENT_COLOUR_H
#define DATA_AUGMENT_COLOUR_H
#include "data/samples.h"
#include "kernels/picture.h"

/* In hue_saturation_value.c. */
void data_picture_shift_hsv(data_picture *p, const kernel_hsv_shift *shift);

static inline float
data_picture_value(const data_picture *p, size_t i)
{
	return p->real ? ((const float *)p->pixels)[i] : ((const uint8_t *)p->pixels)[i];
}

/* Cut to 0..255 where the picture is bounded. */
static inline void
data_picture_set(data_picture *p, size_t i, float v)
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
data_picture_luma(const data_picture *p, size_t i)
{
	size_t k = i * (size_t)p->channels;
	if (p->channels < 3)
		return data_picture_value(p, k);
	return 0.299f * data_picture_value(p, k) + 0.587f * data_picture_value(p, k + 1)
		+ 0.114f * data_picture_value(p, k + 2);
}

static inline float
data_picture_mean_luma(const data_picture *p)
{
	size_t n = (size_t)p->width * (size_t)p->height;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)data_picture_luma(p, i);
	return (float)(sum / (double)n);
}
#endif
