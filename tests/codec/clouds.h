/* What the tests of cloud files share: clouds from text and bytes, errors, and every cut of a file. */
#ifndef TESTS_CODEC_CLOUDS_H
#define TESTS_CODEC_CLOUDS_H
#include <math.h>
#include <secant/cloud.h>
#include "base/mem.h"
#include "scratch.h"

/* Options with changes: "name", "value", ..., NULL. */
static inline void
set_options(const secant_opts *table, void *object, const char *const *pairs)
{
	secant_err err = { 0 };
	if (secant_opts_init(table, object, &err))
		fail_msg("%s", err.msg);
	for (; pairs && *pairs; pairs += 2)
		if (secant_opts_set(table, object, pairs[0], pairs[1], &err))
			fail_msg("%s", err.msg);
}
#define WITH(...) \
	(const char *const[]) { __VA_ARGS__, NULL }

static inline secant_status
read_memory(
	const void *data, size_t size, const char *name, const char *const *pairs, secant_cloud *out, secant_err *err)
{
	secant_cloud_reading opt;
	set_options(&secant_cloud_read_options, &opt, pairs);
	const char *path = in_folder(name);
	secant_err ignored = { 0 };
	if (secant_file_write(path, data, size, &ignored))
		fail_msg("%s", ignored.msg);
	secant_status s = secant_cloud_read(out, path, &opt, err);
	secant_opts_free(&secant_cloud_read_options, &opt);
	return s;
}

/* Reads a file of these bytes; fails the test when it cannot be read. */
static inline secant_cloud
cloud_of_bytes(const void *data, size_t size, const char *name, const char *const *pairs)
{
	secant_err err = { 0 };
	secant_cloud c;
	if (read_memory(data, size, name, pairs, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

static inline secant_cloud
cloud_of(const char *text, const char *name, const char *const *pairs)
{
	return cloud_of_bytes(text, strlen(text), name, pairs);
}

/* The message of a file that cannot be read, without the folder. */
static inline const char *
error_of_bytes(const void *data, size_t size, const char *name, const char *const *pairs)
{
	static char message[500];
	secant_err err = { 0 };
	secant_cloud c;
	if (!read_memory(data, size, name, pairs, &c, &err))
		fail_msg("%s was read: %lld points", name, (long long)c.n);
	const char *cut = strstr(err.msg, name);
	snprintf(message, sizeof message, "%s", cut ? cut : err.msg);
	return message;
}

static inline const char *
error_of(const char *text, const char *name, const char *const *pairs)
{
	return error_of_bytes(text, strlen(text), name, pairs);
}

static inline double
value(const secant_cloud *c, const char *column, int64_t point)
{
	int i = secant_cloud_find(c, column);
	if (i < 0)
		fail_msg("no column '%s'", column);
	return secant_cloud_get(c, i, point);
}

static inline void
expect_values(const secant_cloud *c, const char *column, int n, const double *want)
{
	assert_int_equal(c->n, n);
	for (int i = 0; i < n; i++)
		if (value(c, column, i) != want[i] && !(isnan(want[i]) && isnan(value(c, column, i))))
			fail_msg("%s of point %d is %.17g, expected %.17g", column, i, value(c, column, i), want[i]);
}
#define EXPECT(c, column, ...) \
	do { \
		const double want_[] = { __VA_ARGS__ }; \
		expect_values(c, column, (int)(sizeof want_ / sizeof *want_), want_); \
	} while (0)

/* Names and types of the columns as one line: "x:f64 y:f64 z:f64 label:i32". */
static inline const char *
columns_of(const secant_cloud *c)
{
	static char text[2000];
	size_t n = 0;
	text[0] = '\0';
	for (int i = 0; i < c->columns && n < sizeof text - 300; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s:%s", i ? " " : "", c->column[i].name,
			secant_number_name(c->column[i].type));
	return text;
}

/* Writes with options and fails the test when that cannot be done. */
static inline void
write_cloud(const secant_cloud *c, const char *path, const char *const *pairs)
{
	secant_cloud_writing opt;
	secant_err err = { 0 };
	set_options(&secant_cloud_write_options, &opt, pairs);
	if (secant_cloud_write(c, path, &opt, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_cloud_write_options, &opt);
}

static inline secant_cloud
read_cloud(const char *path, const char *const *pairs)
{
	secant_cloud_reading opt;
	secant_err err = { 0 };
	secant_cloud c;
	set_options(&secant_cloud_read_options, &opt, pairs);
	if (secant_cloud_read(&c, path, &opt, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_cloud_read_options, &opt);
	return c;
}

/* Reads every beginning of a file through the streaming interface: none may crash; returns how many were read without
 * complaint. */
static inline int
read_all_cuts(const uint8_t *data, size_t size, const char *name)
{
	int good = 0;
	for (size_t cut = 0; cut < size; cut++) {
		/* A block of exactly this size, so that a sanitizer sees the first byte too many. */
		uint8_t *copy = malloc(cut ? cut : 1);
		memcpy(copy, data, cut);
		secant_err err = { 0 };
		secant_cloud chunk = { 0 };
		secant_cloud_reader *r = secant_cloud_open_memory(copy, cut, name, NULL, &err);
		secant_status s = r ? SECANT_OK : err.code;
		for (int turn = 0; !s && turn < 1000; turn++) {
			s = secant_cloud_next(r, &chunk, 7, &err);
			if (chunk.n == 0)
				break;
		}
		assert_true(!s || err.msg[0]);
		good += !s;
		secant_cloud_close(r);
		secant_cloud_free(&chunk);
		free(copy);
	}
	return good;
}
#endif
