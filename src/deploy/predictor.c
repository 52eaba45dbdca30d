/*
 * The predictor: opens models, turns a picture into probabilities, taken together over models and views. See
 * secant/predict.h.
 *
 * Each model's probabilities of each view (views.c) are turned and scaled back; then their mean is taken, or they vote:
 * the class each would choose gets 1, the others 0 (decide.h). A window goes through the network to "probabilities":
 * the activation is part of the graph.
 */
#include "deploy/predictor.h"
#include <string.h>
#include "prepare/normalize.h"

static const secant_opt predict_rows[] = {
	SECANT_OPT_HEADING("Prediction"),
	SECANT_OPT(secant_predict, threshold, REAL, "threshold", "-1", -1, 1,
		"probability from which a pixel belongs to the one class, or to a class of several that may overlap; -1: the "
		"one "
		"kept with the model (secant eval --keep-threshold), else 0.5"),
	SECANT_OPT(secant_predict, tile, SIZE, "tile", NULL, 0, 65536,
		"size of tiles; 0: never; by default at most 512 for pictures of more than 1.5 million pixels"),
	SECANT_OPT(secant_predict, overlap, INT, "overlap", "64", 0, 32768,
		"common pixels of neighbouring tiles, at least (an eighth less where that saves a row of tiles)"),
	SECANT_OPT(secant_predict, size, SIZE, "size", NULL, 1, 65536, "with --resize: what pictures are scaled to"),
	SECANT_OPT(
		secant_predict, resize, BOOL, "resize", "false", 0, 0, "scale pictures to --size, and probabilities back"),
	SECANT_OPT(secant_predict, tta, STR, "tta", NULL, 0, 0,
		"views beside the picture itself: a list of flip-h, flip-v, flips (both and all), rotate90 (quarter turns), d4 "
		"(everything), scale(F), stretch(LO,HI) (percentiles; stretch: 2 and 98)"),
	SECANT_OPT_CHOICE(secant_predict, tta_merge, "tta-merge", "mean", "mean|vote",
		"how views and models are taken together: mean of probabilities, or a vote of their decisions"),
	SECANT_OPT(secant_predict, min_area, INT, "min-area", "0", 0, 1 << 30,
		"connected areas of fewer pixels become background"),
	SECANT_OPT(secant_predict, rule, STR, "rule", NULL, 0, 0,
		"where a class may be, by bands of the picture: \"vegetation: ndvi(4,3) > 0.2\"; several with ';'"),
	SECANT_OPT(
		secant_predict, offset, INT, "offset", "0", 0, 60000, "added to the classes in masks (1: classes from 1)"),
	SECANT_OPT(secant_predict, white, STR, "white", "auto", 0, 0,
		"the number that is white in pictures of more than 8 bits: auto (as in training, else by what they hold), "
		"10000 "
		"(reflectances), 4095, 1, ..., or by type u16=4095,f32=1"),
	SECANT_OPT(secant_predict, precision, STR, "precision", "auto", 0, 0,
		"auto (bf16 where the CPU has AMX, else f32), f32, bf16, f64"),
	SECANT_OPT(secant_predict, threads, INT, "threads", "0", 0, 1024, "threads of computation; 0: all processors"),
	SECANT_OPT(secant_predict, allow_reference, BOOL, "allow-reference", "false", 0, 0,
		"let operators without a fast implementation run slowly"),
	SECANT_OPT(secant_predict, training_operators, BOOL, "training-operators", "false", 0, 0,
		"take models with operators that only training needs"),
	SECANT_OPT_END,
};
const secant_opts secant_predict_options = { "predict", sizeof(secant_predict), predict_rows };

secant_status
deploy_floats_reserve(deploy_floats *f, size_t n, secant_err *err)
{
	if (n <= f->n)
		return SECANT_OK;
	secant_free(f->v);
	f->n = 0;
	if (n > SIZE_MAX / sizeof(double) || !(f->v = base_alloc_aligned(n * sizeof(float))))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %.1f million numbers", (double)n / 1e6);
	f->n = n;
	return SECANT_OK;
}

/* ---- opening ---- */

static secant_status
check_options(deploy_ensemble *p, secant_err *err)
{
	const secant_predict *o = &p->options;
	if (o->resize && o->size.n != 2)
		return secant_fail(err, SECANT_ERR_ARG, "--resize wants the size to scale to: --size HxW");
	if (!o->resize && o->size.n == 2)
		return secant_fail(err, SECANT_ERR_ARG,
			"--size scales pictures together with --resize only; pictures are predicted as they are, or in pieces with "
			"--tile");
	if (o->resize && o->tile.n == 2 && o->tile.v[0])
		return secant_fail(err, SECANT_ERR_ARG, "--resize and --tile exclude each other");
	for (int i = 0; i < o->tile.n; i++)
		if (o->tile.v[i] && o->overlap > o->tile.v[i] / 2)
			return secant_fail(err, SECANT_ERR_ARG, "--overlap %d is more than half of a tile of %dx%d", o->overlap,
				o->tile.v[0], o->tile.v[1]);
	return deploy_views_parse(&p->views, o->tta, err);
}

static secant_status
check_same(const deploy_ensemble *p, const char *const *paths, int i, secant_err *err)
{
	const deploy_deployed *a = &p->model[0], *b = &p->model[i];
	if (a->classes != b->classes || a->mode != b->mode)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s predicts %d classes (%s), %s %d (%s): models of an ensemble must agree", paths[i], b->classes,
			base_mode_name(b->mode), paths[0], a->classes, base_mode_name(a->mode));
	if (a->in_channels != b->in_channels)
		return secant_fail(err, SECANT_ERR_ARG, "%s wants %d channels, %s %d: models of an ensemble must agree",
			paths[i], b->in_channels, paths[0], a->in_channels);
	for (int k = 0; k < i; k++)
		if (b->side && p->model[k].side && b->side != p->model[k].side)
			return secant_fail(err, SECANT_ERR_ARG,
				"%s takes pictures of %dx%d, %s of %dx%d: models of an ensemble must agree", paths[i], b->side, b->side,
				paths[k], p->model[k].side, p->model[k].side);
	return SECANT_OK;
}

/* Class names and colours, which a model need not have. */
static secant_status
read_classes(deploy_ensemble *p, secant_err *err)
{
	const json_t *settings = p->model[0].file.settings;
	secant_status status = deploy_class_names_read(settings, &p->class_name, &p->n_class_names, err);
	return status ? status : deploy_palette_read(settings, &p->palette, &p->n_palette, err);
}

static void
ensemble_drop(deploy_ensemble *e)
{
	if (!e || atomic_fetch_sub(&e->holders, 1) > 1)
		return;
	for (int i = 0; i < e->n_models; i++)
		deploy_deployed_close(&e->model[i]);
	deploy_decider_free(&e->decider);
	for (int i = 0; e->preparer && i < e->n_models; i++)
		deploy_preparer_free(&e->preparer[i]);
	secant_free(e->preparer);
	deploy_class_names_free(e->class_name, e->n_class_names);
	secant_free(e->palette);
	secant_free(e->model);
	secant_opts_free(&secant_predict_options, &e->options);
	secant_free(e);
}

static secant_status
open_models(deploy_ensemble *e, const char *const *models, int n, secant_err *err)
{
	const secant_predict *o = &e->options;
	unsigned allow = (o->allow_reference ? DEPLOY_ALLOW_REFERENCE : 0u)
		| (o->training_operators ? DEPLOY_ALLOW_TRAINING : 0u);
	secant_status status = SECANT_OK;
	if (!(e->model = secant_calloc((size_t)n, sizeof *e->model))
		|| !(e->preparer = secant_calloc((size_t)n, sizeof *e->preparer)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a predictor");
	for (int i = 0; i < n && !status; i++) {
		status = deploy_deployed_open(&e->model[i], models[i], o->precision, o->threads, allow, err);
		if (status)
			return status;
		e->n_models = i + 1;
		status = check_same(e, models, i, err);
		if (!status && e->model[i].kind == SECANT_NETWORK_PICTURES)
			status = deploy_preparer_make(&e->preparer[i], &e->model[i], o->threads, err);
	}
	if (!status && (status = read_classes(e, err)))
		secant_err_prefix(err, "%s", models[0]);
	return status;
}

/* What follows from options and models together. */
static secant_status
settle(deploy_ensemble *e, secant_err *err)
{
	const secant_predict *o = &e->options;
	const deploy_deployed *d = &e->model[0];
	secant_status status = deploy_rules_parse(&e->rules, o->rule, e->class_name, e->n_class_names, d->classes, err);
	for (int i = 0; i < e->n_models * e->views.n && !status; i++) {
		int side = e->model[i / e->views.n].side;
		double scale = e->views.v[i % e->views.n].scale;
		if (side && scale > 1)
			status = secant_fail(err, SECANT_ERR_ARG,
				"--tta scale(%g): the network takes pictures of %dx%d and nothing larger; scales up to 1 fit", scale,
				side, side);
	}
	if (status)
		return status;
	const json_t *ignored = json_object_get(d->file.settings, "ignored_class");
	if (json_is_integer(ignored) && json_integer_value(ignored) >= 0 && json_integer_value(ignored) < d->classes)
		e->rules.never = (int)json_integer_value(ignored) + 1;
	if ((status = codec_whites_parse(&e->whites, o->white, err)))
		return status;
	if (!strcmp(codec_whites_text(&e->whites, (char[128]){ 0 }), "auto"))
		e->whites = d->whites;
	else
		e->told_white = true;
	if ((int64_t)d->classes + o->offset > 65535)
		return secant_fail(
			err, SECANT_ERR_ARG, "--offset %d: %d classes from there do not fit into 16 bits", o->offset, d->classes);
	/* Votes and decisions of theirs are shares. */
	double threshold = deploy_threshold(e->model, e->n_models, o->threshold),
		   least = o->tta_merge == 1 ? 0.5 : threshold;
	return deploy_decider_make(&e->decider, d->mode, d->classes, least, threshold, o->threads, err);
}

/* A network that saw scaled pictures only is another network on whole ones: without a word about sizes they are scaled
 * as in training. Any of --size, --resize, --tile is such a word. */
static secant_status
scale_as_trained(deploy_ensemble *e, secant_err *err)
{
	const int *size = e->model[0].scaled;
	if (e->options.resize || e->options.size.n || e->options.tile.n || !size[0])
		return SECANT_OK;
	for (int i = 1; i < e->n_models; i++)
		if (e->model[i].scaled[0] != size[0] || e->model[i].scaled[1] != size[1])
			return secant_fail(err, SECANT_ERR_ARG,
				"the models were trained on pictures scaled to different sizes: say --resize --size HxW, or --tile 0 "
				"for "
				"pictures as they are");
	e->options.resize = e->scaled = true;
	e->options.size = (secant_ints){ 2, { size[0], size[1] } };
	return SECANT_OK;
}

static deploy_ensemble *
ensemble_open(const char *const *models, int n, const secant_predict *options, secant_err *err)
{
	deploy_ensemble *e = secant_calloc(1, sizeof *e);
	if (!e) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a predictor");
		return NULL;
	}
	atomic_init(&e->holders, 1);
	secant_status status = options ? secant_opts_copy(&secant_predict_options, &e->options, options, err)
								   : secant_opts_init(&secant_predict_options, &e->options, err);
	if (!status && !(status = check_options(e, err)) && !(status = open_models(e, models, n, err))
		&& !(status = scale_as_trained(e, err)) && !(status = settle(e, err)))
		return e;
	ensemble_drop(e);
	return NULL;
}

/* A predictor on an ensemble, whose count it takes over, also on failure. */
static secant_predictor *
predictor_on(deploy_ensemble *e, secant_err *err)
{
	secant_predictor *p = secant_calloc(1, sizeof *p);
	if (p) {
		p->session = secant_calloc((size_t)e->n_models, sizeof(secant_session *));
		p->prepared = secant_calloc((size_t)e->n_models, sizeof(secant_session *));
	}
	if (!p || !p->session || !p->prepared) {
		if (p) {
			secant_free(p->session);
			secant_free(p->prepared);
		}
		secant_free(p);
		ensemble_drop(e);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a predictor");
		return NULL;
	}
	p->of = e;
	p->options = e->options;
	p->model = e->model;
	p->n_models = e->n_models;
	p->views = e->views;
	p->rules = e->rules;
	p->class_name = e->class_name;
	p->n_class_names = e->n_class_names;
	p->palette = e->palette;
	p->n_palette = e->n_palette;
	bool ok = (p->classes = deploy_decider_session(&e->decider, "classes", err))
		&& (p->votes = deploy_decider_session(&e->decider, "votes", err));
	for (int i = 0; i < p->n_models && ok; i++)
		ok = (p->session[i] = deploy_deployed_session(&e->model[i], err)) != NULL
			&& (!e->preparer[i].runner || (p->prepared[i] = deploy_preparer_session(&e->preparer[i], err)));
	if (ok)
		return p;
	secant_predictor_close(p);
	return NULL;
}

secant_predictor *
secant_predictor_open(const char *const *models, int n, const secant_predict *options, secant_err *err)
{
	secant_err own = { 0 };
	if (n < 1)
		secant_fail(&own, SECANT_ERR_ARG, "a predictor wants a model");
	deploy_ensemble *e = n < 1 ? NULL : ensemble_open(models, n, options, &own);
	secant_predictor *p = e ? predictor_on(e, &own) : NULL;
	if (!p)
		secant_fail(err, own.code, "%s", own.msg);
	return p;
}

secant_predictor *
secant_predictor_clone(const secant_predictor *p, secant_err *err)
{
	atomic_fetch_add(&p->of->holders, 1);
	return predictor_on(p->of, err);
}

void
secant_predictor_close(secant_predictor *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->n_models; i++)
		secant_session_free(p->session[i]);
	for (int i = 0; i < p->n_models; i++)
		secant_session_free(p->prepared[i]);
	secant_free(p->session);
	secant_free(p->prepared);
	secant_free(p->turned.v);
	secant_session_free(p->classes);
	secant_session_free(p->votes);
	secant_free(p->normal.v);
	secant_free(p->input.v);
	secant_free(p->window.v);
	secant_free(p->weighted.v);
	secant_free(p->view.v);
	secant_free(p->scaled.v);
	secant_free(p->allowed.v);
	ensemble_drop(p->of);
	secant_free(p);
}

void
secant_predictor_limit(secant_predictor *p, double seconds)
{
	for (int i = 0; i < p->n_models; i++)
		secant_session_limit(p->session[i], seconds);
}

void
secant_predictor_cancel(secant_predictor *p)
{
	for (int i = 0; i < p->n_models; i++)
		secant_session_cancel(p->session[i]);
}

int
secant_predictor_classes(const secant_predictor *p)
{
	return p->model[0].classes;
}
int
secant_predictor_channels(const secant_predictor *p)
{
	return p->model[0].in_channels;
}
const char *
secant_predictor_mode(const secant_predictor *p)
{
	return base_mode_name(p->model[0].mode);
}

const char *
secant_predictor_precision(const secant_predictor *p)
{
	return exec_precision_name(p->model[0].precision);
}

double
secant_predictor_threshold(const secant_predictor *p)
{
	return p->of->decider.vote;
}

const char *
secant_predictor_class_name(const secant_predictor *p, int i)
{
	return i >= 0 && i < p->n_class_names ? p->class_name[i] : NULL;
}

/* ---- windows ---- */

/* Reflection without repeating the edge: ... 2 1 [0 1 2 3] 2 1 0 1 ... */
static int
reflect(int i, int n)
{
	int period = 2 * (n - 1);
	if (!period)
		return 0;
	i %= period;
	return i < n ? i : period - i;
}

/* A side as the network takes it. */
static int
rounded(int n, const deploy_deployed *d)
{
	return ((n < d->least ? d->least : n) + d->multiple - 1) / d->multiple * d->multiple;
}

/* The view of the normalised picture as the network takes it: turned, and padded by reflection to ph x pw. */
static void
write_view(const secant_predictor *p, unsigned view, int h, int w, int channels, int ph, int pw)
{
	int vh = view & DEPLOY_EXCHANGE ? w : h, vw = view & DEPLOY_EXCHANGE ? h : w;
	float *to = p->input.v;
	for (int y = 0; y < ph; y++)
		for (int x = 0; x < pw; x++, to += channels) {
			const float *from = p->normal.v + deploy_view_pixel(view, reflect(y, vh), reflect(x, vw), h, w) * channels;
			memcpy(to, from, (size_t)channels * sizeof *to);
		}
}

/* The view of a picture of bytes as the network takes it, by operators. */
static secant_status
prepare_bytes(secant_predictor *p, int model, unsigned view, const secant_image *im, secant_tensor *in, secant_err *err)
{
	int vh = view & DEPLOY_EXCHANGE ? im->width : im->height, vw = view & DEPLOY_EXCHANGE ? im->height : im->width;
	size_t pixel = (size_t)im->channels;
	const uint8_t *bytes = im->data;
	if (view) {
		size_t n = (size_t)vh * (size_t)vw * pixel;
		secant_status status = deploy_floats_reserve(&p->turned, n / sizeof(float) + 1, err);
		uint8_t *to = (uint8_t *)p->turned.v;
		for (int y = 0; y < vh && !status; y++)
			for (int x = 0; x < vw; x++, to += pixel)
				memcpy(to, bytes + (size_t)deploy_view_pixel(view, y, x, im->height, im->width) * pixel, pixel);
		if (status)
			return status;
		bytes = (const uint8_t *)p->turned.v;
	}
	return deploy_prepare(p->prepared[model], bytes, vh, vw, im->channels, in, err);
}

/* The same of any other picture. */
static secant_status
prepare_numbers(
	secant_predictor *p, int model, unsigned view, const secant_image *im, secant_tensor *in, secant_err *err)
{
	const deploy_deployed *d = &p->model[model];
	int vh = view & DEPLOY_EXCHANGE ? im->width : im->height, vw = view & DEPLOY_EXCHANGE ? im->height : im->width;
	int ph = rounded(vh, d), pw = rounded(vw, d);
	size_t n = (size_t)im->height * (size_t)im->width * (size_t)d->in_channels;
	*in = (secant_tensor){ SECANT_F32, { 4, { 1, ph, pw, d->in_channels } }, NULL, NULL };
	secant_status status = deploy_floats_reserve(&p->normal, n, err);
	if (!status)
		status = prepare_normalize_image(im, d->in_channels, d->scale, d->shift, p->normal.v, err);
	if (!status && !(status = deploy_floats_reserve(&p->input, (size_t)secant_shape_count(&in->shape), err)))
		write_view(p, view, im->height, im->width, d->in_channels, ph, pw);
	in->data = p->input.v;
	return status;
}

/* One model on one view of a picture; adds to `sum` (h x w x classes). */
static secant_status
add_view(secant_predictor *p, int model, unsigned view, const secant_image *im, float *sum, secant_err *err)
{
	const deploy_deployed *d = &p->model[model];
	int h = im->height, w = im->width;
	int vh = view & DEPLOY_EXCHANGE ? w : h, vw = view & DEPLOY_EXCHANGE ? h : w, classes = d->classes;
	int ph = rounded(vh, d), pw = rounded(vw, d);
	bool fits = im->channels == d->in_channels || (d->in_channels == 3 && (im->channels == 1 || im->channels == 4));
	secant_tensor in, out = { 0 };
	secant_status status = im->dtype == SECANT_U8 && fits && p->prepared[model]
		? prepare_bytes(p, model, view, im, &in, err)
		: prepare_numbers(p, model, view, im, &in, err);
	if (status || (status = secant_session_run(p->session[model], &in, &out, err)))
		return status;
	char text[96];
	secant_shape want = secant_shape_of(4, 1, ph, pw, classes);
	if (!secant_shape_equal(&out.shape, &want))
		return secant_fail(err, SECANT_ERR_SHAPE, "the network's result is %s for a picture of %dx%d, want 1x%dx%dx%d",
			secant_shape_text(&out.shape, text, sizeof text), ph, pw, ph, pw, classes);
	const float *f = out.dtype == SECANT_F32 ? out.data : NULL;
	const double *wide = f ? NULL : out.data;
	for (int y = 0; y < vh; y++)
		for (int x = 0; x < vw; x++) {
			float *to = sum + deploy_view_pixel(view, y, x, h, w) * classes;
			int64_t at = ((int64_t)y * pw + x) * classes;
			for (int c = 0; c < classes; c++)
				to[c] += f ? f[at + c] : (float)wide[at + c];
		}
	return SECANT_OK;
}

/* Numbers of h x w x classes, scaled (half-pixel centres), added to those of to_h x to_w. */
static void
add_scaled(const float *from, int h, int w, float *to, int to_h, int to_w, int classes)
{
	for (int y = 0; y < to_h; y++) {
		int y0, y1, x0, x1;
		float v = deploy_place(y, h, to_h, &y0, &y1);
		for (int x = 0; x < to_w; x++, to += classes) {
			float u = deploy_place(x, w, to_w, &x0, &x1);
			const float *a = from + ((int64_t)y0 * w + x0) * classes, *b = from + ((int64_t)y0 * w + x1) * classes;
			const float *c = from + ((int64_t)y1 * w + x0) * classes, *d = from + ((int64_t)y1 * w + x1) * classes;
			for (int k = 0; k < classes; k++)
				to[k] += (a[k] * (1 - u) + b[k] * u) * (1 - v) + (c[k] * (1 - u) + d[k] * u) * v;
		}
	}
}

/* One view of `im` by one model, added to `sum` in im's size. */
static secant_status
look(secant_predictor *p, int model, const deploy_view *view, const secant_image *im, float *sum, secant_err *err)
{
	const deploy_deployed *d = &p->model[model];
	secant_image own = { 0 };
	const secant_image *seen;
	int64_t n = (int64_t)im->height * im->width * d->classes;
	bool votes = p->options.tta_merge == 1, scales = view->scale != 1;
	secant_status status = deploy_view_look(view, im, &own, &seen, err);
	int h = status ? 0 : seen->height, w = status ? 0 : seen->width;
	if (!status && votes && !(status = deploy_floats_reserve(&p->view, (size_t)n, err)))
		memset(p->view.v, 0, (size_t)n * sizeof(float));
	if (!status && scales
		&& !(status = deploy_floats_reserve(&p->scaled, (size_t)h * (size_t)w * (size_t)d->classes, err)))
		memset(p->scaled.v, 0, (size_t)h * (size_t)w * (size_t)d->classes * sizeof(float));
	float *to = votes ? p->view.v : sum;
	if (!status)
		status = add_view(p, model, view->turn, seen, scales ? p->scaled.v : to, err);
	secant_image_free(&own);
	if (status)
		return status;
	if (scales)
		add_scaled(p->scaled.v, h, w, to, im->height, im->width, d->classes);
	if (!votes)
		return SECANT_OK;
	const void *vote;
	status = deploy_decide(p->votes, to, (int64_t)im->height * im->width, d->classes, &vote, err);
	for (int64_t i = 0; i < n && !status; i++)
		sum[i] += ((const float *)vote)[i];
	return status;
}

secant_status
deploy_predict_window(secant_predictor *p, const secant_image *im, float *out, secant_err *err)
{
	int passes = p->n_models * p->views.n;
	int64_t n = (int64_t)im->height * im->width * p->model[0].classes;
	memset(out, 0, (size_t)n * sizeof *out);
	for (int i = 0; i < passes; i++) {
		secant_status status = look(p, i / p->views.n, &p->views.v[i % p->views.n], im, out, err);
		if (status)
			return status;
	}
	for (int64_t i = 0; i < n && passes > 1; i++)
		out[i] /= (float)passes;
	return SECANT_OK;
}
