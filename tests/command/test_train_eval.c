/*
 * `secant train` and `secant eval` from outside: what they print, as text and as JSON, exit statuses, wrong usage,
 * Ctrl-C and going on.
 */
#include "run.h"
#include "base/json.h"
#include "base/mem.h"

static char out[200000], root[256];

static int
setup(void **state)
{
	if (!access("/dev/shm", W_OK))
		setenv("TMPDIR", "/dev/shm", 0);
	snprintf(root, sizeof root, "%s", scratch_dir());
	setenv("ROOT", root, 1);
	return run_line(out, sizeof out, "$SECANT demo $ROOT/data --pictures 8 --size 32 --quiet");
}

static int
teardown(void **state)
{
	return run_line(out, sizeof out, "rm -r $ROOT");
}

#define TINY \
	"--encoder resnet18 --encoder-depth 3 --decoder-channels 8,8,8 --batch 3 --size 32 --precision f32 --threads 1 " \
	"--optimizer sgd --learning-rate 0.02"

static void
contains(int status, const char *part, const char *arguments)
{
	int got = run_line(out, sizeof out, "$SECANT %s", arguments);
	if (got != status || !strstr(out, part))
		fail_msg(
			"secant %s: status %d, expected %d; printed '%s', which lacks '%s'", arguments, got, status, out, part);
}

static json_t *
json_of(const char *arguments)
{
	secant_err err = { 0 };
	assert_int_equal(run_line(out, sizeof out, "$SECANT %s --json 2> $ROOT/stderr", arguments), 0);
	json_t *j = base_json_parse(out, strlen(out), "output", &err);
	if (!j)
		fail_msg("%s: %s", out, err.msg);
	return j;
}

static double
number(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	if (!json_is_number(v))
		fail_msg("no number '%s'", key);
	return json_number_value(v);
}

static void
trains_and_evaluates(void **state)
{
	json_t *t = json_of("train $ROOT/data --out $ROOT/run --epochs 2 " TINY);
	assert_true(number(t, "epochs") == 2 && number(t, "best_epoch") >= 1 && number(t, "best_iou") >= number(t, "iou"));
	/* plain lines on what is no terminal: one for the start, one for each epoch */
	assert_int_equal(run_line(out, sizeof out, "cat $ROOT/stderr"), 0);
	assert_non_null(strstr(out, "training unet-resnet18 on 6 pictures in f32, 1 thread, slab "));
	assert_non_null(strstr(out, "epoch 1/2  loss "));
	assert_non_null(strstr(out, "epoch 2/2  loss "));
	assert_null(strchr(out, '\r'));

	json_t *e = json_of("eval $ROOT/run/best.safetensors $ROOT/data --precision f32 --save $ROOT/worst");
	assert_true(number(e, "iou") == number(t, "best_iou") && number(e, "images") == 1);
	static const char *const keys[] = { "f1", "accuracy", "miou", "loss" };
	for (size_t i = 0; i < 4; i++)
		assert_true(number(e, keys[i]) >= 0);
	json_t *classes = json_object_get(e, "per_class"), *confusion = json_object_get(e, "confusion");
	assert_int_equal(json_array_size(classes), 2);
	static const char *const of_class[] = { "name", "iou", "f1", "precision", "recall" };
	for (size_t i = 0; i < 5; i++)
		assert_non_null(json_object_get(json_array_get(classes, 1), of_class[i]));
	json_int_t pixels = 0;
	for (size_t i = 0; i < 4; i++)
		pixels += json_integer_value(json_array_get(json_array_get(confusion, i / 2), i % 2));
	assert_int_equal(pixels, 32 * 32);
	assert_int_equal(run_line(out, sizeof out, "grep -c . $ROOT/worst/worst.txt"), 0);
	assert_string_equal(out, "1\n");
	json_decref(e);
	json_decref(t);
	contains(0, "confusion: rows are labels, columns predictions",
		"eval $ROOT/run/last.safetensors $ROOT/data --split train");
	contains(0, "confusion: rows are labels, columns predictions", "eval $ROOT/run $ROOT/data");
}

/* Options are the run's; one that is given counts also where it says what nobody had to say. */
static void
goes_on_with_the_runs_options(void **state)
{
	contains(0, "run: 3 epochs", "train $ROOT/data --out $ROOT/run --resume --epochs 3");
	contains(2, "the run has other options (batch: 3 then, 8 now; encoder: resnet18 then, resnet34 now)",
		"train $ROOT/data --out $ROOT/run --resume --epochs 4 --batch 8 --encoder resnet34");
	contains(0, "run: 3 epochs", "train $ROOT/data --out $ROOT/run --resume");
}

/* The mean of one model and itself is that model; folds are judged each on what it held out, and together with a word
 * about what was learnt. */
static void
several_models_are_judged_together(void **state)
{
	int status = run_line(out, sizeof out,
		"$SECANT eval $ROOT/run $ROOT/data --json > $ROOT/one.json && $SECANT eval $ROOT/run $ROOT/run $ROOT/data "
		"--json > "
		"$ROOT/two.json && cut -d, -f 1-10 $ROOT/one.json && cut -d, -f 1-10 $ROOT/two.json");
	assert_int_equal(status, 0);
	char *second = strchr(out, '\n');
	assert_non_null(second);
	*second++ = '\0';
	second[strcspn(second, "\n")] = '\0';
	assert_true(strlen(out) > 60);
	assert_string_equal(out, second);
	contains(0, "2 folds, each on what it held out: iou ",
		"train $ROOT/data/train --out $ROOT/folds --folds 2 --fold all --quiet " TINY
		" --epochs 1; $SECANT eval $ROOT/folds "
		"$ROOT/data/train");
	contains(0, "fold-1/best.safetensors held out other pictures than",
		"eval $ROOT/folds/fold-0 $ROOT/folds/fold-1 $ROOT/data/train");
	contains(2, "--keep-threshold: a threshold of 2 models together is no model's",
		"eval $ROOT/run $ROOT/run $ROOT/data --keep-threshold");
}

/* Into ONNX and out of it, too. */
static void
a_kept_threshold_goes_along(void **state)
{
	contains(0, "which is kept with the model (--threshold)",
		"demo $ROOT/larger --pictures 4 --size 96 --quiet; $SECANT eval $ROOT/run $ROOT/larger --split train "
		"--keep-threshold --quiet; $SECANT export $ROOT/run --out $ROOT/kept.onnx --size 32 "
		"--quiet; "
		"$SECANT predict $ROOT/kept.onnx $ROOT/data/val/images --out $ROOT/kept");
}

static void
wrong_usage(void **state)
{
	contains(
		2, "secant train: --epoch: no such option (nearest: --epochs)\n", "train $ROOT/data --out $ROOT/x --epoch 3");
	contains(2, "secant train: --epochs: 0 is outside 1 to 1000000", "train $ROOT/data --out $ROOT/x --epochs 0");
	contains(2, "secant train: --learning-rate: 'fast' is not a number",
		"train $ROOT/data --out $ROOT/x --learning-rate fast");
	contains(2, "secant train: --out: a folder for the run is wanted\n", "train $ROOT/data");
	contains(2, "secant train: ", "train");
	contains(2, "secant train: --encoder: needs a value", "train $ROOT/data --out $ROOT/x --encoder");
	contains(2, "resnet18", "train $ROOT/data --out $ROOT/x --encoder resnet19");
	contains(2, "holds a run already: --resume goes on with it, --overwrite replaces it",
		"train $ROOT/data --out $ROOT/run " TINY);
	contains(2, "best.safetensors takes its pictures as imagenet; secant import MODEL",
		"eval $ROOT/run/best.safetensors $ROOT/data --normalize none");
	contains(2, "secant eval: --threshold: 1 is outside", "eval $ROOT/run/best.safetensors $ROOT/data --threshold 1");
	contains(1, "secant train: ", "train $ROOT/nowhere --out $ROOT/x");
	contains(1, "secant eval: ", "eval $ROOT/nothing.safetensors $ROOT/data");
	assert_int_not_equal(access(strcat(strcpy(out, root), "/x"), F_OK), 0);
}

/* Ctrl-C after the first line of progress: status 130, the state is saved, and the run goes on to where it would have
 * come. */
static void
interrupted(void **state)
{
	const char *options = TINY " --epochs 60 --schedule constant --recalibrate-norms 0";
	int status = run_line(out, sizeof out,
		"$SECANT train $ROOT/data --out $ROOT/stopped %s & p=$!; "
		"while ! [ -s $ROOT/stopped/log.jsonl ]; do kill -0 $p || exit 99; sleep 0.05; done; kill -INT $p; wait $p",
		options);
	if (status != 130)
		fail_msg("status %d, expected 130: %s", status, out);
	assert_non_null(strstr(out, "interrupted after step "));
	assert_non_null(strstr(out, "--resume goes on from here"));
	assert_int_equal(run_line(out, sizeof out,
						 "n=$(grep -c . $ROOT/stopped/log.jsonl); echo $n; $SECANT train $ROOT/data --out "
						 "$ROOT/stopped --resume --epochs $((n + 1)) --quiet; "
						 "grep -c . $ROOT/stopped/log.jsonl"),
		0);
	int before = 0, after = 0;
	const char *last = strrchr(out, '\n');
	assert_non_null(last);
	assert_int_equal(sscanf(out, "%d", &before), 1);
	while (last > out && last[-1] != '\n')
		last--;
	assert_int_equal(sscanf(last, "%d", &after), 1);
	assert_int_equal(after, before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(trains_and_evaluates),
		cmocka_unit_test(goes_on_with_the_runs_options), cmocka_unit_test(several_models_are_judged_together),
		cmocka_unit_test(a_kept_threshold_goes_along), cmocka_unit_test(wrong_usage), cmocka_unit_test(interrupted) };
	return cmocka_run_group_tests_name("train and eval", tests, setup, teardown);
}
