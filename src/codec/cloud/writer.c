/*
 * Writing cloud files of any format: the part that is the same for all, and file-to-file conversion.
 */
#include "codec/cloud/format.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 65536 };

static const secant_opt write_rows[] = {
	SECANT_OPT_HEADING("Writing clouds"),
	SECANT_OPT(secant_cloud_writing, format, STR, "out-format", NULL, 0, 0,
		"format of the written cloud; by extension if not given"),
	SECANT_OPT_CHOICE(secant_cloud_writing, encoding, "encoding", "auto", "auto|ascii|binary|big-endian|compressed",
		"of PLY (ascii, binary, big-endian) and PCD (ascii, binary, compressed); auto: binary"),
	SECANT_OPT_CHOICE(secant_cloud_writing, separator, "out-separator", "auto", "auto|space|tab|comma|semicolon",
		"text: between columns; auto: comma for csv, else a blank"),
	SECANT_OPT_CHOICE(secant_cloud_writing, header, "out-header", "auto", "auto|yes|no",
		"text: names of the columns first; auto: csv yes, txt with attributes as a // line, else no; npy: as fields, "
		"where "
		"their values do not name them"),
	SECANT_OPT_CHOICE(secant_cloud_writing, las_version, "las-version", "auto", "auto|1.4|1.3|1.2",
		"version of a written LAS or LAZ file; auto: the source's, else 1.4"),
	SECANT_OPT(secant_cloud_writing, las_format, INT, "las-format", "-1", -1, 10,
		"LAS point format; -1: the source's with what its attributes need, else the smallest that holds them"),
	SECANT_OPT(secant_cloud_writing, las_scale, REAL, "las-scale", "0", 0, 1e6,
		"LAS: step of the coordinates; 0: the source's, else as fine as the extent allows"),
	SECANT_OPT_CHOICE(secant_cloud_writing, intensity_range, "intensity-range", "auto", "auto|keep|unit|byte|signed",
		"LAS: what intensities run over, for its 16 bits: numbers as they are, 0 to 1, 0 to 255, -2048 to 2047"),
	SECANT_OPT_CHOICE(secant_cloud_writing, colour_range, "colour-range", "auto", "auto|unit|byte|word",
		"what colours run over: 0 to 1, 0 to 255, 0 to 65535; auto: by their largest value"),
	SECANT_OPT(secant_cloud_writing, classification_dimension, BOOL, "classification-dimension", "false", 0, 0,
		"LAS: write the class also as an extra dimension named Classification"),
	SECANT_OPT_END,
};
const secant_opts secant_cloud_write_options = { "cloud writing", sizeof(secant_cloud_writing), write_rows };

/* ---- for the formats ---- */

uint8_t *
cloud_scratch(secant_cloud_writer *w, size_t size, secant_err *err)
{
	if (size > w->room) {
		uint8_t *p = base_realloc(w->buffer, size, 1);
		if (!p) {
			secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", w->name, size);
			return NULL;
		}
		w->buffer = p;
		w->room = size;
	}
	return w->buffer;
}

bool
cloud_is_colour(const char *name)
{
	secant_cloud_role_name role = secant_role_of(name);
	return role >= SECANT_ROLE_RED && role <= SECANT_ROLE_BLUE;
}

secant_number
cloud_narrow(const secant_cloud_writer *w, int column)
{
	const secant_column *c = &w->layout.column[column];
	if (column < 3)
		return c->type;
	if (cloud_is_colour(c->name) && secant_cloud_role(&w->layout, SECANT_ROLE_BLUE) >= 0)
		return SECANT_N_U8;
	const struct secant_cloud_span *s = w->survey.columns ? &w->survey.span[column] : NULL;
	secant_cloud_role_name role = secant_role_of(c->name);
	if ((role >= SECANT_ROLE_NX && role <= SECANT_ROLE_NZ) || role == SECANT_ROLE_CONFIDENCE
		|| role == SECANT_ROLE_TIME)
		return c->type;
	bool wide = tensor_number_is_real(c->type) || c->type == SECANT_N_I64 || c->type == SECANT_N_U64;
	if (!s || !wide || !s->integral || s->bad || s->lo > s->hi)
		return c->type;
	return s->lo >= 0 && s->hi <= UINT8_MAX        ? SECANT_N_U8
		: s->lo >= INT32_MIN && s->hi <= INT32_MAX ? SECANT_N_I32
												   : c->type;
}

static double
colour_factor(secant_cloud_writer *w, const secant_cloud *chunk, double full)
{
	static const double ranges[] = { 0, 1, 255, 65535 };
	if (w->opt.colour_range)
		return full / ranges[w->opt.colour_range];
	if (!w->survey.columns) { /* the first chunk decides for all */
		if (w->colour_range == 0)
			w->colour_range = fmax(secant_cloud_colour_range(chunk), 1);
		return full / w->colour_range;
	}
	double most = 0;
	secant_number type = SECANT_N_U8;
	for (int k = 0; k < 3; k++) {
		int i = secant_cloud_role(&w->layout, (secant_cloud_role_name)(SECANT_ROLE_RED + k));
		if (i < 0)
			return 1;
		type = w->layout.column[i].type;
		most = fmax(most, w->survey.span[i].hi);
	}
	return full
		/ (type == SECANT_N_U8                             ? 255
				: tensor_number_is_real(type) && most <= 1 ? 1
				: most <= 255                              ? 255
														   : 65535);
}

double
cloud_colour_factor(secant_cloud_writer *w, const secant_cloud *chunk, double full)
{
	double factor = colour_factor(w, chunk, full), v[256];
	if (full != 255 || factor >= 1)
		return factor;
	for (int k = 0; k < 3; k++) { /* 16 bits become 8: which of them had more to say? */
		int at = secant_cloud_role(chunk, (secant_cloud_role_name)(SECANT_ROLE_RED + k));
		for (int64_t i = 0; at >= 0 && i < chunk->n; i += 256) {
			int64_t n = chunk->n - i < 256 ? chunk->n - i : 256;
			secant_cloud_doubles(chunk, at, i, n, v);
			for (int64_t j = 0; j < n; j++)
				w->rounded_colours += fabs(v[j] * factor - nearbyint(v[j] * factor)) > 1e-6;
		}
	}
	return factor;
}

/* ---- life of a writer ---- */

static const cloud_format *
format_to_write(const char *path, const char *name, secant_err *err)
{
	static const char written[] = "ply, txt, xyz, pts, csv, pcd, npy, npz, las, laz";
	for (int i = 0; cloud_formats[i]; i++) {
		const cloud_format *f = cloud_formats[i];
		if (!(name ? !strcmp(f->name, name) : *f->extensions && base_ext_is(path, f->extensions)))
			continue;
		if (f->create)
			return f;
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: format %s can be read, not written; there are %s", path, f->name,
			written);
		return NULL;
	}
	secant_fail(err, SECANT_ERR_ARG, "%s: no cloud format is written under the %s '%s'; there are %s", path,
		name ? "name" : "extension", name ? name : base_path_ext(path), written);
	return NULL;
}

static void
writer_free(secant_cloud_writer *w)
{
	if (w->format && w->format->discard)
		w->format->discard(w->state);
	else
		secant_free(w->state);
	secant_cloud_free(&w->layout);
	secant_cloud_survey_free(&w->survey);
	secant_opts_free(&secant_cloud_write_options, &w->opt);
	secant_free(w->buffer);
	secant_free(w->name);
	secant_free(w);
}

void
secant_cloud_abort(secant_cloud_writer *w)
{
	if (!w)
		return;
	base_writer_abort(w->out);
	writer_free(w);
}

static secant_status
copy_survey(secant_cloud_writer *w, const secant_cloud_survey *from, secant_err *err)
{
	w->survey.n = from ? from->n : -1;
	if (!from || !from->columns)
		return SECANT_OK;
	if (from->columns != w->layout.columns)
		return secant_fail(err, SECANT_ERR_ARG, "%s: the survey has %d columns, the cloud %d", w->name, from->columns,
			w->layout.columns);
	w->survey.span = secant_calloc((size_t)from->columns, sizeof *w->survey.span);
	if (!w->survey.span)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	memcpy(w->survey.span, from->span, (size_t)from->columns * sizeof *from->span);
	w->survey.columns = from->columns;
	return SECANT_OK;
}

/* What the source knows beside its points, and the target has no place for. */
static void
say_left_behind(const secant_cloud_writer *w)
{
	const secant_cloud_view *v = &w->layout.view;
	bool las = w->format == &cloud_las || w->format == &cloud_laz;
	bool moved = v->known
		&& (v->viewpoint[0] != 0 || v->viewpoint[1] != 0 || v->viewpoint[2] != 0 || v->viewpoint[3] != 1);
	if (w->format != &cloud_pcd && v->height > 1)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: the grid of %lld x %lld%s left behind: %s has no place for it", w->name, (long long)v->width,
			(long long)v->height, moved ? " and the viewpoint are" : " is", w->format->name);
	else if (w->format != &cloud_pcd && moved)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING, "%s: the viewpoint is left behind: %s has no place for it",
			w->name, w->format->name);
	for (int i = 0; i < w->layout.records && !las; i++)
		if (!strcmp(w->layout.record[i].user, "LASF_Projection")) {
			secant_log(&w->opt.logger, SECANT_LOG_WARNING,
				"%s: the coordinate system is left behind: %s has no place for it", w->name, w->format->name);
			return;
		}
}

secant_cloud_writer *
secant_cloud_create(const char *path, const secant_cloud *layout, const secant_cloud_survey *survey,
	const secant_cloud_writing *opt, secant_err *err)
{
	secant_cloud_writer *w = secant_calloc(1, sizeof *w);
	if (!w) {
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
		return NULL;
	}
	w->name = base_strdup(path);
	secant_status s = !w->name ? secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path)
		: opt                  ? secant_opts_copy(&secant_cloud_write_options, &w->opt, opt, err)
							   : secant_opts_init(&secant_cloud_write_options, &w->opt, err);
	if (!s && layout->columns < 3)
		s = secant_fail(err, SECANT_ERR_ARG, "%s: the cloud has no columns x, y, z", path);
	const cloud_format *f = s ? NULL : format_to_write(path, w->opt.format, err);
	if (!s && !f)
		s = SECANT_ERR_ARG;
	if (!s)
		s = secant_cloud_like(&w->layout, layout, err);
	if (!s)
		s = copy_survey(w, survey, err);
	if (!s && !(w->out = base_writer_open(path, err)))
		s = SECANT_ERR_IO;
	if (!s) {
		w->format = f;
		say_left_behind(w);
		s = f->create(w, err);
	}
	if (!s)
		return w;
	secant_cloud_abort(w);
	return NULL;
}

/* Points that have coordinates, where some have none; else *part stays empty. */
static secant_status
take_finite(secant_cloud_writer *w, secant_cloud *part, const secant_cloud *chunk, secant_err *err)
{
	bool strange = false;
	for (int axis = 0; axis < 3; axis++) {
		double v[256];
		for (int64_t first = 0; first < chunk->n && !strange; first += 256) {
			int64_t n = chunk->n - first < 256 ? chunk->n - first : 256;
			double sum = 0;
			secant_cloud_doubles(chunk, axis, first, n, v);
			for (int64_t k = 0; k < n; k++)
				sum += v[k] * 0; /* NaN when one of them is none */
			strange = sum != 0;
		}
	}
	int64_t *index = strange ? secant_calloc((size_t)chunk->n, sizeof *index) : NULL, n = 0;
	if (strange && !index)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	for (int64_t p = 0; strange && p < chunk->n; p++) {
		index[n] = p;
		n += isfinite(secant_cloud_get(chunk, 0, p)) && isfinite(secant_cloud_get(chunk, 1, p))
			&& isfinite(secant_cloud_get(chunk, 2, p));
	}
	secant_status s = strange ? secant_cloud_take(part, chunk, index, n, err) : SECANT_OK;
	w->without += strange && !s ? chunk->n - n : 0;
	secant_free(index);
	return s;
}

void
cloud_count_rounded_longs(secant_cloud_writer *w, const secant_cloud *chunk)
{
	for (int i = 3; i < chunk->columns; i++) {
		const secant_column *c = &chunk->column[i];
		const uint64_t *v = c->data;
		for (int64_t k = 0; k < chunk->n && (c->type == SECANT_N_I64 || c->type == SECANT_N_U64); k++) {
			uint64_t size = c->type == SECANT_N_I64 && (int64_t)v[k] < 0 ? 0 - v[k] : v[k];
			double d = (double)size;
			w->rounded_longs += d >= 0x1p64 || (uint64_t)d != size;
		}
	}
}

secant_status
secant_cloud_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	bool same = chunk->columns == w->layout.columns;
	for (int i = 0; same && i < chunk->columns; i++)
		same = chunk->column[i].type == w->layout.column[i].type
			&& !strcmp(chunk->column[i].name, w->layout.column[i].name);
	if (!same)
		return secant_fail(err, SECANT_ERR_ARG, "%s: a chunk has other columns than the layout", w->name);
	if (chunk->n == 0)
		return SECANT_OK;
	if (w->format->doubles)
		cloud_count_rounded_longs(w, chunk);
	secant_cloud part = { 0 };
	secant_status s = w->format->finite ? take_finite(w, &part, chunk, err) : SECANT_OK;
	const secant_cloud *points = part.columns ? &part : chunk;
	if (!s && points->n)
		s = w->format->put(w, points, err);
	w->n += s ? 0 : points->n;
	secant_cloud_free(&part);
	return s;
}

secant_status
secant_cloud_commit(secant_cloud_writer *w, secant_err *err)
{
	secant_err local = { 0 };
	secant_status s = w->format->finish(w, &local);
	if (s)
		base_writer_abort(w->out);
	else
		s = base_writer_commit(w->out, &local);
	w->out = NULL;
	if (!s && w->rounded_colours)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: %lld values of colours have more than the 8 bits that %s holds and were rounded", w->name,
			(long long)w->rounded_colours, w->format->name);
	if (!s && w->moved)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: %lld coordinates were rounded, by up to %.3g, to the floats that PCL and Open3D read (.las, .ply and "
			".txt "
			"keep them)",
			w->name, (long long)w->moved, w->moved_by);
	if (!s && w->without)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: %lld points without finite coordinates were left out: %s cannot hold them", w->name,
			(long long)w->without, w->format->name);
	if (!s && w->rounded_longs)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: %lld whole numbers have more than the 53 bits that the doubles of %s hold and were rounded", w->name,
			(long long)w->rounded_longs, w->format->name);
	writer_free(w);
	return s ? secant_fail(err, s, "%s", local.msg) : SECANT_OK;
}

/* Whether ranges make a better file of this cloud: a grid for LAS, narrow types for numbers that the source holds as
 * reals. */
static bool
survey_helps(const cloud_format *f, const secant_cloud *layout, const secant_cloud_writing *opt)
{
	bool reals = f == &cloud_pcd && layout->column[0].type == SECANT_N_F64;
	if (f == &cloud_las || f == &cloud_laz)
		return !(layout->scale[0] > 0) || !layout->las.known || (opt && opt->las_scale > 0);
	for (int i = 3; i < layout->columns; i++)
		reals |= tensor_number_is_real(layout->column[i].type)
			|| (cloud_is_colour(layout->column[i].name) && layout->column[i].type != SECANT_N_U8);
	return f->wants_survey && reals;
}

secant_status
secant_cloud_write(const secant_cloud *c, const char *path, const secant_cloud_writing *opt, secant_err *err)
{
	secant_err local = { 0 };
	secant_cloud_survey survey = { .n = 0 };
	const cloud_format *f = format_to_write(path, opt ? opt->format : NULL, &local);
	secant_status s = f ? SECANT_OK : local.code;
	bool las = f == &cloud_las || f == &cloud_laz; /* in memory a look costs nothing: classes may need another format */
	if (!s && c->columns >= 3 && (las || survey_helps(f, c, opt)))
		s = secant_cloud_survey_add(&survey, c, &local);
	survey.n = c->n;
	secant_cloud_writer *w = s ? NULL : secant_cloud_create(path, c, &survey, opt, &local);
	secant_cloud_survey_free(&survey);
	s = w ? secant_cloud_put(w, c, &local) : local.code;
	if (w && s)
		secant_cloud_abort(w);
	else if (w)
		s = secant_cloud_commit(w, &local);
	return s ? secant_fail(err, s, "%s", local.msg) : SECANT_OK;
}

/* ---- conversion ---- */

typedef struct conversion {
	const char *from, *to;
	const secant_cloud_reading *reading;
	const secant_cloud_writing *writing;
	bool (*progress)(void *user, int64_t done);
	void *user;
	int64_t done;
} conversion;

/* Reads the source once, giving every chunk to the survey or to the writer. */
static secant_status
run_through(conversion *k, secant_cloud_reader *r, secant_cloud_survey *survey, secant_cloud_writer *w, secant_err *err)
{
	secant_cloud chunk = { 0 };
	secant_status s;
	while (!(s = secant_cloud_next(r, &chunk, CHUNK, err)) && chunk.n) {
		s = w ? secant_cloud_put(w, &chunk, err) : secant_cloud_survey_add(survey, &chunk, err);
		if (s)
			break;
		k->done = w ? w->n : 0;
		if (k->progress && !k->progress(k->user, k->done)) {
			s = secant_fail(err, SECANT_ERR_CANCELLED, "%s: stopped after %lld points", k->from, (long long)k->done);
			break;
		}
	}
	secant_cloud_free(&chunk);
	return s;
}

/* The source a second time: what is to be said of it has been said. */
static secant_cloud_reader *
open_again(const conversion *k, secant_err *err)
{
	if (!k->reading)
		return secant_cloud_open(k->from, NULL, err);
	secant_cloud_reading quiet = *k->reading;
	quiet.logger = (secant_logger){ 0 };
	return secant_cloud_open(k->from, &quiet, err);
}

static secant_status
convert(conversion *k, secant_err *err)
{
	secant_cloud_survey survey = { .n = 0 };
	const cloud_format *f = format_to_write(k->to, k->writing ? k->writing->format : NULL, err);
	secant_cloud_reader *r = f ? secant_cloud_open(k->from, k->reading, err) : NULL;
	if (!r)
		return SECANT_ERR_IO;
	secant_status s = SECANT_OK;
	survey.n = r->total;
	if (survey_helps(f, &r->layout, k->writing)) {
		survey.n = 0;
		s = run_through(k, r, &survey, NULL, err);
		secant_cloud_close(r);
		r = s ? NULL : open_again(k, err);
	}
	secant_cloud_writer *w = r ? secant_cloud_create(k->to, &r->layout, &survey, k->writing, err) : NULL;
	s = w ? run_through(k, r, NULL, w, err) : SECANT_ERR_IO;
	if (!s && !k->done && !(k->reading && k->reading->allow_empty))
		s = cloud_fail(k->from, err, SECANT_ERR_FORMAT, "there are no points in it; nothing was written");
	if (w && s)
		secant_cloud_abort(w);
	else if (w)
		s = secant_cloud_commit(w, err);
	secant_cloud_close(r);
	secant_cloud_survey_free(&survey);
	return s;
}

secant_status
secant_cloud_convert(const char *from, const secant_cloud_reading *reading, const char *to,
	const secant_cloud_writing *writing, int64_t *points, bool (*progress)(void *user, int64_t done), void *user,
	secant_err *err)
{
	secant_err local = { 0 };
	conversion k = {
		.from = from, .to = to, .reading = reading, .writing = writing, .progress = progress, .user = user
	};
	(void)convert(&k, &local);
	if (points)
		*points = k.done;
	return local.code ? secant_fail(err, local.code, "%s", local.msg) : SECANT_OK;
}
