/*
 * Splits. Names in byte order, Fisher-Yates by Philox4x32-10: the same lists on every machine, whatever the file system
 * says first. Stratified: iterative stratification for multi-label data (Sechidis, Tsoumakas, Vlahavas: On the
 * stratification of multi-label data, ECML PKDD 2011): again and again the rarest class that is left, each of its
 * pictures to the list that wants it most.
 */
#include "annotations/dataset.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANDOM, STRATIFIED, GROUP, FOLDS };
enum { BY_PREFIX, BY_FOLDER, BY_REGEX, BY_BLOCK };

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(secant_dataset_splitting, method, "method", "random", "random|stratified|group|folds",
		"how pictures are shared out"),
	SECANT_OPT(secant_dataset_splitting, ratios, REALS, "ratios", "0.8,0.2", 0, 1, "shares of the lists"),
	SECANT_OPT(secant_dataset_splitting, names, STRS, "name", NULL, 1, 0,
		"name of a list, in order; train, val, test when not given"),
	SECANT_OPT(secant_dataset_splitting, folds, INT, "folds", "5", 2, 30,
		"of method folds: lists train1, val1, train2, val2, ..."),
	SECANT_OPT_CHOICE(secant_dataset_splitting, group, "group-by", "prefix", "prefix|folder|regex|block",
		"what keeps pictures together"),
	SECANT_OPT(secant_dataset_splitting, pattern, STR, "pattern", NULL, 1, 0,
		"of group-by regex: the first bracket (or the whole match) is the group"),
	SECANT_OPT(secant_dataset_splitting, prefix, INT, "prefix", "0", 0, 200,
		"characters of the prefix; 0: up to the last _ or -"),
	SECANT_OPT(secant_dataset_splitting, block, INT, "block", "1024", 1, 1000000000,
		"of group-by block: names end in _Y_X; squares of so many pixels stay together"),
	SECANT_OPT(secant_dataset_splitting, stratify, BOOL, "stratify", "false", 1, 0, "folds: stratified"),
	SECANT_OPT(secant_dataset_splitting, seed, INT, "seed", "0", 0, 2147483647, "of the shuffle"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_splitting_options = { "splitting", sizeof(secant_dataset_splitting), rows };

/* Units that go to a list as a whole: pictures, or groups of them, in byte order of their names. */
typedef struct unit {
	char *name;
	int first, n;
} unit;
typedef struct plan {
	ann_set *s;
	unit *units;
	int n, *member, *list;
} plan; /* member: pictures by unit; list: of each unit */

typedef struct named {
	char *key;
	const char *name;
	int at;
} named;

static int
by_key(const void *a, const void *b)
{
	const named *p = a, *q = b;
	int c = strcmp(p->key, q->key);
	return c ? c : strcmp(p->name, q->name);
}

/* The group of a picture, fresh memory. */
static char *
group_of(const secant_dataset_splitting *o, const char *name, const regex_t *re)
{
	char *stem = base_path_stem(name);
	long y, x;
	if (!stem)
		return NULL;
	if (o->group == BY_FOLDER) {
		secant_free(stem);
		return base_path_dir(name);
	}
	if (o->group == BY_REGEX) {
		regmatch_t m[2];
		char *group = NULL;
		if (!regexec(re, name, 2, m, 0)) {
			int k = m[1].rm_so >= 0;
			group = base_strndup(name + m[k].rm_so, (size_t)(m[k].rm_eo - m[k].rm_so));
			secant_free(stem);
			return group;
		}
		return stem; /* what does not match is alone */
	}
	char *cut = strrchr(stem, '_');
	if (o->group == BY_BLOCK && cut) {
		*cut = 0;
		char *before = strrchr(stem, '_');
		if (before && sscanf(before + 1, "%ld", &y) == 1 && sscanf(cut + 1, "%ld", &x) == 1) {
			*before = 0;
			char *group = base_format("%s_%ld_%ld", stem, y / o->block, x / o->block);
			secant_free(stem);
			return group;
		}
		*cut = '_';
		return stem;
	}
	if (o->group == BY_PREFIX && o->prefix && (size_t)o->prefix < strlen(stem))
		stem[o->prefix] = 0;
	else if (o->group == BY_PREFIX && !o->prefix) {
		size_t n = strlen(stem);
		while (n && stem[n - 1] != '_' && stem[n - 1] != '-')
			n--;
		if (n > 1)
			stem[n - 1] = 0;
	}
	return stem;
}

static secant_status
make_units(plan *p, const secant_dataset_splitting *o, secant_err *err)
{
	ann_set *s = p->s;
	regex_t re;
	named *list = secant_calloc((size_t)s->n_images + 1, sizeof *list);
	bool regex = o->method == GROUP && o->group == BY_REGEX;
	secant_status status = list ? SECANT_OK : ann_nomem(err);
	if (!status && regex && (!o->pattern || regcomp(&re, o->pattern, REG_EXTENDED))) {
		secant_free(list);
		return secant_fail(
			err, SECANT_ERR_ARG, "--pattern: '%s' is no extended regular expression", o->pattern ? o->pattern : "");
	}
	p->units = secant_calloc((size_t)s->n_images + 1, sizeof *p->units);
	p->member = secant_calloc((size_t)s->n_images + 1, sizeof *p->member);
	p->list = secant_calloc((size_t)s->n_images + 1, sizeof *p->list);
	if (!status && (!p->units || !p->member || !p->list))
		status = ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		list[i] = (named){ o->method == GROUP ? group_of(o, name, &re) : base_strdup(name), name, i };
		status = list[i].key ? SECANT_OK : ann_nomem(err);
	}
	if (!status)
		qsort(list, (size_t)s->n_images, sizeof *list, by_key);
	for (int i = 0; !status && i < s->n_images; i++) {
		p->member[i] = list[i].at;
		if (i == 0 || (strcmp(list[i].key, list[i - 1].key) && o->method == GROUP) || o->method != GROUP)
			p->units[p->n++] = (unit){ NULL, i, 0 };
		p->units[p->n - 1].n++;
	}
	for (int i = 0; list && i < s->n_images; i++)
		secant_free(list[i].key);
	secant_free(list);
	if (regex)
		regfree(&re);
	return status;
}

/* Random: the shuffled units fill the lists one after the other; a list is full when it has its share of pictures. */
static void
share_random(plan *p, const int *shuffled, const double *ratio, int lists)
{
	double sum = 0, until = 0;
	int list = 0, done = 0;
	for (int i = 0; i < lists; i++)
		sum += ratio[i];
	until = nearbyint(p->s->n_images * ratio[0] / sum);
	double share = ratio[0];
	for (int i = 0; i < p->n; i++) {
		const unit *u = &p->units[shuffled[i]];
		while (list + 1 < lists && done + u->n / 2.0 >= until + .5) {
			share += ratio[++list];
			until = nearbyint(p->s->n_images * share / sum);
		}
		p->list[shuffled[i]] = list;
		done += u->n;
	}
}

static secant_status
share_stratified(plan *p, const int *shuffled, const double *ratio, int lists, secant_err *err)
{
	const ann_set *s = p->s;
	int classes = s->n_classes, *left = secant_calloc((size_t)classes + 1, sizeof *left);
	double *wants = secant_calloc((size_t)(classes + 1) * (size_t)lists, sizeof *wants), sum = 0;
	uint8_t *has = secant_calloc((size_t)p->n * (size_t)(classes + 1) + 1, 1),
			*done = secant_calloc((size_t)p->n + 1, 1);
	secant_status status = left && wants && has && done ? SECANT_OK : ann_nomem(err);
	for (int i = 0; i < lists; i++)
		sum += ratio[i];
	for (int u = 0; !status && u < p->n; u++)
		for (int k = 0; k < p->units[u].n; k++) {
			int im = p->member[p->units[u].first + k];
			for (uint32_t a = s->first[im]; a < s->first[im + 1]; a++)
				if (s->objects[s->order[a]].class >= 0)
					has[(size_t)u * (size_t)(classes + 1) + (size_t)s->objects[s->order[a]].class] = 1;
		}
	for (int u = 0; !status && u < p->n; u++)
		for (int c = 0; c < classes; c++)
			left[c] += has[(size_t)u * (size_t)(classes + 1) + (size_t)c];
	for (int l = 0; !status && l < lists; l++) {
		for (int c = 0; c < classes; c++)
			wants[l * (classes + 1) + c] = left[c] * ratio[l] / sum;
		wants[l * (classes + 1) + classes] = s->n_images * ratio[l] / sum;
	}
	for (;;) {
		int rare = -1;
		for (int c = 0; !status && c < classes; c++)
			if (left[c] > 0 && (rare < 0 || left[c] < left[rare]))
				rare = c;
		if (status)
			break;
		for (int i = 0; i < p->n; i++) {
			int u = shuffled[i], best = 0, key = rare < 0 ? classes : rare;
			const uint8_t *mine = has + (size_t)u * (size_t)(classes + 1);
			if (done[u] || (rare >= 0 && !mine[rare]))
				continue;
			for (int l = 1; l < lists; l++) {
				double a = wants[l * (classes + 1) + key], b = wants[best * (classes + 1) + key];
				if (a > b || (a == b && wants[l * (classes + 1) + classes] > wants[best * (classes + 1) + classes]))
					best = l;
			}
			p->list[u] = best;
			done[u] = 1;
			wants[best * (classes + 1) + classes] -= p->units[u].n;
			for (int c = 0; c < classes; c++)
				if (mine[c]) {
					wants[best * (classes + 1) + c] -= 1;
					left[c]--;
				}
		}
		if (rare < 0)
			break;
	}
	secant_free(left), secant_free(wants), secant_free(has), secant_free(done);
	return status;
}

static secant_status
name_lists(ann_set *s, const secant_dataset_splitting *o, int lists, secant_err *err)
{
	static const char *const usual[] = { "train", "val", "test" };
	char name[40];
	s->n_splits = 0;
	for (int i = 0; i < lists; i++) {
		snprintf(name, sizeof name, "list%d", i + 1);
		const char *n = i < o->names.n ? o->names.v[i] : i < 3 ? usual[i] : name;
		if (!base_path_is_safe(n) || strchr(n, '/') || ann_split(s, n, strlen(n)) != i)
			return secant_fail(err, SECANT_ERR_ARG, "--name: '%s' is not a name for list %d", n, i + 1);
	}
	return SECANT_OK;
}

secant_status
secant_dataset_split(secant_dataset *d, const secant_dataset_splitting *o, secant_err *err)
{
	ann_set *s = &d->set;
	plan p = { .s = s };
	double ratio[SECANT_LIST_MAX + 32];
	int lists = o->method == FOLDS ? o->folds : o->ratios.n;
	double sum = 0;
	for (int i = 0; i < lists; i++)
		sum += ratio[i] = o->method == FOLDS ? 1 : o->ratios.v[i];
	if (lists < 1 || !(sum > 0) || (o->method != FOLDS && sum > 1.000001))
		return secant_fail(
			err, SECANT_ERR_ARG, "--ratios: the shares sum to %g; more than 0 and at most 1 is needed", sum);
	secant_status status = make_units(&p, o, err);
	int *shuffled = secant_calloc((size_t)p.n + 1, sizeof *shuffled);
	if (!status && !shuffled)
		status = ann_nomem(err);
	for (int i = 0; !status && i < p.n; i++)
		shuffled[i] = i;
	base_rng r = base_rng_make((uint64_t)o->seed, BASE_FOR_SPLIT, 0, 0);
	if (!status)
		base_rng_shuffle(&r, shuffled, p.n);
	if (!status && (o->method == STRATIFIED || (o->method == FOLDS && o->stratify)))
		status = share_stratified(&p, shuffled, ratio, lists, err);
	else if (!status)
		share_random(&p, shuffled, ratio, lists);
	if (!status && o->method != FOLDS)
		status = name_lists(s, o, lists, err);
	if (!status && o->method == FOLDS) {
		s->n_splits = 0;
		for (int i = 0; i < lists; i++) {
			char name[16];
			int n = snprintf(name, sizeof name, "train%d", i + 1);
			(void)ann_split(s, name, (size_t)n);
			n = snprintf(name, sizeof name, "val%d", i + 1);
			(void)ann_split(s, name, (size_t)n);
		}
	}
	for (int u = 0; !status && u < p.n; u++)
		for (int k = 0; k < p.units[u].n; k++) {
			uint64_t bits = 0;
			for (int i = 0; o->method == FOLDS && i < lists; i++)
				bits |= 1ull << (2 * i + (i == p.list[u]));
			s->images[p.member[p.units[u].first + k]].splits = o->method == FOLDS ? bits : 1ull << p.list[u];
		}
	secant_free(p.units), secant_free(p.member), secant_free(p.list), secant_free(shuffled);
	return status ? status : ann_sound(s, err);
}

char *
secant_dataset_leaks(const secant_dataset *d, int *n, secant_err *err)
{
	const ann_set *s = &d->set;
	base_str t = { 0 };
	ann_table seen = { 0 };
	*n = 0;
	for (int i = 0; i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		secant_bytes b;
		uint32_t before;
		if (!im->path || base_file_map(&b, ann_str(s, im->path), NULL))
			continue;
		uint64_t h = base_fnv1a(b.data, b.size) ^ b.size;
		base_file_unmap(&b);
		if (!ann_table_get(&seen, h, &before)) {
			if (!ann_table_put(&seen, h, (uint32_t)i))
				(void)ann_nomem(err);
			continue;
		}
		const ann_image *other = &s->images[before];
		if (im->splits && other->splits && !(im->splits & other->splits)) {
			++*n;
			base_str_addf(&t, "%s (%s) is the same picture as %s (%s)\n", ann_str(s, im->name),
				ann_str(s, s->splits[__builtin_ctzll(im->splits)]), ann_str(s, other->name),
				ann_str(s, s->splits[__builtin_ctzll(other->splits)]));
		}
	}
	ann_table_free(&seen);
	return *n ? base_str_take(&t) : NULL;
}
