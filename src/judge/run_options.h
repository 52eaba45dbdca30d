/* What a run folder says of how its data is to be read: an evaluation takes it where it was not told otherwise. */
#ifndef JUDGE_RUN_OPTIONS_H
#define JUDGE_RUN_OPTIONS_H
#include <secant/train.h>

/* Beside a model of a run lies its config.json: options of data that have their defaults in *o get the run's values,
 * which is said, and *seed the run's, which divides a data set without split folders. No config.json: nothing
 * happens. *o owns its fields. */
secant_status judge_take_run(secant_eval_options *o, int64_t *seed, const char *model, const secant_logger *log,
	secant_err *err) SECANT_NODISCARD;
#endif
