/*
 * What a network is by its graph alone: how many numbers it learns, how many products it computes, which sizes it
 * takes. Nothing is allocated for weights and nothing runs.
 */
#include <secant/network.h>
#include "nn/nn.h"
#include "ops/known.h"

/* Products of numbers that a node adds up; 0 of operators that are not made of such sums. */
static double
products(const graph_net *g, const graph_node *n)
{
	if (n->op != &op_conv2d && n->op != &op_conv_transpose2d && n->op != &op_linear && n->op != &op_matmul)
		return 0;
	const secant_shape *x = graph_shape(g, n->in[0]), *w = graph_shape(g, n->in[1]), *y = graph_shape(g, n->out[0]);
	if (n->op == &op_matmul) {
		const op_matmul_attr *a = n->attr;
		return (double)secant_shape_count(y) * (double)x->dim[x->rank - (a->transpose_a ? 2 : 1)];
	}
	/* each output of a convolution, each input of a transposed one, meets the weights of one channel */
	const secant_shape *each = n->op == &op_conv_transpose2d ? x : y;
	return (double)secant_shape_count(each) * (double)secant_shape_count(w) / (double)w->dim[0];
}

secant_status
secant_network_describe(const secant_network *net, int height, int width, secant_network_facts *facts, secant_err *err)
{
	secant_err own = { 0 };
	nn_builder nn = { .g = graph_new(), .phase = NN_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1 };
	nn_built built;
	*facts = (secant_network_facts){ 0 };
	if (!nn.g)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	nn_sizes sizes;
	if (nn_network_sizes(net, &sizes, err))
		return graph_free(nn.g), err ? err->code : SECANT_ERR_ARG;
	facts->side = sizes.side, facts->multiple = sizes.multiple, facts->least = sizes.least;
	facts->height = facts->side ? facts->side : height;
	facts->width = facts->side ? facts->side : width;
	secant_shape in = { 4, { 1, facts->height, facts->width, net->in_channels } };
	graph_value x = graph_input(nn.g, "input", SECANT_F32, &in);
	if (secant_network_kind_of(net) != SECANT_NETWORK_PICTURES)
		secant_fail(&own, SECANT_ERR_UNSUPPORTED, "%s is a network for clouds", net->arch);
	else if (!nn_network_build(&nn, net, x, &built, &own)) {
		for (int i = 0; i < graph_values(nn.g); i++) {
			const graph_value_info *v = graph_value_at(nn.g, i);
			facts->parameters += v->kind == GRAPH_VALUE_STATE && v->trainable ? secant_shape_count(&v->type.shape) : 0;
		}
		for (int i = 0; i < graph_nodes(nn.g); i++)
			facts->products += products(nn.g, graph_get_node(nn.g, i));
	}
	graph_free(nn.g);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
