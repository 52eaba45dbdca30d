/* `secant compile`: a model as one file that is opened and run at once. */
#include "command.h"
#include <secant/model.h>

typedef struct compile {
	char *out;
	secant_compile how;
	replacing replacing;
	common common;
} compile;

static const secant_opt compile_rows[] = {
	SECANT_OPT(compile, out, STR, "out", NULL, 0, 0, "the compiled model, FILE.secant"),
	SECANT_OPT_TABLE(compile, replacing, &replacing_options),
	SECANT_OPT_TABLE(compile, how, &secant_compile_options),
	SECANT_OPT_TABLE(compile, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts compile_options = { "compile", sizeof(compile), compile_rows };

static int
compile_run(void *options, int n, const char *const *operands, secant_err *err)
{
	compile *o = options;
	char model[1024], *said = NULL;
	if (!o->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the file to write, FILE.secant");
	if (tool_may_write(o->out, &o->replacing, &o->common, err))
		return err->code;
	secant_status status = secant_model_compile(
		tool_model(operands[0], model, sizeof model), o->out, &o->how, &said, err);
	if (!status && o->common.json) {
		char *text = secant_describe(o->out, true, err);
		puts(text ? text : "");
		secant_free(text);
	} else if (!status && said)
		fputs(said, stderr);
	secant_free(said);
	return status;
}

const command command_compile = {
	.name = "compile",
	.brief = "makes one file of a model, from picture bytes to mask bytes",
	.operands = "MODEL --out FILE.secant",
	.details =
		"Norms are folded and layers fused once; preparation of pictures and decisions are operators of the graph. "
		"predict, eval, run, info,\n"
		"explain and bench take the file as they take a model, with the same results; a program opens it by\n"
		"secant_engine_open and gives it bytes. --preprocess SPEC.json says how pictures are prepared:\n"
		"{\"input\": \"nv12\", \"size\": \"512x512\", \"fit\": \"letterbox\", \"order\": [2,1,0], \"normalize\": "
		"\"imagenet\"}.",
	.example = "secant compile unet.safetensors --out unet.secant --size 512x512\n"
			   "secant compile unet.safetensors --out unet.secant --size 512x512 --aipp aipp.cfg",
	.options = &compile_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = compile_run,
};
