/* Learning-rate schedules as functions of the time that has passed, and the one that watches a metric. See schedule.c.
 */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H
#include <secant/train.h>

extern const secant_opts train_schedule_options_table;
/* Checks names and settings; the rate itself cannot fail afterwards. */
secant_status train_schedule_check(const secant_schedule_options *o, secant_err *err) SECANT_NODISCARD;
/* The rate in force at time t (epochs or updates done, by o->unit) of a run of `total`. */
double train_schedule_rate(const secant_schedule_options *o, double base, double t, double total);
/* The momentum (beta1 of Adam and Lion) that goes with it; -1: the optimiser's own. */
double train_schedule_momentum(const secant_schedule_options *o, double t, double total);
/* From one rate to another within `length` units, by half a cosine or, `linear`, a line; PyTorch's SWALR. */
double train_schedule_anneal(double from, double to, double t, double length, bool linear);

/* `plateau`: the rate falls when the metric has not improved for long. A run's state: part of what --resume needs. */
typedef struct train_plateau {
	double rate, best;
	int bad, cooling;
} train_plateau; /* best NAN: none yet */
bool train_schedule_watches(const secant_schedule_options *o); /* is it plateau? */
/* A value of the metric; lower: smaller is better. */
void train_plateau_report(train_plateau *p, const secant_schedule_options *o, double value, bool lower);
#endif
