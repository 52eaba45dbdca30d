/*
 * Graphs that nobody builds and a file may hold: every operator with each input of its cases in turn of another shape,
 * another type or absent, with attributes at their ends, and with numbers that are no index. The operator refuses, or
 * runs within its operands in f32 and in f64: every operand of a run has memory of its own, of its size to the byte,
 * with guard bytes behind (under the address sanitizer the heap's own). An operator's `takes` is read for every input.
 *
 * `exec_test_hostile NAME` tries one operator, and says what it tries.
 */
#include "data.h"
#include "base/mem.h"
#include "exec/exec.h"
#include "graph/takes.h"
#include <math.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

enum { MOST_IN = 16, MOST_OUT = 8, MOST_NUMBERS = 1 << 16, GUARD = 64 };

typedef struct argument {
	secant_shape shape; /* rank -1: absent */
	secant_dtype type;
	double lo, hi;
} argument;

typedef struct trial {
	const graph_op *op;
	argument arg[MOST_IN];
	int n;
	void *attr;
	const double *wild; /* NULL: numbers as the case has them; else what integers are instead */
	char what[256];
} trial;

static const char *only;
static int refused, ran, large;
static uint64_t seed = 1;

static double
uniform(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* ---- cases ---- */

static void
parse_word(const char *word, argument *a)
{
	char *end = (char *)(uintptr_t)word;
	*a = (argument){ .type = SECANT_F32, .lo = -1, .hi = 1 };
	if (*word == '-') {
		a->shape.rank = -1;
		return;
	}
	if (!strncmp(word, "scalar", 6))
		end += 6;
	else
		for (;; end++) {
			a->shape.dim[a->shape.rank++] = strtol(end, &end, 10);
			if (*end != 'x')
				break;
		}
	if (*end == '@') {
		a->lo = strtod(end + 1, &end);
		a->hi = strtod(end + 1, &end);
	} else if (*end == '#') {
		a->type = SECANT_I32;
		a->lo = 0;
		a->hi = strtod(end + 1, &end);
	}
}

static bool
set_attributes(const graph_op *op, const graph_op_case *c, void *attr)
{
	char text[512], *rest = NULL;
	secant_err err = { 0 };
	snprintf(text, sizeof text, "%s", c->attr ? c->attr : "");
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *equals = strchr(word, '=');
		*equals = '\0';
		if (secant_opts_set(op->attr, attr, word, equals + 1, &err))
			return false;
	}
	return true;
}

static void
start(trial *t, const graph_op *op, const graph_op_case *c)
{
	char text[512], *rest = NULL;
	secant_err err = { 0 };
	*t = (trial){ .op = op };
	snprintf(text, sizeof text, "%s", c->in);
	for (char *word = strtok_r(text, " ", &rest); word && t->n < MOST_IN; word = strtok_r(NULL, " ", &rest))
		parse_word(word, &t->arg[t->n++]);
	if (!op->attr)
		return;
	t->attr = secant_calloc(1, op->attr->size);
	assert_int_equal(secant_opts_init(op->attr, t->attr, &err), 0);
	assert_true(set_attributes(op, c, t->attr));
}

static void
finish(trial *t)
{
	if (t->attr)
		secant_opts_free(t->op->attr, t->attr);
	secant_free(t->attr);
}

/* ---- a run ---- */

static bool
is_state(const graph_op *op, int input)
{
	for (int o = 0; o < MOST_OUT; o++)
		if (op->alias[o] == input + 1)
			return true;
	return false;
}

static char *
guarded(size_t bytes)
{
#ifdef SANITIZED
	char *p = malloc(bytes ? bytes : 1);
	assert_non_null(p);
#else
	char *p = malloc(bytes + GUARD);
	assert_non_null(p);
	memset(p + bytes, 0xa5, GUARD);
#endif
	return p;
}

static void
check_guard(const trial *t, const char *p, size_t bytes)
{
#ifndef SANITIZED
	for (size_t i = 0; i < GUARD; i++)
		if ((unsigned char)p[bytes + i] != 0xa5)
			fail_msg("%s: wrote beyond an operand", t->what);
#endif
}

static void *
operand(const trial *t, const argument *a, bool f64, size_t *bytes)
{
	int64_t n = secant_shape_count(&a->shape);
	secant_tensor to = { f64 ? SECANT_F64 : a->type, a->shape, NULL, NULL };
	*bytes = secant_tensor_bytes(&to);
	to.data = guarded(*bytes);
	for (int64_t i = 0; i < n; i++) {
		double u = uniform(), v = a->type == SECANT_F32 ? a->lo + u * (a->hi - a->lo) : floor(u * a->hi);
		if (t->wild && a->type != SECANT_F32)
			v = t->wild[i % 8];
		secant_tensor_set(&to, i, v);
	}
	return to.data;
}

/* Plans and runs the node alone. `out`: values of its results. */
static void
run(const trial *t, graph_net *g, const graph_node *node, bool f64)
{
	secant_err err = { 0 };
	exec_store *store = exec_store_new(g, f64, &err);
	exec_plan_options o = { .precision = f64 ? EXEC_PRECISION_F64 : EXEC_PRECISION_F32,
		.threads = 1,
		.allow_reference = true,
		.external = true,
		.training = true,
		.recompute = EXEC_RECOMPUTE_NONE };
	exec_plan *p = store ? exec_plan_new(g, store, node->out, node->n_out, &o, &err) : NULL;
	exec_context *c = p ? exec_context_new(p, &err) : NULL;
	char *in[MOST_IN] = { NULL }, *out[MOST_OUT] = { NULL };
	size_t in_bytes[MOST_IN] = { 0 }, out_bytes[MOST_OUT] = { 0 };
	for (int i = 0; c && i < t->n; i++) {
		char name[16];
		secant_err ignored = { 0 };
		snprintf(name, sizeof name, "in%d", i);
		if (t->arg[i].shape.rank < 0 || is_state(t->op, i))
			continue;
		in[i] = operand(t, &t->arg[i], f64, &in_bytes[i]);
		(void)!exec_context_set_input(c, name, in[i], &ignored); /* not read: no input of the plan */
	}
	for (int k = 0; c && k < node->n_out; k++) {
		const graph_type *type = &graph_value_at(g, node->out[k])->type;
		secant_tensor to = { f64 ? SECANT_F64 : type->dtype, type->shape, NULL, NULL };
		out_bytes[k] = secant_tensor_bytes(&to);
		out[k] = guarded(out_bytes[k]);
		assert_int_equal(exec_context_set_output(c, k, out[k], &err), 0);
	}
	if (c && exec_context_run(c, &err))
		refused++;
	else
		ran += c != NULL, refused += !c;
	for (int i = 0; i < MOST_IN; i++) {
		if (in[i])
			check_guard(t, in[i], in_bytes[i]);
		free(in[i]);
	}
	for (int k = 0; k < MOST_OUT; k++) {
		if (out[k])
			check_guard(t, out[k], out_bytes[k]);
		free(out[k]);
	}
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
}

static void
attempt(trial *t)
{
	graph_net *g = graph_new();
	graph_value in[MOST_IN];
	secant_err err = { 0 };
	int64_t numbers = 0;
	if (only)
		print_message("%s\n", t->what);
	for (int i = 0; i < t->n; i++) {
		char name[16];
		snprintf(name, sizeof name, "in%d", i);
		const argument *a = &t->arg[i];
		in[i] = a->shape.rank < 0 ? -1
			: is_state(t->op, i)  ? graph_state(g, name, a->type, &a->shape, false, GRAPH_INIT_ZEROS)
								  : graph_input(g, name, a->type, &a->shape);
	}
	const graph_node *node = graph_make_node(g, t->op->name, t->attr, t->n, in);
	if (graph_check(g, &err)) {
		refused++;
		if (!err.msg[0])
			fail_msg("%s: refused without a word", t->what);
	} else {
		for (int k = 0; k < node->n_out && numbers <= MOST_NUMBERS; k++)
			numbers += secant_shape_count(graph_shape(g, node->out[k]));
		if (numbers > MOST_NUMBERS)
			large++;
		else
			for (int f64 = 0; f64 < 2; f64++)
				run(t, g, node, f64);
	}
	graph_free(g);
}

/* ---- what is tried ---- */

static const graph_op *
next_op(int *i)
{
	const graph_op *op = graph_op_at((*i)++);
	while (op && only && strcmp(only, op->name))
		op = graph_op_at((*i)++);
	return op;
}

static void
name_trial(trial *t, const graph_op_case *c, const char *change, int i, int k)
{
	snprintf(t->what, sizeof t->what, "%s '%s': input %d, %s %d", t->op->name, c->label, i, change, k);
}

/* Another shape for one input: shape number k of it. False: there is no k. */
static bool
other_shape(argument *a, int k)
{
	secant_shape *s = &a->shape;
	int last = s->rank - 1;
	if (s->rank < 0)
		*s = (secant_shape){ 0 };
	switch (k) {
	case 0: s->rank = 0; return true;
	case 1: *s = (secant_shape){ 1, { 1 } }; return true;
	case 2: *s = (secant_shape){ 4, { 1, 1, 1, 1 } }; return true;
	case 3: *s = (secant_shape){ 1, { 0 } }; return true;
	case 4: *s = (secant_shape){ 6, { 1, 2, 1, 3, 1, 2 } }; return true;
	case 5: s->rank = last > 0 ? last : 0; return true;
	case 6:
		if (s->rank < SECANT_MAX_RANK)
			s->dim[s->rank++] = 2;
		return true;
	default: break;
	}
	int axis = (k - 7) / 4;
	if (last < 0 || axis > last)
		return false;
	int64_t *d = &s->dim[axis];
	*d = (k - 7) % 4 == 0 ? *d + 1 : (k - 7) % 4 == 1 ? *d - (*d > 0) : (k - 7) % 4 == 2 ? 0 : *d * 2 + 3;
	return true;
}

static void
other_shapes_are_refused_or_run(void **state)
{
	const graph_op *op;
	for (int i = 0; (op = next_op(&i));)
		for (const graph_op_case *c = op->cases; c->label; c++) {
			trial t;
			start(&t, op, c);
			for (int k = 0; k < t.n; k++) {
				argument was = t.arg[k];
				for (int s = 0; other_shape(&t.arg[k], s); s++, t.arg[k] = was) {
					name_trial(&t, c, "shape", k, s);
					attempt(&t);
				}
				t.arg[k] = was;
			}
			finish(&t);
		}
}

static void
other_types_and_absent_inputs_are_refused_or_run(void **state)
{
	static const secant_dtype types[] = { SECANT_F32, SECANT_I32, SECANT_U8, SECANT_I64, SECANT_BOOL };
	const graph_op *op;
	for (int i = 0; (op = next_op(&i));)
		for (const graph_op_case *c = op->cases; c->label; c++) {
			trial t;
			start(&t, op, c);
			for (int k = 0; k < t.n; k++) {
				argument was = t.arg[k];
				for (int s = 0; s < 5; s++) {
					name_trial(&t, c, "type", k, s);
					t.arg[k].type = types[s];
					t.arg[k].hi = was.hi > 1 ? was.hi : 2;
					attempt(&t);
				}
				t.arg[k] = was;
				t.arg[k].shape.rank = -1;
				name_trial(&t, c, "absent", k, 0);
				attempt(&t);
				t.arg[k] = was;
			}
			int n = t.n;
			for (t.n = 0; t.n < n; t.n++) { /* too few */
				name_trial(&t, c, "inputs", t.n, t.n);
				attempt(&t);
			}
			for (; t.n < n + 2 && t.n < MOST_IN; t.n++) { /* and more than the case has */
				t.arg[t.n] = t.arg[0];
				t.n++;
				name_trial(&t, c, "inputs", t.n, t.n);
				attempt(&t);
				t.n--;
			}
			finish(&t);
		}
}

static void
numbers_that_are_no_index_lead_nowhere(void **state)
{
	static const double wild[4][8] = {
		{ -1, -68719476736.0, 1e300, -1e300, NAN, INFINITY, -INFINITY, 2147483647 },
		{ -2147483648.0, 4294967296.0, 9.3e18, -9.3e18, 1e9, -1e9, 0.5, 1 },
		{ 0, 1e300, 0, 1e300, 0, 9223372036854775807.0, -5, 1e18 },
		{ 1e300, 1e300, 1e300, 1e300, 1e300, 1e300, 1e300, 1e300 },
	};
	const graph_op *op;
	for (int i = 0; (op = next_op(&i));)
		for (const graph_op_case *c = op->cases; c->label; c++) {
			static const secant_dtype types[] = { SECANT_I32, SECANT_I64, SECANT_U8 };
			trial t;
			start(&t, op, c);
			bool any = false;
			for (int k = 0; k < t.n; k++)
				any |= t.arg[k].type != SECANT_F32;
			for (int w = 0; any && w < 12; w++) {
				t.wild = wild[w % 4];
				for (int k = 0; k < t.n; k++)
					t.arg[k].type = t.arg[k].type == SECANT_F32 ? SECANT_F32 : types[w / 4];
				name_trial(&t, c, "numbers", 0, w);
				attempt(&t);
			}
			finish(&t);
		}
}

static void
attributes_at_their_ends_are_refused_or_run(void **state)
{
	static const char *const numbers[] = { "0", "1", "2", "-1", "7", "1000", "-1000", "1073741824", "2147483647",
		"-2147483648", "1e300", "-1e300", "nan", "inf", "1e-300", "", "0,0", "1,1", "5,3", "-1,-1", "0,1,2", "-2,-2,-2",
		"1,1,1,1", "3,0,0,3", "0,0,0,0", "9,9,9,9", "2147483647,2147483647", "1,2,3,4,5,6", "6,5,4,3,2,1,0" };
	const graph_op *op;
	for (int i = 0; (op = next_op(&i));)
		for (const graph_op_case *c = op->cases; op->attr && c->label; c++)
			for (const secant_opt *row = op->attr->rows; row->name; row++)
				for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
					trial t;
					secant_err err = { 0 };
					start(&t, op, c);
					snprintf(t.what, sizeof t.what, "%s '%s': %s=%s", op->name, c->label, row->name, numbers[k]);
					if (!secant_opts_set(op->attr, t.attr, row->name, numbers[k], &err))
						attempt(&t);
					finish(&t);
				}
}

/* Every input of every operator has a word that can be read. */
static void
operators_say_what_they_take(void **state)
{
	const graph_op *op;
	for (int i = 0; (op = next_op(&i));) {
		if (!op->takes)
			fail_msg("%s does not say what it takes", op->name);
		int words = graph_takes_words(op->takes);
		if (words < -1 || (words >= 0 && (op->max_in < 0 || words < op->max_in)))
			fail_msg("%s takes up to %d inputs, and says of %d what they must be: '%s'", op->name, op->max_in, words,
				op->takes);
	}
	print_message("%d refused, %d ran, %d too large to be run\n", refused, ran, large);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_shapes_are_refused_or_run),
		cmocka_unit_test(other_types_and_absent_inputs_are_refused_or_run),
		cmocka_unit_test(numbers_that_are_no_index_lead_nowhere),
		cmocka_unit_test(attributes_at_their_ends_are_refused_or_run),
		cmocka_unit_test(operators_say_what_they_take),
	};
	only = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
