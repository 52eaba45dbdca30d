/*
 * How long a network takes, and what the machine could do. See secant/bench.h.
 *
 * The limit that a measured time is compared with is flops / (rate of a large product) + bytes / (rate of copying): the
 * time of convolutions that run as fast as products do, and of the memory that not even perfect fusion spares: their
 * operands and results.
 */
#include <secant/bench.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "base/cpu.h"
#include "base/thread.h"
#include "app/planned.h"
#include "exec/plan.h"

struct secant_bench {
	app_planned_run r;
	bool train;
	int threads;
};

/* Work of the steps that compute. Adam reads parameter, gradient and two slots, and writes all but the gradient. */
static void
count_work(const secant_bench *b, secant_bench_info *info)
{
	const exec_plan *p = b->r.plan;
	for (int i = 0; i < p->n_step; i++) {
		const exec_step *s = &p->step[i];
		info->flops += s->flops;
		for (int k = 0; k < s->n_in && s->flops > 0; k++)
			info->bytes += (double)exec_operand_bytes(&s->in[k]);
		for (int k = 0; k < s->n_out && s->flops > 0; k++)
			info->bytes += s->out[k].used ? (double)exec_operand_bytes(&s->out[k]) : 0;
	}
	const exec_store *store = b->r.model.store;
	for (int i = 0; store && i < store->n; i++)
		info->parameters += store->slot[i].trainable ? store->slot[i].count : 0;
	info->multiple = store ? b->r.model.multiple : b->r.deployed.multiple;
	if (b->train)
		info->bytes += 7 * sizeof(float) * (double)b->r.optimizer.store->params_count;
}

secant_bench *
secant_bench_new(const char *model, const secant_planned *o, secant_bench_info *info, secant_err *err)
{
	secant_bench *b = secant_calloc(1, sizeof *b);
	if (!b) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a measurement");
		return NULL;
	}
	if (app_planned_open(&b->r, model, o, err)) {
		secant_free(b);
		return NULL;
	}
	b->train = o->train;
	b->threads = o->threads > 0 ? o->threads : base_cpu_count();
	if (info) {
		*info = (secant_bench_info){ .precision = exec_precision_name(b->r.plan->options.precision),
			.plan_ms = 1e3 * b->r.seconds };
		count_work(b, info);
	}
	return b;
}

secant_status
secant_bench_run(secant_bench *b, double *milliseconds, secant_err *err)
{
	double start = secant_seconds();
	train_step *step = &b->r.trial.step;
	secant_status status = b->train ? train_step_gradients(step, err) : exec_context_run(b->r.context, err);
	if (!status && b->train && !(status = train_step_reduce(step, false, b->threads, err)))
		train_step_update(step, b->r.settings.learning_rate, -1, b->threads);
	*milliseconds = 1e3 * (secant_seconds() - start);
	return status;
}

void
secant_bench_free(secant_bench *b)
{
	if (!b)
		return;
	app_planned_close(&b->r);
	secant_free(b);
}

/* VmHWM of Linux: ru_maxrss would count the process that started this one, from before it became this program. */
int64_t
secant_peak_bytes(void)
{
	char line[256];
	long long kib = 0;
	struct rusage usage;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && !kib && fgets(line, sizeof line, f))
		if (sscanf(line, "VmHWM: %lld", &kib) != 1)
			kib = 0;
	if (f)
		fclose(f);
	if (!kib && !getrusage(RUSAGE_SELF, &usage))
		kib = usage.ru_maxrss;
	return kib * 1024;
}

/* ---- the machine ---- */

enum { PRODUCTS = 3, REPEATS = 4 };

/* x, x w, x w w, ...: in bf16 only the ends of the chain are converted, and only the products are timed. */
static graph_net *
chain_of_products(int size, graph_value *y, secant_err *err)
{
	graph_net *g = graph_new();
	if (!g) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
		return NULL;
	}
	secant_shape square = secant_shape_of(2, size, size);
	*y = graph_input(g, "x", SECANT_F32, &square);
	graph_value w = graph_state(g, "w", SECANT_F32, &square, false, GRAPH_INIT_ZEROS);
	for (int i = 0; i < PRODUCTS; i++)
		*y = graph_apply(g, "matmul", NULL, 2, *y, w);
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

static secant_status
time_products(exec_plan *p, float *x, double *gflops, secant_err *err)
{
	exec_context *c = exec_context_new(p, err);
	secant_status status = c ? exec_context_set_input(c, "x", x, err) : err->code;
	for (int run = 0; run < REPEATS && !status; run++) {
		status = exec_context_run_timed(c, err);
		for (int i = 0; i < p->n_step && !status; i++)
			if (c->seconds[i] > 0 && p->step[i].flops / c->seconds[i] > 1e9 * *gflops)
				*gflops = p->step[i].flops / c->seconds[i] / 1e9;
	}
	exec_context_free(c);
	return status;
}

/* The best product of matrices of ones / size, which stay what they are. */
static secant_status
measure_products(int size, int threads, exec_precision precision, double *gflops, secant_err *err)
{
	graph_value y;
	graph_net *g = chain_of_products(size, &y, err);
	exec_store *store = g ? exec_store_new(g, false, err) : NULL;
	exec_plan *p = NULL;
	size_t n = (size_t)size * (size_t)size;
	float *x = store ? base_alloc_aligned(n * sizeof *x) : NULL;
	secant_status status = SECANT_OK;
	if (!x)
		status = err->code ? err->code : secant_fail(err, SECANT_ERR_NOMEM, "no memory for matrices of %d", size);
	for (size_t i = 0; i < n && !status; i++)
		((float *)store->slot[0].data)[i] = x[i] = 1.f / (float)size;
	if (!status) {
		p = exec_plan_new(g, store, &y, 1, &(exec_plan_options){ .precision = precision, .threads = threads }, err);
		status = p ? time_products(p, x, gflops, err) : err->code;
	}
	exec_plan_free(p);
	secant_free(x);
	exec_store_free(store);
	graph_free(g);
	return status;
}

static secant_status
measure_copy(int threads, int mebibytes, double *gbs, secant_err *err)
{
	enum { PART = 1 << 20, RUNS = 8 };
	size_t bytes = (size_t)mebibytes * PART;
	char *from = base_alloc_aligned(bytes), *to = base_alloc_aligned(bytes);
	secant_status status = from && to ? SECANT_OK
									  : secant_fail(err, SECANT_ERR_NOMEM, "no memory to copy %d MiB", mebibytes);
	for (int run = 0; run < RUNS && !status; run++) { /* the first one touches the pages */
		double start = secant_seconds();
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads)
#endif
		for (int t = 0; t < threads; t++) {
			size_t first = bytes / (size_t)threads * (size_t)t,
				   end = t + 1 < threads ? bytes / (size_t)threads * (size_t)(t + 1) : bytes;
			memcpy(to + first, from + first, end - first);
		}
		double rate = 2 * (double)bytes / (secant_seconds() - start) / 1e9;
		if (run > 0 && rate > *gbs)
			*gbs = rate;
	}
	secant_free(from);
	secant_free(to);
	return status;
}

secant_status
secant_rates_measure(int threads, int size, int mebibytes, secant_rates *rates, secant_err *err)
{
	secant_err own = { 0 };
	*rates = (secant_rates){ 0 };
	if (threads <= 0)
		threads = base_cpu_count();
	if (size < 1 || mebibytes < 1)
		return secant_fail(err, SECANT_ERR_ARG, "matrices of %d and %d MiB tell no rate", size, mebibytes);
	if (!measure_products(size, threads, EXEC_PRECISION_F32, &rates->f32_gflops, &own)
		&& !(base_cpu_has_bf16() && measure_products(size, threads, EXEC_PRECISION_BF16, &rates->bf16_gflops, &own)))
		(void)!measure_copy(threads, mebibytes, &rates->copy_gbs, &own);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
