/*
 * What a run shows of itself: a line of log.jsonl for each epoch, curves, and a few validation pictures with label and prediction.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <secant/codec.h>
#include <secant/palette.h>
#include "base/file.h"
#include "base/json.h"
#include "train/chart.h"
#include "train/session.h"

static void
set_number(json_t *j, const char *key, double v)
{
	json_object_set_new(j, key, isfinite(v) ? json_real(v) : json_null());
}

static secant_status
append_line(const secant_session *s, const secant_epoch *e, secant_err *err)
{
	json_t *j = json_object();
	json_object_set_new(j, "epoch", json_integer(e->epoch));
	set_number(j, "loss", e->loss);
	set_number(j, "learning_rate", e->learning_rate);
	for (int i = 0; s->task->metrics[i].name; i++)
		set_number(j, s->task->metrics[i].name, e->metric[i]);
	set_number(j, s->task->rate, e->samples_per_second);
	set_number(j, "seconds", e->seconds);
	char *line = secant_json_text(j, 0), *path = secant_session_path(s, "log.jsonl");
	secant_status status = line && path ? secant_file_append(path, line, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for the log");
	json_decref(j);
	secant_free(line);
	secant_free(path);
	return status;
}

static secant_status
draw_curves(const secant_session *s, secant_err *err)
{
	int n = s->n_history, loss = secant_task_metric(s->task, "validation_loss");
	double *v = secant_calloc((size_t)n * 5 + 1, sizeof *v);
	char *curves = secant_session_path(s, "curves.png"), *rates = secant_session_path(s, "learning-rate.png");
	secant_status status = v && curves && rates ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for curves");
	for (int i = 0; i < n && !status; i++) {
		const secant_epoch *e = &s->history[i];
		v[i] = e->epoch, v[n + i] = e->loss, v[2 * n + i] = loss < 0 ? NAN : e->metric[loss], v[3 * n + i] = e->metric[s->metric], v[4 * n + i] = e->learning_rate;
	}
	const char *name = s->task->metrics[s->metric].title;
	secant_series all[] = { { "training loss", v, v ? v + n : NULL, n, 0 }, { "validation loss", v, v ? v + 2 * n : NULL, n, 0 }, { name, v, v ? v + 3 * n : NULL, n, 1 } };
	secant_series rate = { "learning rate", v, v ? v + 4 * n : NULL, n, 0 };
	char title[160];
	(void)snprintf(title, sizeof title, "%s-%s", s->o->network.arch, s->o->network.encoder);
	secant_chart c = { title, "epoch", "loss", name, all, s->validates ? 3 : 1, false };
	if (!status)
		status = secant_chart_write(&c, curves, err);
	c = (secant_chart){ "learning rate", "epoch", "rate", NULL, &rate, 1, false };
	if (!status)
		status = secant_chart_write(&c, rates, err);
	secant_free(v);
	secant_free(curves);
	secant_free(rates);
	return status;
}

secant_status
secant_session_log(secant_session *s, const secant_epoch *e, secant_err *err)
{
	if (secant_grow((void **)&s->history, &s->history_capacity, s->n_history, sizeof *s->history))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the log");
	s->history[s->n_history++] = *e;
	secant_status status = append_line(s, e, err);
	return status ? status : draw_curves(s, err);
}

/* ---- the gallery: rows of picture, label, prediction ---- */

enum { ROWS = 4, CELL = 256, GAP = 6 };

struct secant_gallery {
	const secant_session *s;
	const secant_samples *samples;
	secant_image sheet;
	int row;
	bool failed;
};

secant_gallery *
secant_gallery_new(const secant_session *s, const secant_samples *validation)
{
	secant_gallery *g = secant_calloc(1, sizeof *g);
	int rows = secant_samples_count(validation) < ROWS ? secant_samples_count(validation) : ROWS;
	secant_err own = { 0 };
	if (g && secant_image_new(&g->sheet, 3 * CELL + 4 * GAP, rows * (CELL + GAP) + GAP, 3, SECANT_U8, &own)) {
		secant_free(g);
		return NULL;
	}
	if (g) {
		memset(g->sheet.data, 255, (size_t)g->sheet.width * (size_t)g->sheet.height * 3);
		g->s = s;
		g->samples = validation;
	}
	return g;
}

void
secant_gallery_free(secant_gallery *g)
{
	if (g)
		secant_image_free(&g->sheet);
	secant_free(g);
}

static void
class_colour(const secant_session *s, int k, uint8_t *rgb)
{
	if (s->model.mode == SECANT_MODE_BINARY)
		rgb[0] = rgb[1] = rgb[2] = k ? 255 : 0;
	else
		secant_palette(k, rgb);
}

/* Class of the pixel at `at`: of the label, or with logits of the prediction. */
static int
class_at(const secant_session *s, const float *logits, const void *target, int64_t at)
{
	int n = s->o->network.classes;
	if (s->model.mode == SECANT_MODE_BINARY)
		return logits ? logits[at] >= (s->o->network.activation ? .5f : 0) : ((const float *)target)[at] >= .5f;
	if (!logits && s->model.mode == SECANT_MODE_MULTICLASS)
		return ((const int32_t *)target)[at];
	const float *v = (logits ? logits : (const float *)target) + at * n;
	int best = 0;
	for (int k = 1; k < n; k++)
		best = v[k] > v[best] ? k : best;
	return best;
}

static void
paint(secant_gallery *g, int column, const secant_image *picture, const float *logits, const void *target, int height, int width, int stride)
{
	double scale = (double)CELL / (height > width ? height : width);
	int h = (int)(height * scale), w = (int)(width * scale), y0 = GAP + g->row * (CELL + GAP), x0 = GAP + column * (CELL + GAP);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			uint8_t *out = (uint8_t *)g->sheet.data + ((int64_t)(y0 + y) * g->sheet.width + x0 + x) * 3;
			int sy = (int)(y / scale), sx = (int)(x / scale);
			sy = sy < height ? sy : height - 1, sx = sx < width ? sx : width - 1;
			if (picture) {
				int py = (int)((int64_t)sy * picture->height / height), px = (int)((int64_t)sx * picture->width / width);
				memcpy(out, (const uint8_t *)picture->data + ((int64_t)py * picture->width + px) * 3, 3);
			} else {
				class_colour(g->s, class_at(g->s, logits, target, (int64_t)sy * stride + sx), out);
			}
		}
}

void
secant_gallery_see(void *gallery, int sample, const float *logits, const void *target, int height, int width, int stride)
{
	secant_gallery *g = gallery;
	int rows = (g->sheet.height - GAP) / (CELL + GAP), count = secant_samples_count(g->samples);
	if (g->row >= rows || g->failed || sample != (int)((int64_t)g->row * count / rows))
		return;
	secant_image picture = { 0 };
	secant_err own = { 0 };
	if (secant_image_read(&picture, secant_samples_image_path(g->samples, sample), &(secant_image_read_options){ .channels = 3, .to_u8 = true }, &own)) {
		g->failed = true;                        /* many bands, for instance: there is no picture to show */
		return;
	}
	paint(g, 0, &picture, NULL, NULL, height, width, stride);
	paint(g, 1, NULL, NULL, target, height, width, stride);
	paint(g, 2, NULL, logits, NULL, height, width, stride);
	secant_image_free(&picture);
	g->row++;
}

secant_status
secant_gallery_write(secant_gallery *g, int epoch, secant_err *err)
{
	char name[48], *folder = secant_session_path(g->s, "samples"), *path;
	secant_status status = SECANT_OK;
	if (!g->row)
		return secant_free(folder), SECANT_OK;
	(void)snprintf(name, sizeof name, "epoch-%03d.png", epoch);
	path = folder ? secant_path_join(folder, name) : NULL;
	if (!path)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	else if (!(status = secant_make_dirs(folder, err)))
		status = secant_image_write(&g->sheet, path, NULL, err);
	secant_free(folder);
	secant_free(path);
	return status;
}
