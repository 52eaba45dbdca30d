/* Labels: what values mean in each mode, and what is said about those that mean nothing. */
#include "scratch.h"
#include "data/survey.h"
#include <math.h>

/* Reads an 8 x 4 label written by `value`; the plane, or an error that contains `message`. */
static const uint16_t *
read_plane(const char *file, int channels, secant_dtype dtype, double (*value)(int, int, int), int classes,
	data_target_kind kind, const char *message)
{
	static uint16_t plane[32];
	secant_err err = { 0 };
	data_label_rule rule = { 0 };
	if (value)
		write_picture(file, 8, 4, channels, dtype, value);
	secant_status s = data_label_rule_make(&rule, &o, classes, kind, &err);
	if (!s)
		s = data_labels_read(&rule, file, 8, 4, plane, &err);
	data_label_rule_free(&rule);
	if (!message && s)
		fail_msg("%s", err.msg);
	if (message && (!s || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, s ? err.msg : "success");
	return plane;
}

static double
steps(int x, int y, int c)
{
	return x * 36;
}
static double
zero_one(int x, int y, int c)
{
	return x == 5 && y == 2;
}
static double
black(int x, int y, int c)
{
	return 0;
}
static double
red(int x, int y, int c)
{
	return c == 0 && x > 3 ? 200 : 0;
}
static double
classes_255(int x, int y, int c)
{
	return y == 1 && x > 5 ? 255 : x % 3;
}
static double
classes_9(int x, int y, int c)
{
	return x == 3 && y == 3 ? 9 : x % 3;
}
static double
halves(int x, int y, int c)
{
	return x == 2 && y == 1 ? 1.5 : 1;
}
static double
negative(int x, int y, int c)
{
	return x == 2 && y == 1 ? -1 : 1;
}
static double
wide(int x, int y, int c)
{
	return x * 100;
}
static double
white_and_one(int x, int y, int c)
{
	return x < 2 ? 1 : x > 6 ? 255 : 0;
}
static double
one_band(int x, int y, int c)
{
	return x == c ? 255 : 0;
}

static void
binary_from_a_threshold(void **state)
{
	const char *f = in_root(*state, "l.png");
	const uint16_t *p = read_plane(f, 1, SECANT_U8, steps, 1, DATA_TARGET_BINARY, NULL);
	for (int i = 0; i < 32; i++)
		assert_int_equal(p[i], i % 8 * 36 >= 128);
	set_option(&o, "label-threshold", "37");
	p = read_plane(f, 1, SECANT_U8, steps, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(p[1], 0);
	assert_int_equal(p[2], 1);
	set_option(&o, "label-threshold", "128");
	p = read_plane(f, 3, SECANT_U8, red, 1, DATA_TARGET_BINARY, NULL); /* the largest of R, G, B */
	assert_int_equal(p[3], 0);
	assert_int_equal(p[4], 1);
	p = read_plane(f, 4, SECANT_U8, red, 1, DATA_TARGET_BINARY, NULL); /* alpha does not count */
	assert_int_equal(p[3], 0);
	read_plane(f, 1, SECANT_U8, black, 1, DATA_TARGET_BINARY, NULL); /* nothing in the picture is fine */
	set_option(&o, "ignore-index", "252");
	p = read_plane(f, 1, SECANT_U8, steps, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(p[7], DATA_LABEL_IGNORE);
	assert_int_equal(p[6], 1);
}

static void
zeros_and_ones_under_a_threshold_are_a_mistake(void **state)
{
	const char *f = in_root(*state, "l.png");
	read_plane(f, 1, SECANT_U8, zero_one, 1, DATA_TARGET_BINARY,
		"label values are 0 and 1 alone: value 1 at (5, 2), 1 pixel is below --label-threshold 128; --labels index "
		"would fit");
	set_option(&o, "labels", "index");
	const uint16_t *p = read_plane(f, 1, SECANT_U8, zero_one, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(p[2 * 8 + 5], 1);
}

static void
an_index_is_the_class(void **state)
{
	const char *f = in_root(*state, "l.png");
	const uint16_t *p = read_plane(f, 1, SECANT_U8, three_classes, 3, DATA_TARGET_INDEX, NULL);
	for (int i = 0; i < 32; i++)
		assert_int_equal(p[i], (int)three_classes(i % 8, i / 8, 0));
	read_plane(f, 3, SECANT_U8, three_classes, 3, DATA_TARGET_INDEX, NULL); /* grey stored as R = G = B */
	read_plane(f, 3, SECANT_U8, red, 3, DATA_TARGET_INDEX,
		"a colour picture with 3 channels is no class index; --labels colours with --class-file would fit");
	p = read_plane(f, 1, SECANT_U16, wide, 701, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[7], 700);
	const char *t = in_root(*state, "l.tif");
	p = read_plane(t, 1, SECANT_F32, three_classes, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[2], 1);
	read_plane(t, 1, SECANT_F32, halves, 3, DATA_TARGET_INDEX,
		"label value 1.5 at (2, 1) is outside the classes 0 to 2, 1 pixel is; labels are whole numbers from 0");
	read_plane(
		t, 1, SECANT_F32, negative, 3, DATA_TARGET_INDEX, "label value -1 at (2, 1) is outside the classes 0 to 2");
}

/* Two bits a pixel, as some tools store few classes: 0 to 3, not 0, 85, 170, 255. As binary labels they are grey still.
 */
static void
indices_of_few_bits_are_not_stretched(void **state)
{
	const char *f = in_root(*state, "l.pgm");
	FILE *file = fopen(f, "wb");
	assert_non_null(file);
	fputs("P2 8 4 3\n", file);
	for (int i = 0; i < 32; i++)
		fprintf(file, "%d ", i % 4);
	fclose(file);
	const uint16_t *p = read_plane(f, 1, SECANT_U8, NULL, 4, DATA_TARGET_INDEX, NULL);
	for (int i = 0; i < 32; i++)
		assert_int_equal(p[i], i % 4);
	p = read_plane(f, 1, SECANT_U8, NULL, 1, DATA_TARGET_BINARY, NULL);
	for (int i = 0; i < 32; i++)
		assert_int_equal(p[i], i % 4 > 1);
}

static void
values_outside_the_classes_are_told(void **state)
{
	const char *f = in_root(*state, "l.png");
	read_plane(f, 1, SECANT_U8, classes_255, 3, DATA_TARGET_INDEX,
		"l.png: label value 255 at (6, 1) is outside the classes 0 to 2, 2 pixels are; --ignore-index 255 would leave "
		"it out");
	read_plane(f, 1, SECANT_U8, classes_9, 3, DATA_TARGET_INDEX,
		"label value 9 at (3, 3) is outside the classes 0 to 2, 1 pixel is; --classes 10 would fit");
	read_plane(f, 1, SECANT_U8, half_mask, 2, DATA_TARGET_INDEX,
		"label value 255 at (0, 0) is outside the classes 0 to 1, 16 pixels are; --labels binary would fit");
	set_option(&o, "ignore-index", "255");
	const uint16_t *p = read_plane(f, 1, SECANT_U8, classes_255, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[8 + 7], DATA_LABEL_IGNORE);
	assert_int_equal(p[8 + 5], 2);
	set_option(&o, "labels", "binary");
	set_option(&o, "ignore-index", "-1");
	p = read_plane(f, 1, SECANT_U8, half_mask, 2, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[0], 1);
	read_plane(f, 1, SECANT_U8, white_and_one, 1, DATA_TARGET_BINARY,
		"label values are 0, 1 and 255 alone: value 1 at (0, 0), 8 pixels are; if 255 is to be left out, --labels "
		"index --ignore-index 255 would fit");
	set_option(&o, "label-threshold", "2");
	p = read_plane(f, 1, SECANT_U8, white_and_one, 1, DATA_TARGET_BINARY, NULL);
	assert_int_equal(p[0], 0);
	assert_int_equal(p[7], 1);
	set_option(&o, "label-threshold", "128");
	read_plane(f, 1, SECANT_U8, half_mask, 5, DATA_TARGET_INDEX,
		"--labels binary: knows foreground and background, but there are 5 classes; --labels index would fit");
}

static void
a_palette_gives_indices(void **state)
{
	const char *f = in_root(*state, "l.png");
	secant_err err = { 0 };
	secant_image im;
	assert_int_equal(secant_image_new(&im, 8, 4, 1, SECANT_U8, &err), SECANT_OK);
	im.palette = secant_calloc(3, sizeof *im.palette);
	im.palette_count = 3;
	im.palette[1][0] = 128;
	im.palette[2][1] = 128;
	for (int i = 0; i < 32; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(i % 3);
	assert_int_equal(secant_image_write(&im, f, NULL, &err), SECANT_OK);
	secant_image_free(&im);
	set_option(&o, "labels", "palette");
	const uint16_t *p = read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[5], 2);
	set_option(&o, "labels", "auto");
	p = read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[5], 2);
	p = read_plane(
		f, 1, SECANT_U8, NULL, 1, DATA_TARGET_BINARY, NULL); /* one class: by brightness, (128, 0, 0) is foreground */
	assert_int_equal(p[0], 0);
	assert_int_equal(p[1], 1);
	set_option(&o, "labels", "palette");
	read_plane(f, 1, SECANT_U8, NULL, 2, DATA_TARGET_INDEX,
		"label value 2 at (2, 0) is outside the classes 0 to 1, 10 pixels are; --classes 3 would fit");
	read_plane(f, 1, SECANT_U8, three_classes, 3, DATA_TARGET_INDEX,
		"--labels palette needs an indexed picture, this one has 1 channel; --labels index would fit");
	read_plane(f, 3, SECANT_U8, red, 3, DATA_TARGET_INDEX, "this one has 3 channels; --labels colours would fit");
}

/* Of an indexed label with the colours of three classes, index 1 and 2 in the order that is asked for. */
static void
write_indexed(const char *file, bool swapped)
{
	secant_err err = { 0 };
	secant_image im;
	assert_int_equal(secant_image_new(&im, 8, 4, 1, SECANT_U8, &err), SECANT_OK);
	im.palette = secant_calloc(3, sizeof *im.palette);
	im.palette_count = 3;
	im.palette[1 + swapped][0] = 200;
	im.palette[2 - swapped][1] = 100;
	for (int i = 0; i < 32; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(i % 3);
	assert_int_equal(secant_image_write(&im, file, NULL, &err), SECANT_OK);
	secant_image_free(&im);
}

/* Programs that choose a palette anew for every picture give one class several indices. */
static void
palettes_that_contradict_classes_or_each_other_are_told(void **state)
{
	const char *classes = in_root(*state, "classes.txt"), *f = in_root(*state, "l.png");
	write_text(classes, "back 0 0 0\nred 200 0 0\ngreen 0 100 0\n");
	set_option(&o, "class-file", classes);
	write_indexed(f, false);
	const uint16_t *p = read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[1], 1);
	write_indexed(f, true);
	read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX,
		"index 1 has the colour (0, 100, 0), which is that of line 3 in the class file, not of line 2; --labels "
		"colours "
		"goes by the colours, --labels palette by the numbers");
	set_option(&o, "labels", "colours");
	p = read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[1], 2);
	set_option(&o, "labels", "palette");
	p = read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[1], 1);
	set_option(&o, "labels", "auto");
	secant_free(o.class_file);
	o.class_file = NULL;
	setenv("XDG_CACHE_HOME", in_root(*state, "cache"), 1);
	for (int i = 0; i < 2; i++) {
		write_picture(in_root(*state, "set/images/%d.png", i), 8, 4, 3, SECANT_U8, place_value);
		(void)!secant_make_dirs(in_root(*state, "set/labels"), NULL);
		write_indexed(in_root(*state, "set/labels/%d.png", i), i);
	}
	for (int k = 0; k < 3; k++) { /* what was looked at under another rule is not remembered for this one */
		secant_err err = { 0 };
		data_labels_report r;
		set_option(&o, "labels", k == 1 ? "index" : "auto");
		data_samples *s = open_expecting(in_root(*state, "set"), "all", &o, 3, 3, DATA_TARGET_INDEX, NULL);
		assert_int_equal(data_labels_look(s, 1, NULL, NULL, NULL, &r, &err), SECANT_OK);
		assert_int_equal(r.wrong, k != 1);
		if (k != 1 && !strstr(r.error[0], "palettes differ, so indices may not be classes"))
			fail_msg("%s", r.error[0]);
		data_labels_report_free(&r);
		data_samples_free(s);
	}
}

static double
bands(int x, int y, int c)
{
	return x % 2 == c;
}
static double
shape_in_alpha(int x, int y, int c)
{
	return c == 3 && x > 2 ? 255 : 0;
}
static double
ids(int x, int y, int c)
{
	return x > 3 ? 16777216 : 0;
}
static double
nan_or_one(int x, int y, int c)
{
	return x > 3 ? NAN : 1;
}

/* What is no number of a class is never background. */
static void
bands_alpha_fractions_and_ids_are_no_labels(void **state)
{
	const char *t = in_root(*state, "l.tif"), *f = in_root(*state, "l.png");
	for (int classes = 1; classes < 3; classes++) {
		data_target_kind kind = classes == 1 ? DATA_TARGET_BINARY : DATA_TARGET_INDEX;
		read_plane(t, 5, SECANT_U8, bands, classes, kind, "a label of 5 bands: labels have one");
		read_plane(f, 4, SECANT_U8, shape_in_alpha, classes, kind,
			"all pixels of the label have one colour, and its alpha has a shape, 20 pixels of 32");
		read_plane(t, 1, SECANT_F32, ids, classes, kind, "label value 1.67772e+07 at (4, 0) is outside the classes");
		read_plane(t, 1, SECANT_F32, halves, classes, kind, "label value 1.5 at (2, 1) is outside the classes");
		read_plane(t, 1, SECANT_I16, negative, classes, kind,
			"label value -1 at (2, 1) is outside the classes 0 to 1, 1 pixel is; labels are whole numbers from 0; what "
			"the "
			"file declares to be no data (gdal_edit -a_nodata -1) is left out");
	}
	const uint16_t *p = read_plane(t, 1, SECANT_F32, nan_or_one, 2, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[3], 1);
	assert_int_equal(p[4], DATA_LABEL_IGNORE);
}

static void
colours_are_looked_up(void **state)
{
	const char *f = in_root(*state, "l.png"), *classes = in_root(*state, "classes.txt");
	set_option(&o, "labels", "colours");
	read_plane(
		f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, "--labels colours: needs --class-file with 2 lines NAME R G B");
	set_option(&o, "class-file", classes);
	write_text(classes, "# classes\nback ground 0 0 0\r\nred thing, 200, 0, 0\n");
	const uint16_t *p = read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[3], 0);
	assert_int_equal(p[4], 1);
	write_text(classes, "a 0 0 0\nb 9 9 9\n");
	set_option(&o, "labels", "auto"); /* colours in the picture, and in the class file */
	read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX,
		"label colour (200, 0, 0) at (4, 0) is none of the 2 in the class file, 16 pixels are; a line 'NAME 200 0 0' "
		"in --class-file would fit");
	write_text(classes, "a 0 0 0\nb\n");
	read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, "classes.txt:2: 'b' has no colour, unlike the lines before");
	write_text(classes, "a 0 0 0\nb 0 0 0\n");
	read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, "classes.txt:2: colour (0, 0, 0) stands for 'a' already");
	write_text(classes, "a 0 0 0\nb 1 1 1\nc 2 2 2\n");
	read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, "names 3 classes, but there are 2 (--classes)");
	write_text(classes, "\n#\n");
	read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, "no classes; expected a line each");
}

/* Lines that end in the word ignore are no classes: of colours wherever they stand, of numbers by their place. */
static void
ignored_lines_of_the_class_file_are_left_out(void **state)
{
	const char *f = in_root(*state, "l.png"), *classes = in_root(*state, "classes.txt");
	set_option(&o, "class-file", classes);
	write_text(classes, "void 0 0 0 ignore\nblue 0 0 200\nred thing 200 0 0\n");
	set_option(&o, "labels", "colours");
	const uint16_t *p = read_plane(f, 3, SECANT_U8, red, 2, DATA_TARGET_INDEX, NULL);
	assert_int_equal(p[3], DATA_LABEL_IGNORE);
	assert_int_equal(p[4], 1);
	set_option(&o, "labels", "index");
	write_text(classes, "a\nunknown, ignore\nb\n");
	p = read_plane(f, 1, SECANT_U8, three_classes, 2, DATA_TARGET_INDEX, NULL);
	for (int i = 0; i < 32; i++) {
		int v = (int)three_classes(i % 8, i / 8, 0);
		assert_int_equal(p[i], v == 1 ? DATA_LABEL_IGNORE : v / 2);
	}
	write_text(classes, "ignore\nb\n"); /* alone it is a name */
	set_option(&o, "class-file", classes);
	read_plane(f, 1, SECANT_U8, three_classes, 2, DATA_TARGET_INDEX, "label value 2");
	write_text(classes, "a 0 0 0 ignore\nb\n");
	read_plane(f, 1, SECANT_U8, three_classes, 2, DATA_TARGET_INDEX, "'b' has no colour, unlike the lines before");
	write_text(classes, "a 0 0 0 ignore\n");
	read_plane(f, 1, SECANT_U8, three_classes, 2, DATA_TARGET_INDEX, "no classes; expected a line each");
	write_text(classes, "a\nb\nc ignore\n");
	set_option(&o, "labels", "binary");
	read_plane(f, 1, SECANT_U8, three_classes, 2, DATA_TARGET_INDEX, "knows no values to ignore");
}

static void
wrong_modes_are_refused(void **state)
{
	const char *f = in_root(*state, "l.png");
	set_option(&o, "labels", "pallete");
	read_plane(f, 1, SECANT_U8, three_classes, 3, DATA_TARGET_INDEX,
		"--labels: 'pallete' is not one of auto, binary, index, palette, colours (nearest: palette)");
	set_option(&o, "labels", "auto");
	read_plane(f, 1, SECANT_U8, three_classes, 3, DATA_TARGET_BINARY, "binary targets have one class, not 3");
	read_plane(f, 1, SECANT_U8, three_classes, 0, DATA_TARGET_INDEX, "--classes: 0 is outside");
	write_picture(f, 7, 4, 1, SECANT_U8, three_classes);
	read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, "l.png: label is 4x7, its picture 4x8 (height x width)");
}

static void
labels_of_another_size_are_scaled_on_request(void **state)
{
	const char *f = in_root(*state, "l.png");
	write_picture(f, 4, 2, 1, SECANT_U8, three_classes);
	read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX,
		"l.png: label is 2x4, its picture 4x8 (height x width); --scale-labels scales them by nearest");
	set_option(&o, "scale-labels", "true");
	const uint16_t *p = read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, NULL);
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 8; x++)
			assert_int_equal(p[y * 8 + x], (int)three_classes(x / 2, y / 2, 0));
	write_picture(f, 4, 4, 1, SECANT_U8, three_classes);
	read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, "their sides are in another proportion");
	write_picture(f, 4, 8, 1, SECANT_U8, three_classes);
	read_plane(f, 1, SECANT_U8, NULL, 3, DATA_TARGET_INDEX, "it lies on its side: if EXIF turns the picture");
	const char *root = in_root(*state, "set");
	write_split(root, "train", 1, 64, 32, three_classes);
	write_picture(in_root(root, "train/labels/00.png"), 128, 64, 1, SECANT_U8, three_classes);
	set_option(&o, "tile", "32"); /* windows of it are those of the scaled label */
	secant_err err = { 0 };
	secant_tensor image, target;
	data_samples *s = open_expecting(root, "train", &o, 3, 3, DATA_TARGET_INDEX, NULL);
	if (data_sample_load(s, 1, &image, &target, &err))
		fail_msg("%s", err.msg);
	for (int i = 0; i < 32 * 32; i++)
		assert_int_equal(((int32_t *)target.data)[i], (int)three_classes(2 * (32 + i % 32) + 1, 2 * (i / 32) + 1, 0));
	secant_tensor_free(&image), secant_tensor_free(&target);
	data_samples_free(s);
}

static secant_tensor
load_target(const char *root, int classes, data_target_kind kind)
{
	secant_err err = { 0 };
	secant_tensor image, target;
	data_samples *s = open_expecting(root, "train", &o, 3, classes, kind, NULL);
	if (data_sample_load(s, 0, &image, &target, &err))
		fail_msg("%s", err.msg);
	secant_tensor_free(&image);
	data_samples_free(s);
	return target;
}

static void
targets_by_kind(void **state)
{
	const char *root = *state;
	write_split(root, "train", 1, 8, 4, classes_255);
	set_option(&o, "ignore-index", "255");
	secant_tensor t = load_target(root, 3, DATA_TARGET_INDEX);
	assert_int_equal(t.dtype, SECANT_I32);
	assert_int_equal(((int32_t *)t.data)[8 + 7], 255);
	assert_int_equal(((int32_t *)t.data)[8 + 5], 2);
	secant_tensor_free(&t);
	t = load_target(root, 3, DATA_TARGET_MULTILABEL); /* one class a pixel, as one hot vector */
	assert_int_equal(t.shape.dim[2], 3);
	for (int c = 0; c < 3; c++) {
		assert_true(((float *)t.data)[(8 + 7) * 3 + c] == -1);
		assert_true(((float *)t.data)[(8 + 5) * 3 + c] == (c == 2));
	}
	secant_tensor_free(&t);
	set_option(&o, "ignore-index", "-1");
	write_picture(in_root(root, "train/labels/00.png"), 8, 4, 3, SECANT_U8,
		one_band); /* a band a class, several at once allowed */
	t = load_target(root, 3, DATA_TARGET_MULTILABEL);
	for (int i = 0; i < 8 * 3; i++)
		assert_true(((float *)t.data)[i] == (i / 3 == i % 3));
	secant_tensor_free(&t);
	write_picture(in_root(root, "train/labels/00.png"), 8, 4, 3, SECANT_U8, zero_one);
	secant_err err = { 0 };
	secant_tensor image;
	data_samples *s = open_expecting(root, "train", &o, 3, 3, DATA_TARGET_MULTILABEL, NULL);
	assert_int_equal(data_sample_load(s, 0, &image, &t, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg,
		"label values are 0 and 1 alone, 3 of 1, all below --label-threshold 128; --label-threshold 1 would fit"));
	data_samples_free(s);
	set_option(&o, "ignore-index", "255");
	write_picture(in_root(root, "train/labels/00.png"), 8, 4, 1, SECANT_U8, classes_255);
	set_option(&o, "label-threshold", "2");
	t = load_target(root, 1, DATA_TARGET_BINARY);
	assert_int_equal(t.dtype, SECANT_F32);
	assert_true(((float *)t.data)[8 + 7] == -1);
	assert_true(((float *)t.data)[8 + 5] == 1);
	assert_true(((float *)t.data)[8 + 1] == 0);
	secant_tensor_free(&t);
}

static double
bands_and_77(int x, int y, int c)
{
	return y == 0 ? 77 : x % 3 == c ? 255 : 0;
}
static double
one_band_of_77(int x, int y, int c)
{
	return y == 2 && x == 5 && c == 1 ? 77 : 0;
}

/* Of a band a class, what is ignored is so in all of them: a class that nobody judged beside one that somebody did has
 * no place in a plane, and is refused rather than taken for background. */
static void
bands_leave_pixels_out(void **state)
{
	const char *root = *state, *label = in_root(root, "train/labels/00.png");
	write_split(root, "train", 1, 8, 4, classes_255);
	write_picture(label, 8, 4, 3, SECANT_U8, bands_and_77);
	set_option(&o, "ignore-index", "77");
	secant_tensor t = load_target(root, 3, DATA_TARGET_MULTILABEL);
	for (int i = 0; i < 8 * 4 * 3; i++)
		assert_true(((float *)t.data)[i] == (i < 8 * 3 ? -1 : i / 3 % 8 % 3 == i % 3));
	secant_tensor_free(&t);
	write_picture(label, 8, 4, 3, SECANT_U8, one_band_of_77);
	secant_err err = { 0 };
	secant_tensor image;
	data_samples *s = open_expecting(root, "train", &o, 3, 3, DATA_TARGET_MULTILABEL, NULL);
	assert_int_equal(data_sample_load(s, 0, &image, &t, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "pixel (5, 2) is to be left out by 1 of its 3 bands"));
	data_samples_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(binary_from_a_threshold),
		T(zeros_and_ones_under_a_threshold_are_a_mistake),
		T(an_index_is_the_class),
		T(indices_of_few_bits_are_not_stretched),
		T(values_outside_the_classes_are_told),
		T(a_palette_gives_indices),
		T(palettes_that_contradict_classes_or_each_other_are_told),
		T(bands_alpha_fractions_and_ids_are_no_labels),
		T(colours_are_looked_up),
		T(ignored_lines_of_the_class_file_are_left_out),
		T(wrong_modes_are_refused),
		T(labels_of_another_size_are_scaled_on_request),
		T(targets_by_kind),
		T(bands_leave_pixels_out),
	};
	return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
