/*
 * Clouds through a network. See clouds.h.
 *
 * A pass is a list of points: the cloud (or a random part of one too large, all parts together covering it), or a part
 * of a block. It is moved to unit size like a training sample, turned or scaled by its vote, filled up to a size that
 * few plans serve, and waits until a batch is full. Filling repeats points, which changes nothing for a maximum over
 * points.
 */
#include "deploy/clouds.h"
#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"

enum { LEAST_PASS = 8192, MOST_CATEGORIES = 4096 };

/* ---- settings ---- */

void
deploy_cloud_model_free(deploy_cloud_model *m)
{
	secant_opts_free(&secant_cloud_recipe_options, &m->recipe);
	for (int i = 0; i < m->categories; i++)
		secant_free(m->category[i]);
	secant_free(m->category);
	secant_free(m->first_part);
	secant_free(m->value);
	*m = (deploy_cloud_model){ 0 };
}

static secant_status
read_categories(deploy_cloud_model *m, const deploy_deployed *d, const json_t *j, secant_err *err)
{
	const json_t *names = json_object_get(j, "categories"), *parts = json_object_get(j, "parts");
	size_t n = json_array_size(names), k = json_array_size(parts);
	if (n > MOST_CATEGORIES || (k && k != n))
		return secant_fail(
			err, SECANT_ERR_FORMAT, "the model's settings name %zu categories and the parts of %zu", n, k);
	if (!(m->category = secant_calloc(n + 1, sizeof *m->category))
		|| (k && !(m->first_part = secant_calloc(n + 1, sizeof *m->first_part))))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu categories", n);
	for (size_t i = 0; i < n; i++, m->categories++) {
		const char *name = json_string_value(json_array_get(names, i));
		if (!(m->category[i] = base_strdup(name ? name : "")))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu categories", n);
		json_int_t count = k ? json_integer_value(json_array_get(parts, i)) : 0;
		if (k && (count < 1 || count > d->classes))
			return secant_fail(err, SECANT_ERR_FORMAT, "the model's settings give '%.60s' %lld parts", m->category[i],
				(long long)count);
		if (k)
			m->first_part[i + 1] = m->first_part[i] + (int)count;
	}
	if (k && m->first_part[n] != d->classes)
		return secant_fail(err, SECANT_ERR_FORMAT, "the model's settings have %d parts, the network has %d classes",
			m->first_part[n], d->classes);
	if (d->categories && d->categories != m->categories && m->categories)
		return secant_fail(err, SECANT_ERR_FORMAT, "the model's settings name %d categories, the network has %d",
			m->categories, d->categories);
	return SECANT_OK;
}

static secant_status
read_values(deploy_cloud_model *m, const deploy_deployed *d, const json_t *j, secant_err *err)
{
	const json_t *list = json_object_get(j, "values");
	size_t n = json_array_size(list);
	if (!n)
		return SECANT_OK;
	if (n != (size_t)d->classes)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"the model's settings have numbers for %zu classes, the network has %d", n, d->classes);
	if (!(m->value = secant_calloc(n, sizeof *m->value)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu classes", n);
	for (size_t i = 0; i < n; i++)
		m->value[i] = json_integer_value(json_array_get(list, i));
	return SECANT_OK;
}

secant_status
deploy_cloud_model_read(deploy_cloud_model *m, const deploy_deployed *d, secant_err *err)
{
	const json_t *j = json_object_get(d->file.settings, "clouds");
	secant_err own = { 0 };
	*m = (deploy_cloud_model){ 0 };
	char *recipe = json_is_object(j) ? base_json_text(json_object_get(j, "recipe"), 0) : NULL;
	if (d->kind == SECANT_NETWORK_PICTURES)
		secant_fail(&own, SECANT_ERR_ARG, "the model is for pictures, not for clouds");
	else if (!secant_opts_init(&secant_cloud_recipe_options, &m->recipe, &own)
		&& !(recipe && secant_opts_set_json(&secant_cloud_recipe_options, &m->recipe, recipe, "clouds.recipe", &own))
		&& !prepare_features_parse(&m->features, m->recipe.features, &own) && !read_categories(m, d, j, &own))
		(void)!read_values(m, d, j, &own);
	if (!own.code && m->features.channels != d->in_channels)
		secant_fail(&own, SECANT_ERR_FORMAT, "the model's features are %d numbers a point, the network takes %d",
			m->features.channels, d->in_channels);
	m->turned = json_is_true(json_object_get(j, "turned"));
	secant_free(recipe);
	if (!own.code)
		return SECANT_OK;
	deploy_cloud_model_free(m);
	return secant_fail(err, own.code, "%s", own.msg);
}

/* ---- verdicts ---- */

secant_status
deploy_verdict_make(deploy_verdict *v, const deploy_deployed *d, const deploy_cloud_model *m, const prepare_points *p,
	int category, secant_err *err)
{
	bool parts = m->first_part && category >= 0;
	*v = (deploy_verdict){ .p = p,
		.category = category,
		.first = parts ? m->first_part[category] : 0,
		.count = d->classes,
		.rows = d->kind == SECANT_NETWORK_POINTS ? p->n : 1 };
	if (parts)
		v->count = m->first_part[category + 1] - v->first;
	v->sum = secant_calloc((size_t)v->rows + 1, (size_t)v->count * sizeof *v->sum);
	v->hits = secant_calloc((size_t)v->rows + 1, sizeof *v->hits);
	if (v->sum && v->hits)
		return SECANT_OK;
	deploy_verdict_free(v);
	return secant_fail(err, SECANT_ERR_NOMEM, "no memory for probabilities of %lld points", (long long)p->n);
}

void
deploy_verdict_free(deploy_verdict *v)
{
	secant_free(v->sum);
	secant_free(v->hits);
	*v = (deploy_verdict){ 0 };
}

int
deploy_verdict_class(const deploy_verdict *v, int64_t row, float *confidence)
{
	const float *s = v->sum + row * v->count;
	int best = 0;
	for (int k = 1; k < v->count; k++)
		best = s[k] > s[best] ? k : best;
	*confidence = v->hits[row] > 0 ? s[best] / v->hits[row] : 0;
	return v->hits[row] > 0 ? v->first + best : -1;
}

/* ---- passes ---- */

typedef struct pass {
	deploy_verdict *v;
	int64_t *index; /* `used` points; owned */
	int64_t used, points; /* points: with those that only fill */
	float corner[3];
	bool block;
	int vote;
} pass;

typedef struct queue {
	const deploy_deployed *d;
	const deploy_cloud_model *m;
	const deploy_passing *o;
	pass *wait;
	int waiting;
	bool ran; /* a batch has run: later ones are filled up to its size */
	float *input, *possible; /* possible: batch x classes, 0 or 1 */
	float *narrow; /* results of an f64 plan as floats */
	size_t room, narrow_room;
	int64_t *block; /* points of a window */
	int64_t block_room;
} queue;

/* Sizes of passes: four in each power of two, so that few plans serve all clouds. */
static int64_t
canonical(int64_t n)
{
	int64_t step = 16;
	while (step * 8 <= n)
		step *= 2;
	return (n + step - 1) / step * step;
}

static void
apply_vote(const queue *q, const pass *p, float *v)
{
	const deploy_cloud_model *m = q->m;
	int channels = m->features.channels, a, b;
	if (p->vote == 0 && q->o->turn == 0)
		return;
	prepare_recipe_ground(&m->recipe, &a, &b);
	base_rng rng = base_rng_make(q->o->seed, BASE_FOR_AUGMENT, (uint32_t)p->vote, 0);
	double share = q->o->turn / 360 + (m->turned ? (double)p->vote / q->o->votes : 0),
		   angle = 6.283185307179586476925 * share;
	double factor = m->turned || p->vote == 0 ? 1 : base_rng_range(&rng, 0.8, 1.2);
	float c = (float)cos(angle), s = (float)sin(angle), f = (float)factor;
	for (int64_t i = 0; i < p->used; i++) {
		float *x = v + i * channels;
		for (float *at = x; at; at = at == x && m->features.normals >= 0 ? x + m->features.normals : NULL) {
			float u = at[a], w = at[b];
			at[a] = c * u - s * w;
			at[b] = s * u + c * w;
		}
		for (int k = 0; k < 3; k++)
			x[k] *= f;
	}
}

/* Writes a pass to its rows of the input. */
static void
write_pass(const queue *q, const pass *p, float *v, int64_t points)
{
	const deploy_cloud_model *m = q->m;
	int channels = m->features.channels;
	prepare_points_gather(&m->features, p->v->p, p->index, p->used, v);
	prepare_points_fit(&m->recipe, v, p->used, channels, p->block ? p->corner : NULL);
	apply_vote(q, p, v);
	for (int64_t i = p->used; i < points; i++)
		memcpy(v + i * channels, v + i % p->used * channels, (size_t)channels * sizeof *v);
	prepare_points_widen(v, points, channels, q->d->inputs, p->v->category < 0 ? 0 : p->v->category);
}

/* Adds probabilities, which are 0 for impossible classes. Networks that end in an activation know nothing of those:
 * theirs are shares of what is left. */
static void
add_row(deploy_verdict *v, int64_t row, const float *probabilities, bool shares)
{
	const float *from = probabilities + v->first;
	float *sum = v->sum + row * v->count, all = 0;
	for (int k = 0; k < v->count && shares; k++)
		all += from[k];
	for (int k = 0; k < v->count; k++)
		sum[k] += from[k] / (all > 0 ? all : 1);
	v->hits[row]++;
}

static void
take_pass(const queue *q, const pass *p, const float *probabilities)
{
	bool whole = q->d->kind != SECANT_NETWORK_POINTS;
	for (int64_t i = 0; i < (whole ? 1 : p->used); i++)
		add_row(p->v, whole ? 0 : p->index[i], probabilities + i * q->d->classes, q->d->activated);
}

static secant_status
reserve(float **v, size_t *room, size_t n, secant_err *err)
{
	if (n <= *room)
		return SECANT_OK;
	secant_free(*v);
	*room = 0;
	if (!(*v = base_alloc_aligned(n * sizeof **v)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a batch of %zu numbers", n);
	*room = n;
	return SECANT_OK;
}

/* Which classes each row of a batch of n may have. */
static void
write_possible(const queue *q, int n)
{
	int classes = q->d->classes;
	for (int i = 0; i < n; i++) {
		const deploy_verdict *v = q->wait[i < q->waiting ? i : 0].v;
		for (int k = 0; k < classes; k++)
			q->possible[(int64_t)i * classes + k] = k >= v->first && k < v->first + v->count ? 1 : 0;
	}
}

static secant_status
run_batch(queue *q, const secant_shape *shape, int64_t out, secant_err *err)
{
	int n = (int)shape->dim[0];
	secant_tensor in[] = { { SECANT_F32, *shape, q->input, NULL },
		{ SECANT_F32, { 2, { n, q->d->classes } }, q->possible, NULL } };
	secant_tensor made = { 0 };
	char text[96];
	secant_status s = secant_session_run(q->o->session, in, &made, err);
	if (!s && secant_shape_count(&made.shape) != n * out)
		s = secant_fail(err, SECANT_ERR_SHAPE, "the network's result is %s for %d clouds, want %lld numbers of each",
			secant_shape_text(&made.shape, text, sizeof text), n, (long long)out);
	if (s)
		return s;
	const float *v = made.data;
	if (made.dtype != SECANT_F32) {
		if ((s = reserve(&q->narrow, &q->narrow_room, (size_t)(n * out), err)))
			return s;
		for (int64_t i = 0; i < n * out; i++)
			q->narrow[i] = (float)secant_tensor_get(&made, i);
		v = q->narrow;
	}
	for (int i = 0; i < q->waiting; i++)
		take_pass(q, &q->wait[i], v + i * out);
	return SECANT_OK;
}

static secant_status
flush(queue *q, secant_err *err)
{
	int64_t points = 0;
	int n = q->ran ? q->o->batch : q->waiting;
	if (!q->waiting)
		return SECANT_OK;
	for (int i = 0; i < q->waiting; i++)
		points = q->wait[i].points > points ? q->wait[i].points : points;
	int64_t row = points * q->d->inputs, out = (q->d->kind == SECANT_NETWORK_POINTS ? points : 1) * q->d->classes;
	secant_status s = reserve(&q->input, &q->room, (size_t)(row * n), err);
	for (int i = 0; i < q->waiting && !s; i++)
		write_pass(q, &q->wait[i], q->input + i * row, points);
	for (int i = q->waiting; i < n && !s; i++)
		memcpy(q->input + i * row, q->input, (size_t)row * sizeof *q->input);
	write_possible(q, n);
	if (!s)
		s = run_batch(q, &secant_shape_of(4, n, points, 1, q->d->inputs), out, err);
	for (int i = 0; i < q->waiting; i++)
		secant_free(q->wait[i].index);
	q->ran = true;
	q->waiting = 0;
	if (!s && q->o->tick && !q->o->tick(q->o->user))
		s = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	return s;
}

static secant_status
submit(queue *q, const pass *p, const int64_t *index, secant_err *err)
{
	if (q->waiting == q->o->batch) {
		secant_status s = flush(q, err);
		if (s)
			return s;
	}
	pass *w = &q->wait[q->waiting];
	*w = *p;
	if (!(w->index = secant_calloc((size_t)p->used, sizeof *w->index)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a pass of %lld points", (long long)p->used);
	memcpy(w->index, index, (size_t)p->used * sizeof *w->index);
	q->waiting++;
	return SECANT_OK;
}

static void
shuffle(base_rng *rng, int64_t *v, int64_t n)
{
	for (int64_t i = n - 1; i > 0; i--) {
		int64_t j = (int64_t)base_rng_below(rng, (uint32_t)i + 1), t = v[i];
		v[i] = v[j];
		v[j] = t;
	}
}

/* A whole cloud, or parts of one too large for a pass: all of nearly one size. */
static secant_status
submit_whole(queue *q, deploy_verdict *v, int vote, secant_err *err)
{
	int64_t n = 0,
			most = q->o->most > 0          ? q->o->most
		: q->m->recipe.points > LEAST_PASS ? q->m->recipe.points
										   : LEAST_PASS;
	int64_t *index = secant_calloc((size_t)v->p->n + 1, sizeof *index);
	secant_status s = index ? SECANT_OK
							: secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld points", (long long)v->p->n);
	for (int64_t i = 0; i < v->p->n && !s; i++) {
		const float *x = v->p->xyz + 3 * i;
		index[n] = i;
		n += isfinite(x[0]) && isfinite(x[1]) && isfinite(x[2]);
	}
	int64_t parts = (n + most - 1) / most;
	if (parts > 1) {
		base_rng rng = base_rng_make(q->o->seed, BASE_FOR_SHUFFLE, (uint32_t)vote, 0);
		shuffle(&rng, index, n);
	}
	for (int64_t k = 0; k < parts && !s; k++) {
		int64_t from = k * n / parts, to = (k + 1) * n / parts;
		int64_t points = parts > 1 ? most : canonical(n);
		/* Networks that sample want as many points as they were trained on. */
		s = submit(q,
			&(pass){ .v = v,
				.used = to - from,
				.points = points > q->m->recipe.points ? points : q->m->recipe.points,
				.vote = vote },
			index + from, err);
	}
	secant_free(index);
	return s;
}

/* The points of a window in random order, `points` at a time; the last pass is filled by points of its own. */
static secant_status
submit_window(queue *q, deploy_verdict *v, const prepare_blocks *b, int64_t k, int vote, secant_err *err)
{
	pass p = { .v = v, .block = true, .vote = vote, .points = q->m->recipe.points };
	secant_status s = SECANT_OK;
	prepare_blocks_corner(b, k, p.corner);
	int64_t n = prepare_blocks_points(b, p.corner, q->block, q->block_room);
	if (n > q->block_room) {
		secant_free(q->block);
		q->block_room = 0;
		if (!(q->block = secant_calloc((size_t)n, sizeof *q->block)))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a block of %lld points", (long long)n);
		q->block_room = n;
		n = prepare_blocks_points(b, p.corner, q->block, n);
	}
	base_rng rng = base_rng_make(q->o->seed, BASE_FOR_SHUFFLE, (uint32_t)vote, (uint32_t)k);
	if (n > p.points)
		shuffle(&rng, q->block, n);
	int64_t parts = (n + p.points - 1) / p.points;
	for (int64_t i = 0; i < parts && !s; i++) {
		int64_t from = i * n / parts;
		p.used = (i + 1) * n / parts - from;
		s = submit(q, &p, q->block + from, err);
	}
	return s;
}

static secant_status
submit_blocks(queue *q, deploy_verdict *v, secant_err *err)
{
	prepare_blocks b;
	double stride = q->m->recipe.block * (1 - (q->o->overlap < 0 ? 0 : q->o->overlap > 0.9 ? 0.9 : q->o->overlap));
	secant_status s = prepare_blocks_make(&b, v->p, &q->m->recipe, stride, err);
	for (int vote = 0; vote < q->o->votes && !s; vote++)
		for (int64_t k = 0; k < b.count[0] * b.count[1] && !s; k++)
			s = submit_window(q, v, &b, k, vote, err);
	if (b.p)
		prepare_blocks_free(&b);
	return s;
}

secant_status
deploy_clouds_pass(const deploy_deployed *d, const deploy_cloud_model *m, const deploy_passing *o, deploy_verdict *v,
	int n, secant_err *err)
{
	queue q = { .d = d, .m = m, .o = o };
	secant_err own = { 0 };
	secant_status s = SECANT_OK;
	q.wait = secant_calloc((size_t)o->batch, sizeof *q.wait);
	q.possible = secant_calloc((size_t)o->batch * (size_t)d->classes, sizeof *q.possible);
	if (!q.wait || !q.possible) {
		secant_free(q.wait);
		secant_free(q.possible);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a batch");
	}
	for (int i = 0; i < n && !s; i++)
		if (m->recipe.block > 0)
			s = submit_blocks(&q, &v[i], &own);
	for (int vote = 0; vote < o->votes && m->recipe.block <= 0; vote++)
		for (int i = 0; i < n && !s; i++)
			s = submit_whole(&q, &v[i], vote, &own);
	if (!s)
		s = flush(&q, &own);
	for (int i = 0; i < q.waiting; i++)
		secant_free(q.wait[i].index);
	secant_free(q.wait);
	secant_free(q.possible);
	secant_free(q.input);
	secant_free(q.narrow);
	secant_free(q.block);
	return s ? secant_fail(err, s, "%s", own.msg) : SECANT_OK;
}
