/* Elements of several channels, and what turns pictures: mxpi_channelimagesstitcher, mxpi_channelosdcoordsconverter,
 * mxpi_rotation, mxpi_bufferstablizer. */
#include <unistd.h>
#include "stream/osd.h"
#include "worker_stub.h"

static stream_frame *
frame_of(uint32_t channel)
{
	stream_frame *f = stream_frame_new();
	stream_frame_way(f)->channel = channel;
	return f;
}

/* A picture with its numbers counted up from `from`. */
static void
put_picture(stream_frame *f, const char *key, int format, int width, int height, int from, bool counts)
{
	stream_made made = { .format = format, .width = width, .height = height };
	stream_blob *b = stream_pictures_new(&made, 1);
	for (size_t i = 0; i < stream_picture_bytes(format, width, height, false); i++)
		made.to[i] = (uint8_t)(from + (counts ? (int)i / 3 : 0));
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiVisionList"), b), 0);
}

static void
run_on(stub *s, stream_frame **in, int n)
{
	s->w.n_sinks = n;
	s->w.kind->work->run(&s->w, in);
}

static stream_blob *
got(stream_frame *f, const char *key)
{
	const stream_message *kind;
	stream_blob *b = NULL;
	assert_true(stream_frame_get(f, key, &kind, &b));
	return b;
}

/* The paste rectangles of a list of places, "left,right,top,bottom ...". */
static void
places_of(const stream_blob *list, char *text, size_t size)
{
	format_wire at = { list->p, list->n }, vision, info, step;
	format_wire_field f;
	size_t used = 0;
	*text = '\0';
	while (format_wire_next_bytes(&at, 1, &vision) > 0) {
		int v[12] = { 0 };
		if (format_wire_next_bytes(&vision, 2, &info) > 0 && format_wire_next_bytes(&info, 8, &step) > 0)
			while (format_wire_next(&step, &f) > 0)
				if (f.number < 12 && f.type == FORMAT_WIRE_VARINT)
					v[f.number] = (int)f.value;
		used += (size_t)snprintf(text + used, size - used, "%s%d,%d,%d,%d", used ? " " : "", v[7], v[8], v[9], v[10]);
	}
}

/* How pictures of that size are laid out, and that each place has its picture. */
static void
laid_out(const char *ids, int n, int width, int height, const char *whole_width, const char *whole_height,
	const char *wanted)
{
	stub s;
	char text[400];
	static const int order[] = { 3, 1, 2, 0 };
	stream_frame *in[4];
	stub_open(&s, "mxpi_channelimagesstitcher");
	s.w.n_sources = 2;
	stub_set(&s, "channelIds", ids);
	stub_set(&s, "outputWidth", whole_width);
	stub_set(&s, "outputHeight", whole_height);
	stub_set(&s, "RGBValue", "1,2,3");
	stub_set(&s, "dataSource", "k,k,k,k");
	for (int i = 0; i < n; i++) {
		int channel = order[4 - n + i];
		in[i] = frame_of((uint32_t)channel);
		put_picture(in[i], "k", STREAM_BGR, width, height, 50 + channel, false);
	}
	run_on(&s, in, n);
	assert_int_equal(s.n_sent, 2);
	assert_int_equal(stream_frame_failed(s.sent[0], NULL), 0);
	stream_blob *where = got(s.sent[1], "mxpi_channelimagesstitcher_1"),
				*whole = got(s.sent[0], "mxpi_channelimagesstitcher_0");
	places_of(where, text, sizeof text);
	assert_string_equal(text, wanted);
	stream_picture p;
	format_wire at = { whole->p, whole->n };
	assert_int_equal(stream_picture_next(&at, &p, text, sizeof text), 1);
	for (int c = 0; c < n; c++) {
		int v[4];
		const char *from = wanted;
		for (int i = 0; i < c; i++)
			from = strchr(from, ' ') + 1;
		assert_int_equal(sscanf(from, "%d,%d,%d,%d", &v[0], &v[1], &v[2], &v[3]), 4);
		for (int y = v[2]; y < v[3]; y++)
			for (int x = v[0] * 3; x < v[1] * 3; x++)
				assert_int_equal(p.data[(size_t)y * (size_t)p.width * 3 + (size_t)x], 50 + (n == 2 ? 2 * c : c));
	}
	const uint8_t *last = p.data + p.size - 3;
	if (last[0] != last[1]) { /* the ground is what it was asked to be: B, G, R */
		assert_int_equal(last[0], 3);
		assert_int_equal(last[2], 1);
	}
	stream_blob_drop(where);
	stream_blob_drop(whole);
	for (int i = 0; i < n; i++)
		stream_frame_drop(in[i]);
	stub_close(&s);
}

static void
test_layouts(void **state)
{
	laid_out("0", 1, 40, 20, "160", "80", "0,160,0,80");
	/* two lying pictures: one above the other would leave the picture, beside each other they are 80 wide */
	laid_out("0,2", 2, 40, 20, "160", "80", "0,80,0,40 80,160,0,40");
	/* three: two to a row */
	laid_out("0,1,2", 3, 40, 40, "128", "128", "0,64,0,64 64,128,0,64 0,64,64,128");
	laid_out("0,1,2,3", 4, 32, 64, "96", "64", "0,16,0,32 16,32,0,32 32,48,0,32 48,64,0,32");
}

static void
test_channels_that_do_not_fit(void **state)
{
	static const struct {
		uint32_t channel;
		int width, code;
	} rows[] = { { 7, 40, 1001 }, { 1, 44, 1001 }, { 1, 40, 0 } };
	for (size_t i = 0; i < 3; i++) {
		stub s;
		stub_open(&s, "mxpi_channelimagesstitcher");
		stub_set(&s, "channelIds", i ? "0,1" : "1");
		stub_set(&s, "dataSource", "k,k");
		stream_frame *in[2] = { frame_of(0), frame_of(rows[i].channel) };
		put_picture(in[0], "k", STREAM_NV12, 40, 20, 9, false);
		put_picture(in[1], "k", STREAM_NV12, rows[i].width, 20, 9, false);
		run_on(&s, in, 2);
		assert_int_equal(stream_frame_failed(s.sent[0], NULL), rows[i].code);
		stream_frame_drop(in[0]);
		stream_frame_drop(in[1]);
		stub_close(&s);
	}
}

/* A box, a text, a circle and a line, each at (10, 20) with ends at (30, 40). */
static void
put_drawings(stream_frame *f, const char *key, bool fixed)
{
	base_str all = { 0 }, list = { 0 }, line = { 0 }, circle = { 0 };
	stream_osd_style style = { .scale = 2, .thickness = 3 };
	stream_osd_box(&all, &style, (int[]){ 10, 20, 30, 40 }, 0, 3, fixed);
	stream_osd_text(&all, &style, "a", 10, 20, fixed);
	for (int i = 0; i < 4; i++)
		stream_put_int(&line, 2 + i, 10 * (i + 1));
	stream_put_int(&circle, 2, 10);
	stream_put_int(&circle, 3, 20);
	stream_put_int(&circle, 4, 8);
	stream_put_message(&all, 3, &line);
	stream_put_message(&all, 5, &circle);
	stream_put_message(&list, 1, &all);
	base_str_free(&line);
	base_str_free(&circle);
	base_str_free(&all);
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list)), 0);
}

/* Places of two channels: the first halved to the right, the second not there. */
static void
put_places(stream_frame *f, const char *key)
{
	base_str list = { 0 }, vision = { 0 }, info = { 0 }, none = { 0 };
	const stream_picture p = { .info = { NULL, 0 } };
	stream_add_step(&info, &p, &(stream_step){ { 80, 40 }, { 0, 80, 0, 40 }, { 100, 140, 0, 20 }, 0 }, "s");
	stream_put_message(&vision, 2, &info);
	stream_put_message(&list, 1, &vision);
	stream_put_message(&list, 1, &none);
	base_str_free(&info);
	base_str_free(&vision);
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiVisionList"), stream_blob_take(&list)), 0);
}

static void
test_drawings_move(void **state)
{
	for (int fixed = 0; fixed < 2; fixed++) {
		stub s;
		stub_open(&s, "mxpi_channelosdcoordsconverter");
		stub_set(&s, "channelIds", "4,5");
		stub_set(&s, "dataSourceStitchInfo", "places");
		stub_set(&s, "dataSourceOsds", "d,d");
		stream_frame *in[3] = { frame_of(0), frame_of(4), frame_of(5) };
		put_places(in[0], "places");
		put_drawings(in[1], "d", fixed != 0);
		put_drawings(in[2], "d", fixed != 0);
		run_on(&s, in, 3);
		stream_blob *list = stub_result(&s, "MxpiOsdInstancesList");
		base_str text = { 0 };
		assert_true(stream_message_is(stream_message_find("MxpiOsdInstancesList"), list->p, list->n));
		stream_message_print(&text, stream_message_find("MxpiOsdInstancesList"), list->p, list->n, NULL);
		const char *box = fixed ? "\"x0\":105,\"y0\":10,\"x1\":125,\"y1\":30"
								: "\"x0\":105,\"y0\":10,\"x1\":115,\"y1\":20";
		const char *font = fixed ? "\"fontScale\":2," : "\"fontScale\":1,";
		assert_non_null(strstr(text.p, box));
		assert_non_null(strstr(text.p, font));
		assert_non_null(strstr(text.p, "\"text\":\"a\",\"x0\":105,\"y0\":10"));
		assert_non_null(strstr(text.p, "\"x0\":105,\"y0\":10,\"radius\":4"));
		assert_non_null(strstr(text.p, "\"x0\":105,\"y0\":10,\"x1\":115,\"y1\":20")); /* the line */
		assert_non_null(strstr(text.p, "\"thickness\":3")); /* what has no place stays */
		const char *first = strstr(text.p, "\"radius\"");
		assert_null(strstr(first + 1, "\"radius\"")); /* of the channel that has a place */
		base_str_free(&text);
		stream_blob_drop(list);
		for (int i = 0; i < 3; i++)
			stream_frame_drop(in[i]);
		stub_close(&s);
	}
}

/* ---- turning ---- */

static void
turned(const char *code, const char *condition, const char *critical, const char *label, const char *wanted)
{
	stub s;
	stub_open(&s, "mxpi_rotation");
	stub_set(&s, "rotateCode", code);
	stub_set(&s, "rotCondition", condition);
	stub_set(&s, "criticalValue", critical);
	stream_frame *in[2] = { frame_of(0), frame_of(0) };
	put_picture(in[0], "before", STREAM_RGB, 3, 2, '1', true); /* 123 / 456 */
	if (label) {
		base_str class = { 0 }, list = { 0 };
		format_wire_put_text(&class, 3, label);
		stream_put_real(&class, 4, 0.75);
		stream_put_message(&list, 1, &class);
		base_str_free(&class);
		assert_int_equal(
			stream_frame_put(in[1], "before1", stream_message_find("MxpiClassList"), stream_blob_take(&list)), 0);
	}
	run_on(&s, in, label ? 2 : 1);
	stream_blob *list = stub_result(&s, "MxpiVisionList");
	stream_picture p;
	char why[200], text[8] = "";
	format_wire at = { list->p, list->n };
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
	for (int i = 0; i < 6; i++)
		text[i] = (char)p.data[3 * i];
	assert_string_equal(text, wanted);
	assert_int_equal(p.width, !strcmp(wanted, "123456") || !strcmp(wanted, "654321") ? 3 : 2);
	stream_blob_drop(list);
	stream_frame_drop(in[0]);
	stream_frame_drop(in[1]);
	stub_close(&s);
}

static void
test_turns(void **state)
{
	turned("ROTATE_90_CLOCKWISE", "LT", "1", NULL, "415263");
	turned("ROTATE_180", "LE", "0.7", NULL, "654321");
	turned("ROTATE_90_COUNTERCLOCKWISE", "GE", "0.5", NULL, "362514");
	turned("ROTATE_90_COUNTERCLOCKWISE", "GT", "1", NULL, "123456"); /* it lies already */
	turned("ROTATE_180", "GE", "0.5", "ROTATE_180", "654321");
	turned("ROTATE_180", "GE", "0.5", "180", "654321");
	turned("ROTATE_180", "GE", "0.8", "180", "123456"); /* not sure enough */
	turned("ROTATE_180", "GE", "0.5", "0", "123456");
}

/* ---- pace ---- */

static void
test_empty_frames_where_nothing_comes(void **state)
{
	for (int delay = 0; delay < 2; delay++) {
		stub s;
		stub_open(&s, "mxpi_bufferstablizer");
		stub_set(&s, "tolerance", "1");
		stub_set(&s, "frequency", "60000");
		stub_set(&s, "allowDelay", delay ? "1" : "0");
		stream_frame *f = frame_of(3);
		stream_frame_way(f)->frame = 8;
		s.w.kind->work->flush(&s.w); /* before anything came */
		assert_int_equal(s.n_sent, 0);
		run_on(&s, &f, 1);
		assert_int_equal(s.n_sent, 1);
		assert_ptr_equal(s.sent[0], f);
		assert_true(s.w.wait_until > 0);
		usleep(5000);
		s.w.kind->work->flush(&s.w);
		assert_int_equal(s.n_sent, 2);
		assert_int_equal(stream_frame_way(s.sent[1])->channel, 3);
		assert_int_equal(stream_frame_way(s.sent[1])->frame, 9);
		s.w.kind->work->flush(&s.w); /* the next is not due */
		assert_int_equal(s.n_sent, 2);
		run_on(&s, &f, 1); /* late: one has gone in its place */
		assert_int_equal(s.n_sent, delay ? 3 : 2);
		run_on(&s, &f, 1);
		assert_int_equal(s.n_sent, delay ? 4 : 3);
		stream_frame_drop(f);
		stub_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_layouts), cmocka_unit_test(test_channels_that_do_not_fit),
		cmocka_unit_test(test_drawings_move), cmocka_unit_test(test_turns),
		cmocka_unit_test(test_empty_frames_where_nothing_comes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
