/* How long a network takes. See secant_model_bench. */
#include <stdlib.h>
#include <sys/resource.h>
#include "train/planned.h"

static int
smaller_first(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static secant_status
measure(secant_planned_run *r, double *ms, int runs, int warm_up, bool (*tick)(void *user, int done, int total), void *user, secant_err *err)
{
	for (int i = -warm_up; i < runs; i++) {
		double start = secant_seconds();
		secant_status status = secant_context_run(r->context, err);
		if (status)
			return status;
		if (i >= 0)
			ms[i] = 1e3 * (secant_seconds() - start);
		if (tick && !tick(user, i + warm_up + 1, runs + warm_up))
			return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	}
	return SECANT_OK;
}

secant_status
secant_model_bench(const char *model, const secant_planned *o, int runs, int warm_up, bool (*tick)(void *user, int done, int total), void *user, secant_bench_result *result,
                   secant_err *err)
{
	secant_planned_run r;
	struct rusage usage;
	*result = (secant_bench_result){ 0 };
	if (runs < 1)
		return secant_fail(err, SECANT_ERR_ARG, "%d runs tell no time", runs);
	double *ms = secant_calloc((size_t)runs, sizeof *ms);
	secant_status status = ms ? secant_planned_open(&r, model, o, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for times");
	if (!status) {
		result->plan_ms = 1e3 * r.seconds;
		status = measure(&r, ms, runs, warm_up, tick, user, err);
		secant_planned_close(&r);
	}
	if (!status) {
		qsort(ms, (size_t)runs, sizeof *ms, smaller_first);
		getrusage(RUSAGE_SELF, &usage);
		result->runs = runs;
		result->median_ms = (ms[(runs - 1) / 2] + ms[runs / 2]) / 2;
		result->min_ms = ms[0];
		result->max_ms = ms[runs - 1];
		result->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
	}
	secant_free(ms);
	return status;
}
