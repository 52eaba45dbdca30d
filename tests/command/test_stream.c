/*
 * `secant stream`: exit status, what is printed for people and for programs, and what is refused by name.
 */
#include <stdbool.h>
#include "../run.h"
#include <secant/codec.h>

static const char good[] =
	"{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"appsink0\"},\"appsink0\":{\"factory\":"
	"\"appsink\"}}}";
static const char bad[] = "{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"props\":{\"blocksize\":\"-1\"}}}}";

static const char *
written(const char *dir, const char *name, const char *text)
{
	static char path[400];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void
test_check(void **state)
{
	char out[4000];
	char *dir = scratch_dir();
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s --check", written(dir, "a.pipeline", good)), 0);
	assert_non_null(strstr(out, "a.pipeline: accepted: 1 stream, 2 elements\n"));
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s --check", written(dir, "b.pipeline", bad)), 1);
	assert_non_null(strstr(out,
		"b.pipeline: refused: 6015 ELEMENT_INVALID_PROPERTIES: stream s, element appsrc0, property "
		"blocksize: '-1' is not a whole number from 0 of 32 bits\n"));
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/b.pipeline --check --json", dir), 1);
	assert_non_null(strstr(out,
		"\"error_code\": 6015,\n  \"error\": \"ELEMENT_INVALID_PROPERTIES\",\n  \"stream\": \"s\",\n  "
		"\"element\": \"appsrc0\",\n  \"property\": \"blocksize\",\n"));
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/a.pipeline --check --json", dir), 0);
	assert_non_null(strstr(out, "\"accepted\": true,\n  \"error_code\": 0,"));
	run_line(out, sizeof out, "rm -r %s", dir);
}

/* No file, a link, a folder. */
static void
test_paths(void **state)
{
	char out[4000];
	char *dir = scratch_dir();
	written(dir, "a.pipeline", good);
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/none --check", dir), 1);
	assert_non_null(strstr(out, "1029 COMM_INVALID_PATH"));
	assert_int_equal(
		run_line(out, sizeof out, "ln -s a.pipeline %s/link; $SECANT stream %s/link --check", dir, dir), 1);
	assert_non_null(strstr(out, "1029 COMM_INVALID_PATH"));
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s --check", dir), 1);
	assert_non_null(strstr(out, "1004 COMM_INVALID_PARAM"));
	run_line(out, sizeof out, "rm -r %s", dir);
}

enum { MARGIN = 24, HEAD = 34 }; /* of a drawing */

static void
test_graph(void **state)
{
	char out[4000];
	char *dir = scratch_dir();
	written(dir, "a.pipeline", good);
	assert_int_equal(
		run_line(out, sizeof out, "$SECANT stream %s/a.pipeline --graph %s/a.svg; cat %s/a.svg", dir, dir, dir), 0);
	assert_non_null(strstr(out, ">appsink0</text>"));
	/* the same as pixels: white around, a box as the other has it */
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/a.pipeline --graph %s/a.png", dir, dir), 0);
	char path[300];
	secant_image im;
	snprintf(path, sizeof path, "%s/a.png", dir);
	assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
	assert_true(im.width > 400 && im.height > 80 && im.channels == 3);
	const uint8_t *box = (const uint8_t *)im.data
		+ ((size_t)(MARGIN / 2 + HEAD + 4) * (size_t)im.width + MARGIN + 4) * 3;
	assert_memory_equal(im.data, ((uint8_t[]){ 255, 255, 255 }), 3);
	assert_memory_equal(box, ((uint8_t[]){ 0xEE, 0xF3, 0xFA }), 3);
	secant_image_free(&im);
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/a.pipeline --graph %s/a.jpg", dir, dir), 2);
	assert_non_null(strstr(out, "neither .svg nor .png"));
	run_line(out, sizeof out, "rm -r %s", dir);
}

/* Bytes go through, what is no picture is named, and what is not said is asked for. */
static void
test_running(void **state)
{
	char out[4000];
	char *dir = scratch_dir();
	written(dir, "a.pipeline", good);
	assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/a.pipeline", dir), 2);
	bool runs = strstr(out, "libsecant-stream") == NULL;
	assert_non_null(strstr(out, runs ? "--input PICTURE says what is sent" : "built where GStreamer is installed"));
	run_line(out, sizeof out, "$SECANT stream %s/a.pipeline --input %s/a.pipeline", dir, dir);
	if (strstr(out, "libsecant-stream")) /* a build without GStreamer says so */
		assert_non_null(strstr(out, "built where GStreamer is installed"));
	else {
		assert_non_null(strstr(out, "appsink0"));
		assert_int_equal(
			run_line(out, sizeof out,
				"$SECANT stream %s/a.pipeline --input %s/a.pipeline --out %s/out --statistics; cat %s/out/a.json", dir,
				dir, dir, dir),
			0);
		assert_non_null(strstr(out, "\"results\": 1"));
		assert_int_equal(run_line(out, sizeof out, "$SECANT stream --python-path"), 0);
		assert_non_null(strstr(out, "python"));
		assert_int_equal(run_line(out, sizeof out, "$SECANT inspect %s --pipeline %s/a.pipeline", dir, dir), 1);
		assert_non_null(strstr(out, "no folders with image and mask"));
	}
	run_line(out, sizeof out, "rm -r %s", dir);
}

/* A stream with a source of its own runs until the end, with results or with a file of its own. */
static void
test_by_itself(void **state)
{
	static const char source[] = "{\"s\":{\"f\":{\"factory\":\"filesrc\",\"props\":{\"location\":\"%s/in\","
								 "\"blocksize\":\"9\"},\"next\":\"%s\"},\"%s\":{\"factory\":\"%s\"%s}}}";
	char out[4000], text[2000], props[300];
	char *dir = scratch_dir();
	written(dir, "in", "first bit|second|");
	snprintf(text, sizeof text, source, dir, "appsink0", "appsink0", "appsink", "");
	written(dir, "sink.pipeline", text);
	snprintf(props, sizeof props, ",\"props\":{\"location\":\"%s/copy\"}", dir);
	snprintf(text, sizeof text, source, dir, "w", "w", "filesink", props);
	written(dir, "file.pipeline", text);
	snprintf(text, sizeof text, source, "/nowhere", "appsink0", "appsink0", "appsink", "");
	written(dir, "nothing.pipeline", text);
	if (!run_line(out, sizeof out, "$SECANT stream %s/sink.pipeline", dir)) {
		assert_non_null(strstr(out, "first bit\n|second|\n"));
		assert_int_equal(run_line(out, sizeof out,
							 "$SECANT stream %s/sink.pipeline --out %s/out; cat %s/out/result-2.bin", dir, dir, dir),
			0);
		assert_non_null(strstr(out, "|second|"));
		assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/file.pipeline; cat %s/copy", dir, dir), 0);
		assert_non_null(strstr(out, "first bit|second|"));
		assert_int_equal(run_line(out, sizeof out, "$SECANT stream %s/sink.pipeline --input %s/in", dir, dir), 2);
		assert_non_null(strstr(out, "takes no --input"));
		assert_int_not_equal(run_line(out, sizeof out, "$SECANT stream %s/nothing.pipeline", dir), 0);
	} else
		assert_non_null(strstr(out, "built where GStreamer is installed"));
	run_line(out, sizeof out, "rm -r %s", dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_check), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_graph), cmocka_unit_test(test_running), cmocka_unit_test(test_by_itself) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
