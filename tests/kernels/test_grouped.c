/* Convolutions in groups and by channel, every copy of the kernels against sums in double: sizes of groups and kernels,
 * strides, dilation, edges, tails, both storage types, and what is added behind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "kernels/depthwise.h"

enum { CHANNELS = 80 };

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
	for (int tap = 0; tap < m->size * m->size; tap++) {
		int64_t row = r * m->stride - m->top + (int64_t)(tap / m->size) * m->dilation,
				column = j * m->stride - m->left + (int64_t)(tap % m->size) * m->dilation;
		if (row < 0 || row >= m->height || column < 0 || column >= m->width)
			continue;
		for (int i = 0; i < m->group; i++)
			sum += (double)x[(row * m->width + column) * m->channels + c / m->group * m->group + i]
				* (double)w[(c * m->group + i) * m->size * m->size + tap];
	}
	return relu && sum < 0 ? 0 : sum;
}

/* Weights as the kernels want them. */
static void
pack(const kernel_grouped_map *m, int width, const float *w, float *packed)
{
	int taps = m->size * m->size;
	for (int64_t c = 0; c < CHANNELS; c++)
		for (int i = 0; i < m->group; i++)
			for (int tap = 0; tap < taps; tap++) {
				int64_t block = ((c / width * 3 + tap / 3) * m->group + i) * 3 + tap % 3;
				packed[m->group == 1 ? tap * CHANNELS + c : block * width + c % width] =
					w[(c * m->group + i) * taps + tap];
			}
}

static void
check(kernel_grouped_row *run, int width, kernel_grouped_map m, int rows, bool sum, bool relu)
{
	int64_t n = m.height * m.width * m.channels, line = m.columns * m.channels,
			weights = CHANNELS * m.group * m.size * m.size;
	float *x = malloc((size_t)n * sizeof *x), *w = malloc((size_t)weights * sizeof *w),
		  *packed = malloc((size_t)weights * sizeof *w), *added = malloc((size_t)line * sizeof *added), bias[CHANNELS];
	void *from = stored(n, 0, m.low, x), *y = stored(line, 3, m.low_y, added);
	for (int64_t i = 0; i < weights; i++)
		w[i] = number(i, 1);
	for (int c = 0; c < CHANNELS; c++)
		bias[c] = number(c, 2);
	pack(&m, width, w, packed);
	for (int64_t r = 0; r < rows; r++) {
		for (int64_t i = 0; i < line; i++)
			kernel_store_real(y, i, m.low_y, added[i]);
		run(from, &m, r, packed, &(kernel_grouped_post){ bias, sum ? y : NULL, relu }, y);
		for (int64_t i = 0; i < line; i++) {
			double want = wanted(&m, x, w, bias, sum ? added : NULL, relu, r, i / CHANNELS, i % CHANNELS),
				   got = kernel_load(y, i, m.low_y);
			if (!(fabs(got - want) <= 2e-5 + (m.low_y ? 0.004 * fabs(want) : 0)))
				fail_msg(
					"width %d, group %d, size %d, stride %d, dilation %d, row %d, column %d, channel %d: %g, want %g",
					width, m.group, m.size, m.stride, m.dilation, (int)r, (int)(i / CHANNELS), (int)(i % CHANNELS), got,
					want);
		}
	}
	free(x), free(w), free(packed), free(added), free(from), free(y);
}

static const int sizes[][2] = { { 3, 1 }, { 2, 2 }, { 5, 3 }, { 4, 19 }, { 3, 31 } };
enum { SIZES = sizeof sizes / sizeof *sizes };

static void
every_copy_gives_the_sums_of_groups(void **state)
{
	for (int isa = BASE_ISA_BASE; isa <= (int)base_cpu_isa(); isa++) {
		const kernel_grouped_kernels *k = kernel_grouped_at((base_isa)isa);
		for (int group = 4; group <= 16; group *= 2)
			for (int s = 0; s < SIZES && k->width % group == 0; s++)
				for (int variant = 0; variant < 4; variant++) {
					static const int pads[4][2] = { { 1, 1 }, { 0, 2 }, { 2, 1 }, { 1, 2 } }; /* top, left */
					kernel_grouped_map m = { sizes[s][0], sizes[s][1], CHANNELS, sizes[s][1] + 2 * pads[variant][1] - 2,
						group, 3, 1, 1, pads[variant][0], pads[variant][1], variant & 1, variant & 2 };
					if (m.columns > 0)
						check(k->row, k->width, m, 3, variant & 1, variant > 1);
				}
	}
}

static void
every_copy_gives_the_sums_by_channel(void **state)
{
	for (int isa = BASE_ISA_BASE; isa <= (int)base_cpu_isa(); isa++) {
		const kernel_depthwise_kernels *k = kernel_depthwise_at((base_isa)isa);
		for (int size = 3; size <= KERNEL_DEPTHWISE_MOST; size += 2)
			for (int s = 0; s < SIZES; s++)
				for (int variant = 0; variant < 6; variant++) {
					static const int ways[6][4] = { { 1, 1, 1, 1 }, { 2, 1, 1, 1 }, { 1, 2, 2, 2 }, { 2, 3, 3, 3 },
						{ 1, 1, 0, 2 }, { 1, 36, 36, 36 } }; /* stride, dilation, top, left */
					kernel_grouped_map m = { sizes[s][0], sizes[s][1], CHANNELS, 0, 1, size, ways[variant][0],
						ways[variant][1], ways[variant][2], ways[variant][3], variant & 1, variant & 2 };
					m.columns = (m.width + 2 * m.left - (size - 1) * m.dilation - 1) / m.stride + 1;
					if (m.columns > 0)
						check(k->row, k->width, m, 3, variant & 1, variant > 2);
				}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_copy_gives_the_sums_of_groups),
		cmocka_unit_test(every_copy_gives_the_sums_by_channel) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
