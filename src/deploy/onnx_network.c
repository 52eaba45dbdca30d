/* A network from ONNX in deployment; see onnx_network.h. */
#include "deploy/onnx_network.h"
#include <string.h>
#include "formats/mindir/mindir.h"
#include "ops/ops.h"

enum { USUAL_SIZE = 256, MOST_CHANNELS = 16 };

bool
deploy_is_onnx(const char *path)
{
	uint8_t head[64];
	size_t got = 0;
	uint64_t whole;
	return !base_file_head(path, head, sizeof head, &got, &whole, NULL)
		&& (format_onnx_detect(head, got) || format_mindir_detect(head, got));
}

/* ---- graphs ---- */

/* Channels the other way round. */
static graph_value
turned(graph_net *g, graph_value x, const void *user)
{
	const secant_shape *s = graph_shape(g, x);
	graph_value part[MOST_CHANNELS];
	int n = (int)s->dim[3];
	for (int i = 0; i < n && n <= MOST_CHANNELS; i++) {
		int from = n - 1 - i;
		op_slice_attr a = { { 4, { 0, 0, 0, from } }, { 4, { -1, -1, -1, from + 1 } }, { 0 } };
		part[i] = graph_apply(g, "slice", &a, 1, x);
	}
	return op_build_concat(g, n, part, 3);
}

const char *
deploy_onnx_output_name(const deploy_onnx_source *s)
{
	return s->m->graph.out[s->output].name;
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

/* The output may hold scores of pixels. */
static bool
are_scores(const deploy_onnx_source *s, const onnx_mapped *m, secant_err *err)
{
	const char *name = s->m->graph.out[s->output].name;
	if (m->v < 0)
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "output '%s' does not depend on the picture", name);
	else if (m->rank < 3 || m->rank > 4)
		secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "output '%s' has %d axes; scores of pixels have 3 or 4", name, m->rank);
	else if (!format_onnx_type_is_real(m->type))
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "output '%s' is %s: classes, where scores are wanted", name,
			format_onnx_type_name(m->type));
	return !err->code;
}

/* Logits as N x H x W x classes. */
static graph_value
logits_of(const deploy_onnx_source *s, format_onnx_network *n, const secant_shape *picture, secant_err *err)
{
	const onnx_mapped *m = &n->out[s->output];
	if (!are_scores(s, m, err))
		return -1;
	op_shape_attr one = { { 4, { (int)m->dim[0], (int)m->dim[1], (int)m->dim[2], 1 } } }; /* N, H, W of one class */
	graph_value v = m->rank == 3 ? graph_apply(n->g, "reshape", &one, 1, format_onnx_output(n, s->output, false))
								 : format_onnx_output(n, s->output, !s->rows_out);
	if (!s->coarse)
		return v;
	op_resize_attr up = { .size = { 2, { (int)picture->dim[1], (int)picture->dim[2] } }, .mode = OP_RESIZE_BILINEAR };
	return graph_apply(n->g, "resize", &up, 1, v);
}

/* The network for pictures of that shape, N x H x W x C (NULL: the file's own). */
static format_onnx_network *
mapped_at(const deploy_onnx_source *s, const secant_shape *shape, const format_onnx_learning *learning,
	secant_shape *picture, secant_err *err)
{
	secant_shape x = *picture = shape ? *shape : own_shape(s);
	format_onnx_size size = {
		.last = !s->rows, .as_reals = true, .name = "input", .before = s->backwards ? turned : NULL
	};
	size.shape = s->rows ? x : secant_shape_of(4, x.dim[0], x.dim[3], x.dim[1], x.dim[2]);
	return format_onnx_map(s->m, &size, 1, learning, err);
}

graph_net *
deploy_onnx_graph_at(const deploy_onnx_source *s, const secant_shape *shape, const format_onnx_learning *learning,
	exec_store **store, bool f64, secant_err *err)
{
	secant_err own = { 0 };
	secant_shape picture;
	format_onnx_network *n = mapped_at(s, shape, learning, &picture, &own);
	if (n) {
		graph_value logits = logits_of(s, n, &picture, &own);
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

/* "image float 1x3x?x?, mask float ...": inputs as a user would look for them. */
static char *
inputs_text(const format_onnx_graph *g)
{
	base_str t = { 0 };
	for (int i = 0; i < g->n_in; i++) {
		const format_onnx_info *in = &g->in[i];
		base_str_addf(&t, "%s'%.60s' %s ", i ? ", " : "", in->name, format_onnx_type_name(in->type));
		for (int d = 0; d < in->rank; d++)
			if (in->dim[d] >= 0)
				base_str_addf(&t, "%s%lld", d ? "x" : "", (long long)in->dim[d]);
			else
				base_str_addf(&t, "%s?", d ? "x" : "");
	}
	return base_str_take(&t);
}

static secant_status
choose_input(deploy_onnx_source *s, base_str *said, secant_err *err)
{
	const format_onnx_graph *g = &s->m->graph;
	if (g->n_in != 1) {
		char *text = inputs_text(g);
		secant_status status = secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the network has %d inputs (%s); one picture is what it gets (secant run takes any)", g->n_in,
			text ? text : "");
		secant_free(text);
		return status;
	}
	const format_onnx_info *in = &g->in[0];
	bool bytes = in->type == FORMAT_ONNX_UINT8;
	if (in->rank != 4 || !(bytes || format_onnx_type_is_real(in->type)))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"input '%s' is no picture of bytes or real numbers with four axes (secant run takes any)", in->name);
	bool first = in->dim[1] > 0 && in->dim[1] <= MOST_CHANNELS, last = in->dim[3] > 0 && in->dim[3] <= MOST_CHANNELS;
	s->rows = last && !first;
	base_str_addf(said, "input '%s': %s%s%s\n", in->name, s->rows ? "N,H,W,C" : "N,C,H,W", bytes ? " of bytes" : "",
		first == last ? ", which its shape does not tell" : "");
	return SECANT_OK;
}

static bool
is_one_of(const char *op, const char *const *list)
{
	while (*list && strcmp(*list, op))
		list++;
	return *list != NULL;
}

/* Output i is another value of the network from now on. */
static void
take_value(deploy_onnx_source *s, int i, const char *name)
{
	const format_onnx_node *n = format_onnx_maker(&s->m->graph, name);
	for (int k = 0; n && k < n->n_out; k++) /* the name that lives as long as the model */
		if (!strcmp(n->out[k], name))
			s->m->graph.out[i] = (format_onnx_info){
				.name = n->out[k], .type = FORMAT_ONNX_FLOAT, .rank = -1, .kind = "tensor"
			};
}

/* A network that ends in the largest class gives the scores that it chose from. */
static void
look_behind_argmax(deploy_onnx_source *s, base_str *said)
{
	static const char *const moves[] = { "Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", NULL };
	format_onnx_info *out = &s->m->graph.out[s->output];
	const format_onnx_node *n = format_onnx_maker(&s->m->graph, out->name);
	for (int guard = 0; n && n->n_in && guard < 100 && is_one_of(n->op, moves); guard++)
		n = format_onnx_maker(&s->m->graph, n->in[0]);
	if (!n || strcmp(n->op, "ArgMax") || n->n_in != 1)
		return;
	base_str_addf(said, "'%s' is the largest class: the scores before it, '%s', are taken\n", out->name, n->in[0]);
	take_value(s, s->output, n->in[0]);
}

/* A network that ends in bytes gives the scores that they store: their order is all that counts. */
static void
look_behind_quantize(deploy_onnx_source *s, base_str *said)
{
	const char *name = s->m->graph.out[s->output].name;
	const format_onnx_node *n = format_onnx_maker(&s->m->graph, name);
	if (!n || strcmp(n->op, "QuantizeLinear") || n->n_in < 2)
		return;
	base_str_addf(said, "'%s' is quantised: the scores before it, '%s', are taken\n", name, n->in[0]);
	take_value(s, s->output, n->in[0]);
}

/* Without the sigmoid or softmax at the end. */
static void
look_before_activation(deploy_onnx_source *s, base_str *said)
{
	static const char *const moves[] = { "Identity", "Cast", NULL };
	const char *name = s->m->graph.out[s->output].name;
	const format_onnx_node *n = format_onnx_maker(&s->m->graph, name);
	for (int guard = 0; n && n->n_in && guard < 100 && is_one_of(n->op, moves); guard++)
		n = format_onnx_maker(&s->m->graph, n->in[0]);
	if (!n || (strcmp(n->op, "Sigmoid") && strcmp(n->op, "Softmax")) || n->n_in != 1)
		return;
	base_str_addf(said, "%s at its end is taken off: training wants the scores before it, '%s'\n",
		!strcmp(n->op, "Sigmoid") ? "the sigmoid" : "the softmax", n->in[0]);
	take_value(s, s->output, n->in[0]);
}

static secant_status
choose_output(deploy_onnx_source *s, const char *wanted, base_str *said, secant_err *err)
{
	const format_onnx_graph *g = &s->m->graph;
	s->output = -1;
	for (int auxiliary = 0; auxiliary < 2;
		 auxiliary++) /* heads that only training looks at are called so, if they are */
		for (int i = 0; i < g->n_out && s->output < 0; i++)
			if (wanted ? !strcmp(g->out[i].name, wanted)
					   : (g->out[i].rank < 0 || g->out[i].rank == 4 || g->out[i].rank == 3)
						&& (auxiliary || !strstr(g->out[i].name, "aux")))
				s->output = i;
	if (s->output < 0 && wanted && g->n_out && format_onnx_maker(g, wanted)) /* within the network */
		take_value(s, s->output = 0, wanted);
	if (s->output < 0 && wanted) {
		base_str names = { 0 };
		for (int i = 0; i < g->n_out && i < 40; i++)
			base_str_addf(&names, "%s'%.60s'", i ? ", " : "", g->out[i].name);
		secant_fail(
			err, SECANT_ERR_ARG, "the network has no output '%s'; it has %s", wanted, names.p ? names.p : "none");
		base_str_free(&names);
		return SECANT_ERR_ARG;
	}
	if (s->output < 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "no output has the three or four axes of scores of pixels");
	look_behind_quantize(s, said);
	base_str_addf(said, "output '%s'%s\n", g->out[s->output].name,
		g->n_out > 1 && !wanted ? ", the first of several; --output NAME takes another" : "");
	look_behind_argmax(s, said);
	return SECANT_OK;
}

/* Where the classes of an output lie, and whether it is as fine as the picture. Returns the classes; -1 after an error.
 */
static int64_t
choose_layout(deploy_onnx_source *s, const onnx_mapped *m, const secant_shape *picture, base_str *said, secant_err *err)
{
	int64_t h = picture->dim[1], w = picture->dim[2];
	if (!are_scores(s, m, err))
		return -1;
	s->rows_out = s->coarse = false;
	for (int k = 0; k < 4; k++) { /* as fine as the picture, the input's own layout first; then coarser */
		bool coarse = k >= 2, rows = m->rank == 3 || (k % 2 ? !s->rows : s->rows);
		int64_t oh = m->dim[rows ? 1 : 2], ow = m->dim[rows ? 2 : 3];
		if (m->dim[0] != picture->dim[0] || (coarse ? oh < 1 || oh > h || oh * w != ow * h : oh != h || ow != w))
			continue;
		s->rows_out = rows;
		s->coarse = coarse;
		if (coarse)
			base_str_addf(said, "scores of %lldx%lld for pictures of %lldx%lld are scaled up to them\n", (long long)oh,
				(long long)ow, (long long)h, (long long)w);
		return m->rank == 3 ? 1 : m->dim[rows ? 3 : 1];
	}
	char text[96];
	secant_shape own = { .rank = m->rank };
	memcpy(own.dim, m->dim, sizeof *m->dim * (size_t)m->rank);
	secant_fail(err, SECANT_ERR_UNSUPPORTED, "a picture of %lldx%lld gives '%s' of %s: no scores of pixels",
		(long long)h, (long long)w, s->m->graph.out[s->output].name, secant_shape_text(&own, text, sizeof text));
	return -1;
}

/* The activation that a network ends in: what makes its output, behind nodes that only move numbers. */
static const char *
last_activation(const deploy_onnx_source *s)
{
	static const char *const moves[] = { "Identity", "Transpose", "Reshape", "Cast", "Resize", "Upsample", "Squeeze",
		"Unsqueeze", "Slice", NULL };
	const format_onnx_graph *g = &s->m->graph;
	const format_onnx_node *n = format_onnx_maker(g, g->out[s->output].name);
	for (int guard = 0; n && n->n_in && guard < 100 && is_one_of(n->op, moves); guard++)
		n = format_onnx_maker(g, n->in[0]);
	return n && !strcmp(n->op, "Softmax") ? "softmax" : n && !strcmp(n->op, "Sigmoid") ? "sigmoid" : "identity";
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

/* Lists of the metadata, if they are as long as there are classes: names, colours. */
static void
add_list(json_t *settings, const format_onnx_model *m, const char *key, int64_t classes, json_type type)
{
	const char *text = metadata_of(m, key);
	json_t *list = text ? json_loads(text, 0, NULL) : NULL;
	bool fits = json_is_array(list) && (int64_t)json_array_size(list) == classes;
	for (size_t i = 0; fits && i < json_array_size(list); i++)
		fits = json_typeof(json_array_get(list, i)) == type;
	if (fits)
		json_object_set(settings, key, list);
	json_decref(list);
}

/* What is settled of a network, for its settings and for who wants to know. */
typedef struct facts {
	int64_t classes;
	const char *activation, *mode, *normalize;
	int fixed[2]; /* height and width; 0: any */
} facts;

/* A file of ours says what it is in its metadata. */
static json_t *
own_settings(const format_onnx_model *m)
{
	const char *text = metadata_of(m, "secant");
	json_t *j = text ? json_loads(text, 0, NULL) : NULL;
	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

bool
deploy_onnx_is_ours(const deploy_onnx_source *s)
{
	return metadata_of(s->m, "secant") != NULL;
}

int
deploy_onnx_batch(const deploy_onnx_source *s)
{
	int64_t n = s->m->graph.in[s->input].dim[0];
	return n > 0 && n < 65536 ? (int)n : 0;
}

static const char *
choose_mode(const json_t *told, const char *activation, int64_t classes)
{
	const char *mode = json_string_value(json_object_get(told, "mode"));
	if (mode && (!strcmp(mode, "binary") ? classes == 1 : classes > 1 || strcmp(mode, "multiclass")))
		return !strcmp(mode, "binary") || !strcmp(mode, "multiclass") ? mode : "multilabel";
	return classes == 1 ? "binary" : !strcmp(activation, "sigmoid") ? "multilabel" : "multiclass";
}

static secant_status
choose_normalize(const deploy_onnx_source *s, const deploy_onnx_wishes *w, const char *told, facts *f, base_str *say,
	secant_err *err)
{
	bool bytes = s->m->graph.in[s->input].type == FORMAT_ONNX_UINT8;
	if (bytes && w->normalize && strcmp(w->normalize, "none"))
		return secant_fail(err, SECANT_ERR_ARG,
			"normalize '%s': input '%s' takes the bytes of pictures as they are (none)", w->normalize,
			s->m->graph.in[s->input].name);
	f->normalize = w->normalize ? w->normalize : bytes ? "none" : told ? told : "imagenet";
	base_str_addf(say, "normalisation %s%s\n", f->normalize,
		w->normalize ? ""
			: bytes  ? ": pictures go in as bytes"
			: told   ? ", as its metadata says"
					 : ", which the file does not tell (--normalize says otherwise)");
	return SECANT_OK;
}

/* What heights and widths divide by where the file fixes none: a network of ours says it. */
static int
free_multiple(const json_t *told)
{
	const json_t *j = json_object_get(told, "multiple");
	json_int_t v = json_is_integer(j) ? json_integer_value(j) : 0;
	return v >= 1 && v <= 1024 ? (int)v : 32;
}

static json_t *
settings_of(const deploy_onnx_source *s, const facts *f, int64_t channels, const json_t *told)
{
	int side = f->fixed[0] == f->fixed[1] && f->fixed[0] < 1024 ? f->fixed[0] : 1;
	json_t *j = json_pack("{s:i,s:{s:s,s:I,s:I,s:s},s:s,s:s,s:i}", "version", 1, "network", "arch", "onnx",
		"in-channels", (json_int_t)channels, "classes", (json_int_t)f->classes, "activation", f->activation, "mode",
		f->mode, "normalize", f->normalize, "multiple", f->fixed[0] ? side : free_multiple(told));
	if (!j)
		return NULL;
	add_list(j, s->m, "class_names", f->classes, JSON_STRING);
	add_list(j, s->m, "palette", f->classes, JSON_ARRAY);
	if (f->fixed[0])
		json_object_set_new(j, "scaled", json_pack("[ii]", f->fixed[0], f->fixed[1]));
	else if (json_object_get(told, "scaled"))
		json_object_set(j, "scaled", json_object_get(told, "scaled"));
	static const char *const kept[] = { "ignored_class", "threshold", "least" };
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (json_object_get(told, kept[i]))
			json_object_set(j, kept[i], json_object_get(told, kept[i]));
	return j;
}

/* The rest, once the network is mapped: `said` receives it. */
static secant_status
settle(deploy_onnx_source *s, const deploy_onnx_wishes *w, const secant_shape *own, json_t **settings, base_str *say,
	secant_err *err, facts *f)
{
	const format_onnx_info *in = &s->m->graph.in[s->input];
	json_t *told = own_settings(s->m);
	bool fixed = in->dim[s->rows ? 1 : 2] > 0 && in->dim[s->rows ? 2 : 3] > 0;
	for (int i = 0; i < 2 && fixed; i++)
		f->fixed[i] = (int)own->dim[1 + i];
	f->activation = w->activation ? w->activation : last_activation(s);
	f->mode = w->mode ? w->mode : choose_mode(told, f->activation, f->classes);
	base_str_addf(say, "%lld class%s, %s%s\nends in %s%s\n", (long long)f->classes, f->classes == 1 ? "" : "es",
		f->mode,
		w->mode    ? ""
			: told ? ", as its metadata says"
				   : " (--mode says otherwise)",
		!strcmp(f->activation, "identity") ? "no activation" : f->activation,
		w->activation ? "" : ", as its last nodes say");
	secant_status status = choose_normalize(s, w, told ? metadata_of(s->m, "normalize") : NULL, f, say, err);
	base_str_addf(say, "channels %s%s\n", s->backwards ? "blue, green, red" : "red, green, blue",
		w->channel_order ? ""
			: told       ? ", as secant has them"
						 : ", which no file tells (--channel-order says otherwise)");
	if (fixed)
		base_str_addf(say, "pictures are scaled to %dx%d, which the file fixes\n", f->fixed[0], f->fixed[1]);
	else
		base_str_addf(say, "pictures are padded to a multiple of %d\n", free_multiple(told));
	if (!status && !(*settings = settings_of(s, f, own->dim[3], told)))
		status = secant_fail(err, SECANT_ERR_FORMAT, "what its metadata says is no text");
	json_decref(told);
	return status;
}

secant_status
deploy_onnx_understand(
	deploy_onnx_source *s, const deploy_onnx_wishes *w, json_t **settings, base_str *said, secant_err *err)
{
	secant_err own = { 0 };
	base_str unheard = { 0 };
	base_str *say = said ? said : &unheard;
	secant_shape picture;
	facts f = { 0 };
	if (!choose_input(s, say, &own) && !choose_output(s, w->output, say, &own)) {
		if (w->logits)
			look_before_activation(s, say);
		s->m->graph.out[0] = s->m->graph.out[s->output]; /* what only others need is not mapped */
		s->m->graph.n_out = 1;
		s->output = 0;
		s->backwards = w->channel_order && !strcmp(w->channel_order, "bgr");
		format_onnx_network *n = mapped_at(s, NULL, NULL, &picture, &own);
		if (n && (f.classes = choose_layout(s, &n->out[s->output], &picture, say, &own)) >= 0)
			(void)!settle(s, w, &picture, settings, say, &own, &f);
		format_onnx_network_free(n);
	}
	base_str_free(&unheard);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
