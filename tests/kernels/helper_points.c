/*
 * Neighbours in a cloud on one thread, for bench/peers/neighbours.py, which runs it in turn with the peers. Two
 * programs in one:
 *
 *   helper_points farthest FILE COUNT RUNS          COUNT points of FILE (x y z as float), each farthest from those
 *                                                   before, the first point 0
 *   helper_points ball FILE CENTRES RADIUS K RUNS   the first K points within RADIUS of each of the first CENTRES
 *                                                   points
 *
 * prints the milliseconds of the thread's processor time of a run (median), then the indices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/file.h"
#include "base/mem.h"
#include "kernels/points.h"

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	secant_err err = { 0 };
	char *data;
	size_t size;
	bool ball = argc == 7 && !strcmp(argv[1], "ball");
	if (!ball && (argc != 5 || strcmp(argv[1], "farthest")))
		return 2;
	if (secant_file_read(&data, &size, argv[2], (size_t)1 << 32, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	const kernel_points_kernels *k = kernel_points_best();
	const float *x = (const float *)(const void *)data;
	int64_t n = (int64_t)(size / 12), count = atoll(argv[3]), per = ball ? atoll(argv[5]) : 1;
	int runs = atoi(argv[argc - 1]);
	size_t grid = ball ? (k->grid_scratch(n) + 63) / 64 * 64 : 0;
	char *scratch = base_alloc_aligned(grid + (ball ? k->ball_scratch(n) : k->farthest_scratch(n)));
	int32_t *found = secant_calloc((size_t)(count * per), sizeof *found);
	double *took = secant_calloc((size_t)runs, sizeof *took);
	if (n < 1 || count < 1 || count > n || per < 1 || runs < 1 || !scratch || !found || !took)
		return 1;
	for (int i = 0; i < runs; i++) {
		double begin = now();
		if (ball) {
			k->grid(x, 3, n, (float)atof(argv[4]), scratch);
			k->ball(found, per, false, x, 3, count, scratch, scratch + grid);
		} else
			k->farthest(found, count, 0, x, 3, n, scratch);
		took[i] = now() - begin;
	}
	qsort(took, (size_t)runs, sizeof *took, by_size);
	printf("%.4f\n", took[runs / 2]);
	for (int64_t i = 0; i < count * per; i++)
		printf("%d\n", found[i]);
	return 0;
}
