/*
 * How fast the native operators that bound training move bytes, beside memcpy: every line gives the bytes that an
 * operator must move (each operand once, norms their operands twice), the rate in GB/s, and its share of memcpy's on
 * buffers as large, measured in turns: the best of 15 runs each, as others may use the machine. Usage:
 *
 *     bench_kernels [threads] [operator]
 *
 * Not a test: nothing is checked here.
 */
#include "exec/native/native.h"
#include <stdio.h>
#include <stdlib.h>

#define IMPLS(name) extern const exec_impl exec_impls_##name[];
#include "exec/impls.inc"
#undef IMPLS
static const exec_impl *const tables[] = {
#define IMPLS(name) exec_impls_##name,
#include "exec/impls.inc"
#undef IMPLS
	NULL,
};

typedef struct line {
	const char *op, *attr, *in;
	unsigned outputs;
	int passes;
} line;

/* Of Unet-resnet34 at 8 x 256 x 256, largest first, and of other families what differs. passes: how often the reading
 * operands are read. */
static const line lines[] = {
	{ "batch_norm_train", "act=relu", "8x256x256x16 16 16 16 16", 0x1f, 2 },
	{ "batch_norm_train", "act=relu", "8x128x128x64 64 64 64 64", 0x1f, 2 },
	{ "batch_norm_train", "act=relu", "8x64x64x64 64 64 64 64 8x64x64x64", 0x1f, 2 },
	{ "batch_norm_train", "act=relu", "8x16x16x256 256 256 256 256", 0x1f, 2 },
	{ "batch_norm_train", "", "8x8x8x512 512 512 512 512", 0x1f, 2 },
	{ "batch_norm_train_grad", "act=relu", "8x256x256x16 8x256x256x16 16 16 16 8x256x256x16", 7, 2 },
	{ "batch_norm_train_grad", "act=relu", "8x128x128x64 8x128x128x64 64 64 64 8x128x128x64", 7, 2 },
	{ "batch_norm_train_grad", "act=relu", "8x64x64x64 8x64x64x64 64 64 64 8x64x64x64", 15, 2 },
	{ "batch_norm", "act=relu", "8x128x128x64 64 64 64 64", 1, 1 },
	{ "relu", "", "8x128x128x64", 1, 1 },
	{ "unary_grad", "kind=relu", "8x128x128x64 8x128x128x64", 1, 1 },
	{ "silu", "", "8x128x128x64", 1, 1 },
	{ "gelu", "", "8x128x128x64", 1, 1 },
	{ "sigmoid", "", "8x256x256x1", 1, 1 },
	{ "add", "", "8x128x128x64 8x128x128x64", 1, 1 },
	{ "add", "", "8x128x128x16 16", 1, 1 },
	{ "mul", "", "8x128x128x64 8x1x1x64", 1, 1 },
	{ "mul", "", "8x128x128x64 8x128x128x1", 1, 1 },
	{ "max_pool2d", "kernel=3 stride=2 padding=1", "8x128x128x64", 3, 1 },
	{ "max_pool2d_grad", "kernel=3 stride=2 padding=1 size=128x128", "8x64x64x64 8x64x64x64#9", 1, 1 },
	{ "resize", "mode=nearest size=128", "8x64x64x128", 1, 1 },
	{ "resize_grad", "mode=nearest size=64", "8x128x128x128", 1, 1 },
	{ "resize_grad", "mode=nearest size=128", "8x256x256x32", 1, 1 },
	{ "resize", "mode=bilinear size=128", "8x64x64x128", 1, 1 },
	{ "resize", "mode=bilinear size=512", "1x128x128x1", 1, 1 },
	{ "resize_grad", "mode=bilinear size=64", "8x128x128x128", 1, 1 },
	{ "concat", "", "8x128x128x64 8x128x128x64", 1, 1 },
	{ "concat", "", "8x128x128x128 8x128x128x64", 1, 1 },
	{ "slice", "start=0,0,0,64 stop=8,128,128,128", "8x128x128x128", 1, 0 },
	{ "transpose", "perm=0,3,1,2", "8x128x128x64", 1, 1 },
	{ "sum", "axes=0,1,2", "8x128x128x64", 1, 1 },
	{ "mean", "axes=1,2 keepdim=true", "8x128x128x64", 1, 1 },
	{ "sum", "", "8x256x256x1", 1, 1 },
	{ "softmax", "", "8x128x128x21", 1, 1 },
	{ "softmax", "", "64x64x256", 1, 1 },
	{ "log_softmax", "", "8x256x256x5", 1, 1 },
	{ "argmax", "", "8x128x128x21", 1, 1 },
	{ "layer_norm", "", "8x1024x256 256 256", 7, 1 },
	{ "layer_norm_grad", "", "8x1024x256 8x1024x256 8x1024 8x1024@0.5:2 256", 7, 1 },
	{ "group_norm", "groups=16", "8x64x64x64 64 64", 7, 2 },
	{ "dropout", "", "8x64x64x256 scalar#9 scalar#9", 1, 1 },
	{ "bce_with_logits", "", "8x256x256x1 8x256x256x1@0:1", 1, 1 },
	{ "logsumexp", "", "64x64x256", 1, 1 },
	{ "conv2d", "padding=1 groups=32 act=relu", "8x64x64x128 128x4x3x3 128", 1, 1 },
	{ "conv2d", "padding=1 groups=32 act=relu", "8x32x32x256 256x8x3x3 256", 1, 1 },
	{ "conv2d", "padding=1 groups=32 act=relu", "8x16x16x512 512x16x3x3 512", 1, 1 },
	{ "conv2d", "padding=1 stride=2 groups=32 act=relu", "8x64x64x256 256x8x3x3 256", 1, 1 },
	{ "conv2d_grad_data", "padding=1 groups=32 size=64", "128x4x3x3 8x64x64x128", 1, 1 },
};

enum { MOST = 8 };

typedef struct run {
	graph_net *g;
	exec_step s;
	const exec_impl *impl;
	const void *in[MOST];
	void *out[MOST], *scratch, *attr;
	double bytes;
} run;

static secant_shape
shape_of(const char *word)
{
	secant_shape s = { 0 };
	for (char *end = (char *)(uintptr_t)word; strncmp(word, "scalar", 6); end++) {
		s.dim[s.rank++] = strtol(end, &end, 10);
		if (*end != 'x')
			break;
	}
	return s;
}

static void *
numbers(const exec_operand *o, bool integer)
{
	int64_t n = secant_shape_count(&o->shape);
	char *p = aligned_alloc(64, ((size_t)n * 8 + 127) / 64 * 64);
	secant_tensor t = { o->dtype, o->shape, p, NULL };
	for (int64_t i = 0; i < n; i++)
		secant_tensor_set(&t, i, integer ? (double)(i % 9) : 0.01 * (double)(i * 7 % 200) - 0.7);
	return p;
}

static bool
make(run *r, const line *l, bool low, int threads)
{
	const graph_op *op = graph_op_find(l->op);
	graph_value v[MOST];
	char text[256], *save = NULL;
	int n = 0;
	bool lower = low && op->low != GRAPH_LOW_NEVER;
	memset(r, 0, sizeof *r);
	r->g = graph_new();
	r->s.in = calloc(MOST, sizeof *r->s.in);
	r->s.out = calloc(MOST, sizeof *r->s.out);
	snprintf(text, sizeof text, "%s", l->in);
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save), n++) {
		exec_operand *o = &r->s.in[n];
		char name[8];
		bool integer = strchr(p, '#') != NULL;
		o->shape = shape_of(p);
		o->dtype = integer ? (!strncmp(p, "scalar", 6) ? SECANT_I64 : SECANT_U8) : SECANT_F32;
		snprintf(name, sizeof name, "in%d", n);
		v[n] = graph_input(r->g, name, o->dtype, &o->shape);
		o->dtype = !integer && lower && op->low_in >> n & 1 ? SECANT_BF16 : o->dtype;
		r->in[n] = numbers(o, integer);
		double bytes = (double)secant_shape_count(&o->shape) * (double)secant_dtype_size(o->dtype);
		r->bytes += l->passes * bytes;
	}
	r->attr = calloc(1, op->attr ? op->attr->size : 1);
	if (op->attr && secant_opts_init(op->attr, r->attr, NULL))
		return false;
	snprintf(text, sizeof text, "%s", l->attr);
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(p, '=');
		*eq = '\0';
		if (secant_opts_set(op->attr, r->attr, p, eq + 1, NULL))
			return false;
	}
	r->s.node = graph_make_node(r->g, l->op, op->attr ? r->attr : NULL, n, v);
	if (!r->s.node)
		return false;
	r->s.n_in = n;
	r->s.n_out = r->s.node->n_out;
	r->s.threads = threads;
	for (int o = 0; o < r->s.n_out; o++) {
		const graph_value_info *info = graph_value_at(r->g, r->s.node->out[o]);
		r->s.out[o] = (exec_operand){ info->type.dtype, info->type.shape, .used = l->outputs >> o & 1 };
		if (r->s.out[o].dtype == SECANT_F32 && lower && op->low_out >> o & 1)
			r->s.out[o].dtype = SECANT_BF16;
		if (l->outputs >> o & 1) {
			double bytes = (double)secant_shape_count(&r->s.out[o].shape)
				* (double)secant_dtype_size(r->s.out[o].dtype);
			r->out[o] = numbers(&r->s.out[o], true);
			r->bytes += bytes * (l->passes ? 1 : 2); /* a slice reads what it writes */
		}
	}
	for (const exec_impl *const *t = tables; *t && !r->impl; t++)
		for (const exec_impl *i = *t; i->op && !r->impl; i++)
			if (!strcmp(i->op, l->op) && (!i->supports || i->supports(&r->s))
				&& (!i->prepare || i->prepare(&r->s, NULL) == SECANT_OK))
				r->impl = i;
	r->scratch = aligned_alloc(64, (r->s.scratch + 127) / 64 * 64);
	return r->impl != NULL;
}

static void
release(run *r)
{
	for (int i = 0; i < MOST; i++) {
		free((void *)(uintptr_t)r->in[i]);
		free(r->out[i]);
	}
	free(r->scratch);
	free(r->attr);
	free(r->s.in);
	free(r->s.out);
	secant_free(r->s.data);
	graph_free(r->g);
}

static double
time_run(const run *r)
{
	double start = secant_seconds();
	(void)r->impl->run(&r->s, NULL, r->in, r->out, r->scratch, NULL);
	return secant_seconds() - start;
}

/* Moves `bytes` in all: half of them read, half written. */
static double
time_copy(char *to, const char *from, double bytes, int threads)
{
	int64_t n = (int64_t)(bytes / 2);
	double start = secant_seconds();
	EXEC_PARTS(threads)
	for (int t = 0; t < threads; t++) {
		int64_t a = exec_part(n, threads, t), b = exec_part(n, threads, t + 1);
		memcpy(to + a, from + a, (size_t)(b - a));
	}
	return secant_seconds() - start;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	enum { ROUNDS = 15 };
	int threads = argc > 1 ? atoi(argv[1]) : 2;
	printf("%d threads, %s\n%-22s %-44s %-5s %8s %8s %8s %6s\n", threads, base_isa_name(base_cpu_isa()), "operator",
		"operands", "type", "MB", "ms", "GB/s", "copy");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		for (int low = 0; low < 2; low++) {
			run r;
			double t[ROUNDS], c[ROUNDS];
			if (argc > 2 && strcmp(argv[2], lines[i].op))
				continue;
			if (!make(&r, &lines[i], low, threads)) {
				printf("%-22s %-44s cannot run\n", lines[i].op, lines[i].in);
				continue;
			}
			char *a = calloc(1, (size_t)r.bytes / 2 + 64), *b = calloc(1, (size_t)r.bytes / 2 + 64);
			memset(a, 1, (size_t)r.bytes / 2);
			memset(b, 1, (size_t)r.bytes / 2);
			for (int k = -1; k < ROUNDS; k++) {
				double x = time_run(&r), y = time_copy(a, b, r.bytes, threads);
				t[k < 0 ? 0 : k] = x;
				c[k < 0 ? 0 : k] = y;
			}
			qsort(t, ROUNDS, sizeof *t, by_value);
			qsort(c, ROUNDS, sizeof *c, by_value);
			printf("%-22s %-44.44s %-5s %8.1f %8.3f %8.2f %6.2f\n", lines[i].op, lines[i].in, low ? "bf16" : "f32",
				r.bytes * 1e-6, t[0] * 1e3, r.bytes / t[0] * 1e-9, c[0] / t[0]);
			free(a);
			free(b);
			release(&r);
		}
	return 0;
}
