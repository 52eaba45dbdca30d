/*
 * Pictures through one model on two threads, each with a predictor of its own: the weights stand in memory once.
 *
 *     cc threads.c $(pkg-config --cflags --libs secant-deploy) -pthread -o threads
 *     ./threads model.safetensors left.png right.png
 */
#include <pthread.h>
#include <secant/codec.h>
#include <secant/predict.h>
#include <stdio.h>
#include <string.h>

typedef struct job {
	secant_predictor *predictor;
	const char *picture;
	long foreground, pixels;
	secant_err err; /* the first error of this thread */
} job;

static void *
work(void *user)
{
	job *j = (job *)user;
	secant_image image, mask;
	long i;
	memset(&image, 0, sizeof image);
	memset(&mask, 0, sizeof mask);
	if (secant_image_read(&image, j->picture, NULL, &j->err) == SECANT_OK
		&& secant_predictor_mask(j->predictor, &image, &mask, &j->err) == SECANT_OK) {
		j->pixels = (long)mask.width * mask.height;
		for (i = 0; i < j->pixels; i++)
			j->foreground += ((const unsigned char *)mask.data)[i] != 0;
	}
	secant_image_free(&mask);
	secant_image_free(&image);
	return NULL;
}

/* Options by name: the program goes on working when a later library has more of them. */
static secant_predictor *
open_model(const char *model, secant_err *err)
{
	secant_options *o = secant_options_new("predict", err);
	secant_predictor *p = NULL;
	if (o && secant_options_set(o, "threads", "1", err) == SECANT_OK)
		p = secant_predictor_open(&model, 1, (const secant_predict *)secant_options_struct(o), err);
	secant_options_free(o);
	return p;
}

int
main(int argc, char **argv)
{
	job jobs[2];
	pthread_t thread[2];
	secant_err err = { SECANT_OK, "" };
	secant_predictor *p;
	int i, bad = 0;
	if (argc != 4) {
		fprintf(stderr, "usage: threads MODEL PICTURE PICTURE\n");
		return 2;
	}
	memset(jobs, 0, sizeof jobs);
	p = open_model(argv[1], &err);
	jobs[0].predictor = p;
	jobs[1].predictor = p ? secant_predictor_clone(p, &err) : NULL;
	if (!jobs[1].predictor) {
		fprintf(stderr, "threads: %s\n", err.msg);
		secant_predictor_close(p);
		return 1;
	}
	for (i = 0; i < 2; i++) {
		jobs[i].picture = argv[2 + i];
		if (pthread_create(&thread[i], NULL, work, &jobs[i]))
			return 1;
	}
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		if (jobs[i].err.code) {
			fprintf(stderr, "threads: %s\n", jobs[i].err.msg);
			bad = 1;
		} else {
			printf("%ld of %ld pixels are foreground\n", jobs[i].foreground, jobs[i].pixels);
		}
		secant_predictor_close(jobs[i].predictor);
	}
	return bad;
}
