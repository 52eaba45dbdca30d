/*
 * Warped pictures, to OpenCV's pixel, and the elements that warp: mxpi_warpperspective, mxpi_facealignment. Sums are
 * those of what OpenCV 4.14 made of the same pictures (cv2.warpPerspective, cv2.warpAffine).
 */
#include "stream/warp.h"
#include "worker_stub.h"
#include <math.h>

static void
fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 5 * 13);
}

static uint32_t
sum_of(const uint8_t *p, size_t n)
{
	uint32_t s = 0;
	for (size_t i = 0; i < n; i++)
		s += (uint32_t)(i + 1) * p[i];
	return s;
}

static const float corners[8] = { 1.25f, 0.5f, 10.5f, 1.75f, 9.25f, 8.5f, 0.75f, 7.25f };

static void
test_perspective(void **state)
{
	enum { W = 200, H = 150, TO_W = 170, TO_H = 90 };
	static uint8_t from[W * H * 3], to[TO_W * TO_H * 3];
	static const double m[9] = { 0.91, -0.22, 11.5, 0.17, 1.04, -7.25, 0.0004, -0.0007, 1 };
	fill(from, sizeof from);
	stream_warp_perspective(
		&(stream_plane){ TO_W, TO_H, 3, false, TO_W * 3, to }, &(stream_plane){ W, H, 3, false, W * 3, from }, m);
	assert_int_equal(sum_of(to, sizeof to), 2604365106U);
}

static void
test_affine(void **state)
{
	enum { W = 200, H = 150, SIDE = 112 };
	static uint8_t from[W * H * 3], to[SIDE * SIDE * 3];
	static const double m[6] = { 0.8, -0.6, 20.25, 0.6, 0.8, -31.5 };
	fill(from, sizeof from);
	stream_warp_affine(
		&(stream_plane){ SIDE, SIDE, 3, false, SIDE * 3, to }, &(stream_plane){ W, H, 3, false, W * 3, from }, m);
	assert_int_equal(sum_of(to, sizeof to), 3034215991U);
	assert_int_equal(to[(50 * SIDE + 60) * 3], 98);
}

/* Four points on a line are no box; three equal ones have no turn. */
static void
test_what_has_no_matrix(void **state)
{
	static const float line[8] = { 0, 0, 1, 1, 2, 2, 3, 3 }, box[8] = { 0, 0, 1, 0, 1, 1, 0, 1 };
	static const float same[6] = { 2, 2, 2, 2, 2, 2 }, other[6] = { 0, 0, 1, 0, 0, 1 };
	double m[9];
	assert_false(stream_perspective(line, box, m));
	assert_false(stream_similarity(same, other, 3, m));
}

/* A quarter turn, twice as large, moved. */
static void
test_similarity(void **state)
{
	static const float from[6] = { 0, 0, 1, 0, 0, 1 }, to[6] = { 5, 7, 5, 9, 3, 7 };
	static const double wanted[6] = { 0, -2, 5, 2, 0, 7 };
	double m[6];
	assert_true(stream_similarity(from, to, 3, m));
	for (int i = 0; i < 6; i++)
		assert_true(fabs(m[i] - wanted[i]) < 1e-6);
}

static stream_frame *
frame_with(const char *key, int format, int width, int height)
{
	stream_frame *f = stream_frame_new();
	stream_made made = { .format = format, .width = width, .height = height, .parent = "boxes" };
	stream_blob *b = stream_pictures_new(&made, 1);
	fill(made.to, stream_picture_bytes(format, width, height, false));
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiVisionList"), b), 0);
	stream_frame_set_vision(f, key);
	return f;
}

static void
put_text_boxes(stream_frame *f, int n, const float (*boxes)[8])
{
	base_str list = { 0 };
	for (int i = 0; i < n; i++) {
		base_str box = { 0 };
		for (int k = 0; k < 8; k++)
			stream_put_real(&box, 2 + k, (double)boxes[i][k]);
		stream_put_message(&list, 1, &box);
		base_str_free(&box);
	}
	assert_int_equal(
		stream_frame_put(f, "before", stream_message_find("MxpiTextObjectList"), stream_blob_take(&list)), 0);
}

/* A tilted box and one without a size: one picture, with the number of its box. */
static void
test_text_boxes(void **state)
{
	stub s;
	char why[200];
	stream_picture p;
	const float boxes[2][8] = { { 0 },
		{ corners[0], corners[1], corners[2], corners[3], corners[4], corners[5], corners[6], corners[7] } };
	stub_open(&s, "mxpi_warpperspective");
	stream_frame *f = frame_with("picture", STREAM_BGR, 12, 10);
	put_text_boxes(f, 2, boxes);
	stub_run(&s, f);
	stream_blob *b = stub_result(&s, "MxpiVisionList");
	format_wire at = { b->p, b->n };
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
	assert_int_equal(p.width, 9);
	assert_int_equal(p.height, 6);
	assert_int_equal(sum_of(p.data, p.size), 1639257);
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 0);
	stream_blob_drop(b);
	stream_frame_drop(f);
	stub_close(&s);
}

/* Of port 1 by the key that is said, or by what comes before it. */
static void
test_picture_of_port_1(void **state)
{
	for (int named = 0; named < 2; named++) {
		stub s;
		stub_open(&s, "mxpi_warpperspective");
		s.w.n_sinks = 2;
		if (named)
			stub_set(&s, "oriImageDataSource", "mine");
		stream_frame *in[2] = { stream_frame_new(), frame_with(named ? "mine" : "before1", STREAM_NV12, 12, 10) };
		put_text_boxes(in[0], 1, (const float(*)[8]) & corners);
		s.w.kind->work->run(&s.w, in);
		stream_blob_drop(stub_result(&s, "MxpiVisionList"));
		stream_frame_drop(in[0]);
		stream_frame_drop(in[1]);
		stub_close(&s);
	}
}

static void
test_no_picture(void **state)
{
	stub s;
	stub_open(&s, "mxpi_warpperspective");
	stream_frame *f = stream_frame_new();
	stub_run(&s, f); /* nothing under the key: it passes */
	assert_int_equal(stream_frame_failed(s.sent[0], NULL), 0);
	put_text_boxes(f, 1, (const float(*)[8]) & corners);
	stub_run(&s, f);
	assert_int_equal(stream_frame_failed(s.sent[1], NULL), 2001);
	stream_frame_drop(f);
	stub_close(&s);
}

/* Points of an upright face, as parts of the box with its margin. */
static void
points_upright(float v[10])
{
	static const float at[10] = { 30.2946f, 51.6963f, 65.5318f, 51.5014f, 48.0252f, 71.7366f, 33.5493f, 92.3655f,
		62.7299f, 92.2041f };
	for (int i = 0; i < 10; i++)
		v[i] = ((at[i] + (i % 2 ? 0 : 8.f)) / 112 * 1.3f - 0.05f) / 1.2f;
}

static void
put_points(stream_frame *f, const float *v, int n)
{
	base_str list = { 0 }, one = { 0 };
	format_wire_put_bytes(&one, 2, v, (size_t)n * sizeof *v); /* packed */
	stream_put_message(&list, 1, &one);
	base_str_free(&one);
	assert_int_equal(
		stream_frame_put(f, "before1", stream_message_find("MxpiKeyPointAndAngleList"), stream_blob_take(&list)), 0);
}

static int
aligned(int format, int width, const float *points, int n, stream_blob **out)
{
	stub s;
	stub_open(&s, "mxpi_facealignment");
	s.w.n_sinks = 2;
	stream_frame *f = frame_with("before", format, width, 112);
	put_points(f, points, n);
	stub_run(&s, f);
	int code = stream_frame_failed(s.sent[0], NULL);
	if (!code && out)
		*out = stub_result(&s, "MxpiVisionList");
	stream_frame_drop(f);
	stub_close(&s);
	return code;
}

/* A face that is upright already comes out as it is. */
static void
test_face(void **state)
{
	float points[10];
	char why[200];
	stream_blob *b = NULL;
	stream_picture p;
	static uint8_t same[112 * 112 * 3];
	points_upright(points);
	assert_int_equal(aligned(STREAM_BGR, 112, points, 10, &b), 0);
	format_wire at = { b->p, b->n };
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
	assert_int_equal(p.format, STREAM_BGR);
	fill(same, sizeof same);
	assert_memory_equal(p.data, same, sizeof same);
	stream_blob_drop(b);
	assert_int_equal(aligned(STREAM_NV12, 112, points, 10, &b), 0);
	stream_blob_drop(b);
}

static void
test_faces_that_cannot_be(void **state)
{
	float points[10];
	points_upright(points);
	assert_int_equal(aligned(STREAM_BGR, 112, points, 8, NULL), 1009); /* too few numbers */
	assert_int_equal(aligned(STREAM_BGR, 96, points, 10, NULL), 1001); /* not scaled to the result's size */
	for (int i = 0; i < 10; i++)
		points[i] = 0.5f;
	assert_int_equal(aligned(STREAM_BGR, 112, points, 10, NULL), 1001); /* one point */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perspective),
		cmocka_unit_test(test_affine),
		cmocka_unit_test(test_what_has_no_matrix),
		cmocka_unit_test(test_similarity),
		cmocka_unit_test(test_text_boxes),
		cmocka_unit_test(test_picture_of_port_1),
		cmocka_unit_test(test_no_picture),
		cmocka_unit_test(test_face),
		cmocka_unit_test(test_faces_that_cannot_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
