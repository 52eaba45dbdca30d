/*
 * `secant import` and `secant run` as an outside program uses them: a state_dict made by the golden rule, the numbers
 * of golden/models.
 */
#ifndef TESTS_COMMAND_RUN_GOLDEN_H
#define TESTS_COMMAND_RUN_GOLDEN_H
#include "../golden/golden.h"
#include "run.h"
#include "base/file.h"
#include <secant/tensorfile.h>

static char out[20000], dir[300];

static inline void
must_run(const char *line)
{
	int status = run_line(out, sizeof out, "cd %s && %s", dir, line);
	if (status)
		fail_msg("%s: status %d: %s", line, status, out);
}

static inline void
add_tensor(secant_tensors *set, const char *name, secant_dtype dtype, const secant_shape *shape,
	double (*value)(rule r, int64_t i, void *user), void *user)
{
	secant_tensor t;
	secant_err err = { 0 };
	rule r = rule_of(!strcmp(name, "label_target") ? "aux_target" : name);
	assert_int_equal(secant_tensor_new(&t, dtype, shape, &err), 0);
	for (int64_t i = 0, n = secant_shape_count(shape); i < n; i++)
		secant_tensor_set(&t, i, value(r, i, user));
	assert_int_equal(secant_tensors_add(set, name, &t, &err), 0);
}

typedef struct weight {
	const char *key;
	secant_shape shape;
	double gain;
} weight;

static inline double
weight_value(rule r, int64_t i, void *user)
{
	const weight *w = user;
	const char *name = strrchr(w->key, '.') + 1;
	double fan_in = 1, shift = 0, scale = .1;
	for (int d = 1; d < w->shape.rank; d++)
		fan_in *= (double)w->shape.dim[d];
	if (!strcmp(name, "num_batches_tracked"))
		return 0;
	if (w->shape.rank >= 2)
		scale = w->gain * sqrt(3 / fan_in);
	else if (w->shape.rank == 1 && !strcmp(name, "weight"))
		shift = 1;
	if (!strcmp(name, "running_var"))
		shift = 1, scale = .25;
	return (double)(float)(shift + scale * rule_u(r, i));
}

static inline double
value_u(rule r, int64_t i, void *user)
{
	return rule_u(r, i);
}
static inline double
value_bit(rule r, int64_t i, void *user)
{
	return rule_bit(r, i);
}
static inline double
value_class(rule r, int64_t i, void *user)
{
	return rule_class(r, i, *(int *)user);
}

static inline void
write_set(secant_tensors *set, const char *name)
{
	char path[400];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (secant_tensors_write(set, NULL, path, &err))
		fail_msg("%s", err.msg);
	secant_tensors_free(set);
}

/* DIR/model.safetensors: imported from a state_dict of that extension. Returns the golden file. */
static inline json_t *
import_golden(const char *name, const char *extension)
{
	char path[100], line[3000], file[40];
	snprintf(path, sizeof path, "models/%s.json", name);
	json_t *j = golden_json(path), *entry, *v;
	secant_tensors set = { 0 };
	size_t i;
	json_array_foreach (json_object_get(j, "state_dict"), i, entry) {
		weight w = { json_string_value(json_array_get(entry, 0)), { 0 }, number(j, "gain") };
		json_t *shape = json_array_get(entry, 1);
		w.shape.rank = (int)json_array_size(shape);
		for (int d = 0; d < w.shape.rank; d++)
			w.shape.dim[d] = json_integer_value(json_array_get(shape, (size_t)d));
		add_tensor(&set, w.key, strstr(w.key, "num_batches") ? SECANT_I64 : SECANT_F32, &w.shape, weight_value, &w);
	}
	snprintf(file, sizeof file, "w.%s", extension);
	write_set(&set, file);
	int n = snprintf(line, sizeof line, "$SECANT import %s --arch unet --encoder %s --classes %d", file,
		json_string_value(json_object_get(j, "encoder")), (int)number(j, "classes"));
	const char *key;
	json_object_foreach (json_object_get(j, "args"), key, v) {
		char *text = json_dumps(v, JSON_ENCODE_ANY);
		n += snprintf(line + n, sizeof line - (size_t)n, " --%s '%s'", key, text);
		for (char *at = strstr(line, key); at && *at != ' '; at++) /* in_channels -> in-channels */
			*at = *at == '_' ? '-' : *at;
		free(text);
	}
	snprintf(line + n, sizeof line - (size_t)n, " --out model.safetensors");
	must_run(line);
	return j;
}

static inline secant_shape
golden_input(json_t *j, int64_t batch)
{
	json_t *s = json_object_get(j, "input");
	return secant_shape_of(4, batch, json_integer_value(json_array_get(s, 1)), json_integer_value(json_array_get(s, 2)),
		json_integer_value(json_array_get(s, 3)));
}

/* What `secant run` wrote. */
static inline secant_tensors
results(const char *name)
{
	secant_tensors set = { 0 };
	secant_err err = { 0 };
	char path[400];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (secant_tensors_read(&set, NULL, path, &err))
		fail_msg("%s", err.msg);
	return set;
}

static double
tensor_number(const void *t, int64_t i)
{
	return secant_tensor_get(t, i);
}

static inline statistic
tensor_statistic(const secant_tensors *set, const char *name, const char *key)
{
	const secant_tensor *t = secant_tensors_find(set, name);
	if (!t)
		fail_msg("'%s' was not written", name);
	return statistic_of(key, &t->shape, false, tensor_number, t);
}

static inline void
check_logits(const secant_tensors *set, const char *key, json_t *want, double relative)
{
	statistic s = tensor_statistic(set, "logits", key);
	double l2 = number(want, "l2");
	const secant_shape *shape = &secant_tensors_find(set, "logits")->shape;
	json_t *dims = json_object_get(want, "shape");
	assert_int_equal(shape->rank, json_array_size(dims));
	for (int d = 0; d < shape->rank; d++)
		assert_int_equal(shape->dim[d], json_integer_value(json_array_get(dims, (size_t)d)));
	assert_near("logits l2", s.l2, l2, relative * l2);
	assert_near("logits dot", s.dot, number(want, "dot"), relative * l2);
}

/* Evaluation: every logit (and label) against golden's file in f32, statistics in both. */
static inline void
golden_evaluation(const char *name, const char *extension, bool f64)
{
	json_t *j = import_golden(name, extension);
	secant_tensors in = { 0 }, want = { 0 };
	secant_shape x = golden_input(j, 1);
	secant_err err = { 0 };
	char path[100];
	add_tensor(&in, "input", SECANT_F32, &x, value_u, NULL);
	write_set(&in, "in.safetensors");
	must_run(f64 ? "$SECANT run model.safetensors in.safetensors out.safetensors --precision f64"
				 : "$SECANT run model.safetensors in.safetensors out.safetensors --precision f32");
	secant_tensors got = results("out.safetensors");
	check_logits(&got, "logits", json_object_get(json_object_get(j, "eval"), "logits"), f64 ? 1e-10 : 1e-5);
	snprintf(path, sizeof path, "models/%s.safetensors", name);
	if (secant_tensors_read(&want, NULL, golden_path(path), &err))
		fail_msg("%s", err.msg);
	assert_int_equal(got.n, want.n);
	for (int k = 0; k < want.n; k++) {
		const secant_tensor *a = secant_tensors_find(&got, want.v[k].name), *b = &want.v[k].tensor;
		assert_non_null(a);
		assert_int_equal(a->dtype, f64 ? SECANT_F64 : SECANT_F32);
		assert_true(secant_shape_equal(&a->shape, &b->shape));
		double top = 1;
		for (int64_t i = 0; i < secant_shape_count(&b->shape); i++)
			top = fmax(top, fabs(secant_tensor_get(b, i)));
		for (int64_t i = 0; i < secant_shape_count(&b->shape); i++)
			assert_near(want.v[k].name, secant_tensor_get(a, i), secant_tensor_get(b, i), (f64 ? 1e-6 : 2e-5) * top);
	}
	secant_tensors_free(&got);
	secant_tensors_free(&want);
	json_decref(j);
}

/* What one relu whose argument is a rounding away from 0 does to the gradients of the layers below it, of their length:
 * measured with oneDNN's products for AVX2 (7e-3 below layer1.0, 8e-4 below the decoder, 1e-5 without them) against our
 * own references in double. Most gradients are ten times nearer on every CPU. */
#define FLIPPED 1e-2

/* One training step: loss, logits, every gradient, running statistics. */
static inline void
golden_training(const char *name, bool f64)
{
	json_t *j = import_golden(name, "safetensors"), *train = json_object_get(j, "train"), *g;
	secant_tensors in = { 0 };
	secant_shape x = golden_input(j, 2), y = x, label = secant_shape_of(2, 2, 4);
	int classes = (int)number(j, "classes");
	y.dim[1] = 1;
	secant_shape rows = secant_shape_of(3, y.dim[0], y.dim[2], y.dim[3]);
	add_tensor(&in, "input", SECANT_F64, &x, value_u, NULL);
	if (classes == 1)
		add_tensor(&in, "target", SECANT_F32, &y, value_bit, NULL);
	else
		add_tensor(&in, "target", SECANT_I64, &rows, value_class, &classes);
	bool aux = json_object_get(json_object_get(j, "args"), "aux_params");
	if (aux)
		add_tensor(&in, "label_target", SECANT_F32, &label, value_bit, NULL);
	write_set(&in, "in.safetensors");
	char line[300];
	snprintf(line, sizeof line,
		"$SECANT run model.safetensors in.safetensors out.safetensors --loss %s --gradients --precision %s",
		classes == 1 ? "0.5*dice+0.5*bce" : "dice+ce", f64 ? "f64" : "f32");
	must_run(line);
	secant_tensors got = results("out.safetensors");
	assert_int_equal(secant_tensors_find(&got, "loss")->shape.rank, 0);
	assert_near(
		"loss", secant_tensor_get(secant_tensors_find(&got, "loss"), 0), number(train, "loss"), f64 ? 1e-10 : 1e-5);
	check_logits(&got, "train_logits", json_object_get(train, "logits"), f64 ? 1e-10 : 1e-4);
	assert_true(!aux == !secant_tensors_find(&got, "label"));
	double total = number(train, "grad_l2_total"), dots[2] = { 0 };
	size_t i, gradients = 0, near = 0;
	json_array_foreach (json_object_get(train, "grads"), i, g) {
		char key[300];
		const char *parameter = json_string_value(json_array_get(g, 0));
		snprintf(key, sizeof key, "grad:%s", parameter);
		statistic s = tensor_statistic(&got, key, parameter);
		double l2 = json_number_value(json_array_get(g, 2)), dot = json_number_value(json_array_get(g, 3)),
			   allowed = l2 > 1e-6 * total ? (f64 ? 1e-8 : FLIPPED) * l2 : (f64 ? 1e-12 : 1e-4) * total;
		assert_near(key, s.l2, l2, allowed);
		assert_near(key, s.dot, dot, allowed);
		near += fmax(fabs(s.l2 - l2), fabs(s.dot - dot)) <= allowed / 10;
		gradients++;
	}
	assert_true(f64 || near > gradients / 2);
	for (int k = 0; k < got.n; k++) {
		const char *key = got.v[k].name, *end = strrchr(key, '.');
		int which = end && !strcmp(end, ".running_mean") ? 0 : end && !strcmp(end, ".running_var") ? 1 : -1;
		if (which >= 0)
			dots[which] += tensor_statistic(&got, key, key).dot;
		if (end && !strcmp(end, ".num_batches_tracked")) {
			assert_int_equal(got.v[k].tensor.dtype, SECANT_I64);
			assert_int_equal(secant_tensor_get(&got.v[k].tensor, 0), 1);
		}
	}
	assert_near("running means", dots[0], number(train, "all_running_mean_dot"), f64 ? 1e-8 : 1e-3);
	assert_near("running variances", dots[1], number(train, "all_running_var_dot"), f64 ? 1e-7 : 1e-2);
	/* loss, logits, label, gradients, and the rest of the state_dict */
	assert_int_equal(got.n, 2 + aux + json_array_size(json_object_get(j, "state_dict")));
	assert_true(gradients > 10);
	secant_tensors_free(&got);
	json_decref(j);
}

static inline int
begin(void **state)
{
	char here[200], command[400];
	if (secant_command()[0] != '/' && getcwd(here, sizeof here)) {
		snprintf(command, sizeof command, "%s/%s", here, secant_command());
		setenv("SECANT", command, 1);
	}
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	return 0;
}

static inline int
end(void **state)
{
	return base_remove_tree(dir, NULL);
}
#endif
