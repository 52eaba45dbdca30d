/*
 * Walks the table of operators. Every operator has cases and a unique name; every case builds and runs by references;
 * every gradient rule agrees with differences in double, in random directions of each input; gradients have the shapes
 * of their inputs; the same operator on empty tensors runs. Output 0 is the one that is differentiated: further ones
 * (statistics, places) carry no gradient.
 *
 * `ops_test_ops NAME` checks one operator.
 */
#include "data.h"
#include "ops/interpret.h"
#include <math.h>

enum { MAX_INPUTS = 16 };

typedef struct argument {
	secant_shape shape; /* rank -1: absent */
	bool integer;
	double lo, hi; /* equal: in [-1, 1), away from 0 */
} argument;

typedef struct trial {
	const graph_op *op;
	const graph_op_case *c;
	void *attr;
	int n_in;
	argument arg[MAX_INPUTS];
	graph_net *g;
	graph_value in[MAX_INPUTS], out, loss, weights, d[MAX_INPUTS];
	double *given[MAX_INPUTS]; /* the inputs' numbers: states change in a run */
	double **values;
	void *memory;
	char what[160];
} trial;

static uint64_t seed;

static double
uniform(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double
away_from_zero(void)
{
	double v = 2 * uniform() - 1;
	return 0.95 * v + copysign(0.05, v);
}

/* ---- cases ---- */

static const char *
parse_argument(const char *p, argument *a)
{
	char *end;
	*a = (argument){ 0 };
	if (*p == '-') {
		a->shape.rank = -1;
		return p + 1;
	}
	if (!strncmp(p, "scalar", 6))
		p += 6;
	else
		do {
			assert_true(a->shape.rank < SECANT_MAX_RANK);
			a->shape.dim[a->shape.rank++] = strtol(p + (*p == 'x'), &end, 10);
			p = end;
		} while (*p == 'x');
	if (*p == '#') {
		a->integer = true;
		a->hi = (double)strtol(p + 1, &end, 10);
		p = end;
	} else if (*p == '@') {
		a->lo = strtod(p + 1, &end);
		a->hi = strtod(end + 1, &end);
		p = end;
	}
	return p;
}

static void
parse_case(trial *t)
{
	char text[256], *rest = text;
	secant_err err = { 0 };
	for (const char *p = t->c->in; *p; p += *p == ' ') {
		assert_true(t->n_in < MAX_INPUTS);
		p = parse_argument(p, &t->arg[t->n_in++]);
		if (*p && *p != ' ')
			fail_msg("%s: cannot read inputs '%s'", t->what, t->c->in);
	}
	if (!t->op->attr)
		return;
	t->attr = secant_calloc(1, t->op->attr->size);
	if (secant_opts_init(t->op->attr, t->attr, &err))
		fail_msg("%s: %s", t->what, err.msg);
	snprintf(text, sizeof text, "%s", t->c->attr);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *equals = strchr(word, '=');
		if (!equals)
			fail_msg("%s: cannot read attributes '%s'", t->what, t->c->attr);
		*equals = '\0';
		if (secant_opts_set(t->op->attr, t->attr, word, equals + 1, &err))
			fail_msg("%s: %s", t->what, err.msg);
	}
}

static bool
is_state(const graph_op *op, int input)
{
	for (int o = 0; o < GRAPH_MOST_OUTPUTS; o++)
		if (op->alias[o] == input + 1)
			return true;
	return false;
}

/* Inputs, the node, and if it can be differentiated its result times weights, summed, with gradients. False with err:
 * it is refused. */
static bool
build(trial *t, secant_err *err)
{
	char name[16];
	t->g = graph_new();
	for (int i = 0; i < t->n_in; i++) {
		bool bytes = t->arg[i].integer && t->arg[i].hi == 256;
		secant_dtype type = bytes ? SECANT_U8 : t->arg[i].integer ? SECANT_I32 : SECANT_F32;
		snprintf(name, sizeof name, "in%d", i);
		t->in[i] = -1;
		if (t->arg[i].shape.rank >= 0 && is_state(t->op, i))
			t->in[i] = graph_state(t->g, name, type, &t->arg[i].shape, false, GRAPH_INIT_ZEROS);
		else if (t->arg[i].shape.rank >= 0)
			t->in[i] = graph_input(t->g, name, type, &t->arg[i].shape);
		if (!t->arg[i].integer && !is_state(t->op, i))
			graph_track(t->g, t->in[i]);
	}
	const graph_node *n = graph_make_node(t->g, t->op->name, t->attr, t->n_in, t->in);
	if (!n) {
		assert_int_not_equal(graph_check(t->g, err), SECANT_OK);
		return false;
	}
	t->out = n->out[0];
	t->loss = -1;
	for (int i = 0; i < t->n_in; i++)
		t->d[i] = -1;
	if (t->op->grad && graph_value_at(t->g, t->out)->type.dtype == SECANT_F32) {
		secant_shape y = *graph_shape(t->g, t->out);
		graph_value wanted[MAX_INPUTS], d[MAX_INPUTS];
		int at[MAX_INPUTS], m = 0;
		t->weights = graph_input(t->g, "weights", SECANT_F32, &y);
		t->loss = graph_apply(t->g, "sum", NULL, 1, graph_apply(t->g, "mul", NULL, 2, t->out, t->weights));
		for (int i = 0; i < t->n_in; i++)
			if (t->in[i] >= 0 && !t->arg[i].integer && !is_state(t->op, i)) {
				at[m] = i;
				wanted[m++] = t->in[i];
			}
		if (graph_gradients(t->g, t->loss, wanted, m, d, err))
			fail_msg("%s: %s", t->what, err->msg);
		for (int i = 0; i < m; i++)
			t->d[at[i]] = d[i];
	}
	if (graph_check(t->g, err))
		fail_msg("%s: %s", t->what, err->msg);
	t->values = secant_calloc((size_t)graph_values(t->g), sizeof *t->values);
	t->memory = op_interpret_memory(t->g, t->values, err);
	assert_non_null(t->memory);
	return true;
}

static void
forget(trial *t)
{
	for (int i = 0; i < t->n_in; i++) {
		secant_free(t->given[i]);
		t->given[i] = NULL;
	}
	secant_free(t->values);
	secant_free(t->memory);
	graph_free(t->g);
	t->values = NULL;
	t->memory = NULL;
	t->g = NULL;
}

static void
make_inputs(trial *t)
{
	for (int i = 0; i < t->n_in; i++) {
		const argument *a = &t->arg[i];
		int64_t n = t->in[i] < 0 ? 0 : secant_shape_count(&a->shape);
		t->given[i] = secant_calloc((size_t)n, sizeof(double));
		for (int64_t k = 0; k < n; k++)
			t->given[i][k] = a->integer ? floor(uniform() * a->hi)
				: a->lo < a->hi         ? a->lo + uniform() * (a->hi - a->lo)
										: away_from_zero();
	}
}

/* A run with input `moved` shifted by h * direction; returns the loss. */
static double
run(trial *t, int moved, double h, const double *direction)
{
	secant_err err = { 0 };
	for (int i = 0; i < t->n_in; i++)
		for (int64_t k = 0; t->in[i] >= 0 && k < secant_shape_count(&t->arg[i].shape); k++)
			t->values[t->in[i]][k] = t->given[i][k] + (i == moved ? h * direction[k] : 0);
	if (op_interpret(t->g, t->values, &err))
		fail_msg("%s: %s", t->what, err.msg);
	return t->loss >= 0 ? t->values[t->loss][0] : 0;
}

/* ---- the gradient check ---- */

/* d loss / dh along a direction, by differences of fourth order. */
static double
difference(trial *t, int input, double h, const double *direction)
{
	double near = run(t, input, h, direction) - run(t, input, -h, direction);
	double far = run(t, input, 2 * h, direction) - run(t, input, -2 * h, direction);
	return (8 * near - far) / (12 * h);
}

/*
 * Along each axis where there are few, else along random directions, most of them sparse. Extrema and the like have
 * kinks: where two steps measure different slopes, one lies in between and the direction says nothing; most must say
 * something.
 */
static void
check_gradient(trial *t, int input)
{
	enum { FEW = 40, DIRECTIONS = 6 };
	int64_t n = secant_shape_count(&t->arg[input].shape), directions = n <= FEW ? n : DIRECTIONS, kinks = 0;
	double *direction = secant_calloc((size_t)n, sizeof *direction);
	if (!secant_shape_equal(graph_shape(t->g, t->d[input]), &t->arg[input].shape)) {
		char a[96], b[96];
		fail_msg("%s: the gradient of input %d is %s, the input %s", t->what, input,
			secant_shape_text(graph_shape(t->g, t->d[input]), a, sizeof a),
			secant_shape_text(&t->arg[input].shape, b, sizeof b));
	}
	for (int64_t axis = 0; axis < directions; axis++) {
		double claimed = 0, size = 0;
		for (int64_t k = 0; k < n; k++)
			direction[k] = n <= FEW ? k == axis : axis == 0 || uniform() < 0.3 ? away_from_zero() : 0;
		run(t, -1, 0, NULL);
		for (int64_t k = 0; k < n; k++) {
			claimed += t->values[t->d[input]][k] * direction[k];
			size += fabs(t->values[t->d[input]][k] * direction[k]);
		}
		double measured = difference(t, input, 2e-5, direction);
		if (fabs(measured - claimed) <= 1e-8 * (1 + size))
			continue;
		if (fabs(measured - difference(t, input, 3e-6, direction)) > 1e-6 * (1 + size))
			kinks++;
		else
			fail_msg("%s: gradient of input %d along direction %d is %.12g, differences say %.12g", t->what, input,
				(int)axis, claimed, measured);
	}
	if (2 * kinks > directions)
		fail_msg("%s: input %d has kinks along %d of %d directions: choose other numbers", t->what, input, (int)kinks,
			(int)directions);
	secant_free(direction);
}

/* The same operator with the first axis of input 0 empty, and of all inputs that share it. It may be refused; it must
 * not crash. */
static void
check_empty(trial *t)
{
	secant_err err = { 0 };
	argument *first = &t->arg[0];
	if (first->shape.rank < 1)
		return;
	int64_t extent = first->shape.dim[0];
	int rank = first->shape.rank;
	for (int i = 0; i < t->n_in; i++)
		if (t->arg[i].shape.rank == rank && t->arg[i].shape.dim[0] == extent)
			t->arg[i].shape.dim[0] = 0;
	if (build(t, &err)) {
		make_inputs(t);
		run(t, -1, 0, NULL);
		for (int i = 0; i < t->n_in; i++)
			if (t->d[i] >= 0)
				assert_true(secant_shape_equal(graph_shape(t->g, t->d[i]), &t->arg[i].shape));
	}
	forget(t);
}

static int
check_case(const graph_op *op, const graph_op_case *c)
{
	trial t = { .op = op, .c = c };
	secant_err err = { 0 };
	int gradients = 0;
	snprintf(t.what, sizeof t.what, "%s (%s)", op->name, c->label);
	seed = 1;
	parse_case(&t);
	if (!build(&t, &err))
		fail_msg("%s: %s", t.what, err.msg);
	make_inputs(&t);
	double *weights = t.loss >= 0 ? t.values[t.weights] : NULL;
	for (int64_t k = 0, n = weights ? secant_shape_count(graph_shape(t.g, t.weights)) : 0; k < n; k++)
		weights[k] = away_from_zero();
	run(&t, -1, 0, NULL);
	for (int i = 0; i < t.n_in; i++)
		if (t.d[i] >= 0) {
			check_gradient(&t, i);
			gradients++;
		}
	forget(&t);
	check_empty(&t);
	secant_free(t.attr);
	return gradients;
}

/* ---- tests ---- */

static const char *only;

static void
test_every_operator_agrees_with_differences(void **state)
{
	for (int i = 0; graph_op_at(i); i++) {
		const graph_op *op = graph_op_at(i);
		int gradients = 0;
		if (only && strcmp(only, op->name))
			continue;
		if (!op->cases || !op->cases[0].label)
			fail_msg("%s has no cases", op->name);
		for (const graph_op_case *c = op->cases; c->label; c++)
			gradients += check_case(op, c);
		if (op->grad && !op->straight && !gradients)
			fail_msg("%s has a gradient rule that no case reaches", op->name);
	}
}

static void
test_descriptors_are_complete(void **state)
{
	for (int i = 0; graph_op_at(i); i++) {
		const graph_op *op = graph_op_at(i);
		secant_err err = { 0 };
		assert_ptr_equal(graph_op_find(op->name), op); /* so names are unique */
		assert_true(op->brief && *op->brief);
		assert_true(op->shape && op->reference);
		assert_in_range(op->n_out, 1, GRAPH_MOST_OUTPUTS);
		assert_true(op->min_in >= 1 && (op->max_in < 0 || op->max_in >= op->min_in));
		for (int o = 0; o < GRAPH_MOST_OUTPUTS; o++)
			assert_true(op->alias[o] == 0 || (o < op->n_out && op->alias[o] <= op->min_in));
		if (op->attr) {
			void *attr = secant_calloc(1, op->attr->size);
			if (secant_opts_init(op->attr, attr, &err))
				fail_msg("%s: %s", op->name, err.msg);
			secant_free(attr);
		}
	}
	assert_null(graph_op_find("no such operator"));
	assert_null(graph_op_at(-1));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operator_agrees_with_differences),
		cmocka_unit_test(test_descriptors_are_complete),
	};
	only = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests_name("operators", tests, NULL, NULL);
}
