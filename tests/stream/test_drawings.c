/*
 * Drawings: sizes of text are those of cv2.getTextSize (4.14), boxes become messages as the original makes them, and
 * are drawn where they should be.
 */
#include "stream/drawing.h"
#include "worker_stub.h"

static void
test_sizes_of_text(void **state)
{
	static const struct {
		const char *text;
		int face;
		double scale;
		int thickness, width, height, below;
	} rows[] = {
		{ "cat 87%", 0, 1, 1, 130, 22, 10 },
		{ "Screw 100%", 0, 0.5, 2, 98, 12, 6 },
		{ "x", 1, 2.2, 3, 25, 22, 12 },
		{ "", 0, 1, 1, 1, 22, 10 },
		{ "OK_1~", 3, 0.7, 5, 79, 18, 9 },
		{ "defect 3%", 16, 1.5, 1, 236, 32, 14 },
		{ "abc", 7, 0.3, 4, 17, 8, 5 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int w, h, b;
		stream_text_size(rows[i].text, rows[i].face, rows[i].scale, rows[i].thickness, &w, &h, &b);
		assert_int_equal(w, rows[i].width);
		assert_int_equal(h, rows[i].height);
		assert_int_equal(b, rows[i].below);
	}
}

/* One box of class 3, "cat", 0.87, as JSON. */
static void
drawings_of(const char *property, const char *value, char *json, size_t size)
{
	stub s;
	base_str box = { 0 }, class = { 0 }, list = { 0 }, text = { 0 };
	stub_open(&s, "mxpi_object2osdinstances");
	if (property)
		stub_set(&s, property, value);
	stream_put_real(&box, 2, 10.9);
	stream_put_real(&box, 3, 40);
	stream_put_real(&box, 4, 60);
	stream_put_real(&box, 5, 80);
	stream_put_int(&class, 2, 3);
	stream_put_text(&class, 3, "cat");
	stream_put_real(&class, 4, 0.87);
	stream_put_message(&box, 6, &class);
	stream_put_message(&list, 1, &box);
	base_str_free(&box);
	base_str_free(&class);
	stream_frame *f = stream_frame_new();
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
	stub_run(&s, f);
	if (stream_frame_failed(s.sent[0], &text))
		snprintf(json, size, "%s", text.p);
	else {
		stream_blob *b = stub_result(&s, "MxpiOsdInstancesList");
		base_str_free(&text);
		assert_true(stream_message_is(stream_message_find("MxpiOsdInstancesList"), b->p, b->n));
		stream_message_print(&text, stream_message_find("MxpiOsdInstancesList"), b->p, b->n, NULL);
		snprintf(json, size, "%s", text.p);
		stream_blob_drop(b);
	}
	base_str_free(&text);
	stream_frame_drop(f);
	stub_close(&s);
}

static void
test_boxes_become_messages(void **state)
{
	char json[3000];
	drawings_of(NULL, NULL, json, sizeof json);
	/* 3 * 12347, 3 * 78997 and 3 * 34527 modulo 256 */
	assert_non_null(strstr(json,
		"\"x0\":10,\"y0\":40,\"x1\":60,\"y1\":80,\"osdParams\":{\"scalorB\":177,\"scalorG\":191,\"scalorR\":157,"
		"\"thickness\":2,"
		"\"lineType\":8,\"shift\":0},\"fixedArea\":false"));
	assert_non_null(strstr(json, "\"text\":\"cat 87%\",\"x0\":10,\"y0\":38,\"fontFace\":0,\"fontScale\":1"));
	assert_non_null(strstr(json, "\"thickness\":-1"));
	assert_non_null(strstr(json, "\"dataSource\":\"before\""));
	drawings_of("createText", "0", json, sizeof json);
	assert_non_null(strstr(json, "\"osdTextVec\":[]"));
	drawings_of("colorMap", "1,2,3|4,5,6", json, sizeof json); /* the last one for all beyond */
	assert_non_null(strstr(json, "\"scalorB\":6,\"scalorG\":5,\"scalorR\":4"));
	drawings_of("colorMap", "1,2", json, sizeof json);
	assert_non_null(strstr(json, "colorMap"));
}

enum { WIDTH = 40, HEIGHT = 30 };

/* Draws one thing (its fields, in osdRectVec, ...) on black, and gives the bytes. */
static void
draw(int kind, base_str *thing, int params, int thickness, uint8_t *pixels)
{
	stub s;
	base_str pen = { 0 }, instances = { 0 }, list = { 0 };
	stub_open(&s, "mxpi_opencvosd");
	s.w.n_sinks = 2;
	for (int i = 0; i < 3; i++)
		stream_put_int(&pen, 1 + i, 50 * (i + 1)); /* B, G, R */
	stream_put_int(&pen, 4, thickness);
	stream_put_message(thing, params, &pen);
	stream_put_message(&instances, kind, thing);
	stream_put_message(&list, 1, &instances);
	base_str_free(&pen);
	base_str_free(thing);
	base_str_free(&instances);
	stream_made made = { .format = STREAM_RGB, .width = WIDTH, .height = HEIGHT };
	stream_frame *f = stream_frame_new();
	stream_blob *b = stream_pictures_new(&made, 1);
	memset(made.to, 0, WIDTH * HEIGHT * 3);
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	assert_int_equal(
		stream_frame_put(f, "before1", stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list)), 0);
	stub_run(&s, f);
	b = stub_result(&s, "MxpiVisionList");
	format_wire at = { b->p, b->n };
	stream_picture p;
	char why[200];
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
	assert_int_equal(p.size, WIDTH * HEIGHT * 3);
	memcpy(pixels, p.data, p.size);
	stream_blob_drop(b);
	stream_frame_drop(f);
	stub_close(&s);
}

static int
drawn(const uint8_t *pixels)
{
	int n = 0;
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		n += pixels[3 * i] != 0;
	return n;
}

static base_str
numbers(int first, int n, const int *v)
{
	base_str s = { 0 };
	for (int i = 0; i < n; i++)
		stream_put_int(&s, first + i, v[i]);
	return s;
}

static void
test_boxes_are_drawn(void **state)
{
	static uint8_t pixels[WIDTH * HEIGHT * 3];
	base_str box = numbers(2, 4, (int[]){ 5, 6, 14, 12 });
	draw(4, &box, 6, 1, pixels);
	assert_int_equal(drawn(pixels), 2 * 10 + 2 * 7 - 4);
	const uint8_t *corner = pixels + 3 * (6 * WIDTH + 5);
	assert_int_equal(corner[0], 150); /* R, G, B: the picture's own order */
	assert_int_equal(corner[1], 100);
	assert_int_equal(corner[2], 50);
	box = numbers(2, 4, (int[]){ 5, 6, 14, 12 });
	draw(4, &box, 6, -1, pixels);
	assert_int_equal(drawn(pixels), 10 * 7);
	box = numbers(2, 4, (int[]){ 14, 12, 5, 6 }); /* corners in any order */
	draw(4, &box, 6, -1, pixels);
	assert_int_equal(drawn(pixels), 10 * 7);
	box = numbers(2, 4, (int[]){ -1000, -1000, 2000, 2000 }); /* what lies outside is left out */
	draw(4, &box, 6, -1, pixels);
	assert_int_equal(drawn(pixels), WIDTH * HEIGHT);
	box = numbers(2, 4, (int[]){ INT32_MIN, INT32_MAX, INT32_MAX, INT32_MIN });
	draw(4, &box, 6, 32767, pixels);
}

static void
test_lines_circles_and_text(void **state)
{
	static uint8_t pixels[WIDTH * HEIGHT * 3];
	base_str thing = numbers(2, 4, (int[]){ 3, 4, 23, 4 });
	draw(3, &thing, 6, 3, pixels); /* five rows for a thickness of 3, as OpenCV has it, and round ends */
	assert_int_equal(drawn(pixels), 21 + 23 + 25 + 23 + 21);
	thing = numbers(2, 3, (int[]){ 20, 15, 5 });
	draw(5, &thing, 5, -1, pixels);
	assert_true(drawn(pixels) > 70 && drawn(pixels) < 100);
	thing = numbers(3, 2, (int[]){ 2, 25 });
	format_wire_put_text(&thing, 2, "Ab");
	draw(2, &thing, 8, 1, pixels);
	int n = drawn(pixels), left = 0;
	assert_true(n > 30 && n < 400);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < 20; x++)
			left += pixels[3 * (y * WIDTH + x)] != 0;
	assert_true(left > 10 && left < n); /* two letters beside each other, above the line */
	for (int i = 27 * WIDTH; i < HEIGHT * WIDTH; i++)
		assert_int_equal(pixels[3 * i], 0);
}

/* Pixels of cv2.line, cv2.circle and cv2.rectangle (OpenCV 4.14): 'l' line, 'c' circle, 'b' box. */
static void
test_pixels_of_opencv(void **state)
{
	enum { W = 14, H = 9 };
	static const struct {
		char what;
		int v[4], thickness;
		const char *rows[H];
	} all[] = {
		{ 'l', { 1, 4, 12, 7 }, 1,
			{ "..............", "..............", "..............", "..............", ".##...........",
				"...####.......", ".......####...", "...........##.", ".............." } },
		{ 'l', { 11, 8, 2, 1 }, 1,
			{ "..............", "..#...........", "...#..........", "....##........", "......#.......",
				".......#......", "........##....", "..........#...", "...........#.." } },
		{ 'l', { 5, 0, 7, 8 }, 1,
			{ ".....#........", ".....#........", ".....#........", "......#.......", "......#.......",
				"......#.......", "......#.......", ".......#......", ".......#......" } },
		{ 'l', { 3, 4, 9, 4 }, 3,
			{ "..............", "..............", "...#######....", "..#########...", ".###########..",
				"..#########...", "...#######....", "..............", ".............." } },
		{ 'l', { 6, 4, 6, 5 }, 5,
			{ "..............", "......#.......", "....#####.....", "....#####.....", "...#######....",
				"...#######....", "....#####.....", "....#####.....", "......#......." } },
		{ 'c', { 6, 4, 3 }, 1,
			{ "..............", "......#.......", "....##.##.....", "....#...#.....", "...#.....#....",
				"....#...#.....", "....##.##.....", "......#.......", ".............." } },
		{ 'c', { 11, 2, 4 }, -1,
			{ "........######", "........######", ".......#######", "........######", "........######",
				".........#####", "...........#..", "..............", ".............." } },
		{ 'b', { 4, 3, 10, 5 }, 3,
			{ "..............", "....#######...", "...#########..", "..###########.", "..###########.",
				"..###########.", "...#########..", "....#######...", ".............." } },
		{ 'b', { 2, 2, 9, 6 }, 2,
			{ "..............", "..########....", ".##########...", ".##########...", ".###....###...",
				".##########...", ".##########...", "..########....", ".............." } },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		uint8_t pixels[W * H * 3] = { 0 };
		const stream_plane p = { W, H, 3, false, W * 3, pixels };
		const stream_pen pen = { .colour = { 1, 1, 1 }, .thickness = all[i].thickness };
		const int *v = all[i].v;
		if (all[i].what == 'l')
			stream_draw_line(&p, v[0], v[1], v[2], v[3], &pen);
		else if (all[i].what == 'c')
			stream_draw_circle(&p, v[0], v[1], v[2], &pen);
		else
			stream_draw_box(&p, v[0], v[1], v[2], v[3], &pen);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				assert_int_equal(pixels[(y * W + x) * 3], all[i].rows[y][x] == '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sizes_of_text),
		cmocka_unit_test(test_boxes_become_messages), cmocka_unit_test(test_boxes_are_drawn),
		cmocka_unit_test(test_lines_circles_and_text), cmocka_unit_test(test_pixels_of_opencv) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
