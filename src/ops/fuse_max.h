/* The second half of op_pass_fuse: layers on points whose maximum is all that is read. See fuse_max.c. */
#ifndef OP_FUSE_MAX_H
#define OP_FUSE_MAX_H
#include "ops/rules.h"

graph_net *op_pass_fuse_max(const graph_net *g, graph_value *keep, int n, secant_err *err);
#endif
