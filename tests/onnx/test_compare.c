/*
 * secant compare: a model and the same model as ONNX agree everywhere; another one does not, and what differs is shown;
 * models of other classes are refused.
 */
#include "train/training.h"
#include <math.h>
#include <secant/model.h>
#include "model/model.h"

static void
make(const char *name, const char *classes, uint64_t seed)
{
	secant_err err = { 0 };
	model_bundle m;
	secant_train_options o = tiny_options("nowhere");
	train_set(&o, "classes", classes);
	must(model_new(&m, &o.network, NULL, "unit", false, &err), &err);
	model_initialize(&m, seed);
	must(model_save(&m, in_root(root, "%s", name), &err), &err);
	model_free(&m);
	free_options(&o);
}

static int
setup(void **state)
{
	secant_err err = { 0 };
	discs(2, 4);
	make("a.safetensors", "1", 1);
	make("b.safetensors", "1", 2);
	make("three.safetensors", "3", 1);
	secant_export out = { .opset = 17, .size = { 2, { 32, 32 } }, .dynamic = true };
	must(secant_model_export_onnx(in_root(root, "a.safetensors"), in_root(root, "a.onnx"), &out, &err), &err);
	return 0;
}

static secant_status
compare(const char *a, const char *b, const char *save, secant_comparison *c, secant_err *err)
{
	secant_compare_options o;
	char x[300], y[300];
	must(secant_opts_init(&secant_compare_options_table, &o, err), err);
	must(secant_opts_set(&secant_compare_options_table, &o, "precision", "f32", err), err);
	must(secant_opts_set(&secant_compare_options_table, &o, "threads", "1", err), err);
	if (save)
		must(secant_opts_set(&secant_compare_options_table, &o, "save", save, err), err);
	snprintf(x, sizeof x, "%s/%s", root, a);
	snprintf(y, sizeof y, "%s/%s", root, b);
	secant_status s = secant_compare(x, y, data(), &o, NULL, c, err);
	secant_opts_free(&secant_compare_options_table, &o);
	return s;
}

static void
the_same_network(void **state)
{
	secant_err err = { 0 };
	secant_comparison c;
	must(compare("a.safetensors", "a.onnx", NULL, &c, &err), &err);
	assert_int_equal(c.pixels, 4 * 32 * 32);
	assert_int_equal(c.different, 0);
	assert_int_equal(c.classes, 1);
	assert_true(c.agreement[0].share == 1 || isnan(c.agreement[0].share));
	assert_true(fabs(c.scores[0].iou - c.scores[1].iou) < 1e-12);
	assert_int_equal(c.scores[0].images, 4);
	assert_true(c.seconds[0] > 0 && c.seconds[1] > 0);
	secant_comparison_free(&c);
}

static void
others_differ(void **state)
{
	secant_err err = { 0 };
	secant_comparison c;
	secant_image im = { 0 };
	char folder[300];
	snprintf(folder, sizeof folder, "%s/differences", root);
	must(compare("a.safetensors", "b.safetensors", folder, &c, &err), &err);
	assert_true(c.different > 0);
	assert_true(c.agreement[0].share < 1);
	assert_true(c.agreement[0].either - c.agreement[0].both == c.different);
	secant_comparison_free(&c);
	base_names l = { 0 };
	must(base_dir_list(&l, folder, BASE_DIR_ALL, &err), &err);
	assert_true(l.n > 0 && l.n <= 4);
	must(secant_image_read(&im, in_root(folder, "%s", l.v[0]), NULL, &err), &err);
	assert_int_equal(im.width, 4 * 32);
	assert_int_equal(im.height, 32);
	secant_image_free(&im);
	base_names_free(&l);
}

static void
what_is_refused(void **state)
{
	secant_err err = { 0 };
	secant_comparison c;
	assert_int_equal(compare("a.safetensors", "three.safetensors", NULL, &c, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "they cannot be compared"));
	err = (secant_err){ 0 };
	assert_int_not_equal(compare("a.safetensors", "none.safetensors", NULL, &c, &err), SECANT_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_network),
		cmocka_unit_test(others_differ),
		cmocka_unit_test(what_is_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
