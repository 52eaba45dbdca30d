/* Elements that choose among boxes or frames: mxpi_objectselector, mxpi_nmsoverlapedroiV2, mxpi_channelselector,
 * mxpi_distributor. */
#include "worker_stub.h"

typedef struct row {
	float x0, y0, x1, y1, confidence;
	int class_id, tile; /* tile -1: no header */
} row;

static void
put_boxes(stream_frame *f, const char *key, const row *v, int n)
{
	base_str list = { 0 };
	for (int i = 0; i < n; i++) {
		base_str box = { 0 }, class = { 0 };
		if (v[i].tile >= 0)
			stream_put_header(&box, "tiles", v[i].tile);
		stream_put_real(&box, 2, (double)v[i].x0);
		stream_put_real(&box, 3, (double)v[i].y0);
		stream_put_real(&box, 4, (double)v[i].x1);
		stream_put_real(&box, 5, (double)v[i].y1);
		stream_put_int(&class, 2, v[i].class_id);
		stream_put_real(&class, 4, (double)v[i].confidence);
		stream_put_message(&box, 6, &class);
		stream_put_message(&list, 1, &box);
		base_str_free(&class);
		base_str_free(&box);
	}
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
}

/* x0 of each box that came out, as one number in base 100. */
static long
chosen(stub *s)
{
	long all = 0;
	stream_box b;
	stream_blob *list = stub_result(s, "MxpiObjectList");
	format_wire at = { list->p, list->n };
	while (stream_box_next(&at, &b) > 0)
		all = all * 100 + (long)b.x0;
	stream_blob_drop(list);
	return all;
}

static const row boxes[] = { { 1, 0, 11, 10, 0.9F, 0, -1 }, { 2, 0, 4, 2, 0.8F, 0, -1 }, { 3, 0, 8, 5, 0.3F, 1, -1 },
	{ 4, 0, 24, 20, 0.7F, 1, -1 }, { 5, 0, 15, 10, 0.6F, 1, -1 } };

static void
test_selector(void **state)
{
	static const struct {
		const char *filter;
		long wanted;
	} rows[] = {
		{ "'TopN':0,'BottomN':0,'MinArea':0,'MaxArea':0,'ConfThresh':0", 203010504 }, /* by area, then as they came */
		{ "'TopN':2,'BottomN':0,'MinArea':0,'MaxArea':0,'ConfThresh':0", 405 },
		{ "'TopN':0,'BottomN':2,'MinArea':0,'MaxArea':0,'ConfThresh':0", 203 },
		{ "'TopN':9,'BottomN':0,'MinArea':0,'MaxArea':0,'ConfThresh':0.5", 2010504 },
		{ "'TopN':0,'BottomN':0,'MinArea':4,'MaxArea':100,'ConfThresh':0", 3 }, /* bounds do not count */
		{ "'TopN':0,'BottomN':0,'MinArea':25,'MaxArea':0,'ConfThresh':0", 0 }, /* refused: least above most */
	};
	for (size_t i = 0; i < 5; i++) {
		char filter[300];
		snprintf(filter, sizeof filter, "{'Type':'Area',%s}", rows[i].filter);
		for (char *p = filter; *p; p++)
			*p = *p == '\'' ? '"' : *p;
		stub s;
		char why[200];
		stub_open(&s, "mxpi_objectselector");
		stub_set(&s, "FirstDetectionFilter", filter);
		stream_frame *f = stream_frame_new();
		put_boxes(f, "before", boxes, 5);
		assert_int_equal(s.w.kind->work->open(&s.w, why, sizeof why), 0);
		stub_run(&s, f);
		assert_int_equal(chosen(&s), rows[i].wanted);
		stream_frame_drop(f);
		stub_close(&s);
	}
}

static void
test_boxes_of_tiles(void **state)
{
	/* two tiles of 100 with an overlap of 20: the first has what lies left of 90, the second right of it */
	static const row tiles[] = { { 0, 0, 100, 50, 0, 0, -1 }, { 80, 0, 180, 50, 0, 0, -1 } };
	static const row found[] = {
		{ 10, 10, 20, 20, 0.9F, 0, 0 }, { 92, 10, 99, 20, 0.9F, 0, 0 }, /* beyond its part */
		{ 85, 10, 95, 20, 0.8F, 0, 0 }, { 84, 10, 97, 21, 0.5F, 0, 1 }, /* one thing, found twice: the larger stays */
		{ 86, 10, 94, 20, 0.5F, 1, 1 }, /* of another class */
		{ 81, 10, 88, 20, 0.5F, 0, 1 }, /* before its part */
		{ 20, 10, 30, 20, 0.5F, 0, 7 }, /* of no tile */
	};
	stub s;
	stub_open(&s, "mxpi_nmsoverlapedroiV2");
	stream_frame *f = stream_frame_new();
	put_boxes(f, "before", tiles, 2);
	put_boxes(f, "before1", found, 7);
	stub_run(&s, f);
	assert_int_equal(chosen(&s), 841086); /* by class, then by area */
	stream_frame_drop(f);
	stub_close(&s);
}

static void
test_nothing_to_read_passes(void **state)
{
	static const char *const kinds[] = { "mxpi_objectselector", "mxpi_nmsoverlapedroiV2" };
	for (int i = 0; i < 2; i++) {
		stub s;
		stub_open(&s, kinds[i]);
		stream_frame *f = stream_frame_new();
		stub_run(&s, f);
		assert_int_equal(s.n_sent, 1);
		assert_ptr_equal(s.sent[0], f);
		assert_int_equal(stream_frame_failed(f, NULL), 0);
		stream_frame_drop(f);
		stub_close(&s);
	}
}

static void
test_channels(void **state)
{
	stub s;
	stub_open(&s, "mxpi_channelselector");
	stub_set(&s, "channelIds", "1,12");
	for (uint32_t channel = 0; channel < 13; channel++) {
		stream_frame *f = stream_frame_new();
		stream_frame_way(f)->channel = channel;
		stream_frame_way(f)->id = 7;
		put_boxes(f, "before", boxes, 5);
		stub_run(&s, f);
		stream_frame *sent = s.sent[s.n_sent - 1];
		bool passes = channel == 1 || channel == 12;
		assert_int_equal(sent == f, passes);
		assert_int_equal(stream_frame_way(sent)->id, 7); /* who waits for it is told */
		assert_int_equal(stream_frame_get(sent, "mxpi_channelselector", NULL, NULL), passes);
		assert_int_equal(stream_frame_get(sent, "before", NULL, NULL), passes);
		stream_frame_drop(f);
	}
	stub_close(&s);
}

/* Which of the boxes a port has, by its key: x0 in base 100 as above; -1: nothing under the key. Headers name the box
 * that each of them is. */
static long
given(stream_frame *f, const char *key)
{
	long all = 0;
	stream_box b;
	stream_blob *list;
	if (!stream_frame_get(f, key, NULL, &list))
		return -1;
	format_wire at = { list->p, list->n };
	while (stream_box_next(&at, &b) > 0) {
		base_str want = { 0 };
		stream_put_header(&want, "before", (int)b.x0 - 1);
		assert_true(b.item.n >= want.n && !memcmp(b.item.p, want.p, want.n));
		base_str_free(&want);
		all = all * 100 + (long)b.x0;
	}
	stream_blob_drop(list);
	return all;
}

static void
test_distributor_by_class(void **state)
{
	static const struct {
		const char *ids, *all;
		int ports, n_sent, sent[3];
		long wanted[3], alone;
	} rows[] = {
		{ "0", "no", 1, 1, { 0 }, { 102 }, 102 }, /* name_0 with one port too, and the name by itself */
		{ "0|1", "no", 1, 1, { 0 }, { 102030405 }, 102030405 },
		{ "1,0", "no", 2, 2, { 0, 1 }, { 30405, 102 }, -1 },
		{ "7,1", "no", 2, 1, { 1 }, { -1, 30405 }, -1 },
		{ "7,1", "yes", 2, 2, { 0, 1 }, { -1, 30405 }, -1 }, /* the frame goes, without a list of nothing */
		{ "7", "no", 1, 0, { 0 }, { -1 }, -1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		stub s;
		stub_open(&s, "mxpi_distributor");
		s.w.n_sources = rows[i].ports;
		stub_set(&s, "classIds", rows[i].ids);
		stub_set(&s, "distributeAll", rows[i].all);
		stream_frame *f = stream_frame_new();
		put_boxes(f, "before", boxes, 5);
		stub_run(&s, f);
		assert_int_equal(stream_frame_failed(f, NULL), 0);
		assert_int_equal(s.n_sent, rows[i].n_sent);
		for (int k = 0; k < s.n_sent; k++)
			assert_int_equal(s.port[k], rows[i].sent[k]);
		for (int k = 0; k < rows[i].ports; k++) {
			char key[60];
			snprintf(key, sizeof key, "mxpi_distributor_%d", k);
			assert_int_equal(given(f, key), rows[i].wanted[k]);
		}
		assert_int_equal(given(f, "mxpi_distributor"), rows[i].alone);
		stream_frame_drop(f);
		stub_close(&s);
	}
}

static void
test_distributor_by_channel(void **state)
{
	for (uint32_t channel = 0; channel < 4; channel++) {
		stub s;
		stub_open(&s, "mxpi_distributor");
		s.w.n_sources = 2;
		stub_set(&s, "channelIds", "0|2,3");
		stream_frame *f = stream_frame_new();
		stream_frame_way(f)->channel = channel;
		put_boxes(f, "before", boxes, 5);
		stub_run(&s, f);
		assert_int_equal(s.n_sent, channel != 1);
		if (s.n_sent) {
			assert_int_equal(s.port[0], channel == 3);
			assert_int_equal(stream_frame_get(f, "mxpi_distributor_0", NULL, NULL), channel != 3);
			assert_int_equal(stream_frame_get(f, "mxpi_distributor_1", NULL, NULL), channel == 3);
		}
		stream_frame_drop(f);
		stub_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_selector), cmocka_unit_test(test_boxes_of_tiles),
		cmocka_unit_test(test_nothing_to_read_passes), cmocka_unit_test(test_channels),
		cmocka_unit_test(test_distributor_by_class), cmocka_unit_test(test_distributor_by_channel) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
