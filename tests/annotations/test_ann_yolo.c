/* YOLO as people have it: data.yaml in every spelling, every layout of folders and lists, and columns that trackers and
 * poses add. Cases named tests/annotations/cases/NAME are whole small sets. */
#include "ann_describe.h"
#define CASE(name) "tests/annotations/cases/" name

static void
test_cases(void **state)
{
	static const struct {
		const char *path, *expected, *classes;
	} row[] = {
		{ CASE("yolo-background-only/set"), "a.jpg 100x80:", "cat" },
		{ CASE("yolo-folder-ends-in-images/set"), "my_images/images/a.jpg 100x80: cat 40,32 20x16", "cat" },
		{ CASE("yolo-lists-in-text-files/set"),
			"a.jpg 197x80 train: cat 78.8,32 39.4x16 | b.jpg 198x80 val: cat 79.2,32 39.6x16", "cat" },
		{ CASE("yolo-names-by-number/set"), "a.jpg 100x80 train: cat 40,32 20x16; dog 20,16 10x8", "cat|dog" },
		{ CASE("yolo-names-on-next-line/set"), "a.jpg 100x80: dog 40,32 20x16", "cat|dog|cow" },
		{ CASE("yolo-names-quoted-comma/set"), "a.jpg 100x80 train: tank, storage 40,32 20x16; ship 20,16 10x8",
			"tank, storage|ship" },
		{ CASE("yolo-pose-is-no-polygon/set"),
			"a.jpg 100x80 train: plate 30,24 40x32 coco.keypoints=[30, 24, 2, 70, 24, 2, 70, 56, 2, 30, 56, 2] "
			"coco.num_keypoints=4",
			"plate" },
		{ CASE("yolo-track-seven-columns/set"), "a.jpg 100x80 train: cat 40,32 20x16 score=0.9 track_id=12", "cat" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_described(row[i].path, row[i].path, NULL, row[i].expected, row[i].classes);
}

/* yolo-own-names-come-back: names that YAML would read otherwise. */
static void
test_own_names_come_back(void **state)
{
	static const char *const names[] = { "x #y", "say \"hi\"", "back\\slash", "plain", "yes", "No", "null", "~", "1e3",
		"012", "0x1f", "2024-01-01", "a: b", "- a", "[a, b]", "{a}", "*a", "&a", "!!int 3", "%x", "@x", "`x`", "'",
		"it's", "\xc3\xa9t\xc3\xa9", "\xf0\x9f\x9a\x97", " lead", "trail ", "tab\there", "two  blanks", "a,b", "?",
		"? q", "|", ">", "<<", "=", ".inf", ".NaN", "1_000", "1:30", "key:", "#", "\xe2\x80\xa8", "\xc2\x85",
		("\xef\xbb\xbf"
		 "bom"),
		"-", "--- x", "..." };
	enum { N = sizeof names / sizeof *names };
	char *tmp = base_strdup(scratch_dir());
	secant_dataset *d = open_as(CASE("yolo-own-names-come-back/set"), NULL);
	must_write(d, "yolo", at(tmp, "own"));
	secant_dataset_free(d);
	assert_int_equal(remove(at(tmp, "own/secant.json")), 0); /* data.yaml alone must do */
	assert_described("own", at(tmp, "own"), NULL,
		"a.png 400x300 train: x #y 0,0 20x10; say \"hi\" 5,3 21x11; back\\slash 10,6 22x12; plain 15,9 23x13",
		"x #y|say \"hi\"|back\\slash|plain");
	base_str json = { 0 };
	base_str_add(&json,
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 10, \"height\": 10}],"
		"\"annotations\": [], \"categories\": [");
	for (int i = 0; i < N; i++) {
		base_str_addf(&json, "%s{\"id\": %d, \"name\": ", i ? ", " : "", i + 1);
		ann_json_string(&json, names[i], strlen(names[i]));
		base_str_add(&json, "}");
	}
	base_str_add(&json, "]}");
	put(tmp, "many/annotations/instances_train.json", json.p);
	put_picture(tmp, "many/images/a.png", 10, 10, 3);
	base_str_free(&json);
	d = open_as(at(tmp, "many"), "coco");
	must_write(d, "yolo", at(tmp, "out"));
	secant_dataset_free(d);
	assert_int_equal(remove(at(tmp, "out/secant.json")), 0);
	d = open_as(at(tmp, "out"), "yolo");
	assert_int_equal(secant_dataset_classes(d), N);
	for (int i = 0; i < N; i++)
		assert_string_equal(secant_dataset_class_name(d, i), names[i]);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static const char box[] = "0 0.5 0.5 0.2 0.2\n", other[] = "1 0.25 0.25 0.1 0.1\n";

/* The set of one picture images/a.png with this data.yaml and a label of class 1; classes as they must be. */
static void
test_names_in_every_spelling_of_yaml(void **state)
{
	static const struct {
		const char *yaml, *classes;
	} row[] = {
		{ "names: [cat, dog]\nnc: 2\n", "cat|dog" },
		{ "names: ['cat', \"dog\"]\n", "cat|dog" },
		{ "names: \"cat, dog\"\n", "cat|dog" },
		{ "names: \"['cat', 'dog']\"\n", "cat|dog" },
		{ "names:\n- cat\n- dog\n", "cat|dog" },
		{ "names:\n  - cat\n  - dog\n", "cat|dog" },
		{ "names:\n\n  - cat   # first\n\n  - dog\n", "cat|dog" },
		{ "names:\n  0: cat\n  1: dog\n", "cat|dog" },
		{ "names:\n  '0': cat\n  \"1\": dog\n", "cat|dog" },
		{ "names: {1: dog, 0: cat}\n", "cat|dog" },
		{ "{names: {0: cat, 1: dog}, nc: 2}\n", "cat|dog" },
		{ "{\"names\": [\"cat\", \"dog\"]}\n", "cat|dog" },
		{ "names:\n  [cat,\n   dog]\n", "cat|dog" },
		{ "names: [\n  'cat',\n  'dog',\n]\n", "cat|dog" },
		{ "x: &n [cat, dog]\nnames: *n\n", "cat|dog" },
		{ "base: &b\n  names: [cat, dog]\n<<: *b\n", "cat|dog" },
		{ "%YAML 1.1\n---\nnames: [cat, dog]\n...\n", "cat|dog" },
		{ "\xef\xbb\xbfnames: [cat, dog]\r\nnc: 2\r\n", "cat|dog" },
		{ "names: [cat, 'it''s']\n", "cat|it's" },
		{ "names: [cat, \"d\\u00f6g\"]\n", "cat|d\xc3\xb6g" },
		{ "names: [cat, 3]\n", "cat|3" },
		{ "names: [cat, no]\n", "cat|no" },
		{ "names: [cat, big dog]\n", "cat|big dog" },
		{ "names: [cat, 'a # b']\n", "cat|a # b" },
		{ "names: [cat, a#b]\n", "cat|a#b" },
		{ "names:\n  0: cat\n  1: >\n    big\n    dog\n", "cat|big dog\n" },
		{ "names:\n  0: cat\n  1: |-\n    dog\n", "cat|dog" },
		{ "names:\n  1: dog\n", "0|dog" },
		{ "nc: 2\n", "0|1" },
		{ "names: obj.names\n", "from|file" },
		{ "# names: [x]\nnames: [cat, dog] # nc: 7\n", "cat|dog" },
		{ "nc: 3\nnames: [cat, dog]\n", "cat|dog" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *tmp = base_strdup(scratch_dir()), expected[200];
		const char *const files[] = { "images/a.png", "@100x80", "labels/a.txt", other, "obj.names", "from\nfile\n",
			"data.yaml", row[i].yaml, NULL };
		lay_out(tmp, files);
		const char *second = strchr(row[i].classes, '|') + 1;
		snprintf(expected, sizeof expected, "a.png 100x80: %s 20,16 10x8", second);
		assert_described(row[i].yaml, tmp, NULL, expected, row[i].classes);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

static void
test_yaml_that_is_wrong_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *yaml, *words;
	} row[] = {
		{ "names: [cat, dog\nnc: 2\n", "data.yaml:|YAML" },
		{ "nc: 2\nnames: {cat: 0, dog: 1}\n", "data.yaml:2:|number of a class" },
		{ "names:\n  0: cat\n  0: dog\n", "data.yaml:3:|stands twice" },
		{ "names: [cat, [dog]]\n", "data.yaml:1:|class name" },
		{ "names:\n  0: {a: b}\n", "data.yaml:2:|class name" },
		{ "names: {0: cat, 99999999999: dog}\n", "number of a class" },
		{ "names: {0: cat, -1: dog}\n", "number of a class" },
		{ "names: [cat]\nnames: [dog]\n", "data.yaml:2:|stands twice" },
		{ "names: [cat, dog]\nkpt_shape: [17]\n", "data.yaml:2:|kpt_shape" },
		{ "names: [cat]\n", "a.txt:1:|class 1, but there are 1 names" },
		{ "names: [cat, *nobody]\n", "data.yaml:1:|YAML" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *tmp = base_strdup(scratch_dir());
		const char *const files[] = { "images/a.png", "@100x80", "labels/a.txt", other, "data.yaml", row[i].yaml,
			NULL };
		lay_out(tmp, files);
		assert_refused(row[i].yaml, tmp, "yolo", row[i].words);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

static void
test_layouts(void **state)
{
	static const described row[] = {
		{ "Roboflow: train/images, places that begin with ../",
			{ "train/images/a.png", "@100x80", "train/labels/a.txt", box, "valid/images/b.png", "@100x80",
				"valid/labels/b.txt", box, "data.yaml",
				"train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnc: 1\nnames: ['cat']\n" },
			NULL, "a.png 100x80 train: cat 40,32 20x16 | b.png 100x80 val: cat 40,32 20x16", "cat" },
		{ "Ultralytics: path, and a list of folders",
			{ "images/x/a.png", "@100x80", "labels/x/a.txt", box, "images/y/b.png", "@100x80", "labels/y/b.txt", box,
				"images/z/c.png", "@100x80", "data.yaml",
				"path: ../datasets/mine\ntrain: [images/x, images/y]\nval: images/z\nnames: {0: cat}\n" },
			NULL, "x/a.png 100x80 train: cat 40,32 20x16 | y/b.png 100x80 train: cat 40,32 20x16 | z/c.png 100x80 val:",
			"cat" },
		{ "absolute places of another machine",
			{ "images/train/a.png", "@100x80", "labels/train/a.txt", box, "images/mine/b.png", "@100x80",
				"labels/mine/b.txt", box, "data.yaml",
				"path: /home/u/set\ntrain: /home/u/set/images/train\nval: /home/u/set/images/mine\nnames: [cat]\n" },
			NULL, "mine/b.png 100x80 val: cat 40,32 20x16 | a.png 100x80 train: cat 40,32 20x16", NULL },
		{ "text files with paths of another machine (autosplit)",
			{ "images/a.png", "@100x80", "labels/a.txt", box, "images/b.png", "@100x80", "labels/b.txt", box,
				"autosplit_train.txt", "/data/set/images/a.png\n", "autosplit_val.txt", "C:\\set\\images\\b.png\r\n",
				"data.yaml", "train: autosplit_train.txt\nval: autosplit_val.txt\nnames: [cat]\n" },
			NULL, "a.png 100x80 train: cat 40,32 20x16 | b.png 100x80 val: cat 40,32 20x16", NULL },
		{ "the description lies in a folder of its own",
			{ "set/images/a.png", "@100x80", "set/labels/a.txt", box, "cfg/my.yaml",
				"path: ../set\ntrain: images\nval: []\nnames: [cat]\n" },
			NULL, "set/images/a.png 100x80 train: cat 40,32 20x16", "cat" },
		{ "list folders below labels only",
			{ "train/a.png", "@100x80", "train/a.txt", box, "data.yaml", "names: [cat]\n" }, NULL,
			"a.png 100x80 train: cat 40,32 20x16", "cat" },
		{ "labelImg: texts beside pictures",
			{ "a.png", "@100x80", "a.txt", box, "b.png", "@100x80", "classes.txt", "cat\n" }, NULL,
			"a.png 100x80: cat 40,32 20x16 | b.png 100x80:", "cat" },
		{ "Roboflow Darknet: _darknet.labels",
			{ "train/a.png", "@100x80", "train/a.txt", box, "train/_darknet.labels", "cat\ndog\n" }, NULL,
			"a.png 100x80 train: cat 40,32 20x16", "cat|dog" },
		{ "Darknet: obj.data names the lists",
			{ "data/obj/a.png", "@100x80", "data/obj/a.txt", box, "data/obj/b.png", "@100x80", "data/obj/b.txt", box,
				"data/train.txt", "data/obj/a.png\n", "data/test.txt", "data/obj/b.png\n", "data/obj.names", "cat\n",
				"data/obj.data",
				"classes = 1\ntrain  = data/train.txt\nvalid  = data/test.txt\nnames = data/obj.names\nbackup = "
				"backup/\n" },
			NULL, "data/obj/a.png 100x80 train: cat 40,32 20x16 | data/obj/b.png 100x80 val: cat 40,32 20x16", "cat" },
		{ "capitals: Images and Labels",
			{ "Images/a.png", "@100x80", "Labels/a.txt", box, "data.yaml", "names: [cat]\n" }, NULL,
			"a.png 100x80: cat 40,32 20x16", "cat" },
		{ "labels without their picture are refused",
			{ "images/a.png", "@100x80", "labels/a.txt", box, "labels/gone.txt", box, "data.yaml", "names: [cat]\n" },
			NULL, NULL, "gone.txt|no picture" },
		{ "a list of a picture that is not there",
			{ "images/a.png", "@100x80", "labels/a.txt", box, "train.txt", "images/a.png\nimages/zz.png\n", "data.yaml",
				"train: train.txt\nnames: [cat]\n" },
			NULL, NULL, "train.txt:2|images/zz.png" },
		{ "a place outside the data set is not looked at",
			{ "images/a.png", "@100x80", "labels/a.txt", box, "data.yaml",
				"train: ../../etc\nval: /etc\nnames: [cat]\n" },
			NULL, "a.png 100x80: cat 40,32 20x16", NULL },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* The same label file in a set of one picture of 100 x 80. */
static void
test_columns(void **state)
{
	static const struct {
		const char *what, *yaml, *label, *expected, *words;
	} row[] = {
		{ "five numbers and a score", "names: [cat]\n", "0 0.5 0.5 0.2 0.2 0.75\n", "cat 40,32 20x16 score=0.75",
			NULL },
		{ "a track without score", "names: [cat]\n", "0 0.5 0.5 0.2 0.2 12\n", "cat 40,32 20x16 track_id=12", NULL },
		{ "score and track 1", "names: [cat]\n", "0 0.5 0.5 0.2 0.2 0.9 1\n", "cat 40,32 20x16 score=0.9 track_id=1",
			NULL },
		{ "a triangle is no track", "names: [cat]\n", "0 0.1 0.1 0.5 0.1 0.5 0.5\n",
			"cat 10,8 40x32 polygon (10,8)(50,8)(50,40)", NULL },
		{ "a ring with score and track", "names: [cat]\n", "0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5 0.1 0.3 0.9 7\n",
			"cat 10,8 40x32 polygon (10,8)(50,8)(50,40)(10,40)(10,24) score=0.9 track_id=7", NULL },
		{ "a pose with visibility", "names: [cat]\nkpt_shape: [2, 3]\n", "0 0.5 0.5 0.2 0.2 0.1 0.1 2 0.5 0.5 0\n",
			"cat 40,32 20x16 coco.keypoints=[10, 8, 2, 50, 40, 0] coco.num_keypoints=1", NULL },
		{ "a pose with a score", "names: [cat]\nkpt_shape: [1, 2]\n", "0 0.5 0.5 0.2 0.2 0.1 0.1 0.5\n",
			"cat 40,32 20x16 coco.keypoints=[10, 8, 2] coco.num_keypoints=1 score=0.5", NULL },
		{ "class as 0.0", "names: [cat]\n", "0.0 0.5 0.5 0.2 0.2\n", "cat 40,32 20x16", NULL },
		{ "tabs and blank lines", "names: [cat]\n", "\n0\t0.5\t0.5\t0.2\t0.2  \r\n\r\n", "cat 40,32 20x16", NULL },
		{ "pixels are refused", "names: [cat]\n", "0 50 40 20 16\n", NULL, "a.txt:1:|share of the picture" },
		{ "pixels of a ring are refused", "names: [cat]\n", "0 10 10 50 10 50 40\n", NULL, "a.txt:1:|share" },
		{ "class 1.5", "names: [cat]\n", "1.5 0.5 0.5 0.2 0.2\n", NULL, "a.txt:1:|whole number" },
		{ "four numbers", "names: [cat]\n", "0 0.5 0.5 0.2\n", NULL, "a.txt:1:|4 numbers" },
		{ "a comma", "names: [cat]\n", "0,0.5,0.5,0.2,0.2\n", NULL, "a.txt:1:|number" },
		{ "nan", "names: [cat]\n", "0 nan 0.5 0.2 0.2\n", NULL, "a.txt:1:|finite" },
		{ "a pose too short is no box", "names: [cat]\nkpt_shape: [3, 3]\n", "0 0.5 0.5 0.2 0.2 0.1 0.1 2 0.2 0.2\n",
			NULL, "a.txt:1:" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *tmp = base_strdup(scratch_dir()), expected[300];
		const char *const files[] = { "images/a.png", "@100x80", "labels/a.txt", row[i].label, "data.yaml", row[i].yaml,
			NULL };
		lay_out(tmp, files);
		snprintf(expected, sizeof expected, "a.png 100x80: %s", row[i].expected ? row[i].expected : "");
		if (row[i].expected)
			assert_described(row[i].what, tmp, NULL, expected, NULL);
		else
			assert_refused(row[i].what, tmp, "yolo", row[i].words);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* What trainers are given: the file that describes the set, of several the one that is named. */
static void
test_data_yaml_stands_for_its_folder(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/train/a.png", 100, 80, 1);
	put(tmp, "labels/train/a.txt", "1 0.5 0.5 0.2 0.2\n");
	put(tmp, "data.yaml", "train: images/train\nnames: [cat, dog]\n");
	put(tmp, "other.yaml", "train: images/train\nnames: [ship, tank]\n");
	assert_described("data.yaml", at(tmp, "data.yaml"), NULL, "a.png 100x80 train: dog 40,32 20x16", "cat|dog");
	assert_described("other.yaml", at(tmp, "other.yaml"), NULL, "a.png 100x80 train: tank 40,32 20x16", "ship|tank");
	put(tmp, "no.yaml", "key: value\n");
	secant_err err = { 0 };
	assert_null(secant_dataset_open(at(tmp, "no.yaml"), NULL, NULL, &err));
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_classes_without_names_are_said(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put_picture(tmp, "images/train/a.png", 100, 80, 1);
	put(tmp, "labels/train/a.txt", "1 0.5 0.5 0.2 0.2\n");
	secant_dataset *d = open_as(tmp, NULL);
	assert_int_equal(d->set.n_classes, 2);
	assert_int_equal(d->set.n_notes, 1);
	assert_non_null(strstr(ann_str(&d->set, d->set.notes[0]), "called by their numbers"));
	secant_dataset_free(d);
	put(tmp, "classes.txt", "cat\ndog\n");
	d = open_as(tmp, NULL);
	assert_int_equal(d->set.n_notes, 0);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_yaml_stands_for_its_folder),
		cmocka_unit_test(test_classes_without_names_are_said),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_own_names_come_back),
		cmocka_unit_test(test_names_in_every_spelling_of_yaml),
		cmocka_unit_test(test_yaml_that_is_wrong_is_refused_with_its_line),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
