/*
 * Every operator with every case of its own, in every implementation that takes it, in f32 and in bf16, against the
 * reference in double: one thread and two, twice (the same bits), each output alone, with guard bytes behind every
 * buffer and garbage in scratch. An operator that nothing but the reference computes is an error.
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
	NULL,
};

enum { MAX_OPERANDS = 16, GUARD = 64 };

typedef struct operand {
	secant_operand o;
	int64_t count;
	double *exact; /* what the reference sees */
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

static size_t
bytes_of(const operand *x)
{
	return (size_t)x->count * secant_dtype_size(x->o.dtype);
}

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

/* Makes the graph's node and the operands' storage, and the exact result from the inputs as stored. False: the rule
 * refuses the types. */
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
		if (y->exact[i] != SECANT_UNSPECIFIED && !same(v, y->exact[i], real ? relative * largest : 0))
			fail_msg("%s: output %d element %lld is %.9g, want %.9g (largest %.4g)", t->what, o, (long long)i, v,
				y->exact[i], largest);
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
				fail_msg("%s: output %d %s", t->what, k,
					o < 0 ? "differs in a second run" : "differs when it alone is wanted");
	}
	for (int o = 0; o < t->step.n_out; o++)
		free(before[o]);
}

/* True if the implementation takes the case in this type. */
static bool
run_case(
	const secant_op *op, const secant_op_case *c, const secant_impl *impl, secant_dtype integers, bool low, int threads)
{
	trial t = { .op = op, .c = c, .impl = impl, .integers = integers };
	bool ran = false;
	secant_err err = { 0 };
	snprintf(t.what, sizeof t.what, "%s/%s '%s' %s %s, %d threads", op->name, impl->name, c->label,
		low ? "bf16" : "f32", secant_dtype_name(integers), threads);
	seed = 99;
	if (parse_attr(&t) && make_trial(&t, low)) {
		t.step.threads = threads;
		t.step.impl = impl;
		if ((!impl->supports || impl->supports(&t.step))
			&& (!impl->prepare || impl->prepare(&t.step, &err) == SECANT_OK)) {
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

/* Only oneDNN computes these: bf16 is where it has that. */
static bool
is_product_of_rows(const secant_op *op)
{
	return !strncmp(op->name, "rows_linear", 11);
}

static void
test_every_operator(void **state)
{
	int missing = 0;
	secant_native_grain = 1; /* two threads in the smallest case, too */
	const char *only = getenv("SECANT_TEST_OP");
	for (int i = 0; secant_op_at(i); i++) {
		const secant_op *op = secant_op_at(i);
		int cases = 0, ran[2] = { 0 };
		if (is_product(op) || (only && strcmp(only, op->name))) /* those are tests/exec/test_dnnl.c's */
			continue;
		for (const secant_op_case *c = op->cases; c && c->label; c++)
			cases++;
		for (const secant_impl *const *table = tables; *table; table++)
			for (const secant_impl *impl = *table; impl->op; impl++)
				if (!strcmp(impl->op, op->name))
					for (int low = 0; low <= (op->low != SECANT_LOW_NEVER && (op->low_in | op->low_out)); low++)
						ran[low] += run_cases(op, impl, low);
		bool wants_low = op->low != SECANT_LOW_NEVER && (op->low_in | op->low_out)
			&& (!is_product_of_rows(op) || secant_cpu_isa() >= SECANT_ISA_AVX512);
		if (ran[0] < cases || (wants_low && ran[1] < cases)) {
			print_error("%s: natively in f32 %d of %d cases, in bf16 %d\n", op->name, ran[0], cases, ran[1]);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

/* Widths and sizes that the operators' own cases, kept small for the gradient check, do not reach: long rows made of
 * short ones, rows that do not divide, more rows than are summed in float, columns beyond a block. */
static const struct {
	const char *op;
	secant_op_case c;
} large[] = {
	{ "batch_norm_train", { "3 channels", "act=relu", "2x37x31x3 3 3@0.5:2 3@0.5:2 3" } },
	{ "batch_norm_train", { "16 channels, far from 0", "", "2x37x31x16@5:6 16 16@0.5:2 16@0.5:2 16" } },
	{ "batch_norm_train", { "17 channels, sum", "act=relu", "1x53x61x17 17 17@0.5:2 17@0.5:2 17 1x53x61x17" } },
	{ "batch_norm_train", { "300 channels", "act=relu", "2x5x7x300 300 300@0.5:2 300@0.5:2 300" } },
	{ "batch_norm_train", { "2048 channels", "", "2x3x3x2048 2048 2048@0.5:2 2048@0.5:2 2048" } },
	{ "batch_norm_train", { "1 channel", "", "1x71x73x1@0:2 1 1@0.5:2 1@0.5:2 1" } },
	{ "batch_norm_train_grad", { "3 channels", "act=relu", "2x37x31x3 2x37x31x3 3 3@0.5:2 3 2x37x31x3" } },
	{ "batch_norm_train_grad", { "17 channels", "act=relu", "1x53x61x17 1x53x61x17 17 17@0.5:2 17 1x53x61x17" } },
	{ "batch_norm_train_grad", { "2048 channels", "", "2x3x3x2048 2x3x3x2048 2048 2048@0.5:2 2048" } },
	{ "batch_norm", { "20 channels", "act=relu", "1x41x43x20 20 20@0.5:2 20 20" } },
	{ "group_norm", { "more samples than threads", "groups=3", "5x9x7x12 12 12" } },
	{ "group_norm", { "one sample", "groups=2", "1x39x41x10 10 10" } },
	{ "group_norm_grad", { "more samples than threads", "groups=3", "5x9x7x12 5x9x7x12 5x3 5x3@0.5:2 12" } },
	{ "layer_norm", { "wide", "", "3x1100 1100 1100" } },
	{ "layer_norm_grad", { "wide", "", "70x1100 70x1100 70 70@0.5:2 1100" } },
	{ "add", { "channels", "", "3x29x31x5 5" } },
	{ "mul", { "sample and channel", "", "5x7x11x19 5x1x1x19" } },
	{ "add", { "single row", "", "4099 4099" } },
	{ "where", { "mask by row", "", "300x1#2 300x7 7" } },
	{ "prelu", { "channels", "", "31x29x6 6" } },
	{ "silu", { "more than a chunk", "", "1500@-8:8" } },
	{ "unary_grad", { "more than a chunk", "kind=mish", "1500@-8:8 1500" } },
	{ "max_pool2d", { "more channels than a block", "kernel=3 stride=2 padding=1", "1x9x8x300" } },
	{ "max_pool2d", { "window of 5", "kernel=5 stride=3 padding=2", "1x11x13x9" } },
	{ "max_pool2d_grad",
		{ "more channels than a block", "kernel=3 stride=2 padding=1 size=9x8", "1x5x4x300 1x5x4x300#9" } },
	{ "resize", { "channels beyond a block", "mode=bilinear size=7x9", "1x4x5x270" } },
	{ "resize_grad", { "many taps", "mode=bilinear size=3x4", "2x19x25x33" } },
	{ "resize_grad", { "nearest", "mode=nearest size=16", "2x32x32x16" } },
	{ "avg_pool2d", { "window of 7", "kernel=7 stride=3 padding=3", "2x15x17x5" } },
	{ "concat", { "channels, many rows", "", "2x17x19x3 2x17x19x70 2x17x19x1" } },
	{ "slice", { "channels", "start=0,0,0,3 stop=2,17,19,70", "2x17x19x74" } },
	{ "transpose", { "to channels first", "perm=0,3,1,2", "2x17x19x37" } },
	{ "pixel_shuffle", { "blocks", "factor=2", "2x9x11x20" } },
	{ "sum", { "leading axes", "axes=0,1,2", "3x29x31x7" } },
	{ "sum", { "all", "", "3x29x31x7" } },
	{ "sum", { "middle of four", "axes=1,3", "3x5x7x70" } },
	{ "mean", { "spatial", "axes=1,2 keepdim=true", "3x29x31x40" } },
	{ "var", { "far from 0", "axes=0,1,2 correction=0", "3x29x31x5@5:6" } },
	{ "sum_to", { "channel", "shape=5", "3x29x31x5" } },
	{ "global_norm", { "two", "", "5000 31x7" } },
	{ "softmax", { "long rows", "", "7x333@-4:4" } },
	{ "softmax", { "classes", "", "2x13x17x21@-4:4" } },
	{ "log_softmax", { "channels first", "axis=1", "3x19x17x23@-4:4" } },
	{ "softmax_grad", { "classes", "", "2x13x17x21@0:0.1 2x13x17x21" } },
	{ "l2_normalize", { "long rows", "", "7x333" } },
	{ "cumsum", { "long", "axis=0", "5000" } },
	{ "argmax", { "classes", "", "2x13x17x21" } },
	{ "max_with_index", { "points", "axis=1", "3x257x70" } },
	{ "scatter_add", { "many to few", "axis=0 shape=3,7", "500x7 500x7#3" } },
	{ "take_grad", { "rows of a sample", "axis=1 shape=3,9,5", "3x70x5 70#10" } },
	{ "dropout", { "many", "p=0.25", "4099 scalar#1000 scalar#1000" } },
	{ "bce_with_logits", { "weights", "", "3x29x31x4@-3:3 3x29x31x4@0:1 4@1:3" } },
	{ "rows_linear", { "several blocks", "", "3000x48 80x48 1#3001" } },
	{ "rows_linear_grad_data", { "several blocks", "", "3000x80 80x48 1#3001" } },
	{ "rows_linear_grad_weights", { "several blocks", "", "3000x48 3000x80 1#3001" } },
	{ "rows_norm", { "many rows", "act=relu", "3000x48@2:3 48 48@0.5:2 48@0.5:2 48 3000@1:9 1#3001" } },
	{ "rows_norm_grad", { "many rows", "act=relu", "3000x48 3000x48 48 48@0.5:2 48 48 48 3000@1:9 1#3001" } },
	{ "rows_norm_max", { "wide", "act=relu", "700x530 530 530@0.5:2 530 530 700@1:9 1#701 2x40x2#701" } },
	{ "rows_max", { "wide", "act=relu", "700x530 530 530 2x40x2#701 1#701" } },
	{ "rows_norm_max_grad",
		{ "many balls", "act=relu", "2x90x1x48 2x90x1x48#3001 2x90x1x48 3000x48 48 48@0.5:2 48 3000@1:9 1#3001" } },
	{ "ball_rows", { "many rows", "", "2x40x16#100 1280#1280 1#1281 2x100x1x3 2x40x1x3 48x3 2x100x1x48" } },
	{ "ball_rows_grad_weights", { "many rows", "", "1280x48 2x40x16#100 1280#1280 1#1281 2x100x1x3 2x40x1x3" } },
	{ "pad", { "replicate, one number", "mode=replicate before=0,3,2,0 after=0,4,5,0", "2x1x3x4" } },
	{ "pad_grad", { "replicate, one number", "mode=replicate before=0,3,2,0 after=0,4,5,0", "2x8x10x4" } },
};

static void
test_large_cases(void **state)
{
	secant_native_grain = 1;
	for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
		const secant_op *op = secant_op_find(large[i].op);
		const secant_op_case list[2] = { large[i].c, { 0 } };
		secant_op with = *op;
		with.cases = list;
		for (const secant_impl *const *table = tables; *table; table++)
			for (const secant_impl *impl = *table; impl->op; impl++)
				for (int low = 0; low < 2 && !strcmp(impl->op, op->name); low++)
					if (!low || op->low != SECANT_LOW_NEVER)
						assert_int_equal(run_cases(&with, impl, low),
							low && is_product_of_rows(op) && secant_cpu_isa() < SECANT_ISA_AVX512 ? 0 : 1);
	}
}

/* The same program again for every lesser instruction set. */
static void
test_other_instruction_sets(void **state)
{
	static const char *const sets[] = { "sse2", "avx2" };
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operator),
		cmocka_unit_test(test_large_cases),
		cmocka_unit_test(test_other_instruction_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
