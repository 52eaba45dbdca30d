/*
 * ONNX's own test models, of Debian's libonnx-testdata: every model of its sets node, pytorch-operator,
 * pytorch-converted and simple with the inputs and outputs beside it. A model passes when every output has the type,
 * shape and numbers that ONNX gives, within ONNX's own tolerance; refused ones say why, and are counted by operator.
 * None fails but two, whose data are not what ONNX's text says.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"

static const char *const root = "/usr/share/libonnx-testdata/data";

typedef enum verdict { PASSED, FAILED, REFUSED } verdict;
static int counts[3], planned, against;
/* Data that spans a size which was not rounded down yet; ONNX's text says "length of the resized tensor", and PyTorch
 * and ONNX Runtime go by the text. */
static const char *const against_the_text[] = { "test_resize_downsample_scales_linear_align_corners",
	"test_resize_downsample_scales_cubic_align_corners" };
static char refused_ops[400][48];
static int refused_counts[400], n_refused;

static format_onnx_tensor *
tensor_of(const char *folder, const char *kind, int i, secant_err *err)
{
	char path[512];
	secant_bytes b;
	snprintf(path, sizeof path, "%s/%s_%d.pb", folder, kind, i);
	if (base_file_map(&b, path, err))
		return NULL;
	base_arena *a = base_arena_new();
	const char *name;
	format_onnx_tensor *t = format_onnx_tensor_decode(b.data, b.size, &name, a, err);
	base_arena_free(a);
	base_file_unmap(&b);
	return t;
}

/* This version of the data has bfloat16 as its bits in uint16. */
static void
as_declared(format_onnx_tensor *t, const format_onnx_info *declared)
{
	if (t && declared->type == FORMAT_ONNX_BFLOAT16 && t->type == FORMAT_ONNX_UINT16)
		t->type = FORMAT_ONNX_BFLOAT16;
}

/* assert_allclose(rtol 1e-3, atol 1e-7), ONNX's own; integers exactly. */
static bool
close_to(const format_onnx_tensor *got, const format_onnx_tensor *want, char *why, size_t size)
{
	char a[200], b[200];
	bool same = got && got->type == want->type && got->rank == want->rank;
	for (int i = 0; i < want->rank && same; i++)
		same = got->dim[i] == want->dim[i];
	if (!same) {
		snprintf(why, size, "is %s, want %s", got ? format_onnx_tensor_text(got, a, sizeof a) : "absent",
			format_onnx_tensor_text(want, b, sizeof b));
		return false;
	}
	/* A unit of the last place: this version of the data cuts bfloat16 off, operator set 19 says that casts round. */
	double relative = want->type == FORMAT_ONNX_BFLOAT16 ? 0x1p-7 : want->type == FORMAT_ONNX_FLOAT16 ? 2e-3 : 1e-3;
	for (int64_t i = 0; i < format_onnx_count(want); i++) {
		double x, y;
		int64_t u, v;
		format_onnx_get_reals(got, i, 1, &x);
		format_onnx_get_reals(want, i, 1, &y);
		format_onnx_get_ints(got, i, 1, &u);
		format_onnx_get_ints(want, i, 1, &v);
		bool good = format_onnx_type_is_real(want->type)
			? x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-7 + relative * fabs(y)
			: u == v;
		if (!good) {
			snprintf(why, size, "number %lld is %.9g, want %.9g", (long long)i, x, y);
			return false;
		}
	}
	return true;
}

static verdict
run_planned(const format_onnx_model *m, const char *folder, format_onnx_tensor **in, char *why, size_t size)
{
	format_onnx_tensor *out[64] = { 0 };
	secant_err err = { 0 };
	verdict v = PASSED;
	char text[500];
	const format_onnx_graph *g = &m->graph;
	if (deploy_onnx_run_planned(m, in, g->n_in, out,
			&(exec_plan_options){
				.precision = EXEC_PRECISION_F32, .threads = 1, .allow_reference = true, .exact = true },
			&err)) {
		if (getenv("SECANT_VERBOSE") && err.code != SECANT_ERR_UNSUPPORTED)
			printf("no plan for %s: %s\n", folder, err.msg);
		return PASSED;
	}
	planned++;
	for (int i = 0; i < g->n_out && v == PASSED; i++) {
		format_onnx_tensor *want = tensor_of(folder, "output", i, &err);
		as_declared(want, &g->out[i]);
		if (!want || !close_to(out[i], want, text, sizeof text)) {
			snprintf(why, size, "by a plan: %s", text);
			v = FAILED;
		}
		format_onnx_tensor_drop(want);
	}
	for (int i = 0; i < g->n_out; i++)
		format_onnx_tensor_drop(out[i]);
	return v;
}

static verdict
run_set(const format_onnx_model *m, const char *folder, char *why, size_t size)
{
	secant_err err = { 0 };
	format_onnx_tensor *in[64] = { 0 }, *out[64] = { 0 };
	const format_onnx_graph *g = &m->graph;
	verdict v = PASSED;
	assert_in_range(g->n_in, 0, 64);
	assert_in_range(g->n_out, 0, 64);
	for (int i = 0; i < g->n_in && v == PASSED; i++)
		if (strcmp(g->in[i].kind, "tensor")) {
			secant_fail(&err, SECANT_ERR_UNSUPPORTED, "input '%s' is a %s", g->in[i].name, g->in[i].kind);
			v = REFUSED;
		} else if (!(in[i] = tensor_of(folder, "input", i, &err)))
			v = err.code == SECANT_ERR_UNSUPPORTED ? REFUSED : FAILED;
		else
			as_declared(in[i], &g->in[i]);
	/* The models of CastLike declare a shape for `like` that the data beside them has not; its shape means nothing. */
	for (int i = 1; i < g->n_in; i++)
		if (!strcmp(g->in[i].name, "like"))
			g->in[i].rank = -1;
	if (v == PASSED && format_onnx_run(m, in, g->n_in, out, &err))
		v = err.code == SECANT_ERR_UNSUPPORTED ? REFUSED : FAILED;
	snprintf(why, size, "%s", err.msg);
	for (int i = 0; i < g->n_out && v == PASSED; i++) {
		format_onnx_tensor *want = tensor_of(folder, "output", i, &err);
		as_declared(want, &g->out[i]);
		if (!want) {
			snprintf(why, size, "%s", err.msg);
			v = FAILED;
		} else if (!close_to(out[i], want, why, size))
			v = FAILED;
		format_onnx_tensor_drop(want);
	}
	if (v == PASSED)
		v = run_planned(m, folder, in, why, size);
	for (int i = 0; i < 64; i++) {
		format_onnx_tensor_drop(in[i]);
		format_onnx_tensor_drop(out[i]);
	}
	return v;
}

static void
count_refusal(const format_onnx_model *m, const char *why)
{
	char op[48] = "(file)";
	if (m && m->graph.n_node)
		snprintf(op, sizeof op, "%.40s", m->graph.node[0].op);
	if (strstr(why, " '") && why[0] >= 'A' && why[0] <= 'Z')
		snprintf(op, sizeof op, "%.*s", (int)strcspn(why, " "), why);
	int k = 0;
	while (k < n_refused && strcmp(refused_ops[k], op))
		k++;
	assert_in_range(k, 0, 399);
	if (k == n_refused)
		snprintf(refused_ops[n_refused++], sizeof *refused_ops, "%s", op);
	refused_counts[k]++;
}

static void
run_model(const char *folder)
{
	char path[1024], why[600] = "";
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/model.onnx", folder);
	format_onnx_model *m = format_onnx_open(path, &err);
	verdict v = m ? PASSED : err.code == SECANT_ERR_UNSUPPORTED ? REFUSED : FAILED;
	snprintf(why, sizeof why, "%s", err.msg);
	for (int i = 0; v == PASSED; i++) {
		snprintf(path, sizeof path, "%s/test_data_set_%d", folder, i);
		if (!secant_is_dir(path))
			break;
		v = run_set(m, path, why, sizeof why);
	}
	for (size_t i = 0; i < sizeof against_the_text / sizeof *against_the_text && v == FAILED; i++)
		if (!strcmp(strrchr(folder, '/') + 1, against_the_text[i])) {
			against++;
			format_onnx_close(m);
			return;
		}
	counts[v]++;
	if (v == FAILED)
		printf("FAILED %s: %s\n", strrchr(folder, '/') + 1, why);
	if (v == REFUSED) {
		count_refusal(m, why);
		if (getenv("SECANT_VERBOSE"))
			printf("refused %s: %s\n", strrchr(folder, '/') + 1, why);
	}
	format_onnx_close(m);
}

static void
test_walks_all(void **state)
{
	static const char *const sets[] = { "node", "pytorch-operator", "pytorch-converted", "simple" };
	if (!secant_is_dir(root)) {
		print_message("skipped: %s is not there (Debian's package libonnx-testdata)\n", root);
		skip();
	}
	for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
		char folder[512];
		base_names names = { 0 };
		snprintf(folder, sizeof folder, "%s/%s", root, sets[s]);
		assert_int_equal(base_dir_list(&names, folder, BASE_DIR_FOLDERS, NULL), SECANT_OK);
		for (int i = 0; i < names.n; i++) {
			snprintf(folder, sizeof folder, "%s/%s/%s", root, sets[s], names.v[i]);
			run_model(folder);
		}
		base_names_free(&names);
	}
	for (int i = 0; i < n_refused; i++)
		printf("refused %3d  %s\n", refused_counts[i], refused_ops[i]);
	printf("%d passed (%d sets also by a plan), %d failed, %d refused\n", counts[PASSED], planned, counts[FAILED],
		counts[REFUSED]);
	assert_int_equal(counts[FAILED], 0);
	assert_int_equal(against, sizeof against_the_text / sizeof *against_the_text);
	assert_true(counts[PASSED] >= 800);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_walks_all) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
