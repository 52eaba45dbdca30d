/*
 * Training and evaluation: a folder of pictures and labels in, a run folder with models, log and pictures out.
 *
 * Not thread-safe: one training or evaluation at a time in a process uses all the threads it was given.
 */
#ifndef SECANT_TRAIN_H
#define SECANT_TRAIN_H
#include <secant/clouds.h>
#include <secant/network.h>
#include <secant/samples.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_optimizer_options {
	char *optimizer;
	double learning_rate, weight_decay, momentum, dampening, beta1, beta2, eps, alpha;
	double encoder_rate; /* a factor on the rate of parameters named encoder.* */
	double clip_norm, clip_value; /* 0: gradients are not clipped */
	bool nesterov, amsgrad, centered, decay_norms;
} secant_optimizer_options;

typedef struct secant_schedule_options {
	char *schedule, *unit; /* unit: "epoch" or "step" */
	double length, minimum_rate, gamma, warmup, warmup_factor, power, start_factor, end_factor;
	int restart_period, restart_factor, step_size;
	secant_ints milestones;
	double pct_start, div_factor, final_div_factor, base_momentum, max_momentum; /* of one-cycle */
	bool three_phase, linear_anneal, cycle_momentum;
	double cycle_up, cycle_down; /* of cyclic */
	bool halve_cycles;
	int plateau_patience, plateau_cooldown;
	double plateau_threshold;
	bool threshold_absolute;
} secant_schedule_options;

typedef struct secant_train_options {
	char *out; /* the run folder */
	bool resume, overwrite;
	bool complete; /* with resume: every option was given, the run's own or another. Not set, what has its default was
					  not */
	int epochs, batch, seed, threads;
	char *precision, *loss, *mode, *augment, *weights, *encoder_weights;
	char *from_network; /* a network to train on: an ONNX file, or a model; data.from may name it too */
	int recompute; /* auto, none, norms, all */
	int recalibrate_norms;
	int test_every; /* steps between validations within an epoch; 0: none */
	bool keep_epochs; /* epoch-NNN.safetensors of every epoch */
	bool allow_reference;
	char *preset; /* what the command filled the options from; the library only notes it */
	bool check; /* no training: opens everything, looks at all labels, says what there is */
	bool find_learning_rate; /* no training: RUN/learning-rate-finder.png and .json, and the suggested rate */
	int accumulate; /* batches of an update */
	char *metric; /* a column of the log that chooses the best epoch; NULL: the first */
	double boundary; /* tolerance of boundary_f1, as in secant_eval_options; 0: NAN */
	int patience, keep;
	secant_strings freeze;
	int freeze_epochs;
	bool sample_weights;
	double ema, swa_rate, aux_weight;
	int swa, swa_anneal;
	secant_network network;
	secant_optimizer_options optimizer;
	secant_schedule_options schedule;
	secant_data_options data;
	secant_cloud_options clouds;
} secant_train_options;

SECANT_API extern const secant_opts secant_train_options_table;

typedef struct secant_train_score {
	const char *name;
	double value;
} secant_train_score; /* "iou"; NAN: none */

/* The options a preset stands for, as JSON text for secant_opts_set_json: one of the program's (secant list presets) by
 * name, or a file by path. Freed with secant_free; NULL and err on failure. */
SECANT_API char *secant_train_preset(const char *name, secant_err *err);
/* The options of the run in `out`, as such JSON text; freed with secant_free. NULL: no run is there that can be read.
 */
SECANT_API char *secant_train_resumed(const char *out);

/* How far a training is: after every step, and after every epoch with `epoch_done`. */
typedef struct secant_train_progress {
	int epoch, epochs, step, steps; /* from 1; steps of this epoch */
	int images, images_total; /* pictures of this epoch seen, and all it will see */
	double loss, learning_rate, images_per_second, seconds_left;
	bool epoch_done;
	const char *metric; /* the name of the one that chooses the best epoch */
	double best; /* of it so far; NAN: none yet */
	bool is_best; /* with epoch_done: this epoch is the best so far */
	const secant_train_score
		*scores; /* with epoch_done: n_scores of them, valid during the call; none without validation samples */
	int n_scores;
	double seconds; /* of the epoch */
	const char *rate; /* name of images_per_second in log.jsonl: for clouds "clouds_per_second"; static */
} secant_train_progress;

typedef struct secant_train_events {
	secant_logger log;
	void (*progress)(void *user, const secant_train_progress *p); /* may be NULL */
	bool (*cancelled)(
		void *user); /* asked after every step; true: state is saved and SECANT_ERR_CANCELLED returned; may be NULL */
	void *user;
} secant_train_events;

/* suggested_rate: of find_learning_rate, else NAN; of folds, best and last are means and best_epoch is 0. `metric`: the
 * name of what chose the best epoch; best and last are its values, NAN without validation samples. */
typedef struct secant_train_result {
	const char *metric;
	int epochs, best_epoch;
	double best, last, last_loss, seconds, suggested_rate;
} secant_train_result;

/*
 * Trains on data/train, validates on data/val where there is one. Writes out/config.json, best.safetensors,
 * last.safetensors (models with recalibrated statistics), state.safetensors (what --resume needs: raw statistics,
 * optimiser, counters), log.jsonl, curves.png, learning-rate.png (and .svg), events.out.tfevents.secant, samples/,
 * report.html. An existing run folder is refused unless resume or overwrite. Every file is whole at any moment.
 */
SECANT_API secant_status secant_train(const secant_train_options *o, const char *data,
	const secant_train_events *events, secant_train_result *result, secant_err *err) SECANT_NODISCARD;

/* ---- evaluation ---- */

typedef struct secant_eval_options {
	char *split, *precision, *save, *loss;
	char *tta; /* views: "flips,rotate90"; NULL: none */
	char *confusion, *report; /* pictures of the matrix, a page of everything; NULL: none */
	char *thresholds; /* scores by threshold, .png, .svg or .csv; NULL: none */
	int batch, threads;
	double threshold, boundary, beta; /* threshold below 0: the model's, else 0.5 */
	int zero_division;
	bool keep_threshold; /* the best one is written into the model file */
	secant_reals class_weights;
	bool allow_reference;
	secant_data_options data;
	secant_cloud_judging clouds;
} secant_eval_options;

SECANT_API extern const secant_opts secant_eval_options_table;

/* One class against all others; NAN is 0/0. boundary_f1 is NAN for the background of one class. */
typedef struct secant_class_score {
	char name[64];
	double iou, f1, precision, recall, specificity, accuracy, boundary_f1;
	int64_t pixels, predicted;
} secant_class_score;

/* Scores that are quotients of true and false positives and negatives, and the ways of taking classes and pictures
 * together (those of segmentation_models.pytorch: micro, macro, weighted, and the same imagewise). NULL beyond the
 * last. */
enum { SECANT_METRICS = 15, SECANT_REDUCTIONS = 6 };
SECANT_API const char *secant_metric_name(int i); /* 0: "iou", 1: "f1" (dice), ... */
SECANT_API const char *secant_reduction_name(int i); /* 0: "micro", 1: "macro", ... */

typedef struct secant_category_score {
	char name[64];
	double iou;
	int64_t clouds;
} secant_category_score;
typedef struct secant_scores {
	int64_t images, pixels;
	int64_t labelled; /* pixels of all classes; a pixel may have several where they do not exclude each other */
	double loss; /* mean over pictures of the loss of each */
	/* Exact over the data set, from summed counts. One class: of the foreground (miou: with the background); more:
	 * means over the classes that occur. */
	double iou, f1, accuracy, miou, precision, recall;
	double class_accuracy; /* mean recall */
	double frequency_weighted_accuracy; /* sum over classes of the share of its labels times its IoU */
	double kappa; /* Cohen's; NAN where classes do not exclude each other */
	double boundary_f1; /* see --boundary; NAN where it is 0 */
	double soft_dice, soft_iou; /* means over pictures of dice and IoU on probabilities, background counted as a class;
								   NAN for clouds */
	double thresholded_iou; /* mean over pictures (and classes in them) of ceil(min(max(20 (IoU - .5), 0), 10)) / 10 */
	double reduced[SECANT_METRICS]
				  [SECANT_REDUCTIONS]; /* of the foreground, or of all classes; NAN: nothing to divide by */
	/* The threshold of the best IoU and F1, and those (--thresholds); 0: not searched; NAN: nothing is foreground. */
	double best_threshold, best_f1, best_iou;
	int classes; /* rows of `confusion`: 2 for one class (background, foreground) */
	secant_class_score *per_class; /* `classes` entries; owned */
	int64_t *confusion; /* classes x classes, rows are labels; owned; NULL for multilabel */
	/* Of clouds: images are clouds, pixels are points. */
	const char *protocol; /* class, category, paper, scene; NULL: pictures. `iou` is its first score (class: NAN) */
	double instance_iou,
		category_iou; /* mean over shapes, and over categories of their means; NAN: not of this protocol */
	int categories;
	secant_category_score *per_category; /* owned */
} secant_scores;

/* The mean of the probabilities of n models is judged, as secant_predictor takes it; they must prepare pictures alike.
 * Samples that the first one's run held out. */
SECANT_API secant_status secant_evaluate_ensemble(const char *const *models, int n, const char *data,
	const secant_eval_options *o, const secant_logger *log, secant_scores *scores, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_evaluate(const char *model, const char *data, const secant_eval_options *o,
	const secant_logger *log, secant_scores *scores, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_scores_free(secant_scores *s);

/* ---- two models beside each other ---- */

typedef struct secant_compare_options {
	char *split, *precision, *precision_b, *save;
	int pictures, threads, batch;
	bool allow_reference;
	secant_data_options data;
} secant_compare_options;
SECANT_API extern const secant_opts secant_compare_options_table;

/* How far two models agree on a class, wherever it is right: pixels that both give it as a share of those that either
 * does. */
typedef struct secant_agreement {
	int64_t both, either;
	double share; /* NAN: neither gives it */
} secant_agreement;
typedef struct secant_comparison {
	secant_scores scores[2]; /* of each, as secant_evaluate has them */
	double seconds[2]; /* the median of a picture, file to mask */
	double megabytes[2]; /* that opening it and its first picture took, beside what there was; NAN: not told here */
	int64_t pixels, different; /* of all masks */
	int classes; /* entries of `agreement`; 1: the foreground */
	secant_agreement *agreement; /* owned */
} secant_comparison;
/* Both models, of any kind and precision, over a split of a data set: scores, agreement, time and memory. With `save`
 * the pictures that differ most are written there: picture, mask of each, differences. The models must have the same
 * task and classes. */
SECANT_API secant_status secant_compare(const char *a, const char *b, const char *data, const secant_compare_options *o,
	const secant_logger *log, secant_comparison *result, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_comparison_free(secant_comparison *c);

#ifdef __cplusplus
}
#endif
#endif
