/*
 * What is trained: pictures, clouds. A task owns everything that knows what a sample looks like: its data, the inputs
 * of a step, loss and graph, validation, what an epoch shows of itself. The loop (trainer.c) knows steps, optimiser,
 * schedule, averages and files, and none of this.
 *
 * TO ADD ONE: a file task_NAME.c whose last lines are its row, and TASK(NAME) in tasks.inc.
 */
#ifndef TRAIN_TASK_H
#define TRAIN_TASK_H
#include <secant/train.h>
#include "graph/graph.h"
#include "nn/nn.h"

enum { TRAIN_TASK_METRICS = 32, TRAIN_TASK_INPUTS = 4 };

/* A column of the log. Values of one epoch lie in an array in the order of the row's metrics, NAN where there is none.
 */
typedef struct train_metric {
	const char *name, *title;
	bool lower;
} train_metric; /* "iou", "IoU"; lower: the smaller the better */

/* What a step eats: tensors under the names of the graph's inputs. Valid until the feed's next call. */
typedef struct train_task_batch {
	int n, inputs;
	struct {
		const char *name;
		const void *data;
	} input[TRAIN_TASK_INPUTS];
	const int *sample; /* index of each of the n samples */
} train_task_batch;

typedef struct train_feed train_feed; /* a stream of batches; each task defines its own */
typedef struct train_work train_work; /* what a task keeps for a run; each task defines its own */
struct train_trainer;

typedef struct train_training {
	const char *name, *brief;
	const char *samples, *rate; /* "pictures" in messages; "images_per_second" in the log */
	const char *loss; /* where none is given; NULL: by the mode */
	const train_metric
		*metrics; /* ends with a name of NULL; the first chooses the best epoch unless --metric names another */
	/* Is this network of that kind? Asked in the order of tasks.inc. */
	bool (*takes)(const secant_network *net);
	/* Options that the data decide where they are not given: the classes. May be NULL. */
	secant_status (*settle)(
		secant_train_options *o, const char *data, const secant_train_events *events, secant_err *err);
	/* Makes s->model (not initialised), opens the data, sets s->batch, s->input, s->n_samples, s->validates. */
	secant_status (*open)(struct train_trainer *s, const char *data, secant_err *err);
	void (*close)(train_work *w); /* accepts NULL */
	/* Appends the loss, and the inputs that it compares with, to a network's graph on a batch of s->input; -1 and err,
	 * or the graph's error. */
	graph_value (*loss_of)(struct train_trainer *s, graph_net *g, const nn_built *built, secant_err *err);
	/* Training batches; augmented, or as the statistics of norms want them. */
	train_feed *(*feed_new)(struct train_trainer *s, bool augment, secant_err *err);
	void (*feed_free)(train_feed *f); /* accepts NULL */
	int (*feed_batches)(const train_feed *f); /* of an epoch */
	secant_status (*feed_start)(train_feed *f, uint32_t epoch, int first, secant_err *err);
	secant_status (*feed_next)(train_feed *f, train_task_batch *b, bool *end, secant_err *err);
	const char *(*sample_name)(const struct train_trainer *s, int sample); /* a file's path */
	/* Scores of the model's present numbers, and pictures of epoch `epoch` in RUN/samples (0: a test within an epoch,
	 * no pictures). Called only where s->validates. */
	secant_status (*validate)(struct train_trainer *s, int epoch, double *values, secant_err *err);
} train_training;

/* Of clouds without a word about the network or the up axis: a network for them instead of the default of pictures, and
 * z for scans; says so. */
secant_status train_clouds_default(
	secant_train_options *o, const char *data, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
const train_training *train_training_of(const secant_network *net);
/* Place of a metric of that name; -1: none. */
int train_task_metric(const train_training *t, const char *name);
int train_task_metrics(const train_training *t); /* how many */
#endif
