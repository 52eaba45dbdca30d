/*
 * ONNX files as they come and as nobody should write them: real networks give the same by a plan and by the plain
 * meaning of their operators; cycles, missing inputs, graphs in graphs, external data outside the folder, sizes that no
 * file holds are refused with the reason.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "deploy/onnx_network.h"
#include "formats/onnx/run.h"
#include "formats/onnx/wire.h"

/* ---- small models, written field by field: see onnx.proto ---- */

static void
put_message(base_str *to, int number, base_str *message)
{
	format_wire_put_bytes(to, number, message->p ? message->p : "", message->n);
	base_str_free(message);
}

static void
put_node(base_str *graph, const char *op, const char *in, const char *out)
{
	base_str n = { 0 };
	format_wire_put_text(&n, 1, in);
	format_wire_put_text(&n, 2, out);
	format_wire_put_text(&n, 4, op);
	put_message(graph, 1, &n);
}

/* A value of floats; `dim` ends at -1. */
static void
put_value(base_str *graph, int number, const char *name, const int64_t *dim)
{
	base_str shape = { 0 }, tensor = { 0 }, type = { 0 }, v = { 0 };
	for (; *dim >= 0; dim++) {
		base_str d = { 0 };
		format_wire_put_varint(&d, 1, (uint64_t)*dim);
		put_message(&shape, 1, &d);
	}
	format_wire_put_varint(&tensor, 1, FORMAT_ONNX_FLOAT);
	put_message(&tensor, 2, &shape);
	put_message(&type, 1, &tensor);
	format_wire_put_text(&v, 1, name);
	put_message(&v, 2, &type);
	put_message(graph, number, &v);
}

static base_str
model_of(base_str *graph)
{
	base_str m = { 0 }, opset = { 0 };
	format_wire_put_varint(&m, 1, 8);
	format_wire_put_varint(&opset, 2, 17);
	put_message(&m, 8, &opset);
	put_message(&m, 7, graph);
	return m;
}

static const int64_t two[] = { 2, -1 };

/* Runs a model with one input of two numbers; the message of its failure, "" where it worked. */
static const char *
outcome(base_str *graph)
{
	static char text[600];
	secant_err err = { 0 };
	base_str bytes = model_of(graph);
	format_onnx_model *m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, &err);
	format_onnx_tensor *in = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 1, two, 0, NULL), *out[4] = { 0 };
	if (m)
		(void)!format_onnx_run(m, &in, 1, out, &err);
	snprintf(text, sizeof text, "%s", err.msg);
	for (int i = 0; i < 4; i++)
		format_onnx_tensor_drop(out[i]);
	format_onnx_tensor_drop(in);
	format_onnx_close(m);
	base_str_free(&bytes);
	return text;
}

static void
test_order_of_nodes(void **state)
{
	base_str g = { 0 };
	put_value(&g, 11, "x", two);
	put_node(&g, "Relu", "x", "y");
	put_value(&g, 12, "y", two);
	assert_string_equal(outcome(&g), "");
	put_value(&g, 11, "x", two);
	put_node(&g, "Relu", "y", "y"); /* a cycle of one */
	put_value(&g, 12, "y", two);
	assert_string_equal(outcome(&g), "Relu 'y': reads 'y', which nothing before it makes");
	put_value(&g, 11, "x", two);
	put_node(&g, "Relu", "x", "y");
	put_node(&g, "Neg", "x", "y");
	put_value(&g, 12, "y", two);
	assert_string_equal(outcome(&g), "Neg 'y': 'y' is made twice");
	put_value(&g, 11, "x", two);
	put_value(&g, 12, "z", two);
	assert_string_equal(outcome(&g), "output 'z' is made by no node");
	put_value(&g, 11, "x", two);
	put_node(&g, "Sequins", "x", "y");
	put_value(&g, 12, "y", two);
	assert_string_equal(outcome(&g), "Sequins 'y': no such operator is known");
	put_value(&g, 11, "x", (int64_t[]){ 2, 3, -1 });
	put_node(&g, "Relu", "x", "y");
	put_value(&g, 12, "y", two);
	assert_string_equal(outcome(&g), "input 'x' is float 2, the network wants float 2x3 (-1: any)");
}

/* 10^5 nodes in a row: time is linear in them. */
static void
test_many_nodes(void **state)
{
	enum { MANY = 100000 };
	base_str g = { 0 };
	char from[16] = "x", to[16];
	put_value(&g, 11, "x", two);
	for (int i = 0; i < MANY; i++) {
		snprintf(to, sizeof to, i + 1 < MANY ? "v%d" : "y", i);
		put_node(&g, "Neg", from, to);
		snprintf(from, sizeof from, "%s", to);
	}
	put_value(&g, 12, "y", two);
	double start = secant_seconds();
	assert_string_equal(outcome(&g), "");
	assert_true(secant_seconds() - start < 20);
}

/* Graphs within graphs, 1000 deep. */
static void
test_depth(void **state)
{
	base_str g = { 0 };
	for (int i = 0; i < 1000; i++) {
		base_str attr = { 0 }, node = { 0 }, outer = { 0 };
		format_wire_put_text(&attr, 1, "then_branch");
		put_message(&attr, 6, &g);
		format_wire_put_text(&node, 4, "If");
		put_message(&node, 5, &attr);
		put_message(&outer, 1, &node);
		g = outer;
	}
	assert_string_equal(outcome(&g), "graphs lie in graphs 33 deep");
}

/* ---- tensors ---- */

static const char *
tensor_outcome(base_str *t)
{
	static char text[600];
	secant_err err = { 0 };
	const char *name;
	base_arena *a = base_arena_new();
	format_onnx_tensor_drop(format_onnx_tensor_decode((const uint8_t *)t->p, t->n, &name, a, &err));
	base_arena_free(a);
	base_str_free(t);
	snprintf(text, sizeof text, "%s", err.msg);
	return text;
}

static void
test_sizes(void **state)
{
	base_str t = { 0 };
	format_wire_put_varint(&t, 1, UINT64_C(1) << 40);
	format_wire_put_varint(&t, 2, FORMAT_ONNX_FLOAT);
	format_wire_put_bytes(&t, 9, "1234", 4);
	assert_string_equal(tensor_outcome(&t), "tensor '' has 4 bytes, its shape and type ask for 4398046511104");
	format_wire_put_varint(&t, 1, UINT64_C(1) << 40);
	format_wire_put_varint(&t, 2, FORMAT_ONNX_FLOAT);
	assert_non_null(strstr(tensor_outcome(&t), "a tensor of 4398046511104 bytes"));
	format_wire_put_varint(&t, 1, UINT64_MAX);
	format_wire_put_varint(&t, 2, FORMAT_ONNX_INT64);
	format_wire_put_bytes(&t, 9, "", 0);
	assert_string_equal(tensor_outcome(&t), "tensor '' has an axis of -1");
	format_wire_put_varint(&t, 2, FORMAT_ONNX_STRING);
	assert_string_equal(tensor_outcome(&t), "tensor '' is of string, which is not read");
	format_wire_put_head(&t, 9, 1000);
	assert_string_equal(tensor_outcome(&t), "damaged: the bytes of a tensor are no protocol buffer");
}

/* ---- external data: beside the model, never elsewhere ---- */

static char folder[] = "/tmp/secant-onnx-XXXXXX";

static const char *
external_outcome(const char *location)
{
	static char text[600];
	char path[200];
	base_str pair = { 0 }, t = { 0 }, g = { 0 };
	secant_err err = { 0 };
	format_wire_put_text(&pair, 1, "location");
	format_wire_put_text(&pair, 2, location);
	format_wire_put_varint(&t, 1, 2);
	format_wire_put_varint(&t, 2, FORMAT_ONNX_FLOAT);
	format_wire_put_text(&t, 8, "w");
	put_message(&t, 13, &pair);
	format_wire_put_varint(&t, 14, 1);
	put_message(&g, 5, &t);
	base_str bytes = model_of(&g);
	snprintf(path, sizeof path, "%s/m.onnx", folder);
	assert_int_equal(secant_file_write(path, bytes.p, bytes.n, NULL), SECANT_OK);
	base_str_free(&bytes);
	format_onnx_model *m = format_onnx_open(path, &err);
	if (m)
		assert_true(((float *)m->graph.init[0].tensor->data)[1] == 2);
	format_onnx_close(m);
	snprintf(text, sizeof text, "%s", err.code ? err.msg + strlen(path) + 2 : "");
	return text;
}

static void
test_external(void **state)
{
	char path[200], link[200];
	float w[2] = { 1, 2 };
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/w.bin", folder);
	snprintf(link, sizeof link, "%s/link.bin", folder);
	assert_int_equal(secant_file_write(path, w, sizeof w, NULL), SECANT_OK);
	assert_int_equal(symlink("w.bin", link), 0);
	assert_string_equal(external_outcome("w.bin"), "");
	assert_string_equal(
		external_outcome("../w.bin"), "the external data of 'w' lies outside the model's folder: '../w.bin'");
	assert_string_equal(
		external_outcome("/etc/passwd"), "the external data of 'w' lies outside the model's folder: '/etc/passwd'");
	assert_string_equal(external_outcome("link.bin"), "the external data of 'w' is reached by a link: 'link.bin'");
	assert_non_null(strstr(external_outcome("none.bin"), "cannot open"));
	assert_int_equal(base_remove_tree(folder, NULL), SECANT_OK);
}

/* ---- real networks ---- */

static void
same_both_ways(const char *name, int64_t size)
{
	char path[512];
	secant_err err = { 0 };
	const char *data = getenv("SECANT_TEST_DATA");
	snprintf(path, sizeof path, "%s/onnx/%s", data ? data : "../shared/data", name);
	if (!secant_is_file(path)) {
		print_message("skipped: %s is not there\n", path);
		skip();
	}
	assert_true(deploy_is_onnx(path));
	format_onnx_model *m = format_onnx_open(path, &err);
	assert_non_null(m);
	int64_t dim[4] = { 1, 3, size, size };
	format_onnx_tensor *x = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 4, dim, 0, &err), *plain = NULL, *planned = NULL;
	for (int64_t i = 0; i < format_onnx_count(x); i++)
		((float *)x->data)[i] = (float)sin((double)i * 0.37 + (double)(i % 977));
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1 }; /* no step runs a scalar reference */
	assert_int_equal(format_onnx_run(m, &x, 1, &plain, &err), SECANT_OK);
	assert_int_equal(deploy_onnx_run_planned(m, &x, 1, &planned, &o, &err), SECANT_OK);
	double low = INFINITY, high = -INFINITY, worst = 0;
	for (int64_t i = 0; i < format_onnx_count(plain); i++) {
		double a = (double)((float *)plain->data)[i], b = (double)((float *)planned->data)[i];
		low = fmin(low, a);
		high = fmax(high, a);
		worst = fmax(worst, fabs(a - b));
	}
	assert_true(high > low);
	assert_true(worst <= 1e-4 * (high - low));
	format_onnx_tensor_drop(x);
	format_onnx_tensor_drop(plain);
	format_onnx_tensor_drop(planned);
	format_onnx_close(m);
}

static void
test_sinet(void **state)
{
	same_both_ways("sinet.onnx", 320);
}

static void
test_prisma(void **state)
{
	same_both_ways("prisma.onnx", 256);
}

/* ---- whole numbers between nodes ---- */

static void
put_initializer(base_str *graph, const char *name, int type, const void *data, size_t size)
{
	base_str t = { 0 };
	format_wire_put_varint(&t, 2, (uint64_t)type);
	format_wire_put_text(&t, 8, name);
	format_wire_put_bytes(&t, 9, data, size);
	put_message(graph, 5, &t);
}

static void
put_scaled(base_str *graph, const char *op, const char *in, const char *out)
{
	base_str n = { 0 };
	format_wire_put_text(&n, 1, in);
	format_wire_put_text(&n, 1, "scale");
	format_wire_put_text(&n, 1, "zero");
	format_wire_put_text(&n, 2, out);
	format_wire_put_text(&n, 4, op);
	put_message(graph, 1, &n);
}

/* Quantised by others: a plan gives what the operators mean, clamped and rounded to even. */
static void
test_quantised(void **state)
{
	enum { N = 64 };
	static const int64_t dim[] = { N, -1 };
	static const int types[] = { FORMAT_ONNX_UINT8, FORMAT_ONNX_INT8 };
	for (int k = 0; k < 2; k++) {
		secant_err err = { 0 };
		base_str g = { 0 };
		float scale = 0.25f;
		int8_t zero = k ? -3 : 100;
		put_initializer(&g, "scale", FORMAT_ONNX_FLOAT, &scale, sizeof scale);
		put_initializer(&g, "zero", types[k], &zero, 1);
		put_value(&g, 11, "x", dim);
		put_scaled(&g, "QuantizeLinear", "x", "q");
		put_scaled(&g, "DequantizeLinear", "q", "y");
		put_value(&g, 12, "y", dim);
		base_str bytes = model_of(&g);
		format_onnx_model *m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, &err);
		assert_non_null(m);
		format_onnx_tensor *x = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 1, dim, 0, &err), *plain = NULL,
						   *planned = NULL;
		for (int i = 0; i < N; i++)
			((float *)x->data)[i] = (float)(i - N / 2) * 1.375f; /* halves, and beyond both ends */
		exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1 };
		assert_int_equal(format_onnx_run(m, &x, 1, &plain, &err), SECANT_OK);
		assert_int_equal(deploy_onnx_run_planned(m, &x, 1, &planned, &o, &err), SECANT_OK);
		assert_memory_equal(plain->data, planned->data, N * sizeof(float));
		assert_true(((float *)plain->data)[0] != ((float *)x->data)[0]); /* it was clamped */
		format_onnx_tensor_drop(x);
		format_onnx_tensor_drop(plain);
		format_onnx_tensor_drop(planned);
		format_onnx_close(m);
		base_str_free(&bytes);
	}
}

/* What a network without a plan lacks is one error that names every node. */
static void
test_names_all_problems(void **state)
{
	secant_err err = { 0 };
	base_str g = { 0 };
	put_value(&g, 11, "x", two);
	put_node(&g, "Sinh", "x", "a");
	put_node(&g, "Relu", "a", "b");
	put_node(&g, "Cosh", "x", "y");
	put_node(&g, "Asin", "x", "z"); /* nobody asks for it */
	put_value(&g, 12, "b", two);
	put_value(&g, 12, "y", two);
	base_str bytes = model_of(&g);
	format_onnx_model *m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, &err);
	assert_non_null(m);
	assert_null(format_onnx_map(m, &(format_onnx_size){ .shape = secant_shape_of(1, 2) }, 1, NULL, &err));
	assert_int_equal(err.code, SECANT_ERR_UNSUPPORTED);
	assert_string_equal(err.msg,
		"2 nodes have no operators of ours: Sinh 'a': has no operator of ours; Cosh 'y': has no operator of ours");
	format_onnx_close(m);
	base_str_free(&bytes);
}

/* A few bytes that ask for a trillion numbers cost nothing. */
static void
test_repeats_beyond_bounds(void **state)
{
	secant_err err = { 0 };
	base_str g = { 0 }, node = { 0 }, times = { 0 };
	int64_t often = INT64_C(1) << 40;
	put_value(&g, 11, "x", two);
	format_wire_put_varint(&times, 1, 1);
	format_wire_put_varint(&times, 2, FORMAT_ONNX_INT64);
	format_wire_put_text(&times, 8, "often");
	format_wire_put_bytes(&times, 9, &often, sizeof often);
	put_message(&g, 5, &times);
	format_wire_put_text(&node, 1, "x");
	format_wire_put_text(&node, 1, "often");
	format_wire_put_text(&node, 2, "y");
	format_wire_put_text(&node, 4, "Tile");
	put_message(&g, 1, &node);
	put_value(&g, 12, "y", two);
	base_str bytes = model_of(&g);
	format_onnx_model *m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, &err);
	assert_non_null(m);
	double start = secant_seconds();
	assert_null(format_onnx_map(m, &(format_onnx_size){ .shape = secant_shape_of(1, 2) }, 1, NULL, &err));
	assert_non_null(strstr(err.msg, "Tile 'y': repeats nothing, or too much"));
	assert_true(secant_seconds() - start < 1);
	format_onnx_close(m);
	base_str_free(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_nodes),
		cmocka_unit_test(test_many_nodes),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_external),
		cmocka_unit_test(test_names_all_problems),
		cmocka_unit_test(test_repeats_beyond_bounds),
		cmocka_unit_test(test_quantised),
		cmocka_unit_test(test_sinet),
		cmocka_unit_test(test_prisma),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
