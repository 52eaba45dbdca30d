/*
 * Rate of an augmentation pipeline on one thread, by its processor time: helper_augment PIPELINE SIZE COUNT prints
 * pictures per second. bench/peers/augment.py runs it in turn with the peer. Pictures are bytes with three channels;
 * each has a label plane, as in training.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "data/augment/augment.h"

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	secant_err err = { 0 };
	if (argc != 4) {
		fprintf(stderr, "usage: helper_augment PIPELINE SIZE COUNT\n");
		return 2;
	}
	int side = atoi(argv[2]), count = atoi(argv[3]);
	data_augmentation *a = data_augmentation_parse(argv[1], &err);
	data_frame f = { 0 };
	double spent = 0;
	for (int i = 0; a && i < count; i++) {
		if (data_frame_reserve(&f, side, side, 3, false, true, &err))
			break;
		f.now->bounded = true;
		for (int k = 0; k < side * side; k++) {
			uint32_t v = (uint32_t)k * 2654435761u;
			uint8_t *p = (uint8_t *)f.now->pixels + 3 * k;
			p[0] = (uint8_t)(v >> 24), p[1] = (uint8_t)(k / side), p[2] = (uint8_t)(k % side);
			f.now->labels[k] = p[1] > 100;
		}
		f.rng = base_rng_make(0, BASE_FOR_AUGMENT, 0, (uint32_t)i);
		double t = now();
		if (data_augmentation_apply(a, &f, &err))
			break;
		spent += now() - t;
	}
	if (!err.code)
		printf("%.1f\n", count / spent);
	else
		fprintf(stderr, "%s\n", err.msg);
	data_frame_free(&f);
	data_augmentation_free(a);
	return err.code != 0;
}
