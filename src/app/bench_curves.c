/*
 * What inference costs as pictures and batches grow, as two charts: lines that stay level say that the cost is linear.
 * See secant/bench.h.
 */
#include <secant/bench.h>
#include "base/cpu.h"
#include "base/file.h"
#include "base/thread.h"
#include "draw/chart.h"
#include "app/planned.h"

enum { POINTS = 8, LINES = 4, LEAST_RUNS = 3 };
static const int sides[POINTS] = { 128, 192, 256, 384, 512, 1024, 1536, 2048 };
static const int batches[] = { 1, 2, 4, 8, 16 };
static const double budget = 200; /* milliseconds that a point is repeated for */

typedef struct progress {
	bool (*tick)(void *user, int done, int total);
	void *user;
	int done, total;
} progress;

typedef struct line {
	char name[48];
	const char *precision;
	int threads;
	double x[POINTS], y[POINTS];
	int n;
} line;

static secant_status
advance(progress *p, secant_err *err)
{
	p->done++;
	return p->tick && !p->tick(p->user, p->done, p->total) ? secant_fail(err, SECANT_ERR_CANCELLED, "interrupted")
														   : SECANT_OK;
}

/* The best of at least LEAST_RUNS runs, and of more while they are short; the first one only warms up. */
static secant_status
best_time(const char *model, const secant_planned *o, double *best, secant_err *err)
{
	secant_bench *b = secant_bench_new(model, o, NULL, err);
	secant_status status = b ? SECANT_OK : err->code;
	double spent = 0, ms;
	*best = 0;
	for (int run = 0; !status && (run <= LEAST_RUNS || spent < budget); run++) {
		if ((status = secant_bench_run(b, &ms, err)))
			break;
		spent += ms;
		if (run > 0 && (*best <= 0 || ms < *best))
			*best = ms;
	}
	secant_bench_free(b);
	return status;
}

static int
lines_of(line *l, const secant_planned *o)
{
	int many = o->threads > 0 ? o->threads : base_cpu_count(), n = 0;
	for (int low = 0; low < (base_cpu_has_bf16() ? 2 : 1); low++)
		for (int t = 0; t < (many > 1 ? 2 : 1); t++, n++) {
			l[n] = (line){ .precision = low ? "bf16" : "f32", .threads = t ? many : 1 };
			(void)snprintf(l[n].name, sizeof l[n].name, "%s, %d thread%s", l[n].precision, l[n].threads, t ? "s" : "");
		}
	return n;
}

static secant_status
draw(const line *l, int n, const char *title, const char *x, const char *y, const char *folder, const char *name,
	secant_err *err)
{
	draw_series series[LINES];
	for (int i = 0; i < n; i++)
		series[i] = (draw_series){ l[i].name, l[i].x, l[i].y, l[i].n, 0 };
	draw_chart c = { .title = title, .x_label = x, .left_label = y, .series = series, .n = n, .left_from_0 = true };
	char *path = base_path_join(folder, name);
	secant_status status = path ? draw_chart_write(&c, path, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_free(path);
	return status;
}

/* One chart: every line at every side (batch 1) or at every batch (of the pictures that the options say). */
static secant_status
measure(line *l, int n, const char *model, const secant_planned *base, bool over_batches, int largest, progress *p,
	secant_err *err)
{
	int points = over_batches ? (int)(sizeof batches / sizeof *batches) : POINTS;
	secant_status status = SECANT_OK;
	for (int i = 0; i < n; i++)
		for (int k = l[i].n = 0; k < points && !status; k++) {
			secant_planned o = *base;
			double ms;
			o.train = false;
			o.precision = (char *)(uintptr_t)l[i].precision;
			o.threads = l[i].threads;
			o.batch = over_batches ? batches[k] : 1;
			if (!over_batches)
				o.size.v[0] = o.size.v[1] = sides[k];
			if (!over_batches && sides[k] > largest)
				continue;
			if ((status = best_time(model, &o, &ms, err)))
				break;
			l[i].x[l[i].n] = over_batches ? batches[k] : sides[k];
			l[i].y[l[i].n++] = over_batches ? ms / batches[k] : 1e6 * ms / ((double)sides[k] * sides[k]);
			status = advance(p, err);
		}
	return status;
}

secant_status
secant_bench_curves(const char *model, const secant_planned *o, int largest, const char *folder,
	bool (*tick)(void *user, int done, int total), void *user, secant_err *err)
{
	secant_err own = { 0 };
	line lines[LINES];
	int n = lines_of(lines, o), points = 0;
	for (int k = 0; k < POINTS; k++)
		points += sides[k] <= largest;
	progress p = { tick, user, 0, n * (points + (int)(sizeof batches / sizeof *batches)) };
	if (!points)
		return secant_fail(err, SECANT_ERR_ARG,
			"a curve of pictures up to %d pixels has no points: the first one is %d", largest, sides[0]);
	if (!secant_make_dirs(folder, &own) && !measure(lines, n, model, o, false, largest, &p, &own)
		&& !draw(lines, n, "Inference: cost of a pixel", "side of a square picture (pixels)", "nanoseconds a pixel",
			folder, "cost-of-pixels.png", &own)
		&& !measure(lines, n, model, o, true, largest, &p, &own))
		(void)!draw(lines, n, "Inference: cost of a picture in a batch", "pictures in the batch",
			"milliseconds a picture", folder, "cost-of-batch.png", &own);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
