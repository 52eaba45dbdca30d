/*
 * What a run shows of itself: a line of log.jsonl and an event of TensorBoard for each epoch, curves, a few validation
 * pictures with label and prediction, and at the end a page of all of it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <secant/codec.h>
#include <time.h>
#include "base/file.h"
#include "base/json.h"
#include "train/events.h"
#include "judge/page.h"
#include "train/trainer.h"

static void
set_number(json_t *j, const char *key, double v)
{
	json_object_set_new(j, key, isfinite(v) ? json_real(v) : json_null());
}

static void
set_scores(json_t *j, const train_trainer *s, const double *values)
{
	for (int i = 0; s->task->metrics[i].name; i++)
		set_number(j, s->task->metrics[i].name, values[i]);
}

/* Takes over j. */
static secant_status
append_json(const train_trainer *s, const char *name, json_t *j, secant_err *err)
{
	char *line = base_json_text(j, 0), *path = train_trainer_path(s, name);
	secant_status status = line && path ? base_file_append(path, line, err)
										: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the log");
	json_decref(j);
	secant_free(line);
	secant_free(path);
	return status;
}

secant_status
train_trainer_log_test(const train_trainer *s, const double *values, secant_err *err)
{
	json_t *j = json_object();
	json_object_set_new(j, "step", json_integer(s->now.steps));
	set_scores(j, s, values);
	return append_json(s, "tests.jsonl", j, err);
}

static secant_status
append_line(const train_trainer *s, const train_epoch *e, secant_err *err)
{
	json_t *j = json_object();
	json_object_set_new(j, "epoch", json_integer(e->epoch));
	set_number(j, "loss", e->loss);
	set_number(j, "learning_rate", e->learning_rate);
	set_scores(j, s, e->metric);
	set_number(j, s->task->rate, e->samples_per_second);
	set_number(j, "seconds", e->seconds);
	return append_json(s, "log.jsonl", j, err);
}

static secant_status
append_event(const train_trainer *s, const train_epoch *e, secant_err *err)
{
	train_scalar v[TRAIN_TASK_METRICS + 2] = { { "train/loss", e->loss }, { "train/learning_rate", e->learning_rate } };
	char tag[TRAIN_TASK_METRICS][64], *path = train_trainer_path(s, "events.out.tfevents.secant");
	int n = 2;
	for (int i = 0; s->task->metrics[i].name; i++) {
		(void)snprintf(tag[i], sizeof tag[i], "val/%s", s->task->metrics[i].name);
		v[n++] = (train_scalar){ tag[i], e->metric[i] };
	}
	secant_status status = path ? train_events_append(path, (double)time(NULL), e->epoch, v, n, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the log");
	secant_free(path);
	return status;
}

/* ---- curves ---- */

enum { EPOCH, TRAINING, RATE, METRICS }; /* columns; then a column for each metric */

/* A panel for losses, one for the other metrics (unless they are all losses), one for the rate. */
typedef struct curves {
	double *column; /* n_history numbers a column */
	draw_series losses[TRAIN_TASK_METRICS + 1], scores[TRAIN_TASK_METRICS], rate;
	draw_chart chart[3];
	char title[160], mark[96];
	draw_figure figure;
} curves;

static const double *
column_of(const curves *c, int column, int n)
{
	return c->column + (size_t)column * (size_t)n;
}

static bool
is_shown(const train_trainer *s, int metric)
{
	static const char *const few[] = { "iou", "miou", "f1", "accuracy" };
	bool known = metric == s->metric;
	for (size_t i = 0; i < sizeof few / sizeof *few; i++)
		known |= !strcmp(s->task->metrics[metric].name, few[i]);
	return known;
}

/* Does a line lie on one that is there? Of several classes IoU is the mean IoU. */
static bool
is_drawn(const draw_series *list, int n, const draw_series *one)
{
	for (int i = 0; i < n; i++)
		if (!memcmp(list[i].y, one->y, (size_t)one->n * sizeof *one->y))
			return true;
	return false;
}

static secant_status
curves_make(curves *c, const train_trainer *s, secant_err *err)
{
	int n = s->log.n, metrics = train_task_metrics(s->task), losses = 0, scores = 0;
	*c = (curves){ .column = secant_calloc((size_t)n * (size_t)(METRICS + metrics) + 1, sizeof(double)) };
	if (!c->column)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for curves");
	for (int i = 0; i < n; i++) {
		const train_epoch *e = &s->log.v[i];
		c->column[EPOCH * n + i] = e->epoch, c->column[TRAINING * n + i] = e->loss,
							  c->column[RATE * n + i] = e->learning_rate;
		for (int k = 0; k < metrics; k++)
			c->column[(METRICS + k) * n + i] = e->metric[k];
	}
	const double *x = column_of(c, EPOCH, n);
	c->losses[losses++] = (draw_series){ "training loss", x, column_of(c, TRAINING, n), n, 0 };
	for (int k = 0; k < metrics && s->validates; k++) {
		const train_metric *m = &s->task->metrics[k];
		draw_series one = { m->title, x, column_of(c, METRICS + k, n), n, 0 };
		if (m->lower)
			c->losses[losses++] = one;
		else if (is_shown(s, k) && !is_drawn(c->scores, scores, &one))
			c->scores[scores++] = one;
	}
	c->rate = (draw_series){ "learning rate", x, column_of(c, RATE, n), n, 0 };
	if (s->validates && s->now.best_epoch > 0)
		(void)snprintf(c->mark, sizeof c->mark, "best %s %.4f, epoch %d", s->task->metrics[s->metric].title,
			s->now.best, s->now.best_epoch);
	int charts = 0;
	c->chart[charts++] = (draw_chart){
		.title = NULL, .x_label = "epoch", .left_label = "loss", .series = c->losses, .n = losses
	};
	if (scores)
		c->chart[charts++] = (draw_chart){ .x_label = "epoch",
			.left_label = "score",
			.series = c->scores,
			.n = scores,
			.mark = c->mark[0] ? c->mark : NULL,
			.mark_x = s->now.best_epoch };
	c->chart[charts++] = (draw_chart){ .x_label = "epoch", .left_label = "learning rate", .series = &c->rate, .n = 1 };
	(void)train_trainer_network(s, c->title, sizeof c->title);
	c->figure = (draw_figure){ c->title, c->chart, charts };
	return SECANT_OK;
}

static secant_status
draw_curves(const train_trainer *s, secant_err *err)
{
	static const char *const names[] = { "curves.png", "curves.svg", "learning-rate.png", "learning-rate.svg" };
	curves c;
	secant_status status = curves_make(&c, s, err);
	for (int i = 0; i < 4 && !status; i++) {
		char *path = train_trainer_path(s, names[i]);
		const draw_figure *figure = i < 2 ? &c.figure : &(draw_figure){ "learning rate", &c.chart[c.figure.n - 1], 1 };
		status = path ? draw_figure_write(figure, path, err)
					  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for curves");
		secant_free(path);
	}
	secant_free(c.column);
	return status;
}

secant_status
train_trainer_log(train_trainer *s, const train_epoch *e, secant_err *err)
{
	if (base_grow((void **)&s->log.v, &s->log.capacity, s->log.n, sizeof *s->log.v))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the log");
	s->log.v[s->log.n++] = *e;
	secant_status status = append_line(s, e, err);
	if (!status)
		status = append_event(s, e, err);
	return status ? status : draw_curves(s, err);
}

/* ---- the gallery: rows of picture, label, prediction, errors ---- */

enum { ROWS = 4, CELL = 256, GAP = 6 };

struct train_gallery {
	const train_trainer *s;
	const data_samples *samples;
	const judge_counts *counts; /* of the evaluation; the picture that is seen is their last */
	secant_image sheet;
	int top, tall; /* where rows begin; their height */
	int rows, row; /* how many; painted */
	bool failed;
	judge_cases cases;
	secant_scores scores; /* of the last epoch */
};

/* The sample of a row: they are spread over the list. */
static int
shown_sample(const train_gallery *g, const data_samples *samples, int row)
{
	return (int)((int64_t)row * data_samples_count(samples) / g->rows);
}

/* A sheet with room for the rows, its titles and its legend, which are the same in all epochs. */
static secant_status
make_sheet(train_gallery *g, const train_trainer *s, const data_samples *samples, secant_err *err)
{
	const judge_view kind = {
		.mode = s->model.mode,
		.classes = s->o->network.classes,
		.ignore = s->o->data.ignore_index,
		.never = s->model.ignored,
		.background = judge_first_is_background(s->model.class_names, s->model.n_class_names),
		.palette = (const uint8_t(*)[3])s->model.palette,
		.n_palette = s->model.n_palette,
	};
	int width = JUDGE_CELLS * CELL + (JUDGE_CELLS + 1) * GAP;
	secant_image head = { 0 }, foot = { 0 };
	g->rows = data_samples_count(samples) < ROWS ? data_samples_count(samples) : ROWS;
	g->tall = 1;
	for (int i = 0; i < g->rows; i++) { /* cells are CELL wide or high, whichever is more */
		int h, w;
		data_samples_size(samples, shown_sample(g, samples, i), &h, &w);
		int tall = h >= w ? CELL : (int)((int64_t)CELL * h / w);
		g->tall = tall > g->tall ? tall : g->tall;
	}
	secant_status status = judge_view_titles(GAP, CELL + GAP, width, &head, err);
	if (!status)
		status = judge_view_legend(&kind, s->model.class_names, s->model.n_class_names, width, &foot, err);
	g->top = head.height;
	if (!status)
		status = secant_image_new(
			&g->sheet, width, head.height + g->rows * (g->tall + GAP) + foot.height, 3, SECANT_U8, err);
	if (!status) {
		size_t row = 3 * (size_t)width;
		uint8_t *to = g->sheet.data;
		memset(to, 255, row * (size_t)g->sheet.height);
		memcpy(to, head.data, row * (size_t)head.height);
		memcpy(to + row * (size_t)(g->sheet.height - foot.height), foot.data, row * (size_t)foot.height);
	}
	secant_image_free(&head);
	secant_image_free(&foot);
	return status;
}

train_gallery *
train_gallery_begin(train_trainer *s, const data_samples *validation, const judge_counts *counts)
{
	train_gallery *g = s->gallery ? s->gallery : secant_calloc(1, sizeof *g);
	secant_err own = { 0 };
	s->gallery = g;
	if (!g || (!g->sheet.data && make_sheet(g, s, validation, &own)))
		return NULL;
	judge_cases_free(&g->cases);
	g->s = s;
	g->samples = validation;
	g->counts = counts;
	g->row = 0;
	g->failed = false;
	return g;
}

void
train_gallery_free(train_gallery *g)
{
	if (!g)
		return;
	secant_image_free(&g->sheet);
	judge_cases_free(&g->cases);
	secant_scores_free(&g->scores);
	secant_free(g);
}

void
train_gallery_see(
	void *gallery, int sample, const float *outputs, const void *target, int height, int width, int stride)
{
	train_gallery *g = gallery;
	const train_trainer *s = g->s;
	judge_view view = {
		.samples = g->samples,
		.sample = sample,
		.mode = s->model.mode,
		.classes = s->o->network.classes,
		.ignore = s->o->data.ignore_index,
		.never = s->model.ignored,
		.background = judge_first_is_background(s->model.class_names, s->model.n_class_names),
		.cut = judge_cut_of(.5, s->o->network.activation != NULL),
		.palette = (const uint8_t(*)[3])s->model.palette,
		.n_palette = s->model.n_palette,
		.outputs = outputs,
		.target = target,
		.height = height,
		.width = width,
		.stride = stride,
	};
	secant_err own = { 0 };
	if (g->failed)
		return;
	if (judge_cases_take(&g->cases, &view, judge_counts_picture(g->counts, g->counts->images - 1), &own))
		g->failed = true;
	if (g->row >= g->rows || sample != shown_sample(g, g->samples, g->row))
		return;
	if (judge_view_paint(&view, 0, JUDGE_CELLS - 1, &g->sheet, GAP, g->top + g->row * (g->tall + GAP), CELL, GAP, &own))
		g->failed = true; /* the pictures are only for looking at */
	g->row++;
}

secant_status
train_gallery_end(train_gallery *g, secant_scores *scores, int epoch, secant_err *err)
{
	char name[48], *folder = train_trainer_path(g->s, "samples"), *path;
	secant_status status = SECANT_OK;
	secant_scores_free(&g->scores);
	g->scores = *scores;
	*scores = (secant_scores){ 0 };
	if (!g->row)
		return secant_free(folder), SECANT_OK;
	(void)snprintf(name, sizeof name, "epoch-%03d.png", epoch);
	path = folder ? base_path_join(folder, name) : NULL;
	if (!path)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	else if (!(status = secant_make_dirs(folder, err)))
		status = secant_image_write(&g->sheet, path, NULL, err);
	secant_free(folder);
	secant_free(path);
	return status;
}

/* ---- the page ---- */

secant_status
train_trainer_report(const train_trainer *s, secant_err *err)
{
	const train_gallery *g = s->gallery;
	const char *metric = s->task->metrics[s->metric].title;
	char name[96];
	judge_fact facts[4] = { { .name = "network" }, { .name = "samples" }, { .name = "epochs" }, { .name = "best" } };
	curves c;
	if (!s->log.n || (s->validates && !g))
		return SECANT_OK; /* this process has trained nothing */
	char *settings = secant_opts_to_json(&secant_train_options_table, s->o),
		 *path = train_trainer_path(s, "report.html");
	json_t *j = settings ? json_loads(settings, 0, NULL) : NULL;
	char *text = base_json_text(j, 2);
	secant_status status = path && text ? curves_make(&c, s, err)
										: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the report");
	(void)snprintf(facts[0].text, sizeof facts[0].text, "%s, %s", train_trainer_network(s, name, sizeof name),
		exec_precision_name(s->precision));
	(void)snprintf(facts[1].text, sizeof facts[1].text, "%d %s to learn from", s->n_samples, s->task->samples);
	(void)snprintf(facts[2].text, sizeof facts[2].text, "%d of %d; scores and pictures below are those of the last",
		s->now.epoch, s->o->epochs);
	(void)snprintf(facts[3].text, sizeof facts[3].text, "%s %.4f, epoch %d", metric, s->now.best, s->now.best_epoch);
	if (!status) {
		judge_page page = {
			.title = c.title, .facts = facts, .n_facts = s->validates ? 4 : 3, .curves = &c.figure, .settings = text
		};
		if (g && g->scores.per_class)
			page.scores = &g->scores, page.cases = &g->cases, page.samples = g->samples;
		status = judge_page_write(&page, path, err);
		secant_free(c.column);
	}
	json_decref(j);
	secant_free(settings);
	secant_free(text);
	secant_free(path);
	return status;
}
