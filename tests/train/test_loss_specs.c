/*
 * The little language of losses: weighted sums, what it refuses and how it says so, and that a sum's value is the sum of its losses'.
 */
#include "exec/exec.h"
#include "nn/nn.h"
#include "data.h"
#include <math.h>

static void
refused(const char *spec, secant_mode mode, const char *message)
{
	secant_err err = { 0 };
	if (!secant_loss_check(spec, mode, &err))
		fail_msg("'%s' is accepted", spec);
	if (strcmp(err.msg, message))
		fail_msg("'%s': '%s', expected '%s'", spec, err.msg, message);
}

static void
accepted(const char *spec, secant_mode mode)
{
	secant_err err = { 0 };
	if (secant_loss_check(spec, mode, &err))
		fail_msg("'%s': %s", spec, err.msg);
}

static void
grammar(void **state)
{
	accepted("bce", SECANT_MODE_BINARY);
	accepted("0.5*dice+0.5*bce", SECANT_MODE_BINARY);
	accepted(" 1e-1 * dice ( smooth = 1) + bce ", SECANT_MODE_BINARY);
	accepted("dice()", SECANT_MODE_BINARY);
	accepted("ce+2*dice", SECANT_MODE_MULTICLASS);
	refused("", SECANT_MODE_BINARY, "loss '': want the name of a loss at character 1");
	refused("0.5*", SECANT_MODE_BINARY, "loss '0.5*': want the name of a loss at character 5");
	refused("0.5 dice", SECANT_MODE_BINARY, "loss '0.5 dice': after the factor 0.5 a * is wanted at character 5");
	refused("dice bce", SECANT_MODE_BINARY, "loss 'dice bce': want + between losses at character 6");
	refused("dice+", SECANT_MODE_BINARY, "loss 'dice+': want the name of a loss at character 6");
	refused("dice(smooth=1", SECANT_MODE_BINARY, "loss 'dice(smooth=1': no closing bracket for the one at character 5");
	refused("dice(smooth)", SECANT_MODE_BINARY, "loss dice: 'smooth' is not name=value");
}

static void
names_modes_settings(void **state)
{
	secant_err err = { 0 };
	refused("bec", SECANT_MODE_BINARY, "loss: none is named 'bec'; did you mean 'bce'? (secant list losses)");
	refused("dice+quadratic", SECANT_MODE_BINARY, "loss: none is named 'quadratic' (secant list losses)");
	refused("bce", SECANT_MODE_MULTICLASS, "loss bce is not defined for multiclass targets");
	refused("ce", SECANT_MODE_BINARY, "loss ce is not defined for binary targets");
	assert_int_not_equal(secant_loss_check("dice(smoth=1)", SECANT_MODE_BINARY, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "loss dice: "));
	assert_non_null(strstr(err.msg, "smooth)"));
}

/* The value of a sum on fixed numbers, by the references. */
static double
value(const char *spec)
{
	static const double logits[] = { .3, -1.2, 2, .1, -.4, 0 }, target[] = { 1, 0, 1, 0, 0, 1 };
	secant_err err = { 0 };
	secant_shape s = { 4, { 1, 2, 3, 1 } };
	secant_graph *g = secant_graph_new();
	secant_loss_input in = { secant_graph_input(g, "logits", SECANT_F32, &s), secant_graph_input(g, "target", SECANT_F32, &s), SECANT_MODE_BINARY, 1 };
	secant_value loss = secant_loss_build(g, spec, &in, &err);
	if (loss < 0)
		fail_msg("%s", err.msg);
	secant_store *store = secant_store_new(g, true, &err);
	secant_plan *p = secant_plan_new(g, store, &loss, 1, &(secant_plan_options){ .precision = SECANT_PRECISION_F64, .threads = 1 }, &err);
	secant_context *c = p ? secant_context_new(p, &err) : NULL;
	if (!c)
		fail_msg("%s", err.msg);
	assert_int_equal(secant_context_set_input(c, "logits", logits, &err), SECANT_OK);
	assert_int_equal(secant_context_set_input(c, "target", target, &err), SECANT_OK);
	assert_int_equal(secant_context_run(c, &err), SECANT_OK);
	double v = *(const double *)secant_context_output(c, 0);
	secant_context_free(c);
	secant_plan_free(p);
	secant_store_free(store);
	secant_graph_free(g);
	return v;
}

static void
values(void **state)
{
	static const double x[] = { .3, -1.2, 2, .1, -.4, 0 }, t[] = { 1, 0, 1, 0, 0, 1 };
	double bce = 0, both = 0, sums = 0;
	for (int i = 0; i < 6; i++) {
		double p = 1 / (1 + exp(-x[i]));
		bce -= (t[i] * log(p) + (1 - t[i]) * log(1 - p)) / 6;
		both += p * t[i];
		sums += p + t[i];
	}
	double dice = 1 - 2 * both / sums;
	assert_true(fabs(value("bce") - bce) < 1e-14);
	assert_true(fabs(value("dice") - dice) < 1e-6);                  /* smp's eps of 1e-7 in the divisor */
	assert_true(fabs(value("0.25*bce+3*dice") - (.25 * value("bce") + 3 * value("dice"))) < 1e-14);
	assert_true(fabs(value("bce+bce") - 2 * bce) < 1e-14);
	double smooth = value("dice(smooth=2)");
	assert_true(fabs(smooth - (1 - (both + 2) / (sums / 2 + 2))) < 1e-6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(grammar), cmocka_unit_test(names_modes_settings), cmocka_unit_test(values) };
	return cmocka_run_group_tests_name("loss specs", tests, NULL, NULL);
}
