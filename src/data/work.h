/*
 * What a loader does for each sample: the work, which knows pictures or clouds, behind the loader, which knows batches
 * and threads.
 */
#ifndef DATA_WORK_H
#define DATA_WORK_H
#include "data/loader.h"

/* The buffers of a batch under way. Height and width are those of every sample in it (a cloud: points and 1). */
typedef struct data_place {
	float *input;
	void *target;
	int height, width;
} data_place;

typedef struct data_loader_work {
	void *user; /* owned by the loader: release frees it */
	int samples;
	size_t input_bytes, target_bytes; /* of the largest sample */
	/* Height and width of the batch that begins with this sample. */
	void (*measure)(void *user, int sample, int *height, int *width);
	/* Writes sample `sample` to `place` of a batch; `desk` (0 .. threads - 1) is nobody else's meanwhile; sizes[2] is
	 * what the sample fills. A pure function of sample and epoch (which holds more than the epoch where a sample is
	 * drawn several times in it). */
	secant_status (*prepare)(
		void *user, int desk, const data_place *to, int place, int sample, int *sizes, uint32_t epoch, secant_err *err);
	void (*release)(void *user);
} data_loader_work;

/* Takes work->user in any case. Of the options: batch, shuffle, weights, drop_last, seed, threads. */
data_loader *data_loader_make(const data_loader_work *work, const data_loader_options *o, secant_err *err);
/* Threads for an option of 0 (all processors but one) or a number. */
int data_loader_threads(int wanted);
/* Batches of an epoch; 0 and err where there are none. */
int data_loader_count(int samples, int batch, bool drop_last, secant_err *err);
#endif
