/* A network from ONNX in deployment; see onnx_network.h. */
#include "deploy/onnx_network.h"
#include <string.h>
#include "ops/ops.h"

enum { USUAL_SIZE = 256, MOST_CHANNELS = 16 };

bool
deploy_is_onnx(const char *path)
{
	uint8_t head[64];
	size_t got = 0;
	uint64_t whole;
	return !base_file_head(path, head, sizeof head, &got, &whole, NULL) && format_onnx_detect(head, got);
}

/* ---- graphs ---- */

/* Channels the other way round. */
static graph_value
turned(graph_net *g, graph_value x)
{
	const secant_shape *s = graph_shape(g, x);
	graph_value part[MOST_CHANNELS];
	int n = (int)s->dim[3];
	for (int i = 0; i < n && n <= MOST_CHANNELS; i++) {
		int from = n - 1 - i;
		op_slice_attr a = { { 4, { 0, 0, 0, from } }, { 4, { -1, -1, -1, from + 1 } }, { 0 } };
		part[i] = graph_apply(g, "slice", &a, 1, x);
	}
	const graph_node *node = graph_make_node(g, "concat", &(op_axis_attr){ 3 }, n, part);
	return node ? node->out[0] : -1;
}

static secant_shape
own_shape(const deploy_onnx_source *s)
{
	const format_onnx_info *in = &s->m->graph.in[s->input];
	int c = s->rows ? 3 : 1, h = s->rows ? 1 : 2;
	int64_t dim[4];
	for (int i = 0; i < 4; i++)
		dim[i] = in->rank == 4 && in->dim[i] > 0 ? in->dim[i] : i == 0 ? 1 : i == c ? 3 : USUAL_SIZE;
	return secant_shape_of(4, dim[0], dim[h], dim[h + 1], dim[c]);
}

/* Logits as N x H x W x classes. */
static graph_value
logits_of(const deploy_onnx_source *s, format_onnx_network *n, secant_err *err)
{
	const onnx_mapped *m = &n->out[s->output];
	const char *name = s->m->graph.out[s->output].name;
	if (m->v < 0)
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "output '%s' does not depend on the picture", name);
	else if (m->rank < 3 || m->rank > 4)
		secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "output '%s' has %d axes; scores of pixels have 3 or 4", name, m->rank);
	else if (!format_onnx_type_is_real(m->type))
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "output '%s' is %s: classes, where scores are wanted", name,
			format_onnx_type_name(m->type));
	if (err->code)
		return -1;
	if (m->rank == 3) { /* N, H, W of one class */
		op_shape_attr a = { { 4, { (int)m->dim[0], (int)m->dim[1], (int)m->dim[2], 1 } } };
		return graph_apply(n->g, "reshape", &a, 1, format_onnx_output(n, s->output, false));
	}
	return format_onnx_output(n, s->output, !s->rows);
}

graph_net *
deploy_onnx_graph_at(
	const deploy_onnx_source *s, const secant_shape *shape, exec_store **store, bool f64, secant_err *err)
{
	secant_err own = { 0 };
	secant_shape x = shape ? *shape : own_shape(s);
	format_onnx_size size = { .last = !s->rows, .name = "input", .before = s->backwards ? turned : NULL };
	size.shape = s->rows ? x : secant_shape_of(4, x.dim[0], x.dim[3], x.dim[1], x.dim[2]);
	format_onnx_network *n = format_onnx_map(s->m, &size, 1, &own);
	if (n) {
		graph_value logits = logits_of(s, n, &own);
		if (!own.code)
			graph_output(n->g, "logits", logits);
		if (!own.code)
			(void)!graph_check(n->g, &own);
		if (!own.code && store)
			*store = deploy_onnx_store(n, f64, &own);
	}
	graph_net *g = NULL;
	if (!own.code) {
		g = n->g;
		n->g = NULL;
	}
	format_onnx_network_free(n);
	if (own.code)
		secant_fail(err, own.code, "%s", own.msg);
	return g;
}

/* ---- guesses ---- */

static secant_status
choose_input(deploy_onnx_source *s, base_str *said, secant_err *err)
{
	const format_onnx_graph *g = &s->m->graph;
	if (g->n_in != 1)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the network has %d inputs; one picture is what it gets (secant run takes any)", g->n_in);
	const format_onnx_info *in = &g->in[0];
	if (in->rank != 4 || !format_onnx_type_is_real(in->type))
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "input '%s' is no picture of real numbers with four axes", in->name);
	bool first = in->dim[1] > 0 && in->dim[1] <= MOST_CHANNELS, last = in->dim[3] > 0 && in->dim[3] <= MOST_CHANNELS;
	s->rows = last && !first;
	base_str_addf(said, "input '%s': %s%s\n", in->name, s->rows ? "N,H,W,C" : "N,C,H,W",
		first == last ? ", which its shape does not tell" : "");
	return SECANT_OK;
}

static secant_status
choose_output(deploy_onnx_source *s, const char *wanted, base_str *said, secant_err *err)
{
	const format_onnx_graph *g = &s->m->graph;
	s->output = -1;
	for (int i = 0; i < g->n_out && s->output < 0; i++)
		if (wanted ? !strcmp(g->out[i].name, wanted)
				   : (g->out[i].rank < 0 || g->out[i].rank == 4 || g->out[i].rank == 3))
			s->output = i;
	if (s->output < 0 && wanted)
		return secant_fail(err, SECANT_ERR_ARG, "the network has no output '%s'", wanted);
	if (s->output < 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "no output has the three or four axes of scores of pixels");
	base_str_addf(said, "output '%s'%s\n", g->out[s->output].name,
		g->n_out > 1 && !wanted ? ", the first of several; --output NAME takes another" : "");
	return SECANT_OK;
}

/* The activation that a network ends in: what makes its output, behind nodes that only move numbers. */
static const char *
last_activation(const deploy_onnx_source *s)
{
	const format_onnx_graph *g = &s->m->graph;
	const char *name = g->out[s->output].name;
	for (int i = g->n_node - 1; i >= 0; i--) {
		const format_onnx_node *n = &g->node[i];
		if (!n->n_out || strcmp(n->out[0], name) || !n->n_in)
			continue;
		if (!strcmp(n->op, "Softmax"))
			return "softmax";
		if (!strcmp(n->op, "Sigmoid"))
			return "sigmoid";
		if (strcmp(n->op, "Identity") && strcmp(n->op, "Transpose") && strcmp(n->op, "Reshape") && strcmp(n->op, "Cast")
			&& strcmp(n->op, "Resize") && strcmp(n->op, "Upsample"))
			return "identity";
		name = n->in[0];
	}
	return "identity";
}

/* What secant export left in a file. */
static const char *
metadata_of(const format_onnx_model *m, const char *key)
{
	for (int i = 0; i < m->n_pair; i++)
		if (!strcmp(m->pair[i].key, key) && *m->pair[i].value)
			return m->pair[i].value;
	return NULL;
}

/* Class names of the metadata, if they are as many as there are classes. */
static void
add_class_names(json_t *settings, const format_onnx_model *m, int64_t classes)
{
	const char *text = metadata_of(m, "class_names");
	json_t *names = text ? json_loads(text, 0, NULL) : NULL;
	bool fits = json_is_array(names) && (int64_t)json_array_size(names) == classes;
	for (size_t i = 0; fits && i < json_array_size(names); i++)
		fits = json_is_string(json_array_get(names, i));
	if (fits)
		json_object_set(settings, "class_names", names);
	json_decref(names);
}

secant_status
deploy_onnx_understand(
	deploy_onnx_source *s, const deploy_onnx_wishes *w, json_t **settings, base_str *said, secant_err *err)
{
	base_str unheard = { 0 };
	base_str *say = said ? said : &unheard;
	secant_status status = choose_input(s, say, err);
	if (!status)
		status = choose_output(s, w->output, say, err);
	if (status)
		return base_str_free(&unheard), status;
	s->backwards = w->channel_order && !strcmp(w->channel_order, "bgr");
	const format_onnx_info *in = &s->m->graph.in[s->input];
	secant_shape own = own_shape(s);
	bool fixed = in->dim[s->rows ? 1 : 2] > 0 && in->dim[s->rows ? 2 : 3] > 0;
	graph_net *g = deploy_onnx_graph_at(s, NULL, NULL, false, err);
	if (!g)
		return base_str_free(&unheard), err ? err->code : SECANT_ERR_UNSUPPORTED;
	secant_shape out = *graph_shape(g, graph_find_output(g, "logits"));
	graph_free(g);
	const char *activation = w->activation ? w->activation : last_activation(s);
	int64_t classes = out.dim[3];
	bool sigmoid = !strcmp(activation, "sigmoid");
	const char *mode = w->mode ? w->mode : classes == 1 ? "binary" : sigmoid ? "multilabel" : "multiclass";
	const char *told = metadata_of(s->m, "normalize"),
			   *normalize = w->normalize ? w->normalize
		: told                           ? told
										 : "imagenet";
	if (out.dim[1] != own.dim[1] || out.dim[2] != own.dim[2])
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"a picture of %lldx%lld gives scores of %lldx%lld: not one for each pixel", (long long)own.dim[1],
			(long long)own.dim[2], (long long)out.dim[1], (long long)out.dim[2]);
	int64_t multiple = !fixed ? 32 : own.dim[1] == own.dim[2] ? own.dim[1] : 1;
	base_str_addf(say, "%lld classes, %s%s\nends in %s%s\nnormalisation %s%s\nchannels %s%s\n", (long long)classes,
		mode, w->mode ? "" : " (--mode says otherwise)", !strcmp(activation, "identity") ? "no activation" : activation,
		w->activation ? "" : ", as its last nodes say", normalize,
		w->normalize ? ""
			: told   ? ", as its metadata says"
					 : ", which the file does not tell (--normalize says otherwise)",
		s->backwards ? "blue, green, red" : "red, green, blue",
		w->channel_order ? "" : ", which no file tells (--channel-order says otherwise)");
	if (fixed)
		base_str_addf(
			say, "pictures of %lldx%lld, which the file fixes\n", (long long)own.dim[1], (long long)own.dim[2]);
	else
		base_str_addf(say, "pictures padded to a multiple of 32\n");
	if (!status)
		*settings = json_pack("{s:i,s:{s:s,s:I,s:I,s:s},s:s,s:s,s:I}", "version", 1, "network", "arch", "onnx",
			"in-channels", (json_int_t)own.dim[3], "classes", (json_int_t)classes, "activation", activation, "mode",
			mode, "normalize", normalize, "multiple", (json_int_t)(multiple < 1024 ? multiple : 1));
	if (!status && *settings)
		add_class_names(*settings, s->m, classes);
	base_str_free(&unheard);
	return status;
}
