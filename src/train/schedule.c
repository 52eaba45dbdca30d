/*
 * Learning-rate schedules in closed form: rate(t) of base rate r, minimum m, length T (the run's, or
 * --schedule-length).
 *
 *     constant          r, and r start-factor before T where a length is given
 *     cosine            m + (r - m) (1 + cos(pi t / T)) / 2                                        (Loshchilov,
 *                       Hutter 2017)
 *     cosine-restarts   the same within cycles of restart-period, restart-period * factor, ...
 *     step              r gamma^floor(t / step-size)
 *     multistep         r gamma^(milestones that t has reached)
 *     exponential       r gamma^t
 *     polynomial        (r - m) (1 - t / T)^power + m
 *     linear            r (start-factor + (end-factor - start-factor) t / T)
 *     one-cycle         from r / div-factor up to r and down to r / div-factor / final-div-factor  (Smith, Topin
 *                       2018; PyTorch's OneCycleLR)
 *     cyclic            m up to r in cycle-up units and down in cycle-down, again and again; triangular2 halves the
 *                       height each time (Smith 2017)
 *     plateau           r gamma^(times the metric has not improved for long)                       (PyTorch's
 *                       ReduceLROnPlateau)
 *
 * Warm-up comes before any of them: during the first `warmup` units the rate rises on a line from warmup-factor times
 * the schedule's first rate; then the schedule begins, for what is left of the run.
 */
#include "train/schedule.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/registry.h"

typedef struct schedule {
	const char *name, *brief;
	double (*rate)(const secant_schedule_options *o, double base, double t, double total);
} schedule;

static double
length_of(const secant_schedule_options *o, double total)
{
	return o->length > 0 ? o->length : total;
}

static double
constant(const secant_schedule_options *o, double base, double t, double total)
{
	return t < o->length ? base * o->start_factor : base;
}

static double
half_cosine(double from, double to, double share)
{
	return to + (from - to) * (1 + cos(acos(-1) * share)) / 2;
}

static double
cosine(const secant_schedule_options *o, double base, double t, double total)
{
	double length = length_of(o, total);
	return half_cosine(base, o->minimum_rate, length > 0 ? t / length : 0);
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

static double
exponential(const secant_schedule_options *o, double base, double t, double total)
{
	return base * pow(o->gamma, t);
}

static double
multistep(const secant_schedule_options *o, double base, double t, double total)
{
	int reached = 0;
	for (int i = 0; i < o->milestones.n; i++)
		reached += t >= o->milestones.v[i];
	return base * pow(o->gamma, reached);
}

static double
polynomial(const secant_schedule_options *o, double base, double t, double total)
{
	double length = length_of(o, total);
	return o->minimum_rate + (base - o->minimum_rate) * pow(length > 0 && t < length ? 1 - t / length : 0, o->power);
}

static double
linear(const secant_schedule_options *o, double base, double t, double total)
{
	double length = length_of(o, total), share = length > 0 && t < length ? t / length : 1;
	return base * (o->start_factor + (o->end_factor - o->start_factor) * share);
}

/* Phases of a cycle: where each ends, and its values; units 0 to total - 1. */
typedef struct phase {
	double end, from, to;
} phase;

static double
along(const phase *p, int n, double t, bool straight)
{
	double start = 0;
	for (int i = 0; i < n; i++) {
		if (t <= p[i].end || i == n - 1) {
			double length = p[i].end - start, share = length > 0 ? (t - start) / length : 1;
			share = share > 1 ? 1 : share;
			return straight ? p[i].from + (p[i].to - p[i].from) * share : half_cosine(p[i].from, p[i].to, share);
		}
		start = p[i].end;
	}
	return 0;
}

static double
cycle(const secant_schedule_options *o, double low, double high, double last, double t, double total)
{
	double length = length_of(o, total), rise = o->pct_start * length - 1;
	phase two[] = { { rise, low, high }, { length - 1, high, last } },
		  three[] = { { rise, low, high }, { 2 * rise, high, low }, { length - 1, low, last } };
	return o->three_phase ? along(three, 3, t, o->linear_anneal) : along(two, 2, t, o->linear_anneal);
}

static double
one_cycle(const secant_schedule_options *o, double base, double t, double total)
{
	return cycle(o, base / o->div_factor, base, base / o->div_factor / o->final_div_factor, t, total);
}

static double
cyclic(const secant_schedule_options *o, double base, double t, double total)
{
	double whole = o->cycle_up + o->cycle_down, round = floor(t / whole), within = t - round * whole;
	double height = within <= o->cycle_up ? within / o->cycle_up : 1 - (within - o->cycle_up) / o->cycle_down;
	return o->minimum_rate + (base - o->minimum_rate) * height * (o->halve_cycles ? pow(.5, round) : 1);
}

static double
plateau(const secant_schedule_options *o, double base, double t, double total)
{
	return base;
}

static const schedule schedules[] = {
	{ "constant", "the same rate throughout", constant },
	{ "cosine", "half a cosine from the rate down to the minimum", cosine },
	{ "cosine-restarts", "half cosines that start again", cosine_restarts },
	{ "step", "times gamma every step-size", step },
	{ "multistep", "times gamma at each of the milestones", multistep },
	{ "exponential", "times gamma every unit", exponential },
	{ "polynomial", "a power of the time that is left", polynomial },
	{ "linear", "a line from start-factor to end-factor", linear },
	{ "one-cycle", "up to the rate, then far down; momentum the other way", one_cycle },
	{ "cyclic", "up and down between the minimum and the rate", cyclic },
	{ "plateau", "times gamma when the metric no longer improves", plateau },
	{ 0 },
};

static const schedule *
find(const char *name)
{
	for (const schedule *s = schedules; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

static secant_entry
entry(int i)
{
	return i < (int)(sizeof schedules / sizeof *schedules)
		? (secant_entry){ schedules[i].name, schedules[i].brief, NULL }
		: (secant_entry){ 0 };
}
const base_kind base_kind_schedules = { "schedules", "Learning-rate schedules", entry };

secant_status
train_schedule_check(const secant_schedule_options *o, secant_err *err)
{
	char near[100];
	if (!find(o->schedule))
		return secant_fail(err, SECANT_ERR_ARG, "schedule: none is named '%s'%s", o->schedule,
			base_kind_near(&base_kind_schedules, o->schedule, near));
	if (strcmp(o->unit, "epoch") && strcmp(o->unit, "step") && strcmp(o->unit, "smooth"))
		return secant_fail(err, SECANT_ERR_ARG, "schedule-unit '%s' is not epoch, step or smooth", o->unit);
	if (!strcmp(o->schedule, "multistep") && !o->milestones.n)
		return secant_fail(
			err, SECANT_ERR_ARG, "schedule multistep wants --milestones: where the rate falls, such as 30,60");
	for (int i = 1; i < o->milestones.n; i++)
		if (o->milestones.v[i] <= o->milestones.v[i - 1])
			return secant_fail(err, SECANT_ERR_ARG, "milestones: %d does not come after %d", o->milestones.v[i],
				o->milestones.v[i - 1]);
	if (train_schedule_watches(o) && strcmp(o->unit, "epoch"))
		return secant_fail(err, SECANT_ERR_ARG,
			"schedule plateau looks at the metric of each epoch: it goes with --schedule-unit epoch");
	return SECANT_OK;
}

double
train_schedule_rate(const secant_schedule_options *o, double base, double t, double total)
{
	const schedule *s = find(o->schedule);
	double w = o->warmup, factor = o->warmup_factor > 0 ? o->warmup_factor : 1 / (w + 1);
	if (t < w)
		return s->rate(o, base, 0, total - w) * (factor + (1 - factor) * t / w);
	return s->rate(o, base, t - w, total - w);
}

double
train_schedule_momentum(const secant_schedule_options *o, double t, double total)
{
	if (strcmp(o->schedule, "one-cycle") || !o->cycle_momentum || t < o->warmup)
		return -1;
	return cycle(o, o->max_momentum, o->base_momentum, o->max_momentum, t - o->warmup, total - o->warmup);
}

double
train_schedule_anneal(double from, double to, double t, double length, bool straight)
{
	double share = length > 0 && t < length ? t / length : 1;
	return straight ? from + (to - from) * share : half_cosine(from, to, share);
}

bool
train_schedule_watches(const secant_schedule_options *o)
{
	return !strcmp(o->schedule, "plateau");
}

void
train_plateau_report(train_plateau *p, const secant_schedule_options *o, double value, bool lower)
{
	double margin = o->threshold_absolute ? o->plateau_threshold : p->best * o->plateau_threshold;
	if (isnan(p->best) || (lower ? value < p->best - margin : value > p->best + margin))
		p->best = value, p->bad = 0;
	else
		p->bad++;
	if (p->cooling > 0)
		p->cooling--, p->bad = 0;
	if (p->bad <= o->plateau_patience)
		return;
	double next = p->rate * o->gamma;
	next = next > o->minimum_rate ? next : o->minimum_rate;
	if (p->rate - next > 1e-8) /* PyTorch's eps: smaller steps are not taken */
		p->rate = next;
	p->cooling = o->plateau_cooldown;
	p->bad = 0;
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_schedule_options, schedule, STR, "schedule", "cosine", 0, 0,
		"constant, cosine, cosine-restarts, ... (secant list schedules)"),
	SECANT_OPT(secant_schedule_options, unit, STR, "schedule-unit", "epoch", 0, 0,
		"epoch; step: the rate changes with every update and all lengths are in updates; smooth: every update, lengths "
		"in epochs"),
	SECANT_OPT(secant_schedule_options, length, REAL, "schedule-length", "0", 0, 1e9,
		"units of cosine, polynomial, linear, one-cycle; 0: the whole run"),
	SECANT_OPT(secant_schedule_options, minimum_rate, REAL, "minimum-rate", "0", 0, 1000,
		"where cosine, polynomial and cyclic end, below which plateau does not go"),
	SECANT_OPT(secant_schedule_options, warmup, REAL, "warmup", "0", 0, 1e9,
		"units over which the rate rises before the schedule begins"),
	SECANT_OPT(secant_schedule_options, warmup_factor, REAL, "warmup-factor", "0", 0, 1,
		"where warm-up begins, a share of the rate; 0: 1 / (warmup + 1)"),
	SECANT_OPT(secant_schedule_options, restart_period, INT, "restart-period", "2", 1, 1 << 30,
		"units of the first cycle of cosine-restarts"),
	SECANT_OPT(secant_schedule_options, restart_factor, INT, "restart-factor", "2", 1, 100,
		"each cycle is so many times as long as the one before"),
	SECANT_OPT(
		secant_schedule_options, step_size, INT, "step-size", "30", 1, 1 << 30, "units between the drops of step"),
	SECANT_OPT(
		secant_schedule_options, milestones, INTS, "milestones", NULL, 1, 1 << 30, "where multistep drops: 30,60,80"),
	SECANT_OPT(secant_schedule_options, gamma, REAL, "gamma", "0.1", 0, 1,
		"factor of step, multistep, exponential and plateau"),
	SECANT_OPT(secant_schedule_options, power, REAL, "power", "1", 0, 100, "of polynomial"),
	SECANT_OPT(secant_schedule_options, start_factor, REAL, "start-factor", "1", 0, 1000,
		"of linear, and of constant for schedule-length units"),
	SECANT_OPT(secant_schedule_options, end_factor, REAL, "end-factor", "0", 0, 1000, "of linear"),
	SECANT_OPT(secant_schedule_options, pct_start, REAL, "pct-start", "0.3", 0, 1, "share of one-cycle that rises"),
	SECANT_OPT(secant_schedule_options, div_factor, REAL, "div-factor", "25", 1e-9, 1e12,
		"one-cycle begins at the rate divided by this"),
	SECANT_OPT(secant_schedule_options, final_div_factor, REAL, "final-div-factor", "1e4", 1e-9, 1e12,
		"and ends at its beginning divided by this"),
	SECANT_OPT(secant_schedule_options, three_phase, BOOL, "three-phase", "false", 0, 1,
		"one-cycle falls as it rose, then to its end"),
	SECANT_OPT(secant_schedule_options, linear_anneal, BOOL, "linear-anneal", "false", 0, 1,
		"one-cycle and swa-rate go by lines, not by cosines"),
	SECANT_OPT(secant_schedule_options, cycle_momentum, BOOL, "cycle-momentum", "true", 0, 1,
		"one-cycle moves momentum (beta1) against the rate"),
	SECANT_OPT(secant_schedule_options, base_momentum, REAL, "base-momentum", "0.85", 0, 0.999999,
		"of one-cycle where the rate is highest"),
	SECANT_OPT(secant_schedule_options, max_momentum, REAL, "max-momentum", "0.95", 0, 0.999999,
		"of one-cycle where the rate is low"),
	SECANT_OPT(secant_schedule_options, cycle_up, REAL, "cycle-up", "4", 1e-9, 1e9, "units cyclic rises"),
	SECANT_OPT(secant_schedule_options, cycle_down, REAL, "cycle-down", "4", 1e-9, 1e9, "units cyclic falls"),
	SECANT_OPT(secant_schedule_options, halve_cycles, BOOL, "halve-cycles", "false", 0, 1,
		"each round of cyclic is half as high (triangular2)"),
	SECANT_OPT(secant_schedule_options, plateau_patience, INT, "plateau-patience", "10", 0, 1 << 30,
		"epochs without improvement that plateau bears"),
	SECANT_OPT(secant_schedule_options, plateau_threshold, REAL, "plateau-threshold", "1e-4", 0, 1e9,
		"an improvement counts for plateau when it is larger, as a share of the best"),
	SECANT_OPT(secant_schedule_options, threshold_absolute, BOOL, "threshold-absolute", "false", 0, 1,
		"plateau-threshold is no share but a difference"),
	SECANT_OPT(secant_schedule_options, plateau_cooldown, INT, "plateau-cooldown", "0", 0, 1 << 30,
		"epochs after a drop in which plateau does not count"),
	SECANT_OPT_END,
};
const secant_opts train_schedule_options_table = { "schedule", sizeof(secant_schedule_options), rows };
