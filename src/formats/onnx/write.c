/*
 * Graphs of ours as ONNX (write.h). Values of four axes that come from pictures are written channels first, as ONNX
 * wants them; everything else in our own order. A graph is walked once.
 */
#include <string.h>
#include "formats/onnx/encode.h"
#include "formats/onnx/writer.h"

static void
put_info(onnx_writer *w, int number_of_field, const char *name, int type, const secant_shape *s, bool first)
{
	static const char *const symbols[4] = { "batch", "", "height", "width" };
	base_str shape = { 0 }, tensor = { 0 }, kind = { 0 }, v = { 0 };
	static const int moved[4] = { 0, 3, 1, 2 };
	for (int i = 0; i < s->rank; i++) {
		base_str d = { 0 };
		if (w->how->dynamic && w->how->clouds && (i == 0 || (s->rank == 3 && i == 2)))
			format_wire_put_text(&d, 2, i ? "points" : "batch");
		else if (w->how->dynamic && (i == 0 || (first && i > 1)))
			format_wire_put_text(&d, 2, symbols[i]);
		else
			format_wire_put_varint(&d, 1, (uint64_t)s->dim[first ? moved[i] : i]);
		format_wire_put_message(&shape, 1, &d);
	}
	format_wire_put_varint(&tensor, 1, (uint64_t)type);
	format_wire_put_message(&tensor, 2, &shape);
	format_wire_put_message(&kind, 1, &tensor);
	format_wire_put_text(&v, 1, name);
	format_wire_put_message(&v, 2, &kind);
	format_wire_put_message(&w->graph, number_of_field, &v);
}

static secant_status
put_state(onnx_writer *w, const graph_value_info *v, const secant_tensors *tensors, secant_err *err)
{
	const secant_tensor *t = secant_tensors_find(tensors, v->name);
	int64_t n = secant_shape_count(&v->type.shape);
	if (!t || secant_shape_count(&t->shape) != n)
		return secant_fail(err, SECANT_ERR_FORMAT, "the numbers of '%s' are not there", v->name);
	if (v->type.dtype == SECANT_I8) { /* weights of a quantised network */
		format_onnx_tensor bytes = { .type = FORMAT_ONNX_INT8, .rank = v->type.shape.rank, .data = t->data };
		if (t->dtype != SECANT_I8)
			return secant_fail(
				err, SECANT_ERR_FORMAT, "the numbers of '%s' are %s, want i8", v->name, secant_dtype_name(t->dtype));
		memcpy(bytes.dim, v->type.shape.dim, sizeof *bytes.dim * (size_t)bytes.rank);
		format_onnx_put_initializer(&w->graph, v->name, &bytes);
		return SECANT_OK;
	}
	float *f = secant_calloc((size_t)n + 1, sizeof *f);
	if (!f)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for '%s'", v->name);
	for (int64_t i = 0; i < n; i++)
		f[i] = (float)secant_tensor_get(t, i);
	onnx_write_reals(w, v->name, v->type.shape.rank, v->type.shape.dim, f, n);
	secant_free(f);
	return SECANT_OK;
}

/* What is real within the network is a float outside, or as wide as it is. */
static const char *
cast(onnx_writer *w, const char *x, int type)
{
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "to", type);
	return onnx_write_one(w, "Cast", x, &a);
}

/* Clouds are N, C, P in files. */
static void
put_cloud(onnx_writer *w, graph_value v, const graph_value_info *info)
{
	const secant_shape *s = &info->type.shape;
	secant_shape file = secant_shape_of(3, s->dim[0], s->dim[3], s->dim[1]);
	put_info(w, 11, info->name, FORMAT_ONNX_FLOAT, &file, false);
	const char *x = w->how->half ? cast(w, info->name, FORMAT_ONNX_FLOAT16) : info->name;
	w->name[v] = onnx_write_two(w, "Unsqueeze", x, onnx_write_integers(w, 1, (int64_t[]){ 3 }), NULL);
	w->first[v] = true;
}

static void
put_input(onnx_writer *w, graph_value v, const graph_value_info *info)
{
	const secant_shape *s = &info->type.shape;
	bool first = s->rank == 4, pictures = w->how->scale && first;
	if (w->how->clouds && first && s->dim[2] == 1) {
		put_cloud(w, v, info);
		return;
	}
	const char *name = w->how->classified ? "x" : info->name;
	put_info(w, 11, name, pictures ? FORMAT_ONNX_UINT8 : FORMAT_ONNX_FLOAT, s, first);
	w->name[v] = name;
	w->first[v] = first;
	if (pictures) { /* scaled in 32 bits: bytes times a scale need them */
		int64_t dim[4] = { 1, s->dim[3], 1, 1 };
		size_t bytes = (size_t)s->dim[3] * sizeof(float);
		const char *x = cast(w, name, FORMAT_ONNX_FLOAT);
		x = onnx_write_two(w, "Mul", x, onnx_write_constant(w, FORMAT_ONNX_FLOAT, 4, dim, w->how->scale, bytes), NULL);
		w->name[v] = onnx_write_two(
			w, "Add", x, onnx_write_constant(w, FORMAT_ONNX_FLOAT, 4, dim, w->how->shift, bytes), NULL);
	}
	if (w->how->half)
		w->name[v] = cast(w, w->name[v], FORMAT_ONNX_FLOAT16);
}

static secant_status
put_leaf(onnx_writer *w, graph_value v, const secant_tensors *tensors, secant_err *err)
{
	const graph_value_info *info = graph_value_at(w->g, v);
	const secant_shape *s = &info->type.shape;
	w->name[v] = info->name;
	if (info->kind == GRAPH_VALUE_INPUT)
		put_input(w, v, info);
	if (info->kind == GRAPH_VALUE_STATE && (info->type.dtype == SECANT_F32 || info->type.dtype == SECANT_I8))
		return put_state(w, info, tensors, err);
	if (info->kind == GRAPH_VALUE_CONST) {
		int64_t n = secant_shape_count(s);
		float *f = secant_calloc((size_t)n + 1, sizeof *f);
		if (!f)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a constant");
		for (int64_t i = 0; i < n; i++)
			f[i] = (float)info->numbers[i];
		w->name[v] = onnx_write_reals(w, NULL, s->rank, s->dim, f, n);
		secant_free(f);
	}
	return SECANT_OK;
}

static void
put_output(onnx_writer *w, graph_value v, const char *name, const char *activation)
{
	const secant_shape *s = onnx_written_shape(w, v);
	const char *x = w->name[v];
	bool cloud = w->how->clouds && s->rank == 4 && s->dim[2] == 1;
	secant_shape file = cloud ? secant_shape_of(3, s->dim[0], s->dim[3], s->dim[1]) : *s;
	onnx_attrs a = { 0 };
	w->node = NULL;
	if (s->rank == 4 && !w->first[v])
		x = onnx_write_turned(w, x, (int64_t[]){ 0, 3, 1, 2 });
	if (cloud)
		x = onnx_write_two(w, "Squeeze", x, onnx_write_integers(w, 1, (int64_t[]){ 3 }), NULL);
	if (w->how->half)
		x = cast(w, x, FORMAT_ONNX_FLOAT);
	if (activation && !strcmp(activation, "softmax"))
		onnx_set_int(&a, "axis", 1);
	onnx_write_node(w,
		!activation                          ? "Identity"
			: !strcmp(activation, "softmax") ? "Softmax"
											 : "Sigmoid",
		name, 1, &x, &a);
	put_info(w, 12, name, FORMAT_ONNX_FLOAT, &file, s->rank == 4 && !cloud);
}

/* softmax and argmax over the classes, channels last. */
static void
put_classified(onnx_writer *w, graph_value v)
{
	const secant_shape *s = onnx_written_shape(w, v);
	secant_shape index = { 3, { s->dim[0], s->dim[1], s->dim[2] } };
	const char *x = w->name[v], *wide;
	onnx_attrs soft = { 0 }, most = { 0 }, narrow = { 0 };
	w->node = NULL;
	if (w->first[v])
		x = onnx_write_turned(w, x, (int64_t[]){ 0, 2, 3, 1 });
	onnx_set_int(&soft, "axis", -1);
	onnx_write_node(w, "Softmax", "softmax", 1, &x, &soft);
	put_info(w, 12, "softmax", FORMAT_ONNX_FLOAT, s, false);
	onnx_set_int(&most, "axis", -1);
	onnx_set_int(&most, "keepdims", 0);
	wide = onnx_write_one(w, "ArgMax", x, &most);
	onnx_set_int(&narrow, "to", FORMAT_ONNX_INT32);
	onnx_write_node(w, "Cast", "argmax", 1, &wide, &narrow);
	put_info(w, 12, "argmax", FORMAT_ONNX_INT32, &index, false);
}

secant_status
format_onnx_write(const graph_net *g, const graph_value *outputs, const char *const *names, int n,
	const secant_tensors *tensors, const format_onnx_written *how, base_str *out, secant_err *err)
{
	onnx_writer w = { .g = g, .how = how, .arena = base_arena_new() };
	size_t values = (size_t)graph_values(g) + 1;
	secant_status s = SECANT_OK;
	w.name = secant_calloc(values, sizeof *w.name);
	w.first = secant_calloc(values, sizeof *w.first);
	if (!w.arena || !w.name || !w.first)
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	format_wire_put_text(&w.graph, 2, "secant");
	for (graph_value v = 0; v < graph_values(g) && !s; v++)
		if (graph_value_at(g, v)->kind != GRAPH_VALUE_NODE)
			s = put_leaf(&w, v, tensors, err);
	for (int i = 0; i < graph_nodes(g) && !s; i++)
		onnx_write_operator(&w, graph_get_node(g, i));
	if (!s && w.n_problems)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d nodes cannot be written: %s", w.n_problems,
			w.problems.p ? w.problems.p : "");
	if (!s && how->classified)
		put_classified(&w, outputs[0]);
	for (int i = 0; i < n && !s && !how->classified; i++)
		if (outputs[i] >= 0)
			put_output(&w, outputs[i], names[i], i ? NULL : how->activation);
	if (!s && w.beyond_half)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"--half: the network holds numbers beyond 65504, which 16 bits cannot; leave it out");
	if (!s) {
		base_str opset = { 0 };
		format_wire_put_varint(out, 1, 8); /* IR of operator set 13 and later ones that readers of 2022 know */
		format_wire_put_text(out, 2, "secant");
		format_wire_put_text(out, 3, secant_version());
		format_wire_put_varint(&opset, 2, (uint64_t)how->opset);
		format_wire_put_message(out, 8, &opset);
		for (const char *const *m = how->metadata; m && m[0]; m += 2) {
			base_str pair = { 0 };
			format_wire_put_text(&pair, 1, m[0]);
			format_wire_put_text(&pair, 2, m[1]);
			format_wire_put_message(out, 14, &pair);
		}
		format_wire_put_message(out, 7, &w.graph);
		if (out->failed)
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the model");
	}
	base_str_free(&w.graph);
	base_str_free(&w.problems);
	secant_free(w.name);
	secant_free(w.first);
	base_arena_free(w.arena);
	return s;
}
