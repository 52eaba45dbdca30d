/* `secant run --precision f64`: PyTorch's numbers in double, evaluation and one training step, through files and the
 * command alone. */
#include "run_golden.h"

static const char *const names[] = { "unet_resnet18", "unet_resnet34_aux", "unet_resnet34_in4" };

static void
test_evaluation(void **state)
{
	for (int i = 0; i < 3; i++)
		golden_evaluation(names[i], "safetensors", true);
}

static void
test_training_step(void **state)
{
	for (int i = 0; i < 3; i++)
		golden_training(names[i], true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_evaluation), cmocka_unit_test(test_training_step) };
	return cmocka_run_group_tests(tests, begin, end);
}
