/* `secant predict`, `info`, `explain`, `bench` from outside: results, JSON, messages, exit statuses. */
#include "../deploy/tiny.h"
#include "run.h"
#include <secant/codec.h>

static char out[200000], dir[300];

static int
shell(const char *line)
{
	return run_line(out, sizeof out, "cd %s && %s", dir, line);
}

static void
works(const char *line)
{
	int status = shell(line);
	if (status)
		fail_msg("%s: status %d: %s", line, status, out);
}

static void
says(const char *line, const char *part)
{
	works(line);
	if (!strstr(out, part))
		fail_msg("%s: '%s' lacks '%s'", line, out, part);
}

static void
fails(int status, const char *expected, const char *line)
{
	int got = shell(line);
	if (got != status || !strstr(out, expected))
		fail_msg("%s: status %d, want %d; '%s' lacks '%s'", line, got, status, out, expected);
	assert_true(strchr(out, '\n') == out + strlen(out) - 1);
}

static json_t *
json_of(const char *line)
{
	json_error_t e;
	works(line);
	json_t *j = json_loads(out, 0, &e);
	if (!j)
		fail_msg("%s: no JSON (%s): %s", line, e.text, out);
	return j;
}

static double
member(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	if (!json_is_number(v))
		fail_msg("no number '%s'", key);
	return json_number_value(v);
}

static const char *
text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	if (!s)
		fail_msg("no text '%s'", key);
	return s;
}

/* ---- predict ---- */

static void
test_predict(void **state)
{
	works("mkdir -p pictures && cp p.ppm pictures/a.ppm && cp p.ppm pictures/b.ppm");
	json_t *j = json_of(
		"$SECANT predict m.safetensors pictures --out masks --overlay --probabilities --json --precision f32");
	assert_string_equal(text(j, "mode"), "binary");
	assert_string_equal(text(j, "precision"), "f32");
	assert_int_equal(member(j, "classes"), 1);
	assert_int_equal(json_array_size(json_object_get(j, "files")), 2);
	assert_string_equal(text(json_array_get(json_object_get(j, "files"), 1), "input"), "pictures/b.ppm");
	assert_string_equal(text(json_array_get(json_object_get(j, "files"), 1), "mask"), "masks/b.png");
	json_decref(j);
	works("ls masks");
	assert_string_equal(out, "a.overlay.png\na.png\na.probabilities.npy\nb.overlay.png\nb.png\nb.probabilities.npy\n");
	works("$SECANT predict m.safetensors p.ppm --out one.pgm && tail -c 8 one.pgm | od -An -tu1");
	assert_string_equal(out, " 255   0 255   0   0   0 255   0\n");
	/* an ensemble of a model with itself, a run folder, tiles, views: the same mask */
	works("mkdir -p run && cp m.safetensors run/best.safetensors");
	works("$SECANT predict m.safetensors m.safetensors p.ppm --out two.pgm && cmp one.pgm two.pgm");
	works("cp -r run again && $SECANT predict run again p.ppm --out runs.pgm && cmp one.pgm runs.pgm");
	works("$SECANT predict run p.ppm --out three.pgm --tta d4 --tile 2 --overlap 1 && cmp one.pgm three.pgm");
	works("$SECANT predict m.safetensors p.ppm --out none.pgm --threshold 1 --min-area 2 && tail -c 8 none.pgm | od "
		  "-An -tu1");
	assert_string_equal(out, "   0   0   0   0   0   0   0   0\n");
	works("echo '{\"out\": \"four.pgm\", \"tta\": \"flips\"}' > c.json && $SECANT predict m.safetensors p.ppm --config "
		  "c.json && cmp one.pgm four.pgm");
}

static void
test_predict_goes_on(void **state)
{
	works("mkdir -p some && cp p.ppm some/a.ppm && cp p.ppm some/c.ppm && head -c 12 p.ppm > some/b.ppm");
	works(
		"$SECANT predict m.safetensors some --out partly --json > partly.json 2> said; test $? -eq 1 && tail -1 said");
	assert_non_null(strstr(out, "secant predict: 1 of 3 pictures could not be predicted: some/b.ppm: PNM: "));
	works("ls partly");
	assert_string_equal(out, "a.png\nc.png\n");
	json_t *j = json_of("cat partly.json"), *files = json_object_get(j, "files");
	assert_int_equal(json_array_size(files), 3);
	assert_string_equal(text(json_array_get(files, 1), "input"), "some/b.ppm");
	assert_non_null(strstr(text(json_array_get(files, 1), "error"), "some/b.ppm: PNM: "));
	assert_string_equal(text(json_array_get(files, 2), "mask"), "partly/c.png");
	json_decref(j);
	works("$SECANT predict m.safetensors some/b.ppm p.ppm --out list 2> said; test $? -eq 1 && grep '^error: "
		  "some/b.ppm: PNM: ' said && ls list > names");
	works("cat names");
	assert_string_equal(out, "p.png\n");
}

static void
test_predict_refuses(void **state)
{
	fails(2, "secant predict: 1 operand: expected at least 2", "$SECANT predict m.safetensors --out x");
	fails(2, "secant predict: there are no pictures to predict", "$SECANT predict m.safetensors m.safetensors --out x");
	fails(2, "secant predict: there are no pictures to predict", "$SECANT predict run run --out x");
	fails(2, "secant predict: --out is missing", "$SECANT predict m.safetensors p.ppm");
	fails(2, "--tta: 'flip' is not flip-h, flip-v, flips", "$SECANT predict m.safetensors p.ppm --out x --tta flip");
	fails(2, "--tile: ", "$SECANT predict m.safetensors p.ppm --out x --tile big");
	fails(2, "--thershold: no such option (nearest: --threshold)",
		"$SECANT predict m.safetensors p.ppm --out x --thershold .4");
	fails(2, "--threshold", "$SECANT predict m.safetensors p.ppm --out x --threshold 1.5");
	fails(1, "secant predict: q.png: no such file or folder", "$SECANT predict m.safetensors q.png --out x");
	fails(1, "secant predict: p.ppm", "$SECANT predict p.ppm p.ppm --out x");
	fails(1, "secant predict: cut.safetensors",
		"head -c 300 m.safetensors > cut.safetensors && $SECANT predict cut.safetensors p.ppm --out x");
	fails(1, "plain.safetensors: holds tensors but no secant model",
		"$SECANT export m.safetensors --out plain.safetensors && $SECANT predict plain.safetensors p.ppm --out x");
	fails(2, "q.pgm would be replaced by a prediction",
		"cp p.ppm q.pgm && $SECANT predict m.safetensors q.pgm --out pictures/../q.pgm");
	assert_int_not_equal(shell("ls x"), 0);
	if (getuid()) {
		works("mkdir -p locked && chmod 500 locked");
		fails(1, "secant predict: ", "$SECANT predict m.safetensors p.ppm --out locked/m.png");
	}
}

/* ---- info ---- */

static void
test_info(void **state)
{
	says("$SECANT info m.safetensors", "m.safetensors: model\n");
	says("$SECANT info m.safetensors", "\n  mode                   binary\n");
	json_t *j = json_of("$SECANT info m.safetensors --json");
	assert_string_equal(text(j, "kind"), "model");
	assert_int_equal(member(j, "parameters"), 4);
	assert_int_equal(member(j, "nodes"), 1);
	assert_int_equal(member(json_object_get(j, "network"), "in-channels"), 3);
	json_decref(j);
	j = json_of("$SECANT info p.ppm --json");
	assert_string_equal(text(j, "kind"), "picture");
	assert_string_equal(text(j, "format"), "pnm");
	assert_int_equal(member(j, "width"), 4);
	assert_int_equal(member(j, "height"), 2);
	json_decref(j);
	works("$SECANT export m.safetensors --out w.pth");
	j = json_of("$SECANT info w.pth --json");
	assert_string_equal(text(j, "kind"), "tensors");
	assert_string_equal(text(json_object_get(j, "tensors"), "head.weight"), "f32 1x3x1x1");
	json_decref(j);
	works("printf '0 0 0\\n1 2 3\\n' > c.xyz && mkdir -p data/train/images data/train/labels && cp p.ppm "
		  "data/train/images && cp p.ppm data/train/labels && mkdir plain && cp p.ppm c.xyz plain");
	j = json_of("$SECANT info c.xyz data plain --json");
	json_t *files = json_object_get(j, "files");
	assert_int_equal(json_array_size(files), 3);
	assert_string_equal(text(json_array_get(files, 0), "kind"), "cloud");
	assert_string_equal(text(json_array_get(files, 1), "kind"), "data set");
	assert_int_equal(
		member(json_object_get(json_object_get(json_array_get(files, 1), "splits"), "train"), "labels"), 1);
	assert_string_equal(text(json_array_get(files, 2), "kind"), "folder");
	json_decref(j);
	works("mkdir -p run && cp m.safetensors run/best.safetensors && echo '{\"epochs\": 2}' > run/config.json && printf "
		  "'{\"epoch\": 1}\\n{\"epoch\": 2, \"iou\": 0.5}\\n' > run/log.jsonl");
	j = json_of("$SECANT info run --json");
	assert_string_equal(text(j, "kind"), "run");
	assert_int_equal(member(json_object_get(j, "last_epoch"), "epoch"), 2);
	assert_int_equal(member(json_object_get(j, "options"), "epochs"), 2);
	json_decref(j);
	fails(1, "secant info: nothing: no such file or folder", "$SECANT info nothing");
	fails(1, "secant info: t.txt: ", "echo hello > t.txt && $SECANT info t.txt");
	fails(1, "secant info: hollow: the folder is no run", "mkdir -p hollow && $SECANT info hollow");
}

/* ---- explain and bench ---- */

static void
test_explain(void **state)
{
	says("$SECANT explain m.safetensors --size 16x24 --precision f32", "conv2d");
	assert_non_null(strstr(out, "1 steps in f32"));
	assert_non_null(strstr(out, "memory: slab "));
	json_t *j = json_of("$SECANT explain --encoder resnet18 --size 64 --precision f32 --threads 1 --json");
	assert_string_equal(text(j, "precision"), "f32");
	assert_int_equal(member(j, "threads"), 1);
	assert_int_equal(member(j, "references"), 0);
	assert_true(member(j, "slab_bytes") > 0 && member(j, "slab_bytes") < member(j, "tensor_bytes"));
	assert_true(member(j, "gflop") > .1);
	assert_null(json_object_get(j, "ms"));
	json_t *step = json_array_get(json_object_get(j, "steps"), 0);
	assert_string_equal(text(step, "op"), "conv2d");
	assert_true(member(step, "flops") == 2. * 64 * 3 * 49 * 32 * 32);
	json_decref(j);
	j = json_of(
		"$SECANT explain --encoder resnet18 --size 32 --batch 2 --precision f32 --threads 1 --train --time --json");
	double ms = 0, share = 0;
	size_t i;
	bool backward = false;
	json_array_foreach (json_object_get(j, "steps"), i, step) {
		ms += member(step, "ms");
		share += member(step, "share");
		backward |= !strcmp(text(step, "op"), "conv2d_grad_weights");
	}
	assert_true(backward);
	assert_true(share > 99.9 && share < 100.1);
	assert_true(ms > .999 * member(j, "ms") && ms < 1.001 * member(j, "ms"));
	json_decref(j);
	double slab[4]; /* what is computed again need not be kept */
	static const char *const recompute[] = { "none", "norms", "all", "auto" };
	for (i = 0; i < 4; i++) {
		char line[160];
		snprintf(line, sizeof line,
			"$SECANT explain --encoder resnet18 --size 128 --batch 4 --precision f32 --threads 1 --train --json "
			"--recompute %s",
			recompute[i]);
		j = json_of(line);
		slab[i] = member(j, "slab_bytes");
		json_decref(j);
	}
	assert_true(slab[1] < .8 * slab[0] && slab[2] < .6 * slab[0] && slab[3] == slab[2]);
	fails(1, "secant explain: none.safetensors: ", "$SECANT explain none.safetensors");
	fails(2, "encoder: none is named 'resnet19'", "$SECANT explain --encoder resnet19");
	fails(2, "--size", "$SECANT explain --size 0");
}

static void
test_bench(void **state)
{
	json_t *j = json_of("$SECANT bench m.safetensors --size 16 --runs 5 --warm-up 1 --precision f32 --json --quiet");
	assert_int_equal(member(j, "runs"), 5);
	assert_true(member(j, "min_ms") > 0 && member(j, "min_ms") <= member(j, "median_ms")
		&& member(j, "median_ms") <= member(j, "max_ms"));
	assert_true(member(j, "peak_bytes") > 1e6);
	json_decref(j);
	j = json_of("$SECANT bench --encoder resnet18 --size 32 --batch 2 --train --runs 1 --warm-up 0 --threads 1 "
				"--precision f32 --json --quiet");
	assert_int_equal(member(j, "runs"), 1);
	assert_true(member(j, "flops") > 1e8 && member(j, "bytes") > 1e8);
	assert_string_equal(text(j, "precision"), "f32");
	json_decref(j);
	/* A worker: it says that it is ready, and runs once for each line. */
	works("yes '' | head -n 3 | $SECANT bench m.safetensors --size 16 --precision f32 --on-request > answers && grep "
		  "-c '^{\"ms\": [0-9.e-]*}$' answers");
	assert_string_equal(out, "3\n");
	j = json_of("head -n 1 answers");
	assert_true(json_is_true(json_object_get(j, "ready")));
	assert_true(member(j, "flops") > 0 && member(j, "bytes") > 0 && member(j, "plan_ms") > 0);
	json_decref(j);
	j = json_of("$SECANT bench m.safetensors --size 16 --precision f32 --on-request < /dev/null");
	assert_true(json_is_true(json_object_get(j, "ready")));
	json_decref(j);
	says("$SECANT bench m.safetensors --size 16 --runs 2 --precision f32 --quiet", " (2 runs); ");
	fails(2, "--runs", "$SECANT bench m.safetensors --runs 0");
	fails(1, "none.safetensors", "$SECANT bench none.safetensors --on-request < /dev/null");
	fails(2, "--largest", "$SECANT bench --plots x --largest 64");
	fails(2, "loss", "$SECANT bench --encoder resnet18 --size 64 --train --loss nonsense");
}

static int
begin(void **state)
{
	char here[200], path[400];
	if (secant_command()[0] != '/' && getcwd(here, sizeof here)) {
		snprintf(path, sizeof path, "%s/%s", here, secant_command());
		setenv("SECANT", path, 1);
	}
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	snprintf(path, sizeof path, "%s/m.safetensors", dir);
	tiny_red(path);
	return shell("printf 'P3 4 2 255\\n255 0 0  0 9 9  101 0 0  100 9 9\\n0 0 0  50 0 0  200 1 1  99 0 0\\n' > p.ppm");
}

static int
end(void **state)
{
	return base_remove_tree(dir, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_predict),
		cmocka_unit_test(test_predict_goes_on),
		cmocka_unit_test(test_predict_refuses),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_bench),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
