/*
 * Networks for clouds against PyTorch twins in float64 (tests/peers/twins/clouds.py wrote cloud_networks.json):
 * state_dict, evaluation and one training step with every gradient and the running statistics, in double: of the graph
 * as built, and as fused for fast plans (distinct rows of balls, maxima found while multiplying). What a fast plan
 * makes of the fused graph in float is compared with that. `train_slow_clouds NAME` checks one network: each is a test
 * of its own, since references in double take minutes for PointNet++.
 */
#include "golden/golden.h"

static const char *only;

typedef struct trial {
	secant_network net;
	graph_net *g;
	exec_store *store;
	secant_shape input, target;
	double *x, *t;
	json_t *j;
	const char *name;
} trial;

static void
must(secant_status status, const secant_err *err)
{
	if (status)
		fail_msg("%s", err->msg);
}

static void
set(trial *t, const char *option, const char *value)
{
	secant_err err = { 0 };
	must(secant_opts_set(&secant_network_options, &t->net, option, value, &err), &err);
}

static int
whole(const json_t *j, const char *key)
{
	return (int)json_integer_value(json_object_get(j, key));
}

static void
load(trial *t, const char *name, json_t *j)
{
	secant_err err = { 0 };
	char text[32];
	static const char *const numbers[] = { "classes", "categories", NULL };
	*t = (trial){ .j = j, .name = name };
	must(secant_opts_init(&secant_network_options, &t->net, &err), &err);
	set(t, "arch", json_string_value(json_object_get(j, "arch")));
	for (int i = 0; numbers[i]; i++) {
		snprintf(text, sizeof text, "%d", whole(j, numbers[i]));
		set(t, numbers[i], text);
	}
	snprintf(text, sizeof text, "%d", whole(j, "channels"));
	set(t, "in-channels", text);
	if (strstr(json_string_value(json_object_get(j, "options")), "feature-transform"))
		set(t, "feature-transform", "true");
	int inputs = secant_network_inputs(&t->net), channels = whole(j, "channels");
	t->input = secant_shape_of(4, whole(j, "batch"), whole(j, "points"), 1, inputs);
	t->x = secant_calloc((size_t)secant_shape_count(&t->input), sizeof *t->x);
	rule values = rule_of("input"), kinds = rule_of("category");
	for (int64_t n = 0, at = 0, points = t->input.dim[1]; n < t->input.dim[0]; n++)
		for (int64_t p = 0; p < points; p++)
			for (int c = 0; c < inputs; c++, at++)
				t->x[at] = c < channels ? 0.5 * rule_u(values, (n * channels + c) * points + p)
										: rule_class(kinds, n, whole(j, "categories"));
}

static graph_value
build(trial *t, nn_phase phase, nn_built *built)
{
	secant_err err = { 0 };
	t->g = graph_new();
	nn_builder nn = { .g = t->g, .phase = phase, .momentum = -1, .counter = -1, .seed = -1 };
	must(nn_network_build(&nn, &t->net, graph_input(t->g, "input", SECANT_F32, &t->input), built, &err), &err);
	if (!t->store) {
		t->store = exec_store_new(t->g, true, &err);
		fill_states(t->store, 1);
	}
	if (phase == NN_PHASE_EVAL)
		return built->logits;
	t->target = *graph_shape(t->g, built->logits);
	t->target.rank--;
	nn_loss_input in = { built->logits, graph_input(t->g, "target", SECANT_I32, &t->target), BASE_MODE_MULTICLASS,
		t->net.classes };
	graph_value loss = nn_loss_build(t->g, "ce", &in, &err);
	return built->penalty < 0 ? loss : graph_apply(t->g, "add", NULL, 2, loss, built->penalty);
}

/* Runs a plan on x and t with these outputs; the context holds them. */
static exec_context *
run_on(trial *t, const void *x, const void *target, const graph_value *out, int n, exec_plan **plan)
{
	secant_err err = { 0 };
	exec_plan_options options = { .precision = t->store->f64 ? EXEC_PRECISION_F64 : EXEC_PRECISION_F32,
		.training = n > 1 };
	if (!(*plan = exec_plan_new(t->g, t->store, out, n, &options, &err)))
		fail_msg("%s: %s", t->name, err.msg);
	exec_context *c = exec_context_new(*plan, &err);
	must(exec_context_set_input(c, "input", x, &err), &err);
	if (target)
		must(exec_context_set_input(c, "target", target, &err), &err);
	must(exec_context_run(c, &err), &err);
	return c;
}

static exec_context *
run(trial *t, const graph_value *out, int n, exec_plan **plan)
{
	return run_on(t, t->x, t->t, out, n, plan);
}

static void
check_states(const trial *t)
{
	json_t *want = json_object_get(t->j, "state_dict");
	int64_t parameters = 0;
	if ((int)json_array_size(want) != t->store->n)
		fail_msg("%s: %d states, want %d", t->name, t->store->n, (int)json_array_size(want));
	for (int i = 0; i < t->store->n; i++) {
		const exec_slot *slot = &t->store->slot[i];
		json_t *entry = json_array_get(want, (size_t)i), *shape = json_array_get(entry, 1);
		if (strcmp(json_string_value(json_array_get(entry, 0)), slot->name))
			fail_msg(
				"%s: state %d is '%s', want '%s'", t->name, i, slot->name, json_string_value(json_array_get(entry, 0)));
		assert_int_equal(json_array_size(shape), slot->type.shape.rank);
		for (int d = 0; d < slot->type.shape.rank; d++)
			assert_int_equal(json_integer_value(json_array_get(shape, (size_t)d)), slot->type.shape.dim[d]);
		parameters += slot->trainable ? slot->count : 0;
	}
	assert_int_equal(parameters, json_integer_value(json_object_get(t->j, "parameters")));
}

/* Logits of points are N x P x 1 x C here, N x C x P there. */
static void
check_logits(const trial *t, const secant_shape *s, const double *y)
{
	double l2 = 0, dot = 0;
	rule r = rule_of("probe:logits");
	for (int64_t i = 0, n = secant_shape_count(s); i < n; i++) {
		l2 += y[i] * y[i];
		dot += y[i] * rule_u(r, to_nchw(s, i));
	}
	json_t *want = json_object_get(t->j, "logits");
	assert_near("logits l2", sqrt(l2), number(want, "l2"), 1e-10 * sqrt(l2));
	assert_near("logits dot", dot, number(want, "dot"), 1e-10 * sqrt(l2));
}

static double
get_slot(const void *p, int64_t i)
{
	return ((const double *)((const exec_slot *)p)->data)[i];
}

static void
fuse(trial *t, bool gradients, graph_value *loss)
{
	secant_err err = { 0 };
	graph_net *fused = op_pass_fuse(t->g, gradients, loss, 1, &err);
	if (!fused)
		fail_msg("%s: %s", t->name, err.msg);
	graph_free(t->g);
	t->g = fused;
	bool merged = false;
	for (int i = 0; i < graph_nodes(fused); i++)
		merged |= !strcmp(graph_get_node(fused, i)->op->name, gradients ? "rows_norm_max" : "rows_max");
	assert_int_equal(merged, !strncmp(t->net.arch, "pointnet2", 9));
}

/* Of a fused graph in float: near that in double. A maximum or a relu that falls to the other side moves whole columns
 * of gradients: graphs as built are up to .013 of their size off (part), fused ones .022 (part-normals); what is proved
 * to the last digits is the same graph in double. */
static void
check_float(trial *t, exec_store *floats, const exec_context *exact, const graph_value *out, int n)
{
	exec_plan *plan;
	exec_store *doubles = t->store;
	int64_t inputs = secant_shape_count(&t->input), targets = secant_shape_count(&t->target);
	float *x = secant_calloc((size_t)inputs, sizeof *x);
	int32_t *target = secant_calloc((size_t)targets, sizeof *target);
	double apart = 0, whole_size = 0;
	for (int64_t i = 0; i < inputs; i++)
		x[i] = (float)t->x[i];
	for (int64_t i = 0; i < targets; i++)
		target[i] = (int32_t)t->t[i];
	t->store = floats;
	fill_states(t->store, 1);
	exec_context *c = run_on(t, x, target, out, n + 1, &plan);
	double loss = *(const double *)exec_context_output(exact, 0);
	assert_near("loss in float", *(const float *)exec_context_output(c, 0), loss, 1e-4 * loss);
	for (int i = 0, k = 1; i < t->store->n; i++) {
		const exec_slot *slot = &t->store->slot[i];
		const float *g = slot->trainable ? exec_context_output(c, k) : NULL;
		const double *want = slot->trainable ? exec_context_output(exact, k++) : NULL;
		for (int64_t j = 0; g && j < slot->count; j++) {
			apart += (g[j] - want[j]) * (g[j] - want[j]);
			whole_size += want[j] * want[j];
		}
	}
	printf("%s: gradients in float are %.2g of their size off\n", t->name, sqrt(apart / whole_size));
	assert_true(sqrt(apart / whole_size) < 0.05);
	exec_context_free(c);
	exec_plan_free(plan);
	t->store = doubles;
	secant_free(x);
	secant_free(target);
}

static void
check_training(trial *t, bool fused)
{
	secant_err err = { 0 };
	nn_built built;
	exec_plan *plan;
	graph_value out[400], of[400], loss = build(t, NN_PHASE_TRAIN_SURE, &built);
	const exec_slot *slot[400];
	int n = 0;
	exec_store *floats = exec_store_new(t->g, false, &err); /* in the order of the graph as built */
	assert_non_null(floats);
	fill_states(t->store, 1);
	if (fused)
		fuse(t, true, &loss);
	for (int i = 0; i < t->store->n; i++)
		if (t->store->slot[i].trainable) {
			assert_true(n < 399);
			slot[n] = &t->store->slot[i];
			of[n++] = graph_find(t->g, t->store->slot[i].name);
		}
	must(graph_gradients(t->g, loss, of, n, out + 1, &err), &err);
	out[0] = loss;
	secant_free(t->t);
	int64_t count = secant_shape_count(&t->target);
	t->t = secant_calloc((size_t)count, sizeof *t->t);
	rule r = rule_of("target");
	for (int64_t i = 0; i < count; i++)
		t->t[i] = rule_class(r, i, t->net.classes);
	exec_context *c = run(t, out, n + 1, &plan);
	assert_near("loss", *(const double *)exec_context_output(c, 0), number(t->j, "loss"), 1e-10);
	json_t *grads = json_object_get(t->j, "grads");
	double total = 0;
	for (size_t i = 0; i < json_array_size(grads); i++)
		total = hypot(total, json_number_value(json_array_get(json_array_get(grads, i), 1)));
	assert_int_equal(n, json_array_size(grads));
	for (int i = 0; i < n; i++) {
		json_t *g = json_array_get(grads, (size_t)i);
		double l2 = json_number_value(json_array_get(g, 1));
		assert_string_equal(json_string_value(json_array_get(g, 0)), slot[i]->name);
		statistic s = statistic_of(
			slot[i]->name, &slot[i]->type.shape, false, get_double, exec_context_output(c, i + 1));
		/* a bias before a batch norm has gradient zero: its numbers are rounding noise */
		double allowed = l2 > 1e-6 * total ? 1e-8 * l2 : 1e-11 * total;
		assert_near(slot[i]->name, s.l2, l2, allowed);
		assert_near(slot[i]->name, s.dot, json_number_value(json_array_get(g, 2)), allowed);
	}
	for (int k = 0; k < 2; k++) {
		const char *what = k ? "running_var" : "running_mean", *key = k ? "running_var_dot" : "running_mean_dot";
		double dot = 0;
		for (int i = 0; i < t->store->n; i++)
			if (strstr(t->store->slot[i].name, what))
				dot += statistic_of(
					t->store->slot[i].name, &t->store->slot[i].type.shape, false, get_slot, &t->store->slot[i])
						   .dot;
		assert_near(what, dot, number(t->j, key), 1e-9 * (1 + fabs(dot)));
	}
	if (fused)
		check_float(t, floats, c, out, n);
	exec_store_free(floats);
	exec_context_free(c);
	exec_plan_free(plan);
	graph_free(t->g);
}

static void
check_evaluation(trial *t, bool fused)
{
	nn_built built;
	exec_plan *plan;
	graph_value logits = build(t, NN_PHASE_EVAL, &built);
	if (fused)
		fuse(t, false, &logits);
	else
		check_states(t);
	exec_context *c = run(t, &logits, 1, &plan);
	check_logits(t, graph_shape(t->g, logits), exec_context_output(c, 0));
	exec_context_free(c);
	exec_plan_free(plan);
	graph_free(t->g);
}

static void
test_networks(void **state)
{
	secant_err err = { 0 };
	const char *name;
	int checked = 0;
	json_t *all = base_json_read("tests/train/cloud_networks.json", &err), *j;
	if (!all)
		fail_msg("%s", err.msg);
	json_object_foreach (all, name, j) {
		trial t;
		if (!json_is_object(j) || (only && strcmp(only, name)))
			continue;
		load(&t, name, j);
		check_evaluation(&t, false);
		check_evaluation(&t, true);
		check_training(&t, false);
		check_training(&t, true);
		exec_store_free(t.store);
		secant_opts_free(&secant_network_options, &t.net);
		secant_free(t.x);
		secant_free(t.t);
		printf("%s: agrees\n", name);
		checked++;
	}
	json_decref(all);
	assert_true(checked > 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_networks) };
	only = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests_name("networks for clouds", tests, NULL, NULL);
}
