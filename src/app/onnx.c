/* ONNX files as verbs see them; see onnx.h. */
#include "app/onnx.h"
#include "codec/white.h"
#include "deploy/network.h"
#include <secant/tensorfile.h>
#include <string.h>
#include "deploy/offline_onnx.h"
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"

/* ---- tensors ---- */

static const struct {
	secant_dtype ours;
	int theirs;
} types[] = {
	{ SECANT_F32, FORMAT_ONNX_FLOAT },
	{ SECANT_F64, FORMAT_ONNX_DOUBLE },
	{ SECANT_BF16, FORMAT_ONNX_BFLOAT16 },
	{ SECANT_F16, FORMAT_ONNX_FLOAT16 },
	{ SECANT_U8, FORMAT_ONNX_UINT8 },
	{ SECANT_I8, FORMAT_ONNX_INT8 },
	{ SECANT_U16, FORMAT_ONNX_UINT16 },
	{ SECANT_I16, FORMAT_ONNX_INT16 },
	{ SECANT_I32, FORMAT_ONNX_INT32 },
	{ SECANT_I64, FORMAT_ONNX_INT64 },
	{ SECANT_BOOL, FORMAT_ONNX_BOOL },
};

/* A tensor of a file as the graph declares it: real types are converted to the declared one, others must be it. */
static format_onnx_tensor *
to_theirs(const secant_tensor *t, const format_onnx_info *want, secant_err *err)
{
	size_t k = 0;
	while (types[k].ours != t->dtype)
		k++;
	format_onnx_tensor lent = { .type = types[k].theirs, .rank = t->shape.rank, .data = t->data };
	memcpy(lent.dim, t->shape.dim, sizeof t->shape.dim);
	int type = want->type ? want->type : lent.type;
	bool convert = type != lent.type && format_onnx_type_is_real(type) && format_onnx_type_is_real(lent.type);
	format_onnx_tensor *to = format_onnx_tensor_new(convert ? type : lent.type, lent.rank, lent.dim, 0, err);
	if (!to)
		return NULL;
	int64_t n = format_onnx_count(to);
	if (!convert)
		memcpy(to->data, lent.data, (size_t)n * format_onnx_type_size(to->type));
	for (int64_t i = 0; i < n && convert; i++) {
		double v;
		format_onnx_get_reals(&lent, i, 1, &v);
		format_onnx_put_reals(to, i, 1, &v);
	}
	return to;
}

/* Types that our files have not, unsigned ones of 32 and 64 bits, become i64 where their numbers fit. */
static secant_status
give(secant_tensors *set, const char *name, const format_onnx_tensor *t, secant_err *err)
{
	secant_tensor to;
	secant_shape shape = { .rank = t->rank };
	size_t k = 0;
	while (k < sizeof types / sizeof *types && types[k].theirs != t->type)
		k++;
	bool known = k < sizeof types / sizeof *types;
	if (t->rank > SECANT_MAX_RANK)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "output '%s' has %d axes, files have %d at most", name, t->rank,
			SECANT_MAX_RANK);
	memcpy(shape.dim, t->dim, sizeof *t->dim * (size_t)t->rank);
	secant_status s = secant_tensor_new(&to, known ? types[k].ours : SECANT_I64, &shape, err);
	if (s)
		return s;
	int64_t n = format_onnx_count(t);
	if (known)
		memcpy(to.data, t->data, (size_t)n * format_onnx_type_size(t->type));
	else
		format_onnx_get_ints(t, 0, n, to.data);
	for (int64_t i = 0; i < n && t->type == FORMAT_ONNX_UINT64 && !s; i++)
		if (((int64_t *)to.data)[i] < 0)
			s = secant_fail(
				err, SECANT_ERR_RANGE, "output '%s' holds a number beyond 2^63, which files have no type for", name);
	if (s || (s = secant_tensors_add(set, name, &to, err)))
		secant_tensor_free(&to);
	return s;
}

static secant_status
find_inputs(
	const format_onnx_graph *g, const secant_tensors *given, const char *path, format_onnx_tensor **in, secant_err *err)
{
	for (int i = 0; i < g->n_in; i++) {
		const secant_tensor *t = secant_tensors_find(given, g->in[i].name);
		if (!t && g->n_in == 1 && !(t = secant_tensors_find(given, "input")) && given->n == 1)
			t = secant_tensors_find(given, "array"); /* .npy has no names */
		if (!t)
			return secant_fail(err, SECANT_ERR_ARG, "%s: holds no tensor '%s'%s", path, g->in[i].name,
				g->n_in == 1 ? " and none called 'input'" : "");
		if (!(in[i] = to_theirs(t, &g->in[i], err)))
			return SECANT_ERR_NOMEM;
	}
	return SECANT_OK;
}

/* By a plan; where some node has no operator of ours, in parts; by the operators' plain meanings where that fails. */
static secant_status
run_either(const format_onnx_model *m, format_onnx_tensor **values, const secant_run *o, secant_err *err)
{
	int n = m->graph.n_in;
	exec_plan_options plan = { .threads = o->threads, .allow_reference = true, .exact = true };
	secant_status s = exec_precision_choose(o->precision, &plan.precision, err);
	if (s)
		return s;
	for (int parts = 0; parts < 2; parts++) {
		if (!(parts ? deploy_onnx_run_in_parts : deploy_onnx_run_planned)(m, values, n, values + n, &plan, NULL))
			return SECANT_OK;
		for (int i = 0; i < m->graph.n_out; i++) {
			format_onnx_tensor_drop(values[n + i]);
			values[n + i] = NULL;
		}
	}
	return format_onnx_run(m, values, n, values + n, err);
}

secant_status
app_onnx_run_file(const char *model, const char *in, const secant_run *o, secant_tensors *out, secant_err *err)
{
	secant_tensors given = { 0 };
	format_onnx_model *m = format_onnx_open(model, err);
	if (!m)
		return err ? err->code : SECANT_ERR_FORMAT;
	const format_onnx_graph *g = &m->graph;
	format_onnx_tensor **values = secant_calloc((size_t)g->n_in + (size_t)g->n_out + 1, sizeof *values);
	secant_status s = values ? deploy_offline_onnx_refuse_aipp(m, err)
							 : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	if (!s)
		s = secant_tensors_read(&given, NULL, in, err);
	if (!s)
		s = find_inputs(g, &given, in, values, err);
	if (!s)
		s = run_either(m, values, o, err);
	if (s)
		secant_err_prefix(err, "%s", model);
	for (int i = 0; i < g->n_out && !s; i++)
		if (values[g->n_in + i])
			s = give(out, g->out[i].name, values[g->n_in + i], err);
	for (int i = 0; values && i < g->n_in + g->n_out; i++)
		format_onnx_tensor_drop(values[i]);
	secant_free(values);
	secant_tensors_free(&given);
	format_onnx_close(m);
	return s;
}

/* ---- import ---- */

/* --size: pictures are scaled to it; it must be the one that the file fixes, where it fixes one. */
static secant_status
set_size(json_t *settings, const int *size, secant_err *err)
{
	int fixed[2];
	deploy_scaled_read(settings, fixed);
	if (fixed[0] && (fixed[0] != size[0] || fixed[1] != size[1]))
		return secant_fail(
			err, SECANT_ERR_ARG, "--size %dx%d: the file fixes %dx%d", size[0], size[1], fixed[0], fixed[1]);
	if (json_object_set_new(settings, "scaled", json_pack("[ii]", size[0], size[1])))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a description");
	return SECANT_OK;
}

secant_status
app_onnx_import(const char *path, const secant_import *o, const char *out, base_str *said, secant_err *err)
{
	deploy_onnx_wishes w = { .output = o->output,
		.channel_order = o->bgr == 1 ? "bgr" : NULL,
		.mode = o->mode,
		.normalize = o->normalize,
		.activation = o->network.activation };
	deploy_onnx_source source = { 0 };
	format_model_file file = { 0 };
	if (!(source.m = format_onnx_open(path, err)))
		return err->code;
	secant_status s = source.m->external ? secant_fail(err, SECANT_ERR_UNSUPPORTED,
						  "its weights lie in other files; every verb but import takes it as it is")
										 : deploy_onnx_understand(&source, &w, &file.settings, said, err);
	if (!s && o->size.n == 2)
		s = set_size(file.settings, o->size.v, err);
	codec_whites whites;
	if (!s && o->white && !(s = codec_whites_parse(&whites, o->white, err)))
		json_object_set_new(file.settings, "white", json_string(o->white));
	secant_tensor t = { SECANT_U8, secant_shape_of(1, (int64_t)source.m->file.size),
		(void *)(uintptr_t)source.m->file.data, NULL };
	if (!s
		&& !(file.graph = json_pack("{s:b,s:s,s:s}", "onnx", 1, "output", deploy_onnx_output_name(&source),
				 "channel_order", o->bgr == 1 ? "bgr" : "rgb")))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a description");
	if (!s)
		s = secant_tensors_add(&file.tensors, "onnx", &t, err);
	if (!s)
		s = format_model_file_write(&file, out, err);
	format_model_file_free(&file);
	format_onnx_close(source.m);
	return s;
}

/* ---- info ---- */

static json_t *
values_json(const format_onnx_info *v, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++) {
		json_t *shape = json_array();
		for (int d = 0; d < v[i].rank; d++)
			json_array_append_new(shape,
				v[i].dim[d] >= 0 ? json_integer(v[i].dim[d]) : json_string(*v[i].symbol[d] ? v[i].symbol[d] : "?"));
		bool tensor = !strcmp(v[i].kind, "tensor");
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:o}", "name", v[i].name, "type", tensor ? format_onnx_type_name(v[i].type) : v[i].kind,
				"shape", v[i].rank < 0 ? (json_decref(shape), json_null()) : shape));
	}
	return list;
}

static void
count_operators(const format_onnx_graph *g, json_t *counts)
{
	for (int i = 0; i < g->n_node; i++) {
		const format_onnx_node *n = &g->node[i];
		char *name = *n->domain ? base_format("%s.%s", n->domain, n->op) : base_strdup(n->op);
		if (name)
			json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
		secant_free(name);
		for (int k = 0; k < n->n_attr; k++)
			if (n->attr[k].g)
				count_operators(n->attr[k].g, counts);
	}
}

static json_t *
lines_json(const char *text, const char *between)
{
	json_t *list = json_array();
	for (const char *p = text, *end; p && *p; p = end) {
		end = strstr(p, between);
		size_t n = end ? (size_t)(end - p) : strlen(p);
		json_array_append_new(list, json_stringn(p, n));
		end = end ? end + strlen(between) : p + n;
	}
	return list;
}

/* How predict, eval and import take it, or why they do not. */
static json_t *
as_pictures(format_onnx_model *m)
{
	deploy_onnx_source source = { .m = m };
	base_str said = { 0 };
	json_t *settings = NULL, *j;
	secant_err err = { 0 };
	if (deploy_offline_onnx_refuse_aipp(m, &err)
		|| deploy_onnx_understand(&source, &(deploy_onnx_wishes){ 0 }, &settings, &said, &err))
		j = json_pack("{s:b,s:s}", "taken", 0, "why", err.msg);
	else
		j = json_pack("{s:b,s:o,s:o?}", "taken", 1, "as", lines_json(said.p, "\n"), "settings", json_incref(settings));
	json_decref(settings);
	base_str_free(&said);
	return j;
}

/* What comes to an offline model: bytes of pictures where AIPP is in it, else what the network takes. */
static json_t *
offline_inputs(const format_onnx_model *m)
{
	deploy_offline_onnx o;
	secant_err err = { 0 };
	json_t *list = json_array();
	if (deploy_offline_onnx_read(&o, m, &err))
		return json_decref(list), json_string(err.msg);
	for (int i = 0; i < o.n; i++) {
		secant_shape s = o.in[i].aipp ? deploy_offline_picture(&o.in[i]) : o.in[i].shape;
		json_t *shape = json_array();
		for (int d = 0; d < s.rank; d++)
			json_array_append_new(shape, json_integer(s.dim[d]));
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:o}", "name", o.in[i].name, "type",
				o.in[i].aipp ? "bytes of pictures (AIPP)" : format_onnx_type_name(m->graph.in[i].type), "shape",
				shape));
	}
	deploy_offline_onnx_free(&o);
	return list;
}

json_t *
app_onnx_describe(const char *path, secant_err *err)
{
	format_onnx_model *m = format_onnx_open(path, err);
	if (!m)
		return NULL;
	json_t *operators = json_object(), *metadata = json_object();
	count_operators(&m->graph, operators);
	for (int i = 0; i < m->n_pair; i++)
		json_object_set_new(metadata, m->pair[i].key, json_string(m->pair[i].value));
	int64_t numbers = 0;
	for (int i = 0; i < m->graph.n_init; i++)
		numbers += format_onnx_count(m->graph.init[i].tensor);
	char *problems = format_onnx_refused(m);
	json_t *refused = lines_json(problems, "; ");
	secant_free(problems);
	json_t *j = json_pack("{s:s,s:s,s:I,s:I,s:s,s:s,s:o,s:o,s:i,s:I,s:o,s:o,s:o}", "path", path, "kind", "ONNX network",
		"ir_version", (json_int_t)m->ir_version, "opset", (json_int_t)m->opset, "producer", m->producer,
		"producer_version", m->producer_version, "inputs", values_json(m->graph.in, m->graph.n_in), "outputs",
		values_json(m->graph.out, m->graph.n_out), "nodes", m->graph.n_node, "parameters", (json_int_t)numbers,
		"operators", operators, "refused", refused, "metadata", metadata);
	if (j)
		json_object_set_new(j, "pictures", as_pictures(m));
	if (j && deploy_is_offline_onnx(m)) {
		json_object_set_new(j, "kind", json_string("offline model of an ONNX network"));
		json_object_set_new(j, "takes", offline_inputs(m));
	}
	format_onnx_close(m);
	if (!j)
		secant_fail(err, SECANT_ERR_FORMAT, "%s: its names are no text", path);
	return j;
}
