/* The last part of op_pass_fuse: layers on points of balls, of which a maximum is all that is read. See
 * fuse_rows.c. */
#ifndef OP_FUSE_ROWS_H
#define OP_FUSE_ROWS_H
#include "ops/rules.h"

graph_net *op_pass_fuse_rows(const graph_net *g, bool gradients, graph_value *keep, int n, secant_err *err);
#endif
