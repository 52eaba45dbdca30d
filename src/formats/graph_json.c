/* Graphs as JSON. See graph_json.h. */
#include "formats/graph_json.h"
#include <math.h>
#include <string.h>

static json_t *
shape_to_json(const secant_shape *s)
{
	json_t *a = json_array();
	for (int i = 0; i < s->rank; i++)
		json_array_append_new(a, json_integer(s->dim[i]));
	return a;
}

static json_t *
node_to_json(const graph_node *n)
{
	json_t *j = json_object(), *in = json_array();
	json_object_set_new(j, "op", json_string(n->op->name));
	for (int i = 0; i < n->n_in; i++)
		json_array_append_new(in, json_integer(n->in[i]));
	json_object_set_new(j, "in", in);
	if (n->attr)
		json_object_set_new(j, "attr", base_opts_json(n->op->attr, n->attr));
	if (n->name)
		json_object_set_new(j, "scope", json_string(n->name));
	return j;
}

static json_t *
scale_to_json(const graph_scale *s)
{
	json_t *j = json_object(), *scale = json_array(), *zero = json_array();
	for (int i = 0; i < s->n; i++) {
		json_array_append_new(scale, json_real(s->scale ? s->scale[i] : 1));
		json_array_append_new(zero, json_integer(s->zero ? (json_int_t)s->zero[i] : 0));
	}
	json_object_set_new(j, "axis", json_integer(s->axis));
	json_object_set_new(j, "scale", scale);
	json_object_set_new(j, "zero", zero);
	return j;
}

/* JSON has no word for what is no number, or infinite. */
static json_t *
number_to_json(double v)
{
	return isfinite(v) ? json_real(v) : json_string(isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
}

static double
number_from_json(const json_t *j)
{
	const char *word = json_string_value(j);
	if (!word)
		return json_number_value(j);
	return !strcmp(word, "inf") ? (double)INFINITY : !strcmp(word, "-inf") ? -(double)INFINITY : (double)NAN;
}

static json_t *
value_to_json(const graph_net *g, graph_value v)
{
	const graph_value_info *info = graph_value_at(g, v);
	if (info->kind == GRAPH_VALUE_NODE)
		return info->slot == 0 ? node_to_json(graph_get_node(g, info->node)) : json_null();
	json_t *j = json_object();
	if (info->kind == GRAPH_VALUE_CONST) {
		json_t *numbers = json_array();
		for (int64_t i = 0, n = secant_shape_count(&info->type.shape); i < n; i++)
			json_array_append_new(numbers, number_to_json(info->numbers[i]));
		json_object_set_new(j, "constant", numbers);
	} else {
		json_object_set_new(j, info->kind == GRAPH_VALUE_INPUT ? "input" : "state", json_string(info->name));
	}
	json_object_set_new(j, "dtype", json_string(secant_dtype_name(info->type.dtype)));
	json_object_set_new(j, "shape", shape_to_json(&info->type.shape));
	if (info->trainable)
		json_object_set_new(j, "trainable", json_true());
	if (info->type.scale.n)
		json_object_set_new(j, "scale", scale_to_json(&info->type.scale));
	return j;
}

json_t *
format_graph_to_json(const graph_net *g)
{
	json_t *j = json_object(), *values = json_array(), *out = json_object();
	for (int v = 0; v < graph_values(g); v++)
		json_array_append_new(values, value_to_json(g, v));
	for (int i = 0; i < graph_outputs(g); i++) {
		const char *name;
		graph_value v = graph_output_at(g, i, &name);
		json_object_set_new(out, name, json_integer(v));
	}
	json_object_set_new(j, "values", values);
	json_object_set_new(j, "outputs", out);
	return j;
}

/* ---- reading ---- */

typedef struct reader {
	graph_net *g;
	graph_value *map; /* place -> value */
	int places; /* read so far */
	const secant_shape *input; /* shapes of the inputs, n_input of them; NULL: as stored */
	int n_input, inputs; /* inputs: read so far */
	bool training; /* operators of training are taken */
	secant_err *err;
} reader;

static secant_status
bad(reader *r, const char *what)
{
	return secant_fail(r->err, SECANT_ERR_FORMAT, "graph: value %d: %s", r->places, what);
}

static secant_status
read_shape(reader *r, const json_t *j, secant_shape *s)
{
	const json_t *a = json_object_get(j, "shape");
	if (!json_is_array(a) || json_array_size(a) > SECANT_MAX_RANK)
		return bad(r, "no shape of up to 6 dimensions");
	*s = (secant_shape){ .rank = (int)json_array_size(a) };
	for (int i = 0; i < s->rank; i++) {
		const json_t *d = json_array_get(a, (size_t)i);
		if (!json_is_integer(d) || json_integer_value(d) < 0 || json_integer_value(d) > (json_int_t)1 << 40)
			return bad(r, "a dimension is no number from 0 to 2^40");
		s->dim[i] = json_integer_value(d);
	}
	return secant_shape_count(s) < 0 ? bad(r, "the shape overflows") : SECANT_OK;
}

static secant_dtype
read_dtype(const json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "dtype"));
	for (int d = SECANT_F32; name && d <= SECANT_BOOL; d++)
		if (!strcmp(name, secant_dtype_name((secant_dtype)d)))
			return (secant_dtype)d;
	return SECANT_F32;
}

static secant_status
read_constant(reader *r, const json_t *j, const secant_shape *s)
{
	const json_t *numbers = json_object_get(j, "constant");
	int64_t n = secant_shape_count(s);
	if (!json_is_array(numbers) || (int64_t)json_array_size(numbers) != n)
		return bad(r, "a constant has not as many numbers as its shape says");
	double *v = secant_calloc((size_t)n + 1, sizeof *v);
	if (!v)
		return secant_fail(r->err, SECANT_ERR_NOMEM, "no memory for a constant");
	for (int64_t i = 0; i < n; i++)
		v[i] = number_from_json(json_array_get(numbers, (size_t)i));
	r->map[r->places++] = graph_constant(r->g, read_dtype(j), s, v);
	secant_free(v);
	return SECANT_OK;
}

static secant_status
read_node(reader *r, const json_t *j, const char *name)
{
	const graph_op *op = graph_op_find(name);
	const json_t *in = json_object_get(j, "in"), *attr = json_object_get(j, "attr");
	size_t n = json_array_size(in);
	if (!op)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED,
			"graph: value %d: no operator is named '%s'; was the model made by a newer version?", r->places, name);
	if (op->training && !r->training)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED,
			"graph: value %d: '%s' is an operator of training, which a model that is only run has no use for; "
			"--training-operators takes it",
			r->places, name);
	graph_value *args = base_arena_alloc(graph_arena(r->g), (n + 1) * sizeof *args);
	void *attributes = op->attr ? base_arena_alloc(graph_arena(r->g), op->attr->size) : NULL;
	if (!args || (op->attr && !attributes))
		return secant_fail(r->err, SECANT_ERR_NOMEM, "no memory for the graph");
	for (size_t i = 0; i < n; i++) {
		json_int_t at = json_integer_value(json_array_get(in, i));
		if (!json_is_integer(json_array_get(in, i)) || at < -1 || at >= r->places)
			return bad(r, "an input is no earlier value");
		args[i] = at < 0 ? -1 : r->map[at];
	}
	if (op->attr) {
		if (secant_opts_init(op->attr, attributes, r->err))
			return SECANT_ERR_NOMEM;
		char *text = json_is_object(attr) ? base_json_text(attr, 0) : NULL;
		if (json_is_object(attr) && !text)
			return secant_fail(r->err, SECANT_ERR_NOMEM, "no memory for the graph");
		secant_status status = text ? secant_opts_set_json(op->attr, attributes, text, op->name, r->err) : SECANT_OK;
		secant_free(text);
		if (status)
			return status;
	}
	graph_scope(r->g, json_string_value(json_object_get(j, "scope")));
	const graph_node *node = graph_make_node(r->g, name, attributes, (int)n, args);
	if (!node)
		return graph_check(r->g, r->err) ? SECANT_ERR_FORMAT : SECANT_ERR_BUG;
	for (int k = 0; k < node->n_out; k++)
		r->map[r->places++] = node->out[k];
	return SECANT_OK;
}

/* What the numbers of value v stand for, as far as it is said. */
static secant_status
read_scale(reader *r, const json_t *j, graph_value v)
{
	const json_t *of = json_object_get(j, "scale"), *scale = json_object_get(of, "scale"),
				 *zero = json_object_get(of, "zero");
	size_t n = json_array_size(scale);
	if (!of || v < 0)
		return SECANT_OK;
	if (!n || n > 1 << 20 || (zero && json_array_size(zero) != n))
		return bad(r, "a scale wants as many zeros as scales");
	double *numbers = secant_calloc(2 * n, sizeof *numbers);
	if (!numbers)
		return secant_fail(r->err, SECANT_ERR_NOMEM, "no memory for scales");
	for (size_t i = 0; i < n; i++) {
		numbers[i] = json_number_value(json_array_get(scale, i));
		numbers[n + i] = json_number_value(json_array_get(zero, i));
	}
	json_int_t axis = json_integer_value(json_object_get(of, "axis"));
	graph_set_scale(
		r->g, v, &(graph_scale){ (int)n, axis < 0 || axis >= SECANT_MAX_RANK ? -1 : (int)axis, numbers, numbers + n });
	secant_free(numbers);
	return graph_check(r->g, r->err);
}

static secant_status
read_value(reader *r, const json_t *j)
{
	const char *op = json_string_value(json_object_get(j, "op")),
			   *input = json_string_value(json_object_get(j, "input"));
	const char *state = json_string_value(json_object_get(j, "state"));
	secant_shape s;
	if (op)
		return read_node(r, j, op);
	if (read_shape(r, j, &s))
		return SECANT_ERR_FORMAT;
	if (json_object_get(j, "constant"))
		return read_constant(r, j, &s);
	if (!input && !state)
		return bad(r, "neither input, state, constant nor op");
	if (input && r->input && r->inputs == r->n_input)
		return bad(r, "more inputs than there are shapes for");
	r->map[r->places] = input
		? graph_input(r->g, input, read_dtype(j), r->input ? &r->input[r->inputs++] : &s)
		: graph_state(r->g, state, read_dtype(j), &s, json_is_true(json_object_get(j, "trainable")), GRAPH_INIT_ZEROS);
	return read_scale(r, j, r->map[r->places++]);
}

static void
read_outputs(reader *r, const json_t *out)
{
	const char *name;
	json_t *at;
	json_object_foreach ((json_t *)(uintptr_t)out, name, at) {
		if (!json_is_integer(at) || json_integer_value(at) < 0 || json_integer_value(at) >= r->places) {
			secant_fail(r->err, SECANT_ERR_FORMAT, "graph: output '%s' is no value", name);
			return;
		}
		graph_value v = r->map[json_integer_value(at)];
		if (v < 0) {
			secant_fail(r->err, SECANT_ERR_FORMAT, "graph: output '%s' is no value", name);
			return;
		}
		graph_output(r->g, name, v);
	}
	(void)!graph_check(r->g, r->err);
}

graph_net *
format_graph_from_json(const json_t *j, const secant_shape *inputs, int n, bool training, secant_err *err)
{
	const json_t *values = json_object_get(j, "values"), *out = json_object_get(j, "outputs");
	int count = (int)json_array_size(values);
	secant_err own = { 0 };
	reader r = { .g = graph_new(),
		.map = secant_calloc((size_t)count + 9, sizeof(graph_value)),
		.input = inputs,
		.n_input = n,
		.training = training,
		.err = &own };
	if (!r.g || !r.map)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a graph");
	else if (!json_is_array(values) || !json_is_object(out))
		secant_fail(&own, SECANT_ERR_FORMAT, "graph: no \"values\" and \"outputs\"");
	while (!own.code && r.places < count) {
		int before = r.places;
		if (!read_value(&r, json_array_get(values, (size_t)before)))
			(void)!graph_check(r.g, &own);
		if (!own.code && r.places > count)
			secant_fail(&own, SECANT_ERR_FORMAT, "graph: the last node has too few places");
	}
	if (!own.code && inputs && r.inputs != n)
		secant_fail(&own, SECANT_ERR_ARG, "the network has %d inputs, %d are given", r.inputs, n);
	if (!own.code)
		read_outputs(&r, out);
	secant_free(r.map);
	if (!own.code)
		return r.g;
	graph_free(r.g);
	secant_fail(err, own.code, "%s", own.msg);
	return NULL;
}
