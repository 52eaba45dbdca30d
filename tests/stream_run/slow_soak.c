/*
 * Streams for a long time: every picture has its answer, in order, an undamaged one the right one, and memory does not
 * grow. Two streams at once with pictures of mixed sizes, a third of them damaged; one stream with small pictures
 * through a network; streams that are made and stopped again; clients that never fetch.
 *
 * SECANT_SOAK=N is how many small pictures go through the one stream (4000), and a hundredth of it how often a stream
 * is made: SECANT_SOAK=100000 is the whole that docs/guide/inspection.md tells of.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <secant/codec.h>
#include <secant/files.h>
#include <secant/manager.h>
#include <secant/options.h>
#include "onnx_stub.h"

enum { PICTURES = 1000, AHEAD = 8 };

static const char text[] =
	"{'%s':{'appsrc0':{'factory':'appsrc','next':'d'},'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'"
	"opencv'},'next':'t'},"
	"'t':{'factory':'tee','next':['q','w']},'q':{'factory':'queue','next':'r'},'w':{'factory':'queue','next':'c'},"
	"'r':{'factory':'mxpi_imageresize','props':{'handleMethod':'opencv','resizeWidth':'64','resizeHeight':'48'},'next':"
	"'y:0'},"
	"'c':{'factory':'mxpi_roigenerator','props':{'splitType':'Num_Block','chessboardHeight':'1','chessboardWidth':'1'},"
	"'next':'y:1'},"
	"'y':{'factory':'mxpi_synchronize','next':'s'},'s':{'factory':'mxpi_dataserialize','props':{'outputDataKeys':'c'},'"
	"next':'appsink0'},"
	"'appsink0':{'factory':'appsink'}}}";

static long
resident_kib(void)
{
	long pages = 0, all;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

typedef struct client {
	secant_streams *m;
	const char *stream;
	unsigned seed;
	int good, refused, wrong;
	long early, late;
} client;

/* Picture i: its size, and whether it is damaged, follow from i alone. */
static void *
make(const client *c, int i, size_t *n, int *width, int *height, int *damaged)
{
	unsigned r = c->seed + (unsigned)i * 2654435761U;
	secant_image im;
	void *bytes = NULL;
	*width = 33 + (int)(r >> 8) % 200;
	*height = 33 + (int)(r >> 16) % 150;
	*damaged = i % 3 == 1;
	if (secant_image_new(&im, *width, *height, 3, SECANT_U8, NULL))
		return NULL;
	for (int k = 0; k < *width * *height * 3; k++)
		((uint8_t *)im.data)[k] = (uint8_t)(k * (int)(r % 7 + 1) >> 3);
	if (secant_image_encode(&im, i % 2 ? "jpeg" : "png", &bytes, n, NULL, NULL))
		bytes = NULL;
	secant_image_free(&im);
	uint8_t *p = bytes;
	if (p && *damaged && i % 4 < 2)
		*n = *n * (r % 80) / 100 + 1; /* cut short */
	else if (p && *damaged)
		for (int k = 0; k < 6; k++) /* other bytes, head included */
			p[(r * (unsigned)(k + 3)) % (k < 2 ? 24 : *n)] ^= (uint8_t)(1 + (r >> k));
	return bytes;
}

static void
look(client *c, int i)
{
	size_t n;
	int width, height, damaged;
	char wanted[100];
	secant_free(make(c, i, &n, &width, &height, &damaged));
	secant_stream_result *r = secant_streams_get(c->m, c->stream, NULL, 0, NULL, 0, 60000);
	int code = secant_stream_result_code(r);
	const char *said = secant_stream_result_data(r, &n);
	snprintf(wanted, sizeof wanted, "\"x1\":%d.0,\"y0\":0.0,\"y1\":%d.0", width, height);
	if (damaged) {
		c->refused += code != 0;
		c->wrong += !secant_stream_result_came(r);
	} else if (code || !said || !strstr(said, wanted)) {
		if (c->wrong++ < 3)
			fprintf(stderr, "%s %d: %d %.150s; wanted %s\n", c->stream, i, code, said ? said : "", wanted);
	} else
		c->good++;
	secant_stream_result_free(r);
}

static void *
run(void *c_)
{
	client *c = c_;
	for (int i = 0; i < PICTURES + AHEAD; i++) {
		size_t n;
		int width, height, damaged;
		if (i < PICTURES) {
			void *p = make(c, i, &n, &width, &height, &damaged);
			const secant_stream_input in = { .data = p, .size = n };
			c->wrong += !p || secant_streams_send(c->m, c->stream, NULL, 0, &in, NULL) != 0;
			secant_free(p);
		}
		if (i >= AHEAD)
			look(c, i - AHEAD);
		if (i == PICTURES / 4)
			c->early = resident_kib();
	}
	c->late = resident_kib();
	return NULL;
}

static void
test_two_streams(void **state)
{
	secant_streams *m = secant_streams_new();
	secant_stream_fault f;
	client c[2] = { { m, "one", 1 }, { m, "two", 77 } };
	pthread_t t[2];
	for (int i = 0; i < 2; i++) {
		char json[2000];
		snprintf(json, sizeof json, text, c[i].stream);
		for (char *p = json; *p; p++)
			*p = *p == '\'' ? '"' : *p;
		int code = secant_streams_create(m, json, strlen(json), &f);
		if (code)
			print_message("%d %s %s\n", code, f.element, f.message);
		assert_int_equal(code, 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, run, &c[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 2; i++) {
		print_message("%s: %d right, %d damaged ones refused, resident %ld KiB after a quarter, %ld at the end\n",
			c[i].stream, c[i].good, c[i].refused, c[i].early, c[i].late);
		assert_int_equal(c[i].wrong, 0);
		assert_int_equal(c[i].good, PICTURES - (PICTURES + 1) / 3);
		assert_true(c[i].refused > PICTURES / 20);
		assert_true(c[i].late - c[i].early < 8192);
	}
	secant_streams_free(m);
}

static int
soak(void)
{
	const char *asked = getenv("SECANT_SOAK");
	int n = asked ? (int)strtol(asked, NULL, 10) : 0;
	return n > 100 ? n : 4000;
}

/* A stream from a text with ' for ". */
static void
create(secant_streams *m, const char *quoted)
{
	char json[2000];
	secant_stream_fault f;
	snprintf(json, sizeof json, "%s", quoted);
	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	int code = secant_streams_create(m, json, strlen(json), &f);
	if (code)
		print_message("%d %s %s\n", code, f.element, f.message);
	assert_int_equal(code, 0);
}

enum { SMALL = 32, KINDS = 16 };

/* A picture of one grey, SMALL square, as PNG. */
static void *
grey(int value, size_t *n)
{
	secant_image im;
	void *bytes = NULL;
	assert_int_equal(secant_image_new(&im, SMALL, SMALL, 3, SECANT_U8, NULL), 0);
	memset(im.data, value, SMALL * SMALL * 3);
	assert_int_equal(secant_image_encode(&im, "png", &bytes, n, NULL, NULL), 0);
	secant_image_free(&im);
	return bytes;
}

/* The first number of the next result; -1 where there is none. */
static int
doubled_of(secant_streams *m)
{
	static const char *const keys[] = { "i" };
	secant_stream_message got;
	format_wire package;
	stream_tensor t;
	char why[300];
	float v = -1;
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, keys, 1, 60000);
	if (!secant_stream_result_code(r) && secant_stream_result_message(r, 0, &got, NULL)) {
		format_wire all = { got.data, got.size };
		if (stream_package_next(&all, &package, NULL, 0) == 1 && stream_tensor_next(&package, &t, why, sizeof why) == 1
			&& t.size == SMALL * SMALL * 3 * sizeof v)
			memcpy(&v, t.data, sizeof v);
	} else {
		size_t n;
		fprintf(stderr, "%d %.200s\n", secant_stream_result_code(r), (const char *)secant_stream_result_data(r, &n));
	}
	secant_stream_result_free(r);
	return (int)v;
}

/* Decoded as numbers, scaled, through a network that doubles, dumped: what comes first of the result. */
static void
test_one_stream(void **state)
{
	int n = soak(), wrong = 0;
	char model[200], text_of[1500];
	void *bytes[KINDS];
	size_t size[KINDS];
	long early = 0;
	snprintf(model, sizeof model, "/tmp/secant-soak-%d.onnx", getpid());
	stub_model_of(model, (const int64_t[]){ 1, SMALL, SMALL, 3 }, 4);
	snprintf(text_of, sizeof text_of,
		"{'s':{'appsrc0':{'factory':'appsrc','next':'d'},'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'"
		"opencv',"
		"'dataType':'float32'},'next':'r'},'r':{'factory':'mxpi_imageresize','props':{'cvProcessor':'opencv','"
		"resizeWidth':'"
		"%d','resizeHeight':'%d'},'next':'i'},'i':{'factory':'mxpi_tensorinfer','props':{'modelPath':'%s'},'next':"
		"'appsink0'},'appsink0':{'factory':'appsink'}}}",
		SMALL, SMALL, model);
	secant_streams *m = secant_streams_new();
	create(m, text_of);
	for (int k = 0; k < KINDS; k++)
		bytes[k] = grey(7 * k, &size[k]);
	for (int i = 0; i < n + AHEAD; i++) {
		const secant_stream_input in = { .data = bytes[i % KINDS], .size = size[i % KINDS] };
		if (i < n)
			wrong += secant_streams_send(m, "s", NULL, 0, &in, NULL) != 0;
		if (i >= AHEAD)
			wrong += doubled_of(m) != 14 * ((i - AHEAD) % KINDS);
		if (i == n / 4)
			early = resident_kib();
	}
	long late = resident_kib();
	print_message("%d pictures, %d wrong, resident %ld KiB after a quarter, %ld at the end\n", n, wrong, early, late);
	assert_int_equal(wrong, 0);
	assert_true(late - early < 4096);
	for (int k = 0; k < KINDS; k++)
		secant_free(bytes[k]);
	secant_streams_free(m);
	remove(model);
}

/* A stream is made, used once and stopped, again and again. */
static void
test_made_and_stopped(void **state)
{
	int n = soak() / 100;
	size_t size;
	void *bytes = grey(9, &size);
	long early = 0;
	secant_streams *m = secant_streams_new();
	for (int i = 0; i < n; i++) {
		char json[2000];
		const secant_stream_input in = { .data = bytes, .size = size };
		snprintf(json, sizeof json, text, "again");
		create(m, json);
		assert_int_equal(secant_streams_send(m, "again", NULL, 0, &in, NULL), 0);
		if (i % 2) { /* every other one is stopped with its picture within */
			secant_stream_result *r = secant_streams_get(m, "again", NULL, 0, NULL, 0, 20000);
			assert_int_equal(secant_stream_result_code(r), 0);
			secant_stream_result_free(r);
		}
		assert_int_equal(secant_streams_stop(m, "again"), 0);
		if (i == n / 4)
			early = resident_kib();
	}
	long late = resident_kib();
	print_message("%d times, resident %ld KiB after a quarter, %ld at the end\n", n, early, late);
	assert_true(late - early < 4096);
	secant_free(bytes);
	secant_streams_free(m);
}

/* Nobody fetches: results wait up to their limit, then senders are told, and the stream can be stopped at once. */
static void
test_nobody_fetches(void **state)
{
	size_t size;
	void *bytes = grey(9, &size);
	int sent = 0, code = 0;
	secant_streams *m = secant_streams_new();
	char json[2000];
	snprintf(json, sizeof json, text, "full");
	create(m, json);
	while (!code && sent < 20000) {
		const secant_stream_input in = { .data = bytes, .size = size };
		code = secant_streams_send(m, "full", NULL, 0, &in, NULL);
		sent += !code;
	}
	print_message("%d pictures were taken, then %d; resident %ld KiB\n", sent, code, resident_kib());
	assert_int_equal(code, 5003);
	double before = secant_seconds();
	assert_int_equal(secant_streams_stop(m, "full"), 0);
	assert_true(secant_seconds() - before < 10);
	secant_free(bytes);
	secant_streams_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_two_streams), cmocka_unit_test(test_one_stream),
		cmocka_unit_test(test_made_and_stopped), cmocka_unit_test(test_nobody_fetches) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
