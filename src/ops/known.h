/*
 * Descriptors that passes and implementations look for: a node is compared by its descriptor, so that a name that
 * nobody has does not link. What an operator is or can (a view) is a field of the descriptor.
 */
#ifndef OP_KNOWN_H
#define OP_KNOWN_H
#include "graph/graph.h"

extern const graph_op op_add, op_batch_norm, op_batch_norm_train, op_cast, op_concat, op_conv2d, op_conv2d_grad_weights,
	op_conv_transpose2d, op_dequantize, op_enlarge_concat, op_linear, op_matmul, op_max_pool2d, op_max_with_index,
	op_mean, op_mul, op_quantize, op_reshape, op_resize, op_sum_to, op_var;
#endif
