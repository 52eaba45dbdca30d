/* Convolutions in groups, every copy of the kernel against sums in double: sizes of groups, strides, dilation, edges,
 * tails, both storage types, and what is added behind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "kernels/grouped.h"

enum { CHANNELS = 48, TAPS = 9 };

static float
number(int64_t i, double phase)
{
	return (float)sin((double)i * 0.731 + phase);
}

/* A buffer of n numbers as they are stored; `as` gets them as they are read. */
static void *
stored(int64_t n, double phase, bool low, float *as)
{
	void *v = malloc((size_t)n * sizeof(float));
	for (int64_t i = 0; i < n; i++) {
		kernel_store_real(v, i, low, number(i, phase));
		as[i] = kernel_load(v, i, low);
	}
	return v;
}

static double
wanted(const kernel_grouped_map *m, const float *x, const float *w, const float *bias, const float *added, bool relu,
	int64_t r, int64_t j, int64_t c)
{
	double sum = bias[c] + (added ? added[j * m->channels + c] : 0);
	for (int tap = 0; tap < TAPS; tap++) {
		int64_t row = r * m->stride - m->top + (int64_t)(tap / 3) * m->dilation,
				column = j * m->stride - m->left + (int64_t)(tap % 3) * m->dilation;
		if (row < 0 || row >= m->height || column < 0 || column >= m->width)
			continue;
		for (int i = 0; i < m->group; i++)
			sum += (double)x[(row * m->width + column) * m->channels + c / m->group * m->group + i]
				* (double)w[(c * m->group + i) * TAPS + tap];
	}
	return relu && sum < 0 ? 0 : sum;
}

static void
check(const kernel_grouped_kernels *k, kernel_grouped_map m, int rows, bool sum, bool relu)
{
	int64_t n = m.height * m.width * m.channels, line = m.columns * m.channels, weights = CHANNELS * m.group * TAPS;
	float *x = malloc((size_t)n * sizeof *x), *w = malloc((size_t)weights * sizeof *w),
		  *packed = malloc((size_t)weights * sizeof *w), *added = malloc((size_t)line * sizeof *added), bias[CHANNELS];
	void *from = stored(n, 0, m.low, x), *y = stored(line, 3, m.low_y, added);
	for (int64_t i = 0; i < weights; i++)
		w[i] = number(i, 1);
	for (int c = 0; c < CHANNELS; c++)
		bias[c] = number(c, 2);
	for (int64_t c = 0; c < CHANNELS; c++)
		for (int i = 0; i < m.group; i++)
			for (int tap = 0; tap < TAPS; tap++)
				packed[(((c / k->width * 3 + tap / 3) * m.group + i) * 3 + tap % 3) * k->width + c % k->width] =
					w[(c * m.group + i) * TAPS + tap];
	for (int64_t r = 0; r < rows; r++) {
		for (int64_t i = 0; i < line; i++)
			kernel_store_real(y, i, m.low_y, added[i]);
		k->row(from, &m, r, packed, &(kernel_grouped_post){ bias, sum ? y : NULL, relu }, y);
		for (int64_t i = 0; i < line; i++) {
			double want = wanted(&m, x, w, bias, sum ? added : NULL, relu, r, i / CHANNELS, i % CHANNELS),
				   got = kernel_load(y, i, m.low_y);
			if (!(fabs(got - want) <= 2e-5 + (m.low_y ? 0.004 * fabs(want) : 0)))
				fail_msg("width %d, group %d, stride %d, dilation %d, row %d, column %d, channel %d: %g, want %g",
					k->width, m.group, m.stride, m.dilation, (int)r, (int)(i / CHANNELS), (int)(i % CHANNELS), got,
					want);
		}
	}
	free(x), free(w), free(packed), free(added), free(from), free(y);
}

static void
every_copy_gives_the_sums(void **state)
{
	static const int sizes[][2] = { { 3, 1 }, { 2, 2 }, { 5, 3 }, { 4, 19 }, { 3, 31 } };
	int copies = 0;
	for (int isa = BASE_ISA_BASE; isa <= (int)base_cpu_isa(); isa++) {
		const kernel_grouped_kernels *k = kernel_grouped_at((base_isa)isa);
		copies++;
		for (int group = 4; group <= 16; group *= 2)
			for (size_t s = 0; s < sizeof sizes / sizeof *sizes && k->width % group == 0; s++)
				for (int variant = 0; variant < 6; variant++) {
					static const int ways[6][4] = { { 1, 1, 1, 1 }, { 2, 1, 1, 1 }, { 1, 2, 2, 2 }, { 2, 3, 3, 3 },
						{ 1, 1, 0, 2 }, { 1, 4, 7, 1 } }; /* stride, dilation, top, left */
					kernel_grouped_map m = { sizes[s][0], sizes[s][1], CHANNELS, 0, group, ways[variant][0],
						ways[variant][1], ways[variant][2], ways[variant][3], variant & 1, variant & 2 };
					m.columns = (m.width + 2 * m.left - 2 * m.dilation - 1) / m.stride + 1;
					if (m.columns < 1)
						continue;
					check(k, m, 3, variant & 1, variant > 2);
				}
	}
	assert_true(copies >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_copy_gives_the_sums) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
