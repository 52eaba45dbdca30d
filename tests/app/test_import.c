/* `import` of weights that do not say everything: the classes of the head, tensors beside a whole network, numbers that
 * are none, parts of several files, and what is said of a network that fits but for its head. */
#include "scratch.h"
#include <math.h>
#include <secant/model.h>
#include "base/mem.h"
#include "model/model.h"

static char said[4000];

static void
listen(void *user, secant_level level, const char *line)
{
	size_t n = strlen(said);
	snprintf(said + n, sizeof said - n, "%s\n", line);
}

static void
network(secant_network *net, const char *classes)
{
	assert_int_equal(secant_opts_init(&secant_network_options, net, NULL), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_network_options, net, "arch", "unet_simple", NULL), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_network_options, net, "feature-scale", "32", NULL), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_network_options, net, "classes", classes, NULL), SECANT_OK);
}

/* The tensors of a fresh network of 3 classes, owned. */
static secant_tensors
weights(void)
{
	secant_network net;
	model_bundle m;
	secant_tensors all, own = { 0 };
	network(&net, "3");
	assert_int_equal(model_new(&m, &net, NULL, NULL, false, NULL), SECANT_OK);
	model_initialize(&m, 7);
	assert_int_equal(model_tensors(&m, &all, NULL), SECANT_OK);
	for (int i = 0; i < all.n; i++) {
		secant_tensor copy;
		assert_int_equal(secant_tensor_new(&copy, all.v[i].tensor.dtype, &all.v[i].tensor.shape, NULL), SECANT_OK);
		memcpy(copy.data, all.v[i].tensor.data, secant_tensor_bytes(&copy));
		assert_int_equal(secant_tensors_add(&own, all.v[i].name, &copy, NULL), SECANT_OK);
	}
	secant_tensors_free(&all);
	model_free(&m);
	secant_opts_free(&secant_network_options, &net);
	return own;
}

/* Writes the weights as `file`, imports them and gives the status; what was said, and the message, are in `said`. */
static secant_status
imported(secant_tensors *t, const char *file, const char *classes)
{
	secant_import o;
	secant_err err = { 0 };
	said[0] = '\0';
	assert_int_equal(secant_tensors_write(t, NULL, in_folder(file), NULL), SECANT_OK);
	secant_tensors_free(t);
	assert_int_equal(secant_opts_init(&secant_import_options, &o, NULL), SECANT_OK);
	secant_opts_free(&secant_network_options, &o.network);
	network(&o.network, classes);
	secant_logger log = { listen, NULL };
	secant_status s = secant_model_import(in_folder(file), &o, in_folder("m.safetensors"), &log, &err);
	if (s)
		listen(NULL, SECANT_LOG_ERROR, err.msg);
	secant_opts_free(&secant_import_options, &o);
	return s;
}

static void
expect_said(const char *part)
{
	if (!strstr(said, part))
		fail_msg("expected '%s' among: %s", part, said);
}

static void
the_head_says_how_many_classes(void **state)
{
	secant_tensors t = weights();
	assert_int_equal(imported(&t, "a.pth", "0"), SECANT_OK);
	expect_said("the head has 3 classes: --classes 3 is taken");
	t = weights();
	assert_int_equal(imported(&t, "a.pth", "3"), SECANT_OK);
	assert_null(strstr(said, "is taken"));
	t = weights();
	assert_int_equal(imported(&t, "a.pth", "5"), SECANT_ERR_SHAPE);
	expect_said("the network wants 5x2x1x1");
}

static void
what_lies_beside_a_whole_network_is_said(void **state)
{
	static const char *const names[] = { "total_ops", "total_params", "criterion.weight" };
	secant_tensors t = weights();
	for (int i = 0; i < 3; i++) {
		secant_tensor one;
		secant_shape shape = secant_shape_of(1, (int64_t)1);
		assert_int_equal(secant_tensor_new(&one, SECANT_F64, &shape, NULL), SECANT_OK);
		assert_int_equal(secant_tensors_add(&t, names[i], &one, NULL), SECANT_OK);
	}
	assert_int_equal(imported(&t, "a.pth", "3"), SECANT_OK);
	expect_said("weights: 3 tensors have no place in the network and are not used: 'total_ops', 'total_params', "
				"'criterion.weight'");
}

static void
numbers_that_are_none_are_said(void **state)
{
	secant_tensors t = weights();
	secant_tensor_set(&t.v[2].tensor, 0, NAN);
	secant_tensor_set(&t.v[2].tensor, 1, INFINITY);
	char want[200];
	snprintf(want, sizeof want, "'%s' has 2 values that are no finite numbers", t.v[2].name);
	assert_int_equal(imported(&t, "a.safetensors", "3"), SECANT_OK);
	expect_said(want);
}

/* Puts another tensor in the place of number i. */
static void
replace(secant_tensors *t, int i, secant_dtype dtype, int64_t count)
{
	secant_shape shape = count ? t->v[i].tensor.shape : secant_shape_of(1, (int64_t)0);
	secant_tensor_free(&t->v[i].tensor);
	assert_int_equal(secant_tensor_new(&t->v[i].tensor, dtype, &shape, NULL), SECANT_OK);
}

static void
what_only_has_the_names_of_weights_is_refused(void **state)
{
	secant_tensors t = weights();
	int at = 0;
	char want[200];
	while (!strstr(t.v[at].name, ".weight") || t.v[at].tensor.shape.rank != 4)
		at++;
	snprintf(want, sizeof want, "'%s' holds whole numbers (i8), as quantised networks have them", t.v[at].name);
	replace(&t, at, SECANT_I8, 1);
	assert_int_equal(imported(&t, "a.pth", "3"), SECANT_ERR_UNSUPPORTED);
	expect_said(want);

	t = weights();
	for (int i = 0; i < t.n; i++)
		replace(&t, i, SECANT_F32, 0);
	snprintf(want, sizeof want, "%d of its %d tensors are empty, as a process of DeepSpeed's ZeRO-3 saves", t.n, t.n);
	assert_int_equal(imported(&t, "a.pth", "3"), SECANT_ERR_UNSUPPORTED);
	expect_said(want);
}

/* torch keeps what a weight is made of, and not the weight, while something makes it. */
static void
weights_that_are_made_when_they_are_used_are_explained(void **state)
{
	static const char *const cases[][2] = { { "parametrizations.weight.original0", "remove_parametrizations" },
		{ "weight_g", "remove_weight_norm" }, { "weight_mask", "prune.remove" },
		{ "weight_orig", "remove_spectral_norm" } };
	for (int k = 0; k < 4; k++) {
		secant_tensors t = weights();
		int at = 0;
		while (!strstr(t.v[at].name, ".weight") || t.v[at].tensor.shape.rank != 4)
			at++;
		char *name = base_format("%.*s%s", (int)(strlen(t.v[at].name) - 6), t.v[at].name, cases[k][0]);
		secant_free(t.v[at].name);
		t.v[at].name = name;
		assert_int_equal(imported(&t, "a.pth", "3"), SECANT_ERR_SHAPE);
		expect_said("weights are made of other tensors when they are used: torch.nn.utils.");
		expect_said(cases[k][1]);
	}
}

static void
a_part_of_several_files_is_named(void **state)
{
	secant_tensors t = weights();
	while (t.n > 4) {
		secant_free(t.v[t.n - 1].name);
		secant_tensor_free(&t.v[--t.n].tensor);
	}
	assert_int_equal(imported(&t, "model-00001-of-00002.safetensors", "3"), SECANT_ERR_SHAPE);
	expect_said("it is one part of several: bring their .index.json");
}

/* An encoder's weights of another width: a few tensors fit by chance, and the right one is named. */
static void
weights_of_another_encoder_are_named(void **state)
{
	secant_network net;
	model_bundle from, to;
	secant_tensors all;
	secant_err err = { 0 };
	secant_logger log = { listen, NULL };
	said[0] = '\0';
	assert_int_equal(secant_opts_init(&secant_network_options, &net, NULL), SECANT_OK);
	assert_int_equal(
		secant_opts_set(&secant_network_options, &net, "encoder", "tu-mobilenetv3_small_050", NULL), SECANT_OK);
	assert_int_equal(model_new(&from, &net, NULL, NULL, false, NULL), SECANT_OK);
	model_initialize(&from, 3);
	assert_int_equal(model_tensors(&from, &all, NULL), SECANT_OK);
	assert_int_equal(secant_tensors_write(&all, NULL, in_folder("e.safetensors"), NULL), SECANT_OK);
	secant_tensors_free(&all);
	model_free(&from);
	assert_int_equal(
		secant_opts_set(&secant_network_options, &net, "encoder", "tu-mobilenetv3_small_100", NULL), SECANT_OK);
	assert_int_equal(model_new(&to, &net, NULL, NULL, false, NULL), SECANT_OK);
	model_initialize(&to, 3);
	if (model_load_encoder(&to, in_folder("e.safetensors"), false, &log, &err))
		fail_msg("%s", err.msg);
	expect_said("most of the encoder is not in ");
	expect_said("tu-mobilenetv3_small_050");
	model_free(&to);
	secant_opts_free(&secant_network_options, &net);
}

/* Positions learnt for pictures of 224, in networks for 64 and for 384: numbers of PyTorch's interpolate (bicubic,
 * antialias) in double. */
static void
positions_are_resampled(void **state)
{
	static const struct {
		const char *size;
		int side;
		double want[3]; /* patch 0 channel 0, patch side + 1 channel 3, the last of the last */
	} cases[] = { { "64", 4, { 0.477791665174, 0.464227789554, 0.498756167257 } },
		{ "384", 24, { 0.398045633966, 0.343734946208, 0.979857147066 } } };
	for (int i = 0; i < 2; i++) {
		secant_network net;
		model_bundle m;
		secant_tensors t = { 0 };
		secant_tensor table;
		secant_err err = { 0 };
		secant_logger log = { listen, NULL };
		said[0] = '\0';
		assert_int_equal(secant_opts_init(&secant_network_options, &net, NULL), SECANT_OK);
		assert_int_equal(secant_opts_set(&secant_network_options, &net, "arch", "dpt", NULL), SECANT_OK);
		assert_int_equal(
			secant_opts_set(&secant_network_options, &net, "encoder", "tu-vit_tiny_patch16_224", NULL), SECANT_OK);
		assert_int_equal(secant_opts_set(&secant_network_options, &net, "img-size", cases[i].size, NULL), SECANT_OK);
		if (model_new(&m, &net, NULL, NULL, false, &err))
			fail_msg("%s", err.msg);
		secant_shape shape = secant_shape_of(3, (int64_t)1, (int64_t)197, (int64_t)192);
		assert_int_equal(secant_tensor_new(&table, SECANT_F32, &shape, NULL), SECANT_OK);
		for (int k = 0; k < 197 * 192; k++)
			secant_tensor_set(&table, k, (k / 192 * 7 + k % 192 * 5) % 17 / 17.);
		assert_int_equal(secant_tensors_add(&t, "pos_embed", &table, NULL), SECANT_OK);
		assert_int_equal(secant_tensors_write(&t, NULL, in_folder("p.safetensors"), NULL), SECANT_OK);
		secant_tensors_free(&t);
		if (model_load_encoder(&m, in_folder("p.safetensors"), false, &log, &err))
			fail_msg("%s", err.msg);
		expect_said("positions of 14x14 patches in 'model.pos_embed' are resampled to ");
		const exec_slot *slot = exec_store_find(m.store, "encoder.model.pos_embed");
		const int side = cases[i].side, at[3] = { 192, (side + 2) * 192 + 3, (side * side + 1) * 192 - 1 };
		assert_true(fabs(exec_slot_get(m.store, slot, 5) - 25 % 17 / 17.) < 1e-6); /* the class token's */
		for (int k = 0; k < 3; k++)
			assert_true(fabs(exec_slot_get(m.store, slot, at[k]) - cases[i].want[k]) < 1e-6);
		model_free(&m);
		secant_opts_free(&secant_network_options, &net);
	}
}

/* A model of ours, read again: it stays what it says, and remembers what is given. */
static void
a_model_of_secant_stays_what_it_says(void **state)
{
	static const struct {
		const char *option, *value, *message; /* NULL: taken */
	} cases[] = {
		{ "normalize", "unit", NULL },
		{ "class-names", "a,b,c", NULL },
		{ "mode", "multilabel", NULL },
		{ "classes", "3", NULL },
		{ "classes", "5", "--classes: this is a model of secant, which says its own (3)" },
		{ "encoder", "resnet50", "--encoder: this is a model of secant" },
		{ "class-names", "a,b", "--class-names: 2 names for 3 classes" },
		{ "mode", "binary", "binary" },
		{ "size", "64", "these are of ONNX files" },
	};
	secant_tensors t = weights();
	secant_logger log = { listen, NULL };
	assert_int_equal(imported(&t, "a.pth", "3"), SECANT_OK);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_import o;
		secant_err err = { 0 };
		model_bundle m;
		assert_int_equal(secant_opts_init(&secant_import_options, &o, NULL), SECANT_OK);
		assert_int_equal(secant_opts_set(&secant_import_options, &o, cases[i].option, cases[i].value, NULL), SECANT_OK);
		secant_status s = secant_model_import(in_folder("m.safetensors"), &o, in_folder("n.safetensors"), &log, &err);
		assert_int_equal(s == SECANT_OK, !cases[i].message);
		if (cases[i].message && !strstr(err.msg, cases[i].message))
			fail_msg("'%s' does not hold '%s'", err.msg, cases[i].message);
		if (!s && model_open(&m, in_folder("n.safetensors"), false, &err))
			fail_msg("%s", err.msg);
		if (!s) {
			assert_string_equal(m.net.arch, "unet_simple");
			assert_string_equal(m.normalize, i == 0 ? "unit" : "imagenet");
			assert_int_equal(m.mode, i == 2 ? BASE_MODE_MULTILABEL : BASE_MODE_MULTICLASS);
			assert_string_equal(m.n_class_names ? m.class_names[2] : "", i == 1 ? "c" : "");
			model_free(&m);
		}
		secant_opts_free(&secant_import_options, &o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_says_how_many_classes),
		cmocka_unit_test(what_lies_beside_a_whole_network_is_said),
		cmocka_unit_test(numbers_that_are_none_are_said),
		cmocka_unit_test(what_only_has_the_names_of_weights_is_refused),
		cmocka_unit_test(weights_that_are_made_when_they_are_used_are_explained),
		cmocka_unit_test(a_part_of_several_files_is_named),
		cmocka_unit_test(weights_of_another_encoder_are_named),
		cmocka_unit_test(a_model_of_secant_stays_what_it_says),
		cmocka_unit_test(positions_are_resampled),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
