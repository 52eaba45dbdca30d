/* Demo data: the same bytes every time, and nothing for a threshold. */
#include "pictures.h"
#include <secant/demo.h>

static int
set_up(void **state)
{
	*state = strdup(scratch_dir());
	return 0;
}

static int
tear_down(void **state)
{
	remove_root(*state);
	free(*state);
	return 0;
}

static secant_demo
options(int pictures, int size, int kind)
{
	return (secant_demo){ .pictures = pictures, .size = { 2, { size, size } }, .kind = kind };
}

static void
make(const char *out, secant_demo o)
{
	secant_err err = { 0 };
	if (secant_demo_write(out, &o, false, NULL, NULL, &err))
		fail_msg("%s", err.msg);
}

static void
the_layout_is_an_image_folder(void **state)
{
	secant_data_options d = default_options();
	static const struct {
		const char *split;
		int n;
	} want[] = { { "train", 9 }, { "val", 2 }, { "test", 1 } };
	make(*state, options(12, 64, 0));
	for (int i = 0; i < 3; i++) {
		data_samples *s = open_expecting(*state, want[i].split, &d, 3, 1, DATA_TARGET_BINARY, NULL);
		assert_int_equal(data_samples_count(s), want[i].n);
		for (int k = 0; k < want[i].n; k++) {
			secant_tensor image, target;
			secant_err err = { 0 };
			assert_int_equal(data_sample_load(s, k, &image, &target, &err), SECANT_OK);
			secant_tensor_free(&image);
			secant_tensor_free(&target);
		}
		data_samples_free(s);
	}
	secant_opts_free(&secant_data_options_table, &d);
}

static uint64_t
hash_file(const char *path, uint64_t h)
{
	secant_err err = { 0 };
	char *data;
	size_t size;
	if (secant_file_read(&data, &size, path, 1 << 24, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < size; i++)
		h = (h ^ (uint8_t)data[i]) * 1099511628211u;
	secant_free(data);
	return h;
}

static uint64_t
hash_all(const char *root, const char *kind)
{
	static const char *const files[] = { "train/images/%s-000.png", "train/labels/%s-000.png",
		"train/images/%s-001.png", "train/labels/%s-001.png", "val/images/%s-003.png" };
	uint64_t h = 1;
	for (int i = 0; i < 5; i++)
		h = hash_file(in_root(root, files[i], kind), h);
	return h;
}

static void
the_same_options_give_the_same_bytes(void **state)
{
	char *a = strdup(in_root(*state, "a")), *b = strdup(in_root(*state, "b")), *c = strdup(in_root(*state, "c")),
		 *d = strdup(in_root(*state, "d"));
	secant_demo o = options(5, 64, 0);
	make(a, o);
	make(b, o);
	assert_true(hash_all(a, "cells") == hash_all(b, "cells"));
	o.seed = 1;
	make(c, o);
	assert_true(hash_all(a, "cells") != hash_all(c, "cells"));
	make(d, options(5, 64, 1));
	assert_true(hash_all(d, "tiles") != hash_all(a, "cells"));
	assert_true(hash_file(in_root(a, "train/images/cells-000.png"), 1)
		!= hash_file(in_root(a, "train/images/cells-001.png"), 1));
	free(a), free(b), free(c), free(d);
}

/* The IoU of the best of all global thresholds, either way round, over the whole set: no threshold, Otsu's neither,
 * does better. */
static double
best_threshold(const char *root, const char *kind, int n, double *share)
{
	secant_err err = { 0 };
	double values[256][2] = { { 0 } }, things = 0, all = 0, best = 0;
	for (int i = 0; i < n; i++) {
		secant_image im, label;
		const secant_image_read_options grey = { .channels = 1 };
		assert_int_equal(
			secant_image_read(&im, in_root(root, "train/images/%s-%03d.png", kind, i), &grey, &err), SECANT_OK);
		assert_int_equal(
			secant_image_read(&label, in_root(root, "train/labels/%s-%03d.png", kind, i), NULL, &err), SECANT_OK);
		for (int k = 0; k < im.width * im.height; k++) {
			int on = ((uint8_t *)label.data)[k];
			assert_true(on == 0 || on == 255);
			values[((uint8_t *)im.data)[k]][on > 0]++;
			things += on > 0;
			all++;
		}
		secant_image_free(&im);
		secant_image_free(&label);
	}
	for (int bright = 0; bright < 2; bright++)
		for (int t = 0; t < 256; t++) {
			double both = 0, either = things;
			for (int v = 0; v < 256; v++)
				if (bright ? v >= t : v < t) {
					both += values[v][1];
					either += values[v][0];
				}
			best = both / either > best ? both / either : best;
		}
	*share = things / all;
	return best;
}

static void
no_threshold_gets_far(void **state)
{
	static const char *const kinds[] = { "cells", "tiles" };
	for (int k = 0; k < 2; k++) {
		char *root = strdup(in_root(*state, "%s", kinds[k]));
		double share;
		make(root, options(16, 256, k));
		double iou = best_threshold(root, kinds[k], 12, &share);
		printf("%s: the best threshold has IoU %.3f; %.1f %% of the pixels are things\n", kinds[k], iou, 100 * share);
		assert_true(iou < 0.6);
		assert_true(share > 0.03 && share < 0.5);
		free(root);
	}
}

static bool
stop_at_two(void *user, int now, int total)
{
	return now < 2;
}

static void
what_goes_wrong(void **state)
{
	secant_err err = { 0 }, other = { 0 }, third = { 0 }, fourth = { 0 };
	secant_demo o = options(4, 32, 0);
	make(*state, o);
	assert_int_equal(secant_demo_write(*state, &o, false, NULL, NULL, &err), SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "/train is there already; --overwrite writes into it"));
	assert_int_equal(secant_demo_write(*state, &o, true, NULL, NULL, &other), SECANT_OK);
	assert_int_equal(secant_demo_write(*state, &o, true, stop_at_two, NULL, &other), SECANT_ERR_CANCELLED);
	assert_string_equal(other.msg, "stopped after 2 of 4 pictures");
	write_text(in_root(*state, "file"), "x");
	assert_int_equal(secant_demo_write(in_root(*state, "file"), &o, false, NULL, NULL, &third), SECANT_ERR_IO);
	o.kind = 2;
	assert_int_equal(secant_demo_write(*state, &o, true, NULL, NULL, &fourth), SECANT_ERR_ARG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(the_layout_is_an_image_folder),
		T(the_same_options_give_the_same_bytes),
		T(no_threshold_gets_far),
		T(what_goes_wrong),
	};
	return cmocka_run_group_tests_name("demo", tests, NULL, NULL);
}
