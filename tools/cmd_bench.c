/* `secant bench`: how long a network takes, and what the machine could do. */
#include "command.h"
#include <secant/bench.h>
#include <secant/info.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench {
	int runs, warm_up, largest;
	bool on_request, calibrate;
	char *plots;
	secant_planned planned;
	common common;
} bench;

static const secant_opt bench_rows[] = {
	SECANT_OPT(bench, runs, INT, "runs", "10", 1, 100000, "how often it is timed"),
	SECANT_OPT(bench, warm_up, INT, "warm-up", "2", 0, 100000, "runs before that"),
	SECANT_OPT(bench, on_request, BOOL, "on-request", "false", 0, 1,
		"one run for each line of standard input: prints {\"ready\": true, ...} when it is warm, then {\"ms\": X} for "
		"each line"),
	SECANT_OPT(bench, calibrate, BOOL, "calibrate", "false", 0, 1,
		"what the machine can do, and no network: products of matrices in f32 and bf16, copying"),
	SECANT_OPT(bench, plots, STR, "plots", NULL, 0, 0,
		"folder for cost-of-pixels.png and cost-of-batch.png: inference on growing pictures and batches, 1 and "
		"--threads threads"),
	SECANT_OPT(bench, largest, INT, "largest", "2048", 128, 65536, "side of the largest picture of --plots"),
	SECANT_OPT_TABLE(bench, planned, &secant_planned_options),
	SECANT_OPT_TABLE(bench, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts bench_options = { "bench", sizeof(bench), bench_rows };

static bool
tick(void *user, int done, int total)
{
	tool_progress("bench", done, total, NULL);
	return !tool_interrupted();
}

static int
print(json_t *j, secant_err *err)
{
	int status = tool_print_json(stdout, j, JSON_REAL_PRECISION(7), err);
	fflush(stdout);
	return status;
}

static int
calibrate(const bench *o, secant_err *err)
{
	enum { MATRIX = 2048, MEBIBYTES = 256 };
	secant_rates r;
	if (secant_rates_measure(o->planned.threads, MATRIX, MEBIBYTES, &r, err))
		return err->code;
	if (o->common.json)
		return print(
			json_pack("{s:f,s:f,s:f,s:s,s:s}", "f32_gflops", r.f32_gflops, "bf16_gflops", r.bf16_gflops, "copy_gbs",
				r.copy_gbs, "backend", secant_backend(), "instruction_set", secant_instruction_set()),
			err);
	printf("products of %d: f32 %.0f GFLOP/s, ", MATRIX, r.f32_gflops);
	if (r.bf16_gflops > 0)
		printf("bf16 %.0f GFLOP/s", r.bf16_gflops);
	else
		printf("no bf16");
	printf("; copying %.1f GB/s read and written; %s, %s\n", r.copy_gbs, secant_instruction_set(), secant_backend());
	return 0;
}

static int
smaller_first(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int
print_times(const bench *o, double *ms, int n, const secant_bench_info *info, secant_err *err)
{
	qsort(ms, (size_t)n, sizeof *ms, smaller_first);
	double median = (ms[(n - 1) / 2] + ms[n / 2]) / 2, images = 1e3 * o->planned.batch / median,
		   mib = (double)secant_peak_bytes() / 1048576;
	if (o->common.json)
		return print(
			json_pack("{s:f,s:f,s:f,s:I,s:i,s:f,s:f,s:s,s:f,s:f,s:I,s:i}", "median_ms", median, "min_ms", ms[0],
				"max_ms", ms[n - 1], "peak_bytes", (json_int_t)secant_peak_bytes(), "runs", n, "images_per_second",
				images, "plan_ms", info->plan_ms, "precision", info->precision, "flops", info->flops, "bytes",
				info->bytes, "parameters", (json_int_t)info->parameters, "multiple", info->multiple),
			err);
	printf("median %.3f ms, min %.3f, max %.3f (%d runs); %.2f images/s; %.0f GFLOP/s in %s; plan made in %.0f ms; "
		   "peak memory %.1f MiB\n",
		median, ms[0], ms[n - 1], n, images, info->flops / median / 1e6, info->precision, info->plan_ms, mib);
	return 0;
}

static int
timed_runs(const bench *o, secant_bench *b, const secant_bench_info *info, secant_err *err)
{
	double *ms = calloc((size_t)o->runs, sizeof *ms), unused;
	if (!ms)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for times");
	int status = 0;
	tool_progress_begin(&o->common, "runs");
	for (int i = -o->warm_up; i < o->runs && !status; i++) {
		status = secant_bench_run(b, i < 0 ? &unused : &ms[i], err);
		if (!status && !tick(NULL, i + o->warm_up + 1, o->runs + o->warm_up))
			status = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	}
	tool_progress_end();
	if (!status)
		status = print_times(o, ms, o->runs, info, err);
	free(ms);
	return status;
}

/* A worker for comparisons that take turns: whoever drives it decides when it runs. */
static int
on_request(const bench *o, secant_bench *b, const secant_bench_info *info, secant_err *err)
{
	char line[256];
	double ms;
	int status = 0;
	for (int i = 0; i < o->warm_up && !status; i++)
		status = secant_bench_run(b, &ms, err);
	if (!status)
		status = print(json_pack("{s:b,s:f,s:s,s:f,s:f}", "ready", 1, "plan_ms", info->plan_ms, "precision",
						   info->precision, "flops", info->flops, "bytes", info->bytes),
			err);
	while (!status && fgets(line, sizeof line, stdin)) {
		if (!strchr(line, '\n'))
			continue;
		status = secant_bench_run(b, &ms, err);
		if (!status)
			status = print(json_pack("{s:f}", "ms", ms), err);
	}
	return status;
}

static int
bench_run(void *options, int n, const char *const *operands, secant_err *err)
{
	bench *o = options;
	const char *model = n ? operands[0] : NULL;
	secant_bench_info info;
	if (o->calibrate)
		return calibrate(o, err);
	if (o->plots) {
		tool_progress_begin(&o->common, "points");
		int status = secant_bench_curves(model, &o->planned, o->largest, o->plots, tick, NULL, err);
		tool_progress_end();
		return status;
	}
	secant_bench *b = secant_bench_new(model, &o->planned, &info, err);
	if (!b)
		return err->code;
	int status = o->on_request ? on_request(o, b, &info, err) : timed_runs(o, b, &info, err);
	secant_bench_free(b);
	return status;
}

const command command_bench = {
	.name = "bench",
	.brief = "times a network",
	.operands = "[MODEL]",
	.details = "Times the network alone, on random numbers: no files, no pictures. --train times a step of training: "
			   "forward, backward with the loss, AdamW.\n"
			   "Without a model file the network is described by options and its weights are random. peak_bytes is the "
			   "largest resident memory of the process; "
			   "flops are the work of its convolutions and products, bytes what these cannot avoid to move.",
	.example = "secant bench unet.safetensors --size 512x512 --batch 1\nsecant bench --encoder resnet18 --train "
			   "--batch 8 --size 256 --json\n"
			   "secant bench --calibrate",
	.options = &bench_options,
	.max_operands = 1,
	.run = bench_run,
};
