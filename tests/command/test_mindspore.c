/*
 * Networks and files of MindSpore from the command line, and reports of users of the tools around it, rebuilt small:
 * each row says which.
 */
#include "run.h"
#include "base/file.h"

static char dir[256];

static void
must(const char *line)
{
	char out[8000];
	int status = run_line(out, sizeof out, "cd %s && %s", dir, line);
	if (status)
		fail_msg("%s: %d\n%s", line, status, out);
}

static void
says(int wanted, const char *message, const char *line)
{
	char out[8000];
	int status = run_line(out, sizeof out, "cd %s && %s", dir, line);
	if (status != wanted || !strstr(out, message))
		fail_msg("%s: wanted %d '%s', got %d\n%s", line, wanted, message, status, out);
}

#define NESTED "--arch unet_nested --feature-scale 32 --in-channels 3 --classes 2"

static int
setup(void **state)
{
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	must("$SECANT demo d --kind cells --pictures 8 --size 32 --quiet");
	must("$SECANT train d --preset unet-inspection --feature-scale 32 --size 32 --batch 2 --epochs 1 --threads 1 --out "
		 "run "
		 "--quiet");
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(base_remove_tree(dir, NULL), 0);
	return 0;
}

static void
test_training_says_dice(void **state)
{
	says(0, "\"soft_dice\": 0.", "cat run/log.jsonl");
	says(0, "\"arch\": \"unet_nested\"", "grep arch run/config.json");
	says(0, "\"encoder\": \"none\"", "grep encoder run/config.json");
	says(0, "\"soft_iou\":0.", "$SECANT eval run d --split val --labels binary --size 32 --resize --json");
	says(2, "unet_nested has one of its own; leave --encoder out",
		"$SECANT train d --arch unet_nested --encoder resnet18 --classes 2 --labels binary --out x");
}

/* There and back: what goes out as .ckpt comes in as it was; colours are turned twice. */
static void
test_checkpoints_go_both_ways(void **state)
{
	must("$SECANT export run --out w.ckpt");
	says(0, "trains unet_nested on blue, green, red",
		"$SECANT import w.ckpt " NESTED " --normalize 0.5/0.5 --out m.safetensors");
	must("$SECANT export m.safetensors --out a.safetensors && $SECANT export run --out b.safetensors && cmp "
		 "a.safetensors "
		 "b.safetensors");
	must("$SECANT import w.ckpt " NESTED
		 " --channel-order rgb --out n.safetensors && $SECANT export n.safetensors --out "
		 "c.safetensors && ! cmp -s a.safetensors c.safetensors");
	must("$SECANT export run --channel-order rgb --out r.ckpt && $SECANT import r.ckpt " NESTED
		 " --channel-order rgb --out "
		 "n.safetensors && $SECANT export n.safetensors --out c.safetensors && cmp a.safetensors c.safetensors");
	says(0, "MindSpore", "$SECANT list formats");
}

static void
test_exports_answer_as_the_run(void **state)
{
	must("$SECANT export run --out u.mindir --width 32 --height 32 --channel-order rgb");
	must("$SECANT export run --out u.onnx --width 32 --height 32 --channel-order rgb");
	says(0, "softmax", "$SECANT info u.mindir");
	says(0, "argmax", "$SECANT info u.onnx");
	must("for m in mindir onnx; do $SECANT import u.$m --normalize 0.5/0.5 --out $m.safetensors && $SECANT predict "
		 "$m.safetensors d/val/images --size 32 --resize --out p-$m --quiet; done");
	must("$SECANT predict run d/val/images --out p-run --quiet");
	must("for f in p-run/*.png; do cmp $f p-onnx/$(basename $f) && cmp $f p-mindir/$(basename $f); done");
}

/* The valid U-Net surrounds its pictures itself, and exported does not. */
static void
test_medical(void **state)
{
	must("$SECANT train d --arch unet_medical --base-channels 2 --inner-size 36 --classes 2 --labels binary --size 36 "
		 "--resize "
		 "--batch 2 --epochs 1 --threads 1 --loss ce --out medical --quiet");
	must("$SECANT eval medical d --split val --labels binary --size 36 --resize");
	must("$SECANT predict medical d/val/images --out masks --quiet");
	must("$SECANT export medical --out v.mindir --width 220 --height 220");
	says(0, "36", "$SECANT info v.mindir --json");
	says(1, "divisible by 220", "$SECANT export medical --out v.mindir --width 36 --height 36");
	says(2, "inner-size 40: want 4 more than a multiple of 16; near it are 36 and 52",
		"$SECANT train d --arch unet_medical --inner-size 40 --classes 2 --out x");
}

static void
test_reports(void **state)
{
	/* "export to AIR fails": only with the vendor's device, in any case */
	says(1, "AIR is written by MindSpore on its own accelerator alone",
		"$SECANT export run --out u.air --width 32 --height 32");
	/* an encrypted checkpoint ends in a message on protocol buffers there */
	must("printf '\\330\\136\\072\\177abcdefgh' > secret.ckpt");
	says(1, "encrypted by MindSpore (AES-GCM)", "$SECANT import secret.ckpt " NESTED " --out x.safetensors");
	/* a checkpoint of other classes: what does not fit is named, the rest is taken where that is wanted */
	must("$SECANT export run --out w.ckpt");
	says(1, "final1.weight",
		"$SECANT import w.ckpt --arch unet_nested --feature-scale 32 --in-channels 3 --classes 3 --out x.safetensors");
	says(0, "tensors do not fit and keep their start: final1.weight",
		"$SECANT train d --arch unet_nested --feature-scale 32 --classes 3 --labels index --weights w.ckpt --size 32 "
		"--resize "
		"--batch 2 --epochs 1 --threads 1 --loss ce --out other || true");
	/* a checkpoint of another network */
	says(1, "unet_nested",
		"$SECANT import w.ckpt --arch unet_simple --feature-scale 32 --classes 2 --out x.safetensors");
	/* one that was cut off */
	must("head -c 5000 w.ckpt > cut.ckpt");
	says(1, "cut.ckpt: no value of a checkpoint at byte", "$SECANT import cut.ckpt " NESTED " --out x.safetensors");
	/* a size that the network cannot have: 572 for UNet++, as the zoo's own yaml asks */
	says(1, "divisible by 16", "$SECANT export run --out u.mindir --width 572 --height 572");
	/* one class ends in a sigmoid, not in softmax and argmax */
	must("$SECANT train d --arch unet_simple --feature-scale 64 --size 32 --batch 2 --epochs 1 --threads 1 --out one "
		 "--quiet");
	says(1, "export .onnx (--framework=5 of atc)", "$SECANT export one --out o.mindir --width 32 --height 32");
	says(2, "--width and --height belong together", "$SECANT export run --out o.mindir --width 32");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_training_says_dice),
		cmocka_unit_test(test_checkpoints_go_both_ways),
		cmocka_unit_test(test_exports_answer_as_the_run),
		cmocka_unit_test(test_medical),
		cmocka_unit_test(test_reports),
	};
	return cmocka_run_group_tests_name("MindSpore from the command line", tests, setup, teardown);
}
