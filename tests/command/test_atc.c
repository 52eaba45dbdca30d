/*
 * `secant atc`: command lines of the zoo, of courses and of users' reports, on a small network; what it says and
 * refuses.
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

static int
setup(void **state)
{
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	must("$SECANT demo d --kind cells --pictures 8 --size 32 --quiet");
	must("$SECANT train d --preset unet-inspection --feature-scale 32 --size 32 --batch 2 --epochs 1 --threads 1 --out "
		 "run "
		 "--quiet");
	must("$SECANT export run --out u.mindir --width 32 --height 32 && $SECANT export run --out u.onnx --width 32 "
		 "--height 32");
	/* the zoo's aipp_unet_simple_opencv.cfg */
	must("printf 'aipp_op {\\n aipp_mode: static\\n input_format : RGB888_U8\\n min_chn_0 : 127.5\\n min_chn_1 : "
		 "127.5\\n "
		 "min_chn_2 : 127.5\\n var_reci_chn_0 : 0.007843137254902\\n var_reci_chn_1 : 0.007843137254902\\n "
		 "var_reci_chn_2 : "
		 "0.007843137254902\\n}\\n' > aipp.cfg");
	must("ln -s \"$SECANT\" atc");
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(base_remove_tree(dir, NULL), 0);
	return 0;
}

/* A network with one number for foreground ends in two classes as well, as atc's pipelines want them. */
static void
test_foreground_alone(void **state)
{
	must("$SECANT train d --arch unet --encoder resnet18 --size 32 --batch 2 --epochs 1 --threads 1 --out one --quiet");
	says(1, "--channel-order rgb", "$SECANT export one --out one.onnx --width 32 --height 32 2>&1");
	must("$SECANT export one --out one.onnx --width 32 --height 32 --channel-order rgb");
	says(0, "softmax  float  1,32,32,2",
		"./atc --model=one.onnx --framework=5 --output=one --insert_op_conf=aipp.cfg --display_model_info=1");
	must("$SECANT info one.om");
	must("$SECANT export one --out plain.onnx --size 32 && ./atc --model=plain.onnx --framework=5 --output=plain "
		 "--insert_op_conf=aipp.cfg");
	says(0, "bytes of pictures (AIPP)", "$SECANT info plain.om");
	says(1, "export .onnx (--framework=5", "$SECANT export one --out one.mindir --width 32 --height 32 2>&1");
}

static void
test_lines_of_others(void **state)
{
	/* the zoo's convert.sh */
	says(0, "ATC run success, welcome to the next use.",
		"$SECANT atc --model=u.mindir --input_format=NCHW --framework=1 --output=zoo --log=error "
		"--soc_version=Ascend310 "
		"--insert_op_conf=aipp.cfg");
	/* the course's, by the command's own name */
	says(0, "ATC run success",
		"./atc --model=u.mindir --framework=1 --output=course --input_format=NCHW --input_shape=\"x:1,3,32,32\" "
		"--log=error "
		"--soc_version=Ascend310 --insert_op_conf=aipp.cfg");
	must("cmp zoo.om course.om");
	must("./atc --model=u.onnx --framework=5 --output=zoo5 --insert_op_conf=aipp.cfg");
	/* one dash, hyphens, values as words of their own */
	says(0, "ATC run success",
		"./atc -model u.onnx --framework 5 --output o.om --soc-version Ascend310P3 -precision-mode force_fp16");
	says(0, "--soc-version Ascend310 tells hardware which chip: without effect here",
		"./atc --model=u.onnx --framework=5 --output=o --soc_version=Ascend310 2>&1");
	must("test $(./atc --model=u.onnx --framework=5 --output=o --soc_version=a --buffer_optimize=off_optimize "
		 "--disable_reuse_memory=0 "
		 "2>&1 | grep -c 'tells hardware') = 3");
	says(0, "secant", "$SECANT info zoo.om");
	must("$SECANT predict zoo.om d/val/images --out masks --quiet && ls masks/*.png");
	says(0, "x  float  1,3,32,32", "./atc --model=u.onnx --framework=5 --output=o --display_model_info=1");
	says(0, "argmax  int32  1,32,32", "./atc --model=u.onnx --framework=5 --output=o --display_model_info=1");
}

/* Without AIPP, or with other outputs than masks, the network stays as it is: its numbers in, its outputs out. */
static void
test_networks_as_they_are(void **state)
{
	says(0, "without insert_op_conf inputs are the network's numbers",
		"./atc --model=u.onnx --framework=5 --output=plain");
	must("$SECANT info plain.om > plain.txt && grep -q argmax plain.txt");
	must("$SECANT export run --out logits.onnx --dynamic && "
		 "./atc --model=logits.onnx --framework=5 --output=logits --input_shape=\"input:1,3,32,32\" "
		 "--insert_op_conf=aipp.cfg > said.txt");
	must("grep -q \"inputs with AIPP take bytes of pictures; outputs are the network's\" said.txt");
	/* who would give it the network's numbers is told so */
	says(1, "this offline model takes bytes of pictures (AIPP)", "$SECANT predict logits.om d/val/images --out masks2");
	says(0, "batches: 1;2;4",
		"./atc --model=logits.onnx --framework=5 --output=several --input_shape=\"input:-1,3,32,32\" "
		"--dynamic_batch_size=\"1,2,4\" --display_model_info=1");
}

/* Values of nodes instead of the network's outputs, and other types; whole numbers of all stay what they are. */
static void
test_outputs_that_are_chosen(void **state)
{
	must("./atc --model=u.onnx --framework=5 --output=cut --out_nodes=\"softmax:0\" --output_type=FP16 "
		 "--input_fp16_nodes=x");
	must("$SECANT info cut.om > cut.txt && grep -q '\"outputs\": \\[\"softmax\"\\]' cut.txt && grep -q FP16 cut.txt");
	must("./atc --model=u.onnx --framework=5 --output=types --output_type=FP16 --insert_op_conf=aipp.cfg");
	must("$SECANT info types.om | grep -q '\"types\": \\[\"FP16\", null\\]'");
	must("./atc --model=u.onnx --framework=5 --output=fp32 --output_type=FP32 --insert_op_conf=aipp.cfg && cmp fp32.om "
		 "zoo5.om");
}

static void
test_json(void **state)
{
	must("./atc --mode=1 --om=zoo.om --json=m.json && grep -q '\"path\"' m.json");
	must("./atc --mode=1 --model=u.onnx --framework=5 --json=n.json && grep -q argmax n.json");
	says(2, "mode 1 wants --om (or --model) and --json", "./atc --mode=1 --om=zoo.om");
}

static void
test_refusals(void **state)
{
	static const struct {
		int status;
		const char *message, *line;
	} rows[] = {
		{ 2, "soc-version", "./atc --model=u.onnx --framework=5 --output=o --soc_versoin=Ascend310" },
		{ 2, "--output is missing", "./atc --model=u.onnx --framework=5" },
		{ 2, "--model is missing", "./atc --framework=5 --output=o" },
		{ 1, "framework 5, but the file is no ONNX; it is a MindIR: --framework=1",
			"./atc --model=u.mindir --framework=5 --output=o" },
		{ 1, "framework 1, but the file is no MindIR; it is ONNX: --framework=5",
			"./atc --model=u.onnx --framework=1 --output=o" },
		{ 1, "Caffe's networks (framework 0, --weight) are not read",
			"./atc --model=a --weight=b --framework=0 --output=o" },
		{ 1, "convert with tf2onnx", "./atc --model=a.pb --framework=3 --output=o" },
		{ 2, "framework 2: there are 1 (MindSpore) and 5 (ONNX)", "./atc --model=u.onnx --framework=2 --output=o" },
		{ 1, "none.onnx", "./atc --model=none.onnx --framework=5 --output=o" },
		/* the name of the input is not "input" or "images": what users meet first */
		{ 2, "the network has no input 'images'; its inputs are x",
			"./atc --model=u.onnx --framework=5 --output=o --input_shape=\"images:1,3,32,32\"" },
		{ 2, "dimension 3 of 'x' is 32 in the network, 64 here",
			"./atc --model=u.onnx --framework=5 --output=o --input_shape=\"x:1,3,32,64\"" },
		{ 2, "'x' has 4 dimensions in the network, 3 here",
			"./atc --model=u.onnx --framework=5 --output=o --input_shape=\"x:3,32,32\"" },
		{ 2, "dynamic_batch_size and dynamic_image_size exclude each other",
			"./atc --model=u.onnx --framework=5 --output=o --input_shape=\"x:1,3,-1,-1\" --dynamic_batch_size=1,2 "
			"--dynamic_image_size=\"32,32\" 2>&1" },
		{ 2, "dimension 0 of 'x' is 1 in the network, -1 here; export it with that dimension open",
			"./atc --model=u.onnx --framework=5 --output=o --input_shape=\"x:-1,3,32,32\" "
			"--dynamic_batch_size=\"1,2\"" },
		{ 2, "there is no such mode; did you mean 'allow_mix_precision'?",
			"./atc --model=u.onnx --framework=5 --output=o --precision_mode=alow_mix_precision" },
		{ 2, "out_nodes: the network has no node 'argmx' with an output 0; nearest: argmax",
			"./atc --model=u.onnx --framework=5 --output=o --out_nodes=\"argmx:0\"" },
		{ 2, "'argmax:0' is named twice",
			"./atc --model=u.onnx --framework=5 --output=o --out_nodes=\"argmax;argmax:0\"" },
		{ 1, "output_type 'BF16': FP32, FP16, UINT8 and INT8 are made",
			"./atc --model=u.onnx --framework=5 --output=o --output_type=BF16" },
		{ 2, "output_type: 'argmax:0' does not come out",
			"./atc --model=u.onnx --framework=5 --output=o --out_nodes=softmax:0 --output_type=\"argmax:0:FP32\"" },
		{ 2, "input_fp16_nodes: the network has no input 'y'",
			"./atc --model=u.onnx --framework=5 --output=o --input_fp16_nodes=y" },
		{ 2, "input 'x' comes in bytes, not in 16 bits",
			"./atc --model=u.onnx --framework=5 --output=o --input_fp16_nodes=x --insert_op_conf=aipp.cfg" },
		{ 1, "mode 3: only 0 (compile) and 1 (to JSON) are there", "./atc --mode=3 --model=u.onnx --framework=5" },
		{ 2, "input_format 'NCWH'", "./atc --model=u.onnx --framework=5 --output=o --input_format=NCWH" },
		/* a model of the vendor's */
		{ 1, "an offline model of CANN for one chip",
			"printf 'IMOD%0300d' 0 > v.om; ./atc --model=v.om --framework=5 --output=o" },
		{ 1, "v.om: is an offline model of CANN for one chip", "$SECANT predict v.om d/val/images --out v" },
		{ 1, "AIR is not read", "printf 'abcdefgh' > a.air; ./atc --model=a.air --framework=1 --output=o" },
		{ 1, "ATC run failed", "./atc --model=none.onnx --framework=5 --output=o" },
		/* an operator of somebody's own: told here, not when a stream starts */
		{ 1, "Saftmax '",
			"sed s/Softmax/Saftmax/g u.onnx > odd.onnx; ./atc --model=odd.onnx --framework=5 --output=refused" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		says(rows[i].status, rows[i].message, rows[i].line);
	must("test ! -e refused.om; ./atc --model=u.onnx --framework=1 --output=refused; test ! -e refused.om");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreground_alone),
		cmocka_unit_test(test_lines_of_others),
		cmocka_unit_test(test_networks_as_they_are),
		cmocka_unit_test(test_outputs_that_are_chosen),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests_name("atc", tests, setup, teardown);
}
