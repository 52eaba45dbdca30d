/*
 * Post-processing by itself: what networks of MindSpore's SSD, of places of text and of people make. Right values are
 * computed by hand from the formulas, or by OpenCV where that is said.
 */
#include "post_stub.h"

/* SSD of MindSpore: parts of the picture (y0, x0, y1, x1), the class 0 is nothing, sides are a pixel longer in
 * overlaps. */
static void
test_ssd_of_mindspore(void **state)
{
	answer a;
	char text[1000];
	tensors all = { 0 };
	memcpy(add(&all, 3, (int64_t[]){ 1, 3, 4 }),
		(float[]){ 0.25F, 0.5F, 0.75F, 1.5F, 0.25F, 0.5F, 0.74F, 1.5F, 0.5F, 0.25F, 0.25F, 0 }, 48);
	memcpy(add(&all, 3, (int64_t[]){ 1, 3, 3 }), (float[]){ 0.9F, 0.6F, 0, 0, 0.7F, 0, 0.9F, 0, 0.8F }, 36);
	post(&a, "mxpi_objectpostprocessor", "libSsdMobilenetFpn_MindsporePost.so",
		json(text, "'CLASS_NUM':'3','SCORE_THRESH':'0.5','IOU_THRESH':'0.6'"), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.box[0].class_id, 1);
	assert_float_equal(a.box[0].confidence, 0.7F, 0);
	assert_float_equal(a.box[0].x0, 320, 1e-3);
	assert_float_equal(a.box[0].x1, 640, 1e-3);
	assert_float_equal(a.box[0].y1, 236.8F, 1e-3);
	assert_int_equal(a.box[1].class_id, 2);
	assert_float_equal(a.box[1].x1, 160, 1e-3);
	assert_float_equal(a.box[1].y0, 80, 1e-3);
}

/* Four pieces of CTPN beside each other are a line, one alone is none. */
static void
test_lines_of_pieces(void **state)
{
	static const scaled half = { 192, 64, 96, 32, 0, 0, { 0 }, false },
						square = { 192, 128, 96, 64, 0, 0, { 0 }, false };
	answer a;
	char text[1000];
	tensors all = { 0 };
	add(&all, 4, (int64_t[]){ 1, 2, 6, 40 });
	float *score = add(&all, 4, (int64_t[]){ 1, 2, 6, 20 });
	for (int x = 1; x < 5; x++)
		score[x * 20 + 1] = 0.9375F; /* the anchor of 11 pixels, which is 2 to 14 */
	score[6 * 20 + 1] = 0.9375F;
	post(&a, "mxpi_textobjectpostprocessor", "libctpnpostprocess.so", json(text, "'IS_MINDSPORE':'false'"), &all, &half,
		NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text,
		"\"x0\":32,\"y0\":4,\"x1\":160,\"y1\":4,\"x2\":160,\"y2\":28,\"x3\":32,\"y3\":28,"
		"\"confidence\":0.9375"));
	assert_null(strstr(strstr(a.text, "confidence") + 1, "confidence"));
	/* the pieces of MindSpore, each a bit lower */
	all = (tensors){ 0 };
	float *p = add(&all, 2, (int64_t[]){ 6, 5 });
	for (int i = 0; i < 4; i++)
		memcpy(p + 5 * i, (float[]){ 16 * (float)i, 10 + 2 * (float)i, 16 * (float)i + 16, 30 + 2 * (float)i, 0.9375F },
			20);
	memcpy(p + 20, p, 20); /* seen again */
	memcpy(p + 25, (float[]){ 60, 16, 76, 36, 1 }, 20); /* does not count */
	memcpy(add(&all, 1, (int64_t[]){ 6 }), (uint8_t[]){ 1, 1, 1, 1, 1, 0 }, 6);
	all.t[1].type = STREAM_T_BOOL;
	all.t[1].size = 6;
	post(&a, "mxpi_textobjectpostprocessor", "libctpnpostprocess.so", json(text, "'IS_ORIENTED':'true'"), &all, &square,
		NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text, "\"x0\":0,\"y0\":15.5,\"x1\":133.538"));
	assert_non_null(strstr(a.text, "\"y1\":32.192"));
	assert_non_null(strstr(a.text, "\"x2\":128,\"y2\":76.5,\"x3\":-5.538"));
	all = (tensors){ 0 };
	add(&all, 4, (int64_t[]){ 1, 2, 5, 40 });
	add(&all, 4, (int64_t[]){ 1, 2, 5, 20 });
	post(&a, "mxpi_textobjectpostprocessor", "libctpnpostprocess.so", json(text, "'IS_MINDSPORE':'false'"), &all, &half,
		NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "1xHxWx40"));
}

/* Two lines of text that touch in the largest map of PSENet and are apart in the smallest one; a speck that is too
 * small; and a slanted line, whose box is cv2.minAreaRect's (4.14). */
static void
test_maps_of_text(void **state)
{
	enum { WIDE = 48, HIGH = 24, SIDE = 40, MAPS = 3 };
	static const int left[MAPS][2] = { { 2, 20 }, { 4, 18 }, { 6, 16 } },
					 right[MAPS][2] = { { 21, 44 }, { 23, 42 }, { 26, 40 } };
	static const scaled wide = { 10 * WIDE, 10 * HIGH, WIDE, HIGH, 0, 0, { 0 }, false },
						square = { SIDE, SIDE, SIDE, SIDE, 0, 0, { 0 }, false };
	answer a;
	char text[1000];
	tensors all = { 0 };
	float *p = add(&all, 4, (int64_t[]){ 1, MAPS, HIGH, WIDE });
	for (int m = 0; m < MAPS; m++)
		for (int y = 4 + m; y <= 9 - m; y++)
			for (int x = 0; x < WIDE; x++)
				if ((x >= left[m][0] && x <= left[m][1]) || (x >= right[m][0] && x <= right[m][1]))
					p[(m * HIGH + y) * WIDE + x] = 4;
	for (int m = 0; m < MAPS; m++)
		p[(m * HIGH + 20) * WIDE + 5] = 4;
	post(&a, "mxpi_textobjectpostprocessor", "libpsenetpostprocess.so",
		json(text, "'KERNEL_NUM':'3','MIN_AREA':'20','MIN_KERNEL_AREA':'2'"), &all, &wide, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text,
		"\"x0\":20,\"y0\":40,\"x1\":200,\"y1\":40,\"x2\":200,\"y2\":90,\"x3\":20,\"y3\":90,"
		"\"confidence\":0.982"));
	const char *other = strstr(a.text, "\"x0\":210,\"y0\":40,\"x1\":440,\"y1\":40,\"x2\":440,\"y2\":90,");
	assert_true(other > a.text);
	assert_null(strstr(other, "\"y0\":200"));
	all = (tensors){ 0 };
	p = add(&all, 4, (int64_t[]){ 1, 1, SIDE, SIDE });
	for (int i = 0; i < SIDE * SIDE; i++) {
		int x = i % SIDE, y = i / SIDE;
		p[i] = 2 * x + y >= 40 && 2 * x + y <= 60 && x - 2 * y >= -10 && x - 2 * y <= 10 ? 4 : -4;
	}
	post(&a, "mxpi_textobjectpostprocessor", "libpsenetpostprocess.so", json(text, "'KERNEL_NUM':'1','MIN_AREA':'20'"),
		&all, &square, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text, "\"x0\":18,\"y0\":4,\"x1\":26,\"y1\":8,\"x2\":22,\"y2\":16,\"x3\":14,\"y3\":12,"));
	all = (tensors){ 0 };
	add(&all, 4, (int64_t[]){ 1, MAPS, HIGH, WIDE });
	post(&a, "mxpi_textobjectpostprocessor", "libpsenetpostprocess.so", json(text, ""), &all, &wide, NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "KERNEL_NUM 7"));
}

/* Neck, shoulder, elbow and hand of OpenPose on a map of 8x8: places and scores as cv2.resize and cv2.filter2D (4.14)
 * make them; no person where nothing leads from the elbow on. */
static void
test_people(void **state)
{
	static const int cells[4][2] = { { 1, 1 }, { 1, 3 }, { 1, 5 }, { 4, 5 } }, x_ways[2] = { 12, 14 };
	static const scaled square = { 640, 640, 64, 64, 0, 0, { 0 }, false };
	enum { MAPS = 57, HEAT = 19, SIDE = 8 };
	answer a;
	char text[1000];
	for (int whole = 0; whole < 2; whole++) {
		tensors all = { 0 };
		float *p = add(&all, 4, (int64_t[]){ 1, SIDE, SIDE, MAPS });
		for (int part = 1; part <= 4; part++) {
			int y = cells[part - 1][0], x = cells[part - 1][1];
			p[(y * SIDE + x) * MAPS + part] = 1;
			p[(y * SIDE + x + 1) * MAPS + part] = p[((y + 1) * SIDE + x) * MAPS + part] = 0.2F;
		}
		for (int i = 0; i < SIDE * SIDE; i++) {
			for (int k = 0; k < 2; k++)
				p[i * MAPS + HEAT + x_ways[k]] = 1;
			p[i * MAPS + HEAT + 17] = (float)whole;
		}
		post(&a, "mxpi_keypointpostprocessor", "libopenposepostprocess.so", json(text, "'KEYPOINT_NUM':'19'"), &all,
			&square, NULL, NULL);
		assert_int_equal(a.code, 0);
		assert_int_equal(a.n, whole - 1); /* three parts are no person */
		if (!whole)
			continue;
		assert_non_null(strstr(a.text, "{\"x\":0.1875,\"y\":0.1875,\"name\":1,\"score\":0.9023"));
		assert_non_null(strstr(a.text, "{\"x\":0.6875,\"y\":0.5625,\"name\":4,\"score\":0.9023"));
		assert_non_null(strstr(a.text, "],\"score\":1.6523"));
	}
	tensors other = { 0 };
	add(&other, 4, (int64_t[]){ 1, SIDE, SIDE, 56 });
	post(&a, "mxpi_keypointpostprocessor", "libopenposepostprocess.so", json(text, ""), &other, &square, NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "1xHxWx57"));
}

/* Two persons of HigherHRNet on maps of 8x8 that become 16x16: tags 0 on the left and 5 on the right; a key point that
 * one of them lacks is nowhere else. */
static void
test_people_by_tags(void **state)
{
	enum { POINTS = 17, SMALL = 4, SIDE = 8 };
	answer a;
	char text[1000];
	tensors all = { 0 };
	float *first = add(&all, 4, (int64_t[]){ 1, 2 * POINTS, SMALL, SMALL });
	float *second = add(&all, 4, (int64_t[]){ 1, POINTS, SIDE, SIDE });
	for (int i = 0; i < POINTS * SMALL * SMALL; i++)
		first[POINTS * SMALL * SMALL + i] = i % SMALL < SMALL / 2 ? 0 : 5;
	for (int k = 0; k < 3; k++)
		for (int x = 1; x <= (k < 2 ? 6 : 1); x += 5) {
			float *at = second + (k == 2 ? 11 : k * 5) * SIDE * SIDE + 2 * SIDE + x;
			at[0] = 2;
			at[1] = at[SIDE] = 0.4F;
		}
	post(&a, "mxpi_keypointpostprocessor", "libhigherhrnetpostprocess.so", json(text, "'SCORE_THRESH':'0.1'"), &all,
		&stretched, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text, "{\"x\":130,\"y\":50,\"name\":0,\"score\":0.6375"));
	assert_non_null(strstr(a.text, "{\"x\":130,\"y\":50,\"name\":5,\"score\":0.6375"));
	assert_non_null(strstr(a.text, "{\"x\":130,\"y\":50,\"name\":11,\"score\":0.6375"));
	const char *other = strstr(a.text, "],\"score\":0.1125");
	assert_non_null(other);
	assert_non_null(strstr(other, "{\"x\":530,\"y\":50,\"name\":0,\"score\":0.6375"));
	assert_non_null(strstr(other, "\"name\":11,\"score\":0}"));
	assert_non_null(strstr(other, "],\"score\":0.07"));
	all = (tensors){ 0 };
	add(&all, 4, (int64_t[]){ 1, 2 * POINTS, SMALL, SMALL });
	add(&all, 4, (int64_t[]){ 1, POINTS, SIDE, SMALL });
	post(
		&a, "mxpi_keypointpostprocessor", "libhigherhrnetpostprocess.so", json(text, ""), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "1x34xHxW"));
}
int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ssd_of_mindspore), cmocka_unit_test(test_lines_of_pieces),
		cmocka_unit_test(test_maps_of_text), cmocka_unit_test(test_people), cmocka_unit_test(test_people_by_tags) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
