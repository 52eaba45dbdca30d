/*
 * The values of label pictures as they are stored, and how many classes they can mean. Evidence decides in this order:
 * colours, loss of the codec, two values, numbers that run from 0; whatever could be two things is refused with both.
 */
#include "data/survey.h"
#include "data/joined.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <secant/codec.h>
#include "codec/codec.h"
#include "base/mem.h"
#include "base/thread.h"

typedef struct surveying {
	const data_samples *s;
	data_survey *v;
	pthread_mutex_t lock;
	int failed, telling; /* sample that could not be read, sample `first` is of; -1: none */
	secant_err err;
} surveying;

/* ---- one picture ---- */

static long
value_at(const secant_image *im, size_t i)
{
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[i];
	case SECANT_U16: return ((const uint16_t *)im->data)[i];
	case SECANT_I16: return ((const int16_t *)im->data)[i];
	default: break;
	}
	float x = ((const float *)im->data)[i];
	return x >= 0 && x < DATA_SURVEY_VALUES && x == (float)(long)x ? (long)x : -1;
}

static bool
is_grey(const secant_image *im, size_t i)
{
	if (im->channels < 3)
		return true;
	long v = value_at(im, i * (size_t)im->channels);
	return v == value_at(im, i * (size_t)im->channels + 1) && v == value_at(im, i * (size_t)im->channels + 2);
}

static void
add_colour(data_survey *v, const uint8_t rgb[3], int64_t pixels)
{
	for (int k = 0; k < v->colours && k < DATA_SURVEY_COLOURS; k++)
		if (!memcmp(v->colour[k], rgb, 3)) {
			v->colour_pixels[k] += pixels;
			return;
		}
	if (v->colours < DATA_SURVEY_COLOURS) {
		memcpy(v->colour[v->colours], rgb, 3);
		v->colour_pixels[v->colours] = pixels;
	}
	v->colours += v->colours <= DATA_SURVEY_COLOURS;
}

/* The values, or the colours, of one picture. */
static void
count(data_survey *v, const secant_image *im)
{
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
	bool coloured = false;
	for (size_t i = 0; i < n && !coloured; i++)
		coloured = !is_grey(im, i);
	v->coloured += coloured;
	for (size_t i = 0; i < n; i++) {
		long x = value_at(im, i * c);
		if (!coloured || im->dtype != SECANT_U8) {
			if (x < 0)
				v->other++;
			else
				v->value[x]++;
			continue;
		}
		size_t run = 1;
		const uint8_t *p = (const uint8_t *)im->data + i * c;
		while (i + run < n && !memcmp(p, p + run * c, 3))
			run++;
		add_colour(v, p, (int64_t)run);
		i += run - 1;
	}
}

/* Of the first `most` numbers. */
static int
values_of(const data_survey *v, int most)
{
	int n = 0;
	for (int k = 0; k < most; k++)
		n += v->value[k] > 0;
	return n;
}

static void
join(data_survey *to, const data_survey *one, int most, const secant_image_info *info)
{
	to->files++;
	to->lossy += codec_of(info)->lossy;
	to->indexed += info->palette;
	to->coloured += one->coloured;
	to->other += one->other;
	for (int k = 0; k < most; k++)
		to->value[k] += one->value[k];
	for (int k = 0; k < one->colours && k < DATA_SURVEY_COLOURS; k++)
		add_colour(to, one->colour[k], one->colour_pixels[k]);
	if (one->colours > DATA_SURVEY_COLOURS)
		to->colours = DATA_SURVEY_COLOURS + 1;
}

/* One label, in however many files. */
typedef struct looking {
	data_survey *one;
	secant_image_info info;
	bool wide; /* some file has more than 8 bits */
} looking;

static secant_status
look_at(void *user, const char *file, secant_err *err)
{
	looking *l = user;
	secant_image im = { 0 };
	secant_image_read_options how = { .palette_as_indices = true, .as_stored = true };
	secant_status s = secant_image_probe(file, &l->info, err);
	if (!s && !(s = secant_image_read(&im, file, &how, err))) {
		count(l->one, &im);
		l->wide |= im.dtype != SECANT_U8;
	}
	secant_image_free(&im);
	return s;
}

static void
look(void *user, int64_t i)
{
	surveying *q = user;
	const char *path = q->s->v[i].label;
	secant_err err = { 0 };
	data_survey one = { .value = secant_calloc(DATA_SURVEY_VALUES, sizeof *one.value) };
	looking l = { .one = &one };
	if (!one.value)
		secant_fail(&err, SECANT_ERR_NOMEM, "%s: no memory", path);
	else
		(void)!data_joined_each(path, look_at, &l, &err);
	int most = l.wide ? DATA_SURVEY_VALUES : 256;
	pthread_mutex_lock(&q->lock);
	bool more = !err.code && (values_of(&one, most) > 2 || one.colours > 2);
	if (err.code && (q->failed < 0 || i < q->failed))
		q->failed = (int)i, q->err = err;
	if (!err.code)
		join(q->v, &one, most, &l.info);
	if (more && (q->telling < 0 || i < q->telling)) {
		q->telling = (int)i;
		(void)snprintf(q->v->first, sizeof q->v->first, "%s", path);
	}
	pthread_mutex_unlock(&q->lock);
	secant_free(one.value);
}

secant_status
data_survey_labels(const data_samples *s, int threads, data_survey *out, secant_err *err)
{
	if (!out->value)
		out->value = secant_calloc(DATA_SURVEY_VALUES, sizeof *out->value);
	surveying q = { .s = s, .v = out, .failed = -1, .telling = -1 };
	base_pool *pool = out->value && !s->annotated ? base_pool_new(threads > 0 ? threads : 1, err) : NULL;
	if (!out->value)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to look at labels");
	if (s->annotated)
		return SECANT_OK;
	secant_status status = pool ? SECANT_OK : SECANT_ERR_NOMEM;
	pthread_mutex_init(&q.lock, NULL);
	const char *before = NULL;
	for (int i = 0; i < s->n && !status; i++) {
		const char *path = s->v[i].label;
		if (!path || (before && !strcmp(path, before))) /* tiles of one picture follow each other */
			continue;
		before = path;
		if (!*out->first)
			(void)snprintf(out->first, sizeof out->first, "%s", path);
		status = base_pool_submit(pool, look, &q, i, err);
	}
	if (pool)
		base_pool_wait(pool);
	base_pool_free(pool);
	pthread_mutex_destroy(&q.lock);
	return status ? status : q.failed >= 0 ? secant_fail(err, q.err.code, "%s", q.err.msg) : SECANT_OK;
}

void
data_survey_free(data_survey *v)
{
	secant_free(v->value);
	*v = (data_survey){ 0 };
}

/* ---- what it can mean ---- */

static bool
is_black(const uint8_t rgb[3])
{
	return !rgb[0] && !rgb[1] && !rgb[2];
}

/* Labels of colours: two of them, one black, are an object; more want names. */
static secant_status
meaning_of_colours(const data_survey *v, data_meaning *m, secant_err *err)
{
	if (v->lossy)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: a coloured label in a file with losses (JPEG, WebP), whose colours are not those that were painted; "
			"labels want PNG or TIFF",
			v->first);
	bool black = false;
	for (int k = 0; k < v->colours && k < 2; k++)
		black |= is_black(v->colour[k]);
	if (v->colours <= 2 && black) {
		const uint8_t *rgb = v->colour[is_black(v->colour[0]) && v->colours > 1];
		uint8_t most = rgb[0] > rgb[1] ? rgb[0] : rgb[1];
		m->threshold = most > rgb[2] ? most : rgb[2];
		m->labels = "binary";
		(void)snprintf(m->why, sizeof m->why, "black and (%d, %d, %d)", rgb[0], rgb[1], rgb[2]);
		return SECANT_OK;
	}
	char lines[220] = "";
	for (int k = 0; k < v->colours && k < 4; k++)
		(void)snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s'class%d %d %d %d'", k ? ", " : "", k,
			v->colour[k][0], v->colour[k][1], v->colour[k][2]);
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: labels are coloured, with %s%d colours: say what they mean with --class-file, a line NAME R G B for each "
		"(%s%s)",
		v->first, v->colours > DATA_SURVEY_COLOURS ? "more than " : "",
		v->colours > DATA_SURVEY_COLOURS ? DATA_SURVEY_COLOURS : v->colours, lines, v->colours > 4 ? ", ..." : "");
}

static void
list_values(const data_survey *v, char *text, size_t size)
{
	int shown = 0;
	*text = '\0';
	for (int k = 0; k < DATA_SURVEY_VALUES && shown < 9; k++)
		if (v->value[k])
			(void)snprintf(text + strlen(text), size - strlen(text), "%s%d", shown++ ? ", " : "", k);
	if (values_of(v, DATA_SURVEY_VALUES) > shown)
		(void)snprintf(text + strlen(text), size - strlen(text), ", ...");
}

/* Greys that stand out of what compression smears between them: local crowds of values, black left out. */
static int
crowds(const data_survey *v, int *first, int *second)
{
	enum {
		HALF = 4,
		APART = 13,
		LEAST = 40
	}; /* a crowd's breadth, the distance to what it stands out of, the end of black and its noise */
	int64_t window[256] = { 0 }, all = 0;
	int found = 0, last = -APART;
	for (int k = 0; k < 256; k++) {
		all += v->value[k];
		for (int j = k - HALF; j <= k + HALF; j++)
			window[k] += j >= 0 && j < 256 ? v->value[j] : 0;
	}
	for (int k = LEAST; k < 256; k++) {
		int64_t below = window[k - APART > 0 ? k - APART : 0], above = k + APART < 256 ? window[k + APART] : 0;
		bool top = window[k] > all / 200 && window[k] > 2 * (k - APART > HALF ? below : 0) && window[k] > 2 * above;
		for (int j = k - APART; j <= k + APART && top; j++)
			top = j < LEAST || j > 255 || window[j] <= window[k];
		if (!top || k - last < APART)
			continue;
		*(found ? second : first) = k;
		last = k;
		found++;
	}
	return found;
}

/* One channel. With W the values beside 0 and 255: none: an object in white; 1: an object by number; numbers without
 * gaps from 0 or 1, or few small ones: classes; a single one: an object; many up to white: a soft edge. */
static secant_status
meaning_of_values(const data_survey *v, data_meaning *m, secant_err *err)
{
	enum { SOFT = 32, SMALL = 64, WHITE = 240 };
	int n = 0, most = 0, inner = 0, last = 0;
	for (int k = 0; k < DATA_SURVEY_VALUES; k++)
		if (v->value[k]) {
			n++, most = k;
			inner += k != 0 && k != 255;
			last = k != 255 ? k : last;
		}
	char text[120];
	list_values(v, text, sizeof text);
	(void)snprintf(m->why, sizeof m->why, "label value%s %s", n > 1 ? "s" : "", text);
	m->labels = "binary";
	int grey[2] = { 0, 0 };
	if (v->lossy == v->files && crowds(v, &grey[0], &grey[1]) > 1)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: labels in files with losses (JPEG, WebP) that hold several greys, about %d and %d: compression "
			"changed the "
			"numbers of classes. Write them as PNG; --labels binary says that they are one object, from "
			"--label-threshold "
			"on",
			v->first, grey[0], grey[1]);
	if (v->lossy == v->files || inner == 0)
		return SECANT_OK; /* the threshold of the option */
	if (inner == 1 && last == 1 && most == 255)
		return SECANT_OK; /* 0, 1 and 255: reading asks which is meant */
	if (inner == 1 && n <= 2 && most != 255) {
		m->labels = last == 1 ? "index" : "binary";
		m->threshold = last == 1 ? 0 : last;
		return SECANT_OK;
	}
	bool dense = inner >= last - 1; /* 0 may be missing, and one more */
	if (most <= 255 && last < SMALL && (dense || v->indexed == v->files || inner > 2 || last < 16)) {
		m->labels = "index";
		m->classes = last + 1;
		m->ignore = most == 255 ? 255 : -1;
		(void)snprintf(m->why, sizeof m->why, "label values 0 to %d%s", last, most == 255 ? ", 255 left out" : "");
		return SECANT_OK;
	}
	/* edges that were drawn soft, or scaled: greys up to white, not in a palette */
	if (most == 255 && inner >= SOFT && v->value[0] && (!dense || last >= WHITE) && !v->indexed)
		return SECANT_OK;
	if (most <= 255 && dense && last >= SMALL) {
		m->labels = "index";
		m->classes = last + 1;
		m->ignore = most == 255 ? 255 : -1;
		(void)snprintf(m->why, sizeof m->why, "label values 0 to %d%s", last, most == 255 ? ", 255 left out" : "");
		return SECANT_OK;
	}
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: the labels hold the values %s: they could be %d classes (--classes %d --labels index) or one object "
		"(--classes 1, from --label-threshold on); say which, or renumber them (secant data remap)",
		v->first, text, most + 1, most + 1);
}

secant_status
data_survey_meaning(const data_survey *v, data_meaning *out, secant_err *err)
{
	*out = (data_meaning){ .classes = 1, .ignore = -1, .labels = "auto" };
	if (!v->files)
		return SECANT_OK;
	return v->coloured ? meaning_of_colours(v, out, err) : meaning_of_values(v, out, err);
}
