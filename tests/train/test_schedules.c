/*
 * Learning rates against PyTorch's schedulers (schedules.json: the rate before update i), warm-up, units, and names.
 */
#include "train/schedule.h"
#include "base/json.h"
#include "data.h"
#include <math.h>

/* A scheduler of PyTorch as options. */
typedef struct pair {
	const char *theirs, *schedule;
	secant_schedule_options o;
} pair;
static const pair pairs[] = {
	{ "StepLR", "step", { .gamma = .5, .step_size = 20 } },
	{ "MultiStepLR", "multistep", { .gamma = .3, .milestones = { 4, { 10, 30, 31, 50 } } } },
	{ "ExponentialLR", "exponential", { .gamma = .95 } },
	{ "CosineAnnealingLR", "cosine", { .length = 50 } },
	{ "CosineAnnealingLR_eta_min", "cosine", { .length = 20, .minimum_rate = .001 } },
	{ "CosineAnnealingWarmRestarts", "cosine-restarts",
		{ .minimum_rate = 1e-5, .restart_period = 3, .restart_factor = 2 } },
	{ "CosineAnnealingWarmRestarts_mult1", "cosine-restarts", { .restart_period = 7, .restart_factor = 1 } },
	{ "OneCycleLR", "one-cycle",
		{ .pct_start = .3,
			.div_factor = 25,
			.final_div_factor = 1e4,
			.cycle_momentum = true,
			.base_momentum = .85,
			.max_momentum = .95 } },
	{ "OneCycleLR_linear", "one-cycle",
		{ .pct_start = .3,
			.div_factor = 25,
			.final_div_factor = 1e4,
			.cycle_momentum = true,
			.base_momentum = .85,
			.max_momentum = .95,
			.linear_anneal = true } },
	{ "OneCycleLR_three_phase", "one-cycle",
		{ .pct_start = .3,
			.div_factor = 25,
			.final_div_factor = 1e4,
			.cycle_momentum = true,
			.base_momentum = .85,
			.max_momentum = .95,
			.three_phase = true } },
	{ "PolynomialLR", "polynomial", { .length = 50, .power = .9 } },
	{ "PolynomialLR_power2", "polynomial", { .length = 60, .power = 2 } },
	{ "LinearLR", "linear", { .length = 5, .start_factor = .1, .end_factor = 1 } },
	{ "ConstantLR", "constant", { .length = 7, .start_factor = .2 } },
	{ "warmup_cosine", "cosine", { .warmup = 5, .warmup_factor = .1, .minimum_rate = 1e-4 } },
	{ "warmup_polynomial", "polynomial", { .warmup = 10, .warmup_factor = .001, .power = .9 } },
	{ "CyclicLR_triangular2", "cyclic",
		{ .minimum_rate = .001, .cycle_up = 7, .cycle_down = 5, .halve_cycles = true } },
};

static secant_schedule_options
options(const char *name)
{
	secant_schedule_options o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&train_schedule_options_table, &o, &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&train_schedule_options_table, &o, "schedule", name, &err), SECANT_OK);
	return o;
}

static void
near(const char *what, int i, double got, double want)
{
	if (!(fabs(got - want) <= 1e-15 + 1e-12 * want))
		fail_msg("%s, value %d: %.17g, expected %.17g", what, i, got, want);
}

static json_t *
golden(void)
{
	const char *path = golden_path("schedules.json");
	secant_err err = { 0 };
	skip_without(path);
	json_t *all = base_json_read(path, &err);
	assert_non_null(all);
	return all;
}

static double
value(json_t *list, size_t i)
{
	return json_number_value(json_array_get(list, i));
}

static void
as_pytorch(void **state)
{
	json_t *all = golden();
	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
		const pair *p = &pairs[k];
		json_t *theirs = json_object_get(all, p->theirs), *rates = json_object_get(theirs, "lr"),
			   *momentum = json_object_get(theirs, "momentum"), *base;
		base = json_object_get(theirs, "base_lr");
		secant_schedule_options o = p->o;
		o.schedule = (char *)(uintptr_t)p->schedule, o.unit = (char *)(uintptr_t) "epoch";
		secant_err err = { 0 };
		if (train_schedule_check(&o, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(json_array_size(rates), 60);
		for (size_t i = 0; i < 60; i++) {
			near(p->theirs, (int)i,
				train_schedule_rate(&o, json_is_number(base) ? json_number_value(base) : .1, (double)i, 60),
				value(rates, i));
			double m = train_schedule_momentum(&o, (double)i, 60);
			if (momentum)
				near("its momentum", (int)i, m, value(momentum, i));
			else
				assert_true(m < 0);
		}
	}
	json_decref(all);
}

static void
swa_rates(void **state)
{
	json_t *all = golden();
	for (int linear = 0; linear < 2; linear++) {
		json_t *rates = json_object_get(json_object_get(all, linear ? "SWALR_linear" : "SWALR_cos"), "lr");
		assert_int_equal(json_array_size(rates), 60);
		for (size_t i = 0; i < 60; i++)
			near(linear ? "SWALR, linear" : "SWALR", (int)i, train_schedule_anneal(.1, .05, (double)i, 10, linear),
				value(rates, i));
	}
	json_decref(all);
}

/* The rate before epoch i depends on the metrics of the epochs before. */
static void
plateaus(void **state)
{
	static const struct {
		const char *theirs;
		bool lower;
		secant_schedule_options o;
	} cases[] = {
		{ "ReduceLROnPlateau_min_rel", true,
			{ .gamma = .5,
				.plateau_patience = 3,
				.plateau_threshold = 1e-4,
				.plateau_cooldown = 2,
				.minimum_rate = .001 } },
		{ "ReduceLROnPlateau_min_abs", true,
			{ .gamma = .1,
				.plateau_patience = 2,
				.plateau_threshold = .01,
				.threshold_absolute = true,
				.minimum_rate = 1e-6 } },
		{ "ReduceLROnPlateau_max_rel", false,
			{ .gamma = .5, .plateau_patience = 4, .plateau_threshold = .001, .plateau_cooldown = 1 } },
	};
	json_t *all = golden();
	for (size_t k = 0; k < 3; k++) {
		json_t *theirs = json_object_get(all, cases[k].theirs), *rates = json_object_get(theirs, "lr"),
			   *metrics = json_object_get(theirs, "metrics");
		secant_schedule_options o = cases[k].o;
		o.schedule = (char *)(uintptr_t) "plateau";
		train_plateau p = { .1, NAN, 0, 0 };
		assert_true(train_schedule_watches(&o));
		assert_int_equal(json_array_size(rates), 60);
		for (size_t i = 0; i < 60; i++) {
			near(cases[k].theirs, (int)i, train_schedule_rate(&o, p.rate, (double)i, 60), value(rates, i));
			train_plateau_report(&p, &o, value(metrics, i), cases[k].lower);
		}
		near("after the last", 60, p.rate, json_number_value(json_object_get(theirs, "lr_after_last")));
	}
	json_decref(all);
}

/* Restarts within an epoch: PyTorch's argument epoch + i / iterations. */
static void
fractions_of_a_unit(void **state)
{
	json_t *all = golden(),
		   *rates = json_object_get(json_object_get(all, "CosineAnnealingWarmRestarts_fractional"), "lr");
	secant_schedule_options o = options("cosine-restarts");
	o.minimum_rate = 1e-5, o.restart_period = 3, o.restart_factor = 2;
	assert_int_equal(json_array_size(rates), 60);
	for (size_t i = 0; i < 60; i++)
		near("fractional restarts", (int)i, train_schedule_rate(&o, .1, (double)i / 4, 15), value(rates, i));
	secant_opts_free(&train_schedule_options_table, &o);
	json_decref(all);
}

static void
by_hand(void **state)
{
	secant_schedule_options o = options("constant");
	near("constant", 0, train_schedule_rate(&o, .3, 0, 10), .3);
	near("constant", 9, train_schedule_rate(&o, .3, 9, 10), .3);
	o.warmup = 4; /* 1/5, 2/5, ... of the rate, then all of it */
	for (int t = 0; t < 6; t++)
		near("warm-up", t, train_schedule_rate(&o, .3, t, 10), .3 * (t < 4 ? t + 1 : 5) / 5);
	secant_opts_free(&train_schedule_options_table, &o);

	o = options("cosine");
	o.minimum_rate = .1;
	near("cosine begins", 0, train_schedule_rate(&o, 1, 0, 8), 1);
	near("cosine, middle", 4, train_schedule_rate(&o, 1, 4, 8), .55);
	near("cosine ends", 8, train_schedule_rate(&o, 1, 8, 8), .1);
	near("of nothing", 0, train_schedule_rate(&o, 1, 0, 0), 1);
	secant_opts_free(&train_schedule_options_table, &o);

	o = options("cosine");
	o.warmup = 4; /* the schedule begins where warm-up ends, and ends with the run */
	near("warm-up, then cosine", 4, train_schedule_rate(&o, 1, 4, 12), 1);
	near("its middle", 8, train_schedule_rate(&o, 1, 8, 12), .5);
	near("its end", 12, train_schedule_rate(&o, 1, 12, 12), 0);
	secant_opts_free(&train_schedule_options_table, &o);

	o = options("one-cycle"); /* a run too short to rise */
	near("one epoch", 0, train_schedule_rate(&o, 1, 0, 1), 1. / 25 / 1e4);
	secant_opts_free(&train_schedule_options_table, &o);

	o = options("polynomial");
	near("after the end", 12, train_schedule_rate(&o, 1, 12, 10), 0);
	secant_opts_free(&train_schedule_options_table, &o);
}

static void
names_and_units(void **state)
{
	static const struct {
		const char *schedule, *unit, *message;
	} wrong[] = {
		{ "cosin", "epoch", "schedule: none is named 'cosin'; did you mean 'cosine'?" },
		{ "xyzzy", "epoch", "schedule: none is named 'xyzzy'" },
		{ "cosine", "day", "schedule-unit 'day' is not epoch, step or smooth" },
		{ "multistep", "epoch", "schedule multistep wants --milestones: where the rate falls, such as 30,60" },
		{ "plateau", "step", "schedule plateau looks at the metric of each epoch: it goes with --schedule-unit epoch" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		secant_schedule_options o = options(wrong[i].schedule);
		secant_err err = { 0 };
		assert_int_equal(
			secant_opts_set(&train_schedule_options_table, &o, "schedule-unit", wrong[i].unit, &err), SECANT_OK);
		assert_int_equal(train_schedule_check(&o, &err), SECANT_ERR_ARG);
		assert_string_equal(err.msg, wrong[i].message);
		secant_opts_free(&train_schedule_options_table, &o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_pytorch),
		cmocka_unit_test(swa_rates),
		cmocka_unit_test(plateaus),
		cmocka_unit_test(fractions_of_a_unit),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(names_and_units),
	};
	return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
