/* Learning-rate schedules as functions of the time that has passed. See schedule.c. */
#ifndef SECANT_TRAIN_SCHEDULE_H
#define SECANT_TRAIN_SCHEDULE_H
#include <secant/train.h>

extern const secant_opts secant_schedule_options_table;
/* Checks names; the rate itself cannot fail afterwards. */
secant_status secant_schedule_check(const secant_schedule_options *o, secant_err *err) SECANT_NODISCARD;
/* The rate in force at time t (epochs or steps done, by o->unit) of a run of `total`. */
double secant_schedule_rate(const secant_schedule_options *o, double base, double t, double total);
#endif
