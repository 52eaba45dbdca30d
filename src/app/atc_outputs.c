/* Values of a network by atc's flags; see atc_outputs.h. */
#include "app/atc_outputs.h"
#include <stdio.h>
#include <string.h>
#include "base/mem.h"

/* The next item of "a;b" into `item`; false at the end. */
static bool
next_item(const char **at, char *item, size_t size)
{
	size_t n = strcspn(*at, ";");
	(void)snprintf(item, size, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == ';');
	return n > 0;
}

/* "node:0": the number behind the last colon is cut off; without one 0. */
static int
cut_place(char *item)
{
	char *colon = strrchr(item, ':');
	if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 6)
		return 0;
	int place = 0;
	for (const char *p = colon + 1; *p; p++)
		place = place * 10 + (*p - '0');
	*colon = '\0';
	return place;
}

/* out_nodes as names of values, each once. */
static secant_status
choose_outputs(const secant_atc *o, const format_onnx_graph *g, json_t *names, secant_err *err)
{
	char item[512], whole[512];
	for (const char *at = o->out_nodes; at && *at;) {
		if (!next_item(&at, item, sizeof item))
			continue;
		memcpy(whole, item, sizeof whole);
		int place = cut_place(item);
		const char *value = deploy_offline_onnx_value(g, item, place);
		const json_t *other;
		size_t i;
		if (!value)
			value = deploy_offline_onnx_value(g, whole, 0);
		if (!value) {
			const char **nodes = secant_calloc((size_t)g->n_node + 1, sizeof *nodes);
			for (int k = 0; nodes && k < g->n_node; k++)
				nodes[k] = g->node[k].name;
			const char *near = nodes ? secant_nearest(item, nodes) : NULL;
			secant_fail(err, SECANT_ERR_ARG, "out_nodes: the network has no node '%s' with an output %d%s%s", item,
				place, near ? "; nearest: " : "", near ? near : "");
			secant_free(nodes);
			return err->code;
		}
		json_array_foreach (names, i, other)
			if (!strcmp(json_string_value(other), value))
				return secant_fail(err, SECANT_ERR_ARG, "out_nodes: '%s' is named twice", whole);
		if (json_array_size(names) == DEPLOY_OFFLINE_OUTPUTS)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "out_nodes: more than %d", (int)DEPLOY_OFFLINE_OUTPUTS);
		json_array_append_new(names, json_string(value));
	}
	return SECANT_OK;
}

static secant_status
check_type(const char *type, secant_err *err)
{
	if (deploy_offline_type(type))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_UNSUPPORTED, "output_type '%s': FP32, FP16, UINT8 and INT8 are made", type);
}

/* The value that comes out i-th. */
static const char *
output_at(const format_onnx_graph *g, const json_t *names, int i)
{
	return json_array_size(names) ? json_string_value(json_array_get(names, (size_t)i)) : g->out[i].name;
}

/* Is a value of real numbers, as far as the file says? */
static bool
is_real(const format_onnx_graph *g, const char *value)
{
	for (int i = 0; i < g->n_out; i++)
		if (!strcmp(g->out[i].name, value))
			return !g->out[i].type || format_onnx_type_is_real(g->out[i].type);
	return true;
}

/* output_type: one word for all (a real type: classes stay whole), or "node:0:FP16;...", for those that come out. */
static secant_status
choose_types(const secant_atc *o, const format_onnx_graph *g, const json_t *names, json_t *types, secant_err *err)
{
	int n = json_array_size(names) ? (int)json_array_size(names) : g->n_out;
	const char *text = o->output_type;
	char item[512];
	bool all = text && !strchr(text, ':'), real = all && (!strcmp(text, "FP32") || !strcmp(text, "FP16"));
	for (int i = 0; text && i < n && i < DEPLOY_OFFLINE_OUTPUTS; i++)
		json_array_append_new(
			types, all && (!real || is_real(g, output_at(g, names, i))) ? json_string(text) : json_null());
	if (all)
		return check_type(text, err);
	for (const char *at = text; at && *at;) {
		if (!next_item(&at, item, sizeof item))
			continue;
		char *type = strrchr(item, ':');
		if (!type)
			return secant_fail(err, SECANT_ERR_ARG, "output_type: '%s' is not NODE:PLACE:TYPE", item);
		*type++ = '\0';
		int place = cut_place(item), found = -1;
		const char *value = deploy_offline_onnx_value(g, item, place);
		for (int i = 0; value && i < n && i < DEPLOY_OFFLINE_OUTPUTS; i++)
			if (!strcmp(value,
					json_array_size(names) ? json_string_value(json_array_get(names, (size_t)i)) : g->out[i].name))
				found = i;
		if (found < 0)
			return secant_fail(err, SECANT_ERR_ARG, "output_type: '%s:%d' does not come out", item, place);
		if (check_type(type, err))
			return err->code;
		json_array_set_new(types, (size_t)found, json_string(type));
	}
	return SECANT_OK;
}

/* input_fp16_nodes: "x;y". */
static secant_status
choose_half(const secant_atc *o, const format_onnx_graph *g, json_t *inputs, secant_err *err)
{
	char item[512];
	for (const char *at = o->input_fp16_nodes; at && *at;) {
		int found = -1;
		if (!next_item(&at, item, sizeof item))
			continue;
		for (int i = 0; i < g->n_in; i++)
			if (!strcmp(g->in[i].name, item))
				found = i;
		if (found < 0)
			return secant_fail(err, SECANT_ERR_ARG, "input_fp16_nodes: the network has no input '%s'", item);
		if (g->in[found].type != FORMAT_ONNX_FLOAT)
			return secant_fail(err, SECANT_ERR_ARG, "input_fp16_nodes: input '%s' is %s, not float", item,
				format_onnx_type_name(g->in[found].type));
		json_object_set_new(json_array_get(inputs, (size_t)found), "half", json_true());
	}
	return SECANT_OK;
}

secant_status
app_atc_choose(const secant_atc *o, const format_onnx_graph *g, json_t *told, secant_err *err)
{
	json_t *names = json_array(), *types = json_array();
	secant_status s = choose_half(o, g, json_object_get(told, "inputs"), err);
	if (!s && !(s = choose_outputs(o, g, names, err)) && !(s = choose_types(o, g, names, types, err))) {
		if (json_array_size(names))
			json_object_set(told, "outputs", names);
		if (json_array_size(types))
			json_object_set(told, "types", types);
	}
	json_decref(names);
	json_decref(types);
	return s;
}
