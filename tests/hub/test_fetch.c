/* One file over HTTP, from a server on the loopback address: whole, broken off, another, absent; and several at once.
 */
#include "scratch.h"
#include "http.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/hash.h"
#include "base/mem.h"
#include "hub/hub.h"

enum { SIZE = 300000 };
static uint8_t body[SIZE], other[SIZE];
static char sum[65], linked[200];

static int
begin(void **state)
{
	for (int i = 0; i < SIZE; i++) {
		body[i] = (uint8_t)(i * 7 + i / 251);
		other[i] = (uint8_t)(i * 5 + 1);
	}
	base_sha256_hex(body, SIZE, sum);
	snprintf(linked, sizeof linked, "X-Linked-Etag: \"%s\"\r\nX-Linked-Size: %d\r\n", sum, SIZE);
	return make_folder(state);
}

static secant_status
fetch(const http_server *s, const char *from, const char *to, const char *sha256, char got[65], secant_err *err)
{
	char address[200];
	const secant_weights_events quick = { .tries = 3, .pause = 0.01 };
	snprintf(address, sizeof address, "%s/%s", s->base, from);
	hub_wanted w = { .address = address, .name = from, .sha256 = sha256 };
	*err = (secant_err){ 0 };
	return hub_fetch(&w, in_folder(to), &quick, got, err);
}

static void
is_whole(const char *name)
{
	char *data, part[200];
	size_t n;
	assert_int_equal(secant_file_read(&data, &n, in_folder(name), SIZE * 2, NULL), SECANT_OK);
	assert_int_equal(n, SIZE);
	assert_memory_equal(data, body, SIZE);
	secant_free(data);
	snprintf(part, sizeof part, "%s.part", in_folder(name));
	assert_false(secant_is_file(part));
}

static void
is_absent(const char *name, bool part_stays)
{
	char part[200];
	assert_false(secant_is_file(in_folder(name)));
	snprintf(part, sizeof part, "%s.part", in_folder(name));
	assert_int_equal(secant_is_file(part), part_stays);
}

static void
test_whole_and_redirected(void **state)
{
	char to[400], got[65];
	http_row rows[] = { { "/file", body, SIZE }, { "/away", "", 0, to, 302 }, { "/blob", body, SIZE }, { 0 } };
	http_server s;
	secant_err err;
	assert_true(http_start(&s, rows));
	snprintf(to, sizeof to, "Location: %s/blob\r\n%s", s.base, linked);
	assert_int_equal(fetch(&s, "file", "deep/er/file", sum, got, &err), SECANT_OK);
	assert_string_equal(got, sum);
	is_whole("deep/er/file");
	assert_int_equal(fetch(&s, "file", "digits", "", got, &err), SECANT_OK); /* no sum is known at all */
	assert_int_equal(fetch(&s, "away", "away", NULL, got, &err), SECANT_OK);
	assert_string_equal(got, sum);
	is_whole("away");
	assert_int_equal(rows[0].requests, 2);
	assert_int_equal(fetch(&s, "file", "away", NULL, got, &err), SECANT_OK); /* it is here: nobody is asked */
	assert_int_equal(rows[0].requests, 2);
	http_stop(&s);
}

static void
test_absent(void **state)
{
	http_row rows[] = { { "/secret", "no", 2, NULL, 403 }, { 0 } };
	http_server s;
	secant_err err;
	char got[65];
	assert_true(http_start(&s, rows));
	assert_int_equal(fetch(&s, "gone", "gone", NULL, got, &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "HTTP 404"));
	is_absent("gone", false);
	assert_int_equal(fetch(&s, "secret", "gone", NULL, got, &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "HTTP 403"));
	char address[200];
	snprintf(address, sizeof address, "%s/gone", s.base);
	hub_wanted spare = { .address = address, .name = "gone", .spare = true };
	assert_int_equal(hub_fetch(&spare, in_folder("gone"), &(secant_weights_events){ 0 }, got, &err), SECANT_OK);
	assert_string_equal(got, "");
	is_absent("gone", false);
	http_stop(&s);
	assert_int_equal(fetch(&s, "gone", "gone", NULL, got, &err), SECANT_ERR_IO); /* nobody listens there */
	is_absent("gone", false);
}

static void
test_broken_off(void **state)
{
	http_row rows[] = { { "/broken", body, SIZE, linked, .breaks_after = 70000 },
		{ "/deaf", body, SIZE, linked, .no_ranges = true }, { "/dead", body, SIZE, linked, .breaks_after = 1 },
		{ "/busy", body, SIZE, linked, .fails = 2 }, { 0 } };
	http_server s;
	secant_err err;
	char got[65];
	assert_true(http_start(&s, rows));
	assert_int_equal(fetch(&s, "broken", "broken", NULL, got, &err), SECANT_OK);
	is_whole("broken");
	assert_int_equal(rows[0].requests, 5);
	assert_int_equal(rows[0].ranged, 4);
	/* what an earlier process left is gone on with, and so much is asked for */
	assert_int_equal(secant_file_write(in_folder("left.part"), body, 200000, NULL), SECANT_OK);
	assert_int_equal(fetch(&s, "broken", "left", sum, got, &err), SECANT_OK);
	is_whole("left");
	assert_int_equal(rows[0].requests, 7);
	/* a server that knows no ranges sends all again */
	assert_int_equal(secant_file_write(in_folder("deaf.part"), other, 1000, NULL), SECANT_OK);
	assert_int_equal(fetch(&s, "deaf", "deaf", NULL, got, &err), SECANT_OK);
	is_whole("deaf");
	assert_int_equal(fetch(&s, "busy", "busy", NULL, got, &err), SECANT_OK);
	assert_int_equal(rows[3].requests, 3);
	http_stop(&s);
}

static void
test_another_file(void **state)
{
	char short_one[200], small[200];
	snprintf(short_one, sizeof short_one, "X-Linked-Etag: \"%s\"\r\nX-Linked-Size: %d\r\n", sum, SIZE + 10);
	snprintf(small, sizeof small, "X-Linked-Etag: \"%s\"\r\nX-Linked-Size: %d\r\n", sum, SIZE - 10);
	http_row rows[] = { { "/file", body, SIZE, linked }, { "/wrong", other, SIZE, linked },
		{ "/short", body, SIZE, short_one }, { "/long", body, SIZE, small },
		{ "/shifted", body, SIZE, linked, .wrong_range = true }, { "/plain", body, SIZE }, { 0 } };
	http_server s;
	secant_err err;
	char got[65];
	assert_true(http_start(&s, rows));
	assert_int_equal(fetch(&s, "wrong", "wrong", NULL, got, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, sum));
	is_absent("wrong", false);
	assert_int_equal(fetch(&s, "wrong", "wrong", "01234567", got, &err), SECANT_ERR_FORMAT); /* eight digits count */
	assert_int_equal(fetch(&s, "short", "short", NULL, got, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "300000 bytes came of 300010"));
	assert_int_equal(fetch(&s, "long", "long", NULL, got, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "more than the 299990 bytes"));
	is_absent("long", true);
	/* beginnings of another file are thrown away, whether a sum tells or none does */
	assert_int_equal(secant_file_write(in_folder("mixed.part"), other, 1000, NULL), SECANT_OK);
	assert_int_equal(fetch(&s, "file", "mixed", NULL, got, &err), SECANT_OK);
	is_whole("mixed");
	assert_int_equal(secant_file_write(in_folder("plain.part"), other, 1000, NULL), SECANT_OK);
	assert_int_equal(fetch(&s, "plain", "plain", NULL, got, &err), SECANT_OK);
	is_whole("plain");
	assert_int_equal(secant_file_write(in_folder("more.part"), other, SIZE, NULL), SECANT_OK);
	assert_int_equal(fetch(&s, "file", "more", NULL, got, &err), SECANT_OK);
	is_whole("more");
	assert_int_equal(secant_file_write(in_folder("shifted.part"), body, 1000, NULL), SECANT_OK);
	assert_int_equal(fetch(&s, "shifted", "shifted", NULL, got, &err), SECANT_ERR_FORMAT);
	http_stop(&s);
}

static bool
at_once(void *user)
{
	return true;
}

static void
test_stopped(void **state)
{
	http_row rows[] = { { "/file", body, SIZE, linked }, { 0 } };
	http_server s;
	secant_err err = { 0 };
	char got[65], address[200];
	assert_true(http_start(&s, rows));
	snprintf(address, sizeof address, "%s/file", s.base);
	hub_wanted w = { .address = address, .name = "file" };
	const secant_weights_events e = { .cancelled = at_once, .tries = 3, .pause = 0.01 };
	assert_int_equal(hub_fetch(&w, in_folder("stopped"), &e, got, &err), SECANT_ERR_CANCELLED);
	assert_false(secant_is_file(in_folder("stopped")));
	http_stop(&s);
}

/* Of processes that want one file at once, one fetches it. */
static void
test_several_at_once(void **state)
{
	enum { PROCESSES = 4 };
	http_row rows[] = { { "/file", body, SIZE, linked }, { 0 } };
	http_server s;
	assert_true(http_start(&s, rows));
	pid_t child[PROCESSES];
	fflush(NULL);
	for (int i = 0; i < PROCESSES; i++)
		if (!(child[i] = fork())) {
			secant_err err;
			char got[65];
			secant_status status = fetch(&s, "file", "shared", NULL, got, &err);
			_exit(status || strcmp(got, sum));
		}
	for (int i = 0; i < PROCESSES; i++) {
		int how;
		assert_int_equal(waitpid(child[i], &how, 0), child[i]);
		assert_int_equal(how, 0);
	}
	is_whole("shared");
	assert_int_equal(rows[0].requests, 1);
	http_stop(&s);
}

static void
test_proxy(void **state)
{
	http_row rows[] = { { "/file", body, SIZE, linked }, { 0 } };
	http_server s;
	secant_err err = { 0 };
	char got[65];
	assert_true(http_start(&s, rows));
	setenv("http_proxy", s.base, 1);
	hub_wanted w = { .address = "http://weights.invalid/file", .name = "file" };
	const secant_weights_events quick = { .tries = 1, .pause = 0.01 };
	assert_int_equal(hub_fetch(&w, in_folder("proxied"), &quick, got, &err), SECANT_OK);
	is_whole("proxied");
	assert_int_equal(rows[0].proxied, 1);
	setenv("no_proxy", "weights.invalid", 1);
	assert_int_equal(hub_fetch(&w, in_folder("direct"), &quick, got, &err), SECANT_ERR_IO);
	assert_int_equal(rows[0].proxied, 1);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	http_stop(&s);
}

int
main(void)
{
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whole_and_redirected), cmocka_unit_test(test_absent),
		cmocka_unit_test(test_broken_off), cmocka_unit_test(test_another_file), cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_several_at_once), cmocka_unit_test(test_proxy) };
	secant_err err = { 0 };
	char got[65];
	hub_wanted none = { .address = "http://127.0.0.1:1/none", .name = "none" };
	if (hub_fetch(&none, "/tmp/secant-none", &(secant_weights_events){ .tries = 1 }, got, &err)
		== SECANT_ERR_UNSUPPORTED) {
		puts("skipped: this build has no libcurl");
		return 77;
	}
	return cmocka_run_group_tests(tests, begin, drop_folder);
}
