/*
 * The learning-rate finder (Smith 2017): a mock training whose rate rises from step to step; the loss over the rate
 * shows where learning begins, and where it breaks. The suggestion is the rate at which the smoothed loss falls fastest
 * over log rate. No model is saved.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "draw/chart.h"
#include "train/trainer.h"

enum { STEPS = 100, EARLIEST = 10 };
static const double lowest = 1e-7, highest = 10, memory = 0.9, hopeless = 4;

typedef struct finding {
	int n;
	double rate[STEPS], loss[STEPS], smooth[STEPS];
} finding;

/* One update, of as many batches as one has; the next epoch begins where one ends. */
static secant_status
step(train_trainer *s, double rate, double *loss, uint32_t *epoch, secant_err *err)
{
	int threads = train_trainer_threads(s);
	*loss = 0;
	for (int k = 0; k < s->o->accumulate; k++) {
		train_task_batch b;
		bool end = false;
		secant_status status = s->task->feed_next(s->feed, &b, &end, err);
		if (!status && end && !(status = s->task->feed_start(s->feed, ++*epoch, 0, err)))
			status = s->task->feed_next(s->feed, &b, &end, err);
		if (status || (status = train_trainer_bind(s->learning.plan, s->learning.context, &b, err))
			|| (status = train_step_gradients(&s->learning, err)))
			return status;
		*loss += train_step_loss(&s->learning) / s->o->accumulate;
		s->now.steps++;
		if ((status = train_step_reduce(&s->learning, k + 1 < s->o->accumulate, threads, err)))
			return status;
	}
	if (isfinite(*loss))
		train_step_update(&s->learning, rate, -1, threads);
	return SECANT_OK;
}

static void
tell(const train_trainer *s, const finding *f, double began)
{
	int done = f->n + 1;
	double spent = secant_seconds() - began;
	secant_train_progress p = { .epoch = 1,
		.epochs = 1,
		.step = done,
		.steps = STEPS,
		.images = done * s->batch,
		.images_total = STEPS * s->batch,
		.loss = f->smooth[f->n],
		.learning_rate = f->rate[f->n],
		.images_per_second = spent > 0 ? done * s->batch / spent : 0,
		.seconds_left = spent / done * (STEPS - done),
		.metric = s->task->metrics[s->metric].name,
		.best = NAN,
		.rate = s->task->rate };
	if (s->events->progress)
		s->events->progress(s->events->user, &p);
}

static secant_status
climb(train_trainer *s, finding *f, secant_err *err)
{
	double mean = 0, best = INFINITY, began = secant_seconds();
	uint32_t epoch = 0;
	secant_status status = s->task->feed_start(s->feed, 0, 0, err);
	for (f->n = 0; f->n < STEPS && !status; f->n++) {
		int i = f->n;
		f->rate[i] = lowest * pow(highest / lowest, (double)i / (STEPS - 1));
		status = step(s, f->rate[i], &f->loss[i], &epoch, err);
		if (status || !isfinite(f->loss[i]))
			break;
		mean = memory * mean + (1 - memory) * f->loss[i];
		f->smooth[i] = mean / (1 - pow(memory, i + 1));
		best = f->smooth[i] < best ? f->smooth[i] : best;
		if (i >= EARLIEST && f->smooth[i] > hopeless * best)
			break;
		tell(s, f, began);
		if (s->events->cancelled && s->events->cancelled(s->events->user))
			return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	}
	return status;
}

static int
lowest_point(const finding *f)
{
	int low = 0;
	for (int i = 0; i < f->n; i++)
		low = f->smooth[i] < f->smooth[low] ? i : low;
	return low;
}

/* Where the smoothed loss falls fastest, before its lowest point. */
static double
steepest(const finding *f)
{
	int low = lowest_point(f), at = 0;
	double fall = 0;
	for (int i = EARLIEST; i + 1 < f->n && i < low; i++) {
		double slope = f->smooth[i + 1] - f->smooth[i - 1];
		if (slope < fall)
			fall = slope, at = i;
	}
	return at ? f->rate[at] : f->rate[low] / 10;
}

static json_t *
list_of(const double *v, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_real(v[i]));
	return list;
}

static secant_status
write_files(const train_trainer *s, const finding *f, double suggested, secant_err *err)
{
	char *picture = train_trainer_path(s, "learning-rate-finder.png"),
		 *numbers = train_trainer_path(s, "learning-rate-finder.json"), mark[48];
	json_t *j = json_object();
	/* The fall is what one looks for: the picture ends where the loss has risen half as far again as it fell. */
	int low = lowest_point(f), drawn = low + 1;
	double top = f->smooth[0];
	for (int i = 0; i < low; i++)
		top = f->smooth[i] > top ? f->smooth[i] : top;
	top += (top - f->smooth[low]) / 2;
	while (drawn < f->n && f->smooth[drawn] <= top)
		drawn++;
	double seen[STEPS];
	for (int i = 0; i < drawn; i++)
		seen[i] = f->loss[i] <= top ? f->loss[i] : NAN;
	json_object_set_new(j, "suggested", json_real(suggested));
	json_object_set_new(j, "learning_rate", list_of(f->rate, f->n));
	json_object_set_new(j, "loss", list_of(f->loss, f->n));
	json_object_set_new(j, "smoothed", list_of(f->smooth, f->n));
	(void)snprintf(mark, sizeof mark, "%.2g", suggested);
	draw_series series[] = { { "loss, smoothed", f->rate, f->smooth, drawn, 0 }, { "loss", f->rate, seen, drawn, 0 } };
	draw_chart chart = {
		.title = "loss over learning rate",
		.x_label = "learning rate",
		.left_label = "loss",
		.series = series,
		.n = 2,
		.log_x = true,
		.mark = mark,
		.mark_x = suggested,
	};
	secant_status status = picture && numbers ? secant_make_dirs(s->o->out, err)
											  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for paths");
	if (!status && !(status = base_json_write(numbers, j, err)))
		status = draw_chart_write(&chart, picture, err);
	json_decref(j);
	secant_free(picture);
	secant_free(numbers);
	return status;
}

secant_status
train_trainer_find_rate(train_trainer *s, double *suggested, secant_err *err)
{
	finding *f = secant_calloc(1, sizeof *f);
	if (!f)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to look for a learning rate");
	secant_status status = climb(s, f, err);
	if (!status && f->n <= EARLIEST)
		status = secant_fail(err, SECANT_ERR_RANGE,
			"the loss is no number after %d steps, at a rate of %.2g: there is nothing to suggest", f->n,
			f->rate[f->n]);
	if (!status) {
		*suggested = steepest(f);
		status = write_files(s, f, *suggested, err);
	}
	secant_free(f);
	return status;
}
