/* Augmentation: what each step does, what it never does to labels, pipelines as text, and limits that make no sense. */
#include "pictures.h"
#include "base/json.h"
#include "data/augment/augment.h"
#include <math.h>
#include <secant/info.h>

static void *
parse(const char *text, const char *message)
{
	secant_err err = { 0 };
	data_augmentation *a = data_augmentation_parse(text, &err);
	if (!message && !a)
		fail_msg("%s: %s", text, err.msg);
	if (message && (a || !strstr(err.msg, message)))
		fail_msg("%s: expected '%s', got '%s'", text, message, a ? "success" : err.msg);
	return a;
}

/* ---- a frame to work on ---- */

typedef struct scene {
	int side_x, side_y, channels;
	bool real;
} scene;

/* Labels follow the first channel: bright is 1 (2 on the right half). */
static double
scene_value(int x, int y, int c)
{
	return ((x / 5 + y / 5) % 2 ? 180 : 40) + c * 13 + x % 5;
}
static uint16_t
scene_label(int x, int y, int width)
{
	return (uint16_t)((x / 5 + y / 5) % 2 ? x < width / 2 ? 1 : 2 : 0);
}

static void
fill_frame(data_frame *f, scene s, double (*value)(int, int, int))
{
	secant_err err = { 0 };
	assert_int_equal(data_frame_reserve(f, s.side_x, s.side_y, s.channels, s.real, true, &err), SECANT_OK);
	f->now->bounded = true;
	f->pad_label = DATA_LABEL_IGNORE;
	for (int y = 0; y < s.side_y; y++)
		for (int x = 0; x < s.side_x; x++) {
			size_t i = (size_t)y * (size_t)s.side_x + (size_t)x;
			f->now->labels[i] = scene_label(x, y, s.side_x);
			for (int c = 0; c < s.channels; c++) {
				double v = value(x, y, c);
				if (s.real)
					((float *)f->now->pixels)[i * (size_t)s.channels + (size_t)c] = (float)v;
				else
					((uint8_t *)f->now->pixels)[i * (size_t)s.channels + (size_t)c] = (uint8_t)v;
			}
		}
}

static double
value_of(const data_picture *p, int x, int y, int c)
{
	size_t i = ((size_t)y * (size_t)p->width + (size_t)x) * (size_t)p->channels + (size_t)c;
	return p->real ? (double)((float *)p->pixels)[i] : ((uint8_t *)p->pixels)[i];
}

/* The other sample of mixing steps: all 250, all label 3. */
static secant_status
other_sample(void *user, data_frame *f, data_picture *guest, secant_err *err)
{
	secant_status s = data_picture_reserve(
		guest, f->now->width, f->now->height, f->now->channels, f->now->real, true, err);
	for (int i = 0; !s && i < guest->width * guest->height; i++) {
		guest->labels[i] = 3;
		for (int c = 0; c < guest->channels; c++) {
			if (guest->real)
				((float *)guest->pixels)[i * guest->channels + c] = 250;
			else
				((uint8_t *)guest->pixels)[i * guest->channels + c] = 250;
		}
	}
	return s;
}

static void
run(const char *steps, data_frame *f, uint32_t sample)
{
	secant_err err = { 0 };
	data_augmentation *a = parse(steps, NULL);
	f->rng = base_rng_make(1, BASE_FOR_AUGMENT, 0, sample);
	f->mix = base_rng_make(1, BASE_FOR_MIX, 0, sample);
	f->partner = other_sample;
	if (data_augmentation_apply(a, f, &err))
		fail_msg("%s: %s", steps, err.msg);
	data_augmentation_free(a);
}

/* ---- every step, by the table ---- */

static void
for_every_step(void (*visit)(const char *name))
{
#define AUGMENT(nam) \
	{ \
		extern const data_augment data_augment_##nam; \
		visit(data_augment_##nam.name); \
	}
#include "data/augment/augments.inc"
#undef AUGMENT
}

static void
with_p1(const char *name, char text[128])
{
	snprintf(text, 128, "%s(p=1)", name);
}

static void
labels_stay_in_their_set(const char *name)
{
	static const scene scenes[] = { { 40, 40, 3, false }, { 40, 40, 1, false }, { 37, 23, 5, true },
		{ 23, 40, 3, true }, { 1, 1, 3, false }, { 2, 7, 1, true }, { 3, 1, 2, false } };
	char steps[128];
	with_p1(name, steps);
	for (size_t k = 0; k < sizeof scenes / sizeof *scenes; k++)
		for (uint32_t sample = 0; sample < 5; sample++) {
			data_frame f = { 0 };
			fill_frame(&f, scenes[k], scene_value);
			run(steps, &f, sample);
			assert_int_equal(f.now->width, scenes[k].side_x);
			assert_int_equal(f.now->height, scenes[k].side_y);
			for (int i = 0; i < f.now->width * f.now->height; i++) {
				assert_true(f.now->labels[i] <= 3 || f.now->labels[i] == DATA_LABEL_IGNORE);
				for (int c = 0; c < f.now->channels; c++) {
					double v = value_of(f.now, i % f.now->width, i / f.now->width, c);
					assert_true(v >= 0 && v <= 255);
				}
			}
			data_frame_free(&f);
		}
}

static void
every_step_keeps_sizes_ranges_and_labels(void **state)
{
	for_every_step(labels_stay_in_their_set);
}

static double
clear_value(int x, int y, int c)
{
	return (x / 10 + y / 10) % 2 ? 200 : 50;
}

/* Where all four neighbours of a pixel have one label, its brightness must be that label's. */
static void
stays_aligned(const char *name)
{
	if (!strcmp(name, "mixup") || !strcmp(name, "coarse-dropout"))
		return;
	char steps[128];
	with_p1(name, steps);
	for (uint32_t sample = 0; sample < 8; sample++) {
		data_frame f = { 0 };
		fill_frame(&f, (scene){ 80, 80, 3, false }, clear_value);
		for (int i = 0; i < 80 * 80; i++)
			f.now->labels[i] = clear_value(i % 80, i / 80, 0) > 100;
		run(steps, &f, sample);
		int same = 0, all = 0;
		for (int y = 2; y < 78; y++)
			for (int x = 2; x < 78; x++) {
				const uint16_t *l = f.now->labels + y * 80 + x;
				bool inner = true;
				for (int d = -2; d <= 2; d++)
					inner = inner && l[d] == *l && l[d * 80] == *l;
				if (!inner || *l == DATA_LABEL_IGNORE || *l == 3)
					continue;
				all++;
				same += (value_of(f.now, x, y, 0) > 125) == *l;
			}
		if (all < 300 || same < all * 0.99)
			fail_msg("%s, sample %u: %d of %d pixels agree with their label", name, sample, same, all);
		data_frame_free(&f);
	}
}

static void
picture_and_labels_stay_together(void **state)
{
	for_every_step(stays_aligned);
}

static void
changes_something(const char *name)
{
	if (!strcmp(name, "random-resized-crop") || !strcmp(name, "stretch-crop"))
		return; /* works where the sample is cut out: test_loader.c */
	char steps[128];
	with_p1(name, steps);
	int changed = 0;
	for (uint32_t sample = 0; sample < 4; sample++) {
		data_frame f = { 0 }, g = { 0 };
		scene s = { 33, 33, 3, false };
		fill_frame(&f, s, scene_value);
		fill_frame(&g, s, scene_value);
		run(steps, &f, sample);
		changed += memcmp(f.now->pixels, g.now->pixels, 33 * 33 * 3) != 0;
		run(steps, &g, sample); /* the same draws give the same bytes */
		assert_memory_equal(f.now->pixels, g.now->pixels, 33 * 33 * 3);
		assert_memory_equal(f.now->labels, g.now->labels, 33 * 33 * 2);
		data_frame_free(&f);
		fill_frame(&g, s, scene_value);
		data_frame_free(&g);
	}
	if (changed < 2)
		fail_msg("%s changed %d of 4 samples", name, changed);
}

static void
every_step_does_something_the_same_each_time(void **state)
{
	for_every_step(changes_something);
}

/* ---- turns ---- */

static double
where(int x, int y, int c)
{
	return y * 8 + x;
}

static void
turns_are_those_of_the_square(void **state)
{
	static const struct {
		const char *steps;
		int x, y;
	} cases[] = {
		/* where the pixel of the upper left corner comes from */
		{ "flip-h(p=1)", 7, 0 },
		{ "flip-v(p=1)", 0, 7 },
		{ "transpose(p=1)", 0, 0 },
		{ "rotate90(p=1)", 7, 0 }, /* counter-clockwise: the upper right corner comes to the upper left */
		{ "rotate90(p=1),rotate90(p=1)", 7, 7 },
		{ "rotate90(p=1),rotate90(p=1),rotate90(p=1)", 0, 7 },
		{ "flip-h(p=1),rotate90(p=1)", 0, 0 },
		{ "rotate90(p=1),flip-h(p=1)", 7, 7 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int kind = 0; kind < 3; kind++) {
			data_frame f = { 0 };
			fill_frame(&f, (scene){ 8, 8, kind == 2 ? 3 : 1, kind > 0 }, where);
			run(cases[i].steps, &f, 0);
			assert_true(value_of(f.now, 0, 0, 0) == where(cases[i].x, cases[i].y, 0));
			assert_int_equal(f.now->labels[0], scene_label(cases[i].x, cases[i].y, 8));
			data_frame_free(&f);
		}
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 8, 8, 1, false }, where);
	run("rotate90(p=1)", &f, 0);
	assert_true(value_of(f.now, 3, 2, 0) == where(5, 3, 0)); /* out[i][j] = in[j][W - 1 - i] */
	data_frame_free(&f);
	fill_frame(&f, (scene){ 8, 6, 1, false }, where);
	run("rotate90(p=1)", &f, 0); /* not square: a half turn */
	assert_true(value_of(f.now, 0, 0, 0) == where(7, 5, 0));
	data_frame_free(&f);
}

static void
flips_and_quarter_turns_give_the_eight_equally(void **state)
{
	int seen[64] = { 0 }, kinds = 0;
	for (uint32_t sample = 0; sample < 800; sample++) {
		data_frame f = { 0 };
		fill_frame(&f, (scene){ 8, 8, 1, false }, where);
		run("flip-h,flip-v,rotate90", &f, sample);
		/* The corner and the neighbour right of it tell the turn. */
		seen[(int)value_of(f.now, 1, 0, 0)]++;
		data_frame_free(&f);
	}
	for (int i = 0; i < 64; i++) {
		kinds += seen[i] > 0;
		assert_true(seen[i] == 0 || (seen[i] > 60 && seen[i] < 140));
	}
	assert_int_equal(kinds, 8);
}

/* ---- colours ---- */

static double
orange(int x, int y, int c)
{
	return c == 0 ? 240 : c == 1 ? 40 : 0;
} /* hue 10 degrees: 5 in OpenCV's units */
static double
grey(int x, int y, int c)
{
	return 100;
}

static void
expect_colour(const char *steps, double (*value)(int, int, int), double r, double g, double b)
{
	for (int real = 0; real < 2; real++) {
		data_frame f = { 0 };
		fill_frame(&f, (scene){ 300, 2, 3, real }, value);
		run(steps, &f, 0);
		double want[3] = { r, g, b };
		for (int c = 0; c < 3; c++)
			if (fabs(value_of(f.now, 299, 1, c) - want[c]) > 1)
				fail_msg("%s: channel %d is %g, expected %g", steps, c, value_of(f.now, 299, 1, c), want[c]);
		data_frame_free(&f);
	}
}

static void
hues_wrap_as_documented(void **state)
{
	/* A shift of -10 takes hue 5 to 175, 350 degrees: modulo 180; with compat256 to 251, modulo 180 to 71, 142 degrees.
	 */
	expect_colour("hue-saturation-value(p=1,hue=-10,-10,saturation=0,value=0)", orange, 240, 0, 40);
	expect_colour("hue-saturation-value(p=1,hue=-10,-10,saturation=0,value=0,hue-wrap=compat256)", orange, 0, 240,
		240 * 22 / 60.);
	expect_colour("hue-saturation-value(hue=[-10,-10],saturation=0,value=[0, 0],p=1)", orange, 240, 0, 40);
	expect_colour(
		"hue-saturation-value(p=1,hue=55,55,saturation=0,value=0)", orange, 0, 240, 0); /* 110 degrees on: 120, green */
	expect_colour("hue-saturation-value(p=1,hue=0,saturation=0,value=0)", orange, 240, 40, 0);
	expect_colour("hue-saturation-value(p=1,hue=0,saturation=0,value=15,15)", orange, 255, 42.5, 0);
	expect_colour("hue-saturation-value(p=1,hue=0,saturation=0,value=100,100)", orange, 255, 42.5, 0); /* saturates */
	expect_colour("hue-saturation-value(p=1,hue=0,saturation=-255,-255,value=0)", orange, 240, 240, 240);
	expect_colour(
		"hue-saturation-value(p=1,hue=30,30,saturation=50,50,value=0)", grey, 100, 100, 100); /* grey stays grey */
	expect_colour("hue-saturation-value(p=1,hue=0,saturation=51,51,value=0,hue-wrap=compat256)", grey, 100, 80, 80);
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 4, 4, 5, false }, grey);
	run("hue-saturation-value(p=1,hue=0,saturation=0,value=20,20)", &f, 0);
	assert_true(value_of(f.now, 1, 1, 2) == 120);
	assert_true(value_of(f.now, 1, 1, 3) == 100); /* not a colour */
	data_frame_free(&f);
	fill_frame(&f, (scene){ 4, 4, 1, false }, grey);
	run("hue-saturation-value(p=1,hue=90,saturation=99,value=20,20)", &f, 0);
	assert_true(value_of(f.now, 1, 1, 0) == 120);
	data_frame_free(&f);
}

static double
mean_of(const data_picture *p)
{
	double sum = 0;
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++)
			sum += value_of(p, x, y, 0);
	return sum / (p->width * p->height);
}

static double
deviation_of(const data_picture *p)
{
	double sum = 0, mean = mean_of(p);
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++)
			sum += (value_of(p, x, y, 0) - mean) * (value_of(p, x, y, 0) - mean);
	return sqrt(sum / (p->width * p->height));
}

static void
values_change_by_their_formulas(void **state)
{
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 128, 128, 3, false }, grey);
	run("noise(p=1,deviation=10,10)", &f, 3);
	assert_true(fabs(mean_of(f.now) - 100) < 0.4);
	assert_true(fabs(deviation_of(f.now) - 10) < 0.3);
	data_frame_free(&f);
	fill_frame(&f, (scene){ 128, 128, 3, false }, grey);
	run("gamma(p=1,gamma=2,2)", &f, 0);
	assert_true(value_of(f.now, 5, 5, 1) == round(255 * pow(100 / 255., 2)));
	data_frame_free(&f);
	fill_frame(&f, (scene){ 64, 64, 3, true }, scene_value);
	double before = deviation_of(f.now), mean = mean_of(f.now);
	run("blur(p=1,sigma=2,2)", &f, 0);
	assert_true(deviation_of(f.now) < before * 0.8);
	assert_true(fabs(mean_of(f.now) - mean) < 3);
	data_frame_free(&f);
	fill_frame(&f, (scene){ 64, 64, 3, false }, grey);
	run("blur(p=1,sigma=2,2)", &f, 0);
	assert_true(value_of(f.now, 0, 0, 0) == 100 && value_of(f.now, 63, 63, 2) == 100); /* the border is no edge */
	data_frame_free(&f);
	fill_frame(&f, (scene){ 64, 64, 1, false }, scene_value);
	before = deviation_of(f.now);
	run("colour-jitter(p=1,brightness=0,contrast=0.5,0.5)", &f, 0);
	assert_true(fabs(deviation_of(f.now) / before - 0.5) < 0.02);
	data_frame_free(&f);
}

static double
dim(int x, int y, int c)
{
	return 100 + (x + y) % 8;
}

static void
clahe_raises_contrast(void **state)
{
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 64, 64, 3, false }, dim);
	double before = deviation_of(f.now);
	run("clahe(p=1,clip=4,4)", &f, 0);
	assert_true(deviation_of(f.now) > before * 1.2);
	data_frame_free(&f);
}

/* ---- places ---- */

static double
slope(int x, int y, int c)
{
	return 2 * x + y;
}

static void
shift_scale_rotate_goes_where_it_says(void **state)
{
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 64, 64, 3, true }, slope);
	run("shift-scale-rotate(p=1,shift=0.125,0.125,scale=0,rotate=0)", &f, 0);
	assert_true(fabs(value_of(f.now, 30, 30, 0) - slope(22, 22, 0)) < 0.01); /* by 8 to the right and down */
	assert_int_equal(f.now->labels[30 * 64 + 30], scene_label(22, 22, 64));
	assert_int_equal(f.now->labels[7], DATA_LABEL_IGNORE); /* outside */
	data_frame_free(&f);
	fill_frame(&f, (scene){ 65, 65, 1, true }, slope);
	run("shift-scale-rotate(p=1,shift=0,scale=2,2,rotate=0)", &f, 0);
	assert_true(fabs(value_of(f.now, 32, 32, 0) - slope(32, 32, 0)) < 0.01);
	assert_true(fabs(value_of(f.now, 42, 32, 0) - slope(37, 32, 0)) < 0.01); /* twice as large */
	data_frame_free(&f);
	fill_frame(&f, (scene){ 65, 65, 1, true }, slope);
	run("shift-scale-rotate(p=1,shift=0,scale=0,rotate=90,90)", &f, 0);
	assert_true(
		fabs(value_of(f.now, 32, 22, 0) - slope(42, 32, 0)) < 0.01); /* counter-clockwise: what was right is up */
	data_frame_free(&f);
	fill_frame(&f, (scene){ 65, 65, 1, true }, slope);
	run("shift-scale-rotate(p=1,shift=0,scale=0,rotate=0,aspect=4,4)", &f, 0);
	assert_true(fabs(value_of(f.now, 42, 42, 0) - (2 * 37 + 52)) < 0.01); /* sqrt(4) wider, as much flatter */
	data_frame_free(&f);
	/* D-LinkNet's matrix: without rotation both sides are scaled by scale * sqrt(aspect). */
	fill_frame(&f, (scene){ 65, 65, 1, true }, slope);
	run("shift-scale-rotate(p=1,shift=0,scale=0,rotate=0,aspect=1.21,1.21,compat=true)", &f, 0);
	assert_true(fabs(value_of(f.now, 43, 43, 0) - (2 + 1) * (32.5 + (43 - 32.5) / 1.1)) < 0.01);
	data_frame_free(&f);
}

static void
borders_are_what_they_say(void **state)
{
	static const struct {
		const char *border;
		double left;
	} cases[] = { { "constant,border-value=7", 7 }, { "edge", 0 }, { "reflect", 2 * 8 }, { "wrap", 2 * 56 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char steps[160];
		snprintf(steps, sizeof steps, "shift-scale-rotate(p=1,shift=0.125,0.125,scale=0,rotate=0,border=%s)",
			cases[i].border);
		data_frame f = { 0 };
		fill_frame(&f, (scene){ 64, 64, 3, true }, slope);
		run(steps, &f, 0);
		assert_true(fabs(value_of(f.now, 0, 8, 0) - cases[i].left) < 0.01);
		data_frame_free(&f);
	}
	assert_int_equal(data_border_index(DATA_BORDER_REFLECT, -9, 4), 3); /* 0 1 2 3 2 1 0 1 2 3 ... */
	assert_int_equal(data_border_index(DATA_BORDER_REFLECT, 5, 1), 0);
	assert_int_equal(data_border_index(DATA_BORDER_WRAP, -9, 4), 3);
	assert_int_equal(data_border_index(DATA_BORDER_EDGE, 99, 4), 3);
	assert_int_equal(data_border_index(DATA_BORDER_CONSTANT, 4, 4), -1);
}

/* ---- mixing ---- */

static void
mixing_takes_labels_with_the_pixels(void **state)
{
	static const char *const steps[] = { "cutmix(p=1,area=0.25,0.25)", "mosaic(p=1,centre=0.5,0.5)" };
	for (int i = 0; i < 2; i++) {
		data_frame f = { 0 };
		fill_frame(&f, (scene){ 40, 40, 3, false }, scene_value);
		run(steps[i], &f, 2);
		int foreign = 0;
		for (int k = 0; k < 1600; k++) {
			assert_int_equal(f.now->labels[k] == 3, value_of(f.now, k % 40, k / 40, 0) == 250);
			foreign += f.now->labels[k] == 3;
		}
		assert_int_equal(foreign, i == 0 ? 400 : 1200);
		data_frame_free(&f);
	}
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 40, 40, 3, false }, grey);
	run("mixup(p=1,differ=ignore)", &f, 2);
	double v = value_of(f.now, 0, 0, 0);
	assert_true(v >= 100 && v <= 175.5); /* at least half its own */
	for (int k = 0; k < 1600; k++)
		assert_int_equal(f.now->labels[k], DATA_LABEL_IGNORE);
	data_frame_free(&f);
	secant_err err = { 0 };
	fill_frame(&f, (scene){ 4, 4, 3, false }, grey);
	data_augmentation *a = parse("mosaic(p=1)", NULL);
	assert_int_equal(data_augmentation_apply(a, &f, &err), SECANT_ERR_ARG); /* no data set, no others */
	assert_non_null(strstr(err.msg, "mosaic: needs other samples"));
	data_augmentation_free(a);
	data_frame_free(&f);
}

static void
dropout_may_take_labels_along(void **state)
{
	data_frame f = { 0 };
	fill_frame(&f, (scene){ 40, 40, 3, false }, scene_value);
	run("coarse-dropout(p=1,holes=1,1,height=0.5,0.5,width=0.25,0.25,fill=9,labels=ignore)", &f, 0);
	int n = 0;
	for (int k = 0; k < 1600; k++) {
		assert_int_equal(f.now->labels[k] == DATA_LABEL_IGNORE, value_of(f.now, k % 40, k / 40, 2) == 9);
		n += f.now->labels[k] == DATA_LABEL_IGNORE;
	}
	assert_int_equal(n, 200);
	data_frame_free(&f);
}

static void
resized_crops_lie_inside(void **state)
{
	data_augmentation *a = parse("random-resized-crop(scale=0.1,0.5,ratio=0.5,2)", NULL), *none = parse("flip-h", NULL);
	for (uint32_t i = 0; i < 300; i++) {
		base_rng rng = base_rng_make(0, BASE_FOR_TEST, 0, i);
		int height = 1 + (int)base_rng_below(&rng, 300), width = 1 + (int)base_rng_below(&rng, 300);
		data_window w;
		assert_true(data_augmentation_window(a, &rng, height, width, 64, 64, &w));
		assert_true(w.x >= 0 && w.y >= 0 && w.width >= 1 && w.height >= 1 && w.x + w.width <= width
			&& w.y + w.height <= height);
		if (width > 100 && height > 100 && width < 2 * height && height < 2 * width) {
			assert_true(w.width * w.height < 0.53 * width * height);
			assert_true(w.width < 2.1 * w.height && w.height < 2.1 * w.width);
		}
		assert_false(data_augmentation_window(none, &rng, height, width, 64, 64, &w));
	}
	data_augmentation_free(a);
	data_augmentation_free(none);
}

/* ---- text ---- */

static void
pipelines_as_text(void **state)
{
	static const char *const right[] = {
		"",
		"none",
		"flip-h",
		"flip-h,flip-v,rotate90",
		"gamma(gamma=0.5,2,p=0.1),flip-h",
		"flip-h, gamma( gamma = 0.5, 2, p = 0.1 ) , flip-v",
		"[]",
		"[\"flip-h\"]",
		" [{\"name\": \"gamma\", \"p\": 1, \"gamma\": [0.5, 2]}, \"flip-v\"]",
	};
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		data_augmentation *a = parse(right[i], NULL);
		char *json = data_augmentation_to_json(a);
		data_augmentation *again = parse(json, NULL); /* what is written can be read */
		char *twice = data_augmentation_to_json(again);
		assert_string_equal(json, twice);
		secant_free(json);
		secant_free(twice);
		data_augmentation_free(a);
		data_augmentation_free(again);
	}
	data_augmentation_free(parse(NULL, NULL));
	static const char *const wrong[][2] = {
		{ "flip", "augmentation 'flip': no such step; did you mean 'flip-" },
		{ "flip-h,", "a comma at the end" },
		{ "flip-h,,flip-v", "augmentation '': no such step" },
		{ "gamma(gamma=0.5,2", "a ( without its )" },
		{ "gamma(p=1)flip-h", "expected a comma after )" },
		{ "gamma(1)", "augmentation gamma: '1' is not NAME=VALUE" },
		{ "gamma(p=2)", "augmentation gamma: " },
		{ "gamma(gama=1,2)", "gamma" },
		{ "{\"name\": \"flip-h\"}", "expected a JSON list of steps" },
		{ "[{\"p\": 1}]", "augmentation, step 0: expected a name or an object with \"name\"" },
		{ "[1]", "step 0: expected a name" },
		{ "[", "augmentation" },
		{ "[{\"name\": \"gamma\", \"gama\": 1}]", "gama" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		parse(wrong[i][0], wrong[i][1]);
	char many[1024] = "flip-h";
	for (int i = 0; i < 64; i++)
		strcat(many, ",flip-h");
	parse(many, "more than 64 steps");
}

static void
limits_that_make_no_sense(void **state)
{
	static const char *const wrong[][2] = {
		{ "hue-saturation-value(hue=30,-30)",
			"augmentation hue-saturation-value: hue limits are inverted, 30 is above -30" },
		{ "hue-saturation-value(hue=1,2,3)", "hue has 3 numbers, expected LOWER,UPPER or one" },
		{ "hue-saturation-value(hue=200)", "hue limits -200 to 200 leave -180 to 180" },
		{ "hue-saturation-value(saturation=9,-9)", "saturation limits are inverted" },
		{ "hue-saturation-value(value=9,-9)", "value limits are inverted" },
		{ "shift-scale-rotate(scale=1.2,0.8)", "scale limits are inverted" },
		{ "shift-scale-rotate(scale=0,1)", "scale limits 0 to 1 leave" },
		{ "shift-scale-rotate(shift=1,0)", "shift limits are inverted" },
		{ "shift-scale-rotate(rotate=9,-9)", "rotate limits are inverted" },
		{ "shift-scale-rotate(aspect=2,1)", "aspect limits are inverted" },
		{ "shift-scale-rotate(border=mirror)", "is not one of constant|edge|reflect|wrap" },
		{ "random-resized-crop(scale=1,0.5)", "scale limits are inverted" },
		{ "random-resized-crop(scale=0.5,1.5)", "leave" },
		{ "random-resized-crop(ratio=2,1)", "ratio limits are inverted" },
		{ "colour-jitter(brightness=2,1)", "brightness limits are inverted" },
		{ "colour-jitter(contrast=2,1)", "contrast" },
		{ "colour-jitter(saturation=2,1)", "saturation" },
		{ "colour-jitter(hue=0.2,0.1)", "hue" },
		{ "gamma(gamma=2,0.5)", "gamma limits are inverted" },
		{ "gamma(gamma=0,1)", "leave" },
		{ "clahe(clip=4,1)", "clip limits are inverted" },
		{ "blur(sigma=2,1)", "sigma limits are inverted" },
		{ "noise(deviation=9,1)", "deviation limits are inverted" },
		{ "grid-distortion(limit=1,-1)", "limit" },
		{ "elastic(strength=9,1)", "strength limits are inverted" },
		{ "coarse-dropout(holes=9,1)", "holes limits are inverted" },
		{ "coarse-dropout(height=0.9,0.1)", "height" },
		{ "coarse-dropout(width=0.5,1.5)", "width limits 0.5 to 1.5 leave 0 to 1" },
		{ "cutmix(area=0.9,0.1)", "area limits are inverted" },
		{ "mosaic(centre=0.9,0.1)", "centre limits are inverted" },
		{ "mixup(alpha=9)", "alpha: 9 is outside 0.1 to 4" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		parse(wrong[i][0], wrong[i][1]);
}

static void
memory_may_fail_anywhere(void **state)
{
	static const char text[] = "[{\"name\": \"gamma\", \"gamma\": [0.5, 2]}, \"flip-h\"]";
	for (long k = 1;; k++) {
		secant_err err = { 0 };
		long live = base_mem_live();
		base_mem_fail_at(k);
		data_augmentation *a = data_augmentation_parse(text, &err);
		base_mem_fail_at(0);
		data_augmentation_free(a);
		assert_int_equal(base_mem_live(), live);
		if (a && k > 1)
			break;
		assert_true(k < 1000);
	}
}

/* ---- lines ---- */

static void
identity_map(const void *how, int x, int y, int n, float *from_x, float *from_y)
{
	const data_affine *m = how;
	for (int i = 0; i < n; i++) {
		from_x[i] = (float)(m->xx * (x + i) + m->xy * y + m->x);
		from_y[i] = (float)(m->yx * (x + i) + m->yy * y + m->y);
	}
}

/* The short way for lines against the general one: bytes differ by the rounding of places, labels only where a place
 * lies between two. */
static void
lines_equal_any_places(void **state)
{
	base_rng r = base_rng_make(5, BASE_FOR_TEST, 0, 0);
	data_picture from = { 0 }, a = { 0 }, b = { 0 };
	secant_err err = { 0 };
	const float fill[3] = { 10, 100, 200 };
	for (int round = 0; round < 300; round++) {
		int w = 1 + (int)base_rng_below(&r, 70), h = 1 + (int)base_rng_below(&r, 50), labels = 0;
		assert_int_equal(data_picture_reserve(&from, w, h, 3, false, true, &err)
				| data_picture_reserve(&a, 80, 60, 3, false, true, &err)
				| data_picture_reserve(&b, 80, 60, 3, false, true, &err),
			SECANT_OK);
		for (int i = 0; i < w * h; i++) {
			from.labels[i] = (uint16_t)base_rng_below(&r, 9);
			for (int c = 0; c < 3; c++)
				((uint8_t *)from.pixels)[3 * i + c] = (uint8_t)base_rng_below(&r, 256);
		}
		double size = round % 3 ? 1 : 30;
		data_affine m = {
			base_rng_range(&r, -2, 2) * size,
			base_rng_range(&r, -2, 2),
			base_rng_range(&r, -90, 150) * size,
			base_rng_range(&r, -2, 2),
			base_rng_range(&r, -2, 2) * size,
			base_rng_range(&r, -90, 150),
		};
		data_outside o = { .border = (data_border)(round % 4), .fill = fill, .label = 77 };
		data_place_affine(&from, &a, &m, &o);
		data_place_mapped(&from, &b, identity_map, &m, &o);
		for (int i = 0; i < 80 * 60; i++) {
			labels += a.labels[i] != b.labels[i];
			for (int c = 0; c < 3 && size == 1; c++)
				if (abs(((uint8_t *)a.pixels)[3 * i + c] - ((uint8_t *)b.pixels)[3 * i + c]) > 3)
					fail_msg("round %d, pixel %d: %d, want %d", round, i, ((uint8_t *)a.pixels)[3 * i + c],
						((uint8_t *)b.pixels)[3 * i + c]);
		}
		assert_true(labels <= 48); /* of 4800 */
	}
	data_picture_free(&from);
	data_picture_free(&a);
	data_picture_free(&b);
}

/* Turns before and after a warp are made with it, and give what they give one after the other. */
static void
turns_go_along_with_warps(void **state)
{
	const data_affine m = { .89373, .21131, 1.47291, -.19377, 1.10817, -2.26143 };
	const data_outside o = { .border = DATA_BORDER_REFLECT };
	for (int i = 0; i < 64; i++) {
		data_frame f = { 0 }, g = { 0 };
		int labels = 0;
		fill_frame(&f, (scene){ 48, 48, 3, false }, scene_value);
		fill_frame(&g, (scene){ 48, 48, 3, false }, scene_value);
		f.turn = g.turn = i / 8;
		data_frame_settle(&g);
		data_frame_warp(&f, &m, &o);
		data_frame_warp(&g, &m, &o);
		data_frame_settle(&g);
		f.turn = g.turn = i % 8;
		data_frame_settle(&f);
		data_frame_settle(&g);
		for (int k = 0; k < 48 * 48; k++) {
			labels += f.now->labels[k] != g.now->labels[k];
			for (int c = 0; c < 3; c++)
				assert_true(abs(((uint8_t *)f.now->pixels)[3 * k + c] - ((uint8_t *)g.now->pixels)[3 * k + c]) <= 2);
		}
		assert_true(labels <= 12);
		data_frame_free(&f);
		data_frame_free(&g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test(f)
		T(every_step_keeps_sizes_ranges_and_labels),
		T(picture_and_labels_stay_together),
		T(every_step_does_something_the_same_each_time),
		T(turns_are_those_of_the_square),
		T(flips_and_quarter_turns_give_the_eight_equally),
		T(hues_wrap_as_documented),
		T(values_change_by_their_formulas),
		T(clahe_raises_contrast),
		T(shift_scale_rotate_goes_where_it_says),
		T(borders_are_what_they_say),
		T(mixing_takes_labels_with_the_pixels),
		T(dropout_may_take_labels_along),
		T(resized_crops_lie_inside),
		T(pipelines_as_text),
		T(limits_that_make_no_sense),
		T(lines_equal_any_places),
		T(turns_go_along_with_warps),
		T(memory_may_fail_anywhere),
	};
	return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
