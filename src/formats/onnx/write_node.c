/* Nodes, attributes and initialisers of a graph that is written; see writer.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/writer.h"

const secant_shape *
onnx_written_shape(const onnx_writer *w, graph_value v)
{
	return graph_shape(w->g, v);
}

const char *
onnx_fresh(onnx_writer *w, const char *what)
{
	const char *scope = w->node && w->node->name ? w->node->name : "";
	const char *s = base_arena_format(w->arena, "%s%s%s_%d", scope, *scope ? "/" : "", what, w->serial++);
	w->graph.failed |= !s;
	return s ? s : "";
}

/* An initialiser of integers or floats. */
const char *
onnx_write_constant(onnx_writer *w, int type, int rank, const int64_t *dim, const void *data, size_t bytes)
{
	base_str t = { 0 };
	const char *name = onnx_fresh(w, "constant");
	for (int i = 0; i < rank; i++)
		format_wire_put_varint(&t, 1, (uint64_t)dim[i]);
	format_wire_put_varint(&t, 2, (uint64_t)type);
	format_wire_put_text(&t, 8, name);
	format_wire_put_bytes(&t, 9, data, bytes);
	format_wire_put_message(&w->graph, 5, &t);
	return name;
}

const char *
onnx_write_integers(onnx_writer *w, int n, const int64_t *v)
{
	int64_t dim = n;
	return onnx_write_constant(w, FORMAT_ONNX_INT64, 1, &dim, v, (size_t)n * sizeof *v);
}

/* The type that the network computes in. */
int
onnx_written_type(const onnx_writer *w)
{
	return w->how->half ? FORMAT_ONNX_FLOAT16 : FORMAT_ONNX_FLOAT;
}

/* Floats as initialiser `name` (NULL: a fresh name), in the network's type. */
const char *
onnx_write_reals(onnx_writer *w, const char *name, int rank, const int64_t *dim, const float *v, int64_t n)
{
	base_str t = { 0 };
	name = name ? name : onnx_fresh(w, "constant");
	for (int i = 0; i < rank; i++)
		format_wire_put_varint(&t, 1, (uint64_t)dim[i]);
	format_wire_put_varint(&t, 2, (uint64_t)onnx_written_type(w));
	format_wire_put_text(&t, 8, name);
	if (!w->how->half) {
		format_wire_put_bytes(&t, 9, v, (size_t)n * sizeof *v);
	} else {
		uint16_t *half = secant_calloc((size_t)n + 1, sizeof *half);
		format_onnx_tensor lent = { .type = FORMAT_ONNX_FLOAT16, .data = half };
		for (int64_t i = 0; i < n && half; i++) {
			double x = v[i];
			w->beyond_half |= fabs(x) > 65504 && isfinite(x);
			format_onnx_put_reals(&lent, i, 1, &x);
		}
		w->graph.failed |= !half;
		format_wire_put_bytes(&t, 9, half ? half : (const void *)"", half ? (size_t)n * sizeof *half : 0);
		secant_free(half);
	}
	format_wire_put_message(&w->graph, 5, &t);
	return name;
}

const char *
onnx_write_number(onnx_writer *w, double v)
{
	float f = (float)v;
	return onnx_write_reals(w, NULL, 0, NULL, &f, 1);
}

static void
attr_head(base_str *a, const char *name, int type)
{
	format_wire_put_text(a, 1, name);
	format_wire_put_varint(a, 20, (uint64_t)type);
}

void
onnx_set_int(onnx_attrs *to, const char *name, int64_t v)
{
	base_str a = { 0 };
	attr_head(&a, name, 2);
	format_wire_put_varint(&a, 3, (uint64_t)v);
	format_wire_put_message(&to->s, 5, &a);
}

void
onnx_set_float(onnx_attrs *to, const char *name, double v)
{
	base_str a = { 0 };
	attr_head(&a, name, 1);
	format_wire_put_float(&a, 2, (float)v);
	format_wire_put_message(&to->s, 5, &a);
}

void
onnx_set_text(onnx_attrs *to, const char *name, const char *v)
{
	base_str a = { 0 };
	attr_head(&a, name, 3);
	format_wire_put_text(&a, 4, v);
	format_wire_put_message(&to->s, 5, &a);
}

void
onnx_set_ints(onnx_attrs *to, const char *name, int n, const int64_t *v)
{
	base_str a = { 0 };
	attr_head(&a, name, 7);
	for (int i = 0; i < n; i++)
		format_wire_put_varint(&a, 8, (uint64_t)v[i]);
	format_wire_put_message(&to->s, 5, &a);
}

/* A node of one output; takes the attributes. in[]: NULL at the end of what is given is left out, "" is an absent one.
 */
void
onnx_write_node(onnx_writer *w, const char *op, const char *out, int n, const char *const *in, onnx_attrs *a)
{
	base_str s = { 0 };
	for (int i = 0; i < n; i++)
		format_wire_put_text(&s, 1, in[i]);
	format_wire_put_text(&s, 2, out);
	format_wire_put_text(&s, 3, out);
	format_wire_put_text(&s, 4, op);
	if (a) {
		base_str_addn(&s, a->s.p ? a->s.p : "", a->s.n);
		s.failed |= a->s.failed;
		base_str_free(&a->s);
	}
	format_wire_put_message(&w->graph, 1, &s);
}

const char *
onnx_write_one(onnx_writer *w, const char *op, const char *a, onnx_attrs *with)
{
	const char *out = onnx_fresh(w, op);
	onnx_write_node(w, op, out, 1, &a, with);
	return out;
}

const char *
onnx_write_two(onnx_writer *w, const char *op, const char *a, const char *b, onnx_attrs *with)
{
	const char *out = onnx_fresh(w, op), *in[2] = { a, b };
	onnx_write_node(w, op, out, 2, in, with);
	return out;
}

void
onnx_write_problem(onnx_writer *w, const char *why)
{
	if (w->n_problems++ < 40)
		base_str_addf(&w->problems, "%s%s '%s': %s", w->n_problems > 1 ? "; " : "", w->node->op->name,
			w->node->name ? w->node->name : "", why);
}

const char *
onnx_write_turned(onnx_writer *w, const char *name, const int64_t *perm)
{
	onnx_attrs a = { 0 };
	onnx_set_ints(&a, "perm", 4, perm);
	return onnx_write_one(w, "Transpose", name, &a);
}
