/* What new users do first, and what must not mislead them: classes come from the data, all labels are looked at before
 * the first step, and what is said is what is done. */
#include "says.h"
#include "data/pictures.h"

static double
wrong_once(int x, int y, int c)
{
	return x == 3 && y == 2 ? 77 : four(x, y, c);
}

static void
classes_come_from_the_values(void **state)
{
	char *dir = scratch_dir(), line[2000];
	for (int i = 0; i < 4; i++) {
		write_picture(in_root(dir, "set/images/%d.png", i), 32, 32, 3, SECANT_U8, place_value);
		write_picture(in_root(dir, "set/labels/%d.png", i), 32, 32, 1, SECANT_U8, four);
	}
	snprintf(line, sizeof line,
		"cd %s && export XDG_CACHE_HOME=$PWD/cache && $SECANT train set --check --validation-fraction 0.25", dir);
	says(0, "4 classes, from label values 0 to 3; --classes says otherwise", line);
	assert_non_null(strstr(out, "class 2: 768 pixels, 25.00 %"));
	assert_non_null(strstr(out, "weights that make all classes count alike: 1,1,1,1"));
	assert_non_null(strstr(out, "set: can be trained on"));
	snprintf(line, sizeof line,
		"cd %s && $SECANT train set --out run --encoder resnet18 --epochs 1 --batch 2 --threads 1 && $SECANT info "
		"run/best.safetensors",
		dir);
	says(0, "4 classes, from label values 0 to 3", line);
	assert_non_null(strstr(out, "multiclass"));
	snprintf(line, sizeof line, "cd %s && $SECANT eval run/best.safetensors set --size 16", dir);
	says(0, "--size changes nothing: pictures are judged whole", line);
	snprintf(line, sizeof line,
		"cd %s && $SECANT eval run/best.safetensors set --size 32 --resize 2>&1 | grep -c nothing", dir);
	says(1, "0", line);

	/* a label that is wrong is told before anything is trained, all of them at once, and no run is begun */
	write_picture(in_root(dir, "set/labels/1.png"), 32, 32, 1, SECANT_U8, wrong_once);
	write_picture(in_root(dir, "set/labels/3.png"), 32, 32, 1, SECANT_U8, wrong_once);
	snprintf(
		line, sizeof line, "cd %s && $SECANT train set --out other --classes 4 --encoder resnet18 --epochs 1", dir);
	says(1, "set/labels/1.png: label value 77 at (3, 2)", line);
	assert_non_null(strstr(out, "set/labels/3.png: label value 77 at (3, 2)"));
	snprintf(line, sizeof line, "cd %s && test ! -e other && rm -r *", dir);
	says(0, "", line);
	rmdir(dir);
}

static void
labels_are_not_replaced_by_predictions(void **state)
{
	char *dir = scratch_dir(), line[2000];
	for (int i = 0; i < 2; i++) {
		write_picture(in_root(dir, "set/images/%d.png", i), 32, 32, 3, SECANT_U8, place_value);
		write_picture(in_root(dir, "set/labels/%d.png", i), 32, 32, 1, SECANT_U8, half_mask);
	}
	snprintf(line, sizeof line,
		"cd %s && $SECANT train set --out run --encoder resnet18 --epochs 1 --batch 2 --threads 1 "
		"--validation-fraction 0 "
		"&& cp -r set/labels kept && $SECANT predict run set/images --out set/labels",
		dir);
	says(2, "set/labels/0.png is there already, and predict did not make it: --overwrite replaces it", line);
	snprintf(line, sizeof line,
		"cd %s && mkdir other && cp set/images/0.png other/9.png && $SECANT predict run other --out set/labels "
		"&& $SECANT predict run other --out set/labels && $SECANT predict run set/images --out set/labels",
		dir);
	says(2, "set/labels/0.png is there already", line); /* one prediction among labels makes none of them its own */
	snprintf(line, sizeof line,
		"cd %s && cmp set/labels/0.png kept/0.png && $SECANT predict run set/images --out masks && $SECANT predict run "
		"set/images --out masks && ls masks",
		dir);
	says(0, "0.png", line); /* its own it replaces */
	snprintf(line, sizeof line,
		"cd %s && $SECANT predict run set/images --out set/labels --overwrite && ! cmp -s set/labels/0.png kept/0.png "
		"&& "
		"rm -r * && echo gone",
		dir);
	says(0, "gone", line);
	rmdir(dir);
}

/* Indexed labels have colours for their classes: predictions, samples and legends are in the same. */
static void
colours_of_labels_are_those_of_predictions(void **state)
{
	static const uint8_t colours[4][3] = { { 0, 0, 0 }, { 128, 0, 0 }, { 0, 128, 0 }, { 128, 128, 0 } };
	char *dir = scratch_dir(), line[2000];
	secant_image mask;
	secant_err err = { 0 };
	for (int i = 0; i < 2; i++) {
		secant_image label;
		write_picture(in_root(dir, "set/images/%d.png", i), 32, 32, 3, SECANT_U8, place_value);
		assert_int_equal(secant_image_new(&label, 32, 32, 1, SECANT_U8, &err), 0);
		for (int k = 0; k < 32 * 32; k++)
			((uint8_t *)label.data)[k] = (uint8_t)four(k % 32, k / 32, 0);
		label.palette = secant_calloc(4, sizeof *label.palette);
		memcpy(label.palette, colours, sizeof colours);
		label.palette_count = 4;
		const char *path = in_root(dir, "set/labels/%d.png", i);
		char *folder = base_path_dir(path);
		assert_int_equal(secant_make_dirs(folder, &err), 0);
		assert_int_equal(secant_image_write(&label, path, NULL, &err), 0);
		secant_free(folder);
		secant_image_free(&label);
	}
	snprintf(line, sizeof line,
		"cd %s && $SECANT train set --out run --encoder resnet18 --epochs 1 --batch 2 --threads 1 "
		"--validation-fraction 0 && $SECANT predict run set/images --out masks && echo done",
		dir);
	says(0, "done", line);
	assert_int_equal(secant_image_read(&mask, in_root(dir, "masks/0.png", 0),
						 &(secant_image_read_options){ .palette_as_indices = true }, &err),
		0);
	assert_non_null(mask.palette);
	assert_memory_equal(mask.palette, colours, sizeof colours);
	secant_image_free(&mask);
	snprintf(line, sizeof line, "cd %s && rm -r * && echo gone", dir);
	says(0, "gone", line);
	rmdir(dir);
}

/* A run goes on after whatever is exported from it; how it went on is no option of the next. */
static void
runs_are_kept(void **state)
{
	char *dir = scratch_dir(), line[2000];
	for (int i = 0; i < 2; i++) {
		write_picture(in_root(dir, "set/images/%d.png", i), 32, 32, 3, SECANT_U8, place_value);
		write_picture(in_root(dir, "set/labels/%d.png", i), 32, 32, 1, SECANT_U8, half_mask);
	}
	snprintf(line, sizeof line,
		"cd %s && $SECANT train set --out run --encoder resnet18 --epochs 1 --batch 2 --threads 1 "
		"--validation-fraction 0 && $SECANT export run --out run",
		dir);
	says(2, "run/config.json is part of a run of training: --overwrite replaces it", line);
	snprintf(line, sizeof line, "cd %s && $SECANT export run --out run/last.safetensors", dir);
	says(2, "run/last.safetensors is part of a run of training", line);
	snprintf(line, sizeof line,
		"cd %s && $SECANT export run --out smp/ && $SECANT export run --out smp/ "
		"&& $SECANT train set --out run --resume --epochs 2 && $SECANT train set --out again --config run/config.json "
		"--epochs 1 && $SECANT train set --out run --resume --epochs 1",
		dir);
	says(2, "--resume: the run has done 2 epochs; --epochs 1 would be none", line);
	snprintf(line, sizeof line, "cd %s && ls again && rm -r * && echo gone", dir);
	says(0, "best.safetensors", line);
	rmdir(dir);
}

/* What one file is written to by any verb: a file of somebody else's is kept, one that secant wrote is written anew. */
static void
files_of_others_are_not_replaced(void **state)
{
	static const char *const verbs[] = {
		"data convert a.xyz mine",
		"show a.xyz --size 64 --out mine.png",
		"data draw set --out mine.png",
		"data stats set --report mine.txt",
		"eval run set --split train --report mine.html",
		"eval run set --split train --confusion mine.png",
		"export run --out mine.pth",
		"export run --out mine.onnx --size 32",
		"import run/best.safetensors --out mine.safetensors",
		"compile run --size 32 --out mine.secant",
		"run run/best.safetensors in.npy mine.safetensors",
	};
	char *dir = scratch_dir(), line[3000];
	for (int i = 0; i < 2; i++) {
		write_picture(in_root(dir, "set/images/%d.png", i), 32, 32, 3, SECANT_U8, place_value);
		write_picture(in_root(dir, "set/labels/%d.png", i), 32, 32, 1, SECANT_U8, half_mask);
	}
	snprintf(line, sizeof line,
		"cd %s && printf '1 2 3\\n4 5 6\\n' > a.xyz && { printf '\\223NUMPY\\001\\000v\\000%%-117s\\n' "
		"\"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 32, 32), }\"; head -c 12288 /dev/zero; } > in.npy "
		"&& "
		"$SECANT train set --out run --encoder resnet18 --epochs 1 --batch 2 --threads 1 --validation-fraction 0 && cp "
		"run/last.safetensors run/best.safetensors",
		dir);
	says(0, "", line);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		const char *name = strstr(verbs[i], "mine");
		char file[64];
		snprintf(file, sizeof file, "%.*s", (int)strcspn(name, " "), name);
		const char *to = strchr(file, '.') ? "" : ".ply"; /* the first names its file without an ending */
		snprintf(line, sizeof line, "cd %s && echo precious > %s%s && $SECANT %s%s", dir, file, to, verbs[i], to);
		says(2, "is there already and secant did not write it: --overwrite replaces it", line);
		snprintf(line, sizeof line,
			"cd %s && grep -q precious %s%s && $SECANT %s%s --overwrite && $SECANT %s%s && ! grep -q precious %s%s && "
			"echo twice",
			dir, file, to, verbs[i], to, verbs[i], to, file, to);
		says(0, "twice", line);
		snprintf(line, sizeof line, "cd %s && : > %s%s && $SECANT %s%s && rm %s%s && echo empty", dir, file, to,
			verbs[i], to, file, to);
		says(0, "empty", line);
	}
	snprintf(line, sizeof line, "cd %s && rm -r * && echo gone", dir);
	says(0, "gone", line);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_come_from_the_values),
		cmocka_unit_test(labels_are_not_replaced_by_predictions),
		cmocka_unit_test(runs_are_kept),
		cmocka_unit_test(colours_of_labels_are_those_of_predictions),
		cmocka_unit_test(files_of_others_are_not_replaced),
	};
	return cmocka_run_group_tests_name("first hour", tests, NULL, NULL);
}
