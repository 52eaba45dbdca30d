/* Pictures larger than the one size a network takes: each piece is a run of its own, and where pieces meet their
 * probabilities are blended by the triangles of predictions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "exec/runner.h"
#include "judge/pieces.h"
#include "ops/ops.h"

enum { SIDE = 4, CHANNELS = 2, MOST = 16 };

/* x less the mean of its piece: what a piece gives depends on all of it. */
static graph_net *
make(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	secant_shape nominal = secant_shape_of(4, 1, SIDE, SIDE, CHANNELS);
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "input", SECANT_F32, n ? &inputs[0] : &nominal);
	graph_value mean = graph_apply(g, "mean", &(op_axes_attr){ { 2, { 1, 2 } }, true }, 1, x);
	graph_output(g, "y", graph_apply(g, "sub", NULL, 2, x, mean));
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

/* Starts of the pieces along an axis: at least half of a piece is common to two. */
static int
starts(int total, int *start)
{
	int n = total > SIDE ? 1 + (total - SIDE + SIDE / 2 - 1) / (SIDE / 2) : 1;
	for (int i = 0; i < n; i++)
		start[i] = n > 1 ? (total - SIDE) * i / (n - 1) : 0;
	return n;
}

static double
triangle(int k)
{
	return (k < SIDE - 1 - k ? k : SIDE - 1 - k) + 0.5;
}

static double
probability(base_mode mode, const double v[CHANNELS], int c)
{
	return mode == BASE_MODE_MULTICLASS ? exp(v[c]) / (exp(v[0]) + exp(v[1])) : 1 / (1 + exp(-v[c]));
}

/* The blended outputs of one pixel of picture x, of all pieces that hold it. */
static double
wanted(const float *x, int height, int width, int row, int column, int c, base_mode mode, bool activated)
{
	int ys[MOST], xs[MOST], n = starts(height, ys), m = starts(width, xs);
	double sum = 0, weights = 0;
	for (int i = 0; i < n * m; i++) {
		int top = ys[i / m], left = xs[i % m];
		if (row < top || row >= top + SIDE || column < left || column >= left + SIDE)
			continue;
		double v[CHANNELS], w = triangle(row - top) * triangle(column - left);
		for (int k = 0; k < CHANNELS; k++) {
			double mean = 0;
			for (int j = 0; j < SIDE * SIDE; j++)
				mean += (double)x[((top + j / SIDE) * width + left + j % SIDE) * CHANNELS + k] / (SIDE * SIDE);
			v[k] = (double)x[(row * width + column) * CHANNELS + k] - mean;
		}
		sum += w * (activated ? v[c] : probability(mode, v, c));
		weights += w;
	}
	double p = sum / weights;
	return activated ? p : mode == BASE_MODE_MULTICLASS ? log(p) : log(p / (1 - p));
}

static void
check(judge_pieces *p, secant_session *s, base_mode mode, bool activated, int pictures, int height, int width)
{
	secant_err err = { 0 };
	secant_shape shape = secant_shape_of(4, (int64_t)pictures, (int64_t)height, (int64_t)width, (int64_t)CHANNELS);
	int64_t count = secant_shape_count(&shape);
	float *x = malloc((size_t)count * sizeof *x);
	for (int64_t i = 0; i < count; i++)
		x[i] = (float)(i * i % 101) / 20;
	secant_tensor in = { SECANT_F32, shape, x, NULL }, out = { 0 };
	if (judge_pieces_run(p, judge_by_session, s, mode, activated, SIDE, &in, &out, &err))
		fail_msg("%s", err.msg);
	assert_true(secant_shape_equal(&out.shape, &shape));
	for (int64_t i = 0; i < count; i++) {
		int64_t at = i / CHANNELS, column = at % width, row = at / width % height, n = at / width / height;
		double want = wanted(x + n * height * width * CHANNELS, height, width, (int)row, (int)column,
			(int)(i % CHANNELS), mode, activated);
		if (!(fabs(((float *)out.data)[i] - want) < 2e-5))
			fail_msg("%dx%d, number %d: %g, want %g", height, width, (int)i, (double)((float *)out.data)[i], want);
	}
	free(x);
}

static void
pieces_are_blended_where_they_meet(void **state)
{
	secant_err err = { 0 };
	graph_net *nominal = make(NULL, NULL, 0, &err);
	exec_store *store = exec_store_new(nominal, false, &err);
	exec_runner *r = exec_runner_new(
		store, nominal, make, NULL, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 1 }, &err);
	secant_session *s = exec_session_new(r, NULL, 0, &err);
	judge_pieces p = { 0 };
	check(&p, s, BASE_MODE_MULTILABEL, false, 2, 3 * SIDE, 2 * SIDE);
	check(&p, s, BASE_MODE_MULTICLASS, false, 1, SIDE, 2 * SIDE + 3);
	check(&p, s, BASE_MODE_MULTICLASS, false, 2, SIDE + 1, SIDE + 2); /* no multiple of the side */
	check(&p, s, BASE_MODE_MULTILABEL, true, 1, SIDE + 3, SIDE);
	secant_tensor small = { SECANT_F32, secant_shape_of(4, 1, SIDE - 1, SIDE + 1, CHANNELS), p.in, NULL }, out;
	assert_int_equal(
		judge_pieces_run(&p, judge_by_session, s, BASE_MODE_BINARY, false, SIDE, &small, &out, &err), SECANT_ERR_SHAPE);
	assert_non_null(strstr(err.msg, "pieces of 4 do not lie in a picture of 3x5"));
	judge_pieces_free(&p);
	secant_session_free(s);
	exec_runner_free(r);
	exec_store_free(store);
	graph_free(nominal);
}

/* A picture of the one size is the session's own business: not even rounded. */
static void
one_piece_is_left_as_it_is(void **state)
{
	secant_err err = { 0 };
	graph_net *nominal = make(NULL, NULL, 0, &err);
	exec_store *store = exec_store_new(nominal, false, &err);
	exec_runner *r = exec_runner_new(
		store, nominal, make, NULL, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 1 }, &err);
	secant_session *s = exec_session_new(r, NULL, 0, &err);
	judge_pieces p = { 0 };
	float x[SIDE * SIDE * CHANNELS], kept[SIDE * SIDE * CHANNELS];
	for (int i = 0; i < SIDE * SIDE * CHANNELS; i++)
		x[i] = (float)(i * 7 % 11);
	secant_tensor in = { SECANT_F32, secant_shape_of(4, 1, SIDE, SIDE, CHANNELS), x, NULL }, out = { 0 };
	assert_int_equal(secant_session_run(s, &in, &out, &err), SECANT_OK);
	memcpy(kept, out.data, sizeof kept);
	out = (secant_tensor){ 0 };
	assert_int_equal(
		judge_pieces_run(&p, judge_by_session, s, BASE_MODE_MULTICLASS, false, SIDE, &in, &out, &err), SECANT_OK);
	assert_memory_equal(kept, out.data, sizeof kept);
	judge_pieces_free(&p);
	secant_session_free(s);
	exec_runner_free(r);
	exec_store_free(store);
	graph_free(nominal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_blended_where_they_meet),
		cmocka_unit_test(one_piece_is_left_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
