/*
 * MindIR as ONNX (mindir.h): parameters become initialisers, inputs and outputs keep their names without the graph's.
 */
#include <string.h>
#include "formats/mindir/translator.h"

enum { OPSET = 17, IR_VERSION = 8, MOST_PROBLEMS = 40, DEEPEST = 16 };

typedef format_mindir_translator translator;

/* ---- pieces of ONNX ---- */

void
format_mindir_problem(translator *t, const char *why)
{
	if (t->n_problems++ < MOST_PROBLEMS)
		base_str_addf(&t->problems, "%s%s '%s'%s%s", t->n_problems > 1 ? "; " : "", t->node->op, t->node->out,
			why ? ": " : "", why ? why : "");
}

const char *
format_mindir_fresh_name(translator *t, const char *what)
{
	const char *s = base_arena_format(t->m->arena, "%s_%d", what, t->serial++);
	t->graph.failed |= !s;
	return s ? s : "";
}

/* "<graph>:rest" without its graph. */
static const char *
short_name(const translator *t, const char *name)
{
	size_t n = strlen(t->m->graph);
	return n && !strncmp(name, t->m->graph, n) && name[n] == ':' && name[n + 1] ? name + n + 1 : name;
}

void
format_mindir_attr_ints(base_str *node, const char *name, int n, const int64_t *v, bool list)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 20, list ? 7 : 2);
	for (int i = 0; i < n; i++)
		format_wire_put_varint(&a, list ? 8 : 3, (uint64_t)v[i]);
	format_wire_put_message(node, 5, &a);
}

void
format_mindir_attr_int(base_str *node, const char *name, int64_t v)
{
	format_mindir_attr_ints(node, name, 1, &v, false);
}

void
format_mindir_attr_real(base_str *node, const char *name, double v)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 20, 1);
	format_wire_put_float(&a, 2, (float)v);
	format_wire_put_message(node, 5, &a);
}

void
format_mindir_attr_text(base_str *node, const char *name, const char *v)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 20, 3);
	format_wire_put_text(&a, 4, v);
	format_wire_put_message(node, 5, &a);
}

/* A node; takes the attributes. */
void
format_mindir_put_node(translator *t, const char *op, const char *out, int n, const char *const *in, base_str *attrs)
{
	base_str s = { 0 };
	for (int i = 0; i < n; i++)
		format_wire_put_text(&s, 1, in[i]);
	format_wire_put_text(&s, 2, out);
	format_wire_put_text(&s, 3, out);
	format_wire_put_text(&s, 4, op);
	if (attrs) {
		base_str_addn(&s, attrs->p ? attrs->p : "", attrs->n);
		s.failed |= attrs->failed;
		base_str_free(attrs);
	}
	format_wire_put_message(&t->graph, 1, &s);
}

void
format_mindir_put_initializer(
	translator *t, const char *name, int type, int rank, const int64_t *dim, const void *data, size_t n)
{
	base_str s = { 0 };
	for (int i = 0; i < rank; i++)
		format_wire_put_varint(&s, 1, (uint64_t)dim[i]);
	format_wire_put_varint(&s, 2, (uint64_t)type);
	format_wire_put_text(&s, 8, name);
	format_wire_put_bytes(&s, 9, data, n);
	format_wire_put_message(&t->graph, 5, &s);
}

const char *
format_mindir_integers_name(translator *t, int n, const int64_t *v)
{
	const char *name = format_mindir_fresh_name(t, "constant");
	int64_t dim = n;
	format_mindir_put_initializer(t, name, FORMAT_ONNX_INT64, 1, &dim, v, (size_t)n * sizeof *v);
	return name;
}

/* ---- what nodes read ---- */

const format_mindir_node *
format_mindir_node_of(const translator *t, const char *name)
{
	int at = base_by_name_find(&t->m->by_out, name);
	return at < 0 ? NULL : &t->m->node[at];
}

bool
format_mindir_node_is(const format_mindir_node *n, const char *op)
{
	return n && !strcmp(n->op, op);
}

/* Through nodes that only order effects or pick from a tuple, to who makes the tensor; "" where nobody does. */
static const char *
source_below(const translator *t, const char *name, int depth)
{
	for (int steps = 0; steps <= t->m->n_node && depth < DEEPEST; steps++) {
		const format_mindir_node *n = format_mindir_node_of(t, name);
		if (n && n->n_in
			&& (format_mindir_node_is(n, "Load") || format_mindir_node_is(n, "Depend")
				|| format_mindir_node_is(n, "Identity") || format_mindir_node_is(n, "StopGradient"))) {
			name = n->in[0];
		} else if (format_mindir_node_is(n, "TupleGetItem") && n->n_in == 2) {
			const char *whole = source_below(t, n->in[0], depth + 1);
			const format_mindir_node *tuple = format_mindir_node_of(t, whole),
									 *place = format_mindir_node_of(t, n->in[1]);
			int64_t k;
			if (!place || format_mindir_ints(format_mindir_find(&place->own, "value"), &k, 1) != 1 || k < 0)
				return "";
			if (format_mindir_node_is(tuple, "MakeTuple"))
				name = k < tuple->n_in ? tuple->in[k] : "";
			else
				return k == 0 ? whole : ""; /* only first outputs are tensors of ours */
		} else {
			return name;
		}
	}
	return "";
}

const char *
format_mindir_source(const translator *t, const char *name)
{
	return source_below(t, name, 0);
}

static const format_mindir_attr *
constant_at(const translator *t, int k)
{
	const format_mindir_node *n = k < t->node->n_in ? format_mindir_node_of(t, format_mindir_source(t, t->node->in[k]))
													: NULL;
	return format_mindir_node_is(n, "Constant") ? format_mindir_find(&n->own, "value") : NULL;
}

/* A setting: input k where it is a constant, else the primitive's attribute. */
const format_mindir_attr *
format_mindir_setting(const translator *t, int k, const char *name)
{
	const format_mindir_attr *a = k >= 0 ? constant_at(t, k) : NULL;
	return a ? a : format_mindir_find(t->node->primitive, name);
}

int64_t
format_mindir_integer_of(const translator *t, int k, const char *name, int64_t otherwise)
{
	int64_t v;
	return format_mindir_ints(format_mindir_setting(t, k, name), &v, 1) == 1 ? v : otherwise;
}

double
format_mindir_real_of(const translator *t, int k, const char *name, double otherwise)
{
	double v;
	return format_mindir_real(format_mindir_setting(t, k, name), &v) ? v : otherwise;
}

/* A number written into the network: a scalar initialiser. */
static const char *
scalar(translator *t, const format_mindir_attr *a)
{
	int64_t i;
	double v;
	const char *name = format_mindir_fresh_name(t, "constant");
	if (format_mindir_real(a, &v)) {
		float f = (float)v;
		format_mindir_put_initializer(t, name, FORMAT_ONNX_FLOAT, 0, NULL, &f, sizeof f);
	} else if (format_mindir_ints(a, &i, 1) == 1) {
		float f = (float)i; /* arithmetic with a tensor of reals; MindSpore converts it so */
		format_mindir_put_initializer(t, name, FORMAT_ONNX_FLOAT, 0, NULL, &f, sizeof f);
	} else {
		format_mindir_problem(t, "a constant that is no number");
	}
	return name;
}

/* Input k by its name in ONNX. */
const char *
format_mindir_input_name(translator *t, int k)
{
	const char *name = k < t->node->n_in ? format_mindir_source(t, t->node->in[k]) : "";
	int parameter = base_by_name_find(&t->m->by_parameter, name);
	const format_mindir_attr *number = constant_at(t, k);
	if (number)
		return scalar(t, number);
	if (parameter >= 0)
		return t->m->parameter[parameter].key ? t->m->parameter[parameter].key : short_name(t, name);
	if (!*name || (!format_mindir_node_of(t, name) && base_by_name_find(&t->m->by_input, name) < 0))
		format_mindir_problem(t, "an input that nothing makes");
	return short_name(t, name);
}

const char *
format_mindir_result_name(const translator *t)
{
	return short_name(t, t->node->out);
}

/* ---- the model ---- */

static void
put_parameter(translator *t, const format_mindir_tensor *p)
{
	const char *name = p->key ? p->key : short_name(t, p->name);
	if (p->external) {
		secant_fail(t->m->err, SECANT_ERR_UNSUPPORTED,
			"its weights lie in other files (as MindSpore writes networks above 1 GB); only networks of one file are "
			"read");
		return;
	}
	for (int d = 0; d < p->rank; d++)
		if (p->dim[d] < 0)
			secant_fail(t->m->err, SECANT_ERR_FORMAT, "parameter '%s' has a dimension below 0", name);
	format_mindir_put_initializer(t, name, p->type, p->rank, p->dim, p->raw.n ? (const void *)p->raw.p : "", p->raw.n);
}

/* Inputs and outputs of the graph. */
static void
put_info(translator *t, int number, const char *name, int type, int rank, const int64_t *dim)
{
	base_str info = { 0 }, kind = { 0 }, about = { 0 }, shape = { 0 };
	for (int d = 0; d < rank; d++) {
		base_str one = { 0 };
		if (dim[d] >= 0)
			format_wire_put_varint(&one, 1, (uint64_t)dim[d]);
		else
			format_wire_put_text(&one, 2, format_mindir_fresh_name(t, "n"));
		format_wire_put_message(&shape, 1, &one);
	}
	format_wire_put_varint(&about, 1, (uint64_t)(type ? type : FORMAT_ONNX_FLOAT));
	if (rank >= 0)
		format_wire_put_message(&about, 2, &shape);
	format_wire_put_message(&kind, 1, &about);
	format_wire_put_text(&info, 1, name);
	format_wire_put_message(&info, 2, &kind);
	format_wire_put_message(&t->graph, number, &info);
}

/* One tensor that the network gives, under a name that can be typed: "softmax_out:249" as softmax_out. */
static void
put_output(translator *t, const char *from, int place)
{
	const char *at = format_mindir_source(t, from);
	const format_mindir_node *n = format_mindir_node_of(t, at);
	int64_t dim[SECANT_MAX_RANK];
	format_mindir_node self = { .op = "Return", .out = "output", .n_in = 1, .in = &at };
	if (format_mindir_node_is(n, "MakeTuple") && place < 0) {
		for (int i = 0; i < n->n_in; i++)
			put_output(t, n->in[i], i);
		return;
	}
	if (!n)
		return format_mindir_problem(t, "an output that no node makes");
	t->node = &self;
	const char *in = format_mindir_input_name(t, 0), *base = short_name(t, n->out);
	size_t length = strcspn(base, ":");
	const char *name = base_arena_format(t->m->arena, "%.*s", (int)length, base);
	if (!name || !*name || !strcmp(name, in) || base_by_name_find(&t->m->by_out, name) >= 0)
		name = format_mindir_fresh_name(t, "output");
	bool integer = format_mindir_node_is(n, "Argmax");
	format_mindir_put_node(t, "Identity", name, 1, &in, NULL);
	put_info(t, 12, name, integer ? format_mindir_type_of(34) : FORMAT_ONNX_FLOAT, format_mindir_shape(n, dim), dim);
}

static void
put_model(translator *t, base_str *out)
{
	base_str set = { 0 };
	format_wire_put_varint(out, 1, IR_VERSION);
	format_wire_put_text(out, 2, "MindSpore");
	format_wire_put_text(out, 3, t->m->version);
	format_wire_put_text(&t->graph, 2, t->m->graph);
	format_wire_put_message(out, 7, &t->graph);
	format_wire_put_text(&set, 1, "");
	format_wire_put_varint(&set, 2, OPSET);
	format_wire_put_message(out, 8, &set);
}

static void
translate(translator *t)
{
	format_mindir_model *m = t->m;
	format_mindir_node self = { .op = "graph", .out = "" };
	for (int i = 0; i < m->n_parameter && !m->err->code; i++)
		put_parameter(t, &m->parameter[i]);
	for (int i = 0; i < m->n_input; i++)
		put_info(t, 11, short_name(t, m->input[i].name), m->input[i].type, m->input[i].rank, m->input[i].dim);
	for (int i = 0; i < m->n_node; i++) {
		t->node = &m->node[i];
		format_mindir_put_operator(t);
	}
	for (int i = 0; i < m->n_output; i++) {
		t->node = &self;
		put_output(t, m->output[i], -1);
	}
	if (t->n_problems)
		secant_fail(m->err, SECANT_ERR_UNSUPPORTED, "%d operators of this MindIR are not known, or not so: %s%s",
			t->n_problems, t->problems.p ? t->problems.p : "", t->n_problems > MOST_PROBLEMS ? "; ..." : "");
}

secant_status
format_mindir_to_onnx(const uint8_t *data, size_t size, base_str *out, secant_err *err)
{
	secant_err own = { 0 };
	format_mindir_model m;
	translator t = { .m = &m };
	if (!format_mindir_read(&m, data, size, &own))
		translate(&t);
	if (!own.code)
		put_model(&t, out);
	if (!own.code && out->failed)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a network");
	base_str_free(&t.graph);
	base_str_free(&t.problems);
	format_mindir_free(&m);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
