/*
 * One operator, one case of it, one implementation, against the operator's reference in double: operands between guards
 * that are no numbers, so that reading outside shows in results and writing outside in the guards; scratch and results
 * begin as garbage. What test_native.c and test_products.c walk their tables with.
 */
#ifndef TESTS_EXEC_TRIAL_H
#define TESTS_EXEC_TRIAL_H
#include "data.h"
#include "exec/native/native.h"
#include "exec/plan.h"
#include "ops/ops.h"
#include <math.h>

#define IMPLS(name) extern const exec_impl exec_impls_##name[];
#include "exec/impls.inc"
#undef IMPLS
static const exec_impl *const tables[] = {
#define IMPLS(name) exec_impls_##name,
#include "exec/impls.inc"
#undef IMPLS
	NULL,
};

enum { MAX_OPERANDS = 16, GUARD = 4096 };

typedef struct operand {
	exec_operand o;
	int64_t count;
	double *exact; /* what the reference sees */
	char *data;
} operand;

typedef struct trial {
	const graph_op *op;
	const graph_op_case *c;
	const exec_impl *impl;
	graph_net *g;
	void *attr;
	secant_dtype integers;
	operand in[MAX_OPERANDS], out[GRAPH_MOST_OUTPUTS];
	exec_step step;
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
		x->exact[i] = *integer ? floor(u * (double)most)
			: lo != hi         ? lo + u * (hi - lo)
			: v < 0            ? v * 0.95 - 0.05
							   : v * 0.95 + 0.05;
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

static size_t
bytes_of(const operand *x)
{
	return (size_t)x->count * secant_dtype_size(x->o.dtype);
}

static void
fill_guard(char *p, size_t bytes)
{
	static const char note[2] = { (char)0xa5, 0x7f }; /* 0x7fa5: no number, as bf16 and as f32 */
	for (size_t done = 0, more; done < bytes; done += more) {
		more = done ? done : sizeof note;
		more = more < bytes - done ? more : bytes - done;
		memcpy(p + done, done ? p : note, more);
	}
}

/* Room for `bytes` with guards on both sides, all of it garbage. */
static char *
guarded(size_t bytes)
{
	char *p = aligned_alloc(64, (bytes + 2 * GUARD + 63) / 64 * 64);
	fill_guard(p, bytes + 2 * GUARD);
	return p + GUARD;
}

static void
free_guarded(char *p)
{
	free(p ? p - GUARD : NULL);
}

static void
check_guard(const trial *t, const char *p, size_t bytes, const char *whose)
{
	char clean[GUARD];
	fill_guard(clean, GUARD);
	if (memcmp(p - GUARD, clean, GUARD))
		fail_msg("%s: wrote in front of %s", t->what, whose);
	for (size_t i = 0; i < GUARD; i++)
		if ((unsigned char)p[bytes + i] != ((bytes + i) % 2 ? 0x7f : 0xa5))
			fail_msg("%s: wrote %zu bytes behind %s", t->what, i, whose);
}

static void
free_trial(trial *t)
{
	for (int i = 0; i < MAX_OPERANDS; i++) {
		free(t->in[i].exact);
		free_guarded(t->in[i].data);
	}
	for (int i = 0; i < GRAPH_MOST_OUTPUTS; i++) {
		free(t->out[i].exact);
		free_guarded(t->out[i].data);
	}
	free(t->step.in);
	free(t->step.out);
	free(t->attr);
	graph_free(t->g);
}

/* Makes the graph's node and the operands' storage, and the exact result from the inputs as stored. False: the rule
 * refuses the types. */
static bool
make_trial(trial *t, bool low, bool wide)
{
	graph_value v[MAX_OPERANDS];
	char text[512], *save = NULL;
	int n = 0;
	t->g = graph_new();
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
		v[n] = graph_input(t->g, name, x->o.dtype, &x->o.shape);
		if (!integer && low && t->op->low_in >> (n < 31 ? n : 31) & 1)
			x->o.dtype = SECANT_BF16;
		x->data = guarded(bytes_of(x));
		secant_tensor to = { x->o.dtype, x->o.shape, x->data, NULL };
		for (int64_t i = 0; i < x->count; i++) {
			secant_tensor_set(&to, i, x->exact[i]);
			x->exact[i] = secant_tensor_get(&to, i);
		}
	}
	const graph_node *node = graph_make_node(t->g, t->op->name, t->attr, n, v);
	if (!node)
		return false;
	t->step = (exec_step){ .node = node, .n_in = node->n_in, .n_out = node->n_out };
	t->step.in = calloc((size_t)node->n_in + 1, sizeof *t->step.in);
	t->step.out = calloc((size_t)node->n_out, sizeof *t->step.out);
	for (int i = 0; i < node->n_in; i++)
		t->step.in[i] = t->in[i].o;
	for (int o = 0; o < node->n_out; o++) {
		operand *y = &t->out[o];
		const graph_value_info *info = graph_value_at(t->g, node->out[o]);
		y->o = (exec_operand){ info->type.dtype, info->type.shape, .used = true };
		if (y->o.dtype == SECANT_F32 && low && !wide && t->op->low_out >> o & 1)
			y->o.dtype = SECANT_BF16;
		y->count = secant_shape_count(&y->o.shape);
		y->exact = calloc((size_t)y->count + 1, sizeof(double));
		y->data = guarded(bytes_of(y));
		t->step.out[o] = y->o;
	}
	return true;
}

/* What must come out, of the case that was asked for last: one case is run in many ways by many implementations. */
static struct known {
	char key[1100];
	double *exact[GRAPH_MOST_OUTPUTS];
} known;

static void
compute(const trial *t)
{
	secant_shape in_shape[MAX_OPERANDS], out_shape[GRAPH_MOST_OUTPUTS];
	const double *in[MAX_OPERANDS];
	double *out[GRAPH_MOST_OUTPUTS];
	const graph_node *node = t->step.node;
	for (int i = 0; i < node->n_in; i++) {
		in_shape[i] = t->in[i].o.shape;
		in[i] = t->in[i].o.shape.rank < 0 ? NULL : t->in[i].exact;
	}
	for (int o = 0; o < node->n_out; o++) {
		out_shape[o] = t->out[o].o.shape;
		out[o] = t->out[o].exact;
	}
	t->op->reference(&(graph_reference){ node->attr, node->n_in, node->n_out, in_shape, out_shape, in, out });
}

static void
refer(trial *t)
{
	char key[sizeof known.key];
	int length = snprintf(key, sizeof key, "%s|%s|%s|", t->op->name, t->c->attr ? t->c->attr : "", t->c->in);
	assert_true(length > 0 && length < 1000);
	for (int i = 0; i < t->step.n_in; i++) /* numbers are rounded as they are stored */
		snprintf(key + strlen(key), sizeof key - strlen(key), "%d ", t->step.in[i].dtype);
	bool same = !strcmp(key, known.key);
	if (!same) {
		compute(t);
		memcpy(known.key, key, sizeof key);
	}
	for (int o = 0; o < GRAPH_MOST_OUTPUTS; o++) {
		size_t bytes = o < t->step.n_out ? (size_t)t->out[o].count * sizeof(double) : 0;
		if (same && bytes) {
			memcpy(t->out[o].exact, known.exact[o], bytes);
		} else if (!same) {
			free(known.exact[o]);
			known.exact[o] = bytes ? malloc(bytes) : NULL;
			if (bytes)
				memcpy(known.exact[o], t->out[o].exact, bytes);
		}
	}
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
		/* bytes of a sum that was scaled in float: the next one where it lies between two */
		double whole = strstr(t->op->name, "_bytes") ? 1 : 0;
		if (y->exact[i] != OP_UNSPECIFIED && !same(v, y->exact[i], real ? relative * largest : whole))
			fail_msg("%s %s: output %d element %lld is %.9g, want %.9g (largest %.4g)", t->what, t->step.detail, o,
				(long long)i, v, y->exact[i], largest);
	}
}

/* Runs with the outputs whose bits are set in `mask`. */
static void
run_once(const trial *t, unsigned mask)
{
	const void *in[MAX_OPERANDS] = { NULL };
	void *out[GRAPH_MOST_OUTPUTS] = { NULL };
	secant_err err = { 0 };
	char *scratch = guarded(t->step.scratch);
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
	for (int i = 0; i < t->step.n_in; i++)
		if (in[i])
			check_guard(t, t->in[i].data, bytes_of(&t->in[i]), "an input");
	for (int o = 0; o < t->step.n_out; o++)
		check_guard(t, t->out[o].data, bytes_of(&t->out[o]), "an output");
	free_guarded(scratch);
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
	char *before[GRAPH_MOST_OUTPUTS];
	for (int o = 0; o < t->step.n_out; o++) {
		before[o] = malloc(bytes_of(&t->out[o]) + 1);
		memcpy(before[o], t->out[o].data, bytes_of(&t->out[o]));
	}
	for (int o = -1; o < t->step.n_out; o++) {
		run_once(t, o < 0 ? ~0u : 1u << o);
		for (int k = 0; k < t->step.n_out; k++)
			if ((o < 0 || k == o) && memcmp(before[k], t->out[k].data, bytes_of(&t->out[k])))
				fail_msg("%s: output %d %s", t->what, k,
					o < 0 ? "differs in a second run" : "differs when it alone is wanted");
	}
	for (int o = 0; o < t->step.n_out; o++)
		free(before[o]);
}

/* How a case is run: what of it is bf16, by how many threads, with weights as states (which a plan for inference packs,
 * one for training does not). */
typedef struct way {
	secant_dtype integers;
	bool low, wide, states, training; /* wide: results stay f32 where operands are bf16 */
	int threads;
} way;

static void
set_states(trial *t)
{
	for (int i = 0; i < t->step.n_in; i++)
		t->step.in[i].state = (!(t->op->low_in >> (i < 31 ? i : 31) & 1) && t->step.in[i].dtype == SECANT_F32)
			|| t->step.in[i].dtype == SECANT_I8;
}

/* True if the implementation takes the case in this way. */
static bool
run_case(const graph_op *op, const graph_op_case *c, const exec_impl *impl, way how)
{
	trial t = { .op = op, .c = c, .impl = impl, .integers = how.integers };
	bool ran = false;
	secant_err err = { 0 };
	snprintf(t.what, sizeof t.what, "%s/%s '%s' %s %s, %d threads%s%s%s", op->name, impl->name, c->label,
		how.low ? "bf16" : "f32", secant_dtype_name(how.integers), how.threads, how.states ? ", states" : "",
		how.training ? ", training" : "", how.wide ? ", f32 result" : "");
	seed = 99;
	if (parse_attr(&t) && make_trial(&t, how.low, how.wide)) {
		t.step.threads = exec_use_threads(how.threads);
		t.step.training = how.training;
		t.step.impl = impl;
		if (how.states)
			set_states(&t);
		if ((!impl->supports || impl->supports(&t.step))
			&& (!impl->prepare || impl->prepare(&t.step, &err) == SECANT_OK)) {
			if (impl->pack) {
				const void *in[MAX_OPERANDS] = { NULL };
				for (int i = 0; i < t.step.n_in; i++)
					in[i] = t.step.in[i].state ? t.in[i].data : NULL;
				if (impl->pack(&t.step, in, &err))
					fail_msg("%s: %s", t.what, err.msg);
			}
			refer(&t);
			run_once(&t, ~0u);
			for (int o = 0; o < t.step.n_out; o++)
				compare(&t, o, how.low ? 1e-2 : 1e-5);
			check_repeats(&t);
			release(&t);
			ran = true;
		} else if (t.step.data) {
			release(&t);
		}
	}
	free_trial(&t);
	return ran;
}

static bool
is_product(const graph_op *op)
{
	return !strncmp(op->name, "conv", 4) || !strncmp(op->name, "linear", 6) || !strcmp(op->name, "matmul");
}

/* The same program again for every lesser instruction set. */
static void
test_other_instruction_sets(void **state)
{
	static const char *const sets[] = { "sse2", "avx2", "avx512" };
	char self[1024];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0 || getenv("SECANT_TEST_INNER"))
		skip();
	self[n] = '\0';
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		char command[1200];
		snprintf(command, sizeof command, "SECANT_TEST_INNER=1 SECANT_CPU=%s '%s' >/dev/null 2>&1", sets[i], self);
		if (system(command))
			fail_msg("SECANT_CPU=%s %s fails; run it to see why", sets[i], self);
	}
}
#endif
