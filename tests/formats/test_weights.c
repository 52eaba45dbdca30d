/*
 * Weights as torch itself saves them (tests/cases/weights): numbers whose sign or conjugation was put off, averages,
 * optimisers beside or alone, whole modules, classes of one's own beside the tensors, numpy's archives, weights in
 * several files, and what is refused by name. w is 1, -2, 3.
 */
#include "files.h"

static secant_tensors
read_case(const char *name)
{
	char path[200];
	secant_tensors set;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "tests/cases/weights/%s", name);
	if (secant_tensors_read(&set, NULL, path, &err))
		fail_msg("%s", err.msg);
	return set;
}

static void
refused(const char *name, const char *says)
{
	char path[200];
	secant_tensors set;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "tests/cases/weights/%s", name);
	if (!secant_tensors_read(&set, NULL, path, &err) || !strstr(err.msg, says))
		fail_msg("%s: '%s' lacks '%s'", name, err.msg, says);
}

static void
has(const secant_tensors *set, const char *name, int n, const double *v)
{
	const secant_tensor *t = secant_tensors_find(set, name);
	assert_non_null(t);
	assert_int_equal(secant_shape_count(&t->shape), n);
	for (int i = 0; i < n; i++)
		assert_true(secant_tensor_get(t, i) == v[i]);
}

/* Every number has the other sign than its storage; what shares the storage plainly has not. */
static void
signs_that_were_put_off(void **state)
{
	static const double w[] = { 1, -2, 3 }, other[] = { -1, 2, -3 }, whole[] = { -5, 6 }, imaginary[] = { -2, 1, -4 };
	secant_tensors set = read_case("negative.pth");
	has(&set, "w", 3, w);
	has(&set, "half", 3, w);
	has(&set, "part", 2, w + 1);
	has(&set, "whole", 2, whole);
	secant_tensors_free(&set);
	set = read_case("negative-stream.pth");
	has(&set, "w", 3, w);
	has(&set, "shared", 3, other);
	secant_tensors_free(&set);
	set = read_case("conjugate-imag.pth");
	has(&set, "w", 3, imaginary);
	secant_tensors_free(&set);
}

static void
the_network_among_other_dictionaries(void **state)
{
	static const double w[] = { 1, -2, 3 };
	static const char *const names[] = { "averaged.pth", "optimiser-beside.pth" };
	for (int i = 0; i < 2; i++) {
		secant_tensors set = read_case(names[i]);
		assert_int_equal(set.n, 1);
		has(&set, "w", 3, w);
		secant_tensors_free(&set);
	}
	refused("optimiser-alone.pth", "holds no dictionary of tensors that is a network's");
	refused("two-alike.pth", "holds two dictionaries of the same 1 tensors");
}

static void
kinds_that_are_refused_by_name(void **state)
{
	refused("complex.pth", "tensor 'w': dtype torch.ComplexFloatStorage");
	refused(
		"quantised.pth", "tensor 'layer.weight': is quantised (torch._utils._rebuild_qtensor); save it dequantised");
	refused("quantised-channels.pth", "tensor 'layer.weight': is quantised");
	refused("sparse.pth", "tensor 'layer.weight': is sparse (torch._utils._rebuild_sparse_tensor); save it dense");
	refused("sparse-rows.pth", "tensor 'layer.weight': is sparse");
}

/* torch.save(model), alone and within a checkpoint, and torch.jit.save: the names are those of state_dict(), what is
 * not persistent is not among them, and nothing is run. */
static void
whole_modules(void **state)
{
	static const double w[] = { 1, -2, 3 }, one[] = { 1 }, zero[] = { 0 };
	static const char *const names[] = { "module.pth", "module-in-checkpoint.pth" };
	for (int i = 0; i < 2; i++) {
		secant_tensors set = read_case(names[i]);
		assert_int_equal(set.n, 6);
		assert_string_equal(set.v[0].name, "layer.weight");
		has(&set, "layer.weight", 3, w);
		has(&set, "norm.weight", 1, one);
		has(&set, "norm.bias", 1, zero);
		has(&set, "norm.running_mean", 1, zero);
		has(&set, "norm.running_var", 1, one);
		has(&set, "norm.num_batches_tracked", 1, zero);
		secant_tensors_free(&set);
	}
	secant_tensors set = read_case("script.pt");
	assert_int_equal(set.n, 1);
	has(&set, "layer.weight", 3, w);
	secant_tensors_free(&set);
}

static void
classes_beside_the_tensors(void **state)
{
	static const double w[] = { 1, -2, 3 };
	secant_tensors set = read_case("config-beside.pth");
	assert_int_equal(set.n, 1);
	has(&set, "w", 3, w);
	secant_tensors_free(&set);
}

static void
archives_of_numpy(void **state)
{
	static const double w[] = { 1, -2, 3 }, n[] = { 0, 1 };
	secant_tensors set = read_case("arrays.npz");
	assert_int_equal(set.n, 2);
	has(&set, "w", 3, w);
	has(&set, "n", 2, n);
	secant_tensors_free(&set);
	refused("numpy-arrays.pth",
		"holds no dictionary of tensors that is a network's: its arrays are numpy's, save "
		"torch.from_numpy of each");
}

static void
weights_in_several_files(void **state)
{
	static const double w[] = { 1, -2, 3 }, v[] = { 4 };
	secant_tensors set = read_case("parts/model.safetensors.index.json");
	assert_int_equal(set.n, 2);
	has(&set, "w", 3, w);
	has(&set, "v", 1, v);
	secant_tensors_free(&set);
	refused("parts/lacking.index.json", "tensor 'u' is not in pytorch_model-00002-of-00002.bin");
	refused("parts/outside.index.json", "tensor 'w' lies in no file of the same folder");
}

/* By their first bytes, or by the ends of their names. */
static void
files_of_others_are_named(void **state)
{
	static const struct {
		const char *name, *data, *says;
	} rows[] = {
		{ "a.pth", "version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS" },
		{ "a.pth", "<!DOCTYPE html>", "is a web page" },
		{ "a.safetensors", "", "(0 bytes)" },
		{ "a.h5", "\x89HDF\r\n\x1a\n", "is HDF5, weights of Keras or TensorFlow" },
		{ "a.tflite", "abcdTFL3", "is a network of TensorFlow Lite" },
		{ "a.pth.gz", "\x1f\x8b\b", "is packed by gzip" },
		{ "a.engine", "ftrt", "is a compiled network of TensorRT" },
		{ "a.caffemodel", "\n\3net", "is a network of Caffe" },
		{ "a.msgpack", "\x81", "is a file of Flax" },
		{ "a.gguf", "GGUF", "is GGUF" },
		{ "a.xyz", "what", "is neither safetensors, nor a file of PyTorch or MindSpore, nor .npy (4 bytes)" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_tensors set = { 0 };
		secant_err err = { 0 };
		assert_true(secant_tensors_decode(&set, NULL, rows[i].data, strlen(rows[i].data), rows[i].name, &err) < 0);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("'%s' lacks '%s'", err.msg, rows[i].says);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_that_were_put_off),
		cmocka_unit_test(the_network_among_other_dictionaries),
		cmocka_unit_test(kinds_that_are_refused_by_name),
		cmocka_unit_test(whole_modules),
		cmocka_unit_test(classes_beside_the_tensors),
		cmocka_unit_test(archives_of_numpy),
		cmocka_unit_test(weights_in_several_files),
		cmocka_unit_test(files_of_others_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
