/*
 * Files that are cut while they are mapped: what is gone reads as zeros, the reader is told, and what no reader asked
 * for keeps anything from being written. Maps of other files and of the same file afterwards are as ever.
 */
#include "data.h"
#include "base/file.h"
#include "base/mem.h"

enum { SIZE = 1 << 20, LEFT = 12288 };

/* A file of sevens, mapped and then cut. */
static void
cut_map(secant_bytes *b, const char *path)
{
	secant_err err = { 0 };
	char *data = malloc(SIZE);
	assert_non_null(data);
	memset(data, 7, SIZE);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, SIZE, f), SIZE);
	assert_int_equal(fclose(f), 0);
	free(data);
	assert_int_equal(base_file_map(b, path, &err), SECANT_OK);
	assert_non_null(b->map);
	assert_int_equal(truncate(path, LEFT), 0);
}

static void
reading_goes_on_and_is_told(void)
{
	secant_err err = { 0 };
	secant_bytes b;
	char path[] = "/tmp/secant-guard-XXXXXX";
	close(mkstemp(path));
	cut_map(&b, path);
	assert_int_equal(b.data[LEFT - 1], 7);
	assert_int_equal(base_file_was_cut(&b, path, &err), SECANT_OK); /* nobody has read what is gone */
	assert_int_equal(b.data[LEFT], 0);
	assert_int_equal(b.data[SIZE - 1], 0);
	assert_int_equal(b.data[0], 7);
	assert_int_equal(base_file_was_cut(&b, path, &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, path));
	base_file_unmap(&b);
	assert_int_equal(secant_files_whole(&err), SECANT_OK); /* it was said */
	unlink(path);
}

/* The last of the tests: that nothing is written any more lasts. */
static void
nothing_is_written_of_what_nobody_asked_for(void)
{
	secant_err err = { 0 };
	secant_bytes b;
	char path[] = "/tmp/secant-guard-XXXXXX", other[64];
	close(mkstemp(path));
	snprintf(other, sizeof other, "%s.out", path);
	assert_int_equal(secant_file_write(other, "old", 3, &err), SECANT_OK);
	cut_map(&b, path);
	assert_int_equal(b.data[SIZE / 2], 0);
	for (int i = 0; i < 2; i++) { /* while it is mapped, and afterwards */
		err = (secant_err){ 0 };
		assert_int_equal(secant_file_write(other, "new", 3, &err), SECANT_ERR_IO);
		assert_non_null(strstr(err.msg, "was cut by another program"));
		assert_non_null(strstr(err.msg, path));
		if (!i)
			base_file_unmap(&b);
	}
	char *data = NULL;
	size_t n;
	assert_int_equal(secant_file_read(&data, &n, other, 100, &err), SECANT_OK);
	assert_string_equal(data, "old");
	secant_free(data);
	unlink(path);
	unlink(other);
}

/* More maps than there are places are read instead. */
static void
many_maps(void)
{
	enum { MANY = 600 };
	static secant_bytes b[MANY];
	secant_err err = { 0 };
	char path[] = "/tmp/secant-guard-XXXXXX";
	int mapped = 0;
	close(mkstemp(path));
	assert_int_equal(truncate(path, 300000), 0);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(base_file_map(&b[i], path, &err), SECANT_OK);
		assert_int_equal(b[i].size, 300000);
		assert_int_equal(b[i].data[299999], 0);
		mapped += b[i].map != NULL;
	}
	assert_in_range(mapped, 1, MANY - 1);
	for (int i = 0; i < MANY; i++)
		base_file_unmap(&b[i]);
	assert_int_equal(base_file_map(b, path, &err), SECANT_OK);
	assert_non_null(b->map);
	base_file_unmap(b);
	unlink(path);
}

/* In one test, since cmocka takes SIGBUS for itself at the start of each. */
static void
cut_files(void **state)
{
	secant_guard_files();
	reading_goes_on_and_is_told();
	many_maps();
	nothing_is_written_of_what_nobody_asked_for();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cut_files) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
