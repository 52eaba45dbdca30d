/*
 * Post-processing of people and text on maps of the sizes that networks give: scenes whose people and lines are known
 * are drawn into maps as training draws them (OpenPose: bumps and fields of limbs; HigherHRNet: bumps and tags; CTPN:
 * anchors moved and stretched), and what comes out is what was drawn, each key point with its own person.
 */
#include "post_stub.h"
#include <jansson.h>

typedef struct place {
	double x, y;
} place;

enum { SCENES = 4 };

static uint32_t seed;

static double
drawn(double least, double most)
{
	seed = seed * 1664525 + 1013904223;
	return least + (most - least) * (seed >> 8) / (1 << 24);
}

static double
bump(double x, double y, place at, double sigma)
{
	return exp(-((x - at.x) * (x - at.x) + (y - at.y) * (y - at.y)) / (2 * sigma * sigma));
}

static double
number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

/* Every person of the answer is one of the scene's, with all of its points; none is missing. */
static void
each_is_found(const answer *a, const place *truth, int people, int points, double width, double height, double off)
{
	json_t *all = json_loads(a->text, 0, NULL), *poses = json_object_get(all, "poseVec");
	bool seen[8] = { false };
	assert_int_equal(json_array_size(poses), people);
	for (int i = 0; i < people; i++) {
		const json_t *list = json_object_get(json_array_get(poses, (size_t)i), "keyPointVec");
		int who = 0;
		assert_int_equal(json_array_size(list), points);
		for (int k = 0; k < points; k++) {
			const json_t *p = json_array_get(list, (size_t)k);
			double x = number(p, "x") * width, y = number(p, "y") * height;
			int name = (int)number(p, "name");
			for (int w = 0; w < people && !k; w++)
				if (hypot(truth[w * points + name].x - x, truth[w * points + name].y - y)
					< hypot(truth[who * points + name].x - x, truth[who * points + name].y - y))
					who = w;
			double apart = hypot(truth[who * points + name].x - x, truth[who * points + name].y - y);
			if (apart > off)
				fail_msg("person %d, point %d: at %.1f, %.1f, which is %.1f away", who, name, x, y, apart);
		}
		assert_false(seen[who]);
		seen[who] = true;
	}
	json_decref(all);
}

/* A standing person, in pixels from its middle. */
static const place body[18] = { { 0, -120 }, { 0, -85 }, { -35, -80 }, { -50, -30 }, { -55, 20 }, { 35, -80 },
	{ 50, -30 }, { 55, 20 }, { -20, 20 }, { -22, 80 }, { -25, 140 }, { 20, 20 }, { 22, 80 }, { 25, 140 }, { -10, -130 },
	{ 10, -130 }, { -20, -125 }, { 20, -125 } };

/* People beside each other, of several sizes, with their points moved a bit. `which`: of the body's points. */
static void
place_people(place *truth, int people, int points, const int *which, double width, double height)
{
	for (int i = 0; i < people; i++) {
		double size = drawn(0.65, 1), x = width * (i + 0.5) / people + drawn(-6, 6), y = height / 2 + drawn(-10, 10);
		for (int k = 0; k < points; k++) {
			const place *p = &body[which ? which[k] : k];
			truth[i * points + k] = (place){ x + size * p->x + drawn(-3, 3), y + size * p->y + drawn(-3, 3) };
		}
	}
}

static double
from_limb(double x, double y, place a, place b)
{
	double dx = b.x - a.x, dy = b.y - a.y, along = ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy);
	along = fmin(fmax(along, 0), 1);
	return hypot(x - a.x - along * dx, y - a.y - along * dy);
}

static void
test_openpose(void **state)
{
	enum {
		WIDTH = 656,
		HEIGHT = 368,
		STRIDE = 8,
		ROWS = HEIGHT / STRIDE,
		COLUMNS = WIDTH / STRIDE,
		MAPS = 57,
		PEOPLE = 4
	};
	/* limbs of the COCO model and the maps of their fields, as OpenPose publishes them */
	static const int limbs[19][2] = { { 1, 8 }, { 8, 9 }, { 9, 10 }, { 1, 11 }, { 11, 12 }, { 12, 13 }, { 1, 2 },
		{ 2, 3 }, { 3, 4 }, { 2, 16 }, { 1, 5 }, { 5, 6 }, { 6, 7 }, { 5, 17 }, { 1, 0 }, { 0, 14 }, { 0, 15 },
		{ 14, 16 }, { 15, 17 } };
	static const scaled net = { WIDTH, HEIGHT, WIDTH, HEIGHT, 0, 0, { 0 }, false };
	static answer a;
	for (uint32_t scene = 0; scene < SCENES; scene++) {
		seed = scene;
		place truth[PEOPLE * 18];
		char text[1000];
		tensors all = { 0 };
		float *p = add(&all, 4, (int64_t[]){ 1, ROWS, COLUMNS, MAPS });
		place_people(truth, PEOPLE, 18, NULL, WIDTH, HEIGHT);
		for (int i = 0; i < ROWS * COLUMNS; i++) {
			double x = (i % COLUMNS + 0.5) * STRIDE, y = (i / COLUMNS + 0.5) * STRIDE;
			for (int w = 0; w < PEOPLE; w++) {
				for (int k = 0; k < 18; k++)
					p[i * MAPS + k] = fmaxf(p[i * MAPS + k], (float)bump(x, y, truth[w * 18 + k], 7));
				for (int l = 0; l < 19; l++) {
					place from = truth[w * 18 + limbs[l][0]], to = truth[w * 18 + limbs[l][1]];
					double length = hypot(to.x - from.x, to.y - from.y);
					if (from_limb(x, y, from, to) > STRIDE)
						continue;
					p[i * MAPS + 19 + 2 * l] = (float)((to.x - from.x) / length);
					p[i * MAPS + 19 + 2 * l + 1] = (float)((to.y - from.y) / length);
				}
			}
		}
		post(&a, "mxpi_keypointpostprocessor", "libopenposepostprocess.so", json(text, ""), &all, &net, NULL, NULL);
		assert_int_equal(a.code, 0);
		each_is_found(&a, truth, PEOPLE, 18, WIDTH, HEIGHT, 6);
	}
}

static void
test_higherhrnet(void **state)
{
	enum { WIDTH = 768, HEIGHT = 512, POINTS = 17, PEOPLE = 4 };
	/* COCO's order of 17: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, left before right */
	static const int which[POINTS] = { 0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10 };
	static const scaled net = { WIDTH, HEIGHT, WIDTH, HEIGHT, 0, 0, { 0 }, false };
	static answer a;
	for (uint32_t scene = 0; scene < SCENES; scene++) {
		seed = scene;
		place truth[PEOPLE * POINTS];
		char text[1000];
		tensors all = { 0 };
		float *map[2];
		place_people(truth, PEOPLE, POINTS, which, WIDTH, HEIGHT);
		for (int t = 0; t < 2; t++) {
			int stride = t ? 2 : 4, rows = HEIGHT / stride, columns = WIDTH / stride;
			map[t] = add(&all, 4, (int64_t[]){ 1, t ? POINTS : 2 * POINTS, rows, columns });
			for (int k = 0; k < POINTS; k++)
				for (int i = 0; i < rows * columns; i++) {
					double x = (i % columns + 0.5) * stride, y = (i / columns + 0.5) * stride, nearest = 1e9;
					float *heat = &map[t][k * rows * columns + i], *tag = heat + POINTS * rows * columns;
					for (int w = 0; w < PEOPLE; w++) {
						const place *at = &truth[w * POINTS + k];
						*heat = fmaxf(*heat, (float)bump(x, y, *at, 2 * stride));
						if (!t && hypot(at->x - x, at->y - y) < nearest) {
							nearest = hypot(at->x - x, at->y - y);
							*tag = (float)(2.5 * w - 3);
						}
					}
				}
		}
		post(&a, "mxpi_keypointpostprocessor", "libhigherhrnetpostprocess.so", json(text, "'SCORE_THRESH':'0.2'"), &all,
			&net, NULL, NULL);
		assert_int_equal(a.code, 0);
		each_is_found(&a, truth, PEOPLE, POINTS, 1, 1, 3);
	}
}

static void
test_ctpn(void **state)
{
	enum { WIDTH = 896, HEIGHT = 608, STRIDE = 16, ROWS = HEIGHT / STRIDE, COLUMNS = WIDTH / STRIDE, LINES = 6 };
	static const int heights[10] = { 11, 16, 23, 33, 48, 68, 97, 139, 198, 283 };
	static const scaled net = { 2 * WIDTH, HEIGHT, WIDTH, HEIGHT, 0, 0, { 0 }, false };
	static answer a;
	for (uint32_t scene = 0; scene < SCENES; scene++) {
		seed = scene;
		char text[1000];
		tensors all = { 0 };
		struct {
			int first, last;
			double y, height;
			bool seen;
		} line[LINES];
		float *moves = add(&all, 4, (int64_t[]){ 1, ROWS, COLUMNS, 40 });
		float *scores = add(&all, 4, (int64_t[]){ 1, ROWS, COLUMNS, 20 });
		for (int l = 0; l < LINES; l++) {
			line[l].first = (int)drawn(1, 20);
			line[l].last = (int)drawn(30, COLUMNS - 2);
			line[l].y = (l + 0.5) * HEIGHT / LINES + drawn(-10, 10);
			line[l].height = drawn(14, 60);
			line[l].seen = false;
			int best = 0, row = (int)line[l].y / STRIDE;
			for (int k = 1; k < 10; k++)
				if (fabs(log(heights[k] / line[l].height)) < fabs(log(heights[best] / line[l].height)))
					best = k;
			/* an anchor reaches from trunc(7.5 - h/2) to trunc(7.5 + h/2), both within it */
			double top = trunc(7.5 - heights[best] / 2.0), bottom = trunc(7.5 + heights[best] / 2.0),
				   h = bottom - top + 1;
			for (int x = line[l].first; x <= line[l].last; x++) {
				size_t at = (size_t)((row * COLUMNS + x) * 10 + best);
				moves[4 * at + 1] = (float)((line[l].y - (row * STRIDE + top + h / 2)) / h);
				moves[4 * at + 3] = (float)log(line[l].height / h);
				scores[2 * at + 1] = (float)drawn(0.95, 0.99);
			}
		}
		post(&a, "mxpi_textobjectpostprocessor", "libctpnpostprocess.so", json(text, "'IS_MINDSPORE':'false'"), &all,
			&net, NULL, NULL);
		assert_int_equal(a.code, 0);
		json_t *found = json_loads(a.text, 0, NULL), *list = json_object_get(found, "objectVec");
		assert_int_equal(json_array_size(list), LINES);
		for (size_t i = 0; i < LINES; i++) {
			const json_t *o = json_array_get(list, i);
			int who = -1;
			for (int l = 0; l < LINES; l++)
				if (fabs((number(o, "y0") + number(o, "y2")) / 2 - line[l].y) < 8)
					who = l;
			assert_true(who >= 0 && !line[who].seen);
			line[who].seen = true;
			assert_float_equal(number(o, "x0"), 2 * STRIDE * line[who].first, 2); /* the picture is twice as wide */
			assert_float_equal(number(o, "x2"), 2 * STRIDE * (line[who].last + 1), 2);
			assert_float_equal(number(o, "y2") - number(o, "y0"), line[who].height, 1);
		}
		json_decref(found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_openpose), cmocka_unit_test(test_higherhrnet),
		cmocka_unit_test(test_ctpn) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
