/* Metrics against stored numbers of pycocotools, bit by bit; VOC by hand; run lengths; tracing; tiles there and back;
 * drawing. */
#include "ann.h"
#include "ann_golden.h"
#include "base/rng.h"
#include "annotations/rle.h"
#include "annotations/trace.h"
#include "draw/rings.h"

static secant_dataset_judging
judging(const char *option, const char *value)
{
	secant_err err = { 0 };
	secant_dataset_judging o;
	assert_int_equal(secant_opts_init(&secant_dataset_judging_options, &o, &err), 0);
	if (option)
		assert_int_equal(secant_opts_set(&secant_dataset_judging_options, &o, option, value, &err), 0);
	return o;
}

static void
test_equal_to_pycocotools_example_11(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "truth.json", golden_truth);
	put(tmp, "detections.json", golden_detections);
	secant_dataset *d = open_as(at(tmp, "truth.json"), NULL);
	for (int kind = 0; kind < 2; kind++) {
		secant_dataset_judging o = judging("kind", kind ? "segm" : "bbox");
		double numbers[12];
		secant_err err = { 0 };
		char *report = NULL;
		o.curves = at(tmp, "curves.png");
		if (secant_dataset_eval(d, at(tmp, "detections.json"), &o, numbers, &report, &err))
			fail_msg("%s", err.msg);
		for (int i = 0; i < 12; i++)
			if (memcmp(&numbers[i], kind ? &golden_segm[i] : &golden_bbox[i], sizeof(double)))
				fail_msg("kind %d number %d: %.17g, pycocotools %.17g", kind, i, numbers[i],
					kind ? golden_segm[i] : golden_bbox[i]);
		assert_non_null(strstr(report, "AP_small"));
		assert_true(secant_is_file(at(tmp, "curves.png")));
		secant_free(report);
	}
	secant_dataset_judging o = judging("id0-compat", "false");
	double numbers[12];
	secant_err err = { 0 };
	assert_int_equal(secant_dataset_eval(d, at(tmp, "detections.json"), &o, numbers, NULL, &err), 0);
	assert_true(numbers[0] >= golden_bbox[0]); /* a match with id 0 counts now */
	put(tmp, "bad.json", "[{\"image_id\": 77, \"category_id\": 1, \"bbox\": [1, 1, 2, 2], \"score\": 1}]");
	assert_int_not_equal(secant_dataset_eval(d, at(tmp, "bad.json"), &o, numbers, NULL, &err), 0);
	assert_non_null(strstr(err.msg, "names picture 77"));
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

/* Detections that cannot be what they should be are judged as they stand, and the report says what is strange. */
static void
test_strange_detections_are_said(void **state)
{
	static const struct {
		const char *kind, *results, *says; /* says NULL: nothing */
	} rows[] = {
		{ "bbox", "[{\"image_id\": 1, \"category_id\": 1, \"bbox\": [10, 10, 20, 30], \"score\": 1}]", NULL },
		{ "bbox", "[{\"image_id\": 1, \"category_id\": 0, \"bbox\": [10, 10, 20, 30], \"score\": 1}]",
			"1 of 1 detections have a category that the data set has not, the first is 0" },
		{ "bbox", "[{\"image_id\": 1, \"category_id\": 1, \"bbox\": [60, 40, 90, 70], \"score\": 1}]",
			"1 of 1 boxes reach beyond their pictures: are the last two numbers corners" },
		{ "bbox", "[{\"image_id\": 1, \"category_id\": 1, \"bbox\": [0.1, 0.1, 0.3, 0.5], \"score\": 1}]",
			"all boxes lie within 0 and 1" },
		{ "segm",
			"[{\"image_id\": 1, \"category_id\": 1, \"segmentation\": {\"size\": [100, 80], \"counts\": \"Pj7\"}, "
			"\"score\": 1}]",
			"the mask of detection 1 is of 100 x 80 pixels (height x width), its picture 'a.png' of 80 x 100" },
	};
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "truth.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 100, \"height\": 80}], \"categories\": "
		"[{\"id\": 1, "
		"\"name\": \"c\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [10, 10, 20, "
		"30]}]}");
	secant_dataset *d = open_as(at(tmp, "truth.json"), NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int json = 0; json < 2; json++) {
			secant_dataset_judging o = judging("kind", rows[i].kind);
			o.format = json;
			secant_err err = { 0 };
			char *report = NULL;
			put(tmp, "r.json", rows[i].results);
			secant_status s = secant_dataset_eval(d, at(tmp, "r.json"), &o, NULL, &report, &err);
			const char *said = s ? err.msg : report;
			if (rows[i].says ? !strstr(said, rows[i].says) : s || (json && !strstr(said, "\"remarks\": []")))
				fail_msg("row %zu: %s", i, said);
			secant_free(report);
		}
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

/* Regions that share borders share them when simplified, too: polygons of regions that fill a picture have its area
 * together, to the last digit, whatever the tolerance. */
static void
test_simplified_neighbours_keep_sharing_borders(void **state)
{
	enum { SIDE = 96, REGIONS = 7 };
	for (int trial = 0; trial < 6; trial++) {
		base_rng g = base_rng_make(18, BASE_FOR_SPLIT, (uint64_t)trial, 0);
		double seed[REGIONS][2];
		ann_set s;
		secant_err err = { 0 };
		ann_init(&s);
		for (int i = 0; i < REGIONS; i++)
			for (int k = 0; k < 2; k++)
				seed[i][k] = base_rng_below(&g, SIDE);
		static uint32_t region[SIDE * SIDE];
		static uint8_t one[SIDE * SIDE];
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) { /* the nearest seed, with a border that wavers; 6 lies within another */
				double best = 1e9;
				for (int i = 0; i < REGIONS - 1; i++) {
					double d = hypot(x - seed[i][0] + 2 * sin(y / 3.), y - seed[i][1] + 2 * sin(x / 4.));
					if (d < best)
						best = d, region[y * SIDE + x] = (uint32_t)i;
				}
				if (hypot(x - seed[0][0], y - seed[0][1]) < 6)
					region[y * SIDE + x] = REGIONS - 1;
			}
		uint8_t *stays = draw_junctions(region, SIDE, SIDE);
		assert_non_null(stays);
		for (double tolerance = 0; tolerance < 3; tolerance += .75) {
			double area = 0;
			uint8_t *more = stays + (SIDE + 1) * (SIDE + 1);
			for (*more = 1; *more;) {
				*more = 0, area = 0;
				for (int i = 0; i < REGIONS; i++) {
					ann_rle r;
					int pixels = 0;
					for (int k = 0; k < SIDE * SIDE; k++)
						pixels += one[k] = region[k] == (uint32_t)i;
					if (!pixels)
						continue;
					assert_int_equal(ann_rle_from_pixels(&r, one, SIDE, SIDE, &err), 0);
					uint32_t shape = ann_trace(&s, &r, tolerance, stays, &err);
					assert_true(shape);
					area += ann_shape_area(&s, shape);
					ann_rle_free(&r);
				}
			}
			if (fabs(area - SIDE * SIDE) > 1e-6)
				fail_msg("trial %d, tolerance %g: %.9g pixels of %d", trial, tolerance, area, SIDE * SIDE);
		}
		secant_free(stays);
		ann_free(&s);
	}
}

static void
test_voc_by_hand(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "gt/annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax,difficult\na.png,100,100,c,0,0,9,9,0\na.png,100,100,c,50,50,"
		"59,59,0\nb.png,100,100,c,0,0,9,9,1\n");
	put(tmp, "res/comp4_det_test_c.txt", "a 0.9 0 0 9 9\na 0.8 0 0 9 9\nb 0.7 0 0 9 9\na 0.6 50 50 59 59\n");
	/* right, double (wrong), difficult (not counted), right: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1 */
	secant_dataset *d = open_as(at(tmp, "gt"), NULL);
	secant_err err = { 0 };
	double numbers[12];
	secant_dataset_judging o = judging("metric", "voc10");
	assert_int_equal(secant_dataset_eval(d, at(tmp, "res"), &o, numbers, NULL, &err), 0);
	assert_float_equal(numbers[0], .5 * 1 + .5 * 2 / 3, 1e-12);
	o = judging("metric", "voc07");
	assert_int_equal(secant_dataset_eval(d, at(tmp, "res"), &o, numbers, NULL, &err), 0);
	assert_float_equal(numbers[0], (6 * 1 + 5 * 2.0 / 3) / 11, 1e-12);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_run_lengths_example_10(void **state)
{
	static const struct {
		const char *text;
		uint32_t h, w;
		const char *message;
	} bad[] = {
		{ "8", 4, 6, "runs sum to 8, 4 x 6 pixels are 24" },
		{ "hhhhhhhhhhhh", 4, 6, "a run of more than 9 groups at byte 0" },
		{ "8X", 4, 6, "ends inside a number that starts at byte 1" },
		{ "88888", 4, 6, "runs overrun the mask at run 3" },
		{ "PPPPPP2", 4, 6, "runs overrun the mask at run 0" },
		{ "8 ", 4, 6, "byte 1 of the run-length text is no group" },
		{ "88O", 4, 6, "run 2 is negative" },
		{ "", 4, 6, "runs sum to 0" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ann_rle r;
		secant_err err = { 0 };
		assert_int_not_equal(ann_rle_decode(&r, bad[i].h, bad[i].w, bad[i].text, strlen(bad[i].text), &err), 0);
		if (bad[i].message && !strstr(err.msg, bad[i].message))
			fail_msg("'%s' does not say '%s'", err.msg, bad[i].message);
	}
	base_rng rng = base_rng_make(1, BASE_FOR_TEST, 0, 0);
	for (int round = 0; round < 200; round++) { /* pixels -> runs -> text -> runs -> pixels, and traced -> filled */
		uint32_t h = 1 + base_rng_below(&rng, 20), w = 1 + base_rng_below(&rng, 20);
		uint8_t pixels[400] = { 0 }, back[400] = { 0 }, filled[400] = { 0 };
		ann_rle a, b;
		base_str t = { 0 };
		secant_err err = { 0 };
		for (uint32_t i = 0; i < h * w; i++)
			pixels[i] = base_rng_below(&rng, 3) > 0;
		assert_int_equal(ann_rle_from_pixels(&a, pixels, h, w, &err), 0);
		ann_rle_encode(&t, a.runs, a.n);
		assert_int_equal(ann_rle_decode(&b, h, w, t.p ? t.p : "", t.n, &err), 0);
		ann_rle_paint(&b, back, 1);
		assert_memory_equal(pixels, back, h * w);
		ann_set s;
		ann_init(&s);
		uint32_t shape = ann_trace(&s, &a, 0, NULL, &err);
		if (shape)
			assert_int_equal(ann_fill(&s, shape, h, w, filled, 1, &err), 0);
		assert_memory_equal(pixels, filled, h * w);
		if (shape) { /* and by COCO's own rasteriser: holes and all */
			ann_rle c;
			assert_int_equal(ann_rle_shape(&c, &s, shape, h, w, &err), 0);
			memset(filled, 0, sizeof filled);
			ann_rle_paint(&c, filled, 1);
			assert_memory_equal(pixels, filled, h * w);
			ann_rle_free(&c);
		}
		ann_free(&s);
		ann_rle_free(&a), ann_rle_free(&b);
		base_str_free(&t);
	}
}

/* A picture whose pixels are all different enough, in u16, with boxes at and across seams. */
static void
test_tiles_there_and_back(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	secant_image im;
	void *data;
	size_t n;
	assert_int_equal(secant_image_new(&im, 1024, 1024, 1, SECANT_U8, &err), 0);
	for (int i = 0; i < 1024 * 1024; i++)
		((uint8_t *)im.data)[i] = (uint8_t)((i % 1024) * 7 + (i / 1024) * 13);
	assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
	put_bytes(tmp, "src/images/big.png", data, n);
	secant_free(data);
	put(tmp, "src/annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\nbig.png,1024,1024,c,10,10,50,60\nbig.png,1024,1024,c,430,300,"
		"530,340\nbig.png,1024,1024,d,400,500,1000,1020\n"
		"big.png,1024,1024,c,900,900,1024,1024\n");
	secant_dataset *d = open_as(at(tmp, "src"), NULL);
	for (int overlap = 0; overlap <= 64; overlap += 64) {
		secant_dataset_tiling tiling;
		secant_dataset_writing writing;
		char *report = NULL, tiles[300], whole[300];
		snprintf(tiles, sizeof tiles, "%s/tiles%d", tmp, overlap);
		snprintf(whole, sizeof whole, "%s/whole%d", tmp, overlap);
		assert_int_equal(secant_opts_init(&secant_dataset_tiling_options, &tiling, &err)
				| secant_opts_init(&secant_dataset_writing_options, &writing, &err),
			0);
		tiling.overlap = overlap;
		tiling.keep = 0;
		writing.to = base_strdup("coco");
		writing.out = base_strdup(tiles);
		if (secant_dataset_tile(d, &tiling, &writing, NULL, &report, &err))
			fail_msg("%s", err.msg);
		secant_free(report);
		secant_free(writing.out);
		writing.out = base_strdup(whole);
		if (secant_dataset_untile(tiles, NULL, &writing, NULL, NULL, &err))
			fail_msg("%s", err.msg);
		secant_image back;
		assert_int_equal(secant_image_read(&back, at(whole, "images/big.png"), NULL, &err), 0);
		assert_memory_equal(back.data, im.data, 1024 * 1024);
		secant_image_free(&back);
		secant_dataset *again = open_as(whole, NULL);
		assert_int_equal(secant_dataset_object_count(again), 4);
		double sum = 0;
		secant_annotation a;
		for (int k = 0; secant_dataset_object(again, 0, k, &a); k++)
			sum += a.box[0] * 3 + a.box[1] * 5 + a.box[2] * 7 + a.box[3] * 11;
		assert_true(sum
			== (10 + 430 + 400 + 900) * 3 + (10 + 300 + 500 + 900) * 5 + (50 + 530 + 1000 + 1024) * 7
				+ (60 + 340 + 1020 + 1024) * 11);
		secant_dataset_free(again);
		secant_opts_free(&secant_dataset_tiling_options, &tiling);
		secant_opts_free(&secant_dataset_writing_options, &writing);
	}
	secant_dataset_free(d);
	secant_image_free(&im);
	remove_tree(tmp);
	secant_free(tmp);
}

/* What is white in pictures of 16 bits, when it is said. */
static void
test_drawing_is_told_what_is_white(void **state)
{
	enum { W = 64, H = 48 };
	static int v[W * H];
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	secant_image im;
	secant_dataset_drawing o;
	for (int i = 0; i < W * H; i++)
		v[i] = 1000;
	put_values(tmp, "images/a.png", W, H, v, true);
	put(tmp, "annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,64,48,ship,20,20,40,40\n");
	secant_dataset *d = open_as(tmp, NULL);
	assert_int_equal(secant_opts_init(&secant_dataset_drawing_options, &o, &err), 0);
	static const struct {
		const char *white;
		int grey;
	} row[] = { { "1000", 255 }, { "2000", 128 }, { "u16=10000", 26 }, { "65535", 4 } };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_int_equal(secant_opts_set(&secant_dataset_drawing_options, &o, "white", row[i].white, &err), 0);
		if (secant_dataset_draw(d, 0, &o, &im, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(((uint8_t *)im.data)[0], row[i].grey);
		secant_image_free(&im);
	}
	assert_int_equal(secant_opts_set(&secant_dataset_drawing_options, &o, "white", "paper", &err), 0);
	assert_int_not_equal(secant_dataset_draw(d, 0, &o, &im, &err), 0);
	secant_image_free(&im);
	secant_opts_free(&secant_dataset_drawing_options, &o);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_drawing_and_stats(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	secant_image im;
	secant_dataset_drawing o;
	secant_dataset_counting k;
	put_picture(tmp, "images/a.png", 200, 150, 1);
	put(tmp, "annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,200,150,ship,20,30,120,100\n");
	secant_dataset *d = open_as(tmp, NULL);
	assert_int_equal(secant_opts_init(&secant_dataset_drawing_options, &o, &err)
			| secant_opts_init(&secant_dataset_counting_options, &k, &err),
		0);
	assert_int_equal(secant_dataset_draw(d, 0, &o, &im, &err), 0);
	assert_true(im.width == 200 && im.height > 150); /* a legend below */
	const uint8_t *edge = (uint8_t *)im.data + 3 * (60 * 200 + 20), *inside = (uint8_t *)im.data + 3 * (60 * 200 + 60);
	assert_true(memcmp(edge, inside, 3) != 0 && inside[0] == 1 && inside[1] == 1);
	secant_image_free(&im);
	assert_int_equal(secant_dataset_sheet(d, &o, NULL, &im, &err), 0);
	secant_image_free(&im);
	for (k.format = 0; k.format < 3; k.format++) {
		char *text = secant_dataset_stats(d, &k, NULL, &err);
		assert_non_null(strstr(text, "ship"));
		assert_non_null(strstr(text, "7000")); /* pixels */
		secant_free(text);
	}
	secant_opts_free(&secant_dataset_counting_options, &k);
	secant_opts_free(&secant_dataset_drawing_options, &o);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_memory_of_a_box(void **state)
{
	base_str t = { 0 };
	const int n = 100000;
	char *tmp = base_strdup(scratch_dir());
	base_str_add(&t, "{\"images\": [");
	for (int i = 0; i < n / 8; i++)
		base_str_addf(
			&t, "%s{\"id\": %d, \"file_name\": \"%012d.jpg\", \"width\": 640, \"height\": 480}", i ? "," : "", i, i);
	base_str_add(&t, "], \"categories\": [{\"id\": 1, \"name\": \"c\"}], \"annotations\": [");
	for (int i = 0; i < n; i++)
		base_str_addf(&t,
			"%s{\"id\": %d, \"image_id\": %d, \"category_id\": 1, \"bbox\": [%d.5, 20, 30, 40], \"area\": 1200, "
			"\"iscrowd\": 0, \"segmentation\": []}",
			i ? "," : "", i, i / 8, i % 500);
	base_str_add(&t, "]}");
	put(tmp, "big.json", t.p);
	base_str_free(&t);
	secant_dataset *d = open_as(at(tmp, "big.json"), NULL);
	assert_int_equal(secant_dataset_object_count(d), n);
	assert_true(secant_dataset_bytes(d) / (size_t)n < 200);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_to_pycocotools_example_11),
		cmocka_unit_test(test_strange_detections_are_said),
		cmocka_unit_test(test_simplified_neighbours_keep_sharing_borders),
		cmocka_unit_test(test_voc_by_hand),
		cmocka_unit_test(test_run_lengths_example_10),
		cmocka_unit_test(test_tiles_there_and_back),
		cmocka_unit_test(test_drawing_is_told_what_is_white),
		cmocka_unit_test(test_drawing_and_stats),
		cmocka_unit_test(test_memory_of_a_box),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
