/*
 * Ten-step training traces of Unet-resnet18 (golden/README.md section 3), with and without clipping: losses, gradient
 * norms and the final parameters in double, the losses in f32 (of direct sums, as `secant run` computes: Winograd's
 * move the second loss by 1e-5). The trace of AdamW also makes the averages of swa.json and ema.json, with statistics
 * of their own.
 */
#include "golden/model.h"
#include "train/average.h"
#include "train/optimizer.h"

static const char *const names[] = { "sgd", "sgd_plain", "sgd_nesterov", "adamw", "adam", "adam_l2", "rmsprop",
	"rmsprop_momentum", "adamw_clip1", "sgd_clip0.05", NULL };

/* torch.optim's settings as options. */
static void
read_options(secant_optimizer_options *o, json_t *j)
{
	secant_err err = { 0 };
	json_t *settings = json_object_get(j, "settings"), *v;
	const char *kind = json_string_value(json_object_get(j, "optimiser")), *key;
	char text[32];
	must(secant_opts_init(&train_optimizer_options_table, o, &err), &err);
	must(secant_opts_set(&train_optimizer_options_table, o, "optimizer",
			 !strcmp(kind, "AdamW")         ? "adamw"
				 : !strcmp(kind, "Adam")    ? "adam"
				 : !strcmp(kind, "RMSprop") ? "rmsprop"
											: "sgd",
			 &err),
		&err);
	o->momentum = 0, o->weight_decay = 0;
	if (json_is_number(json_object_get(j, "clip_max_norm")))
		o->clip_norm = number(j, "clip_max_norm");
	json_object_foreach (settings, key, v) {
		if (!strcmp(key, "lr"))
			o->learning_rate = json_number_value(v);
		else if (!strcmp(key, "weight_decay"))
			o->weight_decay = json_number_value(v);
		else if (!strcmp(key, "momentum"))
			o->momentum = json_number_value(v);
		else if (!strcmp(key, "dampening"))
			o->dampening = json_number_value(v);
		else if (!strcmp(key, "eps"))
			o->eps = json_number_value(v);
		else if (!strcmp(key, "alpha"))
			o->alpha = json_number_value(v);
		else if (!strcmp(key, "nesterov"))
			o->nesterov = json_is_true(v);
		else if (!strcmp(key, "betas"))
			o->beta1 = json_number_value(json_array_get(v, 0)), o->beta2 = json_number_value(json_array_get(v, 1));
		else {
			snprintf(text, sizeof text, "%s", key);
			fail_msg("a setting this test does not know: %s", text);
		}
	}
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

static void
check_final(const model *m, json_t *final)
{
	double dot = 0, square = 0;
	for (int i = 0; i < m->store->n; i++) {
		const exec_slot *slot = &m->store->slot[i];
		slot_reader r = { m->store, slot };
		if (!slot->trainable)
			continue;
		statistic s = statistic_of(slot->name, &slot->type.shape, false, get_slot, &r);
		dot += s.dot, square += s.l2 * s.l2;
		if (!strcmp(slot->name, "encoder.conv1.weight"))
			assert_near(slot->name, s.dot, number(final, "first_conv_dot"), 1e-6);
		if (!strcmp(slot->name, "segmentation_head.0.weight"))
			assert_near(slot->name, s.dot, number(final, "last_conv_dot"), 1e-6);
	}
	assert_near("parameters_dot", dot, number(final, "parameters_dot"), 1e-6 * (1 + fabs(dot)));
	assert_near("parameters_l2", sqrt(square), number(final, "parameters_l2"), 1e-6);
}

static void
check_statistics(const model *m, json_t *want)
{
	double mean = 0, var = 0;
	for (int i = 0; i < m->store->n; i++) {
		const exec_slot *slot = &m->store->slot[i];
		slot_reader r = { m->store, slot };
		bool is_mean = strstr(slot->name, "running_mean"), is_var = strstr(slot->name, "running_var");
		if (is_mean || is_var)
			*(is_mean ? &mean : &var) += statistic_of(slot->name, &slot->type.shape, false, get_slot, &r).dot;
	}
	assert_near("running_mean_dot", mean, number(want, "running_mean_dot"), 1e-6 * (1 + fabs(mean)));
	assert_near("running_var_dot", var, number(want, "running_var_dot"), 1e-6 * (1 + fabs(var)));
}

/* One pass in double of the network in a phase; with a target also the loss. */
static double
pass(const model *m, nn_phase phase, const char *key, double momentum, bool with_loss)
{
	secant_err err = { 0 };
	nn_built built;
	nn_builder nn = { .g = graph_new(), .phase = phase, .momentum = -1, .counter = -1, .seed = -1 };
	secant_shape in = { 4, { 2, 64, 64, 3 } }, t = { 4, { 2, 64, 64, 1 } };
	must(nn_network_build(&nn, &m->net, graph_input(nn.g, "input", SECANT_F32, &in), &built, &err), &err);
	graph_value loss = -1;
	if (with_loss)
		loss = nn_loss_build(nn.g, "0.5*dice+0.5*bce",
			&(nn_loss_input){ built.logits, graph_input(nn.g, "target", SECANT_F32, &t), BASE_MODE_BINARY, 1 }, &err);
	exec_plan *p = exec_plan_new(nn.g, m->store, &loss, with_loss,
		&(exec_plan_options){ .precision = EXEC_PRECISION_F64, .training = true }, &err);
	if (!p)
		fail_msg("%s", err.msg);
	exec_context *c = exec_context_new(p, &err);
	void *x = make_input(key, &in, true), *y = make_target(m, "target", &t, 1, true);
	must(exec_context_set_input(c, "input", x, &err), &err);
	if (with_loss)
		must(exec_context_set_input(c, "target", y, &err), &err);
	if (phase == NN_PHASE_RECALIBRATE)
		must(exec_context_set_input(c, "norm_momentum", &momentum, &err), &err);
	must(exec_context_run(c, &err), &err);
	double v = with_loss ? *(const double *)exec_context_output(c, 0) : 0;
	exec_context_free(c);
	exec_plan_free(p);
	graph_free(nn.g);
	secant_free(x), secant_free(y);
	return v;
}

static double *
statistics_of(const model *m, double *into, bool restore)
{
	size_t n = 0;
	for (int i = 0; i < m->store->n; i++) {
		const exec_slot *slot = &m->store->slot[i];
		for (int64_t k = 0; !slot->trainable && k < slot->count; k++, n++)
			if (restore)
				((double *)slot->data)[k] = into[n];
			else if (into)
				into[n] = ((const double *)slot->data)[k];
	}
	return into ? into : secant_calloc(n + 1, sizeof *into);
}

static void
check_average(model *m, train_average *a, const char *name, int64_t models)
{
	char path[64];
	snprintf(path, sizeof path, "training/%s.json", name);
	json_t *j = golden_json(path);
	double *kept = statistics_of(m, NULL, false);
	statistics_of(m, kept, false);
	assert_true(a->n == models);
	train_average_swap(a);
	check_final(m, json_object_get(j, "averaged"));
	check_statistics(m, json_object_get(j, "averaged")); /* still those of the trained network */
	pass(m, NN_PHASE_RECALIBRATE, "input", 1, false);
	pass(m, NN_PHASE_RECALIBRATE, "input2", .5, false);
	check_final(m, json_object_get(j, "after_update_bn"));
	check_statistics(m, json_object_get(j, "after_update_bn"));
	assert_near(
		"evaluation loss", pass(m, NN_PHASE_EVAL, "input", 0, true), number(j, "eval_loss_after_update_bn"), 1e-8);
	train_average_swap(a);
	statistics_of(m, kept, true);
	secant_free(kept);
	train_average_free(a);
	json_decref(j);
	printf("%s: agrees\n", name);
}

static void
run_trace(const char *name, bool f64)
{
	char path[64];
	model m = { 0 };
	secant_err err = { 0 };
	secant_optimizer_options options;
	train_optimizer o;
	snprintf(path, sizeof path, "training/%s.json", name);
	json_t *j = golden_json(path);
	read_options(&options, j);
	model_options(&m, "Unet", "resnet18", 1, NULL);
	secant_shape in = { 4, { 2, 64, 64, 3 } };
	golden_build(&m, &in, true, !f64, f64);
	fill_states(m.store, number(j, "gain"));
	must(train_optimizer_new(&o, &options, m.store, &err), &err);
	graph_value *out = secant_calloc((size_t)m.store->n + 2, sizeof *out);
	int n = 1;
	double loss64 = 0;
	float loss32 = 0;
	out[0] = m.loss;
	for (int i = 0; i < m.store->n; i++)
		if (m.grad[i] >= 0)
			out[n++] = m.grad[i];
	exec_plan *p = exec_plan_new(m.g, m.store, out, n,
		&(exec_plan_options){ .precision = f64 ? EXEC_PRECISION_F64 : EXEC_PRECISION_F32,
			.training = true,
			.exact = true,
			.external = true },
		&err);
	if (!p)
		fail_msg("%s", err.msg);
	exec_context *c = exec_context_new(p, &err);
	must(exec_context_set_output(c, 0, f64 ? (void *)&loss64 : &loss32, &err), &err);
	for (int i = 0, k = 1; i < m.store->n; i++)
		if (m.grad[i] >= 0)
			must(
				exec_context_set_output(c, k++, (char *)o.grad + (size_t)m.store->slot[i].offset * (f64 ? 8 : 4), &err),
				&err);
	void *x = make_input("input", &in, f64),
		 *target = make_target(&m, "target", &(secant_shape){ 4, { 2, 64, 64, 1 } }, 1, f64);
	must(exec_context_set_input(c, "input", x, &err), &err);
	must(exec_context_set_input(c, "target", target, &err), &err);
	bool averages = f64 && !strcmp(name, "adamw");
	train_average ema = { .store = m.store }, swa = { .store = m.store };
	json_t *losses = json_object_get(j, "losses"), *norms = json_object_get(j, "grad_norms");
	for (size_t step = 0; step < json_array_size(losses); step++) {
		must(exec_context_run(c, &err), &err);
		double loss = f64 ? loss64 : (double)loss32, want = json_number_value(json_array_get(losses, step));
		snprintf(path, sizeof path, "%s, loss of step %d", name, (int)step + 1);
		assert_near(path, loss, want, f64 ? 1e-9 : step < 2 ? 1e-5 : 2e-2);
		if (f64)
			assert_near("gradient norm", train_optimizer_grad_norm(&o, 2),
				json_number_value(json_array_get(norms, step)), 1e-8 * json_number_value(json_array_get(norms, step)));
		train_optimizer_update(&o, options.learning_rate, -1, 2);
		if (averages)
			must(train_average_add(&ema, .9, 2, &err), &err);
		if (averages && step >= 5)
			must(train_average_add(&swa, 0, 2, &err), &err);
	}
	if (averages) {
		check_average(&m, &swa, "swa", 5);
		check_average(&m, &ema, "ema", 10);
	}
	if (f64)
		check_final(&m, json_object_get(j, "final"));
	exec_context_free(c);
	exec_plan_free(p);
	secant_free(x), secant_free(target), secant_free(out);
	train_optimizer_free(&o);
	secant_opts_free(&train_optimizer_options_table, &options);
	golden_free(&m);
	json_decref(j);
	printf("%s %s: agrees\n", name, f64 ? "f64" : "f32");
}

static void
test_traces_in_double(void **state)
{
	for (int i = 0; names[i]; i++)
		run_trace(names[i], true);
}

static void
test_traces_in_f32(void **state)
{
	for (int i = 0; names[i]; i++)
		run_trace(names[i], false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traces_in_double),
		cmocka_unit_test(test_traces_in_f32),
	};
	return cmocka_run_group_tests_name("training traces", tests, NULL, NULL);
}
