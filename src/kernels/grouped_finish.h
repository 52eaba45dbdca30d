/*
 * How sums of convolutions in groups end, with vectors of channels. For .k.c files.
 */
#ifndef KERNEL_GROUPED_FINISH_H
#define KERNEL_GROUPED_FINISH_H
#include "kernels/grouped.h"
#include "kernels/vectors.h"

/* The sum of channels from c on, at column j of row y. */
KERNEL_INLINE void
grouped_finish(vec sum, const kernel_grouped_map *m, const kernel_grouped_post *post, int64_t c, int64_t j, void *y)
{
	vec zero = { 0 };
	if (post->bias)
		sum += load(post->bias, c, false);
	if (post->added)
		sum += load(post->added, j * m->channels + c, m->low_y);
	if (post->relu)
		sum = (vec)((word)sum & (word)(sum > zero));
	store(y, j * m->channels + c, m->low_y, sum);
}
#endif
