/*
 * Files: reading, mapping, atomic writing. A full disk (a small tmpfs), a read-only folder (a read-only bind mount) and
 * missing rights leave what was there untouched. Mounting needs root; without it these tests are skipped with a printed
 * reason.
 */
#include "scratch.h"
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "base/mem.h"

static void
put(const char *path, const char *text)
{
	assert_int_equal(secant_file_write(path, text, strlen(text), NULL), SECANT_OK);
}

static void
assert_content(const char *path, const char *text)
{
	char *data;
	size_t size;
	assert_int_equal(secant_file_read(&data, &size, path, 1 << 20, NULL), SECANT_OK);
	assert_int_equal(size, strlen(text));
	assert_string_equal(data, text);
	secant_free(data);
}

/* No temporary name is left in a folder that should hold `n` files. */
static void
assert_files(const char *path, int n)
{
	base_names names;
	assert_int_equal(base_dir_list(&names, path, BASE_DIR_ALL, NULL), SECANT_OK);
	assert_int_equal(names.n, n);
	base_names_free(&names);
}

static void
read_back_and_limits(void **state)
{
	secant_err err = { 0 };
	char *data, text[300];
	size_t size;
	put(in_folder("a"), "hello");
	assert_content(in_folder("a"), "hello");
	assert_int_equal(secant_file_read(&data, &size, in_folder("a"), 5, NULL), SECANT_OK);
	secant_free(data);
	assert_int_equal(secant_file_read(&data, &size, in_folder("a"), 4, &err), SECANT_ERR_RANGE);
	assert_null(data);
	snprintf(text, sizeof text, "%s: 5 bytes are more than the limit of 4", in_folder("a"));
	assert_string_equal(err.msg, text);
	put(in_folder("empty"), "");
	assert_content(in_folder("empty"), "");
}

static void
missing_files_and_folders(void **state)
{
	secant_err err = { 0 };
	secant_bytes b;
	char *data, text[300];
	size_t size;
	assert_int_equal(secant_file_read(&data, &size, in_folder("none"), 10, &err), SECANT_ERR_IO);
	snprintf(text, sizeof text, "%s: cannot open: No such file or directory", in_folder("none"));
	assert_string_equal(err.msg, text);
	err = (secant_err){ 0 };
	assert_int_equal(base_file_map(&b, folder, &err), SECANT_ERR_IO);
	snprintf(text, sizeof text, "%s: is a folder, expected a file", folder);
	assert_string_equal(err.msg, text);
	assert_int_equal(base_file_map(&b, in_folder("none"), NULL), SECANT_ERR_IO);
}

static void
pipes_are_read_to_the_end(void **state)
{
	int fd[2];
	char path[40], *data;
	size_t size;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "from a pipe", 11), 11);
	close(fd[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
	assert_int_equal(secant_file_read(&data, &size, path, 100, NULL), SECANT_OK);
	assert_string_equal(data, "from a pipe");
	secant_free(data);
	close(fd[0]);
	/* /dev/zero never ends: the limit does. */
	assert_int_equal(secant_file_read(&data, &size, "/dev/zero", 100000, NULL), SECANT_ERR_RANGE);
}

static void
map_small_and_large(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 1 << 18, (1 << 18) + 1, 3000000 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		unsigned char *p = secant_calloc(sizes[i], 1);
		for (size_t k = 0; k < sizes[i]; k++)
			p[k] = (unsigned char)(k * 7);
		assert_int_equal(secant_file_write(in_folder("m"), p, sizes[i], NULL), SECANT_OK);
		secant_bytes b;
		assert_int_equal(base_file_map(&b, in_folder("m"), NULL), SECANT_OK);
		assert_non_null(b.data);
		assert_int_equal(b.size, sizes[i]);
		assert_memory_equal(b.data, p, sizes[i]);
		base_file_unmap(&b);
		assert_null(b.data);
		secant_free(p);
	}
}

static void
commit_replaces_abort_leaves(void **state)
{
	const char *path = in_folder("f");
	put(path, "old");
	base_writer *w = base_writer_open(path, NULL);
	assert_non_null(w);
	assert_int_equal(base_writer_put(w, "new", 3, NULL), SECANT_OK);
	assert_content(path, "old");
	base_writer_abort(w);
	assert_content(path, "old");
	w = base_writer_open(path, NULL);
	assert_int_equal(base_writer_printf(w, NULL, "%s %d", "new", 5), SECANT_OK);
	assert_content(path, "old");
	assert_int_equal(base_writer_commit(w, NULL), SECANT_OK);
	assert_content(path, "new 5");
	assert_files(folder, 1);
	base_writer_abort(NULL);
}

static void
headers_can_be_written_last(void **state)
{
	base_writer *w = base_writer_open(in_folder("h"), NULL);
	char big[100000];
	memset(big, 'x', sizeof big);
	(void)base_writer_put(w, "????", 4, NULL);
	(void)base_writer_put(w, big, sizeof big, NULL);
	(void)base_writer_printf(w, NULL, "%1000d", 7);
	assert_int_equal(base_writer_seek(w, 0, NULL), SECANT_OK);
	(void)base_writer_put(w, "HEAD", 4, NULL);
	assert_int_equal(base_writer_commit(w, NULL), SECANT_OK);
	char *data;
	size_t size;
	assert_int_equal(secant_file_read(&data, &size, in_folder("h"), 1 << 20, NULL), SECANT_OK);
	assert_int_equal(size, 4 + sizeof big + 1000);
	assert_memory_equal(data, "HEADxx", 6);
	assert_memory_equal(data + size - 2, " 7", 2);
	secant_free(data);
}

static void
mode_follows_the_umask(void **state)
{
	struct stat st;
	mode_t old = umask(027);
	put(in_folder("mode"), "x");
	umask(old);
	assert_int_equal(stat(in_folder("mode"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void
links_are_kept(void **state)
{
	struct stat st;
	put(in_folder("target"), "old");
	assert_int_equal(symlink("target", in_folder("link")), 0);
	put(in_folder("link"), "new");
	assert_int_equal(lstat(in_folder("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content(in_folder("target"), "new");
	assert_int_equal(symlink("nowhere", in_folder("broken")), 0);
	put(in_folder("broken"), "x");
	assert_content(in_folder("broken"), "x");
}

static void
devices_folders_and_nothing_are_no_targets(void **state)
{
	secant_err err = { 0 };
	char text[300];
	assert_null(base_writer_open("/dev/null", &err));
	assert_string_equal(err.msg, "/dev/null: cannot write: is a device, expected a file");
	err = (secant_err){ 0 };
	assert_null(base_writer_open(folder, &err));
	snprintf(text, sizeof text, "%s: cannot write: is a folder, expected a file", folder);
	assert_string_equal(err.msg, text);
	err = (secant_err){ 0 };
	assert_null(base_writer_open("", &err));
	assert_string_equal(err.msg, "'': is no file name to write to");
	err = (secant_err){ 0 };
	assert_null(base_writer_open(in_folder("no/file"), &err));
	assert_int_equal(err.code, SECANT_ERR_IO);
	snprintf(text, sizeof text, "%s: cannot write: No such file or directory", in_folder("no/file"));
	assert_string_equal(err.msg, text);
}

static void
long_names_have_room_for_the_temporary_one(void **state)
{
	char name[256];
	memset(name, 'n', 255);
	name[255] = '\0';
	put(in_folder(name), "x");
	assert_content(in_folder(name), "x");
}

static bool
mounted(const char *source, const char *at, const char *type, unsigned long flags, const char *data)
{
	if (mount(source, at, type, flags, data) == 0)
		return true;
	fprintf(stderr, "skipped: cannot mount at %s: %s (this test needs root)\n", at, strerror(errno));
	return false;
}

static void
full_disk(void **state)
{
	const char *at = in_folder("disk");
	secant_err err = { 0 };
	char path[512], text[600], *big = secant_calloc(1 << 20, 1);
	assert_int_equal(secant_make_dirs(at, NULL), SECANT_OK);
	if (!mounted("tmpfs", at, "tmpfs", 0, "size=64k")) {
		secant_free(big);
		fprintf(stderr, "skipped: a small file system cannot be mounted here\n");
		skip();
	}
	snprintf(path, sizeof path, "%s/model", at);
	put(path, "the good old model");
	secant_status s = secant_file_write(path, big, 1 << 20, &err);
	char *data = NULL;
	size_t size = 0;
	secant_status back = secant_file_read(&data, &size, path, 100, NULL);
	bool same = data && !strcmp(data, "the good old model");
	base_names names;
	secant_status listed = base_dir_list(&names, at, BASE_DIR_ALL, NULL);
	int left = names.n;
	secant_err second = { 0 };
	base_names_free(&names);
	secant_free(data);
	/* A log line that no longer fits is an error too, not silence. */
	memset(big, 'x', (1 << 20) - 1);
	secant_status appended = base_file_append(path, big, &second);
	umount(at);
	secant_free(big);
	assert_int_equal(s, SECANT_ERR_IO);
	snprintf(text, sizeof text, "%s: cannot write: No space left on device", path);
	assert_string_equal(err.msg, text);
	assert_int_equal(back, SECANT_OK);
	assert_true(same);
	assert_int_equal(listed, SECANT_OK);
	assert_int_equal(left, 1);
	assert_int_equal(appended, SECANT_ERR_IO);
	assert_string_equal(second.msg, text);
}

static void
read_only_folder(void **state)
{
	const char *at = in_folder("ro");
	secant_err err = { 0 }, dirs = { 0 };
	char path[512], text[600];
	assert_int_equal(secant_make_dirs(at, NULL), SECANT_OK);
	snprintf(path, sizeof path, "%s/file", at);
	put(path, "kept");
	if (!mounted(at, at, NULL, MS_BIND, NULL)) {
		fprintf(stderr, "skipped: a folder cannot be mounted here\n");
		skip();
	}
	bool read_only = mounted(at, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	base_writer *w = read_only ? base_writer_open(path, &err) : NULL;
	char inner[560];
	snprintf(inner, sizeof inner, "%s/new/folder", at);
	secant_status made = secant_make_dirs(inner, &dirs);
	umount(at);
	if (!read_only) {
		fprintf(stderr, "skipped: a folder cannot be made read-only here\n");
		skip();
	}
	assert_null(w);
	assert_int_equal(err.code, SECANT_ERR_IO);
	snprintf(text, sizeof text, "%s: cannot write: Read-only file system", path);
	assert_string_equal(err.msg, text);
	assert_content(path, "kept");
	assert_int_equal(made, SECANT_ERR_IO);
	snprintf(text, sizeof text, "%s/new: cannot make folder: Read-only file system", at);
	assert_string_equal(dirs.msg, text);
}

static void
append_adds_whole_lines(void **state)
{
	assert_int_equal(base_file_append(in_folder("log"), "{\"epoch\": 1}", NULL), SECANT_OK);
	assert_int_equal(base_file_append(in_folder("log"), "{\"epoch\": 2}", NULL), SECANT_OK);
	assert_content(in_folder("log"), "{\"epoch\": 1}\n{\"epoch\": 2}\n");
	assert_int_equal(base_file_append(folder, "x", NULL), SECANT_ERR_IO);
}

static void
every_allocation_fails_once(void **state)
{
	long live = base_mem_live();
	put(in_folder("keep"), "old");
	for (long n = 1;; n++) {
		secant_err err = { 0 };
		secant_bytes b = { 0 };
		base_names names = { 0 };
		base_mem_fail_at(n);
		secant_status s = secant_file_write(in_folder("keep"), "old", 3, &err);
		if (!s)
			s = base_file_map(&b, in_folder("keep"), &err);
		if (!s)
			s = base_dir_list(&names, folder, BASE_DIR_ALL, &err);
		if (!s)
			s = secant_make_dirs(in_folder("x/y"), &err);
		if (!s)
			s = base_remove_tree(in_folder("x"), &err);
		if (!s)
			s = base_file_append(in_folder("keep"), "", &err);
		base_mem_fail_at(0);
		base_file_unmap(&b);
		base_names_free(&names);
		assert_int_equal(base_mem_live(), live);
		if (!s)
			break;
		assert_int_equal(s, SECANT_ERR_NOMEM);
		assert_int_equal(err.code, SECANT_ERR_NOMEM);
		assert_content(in_folder("keep"), "old");
		assert_in_range(n, 1, 100);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
	const struct CMUnitTest tests[] = {
		T(read_back_and_limits),
		T(missing_files_and_folders),
		T(pipes_are_read_to_the_end),
		T(map_small_and_large),
		T(commit_replaces_abort_leaves),
		T(headers_can_be_written_last),
		T(mode_follows_the_umask),
		T(links_are_kept),
		T(devices_folders_and_nothing_are_no_targets),
		T(long_names_have_room_for_the_temporary_one),
		T(full_disk),
		T(read_only_folder),
		T(append_adds_whole_lines),
		T(every_allocation_fails_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
