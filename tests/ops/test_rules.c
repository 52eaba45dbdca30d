/*
 * What operators promise beyond their cases: what is refused and how the message reads, ties and not-a-number, labels
 * to ignore, which numbers dropout keeps, counters, coordinates of resizing, and graphs that run out of memory.
 */
#include "data.h"
#include "ops/dropout.h"
#include "ops/interpret.h"
#include "ops/resize_map.h"
#include "ops/rules.h"
#include "ops/unary.h"
#include <math.h>

/* ---- a small graph: inputs with numbers, one node ---- */

typedef struct lab {
	graph_net *g;
	double **values;
	void *memory;
} lab;

static graph_value
input(graph_net *g, secant_dtype type, int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
	static int serial;
	char name[16];
	snprintf(name, sizeof name, "x%d", serial++);
	return graph_input(g, name, type, &(secant_shape){ rank, { a, b, c, d } });
}

static graph_value
vector(graph_net *g, int64_t n)
{
	return input(g, SECANT_F32, 1, n, 0, 0, 0);
}

static lab
prepare(graph_net *g)
{
	secant_err err = { 0 };
	if (graph_check(g, &err))
		fail_msg("%s", err.msg);
	lab l = { g, secant_calloc((size_t)graph_values(g), sizeof(double *)), NULL };
	l.memory = op_interpret_memory(g, l.values, &err);
	assert_non_null(l.memory);
	return l;
}

static void
set(const lab *l, graph_value v, const double *numbers)
{
	memcpy(l->values[v], numbers, (size_t)secant_shape_count(graph_shape(l->g, v)) * sizeof(double));
}

static void
run(const lab *l)
{
	secant_err err = { 0 };
	if (op_interpret(l->g, l->values, &err))
		fail_msg("%s", err.msg);
}

static void
expect(const lab *l, graph_value v, const double *want)
{
	for (int64_t i = 0; i < secant_shape_count(graph_shape(l->g, v)); i++)
		if (!(fabs(l->values[v][i] - want[i]) <= 1e-15 || (isnan(want[i]) && isnan(l->values[v][i]))
				|| l->values[v][i] == want[i]))
			fail_msg("number %d is %.17g, want %.17g", (int)i, l->values[v][i], want[i]);
}

static void
finish(lab *l)
{
	secant_free(l->memory);
	secant_free(l->values);
	graph_free(l->g);
}

#define NUMBERS(...) ((const double[]){ __VA_ARGS__ })

/* ---- refusals ---- */

static void
refused(graph_net *g, const char *message)
{
	secant_err err = { 0 };
	assert_int_not_equal(graph_check(g, &err), SECANT_OK);
	assert_string_equal(err.msg, message);
	graph_free(g);
}

static void
test_refusals_name_both_numbers(void **state)
{
	graph_net *g = graph_new();
	graph_apply(g, "add", NULL, 2, vector(g, 3), vector(g, 4));
	refused(g, "add: 3 and 4 do not broadcast");

	g = graph_new();
	graph_apply(g, "mul", NULL, 2, vector(g, 3), input(g, SECANT_I32, 1, 3, 0, 0, 0));
	refused(g, "mul: input 1 is i32, want f32");

	g = graph_new();
	graph_apply(
		g, "concat", &(op_axis_attr){ 1 }, 2, input(g, SECANT_F32, 2, 3, 4, 0, 0), input(g, SECANT_F32, 2, 2, 4, 0, 0));
	refused(g, "concat: input 1 is 2x4, input 0 is 3x4: they may differ along axis 1 only");

	g = graph_new();
	graph_apply(g, "reshape", &(op_shape_attr){ { 2, { 5, 2 } } }, 1, vector(g, 12));
	refused(g, "reshape: 12 has 12 numbers, 5x2 has 10");

	g = graph_new();
	graph_apply(g, "slice", &(op_slice_attr){ { 1, { 2 } }, { 1, { 9 } }, { 0 } }, 1, vector(g, 7));
	refused(g, "slice: axis 0: start 2, stop 9, step 1 is no part of 0..7");

	g = graph_new();
	graph_apply(g, "sum", &(op_axes_attr){ { 2, { 1, -1 } }, false }, 1, input(g, SECANT_F32, 2, 3, 4, 0, 0));
	refused(g, "sum: axis -1 of 3x4 is named twice");

	g = graph_new();
	graph_apply(g, "softmax", &(op_axis_attr){ 2 }, 1, input(g, SECANT_F32, 2, 3, 4, 0, 0));
	refused(g, "softmax: no axis 2 in 3x4");

	g = graph_new();
	graph_apply(g, "amax", NULL, 1, vector(g, 0));
	refused(g, "amax: no number to choose from in 0");

	g = graph_new();
	op_pool_attr large = op_pooling(5, 1, 0), wide = op_pooling(3, 1, 2);
	graph_apply(g, "max_pool2d", &large, 1, input(g, SECANT_F32, 4, 1, 4, 9, 1));
	refused(g, "max_pool2d: a kernel of 5 is larger than the padded input, 4");

	g = graph_new();
	graph_apply(g, "avg_pool2d", &wide, 1, input(g, SECANT_F32, 4, 1, 4, 9, 1));
	refused(g, "avg_pool2d: padding 2 is more than half of the kernel, 3");

	g = graph_new();
	graph_apply(g, "group_norm", &(op_norm_attr){ .eps = 1e-5, .groups = 4 }, 1, input(g, SECANT_F32, 4, 1, 2, 2, 6));
	refused(g, "group_norm: 6 channels do not divide into 4 groups");

	g = graph_new();
	op_pad_attr mirror = op_pad_hw(OP_PAD_REFLECT, 0, 3, 0, 0);
	graph_apply(g, "pad", &mirror, 1, input(g, SECANT_F32, 4, 1, 3, 3, 1));
	refused(g, "pad: axis 2: padding 3 and 0, at most 2 numbers for 3");

	g = graph_new();
	graph_apply(g, "pixel_shuffle", &(op_factor_attr){ 2 }, 1, input(g, SECANT_F32, 4, 1, 3, 3, 6));
	refused(g, "pixel_shuffle: 6 channels (1x3x3x6) do not divide into blocks of 2x2");

	g = graph_new();
	graph_apply(g, "pick", NULL, 2, input(g, SECANT_F32, 2, 5, 3, 0, 0), input(g, SECANT_I32, 1, 4, 0, 0, 0));
	refused(g, "pick: indices are 4, want one for each row of 5x3");

	g = graph_new();
	graph_scope(g, "decoder.blocks.0");
	graph_apply(g, "transpose", &(op_transpose_attr){ { 2, { 0, 0 } } }, 1, input(g, SECANT_F32, 2, 5, 3, 0, 0));
	refused(g, "transpose 'decoder.blocks.0': perm[1] is 0; want each of 0..1 once");
}

static void
test_a_mask_has_no_gradient(void **state)
{
	graph_net *g = graph_new();
	graph_value x = vector(g, 3), d;
	secant_err err = { 0 };
	graph_track(g, x);
	graph_value mask = graph_apply(g, "greater", NULL, 2, x, graph_scalar(g, 0));
	graph_value loss = graph_apply(g, "sum", NULL, 1, graph_apply(g, "upcast", NULL, 1, mask));
	assert_int_equal(graph_gradients(g, loss, &x, 1, &d, &err), SECANT_OK);
	assert_int_equal(d, -1);
	graph_free(g);
}

/* ---- numbers ---- */

/* d sum(op(a, b)) / da and / db where a and b are equal. */
static void
test_ties_share_the_gradient(void **state)
{
	static const char *const ops[] = { "maximum", "minimum" };
	for (int i = 0; i < 2; i++) {
		graph_net *g = graph_new();
		graph_value x[2] = { vector(g, 3), vector(g, 3) }, d[2];
		secant_err err = { 0 };
		graph_track(g, x[0]);
		graph_track(g, x[1]);
		graph_value loss = graph_apply(g, "sum", NULL, 1, graph_apply(g, ops[i], NULL, 2, x[0], x[1]));
		assert_int_equal(graph_gradients(g, loss, x, 2, d, &err), SECANT_OK);
		lab l = prepare(g);
		set(&l, x[0], NUMBERS(1, 2, 3));
		set(&l, x[1], NUMBERS(1, 3, 2));
		run(&l);
		expect(&l, d[i], NUMBERS(.5, 0, 1));
		expect(&l, d[1 - i], NUMBERS(.5, 1, 0));
		finish(&l);
	}
}

static void
test_equal_maxima(void **state)
{
	graph_net *g = graph_new();
	graph_value x = input(g, SECANT_F32, 2, 1, 4, 0, 0), d[1];
	secant_err err = { 0 };
	graph_track(g, x);
	const graph_node *first = graph_make_node(g, "max_with_index", NULL, 1, &x);
	graph_value index = first->out[1];
	graph_value loss = graph_apply(
		g, "sum", NULL, 1, graph_apply(g, "amax", &(op_axes_attr){ { 1, { 1 } }, false }, 1, x));
	assert_int_equal(graph_gradients(g, loss, &x, 1, d, &err), SECANT_OK);
	lab l = prepare(g);
	set(&l, x, NUMBERS(1, 7, 0, 7));
	run(&l);
	expect(&l, index, NUMBERS(1)); /* the first one */
	expect(&l, d[0], NUMBERS(0, .5, 0, .5)); /* amax: equal shares */
	finish(&l);
}

static void
test_not_a_number_is_not_hidden(void **state)
{
	static const char *const ops[] = { "relu", "relu6", "leaky_relu", "sigmoid", "hardswish", "clamp", "softplus",
		"gelu" };
	for (int i = 0; i < 8; i++) {
		graph_net *g = graph_new();
		graph_value x = vector(g, 1), y = graph_apply(g, ops[i], NULL, 1, x);
		lab l = prepare(g);
		set(&l, x, NUMBERS(NAN));
		run(&l);
		expect(&l, y, NUMBERS(NAN));
		finish(&l);
	}
	graph_net *g = graph_new();
	op_pool_attr a = op_pooling(3, 1, 0);
	graph_value x = input(g, SECANT_F32, 4, 1, 3, 3, 1), y = graph_apply(g, "max_pool2d", &a, 1, x);
	graph_value most = graph_apply(g, "amax", NULL, 1, x),
				larger = graph_apply(g, "maximum", NULL, 2, x, graph_scalar(g, 100));
	lab l = prepare(g);
	set(&l, x, NUMBERS(1, 2, 3, NAN, 4, 5, 6, 7, 8));
	run(&l);
	expect(&l, y, NUMBERS(NAN));
	expect(&l, most, NUMBERS(NAN));
	assert_true(isnan(l.values[larger][3]));
	finish(&l);
}

static void
test_large_numbers_do_not_overflow(void **state)
{
	graph_net *g = graph_new();
	graph_value x = vector(g, 3), softmax = graph_apply(g, "softmax", NULL, 1, x),
				log_softmax = graph_apply(g, "log_softmax", NULL, 1, x);
	graph_value sigmoid = graph_apply(g, "sigmoid", NULL, 1, x), log_sigmoid = graph_apply(g, "logsigmoid", NULL, 1, x);
	graph_value target = vector(g, 3), bce = graph_apply(g, "bce_with_logits", NULL, 2, x, target);
	lab l = prepare(g);
	set(&l, x, NUMBERS(-1e4, 0, 1e4));
	set(&l, target, NUMBERS(1, 1, 0));
	run(&l);
	expect(&l, softmax, NUMBERS(0, 0, 1));
	expect(&l, log_softmax, NUMBERS(-2e4, -1e4, 0));
	expect(&l, sigmoid, NUMBERS(0, .5, 1));
	expect(&l, log_sigmoid, NUMBERS(-1e4, -M_LN2, 0));
	expect(&l, bce, NUMBERS(1e4, M_LN2, 1e4));
	finish(&l);
}

static void
test_labels_outside_count_nowhere(void **state)
{
	graph_net *g = graph_new();
	graph_value x = input(g, SECANT_F32, 2, 3, 2, 0, 0), label = input(g, SECANT_I32, 1, 3, 0, 0, 0), d[1];
	secant_err err = { 0 };
	graph_track(g, x);
	graph_value picked = graph_apply(g, "pick", NULL, 2, x, label),
				hot = graph_apply(g, "one_hot", &(op_classes_attr){ 2 }, 1, label);
	graph_value rows = graph_apply(g, "take", NULL, 2, x, label), loss = graph_apply(g, "sum", NULL, 1, picked);
	assert_int_equal(graph_gradients(g, loss, &x, 1, d, &err), SECANT_OK);
	lab l = prepare(g);
	set(&l, x, NUMBERS(1, 2, 3, 4, 5, 6));
	set(&l, label, NUMBERS(1, 255, -1));
	run(&l);
	expect(&l, picked, NUMBERS(2, 0, 0));
	expect(&l, hot, NUMBERS(0, 1, 0, 0, 0, 0));
	expect(&l, rows, NUMBERS(3, 4, 0, 0, 0, 0));
	expect(&l, d[0], NUMBERS(0, 1, 0, 0, 0, 0));
	finish(&l);
}

static void
test_a_norm_of_zero_has_gradient_zero(void **state)
{
	graph_net *g = graph_new();
	graph_value x = vector(g, 3), d[1];
	secant_err err = { 0 };
	graph_track(g, x);
	assert_int_equal(graph_gradients(g, graph_apply(g, "norm2", NULL, 1, x), &x, 1, d, &err), SECANT_OK);
	lab l = prepare(g);
	run(&l);
	expect(&l, d[0], NUMBERS(0, 0, 0));
	finish(&l);
}

static void
test_global_norm_joins_all(void **state)
{
	graph_net *g = graph_new();
	graph_value in[20];
	for (int i = 0; i < 20; i++)
		in[i] = vector(g, 2);
	const graph_node *n = graph_make_node(g, "global_norm", NULL, 20, in);
	graph_value y = n->out[0];
	lab l = prepare(g);
	for (int i = 0; i < 20; i++)
		set(&l, in[i], NUMBERS(3, 4));
	run(&l);
	expect(&l, y, NUMBERS(sqrt(20 * 25.)));
	finish(&l);
}

/* ---- dropout, count ---- */

static void
test_dropout_draws_by_counter(void **state)
{
	enum { N = 4000 };
	graph_net *g = graph_new();
	secant_shape scalar = { 0 };
	graph_value x = vector(g, N), seed = graph_input(g, "seed", SECANT_I64, &scalar),
				step = graph_input(g, "step", SECANT_I64, &scalar);
	op_dropout_attr a = { .p = 0.3, .id = 5 }, b = { .p = 0.3, .id = 6 };
	graph_value y = graph_apply(g, "dropout", &a, 3, x, seed, step),
				other = graph_apply(g, "dropout", &b, 3, x, seed, step);
	lab l = prepare(g);
	double before[N];
	int kept = 0, differ = 0, changed = 0;
	for (int i = 0; i < N; i++)
		l.values[x][i] = i + 1;
	l.values[seed][0] = 123456789012.;
	l.values[step][0] = 17;
	run(&l);
	for (int i = 0; i < N; i++) {
		uint32_t words[4];
		op_dropout_words(123456789012u, 17, 5, (uint64_t)i / 4, words);
		double want = words[i % 4] * 0x1p-32 < 0.3 ? 0 : (i + 1) / 0.7;
		assert_true(fabs(l.values[y][i] - want) <= 1e-12 * (i + 1));
		kept += want != 0;
		differ += (want != 0) != (l.values[other][i] != 0);
		before[i] = l.values[y][i];
	}
	assert_in_range(kept, N * 7 / 10 - 120, N * 7 / 10 + 120); /* four deviations */
	assert_in_range(differ, N * 42 / 100 - 130, N * 42 / 100 + 130); /* layers draw apart */
	l.values[step][0] = 18;
	run(&l);
	for (int i = 0; i < N; i++)
		changed += before[i] != l.values[y][i];
	assert_in_range(changed, N * 42 / 100 - 130, N * 42 / 100 + 130);
	finish(&l);
}

static void
test_dropout_of_channels(void **state)
{
	graph_net *g = graph_new();
	secant_shape scalar = { 0 };
	graph_value x = input(g, SECANT_F32, 4, 8, 3, 2, 16), seed = graph_input(g, "seed", SECANT_I64, &scalar);
	op_dropout_attr a = { .p = 0.5, .what = OP_DROP_CHANNELS };
	graph_value y = graph_apply(g, "dropout", &a, 3, x, seed, seed);
	lab l = prepare(g);
	int kept = 0;
	for (int i = 0; i < 8 * 6 * 16; i++)
		l.values[x][i] = 1;
	run(&l);
	for (int n = 0; n < 8; n++)
		for (int c = 0; c < 16; c++) {
			double first = l.values[y][n * 96 + c];
			assert_true(first == 0 || first == 2);
			kept += first == 2;
			for (int i = 1; i < 6; i++)
				assert_true(l.values[y][n * 96 + i * 16 + c] == first);
		}
	assert_in_range(kept, 40, 88);
	finish(&l);
}

static void
test_count_updates_its_state(void **state)
{
	graph_net *g = graph_new();
	graph_value s = graph_state(g, "num_batches_tracked", SECANT_I64, &(secant_shape){ 0 }, false, GRAPH_INIT_ZEROS);
	graph_value next = graph_apply(g, "count", NULL, 1, s);
	assert_int_equal(graph_value_at(g, next)->type.dtype, SECANT_I64);
	lab l = prepare(g);
	for (int i = 0; i < 3; i++)
		run(&l);
	expect(&l, s, NUMBERS(3));
	expect(&l, next, NUMBERS(3));
	finish(&l);
}

/* ---- tables ---- */

static void
test_unary_table_matches_the_operators(void **state)
{
	for (int i = 0; op_unary_at(i); i++) {
		const op_unary *f = op_unary_at(i);
		assert_int_equal(op_unary_find(f->name), i);
		assert_non_null(graph_op_find(f->name));
		for (double x = 0.3; x < 1; x += 0.2) { /* the derivative is that of the function */
			double slope = (f->f(x + 1e-6, 0.4, 9) - f->f(x - 1e-6, 0.4, 9)) / 2e-6;
			assert_true(fabs(slope - f->df(f->from == OP_FROM_OUTPUT ? f->f(x, 0.4, 9) : x, 0.4, 9)) < 1e-8
				|| !strcmp(f->name, "clamp"));
		}
	}
	assert_int_equal(op_unary_find("add"), -1);
	assert_null(op_unary_at(-1));
}

static void
test_resize_weights_sum_to_one(void **state)
{
	static const int sizes[] = { 1, 2, 3, 7, 16, 67 };
	for (int mode = 0; mode < 4; mode++)
		for (int corners = 0; corners < 2; corners++)
			for (int k = 0; k < 36; k++) {
				int64_t from = sizes[k / 6], to = sizes[k % 6];
				op_resize_attr a = { .mode = mode, .align_corners = corners };
				for (int64_t i = 0; i < to; i++) {
					int64_t place[OP_RESIZE_TAPS];
					double weight[OP_RESIZE_TAPS], sum = 0;
					op_resize_map(&a, 0, from, to, i, place, weight);
					for (int t = 0; t < op_resize_taps(mode); t++) {
						assert_in_range(place[t], 0, from - 1);
						sum += weight[t];
					}
					assert_true(fabs(sum - 1) < 1e-12);
				}
			}
}

static void
test_nearest_takes_pixels_in_float32(void **state)
{
	op_resize_attr a = { .mode = OP_RESIZE_NEAREST };
	int64_t place[OP_RESIZE_TAPS];
	double weight[OP_RESIZE_TAPS];
	for (int64_t out = 1; out < 200; out++)
		for (int64_t i = 0; i < out; i++) {
			op_resize_map(&a, 1, 97, out, i, place, weight);
			int64_t want = (int64_t)floorf((float)i * (97.f / (float)out));
			assert_int_equal(place[0], want < 96 ? want : 96);
		}
}

static void
test_lack_of_memory_is_reported(void **state)
{
	long live = base_mem_live();
	for (long k = 1;; k++) {
		secant_err err = { 0 };
		double **values = secant_calloc(64, sizeof *values);
		graph_value in[20];
		bool done = false;
		base_mem_fail_at(k);
		graph_net *g = graph_new();
		for (int i = 0; g && i < 20; i++)
			in[i] = vector(g, 2);
		if (g)
			graph_make_node(g, "global_norm", NULL, 20, in);
		if (graph_check(g, &err) == SECANT_OK) {
			void *memory = op_interpret_memory(g, values, &err);
			done = memory && op_interpret(g, values, &err) == SECANT_OK;
			secant_free(memory);
		}
		base_mem_fail_at(0);
		graph_free(g);
		secant_free(values);
		assert_int_equal(base_mem_live(), live);
		if (done)
			break;
		assert_int_equal(err.code, SECANT_ERR_NOMEM);
		assert_true(k < 1000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_name_both_numbers),
		cmocka_unit_test(test_a_mask_has_no_gradient),
		cmocka_unit_test(test_ties_share_the_gradient),
		cmocka_unit_test(test_equal_maxima),
		cmocka_unit_test(test_not_a_number_is_not_hidden),
		cmocka_unit_test(test_large_numbers_do_not_overflow),
		cmocka_unit_test(test_labels_outside_count_nowhere),
		cmocka_unit_test(test_a_norm_of_zero_has_gradient_zero),
		cmocka_unit_test(test_global_norm_joins_all),
		cmocka_unit_test(test_dropout_draws_by_counter),
		cmocka_unit_test(test_dropout_of_channels),
		cmocka_unit_test(test_count_updates_its_state),
		cmocka_unit_test(test_unary_table_matches_the_operators),
		cmocka_unit_test(test_resize_weights_sum_to_one),
		cmocka_unit_test(test_nearest_takes_pixels_in_float32),
		cmocka_unit_test(test_lack_of_memory_is_reported),
	};
	return cmocka_run_group_tests_name("rules of operators", tests, NULL, NULL);
}
