/*
 * The inside of a training: what session.c (the loop), state.c (checkpoint and resume) and report.c (log, curves,
 * pictures) share.
 */
#ifndef SECANT_TRAIN_SESSION_H
#define SECANT_TRAIN_SESSION_H
#include "data/loader.h"
#include "train/average.h"
#include "judge/metrics.h"
#include "model/model.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/task.h"

/* A model that --keep holds on to. */
typedef struct secant_kept {
	int epoch;
	double value;
} secant_kept;

/* One line of the log. */
typedef struct secant_epoch {
	int epoch;
	double loss, learning_rate, samples_per_second, seconds;
	double metric[SECANT_TASK_METRICS]; /* in the order of the task's table; NAN: none */
} secant_epoch;

typedef struct secant_gallery secant_gallery;

typedef struct secant_session {
	const secant_train_options *o;
	secant_train_options *options; /* the same, for secant_session_set */
	const secant_train_events *events;
	const secant_training *task; /* what is trained; it fills the next members */
	secant_work *work;
	secant_model model;
	int batch; /* o->batch, or the number of samples where there are fewer */
	int n_samples; /* to train on */
	char samples_hash[17]; /* of the names below DATA and the sizes of their files */
	bool validates; /* there are samples to validate on */
	secant_shape input; /* of a step */
	secant_feed *feed;
	int metric; /* the one that chooses the best epoch */
	secant_optimizer optimizer;
	secant_precision precision;
	/* the training plan: inputs as the task names them; outputs loss, then a gradient for each parameter that has one
	 */
	secant_graph *graph;
	secant_plan *plan;
	secant_context *context;
	float loss;
	/* recalibration: forward only, statistics with the momentum given */
	secant_graph *recal_graph;
	secant_plan *recal_plan;
	secant_context *recal_context;
	secant_feed *recal_feed;
	float norm_momentum;
	secant_average average; /* of --ema or --swa */
	secant_plateau plateau;
	void *raw; /* the store's other states while recalibrated ones stand in */
	/* progress */
	int epoch; /* epochs done */
	int step; /* steps done in the running epoch */
	int64_t steps, seed; /* steps done in all; seed of dropout */
	double epoch_loss; /* sum over the steps of the running epoch */
	double best; /* of the metric; NAN: none yet */
	int best_epoch;
	secant_kept *kept; /* n_kept models of --keep, best first */
	int n_kept, dropped; /* dropped: the epoch whose model is no longer among them; 0: none */
	int lock; /* of the run folder, -1: not yet */
	bool claimed; /* the run folder is ours */
	secant_epoch *history; /* every epoch so far, of resumed parts too */
	int n_history, history_capacity;
	secant_gallery *gallery; /* report.c; NULL: no picture has been seen */
	double started, epoch_started; /* monotonic seconds */
} secant_session;

char *secant_session_path(const secant_session *s, const char *name); /* RUN/name; secant_free */

/* Gives an option another value: one that is found out here, and that config.json is to hold. */
secant_status secant_session_set(
	secant_session *s, const char *option, const char *value, secant_err *err) SECANT_NODISCARD;
int secant_session_threads(const secant_session *s);
/* "unet-resnet34", "pointnet-dense": into text of n bytes, which is returned. */
const char *secant_session_network(const secant_session *s, char *text, size_t n);

/* ---- folds.c ---- */
secant_status secant_train_folds(const secant_train_options *o, const char *data, const secant_train_events *events,
	secant_train_result *result, secant_err *err) SECANT_NODISCARD;

/* ---- find_rate.c ---- */
/* Instead of training: RUN/learning-rate-finder.png and .json. */
secant_status secant_session_find_rate(secant_session *s, double *suggested, secant_err *err) SECANT_NODISCARD;

/* ---- plans.c ---- */
/* The plan of gradients for the model as it is (with what is frozen now); drops plans made before. */
secant_status secant_session_plan(secant_session *s, secant_err *err) SECANT_NODISCARD;
void secant_session_forget_plans(secant_session *s);
/* Hands a batch to the plan's inputs of those names; what a plan has no input for (the target, in recalibration) is
 * left out. */
secant_status secant_session_bind(
	const secant_plan *p, secant_context *c, const secant_task_batch *b, secant_err *err) SECANT_NODISCARD;
/* Replaces running statistics by the plain mean over a few unaugmented training batches: batch k enters with momentum
 * 1/k. The raw ones are kept aside until secant_session_restore. */
secant_status secant_session_recalibrate(secant_session *s, int batches, secant_err *err) SECANT_NODISCARD;
void secant_session_restore(secant_session *s);

/* ---- keep.c ---- */
/* Saves the model of a finished epoch in RUN/models when it is among the --keep best. */
secant_status secant_session_keep(secant_session *s, const secant_epoch *e, secant_err *err) SECANT_NODISCARD;
/* Removes the model that is no longer among them; after the state was saved. */
void secant_session_drop(secant_session *s);
/* Removes models of epochs that the state, as it was loaded, does not name: the run was killed before it came to that.
 */
void secant_session_sweep_kept(secant_session *s);

/* ---- state.c ---- */
/* Refuses or accepts the run folder; `replaces`: another run lies there. With `resume` compares the options with those
 * of the run. */
secant_status secant_session_folder(secant_train_options *o, bool *replaces, secant_err *err) SECANT_NODISCARD;
/* Keeps other processes out of the run folder until the session closes, where it is there yet. */
secant_status secant_session_lock(secant_session *s, secant_err *err) SECANT_NODISCARD;
/* Makes the folder this run's own, once: the files of a run before it go, config.json is written. */
secant_status secant_session_claim(secant_session *s, secant_err *err) SECANT_NODISCARD;
secant_status secant_session_save_state(const secant_session *s, secant_err *err) SECANT_NODISCARD;
secant_status secant_session_load_state(secant_session *s, secant_err *err) SECANT_NODISCARD;

/* ---- report.c ---- */
secant_status secant_session_log(
	secant_session *s, const secant_epoch *e, secant_err *err) SECANT_NODISCARD; /* log.jsonl and curves */
/* A line of tests.jsonl: the step and the task's scores. */
secant_status secant_session_log_test(const secant_session *s, const double *values, secant_err *err) SECANT_NODISCARD;
/* RUN/report.html: curves, scores, the worst pictures of the last epoch, the settings; only where this process has
 * trained an epoch. */
secant_status secant_session_report(const secant_session *s, secant_err *err) SECANT_NODISCARD;
/* RUN/samples/epoch-NNN.png: a few validation pictures, label, prediction and errors side by side; kept for the report.
 * Lives in s->gallery; NULL: no memory; the pictures are only for looking at. `see` is the evaluation's, whose counts
 * are `counts`. */
secant_gallery *secant_gallery_begin(secant_session *s, const secant_samples *validation, const secant_counts *counts);
void secant_gallery_see(
	void *gallery, int sample, const float *outputs, const void *target, int height, int width, int stride);
secant_status secant_gallery_end(
	secant_gallery *g, secant_scores *scores, int epoch, secant_err *err) SECANT_NODISCARD; /* takes the scores */
void secant_gallery_free(secant_gallery *g);
#endif
