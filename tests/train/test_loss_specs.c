/*
 * The little language of losses: weighted sums, what it refuses and how it says so, and that a sum's value is the sum
 * of its losses'.
 */
#include "exec/exec.h"
#include "nn/nn.h"
#include "data.h"
#include <math.h>

static void
refused(const char *spec, base_mode mode, const char *message)
{
	secant_err err = { 0 };
	if (!nn_loss_check(spec, mode, NULL, &err))
		fail_msg("'%s' is accepted", spec);
	if (strcmp(err.msg, message))
		fail_msg("'%s': '%s', expected '%s'", spec, err.msg, message);
}

static void
accepted(const char *spec, base_mode mode)
{
	secant_err err = { 0 };
	if (nn_loss_check(spec, mode, NULL, &err))
		fail_msg("'%s': %s", spec, err.msg);
}

static void
grammar(void **state)
{
	accepted("bce", BASE_MODE_BINARY);
	accepted("0.5*dice+0.5*bce", BASE_MODE_BINARY);
	accepted(" 1e-1 * dice ( smooth = 1) + bce ", BASE_MODE_BINARY);
	accepted("dice()", BASE_MODE_BINARY);
	accepted("ce+2*dice", BASE_MODE_MULTICLASS);
	refused("", BASE_MODE_BINARY, "loss '': want the name of a loss at character 1");
	refused("0.5*", BASE_MODE_BINARY, "loss '0.5*': want the name of a loss at character 5");
	refused("0.5 dice", BASE_MODE_BINARY, "loss '0.5 dice': after the factor 0.5 a * is wanted at character 5");
	refused("dice bce", BASE_MODE_BINARY, "loss 'dice bce': want + between losses at character 6");
	refused("dice+", BASE_MODE_BINARY, "loss 'dice+': want the name of a loss at character 6");
	refused("dice(smooth=1", BASE_MODE_BINARY, "loss 'dice(smooth=1': no closing bracket for the one at character 5");
	refused("dice(smooth)", BASE_MODE_BINARY, "loss dice: 'smooth' is not name=value");
	refused("-1*dice", BASE_MODE_BINARY, "loss '-1*dice': the factor -1: a number from 0 is wanted");
	refused("1e400*dice", BASE_MODE_BINARY, "loss '1e400*dice': the factor inf: a number from 0 is wanted");
	refused("0*dice+0*bce", BASE_MODE_BINARY, "loss '0*dice+0*bce': every factor is 0");
	accepted("0*dice+bce", BASE_MODE_BINARY);
}

static void
names_modes_settings(void **state)
{
	secant_err err = { 0 };
	refused("bec", BASE_MODE_BINARY, "loss: none is named 'bec'; did you mean 'bce'? (secant list losses)");
	refused("dice+quadratic", BASE_MODE_BINARY, "loss: none is named 'quadratic' (secant list losses)");
	refused("bce", BASE_MODE_MULTICLASS, "loss bce is not defined for multiclass targets");
	refused("ce", BASE_MODE_BINARY, "loss ce is not defined for binary targets");
	assert_int_not_equal(nn_loss_check("dice(smoth=1)", BASE_MODE_BINARY, NULL, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "loss dice: "));
	assert_non_null(strstr(err.msg, "smooth)"));
}

/* The value of a sum on pictures of 2 x 3, by the references. Targets of several classes: an index a pixel, or a number
 * a class (multilabel). */
static double
value_on(const char *spec, base_mode mode, int pictures, int classes, const double *logits, const double *target)
{
	secant_err err = { 0 };
	secant_shape s = { 4, { pictures, 2, 3, classes } }, index = { 3, { pictures, 2, 3 } };
	graph_net *g = graph_new();
	bool indices = mode == BASE_MODE_MULTICLASS;
	nn_loss_input in = { graph_input(g, "logits", SECANT_F32, &s),
		graph_input(g, "target", indices ? SECANT_I32 : SECANT_F32, indices ? &index : &s), mode, classes };
	graph_value loss = nn_loss_build(g, spec, &in, &err);
	if (loss < 0)
		fail_msg("%s", err.msg);
	exec_store *store = exec_store_new(g, true, &err);
	exec_plan *p = exec_plan_new(
		g, store, &loss, 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F64, .threads = 1 }, &err);
	exec_context *c = p ? exec_context_new(p, &err) : NULL;
	if (!c)
		fail_msg("%s", err.msg);
	assert_int_equal(exec_context_set_input(c, "logits", logits, &err), SECANT_OK);
	assert_int_equal(exec_context_set_input(c, "target", target, &err), SECANT_OK);
	assert_int_equal(exec_context_run(c, &err), SECANT_OK);
	double v = *(const double *)exec_context_output(c, 0);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	graph_free(g);
	return v;
}

static double
value(const char *spec)
{
	static const double logits[] = { .3, -1.2, 2, .1, -.4, 0 }, target[] = { 1, 0, 1, 0, 0, 1 };
	return value_on(spec, BASE_MODE_BINARY, 1, 1, logits, target);
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
	assert_true(fabs(value("dice") - dice) < 1e-6); /* smp's eps of 1e-7 in the divisor */
	assert_true(fabs(value("0.25*bce+3*dice") - (.25 * value("bce") + 3 * value("dice"))) < 1e-14);
	assert_true(fabs(value("bce+bce") - 2 * bce) < 1e-14);
	double smooth = value("dice(smooth=2)");
	assert_true(fabs(smooth - (1 - (both + 2) / (sums / 2 + 2))) < 1e-6);
}

/* Two pictures of three classes; class 2 is in the second alone. */
static const double classes_of[] = { 0, 0, 1, 1, 0, 1, 2, 0, 2, 1, 0, 1 };

static double
on_pictures(const char *spec, int first, int n)
{
	double x[36];
	for (int i = 0; i < 36; i++)
		x[i] = sin(1 + 1.7 * i) * 2;
	return value_on(spec, BASE_MODE_MULTICLASS, n, 3, x + first * 18, classes_of + first * 6);
}

static void
of_each_picture(void **state)
{
	static const char *const regions[] = { "dice", "jaccard", "tversky" };
	for (int k = 0; k < 3; k++) {
		char spec[80];
		double of[2][3], mean = 0;
		for (int c = 0; c < 6; c++) {
			snprintf(spec, sizeof spec, "%s(classes=[%d])", regions[k], c % 3);
			of[c / 3][c % 3] = on_pictures(spec, c / 3, 1);
			mean += of[c / 3][c % 3] / 6;
		}
		assert_true(of[0][2] == 0); /* not there: nothing, which counts in the mean */
		snprintf(spec, sizeof spec, "%s(per-image=true)", regions[k]);
		assert_true(fabs(on_pictures(spec, 0, 2) - mean) < 1e-12);
		snprintf(spec, sizeof spec, "%s(absent=skip)", regions[k]);
		assert_true(fabs(on_pictures(spec, 0, 1) - (of[0][0] + of[0][1]) / 2) < 1e-12);
		snprintf(spec, sizeof spec, "%s(per-image=true,absent=skip)", regions[k]);
		assert_true(
			fabs(on_pictures(spec, 0, 2) - ((of[0][0] + of[1][0]) / 2 + (of[0][1] + of[1][1]) / 2 + of[1][2]) / 3)
			< 1e-12);
		snprintf(spec, sizeof spec, "%s(per-image=true,absent=skip,class-weights=[1,0,3])", regions[k]);
		assert_true(fabs(on_pictures(spec, 0, 2) - ((of[0][0] + of[1][0]) / 2 + 3 * of[1][2]) / 4) < 1e-12);
	}
	/* binary: a number for each picture, the mean of both */
	static const double x[] = { .3, -1.2, 2, .1, -.4, 0, 1, 2, -3, .5, .2, -1 },
						t[] = { 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
	double both = value_on("dice(per-image=true)", BASE_MODE_BINARY, 2, 1, x, t);
	assert_true(
		fabs(both
			- (value_on("dice", BASE_MODE_BINARY, 1, 1, x, t) + value_on("dice", BASE_MODE_BINARY, 1, 1, x + 6, t + 6))
				/ 2)
		< 1e-12);
	assert_true(fabs(both - value_on("dice", BASE_MODE_BINARY, 2, 1, x, t)) > 1e-3);
	/* an empty picture: 0, or what the formula gives; where every picture is empty, skip is 0 too */
	static const double nothing[6] = { 0 };
	double sum = 0;
	for (int i = 0; i < 6; i++)
		sum += 1 / (1 + exp(-x[i]));
	assert_true(value_on("dice(smooth=1)", BASE_MODE_BINARY, 1, 1, x, nothing) == 0);
	assert_true(
		fabs(value_on("dice(smooth=1,absent=count)", BASE_MODE_BINARY, 1, 1, x, nothing) - (1 - 1 / (sum / 2 + 1)))
		< 1e-12);
	assert_true(value_on("dice(smooth=1,absent=skip,per-image=true)", BASE_MODE_BINARY, 1, 1, x, nothing) == 0);
}

static void
weights_of_classes(void **state)
{
	static const double x[] = { .3, -1.2, 2, .1, -.4, 0, 1, 2, -3, .5, .2, -1 },
						t[] = { 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
	double want = 0;
	for (int i = 0; i < 12; i++) {
		double p = 1 / (1 + exp(-x[i]));
		want -= (i % 2 ? 3 : .5) * (t[i] * log(p) + (1 - t[i]) * log(1 - p)) / 12;
	}
	assert_true(fabs(value_on("soft-bce(weight=[0.5,3])", BASE_MODE_MULTILABEL, 1, 2, x, t) - want) < 1e-12);
	assert_true(fabs(value("soft-bce(weight=2)") - 2 * value("bce")) < 1e-12);
}

static void
against_activation(const char *spec, base_mode mode, const char *activation, const char *message)
{
	secant_err err = { 0 };
	if (nn_loss_check(spec, mode, activation, &err) ? !message || !strstr(err.msg, message) : message != NULL)
		fail_msg("'%s' with %s: '%s', expected '%s'", spec, activation, err.msg, message ? message : "success");
}

static void
every_summand_fits_the_activation(void **state)
{
	against_activation("dice+bce", BASE_MODE_BINARY, "identity", NULL);
	against_activation("dice(from-logits=false)", BASE_MODE_BINARY, "sigmoid", NULL);
	against_activation("nll", BASE_MODE_MULTICLASS, "logsoftmax", NULL);
	against_activation("dice+bce", BASE_MODE_BINARY, "sigmoid",
		"activation sigmoid: the loss dice wants logits; leave the activation out");
	against_activation(
		"dice(from-logits=false)+bce", BASE_MODE_BINARY, "sigmoid", "activation sigmoid: the loss bce wants logits");
	against_activation("bce+dice(from-logits=false)", BASE_MODE_BINARY, "identity",
		"loss dice(from-logits=false) wants probabilities and the network gives logits");
	against_activation("nll", BASE_MODE_MULTICLASS, "identity",
		"loss nll wants log-probabilities and the network gives logits: use ce");
	against_activation(
		"nll", BASE_MODE_MULTICLASS, "softmax", "activation softmax: the loss nll wants log-probabilities");
	against_activation("dice(from-logits=false)", BASE_MODE_MULTICLASS, "logsoftmax",
		"activation logsoftmax: the loss dice wants probabilities");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar),
		cmocka_unit_test(names_modes_settings),
		cmocka_unit_test(values),
		cmocka_unit_test(of_each_picture),
		cmocka_unit_test(weights_of_classes),
		cmocka_unit_test(every_summand_fits_the_activation),
	};
	return cmocka_run_group_tests_name("loss specs", tests, NULL, NULL);
}
