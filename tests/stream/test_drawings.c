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

enum { MOST_WIDTH = 40, MOST_HEIGHT = 30 };

typedef enum drawing_kind { TEXT = 2, LINE, BOX, CIRCLE } drawing_kind; /* as MxpiOsdInstances numbers them */

typedef struct canvas {
	int width, height, line; /* lineType; 0: left to its default */
	uint8_t pixels[MOST_WIDTH * MOST_HEIGHT * 3];
} canvas;

/* Draws one thing, of which `numbers` are the fields from its first number on, with a pen of 50, 100, 150 (B, G, R) on
 * black. */
static void
draw(canvas *c, drawing_kind kind, const char *text, const int *number, int thickness)
{
	static const struct {
		int first, n, pen; /* fields */
	} fields[] = { [TEXT] = { 3, 2, 8 }, [LINE] = { 2, 4, 6 }, [BOX] = { 2, 4, 6 }, [CIRCLE] = { 2, 3, 5 } };
	stub s;
	base_str pen = { 0 }, thing = { 0 }, instances = { 0 }, list = { 0 };
	stub_open(&s, "mxpi_opencvosd");
	s.w.n_sinks = 2;
	for (int i = 0; i < 3; i++)
		stream_put_int(&pen, 1 + i, 50 * (i + 1));
	stream_put_int(&pen, 4, thickness);
	if (c->line)
		stream_put_int(&pen, 5, c->line);
	for (int i = 0; i < fields[kind].n; i++)
		stream_put_int(&thing, fields[kind].first + i, number[i]);
	if (text)
		format_wire_put_text(&thing, 2, text);
	stream_put_message(&thing, fields[kind].pen, &pen);
	stream_put_message(&instances, (int)kind, &thing);
	stream_put_message(&list, 1, &instances);
	base_str_free(&pen);
	base_str_free(&thing);
	base_str_free(&instances);
	stream_made made = { .format = STREAM_RGB, .width = c->width, .height = c->height };
	stream_frame *f = stream_frame_new();
	stream_blob *b = stream_pictures_new(&made, 1);
	size_t bytes = (size_t)c->width * (size_t)c->height * 3;
	memset(made.to, 0, bytes);
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	assert_int_equal(
		stream_frame_put(f, "before1", stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list)), 0);
	stub_run(&s, f);
	b = stub_result(&s, "MxpiVisionList");
	format_wire at = { b->p, b->n };
	stream_picture p;
	char why[200];
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
	assert_int_equal(p.size, bytes);
	memcpy(c->pixels, p.data, bytes);
	stream_blob_drop(b);
	stream_frame_drop(f);
	stub_close(&s);
}

/* Pixels of cv2.line, cv2.circle and cv2.rectangle (OpenCV 4.14). */
static void
test_pixels_of_opencv(void **state)
{
	enum { W = 14, H = 9 };
	static const struct {
		drawing_kind what;
		int v[5], thickness; /* v[4]: lineType */
		const char *rows[H];
	} all[] = {
		{ LINE, { 1, 4, 12, 7 }, 1,
			{ "..............", "..............", "..............", "..............", ".##...........",
				"...####.......", ".......####...", "...........##.", ".............." } },
		{ LINE, { 11, 8, 2, 1 }, 1,
			{ "..............", "..#...........", "...#..........", "....##........", "......#.......",
				".......#......", "........##....", "..........#...", "...........#.." } },
		{ LINE, { 5, 0, 7, 8 }, 1,
			{ ".....#........", ".....#........", ".....#........", "......#.......", "......#.......",
				"......#.......", "......#.......", ".......#......", ".......#......" } },
		{ LINE, { 3, 4, 9, 4 }, 3,
			{ "..............", "..............", "...#######....", "..#########...", ".###########..",
				"..#########...", "...#######....", "..............", ".............." } },
		{ LINE, { 6, 4, 6, 5 }, 5,
			{ "..............", "......#.......", "....#####.....", "....#####.....", "...#######....",
				"...#######....", "....#####.....", "....#####.....", "......#......." } },
		{ CIRCLE, { 6, 4, 3 }, 1,
			{ "..............", "......#.......", "....##.##.....", "....#...#.....", "...#.....#....",
				"....#...#.....", "....##.##.....", "......#.......", ".............." } },
		{ CIRCLE, { 11, 2, 4 }, -1,
			{ "........######", "........######", ".......#######", "........######", "........######",
				".........#####", "...........#..", "..............", ".............." } },
		{ BOX, { 4, 3, 10, 5 }, 3,
			{ "..............", "....#######...", "...#########..", "..###########.", "..###########.",
				"..###########.", "...#########..", "....#######...", ".............." } },
		{ BOX, { 2, 2, 9, 6 }, 2,
			{ "..............", "..########....", ".##########...", ".##########...", ".###....###...",
				".##########...", ".##########...", "..########....", ".............." } },
		{ LINE, { -5, -3, 20, 12 }, 1,
			{ "#.............", ".##...........", "...##.........", ".....#........", "......##......",
				"........#.....", ".........##...", "...........##.", ".............#" } },
		{ LINE, { 6, 6, 19, -2 }, 3,
			{ "...........###", ".........#####", "........######", "......########", ".....#########",
				".....#######..", "....#######...", ".....#####....", "......##......" } },
		{ LINE, { 1, 1, 10, 6, 4 }, 1,
			{ "..............", ".##...........", "..##..........", "...###........", ".....###......",
				".......###....", ".........##...", "..............", ".............." } },
		{ CIRCLE, { 6, 4, 3 }, 2,
			{ "....#####.....", "....######....", "..#########...", "..###...###...", "..###...###...",
				"..###...###...", "..#########...", "...#######....", "....#####....." } },
		{ CIRCLE, { 12, 5, 4, 0, 4 }, 1,
			{ "..............", "...........###", "..........#...", ".........#....", "........#.....",
				"........#.....", "........#.....", ".........#....", "..........#..." } },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		static canvas c;
		c = (canvas){ .width = W, .height = H, .line = all[i].v[4] };
		draw(&c, all[i].what, NULL, all[i].v, all[i].thickness);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				for (int k = 0; k < 3; k++) /* R, G, B: the picture's own order */
					assert_int_equal(c.pixels[(y * W + x) * 3 + k], all[i].rows[y][x] == '#' ? 150 - 50 * k : 0);
	}
}

/* Corners in any order, and what lies outside is left out, however far. */
static void
test_boxes_anywhere(void **state)
{
	static const struct {
		int v[4], thickness, wanted; /* pixels; -1: any */
	} rows[] = {
		{ { 14, 12, 5, 6 }, -1, 10 * 7 },
		{ { -1000, -1000, 2000, 2000 }, -1, MOST_WIDTH * MOST_HEIGHT },
		{ { INT32_MIN, INT32_MAX, INT32_MAX, INT32_MIN }, 32767, -1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static canvas c;
		int n = 0;
		c = (canvas){ .width = MOST_WIDTH, .height = MOST_HEIGHT };
		draw(&c, BOX, NULL, rows[i].v, rows[i].thickness);
		for (int k = 0; k < MOST_WIDTH * MOST_HEIGHT; k++)
			n += c.pixels[3 * k] != 0;
		if (rows[i].wanted >= 0)
			assert_int_equal(n, rows[i].wanted);
	}
}

/* Two letters beside each other, above their line. */
static void
test_text_is_drawn(void **state)
{
	static canvas c = { .width = MOST_WIDTH, .height = MOST_HEIGHT };
	int left = 0, right = 0, below = 0;
	draw(&c, TEXT, "Ab", (int[]){ 2, 25 }, 1);
	for (int y = 0; y < MOST_HEIGHT; y++)
		for (int x = 0; x < MOST_WIDTH; x++)
			if (c.pixels[3 * (y * MOST_WIDTH + x)])
				*(y >= 27 ? &below : x < 20 ? &left : &right) += 1;
	assert_true(left > 10 && right > 10 && left + right < 400);
	assert_int_equal(below, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sizes_of_text),
		cmocka_unit_test(test_boxes_become_messages), cmocka_unit_test(test_pixels_of_opencv),
		cmocka_unit_test(test_boxes_anywhere), cmocka_unit_test(test_text_is_drawn) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
