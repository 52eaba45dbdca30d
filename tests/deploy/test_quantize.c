/*
 * Whole numbers that stand for real ones: what quantize rounds and clamps, the scale that its result carries and that
 * what moves numbers keeps, straight-through gradients and that of a learned step (LSQ), plans in f32 and in double,
 * and the way through a model file's JSON.
 */
#include "data.h"
#include "exec/exec.h"
#include "formats/graph_json.h"
#include "ops/ops.h"
#include <math.h>

static const op_quantize_attr to_u8 = { -1, 0 }, to_i8 = { -1, 1 };

static graph_value
whole(graph_net *g, double v)
{
	return graph_constant(g, SECANT_I32, &(secant_shape){ 0 }, &v);
}

/* Runs a graph of inputs "x" (and "s") to its outputs, in f32 or f64; numbers as doubles. */
static void
run(const graph_net *g, const graph_value *outputs, int n, bool f64, const double *x, int m, double s,
	double (*got)[16])
{
	secant_err err = { 0 };
	exec_store *store = exec_store_new(g, f64, &err);
	exec_plan_options o = { .precision = f64 ? EXEC_PRECISION_F64 : EXEC_PRECISION_F32, .threads = 1 };
	exec_plan *p = exec_plan_new(g, store, outputs, n, &o, &err);
	if (!p)
		fail_msg("%s", err.msg);
	exec_context *c = exec_context_new(p, &err);
	float x32[16], s32 = (float)s;
	for (int i = 0; i < m; i++)
		x32[i] = (float)x[i];
	for (int i = 0; i < exec_plan_inputs(p); i++) {
		bool is_x = !strcmp(exec_plan_input_name(p, i), "x");
		const void *data = is_x ? (f64 ? (const void *)x : x32) : f64 ? (const void *)&s : &s32;
		assert_int_equal(exec_context_set_input(c, exec_plan_input_name(p, i), data, &err), 0);
	}
	if (exec_context_run(c, &err))
		fail_msg("%s", err.msg);
	for (int k = 0; k < n; k++) {
		const graph_type *t = &graph_value_at(g, outputs[k])->type;
		secant_tensor y = { f64 ? SECANT_F64 : t->dtype, t->shape, (void *)(uintptr_t)exec_context_output(c, k), NULL };
		for (int64_t i = 0; i < secant_shape_count(&t->shape); i++)
			got[k][i] = secant_tensor_get(&y, i);
	}
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
}

static void
test_rounds_to_even_and_clamps(void **state)
{
	const double x[] = { 0.25, 0.75, -0.25, 1.25, 200, -200, NAN, 63.5 },
				 u8[] = { 128, 130, 128, 130, 255, 0, 128, 255 }, i8[] = { 0, 2, 0, 2, 127, -128, 0, 127 };
	for (int f64 = 0; f64 < 2; f64++)
		for (int sign = 0; sign < 2; sign++) {
			double got[2][16];
			graph_net *g = graph_new();
			graph_value in = graph_input(g, "x", SECANT_F32, &secant_shape_of(1, 8));
			graph_value q = graph_apply(
				g, "quantize", sign ? &to_i8 : &to_u8, 3, in, graph_scalar(g, 0.5), sign ? -1 : whole(g, 128));
			graph_value back = graph_apply(
				g, "dequantize", NULL, 3, q, graph_scalar(g, 0.5), sign ? -1 : whole(g, 128));
			assert_int_equal(graph_check(g, NULL), SECANT_OK);
			assert_int_equal(graph_value_at(g, q)->type.dtype, sign ? SECANT_I8 : SECANT_U8);
			run(g, (graph_value[]){ q, back }, 2, f64, x, 8, 0, got);
			for (int i = 0; i < 8; i++) {
				if (got[0][i] != (sign ? i8 : u8)[i])
					fail_msg("%g becomes %g, not %g", x[i], got[0][i], (sign ? i8 : u8)[i]);
				assert_true(got[1][i] == ((sign ? i8 : u8)[i] - (sign ? 0 : 128)) * 0.5);
			}
			graph_free(g);
		}
}

static void
test_types_carry_scales(void **state)
{
	graph_net *g = graph_new();
	const double steps[] = { 0.5, 0.25, 0.125 };
	graph_value x = graph_input(g, "x", SECANT_F32, &secant_shape_of(4, 1, 2, 2, 3));
	graph_value row = graph_constant(g, SECANT_F32, &secant_shape_of(1, 3), steps);
	graph_value q = graph_apply(g, "quantize", &to_u8, 3, x, graph_scalar(g, 0.5), whole(g, 7));
	graph_value each = graph_apply(g, "quantize", &to_i8, 2, x, row);
	const graph_scale *s = &graph_value_at(g, q)->type.scale, *c = &graph_value_at(g, each)->type.scale;
	assert_int_equal(s->n, 1);
	assert_true(*s->scale == 0.5 && *s->zero == 7);
	assert_int_equal(c->n, 3);
	assert_int_equal(c->axis, 3);
	assert_true(c->scale[2] == 0.125 && !c->zero);
	/* what moves numbers keeps one scale for all */
	graph_value moved = graph_apply(g, "transpose", &(op_transpose_attr){ { 4, { 0, 2, 1, 3 } } }, 1, q);
	graph_value both = graph_apply(g, "concat", &(op_axis_attr){ 3 }, 2, q, moved);
	assert_int_equal(graph_value_at(g, both)->type.scale.n, 1);
	assert_true(*graph_value_at(g, both)->type.scale.zero == 7);
	graph_value known_later = graph_apply(
		g, "quantize", &to_u8, 2, x, graph_input(g, "s", SECANT_F32, &(secant_shape){ 0 }));
	assert_int_equal(graph_value_at(g, known_later)->type.scale.n, 1);
	assert_null(graph_value_at(g, known_later)->type.scale.scale);
	assert_int_equal(graph_check(g, NULL), SECANT_OK);
	/* what does not mean the same does not mix */
	secant_err err = { 0 };
	graph_value other = graph_apply(g, "quantize", &to_u8, 3, x, graph_scalar(g, 0.25), whole(g, 7));
	graph_apply(g, "concat", &(op_axis_attr){ 3 }, 2, q, other);
	assert_int_not_equal(graph_check(g, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "different scales"));
	graph_free(g);
}

static void
refuses(const char *why, int64_t scales, double scale, int64_t zeros)
{
	secant_err err = { 0 };
	graph_net *g = graph_new();
	double numbers[] = { scale, scale, scale, scale }, none[4] = { 0 };
	graph_value x = graph_input(g, "x", SECANT_F32, &secant_shape_of(2, 5, 3));
	graph_value zero = zeros ? graph_constant(g, SECANT_I32, &secant_shape_of(1, zeros), none) : -1;
	graph_apply(g, "quantize", &to_u8, 3, x, graph_constant(g, SECANT_F32, &secant_shape_of(1, scales), numbers), zero);
	assert_int_not_equal(graph_check(g, &err), SECANT_OK);
	if (!strstr(err.msg, why))
		fail_msg("'%s' does not say '%s'", err.msg, why);
	graph_free(g);
}

static void
test_refuses_scales_that_do_not_fit(void **state)
{
	refuses("4 scales along axis 1", 4, 1, 0);
	refuses("3 scales and 2 zeros", 3, 1, 2);
	refuses("not above 0", 3, -1, 0);
	refuses("not above 0", 3, NAN, 0);
}

/* loss = sum of w * dequantize(quantize(x, s)): gradients pass rounding and stop where it clamps; that of the step is
 * LSQ's. */
static void
test_gradients_are_straight_through(void **state)
{
	const double x[] = { 0.3, -0.3, 1.01, 50, -50 }, s = 0.25;
	const double want[] = { 1, 1, 1, 0, 0 };
	double step = 0;
	for (int i = 0; i < 5; i++) {
		double q = fmax(-128, fmin(127, nearbyint(x[i] / s)));
		step += q - (want[i] == 1 ? x[i] / s : 0);
	}
	for (int f64 = 0; f64 < 2; f64++) {
		double got[2][16];
		secant_err err = { 0 };
		graph_net *g = graph_new();
		graph_value in = graph_input(g, "x", SECANT_F32, &secant_shape_of(1, 5)), d[2];
		graph_value scale = graph_input(g, "s", SECANT_F32, &(secant_shape){ 0 });
		graph_track(g, in);
		graph_track(g, scale);
		graph_value q = graph_apply(g, "quantize", &to_i8, 2, in, scale);
		q = graph_apply(g, "reshape", &(op_shape_attr){ { 2, { 5, 1 } } }, 1, q); /* it flows through what moves */
		graph_value y = graph_apply(g, "dequantize", NULL, 2, q, scale);
		graph_value loss = graph_apply(g, "sum", NULL, 1, y);
		if (graph_gradients(g, loss, (graph_value[]){ in, scale }, 2, d, &err))
			fail_msg("%s", err.msg);
		assert_true(d[0] >= 0 && d[1] >= 0);
		run(g, d, 2, f64, x, 5, s, got);
		for (int i = 0; i < 5; i++)
			if (fabs(got[0][i] - want[i]) > 1e-6)
				fail_msg("gradient of %g is %g, want %g", x[i], got[0][i], want[i]);
		if (fabs(got[1][0] - step) > 1e-4)
			fail_msg("gradient of the step is %g, want %g", got[1][0], step);
		graph_free(g);
	}
}

static void
test_conversion_lets_gradients_pass(void **state)
{
	secant_err err = { 0 };
	double got[2][16];
	const double x[] = { 0.4, 1.5, 2.5, 300 }, want[] = { 0, 2, 2, 255 };
	graph_net *g = graph_new();
	graph_value in = graph_input(g, "x", SECANT_F32, &secant_shape_of(1, 4)), d;
	graph_track(g, in);
	graph_value bytes = graph_apply(g, "convert", &(op_convert_attr){ OP_CONVERT_U8, 0 }, 1, in);
	graph_value y = graph_apply(g, "convert", NULL, 1, bytes);
	if (graph_gradients(g, graph_apply(g, "sum", NULL, 1, y), &in, 1, &d, &err))
		fail_msg("%s", err.msg);
	run(g, (graph_value[]){ y, d }, 2, false, x, 4, 0, got);
	for (int i = 0; i < 4; i++) {
		assert_true(got[0][i] == want[i]);
		assert_true(got[1][i] == 1);
	}
	graph_free(g);
}

/* A graph with a quantized state, as text and back. */
static void
test_scales_are_stored(void **state)
{
	secant_err err = { 0 };
	const double steps[] = { 0.5, 0.25 }, zeros[] = { 0, 3 };
	graph_net *g = graph_new();
	graph_value w = graph_state(g, "w", SECANT_I8, &secant_shape_of(2, 2, 3), false, GRAPH_INIT_ZEROS);
	graph_set_scale(g, w, &(graph_scale){ 2, 0, steps, zeros });
	graph_value s = graph_constant(g, SECANT_F32, &secant_shape_of(1, 2), steps);
	graph_value z = graph_constant(g, SECANT_I32, &secant_shape_of(1, 2), zeros);
	graph_output(g, "y", graph_apply(g, "dequantize", &(op_quantize_attr){ 0, 0 }, 3, w, s, z));
	json_t *j = format_graph_to_json(g);
	graph_net *back = format_graph_from_json(j, NULL, 0, false, &err);
	if (!back)
		fail_msg("%s", err.msg);
	const graph_type *t = &graph_value_at(back, graph_find(back, "w"))->type;
	assert_int_equal(t->dtype, SECANT_I8);
	assert_int_equal(t->scale.n, 2);
	assert_true(t->scale.scale[1] == 0.25 && t->scale.zero[1] == 3);
	graph_free(back);
	/* no scale, one that the type does not hold, one too many */
	static const char *const bad[] = { "{\"scale\":[0,1]}", "{\"scale\":[1,1],\"zero\":[0,200]}",
		"{\"scale\":[1,1,1],\"axis\":0}", "{\"scale\":[1,1],\"axis\":7}", "{\"scale\":[1,1],\"zero\":[0.5,0]}",
		"{\"scale\":[]}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		json_t *value = json_array_get(json_object_get(j, "values"), 0);
		json_object_set_new(value, "scale", json_loads(bad[i], 0, NULL));
		if (format_graph_from_json(j, NULL, 0, false, &err))
			fail_msg("%s is taken", bad[i]);
		err.code = 0;
	}
	json_decref(j);
	graph_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounds_to_even_and_clamps),
		cmocka_unit_test(test_types_carry_scales),
		cmocka_unit_test(test_refuses_scales_that_do_not_fit),
		cmocka_unit_test(test_gradients_are_straight_through),
		cmocka_unit_test(test_conversion_lets_gradients_pass),
		cmocka_unit_test(test_scales_are_stored),
	};
	return cmocka_run_group_tests_name("quantize", tests, NULL, NULL);
}
