/* `secant import`, `run`, `export`: PyTorch's numbers in float, both kinds of files, and what is refused. */
#include "run_golden.h"

static void
test_evaluation(void **state)
{
	golden_evaluation("unet_resnet18", "pth", false);
	golden_evaluation("unet_resnet34_aux", "safetensors", false);
	golden_evaluation("unet_resnet34_in4", "safetensors", false);
}

static void
test_training_step(void **state)
{
	golden_training("unet_resnet18", false);
}

static void
test_export_is_what_was_imported(void **state)
{
	json_decref(import_golden("unet_resnet18", "pth"));
	must_run("$SECANT export model.safetensors --out e.pth && $SECANT export model.safetensors --out e.safetensors");
	secant_tensors was = results("w.pth");
	static const char *const names[] = { "e.pth", "e.safetensors" };
	for (int f = 0; f < 2; f++) {
		secant_tensors is = results(names[f]);
		assert_int_equal(is.n, was.n);
		for (int i = 0; i < was.n; i++) {
			const secant_tensor *a = secant_tensors_find(&is, was.v[i].name), *b = &was.v[i].tensor;
			assert_non_null(a);
			if (f == 0)
				assert_string_equal(is.v[i].name, was.v[i].name);
			assert_int_equal(a->dtype, b->dtype);
			assert_true(secant_shape_equal(&a->shape, &b->shape));
			assert_memory_equal(a->data, b->data, secant_tensor_bytes(b));
		}
		secant_tensors_free(&is);
	}
	secant_tensors_free(&was);
}

static void
fails(int status, const char *expected, const char *line)
{
	int got = run_line(out, sizeof out, "cd %s && %s", dir, line);
	if (got != status || !strstr(out, expected))
		fail_msg("%s: status %d, want %d; '%s' lacks '%s'", line, got, status, out, expected);
	assert_true(strchr(out, '\n') == out + strlen(out) - 1); /* one line */
}

/* A small file of tensors: name, shape, and what is in them. */
static void
inputs(const char *file, int channels, int classes_in_target, double target)
{
	secant_tensors set = { 0 };
	secant_shape x = secant_shape_of(4, 1, channels, 32, 32), y = secant_shape_of(4, 1, classes_in_target, 32, 32);
	add_tensor(&set, "input", SECANT_U8, &x, value_bit, NULL);
	if (classes_in_target) {
		add_tensor(&set, "target", SECANT_F32, &y, value_bit, NULL);
		secant_tensor_set(&set.v[1].tensor, 5, target);
	}
	write_set(&set, file);
}

static void
test_what_is_refused(void **state)
{
	json_decref(import_golden("unet_resnet18", "safetensors"));
	fails(1,
		"secant import: w.safetensors: 60 tensors do not fit: 'decoder.blocks.0.attention1.attention.cSE.1.weight' is "
		"missing; ",
		"$SECANT import w.safetensors --encoder resnet18 --decoder-attention-type scse --out x.safetensors");
	fails(1, "'segmentation_head.0.weight' is 1x16x3x3, the network wants 2x16x3x3",
		"$SECANT import w.safetensors --encoder resnet18 --classes 2 --out x.safetensors");
	fails(2, "resnet18", "$SECANT import w.safetensors --encoder resnet81 --out x.safetensors");
	fails(2, "secant import: --out is missing", "$SECANT import w.safetensors");
	fails(2, "x.pth: a model file ends in .safetensors", "$SECANT import w.safetensors --out x.pth");
	fails(1, "net.onnx: cannot open", "$SECANT import net.onnx --out x.safetensors");
	fails(2, "the model would replace the weights it is made of",
		"$SECANT import w.safetensors --encoder resnet18 --out w.safetensors");
	fails(2, "--class-names: 2 names for 1 classes",
		"$SECANT import w.safetensors --encoder resnet18 --class-names a,b --out x.safetensors");
	fails(2, "mode binary is for 1 class, there are 3",
		"$SECANT import w.safetensors --classes 3 --mode binary --out x.safetensors");
	fails(1, "none.pth: cannot open", "$SECANT import none.pth --out x.safetensors");
	fails(1, "the folder holds no model.safetensors", "mkdir -p sub && $SECANT import sub --out x.safetensors");
	fails(1, "none.safetensors: cannot open", "$SECANT export none.safetensors --out x.onnx");
	fails(2, "x.npy: a state_dict ends in .safetensors, .pth, .pt or .bin",
		"$SECANT export model.safetensors --out x.npy");
	fails(2, "the weights would replace the model they come from",
		"$SECANT export model.safetensors --out ./model.safetensors");
	fails(1, "holds tensors but no secant model", "$SECANT export w.safetensors --out x.pth");
	inputs("in.safetensors", 3, 1, 1);
	inputs("four.safetensors", 4, 0, 0);
	inputs("bare.safetensors", 3, 0, 0);
	inputs("two.safetensors", 3, 2, 0);
	fails(1, "four.safetensors: 'input' is 1x4x32x32, the network wants 3 channels, not 4",
		"$SECANT run model.safetensors four.safetensors o.safetensors");
	fails(2, "w.safetensors: holds no tensor 'input'", "$SECANT run model.safetensors w.safetensors o.safetensors");
	fails(2, "bare.safetensors: holds no tensor 'target', which the loss wants",
		"$SECANT run model.safetensors bare.safetensors o.safetensors --loss bce");
	fails(1, "'target' is 1x2x32x32, want N,1,H,W or N,H,W",
		"$SECANT run model.safetensors two.safetensors o.safetensors --loss bce");
	fails(2, "--gradients wants --loss", "$SECANT run model.safetensors in.safetensors o.safetensors --gradients");
	fails(2, "loss: none is named 'dise'; did you mean 'dice'?",
		"$SECANT run model.safetensors in.safetensors o.safetensors --loss dise");
	fails(2, "loss ce is not defined for binary targets",
		"$SECANT run model.safetensors in.safetensors o.safetensors --loss ce");
	fails(2, "in.safetensors would be replaced by the results",
		"$SECANT run model.safetensors in.safetensors in.safetensors");
	fails(
		2, "o.txt: results are written to .safetensors or .pth", "$SECANT run model.safetensors in.safetensors o.txt");
	fails(2, "precision 'f16' is not auto, bf16, f32 or f64",
		"$SECANT run model.safetensors in.safetensors o.safetensors --precision f16");
	fails(1, "cut.safetensors: ",
		"head -c 1000 model.safetensors > cut.safetensors && $SECANT run cut.safetensors in.safetensors o.safetensors");
	assert_int_equal(run_line(out, sizeof out, "cd %s && ls o.* x.*", dir), 2); /* nothing was left behind */
}

static void
test_class_out_of_range(void **state)
{
	json_decref(import_golden("unet_resnet34_aux", "safetensors"));
	inputs("bad.safetensors", 3, 1, 7);
	fails(1, "secant run: bad.safetensors: 'target' holds 7 at 5, which is no class 0 to 1",
		"$SECANT run model.safetensors bad.safetensors o.safetensors --loss ce");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evaluation),
		cmocka_unit_test(test_training_step),
		cmocka_unit_test(test_export_is_what_was_imported),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_class_out_of_range),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
