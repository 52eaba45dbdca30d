/*
 * Learning-rate schedules in closed form: rate(t) of base rate r, minimum m, total T.
 *
 *     constant          r
 *     cosine            m + (r - m) (1 + cos(pi t / T)) / 2                                        (Loshchilov, Hutter 2017)
 *     cosine-restarts   the same within cycles of restart-period, restart-period * factor, ...
 *     step              r gamma^floor(t / step-size)
 *     exponential       r gamma^t
 *     polynomial        (r - m) (1 - t / T)^power + m
 *
 * Warm-up: during the first `warmup` units the rate is also multiplied by (t + 1) / (warmup + 1).
 */
#include "train/schedule.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/registry.h"

typedef struct schedule { const char *name, *brief; double (*rate)(const secant_schedule_options *o, double base, double t, double total); } schedule;

static double constant(const secant_schedule_options *o, double base, double t, double total) { return base; }

static double
half_cosine(double from, double to, double share)
{
	return to + (from - to) * (1 + cos(acos(-1) * share)) / 2;
}

static double
cosine(const secant_schedule_options *o, double base, double t, double total)
{
	return half_cosine(base, o->minimum_rate, total > 0 ? t / total : 0);
}

static double
cosine_restarts(const secant_schedule_options *o, double base, double t, double total)
{
	double period = o->restart_period;
	while (t >= period) {
		t -= period;
		period *= o->restart_factor;
	}
	return half_cosine(base, o->minimum_rate, t / period);
}

static double
step(const secant_schedule_options *o, double base, double t, double total)
{
	return base * pow(o->gamma, floor(t / o->step_size));
}

static double exponential(const secant_schedule_options *o, double base, double t, double total) { return base * pow(o->gamma, t); }

static double
polynomial(const secant_schedule_options *o, double base, double t, double total)
{
	return o->minimum_rate + (base - o->minimum_rate) * pow(total > 0 && t < total ? 1 - t / total : 0, o->power);
}

static const schedule schedules[] = {
	{ "constant", "the same rate throughout", constant },
	{ "cosine", "half a cosine from the rate down to the minimum", cosine },
	{ "cosine-restarts", "half cosines that start again", cosine_restarts },
	{ "step", "times gamma every step-size", step },
	{ "exponential", "times gamma every unit", exponential },
	{ "polynomial", "a power of the time that is left", polynomial },
	{ 0 }
};

static const schedule *
find(const char *name)
{
	for (const schedule *s = schedules; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

secant_status
secant_schedule_check(const secant_schedule_options *o, secant_err *err)
{
	const char *names[16] = { 0 };
	for (int i = 0; schedules[i].name; i++)
		names[i] = schedules[i].name;
	if (!find(o->schedule)) {
		const char *near = secant_nearest(o->schedule, names);
		return secant_fail(err, SECANT_ERR_ARG, "schedule: none is named '%s'%s%s%s", o->schedule, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (strcmp(o->unit, "epoch") && strcmp(o->unit, "step"))
		return secant_fail(err, SECANT_ERR_ARG, "schedule-unit '%s' is not epoch or step", o->unit);
	return SECANT_OK;
}

double
secant_schedule_rate(const secant_schedule_options *o, double base, double t, double total)
{
	double rate = find(o->schedule)->rate(o, base, t, total);
	return t < o->warmup ? rate * (t + 1) / (o->warmup + 1) : rate;
}

static secant_entry
entry(int i)
{
	return i < (int)(sizeof schedules / sizeof *schedules) ? (secant_entry){ schedules[i].name, schedules[i].brief, NULL } : (secant_entry){ 0 };
}
const secant_kind secant_kind_schedules = { "schedules", "Learning-rate schedules", entry };

static const secant_opt rows[] = {
	SECANT_OPT(secant_schedule_options, schedule, STR, "schedule", "cosine", 0, 0, "constant, cosine, cosine-restarts, ... (secant list schedules)"),
	SECANT_OPT(secant_schedule_options, unit, STR, "schedule-unit", "epoch", 0, 0, "the rate changes every epoch or every step"),
	SECANT_OPT(secant_schedule_options, minimum_rate, REAL, "minimum-rate", "0", 0, 1000, "where cosine and polynomial end"),
	SECANT_OPT(secant_schedule_options, warmup, REAL, "warmup", "0", 0, 1e9, "units over which the rate rises at the start"),
	SECANT_OPT(secant_schedule_options, restart_period, INT, "restart-period", "2", 1, 1 << 30, "units of the first cycle of cosine-restarts"),
	SECANT_OPT(secant_schedule_options, restart_factor, INT, "restart-factor", "2", 1, 100, "each cycle is so many times as long as the one before"),
	SECANT_OPT(secant_schedule_options, step_size, INT, "step-size", "30", 1, 1 << 30, "units between the drops of step"),
	SECANT_OPT(secant_schedule_options, gamma, REAL, "gamma", "0.1", 0, 1, "factor of step and exponential"),
	SECANT_OPT(secant_schedule_options, power, REAL, "power", "1", 0, 100, "of polynomial"),
	SECANT_OPT_END
};
const secant_opts secant_schedule_options_table = { "schedule", sizeof(secant_schedule_options), rows };
