/* `secant bench`: how long a network takes. */
#include "command.h"
#include <jansson.h>
#include <secant/model.h>
#include <stdlib.h>

typedef struct bench { int runs, warm_up; secant_planned planned; common common; } bench;

static const secant_opt bench_rows[] = {
	SECANT_OPT(bench, runs, INT, "runs", "10", 1, 100000, "how often it is timed"),
	SECANT_OPT(bench, warm_up, INT, "warm-up", "2", 0, 100000, "runs before that"),
	SECANT_OPT_TABLE(bench, planned, &secant_planned_options),
	SECANT_OPT_TABLE(bench, common, &common_options),
	SECANT_OPT_END
};
static const secant_opts bench_options = { "bench", sizeof(bench), bench_rows };

static bool
tick(void *user, int done, int total)
{
	tool_progress("bench", done, total, NULL);
	return !tool_interrupted();
}

static void
print_text(const secant_bench_result *r, int batch)
{
	printf("median %.3f ms, min %.3f, max %.3f (%d runs); %.2f images/s; plan made in %.0f ms; peak memory %.1f MiB\n", r->median_ms, r->min_ms, r->max_ms, r->runs,
		1e3 * batch / r->median_ms, r->plan_ms, (double)r->peak_bytes / 1048576);
}

static int
print_json(const secant_bench_result *r, int batch, secant_err *err)
{
	json_t *j = json_pack("{s:f,s:f,s:f,s:I,s:i,s:f,s:f}", "median_ms", r->median_ms, "min_ms", r->min_ms, "max_ms", r->max_ms, "peak_bytes", (json_int_t)r->peak_bytes,
		"runs", r->runs, "images_per_second", 1e3 * batch / r->median_ms, "plan_ms", r->plan_ms);
	char *text = json_dumps(j, JSON_REAL_PRECISION(7));
	json_decref(j);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	puts(text);
	free(text);
	return 0;
}

static int
bench_run(void *options, int n, const char *const *operands, secant_err *err)
{
	bench *o = options;
	secant_bench_result r;
	tool_progress_begin(&o->common, "runs");
	secant_status status = secant_model_bench(n ? operands[0] : NULL, &o->planned, o->runs, o->warm_up, tick, NULL, &r, err);
	tool_progress_end();
	if (status)
		return status;
	if (o->common.json)
		return print_json(&r, o->planned.batch, err);
	print_text(&r, o->planned.batch);
	return 0;
}

const command command_bench = {
	.name = "bench", .brief = "times a network", .operands = "[MODEL]",
	.details = "Times the network alone, on random numbers: no files, no pictures. --train times forward and backward with the loss, without the optimiser.\n"
	           "Without a model file the network is described by options and its weights are random. peak_bytes is the largest resident memory of the process.",
	.example = "secant bench unet.safetensors --size 512x512 --batch 1\nsecant bench --encoder resnet18 --train --batch 8 --size 256 --json",
	.options = &bench_options, .max_operands = 1, .run = bench_run
};
