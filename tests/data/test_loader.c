/* Batches: crops, sizes, order, padding, and above all: threads and memory change nothing. */
#include "scratch.h"

static data_loader *
make(const data_samples *s, const data_loader_options *lo, const char *message)
{
	secant_err err = { 0 };
	data_loader *l = data_loader_new(s, lo, &err);
	if (!message && !l)
		fail_msg("%s", err.msg);
	if (message && (l || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, l ? "success" : err.msg);
	return l;
}

static data_batch
take(data_loader *l, bool expect_end)
{
	secant_err err = { 0 };
	data_batch b;
	bool end;
	if (data_loader_next(l, &b, &end, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(end, expect_end);
	return b;
}

/* In these data sets value and label say where a pixel was: channel 0 is (3 x + 7 y) mod 256, half_mask the label. */
static void
expect_aligned(const data_batch *b, int channels)
{
	for (int i = 0; i < b->n; i++) {
		const float *p = b->input + (size_t)i * (size_t)(b->height * b->width * channels);
		const float *t = (const float *)b->target + (size_t)i * (size_t)(b->height * b->width);
		int found = 0;
		for (int y0 = 0; y0 < 64; y0++)
			for (int x0 = 0; x0 < 64; x0++) {
				bool same = true;
				for (int k = 0; same && k < b->height * b->width; k++) {
					int x = x0 + k % b->width, y = y0 + k / b->width;
					same = p[k * channels] == (float)place_value(x, y, 0) && t[k] == (half_mask(x, y, 0) > 0);
				}
				found += same;
			}
		assert_true(found > 0);
	}
}

static void
crops_keep_picture_and_label_together(void **state)
{
	write_split(*state, "train", 5, 40, 30, half_mask);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = { .batch = 2, .size = { 2, { 16, 20 } }, .threads = 2, .multiple = 1 };
	data_loader *l = make(s, &lo, NULL);
	assert_int_equal(data_loader_batches(l), 3);
	for (int i = 0; i < 3; i++) {
		data_batch b = take(l, false);
		assert_int_equal(b.n, i == 2 ? 1 : 2);
		assert_int_equal(b.height, 16);
		assert_int_equal(b.width, 20);
		assert_int_equal(b.sample[0], 2 * i);
		assert_int_equal(b.sizes[0], 16);
		expect_aligned(&b, 3);
	}
	assert_int_equal(take(l, true).n, 0);
	assert_int_equal(take(l, true).n, 0); /* it stays at the end */
	data_loader_free(l);
	lo.drop_last = true;
	l = make(s, &lo, NULL);
	assert_int_equal(data_loader_batches(l), 2);
	data_loader_free(l);
	lo.batch = 6;
	make(s, &lo, "5 samples do not fill one batch of 6");
	lo.batch = 0;
	make(s, &lo, "--batch: 0 is below 1");
	data_samples_free(s);
}

static void
crops_of_smaller_pictures_are_padded(void **state)
{
	write_split(*state, "train", 1, 8, 6, half_mask);
	secant_data_options p = default_options();
	set_option(&p, "ignore-index", "77");
	data_samples *s = open_expecting(*state, "train", &p, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = { .batch = 1, .size = { 2, { 16, 16 } }, .threads = 1, .center = true };
	data_loader *l = make(s, &lo, NULL);
	data_batch b = take(l, false);
	int ignored = 0;
	for (int i = 0; i < 256; i++) {
		bool inside = i % 16 >= 4 && i % 16 < 12 && i / 16 >= 5 && i / 16 < 11;
		float label = ((float *)b.target)[i];
		ignored += label == -1;
		if (inside)
			assert_true(label == (half_mask(i % 16 - 4, i / 16 - 5, 0) > 0));
		else
			for (int c = 0; c < 3; c++) /* zero after normalisation, to half a grey level */
				assert_true(b.input[i * 3 + c] > -0.01 && b.input[i * 3 + c] < 0.01);
	}
	assert_int_equal(ignored, 256 - 48);
	data_loader_free(l);
	data_samples_free(s);
	secant_opts_free(&secant_data_options_table, &p);
}

static void
whole_pictures_are_padded_to_a_multiple(void **state)
{
	write_split(*state, "train", 1, 10, 7, half_mask);
	write_split(*state, "other", 1, 10, 7, half_mask);
	write_picture(in_root(*state, "train/images/zz.png"), 33, 5, 3, SECANT_U8, place_value);
	write_picture(in_root(*state, "train/labels/zz.png"), 33, 5, 1, SECANT_U8, half_mask);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = { .batch = 1, .threads = 2, .multiple = 8 };
	data_loader *l = make(s, &lo, NULL);
	data_batch b = take(l, false);
	assert_int_equal(b.height, 8);
	assert_int_equal(b.width, 16);
	assert_int_equal(b.sizes[0], 7);
	assert_int_equal(b.sizes[1], 10);
	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 16; x++) {
			int sx = x < 10 ? x : 18 - x, sy = y < 7 ? y : 12 - y;
			assert_true(b.input[(y * 16 + x) * 3] == (float)place_value(sx, sy, 0));
			assert_true(((float *)b.target)[y * 16 + x] == (x < 10 && y < 7 ? half_mask(x, y, 0) > 0 : -1));
		}
	b = take(l, false);
	assert_int_equal(b.height, 8);
	assert_int_equal(b.width, 40);
	data_loader_free(l);
	lo.least = 30; /* more than the picture again and again */
	l = make(s, &lo, NULL);
	b = take(l, false);
	assert_int_equal(b.height, 32);
	assert_int_equal(b.width, 32);
	assert_true(
		b.input[(31 * 32 + 26) * 3] == (float)place_value(8, 5, 0)); /* rows repeat after 12, columns after 18 */
	data_loader_free(l);
	lo.least = 0;
	lo.batch = 2;
	make(s, &lo, "pictures of several sizes need --size, or --batch 1");
	make(s, &lo, "is 7x10, ");
	data_samples_free(s);
}

static double
flat(int x, int y, int c)
{
	return x * 10;
}

static void
scaling_is_half_pixel_and_masks_are_never_blended(void **state)
{
	write_picture(in_root(*state, "train/images/a.png"), 8, 8, 1, SECANT_U8, flat);
	write_picture(in_root(*state, "train/labels/a.png"), 8, 8, 1, SECANT_U8, three_classes);
	data_samples *s = open_expecting(*state, "train", &o, 1, 3, DATA_TARGET_INDEX, NULL);
	static const float doubled[] = { 0, 2.5f, 7.5f, 12.5f, 17.5f,
		22.5f }; /* OpenCV's INTER_LINEAR, bytes: rounded half up */
	data_loader_options lo = { .batch = 1, .threads = 1, .size = { 2, { 16, 16 } }, .resize = true };
	data_loader *l = make(s, &lo, NULL);
	data_batch b = take(l, false);
	for (int x = 0; x < 6; x++)
		assert_true(b.input[x] == (float)(int)(doubled[x] + 0.5f));
	for (int i = 0; i < 256; i++)
		assert_int_equal(((int32_t *)b.target)[i], (int)three_classes(i % 16 / 2, i / 32, 0));
	data_loader_free(l);
	lo.size = (secant_ints){ 2, { 4, 4 } };
	l = make(s, &lo, NULL);
	b = take(l, false);
	for (int i = 0; i < 16; i++) {
		assert_true(b.input[i] == (float)(i % 4 * 20 + 5));
		assert_int_equal(((int32_t *)b.target)[i], (int)three_classes(i % 4 * 2 + 1, i / 4 * 2 + 1, 0));
	}
	data_loader_free(l);
	data_samples_free(s);
}

/* Every byte of two epochs, folded into one number. */
static uint64_t
fingerprint(const char *root, const secant_data_options *options, int threads, const char *steps, int start)
{
	secant_err err = { 0 };
	data_augmentation *a = data_augmentation_parse(steps, &err);
	if (!a)
		fail_msg("%s", err.msg);
	data_samples *s = open_expecting(root, "train", options, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = {
		.batch = 3, .shuffle = true, .size = { 2, { 24, 24 } }, .threads = threads, .augmentation = a, .seed = 5
	};
	data_loader *l = make(s, &lo, NULL);
	uint64_t h = 1469598103934665603u;
	for (uint32_t epoch = 0; epoch < 2; epoch++) {
		assert_int_equal(data_loader_start(l, epoch, start, &err), SECANT_OK);
		for (int k = start; k < data_loader_batches(l); k++) {
			data_batch b = take(l, false);
			size_t n = (size_t)(b.n * 24 * 24);
			if (k < 1)
				continue; /* so that a start at batch 1 can be compared */
			for (size_t i = 0; i < 3 * n * sizeof(float); i++)
				h = (h ^ ((uint8_t *)b.input)[i]) * 1099511628211u;
			for (size_t i = 0; i < n * sizeof(float); i++)
				h = (h ^ ((uint8_t *)b.target)[i]) * 1099511628211u;
			for (int i = 0; i < b.n; i++)
				h = (h ^ (uint64_t)b.sample[i]) * 1099511628211u;
		}
		take(l, true);
	}
	data_loader_free(l);
	data_samples_free(s);
	data_augmentation_free(a);
	return h;
}

static void
threads_cache_and_resuming_change_nothing(void **state)
{
	static const char *const pipelines[] = {
		"none",
		"flip-h,flip-v,rotate90",
		("random-resized-crop,flip-h,rotate90,hue-saturation-value,shift-scale-rotate,elastic,grid-distortion,colour-"
		 "jitter,gamma,clahe,blur,noise,coarse-dropout"),
		"mixup,cutmix,mosaic",
	};
	write_split(*state, "train", 8, 40, 30, half_mask);
	for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
		set_option(&o, "cache-mb", "64");
		uint64_t one = fingerprint(*state, &o, 1, pipelines[i], 0);
		assert_true(fingerprint(*state, &o, 4, pipelines[i], 0) == one);
		assert_true(fingerprint(*state, &o, 2, pipelines[i], 1) == one);
		set_option(&o, "cache-mb", "0");
		assert_true(fingerprint(*state, &o, 4, pipelines[i], 0) == one);
		if (i > 0)
			assert_true(fingerprint(*state, &o, 1, pipelines[0], 0) != one);
	}
}

static void
shuffling_shows_every_sample_once(void **state)
{
	write_split(*state, "train", 7, 8, 8, half_mask);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = { .batch = 2, .shuffle = true, .threads = 3 };
	data_loader *l = make(s, &lo, NULL);
	secant_err err = { 0 };
	int order[2][7];
	for (uint32_t epoch = 0; epoch < 2; epoch++) {
		int seen[7] = { 0 };
		assert_int_equal(data_loader_start(l, epoch, 0, &err), SECANT_OK);
		for (int k = 0, at = 0; k < 4; k++) {
			data_batch b = take(l, false);
			for (int i = 0; i < b.n; i++)
				seen[order[epoch][at++] = b.sample[i]]++;
		}
		for (int i = 0; i < 7; i++)
			assert_int_equal(seen[i], 1);
	}
	assert_memory_not_equal(order[0], order[1], sizeof order[0]);
	assert_int_equal(data_loader_start(l, 2, 0, &err), SECANT_OK); /* given up in the middle */
	take(l, false);
	assert_int_equal(data_loader_start(l, 3, 3, &err), SECANT_OK);
	assert_int_equal(take(l, false).n, 1);
	assert_int_equal(data_loader_start(l, 3, 9, &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "epoch 3 has batches 0 to 3, not 9");
	data_loader_free(l);
	data_samples_free(s);
}

static void
a_truncated_picture_stops_the_epoch_by_name(void **state)
{
	write_split(*state, "train", 6, 32, 32, half_mask);
	set_option(&o, "cache-mb", "0");
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = { .batch = 1, .threads = 4 };
	data_loader *l = make(s, &lo, NULL);
	take(l, false);
	char *data;
	size_t size;
	secant_err err = { 0 };
	assert_int_equal(data_loader_start(l, 0, 0, &err), SECANT_OK);
	char *path = strdup(in_root(*state, "train/images/03.png"));
	assert_int_equal(secant_file_read(&data, &size, path, 1 << 20, &err), SECANT_OK);
	assert_int_equal(secant_file_write(path, data, size / 2, &err), SECANT_OK);
	for (int i = 0; i < 3; i++)
		take(l, false);
	data_batch b;
	bool end;
	assert_int_not_equal(data_loader_next(l, &b, &end, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "train/images/03.png"));
	assert_int_equal(b.n, 0);
	secant_err again = { 0 };
	assert_int_not_equal(data_loader_next(l, &b, &end, &again), SECANT_OK); /* it stays so */
	assert_string_equal(err.msg, again.msg);
	secant_err fresh = { 0 };
	assert_int_equal(secant_file_write(path, data, size, &fresh), SECANT_OK);
	secant_free(data);
	free(path);
	assert_int_equal(data_loader_start(l, 1, 0, &fresh), SECANT_OK); /* and a new epoch starts anew */
	for (int i = 0; i < 6; i++)
		take(l, false);
	data_loader_free(l);
	data_samples_free(s);
}

static void
a_label_that_went_wrong_is_named_too(void **state)
{
	write_split(*state, "train", 3, 8, 8, three_classes);
	write_picture(in_root(*state, "train/labels/01.png"), 8, 8, 1, SECANT_U8, half_mask);
	data_samples *s = open_expecting(*state, "train", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	data_loader_options lo = { .batch = 3, .threads = 2 };
	data_loader *l = make(s, &lo, NULL);
	secant_err err = { 0 };
	data_batch b;
	bool end;
	assert_int_equal(data_loader_next(l, &b, &end, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "train/labels/01.png: label value 255 at (0, 0)"));
	data_loader_free(l);
	data_samples_free(s);
}

static void
a_steady_epoch_allocates_nothing(void **state)
{
	write_split(*state, "train", 8, 40, 30, half_mask);
	secant_err err = { 0 };
	data_augmentation *a = data_augmentation_parse(
		"flip-h,rotate90,shift-scale-rotate(p=1),blur(p=1),elastic(p=1)", &err);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	data_loader_options lo = { .batch = 2, .size = { 2, { 24, 24 } }, .threads = 1, .augmentation = a };
	data_loader *l = make(s, &lo, NULL);
	long before = 0;
	for (uint32_t epoch = 0; epoch < 4; epoch++) {
		assert_int_equal(data_loader_start(l, epoch, 0, &err), SECANT_OK);
		for (int i = 0; i < 4; i++)
			take(l, false);
		take(l, true);
		if (epoch == 1)
			before = base_mem_count();
	}
	long queued = 2 * 8; /* the pool's queue may take a node a job */
	assert_true(base_mem_count() - before <= queued);
	data_loader_free(l);
	data_samples_free(s);
	data_augmentation_free(a);
}

static void
memory_may_fail_anywhere(void **state)
{
	write_split(*state, "train", 2, 8, 8, half_mask);
	set_option(&o, "cache-mb", "0");
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_BINARY, NULL);
	for (long k = 1; k < 200; k++) {
		long live = base_mem_live();
		secant_err err = { 0 };
		data_batch b;
		bool end;
		data_loader_options lo = { .batch = 1, .threads = 1 };
		base_mem_fail_at(k);
		data_loader *l = data_loader_new(s, &lo, &err);
		secant_status st = l ? data_loader_next(l, &b, &end, &err) : err.code;
		base_mem_fail_at(0);
		data_loader_free(l);
		assert_int_equal(base_mem_live(), live);
		assert_true(st == SECANT_OK || st == SECANT_ERR_NOMEM || st == SECANT_ERR_IO);
		if (k == 1)
			assert_int_equal(st, SECANT_ERR_NOMEM);
	}
	data_samples_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(crops_keep_picture_and_label_together),
		T(crops_of_smaller_pictures_are_padded),
		T(whole_pictures_are_padded_to_a_multiple),
		T(scaling_is_half_pixel_and_masks_are_never_blended),
		T(threads_cache_and_resuming_change_nothing),
		T(shuffling_shows_every_sample_once),
		T(a_truncated_picture_stops_the_epoch_by_name),
		T(a_label_that_went_wrong_is_named_too),
		T(a_steady_epoch_allocates_nothing),
		T(memory_may_fail_anywhere),
	};
	return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
