/*
 * Training on networks from ONNX: a network of ours that went out and came back learns what it learns at home, frozen
 * parts stay, another number of classes makes the last convolution anew, and what was trained goes out again.
 */
#include "train/training.h"
#include <math.h>
#include <secant/model.h>
#include "model/model.h"

static int
setup(void **state)
{
	secant_err err = { 0 };
	model_bundle m;
	discs(12, 2);
	write_discs(root, "classes/data/train", 12, disc_class);
	write_discs(root, "classes/data/val", 2, disc_class);
	secant_train_options o = tiny_options("nowhere");
	must(model_new(&m, &o.network, NULL, "unit", false, &err), &err);
	model_initialize(&m, 7);
	must(model_save(&m, in_root(root, "start.safetensors"), &err), &err);
	model_free(&m);
	free_options(&o);
	secant_export out = { .opset = 17, .size = { 2, { 32, 32 } }, .dynamic = true };
	must(secant_model_export_onnx(in_root(root, "start.safetensors"), in_root(root, "start.onnx"), &out, &err), &err);
	return 0;
}

/* The largest difference of states that both files have; how many they are. */
static double
difference(const char *a, const char *b, int *n)
{
	secant_err err = { 0 };
	secant_tensors x = { 0 }, y = { 0 };
	double worst = 0;
	must(secant_tensors_read(&x, NULL, a, &err), &err);
	must(secant_tensors_read(&y, NULL, b, &err), &err);
	*n = 0;
	for (int i = 0; i < x.n; i++) {
		const secant_tensor *t = secant_tensors_find(&y, x.v[i].name);
		if (!t || t->dtype != SECANT_F32)
			continue;
		++*n;
		assert_true(secant_shape_equal(&t->shape, &x.v[i].tensor.shape));
		for (int64_t k = 0; k < secant_shape_count(&t->shape); k++)
			worst = fmax(worst, fabs(secant_tensor_get(&x.v[i].tensor, k) - secant_tensor_get(t, k)));
	}
	secant_tensors_free(&x);
	secant_tensors_free(&y);
	return worst;
}

/* Three steps at home and abroad. */
static void
as_at_home(void **state)
{
	int n;
	char start[300], net[300], home[300], abroad[300];
	snprintf(start, sizeof start, "%s/start.safetensors", root);
	snprintf(net, sizeof net, "%s/start.onnx", root);
	snprintf(home, sizeof home, "%s/home/last.safetensors", root);
	snprintf(abroad, sizeof abroad, "%s/abroad/last.safetensors", root);
	run_with(root, "home",
		(pairs_of[]){ { "weights", start }, { "epochs", "1" }, { "classes", "1" }, { "normalize", "unit" }, { 0 } },
		NULL, NULL);
	run_with(root, "abroad", (pairs_of[]){ { "from", net }, { "epochs", "1" }, { "classes", "1" }, { 0 } }, NULL, NULL);
	assert_true(difference(home, start, &n) > 1e-3); /* it learnt */
	assert_true(difference(home, abroad, &n) < 1e-5);
	assert_true(n > 40);
}

static void
frozen_stays(void **state)
{
	int n;
	char net[300], start[300], frozen[300];
	secant_err err = { 0 };
	secant_tensors x = { 0 }, y = { 0 };
	snprintf(net, sizeof net, "%s/start.onnx", root);
	snprintf(start, sizeof start, "%s/start.safetensors", root);
	snprintf(frozen, sizeof frozen, "%s/frozen/last.safetensors", root);
	run_with(root, "frozen",
		(pairs_of[]){ { "from-network", net }, { "epochs", "1" }, { "classes", "1" }, { "freeze", "encoder" }, { 0 } },
		NULL, NULL);
	assert_true(difference(frozen, start, &n) > 1e-3);
	must(secant_tensors_read(&x, NULL, frozen, &err), &err);
	must(secant_tensors_read(&y, NULL, start, &err), &err);
	for (int i = n = 0; i < x.n; i++) {
		const secant_tensor *t = secant_tensors_find(&y, x.v[i].name);
		if (!t || strncmp(x.v[i].name, "encoder", 7))
			continue;
		n++;
		assert_memory_equal(t->data, x.v[i].tensor.data, secant_tensor_bytes(t));
	}
	assert_true(n > 20);
	secant_tensors_free(&x);
	secant_tensors_free(&y);
	run_with(root, "nothing", (pairs_of[]){ { "from", net }, { "classes", "1" }, { "freeze", "enc" }, { 0 } }, NULL,
		"no parameter's name begins with 'enc'");
}

/* Logits of a model for one input. */
static void
run_model(const char *model, const char *out, secant_tensors *set)
{
	secant_err err = { 0 };
	secant_run o = { .precision = (char *)(uintptr_t) "f32", .threads = 1 };
	must(secant_model_run(model, in_root(root, "in.safetensors"), out, &o, &err), &err);
	must(secant_tensors_read(set, NULL, out, &err), &err);
}

static void
other_classes(void **state)
{
	secant_err err = { 0 };
	char net[300], trained[300], gone[300];
	secant_tensor t;
	secant_tensors in = { 0 }, a = { 0 }, b = { 0 };
	secant_shape shape = secant_shape_of(4, 1, 3, 32, 32);
	snprintf(net, sizeof net, "%s/start.onnx", root);
	snprintf(trained, sizeof trained, "%s/classes/three/last.safetensors", root);
	snprintf(gone, sizeof gone, "%s/three.onnx", root);
	pairs_of more[] = { { "from", net }, { "classes", "3" }, { "epochs", "1" }, { "labels", "index" }, { 0 } };
	run_with(in_root(root, "classes"), "three", more, NULL, NULL);
	must(secant_tensor_new(&t, SECANT_F32, &shape, &err), &err);
	for (int64_t i = 0; i < secant_shape_count(&shape); i++)
		((float *)t.data)[i] = (float)(i * 37 % 101) / 64 - 0.75f;
	must(secant_tensors_add(&in, "input", &t, &err), &err);
	must(secant_tensors_write(&in, NULL, in_root(root, "in.safetensors"), &err), &err);
	secant_tensors_free(&in);
	run_model(trained, in_root(root, "a.safetensors"), &a);
	const secant_tensor *x = secant_tensors_find(&a, "logits");
	assert_non_null(x);
	assert_int_equal(x->shape.dim[1], 3);
	/* Out again, and the same numbers. */
	secant_export out = { .opset = 17, .size = { 2, { 32, 32 } } };
	must(secant_model_export_onnx(trained, gone, &out, &err), &err);
	run_model(gone, in_root(root, "b.safetensors"), &b);
	const secant_tensor *y = secant_tensors_find(&b, "logits");
	assert_non_null(y);
	double worst = 0, most = 0;
	for (int64_t i = 0; i < secant_shape_count(&x->shape); i++) {
		worst = fmax(worst, fabs(secant_tensor_get(x, i) - secant_tensor_get(y, i)));
		most = fmax(most, fabs(secant_tensor_get(x, i)));
	}
	assert_true(most > 1e-3);
	assert_true(worst < 1e-4 * most);
	secant_tensors_free(&a);
	secant_tensors_free(&b);
	/* Training goes on from the model, to four classes. */
	more[0].value = trained;
	more[1].value = "4";
	run_with(in_root(root, "classes"), "four", more, NULL, NULL);
}

/* A model of ours brings its architecture and its weights. */
static void
from_a_model(void **state)
{
	int n;
	char start[300], again[300];
	snprintf(start, sizeof start, "%s/start.safetensors", root);
	snprintf(again, sizeof again, "%s/again/last.safetensors", root);
	run_with(root, "again",
		(pairs_of[]){ { "from", start }, { "encoder", "resnet34" }, { "classes", "1" }, { "epochs", "1" }, { 0 } },
		NULL, NULL);
	assert_true(difference(in_root(root, "home/last.safetensors"), again, &n) == 0);
	assert_true(n > 40);
	run_with(root, "none", (pairs_of[]){ { "from-network", "none.onnx" }, { "classes", "1" }, { 0 } }, NULL,
		"none.onnx: no such file to train on");
}

static int
steps_of(const char *model, const char *op)
{
	secant_planned how;
	secant_err err = { 0 };
	int n = 0;
	must(secant_opts_init(&secant_planned_options, &how, &err), &err);
	how.size = (secant_ints){ 2, { 32, 32 } };
	char *text = secant_model_explain(model, &how, false, false, &err);
	if (!text)
		fail_msg("%s", err.msg);
	for (const char *p = text; (p = strstr(p, op)); p++)
		n++;
	secant_free(text);
	secant_opts_free(&secant_planned_options, &how);
	return n;
}

/* A network of bytes, its scales of one picture, learns as it will run: the loss falls, scales move, all layers are in
 * bytes as before. */
static void
rounded_numbers_learn(void **state)
{
	char net[300], eight[300], images[300], learned[300];
	secant_quantize how;
	secant_err err = { 0 };
	secant_tensors x = { 0 };
	snprintf(net, sizeof net, "%s/start.onnx", root);
	snprintf(eight, sizeof eight, "%s/eight.onnx", root);
	snprintf(images, sizeof images, "%s/data/train/images", root);
	snprintf(learned, sizeof learned, "%s/learned/last.safetensors", root);
	must(secant_opts_init(&secant_quantize_options, &how, &err), &err);
	how.images = 1;
	how.target_loss = 1;
	must(secant_model_quantize(net, images, eight, &how, NULL, NULL, &err), &err);
	secant_opts_free(&secant_quantize_options, &how);
	secant_train_result still = run_with(root, "still",
		(pairs_of[]){ { "from", eight }, { "epochs", "1" }, { "classes", "1" }, { "learning-rate", "1e-9" }, { 0 } },
		NULL, NULL);
	secant_train_result after = run_with(root, "learned",
		(pairs_of[]){ { "from", eight }, { "epochs", "3" }, { "classes", "1" }, { "optimizer", "adamw" },
			{ "learning-rate", "1e-3" }, { 0 } },
		NULL, NULL);
	assert_true(after.last_loss < 0.95 * still.last_loss);
	assert_int_equal(steps_of(learned, "conv2d_bytes"), steps_of(eight, "conv2d_bytes"));
	assert_true(steps_of(learned, "conv2d_bytes") > 10);
	assert_int_equal(steps_of(learned, "dequantize"), steps_of(eight, "dequantize"));
	must(secant_tensors_read(&x, NULL, learned, &err), &err);
	int moved = 0;
	for (int i = 0; i < x.n; i++) {
		size_t n = strlen(x.v[i].name);
		moved += n > 4 && !strcmp(x.v[i].name + n - 4, ".log") && secant_tensor_get(&x.v[i].tensor, 0) != 0;
	}
	assert_true(moved > 10);
	secant_tensors_free(&x);
	/* Out again: as many layers in bytes, and the same scores. */
	secant_export gone = { .opset = 17, .size = { 2, { 32, 32 } } };
	secant_tensors a = { 0 }, b = { 0 };
	must(secant_model_export_onnx(learned, in_root(root, "learned.onnx"), &gone, &err), &err);
	assert_int_equal(steps_of(in_root(root, "learned.onnx"), "conv2d_bytes"), steps_of(learned, "conv2d_bytes"));
	run_model(learned, in_root(root, "a.safetensors"), &a);
	run_model(in_root(root, "learned.onnx"), in_root(root, "b.safetensors"), &b);
	const secant_tensor *p = secant_tensors_find(&a, "logits"), *q = secant_tensors_find(&b, "logits");
	assert_non_null(p);
	assert_non_null(q);
	double squares = 0, apart = 0; /* a file is run by the letter, a model in bytes: some round the other way */
	for (int64_t i = 0; i < secant_shape_count(&p->shape); i++) {
		double a_i = secant_tensor_get(p, i), d = a_i - secant_tensor_get(q, i);
		squares += a_i * a_i;
		apart += d * d;
	}
	assert_true(squares > 0);
	assert_true(apart < 4e-3 * squares);
	secant_tensors_free(&a);
	secant_tensors_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_at_home),
		cmocka_unit_test(frozen_stays),
		cmocka_unit_test(other_classes),
		cmocka_unit_test(from_a_model),
		cmocka_unit_test(rounded_numbers_learn),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
