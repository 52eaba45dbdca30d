/* A network's options, store and graphs. See model.h. */
#include "model/model.h"
#include "model/onnx.h"
#include <math.h>
#include <string.h>
#include "base/file.h"
#include "prepare/normalize.h"
#include "nn/init.h"

secant_status
model_mode_choose(const char *text, int classes, base_mode *mode, secant_err *err)
{
	*mode = classes == 1 ? BASE_MODE_BINARY : BASE_MODE_MULTICLASS;
	if (!text)
		return SECANT_OK;
	if (!base_mode_find(text, mode))
		return base_mode_unknown(text, err);
	if (*mode == BASE_MODE_BINARY && classes != 1)
		return secant_fail(
			err, SECANT_ERR_ARG, "mode binary is for 1 class, there are %d; use multiclass or multilabel", classes);
	if (*mode == BASE_MODE_MULTICLASS && classes == 1)
		return secant_fail(err, SECANT_ERR_ARG, "mode multiclass wants at least 2 classes, there is 1; use binary");
	return SECANT_OK;
}

const char *
model_loss_usual(base_mode mode)
{
	return mode == BASE_MODE_MULTICLASS ? "0.5*dice+0.5*ce" : "0.5*dice+0.5*bce";
}

/* A size every architecture accepts, for graphs that only name things. */
static secant_shape
nominal(const model_bundle *m)
{
	bool cloud = secant_network_kind_of(&m->net) != SECANT_NETWORK_PICTURES;
	int usual = m->least > 128 ? m->least : 128;
	int side = m->side ? m->side : (usual + m->multiple - 1) / m->multiple * m->multiple;
	return (secant_shape){ 4, { 1, cloud ? 128 : side, cloud ? 1 : side, secant_network_inputs(&m->net) } };
}

secant_status
model_build(const model_bundle *m, nn_phase phase, const secant_shape *input, model_graph *out, secant_err *err)
{
	if (m->onnx.m)
		return model_onnx_build(m, phase, input, out, err);
	nn_builder nn = { .g = graph_new(),
		.phase = phase,
		.momentum = -1,
		.counter = -1,
		.seed = -1,
		.freeze = phase == NN_PHASE_EVAL ? NULL : m->freeze };
	*out = (model_graph){ 0 };
	if (!nn.g)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	graph_value x = graph_input(nn.g, "input", SECANT_F32, input);
	secant_status status = nn_network_build(&nn, &m->net, x, &out->built, err);
	if (status) {
		graph_free(nn.g);
		return status;
	}
	out->g = nn.g;
	if (phase == NN_PHASE_EVAL) {
		graph_output(nn.g, "logits", out->built.logits);
		graph_output(nn.g, "label", out->built.label);
	}
	return SECANT_OK;
}

secant_status
model_outline(model_bundle *m, const secant_network *net, const char *mode, const char *normalize, model_graph *out,
	secant_err *err)
{
	secant_err own = { 0 };
	*m = (model_bundle){ 0 };
	*out = (model_graph){ 0 };
	if (secant_opts_copy(&secant_network_options, &m->net, net, &own) || secant_network_complete(&m->net, &own)
		|| model_mode_choose(mode, m->net.classes, &m->mode, &own))
		goto done;
	float scale[16], shift[16];
	if (secant_network_kind_of(net) != SECANT_NETWORK_PICTURES)
		normalize = "none"; /* a cloud's numbers are coordinates */
	if (prepare_normalize_parse(normalize, net->in_channels, scale, shift, &own))
		goto done;
	if (normalize && !strcmp(normalize, "auto"))
		normalize = "imagenet"; /* where nothing says otherwise; files hold what it came to */
	if (normalize && !(m->normalize = base_strdup(normalize))) {
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a model");
		goto done;
	}
	nn_sizes sizes;
	if (nn_network_sizes(&m->net, &sizes, &own))
		goto done;
	m->side = sizes.side, m->multiple = sizes.multiple, m->least = sizes.least;
	secant_shape in = nominal(m);
	(void)!model_build(m, NN_PHASE_EVAL, &in, out, &own);
done:
	if (!own.code)
		return SECANT_OK;
	model_free(m);
	return secant_fail(err, own.code, "%s", own.msg);
}

secant_status
model_new(
	model_bundle *m, const secant_network *net, const char *mode, const char *normalize, bool f64, secant_err *err)
{
	secant_err own = { 0 };
	model_graph graph;
	secant_status status = model_outline(m, net, mode, normalize, &graph, err);
	if (status)
		return status;
	m->store = exec_store_new(graph.g, f64, &own);
	graph_free(graph.g);
	if (m->store)
		return SECANT_OK;
	model_free(m);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
model_free(model_bundle *m)
{
	secant_opts_free(&secant_network_options, &m->net);
	model_onnx_free(m);
	exec_store_free(m->store);
	json_decref(m->clouds);
	secant_free(m->normalize);
	secant_free(m->white);
	deploy_class_names_free(m->class_names, m->n_class_names);
	secant_free(m->palette);
	*m = (model_bundle){ 0 };
}

typedef struct setter {
	exec_store *store;
	exec_slot *slot;
} setter;

static void
set_number(void *user, int64_t i, double v)
{
	setter *s = user;
	if (s->store->f64)
		((double *)s->slot->data)[i] = v;
	else if (s->slot->type.dtype == SECANT_F32)
		((float *)s->slot->data)[i] = (float)v;
	else
		exec_slot_set(s->store, s->slot, i, v);
}

void
model_initialize(model_bundle *m, uint64_t seed)
{
	if (m->onnx.m) {
		model_onnx_initialize(m, seed);
		return;
	}
	for (int i = 0; i < m->store->n; i++) {
		exec_slot *slot = &m->store->slot[i];
		nn_init_fill(
			slot->init, &slot->type.shape, slot->fan_in, seed, (uint32_t)i, set_number, &(setter){ m->store, slot });
	}
}

/* ---- running ---- */

static graph_net *
make_graph(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const model_bundle *m = user;
	model_graph graph;
	secant_shape none = { 0 }, in = n ? inputs[0] : m->onnx.m ? none : nominal(m);
	deploy_ending e = {
		.mode = m->mode,
		.activated = m->net.activation && strcmp(m->net.activation, "identity"),
		.parts = secant_network_kind_of(&m->net) == SECANT_NETWORK_POINTS
			&& json_array_size(json_object_get(m->clouds, "parts")),
	};
	if (model_build(m, NN_PHASE_EVAL, in.rank ? &in : NULL, &graph, err))
		return NULL;
	deploy_build_ending(&e, graph.g, inputs, n);
	if (!graph_check(graph.g, err))
		return graph.g;
	graph_free(graph.g);
	return NULL;
}

exec_runner *
model_runner(model_bundle *m, const exec_plan_options *options, secant_err *err)
{
	graph_net *g = make_graph(m, NULL, 0, err);
	exec_runner *r = g ? exec_runner_new(m->store, g, make_graph, m, options, err) : NULL;
	graph_free(g);
	return r;
}

/* ---- files ---- */

secant_status
model_tensors(const model_bundle *m, secant_tensors *out, secant_err *err)
{
	*out = (secant_tensors){ 0 };
	for (int i = 0; i < m->store->n; i++) {
		const exec_slot *slot = &m->store->slot[i];
		secant_tensor t = { m->store->f64 ? SECANT_F64 : slot->type.dtype, slot->type.shape, slot->data, NULL };
		secant_status status = secant_tensors_add(out, slot->name, &t, err);
		if (status) {
			secant_tensors_free(out);
			return status;
		}
	}
	return SECANT_OK;
}

static json_t *
settings_of(const model_bundle *m)
{
	char *text = secant_opts_to_json(&secant_network_options, &m->net);
	json_t *j = json_object(), *names = json_array();
	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(j, "network", text ? json_loads(text, 0, NULL) : NULL);
	json_object_set_new(j, "mode", json_string(base_mode_name(m->mode)));
	json_object_set_new(j, "kind", json_string(base_network_kind_name(secant_network_kind_of(&m->net))));
	json_object_set_new(j, "inputs", json_integer(secant_network_inputs(&m->net)));
	json_object_set_new(j, "normalize", json_string(m->normalize ? m->normalize : "imagenet"));
	if (m->white)
		json_object_set_new(j, "white", json_string(m->white));
	json_object_set_new(j, "multiple", json_integer(m->multiple));
	if (!m->onnx.m && m->side)
		json_object_set_new(j, "side", json_integer(m->side));
	if (m->least > 1)
		json_object_set_new(j, "least", json_integer(m->least));
	for (int i = 0; i < m->n_class_names; i++)
		json_array_append_new(names, json_string(m->class_names[i]));
	json_object_set_new(j, "class_names", names);
	if (m->n_palette) {
		json_t *palette = json_array();
		for (int i = 0; i < m->n_palette; i++)
			json_array_append_new(palette, json_pack("[iii]", m->palette[i][0], m->palette[i][1], m->palette[i][2]));
		json_object_set_new(j, "palette", palette);
	}
	if (m->scaled[0])
		json_object_set_new(j, "scaled", json_pack("[ii]", m->scaled[0], m->scaled[1]));
	if (m->ignored)
		json_object_set_new(j, "ignored_class", json_integer(m->ignored - 1));
	if (m->clouds)
		json_object_set(j, "clouds", m->clouds);
	secant_free(text);
	return j;
}

secant_status
model_save(const model_bundle *m, const char *path, secant_err *err)
{
	format_model_file file = { 0 };
	model_graph graph = { 0 };
	secant_shape in = nominal(m);
	secant_status status = m->onnx.m ? SECANT_OK : model_build(m, NN_PHASE_EVAL, &in, &graph, err);
	if (status)
		return status;
	/* Each by itself: making the second text would forget what the first one lost. */
	file.settings = base_json_whole(settings_of(m));
	file.graph = m->onnx.m ? NULL : base_json_whole(format_graph_to_json(graph.g));
	graph_free(graph.g);
	if (!file.settings || (!file.graph && !m->onnx.m))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory to describe the model");
	if (!status && !(status = model_tensors(m, &file.tensors, err)) && m->onnx.m)
		status = model_onnx_file(m, &file, err);
	if (!status)
		status = format_model_file_write(&file, path, err);
	format_model_file_free(&file);
	return status;
}

secant_status
model_open(model_bundle *m, const char *path, bool f64, secant_err *err)
{
	format_model_file file;
	secant_network net = { 0 };
	secant_err own = { 0 };
	*m = (model_bundle){ 0 };
	if (model_is_onnx(path))
		return model_onnx_open(m, path, &(model_onnx_wishes){ 0 }, f64, NULL, err);
	secant_status status = format_model_file_read(&file, path, err);
	if (status)
		return status;
	char *text = base_json_text(json_object_get(file.settings, "network"), 0);
	if (!text)
		secant_fail(&own, SECANT_ERR_FORMAT, "the model's settings hold no network options");
	else if (!secant_opts_init(&secant_network_options, &net, &own)
		&& !secant_opts_set_json(&secant_network_options, &net, text, "network", &own)
		&& !model_new(m, &net, json_string_value(json_object_get(file.settings, "mode")),
			json_string_value(json_object_get(file.settings, "normalize")), f64, &own))
		(void)!deploy_store_load(m->store, &file.tensors, &own);
	if (!own.code) {
		m->clouds = json_incref(json_object_get(file.settings, "clouds"));
		deploy_scaled_read(file.settings, m->scaled);
		const json_t *ignored = json_object_get(file.settings, "ignored_class");
		if (json_is_integer(ignored) && json_integer_value(ignored) >= 0
			&& json_integer_value(ignored) < m->net.classes)
			m->ignored = (int)json_integer_value(ignored) + 1;
		if (!deploy_class_names_read(file.settings, &m->class_names, &m->n_class_names, &own))
			(void)!deploy_palette_read(file.settings, &m->palette, &m->n_palette, &own);
	}
	secant_free(text);
	secant_opts_free(&secant_network_options, &net);
	format_model_file_free(&file);
	if (!own.code)
		return SECANT_OK;
	model_free(m);
	return secant_fail(err, own.code, "%s: %s", path, own.msg);
}

/* Numbers that are none make every picture's answer none: said once, with the first place. */
static void
say_strange(const exec_store *s, const char *weights, const secant_logger *log)
{
	for (int i = 0; i < s->n; i++) {
		int64_t strange = 0;
		for (int64_t k = 0; k < s->slot[i].count && s->slot[i].type.dtype != SECANT_I64; k++)
			strange += !isfinite(exec_slot_get(s, &s->slot[i], k));
		if (!strange)
			continue;
		secant_log(log, SECANT_LOG_WARNING,
			"%s: '%s' has %lld values that are no finite numbers: the training that made these weights had broken down",
			weights, s->slot[i].name, (long long)strange);
		return;
	}
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n >= m && !strcmp(name + n - m, end);
}

/* What has the names of weights and none of their numbers: quantised ones without their scales, and the part of one
 * process of several. */
static secant_status
check_numbers(const secant_tensors *t, const char *weights, secant_err *err)
{
	int empty = 0;
	for (int i = 0; i < t->n; i++) {
		const secant_tensor *v = &t->v[i].tensor;
		bool weight = ends_in(t->v[i].name, ".weight") || ends_in(t->v[i].name, ".bias"),
			 real = v->dtype == SECANT_F32 || v->dtype == SECANT_F64 || v->dtype == SECANT_F16
			|| v->dtype == SECANT_BF16;
		empty += secant_shape_count(&v->shape) == 0;
		if (weight && !real && secant_shape_count(&v->shape) > 1)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED,
				"%s: '%s' holds whole numbers (%s), as quantised networks have them; the network before it was "
				"quantised "
				"is wanted",
				weights, t->v[i].name, secant_dtype_name(v->dtype));
	}
	if (2 * empty > t->n)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s: %d of its %d tensors are empty, as a process of DeepSpeed's ZeRO-3 saves what others hold; its "
			"zero_to_fp32.py puts them together",
			weights, empty, t->n);
	return SECANT_OK;
}

secant_status
model_weights_read(secant_tensors *t, const char *weights, const secant_logger *log, secant_err *err)
{
	char *meta = NULL;
	secant_status status = secant_tensors_read(t, &meta, weights, err);
	json_t *j = !status && meta ? json_loads(meta, 0, NULL) : NULL;
	const char *remark = json_string_value(json_object_get(j, "secant.remark"));
	if (remark)
		secant_log(log, SECANT_LOG_WARNING, "%s: %s", weights, remark);
	json_decref(j);
	secant_free(meta);
	if (!status && (status = check_numbers(t, weights, err)))
		secant_tensors_free(t);
	return status;
}

secant_status
model_load(model_bundle *m, const char *weights, const secant_logger *log, secant_err *err)
{
	secant_tensors t = { 0 };
	secant_status status = model_weights_read(&t, weights, log, err);
	if (status)
		return status;
	secant_err own = { 0 };
	const char *family = model_weights_family(&t);
	status = model_weights_unwrap(&t, m->store, "", log, &own);
	if (!status) {
		model_weights_drop_rest(&t, m->store, log);
		status = deploy_store_load(m->store, &t, &own);
	}
	if (!status)
		say_strange(m->store, weights, log);
	char *advice = status == SECANT_ERR_SHAPE ? model_weights_advice(&t, family, &m->net) : NULL;
	secant_tensors_free(&t);
	const char *part = strstr(base_path_name(weights), "-of-0") ? "; it is one part of several: bring their .index.json"
																: "";
	if (status)
		status = secant_fail(
			err, status, "%s: %s%s%s%s", weights, own.msg, advice ? "; " : "", advice ? advice : "", part);
	secant_free(advice);
	return status;
}

int
model_head_classes(const model_bundle *m, const char *weights)
{
	secant_tensors t = { 0 };
	if (secant_tensors_read(&t, NULL, weights, NULL))
		return 0;
	int n = model_weights_unwrap(&t, m->store, "", NULL, NULL) ? 0 : model_weights_classes(&t, m->store);
	secant_tensors_free(&t);
	return n;
}
