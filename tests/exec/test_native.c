/*
 * Every operator with every case of its own, in every implementation that takes it, in f32 and in bf16, against the reference in double:
 * one thread and two, twice (the same bits), each output alone, with guard bytes behind every buffer and garbage in scratch. An operator
 * that nothing but the reference computes is an error.
 */
#include "data.h"
#include "exec/native/native.h"
#include "ops/ops.h"
#include <math.h>

#define IMPLS(name) extern const secant_impl secant_impls_##name[];
#include "exec/impls.inc"
#undef IMPLS
static const secant_impl *const tables[] = {
#define IMPLS(name) secant_impls_##name,
#include "exec/impls.inc"
#undef IMPLS
	NULL
};

enum { MAX_OPERANDS = 16, GUARD = 64 };

typedef struct operand {
	secant_operand o;
	int64_t count;
	double *exact;                               /* what the reference sees */
	char *data;
} operand;

typedef struct trial {
	const secant_op *op;
	const secant_op_case *c;
	const secant_impl *impl;
	secant_graph *g;
	void *attr;
	secant_dtype integers;
	operand in[MAX_OPERANDS], out[8];
	secant_step step;
	char what[200];
} trial;

static uint64_t seed;

static double
next_uniform(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* "2x3@0.1:2", "5#7", "scalar", "-": fills shape and numbers. */
static void
parse_word(const char *word, operand *x, bool *integer)
{
	char *end = (char *)(uintptr_t)word;
	double lo = 0, hi = 0;
	long most = 0;
	memset(x, 0, sizeof *x);
	*integer = false;
	if (*word == '-') {
		x->o.shape.rank = -1;
		return;
	}
	if (!strncmp(word, "scalar", 6))
		end += 6;
	else
		for (;; end++) {
			x->o.shape.dim[x->o.shape.rank++] = strtol(end, &end, 10);
			if (*end != 'x')
				break;
		}
	if (*end == '@') {
		lo = strtod(end + 1, &end);
		hi = strtod(end + 1, &end);
	} else if (*end == '#') {
		most = strtol(end + 1, &end, 10);
		*integer = true;
	}
	x->count = secant_shape_count(&x->o.shape);
	x->exact = calloc((size_t)x->count + 1, sizeof(double));
	for (int64_t i = 0; i < x->count; i++) {
		double u = next_uniform(), v = u * 2 - 1;
		x->exact[i] = *integer ? floor(u * (double)most) : lo != hi ? lo + u * (hi - lo) : v < 0 ? v * 0.95 - 0.05 : v * 0.95 + 0.05;
	}
}

static bool
parse_attr(trial *t)
{
	const secant_opts *table = t->op->attr;
	if (!table)
		return true;
	t->attr = calloc(1, table->size + 1);
	if (secant_opts_init(table, t->attr, NULL))
		return false;
	char text[512], *save = NULL;
	snprintf(text, sizeof text, "%s", t->c->attr ? t->c->attr : "");
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(p, '=');
		secant_err err = { 0 };
		*eq = '\0';
		if (secant_opts_set(table, t->attr, p, eq + 1, &err))
			fail_msg("%s '%s': %s", t->op->name, t->c->label, err.msg);
	}
	return true;
}

static void
free_trial(trial *t)
{
	for (int i = 0; i < MAX_OPERANDS; i++) {
		free(t->in[i].exact);
		free(t->in[i].data);
	}
	for (int i = 0; i < 8; i++) {
		free(t->out[i].exact);
		free(t->out[i].data);
	}
	free(t->step.in);
	free(t->step.out);
	free(t->attr);
	secant_graph_free(t->g);
}

static size_t bytes_of(const operand *x) { return (size_t)x->count * secant_dtype_size(x->o.dtype); }

static char *
guarded(const operand *x)
{
	char *p = aligned_alloc(64, (bytes_of(x) + 2 * GUARD + 63) / 64 * 64);
	memset(p, 0xa5, bytes_of(x) + GUARD);
	return p;
}

static void
check_guard(const trial *t, const char *p, size_t bytes, const char *whose)
{
	for (int i = 0; i < GUARD; i++)
		if ((unsigned char)p[bytes + (size_t)i] != 0xa5)
			fail_msg("%s: wrote beyond %s", t->what, whose);
}

/* Makes the graph's node and the operands' storage, and the exact result from the inputs as stored. False: the rule refuses the types. */
static bool
make_trial(trial *t, bool low)
{
	secant_value v[MAX_OPERANDS];
	char text[512], *save = NULL;
	int n = 0;
	t->g = secant_graph_new();
	snprintf(text, sizeof text, "%s", t->c->in);
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save), n++) {
		bool integer;
		char name[16];
		assert_true(n < MAX_OPERANDS);
		operand *x = &t->in[n];
		parse_word(p, x, &integer);
		v[n] = -1;
		if (x->o.shape.rank < 0)
			continue;
		x->o.dtype = integer ? t->integers : SECANT_F32;
		snprintf(name, sizeof name, "in%d", n);
		v[n] = secant_graph_input(t->g, name, x->o.dtype, &x->o.shape);
		if (!integer && low && t->op->low_in >> (n < 31 ? n : 31) & 1)
			x->o.dtype = SECANT_BF16;
		x->data = guarded(x);
		secant_tensor to = { x->o.dtype, x->o.shape, x->data, NULL };
		for (int64_t i = 0; i < x->count; i++) {
			secant_tensor_set(&to, i, x->exact[i]);
			x->exact[i] = secant_tensor_get(&to, i);
		}
	}
	const secant_node *node = secant_graph_node(t->g, t->op->name, t->attr, n, v);
	if (!node)
		return false;
	secant_shape in_shape[MAX_OPERANDS], out_shape[8];
	const double *in[MAX_OPERANDS];
	double *out[8];
	t->step = (secant_step){ .node = node, .n_in = node->n_in, .n_out = node->n_out };
	t->step.in = calloc((size_t)node->n_in + 1, sizeof *t->step.in);
	t->step.out = calloc((size_t)node->n_out, sizeof *t->step.out);
	for (int i = 0; i < node->n_in; i++) {
		t->step.in[i] = t->in[i].o;
		in_shape[i] = t->in[i].o.shape;
		in[i] = t->in[i].o.shape.rank < 0 ? NULL : t->in[i].exact;
	}
	for (int o = 0; o < node->n_out; o++) {
		operand *y = &t->out[o];
		const secant_value_info *info = secant_graph_value(t->g, node->out[o]);
		y->o = (secant_operand){ info->type.dtype, info->type.shape, .used = true };
		if (y->o.dtype == SECANT_F32 && low && t->op->low_out >> o & 1)
			y->o.dtype = SECANT_BF16;
		y->count = secant_shape_count(&y->o.shape);
		y->exact = calloc((size_t)y->count + 1, sizeof(double));
		y->data = guarded(y);
		t->step.out[o] = y->o;
		out_shape[o] = y->o.shape;
		out[o] = y->exact;
	}
	t->op->reference(&(secant_reference){ node->attr, node->n_in, node->n_out, in_shape, out_shape, in, out });
	return true;
}

static bool
same(double a, double b, double tolerance)
{
	return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= tolerance;
}

static void
compare(const trial *t, int o, double relative)
{
	const operand *y = &t->out[o];
	double largest = 0;
	secant_tensor got = { y->o.dtype, y->o.shape, y->data, NULL };
	for (int64_t i = 0; i < y->count; i++)
		if (isfinite(y->exact[i]))
			largest = fmax(largest, fabs(y->exact[i]));
	bool real = y->o.dtype == SECANT_F32 || y->o.dtype == SECANT_BF16;
	for (int64_t i = 0; i < y->count; i++) {
		double v = secant_tensor_get(&got, i);
		if (!same(v, y->exact[i], real ? relative * largest : 0))
			fail_msg("%s: output %d element %lld is %.9g, want %.9g (largest %.4g)", t->what, o, (long long)i, v, y->exact[i], largest);
	}
}

/* Runs with the outputs whose bits are set in `mask`. */
static void
run_once(const trial *t, unsigned mask)
{
	const void *in[MAX_OPERANDS] = { NULL };
	void *out[8] = { NULL };
	secant_err err = { 0 };
	char *scratch = aligned_alloc(64, (t->step.scratch + 2 * GUARD + 63) / 64 * 64);
	memset(scratch, 0xff, t->step.scratch);
	memset(scratch + t->step.scratch, 0xa5, GUARD);
	for (int i = 0; i < t->step.n_in; i++)
		in[i] = t->in[i].data;
	for (int o = 0; o < t->step.n_out; o++)
		out[o] = mask >> o & 1 ? t->out[o].data : NULL;
	void *bound = t->impl->bind ? t->impl->bind(&t->step) : NULL;
	if (t->impl->run(&t->step, bound, in, out, scratch, &err))
		fail_msg("%s: %s", t->what, err.msg);
	if (t->impl->unbind)
		t->impl->unbind(&t->step, bound);
	check_guard(t, scratch, t->step.scratch, "scratch");
	for (int o = 0; o < t->step.n_out; o++)
		check_guard(t, t->out[o].data, bytes_of(&t->out[o]), "an output");
	free(scratch);
}

static void
release(trial *t)
{
	if (t->impl->release)
		t->impl->release(&t->step);
	else
		secant_free(t->step.data);
	t->step.data = NULL;
	t->step.scratch = 0;
}

/* Same bits again; and each output alone as when all are wanted. */
static void
check_repeats(trial *t)
{
	char *before[8];
	for (int o = 0; o < t->step.n_out; o++) {
		before[o] = malloc(bytes_of(&t->out[o]) + 1);
		memcpy(before[o], t->out[o].data, bytes_of(&t->out[o]));
	}
	for (int o = -1; o < t->step.n_out; o++) {
		run_once(t, o < 0 ? ~0u : 1u << o);
		for (int k = 0; k < t->step.n_out; k++)
			if ((o < 0 || k == o) && memcmp(before[k], t->out[k].data, bytes_of(&t->out[k])))
				fail_msg("%s: output %d %s", t->what, k, o < 0 ? "differs in a second run" : "differs when it alone is wanted");
	}
	for (int o = 0; o < t->step.n_out; o++)
		free(before[o]);
}

/* True if the implementation takes the case in this type. */
static bool
run_case(const secant_op *op, const secant_op_case *c, const secant_impl *impl, secant_dtype integers, bool low, int threads)
{
	trial t = { .op = op, .c = c, .impl = impl, .integers = integers };
	bool ran = false;
	secant_err err = { 0 };
	snprintf(t.what, sizeof t.what, "%s/%s '%s' %s %s, %d threads", op->name, impl->name, c->label, low ? "bf16" : "f32", secant_dtype_name(integers), threads);
	seed = 99;
	if (parse_attr(&t) && make_trial(&t, low)) {
		t.step.threads = threads;
		t.step.impl = impl;
		if ((!impl->supports || impl->supports(&t.step)) && (!impl->prepare || impl->prepare(&t.step, &err) == SECANT_OK)) {
			if (impl->pack) {
				const void *in[MAX_OPERANDS] = { NULL };
				if (impl->pack(&t.step, in, &err))
					fail_msg("%s: %s", t.what, err.msg);
			}
			run_once(&t, ~0u);
			for (int o = 0; o < t.step.n_out; o++)
				compare(&t, o, low ? 1e-2 : 1e-5);
			check_repeats(&t);
			release(&t);
			ran = true;
		}
	}
	free_trial(&t);
	return ran;
}

static const secant_dtype integer_types[] = { SECANT_I32, SECANT_U8, SECANT_I64 };

/* How many cases of the operator one implementation ran in one type. */
static int
run_cases(const secant_op *op, const secant_impl *impl, bool low)
{
	int ran = 0;
	for (const secant_op_case *c = op->cases; c && c->label; c++) {
		bool integers = strchr(c->in, '#') != NULL, any = false;
		for (int k = 0; k < (integers ? 3 : 1); k++)
			for (int threads = 1; threads <= 2; threads++)
				any |= run_case(op, c, impl, integer_types[k], low, threads);
		ran += any;
	}
	return ran;
}

static bool
is_product(const secant_op *op)
{
	return !strncmp(op->name, "conv", 4) || !strncmp(op->name, "linear", 6) || !strcmp(op->name, "matmul");
}

static void
test_every_operator(void **state)
{
	int missing = 0;
	secant_native_grain = 1;                     /* two threads in the smallest case, too */
	const char *only = getenv("SECANT_TEST_OP");
	for (int i = 0; secant_op_at(i); i++) {
		const secant_op *op = secant_op_at(i);
		int cases = 0, ran[2] = { 0 };
		if (is_product(op) || (only && strcmp(only, op->name)))     /* those are tests/exec/test_dnnl.c's */
			continue;
		for (const secant_op_case *c = op->cases; c && c->label; c++)
			cases++;
		for (const secant_impl *const *table = tables; *table; table++)
			for (const secant_impl *impl = *table; impl->op; impl++)
				if (!strcmp(impl->op, op->name))
					for (int low = 0; low <= (op->low != SECANT_LOW_NEVER && (op->low_in | op->low_out)); low++)
						ran[low] += run_cases(op, impl, low);
		bool wants_low = op->low != SECANT_LOW_NEVER && (op->low_in | op->low_out);
		if (ran[0] < cases || (wants_low && ran[1] < cases)) {
			print_error("%s: natively in f32 %d of %d cases, in bf16 %d\n", op->name, ran[0], cases, ran[1]);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_operator) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
