/*
 * Every entry of golden/metrics.json: counts of each picture, the 17 scores (two of them aliases) in every reduction
 * and with both zero divisions, and what follows from the confusion matrix. Two slips of the original that the file
 * records are not ours (src/judge/scores.c): its "weighted-imagewise" is the number of classes times too small, and its
 * "micro" of nothing is nan.
 */
#include "data.h"
#include "base/json.h"
#include "judge/metrics.h"
#include <math.h>

static json_t *golden;

static int
setup(void **state)
{
	secant_err err = { 0 };
	if (access(golden_path("metrics.json"), R_OK))
		return 0;
	golden = base_json_read(golden_path("metrics.json"), &err);
	return golden == NULL;
}

static int
teardown(void **state)
{
	json_decref(golden);
	return 0;
}

static double
number(const json_t *j)
{
	const char *text = json_string_value(j);
	return !text ? json_number_value(j) : !strcmp(text, "inf") ? INFINITY : !strcmp(text, "-inf") ? -INFINITY : NAN;
}

static void
close_to(const char *what, double got, double want)
{
	if (isnan(want) ? !isnan(got) : isinf(want) ? got != want : !(fabs(got - want) <= 1e-12 * fmax(1, fabs(want))))
		fail_msg("%s: %.17g, golden %.17g", what, got, want);
}

/* All numbers of nested lists, in order. */
static int
flatten(const json_t *j, double *to, int n)
{
	const json_t *v;
	size_t i;
	if (!json_is_array(j)) {
		to[n] = number(j);
		return n + 1;
	}
	json_array_foreach ((json_t *)(uintptr_t)j, i, v)
		n = flatten(v, to, n);
	return n;
}

typedef struct fixture {
	judge_counts c;
	int classes, images;
	double weights[8],
		weight_sum; /* the original divides weights by their sum in float32, so that the sum is not quite 1 */
} fixture;

static void
add_image(fixture *f, const json_t *settings, const json_t *prediction, const json_t *target)
{
	enum { MOST = 4096 };
	static double p[MOST], t[MOST];
	static float v[MOST * 8], label[MOST];
	static int32_t index[MOST];
	secant_err err = { 0 };
	const json_t *threshold = json_object_get(settings, "threshold"),
				 *ignore = json_object_get(settings, "ignore_index");
	int n = flatten(prediction, p, 0), c = f->classes;
	assert_int_equal(flatten(target, t, 0), n);
	assert_true(n <= MOST / 8);
	float cut = threshold ? (float)json_number_value(threshold) : .5f;
	const void *labels = label;
	int pixels = n;
	if (f->c.mode == BASE_MODE_MULTICLASS) {
		for (int i = 0; i < n; i++) {
			for (int k = 0; k < c; k++)
				v[i * c + k] = k == (int)p[i];
			index[i] = (int32_t)t[i];
		}
		labels = index;
	} else { /* planes become channels */
		pixels = n / c;
		for (int i = 0; i < n; i++) {
			v[i % pixels * c + i / pixels] = (float)p[i];
			label[i % pixels * c + i / pixels] = (float)t[i];
		}
	}
	if (judge_counts_add(&f->c, v, labels, 1, pixels, pixels, cut, ignore ? (int)json_integer_value(ignore) : -1, &err))
		fail_msg("%s", err.msg);
}

static void
make(fixture *f, const json_t *entry)
{
	const json_t *settings = json_object_get(entry, "settings"), *prediction = json_object_get(entry, "prediction"),
				 *target = json_object_get(entry, "target");
	const char *mode = json_string_value(json_object_get(settings, "mode"));
	secant_err err = { 0 };
	f->classes = (int)json_array_size(json_array_get(json_object_get(entry, "tp"), 0));
	f->images = (int)json_array_size(prediction);
	assert_int_equal(judge_counts_new(&f->c,
						 !strcmp(mode, "binary")           ? BASE_MODE_BINARY
							 : !strcmp(mode, "multiclass") ? BASE_MODE_MULTICLASS
														   : BASE_MODE_MULTILABEL,
						 f->classes, &err),
		SECANT_OK);
	assert_int_equal(flatten(json_object_get(entry, "class_weights"), f->weights, 0), f->classes);
	float sum = 0;
	for (int k = 0; k < f->classes; k++)
		sum += (float)f->weights[k];
	for (int k = 0; k < f->classes; k++)
		f->weight_sum += f->weights[k] = (double)((float)f->weights[k] / sum);
	for (int i = 0; i < f->images; i++)
		add_image(f, settings, json_array_get(prediction, (size_t)i), json_array_get(target, (size_t)i));
}

static void
check_counts(const fixture *f, const json_t *entry, const char *name)
{
	static const char *const keys[] = { "tp", "fp", "fn", "tn" };
	double want[64];
	for (int q = 0; q < 4; q++) {
		assert_int_equal(flatten(json_object_get(entry, keys[q]), want, 0), f->images * f->classes);
		for (int i = 0; i < f->images * f->classes; i++) {
			const judge_tally *t = &f->c.tally[i];
			int64_t got = q == 0 ? t->tp : q == 1 ? t->fp : q == 2 ? t->fn : t->tn;
			if ((double)got != want[i])
				fail_msg("%s: %s of picture %d, class %d is %lld, golden %g", name, keys[q], i / f->classes,
					i % f->classes, (long long)got, want[i]);
		}
	}
}

static int
reduction_of(const char *name, size_t n)
{
	for (int r = 0; r < SECANT_REDUCTIONS; r++)
		if (strlen(secant_reduction_name(r)) == n && !strncmp(secant_reduction_name(r), name, n))
			return r;
	return -1;
}

/* "none": a score for each picture and class. */
static void
check_each(const fixture *f, const judge_quotient *m, const json_t *want_list, int zero, const char *what)
{
	double want[64];
	assert_int_equal(flatten(want_list, want, 0), f->images * f->classes);
	for (int i = 0; i < f->images * f->classes; i++)
		close_to(what, judge_quotient_reduce(m, 0, &f->c.tally[i], 1, 1, NULL, 2, zero), want[i]);
}

static int
check_scores(const fixture *f, const json_t *entry, const char *name)
{
	const char *function, *key;
	json_t *by_reduction, *value;
	int checked = 0;
	json_object_foreach (json_object_get(entry, "scores"), function, by_reduction) {
		char ours[64], what[200];
		snprintf(ours, sizeof ours, "%s", function);
		for (char *p = ours; *p; p++)
			*p = *p == '_' ? '-' : *p;
		const judge_quotient *m = judge_quotient_find(ours);
		if (!m)
			fail_msg("there is no '%s'", ours);
		json_object_foreach (by_reduction, key, value) {
			size_t n = strcspn(key, ":");
			int zero = key[n] ? JUDGE_ZERO_IS_0 : JUDGE_ZERO_IS_1, r = reduction_of(key, n);
			snprintf(what, sizeof what, "%s: %s, %s", name, function, key);
			checked++;
			if (r < 0) {
				assert_true(!strncmp(key, "none", n));
				check_each(f, m, value, zero, what);
				continue;
			}
			double got = judge_quotient_reduce(m, r, f->c.tally, f->images, f->classes, f->weights, 2, zero),
				   want = number(value);
			if (r == 2 || r == 5)
				got *= f->weight_sum;
			if (r == 5)
				want *= f->classes;
			if (r == 0 && isnan(want))
				want = zero == JUDGE_ZERO_IS_1;
			close_to(what, got, want);
		}
	}
	return checked;
}

static void
scores_of_all_cases(void **state)
{
	skip_without(golden_path("metrics.json"));
	const char *name;
	json_t *entry;
	int cases = 0, checked = 0;
	json_object_foreach (json_object_get(golden, "get_stats"), name, entry) {
		fixture f = { 0 };
		make(&f, entry);
		check_counts(&f, entry, name);
		checked += check_scores(&f, entry, name);
		judge_counts_free(&f.c);
		cases++;
	}
	assert_int_equal(cases, 10);
	assert_true(checked > 10 * 17 * 7);
}

static void
confusion_matrices(void **state)
{
	skip_without(golden_path("metrics.json"));
	const char *name;
	json_t *want, *stats = json_object_get(golden, "get_stats");
	int cases = 0;
	json_object_foreach (json_object_get(golden, "confusion"), name, want) {
		fixture f = { 0 };
		secant_scores s;
		secant_err err = { 0 };
		double list[64];
		make(&f, json_object_get(stats, name));
		assert_int_equal(judge_counts_scores(&f.c, NULL, 0, &s, &err), SECANT_OK);
		assert_int_equal(flatten(json_object_get(want, "confusion"), list, 0), s.classes * s.classes);
		for (int i = 0; i < s.classes * s.classes; i++)
			assert_true((double)s.confusion[i] == list[i]);
		close_to(name, s.accuracy, number(json_object_get(want, "acc")));
		close_to(name, s.class_accuracy, number(json_object_get(want, "acc_cls")));
		close_to(name, s.miou, number(json_object_get(want, "miou")));
		close_to(name, s.frequency_weighted_accuracy, number(json_object_get(want, "fwavacc")));
		close_to(name, s.kappa, number(json_object_get(want, "kappa")));
		if (f.c.mode == BASE_MODE_MULTICLASS)
			close_to(name, s.f1, number(json_object_get(want, "mean_f1")));
		for (int k = 0; k < s.classes; k++) {
			const secant_class_score *p = &s.per_class[k];
			const struct {
				const char *key;
				double got;
			} each[] = { { "iou", p->iou }, { "recall", p->recall }, { "precision", p->precision }, { "f1", p->f1 } };
			for (int i = 0; i < 4; i++)
				close_to(
					each[i].key, each[i].got, number(json_array_get(json_object_get(want, each[i].key), (size_t)k)));
		}
		secant_scores_free(&s);
		judge_counts_free(&f.c);
		cases++;
	}
	assert_int_equal(cases, 4);
}

/* What the original cannot say: means over the classes that occur. */
static void
skipping_what_is_absent(void **state)
{
	/* two pictures, two classes; class 1 is in the first only */
	const judge_tally t[] = { { .tp = 1, .fp = 1, .tn = 2 }, { .tp = 2, .fn = 1, .tn = 1 }, { .tp = 4 }, { .tn = 4 } };
	const double weights[] = { 1, 3 };
	const judge_quotient *m = judge_quotient_find("iou");
	close_to(
		"macro-imagewise", judge_quotient_reduce(m, 4, t, 2, 2, NULL, 0, JUDGE_ZERO_SKIP), ((.5 + 1) / 2 + 2. / 3) / 2);
	close_to("weighted-imagewise", judge_quotient_reduce(m, 5, t, 2, 2, weights, 0, JUDGE_ZERO_SKIP),
		((.5 + 1) / 2 + 3 * 2. / 3) / 4);
	close_to("macro", judge_quotient_reduce(m, 1, &t[2], 1, 2, NULL, 0, JUDGE_ZERO_SKIP), 1);
	close_to("of nothing", judge_quotient_reduce(m, 1, &t[3], 1, 1, NULL, 0, JUDGE_ZERO_SKIP), NAN);
	assert_ptr_equal(judge_quotient_find("dice"), judge_quotient_find("f1"));
	assert_ptr_equal(judge_quotient_find("sensitivity"), judge_quotient_find("recall"));
	assert_null(judge_quotient_find("dic"));
	assert_null(judge_quotient_at(SECANT_METRICS));
	assert_null(secant_metric_name(-1));
	assert_null(secant_reduction_name(SECANT_REDUCTIONS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scores_of_all_cases), cmocka_unit_test(confusion_matrices),
		cmocka_unit_test(skipping_what_is_absent) };
	return cmocka_run_group_tests_name("golden metrics", tests, setup, teardown);
}
