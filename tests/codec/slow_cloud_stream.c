/* Large clouds stream: 100 million points are read, and 10 million converted, while the process stays small. The large
 * file is sparse: it has its size and its points (all at the origin), but takes no room on the disk. */
#include "clouds.h"
#include <fcntl.h>

enum { MILLION = 1000000, ALLOWED_KB = 160 * 1024 };

/* The largest resident size so far, in KiB: pages of mapped files count. */
static long
peak_kb(void)
{
	char line[200];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "VmHWM:", 6))
			kb = atol(line + 6);
	if (f)
		fclose(f);
	return kb;
}

static const char *
sparse_ply(long points)
{
	char head[200];
	const char *path = in_folder("large.ply");
	int n = snprintf(head, sizeof head,
		"ply\nformat binary_little_endian 1.0\nelement vertex %ld\nproperty float x\nproperty float y\nproperty float "
		"z\n"
		"property uchar label\nend_header\n",
		points);
	assert_int_equal(secant_file_write(path, head, (size_t)n, NULL), SECANT_OK);
	assert_int_equal(truncate(path, n + points * 13), 0);
	return path;
}

static void
test_reading_100_million_points(void **state)
{
	secant_err err = { 0 };
	secant_cloud chunk = { 0 };
	if (peak_kb() < 0) {
		fprintf(stderr, "skipped: this system does not say how much memory was used\n");
		skip();
	}
	secant_cloud_reader *r = secant_cloud_open(sparse_ply(100L * MILLION), NULL, &err);
	assert_non_null(r);
	int64_t n = 0;
	for (; !secant_cloud_next(r, &chunk, 65536, &err) && chunk.n; n += chunk.n)
		assert_true(((float *)chunk.column[0].data)[chunk.n - 1] == 0);
	assert_int_equal(n, 100L * MILLION);
	assert_true(peak_kb() < ALLOWED_KB);
	secant_cloud_close(r);
	secant_cloud_free(&chunk);
}

static void
test_converting_10_million_points(void **state)
{
	secant_err err = { 0 };
	int64_t n = 0;
	if (secant_cloud_convert(sparse_ply(10L * MILLION), NULL, in_folder("large.las"), NULL, &n, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(n, 10L * MILLION);
	if (secant_cloud_convert(in_folder("large.las"), NULL, in_folder("large.xyz"), NULL, &n, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(n, 10L * MILLION);
	assert_true(peak_kb() < ALLOWED_KB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading_100_million_points),
		cmocka_unit_test(test_converting_10_million_points),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
