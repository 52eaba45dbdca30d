/*
 * Every golden loss case (golden/README.md section 6): value and gradient in double by the references, to 1e-10.
 */
#include "data.h"
#include <math.h>
#include "base/hash.h"
#include "base/json.h"
#include "nn/nn.h"
#include "ops/interpret.h"

static double
rule_u(const char *key, int64_t i, uint64_t *bits)
{
	uint64_t z = base_fnv1a(key, strlen(key)) + (uint64_t)(i + 1) * 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	z ^= z >> 31;
	if (bits)
		*bits = z;
	return (double)(z >> 40) * 0x1p-23 - 1;
}

static int
rule_class(const char *key, int64_t i, int classes)
{
	uint64_t b;
	rule_u(key, i, &b);
	return (int)((b >> 33) % (uint64_t)classes);
}
static int
rule_bit(const char *key, int64_t i)
{
	uint64_t b;
	rule_u(key, i, &b);
	return (int)(b >> 63);
}

enum { N = 2, H = 5, W = 7, MOST = N * H * W * 4 };

/* N H W C place -> N C H W place */
static int64_t
nchw(int64_t i, int c)
{
	int64_t k = i % c, w = i / c % W, h = i / c / W % H, n = i / c / W / H;
	return ((n * c + k) * H + h) * W + w;
}

static const struct {
	const char *smp, *ours;
} names[] = {
	{ "DiceLoss", "dice" },
	{ "JaccardLoss", "jaccard" },
	{ "TverskyLoss", "tversky" },
	{ "FocalLoss", "focal" },
	{ "LovaszLoss", "lovasz" },
	{ "SoftBCEWithLogitsLoss", "soft-bce" },
	{ "SoftCrossEntropyLoss", "soft-ce" },
	{ "MCCLoss", "mcc" },
	{ "BCEWithLogits", "bce" },
	{ "CrossEntropyLoss", "ce" },
	{ NULL, NULL },
};

static const char *
our_name(const char *smp)
{
	for (int i = 0; names[i].smp; i++)
		if (!strncmp(names[i].smp, smp, strlen(names[i].smp)))
			return names[i].ours;
	fail_msg("no loss for %s", smp);
	return NULL;
}

/* smp's settings as ours: "name(a=b,c=[1,2])". */
static void
write_spec(char *spec, size_t size, const char *smp, json_t *settings)
{
	const char *key;
	json_t *v;
	size_t n = (size_t)snprintf(spec, size, "%s(", our_name(smp));
	bool first = true;
	json_object_foreach (settings, key, v) {
		char name[40], *value = base_json_text(v, 0);
		snprintf(name, sizeof name, "%s", !strcmp(key, "smooth_factor") ? "smooth" : key);
		for (char *p = name; *p; p++)
			*p = *p == '_' ? '-' : *p;
		for (char *p = value; *p; p++)
			if (*p == '"')
				memmove(p, p + 1, strlen(p));
		if (!strcmp(value, "batchwise_mean"))
			value[9] = '-';
		n += (size_t)snprintf(spec + n, size - n, "%s%s=%s", first ? "" : ",", name, value);
		first = false;
		secant_free(value);
	}
	snprintf(spec + n, size - n, ")");
}

/* "LovaszLoss(binary)", "SoftCrossEntropyLoss(smooth_factor=0.1)" of a joint loss. */
static void
write_part(char *spec, size_t size, const char *text)
{
	const char *open = strchr(text, '(');
	char inner[80] = "";
	if (open && strchr(open, '='))
		snprintf(inner, sizeof inner, "(smooth=%s", strchr(open, '=') + 1);
	snprintf(spec, size, "%s%s", our_name(text), inner);
}

static void
make_target(double *t, const char *kind, int mode, int c)
{
	int64_t n = mode == BASE_MODE_MULTICLASS ? N * H * W : N * H * W * c;
	for (int64_t i = 0; i < n; i++) {
		int64_t at = mode == BASE_MODE_MULTICLASS ? i : nchw(i, c);
		double plain = mode == BASE_MODE_MULTICLASS ? rule_class("target", at, 4) : rule_bit("target", at);
		t[i] = plain;
		if (!strcmp(kind, "absent"))
			t[i] = rule_class("target", at, 3);
		if (!strcmp(kind, "empty"))
			t[i] = 0;
		if (!strncmp(kind, "ignore", 6) && rule_class("ignore", at, 5) == 0)
			t[i] = atof(kind + 6);
		if (!strcmp(kind, "soft"))
			t[i] = 0.5 + 0.5 * rule_u("soft", at, NULL);
	}
}

static void
make_input(double *x, bool probabilities, int mode, int c)
{
	for (int64_t i = 0; i < N * H * W * c; i++)
		x[i] = 3 * rule_u("logits", nchw(i, c), NULL);
	for (int64_t p = 0; probabilities && p < N * H * W; p++) {
		double sum = 0;
		for (int k = 0; k < c; k++)
			sum += exp(x[p * c + k]);
		for (int k = 0; k < c; k++)
			x[p * c + k] = mode == BASE_MODE_MULTICLASS ? exp(x[p * c + k]) / sum : 1 / (1 + exp(-x[p * c + k]));
	}
}

static void
run_case(const char *name, json_t *j)
{
	static const char *const modes[] = { "binary", "multiclass", "multilabel" };
	static double x[MOST], t[MOST];
	char spec[400], a[80], b[80];
	int mode = 0, channels[] = { 1, 4, 3 };
	while (strcmp(modes[mode], json_string_value(json_object_get(j, "mode"))))
		mode++;
	int c = channels[mode];
	json_t *settings = json_object_get(j, "settings");
	if (!strcmp(json_string_value(json_object_get(j, "loss")), "JointLoss")) {
		write_part(a, sizeof a, json_string_value(json_object_get(settings, "first")));
		write_part(b, sizeof b, json_string_value(json_object_get(settings, "second")));
		snprintf(spec, sizeof spec, "%g*%s+%g*%s", json_number_value(json_object_get(settings, "first_weight")), a,
			json_number_value(json_object_get(settings, "second_weight")), b);
	} else {
		write_spec(spec, sizeof spec, json_string_value(json_object_get(j, "loss")), settings);
		if (!strcmp(json_string_value(json_object_get(j, "loss")), "MCCLoss"))
			snprintf(spec + strlen(spec) - 1, 24, "%sfrom-logits=false)", json_object_size(settings) ? "," : "");
	}
	make_input(x, !strcmp(json_string_value(json_object_get(j, "input")), "probabilities"), mode, c);
	make_target(t, json_string_value(json_object_get(j, "target")), mode, c);

	secant_err err = { 0 };
	graph_net *g = graph_new();
	secant_shape shape = { 4, { N, H, W, c } }, tshape = shape;
	tshape.rank = mode == BASE_MODE_MULTICLASS ? 3 : 4;
	graph_value in = graph_input(g, "logits", SECANT_F32, &shape),
				target = graph_input(g, "target", mode == BASE_MODE_MULTICLASS ? SECANT_I32 : SECANT_F32, &tshape),
				grad;
	graph_track(g, in);
	graph_value loss = nn_loss_build(
		g, spec, &(nn_loss_input){ .logits = in, .target = target, .mode = (base_mode)mode, .classes = c }, &err);
	if (loss < 0 || graph_gradients(g, loss, &in, 1, &grad, &err))
		fail_msg("%s: %s: %s", name, spec, err.msg);
	double **values = secant_calloc((size_t)graph_values(g), sizeof *values);
	values[in] = x, values[target] = t;
	void *memory = op_interpret_memory(g, values, &err);
	if (!memory || op_interpret(g, values, &err))
		fail_msg("%s: %s", name, err.msg);
	json_t *want = json_object_get(j, "value"), *gradient = json_object_get(j, "gradient");
	if (json_is_number(want)) {
		double apart = fabs(values[loss][0] - json_number_value(want));
		if (!(apart <= 1e-10 * fmax(1, fabs(json_number_value(want)))))
			fail_msg("%s: %s is %.15g, want %.15g", name, spec, values[loss][0], json_number_value(want));
	}
	for (int64_t i = 0; i < N * H * W * c && json_is_array(gradient); i++) {
		double got = grad < 0 ? 0 : values[grad][i],
			   w = json_number_value(json_array_get(gradient, (size_t)nchw(i, c)));
		if (!(fabs(got - w) <= 1e-10 * fmax(1, fabs(w))))
			fail_msg("%s: %s: gradient %lld is %.15g, want %.15g", name, spec, (long long)i, got, w);
	}
	secant_free(memory);
	secant_free(values);
	graph_free(g);
}

static void
test_golden_losses(void **state)
{
	secant_err err = { 0 };
	const char *path = golden_path("losses.json");
	skip_without(path);
	json_t *all = base_json_read(path, &err), *j;
	char name[80];
	size_t at;
	int n = 0;
	if (!all)
		fail_msg("%s", err.msg);
	json_array_foreach (json_object_get(all, "cases"), at, j) {
		snprintf(name, sizeof name, "case %d (%s, %s)", (int)at, json_string_value(json_object_get(j, "loss")),
			json_string_value(json_object_get(j, "target")));
		if (json_object_get(j, "error")) {
			printf("%s: smp itself fails: %s\n", name, json_string_value(json_object_get(j, "error")));
			continue;
		}
		run_case(name, j);
		n++;
	}
	printf("%d loss cases agree\n", n);
	assert_true(n > 200);
	json_decref(all);
}

/* Value of a loss of 1 x 1 x n pixels, and its gradient. */
static double
small(const char *spec, nn_loss_input in, int n, double *x, double *t, double *gradient)
{
	secant_err err = { 0 };
	graph_net *g = graph_new();
	secant_shape shape = { 4, { 1, 1, n, in.classes } },
				 labels = { in.mode == BASE_MODE_MULTICLASS ? 3 : 4, { 1, 1, n, in.classes } };
	graph_value grad = -1;
	in.logits = graph_input(g, "logits", SECANT_F32, &shape);
	in.target = graph_input(g, "target", in.mode == BASE_MODE_MULTICLASS ? SECANT_I32 : SECANT_F32, &labels);
	graph_track(g, in.logits);
	graph_value loss = nn_loss_build(g, spec, &in, &err);
	if (loss < 0 || graph_gradients(g, loss, &in.logits, 1, &grad, &err))
		fail_msg("%s: %s", spec, err.msg);
	double **values = secant_calloc((size_t)graph_values(g), sizeof *values);
	values[in.logits] = x, values[in.target] = t;
	void *memory = op_interpret_memory(g, values, &err);
	assert_non_null(memory);
	assert_int_equal(op_interpret(g, values, &err), 0);
	double value = values[loss][0];
	memcpy(gradient, values[grad], (size_t)(n * in.classes) * sizeof *gradient);
	secant_free(memory);
	secant_free(values);
	graph_free(g);
	return value;
}

/* A pixel that is as sure as numbers allow has no gradient, where the root's slope is infinite. */
static void
test_focal_of_sure_pixels(void **state)
{
	double x[2] = { 60, -1 }, t[2] = { 1, 0 }, gradient[2];
	double v = small("focal(gamma=0.5)", (nn_loss_input){ .mode = BASE_MODE_BINARY, .classes = 1 }, 2, x, t, gradient);
	assert_true(isfinite(v) && v > 0 && fabs(gradient[0]) < 1e-12 && isfinite(gradient[1]) && gradient[1] > 0);
}

/* What the data leave out (-1) counts as little as what a loss's own setting names. */
static void
test_both_are_left_out(void **state)
{
	static const char *const specs[] = { "dice(ignore-index=7)", "focal(ignore-index=7)",
		"soft-bce(ignore-index=7,count-ignored=false)" };
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		double x[4] = { 1, -1, 2, 0.5 }, t[4] = { 1, 0, -1, 7 }, gradient[4];
		nn_loss_input in = { .mode = BASE_MODE_BINARY, .classes = 1, .has_ignore = true, .ignore = -1 };
		double four = small(specs[i], in, 4, x, t, gradient), two = small(specs[i], in, 2, x, t, (double[2]){ 0 });
		assert_true(fabs(four - two) < 1e-12 && gradient[2] == 0 && gradient[3] == 0 && gradient[0] != 0);
	}
	/* the original sums where pixels are left out, and averages a map where none are */
	double x[4] = { 1, 2, 0.5, -1 }, t[2] = { 1, 0 }, gradient[4];
	nn_loss_input in = { .mode = BASE_MODE_MULTICLASS, .classes = 2 };
	double map = small("focal(reduction=batchwise-mean)", in, 2, x, t, gradient),
		   sum = small("focal(reduction=batchwise-mean,ignore-index=9)", in, 2, x, t, gradient);
	assert_true(fabs(sum - 2 * map) < 1e-12);
}

/* PyTorch's own, float64. */
static void
test_label_smoothing_with_class_weights(void **state)
{
	static const struct {
		const char *target, *settings;
		double value;
	} cases[] = {
		{ "plain", "{\"label_smoothing\": 0.2}", 1.935024580528195 },
		{ "plain", "{\"label_smoothing\": 0.1, \"class_weights\": [1, 2, 0.5, 3]}", 1.789029033860964 },
		{ "ignore255", "{\"label_smoothing\": 0.1, \"class_weights\": [1, 2, 0.5, 3], \"ignore_index\": 255}",
			1.874932202250708 },
		{ "ignore255", "{\"label_smoothing\": 0.1, \"ignore_index\": 255}", 2.011779105977358 },
		{ "ignore255", "{\"class_weights\": [1, 2, 0.5, 3], \"ignore_index\": 255}", 1.874242670020812 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:o,s:f}", "loss", "CrossEntropyLoss", "mode", "multiclass", "input",
			"logits", "target", cases[i].target, "settings", json_loads(cases[i].settings, 0, NULL), "value",
			cases[i].value);
		run_case(cases[i].settings, j);
		json_decref(j);
	}
}

static void
test_messages(void **state)
{
	static const struct {
		const char *spec;
		base_mode mode;
		const char *message;
	} bad[] = {
		{ "dise", BASE_MODE_BINARY, "loss: none is named 'dise'; did you mean 'dice'? (secant list losses)" },
		{ "0.5*dice+0.5*ce", BASE_MODE_BINARY, "loss ce is not defined for binary targets" },
		{ "0.5 dice", BASE_MODE_BINARY, "loss '0.5 dice': after the factor 0.5 a * is wanted at character 5" },
		{ "focal(gamma=2", BASE_MODE_BINARY, "loss 'focal(gamma=2': no closing bracket for the one at character 6" },
		{ "focal(gamme=2)", BASE_MODE_BINARY, NULL },
		{ "bce(a=1)", BASE_MODE_BINARY, "loss bce has no settings, got 'a'" },
		{ "", BASE_MODE_BINARY, "loss '': want the name of a loss at character 1" },
		{ "dice+", BASE_MODE_BINARY, "loss 'dice+': want the name of a loss at character 6" },
		{ "dice bce", BASE_MODE_BINARY, "loss 'dice bce': want + between losses at character 6" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		secant_err err = { 0 };
		assert_int_not_equal(nn_loss_check(bad[i].spec, bad[i].mode, NULL, &err), SECANT_OK);
		if (bad[i].message)
			assert_string_equal(err.msg, bad[i].message);
		else
			assert_non_null(strstr(err.msg, "gamma"));
	}
	secant_err err = { 0 };
	assert_int_equal(
		nn_loss_check("1.0*lovasz + 0.5 * soft-ce(smooth=0.1)", BASE_MODE_MULTICLASS, NULL, &err), SECANT_OK);
	assert_int_equal(nn_loss_check("focal(gamma=2)", BASE_MODE_MULTILABEL, NULL, &err), SECANT_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_losses),
		cmocka_unit_test(test_focal_of_sure_pixels),
		cmocka_unit_test(test_both_are_left_out),
		cmocka_unit_test(test_label_smoothing_with_class_weights),
		cmocka_unit_test(test_messages),
	};
	return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
