/*
 * The search for a threshold. Every pixel is counted once by its probability, foreground and background apart; what
 * each threshold would give follows from sums over those counts, so that nothing is computed by the network twice.
 */
#include "judge/thresholds.h"
#include <math.h>
#include <stdio.h>
#include "base/file.h"
#include "base/mem.h"
#include "draw/chart.h"

/* A step holds what `probability >= step / 1000` and `< (step + 1) / 1000` say, as the judgement itself compares. */
static int
step_of(double p)
{
	if (!(p > 0))
		return 0;
	int k = p >= 1 ? JUDGE_THRESHOLDS - 1 : (int)(p * JUDGE_THRESHOLDS);
	return k < JUDGE_THRESHOLDS ? k : JUDGE_THRESHOLDS - 1;
}

void
judge_thresholds_add(judge_thresholds *t, int classes, const float *v, bool probabilities, const float *target,
	int height, int width, int stride)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width * classes; x++) {
			size_t i = (size_t)y * (size_t)stride * (size_t)classes + (size_t)x;
			if (target[i] < 0)
				continue;
			double p = probabilities ? (double)v[i] : 1 / (1 + exp(-(double)v[i]));
			t->pixels[target[i] > 0.5f][step_of(p)]++;
		}
}

judge_threshold_point
judge_thresholds_point(const judge_thresholds *t, int k)
{
	int64_t tp = 0, fp = 0, fn = 0;
	for (int i = 0; i < JUDGE_THRESHOLDS; i++) {
		*(i >= k ? &tp : &fn) += t->pixels[1][i];
		fp += i >= k ? t->pixels[0][i] : 0;
	}
	double p = (double)tp, all = (double)(tp + fp + fn);
	return (judge_threshold_point){
		.threshold = (double)k / JUDGE_THRESHOLDS,
		.precision = tp + fp ? p / (double)(tp + fp) : NAN,
		.recall = tp + fn ? p / (double)(tp + fn) : NAN,
		.f1 = all > 0 ? 2 * p / (p + all) : NAN,
		.iou = all > 0 ? p / all : NAN,
	};
}

judge_threshold_point
judge_thresholds_best(const judge_thresholds *t)
{
	judge_threshold_point best = { NAN, NAN, NAN, NAN, NAN };
	int first = 0, last = -1;
	for (int k = 1; k < JUDGE_THRESHOLDS; k++) {
		judge_threshold_point now = judge_thresholds_point(t, k);
		if (!(now.iou > 0) || now.iou < best.iou)
			continue;
		if (isnan(best.iou) || now.iou > best.iou)
			first = k;
		last = k;
		best = now;
	}
	return last < 0 ? best : judge_thresholds_point(t, (first + last) / 2);
}

static secant_status
write_table(const judge_thresholds *t, const char *path, secant_err *err)
{
	base_writer *w = base_writer_open(path, err);
	secant_status status = w ? base_writer_printf(w, err, "threshold,precision,recall,f1,iou\n") : SECANT_ERR_IO;
	for (int k = 1; k < JUDGE_THRESHOLDS && !status; k++) {
		judge_threshold_point p = judge_thresholds_point(t, k);
		const double v[] = { p.precision, p.recall, p.f1, p.iou };
		status = base_writer_printf(w, err, "%.3f", p.threshold);
		for (int i = 0; i < 4 && !status; i++)
			status = isnan(v[i]) ? base_writer_printf(w, err, ",") : base_writer_printf(w, err, ",%.6f", v[i]);
		if (!status)
			status = base_writer_printf(w, err, "\n");
	}
	if (status) {
		base_writer_abort(w);
		return status;
	}
	return base_writer_commit(w, err);
}

secant_status
judge_thresholds_write(const judge_thresholds *t, const char *path, secant_err *err)
{
	enum { N = JUDGE_THRESHOLDS - 1 };
	if (base_ext_is(path, "csv"))
		return write_table(t, path, err);
	double *v = secant_calloc(5 * N, sizeof *v);
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the curves of %s", path);
	for (int k = 1; k <= N; k++) {
		judge_threshold_point p = judge_thresholds_point(t, k);
		v[k - 1] = p.threshold, v[N + k - 1] = p.precision, v[2 * N + k - 1] = p.recall;
		v[3 * N + k - 1] = p.f1, v[4 * N + k - 1] = p.iou;
	}
	const draw_series by[] = { { "precision", v, v + N, N, 0 }, { "recall", v, v + 2 * N, N, 0 },
		{ "F1", v, v + 3 * N, N, 0 }, { "IoU", v, v + 4 * N, N, 0 } },
					  pr[] = { { "precision by recall", v + 2 * N, v + N, N, 0 } };
	judge_threshold_point best = judge_thresholds_best(t);
	char mark[60];
	(void)snprintf(mark, sizeof mark, "%.3f: F1 %.4f, IoU %.4f", best.threshold, best.f1, best.iou);
	const draw_chart chart[] = {
		{ .x_label = "threshold",
			.left_label = "score",
			.series = by,
			.n = 4,
			.left_from_0 = true,
			.mark = isnan(best.threshold) ? NULL : mark,
			.mark_x = best.threshold },
		{ .x_label = "recall", .left_label = "precision", .series = pr, .n = 1, .left_from_0 = true },
	};
	secant_status status = draw_figure_write(&(draw_figure){ "Thresholds", chart, 2 }, path, err);
	secant_free(v);
	return status;
}
