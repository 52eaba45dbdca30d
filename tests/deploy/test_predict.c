/*
 * Prediction of pictures in memory: probabilities, tiles, views, ensembles, masks, overlays; every number computed a
 * second time here.
 */
#include "asking.h"
#include <math.h>

static char path_a[400], path_b[400]; /* two models */

static secant_tensor
probabilities(secant_predictor *p, const secant_image *im)
{
	secant_err err = { 0 };
	secant_tensor t = { 0 };
	if (secant_predictor_probabilities(p, im, &t, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(t.shape.rank, 3);
	assert_int_equal(t.shape.dim[0], secant_predictor_classes(p));
	assert_int_equal(t.shape.dim[1], im->height);
	assert_int_equal(t.shape.dim[2], im->width);
	return t;
}

static secant_tensor
predict_once(const char *model, const char *options, const secant_image *im)
{
	secant_predictor *p = open_one(model, options);
	secant_tensor t = probabilities(p, im);
	secant_predictor_close(p);
	return t;
}

static double
apart(const secant_tensor *a, const secant_tensor *b)
{
	double worst = 0;
	assert_true(secant_shape_equal(&a->shape, &b->shape));
	for (int64_t i = 0; i < secant_shape_count(&a->shape); i++)
		worst = fmax(worst, fabs(secant_tensor_get(a, i) - secant_tensor_get(b, i)));
	return worst;
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* ---- where tiles lie ---- */

static void
check_axis(int total, int tile, int overlap, int expected)
{
	deploy_axis a;
	assert_int_equal(deploy_axis_make(&a, total, tile, overlap, NULL), 0);
	if (expected && a.n != expected)
		fail_msg("%d in tiles of %d, overlap %d: %d tiles, want %d", total, tile, overlap, a.n, expected);
	assert_int_equal(a.length, tile < total ? tile : total);
	assert_int_equal(a.start[0], 0);
	assert_int_equal(a.start[a.n - 1] + a.length, total);
	for (int i = 1; i < a.n; i++) {
		int common = a.start[i - 1] + a.length - a.start[i];
		if (common < overlap * 7 / 8 - 1 || common < 0 || a.start[i] <= a.start[i - 1])
			fail_msg("%d in tiles of %d: tiles %d and %d share %d, want %d", total, tile, i - 1, i, common, overlap);
	}
	double *sum = calloc((size_t)total, sizeof *sum);
	for (int i = 0; i < a.n; i++)
		for (int k = 0; k < a.length; k++) {
			assert_true(a.weight[i * a.length + k] > 0);
			sum[a.start[i] + k] += a.weight[i * a.length + k];
		}
	for (int i = 0; i < total; i++)
		assert_true(fabs(sum[i] - 1) < 1e-6);
	free(sum);
	deploy_axis_free(&a);
}

static void
tiles_cover_evenly_and_weigh_one(void **state)
{
	check_axis(100, 512, 64, 1);
	check_axis(512, 512, 64, 1);
	check_axis(513, 512, 64, 2);
	check_axis(960, 512, 64, 2);
	check_axis(5000, 512, 64, 11); /* not 12, of which the last would begin 8 pixels after the one before */
	check_axis(1000, 100, 0, 10);
	check_axis(1001, 100, 0, 11);
	check_axis(1, 1, 0, 1);
	for (int total = 1; total < 300; total += 3)
		for (int tile = 2; tile < 70; tile += 5)
			for (int overlap = 0; overlap <= tile / 2; overlap += 4)
				check_axis(total, tile, overlap, 0);
}

/* ---- pictures ---- */

static void
pixels_become_probabilities(void **state)
{
	static const struct {
		int height, width;
	} sizes[] = { { 1, 1 }, { 13, 21 }, { 64, 64 }, { 5, 200 } };
	tiny_write(&(tiny){ 3, 1, 1, 16, (float[]){ .1f, 0, 0 }, (float[]){ -10 }, NULL, NULL, NULL }, path_a);
	secant_predictor *p = open_one(path_a, "");
	assert_int_equal(secant_predictor_classes(p), 1);
	assert_int_equal(secant_predictor_channels(p), 3);
	assert_string_equal(secant_predictor_mode(p), "binary");
	assert_string_equal(secant_predictor_precision(p), "f32");
	assert_null(secant_predictor_class_name(p, 0));
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		secant_image im = noise(sizes[k].height, sizes[k].width, 3, SECANT_U8), mask;
		secant_tensor t = probabilities(p, &im);
		assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
		assert_int_equal(mask.width, im.width);
		assert_int_equal(mask.height, im.height);
		assert_int_equal(mask.channels, 1);
		for (int64_t i = 0; i < secant_shape_count(&t.shape); i++) {
			int red = ((uint8_t *)im.data)[3 * i];
			assert_true(fabs(secant_tensor_get(&t, i) - sigmoid(.1 * red - 10)) < 1e-5);
			if (red != 100)
				assert_int_equal(((uint8_t *)mask.data)[i], red > 100 ? 255 : 0);
		}
		secant_tensor_free(&t);
		secant_image_free(&mask);
		secant_image_free(&im);
	}
	secant_predictor_close(p);
}

static void
thresholds(void **state)
{
	tiny_red(path_a);
	secant_image im = noise(16, 16, 3, SECANT_U8), mask;
	secant_predictor *p = open_one(path_a, "threshold=0.9");
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	for (int i = 0; i < 256; i++) /* sigmoid(.1 * 122.5 - 10.05) = 0.9002 */
		assert_int_equal(((uint8_t *)mask.data)[i], ((uint8_t *)im.data)[3 * i] >= 123 ? 255 : 0);
	secant_image_free(&mask);
	secant_image_free(&im);
	secant_predictor_close(p);
}

static void
other_kinds_of_pictures(void **state)
{
	secant_err err = { 0 };
	tiny_write(&(tiny){ 3, 1, 1, 1, (float[]){ 4, 0, 0 }, (float[]){ -2 }, NULL, "unit", NULL }, path_a);
	secant_predictor *p = open_one(path_a, "");
	static const struct {
		int channels;
		secant_dtype dtype;
		double unit;
	} kinds[] = {
		{ 1, SECANT_U8, 255 },
		{ 4, SECANT_U8, 255 },
		{ 3, SECANT_U16, 65535 },
		{ 3, SECANT_F32, 1 },
		{ 1, SECANT_F32, 1 },
	};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		secant_image im = noise(9, 11, kinds[k].channels, kinds[k].dtype);
		secant_tensor t = probabilities(p, &im),
					  values = { kinds[k].dtype, secant_shape_of(1, 9 * 11 * kinds[k].channels), im.data, NULL };
		for (int i = 0; i < 99; i++)
			assert_true(fabs(secant_tensor_get(&t, i)
							- sigmoid(4 * secant_tensor_get(&values, i * kinds[k].channels) / kinds[k].unit - 2))
				< 1e-5);
		secant_tensor_free(&t);
		secant_image_free(&im);
	}
	secant_image im = noise(9, 11, 2, SECANT_U8);
	secant_tensor t = { 0 };
	assert_int_equal(secant_predictor_probabilities(p, &im, &t, &err), SECANT_ERR_SHAPE);
	assert_string_equal(err.msg, "the picture has 2 channels, the network wants 3");
	assert_null(t.data);
	secant_image_free(&im);
	secant_predictor_close(p);
}

static const float blur[] = { .1f, -.2f, .3f, .4f, .5f, -.6f, .7f, .1f,
	-.9f }; /* of one channel: like no view of itself */
static const float bias_0[] = { -.3f };

static void
padding_reflects(void **state)
{
	/* A network that wants multiples of 8 sees, right of the last column, the one before it. */
	tiny_write(&(tiny){ 1, 1, 3, 8, blur, bias_0, NULL, "unit", NULL }, path_a);
	tiny_write(&(tiny){ 1, 1, 3, 1, blur, bias_0, NULL, "unit", NULL }, path_b);
	secant_image im = noise(13, 5, 1, SECANT_U8), padded = noise(16, 8, 1, SECANT_U8);
	for (int y = 0; y < 16; y++)
		for (int x = 0; x < 8; x++)
			((uint8_t *)padded.data)[y * 8 + x] = ((uint8_t *)im.data)[(y < 13 ? y : 24 - y) * 5 + (x < 5 ? x : 8 - x)];
	secant_tensor got = predict_once(path_a, "", &im), whole = predict_once(path_b, "", &padded);
	for (int y = 0; y < 13; y++)
		for (int x = 0; x < 5; x++)
			assert_true(fabs(secant_tensor_get(&got, y * 5 + x) - secant_tensor_get(&whole, y * 8 + x)) < 1e-6);
	secant_tensor_free(&got);
	secant_tensor_free(&whole);
	secant_image_free(&im);
	secant_image_free(&padded);
}

static void
precisions(void **state)
{
	tiny_write(&(tiny){ 1, 1, 3, 8, blur, bias_0, NULL, "unit", NULL }, path_a);
	secant_image im = noise(20, 30, 1, SECANT_U8);
	secant_tensor exact = predict_once(path_a, "precision=f64", &im), f32 = predict_once(path_a, "", &im);
	assert_true(apart(&exact, &f32) < 1e-6);
	secant_err err = { 0 };
	secant_predictor *p = open_with((const char *const[]){ path_a }, 1, "precision=bf16", &err);
	if (p) {
		secant_tensor low = probabilities(p, &im);
		assert_true(apart(&exact, &low) < 2e-2);
		secant_tensor_free(&low);
		secant_predictor_close(p);
	} else {
		assert_non_null(strstr(err.msg, "use f32"));
	}
	err = (secant_err){ 0 };
	assert_null(open_with((const char *const[]){ path_a }, 1, "precision=f16", &err));
	assert_string_equal(err.msg, "precision 'f16' is not auto, bf16, f32 or f64");
	secant_tensor_free(&exact);
	secant_tensor_free(&f32);
	secant_image_free(&im);
}

/* ---- tiles ---- */

static void
tiles_equal_the_whole(void **state)
{
	/* Of a network that looks at single pixels nothing may remain of the tiles. */
	tiny_write(&(tiny){ 3, 1, 1, 1, (float[]){ .02f, -.01f, .005f }, (float[]){ -1 }, NULL, NULL, NULL }, path_a);
	secant_image im = noise(101, 77, 3, SECANT_U8);
	secant_tensor whole = predict_once(path_a, "", &im);
	static const char *const options[] = { "tile=32|overlap=8", "tile=16x64|overlap=0", "tile=200x20|overlap=10",
		"tile=0", "tile=77|overlap=1" };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		secant_tensor tiled = predict_once(path_a, options[i], &im);
		assert_true(apart(&whole, &tiled) < 1e-6);
		secant_tensor_free(&tiled);
	}
	secant_tensor_free(&whole);
	secant_image_free(&im);
}

static void
large_pictures_go_in_tiles(void **state)
{
	/* 1,600 x 1,000 is above the limit: 4 x 3 tiles of 448 x 384, found by the probabilities of one. */
	tiny_red(path_a);
	secant_predictor *p = open_one(path_a, "");
	secant_image im = noise(1600, 1000, 3, SECANT_U8), mask;
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	assert_int_equal(p->window.n, 448 * 384);
	for (int i = 0; i < 1600000; i++)
		assert_int_equal(((uint8_t *)mask.data)[i], ((uint8_t *)im.data)[3 * i] > 100 ? 255 : 0);
	secant_image_free(&mask);
	secant_image_free(&im);
	secant_predictor_close(p);
}

static void
tiles_blend(void **state)
{
	/* A network that sees its neighbours errs at the edge of a tile only, where the other tile weighs more. */
	tiny_write(
		&(tiny){ 1, 1, 3, 1, (float[]){ 1, 1, 1, 1, 1, 1, 1, 1, 1 }, (float[]){ 0 }, NULL, "unit", NULL }, path_a);
	secant_image im = noise(40, 96, 1, SECANT_U8);
	memset(im.data, 26, 40 * 96);
	secant_tensor whole = predict_once(path_a, "", &im), tiled = predict_once(path_a, "tile=40x56|overlap=16", &im);
	double inside = sigmoid(9 * 26 / 255.), edge = sigmoid(6 * 26 / 255.);
	for (int x = 1; x < 95; x++) {
		double p = secant_tensor_get(&tiled, 20 * 96 + x);
		/* Tiles end at 56 and begin at 40: there the weights are (16.5 - k) against (.5 + k) of 16. */
		double far = x == 40 ? .5 / 16 : x == 55 ? .5 / 16 : 0;
		assert_true(fabs(p - (inside * (1 - far) + edge * far)) < 1e-6);
		assert_true(fabs(secant_tensor_get(&whole, 20 * 96 + x) - inside) < 1e-6);
	}
	secant_tensor_free(&whole);
	secant_tensor_free(&tiled);
	secant_image_free(&im);
}

/* ---- views ---- */

static const struct {
	const char *tta;
	int n, orientation[8];
} views[] = {
	/* EXIF orientations: 2 mirrored, 3 half turn, 4 upside down, 5 exchanged, 6 and 8 quarter turns, 7 exchanged across
	 */
	{ "flip-h", 2, { 1, 2 } },
	{ "flip-v", 2, { 1, 4 } },
	{ "flip-h,flip-v", 3, { 1, 2, 4 } },
	{ "flips", 4, { 1, 2, 3, 4 } },
	{ "rot90", 4, { 1, 6, 3, 8 } },
	{ "d4", 8, { 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ "none", 1, { 1 } },
	{ "flips,flip-h", 4, { 1, 2, 3, 4 } },
};

static void
views_are_turned_back(void **state)
{
	static const int inverse[9] = { 0, 1, 2, 3, 4, 5, 8, 7, 6 };
	tiny_write(&(tiny){ 1, 1, 3, 4, blur, bias_0, NULL, "unit", NULL }, path_a);
	secant_image im = noise(10, 17, 1, SECANT_U8);
	for (size_t k = 0; k < sizeof views / sizeof *views; k++) {
		char text[100];
		snprintf(text, sizeof text, "tta=%s", views[k].tta);
		secant_tensor got = predict_once(path_a, text, &im);
		double sum[170] = { 0 };
		for (int v = 0; v < views[k].n; v++) {
			secant_image turned, plane, back;
			assert_int_equal(secant_image_orient(&turned, &im, views[k].orientation[v], NULL), 0);
			secant_tensor t = predict_once(path_a, "", &turned);
			assert_int_equal(secant_image_new(&plane, turned.width, turned.height, 1, SECANT_F32, NULL), 0);
			memcpy(plane.data, t.data, 170 * sizeof(float));
			assert_int_equal(secant_image_orient(&back, &plane, inverse[views[k].orientation[v]], NULL), 0);
			assert_int_equal(back.width, 17);
			for (int i = 0; i < 170; i++)
				sum[i] += ((float *)back.data)[i];
			secant_tensor_free(&t);
			secant_image_free(&turned);
			secant_image_free(&plane);
			secant_image_free(&back);
		}
		for (int i = 0; i < 170; i++)
			if (fabs(secant_tensor_get(&got, i) - sum[i] / views[k].n) > 1e-6)
				fail_msg("%s at %d: %g, want %g", views[k].tta, i, secant_tensor_get(&got, i), sum[i] / views[k].n);
		secant_tensor_free(&got);
	}
	secant_image_free(&im);
}

/* ---- ensembles ---- */

static void
ensembles_average(void **state)
{
	secant_err err = { 0 };
	tiny_write(&(tiny){ 1, 1, 3, 4, blur, bias_0, NULL, "unit", NULL }, path_a);
	tiny_write(&(tiny){ 1, 1, 1, 16, (float[]){ 2 }, (float[]){ 1 }, NULL, "symmetric", NULL }, path_b);
	secant_image im = noise(12, 9, 1, SECANT_U8);
	secant_tensor a = predict_once(path_a, "", &im), b = predict_once(path_b, "", &im);
	secant_predictor *p = open_with((const char *const[]){ path_a, path_b }, 2, "", &err);
	assert_non_null(p);
	secant_tensor both = probabilities(p, &im);
	for (int i = 0; i < 108; i++)
		assert_true(
			fabs(secant_tensor_get(&both, i) - (secant_tensor_get(&a, i) + secant_tensor_get(&b, i)) / 2) < 1e-6);
	secant_predictor_close(p);
	secant_tensor_free(&a);
	secant_tensor_free(&b);
	secant_tensor_free(&both);
	secant_image_free(&im);
}

static void
refuses(const char *const *models, int n, const char *options, const char *expected)
{
	secant_err err = { 0 };
	assert_null(open_with(models, n, options, &err));
	if (!strstr(err.msg, expected))
		fail_msg("'%s' lacks '%s'", err.msg, expected);
}

static void
what_does_not_go_together(void **state)
{
	float many[9] = { 0 };
	tiny_write(&(tiny){ 1, 1, 1, 1, many, many, NULL, NULL, NULL }, path_a);
	const char *two[] = { path_a, path_b };
	tiny_write(&(tiny){ 1, 3, 1, 1, many, many, NULL, NULL, NULL }, path_b);
	refuses(two, 2, "", "b.safetensors predicts 3 classes (multiclass), ");
	refuses(two, 2, "", "a.safetensors 1 (binary): models of an ensemble must agree");
	tiny_write(&(tiny){ 2, 1, 1, 1, many, many, NULL, NULL, NULL }, path_b);
	refuses(two, 2, "", "b.safetensors wants 2 channels, ");
	refuses(two, 1, "tta=flipv",
		"--tta: 'flipv' is not flip-h, flip-v, flips, rotate90, d4, scale(F), stretch(LO,HI) or none (nearest: "
		"flip-v)");
	refuses(two, 1, "tile=64|overlap=33", "--overlap 33 is more than half of a tile of 64x64");
	refuses(two, 1, "resize=true", "--resize wants the size to scale to");
	refuses(two, 1, "size=64", "--size scales pictures together with --resize only");
	refuses(two, 1, "size=64|resize=true|tile=64", "--resize and --tile exclude each other");
	refuses((const char *const[]){ "/no/such.safetensors" }, 1, "", "/no/such.safetensors: cannot open");
	assert_int_equal(secant_file_write(path_b, "{}", 2, NULL), 0);
	refuses(two + 1, 1, "", "b.safetensors");
}

/* ---- scaled ---- */

static void
scaled_pictures(void **state)
{
	tiny_write(&(tiny){ 1, 1, 1, 1, (float[]){ .05f }, (float[]){ -4 }, NULL, NULL, NULL }, path_a);
	secant_image im = noise(30, 50, 1, SECANT_U8);
	for (int i = 0; i < 1500; i++)
		((uint8_t *)im.data)[i] = i % 50 < 25 ? 20 : 200;
	secant_tensor t = predict_once(path_a, "size=15x20|resize=true", &im);
	for (int y = 0; y < 30; y++)
		for (int x = 0; x < 50; x++)
			if (x < 20 || x >= 30)
				assert_true(fabs(secant_tensor_get(&t, y * 50 + x) - sigmoid(.05 * (x < 25 ? 20 : 200) - 4)) < 1e-5);
	secant_tensor_free(&t);
	secant_image_free(&im);
}

/* ---- masks ---- */

static void
classes_and_none(void **state)
{
	/* The channels are the logits. */
	const float eye[9] = { .1f, 0, 0, 0, .1f, 0, 0, 0, .1f }, zero[3] = { -10, -10, -10 };
	secant_image im = noise(20, 20, 3, SECANT_U8), mask;
	tiny_write(&(tiny){ 3, 3, 1, 1, eye, zero, NULL, NULL, "[\"sky\", \"road\", \"car\"]" }, path_a);
	secant_predictor *p = open_one(path_a, "");
	assert_string_equal(secant_predictor_class_name(p, 1), "road");
	assert_null(secant_predictor_class_name(p, 3));
	secant_tensor t = probabilities(p, &im);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	for (int i = 0; i < 400; i++) {
		const uint8_t *v = (uint8_t *)im.data + 3 * i;
		int best = 0;
		double sum = 0;
		for (int c = 0; c < 3; c++) {
			best = v[c] > v[best] ? c : best;
			sum += secant_tensor_get(&t, c * 400 + i);
		}
		assert_true(fabs(sum - 1) < 1e-5);
		assert_int_equal(((uint8_t *)mask.data)[i], best);
	}
	secant_tensor_free(&t);
	secant_image_free(&mask);
	secant_predictor_close(p);
	tiny_write(&(tiny){ 3, 3, 1, 1, eye, zero, "multilabel", NULL, NULL }, path_a);
	p = open_one(path_a, "");
	t = probabilities(p, &im);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	for (int i = 0; i < 400; i++) {
		const uint8_t *v = (uint8_t *)im.data + 3 * i;
		int best = v[1] > v[0] ? 1 : 0;
		best = v[2] > v[best] ? 2 : best;
		assert_true(fabs(secant_tensor_get(&t, best * 400 + i) - sigmoid(.1 * v[best] - 10)) < 1e-5);
		if (v[best] != 100)
			assert_int_equal(((uint8_t *)mask.data)[i], v[best] > 100 ? best : 255);
	}
	secant_tensor_free(&t);
	secant_image_free(&mask);
	secant_predictor_close(p);
	secant_image_free(&im);
}

static void
many_classes_want_two_bytes(void **state)
{
	enum { CLASSES = 300 };
	float weight[CLASSES] = { 0 }, bias[CLASSES] = { 0 };
	bias[299] = 1;
	weight[280] = 1;
	tiny_write(&(tiny){ 1, CLASSES, 1, 1, weight, bias, NULL, NULL, NULL }, path_a);
	secant_predictor *p = open_one(path_a, "");
	secant_image im = noise(2, 2, 1, SECANT_U8), mask;
	memcpy(im.data, "\0\1\2\3", 4);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	assert_int_equal(mask.dtype, SECANT_U16);
	assert_int_equal(((uint16_t *)mask.data)[0], 299);
	assert_int_equal(((uint16_t *)mask.data)[2], 280);
	secant_image_free(&mask);
	secant_image_free(&im);
	secant_predictor_close(p);
}

static void
small_areas_go(void **state)
{
	static const char *const rows[] = { "##..#", "#...#", "..#.#", ".##..", "#...." };
	static const char *const kept[] = { "##..#", "#...#", "..#.#", ".##..", "....." };
	tiny_red(path_a);
	secant_image im = noise(5, 5, 3, SECANT_U8), mask;
	for (int i = 0; i < 25; i++)
		memset((uint8_t *)im.data + 3 * i, rows[i / 5][i % 5] == '#' ? 200 : 0, 3);
	for (int area = 0; area < 5; area++) {
		char text[60];
		snprintf(text, sizeof text, "min-area=%d", area);
		secant_predictor *p = open_one(path_a, text);
		assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
		for (int i = 0; i < 25; i++) {
			char want = area < 2 ? rows[i / 5][i % 5] : area < 4 ? kept[i / 5][i % 5] : '.';
			assert_int_equal(((uint8_t *)mask.data)[i], want == '#' ? 255 : 0);
		}
		secant_image_free(&mask);
		secant_predictor_close(p);
	}
	secant_image_free(&im);
}

static void
overlays_show_classes(void **state)
{
	uint8_t colour[3];
	secant_err err = { 0 };
	tiny_red(path_a);
	secant_predictor *p = open_one(path_a, "");
	secant_predictor_colour(p, 0, colour);
	secant_image im = noise(6, 6, 3, SECANT_U8), mask, overlay;
	for (int i = 0; i < 36; i++)
		memset((uint8_t *)im.data + 3 * i, i % 6 < 3 ? 40 : 200, 3);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	assert_int_equal(secant_predictor_overlay(p, &im, &mask, &overlay, NULL), 0);
	for (int i = 0; i < 36; i++)
		for (int c = 0; c < 3; c++) {
			int x = i % 6, want = x < 3 ? 40 : x == 3 ? colour[c] : (200 + colour[c] + 1) / 2;
			assert_int_equal(((uint8_t *)overlay.data)[3 * i + c], want);
		}
	secant_image_free(&overlay);
	secant_image small = noise(5, 6, 3, SECANT_U8);
	assert_int_equal(secant_predictor_overlay(p, &small, &mask, &overlay, &err), SECANT_ERR_SHAPE);
	assert_string_equal(err.msg, "the mask is 6x6x1 of u8, want 5x6x1 of u8");
	secant_image_free(&small);
	secant_image_free(&mask);
	secant_image_free(&im);
	secant_predictor_close(p);
}

/* ---- memory ---- */

static void
every_allocation_may_fail(void **state)
{
	tiny_write(&(tiny){ 1, 1, 3, 4, blur, bias_0, NULL, "unit", "[\"x\"]" }, path_a);
	const char *models[] = { path_a };
	secant_image im = noise(20, 20, 1, SECANT_U8);
	secant_predictor *first = open_one(path_a, ""); /* what is made once per process */
	secant_predictor_close(first);
	long live = base_mem_live();
	for (long n = 1;; n++) {
		secant_err err = { 0 };
		secant_image mask = { 0 };
		secant_predict o;
		assert_int_equal(secant_opts_init(&secant_predict_options, &o, NULL), 0);
		o.min_area = 2;
		base_mem_fail_at(n);
		secant_predictor *p = secant_predictor_open(models, 1, &o, &err);
		secant_status status = p ? secant_predictor_mask(p, &im, &mask, &err) : err.code;
		base_mem_fail_at(0);
		secant_opts_free(&secant_predict_options, &o);
		secant_predictor_close(p);
		secant_image_free(&mask);
		assert_int_equal(base_mem_live(), live);
		if (!status)
			break;
		assert_true(err.msg[0]);
		assert_true(n < 5000);
	}
	secant_image_free(&im);
}

static int
begin(void **state)
{
	make_folder(NULL);
	snprintf(path_a, sizeof path_a, "%s/a.safetensors", folder);
	snprintf(path_b, sizeof path_b, "%s/b.safetensors", folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiles_cover_evenly_and_weigh_one),
		cmocka_unit_test(pixels_become_probabilities),
		cmocka_unit_test(thresholds),
		cmocka_unit_test(other_kinds_of_pictures),
		cmocka_unit_test(padding_reflects),
		cmocka_unit_test(precisions),
		cmocka_unit_test(tiles_equal_the_whole),
		cmocka_unit_test(large_pictures_go_in_tiles),
		cmocka_unit_test(tiles_blend),
		cmocka_unit_test(views_are_turned_back),
		cmocka_unit_test(ensembles_average),
		cmocka_unit_test(what_does_not_go_together),
		cmocka_unit_test(scaled_pictures),
		cmocka_unit_test(classes_and_none),
		cmocka_unit_test(many_classes_want_two_bytes),
		cmocka_unit_test(small_areas_go),
		cmocka_unit_test(overlays_show_classes),
		cmocka_unit_test(every_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, begin, drop_folder);
}
