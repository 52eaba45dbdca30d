/*
 * Golden networks in double: evaluation output, and one training step with every gradient and all running statistics,
 * against PyTorch's float64 numbers (golden/README.md sections 2 and 9, column "double"). Of more families of encoders
 * (tests/golden/data/families.json) the gradients' norm and dot product are kept, not each gradient's.
 */
#include "model.h"
#include "walk.h"

static json_t *families;

static json_t *
load(const char *name, model *m)
{
	char path[128];
	snprintf(path, sizeof path, "models/%s.json", name);
	json_t *family = json_object_get(families, name), *j = family ? json_incref(family) : golden_json(path);
	memset(m, 0, sizeof *m);
	model_options(m, json_string_value(json_object_get(j, "arch")), json_string_value(json_object_get(j, "encoder")),
		(int)number(j, "classes"), json_object_get(j, "args"));
	m->gain = number(j, "gain");
	return j;
}

static secant_shape
input_shape(json_t *j, int64_t batch)
{
	json_t *s = json_object_get(j, "input");
	return (secant_shape){ 4,
		{ batch, json_integer_value(json_array_get(s, 2)), json_integer_value(json_array_get(s, 3)),
			json_integer_value(json_array_get(s, 1)) } };
}

/* How near a training step in double can be to the original's. */
static double
step_tolerance(const char *name, double usual)
{
	static const struct {
		const char *part;
		double factor;
	} wider[] = {
		{ "resnest101e", 1e3 }, /* batch norms over two numbers: golden/README.md section 9 */
		{ "mobilenetv3", 1e2 }, /* PyTorch's slope of hardsigmoid is 1/6 as a float, 3e-8 beside 1/6 */
	};
	for (size_t i = 0; i < sizeof wider / sizeof *wider; i++)
		if (strstr(name, wider[i].part))
			return usual * wider[i].factor;
	return usual;
}

static void
check_statistic(const char *what, statistic got, json_t *want, double relative)
{
	double l2 = number(want, "l2");
	char text[160];
	snprintf(text, sizeof text, "%s l2", what);
	assert_near(text, got.l2, l2, relative * l2);
	snprintf(text, sizeof text, "%s dot", what);
	assert_near(text, got.dot, number(want, "dot"), relative * l2);
}

static void
check_state_dict(const char *name, const model *m, json_t *j)
{
	json_t *want = json_object_get(j, "state_dict");
	if (!want) { /* of these tests/nn/test_zoo.c knows the names */
		assert_int_equal(m->store->n, (int)number(j, "state_dict_count"));
		return;
	}
	if ((int)json_array_size(want) != m->store->n)
		fail_msg("%s: %d states, want %d", name, m->store->n, (int)json_array_size(want));
	for (int i = 0; i < m->store->n; i++) {
		const char *key = json_string_value(json_array_get(json_array_get(want, (size_t)i), 0));
		if (strcmp(key, m->store->slot[i].name))
			fail_msg("%s: state %d is '%s', want '%s'", name, i, m->store->slot[i].name, key);
		json_t *shape = json_array_get(json_array_get(want, (size_t)i), 1);
		assert_int_equal(json_array_size(shape), m->store->slot[i].type.shape.rank);
		for (int d = 0; d < m->store->slot[i].type.shape.rank; d++)
			assert_int_equal(json_integer_value(json_array_get(shape, (size_t)d)), m->store->slot[i].type.shape.dim[d]);
	}
}

static void
run_evaluation(const char *name)
{
	model m;
	secant_err err = { 0 };
	json_t *j = load(name, &m);
	secant_shape in = input_shape(j, 1);
	golden_build(&m, &in, false, false, true);
	check_state_dict(name, &m, j);
	fill_states(m.store, m.gain);
	graph_value out[NN_FEATURES + 2] = { m.built.logits, m.built.decoder };
	int n = 2, depth = (int)json_array_size(json_object_get(json_object_get(j, "eval"), "features"));
	int first = !strcmp(m.net.arch, "dpt"); /* features of a DPT begin with the first tap */
	for (int f = 0; f < depth; f++)
		out[n++] = m.built.feature[f + first].value;
	exec_plan *p = exec_plan_new(m.g, m.store, out, n, &(exec_plan_options){ .precision = EXEC_PRECISION_F64 }, &err);
	if (!p)
		fail_msg("%s: %s", name, err.msg);
	exec_context *c = exec_context_new(p, &err);
	void *x = make_input("input", &in, true);
	must(exec_context_set_input(c, "input", x, &err), &err);
	must(exec_context_run(c, &err), &err);
	json_t *eval = json_object_get(j, "eval");
	for (int i = 0; i < n; i++) {
		char key[32];
		snprintf(key, sizeof key, i == 0 ? "logits" : i == 1 ? "decoder" : "feature%d", i - 2);
		json_t *want = i == 0 ? json_object_get(eval, "logits")
			: i == 1          ? json_object_get(eval, "decoder")
							  : json_array_get(json_object_get(eval, "features"), (size_t)i - 2);
		check_statistic(
			key, statistic_of(key, graph_shape(m.g, out[i]), true, get_double, exec_context_output(c, i)), want, 1e-10);
	}
	exec_context_free(c);
	exec_plan_free(p);
	secant_free(x);
	golden_free(&m);
	json_decref(j);
	printf("%s: evaluation agrees\n", name);
}

typedef struct slot_reader {
	const exec_store *store;
	const exec_slot *slot;
} slot_reader;
static double
get_slot(const void *p, int64_t i)
{
	const slot_reader *r = p;
	return exec_slot_get(r->store, r->slot, i);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n >= k && !strcmp(s + n - k, end);
}

static void
check_running(const model *m, json_t *train)
{
	double dots[2] = { 0 };
	for (int i = 0; i < m->store->n; i++) {
		const exec_slot *slot = &m->store->slot[i];
		int which = ends_with(slot->name, ".running_mean") ? 0 : ends_with(slot->name, ".running_var") ? 1 : -1;
		if (which < 0)
			continue;
		slot_reader r = { m->store, slot };
		statistic s = statistic_of(slot->name, &slot->type.shape, false, get_slot, &r);
		dots[which] += s.dot;
		for (int k = 0; k < 2; k++) {
			json_t *bn = json_object_get(train, k ? "last_bn" : "first_bn");
			const char *key = bn && json_is_object(bn) ? json_string_value(json_object_get(bn, "key")) : NULL;
			if (key && !strncmp(slot->name, key, strlen(key)) && slot->name[strlen(key)] == '.')
				assert_near(slot->name, s.sum, number(bn, which ? "running_var_sum" : "running_mean_sum"),
					1e-9 * (1 + fabs(s.sum)));
		}
	}
	if (!json_object_get(train, "all_running_mean_dot")) { /* a network without batch norms that run */
		assert_true(dots[0] == 0 && dots[1] == 0);
		return;
	}
	assert_near("all running means", dots[0], number(train, "all_running_mean_dot"), 1e-8 * (1 + fabs(dots[0])));
	assert_near("all running variances", dots[1], number(train, "all_running_var_dot"), 1e-8 * (1 + fabs(dots[1])));
}

static void
check_gradients(const char *name, const model *m, json_t *train, exec_context *c, const int *at)
{
	json_t *grads = json_object_get(train, "grads");
	double total = number(train, "grad_l2_total"), squares = 0, dot = 0;
	size_t n = 0;
	for (int i = 0; i < m->store->n; i++) {
		const exec_slot *slot = &m->store->slot[i];
		if (!slot->trainable)
			continue;
		if (!grads) {
			statistic s = { 0 };
			if (m->grad[i] >= 0)
				s = statistic_of(slot->name, &slot->type.shape, false, get_double, exec_context_output(c, at[i]));
			n += m->grad[i] >= 0;
			squares += s.l2 * s.l2, dot += s.dot;
			continue;
		}
		json_t *g = json_array_get(grads, n++);
		if (strcmp(json_string_value(json_array_get(g, 0)), slot->name))
			fail_msg(
				"%s: gradient %d is of %s, want %s", name, (int)n, slot->name, json_string_value(json_array_get(g, 0)));
		if (json_is_null(json_array_get(g, 2))) {
			if (m->grad[i] >= 0)
				fail_msg("%s: %s takes part and should not", name, slot->name);
			continue;
		}
		if (m->grad[i] < 0)
			fail_msg("%s: %s has no gradient", name, slot->name);
		statistic s = statistic_of(slot->name, &slot->type.shape, false, get_double, exec_context_output(c, at[i]));
		double l2 = json_number_value(json_array_get(g, 2));
		/* a bias before a batch norm has gradient zero: its numbers are rounding noise, measured against the total */
		double allowed = step_tolerance(name, l2 > 1e-6 * total ? 1e-8 * l2 : 1e-12 * total);
		assert_near(slot->name, s.l2, l2, allowed);
		assert_near(slot->name, s.dot, json_number_value(json_array_get(g, 3)), allowed);
	}
	assert_int_equal(n, grads ? json_array_size(grads) : (size_t)number(train, "grads_count"));
	if (grads)
		return;
	assert_near("all gradients", sqrt(squares), total, step_tolerance(name, 1e-8 * total));
	assert_near("all gradients, dot", dot, number(train, "grads_dot"), step_tolerance(name, 1e-8 * total));
}

static void
run_training(const char *name, bool fuse)
{
	model m;
	secant_err err = { 0 };
	json_t *j = load(name, &m), *train = json_object_get(j, "train");
	secant_shape in = input_shape(j, 2);
	golden_build(&m, &in, true, fuse, true);
	fill_states(m.store, m.gain);
	int *at = secant_calloc((size_t)m.store->n + 1, sizeof *at), n = 2;
	graph_value *out = secant_calloc((size_t)m.store->n + 3, sizeof *out);
	out[0] = m.loss, out[1] = m.built.logits;
	for (int i = 0; i < m.store->n; i++)
		if (m.grad[i] >= 0)
			out[at[i] = n++] = m.grad[i];
	exec_plan *p = exec_plan_new(
		m.g, m.store, out, n, &(exec_plan_options){ .precision = EXEC_PRECISION_F64, .training = true }, &err);
	if (!p)
		fail_msg("%s: %s", name, err.msg);
	exec_context *c = exec_context_new(p, &err);
	void *x = make_input("input", &in, true), *aux = NULL;
	const secant_shape *y = graph_shape(m.g, m.built.logits);
	secant_shape t = m.net.classes == 1 ? *y : (secant_shape){ 3, { y->dim[0], y->dim[1], y->dim[2] } };
	void *target = make_target(&m, "target", &t, m.net.classes, true);
	must(exec_context_set_input(c, "input", x, &err), &err);
	must(exec_context_set_input(c, "target", target, &err), &err);
	if (m.built.label >= 0) {
		aux = make_target(&m, "aux_target", graph_shape(m.g, m.built.label), 1, true);
		must(exec_context_set_input(c, "aux_target", aux, &err), &err);
	}
	must(exec_context_run(c, &err), &err);
	double loss = *(const double *)exec_context_output(c, 0);
	assert_near("loss", loss, number(train, "loss"), 1e-10);
	check_statistic("train_logits", statistic_of("train_logits", y, true, get_double, exec_context_output(c, 1)),
		json_object_get(train, "logits"), step_tolerance(name, 1e-10));
	check_running(&m, train);
	check_gradients(name, &m, train, c, at);
	exec_context_free(c);
	exec_plan_free(p);
	secant_free(x), secant_free(target), secant_free(aux), secant_free(at), secant_free(out);
	golden_free(&m);
	json_decref(j);
	printf("%s: training step agrees%s\n", name, fuse ? ", fused" : "");
}

static void
run_step(const char *name)
{
	run_training(name, false);
}

static void
test_evaluation_in_double(void **state)
{
	golden_each_model(run_evaluation);
}

static void
test_training_step_in_double(void **state)
{
	golden_each_model(run_step);
}

static void
each_family(void (*run)(const char *name))
{
	const char *name, *only = getenv("SECANT_TEST_MODEL");
	json_t *value;
	assert_non_null(families);
	json_object_foreach (families, name, value)
		if (!only || strstr(name, only))
			run(name);
}

static void
test_families_in_double(void **state)
{
	each_family(run_evaluation);
	each_family(run_step);
}

static int
read_families(void **state)
{
	families = base_json_read("tests/golden/data/families.json", NULL);
	return 0;
}

static int
drop_families(void **state)
{
	json_decref(families);
	return 0;
}

static void
test_fused_graph_is_the_same(void **state)
{
	run_training("unet_resnet18", true);
	run_training("unet_resnet50", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families_in_double),
		cmocka_unit_test(test_evaluation_in_double),
		cmocka_unit_test(test_training_step_in_double),
		cmocka_unit_test(test_fused_graph_is_the_same),
	};
	return cmocka_run_group_tests_name("golden networks in double", tests, read_families, drop_families);
}
