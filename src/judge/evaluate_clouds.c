/* Evaluation over clouds. See evaluate_clouds.h. */
#include "judge/evaluate_clouds.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/rng.h"

static const struct {
	const char *name;
	bool whole;
} protocols[JUDGE_PROTOCOLS] = {
	[JUDGE_PROTOCOL_CLASS] = { "class", true },
	[JUDGE_PROTOCOL_CATEGORY] = { "category", false },
	[JUDGE_PROTOCOL_PAPER] = { "paper", false },
	[JUDGE_PROTOCOL_SCENE] = { "scene", false },
};

secant_status
judge_protocol_choose(
	const char *name, const deploy_deployed *d, const deploy_cloud_model *m, judge_protocol *p, secant_err *err)
{
	bool whole = d->kind == SECANT_NETWORK_CLOUDS;
	*p = whole                                  ? JUDGE_PROTOCOL_CLASS
		: !m->first_part || m->recipe.block > 0 ? JUDGE_PROTOCOL_SCENE
		: m->categories > 1                     ? JUDGE_PROTOCOL_PAPER
												: JUDGE_PROTOCOL_CATEGORY;
	if (!name)
		return SECANT_OK;
	for (int i = 0; i < JUDGE_PROTOCOLS; i++)
		if (!strcmp(name, protocols[i].name)) {
			*p = (judge_protocol)i;
			if (protocols[i].whole != whole)
				return secant_fail(err, SECANT_ERR_ARG,
					"--protocol %s is for networks that give a class for each %s; this one gives one for each %s", name,
					whole ? "point" : "cloud", whole ? "cloud" : "point");
			if (*p == JUDGE_PROTOCOL_PAPER && !m->first_part)
				return secant_fail(err, SECANT_ERR_ARG,
					"--protocol paper wants a model of objects with parts; this one knows no categories");
			return SECANT_OK;
		}
	return secant_fail(err, SECANT_ERR_ARG, "--protocol '%s' is none of class, category, paper, scene", name);
}

/* ---- counts ---- */

secant_status
judge_cloud_counts_new(judge_cloud_counts *c, int classes, int categories, secant_err *err)
{
	*c = (judge_cloud_counts){ .categories = categories };
	secant_status s = judge_counts_new(&c->counts, BASE_MODE_MULTICLASS, classes, err);
	c->sum = secant_calloc((size_t)categories + 1, sizeof *c->sum);
	c->shapes = secant_calloc((size_t)categories + 1, sizeof *c->shapes);
	if (!s && (!c->sum || !c->shapes))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d categories", categories);
	if (s)
		judge_cloud_counts_free(c);
	return s;
}

void
judge_cloud_counts_free(judge_cloud_counts *c)
{
	judge_counts_free(&c->counts);
	secant_free(c->sum);
	secant_free(c->shapes);
	*c = (judge_cloud_counts){ 0 };
}

secant_status
judge_cloud_counts_add(judge_cloud_counts *c, const int32_t *label, const int *best, int64_t rows, int category,
	int first, int count, secant_err *err)
{
	double sum = 0;
	secant_status s = judge_counts_add_classes(&c->counts, best, label, rows, err);
	for (int k = first; k < first + count; k++) {
		int64_t both = 0, either = 0;
		for (int64_t i = 0; i < rows; i++) {
			bool a = label[i] == k, b = best[i] == k && label[i] >= 0;
			both += a && b;
			either += a || b;
		}
		sum += either ? (double)both / (double)either : 1;
	}
	int at = category >= 0 && category < c->categories ? category : c->categories;
	c->sum[at] += sum / (count > 0 ? count : 1);
	c->shapes[at]++;
	return s;
}

static secant_status
category_scores(const judge_cloud_counts *c, char *const *categories, secant_scores *s, secant_err *err)
{
	double all = 0, means = 0;
	int64_t shapes = 0;
	int present = 0;
	if (!(s->per_category = secant_calloc((size_t)c->categories + 1, sizeof *s->per_category)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for scores");
	s->categories = c->categories;
	for (int i = 0; i <= c->categories; i++) {
		all += c->sum[i];
		shapes += c->shapes[i];
		if (i == c->categories)
			break;
		secant_category_score *k = &s->per_category[i];
		(void)snprintf(k->name, sizeof k->name, "%s", categories ? categories[i] : "");
		k->clouds = c->shapes[i];
		k->iou = k->clouds ? c->sum[i] / (double)k->clouds : NAN;
		means += k->clouds ? k->iou : 0;
		present += k->clouds > 0;
	}
	s->instance_iou = shapes ? all / (double)shapes : NAN;
	s->category_iou = present ? means / present : NAN;
	return SECANT_OK;
}

/* Means over the classes that occur, by enough points. */
static void
class_means(secant_scores *s, int64_t least)
{
	double iou = 0, recall = 0;
	int present = 0, occurring = 0;
	for (int k = 0; k < s->classes; k++) {
		const secant_class_score *c = &s->per_class[k];
		if (!isnan(c->iou) && c->pixels >= least)
			iou += c->iou, present++;
		if (c->pixels >= (least > 0 ? least : 1))
			recall += c->recall, occurring++;
	}
	s->miou = present ? iou / present : NAN;
	s->class_accuracy = occurring ? recall / occurring : NAN;
}

secant_status
judge_cloud_counts_scores(const judge_cloud_counts *c, judge_protocol protocol, int64_t least, char *const *names,
	int n_names, char *const *categories, secant_scores *s, secant_err *err)
{
	secant_status status = judge_counts_scores(&c->counts, names, n_names, s, err);
	if (status)
		return status;
	class_means(s, least);
	s->protocol = protocols[protocol].name;
	s->loss = c->rows ? c->nll / (double)c->rows : NAN;
	s->iou = s->miou;
	if (protocol == JUDGE_PROTOCOL_CLASS)
		s->iou = NAN;
	if (protocol == JUDGE_PROTOCOL_CATEGORY || protocol == JUDGE_PROTOCOL_PAPER) {
		if ((status = category_scores(c, categories, s, err)))
			secant_scores_free(s);
		else
			s->iou = s->instance_iou;
	}
	return status;
}

/* ---- clouds ---- */

typedef struct group {
	prepare_points own[64], drawn[64];
	const prepare_points *p[64];
	deploy_verdict v[64];
	int item[64], n;
} group;

static void
group_clear(group *g)
{
	for (int i = 0; i < g->n; i++) {
		prepare_points_free(&g->own[i]);
		prepare_points_free(&g->drawn[i]);
		deploy_verdict_free(&g->v[i]);
	}
	g->n = 0;
}

/* `count` points of a cloud, drawn with replacement, as a cloud of its own. */
static secant_status
draw(prepare_points *to, const prepare_points *from, int more, int count, uint64_t seed, int item, secant_err *err)
{
	base_rng rng = base_rng_make(seed, BASE_FOR_TEST, 0, (uint32_t)item);
	*to = *from;
	to->n = count;
	to->xyz = secant_calloc((size_t)count, 3 * sizeof *to->xyz);
	to->more = more ? secant_calloc((size_t)count, (size_t)more * sizeof *to->more) : NULL;
	to->label = from->label ? secant_calloc((size_t)count, sizeof *to->label) : NULL;
	if (!to->xyz || (more && !to->more) || (from->label && !to->label))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d points", count);
	for (int64_t i = 0; i < count; i++) {
		int64_t k = (int64_t)base_rng_below(&rng, (uint32_t)from->n);
		memcpy(to->xyz + 3 * i, from->xyz + 3 * k, 3 * sizeof *to->xyz);
		if (more)
			memcpy(to->more + i * more, from->more + k * more, (size_t)more * sizeof *to->more);
		if (to->label)
			to->label[i] = from->label[k];
	}
	return SECANT_OK;
}

static secant_status
load(const judge_cloud_evaluation *e, const data_clouds *s, group *g, int item, secant_err *err)
{
	int i = g->n;
	g->own[i] = g->drawn[i] = (prepare_points){ 0 };
	g->v[i] = (deploy_verdict){ 0 };
	g->item[i] = item;
	g->n++;
	secant_status st = data_clouds_decode(s, item, &g->own[i], &g->p[i], err);
	if (!st && e->judging->resample > 0) {
		st = draw(&g->drawn[i], g->p[i], s->features.more, e->judging->resample, e->seed, item, err);
		g->p[i] = &g->drawn[i];
	}
	return st ? st : deploy_verdict_make(&g->v[i], e->d, e->m, g->p[i], g->p[i]->category, err);
}

/* -log of the label's share of the probabilities. */
static void
add_loss(judge_cloud_counts *c, const deploy_verdict *v, const int32_t *label)
{
	for (int64_t i = 0; i < v->rows; i++) {
		int k = label[i] - v->first;
		if (label[i] < 0 || k < 0 || k >= v->count || v->hits[i] <= 0)
			continue;
		c->nll -= log(fmax((double)(v->sum[i * v->count + k] / v->hits[i]), 1e-12));
		c->rows++;
	}
}

static secant_status
judge(const judge_cloud_evaluation *e, judge_cloud_counts *c, const group *g, int i, secant_err *err)
{
	const deploy_verdict *v = &g->v[i];
	int *best = secant_calloc((size_t)v->rows + 1, sizeof *best);
	int32_t category = g->p[i]->category;
	const int32_t *label = e->d->kind == SECANT_NETWORK_CLOUDS ? &category : g->p[i]->label;
	float confidence;
	if (!best)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld points", (long long)v->rows);
	for (int64_t k = 0; k < v->rows; k++)
		best[k] = deploy_verdict_class(v, k, &confidence);
	secant_status s = judge_cloud_counts_add(c, label, best, v->rows, category, v->first, v->count, err);
	add_loss(c, v, label);
	if (e->seen && !s)
		e->seen(e->user, g->item[i], v, best);
	secant_free(best);
	return s;
}

static secant_status
judge_group(const judge_cloud_evaluation *e, judge_cloud_counts *c, group *g, secant_err *err)
{
	deploy_passing o = { .session = e->session,
		.batch = e->batch,
		.votes = e->judging->votes,
		.overlap = e->judging->block_overlap,
		.turn = e->judging->turn,
		.seed = e->seed };
	secant_status s = deploy_clouds_pass(e->d, e->m, &o, g->v, g->n, err);
	for (int i = 0; i < g->n && !s; i++)
		s = judge(e, c, g, i, err);
	group_clear(g);
	if (!s && e->cancelled && e->cancelled(e->user))
		s = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	return s;
}

secant_status
judge_evaluate_clouds(const judge_cloud_evaluation *e, const data_clouds *s, char *const *names, int n_names,
	secant_scores *scores, secant_err *err)
{
	enum { MOST_GROUP = sizeof((group *)0)->item / sizeof(int) };
	judge_cloud_counts counts;
	judge_protocol protocol;
	secant_err own = { 0 };
	int size = e->m->recipe.block > 0 ? 1 : e->batch < MOST_GROUP ? e->batch : MOST_GROUP;
	secant_status st = judge_protocol_choose(e->judging->protocol, e->d, e->m, &protocol, err);
	if (st)
		return st;
	group *g = secant_calloc(1, sizeof *g);
	if (!g || judge_cloud_counts_new(&counts, e->d->classes, s->list.categories, &own)) {
		secant_free(g);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for an evaluation");
	}
	for (int i = 0; i < s->list.n && !st; i++) {
		st = load(e, s, g, i, &own);
		if (!st && (g->n == size || i + 1 == s->list.n))
			st = judge_group(e, &counts, g, &own);
	}
	group_clear(g);
	secant_free(g);
	if (!st)
		st = judge_cloud_counts_scores(
			&counts, protocol, e->judging->least_points, names, n_names, s->list.category, scores, &own);
	judge_cloud_counts_free(&counts);
	return st ? secant_fail(err, st, "%s", own.msg) : SECANT_OK;
}
