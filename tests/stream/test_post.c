/*
 * Post-processing by itself: boxes of YOLO, SSD and Faster R-CNN, classes, lines of text, masks; what is moved back to
 * the picture; configurations that are refused. Right values are computed by hand from the formulas.
 */
#include "stream/resizing.h"
#include "worker_stub.h"
#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include "stream/post/boxes.h"

static char labels[200];

typedef struct tensors {
	stream_tensor t[4];
	int n;
	float *data[4];
} tensors;

static float *
add(tensors *all, int rank, const int64_t *dim)
{
	stream_tensor *t = &all->t[all->n];
	size_t n = 1;
	*t = (stream_tensor){ .type = STREAM_T_F32, .rank = rank };
	for (int i = 0; i < rank; i++) {
		t->dim[i] = dim[i];
		n *= (size_t)dim[i];
	}
	float *p = secant_calloc(n, sizeof *p);
	t->data = (const uint8_t *)p;
	t->size = n * sizeof *p;
	all->data[all->n++] = p;
	return p;
}

/* A picture under "resized" as a resize element leaves it. */
typedef struct scaled {
	int width, height, net_width, net_height, type;
	float scaling;
	int paste[4]; /* left, right, top, bottom; all 0: everywhere */
	bool cut; /* it is item 0 of "cut", which is box 1 of "boxes" */
} scaled;

static void
put_picture(stream_frame *f, const scaled *s)
{
	stream_picture p = { .width = s->width, .height = s->height };
	stream_made made = { .format = STREAM_BGR,
		.width = s->net_width,
		.height = s->net_height,
		.resize_type = s->type,
		.scaling = s->scaling,
		.parent = s->cut ? "cut" : "decoded" };
	stream_step step = { { s->width, s->height }, { 0, s->width, 0, s->height },
		{ s->paste[0], s->paste[1] ? s->paste[1] : s->net_width, s->paste[2],
			s->paste[3] ? s->paste[3] : s->net_height },
		0 };
	stream_add_step(&made.steps, &p, &step, "resize");
	stream_blob *b = stream_pictures_new(&made, 1);
	memset(made.to, 0, stream_picture_bytes(STREAM_BGR, s->net_width, s->net_height, false));
	assert_int_equal(stream_frame_put(f, "resized", stream_message_find("MxpiVisionList"), b), 0);
	if (s->cut) {
		stream_made part = {
			.format = STREAM_BGR, .width = s->width, .height = s->height, .parent = "boxes", .member = 1
		};
		b = stream_pictures_new(&part, 1);
		assert_int_equal(stream_frame_put(f, "cut", stream_message_find("MxpiVisionList"), b), 0);
		base_str list = { 0 };
		for (int i = 0; i < 2; i++) {
			base_str box = { 0 };
			stream_put_real(&box, 2, 100 + i * 11);
			stream_put_real(&box, 3, 200 + i * 11);
			stream_put_real(&box, 4, 100 + i * 11 + s->width);
			stream_put_real(&box, 5, 200 + i * 11 + s->height);
			stream_put_message(&list, 1, &box);
			base_str_free(&box);
		}
		assert_int_equal(
			stream_frame_put(f, "boxes", stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
	}
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

typedef struct answer {
	int code, n; /* n -1: no list */
	stream_box box[16];
	char label[16][40];
	char why[600], text[6000]; /* as JSON */
} answer;

/* What an element makes of tensors. */
static void
post(answer *a, const char *element, const char *library, const char *config, tensors *all, const scaled *from,
	const char *more, const char *value)
{
	static const char *const parents[] = { "resized" };
	stub s;
	const stream_message *m;
	stream_blob *b = NULL;
	*a = (answer){ .n = -1 };
	stub_open(&s, element);
	stub_set(&s, "postProcessLibPath", library);
	stub_set(&s, "postProcessConfigContent", config);
	stub_set(&s, "labelPath", labels);
	if (more)
		stub_set(&s, more, value);
	stream_frame *f = stream_frame_new();
	if (from)
		put_picture(f, from);
	a->code = s.w.kind->work->open(&s.w, a->why, sizeof a->why);
	if (!a->code) {
		stream_blob *list = stream_packages_new(&(stream_package){ parents, from ? 1 : 0, 0, all->n, all->t }, 1);
		assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiTensorPackageList"), list), 0);
		base_str text = { 0 };
		stub_run(&s, f);
		a->code = stream_frame_failed(s.sent[0], &text);
		snprintf(a->why, sizeof a->why, "%s", text.p ? text.p : "");
		base_str_free(&text);
		if (!a->code && stream_frame_get(s.sent[0], element, &m, &b)) {
			base_str json = { 0 };
			stream_message_print(&json, m, b->p, b->n, NULL);
			snprintf(a->text, sizeof a->text, "%s", json.p);
			base_str_free(&json);
			a->n = 0;
			format_wire at = { b->p, b->n };
			while (!strcmp(m->name, "MxpiObjectList") && stream_box_next(&at, &a->box[a->n]) > 0) {
				stream_box *box = &a->box[a->n];
				snprintf(a->label[a->n], 40, "%.*s", (int)box->label.n, (const char *)box->label.p);
				a->n++;
			}
			stream_blob_drop(b);
		}
	}
	stream_frame_drop(f);
	stub_close(&s);
	for (int i = 0; all && i < all->n; i++)
		secant_free(all->data[i]);
}

#define YOLO \
	"'CLASS_NUM':'2','YOLO_TYPE':'1','BIASES_NUM':'6','BIASES':'16,32,1,1,1,1','SCORE_THRESH':'0.25','OBJECTNESS_" \
	"THRESH':'0.3'"
static const scaled stretched = { 640, 320, 64, 64, 0, 0, { 0 }, false };

/* JSON with ' for ". */
static const char *
json(char *to, const char *text)
{
	snprintf(to, 1000, "{%s}", text);
	for (char *p = to; *p; p++)
		if (*p == '\'')
			*p = '"';
	return to;
}

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

/* The first of equal keys counts, what follows a # says nothing; of labels only lines before the first are remarks, and
 * an empty line is a class without a name. */
static void
test_files_of_configuration(void **state)
{
	char config[100], names[100], why[400];
	stub s;
	snprintf(config, sizeof config, "/tmp/secant-post-%d.cfg", getpid());
	snprintf(names, sizeof names, "/tmp/secant-post-%d.names", getpid());
	FILE *f = fopen(config, "w");
	fputs("# of a network\nCLASS_NUM=4 # classes\nCLASS_NUM=9\n\nno key here\n TOP_K = 2\n", f);
	fclose(f);
	f = fopen(names, "w");
	fputs("# classes\r\na b\t\r\n\n# \n#\n", f);
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
		{ "mxpi_textobjectpostprocessor", "libpsenetpostprocess.so", "'KERNEL_NUM':'7'", "no such file" },
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
		cmocka_unit_test(test_nothing_found_adds_nothing), cmocka_unit_test(test_suppression_is_by_class),
		cmocka_unit_test(test_detectors), cmocka_unit_test(test_candidates), cmocka_unit_test(test_retinanet),
		cmocka_unit_test(test_ssd_of_mindspore), cmocka_unit_test(test_lines_of_pieces), cmocka_unit_test(test_people),
		cmocka_unit_test(test_people_by_tags), cmocka_unit_test(test_numbers_of_16_bits),
		cmocka_unit_test(test_files_of_configuration), cmocka_unit_test(test_classes),
		cmocka_unit_test(test_lines_of_text), cmocka_unit_test(test_masks_go_back),
		cmocka_unit_test(test_configurations_that_are_refused), cmocka_unit_test(test_shapes_that_do_not_fit),
		cmocka_unit_test(test_library_of_ones_own) };
	snprintf(labels, sizeof labels, "/tmp/secant-labels-%d", getpid());
	FILE *f = fopen(labels, "w");
	fputs("# classes\ncat\r\ndog\n", f);
	fclose(f);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove(labels);
	return failed;
}
