/* `secant run`: raw tensors through a network, in PyTorch's shapes. */
#include "command.h"
#include <secant/model.h>

typedef struct run {
	secant_run run;
	replacing replacing;
	common common;
} run;

static const secant_opt run_rows[] = {
	SECANT_OPT_TABLE(run, run, &secant_run_options),
	SECANT_OPT_TABLE(run, replacing, &replacing_options),
	SECANT_OPT_TABLE(run, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts run_options = { "run", sizeof(run), run_rows };

static int
run_run(void *options, int n, const char *const *operands, secant_err *err)
{
	run *o = options;
	if (tool_may_write(operands[2], &o->replacing, &o->common, err))
		return err->code;
	secant_status status = secant_model_run(operands[0], operands[1], operands[2], &o->run, err);
	if (!status && o->common.json) {
		char *text = secant_describe(operands[2], true, err);
		puts(text ? text : "");
		secant_free(text);
	}
	return status;
}

const command command_run = {
	.name = "run",
	.brief = "puts raw tensors through a model, for comparison with other programs",
	.operands = "MODEL IN OUT",
	.details = "Reads `input` (N,C,H,W) from IN, a .safetensors, .pth or .npy file, and writes `logits` to OUT, and "
			   "`label` of a classification head.\n\n"
			   "With --loss it reads `target` too (N,1,H,W or N,H,W for one class; N,H,W class indices; N,C,H,W for "
			   "classes that may overlap), and\n"
			   "`label_target` where it is there, whose mean binary cross entropy is added; it writes `loss` as in "
			   "evaluation. With --gradients it runs one\n"
			   "pass in training mode without dropout and writes `grad:NAME` of every parameter and the new running "
			   "statistics under their own names.\n\n"
			   "Numbers are written as float64 with --precision f64, otherwise as float32.\n\n"
			   "MODEL may be an .onnx file: tensors are read by the names of its inputs (a single one may be called "
			   "`input`) and written by\n"
			   "those of its outputs, in its own axis order and types.",
	.example = "secant run unet.safetensors in.safetensors out.safetensors\n"
			   "secant run unet.safetensors in.safetensors out.safetensors --loss 0.5*dice+0.5*bce --gradients "
			   "--precision f64",
	.options = &run_options,
	.min_operands = 3,
	.max_operands = 3,
	.run = run_run,
};
