/*
 * Chains of formats drawn by chance: whatever way a set goes, through all formats that hold boxes with fractions of
 * pixels, its boxes, the names of its classes and the pictures they lie in are those of the first set. Pictures are
 * told apart by their widths, since some formats number them.
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
		if ((*f)->write && (*f)->read && !(*f)->only_class && (*f)->holds & ANN_HOLDS_FRACTIONS
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes_names_and_pictures_survive_any_chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
