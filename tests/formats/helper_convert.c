/*
 * formats_helper_convert A B: reads the tensors of A and writes them to B, for tests from outside
 * (tests/peers/test_weights.py).
 * `--list A` prints a line for each tensor: name, dtype, shape, sum of the elements.
 */
#include <secant/options.h>
#include <secant/tensorfile.h>
#include <stdio.h>
#include <string.h>

static void
list(const secant_tensors *set)
{
	char shape[96];
	for (int i = 0; i < set->n; i++) {
		const secant_tensor *t = &set->v[i].tensor;
		double sum = 0;
		for (int64_t k = 0; k < secant_shape_count(&t->shape); k++)
			sum += secant_tensor_get(t, k);
		printf("%s\t%s\t%s\t%.17g\n", set->v[i].name, secant_dtype_name(t->dtype),
			secant_shape_text(&t->shape, shape, sizeof shape), sum);
	}
}

int
main(int argc, char **argv)
{
	secant_err err = { 0 };
	secant_tensors set = { 0 };
	char *metadata = NULL;
	if (argc != 3) {
		fprintf(stderr, "usage: %s A B | --list A\n", argv[0]);
		return 2;
	}
	bool only_list = !strcmp(argv[1], "--list");
	secant_status s = secant_tensors_read(&set, &metadata, argv[only_list ? 2 : 1], &err);
	if (!s && only_list)
		list(&set);
	else if (!s)
		s = secant_tensors_write(&set, metadata, argv[2], &err);
	if (s)
		fprintf(stderr, "%s\n", err.msg);
	secant_free(metadata);
	secant_tensors_free(&set);
	return s ? 1 : 0;
}
