/*
 * `secant stream FILE.pipeline`: runs pipelines of MindX SDK on pictures, checks them as the original's stream manager
 * does, and draws them.
 */
#include "command.h"
#include "streams_library.h"
#include <secant/codec.h>
#include <secant/files.h>
#include <secant/stream.h>
#include <stdlib.h>
#include <string.h>

typedef struct stream {
	bool check, strict, statistics, python_path;
	char *graph, *out, *stream;
	secant_strings input;
	int timeout;
	replacing replacing;
	common common;
} stream;

static const secant_opt stream_rows[] = {
	SECANT_OPT(stream, check, BOOL, "check", "false", 0, 0,
		"says whether the original would take the pipeline; exit status 0 or 1"),
	SECANT_OPT(stream, graph, STR, "graph", NULL, 0, 0, "draws the pipeline: FILE.svg or FILE.png"),
	SECANT_OPT_TABLE(stream, replacing, &replacing_options),
	SECANT_OPT(stream, strict, BOOL, "strict", "false", 0, 0,
		"numbers and booleans as values of properties are refused, as in the original"),
	SECANT_OPT(stream, input, STRS, "input", NULL, 0, 0, "a picture to send; several: given several times"),
	SECANT_OPT(stream, out, STR, "out", NULL, 0, 0,
		"folder for results: STEM.json, and STEM.png where the result has a mask; without it they are printed"),
	SECANT_OPT(stream, stream, STR, "stream", NULL, 0, 0, "which stream of the file takes the pictures; the first"),
	SECANT_OPT(stream, timeout, INT, "timeout", "60000", 1, 86400000, "milliseconds to wait for each result"),
	SECANT_OPT(stream, statistics, BOOL, "statistics", "false", 0, 0, "prints what the stream did, in microseconds"),
	SECANT_OPT(stream, python_path, BOOL, "python-path", "false", 0, 0,
		"prints the folder of the Python modules StreamManagerApi and MxpiDataType_pb2, for PYTHONPATH"),
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

/* ---- running ---- */

/* Pictures to streams, results to files. */
typedef struct running {
	const stream *o;
	const streams_library *lib;
	secant_streams *m;
	char *name; /* of the stream */
	int failed;
} running;

/* "OUT/STEM.EXT" in fresh memory; NULL: no memory. */
static char *
result_path(const running *r, const char *input, const char *extension)
{
	const char *file = strrchr(input, '/') ? strrchr(input, '/') + 1 : input, *dot = strrchr(file, '.');
	size_t n = dot && dot != file ? (size_t)(dot - file) : strlen(file), size = strlen(r->o->out) + n + 20;
	char *path = malloc(size);
	if (path)
		snprintf(path, size, "%s/%.*s.%s", r->o->out, (int)n, file, extension);
	return path;
}

static void
write_mask(running *r, const secant_stream_result *result, const char *input, secant_err *err)
{
	secant_image mask;
	char why[300];
	char *path = result_path(r, input, "png");
	if (path && r->lib->stream_result_mask(result, 0, &mask, why, sizeof why)) {
		(void)!secant_image_write(&mask, path, NULL, err);
		secant_image_free(&mask);
	}
	free(path);
}

static void
write_result(running *r, const secant_stream_result *result, const char *input, secant_err *err)
{
	size_t size;
	const char *data = r->lib->stream_result_data(result, &size);
	int code = r->lib->stream_result_code(result);
	if (code) {
		r->failed++;
		fprintf(stderr, "%s: %d %.*s\n", input, code, (int)(size > 900 ? 900 : size), data);
		return;
	}
	if (!r->o->out) {
		fwrite(data, 1, size, stdout);
		fputc('\n', stdout);
		return;
	}
	bool text = size && (*data == '{' || *data == '[');
	char *path = result_path(r, input, text ? "json" : "bin");
	if (!path)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	else if (!secant_file_write(path, data, size, err))
		write_mask(r, result, input, err);
	free(path);
}

/* Results come in the order of what was sent: so many are under way, then one is fetched for each that is sent. */
static void
run_pictures(running *r, secant_err *err)
{
	enum { UNDER_WAY = 4, MOST = 1 << 30 };
	const secant_strings *in = &r->o->input;
	for (int sent = 0, got = 0; got < in->n && !err->code && !tool_interrupted();) {
		if (sent < in->n && sent - got < UNDER_WAY) {
			char *data = NULL;
			size_t size;
			if (secant_file_read(&data, &size, in->v[sent], MOST, err))
				return;
			secant_stream_input input = { .data = data, .size = size };
			int code = r->lib->streams_send(r->m, r->name, NULL, 0, &input, NULL);
			secant_free(data);
			if (code) {
				secant_fail(err, SECANT_ERR_ARG, "%.200s: the stream '%.100s' does not take it: error %d", in->v[sent],
					r->name, code);
				return;
			}
			sent++;
			continue;
		}
		secant_stream_result *result = r->lib->streams_get(r->m, r->name, NULL, 0, NULL, 0, (uint32_t)r->o->timeout);
		if (!result)
			secant_fail(err, SECANT_ERR_NOMEM, "no memory for a result");
		else
			write_result(r, result, in->v[got], err);
		r->lib->stream_result_free(result);
		got++;
	}
}

/* A stream with sources of its own: results until it has ended, or until none has come in the time that is given. */
static void
run_by_itself(running *r, secant_err *err)
{
	enum { SLICE = 200, ENDED = 0, TIMEOUT = 6010 };
	char why[420], name[40];
	char *sink = r->lib->streams_port(r->m, r->name, false, 0);
	int code = TIMEOUT;
	for (int got = 0, waited = 0; code == TIMEOUT && waited < r->o->timeout && !tool_interrupted();) {
		secant_stream_result *result = sink ? r->lib->streams_get(r->m, r->name, NULL, 0, NULL, 0, SLICE) : NULL;
		bool came = result && r->lib->stream_result_came(result);
		waited = came ? 0 : waited + SLICE;
		snprintf(name, sizeof name, "result-%d", got += came);
		if (came)
			write_result(r, result, name, err);
		else
			code = r->lib->streams_wait(r->m, r->name, sink ? 0 : SLICE, why, sizeof why);
		r->lib->stream_result_free(result);
	}
	if (code == TIMEOUT && !tool_interrupted())
		secant_fail(err, SECANT_ERR_FORMAT,
			"nothing came out of the stream '%.100s' for %d ms (--timeout), and it has "
			"not ended",
			r->name, r->o->timeout);
	else if (code != TIMEOUT && code != ENDED)
		secant_fail(err, SECANT_ERR_FORMAT, "the stream '%.100s': error %d: %s", r->name, code, why);
	secant_free(sink);
}

static void
print_statistics(const running *r)
{
	char *text = r->lib->streams_statistics(r->m, r->name);
	if (text)
		printf("%s\n", text);
	secant_free(text);
}

/* The stream that pictures go to: the one that --stream names, or the first. */
static void
choose_stream(running *r, secant_err *err)
{
	for (int i = 0; !r->name; i++) {
		char *name = r->lib->streams_name(r->m, i);
		if (!name)
			break;
		if (!r->o->stream || !strcmp(r->o->stream, name))
			r->name = name;
		else
			secant_free(name);
	}
	char *source = r->name ? r->lib->streams_port(r->m, r->name, true, 0) : NULL;
	if (!r->name)
		secant_fail(err, SECANT_ERR_ARG, "--stream %.200s: there is no such stream", r->o->stream ? r->o->stream : "");
	else if (!source && r->o->input.n)
		secant_fail(err, SECANT_ERR_ARG, "the stream '%.200s' has no appsrc, and takes no --input", r->name);
	else if (source && !r->o->input.n)
		secant_fail(err, SECANT_ERR_ARG,
			"the stream '%.200s' has an appsrc: --input PICTURE says what is sent; --check says whether the pipeline "
			"is right, --graph FILE.svg or FILE.png draws it",
			r->name);
	secant_free(source);
}

static int
run_pipeline(const stream *o, const char *path, secant_err *err)
{
	running r = { .o = o, .lib = streams_library_open(err) };
	secant_stream_fault f;
	if (!r.lib)
		return err->code;
	if (o->out && secant_make_dirs(o->out, err))
		return err->code;
	if (!(r.m = r.lib->streams_new()))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "GStreamer does not start");
	int code = r.lib->streams_create_file(r.m, path, &f);
	if (code)
		secant_fail(err, code == 1006 ? SECANT_ERR_NOMEM : SECANT_ERR_FORMAT,
			"%.150s: %d %s%s%.60s%s%.60s%s%.60s: %.250s", path, code, f.name, *f.stream ? ": stream " : "", f.stream,
			*f.element ? ", element " : "", f.element, *f.property ? ", property " : "", f.property, f.message);
	else
		choose_stream(&r, err);
	if (!err->code && o->input.n)
		run_pictures(&r, err);
	else if (!err->code)
		run_by_itself(&r, err);
	if (!err->code && o->statistics)
		print_statistics(&r);
	secant_free(r.name);
	r.lib->streams_free(r.m);
	if (!err->code && r.failed)
		secant_fail(err, SECANT_ERR_FORMAT, "%d of the pictures have no result", r.failed);
	return err->code;
}

static int
print_python_path(secant_err *err)
{
	char path[5000];
	if (!streams_python_path(path, sizeof path))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the Python module is not beside this command: it comes with libsecant-stream");
	printf("%s\n", path);
	return 0;
}

/* With GStreamer's own elements, if need be and it is there. */
static secant_pipeline *
read_pipeline(const char *path, bool strict, secant_err *err)
{
	enum { UNKNOWN_FACTORY = 6014 };
	secant_err none = { 0 };
	const streams_library *lib;
	secant_pipeline *p = secant_pipeline_read(path, strict, err), *whole;
	if (!p || secant_pipeline_fault(p)->code != UNKNOWN_FACTORY || !(lib = streams_library_open(&none))
		|| !(whole = lib->streams_check_file(path, strict, &none)))
		return p;
	secant_pipeline_free(p);
	return whole;
}

static int
check_or_draw(const stream *o, const char *path, secant_err *err)
{
	size_t length = o->graph ? strlen(o->graph) : 0;
	const char *end = length > 4 ? o->graph + length - 4 : "";
	if (o->graph && strcmp(end, ".svg") != 0 && strcmp(end, ".png") != 0)
		return secant_fail(err, SECANT_ERR_ARG, "--graph: '%.200s' ends in neither .svg nor .png", o->graph);
	if (tool_may_write(o->graph, &o->replacing, &o->common, err))
		return err->code;
	secant_pipeline *p = read_pipeline(path, o->strict, err);
	if (!p)
		return err->code;
	if (o->graph && !strcmp(end, ".png")) {
		secant_image im;
		if (!secant_pipeline_picture(p, &im, err)) {
			(void)!secant_image_write(&im, o->graph, NULL, err);
			secant_image_free(&im);
		}
	} else if (o->graph) {
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

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	const stream *o = options;
	if (o->python_path)
		return print_python_path(err);
	if (n < 1)
		return secant_fail(err, SECANT_ERR_ARG, "which pipeline? FILE.pipeline is meant");
	if (o->check || o->graph)
		return check_or_draw(o, operands[0], err);
	return run_pipeline(o, operands[0], err);
}

const command command_stream = {
	.name = "stream",
	.brief = "runs, checks and draws stream pipelines of MindX SDK",
	.operands = "FILE.pipeline --input PICTURE --out DIR",
	.details =
		"Pictures go to the first appsrc, results come from the first appsink. A stream with sources of its own "
		"(filesrc, "
		"mxpi_rtspsrc) needs no --input,\nand runs until it has ended. --check answers as the original's "
		"stream "
		"manager does:\nthe first fault gives the error code, and models, libraries and configurations that a pipeline "
		"names are not opened.",
	.example = "secant stream inspection.pipeline --input part.png --out results\nsecant stream inspection.pipeline "
			   "--check --json\n"
			   "secant stream inspection.pipeline --graph inspection.svg",
	.options = &stream_options,
	.min_operands = 0,
	.max_operands = 1,
	.run = run,
};
