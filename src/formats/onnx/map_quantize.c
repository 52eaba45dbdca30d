/*
 * QuantizeLinear and DequantizeLinear between nodes: networks whose activations were quantised by others. (Quantised
 * weights are known, so that they are folded to the numbers they stand for.) See map.h.
 */
#include <string.h>
#include "formats/onnx/map.h"
#include "ops/ops.h"

/* Scale and zero of inputs 1 and 2 as constants, and the axis they lie along in our order. */
static bool
scale_of(onnx_call *c, const onnx_mapped *x, op_quantize_attr *a, graph_value *scale, graph_value *zero)
{
	graph_net *g = onnx_graph(c);
	onnx_tensor *s = c->n_in > 1 ? c->in[1] : NULL, *z = c->n_in > 2 ? c->in[2] : NULL;
	if (!s || (c->n_in > 2 && onnx_has(c, 2) && !z)) {
		onnx_no_map(c, "a scale that depends on the input");
		return false;
	}
	int64_t n = format_onnx_count(s);
	if (s->rank > 1 || onnx_attr_int(c, "block_size", 0) || (z && format_onnx_count(z) != n)) {
		onnx_no_map(c, "scales of blocks");
		return false;
	}
	int axis = n > 1 ? onnx_axis(c, onnx_attr_int(c, "axis", 1), x->rank) : 0;
	int64_t *whole = axis >= 0 && z ? onnx_ints(c, 2) : NULL;
	double *zeros = whole ? onnx_temp(c, n, sizeof *zeros) : NULL;
	if (axis < 0 || (z && !zeros))
		return false;
	for (int64_t i = 0; i < n && z; i++)
		zeros[i] = (double)whole[i];
	a->axis = n > 1 ? onnx_axis_at(x, axis) : -1;
	secant_shape shape = n > 1 ? secant_shape_of(1, n) : (secant_shape){ 0 };
	if ((*scale = onnx_scale_of(c, s, c->node->in[1])) < 0)
		return false;
	*zero = z ? graph_constant(g, SECANT_I32, &shape, zeros) : -1;
	return true;
}

secant_status
onnx_map_quantize(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_quantize_attr a = { .axis = -1 };
	graph_value scale, zero;
	if (!x || !scale_of(c, x, &a, &scale, &zero))
		return c->err->code;
	int64_t asked = onnx_attr_int(c, "output_dtype", 0);
	int type = c->n_in > 2 && c->in[2] ? c->in[2]->type : asked ? (int)asked : FORMAT_ONNX_UINT8;
	if (type != FORMAT_ONNX_UINT8 && type != FORMAT_ONNX_INT8)
		return onnx_no_map(c, "numbers of other than 8 bits");
	if (!format_onnx_type_is_real(x->type) || x->type == FORMAT_ONNX_DOUBLE)
		return onnx_no_map(c, "quantises integers or doubles");
	a.to = type == FORMAT_ONNX_INT8;
	graph_value v = zero < 0 ? graph_apply(onnx_graph(c), "quantize", &a, 2, x->v, scale)
							 : graph_apply(onnx_graph(c), "quantize", &a, 3, x->v, scale, zero);
	return onnx_result(c, 0, v, type, x->rank, x->perm);
}

secant_status
onnx_map_dequantize(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_quantize_attr a = { .axis = -1 };
	graph_value scale, zero;
	if (!x || !scale_of(c, x, &a, &scale, &zero))
		return c->err->code;
	graph_net *g = onnx_graph(c);
	int type = c->in[1]->type;
	if (x->type != FORMAT_ONNX_UINT8 && x->type != FORMAT_ONNX_INT8)
		return onnx_no_map(c, "numbers of other than 8 bits");
	if (graph_value_at(g, x->v)->type.dtype == SECANT_F32) { /* the bytes of a picture, which came as reals */
		double s, z = 0;
		if (format_onnx_count(c->in[1]) != 1)
			return onnx_no_map(c, "scales the channels of a picture of bytes");
		format_onnx_get_reals(c->in[1], 0, 1, &s);
		if (zero >= 0)
			format_onnx_get_reals(c->in[2], 0, 1, &z);
		graph_value moved = graph_apply(g, "add_scalar", &(op_number_attr){ .a = -z }, 1, x->v);
		graph_value v = graph_apply(g, "mul_scalar", &(op_number_attr){ .a = s }, 1, moved);
		return onnx_result(c, 0, v, type, x->rank, x->perm);
	}
	graph_value v = zero < 0 ? graph_apply(g, "dequantize", &a, 2, x->v, scale)
							 : graph_apply(g, "dequantize", &a, 3, x->v, scale, zero);
	return onnx_result(c, 0, v, type, x->rank, x->perm);
}

static graph_value
two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}

/* Bytes over the range of what comes, as whole reals: scale = (high - low) / 255, zero = round(-low / scale), with 0
 * within the range; y = round(x / scale) + zero. */
secant_status
onnx_map_dynamic_quantize(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_axes_attr all = { .keepdim = false };
	op_number_attr bytes = { 0, 255 };
	if (!x || !x->rank)
		return onnx_no_map(c, "finds the range of one number");
	for (int i = 0; i < x->rank; i++)
		all.axes.v[all.axes.n++] = i;
	graph_value nothing = graph_scalar(g, 0), one = graph_scalar(g, 1);
	graph_value low = two(g, "minimum", graph_apply(g, "amin", &all, 1, x->v), nothing),
				high = two(g, "maximum", graph_apply(g, "amax", &all, 1, x->v), nothing),
				range = two(g, "sub", high, low);
	graph_value scale = graph_apply(
		g, "where", NULL, 3, two(g, "greater", range, nothing), two(g, "div", range, graph_scalar(g, 255)), one);
	graph_value zero = graph_apply(g, "neg", NULL, 1, two(g, "div", low, scale));
	zero = graph_apply(g, "round", NULL, 1, graph_apply(g, "clamp", &bytes, 1, zero));
	graph_value y = two(g, "add", graph_apply(g, "round", NULL, 1, two(g, "div", x->v, scale)), zero);
	if (onnx_result(c, 0, graph_apply(g, "clamp", &bytes, 1, y), FORMAT_ONNX_UINT8, x->rank, x->perm)
		|| onnx_result(c, 1, scale, FORMAT_ONNX_FLOAT, 0, NULL))
		return c->err->code;
	return onnx_result(c, 2, zero, FORMAT_ONNX_UINT8, 0, NULL);
}
