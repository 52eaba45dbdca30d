/*
 * Networks from ONNX that learn. The file's graph is mapped anew for every phase and size; its initialisers, or what is
 * computed from them, are the states, by the names they have where our operators read them. A model file keeps the
 * file as it came, as a tensor "onnx", and beside it the states, which stand for the file's numbers (and, where the
 * last convolution was made anew, shapes) when it is opened.
 */
#include "model/onnx.h"
#include <string.h>
#include "base/file.h"
#include "nn/init.h"

bool
model_is_onnx(const char *path)
{
	format_model_file file;
	if (deploy_is_onnx(path))
		return true;
	if (!base_ext_is(path, "safetensors") || format_model_file_read(&file, path, NULL))
		return false;
	bool holds = json_is_true(json_object_get(file.graph, "onnx"));
	format_model_file_free(&file);
	return holds;
}

/* ---- opening ---- */

/* The file itself, or the one that a model file holds, with its states in place of the file's. */
static secant_status
open_source(model_bundle *m, const char *path, secant_err *err)
{
	if (deploy_is_onnx(path)) {
		if (!(m->onnx.m = format_onnx_open(path, err)))
			return err->code;
		m->onnx_bytes = m->onnx.m->file.data;
		m->onnx_size = m->onnx.m->file.size;
		return m->onnx.m->external ? secant_fail(err, SECANT_ERR_UNSUPPORTED,
				   "its weights lie in other files; predict, eval and run take it as it is")
								   : SECANT_OK;
	}
	secant_status status = format_model_file_read(&m->onnx_file, path, err);
	const secant_tensor *t = status ? NULL : secant_tensors_find(&m->onnx_file.tensors, "onnx");
	if (!status && (!t || t->dtype != SECANT_U8))
		status = secant_fail(err, SECANT_ERR_FORMAT, "the model of ONNX is not in it");
	if (status)
		return status;
	m->onnx_bytes = t->data;
	m->onnx_size = secant_tensor_bytes(t);
	if (!(m->onnx.m = format_onnx_decode(m->onnx_bytes, m->onnx_size, err)))
		return err->code;
	return format_onnx_instead(m->onnx.m, &m->onnx_file.tensors, err);
}

/* ---- another number of classes ---- */

/* The convolution whose output the scores are, behind what only moves numbers and resizes. */
static const format_onnx_node *
last_convolution(const model_bundle *m, secant_err *err)
{
	static const char *const passed[] = { "Identity", "Transpose", "Cast", "Resize", "Upsample", "Squeeze",
		"Unsqueeze" };
	const format_onnx_graph *g = &m->onnx.m->graph;
	const format_onnx_node *n = format_onnx_maker(g, deploy_onnx_output_name(&m->onnx));
	for (int guard = 0; n && n->n_in && guard < 100; guard++) {
		bool moves = false;
		for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
			moves |= !strcmp(n->op, passed[i]);
		if (!moves)
			break;
		n = format_onnx_maker(g, n->in[0]);
	}
	const format_onnx_attr *group = n ? format_onnx_find_attr(n, "group") : NULL;
	bool conv = n && (!strcmp(n->op, "Conv") || !strcmp(n->op, "ConvTranspose")) && n->n_in > 1;
	if (conv && !(group && group->i != 1))
		return n;
	secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"its last convolution cannot be made anew for another number of classes: the scores come from %s '%s'",
		n ? n->op : "no node", n ? n->name : "");
	return NULL;
}

static const format_onnx_tensor *
initializer(const format_onnx_graph *g, const char *name)
{
	for (int i = 0; i < g->n_init; i++)
		if (!strcmp(g->init[i].name, name))
			return g->init[i].tensor;
	return NULL;
}

static secant_status
put_fresh(model_bundle *m, const char *name, const secant_shape *shape, int64_t fan_in, secant_err *err)
{
	secant_tensor t;
	secant_status status = secant_tensor_new(&t, SECANT_F32, shape, err);
	if (status)
		return status;
	m->onnx_fan_in = fan_in;
	if ((status = secant_tensors_add(&m->onnx_fresh, name, &t, err)))
		secant_tensor_free(&t);
	return status;
}

static secant_status
make_last_anew(model_bundle *m, int classes, base_str *said, secant_err *err)
{
	const format_onnx_node *n = last_convolution(m, err);
	if (!n)
		return err->code;
	bool turned = !strcmp(n->op, "ConvTranspose");
	const format_onnx_tensor *w = initializer(&m->onnx.m->graph, n->in[1]);
	bool biased = n->n_in > 2 && *n->in[2];
	if (!w || w->rank != 4 || (biased && !initializer(&m->onnx.m->graph, n->in[2])))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the weights of its last convolution '%s' are computed, so that it cannot be made anew", n->name);
	secant_shape shape = secant_shape_of(4, w->dim[0], w->dim[1], w->dim[2], w->dim[3]),
				 one = secant_shape_of(1, classes);
	shape.dim[turned] = classes;
	int64_t fan_in = w->dim[!turned] * w->dim[2] * w->dim[3];
	secant_status status = put_fresh(m, n->in[1], &shape, fan_in, err);
	if (!status && biased)
		status = put_fresh(m, n->in[2], &one, fan_in, err);
	if (!status && !(status = format_onnx_instead(m->onnx.m, &m->onnx_fresh, err)))
		base_str_addf(said, "the last convolution '%s' is made anew for %d classes instead of %lld\n", n->in[1],
			classes, (long long)w->dim[turned]);
	return status;
}

/* ---- what a network is ---- */

static secant_status
take_settings(model_bundle *m, const json_t *settings, const model_onnx_wishes *w, secant_err *err)
{
	const json_t *net = json_object_get(settings, "network");
	const char *activation = json_string_value(json_object_get(net, "activation"));
	const char *mode = w->mode ? w->mode : json_string_value(json_object_get(settings, "mode"));
	const char *normalize = w->normalize ? w->normalize : json_string_value(json_object_get(settings, "normalize"));
	int own = (int)json_integer_value(json_object_get(net, "classes"));
	if (!w->mode && w->classes && w->classes != own)
		mode = NULL; /* by the classes */
	m->net.in_channels = (int)json_integer_value(json_object_get(net, "in-channels"));
	m->net.classes = w->classes ? w->classes : own;
	m->multiple = (int)json_integer_value(json_object_get(settings, "multiple"));
	deploy_scaled_read(settings, m->scaled);
	if (activation && strcmp(activation, "identity") && !w->logits && !(m->net.activation = base_strdup(activation)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a model");
	if (!(m->normalize = base_strdup(normalize ? normalize : "imagenet")))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a model");
	if (m->net.classes == own && deploy_class_names_read(settings, &m->class_names, &m->n_class_names, err))
		return err->code;
	return model_mode_choose(mode, m->net.classes, &m->mode, err);
}

/* How many of its norms are left, and how many convolutions have none: folded ones stay folded. */
static void
say_norms(const model_bundle *m, base_str *said)
{
	const format_onnx_graph *g = &m->onnx.m->graph;
	int norms = 0, convolutions = 0;
	for (int i = 0; i < g->n_node; i++) {
		norms += !strcmp(g->node[i].op, "BatchNormalization");
		convolutions += !strcmp(g->node[i].op, "Conv");
	}
	if (norms)
		base_str_addf(said, "%d batch norms are trained\n", norms);
	else if (convolutions)
		base_str_addf(said, "it has no batch norms: where they were folded into convolutions they stay folded\n");
}

static secant_status
make_store(model_bundle *m, bool f64, secant_err *err)
{
	static const format_onnx_learning resting = { .rests = true };
	graph_net *g = deploy_onnx_graph_at(&m->onnx, NULL, &resting, &m->store, f64, err);
	graph_free(g);
	return g && m->store ? SECANT_OK : err->code;
}

secant_status
model_onnx_open(
	model_bundle *m, const char *path, const model_onnx_wishes *w, bool f64, base_str *said, secant_err *err)
{
	secant_err own = { 0 };
	base_str unheard = { 0 };
	base_str *say = said ? said : &unheard;
	json_t *guessed = NULL;
	*m = (model_bundle){ 0 };
	if (!open_source(m, path, &own) && !secant_opts_init(&secant_network_options, &m->net, &own)) {
		const json_t *graph = m->onnx_file.graph, *settings = m->onnx_file.settings;
		deploy_onnx_wishes wishes = { .output = json_string_value(json_object_get(graph, "output")),
			.channel_order = json_string_value(json_object_get(graph, "channel_order")),
			.normalize = settings ? NULL : w->normalize,
			.mode = settings ? NULL : w->mode,
			.logits = w->logits };
		if (!deploy_onnx_understand(&m->onnx, &wishes, &guessed, settings ? NULL : say, &own)
			&& !take_settings(m, settings ? settings : guessed, w, &own)) {
			int classes = (int)json_integer_value(json_object_get(json_object_get(guessed, "network"), "classes"));
			if (w->logits)
				say_norms(m, say);
			if (m->net.classes == classes || !make_last_anew(m, m->net.classes, say, &own))
				(void)!make_store(m, f64, &own);
		}
	}
	json_decref(guessed);
	base_str_free(&unheard);
	if (!own.code)
		return SECANT_OK;
	model_free(m);
	return secant_fail(err, own.code, "%s: %s", path, own.msg);
}

void
model_onnx_free(model_bundle *m)
{
	format_onnx_close(m->onnx.m);
	secant_tensors_free(&m->onnx_fresh);
	format_model_file_free(&m->onnx_file);
}

/* ---- graphs and numbers ---- */

static bool
is_frozen(const void *user, const char *state)
{
	const model_bundle *m = user;
	for (int i = 0; m->freeze && i < m->freeze->n; i++)
		if (nn_is_below(state, m->freeze->v[i]))
			return true;
	return false;
}

secant_status
model_onnx_build(const model_bundle *m, nn_phase phase, const secant_shape *input, model_graph *out, secant_err *err)
{
	format_onnx_learning learning = {
		.rests = phase == NN_PHASE_EVAL,
		.recalibrates = phase == NN_PHASE_RECALIBRATE,
		.is_frozen = is_frozen,
		.user = m,
	};
	*out = (model_graph){ 0 };
	out->g = deploy_onnx_graph_at(&m->onnx, input, &learning, NULL, m->store && m->store->f64, err);
	if (!out->g)
		return err ? err->code : SECANT_ERR_UNSUPPORTED;
	out->built.logits = graph_find_output(out->g, "logits");
	out->built.label = out->built.decoder = out->built.penalty = -1;
	return SECANT_OK;
}

static void
set_number(void *user, int64_t i, double v)
{
	((float *)user)[i] = (float)v;
}

void
model_onnx_initialize(model_bundle *m, uint64_t seed)
{
	for (int k = 0; k < m->onnx_fresh.n; k++) {
		secant_tensor *t = &m->onnx_fresh.v[k].tensor;
		exec_slot *slot = exec_store_find(m->store, m->onnx_fresh.v[k].name);
		nn_init_fill(GRAPH_INIT_DEFAULT, &t->shape, m->onnx_fan_in, seed, (uint32_t)k, set_number, t->data);
		for (int64_t i = 0; slot && i < slot->count; i++)
			exec_slot_set(m->store, slot, i, ((const float *)t->data)[i]);
	}
}

/* ---- files ---- */

secant_status
model_onnx_file(const model_bundle *m, format_model_file *file, secant_err *err)
{
	secant_tensor t = { SECANT_U8, secant_shape_of(1, (int64_t)m->onnx_size), (void *)(uintptr_t)m->onnx_bytes, NULL };
	file->graph = json_pack("{s:b,s:s,s:s}", "onnx", 1, "output", deploy_onnx_output_name(&m->onnx), "channel_order",
		m->onnx.backwards ? "bgr" : "rgb");
	json_t *net = json_object_get(file->settings, "network");
	json_object_set_new(net, "arch", json_string("onnx"));
	if (!m->net.activation)
		json_object_set_new(net, "activation", json_string("identity"));
	return file->graph ? secant_tensors_add(&file->tensors, "onnx", &t, err)
					   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a description");
}
