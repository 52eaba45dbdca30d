/*
 * `secant stream FILE.pipeline`: checks pipelines of MindX SDK as the original's stream manager does, and draws them.
 * Running them is not there yet, and said so.
 */
#include "command.h"
#include <secant/files.h>
#include <secant/stream.h>
#include <string.h>

typedef struct stream {
	bool check, strict;
	char *graph;
	common common;
} stream;

static const secant_opt stream_rows[] = {
	SECANT_OPT(stream, check, BOOL, "check", "false", 0, 0,
		"says whether the original would take the pipeline; exit status 0 or 1"),
	SECANT_OPT(stream, graph, STR, "graph", NULL, 0, 0, "draws the pipeline: FILE.svg"),
	SECANT_OPT(stream, strict, BOOL, "strict", "false", 0, 0,
		"numbers and booleans as values of properties are refused, as in the original"),
	SECANT_OPT_TABLE(stream, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts stream_options = { "stream", sizeof(stream), stream_rows };

static void
print_text(const char *path, const secant_pipeline *p, bool quiet)
{
	const secant_stream_fault *f = secant_pipeline_fault(p);
	const char *remark;
	int streams, elements;
	secant_pipeline_count(p, &streams, &elements);
	for (int i = 0; !quiet && (remark = secant_pipeline_remark(p, i)); i++)
		fprintf(stderr, "%s: %s\n", path, remark);
	if (!f->code) {
		printf("%s: accepted: %d stream%s, %d elements\n", path, streams, streams == 1 ? "" : "s", elements);
		return;
	}
	printf("%s: refused: %d %s", path, f->code, f->name);
	if (*f->stream)
		printf(": stream %s", f->stream);
	if (*f->element)
		printf(", element %s", f->element);
	if (*f->property)
		printf(", property %s", f->property);
	printf(": %s\n", f->message);
}

static json_t *
said(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static int
print_json(const char *path, const secant_pipeline *p, secant_err *err)
{
	const secant_stream_fault *f = secant_pipeline_fault(p);
	const char *remark;
	int streams, elements;
	json_t *remarks = json_array();
	secant_pipeline_count(p, &streams, &elements);
	for (int i = 0; (remark = secant_pipeline_remark(p, i)); i++)
		json_array_append_new(remarks, json_string(remark));
	return tool_print_json(stdout,
		json_pack("{s:s, s:b, s:i, s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:o}", "file", path, "accepted", !f->code,
			"error_code", f->code, "error", f->name, "stream", said(f->stream), "element", said(f->element), "property",
			said(f->property), "message", said(f->message), "streams", streams, "elements", elements, "remarks",
			remarks),
		JSON_INDENT(2), err);
}

static int
stream_run(void *options, int n, const char *const *operands, secant_err *err)
{
	const stream *o = options;
	const char *path = operands[0];
	size_t length = o->graph ? strlen(o->graph) : 0;
	if (!o->check && !o->graph)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%.200s: streams are not run by this version; --check says whether the pipeline is right, --graph FILE.svg "
			"draws "
			"it",
			path);
	if (o->graph && (length < 5 || strcmp(o->graph + length - 4, ".svg") != 0))
		return secant_fail(
			err, SECANT_ERR_ARG, "--graph: '%.200s' does not end in .svg, the only format of drawings", o->graph);
	secant_pipeline *p = secant_pipeline_read(path, o->strict, err);
	if (!p)
		return err->code;
	if (o->graph) {
		char *svg = secant_pipeline_svg(p, err);
		if (svg)
			(void)!secant_file_write(o->graph, svg, strlen(svg), err);
		secant_free(svg);
	}
	bool refused = secant_pipeline_fault(p)->code != 0;
	if (!err->code && o->common.json)
		print_json(path, p, err);
	else if (!err->code && (o->check || refused))
		print_text(path, p, o->common.quiet);
	secant_pipeline_free(p);
	return err->code ? err->code : refused && o->check;
}

const command command_stream = {
	.name = "stream",
	.brief = "checks and draws stream pipelines of MindX SDK",
	.operands = "FILE.pipeline",
	.details = "The check answers as the original's stream manager does: the first fault gives the error code. Models, "
			   "libraries and\nconfigurations that a pipeline names are not opened. Running a stream is not there yet.",
	.example =
		"secant stream inspection.pipeline --check --json\nsecant stream inspection.pipeline --graph inspection.svg",
	.options = &stream_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = stream_run,
};
