/* A model file made ready to run. See network.h. */
#include "deploy/network.h"
#include <math.h>
#include "deploy/offline_onnx.h"
#include <secant/info.h>
#include <stdio.h>
#include <string.h>
#include "base/cpu.h"
#include "base/file.h"
#include "base/thread.h"
#include "ops/rules.h"
#include "prepare/normalize.h"

/* ---- tensors to store ---- */

/* The names of what does not fit, the first few of each kind. */
typedef struct complaint {
	char text[360];
	int n;
} complaint;

static void
complain(complaint *c, const char *format, const char *name, const char *a, const char *b)
{
	size_t used = strlen(c->text);
	if (++c->n <= 3)
		(void)snprintf(c->text + used, sizeof c->text - used, "%s", c->n > 1 ? "; " : "");
	used = strlen(c->text);
	if (c->n <= 3)
		(void)snprintf(c->text + used, sizeof c->text - used, format, name, a, b);
}

/* A copy of weights in a step's own layout; no state of a network is called so. */
static bool
is_packed(const char *name)
{
	return !strncmp(name, "packed:", 7);
}

static secant_status
check_fit(const exec_store *s, const secant_tensors *t, secant_err *err)
{
	complaint c = { 0 };
	char a[96], b[96];
	for (int i = 0; i < t->n; i++)
		if (!exec_store_find(s, t->v[i].name) && !is_packed(t->v[i].name))
			complain(&c, "'%s' has no place in the network%s%s", t->v[i].name, "", "");
	for (int i = 0; i < s->n; i++) {
		exec_slot *slot = &s->slot[i];
		const secant_tensor *from = secant_tensors_find(t, slot->name);
		if (!from) {
			if (slot->type.dtype != SECANT_I64) /* counters are absent from old files */
				complain(&c, "'%s' is missing%s%s", slot->name, "", "");
		} else if (secant_shape_count(&from->shape) != slot->count
			|| (from->shape.rank != slot->type.shape.rank && slot->count != 1)
			|| (from->shape.rank == slot->type.shape.rank && !secant_shape_equal(&from->shape, &slot->type.shape))) {
			complain(&c, "'%s' is %s, the network wants %s", slot->name, secant_shape_text(&from->shape, a, sizeof a),
				secant_shape_text(&slot->type.shape, b, sizeof b));
		}
	}
	return c.n ? secant_fail(err, SECANT_ERR_SHAPE, "%d tensors do not fit: %s%s", c.n, c.text, c.n > 3 ? "; ..." : "")
			   : SECANT_OK;
}

static bool
is_mapped(const secant_tensors *t, const void *data)
{
	const secant_bytes *b = t->map;
	return b && b->map && (const uint8_t *)data >= b->data && (const uint8_t *)data < b->data + b->size;
}

/* `lend`: numbers in the store's type stay where they are. */
static secant_status
fill_store(exec_store *s, const secant_tensors *t, bool lend, secant_err *err)
{
	secant_status status = check_fit(s, t, err);
	for (int i = 0; !status && i < s->n; i++) {
		exec_slot *slot = &s->slot[i];
		const secant_tensor *from = secant_tensors_find(t, slot->name);
		bool same = from && from->dtype == (s->f64 ? SECANT_F64 : slot->type.dtype);
		if (!from)
			continue;
		if (same && lend)
			exec_slot_lend(slot, from->data, is_mapped(t, from->data));
		else if (same)
			memcpy(slot->data, from->data, secant_tensor_bytes(from));
		else
			for (int64_t k = 0; k < slot->count; k++)
				exec_slot_set(s, slot, k, secant_tensor_get(from, k));
	}
	return status;
}

secant_status
deploy_store_load(exec_store *s, const secant_tensors *t, secant_err *err)
{
	return fill_store(s, t, false, err);
}

/* ---- the network ---- */

int
deploy_ending_inputs(const deploy_ending *e, int n)
{
	return n - (e->parts && !e->activated);
}

/* Logits with those of the impossible classes far below all others: 1 - possible is 0 or 1. */
static graph_value
only_possible(graph_net *g, graph_value logits, const secant_shape *wanted)
{
	const double far = 1e30;
	char text[96];
	const secant_shape *y = graph_shape(g, logits);
	if (y->rank < 2)
		return graph_fail(g, SECANT_ERR_SHAPE, "the logits of clouds have %d axes, want 2 or 4", y->rank);
	secant_shape one = secant_shape_of(2, y->dim[0], y->dim[y->rank - 1]), at = *y;
	for (int i = 1; i < at.rank - 1; i++)
		at.dim[i] = 1;
	if (wanted && !secant_shape_equal(wanted, &one))
		return graph_fail(g, SECANT_ERR_SHAPE, "'possible' is %s, want %lldx%lld",
			secant_shape_text(wanted, text, sizeof text), (long long)one.dim[0], (long long)one.dim[1]);
	graph_value possible = graph_input(g, "possible", SECANT_F32, &one);
	graph_value bias = op_build_number(g, "mul_scalar", far, op_build_number(g, "add_scalar", -1, possible));
	return graph_apply(g, "add", NULL, 2, graph_apply(g, "upcast", NULL, 1, logits), op_build_reshape(g, bias, &at));
}

void
deploy_build_ending(const deploy_ending *e, graph_net *g, const secant_shape *inputs, int n)
{
	graph_value v = graph_find_output(g, "logits");
	if (graph_find_output(g, "probabilities") >= 0)
		return; /* the network says itself what they are */
	if (v >= 0 && e->parts && !e->activated)
		v = only_possible(g, v, inputs ? &inputs[n - 1] : NULL);
	v = graph_apply(g, "upcast", NULL, 1, v);
	if (!e->activated && e->mode == BASE_MODE_MULTICLASS)
		v = graph_apply(g, "softmax", &(op_axis_attr){ -1 }, 1, v);
	else if (!e->activated)
		v = graph_apply(g, "sigmoid", NULL, 1, v);
	graph_output(g, "probabilities", v);
}

secant_session *
deploy_deployed_session(const deploy_deployed *d, secant_err *err)
{
	const char *wanted = "probabilities";
	return exec_session_new(d->runner, &wanted, 1, err);
}

const json_t *
deploy_graph_for(const json_t *graph, const secant_shape *inputs)
{
	const json_t *one;
	size_t i;
	json_array_foreach (json_object_get(graph, "others"), i, one) {
		const json_t *shape = json_object_get(one, "input"), *inner = json_object_get(one, "graph");
		bool same = inputs && json_is_object(inner) && (int)json_array_size(shape) == inputs->rank;
		for (int k = 0; same && k < inputs->rank; k++)
			same = json_integer_value(json_array_get(shape, (size_t)k)) == inputs->dim[k];
		if (same)
			return inner;
	}
	return graph;
}

static graph_net *
network_at(const deploy_deployed *d, const secant_shape *inputs, int n, secant_err *err)
{
	deploy_ending e = { d->mode, d->activated, d->parts };
	graph_net *g = d->onnx.m ? deploy_onnx_graph_at(&d->onnx, inputs, NULL, NULL, false, err)
							 : format_graph_from_json(deploy_graph_for(d->file.graph, inputs), inputs,
								 deploy_ending_inputs(&e, n), d->training_operators, err);
	if (!g)
		return NULL;
	if (graph_find_output(g, "logits") < 0)
		secant_fail(err, SECANT_ERR_FORMAT, "graph: no output \"logits\"");
	else
		deploy_build_ending(&e, g, inputs, n);
	if (graph_find_output(g, "probabilities") >= 0 && !graph_check(g, err))
		return g;
	(void)!graph_check(g, err);
	graph_free(g);
	return NULL;
}

/* A compiled model takes the shapes it was compiled for, unless it was for any. */
static secant_status
check_compiled(const deploy_deployed *d, const char *member, const secant_shape *input, secant_err *err)
{
	const json_t *list = json_object_get(json_object_get(d->file.settings, "compiled"), member), *one;
	char text[96], known[200] = "";
	size_t i;
	if (!json_array_size(list))
		return SECANT_OK;
	json_array_foreach (list, i, one) {
		secant_shape s = { .rank = (int)json_array_size(one) };
		size_t used = strlen(known);
		for (int k = 0; k < s.rank && k < SECANT_MAX_RANK; k++)
			s.dim[k] = json_integer_value(json_array_get(one, (size_t)k));
		if (s.rank == input->rank && secant_shape_equal(&s, input))
			return SECANT_OK;
		(void)snprintf(
			known + used, sizeof known - used, "%s%s", i ? ", " : "", secant_shape_text(&s, text, sizeof text));
	}
	return secant_fail(err, SECANT_ERR_SHAPE, "the model was compiled for %s, not for %s; --dynamic compiles for any",
		known, secant_shape_text(input, text, sizeof text));
}

/* A picture's size is what the network takes; whoever pads has done so before. */
static secant_status
check_size(const deploy_deployed *d, const secant_shape *in, secant_err *err)
{
	long long h = in->rank == 4 ? (long long)in->dim[1] : 0, w = in->rank == 4 ? (long long)in->dim[2] : 0;
	int m = d->multiple;
	if (d->kind != SECANT_NETWORK_PICTURES || d->onnx.m || in->rank != 4)
		return SECANT_OK;
	if (d->side && (h != d->side || w != d->side))
		return secant_fail(err, SECANT_ERR_SHAPE,
			"wrong input shape: the network is made for pictures of %dx%d (img-size), got %lldx%lld", d->side, d->side,
			h, w);
	if (h % m || w % m)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"wrong input shape: height %lld and width %lld must divide by %d; the next that do are %lldx%lld", h, w, m,
			(h + m - 1) / m * m, (w + m - 1) / m * m);
	if (h < d->least || w < d->least)
		return secant_fail(err, SECANT_ERR_SHAPE, "wrong input shape: the network wants at least %dx%d, got %lldx%lld",
			d->least, d->least, h, w);
	return SECANT_OK;
}

static graph_net *
make_graph(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const deploy_deployed *d = user;
	if (inputs && check_compiled(d, d->whole ? "pictures" : "inputs", &inputs[0], err))
		return NULL;
	if (inputs && !d->whole && check_size(d, &inputs[0], err))
		return NULL;
	if (!d->whole)
		return network_at(d, inputs, n, err);
	graph_net *g = format_graph_from_json(
		deploy_graph_for(d->file.offline, inputs), inputs, n, d->training_operators, err);
	if (!g || (graph_find_output(g, "mask") >= 0 && graph_find_output(g, "probabilities") >= 0))
		return g;
	secant_fail(err, SECANT_ERR_FORMAT, "offline: no outputs \"mask\" and \"probabilities\"");
	graph_free(g);
	return NULL;
}

graph_net *
deploy_graph_at(const deploy_deployed *d, const secant_shape *input, secant_err *err)
{
	return network_at(d, input, input ? 1 : 0, err);
}

exec_store *
deploy_store_of(const deploy_deployed *d, const graph_net *g, secant_err *err)
{
	secant_tensors t = { 0 };
	exec_store *s = exec_store_new(g, false, err);
	if (!s)
		return NULL;
	if (d->onnx.m)
		for (int i = 0; i < s->n; i++) {
			const exec_slot *from = exec_store_find(d->store, s->slot[i].name);
			for (int64_t k = 0; from && k < s->slot[i].count; k++)
				exec_slot_set(s, &s->slot[i], k, exec_slot_get(d->store, from, k));
		}
	else if (secant_tensors_read(&t, NULL, d->path, err) || deploy_store_load(s, &t, err)) {
		exec_store_free(s);
		s = NULL;
	}
	secant_tensors_free(&t);
	return s;
}

/* ---- settings ---- */

void
deploy_class_names_free(char **names, int n)
{
	for (int i = 0; i < n; i++)
		secant_free(names[i]);
	secant_free(names);
}

secant_status
deploy_class_names_read(const json_t *settings, char ***names, int *n, secant_err *err)
{
	const json_t *list = json_object_get(settings, "class_names");
	size_t count = json_array_size(list);
	*names = NULL;
	*n = 0;
	if (count > 65535)
		return secant_fail(err, SECANT_ERR_FORMAT, "the model has %zu class names, want at most 65535", count);
	if (!count)
		return SECANT_OK;
	char **made = secant_calloc(count, sizeof *made);
	bool ok = made != NULL;
	for (size_t i = 0; i < count && ok; i++) {
		const char *name = json_string_value(json_array_get(list, i));
		ok = (made[i] = base_strdup(name ? name : "")) != NULL;
	}
	if (!ok) {
		deploy_class_names_free(made, made ? (int)count : 0);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	}
	*names = made;
	*n = (int)count;
	return SECANT_OK;
}

secant_status
deploy_palette_read(const json_t *settings, uint8_t (**palette)[3], int *n, secant_err *err)
{
	const json_t *colours = json_object_get(settings, "palette");
	size_t m = json_array_size(colours);
	*palette = NULL;
	*n = 0;
	if (m > 65535)
		return secant_fail(err, SECANT_ERR_FORMAT, "the model has %zu colours, want at most 65535", m);
	if (m && !(*palette = secant_calloc(m, sizeof **palette)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for colours");
	for (size_t i = 0; i < m; i++)
		for (size_t c = 0; c < 3; c++)
			(*palette)[i][c] = (uint8_t)json_integer_value(json_array_get(json_array_get(colours, i), c));
	*n = (int)m;
	return SECANT_OK;
}

/* Of a model's settings; NAN: none is kept. */
static double
kept_threshold(const json_t *settings)
{
	const json_t *j = json_object_get(settings, "threshold");
	if (!j)
		j = json_object_get(json_object_get(settings, "compiled"), "threshold");
	double v = json_is_number(j) ? json_number_value(j) : NAN;
	return v >= 0 && v <= 1 ? v : NAN;
}

double
deploy_threshold(const deploy_deployed *d, int n, double asked)
{
	double kept = asked >= 0 || n < 1 ? asked : kept_threshold(d[0].file.settings);
	for (int i = 1; asked < 0 && i < n; i++)
		if (kept_threshold(d[i].file.settings) != kept)
			return .5;
	return kept >= 0 ? kept : .5;
}

void
deploy_scaled_read(const json_t *settings, int scaled[2])
{
	const json_t *j = json_object_get(settings, "scaled");
	json_int_t h = json_integer_value(json_array_get(j, 0)), w = json_integer_value(json_array_get(j, 1));
	bool good = h >= 1 && h <= 65536 && w >= 1 && w <= 65536;
	scaled[0] = good ? (int)h : 0;
	scaled[1] = good ? (int)w : 0;
}

static secant_status
read_settings(deploy_deployed *d, secant_err *err)
{
	const json_t *s = d->file.settings, *net = json_object_get(s, "network");
	const char *mode = json_string_value(json_object_get(s, "mode"));
	const char *kind = json_string_value(json_object_get(s, "kind"));
	const json_t *inputs = json_object_get(s, "inputs");
	d->in_channels = (int)json_integer_value(json_object_get(net, "in-channels"));
	d->inputs = json_is_integer(inputs) ? (int)json_integer_value(inputs) : d->in_channels;
	if (kind && !base_network_kind_find(kind, &d->kind))
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s: its settings say that it takes '%s', which is unknown here", d->path, kind);
	d->categories = d->inputs > d->in_channels ? (int)json_integer_value(json_object_get(net, "categories")) : 0;
	d->parts = d->kind == SECANT_NETWORK_POINTS
		&& json_array_size(json_object_get(json_object_get(s, "clouds"), "parts"));
	d->classes = (int)json_integer_value(json_object_get(net, "classes"));
	d->multiple = (int)json_integer_value(json_object_get(s, "multiple"));
	const json_t *least = json_object_get(s, "least"); /* models of the first versions do not say it */
	d->least = least ? (int)json_integer_value(least) : 1;
	d->side = (int)json_integer_value(json_object_get(s, "side"));
	deploy_scaled_read(s, d->scaled);
	d->activated = json_is_string(json_object_get(net, "activation"))
		&& strcmp(json_string_value(json_object_get(net, "activation")), "identity");
	if (d->in_channels < 1 || d->in_channels > 16 || d->classes < 1 || d->classes > 65535 || d->multiple < 1
		|| d->multiple > 4096 || d->least < 1 || d->least > 4096 || d->side < 0 || d->side > 4096)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"the model's settings want 1 to 16 channels, 1 to 65535 classes, a multiple and a least side from 1 to "
			"4096 and a side from 0 to 4096; they say %d, %d, %d, %d, %d",
			d->in_channels, d->classes, d->multiple, d->least, d->side);
	if (d->inputs < d->in_channels || d->inputs > d->in_channels + 1 || d->categories < 0)
		return secant_fail(
			err, SECANT_ERR_FORMAT, "the model's settings want %d inputs for %d channels", d->inputs, d->in_channels);
	d->mode = d->classes == 1 ? BASE_MODE_BINARY : BASE_MODE_MULTICLASS;
	if (mode && !base_mode_find(mode, &d->mode)) {
		(void)base_mode_unknown(mode, err);
		secant_err_prefix(err, "%s: its settings", d->path);
		return SECANT_ERR_FORMAT;
	}
	secant_status status = prepare_normalize_parse(
		json_string_value(json_object_get(s, "normalize")), d->in_channels, d->scale, d->shift, err);
	return status ? status : codec_whites_parse(&d->whites, json_string_value(json_object_get(s, "white")), err);
}

/* Weights are read where they stand in the file, whenever a shape needs a plan, and no longer than that: a plan keeps
 * its own copies, in its own layouts, and a mapped file that somebody cuts short would take the process with it. */
static void
release(void *user)
{
	deploy_deployed *d = user;
	exec_store_forget(d->store);
	secant_tensors_free(&d->file.tensors);
}

static secant_status
restore(void *user, secant_err *err)
{
	deploy_deployed *d = user;
	release(d);
	secant_status status = d->memory
		? secant_tensors_decode(&d->file.tensors, NULL, d->memory, d->memory_size, d->path, err)
		: secant_tensors_read(&d->file.tensors, NULL, d->path, err);
	if (!status && (status = fill_store(d->store, &d->file.tensors, true, err))) {
		release(d);
		secant_err_prefix(err, "%s changed while it was in use", d->path);
	}
	return status;
}

/* ---- packed weights ---- */

enum { ALIGNED = 64 };

static const void *
lend(const void *lender, const char *key, size_t bytes)
{
	const deploy_deployed *d = lender;
	const secant_tensor *t = secant_tensors_find(&d->packed, key);
	bool fits = t && t->dtype == SECANT_U8 && secant_tensor_bytes(t) >= bytes && (uintptr_t)t->data % ALIGNED == 0;
	return fits ? t->data : NULL;
}

/* Keeps the file where there is something to lend. */
static secant_status
open_packed(deploy_deployed *d, exec_plan_options *o, secant_err *err)
{
	bool any = false;
	for (int i = 0; i < d->file.tensors.n && !any; i++)
		any = is_packed(d->file.tensors.v[i].name);
	if (!any || d->memory || o->precision == EXEC_PRECISION_F64)
		return SECANT_OK;
	o->lend = lend;
	o->lender = d;
	return secant_tensors_read(&d->packed, NULL, d->path, err);
}

const char *
deploy_packed_for(int threads, char *text, size_t n)
{
	(void)snprintf(text, n, "%s, %s, %d threads", base_isa_name(base_cpu_isa()), secant_backend(),
		threads < 1 ? base_cpu_count() : threads);
	return text;
}

const char *
deploy_packed_remark(const deploy_deployed *d, int threads, char *text, size_t n)
{
	const char *is = json_string_value(json_object_get(json_object_get(d->file.settings, "compiled"), "packed"));
	char here[120];
	if (!is || !strcmp(is, deploy_packed_for(threads, here, sizeof here)))
		return NULL;
	(void)snprintf(text, n, "the model's packed weights are for %s; they are packed anew for %s", is, here);
	return text;
}

/* An ONNX file itself, or the model file that import made of one: the settings are there then. */
static secant_status
open_onnx(deploy_deployed *d, const char *path, const exec_plan_options *o, secant_err *err)
{
	deploy_onnx_wishes wishes = { 0 };
	json_t *guessed = NULL;
	base_str said = { 0 };
	bool f64 = o->precision == EXEC_PRECISION_F64;
	secant_tensor *bytes = secant_tensors_find(&d->file.tensors, "onnx");
	if (d->file.graph && !bytes)
		return secant_fail(err, SECANT_ERR_FORMAT, "the model of ONNX is not in it");
	if (d->file.graph) {
		wishes.output = json_string_value(json_object_get(d->file.graph, "output"));
		wishes.channel_order = json_string_value(json_object_get(d->file.graph, "channel_order"));
	}
	d->onnx.m = bytes ? format_onnx_decode(bytes->data, secant_tensor_bytes(bytes), err) : format_onnx_open(path, err);
	if (!d->onnx.m || deploy_offline_onnx_refuse_aipp(d->onnx.m, err)
		|| (bytes && format_onnx_instead(d->onnx.m, &d->file.tensors, err))
		|| deploy_onnx_understand(&d->onnx, &wishes, &guessed, d->file.settings ? NULL : &said, err)) {
		base_str_free(&said);
		return err->code;
	}
	d->taken = said.n && !deploy_onnx_is_ours(&d->onnx) ? base_str_take(&said) : NULL;
	for (char *c = d->taken; c && *c; c++) /* lines, as a list */
		*c = *c == '\n' ? ';' : *c;
	base_str_free(&said);
	if (d->file.settings)
		json_decref(guessed);
	else
		d->file.settings = guessed;
	/* The store is filled once: every size has the same states. */
	graph_net *g = deploy_onnx_graph_at(&d->onnx, NULL, NULL, &d->store, f64, err);
	graph_free(g);
	if (!g || read_settings(d, err) || !(g = make_graph(d, NULL, 0, err)))
		return err->code;
	d->runner = exec_runner_new(d->store, g, make_graph, d, o, err);
	d->ends = true;
	graph_free(g);
	return d->runner ? SECANT_OK : err->code;
}

/* A compiled model says itself in what it is to be run, where the user does not. */
static const char *
precision_of(const deploy_deployed *d, const char *asked)
{
	const char *own = json_string_value(json_object_get(json_object_get(d->file.settings, "compiled"), "precision"));
	return own && !strcmp(asked, "auto") ? own : asked;
}

/* d->memory says where from; d is zero else. */
static secant_status
open_model(deploy_deployed *d, const char *path, const char *precision, int threads, unsigned allow, secant_err *err)
{
	secant_err own = { 0 };
	d->training_operators = (allow & DEPLOY_ALLOW_TRAINING) != 0;
	graph_net *g = NULL;
	bool onnx = !d->memory && deploy_is_onnx(path);
	if ((onnx
			|| !(d->memory ? format_model_file_decode(&d->file, d->memory, d->memory_size, path, &own)
						   : format_model_file_read(&d->file, path, &own)))
		&& !exec_precision_choose(precision_of(d, precision), &d->precision, &own)) {
		bool f64 = d->precision == EXEC_PRECISION_F64;
		d->whole = (allow & DEPLOY_WHOLE) && d->file.offline;
		exec_plan_options o = {
			.precision = d->precision, .threads = threads, .allow_reference = (allow & DEPLOY_ALLOW_REFERENCE) != 0
		};
		if (!(d->path = base_strdup(path)))
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a path");
		if (!own.code && (onnx || json_object_get(d->file.graph, "onnx"))) {
			if (open_onnx(d, path, &o, &own))
				secant_err_prefix(&own, "%s", path);
			if (!own.code)
				return SECANT_OK;
			deploy_deployed_close(d);
			return secant_fail(err, own.code, "%s", own.msg);
		}
		if (own.code || read_settings(d, &own) || !(g = make_graph(d, NULL, 0, &own))
			|| !(d->store = exec_store_new(g, f64, &own))
			|| (f64 ? deploy_store_load(d->store, &d->file.tensors, &own) : check_fit(d->store, &d->file.tensors, &own))
			|| open_packed(d, &o, &own) || !(d->runner = exec_runner_new(d->store, g, make_graph, d, &o, &own)))
			secant_err_prefix(&own, "%s", path);
		else
			d->ends = !json_object_get(json_object_get(d->file.graph, "outputs"), "probabilities");
		if (!own.code && !f64)
			exec_runner_spare(d->runner, restore, release);
		secant_tensors_free(&d->file.tensors);
	}
	graph_free(g);
	if (!own.code)
		return SECANT_OK;
	deploy_deployed_close(d);
	return secant_fail(err, own.code, "%s", own.msg);
}

secant_status
deploy_deployed_open(
	deploy_deployed *d, const char *path, const char *precision, int threads, unsigned allow, secant_err *err)
{
	*d = (deploy_deployed){ 0 };
	return open_model(d, path, precision, threads, allow, err);
}

secant_status
deploy_deployed_open_memory(deploy_deployed *d, const void *data, size_t size, const char *name, const char *precision,
	int threads, unsigned allow, secant_err *err)
{
	*d = (deploy_deployed){ .memory = data, .memory_size = size };
	return open_model(d, name, precision, threads, allow, err);
}

void
deploy_deployed_close(deploy_deployed *d)
{
	exec_runner_free(d->runner);
	exec_store_free(d->store);
	format_onnx_close(d->onnx.m);
	format_model_file_free(&d->file);
	secant_tensors_free(&d->packed);
	secant_free(d->path);
	secant_free(d->taken);
	*d = (deploy_deployed){ 0 };
}
