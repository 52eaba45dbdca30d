/*
 * unet_medical, unet_nested and unet_simple against MindSpore 2.7 itself (golden/mindspore: nets small networks whole,
 * real the zoo's widths): order and shapes of states, evaluation, loss, gradients, moving statistics, three steps of
 * its Adam; and its checkpoints, as networks are started from them.
 */
#include "golden/golden.h"
#include <secant/tensorfile.h>
#include <unistd.h>
#include "app/trial.h"
#include "base/file.h"
#include "deploy/onnx_run.h"
#include "formats/onnx/onnx.h"
#include "train/optimizer.h"

static const struct {
	const char *name, *options;
	bool trains; /* gradients and Adam as tight as README section 11 has them for small networks */
	double gradients;
} cases[] = {
	{ "simple_fs32", "{\"arch\":\"unet_simple\",\"feature-scale\":32,\"in-channels\":3,\"classes\":2}", true, 1e-5 },
	{ "nested_fs32", "{\"arch\":\"unet_nested\",\"feature-scale\":32,\"in-channels\":3,\"classes\":2}", true, 1e-5 },
	{ "nested_fs32_bilinear",
		"{\"arch\":\"unet_nested\",\"feature-scale\":32,\"use-deconv\":false,\"in-channels\":3,\"classes\":2}", true,
		1e-5 },
	{ "nested_fs32_nobn",
		"{\"arch\":\"unet_nested\",\"feature-scale\":32,\"use-bn\":false,\"use-ds\":false,\"in-channels\":3,"
		"\"classes\":2}",
		true, 1e-5 },
	{ "medical_w2",
		"{\"arch\":\"unet_medical\",\"base-channels\":2,\"border\":\"none\",\"in-channels\":1,\"classes\":2}", true,
		2e-3 },
};
enum { CASES = sizeof cases / sizeof *cases };

typedef struct given {
	json_t *j;
	secant_tensors numbers; /* NAME.safetensors */
	model_bundle m;
	secant_shape input;
	char path[160];
} given;

static void
must(secant_status status, const secant_err *err)
{
	if (status)
		fail_msg("%s", err->msg);
}

static const char *
file_of(given *g, const char *folder, const char *name, const char *extension)
{
	snprintf(g->path, sizeof g->path, "mindspore/%s/%s%s", folder, name, extension);
	return golden_path(g->path);
}

static void
open_network(given *g, const char *options)
{
	secant_err err = { 0 };
	secant_network net;
	must(secant_opts_init(&secant_network_options, &net, &err), &err);
	must(secant_opts_set_json(&secant_network_options, &net, options, "test", &err), &err);
	must(model_new(&g->m, &net, "multiclass", "none", false, &err), &err);
	secant_opts_free(&secant_network_options, &net);
}

static void
open_case(given *g, const char *folder, int k)
{
	secant_err err = { 0 };
	*g = (given){ 0 };
	g->j = golden_json((snprintf(g->path, sizeof g->path, "mindspore/%s/%s.json", folder, cases[k].name), g->path));
	must(secant_tensors_read(&g->numbers, NULL, file_of(g, folder, cases[k].name, ".safetensors"), &err), &err);
	json_t *in = json_object_get(g->j, "input");
	g->input = secant_shape_of(4, json_integer_value(json_array_get(in, 0)), json_integer_value(json_array_get(in, 2)),
		json_integer_value(json_array_get(in, 3)), json_integer_value(json_array_get(in, 1)));
	open_network(g, cases[k].options);
}

static void
close_case(given *g)
{
	model_free(&g->m);
	secant_tensors_free(&g->numbers);
	json_decref(g->j);
}

/* Largest difference of a map of ours (N H W C) from head k of a tensor of theirs ([K] N C H W), over the largest of
 * theirs. */
static double
apart(const float *ours, const secant_shape *shape, const secant_tensor *theirs, int k)
{
	int64_t n = secant_shape_count(shape);
	const float *want = (const float *)theirs->data + k * n;
	double most = 0, largest = 0;
	for (int64_t i = 0; i < n; i++) {
		double w = (double)want[to_nchw(shape, i)];
		most = fmax(most, fabs((double)ours[i] - w));
		largest = fmax(largest, fabs(w));
	}
	return most / largest;
}

static void
states_are_theirs(const given *g)
{
	const json_t *list = json_object_get(g->j, "parameters");
	assert_int_equal(json_array_size(list), g->m.store->n);
	for (int i = 0; i < g->m.store->n; i++) {
		const json_t *row = json_array_get(list, (size_t)i), *shape = json_array_get(row, 1);
		const exec_slot *slot = &g->m.store->slot[i];
		assert_string_equal(slot->name, json_string_value(json_array_get(row, 0)));
		assert_int_equal(json_array_size(shape), slot->type.shape.rank);
		for (int d = 0; d < slot->type.shape.rank; d++)
			assert_int_equal(json_integer_value(json_array_get(shape, (size_t)d)), slot->type.shape.dim[d]);
	}
}

static void
evaluation_agrees(given *g, int k)
{
	secant_err err = { 0 };
	model_graph graph;
	exec_plan_options options = { .precision = EXEC_PRECISION_F32 };
	must(model_build(&g->m, NN_PHASE_EVAL, &g->input, &graph, &err), &err);
	graph_value out[1 + NN_FEATURES] = { graph.built.logits };
	int n = 1;
	for (; n <= graph.built.heads; n++)
		out[n] = graph.built.head[n - 1];
	exec_plan *p = exec_plan_new(graph.g, g->m.store, out, n, &options, &err);
	if (!p)
		fail_msg("%s: %s", cases[k].name, err.msg);
	exec_context *c = exec_context_new(p, &err);
	float *x = make_input("input", &g->input, false);
	must(exec_context_set_input(c, "input", x, &err), &err);
	must(exec_context_run(c, &err), &err);
	const secant_tensor *want = secant_tensors_find(&g->numbers, "logits");
	for (int i = 0; i < n; i++) { /* theirs stand in the order final1 .. final4 */
		double d = apart(exec_context_output(c, i), graph_shape(graph.g, out[i]), want, i ? i - 1 : n - 1);
		if (!(d < 1e-5))
			fail_msg("%s: logits of head %d are apart by %.3g of the largest", cases[k].name, i, d);
	}
	exec_context_free(c);
	exec_plan_free(p);
	graph_free(graph.g);
	secant_free(x);
}

static const secant_tensor *
theirs(const given *g, const char *kind, const char *name)
{
	char key[300];
	snprintf(key, sizeof key, "%s/%s", kind, name);
	return secant_tensors_find(&g->numbers, key);
}

/* Gradients of the first step, by the norm of all differences over that of all of theirs; moving statistics. */
static void
gradients_agree(const given *g, const app_trial *t, int k)
{
	double apart2 = 0, all2 = 0, moving = 0;
	int n = 0;
	for (int i = 0; i < g->m.store->n; i++) {
		const exec_slot *slot = &g->m.store->slot[i];
		const secant_tensor *want = theirs(g, slot->trainable ? "grad" : "moving", slot->name);
		assert_non_null(want);
		const float *got = slot->trainable ? exec_context_output(t->step.context, t->step.at_grad[i])
										   : (const float *)slot->data;
		for (int64_t e = 0; e < slot->count; e++) {
			double d = (double)got[e] - secant_tensor_get(want, e);
			if (slot->trainable)
				apart2 += d * d, all2 += pow(secant_tensor_get(want, e), 2);
			else
				moving = fmax(moving, fabs(d));
		}
		n += slot->trainable;
	}
	assert_true(n > 20);
	if (!(sqrt(apart2 / all2) < cases[k].gradients) || !(moving < 1e-5))
		fail_msg("%s: gradients apart by %.3g of their norm, statistics by %.3g", cases[k].name, sqrt(apart2 / all2),
			moving);
}

static void
inputs(const given *g, app_trial *t, float **x, int32_t **target)
{
	secant_err err = { 0 };
	rule r = rule_of("target");
	int64_t n = secant_shape_count(&t->target);
	*x = make_input("input", &g->input, false);
	*target = base_alloc_aligned((size_t)n * sizeof **target);
	for (int64_t i = 0; i < n; i++)
		(*target)[i] = rule_class(r, i, 2);
	must(exec_context_set_input(t->step.context, "input", *x, &err), &err);
	must(exec_context_set_input(t->step.context, "target", *target, &err), &err);
}

static void
first_step_agrees(given *g, int k)
{
	secant_err err = { 0 };
	app_trial t;
	float *x;
	int32_t *target;
	app_trial_spec spec = {
		.phase = NN_PHASE_TRAIN_SURE, .loss = "ce", .mode = BASE_MODE_MULTICLASS, .gradients = true
	};
	exec_plan_options options = { .precision = EXEC_PRECISION_F32, .exact = true };
	must(app_trial_make(&t, &g->m, &g->input, &spec, &options, &err), &err);
	inputs(g, &t, &x, &target);
	must(train_step_gradients(&t.step, &err), &err);
	const json_t *train = json_object_get(g->j, "train");
	assert_near(cases[k].name, (double)*(const float *)exec_context_output(t.step.context, 0), number(train, "loss"),
		1e-6 * (1 + number(train, "loss")));
	gradients_agree(g, &t, k);
	secant_free(x);
	secant_free(target);
	app_trial_free(&t);
}

/* Four steps of MindSpore's Adam: the loss of each before its update, and after three all numbers. */
static void
adam_agrees(given *g, int k)
{
	secant_err err = { 0 };
	app_trial t;
	train_optimizer o;
	secant_optimizer_options settings;
	float *x;
	int32_t *target;
	const json_t *adam = json_object_get(g->j, "adam"), *losses = json_object_get(adam, "losses");
	double rate = number(adam, "learning_rate");
	must(secant_opts_init(&train_optimizer_options_table, &settings, &err), &err);
	must(secant_opts_set(&train_optimizer_options_table, &settings, "optimizer", "adam-mindspore", &err), &err);
	settings.weight_decay = number(adam, "weight_decay");
	must(train_optimizer_new(&o, &settings, g->m.store, &err), &err);
	app_trial_spec spec = {
		.phase = NN_PHASE_TRAIN_SURE, .loss = "ce", .mode = BASE_MODE_MULTICLASS, .gradients = true, .optimizer = &o
	};
	exec_plan_options options = { .precision = EXEC_PRECISION_F32, .exact = true, .external = true, .training = true };
	must(app_trial_make(&t, &g->m, &g->input, &spec, &options, &err), &err);
	inputs(g, &t, &x, &target);
	for (int step = 0; step < 4; step++) {
		must(train_step_gradients(&t.step, &err), &err);
		assert_near(
			cases[k].name, train_step_loss(&t.step), json_number_value(json_array_get(losses, (size_t)step)), 3e-6);
		if (step == 3)
			break;
		must(train_step_reduce(&t.step, false, 1, &err), &err);
		train_step_update(&t.step, rate, -1, 1);
	}
	int64_t far = 0, all = 0;
	for (int i = 0; i < g->m.store->n; i++) {
		const exec_slot *slot = &g->m.store->slot[i];
		const secant_tensor *want = theirs(g, "adam3", slot->name);
		for (int64_t e = 0; slot->trainable && e < slot->count; e++, all++) {
			double d = fabs(exec_slot_get(g->m.store, slot, e) - secant_tensor_get(want, e));
			far += d > 1e-6;
			if (!(d <= 6 * rate))
				fail_msg("%s: number %lld of %s is apart by %.3g", cases[k].name, (long long)e, slot->name, d);
		}
	}
	if (far * 100 > all)
		fail_msg("%s: %lld of %lld numbers are apart by more than 1e-6", cases[k].name, (long long)far, (long long)all);
	secant_free(x);
	secant_free(target);
	app_trial_free(&t);
	train_optimizer_free(&o);
	secant_opts_free(&train_optimizer_options_table, &settings);
}

static void
test_networks_are_mindspores(void **state)
{
	for (int k = 0; k < CASES; k++) {
		secant_err err = { 0 };
		given g;
		open_case(&g, "nets", k);
		states_are_theirs(&g);
		must(model_load(&g.m, file_of(&g, "nets", cases[k].name, ".params.safetensors"), NULL, &err), &err);
		evaluation_agrees(&g, k);
		first_step_agrees(&g, k);
		must(model_load(&g.m, file_of(&g, "nets", cases[k].name, ".ckpt"), NULL, &err), &err);
		adam_agrees(&g, k);
		close_case(&g);
	}
}

/* ---- exported networks ---- */

/* The first picture through a file, NAME_both.mindir: softmax and argmax as UnetEval gives them. */
static void
exported_agrees(given *g, int k, const char *extension)
{
	secant_err err = { 0 };
	format_onnx_model *m = format_onnx_open(file_of(g, "nets", cases[k].name, extension), &err);
	if (!m)
		fail_msg("%s", err.msg);
	bool both = m->graph.n_out == 2;
	secant_shape one = g->input;
	one.dim[0] = 1;
	int64_t dim[4] = { 1, one.dim[3], one.dim[1], one.dim[2] };
	assert_int_equal(m->graph.n_in, 1);
	assert_string_equal(m->graph.in[0].name, "x");
	format_onnx_tensor *x = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 4, dim, 0, &err), *out[2] = { NULL, NULL };
	rule r = rule_of("input");
	for (int64_t i = 0; i < format_onnx_count(x); i++)
		((float *)x->data)[i] = (float)rule_u(r, i);
	exec_plan_options plan = { .precision = EXEC_PRECISION_F32, .exact = true };
	must(deploy_onnx_run_planned(m, &x, 1, out, &plan, &err), &err);
	const secant_tensor *softmax = secant_tensors_find(&g->numbers, "softmax"),
						*argmax = secant_tensors_find(&g->numbers, "argmax");
	for (int64_t i = 0; softmax && i < format_onnx_count(out[0]); i++)
		assert_near(cases[k].name, (double)((float *)out[0]->data)[i], secant_tensor_get(softmax, i), 6e-6);
	int64_t wrong = 0;
	for (int64_t i = 0; both && i < format_onnx_count(out[1]); i++) {
		double p = (double)((float *)out[0]->data)[2 * i];
		wrong += ((int32_t *)out[1]->data)[i] != (int)secant_tensor_get(argmax, i) && fabs(p - .5) > 1e-4;
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(out[0]->rank, 4);
	assert_int_equal(out[0]->dim[3], 2);
	if (both)
		assert_int_equal(out[1]->type, FORMAT_ONNX_INT32);
	for (int i = 0; i < 2; i++)
		format_onnx_tensor_drop(out[i]);
	format_onnx_tensor_drop(x);
	format_onnx_close(m);
}

static void
test_exports_of_mindspore_give_its_numbers(void **state)
{
	for (int k = 0; k < CASES; k++) {
		given g;
		open_case(&g, "nets", k);
		exported_agrees(&g, k, "_both.mindir");
		exported_agrees(&g, k, "_softmax.mindir");
		close_case(&g);
	}
}

/* ---- what stands beside the weights ---- */

/* The checkpoint of the first case with one tensor more. */
static secant_status
loads_beside(given *g, const char *name, secant_dtype dtype, const secant_shape *shape, secant_err *err)
{
	char path[64];
	secant_tensors t = { 0 };
	secant_tensor more = { 0 };
	must(secant_tensors_read(&t, NULL, file_of(g, "nets", cases[0].name, ".ckpt"), err), err);
	must(secant_tensor_new(&more, dtype, shape, err), err);
	must(secant_tensors_add(&t, name, &more, err), err);
	snprintf(path, sizeof path, "/tmp/secant-beside-%ld.ckpt", (long)getpid());
	must(secant_tensors_write(&t, NULL, path, err), err);
	secant_tensors_free(&t);
	secant_status status = model_load(&g->m, path, NULL, err);
	unlink(path);
	return status;
}

/* save_checkpoint(append_dict={"epoch": 3, "loss": 0.25}) is no part of the network. */
static void
test_numbers_beside_the_weights_are_left(void **state)
{
	secant_err err = { 0 };
	secant_shape one = { 0 };
	given g;
	open_case(&g, "nets", 0);
	must(loads_beside(&g, "epoch", SECANT_I64, &one, &err), &err);
	must(loads_beside(&g, "loss", SECANT_F32, &one, &err), &err);
	close_case(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks_are_mindspores),
		cmocka_unit_test(test_exports_of_mindspore_give_its_numbers),
		cmocka_unit_test(test_numbers_beside_the_weights_are_left),
	};
	return cmocka_run_group_tests_name("networks of MindSpore's zoo", tests, NULL, NULL);
}
