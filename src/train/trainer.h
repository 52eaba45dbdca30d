/*
 * The inside of a training: what trainer.c (the loop), state.c (checkpoint and resume) and report.c (log, curves,
 * pictures) share.
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H
#include "data/loader.h"
#include "train/average.h"
#include "judge/metrics.h"
#include "model/model.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/step.h"
#include "train/task.h"

/* ---- by how long they live ---- */

/* What state.safetensors holds of a run beside parameters, slots and average: the run goes on from it. */
typedef struct train_progress {
	int epoch; /* epochs done */
	int step; /* steps done in the running epoch */
	int64_t steps; /* done in all */
	double epoch_loss; /* sum over the steps of the running epoch */
	double best; /* of the metric; NAN: none yet */
	int best_epoch;
	train_plateau plateau;
} train_progress;

/* The models of --keep, best first; in state.safetensors too. */
typedef struct train_kept {
	int epoch;
	double value;
} train_kept;
typedef struct train_keeper {
	train_kept *v;
	int n, dropped; /* dropped: the epoch whose model is no longer among them; 0: none */
} train_keeper;

/* One line of the log. */
typedef struct train_epoch {
	int epoch;
	double loss, learning_rate, samples_per_second, seconds;
	double metric[TRAIN_TASK_METRICS]; /* in the order of the task's table; NAN: none */
} train_epoch;
/* Every epoch so far, of resumed parts too: log.jsonl. */
typedef struct train_log {
	train_epoch *v;
	int n, capacity;
} train_log;

/* Statistics of norms computed anew for a model that is shown: forward only, with the momentum given. Made at the first
 * epoch that needs them, dropped with the step's plan. */
typedef struct train_statistics {
	graph_net *graph;
	exec_plan *plan; /* NULL: a network without batch norms */
	exec_context *context;
	train_feed *feed;
	float momentum;
	void *raw; /* the store's other states while recalibrated ones stand in */
} train_statistics;

typedef struct train_gallery train_gallery;

typedef struct train_trainer {
	/* given */
	const secant_train_options *o;
	secant_train_options *options; /* the same, for train_trainer_set */
	const secant_train_events *events;
	/* found when the data is opened; does not change */
	const train_training *task; /* what is trained; it fills the next members */
	train_work *work;
	model_bundle model;
	int batch; /* o->batch, or the number of samples where there are fewer */
	int n_samples; /* to train on */
	char samples_hash[17]; /* of the names below DATA and the sizes of their files */
	bool validates; /* there are samples to validate on */
	secant_shape input; /* of a step */
	train_feed *feed;
	int metric; /* the one that chooses the best epoch */
	exec_precision precision;
	int64_t seed; /* of dropout */
	/* what learns */
	train_optimizer optimizer;
	train_step learning; /* inputs as the task names them; made anew when frozen parts thaw */
	train_statistics statistics;
	train_average average; /* of --ema or --swa */
	/* what a resumed run takes over */
	train_progress now;
	train_keeper kept;
	train_log log;
	/* of this process */
	int lock; /* of the run folder, -1: not yet */
	bool claimed; /* the run folder is ours */
	train_gallery *gallery; /* report.c; NULL: no picture has been seen */
	double started, epoch_started; /* monotonic seconds */
} train_trainer;

char *train_trainer_path(const train_trainer *s, const char *name); /* RUN/name; secant_free */

/* Gives an option another value: one that is found out here, and that config.json is to hold. */
secant_status train_trainer_set(
	train_trainer *s, const char *option, const char *value, secant_err *err) SECANT_NODISCARD;
int train_trainer_threads(const train_trainer *s);
/* "unet-resnet34", "pointnet-dense": into text of n bytes, which is returned. */
const char *train_trainer_network(const train_trainer *s, char *text, size_t n);

/* ---- trainer.c ---- */
/* One run. Several, of folds, are folds.c's, which stands above. */
secant_status train_trainer_run(const secant_train_options *o, const char *data, const secant_train_events *events,
	secant_train_result *result, secant_err *err) SECANT_NODISCARD;

/* ---- find_rate.c ---- */
/* Instead of training: RUN/learning-rate-finder.png and .json. */
secant_status train_trainer_find_rate(train_trainer *s, double *suggested, secant_err *err) SECANT_NODISCARD;

/* ---- plans.c ---- */
/* The plan of gradients for the model as it is (with what is frozen now); drops plans made before. */
secant_status train_trainer_plan(train_trainer *s, secant_err *err) SECANT_NODISCARD;
void train_trainer_forget_plans(train_trainer *s);
/* Hands a batch to the plan's inputs of those names; what a plan has no input for (the target, in recalibration) is
 * left out. */
secant_status train_trainer_bind(
	const exec_plan *p, exec_context *c, const train_task_batch *b, secant_err *err) SECANT_NODISCARD;
/* Replaces running statistics by the plain mean over a few unaugmented training batches: batch k enters with momentum
 * 1/k. The raw ones are kept aside until train_trainer_restore. */
secant_status train_trainer_recalibrate(train_trainer *s, int batches, secant_err *err) SECANT_NODISCARD;
void train_trainer_restore(train_trainer *s);

/* ---- keep.c ---- */
/* Saves the model of a finished epoch in RUN/models when it is among the --keep best. */
secant_status train_trainer_keep(train_trainer *s, const train_epoch *e, secant_err *err) SECANT_NODISCARD;
/* Removes the model that is no longer among them; after the state was saved. */
void train_trainer_drop(train_trainer *s);
/* Removes models of epochs that the state, as it was loaded, does not name: the run was killed before it came to that.
 */
void train_trainer_sweep_kept(train_trainer *s);

/* ---- state.c ---- */
/* Refuses or accepts the run folder; `replaces`: another run lies there. With `resume` compares the options with those
 * of the run. */
secant_status train_trainer_folder(secant_train_options *o, bool *replaces, secant_err *err) SECANT_NODISCARD;
/* Keeps other processes out of the run folder until the trainer closes, where it is there yet. */
secant_status train_trainer_lock(train_trainer *s, secant_err *err) SECANT_NODISCARD;
/* Makes the folder this run's own, once: the files of a run before it go, config.json is written. */
secant_status train_trainer_claim(train_trainer *s, secant_err *err) SECANT_NODISCARD;
secant_status train_trainer_save_state(const train_trainer *s, secant_err *err) SECANT_NODISCARD;
secant_status train_trainer_load_state(train_trainer *s, secant_err *err) SECANT_NODISCARD;

/* ---- report.c ---- */
secant_status train_trainer_log(
	train_trainer *s, const train_epoch *e, secant_err *err) SECANT_NODISCARD; /* log.jsonl and curves */
/* A line of tests.jsonl: the step and the task's scores. */
secant_status train_trainer_log_test(const train_trainer *s, const double *values, secant_err *err) SECANT_NODISCARD;
/* RUN/report.html: curves, scores, the worst pictures of the last epoch, the settings; only where this process has
 * trained an epoch. */
secant_status train_trainer_report(const train_trainer *s, secant_err *err) SECANT_NODISCARD;
/* RUN/samples/epoch-NNN.png: a few validation pictures, label, prediction and errors side by side; kept for the report.
 * Lives in s->gallery; NULL: no memory; the pictures are only for looking at. `see` is the evaluation's, whose counts
 * are `counts`. */
train_gallery *train_gallery_begin(train_trainer *s, const data_samples *validation, const judge_counts *counts);
void train_gallery_see(
	void *gallery, int sample, const float *outputs, const void *target, int height, int width, int stride);
secant_status train_gallery_end(
	train_gallery *g, secant_scores *scores, int epoch, secant_err *err) SECANT_NODISCARD; /* takes the scores */
void train_gallery_free(train_gallery *g);
#endif
