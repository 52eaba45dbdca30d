/* Following boxes: mxpi_motsimplesort, mxpi_motsimplesortV2, and how boxes and tracks are matched. */
#include <stdlib.h>
#include "stream/tracking.h"
#include "worker_stub.h"

typedef struct row {
	float x, y, width, height;
} row;

static void
put_boxes(stream_frame *f, const char *key, const row *v, int n)
{
	base_str list = { 0 };
	for (int i = 0; i < n; i++) {
		base_str box = { 0 };
		stream_put_real(&box, 2, (double)v[i].x);
		stream_put_real(&box, 3, (double)v[i].y);
		stream_put_real(&box, 4, (double)(v[i].x + v[i].width));
		stream_put_real(&box, 5, (double)(v[i].y + v[i].height));
		stream_put_message(&list, 1, &box);
		base_str_free(&box);
	}
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
}

/* Two numbers for each box. */
static void
put_features(stream_frame *f, const char *key, const float *v, int n)
{
	base_str list = { 0 };
	for (int i = 0; i < n; i++) {
		base_str one = { 0 };
		stream_put_header(&one, "before", i);
		format_wire_put_bytes(&one, 2, &v[2 * i], 2 * sizeof *v);
		stream_put_message(&list, 1, &one);
		base_str_free(&one);
	}
	assert_int_equal(
		stream_frame_put(f, key, stream_message_find("MxpiFeatureVectorList"), stream_blob_take(&list)), 0);
}

/* What a picture with those boxes gives: "id:flag:box ..." (no box: -). */
static void
next_picture(stub *s, const row *v, int n, const float *features, char *said, size_t size)
{
	stream_frame *f = stream_frame_new();
	size_t used = 0;
	put_boxes(f, "before", v, n);
	if (features)
		put_features(f, "before1", features, n);
	s->n_sent = 0;
	stub_run(s, f);
	stream_blob *list = stub_result(s, "MxpiTrackLetList");
	format_wire at = { list->p, list->n }, one;
	format_wire_field field, inner;
	*said = '\0';
	while (format_wire_next_bytes(&at, 1, &one) > 0) {
		int number[6] = { 0 }, box = -1;
		while (format_wire_next(&one, &field) > 0) {
			if (field.number == 1) {
				format_wire header = field.bytes;
				box = 0;
				while (format_wire_next(&header, &inner) > 0)
					if (inner.number == 2)
						box = (int)inner.value;
			} else if (field.number < 6) {
				number[field.number] = (int)field.value;
			}
		}
		used += (size_t)snprintf(said + used, size - used, "%s%d:%d:%d", used ? " " : "", number[2], number[5], box);
	}
	stream_blob_drop(list);
	stream_frame_drop(s->sent[0]);
	s->n_sent = 0;
	stream_frame_drop(f);
}

static void
test_tracks(void **state)
{
	static const row there[] = { { 10, 10, 20, 20 }, { 100, 10, 20, 20 } },
					 turned[] = { { 102, 10, 20, 20 }, { 12, 10, 20, 20 } }, one[] = { { 14, 10, 20, 20 } },
					 far[] = { { 400, 400, 9, 9 } };
	char said[200];
	stub s;
	stub_open(&s, "mxpi_motsimplesortV2");
	stub_set(&s, "lostThreshold", "2");
	next_picture(&s, there, 2, NULL, said, sizeof said);
	assert_string_equal(said, "1:0:0 2:0:1"); /* new ones */
	next_picture(&s, turned, 2, NULL, said, sizeof said);
	assert_string_equal(said, "1:1:1 2:1:0"); /* followed, whatever their order */
	next_picture(&s, one, 1, NULL, said, sizeof said);
	assert_string_equal(said, "1:1:0"); /* the other is waited for, without a word */
	next_picture(&s, turned, 2, NULL, said, sizeof said);
	assert_string_equal(said, "1:1:1 2:1:0");
	for (int i = 0; i < 2; i++)
		next_picture(&s, NULL, 0, NULL, said, sizeof said);
	assert_string_equal(said, "");
	next_picture(&s, far, 1, NULL, said, sizeof said);
	assert_string_equal(said, "1:2:-1 2:2:-1 3:0:0"); /* given up after more than two pictures */
	next_picture(&s, there, 2, NULL, said, sizeof said);
	assert_string_equal(said, "4:0:0 5:0:1");
	stub_close(&s);
}

/* Numbers of cv2.KalmanFilter (OpenCV 4), with the matrices of SORT. */
static void
test_foretelling(void **state)
{
	static const row seen[] = { { 10, 20, 30, 40 }, { 14, 22, 30, 40 }, { 19, 25, 31, 41 }, { 23, 27, 32, 41 },
		{ 29, 30, 32, 42 } },
					 far[] = { { 900, 900, 3, 3 } };
	static const double wanted[][4] = { { 10, 20, 30, 40 }, { 15.7062, 22.8531, 30, 40 },
		{ 22.8727, 27.1080, 31.4334, 41.7407 }, { 27.5173, 29.0696, 32.2391, 42.2324 },
		{ 33.4260, 32.2197, 32.6047, 42.7378 } };
	char said[200];
	for (int n = 1; n <= 5; n++) {
		stub s;
		stub_open(&s, "mxpi_motsimplesort");
		stub_set(&s, "dataSourceDetection", "before");
		for (int i = 0; i < n; i++)
			next_picture(&s, &seen[i], 1, NULL, said, sizeof said);
		next_picture(&s, far, 1, NULL, said, sizeof said);
		const stream_tracks *all = s.w.state;
		assert_int_equal(all->n, 2);
		assert_float_equal(all->v[0].at.x, wanted[n - 1][0], 2e-3);
		assert_float_equal(all->v[0].at.y, wanted[n - 1][1], 2e-3);
		assert_float_equal(all->v[0].at.width, wanted[n - 1][2], 2e-3);
		assert_float_equal(all->v[0].at.height, wanted[n - 1][3], 2e-3);
		stub_close(&s);
	}
}

/* Two that stand where the other stood are told apart by what they look like. */
static void
test_features(void **state)
{
	static const row first[] = { { 10, 10, 20, 20 }, { 18, 10, 20, 20 } };
	static const float looks[] = { 1, 0, 0, 1 }, other[] = { 0, 1, 1, 0 };
	char said[200];
	stub s;
	stub_open(&s, "mxpi_motsimplesortV2");
	s.w.n_sinks = 2;
	next_picture(&s, first, 2, looks, said, sizeof said);
	assert_string_equal(said, "1:0:0 2:0:1");
	next_picture(&s, first, 2, other, said, sizeof said);
	assert_string_equal(said, "1:1:1 2:1:0");
	stub_close(&s);
}

static void
test_frames_without_boxes_pass(void **state)
{
	stub s;
	stub_open(&s, "mxpi_motsimplesortV2");
	stream_frame *f = stream_frame_new();
	stub_run(&s, f);
	assert_ptr_equal(s.sent[0], f);
	assert_int_equal(stream_frame_failed(f, NULL), 0);
	stream_frame_drop(f);
	stub_close(&s);
}

static void
test_too_many(void **state)
{
	row *many = secant_calloc(501, sizeof *many);
	base_str text = { 0 };
	stub s;
	stub_open(&s, "mxpi_motsimplesortV2");
	stream_frame *f = stream_frame_new();
	put_boxes(f, "before", many, 501);
	stub_run(&s, f);
	assert_int_equal(stream_frame_failed(f, &text), 1001);
	assert_non_null(strstr(text.p, "more than 500 boxes"));
	base_str_free(&text);
	stream_frame_drop(f);
	stub_close(&s);
	secant_free(many);
}

/* The largest sum over all ways, tried one by one. */
static int
best_of(const int *gain, int rows, int columns, int at, unsigned used)
{
	if (at == rows)
		return 0;
	int best = rows > columns ? best_of(gain, rows, columns, at + 1, used) : -1000000;
	for (int j = 0; j < columns; j++)
		if (!(used >> j & 1)) {
			int v = gain[at * columns + j] + best_of(gain, rows, columns, at + 1, used | 1U << j);
			best = v > best ? v : best;
		}
	return best;
}

static void
test_assignment(void **state)
{
	uint32_t seed = 1;
	for (int turn = 0; turn < 400; turn++) {
		int gain[30], column[6], sum = 0, rows = 1 + turn % 6, columns = 1 + turn / 6 % 5;
		unsigned used = 0;
		for (int i = 0; i < rows * columns; i++)
			gain[i] = (int)((seed = seed * 1664525u + 1013904223u) >> 24) % (turn % 3 ? 200 : 4);
		assert_true(stream_assign(column, gain, rows, columns));
		for (int i = 0; i < rows; i++)
			if (column[i] >= 0) {
				assert_true(column[i] < columns && !(used >> column[i] & 1));
				used |= 1U << column[i];
				sum += gain[i * columns + column[i]];
			}
		assert_int_equal(sum, best_of(gain, rows, columns, 0, 0));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tracks), cmocka_unit_test(test_foretelling),
		cmocka_unit_test(test_features), cmocka_unit_test(test_frames_without_boxes_pass),
		cmocka_unit_test(test_too_many), cmocka_unit_test(test_assignment) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
