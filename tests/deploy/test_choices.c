/*
 * What may be asked of a prediction beyond a plain mask: views that are scaled or stretched, votes, class rules on
 * bands, an offset, pixels without data, polygons, legends. Networks are one convolution, so that every result can be
 * worked out beside it.
 */
#include "asking.h"
#include <math.h>
#include "base/json.h"
#include "codec/tiff.h"

static secant_image
mask_of(const char *model, const char *options, const secant_image *im)
{
	secant_image mask;
	secant_err err = { 0 };
	secant_predictor *p = open_one(model, options);
	if (secant_predictor_mask(p, im, &mask, &err))
		fail_msg("%s", err.msg);
	secant_predictor_close(p);
	return mask;
}

static secant_tensor
probabilities_of(const char *const *models, int n, const char *options, const secant_image *im)
{
	secant_tensor t = { 0 };
	secant_err err = { 0 };
	secant_predictor *p = open_with(models, n, options, &err);
	if (!p || secant_predictor_probabilities(p, im, &t, &err))
		fail_msg("%s", err.msg);
	secant_predictor_close(p);
	return t;
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* ---- views ---- */

/* A plane v * .05 - 6 as logits, so that probabilities are as smooth as the picture. */
static void
scaled_views_average(void **state)
{
	secant_image im, small;
	const char *model = in_folder("plain.safetensors");
	tiny_write(&(tiny){ 1, 1, 1, 1, (float[]){ .05f }, (float[]){ -6 }, NULL, NULL, NULL }, model);
	assert_int_equal(secant_image_new(&im, 20, 16, 1, SECANT_U8, NULL), 0);
	for (int i = 0; i < 320; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(i % 20 * 8 + i / 20 * 4);
	secant_tensor got = probabilities_of(&model, 1, "tta=scale(0.5)", &im),
				  plain = probabilities_of(&model, 1, "", &im);
	assert_int_equal(secant_image_resize(&small, &im, 10, 8, SECANT_FILTER_BILINEAR, NULL), 0);
	secant_tensor half = probabilities_of(&model, 1, "", &small);
	for (int y = 0; y < 16; y++)
		for (int x = 0; x < 20; x++) {
			int y0, y1, x0, x1;
			double v = (double)deploy_place(y, 8, 16, &y0, &y1), u = (double)deploy_place(x, 10, 20, &x0, &x1);
			double up = secant_tensor_get(&half, y0 * 10 + x0) * (1 - u) + secant_tensor_get(&half, y0 * 10 + x1) * u;
			double down = secant_tensor_get(&half, y1 * 10 + x0) * (1 - u) + secant_tensor_get(&half, y1 * 10 + x1) * u;
			double want = (secant_tensor_get(&plain, y * 20 + x) + up * (1 - v) + down * v) / 2;
			if (fabs(secant_tensor_get(&got, y * 20 + x) - want) > 1e-5)
				fail_msg("(%d, %d): %g, want %g", x, y, secant_tensor_get(&got, y * 20 + x), want);
		}
	secant_tensor_free(&got);
	secant_tensor_free(&plain);
	secant_tensor_free(&half);
	secant_image_free(&im);
	secant_image_free(&small);
}

/* Values 100 to 119, each five times: stretched from the lowest to the highest, 100 becomes 0 and 119 becomes 255. */
static void
stretched_views(void **state)
{
	secant_image im;
	const char *model = in_folder("plain.safetensors");
	tiny_write(&(tiny){ 1, 1, 1, 1, (float[]){ .01f }, (float[]){ 0 }, NULL, NULL, NULL }, model);
	assert_int_equal(secant_image_new(&im, 20, 5, 1, SECANT_U8, NULL), 0);
	for (int i = 0; i < 100; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(100 + i % 20);
	secant_tensor t = probabilities_of(&model, 1, "tta=stretch(0,100)", &im);
	for (int x = 0; x < 20; x++) {
		double stretched = floor(x / 19. * 255 + .5), want = (sigmoid(.01 * (100 + x)) + sigmoid(.01 * stretched)) / 2;
		assert_true(fabs(secant_tensor_get(&t, 40 + x) - want) < 1e-5);
	}
	secant_tensor_free(&t);
	/* one value alone has nothing to stretch */
	memset(im.data, 77, 100);
	t = probabilities_of(&model, 1, "tta=stretch", &im);
	assert_true(fabs(secant_tensor_get(&t, 0) - sigmoid(.77)) < 1e-5);
	secant_tensor_free(&t);
	secant_image_free(&im);
}

static void
refuses(const char *option, const char *value, const char *message)
{
	char text[200];
	const char *model = in_folder("three.safetensors");
	secant_err err = { 0 };
	snprintf(text, sizeof text, "%s=%s", option, value);
	if (open_with(&model, 1, text, &err))
		fail_msg("%s is taken", text);
	if (!strstr(err.msg, message))
		fail_msg("'%s' lacks '%s'", err.msg, message);
}

static void
views_that_are_none(void **state)
{
	refuses("tta", "scale", "--tta: scale(0): numbers from 0.1 to 8 are wanted");
	refuses("tta", "scale(0.01)", "--tta: scale(0.01): numbers from 0.1 to 8 are wanted");
	refuses("tta", "scale(half)", "--tta: scale(half) is not scale(0.75)");
	refuses("tta", "scale(1,2)", "--tta: scale(2) is not scale(0.75)");
	refuses("tta", "stretch(98,2)", "--tta: stretch(98,2): limits are inverted");
	refuses("tta", "stretch(3)", "--tta: stretch wants 2 numbers, not 1");
	refuses("tta", "flip-h(1)", "--tta: flip-h has no numbers");
	refuses("tta", "scale(0.5", "has a ( without its )");
	refuses("tta", "flip-h,rotate9", "(nearest: rotate90)");
}

/* Three models say .9, .4, .4: the mean .567 is foreground, the vote is not. */
static void
votes(void **state)
{
	static const double logit[] = { 2.1972246, -.4054651, -.4054651 };
	const char *models[3] = { in_folder("v0.safetensors"), in_folder("v1.safetensors"), in_folder("v2.safetensors") };
	secant_image im = noise(3, 3, 1, SECANT_U8), mask;
	secant_err err = { 0 };
	for (int i = 0; i < 3; i++)
		tiny_write(&(tiny){ 1, 1, 1, 1, (float[]){ 0 }, (float[]){ (float)logit[i] }, NULL, NULL, NULL }, models[i]);
	for (int vote = 0; vote < 2; vote++) {
		secant_predictor *p = open_with(models, 3, vote ? "tta-merge=vote" : "", &err);
		assert_non_null(p);
		assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), 0);
		assert_int_equal(((uint8_t *)mask.data)[4], vote ? 0 : 255);
		secant_image_free(&mask);
		secant_predictor_close(p);
	}
	/* the share of votes, and a thousandth of the mean */
	secant_tensor t = probabilities_of(models, 3, "tta-merge=vote", &im);
	assert_true(fabs(secant_tensor_get(&t, 0) - (.999 / 3 + .001 * (.9 + .4 + .4) / 3)) < 1e-5);
	secant_tensor_free(&t);
	/* one against one: the mean decides */
	t = probabilities_of(models, 2, "tta-merge=vote", &im);
	assert_true(secant_tensor_get(&t, 0) > .5 && secant_tensor_get(&t, 0) < .501);
	secant_tensor_free(&t);
	secant_image_free(&im);
}

/* ---- rules ---- */

/* Logits of three classes are the first three of four channels. */
static void
write_three(void)
{
	static const float eye[12] = { .1f, 0, 0, 0, 0, .1f, 0, 0, 0, 0, .1f, 0 }, zero[3] = { 0 };
	tiny_write(&(tiny){ 4, 3, 1, 1, eye, zero, NULL, NULL, "[\"soil\", \"green\", \"roof\"]" },
		in_folder("three.safetensors"));
}

static int
best_of(const uint8_t *v, bool green, bool roof)
{
	int best = 0;
	if (green && v[1] > v[best])
		best = 1;
	if (roof && v[2] > v[best])
		best = 2;
	return best;
}

static void
rules_suppress(void **state)
{
	secant_image im = noise(20, 20, 4, SECANT_U8);
	secant_image mask = mask_of(
		in_folder("three.safetensors"), "rule=green: ndvi(4,3) > 0.2; 2: band(1) < 90 and diff(2,1)>=-30;", &im);
	int changed = 0;
	for (int i = 0; i < 400; i++) {
		const uint8_t *v = (uint8_t *)im.data + 4 * i;
		double nd = (double)(v[3] - v[2]) / (v[3] + v[2]);
		int want = best_of(v, nd > .2, v[0] < 90 && v[1] - v[0] >= -30);
		changed += want != best_of(v, true, true);
		assert_int_equal(((uint8_t *)mask.data)[i], want);
	}
	assert_true(changed > 20);
	secant_image_free(&mask);
	secant_image_free(&im);
}

/* 0/0 does not hold; where no class may be the mask has none, and of one class the background. */
static void
rules_at_their_limits(void **state)
{
	secant_image im = noise(2, 2, 4, SECANT_U8), mask;
	memset(im.data, 0, 16);
	((uint8_t *)im.data)[1] = 200; /* green, and bands 3, 4 are 0 */
	mask = mask_of(in_folder("three.safetensors"), "rule=green: nd(4,3) >= -1", &im);
	assert_int_equal(((uint8_t *)mask.data)[0], 0);
	secant_image_free(&mask);
	mask = mask_of(
		in_folder("three.safetensors"), "offset=1|rule=0: band(1) > 300;1: band(1) > 300;2: band(1) > 300", &im);
	assert_int_equal(((uint8_t *)mask.data)[0], 255);
	secant_image_free(&mask);
	/* one class: suppressed is background */
	tiny_write(
		&(tiny){ 4, 1, 1, 1, (float[]){ 0, 0, 0, 0 }, (float[]){ 9 }, NULL, NULL, NULL }, in_folder("one.safetensors"));
	mask = mask_of(in_folder("one.safetensors"), "rule=0: ratio(2,1) > 5", &im);
	assert_int_equal(((uint8_t *)mask.data)[0], 255); /* 200 / 0 */
	assert_int_equal(((uint8_t *)mask.data)[1], 0); /* 0 / 0 */
	secant_image_free(&mask);
	secant_image_free(&im);
}

/* A class that training left out (--ignore-index) is never chosen: the next probable one is. */
static void
the_ignored_class_has_no_output(void **state)
{
	format_model_file file;
	secant_err err = { 0 };
	assert_int_equal(format_model_file_read(&file, in_folder("three.safetensors"), &err), 0);
	json_object_set_new(file.settings, "ignored_class", json_integer(1));
	if (format_model_file_write(&file, in_folder("ignored.safetensors"), &err))
		fail_msg("%s", err.msg);
	format_model_file_free(&file);
	secant_image im = noise(20, 20, 4, SECANT_U8), mask = mask_of(in_folder("ignored.safetensors"), "", &im);
	for (int i = 0; i < 400; i++)
		assert_int_equal(((uint8_t *)mask.data)[i], best_of((uint8_t *)im.data + 4 * i, false, true));
	secant_image_free(&mask);
	secant_image_free(&im);
}

static void
rules_that_are_none(void **state)
{
	secant_image im = noise(4, 4, 4, SECANT_U8), mask;
	secant_err err = { 0 };
	refuses("rule", "grean: nd(1,2) > 0", "--rule: 'grean' is no class of the model, which has 3 (0 to 2)");
	refuses("rule", "3: nd(1,2) > 0", "--rule: '3' is no class of the model");
	refuses("rule", "green nd(1,2) > 0", "--rule: expected a class and a colon at 'green nd(1,2) > 0', place 1");
	refuses("rule", "green: system(1) > 0", "--rule: expected band(, nd(, ndvi(");
	refuses("rule", "green: nd(1) > 0", "--rule: expected a comma and a second band at ') > 0', place 12");
	refuses("rule", "green: nd(0,1) > 0", "--rule: expected a band from 1");
	refuses("rule", "green: nd(1,2 > 0", "--rule: expected ) at");
	refuses("rule", "green: nd(1,2) = 0", "--rule: expected >, >=, < or <=");
	refuses("rule", "green: nd(1,2) > x", "--rule: expected a number");
	refuses("rule", "green: nd(1,2) > 1e", "--rule: expected a number");
	refuses("rule", "green: nd(1,2) > 0 or nd(2,1) > 0", "--rule: expected 'and', ';' or the end at 'or nd(2,1) > 0'");
	secant_predictor *p = open_one(in_folder("three.safetensors"), "rule=green: ndvi(5,3) > 0.2");
	assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "--rule: ndvi asks for band 5, the picture has 4"));
	secant_predictor_close(p);
	secant_image_free(&im);
}

/* ---- offsets and no data ---- */

static void
offsets(void **state)
{
	secant_image im = noise(20, 20, 4, SECANT_U8), plain = mask_of(in_folder("three.safetensors"), "", &im),
				 mask = mask_of(in_folder("three.safetensors"), "offset=1", &im);
	for (int i = 0; i < 400; i++)
		assert_int_equal(((uint8_t *)mask.data)[i], ((uint8_t *)plain.data)[i] + 1);
	secant_image_free(&mask);
	mask = mask_of(in_folder("three.safetensors"), "offset=300", &im);
	assert_int_equal(mask.dtype, SECANT_U16);
	assert_int_equal(((uint16_t *)mask.data)[7], ((uint8_t *)plain.data)[7] + 300);
	secant_image_free(&mask);
	/* one class: background and foreground */
	tiny_write(&(tiny){ 4, 1, 1, 1, (float[]){ .1f, 0, 0, 0 }, (float[]){ -10.05f }, NULL, NULL, NULL },
		in_folder("one.safetensors"));
	mask = mask_of(in_folder("one.safetensors"), "offset=1|min-area=2", &im);
	for (int i = 0; i < 400; i++)
		assert_true(((uint8_t *)mask.data)[i] == 1 || ((uint8_t *)mask.data)[i] == 2);
	secant_image_free(&mask);
	secant_image_free(&plain);
	secant_image_free(&im);
}

/* The offset leaves overlays as they are. */
static void
offsets_do_not_show(void **state)
{
	secant_image im = noise(9, 9, 4, SECANT_U8), shown[2];
	for (int k = 0; k < 2; k++) {
		secant_predictor *p = open_one(in_folder("three.safetensors"), k ? "offset=7" : "");
		secant_image mask;
		secant_err err = { 0 };
		assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), 0);
		assert_int_equal(secant_predictor_overlay(p, &im, &mask, &shown[k], &err), 0);
		secant_image_free(&mask);
		secant_predictor_close(p);
	}
	assert_memory_equal(shown[0].data, shown[1].data, 243);
	secant_image_free(&shown[0]);
	secant_image_free(&shown[1]);
	secant_image_free(&im);
}

static void
set_nodata(secant_image *im, const char *text)
{
	static const double scale[3] = { 2, 2, 0 }, tie[6] = { 0, 0, 0, 500000, 4649000, 0 };
	static const uint16_t keys[] = { 1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633 };
	secant_geo geo = { 0 };
	secant_err err = { 0 };
	geo.tag[geo.n++] = (codec_geo_tag){ 33550, TIFF_DOUBLE, 3, (void *)(uintptr_t)scale };
	geo.tag[geo.n++] = (codec_geo_tag){ 33922, TIFF_DOUBLE, 6, (void *)(uintptr_t)tie };
	geo.tag[geo.n++] = (codec_geo_tag){ 34735, TIFF_SHORT, 12, (void *)(uintptr_t)keys };
	if (text)
		geo.tag[geo.n++] = (codec_geo_tag){ 42113, TIFF_ASCII, (uint32_t)strlen(text) + 1, (void *)(uintptr_t)text };
	assert_int_equal(secant_image_set_geo(im, &geo, &err), 0);
}

/* Pixel 0 has the value in every band, pixel 1 in all but one. */
static void
check_nodata(const char *text, int fill, const char *options, int want, int tagged)
{
	secant_image im = noise(4, 4, 4, SECANT_U8);
	double value;
	uint8_t *v = im.data;
	for (int i = 0; i < 64; i++)
		v[i] = (uint8_t)(10 + i % 4 * (i % 3));
	memset(v, fill, 8);
	v[6] = 5, v[2] = (uint8_t)fill;
	set_nodata(&im, text);
	secant_image mask = mask_of(in_folder("three.safetensors"), options, &im);
	if (((uint8_t *)mask.data)[0] != want)
		fail_msg("nodata %s: %d, want %d", text, ((uint8_t *)mask.data)[0], want);
	if (want)
		assert_int_not_equal(((uint8_t *)mask.data)[1], want);
	assert_true(secant_geo_nodata(secant_image_geo(&mask), &value) && value == tagged);
	assert_int_equal(secant_geo_epsg(secant_image_geo(&mask)), 32633);
	secant_image_free(&mask);
	secant_image_free(&im);
}

static void
no_data_stays(void **state)
{
	check_nodata("255", 255, "", 255, 255);
	check_nodata("0", 0, "", 255, 255); /* a class has the value: the mask has one of its own */
	check_nodata("2", 2, "", 255, 255);
	check_nodata("2", 2, "offset=10", 2, 2);
	check_nodata("7", 7, "", 7, 7); /* free: it stays */
	check_nodata("-9999", 7, "", 0, 255); /* no byte is -9999 */
}

/* ---- areas ---- */

/* Small areas of classes that may overlap become "none", not the first class. */
static void
small_areas_become_background(void **state)
{
	static const float eye[12] = { .1f, 0, 0, 0, 0, .1f, 0, 0, 0, 0, .1f, 0 }, minus[3] = { -10, -10, -10 };
	secant_image im, mask;
	tiny_write(&(tiny){ 4, 3, 1, 1, eye, minus, "multilabel", NULL, NULL }, in_folder("labels.safetensors"));
	assert_int_equal(secant_image_new(&im, 4, 4, 4, SECANT_U8, NULL), 0);
	((uint8_t *)im.data)[4 * 5 + 1] = 200; /* one pixel of class 1 */
	for (int i = 0; i < 2; i++)
		((uint8_t *)im.data)[4 * (14 + i)] = 200; /* two of class 0 */
	mask = mask_of(in_folder("labels.safetensors"), "min-area=2", &im);
	for (int i = 0; i < 16; i++)
		assert_int_equal(((uint8_t *)mask.data)[i], i >= 14 ? 0 : 255);
	secant_image_free(&mask);
	secant_image_free(&im);
}

/* ---- polygons ---- */

static json_t *
polygons_of(const char *const *rows, int height, int width, bool geo)
{
	secant_image im, mask;
	secant_err err = { 0 };
	secant_predictor *p = open_one(in_folder("three.safetensors"), "");
	assert_int_equal(secant_image_new(&im, width, height, 4, SECANT_U8, NULL), 0);
	for (int i = 0; i < height * width; i++)
		((uint8_t *)im.data)[4 * i + rows[i / width][i % width] - '0'] = 200;
	if (geo)
		set_nodata(&im, NULL);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), 0);
	if (deploy_polygons_write(p, &mask, secant_image_geo(&im), 0, in_folder("a.geojson"), &err))
		fail_msg("%s", err.msg);
	secant_image_free(&mask);
	secant_image_free(&im);
	secant_predictor_close(p);
	json_t *j = base_json_read(in_folder("a.geojson"), &err);
	if (!j)
		fail_msg("%s", err.msg);
	return j;
}

static double
area_of(const json_t *ring)
{
	double twice = 0;
	size_t n = json_array_size(ring);
	assert_true(n >= 5);
	assert_true(json_equal(json_array_get(ring, 0), json_array_get(ring, n - 1))); /* closed */
	for (size_t i = 0; i + 1 < n; i++) {
		const json_t *a = json_array_get(ring, i), *b = json_array_get(ring, i + 1);
		twice += json_number_value(json_array_get(a, 0)) * json_number_value(json_array_get(b, 1))
			- json_number_value(json_array_get(b, 0)) * json_number_value(json_array_get(a, 1));
	}
	return twice / 2;
}

static const json_t *
rings_of(const json_t *feature)
{
	return json_object_get(json_object_get(feature, "geometry"), "coordinates");
}

/* Outer rings counter-clockwise, holes clockwise, and the areas add up to the pixels. */
static void
check_features(const json_t *j, int features, double pixel)
{
	const json_t *list = json_object_get(j, "features"), *f, *ring;
	size_t i, k;
	assert_int_equal(json_array_size(list), features);
	json_array_foreach ((json_t *)(uintptr_t)list, i, f) {
		double sum = 0;
		json_array_foreach ((json_t *)(uintptr_t)rings_of(f), k, ring) {
			double area = area_of(ring);
			assert_true(k ? area < 0 : area > 0);
			sum += area;
		}
		assert_true(
			fabs(sum - pixel * json_number_value(json_object_get(json_object_get(f, "properties"), "pixels"))) < 1e-6);
	}
}

static void
polygons(void **state)
{
	static const char *const rows[] = { "1111102", "1000100", "1022100", "1002101", "1111110" };
	json_t *j = polygons_of(rows, 5, 7, false);
	check_features(
		j, 7, 1); /* the ring of 1, a 0 and a 2 above right, 0 and three of 2 within, 0 and a 1 that touch at corners */
	const json_t *first = json_array_get(json_object_get(j, "features"), 0),
				 *properties = json_object_get(first, "properties");
	assert_int_equal(json_array_size(rings_of(first)), 2);
	assert_string_equal(json_string_value(json_object_get(properties, "name")), "green");
	assert_int_equal(json_integer_value(json_object_get(properties, "class")), 1);
	assert_null(json_object_get(j, "crs"));
	json_decref(j);
	/* corners only where the outline turns */
	static const char *const block[] = { "000", "011", "011" };
	j = polygons_of(block, 3, 3, false);
	check_features(j, 2, 1);
	const json_t *ring = json_array_get(rings_of(json_array_get(json_object_get(j, "features"), 1)), 0);
	assert_int_equal(json_array_size(ring), 5);
	json_decref(j);
	static const char *const first_class[] = { "00", "00" }; /* class 0 of several is one as the others are */
	j = polygons_of(first_class, 2, 2, false);
	check_features(j, 1, 1);
	json_decref(j);
}

/* Pixels of 2 x 2 metres from (500000, 4649000) down: north is up, so the walk turns round. */
static void
polygons_lie_where_the_picture_is(void **state)
{
	static const char *const rows[] = { "0000", "0111", "0101", "0111" };
	json_t *j = polygons_of(rows, 4, 4, true);
	check_features(j, 3, 4);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json_object_get(j, "crs"), "properties"), "name")),
		"urn:ogc:def:crs:EPSG::32633");
	const json_t *ring = json_array_get(rings_of(json_array_get(json_object_get(j, "features"), 1)), 0);
	double least_x = INFINITY, most_y = -INFINITY;
	for (size_t i = 0; i < json_array_size(ring); i++) {
		least_x = fmin(least_x, json_number_value(json_array_get(json_array_get(ring, i), 0)));
		most_y = fmax(most_y, json_number_value(json_array_get(json_array_get(ring, i), 1)));
	}
	assert_true(least_x == 500002 && most_y == 4648998);
	json_decref(j);
}

/* No ring meets itself: its corners are all different. */
static void
check_simple(const json_t *ring)
{
	size_t n = json_array_size(ring) - 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_false(json_equal(json_array_get(ring, i), json_array_get(ring, k)));
}

/* Every shape of 4 x 4: rings cover exactly the pixels. */
static void
polygons_of_every_small_shape(void **state)
{
	secant_image mask;
	secant_err err = { 0 };
	tiny_red(in_folder("red.safetensors"));
	secant_predictor *p = open_one(in_folder("red.safetensors"), "");
	assert_int_equal(secant_image_new(&mask, 4, 4, 1, SECANT_U8, NULL), 0);
	for (int bits = 1; bits < 65536; bits += 37) {
		double sum = 0;
		for (int i = 0; i < 16; i++)
			((uint8_t *)mask.data)[i] = bits >> i & 1 ? 255 : 0;
		if (deploy_polygons_write(p, &mask, NULL, 0, in_folder("a.geojson"), &err))
			fail_msg("%s", err.msg);
		json_t *j = base_json_read(in_folder("a.geojson"), &err), *f, *ring;
		size_t i, k;
		json_array_foreach (json_object_get(j, "features"), i, f)
			json_array_foreach ((json_t *)(uintptr_t)rings_of(f), k, ring)
				check_simple(ring), sum += area_of(ring);
		assert_int_equal((int)sum, __builtin_popcount((unsigned)bits));
		check_features(j, (int)json_array_size(json_object_get(j, "features")), 1);
		json_decref(j);
	}
	secant_image_free(&mask);
	secant_predictor_close(p);
}

/* ---- files ---- */

static void
files_of_everything(void **state)
{
	secant_image im = noise(40, 60, 4, SECANT_U8), shown;
	secant_err err = { 0 };
	set_nodata(&im, "255");
	assert_int_equal(secant_image_write(&im, in_folder("scene.tif"), NULL, &err), 0);
	secant_predictor *p = open_one(in_folder("three.safetensors"), "min-area=2|rule=green: ndvi(4,3) > 0.2");
	secant_predict_output o = { .out = in_folder("out"), .overlay = true, .legend = true, .vector = true, .format = 1 };
	if (secant_predictor_files(p, (const char *const[]){ in_folder("scene.tif") }, 1, &o, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	secant_predictor_close(p);
	assert_true(secant_is_file(in_folder("out/scene.tif")));
	if (secant_image_read(&shown, in_folder("out/scene.overlay.png"), NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(shown.width, 60);
	assert_true(shown.height > 40 + 20); /* the legend below; two entries do not fit beside each other in 60 pixels */
	int white = 0;
	for (int i = 40 * 60 * 3; i < shown.height * 60 * 3; i++)
		white += ((uint8_t *)shown.data)[i] == 255;
	assert_true(white > 40 * 60 && white < (shown.height - 40) * 60 * 3);
	secant_image_free(&shown);
	json_t *j = base_json_read(in_folder("out/scene.geojson"), &err);
	assert_non_null(j);
	check_features(j, (int)json_array_size(json_object_get(j, "features")), 4);
	json_decref(j);
	/* what the network sees of a file with four bands is the same with and without a rule */
	const char *models[] = { in_folder("three.safetensors") };
	secant_image a, b, file;
	assert_int_equal(secant_image_read(&file, in_folder("scene.tif"), NULL, &err), 0);
	a = mask_of(models[0], "", &file), b = mask_of(models[0], "rule=0: band(1) >= 0", &file);
	assert_memory_equal(a.data, b.data, 2400);
	secant_image_free(&a);
	secant_image_free(&b);
	secant_image_free(&file);
	secant_image_free(&im);
}

static int
begin(void **state)
{
	make_folder(NULL);
	write_three();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scaled_views_average),
		cmocka_unit_test(stretched_views),
		cmocka_unit_test(views_that_are_none),
		cmocka_unit_test(votes),
		cmocka_unit_test(rules_suppress),
		cmocka_unit_test(rules_at_their_limits),
		cmocka_unit_test(the_ignored_class_has_no_output),
		cmocka_unit_test(rules_that_are_none),
		cmocka_unit_test(offsets),
		cmocka_unit_test(offsets_do_not_show),
		cmocka_unit_test(no_data_stays),
		cmocka_unit_test(small_areas_become_background),
		cmocka_unit_test(polygons),
		cmocka_unit_test(polygons_lie_where_the_picture_is),
		cmocka_unit_test(polygons_of_every_small_shape),
		cmocka_unit_test(files_of_everything),
	};
	return cmocka_run_group_tests_name("choices", tests, begin, drop_folder);
}
