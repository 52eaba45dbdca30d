/*
 * Scores from counts, against numbers worked out by hand: foreground, several classes, classes that do not occur,
 * ignored labels, rows with padding, classes that may overlap, and nothing at all.
 */
#include "judge/metrics.h"
#include "data.h"
#include <math.h>

static judge_counts
counts_of(base_mode mode, int classes)
{
	judge_counts c;
	secant_err err = { 0 };
	assert_int_equal(judge_counts_new(&c, mode, classes, &err), SECANT_OK);
	return c;
}

static secant_scores
scores_of(const judge_counts *c, char *const *names, int n)
{
	secant_scores s;
	secant_err err = { 0 };
	assert_int_equal(judge_counts_scores(c, names, n, &s, &err), SECANT_OK);
	return s;
}

static void
add(judge_counts *c, const float *v, const void *target, int height, int width, int stride, float cut, int ignore)
{
	secant_err err = { 0 };
	if (judge_counts_add(c, v, target, height, width, stride, cut, ignore, &err))
		fail_msg("%s", err.msg);
}

static void
is(double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-15))
		fail_msg("%.17g, expected %.17g", got, want);
}

/* A row of logits whose largest is that of the class. */
static void
vote(float *v, int classes, int class)
{
	for (int k = 0; k < classes; k++)
		v[k] = k == class ? 2.f : -1.f;
}

static void
foreground(void **state)
{
	/* labels 1 1 1 0 0 0, predicted 1 1 0 1 0 0: tp 2, fn 1, fp 1, tn 2; the last pixel is ignored */
	const float label[] = { 1, 1, 1, 0, 0, 0, -1 }, logit[] = { .5f, 3, -.1f, 0, -.1f, -7, 9 };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	add(&c, logit, label, 1, 7, 7, 0, -1);
	secant_scores s = scores_of(&c, (char *const[]){ (char[]){ "cell" } }, 1);
	is(s.iou, 2. / 4);
	is(s.f1, 4. / 6);
	is(s.accuracy, 4. / 6);
	is(s.miou, (2. / 4 + 2. / 4) / 2);
	assert_int_equal(s.images, 1);
	assert_int_equal(s.pixels, 6);
	assert_int_equal(s.classes, 2);
	const int64_t confusion[] = { 2, 1, 1, 2 }; /* rows are labels */
	assert_memory_equal(s.confusion, confusion, sizeof confusion);
	assert_string_equal(s.per_class[1].name, "cell");
	is(s.per_class[1].precision, 2. / 3);
	is(s.per_class[1].recall, 2. / 3);
	assert_int_equal(s.per_class[1].pixels, 3);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

static void
several_classes(void **state)
{
	/* labels   0 0 0 1 1 2 2 2 2, predicted 0 0 1 1 0 2 2 2 1; class 3 neither occurs nor is predicted; 255 is ignored
	 */
	const int32_t label[] = { 0, 0, 0, 1, 1, 2, 2, 2, 2, 255 };
	const int predicted[] = { 0, 0, 1, 1, 0, 2, 2, 2, 1, 3 };
	float v[10][4];
	for (int i = 0; i < 10; i++)
		vote(v[i], 4, predicted[i]);
	judge_counts c = counts_of(BASE_MODE_MULTICLASS, 4);
	add(&c, v[0], label, 2, 5, 5, 0, 255);
	secant_scores s = scores_of(&c, (char *const[]){ (char[]){ "sky" }, (char[]){ "road" } }, 2);
	is(s.per_class[0].iou, 2. / 4);
	is(s.per_class[1].iou, 1. / 4);
	is(s.per_class[2].iou, 3. / 4);
	is(s.per_class[3].iou, NAN);
	is(s.per_class[3].f1, NAN);
	is(s.per_class[3].precision, NAN);
	is(s.per_class[3].recall, NAN);
	is(s.miou, 1.5 / 3); /* over the classes that occur */
	is(s.iou, s.miou);
	is(s.f1, (4. / 6 + 2. / 5 + 6. / 7) / 3);
	is(s.accuracy, 6. / 9);
	is(s.per_class[1].precision, 1. / 3);
	is(s.per_class[1].recall, 1. / 2);
	assert_int_equal(s.pixels, 9);
	assert_string_equal(s.per_class[1].name, "road");
	assert_true(s.per_class[3].name[0] != '\0');
	secant_scores_free(&s);
	judge_counts_free(&c);
}

/* One of the classes is not to be judged: it has no score and is in no mean, but where a pixel of another is taken for
 * it that is a mistake; a network that was not trained on it never says it. */
static void
a_class_that_is_ignored(void **state)
{
	/* labels 0 0 1 1 2 2, predicted 1 0 1 0 2 2 */
	const int32_t label[] = { 0, 0, 1, 1, 2, 2 };
	const int predicted[] = { 1, 0, 1, 0, 2, 2 };
	float v[6][3];
	for (int i = 0; i < 6; i++)
		vote(v[i], 3, predicted[i]);
	v[3][1] = 1.5f; /* next to class 0 */
	judge_counts c = counts_of(BASE_MODE_MULTICLASS, 3);
	add(&c, v[0], label, 2, 3, 3, 0, 0);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.per_class[0].iou, NAN);
	is(s.per_class[1].iou, 1. / 2);
	is(s.per_class[2].iou, 1);
	is(s.miou, 1.5 / 2);
	is(s.class_accuracy, 1.5 / 2);
	is(s.reduced[0][0], 3. / 4); /* IoU, micro */
	is(s.reduced[0][1], 1.5 / 2); /* macro */
	is(s.accuracy, 3. / 4);
	assert_int_equal(s.pixels, 4);
	secant_scores_free(&s);
	judge_counts_free(&c);

	c = counts_of(BASE_MODE_MULTICLASS, 3);
	c.never = 1;
	add(&c, v[0], label, 2, 3, 3, 0, 0);
	s = scores_of(&c, NULL, 0);
	is(s.per_class[0].iou, NAN);
	is(s.per_class[1].iou, 1);
	is(s.miou, 1);
	is(s.accuracy, 1);
	secant_scores_free(&s);
	judge_counts_free(&c);
	assert_int_equal(judge_class_of(BASE_MODE_MULTICLASS, 3, (float[]){ 5, 4, 3 }, 0, 1), 1);
	assert_int_equal(judge_class_of(BASE_MODE_MULTICLASS, 3, (float[]){ 4, 5, 3 }, 0, 2), 0);
	assert_int_equal(judge_class_of(BASE_MODE_MULTICLASS, 3, (float[]){ 3, 4, 5 }, 0, 3), 1);
	assert_int_equal(judge_class_of(BASE_MODE_MULTICLASS, 3, (float[]){ 3, 4, 5 }, 0, 0), 2);
}

/* A class that only one of label and prediction has counts: 0 of something. */
static void
classes_of_one_side(void **state)
{
	const int32_t label[] = { 0, 1 };
	float v[2][3];
	vote(v[0], 3, 0);
	vote(v[1], 3, 2);
	judge_counts c = counts_of(BASE_MODE_MULTICLASS, 3);
	add(&c, v[0], label, 1, 2, 2, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.per_class[0].iou, 1);
	is(s.per_class[1].iou, 0);
	is(s.per_class[1].recall, 0);
	is(s.per_class[1].precision, NAN);
	is(s.per_class[2].iou, 0);
	is(s.per_class[2].precision, 0);
	is(s.per_class[2].recall, NAN);
	is(s.iou, 1. / 3);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

/* Counts are summed over pictures and divided once: a mean of the pictures' scores would be (1 + 0) / 2. */
static void
sums_before_quotients(void **state)
{
	const float all[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, none[] = { -9 };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	add(&c, all, all, 3, 3, 3, 0, -1);
	add(&c, none, all, 1, 1, 1, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.iou, .9);
	assert_int_equal(s.images, 2);
	is(s.per_class[0].iou, 0); /* background: one false, none there */
	secant_scores_free(&s);
	judge_counts_free(&c);
}

/* Rows of a padded map are longer than the picture. */
static void
padding_does_not_count(void **state)
{
	const float label[] = { 1, 0, 9, 1, 0, 9 }, logit[] = { 1, -1, 9, 1, -1, 9 };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	add(&c, logit, label, 2, 2, 3, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.iou, 1);
	is(s.accuracy, 1);
	assert_int_equal(s.pixels, 4);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

static void
overlapping_classes(void **state)
{
	/* two classes, three pixels. class 0: labels 1 1 0, predicted 1 0 0. class 1: labels 0 1 1, predicted 1 1 1 */
	const float label[] = { 1, 0, 1, 1, 0, 1 }, logit[] = { 1, 1, -1, 1, -1, 1 };
	judge_counts c = counts_of(BASE_MODE_MULTILABEL, 2);
	add(&c, logit, label, 1, 3, 3, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.per_class[0].iou, 1. / 2);
	is(s.per_class[1].iou, 2. / 3);
	is(s.iou, (1. / 2 + 2. / 3) / 2);
	is(s.accuracy, 4. / 6);
	assert_null(s.confusion);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

/* What nobody labelled counts for no class, whatever is predicted there. */
static void
overlapping_classes_leave_pixels_out(void **state)
{
	const float label[] = { 1, 0, -1, -1, 0, 1, -1, -1 }, logit[] = { 1, 1, 1, 1, -1, 1, -1, -1 };
	judge_counts c = counts_of(BASE_MODE_MULTILABEL, 2);
	add(&c, logit, label, 2, 2, 2, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.per_class[0].iou, 1);
	is(s.per_class[1].iou, 1. / 2);
	is(s.accuracy, 3. / 4);
	assert_int_equal(s.pixels, 2);
	assert_int_equal(s.per_class[1].predicted, 2);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

static void
outputs_that_are_no_numbers_are_counted(void **state)
{
	const float label[] = { 1, 0, 9, 0, 1, 9 }, logit[] = { NAN, 1, NAN, -1, NAN, NAN };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	add(&c, logit, label, 2, 2, 3, 0, -1);
	assert_int_equal(c.strange, 2); /* not those of the padding */
	judge_counts_free(&c);
}

static void
nothing_at_all(void **state)
{
	const float ignored[] = { -1, -1 }, empty[] = { 0, 0 }, logit[] = { -1, -1 };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	add(&c, logit, ignored, 1, 2, 2, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.iou, NAN);
	is(s.accuracy, NAN);
	assert_int_equal(s.pixels, 0);
	secant_scores_free(&s);
	add(&c, logit, empty, 1, 2, 2, 0, -1);
	s = scores_of(&c, NULL, 0);
	is(s.iou, NAN); /* no foreground, none predicted */
	is(s.accuracy, 1);
	is(s.miou, 1);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

/* With the confusion matrix of `several_classes`, rows 2 1 0 0 | 1 1 0 0 | 0 1 3 0 | 0: what follows from all of it. */
static void
from_the_matrix(void **state)
{
	const int32_t label[] = { 0, 0, 0, 1, 1, 2, 2, 2, 2 };
	const int predicted[] = { 0, 0, 1, 1, 0, 2, 2, 2, 1 };
	float v[9][4];
	for (int i = 0; i < 9; i++)
		vote(v[i], 4, predicted[i]);
	judge_counts c = counts_of(BASE_MODE_MULTICLASS, 4);
	add(&c, v[0], label, 3, 3, 3, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.class_accuracy, (2. / 3 + 1. / 2 + 3. / 4) / 3);
	is(s.frequency_weighted_accuracy, 3. / 9 * (2. / 4) + 2. / 9 * (1. / 4) + 4. / 9 * (3. / 4));
	double chance = (3. * 3 + 2 * 3 + 4 * 3) / 81;
	is(s.kappa, (6. / 9 - chance) / (1 - chance));
	is(s.per_class[1].specificity, 5. / 7);
	is(s.per_class[1].accuracy, 6. / 9);
	assert_int_equal(s.per_class[2].predicted, 3);
	assert_int_equal(s.labelled, 9);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

/* Per picture ceil(min(max(20 (IoU - .5), 0), 10)) / 10. IoU 11/20 is exactly the first step, though 20 * (0.55 - 0.5)
 * is not 1 in doubles. */
static void
thresholded(void **state)
{
	const struct {
		int64_t tp, rest;
		double score;
	} at[] = { { 1, 1, 0 }, { 11, 9, .1 }, { 111, 89, .2 }, { 3, 1, .5 }, { 19, 1, .9 }, { 20, 1, 1 }, { 20, 0, 1 },
		{ 0, 5, 0 }, { 0, 0, 1 } };
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		is(judge_thresholded_iou(
			   &(judge_tally){ .tp = at[i].tp, .fp = at[i].rest / 2, .fn = at[i].rest - at[i].rest / 2 }, 1, 1),
			at[i].score);
	is(judge_thresholded_iou((const judge_tally[]){ { .tp = 3, .fp = 1 }, { .tp = 1, .fn = 9 } }, 2, 1), .25);
	/* several classes: one that is not in a picture does not count there */
	is(judge_thresholded_iou((const judge_tally[]){ { .tp = 3, .fp = 1 }, { .tn = 4 } }, 1, 2), .5);
}

/* One threshold, of probabilities, for outputs of either kind. */
static void
cuts(void **state)
{
	is((double)judge_cut_of(.5, false), 0);
	is((double)judge_cut_of(.5, true), .5);
	assert_true(fabs((double)judge_cut_of(.9, false) - log(9)) < 1e-6);
	assert_int_equal(judge_class_of(BASE_MODE_BINARY, 1, (const float[]){ .5f }, .5f, 0), 1);
	assert_int_equal(judge_class_of(BASE_MODE_BINARY, 1, (const float[]){ .49f }, .5f, 0), 0);
	assert_int_equal(
		judge_class_of(BASE_MODE_MULTICLASS, 3, (const float[]){ 1, 3, 3 }, 0, 0), 1); /* the first of equals */
}

/* Squares drawn as logits and labels of 40x40. */
static void
square(float *v, int x, int y, int side, float on, float off)
{
	for (int i = 0; i < 1600; i++)
		v[i] = i % 40 >= x && i % 40 < x + side && i / 40 >= y && i / 40 < y + side ? on : off;
}

static double
boundary_of(int shift, double tolerance)
{
	float v[1600], label[1600];
	secant_err err = { 0 };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	assert_int_equal(judge_counts_boundary(&c, tolerance, &err), SECANT_OK);
	square(v, 10 + shift, 10, 20, 1, -1);
	square(label, 10, 10, 20, 1, 0);
	add(&c, v, label, 40, 40, 40, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	double f1 = s.boundary_f1;
	is(s.per_class[1].boundary_f1, f1);
	secant_scores_free(&s);
	judge_counts_free(&c);
	return f1;
}

/* A square of side 20 has 76 pixels on its boundary. Moved by 3, its horizontal edges still overlap by 17 each. */
static void
boundaries(void **state)
{
	is(boundary_of(0, 1), 1);
	is(boundary_of(1, 1), 1);
	is(boundary_of(3, 3), 1);
	is(boundary_of(3, 3.5 / hypot(40, 40)), 1); /* below 1: a share of the diagonal */
	/* 1 pixel: what coincides, one pixel more of each horizontal edge, and the pixels of the inner vertical edge that
	 * are next to one */
	is(boundary_of(3, 1), (36. + 2) / 76);
	is(boundary_of(3, 1e-6), (36. + 2) / 76); /* a tolerance of less than a pixel is one */
}

/* The picture's own edge is no boundary, ignored pixels are on no side of one, and a class on one side only counts 0.
 */
static void
boundaries_that_are_none(void **state)
{
	float v[1600], label[1600];
	secant_err err = { 0 };
	judge_counts c = counts_of(BASE_MODE_BINARY, 1);
	assert_int_equal(judge_counts_boundary(&c, 1, &err), SECANT_OK);
	square(v, 0, 0, 40, 1, -1);
	square(label, 0, 0, 40, 1, 0);
	add(&c, v, label, 40, 40, 40, 0, -1);
	secant_scores s = scores_of(&c, NULL, 0);
	is(s.boundary_f1, NAN);
	secant_scores_free(&s);
	square(label, 5, 5, 20, 1, -1); /* all around is ignored */
	add(&c, v, label, 40, 40, 40, 0, -1);
	s = scores_of(&c, NULL, 0);
	is(s.boundary_f1, NAN);
	secant_scores_free(&s);
	square(label, 5, 5, 20, 1, 0);
	add(&c, v, label, 40, 40, 40, 0, -1); /* the prediction has no boundary */
	s = scores_of(&c, NULL, 0);
	is(s.boundary_f1, 0);
	secant_scores_free(&s);
	judge_counts_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreground),
		cmocka_unit_test(several_classes),
		cmocka_unit_test(a_class_that_is_ignored),
		cmocka_unit_test(classes_of_one_side),
		cmocka_unit_test(sums_before_quotients),
		cmocka_unit_test(padding_does_not_count),
		cmocka_unit_test(overlapping_classes),
		cmocka_unit_test(overlapping_classes_leave_pixels_out),
		cmocka_unit_test(outputs_that_are_no_numbers_are_counted),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(from_the_matrix),
		cmocka_unit_test(thresholded),
		cmocka_unit_test(cuts),
		cmocka_unit_test(boundaries),
		cmocka_unit_test(boundaries_that_are_none),
	};
	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
