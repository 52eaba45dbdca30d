/*
 * Clouds as the loader's work: a sample is a cloud, or for scenes a block of one; points are drawn, moved to unit size,
 * varied, and written into the batch. Everything drawn is keyed by seed, epoch and sample.
 *
 * A scene's samples: clouds in proportion to their points, a point of the cloud as the middle of the column, drawn
 * again while the column holds too few (Qi et al. 2017; yanx27's S3DIS recipe). An epoch has as many samples as its
 * points fill.
 */
#include "data/clouds/clouds.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "data/work.h"

enum { TRIES = 10 };
static const double two_pi = 6.283185307179586476925;

typedef struct desk {
	prepare_points points;
	int64_t *index, *chosen; /* room for a cloud; for a sample */
	int64_t room;
} desk;

typedef struct work {
	const data_clouds *s;
	data_cloud_loader_options o;
	desk *desks;
	int desk_count, points, inputs;
} work;

int
data_clouds_samples(const data_clouds *s)
{
	if (!s->points)
		return s->list.n;
	int64_t n = s->total_points / s->options.recipe.points;
	return n > s->list.n ? n < 1 << 28 ? (int)n : 1 << 28 : s->list.n;
}

/* ---- drawing points ---- */

/* Chooses `want` of candidates from[0..n); NULL: all points 0..n-1. Without replacement where there are enough: each is
 * taken with the probability that is left (selection sampling, Knuth 3.4.2 S), so order is kept. Fewer: all of them,
 * the rest drawn again. */
static int64_t
choose(const int64_t *from, int64_t n, bool replace, int64_t *out, int64_t want, base_rng *rng)
{
	if (replace) {
		for (int64_t i = 0; i < want; i++) {
			int64_t k = (int64_t)base_rng_below(rng, (uint32_t)n);
			out[i] = from ? from[k] : k;
		}
		return want;
	}
	int64_t taken = 0, once = n < want ? n : want;
	for (int64_t k = 0; k < n && taken < once; k++)
		if (n - k <= once - taken || (int64_t)base_rng_below(rng, (uint32_t)(n - k)) < once - taken)
			out[taken++] = from ? from[k] : k;
	for (int64_t i = once; i < want; i++)
		out[i] = out[base_rng_below(rng, (uint32_t)once)];
	return once;
}

static secant_status
reserve(desk *d, int64_t n, secant_err *err)
{
	if (n <= d->room)
		return SECANT_OK;
	secant_free(d->index);
	d->room = 0;
	if (!(d->index = secant_calloc((size_t)n, sizeof *d->index)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld points", (long long)n);
	d->room = n;
	return SECANT_OK;
}

/* The points of the column around a point. */
static int64_t
column_of(const prepare_points *p, const secant_cloud_recipe *r, int64_t middle, int64_t *out, float corner[3])
{
	int a, b;
	int64_t n = 0;
	prepare_recipe_ground(r, &a, &b);
	for (int k = 0; k < 3; k++)
		corner[k] = k == r->up ? p->lo[k] : p->xyz[3 * middle + k] - (float)(r->block / 2);
	for (int64_t i = 0; i < p->n; i++) {
		float u = p->xyz[3 * i + a] - corner[a], v = p->xyz[3 * i + b] - corner[b];
		if (u >= 0 && v >= 0 && (double)u <= r->block && (double)v <= r->block)
			out[n++] = i;
	}
	return n;
}

static int64_t
draw_block(const work *w, desk *d, const prepare_points *p, base_rng *rng, float corner[3])
{
	int64_t n = 0;
	for (int k = 0; k < TRIES; k++) {
		n = column_of(p, &w->s->options.recipe, (int64_t)base_rng_below(rng, (uint32_t)p->n), d->index, corner);
		if (n >= w->s->options.block_least)
			break;
	}
	return n;
}

/* Which cloud a sample of a scene set is cut from: in proportion to points. */
static int
draw_cloud(const data_clouds *s, base_rng *rng)
{
	int64_t at = (int64_t)(base_rng_uniform(rng) * (double)s->total_points);
	int i = 0;
	while (i + 1 < s->list.n && at >= s->points[i])
		at -= s->points[i++];
	return i;
}

/* ---- variation ---- */

static void
turn(float *v, int64_t n, int channels, int at, const double m[9])
{
	for (int64_t i = 0; i < n; i++) {
		float *p = v + i * channels + at;
		double x = p[0], y = p[1], z = p[2];
		for (int k = 0; k < 3; k++)
			p[k] = (float)(m[3 * k] * x + m[3 * k + 1] * y + m[3 * k + 2] * z);
	}
}

/* A turn around an axis, or any turn: a quaternion of four normal numbers is uniform over rotations. */
static void
draw_rotation(int how, int up, base_rng *rng, double m[9])
{
	double q[4] = { 0 };
	if (how == 1) {
		double half = two_pi * base_rng_uniform(rng) / 2;
		q[0] = cos(half);
		q[1 + up] = sin(half);
	} else {
		double norm = 0;
		for (int i = 0; i < 4; i++)
			q[i] = base_rng_normal(rng), norm += q[i] * q[i];
		for (int i = 0; i < 4; i++)
			q[i] /= norm > 0 ? sqrt(norm) : 1;
	}
	double a = q[0], b = q[1], c = q[2], d = q[3];
	const double r[9] = {
		1 - 2 * (c * c + d * d),
		2 * (b * c - a * d),
		2 * (b * d + a * c),
		2 * (b * c + a * d),
		1 - 2 * (b * b + d * d),
		2 * (c * d - a * b),
		2 * (b * d - a * c),
		2 * (c * d + a * b),
		1 - 2 * (b * b + c * c),
	};
	memcpy(m, r, sizeof r);
}

static void
vary(const data_clouds *s, float *v, int64_t n, base_rng *rng)
{
	const secant_cloud_options *o = &s->options;
	int channels = s->features.channels;
	double factor = o->scale.n == 2 ? base_rng_range(rng, o->scale.v[0], o->scale.v[1]) : 1, moved[3] = { 0 }, m[9];
	if (o->rotate) {
		draw_rotation(o->rotate, o->recipe.up > 2 ? 1 : o->recipe.up, rng, m);
		turn(v, n, channels, 0, m);
		if (s->features.normals >= 0)
			turn(v, n, channels, s->features.normals, m);
	}
	for (int k = 0; k < 3 && o->shift > 0; k++)
		moved[k] = base_rng_range(rng, -o->shift, o->shift);
	for (int64_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++) {
			double noise = o->jitter > 0 ? o->jitter * base_rng_normal(rng) : 0;
			if (o->jitter_clip > 0)
				noise = noise < -o->jitter_clip ? -o->jitter_clip : noise > o->jitter_clip ? o->jitter_clip : noise;
			v[i * channels + k] = (float)(v[i * channels + k] * factor + moved[k] + noise);
		}
}

/* Dropped points become the first one, with its label. */
static void
drop_points(const data_clouds *s, float *v, int32_t *target, int64_t n, base_rng *rng)
{
	double share = s->options.point_dropout > 0 ? s->options.point_dropout * base_rng_uniform(rng) : 0;
	size_t channels = (size_t)s->features.channels;
	for (int64_t i = 1; i < n && share > 0; i++)
		if (base_rng_uniform(rng) < share) {
			memcpy(v + (size_t)i * channels, v, channels * sizeof *v);
			if (target)
				target[i] = target[0];
		}
}

/* ---- one sample ---- */

static void
measure(void *user, int sample, int *height, int *width)
{
	const work *w = user;
	(void)sample;
	*height = w->points;
	*width = 1;
}

static void
write_target(
	const data_clouds *s, const prepare_points *p, const int64_t *index, int points, const data_place *to, int place)
{
	int32_t *target = to->target;
	if (s->classify) {
		target[place] = p->category;
		return;
	}
	target += (size_t)place * (size_t)points;
	for (int i = 0; i < points; i++)
		target[i] = p->label[index[i]];
}

static secant_status
prepare(void *user, int own, const data_place *to, int place, int sample, int *sizes, uint32_t epoch, secant_err *err)
{
	work *w = user;
	const data_clouds *s = w->s;
	desk *d = &w->desks[own];
	const prepare_points *p;
	base_rng rng = base_rng_make(w->o.seed, BASE_FOR_SAMPLE, epoch, (uint32_t)sample);
	int item = s->points ? draw_cloud(s, &rng) : sample;
	secant_status status = data_clouds_decode(s, item, &d->points, &p, err);
	float corner[3], *v = to->input + (size_t)place * (size_t)w->points * (size_t)w->inputs;
	if (!status)
		status = reserve(d, s->points ? p->n : 0, err);
	if (status)
		return status;
	int64_t n = s->points ? draw_block(w, d, p, &rng, corner) : p->n;
	sizes[0] = (int)choose(s->points ? d->index : NULL, n, s->options.replace, d->chosen, w->points, &rng);
	sizes[1] = 1;
	if (w->o.augment && s->options.random_start) {
		int64_t *first = d->chosen, *other = first + base_rng_below(&rng, (uint32_t)w->points), keep = *first;
		*first = *other;
		*other = keep;
	}
	prepare_points_gather(&s->features, p, d->chosen, w->points, v);
	prepare_points_fit(&s->options.recipe, v, w->points, s->features.channels, s->points ? corner : NULL);
	write_target(s, p, d->chosen, w->points, to, place);
	if (w->o.augment) {
		rng = base_rng_make(w->o.seed, BASE_FOR_AUGMENT, epoch, (uint32_t)sample);
		vary(s, v, w->points, &rng);
		drop_points(
			s, v, s->classify ? NULL : (int32_t *)to->target + (size_t)place * (size_t)w->points, w->points, &rng);
	}
	prepare_points_widen(v, w->points, s->features.channels, w->inputs, p->category);
	return SECANT_OK;
}

/* ---- making ---- */

static void
release(void *user)
{
	work *w = user;
	for (int i = 0; w->desks && i < w->desk_count; i++) {
		prepare_points_free(&w->desks[i].points);
		secant_free(w->desks[i].index);
		secant_free(w->desks[i].chosen);
	}
	secant_free(w->desks);
	secant_free(w);
}

data_loader *
data_cloud_loader_new(const data_clouds *s, const data_cloud_loader_options *o, secant_err *err)
{
	work *w = secant_calloc(1, sizeof *w);
	bool fine = w != NULL;
	if (w) {
		w->s = s;
		w->o = *o;
		w->points = s->options.recipe.points;
		w->inputs = s->features.channels + o->category;
		w->desk_count = data_loader_threads(o->threads);
		w->desks = secant_calloc((size_t)w->desk_count, sizeof *w->desks);
		fine = w->desks != NULL;
		for (int i = 0; fine && i < w->desk_count; i++)
			fine = (w->desks[i].chosen = secant_calloc((size_t)w->points, sizeof(int64_t))) != NULL;
	}
	if (!fine) {
		if (w)
			release(w);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader");
		return NULL;
	}
	size_t points = (size_t)w->points;
	data_loader_work lw = {
		.user = w,
		.samples = data_clouds_samples(s),
		.input_bytes = points * (size_t)w->inputs * sizeof(float),
		.target_bytes = (s->classify ? 1 : points) * sizeof(int32_t),
		.measure = measure,
		.prepare = prepare,
		.release = release,
	};
	data_loader_options lo = {
		.batch = o->batch, .shuffle = o->shuffle, .drop_last = o->drop_last, .seed = o->seed, .threads = o->threads
	};
	return data_loader_make(&lw, &lo, err);
}
