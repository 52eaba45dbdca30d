/*
 * Two models beside each other, over a data set: how good each is, how far they agree, what each costs. Scores are
 * secant_evaluate's; agreement, time and pictures come from the predictor, which is what a product runs.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <secant/predict.h>
#include <secant/train.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/loader.h"

static const secant_opt rows[] = {
	SECANT_OPT(secant_compare_options, split, STR, "split", "val", 0, 0, "which pictures: train, val, test"),
	SECANT_OPT(secant_compare_options, save, STR, "save", NULL, 0, 0,
		"folder for the pictures that differ most: the picture, the mask of each, where they differ"),
	SECANT_OPT(secant_compare_options, pictures, INT, "pictures", "8", 1, 10000, "how many of them"),
	SECANT_OPT(secant_compare_options, precision, STR, "precision", "auto", 0, 0, "auto, f32 or bf16"),
	SECANT_OPT(secant_compare_options, precision_b, STR, "precision-b", NULL, 0, 0,
		"of the second model; absent: as the first"),
	SECANT_OPT(secant_compare_options, batch, INT, "batch", "4", 1, 4096, "pictures at once for the scores"),
	SECANT_OPT(secant_compare_options, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT(secant_compare_options, allow_reference, BOOL, "allow-reference", "false", 0, 1,
		"let operators without a fast implementation run slowly"),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_compare_options, data, &secant_data_options_table),
	SECANT_OPT_END,
};
const secant_opts secant_compare_options_table = { "compare", sizeof(secant_compare_options), rows };

typedef struct difference {
	int sample;
	double share;
} difference;

/* Everything between two models and what is said of them. */
typedef struct comparing {
	const secant_compare_options *o;
	secant_comparison *result;
	secant_predictor *p[2];
	double *seconds[2]; /* of each picture */
	difference *list;
} comparing;

static const char *
precision_of(const secant_compare_options *o, int k)
{
	return k && o->precision_b ? o->precision_b : o->precision;
}

/* Memory of this process that is there, in MiB; NAN where the system does not tell. */
static double
resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	bool ok = f && fscanf(f, "%*s %ld", &pages) == 1;
	if (f)
		(void)fclose(f);
	return ok ? (double)pages * 4096 / 1048576 : NAN;
}

static secant_status
score(comparing *c, const char *const *models, const char *data, const secant_logger *log, secant_err *err)
{
	secant_eval_options e;
	secant_status status = secant_opts_init(&secant_eval_options_table, &e, err);
	for (int k = 0; k < 2 && !status; k++) {
		secant_eval_options one = e; /* borrows */
		one.split = c->o->split;
		one.precision = (char *)(uintptr_t)precision_of(c->o, k);
		one.batch = c->o->batch;
		one.threads = c->o->threads;
		one.allow_reference = c->o->allow_reference;
		one.data = c->o->data;
		if ((status = secant_evaluate(models[k], data, &one, log, &c->result->scores[k], err)))
			secant_err_prefix(err, "%s", models[k]);
	}
	secant_opts_free(&secant_eval_options_table, &e);
	return status;
}

static int
value_at(const secant_image *mask, int64_t i)
{
	return mask->dtype == SECANT_U16 ? ((const uint16_t *)mask->data)[i] : ((const uint8_t *)mask->data)[i];
}

/* Counts of one picture; the share of its pixels that differ. */
static double
count(comparing *c, const secant_image *a, const secant_image *b)
{
	secant_comparison *r = c->result;
	int64_t n = (int64_t)a->width * a->height, different = 0;
	bool binary = r->classes == 1;
	for (int64_t i = 0; i < n; i++) {
		int x = value_at(a, i), y = value_at(b, i);
		different += x != y;
		if (binary) /* 255: foreground */
			x = x == 255 ? 0 : -1, y = y == 255 ? 0 : -1;
		for (int k = 0; k < 2; k++) {
			int v = k ? y : x;
			if (v < 0 || v >= r->classes || (k && x == y))
				continue;
			r->agreement[v].either++;
			r->agreement[v].both += x == y;
		}
	}
	r->pixels += n;
	r->different += different;
	return n ? (double)different / (double)n : 0;
}

/* Picture, mask of each over it, and where they differ, in red. */
static secant_status
draw(comparing *c, const char *path, const char *picture, secant_err *err)
{
	secant_image im = { 0 }, rgb = { 0 }, mask[2] = { 0 }, over[2] = { 0 }, sheet = { 0 };
	secant_status status = secant_image_read(&im, picture, NULL, err);
	for (int k = 0; k < 2 && !status; k++)
		if (!(status = secant_predictor_mask(c->p[k], &im, &mask[k], err)))
			status = secant_predictor_overlay(c->p[k], &im, &mask[k], &over[k], err);
	if (!status)
		status = secant_image_convert(&rgb, &im, 3, SECANT_U8, err);
	if (!status)
		status = secant_image_new(&sheet, 4 * im.width, im.height, 3, SECANT_U8, err);
	for (int64_t y = 0; !status && y < im.height; y++) {
		uint8_t *to = (uint8_t *)sheet.data + y * 12 * im.width;
		size_t row = (size_t)im.width * 3;
		const uint8_t *from = (const uint8_t *)rgb.data + y * (int64_t)row;
		memcpy(to, from, row);
		for (int k = 0; k < 2; k++)
			memcpy(to + row * (size_t)(k + 1), (const uint8_t *)over[k].data + y * (int64_t)row, row);
		for (int64_t x = 0; x < im.width; x++) {
			uint8_t *p = to + 3 * row + x * 3;
			int grey = (from[x * 3] + from[x * 3 + 1] + from[x * 3 + 2]) / 6 + 64;
			bool same = value_at(&mask[0], y * im.width + x) == value_at(&mask[1], y * im.width + x);
			p[0] = same ? (uint8_t)grey : 255;
			p[1] = p[2] = same ? (uint8_t)grey : 0;
		}
	}
	if (!status)
		status = secant_image_write(&sheet, path, NULL, err);
	for (int k = 0; k < 2; k++) {
		secant_image_free(&mask[k]);
		secant_image_free(&over[k]);
	}
	secant_image_free(&im);
	secant_image_free(&rgb);
	secant_image_free(&sheet);
	return status;
}

static int
by_share(const void *a, const void *b)
{
	const difference *x = a, *y = b;
	return x->share < y->share ? 1 : x->share > y->share ? -1 : x->sample - y->sample;
}

static secant_status
save(comparing *c, const data_samples *s, int n, secant_err *err)
{
	secant_status status = secant_make_dirs(c->o->save, err);
	qsort(c->list, (size_t)n, sizeof *c->list, by_share);
	for (int i = 0; i < n && i < c->o->pictures && !status && c->list[i].share > 0; i++) {
		const char *picture = data_samples_image_path(s, c->list[i].sample), *name = strrchr(picture, '/');
		name = name ? name + 1 : picture;
		const char *dot = strrchr(name, '.');
		char *file = base_format("%03d-%.*s.png", i + 1, (int)(dot ? dot - name : (int)strlen(name)), name);
		char *path = file ? base_path_join(c->o->save, file) : NULL;
		status = path ? draw(c, path, picture, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		secant_free(path);
		secant_free(file);
	}
	return status;
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* The samples as the first model sees them: only their paths are used. */
static data_samples *
samples_of(const comparing *c, const char *data, secant_err *err)
{
	int classes = secant_predictor_classes(c->p[0]);
	const char *mode = secant_predictor_mode(c->p[0]);
	data_samples_request r = { .path = data,
		.split = c->o->split,
		.options = &c->o->data,
		.in_channels = secant_predictor_channels(c->p[0]),
		.classes = classes,
		.kind = !strcmp(mode, "binary")   ? DATA_TARGET_BINARY
			: !strcmp(mode, "multilabel") ? DATA_TARGET_MULTILABEL
										  : DATA_TARGET_INDEX };
	return data_samples_open(&r, err);
}

static secant_status
compare_picture(comparing *c, const data_samples *s, int i, secant_err *err)
{
	secant_image mask[2] = { 0 };
	secant_status status = SECANT_OK;
	for (int t = 0; t < 2 && !status; t++) { /* in turns: whoever is second finds the file in memory */
		int k = (t + i) % 2;
		secant_image im = { 0 };
		double start = secant_seconds();
		if (!(status = secant_image_read(&im, data_samples_image_path(s, i), NULL, err)))
			status = secant_predictor_mask(c->p[k], &im, &mask[k], err);
		c->seconds[k][i] = secant_seconds() - start;
		secant_image_free(&im);
	}
	if (!status)
		c->list[i] = (difference){ i, count(c, &mask[0], &mask[1]) };
	secant_image_free(&mask[0]);
	secant_image_free(&mask[1]);
	return status;
}

static secant_status
compare_all(comparing *c, const data_samples *s, secant_err *err)
{
	int n = data_samples_count(s);
	secant_comparison *r = c->result;
	secant_status status = SECANT_OK;
	r->classes = secant_predictor_classes(c->p[0]);
	r->agreement = secant_calloc((size_t)r->classes, sizeof *r->agreement);
	c->list = secant_calloc((size_t)n + 1, sizeof *c->list);
	for (int k = 0; k < 2; k++)
		c->seconds[k] = secant_calloc((size_t)n + 1, sizeof *c->seconds[k]);
	if (!r->agreement || !c->list || !c->seconds[0] || !c->seconds[1])
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a comparison");
	for (int i = 0; i < n && !status; i++)
		status = compare_picture(c, s, i, err);
	for (int k = 0; k < 2 && !status && n; k++) {
		qsort(c->seconds[k], (size_t)n, sizeof(double), by_number);
		r->seconds[k] = c->seconds[k][n / 2];
	}
	for (int k = 0; k < r->classes; k++)
		r->agreement[k].share = r->agreement[k].either ? (double)r->agreement[k].both / (double)r->agreement[k].either
													   : (double)NAN;
	return status || !c->o->save ? status : save(c, s, n, err);
}

/* What a model takes: when it is opened, and for its first picture (what is read between the two is not its own). */
static secant_status
open_one(comparing *c, const char *model, int k, const secant_predict *plain, secant_err *err)
{
	secant_predict one = *plain; /* borrows */
	double before = resident();
	one.precision = (char *)(uintptr_t)precision_of(c->o, k);
	one.threads = c->o->threads;
	one.allow_reference = c->o->allow_reference;
	c->p[k] = secant_predictor_open(&model, 1, &one, err);
	c->result->megabytes[k] = resident() - before;
	return c->p[k] ? SECANT_OK : err->code;
}

static secant_status
try_one(comparing *c, int k, const secant_image *first, secant_err *err)
{
	secant_image mask = { 0 };
	double before = resident();
	secant_status status = secant_predictor_mask(c->p[k], first, &mask, err);
	c->result->megabytes[k] += resident() - before;
	secant_image_free(&mask);
	return status;
}

/* Both models, and the samples as the first one sees them. */
static secant_status
open_all(comparing *c, const char *const *models, const char *data, data_samples **s, secant_err *err)
{
	secant_predict plain;
	secant_image first = { 0 };
	secant_status status = secant_opts_init(&secant_predict_options, &plain, err);
	if (!status)
		status = open_one(c, models[0], 0, &plain, err);
	if (!status && !(*s = samples_of(c, data, err)))
		status = err->code;
	if (!status)
		status = secant_image_read(&first, data_samples_image_path(*s, 0), NULL, err);
	if (!status && !(status = try_one(c, 0, &first, err)) && !(status = open_one(c, models[1], 1, &plain, err)))
		status = try_one(c, 1, &first, err);
	secant_image_free(&first);
	secant_opts_free(&secant_predict_options, &plain);
	if (!status
		&& (secant_predictor_classes(c->p[0]) != secant_predictor_classes(c->p[1])
			|| strcmp(secant_predictor_mode(c->p[0]), secant_predictor_mode(c->p[1]))))
		status = secant_fail(err, SECANT_ERR_ARG, "%s has %d classes (%s), %s %d (%s): they cannot be compared",
			models[0], secant_predictor_classes(c->p[0]), secant_predictor_mode(c->p[0]), models[1],
			secant_predictor_classes(c->p[1]), secant_predictor_mode(c->p[1]));
	return status;
}

secant_status
secant_compare(const char *a, const char *b, const char *data, const secant_compare_options *o,
	const secant_logger *log, secant_comparison *result, secant_err *err)
{
	secant_err own = { 0 };
	const char *models[2] = { a, b };
	comparing c = { .o = o, .result = result };
	data_samples *s = NULL;
	*result = (secant_comparison){ 0 };
	if (secant_predict_takes_clouds(a) || secant_predict_takes_clouds(b))
		secant_fail(&own, SECANT_ERR_UNSUPPORTED, "networks of clouds are compared by secant eval alone");
	if (!own.code && !open_all(&c, models, data, &s, &own) && !compare_all(&c, s, &own))
		(void)!score(&c, models, data, log, &own);
	data_samples_free(s);
	for (int k = 0; k < 2; k++) {
		secant_predictor_close(c.p[k]);
		secant_free(c.seconds[k]);
	}
	secant_free(c.list);
	if (!own.code)
		return SECANT_OK;
	secant_comparison_free(result);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
secant_comparison_free(secant_comparison *c)
{
	secant_scores_free(&c->scores[0]);
	secant_scores_free(&c->scores[1]);
	secant_free(c->agreement);
	*c = (secant_comparison){ 0 };
}
