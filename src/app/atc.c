/*
 * atc's command line on our own compiler. Flags and defaults: CANN's public documentation of ATC and the flags of its
 * graph engine. See secant/atc.h; what flags say of shapes is read by atc_shapes.c.
 */
#include <secant/atc.h>
#include <secant/model.h>
#include <stdio.h>
#include <string.h>
#include "app/atc_outputs.h"
#include "app/atc_shapes.h"
#include "app/onnx.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "formats/onnx/run.h"
#include "deploy/offline_onnx.h"
#include "deploy/network.h"
#include "formats/mindir/mindir.h"

/* Flags that only one vendor's hardware and its compiler understand: name, what they say. */
#define TOLD(X) \
	X(SOC_VERSION, "soc-version", "which chip") \
	X(CORE_TYPE, "core-type", "which of its cores") \
	X(AICORE_NUM, "aicore-num", "how many of them") \
	X(VIRTUAL_TYPE, "virtual-type", "whether it is shared") \
	X(BUFFER_OPTIMIZE, "buffer-optimize", "how its caches are used") \
	X(AUTO_TUNE_MODE, "auto-tune-mode", "how its operators are tuned") \
	X(MDL_BANK_PATH, "mdl-bank-path", "tuned models") \
	X(OP_BANK_PATH, "op-bank-path", "tuned operators") \
	X(TILING_SCHEDULE_OPTIMIZE, "tiling-schedule-optimize", "where tiling is scheduled") \
	X(COMPRESS_WEIGHT_CONF, "compress-weight-conf", "which weights are packed") \
	X(ENABLE_COMPRESS_WEIGHT, "enable-compress-weight", "that weights are packed") \
	X(COMPRESSION_OPTIMIZE_CONF, "compression-optimize-conf", "how weights are packed") \
	X(SPARSITY, "sparsity", "that weights are sparse by structure") \
	X(ENABLE_SMALL_CHANNEL, "enable-small-channel", "how few channels are laid out") \
	X(DISABLE_REUSE_MEMORY, "disable-reuse-memory", "how memory is planned") \
	X(ENABLE_SINGLE_STREAM, "enable-single-stream", "how many queues run") \
	X(AC_PARALLEL_ENABLE, "ac-parallel-enable", "which cores run beside each other") \
	X(EXTERNAL_WEIGHT, "external-weight", "where weights lie") \
	X(ATOMIC_CLEAN_POLICY, "atomic-clean-policy", "when memory is zeroed") \
	X(DETERMINISTIC, "deterministic", "that results repeat (ours always do)") \
	X(ALLOW_HF32, "allow-hf32", "a number format") \
	X(OO_LEVEL, "oo-level", "how hard graphs are optimised") \
	X(OO_CONSTANT_FOLDING, "oo-constant-folding", "whether constants are folded") \
	X(OO_DEAD_CODE_ELIMINATION, "oo-dead-code-elimination", "whether dead nodes are dropped") \
	X(OP_DEBUG_LEVEL, "op-debug-level", "how its operators are debugged") \
	X(OP_DEBUG_CONFIG, "op-debug-config", "how its operators are debugged") \
	X(DEBUG_DIR, "debug-dir", "where that goes") \
	X(STATUS_CHECK, "status-check", "whether overflows are watched") \
	X(OP_COMPILER_CACHE_DIR, "op-compiler-cache-dir", "where compiled operators lie") \
	X(OP_COMPILER_CACHE_MODE, "op-compiler-cache-mode", "whether they are kept") \
	X(DUMP_MODE, "dump-mode", "whether shapes are dumped") \
	X(OP_PRECISION_MODE, "op-precision-mode", "precision of single operators") \
	X(MODIFY_MIXLIST, "modify-mixlist", "precision of single operators") \
	X(KEEP_DTYPE, "keep-dtype", "precision of single operators") \
	X(CUSTOMIZE_DTYPES, "customize-dtypes", "precision of single operators") \
	X(OP_SELECT_IMPLMODE, "op-select-implmode", "which of its operators are taken") \
	X(OPTYPELIST_FOR_IMPLMODE, "optypelist-for-implmode", "of which kinds") \
	X(FUSION_SWITCH_FILE, "fusion-switch-file", "which fusions it makes") \
	X(OPTYPELIST_FOR_FUSION, "optypelist-for-fusion", "which fusions it makes") \
	X(IS_INPUT_ADJUST_HW_LAYOUT, "is-input-adjust-hw-layout", "its layout of inputs") \
	X(IS_OUTPUT_ADJUST_HW_LAYOUT, "is-output-adjust-hw-layout", "its layout of outputs") \
	X(SHAPE_GENERALIZED_BUILD_MODE, "shape-generalized-build-mode", "how its operators are built") \
	X(QUANT_DUMPABLE, "quant-dumpable", "whether quantised results are dumped") \
	X(HOST_ENV_OS, "host-env-os", "the host's system") \
	X(HOST_ENV_CPU, "host-env-cpu", "the host's processor") \
	X(DISTRIBUTED_CLUSTER_BUILD, "distributed-cluster-build", "a cluster of chips") \
	X(CLUSTER_CONFIG, "cluster-config", "a cluster of chips") \
	X(ENABLE_GRAPH_PARALLEL, "enable-graph-parallel", "a cluster of chips") \
	X(GRAPH_PARALLEL_OPTION_PATH, "graph-parallel-option-path", "a cluster of chips") \
	X(MODEL_RELATION_CONFIG, "model-relation-config", "a cluster of chips")

enum {
#define ENTRY(id, name, what) TOLD_##id,
	TOLD(ENTRY)
#undef ENTRY
		TOLDS
};
_Static_assert((int)TOLDS <= (int)SECANT_ATC_TOLD, "told[] is too short");

static const struct {
	const char *name, *what;
} told[] = {
#define ENTRY(id, name, what) { name, what },
	TOLD(ENTRY)
#undef ENTRY
};

#define TEXT(field, name, help) SECANT_OPT(secant_atc, field, STR, name, NULL, 0, 0, help)
static const secant_opt atc_rows[] = {
	TEXT(model, "model", "the network: .onnx, .mindir"),
	SECANT_OPT(secant_atc, framework, INT, "framework", "-1", -1, 100,
		"what the network is of: 1 MindSpore (MindIR), 5 ONNX; -1: found by the file. 0 Caffe and 3 TensorFlow are not "
		"read"),
	TEXT(output, "output", "the offline model, without .om"),
	TEXT(input_shape, "input-shape", "\"name:1,3,224,224;name2:1,8\"; -1 where a dynamic flag says the numbers"),
	TEXT(input_format, "input-format", "NCHW, NHWC or ND: where height and width stand for dynamic_image_size"),
	TEXT(dynamic_batch_size, "dynamic-batch-size", "\"1,2,4\": the batches there are, for the -1 in front"),
	TEXT(dynamic_image_size, "dynamic-image-size", "\"H,W;H,W\": the sizes there are, for the -1s of height and width"),
	TEXT(dynamic_dims, "dynamic-dims", "\"1,128;4,256\": sets for all -1s, in order"),
	TEXT(insert_op_conf, "insert-op-conf", "AIPP file: preparation of pictures in the model"),
	TEXT(out_nodes, "out-nodes", "\"node:0;node2:0\": what comes out instead of the network's outputs"),
	TEXT(output_type, "output-type", "FP32, FP16, UINT8 or INT8: of all outputs, or \"node:0:FP32;node2:0:FP16\""),
	TEXT(precision_mode, "precision-mode",
		"force_fp32, must_keep_origin_dtype: f32; modes that allow fp16 run in f32 or bf16, as the processor has it"),
	TEXT(precision_mode_v2, "precision-mode-v2", "origin, fp16, mixed_float16, mixed_bfloat16, ...; the same"),
	SECANT_OPT(secant_atc, mode, INT, "mode", "0", 0, 30, "0 compiles, 1 tells a network or an offline model as JSON"),
	TEXT(om, "om", "of mode 1: the model"),
	TEXT(json, "json", "of mode 1: the file of JSON"),
	SECANT_OPT(
		secant_atc, display_model_info, INT, "display-model-info", "0", 0, 1, "1: says what the model takes and gives"),
	TEXT(log, "log", "debug, info, warning, error or null: what is logged"),
	TEXT(weight, "weight", "Caffe's weights: not read"),
	TEXT(singleop, "singleop", "single operators: not compiled"),
	TEXT(check_report, "check-report", "of mode 3, which is not there"),
	TEXT(input_shape_range, "input-shape-range", "old: write ranges in input_shape"),
	TEXT(input_hint_shape, "input-hint-shape", "a shape to expect"),
	TEXT(input_fp16_nodes, "input-fp16-nodes", "inputs that come in 16 bits: \"x;y\""),
	SECANT_OPT_HEADING("Told to hardware: taken with a warning, and without effect"),
#define ENTRY(id, name, what) TEXT(told[TOLD_##id], name, what),
	TOLD(ENTRY)
#undef ENTRY
		SECANT_OPT_END,
};
const secant_opts secant_atc_options = { "atc", sizeof(secant_atc), atc_rows };

/* ---- flags ---- */

static void
warn(const secant_atc *o, const secant_logger *log)
{
	for (int i = 0; i < TOLDS; i++)
		if (o->told[i])
			secant_log(log, SECANT_LOG_WARNING, "--%s %s tells hardware %s: without effect here", told[i].name,
				o->told[i], told[i].what);
	if (o->input_hint_shape)
		secant_log(log, SECANT_LOG_WARNING, "--input-hint-shape: without effect; dynamic sets say which shapes come");
}

/* What the original refuses, and what it can that we cannot. */
static secant_status
check_flags(const secant_atc *o, secant_err *err)
{
	if (o->mode == 3 || o->mode == 5 || o->mode == 30)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "mode %d: only 0 (compile) and 1 (to JSON) are there", o->mode);
	if (o->mode != 0 && o->mode != 1)
		return secant_fail(err, SECANT_ERR_ARG, "mode %d: there are 0 (compile) and 1 (to JSON)", o->mode);
	if (o->singleop)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "singleop: single operators are not compiled; give --model");
	if (o->weight || o->framework == 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"Caffe's networks (framework 0, --weight) are not read; convert to ONNX and give --framework=5");
	if (o->framework == 3)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"TensorFlow's networks (framework 3) are not read; convert with tf2onnx and give --framework=5");
	if (o->framework != -1 && o->framework != 1 && o->framework != 5)
		return secant_fail(err, SECANT_ERR_ARG, "framework %d: there are 1 (MindSpore) and 5 (ONNX)", o->framework);
	if (o->input_shape_range)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"input_shape_range: free ranges are not compiled; give the sizes that come with dynamic_image_size or "
			"dynamic_dims");
	if (o->input_format && strcmp(o->input_format, "NCHW") && strcmp(o->input_format, "NHWC")
		&& strcmp(o->input_format, "ND"))
		return secant_fail(err, SECANT_ERR_ARG, "input_format '%s': there are NCHW, NHWC, ND", o->input_format);
	return SECANT_OK;
}

/* Does the file fit what framework says of it? */
static secant_status
check_framework(const secant_atc *o, const char *path, secant_err *err)
{
	uint8_t head[64];
	size_t got = 0;
	uint64_t whole;
	secant_status s = base_file_head(path, head, sizeof head, &got, &whole, err);
	if (s)
		return s;
	bool onnx = format_onnx_detect(head, got), mindir = format_mindir_detect(head, got);
	if (got >= 4 && !memcmp(head, "IMOD", 4))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s: an offline model of CANN for one chip, which runs nowhere else; compile the .onnx or .mindir it was "
			"made of",
			path);
	if (o->framework == 5 && !onnx)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: framework 5, but the file is no ONNX%s", path,
			mindir ? "; it is a MindIR: --framework=1" : "");
	if (o->framework == 1 && !mindir && base_ext_is(path, "air"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s: AIR is not read: no such file could be had to prove it; export MINDIR instead", path);
	if (o->framework == 1 && !mindir)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: framework 1, but the file is no MindIR%s", path,
			onnx ? "; it is ONNX: --framework=5" : "");
	return SECANT_OK;
}

/* ---- what a model takes and gives ---- */

static void
tell_values(base_str *to, const char *what, const format_onnx_info *v, int n)
{
	base_str_addf(to, "%s:\n", what);
	for (int i = 0; i < n; i++) {
		base_str_addf(to, "  %s  %s  ", v[i].name, format_onnx_type_name(v[i].type));
		for (int d = 0; d < v[i].rank; d++) {
			base_str_add(to, d ? "," : "");
			if (v[i].dim[d] >= 0)
				base_str_addf(to, "%lld", (long long)v[i].dim[d]);
			else
				base_str_add(to, *v[i].symbol[d] ? v[i].symbol[d] : "-1");
		}
		base_str_add(to, v[i].rank < 0 ? "of any shape\n" : "\n");
	}
}

static void
tell_sets(base_str *to, const app_atc_sets *s)
{
	static const char *const kinds[] = { "", "batches", "sizes (height,width)", "sets of dynamic dimensions" };
	if (!s->kind)
		return;
	base_str_addf(to, "%s: ", kinds[s->kind]);
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < s->width; k++)
			base_str_addf(to, "%s%lld", k ? "," : i ? ";" : "", (long long)s->v[i][k]);
	base_str_add(to, "\n");
}

/* Mode 1: a network or an offline model as JSON. */
static secant_status
to_json(const secant_atc *o, base_str *to, secant_err *err)
{
	const char *from = o->om ? o->om : o->model;
	if (!from || !o->json)
		return secant_fail(err, SECANT_ERR_ARG, "mode 1 wants --om (or --model) and --json");
	char *text = secant_describe(from, true, err);
	if (!text)
		return err->code;
	secant_status s = secant_file_write(o->json, text, strlen(text), err);
	if (!s)
		base_str_addf(to, "%s\n", o->json);
	secant_free(text);
	return s;
}

/* ---- inputs ---- */

static const format_onnx_info *
input_called(const format_onnx_graph *g, const char *name, int *place)
{
	for (*place = 0; *place < g->n_in; (*place)++)
		if ((!*name && g->n_in == 1) || !strcmp(g->in[*place].name, name))
			return &g->in[*place];
	return NULL;
}

/* The shape that a flag gives an input must be one the file allows. */
static secant_status
check_input(const format_onnx_graph *g, const app_atc_input *in, secant_err *err)
{
	const char *names[APP_ATC_INPUTS + 1] = { 0 };
	int place;
	const format_onnx_info *info = input_called(g, in->name, &place);
	if (!info) {
		for (int i = 0; i < g->n_in && i < APP_ATC_INPUTS; i++)
			names[i] = g->in[i].name;
		const char *near = secant_nearest(in->name, names);
		return secant_fail(err, SECANT_ERR_ARG, "input_shape: the network has no input '%s'; its inputs are %s%s%s%s%s",
			in->name, names[0] ? names[0] : "none", names[0] && names[1] ? ", " : "",
			names[0] && names[1] ? names[1] : "", near ? "; nearest: " : "", near ? near : "");
	}
	if (info->rank >= 0 && info->rank != in->rank)
		return secant_fail(err, SECANT_ERR_ARG, "input_shape: '%s' has %d dimensions in the network, %d here",
			info->name, info->rank, in->rank);
	for (int d = 0; d < in->rank; d++) {
		if (in->least[d] != in->most[d])
			return secant_fail(err, SECANT_ERR_UNSUPPORTED,
				"input_shape: '%s' asks for a range, %lld to %lld; give the sizes that come with dynamic_dims",
				info->name, (long long)in->least[d], (long long)in->most[d]);
		if (info->rank >= 0 && info->dim[d] >= 0 && info->dim[d] != in->least[d])
			return secant_fail(err, SECANT_ERR_ARG,
				"input_shape: dimension %d of '%s' is %lld in the network, %lld here%s", d, info->name,
				(long long)info->dim[d], (long long)in->least[d],
				in->least[d] < 0 ? "; export it with that dimension open" : "");
	}
	return SECANT_OK;
}

/* Inputs that no flag speaks of must be fixed in the file. */
static secant_status
fill_inputs(const format_onnx_graph *g, app_atc_input *in, int *n, secant_err *err)
{
	for (int i = 0; i < g->n_in; i++) {
		bool given = false;
		const format_onnx_info *info = &g->in[i];
		for (int k = 0; k < *n; k++)
			given |= !in[k].name[0] || !strcmp(in[k].name, info->name);
		if (given)
			continue;
		if (*n == APP_ATC_INPUTS || info->rank < 0 || info->rank > SECANT_MAX_RANK
			|| strlen(info->name) >= sizeof in->name)
			return secant_fail(err, SECANT_ERR_ARG, "give the shape of input '%s' with --input_shape", info->name);
		app_atc_input *one = &in[(*n)++];
		memset(one, 0, sizeof *one);
		memcpy(one->name, info->name, strlen(info->name));
		one->rank = info->rank;
		for (int d = 0; d < info->rank; d++) {
			if (info->dim[d] < 0)
				return secant_fail(err, SECANT_ERR_ARG,
					"dimension %d of input '%s' is open in the network (%s): give --input_shape=\"%s:...\"", d,
					info->name, *info->symbol[d] ? info->symbol[d] : "?", info->name);
			one->least[d] = one->most[d] = info->dim[d];
		}
	}
	return SECANT_OK;
}

/* ---- compiling ---- */

/* Modes of CANN's compiler; those that allow half precision leave it to the machine that runs the model. */
static secant_status
choose_precision(const secant_atc *o, char **precision, const secant_logger *log, secant_err *err)
{
	static const char *const plain[] = { "force_fp32", "must_keep_origin_dtype", "origin", NULL },
							 *const half[] = { "force_fp16", "allow_fp32_to_fp16", "allow_mix_precision",
								 "allow_mix_precision_fp16", "allow_mix_precision_bf16", "allow_fp32_to_bf16",
								 "cube_fp16in_fp32out", "fp16", "mixed_float16", "mixed_bfloat16", "cube_hif8",
								 "mixed_hif8", NULL };
	const char *asked = o->precision_mode ? o->precision_mode : o->precision_mode_v2;
	*precision = (char *)(uintptr_t) "f32";
	if (o->precision_mode && o->precision_mode_v2)
		return secant_fail(err, SECANT_ERR_ARG, "precision_mode and precision_mode_v2 exclude each other");
	for (int i = 0; asked && plain[i]; i++)
		if (!strcmp(asked, plain[i]))
			return SECANT_OK;
	for (int i = 0; asked && half[i]; i++)
		if (!strcmp(asked, half[i])) {
			*precision = (char *)(uintptr_t) "auto";
			secant_log(log, SECANT_LOG_INFO,
				"precision '%s': f32, or bf16 on processors that are faster so; half precision is no faster on any",
				asked);
			return SECANT_OK;
		}
	if (!asked)
		return SECANT_OK;
	const char *near = secant_nearest(asked, half);
	return secant_fail(err, SECANT_ERR_ARG, "precision_mode '%s': there is no such mode%s%s%s", asked,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Does the network end as the zoo's UnetEval: probabilities N x H x W x C, and perhaps classes N x H x W? Then what
 * secant compile makes of it gives the same, from bytes to masks in one plan. */
static bool
ends_in_masks(const format_onnx_graph *g, const secant_shape *in)
{
	const format_onnx_info *p = &g->out[0], *c = &g->out[1];
	if (g->n_in != 1 || in->rank != 4 || g->n_out < 1 || g->n_out > 2 || p->rank != 4 || p->type != FORMAT_ONNX_FLOAT)
		return false;
	bool rows = p->dim[1] == in->dim[2] && p->dim[2] == in->dim[3] && p->dim[3] > 1 && p->dim[3] <= 255;
	return rows && (g->n_out == 1 || (c->rank == 3 && c->type == FORMAT_ONNX_INT32 && c->dim[1] == in->dim[2]));
}

/* "HxW" of the one shape that there is. */
static void
size_of(const secant_atc *o, const secant_shape *shape, char size[32])
{
	bool rows = o->input_format && !strcmp(o->input_format, "NHWC");
	(void)snprintf(size, 32, "%lldx%lld", (long long)shape->dim[rows ? 1 : 2], (long long)shape->dim[rows ? 2 : 3]);
}

/* -1s want sets. */
static secant_status
check_dynamic(const secant_atc *o, const app_atc_input *in, int n, const app_atc_sets *s, secant_err *err)
{
	for (int i = 0; i < n && s->kind == APP_ATC_STATIC; i++)
		for (int d = 0; d < in[i].rank; d++)
			if (in[i].least[d] < 1)
				return secant_fail(err, SECANT_ERR_ARG,
					"input_shape '%s' has -1, and neither dynamic_batch_size, dynamic_image_size nor dynamic_dims says "
					"which",
					o->input_shape);
	return SECANT_OK;
}

/* What an offline model of any network is told: deploy/offline_onnx.h. */
static json_t *
told_of(const secant_atc *o, const format_onnx_graph *g, const app_atc_input *in, int n, const app_atc_sets *s,
	const char *aipp)
{
	static const char *const kinds[] = { "static", "batch", "image", "dims" };
	json_t *j = json_object(), *inputs = json_array(), *sets = json_array();
	for (int i = 0; i < g->n_in; i++) {
		json_t *one = json_object(), *shape = json_array();
		const app_atc_input *x = &in[0];
		for (int k = 0; k < n; k++)
			if (!strcmp(in[k].name, g->in[i].name))
				x = &in[k];
		for (int d = 0; d < x->rank; d++)
			json_array_append_new(shape, json_integer(x->least[d]));
		json_object_set_new(one, "name", json_string(g->in[i].name));
		json_object_set_new(one, "shape", shape);
		json_object_set_new(one, "rows", json_boolean(o->input_format && !strcmp(o->input_format, "NHWC")));
		json_array_append_new(inputs, one);
	}
	for (int i = 0; i < s->n && s->kind != APP_ATC_STATIC; i++) {
		json_t *set = json_array();
		for (int k = 0; k < s->width; k++)
			json_array_append_new(set, json_integer(s->v[i][k]));
		json_array_append_new(sets, set);
	}
	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(j, "inputs", inputs);
	json_object_set_new(j, "dynamic", json_string(kinds[s->kind]));
	json_object_set_new(j, "sets", sets);
	if (aipp)
		json_object_set_new(j, "aipp", json_string(aipp));
	return j;
}

/* An offline model that is the network as it is. What a stream would refuse of it is refused here. */
static secant_status
keep(const secant_atc *o, const format_onnx_model *m, const app_atc_input *in, int n, const app_atc_sets *s,
	secant_err *err)
{
	char *out = base_format("%s%s", o->output, base_ext_is(o->output, "om") ? "" : ".om"), *aipp = NULL;
	size_t size;
	secant_status status = out ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!status && s->width > DEPLOY_OFFLINE_NUMBERS)
		status = secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "dynamic_dims: sets of more than %d numbers", (int)DEPLOY_OFFLINE_NUMBERS);
	if (!status && o->insert_op_conf)
		status = secant_file_read(&aipp, &size, o->insert_op_conf, (size_t)1 << 20, err);
	json_t *j = status ? NULL : base_json_whole(told_of(o, &m->graph, in, n, s, aipp));
	if (j)
		status = app_atc_choose(o, &m->graph, j, err);
	if (!status && !j)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a model");
	if (!status && !(status = deploy_offline_onnx_write(m, j, out, err))) {
		deploy_offline_onnx check;
		format_onnx_model *made = format_onnx_open(out, err);
		if (!made || deploy_offline_onnx_read(&check, made, err))
			status = err->code;
		else
			deploy_offline_onnx_free(&check);
		format_onnx_close(made);
		if (status)
			(void)remove(out);
	}
	json_decref(j);
	secant_free(aipp);
	secant_free(out);
	return status;
}

static secant_status
compile(const secant_atc *o, const char *size, char *precision, secant_err *err)
{
	secant_compile how;
	char *lines = NULL, *out = base_format("%s%s", o->output, base_ext_is(o->output, "om") ? "" : ".om");
	secant_status s = out ? secant_opts_init(&secant_compile_options, &how, err)
						  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (s)
		return secant_free(out), s;
	if (!(s = secant_opts_set(&secant_compile_options, &how, "size", size, err))
		&& !(s = secant_opts_set(&secant_compile_options, &how, "precision", precision, err)) && o->insert_op_conf)
		s = secant_opts_set(&secant_compile_options, &how, "aipp", o->insert_op_conf, err);
	if (!s)
		s = secant_model_compile(o->model, out, &how, &lines, err);
	secant_free(lines);
	secant_free(out);
	secant_opts_free(&secant_compile_options, &how);
	return s;
}

/* Its parameters come with every picture: the network stays as it is, and gets an input more. */
static bool
is_dynamic_aipp(const char *path)
{
	format_aipp block[FORMAT_AIPP_BLOCKS];
	int n = 0;
	bool dynamic = false;
	if (!path || format_aipp_read(block, &n, path, NULL))
		return false;
	for (int i = 0; i < n; i++)
		dynamic |= block[i].dynamic != 0;
	return dynamic;
}

/* Operators that nothing here computes are told now, not when a stream starts. With out_nodes they may lie behind. */
static secant_status
check_operators(const secant_atc *o, const format_onnx_model *m, secant_err *err)
{
	char *refused = o->out_nodes ? NULL : format_onnx_refused(m);
	secant_status s = refused && *refused ? secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s", o->model, refused)
										  : SECANT_OK;
	secant_free(refused);
	return s;
}

static secant_status
compile_network(
	const secant_atc *o, const format_onnx_model *m, base_str *said, const secant_logger *log, secant_err *err)
{
	app_atc_input in[APP_ATC_INPUTS];
	app_atc_sets sets;
	char size[32], *precision;
	int n = 0;
	secant_status s = check_operators(o, m, err);
	if (!s)
		s = app_atc_read_inputs(in, &n, o->input_shape, err);
	if (!s)
		s = app_atc_read_sets(&sets, o, in, n, err);
	for (int i = 0; i < n && !s; i++)
		s = check_input(&m->graph, &in[i], err);
	if (s || (s = fill_inputs(&m->graph, in, &n, err)) || (s = choose_precision(o, &precision, log, err))
		|| (s = check_dynamic(o, in, n, &sets, err)))
		return s;
	secant_shape shape = app_atc_shape(&sets, 0, in, 0);
	bool chosen = o->out_nodes || o->input_fp16_nodes || (o->output_type && strcmp(o->output_type, "FP32") != 0);
	bool masks = o->insert_op_conf && !chosen && sets.kind == APP_ATC_STATIC && shape.dim[0] == 1
		&& ends_in_masks(&m->graph, &shape) && !is_dynamic_aipp(o->insert_op_conf);
	size_of(o, &shape, size);
	if ((s = masks ? compile(o, size, precision, err) : keep(o, m, in, n, &sets, err)))
		return s;
	if (!masks)
		base_str_addf(said, "%s\n",
			o->insert_op_conf ? "inputs with AIPP take bytes of pictures; outputs are the network's"
							  : "without insert_op_conf inputs are the network's numbers, as its outputs are");
	if (o->display_model_info) {
		tell_values(said, "inputs of the network", m->graph.in, m->graph.n_in);
		tell_values(said, "its outputs", m->graph.out, m->graph.n_out);
		tell_sets(said, &sets);
	}
	return SECANT_OK;
}

secant_status
secant_atc_run(const secant_atc *o, char **said, const secant_logger *log, secant_err *err)
{
	secant_err own = { 0 };
	base_str lines = { 0 };
	if (said)
		*said = NULL;
	warn(o, log);
	if (check_flags(o, &own)) {
	} else if (o->mode == 1) {
		(void)!to_json(o, &lines, &own);
	} else if (!o->model || !o->output) {
		secant_fail(&own, SECANT_ERR_ARG, "--%s is missing", o->model ? "output" : "model");
	} else if (!check_framework(o, o->model, &own)) {
		format_onnx_model *m = format_onnx_open(o->model, &own);
		if (m)
			(void)!compile_network(o, m, &lines, log, &own);
		format_onnx_close(m);
	}
	if (!own.code && said && !(*said = base_str_take(&lines)))
		*said = base_strdup("");
	base_str_free(&lines);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
