/* The NWPU folder as it is distributed, rebuilt from the published boxes, with every quirk of its text files somewhere.
 */
#ifndef TESTS_ANN_NWPU_H
#define TESTS_ANN_NWPU_H
#include "ann.h"

typedef struct box {
	int image, v[4], class;
} box;
enum { BOXES = 3921, PICTURES = 650, NEGATIVES = 150 };
static box boxes[BOXES];
static int sizes[PICTURES][2];

/* The published boxes, through the reader of COCO. */
static inline bool
load_nwpu(void)
{
	const char *path = data_path("nwpu-vhr-10/annotations.json");
	if (access(path, R_OK))
		return false;
	secant_dataset *d = open_as(path, "coco");
	assert_int_equal(secant_dataset_count(d), PICTURES);
	assert_int_equal(secant_dataset_object_count(d), BOXES);
	int n = 0;
	for (int i = 0; i < PICTURES; i++) {
		secant_dataset_item p;
		secant_annotation a;
		assert_true(secant_dataset_picture(d, i, &p));
		sizes[i][0] = p.width, sizes[i][1] = p.height;
		for (int k = 0; secant_dataset_object(d, i, k, &a); k++, n++)
			boxes[n] = (box){ i, { (int)a.box[0], (int)a.box[1], (int)a.box[2], (int)a.box[3] }, a.label };
	}
	assert_int_equal(n, BOXES);
	secant_dataset_free(d);
	return true;
}

/* The folder as it is distributed, with every quirk in some file. */
static inline void
rebuild_nwpu(const char *root)
{
	char name[80];
	for (int i = 0, k = 0; i < PICTURES; i++) {
		base_str t = { 0 };
		if (i % 3 == 0)
			base_str_add(&t, "\xef\xbb\xbf");
		for (; k < BOXES && boxes[k].image == i; k++)
			base_str_addf(&t, i % 4 ? "(%d,%d),(%d,%d),%d %s" : "( %d ,%d),( %d, %d),%d%s", boxes[k].v[0],
				boxes[k].v[1], boxes[k].v[2], boxes[k].v[3], boxes[k].class + 1, i % 7 ? "\n" : "\r\n\r\n");
		snprintf(name, sizeof name, "ground truth/%03d.txt", i + 1);
		put(root, name, t.p ? t.p : "");
		base_str_free(&t);
		snprintf(name, sizeof name, "positive image set/%03d.jpg", i + 1);
		put_picture(root, name, sizes[i][0], sizes[i][1], i);
	}
	for (int i = 0; i < NEGATIVES; i++) {
		snprintf(name, sizeof name, "negative image set/%03d.jpg", i + 1);
		put_picture(root, name, 40 + i, 30, i);
	}
}

static inline void
assert_nwpu_boxes(secant_dataset *d, const char *name_of)
{
	char name[40];
	int n = 0;
	assert_int_equal(secant_dataset_count(d), PICTURES + NEGATIVES);
	assert_int_equal(secant_dataset_object_count(d), BOXES);
	for (int i = 0; i < PICTURES; i++) {
		snprintf(name, sizeof name, name_of, i + 1);
		int at_picture = secant_dataset_find(d, name);
		secant_annotation a;
		assert_true(at_picture >= 0);
		for (int k = 0; secant_dataset_object(d, at_picture, k, &a); k++, n++) {
			assert_true(a.box[0] == boxes[n].v[0] && a.box[1] == boxes[n].v[1] && a.box[2] == boxes[n].v[2]
				&& a.box[3] == boxes[n].v[3]);
			assert_int_equal(a.label, boxes[n].class);
		}
	}
	assert_int_equal(n, BOXES);
}
#endif
