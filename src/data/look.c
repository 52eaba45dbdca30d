/*
 * Every label of a list read by its rule before the first step, so that all mistakes are told at once and not in the
 * middle of an epoch, and the pixels of each class are known. A list without mistakes is remembered: the cache folder
 * of the user gets a file named by the hash of the rule and of every label's path, size and time, which holds the
 * counts.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/survey.h"

typedef struct looking {
	const data_samples *s;
	data_label_rule rule; /* that of the samples, with a memory for palettes */
	data_labels_report *r;
	int *wrong; /* samples with an error, as they were found; the first of all stay in r->error */
	data_labels_tick tick;
	bool (*stop)(void *user);
	void *user;
	pthread_mutex_t lock;
	int done, at[DATA_SURVEY_ERRORS]; /* samples of r->error */
	bool stopped;
	secant_err nomem;
} looking;

/* Keeps the errors of the first samples in order, whoever came first. */
static void
note_error(looking *q, int i, const char *message)
{
	data_labels_report *r = q->r;
	int n = r->wrong < DATA_SURVEY_ERRORS ? r->wrong : DATA_SURVEY_ERRORS, k = n;
	r->wrong++;
	while (k > 0 && q->at[k - 1] > i)
		k--;
	if (k == DATA_SURVEY_ERRORS)
		return;
	int last = n < DATA_SURVEY_ERRORS ? n : DATA_SURVEY_ERRORS - 1;
	memmove(r->error[k + 1 < DATA_SURVEY_ERRORS ? k + 1 : k], r->error[k], (size_t)(last - k) * sizeof *r->error);
	memmove(q->at + (k + 1 < DATA_SURVEY_ERRORS ? k + 1 : k), q->at + k, (size_t)(last - k) * sizeof *q->at);
	(void)snprintf(r->error[k], sizeof r->error[k], "%s", message);
	q->at[k] = i;
}

secant_status
data_palettes_agree(data_palettes *p, const secant_image *im, const char *path, secant_err *err)
{
	bool used[256] = { false };
	secant_status s = SECANT_OK;
	for (size_t i = 0, n = (size_t)im->width * (size_t)im->height; i < n; i++)
		used[((const uint8_t *)im->data)[i]] = true;
	pthread_mutex_lock(&p->lock);
	for (int k = 0; k < 256 && k < im->palette_count && !s; k++) {
		const uint8_t *c = im->palette[k];
		int32_t rgb = c[0] << 16 | c[1] << 8 | c[2], before = p->colour[k];
		if (!used[k] || before == rgb)
			continue;
		if (before >= 0)
			s = secant_fail(err, SECANT_ERR_FORMAT,
				"%s: index %d has the colour (%d, %d, %d), in %s (%d, %d, %d): palettes differ, so indices may not be "
				"classes; --labels colours with --class-file goes by the colours, --labels index by the numbers",
				path, k, c[0], c[1], c[2], p->path[k], before >> 16, before >> 8 & 255, before & 255);
		p->colour[k] = rgb;
		size_t skip = strlen(path) < sizeof p->path[k] ? 0 : strlen(path) - sizeof p->path[k] + 1;
		(void)snprintf(p->path[k], sizeof p->path[k], "%s", path + skip);
	}
	pthread_mutex_unlock(&p->lock);
	return s;
}

static secant_status
read_plane(
	const data_samples *s, const data_label_rule *rule, const data_list_entry *e, uint16_t *plane, secant_err *err)
{
	if (s->annotated)
		return data_annotated_plane(
			s->annotated, rule, e->picture, 0, 0, e->picture_width, e->picture_height, plane, err);
	return data_labels_read(rule, e->label, e->picture_width, e->picture_height, plane, err);
}

static void
count(const data_samples *s, const uint16_t *plane, size_t n, int64_t *pixels, int classes, int64_t *ignored)
{
	for (size_t i = 0; i < n; i++) {
		if (plane[i] == DATA_LABEL_IGNORE)
			++*ignored;
		else if (!s->rule.bands && plane[i] < classes)
			pixels[plane[i]]++;
		else if (s->rule.bands)
			for (int c = 0; c < classes; c++)
				pixels[c] += plane[i] >> c & 1;
	}
}

static void
look(void *user, int64_t i)
{
	looking *q = user;
	const data_list_entry *e = &q->s->v[i];
	data_labels_report *r = q->r;
	size_t n = (size_t)e->picture_width * (size_t)e->picture_height;
	uint16_t *plane = NULL;
	int64_t *pixels = NULL, ignored = 0;
	secant_err err = { 0 };
	bool stopped = q->stop && q->stop(q->user);
	if (!stopped) {
		plane = secant_calloc(n + 1, sizeof *plane);
		pixels = secant_calloc((size_t)r->classes, sizeof *pixels);
		if (!plane || !pixels)
			secant_fail(&err, SECANT_ERR_NOMEM, "%s: no memory", e->label ? e->label : e->image);
		else if (!read_plane(q->s, &q->rule, e, plane, &err))
			count(q->s, plane, n, pixels, r->classes, &ignored);
	}
	pthread_mutex_lock(&q->lock);
	q->stopped |= stopped;
	if (err.code == SECANT_ERR_NOMEM)
		q->nomem = err;
	else if (err.code)
		note_error(q, (int)i, err.msg);
	for (int c = 0; !stopped && !err.code && c < r->classes; c++)
		r->pixels[c] += pixels[c];
	r->ignored += ignored;
	r->labels += !stopped;
	q->done++;
	if (q->tick && !stopped)
		q->tick(q->user, q->done, q->s->n);
	pthread_mutex_unlock(&q->lock);
	secant_free(plane);
	secant_free(pixels);
}

/* ---- what is remembered ---- */

static void
add_rule(base_str *s, const data_label_rule *r)
{
	base_str_addf(s, "3 %d %d %d %d %d %d %d %d %d\n", r->mode, r->automatic, r->scale, r->bands, r->by_channels,
		r->threshold, r->ignore, r->classes, r->values);
	for (int k = 0; k < r->name_count; k++)
		base_str_addf(s, "%s %d %d %d\n", r->names[k], r->colours ? r->colours[k][0] : -1,
			r->colours ? r->colours[k][1] : -1, r->colours ? r->colours[k][2] : -1);
	for (int k = 0; r->ignores && k < r->lines; k++)
		base_str_addf(
			s, "line %d %d %d %d\n", r->line[k].class, r->line[k].rgb[0], r->line[k].rgb[1], r->line[k].rgb[2]);
}

/* The file that remembers the list; NULL: there is no place for one, or it cannot be remembered (annotations lie in
 * files that the list does not name). */
static char *
memory_of(const data_samples *s)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	bool own = cache && *cache == '/';
	if (s->annotated || (!own && (!home || *home != '/')))
		return NULL;
	base_str text = { 0 };
	add_rule(&text, &s->rule);
	for (int i = 0; i < s->n; i++) {
		struct stat st;
		char real[PATH_MAX];
		if (!s->v[i].label || !realpath(s->v[i].label, real) || stat(real, &st))
			text.failed = true;
		else
			base_str_addf(&text, "%s %lld %lld.%09ld %dx%d\n", real, (long long)st.st_size,
				(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, s->v[i].picture_height, s->v[i].picture_width);
	}
	char hash[65], *all = base_str_take(&text);
	if (!all)
		return NULL;
	base_sha256_hex(all, strlen(all), hash);
	secant_free(all);
	return own ? base_format("%s/secant/labels/%s.json", cache, hash)
			   : base_format("%s/.cache/secant/labels/%s.json", home, hash);
}

static bool
remember(const char *file, data_labels_report *r)
{
	json_t *j = file && secant_is_file(file) ? base_json_read(file, NULL) : NULL,
		   *pixels = json_object_get(j, "pixels");
	bool good = json_array_size(pixels) == (size_t)r->classes && json_is_integer(json_object_get(j, "labels"));
	for (int c = 0; good && c < r->classes; c++)
		r->pixels[c] = json_integer_value(json_array_get(pixels, (size_t)c));
	if (good) {
		r->labels = (int)json_integer_value(json_object_get(j, "labels"));
		r->ignored = json_integer_value(json_object_get(j, "ignored"));
		r->remembered = true;
	}
	json_decref(j);
	return good;
}

/* What cannot be kept is looked at again next time. */
static void
keep(const char *file, const data_labels_report *r)
{
	char *dir = file ? base_path_dir(file) : NULL;
	json_t *j = json_object(), *pixels = json_array();
	bool good = j && pixels;
	for (int c = 0; good && c < r->classes; c++)
		good = !json_array_append_new(pixels, json_integer(r->pixels[c]));
	good = good && !json_object_set(j, "pixels", pixels) && !json_object_set_new(j, "ignored", json_integer(r->ignored))
		&& !json_object_set_new(j, "labels", json_integer(r->labels));
	if (good && dir && !secant_make_dirs(dir, NULL))
		(void)!base_json_write(file, j, NULL);
	json_decref(j);
	json_decref(pixels);
	secant_free(dir);
}

/* ---- the list ---- */

static secant_status
look_at_all(looking *q, int threads, secant_err *err)
{
	base_pool *pool = base_pool_new(threads > 0 ? threads : 1, err);
	secant_status status = pool ? SECANT_OK : SECANT_ERR_NOMEM;
	const char *before = NULL;
	pthread_mutex_init(&q->lock, NULL);
	for (int i = 0; i < q->s->n && !status; i++) {
		const char *image = q->s->v[i].image;
		if (before && !strcmp(image, before)) { /* tiles of one picture follow each other */
			q->done++;
			continue;
		}
		before = image;
		status = base_pool_submit(pool, look, q, i, err);
	}
	if (pool)
		base_pool_wait(pool);
	base_pool_free(pool);
	pthread_mutex_destroy(&q->lock);
	if (!status && q->stopped)
		status = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted while the labels were looked at");
	if (!status && q->nomem.code)
		status = secant_fail(err, q->nomem.code, "%s", q->nomem.msg);
	return status;
}

secant_status
data_labels_look(const data_samples *s, int threads, data_labels_tick tick, bool (*stop)(void *user), void *user,
	data_labels_report *out, secant_err *err)
{
	*out = (data_labels_report){ .classes = s->classes > 1 ? s->classes : 2 };
	looking q = { .s = s, .r = out, .tick = tick, .stop = stop, .user = user };
	if (s->kind == DATA_TARGET_NONE)
		return SECANT_OK;
	if (!(out->pixels = secant_calloc((size_t)out->classes, sizeof *out->pixels)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the pixels of %d classes", out->classes);
	data_palettes *palettes = secant_calloc(1, sizeof *palettes);
	if (!palettes)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for palettes");
	pthread_mutex_init(&palettes->lock, NULL);
	for (int k = 0; k < 256; k++)
		palettes->colour[k] = -1;
	q.rule = s->rule;
	q.rule.palettes = palettes;
	char *file = memory_of(s);
	secant_status status = remember(file, out) ? SECANT_OK : look_at_all(&q, threads, err);
	if (!status && !out->remembered && !out->wrong)
		keep(file, out);
	pthread_mutex_destroy(&palettes->lock);
	secant_free(palettes);
	secant_free(file);
	return status;
}

void
data_labels_report_free(data_labels_report *r)
{
	secant_free(r->pixels);
	*r = (data_labels_report){ 0 };
}
