/* Parts of other samples, for steps that mix. */
#ifndef DATA_AUGMENT_PASTE_H
#define DATA_AUGMENT_PASTE_H
#include <string.h>
#include "data/samples.h"

/* Copies a rectangle, picture and labels, to the same place; both have one size and type. */
static inline void
data_picture_paste(const data_picture *from, data_picture *to, int x, int y, int width, int height)
{
	size_t pixel = (size_t)to->channels * (to->real ? sizeof(float) : 1);
	for (int row = y; row < y + height; row++) {
		size_t at = (size_t)row * (size_t)to->width + (size_t)x;
		memcpy((char *)to->pixels + at * pixel, (const char *)from->pixels + at * pixel, (size_t)width * pixel);
		if (to->labels && from->labels)
			memcpy(to->labels + at, from->labels + at, (size_t)width * sizeof *to->labels);
	}
}
#endif
