/* The table of formats and what is common to them: found by content, written by extension, wrappers' names, missing
 * files. */
#include "files.h"

static void
test_every_format_is_complete(void **state)
{
	const char *name, *brief, *extensions;
	int n = 0, writers = 0;
	for (; secant_tensorfile_format(n, &name, &brief, &extensions); n++) {
		assert_true(name[0] && brief[0]);
		writers += extensions != NULL;
		for (int i = 0; i < n; i++) {
			const char *other;
			assert_true(secant_tensorfile_format(i, &other, NULL, NULL));
			assert_string_not_equal(name, other);
		}
	}
	assert_int_equal(n, 5);
	assert_int_equal(writers, 4);
	assert_false(secant_tensorfile_format(-1, NULL, NULL, NULL));
}

static void
test_found_by_content(void **state)
{
	secant_tensors set, back;
	char *dir = scratch_dir(), path[512], moved[512];
	fill_set(&set, true);
	snprintf(path, sizeof path, "%s/a.pth", dir);
	snprintf(moved, sizeof moved, "%s/a.safetensors", dir);
	assert_int_equal(secant_tensors_write(&set, NULL, path, NULL), 0);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(secant_tensors_read(&back, NULL, moved, NULL), 0);
	assert_same_set(&set, &back);
	secant_tensors_free(&back);
	secant_tensors_free(&set);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_messages_name_the_file(void **state)
{
	secant_err err = { 0 };
	secant_tensors set = { 0 };
	char *dir = scratch_dir(), path[512];
	assert_int_equal(secant_tensors_read(&set, NULL, "/no/such/file", &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "/no/such/file: cannot open: No such file"));
	snprintf(path, sizeof path, "%s/text.pth", dir);
	assert_int_equal(secant_file_write(path, "hello", 5, NULL), 0);
	err = (secant_err){ 0 };
	assert_int_equal(secant_tensors_read(&set, NULL, path, &err), SECANT_ERR_FORMAT);
	assert_non_null(
		strstr(err.msg, "text.pth: is neither safetensors, nor a file of PyTorch or MindSpore, nor .npy (5 bytes)"));
	assert_int_equal(secant_tensors_read(&set, NULL, path, NULL), SECANT_ERR_FORMAT);
	err = (secant_err){ 0 };
	assert_int_equal(secant_tensors_write(&set, NULL, "a.onnx", &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "a.onnx: the extension 'onnx' is none of .safetensors, .pth, .pt, .bin, .npy, .ckpt");
	err = (secant_err){ 0 };
	assert_int_equal(secant_tensors_write(&set, NULL, "/no/such/folder/a.pth", &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "/no/such/folder/a.pth"));
	assert_int_equal(base_remove_tree(dir, NULL), 0);
	refuses("", 0, SECANT_ERR_FORMAT, "(0 bytes)");
}

static void
unwrap(const char *names, const char *expected, secant_status status)
{
	secant_tensors set = { 0 };
	secant_shape scalar = secant_shape_of(0);
	char text[256], out[256] = "";
	snprintf(text, sizeof text, "%s", names);
	for (char *save, *name = strtok_r(text, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		secant_tensor t;
		assert_int_equal(secant_tensor_new(&t, SECANT_F32, &scalar, NULL), 0);
		assert_int_equal(secant_tensors_add(&set, name, &t, NULL), 0);
	}
	assert_int_equal(secant_tensors_unwrap(&set, NULL), status);
	for (int i = 0; i < set.n && !status; i++)
		snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "", set.v[i].name);
	assert_string_equal(out, expected);
	secant_tensors_free(&set);
}

static void
test_unwrap(void **state)
{
	unwrap("", "", 0);
	unwrap("a b", "a b", 0);
	unwrap("module.a module.b.c", "a b.c", 0);
	unwrap("n_averaged module.a module.module.b", "a module.b", 0);
	unwrap("n_averaged module.module.a module.module.b", "a b", 0);
	unwrap("n_averaged a", "n_averaged a", 0);
	unwrap("n_averaged", "n_averaged", 0);
	unwrap("module.a b", "module.a b", 0);
	unwrap("module.", "module.", 0);
	unwrap("_orig_mod.module.a", "a", 0);
	unwrap("module._orig_mod.a.b module.c._orig_mod.d", "a.b c.d", 0);
	unwrap("my_orig_mod.a", "my_orig_mod.a", 0);
	unwrap("encoder._orig_mod.a head.b", "encoder.a head.b", 0);
	unwrap("_fsdp_wrapped_module.a._fsdp_wrapped_module._checkpoint_wrapped_module.b c", "a.b c", 0);
	unwrap("module._fpw_module.a module.b", "a b", 0);
	unwrap("_orig_mod. b", "_orig_mod. b", 0);
	unwrap("_orig_mod.a a", "", SECANT_ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format_is_complete),
		cmocka_unit_test(test_found_by_content),
		cmocka_unit_test(test_messages_name_the_file),
		cmocka_unit_test(test_unwrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
