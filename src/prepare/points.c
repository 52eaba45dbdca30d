/* From a cloud to a network's numbers. See points.h. */
#include "prepare/points.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"

/* ---- features ---- */

static const struct {
	const char *name;
	prepare_feature_kind kind;
	int count;
	bool stored;
} known[] = {
	{ "xyz", PREPARE_FEATURE_XYZ, 3, false },
	{ "normals", PREPARE_FEATURE_NORMALS, 3, true },
	{ "colour", PREPARE_FEATURE_COLOUR, 3, true },
	{ "color", PREPARE_FEATURE_COLOUR, 3, true },
	{ "intensity", PREPARE_FEATURE_INTENSITY, 1, true },
	{ "position", PREPARE_FEATURE_POSITION, 3, false },
};

static secant_status
add_feature(prepare_features *f, const char *word, size_t n, secant_err *err)
{
	prepare_feature *v = &f->v[f->n];
	if (f->n == PREPARE_FEATURES_MOST || n == 0 || n >= sizeof v->name)
		return secant_fail(err, SECANT_ERR_ARG, "--features: at most %d names of 1 to %zu letters",
			PREPARE_FEATURES_MOST, sizeof v->name - 1);
	*v = (prepare_feature){ .kind = PREPARE_FEATURE_COLUMN, .count = 1, .channel = f->channels };
	memcpy(v->name, word, n);
	bool stored = true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(v->name, known[i].name))
			v->kind = known[i].kind, v->count = known[i].count, stored = known[i].stored;
	if ((f->n == 0) != (v->kind == PREPARE_FEATURE_XYZ))
		return secant_fail(
			err, SECANT_ERR_ARG, "--features: xyz comes first, and once; got '%s' in place %d", v->name, f->n + 1);
	v->at = stored ? f->more : -1;
	f->more += stored ? v->count : 0;
	f->channels += v->count;
	if (v->kind == PREPARE_FEATURE_NORMALS)
		f->normals = v->channel;
	f->n++;
	if (f->channels > PREPARE_POINT_CHANNELS)
		return secant_fail(
			err, SECANT_ERR_RANGE, "--features: %d numbers a point, at most %d", f->channels, PREPARE_POINT_CHANNELS);
	return SECANT_OK;
}

secant_status
prepare_features_parse(prepare_features *f, const char *text, secant_err *err)
{
	secant_status s = SECANT_OK;
	*f = (prepare_features){ .normals = -1 };
	for (const char *at = text ? text : "xyz"; !s; at++) {
		size_t n = strcspn(at, ",");
		s = add_feature(f, at, n, err);
		at += n;
		if (!*at)
			break;
	}
	return s;
}

/* ---- points ---- */

void
prepare_points_free(prepare_points *p)
{
	secant_free(p->xyz);
	secant_free(p->more);
	secant_free(p->label);
	*p = (prepare_points){ 0 };
}

static secant_status
missing(const secant_cloud *c, const char *name, secant_err *err)
{
	char have[200] = "";
	for (int i = 3; i < c->columns && strlen(have) + strlen(c->column[i].name) + 3 < sizeof have; i++)
		(void)snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s", i > 3 ? ", " : "", c->column[i].name);
	return secant_fail(err, SECANT_ERR_ARG, "--features: the cloud has no %s; beside coordinates it has %s", name,
		have[0] ? have : "nothing");
}

/* One column times `factor` into place `to` of every point's further numbers. */
static void
take_column(prepare_points *p, const secant_cloud *c, int column, int to, int stride, double factor)
{
	enum { SLAB = 1024 };
	double v[SLAB];
	for (int64_t first = 0; first < c->n; first += SLAB) {
		int64_t n = c->n - first < SLAB ? c->n - first : SLAB;
		secant_cloud_doubles(c, column, first, n, v);
		for (int64_t i = 0; i < n; i++)
			p->more[(first + i) * stride + to] = (float)(v[i] * factor);
	}
}

static secant_status
take_feature(
	prepare_points *p, const prepare_features *f, const prepare_feature *v, const secant_cloud *c, secant_err *err)
{
	static const secant_cloud_role_name normals[] = { SECANT_ROLE_NX, SECANT_ROLE_NY, SECANT_ROLE_NZ },
										colours[] = { SECANT_ROLE_RED, SECANT_ROLE_GREEN, SECANT_ROLE_BLUE };
	double lo, hi, factor = 1;
	if (v->kind == PREPARE_FEATURE_COLUMN || v->kind == PREPARE_FEATURE_INTENSITY) {
		int column = v->kind == PREPARE_FEATURE_INTENSITY ? secant_cloud_role(c, SECANT_ROLE_INTENSITY)
														  : secant_cloud_find(c, v->name);
		if (column < 0)
			return missing(c, v->kind == PREPARE_FEATURE_INTENSITY ? "intensity" : v->name, err);
		if (v->kind == PREPARE_FEATURE_INTENSITY && secant_cloud_range(c, column, &lo, &hi) && hi > 0)
			factor = 1 / hi;
		take_column(p, c, column, v->at, f->more, factor);
		return SECANT_OK;
	}
	if (v->kind == PREPARE_FEATURE_COLOUR) {
		double range = secant_cloud_colour_range(c);
		factor = range > 0 ? 1 / range : 1;
	}
	for (int k = 0; k < 3; k++) {
		int column = secant_cloud_role(c, v->kind == PREPARE_FEATURE_COLOUR ? colours[k] : normals[k]);
		if (column < 0)
			return missing(c, v->kind == PREPARE_FEATURE_COLOUR ? "colour" : "normals", err);
		take_column(p, c, column, v->at + k, f->more, factor);
	}
	return SECANT_OK;
}

/* The first point with a number that is not finite, and the box of the others. */
static int64_t
look_over(prepare_points *p, int more)
{
	int64_t bad = -1;
	for (int k = 0; k < 3; k++)
		p->lo[k] = INFINITY, p->hi[k] = -INFINITY;
	for (int64_t i = 0; i < p->n; i++) {
		const float *x = p->xyz + 3 * i;
		bool fine = isfinite(x[0]) && isfinite(x[1]) && isfinite(x[2]);
		for (int k = 0; k < 3 && fine; k++) {
			p->lo[k] = x[k] < p->lo[k] ? x[k] : p->lo[k];
			p->hi[k] = x[k] > p->hi[k] ? x[k] : p->hi[k];
		}
		for (int k = 0; k < more && fine; k++)
			fine = isfinite(p->more[i * more + k]);
		if (!fine && bad < 0)
			bad = i;
	}
	for (int k = 0; k < 3; k++)
		if (!(p->lo[k] <= p->hi[k]))
			p->lo[k] = p->hi[k] = 0;
	return bad;
}

secant_status
prepare_points_make(prepare_points *p, const prepare_features *f, const secant_cloud *c, int64_t *bad, secant_err *err)
{
	secant_status s = SECANT_OK;
	*p = (prepare_points){ .n = c->n, .category = -1 };
	p->xyz = secant_calloc((size_t)c->n + 1, 3 * sizeof *p->xyz);
	p->more = f->more ? secant_calloc((size_t)c->n + 1, (size_t)f->more * sizeof *p->more) : NULL;
	if (!p->xyz || (f->more && !p->more))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld points", (long long)c->n);
	for (int k = 0; k < 3 && !s; k++) {
		double lo, hi;
		p->origin[k] = secant_cloud_range(c, k, &lo, &hi) && isfinite(lo) && isfinite(hi) ? lo / 2 + hi / 2 : 0;
	}
	if (!s)
		secant_cloud_positions(c, p->origin, p->xyz);
	for (int i = 1; i < f->n && !s; i++)
		if (f->v[i].at >= 0)
			s = take_feature(p, f, &f->v[i], c, err);
	if (s) {
		prepare_points_free(p);
		return s;
	}
	int64_t first = look_over(p, f->more);
	if (bad)
		*bad = first;
	return SECANT_OK;
}

void
prepare_points_gather(const prepare_features *f, const prepare_points *p, const int64_t *index, int64_t n, float *out)
{
	float span[3];
	for (int k = 0; k < 3; k++)
		span[k] = p->hi[k] > p->lo[k] ? 1 / (p->hi[k] - p->lo[k]) : 0;
	for (int64_t i = 0; i < n; i++, out += f->channels) {
		const float *x = p->xyz + 3 * index[i];
		for (int q = 0; q < f->n; q++) {
			const prepare_feature *v = &f->v[q];
			if (v->at >= 0)
				memcpy(out + v->channel, p->more + index[i] * f->more + v->at, (size_t)v->count * sizeof *out);
			else
				for (int k = 0; k < 3; k++)
					out[v->channel + k] = v->kind == PREPARE_FEATURE_XYZ ? x[k] : (x[k] - p->lo[k]) * span[k];
		}
	}
}

void
prepare_points_widen(float *v, int64_t n, int channels, int inputs, int category)
{
	for (int64_t i = n - 1; i >= 0 && inputs > channels; i--) {
		memmove(v + i * inputs, v + i * channels, (size_t)channels * sizeof *v);
		v[i * inputs + channels] = (float)category;
	}
}

/* ---- fitting ---- */

secant_fit
prepare_recipe_fit(const secant_cloud_recipe *r)
{
	return r->fit != SECANT_FIT_AUTO ? (secant_fit)r->fit : r->block > 0 ? SECANT_FIT_BLOCK : SECANT_FIT_SPHERE;
}

void
prepare_recipe_ground(const secant_cloud_recipe *r, int *u, int *v)
{
	*u = r->up == 0 ? 1 : 0; /* auto was settled when the data was opened; else it is y */
	*v = r->up == 2 ? 1 : 2;
}

static void
move(float *v, int64_t n, int channels, const double origin[3], double factor)
{
	for (int64_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			v[i * channels + k] = (float)((v[i * channels + k] - origin[k]) * factor);
}

/* Mean to the origin; the farthest point at distance 1. */
static void
fit_sphere(float *v, int64_t n, int channels, bool scale)
{
	double mean[3] = { 0 }, most = 0;
	for (int64_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			mean[k] += v[i * channels + k];
	for (int k = 0; k < 3; k++)
		mean[k] /= n > 0 ? (double)n : 1;
	for (int64_t i = 0; i < n && scale; i++) {
		double d = 0;
		for (int k = 0; k < 3; k++)
			d += (v[i * channels + k] - mean[k]) * (v[i * channels + k] - mean[k]);
		most = d > most ? d : most;
	}
	move(v, n, channels, mean, most > 0 ? 1 / sqrt(most) : 1);
}

static void
box_of(const float *v, int64_t n, int channels, double lo[3], double hi[3])
{
	for (int k = 0; k < 3; k++) {
		lo[k] = hi[k] = n ? v[k] : 0;
		for (int64_t i = 1; i < n; i++) {
			double x = v[i * channels + k];
			lo[k] = x < lo[k] ? x : lo[k];
			hi[k] = x > hi[k] ? x : hi[k];
		}
	}
}

void
prepare_points_fit(const secant_cloud_recipe *r, float *v, int64_t n, int channels, const float block[3])
{
	double lo[3], hi[3], most = 0;
	secant_fit fit = prepare_recipe_fit(r);
	if (fit == SECANT_FIT_NONE)
		return;
	if (fit == SECANT_FIT_SPHERE || fit == SECANT_FIT_CENTRE) {
		fit_sphere(v, n, channels, fit == SECANT_FIT_SPHERE);
		return;
	}
	box_of(v, n, channels, lo, hi);
	double origin[3];
	for (int k = 0; k < 3; k++) {
		most = hi[k] - lo[k] > most ? hi[k] - lo[k] : most;
		origin[k] = lo[k] / 2 + hi[k] / 2;
	}
	if (fit == SECANT_FIT_BOX) {
		move(v, n, channels, origin, most > 0 ? 2 / most : 1);
		return;
	}
	/* A block: its middle on the ground and its lowest point, half its side is 1. */
	for (int k = 0; k < 3; k++)
		origin[k] = k == r->up ? lo[k] : block ? block[k] + r->block / 2 : origin[k];
	move(v, n, channels, origin, r->block > 0 ? 2 / r->block : 1);
}

/* ---- options ---- */

static const secant_opt rows[] = {
	SECANT_OPT(secant_cloud_recipe, features, STR, "features", "xyz", 0, 0,
		"what the network sees of a point: xyz, then any of normals, colour, intensity, position (0 to 1 in its "
		"cloud), or names of columns"),
	SECANT_OPT_CHOICE(secant_cloud_recipe, fit, "fit", "auto", "auto|sphere|box|centre|block|none",
		"how coordinates become small: mean 0 and radius 1, box of -1 to 1, mean 0, middle of the block; auto: block "
		"with --block, else sphere"),
	SECANT_OPT_CHOICE(secant_cloud_recipe, up, "up", "auto", "x|y|z|auto",
		"the up axis; auto: z for scans and scenes (LAS, S3DIS, --block), y for shapes"),
	SECANT_OPT(secant_cloud_recipe, block, REAL, "block", "0", 0, 1e9,
		"cut scenes into columns with a square of this side, in the clouds' unit; 0: clouds are whole shapes"),
	SECANT_OPT(secant_cloud_recipe, points, INT, "points", "2500", 1, 1 << 24, "points of a sample"),
	SECANT_OPT_END,
};
const secant_opts secant_cloud_recipe_options = { "recipe", sizeof(secant_cloud_recipe), rows };
