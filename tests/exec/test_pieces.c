/* Pictures larger than the one size a network takes: each piece is a run of its own, and results stand where pieces
 * stood. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "exec/pieces.h"
#include "exec/runner.h"
#include "ops/ops.h"

enum { SIDE = 4, CHANNELS = 2 };

/* x less the mean of its piece, twice as channels: what a piece gives depends on all of it. */
static graph_net *
make(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	secant_shape nominal = secant_shape_of(4, 1, SIDE, SIDE, CHANNELS);
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "input", SECANT_F32, n ? &inputs[0] : &nominal);
	graph_value mean = graph_apply(g, "mean", &(op_axes_attr){ { 2, { 1, 2 } }, true }, 1, x);
	graph_value y = graph_apply(g, "sub", NULL, 2, x, mean);
	graph_value twice[] = { y, y };
	graph_output(g, "y", graph_make_node(g, "concat", &(op_axis_attr){ -1 }, 2, twice)->out[0]);
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

static void
check(exec_pieces *p, secant_session *s, int64_t pictures, int64_t height, int64_t width)
{
	secant_err err = { 0 };
	secant_shape shape = secant_shape_of(4, pictures, height, width, CHANNELS);
	float *x = malloc((size_t)secant_shape_count(&shape) * sizeof *x);
	for (int64_t i = 0; i < secant_shape_count(&shape); i++)
		x[i] = (float)(i * i % 101) / 101;
	secant_tensor in = { SECANT_F32, shape, x, NULL }, out = { 0 };
	if (exec_pieces_run(p, s, SIDE, &in, &out, &err))
		fail_msg("%s", err.msg);
	assert_true(out.shape.dim[1] == height && out.shape.dim[2] == width && out.shape.dim[3] == 2 * CHANNELS);
	for (int64_t i = 0; i < secant_shape_count(&shape); i++) {
		int64_t c = i % CHANNELS, at = i / CHANNELS, col = at % width, row = at / width % height,
				n = at / width / height;
		double mean = 0;
		for (int k = 0; k < SIDE * SIDE; k++)
			mean +=
				x[((n * height + row / SIDE * SIDE + k / SIDE) * width + col / SIDE * SIDE + k % SIDE) * CHANNELS + c];
		double want = x[i] - mean / (SIDE * SIDE);
		for (int twin = 0; twin < 2; twin++)
			assert_true(fabs(((float *)out.data)[at * 2 * CHANNELS + twin * CHANNELS + c] - want) < 1e-5);
	}
	free(x);
}

static void
each_piece_is_a_run_of_its_own(void **state)
{
	secant_err err = { 0 };
	graph_net *nominal = make(NULL, NULL, 0, &err);
	exec_store *store = exec_store_new(nominal, false, &err);
	exec_runner *r = exec_runner_new(
		store, nominal, make, NULL, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 1 }, &err);
	secant_session *s = exec_session_new(r, NULL, 0, &err);
	exec_pieces p = { 0 };
	check(&p, s, 1, SIDE, SIDE);
	check(&p, s, 2, 3 * SIDE, 2 * SIDE);
	check(&p, s, 1, SIDE, 5 * SIDE);
	secant_tensor odd = { SECANT_F32, secant_shape_of(4, 1, SIDE, SIDE + 1, CHANNELS), p.in, NULL }, out;
	assert_int_equal(exec_pieces_run(&p, s, SIDE, &odd, &out, &err), SECANT_ERR_SHAPE);
	assert_non_null(strstr(err.msg, "pieces of 4 do not cover a picture of 4x5"));
	exec_pieces_free(&p);
	secant_session_free(s);
	exec_runner_free(r);
	exec_store_free(store);
	graph_free(nominal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_piece_is_a_run_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
