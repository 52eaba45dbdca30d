/* Folders in byte order, making and removing trees, and paths as text. */
#include "data.h"
#include <sys/stat.h>
#include "base/file.h"
#include "base/mem.h"

static void
touch(const char *dir, const char *name)
{
	char *path = base_path_join(dir, name);
	assert_int_equal(secant_file_write(path, "", 0, NULL), SECANT_OK);
	secant_free(path);
}

static void
assert_names(const char *dir, base_dir_what what, const char *expected)
{
	base_names l;
	base_str s = { 0 };
	assert_int_equal(base_dir_list(&l, dir, what, NULL), SECANT_OK);
	for (int i = 0; i < l.n; i++)
		base_str_addf(&s, "%s%s", i ? " " : "", l.v[i]);
	char *text = base_str_take(&s);
	assert_string_equal(text, expected);
	secant_free(text);
	base_names_free(&l);
}

static void
lists_are_in_byte_order(void **state)
{
	const char *dir = scratch_dir();
	char path[400];
	touch(dir, "b.png");
	touch(dir, "B.png");
	touch(dir, "a10");
	touch(dir, "a9");
	touch(dir, "\xc3\xa4");
	touch(dir, ".hidden");
	snprintf(path, sizeof path, "%s/folder", dir);
	assert_int_equal(mkdir(path, 0777), 0);
	snprintf(path, sizeof path, "%s/link", dir);
	assert_int_equal(symlink("a9", path), 0);
	snprintf(path, sizeof path, "%s/broken", dir);
	assert_int_equal(symlink("nothing", path), 0);
	assert_names(dir, BASE_DIR_FILES, ".hidden B.png a10 a9 b.png link \xc3\xa4");
	assert_names(dir, BASE_DIR_FOLDERS, "folder");
	assert_names(dir, BASE_DIR_ALL, ".hidden B.png a10 a9 b.png broken folder link \xc3\xa4");
	assert_int_equal(base_remove_tree(dir, NULL), SECANT_OK);
	assert_false(secant_is_dir(dir));
	base_names l;
	secant_err err = { 0 };
	assert_int_equal(base_dir_list(&l, dir, BASE_DIR_ALL, &err), SECANT_ERR_IO);
	snprintf(path, sizeof path, "%s: cannot read folder: No such file or directory", dir);
	assert_string_equal(err.msg, path);
}

static void
trees_are_made_and_removed(void **state)
{
	const char *dir = scratch_dir();
	char path[400], outside[400];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/a//b/c/", dir);
	assert_int_equal(secant_make_dirs(path, NULL), SECANT_OK);
	assert_true(secant_is_dir(path));
	assert_int_equal(secant_make_dirs(path, NULL), SECANT_OK);
	assert_int_equal(secant_make_dirs("", NULL), SECANT_ERR_ARG);
	touch(dir, "file");
	snprintf(path, sizeof path, "%s/file/x", dir);
	assert_int_equal(secant_make_dirs(path, &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "/file: cannot make folder: File exists"));
	/* A link out of the tree is removed, what it points to stays. */
	snprintf(outside, sizeof outside, "%s-outside", dir);
	assert_int_equal(secant_make_dirs(outside, NULL), SECANT_OK);
	touch(outside, "precious");
	snprintf(path, sizeof path, "%s/a/link", dir);
	assert_int_equal(symlink(outside, path), 0);
	assert_int_equal(base_remove_tree(dir, NULL), SECANT_OK);
	assert_false(secant_is_dir(dir));
	assert_names(outside, BASE_DIR_FILES, "precious");
	assert_int_equal(base_remove_tree(outside, NULL), SECANT_OK);
	assert_int_equal(base_remove_tree(outside, NULL), SECANT_OK);
}

static void
joined(const char *a, const char *b, const char *expected)
{
	char *p = base_path_join(a, b);
	assert_string_equal(p, expected);
	secant_free(p);
}

static void
paths_join(void **state)
{
	joined("a", "b", "a/b");
	joined("a/", "b", "a/b");
	joined("", "b", "b");
	joined("a", "/b", "/b");
	joined("/", "b", "/b");
}

static void
paths_come_apart(void **state)
{
	static const struct {
		const char *path, *dir, *name, *stem, *ext;
	} rows[] = {
		{ "a/b.tar.png", "a", "b.tar.png", "b.tar", "png" },
		{ "b.png", ".", "b.png", "b", "png" },
		{ "/b", "/", "b", "b", "" },
		{ "a.b/c", "a.b", "c", "c", "" },
		{ "a//b.x", "a", "b.x", "b", "x" },
		{ ".hidden", ".", ".hidden", ".hidden", "" },
		{ "a/", "a", "", "", "" },
		{ "end.", ".", "end.", "end", "" },
		{ "", ".", "", "", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *dir = base_path_dir(rows[i].path), *stem = base_path_stem(rows[i].path);
		assert_string_equal(dir, rows[i].dir);
		assert_string_equal(stem, rows[i].stem);
		assert_string_equal(base_path_name(rows[i].path), rows[i].name);
		assert_string_equal(base_path_ext(rows[i].path), rows[i].ext);
		secant_free(dir);
		secant_free(stem);
	}
}

static void
extensions(void **state)
{
	assert_true(base_ext_is("a/b.PNG", "png|jpg"));
	assert_true(base_ext_is("b.jpg", "png|jpg"));
	assert_false(base_ext_is("b.jp", "png|jpg"));
	assert_false(base_ext_is("b.jpeg", "png|jpg"));
	assert_false(base_ext_is("png", "png|jpg"));
	assert_false(base_ext_is("b.", "png||jpg"));
}

static void
safe_paths(void **state)
{
	static const char *const safe[] = { "a", "a/b", "a.b/..c", "...", "\xc3\xa4/x" };
	static const char *const unsafe[] = { "", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", ".", "a/./b", "a\\b",
		"C:x", "a\nb", "a\x7f" };
	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
		assert_true(base_path_is_safe(safe[i]));
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
		assert_false(base_path_is_safe(unsafe[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_in_byte_order),
		cmocka_unit_test(trees_are_made_and_removed),
		cmocka_unit_test(paths_join),
		cmocka_unit_test(paths_come_apart),
		cmocka_unit_test(extensions),
		cmocka_unit_test(safe_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
