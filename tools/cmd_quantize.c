/* `secant quantize`: weights and activations of 8 bits. */
#include "command.h"
#include <secant/model.h>

typedef struct quantize {
	char *out;
	secant_quantize how;
	replacing replacing;
	common common;
} quantize;

static const secant_opt quantize_rows[] = {
	SECANT_OPT(quantize, out, STR, "out", NULL, 0, 0, "the quantised network, FILE.onnx or a model file"),
	SECANT_OPT_TABLE(quantize, replacing, &replacing_options),
	SECANT_OPT_TABLE(quantize, how, &secant_quantize_options),
	SECANT_OPT_TABLE(quantize, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts quantize_options = { "quantize", sizeof(quantize), quantize_rows };

static int
quantize_run(void *options, int n, const char *const *operands, secant_err *err)
{
	quantize *o = options;
	secant_logger log = tool_logger(&o->common);
	char model[1024], *said = NULL;
	if (!o->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the file to write, FILE.onnx");
	if (tool_may_write(o->out, &o->replacing, &o->common, err))
		return err->code;
	secant_status status = secant_model_quantize(
		tool_model(operands[0], model, sizeof model), operands[1], o->out, &o->how, &log, &said, err);
	if (!status && o->common.json)
		(void)tool_print_json(
			stdout, json_pack("{s:s, s:s}", "path", o->out, "said", said ? said : ""), JSON_INDENT(2), err);
	else if (!status && said)
		fputs(said, stderr);
	secant_free(said);
	return status;
}

static const char *const first[] = { "out", "images", "method", "target-loss", "keep-float", "json", NULL };

const command command_quantize = {
	.name = "quantize",
	.brief = "makes a network of 8-bit numbers of one of real numbers",
	.operands = "MODEL DATA --out FILE.onnx",
	.details = "Pictures of DATA go through the network, and what is seen of every tensor becomes its scale. Equalised "
			   "channels and "
			   "corrected\n"
			   "biases are kept where they help. Where more IoU with the labels is lost than --target-loss (without "
			   "labels: where "
			   "more pixels\n"
			   "change their class), the layers that harm most stay in real numbers. The file has pairs of "
			   "QuantizeLinear and\n"
			   "DequantizeLinear, which every verb here runs in bytes, as ONNX Runtime and OpenVINO do; `secant "
			   "compare` says what "
			   "it costs.",
	.example = "secant quantize run cells --out cells8.onnx\n"
			   "secant quantize net.onnx pictures --out net8.onnx --method entropy --images 64",
	.options = &quantize_options,
	.first = first,
	.min_operands = 2,
	.max_operands = 2,
	.run = quantize_run,
};
