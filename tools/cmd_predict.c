/* `secant predict`: pictures to masks, overlays and probabilities; clouds to classified clouds. */
#include "command.h"
#include "pipes.h"
#include <secant/predict.h>
#include <stdlib.h>
#include <string.h>

typedef struct predict {
	secant_predict_output output;
	secant_predict predict;
	secant_predict_cloud cloud;
	common common;
} predict;

static const secant_opt predict_rows[] = {
	SECANT_OPT_TABLE(predict, output, &secant_predict_output_options),
	SECANT_OPT_TABLE(predict, predict, &secant_predict_options),
	SECANT_OPT_TABLE(predict, cloud, &secant_predict_cloud_options),
	SECANT_OPT_TABLE(predict, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts predict_options = { "predict", sizeof(predict), predict_rows };

/* What progress works on. */
typedef struct results {
	json_t *files, *notes;
	secant_logger log;
} results;

/* One of several that could not be predicted: said at once, and among the files. */
static bool
tell_failure(const results *r, const secant_predict_progress *now)
{
	secant_log(&r->log, SECANT_LOG_ERROR, "%s", now->error);
	json_array_append_new(r->files, json_pack("{s:s,s:s}", "input", now->input, "error", now->error));
	return !tool_interrupted();
}

/* Pictures are counted; of a single one the tiles. */
static bool
progress(void *user, const secant_predict_progress *now)
{
	json_t *files = ((results *)user)->files;
	if (now->error)
		return tell_failure(user, now);
	if (now->note) {
		secant_log(&((results *)user)->log, SECANT_LOG_WARNING, "%s: %s", now->input, now->note);
		json_array_append_new(((results *)user)->notes, json_pack("{s:s,s:s}", "input", now->input, "note", now->note));
		return !tool_interrupted();
	}
	if (now->mask)
		json_array_append_new(files, json_pack("{s:s,s:s}", "input", now->input, "mask", now->mask));
	if (now->pictures > 1)
		tool_progress(now->input, now->picture + (now->mask != NULL), now->pictures, NULL);
	else
		tool_progress(now->input, now->tile, now->tiles, NULL);
	return !tool_interrupted();
}

static int
print_json(const predict *o, const secant_predictor *p, const results *r, secant_err *err)
{
	json_t *names = json_array(),
		   *all = json_pack("{s:s,s:i,s:s,s:O}", "mode", secant_predictor_mode(p), "classes",
			   secant_predictor_classes(p), "precision", secant_predictor_precision(p), "files", r->files);
	for (int i = 0; secant_predictor_class_name(p, i); i++)
		json_array_append_new(names, json_string(secant_predictor_class_name(p, i)));
	json_object_set_new(all, "class_names", names);
	if (json_array_size(r->notes))
		json_object_set(all, "notes", r->notes);
	return tool_print_json(stdout, all, JSON_INDENT(2), err);
}

static int
predict_pictures(const predict *o, const secant_predict_output *output, const char *const *models, int n_models,
	const char *const *inputs, int n_inputs, secant_err *err)
{
	secant_predictor *p = secant_predictor_open(models, n_models, &o->predict, err);
	if (!p)
		return err->code;
	secant_logger log = tool_logger(&o->common);
	if (!strcmp(o->predict.precision, "auto"))
		secant_log(&log, SECANT_LOG_DEBUG, "precision: %s", secant_predictor_precision(p));
	if (o->predict.threshold < 0 && secant_predictor_threshold(p) != .5)
		secant_log(&log, SECANT_LOG_INFO, "threshold %.3f, which is kept with the model (--threshold)",
			secant_predictor_threshold(p));
	results r = { json_array(), json_array(), log };
	tool_progress_begin(&o->common, "images");
	int status = secant_predictor_files(p, inputs, n_inputs, output, progress, &r, err);
	tool_progress_end();
	if ((!status || json_array_size(r.files)) && o->common.json) {
		int printed = print_json(o, p, &r, err);
		status = status ? status : printed;
	}
	json_decref(r.files);
	json_decref(r.notes);
	secant_predictor_close(p);
	return status;
}

/* The same, where "-" stands for standard input and output. */
static int
predict_piped(
	const predict *o, const char *const *models, int n_models, const char **inputs, int n_inputs, secant_err *err)
{
	tool_pipes pipes = { "", "", "" };
	secant_predict_output output = o->output;
	int status = 0;
	for (int i = 0; i < n_inputs && !status; i++)
		status = tool_pipe_in(&pipes, &inputs[i], err);
	if (!status && !strcmp(output.out, "-")) {
		if (n_inputs != 1 || output.overlay || output.probabilities || output.vector || o->common.json)
			status = secant_fail(err, SECANT_ERR_ARG,
				"--out -: standard output takes the mask of one picture and nothing else; give a folder");
		else if (!(output.out = (char *)(uintptr_t)tool_pipe_out(&pipes, output.format ? "tif" : "png", err)))
			status = err->code;
	}
	if (!status)
		status = predict_pictures(o, &output, models, n_models, inputs, n_inputs, err);
	if (!status)
		status = tool_pipe_flush(&pipes, err);
	tool_pipe_end(&pipes);
	return status;
}

static bool
cloud_progress(void *user, const secant_predict_progress *now)
{
	json_t *files = ((results *)user)->files;
	if (now->error)
		return tell_failure(user, now);
	if (now->tile == now->tiles) {
		json_t *one = json_pack("{s:s}", "input", now->input);
		if (now->mask)
			json_object_set_new(one, "cloud", json_string(now->mask));
		if (now->verdict)
			json_object_set_new(one, "class", json_string(now->verdict));
		json_array_append_new(files, one);
	}
	tool_progress(now->input, now->picture + now->tile, now->pictures, NULL);
	return !tool_interrupted();
}

static int
predict_clouds(
	const predict *o, const char *const *models, int n_models, const char *const *inputs, int n_inputs, secant_err *err)
{
	json_t *files = json_array(), *one;
	results r = { files, NULL, tool_logger(&o->common) };
	size_t i;
	tool_progress_begin(&o->common, "clouds");
	int status = secant_predict_clouds(
		models, n_models, &o->predict, &o->cloud, inputs, n_inputs, o->output.out, cloud_progress, &r, err);
	tool_progress_end();
	if ((!status || json_array_size(files)) && o->common.json) {
		int printed = tool_print_json(stdout, json_pack("{s:O}", "files", files), JSON_INDENT(2), err);
		status = status ? status : printed;
	} else {
		json_array_foreach (files, i, one)
			if (json_object_get(one, "class"))
				printf("%s: %s\n", json_string_value(json_object_get(one, "input")),
					json_string_value(json_object_get(one, "class")));
	}
	json_decref(files);
	return status;
}

/* The first operand is a model, and every other that is named like one or is a run: pictures are not. */
static bool
is_model(const char *operand)
{
	const char *dot = strrchr(operand, '.');
	char buffer[1024];
	return (dot && !strcmp(dot, ".safetensors")) || tool_model(operand, buffer, sizeof buffer) == buffer;
}

static int
predict_run(void *options, int n, const char *const *operands, secant_err *err)
{
	enum { MOST = 32 };
	predict *o = options;
	const char *models[MOST], **inputs = calloc((size_t)n, sizeof *inputs);
	char buffer[MOST][1024];
	int n_models = 0, n_inputs = 0, status = inputs ? 0 : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; i < n && !status; i++) {
		if (i && !is_model(operands[i]))
			inputs[n_inputs++] = operands[i];
		else if (n_models == MOST)
			status = secant_fail(err, SECANT_ERR_ARG, "more than %d models", MOST);
		else {
			models[n_models] = tool_model(operands[i], buffer[n_models], sizeof buffer[0]);
			n_models++;
		}
	}
	bool clouds = !status && secant_predict_takes_clouds(models[0]);
	if (!status && !clouds && !o->output.out)
		status = secant_fail(
			err, SECANT_ERR_ARG, "--out is missing: a folder, or with one picture a file such as mask.png");
	if (!status && clouds)
		status = predict_clouds(o, models, n_models, inputs, n_inputs, err);
	else if (!status)
		status = predict_piped(o, models, n_models, inputs, n_inputs, err);
	free(inputs);
	return status;
}

static const char *const first[] = {
	"out",
	"overlay",
	"legend",
	"vector",
	"vector-format",
	"simplify",
	"probabilities",
	"format",
	"threshold",
	"tile",
	"overlap",
	"tta",
	"min-area",
	"offset",
	"precision",
	NULL,
};

const command command_predict = {
	.name = "predict",
	.brief = "segments pictures and clouds: masks, overlays, probabilities, classified clouds",
	.operands = "MODEL... INPUT... --out DIR",
	.details =
		"MODEL is a model file or a run folder (its best model). INPUT is a picture or a folder of pictures. The\n"
		"probabilities of several models (files .safetensors, or runs) are averaged. Masks are 0 or 255 for one class, "
		"else class indices\n"
		"(16 bit beyond 255 classes). One of several inputs that cannot be read is named, the others go on; the exit "
		"status is not 0 then.\n"
		"With --out FILE.png or FILE.tif and one picture, that file is the mask; a .tif keeps the georeference of a "
		"GeoTIFF.\n"
		"- is standard input, and --out - sends the mask of one picture to standard output (PNG; TIFF with --format "
		"tif).\n\n"
		"Pictures are padded by reflection to what the network needs and cut back. Large ones go through it in tiles "
		"that are blended smoothly.\n\n"
		"A model of clouds takes cloud files (PLY, LAS, LAZ, PCD, text, meshes) and writes them again with a class, a "
		"confidence and a colour\n"
		"for every point: --out result.las, .ply, .txt, .pcd, or a folder. Networks that give a class to the whole "
		"cloud print it.\n\n"
		"--tta adds views, whose probabilities are turned and scaled back; stretch spreads each band's values between "
		"two percentiles of\n"
		"the window. --rule CLASS: CONDITION says where a class may be; a condition is band(A), nd(A,B) = (A-B)/(A+B) "
		"(also ndvi, ndwi, ndbi),\n"
		"ratio(A,B) or diff(A,B), then >, >=, < or <= and a number; \"and\" joins conditions, ';' rules. Bands count "
		"from 1 and have the\n"
		"file's values. Where it does not hold, the next probable class takes the place.\n\n"
		"--vector writes GeoJSON (or, with --vector-format gpkg, a GeoPackage) along the edges of pixels, or with "
		"--simplify near them; outer\nrings counter-clockwise, in the picture's coordinate "
		"system, which a\n"
		"member \"crs\" names unless it is WGS 84. Pixels without data get a value of their own in a .tif, which it "
		"declares; in a\n"
		".png they are background, or 255 where there are several classes.",
	.example =
		"secant predict runs/cells pictures --out masks --overlay\n"
		"secant predict a.safetensors b.safetensors scene.tif --out mask.tif --tile 512 --overlap 64 --tta flips\n"
		"secant predict run scene.tif --out masks --format tif --offset 1 --rule \"green: ndvi(4,3) > 0.2\" --min-area "
		"50 --vector\n"
		"curl -s https://example.org/a.jpg | secant predict run - --out - > mask.png\n"
		"secant predict runs/scan scan.laz --out classified.las",
	.options = &predict_options,
	.first = first,
	.min_operands = 2,
	.max_operands = -1,
	.run = predict_run,
};
