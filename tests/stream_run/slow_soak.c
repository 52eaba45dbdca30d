/*
 * Two streams at once with 2,000 pictures of mixed sizes, a third of them damaged: every picture has its answer, in
 * order, an undamaged one the right one, and memory does not grow.
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

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_two_streams) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
