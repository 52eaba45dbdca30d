/*
 * Compiling models: the network is fused and folded once, its numbers are made once, and the way from picture bytes to
 * mask bytes is put around it as operators. See secant/model.h and deploy/offline.h.
 */
#include <secant/model.h>
#include <string.h>
#include "app/trial.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "deploy/offline.h"
#include "exec/fold.h"
#include "exec/session.h"
#include "formats/aipp.h"
#include "ops/ops.h"

static const secant_opt compile_rows[] = {
	SECANT_OPT_HEADING("What it is for"),
	SECANT_OPT(secant_compile, size, STR, "size", NULL, 0, 0,
		"height and width of the pictures, one or several: 512x512,1024x1024; none: any"),
	SECANT_OPT(secant_compile, dynamic, BOOL, "dynamic", "false", 0, 1, "any size and batch"),
	SECANT_OPT(secant_compile, batch, INTS, "batch", "1", 1, 4096, "pictures at once, one or several numbers: 1,4"),
	SECANT_OPT(secant_compile, packed, BOOL, "packed", "true", 0, 1,
		"with --size, weights also as this machine computes with them: nothing is packed when they are loaded, and "
		"processes "
		"share their pages"),
	SECANT_OPT(secant_compile, precision, STR, "precision", "auto", 0, 0,
		"f32, bf16, or auto: what the machine that runs it is best at"),
	SECANT_OPT_HEADING("From picture to mask"),
	SECANT_OPT(secant_compile, preprocess, STR, "preprocess", NULL, 0, 0,
		"JSON file: how pictures are prepared; none: as predict does"),
	SECANT_OPT(secant_compile, aipp, STR, "aipp", NULL, 0, 0, "the same as an AIPP configuration (aipp_op { ... })"),
	SECANT_OPT(secant_compile, threshold, REAL, "threshold", "-1", -1, 1,
		"least probability of one class, and of classes that do not exclude each other; -1: the one kept with the "
		"model, "
		"else 0.5"),
	SECANT_OPT_END,
};
const secant_opts secant_compile_options = { "compile", sizeof(secant_compile), compile_rows };

enum { MOST_SIZES = 16, NOMINAL = 256, JSON_LIMIT = 1 << 20 };

typedef struct compiling {
	const secant_compile *o;
	deploy_deployed d;
	deploy_preparation prep;
	int size[MOST_SIZES][2], sizes; /* none: any */
	int at; /* which size and batch the graphs below are of; of an ONNX network each has its own */
	exec_store *store; /* of the network as it is */
	exec_folded folded;
	graph_net *network; /* fused and folded; outputs of the file */
	graph_net *whole;
	format_model_file file; /* what is written; its settings are borrowed from no one */
	base_str said;
} compiling;

static void
end(compiling *c)
{
	secant_opts_free(&deploy_preparation_options, &c->prep);
	exec_folded_free(&c->folded);
	graph_free(c->network);
	graph_free(c->whole);
	exec_store_free(c->store);
	format_model_file_free(&c->file);
	deploy_deployed_close(&c->d);
	base_str_free(&c->said);
}

/* ---- what is asked for ---- */

static secant_status
read_sizes(compiling *c, secant_err *err)
{
	char *copy = base_strdup(c->o->size ? c->o->size : ""), *rest = copy, *word;
	secant_status status = copy ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for sizes");
	while (!status && (word = strsep(&rest, ",")) && *word) {
		char *x = strchr(word, 'x');
		long long h, w;
		if (x)
			*x = '\0';
		bool good = base_int_parse(word, &h) && base_int_parse(x ? x + 1 : word, &w) && h >= 1 && w >= 1 && h <= 1 << 16
			&& w <= 1 << 16;
		if (!good || c->sizes == MOST_SIZES)
			status = secant_fail(
				err, SECANT_ERR_ARG, "--size %s: want up to %d of HxW, 1 to 65536", c->o->size, MOST_SIZES);
		else {
			c->size[c->sizes][0] = (int)h;
			c->size[c->sizes++][1] = (int)w;
		}
	}
	secant_free(copy);
	if (!status && c->o->dynamic && c->sizes)
		status = secant_fail(err, SECANT_ERR_ARG, "--size and --dynamic exclude each other: --dynamic takes any size");
	return status;
}

/* ---- how pictures are prepared ---- */

static secant_status
read_spec(compiling *c, secant_err *err)
{
	char *text = NULL;
	size_t size;
	secant_status status = secant_file_read(&text, &size, c->o->preprocess, JSON_LIMIT, err);
	if (!status)
		status = secant_opts_set_json(&deploy_preparation_options, &c->prep, text, c->o->preprocess, err);
	secant_free(text);
	return status;
}

static secant_status
read_aipp(compiling *c, secant_err *err)
{
	format_aipp block[FORMAT_AIPP_BLOCKS];
	int n;
	secant_status status = format_aipp_read(block, &n, c->o->aipp, err);
	if (status)
		return status;
	for (int i = 0; i < n; i++)
		if (block[i].related_input_rank)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: related_input_rank %lld; the network has one input",
				c->o->aipp, (long long)block[i].related_input_rank);
	if (n > 1)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %d blocks for one input", c->o->aipp, n);
	secant_opts_free(&deploy_preparation_options, &c->prep);
	bool fixed = c->sizes == 1;
	if ((status = deploy_preparation_of_aipp(
			 &c->prep, &block[0], fixed ? c->size[0][0] : 0, fixed ? c->size[0][1] : 0, c->d.in_channels, err)))
		secant_err_prefix(err, "%s", c->o->aipp);
	return status;
}

/* Without a word: what predict does, with what the model remembers of its training. */
static secant_status
default_preparation(compiling *c, secant_err *err)
{
	const char *text = json_string_value(json_object_get(c->d.file.settings, "normalize"));
	c->prep.normalize = base_strdup(text ? text : "imagenet");
	if (c->d.scaled[0])
		c->prep.size = (secant_ints){ 2, { c->d.scaled[0], c->d.scaled[1] } };
	return c->prep.normalize ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for settings");
}

static secant_status
read_preparation(compiling *c, secant_err *err)
{
	secant_status status = secant_opts_init(&deploy_preparation_options, &c->prep, err);
	if (status)
		return status;
	if (c->o->aipp && c->o->preprocess)
		return secant_fail(err, SECANT_ERR_ARG, "--aipp and --preprocess exclude each other");
	status = c->o->aipp ? read_aipp(c, err) : c->o->preprocess ? read_spec(c, err) : default_preparation(c, err);
	const deploy_preparation *p = &c->prep;
	bool numbers = p->normalize || p->mean.n || p->low.n || p->scale.n || p->shift.n;
	if (!status && !numbers)
		status = secant_fail(err, SECANT_ERR_ARG,
			"%s says nothing of how bytes become numbers: \"normalize\": \"%s\" is what the model was trained with",
			c->o->preprocess, "imagenet");
	return status;
}

/* ---- the network ---- */

/* Height, width and batch of place `at`. */
static void
place_of(const compiling *c, int *h, int *w, int *batch)
{
	int size = c->at / c->o->batch.n;
	*h = c->sizes ? c->size[size][0] : NOMINAL;
	*w = c->sizes ? c->size[size][1] : NOMINAL;
	*batch = c->o->batch.v[c->at % c->o->batch.n];
}

static int64_t
rounded(int64_t n, int multiple)
{
	return (n + multiple - 1) / multiple * multiple;
}

/* The network fused and folded: its outputs are those of the file. */
static secant_status
fold(compiling *c, secant_err *err)
{
	int h, w, batch, n = 0;
	place_of(c, &h, &w, &batch);
	secant_shape shape = secant_shape_of(
		4, c->d.onnx.m ? batch : 1, rounded(h, c->d.multiple), rounded(w, c->d.multiple), c->d.in_channels);
	graph_net *g = c->d.onnx.m ? deploy_onnx_graph_at(&c->d.onnx, &shape, NULL, NULL, false, err)
							   : format_graph_from_json(c->d.file.graph, &shape, 1, false, err);
	graph_value keep[8];
	const char *names[8];
	if (!g)
		return err->code;
	for (int i = 0; i < graph_outputs(g) && n < 8; i++)
		keep[n] = graph_output_at(g, i, &names[n]), n++;
	graph_net *read = (c->store = deploy_store_of(&c->d, g, err)) ? graph_pass_prune(g, keep, n, err) : NULL;
	graph_net *fused = read ? op_pass_fuse(read, false, keep, n, err) : NULL;
	graph_net *folded = fused ? exec_pass_fold(fused, c->store, keep, n, &c->folded, err) : NULL;
	graph_net *stored = folded ? op_pass_fuse_bytes(folded, keep, n, err) : NULL;
	c->network = stored ? graph_pass_prune(stored, keep, n, err) : NULL;
	graph_free(folded);
	graph_free(stored);
	for (int i = 0; i < n && c->network; i++)
		graph_output(c->network, names[i], keep[i]);
	if (c->network && !c->at)
		base_str_addf(&c->said, "%d steps of the network became %d\n", graph_nodes(g), graph_nodes(c->network));
	graph_free(fused);
	graph_free(read);
	graph_free(g);
	return c->network ? graph_check(c->network, err) : err->code;
}

static secant_status
add_tensors(compiling *c, secant_err *err)
{
	exec_store *s = c->folded.store ? c->folded.store : c->store;
	secant_status status = SECANT_OK;
	for (int i = 0; i < s->n && !status; i++) {
		const exec_slot *slot = &s->slot[i];
		secant_tensor t;
		if (graph_find(c->network, slot->name) < 0 || secant_tensors_find(&c->file.tensors, slot->name))
			continue; /* nothing reads it any more, or another size has it */
		if ((status = secant_tensor_new(&t, slot->type.dtype, &slot->type.shape, err)))
			break;
		if (c->folded.store)
			exec_folded_fill(&c->folded, i, t.data);
		else
			memcpy(t.data, slot->data, secant_tensor_bytes(&t));
		status = secant_tensors_add(&c->file.tensors, slot->name, &t, err);
		secant_tensor_free(&t);
	}
	return status;
}

/* ---- the whole ---- */

static secant_status
surround(compiling *c, secant_err *err)
{
	deploy_ending e = { c->d.mode, c->d.activated, false };
	int h, w, batch;
	place_of(c, &h, &w, &batch);
	secant_shape picture = deploy_preparation_shape(&c->prep, batch, h, w, c->d.in_channels);
	json_t *plain = base_json_whole(format_graph_to_json(c->network));
	graph_net *network = plain ? format_graph_from_json(plain, NULL, 0, false, err) : NULL;
	json_decref(plain);
	if (!network)
		return err->code ? err->code : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	deploy_build_ending(&e, network, NULL, 1);
	c->whole = deploy_offline_graph(
		network, &c->d, &c->prep, deploy_threshold(&c->d, 1, c->o->threshold), &picture, err);
	graph_free(network);
	return c->whole ? SECANT_OK : err->code;
}

static json_t *
shape_json(const secant_shape *s)
{
	json_t *a = json_array();
	for (int i = 0; i < s->rank; i++)
		json_array_append_new(a, json_integer(s->dim[i]));
	return a;
}

/* The shapes that pictures may have; of ONNX, whose graph is of one size, also those of the network itself. */
static void
add_shapes(const compiling *c, json_t *to)
{
	json_t *pictures = json_array(), *inputs = json_array();
	for (int i = 0; i < c->sizes; i++)
		for (int b = 0; b < c->o->batch.n; b++) {
			secant_shape s = deploy_preparation_shape(
				&c->prep, c->o->batch.v[b], c->size[i][0], c->size[i][1], c->d.in_channels);
			json_array_append_new(pictures, shape_json(&s));
			s = secant_shape_of(4, c->o->batch.v[b], rounded(c->size[i][0], c->d.multiple),
				rounded(c->size[i][1], c->d.multiple), c->d.in_channels);
			if (c->d.onnx.m)
				json_array_append_new(inputs, shape_json(&s));
		}
	json_object_set_new(to, "pictures", pictures);
	json_object_set_new(to, "inputs", inputs);
}

static secant_status
add_settings(compiling *c, const char *model, secant_err *err)
{
	char sha[65] = "", *text = NULL, by[60];
	size_t size;
	if (!secant_file_read(&text, &size, model, (size_t)1 << 40, err))
		base_sha256_hex(text, size, sha);
	secant_free(text);
	if (!*sha)
		return err->code;
	json_t *j = json_object();
	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(j, "precision", json_string(c->o->precision));
	json_object_set_new(j, "threshold", json_real(deploy_threshold(&c->d, 1, c->o->threshold)));
	json_object_set_new(j, "preparation", base_opts_json(&deploy_preparation_options, &c->prep));
	json_object_set_new(j, "source", json_string(base_path_name(model)));
	json_object_set_new(j, "source_sha256", json_string(sha));
	(void)snprintf(by, sizeof by, "secant %s", secant_version());
	json_object_set_new(j, "by", json_string(by));
	add_shapes(c, j);
	c->file.settings = json_deep_copy(c->d.file.settings);
	json_object_set_new(c->file.settings, "compiled", j);
	c->file.settings = base_json_whole(c->file.settings);
	return c->file.settings ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for settings");
}

/* ---- packed weights ---- */

static graph_net *
whole_at(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const compiling *c = user;
	return format_graph_from_json(deploy_graph_for(c->file.offline, inputs), inputs, n, false, err);
}

/* The packed copies of one plan; a copy that two sizes share stands there once. */
static secant_status
add_packed(secant_tensors *to, const exec_plan *p, secant_err *err)
{
	enum { ALIGNED = 64 };
	secant_status status = SECANT_OK;
	for (int i = 0; i < exec_plan_steps(p) && !status; i++) {
		char key[EXEC_PACKED_KEY];
		const void *data;
		size_t bytes;
		secant_tensor t;
		if (!exec_plan_packed(p, i, key, &data, &bytes) || secant_tensors_find(to, key))
			continue;
		secant_shape shape = secant_shape_of(1, (bytes + ALIGNED - 1) / ALIGNED * ALIGNED);
		if ((status = secant_tensor_new(&t, SECANT_U8, &shape, err)))
			break;
		memcpy(t.data, data, bytes);
		status = secant_tensors_add(to, key, &t, err);
		secant_tensor_free(&t);
	}
	return status;
}

/* Plans every size and batch as it will be, on all threads, and keeps what its steps packed: in front of the other
 * tensors, where places are multiples of 64. */
static secant_status
pack(compiling *c, secant_err *err)
{
	static const char *const wanted[] = { "mask" };
	char text[120];
	exec_plan_options o = { 0 };
	secant_tensors packed = { 0 };
	secant_status status = exec_precision_choose(c->o->precision, &o.precision, err);
	exec_store *store = status ? NULL : exec_store_new(c->whole, false, err);
	exec_runner *runner = store && !(status = deploy_store_load(store, &c->file.tensors, err))
		? exec_runner_new(store, c->whole, whole_at, c, &o, err)
		: NULL;
	for (int i = 0; i < c->sizes * c->o->batch.n && runner && !status; i++) {
		secant_shape shape = deploy_preparation_shape(&c->prep, c->o->batch.v[i % c->o->batch.n],
			c->size[i / c->o->batch.n][0], c->size[i / c->o->batch.n][1], c->d.in_channels);
		const exec_plan *plan;
		exec_context *context;
		secant_session *s = exec_session_new(runner, wanted, 1, err);
		status = s ? exec_session_prepare(s, &shape, &plan, &context, err) : err->code;
		if (!status)
			status = add_packed(&packed, plan, err);
		secant_session_free(s);
	}
	exec_runner_free(runner);
	exec_store_free(store);
	int n = packed.n;
	size_t bytes = 0;
	for (int i = 0; i < n; i++)
		bytes += secant_tensor_bytes(&packed.v[i].tensor);
	for (int i = 0; i < c->file.tensors.n && !status; i++)
		status = secant_tensors_add(&packed, c->file.tensors.v[i].name, &c->file.tensors.v[i].tensor, err);
	if (status || !runner) {
		secant_tensors_free(&packed);
		return status ? status : err->code;
	}
	secant_tensors_free(&c->file.tensors);
	c->file.tensors = packed;
	json_object_set_new(
		json_object_get(c->file.settings, "compiled"), "packed", json_string(deploy_packed_for(0, text, sizeof text)));
	base_str_addf(&c->said, "%d packed weights, %.1f MiB, for %s\n", n, (double)bytes / 1048576, text);
	return SECANT_OK;
}

/* ---- several sizes of an ONNX network ---- */

static void
forget_graphs(compiling *c)
{
	exec_folded_free(&c->folded);
	graph_free(c->network);
	graph_free(c->whole);
	exec_store_free(c->store);
	c->folded = (exec_folded){ 0 };
	c->network = c->whole = NULL;
	c->store = NULL;
}

/* Graph g, for an input of that name and shape, as one of the others of `to`. */
static void
add_other(json_t *to, const graph_net *g, const char *input)
{
	json_t *one = json_object();
	if (!json_object_get(to, "others"))
		json_object_set_new(to, "others", json_array());
	json_object_set_new(one, "input", shape_json(graph_shape(g, graph_find(g, input))));
	json_object_set_new(one, "graph", format_graph_to_json(g));
	json_array_append_new(json_object_get(to, "others"), one);
}

/* Shapes are constants in what becomes of an ONNX network, so each further size and batch has graphs of its own; they
 * share the weights. */
static secant_status
add_sizes(compiling *c, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (c->at = 1; c->at < c->sizes * c->o->batch.n && !status; c->at++) {
		forget_graphs(c);
		if ((status = fold(c, err)) || (status = surround(c, err)) || (status = add_tensors(c, err)))
			break;
		add_other(c->file.graph, c->network, "input");
		add_other(c->file.offline, c->whole, "picture");
	}
	c->file.graph = base_json_whole(c->file.graph);
	c->file.offline = base_json_whole(c->file.offline);
	return status                          ? status
		: c->file.graph && c->file.offline ? SECANT_OK
										   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for graphs");
}

static secant_status
compile(compiling *c, const char *model, secant_err *err)
{
	secant_status status = read_sizes(c, err);
	if (status)
		return status;
	if (strcmp(c->o->precision, "auto") && strcmp(c->o->precision, "f32") && strcmp(c->o->precision, "bf16"))
		return secant_fail(
			err, SECANT_ERR_ARG, "--precision %s: a model is compiled for auto, f32 or bf16", c->o->precision);
	if (deploy_deployed_open(&c->d, model, "f32", 1, DEPLOY_ALLOW_REFERENCE, err))
		return err->code;
	if (c->d.file.offline)
		return secant_fail(err, SECANT_ERR_ARG, "%s is compiled already: compile the model it comes from", model);
	if (c->d.kind != SECANT_NETWORK_PICTURES)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: networks of clouds are not compiled", model);
	if (c->d.onnx.m && !c->sizes)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s: a network of ONNX is compiled for the sizes that are named: --size HxW or HxW,HxW", model);
	if ((status = read_preparation(c, err)) || (status = fold(c, err)) || (status = surround(c, err))
		|| (status = add_tensors(c, err)) || (status = add_settings(c, model, err)))
		return status;
	c->file.graph = base_json_whole(format_graph_to_json(c->network));
	c->file.offline = base_json_whole(format_graph_to_json(c->whole));
	if (!c->file.graph || !c->file.offline)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for graphs");
	if (c->d.onnx.m && (status = add_sizes(c, err)))
		return status;
	return c->o->packed && c->sizes ? pack(c, err) : SECANT_OK;
}

secant_status
secant_model_compile(const char *model, const char *out, const secant_compile *options, char **said, secant_err *err)
{
	secant_err own = { 0 };
	compiling c = { .o = options };
	if (said)
		*said = NULL;
	if (!base_ext_is(out, "secant|om"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: a compiled model ends in .secant (of atc in .om)", out);
	if (app_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: the compiled model would replace the one it comes from", out);
	if (!compile(&c, model, &own))
		(void)!format_model_file_write(&c.file, out, &own);
	if (!own.code && said) /* what was done stays done: without memory there are no words for it */
		*said = base_strdup(c.said.p ? c.said.p : "");
	end(&c);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
