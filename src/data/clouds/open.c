/*
 * Opening a data set of clouds, and clouds as points with classes. Whole clouds are checked when they are read: at
 * opening for scenes, whose points say how many samples there are, else when they are first wanted.
 */
#include "data/clouds/clouds.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"

/* ---- opening ---- */

static const secant_opt source_rows[] = {
	SECANT_OPT(secant_cloud_source, layout, STR, "layout", NULL, 0, 0,
		"of a data set of clouds, one of `secant list cloudsets`; absent: by what is there"),
	SECANT_OPT(secant_cloud_source, category, STR, "category", NULL, 0, 0,
		"only clouds of this category (ShapeNet: Chair); in training its parts are then the classes"),
	SECANT_OPT(secant_cloud_source, test_area, INT, "test-area", "5", 1, 99,
		"S3DIS: this area is val and test, the others are train"),
	SECANT_OPT(secant_cloud_source, label_column, STR, "label-column", NULL, 0, 0,
		"column with the labels of points; absent: by the names that programs use"),
	SECANT_OPT(secant_cloud_source, label_values, STR, "label-values", NULL, 0, 0,
		"the number in the files of each class, such as 2,6,9; absent: its index, or without class file the numbers "
		"that occur"),
	SECANT_OPT(secant_cloud_source, label_others, BOOL, "label-others", "false", 0, 0,
		"with --label-values: points of other numbers are left out of loss and scores instead of being an error"),
	SECANT_OPT(secant_cloud_source, mesh_points, INT, "mesh-points", "10000", 1, 1 << 26,
		"points drawn once on each mesh, by area; samples are drawn from them"),
	SECANT_OPT_END,
};
const secant_opts secant_cloud_source_options = { "cloud source", sizeof(secant_cloud_source), source_rows };

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(secant_cloud_options, recipe, &secant_cloud_recipe_options),
	SECANT_OPT_TABLE(secant_cloud_options, source, &secant_cloud_source_options),
	SECANT_OPT(secant_cloud_options, train_split, STR, "train-split", "train", 0, 0,
		"split of clouds to train on; ShapeNet also trainval"),
	SECANT_OPT(secant_cloud_options, validation_split, STR, "validation-split", "val", 0, 0,
		"split of clouds to choose the best epoch by; left out where it is not there"),
	SECANT_OPT(secant_cloud_options, replace, BOOL, "replace", "false", 0, 0,
		"draw the points of a sample with replacement, as pointnet.pytorch; else only where there are too few"),
	SECANT_OPT(secant_cloud_options, random_start, BOOL, "random-start", "false", 0, 0,
		"any point of a training sample comes first, and with it starts the sampling of PointNet++, as in yanx27's "
		"networks"),
	SECANT_OPT_CHOICE(secant_cloud_options, rotate, "rotate", "none", "none|up|all",
		"training clouds are turned at random: around the up axis, or any way"),
	SECANT_OPT(secant_cloud_options, jitter, REAL, "jitter", "0", 0, 1e6,
		"deviation of normal noise on the coordinates, after they have become small"),
	SECANT_OPT(
		secant_cloud_options, jitter_clip, REAL, "jitter-clip", "0", 0, 1e6, "the noise is clipped at this; 0: not"),
	SECANT_OPT(secant_cloud_options, scale, REALS, "scale", NULL, 0.001, 1000,
		"training clouds are scaled by a factor from .. to: 0.8,1.25"),
	SECANT_OPT(secant_cloud_options, shift, REAL, "shift", "0", 0, 1e6,
		"training clouds are moved by up to this along each axis"),
	SECANT_OPT(secant_cloud_options, point_dropout, REAL, "point-dropout", "0", 0, 1,
		"up to this share of a training sample's points is replaced by its first point"),
	SECANT_OPT(secant_cloud_options, block_least, INT, "block-least", "64", 0, 1 << 24,
		"a training block with fewer points is drawn again, up to ten times"),
	SECANT_OPT_END,
};
const secant_opts secant_cloud_options_table = { "clouds", sizeof(secant_cloud_options), rows };

static const secant_opt judging_rows[] = {
	SECANT_OPT_TABLE(secant_cloud_judging, source, &secant_cloud_source_options),
	SECANT_OPT(secant_cloud_judging, protocol, STR, "protocol", NULL, 0, 0,
		"how clouds are scored: class, category (mean IoU of a category's shapes, as pointnet.pytorch), paper "
		"(instances and categories), scene; absent: by the data"),
	SECANT_OPT(secant_cloud_judging, votes, INT, "votes", "1", 1, 1000,
		"predictions averaged for each point: turned around the up axis where training was, else scaled"),
	SECANT_OPT(secant_cloud_judging, block_overlap, REAL, "block-overlap", "0.5", 0, 0.9,
		"of neighbouring blocks, as a share of their side"),
	SECANT_OPT(secant_cloud_judging, turn, REAL, "turn", "0", -360, 360,
		"degrees by which clouds are turned around the up axis before they are judged: how much does it matter?"),
	SECANT_OPT(secant_cloud_judging, resample, INT, "resample", "0", 0, 1 << 24,
		"judge so many points of each cloud, drawn with replacement, as the originals do; 0: all as they are"),
	SECANT_OPT(secant_cloud_judging, least_points, INT, "least-points", "0", 0, 1 << 30,
		"classes with fewer labelled points are listed, but left out of the mean IoU"),
	SECANT_OPT_END,
};
const secant_opts secant_cloud_judging_options = { "judging clouds", sizeof(secant_cloud_judging), judging_rows };

bool
data_clouds_has(const char *path, const secant_cloud_options *o, const char *split)
{
	const data_cloudset *set = data_cloudset_of(path, o->source.layout, NULL);
	return set && set->has(path, o, split);
}

static secant_status
first_parts(data_clouds *s, secant_err *err)
{
	if (!s->list.parts)
		return SECANT_OK;
	if (!(s->first_part = secant_calloc((size_t)s->list.categories + 1, sizeof *s->first_part)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d categories", s->list.categories);
	for (int i = 0; i < s->list.categories; i++)
		s->first_part[i + 1] = s->first_part[i] + s->list.parts[i];
	return SECANT_OK;
}

/* Scenes are read once: samples are drawn in proportion to points. */
static secant_status
count_points(data_clouds *s, secant_err *err)
{
	if (s->options.recipe.block <= 0)
		return SECANT_OK;
	secant_status status = SECANT_OK;
	if (!(s->points = secant_calloc((size_t)s->list.n + 1, sizeof *s->points)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d clouds", s->list.n);
	for (int i = 0; i < s->list.n && !status; i++) {
		prepare_points own = { 0 };
		const prepare_points *p;
		if (!(status = data_clouds_decode(s, i, &own, &p, err)))
			s->total_points += s->points[i] = p->n;
		prepare_points_free(&own);
	}
	return status;
}

static secant_status
reading_options(data_clouds *s, secant_err *err)
{
	char text[24];
	secant_status status = secant_opts_init(&secant_cloud_read_options, &s->reading, err);
	(void)snprintf(text, sizeof text, "%d", s->options.source.mesh_points);
	if (!status && s->list.columns)
		status = secant_opts_set(&secant_cloud_read_options, &s->reading, "columns", s->list.columns, err);
	if (!status)
		s->reading.threads = 1; /* the loader has threads of its own */
	return status;
}

static secant_status
open_set(data_clouds *s, const data_clouds_request *r, secant_err *err)
{
	secant_status status = secant_opts_copy(&secant_cloud_options_table, &s->options, r->options, err);
	if (!status)
		status = prepare_features_parse(&s->features, s->options.recipe.features, err);
	if (!status && s->options.scale.n && (s->options.scale.n != 2 || s->options.scale.v[0] > s->options.scale.v[1]))
		status = secant_fail(
			err, SECANT_ERR_ARG, "--scale: two factors are wanted, the smaller first, such as 0.8,1.25");
	if (!status && !(s->set = data_cloudset_of(r->path, s->options.source.layout, err)))
		status = err && err->code ? err->code : SECANT_ERR_FORMAT;
	if (!status)
		status = s->set->find(&s->list, r, err);
	if (!status && !s->list.n)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: the split '%s' has no clouds", r->path, r->split);
	if (!status && s->classify && !s->list.categories)
		status = secant_fail(err, SECANT_ERR_ARG,
			"%s: its clouds have no classes, only their points may; a network for points is wanted (pointnet-dense)",
			r->path);
	if (!status && !s->classify && !s->list.classes && !r->bare)
		status = secant_fail(err, SECANT_ERR_ARG,
			"%s: its points have no labels, only clouds have; a network for whole clouds is wanted (pointnet-cls)",
			r->path);
	s->classes = s->classify ? s->list.categories : s->list.classes;
	if (!status && !(status = first_parts(s, err)))
		status = reading_options(s, err);
	if (!status
		&& !((s->cache = secant_calloc((size_t)s->list.n, sizeof *s->cache))
			&& (s->nowhere = secant_calloc((size_t)s->list.n, sizeof *s->nowhere))))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d clouds", s->list.n);
	return status || r->bare ? status : count_points(s, err);
}

data_clouds *
data_clouds_open(const data_clouds_request *r, secant_err *err)
{
	data_clouds *s = secant_calloc(1, sizeof *s);
	secant_err own = { 0 };
	if (!s) {
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->path);
		return NULL;
	}
	s->classify = r->classify;
	atomic_store(&s->cache_room, (size_t)(r->data->cache_mb > 0 ? r->data->cache_mb : 0) << 20);
	if (!open_set(s, r, &own))
		return s;
	secant_fail(err, own.code, "%s", own.msg);
	data_clouds_free(s);
	return NULL;
}

void
data_clouds_free(data_clouds *s)
{
	if (!s)
		return;
	for (int i = 0; s->cache && i < s->list.n; i++) {
		prepare_points *p = (prepare_points *)atomic_load(&s->cache[i]);
		if (p)
			prepare_points_free(p);
		secant_free(p);
	}
	secant_free((void *)s->cache);
	secant_free((void *)s->nowhere);
	secant_free(s->first_part);
	secant_free(s->points);
	data_cloud_list_free(&s->list);
	secant_opts_free(&secant_cloud_read_options, &s->reading);
	secant_opts_free(&secant_cloud_options_table, &s->options);
	secant_free(s);
}

secant_status
data_clouds_class_names(const data_clouds *s, char ***names, int *n, secant_err *err)
{
	char **from = s->classify ? s->list.category : s->list.class_name;
	*n = 0;
	*names = NULL;
	if (!from)
		return SECANT_OK;
	if (!(*names = secant_calloc((size_t)s->classes + 1, sizeof **names)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	for (; *n < s->classes; (*n)++)
		if (!((*names)[*n] = base_strdup(from[*n])))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	return SECANT_OK;
}

void
data_clouds_name(const data_clouds *s, int i, char *buffer, size_t size)
{
	(void)snprintf(buffer, size, s->list.shared && !s->list.v[i].labels ? "%s, entry %d" : "%s", s->list.v[i].path,
		s->list.v[i].entry);
}

/* ---- labels ---- */

/* The class that a number stands for: -1 left out, -2 none. */
static int
class_of(const data_clouds *s, int64_t v, int first, int count)
{
	const data_cloud_list *l = &s->list;
	if (!l->values) {
		int64_t k = v - l->first_label;
		return k >= 0 && k < count ? (int)k + first : v < 0 && l->unlabelled ? -1 : -2;
	}
	for (int k = 0; k < l->classes; k++)
		if (l->values[k] == v)
			return k;
	return l->others || (v < 0 && l->unlabelled) ? -1 : -2;
}

static secant_status
bad_label(const data_clouds *s, const data_cloud_item *it, int64_t point, int64_t v, int count, secant_err *err)
{
	char where[600], range[120];
	const data_cloud_list *l = &s->list;
	data_cloud_where(it->labels ? it->labels : it->path, point, where, sizeof where);
	if (l->values)
		(void)snprintf(range, sizeof range, "none of the %d numbers of classes; --label-others leaves such points out",
			l->classes);
	else
		(void)snprintf(range, sizeof range, "outside %d to %d", l->first_label, l->first_label + count - 1);
	bool parts = l->parts && it->category >= 0;
	if (parts && !l->local && l->categories > 1 && count == l->classes)
		return secant_fail(err, SECANT_ERR_RANGE,
			"%s: label %lld is %s, the parts of all %d categories of synsetoffset2category.txt together", where,
			(long long)v, range, l->categories);
	return secant_fail(err, SECANT_ERR_RANGE, "%s: label %lld is %s%s%s", where, (long long)v, range,
		parts ? ", the parts of " : "", parts ? l->category[it->category] : "");
}

static secant_status
take_labels(const data_clouds *s, const data_cloud_item *it, prepare_points *p, const int64_t *v, secant_err *err)
{
	bool local = s->list.local && s->list.parts && it->category >= 0;
	int first = local ? s->first_part[it->category] : 0, count = local ? s->list.parts[it->category] : s->list.classes;
	if (!(p->label = secant_calloc((size_t)p->n + 1, sizeof *p->label)))
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %lld labels", it->path, (long long)p->n);
	for (int64_t i = 0; i < p->n; i++) {
		int k = class_of(s, v[i], first, count);
		bool foreign = k >= 0 && !local && s->list.parts && it->category >= 0
			&& (k < s->first_part[it->category] || k >= s->first_part[it->category + 1]);
		if (k == -2 || foreign) {
			if (foreign)
				return secant_fail(err, SECANT_ERR_RANGE, "%s: point %lld has label %lld; %s has %d to %d", it->path,
					(long long)i + 1, (long long)v[i], s->list.category[it->category],
					s->first_part[it->category] + s->list.first_label,
					s->first_part[it->category + 1] - 1 + s->list.first_label);
			return bad_label(s, it, i, v[i], count, err);
		}
		p->label[i] = k;
	}
	return SECANT_OK;
}

/* Labels of a column of the cloud. */
static secant_status
column_labels(const data_clouds *s, const data_cloud_item *it, const secant_cloud *c, int64_t **out, secant_err *err)
{
	int column;
	secant_status status = data_cloud_label_column(c, s->options.source.label_column, it->path, &column, err);
	if (status)
		return status;
	int64_t *v = secant_calloc((size_t)c->n + 1, sizeof *v);
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %lld labels", it->path, (long long)c->n);
	for (int64_t i = 0; i < c->n; i++) {
		double x = secant_cloud_get(c, column, i);
		if (!(fabs(x) < 1e15) || x != nearbyint(x)) {
			char where[600];
			data_cloud_where(it->path, i, where, sizeof where);
			secant_free(v);
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: label %g is no whole number", where, x);
		}
		v[i] = (int64_t)x;
	}
	*out = v;
	return SECANT_OK;
}

static secant_status
file_labels(const data_cloud_item *it, const secant_cloud *c, int64_t **out, secant_err *err)
{
	int64_t n;
	secant_status s = data_label_file_read(out, &n, it->labels, err);
	if (!s && n != c->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: %lld labels for the %lld points of %s", it->labels, (long long)n,
			(long long)c->n, it->path);
	return s;
}

/* ---- one cloud ---- */

/* Scanners write points without a return as NaN: those without coordinates go, with their labels. *bad: the first of
 * the others with an attribute that is no finite number (*which of prepare_points.more), -1: none. How many went. */
static int64_t
drop_nowhere(prepare_points *p, int more, int64_t *labels, int64_t *bad, int *which)
{
	int64_t n = 0;
	*bad = -1;
	for (int64_t i = 0; i < p->n; i++) {
		const float *x = p->xyz + 3 * i;
		if (!isfinite(x[0]) || !isfinite(x[1]) || !isfinite(x[2]))
			continue;
		for (int k = 0; k < more && *bad < 0; k++)
			if (!isfinite(p->more[i * more + k]))
				*bad = i, *which = k;
		memmove(p->xyz + 3 * n, x, 3 * sizeof *x);
		if (more)
			memmove(p->more + n * more, p->more + i * more, (size_t)more * sizeof *p->more);
		if (labels)
			labels[n] = labels[i];
		n++;
	}
	int64_t gone = p->n - n;
	p->n = n;
	return gone;
}

/* What --features calls number `which` of prepare_points.more. */
static const char *
feature_name(const prepare_features *f, int which)
{
	static const char *const names[] = { [PREPARE_FEATURE_NORMALS] = "normals",
		[PREPARE_FEATURE_COLOUR] = "colour",
		[PREPARE_FEATURE_INTENSITY] = "intensity" };
	for (int i = 1; i < f->n; i++)
		if (f->v[i].at >= 0 && which >= f->v[i].at && which < f->v[i].at + f->v[i].count)
			return f->v[i].kind == PREPARE_FEATURE_COLUMN ? f->v[i].name : names[f->v[i].kind];
	return "an attribute";
}

static secant_status
decode_file(const data_clouds *s, const data_cloud_item *it, prepare_points *p, secant_err *err)
{
	secant_cloud c = { 0 };
	int64_t *labels = NULL, bad;
	int which = 0;
	secant_cloud_reading reading = s->reading;
	if (base_ext_is(it->path, "off|obj|ply"))
		reading.mesh_points = base_ext_is(it->path, "ply") ? 0 : s->options.source.mesh_points;
	secant_status status = s->set->read ? s->set->read(s, it, &c, &labels, err)
										: secant_cloud_read(&c, it->path, &reading, err);
	if (!status && c.n == 0)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: there are no points in it", it->path);
	if (!status && !s->classify && !labels)
		status = it->labels ? file_labels(it, &c, &labels, err) : column_labels(s, it, &c, &labels, err);
	if (!status)
		status = prepare_points_make(p, &s->features, &c, &bad, err);
	int64_t gone = !status && bad >= 0 ? drop_nowhere(p, s->features.more, labels, &bad, &which) : 0;
	if (!status && bad >= 0) {
		char where[600];
		data_cloud_where(it->path, bad, where, sizeof where);
		status = secant_fail(err, SECANT_ERR_RANGE,
			"%s: %s is no finite number; --features without it, or `secant data convert` to .las, where such numbers "
			"become "
			"0 and are counted",
			where, feature_name(&s->features, which));
	} else if (!status && !p->n)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: no point of it has coordinates", it->path);
	if (!status && gone)
		atomic_store(&s->nowhere[it - s->list.v], gone);
	if (!status && labels && !s->classify)
		status = take_labels(s, it, p, labels, err);
	p->category = it->category;
	if (status)
		prepare_points_free(p);
	secant_free(labels);
	secant_cloud_free(&c);
	return status;
}

/* Hands *p over to the cache where there is room. */
static const prepare_points *
keep(data_clouds *s, int i, prepare_points *p)
{
	size_t all = (size_t)p->n * ((3 + (size_t)s->features.more) * sizeof(float) + sizeof *p->label) + sizeof *p,
		   room = atomic_load(&s->cache_room);
	do
		if (room < all)
			return NULL;
	while (!atomic_compare_exchange_weak(&s->cache_room, &room, room - all));
	prepare_points *copy = secant_calloc(1, sizeof *copy);
	const prepare_points *none = NULL;
	if (!copy)
		return NULL;
	*copy = *p;
	if (!atomic_compare_exchange_strong(&s->cache[i], &none, (const prepare_points *)copy)) {
		secant_free(copy);
		atomic_fetch_add(&s->cache_room, all);
		return none;
	}
	*p = (prepare_points){ 0 };
	return copy;
}

void
data_clouds_say_nowhere(const data_clouds *s, const secant_logger *log)
{
	long long points = 0;
	int clouds = 0;
	for (int i = 0; s && i < s->list.n; i++) {
		int64_t n = atomic_load(&s->nowhere[i]);
		points += n;
		clouds += n > 0;
	}
	if (points)
		secant_log(log, SECANT_LOG_WARNING, "%lld points of %d clouds have no finite coordinates: they were left out",
			points, clouds);
}

secant_status
data_clouds_decode(const data_clouds *s, int i, prepare_points *p, const prepare_points **out, secant_err *err)
{
	*out = atomic_load(&s->cache[i]);
	if (*out)
		return SECANT_OK;
	secant_err own = { 0 };
	prepare_points_free(p);
	secant_status status = decode_file(s, &s->list.v[i], p, &own);
	if (status) {
		const data_cloud_item *it = &s->list.v[i];
		if (!strstr(own.msg, it->path) && !(it->labels && strstr(own.msg, it->labels)))
			secant_err_prefix(&own, "%s", it->path);
		return secant_fail(err, status, "%s", own.msg);
	}
	const prepare_points *kept = keep((data_clouds *)(uintptr_t)s, i, p);
	*out = kept ? kept : p;
	return SECANT_OK;
}
