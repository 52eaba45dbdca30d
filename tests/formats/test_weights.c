/*
 * Weights as torch itself saves them (tests/cases/weights): numbers whose sign or conjugation was put off, averages,
 * optimisers beside or alone, and tensors of kinds that are refused by name. w is 1, -2, 3.
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_that_were_put_off),
		cmocka_unit_test(the_network_among_other_dictionaries),
		cmocka_unit_test(kinds_that_are_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
