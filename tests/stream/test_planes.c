/*
 * Pictures in planes (NV12), as elements make them without cvProcessor opencv: padded in the colour that RGBValue says,
 * cut out and scaled. Y, U and V are those of JPEG (BT.601, full range): red is 76, 85, 255, black 0, 128, 128.
 */
#include "stream/resizing.h"
#include "worker_stub.h"

/* Y counts up by rows, U is 100 and V 200. */
static void
put_picture(stream_frame *f, int format, int width, int height)
{
	stream_made made = { .format = format, .width = width, .height = height };
	stream_blob *b = stream_pictures_new(&made, 1);
	for (int i = 0; i < width * height; i++)
		made.to[i] = (uint8_t)(10 + i / width);
	for (int i = 0; i < width * height / 2; i++)
		made.to[width * height + i] = i % 2 == (format == STREAM_NV21) ? 100 : 200;
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	stream_frame_set_vision(f, "before");
}

static void
picture_of(stream_picture *p, const stream_blob *list, int i)
{
	format_wire at = { list->p, list->n };
	char why[200];
	while (i-- >= 0)
		assert_int_equal(stream_picture_next(&at, p, why, sizeof why), 1);
}

/* Y, U, V at a pixel. */
static void
is_pixel(const stream_picture *p, int x, int y, int luma, int u, int v)
{
	const uint8_t *c = p->data + p->width * p->height + (y / 2) * p->width + (x & ~1);
	bool nv21 = p->format == STREAM_NV21;
	if (p->data[y * p->width + x] != luma || c[nv21] != u || c[!nv21] != v)
		fail_msg("%d,%d: %d %d %d, wanted %d %d %d", x, y, p->data[y * p->width + x], c[nv21], c[!nv21], luma, u, v);
}

static void
test_padding(void **state)
{
	static const struct {
		int format, height;
		const char *padding, *colour;
		int top, rows, luma, u, v;
	} rows[] = {
		{ STREAM_NV12, 32, "Padding_Around", "255, 0, 0", 16, 32, 76, 85, 255 },
		{ STREAM_NV12, 32, "Padding_RightDown", "", 0, 32, 0, 128, 128 },
		{ STREAM_NV12, 32, "Padding_NO", "0,0,255", 0, 32, 29, 255, 107 }, /* Fit pads, whatever is said */
		{ STREAM_NV21, 32, "Padding_Around", "255,0,0", 16, 32, 76, 85, 255 },
		{ STREAM_NV12, 30, "Padding_Around", "114,114,114", 16, 30, 114, 128, 128 }, /* 17, and chroma is of pairs */
		{ STREAM_NV12, 32, "Padding_Around", "12,no", 16, 32, 0, 128, 128 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		stub s;
		stream_picture p;
		stub_open(&s, "mxpi_imageresize");
		stub_set(&s, "resizeWidth", "64");
		stub_set(&s, "resizeHeight", "64");
		stub_set(&s, "resizeType", "Resizer_KeepAspectRatio_Fit");
		stub_set(&s, "paddingType", rows[i].padding);
		stub_set(&s, "RGBValue", rows[i].colour);
		stream_frame *f = stream_frame_new();
		put_picture(f, rows[i].format, 64, rows[i].height);
		stub_run(&s, f);
		stream_blob *b = stub_result(&s, "MxpiVisionList");
		picture_of(&p, b, 0);
		assert_int_equal(p.format, rows[i].format);
		assert_int_equal(p.width, 64);
		assert_int_equal(p.height, 64);
		for (int y = 0; y < 64; y++) {
			int inside = y - rows[i].top;
			bool in = inside >= 0 && inside < rows[i].rows;
			is_pixel(&p, 5, y, in ? 10 + inside : rows[i].luma, in ? 100 : rows[i].u, in ? 200 : rows[i].v);
		}
		stream_blob_drop(b);
		stream_frame_drop(f);
		stub_close(&s);
	}
}

/* The accelerator scales what it cuts, OpenCV does not; a box that is left out leaves its number to nobody else. */
static void
test_cut_and_scaled(void **state)
{
	static const struct {
		const char *processor, *type;
		int width, height, first;
	} rows[] = {
		{ "ascend", "Resizer_Stretch", 48, 40, 14 },
		{ "ascend", "Resizer_KeepAspectRatio_Fit", 48, 40, 14 },
		{ "opencv", "Resizer_Stretch", 16, 8, 14 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		stub s;
		stream_picture p;
		stub_open(&s, "mxpi_imagecrop");
		stub_set(&s, "dataSource", "boxes");
		free(s.key[0]);
		s.key[0] = base_strdup("boxes");
		stub_set(&s, "cvProcessor", rows[i].processor);
		stub_set(&s, "resizeType", rows[i].type);
		stub_set(&s, "resizeWidth", "48");
		stub_set(&s, "resizeHeight", "40");
		stream_frame *f = stream_frame_new();
		put_picture(f, STREAM_NV12, 64, 32);
		base_str list = { 0 };
		static const double box[2][4] = { { 70, 40, 80, 50 }, { 8, 4, 24, 12 } }; /* the first lies outside */
		for (int k = 0; k < 2; k++) {
			base_str one = { 0 };
			for (int c = 0; c < 4; c++)
				stream_put_real(&one, 2 + c, box[k][c]);
			stream_put_message(&list, 1, &one);
			base_str_free(&one);
		}
		assert_int_equal(
			stream_frame_put(f, "boxes", stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
		stub_run(&s, f);
		stream_blob *b = stub_result(&s, "MxpiVisionList");
		base_str json = { 0 };
		stream_message_print(&json, stream_message_find("MxpiVisionList"), b->p, b->n, NULL);
		assert_non_null(strstr(json.p, "\"memberId\":1"));
		assert_non_null(strstr(json.p, "\"dataSource\":\"boxes\""));
		base_str_free(&json);
		picture_of(&p, b, 0);
		assert_int_equal(p.width, rows[i].width);
		assert_int_equal(p.height, rows[i].height);
		is_pixel(&p, 0, 0, rows[i].first, 100, 200);
		if (i == 1) { /* 16 x 8 becomes 48 x 24, black is below */
			is_pixel(&p, 47, 23, 21, 100, 200);
			is_pixel(&p, 0, 39, 0, 128, 128);
		}
		stream_blob_drop(b);
		stream_frame_drop(f);
		stub_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_padding), cmocka_unit_test(test_cut_and_scaled) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
