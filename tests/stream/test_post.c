/*
 * Post-processing by itself: boxes of YOLO, SSD and Faster R-CNN, classes, lines of text, masks; what is moved back to
 * the picture; configurations that are refused. Right values are computed by hand from the formulas.
 */
#include "post_stub.h"

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define YOLO \
	"'CLASS_NUM':'2','YOLO_TYPE':'1','BIASES_NUM':'6','BIASES':'16,32,1,1,1,1','SCORE_THRESH':'0.25','OBJECTNESS_" \
	"THRESH':'0.3'"

/* One box: cell column 1, row 0 of 2x2, anchor 0; x 0, y 0, w and h as they are, objectness 2, scores -1 and 3. */
static void
one_box(tensors *all, int layout)
{
	static const float v[7] = { 0, 0, 0, 0, 2, -1, 3 };
	float *p = layout == 0 ? add(all, 4, (int64_t[]){ 1, 2, 2, 21 })
		: layout == 1      ? add(all, 4, (int64_t[]){ 1, 21, 2, 2 })
						   : add(all, 5, (int64_t[]){ 1, 3, 2, 2, 7 });
	for (int i = 0; i < 84; i++)
		p[i] = -20;
	for (int c = 0; c < 7; c++)
		p[layout == 0 ? 1 * 21 + c : layout == 1 ? c * 4 + 1 : 7 + c] = v[c];
}

static void
test_yolo_layouts(void **state)
{
	answer a;
	char text[1000];
	float confidence = 1 / (1 + expf(-2)) / (1 + expf(-3));
	for (int layout = 0; layout < 3; layout++) {
		tensors all = { 0 };
		char config[400];
		snprintf(config, sizeof config, YOLO ",'MODEL_TYPE':'%d','YOLO_VERSION':'%d'", layout, layout == 2 ? 5 : 3);
		one_box(&all, layout);
		post(&a, "mxpi_objectpostprocessor", "/opt/sdk/lib/modelpostprocessors/libyolov3postprocess.so",
			json(text, config), &all, &stretched, NULL, NULL);
		assert_int_equal(a.code, 0);
		assert_int_equal(a.n, 1);
		/* centre (1.5, 0.5) / 2, size 16/64 x 32/64, of 640x320 */
		assert_float_equal(a.box[0].x0, (0.75 - 0.125) * 640, 1e-3);
		assert_float_equal(a.box[0].x1, (0.75 + 0.125) * 640, 1e-3);
		assert_float_equal(a.box[0].y0, 0, 1e-3);
		assert_float_equal(a.box[0].y1, 0.5 * 320, 1e-3);
		assert_int_equal(a.box[0].class_id, 1);
		assert_float_equal(a.box[0].confidence, confidence, 1e-5);
		assert_string_equal(a.label[0], "dog");
	}
}

/* Padded below and at the right, or around: coordinates are those of the picture before. */
static void
test_boxes_go_back(void **state)
{
	answer a;
	char text[1000];
	tensors all = { 0 };
	one_box(&all, 0);
	/* 640x320 scaled by 0.1 into 64x32 of 64x64 */
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all,
		&(scaled){ 640, 320, 64, 64, 2, 0.1F, { 0, 64, 0, 32 }, false }, NULL, NULL);
	assert_int_equal(a.n, 1);
	assert_float_equal(a.box[0].x0, 0.625 * 640, 1e-2);
	assert_float_equal(a.box[0].y1, 0.5 * 640, 1e-2);
	all = (tensors){ 0 };
	one_box(&all, 0);
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all,
		&(scaled){ 640, 320, 64, 64, 2, 0.1F, { 0, 64, 16, 48 }, false }, NULL, NULL);
	assert_int_equal(a.n, 1);
	assert_float_equal(a.box[0].y0, 0, 1e-2);
	assert_float_equal(a.box[0].y1, (32 - 16) / 0.1, 1e-2);
	/* cut out at (111, 211) */
	all = (tensors){ 0 };
	one_box(&all, 0);
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all,
		&(scaled){ 640, 320, 64, 64, 0, 0, { 0 }, true }, "dataSourceRoiBoxes", "boxes");
	assert_int_equal(a.n, 1);
	assert_float_equal(a.box[0].x0, 111 + 0.625 * 640, 1e-2);
	assert_float_equal(a.box[0].y0, 211, 1e-2);
	/* without a picture nothing can be said */
	all = (tensors){ 0 };
	one_box(&all, 0);
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all, NULL, NULL, NULL);
	assert_int_equal(a.code, 1001);
	assert_non_null(strstr(a.why, "dataSourceResize"));
}

/* Boxes that the network has decoded already, in pixels of its picture; the second is the first seen again. */
static void
test_yolo_7(void **state)
{
	static const float boxes[4][7] = { { 32, 32, 16, 8, 0.9F, 0.1F, 0.8F }, { 33, 32, 16, 8, 0.8F, 0, 0.8F },
		{ 8, 8, 4, 4, 0.2F, 1, 0 }, /* hardly an object */
		{ 8, 60, 4, 4, 0.5F, 0.4F, 0 } }; /* an object of hardly any class */
	answer a;
	char text[1000];
	tensors all = { 0 };
	memcpy(add(&all, 3, (int64_t[]){ 1, 4, 7 }), boxes, sizeof boxes);
	post(&a, "mxpi_objectpostprocessor", "../lib/libyolov7postprocess.so",
		json(text, "'CLASS_NUM':'2','SCORE_THRESH':'0.25','OBJECTNESS_THRESH':'0.25','IOU_THRESH':'0.45'"), &all,
		&(scaled){ 640, 320, 64, 64, 2, 0.1F, { 0, 64, 16, 48 }, false }, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.box[0].class_id, 1);
	assert_float_equal(a.box[0].confidence, 0.72, 1e-5);
	assert_float_equal(a.box[0].x0, 240, 1e-2);
	assert_float_equal(a.box[0].x1, 400, 1e-2);
	assert_float_equal(a.box[0].y0, 120, 1e-2);
	assert_float_equal(a.box[0].y1, 200, 1e-2);
	all = (tensors){ 0 };
	(void)add(&all, 3, (int64_t[]){ 1, 4, 8 });
	post(&a, "mxpi_objectpostprocessor", "libyolov7postprocess.so", json(text, "'CLASS_NUM':'2'"), &all, &stretched,
		NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "1 x boxes x 7"));
	assert_non_null(strstr(a.why, "1x4x8"));
}

static void
test_nothing_found_adds_nothing(void **state)
{
	answer a;
	char text[1000];
	tensors all = { 0 };
	float *p = add(&all, 4, (int64_t[]){ 1, 2, 2, 21 });
	for (int i = 0; i < 84; i++)
		p[i] = -20;
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_int_equal(a.n, -1);
}

static void
test_suppression_is_by_class(void **state)
{
	stream_founds f = { 0 };
	static const stream_found v[] = { { 0, 0, 10, 10, 0.5F, 1 }, { 0, 0, 10, 10, 0.4F, 0 }, { 1, 0, 11, 10, 0.9F, 1 },
		{ 20, 0, 30, 10, 0.2F, 1 }, { 0, 0, 10, 10, 0.6F, 0 } };
	for (int i = 0; i < 5; i++)
		stream_founds_add(&f, &v[i]);
	stream_founds_nms(&f, 0.45F);
	assert_int_equal(f.n, 3);
	assert_float_equal(f.v[0].confidence, 0.6F, 0);
	assert_float_equal(f.v[1].confidence, 0.9F, 0);
	assert_float_equal(f.v[2].confidence, 0.2F, 0);
	assert_float_equal(stream_found_overlap(&v[0], &v[2]), 90. / 110, 1e-6);
	secant_free(f.v);
}

static void
test_detectors(void **state)
{
	static const float boxes[12] = { 0.1F, 0.2F, 0.3F, 0.4F, 0, 0, 1, 1, 0.5F, 0.5F, 0.6F, 0.6F }; /* y0 x0 y1 x1 */
	answer a;
	char text[1000];
	static const char *const libraries[] = { "libssdmobilenetv1fpnpostprocess.so", "libfasterrcnnpostprocess.so" };
	for (int i = 0; i < 2; i++) {
		tensors all = { 0 };
		*add(&all, 1, (int64_t[]){ 1 }) = 3;
		memcpy(add(&all, 2, (int64_t[]){ 1, 3 }), (float[]){ 0.9F, 0.2F, 0.7F }, 12);
		memcpy(add(&all, 3, (int64_t[]){ 1, 3, 4 }), boxes, sizeof boxes);
		memcpy(add(&all, 2, (int64_t[]){ 1, 3 }), (float[]){ 1, 0, 7 }, 12);
		post(&a, "mxpi_objectpostprocessor", libraries[i], json(text, "'CLASS_NUM':'2','SCORE_THRESH':'0.5'"), &all,
			&stretched, NULL, NULL);
		assert_int_equal(a.code, 0);
		assert_int_equal(a.n, 1); /* one is not probable, one of no class */
		assert_float_equal(a.box[0].x0, 128, 1e-3);
		assert_float_equal(a.box[0].y0, 32, 1e-3);
		assert_float_equal(a.box[0].x1, 256, 1e-3);
		assert_float_equal(a.box[0].y1, 96, 1e-3);
	}
	tensors all = { 0 };
	*add(&all, 1, (int64_t[]){ 1 }) = 1;
	memcpy(add(&all, 3, (int64_t[]){ 1, 1, 8 }), (float[]){ 0, 1, 0.8F, 0.1F, 0.2F, 0.3F, 0.4F, 0 }, 32);
	post(&a, "mxpi_objectpostprocessor", "libssdvgg16postprocess.so",
		json(text, "'CLASS_NUM':'2','SCORE_THRESH':'0.5'"), &all, &stretched, NULL, NULL);
	assert_int_equal(a.n, 1);
	assert_float_equal(a.box[0].x0, 64, 1e-3);
	assert_float_equal(a.box[0].y1, 128, 1e-3);
	all = (tensors){ 0 };
	memcpy(add(&all, 2, (int64_t[]){ 1, 5 }), (float[]){ 16, 32, 32, 64, 0.8F }, 20);
	*add(&all, 1, (int64_t[]){ 1 }) = 1;
	post(&a, "mxpi_objectpostprocessor", "libfasterrcnnpostprocess.so",
		json(text, "'CLASS_NUM':'2','SCORE_THRESH':'0.5','MODEL_TYPE':'2','FRAMEWORK':'PyTorch'"), &all, &stretched,
		NULL, NULL);
	assert_int_equal(a.n, 1);
	assert_float_equal(a.box[0].x0, 160, 1e-3);
	assert_float_equal(a.box[0].y1, 320, 1e-3);
	/* three boxes that overlap, each best in class 1 of two that are no background */
	all = (tensors){ 0 };
	*add(&all, 1, (int64_t[]){ 1 }) = 2;
	memcpy(
		add(&all, 4, (int64_t[]){ 1, 2, 2, 4 }), (float[]){ 0, 0, 0, 0, 8, 16, 24, 32, 0, 0, 0, 0, 8, 17, 24, 33 }, 64);
	memcpy(add(&all, 3, (int64_t[]){ 1, 2, 2 }), (float[]){ 0.1F, 0.9F, 0.2F, 0.8F }, 16);
	post(&a, "mxpi_objectpostprocessor", "libfasterrcnnpostprocess.so",
		json(text, "'CLASS_NUM':'3','SCORE_THRESH':'0.5','MODEL_TYPE':'1','IOU_THRESH':'0.5'"), &all, &stretched, NULL,
		NULL);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.box[0].class_id, 2);
	assert_float_equal(a.box[0].x0, 160, 1e-3);
	assert_float_equal(a.box[0].y0, 40, 1e-3);
}

/* Candidates of MindSpore: pixels of the picture as it was, classes and flags; and a map of 2 x 2 for each. */
static void
candidates(tensors *all, bool maps)
{
	static const float boxes[5][5] = { { 100, 40, 203, 91, 0.9F },
		{ 101, 40, 204, 91, 0.8F }, /* the first's, seen again */
		{ 100, 40, 203, 91, 0.85F }, /* another class */
		{ 0, 0, 50, 50, 0.95F }, /* does not count */
		{ 600, 300, 700, 400, 0.7F } }; /* leaves the picture */
	static const int32_t classes[5] = { 1, 1, 0, 1, 1 };
	memcpy(add(all, 3, (int64_t[]){ 1, 5, 5 }), boxes, sizeof boxes);
	memcpy(add(all, 2, (int64_t[]){ 1, 5 }), classes, sizeof classes);
	all->t[1].type = STREAM_T_I32;
	memcpy(add(all, 2, (int64_t[]){ 1, 5 }), (uint8_t[]){ 1, 1, 1, 0, 1 }, 5);
	all->t[2].type = STREAM_T_BOOL;
	all->t[2].size = 5;
	float *p = maps ? add(all, 4, (int64_t[]){ 1, 5, 2, 2 }) : NULL;
	for (int i = 0; p && i < 5; i++)
		p[4 * i + 1] = p[4 * i + 3] = 1; /* the right half is the thing */
}

static void
test_candidates(void **state)
{
	static const char *const libraries[] = { "libfasterrcnnpostprocess.so", "libmaskrcnnmindsporepost.so" };
	answer a;
	char text[1000];
	for (int i = 0; i < 2; i++) {
		tensors all = { 0 };
		candidates(&all, i == 1);
		post(&a, "mxpi_objectpostprocessor", libraries[i],
			json(text,
				"'CLASS_NUM':'3','SCORE_THRESH':'0.5','IOU_THRESH':'0.5','FRAMEWORK':'MindSpore','MASK_SHAPE_SIZE':'"
				"2'"),
			&all, &stretched, NULL, NULL);
		assert_int_equal(a.code, 0);
		assert_int_equal(a.n, 3);
		assert_int_equal(a.box[0].class_id, 0);
		assert_int_equal(a.box[1].class_id, 1);
		assert_float_equal(a.box[1].confidence, 0.9F, 0);
		assert_float_equal(a.box[1].x0, 100, 0);
		assert_float_equal(a.box[2].x1, 639, 0);
		assert_float_equal(a.box[2].y1, 319, 0);
		assert_int_equal(!strstr(a.text, "imageMask"), i == 0);
	}
	assert_non_null(strstr(a.text, "\"shape\":[52,104],\"dataType\":4"));
	tensors few = { 0 };
	candidates(&few, false);
	post(&a, "mxpi_objectpostprocessor", libraries[1], json(text, "'CLASS_NUM':'3','SCORE_THRESH':'0.5'"), &few,
		&stretched, NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "28x28"));
}

/* 16 bits: 1, -2, 0.5, the least there is, and no number. */
static void
test_numbers_of_16_bits(void **state)
{
	static const uint16_t bits[] = { 0x3C00, 0xC000, 0x3800, 1, 0x7E00 };
	const stream_tensor t = { .type = STREAM_T_F16, .data = (const uint8_t *)bits, .size = sizeof bits };
	assert_float_equal(stream_number_at(&t, 0), 1, 0);
	assert_float_equal(stream_number_at(&t, 1), -2, 0);
	assert_float_equal(stream_number_at(&t, 2), 0.5, 0);
	assert_float_equal(stream_number_at(&t, 3), ldexp(1, -24), 0);
	assert_true(isnan(stream_number_at(&t, 4)));
}

static void
test_retinanet(void **state)
{
	answer a;
	char text[1000];
	tensors all = { 0 };
	memcpy(add(&all, 3, (int64_t[]){ 1, 2, 4 }), (float[]){ 16, 32, 48, 64, 0, 0, 8, 8 }, 32);
	memcpy(add(&all, 2, (int64_t[]){ 1, 2 }), (float[]){ 0.9F, 0.1F }, 8);
	memcpy(add(&all, 2, (int64_t[]){ 1, 2 }), (float[]){ 1, 1 }, 8);
	*add(&all, 1, (int64_t[]){ 1 }) = 2;
	post(&a, "mxpi_objectpostprocessor", "libretinanetpostprocess.so",
		json(text, "'CLASS_NUM':'2','SCORE_THRESH':'0.5','MODEL_TYPE':'0'"), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_int_equal(a.n, 1);
	assert_float_equal(a.box[0].x0, 160, 1e-3);
	assert_float_equal(a.box[0].y1, 320, 1e-3);
}

/* The first of equal keys counts, what follows a # says nothing; of labels only lines before the first are remarks, and
 * an empty line is a class without a name. */
static void
read_files(const char *mark)
{
	char config[100], names[100], why[400];
	stub s;
	snprintf(config, sizeof config, "/tmp/secant-post-%d.cfg", getpid());
	snprintf(names, sizeof names, "/tmp/secant-post-%d.names", getpid());
	FILE *f = fopen(config, "w");
	fprintf(f, "%sCLASS_NUM=4 # classes\n# of a network\nCLASS_NUM=9\n\nno key here\n TOP_K = 2\n", mark);
	fclose(f);
	f = fopen(names, "w");
	fprintf(f, "%s# classes\r\na b\t\r\n\n# \n#\n", mark);
	fclose(f);
	stub_open(&s, "mxpi_classpostprocessor");
	stub_set(&s, "postProcessLibPath", "libresnet50postprocess.so");
	stub_set(&s, "postProcessConfigPath", config);
	stub_set(&s, "labelPath", names);
	assert_int_equal(s.w.kind->work->open(&s.w, why, sizeof why), 0);
	const stream_post *p = s.w.state;
	assert_string_equal(stream_post_value(p, "CLASS_NUM"), "4");
	assert_string_equal(stream_post_value(p, "TOP_K"), "2");
	assert_int_equal(p->n_labels, 4);
	assert_string_equal(stream_post_label(p, 0), "a b");
	assert_string_equal(stream_post_label(p, 1), "");
	assert_string_equal(stream_post_label(p, 2), "# ");
	assert_string_equal(stream_post_label(p, 3), "#");
	stub_close(&s);
	remove(config);
	remove(names);
}

static void
test_files_of_configuration(void **state)
{
	read_files("");
	read_files("\xEF\xBB\xBF"); /* the mark of editors: neither a part of a key nor of a remark */
}

static void
test_classes(void **state)
{
	answer a;
	char text[1000];
	tensors all = { 0 };
	memcpy(add(&all, 2, (int64_t[]){ 1, 3 }), (float[]){ 1, 3, 2 }, 12);
	post(&a, "mxpi_classpostprocessor", "libresnet50postprocess.so",
		json(text, "'CLASS_NUM':'3','TOP_K':2,'SOFTMAX':true"), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 0);
	double sum = exp(1) + exp(2) + exp(3);
	char wanted[200];
	snprintf(wanted, sizeof wanted, "\"classId\":1,\"className\":\"dog\",\"confidence\":%.4f", exp(3) / sum);
	assert_non_null(strstr(a.text, wanted));
	const char *second = strstr(a.text, "\"classId\":2,\"className\":\"\"");
	assert_non_null(second);
	assert_true(second > strstr(a.text, wanted));
	assert_null(strstr(a.text, "\"classId\":0"));
	all = (tensors){ 0 };
	add(&all, 2, (int64_t[]){ 1, 4 });
	post(&a, "mxpi_classpostprocessor", "libresnet50postprocess.so", json(text, "'CLASS_NUM':'3'"), &all, &stretched,
		NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "1x4"));
}

static void
test_lines_of_text(void **state)
{
	answer a;
	char text[1000];
	static const int said[] = { 2, 0, 0, 2, 1, 1 }; /* blank c c blank d d, labels cat dog */
	tensors all = { 0 };
	float *p = add(&all, 3, (int64_t[]){ 1, 6, 3 });
	for (int i = 0; i < 6; i++)
		p[i * 3 + said[i]] = 1;
	post(&a, "mxpi_textgenerationpostprocessor", "libcrnnpostprocess.so",
		json(text, "'CLASS_NUM':'3','OBJECT_NUM':'6','BLANK_INDEX':'2'"), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text, "\"text\":[\"catdog\"]"));
	/* words up to one that ends it */
	all = (tensors){ 0 };
	memcpy(add(&all, 2, (int64_t[]){ 1, 4 }), (int32_t[]){ 1, 0, 7, 1 }, 16);
	all.t[0].type = STREAM_T_I32;
	post(&a, "mxpi_textgenerationpostprocessor", "libtransformerpostprocess.so", json(text, "'BREAK_INDEX':'7'"), &all,
		NULL, NULL, NULL);
	assert_int_equal(a.code, 0);
	assert_non_null(strstr(a.text, "\"text\":[\"dog cat \"]"));
}

/* A network's mask in the size of the picture before it was scaled, wherever that lies within the padding. Scores of
 * class 1 are its column's and row's numbers; what comes back says which were looked at. */
static void
test_masks_go_back(void **state)
{
	static const struct {
		scaled from;
		int cells; /* of the mask, each way */
		const char *wanted; /* rows and columns of the corners, "top,left,bottom,right" */
	} rows[] = {
		{ { 8, 8, 8, 8, STREAM_STRETCH, 0, { 0 }, false }, 8, "0,0,7,7" },
		{ { 16, 8, 8, 8, STREAM_FIT, 0.5F, { 0, 8, 0, 4 }, false }, 8, "0,0,3,7" }, /* padded below */
		{ { 16, 8, 8, 8, STREAM_FIT, 0.5F, { 0, 8, 2, 6 }, false }, 8, "2,0,5,7" }, /* around */
		{ { 4, 6, 8, 8, STREAM_ONLY_PADDING, 0, { 2, 6, 1, 7 }, false }, 8, "1,2,6,5" },
		{ { 16, 8, 8, 8, STREAM_FIT, 0.5F, { 0, 8, 2, 6 }, false }, 4, "1,0,2,3" }, /* half as many cells */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int n = rows[i].cells, w = rows[i].from.width, h = rows[i].from.height, corner[4] = { 0 };
		for (int bit = 0; bit < 8; bit++) { /* classes are bits of 16 row + column, one at a time */
			answer a;
			char text[1000];
			uint8_t mask[400];
			size_t got = 0;
			tensors all = { 0 };
			float *p = add(&all, 4, (int64_t[]){ 1, 2, n, n });
			for (int k = 0; k < n * n; k++)
				p[n * n + k] = (k / n * 16 + k % n) >> bit & 1 ? 1 : -1;
			post(&a, "mxpi_semanticsegpostprocessor", "libunetmindsporepostprocess.so",
				json(text, "'CLASS_NUM':'2','MODEL_TYPE':'1'"), &all, &rows[i].from, NULL, NULL);
			assert_int_equal(a.code, 0);
			const char *at = strstr(a.text, "\"dataStr\":\"");
			assert_non_null(at);
			at += 11;
			for (unsigned bits = 0, held = 0; *at && *at != '"' && *at != '='; at++) {
				const char *where = strchr(base64, *at);
				assert_non_null(where);
				bits = bits << 6 | (unsigned)(where - base64);
				if ((held += 6) >= 8)
					mask[got++] = (uint8_t)(bits >> (held -= 8));
				assert_true(got <= sizeof mask);
			}
			assert_int_equal(got, w * h);
			for (int c = 0; c < 2; c++) {
				int cell = mask[c ? got - 1 : 0] << bit;
				corner[2 * c] |= cell >> 4;
				corner[2 * c + 1] |= cell & 15;
			}
		}
		char found[40];
		snprintf(found, sizeof found, "%d,%d,%d,%d", corner[0], corner[1], corner[2], corner[3]);
		assert_string_equal(found, rows[i].wanted);
	}
}

static void
test_configurations_that_are_refused(void **state)
{
	static const struct {
		const char *element, *library, *config, *why;
	} rows[] = {
		{ "mxpi_objectpostprocessor", "libyolov3postprocess.so", "'YOLO_TYPE':'3'", "CLASS_NUM" },
		{ "mxpi_objectpostprocessor", "libyolov3postprocess.so", "'CLASS_NUM':'80','BIASES':'1,2'", "BIASES" },
		{ "mxpi_objectpostprocessor", "libyolov3postprocess.so", "'CLASS_NUM':'80','IOU_THRESH':'1.5'", "IOU_THRESH" },
		{ "mxpi_objectpostprocessor", "libyolov3postprocess.so", "'CLASS_NUM':'80','YOLO_VERSION':'5','MODEL_TYPE':'0'",
			"YOLO_VERSION" },
		{ "mxpi_objectpostprocessor", "libyolov3postprocess.so", "'CLASS_NUM':'3','SEPARATE_SCORE_THRESH':'0.1,0.2'",
			"SEPARATE" },
		{ "mxpi_objectpostprocessor", "libresnet50postprocess.so", "'CLASS_NUM':'3'", "MxpiClassList" },
		{ "mxpi_objectpostprocessor", "/nowhere/libmyyolov3postprocess.so", "'CLASS_NUM':'3'",
			"libyolov3postprocess.so" },
		{ "mxpi_textobjectpostprocessor", "libDBPostProcess.so", "'KERNEL_NUM':'7'", "no such file" },
		{ "mxpi_keypointpostprocessor", "libhigherhrnetpostprocess.so", "'KEYPOINT_NUM':'18'", "17 is meant" },
		{ "mxpi_semanticsegpostprocessor", "/nowhere/libmysegmentation.so", "'CLASS_NUM':'2'", "no such file" },
		{ "mxpi_semanticsegpostprocessor", "libunetmindsporepostprocess.so", "'CLASS_NUM':'2','POST_TYPE':'2'",
			"POST_TYPE" },
		{ "mxpi_semanticsegpostprocessor", "libunetmindsporepostprocess.so", "'CLASS_NUM':'1'", "always class 0" },
		{ "mxpi_classpostprocessor", "libresnet50postprocess.so", "'CLASS_NUM':'2','SOFTMAX':'maybe'", "SOFTMAX" },
	};
	answer a;
	char text[1000];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		post(&a, rows[i].element, rows[i].library, json(text, rows[i].config), NULL, NULL, NULL, NULL);
		if (!a.code || !strstr(a.why, rows[i].why))
			print_message("%zu: %d %s\n", i, a.code, a.why);
		assert_int_not_equal(a.code, 0);
		assert_non_null(strstr(a.why, rows[i].why));
	}
}

/* Where a detector found nothing there is nothing to scale, to infer and to classify: the frame passes all of it. */
static void
test_nothing_was_found(void **state)
{
	static const char *const rows[][3] = { { "mxpi_imageresize", "resizeWidth", "32" },
		{ "mxpi_classpostprocessor", "postProcessLibPath", "libresnet50postprocess.so" },
		{ "mxpi_semanticsegpostprocessor", "postProcessLibPath", "libunetmindsporepostprocess.so" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		stub s;
		char why[600];
		stub_open(&s, rows[i][0]);
		stub_set(&s, rows[i][1], rows[i][2]);
		if (i)
			stub_set(&s, "postProcessConfigContent", "{\"CLASS_NUM\":\"2\"}");
		if (s.w.kind->work->open)
			assert_int_equal(s.w.kind->work->open(&s.w, why, sizeof why), 0);
		stream_frame *f = stream_frame_new();
		stub_run(&s, f);
		assert_int_equal(s.n_sent, 1);
		assert_ptr_equal(s.sent[0], f);
		assert_int_equal(stream_frame_failed(f, NULL), 0);
		stream_frame_drop(f);
		stub_close(&s);
	}
	/* boxes, but not the picture of the second port */
	stub s;
	stub_open(&s, "mxpi_imagecrop");
	s.w.n_sinks = 2;
	stub_set(&s, "cvProcessor", "opencv");
	stream_frame *f = stream_frame_new();
	stub_put_box(f, "before", 1, 2, 30, 40);
	stub_run(&s, f);
	assert_int_equal(s.n_sent, 1);
	assert_int_equal(stream_frame_failed(f, NULL), 0);
	stream_frame_drop(f);
	stub_close(&s);
}

static void
test_shapes_that_do_not_fit(void **state)
{
	answer a;
	char text[1000];
	tensors all = { 0 };
	add(&all, 4, (int64_t[]){ 1, 2, 2, 20 });
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 1004);
	assert_non_null(strstr(a.why, "1x2x2x20"));
	all = (tensors){ 0 };
	add(&all, 4, (int64_t[]){ 1, 5, 5, 21 }); /* 5 cells of 64 pixels are no scale */
	post(&a, "mxpi_objectpostprocessor", "libyolov3postprocess.so", json(text, YOLO), &all, &stretched, NULL, NULL);
	assert_int_equal(a.code, 1004);
	all = (tensors){ 0 };
	*add(&all, 1, (int64_t[]){ 1 }) = 100; /* more than there are */
	add(&all, 2, (int64_t[]){ 1, 3 });
	add(&all, 3, (int64_t[]){ 1, 3, 4 });
	add(&all, 2, (int64_t[]){ 1, 3 });
	post(&a, "mxpi_objectpostprocessor", "libssdmobilenetv1fpnpostprocess.so", json(text, "'CLASS_NUM':'2'"), &all,
		&stretched, NULL, NULL);
	assert_int_equal(a.code, 1004);
}

/* A library of somebody's, by secant/postprocess.h: it gives one class for each tensor. */
static const char source[] =
	"#include <secant/postprocess.h>\n#include <stdio.h>\n"
	"static int self;\n"
	"static void *start(const char *const *k, const char *const *v, int n, const char *const *l, int nl, char *why, "
	"size_t size)\n"
	"{ if (n != 1 || k[0][0] != 'A' || nl != 2) { snprintf(why, size, \"odd\"); return 0; } self = v[0][0] - '0'; "
	"return &self; }\n"
	"static int run(void *s, const secant_post_tensor *t, int n, const secant_post_picture *from, secant_post_emit "
	"emit, void *to,\n"
	"	char *why, size_t size)\n"
	"{ unsigned char item[] = { 0x10, (unsigned char)(*(int *)s + from->net_width) }, bad[] = { 0x12, 0x7f };\n"
	"  return *(int *)s == 9 ? emit(to, bad, 2) : emit(to, item, 2); }\n"
	"static void end(void *s) {}\n"
	"static const secant_post_table table = { SECANT_POST_VERSION, start, run, end };\n"
	"const secant_post_table *secant_post_process(int version) { return version == 1 ? &table : 0; }\n";

static void
test_library_of_ones_own(void **state)
{
	char dir[] = "/tmp/secant-post-XXXXXX", path[100], command[400], text[1000];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.c", dir);
	FILE *f = fopen(path, "w");
	fputs(source, f);
	fclose(f);
	snprintf(command, sizeof command, "cc -shared -fPIC -I include -o %s/libmine.so %s 2> /dev/null", dir, path);
	if (system(command) != 0)
		skip();
	answer a;
	snprintf(path, sizeof path, "%s/libmine.so", dir);
	for (int i = 0; i < 3; i++) {
		tensors all = { 0 };
		add(&all, 1, (int64_t[]){ 1 });
		post(&a, "mxpi_classpostprocessor", path,
			json(text,
				i == 0       ? "'A':'3'"
					: i == 1 ? "'A':'9'"
							 : "'B':'3'"),
			&all, &stretched, NULL, NULL);
		assert_int_equal(a.code, i == 0 ? 0 : i == 1 ? 1001 : 1016);
		if (!i)
			assert_non_null(strstr(a.text, "\"classId\":67"));
		if (i == 2)
			assert_string_equal(a.why, "odd; built in are libresnet50postprocess.so, libresnet50postprocessor.so");
	}
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_yolo_layouts), cmocka_unit_test(test_boxes_go_back),
		cmocka_unit_test(test_yolo_7), cmocka_unit_test(test_nothing_found_adds_nothing),
		cmocka_unit_test(test_suppression_is_by_class), cmocka_unit_test(test_detectors),
		cmocka_unit_test(test_candidates), cmocka_unit_test(test_retinanet),

		cmocka_unit_test(test_numbers_of_16_bits), cmocka_unit_test(test_files_of_configuration),
		cmocka_unit_test(test_classes), cmocka_unit_test(test_lines_of_text), cmocka_unit_test(test_masks_go_back),
		cmocka_unit_test(test_configurations_that_are_refused), cmocka_unit_test(test_shapes_that_do_not_fit),
		cmocka_unit_test(test_nothing_was_found), cmocka_unit_test(test_library_of_ones_own) };
	snprintf(labels, sizeof labels, "/tmp/secant-labels-%d", getpid());
	FILE *f = fopen(labels, "w");
	fputs("# classes\ncat\r\ndog\n", f);
	fclose(f);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove(labels);
	return failed;
}
