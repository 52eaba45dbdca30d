/*
 * Every operator with every case of its own, in every implementation that takes it, in f32 and in bf16, against the
 * reference in double: one thread and two, twice (the same bits), each output alone, with guard bytes around every
 * buffer and garbage in scratch. An operator that nothing but the reference computes is an error. Products of matrices
 * and convolutions are test_products.c's.
 */
#include "trial.h"

static const secant_dtype integer_types[] = { SECANT_I32, SECANT_U8, SECANT_I64 };

/* How many cases of the operator one implementation ran in one type. */
static int
run_cases(const graph_op *op, const exec_impl *impl, bool low)
{
	int ran = 0;
	for (const graph_op_case *c = op->cases; c && c->label; c++) {
		bool integers = strchr(c->in, '#') != NULL, any = false;
		for (int k = 0; k < (integers ? 3 : 1); k++)
			for (int threads = 1; threads <= 2; threads++)
				any |= run_case(op, c, impl, (way){ .integers = integer_types[k], .low = low, .threads = threads });
		ran += any;
	}
	return ran;
}

/* Only oneDNN computes these: bf16 is where it has that. */
static bool
is_product_of_rows(const graph_op *op)
{
	return !strncmp(op->name, "rows_linear", 11);
}

static void
test_every_operator(void **state)
{
	int missing = 0;
	exec_native_grain = 1; /* two threads in the smallest case, too */
	const char *only = getenv("SECANT_TEST_OP");
	for (int i = 0; graph_op_at(i); i++) {
		const graph_op *op = graph_op_at(i);
		int cases = 0, ran[2] = { 0 };
		if (is_product(op) || (only && strcmp(only, op->name)))
			continue;
		for (const graph_op_case *c = op->cases; c && c->label; c++)
			cases++;
		for (const exec_impl *const *table = tables; *table; table++)
			for (const exec_impl *impl = *table; impl->op; impl++)
				if (!strcmp(impl->op, op->name))
					for (int low = 0; low <= (op->low != GRAPH_LOW_NEVER && (op->low_in | op->low_out)); low++)
						ran[low] += run_cases(op, impl, low);
		bool wants_low = op->low != GRAPH_LOW_NEVER && (op->low_in | op->low_out)
			&& (!is_product_of_rows(op) || base_cpu_isa() >= BASE_ISA_AVX512);
		if (ran[0] < cases || (wants_low && ran[1] < cases)) {
			print_error("%s: natively in f32 %d of %d cases, in bf16 %d\n", op->name, ran[0], cases, ran[1]);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

/* Widths and sizes that the operators' own cases, kept small for the gradient check, do not reach: long rows made of
 * short ones, rows that do not divide, more rows than are summed in float, columns beyond a block. */
static const struct {
	const char *op;
	graph_op_case c;
} large[] = {
	{ "batch_norm_train", { "3 channels", "act=relu", "2x37x31x3 3 3@0.5:2 3@0.5:2 3" } },
	{ "batch_norm_train", { "16 channels, far from 0", "", "2x37x31x16@5:6 16 16@0.5:2 16@0.5:2 16" } },
	{ "batch_norm_train", { "17 channels, sum", "act=relu", "1x53x61x17 17 17@0.5:2 17@0.5:2 17 1x53x61x17" } },
	{ "batch_norm_train", { "300 channels", "act=relu", "2x5x7x300 300 300@0.5:2 300@0.5:2 300" } },
	{ "batch_norm_train", { "2048 channels", "", "2x3x3x2048 2048 2048@0.5:2 2048@0.5:2 2048" } },
	{ "batch_norm_train", { "1 channel", "", "1x71x73x1@0:2 1 1@0.5:2 1@0.5:2 1" } },
	{ "batch_norm_train_grad", { "3 channels", "act=relu", "2x37x31x3 2x37x31x3 3 3@0.5:2 3 2x37x31x3" } },
	{ "batch_norm_train_grad", { "17 channels", "act=relu", "1x53x61x17 1x53x61x17 17 17@0.5:2 17 1x53x61x17" } },
	{ "batch_norm_train_grad", { "2048 channels", "", "2x3x3x2048 2x3x3x2048 2048 2048@0.5:2 2048" } },
	{ "batch_norm", { "20 channels", "act=relu", "1x41x43x20 20 20@0.5:2 20 20" } },
	{ "group_norm", { "more samples than threads", "groups=3", "5x9x7x12 12 12" } },
	{ "group_norm", { "one sample", "groups=2", "1x39x41x10 10 10" } },
	{ "group_norm_grad", { "more samples than threads", "groups=3", "5x9x7x12 5x9x7x12 5x3 5x3@0.5:2 12" } },
	{ "layer_norm", { "wide", "", "3x1100 1100 1100" } },
	{ "layer_norm_grad", { "wide", "", "70x1100 70x1100 70 70@0.5:2 1100" } },
	{ "add", { "channels", "", "3x29x31x5 5" } },
	{ "mul", { "sample and channel", "", "5x7x11x19 5x1x1x19" } },
	{ "add", { "single row", "", "4099 4099" } },
	{ "where", { "mask by row", "", "300x1#2 300x7 7" } },
	{ "prelu", { "channels", "", "31x29x6 6" } },
	{ "silu", { "more than a chunk", "", "1500@-8:8" } },
	{ "unary_grad", { "more than a chunk", "kind=mish", "1500@-8:8 1500" } },
	{ "max_pool2d", { "more channels than a block", "kernel=3 stride=2 padding=1", "1x9x8x300" } },
	{ "max_pool2d", { "window of 5", "kernel=5 stride=3 padding=2", "1x11x13x9" } },
	{ "max_pool2d_grad",
		{ "more channels than a block", "kernel=3 stride=2 padding=1 size=9x8", "1x5x4x300 1x5x4x300#9" } },
	{ "resize", { "channels beyond a block", "mode=bilinear size=7x9", "1x4x5x270" } },
	{ "resize_grad", { "many taps", "mode=bilinear size=3x4", "2x19x25x33" } },
	{ "resize_grad", { "nearest", "mode=nearest size=16", "2x32x32x16" } },
	{ "avg_pool2d", { "window of 7", "kernel=7 stride=3 padding=3", "2x15x17x5" } },
	{ "concat", { "channels, many rows", "", "2x17x19x3 2x17x19x70 2x17x19x1" } },
	{ "enlarge_concat", { "many rows", "", "2x9x10x24 2x18x20x7 2x18x20x1" } },
	{ "enlarge_concat", { "one channel", "", "2x9x10x1 2x27x20x3" } },
	{ "slice", { "channels", "start=0,0,0,3 stop=2,17,19,70", "2x17x19x74" } },
	{ "transpose", { "to channels first", "perm=0,3,1,2", "2x17x19x37" } },
	{ "pixel_shuffle", { "blocks", "factor=2", "2x9x11x20" } },
	{ "sum", { "leading axes", "axes=0,1,2", "3x29x31x7" } },
	{ "sum", { "all", "", "3x29x31x7" } },
	{ "sum", { "middle of four", "axes=1,3", "3x5x7x70" } },
	{ "mean", { "spatial", "axes=1,2 keepdim=true", "3x29x31x40" } },
	{ "var", { "far from 0", "axes=0,1,2 correction=0", "3x29x31x5@5:6" } },
	{ "sum_to", { "channel", "shape=5", "3x29x31x5" } },
	{ "global_norm", { "two", "", "5000 31x7" } },
	{ "softmax", { "long rows", "", "7x333@-4:4" } },
	{ "softmax", { "classes", "", "2x13x17x21@-4:4" } },
	{ "log_softmax", { "channels first", "axis=1", "3x19x17x23@-4:4" } },
	{ "softmax_grad", { "classes", "", "2x13x17x21@0:0.1 2x13x17x21" } },
	{ "l2_normalize", { "long rows", "", "7x333" } },
	{ "cumsum", { "long", "axis=0", "5000" } },
	{ "argmax", { "classes", "", "2x13x17x21" } },
	{ "max_with_index", { "points", "axis=1", "3x257x70" } },
	{ "scatter_add", { "many to few", "axis=0 shape=3,7", "500x7 500x7#3" } },
	{ "take_grad", { "rows of a sample", "axis=1 shape=3,9,5", "3x70x5 70#10" } },
	{ "dropout", { "many", "p=0.25", "4099 scalar#1000 scalar#1000" } },
	{ "bce_with_logits", { "weights", "", "3x29x31x4@-3:3 3x29x31x4@0:1 4@1:3" } },
	{ "rows_linear", { "several blocks", "", "3000x48 80x48 1#3001" } },
	{ "rows_linear_grad_data", { "several blocks", "", "3000x80 80x48 1#3001" } },
	{ "rows_linear_grad_weights", { "several blocks", "", "3000x48 3000x80 1#3001" } },
	{ "rows_norm", { "many rows", "act=relu", "3000x48@2:3 48 48@0.5:2 48@0.5:2 48 3000@1:9 1#3001" } },
	{ "rows_norm_grad", { "many rows", "act=relu", "3000x48 3000x48 48 48@0.5:2 48 48 48 3000@1:9 1#3001" } },
	{ "rows_norm_max", { "wide", "act=relu", "700x530 530 530@0.5:2 530 530 700@1:9 1#701 2x40x2#701" } },
	{ "rows_max", { "wide", "act=relu", "700x530 530 530 2x40x2#701 1#701" } },
	{ "rows_norm_max_grad",
		{ "many balls", "act=relu", "2x90x1x48 2x90x1x48#3001 2x90x1x48 3000x48 48 48@0.5:2 48 3000@1:9 1#3001" } },
	{ "ball_rows", { "many rows", "", "2x40x16#100 1280#1280 1#1281 2x100x1x3 2x40x1x3 48x3 2x100x1x48" } },
	{ "ball_rows_grad_weights", { "many rows", "", "1280x48 2x40x16#100 1280#1280 1#1281 2x100x1x3 2x40x1x3" } },
	{ "pad", { "replicate, one number", "mode=replicate before=0,3,2,0 after=0,4,5,0", "2x1x3x4" } },
	{ "pad_grad", { "replicate, one number", "mode=replicate before=0,3,2,0 after=0,4,5,0", "2x8x10x4" } },
};

static void
test_large_cases(void **state)
{
	exec_native_grain = 1;
	for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
		const graph_op *op = graph_op_find(large[i].op);
		const graph_op_case list[2] = { large[i].c, { 0 } };
		graph_op with = *op;
		with.cases = list;
		for (const exec_impl *const *table = tables; *table; table++)
			for (const exec_impl *impl = *table; impl->op; impl++)
				for (int low = 0; low < 2 && !strcmp(impl->op, op->name); low++)
					if (!low || op->low != GRAPH_LOW_NEVER)
						assert_int_equal(run_cases(&with, impl, low),
							low && is_product_of_rows(op) && base_cpu_isa() < BASE_ISA_AVX512 ? 0 : 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operator),
		cmocka_unit_test(test_large_cases),
		cmocka_unit_test(test_other_instruction_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
