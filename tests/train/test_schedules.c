/*
 * Learning rates against PyTorch's schedulers (schedules.json: the rate before update i), warm-up, units, and names.
 */
#include "train/schedule.h"
#include "base/json.h"
#include "data.h"
#include <math.h>

/* A scheduler of PyTorch as options; total: the length of the run in units, 0: the number of values. */
typedef struct pair { const char *theirs, *schedule; double total, minimum, gamma, power; int step, period, factor; } pair;
static const pair pairs[] = {
	{ "StepLR", "step", 0, 0, .5, 1, 20, 1, 1 },
	{ "ExponentialLR", "exponential", 0, 0, .95, 1, 1, 1, 1 },
	{ "CosineAnnealingLR", "cosine", 50, 0, 1, 1, 1, 1, 1 },
	{ "CosineAnnealingLR_eta_min", "cosine", 20, .001, 1, 1, 1, 1, 1 },
	{ "CosineAnnealingWarmRestarts", "cosine-restarts", 0, 1e-5, 1, 1, 1, 3, 2 },
	{ "CosineAnnealingWarmRestarts_mult1", "cosine-restarts", 0, 0, 1, 1, 1, 7, 1 },
	{ "PolynomialLR", "polynomial", 50, 0, 1, .9, 1, 1, 1 },
	{ "PolynomialLR_power2", "polynomial", 60, 0, 1, 2, 1, 1, 1 },
};

static secant_schedule_options
options(const char *name, const pair *p)
{
	secant_schedule_options o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_schedule_options_table, &o, &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_schedule_options_table, &o, "schedule", name, &err), SECANT_OK);
	if (p)
		o.minimum_rate = p->minimum, o.gamma = p->gamma, o.power = p->power, o.step_size = p->step, o.restart_period = p->period, o.restart_factor = p->factor;
	return o;
}

static void
near(const char *what, int i, double got, double want)
{
	if (!(fabs(got - want) <= 1e-15 + 1e-12 * want))
		fail_msg("%s, value %d: %.17g, expected %.17g", what, i, got, want);
}

static void
as_pytorch(void **state)
{
	const char *path = golden_path("schedules.json");
	secant_err err = { 0 };
	skip_without(path);
	json_t *all = secant_json_read(path, &err);
	assert_non_null(all);
	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
		const pair *p = &pairs[k];
		json_t *theirs = json_object_get(all, p->theirs), *rates = json_object_get(theirs, "lr");
		double base = json_number_value(json_object_get(theirs, "base_lr")), total = p->total > 0 ? p->total : (double)json_array_size(rates);
		secant_schedule_options o = options(p->schedule, p);
		assert_true(json_array_size(rates) >= 20);
		/* A cosine ends where its run ends; PyTorch's swings up again. */
		for (size_t i = 0; i < json_array_size(rates) && (double)i <= total; i++)
			near(p->theirs, (int)i, secant_schedule_rate(&o, base, (double)i, total), json_number_value(json_array_get(rates, i)));
		secant_opts_free(&secant_schedule_options_table, &o);
	}
	json_decref(all);
}

/* Restarts within an epoch: PyTorch's argument epoch + i / iterations. */
static void
fractions_of_a_unit(void **state)
{
	const char *path = golden_path("schedules.json");
	secant_err err = { 0 };
	skip_without(path);
	json_t *all = secant_json_read(path, &err), *rates = json_object_get(json_object_get(all, "CosineAnnealingWarmRestarts_fractional"), "lr");
	secant_schedule_options o = options("cosine-restarts", &(pair){ .minimum = 1e-5, .period = 3, .factor = 2 });
	assert_int_equal(json_array_size(rates), 60);
	for (size_t i = 0; i < 60; i++)
		near("fractional restarts", (int)i, secant_schedule_rate(&o, .1, (double)i / 4, 15), json_number_value(json_array_get(rates, i)));
	secant_opts_free(&secant_schedule_options_table, &o);
	json_decref(all);
}

static void
by_hand(void **state)
{
	secant_schedule_options o = options("constant", NULL);
	near("constant", 0, secant_schedule_rate(&o, .3, 0, 10), .3);
	near("constant", 9, secant_schedule_rate(&o, .3, 9, 10), .3);
	o.warmup = 4;                                                    /* 1/5, 2/5, ... of the rate, then all of it */
	for (int t = 0; t < 6; t++)
		near("warm-up", t, secant_schedule_rate(&o, .3, t, 10), .3 * (t < 4 ? t + 1 : 5) / 5);
	secant_opts_free(&secant_schedule_options_table, &o);

	o = options("cosine", NULL);
	o.minimum_rate = .1;
	near("cosine begins", 0, secant_schedule_rate(&o, 1, 0, 8), 1);
	near("cosine, middle", 4, secant_schedule_rate(&o, 1, 4, 8), .55);
	near("cosine ends", 8, secant_schedule_rate(&o, 1, 8, 8), .1);
	near("of nothing", 0, secant_schedule_rate(&o, 1, 0, 0), 1);
	secant_opts_free(&secant_schedule_options_table, &o);

	o = options("polynomial", NULL);
	near("after the end", 12, secant_schedule_rate(&o, 1, 12, 10), 0);
	secant_opts_free(&secant_schedule_options_table, &o);
}

static void
names_and_units(void **state)
{
	static const struct { const char *schedule, *unit, *message; } wrong[] = {
		{ "cosin", "epoch", "schedule: none is named 'cosin'; did you mean 'cosine'?" },
		{ "xyzzy", "epoch", "schedule: none is named 'xyzzy'" },
		{ "cosine", "day", "schedule-unit 'day' is not epoch or step" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		secant_schedule_options o = options(wrong[i].schedule, NULL);
		secant_err err = { 0 };
		assert_int_equal(secant_opts_set(&secant_schedule_options_table, &o, "schedule-unit", wrong[i].unit, &err), SECANT_OK);
		assert_int_equal(secant_schedule_check(&o, &err), SECANT_ERR_ARG);
		assert_string_equal(err.msg, wrong[i].message);
		secant_opts_free(&secant_schedule_options_table, &o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_pytorch), cmocka_unit_test(fractions_of_a_unit), cmocka_unit_test(by_hand), cmocka_unit_test(names_and_units)
	};
	return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
