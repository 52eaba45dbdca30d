/*
 * Prediction of cloud files: read, passed through the networks, given class, confidence and colour, written. See
 * secant/predict.h.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <secant/palette.h>
#include <secant/predict.h>
#include "base/file.h"
#include "base/mem.h"
#include "codec/cloud/format.h"
#include "deploy/clouds.h"
#include "deploy/failures.h"

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("Point clouds"),
	SECANT_OPT(secant_predict_cloud, category, STR, "category", NULL, 0, 0,
		"what the object is, for models of parts of several kinds of objects"),
	SECANT_OPT(secant_predict_cloud, votes, INT, "votes", "1", 1, 1000,
		"predictions averaged for each point: turned around the up axis where training was, else scaled"),
	SECANT_OPT(secant_predict_cloud, block_overlap, REAL, "block-overlap", "0.5", 0, 0.9,
		"of neighbouring blocks of a scene, as a share of their side"),
	SECANT_OPT(secant_predict_cloud, pass_points, INT, "pass-points", "0", 0, 1 << 24,
		"most points of a whole cloud at once, larger ones go in random parts; 0: as in training, at least 8192"),
	SECANT_OPT(secant_predict_cloud, batch, INT, "batch", "8", 1, 4096, "blocks or parts at once"),
	SECANT_OPT(secant_predict_cloud, cloud_format, STR, "cloud-format", NULL, 0, 0,
		"extension of clouds in a folder: las, ply, txt, pcd, ...; absent: the input's where it can be written, else "
		"las"),
	SECANT_OPT(secant_predict_cloud, keep_colours, BOOL, "keep-colours", "true", 0, 0,
		"keep the cloud's own colours; false, or a cloud without: a colour for each class"),
	SECANT_OPT(secant_predict_cloud, mesh_points, INT, "mesh-points", "-1", -1, 100000000,
		"points drawn by area on a mesh; 0: its vertices; -1: 10000 for OFF, the vertices of others"),
	SECANT_OPT(secant_predict_cloud, entry, INT, "entry", "-1", -1, INT32_MAX,
		"IDX: which picture, from 0; needed where there are several"),
	SECANT_OPT(secant_predict_cloud, classification_dimension, BOOL, "classification-dimension", "false", 0, 0,
		"LAS: the class also as an extra dimension named Classification"),
	SECANT_OPT_END,
};
const secant_opts secant_predict_cloud_options = { "predict clouds", sizeof(secant_predict_cloud), rows };

bool
secant_predict_takes_clouds(const char *model)
{
	format_model_file file;
	if (format_model_file_read(&file, model, NULL))
		return false;
	const char *kind = json_string_value(json_object_get(file.settings, "kind"));
	secant_network_kind takes = SECANT_NETWORK_PICTURES;
	bool is = base_network_kind_find(kind, &takes) && takes != SECANT_NETWORK_PICTURES;
	format_model_file_free(&file);
	return is;
}

/* ---- models ---- */

typedef struct ensemble {
	deploy_deployed *d;
	secant_session **session; /* of each */
	char **name; /* of the classes */
	int n_names;
	deploy_cloud_model *m;
	int n;
	const secant_predict_cloud *how;
	deploy_passing passing;
	int category; /* which the networks are told; -1: none */
	bool (*progress)(void *user, const secant_predict_progress *now);
	void *user;
	secant_predict_progress now;
} ensemble;

static bool
tick(void *user)
{
	ensemble *e = user;
	return !e->progress || e->progress(e->user, &e->now);
}

static secant_status
check_same(const ensemble *e, const char *const *models, int i, secant_err *err)
{
	const deploy_deployed *a = &e->d[0], *b = &e->d[i];
	if (a->classes == b->classes && a->kind == b->kind && e->m[0].categories == e->m[i].categories)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_ARG,
		"%s has %d classes for each %s, %s has %d for each %s: they cannot be averaged", models[0], a->classes,
		a->kind == SECANT_NETWORK_POINTS ? "point" : "cloud", models[i], b->classes,
		b->kind == SECANT_NETWORK_POINTS ? "point" : "cloud");
}

static secant_status
open_models(ensemble *e, const char *const *models, int n, const secant_predict *o, secant_err *err)
{
	secant_status s = SECANT_OK;
	unsigned allow = (o->allow_reference ? DEPLOY_ALLOW_REFERENCE : 0u)
		| (o->training_operators ? DEPLOY_ALLOW_TRAINING : 0u);
	e->d = secant_calloc((size_t)n, sizeof *e->d);
	e->m = secant_calloc((size_t)n, sizeof *e->m);
	e->session = secant_calloc((size_t)n, sizeof(secant_session *));
	if (!e->d || !e->m || !e->session || n < 1)
		return secant_fail(
			err, n < 1 ? SECANT_ERR_ARG : SECANT_ERR_NOMEM, n < 1 ? "no model is given" : "no memory for %d models", n);
	for (int i = 0; i < n && !s; i++) {
		if ((s = deploy_deployed_open(&e->d[i], models[i], o->precision, o->threads, allow, err)))
			break;
		e->n = i + 1;
		secant_err own = { 0 };
		if ((s = deploy_cloud_model_read(&e->m[i], &e->d[i], &own)))
			return secant_fail(err, s, "%s: %s", models[i], own.msg);
		if (!(s = check_same(e, models, i, err)) && !(e->session[i] = deploy_deployed_session(&e->d[i], err)))
			s = err ? err->code : SECANT_ERR_NOMEM;
	}
	return s ? s : deploy_class_names_read(e->d[0].file.settings, &e->name, &e->n_names, err);
}

static void
close_models(ensemble *e)
{
	for (int i = 0; i < e->n; i++) {
		secant_session_free(e->session[i]);
		deploy_cloud_model_free(&e->m[i]);
		deploy_deployed_close(&e->d[i]);
	}
	deploy_class_names_free(e->name, e->n_names);
	secant_free(e->session);
	secant_free(e->d);
	secant_free(e->m);
}

/* Which category the network is told: the one that is asked for, or the only one. */
static secant_status
choose_category(ensemble *e, secant_err *err)
{
	const deploy_cloud_model *m = &e->m[0];
	char all[300] = "";
	e->category = -1;
	if (!m->first_part)
		return SECANT_OK;
	for (int i = 0; i < m->categories; i++) {
		if (e->how->category ? !strcmp(e->how->category, m->category[i]) : m->categories == 1)
			return e->category = i, SECANT_OK;
		if (strlen(all) + strlen(m->category[i]) + 3 < sizeof all)
			(void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", m->category[i]);
	}
	if (!e->how->category && e->d[0].categories == 0)
		return SECANT_OK; /* the network is not told; all parts are possible */
	return secant_fail(err, SECANT_ERR_ARG, "--category %s%s%s one of %s",
		e->how->category ? "'" : "is missing:", e->how->category ? e->how->category : "",
		e->how->category ? "' is not" : "", all);
}

/* ---- results as columns ---- */

static void
drop(secant_cloud *c, const char *name)
{
	int at = secant_cloud_find(c, name);
	if (at >= 3)
		secant_cloud_remove(c, at);
}

/* LAS writes the column of labels to the class byte: the old one gets out of its way. */
static secant_status
rename_label(secant_cloud *c, secant_err *err)
{
	int at = secant_cloud_find(c, "classification");
	if (at < 0)
		at = secant_cloud_role(c, SECANT_ROLE_LABEL);
	if (at < 3)
		return SECANT_OK;
	char *name = base_strdup(
		secant_cloud_find(c, "label") < 0 || secant_cloud_find(c, "label") == at ? "label" : "label before");
	if (!name)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a name");
	secant_free(c->column[at].name);
	c->column[at].name = name;
	return SECANT_OK;
}

/* The number that stands for class k in files. */
static int64_t
number_of(const deploy_cloud_model *m, int k)
{
	return k < 0 ? 0 : m->value ? m->value[k] : k;
}

static secant_number
type_for(const deploy_cloud_model *m, int classes)
{
	int64_t lo = 0, hi = 0;
	for (int k = 0; k < classes; k++) {
		int64_t v = number_of(m, k);
		lo = v < lo ? v : lo;
		hi = v > hi ? v : hi;
	}
	return lo < 0 ? SECANT_N_I32 : hi < 256 ? SECANT_N_U8 : hi < 65536 ? SECANT_N_U16 : SECANT_N_I32;
}

static secant_status
add_results(secant_cloud *c, const ensemble *e, const deploy_verdict *v, bool las, secant_err *err)
{
	static const char *const colours[] = { "red", "green", "blue" };
	const deploy_cloud_model *m = &e->m[0];
	const char *name = las ? "classification" : "prediction";
	bool keep = e->how->keep_colours && secant_cloud_colour_range(c) > 0;
	secant_status s = las ? rename_label(c, err) : SECANT_OK;
	int at[5] = { -1, -1, -1, -1, -1 };
	if (s)
		return s;
	drop(c, name);
	drop(c, "confidence");
	for (int k = 0; k < 3 && !keep; k++)
		for (int old; (old = secant_cloud_role(c, (secant_cloud_role_name)(SECANT_ROLE_RED + k))) >= 3;)
			secant_cloud_remove(c, old);
	at[0] = secant_cloud_add(c, name, type_for(m, e->d[0].classes), err);
	if (at[0] >= 0)
		at[1] = secant_cloud_add(c, "confidence", SECANT_N_F32, err);
	for (int k = 0; k < 3 && at[1] >= 0 && !keep; k++)
		if ((at[2 + k] = secant_cloud_add(c, colours[k], SECANT_N_U8, err)) < 0)
			return (secant_status)at[2 + k];
	if (at[0] < 0 || at[1] < 0)
		return at[0] < 0 ? (secant_status)at[0] : (secant_status)at[1];
	for (int64_t i = 0; i < c->n; i++) {
		float confidence;
		uint8_t rgb[3];
		int k = deploy_verdict_class(v, v->rows == c->n ? i : 0, &confidence);
		secant_cloud_set(c, at[0], i, (double)number_of(m, k));
		((float *)c->column[at[1]].data)[i] = confidence;
		if (at[2] < 0)
			continue;
		secant_palette(k < 0 ? -1 : k - v->first, rgb);
		for (int q = 0; q < 3; q++)
			((uint8_t *)c->column[at[2 + q]].data)[i] = rgb[q];
	}
	return SECANT_OK;
}

/* LAS says what its numbers mean, so that a picture of the file does too. */
static secant_status
name_classes(secant_cloud *c, const ensemble *e, secant_err *err)
{
	const json_t *names = json_object_get(e->d[0].file.settings, "class_names");
	int n = (int)json_array_size(names);
	if (!n || n != e->d[0].classes)
		return SECANT_OK;
	int64_t *value = secant_calloc((size_t)n, sizeof *value);
	const char **name = secant_calloc((size_t)n, sizeof *name);
	for (int k = 0; k < n && value && name; k++) {
		const char *own = json_string_value(json_array_get(names, (size_t)k));
		value[k] = number_of(&e->m[0], k);
		name[k] = own ? own : "";
	}
	secant_status s = value && name ? secant_cloud_name_classes(c, value, name, n, err)
									: secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d names", n);
	secant_free(value);
	secant_free(name);
	return s;
}

/* ---- one file ---- */

static secant_status
pass_model(ensemble *e, int i, deploy_verdict *v, secant_err *err)
{
	deploy_passing how = e->passing;
	how.session = e->session[i];
	return deploy_clouds_pass(&e->d[i], &e->m[i], &how, v, 1, err);
}

static secant_status
pass_all(ensemble *e, const secant_cloud *c, prepare_points *p, deploy_verdict *v, secant_err *err)
{
	secant_status s = SECANT_OK;
	for (int i = 0; i < e->n && !s; i++) {
		prepare_points_free(p); /* the models may want different features */
		if ((s = prepare_points_make(p, &e->m[i].features, c, NULL, err)))
			break;
		p->category = e->category;
		if (i == 0)
			s = deploy_verdict_make(v, &e->d[0], &e->m[0], p, e->category, err);
		v->p = p;
		if (!s && c->n)
			s = pass_model(e, i, v, err);
	}
	return s;
}

/* "cup 0.98" for a cloud with one class. */
static void
describe(const ensemble *e, const deploy_verdict *v, char *text, size_t size)
{
	float confidence;
	int k = deploy_verdict_class(v, 0, &confidence);
	const char *name = k >= 0 && k < e->n_names ? e->name[k] : NULL;
	if (name)
		(void)snprintf(text, size, "%s %.3f", name, (double)confidence);
	else
		(void)snprintf(text, size, "%lld %.3f", (long long)number_of(&e->m[0], k), (double)confidence);
}

/* One object: an IDX file of several pictures is not one. */
static secant_status
read_input(const ensemble *e, secant_cloud *c, const char *input, secant_err *err)
{
	secant_cloud_reading o;
	secant_status s = secant_opts_init(&secant_cloud_read_options, &o, err);
	if (s)
		return s;
	o.mesh_points = e->how->mesh_points;
	o.entry = e->how->entry;
	s = secant_cloud_read(c, input, &o, err);
	int picture = s ? -1 : secant_cloud_find(c, "picture");
	secant_cloud_reader *r = picture < 0 || secant_cloud_get(c, picture, c->n - 1) < 1
		? NULL
		: secant_cloud_open(input, &o, NULL);
	if (r && r->format->entries)
		s = secant_fail(err, SECANT_ERR_ARG, "%s: %s, each a cloud of its own: --entry 0 predicts the first", input,
			secant_cloud_details(r));
	secant_cloud_close(r);
	secant_opts_free(&secant_cloud_read_options, &o);
	return s;
}

static secant_status
predict_one(ensemble *e, const char *input, const char *output, secant_err *err)
{
	secant_cloud c = { 0 };
	prepare_points p = { 0 };
	deploy_verdict v = { 0 };
	secant_cloud_writing w;
	char text[160];
	secant_status s = secant_opts_init(&secant_cloud_write_options, &w, err);
	if (s)
		return s;
	w.classification_dimension = e->how->classification_dimension;
	if (!(s = read_input(e, &c, input, err)))
		s = pass_all(e, &c, &p, &v, err);
	bool whole = e->d[0].kind == SECANT_NETWORK_CLOUDS;
	if (!s && whole && c.n) {
		describe(e, &v, text, sizeof text);
		e->now.verdict = text;
	}
	prepare_points_free(&p);
	bool las = output && base_ext_is(output, "las|laz");
	if (!s && output && !(s = add_results(&c, e, &v, las, err)) && !(las && (s = name_classes(&c, e, err))))
		s = secant_cloud_write(&c, output, &w, err);
	e->now.mask = output;
	e->now.tile = e->now.tiles = 1;
	if (!s && !tick(e))
		s = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	deploy_verdict_free(&v);
	secant_cloud_free(&c);
	secant_opts_free(&secant_cloud_write_options, &w);
	return s;
}

/* ---- files ---- */

static secant_status
find_inputs(base_names *l, const char *const *inputs, int n, secant_err *err)
{
	secant_status s = SECANT_OK;
	for (int i = 0; i < n && !s; i++) {
		base_names names = { 0 };
		int before = l->n;
		if (!secant_is_dir(inputs[i])) {
			if (base_names_add(l, inputs[i]))
				s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a list of clouds");
			continue;
		}
		s = base_dir_list(&names, inputs[i], BASE_DIR_FILES, err);
		for (int k = 0; k < names.n && !s; k++) {
			char *path = secant_cloud_is_readable(names.v[k]) ? base_path_join(inputs[i], names.v[k]) : NULL;
			if (path && base_names_add(l, path))
				s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a list of clouds");
			secant_free(path);
		}
		base_names_free(&names);
		if (!s && l->n == before)
			s = secant_fail(err, SECANT_ERR_ARG,
				"%s: there are no cloud files in this folder (folders in it are not searched)", inputs[i]);
	}
	return s || l->n ? s : secant_fail(err, SECANT_ERR_ARG, "there are no clouds to predict");
}

static char *
name_output(const char *input, const char *out, bool to_file, const char *format)
{
	if (to_file)
		return base_strdup(out);
	const char *extension = format ? format : secant_cloud_is_writable(input) ? base_path_ext(input) : "las";
	char *stem = base_path_stem(input), *path = stem ? base_format("%s/%s.%s", out, stem, extension) : NULL;
	secant_free(stem);
	return path;
}

static secant_status
name_outputs(base_names *to, const base_names *l, const char *out, const char *format, secant_err *err)
{
	bool to_file = out && l->n == 1 && secant_cloud_is_writable(out);
	if (out && !to_file && l->n == 1 && secant_cloud_is_readable(out) && !secant_is_dir(out))
		return secant_fail(err, SECANT_ERR_ARG,
			"%s: clouds of this kind are read, not written: want .las, .laz, .ply, .pcd, .txt, .csv, .xyz, .pts, .npy, "
			".npz or a folder",
			out);
	if (out && l->n > 1 && secant_cloud_is_writable(out) && !secant_is_dir(out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: %d clouds want a folder", out, l->n);
	for (int i = 0; i < l->n && out; i++) {
		char *path = name_output(l->v[i], out, to_file, format);
		secant_status s = !path || base_names_add(to, path)
			? secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names")
			: SECANT_OK;
		if (!s && !secant_cloud_is_writable(path))
			s = secant_fail(
				err, SECANT_ERR_ARG, "%s: no clouds are written with this extension (.las .ply .txt .pcd ...)", path);
		for (int k = 0; k < l->n && !s; k++)
			if (!strcmp(path, l->v[k]))
				s = secant_fail(err, SECANT_ERR_ARG, "%s would be replaced by a result", path);
		for (int k = 0; k < i && !s; k++)
			if (!strcmp(path, to->v[k]))
				s = secant_fail(err, SECANT_ERR_ARG, "%s and %s would both be written to %s", l->v[k], l->v[i], path);
		secant_free(path);
		if (s)
			return s;
	}
	return out && !to_file ? secant_make_dirs(out, err) : SECANT_OK;
}

secant_status
secant_predict_clouds(const char *const *models, int n_models, const secant_predict *options,
	const secant_predict_cloud *how, const char *const *inputs, int n, const char *out,
	bool (*progress)(void *user, const secant_predict_progress *now), void *user, secant_err *err)
{
	ensemble e = { .how = how, .progress = progress, .user = user };
	base_names l = { 0 }, outputs = { 0 };
	secant_status s = open_models(&e, models, n_models, options, err);
	e.passing = (deploy_passing){ .batch = how->batch,
		.votes = how->votes,
		.most = how->pass_points,
		.overlap = how->block_overlap,
		.tick = tick,
		.user = &e };
	if (!s)
		s = choose_category(&e, err);
	if (!s && !out && e.d[0].kind != SECANT_NETWORK_CLOUDS)
		s = secant_fail(err, SECANT_ERR_ARG, "--out is missing: a folder, or with one cloud a file such as result.las");
	if (!s && !(s = find_inputs(&l, inputs, n, err)))
		s = name_outputs(&outputs, &l, out, how->cloud_format, err);
	deploy_failures failed = { 0 };
	for (int i = 0; i < l.n && !s; i++) {
		secant_err own = { 0 };
		e.now = (secant_predict_progress){ .input = l.v[i], .picture = i, .pictures = l.n, .tiles = 1 };
		if (predict_one(&e, l.v[i], out ? outputs.v[i] : NULL, &own)
			&& !deploy_failures_note(&failed, &own, &e.now, progress, user))
			break;
	}
	if (!s)
		s = deploy_failures_end(&failed, l.n, "clouds", err);
	close_models(&e);
	base_names_free(&l);
	base_names_free(&outputs);
	return s;
}
