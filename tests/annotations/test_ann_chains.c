/*
 * Chains of formats drawn by chance: whatever way a set goes, through all formats that hold boxes with fractions of
 * pixels, its boxes, the names of its classes and the pictures they lie in are those of the first set. Pictures are
 * told apart by their widths, since some formats number them. The same of masks, through chains of verbs: pixels, and
 * the names and the order of classes.
 */
#include "ann.h"
#include "base/rng.h"

enum { PICTURES = 4, OBJECTS = 5, CHAINS = 12, LENGTH = 4 };
static const char *const names[] = { "cat", "big dog", "Z", "vélo", "a,b" };

typedef struct box {
	double v[4];
	int picture, class;
} box;

static int
by_place(const void *a, const void *b)
{
	const box *p = a, *q = b;
	if (p->picture != q->picture)
		return p->picture - q->picture;
	return p->v[0] != q->v[0] ? p->v[0] > q->v[0] ? 1 : -1
		: p->v[1] > q->v[1]   ? 1
		: p->v[1] < q->v[1]   ? -1
							  : p->class - q->class;
}

/* Boxes on quarters of pixels, some of them equal; the last picture has none. */
static int
draw_boxes(base_rng *r, box *b)
{
	int n = 0;
	for (int i = 0; i < PICTURES - 1; i++)
		for (int k = base_rng_below(r, OBJECTS) + 1; k; k--) {
			double x = base_rng_below(r, 60) / 4., y = base_rng_below(r, 40) / 4.;
			b[n++] = (box){ { x, y, x + 1 + base_rng_below(r, 16) / 4., y + 1 + base_rng_below(r, 16) / 4. }, i,
				base_rng_below(r, 5) };
		}
	qsort(b, (size_t)n, sizeof *b, by_place);
	return n;
}

static void
write_coco(const char *folder, const box *b, int n)
{
	base_str t = { 0 };
	base_str_add(&t, "{\"images\": [");
	for (int i = 0; i < PICTURES; i++) {
		char name[40];
		snprintf(name, sizeof name, "images/p%d.png", i);
		put_picture(folder, name, 30 + i, 24, i);
		base_str_addf(&t, "%s{\"id\": %d, \"file_name\": \"p%d.png\", \"width\": %d, \"height\": 24}", i ? ", " : "",
			i + 1, i, 30 + i);
	}
	base_str_add(&t, "], \"categories\": [");
	for (int i = 0; i < 5; i++)
		base_str_addf(&t, "%s{\"id\": %d, \"name\": \"%s\"}", i ? ", " : "", i + 1, names[i]);
	base_str_add(&t, "], \"annotations\": [");
	for (int i = 0; i < n; i++)
		base_str_addf(&t, "%s{\"id\": %d, \"image_id\": %d, \"category_id\": %d, \"bbox\": [%.2f, %.2f, %.2f, %.2f]}",
			i ? ", " : "", i + 1, b[i].picture + 1, b[i].class + 1, b[i].v[0], b[i].v[1], b[i].v[2] - b[i].v[0],
			b[i].v[3] - b[i].v[1]);
	base_str_add(&t, "]}");
	put(folder, "annotations.json", t.p);
	base_str_free(&t);
}

static void
assert_boxes(const secant_dataset *d, const box *b, int n, const char *way)
{
	box got[PICTURES * OBJECTS * 2];
	int m = 0;
	secant_dataset_item p;
	secant_annotation a;
	if (secant_dataset_count(d) != PICTURES)
		fail_msg("%s: %d pictures", way, secant_dataset_count(d));
	for (int i = 0; secant_dataset_picture(d, i, &p); i++)
		for (int k = 0; secant_dataset_object(d, i, k, &a) && m < PICTURES * OBJECTS * 2; k++, m++) {
			int class = 0;
			while (class < 5 && strcmp(names[class], a.class_name))
				class ++;
			if (class == 5)
				fail_msg("%s: a class '%s'", way, a.class_name);
			got[m] = (box){ { a.box[0], a.box[1], a.box[2], a.box[3] }, p.width - 30, class };
			for (int j = 0; j < 4; j++) /* six decimals of a share, or of a percent, are as many as some formats have */
				got[m].v[j] = round(got[m].v[j] * 1000) / 1000;
		}
	if (m != n)
		fail_msg("%s: %d of %d objects", way, m, n);
	qsort(got, (size_t)m, sizeof *got, by_place);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < 4; j++)
			if (got[i].picture != b[i].picture || got[i].class != b[i].class || fabs(got[i].v[j] - b[i].v[j]) > 1e-3)
				fail_msg("%s: '%s' in picture %d at %g, %g instead of '%s' in %d at %g, %g", way, names[got[i].class],
					got[i].picture, got[i].v[0], got[i].v[1], names[b[i].class], b[i].picture, b[i].v[0], b[i].v[1]);
}

static void
test_boxes_names_and_pictures_survive_any_chain(void **state)
{
	const ann_format *usable[64];
	int formats = 0;
	for (const ann_format *const *f = ann_formats; *f; f++)
		if ((*f)->write && !(*f)->only_class && (*f)->holds & ANN_HOLDS_FRACTIONS
			&& (*f)->holds & (ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_QUAD) && !(*f)->numbers_images)
			usable[formats++] = *f;
	assert_true(formats > 15);
	for (int chain = 0; chain < CHAINS; chain++) {
		char *tmp = base_strdup(scratch_dir());
		base_rng r = base_rng_make(15, BASE_FOR_SPLIT, (uint64_t)chain, 0);
		box b[PICTURES * OBJECTS];
		int n = draw_boxes(&r, b);
		write_coco(at(tmp, "0"), b, n);
		secant_dataset *d = open_as(at(tmp, "0"), NULL);
		char way[500] = "coco";
		for (int step = 0; step < LENGTH; step++) {
			const ann_format *f = usable[(
				chain * LENGTH + step < formats ? chain * LENGTH + step : (int)base_rng_below(&r, (uint32_t)formats))];
			char out[700], number[8];
			snprintf(number, sizeof number, "%d", step + 1);
			snprintf(out, sizeof out, "%s", at(tmp, number));
			snprintf(way + strlen(way), sizeof way - strlen(way), " > %s", f->name);
			secant_err err = { 0 };
			if (write_as(d, f->name, out, NULL, NULL, &err))
				fail_msg("%s: %s", way, err.msg);
			secant_dataset_free(d);
			secant_dataset_reading reading;
			assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &reading, &err), 0);
			d = secant_dataset_open(out, &reading, NULL, &err);
			secant_opts_free(&secant_dataset_reading_options, &reading);
			if (!d)
				fail_msg("%s: %s", way, err.msg);
			if (strcmp(secant_dataset_format_name(d), f->name))
				fail_msg("%s: found out as %s", way, secant_dataset_format_name(d));
			assert_boxes(d, b, n, way);
		}
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* Whatever folders a format puts pictures into, their names are the same after any number of passes. */
static void
test_names_do_not_grow(void **state)
{
	for (const ann_format *const *f = ann_formats; *f; f++) {
		if (!(*f)->write || (*f)->numbers_images)
			continue;
		char *tmp = base_strdup(scratch_dir());
		base_rng r = base_rng_make(16, BASE_FOR_SPLIT, 0, 0);
		box b[PICTURES * OBJECTS];
		int n = draw_boxes(&r, b);
		write_coco(at(tmp, "0"), b, n);
		secant_dataset *d = open_as(at(tmp, "0"), NULL);
		char called[PICTURES][80];
		for (int pass = 1; pass < 4; pass++) {
			char out[700], number[8];
			secant_err err = { 0 };
			secant_dataset_item p;
			snprintf(number, sizeof number, "%d", pass);
			snprintf(out, sizeof out, "%s", at(tmp, number));
			if (write_as(d, (*f)->name, out, NULL, NULL, &err))
				fail_msg("%s: %s", (*f)->name, err.msg);
			secant_dataset_free(d);
			d = open_as(out, (*f)->name);
			assert_int_equal(secant_dataset_count(d), PICTURES);
			for (int i = 0; secant_dataset_picture(d, i, &p); i++) {
				if (pass > 1 && strcmp(called[i], p.name))
					fail_msg("%s, pass %d: '%s' was '%s'", (*f)->name, pass, p.name, called[i]);
				snprintf(called[i], sizeof called[i], "%s", p.name);
			}
			if (pass == 1 && strcmp(called[0], "p0.png"))
				print_message("%s calls p0.png %s\n", (*f)->name, called[0]);
		}
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* --- verbs, over masks --- */

enum { SIDE = 40, CLASSES = 5 };
static const char *const mask_names[CLASSES] = { "background", "road", "big dog", "tree", "car" };

static void
put_grey(const char *folder, const char *name, int w, const uint8_t *v)
{
	secant_err err = { 0 };
	secant_image im;
	void *data = NULL;
	size_t n = 0;
	assert_int_equal(secant_image_new(&im, w, SIDE, 1, SECANT_U8, &err), 0);
	memcpy(im.data, v, (size_t)w * SIDE);
	assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
	put_bytes(folder, name, data, n);
	secant_image_free(&im);
	secant_free(data);
}

/* Rectangles of three of the four classes on background; the last picture has none. */
static void
write_masks(const char *folder, base_rng *r, uint8_t masks[PICTURES][SIDE * (SIDE + PICTURES)])
{
	put(folder, "dataset_meta.json",
		"{\"label_map\": {\"0\": \"background\", \"1\": \"road\", \"2\": \"big dog\", \"3\": \"tree\", \"4\": "
		"\"car\"}, "
		"\"background_label\": \"0\"}");
	for (int i = 0; i < PICTURES; i++) {
		int w = SIDE + i;
		char name[40];
		memset(masks[i], 0, sizeof masks[i]);
		for (int k = i == PICTURES - 1 ? 0 : 1 + base_rng_below(r, 6); k; k--) {
			static const uint8_t used[3] = { 1, 2, 4 };
			int x = base_rng_below(r, 30), y = base_rng_below(r, 30), v = used[base_rng_below(r, 3)];
			for (int dy = base_rng_below(r, 10); dy >= 0; dy--)
				memset(masks[i] + (y + dy) * w + x, v, 1 + (size_t)base_rng_below(r, 10));
		}
		snprintf(name, sizeof name, "images/p%d.png", i);
		put_picture(folder, name, w, SIDE, i);
		snprintf(name, sizeof name, "masks/p%d.png", i);
		put_grey(folder, name, w, masks[i]);
	}
}

static void
assert_masks(const secant_dataset *d, uint8_t masks[PICTURES][SIDE * (SIDE + PICTURES)], const char *way)
{
	secant_dataset_item p;
	int value[64] = { 0 }, at = 0, n = secant_dataset_classes(d);
	if (secant_dataset_count(d) != PICTURES)
		fail_msg("%s: %d pictures", way, secant_dataset_count(d));
	for (int i = 0; i < n && i < 60; i++) { /* classes stand in the order of the first set; background may be none */
		const char *name = secant_dataset_class_name(d, i);
		while (at < CLASSES && strcmp(mask_names[at], name))
			at++;
		if (at == CLASSES)
			fail_msg("%s: class '%s' is unknown, or out of its order", way, name);
		value[i + 1] = at;
	}
	for (int i = 0; secant_dataset_picture(d, i, &p); i++) {
		secant_image im;
		secant_err err = { 0 };
		int k = p.width - SIDE, wrong = 0;
		if (k < 0 || k >= PICTURES || secant_dataset_mask(d, i, false, 0, 1, &im, &err))
			fail_msg("%s: '%s' is %d wide. %s", way, p.name, p.width, err.msg);
		for (int j = 0; j < p.width * SIDE; j++) {
			int v = ((const uint8_t *)im.data)[j];
			wrong += v > 60 || value[v] != masks[k][j];
		}
		secant_image_free(&im);
		if (wrong)
			fail_msg("%s: %d pixels of '%s' have another class", way, wrong, p.name);
	}
}

static void
remap(secant_dataset *d, const char *folder, bool back)
{
	base_str t = { 0 };
	secant_err err = { 0 };
	for (int i = 1; i < CLASSES; i++)
		base_str_addf(&t, back ? "%s x = %s\n" : "%s = %s x\n", mask_names[i], mask_names[i]);
	put(folder, "map.txt", t.p);
	base_str_free(&t);
	if (secant_dataset_remap(d, at(folder, "map.txt"), &err))
		fail_msg("%s", err.msg);
}

/* Into tiles and together again: the set that comes back is read from its folder. */
static secant_dataset *
tile_and_untile(secant_dataset *d, const char *tiles, const char *whole, int overlap, const char *way)
{
	secant_err err = { 0 };
	secant_dataset_tiling tiling;
	secant_dataset_writing writing;
	char number[8];
	snprintf(number, sizeof number, "%d", overlap);
	assert_int_equal(secant_opts_init(&secant_dataset_tiling_options, &tiling, &err), 0);
	assert_int_equal(secant_opts_init(&secant_dataset_writing_options, &writing, &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_tiling_options, &tiling, "size", "24", &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_tiling_options, &tiling, "overlap", number, &err), 0);
	/* where pictures of classes are the labels, no piece is too little, whatever is asked for */
	const char *keep = ann_find_format(secant_dataset_format_name(d))->holds & ANN_HOLDS_MASK ? "0.5" : "0";
	assert_int_equal(secant_opts_set(&secant_dataset_tiling_options, &tiling, "keep", keep, &err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &writing, "out", tiles, &err), 0);
	if (secant_dataset_tile(d, &tiling, &writing, NULL, NULL, &err))
		fail_msg("%s: %s", way, err.msg);
	secant_dataset_free(d);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &writing, "out", whole, &err), 0);
	if (secant_dataset_untile(tiles, NULL, &writing, NULL, NULL, &err))
		fail_msg("%s: %s", way, err.msg);
	secant_opts_free(&secant_dataset_tiling_options, &tiling);
	secant_opts_free(&secant_dataset_writing_options, &writing);
	return open_as(whole, NULL);
}

static void
test_pixels_and_classes_survive_any_chain_of_verbs(void **state)
{
	static const char *const formats[] = { "masks", "coco", "labelme", "supervisely", "datumaro", "cvat", "rle-csv",
		"voc-seg", "ade20k", "ade20k-full", "camvid", "mapillary", "kitti-seg", "label-studio", "cityscapes" };
	enum { FORMATS = sizeof formats / sizeof *formats, WAYS = 12, STEPS = 4, VERBS = 6 };
	static uint8_t masks[PICTURES][SIDE * (SIDE + PICTURES)];
	for (int chain = 0; chain < WAYS; chain++) {
		char *tmp = base_strdup(scratch_dir()), way[500] = "masks";
		base_rng r = base_rng_make(17, BASE_FOR_SPLIT, (uint64_t)chain, 0);
		write_masks(at(tmp, "0"), &r, masks);
		secant_dataset *d = open_as(at(tmp, "0"), NULL);
		assert_masks(d, masks, way);
		for (int step = 1; step <= STEPS; step++) {
			char out[700], tiles[720], number[16];
			secant_err err = { 0 };
			int verb = base_rng_below(&r, VERBS), overlap = base_rng_below(&r, 2) * 8;
			const char *f = formats[chain < FORMATS && step == 1 ? chain : (int)base_rng_below(&r, FORMATS)];
			secant_dataset_splitting splitting;
			snprintf(number, sizeof number, "%d", step);
			snprintf(out, sizeof out, "%s", at(tmp, number));
			snprintf(tiles, sizeof tiles, "%s-tiles", out);
			if (verb == 0) {
				snprintf(way + strlen(way), sizeof way - strlen(way), " > tile, overlap %d", overlap);
				d = tile_and_untile(d, tiles, out, overlap, way);
				assert_masks(d, masks, way);
				continue;
			}
			if (verb == 1 || verb == 2) {
				snprintf(way + strlen(way), sizeof way - strlen(way), verb == 1 ? " > masks" : " > polygons");
				if (verb == 1 ? secant_dataset_to_masks(d, &err) : secant_dataset_to_polygons(d, 0, &err))
					fail_msg("%s: %s", way, err.msg);
			} else if (verb == 3) {
				snprintf(way + strlen(way), sizeof way - strlen(way), " > remap");
				remap(d, tmp, false);
				remap(d, tmp, true);
			} else if (verb == 4) {
				snprintf(way + strlen(way), sizeof way - strlen(way), " > split");
				assert_int_equal(secant_opts_init(&secant_dataset_splitting_options, &splitting, &err), 0);
				if (secant_dataset_split(d, &splitting, &err))
					fail_msg("%s: %s", way, err.msg);
				secant_opts_free(&secant_dataset_splitting_options, &splitting);
			}
			assert_masks(d, masks, way);
			snprintf(way + strlen(way), sizeof way - strlen(way), " > %s", f);
			if (write_as(d, f, out, NULL, NULL, &err))
				fail_msg("%s: %s", way, err.msg);
			secant_dataset_free(d);
			d = open_as(out, NULL);
			if (strcmp(secant_dataset_format_name(d), f))
				fail_msg("%s: found out as %s", way, secant_dataset_format_name(d));
			assert_masks(d, masks, way);
		}
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes_names_and_pictures_survive_any_chain),
		cmocka_unit_test(test_names_do_not_grow),
		cmocka_unit_test(test_pixels_and_classes_survive_any_chain_of_verbs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
